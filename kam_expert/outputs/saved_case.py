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
    """See that a case can be written back to the file at *path*. Raises KamError."""
    if path.suffix.lower() not in _ENDINGS:
        raise KamError(
            f"{path}: only YAML and JSON are written back; change a workbook where it was made"
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
    if names.is_file():
        write_whole(names, names_text(names_of(case)))
        case = without_names(case)
    text = case_text(case, names.name if told else "")
    if path.suffix.lower() == ".json":
        text = json.dumps(read_text(text, "case"), ensure_ascii=False, indent=1) + "\n"
    write_whole(path, text)
