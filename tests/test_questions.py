"""Every front end asks the same questions in the same order.

With --all on each example, else on each second one.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from agreement import random_accounts
from property_search import examples

from kam_expert.app.agenda import AgendaMaker
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.inquiry.ask import ask
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.run import judge
from kam_expert.engines.questions import open_questions
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.changes import Slot, answers_in, changed
from kam_expert.outputs.diagnosis_tables import diagnosis_tables
from kam_expert.outputs.json_document import as_data
from kam_expert.resources import rules_folder
from kam_expert.store.store import Store
from kam_expert.terminal.turns import Turns, place_of
from kam_expert.web.account_page import AccountPage
from kam_expert.web.meeting_state import MeetingState
from kam_expert.web.service import AccountService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis, OpenQuestion

DAY = date(2026, 11, 1)
EXAMPLES = sorted((rules_folder().parent / "examples").glob("*.yaml"))
#: How many random accounts; five times as many with KAM_TIMES_EXAMPLES=5.
RANDOM = examples(3)
#: What is asked, about which kind of thing and which one, whom to ask, and what it could change.
Row = tuple[str, str, str, str, str, tuple[str, ...]]


def rows(questions: Iterable[OpenQuestion]) -> list[Row]:
    return [
        (q.name, q.about.kind, q.about.id, q.asked_of, q.why, q.could_change) for q in questions
    ]


@pytest.fixture(scope="module")
def portfolio(
    base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory, *, every: bool
) -> dict[str, tuple[Case, list[Row]]]:
    """The examples and random accounts, each with the questions of the portfolio's table."""
    folder = tmp_path_factory.mktemp("accounts")
    for file in EXAMPLES if every else EXAMPLES[::2]:
        shutil.copy(file, folder)
    for name, case in random_accounts(base, Random(20261101), RANDOM).items():
        text = json.dumps(case, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    found: dict[str, list[Row]] = {}
    with open_source(folder, base, DAY, 100) as source:
        for _, tables in judge(source, base, DAY):
            found |= {account: [] for account in tables["accounts"]["account"]}
            for row in tables["questions"].to_dicts():
                about = row["fact"], row["about_kind"], row["about"]
                said = (row["asked_of"], row["why"], tuple(row["could_change"]))
                found[row["account"]].append((*about, *said))
        assert source.rejected == []
        return {account: (source.case(account), asked) for account, asked in found.items()}


@pytest.fixture(scope="module")
def judged(
    base: KnowledgeBase, portfolio: dict[str, tuple[Case, list[Row]]]
) -> list[tuple[Case, Diagnosis]]:
    return [(case, diagnose(case, base, DAY, PlainEngine())) for case, _ in portfolio.values()]


def test_the_portfolio_asks_what_the_report_asks(
    portfolio: dict[str, tuple[Case, list[Row]]], judged: list[tuple[Case, Diagnosis]]
) -> None:
    assert len(judged) >= len(EXAMPLES) / 2 + RANDOM
    for (_, asked), (case, diagnosis) in zip(portfolio.values(), judged, strict=True):
        assert asked == rows(diagnosis.open_questions), case.account.id


def test_kam_ask_asks_what_the_report_asks(
    base: KnowledgeBase, judged: list[tuple[Case, Diagnosis]]
) -> None:
    for case, diagnosis in judged:
        assert ask(Variants(case, base, DAY), 0).questions == diagnosis.open_questions


def test_beyond_the_limit_the_plain_order_follows(
    base: KnowledgeBase, judged: list[tuple[Case, Diagnosis]]
) -> None:
    case, diagnosis = max(judged, key=lambda pair: len(pair[0].people or ()))
    settled = settle_case(case, base, DAY, PlainEngine())

    enough = open_questions(settled, base, most=1_000_000)
    late = open_questions(settled, base, most=0)

    assert enough == diagnosis.open_questions
    places = [(q.name, q.about, q.side) for q in late]
    assert len(set(places)) == len(places)
    # Nothing that nobody answered is missing, and the facts of the rule base keep their order.
    asked = {(q.name, q.about) for q in late}
    of_people = [q for q in enough if q.about.kind == "person" and q.why == "open"]
    assert of_people
    assert {(q.name, q.about) for q in of_people} <= asked
    plain = [list(base.facts).index(q.fact) for q in late if q.fact and not q.could_change]
    first = [list(base.facts).index(name) for name in base.first_questions]
    assert [n for n in plain if n not in first] == sorted(n for n in plain if n not in first)


def test_beyond_the_limit_an_earlier_order_is_kept(
    base: KnowledgeBase, judged: list[tuple[Case, Diagnosis]]
) -> None:
    case, diagnosis = max(judged, key=lambda pair: len(pair[0].people or ()))
    earlier = diagnosis.open_questions
    answered = next(q for q in earlier if q.about.kind == "person" and q.why == "open")
    slot = Slot("person", answered.about.id, answered.fact or "", answered.side)
    value = base.facts[slot.fact].read(base.facts[slot.fact].words()[0])
    settled = settle_case(changed(case, {slot: value}, DAY), base, DAY, PlainEngine())

    late = open_questions(settled, base, most=0, earlier=earlier)

    places = {(q.name, q.about): place for place, q in reversed([*enumerate(earlier)])}
    known = [places[q.name, q.about] for q in late if (q.name, q.about) in places]
    assert known == sorted(known)
    assert len(set(known)) > len({name for name, _ in places})
    assert places[answered.name, answered.about] not in known
    # What was not asked before comes after it.
    new = [(q.name, q.about) not in places for q in late]
    assert new == sorted(new)


def from_json(case: Case, diagnosis: Diagnosis, base: KnowledgeBase) -> Iterator[Row]:
    for row in as_data(diagnosis, case, base)["open_questions"]:
        about = row["fact"], row["about"]["kind"], row["about"]["id"]
        yield (*about, row["asked_of"], row["why"], tuple(row["could_change"]))


def from_tables(case: Case, diagnosis: Diagnosis, base: KnowledgeBase) -> Iterator[Row]:
    for row in diagnosis_tables(diagnosis, case, base, "en")["questions"]:
        about = row["fact"], row["about_kind"], row["about"]
        yield (*about, row["asked_of"], row["why"], tuple(row["could_change"]))


@pytest.mark.parametrize("output", [from_json, from_tables])
def test_an_output_lists_what_the_report_asks(
    output: Callable[[Case, Diagnosis, KnowledgeBase], Iterator[Row]],
    base: KnowledgeBase,
    judged: list[tuple[Case, Diagnosis]],
) -> None:
    for case, diagnosis in judged:
        assert list(output(case, diagnosis, base)) == rows(diagnosis.open_questions)


def test_a_session_asks_what_the_live_page_asks(
    base: KnowledgeBase, judged: list[tuple[Case, Diagnosis]]
) -> None:
    for case, diagnosis in judged:
        turns, asked, chapter = Turns({}), [], ""
        maker = AgendaMaker(base, case, with_customer=False, closed=turns.closed)
        expected = maker.agenda(diagnosis.open_questions).items
        while question := turns.next(maker.agenda(diagnosis.open_questions, chapter).items):
            asked.append(place_of(question))
            chapter = base.chapters.of[question.of or question.fact or ""]
            turns.answer(question)

        assert sorted(map(str, asked)) == sorted(str(item.place) for item in expected)
        chapters = [base.chapters.of[p if isinstance(p, str) else p.fact] for p in asked]
        changes = sum(a != b for a, b in pairwise(chapters))
        assert changes <= len(asked) / 4 + len(base.chapters.docs)


def is_answered(question: OpenQuestion, case: Case) -> bool:
    if question.fact is None:
        return question.of in case.complete
    slot = Slot(question.about.kind, question.about.id, question.fact, question.side)
    return any(answers_in(case, slot._replace(side=side)) for side in ("ours", "theirs"))


def follows(fact: str, base: KnowledgeBase) -> bool:
    """Return whether a fact is asked after another one."""
    return fact in base.chapters.after or base.facts[fact].doc.asked_after is not None


def test_the_live_page_asks_what_the_report_asks_chapter_by_chapter(
    base: KnowledgeBase, judged: list[tuple[Case, Diagnosis]], tmp_path: Path
) -> None:
    store = Store.open(str(tmp_path / "accounts.db"), base)
    service = AccountService(store, base, lambda: DAY)
    here = MeetingState(DAY.isoformat(), customer=True)
    for case, diagnosis in judged:
        account = service.account(store.add(case))
        agenda = AccountPage(service, account, "en", here).agenda()
        asked = [item.question for item in agenda.items]

        assert account.diagnosis.open_questions == diagnosis.open_questions
        for chapter in base.chapters.docs:
            mine = [q for q in asked if base.chapters.of[q.of or q.fact or ""] == chapter]
            # A fact that gives another one its sense comes before it, and lists come first.
            free = [q for q in mine if q.fact and not follows(q.fact, base)]
            assert free == [q for q in diagnosis.open_questions if q in free]
        assert [q for q in asked if q not in diagnosis.open_questions] == []
        left = [q for q in diagnosis.open_questions if q not in asked and q not in agenda.among_us]
        assert all(
            is_answered(q, case)
            or (q.of == "links" and not (case.people and case.team))
            or (q.fact and follows(q.fact, base))
            for q in left
        )
    store.close()


def test_what_was_asked_for_comes_before_what_was_granted(
    judged: list[tuple[Case, Diagnosis]],
) -> None:
    pair = ("introductions_asked_12m", "introductions_granted_12m")
    names = [[q.name for q in diagnosis.open_questions] for _, diagnosis in judged]
    places = [[asked.index(name) for name in pair] for asked in names if {*pair} <= {*asked}]

    assert places
    assert all(first < second for first, second in places)


def test_an_answer_that_alone_settles_a_rule_comes_before_one_of_two(
    base: KnowledgeBase, build: Any
) -> None:
    case = build("facts: {account_status: established}")
    diagnosis = diagnose(case, base, DAY, PlainEngine())
    alone, together = "bad_news_from_us", "commitments_theirs_open"

    asked = [q.name for q in diagnosis.open_questions if "stage" in q.could_change]

    assert asked.index(alone) < asked.index(together)
