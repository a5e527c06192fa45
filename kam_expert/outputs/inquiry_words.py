"""Changes, differences and questions of inquiries as clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from kam_expert.results.inquiry import ChangedPart, FactSet


class InquiryWords(Words):
    """The words for answers of inquiries about one account in one language."""

    def part(self, part: ChangedPart) -> str:
        """Return a difference as a clause."""
        if part.what in ("answer", "total"):
            name = self.answer_label(part.fact or "", part.about, part.side)
            before, after = (self.value(part.fact or "", v) for v in (part.before, part.after))
            return f"{name}: {before} → {after}"
        if part.what == "day":
            return self._(
                "time has passed: %(before)s → %(after)s",
                before=self.date_of(str(part.before)),
                after=self.date_of(str(part.after)),
            )
        if part.what == "plan":
            return PlanWords(self).part(part)
        name = self.list_name(part.fact or "")
        said = {True: self._("yes"), False: self._("no"), None: self._("not said")}
        if part.what == "complete":
            return self._(
                "%(list)s, said to be complete: %(before)s → %(after)s",
                list=name, before=said[part.before], after=said[part.after],
            )  # fmt: skip
        if part.what == "listed":
            return f"{name}: {self._('listed now') if part.after else self._('no longer listed')}"
        about = self.about(part.about)
        if part.what == "belongs":
            return self._("%(person)s is now involved in other decisions", person=about)
        return f"{about}: {self._('new') if part.what == 'added' else self._('no longer there')}"

    def change(self, change: FactSet) -> str:
        """Return one changed fact as a clause."""
        name = self.answer_label(change.fact, change.about, change.side)
        to = self.value(change.fact, change.to)
        if change.find_out_first:
            return self._("%(fact)s: find out first; needed: %(to)s", fact=name, to=to)
        before = self.value(change.fact, change.before)
        if change.before == change.to:
            return self._("%(fact)s: %(to)s again, on a later day", fact=name, to=to)
        return f"{name}: {before} → {to}"
