"""Where the cards and lines of the map of people are drawn.

The customer is above, our firm below. Functions are columns, levels of posts rows, the highest on
top. Cards are opaque and lines run between them: down the space next to a column, across the band
between the two firms, and up again. Nothing overlaps a card, whatever the names are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.web.map_cards import CARD, GUTTER, PITCH, Placing, grid_of
from kam_expert.web.map_model import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kam_expert.web.map_cards import Cell, ColumnHead, Placed, RowHead
    from kam_expert.web.map_model import Card, Key, Line, MapModel

_MARGIN = 12
_BAND = 130
#: Lines side by side in a gutter, and their distance.
_LANES, _LANE = 6, 3
#: More ties than this have no age written on them: the texts would lie on each other.
_LABELLED = 18


@dataclass(frozen=True)
class Drawn:
    """A line with its path, and where its label is.

    Attributes:
        label: The age of a tie; empty if it is not written.
    """

    line: Line
    path: str
    x: int
    y: int
    label: str


@dataclass(frozen=True)
class Layout:
    """The map, in units of a pixel at ordinary size."""

    width: int
    height: int
    band: tuple[int, int]
    cards: tuple[Placed, ...]
    columns: tuple[ColumnHead, ...]
    rows: tuple[RowHead, ...]
    cells: tuple[Cell, ...]
    lines: tuple[Drawn, ...]
    hidden_lines: int


def laid_out(
    model: MapModel,
    marks: Callable[[Card], Sequence[str]],
    *,
    opened: frozenset[str] = frozenset(),
    first: Iterable[Key] = (),
    everything: str = "",
) -> Layout:
    """Return the layout of the map.

    Args:
        model: The cards and lines.
        marks: Short texts on top of a card.
        opened: The columns that are unfolded, as ``person:quality``.
        first: The cards that folding keeps.
        everything: A side of which empty columns and rows are shown too, as places to choose.
    """
    kept = frozenset(first)
    grids = [grid_of(model, side, opened, kept, whole=everything == side) for side in SIDES]
    widest = max(len(grid.columns) for grid in grids) or 1
    width = 2 * _MARGIN + widest * PITCH
    placing = Placing(model, marks, opened)
    top, edges = 0, []
    for grid in grids:
        left = (width - len(grid.columns) * PITCH) // 2 + GUTTER // 2
        top = placing.side(grid, left, top)
        edges.append(top)
        top += _BAND
    band = edges[0] + 4, edges[0] + _BAND - 4
    gaps = {cell.row: cell.y - 7 for cell in placing.cells if cell.side == "person"}
    drawable = {one.card.key for one in placing.cards}
    return Layout(
        width,
        edges[1] + _MARGIN,
        band,
        tuple(placing.cards),
        tuple(placing.columns),
        tuple(placing.rows),
        tuple(placing.cells),
        _routed(model, placing.cards, band, gaps),
        sum(not {line.one, line.other} <= drawable for line in model.lines),
    )


def _routed(
    model: MapModel, placed: Sequence[Placed], band: tuple[int, int], gaps: Mapping[str | None, int]
) -> tuple[Drawn, ...]:
    at = {one.card.key: one for one in placed}
    lowest: dict[int, int] = {}
    highest: dict[int, int] = {}
    for one in placed:
        if one.card.kind == "person":
            lowest[one.x] = max(lowest.get(one.x, 0), one.y)
        else:
            highest[one.x] = min(highest.get(one.x, one.y), one.y)
    shown = [line for line in model.lines if line.one in at and line.other in at]
    ties = [line for line in shown if line.is_tie or line.kind == "wanted"]
    lanes: dict[tuple[int, str], int] = {}
    ports = _Ports(ties)
    drawn = []
    for index, line in enumerate(ties):
        person, member = at[line.other], at[line.one]
        above = lowest[person.x] == person.y
        below = highest[member.x] == member.y
        start, x1 = _way_down(person, ports.of(line.other, line), lanes, open_=above)
        end, x2 = _way_down(member, ports.of(line.one, line), lanes, open_=below, up=True)
        path = f"{start}V{band[0]}L{x2} {band[1]}{end}"
        share = (0.25, 0.5, 0.75, 0.4)[index % 4]
        label = line.age if len(ties) <= _LABELLED else ""
        x = round(x1 + (x2 - x1) * share)
        y = round(band[0] + (band[1] - band[0]) * share)
        drawn.append(Drawn(line, path, x, y, label))
    drawn += [
        _inner(line, at[line.one], at[line.other], lanes, gaps[at[line.one].card.row])
        for line in shown
        if line not in ties
    ]
    # What is live is drawn last, on top.
    order = ("inactive", "unknown", "wanted", "above", "heard", "active")
    return tuple(sorted(drawn, key=lambda one: order.index(one.line.kind)))


class _Ports:
    """Spreads the lines of a card along its edge."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._at: dict[Key, list[Line]] = {}
        for line in lines:
            for end in (line.one, line.other):
                self._at.setdefault(end, []).append(line)

    def of(self, key: Key, line: Line) -> int:
        """Return how far from the middle of the edge a line begins."""
        lines = self._at[key]
        step = min(14, (CARD - 24) // max(1, len(lines)))
        return round((lines.index(line) - (len(lines) - 1) / 2) * step)


def _way_down(
    one: Placed, port: int, lanes: dict[tuple[int, str], int], *, open_: bool, up: bool = False
) -> tuple[str, int]:
    """Return the part of a path between a card and the band, and the x at the band.

    *open_*: whether no other card is between. *up*: whether the card is below the band.
    """
    if open_:
        x = one.middle + port
        return (f"V{one.y}" if up else f"M{x} {one.bottom}"), x
    x = _gutter(one.x + CARD, "right", lanes)
    y = one.y + min(one.height - 14, 20 + abs(port))
    return (f"V{y}H{one.x + CARD}" if up else f"M{one.x + CARD} {y}H{x}"), x


def _gutter(edge: int, side: str, lanes: dict[tuple[int, str], int]) -> int:
    used = lanes[edge, side] = lanes.get((edge, side), -1) + 1
    shift = 4 + _LANE * (used % _LANES)
    return edge + shift if side == "right" else edge - shift


def _inner(
    line: Line, one: Placed, other: Placed, lanes: dict[tuple[int, str], int], gap: int
) -> Drawn:
    """Return a line within the customer: out to the left, along *gap* above the row, and in."""
    here, there = _gutter(one.x, "left", lanes), _gutter(other.x, "left", lanes)
    y1, y2 = one.y + 26, other.y + (26 if line.kind == "above" else 40)
    if one.x == other.x:
        path = f"M{one.x} {y1}H{here}V{y2}H{other.x}"
    else:
        path = f"M{one.x} {y1}H{here}V{gap}H{there}V{y2}H{other.x}"
    return Drawn(line, path, here, y1, "")
