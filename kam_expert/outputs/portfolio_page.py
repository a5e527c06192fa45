"""What the page on a portfolio asks for, in the order and grouping in which readers see it."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import quote

from babel.numbers import get_group_symbol

from kam_expert.facts.case import Case, Entity
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely, rank
from kam_expert.outputs.portfolio_plot import Plot, plot
from kam_expert.outputs.question_words import question_text
from kam_expert.outputs.value_words import ValueWords, isolated

if TYPE_CHECKING:
    from kam_expert.knowledge.attention import AttentionCategory, PortfolioView
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.portfolio import (
        AccountGroup,
        AccountRow,
        FactChange,
        FindingTally,
        Move,
        PortfolioSummary,
        Standing,
    )

#: So many accounts stand at the top with their reason in full.
_FIRST = 10
#: So many letters of reasons stand beside an account in the table of all; the first always does.
_NAMED = 36
#: So many bytes of rows a page bears, and what a row takes beside its texts.
_BEARABLE, _TAGS = 1_400_000, 24
#: So many obstacles and moves stand open; the others unfold.
_OBSTACLES, _MOVES = 12, 15
_QUESTIONS = 3
_UNKNOWN = "–"
_SEVERITIES = ("high", "medium")


@dataclass(frozen=True)
class StageLine:
    """How many accounts are in a stage, and how sure that is; ``kind`` gives colour and shape."""

    stage: str
    kind: int
    firm: int
    provisional: int

    @property
    def accounts(self) -> int:
        """Return both together."""
        return self.firm + self.provisional


@dataclass(frozen=True)
class Obstacle:
    """How many accounts an obstacle stands in; ``share`` of those where it is settled."""

    count: FindingTally
    severity: str
    share: float | None


@dataclass(frozen=True)
class TableLine:
    """A row of the table of all accounts, in few characters.

    Attributes:
        codes: One character for each finding that stands.
        address: Of the full report; empty where there is none.
        cells: The texts beside the name.
    """

    codes: str
    address: str
    name: str
    cells: tuple[str, ...]

    @property
    def weight(self) -> int:
        """Return about how many bytes the row takes."""
        texts = (self.codes, self.address, self.name, *self.cells)
        return sum(len(text.encode("utf-8", "replace")) + 4 for text in texts) + _TAGS


class PortfolioPage:
    """What the template asks for."""

    def __init__(
        self, summary: PortfolioSummary, base: KnowledgeBase, view: PortfolioView, lang: str
    ) -> None:
        self.summary = summary
        self.base = base
        self.view = view
        self.lang = lang
        self.words = ValueWords(base, Case(Entity("account", "")), lang, summary.day)
        self.verdicts = (*base.stage_model.names, UNDETERMINED)
        self.closest = base.stage_model.stages[-1]
        self._group = get_group_symbol(lang)
        self._stages = {name: self.words.stage(name) for name in self.verdicts}
        levels = base.facts[view.facts["attractiveness"]].words()
        self._levels = {word: self.attractiveness(word) for word in levels}
        self.order_of_stages = "|".join(self._stages.values())
        self.order_of_levels = "|".join(self._levels.values())
        self._looks = {look.id: look for look in view.looks()}
        self._numbers = {look.id: number for number, look in enumerate(view.looks(), 1)}
        self._standing = Counter(
            found.finding
            for row in summary.rows
            for found in row.findings
            if at_least_likely(found.status)
        )
        self._codes = {name: _letter(index) for index, name in enumerate(self._names())}

    # Numbers and names

    def number(self, number: float) -> str:
        """Return a number of accounts, or a size, as it is written in the language."""
        # Babel's own way takes a hundred times as long, and the table has thousands of numbers.
        return f"{round(number):,}".replace(",", self._group)

    def percent(self, part: float, whole: float) -> str:
        """Return a share in whole per cent; what is neither none nor all never reads so."""
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
        """Return how attractive an account is."""
        return self.words.value(self.view.facts["attractiveness"], word)

    def status(self, status: str) -> str:
        """Return the status of a finding."""
        _ = self.words._
        return {
            "established": _("established"),
            "likely": _("likely"),
            "possible": _("possible"),
            "open": _("open"),
        }.get(status, _("not seen"))

    def weight(self, severity: str) -> str:
        """Return how much an obstacle weighs."""
        _ = self.words._
        return {"high": _("serious"), "medium": _("deserves attention")}.get(severity, _("minor"))

    def step(self, name: str, about: str) -> str:
        """Return the name of a step."""
        return self.base.steps[name].name.get(self.lang).replace("{about}", isolated(about))

    @staticmethod
    def link(report: str) -> str:
        """Return the address of a report: a path beside the page and nothing else."""
        return quote(report.encode("utf-8", "replace"), safe="/")

    def kind(self, stage: str) -> int:
        """Return the number of a stage, which gives its colour and shape."""
        return self.verdicts.index(stage)

    # Sections

    def stages(self) -> list[StageLine]:
        """Return how many accounts are in each stage."""
        counts: Counter[tuple[str, bool]] = Counter()
        for cell in self.summary.cells:
            counts[cell.stage, cell.firm] += cell.accounts
        return [
            StageLine(stage, kind, counts[stage, True], counts[stage, False])
            for kind, stage in enumerate(self.verdicts)
        ]

    def needs(self) -> list[tuple[AttentionCategory, int]]:
        """Return the looks in their order with the number of accounts under each."""
        return [(look, self.summary.attention.get(look.id, 0)) for look in self.view.looks()]

    def first(self) -> tuple[AccountRow, ...]:
        """Return the accounts that need attention first."""
        return self.summary.rows[:_FIRST]

    def look(self, row: AccountRow) -> AttentionCategory:
        """Return the look that an account is filed under."""
        return self._looks[row.attention]

    def look_number(self, look: AttentionCategory) -> int:
        """Return the place of a look in the order."""
        return self._numbers[look.id]

    def reasons(self, row: AccountRow) -> list[str]:
        """Return what stands behind the place of an account, the weightiest first."""
        look = self._looks[row.attention]
        if look is self.view.outside:
            return []
        asked = {name for pattern in look.patterns for name in pattern.finding or ()}
        found = [
            standing
            for standing in row.findings
            if (standing.finding in asked and at_least_likely(standing.status))
            or (standing.severity in _SEVERITIES and self._stands(standing))
        ]
        found.sort(
            key=lambda s: (
                s.finding not in asked,
                _SEVERITIES.index(s.severity) if s.severity in _SEVERITIES else len(_SEVERITIES),
                -rank(s.status),
            )
        )
        return [standing.finding for standing in found]

    def _stands(self, standing: Standing) -> bool:
        return self.view.is_obstacle(
            standing.finding, standing.severity, standing.status, self.base
        )

    def plot(self) -> Plot:
        """Return attractiveness against depth."""
        return plot(
            self.summary.cells, tuple(self._levels), self.verdicts, len(self.closest.features)
        )

    def obstacles(self) -> tuple[list[Obstacle], list[Obstacle]]:
        """Return the obstacles that stand or may, the most frequent first, and the others."""
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
        """Return accounts by what a competitor does there, the most pressing first."""
        words = self.base.facts[self.view.facts["competitor"]].words()
        seen = [word for word in reversed(words) if word in self.summary.competitor]
        return [(word, self.summary.competitor[word]) for word in seen]

    def questions(self) -> list[tuple[str, str, int]]:
        """Return the wording of the questions, whom to ask, and in how many accounts they help."""
        return [
            (self.question(q.fact, q.asked_of), self.whom(q.asked_of), q.accounts)
            for q in self.summary.questions[:_QUESTIONS]
        ]

    def question(self, fact: str, side: str) -> str:
        """Return the wording of a question for those who are asked."""
        return question_text(fact, side, self.base, self.lang)

    def whom(self, side: str) -> str:
        """Return whom to ask."""
        _ = self.words._
        return {"us": _("Ask our own team"), "customer": _("Ask the customer")}.get(
            side, _("Ask both sides, each for itself")
        )

    def moves(self) -> list[list[Move]]:
        """Return the accounts that changed: the first, and the others if there are any."""
        moves = list(self.summary.since.moves) if self.summary.since else []
        return [part for part in (moves[:_MOVES], moves[_MOVES:]) if part]

    def turned(self, move: Move) -> dict[tuple[str, str], list[str]]:
        """Return the findings of a move by their status then and now."""
        groups: dict[tuple[str, str], list[str]] = {}
        for name, before, now in move.findings:
            key = self.status(before), self.status(now)
            groups.setdefault(key, []).append(self.finding(name))
        return groups

    def change(self, change: FactChange) -> str:
        """Return an answer that changed."""
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
        """Return the rows of the table, as many as the page can bear."""
        lines = [self._line(row) for row in self.summary.rows]
        weights = accumulate(line.weight for line in lines)
        return [line for line, weight in zip(lines, weights, strict=True) if weight <= _BEARABLE]

    def _line(self, row: AccountRow) -> TableLine:
        codes = (self._codes[s.finding] for s in row.findings if at_least_likely(s.status))
        provisional = not row.firm and row.stage != UNDETERMINED
        cells = [
            self._reason(row),
            self._stages[row.stage] + (" ?" if provisional else ""),
            self._levels[row.attractiveness] if row.attractiveness else _UNKNOWN,
            f"{row.seen}–{row.seen + row.open}" if row.open else str(row.seen),
        ]
        if self.has_segment:
            cells.insert(0, row.segment or _UNKNOWN)
        if self.has_owner:
            cells.insert(0, row.owner or _UNKNOWN)
        if self.has_size:
            cells.append(_UNKNOWN if row.size is None else self.number(row.size))
        address = self.link(row.report) if row.report else ""
        return TableLine("".join(codes), address, row.name or row.id, tuple(cells))

    def _reason(self, row: AccountRow) -> str:
        look = f"{self._numbers[row.attention]} {self.look(row).name.get(self.lang)}"
        reasons = self.reasons(row)
        if not reasons:
            return look
        named = [self.finding(reasons[0])]
        for name in reasons[1:]:
            if len(", ".join((*named, self.finding(name)))) > _NAMED:
                break
            named.append(self.finding(name))
        more = f" +{len(reasons) - len(named)}" if len(reasons) > len(named) else ""
        return f"{look}: {', '.join(named)}{more}"

    def choices(self) -> list[tuple[str, str, int]]:
        """Return the findings to filter by: code, name, number of rows."""
        found = [(code, self.finding(n), self._standing[n]) for n, code in self._codes.items()]
        return sorted(found, key=lambda choice: (-choice[2], choice[1]))

    def _names(self) -> list[str]:
        return [name for name in self.base.findings if self._standing[name]]


def _letter(index: int) -> str:
    """Return one letter or digit, that of fewest bytes first."""
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return plain[index] if index < len(plain) else chr(0x100 + index)
