"""Rows of JSON files: API records, trees of records, JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.importing.chunk import Chunk
from kam_expert.importing.table import SourceTable, plain_float

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 64_000_000
MAX_DEPTH = 40
#: The maximum number of lists and mappings in a file; each takes more memory than its text.
MAX_PARTS = 1_000_000
_WRAPPERS = ("records", "results", "value", "items", "data")
_BATCH = 4096
#: The prefix of a column of nested records that names the parent.
_PARENT = "parent."


def json_tables(path: Path) -> list[SourceTable]:
    """Return the tables of a JSON file.

    A list of mappings is a table. Each such list in a mapping at the top level is a table with the
    name of its key. Records with a type (``attributes.type``) form a table of that name. Nested
    values have columns such as ``properties.email``; a list is one cell, separated by semicolons.

    Raises:
        KamError: The file is too large, nested too deeply or not JSON.
    """
    tables: dict[str, list[dict[str, str]]] = {}
    for name, records in _lists(_read(path), path):
        for record in records:
            _add(tables, name, record, path)
    many = len(tables) > 1
    return [_table(name, rows, path, many=many) for name, rows in tables.items()]


def _table(name: str, rows: list[dict[str, str]], path: Path, *, many: bool) -> SourceTable:
    header = list(dict.fromkeys(column for row in rows for column in row))

    def batches() -> Iterator[Chunk]:
        for start in range(0, len(rows), _BATCH):
            part = [[row.get(c, "") for c in header] for row in rows[start : start + _BATCH]]
            yield Chunk(part, len(header))

    shown = f"{path.name}:{name}" if many else path.name
    typed = "attributes.type" in header
    names = (name,) if many or typed else (name, path.stem)
    return SourceTable(names, shown, header, batches, "JSON")


def _read(path: Path) -> Any:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise KamError(f"{path.name}: more than {MAX_BYTES // 1_000_000} MB of JSON; use CSV")
    parts = data.count(b"{") + data.count(b"[")
    if parts > MAX_PARTS:
        raise KamError(f"{path.name}: more than {MAX_PARTS:,} lists and mappings; use CSV")
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
        if path.suffix in (".jsonl", ".ndjson"):
            return [_parsed(line) for line in text.splitlines() if line.strip()]
        return _parsed(text)
    except UnicodeError:
        raise KamError(f"{path.name}: is not {encoding}, which JSON must be") from None
    except RecursionError:
        raise KamError(f"{path.name}: nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise KamError(f"{path.name}: not JSON ({shortened(error, 100)})") from None


def _parsed(text: str) -> Any:
    # Numbers stay text: an id of many digits must not be rounded.
    return json.loads(
        text.removeprefix("\ufeff"),
        parse_int=str,
        parse_float=plain_float,
        parse_constant=_no_number,
        object_pairs_hook=_once,
    )


def _no_number(word: str) -> str:
    raise ValueError(f"{word} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'duplicate key "{shortened(twice)}"')
    return found


def _lists(data: Any, path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the name and the records of each list."""
    if isinstance(data, list):
        yield path.stem, _records(data, path)
        return
    if not isinstance(data, dict):
        raise KamError(f"{path.name}: is neither a list of records nor a mapping")
    inner = next(iter(data.values())) if len(data) == 1 and data.keys() <= set(_WRAPPERS) else None
    if isinstance(inner, dict) and inner and all(map(_has_records, inner.values())):
        data = inner
    lists = {key: part for key, part in data.items() if _has_records(part)}
    wrapped = [key for key in lists if key in _WRAPPERS]
    if wrapped:
        yield path.stem, lists[wrapped[0]]
    elif lists:
        yield from lists.items()
    elif data and not any(key in data and data[key] == [] for key in _WRAPPERS):
        yield path.stem, [data]
    else:
        yield path.stem, []


def _has_records(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and all(isinstance(item, dict) for item in part)


def _records(items: list[Any], path: Path) -> list[dict[str, Any]]:
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise KamError(f"{path.name}, row {number}: a record is a mapping of columns to values")
    return items


def _add(
    tables: dict[str, list[dict[str, str]]], name: str, record: dict[str, Any], path: Path,
    above: tuple[tuple[str, str], ...] = (),
) -> None:  # fmt: skip
    """Add a record to its table, and nested records to theirs."""
    cells: dict[str, list[str]] = {}
    inside: list[tuple[str, list[dict[str, Any]]]] = []
    _flat(record, "", cells, inside, len(above), path)
    row = {key: ";".join(filter(None, parts)) for key, parts in cells.items()}
    kind = row.get("attributes.type") or name
    if above:
        row.setdefault(_PARENT + above[-1][0], above[-1][1])
    tables.setdefault(kind, []).append(row)
    own = row.get("attributes.referenceId") or row.get("Id") or row.get("id") or ""
    for key, children in inside:
        for child in children:
            _add(tables, key, child, path, (*above, (kind, own)))


def _flat(  # noqa: PLR0913 -- the place of a value and the row that takes it
    value: Any, key: str, cells: dict[str, list[str]], inside: list[Any], depth: int, path: Path
) -> None:
    if depth > MAX_DEPTH:
        raise KamError(f"{path.name}: nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        children = value.get("records")
        if key and isinstance(children, list) and all(isinstance(c, dict) for c in children):
            inside.append((key.rpartition(".")[2], children))
            return
        for name, part in value.items():
            _flat(part, f"{key}.{name}" if key else name, cells, inside, depth + 1, path)
    elif isinstance(value, list):
        for part in value:
            _flat(part, key, cells, inside, depth + 1, path)
    else:
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else value
        cells.setdefault(key, []).append(text)
