"""What to ask next, and the effect of one answer to each of the first questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.questions import STAGE, open_questions
from kam_expert.facts.changes import Slot
from kam_expert.results.inquiry import AnswerEffect, Questioning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.engines.inquiry.variants import Variants
    from kam_expert.engines.settling import Key, Settlement
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.status import Settled
    from kam_expert.results.diagnosis import OpenQuestion


def ask(variants: Variants, shown: int) -> Questioning:
    """Return what to ask next about an account.

    Args:
        variants: The account, settled as it is.
        shown: The number of first questions for which the effect of an answer is computed.
    """
    questions = open_questions(variants.now, variants.base)
    borders = Borders(variants.base)
    return Questioning(
        questions=questions,
        effects=tuple(effect_of(question, variants, borders) for question in questions[:shown]),
        stop=_stop(variants, questions),
    )


def _stop(variants: Variants, questions: tuple[OpenQuestion, ...]) -> str | None:
    # An incomplete list can get further members.
    if not questions and False not in variants.case.complete.values():
        return "all"
    now = variants.now
    return "stage" if now.possible_stages[1] == {now.verdict} else None


def slots_of(question: OpenQuestion) -> tuple[Slot, ...]:
    """Return the slots of an answer: one for each side that is asked; none for a list."""
    if question.fact is None:
        return ()
    about = question.about
    slot = Slot(about.kind, about.id, question.fact, question.side)
    return (slot, slot._replace(side="ours")) if question.asked_of == "both" else (slot,)


def effect_of(question: OpenQuestion, variants: Variants, borders: Borders) -> AnswerEffect:
    """Return what the most useful answer to a question settles, and what any answer changes."""
    staged = variants.base.stage_model.findings_read
    best: tuple[tuple[str, ...], ...] = ((), (), (), ())
    changes: set[str] = set()
    stages: set[str] = set()
    for found in _answered(question, variants, borders):
        moved = _moved(found, variants)
        settled = _compare(moved, variants)
        changes |= {key[0] for key, before, after in moved if after.status != before.status}
        stages |= {found.verdict} - {variants.now.verdict}
        best = max(best, settled, key=lambda parts: [len(part) for part in parts])
    features, confirms, *others = best
    waiting = set(question.could_change) - {*features, *confirms}
    return AnswerEffect(
        features=features,
        confirms=confirms,
        helps=tuple(name for name in staged if name in waiting and STAGE in question.could_change),
        findings=tuple(dict.fromkeys(name for part in others for name in part)),
        changes=tuple(name for name in variants.base.findings if name in changes),
        could_be=tuple(name for name in variants.base.stage_model.names if name in stages),
    )


def _answered(question: OpenQuestion, variants: Variants, borders: Borders) -> Iterator[Settlement]:
    """Yield the account settled with each useful answer."""
    if question.of is not None:
        yield variants.settled({}, {question.of: True})
    for slot in slots_of(question):
        for value in borders.values(slot, variants):
            yield variants.settled({slot: value})


def _moved(found: Settlement, variants: Variants) -> list[tuple[Key, Settled, Settled]]:
    """Return the findings that are named as changed, with how they were and are settled."""
    base, now = variants.base, variants.now.findings
    return [
        (key, now[key], after)
        for key, after in found.findings.items()
        if after is not now[key] and _is_named(key[0], base)
    ]


def _is_named(name: str, base: KnowledgeBase) -> bool:
    """Return whether the answer names this finding as changed."""
    return not base.findings[name].about_knowledge and name not in base.strategy_conditions


def _compare(
    moved: Iterable[tuple[Key, Settled, Settled]], variants: Variants
) -> tuple[tuple[str, ...], ...]:
    """Return the findings that an answer settles or makes certain: of the stage, and others."""
    staged = variants.base.stage_model.findings_read
    parts: tuple[dict[str, Any], ...] = ({}, {}, {}, {})
    for key, before, after in moved:
        of_stage = key[0] in staged and key[1] == "account"
        if before.working is None and after.working is not None:
            parts[0 if of_stage else 2][key[0]] = None
        elif before.strict is None and after.strict is not None:
            parts[1 if of_stage else 3][key[0]] = None
    return tuple(tuple(part) for part in parts)
