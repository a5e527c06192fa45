"""A step whose success has come about already is not proposed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.conditions.leaf import refs
from tests.shipped import shipped_base, shipped_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case

BASE = shipped_base()
DAY = date(2026, 11, 1)
LOW = "satisfaction_rating: 1"
TWICE_LOW = "[{value: 2, as_of: 2026-03-01}, {value: 2, as_of: 2026-09-01}]"


def proposed(case: Case, engine: Engine) -> set[str]:
    return {step.id for step in diagnose(case, BASE, DAY, engine).next_steps}


@pytest.mark.parametrize("engine", [PlainEngine(), shipped_engine()])
@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (
            "measure_trust",
            "customer: {trust_other: {value: 2, as_of: 2026-09-01}}",
            f"facts: {{trust_other: {TWICE_LOW}}}\ncustomer: {{trust_other: {TWICE_LOW}}}",
        ),
        (
            "clear_failures",
            f"facts: {{complaints_open: 1}}\ncustomer: {{{LOW}}}",
            f"facts: {{complaints_open: 0}}\ncustomer: {{{LOW}, complaint_recovered: yes}}",
        ),
        (
            "encourage_peer_calls",
            "customer: {informal_contact: monthly}",
            "customer: {informal_contact: weekly}",
        ),
        (
            "trace_last_decisions",
            "decisions: [{id: d, dmu_style: consensus, decision_path: partly_known}]",
            "decisions: [{id: d, dmu_style: consensus, decision_path: written_and_confirmed}]",
        ),
    ],
)
def test_a_step_is_proposed_until_its_success_has_come_about(
    build: Callable[[str], Case], engine: Engine, step: str, before: str, after: str
) -> None:
    assert step in proposed(build(before), engine)
    assert step not in proposed(build(after), engine)


def test_no_success_rests_on_facts_about_single_people() -> None:
    read = {ref.name for condition in BASE.done_when.values() for ref in refs(condition)}

    assert {BASE.facts[name].doc.privacy for name in read} == {"account"}
