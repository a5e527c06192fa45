"""The effort of a team over a portfolio: capacity in, table and choice out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.summing.effort_rows import EFFORT, effort_accounts, write_effort
from kam_expert.errors import KamError
from kam_expert.extras import needs
from kam_expert.importing.capacity import check_owners, read_capacity

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.results.effort import EffortPlan


class TeamEffort:
    """The half days of a team, read before the portfolio is.

    Raises:
        KamError: The capacity is invalid, the rule base has no weights, or HiGHS is not installed.
    """

    def __init__(self, base: KnowledgeBase, view: PortfolioView, given: str) -> None:
        if base.plan.effort is None:
            raise KamError('plan.yaml of these rules has no "effort", so it cannot be distributed')
        with needs("effort", "--capacity"):
            from kam_expert.engines.effort_choice import choose_effort
        self._choose = choose_effort
        self._base, self._view, self._weights = base, view, base.plan.effort
        self._capacity, self._places = read_capacity(given, Path(given))

    def choose(self, folder: Path, form: str) -> EffortPlan:
        """Choose the moves of a run, and write them to its folder as a table and as JSON."""
        accounts = effort_accounts(folder, self._base, self._view, self._weights)
        owners = {move.owner for account in accounts for move in account.moves if move.owner}
        check_owners(self._capacity, self._places, owners)
        plan = self._choose(accounts, self._capacity)
        write_effort(folder, plan, form)
        text = json.dumps(_document(plan), ensure_ascii=False, indent=1)
        (folder / f"{EFFORT}.json").write_text(text + "\n", encoding="utf-8")
        return plan


def _document(plan: EffortPlan) -> dict[str, object]:
    return {
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "greedy": plan.simple,
        "pools": [
            {
                "owner": pool or None,
                "half_days": half_days,
                "used": plan.used.get(pool, 0),
                "more": [
                    {"half_days": more.half_days, "adds": more.adds, "exact": more.exact}
                    for more in plan.more
                    if more.pool == pool
                ],
            }
            for pool, half_days in plan.capacity.pools().items()
        ],
        "chosen": len(plan.chosen),
        "left_out": len(plan.left_out),
    }
