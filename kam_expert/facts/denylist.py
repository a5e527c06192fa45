"""Sensitive terms in the notes of a case, by a denylist: health, belief, family, insults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.case import each_entity
from kam_expert.facts.edits import (
    AddEntity,
    AddPlanEntry,
    ChangePlanEntry,
    Rename,
    SetAccount,
    SetAnswer,
    SetComments,
    SetStepNote,
    SetStrategy,
)
from kam_expert.facts.plan_entries import FREE_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.privacy import Privacy


@dataclass(frozen=True)
class SensitiveTerm:
    """A sensitive term in a text.

    Attributes:
        where: The text that contains it, such as ``comments[2]``.
        word: As written there, in lower case.
        topic: A key of ``Privacy.denylist``.
    """

    where: str
    word: str
    topic: str


def free_texts(case: Case) -> Iterator[tuple[str, str]]:
    """Yield the place and text of every free text of *case*, except ids and names of people."""
    yield "account.owner", case.owner
    yield "account.segment", case.segment
    for number, text in enumerate(case.notes.comments, 1):
        yield f"comments[{number}]", text
    for step, note in case.notes.steps.items():
        yield f"steps.{step}.owner", note.owner or ""
    if case.notes.strategy is not None:
        yield "strategy.reason", case.notes.strategy.reason
    for entry in case.plan:
        yield from ((f"plan {entry.id}.{key}", getattr(entry, key)) for key in FREE_TEXTS)
    for entity in each_entity(case):
        if entity.kind == "decision":
            yield f"decision {entity.id}", entity.name
        for side in (entity.ours, entity.theirs):
            for fact, answers in side.items():
                for answer in answers:
                    yield f"{entity.id}: {fact}", answer.by or ""
                    if isinstance(answer.value, str):
                        yield f"{entity.id}: {fact}", answer.value


def sensitive_terms(case: Case, privacy: Privacy) -> tuple[SensitiveTerm, ...]:
    """Return the sensitive terms in the texts of *case*, each at most once per text."""
    return tuple(
        dict.fromkeys(
            SensitiveTerm(where, word, topic)
            for where, text in free_texts(case)
            for word, topic in privacy.sensitive_terms(text)
        )
    )


def sensitive_terms_added(
    edits: Iterable[Edit], before: Case, privacy: Privacy
) -> tuple[tuple[str, str], ...]:
    """Return the sensitive terms that *edits* add to the texts of *before*, with their topics."""
    there = {text for _, text in free_texts(before)}
    return tuple(
        dict.fromkeys(
            found
            for text in texts_of(edits)
            if text not in there
            for found in privacy.sensitive_terms(text)
        )
    )


def texts_of(edits: Iterable[Edit]) -> Iterator[str]:
    """Yield the free texts that *edits* set, except ids and names of people."""
    for edit in edits:
        match edit:
            case SetAnswer(value=value, by=by):
                yield by or ""
                if isinstance(value, str):
                    yield value
            case SetComments(comments=comments):
                yield from comments
            case SetStepNote(owner=owner):
                yield owner or ""
            case SetStrategy(reason=reason):
                yield reason
            case AddPlanEntry(entry=entry):
                yield from (getattr(entry, key) for key in FREE_TEXTS)
            case ChangePlanEntry(values=values):
                yield from (value for key, value in values if key in FREE_TEXTS)
            case SetAccount(owner=owner, segment=segment):
                yield owner or ""
                yield segment or ""
            case AddEntity(kind="decision", name=name) | Rename(kind="decision", name=name):
                yield name
