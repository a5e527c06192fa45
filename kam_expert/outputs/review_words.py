"""A review in words: a few short sections that fit on one screen or one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.workbook_form import said
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.outputs.inquiry_words import InquiryWords
from kam_expert.outputs.plan_shown import move_name
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.value_words import isolated
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.value_words import ValueWords
    from kam_expert.results.inquiry import ChangedPart, FindingChange
    from kam_expert.results.plan import Move
    from kam_expert.results.reviewed import MissingSign, MovedPlace, Promises, Review

#: The most lines of each section; the rest is counted.
_PROMISES, _FINDINGS, _STEPS, _REASONS = 12, 6, 4, 2
_CONCLUDED = ("likely", "established")


@dataclass(frozen=True)
class ReviewLine:
    """A line of a section.

    Attributes:
        mark: Shows at a glance what kind of news it is.
        because: The facts that brought it about; empty if there are none to name.
    """

    mark: str
    text: str
    because: str = ""


@dataclass(frozen=True)
class ReviewSection:
    """A section: a sentence, and lines.

    Attributes:
        more: How many lines are left out, in words; empty if none is.
    """

    title: str
    sentences: tuple[str, ...]
    lines: tuple[ReviewLine, ...]
    more: str = ""


class PromiseWords:
    """Words what was promised, in one language.

    Args:
        case: The account as it is.
        old: The account as it was, which names what is no longer there.
        base: The rule base with the texts.
        lang: ``uk`` or ``en``.
        days: The day of the last meeting, and today.
    """

    def __init__(
        self, case: Case, old: Case, base: KnowledgeBase, lang: str, days: tuple[date, date]
    ) -> None:
        self._day = days[1]
        self.words = Words(base, case, lang, days[1])
        self._ = self.words._
        self._plan = PlanWords(self.words)
        self._old_plan = PlanWords(Words(base, old, lang, days[0]))

    def section(self, told: Promises) -> ReviewSection:
        """Return the section about the promises."""
        lines = [
            *(ReviewLine("?", self._unseen(missing)) for missing in told.unseen),
            *(ReviewLine("!", self._late(entry)) for entry in told.late),
            *(ReviewLine("✓", self._done(entry)) for entry in told.done),
            *(ReviewLine("✗", self._dropped(entry)) for entry in told.dropped),
            *(ReviewLine("✗", self._removed(entry)) for entry in told.removed),
            *(ReviewLine("○", self._open(entry)) for entry in told.open),
            *(ReviewLine("+", self._open(entry)) for entry in told.agreed),
        ]
        counts = [
            (self._("done: %(number)s"), told.done),
            (self._("late: %(number)s"), told.late),
            (self._("under way: %(number)s"), told.open),
            (self._("newly agreed: %(number)s"), told.agreed),
            (self._("dropped: %(number)s"), (*told.dropped, *told.removed)),
        ]
        some = [text % {"number": len(entries)} for text, entries in counts if entries]
        sentence = ", ".join(some)
        sentence = f"{sentence[:1].upper()}{sentence[1:]}."
        if not some:
            sentence = self._("Nothing was promised, and nothing is under way.")
        return _section(self._("What was promised"), (sentence,), lines, _PROMISES, self.words)

    def _title(self, entry: PlanEntry, plan: PlanWords | None = None) -> str:
        plan = plan or self._plan
        parts = [plan.title(entry)]
        if entry.owner:
            parts.append(plan.owner(entry))
        text = ", ".join(parts)
        return self._("the customer: %(what)s", what=text) if entry.side == "theirs" else text

    def _done(self, entry: PlanEntry) -> str:
        parts = []
        if entry.done_on is not None:
            parts.append(self._("done on %(day)s", day=self.words.dated(entry.done_on)))
            if entry.due is not None and entry.done_on > entry.due:
                days = self.words.days((entry.done_on - entry.due).days)
                parts.append(self._("%(days)s late", days=days))
            elif entry.due is not None:
                parts.append(self._("in time"))
        if entry.result:
            parts.append(said(entry.result, self.words.lang))
        return f"{self._title(entry)} – {', '.join(parts)}"

    def _late(self, entry: PlanEntry) -> str:
        assert entry.due is not None  # noqa: S101 -- nothing is late without it
        day, days = self.words.dated(entry.due), (self._day - entry.due).days
        late = self._("due on %(day)s, %(days)s late", day=day, days=self.words.days(days))
        return f"{self._title(entry)} – {late}"

    def _open(self, entry: PlanEntry) -> str:
        if entry.due is None:
            return self._title(entry)
        due = self._("due on %(day)s", day=self.words.dated(entry.due))
        return f"{self._title(entry)} – {due}"

    def _dropped(self, entry: PlanEntry) -> str:
        return (
            f"{self._title(entry)} – {said('dropped', self.words.lang)}: {isolated(entry.reason)}"
        )

    def _removed(self, entry: PlanEntry) -> str:
        return f"{self._title(entry, self._old_plan)} – {self._('taken out of the plan')}"

    def _unseen(self, missing: MissingSign) -> str:
        entry = missing.entry
        told = {"what": self._title(entry), "by": self.words.dated(missing.by)}
        if missing.known:
            return self._("%(what)s – done, but the success due by %(by)s is not seen", **told)
        return self._("%(what)s – done; nobody has said if it succeeded by %(by)s", **told)


class ReviewWords:
    """Words a review in one language.

    Args:
        found: The review.
        case: The account as it is.
        old: The account as it was, which names what is no longer there.
        base: The rule base with the texts.
        lang: ``uk`` or ``en``.
    """

    def __init__(
        self, found: Review, case: Case, old: Case, base: KnowledgeBase, lang: str
    ) -> None:
        self.found = found
        self.case = case
        self.words = InquiryWords(base, case, lang, found.day)
        self._ = self.words._
        self._promises = PromiseWords(case, old, base, lang, (found.since, found.day))

    def period(self) -> str:
        """Return the two days of the review."""
        days = (self.found.since, self.found.day)
        since, day = map(self.words.dated, days)
        passed = self.words.days((days[1] - days[0]).days)
        return self._("since %(since)s, to %(day)s (%(days)s)", since=since, day=day, days=passed)

    def sections(self) -> tuple[ReviewSection, ...]:
        """Return the sections in their order."""
        return (self._promises.section(self.found.promises), self._changes(), self._steps())

    def because(self, line: ReviewLine) -> str:
        """Return the clause that names the facts behind a line."""
        return self._("because: %(parts)s", parts=line.because)

    # Findings

    def _changes(self) -> ReviewSection:
        found = self.found.comparison
        sentences = [self._stage(found.stage.before, found.stage.after, found.stage.because)]
        strategy = found.strategy
        if strategy is not None and strategy.before != strategy.after:
            before, after = map(self.words.finding, (strategy.before, strategy.after))
            moved = self._("Strategy: %(before)s → %(after)s", before=before, after=after)
            sentences.append(f"{moved}{self._in_brackets(strategy.because)}.")
        told = [
            change for change in found.findings
            if change.before != change.after
            and (change.before in _CONCLUDED or change.after in _CONCLUDED)
        ]  # fmt: skip
        told.sort(key=lambda change: (SEVERITIES.index(change.severity), change.better is None))
        if not told:
            sentences.append(self._("No finding came, went or changed its status."))
        lines = [self._change(change) for change in told]
        return _section(self._("What changed"), tuple(sentences), lines, _FINDINGS, self.words)

    def _stage(self, before: str, after: str, because: Sequence[ChangedPart]) -> str:
        if before == after:
            return self._("Stage as before: %(stage)s.", stage=self.words.stage(after))
        stages = {"before": self.words.stage(before), "after": self.words.stage(after)}
        moved = self._("Stage: %(before)s → %(after)s", **stages)
        return f"{moved}{self._in_brackets(because)}."

    def _change(self, change: FindingChange) -> ReviewLine:
        name = self.words.finding(change.id)
        if change.about.fact is not None:
            name += f", {self.words.fact(change.about.fact)}"
        elif change.about.kind != "account":
            name += f" ({self.words.about(change.about)})"
        if change.before not in _CONCLUDED:
            text = self._("new: %(finding)s", finding=name)
        elif change.after == "open":
            text = self._("no longer known: %(finding)s", finding=name)
        elif change.after not in _CONCLUDED:
            text = self._("gone: %(finding)s", finding=name)
        else:
            text = name
        statuses = self.words.status_change(change)
        mark = {True: "↑", False: "↓", None: "·"}[change.better]
        because = self._because(change.because, unknown=change.after == "open")
        return ReviewLine(mark, f"{text} ({statuses})", because)

    def _because(self, parts: Sequence[ChangedPart], *, unknown: bool = False) -> str:
        # That time has passed is news only where nothing else happened.
        news = [part for part in parts if part.what != "day"]
        told = [self.words.part(part) for part in news[:_REASONS]]
        if len(news) > _REASONS:
            told.append(self._more(len(news) - _REASONS))
        if parts and not news:
            told = [
                self._("time has passed, and an earlier answer no longer holds")
                if unknown
                else self._("time has passed")
            ]
        return "; ".join(told)

    def _in_brackets(self, parts: Sequence[ChangedPart]) -> str:
        because = self._because(parts)
        return f" ({because})" if because else ""

    # Steps

    def _steps(self) -> ReviewSection:
        plan = self.found.plan
        came = [ReviewLine("+", self._step(step)) for step in plan.came]
        went = [ReviewLine("–", self._step(step)) for step in plan.went]
        moved = [ReviewLine("↕", self._moved(found)) for found in plan.moved]
        sentences = [
            text % {"number": len(steps)}
            for text, steps in (
                (self._("New moves: %(number)s."), came),
                (self._("Moves no longer in the plan: %(number)s."), went),
                (self._("Moves that changed place: %(number)s."), moved),
            )
            if steps
        ]
        if not sentences:
            sentences = [self._("The moves are unchanged.")]
        lines = [*came[:_STEPS], *went[:_STEPS], *moved[:_STEPS]]
        left = len(came) + len(went) + len(moved) - len(lines)
        more = self._more(left) if left else ""
        return ReviewSection(
            self._("How the plan changes"), (" ".join(sentences),), tuple(lines), more
        )

    def _step(self, move: Move) -> str:
        return move_name(move, self.words)

    def _moved(self, found: MovedPlace) -> str:
        places = {"before": found.before, "after": found.move.place}
        return f"{self._step(found.move)}: " + self._("place %(before)s → %(after)s", **places)

    def _more(self, number: int) -> str:
        return _more(number, self.words)


def _section(
    title: str,
    sentences: tuple[str, ...],
    lines: Sequence[ReviewLine],
    most: int,
    words: ValueWords,
) -> ReviewSection:
    more = _more(len(lines) - most, words) if len(lines) > most else ""
    return ReviewSection(title, sentences, tuple(lines[:most]), more)


def _more(number: int, words: ValueWords) -> str:
    return words._("and %(number)s more", number=number)
