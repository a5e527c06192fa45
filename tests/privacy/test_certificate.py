"""An erasure ends with a certificate: what was searched, what was found, what is left and why."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from kam_expert.app.account_tools import AccountTools
from kam_expert.app.inbox import FileLog, Inbox
from kam_expert.errors import Place
from kam_expert.facts.case_file import read_any_case
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.edits import SetComments
from kam_expert.facts.proposals import Note
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.store.store import Store
from tests.command import Kam, run_kam
from tests.shipped import folder_of, shipped_privacy

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

DAY = ("--date", "2026-11-23", "--lang", "en")
#: A case of any method but for its facts.
BARE: dict[str, Any] = {
    "kam": 1,
    "account": {"id": "shchos", "name": "ТОВ Щось"},
    "people": [{"id": "p7", "name": "Степан Журавель"}, {"id": "p8", "name": "Ія Дубок"}],
    "comments": [
        "Зі слів Журавля, ціна завищена.",
        "Журавле́м незадоволені.",
        "Лист від s.zhuravel@client.ua 12.10.",
        "Стьопа обіцяв.",
        "Дубка бачили; Ії нема.",
    ],
}
CASE = {
    **BARE,
    "people": [
        {**person, "function": does}
        for person, does in zip(BARE["people"], ("procurement", "quality"), strict=True)
    ],
    "facts": {
        "trust_self": {"value": 4, "source": "said", "by": "від Журавля", "as_of": "2026-09-25"}
    },
}
#: What must be in no file that is written.
TRACES = ("Журавл", "Журавел", "Журавле", "Степан", "p7", "zhuravel@", "Стьоп")


@pytest.fixture
def kam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kam:
    """Run a command in a folder that has the case."""
    monkeypatch.chdir(tmp_path)
    Path("case.json").write_text(json.dumps(CASE, ensure_ascii=False), encoding="utf-8")
    return run_kam


def traces() -> dict[str, list[str]]:
    """Return what is left of the person in the files of the folder."""
    found = {str(p): [t for t in TRACES if t.encode() in p.read_bytes()] for p in Path().iterdir()}
    return {name: left for name, left in found.items() if left}


def proposed(*facts: dict[str, Any]) -> list[str]:
    """Put facts into the inbox of the case and return their ids."""
    note = Note(
        "розмова.txt",
        "Скарг від Журавля дві.\nПан відкрито назвав нам усі ціни.\nМаржа 27 відсотків.",
    )
    privacy = shipped_privacy()
    case = read_any_case(Path("case.json"), privacy.base)
    inbox = Inbox(FileLog.next_to(Path("case.json")), privacy)
    tools = AccountTools(
        lambda: case, privacy, lambda: date(2026, 11, 23), inbox, {note.name: note}
    )
    results = tools.propose([{"note": note.name} | fact for fact in facts])
    assert all(one["status"] == "proposed" for one in results), results
    return [one["id"] for one in results]


NAMED: dict[str, Any] = {
    "fact": "complaints_open", "value": 2, "line": 1, "quote": "Скарг від Журавля дві.",
}  # fmt: skip
JUDGED: dict[str, Any] = {
    "fact": "open_to_us", "value": 4, "about": "p7", "basis": "deeds", "line": 2,
    "quote": "Пан відкрито назвав нам усі ціни.",
}  # fmt: skip
OTHER: dict[str, Any] = {
    "fact": "gross_margin_pct", "value": 27, "line": 3, "quote": "Маржа 27 відсотків.",
}  # fmt: skip


def test_the_inbox_of_a_case_forgets_the_person_and_nothing_else(kam: Kam) -> None:
    named, judged, other = proposed(NAMED, JUDGED, OTHER)
    kam("inbox", "refuse", "case.json", named, "--by", "Олена")
    kam("inbox", "refuse", "case.json", other, "--by", "Степан Журавель")

    result = kam(
        "person", "erase", "case.json", "p7", "--certificate", "c.txt", *DAY, lines="y\n" * 9
    )

    assert result.status == 0
    assert traces() == {}
    left = Path("case.inbox.jsonl").read_text(encoding="utf-8")
    assert not any(identity in left for identity in (named, judged))
    assert [json.loads(line).get("status") for line in left.splitlines()] == [None, "refused"]
    certificate = " ".join(Path("c.txt").read_text(encoding="utf-8").split())
    assert "the inbox case.inbox.jsonl: texts that named the person: 3, erased;" in certificate


def test_what_the_inbox_holds_about_a_person_is_shown_to_them(kam: Kam) -> None:
    named, judged, _ = proposed(NAMED, JUDGED, OTHER)
    kam("inbox", "refuse", "case.json", named, "--by", "Олена")
    words = ("person", "show", "case.json", "p7", *DAY)

    parts = {
        "en": ("PROPOSED FROM NOTES", "[refused: Олена]", "[judgement; no decision yet]"),
        "uk": ("ЗАПРОПОНОВАНО З НОТАТОК", "[відхилено: Олена]", "[судження; рішення ще немає]"),
    }
    for lang, (title, refused, waiting) in parts.items():
        part = " ".join(kam(*words, "--lang", lang).out.split()).split(title)[1]
        assert refused in part
        assert waiting in part
        assert "розмова.txt:1 «Скарг від Журавля дві.»" in part
        assert "розмова.txt:2 «Пан відкрито назвав нам усі ціни.»" in part
        assert "Маржа 27" not in part
    data = json.loads(kam(*words, "--format", "json").out)
    shown = [(one["id"], one["status"], one["judgement"]) for one in data["proposed"]]
    assert shown == [(named, "refused", False), (judged, "open", True)]
    assert data["proposed"][1]["about"] == {"kind": "person", "id": "p7"}
    assert [one["value"] for one in data["proposed"]] == [2, 4]
    assert not [one for one in data["held"] if one["fact"] == "open_to_us"]


def test_a_person_of_whom_nothing_was_proposed_sees_no_inbox(kam: Kam) -> None:
    proposed(OTHER)

    assert "PROPOSED" not in kam("person", "show", "case.json", "p7", "--lang", "en", *DAY).out


def test_expired_judgements_leave_the_inbox_too(kam: Kam) -> None:
    data = {**CASE, "people": [{"id": "p7", "open_to_us": {"value": 2, "as_of": "2020-01-01"}}]}
    Path("case.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    judged, other = proposed(JUDGED, OTHER)

    kam("person", "expire", "case.json", "--yes", *DAY)

    left = Path("case.inbox.jsonl").read_text(encoding="utf-8")
    assert (judged in left, other in left) == (False, True)


def case_of(base: KnowledgeBase) -> dict[str, Any]:
    """Return the case with an answer to the first fact that both sides are asked for a score of."""
    scores = [n for n, f in base.facts.items() if f.doc.anchors and f.doc.asked_of == "both"]
    said = {"value": 4, "source": "said", "by": "від Журавля", "as_of": "2026-09-25"}
    return {**BARE, "facts": {scores[0]: said}}


@pytest.mark.every_method
def test_no_file_has_a_byte_of_the_name_after_the_words_like_it_were_erased(
    kam: Kam, base: KnowledgeBase
) -> None:
    Path("case.json").write_text(json.dumps(case_of(base), ensure_ascii=False), encoding="utf-8")
    words = ("person", "erase", "case.json", "p7", "--certificate", "c.txt", *DAY)

    result = kam(*words, "--rules", folder_of(base), lines="y\n" * 9)

    assert result.status == 0
    assert traces() == {}
    certificate = Path("c.txt").read_text(encoding="utf-8")
    assert "In everything that was searched, nothing names the person any more." in certificate
    assert json.loads(Path("case.json").read_text(encoding="utf-8"))["comments"] == [
        "Дубка бачили; Ії нема."
    ]


def test_each_word_like_the_name_is_asked_about(kam: Kam) -> None:
    result = kam("person", "erase", "case.json", "p7", *DAY, lines="n\ny\ny\n")

    assert 'comments[3]: "zhuravel" may be the name (in another script)' in result.err
    assert 'comments[4]: "Стьопа" may be the name (a short form)' in result.err
    assert "Стьопа обіцяв." not in Path("case.json").read_text(encoding="utf-8")
    assert "s.zhuravel@client.ua" in Path("case.json").read_text(encoding="utf-8")
    assert "words that may be the name are left: 1" in " ".join(result.err.split())


def test_nothing_is_asked_with_yes_and_the_certificate_says_what_is_left(kam: Kam) -> None:
    result = kam("person", "erase", "case.json", "p7", "--yes", "--also", "Стьопа", *DAY)

    said = " ".join(result.err.split())
    assert '"zhuravel" may be the name (in another script); it is left.' in said
    assert "Стьопа" not in Path("case.json").read_text(encoding="utf-8")
    assert "Not everything is erased" in said


@pytest.mark.parametrize(
    "name", ["report.html", "run.parquet", "book.xlsx", "notes.csv", "Журавель.txt", "old.json"]
)
def test_earlier_outputs_are_searched_and_left(kam: Kam, name: str) -> None:
    folder = Path("earlier")
    folder.mkdir()
    file = folder / name
    said = "Лист від Журавля"
    match file.suffix:
        case ".parquet":
            pl.DataFrame({"note": [said]}).write_parquet(file)
        case ".xlsx":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
                book.writestr("xl/sharedStrings.xml", "<si><r><t>Жур</t></r><t>авля</t></si>")
        case ".html":
            file.write_text("<p>&#1046;уравля бачили", encoding="utf-8")
        case ".csv":
            file.write_bytes(f"a;b\n1;{said}\n".encode("cp1251"))
        case ".json":
            file.write_text(json.dumps({"by": said}), encoding="utf-8")
        case _:
            file.write_text("нічого", encoding="utf-8")
    before = file.read_bytes()
    options = ("--yes", "--search", "earlier", "--certificate", "c.txt", "--reference", "17/26")

    kam("person", "erase", "case.json", "p7", *options, *DAY)

    text = Path("c.txt").read_text(encoding="utf-8")
    certificate = " ".join(text.split())
    assert "names the person; delete it, or make it again" in certificate
    assert "Request: 17/26" in certificate
    assert file.read_bytes() == before
    assert not [trace for trace in TRACES if trace in text]


def test_what_cannot_be_searched_is_said(kam: Kam) -> None:
    Path("broken.xlsx").write_bytes(b"PK\x03\x04 not an archive")

    result = kam("person", "erase", "case.json", "p7", "--yes", "--search", "broken.xlsx", *DAY)

    assert "broken.xlsx: not searched: it cannot be read" in " ".join(result.err.split())


def test_a_missing_place_is_refused_before_anything_is_erased(kam: Kam) -> None:
    before = Path("case.json").read_bytes()

    result = kam("person", "erase", "case.json", "p7", "--yes", "--search", "nowhere", *DAY)

    assert (result.status, result.err) == (
        2,
        "nowhere: no such file or folder; nothing was erased\n",
    )
    assert Path("case.json").read_bytes() == before


@pytest.mark.every_method
def test_a_certificate_of_a_database_covers_versions_bytes_and_other_accounts(
    kam: Kam, base: KnowledgeBase
) -> None:
    case = build_case(read_text(json.dumps(case_of(base)), "case"), base, Place("case"))
    store = Store.open("team.db", base)
    key, other = store.add(case, by="Журавель"), store.add(case)
    store.record(key, [SetComments(("Спитати у Стьопи", "Журавлеві дзвонили"))], seen=1)
    store.close()
    also = [part for word in ("Стьопи", "Стьопа", "zhuravel") for part in ("--also", word)]
    options = ("--store", "team.db", "--certificate", "c.txt", "--yes", *also)
    day = (*DAY, "--rules", str(folder_of(base)))

    first = " ".join(kam("person", "erase", key, "p7", *options, *day).err.split())
    kam("person", "erase", other, "p7", *options, *day)

    assert f"somebody has the same name in {other}; it may be another person" in first
    second = " ".join(Path("c.txt").read_text(encoding="utf-8").split())
    assert "the bytes of the database file team.db: nothing left" in second
    assert set(traces()) <= {"case.json"}
