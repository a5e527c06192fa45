"""Read a case from a file of any supported format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

#: The file name endings of cases; `kam new` writes the first one.
ENDINGS = (".yaml", ".yml", ".json", ".xlsx")
_OTHER_SHEETS = (".xls", ".xlsm", ".xlsb", ".ods")


def read_any_case(path: Path, base: KnowledgeBase, shown: str | None = None) -> Case:
    """Read the case at *path*: a workbook or a YAML or JSON file, by its ending.

    Args:
        path: The file.
        base: The rule base that declares the facts.
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
        raise KamError(f"{shown or path}: {ending} is not supported; save it as .xlsx")
    return read_case(path, base, shown)
