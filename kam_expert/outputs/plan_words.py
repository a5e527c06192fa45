"""The entries of an agreed plan in words, and the changes of them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.facts.edits import AddPlanEntry, ChangePlanEntry, RemovePlanEntry
from kam_expert.facts.plan_entries import CHOICES, DATES, PlanEntry
from kam_expert.facts.plan_subjects import SUBJECTS, stranger, subjects_of
from kam_expert.facts.workbook_form import said as said_as
from kam_expert.knowledge.about import About
from kam_expert.outputs.interface import translator
from kam_expert.outputs.value_words import isolated

if TYPE_CHECKING:
    from kam_expert.outputs.value_words import ValueWords
    from kam_expert.results.inquiry import ChangedPart


def key_names(lang: str) -> dict[str, str]:
    """Return the names of the keys of an entry."""
    _ = translator(lang).gettext
    return {
        "id": _("Id"), "step": _("Step of the method"), "text": _("Or in your own words"),
        "about": _("About whom (ids)"), "side": _("Whose promise"), "owner": _("Owner"),
        "begin": _("Begins"), "due": _("Due"), "status": _("How it stands"),
        "reason": _("Why it was dropped"), "agreed_on": _("Agreed on"),
        "done_on": _("Done or dropped on"), "result": _("What came of it"),
        "evidence": _("What shows it"), "note": _("Note"),
    }  # fmt: skip


class PlanWords:
    """The words for the plan of one case.

    Args:
        words: The words for its values, which know the language.
    """

    def __init__(self, words: ValueWords) -> None:
        self.words = words
        self._ = translator(words.lang).gettext
        self._kinds = subjects_of(words.case)
        self._keys = key_names(words.lang)

    def title(self, entry: PlanEntry) -> str:
        """Return what is to be done, with the names of those it is about."""
        doc = self.words.base.steps.get(entry.step)
        what = entry.text or (doc.name.get(self.words.lang) if doc else entry.step)
        about = ", ".join(self._name(entry, name) for name in entry.about)
        return f"{isolated(what)} ({about})" if about else isolated(what)

    def _name(self, entry: PlanEntry, identity: str) -> str:
        kinds = self._kinds.get(identity, [])
        doc = self.words.base.steps.get(entry.step)
        if doc is not None and doc.about in kinds:
            return self.words.about(About(doc.about, identity))
        return self.words.about(About(kinds[0], identity)) if kinds else isolated(identity)

    def owner(self, entry: PlanEntry) -> str:
        """Return the name of the owner."""
        kinds = [k for k in self._kinds.get(entry.owner, ()) if k in tuple(SUBJECTS.values())[:2]]
        if kinds:
            return self.words.about(About(kinds[-1], entry.owner))
        return isolated(entry.owner)

    def stranger(self, entry: PlanEntry) -> str:
        """Return that the owner is nobody of the case, with the nearest name; else empty."""
        near = stranger(self.words.case, entry)
        if near is None:
            return ""
        text = (
            self._("The case lists nobody of the customer as “{name}”; the name is kept.")
            if entry.side == "theirs"
            else self._("The case lists nobody of our team as “{name}”; the name is kept.")
        )
        said = text.format(name=isolated(entry.owner))
        return f"{said} {self._meant(near)}".rstrip()

    def near_owner(self, entry: PlanEntry) -> str:
        """Return whom the owner may be who is nobody of the case; empty without such a doubt."""
        return self._meant(stranger(self.words.case, entry) or "")

    def _meant(self, near: str) -> str:
        return self._("Did you mean “{near}”?").format(near=isolated(near)) if near else ""

    def change(self, edit: AddPlanEntry | ChangePlanEntry | RemovePlanEntry) -> str:
        """Return a change of the plan as a sentence for the history."""
        if isinstance(edit, AddPlanEntry):
            return self._added(edit.entry)
        entry = next((one for one in self.words.case.plan if one.id == edit.id), None)
        what = isolated(edit.id) if entry is None else self.title(entry)
        if isinstance(edit, RemovePlanEntry):
            return self._("taken out of the plan: %(what)s") % {"what": what}
        values = dict(edit.values)
        status = values.pop("status", None)
        if status is None:
            said = self._("changed in the plan: %(what)s") % {"what": what}
        else:
            said = self._marked(status, what, values)
        rest = "; ".join(f"{self._key(k)}: {self._value(k, v)}" for k, v in values.items())
        return f"{said} ({rest})" if rest else said

    def part(self, part: ChangedPart) -> str:
        """Return how an entry stood in two versions of a case."""
        entry = next((one for one in self.words.case.plan if one.id == part.about.id), None)
        what = isolated(part.about.id) if entry is None else self.title(entry)
        said = [
            said_as(status, self.words.lang) if status else self._("not in the plan")
            for status in (part.before, part.after)
        ]
        change = " → ".join(dict.fromkeys(said))
        return self._("in the plan, %(what)s") % {"what": what} + f": {change}"

    def _added(self, entry: PlanEntry) -> str:
        what = self.title(entry)
        if entry.side == "theirs":
            said = self._("the customer promised: %(what)s") % {"what": what}
        else:
            said = self._("agreed: %(what)s") % {"what": what}
        parts = [said]
        if entry.owner:
            parts.append(self.owner(entry))
        if entry.due is not None:
            parts.append(self._("by %(day)s") % {"day": self.words.dated(entry.due)})
        return ", ".join(parts)

    def _marked(self, status: str, what: str, values: dict[str, Any]) -> str:
        """Return the sentence of a new status; what it says leaves *values*."""
        if status == "begun":
            return self._("begun: %(what)s") % {"what": what}
        if status == "done":
            day, result = values.pop("done_on", None), values.pop("result", "")
            when = self.words.dated(day) if day else ""
            said = (
                self._("done on %(day)s: %(what)s") % {"day": when, "what": what}
                if when
                else self._("done: %(what)s") % {"what": what}
            )
            return f"{said}, {said_as(result, self.words.lang)}" if result else said
        if status == "dropped":
            said = self._("dropped: %(what)s") % {"what": what}
            reason = values.pop("reason", "")
            return f"{said} ({isolated(reason)})" if reason else said
        return self._("agreed again: %(what)s") % {"what": what}

    def _key(self, key: str) -> str:
        name = self._keys[key]
        return name[:1].lower() + name[1:]

    def _value(self, key: str, value: Any) -> str:
        if not value:
            return self._("nothing")
        if key == "owner":
            return self.owner(PlanEntry("", owner=value))
        if key in DATES and isinstance(value, date):
            return self.words.dated(value)
        if key in CHOICES:
            return said_as(value, self.words.lang)
        return isolated(", ".join(value) if isinstance(value, tuple) else str(value))
