"""Writing of a changed case back to its files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.names import names_file, names_of, names_text, without_names
from kam_expert.knowledge.yaml_reader import Map, read_file, read_text
from kam_expert.outputs.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case

_ENDINGS = (".yaml", ".yml", ".json")


def check_can_be_saved(path: Path) -> None:
    """Check that a case can be written back to *path* without leaving old text anywhere.

    Raises:
        KamError: The format cannot be written, or the file is read-only or has a hard link.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise KamError(
            f"{path}: only YAML and JSON are written back; change a workbook where it was made"
        )
    _check_is_ours(path)


def _check_is_ours(path: Path) -> None:
    try:
        status = path.stat()
    except OSError:
        return  # the reader reports the problem
    if not status.st_mode & 0o222:
        raise KamError(f"{path}: is read-only; nothing was changed")
    if status.st_nlink > 1:
        raise KamError(
            f"{path}: has another name on this disk (a hard link), under which the old text "
            "would remain; remove that one first. Nothing was changed"
        )


def save_case(path: Path, case: Case) -> None:
    """Write *case* to its file, and the names to the file of names if there is one.

    Comments of the old file are lost, and no old text remains.

    Raises:
        KamError: A file or its format cannot be written.
    """
    check_can_be_saved(path)
    node = read_file(path)
    names = names_file(path, node)
    refers = isinstance(node, Map) and node.get("names") is not None
    separate = names.is_file()
    if separate:
        _check_is_ours(names)
    text = case_text(without_names(case) if separate else case, names.name if refers else "")
    if path.suffix.lower() == ".json":
        text = json.dumps(read_text(text, "case"), ensure_ascii=False, indent=1) + "\n"
    # The case first: without its names file, old texts could not be searched for names any more.
    # Between the two writes, reading reports that the names file has an unknown person.
    write_whole(path, text)
    if separate:
        write_whole(names, names_text(names_of(case)))
