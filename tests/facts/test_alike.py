"""People who are alike: what is found out about the first of them holds for the others.

With --all for more random accounts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING

import pytest
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.inquiry.ask import ask
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.questions import waiting_rules
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts import readings
from kam_expert.facts.alike import alike
from kam_expert.facts.case import Answer, Case, Entity
from kam_expert.facts.changes import Slot
from tests.sampling import few_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.facts.events import Event

BASE = shipped_base()
DAY = date(2026, 11, 23)


def crowded(seed: int) -> Case:
    """A random account in which each person without a tie is there three times."""
    case = built(random_case(BASE, Random(seed), contacts=4, rich=seed % 2 == 0), BASE)
    tied = {end for link in case.links or () for end in link.ends or ()}
    loose = [person for person in case.people or () if person.id not in tied]
    bare = Entity("person", "bare")
    twins = [replace(p, id=f"{p.id}-{n}") for n in (1, 2) for p in (*loose, bare)]
    return replace(case, people=(*(case.people or ()), bare, *twins))


def nobody_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(case: Case, happened: Sequence[Event]) -> Mapping[int, Entity]:
        del case, happened
        return {}

    monkeypatch.setattr(readings, "alike", none)


@pytest.mark.parametrize("seed", few_of(range(12), 4))
def test_the_diagnosis_is_the_same_as_when_each_is_evaluated(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = crowded(seed)
    found = diagnose(case, BASE, DAY, ForwardChainingEngine(BASE))
    waiting = waiting_rules(settle_case(case, BASE, DAY, PlainEngine()), BASE)

    nobody_alike(monkeypatch)

    each = diagnose(case, BASE, DAY, PlainEngine())
    assert found.open_questions == each.open_questions
    assert found == each
    alone = waiting_rules(settle_case(case, BASE, DAY, PlainEngine()), BASE)
    assert [(w.finding, w.urgency, w.groups) for w in waiting] == [
        (w.finding, w.urgency, w.groups) for w in alone
    ]


@pytest.mark.parametrize("seed", range(4))
def test_what_to_ask_is_the_same_as_when_each_is_evaluated(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = crowded(seed)
    found = ask(Variants(case, BASE, DAY), 12)

    nobody_alike(monkeypatch)

    assert found == ask(Variants(case, BASE, DAY), 12)


@pytest.mark.parametrize("identity", ["bare", "bare-1"])
def test_an_answer_about_one_of_them_is_not_told_of_the_others(
    identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = crowded(0)
    changes = {Slot("person", identity, "open_to_us", "ours"): 4}
    variants = Variants(case, BASE, DAY)
    found = variants.settled(changes)

    nobody_alike(monkeypatch)

    each = Variants(case, BASE, DAY).settled(changes)
    assert found.findings == each.findings
    moved = {key[2] for key, pair in found.findings.items() if pair != variants.now.findings[key]}
    assert identity in moved
    assert moved <= {identity, case.account.id}


def test_nobody_with_a_tie_an_event_or_another_answer_is_like_anybody() -> None:
    def person(name: str, *given: str) -> Entity:
        told = {"standing": tuple(Answer(value) for value in given)} if given else {}
        return Entity("person", name, ours=told)

    names = ("first", "second", "tied", "in_event", "told", "told_too", "told_else")
    values = {"told": "high", "told_too": "high", "told_else": "low"}
    people = tuple(person(name, *filter(None, [values.get(name)])) for name in names)
    case = Case(
        Entity("account", "a"),
        people,
        (Entity("member", "m"), Entity("member", "n")),
        links=(Entity("link", "m-tied", ends=("m", "tied")),),
        events=(Entity("event", "e", ends=("", "in_event")),),
    )

    found = alike(case, ())

    like = {p.id: found[id(p)].id for p in people if id(p) in found}
    assert like == {"second": "first", "told_too": "told"}
    assert [id(m) in found for m in case.team or ()] == [False, False]
