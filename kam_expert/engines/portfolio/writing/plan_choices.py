"""The plans of a chunk: the choice of `kam_expert.engines.planning` for many accounts at once.

Sets of findings are the bits of a few whole numbers. A candidate is a row; what the moves chosen so
far answer and use is a row for each account. Each round chooses the next move of every account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.plan_choice import LAST
from kam_expert.engines.planning import policy_of
from kam_expert.engines.portfolio.writing.finding_sets import PLACES, FindingBits
from kam_expert.knowledge.documents import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.engines.plan_choice import Policy
    from kam_expert.knowledge.base import KnowledgeBase

#: How many values each digit of a key has, in the order of the criteria.
RADIX = {
    "agreed": LAST + 1, "event": LAST + 1, "hurts": 2, "purpose": 32, "severity": 8,
    "established": 2, "weight": 256, "new_cause": 2, "soon": 2, "about": 4, "next": 32, "file": 512,
}  # fmt: skip
#: The sets of findings of an account that decide on the order of moves.
_SETS = ("sure", *(f"worse{level}" for level in range(len(SEVERITIES))))
_NONE = {name: radix - 1 for name, radix in RADIX.items()}


@dataclass(frozen=True)
class _Tables:
    """What the policy of each strategy says, as lists by strategy, or by strategy and step."""

    slot: pl.Series
    again: pl.Series
    then: pl.Series
    hurts: pl.Series
    always: pl.Series
    all_hurts: pl.Series

    @classmethod
    def of(cls, policies: Sequence[Policy], base: KnowledgeBase) -> _Tables:
        """Return the tables of the policies of a rule base."""
        purposes = [doc.purpose for doc in base.steps.values()]

        def place(purpose: str, purposes: Sequence[str], last: int) -> int:
            return purposes.index(purpose) if purpose in purposes else last

        def again(purpose: str, purposes: Sequence[str], last: int) -> int:
            """Return the second place of a purpose."""
            more = [place for place, name in enumerate(purposes) if name == purpose][1:]
            return more[0] if more else last

        def each(values: list[int], kind: type[pl.DataType] = pl.Int64) -> pl.Series:
            return pl.Series(values, dtype=kind)

        return cls(
            each([place(p, q.first, _NONE["purpose"]) for q in policies for p in purposes]),
            each([again(p, q.first, _NONE["purpose"]) for q in policies for p in purposes]),
            each([place(p, q.then, _NONE["next"]) for q in policies for p in purposes]),
            each([p in q.hurts for q in policies for p in purposes], pl.Boolean),
            each([q.always for q in policies], pl.Boolean),
            each([q.all_that_hurts for q in policies], pl.Boolean),
        )


class PlanChoice:
    """Chooses the moves of the accounts of a chunk.

    Args:
        base: The rule base.
        bits: The bits of its findings.
    """

    def __init__(self, base: KnowledgeBase, bits: FindingBits) -> None:
        self.base = base
        self.bits = bits
        names: list[str | None] = [s.id for s in base.strategies]
        names = names or [None]
        self._policies = [policy_of(base, name) for name in names]
        self._tables = _Tables.of(self._policies, base)
        self._steps = list(base.steps)
        position = {name: index for index, name in enumerate(self._steps)}
        #: The steps that are one move with another step: their place, and that of the other.
        self._joined = [
            (position[name], position[doc.one_move_with])
            for name, doc in base.steps.items()
            if doc.one_move_with
        ]

    # Candidates ----------------------------------------------------------------------------------

    def candidates(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the candidates of each account, a row for each step that would be a move.

        Args:
            rows: A row for each step and entity: account, step, within, event, about, row, and the
                words of the findings it answers.

        Returns:
            The same with the effort instead of the row.
        """
        effort = pl.Series([doc.effort for doc in self.base.steps.values()], dtype=pl.Int64)
        most = int(self.base.plan.people.value)
        return (
            rows.lazy()
            .with_columns(pl.lit(effort.gather(rows["_step"])).alias("effort"))
            .group_by("_account", "_head")
            .agg(
                *(pl.col(f"answers_{word}").bitwise_or() for word in self.bits.words),
                pl.col("within").min(),
                pl.col("event").any(),
                pl.col("about").min(),
                pl.col("agreed").min(),
                pl.col("effort").max() * pl.col("_row").n_unique().clip(0, most).cast(pl.Int64),
            )
            .sort("_account", "_head")
            .collect(engine="streaming")  # four times as fast
        )

    def heads(self, rows: pl.DataFrame) -> pl.Series:
        """Return the step that names the move of each row."""
        head = pl.col("_step")
        for step, other in self._joined:
            free = (pl.col("_step") == other) & ~pl.col("_held")
            having = rows.filter(free)["_account"].unique()
            joins = (pl.col("_step") == step) & pl.col("_account").is_in(having.implode())
            head = pl.when(joins).then(pl.lit(other, pl.UInt32)).otherwise(head)
        return rows.select(head.cast(pl.UInt32).alias("_head")).to_series()

    # The choice ----------------------------------------------------------------------------------

    def choose(
        self, candidates: pl.DataFrame, weighed: pl.DataFrame, others: pl.Series
    ) -> ChosenColumns:
        """Choose the moves of every account; see `kam_expert.engines.plan_choice.choose`.

        Args:
            candidates: From `candidates`.
            weighed: The sets of findings by account.
            others: The number of agreed moves that are not candidates, by account.
        """
        rounds = []
        state = ProgressColumns(weighed.height, self.bits.words)
        state.taken = others
        rest = candidates.with_columns(self._static(candidates, weighed))
        limits = self._policies[0]

        def by_account(rows: pl.DataFrame, values: pl.Series) -> pl.Series:
            """Return the value of each account that has a row; 0 for others."""
            none = pl.zeros(weighed.height, values.dtype, eager=True)  # scatter changes it
            return none.scatter(rows["_account"], values)

        for _ in range(limits.moves):
            rest = rest.filter(state.taken.gather(rest["_account"]) < limits.moves)
            ranked = self._ranked(rest, state)
            due = ranked.filter("_due")
            keys = (
                due.lazy()
                .group_by("_account")
                .agg(least=pl.col("_key").min(), most=pl.col("_key").max())
                .collect(engine="streaming")
            )
            # No two keys of an account are equal.
            least = by_account(keys, keys["least"]).gather(rest["_account"])
            is_best = ranked["_due"] & (ranked["_key"] == least)
            best = _beside(rest.filter(is_best), ranked.filter(is_best))
            last = by_account(keys, keys["most"]).gather(best["_account"])
            best = best.with_columns(last.alias("_last"))
            fits = state.spent.gather(best["_account"]) + best["effort"] <= limits.capacity
            best = best.filter(fits)
            if best.is_empty():
                break
            place = (state.taken.gather(best["_account"]) + 1).cast(pl.UInt8)
            rounds.append(best.with_columns(place.alias("place")))
            state.take(best, self.bits.words)
            # An account whose best move does not fit is done.
            goes_on = (
                by_account(best, pl.ones(best.height, eager=True)).gather(rest["_account"]) == 1
            )
            # What adds nothing to the moves so far adds nothing to more of them.
            rest = rest.filter(goes_on & ranked["_due"] & ~is_best)
        if not rounds:
            none = rest.clear()
            empty = _beside(none, self._ranked(none, state)).with_columns(
                pl.lit(0, pl.UInt8).alias("place"), pl.col("_key").alias("_last")
            )
            return ChosenColumns(empty, state)
        return ChosenColumns(pl.concat(rounds, how="diagonal"), state)

    def keys(
        self, candidates: pl.DataFrame, weighed: pl.DataFrame, state: ProgressColumns | None = None
    ) -> pl.Series:
        """Return the key of each candidate after the moves of *state*, or before any."""
        state = state or ProgressColumns(weighed.height, self.bits.words)
        static = candidates.with_columns(self._static(candidates, weighed))
        return self._ranked(static, state)["_key"]

    def _static(self, rows: pl.DataFrame, weighed: pl.DataFrame) -> list[pl.Series]:
        """Return what no move changes: what the strategy says of the step, and its causes."""
        account = rows["_account"]
        strategy = weighed["strategy"].gather(account)
        place = strategy * len(self._steps) + rows["_head"].cast(pl.Int64)
        tables, causes = self._tables, self._causes(rows, weighed)

        def of(column: str) -> pl.Series:
            return weighed[column].gather(account)

        made = [
            tables.slot.gather(place).alias("_slot"),
            tables.again.gather(place).alias("_again"),
            tables.then.gather(place).alias("_then"),
            tables.hurts.gather(place).alias("_hurting"),
            tables.always.gather(strategy).alias("_always"),
            tables.all_hurts.gather(strategy).alias("_all_hurts"),
            causes.alias("_causes"),
            *(of(f"rests{place}").alias(f"_rests{place}") for place in PLACES),
        ]
        for word in self.bits.words:
            answers = rows[f"answers_{word}"]
            made.append((answers & ~of(f"caused_{word}")).alias(f"_uncaused_{word}"))
            made += [(answers & of(f"{name}_{word}")).alias(f"_{name}_{word}") for name in _SETS]
        return made

    def _ranked(self, rows: pl.DataFrame, state: ProgressColumns) -> pl.DataFrame:
        """Return the account and key of each row, and what it adds to the moves so far."""
        words, account = self.bits.words, rows["_account"]
        limits = self._policies[0]

        def of(column: pl.Series) -> pl.Expr:
            return pl.lit(column.gather(account))

        unanswered = [~state.answered[word].gather(account) for word in words]

        def hits(name: str) -> pl.Expr:
            """Return where a step answers one of a set that no move so far answers."""
            return pl.any_horizontal([pl.col(f"{name}_{w}") & unanswered[w] != 0 for w in words])

        severity: pl.Expr = pl.lit(_NONE["severity"])
        for level in reversed(range(len(SEVERITIES))):
            severity = pl.when(hits(f"_worse{level}")).then(pl.lit(level)).otherwise(severity)

        def free(place: str) -> pl.Expr:
            bit = (pl.lit(1, pl.Int64) * 2 ** pl.col(place)).cast(pl.Int64)
            return (pl.col(place) != _NONE["purpose"]) & (of(state.slots) & bit == 0)

        worst, new = pl.col("_worst"), pl.col("_new")
        wanted = pl.col("_always") | (worst <= limits.mildest)
        # A purpose that has two places keeps the first in the order, and fills one after the other.
        purpose, fills = (
            pl.when(wanted & free("_slot"))
            .then(pl.col("_slot"))
            .when(wanted & free("_again"))
            .then(pl.col(filled))
            .otherwise(_NONE["purpose"])
            for filled in ("_slot", "_again")
        )
        hurts = (
            pl.col("_hurting")
            & (worst <= limits.hurting)
            & (pl.col("_all_hurts") | ~of(state.hurt))
        )
        taken, slot = of(state.taken), pl.col("_purpose")
        serious = pl.all_horizontal(
            [
                pl.lit(True),
                *(
                    (taken < enough.after)
                    | (worst <= enough.severity)
                    | ((slot != _NONE["purpose"]) & (worst <= enough.wanted))
                    for enough in limits.more
                ),
            ]
        )
        weight = pl.max_horizontal(
            [
                pl.lit(0, pl.Int64),
                *(
                    pl.when(new & _bit(place) != 0).then(pl.col(f"_rests{place}")).otherwise(0)
                    for place in PLACES
                ),
            ]
        )
        # New is what rests on a main cause that no move answers, or on none of them.
        fresh = (new != 0) | hits("_uncaused")
        digits = {
            "agreed": pl.col("agreed"),
            "event": pl.when("event").then(pl.col("within")).otherwise(_NONE["event"]),
            "hurts": ~pl.col("_hurts"),
            "purpose": slot,
            "severity": worst,
            "established": ~hits("_sure"),
            "weight": _NONE["weight"] - weight,
            "new_cause": ~fresh,
            "soon": pl.col("within") >= limits.late_days,
            "about": pl.col("about"),
            "next": pl.col("_then"),
            "file": pl.col("_head"),
        }
        key: pl.Expr = pl.lit(0, pl.Int64)
        for name, radix in RADIX.items():
            key = key * radix + digits[name].cast(pl.Int64)
        due = (
            pl.col("event")
            | (pl.col("agreed") != LAST)
            | (pl.col("_always") & (slot != _NONE["purpose"]))
            | (pl.any_horizontal([pl.col(f"left_{w}") != 0 for w in words]) & serious)
        )
        return (
            rows.lazy()
            .with_columns(
                severity.alias("_worst"),
                (pl.col("_causes") & ~of(state.causes)).alias("_new"),
                *((pl.col(f"answers_{w}") & unanswered[w]).alias(f"left_{w}") for w in words),
            )
            .with_columns(
                hurts.alias("_hurts"),
                purpose.alias("_purpose"),
                # What an event demands fills no purpose.
                pl.when("event")
                .then(_NONE["purpose"])
                .otherwise(fills)
                .cast(pl.Int64)
                .alias("_fills"),
            )
            .select(
                "_account",
                "_hurts",
                "_fills",
                key.alias("_key"),
                due.alias("_due"),
                *(f"left_{word}" for word in words),
            )
            .collect()
        )

    def _causes(self, rows: pl.DataFrame, weighed: pl.DataFrame) -> pl.Series:
        """Return the main causes on which anything rests that a step answers, as bits."""
        account = rows["_account"]
        found = pl.zeros(rows.height, pl.Int64, eager=True)
        for place in PLACES:
            for word in self.bits.words:
                of_cause = weighed[f"cause{place}_{word}"].gather(account)
                hit = (rows[f"answers_{word}"] & of_cause) != 0
                found = found | (hit.cast(pl.Int64) * _bit(place))
        return found


def _beside(rows: pl.DataFrame, ranked: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the columns of their ranks."""
    return pl.concat([rows, ranked.drop("_account")], how="horizontal")


def _bit(place: int) -> int:
    """Return the bit of the main cause at a place."""
    return 1 << (place - 1)


@dataclass(frozen=True)
class ChosenColumns:
    """The moves of all accounts, and what they answer and use."""

    rows: pl.DataFrame
    state: ProgressColumns


class ProgressColumns:
    """What the moves chosen so far answer and use, by account."""

    def __init__(self, accounts: int, words: Iterable[int]) -> None:
        def zeros(kind: type[pl.DataType]) -> pl.Series:
            return pl.zeros(accounts, kind, eager=True)

        self.answered = [zeros(pl.Int64) for _ in words]
        self.slots = zeros(pl.Int64)
        self.causes = zeros(pl.Int64)
        self.hurt = zeros(pl.Int64).cast(pl.Boolean)
        self.taken = zeros(pl.Int64)
        self.spent = zeros(pl.Int64)

    def take(self, moves: pl.DataFrame, words: Iterable[int]) -> None:
        """Note one more move of some accounts."""
        account = moves["_account"]
        for word in words:
            own = self.answered[word].gather(account) | moves[f"answers_{word}"]
            self.answered[word] = self.answered[word].scatter(account, own)
        hurts = moves["_hurts"]
        bit = moves.select(
            pl.when(pl.col("_hurts") | (pl.col("_fills") == _NONE["purpose"]))
            .then(pl.lit(0, pl.Int64))
            .otherwise((2 ** pl.col("_fills")).cast(pl.Int64))
        ).to_series()
        self.slots = self.slots.scatter(account, self.slots.gather(account) | bit)
        self.causes = self.causes.scatter(account, self.causes.gather(account) | moves["_causes"])
        self.hurt = self.hurt.scatter(account, self.hurt.gather(account) | hurts)
        self.taken = self.taken.scatter(account, self.taken.gather(account) + 1)
        self.spent = self.spent.scatter(account, self.spent.gather(account) + moves["effort"])
