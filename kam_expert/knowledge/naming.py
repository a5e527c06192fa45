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
        if key in entry and entry[key] not in known:
            near = did_you_mean(entry[key], known)
            yield Problem(entry.at(key), f'{name}: unknown {key} "{entry[key]}".{near}')


def rank_problems(kinds: Any) -> Iterator[Problem]:
    """Yield the kinds of steps that share a rank, which would leave their order open."""
    ranked: dict[int, str] = {}
    for name, kind in kinds.items():
        other = ranked.setdefault(kind["rank"], name)
        if other != name:
            yield Problem(kind.at("rank"), f"{name}: {other} has the rank {kind['rank']} too")


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
