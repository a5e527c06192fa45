"""Forward chaining on experta: one account, one run.

The answers about each entity enter the working memory as one fact. Rules match these facts, and
each asserts what it concludes. When no rule of a stratum is left on the agenda, a rule of lower
priority settles the stratum: it asserts every finding about every entity, absent ones too. Another
opens the next stratum, whose rules match the asserted findings; the stage is asserted likewise.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from kam_expert.engines import rete
from kam_expert.engines.rule_compiler import RuleCompiler
from kam_expert.engines.settling import Settlement, settle_stage, settle_stratum
from kam_expert.knowledge.about import About
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import Outcome, Settled
from kam_expert.results.inquiry import Asserted, Firing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.engines.settling import Key, Truths
    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule

_ABSENT = Settled("absent", firm=True, working=False, strict=False)


class ForwardChainingEngine:
    """Applies a rule base with experta. Threads that share it run one after the other.

    Args:
        base: The rule base; its rules are compiled once.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._compiler = RuleCompiler(base)
        self._case: Settlement  # of the current run
        self._facts_read = 0  # in the current run
        self._rules = {
            rule.name: (stratum, rule)
            for stratum, names in enumerate(base.strata)
            for name in names
            for rule in base.rules_for(name)
        }
        namespace = self._control()
        for place, (stratum, rule) in enumerate(self._rules.values()):
            salience = len(self._rules) - place
            namespace[f"rule {rule.name}"] = self._compiler.compiled(rule, stratum, salience)
        self._class = type("_Engine", (rete.ChainingEngine,), namespace)
        self._engine = self._class()

    # Rules that lead from stratum to stratum

    def _control(self) -> dict[str, Any]:
        """Return the rules that settle and open strata, and the one for the stage."""
        strata, stage = len(self._base.strata), self._base.stage_stratum
        last = max(strata - 1, stage)
        first = len(self._rules) + 1
        open_ = rete.new_fact(
            rete.OpenStratum, number="number" << rete.P(lambda n: n < strata), given=False
        )
        settled = rete.new_fact(rete.SettledStratum, number="number" << rete.P(lambda n: n < last))
        features = rete.new_fact(rete.OpenStratum, number=stage, given=False)
        return {
            "settle the stage": rete.Rule(features, salience=first)(self._settle_stage),
            "settle a stratum": rete.Rule(open_, salience=0)(self._settle_stratum),
            "open a stratum": rete.Rule(settled, salience=-1)(self._open_stratum),
        }

    def _settle_stratum(self, engine: Any, number: int) -> None:
        concluded = {
            (fact["rule"], fact["about"]): fact["truths"]
            for fact in self._unread(engine)
            if isinstance(fact, rete.ConclusionFact)
        }
        silent: Truths = (False, False)
        found = settle_stratum(
            self._case,
            number,
            lambda rule, entity: concluded.get((rule.name, entity.id), silent),
        )
        for name in self._base.strata[number]:
            for entity in self._case.readings.entities(self._base.findings[name].about):
                found.setdefault((name, entity.kind, entity.id), _ABSENT)
        engine.declare(*(self._finding(key, settled) for key, settled in found.items()))
        engine.declare(rete.new_fact(rete.SettledStratum, number=number))

    def _finding(self, key: Key, settled: Settled) -> Any:
        name, kind, about = key
        truths = settled.working, settled.strict
        of = self._compiler.findings[name]
        return rete.new_fact(
            of, kind=kind, about=about, truths=truths, status=settled.status, firm=settled.firm
        )

    def _open_stratum(self, engine: Any, number: int) -> None:
        # Conditions on findings of list members read the asserted findings.
        self._case.readings.settled.findings.update(_findings_in(self._unread(engine)))
        engine.declare(rete.new_fact(rete.OpenStratum, number=number + 1, given=False))

    def _unread(self, engine: Any) -> list[Any]:
        """Return the facts asserted since the last call: those of one stratum."""
        found = list(islice(engine.facts.values(), self._facts_read, None))
        self._facts_read += len(found)
        return found

    def _settle_stage(self, engine: Any) -> None:
        settle_stage(self._case, self._base)
        stages, verdict = self._case.possible_stages, self._case.verdict
        engine.declare(rete.new_fact(rete.StageFact, stages=stages, verdict=verdict))

    # Running

    def settle(self, readings: Readings) -> Settlement:
        """Apply all rules to a case without settled findings."""
        with self._lock:
            return self._settled(readings)

    def _settled(self, readings: Readings) -> Settlement:
        self._case = Settlement(readings)
        first = rete.new_fact(rete.OpenStratum, number=0, given=False)
        self._run([*self._answers(readings, self._compiler.answers), first])
        readings.settled.findings = _findings_in(self._engine.facts.values())
        return self._case

    def apply(self, rule: Rule, readings: Readings) -> Iterable[tuple[Entity, Truths]]:
        """Apply one rule to a case where the findings and the stage that it reads are settled."""
        with self._lock:
            self._case = Settlement(readings)
            given = self._given(rule, readings)
            self._run([*self._answers(readings, [rule.kind]), *given])
            concluded = {
                fact["about"]: fact["truths"]
                for fact in self._engine.facts.values()
                if isinstance(fact, rete.ConclusionFact) and fact["rule"] == rule.name
            }
        silent: Truths = (False, False)
        return [(e, concluded.get(e.id, silent)) for e in readings.entities(rule.kind)]

    def _given(self, rule: Rule, readings: Readings) -> Iterator[Any]:
        settled = readings.settled
        for name in rule.findings_read():
            for entity in readings.entities(self._base.findings[name].about):
                working, strict = (
                    settled.finding(name, entity.kind, entity.id, strict=reading)
                    for reading in (False, True)
                )
                key = (name, entity.kind, entity.id)
                yield self._finding(key, Settled("given", False, working, strict))
        anything = frozenset((*self._base.stage_model.names, UNDETERMINED))
        yield rete.new_fact(
            rete.StageFact, stages=settled.stages or (anything, anything), verdict=""
        )
        yield rete.new_fact(rete.OpenStratum, number=self._rules[rule.name][0], given=True)

    def _answers(self, readings: Readings, kinds: Iterable[str]) -> Iterator[Any]:
        """Yield a fact with the answers about each entity; the last one fires rules first."""
        self._compiler.views.clear()
        for kind in kinds:
            fields = self._compiler.fields.get(kind, {}).values()
            for entity in reversed(readings.entities(kind)):
                views = readings.view(entity, strict=False), readings.view(entity, strict=True)
                self._compiler.views[kind, entity.id] = views
                values = {field.name: field.value(views) for field in fields}
                yield rete.new_fact(self._compiler.answers[kind], about=entity.id, **values)

    def _run(self, facts: list[Any]) -> None:
        try:
            self._engine.reset()
            self._facts_read = 0
            self._engine.declare(*facts)
            self._engine.run()
        except BaseException:
            # Partial matches would otherwise fire in the next run.
            self._engine = self._class()
            raise

    def trace(self, readings: Readings) -> tuple[Settlement, tuple[Firing, ...]]:
        """Apply all rules as `settle` does, and return what fired with what it asserted."""
        with self._lock:
            settlement = self._settled(readings)
            return settlement, tuple(self._firings())

    def _firings(self) -> Iterator[Firing]:
        settled: list[Asserted] = []
        number = 0
        for fact in self._engine.facts.values():
            rule = None
            if isinstance(fact, rete.FindingFact):
                about = self._about(fact["kind"], fact["about"])
                settled.append(
                    Asserted("finding", fact.name, about, fact["status"], firm=fact["firm"])
                )
                continue
            if isinstance(fact, rete.ConclusionFact):
                rule = self._rules[fact["rule"]][1]
                outcome = Outcome(rule.strength, rule.fact_names, *fact["truths"]).word
                about = self._about(rule.kind, fact["about"])
                asserts = [Asserted("conclusion", rule.finding, about, outcome)]
            elif isinstance(fact, rete.StageFact):
                account = self._case.readings.case.account
                asserts = [Asserted("stage", fact["verdict"], About(account.kind, account.id))]
            elif isinstance(fact, rete.SettledStratum):
                asserts, settled = settled, []
            elif isinstance(fact, rete.OpenStratum) and fact["number"] > 0:
                asserts = [Asserted("stratum", str(fact["number"] + 1))]
            else:
                continue
            number += 1
            yield Firing(number, None if rule is None else rule.name, tuple(asserts))

    def _about(self, kind: str, identity: str) -> About:
        views = self._compiler.views.get((kind, identity))
        return About(kind, identity) if views is None else views[0].about


def _findings_in(facts: Iterable[Any]) -> dict[Key, Truths]:
    """Return the findings among asserted facts, with their truths."""
    return {
        (fact.name, fact["kind"], fact["about"]): fact["truths"]
        for fact in facts
        if isinstance(fact, rete.FindingFact)
    }


@lru_cache(maxsize=4)
def engine_of(base: KnowledgeBase) -> ForwardChainingEngine:
    """Return the engine of a rule base. The rules are compiled once and the engine is shared."""
    return ForwardChainingEngine(base)
