"""What a diagnosis says of its reasons: what was found, and which single change takes it back."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections import Counter
from collections.abc import Callable
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.reasons import Explainer
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.case import Case, plain_value
from kam_expert.facts.readings import EntityView, Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.status import Outcome
from kam_expert.knowledge.values import UNKNOWN, SetBounds
from kam_expert.outputs.value_words import ValueWords
from kam_expert.results.diagnosis import Finding
from kam_expert.results.later import Later

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition, View
    from kam_expert.knowledge.values import Truth

DAY = date(2026, 11, 1)
MakeCase = Callable[[str], Case]
MakeView = Callable[..., EntityView]
Find = Callable[[str, str], Finding | None]


@pytest.fixture
def find(base: KnowledgeBase, build: MakeCase) -> Find:
    """Return a finding about a case."""

    def of(finding: str, facts: str) -> Finding | None:
        return diagnose(build(facts), base, DAY, PlainEngine()).finding(finding)

    return of


@pytest.mark.parametrize(
    ("finding", "facts", "fact", "to"),
    [
        # one element less
        ("being_tested_on_competence", "proof_requested: [references, certificates]",
         "proof_requested", {"is": (("certificates",),)}),
        # one element less, whichever it is
        ("depth_shield", "structural_ties: [joint_plan, shared_system, joint_project]",
         "structural_ties", {"is": (
             ("joint_project", "joint_plan"), ("shared_system", "joint_plan"),
             ("shared_system", "joint_project"))}),
        # one element more
        ("purchasing_only_view", "strategy_sources: [procurement]",
         "strategy_sources", {"contains_any": (
             "users", "technical", "finance", "it", "general_management", "owner_board",
             "published_report")}),
        # no single element is enough
        ("being_tested_on_competence", "proof_requested: [references, trial]",
         "proof_requested", {"size": 0}),
        # with an open book, another rule says the same, so only these two answers take it back
        ("price_stable", "{price_formula: annual_negotiation, price_moves_24m: 0}",
         "price_formula", {"is": ("none", "spot")}),
        # the first answer that is tried leaves the finding as it is, a later one does not
        ("strategic_need_unknown", "strategic_need: our_hypothesis",
         "strategic_need", {"is": ("confirmed_by_one", "confirmed_by_decision_unit")}),
    ],
)  # fmt: skip
def test_a_reversal_is_the_smallest_change_and_each_answer_in_it_was_tried(
    find: Find, finding: str, facts: str, fact: str, to: dict[str, Any]
) -> None:
    found = find(finding, f"facts:\n  {facts}")

    assert found is not None
    assert [reversal.to for reversal in found.reversed_by if reversal.fact == fact] == [to]


# A rule that asks in every form. It reads the stage, so no stage may depend on its finding.
EVERY_FORM = """
rule: no_meeting_for_a_year
status: draft
cites: [B1]
for: account
when:
  all:
    - access_to_others: blocked
    - finding: gatekeeper
    - any:
        - all:
            - tenure_months: {at_least: 1}
            - finding: barricade
        - stage: [butterfly, transition, partnership]
        - account_status: established
    - none:
        - complaints_open: {at_least: 1}
        - finding: [unequal]
    - findings: {group: butterfly, at_least: 0}
    - count: {of: people, where: {open_to_us: {at_least: 3}}, at_least: 1}
    - every: {of: team, where: {customer_facing: yes}, satisfies: {briefed_on_account: yes}}
unless:
  any:
    - award_rules: public_law
concludes: {finding: no_meeting_in_person, strength: suggests}
explains: {uk: Так є., en: It is so.}
"""


def test_a_premise_says_whether_another_one_may_carry_the_condition(
    rules_copy: Path,
) -> None:
    (rules_copy / "contacts" / "no_meeting_for_a_year.yaml").write_text(
        EVERY_FORM, encoding="utf-8"
    )
    base = load_knowledge_base(rules_copy)
    case = built(
        {
            "kam": 1,
            "account": {"id": "a"},
            "facts": {"access_to_others": "blocked", "account_status": "established"},
            "people": [{"id": "p", "open_to_us": 4}],
            "team": [{"id": "m", "customer_facing": "yes", "briefed_on_account": "yes"}],
        },
        base,
    )
    found = diagnose(case, base, DAY, PlainEngine()).finding("no_meeting_in_person")

    assert found is not None
    (reason,) = found.reasons
    loose = {premise.fact or premise.finding for premise in reason.premises if premise.alternative}
    alone = {premise.fact or premise.finding for premise in reason.premises} - loose
    assert alone == {"access_to_others", "gatekeeper"}
    assert loose == {
        *(
            "tenure_months",
            "barricade",
            "stage",
            "account_status",
        ),  # below "any", also within "all"
        *("complaints_open", "unequal"),  # below "none"
        "count:butterfly",
        *("count:people", "open_to_us"),  # a count and the members that it counts
        *("count:team", "customer_facing"),
        "award_rules",
    }


def test_trying_a_change_leaves_the_case_as_it_is(view: MakeView) -> None:
    asked, granted = Ref("introductions_asked_12m"), Ref("introductions_granted_12m")
    account = view("facts: {introductions_asked_12m: 3}")
    before = account.read(asked)

    changed = account.changed({asked: 0, granted: 2})

    assert (changed.read(asked), changed.read(granted)) == (0, 2)
    assert not changed.is_unanswered(granted)
    assert (account.read(asked), account.read(granted)) == (before, UNKNOWN)


def test_a_set_known_in_part_is_plain_data_in_a_premise(
    base: KnowledgeBase,
    build: MakeCase,
    condition: Callable[..., Condition],
) -> None:
    case = build("""
        people: [{id: p, function: quality}, {id: q}]
        team: [{id: m}]
        links:
          - {member: m, person: p, link_last_two_way_days: 3}
          - {member: m, person: q, link_last_two_way_days: 3}
    """)
    asked = condition("functions_reached: {contains: quality}")
    rule = dataclasses.replace(base.rules[0], kind="account", when=asked, unless=None)
    outcome = Outcome("suggests", frozenset(), working=True, strict=None)
    explainer = Explainer(Readings(case, base, DAY))
    [premise] = explainer.reason(rule, outcome, case.account).premises

    assert premise.actual == {"sure": ["quality"], "possible": None}
    assert json.dumps(premise.actual)
    assert "perhaps more" in ValueWords(base, case, "en").value(premise.fact or "", premise.actual)


def test_what_may_be_in_a_set_is_told_where_it_is_known() -> None:
    bounds = SetBounds(frozenset(), frozenset({"quality", "it"}))

    assert plain_value(bounds) == {"sure": [], "possible": ["it", "quality"]}


def test_explaining_evaluates_each_leaf_once_for_each_view(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = built(random_case(base, Random(3), contacts=5), base)
    settlement = settle_case(case, base, DAY, PlainEngine())
    seen: Counter[tuple[int, int]] = Counter()
    evaluate = Leaf.evaluate

    def counting(leaf: Leaf, view: View) -> Truth:
        seen[id(leaf), id(view)] += 1
        return evaluate(leaf, view)

    monkeypatch.setattr(Leaf, "evaluate", counting)
    explainer = Explainer(settlement.readings)
    for (_, kind, identity), outcomes in settlement.outcomes.items():
        [entity] = [e for e in settlement.readings.entities(kind) if e.id == identity]
        for rule, outcome in outcomes:
            explainer.reason(rule, outcome, entity)
            [*explainer.assumptions(rule, entity)]

    assert len(seen) > 500
    assert set(seen.values()) == {1}


def test_reasons_are_made_when_they_are_read_and_stored_as_they_are(base: KnowledgeBase) -> None:
    made: list[int] = []

    def make() -> tuple[str, ...]:
        made.append(1)
        return ("a", "b")

    later = Later(make)
    assert made == []
    assert (list(later), later[0], len(later), hash(later)) == (
        ["a", "b"],
        "a",
        2,
        hash(("a", "b")),
    )
    assert later == ("a", "b") == later
    assert later != ("a",)
    assert made == [1]
    stored = pickle.loads(pickle.dumps(later))  # noqa: S301 -- our own bytes
    assert (type(stored), stored) == (tuple, ("a", "b"))
    case = built(random_case(base, Random(1), contacts=3), base)
    first, second = (diagnose(case, base, DAY, PlainEngine()) for _ in range(2))
    assert pickle.loads(pickle.dumps(first)) == second  # noqa: S301 -- as above
