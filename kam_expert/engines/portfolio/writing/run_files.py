"""The folder of a run and its tables: atomic writes, and reading."""

from __future__ import annotations

import glob
import json
import shutil
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading.csv_guard import guarded_texts, unguarded_texts
from kam_expert.engines.portfolio.writing.answers_read import ANSWERS
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MANIFEST = "manifest.json"
REJECTED = "rejected.jsonl"
FORMATS = ("parquet", "csv", "jsonl")
#: The format of tables that only a later run reads.
INTERNAL = "arrow"
_TEXTS = dict.fromkeys(
    ("account", "about", "person", "member", "decision", "name", "owner", "segment"), pl.String()
)


class RunFolder:
    """A context manager for the folder of a run, which is moved to its place at the end.

    After an error the place contains the earlier run, if there was one.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.draft = place.parent / f".{place.name}.part"
        self._old = place.parent / f".{place.name}.old"

    def __enter__(self) -> Path:
        """Return the folder to write into."""
        parent = self.place.parent
        if not parent.is_dir():
            raise KamError(f"{parent}: no such folder, so {self.place.name} was not written")
        if self.place.exists() and not self.place.is_dir():
            raise KamError(f"{self.place}: is a file, a folder is needed")
        if self.place.is_dir() and not _is_run(self.place):
            raise KamError(f"{self.place}: is not a folder of results; it was not changed")
        try:
            # Left by a killed run.
            if self._old.is_dir() and not self.place.exists():
                self._old.rename(self.place)
            for left in (self.draft, self._old):
                shutil.rmtree(left, ignore_errors=True)
            self.draft.mkdir()
        except OSError as error:
            raise KamError(f"{self.place}: cannot be written ({error.strerror})") from None
        return self.draft

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Move the folder to its place, or remove it after an error."""
        if kind is not None:
            shutil.rmtree(self.draft, ignore_errors=True)
            return
        if self.place.is_dir():
            self.place.rename(self._old)
        self.draft.rename(self.place)
        shutil.rmtree(self._old, ignore_errors=True)


def _is_run(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() or not any(folder.iterdir())


def form_of(name: str, form: str) -> str:
    """Return the format of a table in a run with the format *form*.

    Only a later run reads the answers. They repeat the input and should cost little, and Arrow
    takes a third of the time of Parquet.
    """
    return INTERNAL if name.startswith(f"{ANSWERS}/") else form


def write_part(table: pl.DataFrame, path: Path, number: int, form: str) -> None:
    """Write a table as a file, or as one more part of a folder if there are several."""
    if number == 0:
        write_table(table, path, form)
        return
    if path.is_file():
        first = path.with_name(f".{path.name}")
        path.rename(first)
        path.mkdir()
        first.rename(path / f"part-00000.{form}")
    write_table(table, path / f"part-{number:05}.{form}", form)


def write_table(table: pl.DataFrame, path: Path, form: str) -> None:
    """Write a table as parquet, csv, jsonl or arrow."""
    if form == INTERNAL:
        table.write_ipc(path, compression="lz4")
        return
    if form == "parquet":
        table.write_parquet(path, compression="zstd", compression_level=1, statistics=False)
        return
    if form == "csv":
        lists = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]
        flat = table.with_columns(
            pl.col(name).cast(pl.List(pl.String)).list.join(";") for name in lists
        )
        # By its mark a spreadsheet knows that the file is UTF-8.
        guarded_texts(flat).write_csv(path, include_bom=True)
        return
    table.write_ndjson(path)


def _scan_text(path: Path, form: str) -> pl.LazyFrame:
    """Read a table from a text file; ids and names are always text."""
    if form == "csv":
        table = pl.scan_csv(path, glob=False, schema_overrides=_TEXTS, infer_schema_length=None)
        return unguarded_texts(table)
    return pl.scan_ndjson(glob.escape(str(path)), infer_schema_length=None)


def read_table(folder: Path, name: str) -> pl.LazyFrame:
    """Return a table of an earlier run.

    Raises:
        KamError: The folder has no such table.
    """
    for form in (*FORMATS, INTERNAL):
        path = folder / f"{name}.{form}"
        if not path.exists():
            continue
        parts = sorted(path.glob(f"*.{form}")) if path.is_dir() else [path]
        if form == "parquet":
            return pl.scan_parquet(parts, glob=False)
        if form == INTERNAL:
            return pl.concat([pl.scan_ipc(part, glob=False) for part in parts])
        # Types are inferred for each part, and a column may be empty in one of them.
        return pl.concat([_scan_text(part, form) for part in parts], how="diagonal_relaxed")
    raise KamError(f"{folder}: no {name} table here; is this the folder of a run?")


def rows_of_accounts(
    folder: Path, name: str, accounts: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table about some accounts, in the order of *accounts*."""
    order = pl.LazyFrame(
        {"account": pl.Series(accounts, dtype=pl.String), "_place": range(len(accounts))},
        schema_overrides={"_place": pl.UInt32},
    )
    rows = read_table(folder, name).join(order, on="account", how="inner")
    found = rows.sort("_place", maintain_order=True).drop("_place").collect()
    yield from found.iter_rows(named=True)


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Return the manifest of a run. Raises KamError if there is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise KamError(f"{folder}: no {MANIFEST} here; is this the folder of a run?") from None
    return found if isinstance(found, dict) else {}


def line_of(fault: Mapping[str, Any]) -> str:
    """Return a fault as a line of the file of rejected accounts."""
    return json.dumps(fault, ensure_ascii=False, default=str) + "\n"


def words_listed(words: list[str] | str | None) -> tuple[str, ...]:
    """Return the words of a cell with a list, which CSV has in one text."""
    if isinstance(words, str):
        return tuple(part for part in words.split(";") if part)
    return tuple(words or ())
