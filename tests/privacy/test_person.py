"""The data about a person: shown, corrected, erased, and expired."""

from __future__ import annotations

import html
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.names import names_of, names_text, without_names
from kam_expert.resources import rules_folder
from tests.command import Kam, run_kam

if TYPE_CHECKING:
    from kam_expert.facts.case import Entity
    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = rules_folder().parent / "examples"
DAY = ("--date", "2026-11-23")


@pytest.fixture
def kam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kam:
    """Run a command in a folder that holds the case ``mlyn.yaml``."""
    monkeypatch.chdir(tmp_path)
    text = (EXAMPLES / "diamond_with_conductor.yaml").read_text(encoding="utf-8")
    Path("mlyn.yaml").write_text(text, encoding="utf-8")
    return run_kam


def person(base: KnowledgeBase, identity: str, path: str = "mlyn.yaml") -> Entity | None:
    case = read_case(Path(path), base)
    return next((p for p in case.people or () if p.id == identity), None)


# Seen


def test_everything_held_is_shown_in_words(kam: Kam, base: KnowledgeBase) -> None:
    said = kam("person", "show", "mlyn.yaml", "p4", "--lang", "en", *DAY).out
    held = person(base, "p4")
    assert held is not None
    one_line = " ".join(said.split())

    assert all(base.facts[fact].doc.short.en in one_line for fact in held.ours)
    assert "CONCLUSIONS ABOUT YOU" in said
    assert "Віталій Коломієць does not know our product well yet." in one_line
    assert "OTHER CONCLUSIONS THAT USE THESE FACTS" in said


def test_the_same_as_json_has_every_answer(kam: Kam, base: KnowledgeBase) -> None:
    data = json.loads(kam("person", "show", "mlyn.yaml", "p4", "--format", "json", *DAY).out)
    held = person(base, "p4")
    assert held is not None
    told = {h["fact"] for h in data["held"] if h["about"] == {"kind": "person", "id": "p4"}}

    assert told == set(held.ours)
    assert {h["fact"] for h in data["held"] if h["about"]["kind"] == "link"} == {
        "link_last_two_way_days",
        "link_exchanges_90d",
    }
    assert {c["about"]["id"] for c in data["conclusions"]} == {"p4"}
    assert data["using"]


def test_texts_that_name_somebody_are_shown_whatever_their_case(kam: Kam) -> None:
    said = kam("person", "show", "mlyn.yaml", "m1", "--lang", "en", *DAY).out

    assert "підмінить Соломію Гайдук" in " ".join(said.split())


@pytest.mark.parametrize("form", ["text", "json"])
def test_nobody_reads_what_is_concluded_about_others(
    kam: Kam, base: KnowledgeBase, form: str
) -> None:
    """A colleague's ties are grounds of conclusions about a contact, with the contact's scores."""
    case = (EXAMPLES / "barricaded_butterfly.yaml").read_text(encoding="utf-8")
    Path("b.yaml").write_text(case, encoding="utf-8")
    words = ("person", "show", "b.yaml", "m1", "--lang", "en", "--format", form, *DAY)
    said = " ".join(kam(*words).out.split())
    used = said.split("OTHER CONCLUSIONS" if form == "text" else '"conclusions"')[1]

    assert "conclusion about somebody else" in used or '"using_about_others": 1' in used
    assert "Дячук" not in used
    assert not [f.doc.short.en for f in base.facts.values()
                if f.doc.privacy == "assessment" and f"{f.doc.short.en}:" in used]  # fmt: skip
    assert "of 4" not in used


def test_where_somebody_is_named_is_said_in_words(kam: Kam, base: KnowledgeBase) -> None:
    said = " ".join(kam("person", "show", "mlyn.yaml", "p1", "--lang", "en", *DAY).out.split())
    part = said.split("TEXTS THAT NAME YOU")[1].split("CONCLUSIONS ABOUT YOU")[0]

    assert base.facts["award_rules"].doc.short.en in part
    assert not [name for name in base.facts if "_" in name and name in part]
    assert part.count("Галина Терещук") == 1


def test_nobody_is_told_with_the_nearest_id(kam: Kam) -> None:
    result = kam("person", "show", "mlyn.yaml", "p11")

    assert (result.status, result.err) == (
        2,
        'nobody in the case has the id "p11". Did you mean "p1"?\n',
    )


# Corrected


def test_a_correction_takes_the_place_of_what_was_told(kam: Kam, base: KnowledgeBase) -> None:
    kam("person", "correct", "mlyn.yaml", "p4", "open_to_us=4", "name=Віталій К.", *DAY)
    held = person(base, "p4")
    assert held is not None

    assert held.name == "Віталій К."
    assert [(a.value, str(a.as_of)) for a in held.ours["open_to_us"]] == [(4, "2026-11-23")]


def test_a_correction_says_what_it_changed(kam: Kam) -> None:
    said = kam("person", "correct", "mlyn.yaml", "p4", "knows_product=4", "--lang", "en", *DAY).out

    assert "little familiarity with our product (Віталій Коломієць): likely → not seen" in (
        " ".join(said.split())
    )


def test_a_tie_is_corrected_by_the_other_end(kam: Kam, base: KnowledgeBase) -> None:
    kam("person", "correct", "mlyn.yaml", "p4", "m5.link_exchanges_90d=9", *DAY)
    case = read_case(Path("mlyn.yaml"), base)
    tie = next(link for link in case.links or () if link.ends == ("m5", "p4"))

    assert tie.ours["link_exchanges_90d"][0].value == 9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("dynmism=2", 'unknown fact "dynmism" about a person. Did you mean "dynamism"?'),
        ("dynamism", 'a correction is FACT=VALUE, not "dynamism"'),
        ("dynamism=9", "dynamism"),
        ("m2.link_exchanges_90d=9", 'p4 has no tie with "m2".'),
    ],
)
def test_a_wrong_correction_changes_nothing(kam: Kam, given: str, message: str) -> None:
    before = Path("mlyn.yaml").read_bytes()
    result = kam("person", "correct", "mlyn.yaml", "p4", given)

    assert result.status == 2
    assert message in result.err
    assert Path("mlyn.yaml").read_bytes() == before


# Erased


def test_no_byte_of_an_erased_person_is_left(kam: Kam, base: KnowledgeBase) -> None:
    kam("person", "erase", "mlyn.yaml", "p1", "--yes", *DAY)
    for form in ("html", "json", "txt"):
        kam("diagnose", "mlyn.yaml", "-o", f"report.{form}", *DAY)

    for path in Path().iterdir():
        text = html.unescape(path.read_text(encoding="utf-8"))
        assert "Терещук" not in text, path
        assert "Галин" not in text, path
    case = read_case(Path("mlyn.yaml"), base)
    assert all("p1" not in (link.ends or ()) for link in case.links or ())
    assert person(base, "p1") is None
    assert case.complete == {"people": False, "team": True, "links": False}


def test_the_main_contacts_stance_goes_with_the_main_contact(kam: Kam, base: KnowledgeBase) -> None:
    kam("person", "erase", "mlyn.yaml", "p1", "--yes", *DAY)
    case = read_case(Path("mlyn.yaml"), base)

    assert not {"main_contact_stance", "main_contact_title"} & set(case.account.ours)
    assert "main_contact_stance" not in case.account.theirs


def test_notes_that_name_somebody_go_with_them(kam: Kam, base: KnowledgeBase) -> None:
    kam("person", "erase", "mlyn.yaml", "m1", "--yes", *DAY)
    case = read_case(Path("mlyn.yaml"), base)

    assert len(case.notes.comments) == 1
    assert "Соломі" not in Path("mlyn.yaml").read_text(encoding="utf-8")


def test_erasing_says_what_changed(kam: Kam) -> None:
    said = kam("person", "erase", "mlyn.yaml", "p1", "--yes", "--lang", "en", *DAY).out

    assert "become open questions" in said
    assert "Терещук" not in said


def test_nothing_is_erased_without_a_yes(kam: Kam, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path("mlyn.yaml").read_bytes()
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")

    assert kam("person", "erase", "mlyn.yaml", "p1", *DAY).status == 2
    assert Path("mlyn.yaml").read_bytes() == before


def test_a_json_case_stays_json(kam: Kam, base: KnowledgeBase) -> None:
    data = {"account": {"id": "a"}, "people": [{"id": "p1", "name": "Ada"}, {"id": "p2"}]}
    Path("a.json").write_text(json.dumps(data), encoding="utf-8")
    kam("person", "erase", "a.json", "p1", "--yes", *DAY)

    assert json.loads(Path("a.json").read_text(encoding="utf-8"))["people"] == [{"id": "p2"}]
    assert person(base, "p1", "a.json") is None


def test_the_last_of_a_list_leaves_it_unknown_and_not_empty(kam: Kam, base: KnowledgeBase) -> None:
    Path("a.yaml").write_text("account: {id: a}\npeople: [{id: p1}]\n", encoding="utf-8")
    kam("person", "erase", "a.yaml", "p1", "--yes", *DAY)

    assert read_case(Path("a.yaml"), base).people is None


def test_a_person_is_erased_from_every_version_in_a_database(
    kam: Kam, base: KnowledgeBase, tmp_path: Path
) -> None:
    from kam_expert.store.store import Store  # noqa: PLC0415 -- only here

    url = str(tmp_path / "kam.db")
    store = Store.open(url, base)
    key = store.add(read_case(Path("mlyn.yaml"), base))
    store.close()
    result = kam("person", "erase", key, "p1", "--store", url, "--yes", *DAY)

    assert result.status == 0, result.err
    for path in tmp_path.glob("kam.db*"):
        assert "Терещук".encode() not in path.read_bytes()


def test_a_link_to_a_case_leads_to_the_file_that_is_changed(kam: Kam) -> None:
    Path("link.yaml").symlink_to("mlyn.yaml")
    kam("person", "erase", "link.yaml", "p1", "--yes", *DAY)

    assert Path("link.yaml").is_symlink()
    assert "Терещук" not in Path("mlyn.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [("erase", "--yes"), ("correct", "function=quality")])
def test_a_case_with_a_second_name_or_read_only_stays_as_it_was(
    kam: Kam, command: tuple[str, ...]
) -> None:
    before = Path("mlyn.yaml").read_bytes()
    Path("second.yaml").hardlink_to("mlyn.yaml")
    word, *more = command
    twice = kam("person", word, "mlyn.yaml", "p1", *more, *DAY)
    Path("second.yaml").unlink()
    Path("mlyn.yaml").chmod(0o444)
    read_only = kam("person", word, "mlyn.yaml", "p1", *more, *DAY)

    assert (twice.status, read_only.status) == (2, 2)
    assert "has another name on this disk" in twice.err
    assert read_only.err == "mlyn.yaml: is read-only; nothing was changed\n"
    assert Path("mlyn.yaml").read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["mlyn.yaml"]


def test_a_names_file_that_cannot_be_changed_keeps_the_case_as_it_was(kam: Kam) -> None:
    Path("mlyn.names.yaml").write_text("people: {p1: Ada}\n", encoding="utf-8")
    Path("mlyn.names.yaml").chmod(0o444)
    before = Path("mlyn.yaml").read_bytes()

    assert kam("person", "erase", "mlyn.yaml", "p1", "--yes", *DAY).status == 2
    assert Path("mlyn.yaml").read_bytes() == before


@pytest.mark.parametrize("falls", [1, 2])
def test_an_erasure_that_is_cut_short_is_whole_or_told(
    kam: Kam, falls: int, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short before the first or the second of the two files is in its place."""
    case = read_case(Path("mlyn.yaml"), base)
    Path("mlyn.yaml").write_text(case_text(without_names(case)), encoding="utf-8")
    Path("mlyn.names.yaml").write_text(names_text(names_of(case)), encoding="utf-8")
    put, count = os.replace, 0

    def crash(*paths: str) -> None:
        nonlocal count
        count += 1
        if count == falls:
            raise KeyboardInterrupt
        put(*paths)

    monkeypatch.setattr("os.replace", crash)
    kam("person", "erase", "mlyn.yaml", "p1", "--yes", *DAY)
    monkeypatch.setattr("os.replace", put)
    again = kam("person", "erase", "mlyn.yaml", "p1", "--yes", *DAY)
    left = [p.name for p in Path().iterdir() if "Терещук".encode() in p.read_bytes()]

    assert [p.name for p in Path().iterdir() if p.suffix == ".part"] == []
    if falls == 1:
        assert (again.status, left) == (0, [])
    else:
        told = 'mlyn.names.yaml:3:3: "p1" is not an id in "people:" of the case'
        assert told in again.err
        assert left == ["mlyn.names.yaml"], "the texts are clean, and the name is pointed at"


def test_a_word_like_the_name_is_pointed_at(kam: Kam) -> None:
    account = {"id": "a", "name": "Price & Sons"}
    case = {"account": account, "people": [{"id": "p1", "name": "Ann Price"}],
            "comments": ["the price rose", "Price called"]}  # fmt: skip
    Path("a.json").write_text(json.dumps(case), encoding="utf-8")
    result = kam("person", "erase", "a.json", "p1", "--yes", *DAY)

    hint = "has a word like the name; check whether it is the name"
    for where in ("comments[1]", "account.name"):
        assert f"a.json: {where}: {hint}" in result.err
    assert json.loads(Path("a.json").read_text(encoding="utf-8"))["comments"] == ["the price rose"]


# Gone after their time


def test_judgements_go_after_half_a_year_without_contact(kam: Kam, base: KnowledgeBase) -> None:
    kam("person", "expire", "mlyn.yaml", "--yes", "--date", "2027-11-23")
    held = person(base, "p4")
    assert held is not None

    assert not [f for f in held.ours if base.facts[f].doc.privacy == "assessment"]
    assert held.name == "Віталій Коломієць"
    assert "function" in held.ours


def test_judgements_of_a_live_contact_stay(kam: Kam) -> None:
    before = Path("mlyn.yaml").read_bytes()
    result = kam("person", "expire", "mlyn.yaml", "--yes", *DAY)

    assert (result.out, result.err) == ("", "")
    assert Path("mlyn.yaml").read_bytes() == before


def test_expiry_asks_for_each_person(kam: Kam, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    before = Path("mlyn.yaml").read_bytes()

    def no(text: str) -> str:
        asked.append(text)
        return "n"

    monkeypatch.setattr("click.termui.visible_prompt_func", no)
    kam("person", "expire", "mlyn.yaml", "--date", "2027-11-23")

    assert len(asked) == 7
    assert Path("mlyn.yaml").read_bytes() == before


@pytest.mark.parametrize("kind", ["lia", "notice"])
@pytest.mark.parametrize("lang", ["uk", "en"])
def test_a_template_names_every_fact_that_is_recorded_of_a_person(
    kam: Kam, base: KnowledgeBase, kind: str, lang: str
) -> None:
    text = kam("person", "template", kind, "--lang", lang).out
    facts = [f for f in base.facts.values() if f.doc.privacy != "account" and f.kind == "person"]

    assert all(fact.doc.short.get(lang) in text for fact in facts)
    assert "183" in text
    assert "{" not in text
