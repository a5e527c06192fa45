"""What a rule base can never do, and what it does twice: each verdict with a witness or a proof."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.rule_cases import outcome_of, readings_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import CaseError, Place
from kam_expert.facts.case import LISTS
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.node_edits import as_written, replaced
from kam_expert.knowledge.rule import DERIVED, RuleCase
from kam_expert.knowledge.yaml_reader import Map
from kam_expert.workshop.exhaustive import assignments, truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.workshop.tried_accounts import TriedAccount

Kind = Literal[
    "never holds", "implied", "both of a pair", "strategy never chosen", "step never proposed",
    "status never reached",
]  # fmt: skip
#: What is a fault; the others inform.
FAULTS: frozenset[Kind] = frozenset(
    ("never holds", "implied", "strategy never chosen", "step never proposed")
)
_ENGINE = PlainEngine()
_HERE = Place("the case")
_TRUE = ("holds", "assumed")
#: The most cases of rules that are diagnosed to find a step.
_MAX_TRIES = 60


@dataclass(frozen=True)
class Verdict:
    """A property of a rule base that was proved, or shown by an account.

    Attributes:
        kind: What it is about.
        subject: The rule, finding, strategy or step.
        because: The proof, or what the witness shows.
        witness: Facts that show it, as in a case of a rule; None for a proof.
    """

    kind: Kind
    subject: str
    because: str
    witness: Map | None = field(default=None, repr=False)

    @property
    def is_fault(self) -> bool:
        """Return whether the rule base should be changed."""
        return self.kind in FAULTS

    def __str__(self) -> str:
        """Return the verdict in words."""
        shown = "" if self.witness is None else f": {as_written(self.witness)}"
        return f"{self.kind}: {self.subject}: {self.because}{shown}"

    def as_document(self) -> dict[str, Any]:
        """Return it as plain data, fit for JSON."""
        return {
            "kind": self.kind, "subject": self.subject, "because": self.because,
            "fault": self.is_fault, "witness": self.witness,
        }  # fmt: skip


def prove(base: KnowledgeBase, accounts: Sequence[TriedAccount]) -> Iterator[Verdict]:
    """Yield the verdicts on a rule base.

    Args:
        base: The rule base.
        accounts: Whole accounts, where strategies and steps are looked for first.
    """
    proof = _Proof(base)
    yield from proof.never_holding()
    yield from proof.implied()
    yield from proof.pairs()
    yield from proof.statuses()
    yield from proof.results(accounts)


class _Proof:
    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base
        self.rules = [rule for rule in base.rules if rule.status not in ("retired", DERIVED)]
        #: By rule, the cases in which it holds or is assumed.
        self.true: dict[str, list[RuleCase]] = {
            rule.name: [case for case in rule.cases if case.expect in _TRUE] for rule in self.rules
        }

    def never_holding(self) -> Iterator[Verdict]:
        """Yield the rules that hold for no answers; a case that holds refutes it."""
        for rule in self.rules:
            if self.true[rule.name]:
                continue
            views = assignments(rule.conditions(), self.base)
            if views is not None and not any(truth(rule, view) for view in views):
                yield Verdict(
                    "never holds", rule.name, "no combination of answers at its borders meets it"
                )

    def implied(self) -> Iterator[Verdict]:
        """Yield the rules that hold only where an equal or stronger rule of the finding does."""
        for rule in self.rules:
            for other in self.base.rules_for(rule.finding):
                if (
                    other is not rule
                    and other.status != DERIVED
                    and other.kind == rule.kind
                    and _strength(other) >= _strength(rule)
                    and not self._refuted(rule, other)
                    and self._implies(rule, other)
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

    def _implies(self, rule: Rule, other: Rule) -> bool:
        views = assignments((*rule.conditions(), *other.conditions()), self.base)
        if views is None:
            return False
        held = False
        for view in views:
            if truth(rule, view) is True:
                held = True
                if truth(other, view) is not True:
                    return False
        return held

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
        return outcome_of(rule, readings, _ENGINE) == "holds"

    def statuses(self) -> Iterator[Verdict]:
        """Yield the statuses, with a headline each, that no answers give a finding."""
        for name in self.base.findings:
            if name in self.base.strategy_findings:
                continue
            rules = self.base.rules_for(name)
            strengths = {rule.strength for rule in rules}
            if "hints" not in strengths:
                yield Verdict(
                    "status never reached", f"{name}: possible", "no rule only hints at it"
                )
            if "establishes" not in strengths:
                yield Verdict(
                    "status never reached", f"{name}: established", "no rule establishes it"
                )
            if strengths == {"establishes"} and not any(self._may_be_assumed(r) for r in rules):
                because = "its rules establish it, and they assume nothing"
                yield Verdict("status never reached", f"{name}: likely", because)

    def _may_be_assumed(self, rule: Rule) -> bool:
        """Return whether some case is assumed, or no proof says that none is."""
        if any(case.expect == "assumed" for case in rule.cases):
            return True
        reads = assignments(rule.conditions(), self.base)
        return reads is None or rule.unless is not None or not _certain(rule, self.base)

    def results(self, accounts: Sequence[TriedAccount]) -> Iterator[Verdict]:
        """Yield the strategies that are never chosen, and the steps that are never proposed."""
        strategies: set[str] = set()
        steps: set[str] = set()

        def note(case: Any, day: Any) -> None:
            diagnosis = diagnose(case, self.base, day, _ENGINE)
            steps.update(step.id for step in diagnosis.next_steps)
            if diagnosis.strategy:
                strategies.add(diagnosis.strategy.effective)

        for account in accounts:
            note(account.case, account.day)
        for strategy in self.base.strategies:
            if strategy.id not in strategies and not self.true.get(strategy.id):
                because = "no whole account and no case of its condition chooses it"
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
