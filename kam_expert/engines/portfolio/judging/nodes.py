"""The columns that a plan adds to a frame: computed, lifted from another frame, or gathered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kam_expert.engines.portfolio.judging.expressions import Expr

#: ``count`` adds up truths, ``total`` whole numbers, ``sum`` fractions.
Gather = Literal["count", "total", "sum", "any", "min", "max", "n_unique"]


@dataclass(frozen=True)
class Make:
    """A column from an expression over columns of the same frame."""

    frame: str
    name: str
    expr: Expr
    needs: frozenset[str]


@dataclass(frozen=True)
class Lift:
    """A column of the row's owner: a person's from the account, a link's from a person."""

    frame: str
    name: str
    source: str
    column: str


@dataclass(frozen=True)
class Gathered:
    """A column gathered over the rows of *source* that belong to the row."""

    frame: str
    name: str
    source: str
    column: str
    how: Gather


Node = Make | Lift | Gathered
