"""The combinations of answers at the borders stand for all accounts, so a proof over them holds."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import TYPE_CHECKING

import pytest
from random_cases import built, random_case

from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.rule import DERIVED
from kam_expert.workshop import exhaustive
from kam_expert.workshop.exhaustive import assignments
from tests.sampling import few_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.knowledge.conditions.condition import Condition, View
    from kam_expert.knowledge.conditions.leaf import Leaf
    from kam_expert.knowledge.values import Truth

BASE = shipped_base()
DAY = date(2026, 11, 1)
COMBINATIONS = 600


def truths(asked: Iterable[Leaf], view: View) -> tuple[Truth, ...]:
    return tuple(leaf.evaluate(view) for leaf in asked)


@pytest.mark.parametrize("seed", few_of(range(6), 1))
def test_what_an_account_gives_every_part_of_a_rule_some_combination_gives(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exhaustive, "MAX_COMBINATIONS", COMBINATIONS)
    accounts = [
        Readings(built(random_case(BASE, Random(60 * seed + n)), BASE), BASE, DAY)
        for n in range(60)
    ]
    conditions: dict[str, tuple[str, tuple[Condition, ...]]] = {
        rule.name: (rule.kind, rule.conditions())
        for rule in BASE.rules
        if rule.status != DERIVED
        and rule.kind != "gap"
        and not rule.findings_read()
        and not rule.reads_stage()
    }
    conditions |= {n: (kind, (condition,)) for n, (kind, condition) in BASE.definitions.items()}
    proved = 0

    for name, (kind, parts) in conditions.items():
        asked = [leaf for part in parts for leaf in leaves(part)]
        views = assignments(parts, BASE)
        if views is None:
            continue
        proved += 1
        found = {truths(asked, view) for view in views}
        for account in accounts:
            for entity in account.entities(kind):
                for strict in (False, True):
                    given = truths(asked, account.view(entity, strict=strict))
                    assert given in found, (name, [str(leaf.term) for leaf in asked], given)
    assert proved > 60
