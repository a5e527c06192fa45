"""Every operator on every degree of knowledge."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam_expert.knowledge.values import (
    UNKNOWN,
    Interval,
    SetBounds,
    Truth,
    all_of,
    any_of,
    at_least,
    at_most,
    bounds_of,
    contains,
    equals,
    negated,
    size_of,
    within,
)

T, F, U = True, False, None
NOTHING: frozenset[str] = frozenset()


def of(*words: str) -> frozenset[str]:
    return frozenset(words)


@pytest.mark.parametrize(
    ("one", "two", "both", "either"),
    [
        (T, T, T, T), (T, U, U, T), (T, F, F, T),
        (U, T, U, T), (U, U, U, U), (U, F, F, U),
        (F, T, F, T), (F, U, F, U), (F, F, F, F),
    ],
)  # fmt: skip
def test_and_and_or_follow_kleene(one: Truth, two: Truth, both: Truth, either: Truth) -> None:
    assert all_of((one, two)) is both
    assert any_of((one, two)) is either


@pytest.mark.parametrize(("truth", "opposite"), [(T, F), (F, T), (U, U)])
def test_not_follows_kleene(truth: Truth, opposite: Truth) -> None:
    assert negated(truth) is opposite


def test_nothing_at_all_is_all_of_it_and_none_of_it() -> None:
    assert all_of(()) is True
    assert any_of(()) is False


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        (1, F, T), (2, T, T), (3, T, F), (2.0, T, T), (1.999, F, T), (2.001, T, F),
        (Interval(0, 1), F, T), (Interval(0, 2), U, T), (Interval(0, 3), U, U),
        (Interval(2, 2), T, T), (Interval(2, 5), T, U), (Interval(3, 5), T, F),
        (Interval(1, None), U, U), (Interval(2, None), T, U), (Interval(3, None), T, F),
        (UNKNOWN, U, U),
    ],
)  # fmt: skip
def test_limits_of_two(value: Any, least: Truth, most: Truth) -> None:
    assert at_least(value, 2) is least
    assert at_most(value, 2) is most


@pytest.mark.parametrize(
    ("value", "wanted", "truth"),
    [
        ("no", "no", T), ("no", "yes", F), (0, 0, T), (0, "no", F), (2, 2.0, T),
        (UNKNOWN, "no", U), (UNKNOWN, 0, U), ("no", UNKNOWN, U),
        (Interval(2, 2), 2, T), (Interval(1, 2), 2, U), (Interval(0, 1), 2, F),
        (Interval(2, None), 2, U), (Interval(3, None), 2, F),
        (of("a"), of("a"), T), (of("a"), of("a", "b"), F), (of("a"), NOTHING, F),
        (NOTHING, NOTHING, T),
        (SetBounds(of("a"), of("a")), of("a"), T),
        (SetBounds(of("a"), of("a", "b")), of("a"), U),
        (SetBounds(of("a"), of("a", "b")), of("a", "b"), U),
        (SetBounds(of("a"), of("a", "b")), of("a", "c"), F),
        (SetBounds(of("a"), of("a", "b")), of("b"), F),
        (SetBounds(of("a"), None), of("a", "c"), U),
        (SetBounds(of("a"), None), NOTHING, F),
        (SetBounds(NOTHING, of("a")), NOTHING, U),
    ],
)  # fmt: skip
def test_equality(value: Any, wanted: Any, truth: Truth) -> None:
    assert equals(value, wanted) is truth


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (of("a"), T), (of("a", "b"), T), (of("b"), F), (NOTHING, F), (UNKNOWN, U),
        (SetBounds(of("a"), None), T), (SetBounds(of("b"), None), U),
        (SetBounds(NOTHING, of("a")), U), (SetBounds(NOTHING, of("b")), F),
    ],
)  # fmt: skip
def test_a_set_contains_an_element(value: Any, truth: Truth) -> None:
    assert contains(value, "a") is truth


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (of("a"), T), (of("a", "b"), T), (of("a", "c"), F), (of("c"), F), (UNKNOWN, U),
        (SetBounds(of("a"), of("a", "b")), T), (SetBounds(of("a"), of("a", "c")), U),
        (SetBounds(of("c"), None), F), (SetBounds(of("a"), None), U), (SetBounds(NOTHING, None), U),
        (SetBounds(NOTHING, of("a")), U), (SetBounds(NOTHING, of("c")), F),
    ],
)  # fmt: skip
def test_a_set_holds_only_a_and_b(value: Any, truth: Truth) -> None:
    assert within(value, of("a", "b")) is truth


def test_an_empty_set_is_not_only_anything() -> None:
    assert within(NOTHING, of("a", "b")) is False


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (NOTHING, 0), (of("a", "b"), 2), (UNKNOWN, UNKNOWN),
        (SetBounds(of("a"), of("a", "b")), Interval(1, 2)),
        (SetBounds(of("a"), None), Interval(1, None)),
    ],
)  # fmt: skip
def test_sizes(value: Any, size: Any) -> None:
    assert size_of(value) == size


def test_bounds_that_meet_are_the_value_itself() -> None:
    assert Interval(2, 2).settled() == 2
    assert Interval(2, 3).settled() == Interval(2, 3)
    assert SetBounds(of("a"), of("a")).settled() == of("a")
    assert SetBounds(NOTHING, None).settled() == SetBounds(NOTHING, None)


def test_words_and_truths_are_no_numbers() -> None:
    assert bounds_of("2") is None
    assert bounds_of(True) is None
    assert bounds_of(UNKNOWN) is None


numbers = st.integers(-3, 3)


@given(numbers, numbers, numbers)
def test_an_interval_answers_as_all_its_numbers_do(one: int, two: int, limit: int) -> None:
    low, high = sorted((one, two))
    interval = Interval(low, high)

    for test in (at_least, at_most):
        answers = {test(number, limit) for number in range(low, high + 1)}
        assert test(interval, limit) is (answers.pop() if len(answers) == 1 else None)


def _sets_between(bounds: SetBounds) -> list[frozenset[str]]:
    assert bounds.possible is not None
    free = sorted(bounds.possible - bounds.sure)
    return [
        bounds.sure | {word for word, taken in zip(free, chosen, strict=True) if taken}
        for chosen in product((True, False), repeat=len(free))
    ]


words = st.frozensets(st.sampled_from("abc"))


@given(words, words, words)
def test_a_bounded_set_never_says_more_than_all_its_sets(
    sure: frozenset[str], more: frozenset[str], asked: frozenset[str]
) -> None:
    bounds = SetBounds(sure, sure | more)
    sets = _sets_between(bounds)

    for ask in (within, equals):
        answers = {ask(one, asked) for one in sets}
        assert ask(bounds, asked) is (answers.pop() if len(answers) == 1 else None)
    for word in "abc":
        answers = {contains(one, word) for one in sets}
        assert contains(bounds, word) is (answers.pop() if len(answers) == 1 else None)
