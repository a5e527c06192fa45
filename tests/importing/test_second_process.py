"""A second process reads long files and compares long lists; results are equal without it."""

from __future__ import annotations

import multiprocessing
import os
import random
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.errors import KamError
from kam_expert.importing import csv_chunks, duplicate_detection
from kam_expert.importing.chunk import Chunk
from kam_expert.importing.collected import EntityColumns
from kam_expert.importing.csv_rows import CsvFormat, row_batches

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from kam_expert.importing.import_result import Imported

    Bring = Callable[..., Imported]

COMPARE = duplicate_detection._compare  # noqa: SLF001 -- the replacement calls it
MAPPING = """
system: s
unknown: ["?"]
recorded: [changed]
accounts: [{from: firms, id: id, name: name, as_of: changed}]
people:
  - from: people
    id: id
    name: [first, last]
    email: mail
    account: firm
    as_of: changed
    facts: {function: {column: [post, unit], named: functions}}
"""
ODD = ("", " ", "?", "~", "a~b^c`d", "  Ann\t", "Anna\u00a0Li", "one\ntwo", 'say "no"', "x" * 250,
       "Пані", "a;b,c", "\u2028", "\x1f", "0")  # fmt: skip


@pytest.fixture(params=[0, 10**12], ids=["second process", "one process"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    start_worker_from(request.param, monkeypatch)


def start_worker_from(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_chunks, "WORKER_FROM", size)
    monkeypatch.setattr(duplicate_detection, "WORKER_FROM", size)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def write(folder: Path, seed: int, rows: int = 2500) -> None:
    random_ = random.Random(seed)
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    firms = "".join(f"f{n},Firm {n % 40} Ltd,2026-0{n % 9 + 1}-01 10:0{n % 7}\n" for n in range(50))
    (folder / "firms.csv").write_text(f"id,name,changed\n{firms}", encoding="utf-8")
    lines = ["id,first,last,mail,firm,post,unit,unused,changed"]
    for n in range(rows):
        cells = [
            f"p{n if n % 97 else 5}", _cell(random_), _cell(random_), f"{n % 900}@x.example",
            f"f{random_.randrange(52)}", random_.choice(("Buyer", "CEO", "?", " QA ")),
            random_.choice(("Plant", "", "?")), _cell(random_),
            random_.choice((f"2026-05-0{n % 9 + 1}T10:{n % 60:02}:00Z", "31.12.2025", "soon")),
        ]  # fmt: skip
        if n % 331 == 7:
            cells.pop()
        lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
        if n % 500 == 0:
            lines.append("")
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")


def _cell(random_: random.Random) -> str:
    return random_.choice(ODD) if random_.random() < 0.05 else f"Name{random_.randrange(300)}"


def outcome(imported: Any) -> dict[str, Any]:
    return {
        "cases": list(imported.made.cases()),
        "counts": imported.counts,
        "rejected": imported.rejected,
        "candidates": imported.candidates,
        "told": [(*rest, told) for *rest, told in imported.made.each_value()],
        "day": imported.day,
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_second_process_changes_no_result_and_no_fault(
    seed: int, tmp_path: Path, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, seed)
    started: list[str] = []
    start = BaseProcess.start

    def noted(process: BaseProcess) -> None:
        started.append(process.name)
        start(process)

    monkeypatch.setattr(BaseProcess, "start", noted)
    start_worker_from(10**12, monkeypatch)
    alone = outcome(bring(tmp_path, skip_bad=True))
    assert not started
    start_worker_from(0, monkeypatch)
    helped = outcome(bring(tmp_path, skip_bad=True))

    files, duplicates = 2, 1
    assert len(started) == files + duplicates
    assert helped == alone
    assert len(helped["rejected"]) > 100
    assert helped["candidates"]


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("body", "told"),
    [('a,A\nb,"B"x\n', r"firms.csv:3: is not valid CSV: ',' expected after '\"'"),
     ('a,A\nb,"B\n', r"firms.csv:3: is not valid CSV: unclosed quote"),
     ("sep", r"firms.csv:4: is not valid CSV: ',' expected")],
)  # fmt: skip
def test_a_file_that_is_not_csv_names_its_line(
    body: str, told: str, tmp_path: Path, bring: Bring
) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING.partition("people:\n")[0], encoding="utf-8")
    text = f"id,name,changed\n{body.replace(chr(10), ',2026-01-01' + chr(10))}"
    if body == "sep":
        text = 'sep=,\nid,name,changed\na,A,2026-01-01\nb,"B"x,2026-01-01\n'
    (tmp_path / "firms.csv").write_text(text, encoding="utf-8", newline="")

    with pytest.raises(KamError, match=told):
        bring(tmp_path)


@pytest.mark.usefixtures("either")
def test_a_column_of_days_may_be_tested_too(tmp_path: Path, bring: Bring) -> None:
    mapping = MAPPING.partition("people:\n")[0] + (
        "    leave_out: {old: {changed: {begins: '2026-01-02T'}}}\n"
    )
    mapping = mapping.replace(
        "accounts: [{from: firms, id: id, name: name, as_of: changed}]",
        "accounts:\n  - from: firms\n    id: id\n    name: name\n    as_of: changed",
    )
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    text = "id,name,changed\na,A,2026-01-01T10:00\nb,B,2026-01-02T10:00\n"
    (tmp_path / "firms.csv").write_text(text, encoding="utf-8")

    (case,) = bring(tmp_path).made.cases()

    assert case.account.id == "a"


def stops_after_one_chunk(layout: CsvFormat, wanted: list[int], sender: Connection) -> None:
    """Run in the second process."""
    chunk = Chunk(next(row_batches(layout)).rows, layout.width)
    chunk.pack(wanted)
    sender.send(chunk)


def compares_only_in_the_first_process(fields: Any) -> Any:
    """Stop the second process."""
    if multiprocessing.parent_process() is not None:
        os._exit(1)
    return COMPARE(fields)


def test_a_process_that_stops_is_replaced(
    tmp_path: Path, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 1)
    whole = outcome(bring(tmp_path, skip_bad=True))
    start_worker_from(0, monkeypatch)
    monkeypatch.setattr(csv_chunks, "_send", stops_after_one_chunk)
    monkeypatch.setattr(duplicate_detection, "_compare", compares_only_in_the_first_process)

    assert outcome(bring(tmp_path, skip_bad=True)) == whole


def test_ids_out_of_order_are_found_like_those_in_order() -> None:
    listed = EntityColumns()

    def enter(*keys: str) -> bool:
        new = listed.enter(keys)
        if new:
            listed.add(keys, keys, 0, range(len(keys)), [None] * len(keys), {}, {})
        return new

    assert enter("b", "c")
    assert not enter("d", "d")
    assert not enter("d", "c")
    assert enter("a", "d")
    assert listed.index == {"b": 0, "c": 1, "a": 2, "d": 3}
    assert not enter("e", "b")
    assert enter("e")
    assert listed.index["e"] == 4
