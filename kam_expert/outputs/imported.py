"""Atomic write of an import's result, and a summary that accounts for every row."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.row_reader import TableCell
from kam_expert.facts.tables import as_text, plain_cell
from kam_expert.facts.workbook_form import SheetCell
from kam_expert.gc_pause import gc_paused
from kam_expert.importing.corrections import COLUMNS, TITLE_COLUMNS
from kam_expert.outputs.date_words import dated
from kam_expert.outputs.interface import translator
from kam_expert.outputs.table_files import csv_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kam_expert.importing.cell_log import NotUnderstood
    from kam_expert.importing.import_result import Imported
    from kam_expert.importing.imported_accounts import ImportedAccounts
    from kam_expert.importing.mapping_documents import SharedDoc
    from kam_expert.importing.workbook_accounts import Workbooks
    from kam_expert.knowledge.base import KnowledgeBase

_UNSAFE = re.compile(r"[^\w.-]+")
_MAX_CASES = 50_000
#: This file marks a folder of an earlier import.
_COUNTS = "counts.jsonl"
_SHOWN = 5
_CELLS, _TITLES = "not_understood.csv", "titles.csv"


def write_imported(
    imported: Imported,
    folder: Path,
    tables: Callable[[ImportedAccounts | Workbooks, Path], None] | None = None,
) -> None:
    """Write cases or tables, rejected rows, possible duplicates and counts.

    Args:
        imported: The result of an import.
        folder: Must be missing, empty, or the folder of an earlier import, which is replaced.
        tables: Writes tables into a folder; by default case files are written.

    Raises:
        KamError: The folder cannot be written, or contains other files.
    """
    _check(folder)
    if tables is None and imported.made.accounts > _MAX_CASES:
        raise KamError(
            f"{imported.made.accounts:,} accounts are too many for case files: --format tables"
        )
    try:
        draft = Path(
            tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:60]}.", suffix=".part")
        )
    except OSError as error:
        raise KamError(f"{folder}: cannot be created ({error.strerror or error})") from None
    try:
        draft.chmod(0o755)
        with gc_paused():
            if tables is None:
                _cases(imported, draft)
            else:
                tables(imported.made, draft)
        _lines(draft / _COUNTS, (asdict(counts) for counts in imported.counts))
        _lines(draft / "candidates.jsonl", imported.candidates)
        _lines(draft / "rejected.jsonl", _rejected(imported))
        _to_correct(imported, draft)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except OSError as error:
        raise KamError(f"{folder}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _check(folder: Path) -> None:
    if folder.is_dir():
        if any(folder.iterdir()) and not (folder / _COUNTS).is_file():
            raise KamError(f"{folder}: contains other files; name a folder that does not exist yet")
    elif folder.exists():
        raise KamError(f"{folder}: is a file; a folder is needed")
    elif not folder.parent.is_dir():
        raise KamError(f"{folder.parent}: no such folder")


def _cases(imported: Imported, folder: Path) -> None:
    for case in imported.made.cases():
        name = _file_name(case.account.id)
        (folder / name).write_text(case_text(case), encoding="utf-8")


def _file_name(account: str) -> str:
    """Return a file name for an account's id that is unique even if case is ignored."""
    safe = _UNSAFE.sub("-", account).strip(".-")[:60]
    if safe != account or safe != safe.lower():
        safe = f"{safe}-{hashlib.sha256(account.encode()).hexdigest()[:8]}".lstrip("-")
    return f"{safe}.yaml"


def _lines(path: Path, items: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")


def _to_correct(imported: Imported, folder: Path) -> None:
    """Write the cells that were not understood, and the titles, for a person to correct."""
    rows = [_correction(cell) for cell in imported.cells.found]
    if rows:
        (folder / _CELLS).write_text(csv_text(rows, COLUMNS), encoding="utf-8", newline="")
    titles = {} if imported.titles is None else imported.titles.read
    facts = list(dict.fromkeys(fact for reading in titles.values() for fact in reading.values))
    told = [
        {"title": title, "times": reading.times, "relation": reading.relation, **reading.values}
        for title, reading in sorted(titles.items(), key=lambda item: (-item[1].times, item[0]))
        if reading.times
    ]
    if told:
        text = csv_text(told, (*TITLE_COLUMNS, *facts))
        (folder / _TITLES).write_text(text, encoding="utf-8", newline="")


def _correction(cell: NotUnderstood) -> dict[str, Any]:
    return {
        "file": cell.file, "column": cell.column, "where": str(cell.place), "fact": cell.fact,
        "value": cell.value, "times": cell.times, "reason": cell.reason,
    }  # fmt: skip


def _rejected(imported: Imported) -> Iterator[dict[str, Any]]:
    for fault in imported.rejected:
        place, sheet = fault.place, isinstance(fault.place, SheetCell)
        yield {
            "file": place.file.partition(": ")[0] if sheet else place.file,
            "row": place.line or None,
            "column": (place.within if isinstance(place, SheetCell)
                       else place.header or None if isinstance(place, TableCell) else None),
            "value": None if fault.value is None else shortened(fault.value, 200),
            "reason": fault.message,
        }  # fmt: skip


def explained(imported: Imported) -> Iterator[str]:
    """Yield a line for each fact: subject, value, and the file, row and column of origin."""
    made = imported.made
    for account, kind, identity, told in made.each_value():
        of = "" if kind == "account" else f" {kind} {identity}"
        yield f"{account}{of}: {told.fact} = {as_text(plain_cell(told.value))}  <- {made.by(told)}"  # type: ignore[arg-type] # each has its own


def summary(
    imported: Imported, shared: SharedDoc, base: KnowledgeBase, folder: Path, lang: str
) -> str:
    """Return the totals, the counts of rows of each file, and the questions to ask people."""
    return "".join(f"{line}\n" for line in _summary(imported, shared, base, folder, lang))


def _summary(
    imported: Imported, shared: SharedDoc, base: KnowledgeBase, folder: Path, lang: str
) -> Iterator[str]:
    tr = translator(lang).gettext
    said = tr("%(accounts)s accounts, %(people)s people, %(team)s team, %(links)s links")
    totals = said % imported.made.totals()
    day = tr("; export of %(day)s") % {"day": dated(imported.day, lang)} if imported.day else ""
    tasks = imported.made.totals().get("plan")
    planned = tr("; tasks in plans: %(number)s") % {"number": tasks} if tasks else ""
    yield f"{folder}: {totals}{planned}{day}"
    currency = imported.made.currency
    if currency:
        yield f"  {tr('amounts are in %(currency)s') % {'currency': currency}}"
    for counts in imported.counts:
        why = ", ".join(f"{reason} {many}" for reason, many in counts.left_out.items())
        row = tr(
            "%(table)s: %(read)s rows = %(used)s used + %(rejected)s rejected + "
            "%(left_out)s left out"
        ) % {
            "table": f"{counts.table} ({counts.how})",
            "read": counts.read,
            "used": counts.used,
            "rejected": counts.rejected,
            "left_out": sum(counts.left_out.values()),
        }
        yield f"  {row}{f' ({why})' if why else ''}"
    if imported.unread:
        yield f"  {tr('not tables, not read:')} {', '.join(map(shortened, imported.unread))}"
    for table, columns in imported.lacking.items():
        lacks = tr("%(table)s has no %(columns)s")
        yield f"  {lacks % {'table': table, 'columns': ', '.join(columns)}}"
    yield from _not_understood(imported, folder, tr)
    if imported.rejected:
        yield f"  {folder / 'rejected.jsonl'}: {tr('faults:')} {len(imported.rejected)}"
    if imported.candidates:
        many = tr("to look at: %(number)s, such as") % {"number": len(imported.candidates)}
        yield f"  {folder / 'candidates.jsonl'}: {many}"
        for found in imported.candidates[:_SHOWN]:
            yield f"    {_candidate(found, tr)}"
    yield from _questions(imported, shared, base, lang)


def _not_understood(imported: Imported, folder: Path, tr: Callable[[str], str]) -> Iterator[str]:
    cells = imported.cells
    if cells.read:
        counted = tr(
            "cells of facts: %(read)s = %(known)s known + %(unknown)s unknown + "
            "%(missed)s not understood"
        )
        missed = cells.read - cells.known - cells.unknown
        yield f"  {counted}" % {
            "read": cells.read, "known": cells.known, "unknown": cells.unknown, "missed": missed,
        }  # fmt: skip
    if cells.found:
        many = sum(cell.times for cell in cells.found)
        yield f"  {folder / _CELLS}: {tr('not understood: %(number)s, such as') % {'number': many}}"
        for cell in cells.found[:_SHOWN]:
            times = f" ({cell.times})" if cell.times > 1 else ""
            yield f"    {cell.place}: {cell.reason}{times}"
        yield f"  {tr('Correct that file and give it back: --corrections FILE')}"
    if imported.titles is not None:
        read = {title: r for title, r in imported.titles.read.items() if r.times}
        empty = [title for title in read if imported.titles.nothing(title)]
        if read:
            told = tr("titles: %(number)s different, assumed by their words; look them through")
            yield f"  {folder / _TITLES}: {told % {'number': len(read)}}"
        if empty:
            many = sum(read[title].times for title in empty)
            nothing = tr("titles that say nothing: %(number)s, such as") % {"number": many}
            yield f"    {nothing} {', '.join(shortened(title, 40) for title in empty[:_SHOWN])}"


def _candidate(found: dict[str, Any], tr: Callable[[str], str]) -> str:
    if "names" in found:
        alike = {"name": tr("the name"), "domain": tr("the domain"), "email": tr("the e-mail")}
        company = found["kind"] == "same_company?"
        kind = tr("the same company?") if company else tr("the same person?")
        names = "; ".join(shortened(name, 40) for name in found["names"])
        shared = ", ".join(alike[field] for field in found["alike_in"])
        return f"{kind} {names} ({tr('what they share:')} {shared})"
    role = tr("a role in a deal of another account:")
    return f"{role} {shortened(found['name'], 40)}, {', '.join(found['where'])}"


def _questions(
    imported: Imported, shared: SharedDoc, base: KnowledgeBase, lang: str
) -> Iterator[str]:
    open_ = imported.made.questions(shared.asked)
    if any(open_.values()):
        yield translator(lang).gettext("No such system knows this; ask people first:")
    for subject, facts in open_.items():
        if facts:
            asks = [base.facts[fact].doc.ask.get(lang) for fact in facts]
            yield f"  {shared.asked[subject].name.get(lang)}: {' '.join(asks)}"
