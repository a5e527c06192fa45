"""Import broken CSV, JSON and Excel files, mailboxes and calendars, and print the outcomes.

    python benchmarks/fuzz_import.py --files 500

Each file is a valid one that was broken in one to four random ways: bytes flipped, removed or
duplicated, lost quotes and brackets, cells of a megabyte, formulas, zip bombs, deep nesting. Every
file must be imported or rejected with a message, without a traceback, within 5 s and 1 GB.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.writing.imported_tables import write_tables
from kam_expert.errors import KamError
from kam_expert.importing.importer import import_source
from kam_expert.importing.mapping import load_mapping
from kam_expert.importing.proposal import propose
from kam_expert.importing.reading import ImportOptions
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.outputs.imported import explained, summary, write_imported
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from kam_expert.importing.mapping import SystemMapping
    from kam_expert.knowledge.base import KnowledgeBase

    Rows = list[list[str]]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KINDS = ("csv", "json", "xlsx", "mail", "calendar")
MAPPING = """\
system: fuzz
missing_columns: allowed
recorded: changed
team: [{from: team, id: id, name: name, email: email}]
accounts:
  - from: firms
    id: id
    name: name
    owner: {column: owner, by: any}
    segment: segment
    domain: site
    as_of: changed
    ask: {household: {name: {ends: household}}}
    facts: {revenue_12m: turnover, partnership_start: since}
people:
  - from: people
    id: id
    name: [first, last]
    email: email
    account: {column: firm, split: ";"}
    facts:
      function: {column: [department, title], named: functions}
      contact_owner: owner
activities:
  - {from: met, person: {column: who, split: ";"}, member: ours, date: day, meeting: id}
contact: {days: link_last_two_way_days, count: link_exchanges_90d, person_days: last_two_way_days}
"""
TABLES: dict[str, Rows] = {
    "team": [["id", "name", "email"], ["m1", "Марко", "m@us.example"], ["m2", "Olena", ""]],
    "firms": [
        ["id", "name", "owner", "segment", "site", "turnover", "since", "changed"],
        ["a", "Альфа, Ltd", "m1", "food", "www.a.example", "1200.5", "2020-01-31", "2026-10-31"],
        ["b", 'Beta "B"', "Olena", "", "", "NULL", "#N/A", "2026-10-30T10:00:00Z"],
        ["c", "Gamma", "", "", "gamma.example", "12", "", ""],
    ],
    "people": [
        ["id", "first", "last", "email", "firm", "title", "department", "owner"],
        ["p1", "Petra", "Novak", "p@alpha.example", "a", "Buyer", "", "Марко"],
        ["p2", "Іван", "O'Hara", "", "a;b", "", "Quality", ""],
        ["p3", "Jana", "", "j@beta.example", "b", "CEO", "NULL", ""],
    ],
    "met": [["id", "who", "ours", "day"], ["1", "p1", "m1", "2026-10-01"],
            ["2", "p1;p2", "m2", "2026-11-30"], ["3", "p3", "", "2026-01-01"]],
}  # fmt: skip
_MAIL = """\
From x
Message-ID: <1@x>
From: Petra <p@alpha.example>
To: m@us.example, "O, K" <k@us.example>
Date: Mon, 26 Oct 2026 10:00:00 +0200
Subject: =?utf-8?b?0KI=?=

text

From x
Message-ID: <2@x>
In-Reply-To: <1@x>
References: <0@x> <1@x>
From: m@us.example
To: p@alpha.example
Cc: undisclosed-recipients:;
Date: Tue, 27 Oct 2026 10:00:00 +0200
Content-Type: multipart/mixed; boundary="b"

--b
"""
_CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
DTSTART:20261026T100000Z
DTEND:20261026T110000Z
ORGANIZER;CN=M:mailto:m@us.example
ATTENDEE;PARTSTAT=ACCEPTED:mailto:p@alpha.example
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;TZID=Europe/Kyiv:20260105T100000
RRULE:FREQ=WEEKLY;COUNT=5
EXDATE:20260112T080000Z
ATTENDEE;PARTSTAT=ACCEPTED:mailto:m@us.example
ATTENDEE;PARTSTAT=ACCEPTED:mailto:j@beta.example
END:VEVENT
END:VCALENDAR
"""
_NASTY = (
    "", " ", "NULL", "-", "'", '"', '""', "=1+1", '=HYPERLINK("http://x")', "@SUM(A1)",
    "03/04/2026", "1,234", "1e999", "99999999999999999999999", "9" * 400, "\x00", "\u202e",
    "\U0001f600", "\r", "\n", ";", "a;a;a", "x" * 300, "x" * 140_000, "0000-00-00", "2026-02-30",
    "é" * 50, "p1", "a", "m1", "..", "../..", "unknown", "none", "[]", "{}",
)  # fmt: skip


def fuzzed(kind: str, seed: int) -> dict[str, bytes]:
    """Return the files of a source by name, one or two of them broken, for a seed."""
    random_ = random.Random(f"{kind}{seed}")
    tables = {name: [list(row) for row in rows] for name, rows in TABLES.items()}
    for _ in range(random_.randrange(4)):
        rows = random_.choice(list(tables.values()))
        _break_rows(rows, random_)
    if kind in ("mail", "calendar"):
        data = {f"{name}.csv": _csv(rows, ",").encode() for name, rows in tables.items()}
        name = "box.mbox" if kind == "mail" else "ours.ics"
        whole = _MAIL if kind == "mail" else _CALENDAR
        for _ in range(random_.randrange(4)):
            whole = whole.replace(random_.choice(whole.split()), random_.choice(_NASTY), 1)
        data[name] = whole.encode("utf-8", "replace")
        for _ in range(random_.randrange(3)):
            data[name] = _break_bytes(data[name], random_)
        return data
    if kind == "xlsx":
        data = {"book.xlsx": _workbook(tables, random_)}
    elif kind == "json":
        data = _json(tables, random_)
    else:
        delimiter = random_.choice(",;\t|")
        encoding = random_.choice(("utf-8", "utf-8-sig", "utf-16", "cp1251", "utf-16-le"))
        data = {
            f"{name}.csv": _csv(rows, delimiter).encode(encoding, "replace")
            for name, rows in tables.items()
        }
    if kind != "xlsx" or random_.random() < 0.2:
        for _ in range(random_.randrange(3)):
            name = random_.choice(list(data))
            data[name] = _break_bytes(data[name], random_)
    return data


def _break_rows(rows: Rows, random_: random.Random) -> None:
    row = random_.choice(rows)
    match random_.randrange(6):
        case 0:
            row[random_.randrange(len(row))] = random_.choice(_NASTY)
        case 1:
            row.append(random_.choice(_NASTY))
        case 2:
            row.pop()
        case 3:
            rows.append(list(row))
        case 4:
            rows.remove(row)
            if not rows:
                rows.append(["id"])
        case _:
            rows.append([random_.choice(_NASTY) for _ in row])
    for row in rows:
        if not row:
            row.append("")


def _csv(rows: Rows, delimiter: str) -> str:
    def cell(text: str) -> str:
        quoted = any(sign in text for sign in (delimiter, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if quoted else text

    return "\r\n".join(delimiter.join(map(cell, row)) for row in rows) + "\r\n"


def _json(tables: dict[str, Rows], random_: random.Random) -> dict[str, bytes]:
    records = {
        name: [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
        for name, rows in tables.items()
    }
    deep = '{"records":' * random_.choice((3, 60, 5000)) + "[]"
    match random_.randrange(14):
        case 0 | 8 | 9:
            return {"all.json": json.dumps(records).encode()}
        case 1 | 10 | 11:
            return {f"{n}.json": json.dumps({"results": r}).encode() for n, r in records.items()}
        case 2:
            return {"firms.json": deep.encode(), "people.json": b"[]"}
        case 3:
            return {"firms.json": ("[" * 50_000).encode()}
        case 4:
            many = [{"id": str(n), f"column{n}": "x"} for n in range(6000)]
            return {"firms.json": json.dumps(many).encode()}
        case 5:
            names = {"id": "a", "name": "\ud800", "x" * 70_000: ["1"] * 60_000, "\udfff": "y"}
            return {"firms.json": json.dumps([names]).encode()}
        case 6 | 12:
            return {f"{n}.jsonl": "\n".join(map(json.dumps, r)).encode()
                    for n, r in records.items()}  # fmt: skip
        case _:
            inside: object = [{"attributes": {"type": "firms"}, "id": "z"}]
            for _ in range(random_.choice((5, 200))):
                inside = [{"id": "a", "name": "A", "below": {"records": inside}}]
            return {"firms.json": json.dumps({"records": inside}).encode()}


def _workbook(tables: dict[str, Rows], random_: random.Random) -> bytes:
    sheets = list(tables.items())
    if random_.random() < 0.2:
        sheets.append((random_.choice(("firms", "x" * 40, "=1")), sheets[0][1]))
    names = [name for name, _ in sheets]
    listed = "".join(f'<sheet name="{_xml(name)}" sheetId="{n}" r:id="rId{n}"/>'
                     for n, name in enumerate(names, 1))  # fmt: skip
    targets = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml")
               for n in range(1, len(names) + 1)]  # fmt: skip
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(targets),
    }
    for n, (_, rows) in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{n}.xml"] = _sheet(rows, random_)
    whole: dict[str, bytes] = {name: text.encode() for name, text in parts.items()}
    for _ in range(random_.choice((0, 0, 1, 2))):
        name = random_.choice(list(whole))
        whole[name] = _break_bytes(whole[name], random_)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            archive.writestr(name, data)
        if random_.random() < 0.1:
            with archive.open("xl/sharedStrings.xml", "w") as bomb:
                for _ in range(300):
                    bomb.write(b" " * 1_000_000)
    return out.getvalue()


def _relations(relations: list[tuple[str, str, str]]) -> str:
    inside = "".join(f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
                     for i, kind, target in relations)  # fmt: skip
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _xml(text: str) -> str:
    plain = "".join(c for c in text if c >= " " and not "\ud800" <= c <= "\udfff")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _sheet(rows: Rows, random_: random.Random) -> str:
    def cell(text: str) -> str:
        chance = random_.random()
        if chance < 0.004:
            return f"<c><f>{_xml(text) or '1/0'}</f></c>"
        if chance < 0.02:
            return '<c t="e"><v>#N/A</v></c>'
        if chance < 0.04:
            return f"<c><v>{random_.choice(('1', '1e400', 'x', '45000.5', ''))}</v></c>"
        return f'<c t="inlineStr"><is><t>{_xml(text)}</t></is></c>'

    body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    if random_.random() < 0.03:
        body += '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _break_bytes(data: bytes, random_: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(random_.randrange(1, 4)):
        at = random_.randrange(len(broken) + 1)
        match random_.randrange(6):
            case 0 if broken:
                broken[at % len(broken)] = random_.randrange(256)
            case 1:
                del broken[at:]
            case 2:
                broken[at:at] = random_.choice(
                    (b'"', b"\0", b"\xff\xfe", b"{", b"]", b"\r", b",,,,")
                )
            case 3:
                del broken[at : at + random_.randrange(40)]
            case 4:
                broken[at:at] = bytes(broken[at : at + 200]) * random_.choice((2, 500))
            case _:
                broken[at:at] = b"x" * random_.choice((10, 200_000, 4_000_000))
    return bytes(broken)


def feed(
    data: dict[str, bytes], folder: Path, mapping: SystemMapping, base: KnowledgeBase, seed: int
) -> str:
    """Import a source and return the outcome: imported or refused."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name, content in data.items():
        (source / name).write_bytes(content)
    skip_bad = seed % 2 == 0
    write = (None, partial(write_tables, form=("csv", "parquet")[seed // 4 % 2]))[seed // 2 % 2]
    wishes = ImportOptions(
        dates="dmy" if seed % 3 else None,
        decimal="point" if seed % 5 else None,
        our_domains=("us.example",),
        day=date(2026, 11, 1) if seed % 7 else None,
    )
    with suppress(KamError):
        propose(source, base)
    try:
        imported = import_source(source, mapping, base, wishes, skip_bad=skip_bad)
        write_imported(imported, folder / "out", write)
        for line in explained(imported):
            line.encode()
        summary(imported, mapping.shared, base, folder, "uk").encode()
    except KamError as error:
        str(error).encode()
        return "refused"
    return "imported, rows rejected" if imported.rejected else "imported"


def fuzz_mapping(folder: Path, base: KnowledgeBase) -> SystemMapping:
    """Write the mapping of the fuzzed sources into *folder* and read it."""
    file = folder / "mapping.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    return load_mapping("csv", file, base)


def main() -> None:
    """Print the table; the exit status is 1 after a traceback or a timeout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--start", type=int, default=0)
    asked = parser.parse_args()
    base = load_compiled(rules_folder())
    failed = False
    print(f"{'':6}{'files':>7}{'imported':>10}{'with faults':>12}{'refused':>9}{'tracebacks':>12}"
          f"{'longest s':>11}{'GB':>7}")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        mapping = fuzz_mapping(Path(name), base)
        for kind in KINDS:
            outcomes: Counter[str] = Counter()
            longest = 0.0
            for seed in range(asked.start, asked.start + asked.files):
                data = fuzzed(kind, seed)
                with tempfile.TemporaryDirectory(dir=name) as folder:
                    start = time.process_time()
                    outcome = "traceback"
                    try:
                        outcome = feed(data, Path(folder), mapping, base, seed)
                    except Exception:  # noqa: BLE001 -- what is looked for
                        print(f"{kind} {seed}:", file=sys.stderr)
                        with suppress(UnicodeError):
                            traceback.print_exc(limit=-3)
                    used = time.process_time() - start
                    if used > 2:
                        print(f"{kind} {seed}: {used:.1f} s", file=sys.stderr)
                longest = max(longest, used)
                outcomes[outcome] += 1
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            failed |= bool(outcomes["traceback"]) or longest > 5 or peak > 1
            print(f"{kind:6}{asked.files:7}{outcomes['imported']:10}"
                  f"{outcomes['imported, rows rejected']:12}{outcomes['refused']:9}"
                  f"{outcomes['traceback']:12}{longest:11.2f}{peak:7.2f}")  # fmt: skip
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
