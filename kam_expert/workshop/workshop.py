"""The workshop of a server: drafts, and what was found out about each of their texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from kam_expert.workshop.rule_draft import KEPT

if TYPE_CHECKING:
    from kam_expert.results.judged_differently import JudgedDifferently
    from kam_expert.workshop.impact import Impact
    from kam_expert.workshop.mutants import Mutant
    from kam_expert.workshop.rule_draft import RuleDraft, Workbench
    from kam_expert.workshop.witness import Witness

#: Accounts that a page lists.
_SHOWN = 50


def _texts() -> LRUCache[Any, Any]:
    """Return a cache of what was found out about texts of rules."""
    return LRUCache(KEPT)


@dataclass
class Workshop:
    """The workshop of a server.

    Attributes:
        workbench: The drafts.
        impact: The portfolio that drafts are tried on; None for none.
        lock: Held by a request as long as it uses the workshop.
    """

    workbench: Workbench
    impact: Impact | None = None
    lock: Lock = field(default_factory=Lock)
    _accounts: LRUCache[tuple[str, str], JudgedDifferently] = field(default_factory=_texts)
    _unnoticed: LRUCache[tuple[str, str], list[tuple[Mutant, Witness | None]]] = field(
        default_factory=_texts
    )

    def accounts(self, draft: RuleDraft, *, now: bool) -> JudgedDifferently | None:
        """Return the accounts that a draft judges differently; None if nobody asked yet.

        Raises:
            KamError: The draft is not valid, or the portfolio cannot be read.
        """
        key = draft.name, draft.text
        if now and key not in self._accounts and self.impact is not None:
            changed = self.workbench.base_with(draft)
            self._accounts[key] = self.impact.of(changed, _SHOWN)
        return self._accounts.get(key)

    def unnoticed(
        self, draft: RuleDraft, *, now: bool
    ) -> list[tuple[Mutant, Witness | None]] | None:
        """Return the changes that no case would notice; None if nobody asked yet."""
        key = draft.name, draft.text
        if now and key not in self._unnoticed:
            self._unnoticed[key] = self.workbench.unnoticed(draft)
        return self._unnoticed.get(key)
