"""The session engine: one account, on experta. The only module that imports experta.

Per stratum one wide fact per entity and reading enters the working memory: the values its rules
test, unknowns explicit, and the truths of what a pattern cannot say (nested alternatives, counts
over lists, exceptions). Entities and readings that look the same to all rules of the stratum share
one. A rule fires when nothing that it asks is false, and its action notes whether all of it is
true. Nothing is retracted and nothing negated, so no activation can go stale.
"""

from __future__ import annotations

import collections
import collections.abc
import logging
import threading
from typing import TYPE_CHECKING, Any

# experta asks for names that Python 3.10 moved, and configures logging when imported.
if not hasattr(collections, "Mapping"):
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
_handlers = list(logging.getLogger().handlers)
import experta  # noqa: E402 -- needs the name above
from experta.matchers import ReteMatcher  # noqa: E402 -- as above

logging.getLogger().handlers[:] = _handlers

from kam_expert.knowledge.conditions.leaf import Leaf  # noqa: E402
from kam_expert.knowledge.conditions.logic import All  # noqa: E402
from kam_expert.knowledge.rule import rule_truth  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import EntityView, Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.base import Condition
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

_TRUE, _OPEN, _FALSE = "true", "open", "false"
_WORDS = {True: _TRUE, None: _OPEN, False: _FALSE}


class _QuietMatcher(ReteMatcher):
    """Does not rescan every rule after each firing: without new facts nothing can have changed."""

    def changes(self, adding: Any = None, deleting: Any = None) -> Any:
        if not adding and not deleting:
            return [], []
        return super().changes(adding, deleting)

    @staticmethod
    def prepare_ruleset(engine: Any) -> set[Any]:
        # experta would search each rule for a normal form; one pattern of plain fields is in it.
        # The copy is free of the engine, which experta passes to the action by itself.
        return {rule.new_conditions(*rule) for rule in engine.get_rules()}


def _value_leaf(condition: Condition) -> Leaf | None:
    """Return the condition if the value of one fact alone decides it."""
    return condition if isinstance(condition, Leaf) and condition.term.by_value else None


class _Field:
    """A field of the wide fact: a fact's value, or the truth of a condition."""

    def __init__(self, name: str, condition: Condition, *, exception: bool = False) -> None:
        self.name = name
        self.condition = condition
        self.exception = exception
        self.leaf = _value_leaf(condition) if not exception else None

    def value(self, view: EntityView) -> Any:
        """Return what stands in the field for *view*."""
        if self.leaf is not None:
            return self.leaf.term.value(view)
        truth = self.condition.evaluate(view)
        if self.exception:
            # What is asked of an exception is that it is absent.
            truth = rule_truth(True, truth, strict=view.strict)
        return _WORDS[truth]

    def possible(self) -> Callable[[Any], bool]:
        """Return the predicate "is not false" of what stands in the field."""
        if self.leaf is not None:
            check = self.leaf.check
            return lambda value: check(value) is not False
        return lambda value: value != _FALSE

    def certain(self, value: Any) -> bool:
        """Return whether *value*, which stands in the field, makes it true."""
        if self.leaf is not None:
            return self.leaf.check(value) is True
        return bool(value == _TRUE)


class SessionEngine:
    """Applies a rule base on experta. One engine a rule base and thread.

    Args:
        base: The rule base; its rules are compiled once.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._fields: dict[tuple[int, str], dict[str, _Field]] = {}
        # One class a stratum and kind: experta then looks at the rules of that class only.
        self._classes: dict[tuple[int, str], Any] = {}
        self._predicates: dict[str, Any] = {}
        self._fired: list[tuple[str, int]] = []
        self._asked: dict[str, list[_Field]] = {}
        self._thread = threading.get_ident()
        namespace: dict[str, Any] = {"__matcher__": _QuietMatcher}
        for stratum, names in enumerate(base.strata):
            for name in names:
                for rule in base.rules_for(name):
                    namespace.update(self._compile(rule, stratum))
        engine = type("_Engine", (experta.KnowledgeEngine,), namespace)
        self._engine = engine()
        # experta looks for these among all attributes at every reset.
        deffacts = self._engine.get_deffacts()
        self._engine.get_deffacts = lambda: deffacts
        self._reset_for: Readings | None = None

    def _compile(self, rule: Rule, stratum: int) -> dict[str, Any]:
        parts = rule.when.parts if isinstance(rule.when, All) else (rule.when,)
        fields = [self._field(rule, index, part) for index, part in enumerate(parts)]
        if rule.unless is not None:
            fields.append(_Field(f"{rule.name}/unless", rule.unless, exception=True))
        known = self._fields.setdefault((stratum, rule.kind), {})
        for field in fields:
            known[field.name] = field
        self._asked[rule.name] = fields
        pattern = self._class(stratum, rule.kind)()
        for field in fields:
            dict.__setitem__(pattern, field.name, self._predicate(field))
        dict.__setitem__(pattern, "number", experta.MATCH.number)
        return {rule.name: experta.Rule(pattern)(self._action(rule))}

    def _class(self, stratum: int, kind: str) -> Any:
        if (stratum, kind) not in self._classes:
            name = f"Stratum{stratum}{kind.title()}"
            self._classes[stratum, kind] = type(name, (experta.Fact,), {})
        return self._classes[stratum, kind]

    def _field(self, rule: Rule, index: int, part: Condition) -> _Field:
        if leaf := _value_leaf(part):
            return _Field(f"{leaf.term.label}|{leaf.asks}", part)
        return _Field(f"{rule.name}/{index}", part)

    def _predicate(self, field: _Field) -> Any:
        # experta tells predicates apart by identity: the same test must be the same object.
        if field.name not in self._predicates:
            self._predicates[field.name] = experta.P(field.possible())
        return self._predicates[field.name]

    def _action(self, rule: Rule) -> Callable[..., None]:
        fired = self._fired
        name = rule.name

        def fire(engine: Any, number: int) -> None:
            del engine
            fired.append((name, number))

        return fire

    def apply(
        self, rules: Sequence[Rule], readings: Readings, stratum: int
    ) -> Iterator[tuple[Rule, Entity, Truth, Truth]]:
        """Yield each rule and entity with its truth in the working and the strict reading."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("a session engine belongs to the thread that made it")
        if self._reset_for is not readings:
            self._engine.reset()
            self._reset_for = readings
        self._fired.clear()
        facts, numbers = self._wide_facts(rules, readings, stratum)
        if facts:
            try:
                self._engine.declare(*facts)
                self._engine.run()
            except BaseException:
                # A half-run engine must not be used again as it is.
                self._reset_for = None
                self._engine.running = False
                raise
        level: dict[tuple[str, int], Truth] = {}
        for name, number in self._fired:
            fact = facts[number]
            certain = all(field.certain(fact[field.name]) for field in self._asked[name])
            level[name, number] = True if certain else None
        for rule in rules:
            for entity in readings.entities(rule.kind):
                working, strict = (
                    level.get((rule.name, numbers[entity.kind, entity.id, reading]), False)
                    for reading in (False, True)
                )
                yield rule, entity, working, strict

    def _wide_facts(
        self, rules: Sequence[Rule], readings: Readings, stratum: int
    ) -> tuple[list[Any], dict[tuple[str, str, bool], int]]:
        """Return the facts to declare, and the number of the fact of each entity and reading."""
        facts: list[Any] = []
        numbers: dict[tuple[str, str, bool], int] = {}
        for kind in dict.fromkeys(rule.kind for rule in rules):
            fields = tuple(self._fields[stratum, kind].values())
            alike: dict[tuple[Any, ...], int] = {}
            for entity in readings.entities(kind):
                for strict in (False, True):
                    view = readings.view(entity, strict=strict)
                    values = tuple(field.value(view) for field in fields)
                    if values not in alike:
                        alike[values] = len(facts)
                        facts.append(self._wide_fact(stratum, kind, fields, values, len(facts)))
                    numbers[kind, entity.id, strict] = alike[values]
        return facts, numbers

    def _wide_fact(
        self,
        stratum: int,
        kind: str,
        fields: Sequence[_Field],
        values: Sequence[Any],
        number: int,
    ) -> Any:
        fact = self._classes[stratum, kind]()
        put = dict.__setitem__  # experta's own freezes every value again
        put(fact, "number", number)
        for field, value in zip(fields, values, strict=True):
            put(fact, field.name, value)
        return fact
