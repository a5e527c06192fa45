"""Input tables of a portfolio: finds files, checks columns, numbers rows.

Case files are converted to tables in a temporary folder.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading.column_types import readable
from kam_expert.engines.portfolio.reading.csv_guard import unguarded_texts
from kam_expert.errors import CaseError, KamError, Place, Problem, ProblemsError
from kam_expert.facts.case_file import ENDINGS, read_any_case
from kam_expert.facts.columns import TABLES, columns, unknown_column
from kam_expert.facts.names import NAMES_ENDING
from kam_expert.facts.row_reader import ROW
from kam_expert.facts.tables import as_text, rows_of
from kam_expert.facts.workbook_form import SheetCell
from kam_expert.importing.text_rows import encoding_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

FORMATS = (".parquet", ".arrow", ".csv")
#: Prefix of Excel's lock files.
_OPEN = "~$"
#: The column with the file of a row, in tables made of many files.
FILE = "_file"
_CASES_A_PART = 2000
_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class InputTable:
    """An input table.

    Attributes:
        name: Its name, such as accounts or people.
        file: Its file name, for messages.
        scan: Its rows, numbered from 1 in the column ``_row``.
        slices: Whether a slice can be read without the rows before it.
    """

    name: str
    file: str
    scan: pl.LazyFrame
    slices: bool = True

    @property
    def schema(self) -> pl.Schema:
        """Return the types of the columns."""
        return self.scan.collect_schema()


@dataclass
class Tables:
    """The tables of a source, and the case files that could not be read."""

    tables: dict[str, InputTable]
    unread: list[dict[str, Any]] = field(default_factory=list)


def find_tables(folder: Path, base: KnowledgeBase, temporary: Path) -> Tables:
    """Return the tables of *folder*, or its case files as tables.

    Args:
        folder: A folder of case files, or of tables named as in `kam_expert.facts.columns.TABLES`.
        base: The rule base with the vocabulary of the columns.
        temporary: The folder in which case files are converted to tables.

    Raises:
        KamError: There is nothing to read, a table has two files or cannot be read, or a table has
            unknown columns.
    """
    if not folder.is_dir():
        raise KamError(f"{folder}: a folder of tables or of case files is needed")
    files = sorted(path for path in folder.iterdir() if not path.name.startswith((".", _OPEN)))
    found: dict[str, Path] = {}
    for path in files:
        if path.stem in TABLES and path.suffix in FORMATS:
            if path.stem in found:
                raise KamError(f"{path}: {path.stem} are in {found[path.stem].name} too; keep one")
            if not (path.is_file() or path.is_dir()):
                # A named pipe would be waited for without end.
                raise KamError(f"{path}: is not a file; save the table as a file")
            found[path.stem] = path
    if "accounts" in found:
        tables = {name: _scanned(name, found[name]) for name in TABLES if name in found}
        _check_columns(tables, base)
        return Tables(_typed(tables, base))
    if found:
        raise KamError(f"{folder}: there is no table of accounts (accounts.parquet, .csv, .arrow)")
    files = [path for path in files if not path.name.endswith(NAMES_ENDING)]
    cases = [path for path in files if path.suffix in ENDINGS and path.is_file()]
    if not cases:
        raise KamError(f"{folder}: contains neither a table of accounts nor case files")
    return _cases(cases, base, temporary)


def _scanned(name: str, path: Path) -> InputTable:
    try:
        if path.suffix == ".csv":
            _check_encoding(path)
            scan = pl.scan_csv(
                path,
                glob=False,
                separator=_separator(path),
                infer_schema=False,
                row_index_name=ROW,
                row_index_offset=1,
            )
            there = scan.collect_schema().names()
            scan = unguarded_texts(scan, [column for column in _FREE if column in there])
            ids = [column for column in _IDS if column in there]
            scan = scan.with_columns(pl.col(ids).str.strip_chars())
        else:
            read = pl.scan_parquet if path.suffix == ".parquet" else pl.scan_ipc
            # A cluster writes a table as a folder of parts and other files.
            parts = _parts(path) if path.is_dir() else path
            scan = read(parts, glob=False, row_index_name=ROW, row_index_offset=1)
        scan.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path.name, error) from None
    return InputTable(name, path.name, scan, slices=path.suffix != ".csv")


def _parts(folder: Path) -> list[Path]:
    parts = sorted(path for path in folder.glob(f"*{folder.suffix}") if path.is_file())
    if not parts:
        raise KamError(f"{folder.name}: a folder without any part of a table")
    return parts


def _typed(tables: Mapping[str, InputTable], base: KnowledgeBase) -> dict[str, InputTable]:
    """Return the tables with columns of types that can be read. Raises KamError."""
    known = columns(base)
    typed, problems = {}, []
    for name, table in tables.items():
        try:
            scan, found = readable(table.scan, name, table.file, known[name])
        except pl.exceptions.PolarsError as error:
            raise unreadable(table.file, error) from None
        typed[name] = replace(table, scan=scan)
        problems += found
    if problems:
        raise ProblemsError(problems)
    return typed


def _check_encoding(path: Path) -> None:
    """Refuse a file whose beginning is not UTF-8, and say what it looks like."""
    with path.open("rb") as file:
        begin = file.read(_HEADER_BYTES)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        try:
            looks = f" (it looks like {encoding_of(path)})"
        except KamError:
            looks = ""
        raise KamError(f"{path.name}: is not UTF-8{looks}; save it as UTF-8") from None


def unreadable(file: str, error: Exception) -> KamError:
    """Return the error for a table that cannot be read."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return KamError(f"{file}: cannot be read ({first})")


def _separator(path: Path) -> str:
    """Return the delimiter: some spreadsheets write semicolons."""
    with path.open("rb") as file:
        header = file.readline(_HEADER_BYTES)
    return ";" if b";" in header and b"," not in header else ","


def _check_columns(tables: Mapping[str, InputTable], base: KnowledgeBase) -> None:
    known = columns(base)
    problems = []
    for name, table in tables.items():
        place = Place(table.file)
        there = [column for column in table.schema.names() if column != ROW]
        strange = [column for column in there if column not in known[name]]
        problems += [Problem(place, unknown_column(name, column, known)) for column in strange]
        problems += [
            Problem(place, f'the column "{column}" is missing')
            for column in _NEEDED[name]
            if column not in there
        ]
    if problems:
        raise ProblemsError(problems)


_IDS = ("account", "person", "member", "decision", "event")
#: Free text, which is guarded in CSV so that a spreadsheet does not run it.
_FREE = (*_IDS, "id", "name", "owner", "segment", "by", "value")
_NEEDED = {
    "accounts": ("account",),
    "people": ("account", "person"),
    "team": ("account", "member"),
    "links": ("account", "member", "person"),
    "decisions": ("account", "decision"),
    "events": ("account", "event"),
    "history": ("account", "kind", "fact", "value"),
    "notes": ("account", "kind"),
    "plan": ("account",),
}


def _cases(paths: Sequence[Path], base: KnowledgeBase, temporary: Path) -> Tables:
    known = columns(base)
    schemas = {
        name: {**dict.fromkeys(there, pl.String), ROW: pl.UInt32, FILE: pl.String}
        for name, there in known.items()
    }
    unread: list[dict[str, Any]] = []
    for part, start in enumerate(range(0, len(paths), _CASES_A_PART)):
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for path in paths[start : start + _CASES_A_PART]:
            try:
                case = read_any_case(path, base, path.name)
            except KamError as error:
                unread += _faults_of(path, error)
                continue
            for name, listed in rows_of(case).items():
                rows[name] += [
                    {**{key: _text(cell) for key, cell in row.items()}, FILE: path.name}
                    for row in listed
                ]
        for name, listed in rows.items():
            (temporary / name).mkdir(exist_ok=True)
            frame = pl.DataFrame(listed, schema=schemas[name])
            frame.write_parquet(temporary / name / f"{part:06}.parquet")
    tables = {}
    for name in TABLES:
        scan = pl.scan_parquet(temporary / name / "*.parquet").drop(ROW)
        tables[name] = InputTable(name, name, scan.with_row_index(ROW, 1))
    return Tables(tables, unread)


def _text(cell: Any) -> str | None:
    return None if cell is None else as_text(cell)


def _faults_of(path: Path, error: KamError) -> list[dict[str, Any]]:
    whole = (Problem(Place(path.name), str(error)),)
    problems = error.problems if isinstance(error, CaseError) else whole
    return [
        {
            "account": path.stem,
            "file": path.name,
            "row": problem.place.line or None,
            "column": place.within if isinstance(place := problem.place, SheetCell) else None,
            "value": None,
            "reason": problem.message,
        }
        for problem in problems[: CaseError.shown]
    ]
