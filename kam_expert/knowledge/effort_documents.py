"""The weights by which effort is distributed over a portfolio, as pydantic models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from kam_expert.knowledge.documents import Doc, Severity, Text

if TYPE_CHECKING:
    from collections.abc import Sequence


class WeightDoc(Doc):
    """A weight: a whole number of ours, with its reason. Whole, so that sums are exact."""

    value: Annotated[int, Field(ge=0, le=1000)]
    we_chose: Text


class FactorDoc(Doc):
    """A factor of an account: at least 1, so that no account is without weight."""

    value: Annotated[int, Field(ge=1, le=1000)]
    we_chose: Text


class RevenueDoc(Doc):
    """The factor of an account by its place among the accounts whose size is known.

    *from_pct* is the share of accounts, in per cent, with at most the size of this one.
    """

    from_pct: Annotated[int, Field(ge=0, le=100)]
    factor: FactorDoc


class EffortDoc(Doc):
    """``effort`` in ``plan.yaml``: what the causes of an account weigh.

    A cause weighs its *severity* times the factor of *attractiveness* times that of *revenue*. The
    words of *attractiveness* are those of the fact that ``portfolio.yaml`` names. The highest line
    of *revenue* that an account reaches counts; *unknown* is the factor without an answer.
    """

    severity: dict[Severity, WeightDoc]
    attractiveness: dict[str, FactorDoc]
    revenue: list[RevenueDoc]
    unknown: FactorDoc

    def of_severity(self, severity: str) -> int:
        """Return the weight of a cause; 0 for a severity that is not named."""
        return next((w.value for name, w in self.severity.items() if name == severity), 0)

    def of_account(self, attractiveness: str | None, rank_pct: float | None) -> int:
        """Return the factor of an account.

        Args:
            attractiveness: The word of the fact; None if unknown.
            rank_pct: The place by size, in per cent; None if the size is unknown.
        """
        word = self.attractiveness.get(attractiveness or "", self.unknown).value
        return word * self._of_rank(rank_pct, self.revenue)

    def _of_rank(self, rank_pct: float | None, lines: Sequence[RevenueDoc]) -> int:
        if rank_pct is None:
            return self.unknown.value
        reached = [line for line in lines if line.from_pct <= rank_pct]
        return max(reached, key=lambda line: line.from_pct).factor.value if reached else 1
