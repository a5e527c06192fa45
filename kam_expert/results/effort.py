"""Where the effort of a team goes: the moves of a portfolio that fit into its capacity.

Frozen data without wording. Efforts and capacities are whole half days; values are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True)
class EffortMove:
    """A move that may be chosen.

    Attributes:
        about: Ids of what it is about; empty for the account.
        owner: Who does it; None if nobody is named.
        effort: Half days.
        answers: The causes that it answers, by their keys in the account.
        frees: What no longer holds back other moves of the account once this one is chosen.
        held_back_by: Each has to be freed by another chosen move.
        begin: The day on which it begins, if that is known.
        agreed: Whether it is agreed already: it is chosen in any case and uses capacity first.
        part: Of the plan: ``move``, ``later`` or ``waits``.
    """

    account: str
    step: str
    about: tuple[str, ...]
    owner: str | None
    effort: int
    answers: tuple[str, ...]
    frees: tuple[str, ...] = ()
    held_back_by: tuple[str, ...] = ()
    begin: date | None = None
    agreed: bool = False
    part: str = "move"


@dataclass(frozen=True)
class EffortAccount:
    """An account with its moves in their order.

    Attributes:
        weight: Of the account among others, at least 1.
        causes: The weight of each cause that a move can answer, at least 0.
        most: The most moves that the customer can be asked for, agreed ones among them; None for
            no limit.
    """

    id: str
    weight: int
    causes: Mapping[str, int]
    moves: tuple[EffortMove, ...]
    most: int | None = None


@dataclass(frozen=True)
class Capacity:
    """Half days, by owner or in all.

    Attributes:
        owners: By owner; empty if the half days are given in all.
        in_all: None if they are given by owner.
    """

    owners: Mapping[str, int]
    in_all: int | None = None

    def pool(self, owner: str | None) -> str | None:
        """Return the name of the half days that *owner* uses; None if there are none.

        The name is empty if the half days are given in all.
        """
        if self.in_all is not None:
            return ""
        return owner if owner in self.owners else None

    def pools(self) -> Mapping[str, int]:
        """Return the half days by name."""
        return {"": self.in_all} if self.in_all is not None else self.owners


@dataclass(frozen=True)
class LeftOut:
    """A move that is not chosen.

    Attributes:
        why: ``no_capacity``: no half days are given for its owner; ``held_back``: nothing chosen
            frees it; ``answered``: chosen moves answer all its causes; ``too_long``: it takes more
            than all half days of its owner; ``others_first``: other moves answer more with the same
            half days.
        adds: What it would add to the value, with the chosen moves as they are.
        by: The steps that answer its causes; the causes that hold it back.
    """

    move: EffortMove
    why: str
    adds: int
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class MoreCapacity:
    """What further half days would add.

    Attributes:
        pool: The owner; empty if the half days are given in all.
        half_days: How many more.
        adds: To the value.
        exact: Whether the choice was made again with more half days. If not, ``adds`` is the price
            of a half day in the relaxed problem, rounded: an estimate.
    """

    pool: str
    half_days: int
    adds: int
    exact: bool


@dataclass(frozen=True)
class EffortPlan:
    """The chosen moves, and how good the choice is.

    Attributes:
        chosen: In the order of accounts and of their moves; likewise ``left_out``.
        value: The sum of the weights of the answered causes.
        bound: No choice within the capacity has a larger value.
        simple: The value of choosing one by one the move that answers most per half day.
        used: Half days by pool. More than the capacity only if agreed moves take more.
    """

    capacity: Capacity
    chosen: tuple[EffortMove, ...]
    left_out: tuple[LeftOut, ...]
    value: int
    bound: int
    simple: int
    used: Mapping[str, int]
    more: tuple[MoreCapacity, ...]

    @property
    def gap(self) -> float:
        """Return the share of the bound that may be missing; 0 for a proved optimum."""
        return (self.bound - self.value) / self.bound if self.bound else 0.0
