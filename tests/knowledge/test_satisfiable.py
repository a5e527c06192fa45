"""A condition that no account can meet is a problem of the rule base."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from kam_expert.knowledge.satisfiable import never_true

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition


def told(base: KnowledgeBase, condition: Condition) -> list[str]:
    rule = dataclasses.replace(base.rules[0], when=condition, unless=None)
    return [str(problem) for problem in never_true(dataclasses.replace(base, rules=(rule,)))]


@pytest.mark.parametrize(
    "when",
    [
        "introductions_asked_12m: {at_least: 5, at_most: 3}",
        "introductions_asked_12m: {above: 2, below: 3}",
        "pct_about_customer: {above: 100}",
        "all: [{contact_register: none}, {contact_register: shared_register}]",
        "all: [{complaints_open: 0}, {all: [{complaints_open: {at_least: 1}}]}]",
        "any: [{on_key_list: yes}, {price_moves_24m: {above: 3, below: 2}}]",
        "all: [{on_key_list: yes}, {on_key_list: {not: yes}}]",
    ],
)
def test_a_condition_that_contradicts_itself(
    when: str, base: KnowledgeBase, condition: Callable[[str], Condition]
) -> None:
    (problem,) = told(base, condition(when))

    assert "this condition can never be true" in problem


@pytest.mark.parametrize(
    "when",
    [
        "introductions_asked_12m: {at_least: 3, at_most: 3}",
        "gross_margin_pct: {above: 2, below: 3}",
        "any: [{contact_register: none}, {contact_register: shared_register}]",
        "all: [{ours.trust_other: 1}, {theirs.trust_other: 5}]",
        "functions_reached: {contains: finance, size: {at_most: 1}}",
    ],
)
def test_a_condition_that_can_be_met(
    when: str, base: KnowledgeBase, condition: Callable[[str], Condition]
) -> None:
    assert told(base, condition(when)) == []


def test_every_rule_that_travels_with_the_program_can_be_met(base: KnowledgeBase) -> None:
    assert list(never_true(base)) == []
