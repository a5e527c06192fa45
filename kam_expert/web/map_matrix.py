"""The ties as a table: our team by the customer's people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kam_expert.web.map_model import Card, Line, MapModel


@dataclass(frozen=True)
class Matrix:
    """Our team by their people.

    Attributes:
        team: The columns.
        rows: Each person with what joins them to each member of the team; None for nothing.
    """

    team: tuple[Card, ...]
    rows: tuple[tuple[Card, tuple[Line | None, ...]], ...]


def matrix_of(model: MapModel) -> Matrix:
    """Return the ties, and those that are to be, as a table."""
    joined: dict[tuple[object, object], Line] = {}
    for line in model.lines:
        if line.is_tie or line.kind == "wanted":
            joined.setdefault((line.one, line.other), line)
    team = tuple(card for card in model.cards.values() if card.kind == "member")
    people = [card for card in model.cards.values() if card.kind == "person"]
    people.sort(key=lambda card: (not card.main, -card.weight))
    rows = [(p, tuple(joined.get((m.key, p.key)) for m in team)) for p in people]
    return Matrix(team, tuple(rows))
