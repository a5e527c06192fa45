"""The session engine: one account, on experta. The only module that imports experta.

Per stratum one wide fact per entity and reading enters the working memory: the values its rules
test, unknowns explicit, and the truths of what a pattern cannot say (nested alternatives, counts
over lists, exceptions). Each rule is two experta rules: one fires when nothing it asks is false,
one when all of it is true. Nothing is retracted and nothing negated, so no activation can go
stale.
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

from kam_expert.knowledge.condition import All, Condition, FactTest  # noqa: E402
from kam_expert.knowledge.rule import rule_truth  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import EntityView, Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

_TRUE, _OPEN, _FALSE = "true", "open", "false"
_WORDS = {True: _TRUE, None: _OPEN, False: _FALSE}


class _QuietMatcher(ReteMatcher):  # type: ignore[misc]
    """Does not rescan every rule after each firing: without new facts nothing can have changed."""

    def changes(self, adding: Any = None, deleting: Any = None) -> Any:
        if not adding and not deleting:
            return [], []
        return super().changes(adding, deleting)


class _Reading(experta.Fact):  # type: ignore[misc]
    """One entity of one stratum in one reading."""


class _Field:
    """A field of the wide fact: a fact's value, or the truth of a condition."""

    def __init__(self, name: str, condition: Condition, *, exception: bool = False) -> None:
        self.name = name
        self.condition = condition
        self.exception = exception
        self.by_value = isinstance(condition, FactTest) and not exception

    def value(self, view: EntityView) -> Any:
        """Give what stands in the field for *view*."""
        if isinstance(self.condition, FactTest) and self.by_value:
            return view.read(self.condition.ref)
        truth = self.condition.evaluate(view)
        if self.exception:
            # What is asked of an exception is that it is absent.
            truth = rule_truth(True, truth, strict=view.strict)  # noqa: FBT003 -- a truth
        return _WORDS[truth]

    def tests(self) -> tuple[Callable[[Any], bool], Callable[[Any], bool]]:
        """Give the predicates "is not false" and "is true" of the field."""
        condition = self.condition
        if isinstance(condition, FactTest) and self.by_value:
            check = condition.check
            return (lambda v: check(v) is not False), (lambda v: check(v) is True)
        return (lambda v: v != _FALSE), (lambda v: v == _TRUE)


class _Compiled:
    """A rule as experta sees it."""

    def __init__(self, rule: Rule, fields: Sequence[_Field]) -> None:
        self.rule = rule
        self.fields = fields


class SessionEngine:
    """Applies a rule base on experta. One engine a rule base and thread.

    Args:
        base: The rule base; its rules are compiled once.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._fields: dict[tuple[int, str], dict[str, _Field]] = {}
        self._predicates: dict[tuple[str, bool], Any] = {}
        self._fired: list[tuple[str, str, str, bool, bool]] = []
        self._thread = threading.get_ident()
        self._values: dict[FactTest, _Field] = {}
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
        rules = {}
        for index, certain in enumerate((False, True)):
            pattern = _Reading(stratum=stratum, kind=rule.kind)
            for field in fields:
                dict.__setitem__(pattern, field.name, self._predicate(field, index))
            dict.__setitem__(pattern, "id", experta.MATCH.identity)
            dict.__setitem__(pattern, "strict", experta.MATCH.strict)
            name = f"{rule.name}_{'true' if certain else 'not_false'}"
            rules[name] = experta.Rule(pattern)(self._action(rule, certain=certain))
        return rules

    def _field(self, rule: Rule, index: int, part: Condition) -> _Field:
        if isinstance(part, FactTest):
            return _Field(f"{part.ref}|{part.asks}", part)
        return _Field(f"{rule.name}/{index}", part)

    def _predicate(self, field: _Field, index: int) -> Any:
        # experta tells predicates apart by identity: the same test must be the same object.
        key = (field.name, bool(index))
        if key not in self._predicates:
            self._predicates[key] = experta.P(field.tests()[index])
        return self._predicates[key]

    def _action(self, rule: Rule, *, certain: bool) -> Callable[..., None]:
        fired = self._fired
        name, kind = rule.name, rule.kind

        def fire(engine: Any, identity: str, strict: str) -> None:
            del engine
            fired.append((name, kind, identity, strict == "yes", certain))

        return fire

    def apply(
        self, rules: Sequence[Rule], readings: Readings, stratum: int
    ) -> Iterator[tuple[Rule, Entity, Truth, Truth]]:
        """Give each rule and entity with its truth in the working and the strict reading."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("a session engine belongs to the thread that made it")
        if self._reset_for is not readings:
            self._engine.reset()
            self._reset_for = readings
        self._fired.clear()
        kinds = dict.fromkeys(rule.kind for rule in rules)
        facts = [
            self._wide_fact(readings, entity, stratum, strict=strict)
            for kind in kinds
            for entity in readings.entities(kind)
            for strict in (False, True)
        ]
        if facts:
            try:
                self._engine.declare(*facts)
                self._engine.run()
            except BaseException:
                # A half-run engine must not be used again as it is.
                self._reset_for = None
                self._engine.running = False
                raise
        level: dict[tuple[str, str, str, bool], Truth] = {}
        for name, kind, identity, strict, certain in self._fired:
            key = (name, kind, identity, strict)
            level[key] = True if certain else level.get(key)
        for rule in rules:
            for entity in readings.entities(rule.kind):
                key = (rule.name, rule.kind, entity.id)
                yield (
                    rule, entity,
                    level.get((*key, False), False), level.get((*key, True), False),
                )  # fmt: skip

    def _wide_fact(
        self, readings: Readings, entity: Entity, stratum: int, *, strict: bool
    ) -> _Reading:
        view = readings.view(entity, strict=strict)
        fact = _Reading()
        put = dict.__setitem__  # experta's own freezes every value again
        put(fact, "stratum", stratum)
        put(fact, "kind", entity.kind)
        put(fact, "id", entity.id)
        put(fact, "strict", "yes" if strict else "no")
        for field in self._fields[stratum, entity.kind].values():
            put(fact, field.name, field.value(view))
        return fact
