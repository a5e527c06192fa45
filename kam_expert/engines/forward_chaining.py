"""Forward chaining on experta: one account, one run. The only module that imports experta.

What is told of each entity enters the working memory as one fact. Rules match these facts, and
each asserts what it concludes. When no rule of a stratum is left on the agenda, a rule of lower
priority settles the stratum: it asserts every finding about every entity, absent ones too. Another
opens the next stratum, whose rules match the asserted findings; the stage is asserted likewise.

A fact says both readings. A rule fires when nothing that it needs is false in both of them. Nothing
is retracted and nothing negated, so no activation can go stale.
"""

from __future__ import annotations

import collections
import collections.abc
import inspect
import logging
import threading
from typing import TYPE_CHECKING, Any

# experta asks for names that Python 3.10 moved, and configures logging when imported.
if not hasattr(collections, "Mapping"):
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
_handlers = list(logging.getLogger().handlers)
import experta  # noqa: E402 -- needs the name above
from experta.matchers import ReteMatcher  # noqa: E402 -- as above
from experta.matchers.rete.mixins import NoMemory  # noqa: E402 -- as above
from experta.matchers.rete.nodes import ConflictSetNode  # noqa: E402 -- as above
from experta.matchers.rete.token import Token  # noqa: E402 -- as above
from experta.strategies import DepthStrategy  # noqa: E402 -- as above

logging.getLogger().handlers[:] = _handlers

from kam_expert.engines.patterns import Field, MatchedView, parts_of, possible  # noqa: E402
from kam_expert.engines.settling import Settlement, settle_stage, settle_stratum  # noqa: E402
from kam_expert.knowledge.about import About  # noqa: E402
from kam_expert.knowledge.stage import UNDETERMINED, truth_of_stage  # noqa: E402
from kam_expert.knowledge.status import Outcome, Settled  # noqa: E402
from kam_expert.knowledge.values import all_of  # noqa: E402
from kam_expert.results.inquiry import Asserted, Firing  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kam_expert.engines.patterns import Part, Views
    from kam_expert.engines.settling import Key, Truths
    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule

_ABSENT = Settled("absent", firm=True, working=False, strict=False)


class _Fact(experta.Fact):
    """A fact or a pattern, known by its identity: experta hashes all that it says."""

    __hash__ = object.__hash__


class _Told(_Fact):
    """What is told of an entity: a field for each thing that rules test. A class for each kind."""


class _Conclusion(_Fact):
    """What a rule makes of an entity, in both readings."""


class _Finding(_Fact):
    """A settled finding about an entity. A class for each finding."""


class _Stratum(_Fact):
    """A stratum that is settled."""


class _Phase(_Fact):
    """A stratum that is open: what its rules read is settled."""


class _Stage(_Fact):
    """The stage, settled."""


def _fact(of: Any, **fields: Any) -> Any:
    fact = of()
    dict.update(fact, fields)  # experta's own freezes every value again
    return fact


class _Token(Token):
    """A token that is not checked again each time a node copies it."""

    def copy(self) -> _Token:
        parts = (self.tag, self.data.copy(), self.context.copy())
        return tuple.__new__(type(self), parts)


class _Matcher(ReteMatcher):
    """Looks at the rules that name the class of a fact, and at none where no rule does.

    experta offers each fact to every class, asks every rule for news after each firing, and keeps
    the list of these for one engine at a time.
    """

    def build_network(self) -> None:
        super().build_network()
        self._entry = {child.node.matcher.fact_type: child for child in self.root_node.children}
        nodes = dict.fromkeys(_below(self.root_node))
        self._rules = [node for node in nodes if isinstance(node, ConflictSetNode)]
        self._memories = [node for node in nodes if not isinstance(node, NoMemory)]

    @staticmethod
    def prepare_ruleset(engine: Any) -> set[Any]:
        # experta would search each rule for a normal form; a list of positive patterns is in it.
        # The copy is free of the engine, which experta passes to the action by itself.
        return {rule.new_conditions(*rule) for rule in engine.get_rules()}

    def changes(self, adding: Any = None, deleting: Any = None) -> Any:
        found: tuple[list[Any], list[Any]] = [], []
        tokens = [_Token.invalid(fact) for fact in deleting or ()]
        tokens += [_Token.valid(fact) for fact in adding or ()]
        entries = [(self._entry.get(type(*token.data)), token) for token in tokens]
        if any(entry for entry, _ in entries):
            for entry, token in entries:
                if entry:
                    entry.callback(token)
            for rule in self._rules:
                if rule.added or rule.removed:
                    for all_, new in zip(found, rule.get_activations(), strict=True):
                        all_.extend(new)
        return found

    def reset(self) -> None:
        for node in self._memories:
            node._reset()  # noqa: SLF001 -- experta's own goes through all nodes, many twice


def _below(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from _below(child.node)


class _RuleOrder(DepthStrategy):
    """The rule of highest salience first. Each has one of its own: the order is always the same."""

    def get_key(self, activation: Any) -> Any:
        # Not cached, as experta does: the cache would keep the facts of accounts.
        facts = sorted((fact["__factid__"] for fact in activation.facts), reverse=True)
        return activation.rule.salience, facts


class SessionEngine:
    """Applies a rule base on experta. Serves one thread at a time.

    Args:
        base: The rule base; its rules are compiled once.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._fields: dict[str, dict[Any, Field]] = {}
        self._told: dict[str, Any] = {}
        self._findings = {name: type(name, (_Finding,), {"name": name}) for name in base.findings}
        # experta takes predicates for equal by identity: the same test must be the same object.
        self._predicates: dict[Field, Any] = {}
        self._views: dict[tuple[str, str], Views] = {}
        self._case = Settlement(None)  # type: ignore[arg-type] # the account of the current run
        self._rules = {
            rule.name: (stratum, rule)
            for stratum, names in enumerate(base.strata)
            for name in names
            for rule in base.rules_for(name)
        }
        namespace = {"__matcher__": _Matcher, "__strategy__": _RuleOrder, **self._control()}
        for place, (stratum, rule) in enumerate(self._rules.values()):
            salience = len(self._rules) - place
            namespace[f"rule {rule.name}"] = self._compiled(rule, stratum, salience)
        self._class = type("_Engine", (experta.KnowledgeEngine,), namespace)
        self._engine = self._made()

    def _made(self) -> Any:
        engine = self._class()
        # experta looks for these among all attributes at every reset.
        deffacts = engine.get_deffacts()
        engine.get_deffacts = lambda: deffacts
        return engine

    # Rules of the rule base

    def _compiled(self, rule: Rule, stratum: int, salience: int) -> Any:
        parts = parts_of(rule)
        waiting = [part for part in parts if stratum and part.waits]
        fields = [self._field(rule.kind, part) for part in parts if part not in waiting]
        told = _fact(
            self._told_class(rule.kind), **{field.name: self._predicate(field) for field in fields}
        )
        told.__bind__ = "told"
        patterns = [told]
        if stratum:
            dict.update(told, about=experta.MATCH.about)
            patterns.append(_fact(_Phase, number=stratum))
            patterns += self._conclusions_read(rule.kind, waiting)
        if any(part.finding is None and part.stage is None for part in waiting):
            patterns.append(self._test(rule.kind, waiting))
        return experta.Rule(*patterns, salience=salience)(self._action(rule, fields, waiting))

    def _told_class(self, kind: str) -> Any:
        if kind not in self._told:
            self._told[kind] = type(kind, (_Told,), {})
        return self._told[kind]

    def _field(self, kind: str, part: Part) -> Field:
        known = self._fields.setdefault(kind, {})
        key = part if part.test is None else (part.test.term.label, str(part.test.asks))
        if key not in known:
            known[key] = Field(f"field_{len(known)}", part)
        return known[key]

    def _predicate(self, field: Field) -> Any:
        if field not in self._predicates:
            self._predicates[field] = experta.P(field.possible)
        return self._predicates[field]

    def _conclusions_read(self, kind: str, waiting: list[Part]) -> Iterator[Any]:
        """Yield a pattern for each asserted fact that parts of a rule for *kind* read."""
        alone = {part.finding for part in waiting}
        for name in dict.fromkeys(name for part in waiting for name in part.findings):
            about = self._base.findings[name].about
            truths = experta.P(possible) if name in alone else experta.W()
            pattern = _fact(self._findings[name], kind=about, truths=f"finding_{name}" << truths)
            if about == kind != "account":
                dict.update(pattern, about=experta.MATCH.about)
            yield pattern
        if any(part.stages for part in waiting):
            stages = experta.W()
            for part in waiting:
                if part.stage is not None:
                    stages = experta.P(_may_be(part.stage))
            yield _fact(_Stage, stages="stages" << stages)

    def _test(self, kind: str, waiting: list[Part]) -> Any:
        def test(**matched: Any) -> bool:
            return all(map(possible, self._judged(kind, waiting, matched)))

        names = [f"finding_{name}" for part in waiting for name in part.findings]
        names += ["stages"] if any(part.stages for part in waiting) else []
        # experta passes what the parameters name.
        parameters = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
            for name in dict.fromkeys(["about", *names])
        ]
        test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return experta.TEST(test)

    def _judged(self, kind: str, waiting: list[Part], matched: dict[str, Any]) -> list[Truths]:
        """Return the truths of parts by the facts that were matched."""
        findings = {
            name.removeprefix("finding_"): truths
            for name, truths in matched.items()
            if name.startswith("finding_")
        }
        stages = matched.get("stages", ())
        working, strict = self._views[kind, matched["about"]]
        views = (MatchedView(working, findings, stages), MatchedView(strict, findings, stages))
        return [part.truths(views) for part in waiting]

    def _action(self, rule: Rule, fields: list[Field], waiting: list[Part]) -> Callable[..., None]:
        def conclude(engine: Any, told: Any, **matched: Any) -> None:
            found = [field.truths(told[field.name]) for field in fields]
            if waiting:
                found += self._judged(rule.kind, waiting, matched)
            truths = all_of(truths[0] for truths in found), all_of(truths[1] for truths in found)
            if possible(truths):
                about = told["about"]
                engine.declare(_fact(_Conclusion, rule=rule.name, about=about, truths=truths))

        return conclude

    # Rules that lead from stratum to stratum

    def _control(self) -> dict[str, Any]:
        """Return the rules that settle and open strata, and the one for the stage."""
        strata, stage = len(self._base.strata), self._base.stage_stratum
        last = max(strata - 1, stage)
        first = len(self._rules) + 1
        open_ = _fact(_Phase, number="number" << experta.P(lambda n: n < strata), given=False)
        settled = _fact(_Stratum, number="number" << experta.P(lambda n: n < last))
        features = _fact(_Phase, number=stage, given=False)
        return {
            "settle the stage": experta.Rule(features, salience=first)(self._settle_stage),
            "settle a stratum": experta.Rule(open_, salience=0)(self._settle_stratum),
            "open a stratum": experta.Rule(settled, salience=-1)(self._open_stratum),
        }

    def _settle_stratum(self, engine: Any, number: int) -> None:
        concluded = {
            (fact["rule"], fact["about"]): fact["truths"]
            for fact in engine.facts.values()
            if isinstance(fact, _Conclusion)
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
        engine.declare(_fact(_Stratum, number=number))

    def _finding(self, key: Key, settled: Settled) -> Any:
        name, kind, about = key
        truths = settled.working, settled.strict
        of = self._findings[name]
        return _fact(
            of, kind=kind, about=about, truths=truths, status=settled.status, firm=settled.firm
        )

    def _open_stratum(self, engine: Any, number: int) -> None:
        # Lists whose members are asked for findings see those that were asserted.
        self._case.readings.settled.findings = {
            (fact.name, fact["kind"], fact["about"]): fact["truths"]
            for fact in engine.facts.values()
            if isinstance(fact, _Finding)
        }
        engine.declare(_fact(_Phase, number=number + 1, given=False))

    def _settle_stage(self, engine: Any) -> None:
        settle_stage(self._case, self._base)
        stages, verdict = self._case.possible_stages, self._case.verdict
        engine.declare(_fact(_Stage, stages=stages, verdict=verdict))

    # Running

    def settle(self, readings: Readings) -> Settlement:
        """Apply all rules to a case of which nothing is settled yet."""
        with self._lock:
            return self._settled(readings)

    def _settled(self, readings: Readings) -> Settlement:
        self._case = Settlement(readings)
        first = _fact(_Phase, number=0, given=False)
        self._run([*self._tell(readings, self._told), first])
        return self._case

    def apply(self, rule: Rule, readings: Readings) -> Iterable[tuple[Entity, Truths]]:
        """Apply one rule to a case for which the findings and the stage that it reads are given."""
        with self._lock:
            self._case = Settlement(readings)
            given = self._given(rule, readings)
            self._run([*self._tell(readings, [rule.kind]), *given])
            concluded = {
                fact["about"]: fact["truths"]
                for fact in self._engine.facts.values()
                if isinstance(fact, _Conclusion) and fact["rule"] == rule.name
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
        yield _fact(_Stage, stages=settled.stages or (anything, anything), verdict="")
        yield _fact(_Phase, number=self._rules[rule.name][0], given=True)

    def _tell(self, readings: Readings, kinds: Iterable[str]) -> Iterator[Any]:
        """Yield what is told of each entity; the last one is the first to fire a rule."""
        self._views.clear()
        for kind in kinds:
            fields = self._fields.get(kind, {}).values()
            for entity in reversed(readings.entities(kind)):
                views = readings.view(entity, strict=False), readings.view(entity, strict=True)
                self._views[kind, entity.id] = views
                values = {field.name: field.value(views) for field in fields}
                yield _fact(self._told[kind], about=entity.id, **values)

    def _run(self, facts: list[Any]) -> None:
        try:
            self._engine.reset()
            self._engine.declare(*facts)
            self._engine.run()
        except BaseException:
            # What was half matched would fire in the next run.
            self._engine = self._made()
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
            if isinstance(fact, _Finding):
                about = self._about(fact["kind"], fact["about"])
                settled.append(
                    Asserted("finding", fact.name, about, fact["status"], firm=fact["firm"])
                )
                continue
            if isinstance(fact, _Conclusion):
                rule = self._rules[fact["rule"]][1]
                outcome = Outcome(rule.strength, rule.fact_names, *fact["truths"]).word
                about = self._about(rule.kind, fact["about"])
                asserts = [Asserted("conclusion", rule.finding, about, outcome)]
            elif isinstance(fact, _Stage):
                account = self._case.readings.case.account
                asserts = [Asserted("stage", fact["verdict"], About(account.kind, account.id))]
            elif isinstance(fact, _Stratum):
                asserts, settled = settled, []
            elif isinstance(fact, _Phase) and fact["number"] > 0:
                asserts = [Asserted("stratum", str(fact["number"] + 1))]
            else:
                continue
            number += 1
            yield Firing(number, None if rule is None else rule.name, tuple(asserts))

    def _about(self, kind: str, identity: str) -> About:
        views = self._views.get((kind, identity))
        return About(kind, identity) if views is None else views[0].about


def _may_be(names: frozenset[str]) -> Callable[[Any], bool]:
    def may_be(stages: Any) -> bool:
        return any(truth_of_stage(possible, names) is not False for possible in stages)

    return may_be
