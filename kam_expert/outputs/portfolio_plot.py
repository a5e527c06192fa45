"""Attractiveness against depth of the relationship: a dot plot of groups of accounts.

There is one band for each attractiveness, including unknown, with one lane for each stage. The
position of a dot is the number of features seen, its area the number of accounts. A line extends to
the median number of features if all open features were seen.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.results.portfolio import AlikeAccounts

WIDTH = 790
LEFT, RIGHT = 222, 765
TOP = 34
LANE = 26
GAP = 16
_SMALLEST, _LARGEST = 3.0, 10.0
#: Half the width of the widest shape by its size, and the space between a shape and a name.
_WIDEST, _APART = 1.25, 4.0
#: Height in which the lines of a lane are spread.
_SPREAD = 20


@dataclass(frozen=True)
class Dot:
    """The accounts of one lane with the same number of features seen.

    Attributes:
        reach: Median number of features if all open ones were seen.
        shape: SVG path of the dot.
        line: The y of the line for open features, which ends at ``end``.
        label: The x where names of accounts begin, with ``room`` up to the next dot.
    """

    seen: int
    reach: int
    accounts: int
    x: float
    end: float
    line: float
    shape: str
    label: float
    room: float


@dataclass(frozen=True)
class Lane:
    """The accounts of one stage and one attractiveness.

    Attributes:
        kind: The number of the stage, which selects colour and shape; 3 is undetermined.
    """

    stage: str
    kind: int
    y: float
    dots: tuple[Dot, ...]
    accounts: int

    def at(self, seen: int) -> int:
        """Return the number of accounts with *seen* features."""
        return next((dot.accounts for dot in self.dots if dot.seen == seen), 0)


@dataclass(frozen=True)
class PlotBand:
    """The lanes of one attractiveness; None if it is unknown."""

    attractiveness: str | None
    y: float
    height: float
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Plot:
    """The plot; ``ticks`` are the numbers of features with their x."""

    width: int
    height: float
    bands: tuple[PlotBand, ...]
    ticks: tuple[tuple[int, float], ...]


def plot(
    cells: Iterable[AlikeAccounts],
    levels: Sequence[str],
    stages: Sequence[str],
    features: int,
    *,
    named: bool = False,
) -> Plot:
    """Return the plot.

    Args:
        cells: The groups of accounts.
        levels: Values of attractiveness from low to high.
        stages: The verdicts from loose to close, undetermined last.
        features: Number of features of the closest stage.
        named: Whether the dots have names; the lines keep below them.
    """
    counts: Counter[tuple[str | None, str, int, int]] = Counter()
    dots: Counter[tuple[str | None, str, int]] = Counter()
    for cell in cells:
        dots[cell.attractiveness, cell.stage, cell.seen] += cell.accounts
        counts[cell.attractiveness, cell.stage, cell.seen, cell.seen + cell.open] += cell.accounts
    most = max(dots.values(), default=1)
    bands = []
    y = float(TOP)
    for level in (*reversed(levels), None):
        lanes: list[Lane] = []
        for kind, stage in enumerate(stages):
            here = {k[2:]: n for k, n in counts.items() if k[:2] == (level, stage)}
            if here:
                middle = y + LANE * (len(lanes) + 0.5)
                lanes.append(_lane(stage, kind, middle, here, most, features, named))
        height = max(len(lanes), 1) * LANE
        bands.append(PlotBand(level, y, height, tuple(lanes)))
        y += height + GAP
    ticks = tuple((n, _x(n, features)) for n in range(features + 1))
    return Plot(WIDTH, y + 8, tuple(bands), ticks)


def _lane(  # noqa: PLR0913 -- stage, position, content, two scales and names
    stage: str,
    kind: int,
    y: float,
    here: dict[tuple[int, int], int],
    most: int,
    features: int,
    named: bool,  # noqa: FBT001 -- as for the plot
) -> Lane:
    dots: list[Dot] = []
    places = sorted({key[0] for key in here})
    free = float(WIDTH - _APART)
    for place, seen in reversed([*enumerate(places)]):
        reaches = sorted((key[1], n) for key, n in here.items() if key[0] == seen)
        accounts = sum(n for _, n in reaches)
        reach = _median(reaches, accounts)
        size = max(_SMALLEST, _LARGEST * math.sqrt(accounts / most))
        x = _x(seen, features)
        part = place / len(places) / 2 if named else (place + 0.5) / len(places) - 0.5
        line = round(y + _SPREAD * part, 1)
        label = round(x + _WIDEST * size + _APART, 1)
        shape, end = _shape(kind, x, y, size), _x(reach, features)
        dots.insert(0, Dot(seen, reach, accounts, x, end, line, shape, label, free - label))
        free = x - _WIDEST * size - _APART
    return Lane(stage, kind, y, tuple(dots), sum(dot.accounts for dot in dots))


def _median(reaches: Sequence[tuple[int, int]], accounts: int) -> int:
    passed = 0
    for reach, n in reaches:
        passed += n
        if 2 * passed >= accounts:
            return reach
    return reaches[-1][0]


def _x(features_seen: int, features: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * features_seen / max(features, 1), 1)


def _shape(kind: int, x: float, y: float, size: float) -> str:
    """Return the path of a triangle, rhombus, disc or square of about the same area."""
    match kind:
        case 0:
            r = round(size * 1.25, 1)
            return f"M{x:g} {y - r:g}l{r:g} {1.7 * r:g}h{-2 * r:g}z"
        case 1:
            r = round(size * 1.2, 1)
            return f"M{x - r:g} {y:g}l{r:g} {-r:g} {r:g} {r:g} {-r:g} {r:g}z"
        case 2:
            r = round(size, 1)
            return f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"
    r = round(size * 0.85, 1)
    return f"M{x - r:g} {y - r:g}h{2 * r:g}v{2 * r:g}h{-2 * r:g}z"
