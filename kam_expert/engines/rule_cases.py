"""Running of the cases in rule files on every engine, and checks of their coverage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import CaseError, Place, Problem
from kam_expert.facts.case import LISTS
from kam_expert.facts.case_reader import TOP_KEYS, build_case
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.conditions.logic import EVERYTHING
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.node_edits import as_written, copied
from kam_expert.knowledge.status import Outcome, rank, settle
from kam_expert.knowledge.values import bounds_of
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.engines.settling import Engine, Key, Truths
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition, View
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.rule import Rule, RuleCase

#: The date of a case without a date.
CASE_DATE = date(2026, 11, 1)
_IDS = {"person": "p1", "member": "m1", "decision": "d1"}
BEST = ("silent", "open", "assumed", "holds")
#: The status of a given finding, by the word for it.
_WORDS = {"yes": "established", "no": "absent"} | {
    word: word for word in ("established", "likely", "open", "absent")
}
#: Whether a finding of a given status is likely or better, in both readings.
TRUTHS: dict[str, Truths] = {
    "established": (True, True),
    "likely": (True, True),
    "open": (None, None),
    "absent": (False, False),
}


@dataclass(frozen=True)
class CaseRun:
    """The outcome of one case of a rule on one engine.

    Attributes:
        status: That of the finding, where the case expects one.
    """

    rule: Rule
    case: RuleCase
    engine: str
    outcome: str
    status: str | None = None

    @property
    def passed(self) -> bool:
        """Return whether the outcome, and the status of the finding, are the expected ones."""
        return self.outcome == self.case.expect and self.status in (None, self.case.finding)

    def __str__(self) -> str:
        """Return the outcome in place of the expected one."""
        if self.outcome != self.case.expect:
            return f"is {self.outcome}, not {self.case.expect}"
        return f"makes {self.rule.finding} {self.status}, not {self.case.finding}"


def readings_of(rule: Rule, case: RuleCase, base: KnowledgeBase) -> Readings:
    """Return the readings for a case of a rule.

    Raises:
        CaseError: The given facts are not facts of the vocabulary.
    """
    return readings_given([rule.kind], case.given, case.place, base)[0]


def readings_given(
    kinds: Iterable[str], given: Map, place: Place, base: KnowledgeBase
) -> tuple[Readings, Mapping[Key, str]]:
    """Return the readings of what a case gives, and the given findings with their statuses.

    Facts may be given at the top level whatever their scope. They are assigned to the account, or
    to one person, member, decision or link that is created for them.

    Args:
        kinds: What the case is about; one of each is created if none is given.
        given: What the case gives.
        place: Of the case.
        base: The rule base.

    Raises:
        CaseError: The given facts are not facts of the vocabulary.
    """
    node = _case_node(given, base, kinds)
    built = build_case(node, base, place)
    day = parse_date(given.get("date")) or CASE_DATE
    readings = Readings(built, base, day)
    statuses = _findings_given(given.get("findings"), built, base, place)
    readings.settled.findings.update((key, TRUTHS[word]) for key, word in statuses.items())
    if "stage" in given:
        stage = frozenset([str(given["stage"])])
        readings.settled.stages = (stage, stage)
        readings.settled.verdict = str(given["stage"])
    return readings, statuses


def _case_node(given: Map, base: KnowledgeBase, kinds: Iterable[str]) -> Map:
    place = given.place
    node = Map(place)
    account = Map(place)
    account.put("id", "case", place, "case")
    node.put("account", account, place)
    loose: dict[str, Map] = {}
    for key in given:
        fact = base.facts.get(key)
        if fact is not None:
            block = loose.setdefault(fact.kind, Map(place))
            block.put(key, given[key], given.at(key), given.raw[key])
        elif key in TOP_KEYS or key not in ("findings", "stage", "date"):
            node.put(key, given[key], given.at(key), given.raw[key])
    if "account" in loose:
        facts = _own(node, "facts", place)
        for key in loose["account"]:
            block = loose["account"]
            # A fact that only the customer can answer is always theirs.
            if base.facts[key].doc.asked_of == "customer":
                theirs = _own(node, "customer", place)
                theirs.put(key, block[key], block.at(key), block.raw[key])
            else:
                facts.put(key, block[key], block.at(key), block.raw[key])
    if "link" in loose:
        for end in ("member", "person"):
            loose.setdefault(end, Map(place))
            loose["link"].put(end, _IDS[end], place, _IDS[end])
    for kind in kinds:
        if kind in _IDS and not _has(node, kind):
            loose.setdefault(kind, Map(place))
    for name, listed in LISTS.items():
        if listed in loose:
            _add_loose(node, name, listed, loose[listed], place)
    return node


def _own(node: Map, key: str, place: Place) -> Map:
    """Return a mapping of the node that can be added to; the case stays as it was written."""
    block: Map = copied(node[key]) if key in node else Map(place)
    node.put(key, block, node.at(key))
    return block


def _has(node: Map, kind: str) -> bool:
    return any(LISTS[name] == kind and node.get(name) for name in LISTS) or (
        kind == "decision" and bool(node.get("decision"))
    )


def _add_loose(node: Map, name: str, kind: str, block: Map, place: Place) -> None:
    if kind in _IDS and "id" not in block:
        block.put("id", _IDS[kind], place, _IDS[kind])
    known = node.get(name)
    # As in `_own`, the list of the case stays as it was written.
    listed = Seq(place) if known is None else copied(known)
    node.put(name, listed, node.at(name) if known is not None else place)
    listed.insert(0, block)
    listed.places.insert(0, place)
    listed.raw.insert(0, "")


def _findings_given(given: Any, built: Case, base: KnowledgeBase, place: Place) -> dict[Key, str]:
    """Return the status of each given finding about an entity.

    A finding is about the first entity of its kind, or about those whose ids are listed.
    """
    if given is None:
        return {}
    stated = dict.fromkeys(given, "yes") if isinstance(given, list) else dict(given)
    found: dict[Key, str] = {}
    for name, word in stated.items():
        about = base.findings[name].about if name in base.findings else ""
        known = [entity.id for entity in built.entities(about)] if about else []
        known = known or [_IDS.get(about, "")]
        ids, status = (word, "yes") if isinstance(word, list) else (known[:1], word)
        if not about or status not in _WORDS or not set(ids) <= set(known):
            message = f'no finding "{name}: {as_written(word)}" can be given'
            raise CaseError([Problem(place, message)])
        found.update({(name, about, each): _WORDS[status] for each in ids})
    return found


def outcome_of(rule: Rule, readings: Readings, engine: Engine) -> str:
    """Return the outcome of a rule for the first entity, or the best outcome of all gaps."""
    entities = readings.entities(rule.kind)
    wanted = None if rule.kind == "gap" else entities[0].id if entities else ""
    words = [
        Outcome(rule.strength, rule.fact_names, *truths).word
        for entity, truths in engine.apply(rule, readings)
        if wanted in (None, entity.id)
    ]
    return max(words, key=BEST.index, default="silent")


def status_of(
    rule: Rule,
    readings: Readings,
    engine: Engine,
    changed: Mapping[str, Rule] = MappingProxyType({}),
) -> str:
    """Return the status that all rules give the finding of *rule*, about the first entity.

    For pairs of answers it is the best status of all pairs.

    Args:
        rule: The rule of the case.
        readings: The case.
        engine: It applies the rules.
        changed: Rules that replace those of the rule base, by name.
    """
    entities = readings.entities(rule.kind)
    said: dict[str, list[Outcome]] = {}
    for known in readings.base.rules_for(rule.finding):
        other = changed.get(known.name, known)
        for entity, truths in engine.apply(other, readings):
            outcome = Outcome(other.strength, other.fact_names, *truths)
            said.setdefault(entity.id, []).append(outcome)
    wanted = said if rule.kind == "gap" else [entity.id for entity in entities[:1]]
    return max((settle(said[name]).status for name in wanted), key=rank, default="absent")


def run_cases(
    base: KnowledgeBase, engines: dict[str, Engine], names: frozenset[str] = frozenset()
) -> Iterator[CaseRun | Problem]:
    """Run the cases of all rules, or of the named rules, on each engine.

    Definitions are no rules that an engine compiles; their cases run on the plain engine alone.

    Yields:
        A run for each case and engine, or a problem for an invalid case.
    """
    plain = {name: e for name, e in engines.items() if isinstance(e, PlainEngine)}
    for rule in (*base.rules, *base.definition_rules):
        applied = plain if rule in base.definition_rules else engines
        if rule.status == "retired" or (names and rule.name not in names):
            continue
        for case in rule.cases:
            try:
                for name, engine in applied.items():
                    readings = readings_of(rule, case, base)
                    word = outcome_of(rule, readings, engine)
                    status = status_of(rule, readings, engine) if case.finding else None
                    yield CaseRun(rule, case, name, word, status)
            except CaseError as error:
                yield from error.problems


def missing_cases(rule: Rule, base: KnowledgeBase) -> list[Problem]:
    """Return the missing cases of a reviewed rule: outcomes, and both sides of thresholds."""
    if rule.status != "reviewed":
        return []
    place = Place(rule.file)
    problems = []
    expected = {case.expect for case in rule.cases}
    if not expected & {"holds", "assumed"}:
        problems.append(Problem(place, f"{rule.name} has no case that holds"))
    if "silent" not in expected:
        problems.append(Problem(place, f"{rule.name} has no case that is silent"))
    # In the working reading contradictions are always counted, so such a rule is never open.
    # A rule without a condition is open for no account.
    may_open = not rule.about_knowledge and not rule.reads("contradictions")
    may_open = may_open and rule.when != EVERYTHING
    if "open" not in expected and may_open:
        problems.append(Problem(place, f"{rule.name} has no case that stays open"))
    try:
        seen = _values_tried(rule, base)
    except CaseError as error:
        return [*problems, *error.problems]
    for (label, test), values in seen.items():
        if not all(
            limit in values
            if _is_end_of_scale(label, limit, side, base)
            else _is_boundary_covered(limit, side, values)
            for limit, side in test.edges()
        ):
            asked = f"{label} {test.op} {test.operand}"
            problems.append(
                Problem(place, f"{rule.name}: no cases on both sides of the threshold of {asked}")
            )
    return problems


def _is_boundary_covered(limit: float, side: int, values: set[float]) -> bool:
    return limit in values and any(0 < side * (value - limit) <= 1 for value in values)


def _is_end_of_scale(label: str, limit: float, side: int, base: KnowledgeBase) -> bool:
    """Return whether no answer lies beyond a limit on one side of it."""
    fact = base.facts.get(label.rpartition(".")[2])
    scale = fact.doc.range if fact is not None else None
    end = None if scale is None else scale.min if side < 0 else scale.max
    return end is not None and side * (limit - end) >= 0


def _values_tried(rule: Rule, base: KnowledgeBase) -> dict[tuple[str, Test], set[float]]:
    seen: dict[tuple[str, Test], set[float]] = {}
    for case in rule.cases:
        readings = readings_of(rule, case, base)
        for entity in readings.entities(rule.kind)[:1]:
            view = readings.view(entity, strict=False)
            for condition in rule.conditions():
                for label, test, value in _probe(condition, view):
                    bounds = bounds_of(value)
                    tried = seen.setdefault((label, test), set())
                    if bounds is not None:
                        tried.update(bound for bound in bounds if bound is not None)
    return seen


def _probe(condition: Condition, view: View) -> Iterator[tuple[str, Test, Any]]:
    for leaf in leaves(condition, members=False):
        term = leaf.term
        for test in leaf.tests:
            if term.limited and test.edges():
                yield from ((term.label, test, value) for value in term.tried(view))
        if term.members is not None:
            for member in view.group(term.members.of)[0]:
                for inner in term.members.conditions:
                    yield from _probe(inner, member)
