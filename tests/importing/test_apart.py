"""Long files are parted on another core, and give what they give on this one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.errors import KamError
from kam_expert.importing import (
    chunk,
    csv_rows,
    duplicate_detection,
    equal_texts,
    subprocess_worker,
)
from kam_expert.importing.collected import EntityColumns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import IO

    from kam_expert.importing.importer import Imported

    Bring = Callable[..., Imported]

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


@pytest.fixture(params=[0, 10**12], ids=["apart", "here"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "APART_FROM", request.param)
    monkeypatch.setattr(duplicate_detection, "APART_FROM", request.param)
    monkeypatch.setattr(chunk, "cores", lambda: 2)
    monkeypatch.setattr(duplicate_detection, "cores", lambda: 2)


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
        "told": [(*rest, told) for *rest, told in imported.made.each_told()],
        "day": imported.day,
    }


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_give_the_same_to_the_last_fault(
    seed: int, tmp_path: Path, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, seed)
    started: list[str] = []
    real = subprocess_worker.apart

    def noted(program: str, told: bytes) -> AbstractContextManager[IO[bytes]]:
        started.append(program)
        return real(program, told)

    found = []
    for least in (0, 10**12):
        for module in (chunk, duplicate_detection):
            monkeypatch.setattr(module, "APART_FROM", least)
            monkeypatch.setattr(module, "cores", lambda: 2)
            monkeypatch.setattr(module, "apart", noted)
        found.append(outcome(bring(tmp_path, skip_bad=True)))
        if least == 0:
            assert set(started) == {csv_rows.__file__, equal_texts.__file__}
            started.clear()

    assert started == []
    assert found[0] == found[1]
    assert len(found[0]["rejected"]) > 100
    assert found[0]["candidates"]


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("body", "told"),
    [('a,A\nb,"B"x\n', r"firms.csv:3: cannot be parted into rows"),
     ('a,A\nb,"B\n', r"firms.csv:3: cannot be parted into rows \(unexpected end of data\)"),
     ("sep", r"firms.csv:4: cannot be parted")],
)  # fmt: skip
def test_a_file_that_cannot_be_parted_names_its_line(
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


def test_a_process_that_stops_is_replaced(
    tmp_path: Path, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 1)
    whole = outcome(bring(tmp_path, skip_bad=True))
    stopped = tmp_path / "stopped.py"
    program = Path(csv_rows.__file__).read_text(encoding="utf-8")
    stopped.write_text(program.replace("_put(None, out)", "sys.exit()", 1), encoding="utf-8")
    real = subprocess_worker.apart
    for module in (chunk, duplicate_detection):
        monkeypatch.setattr(module, "APART_FROM", 0)
        monkeypatch.setattr(module, "cores", lambda: 2)
        monkeypatch.setattr(module, "apart", lambda _, told: real(str(stopped), told))
    stopped.rename(tmp_path.parent / "stopped.py")
    stopped = tmp_path.parent / "stopped.py"

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
