"""Try mutants against the cases of rules: which of them no case notices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.engines.rule_cases import outcome_of, readings_of, status_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.conditions.logic import EVERYTHING
from kam_expert.knowledge.conditions.parser import ConditionParser
from kam_expert.knowledge.conditions.scope import GROUPS, Scope
from kam_expert.knowledge.integrity import stale_grounds
from kam_expert.knowledge.rule import DERIVED
from kam_expert.knowledge.yaml_reader import Map, Seq
from kam_expert.workshop.exhaustive import assignments, truth
from kam_expert.workshop.mutants import KINDS, mutants_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.facts.readings import Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.rule import Rule, RuleCase
    from kam_expert.workshop.mutants import Kind, Mutant
    from kam_expert.workshop.sources import RuleSources, WrittenCondition

_ENGINE = PlainEngine()


@dataclass(frozen=True)
class Changed:
    """What a mutant makes of the rule base.

    Attributes:
        rules: The changed rules by name.
        base: The rule base in which cases are read; the same object where only rules changed.
        concerned: The names of the rules whose cases may notice.
    """

    rules: Mapping[str, Rule]
    base: KnowledgeBase
    concerned: tuple[str, ...]


@dataclass
class Score:
    """How many mutants of each kind the cases notice, and how many are equivalent."""

    tried: Counter[Kind] = field(default_factory=Counter)
    noticed: Counter[Kind] = field(default_factory=Counter)
    equivalent: Counter[Kind] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Yield the table."""
        yield f"{'kind':22}{'mutants':>9}{'noticed':>9}{'equivalent':>12}{'of others':>11}"
        for kind in KINDS:
            if self.tried[kind]:
                counts = (self.tried[kind], self.noticed[kind], self.equivalent[kind])
                yield self._line(kind, *counts)
        counts = (self.tried.total(), self.noticed.total(), self.equivalent.total())
        yield self._line("all", *counts)

    @staticmethod
    def _line(name: str, tried: int, noticed: int, equivalent: int) -> str:
        others = tried - equivalent
        share = 100 * noticed / others if others else 100
        return f"{name:22}{tried:>9}{noticed:>9}{equivalent:>12}{share:>10.1f}%"


class Trial:
    """Runs mutants against the cases of rules, on the plain engine.

    Args:
        sources: The rule base as written.
    """

    def __init__(self, sources: RuleSources) -> None:
        self.sources = sources
        self.base = sources.base
        self.rules = {
            rule.name: rule
            for rule in (*self.base.rules, *self.base.definition_rules)
            if rule.status != DERIVED
        }
        self._read: dict[str, list[tuple[RuleCase, Readings]]] = {}
        self._scope = sources.scope()

    def written(self) -> Iterator[WrittenCondition]:
        """Yield everything that has mutants."""
        sources = self.sources
        yield from sources.rules
        yield from sources.strategies
        yield from sources.definitions
        yield from sources.impossible
        yield from sources.gaps

    def mutants(self, written: WrittenCondition) -> Iterator[tuple[Mutant, Changed]]:
        """Yield the valid mutants of one thing, with what each makes of the rule base."""
        for mutant in mutants_of(written, self.base):
            changed = self.changed(mutant)
            if changed is not None:
                yield mutant, changed

    def run(
        self, written: Iterable[WrittenCondition], score: Score
    ) -> Iterator[tuple[Mutant, Changed]]:
        """Yield the mutants that no case notices, and add all of them to the score."""
        for each in written:
            for mutant, changed in self.mutants(each):
                score.tried[mutant.kind] += 1
                if self.notices(changed):
                    score.noticed[mutant.kind] += 1
                elif self.is_equivalent(mutant, changed):
                    score.equivalent[mutant.kind] += 1
                else:
                    yield mutant, changed

    def is_equivalent(self, mutant: Mutant, changed: Changed) -> bool:
        """Return whether no combination of answers at the borders distinguishes a mutant.

        False where that is not proved.
        """
        base, name = self.base, mutant.written.name
        if mutant.strength is not None:
            return self._says_nothing_new(self.rules[name], mutant.strength)
        match mutant.written.owner:
            case "rule" | "strategy":
                rules = (self.rules[name], changed.rules[name])
                views = assignments([part for r in rules for part in r.conditions()], base)
                return views is not None and all(
                    truth(rules[0], each) is truth(rules[1], each)
                    for view in views
                    for each in (view, replace(view, strict=True))
                )
            case "definition":
                one, two = base.definitions[name][1], changed.base.definitions[name][1]
            case "impossible":
                one, two = base.impossible[name], changed.base.impossible[name]
            case _:
                return False
        views = assignments((one, two), base)
        return views is not None and all(one.evaluate(v) is two.evaluate(v) for v in views)

    def _says_nothing_new(self, rule: Rule, strength: str) -> bool:
        """Return whether another rule establishes the finding wherever a rule holds or may hold.

        Then it makes no difference whether the rule establishes it or suggests it.
        """
        if "hints" in (strength, rule.strength):
            return False
        for other in self.base.rules_for(rule.finding):
            if other.strength != "establishes" or other.name == rule.name:
                continue
            views = assignments((*rule.conditions(), *other.conditions()), self.base)
            strict = (replace(view, strict=True) for view in views or ())
            pairs = [(truth(rule, view), truth(other, view)) for view in strict]
            if pairs and all(
                found is True if own is True else own is False or found is not False
                for own, found in pairs
            ):
                return True
        return False

    def notices(self, changed: Changed) -> bool:
        """Return whether some case has another result."""
        for rule, case, readings in self._cases(changed):
            if outcome_of(rule, readings, _ENGINE) != case.expect:
                return True
            if case.finding and case.finding != status_of(rule, readings, _ENGINE, changed.rules):
                return True
        return False

    def _cases(self, changed: Changed) -> Iterator[tuple[Rule, RuleCase, Readings]]:
        for name in changed.concerned:
            rule = changed.rules.get(name, self.rules[name])
            if changed.base is self.base:
                for case, readings in self.cases(name):
                    yield rule, case, readings
            else:
                for case in rule.cases:
                    yield rule, case, readings_of(rule, case, changed.base)

    def cases(self, name: str) -> list[tuple[RuleCase, Readings]]:
        """Return the cases of a rule, read."""
        if name not in self._read:
            rule = self.rules[name]
            self._read[name] = [(c, readings_of(rule, c, self.base)) for c in rule.cases]
        return self._read[name]

    # What a mutant changes

    def changed(self, mutant: Mutant) -> Changed | None:
        """Return what a mutant makes of the rule base; None where it is not valid."""
        match mutant.written.owner:
            case "rule" | "strategy":
                return self._changed_rule(mutant)
            case "definition":
                return self._changed_definition(mutant)
            case "impossible":
                return self._changed_impossible(mutant)
            case "gap":
                return self._changed_gap(mutant)

    def _changed_rule(self, mutant: Mutant) -> Changed | None:
        name = mutant.written.name
        rule = self._reparsed(mutant.written, mutant.node, mutant.thresholds, self._scope)
        if rule is None:
            return None
        if mutant.strength is not None:
            rule = replace(rule, strength=mutant.strength)
            if any(stale_grounds(rule, self.base)):
                return None  # the check of the rule base finds it
        same = [r.name for r in self.base.rules_for(rule.finding) if r.status != DERIVED]
        others = [other for other in same if other != name]
        return Changed({name: rule}, self.base, (name, *others))

    def _reparsed(
        self, written: WrittenCondition, node: Map, thresholds: Mapping[str, float], scope: Scope
    ) -> Rule | None:
        parts = self.sources.parsed(written, node, scope, thresholds)
        if parts is None:
            return None
        when, unless = parts
        rule = self.rules[written.name]
        if written.owner == "rule":
            return replace(rule, when=when or EVERYTHING, unless=unless)
        strategies = self.base.strategies
        place = next(i for i, s in enumerate(strategies) if s.id == written.name)
        earlier = tuple(s.applies for s in strategies[:place] if s.applies)
        *_, own = strategies[place].rules(
            rule.file, when or EVERYTHING, unless, earlier, (rule.thresholds, rule.cases)
        )
        return own

    @cached_property
    def _by_definition(self) -> dict[str, frozenset[str]]:
        """Return the definitions that change with each definition, itself among them."""
        names = [written.name for written in self.sources.definitions]
        uses = {w.name: frozenset(_defined(w.node["when"])) for w in self.sources.definitions}
        found: dict[str, frozenset[str]] = {}
        for name in names:
            changed = {name}
            for other in names:  # a definition names earlier ones only
                if changed & uses[other]:
                    changed.add(other)
            found[name] = frozenset(changed)
        return found

    def _changed_definition(self, mutant: Mutant) -> Changed | None:
        sources, base = self.sources, self.base
        moved = self._by_definition[mutant.written.name]
        definitions: dict[str, tuple[str, Condition]] = {}
        for written in sources.definitions:
            if written.name not in moved:
                definitions[written.name] = base.definitions[written.name]
                continue
            own = written.name == mutant.written.name
            node = mutant.node if own else written.node
            chosen = mutant.thresholds if own else None
            parts = sources.parsed(written, node, sources.scope(definitions), chosen)
            if parts is None or parts[0] is None:
                return None
            definitions[written.name] = (written.kind, parts[0])
        scope = sources.scope(definitions)
        rules: dict[str, Rule] = {}
        for written in (*sources.rules, *sources.strategies):
            if moved & frozenset(_defined(written.node)):
                rule = self._reparsed(written, written.node, written.thresholds, scope)
                assert rule is not None  # noqa: S101 -- the written condition is valid
                rules[written.name] = rule
        for rule in base.definition_rules:
            name = rule.name.removeprefix("definition ")
            if name in moved:
                rules[rule.name] = replace(rule, when=definitions[name][1])
        computed, totals = self._computed(moved, scope)
        changed = replace(base, definitions=definitions, computed_where=computed)
        reading = [
            rule.name
            for rule in self.rules.values()
            if rule.name not in rules
            and any(ref.name in totals for part in rule.conditions() for ref in refs(part))
        ]
        return Changed(rules, changed, (*rules, *reading))

    def _computed(
        self, moved: frozenset[str], scope: Scope
    ) -> tuple[dict[str, Condition], set[str]]:
        """Return the conditions of computed facts, and the facts whose condition changed."""
        lists = GROUPS["account"]
        conditions = dict(self.base.computed_where)
        totals = set()
        for name in conditions:
            form = self.sources.facts_file["facts"][name]["computed"]
            if moved & frozenset(_defined(form["where"])):
                of = next(v for v in form.values() if isinstance(v, str) and v in lists)
                parser = ConditionParser(scope)
                conditions[name] = parser.parse(form["where"], lists[of], form.at("where"))
                totals.add(name)
        return conditions, totals

    def _changed_impossible(self, mutant: Mutant) -> Changed | None:
        parts = self.sources.parsed(mutant.written, mutant.node, self._scope)
        if parts is None or parts[0] is None:
            return None
        impossible = {**self.base.impossible, mutant.written.name: parts[0]}
        names = tuple(r.name for r in self.rules.values() if r.reads("contradictions"))
        return Changed({}, replace(self.base, impossible=impossible), names)

    def _changed_gap(self, mutant: Mutant) -> Changed | None:
        name, base = mutant.written.name, self.base
        doc = base.gaps[name]
        chosen = doc.threshold.model_copy(update={"value": mutant.thresholds["threshold"]})
        gaps = {**base.gaps, name: doc.model_copy(update={"threshold": chosen})}
        vocabulary = base.vocabulary.model_copy(update={"gaps": gaps})
        names = tuple(rule.name for rule in self.rules.values() if rule.kind == "gap")
        return Changed({}, replace(base, vocabulary=vocabulary), names)


def _defined(node: Any) -> Iterator[str]:
    """Yield every definition that a node names."""
    if isinstance(node, Map):
        for key in node:
            if key == "is" and isinstance(node[key], str):
                yield node[key]
            else:
                yield from _defined(node[key])
    elif isinstance(node, Seq):
        for item in node:
            yield from _defined(item)
