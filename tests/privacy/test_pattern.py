"""Nobody can be identified by their ties, and the order of people does not depend on names."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam_expert.engines.privacy.anonymity import TieGraph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.engines.privacy.anonymity import Node

    Pair = tuple[int, int]

MATCHING = [(n, n) for n in range(4)]
RING = [(n, (n + shift) % 4) for n in range(4) for shift in (0, 1)]
EVERYBODY = [(one, other) for one in range(4) for other in range(4)]
TWO_TEAMS = [(one, other) for n in (0, 2) for one in (n, n + 1) for other in (n, n + 1)]
STAR = [(0, other) for other in range(4)]


def pattern(pairs: Iterable[Pair], ours: list[str], theirs: list[str], word: str = "") -> TieGraph:
    labels = {("member", name): "" for name in ours} | {("person", name): "" for name in theirs}
    ties = [(("member", ours[one]), ("person", theirs[other]), word) for one, other in pairs]
    return TieGraph(labels, ties)


def drawn(pairs: Iterable[Pair], ours: list[str], theirs: list[str]) -> list[Pair]:
    """Return the ties by the places of their ends in the order."""
    pairs = list(pairs)
    ordered = pattern(pairs, ours, theirs).in_order()
    place = {node: number for number, node in enumerate(ordered)}
    return sorted(
        (place["member", ours[one]], place["person", theirs[other]]) for one, other in pairs
    )


def names(chance: random.Random, count: int) -> list[str]:
    return [f"{number}" for number in chance.sample(range(1000), count)]


@pytest.mark.parametrize("pairs", [MATCHING, RING, EVERYBODY, TWO_TEAMS, STAR, []])
def test_the_picture_is_the_same_whatever_people_are_called(pairs: list[Pair]) -> None:
    pictures = set()
    for seed in range(20):
        chance = random.Random(seed)
        pictures.add(tuple(drawn(pairs, names(chance, 4), names(chance, 4))))

    assert len(pictures) == 1


# Ten ties can be two rings of different length, and no tie knows in which it is: see `in_order`.
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), unique=True, max_size=9),
    st.integers(0, 99),
)
def test_the_same_holds_of_any_ties(pairs: list[Pair], seed: int) -> None:
    chance = random.Random(seed)
    one, other = (drawn(pairs, names(chance, 6), names(chance, 6)) for _ in range(2))

    assert one == other


@pytest.mark.parametrize(
    ("pairs", "fewest"),
    [
        (MATCHING, 4),
        (RING, 4),
        (EVERYBODY, 4),
        (TWO_TEAMS, 4),
        (STAR, 1),
        (MATCHING[:3], 1),
        ([], 4),
    ],
)
def test_those_who_look_alike_are_counted(pairs: list[Pair], fewest: int) -> None:
    ours, theirs = ["a", "b", "c", "d"], ["w", "x", "y", "z"]
    everybody: list[Node] = [("member", name) for name in ours]
    everybody += [("person", name) for name in theirs]

    assert pattern(pairs, ours, theirs).smallest_anonymity_set(everybody) == fewest


def test_a_tie_of_another_kind_tells_people_apart() -> None:
    labels = {(kind, str(n)): "" for kind in ("member", "person") for n in range(4)}
    ties = [(("member", str(n)), ("person", str(n)), "True" if n else "None") for n in range(4)]

    assert TieGraph(labels, ties).smallest_anonymity_set(labels) == 1
    assert TieGraph(labels, ties).smallest_anonymity_set([("person", "3")]) == 3


def test_a_label_tells_people_apart() -> None:
    labels = {("person", str(n)): "quality" if n < 3 else "" for n in range(4)}

    assert TieGraph(labels, []).smallest_anonymity_set(labels) == 1
    assert TieGraph(labels, []).smallest_anonymity_set([]) == 4
