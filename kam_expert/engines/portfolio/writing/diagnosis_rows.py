"""The tables of a run from diagnoses of single accounts.

The editions for other readers are made account by account. Their tables have the columns of the
other runs, so that the same page, workbook and comparison are made of them. What the reader may not
see has neither a table nor a column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.questions import STAGE
from kam_expert.facts.columns import CHOSEN
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN, bounds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.results.diagnosis import Diagnosis, Finding

Row = dict[str, Any]
_WORDS = pl.List(pl.String)
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("could_be", "strategy_could_be", "strategy_passed_over"), _WORDS),
    **dict.fromkeys(("with", "because", "held_back_by", "could_change"), _WORDS),
    **dict.fromkeys(("stage_firm", "strategy_firm", "firm", "agreed"), pl.Boolean),
    **dict.fromkeys(("margin", "contradictions", "place", "order", "accounts"), pl.Int64),
    **dict.fromkeys(("effort", "within_days"), pl.Int64),
    **dict.fromkeys(("begin", "due", "noted_due"), pl.Date),
}
_COLUMNS = {
    "gaps": ("account", "fact", "finding", "status", "firm"),
    "causes": ("account", "place", "finding", "severity", "status", "about_kind", "about"),
    "plan": (
        "account", "place", "step", "with", "about_kind", "about", "because", "begin", "due",
        "effort", "by", "finding", "owner", "agreed",
    ),
    "steps": (
        "account", "order", "step", "kind", "about_kind", "about", "within_days", "due", "because",
        "held_back_by", "instead_of", "owner", "noted_due", "place",
    ),
    "questions": ("account", "about_kind", "about", "fact", "asked_of", "could_change", "why"),
    "asked": ("fact", "asked_of", "accounts"),
}  # fmt: skip


class DiagnosisRows:
    """Collects the rows of the tables, account by account.

    Args:
        base: The rule base.
        view: The facts to include in the table of accounts.
    """

    def __init__(self, base: KnowledgeBase, view: PortfolioView) -> None:
        self.base = base
        self.view = view
        self._rows: dict[str, list[Row]] = {
            name: [] for name in ("accounts", "decisions", *_COLUMNS) if name != "asked"
        }
        self._asked: dict[tuple[str, str], set[str]] = {}

    def add(self, diagnosis: Diagnosis, case: Case) -> None:
        """Add an account.

        Args:
            diagnosis: Of the account; all that it concludes is written.
            case: The facts that the reader may see.
        """
        rows = self._rows
        rows["accounts"].append(self._account(diagnosis, case))
        rows["decisions"] += self._decisions(diagnosis, case)
        rows["gaps"] += self._gaps(diagnosis)
        rows["causes"] += self._causes(diagnosis)
        rows["plan"] += self._plan(diagnosis)
        rows["steps"] += self._steps(diagnosis)
        rows["questions"] += self._questions(diagnosis)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables by name."""
        base = self.base
        asked = [
            {"fact": fact, "asked_of": asked_of, "accounts": len(accounts)}
            for (fact, asked_of), accounts in self._asked.items()
        ]
        made = {}
        for name, rows in {**self._rows, "asked": asked}.items():
            columns = _COLUMNS.get(name, tuple(rows[0]) if rows else ("account",))
            types = {column: self._type(name, column) for column in columns}
            made[name] = pl.DataFrame(rows, schema=types, orient="row")
        order = pl.col("fact").replace_strict(
            {name: n for n, name in enumerate(base.facts)}, default=-1
        )
        made["asked"] = made["asked"].sort(order, "fact", "asked_of")
        return made

    def _type(self, table: str, column: str) -> Any:
        if table == "plan" and column == "about":
            return _WORDS
        if column.endswith("__firm"):
            return pl.Boolean
        if column.startswith(("reached__", "at_most__", "needed__", "severity_")):
            return pl.Int64
        fact = self.base.facts.get(column.removesuffix("__hi"))
        if table == "accounts" and fact is not None and fact.is_number:
            return pl.Float64
        return _TYPES.get(column, pl.String)

    # The accounts

    def _account(self, diagnosis: Diagnosis, case: Case) -> Row:
        stage, model = diagnosis.stage, self.base.stage_model
        here = [f for f in diagnosis.findings if f.about.kind == "account" and not f.about.fact]
        row: Row = {
            "account": diagnosis.account_id,
            "name": diagnosis.account_name,
            "owner": case.owner or None,
            "segment": case.segment or None,
            **self._viewed(case, diagnosis),
            CHOSEN: None,
            "stage": stage.verdict,
            "stage_firm": stage.firm,
            "leaning": stage.leaning,
            "could_be": list(stage.could_be),
        }
        if (strategy := diagnosis.strategy) is not None:
            row |= {
                CHOSEN: strategy.chosen.id if strategy.chosen else None,
                "strategy": strategy.found.id,
                "strategy_status": strategy.found.status,
                "strategy_firm": strategy.found.firm,
                "strategy_could_be": list(strategy.could_be),
                "strategy_passed_over": list(strategy.passed_over),
            }
        row |= {"margin": stage.margin, "contradictions": len(diagnosis.contradictions)}
        for of in model.stages:
            seen, needed = stage.reached.get(of.name, (0, of.needed))
            row |= {
                f"reached__{of.name}": seen,
                f"at_most__{of.name}": stage.at_most.get(of.name, len(of.features)),
                f"needed__{of.name}": needed,
            }
        for word in ("high", "medium"):
            row[f"severity_{word}"] = sum(
                f.severity == word and self.base.is_obstacle(f.id, f.severity, f.status)
                for f in here
            )
        return row | self._statuses(diagnosis, here, "account")

    def _viewed(self, case: Case, diagnosis: Diagnosis) -> Row:
        """Return the facts of the view; of a number its bounds."""
        view = Readings(case, self.base, diagnosis.day).view(case.account, strict=False)
        row: Row = {}
        for fact in dict.fromkeys(self.view.facts.values()):
            value = view.read(Ref(fact))
            if self.base.facts[fact].is_number:
                bounds = bounds_of(value)
                row |= {fact: bounds[0] if bounds else None, f"{fact}__hi": bounds and bounds[1]}
            else:
                row[fact] = None if value is UNKNOWN else value
        return row

    def _statuses(self, diagnosis: Diagnosis, here: list[Finding], kind: str) -> Row:
        """Return the status of every finding about a kind that the reader may see."""
        base, found = self.base, {f.id: f for f in here}
        row: Row = {}
        for name, doc in base.findings.items():
            if (
                doc.about != kind
                or base.is_gap(name)
                or name in base.strategy_findings
                or not diagnosis.edition.may_see(base.readers.findings[name])
            ):
                continue
            row[name] = found[name].status if name in found else "absent"
            # What is absent is firm only if nothing could conclude it, which is not kept.
            row[f"{name}__firm"] = found[name].firm if name in found else None
        return row

    def _decisions(self, diagnosis: Diagnosis, case: Case) -> Iterator[Row]:
        for decision in case.decisions or ():
            about = ("decision", decision.id)
            here = [f for f in diagnosis.findings if (f.about.kind, f.about.id) == about]
            yield {
                "account": diagnosis.account_id,
                "decision": decision.id,
                "name": decision.name or None,
                **self._statuses(diagnosis, here, "decision"),
            }

    def _gaps(self, diagnosis: Diagnosis) -> Iterator[Row]:
        for found in diagnosis.findings:
            if found.about.fact is not None:
                yield {
                    "account": diagnosis.account_id,
                    "fact": found.about.fact,
                    "finding": found.id,
                    "status": found.status,
                    "firm": found.firm,
                }

    # Causes, plan, questions

    def _causes(self, diagnosis: Diagnosis) -> Iterator[Row]:
        for place, cause in enumerate(diagnosis.causes, 1):
            # A gap is one cause of the account, however many pairs of answers differ.
            told = {(f.about.kind, f.about.id): f for f in reversed(cause.findings)}
            for (kind, identity), found in reversed(told.items()):
                yield {
                    "account": diagnosis.account_id,
                    "place": place,
                    "finding": found.id,
                    "severity": found.severity,
                    "status": found.status,
                    "about_kind": kind,
                    "about": identity,
                }

    def _plan(self, diagnosis: Diagnosis) -> Iterator[Row]:
        owners = {step.id: step.owner for step in reversed(diagnosis.next_steps) if step.owner}
        for move in diagnosis.plan.moves:
            yield {
                "account": diagnosis.account_id,
                "place": move.place,
                "step": move.step,
                "with": list(move.steps[1:]),
                "about_kind": move.about[0].kind,
                "about": [about.id for about in move.about if about.kind != "account"],
                "because": list(move.because),
                "begin": move.begin,
                "due": move.due,
                "effort": move.effort,
                "by": move.by,
                "finding": move.finding,
                "owner": owners.get(move.step),
                "agreed": move.entry is not None,
            }

    def _steps(self, diagnosis: Diagnosis) -> Iterator[Row]:
        for step in diagnosis.next_steps:
            yield {
                "account": diagnosis.account_id,
                "order": step.order,
                "step": step.id,
                "kind": step.kind,
                "about_kind": step.about.kind,
                "about": step.about.id,
                "within_days": step.within_days,
                "due": step.due,
                "because": list(step.because),
                "held_back_by": list(step.held_back_by),
                "instead_of": step.instead_of,
                "owner": step.owner,
                "noted_due": step.noted_due,
                "place": step.place,
            }

    def _questions(self, diagnosis: Diagnosis) -> Iterator[Row]:
        for asked in diagnosis.open_questions:
            if STAGE in asked.could_change and not diagnosis.stage.firm:
                key = asked.name, asked.asked_of
                self._asked.setdefault(key, set()).add(diagnosis.account_id)
            yield {
                "account": diagnosis.account_id,
                "about_kind": asked.about.kind,
                "about": asked.about.id,
                "fact": asked.name,
                "asked_of": asked.asked_of,
                "could_change": list(asked.could_change),
                "why": asked.why,
            }
