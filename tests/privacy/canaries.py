"""Canaries: a unique text, number or day in every field, and ways to find them in any file."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import polars as pl
import pypdf
from babel.dates import format_date
from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, StreamObject

from kam_expert.app.plan_output import FORMS, TASKS, PlanOutput
from kam_expert.app.report import Report
from kam_expert.engines.planning import PlanLimits
from kam_expert.engines.portfolio.writing.plain_table import parquet
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.outputs.crm_tasks import to_do
from kam_expert.outputs.diagnosis_tables import TABLES, diagnosis_tables
from kam_expert.outputs.step_calendar import step_calendar
from kam_expert.outputs.table_files import csv_text, json_lines, tables_workbook
from tests.privacy.editions import DAY, maker_for, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.audience import Audience, Edition
    from kam_expert.knowledge.base import KnowledgeBase

#: The first day that is a canary; nothing else in the examples is so early.
_FIRST = date(1951, 1, 1)
#: Facts of a person that name one of us.
OWNERS = ("contact_owner", "backup_owner")
_BLOCKS = (("people", "person"), ("team", "member"), ("decisions", "decision"))


class Planted:
    """An example with a canary in every field of text, and in facts that are not for everybody.

    Attributes:
        canaries: What each text is.
        figures: What each number and day is, and who may read it.
        path: The case file, whose name is a canary too.
    """

    def __init__(self, folder: Path, example: Path, base: KnowledgeBase) -> None:
        self.base = base
        self.canaries: dict[str, str] = {}
        self.figures: dict[int | date, tuple[str, Audience]] = {}
        self.renamed: dict[tuple[str, str], str] = {}
        data = plain(read_file(example))
        for block, kind in _BLOCKS:
            for entity in data.get(block) or []:
                self.renamed[kind, entity["id"]] = self.new(f"id of a {kind}")
                entity["id"] = self.renamed[kind, entity["id"]]
                entity["name"] = self.new(f"name of a {kind}")
        if "decision" in data:
            data["decision"] |= {"id": self.new("decision"), "name": self.new("decision name")}
        for link in data.get("links") or []:
            link["person"] = self.renamed["person", link["person"]]
            link["member"] = self.renamed["member", link["member"]]
        self.measure(data)
        self.sign(data)
        for person in data.get("people") or []:
            person |= {name: self.new(name) for name in OWNERS if name in base.facts}
        person, member = (
            next(new for (of, _), new in self.renamed.items() if of == kind)
            for kind in ("person", "member")
        )
        kinds: tuple[tuple[str, Audience, dict[str, str]], ...] = (
            ("person_left", "consultant", {"person": person}),
            ("incident", "consultant", {"member": member}),
            ("incident", "supplier", {}),
            ("tender_opens", "joint", {}),
        )
        data["events"] = [] if base.events is None else [
            {"id": self.new("id of an event"), "kind": kind, "note": self.new("note of an event"),
             "day": self.day(f"day of {kind}", readers), **ends}
            for kind, readers, ends in kinds
        ]  # fmt: skip
        texts = [f.name for f in base.facts.values() if (f.kind, f.doc.type) == ("account", "text")]
        data["facts"] = {**(data.get("facts") or {}), **{name: self.new(name) for name in texts}}
        data["account"] |= {"owner": self.new("owner"), "segment": self.new("segment")}
        data["strategy"] = {
            "id": base.strategies[1].id,
            "reason": self.new("reason of the strategy"),
        }
        data["comments"] = [self.new("comment"), self.new("comment")]
        data["steps"] = {step: {"owner": self.new("step owner")} for step in base.steps}
        data["plan"] = [
            {"id": self.new("id of an entry"), "text": self.new("move"), "due": "2026-12-01",
             "owner": self.new("owner of a move"), "status": "dropped",
             "reason": self.new("reason"), "about": list(self.renamed.values())},
            {"id": self.new("id of an entry"), "step": next(iter(base.steps)),
             "owner": self.new("owner of a move"), "status": "done", "done_on": "2026-10-01",
             "evidence": self.new("evidence"), "note": self.new("note")},
        ]  # fmt: skip
        self.path = folder / f"{self.new('file')}.json"
        self.path.write_text(json.dumps(data), encoding="utf-8")
        self.case = read_case(self.path, base)

    def new(self, what: str) -> str:
        # Both scripts, and a letter that HTML escapes.
        canary = f"Кенар{len(self.canaries):03d}&Canary{len(self.canaries):03d}"
        self.canaries[canary] = what
        return canary

    def number(self, what: str, readers: Audience) -> int:
        number = 71_000_000 + 10_007 * len(self.figures)
        self.figures[number] = what, readers
        return number

    def day(self, what: str, readers: Audience) -> str:
        day = _FIRST + timedelta(days=101 * len(self.figures))
        self.figures[day] = what, readers
        return day.isoformat()

    def measure(self, data: dict[str, Any]) -> None:
        """Set a number or day of its own for each fact that is not for both sides."""
        for fact in self.base.facts.values():
            readers = self.base.readers.facts[fact.name]
            block = {"account": "facts"} | {kind: name for name, kind in _BLOCKS}
            limited = fact.doc.range is not None and fact.doc.range.max is not None
            if readers == "joint" or fact.kind not in block or fact.doc.type == "set":
                continue
            if fact.doc.type == "date":
                value: int | str = self.day(fact.name, readers)
            elif fact.is_number and not limited and fact.doc.anchors == {}:
                value = self.number(fact.name, readers)
            else:
                continue
            if fact.kind == "account":
                data.setdefault("facts", {})[fact.name] = value
            else:
                for entity in (data.get(block[fact.kind]) or [])[:1]:
                    entity[fact.name] = value

    def sign(self, node: Any) -> None:
        """Have somebody say every answer."""
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "by":
                    node[key] = self.new("by")
                elif key in self.base.facts and not isinstance(value, dict | list):
                    node[key] = {"value": value, "by": self.new("by"), "source": "said"}
                else:
                    self.sign(value)
        elif isinstance(node, list):
            for item in node:
                self.sign(item)

    def found_in(self, data: bytes, edition: Edition) -> list[str]:
        """Return what is in a file and must not be in an edition."""
        hidden = {
            figure: what
            for figure, (what, readers) in self.figures.items()
            if not edition.may_see(readers)
        }
        return found(self.canaries, data) + figures_in(hidden, data)


def figures_in(hidden: dict[int | date, str], data: bytes) -> list[str]:
    """Return which numbers and days are in a file, however they are written."""
    text = html.unescape(data.decode("utf-8", "ignore"))
    joined = re.sub(r"(?<=\d)[\s,.’'\u00a0\u202f](?=\d)", "", text)

    def ways(figure: int | date) -> list[str]:
        if not isinstance(figure, date):
            return [str(figure)]
        long = [format_date(figure, form, lang) for form in ("long", "medium", "short")
                for lang in ("uk", "en")]  # fmt: skip
        long += [way.removesuffix("р.").rstrip() for way in long]
        serial = (figure - date(1899, 12, 30)).days
        return [figure.isoformat(), f"{figure:%Y%m%d}", *long, f"<v>{serial}</v>"]

    def has(way: str) -> bool:
        return way in text or (way.isdigit() and way in joined)

    return [what for figure, what in hidden.items() if any(map(has, ways(figure)))]


def written(canary: str) -> Iterator[bytes]:
    """Yield every way in which a file may contain a text."""
    for part in (canary, *canary.split("&")):
        for text in (part, html.escape(part), quote(part), json.dumps(part).strip('"')):
            yield text.encode()
        for encoded in (part.encode(), part.encode("utf-16-be"), part.encode("utf-16-le")):
            yield encoded
            yield encoded.hex().encode()
            yield encoded.hex().upper().encode()
            # The first and last characters of base64 depend on the neighbouring bytes.
            for shift in range(3):
                yield base64.b64encode(b"\0" * shift + encoded)[4:-4]


def found(canaries: dict[str, str], data: bytes) -> list[str]:
    small = data.lower()

    def has(text: str) -> bool:
        return any(way and (way in data or way.lower() in small) for way in written(text))

    # What begins every canary is looked for first: where it is not, none of them is.
    if not has("Кенар&Canary"):
        return []
    return [what for canary, what in canaries.items() if has(canary)]


def pdf_texts(document: bytes) -> Iterator[str]:
    """Yield all texts of a PDF: of its pages, and every string and stream in it."""
    reader = pypdf.PdfReader(io.BytesIO(document))
    yield from (page.extract_text() for page in reader.pages)
    for number in range(1, len(reader.xref[0]) + 1):
        yield from strings(reader.get_object(number))


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, StreamObject):
        yield node.get_data().decode("latin-1")
    if isinstance(node, DictionaryObject):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, ArrayObject):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str | ByteStringObject):
        yield str(node)


def unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return b"\n".join(book.read(name) for name in book.namelist())


def readable(path: Path) -> bytes:
    """Return all that a file holds, unpacked."""
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        return unzipped(data)
    if path.suffix == ".pdf":
        return data + "\n".join(pdf_texts(data)).encode()
    if path.suffix == ".parquet":
        return data + pl.read_parquet(path).write_ndjson().encode()
    # A long line of a calendar goes on after a blank.
    return data.replace(b"\r\n ", b"")


def files(
    case: Case, edition: Edition, lang: str, base: KnowledgeBase
) -> Iterator[tuple[str, str | bytes]]:
    """Yield every file that can be made of an edition, with a name."""
    maker = maker_for(edition, base=base)
    made = maker.made(case, lang)
    whole = Report(made, base, lang)
    for form in ("html", "json", "text"):
        yield f"report.{form}", whole.text(form)
    plan = PlanOutput.of(case, maker, PlanLimits(), lang)
    for form in dict.fromkeys(FORMS.values()):
        yield f"plan.{form}", plan.written(form)
    for crm in TASKS:
        yield f"{crm}.csv", plan.written("csv", crm)
    if lang == "uk":
        yield "report.pdf", whole.pdf()
    tables = diagnosis_tables(made.diagnosis, made.case, base, lang)
    for name, rows in tables.items():
        yield f"{name}.csv", csv_text(rows, list(TABLES[name]))
        yield f"{name}.jsonl", json_lines(rows, list(TABLES[name]))
        yield f"{name}.parquet", parquet(rows, TABLES[name])
    columns = {name: list(TABLES[name]) for name in tables}
    yield "tables.xlsx", tables_workbook(tables, columns, DAY)
    every = [(made.diagnosis.account_name, row) for row in to_do(tables, everything=True)]
    yield "steps.calendar", step_calendar(every, DAY, lang)
    yield "case.xlsx", case_workbook(base, lang, made.case, edition=edition)
