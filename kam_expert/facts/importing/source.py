"""The tables that lie in a folder, or in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.importing.documents import FileDoc
from kam_expert.facts.importing.excel_rows import excel_tables
from kam_expert.facts.importing.json_rows import json_tables
from kam_expert.facts.importing.text_rows import text_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kam_expert.facts.importing.table import Table
    from kam_expert.facts.importing.text_rows import Asked

TEXTS = (".csv", ".tsv")
JSON = (".json", ".jsonl", ".ndjson")
BOOKS = (".xlsx",)
MAX_BYTES = 4_000_000_000
_MAX_FILES = 1000


def tables_in(
    source: Path, files: Mapping[str, FileDoc], asked: Asked
) -> tuple[list[Table], list[str]]:
    """Give the tables in *source*, and the names of files that hold none.

    Args:
        source: A folder, or one file.
        files: What the mapping says of how files are written, by their names without the ending.
        asked: What is asked of text files.

    Raises:
        KamError: There is nothing to read, or a file cannot be read.
    """
    if source.is_dir():
        paths = sorted(p for p in source.iterdir() if p.is_file() and not p.name.startswith("."))
    elif source.is_file():
        paths = [source]
    else:
        raise KamError(f"{source}: no such folder or file")
    if len(paths) > _MAX_FILES:
        raise KamError(f"{source}: more than {_MAX_FILES} files")
    size = sum(path.stat().st_size for path in paths)
    if size > MAX_BYTES:
        raise KamError(f"{source}: more than {MAX_BYTES // 10**9} GB; import a part at a time")
    tables, others = [], []
    for path in paths:
        ending = path.suffix.lower()
        try:
            if path.stat().st_size == 0:
                raise KamError(f"{path.name}: is empty")
            if ending in TEXTS:
                doc = files.get(path.stem, FileDoc())
                tables.append(text_table(path, doc, asked))
            elif ending in JSON:
                tables.extend(json_tables(path))
            elif ending in BOOKS:
                tables.extend(excel_tables(path))
            else:
                others.append(path.name)
        except OSError as error:
            raise KamError(f"{path.name}: cannot be read ({error.strerror or error})") from None
    if not tables:
        raise KamError(f"{source}: holds no CSV, TSV, JSON or Excel file")
    return tables, others
