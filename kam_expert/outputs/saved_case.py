"""A case that was changed, written back to the files it came from."""

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
    """See that a case can be written back to the file at *path*, so that no old text stays.

    Raises:
        KamError: It is of a form that is only read, is read-only, or has a second name.
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
        return  # reading it will say what is wrong
    if not status.st_mode & 0o222:
        raise KamError(f"{path}: is read-only; nothing was changed")
    if status.st_nlink > 1:
        raise KamError(
            f"{path}: has another name on this disk (a hard link), under which the old text "
            "would stay; remove that one first. Nothing was changed"
        )


def save_case(path: Path, case: Case) -> None:
    """Write *case* to the file it was read from, and the names to theirs if there is one.

    Comments of the old file are lost. Nothing of the old text stays in the new files.

    Raises:
        KamError: A file cannot be written, or is of a form that is only read.
    """
    check_can_be_saved(path)
    node = read_file(path)
    names = names_file(path, node)
    told = isinstance(node, Map) and node.get("names") is not None
    apart = names.is_file()
    if apart:
        _check_is_ours(names)
    text = case_text(without_names(case) if apart else case, names.name if told else "")
    if path.suffix.lower() == ".json":
        text = json.dumps(read_text(text, "case"), ensure_ascii=False, indent=1) + "\n"
    # The texts go first: once a name is gone nobody finds it in them any more. Between the two
    # a reader is told that the other file names somebody who is not in the case.
    write_whole(path, text)
    if apart:
        write_whole(names, names_text(names_of(case)))
