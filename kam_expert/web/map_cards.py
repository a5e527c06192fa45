"""Where the cards of the map of people are placed, with the heads of columns and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.outputs.text_lines import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kam_expert.web.map_model import Card, Key, MapModel

CARD = 146
_INSIDE = 129
GUTTER = 22
PITCH = CARD + GUTTER
_GAP = 12
_ROW_HEAD = 28
_HEAD = 66
_EMPTY = 40
_LINE = {"mark": 14, "name": 17, "small": 15}
_SIZE = {"mark": 11.0, "name": 14.0, "small": 12.0}
_BARS = 18
_PAD = 9
#: A side with more people shows the weightiest of each function; the others are folded.
FOLD_ABOVE = 24
_SHOWN = 3


@dataclass(frozen=True)
class CardText:
    """A line of text on a card; *style* is mark, name or small."""

    y: int
    text: str
    style: str


@dataclass(frozen=True)
class Placed:
    """A card with its place.

    Attributes:
        x, y: The upper left corner.
        texts: Its lines, which fit its width.
        bars: The y of the bars of openness; 0 without any.
    """

    card: Card
    x: int
    y: int
    height: int
    texts: tuple[CardText, ...]
    bars: int

    @property
    def middle(self) -> int:
        """Return the x of the middle."""
        return self.x + CARD // 2

    @property
    def bottom(self) -> int:
        """Return the y of the lower edge."""
        return self.y + self.height


@dataclass(frozen=True)
class Cell:
    """A place for cards: one function at one level."""

    side: str
    column: str | None
    row: str | None
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class ColumnHead:
    """The head of a column.

    Attributes:
        lines: The title, in lines that fit.
        people: How many there are, and how many of them are drawn.
        open: Whether the column was unfolded.
    """

    side: str
    word: str | None
    x: int
    y: int
    lines: tuple[str, ...]
    people: int
    drawn: int
    open: bool

    @property
    def folded(self) -> int:
        """Return how many people are not drawn."""
        return self.people - self.drawn


@dataclass(frozen=True)
class RowHead:
    """The head of a row."""

    side: str
    word: str | None
    x: int
    y: int
    width: int
    title: str


@dataclass
class Grid:
    """One side of the map while it is laid out."""

    side: str
    columns: list[str | None]
    rows: list[str | None]
    stacks: dict[tuple[str | None, str | None], list[Card]] = field(default_factory=dict)


def grid_of(
    model: MapModel, side: str, opened: frozenset[str], kept: frozenset[Key], *, whole: bool
) -> Grid:
    """Return the cards of a side by column and row; a large side is folded to those that count."""
    cards = [card for card in model.cards.values() if card.kind == side]
    columns = _present(model.column_words(side), (card.column for card in cards), whole=whole)
    rows = _present(model.row_words(side), (card.row for card in cards), whole=whole)
    grid = Grid(side, columns or [None], rows or [None])
    folds = len(cards) > FOLD_ABOVE
    for column in grid.columns:
        mine = [card for card in cards if card.column == column]
        if folds and f"{side}:{column or ''}" not in opened:
            mine.sort(key=lambda card: (card.key not in kept, not card.main, not card.active,
                                        -card.weight))  # fmt: skip
            mine = mine[:_SHOWN]
        for card in sorted(mine, key=lambda card: -card.weight):
            grid.stacks.setdefault((column, card.row), []).append(card)
    if folds and not whole:
        used = {row for _, row in grid.stacks}
        grid.rows = [row for row in grid.rows if row in used]
    return grid


def _present(words: Sequence[str], had: Iterable[str | None], *, whole: bool) -> list[str | None]:
    used = set(had)
    known: list[str | None] = [word for word in words if whole or word in used]
    return [*known, *([None] if None in used or whole else [])]


class Placing:
    """Places the cards of both sides, with the heads of columns and rows.

    Args:
        model: The cards.
        marks: Short texts on top of a card.
        opened: The columns that are unfolded.
    """

    def __init__(
        self, model: MapModel, marks: Callable[[Card], Sequence[str]], opened: frozenset[str]
    ) -> None:
        self._model = model
        self._marks = marks
        self._opened = opened
        self.cards: list[Placed] = []
        self.columns: list[ColumnHead] = []
        self.rows: list[RowHead] = []
        self.cells: list[Cell] = []

    def side(self, grid: Grid, left: int, y: int) -> int:
        """Place one side and return the y below it."""
        model, side = self._model, grid.side
        for index, word in enumerate(grid.columns):
            self.columns.append(self._column(grid, word, left + index * PITCH, y))
        y += _HEAD
        span = len(grid.columns) * PITCH - GUTTER
        for row in grid.rows:
            title = model.title(model.row_fact(side), row)
            self.rows.append(RowHead(side, row, left, y, span, title))
            y += _ROW_HEAD
            height = _EMPTY
            for index, column in enumerate(grid.columns):
                at = y
                for card in grid.stacks.get((column, row), ()):
                    one = _card(card, self._marks(card), left + index * PITCH, at)
                    self.cards.append(one)
                    at = one.bottom + _GAP
                height = max(height, at - _GAP - y)
            self.cells += [
                Cell(side, column, row, left + index * PITCH, y, height)
                for index, column in enumerate(grid.columns)
            ]
            y += height + _GAP
        return y

    def _column(self, grid: Grid, word: str | None, x: int, y: int) -> ColumnHead:
        model, side = self._model, grid.side
        title = model.title(model.column_fact(side), word)
        of = [card for card in model.cards.values() if card.kind == side and card.column == word]
        drawn = sum(len(found) for (column, _), found in grid.stacks.items() if column == word)
        lines = wrapped(title, CARD, _SIZE["small"])[:2]
        is_open = f"{side}:{word or ''}" in self._opened
        return ColumnHead(side, word, x, y, lines, len(of), drawn, is_open)


def _card(card: Card, marks: Sequence[str], x: int, y: int) -> Placed:
    texts: list[CardText] = []
    at, bars = y + _PAD, 0
    for style, text in (
        *(("mark", mark) for mark in marks),
        ("name", card.name),
        ("small", card.voice),
        ("small", card.contact),
        ("small", card.goal),
    ):
        for line in wrapped(text, _INSIDE, _SIZE[style]):
            at += _LINE[style]
            texts.append(CardText(at - 4, line, style))
    if card.openness is not None:
        bars = at + 5
        at += _BARS
    return Placed(card, x, y, at + _PAD - y, tuple(texts), bars)
