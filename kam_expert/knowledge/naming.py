"""Check the names that one file of the rule base uses and another declares."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, did_you_mean
from kam_expert.knowledge.yaml_reader import Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.knowledge.vocabulary import Fact


def naming_problems(node: Any, facts: Mapping[str, Fact]) -> Iterator[Problem]:
    """Yield the problems of the facts in a valid ``rulebase.yaml``.

    Args:
        node: The file as it was read.
        facts: The vocabulary.
    """
    for name, kind, place in _named(node):
        fact = facts.get(name)
        if fact is None:
            yield Problem(place, f'unknown fact "{name}".{did_you_mean(name, facts)}')
        elif fact.kind != kind:
            yield Problem(place, f"{name} is about the {fact.kind}, not the {kind}")
    first = node.get("first_questions") or Seq(node.place)
    for index, name in enumerate(first):
        if name in first[:index]:
            yield Problem(first.at(index), f'duplicate fact "{name}"')


def reference_problems(entries: Any, key: str, known: Iterable[str]) -> Iterator[Problem]:
    """Yield the entries of a checked file whose *key* holds a name that is not declared."""
    for name, entry in entries.items():
        if entry[key] not in known:
            near = did_you_mean(entry[key], known)
            yield Problem(entry.at(key), f'{name}: unknown {key} "{entry[key]}".{near}')


def strategy_problems(
    node: Any, findings: Iterable[str], purposes: Iterable[str], steps: Any
) -> Iterator[Problem]:
    """Yield the problems of a valid ``strategies.yaml``, and of the order of steps.

    Args:
        node: The file as it was read.
        findings: The ids of the findings of ``findings.yaml``.
        purposes: The declared purposes of steps.
        steps: ``steps.yaml`` as it was read.
    """
    strategies = node["strategies"]
    last = next(reversed(strategies), None)
    for name, entry in strategies.items():
        place = strategies.at(name)
        if name in findings or f"{name}_applies" in findings:
            yield Problem(place, f'"{name}" is a finding; a strategy needs an id of its own')
        if ("when" in entry) is (name == last):
            message = (
                "has no `when`, since it holds if no other does"
                if name == last
                else ("needs a `when`; only the last strategy holds without one")
            )
            yield Problem(place, f"{name} {message}")
        if "allowed" in entry and "not_allowed" in entry:
            yield Problem(entry.at("not_allowed"), f"{name}: say `allowed` or `not_allowed`")
        for key in ("first", "then", "allowed", "not_allowed"):
            yield from _unknown(entry.get(key), "purpose", purposes)
    hurts = steps["order"]["hurts"]
    yield from _unknown(hurts.get("purposes"), "purpose", purposes)
    yield from _unknown(hurts.get("not_under"), "strategy", strategies)
    yield from _unknown(steps["order"]["accompanies"], "purpose", purposes)


def _unknown(names: Any, kind: str, known: Iterable[str]) -> Iterator[Problem]:
    for index, name in enumerate(names or ()):
        if name not in known:
            yield Problem(names.at(index), f'unknown {kind} "{name}".{did_you_mean(name, known)}')


def cause_problems(findings: Any) -> Iterator[Problem]:
    """Yield unknown causes of findings (``follows_from``) and each cycle of causes once."""
    causes: dict[str, tuple[str, ...]] = {}
    for name, entry in findings.items():
        causes[name] = tuple(entry.get("follows_from") or ())
        for index, cause in enumerate(causes[name]):
            if cause not in findings:
                near = did_you_mean(cause, findings)
                place = entry["follows_from"].at(index)
                yield Problem(place, f'{name}: unknown finding "{cause}".{near}')
    try:
        TopologicalSorter(causes).prepare()
    except CycleError as error:
        cycle = list(reversed(error.args[1]))
        message = f"causes form a cycle: {' follows from '.join(cycle)}"
        yield Problem(findings[cycle[0]].at("follows_from"), message)


def _named(node: Any) -> Iterator[tuple[str, str, Place]]:
    shown: Any = node.get("shown") or {}
    for kind, name in (shown.get("roles") or {}).items():
        yield name, kind, shown["roles"].at(kind)
    if shown.get("main_contact"):
        yield shown["main_contact"], "person", shown.at("main_contact")
    for key, name in (shown.get("goal") or {}).items():
        yield name, "person", shown["goal"].at(key)
    scales = (side["facts"] for side in shown.get("profile") or ())
    for names in (shown.get("standing") or Seq(node.place), *scales):
        for index, name in enumerate(names):
            yield name, "person", names.at(index)
    first = node.get("first_questions") or Seq(node.place)
    for index, name in enumerate(first):
        yield name, "account", first.at(index)
