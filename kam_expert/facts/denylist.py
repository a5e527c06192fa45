"""Words in the notes of a case that have no place there: health, belief, family, insults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.case import each_entity
from kam_expert.facts.edits import (
    AddEntity,
    Rename,
    SetAccount,
    SetAnswer,
    SetComments,
    SetStepNote,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.privacy import Privacy


@dataclass(frozen=True)
class UnfitWord:
    """A word that has no place in a note.

    Attributes:
        where: The text it stands in, such as ``comments[2]``.
        word: As it stands there, in small letters.
        topic: A key of ``Privacy.unfit``.
    """

    where: str
    word: str
    topic: str


def free_texts(case: Case) -> Iterator[tuple[str, str]]:
    """Yield every free text of *case*, names of people and ids aside, with where it stands."""
    yield "account.owner", case.owner
    yield "account.segment", case.segment
    for number, text in enumerate(case.notes.comments, 1):
        yield f"comments[{number}]", text
    for step, note in case.notes.steps.items():
        yield f"steps.{step}.owner", note.owner or ""
    for entity in each_entity(case):
        if entity.kind == "decision":
            yield f"decision {entity.id}", entity.name
        for side in (entity.ours, entity.theirs):
            for fact, answers in side.items():
                for answer in answers:
                    yield f"{entity.id}: {fact}", answer.by or ""
                    if isinstance(answer.value, str):
                        yield f"{entity.id}: {fact}", answer.value


def unfit_words(case: Case, privacy: Privacy) -> tuple[UnfitWord, ...]:
    """Return the words in the texts of *case* that have no place in a note, each once a text."""
    return tuple(
        dict.fromkeys(
            UnfitWord(where, word, topic)
            for where, text in free_texts(case)
            for word, topic in privacy.unfit_words(text)
        )
    )


def unfit_words_added(
    edits: Iterable[Edit], before: Case, privacy: Privacy
) -> tuple[tuple[str, str], ...]:
    """Return the words that *edits* bring into the texts of *before*, each once, with its topic."""
    there = {text for _, text in free_texts(before)}
    return tuple(
        dict.fromkeys(
            found
            for text in _texts_of(edits)
            if text not in there
            for found in privacy.unfit_words(text)
        )
    )


def _texts_of(edits: Iterable[Edit]) -> Iterator[str]:
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
            case SetAccount(owner=owner, segment=segment):
                yield owner or ""
                yield segment or ""
            case AddEntity(kind="decision", name=name) | Rename(kind="decision", name=name):
                yield name
