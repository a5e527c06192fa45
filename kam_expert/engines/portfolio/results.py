"""The tables of a run: what the columns of a chunk say, in the words of the rule base."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.looks import LIKELY, obstacles
from kam_expert.facts.columns import THEIRS
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from kam_expert.engines.portfolio.engine import Program
    from kam_expert.engines.portfolio.questions import QuestionColumns
    from kam_expert.engines.portfolio.steps import StepColumns
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio import PortfolioView

TABLES = ("accounts", "people", "team", "decisions", "gaps", "steps", "questions")
#: One more: in how many accounts with an unsettled stage each question could change the stage. The
#: table of questions itself may have a hundred rows for each account.
ASKED = "asked"
_WHOM = pl.Enum(["us", "customer", "both"])
_STATUS = pl.Enum(STATUSES)
_IDS = {"account": "account_id", "person": "person_id", "member": "member_id"}
_IDS["decision"] = "decision_id"
_BITS = 62  # of a signed whole number
_BYTE = 255
_ABOUT = pl.Enum(sorted(["account", "person", "member", "link", "decision"]))


class Results:
    """Words the columns of a chunk.

    Args:
        base: The rule base.
        day: The date of the diagnosis.
        view: How accounts are looked at together: the facts that the table of accounts repeats
            for reading beside it, and which findings count as obstacles.
    """

    def __init__(self, base: KnowledgeBase, day: date, view: PortfolioView | None = None) -> None:
        self.base = base
        self.day = day
        self.view = view
        self.stages = pl.Enum([*base.stage_model.names, UNDETERMINED])
        self.steps = pl.Enum(list(base.steps))
        self.kinds = pl.Enum(list(base.step_book.kinds))
        self.facts = pl.Enum(list(base.facts))
        self.findings = pl.Enum(["stage", *base.findings])
        self.staged = frozenset(base.stage_model.findings_read)

    def tables(
        self,
        program: Program,
        frames: Mapping[str, pl.DataFrame],
        ids: Mapping[str, pl.DataFrame],
        noted: pl.DataFrame,
    ) -> dict[str, pl.DataFrame]:
        """Give the tables of one chunk.

        Args:
            program: What was compiled.
            frames: The evaluated frames by kind.
            ids: By kind, the frames with the ids and names that the source gave.
            noted: Notes on steps: owner, due, hide by account and step.
        """
        made = {"accounts": self._accounts(program, frames["account"], ids["account"])}
        if not program.steps:
            return made
        names = {
            kind: self._names(kind, frame, ids["account"])
            for kind, frame in ids.items()
            if kind not in ("link", "belongs")
        }
        names["link"] = self._links(ids)
        for table, kind in (("people", "person"), ("team", "member"), ("decisions", "decision")):
            made[table] = names[kind].hstack(self._statuses(program, frames[kind], kind))
        made["gaps"] = self._gaps(program, frames["account"], ids["account"])
        made["steps"] = self._steps(program.steps, frames, names, noted)
        parts = self._asked(program.questions, frames)
        made["questions"] = self._questions(program.questions, parts, names)
        made[ASKED] = self._counted(program, parts, frames)
        return made

    @staticmethod
    def _names(kind: str, frame: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
        """Give account, id and name of each row."""
        account = accounts["account_id"][frame["account"]].alias("account")
        if kind == "account":
            return pl.DataFrame([account, account.alias("about")])
        own = frame[_IDS[kind]].alias(kind)
        return pl.DataFrame([account, own, frame["name"]])

    @staticmethod
    def _links(ids: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Give account and id of each link: both ends, an arrow in an id written twice."""
        links = ids["link"]
        ends = [
            ids[kind][f"{kind}_id"][links[kind]].str.replace_all("→", "→→", literal=True)
            for kind in ("member", "person")
        ]
        account = ids["account"]["account_id"][links["account"]].alias("account")
        return pl.DataFrame([account, (ends[0] + "→" + ends[1]).alias("about")])

    def _statuses(
        self, program: Program, frame: pl.DataFrame, kind: str, gap: str | None = None
    ) -> list[pl.Series]:
        columns = []
        for subject, (status, firm) in program.findings.items():
            if subject.frame == kind and subject.gap == gap:
                columns += [_word(status).alias(subject.finding)]
                columns += [pl.col(firm).alias(f"{subject.finding}__firm")]
        return frame.lazy().select(columns).collect().get_columns()

    def _accounts(self, program: Program, frame: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
        stage = program.stage
        could = [
            pl.when(pl.col(column)).then(pl.lit(name, dtype=self.stages))
            for name, column in program.could_be
        ]
        severities = self._severities(program)
        undetermined = pl.col(stage["stage"]) == UNDETERMINED
        columns = [
            pl.col(stage["stage"]).cast(self.stages).alias("stage"),
            pl.col(stage["firm"]).alias("stage_firm"),
            pl.when(undetermined).then(pl.col(stage["leaning"])).cast(self.stages).alias("leaning"),
            pl.concat_list(could).list.drop_nulls().alias("could_be"),
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
            *(pl.col(name) for name in self._carried() if name in ids.columns),
        )  # fmt: skip
        return pl.concat(
            [named, made, pl.DataFrame(self._statuses(program, frame, "account"))],
            how="horizontal",
        )

    def _carried(self) -> list[str]:
        facts = self.view.facts.values() if self.view else ()
        sides = [side for fact in dict.fromkeys(facts) for side in (fact, fact + THEIRS)]
        return [name for side in sides for name in (side, f"{side}__hi")]

    def _severities(self, program: Program) -> dict[str, pl.Expr]:
        """Give, for the two upper severities, how many obstacles of it stand."""
        stands = {
            subject.finding: pl.col(status) >= LIKELY
            for subject, (status, _) in program.findings.items()
            if subject.frame == "account" and subject.gap is None
        }
        found = obstacles(self.base, self.view.not_obstacles if self.view else (), stands)
        return {word: found[word] for word in ("high", "medium")}

    def _gaps(self, program: Program, frame: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
        """Give the findings about declared pairs of answers, those that are not absent."""
        account = pl.lit(ids["account_id"])
        parts = []
        for subject, (status, firm) in program.findings.items():
            if subject.gap is None:
                continue
            gap = self.base.gaps[subject.gap]
            fact = gap.ours if gap.ours == gap.theirs else subject.gap
            parts.append(
                frame.lazy()
                .select(
                    account.alias("account"),
                    pl.lit(fact).alias("fact"),
                    pl.lit(subject.finding).alias("finding"),
                    _word(status).alias("status"),
                    pl.col(firm).alias("firm"),
                    pl.col(status).alias("_code"),
                )
                .filter(pl.col("_code") > 0)
                .drop("_code")
            )
        if not parts:
            schema = {"account": pl.String, "fact": pl.String, "finding": pl.String}
            return pl.DataFrame(schema={**schema, "status": _STATUS, "firm": pl.Boolean})
        return pl.concat(pl.collect_all(parts))

    # Steps --------------------------------------------------------------------------------------

    def _steps(
        self,
        steps: Sequence[StepColumns],
        frames: Mapping[str, pl.DataFrame],
        names: Mapping[str, pl.DataFrame],
        noted: pl.DataFrame,
    ) -> pl.DataFrame:
        position = {name: index for index, name in enumerate(self.base.steps)}
        parts = []
        for step in steps:
            doc = self.base.steps[step.step]
            rank = self.base.step_book.kinds[doc.kind].rank
            instead = pl.lit(None, dtype=self.steps)
            for source, column in reversed(step.instead_of):
                word = None if source == step.step else source
                instead = (
                    pl.when(pl.col(column)).then(pl.lit(word, dtype=self.steps)).otherwise(instead)
                )
            rows = _rows(frames[step.frame], pl.col(step.proposed)).select(
                "_row",
                "_account",
                (pl.lit(rank * 10) + pl.col(step.severity)).cast(pl.Int32).alias("_rank"),
                pl.lit(position[step.step], dtype=pl.UInt32).alias("_step"),
                _mask(step.because).alias("because"),
                _mask(step.held_back).alias("held_back_by"),
                instead.alias("instead_of"),
            )
            parts.append(rows)
        made = []
        for step, part in zip(steps, pl.collect_all(parts), strict=True):
            because, held = ([n for n, _ in pairs] for pairs in (step.because, step.held_back))
            made.append(
                _named(part, names[step.frame], step.frame).with_columns(
                    self._decoded(part["because"], because),
                    self._decoded(part["held_back_by"], held),
                )
            )
        order = ["_account", "_rank", "_step", "about_kind", "about"]
        notes = noted.select(
            pl.col("account").alias("_account"),
            pl.col("step")
            .replace_strict(position, default=None, return_dtype=pl.UInt32)
            .alias("_step"),
            "owner",
            pl.col("due").alias("noted_due"),
            "hide",
        )
        table = pl.concat(made).join(notes, on=["_account", "_step"], how="left")
        table = table.filter(pl.col("hide").is_null() | ~pl.col("hide")).sort(order)
        docs = list(self.base.steps.values())
        days = pl.Series([doc.within_days for doc in docs], dtype=pl.Int32)[table["_step"]]
        kinds = pl.Series([doc.kind for doc in docs], dtype=self.kinds)[table["_step"]]
        return table.select(
            "account",
            pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("_account").alias("order"),
            _enum(pl.col("_step"), self.steps).alias("step"),
            kinds.alias("kind"),
            "about_kind",
            "about",
            days.alias("within_days"),
            (pl.lit(self.day) + pl.duration(days=pl.lit(days))).alias("due"),
            "because",
            "held_back_by",
            "instead_of",
            "owner",
            "noted_due",
        )

    # Questions ----------------------------------------------------------------------------------

    @staticmethod
    def _asked(
        questions: Sequence[QuestionColumns], frames: Mapping[str, pl.DataFrame]
    ) -> list[pl.DataFrame]:
        """Give, for each question, the rows where it is open and what it could change, as bits."""
        parts = []
        for question in questions:
            here = pl.any_horizontal(column for _, column in question.changes)
            rows = _rows(frames[question.frame], here)
            parts.append(
                rows.select("_row", "_account", _mask(question.changes).alias("could_change"))
            )
        return pl.collect_all(parts)

    def _questions(
        self,
        questions: Sequence[QuestionColumns],
        parts: Sequence[pl.DataFrame],
        names: Mapping[str, pl.DataFrame],
    ) -> pl.DataFrame:
        made = []
        for question, part in zip(questions, parts, strict=True):
            changes = [name for name, _ in question.changes]
            said = [
                pl.lit(question.fact, dtype=self.facts).alias("fact"),
                pl.lit(question.asked_of, dtype=_WHOM).alias("asked_of"),
                self._decoded(part["could_change"], changes, self.staged),
            ]
            made.append(
                _named(part, names[question.frame], question.frame).select(
                    "account", "about_kind", "about", *said
                )
            )
        return pl.concat(made)

    def _counted(
        self, program: Program, parts: Sequence[pl.DataFrame], frames: Mapping[str, pl.DataFrame]
    ) -> pl.DataFrame:
        """Count, for each question, the accounts whose stage is not firm and could change by it."""
        unsettled = ~frames["account"][program.stage["firm"]]
        rows = []
        for question, part in zip(program.questions, parts, strict=True):
            names = enumerate(name for name, _ in question.changes)
            bits = sum(1 << bit for bit, name in names if name in self.staged)
            if bits:
                accounts = part.filter(pl.col("could_change") & bits != 0)["_account"]
                rows.append(
                    (
                        question.fact,
                        question.asked_of,
                        accounts.filter(unsettled[accounts]).n_unique(),
                    )
                )
        schema = {"fact": self.facts, "asked_of": _WHOM, "accounts": pl.UInt32()}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _decoded(
        self, mask: pl.Series, words: Sequence[str], staged: frozenset[str] = frozenset()
    ) -> pl.Series:
        """Put the list of findings in place of a number of bits."""
        unique = mask.unique().sort()
        lists = []
        for bits in unique:
            here = list(dict.fromkeys(w for bit, w in enumerate(words) if bits >> bit & 1))
            lists.append(["stage", *here] if staged.intersection(here) else here)
        found = pl.Series(mask.name, lists, dtype=pl.List(self.findings))
        return found[unique.search_sorted(mask)] if mask.len() else found


def _word(column: str) -> pl.Expr:
    """Give a status as its word."""
    return _enum(pl.col(column), _STATUS)


def _mask(pairs: Sequence[tuple[str, str]]) -> pl.Expr:
    """Give flags as the bits of one number, the first lowest."""
    if len(pairs) > _BITS:
        raise AssertionError(f"{len(pairs)} flags do not fit into one number")
    bits = [
        pl.when(pl.col(column)).then(pl.lit(1 << bit, dtype=pl.Int64)).otherwise(0)
        for bit, (_, column) in enumerate(pairs)
    ]
    return pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *bits)


def _enum(code: pl.Expr, words: pl.Enum) -> pl.Expr:
    """Give places in a list of words as the words."""
    few = words.categories.len() <= _BYTE
    return code.cast(pl.UInt8 if few else pl.UInt16).cat.to(words)


def _rows(frame: pl.DataFrame, condition: pl.Expr) -> pl.LazyFrame:
    """Give the rows where *condition* holds, with their numbers."""
    rows = frame.lazy().with_row_index("_row").filter(condition)
    return rows.with_columns(pl.col("account").alias("_account"))


def _named(rows: pl.DataFrame, names: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Add the account and the id of what each row is about."""
    about = names["about" if "about" in names.columns else kind]
    return rows.with_columns(
        names["account"][rows["_row"]].alias("account"),
        pl.lit(kind, dtype=_ABOUT).alias("about_kind"),
        about[rows["_row"]].alias("about"),
    )
