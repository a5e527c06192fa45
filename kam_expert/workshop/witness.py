"""Search for a case that notices a mutant: a case of the rule with one or two facts changed.

Facts are set to the values at the borders of what the rule and the mutant ask; between two borders
both give the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

from kam_expert.engines.rule_cases import CASE_DATE, outcome_of, readings_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import CaseError, Place
from kam_expert.facts.case import LISTS
from kam_expert.facts.case_reader import short_keys
from kam_expert.knowledge.conditions.conclusion_terms import FindingCount, FindingTruth
from kam_expert.knowledge.conditions.fact_terms import DaysSince, DaysUntil, FactTerm, Value
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.node_edits import at, node_of, replaced, without
from kam_expert.knowledge.rule import RuleCase
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.workshop.trial import Changed, Trial

_ENGINE = PlainEngine()
_DAYS = ("2026-03-01", "2026-09-01")
#: The most pairs of changes that are tried for one mutant.
_PAIRS = 2000
#: How many second changes are tried after one first change.
_SECONDS = 20
_HERE = Place("the case")
_Path = tuple[Any, ...]
#: A changed place: what is there now; None where it was removed.
Change = tuple[_Path, Any]


@dataclass(frozen=True)
class Witness:
    """A case that notices a mutant.

    Attributes:
        rule: The rule whose case it is.
        source: The case that was changed.
        changes: The changed places with their values.
        given: The case.
        outcome: The outcome of the rule as it is.
        mutated: That of the mutant.
    """

    rule: Rule
    source: RuleCase
    changes: tuple[Change, ...]
    given: Map
    outcome: str
    mutated: str


class Search:
    """Searches cases that notice mutants.

    Args:
        trial: What mutants make of the rule base.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.base = trial.base

    def witness(self, changed: Changed) -> Witness | None:
        """Return a case that notices a mutant; None if none was found."""
        for name in changed.concerned:
            original = self.trial.rules[name]
            mutated = changed.rules.get(name, original)
            if mutated is original and changed.base is self.base:
                continue
            found = self._of_rule(original, mutated, changed.base)
            if found is not None:
                return found
        return None

    def _of_rule(self, original: Rule, mutated: Rule, base: KnowledgeBase) -> Witness | None:
        conditions = (*original.conditions(), *mutated.conditions())
        if base is not self.base:
            for name, condition in self.base.impossible.items():
                if condition is not base.impossible[name]:
                    conditions += (condition, base.impossible[name])
        borders = BorderValues(conditions, base)

        def tried(source: RuleCase, changes: tuple[Change, ...], given: Map) -> Witness | None:
            outcomes = [
                self._outcome(r, given, b) for r, b in ((original, self.base), (mutated, base))
            ]
            if None in outcomes or outcomes[0] == outcomes[1]:
                return None
            return Witness(original, source, changes, given, str(outcomes[0]), str(outcomes[1]))

        singles: list[tuple[RuleCase, Change, Map]] = []
        for source in original.cases:
            for change in borders.changes(source.given):
                given = apply(source.given, change)
                singles.append((source, change, given))
                found = tried(source, (change,), given)
                if found is not None:
                    return found
        random = Random(0)  # noqa: S311 -- the same order in every process
        random.shuffle(singles)
        for source, first, given in islice(singles, _PAIRS // _SECONDS):
            second_changes = [c for c in borders.changes(given) if c[0] != first[0]]
            for second in random.sample(second_changes, min(_SECONDS, len(second_changes))):
                found = tried(source, (first, second), apply(given, second))
                if found is not None:
                    return found
        return None

    @staticmethod
    def _outcome(rule: Rule, given: Map, base: KnowledgeBase) -> str | None:
        try:
            readings = readings_of(rule, RuleCase("", given, "", _HERE), base)
        except (CaseError, IndexError, KeyError):
            return None
        return outcome_of(rule, readings, _ENGINE)


def apply(given: Map, change: Change) -> Map:
    """Return what is given with one change."""
    path, value = change
    changed: Map
    if value is None:
        changed = without(given, path)
    elif len(path) > 1 and path[0] not in given:
        changed = replaced(given, path[:1], node_of({path[-1]: value}, given.place))
    elif isinstance(holder := at(given, path[:-1]), Seq) and path[-1] == len(holder):
        changed = replaced(given, path[:-1], node_of([*holder, value], given.place))
    else:
        raw = "" if isinstance(value, dict | list) else str(value)
        changed = replaced(given, path, node_of(value, given.place), raw)
    return changed


class BorderValues:
    """The values at the borders of some conditions, for each fact and list that they read.

    Args:
        conditions: The conditions.
        base: The rule base.
    """

    def __init__(self, conditions: Iterable[Condition], base: KnowledgeBase) -> None:
        self.base = base
        #: The keys of an event in a case, by fact.
        self.keys = {fact: key for key, fact in short_keys(base).items()}
        self.sides: dict[str, set[str]] = {}
        self.tests: dict[str, list[Test]] = {}
        self.days: dict[str, set[float]] = {}
        self.dated: set[str] = set()
        self.findings: dict[str, None] = {}
        self.stage = False
        self.numbers: set[float] = {0}
        for condition in conditions:
            for leaf in leaves(condition):
                term = leaf.term
                refs = [*term.refs, *(term.members.refs if term.members else ())]
                for ref in refs:
                    if ref.name not in ENGINE_FACTS:
                        self.sides.setdefault(ref.name, set()).add(ref.side)
                numbers = {n for test in leaf.tests for n in test.numbers()}
                self.numbers |= numbers
                if isinstance(term, DaysSince):
                    sign = -1 if isinstance(term, DaysUntil) else 1
                    self.days.setdefault(term.ref.name, set()).update(sign * n for n in numbers)
                elif isinstance(term, FactTerm):
                    self.tests.setdefault(term.ref.name, []).extend(leaf.tests)
                    if not isinstance(term, Value):
                        self.dated.add(term.ref.name)
                if isinstance(term, FindingTruth | FindingCount):
                    self.findings.update(dict.fromkeys(term.names))
                self.stage = self.stage or term.reads_stage
        for gap in base.gaps.values() if not self.sides else ():
            for name, side in ((gap.ours, "ours"), (gap.theirs, "theirs")):
                self.sides.setdefault(name, set()).add(side)

    def changes(self, given: Map) -> Iterator[Change]:
        """Yield the changes of one place of what is given."""
        day = parse_date(given.get("date")) or CASE_DATE
        yield from self._findings(given)
        if self.stage:
            names = (*self.base.stage_model.names, UNDETERMINED)
            yield from ((("stage",), n) for n in names if given.get("stage") != n)
        for name in self.sides:
            fact = self.base.facts[name]
            places = list(self._places(given, fact))
            for place, present in places:
                for value in self.values(fact, day, present):
                    yield (*place,), value
                if present is not None:
                    yield place, None
        for name in LISTS:
            listed = given.get(name)
            if isinstance(listed, Seq) and listed:
                for index, member in enumerate(listed):
                    if "id" in member or name in ("links", "events"):
                        copy = {**member, **({"id": f"x{len(listed)}"} if "id" in member else {})}
                        yield (name, len(listed)), copy
                    if len(listed) > 1:
                        yield (name, index), None

    def _findings(self, given: Map) -> Iterator[Change]:
        now = given.get("findings")
        if not self.findings:
            return
        stated = dict.fromkeys(now, "yes") if isinstance(now, list) else dict(now or {})
        for name in self.findings:
            for word in ("yes", "no", "open"):
                if stated.get(name, "no") != word:
                    yield ("findings",), {**stated, name: word}

    def _places(self, given: Map, fact: Fact) -> Iterator[tuple[_Path, Any]]:
        """Yield the places where an answer is or may be, with the present value."""
        if fact.kind == "account":
            if fact.doc.asked_of in ("us", "both") or fact.name in given:
                yield (fact.name,), given.get(fact.name)
            if fact.doc.asked_of in ("customer", "both"):
                theirs = given.get("customer")
                yield ("customer", fact.name), (theirs or {}).get(fact.name)
            return
        key = self.keys.get(fact.name, fact.name)
        if fact.name in given:
            yield (fact.name,), given[fact.name]
        for name, kind in LISTS.items():
            if kind != fact.kind:
                continue
            listed = given.get(name)
            if isinstance(listed, Seq):
                for index, member in enumerate(listed):
                    yield (name, index, key), member.get(key)
            elif fact.name not in given and fact.kind != "event":
                yield (fact.name,), None

    def values(self, fact: Fact, day: Any, present: Any) -> Iterator[Any]:
        """Yield the values of a fact at its borders, in the form of the present answer."""
        wrapped = isinstance(present, Map) and "value" in present
        plain = present["value"] if wrapped else present
        for value in self._plain(fact, day):
            if value != plain:
                yield {**present, "value": value} if wrapped else value
        some = list(islice(self._plain(fact, day), 8))
        for days in sorted(self.days.get(fact.name, ())) if fact.doc.type != "date" else ():
            for by in (-1, 0, 1):
                as_of = (day - timedelta(days=days + by)).isoformat()
                said = plain if plain is not None and not isinstance(plain, Map | Seq) else some[0]
                yield {"value": said, "as_of": as_of}
        if fact.name in self.dated:
            for one in some:
                for two in some:
                    pair = zip((one, two), _DAYS, strict=True)
                    yield [{"value": v, "as_of": d} for v, d in pair]

    def _plain(self, fact: Fact, day: Any) -> Iterator[Any]:
        tests = self.tests.get(fact.name, ())
        if fact.is_number:
            limits = fact.doc.range
            low = None if limits is None else limits.min
            high = None if limits is None else limits.max
            turns = {n for test in tests for n in test.numbers()} or self.numbers
            if fact.name in self.dated and low is not None:
                turns = {*turns, low + 1}  # two numbers, so that one can follow the other
            for number in sorted({turn + by for turn in turns for by in (-1, 0, 1)}):
                if (low is None or number >= low) and (high is None or number <= high):
                    yield int(number) if float(number).is_integer() else number
        elif fact.doc.type == "date":
            for days in sorted(self.days.get(fact.name, (0,))):
                yield from ((day - timedelta(days=days + by)).isoformat() for by in (-1, 0, 1))
        elif fact.doc.type == "set":
            words = list(fact.doc.values)
            yield []
            yield from ([word] for word in words)
            sizes = {int(n) + by for t in tests for n in _sizes(t) for by in (-1, 0, 1)}
            yield from (words[:size] for size in sorted(sizes) if 1 < size <= len(words))
            for test in tests:
                if test.op in ("contains_all", "contains_any", "only"):
                    yield list(test.operand)
                    yield from ([w for w in test.operand if w != word] for word in test.operand)
                    yield from ([*test.operand, word] for word in words if word not in test.operand)
            yield words
        else:
            yield from fact.words()
        yield from fact.doc.also


def _sizes(test: Test) -> Iterator[float]:
    if test.op == "size":
        for inner in test.operand:
            yield from inner.numbers()
