"""Which accounts of a portfolio a draft judges differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.engines.portfolio.summing.rule_changes import compared, judgements

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.judged_differently import JudgedDifferently


class Impact:
    """A portfolio that drafts are tried on. Its judgement by the rule base is made once.

    Args:
        path: The portfolio, as for `kam portfolio`.
        base: The rule base.
        day: The date of the diagnosis.
    """

    def __init__(self, path: Path, base: KnowledgeBase, day: date) -> None:
        self.path = path
        self.base = base
        self.day = day
        self._before: list[Any] | None = None

    def of(self, changed: KnowledgeBase, shown: int) -> JudgedDifferently:
        """Return what differs by a changed rule base; *shown* accounts are listed.

        Raises:
            KamError: The portfolio cannot be read.
        """
        if self._before is None:
            self._before = list(judgements(self.path, self.base, self.day))
        after = judgements(self.path, changed, self.day)
        return compared(self._before, after, (self.base, changed), shown)
