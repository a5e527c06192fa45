"""The agenda of a meeting: chapters, their lists, and a break of our team alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kam_expert.app.agenda import STAYS_WITHIN, Agenda, AgendaMaker
from kam_expert.facts.case import Case, Entity
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.about import About
from kam_expert.results.diagnosis import OpenQuestion

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kam_expert.knowledge.base import KnowledgeBase

ABOUT = About("account", "a")
CASE = Case(Entity("account", "a", "A"), people=(Entity("person", "p", "P"),))
LIST = OpenQuestion(None, ABOUT, "us", (), of="people")


def facts_of(base: KnowledgeBase, chapter: str, *, discreet: bool = False) -> list[OpenQuestion]:
    """Return a question to us about each fact of the account in a chapter."""
    return [
        OpenQuestion(name, ABOUT, "us", (), side="ours")
        for name, fact in base.facts.items()
        if fact.kind == "account" and base.chapters.of.get(name) == chapter
        if (name in base.chapters.among_us or fact.doc.privacy == "assessment") == discreet
        if name not in base.chapters.after and fact.doc.asked_after is None
    ]


def made(
    base: KnowledgeBase,
    questions: Sequence[OpenQuestion],
    chapter: str = "",
    *,
    customer: bool = True,
    closed: Collection[Slot | str] = (),
) -> Agenda:
    """Return the agenda of a meeting in which these questions are open."""
    maker = AgendaMaker(base, CASE, with_customer=customer, closed=lambda place: place in closed)
    return maker.agenda(questions, chapter)


@pytest.mark.parametrize(("discreet", "proposed"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_break_is_proposed_where_two_of_the_first_six_questions_wait(
    base: KnowledgeBase, discreet: int, *, proposed: bool
) -> None:
    waiting = facts_of(base, "value", discreet=True)[:discreet]
    agenda = made(base, [*facts_of(base, "trust")[: 6 - discreet], *waiting])

    assert len(agenda.among_us) == discreet
    assert agenda.break_tells is proposed


def test_no_break_is_proposed_for_what_comes_later_was_asked_or_needs_none(
    base: KnowledgeBase,
) -> None:
    others, waiting = facts_of(base, "trust"), facts_of(base, "value", discreet=True)[:2]
    asked = {Slot("account", "a", q.fact or "", "ours") for q in waiting[:1]}

    assert made(base, [*waiting, *others]).break_tells
    assert not made(base, [*others[:6], *waiting]).break_tells
    assert not made(base, [*waiting, *others], closed=asked).break_tells
    assert not made(base, [*waiting, *others], customer=False).break_tells


def test_a_chapter_is_left_when_its_best_question_is_not_among_the_first(
    base: KnowledgeBase,
) -> None:
    others, last = facts_of(base, "value"), facts_of(base, "trust")[:1]
    assert len(others) >= STAYS_WITHIN

    near = made(base, [*others[: STAYS_WITHIN - 1], *last], "trust")
    far = made(base, [*others[:STAYS_WITHIN], *last], "trust")

    assert (near.next and near.next.chapter, near.proposed) == ("trust", "")
    assert (far.next and far.next.chapter, far.proposed) == ("value", "value")


def test_a_chapter_is_not_left_before_its_lists_are_asked_for(base: KnowledgeBase) -> None:
    others, about = facts_of(base, "value")[:STAYS_WITHIN], facts_of(base, "people")[:1]
    assert base.chapters.of["people"] == "people"

    asked = [*others, *about, LIST]
    assert made(base, asked, "people").proposed == ""
    assert made(base, asked, "people", closed={"people"}).proposed == "value"


def test_where_little_of_a_chapter_matters_its_lists_come_first(base: KnowledgeBase) -> None:
    one, about = facts_of(base, "value")[0], facts_of(base, "people")[:1]
    others = [replace(one, about=About("account", str(number))) for number in range(60)]

    near = made(base, [*others[1:], *about, LIST], "people")
    far = made(base, [*others, *about, LIST], "people")

    assert [item.question for item in near.items[:2]] == [*about, LIST]
    assert [item.question for item in far.items[:2]] == [LIST, *about]
