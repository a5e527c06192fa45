"""The commands about the plan in a session: list, agree, begin, done, drop, moves in own words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.plan_edits import agreed, begun, done, dropped
from kam_expert.facts.plan_entries import RESULTS, PlanEntry
from kam_expert.facts.workbook_form import said
from kam_expert.knowledge.documents import parse_date
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.facts.plan_edits import PlanEdit
    from kam_expert.outputs.plan_shown import MoveShown
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.terminal.screen import Screen

_PLAN = ("plan", "план")
#: A command with the number of a line of the plan, and what follows it.
_NUMBERED = {
    "agree": ("agree", "домовлено"),
    "begin": ("begin", "begun", "розпочато"),
    "done": ("done", "зроблено"),
    "drop": ("drop", "відмовитися"),
}
#: A command with a move in words.
_WORDED = {"ours": ("own:", "своє:"), "theirs": ("customer:", "клієнт:")}
_LINE = re.compile(r"(\w+)\s+(\d{1,3})(?:\s+(.+))?\Z", re.DOTALL)


class PlanCommands:
    """Reads the commands about the plan.

    Args:
        screen: Shows the output.
        read: Reads a line; None at the end.
    """

    def __init__(self, screen: Screen, read: Callable[[], str | None]) -> None:
        self._screen = screen
        self._read = read

    def is_command(self, typed: str) -> bool:
        """Return whether a line is a command about the plan."""
        line = typed.casefold().strip()
        found = _LINE.match(line)
        return (
            line in _PLAN
            or any(line.startswith(words) for words in _WORDED.values())
            or (found is not None and any(found[1] in words for words in _NUMBERED.values()))
        )

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
        return self._numbered(command, int(found[2]), (found[3] or "").strip(), case, diagnosis)

    def show(self, case: Case, diagnosis: Diagnosis) -> None:
        """Show the plan in numbered lines, and how to change it."""
        say, tr = self._screen.say, self._screen.tr
        for number, (line, _) in enumerate(self._lines(case, diagnosis), 1):
            say(line, 6, f"{number}. ")
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

    def _numbered(
        self, command: str, number: int, rest: str, case: Case, diagnosis: Diagnosis
    ) -> list[PlanEdit]:
        tr, lines = self._screen.tr, self._lines(case, diagnosis)
        if not 1 <= number <= len(lines):
            raise KamError(tr("The plan has no line {number}.").format(number=number))
        found = lines[number - 1][1]
        if isinstance(found, PlanEntry):
            if command == "agree":
                raise KamError(tr("This step is agreed already."))
            return self._marked(command, found, rest, diagnosis)
        if command != "agree":
            text = tr("Line {number} is not agreed yet; type “agree {number}” first.")
            raise KamError(text.format(number=number))
        entry = PlanEntry(
            "",
            step=found.move.step,
            about=tuple(a.id for a in found.move.about if a.kind != "account"),
            owner=rest or found.who,
            begin=found.begin,
            due=found.due,
            agreed_on=diagnosis.day,
        )
        return [agreed(case, entry)]

    def _marked(
        self, command: str, entry: PlanEntry, rest: str, diagnosis: Diagnosis
    ) -> list[PlanEdit]:
        tr, lang = self._screen.tr, self._screen.lang
        if command == "begin":
            return [begun(entry.id)]
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
        owner = self._line(tr("Who does it? Press Enter if that is open."))
        typed = self._line(tr("By when? A date such as 2026-10-31, or Enter."))
        due = parse_date(typed)
        if typed and due is None:
            raise KamError(tr("“%(text)s” is not a date.") % {"text": typed[:40]})
        entry = PlanEntry("", text=text, side=side, owner=owner, due=due, agreed_on=diagnosis.day)
        return [agreed(case, entry)]

    def _line(self, prompt: str) -> str:
        """Ask for a line; empty at the end."""
        self._screen.say(prompt, 2)
        return (self._read() or "").strip()
