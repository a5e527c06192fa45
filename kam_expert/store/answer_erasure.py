"""Erase answers of a stated origin from the whole history of an account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kam_expert.facts.edits import SetAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from kam_expert.facts.case import Answer, Case
    from kam_expert.facts.edits import Edit


@dataclass(frozen=True)
class StoredAnswer:
    """An answer about an account by what an erasure looks at."""

    fact: str
    side: str
    by: str | None
    as_of: date | None


class AnswerErasure:
    """Erases answers about the account from cases and edits, as `Erasure` does a person.

    Args:
        is_gone: Returns whether an answer is to be erased.
    """

    def __init__(self, is_gone: Callable[[StoredAnswer], bool]) -> None:
        self._is_gone = is_gone

    def learn(self, case: Case | None, edits: Iterable[Edit]) -> None:
        """Do nothing: the answers are known beforehand."""

    def ready(self) -> None:
        """Do nothing: a history without such answers stays as it is."""

    def text(self, text: str) -> str:
        """Return *text* unchanged: an author is not an answer."""
        return text

    def case(self, case: Case) -> Case:
        """Return *case* without the answers."""
        ours, theirs = (
            self._left(told, side)
            for told, side in ((case.account.ours, "ours"), (case.account.theirs, "theirs"))
        )
        return replace(case, account=replace(case.account, ours=ours, theirs=theirs))

    def edits(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Return *edits* without those that set such an answer."""
        return tuple(
            edit
            for edit in edits
            if not (
                isinstance(edit, SetAnswer)
                and edit.slot.kind == "account"
                and self._is_gone(StoredAnswer(edit.slot.fact, edit.slot.side, edit.by, edit.as_of))
            )
        )

    def _left(
        self, told: Mapping[str, tuple[Answer, ...]], side: str
    ) -> dict[str, tuple[Answer, ...]]:
        left = {
            fact: tuple(
                a for a in given if not self._is_gone(StoredAnswer(fact, side, a.by, a.as_of))
            )
            for fact, given in told.items()
        }
        return {fact: given for fact, given in left.items() if given}
