"""The plan of an account as text for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.interface import translator
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.strategy_words import shown_strategy
from kam_expert.outputs.terminal import Lines
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.plan_shown import LeftShown, MoveShown
    from kam_expert.results.diagnosis import Diagnosis


def render_plan(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> str:
    """Return the plan as lines of at most 80 columns, with a final line break."""
    words = Words(base, case, lang, diagnosis.day)
    tr = translator(lang).gettext
    lines = Lines()
    lines.add(
        words._(
            "%(name)s: plan of %(date)s",
            name=diagnosis.account_name,
            date=words.dated(diagnosis.day),
        )
    )
    lines.rule()
    if (shown := shown_strategy(diagnosis.strategy, words)) is not None:
        lines.add(f"{tr('Strategy')}: {shown.name} ({shown.certainty})")
    if diagnosis.causes:
        lines.add(f"{tr('Main causes')}:")
        for number, cause in enumerate(diagnosis.causes, 1):
            lines.add(words.alike(cause.findings), 4, f"{number}. ")
    add_plan(lines, diagnosis, words)
    return lines.text()


def add_plan(lines: Lines, diagnosis: Diagnosis, words: Words) -> None:
    """Add the moves in full, and the other steps of a plan in one line each."""
    _Plan(lines, words).add(diagnosis)


class _Plan:
    def __init__(self, lines: Lines, words: Words) -> None:
        self.lines = lines
        self.words = words
        self.tr: Callable[[str], str] = translator(words.lang).gettext

    def add(self, diagnosis: Diagnosis) -> None:
        plan = shown_plan(diagnosis, self.words)
        self.lines.title(self.tr("Plan"))
        if plan.moves or plan.own:
            if plan.budget:
                self.lines.add(plan.budget)
        else:
            self.lines.add(self.tr("No move follows from what is known so far."))
        for place, own in enumerate(plan.own, 1):
            self.lines.add(own.line, 4, f"{place}. ")
        for move in plan.moves:
            self._move(move)
        for title, entries in (
            (self.tr("The customer promised"), (*plan.theirs, *plan.kept)),
            (self.tr("Our other tasks"), plan.tasks),
            (self.tr("Done"), plan.done),
            (self.tr("Dropped"), plan.dropped),
        ):
            if entries:
                self.lines.title(title)
            for entry in entries:
                self.lines.add(entry.line, 4, "– ")
        if plan.later:
            self.lines.title(self.tr("Later"))
            for reason, listed in plan.later_by_reason():
                self.lines.add(f"{reason[:1].upper()}{reason[1:]}:")
                self._left(listed)
        if plan.waits:
            self.lines.title(self.tr("Waits"))
            for _, listed in plan.waits_by_cause():
                held = self.tr("Held back while this holds:")
                self.lines.add(f"{held} {', '.join(listed[0].waits_for)}")
                self._left(listed)
        if plan.keep_doing:
            self.lines.title(self.tr("Keep doing"))
            for name, rhythm in plan.keep_doing:
                self.lines.add(f"{name} ({rhythm})", 4, "– ")

    def _move(self, move: MoveShown) -> None:
        tr = self.tr
        self.lines.add(move.name, 4, f"{move.move.place}. ")
        self.lines.add(f"{tr('Who')}: {move.who}", 4)
        facts = ", ".join(move.facts)
        self.lines.add(facts[:1].upper() + facts[1:], 4)
        self.lines.add(f"{tr('Why here')}: {move.why}", 4)
        titles = ["", *(f"{tr('In the same move')}: {title}. " for title in move.with_titles)]
        for title, do in zip(titles, move.do, strict=True):
            self.lines.add(title + do, 4)
        for success in move.success:
            self.lines.add(f"{tr('It worked when')}: {success}", 4)

    def _left(self, listed: list[LeftShown]) -> None:
        for left in listed:
            self.lines.add(left.name, 4, "– ")
