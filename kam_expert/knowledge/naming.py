"""Check the names that one file of the rule base uses and another declares."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, did_you_mean
from kam_expert.knowledge.yaml_reader import Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.knowledge.vocabulary import Fact


#: The type of each fact of an event, by its key in a case file.
_EVENT_TYPES = {"kind": "choice", "day": "date", "note": "text"}


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
            yield Problem(at.at(key), f'unknown fact "{at[key]}".{did_you_mean(at[key], facts)}')
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
        for key, known in (("themes", themes), ("facts", facts), ("besides", facts)):
            yield from _unlisted(voids, key, known)
    for name, entry in (node.get("same_as") or {}).items():
        fact = facts.get(name)
        if fact is None or fact.kind != "account":
            near = did_you_mean(name, [n for n, f in facts.items() if f.kind == "account"])
            yield Problem(entry.place, f'unknown fact "{name}" about the account.{near}')
        elif entry["value"] not in fact.words():
            near = did_you_mean(entry["value"], fact.words())
            yield Problem(entry.at("value"), f'{name} has no value "{entry["value"]}".{near}')
        if entry["kind"] not in node["kinds"]:
            near = did_you_mean(entry["kind"], node["kinds"])
            yield Problem(entry.at("kind"), f'unknown kind "{entry["kind"]}".{near}')
        yield from _unlisted(entry, "or_kinds", node["kinds"])


def _unlisted(entry: Any, key: str, known: Iterable[str]) -> Iterator[Problem]:
    listed: Any = entry.get(key) or ()
    for index, name in enumerate(listed):
        if name not in known:
            word = key.removeprefix("or_").removesuffix("s") if key != "besides" else "fact"
            near = did_you_mean(name, known)
            yield Problem(listed.at(index), f'unknown {word} "{name}".{near}')


def day_problems(steps: Any, facts: Mapping[str, Fact]) -> Iterator[Problem]:
    """Yield the steps that are to come before something other than a date that is theirs."""
    for name, entry in steps.items():
        if (before := entry.get("before")) is None:
            continue
        fact = facts.get(before)
        if fact is None:
            near = did_you_mean(before, facts)
            yield Problem(entry.at("before"), f'{name}: unknown fact "{before}".{near}')
        elif fact.doc.type != "date" or fact.kind not in ("account", entry["about"]):
            whose = " or the ".join(dict.fromkeys((entry["about"], "account")))
            message = f"{name}: {before} is not a date about the {whose}"
            yield Problem(entry.at("before"), message)


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
