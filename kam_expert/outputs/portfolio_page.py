"""The data of the portfolio page, in the order and grouping of the page."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import quote

from babel.numbers import get_group_symbol

from kam_expert.facts.case import Case, Entity
from kam_expert.knowledge.conditions.leaf import findings_read
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely, rank
from kam_expert.outputs.portfolio_plot import Plot, plot
from kam_expert.outputs.value_words import isolated
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.knowledge.strategy import Strategy
    from kam_expert.results.portfolio import (
        AccountGroup,
        AccountMove,
        AccountRow,
        FactChange,
        FindingTally,
        PortfolioSummary,
    )

#: Number of accounts at the top with all their reasons.
_FIRST = 10
#: Maximum characters of causes in a row of the table; the first cause is never truncated.
_NAMED = 36
#: Maximum bytes of all rows on the page, and the bytes of a row in addition to its texts.
_MAX_BYTES, _ROW_BYTES = 1_380_000, 24
#: Number of obstacles and moves that are shown; the others are collapsed.
_OBSTACLES, _MOVES = 12, 15
_QUESTIONS = 3
_UNKNOWN = "–"
#: With more accounts than this, marks have no names: they would lie on each other.
_NAMED_MARKS = 60
#: The width of a wide letter on a mark, and the fewest letters that say something.
_LETTER, _FEWEST = 7.4, 4


@dataclass(frozen=True)
class StageLine:
    """Number of accounts in a stage; ``kind`` selects colour and shape."""

    stage: str
    kind: int
    firm: int
    provisional: int

    @property
    def accounts(self) -> int:
        """Return the total."""
        return self.firm + self.provisional


@dataclass(frozen=True)
class Obstacle:
    """Number of accounts with an obstacle; ``share`` is of those where it is settled."""

    count: FindingTally
    severity: str
    share: float | None


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


class PortfolioPage:
    """The data of the template."""

    def __init__(
        self, summary: PortfolioSummary, base: KnowledgeBase, view: PortfolioView, lang: str
    ) -> None:
        self.summary = summary
        self.base = base
        self.view = view
        self.lang = lang
        self.words = Words(base, Case(Entity("account", "")), lang, summary.day)
        self.verdicts = (*base.stage_model.names, UNDETERMINED)
        self.closest = base.stage_model.stages[-1]
        self._group = get_group_symbol(lang)
        self._stages = {name: self.words.stage(name) for name in self.verdicts}
        levels = base.facts[view.facts["attractiveness"]].words()
        self._levels = {word: self.attractiveness(word) for word in levels}
        self.order_of_stages = "|".join(self._stages.values())
        self.order_of_levels = "|".join(self._levels.values())
        self._strategies = {strategy.id: strategy for strategy in view.strategies}
        self._numbers = {name: number for number, name in enumerate(self._strategies, 1)}
        self._asked = {
            name: frozenset(f for rule in base.rules_for(name) for f in findings_read(rule.when))
            for name in self._strategies
        }
        self._standing = Counter(
            found.finding
            for row in summary.rows
            for found in row.findings
            if at_least_likely(found.status)
        )
        self._codes = {name: _code(index) for index, name in enumerate(self._names())}

    # Numbers and names

    def number(self, number: float) -> str:
        """Return a whole number with the group separator of the language."""
        # Babel is a hundred times slower, and the table has thousands of numbers.
        return f"{round(number):,}".replace(",", self._group)

    def percent(self, part: float, whole: float) -> str:
        """Return a share in whole per cent; 0% and 100% only for exactly none and all."""
        if not whole:
            return "–"
        share = 100 * part / whole
        if 0 < share < 1:
            return "<1%"
        whole_share = 99 if 99 < share < 100 else round(share)  # noqa: PLR2004 -- below all
        return f"{whole_share}%"

    def finding(self, name: str) -> str:
        """Return the short name of a finding."""
        return self.base.findings[name].name.get(self.lang)

    def attractiveness(self, word: str | None) -> str:
        """Return the attractiveness in words."""
        return self.words.value(self.view.facts["attractiveness"], word)

    def weight(self, severity: str) -> str:
        """Return the severity of an obstacle in words."""
        _ = self.words._
        return {"high": _("serious"), "medium": _("deserves attention")}.get(severity, _("minor"))

    def step(self, name: str, about: str) -> str:
        """Return the name of a step."""
        return self.base.steps[name].name.get(self.lang).replace("{about}", isolated(about))

    @staticmethod
    def link(report: str) -> str:
        """Return the link to a report, a path relative to the page."""
        return quote(report.encode("utf-8", "replace"), safe="/")

    def kind(self, stage: str) -> int:
        """Return the number of a stage, which selects colour and shape."""
        return self.verdicts.index(stage)

    # Sections

    def stages(self) -> list[StageLine]:
        """Return the number of accounts in each stage."""
        counts: Counter[tuple[str, bool]] = Counter()
        for cell in self.summary.cells:
            counts[cell.stage, cell.firm] += cell.accounts
        return [
            StageLine(stage, kind, counts[stage, True], counts[stage, False])
            for kind, stage in enumerate(self.verdicts)
        ]

    def strategies(self) -> list[tuple[Strategy, int]]:
        """Return the strategies in order, with their numbers of accounts."""
        return [(s, self.summary.strategies.get(s.id, 0)) for s in self.view.strategies]

    def comes_first(self, strategy: Strategy) -> str:
        """Return the purposes of the steps that come first."""
        purposes = self.base.step_book.purposes
        return ", ".join(
            purposes[name].get(self.lang)
            for name in dict.fromkeys((*strategy.first, *strategy.then))
        )

    def first(self) -> tuple[AccountRow, ...]:
        """Return the accounts that need attention first."""
        return self.summary.rows[:_FIRST]

    def strategy(self, row: AccountRow) -> Strategy:
        """Return the strategy of an account."""
        return self._strategies[row.strategy]

    def strategy_name(self, name: str) -> str:
        """Return the name of a strategy; its id if an earlier rule base had it."""
        known = self._strategies.get(name)
        return known.name.get(self.lang) if known else name

    def strategy_number(self, strategy: Strategy) -> int:
        """Return the number of a strategy in the order."""
        return self._numbers[strategy.id]

    def reasons(self, row: AccountRow) -> list[str]:
        """Return the findings behind an account's strategy: main causes, then the most severe."""
        asked = self._asked[row.strategy]
        found = [
            standing
            for standing in row.findings
            if standing.finding in asked and at_least_likely(standing.status)
        ]
        found.sort(key=lambda s: (SEVERITIES.index(s.severity), -rank(s.status)))
        # A cause may be about a person, and the findings of a row are about the account.
        causes = [name for name in row.causes if name in asked]
        return list(dict.fromkeys((*causes, *(standing.finding for standing in found))))

    def title(self) -> str:
        """Return the finding of the page: the most urgent strategy that accounts have."""
        _ = self.words._
        found = next(((s, n) for s, n in self.strategies() if n), None)
        if found is None:
            return _("No account was diagnosed.")
        strategy, accounts = found
        return _(
            "First of all “%(strategy)s”: %(share)s of %(all)s accounts",
            share=self.number(accounts),
            all=self.number(self.summary.accounts),
            strategy=strategy.name.get(self.lang),
        )

    def causes(self) -> list[list[tuple[str, int]]]:
        """Return the numbers of accounts by main cause: the first ones, and the others if any.

        They are ordered by the number of accounts times the severity: a serious cause counts three
        times as much as a minor one.
        """

        def weight(cause: tuple[str, int]) -> int:
            severity = self.base.findings[cause[0]].severity
            return -cause[1] * (len(SEVERITIES) - SEVERITIES.index(severity))

        found = sorted(self.summary.causes.items(), key=weight)
        return [part for part in (found[:_OBSTACLES], found[_OBSTACLES:]) if part]

    def plot(self) -> Plot:
        """Return the plot of attractiveness against depth."""
        return plot(
            self.summary.cells,
            tuple(self._levels),
            self.verdicts,
            len(self.closest.features),
            named=bool(self.names_on_marks),
        )

    @functools.cached_property
    def names_on_marks(self) -> dict[tuple[str | None, str, int], list[str]]:
        """Return the names of accounts by attractiveness, stage and features seen.

        None if there are too many accounts for names.
        """
        found: dict[tuple[str | None, str, int], list[str]] = {}
        if len(self.summary.rows) <= _NAMED_MARKS:
            for row in self.summary.rows:
                key = row.attractiveness, row.stage, row.seen
                found.setdefault(key, []).append(row.name or row.id)
        return found

    @staticmethod
    def label(names: Sequence[str], room: float) -> str:
        """Return as much of the first name as there is room for, and how many others there are."""
        more = f" +{len(names) - 1}" if len(names) > 1 else ""
        letters = int(room / _LETTER) - len(more)
        if not names or letters < _FEWEST:
            return ""
        return (names[0] if len(names[0]) <= letters else f"{names[0][: letters - 1]}…") + more

    def mark(self, attractiveness: str | None, stage: str, seen: int) -> str:
        """Return the key by which the script joins a mark of the plot and rows of the table."""
        level = self._levels[attractiveness] if attractiveness else _UNKNOWN
        return f"{level}|{self._stages[stage]}|{seen}"

    def obstacles(self) -> tuple[list[Obstacle], list[Obstacle]]:
        """Return the certain and possible obstacles: the most frequent ones, and the others."""
        found = []
        for count in self.summary.findings:
            settled = count.standing + count.set_aside + count.absent
            if count.standing or count.unsettled:
                share = count.standing / settled if settled else None
                severity = self.base.findings[count.finding].severity
                found.append(Obstacle(count, severity, share))
        found.sort(key=lambda o: (-o.count.standing, -o.count.unsettled))
        return found[:_OBSTACLES], found[_OBSTACLES:]

    def competitors(self) -> list[tuple[str, AccountGroup]]:
        """Return groups of accounts by what a competitor does there, the most urgent first."""
        words = self.base.facts[self.view.facts["competitor"]].words()
        seen = [word for word in reversed(words) if word in self.summary.competitor]
        return [(word, self.summary.competitor[word]) for word in seen]

    def questions(self) -> list[tuple[str, str, int]]:
        """Return the wording of each question, whom to ask, and the number of accounts."""
        words = self.words
        return [
            (words.question(q.fact, q.asked_of), words.whom_to_ask(q.asked_of), q.accounts)
            for q in self.summary.questions[:_QUESTIONS]
        ]

    def moves(self) -> list[list[AccountMove]]:
        """Return the accounts that changed: the first ones, and the others if there are any."""
        moves = list(self.summary.since.moves) if self.summary.since else []
        return [part for part in (moves[:_MOVES], moves[_MOVES:]) if part]

    def turned(self, move: AccountMove) -> dict[tuple[str, str], list[str]]:
        """Return the findings of a move by their status before and now."""
        groups: dict[tuple[str, str], list[str]] = {}
        for name, before, now in move.findings:
            key = self.words.status(before), self.words.status(now)
            groups.setdefault(key, []).append(self.finding(name))
        return groups

    def change(self, change: FactChange) -> str:
        """Return a changed answer in words."""
        before, after = (self.words.value(change.fact, v) for v in (change.before, change.after))
        return f"{self.words.fact(change.fact)}: {before} → {after}"

    # The table of all accounts

    @functools.cached_property
    def has_owner(self) -> bool:
        """Return whether any account has an owner."""
        return any(row.owner for row in self.summary.rows)

    @functools.cached_property
    def has_segment(self) -> bool:
        """Return whether any account has a segment."""
        return any(row.segment for row in self.summary.rows)

    @functools.cached_property
    def has_size(self) -> bool:
        """Return whether the size of any account is known."""
        return any(row.size is not None for row in self.summary.rows)

    @functools.cached_property
    def lines(self) -> list[TableLine]:
        """Return the rows of the table up to the maximum size of the page."""
        lines = [self._line(row) for row in self.summary.rows]
        weights = accumulate(line.weight for line in lines)
        return [line for line, weight in zip(lines, weights, strict=True) if weight <= _MAX_BYTES]

    def _line(self, row: AccountRow) -> TableLine:
        codes = (self._codes[s.finding] for s in row.findings if at_least_likely(s.status))
        provisional = not row.firm and row.stage != UNDETERMINED
        cells = [
            self._strategy_and_causes(row),
            self._stages[row.stage] + (" ?" if provisional else ""),
            self._levels[row.attractiveness] if row.attractiveness else _UNKNOWN,
            f"{row.seen}–{row.seen + row.open}" if row.open else str(row.seen),
        ]
        if self.has_segment:
            cells.insert(0, row.segment or _UNKNOWN)
        if self.has_owner:
            cells.insert(0, row.owner or _UNKNOWN)
        if self.has_size:
            cells.append(_UNKNOWN if row.size is None else self._size(row.size, row.currency))
        address = self.link(row.report) if row.report else ""
        return TableLine("".join(codes), address, row.name or row.id, tuple(cells))

    def _size(self, size: float, currency: str | None) -> str:
        return self.words.amount(self.view.facts["size"], self.number(size), currency)

    def _strategy_and_causes(self, row: AccountRow) -> str:
        strategy = f"{self._numbers[row.strategy]} {self.strategy(row).name.get(self.lang)}"
        if not row.causes:
            return strategy
        named = [self.finding(row.causes[0])]
        for name in row.causes[1:]:
            if len(", ".join((*named, self.finding(name)))) > _NAMED:
                break
            named.append(self.finding(name))
        more = f" +{len(row.causes) - len(named)}" if len(row.causes) > len(named) else ""
        return f"{strategy}: {', '.join(named)}{more}"

    def choices(self) -> list[tuple[str, str, int]]:
        """Return the findings to filter by: code, name, number of rows."""
        found = [(code, self.finding(n), self._standing[n]) for n, code in self._codes.items()]
        return sorted(found, key=lambda choice: (-choice[2], choice[1]))

    def _names(self) -> list[str]:
        return [name for name in self.base.findings if self._standing[name]]


def _code(index: int) -> str:
    """Return a character for a number; small numbers take one byte."""
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return plain[index] if index < len(plain) else chr(0x100 + index)
