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
        for _ in range(limits.moves):
            ranked = self._ranked(rest, state, weighed)
            room = state.taken.gather(rest["_account"]) < limits.moves
            due = ranked.filter(pl.col("_due") & pl.lit(room))
            best = (
                due.group_by("_account")
                .agg(
                    pl.col("_key").min(),
                    pl.col("_key").max().alias("_last"),
                )
                .join(due, on=["_account", "_key"], how="inner")
                .sort("_account")
            )
            fits = state.spent.gather(best["_account"]) + best["effort"] <= limits.capacity
            best = best.filter(fits)
            if best.is_empty():
                break
            place = (state.taken.gather(best["_account"]) + 1).cast(pl.UInt8)
            rounds.append(best.with_columns(place.alias("place")))
            state.take(best, self.bits.words)
            # An account whose best move does not fit is done.
            going_on = best["_account"]
            rest = rest.filter(pl.col("_account").is_in(going_on.implode())).join(
                best.select("_account", "_head"), on=["_account", "_head"], how="anti"
            )
        if not rounds:
            ranked = self._ranked(rest.clear(), state, weighed)
            empty = ranked.with_columns(
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
        return self._ranked(static, state, weighed)["_key"]

    def _static(self, rows: pl.DataFrame, weighed: pl.DataFrame) -> list[pl.Series]:
        """Return what no move changes: what the strategy says of the step, and its causes."""
        strategy = weighed["strategy"].gather(rows["_account"])
        place = strategy * len(self._steps) + rows["_head"].cast(pl.Int64)
        tables = self._tables
        return [
            tables.slot.gather(place).alias("_slot"),
            tables.again.gather(place).alias("_again"),
            tables.then.gather(place).alias("_then"),
            tables.hurts.gather(place).alias("_hurting"),
            tables.always.gather(strategy).alias("_always"),
            tables.all_hurts.gather(strategy).alias("_all_hurts"),
            self._causes(rows, weighed).alias("_causes"),
        ]

    def _ranked(
        self, rows: pl.DataFrame, state: ProgressColumns, weighed: pl.DataFrame
    ) -> pl.DataFrame:
        """Return rows with their keys, and whether each adds something to the moves so far."""
        words, account = self.bits.words, rows["_account"]
        limits = self._policies[0]

        def of(column: pl.Series) -> pl.Series:
            return column.gather(account)

        left = [rows[f"answers_{w}"] & ~of(state.answered[w]) for w in words]

        def hits(name: str) -> pl.Expr:
            found = [pl.lit(left[w] & of(weighed[f"{name}_{w}"])) != 0 for w in words]
            return pl.any_horizontal(found)

        any_left = pl.any_horizontal([pl.lit(each) != 0 for each in left])
        worst: pl.Expr = pl.lit(_NONE["severity"])
        for level in reversed(range(len(SEVERITIES))):
            worst = pl.when(hits(f"worse{level}")).then(pl.lit(level)).otherwise(worst)
        weight: pl.Expr = pl.lit(0, pl.Int64)
        # New is what rests on a main cause that no move answers, or on none of them.
        fresh = pl.any_horizontal(
            [pl.lit(left[w] & ~of(weighed[f"caused_{w}"])) != 0 for w in words]
        )
        for place in PLACES:
            open_cause = pl.lit(of(state.causes)) & _bit(place) == 0
            new = hits(f"cause{place}") & open_cause
            rests = pl.lit(of(weighed[f"rests{place}"]))
            weight = pl.max_horizontal(weight, pl.when(new).then(rests).otherwise(0))
            fresh |= new
        hurts = (
            pl.col("_hurting")
            & (worst <= limits.hurting)
            & (pl.col("_all_hurts") | ~pl.lit(of(state.hurt)))
        )

        def free(place: str) -> pl.Expr:
            bit = (pl.lit(1, pl.Int64) * 2 ** pl.col(place)).cast(pl.Int64)
            return (pl.col(place) != _NONE["purpose"]) & (pl.lit(of(state.slots)) & bit == 0)

        wanted = pl.col("_always") | (worst <= limits.mildest)
        # A purpose that has two places keeps the first in the order, and fills one after the other.
        slot, fills = (
            pl.when(wanted & free("_slot"))
            .then(pl.col("_slot"))
            .when(wanted & free("_again"))
            .then(pl.col(filled))
            .otherwise(_NONE["purpose"])
            for filled in ("_slot", "_again")
        )
        taken = pl.lit(of(state.taken))
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
        digits = {
            "agreed": pl.col("agreed"),
            "event": pl.when("event").then(pl.col("within")).otherwise(_NONE["event"]),
            "hurts": ~hurts,
            "purpose": slot,
            "severity": worst,
            "established": ~hits("sure"),
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
            | (any_left & serious)
        )
        return rows.with_columns(
            key.alias("_key"),
            due.alias("_due"),
            hurts.alias("_hurts"),
            # What an event demands fills no purpose.
            pl.when("event").then(_NONE["purpose"]).otherwise(fills).cast(pl.Int64).alias("_fills"),
            *(each.alias(f"left_{w}") for w, each in zip(words, left, strict=True)),
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
