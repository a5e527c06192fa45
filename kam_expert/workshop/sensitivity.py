"""Which thresholds matter for some accounts: what changes if each is one step lower or higher."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kam_expert.engines.assemble import assemble
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.engines.whole_accounts import result_of
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.rule import DERIVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kam_expert.engines.settling import Settlement
    from kam_expert.engines.whole_accounts import AccountResult
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.workshop.mutants import Mutant
    from kam_expert.workshop.trial import Changed, Trial
    from kam_expert.workshop.tried_accounts import TriedAccount

_ENGINE = PlainEngine()


@dataclass(frozen=True)
class Moved:
    """What one moved threshold changes.

    Attributes:
        name: The threshold, as ``owner.name``.
        was: Its number.
        now: The number that was tried.
        findings: The accounts in which some finding has another status.
        stages: Those with another stage.
        strategies: Those with another strategy.
        moves: Those with another first move.
    """

    name: str
    was: float
    now: float
    findings: tuple[str, ...]
    stages: tuple[str, ...]
    strategies: tuple[str, ...]
    moves: tuple[str, ...]

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """Return by how much it matters: stages first, then strategies, moves, findings."""
        return len(self.stages), len(self.strategies), len(self.moves), len(self.findings)

    def as_document(self) -> dict[str, Any]:
        """Return it as plain data, fit for JSON."""
        return {
            "threshold": self.name, "was": self.was, "now": self.now,
            "findings": list(self.findings), "stages": list(self.stages),
            "strategies": list(self.strategies), "moves": list(self.moves),
        }  # fmt: skip


def sensitivity(trial: Trial, accounts: Sequence[TriedAccount]) -> list[Moved]:
    """Return what each threshold changes for some accounts, what matters most first."""
    judged = [settle_case(a.case, trial.base, a.day, _ENGINE) for a in accounts]
    results: dict[int, AccountResult] = {}
    found = []
    for written in trial.written():
        for mutant, changed in trial.mutants(written):
            if mutant.kind == "threshold" and "=" in mutant.was:
                found.append(_moved(mutant, changed, trial, accounts, judged, results))
    return sorted(found, key=lambda m: (tuple(-n for n in m.weight), m.name, m.now))


def _moved(  # noqa: PLR0913 -- one threshold against all accounts
    mutant: Mutant,
    changed: Changed,
    trial: Trial,
    accounts: Sequence[TriedAccount],
    judged: Sequence[Settlement],
    results: dict[int, AccountResult],
) -> Moved:
    base = with_rules(changed.base, changed.rules.values())
    lists: dict[str, list[str]] = {key: [] for key in ("findings", "stage", "strategy", "moves")}
    for index, (account, before) in enumerate(zip(accounts, judged, strict=True)):
        if not _touches(changed, trial, before):
            continue
        after = settle_case(account.case, base, account.day, _ENGINE)
        if after.findings == before.findings:
            continue
        lists["findings"].append(account.name)
        if index not in results:
            results[index] = result_of(assemble(before, trial.base), trial.base)
        now, was = result_of(assemble(after, base), base), results[index]
        for key in ("stage", "strategy"):
            if getattr(now, key) != getattr(was, key):
                lists[key].append(account.name)
        if now.moves[:1] != was.moves[:1]:
            lists["moves"].append(account.name)
    name = mutant.was.partition(" = ")[0]
    owner = f"gaps.{mutant.written.name}" if mutant.written.owner == "gap" else mutant.written.name
    return Moved(
        f"{owner}.{name}", mutant.written.thresholds[name], mutant.thresholds[name],
        *(tuple(listed) for listed in lists.values()),
    )  # fmt: skip


def _touches(changed: Changed, trial: Trial, before: Settlement) -> bool:
    """Return whether a rule has another result for some entity of an account.

    The findings that it reads are those of the account as it is judged now.
    """
    readings = before.readings
    if changed.base is not trial.base:
        readings = Readings(readings.case, changed.base, readings.day)
        readings.settled = before.readings.settled
    for name in changed.concerned:
        rule = changed.rules.get(name, trial.rules[name])
        if rule is trial.rules[name] and changed.base is trial.base:
            continue
        for entity, truths in _ENGINE.apply(rule, readings):
            outcomes = before.outcomes.get((rule.finding, entity.kind, entity.id), ())
            for other, outcome in outcomes:
                if other.name == name and truths != (outcome.working, outcome.strict):
                    return True
    return False


def with_rules(base: KnowledgeBase, rules: Iterable[Rule]) -> KnowledgeBase:
    """Return a rule base in which rules of the same names are replaced.

    The condition of a strategy is a rule of its own, which follows the rule of the strategy.
    """
    by_name = {rule.name: rule for rule in rules}
    if not by_name:
        return base
    applies = {
        s.applies: s.id for s in base.strategies if s.applies in {*by_name} or s.id in by_name
    }
    made = []
    for rule in base.rules:
        new = by_name.get(rule.name, rule)
        if rule.status == DERIVED and applies.get(rule.name) in by_name:
            own = by_name[applies[rule.name]]
            new = replace(rule, when=own.when)
        made.append(new)
    return replace(base, rules=tuple(made))


def table(found: Iterable[Moved], shown: int) -> Iterator[str]:
    """Yield the thresholds that matter most, as a table, and how many change nothing."""
    listed = list(found)
    heads = f"{'was':>7}{'now':>7}{'stage':>7}{'strategy':>10}{'move':>6}{'finding':>9}"
    yield f"{'threshold':56}{heads}"
    for moved in listed[:shown]:
        stages, strategies, moves, findings = moved.weight
        if findings:
            yield (
                f"{moved.name:56}{moved.was:>7g}{moved.now:>7g}{stages:>7}{strategies:>10}"
                f"{moves:>6}{findings:>9}"
            )
    still = sum(not moved.findings for moved in listed)
    yield f"{len(listed)} moved thresholds, {still} of them change nothing in these accounts"
