"""Check the names that one file of the rule base uses and another declares."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, did_you_mean, unknown_name
from kam_expert.knowledge.yaml_reader import Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.knowledge.vocabulary import Fact


#: What each fact that the map of people shows is about.
_MAP_KINDS = {
    "voice": "person", "openness": "person", "last_contact": "person", "tie_age": "link",
    "above": "person", "heard": "person",
}  # fmt: skip
#: How often a strategy may name one purpose among those that come first.
_MOST_PLACES = 2
#: The type of each fact of an event, by its key in a case file.
_EVENT_TYPES = {"kind": "choice", "day": "date", "note": "text"}


def naming_problems(
    node: Any, facts: Mapping[str, Fact], findings: Iterable[str]
) -> Iterator[Problem]:
    """Yield the problems of the facts and findings in a valid ``rulebase.yaml``.

    Args:
        node: The file as it was read.
        facts: The vocabulary.
        findings: The findings.
    """
    yield from _unknown((node.get("shown") or {}).get("one_pair"), "finding", findings)
    for name, kind, place in _named(node):
        fact = facts.get(name)
        if fact is None:
            yield Problem(place, unknown_name("fact", name, facts))
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
            yield Problem(entry.at(key), f"{name}: {unknown_name(key, entry[key], known)}")


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
        first = [str(purpose) for purpose in entry.get("first") or ()]
        for purpose in dict.fromkeys(first):
            if first.count(purpose) > _MOST_PLACES:
                message = f'{name}: the purpose "{purpose}" is in first more than twice'
                yield Problem(entry.at("first"), message)
        for key in ("first", "then", "allowed", "not_allowed"):
            yield from _unknown(entry.get(key), "purpose", purposes)
    hurts = steps["order"]["hurts"]
    yield from _unknown(hurts.get("purposes"), "purpose", purposes)
    yield from _unknown(hurts.get("not_under"), "strategy", strategies)
    yield from _unknown(steps["order"]["accompanies"], "purpose", purposes)


def event_problems(
    node: Any, facts: Mapping[str, Fact], themes: Iterable[str]
) -> Iterator[Problem]:
    """Yield the unknown names in a valid ``events.yaml``.

    Args:
        node: The file as it was read.
        facts: The vocabulary.
        themes: The names of all themes.
    """
    keys = node["keys"]
    named = [(keys, key, "event", kind) for key, kind in _EVENT_TYPES.items()]
    named.append((node, "mark", "person", "yes_no"))
    for at, key, about, type_ in named:
        fact = facts.get(at[key])
        if fact is None:
            yield Problem(at.at(key), unknown_name("fact", at[key], facts))
        elif fact.kind != about or fact.doc.type != type_:
            yield Problem(at.at(key), f"{fact.name} is not a {type_} about the {about}")
    said = facts.get(keys["kind"])
    words = said.words() if said else list(node["kinds"])
    for name in words:
        if name not in node["kinds"]:
            yield Problem(node.at("kinds"), f'the kind "{name}" is missing here')
    for name, entry in node["kinds"].items():
        if name not in words:
            near = did_you_mean(name, words)
            yield Problem(entry.place, f'{said and said.name} has no value "{name}".{near}')
        voids = entry.get("voids") or {}
        yield from _unknown(voids.get("themes"), "theme", themes)
        for key in ("facts", "besides"):
            yield from _unknown(voids.get(key), "fact", facts)
    for name, entry in (node.get("same_as") or {}).items():
        fact = facts.get(name)
        if fact is None or fact.kind != "account":
            near = did_you_mean(name, [n for n, f in facts.items() if f.kind == "account"])
            yield Problem(entry.place, f'unknown fact "{name}" about the account.{near}')
        elif entry["value"] not in fact.words():
            near = did_you_mean(entry["value"], fact.words())
            yield Problem(entry.at("value"), f'{name} has no value "{entry["value"]}".{near}')
        if entry["kind"] not in node["kinds"]:
            yield Problem(entry.at("kind"), unknown_name("kind", entry["kind"], node["kinds"]))
        yield from _unknown(entry.get("or_kinds"), "kind", node["kinds"])


def _unknown(names: Any, kind: str, known: Iterable[str]) -> Iterator[Problem]:
    for index, name in enumerate(names or ()):
        if name not in known:
            yield Problem(names.at(index), unknown_name(kind, name, known))


def cause_problems(findings: Any) -> Iterator[Problem]:
    """Yield unknown causes of findings (``follows_from``) and each cycle of causes once."""
    causes: dict[str, tuple[str, ...]] = {}
    for name, entry in findings.items():
        causes[name] = tuple(entry.get("follows_from") or ())
        for index, cause in enumerate(causes[name]):
            if cause not in findings:
                place = entry["follows_from"].at(index)
                yield Problem(place, f"{name}: {unknown_name('finding', cause, findings)}")
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
    drawn: Any = shown.get("map") or {}
    for kind, name in (drawn.get("levels") or {}).items():
        yield name, kind, drawn["levels"].at(kind)
    for key, kind in _MAP_KINDS.items():
        if drawn.get(key):
            yield drawn[key], kind, drawn.at(key)
    for key, kind in (("wanted", "person"), ("loss", "account")):
        for index, name in enumerate(drawn.get(key) or ()):
            yield name, kind, drawn[key].at(index)
    first = node.get("first_questions") or Seq(node.place)
    for index, name in enumerate(first):
        yield name, "account", first.at(index)
