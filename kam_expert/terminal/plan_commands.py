"""The commands about the plan in a session: list, agree, begin, done, drop, moves in own words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, nearest, shortened
from kam_expert.facts.date_text import read_date
from kam_expert.facts.plan_edits import agreed, agreed_again, begun, done, dropped
from kam_expert.facts.plan_entries import RESULTS, PlanEntry
from kam_expert.facts.workbook_form import said
from kam_expert.outputs.callings import owner_called
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.value_words import ValueWords
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.plan_edits import PlanEdit
    from kam_expert.outputs.plan_shown import MoveShown
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.terminal.screen import Screen

_PLAN = ("plan", "план")
#: A command with the number or the id of a line of the plan, and what follows it.
_NUMBERED = {
    "agree": ("agree", "домовлено"),
    "begin": ("begin", "begun", "розпочато"),
    "done": ("done", "зроблено"),
    "drop": ("drop", "відмовитися"),
}
#: A command with a move in words.
_WORDED = {"ours": ("own:", "своє:"), "theirs": ("customer:", "клієнт:")}
_LINE = re.compile(r"(\w+)\s+(\d{1,3}|\w+)(?:\s+(.+))?\Z", re.DOTALL)
#: A day at the end of who takes a move: “Tom 2026-12-11”, “Tom, by 11.12.2026”.
_DAY = re.compile(r"(.*?)(?:^|[\s,])\s*(?:(?:by|до)\s+)?([\d.-]{8,10})\Z", re.DOTALL)


class PlanCommands:
    """Reads the commands about the plan.

    Args:
        screen: Shows the output.
        read: Reads a line; None at the end.
    """

    def __init__(self, screen: Screen, read: Callable[[], str | None]) -> None:
        self._screen = screen
        self._read = read

    def is_command(self, typed: str, case: Case) -> bool:
        """Return whether a line is a command about the plan of *case*.

        An answer may begin like a command, such as “done deal”, so the second word has to be a
        number, the id of a step or entry, or a word with a stroke as ids have it.
        """
        line = typed.casefold().strip()
        if line in _PLAN or any(line.startswith(words) for words in _WORDED.values()):
            return True
        found = _LINE.match(line)
        if found is None or not any(found[1] in words for words in _NUMBERED.values()):
            return False
        known = (*self._screen.base.steps, *(entry.id.casefold() for entry in case.plan))
        return found[2].isdecimal() or "_" in found[2] or found[2] in known

    def edits(self, typed: str, case: Case, diagnosis: Diagnosis) -> list[PlanEdit]:
        """Return the edits of a command; none for the list, which is shown.

        Raises:
            KamError: The command does not fit; the message says why.
        """
        line = typed.strip()
        if line.casefold() in _PLAN:
            self.show(case, diagnosis)
            return []
        for side, words in _WORDED.items():
            for word in words:
                if line.casefold().startswith(word):
                    return self._in_words(line[len(word) :].strip(), side, case, diagnosis)
        found = _LINE.match(line)
        assert found is not None  # noqa: S101 -- `is_command` has matched it
        word = found[1].casefold()
        command = next(name for name, words in _NUMBERED.items() if word in words)
        lines = self._lines(case, diagnosis)
        line_found = self._line_named(found[2], lines)
        rest = (found[3] or "").strip()
        if isinstance(line_found, PlanEntry):
            if command == "agree":
                return [self._again(found[2], line_found, rest, case)]
            return self._marked(command, line_found, rest, case, diagnosis)
        if command != "agree":
            text = self._screen.tr("Line {number} is not agreed yet; type “agree {number}” first.")
            raise KamError(text.format(number=found[2]))
        owner, due = self._owner_and_day(rest, case)
        due = due or line_found.due
        entry = PlanEntry(
            "",
            step=line_found.move.step,
            about=tuple(a.id for a in line_found.move.about if a.kind != "account"),
            owner=owner or line_found.who,
            begin=min(line_found.begin, due),
            due=due,
            agreed_on=diagnosis.day,
        )
        return [self._checked(agreed(case, entry), entry, case, owner)]

    def show(self, case: Case, diagnosis: Diagnosis) -> None:
        """Show the plan in numbered lines, and how to change it."""
        say, tr = self._screen.say, self._screen.tr
        for number, (line, found) in enumerate(self._lines(case, diagnosis), 1):
            say(f"{line} [{_id_of(found)}]", 6, f"{number}. ")
        plan = shown_plan(diagnosis, Words(self._screen.base, case, self._screen.lang))
        for title, entries in (("Done", plan.done), ("Dropped", plan.dropped)):
            for entry in entries:
                say(f"{tr(title)}: {entry.line}", 6, "– ")
        say(tr("Change it: agree 1, begin 1, done 1, drop 1 REASON, own: TEXT, customer: TEXT."), 2)

    def _lines(self, case: Case, diagnosis: Diagnosis) -> list[tuple[str, PlanEntry | MoveShown]]:
        """Return what is open and what is proposed, in the order of the plan, then promises."""
        words = Words(self._screen.base, case, self._screen.lang, diagnosis.day)
        plan = shown_plan(diagnosis, words)
        lines: list[tuple[str, PlanEntry | MoveShown]] = [(e.line, e.entry) for e in plan.own]
        for move in plan.moves:
            about = ", ".join((move.who, *move.facts))
            lines.append((f"{move.name} – {about}", move.move.entry or move))
        theirs = self._screen.tr("The customer promised")
        return [*lines, *((f"{theirs}: {e.line}", e.entry) for e in plan.theirs)]

    def _line_named(
        self, typed: str, lines: list[tuple[str, PlanEntry | MoveShown]]
    ) -> PlanEntry | MoveShown:
        """Return the line of the plan with a number, or with the id of its entry or step."""
        tr = self._screen.tr
        if typed.isdecimal():
            if not 1 <= int(typed) <= len(lines):
                raise KamError(tr("The plan has no line {number}.").format(number=typed))
            return lines[int(typed) - 1][1]
        ids = {_id_of(found).casefold(): found for _, found in lines}
        name = typed.casefold()
        if name in ids:
            return ids[name]
        for _, found in lines:
            steps = (found.step,) if isinstance(found, PlanEntry) else found.move.steps
            if name in steps:
                return found
        message = tr("The plan has no line “{id}”.").format(id=shortened(typed))
        if near := nearest(name, ids):
            message += " " + tr("Did you mean “{near}”?").format(near=near)
        raise KamError(message)

    def _again(self, typed: str, entry: PlanEntry, rest: str, case: Case) -> PlanEdit:
        """Return the edit that gives what is agreed another owner or day."""
        owner, due = self._owner_and_day(rest, case)
        edit = agreed_again(case, entry, owner, due)
        if edit is None:
            text = self._screen.tr(
                "This is agreed already. Another owner or day: agree {line} NAME 2026-12-31."
            )
            raise KamError(text.format(line=typed))
        return self._checked(edit, replace(entry, owner=owner), case, owner)

    def _owner_and_day(self, rest: str, case: Case) -> tuple[str, date | None]:
        """Return who takes a move and the last day; empty and None if they are not said."""
        found = _DAY.match(rest)
        if found is None:
            return self._who(rest, case), None
        return self._who(found[1].strip(" ,"), case), self._day(found[2])

    def _who(self, typed: str, case: Case) -> str:
        """Return the id of who is typed, by name or by role; else what is typed."""
        return owner_called(case, self._screen.base, self._screen.lang, typed)

    def _day(self, typed: str) -> date:
        try:
            return read_date(typed, "dmy")
        except ValueError:
            raise KamError(
                self._screen.tr("“%(text)s” is not a date.") % {"text": shortened(typed)}
            ) from None

    def _checked(self, edit: PlanEdit, entry: PlanEntry, case: Case, owner: str) -> PlanEdit:
        """Return *edit*; say if the owner that was typed is nobody of the case."""
        words = PlanWords(ValueWords(self._screen.base, case, self._screen.lang))
        if owner and (said := words.stranger(entry)):
            self._screen.say(said, 2)
        return edit

    def _marked(
        self, command: str, entry: PlanEntry, rest: str, case: Case, diagnosis: Diagnosis
    ) -> list[PlanEdit]:
        tr, lang = self._screen.tr, self._screen.lang
        if command == "begin":
            return [begun(entry.id)]
        self._screen.say(f"{PlanWords(ValueWords(self._screen.base, case, lang)).title(entry)}.", 2)
        if command == "drop":
            reason = rest or self._line(tr("Why it is dropped:"))
            if not reason:
                raise KamError(tr("Write why it is dropped."))
            return [dropped(entry.id, reason, diagnosis.day)]
        offered = [f"{n} – {said(result, lang)}" for n, result in enumerate(RESULTS, 1)]
        typed = self._line(f"{tr('What came of it?')} {'; '.join(offered)}.")
        chosen = [r for n, r in enumerate(RESULTS, 1) if typed in (str(n), said(r, lang))]
        evidence = rest or self._line(tr("What shows it? Press Enter if nothing does."))
        return [done(entry.id, diagnosis.day, chosen[0] if chosen else "", evidence)]

    def _in_words(self, text: str, side: str, case: Case, diagnosis: Diagnosis) -> list[PlanEdit]:
        tr = self._screen.tr
        if not text:
            raise KamError(tr("Write what is to be done."))
        owner = self._who(self._line(tr("Who does it? Press Enter if that is open.")), case)
        typed = self._line(tr("By when? A date such as 2026-10-31, or Enter."))
        due = self._day(typed) if typed else None
        entry = PlanEntry("", text=text, side=side, owner=owner, due=due, agreed_on=diagnosis.day)
        return [self._checked(agreed(case, entry), entry, case, owner)]

    def _line(self, prompt: str) -> str:
        """Ask for a line; empty at the end."""
        self._screen.say(prompt, 2)
        return (self._read() or "").strip()


def _id_of(found: PlanEntry | MoveShown) -> str:
    """Return the id by which a line of the plan can be named."""
    return found.id if isinstance(found, PlanEntry) else found.move.step
