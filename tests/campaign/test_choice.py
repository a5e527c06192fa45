"""What a campaign asks, compared with what a consultant expected before it was programmed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.engines.campaign.choice import chosen_questions, still_open
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.errors import Place
from kam_expert.facts.case_reader import build_case, read_case
from kam_expert.knowledge.campaign_settings import load_campaign_settings
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from tests.conftest import MakeCase

HERE = Path(__file__).parent
SITUATIONS = {doc["situation"]: doc for doc in read_file(HERE / "expected_questions.yaml")}
EXAMPLES = rules_folder().parent / "examples"
DAY = date(2026, 10, 25)
SIDES = {"owner": "us", "customer": "customer"}
#: Where the choice still differs from what was expected. An entry that no longer does is an error.
DIFFERS = {
    ("fresh_from_crm", "owner", "misses access_to_others"),
    ("fresh_from_crm", "owner", "misses competitor_presence"),
    ("fresh_from_crm", "owner", "misses trust_other"),
    ("large_and_cost_unknown", "owner", "misses special_demands_12m"),
    ("public_buyer_before_tender", "owner", "misses proof_requested"),
}


def case_of(doc: dict[str, Any], base: KnowledgeBase) -> Case:
    if "example" in doc:
        return read_case(EXAMPLES / f"{doc['example']}.yaml", base)
    return build_case(doc["case"], base, Place("expected_questions.yaml"))


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("side", SIDES)
def test_a_campaign_asks_what_a_consultant_would(
    situation: str, side: str, base: KnowledgeBase
) -> None:
    doc = SITUATIONS[situation]
    expected = doc[side]
    settings = load_campaign_settings(rules_folder(), base)
    settlement = settle_case(case_of(doc, base), base, DAY, PlainEngine())

    asked = chosen_questions(
        settlement, base, SIDES[side], settings.most[SIDES[side]], settings.least[SIDES[side]]
    )

    differs = {f"asks {name}" for name in asked if name in expected["never"]}
    differs |= {f"misses {group[0]}" for group in expected["asks"] if not set(group) & set(asked)}
    if len(asked) > expected["most"]:
        differs.add(f"asks {len(asked)} questions")
    assert differs == {what for at, who, what in DIFFERS if (at, who) == (situation, side)}


def test_every_chosen_question_could_settle_something(build: MakeCase, base: KnowledgeBase) -> None:
    given = build("facts: {revenue_12m: 100000, trust_other: 4}")
    settlement = settle_case(given, base, DAY, PlainEngine())

    for side in ("us", "customer"):
        asked = chosen_questions(settlement, base, side, 100, 0)

        assert set(asked) == still_open(settlement, base, side)
        assert len(asked) == len(set(asked)) > 20
        assert chosen_questions(settlement, base, side, 5, 0) == asked[:5]
    assert "trust_other" not in chosen_questions(settlement, base, "us", 100, 0)
    assert "trust_other" in chosen_questions(settlement, base, "customer", 100, 0)
