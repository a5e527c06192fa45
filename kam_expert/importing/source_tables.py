"""The tables in a folder, a zip or a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.importing import calendars, mail
from kam_expert.importing.excel_rows import excel_tables
from kam_expert.importing.json_rows import json_tables
from kam_expert.importing.mapping_documents import FileDoc
from kam_expert.importing.text_rows import encodings_of, text_table
from kam_expert.importing.unpacking import MAX_BYTES, MAX_FILES, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kam_expert.importing.table import SourceTable
    from kam_expert.importing.text_rows import TextOptions

TEXTS = (".csv", ".tsv")
JSON = (".json", ".jsonl", ".ndjson")
BOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_OTHER_BOOKS = (".xlsb", ".numbers")
_OUTLOOK = {
    ".pst": "not read; turn it into mbox: readpst -o FOLDER FILE.pst, and name the files .mbox",
    ".ost": "not read; in Outlook export it as .pst, and that as mbox with readpst",
    ".msg": "not read; drag the message to a folder in Thunderbird and save it as .eml",
}
#: The prefix of the lock file that a spreadsheet writes next to an open workbook.
LOCKED = ("~$", ".~lock.")


def files_of(
    source: Path, endings: tuple[str, ...], temporary: Path
) -> tuple[list[Path], list[str]]:
    """Return the files with these endings in *source*, and the names of other files.

    Args:
        source: A folder, a zip, or one file; zips in a folder are unpacked too.
        endings: The wanted file name endings.
        temporary: An empty folder for unpacked files.

    Raises:
        KamError: *source* does not exist or is too large, or a zip is damaged.
    """
    if source.is_dir():
        found = sorted(p for p in source.iterdir() if p.is_file() and not p.name.startswith("."))
    elif source.is_file():
        found = [source]
    else:
        raise KamError(f"{source}: no such folder or file")
    if len(found) > MAX_FILES:
        raise KamError(f"{source}: more than {MAX_FILES} files")
    paths, others = [], []
    for number, path in enumerate(found):
        ending = path.suffix.lower()
        if ending == ".zip":
            (temporary / str(number)).mkdir()
            inside, rest = unpacked(path, temporary / str(number), endings)
            paths += inside
            others += rest
        elif path.name.startswith(LOCKED):
            others.append(f"{path.name} (the lock file of an open workbook)")
        elif ending in endings:
            paths.append(path)
        else:
            others.append(f"{path.name}{_why_not(path)}")
    if sum(path.stat().st_size for path in paths) > MAX_BYTES:
        raise KamError(f"{source}: more than {MAX_BYTES // 10**9} GB; import a part at a time")
    return paths, others


def _contacts(paths: list[Path], asked: TextOptions) -> list[SourceTable]:
    """Return the tables of mail and of calendars."""
    letters = [path for path in paths if path.suffix.lower() in mail.ENDINGS]
    events = [path for path in paths if path.suffix.lower() in calendars.ENDINGS]
    if (letters or events) and (asked.sides is None or not asked.sides.domains):
        raise KamError(
            f"{(letters or events)[0].name}: whose addresses are ours? give the domain of our "
            "mail: --our-domain DOMAIN"
        )
    tables = []
    if letters and asked.sides is not None:
        tables.append(mail.mail_table(letters, asked.sides))
    if events and asked.sides is not None:
        tables.append(calendars.calendar_table(events, asked.sides, asked.day))
    return tables


def _why_not(path: Path) -> str:
    """Return why a spreadsheet is not read; empty for a file that is none."""
    if path.suffix.lower() in _OUTLOOK:
        return f" ({_OUTLOOK[path.suffix.lower()]})"
    if path.suffix.lower() not in _OTHER_BOOKS:
        return ""
    return f" ({path.suffix.lower()} is not supported; open it and save it as .xlsx)"


def _encodings(
    paths: list[Path], files: Mapping[str, FileDoc], asked: TextOptions
) -> dict[Path, str | None]:
    """Return the encodings of text files, as stated or detected; empty files have none."""
    texts = [path for path in paths if path.suffix.lower() in TEXTS and path.stat().st_size]
    given = {path: files.get(path.stem, FileDoc()).encoding or asked.encoding for path in texts}
    return given | encodings_of([path for path in texts if not given[path]])


def tables_in(
    source: Path, files: Mapping[str, FileDoc], asked: TextOptions, temporary: Path
) -> tuple[list[SourceTable], list[str]]:
    """Return the tables in *source*, and the names of files without a table.

    Args:
        source: A folder, a zip or a file.
        files: How files are written, by their names without the ending.
        asked: Options for text files.
        temporary: An empty folder for unpacked files; it must exist while the tables are read.

    Raises:
        KamError: There is nothing to read, or a file cannot be read.
    """
    endings = (*TEXTS, *JSON, *BOOKS, *mail.ENDINGS, *calendars.ENDINGS)
    paths, others = files_of(source, endings, temporary)
    tables = _contacts(paths, asked)
    encodings = _encodings(paths, files, asked)
    for path in paths:
        ending = path.suffix.lower()
        if ending in (*mail.ENDINGS, *calendars.ENDINGS):
            continue
        try:
            if path.stat().st_size == 0:
                others.append(f"{path.name} (empty)")
                continue
            doc = files.get(path.stem, FileDoc())
            if ending in TEXTS:
                tables.append(text_table(path, doc, replace(asked, encoding=encodings[path])))
            elif ending in JSON:
                tables.extend(json_tables(path))
            else:
                found = excel_tables(path, asked.columns, doc)
                tables.extend(found)
                if not found:
                    others.append(f"{path.name} (no table with rows in it)")
        except OSError as error:
            raise KamError(f"{path.name}: cannot be read ({error.strerror or error})") from None
    if not tables:
        named = [name for name in others if "(" in name]
        there = f"; {', '.join(named[:3])}" if named else ""
        raise KamError(f"{source}: no CSV, TSV, JSON or Excel file{there}")
    return tables, others
