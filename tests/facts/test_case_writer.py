"""A case written to a file and read again is the same case."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import built, random_case

from kam_expert.errors import Place
from kam_expert.facts.case import Answer
from kam_expert.facts.case_reader import build_case, read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.knowledge.values import Interval
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = sorted((rules_folder().parent / "examples").glob("*.yaml"))


def read_again(case: Case, base: KnowledgeBase) -> Case:
    return build_case(read_text(case_text(case), "again"), base, Place("again"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_an_example_written_and_read_is_the_same(path: Path, base: KnowledgeBase) -> None:
    case = read_case(path, base)

    assert read_again(case, base) == case


@pytest.mark.every_method
@given(seed=st.integers(0, 10_000))
def test_any_case_written_and_read_is_the_same(base: KnowledgeBase, seed: int) -> None:
    case = built(random_case(base, random.Random(seed), rich=True), base)

    assert read_again(case, base) == case


@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_comes_back(base: KnowledgeBase, name: str) -> None:
    case = read_case(EXAMPLES[0], base)
    named = replace(case, account=replace(case.account, name=name), owner=name)

    again = read_again(named, base)

    assert again.owner == name.strip()
    assert again.account.name == (name.strip() or case.account.id)


def test_a_wide_band_keeps_every_digit(base: KnowledgeBase) -> None:
    case = read_case(EXAMPLES[0], base)
    told = {"revenue_12m": (Answer(Interval(1234567, 98765432.25)),)}
    banded = replace(case, account=replace(case.account, ours=told))

    assert read_again(banded, base).account.ours == told
