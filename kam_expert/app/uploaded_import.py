"""An import of uploaded files, for a page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.importing.importer import import_source
from kam_expert.importing.mapping import WORKBOOK, load_mapping, load_shared, systems
from kam_expert.importing.reading import ImportOptions
from kam_expert.importing.workbooks import import_workbooks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.facts.case import Case
    from kam_expert.importing.import_result import Imported
    from kam_expert.knowledge.base import KnowledgeBase

#: Files that come with a mapping of their own.
OWN = "csv"


def import_systems() -> list[str]:
    """Return the names of what can be imported."""
    return [*systems(), OWN, WORKBOOK]


def import_uploads(
    files: Sequence[tuple[str, bytes]],
    system: str,
    mapping: bytes,
    options: Mapping[str, str],
    base: KnowledgeBase,
) -> tuple[Imported, tuple[Case, ...]]:
    """Return the result of an import and its accounts; faulty rows are skipped.

    Args:
        files: Names and bytes.
        system: One of `import_systems`.
        mapping: For the system ``csv``: the bytes of the mapping.
        options: ``dates``, ``decimal``, ``percent``, ``currency``, and the reasons ``keep`` and
            ``leave_out``, with spaces between them, as in ``kam import``; empty for none.
        base: The rule base.

    Raises:
        KamError: Files or mapping cannot be read, or an option must be chosen.
    """
    with tempfile.TemporaryDirectory(prefix="kam_") as name:
        source, file = Path(name) / "export", Path(name) / "mapping.yaml"
        source.mkdir()
        for number, (given, data) in enumerate(files, 1):
            # Only the last part is a name, and files of two folders can have the same.
            plain = Path(given.replace("\\", "/")).name.lstrip(".") or "file"
            place = source / plain
            (source / f"{number}-{plain}" if place.exists() else place).write_bytes(data)
        if system == OWN:
            file.write_bytes(mapping)
        chosen = ImportOptions(
            dates=options["dates"] or None,
            decimal=options["decimal"] or None,
            percent=options["percent"] or None,
            currency=options["currency"].upper() or None,
            keep=tuple(options["keep"].split()),
            leave_out=tuple(options["leave_out"].split()),
        )
        try:
            if system == WORKBOOK:
                imported = import_workbooks(source, load_shared(), base, skip_bad=True)
            else:
                meaning = load_mapping(system, file if system == OWN else None, base)
                imported = import_source(source, meaning, base, chosen, skip_bad=True)
            return imported, tuple(imported.made.cases())
        except KamError as error:
            # A reader knows the files by their own names.
            text = str(error).replace(f"{source}/", "").replace(f"{source}: ", "")
            raise KamError(text.replace(f"{name}/", "")) from None
