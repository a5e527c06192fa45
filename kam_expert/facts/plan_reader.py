"""Read the plan in a case file: the list ``plan:``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import shortened, unknown_name, unknown_word
from kam_expert.facts.plan_entries import (
    CHOICES,
    DATES,
    KEYS,
    STATUSES,
    TEXTS,
    PlanEntry,
    entry_id,
    mistakes,
)
from kam_expert.facts.plan_subjects import unknown_subject
from kam_expert.knowledge.value_forms import DATE, SCALAR, Schema
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from kam_expert.errors import Place
    from kam_expert.facts.answer_schema import AnswerReader


def plan_schema() -> Schema:
    """Return the JSON Schema of ``plan:``, but for what keys ask of each other."""
    properties: dict[str, Any] = dict.fromkeys(TEXTS, SCALAR)
    properties |= {key: {"anyOf": [DATE, {"type": "null"}]} for key in DATES}
    properties |= {key: {"enum": [*words, None]} for key, words in CHOICES.items()}
    properties["about"] = {"type": ["array", "null"], "items": SCALAR}
    item = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: properties[key] for key in KEYS},
    }
    return {"type": ["array", "null"], "items": item}


def read_plan(
    reader: AnswerReader, given: Iterable[tuple[Any, Place]], subjects: Collection[str]
) -> list[PlanEntry]:
    """Return the entries of a plan.

    Args:
        reader: Collects the mistakes.
        given: The items of the list with their places.
        subjects: The ids of people, members and decisions.
    """
    items = list(given)
    taken = {item.raw.get("id", "").strip() for item, _ in items if isinstance(item, Map)}
    entries: list[PlanEntry] = []
    for item, place in items:
        if not isinstance(item, Map):
            reader.fail(place, "an entry of the plan is a mapping such as {step: …, due: …}")
            continue
        entry = _entry(reader, item, place, subjects, taken)
        taken.add(entry.id)
        if any(entry.id == other.id for other in entries):
            reader.fail(place, f'duplicate entry "{shortened(entry.id)}"; give it another id')
        entries.append(entry)
    return entries


def _entry(
    reader: AnswerReader, item: Map, place: Place, subjects: Collection[str], taken: Collection[str]
) -> PlanEntry:
    for key in item:
        if key not in KEYS:
            reader.fail(item.at(key), unknown_name("key", key, KEYS))
    before = len(reader.problems)
    about = _about(reader, item, subjects)
    told: dict[str, Any] = {key: reader.text(item, key) for key in TEXTS}
    told |= {key: reader.day(item, key) for key in DATES}
    told |= {key: _word(reader, item, key) for key in CHOICES}
    if told["step"] and not told["id"]:
        told["id"] = entry_id(told["step"], taken)
    entry = PlanEntry(**told, about=about, place=place)
    if len(reader.problems) == before:  # else a value may be missing that was given
        for key, message in mistakes(entry):
            reader.fail(item.at(key) if key in item else place, message)
    return entry


def _word(reader: AnswerReader, item: Map, key: str) -> str:
    default = {"side": "ours", "status": STATUSES[0]}.get(key, "")
    word = item.get(key)
    if word is None:
        return default
    if word not in CHOICES[key]:
        reader.fail(item.at(key), unknown_word(key, word, CHOICES[key]))
        return default
    return str(word)


def _about(reader: AnswerReader, item: Map, subjects: Collection[str]) -> tuple[str, ...]:
    given = item.get("about")
    if given is None:
        return ()
    if not isinstance(given, Seq) or any(isinstance(name, Map | Seq) for name in given):
        reader.fail(item.at("about"), '"about:" of an entry is a list of ids')
        return ()
    names = []
    for index, name in enumerate(given.raw):
        if name not in subjects:
            reader.fail(given.at(index), unknown_subject(name, subjects))
        elif name not in names:
            names.append(name)
    return tuple(names)
