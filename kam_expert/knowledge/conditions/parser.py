"""Parse conditions of a rule file to a condition tree, and report every mistake.

A condition is a pattern over facts, never code: it can only match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, did_you_mean, shortened, unknown_name, with_article
from kam_expert.knowledge.conditions.conclusion_terms import (
    FindingCount,
    FindingTruth,
    StageTruth,
    VerdictTruth,
)
from kam_expert.knowledge.conditions.fact_parser import FactParser
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import EVERYTHING, All, AnyOf, Connective, NoneOf
from kam_expert.knowledge.conditions.member_terms import Count, Every
from kam_expert.knowledge.conditions.operators import operators_of
from kam_expert.knowledge.conditions.scope import GROUPS, Scope
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.conditions.condition import Condition

_CONNECTIVES: dict[str, type[Connective]] = {"all": All, "any": AnyOf, "none": NoneOf}


class ConditionParser(FactParser):
    """Parses the conditions of one rule."""

    def __init__(
        self,
        names: Scope,
        thresholds: Mapping[str, float] | None = None,
        *,
        about_knowledge: bool = False,
    ) -> None:
        super().__init__(names, thresholds, about_knowledge=about_knowledge)

    def parse(self, node: Any, kind: str, place: Place) -> Condition:
        """Parse a mapping (a conjunction) about an entity of *kind*."""
        if not isinstance(node, Map):
            self.fail(place, "a condition is a mapping of facts to what is asked of them")
            return EVERYTHING
        if not node:
            self.fail(node.place, "an empty condition would always hold; name at least one fact")
        parts = [self._entry(key, node, kind) for key in node]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _entry(self, key: str, node: Map, kind: str) -> Condition:
        value, place = node[key], node.at(key)
        match key:
            case "all" | "any" | "none":
                return self._branch(key, value, kind, place)
            case "count":
                return self._count(value, kind, place)
            case "every":
                return self._every(value, kind, place)
            case "finding":
                return self._finding(value, kind, place)
            case "findings":
                return self._finding_count(value, place)
            case "stage":
                return Leaf(StageTruth(self._stages(value, place, self.names.stages)))
            case "verdict":
                known = (*self.names.stages, UNDETERMINED)
                return Leaf(VerdictTruth(self._stages(value, place, known)))
            case "is":
                return self._definition(value, kind, place)
        return self.fact(key, value, kind, place, node.raw[key])

    def _branch(self, key: str, value: Any, kind: str, place: Place) -> Condition:
        if not isinstance(value, Seq) or not value:
            self.fail(place, f'"{key}" takes a list of conditions')
            return EVERYTHING
        parts = tuple(self.parse(item, kind, value.at(i)) for i, item in enumerate(value))
        return _CONNECTIVES[key](parts)

    # Lists

    def _group(self, value: Any, kind: str, place: Place, keys: tuple[str, ...]) -> str | None:
        if not isinstance(value, Map):
            self.fail(place, f"a mapping with {', '.join(keys)} is needed here")
            return None
        for key in value:
            if key not in keys:
                self.fail(value.at(key), unknown_name("key", key, keys))
        of = value.get("of")
        if not isinstance(of, str) or of not in GROUPS[kind]:
            known = ", ".join(GROUPS[kind]) or "nothing"
            self.fail(
                value.at("of"),
                f'"of: {shortened(of)}" cannot be counted for {kind}; it can be {known}.'
                f"{did_you_mean(of, GROUPS[kind])}",
            )
            return None
        return of

    def _where(self, value: Map, kind: str) -> Condition:
        if "where" not in value:
            return EVERYTHING
        return self.parse(value["where"], kind, value.at("where"))

    def _count(self, value: Any, kind: str, place: Place) -> Condition:
        besides = ("of", "where", "distinct")
        numbers = ("is", "not", *operators_of("number", values=False))
        of = self._group(value, kind, place, (*besides, *numbers))
        if of is None:
            return EVERYTHING
        member = GROUPS[kind][of]
        by = None
        if "distinct" in value:
            by = self.ref(str(value["distinct"]), member, value.at("distinct"))
            if by is None:
                return EVERYTHING
            if by.name in ENGINE_FACTS:
                self.fail(value.at("distinct"), f'"{by.name}" is not a fact about a {member}')
                return EVERYTHING
        tests = self.number_tests(value, besides, place)
        return Leaf(Count(of, self._where(value, member), by), tests)

    def _every(self, value: Any, kind: str, place: Place) -> Condition:
        of = self._group(value, kind, place, ("of", "where", "satisfies"))
        if of is None:
            return EVERYTHING
        if "satisfies" not in value:
            self.fail(place, '"every" needs "satisfies": what each of them must be')
            return EVERYTHING
        member = GROUPS[kind][of]
        satisfies = self.parse(value["satisfies"], member, value.at("satisfies"))
        return Leaf(Every(of, self._where(value, member), satisfies))

    # Conclusions and definitions

    def _finding(self, value: Any, kind: str, place: Place) -> Condition:
        names = value if isinstance(value, Seq) else [value]
        for name in names:
            about = self.names.findings.get(str(name))
            if about is None:
                self.fail(place, unknown_name("finding", name, self.names.findings))
            elif about not in (kind, "account"):
                self.fail(
                    place,
                    f'"{name}" is about {with_article(about)} and cannot be read for '
                    f"{with_article(kind)}",
                )
        return Leaf(FindingTruth(tuple(str(name) for name in names)))

    def _finding_count(self, value: Any, place: Place) -> Condition:
        if not isinstance(value, Map) or "group" not in value:
            self.fail(place, '"findings" takes a group and a number: {group: …, at_least: …}')
            return EVERYTHING
        group = str(value["group"])
        if group not in self.names.groups:
            self.fail(value.at("group"), unknown_name("group", group, self.names.groups))
            return EVERYTHING
        tests = self.number_tests(value, ("group",), place)
        return Leaf(FindingCount(group, self.names.groups[group]), tests)

    def _stages(self, value: Any, place: Place, known: tuple[str, ...]) -> frozenset[str]:
        names = value if isinstance(value, Seq) else [value]
        for name in names:
            if name not in known:
                self.fail(
                    place,
                    f'unknown stage "{shortened(name)}"; a rule can ask for '
                    f"{', '.join(known)}.{did_you_mean(name, known)}",
                )
        return frozenset(str(name) for name in names)

    def _definition(self, value: Any, kind: str, place: Place) -> Condition:
        known = self.names.definitions
        if not isinstance(value, str) or value not in known:
            self.fail(place, unknown_name("definition", value, known))
            return EVERYTHING
        about, condition = known[value]
        if about not in (kind, "account"):
            self.fail(
                place,
                f'"{value}" defines {with_article(about)} and cannot be asked of '
                f"{with_article(kind)}",
            )
        return condition
