"""What a rule base can never do, and what it does twice: each verdict with a witness or a proof."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from kam_expert.engines.assemble import advise
from kam_expert.engines.rule_cases import outcome_of, readings_of
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.errors import CaseError, Place
from kam_expert.facts.case import LISTS
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.node_edits import replaced
from kam_expert.knowledge.rule import DERIVED, RuleCase
from kam_expert.knowledge.yaml_reader import Map
from kam_expert.workshop.dead_parts import (
    dead_conditions,
    dead_rule,
    implies,
    stages_never_reached,
    thresholds_without_effect,
)
from kam_expert.workshop.exhaustive import assignments
from kam_expert.workshop.improvements import Improvements, explained_by
from kam_expert.workshop.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.strategy import Strategy
    from kam_expert.workshop.sources import RuleSources
    from kam_expert.workshop.tried_accounts import TriedAccount

_ENGINE = PlainEngine()
_HERE = Place("the case")
_TRUE = ("holds", "assumed")
#: The most cases of rules that are diagnosed to find a step.
_MAX_TRIES = 60


def prove(sources: RuleSources, accounts: Sequence[TriedAccount]) -> Iterator[Verdict]:
    """Yield the verdicts on a rule base.

    Args:
        sources: The rule base as written.
        accounts: Whole accounts, where stages, strategies and steps are looked for first.
    """
    proof = _Proof(sources.base)
    yield from proof.never_holding()
    yield from dead_conditions(sources.base)
    yield from proof.implied()
    yield from thresholds_without_effect(sources)
    yield from proof.pairs()
    yield from proof.statuses()
    yield from proof.results(accounts)
    for worsening in Improvements(sources.base).worsenings(accounts):
        if explained_by(worsening, sources.base) is None:
            yield Verdict("made worse", worsening.what, f"by a better answer: {worsening}")


class _Proof:
    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base
        self.rules = [rule for rule in base.rules if rule.status not in ("retired", DERIVED)]
        #: By rule, the cases in which it holds or is assumed.
        self.true: dict[str, list[RuleCase]] = {
            rule.name: [case for case in rule.cases if case.expect in _TRUE] for rule in self.rules
        }
        #: By rule, the proof that it never holds. A case that holds refutes it, unless what the
        #: case gives is contradictory.
        self.dead = {
            rule.name: proof
            for rule in self.rules
            if all(self._is_impossible(rule, case) for case in self.true[rule.name])
            and (proof := dead_rule(rule, base)) is not None
        }

    def never_holding(self) -> Iterator[Verdict]:
        """Yield the rules that hold for no answers."""
        for name, proof in self.dead.items():
            yield Verdict("never holds", name, proof)

    def _is_impossible(self, rule: Rule, case: RuleCase) -> bool:
        readings = readings_of(rule, case, self.base)
        return any(found.kind == "impossible" for found in readings.contradictions())

    def implied(self) -> Iterator[Verdict]:
        """Yield the rules that hold only where an equal or stronger rule of the finding does."""
        for rule in self.rules:
            for other in self.base.rules_for(rule.finding):
                if (
                    other is not rule
                    and other.status != DERIVED
                    and rule.name not in self.dead
                    and other.kind == rule.kind
                    and _strength(other) >= _strength(rule)
                    and not self._refuted(rule, other)
                    and implies(rule, other, self.base)
                ):
                    because = f"wherever it holds, {other.name} does, and says no less"
                    yield Verdict("implied", rule.name, because)
                    break

    def _refuted(self, rule: Rule, other: Rule) -> bool:
        """Return whether a case of a rule holds where another rule does not."""
        for case in self.true[rule.name]:
            readings = readings_of(rule, case, self.base)
            if outcome_of(other, readings, _ENGINE) not in _TRUE:
                return True
        return False

    def pairs(self) -> Iterator[Verdict]:
        """Yield the findings that facts can establish together with their mirror."""
        for name, doc in self.base.findings.items():
            if doc.mirror is None or doc.mirror < name:
                continue
            found = self._both(name, doc.mirror)
            if found is not None:
                first, second, given = found
                because = f"{first} and {second} both hold for these facts"
                yield Verdict("both of a pair", f"{name} and {doc.mirror}", because, given)

    def _both(self, name: str, mirror: str) -> tuple[str, str, Map] | None:
        """Return two establishing rules of opposite findings with facts for which both hold."""
        for first in self.base.rules_for(name):
            for second in self.base.rules_for(mirror):
                if {first.strength, second.strength} != {
                    "establishes"
                } or first.kind != second.kind:
                    continue
                for one in self.true.get(first.name, ()):
                    for two in self.true.get(second.name, ()):
                        given = _merged(one.given, two.given)
                        if (
                            given is not None
                            and self._holds(first, given)
                            and self._holds(second, given)
                        ):
                            return first.name, second.name, given
        return None

    def _holds(self, rule: Rule, given: Map) -> bool:
        try:
            readings = readings_of(rule, RuleCase("", given, "", _HERE), self.base)
        except CaseError:
            return False
        possible = all(found.kind != "impossible" for found in readings.contradictions())
        return possible and outcome_of(rule, readings, _ENGINE) == "holds"

    def statuses(self) -> Iterator[Verdict]:
        """Yield the statuses, with a headline each, that no answers give a finding."""
        for name in self.base.findings:
            if name in self.base.strategy_findings:
                continue
            rules = [r for r in self.base.rules_for(name) if r.name not in self.dead]
            strengths = {rule.strength for rule in rules}
            unreached = {}
            if "hints" not in strengths:
                unreached["possible"] = "no rule that can hold only hints at it"
            if "establishes" not in strengths:
                unreached["established"] = "no rule that can hold establishes it"
            if strengths == {"establishes"} and not any(self._may_be_assumed(r) for r in rules):
                unreached["likely"] = "its rules establish it, and they assume nothing"
            if strengths == {"hints"} and not _independent(rules):
                unreached["likely"] = "its rules only hint at it, and all read a common fact"
            for status, because in unreached.items():
                yield Verdict("status never reached", f"{name}: {status}", because)

    def _may_be_assumed(self, rule: Rule) -> bool:
        """Return whether some case is assumed, or no proof says that none is."""
        if any(case.expect == "assumed" for case in rule.cases):
            return True
        reads = assignments(rule.conditions(), self.base)
        return reads is None or rule.unless is not None or not _certain(rule, self.base)

    def results(self, accounts: Sequence[TriedAccount]) -> Iterator[Verdict]:
        """Yield what no account gets: stages, strategies and steps."""
        stages: set[str] = set()
        strategies: set[str] = set()
        steps: set[str] = set()

        def note(case: Any, day: Any) -> None:
            settlement = settle_case(case, self.base, day, _ENGINE)
            advice = advise(settlement, self.base)
            stages.add(settlement.verdict)
            steps.update(step.id for step in advice.steps)
            if advice.strategy:
                strategies.add(advice.strategy.effective)

        for account in accounts:
            note(account.case, account.day)
        yield from stages_never_reached(self.base, stages)
        for place, strategy in enumerate(self.base.strategies):
            if strategy.id not in strategies:
                because = self._never_chosen(strategy, self.base.strategies[:place])
                if because is not None:
                    yield Verdict("strategy never chosen", strategy.id, because)
        for name, doc in self.base.steps.items():
            answered = [*doc.answers]
            answered += [
                finding
                for other in self.base.steps.values()
                if name in other.replaced_by.values()
                for finding in other.answers
            ]
            for tries, (rule, case) in enumerate(self._cases_of(answered)):
                if name in steps or tries == _MAX_TRIES:
                    break
                readings = readings_of(rule, case, self.base)
                note(readings.case, readings.day)
            for rule, case in self._cases_of(answered) if name not in steps else ():
                readings = readings_of(rule, case, self.base)
                for account in accounts:
                    for told in (account.case, self._by_us(account.case)):
                        if name not in steps:
                            note(_over(told, readings.case), account.day)
            if name not in steps:
                because = f"no account tried gets it for {', '.join(answered) or 'nothing'}"
                yield Verdict("step never proposed", name, because)

    def _never_chosen(self, strategy: Strategy, earlier: Sequence[Strategy]) -> str | None:
        """Return why a strategy that no whole account has is never chosen; None if it may be."""
        if strategy.applies is not None:
            own = self.base.rule(strategy.applies)
            for other in earlier:
                if other.applies and implies(own, self.base.rule(other.applies), self.base):
                    return f"wherever it applies, {other.id} does, and comes first"
        if not self.true.get(strategy.id):
            return "no whole account and no case of its condition chooses it"
        return None

    def _by_us(self, case: Case) -> Case:
        """Return an account in which we alone answered."""
        account, facts = case.account, self.base.facts
        both = {n: a for n, a in account.theirs.items() if facts[n].doc.asked_of == "both"}
        return replace(case, account=replace(account, ours={**both, **account.ours}, theirs={}))

    def _cases_of(self, findings: Iterable[str]) -> Iterator[tuple[Rule, RuleCase]]:
        for finding in findings:
            for rule in self.base.rules_for(finding):
                for case in self.true.get(rule.name, ()):
                    yield rule, case


def _independent(rules: Sequence[Rule]) -> bool:
    """Return whether two of the rules read no common fact, so that together they make likely."""
    return any(not a.fact_names & b.fact_names for a, b in combinations(rules, 2))


def _over(case: Case, other: Case) -> Case:
    """Return a case with the answers and lists of another one over its own."""
    account = replace(
        case.account,
        ours={**case.account.ours, **other.account.ours},
        theirs={**case.account.theirs, **other.account.theirs},
    )
    lists: dict[str, Any] = {
        name: getattr(other, name) for name in LISTS if getattr(other, name) is not None
    }
    return replace(case, account=account, **lists)


def _strength(rule: Rule) -> int:
    return ("hints", "suggests", "establishes").index(rule.strength)


def _merged(one: Map, two: Map) -> Map | None:
    """Return what two cases give together; None where they disagree."""
    given = one
    for key in two:
        if key not in one:
            given = replaced(given, (key,), two[key], two.raw[key])
        elif isinstance(one[key], Map) and isinstance(two[key], Map) and "value" not in two[key]:
            inner = _merged(one[key], two[key])
            if inner is None:
                return None
            given = replaced(given, (key,), inner)
        elif one[key] != two[key]:
            return None
    return given


def _certain(rule: Rule, base: KnowledgeBase) -> bool:
    """Return whether the two readings of a rule never differ."""
    for part in rule.conditions():
        for ref in refs(part):
            fact = base.facts.get(ref.name)
            if (
                fact is None
                or fact.doc.fresh_days
                or fact.doc.computed
                or ref.name in base.voided_by
            ):
                return False
            if ref.side == "bare" and fact.doc.asked_of == "both":
                return False
    return not rule.findings_read() and not rule.reads_stage()
