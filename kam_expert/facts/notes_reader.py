"""Read the parts of a case file that are no answers: comments, notes on steps, target, strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import did_you_mean, shortened, unknown_name
from kam_expert.facts.case import Notes, StepNote, StrategyNote
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from kam_expert.facts.answer_schema import AnswerReader
    from kam_expert.knowledge.base import KnowledgeBase


def read_notes(reader: AnswerReader, node: Map, base: KnowledgeBase) -> Notes:
    """Return what a case notes that no rule reads: comments, notes on steps, target, strategy."""
    target = node.get("target_stage")
    stages = base.stage_model.names
    if target is not None and target not in stages:
        reader.fail(
            node.at("target_stage"),
            f'unknown stage "{shortened(target)}"; it is one of {", ".join(stages)}.'
            f"{did_you_mean(target, stages)}",
        )
    return Notes(
        _comments(reader, node),
        _step_notes(reader, node, base),
        target,
        _strategy(reader, node, base),
    )


def _strategy(reader: AnswerReader, node: Map, base: KnowledgeBase) -> StrategyNote | None:
    given = node.get("strategy")
    if given is None:
        return None
    known = [strategy.id for strategy in base.strategies]
    if not isinstance(given, Map):
        example = f"{{id: {given if given in known else known[-1]}, reason: …}}"
        reader.fail(
            node.at("strategy"), f'"strategy:" needs a reason beside the id, such as {example}'
        )
        return None
    for key in given:
        if key not in ("id", "reason"):
            reader.fail(given.at(key), unknown_name("key", key, ("id", "reason")))
    name, reason = given.get("id"), reader.text(given, "reason")
    if name not in known:
        place = given.at("id") if "id" in given else node.at("strategy")
        reader.fail(place, unknown_name("strategy", name, known))
        return None
    if not reason:
        reader.fail(node.at("strategy"), f'"strategy: {name}" needs a reason')
        return None
    return StrategyNote(name, reason)


def _comments(reader: AnswerReader, node: Map) -> tuple[str, ...]:
    given = node.get("comments")
    if given is None:
        return ()
    if isinstance(given, Map) or (
        isinstance(given, Seq) and any(isinstance(item, Map | Seq) for item in given)
    ):
        reader.fail(node.at("comments"), '"comments:" is a text or a list of texts')
        return ()
    return tuple(given.raw) if isinstance(given, Seq) else (node.raw["comments"],)


def _step_notes(reader: AnswerReader, node: Map, base: KnowledgeBase) -> dict[str, StepNote]:
    given = node.get("steps")
    if given is None:
        return {}
    if not isinstance(given, Map):
        reader.fail(node.at("steps"), '"steps:" is a mapping of steps to {owner, due, hide}')
        return {}
    notes = {}
    for key in given:
        note = given[key]
        if key not in base.steps:
            known = did_you_mean(key, base.steps)
            reader.fail(given.at(key), f'unknown step "{shortened(key)}".{known}')
        elif not isinstance(note, Map):
            reader.fail(given.at(key), "a note on a step is a mapping with owner, due or hide")
        else:
            notes[key] = _step_note(reader, note)
    return notes


def _step_note(reader: AnswerReader, note: Map) -> StepNote:
    keys = ("owner", "due", "hide")
    for key in note:
        if key not in keys:
            reader.fail(note.at(key), unknown_name("key", key, keys))
    hide = note.get("hide", "no")
    if hide not in ("yes", "no", True, False):
        reader.fail(note.at("hide"), '"hide" is yes or no')
    return StepNote(
        reader.text(note, "owner") or None, reader.day(note, "due"), hide in ("yes", True)
    )
