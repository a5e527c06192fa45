"""The workshop of a server: drafts, and what was found out about each of their texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kam_expert.results.judged_differently import JudgedDifferently
    from kam_expert.workshop.impact import Impact
    from kam_expert.workshop.mutants import Mutant
    from kam_expert.workshop.rule_draft import RuleDraft, Workbench
    from kam_expert.workshop.witness import Witness

#: Accounts that a page lists.
_SHOWN = 50


@dataclass
class Workshop:
    """The workshop of a server.

    Attributes:
        workbench: The drafts.
        impact: The portfolio that drafts are tried on; None for none.
    """

    workbench: Workbench
    impact: Impact | None = None
    lock: RLock = field(default_factory=RLock)
    _accounts: dict[tuple[str, str], JudgedDifferently] = field(default_factory=dict)
    _unnoticed: dict[tuple[str, str], list[tuple[Mutant, Witness | None]]] = field(
        default_factory=dict
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
