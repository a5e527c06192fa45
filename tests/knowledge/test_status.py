"""From the outcomes of rules to a status, and when that status is firm."""

# ruff: noqa: E501 -- a table row or a message is on one line

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.status import STATUSES, Outcome, at_least_likely, rank, settle

if TYPE_CHECKING:
    from kam_expert.knowledge.values import Truth

HOLDS, ASSUMED, OPEN, SILENT = (True, True), (True, None), (None, None), (False, False)
SILENT_BY_ASSUMPTION = (False, None)


def outcome(strength: str, truths: tuple[Truth, Truth], *names: str) -> Outcome:
    return Outcome(strength, frozenset(names or ("fact",)), *truths)


@pytest.mark.parametrize(
    ("strength", "truths", "status"),
    [
        ("establishes", HOLDS, "established"), ("establishes", ASSUMED, "likely"),
        ("suggests", HOLDS, "likely"), ("suggests", ASSUMED, "likely"),
        ("hints", HOLDS, "possible"), ("hints", ASSUMED, "possible"),
        ("establishes", OPEN, "open"), ("suggests", OPEN, "open"), ("hints", OPEN, "open"),
        ("establishes", SILENT, "absent"), ("suggests", SILENT, "absent"), ("hints", SILENT, "absent"),
    ],
)  # fmt: skip
def test_one_rule_gives_the_status_of_its_strength(
    strength: str, truths: tuple[Truth, Truth], status: str
) -> None:
    assert settle([outcome(strength, truths)]).status == status


@pytest.mark.parametrize(
    ("truths", "word"),
    [
        (HOLDS, "holds"), (ASSUMED, "assumed"), (OPEN, "open"), (SILENT, "silent"),
        (SILENT_BY_ASSUMPTION, "silent"),
    ],
)  # fmt: skip
def test_an_outcome_has_a_word(truths: tuple[Truth, Truth], word: str) -> None:
    assert outcome("hints", truths).word == word


@pytest.mark.parametrize("one", [HOLDS, ASSUMED])
@pytest.mark.parametrize("two", [HOLDS, ASSUMED])
def test_two_hints_of_different_facts_make_it_likely(
    one: tuple[Truth, Truth], two: tuple[Truth, Truth]
) -> None:
    apart = [outcome("hints", one, "a"), outcome("hints", two, "b", "c")]

    assert settle(apart).status == "likely"


def test_two_hints_with_a_fact_in_common_stay_possible() -> None:
    together = [outcome("hints", HOLDS, "a", "b"), outcome("hints", HOLDS, "b", "c")]

    assert settle(together).status == "possible"


def test_of_three_hints_two_without_a_common_fact_are_enough() -> None:
    chain = [outcome("hints", HOLDS, *names) for names in (("a", "b"), ("b", "c"), ("c", "d"))]

    assert settle(chain).status == "likely"
    assert settle(chain[:2]).status == "possible"


def test_two_hints_never_establish() -> None:
    many = [outcome("hints", HOLDS, name) for name in "abcde"]

    assert settle(many).status == "likely"


def test_an_open_hint_does_not_count() -> None:
    assert settle([outcome("hints", HOLDS, "a"), outcome("hints", OPEN, "b")]).status == "possible"


def test_the_strongest_rule_decides() -> None:
    suggests, establishes = outcome("suggests", ASSUMED), outcome("establishes", HOLDS)

    assert settle([suggests, establishes]).status == "established"
    assert settle([establishes, outcome("hints", OPEN)]).status == "established"
    assert settle([suggests, outcome("establishes", OPEN)]).status == "likely"
    assert settle([outcome("hints", HOLDS), outcome("establishes", SILENT)]).status == "possible"


def test_without_rules_a_finding_is_absent_for_certain() -> None:
    nothing = settle([])

    assert (nothing.status, nothing.firm, nothing.working, nothing.strict) == (
        "absent",
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("outcomes", "firm"),
    [
        ([outcome("establishes", HOLDS)], True),
        ([outcome("establishes", ASSUMED)], False),
        ([outcome("establishes", SILENT)], True),
        ([outcome("establishes", SILENT_BY_ASSUMPTION)], False),
        ([outcome("establishes", OPEN)], False),
        ([outcome("suggests", HOLDS)], True),
        ([outcome("suggests", HOLDS), outcome("suggests", OPEN)], True),
        ([outcome("suggests", HOLDS), outcome("establishes", OPEN)], False),
        ([outcome("establishes", HOLDS), outcome("establishes", OPEN)], True),
        ([outcome("hints", HOLDS, "a"), outcome("hints", OPEN, "b")], False),
        ([outcome("hints", HOLDS, "a"), outcome("hints", OPEN, "a")], True),
        ([outcome("hints", HOLDS, "a"), outcome("hints", HOLDS, "b")], True),
        ([outcome("hints", HOLDS, "a"), outcome("hints", ASSUMED, "b")], False),
        ([outcome("suggests", HOLDS), outcome("hints", OPEN)], True),
    ],
)
def test_a_status_is_firm_when_open_rules_cannot_change_it(
    outcomes: list[Outcome], *, firm: bool
) -> None:
    assert settle(outcomes).firm is firm


def test_what_nobody_knows_is_never_firm() -> None:
    outcomes = [outcome("establishes", HOLDS)]

    assert settle(outcomes).firm is True
    assert settle(outcomes, about_knowledge=True).firm is False
    assert settle(outcomes, about_knowledge=True).status == "established"


@pytest.mark.parametrize(
    ("outcomes", "working", "strict"),
    [
        ([outcome("establishes", HOLDS)], True, True),
        ([outcome("establishes", ASSUMED)], True, None),
        ([outcome("suggests", HOLDS)], True, True),
        ([outcome("hints", HOLDS)], False, False),
        ([outcome("hints", HOLDS, "a"), outcome("hints", OPEN, "b")], None, None),
        ([outcome("hints", OPEN, "a"), outcome("hints", OPEN, "a")], False, False),
        ([outcome("suggests", OPEN)], None, None),
        ([outcome("suggests", SILENT_BY_ASSUMPTION)], False, None),
        ([outcome("suggests", SILENT)], False, False),
    ],
)
def test_a_finding_is_read_as_likely_or_better_by_the_bounds(
    outcomes: list[Outcome], working: Truth, strict: Truth
) -> None:
    settled = settle(outcomes)

    assert (settled.working, settled.strict) == (working, strict)


@pytest.mark.parametrize(
    ("when", "unless", "working", "strict"),
    [
        (True, False, True, True), (True, None, True, None), (True, True, False, False),
        (None, False, None, None), (None, None, None, None), (None, True, False, False),
        (False, False, False, False), (False, None, False, False), (False, True, False, False),
    ],
)  # fmt: skip
def test_an_exception_that_nobody_reported_is_taken_as_absent(
    when: Truth, unless: Truth, working: Truth, strict: Truth
) -> None:
    assert rule_truth(when, unless, strict=False) is working
    assert rule_truth(when, unless, strict=True) is strict


def test_statuses_have_an_order() -> None:
    assert [rank(status) for status in STATUSES] == [0, 1, 2, 3, 4]
    assert [status for status in STATUSES if at_least_likely(status)] == ["likely", "established"]


truths = st.sampled_from([HOLDS, ASSUMED, OPEN, SILENT, SILENT_BY_ASSUMPTION])
strengths = st.sampled_from(["establishes", "suggests", "hints"])
names = st.sets(st.sampled_from("abc"), min_size=1, max_size=2)
rules = st.lists(st.builds(lambda s, t, n: outcome(s, t, *n), strengths, truths, names), max_size=4)


@given(rules)
def test_a_firm_status_survives_every_answer(outcomes: list[Outcome]) -> None:
    before = settle(outcomes)
    answers = product(*[(o.strict,) if o.strict is not None else (True, False) for o in outcomes])

    after = {
        settle(
            [Outcome(o.strength, o.names, t, t) for o, t in zip(outcomes, answer, strict=True)]
        ).status
        for answer in answers
    }

    assert before.firm is (after == {before.status})
    likely = {at_least_likely(status) for status in after}
    assert before.strict is (likely.pop() if len(likely) == 1 else None)


@given(rules)
def test_what_is_settled_strictly_is_settled_likewise_in_the_working_reading(
    outcomes: list[Outcome],
) -> None:
    settled = settle(outcomes)

    assert settled.strict in (None, settled.working)
