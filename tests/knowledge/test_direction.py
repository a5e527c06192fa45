"""A rule reads the side whose view or doing its finding is about."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from kam_expert.knowledge.direction import direction_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition


@pytest.mark.parametrize(
    ("finding", "when", "said"),
    [
        ("trust_barricade", "theirs.trust_other: 1", ""),
        ("trust_barricade", "ours.trust_other: 1", "trust_barricade is the view of customer"),
        ("trust_barricade", "theirs.trust_self: 1", "no view of the other side"),
        ("distrust_of_customer", "ours.trust_trend: falling", ""),
        ("distrust_of_customer", "theirs.trust_trend: falling", "is that of customer"),
        ("trust_growing", "{ours.trust_other: 4, theirs.trust_other: 4}", ""),
        ("no_ally", "theirs.trust_other: 1", "say under `of` whose view no_ally is"),
        ("trust_barricade", "bad_news_shared: hidden", "so the rule may only hint"),
        ("openness_lacking", "bad_news_shared: hidden", ""),
        ("effort_ours", "effort_balance: [only_us, mostly_us]", ""),
        ("effort_ours", "effort_balance: [only_us, only_them]", "shows those of customer"),
        ("effort_ours", "ours.info_received: {contains: plans}", "shows those of customer"),
        ("effort_theirs", "ours.info_received: []", ""),
        ("dictated_by_us", "ours.power_balance: they_dictate", "shows those of customer"),
        ("dictated_by_us", "power_balance: {not: balanced}", "shows those of customer"),
        ("effort_ours", "commitments_theirs_open: 0", "shows those of customer"),
        ("no_ally", "effort_balance: only_us", "say under `of` whose deeds no_ally is about"),
    ],
)
def test_a_rule_reads_the_side_that_its_finding_is_about(
    base: KnowledgeBase, condition: Callable[[str], Condition], finding: str, when: str, said: str
) -> None:
    rule = dataclasses.replace(
        base.rules[0], kind="account", when=condition(when), unless=None, finding=finding,
        strength="establishes",
    )  # fmt: skip

    problems = [str(p) for p in direction_problems(dataclasses.replace(base, rules=(rule,)))]

    assert len(problems) == bool(said)
    assert all(said in problem for problem in problems)


def test_what_does_not_say_whose_doing_it_is_may_hint(
    base: KnowledgeBase, condition: Callable[[str], Condition]
) -> None:
    rule = dataclasses.replace(
        base.rules[0], kind="account", when=condition("bad_news_shared: hidden"), unless=None,
        finding="trust_barricade", strength="hints",
    )  # fmt: skip

    assert not list(direction_problems(dataclasses.replace(base, rules=(rule,))))
