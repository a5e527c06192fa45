"""The results of a portfolio as an Excel workbook.

Every cell is text or a number, never a formula or a link: text from a case must not run in a
spreadsheet.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.status import at_least_likely
from kam_expert.outputs.effort_page import EffortPage
from kam_expert.outputs.excel import FORBIDDEN, MAX_CHARACTERS, MAX_ROWS, new_workbook
from kam_expert.outputs.portfolio_order import StrategyReasons, obstacles_in_order
from kam_expert.outputs.portfolio_words import PortfolioWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.outputs.portfolio_order import Obstacle
    from kam_expert.results.effort import EffortPlan
    from kam_expert.results.portfolio import (
        AccountRow,
        PlanRow,
        PortfolioSummary,
        QuestionRow,
        StepRow,
    )

Cell = str | float | None

_MAX_WIDTH = 60


def write_workbook(  # noqa: PLR0913 -- content of five sheets, and their texts
    path: Path,
    summary: PortfolioSummary,
    accounts: Iterable[AccountRow],
    plans: Iterable[PlanRow],
    details: tuple[Iterable[StepRow], Iterable[QuestionRow]] | None,
    base: KnowledgeBase,
    view: PortfolioView,
    lang: str,
    effort: EffortPlan | None = None,
) -> dict[str, int]:
    """Write the workbook.

    Args:
        path: The file; the caller removes an incomplete one.
        summary: The counts, for the sheets of obstacles and causes, and the date.
        accounts: All accounts in the order of attention. All iterables are consumed once, and only
            one row is in memory at a time.
        plans: All moves.
        details: All next steps and all open questions; None for a run without them.
        base: The rule base with the texts.
        view: How a portfolio is sorted and shown.
        lang: ``uk`` or ``en``.
        effort: The moves chosen within a capacity, if they were.

    Returns:
        Number of rows that did not fit, by sheet (accounts, plan, steps, questions, obstacles,
        causes).

    Raises:
        KamError: XlsxWriter is not installed.
    """
    said = PortfolioWords(base, view, lang, summary.day)
    book = new_workbook(path, summary.day, "portfolio", constant_memory=True)
    bold = book.add_format({"bold": True, "bottom": 1})
    _ = said.words._
    of_step = [
        (_("Account"), 12),
        (_("Name"), 28),
        (_("No."), 6),
        (_("Step"), 44),
        (_("About"), 20),
        (_("Owner"), 22),
    ]
    sheets: dict[str, tuple[str, list[tuple[str, int]], Iterable[Sequence[Cell]]]] = {
        "accounts": (_("Accounts"), _account_heads(said), _account_cells(said, accounts)),
        "plan": (
            _("Plan"),
            [*of_step, (_("Begin"), 12), (_("Due"), 12), (_("Half days"), 10), (_("Because"), 44)],
            (_plan_cells(said, move) for move in plans),
        ),
        "effort": (
            _("Effort"),
            [
                (_("Account"), 28),
                (_("Owner"), 22),
                (_("Week from"), 12),
                (_("Step"), 44),
                (_("About"), 20),
                (_("Half days"), 10),
                (_("Chosen"), 10),
                (_("Why not"), 44),
            ],
            EffortPage(effort, summary.rows, said).cells() if effort else (),
        ),
        "steps": (
            _("Next steps"),
            [*of_step, (_("Due"), 12), (_("Because"), 44), (_("Waits because of"), 32)],
            (_step_cells(said, step) for step in details[0]) if details else (),
        ),
        "questions": (
            _("Open questions"),
            [
                (_("Account"), 12),
                (_("Name"), 28),
                (_("Question"), 60),
                (_("About"), 20),
                (_("Whom to ask"), 20),
                (_("Could change"), 44),
            ],
            (_question_cells(said, question) for question in details[1]) if details else (),
        ),
        "obstacles": (
            _("Obstacles"),
            [
                (_("Obstacle"), 44),
                (_("Weight"), 18),
                (_("Accounts"), 12),
                (_("Not settled"), 14),
                (_("Not seen"), 14),
                (_("Of those settled, %"), 18),
            ],
            _obstacle_cells(obstacles_in_order(summary, base), said),
        ),
        "causes": (
            _("Main causes"),
            [(_("Main cause"), 44), (_("Weight"), 18), (_("Accounts"), 12)],
            (
                (said.words.finding(name), said.words.severity(base.findings[name].severity), count)
                for name, count in summary.causes.items()
            ),
        ),
    }
    if effort is None:
        del sheets["effort"]
    if details is None:
        del sheets["steps"], sheets["questions"]
    left_out = {}
    for key, (title, heads, rows) in sheets.items():
        sheet = book.add_worksheet(title)
        for column, (head, width) in enumerate(heads):
            sheet.set_column(column, column, min(width, _MAX_WIDTH))
            sheet.write_string(0, column, head, bold)
        sheet.freeze_panes(1, 1)
        left_out[key] = _write_rows(sheet, rows)
        sheet.autofilter(0, 0, max(sheet.dim_rowmax or 0, 1), len(heads) - 1)
    book.close()
    return left_out


def _write_rows(sheet: Any, rows: Iterable[Sequence[Cell]]) -> int:
    left_out = 0
    for number, row in enumerate(rows, 1):
        if number >= MAX_ROWS:
            left_out += 1
            continue
        for column, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(number, column, _fit(value))
            elif math.isfinite(value):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, str(value))
    return left_out


def _fit(text: str) -> str:
    """Return a text as a cell can contain it."""
    clean = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return clean if len(clean) <= MAX_CHARACTERS else clean[: MAX_CHARACTERS - 1] + "…"


def _account_heads(said: PortfolioWords) -> list[tuple[str, int]]:
    _, facts = said.words._, said.view.facts
    return [
        (_("Account"), 12),
        (_("Name"), 28),
        (_("Owner"), 22),
        (_("Segment"), 18),
        (_("Strategy"), 24),
        (_("Reason"), 60),
        (_("Main causes"), 60),
        (_("Stage"), 18),
        (_("Firm"), 8),
        (_("Leaning"), 18),
        (said.words.fact(facts["attractiveness"]), 18),
        (_("Features of “%(stage)s” seen", stage=said.words.stage(said.closest.name)), 16),
        (_("Features open"), 16),
        (said.words.fact(facts["competitor"]), 22),
        (said.words.fact(facts["size"]), 18),
        *([(said.words.fact(facts["currency"]), 10)] if "currency" in facts else []),
        (_("Conclusions"), 60),
    ]


def _account_cells(said: PortfolioWords, rows: Iterable[AccountRow]) -> Iterable[Sequence[Cell]]:
    words, facts = said.words, said.view.facts
    reasons = StrategyReasons(said.base)
    for row in rows:
        standing = [s.finding for s in row.findings if at_least_likely(s.status)]
        yield (
            row.id,
            row.name,
            row.owner,
            row.segment,
            said.strategy(row).name.get(said.lang),
            "; ".join(said.words.finding(name) for name in reasons.of(row)),
            "; ".join(said.words.finding(name) for name in row.causes),
            words.stage(row.stage),
            words.value("", row.firm),
            words.stage(row.leaning) if row.leaning else None,
            said.attractiveness(row.attractiveness),
            row.seen,
            row.open,
            words.value(facts["competitor"], row.competitor),
            row.size,
            *([row.currency] if "currency" in facts else []),
            "; ".join(said.words.finding(name) for name in standing),
        )


def _plan_cells(said: PortfolioWords, move: PlanRow) -> Sequence[Cell]:
    return (
        move.account,
        move.account_name,
        move.place,
        said.step(move.step, move.account),
        "; ".join(move.about),
        move.owner or said.base.steps[move.step].who.get(said.lang),
        move.begin.isoformat(),
        move.due.isoformat(),
        move.effort,
        "; ".join(said.words.finding(name) for name in move.because),
    )


def _step_cells(said: PortfolioWords, step: StepRow) -> Sequence[Cell]:
    return (
        step.account,
        step.account_name,
        step.order,
        said.step(step.step, step.about),
        step.about,
        step.owner or said.base.steps[step.step].who.get(said.lang),
        step.due.isoformat(),
        "; ".join(said.words.finding(name) for name in step.because),
        "; ".join(said.words.finding(name) for name in step.held_back_by),
    )


def _question_cells(said: PortfolioWords, question: QuestionRow) -> Sequence[Cell]:
    return (
        question.account,
        question.account_name,
        said.words.question(question.fact, question.asked_of),
        question.about,
        said.words.whom_to_ask(question.asked_of),
        "; ".join(said.words.changed(name) for name in question.could_change),
    )


def _obstacle_cells(
    obstacles: Iterable[Obstacle], said: PortfolioWords
) -> Iterable[Sequence[Cell]]:
    for found in obstacles:
        count = found.count
        yield (
            said.words.finding(count.finding),
            said.words.severity(found.severity),
            count.standing,
            count.unsettled,
            count.absent + count.set_aside,
            None if found.share is None else round(100 * found.share, 1),
        )
