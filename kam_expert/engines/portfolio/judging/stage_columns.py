"""The stage as columns; see `StageModel` for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import Expr, is_true, not_false
from kam_expert.engines.portfolio.judging.finding_columns import FindingColumns
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.stage import UNDETERMINED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kam_expert.knowledge.stage import Stage


class StageColumns(FindingColumns):
    """Compiles the stage: its verdict, and what missing answers allow."""

    def _truths(self, names: Sequence[str], reading: str) -> list[Expr]:
        return [self.finding(name, EvaluationPlace("account"), reading) for name in names]

    def _contact_known(self) -> Expr:
        names = self.base.stage_model.contact_facts
        if not names:
            return self.x.true
        place = EvaluationPlace("account")
        return self.x.any_of(self.read(Ref(name), place, "w").known() for name in names)

    def count_of(self, stage: Stage, reading: str, *, open_too: bool = False) -> str:
        """Return the column of the number of features of *stage* that are true (or may be)."""
        name = f"features {stage.name}~{reading}{'?' if open_too else ''}"

        def build() -> Expr:
            found = self._truths(stage.features, reading)
            return self.x.total([not_false(f) for f in found] if open_too else found)

        return self.make("account", name, build)

    def settled_count(self, reading: str) -> str:
        """Return the column of the number of settled features."""
        names = self.base.stage_model.features
        return self.make(
            "account",
            f"settled~{reading}",
            lambda: self.x.total([~truth.is_null() for truth in self._truths(names, reading)]),
        )

    def _barred(self, stage: Stage, reading: str, flag: Callable[[Expr], Expr]) -> Expr:
        return self.x.any_of(flag(truth) for truth in self._truths(stage.vetoes, reading))

    def _core(self, stage: Stage, reading: str, flag: Callable[[Expr], Expr]) -> Expr:
        """Return the number of features of the core that pass *flag*."""
        return self.x.total([flag(truth) for truth in self._truths(stage.core, reading)])

    def verdict(self) -> str:
        """Return the column of the stage's name."""
        model = self.base.stage_model

        def build() -> Expr:
            reached = [self.col(self.count_of(s, "w")) >= s.needed for s in model.stages]
            number = self.x.total(reached)
            enough = self.col(self.settled_count("w")) >= (
                model.settled_share * len(model.features)
            )
            word = (
                self.x.when((number == 0) & ~enough)
                .then(self.x.lit(UNDETERMINED))
                .otherwise(self.x.lit(model.between))
            )
            for stage, here in zip(model.stages, reached, strict=True):
                alone = here & (number == 1) & ~self._barred(stage, "w", is_true)
                if stage.core_needed > 0:
                    alone = alone & (self._core(stage, "w", is_true) >= stage.core_needed)
                word = self.x.when(alone).then(self.x.lit(stage.name)).otherwise(word)
            known = self._contact_known()
            return self.x.when(known).then(word).otherwise(self.x.lit(UNDETERMINED))

        return self.make("account", "stage", build)

    def possible(self, verdict: str, reading: str) -> str:
        """Return the column of whether open features and vetoes allow *verdict*.

        As `StageModel.possible` says it for one account.
        """
        model = self.base.stage_model

        def unreached(but: Stage | None = None) -> Expr:
            return self.x.all_of(
                self.col(self.count_of(stage, reading)) < stage.needed
                for stage in model.stages
                if stage is not but
            )

        def build() -> Expr:
            can = {
                s.name: self.col(self.count_of(s, reading, open_too=True)) >= s.needed
                for s in model.stages
            }
            if verdict == UNDETERMINED:
                few = self.col(self.settled_count(reading)) < (
                    model.settled_share * len(model.features)
                )
                return (unreached() & few) | ~self._contact_known()
            if verdict == model.between:
                two = self.x.total(list(can.values())) >= 2  # noqa: PLR2004 -- two stages at once
                barred = self.x.any_of(
                    can[s.name] & self._may_be_barred(s, reading) for s in model.stages
                )
                return unreached() | two | barred
            stage = next(s for s in model.stages if s.name == verdict)
            return self._may_be(stage, reading) & unreached(stage)

        return self.make("account", f"possible {verdict}~{reading}", build)

    def _may_be_barred(self, stage: Stage, reading: str) -> Expr:
        """Return where answers can reach a reachable stage and bar it."""
        vetoed = self._barred(stage, reading, not_false)
        if stage.core_needed <= 0:
            return vetoed
        others = [name for name in stage.features if name not in stage.core]
        most = self.x.total([not_false(truth) for truth in self._truths(others, reading)])
        core, few = self._core(stage, reading, not_false), self.x.lit(stage.core_needed - 1)
        most = most + self.x.when(core < stage.core_needed).then(core).otherwise(few)
        lacking = self._core(stage, reading, is_true) < stage.core_needed
        return vetoed | (lacking & (most >= stage.needed))

    def _may_be(self, stage: Stage, reading: str) -> Expr:
        """Return where answers can reach a stage without barring it."""
        # An open feature that is a veto too must turn out false.
        features, core = (
            [name for name in names if name not in stage.vetoes]
            for names in (stage.features, stage.core)
        )

        def most(names: Sequence[str]) -> Expr:
            return self.x.total([not_false(truth) for truth in self._truths(names, reading)])

        here = (most(features) >= stage.needed) & ~self._barred(stage, reading, is_true)
        return here & (most(core) >= stage.core_needed) if stage.core_needed > 0 else here

    def margin(self) -> str:
        """Return the column of how many features can fall away before the stage does, or null."""

        def build() -> Expr:
            found: Expr = self.x.null("Int32")
            for stage in self.base.stage_model.stages:
                spare = self.col(self.count_of(stage, "w")) - stage.needed
                if stage.core_needed > 0:
                    core = self._core(stage, "w", is_true) - stage.core_needed
                    spare = self.x.when(core < spare).then(core).otherwise(spare)
                here = self.col(self.verdict()) == stage.name
                found = self.x.when(here).then(spare).otherwise(found)
            return self.x.cast(found, "Int32")

        return self.make("account", "margin", build)

    def verdicts(self) -> tuple[str, ...]:
        """Return every verdict, in display order."""
        return (*self.base.stage_model.names, UNDETERMINED)

    def stage_firm(self) -> str:
        """Return the column of whether the stage is firm."""

        def build() -> Expr:
            ways = self.x.total([self.col(self.possible(v, "s")) for v in self.verdicts()])
            same = self.x.any_of(
                (self.col(self.verdict()) == v) & self.col(self.possible(v, "s"))
                for v in self.base.stage_model.names
            )
            return same & (ways == 1)

        return self.make("account", "stage firm", build)

    def leaning(self) -> str:
        """Return the column of the leaning of an undetermined account, or null."""
        model = self.base.stage_model

        def build() -> Expr:
            shares = []
            for stage in model.stages:
                found = self._truths(stage.features, "w")
                known = self.x.total([~truth.is_null() for truth in found])
                share = self.col(self.count_of(stage, "w")) / known
                shares.append(self.x.when(known > 0).then(share).otherwise(self.x.lit(0.0)))
            asked = (self.col(self.verdict()) == UNDETERMINED) & (
                self.col(self.settled_count("w")) >= model.leaning_from
            )
            word: Expr = self.x.null("String")
            for index, stage in enumerate(model.stages):
                ahead = self.x.all_of(
                    shares[index] > share for i, share in enumerate(shares) if i != index
                )
                leads = asked & ahead & (shares[index] > 0) & ~self._barred(stage, "w", is_true)
                word = self.x.when(leads).then(self.x.lit(stage.name)).otherwise(word)
            return word

        return self.make("account", "leaning", build)

    def stage_in(self, names: frozenset[str], place: EvaluationPlace, reading: str) -> Expr:
        """Return where the stage is one of *names*."""

        def build() -> Expr:
            inside = self.x.any_of(
                self.col(self.possible(v, reading)) for v in self.verdicts() if v in names
            )
            outside = self.x.any_of(
                self.col(self.possible(v, reading)) for v in self.verdicts() if v not in names
            )
            return self.x.decided(~outside, ~inside)

        name = f"stage in {' '.join(sorted(names))}~{reading}"
        column = self.make("account", name, build)
        return self.at(place.frame, "account", column)

    def verdict_in(self, names: frozenset[str], place: EvaluationPlace, reading: str) -> Expr:
        """Return where the diagnosis names one of *names* as the stage."""

        def build() -> Expr:
            named = self.x.any_of(self.col(self.verdict()) == name for name in sorted(names))
            if reading == "w":
                return named
            inside, outside = (
                self.x.any_of(
                    self.col(self.possible(v, reading))
                    for v in self.verdicts()
                    if (v in names) is among
                )
                for among in (True, False)
            )
            return self.x.decided(named & ~outside, ~named & ~inside)

        name = f"verdict in {' '.join(sorted(names))}~{reading}"
        return self.at(place.frame, "account", self.make("account", name, build))
