"""Contradictions and explanations in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from random_cases import built

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.outputs.wording import Words
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from tests.conftest import MakeCase

DAY = date(2026, 11, 1)
# Nobody said that the list of ties is complete, and nobody confirmed the old total since.
OPEN_LISTS = """
facts:
  cross_links: {value: 3, as_of: 2020-01-01}
people: [{id: p}, {id: q}]
team: [{id: m}]
links:
  - {member: m, person: p, link_last_two_way_days: 5}
  - {member: m, person: q, link_last_two_way_days: 5}
"""


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "stated 3, worked out from the lists 2"),
        ("uk", "сказано 3, а за списками виходить 2"),
    ],
)
def test_a_stated_total_and_the_counted_one_are_told_as_the_case_has_them(
    base: KnowledgeBase, build: MakeCase, lang: str, sentence: str
) -> None:
    case = build(OPEN_LISTS)
    (found,) = diagnose(case, base, DAY, PlainEngine()).contradictions

    said = Words(base, case, lang, DAY).contradiction(found)

    # The strict reading knows neither: it could say only "2 or more".
    subject, _, numbers = said.partition(": ")
    assert subject.casefold() == base.facts["cross_links"].doc.short.get(lang).casefold()
    assert numbers == sentence


@pytest.mark.parametrize(
    ("lang", "number", "said"),
    [
        ("uk", 1, "Зараз не закрито 1 скаргу клієнта."),
        ("uk", 3, "Зараз не закрито 3 скарги клієнта."),
        ("uk", 5, "Зараз не закрито 5 скарг клієнта."),
        ("en", 1, "1 complaint of the customer is open today."),
        ("en", 2, "2 complaints of the customer are open today."),
    ],
)
def test_a_counted_noun_takes_the_form_of_its_number(lang: str, number: int, said: str) -> None:
    facts = {"complaints_open": number}

    assert explained("complaint_waits", facts, lang) == said


def test_a_difference_of_two_amounts_is_told() -> None:
    facts = {"overdue_amount": 5_200_000, "credit_limit": 3_000_000}

    assert "2,200,000 above the credit limit of 3,000,000" in explained(
        "exposure_high", facts, "en"
    )


def explained(finding: str, facts: dict[str, Any], lang: str) -> str:
    """Return the explanation of the first reason of a finding about the account."""
    base = shipped_base()
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}, "facts": facts}, base)
    found = diagnose(case, base, DAY, PlainEngine()).finding(finding)
    assert found is not None
    return Words(base, case, lang).explain(found.reasons[0], found)
