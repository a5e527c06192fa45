"""Sets of findings as the bits of whole numbers, and those of every account."""

from __future__ import annotations

from functools import reduce
from graphlib import TopologicalSorter
from operator import or_
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.causes import MOST
from kam_expert.engines.portfolio.judging.finding_columns import Subject
from kam_expert.engines.portfolio.summing.obstacles import LIKELY
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.engines.portfolio.judging.engine import Program
    from kam_expert.knowledge.base import KnowledgeBase

#: Bits of a word.
BITS = 62
_ESTABLISHED = STATUSES.index("established")
#: The places of main causes.
PLACES = range(1, MOST + 1)


class FindingBits:
    """Sets of findings as the bits of words."""

    def __init__(self, base: KnowledgeBase) -> None:
        answered = {name for step in base.steps.values() for name in step.answers}
        self.names = [n for n in base.findings if n in answered or base.obstacle_severities(n)]
        self._places = {name: place for place, name in enumerate(self.names)}
        self.words = range(len(self.names) // BITS + 1)

    def __contains__(self, name: str) -> bool:
        """Return whether a finding has a bit."""
        return name in self._places

    def word_and_bit(self, name: str) -> tuple[int, int]:
        """Return the number of the word and the value of the bit of a finding."""
        word, bit = divmod(self._places[name], BITS)
        return word, 1 << bit

    def of(self, names: Iterable[str]) -> tuple[int, ...]:
        """Return the words of a set of findings; those without a bit are left out."""
        words = [0 for _ in self.words]
        for name in names:
            if name in self._places:
                word, bit = self.word_and_bit(name)
                words[word] |= bit
        return tuple(words)

    def listed(self, words: Sequence[int]) -> list[str]:
        """Return the findings of a set, in the order of the rule base."""
        return [
            self.names[word * BITS + bit]
            for word, bits in enumerate(words)
            for bit in range(BITS)
            if bits >> bit & 1
        ]


class FindingSets:
    """The sets of findings of the accounts of a chunk.

    Args:
        base: The rule base.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base
        self.bits = FindingBits(base)
        self._following = self._topological()
        #: By word, the bit of each finding of the rule base; 0 in another word.
        self._values = [
            pl.Series([self.bits.of([name])[word] for name in base.findings], dtype=pl.Int64)
            for word in self.bits.words
        ]

    def of(
        self, program: Program, accounts: pl.DataFrame, causes: pl.DataFrame, chosen: pl.Series
    ) -> pl.DataFrame:
        """Return what the choice reads of each account.

        Args:
            program: The compiled rules.
            accounts: The evaluated frame of accounts.
            causes: The main causes by account and place.
            chosen: Where somebody chose the strategy.

        Returns:
            The strategy, the sets of findings of each severity or a worse one (``worse0_0``: number
            of the severity, word), of the established ones (``sure_0``) and of each main cause
            (``cause1_0``), the number of obstacles that rest on each (``rests1``), and the sets
            of those that rest on any (``caused_0``).
        """
        strategy = pl.lit(0) if program.strategy is None else pl.col(program.strategy)
        sets: dict[str, list[pl.Expr]] = {}

        def add(name: str, finding: str, where: pl.Expr) -> None:
            word, bit = self.bits.word_and_bit(finding)
            found = pl.when(where).then(pl.lit(bit, dtype=pl.Int64)).otherwise(0)
            sets.setdefault(f"{name}_{word}", []).append(found)

        levels = range(len(SEVERITIES))
        for weight in program.weights:
            statuses = [pl.col(column).fill_null(0) for column in weight.statuses]
            status = statuses[0] if len(statuses) == 1 else pl.max_horizontal(statuses)
            add("sure", weight.finding, status >= _ESTABLISHED)
            for level in levels:
                if isinstance(weight.severity, int):
                    if weight.severity <= level:
                        add(f"worse{level}", weight.finding, status >= LIKELY)
                else:
                    severe = pl.col(weight.severity) <= level
                    add(f"worse{level}", weight.finding, (status >= LIKELY) & severe)
        for number, found in enumerate(self.base.strategies):
            if found.id not in self.bits:
                continue
            here = strategy == number
            severity = SEVERITIES.index(self.base.findings[found.id].severity)
            for level in levels[severity:]:
                add(f"worse{level}", found.id, here)
            status_of_it, _ = program.findings[Subject(found.id, "account")]
            sure = pl.col(status_of_it) >= _ESTABLISHED
            add("sure", found.id, here & (sure | pl.lit(chosen)))
        zero = pl.lit(0, dtype=pl.Int64)
        columns = [
            pl.sum_horizontal(zero, *sets.get(f"{name}_{word}", [])).alias(f"{name}_{word}")
            for name in ("sure", *(f"worse{level}" for level in levels))
            for word in self.bits.words
        ]
        made = accounts.lazy().select(strategy.cast(pl.Int64).alias("strategy"), *columns).collect()
        return self._with_causes(made, causes)

    def _with_causes(self, accounts: pl.DataFrame, causes: pl.DataFrame) -> pl.DataFrame:
        """Add the obstacles that rest on each main cause, and their number."""
        words = self.bits.words
        main = {}
        for place in PLACES:
            here = causes.filter(pl.col("place") == place)
            for word in words:
                column = pl.zeros(accounts.height, pl.Int64, eager=True)
                value = self._values[word].gather(here["_finding"])
                main[place, word] = column.scatter(here["_account"], value)
        every = [reduce(or_, (main[place, word] for place in PLACES)) for word in words]
        reached = dict(main)
        for name in self._following:
            word, own = self.bits.word_and_bit(name)
            mildest = SEVERITIES.index(self.base.obstacle_severities(name)[-1])
            free = (accounts[f"worse{mildest}_{word}"] & own) & ~every[word] != 0
            follows = self.bits.of(self.base.findings[name].follows_from)
            for place in PLACES:
                hit = reduce(
                    or_, ((reached[place, w] & follows[w]) != 0 for w in words if follows[w])
                )
                reached[place, word] = reached[place, word] | ((hit & free).cast(pl.Int64) * own)
        added = []
        taken = [pl.zeros(accounts.height, pl.Int64, eager=True) for _ in words]
        for place in PLACES:
            count = pl.zeros(accounts.height, pl.Int64, eager=True)
            for word in words:
                own_set = reached[place, word] & ~taken[word]
                taken[word] = taken[word] | reached[place, word]
                added.append(own_set.alias(f"cause{place}_{word}"))
                count = (
                    count
                    + own_set.to_frame("s")
                    .select(pl.col("s").bitwise_count_ones().cast(pl.Int64))
                    .to_series()
                )
            added.append((count - 1).clip(0).alias(f"rests{place}"))
        caused = [each.alias(f"caused_{word}") for word, each in zip(words, taken, strict=True)]
        return accounts.with_columns(*added, *caused)

    def _topological(self) -> list[str]:
        """Return the obstacles that follow from others, each after those that it follows from."""
        follows = {
            name: [f for f in self.base.findings[name].follows_from if f in self.bits]
            for name in self.bits.names
            if self.base.obstacle_severities(name)
        }
        order = TopologicalSorter(follows).static_order()
        return [name for name in order if follows.get(name)]
