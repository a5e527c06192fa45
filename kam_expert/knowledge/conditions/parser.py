"""From what stands in a rule file to the condition tree, with every mistake named.

A condition is a pattern over facts, never code: whoever writes one can do nothing but match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, did_you_mean, shortened, with_article
from kam_expert.knowledge.condition import (
    All,
    AnyOf,
    Comparison,
    Condition,
    Count,
    DaysAgo,
    Every,
    FactTest,
    FindingCount,
    FindingTest,
    IsUnknown,
    LastTwo,
    Named,
    NoneOf,
    Ref,
    StageTest,
    Test,
    Trend,
)
from kam_expert.knowledge.values import UNKNOWN, Interval
from kam_expert.knowledge.vocabulary import ENGINE_FACTS, Fact
from kam_expert.knowledge.yaml_reader import Map, Seq, place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER_OPS = ("at_least", "at_most", "above", "below")
SET_OPS = ("contains", "contains_any", "contains_all", "only", "size")
FACT_OPS = (
    *NUMBER_OPS, *SET_OPS, "not", "more_than", "less_than", "days_ago", "last_two", "trend",
    "unknown",
)  # fmt: skip
TREE_KEYS = ("all", "any", "none", "count", "every", "finding", "findings", "stage", "is")

#: The lists that can be counted from an entity, and the kind of their members.
GROUPS: dict[str, dict[str, str]] = {
    "account": {"people": "person", "team": "member", "links": "link", "decisions": "decision"},
    "decision": {"people": "person", "links": "link"},
    "person": {"links": "link", "decisions": "decision"},
    "member": {"links": "link"},
    "link": {},
    "gap": {},
}
#: What stands around an entity, by the word that leads to it.
PATHS: dict[str, dict[str, str]] = {"link": {"person": "person", "member": "member"}}
NOTHING = AnyOf(())
EVERYTHING = All(())


@dataclass
class Scope:
    """What a condition may name."""

    facts: Mapping[str, Fact]
    findings: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stages: tuple[str, ...] = ()
    definitions: Mapping[str, tuple[str, Condition]] = field(default_factory=dict)


class ConditionParser:
    """Parses the conditions of one rule; problems gather in ``problems``."""

    def __init__(
        self,
        names: Scope,
        thresholds: Mapping[str, float] | None = None,
        *,
        about_knowledge: bool = False,
    ) -> None:
        self.names = names
        self.thresholds = thresholds or {}
        self.about_knowledge = about_knowledge
        self.used: set[str] = set()
        self.problems: list[Problem] = []

    def parse(self, node: Any, kind: str, place: Place) -> Condition:
        """Parse a mapping (a conjunction) about an entity of *kind*."""
        if not isinstance(node, Map):
            self._fail(place, "a condition is a mapping of facts to what is asked of them")
            return EVERYTHING
        if not node:
            self._fail(node.place, "an empty condition would always hold; name at least one fact")
        parts = [self._entry(key, node[key], kind, node.at(key), node.raw[key]) for key in node]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _fail(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place, message))

    def _entry(self, key: str, value: Any, kind: str, place: Place, raw: str) -> Condition:
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
                return self._stage(value, place)
            case "is":
                return self._definition(value, kind, place)
        return self._fact(key, value, kind, place, raw)

    def _branch(self, key: str, value: Any, kind: str, place: Place) -> Condition:
        if not isinstance(value, Seq) or not value:
            self._fail(place, f'"{key}" takes a list of conditions')
            return EVERYTHING
        parts = tuple(self.parse(item, kind, value.at(i)) for i, item in enumerate(value))
        if key == "all":
            return All(parts)
        return AnyOf(parts) if key == "any" else NoneOf(parts)

    def _group(self, value: Any, kind: str, place: Place, keys: tuple[str, ...]) -> str | None:
        if not isinstance(value, Map):
            self._fail(place, f"a mapping with {', '.join(keys)} is needed here")
            return None
        for key in value:
            if key not in keys:
                self._fail(value.at(key), f'unknown key "{key}".{did_you_mean(key, keys)}')
        of = value.get("of")
        if not isinstance(of, str) or of not in GROUPS[kind]:
            known = ", ".join(GROUPS[kind]) or "nothing"
            self._fail(
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
        keys = ("of", "where", "distinct", "is", "not", *NUMBER_OPS)
        of = self._group(value, kind, place, keys)
        if of is None:
            return EVERYTHING
        member = GROUPS[kind][of]
        by = None
        if "distinct" in value:
            by = self._ref(str(value["distinct"]), member, value.at("distinct"))
            if by is None:
                return EVERYTHING
            if by.name in ENGINE_FACTS:
                self._fail(value.at("distinct"), f'"{by.name}" is not a fact about a {member}')
                return EVERYTHING
        tests = self._number_tests(value, ("of", "where", "distinct"), place)
        return Count(of, self._where(value, member), tests, by, {})

    def _every(self, value: Any, kind: str, place: Place) -> Condition:
        of = self._group(value, kind, place, ("of", "where", "satisfies"))
        if of is None:
            return EVERYTHING
        if "satisfies" not in value:
            self._fail(place, '"every" needs "satisfies": what each of them must be')
            return EVERYTHING
        member = GROUPS[kind][of]
        satisfies = self.parse(value["satisfies"], member, value.at("satisfies"))
        return Every(of, self._where(value, member), satisfies)

    def _number_tests(self, value: Map, besides: tuple[str, ...], place: Place) -> tuple[Test, ...]:
        tests = []
        for key in value:
            if key in besides:
                continue
            if key in ("is", "not"):
                items = value[key] if isinstance(value[key], Seq) else [value[key]]
                tests.append(Test(key, tuple(self._number(i, value.at(key)) for i in items)))
            elif key in NUMBER_OPS:
                tests.append(Test(key, self._number(value[key], value.at(key))))
            else:
                known = ("is", "not", *NUMBER_OPS)
                self._fail(value.at(key), f'unknown operator "{key}".{did_you_mean(key, known)}')
        if not tests:
            self._fail(place, f"a number is asked for: {', '.join(NUMBER_OPS)} or is")
        return tuple(tests)

    def _number(self, value: Any, place: Place) -> float:
        if isinstance(value, str) and value.startswith("$"):
            name = value[1:]
            self.used.add(name)
            if name not in self.thresholds:
                self._fail(
                    place, f'unknown threshold "{value}".{did_you_mean(name, self.thresholds)}'
                )
                return 0
            return self.thresholds[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fail(place, f'a number (or $threshold) is needed, not "{shortened(value)}"')
            return 0
        return value

    def _finding(self, value: Any, kind: str, place: Place) -> Condition:
        names = value if isinstance(value, Seq) else [value]
        for name in names:
            about = self.names.findings.get(str(name))
            if about is None:
                self._fail(
                    place,
                    f'unknown finding "{shortened(name)}".'
                    f"{did_you_mean(name, self.names.findings)}",
                )
            elif about not in (kind, "account"):
                self._fail(
                    place,
                    f'"{name}" is about {with_article(about)} and cannot be read for '
                    f"{with_article(kind)}",
                )
        return FindingTest(tuple(str(name) for name in names))

    def _finding_count(self, value: Any, place: Place) -> Condition:
        if not isinstance(value, Map) or "group" not in value:
            self._fail(place, '"findings" takes a group and a number: {group: …, at_least: …}')
            return EVERYTHING
        group = str(value["group"])
        if group not in self.names.groups:
            self._fail(
                value.at("group"),
                f'unknown group "{group}".{did_you_mean(group, self.names.groups)}',
            )
            return EVERYTHING
        members = self.names.groups[group]
        return FindingCount(group, members, self._number_tests(value, ("group",), place))

    def _stage(self, value: Any, place: Place) -> Condition:
        names = value if isinstance(value, Seq) else [value]
        for name in names:
            if name not in self.names.stages:
                self._fail(
                    place,
                    f'unknown stage "{shortened(name)}"; a rule can ask for '
                    f"{', '.join(self.names.stages)}.{did_you_mean(name, self.names.stages)}",
                )
        return StageTest(frozenset(str(name) for name in names))

    def _definition(self, value: Any, kind: str, place: Place) -> Condition:
        known = self.names.definitions
        if not isinstance(value, str) or value not in known:
            self._fail(
                place, f'unknown definition "{shortened(value)}".{did_you_mean(value, known)}'
            )
            return EVERYTHING
        about, condition = known[value]
        if about not in (kind, "account"):
            self._fail(
                place,
                f'"{value}" defines {with_article(about)} and cannot be asked of '
                f"{with_article(kind)}",
            )
        return Named(value, condition)

    def _ref(self, key: str, kind: str, place: Place) -> Ref | None:
        path, side, name = "", "bare", key
        head, _, rest = key.partition(".")
        if rest and head in PATHS.get(kind, {}):
            path, name = head, rest
            kind = PATHS[kind][head]
        head, _, rest = name.partition(".")
        if rest and head in ("ours", "theirs"):
            side, name = head, rest
        if name in ENGINE_FACTS:
            if name == "gap" and kind != "gap":
                self._fail(
                    place,
                    f'"gap" can be read in rules for a gap only, not for {with_article(kind)}',
                )
                return None
            return Ref(name)
        fact = self.names.facts.get(name)
        if fact is None:
            known = [*self.names.facts, *TREE_KEYS]
            self._fail(place, f'unknown fact "{shortened(key)}".{did_you_mean(name, known)}')
            return None
        if fact.kind not in (kind, "account"):
            self._fail(
                place,
                f'"{name}" is a fact about {with_article(fact.kind)} and cannot be read for '
                f"{with_article(kind)}",
            )
            return None
        if side != "bare" and fact.doc.asked_of != "both":
            who = "us" if fact.doc.asked_of == "us" else "the customer"
            self._fail(place, f'"{key}": {name} is asked of {who} only; leave out "{side}."')
            return None
        if side == "bare" and not fact.bare:
            self._fail(
                place,
                f'each side speaks of the other in "{name}"; say ours.{name} or theirs.{name}',
            )
            return None
        return Ref(name, side, path)

    def _fact(self, key: str, value: Any, kind: str, place: Place, raw: str) -> Condition:
        ref = self._ref(key, kind, place)
        if ref is None:
            return EVERYTHING
        if ref.name in ENGINE_FACTS:
            return self._engine_fact(ref, value, place)
        fact = self.names.facts[ref.name]
        if not isinstance(value, Map):
            return FactTest(ref, (Test("is", self._words(fact, value, place, raw)),))
        parts: list[Condition] = []
        tests: list[Test] = []
        for op in value:
            self._operator(
                fact, ref, (op, value[op], value.at(op), value.raw[op], kind), tests, parts
            )
        if tests:
            parts.insert(0, FactTest(ref, tuple(tests)))
        if not parts:
            self._fail(place, f'"{key}" asks for nothing')
            return EVERYTHING
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _engine_fact(self, ref: Ref, value: Any, place: Place) -> Condition:
        if ref.name == "customer_answers" and not self.about_knowledge:
            self._fail(place, "only findings about knowledge may count the customer's answers")
        if ref.name == "gap":
            return FactTest(ref, (Test("is", ("yes",)),))
        if isinstance(value, Map):
            return FactTest(ref, self._number_tests(value, (), place))
        return FactTest(ref, (Test("is", (self._number(value, place),)),))

    def _words(self, fact: Fact, value: Any, place: Place, raw: str) -> tuple[Any, ...]:
        if fact.doc.type == "set":
            if isinstance(value, list) and value:
                self._fail(place, f"{fact.name} is a set: ask {', '.join(SET_OPS)}")
            return (self._one(fact, value, place, raw),)
        items = value if isinstance(value, Seq) else [value]
        raws = value.raw if isinstance(value, Seq) else [raw]
        if not items:
            self._fail(place, f"{fact.name}: an empty list can never match")
        return tuple(self._one(fact, i, place, r) for i, r in zip(items, raws, strict=True))

    def _one(self, fact: Fact, value: Any, place: Place, raw: str) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return self._number(value, place)
        try:
            result = fact.read(value, raw)
        except ValueError as error:
            self._fail(place, str(error))
            return ""
        if result is UNKNOWN or isinstance(result, Interval):
            self._fail(place, f"{fact.name}: a condition asks for known values")
            return ""
        return result

    def _operator(
        self,
        fact: Fact,
        ref: Ref,
        entry: tuple[str, Any, Place, str, str],
        tests: list[Test],
        parts: list[Condition],
    ) -> None:
        op, value, place, raw, kind = entry
        is_set, is_number = fact.doc.type == "set", fact.is_number
        if op == "not" and (not is_set or value in ([], "none")):
            tests.append(Test("not", self._words(fact, value, place, raw)))
        elif op in NUMBER_OPS and is_number:
            tests.append(Test(op, self._number(value, place)))
        elif op in SET_OPS and is_set:
            tests.append(self._set_test(fact, op, value, place))
        elif op in ("more_than", "less_than") and is_number:
            parts.append(self._comparison(ref, op, value, place, kind))
        elif op == "days_ago" and isinstance(value, Map):
            parts.append(DaysAgo(ref, self._number_tests(value, (), place)))
        elif op == "last_two":
            inner = self._fact(str(ref), value, kind, place, raw)
            if isinstance(inner, FactTest):
                parts.append(LastTwo(ref, inner.tests))
            else:
                self._fail(place, '"last_two" takes tests of one value')
        elif op == "trend" and is_number:
            if value not in ("rising", "falling", "flat"):
                self._fail(place, f'a trend is rising, falling or flat, not "{shortened(value)}"')
            parts.append(Trend(ref, str(value)))
        elif op == "unknown":
            if not self.about_knowledge:
                self._fail(place, 'only rules of findings about knowledge may ask "unknown"')
            if value != "yes":
                self._fail(place, '"unknown" takes yes')
            parts.append(IsUnknown(ref))
        elif op in FACT_OPS:
            what = "a set" if is_set else "a number" if is_number else "a word"
            self._fail(place, f'"{op}" cannot be asked of {fact.name}, which is {what}')
        else:
            self._fail(
                place_of(value, place), f'unknown operator "{op}".{did_you_mean(op, FACT_OPS)}'
            )

    def _set_test(self, fact: Fact, op: str, value: Any, place: Place) -> Test:
        if op == "size":
            if isinstance(value, Map):
                return Test("size", self._number_tests(value, (), place))
            return Test("size", (Test("is", (self._number(value, place),)),))
        items = value if isinstance(value, Seq) else [value]
        for item in items:
            if not isinstance(item, str) or item not in fact.doc.values:
                self._fail(
                    place,
                    f'"{shortened(item)}" is not a value of {fact.name}.'
                    f"{did_you_mean(item, fact.doc.values)}",
                )
        return Test(op, tuple(items))

    def _comparison(self, ref: Ref, op: str, value: Any, place: Place, kind: str) -> Condition:
        by: float = 0
        if isinstance(value, Map):
            by = self._number(value.get("by", 0), value.at("by"))
            value = value.get("fact")
        other = self._ref(str(value), kind, place)
        if other is None:
            return EVERYTHING
        if other.name in ENGINE_FACTS or not self.names.facts[other.name].is_number:
            self._fail(place, f"{other.name} is not a number and cannot be compared")
        return Comparison(ref, op, other, by)
