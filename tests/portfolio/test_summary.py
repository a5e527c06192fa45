"""The summary of a run is what the accounts, taken one by one, add up to."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from agreement import DAY, random_accounts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.portfolio import changes, since, summary
from kam_expert.engines.portfolio.run import read_table, write
from kam_expert.engines.portfolio.source import open_source
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.condition import Ref
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.portfolio import Look, PatternDoc, load_portfolio_view
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN, bounds_of
from kam_expert.portfolio_summary import (
    AccountRow,
    FactChange,
    QuestionCount,
    Standing,
    attention_of,
    order_of,
    summary_of,
)
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kam_expert.diagnosis import Diagnosis
    from kam_expert.engines.portfolio.source import Source
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.portfolio import PortfolioView

BASE = load_knowledge_base(rules_folder())
VIEW = load_portfolio_view(rules_folder(), BASE)
CASES = {  # few, so that every account can be told by heart
    "a": {"facts": {"account_attractiveness": "high", "revenue_12m": "100..200"}},
    "b": {"facts": {"account_attractiveness": "low"}, "people": [{"id": "p", "name": "Ada"}]},
}


def run(
    place: Path, cases: Mapping[str, Any], view: PortfolioView = VIEW, **options: Any
) -> list[Diagnosis]:
    """Write a run of cases into a folder, and judge each case on its own."""
    given_at = place.parent / f"{place.name}-cases"
    given_at.mkdir()
    place.mkdir()
    for number, (name, case) in enumerate(cases.items()):
        case = {"kam": 1, **case, "account": {"id": name, **case.get("account", {})}}
        (given_at / f"{number}.json").write_text(json.dumps(case), encoding="utf-8")
    chunk = options.pop("chunk", 1000)
    with open_source(given_at, BASE, options.get("day", DAY), chunk) as source:
        write(source, BASE, options.pop("day", DAY), place, view=view, **options)
        return [source.case(name) for name in cases]  # type: ignore[misc]
