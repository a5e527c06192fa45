"""The agenda of a meeting: which of the open questions is asked next, of whom, and how far one is.

The open questions of a diagnosis are in the order of what they settle. In that order the subject
would change at nearly every question. The agenda stays in a chapter while the best question of it
is among the first of the order or a list of it is left, and then proposes the chapter whose
questions settle most. A meeting begins with the first chapter of the rule base, and there
with its lists. Where some of the first questions wait until our team is alone, it proposes a
break.

The web pages and the terminal share it. It is a layer over the one list of questions, which keeps
its order in the report, in ``ask`` and in the portfolio.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.questions import STAGE
from kam_expert.facts.changes import Slot, answers_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import OpenQuestion

#: A chapter goes on while its best question is among this number of first questions.
STAYS_WITHIN = 15
#: The share of a question in the score of its chapter is 1 / (its place + this number).
_SMOOTHING = 2
#: First questions that count for the score of a chapter.
_SCORED = 60
#: A break is proposed while two of the first six questions wait until our team is alone.
_BREAK_AT, _BREAK_AMONG = 2, 6
#: Values of an answer after which the questions that follow from it have no sense.
_NOTHING = (0, "none")


@dataclass(frozen=True)
class Item:
    """A question as the meeting asks it.

    Attributes:
        question: From the list of the diagnosis.
        sides: Who answers now: ``ours``, ``theirs`` or both; empty for a list.
        chapter: Its chapter; empty in a rule base without chapters.
    """

    question: OpenQuestion
    sides: tuple[str, ...]
    chapter: str

    @property
    def place(self) -> Slot | str:
        """Return the slot of its first side, or the name of the list."""
        return self.slots[0] if self.slots else self.question.of or ""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return a slot for each side; none for a list."""
        asked = self.question
        if asked.fact is None:
            return ()
        about = asked.about
        return tuple(Slot(about.kind, about.id, asked.fact, side) for side in self.sides)


@dataclass(frozen=True)
class ChapterProgress:
    """How far a chapter is.

    Attributes:
        answered: Facts of things in the chapter that have an answer.
        left: Questions of it that are still open, of either side.
    """

    chapter: str
    answered: int
    left: int


@dataclass(frozen=True)
class Agenda:
    """What a meeting asks.

    Attributes:
        items: The questions that can be asked now, the next one first, then chapter by chapter.
        for_customer: Those that only the customer can answer, while nobody of the customer is here.
        among_us: Those that are not asked in front of the customer, while somebody is here.
        among_us_first: How many of the first six questions are among those.
        proposed: The chapter to go to with its bridge; empty while the meeting stays in one.
        progress: Of every chapter, in order.
        can_settle: The number of open questions that can still change the stage.
    """

    items: tuple[Item, ...]
    for_customer: tuple[OpenQuestion, ...]
    among_us: tuple[OpenQuestion, ...]
    among_us_first: int
    proposed: str
    progress: tuple[ChapterProgress, ...]
    can_settle: int

    @property
    def break_tells(self) -> bool:
        """Return whether a break, in which our team is alone, tells most now."""
        return self.among_us_first >= _BREAK_AT

    @property
    def next(self) -> Item | None:
        """Return the next question; None when nothing is left to ask now."""
        return self.items[0] if self.items else None


class AgendaMaker:
    """Makes the agenda of a meeting about one account.

    Args:
        base: The rule base, with its chapters.
        case: The facts.
        with_customer: Whether somebody of the customer is here.
        closed: Returns whether a slot or a list is not asked again in this meeting.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        case: Case,
        *,
        with_customer: bool,
        closed: Callable[[Slot | str], bool],
    ) -> None:
        self._base = base
        self._case = case
        self._with_customer = with_customer
        self._closed = closed
        #: The fact that is asked before another one.
        self._before = {
            **{name: fact.doc.asked_after for name, fact in base.facts.items()},
            **base.chapters.after,
        }

    def agenda(
        self, questions: Iterable[OpenQuestion], chapter: str = "", *, chosen: bool = False
    ) -> Agenda:
        """Return the agenda.

        Args:
            questions: The open questions of the diagnosis, in order.
            chapter: The chapter in which the meeting is; empty at the start.
            chosen: Whether somebody asked for this chapter, so that it goes on to its end.
        """
        found = tuple(questions)
        items: list[Item] = []
        for_customer: list[OpenQuestion] = []
        among_us: list[OpenQuestion] = []
        for question in found:
            if self._is_idle(question):
                continue
            if self._with_customer and self.is_discreet(question):
                ours = question.side != "theirs" or question.asked_of == "both"
                if not self._is_closed(question, "ours" if ours else "theirs"):
                    among_us.append(question)
            elif item := self.item(question):
                items.append(item)
            elif question.side == "theirs" and not self._is_closed(question, "theirs"):
                for_customer.append(question)
        among_us_first = _among_first(items, among_us, found)
        items = self._in_sequence(items)
        here, proposed = self._chapter(items, chapter, chosen=chosen)
        return Agenda(
            items=tuple(self._by_chapter(items, here)),
            for_customer=tuple(for_customer),
            among_us=tuple(among_us),
            among_us_first=among_us_first,
            proposed=proposed,
            progress=self._progress(items, [*for_customer, *among_us]),
            can_settle=sum(STAGE in question.could_change for question in found),
        )

    def item(self, question: OpenQuestion) -> Item | None:
        """Return a question as it is asked here; None if nobody here can answer it or has to."""
        if question.of is not None:
            # Ties need people on both sides.
            ends = question.of != "links" or (self._case.people and self._case.team)
            if not ends or self._closed(question.of):
                return None
            return Item(question, (), self.chapter_of(question))
        sides = self._sides(question)
        if all(self._is_closed(question, side) for side in sides):
            return None
        return Item(question, sides, self.chapter_of(question))

    def chapter_of(self, question: OpenQuestion) -> str:
        """Return the chapter of a question; empty without chapters."""
        return self._base.chapters.of.get(question.of or question.fact or "", "")

    def _sides(self, question: OpenQuestion) -> tuple[str, ...]:
        """Return who answers here; nobody for a question that needs the customer."""
        if question.side != "theirs":
            return ("ours",)
        if self._with_customer:
            return ("ours", "theirs") if question.asked_of == "both" else ("theirs",)
        return ("ours",) if question.asked_of == "both" else ()

    def _is_closed(self, question: OpenQuestion, side: str) -> bool:
        about = question.about
        return self._closed(Slot(about.kind, about.id, question.fact or "", side))

    def is_discreet(self, question: OpenQuestion) -> bool:
        """Return whether nobody asks it in front of the customer."""
        if question.fact is None:
            return False
        judges = self._base.facts[question.fact].doc.privacy == "assessment"
        return judges or question.fact in self._base.chapters.among_us

    def _is_idle(self, question: OpenQuestion) -> bool:
        """Return whether an earlier answer leaves the question without sense, as 0 of them."""
        before = self._before.get(question.fact or "")
        if before is None:
            return False
        about = question.about
        given = [
            answer.value
            for side in ("ours", "theirs")
            for answer in answers_in(self._case, Slot(about.kind, about.id, before, side))[-1:]
        ]
        return bool(given) and all(value in _NOTHING for value in given)

    def _in_sequence(self, items: list[Item]) -> list[Item]:
        """Return the items, each after the one that gives it its sense."""
        first = {*self._before.values()}
        asked = [item.question for item in items]
        waiting = {(q.fact, q.about) for q in asked if q.fact in first}
        ready: list[Item] = []
        later: list[Item] = []
        for item in items:
            before = self._before.get(item.question.fact or "")
            follows = before is not None and (before, item.question.about) in waiting
            (later if follows else ready).append(item)
        return [*ready, *later]

    def _chapter(self, items: Sequence[Item], chapter: str, *, chosen: bool) -> tuple[str, str]:
        """Return the chapter of the next question, and the one that is proposed for it."""
        best: dict[str, int] = {}
        for place, item in enumerate(items):
            best.setdefault(item.chapter, place)
        if not best:
            return "", ""
        first = next(iter(self._base.chapters.docs), "")
        begins = not chapter and first in best
        lists = any(item.chapter == chapter and item.question.of for item in items)
        if chapter in best and (chosen or lists or best[chapter] < STAYS_WITHIN):
            return chapter, ""
        if begins:
            return first, first
        scores = dict.fromkeys(best, 0.0)
        for place, item in enumerate(items[:_SCORED]):
            scores[item.chapter] += 1 / (place + _SMOOTHING)
        proposed = max(best, key=lambda name: (scores[name], -best[name]))
        return proposed, proposed

    def _by_chapter(self, items: Sequence[Item], here: str) -> list[Item]:
        """Return the questions of the chapter first, then the rest.

        Its lists come before its facts while nothing is on them, and where little of it matters.
        """
        ends = all(item.chapter != here for item in items[:_SCORED])

        def place(item: Item) -> tuple[bool, bool]:
            of = item.question.of
            list_first = of is not None and (ends or not getattr(self._case, of))
            return item.chapter != here, not list_first

        return sorted(items, key=place)

    def _progress(
        self, items: Sequence[Item], later: Sequence[OpenQuestion]
    ) -> tuple[ChapterProgress, ...]:
        of = self._base.chapters.of
        left = dict.fromkeys(self._base.chapters.docs, 0)
        for name in [item.chapter for item in items] + [self.chapter_of(q) for q in later]:
            if name:
                left[name] += 1
        answered = dict.fromkeys(left, 0)
        for kind in ("account", "decision", "person", "member", "link"):
            for entity in self._case.entities(kind):
                for fact in {*entity.ours, *entity.theirs}:
                    if fact in of:
                        answered[of[fact]] += 1
        return tuple(ChapterProgress(name, answered[name], number) for name, number in left.items())


def _among_first(
    items: Sequence[Item], among_us: Sequence[OpenQuestion], found: Sequence[OpenQuestion]
) -> int:
    """Return how many of the first questions wait until our team is alone."""
    asked = {id(item.question) for item in items}
    waiting = {id(question) for question in among_us}
    first = [id(q) for q in found if id(q) in asked or id(q) in waiting][:_BREAK_AMONG]
    return sum(question in waiting for question in first)
