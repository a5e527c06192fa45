"""Proposals of the inbox in words: the answer with the quotation it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.knowledge.about import About
from kam_expert.outputs.terminal import Lines
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.knowledge.base import KnowledgeBase


class ProposalWords:
    """Words for the proposals about one account.

    Args:
        base: The rule base.
        case: The account as it is now.
        lang: ``uk`` or ``en``.
        day: Today.
    """

    def __init__(self, base: KnowledgeBase, case: Case, lang: str, day: date) -> None:
        self._case = case
        self._words = Words(base, case, lang, day)
        self._ = self._words._

    def listed(self, proposals: tuple[ProposedAnswer, ...]) -> str:
        """Return the proposals for a terminal."""
        lines = Lines()
        if not proposals:
            lines.add(self._("The inbox is empty."))
        for number, found in enumerate(proposals):
            if number:
                lines.gap()
            lines.add(f"{found.id}  {self.answer(found)}")
            lines.add(f"{found.note}:{found.line} «{found.quote}»", 12)
            for said in (self.contradiction(found), self.decision(found)):
                if said:
                    lines.add(said, 12)
        return lines.text()

    def answer(self, found: ProposedAnswer) -> str:
        """Return the subject, fact and value of a proposal, and whose answer it is."""
        slot = found.edit.slot
        told = f"{self._words.fact(slot.fact)}: {self._words.value(slot.fact, found.edit.value)}"
        if slot.kind != "account":
            return f"{self._words.about(About(slot.kind, slot.id))} – {told}"
        return f"{told} ({self._words.side(slot.side)})"

    def contradiction(self, found: ProposedAnswer) -> str:
        """Return what a known answer says instead, or an empty text."""
        known = found.contradicts(self._case) if found.status == "open" else None
        if known is None:
            return ""
        value = self._words.value(found.edit.slot.fact, known.value)
        return self._("Known until now: %(value)s", value=value)

    def decision(self, found: ProposedAnswer) -> str:
        """Return what was decided, or an empty text."""
        if found.status == "open":
            return ""
        said = self._("accepted") if found.status == "accepted" else self._("refused")
        return f"{said}: {found.decided_by}" if found.decided_by else said
