"""The table of all accounts on the page of a portfolio, with what its script filters and sorts."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.outputs.portfolio_words import PortfolioWords
    from kam_expert.results.portfolio import AccountRow

#: Maximum characters of causes in a row of the table; the first cause is never truncated.
_NAMED = 36
#: Maximum bytes of all rows on the page, and the bytes of a row in addition to its texts.
_MAX_BYTES, _ROW_BYTES = 1_380_000, 24
_UNKNOWN = "–"


@dataclass(frozen=True)
class TableLine:
    """A compact row of the table of all accounts.

    Attributes:
        codes: One character for each likely or established finding.
        address: Link to the full report; empty without one.
        cells: The texts after the name.
    """

    codes: str
    address: str
    name: str
    cells: tuple[str, ...]

    @property
    def weight(self) -> int:
        """Return the estimated size of the row in bytes."""
        texts = (self.codes, self.address, self.name, *self.cells)
        return sum(len(text.encode("utf-8", "replace")) + 4 for text in texts) + _ROW_BYTES


class AccountTable:
    """The data of the table.

    Args:
        rows: The accounts in the order of attention.
        said: The words of the portfolio.
    """

    def __init__(self, rows: Sequence[AccountRow], said: PortfolioWords) -> None:
        self._rows = rows
        self._said = said
        base = said.base
        self._stages = {n: said.words.stage(n) for n in (*base.stage_model.names, UNDETERMINED)}
        words = base.facts[said.view.facts["attractiveness"]].words()
        self._levels = {word: said.attractiveness(word) for word in words}
        self.order_of_stages = "|".join(self._stages.values())
        self.order_of_levels = "|".join(self._levels.values())
        self.has_owner = any(row.owner for row in rows)
        self.has_segment = any(row.segment for row in rows)
        self.has_size = any(row.size is not None for row in rows)
        self._standing = Counter(
            found.finding for row in rows for found in row.findings if at_least_likely(found.status)
        )
        found = [name for name in base.findings if self._standing[name]]
        self._codes = {name: _code(index) for index, name in enumerate(found)}

    @functools.cached_property
    def lines(self) -> list[TableLine]:
        """Return the rows of the table up to the maximum size of the page."""
        lines = [self._line(row) for row in self._rows]
        weights = accumulate(line.weight for line in lines)
        return [line for line, weight in zip(lines, weights, strict=True) if weight <= _MAX_BYTES]

    def _line(self, row: AccountRow) -> TableLine:
        codes = (self._codes[s.finding] for s in row.findings if at_least_likely(s.status))
        provisional = not row.firm and row.stage != UNDETERMINED
        cells = [
            self._strategy_and_causes(row),
            self._stages[row.stage] + (" ?" if provisional else ""),
            self._level(row.attractiveness),
            f"{row.seen}–{row.seen + row.open}" if row.open else str(row.seen),
        ]
        if self.has_segment:
            cells.insert(0, row.segment or _UNKNOWN)
        if self.has_owner:
            cells.insert(0, row.owner or _UNKNOWN)
        if self.has_size:
            cells.append(_UNKNOWN if row.size is None else self._size(row.size, row.currency))
        address = self._said.link(row.report) if row.report else ""
        return TableLine("".join(codes), address, row.name or row.id, tuple(cells))

    def _level(self, attractiveness: str | None) -> str:
        return self._levels[attractiveness] if attractiveness else _UNKNOWN

    def _size(self, size: float, currency: str | None) -> str:
        said = self._said
        return said.words.amount(said.view.facts["size"], said.number(size), currency)

    def _strategy_and_causes(self, row: AccountRow) -> str:
        said = self._said
        strategy = f"{said.strategy_number(row.strategy)} {said.strategy_name(row.strategy)}"
        if not row.causes:
            return strategy
        names = [said.words.finding(name) for name in row.causes]
        named = names[:1]
        for name in names[1:]:
            if len(", ".join((*named, name))) > _NAMED:
                break
            named.append(name)
        more = f" +{len(names) - len(named)}" if len(names) > len(named) else ""
        return f"{strategy}: {', '.join(named)}{more}"

    def mark(self, attractiveness: str | None, stage: str, seen: int) -> str:
        """Return the key by which the script joins a mark of the plot and rows of the table."""
        return f"{self._level(attractiveness)}|{self._stages[stage]}|{seen}"

    def choices(self) -> list[tuple[str, str, int]]:
        """Return the findings to filter by: code, name, number of rows."""
        found = [
            (code, self._said.words.finding(name), self._standing[name])
            for name, code in self._codes.items()
        ]
        return sorted(found, key=lambda choice: (-choice[2], choice[1]))


def _code(index: int) -> str:
    """Return a character for a number; small numbers take one byte."""
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return plain[index] if index < len(plain) else chr(0x100 + index)
