"""The plan of an account in words, for every output that shows it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from kam_expert.facts.workbook_form import said
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.value_words import isolated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.outputs.value_words import ValueWords
    from kam_expert.outputs.wording import Words
    from kam_expert.results.diagnosis import Diagnosis, NextStep
    from kam_expert.results.plan import LeftStep, Move, Plan

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class MoveShown:
    """A move in words.

    Attributes:
        steps: What the move consists of.
        title: What to do; ``whom``: whom it is about, empty for the account.
        with_titles: The steps that are one move with it.
        begin, due: The days, with what a note says of them.
        status: "agreed", "begun" or "late" in words; empty if nothing was agreed.
        facts: The status, the days, our work, and whether it needs the customer, in a few words
            each.
        why: The sentence that explains its place.
        do, success: The instructions and signs of success of all its steps.
    """

    move: Move
    steps: tuple[NextStep, ...]
    title: str
    whom: tuple[str, ...]
    with_titles: tuple[str, ...]
    who: str
    begin: date
    due: date
    with_customer: bool
    status: str
    facts: tuple[str, ...]
    why: str
    do: tuple[str, ...]
    success: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the title with the names."""
        return named(self.title, self.whom)

    @property
    def takes(self) -> tuple[str, ...]:
        """Return those of the facts that say what it takes of both sides."""
        return self.facts[-2 if self.with_customer else -1 :]


@dataclass(frozen=True)
class LeftShown:
    """A step that is left for later or waits, in words.

    Attributes:
        reason: Why it is left for later; empty for one that waits.
        waits_for: The names of the findings that hold it back.
    """

    left: LeftStep
    steps: tuple[NextStep, ...]
    title: str
    whom: tuple[str, ...]
    with_titles: tuple[str, ...]
    reason: str
    waits_for: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the title with the names, and what is one move with it."""
        return "; ".join((named(self.title, self.whom), *self.with_titles))


@dataclass(frozen=True)
class EntryShown:
    """An entry of the agreed plan in words.

    Attributes:
        name: What to do, and whom it is about.
        who: The owner; empty if nobody is named.
        facts: The status, the days, the result, in a few words each.
        reason: Why it was dropped; empty otherwise.
    """

    entry: PlanEntry
    name: str
    who: str
    facts: tuple[str, ...]
    reason: str

    @property
    def anchor(self) -> str:
        """Return the HTML id; a hash, as the id of an entry may hold any character."""
        return f"e{hashlib.sha256(self.entry.id.encode()).hexdigest()[:10]}"

    @property
    def line(self) -> str:
        """Return all of it in one line."""
        about = ", ".join(filter(None, (self.who, *self.facts)))
        said = f"{self.name} – {about}"
        return f"{said}: {self.reason}" if self.reason else said


@dataclass(frozen=True)
class PlanShown:
    """A plan in words.

    Attributes:
        own: What was agreed and the rules do not propose now; it comes before the moves.
        done: What is done, the latest first.
        dropped: What was dropped.
        theirs: What the customer promised and has not done.
        kept: What the customer promised and did, or what was dropped of it.
        tasks: Tasks of ours that were promised to nobody; they take no place of a move.
        budget: How much of our time the moves take; empty for the customer.
        keep_doing: What has succeeded and goes on, each with its rhythm, such as "every 90 days".
    """

    moves: tuple[MoveShown, ...]
    own: tuple[EntryShown, ...]
    done: tuple[EntryShown, ...]
    dropped: tuple[EntryShown, ...]
    theirs: tuple[EntryShown, ...]
    kept: tuple[EntryShown, ...]
    tasks: tuple[EntryShown, ...]
    later: tuple[LeftShown, ...]
    waits: tuple[LeftShown, ...]
    keep_doing: tuple[tuple[str, str], ...]
    budget: str

    def later_by_reason(self) -> list[tuple[str, list[LeftShown]]]:
        """Return what is left for later, grouped by the reason, in the order of the first."""
        groups: dict[str, list[LeftShown]] = {}
        for left in self.later:
            groups.setdefault(left.reason, []).append(left)
        return list(groups.items())

    def waits_by_cause(self) -> list[tuple[tuple[str, ...], list[LeftShown]]]:
        """Return what waits, grouped by what holds it back, in the order of the first."""
        groups: dict[tuple[str, ...], list[LeftShown]] = {}
        for left in self.waits:
            groups.setdefault(left.left.waits_for, []).append(left)
        return list(groups.items())


def shown_plan(diagnosis: Diagnosis, words: Words) -> PlanShown:
    """Return the plan of a diagnosis in words."""
    plan = diagnosis.plan
    steps = {(step.id, step.about): step for step in diagnosis.next_steps}
    keep_doing = []
    for kept in plan.keep_doing:
        doc = words.base.steps[kept.step]
        title, whom = _title(doc, kept.about, words)
        keep_doing.append((named(title, whom), _rhythm(kept.every, words)))
    agreed = PlanWords(words)
    theirs = [entry for entry in plan.agreed if entry.side == "theirs"]
    tasks = [entry for entry in plan.agreed if entry.side == "internal"]

    def shown(entries: Iterable[PlanEntry]) -> tuple[EntryShown, ...]:
        return tuple(shown_entry(entry, agreed, diagnosis.day) for entry in entries)

    return PlanShown(
        tuple(_move(move, _of(move, steps), diagnosis, words) for move in plan.moves),
        shown(plan.own),
        shown(plan.done),
        shown(plan.dropped),
        shown(entry for entry in theirs if entry.is_open),
        shown(entry for entry in theirs if not entry.is_open),
        shown(sorted(tasks, key=lambda entry: (not entry.is_open, entry.due or date.max))),
        tuple(_left(left, _of(left, steps), words) for left in plan.later),
        tuple(_left(left, _of(left, steps), words) for left in plan.waits),
        tuple(keep_doing),
        _budget(plan, words),
    )


def _budget(plan: Plan, words: Words) -> str:
    if not plan.capacity:
        return ""
    return words._(
        "Our work in this plan: %(effort)s. Set aside for the quarter: %(capacity)s.",
        effort=words.days(plan.effort / 2),
        capacity=words.days(plan.capacity / 2),
    )


def move_name(move: Move, words: Words) -> str:
    """Return the title of a move with the names of whom it is about."""
    return named(*_title(words.base.steps[move.step], move.about, words))


def shown_entry(entry: PlanEntry, agreed: PlanWords, day: date) -> EntryShown:
    """Return an entry of the agreed plan in words, as of *day*."""
    words = agreed.words
    facts = [status_of(entry, day, words)]
    if entry.is_open:
        if entry.begin:
            facts.append(words._("begin %(date)s", date=words.dated(entry.begin)))
        if entry.due:
            facts.append(words._("done by %(date)s", date=words.dated(entry.due)))
    elif entry.done_on:
        facts.append(words.dated(entry.done_on))
    if entry.result:
        facts.append(said(entry.result, words.lang))
    facts += [isolated(text) for text in (entry.evidence, entry.note) if text]
    reason = isolated(entry.reason) if entry.reason else ""
    return EntryShown(entry, agreed.title(entry), agreed.owner(entry), tuple(facts), reason)


def status_of(entry: PlanEntry, day: date, words: ValueWords) -> str:
    """Return the status of an entry in words, or "late"."""
    return words._("late") if entry.is_late(day) else said(entry.status, words.lang)


def named(title: str, whom: Sequence[str]) -> str:
    """Return a title with the names of whom it is about."""
    return f"{title}: {', '.join(whom)}" if whom else title


def why_there(  # noqa: PLR0913 -- what the sentences may name
    by: str,
    step: str,
    strategy: str | None,
    words: Words,
    *,
    finding: str | None = None,
    cause: str | None = None,
    day: date | None = None,
) -> str:
    """Return the sentence of the rule base that explains a place in the plan.

    Args:
        by: What decided the place.
        step: The step in that place.
        strategy: The strategy of the account.
        words: The words.
        finding: The worst finding that no earlier move answers.
        cause: The main cause behind it.
        day: The day of the event that sets the time.
    """
    base = words.base
    why = base.plan.why
    if finding == strategy and by not in ("event", "purpose", "next", "agreed"):
        text = why.strategy or getattr(why, by)
    else:
        text = getattr(why, by)
    behind = cause or finding
    told = {
        "finding": words.finding(finding) if finding else "",
        "cause": words.finding(behind) if behind else "",
        "strategy": words.finding(strategy) if strategy else "",
        "purpose": base.step_book.purposes[base.steps[step].purpose].get(words.lang),
        "date": words.dated(day) if day else "",
    }
    return _PLACEHOLDER.sub(lambda found: told[found[1]], text.get(words.lang))


def _move(move: Move, steps: tuple[NextStep, ...], diagnosis: Diagnosis, words: Words) -> MoveShown:
    docs = [words.base.steps[name] for name in move.steps]
    title, whom = _title(docs[0], move.about, words)
    abouts = [about for about in move.about if about.kind != "account"]
    noted = dict.fromkeys(step.owner for step in steps if step.owner)
    entry = move.entry
    agreed_owner = PlanWords(words).owner(entry) if entry and entry.owner else ""
    owners = [agreed_owner] if agreed_owner else list(noted) or _owners(docs[0], abouts, words)
    begin, due = days_of(move, steps)
    status = status_of(entry, diagnosis.day, words) if entry else ""
    strategy = diagnosis.strategy
    with_customer = any(doc.with_customer is not None for doc in docs)
    facts = [
        *([status] if status else []),
        words._("begin %(date)s", date=words.dated(begin)),
        words._("done by %(date)s", date=words.dated(due)),
    ]
    if move.effort:
        facts.append(words._("our work: %(effort)s", effort=words.days(move.effort / 2)))
    if with_customer:
        facts.append(words._("needs the customer"))
    return MoveShown(
        move=move,
        steps=steps,
        title=title,
        whom=whom,
        with_titles=tuple(_title(doc, move.about, words)[0] for doc in docs[1:]),
        who=", ".join(owners) or words.step_text(docs[0].who.get(words.lang), abouts),
        begin=begin,
        due=due,
        with_customer=with_customer,
        status=status,
        facts=tuple(facts),
        why=why_there(
            move.by,
            move.step,
            strategy.effective if strategy else None,
            words,
            finding=move.finding or next(iter(move.because), None),
            cause=move.cause,
            day=move.day,
        ),
        do=tuple(words.step_text(doc.do.get(words.lang), abouts) for doc in docs),
        success=tuple(words.step_text(doc.success.get(words.lang), abouts) for doc in docs),
    )


def _owners(doc: StepDoc, abouts: Sequence[About], words: Words) -> list[str]:
    """Return who of ours takes a step by the facts of the case; empty if that is not known."""
    if doc.owner is None:
        return []
    said = [words.answer(doc.owner, about) for about in abouts]
    return list(dict.fromkeys(said)) if all(said) else []


def days_of(move: Move, steps: Iterable[NextStep]) -> tuple[date, date]:
    """Return the days on which a move begins and is done.

    Notes on its steps may change them, where no day was agreed.
    """
    if move.entry and move.entry.due:
        return move.begin, move.due
    due = min((step.noted_due for step in steps if step.noted_due), default=move.due)
    return min(move.begin, due), due


def _left(left: LeftStep, steps: tuple[NextStep, ...], words: Words) -> LeftShown:
    docs = [words.base.steps[name] for name in left.steps]
    title, whom = _title(docs[0], left.about, words)
    reason = getattr(words.base.plan.left, left.reason).get(words.lang) if left.reason else ""
    return LeftShown(
        left,
        steps,
        title,
        whom,
        tuple(_title(doc, left.about, words)[0] for doc in docs[1:]),
        reason,
        tuple(words.finding(name) for name in left.waits_for),
    )


def _of(entry: Move | LeftStep, steps: dict[tuple[str, About], NextStep]) -> tuple[NextStep, ...]:
    """Return the steps of an entry of the plan, those of its first kind first."""
    keys = ((name, about) for name in entry.steps for about in entry.about)
    return tuple(steps[key] for key in keys if key in steps)


def _title(doc: StepDoc, abouts: Iterable[About], words: Words) -> tuple[str, tuple[str, ...]]:
    """Return the name of a step, and the names of whom it is about."""
    others = [about for about in abouts if about.kind != "account"]
    title = words.step_text(doc.name.get(words.lang), others)
    return title, tuple(name for name in map(words.whom, others) if name)


def _rhythm(every: int, words: Words) -> str:
    return words._("every %(days)s", days=words.days(every))
