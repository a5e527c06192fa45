"""Read a case from whatever kind of file it stands in: the one door for all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

#: What a case is written in; the first is what `kam new` writes.
ENDINGS = (".yaml", ".yml", ".json", ".xlsx")
_OTHER_SHEETS = (".xls", ".xlsm", ".xlsb", ".ods")


def read_any_case(path: Path, base: KnowledgeBase, shown: str | None = None) -> Case:
    """Read the case at *path*: a workbook by its ending, else YAML or JSON.

    Args:
        path: The file.
        base: Whose vocabulary it must keep to.
        shown: Its name in messages and origins; the path by default.

    Raises:
        KamError: The file cannot be read.
        CaseError: Every mistake found, with its place and the nearest known name.
    """
    ending = path.suffix.lower()
    if ending == ".xlsx":
        from kam_expert.facts.workbook_reader import read_workbook  # noqa: PLC0415 -- others start faster

        return read_workbook(path, base, shown)
    if ending in _OTHER_SHEETS:
        raise KamError(f"{shown or path}: {ending} is not read; save it as .xlsx")
    return read_case(path, base, shown)
