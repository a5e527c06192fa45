"""What some accounts exercise of a rule base: rules, parts of conditions, headlines, steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.engines.assemble import advise
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.knowledge.conditions.leaf import nodes
from kam_expert.knowledge.conditions.logic import AnyOf
from kam_expert.knowledge.node_edits import as_written
from kam_expert.knowledge.rule import DERIVED
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.engines.assemble import Advice
    from kam_expert.engines.settling import Settlement
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.rule import Rule
    from kam_expert.workshop.tried_accounts import TriedAccount

#: The statuses with a headline of their own.
_SHOWN = STATUSES[STATUSES.index("possible") :]
#: In the order of the table.
SUBJECTS = (
    "rule", "alternative", "exception", "headline", "step", "move", "strategy", "stage", "gap",
    "impossible",
)  # fmt: skip


@dataclass
class MethodCoverage:
    """How often each part of a method was exercised.

    Attributes:
        accounts: The number of accounts.
        counts: By subject and name, the number of accounts; 0 for what none exercises.
    """

    accounts: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def unused(self, subject: str) -> list[str]:
        """Return what no account exercises."""
        return [name for name, count in self.counts[subject].items() if not count]

    def lines(self, *, with_names: bool) -> Iterator[str]:
        """Yield the table, and what no account exercises."""
        for subject in SUBJECTS if with_names else ():
            for name in self.unused(subject):
                yield f"{subject}: {name}"
        yield f"{self.accounts} accounts"
        yield f"{'subject':14}{'all':>6}{'exercised':>11}"
        for subject in SUBJECTS:
            counts = self.counts[subject]
            yield f"{subject:14}{len(counts):>6}{len(counts) - len(self.unused(subject)):>11}"

    def as_document(self) -> dict[str, Any]:
        """Return it as plain data, fit for JSON."""
        counts = {subject: dict(self.counts[subject]) for subject in SUBJECTS}
        return {"accounts": self.accounts, "counts": counts}


def coverage(accounts: Iterable[TriedAccount], base: KnowledgeBase) -> MethodCoverage:
    """Return what accounts exercise of a rule base.

    A rule is exercised where it holds or is assumed, an alternative (one entry of an ``any``) where
    it is true, an exception where it is true and the condition is too, a headline where a finding
    has its status, a step where it is proposed, a move where the step is in the plan.
    """
    found = MethodCoverage(counts={subject: Counter() for subject in SUBJECTS})
    rules = [rule for rule in base.rules if rule.status not in ("retired", DERIVED)]
    _prepare(found, rules, base)
    engine = PlainEngine()
    for account in accounts:
        found.accounts += 1
        seen: dict[str, set[str]] = {subject: set() for subject in SUBJECTS}
        settlement = settle_case(account.case, base, account.day, engine)
        advice = advise(settlement, base)
        _rules(settlement, rules, seen)
        _results(settlement, advice, seen)
        for subject, names in seen.items():
            found.counts[subject].update(names & found.counts[subject].keys())
    return found


def _prepare(found: MethodCoverage, rules: Iterable[Rule], base: KnowledgeBase) -> None:
    shown = [name for name in base.findings if name not in base.strategy_findings]
    everything: dict[str, Iterable[str]] = {
        "rule": [rule.name for rule in rules],
        "alternative": [label for rule in rules for label, _ in _alternatives(rule)],
        "exception": [rule.name for rule in rules if rule.unless is not None],
        "headline": [f"{name}: {status}" for name in shown for status in _SHOWN],
        "step": base.steps,
        "move": [
            name
            for name, doc in base.steps.items()
            if doc.purpose not in base.step_book.order.accompanies
        ],
        "strategy": [strategy.id for strategy in base.strategies],
        "stage": base.stage_model.names,
        "gap": base.gaps,
        "impossible": base.impossible,
    }
    for subject, names in everything.items():
        found.counts[subject] = Counter(dict.fromkeys(names, 0))


def _alternatives(rule: Rule) -> Iterator[tuple[str, Condition]]:
    """Yield every entry of an ``any`` about the entity of a rule, with a label."""
    for part in rule.conditions():
        for node in nodes(part, members=False):
            if isinstance(node, AnyOf):
                for inner in node.parts:
                    yield f"{rule.name}: {described(inner)}", inner


def described(condition: Condition) -> str:
    """Return a condition in one line: what it reads, with the tests."""
    parts = condition.children()
    if parts:
        joined = ", ".join(described(part) for part in parts)
        return f"{type(condition).__name__.lower().removesuffix('of')}({joined})"
    term: Any = getattr(condition, "term", None)
    if term is None:
        return "everything"
    label = term.label or ", ".join(term.findings) or "stage"
    return f"{label} {as_written(getattr(condition, 'asks', {}))}"


def _rules(settlement: Settlement, rules: Iterable[Rule], seen: dict[str, set[str]]) -> None:
    readings = settlement.readings
    for outcomes in settlement.outcomes.values():
        for rule, outcome in outcomes:
            if outcome.word in ("holds", "assumed"):
                seen["rule"].add(rule.name)
    for rule in rules:
        for entity in readings.entities(rule.kind):
            view = readings.view(entity, strict=False)
            excepted = rule.unless is not None and rule.unless.evaluate(view) is True
            if excepted and rule.when.evaluate(view) is True:
                seen["exception"].add(rule.name)
            for label, inner in _alternatives(rule):
                if inner.evaluate(view) is True:
                    seen["alternative"].add(label)


def _results(settlement: Settlement, advice: Advice, seen: dict[str, set[str]]) -> None:
    base = settlement.readings.base
    for found in advice.findings:
        seen["headline"].add(f"{found.id}: {found.status}")
    seen["step"].update(step.id for step in advice.steps)
    seen["move"].update(name for move in advice.plan.moves for name in move.steps)
    if advice.strategy:
        seen["strategy"].add(advice.strategy.effective)
    seen["stage"].add(settlement.verdict)
    for (name, kind, identity), settled in settlement.findings.items():
        if kind == "gap" and base.is_gap(name) and settled.status in _SHOWN:
            seen["gap"].add(identity)
    for contradiction in settlement.readings.contradictions():
        seen["impossible"].add(contradiction.name)
