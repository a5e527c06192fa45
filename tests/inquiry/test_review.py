"""What a review says of the time since the last meeting, of files and of a store alike."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from random_cases import built, random_case
from weasyprint import HTML

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.inquiry.compare import compare
from kam_expert.engines.inquiry.review import promises, review
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case import Case
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import AddPlanEntry, SetAnswer
from kam_expert.facts.known_on import known_on, last_entered
from kam_expert.facts.plan_edits import done
from kam_expert.facts.plan_entries import PlanEntry
from kam_expert.store.store import Store
from tests.command import Result, run_kam
from tests.shipped import shipped_base
from tests.stored_versions import set_days

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.reviewed import Promises, Review

MakeCase = Callable[[str], Case]
BASE = shipped_base()
SINCE, DAY = date(2026, 10, 12), date(2026, 11, 24)
STEP = "encourage_peer_calls"
GROUPS = ("done", "late", "open", "agreed", "dropped", "removed")

ACCOUNT = """
kam: 1
account: {id: acme, name: Acme}
facts:
  complaints_open: [{value: 0, as_of: 2026-09-01}, {value: 3, as_of: 2026-11-20}]
customer:
  informal_contact: [{value: monthly, as_of: 2026-09-01}, {value: weekly, as_of: 2026-11-20}]
team: [{id: m1, name: Оксана}]
events: [{kind: incident, day: 2026-11-02}, {kind: contract_ends, day: 2027-03-31}]
plan:
  - {id: k01, text: Was done before, agreed_on: 2026-09-01, due: 2026-10-01, status: done,
     done_on: 2026-10-01}
  - {id: k02, text: Done late, agreed_on: 2026-10-10, due: 2026-10-24, owner: m1, status: done,
     done_on: 2026-10-27, result: worked}
  - {id: k03, text: Their data, agreed_on: 2026-10-10, due: 2026-11-10, side: theirs}
  - {id: k04, text: In hand, agreed_on: 2026-10-10, due: 2026-12-20, status: begun}
  - {id: k05, text: New, agreed_on: 2026-11-20, due: 2026-12-20}
  - {id: k06, text: Not now, agreed_on: 2026-10-10, status: dropped, done_on: 2026-11-12,
     reason: spring}
  - {id: k07, text: Dropped before, agreed_on: 2026-09-01, status: dropped, done_on: 2026-10-01,
     reason: why}
  - {id: k08, text: Agreed and done since, agreed_on: 2026-10-20, status: done,
     done_on: 2026-10-21}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(ACCOUNT, encoding="utf-8")
    return path


def asked(file: Path | str, *words: str) -> Result:
    return run_kam("review", file, "--date", str(DAY), *words)


def found_in(case: Case) -> Review:
    return review(case, case, BASE, (SINCE, DAY))


def groups(promises: Promises) -> dict[str, list[str]]:
    return {name: [entry.id for entry in getattr(promises, name)] for name in GROUPS}


def test_every_entry_is_in_the_group_it_belongs_to(file: Path) -> None:
    case = read_case(file, BASE)
    old, now = (known_on(case, BASE, day, DAY) for day in (SINCE, DAY))

    found = found_in(case)

    assert found.promises == promises(old, now, BASE, DAY)
    assert groups(found.promises) == {
        "done": ["k02", "k08"],
        "late": ["k03"],
        "open": ["k04"],
        "agreed": ["k05"],
        "dropped": ["k06"],
        "removed": [],
    }


def test_the_earlier_state_is_what_was_known_on_that_day(file: Path) -> None:
    case = read_case(file, BASE)

    old = known_on(case, BASE, SINCE, DAY)

    assert [a.value for a in old.account.ours["complaints_open"]] == [0]
    # What has happened since is gone; what is still to come was known for all anybody says.
    assert [event.id for event in old.events or ()] == ["contract_ends 2027-03-31"]
    assert {entry.id: entry.status for entry in old.plan} == {
        "k01": "done", "k02": "agreed", "k03": "agreed", "k04": "begun", "k06": "agreed",
        "k07": "dropped",
    }  # fmt: skip
    assert known_on(case, BASE, DAY, DAY) == case


def test_the_comparison_is_that_of_the_two_states(file: Path) -> None:
    case = read_case(file, BASE)
    old = known_on(case, BASE, SINCE, DAY)

    found = found_in(case)

    assert found.comparison == compare(old, case, BASE, (SINCE, DAY))
    assert found.comparison.findings
    plans = [
        {move.step: move for move in diagnose(version, BASE, day, PlainEngine()).plan.moves}
        for version, day in ((old, SINCE), (known_on(case, BASE, DAY, DAY), DAY))
    ]
    came, went = ({*a} - {*b} for a, b in ((plans[1], plans[0]), (plans[0], plans[1])))
    assert {move.step for move in found.plan.came} == came
    assert {move.step for move in found.plan.went} == went
    for moved in found.plan.moved:
        assert plans[0][moved.move.step].place == moved.before != moved.move.place
    assert came


def test_the_facts_behind_a_change_are_named_and_not_the_days(file: Path) -> None:
    said = asked(file, "--since", str(SINCE), "--lang", "en").out

    assert "because: " in said
    assert "time has passed: " not in said


def test_a_review_fits_one_screen(file: Path) -> None:
    for lang in ("uk", "en"):
        lines = asked(file, "--since", str(SINCE), "--lang", lang).out.splitlines()
        assert len(lines) <= 40
        assert max(map(len, lines)) <= 80


def test_a_long_review_is_cut_and_says_so(file: Path) -> None:
    more = "".join(
        f"  - {{id: x{n}, text: More of it, agreed_on: 2026-11-20}}\n" for n in range(30)
    )
    file.write_text(ACCOUNT + more, encoding="utf-8")

    said = asked(file, "--since", str(SINCE), "--lang", "en").out

    assert len(said.splitlines()) <= 45
    assert "and 24 more" in said
    assert "newly agreed: 31" in said


@pytest.mark.parametrize(
    ("lang", "texts"),
    [
        (
            "en",
            [
                "Done: 2, late: 1, under way: 1, newly agreed: 1, dropped: 1.",
                "✓ Done late, Оксана – done on 27 October 2026, 3 days late, it worked",
                "! the customer: Their data – due on 10 November 2026, 14 days late",
                "✗ Not now – dropped: spring",
                "○ In hand – due on 20 December 2026",
                "+ New – due on 20 December 2026",
            ],
        ),
        (
            "uk",
            [
                "Зроблено: 2, прострочено: 1, у роботі: 1, нових домовленостей: 1, відмовилися: 1.",
                "✓ Done late, Оксана – зроблено 27 жовтня 2026, із запізненням на 3 дні,",
                "! клієнт: Their data – строк був 10 листопада 2026, минуло 14 днів",
            ],
        ),
    ],
)
def test_each_promise_is_a_sentence(file: Path, lang: str, texts: list[str]) -> None:
    said = asked(file, "--since", str(SINCE), "--lang", lang).out

    whole = " ".join(said.split())
    assert [text for text in texts if text not in whole] == []


def test_a_step_done_without_its_sign_says_so(file: Path) -> None:
    done_long_ago = f"  - {{step: {STEP}, status: done, done_on: 2026-01-10}}\n"
    seen = ACCOUNT + done_long_ago
    texts = (seen, seen.replace("value: weekly", "value: monthly"))

    said = []
    for content in texts:
        file.write_text(content, encoding="utf-8")
        said.append(asked(file, "--since", str(SINCE), "--lang", "en").out)

    assert ["is not seen" in " ".join(one.split()) for one in said] == [False, True]


def test_last_is_the_last_day_on_which_something_was_entered(file: Path) -> None:
    case = read_case(file, BASE)

    assert last_entered(case, BASE, DAY) == date(2026, 11, 20)
    assert last_entered(case, BASE, date(2026, 11, 20)) == date(2026, 11, 12)
    assert asked(file).out == asked(file, "--since", "2026-11-20").out


def test_json_has_the_promises_and_the_whole_comparison(file: Path) -> None:
    data = json.loads(asked(file, "--since", str(SINCE), "--json").out)["review"]

    (late,) = data["promises"]["late"]
    assert late == {
        "id": "k03", "text": "Their data", "side": "theirs", "due": "2026-11-10",
        "status": "agreed", "agreed_on": "2026-10-10",
        "texts": {"uk": "Their data", "en": "Their data"},
    }  # fmt: skip
    assert (data["since"], data["day"]) == ("2026-10-12", "2026-11-24")
    assert data["comparison"]["findings"]


def test_the_page_has_what_the_text_has_and_loads_nothing(file: Path, tmp_path: Path) -> None:
    page = tmp_path / "review.html"

    result = asked(file, "--since", str(SINCE), "--lang", "en", "-o", str(page))

    content = page.read_text(encoding="utf-8")
    assert result.status == 0
    assert "Done late, Оксана – done on 27 October 2026, 3 days late, it worked" in content
    assert "src=" not in content
    assert "url(" not in content


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since", "autumn"], '--since takes YYYY-MM-DD or last, not "autumn"'),
        (["--since", "2026-11-24"], "--since 2026-11-24 is not before 2026-11-24"),
        (["--json", "-o", "x.html"], "--json writes to a file that ends in .json"),
        (["-o", "x.docx"], "a review is written as .html, .htm, .txt, .json"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(file: Path, words: list[str], says: str) -> None:
    result = asked(file, *words)

    assert result.status == 2
    assert says in result.err
    assert len(result.err.splitlines()) == 1


def test_a_case_without_days_needs_a_day(tmp_path: Path) -> None:
    path = tmp_path / "bare.yaml"
    path.write_text("account: {id: a}\n", encoding="utf-8")

    result = asked(path)

    assert result.status == 2
    assert "nothing in it has a date before 2026-11-24; give --since DATE" in result.err


def test_nothing_promised_is_a_sentence_too(tmp_path: Path) -> None:
    path = tmp_path / "bare.yaml"
    path.write_text("account: {id: a}\n", encoding="utf-8")

    said = asked(path, "--since", str(SINCE), "--lang", "en").out

    assert "Nothing was promised, and nothing is under way." in said
    assert "The moves are unchanged." in said


# The same in a store


@pytest.fixture
def stored(tmp_path: Path) -> tuple[str, str]:
    """Return the address of a store and the key of an account with three versions."""
    url = str(tmp_path / "kam.db")
    store = Store.open(url, BASE)
    first = tmp_path / "first.yaml"
    first.write_text(
        "account: {id: acme, name: Acme}\nplan: [{id: k1, text: Promise, due: 2026-11-01}]\n",
        encoding="utf-8",
    )
    key = store.add(read_case(first, BASE))
    complaints = SetAnswer(Slot("account", "acme", "complaints_open"), 3, as_of=date(2026, 9, 1))
    store.record(key, [done("k1", date(2026, 10, 30)), complaints], seen=1)
    store.record(key, [AddPlanEntry(PlanEntry("k2", text="Next"))], seen=2)
    store.close()
    set_days(url, {
        1: datetime(2026, 10, 1, 12, tzinfo=UTC),
        2: datetime(2026, 11, 5, 12, tzinfo=UTC),
        3: datetime(2026, 11, 20, 12, tzinfo=UTC),
    })  # fmt: skip
    return url, key


def data_of(stored: tuple[str, str], *words: str) -> Any:
    url, key = stored
    return json.loads(asked(key, "--store", url, "--json", *words).out)["review"]


def test_a_store_gives_the_version_of_that_day(stored: tuple[str, str]) -> None:
    data = data_of(stored, "--since", "2026-10-12")

    told = {name: [entry["id"] for entry in data["promises"][name]] for name in GROUPS}
    assert told["done"] == ["k1"]
    assert told["agreed"] == ["k2"]
    # Entered later, it is news, although it held before.
    changed = [part["fact"] for part in data["comparison"]["parts"] if part["what"] == "answer"]
    assert changed == ["complaints_open"]


def test_the_last_day_of_a_store_is_that_of_its_last_version(stored: tuple[str, str]) -> None:
    data = data_of(stored)

    assert data["since"] == "2026-11-20"
    assert data["promises"]["agreed"] == []


def test_before_the_account_was_added_there_is_nothing(stored: tuple[str, str]) -> None:
    url, key = stored

    result = asked(key, "--store", url, "--since", "2026-09-01")

    assert result.status == 2
    assert "there is no version before 2026-10-01, when it was added" in result.err


def test_an_unknown_step_is_a_warning(file: Path, base: KnowledgeBase) -> None:
    near = next(iter(base.steps))
    file.write_text(f"{ACCOUNT}  - {{step: {near}x}}\n", encoding="utf-8")

    result = asked(file, "--lang", "en")

    assert result.status == 0
    assert f'Did you mean "{near}"?' in result.err


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_even_a_long_page_is_one_sheet(file: Path, tmp_path: Path, lang: str) -> None:
    more = "".join(
        f"  - {{id: x{n}, text: {'Довга обіцянка на два рядки ' * 3}, agreed_on: 2026-11-20}}\n"
        for n in range(30)
    )
    file.write_text(ACCOUNT + more, encoding="utf-8")
    page = tmp_path / "review.html"

    asked(file, "--since", str(SINCE), "--lang", lang, "-o", str(page))

    assert len(HTML(string=page.read_text(encoding="utf-8")).render().pages) == 1


@settings(max_examples=examples(15), deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_open_entry_is_in_one_group(seed: int) -> None:
    chance = random.Random(seed)
    old, new = (
        known_on(built(random_case(BASE, chance), BASE), BASE, day, DAY) for day in (SINCE, DAY)
    )

    found = promises(old, new, BASE, DAY)

    told = [name for listed in groups(found).values() for name in listed]
    assert {entry.id for entry in new.plan if entry.is_open} <= set(told)
    assert len(told) == len(set(told))
    assert all(missing.entry.status == "done" for missing in found.unseen)


@pytest.mark.parametrize(
    ("lang", "texts"),
    [
        (
            "en",
            [
                "no longer known: open complaint (it was established;",
                "depends on what is not known: recovery from the last serious problem)",
                "because: open complaints: 1 → 0",
            ],
        ),
        (
            "uk",
            [
                "тепер не відомо: незакрита скарга (було встановлено;",
                "того, чого не відомо: усунення останньої серйозної проблеми)",
                "причина: відкриті скарги: 1 → 0",
            ],
        ),
    ],
)
def test_what_became_unknown_is_said_with_the_answer_that_is_missing(
    tmp_path: Path, lang: str, texts: list[str]
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "kam: 1\naccount: {id: a, name: A}\nfacts:\n"
        "  complaints_open: [{value: 1, as_of: 2026-10-01}, {value: 0, as_of: 2026-11-20}]\n",
        encoding="utf-8",
    )

    found = run_kam("review", file, "--since", "2026-11-01", "--date", "2026-11-23", "--lang", lang)

    whole = " ".join(found.out.split())
    assert [text for text in texts if text not in whole] == []
