"""The tables of a run, made from the columns of a chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.judging.finding_columns import Subject
from kam_expert.engines.portfolio.summing.obstacles import LIKELY, obstacles
from kam_expert.engines.portfolio.writing.cause_rows import CauseRows
from kam_expert.engines.portfolio.writing.patterns import RowIds, enum
from kam_expert.engines.portfolio.writing.question_rows import QuestionRows
from kam_expert.engines.portfolio.writing.step_rows import StepRows
from kam_expert.facts.columns import CHOSEN, THEIRS
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from kam_expert.engines.portfolio.judging.engine import Program
    from kam_expert.engines.portfolio.writing.step_rows import Noted
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView

TABLES = ("accounts", "people", "team", "decisions", "gaps", "causes", "plan", "steps", "questions")
#: One more table: for each question, the number of accounts whose unsettled stage it could change.
#: The table of questions may have a hundred rows for each account.
ASKED = "asked"
#: One more table, for the effort of a team: what is left for later or waits.
CANDIDATES = "candidates"
_STATUS = pl.Enum(STATUSES)


class Results:
    """Builds the tables of a chunk.

    Args:
        base: The rule base.
        day: The date of the diagnosis.
        view: The facts to include in the table of accounts.
        candidates: Whether to list what may become a move.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        day: date,
        view: PortfolioView | None = None,
        *,
        candidates: bool = False,
    ) -> None:
        self.base = base
        self.day = day
        self.view = view
        self.candidates = candidates
        self.stages = pl.Enum([*base.stage_model.names, UNDETERMINED])
        self.strategies = pl.Enum([strategy.id for strategy in base.strategies])
        self._causes = CauseRows(base)
        self._steps = StepRows(base, day)
        self._questions = QuestionRows(base)

    def tables(
        self,
        program: Program,
        frames: Mapping[str, pl.DataFrame],
        ids: Mapping[str, pl.DataFrame],
        noted: Noted,
    ) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield the tables of a chunk by name, each as soon as it is complete.

        Args:
            program: The compiled rules.
            frames: The evaluated frames by kind.
            ids: Frames of the source, with ids and names, by kind.
            noted: Notes on steps, and what was agreed.
        """
        yield "accounts", self._accounts(program, frames["account"], ids["account"])
        if not program.steps:
            return
        names = RowIds(ids)
        for table, kind in (("people", "person"), ("team", "member"), ("decisions", "decision")):
            own = [
                names.account[ids[kind]["account"]].alias("account"),
                ids[kind][f"{kind}_id"].alias(kind),
                ids[kind]["name"],
            ]
            yield table, pl.DataFrame([*own, *self._statuses(program, frames[kind], kind)])
        yield "gaps", self._gaps(program, frames["account"], names.account)
        causes = self._causes.chosen(program.causes, frames["account"])
        yield "causes", self._causes.table(program.causes, frames, names, causes)
        set_by_hand = ids["account"][CHOSEN].is_not_null()
        planned = self._steps.planned(program, frames, names, noted, causes, set_by_hand)
        yield "plan", self._steps.plans(planned)
        if self.candidates:
            yield CANDIDATES, self._steps.candidates(planned)
        if not program.questions:
            return
        yield "steps", self._steps.table(planned)
        parts = self._questions.asked(program.questions, frames)
        yield "questions", self._questions.table(program.questions, parts, names)
        yield ASKED, self._questions.counted(program.questions, parts)

    def _statuses(
        self, program: Program, frame: pl.DataFrame, kind: str, gap: str | None = None
    ) -> list[pl.Series]:
        columns = []
        for subject, (status, firm) in program.findings.items():
            if subject.finding in self.base.strategy_findings:
                continue
            if subject.frame == kind and subject.gap == gap:
                columns += [_word(status).alias(subject.finding)]
                columns += [pl.col(firm).alias(f"{subject.finding}__firm")]
        return frame.lazy().select(columns).collect().get_columns()

    def _accounts(self, program: Program, frame: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
        stage = program.stage
        undetermined = pl.col(stage["stage"]) == UNDETERMINED
        # Knowing more cannot make the stage undetermined.
        could = [
            pl.when(pl.col(column) & undetermined if name == UNDETERMINED else pl.col(column)).then(
                pl.lit(name, dtype=self.stages)
            )
            for name, column in program.could_be
        ]
        severities = self._severities(program)
        columns = [
            pl.col(stage["stage"]).cast(self.stages).alias("stage"),
            pl.col(stage["firm"]).alias("stage_firm"),
            pl.when(undetermined).then(pl.col(stage["leaning"])).cast(self.stages).alias("leaning"),
            pl.concat_list(could).list.drop_nulls().alias("could_be"),
            *self._strategy(program),
            pl.col(stage["margin"]).cast(pl.UInt8).alias("margin"),
            pl.col(stage["contradictions"]).alias("contradictions"),
            *(
                pl.col(stage[f"{word}__{s.name}"]).cast(pl.UInt8).alias(f"{word}__{s.name}")
                for s in self.base.stage_model.stages
                for word in ("reached", "at_most")
            ),
            *(
                pl.lit(s.needed, dtype=pl.UInt8).alias(f"needed__{s.name}")
                for s in self.base.stage_model.stages
            ),
            *(count.cast(pl.UInt8).alias(f"severity_{word}") for word, count in severities.items()),
        ]
        made = frame.lazy().select(columns).collect()
        named = ids.select(
            pl.col("account_id").alias("account"), "name", "owner", "segment",
            *(pl.col(name) for name in self._view_columns() if name in ids.columns),
            *([pl.col(CHOSEN).cast(self.strategies)] if self.base.strategies else []),
        )  # fmt: skip
        return pl.concat(
            [named, made, pl.DataFrame(self._statuses(program, frame, "account"))],
            how="horizontal",
        )

    def _strategy(self, program: Program) -> Iterator[pl.Expr]:
        """Yield the strategy of the rules, its status and firmness, and others that hold."""
        if not self.base.strategies:
            return
        names = self.strategies
        word, status, firm = (pl.lit(None, dtype) for dtype in (names, _STATUS, pl.Boolean))
        for name in names.categories:
            found, is_firm = program.findings[Subject(name, "account")]
            here = pl.col(found) >= LIKELY
            word = pl.when(here).then(pl.lit(name, names)).otherwise(word)
            status = pl.when(here).then(_word(found)).otherwise(status)
            firm = pl.when(here).then(pl.col(is_firm)).otherwise(firm)
        yield word.alias("strategy")
        yield status.alias("strategy_status")
        yield firm.alias("strategy_firm")
        could = [pl.when(pl.col(c)).then(pl.lit(n, names)) for n, c in program.strategies]
        yield pl.concat_list(could).list.drop_nulls().alias("strategy_could_be")
        passed = [
            pl.when((pl.col(program.findings[Subject(s.applies, "account")][0]) >= LIKELY)
                    & word.ne_missing(pl.lit(s.id, names))).then(pl.lit(s.id, names))
            for s in self.base.strategies if s.applies
        ]  # fmt: skip
        yield pl.concat_list(passed).list.drop_nulls().alias("strategy_passed_over")

    def _view_columns(self) -> list[str]:
        facts = self.view.facts.values() if self.view else ()
        sides = [side for fact in dict.fromkeys(facts) for side in (fact, fact + THEIRS)]
        return [name for side in sides for name in (side, f"{side}__hi")]

    def _severities(self, program: Program) -> dict[str, pl.Expr]:
        """Return the number of obstacles for the two highest severities."""
        likely = {
            subject.finding: pl.col(status) >= LIKELY
            for subject, (status, _) in program.findings.items()
            if subject.frame == "account" and subject.gap is None
        }
        found = obstacles(self.base, likely)
        return {word: found[word] for word in ("high", "medium")}

    def _gaps(self, program: Program, frame: pl.DataFrame, account: pl.Series) -> pl.DataFrame:
        """Return the gap findings that are not absent."""
        facts = pl.Enum(list(dict.fromkeys([*self.base.facts, *self.base.gaps])))
        findings = pl.Enum(list(self.base.findings))
        schema = {"account": pl.String(), "fact": facts, "finding": findings}
        parts = [pl.DataFrame(schema={**schema, "status": _STATUS, "firm": pl.Boolean})]
        for subject, (status, firm) in program.findings.items():
            if subject.gap is None:
                continue
            gap = self.base.gaps[subject.gap]
            fact = gap.ours if gap.ours == gap.theirs else subject.gap
            code = frame[status]
            rows = (code > 0).arg_true()
            found = pl.DataFrame([account.gather(rows).alias("account"), code.gather(rows)])
            parts.append(
                found.select(
                    "account",
                    pl.lit(fact, facts).alias("fact"),
                    pl.lit(subject.finding, findings).alias("finding"),
                    _word(status).alias("status"),
                    pl.lit(frame[firm].gather(rows)).alias("firm"),
                )
            )
        return pl.concat(parts)


def _word(column: str) -> pl.Expr:
    """Return a status as its word."""
    return enum(pl.col(column), _STATUS)
