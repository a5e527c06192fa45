"""The run on a portfolio: diagnoses, tables, page, workbook and reports in one folder."""

from __future__ import annotations

import hashlib
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import click

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.portfolio_edition import write_edition
from kam_expert.app.portfolio_effort import TeamEffort
from kam_expert.app.report import Report
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.portfolio.judging.engine import Content
from kam_expert.engines.portfolio.reading.needs import needs_of
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.summing.summary import summary
from kam_expert.engines.portfolio.writing.run import write
from kam_expert.engines.portfolio.writing.run_files import (
    RunFolder,
    read_table,
    rows_of_accounts,
    words_listed,
)
from kam_expert.errors import KamError
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.portfolio_view import load_portfolio_view
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.outputs.portfolio_html import render_portfolio
from kam_expert.outputs.workbook import write_workbook
from kam_expert.results.portfolio import PlanRow, QuestionRow, StepRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kam_expert.engines.portfolio.cluster.spark import Cluster
    from kam_expert.engines.portfolio.reading.portfolio_source import PortfolioSource
    from kam_expert.engines.portfolio.writing.run import RunOutput
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.results.campaign import CampaignStatus
    from kam_expert.results.effort import EffortPlan
    from kam_expert.results.portfolio import PortfolioSummary

_TOP = re.compile(r"top:([0-9]{1,6})\Z")
#: Accounts with steps and questions in the workbook; a sheet of all of them would be too long.
_DETAILED = 500
_UNSAFE_CHARACTERS = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class PortfolioOptions:
    """The options of a run.

    Attributes:
        form: The format of the tables.
        reports: Which full reports to write: ``all``, ``none`` or ``top:N``.
        since: The folder of an earlier run to compare with.
        chunk: Accounts that are diagnosed at once.
        engine: ``spark`` or ``polars``.
        everything: Whether to write every step and question of every account, not only the plan.
        capacity: Half days in all, or a file with half days by owner; None not to distribute them.
        campaign: The status of a campaign that the page shows; None for none.
        edition: For whom the run is.
    """

    lang: str
    form: str
    reports: str
    since: Path | None
    chunk: int
    engine: str
    everything: bool = False
    capacity: str | None = None
    campaign: CampaignStatus | None = None
    edition: Edition = Edition.CONSULTANT

    @property
    def content(self) -> Content:
        """Return how much of each account is computed."""
        return Content.EVERYTHING if self.everything else Content.PLANS


def how_many_reports(text: str) -> int | None:
    """Return the number of full reports, None for all. Raises KamError."""
    if text == "all":
        return None
    if text == "none":
        return 0
    found = _TOP.match(text)
    if found is None:
        raise KamError(f'--reports takes all, none or top:N such as top:50, not "{text}"')
    return int(found[1])


def _check_edition(options: PortfolioOptions) -> None:
    """Check that a portfolio can be made for a reader. Raises KamError."""
    if options.edition is Edition.CUSTOMER:
        raise KamError(
            "a portfolio has many customers, and none of them may read of the others; "
            "write the edition of one: kam diagnose CASE --edition customer"
        )
    if options.edition is Edition.CONSULTANT:
        return
    if options.engine == "spark":
        raise KamError(f"--engine spark has no {options.edition} edition; leave it out")
    if options.capacity is not None:
        raise KamError(
            f"--capacity plans the days of people, whom the {options.edition} edition does not name"
        )
    if options.campaign is not None:
        raise KamError(
            f"--campaign shows who answered, which the {options.edition} edition does not tell"
        )


def report_name(account: str) -> str:
    """Return the path of a report: the id of the account as a safe and unique file name."""
    safe = _UNSAFE_CHARACTERS.sub("-", account).strip(".-")[:60]
    if safe != account or not safe:
        safe = f"{safe}-{hashlib.sha256(account.encode()).hexdigest()[:8]}".lstrip("-")
    return f"reports/{safe}.html"


def run_portfolio(
    path: Path, place: Path, base: KnowledgeBase, rules: Path, day: date, options: PortfolioOptions
) -> RunOutput:
    """Diagnose the portfolio at *path* and write tables, page, workbook and reports to *place*.

    Args:
        path: A folder of case files or of tables.
        place: The folder of the run. It replaces an earlier run there as a whole, at the end.
        base: The rule base.
        rules: The folder of the rule base.
        day: The date of the diagnosis.
        options: Language, format and so on.
    """
    _check_edition(options)
    view = load_portfolio_view(rules, base)
    team = TeamEffort(base, view, options.capacity) if options.capacity else None
    wanted = how_many_reports(options.reports)
    needs = needs_of(base, view.facts.values())
    privacy = None if options.edition is Edition.CONSULTANT else load_privacy(rules, base)

    def maker() -> EditionMaker:
        """Return what diagnoses single accounts; a run without reports needs none."""
        return EditionMaker(base, day, engine_of(base), privacy, options.edition)

    with ExitStack() as opened:
        folder = opened.enter_context(RunFolder(place))
        source: PortfolioSource | Cluster
        if options.engine == "spark":
            from kam_expert.engines.portfolio.cluster.spark import Cluster

            aside = place.parent / f".{place.name}.spark"
            source = Cluster(path, base, day, options.chunk, needs, aside)
            opened.callback(source.close)
            written = source.write(
                folder,
                view=view,
                form=options.form,
                content=options.content,
                candidates=team is not None,
                progress=_progress,
            )
        elif options.edition is not Edition.CONSULTANT:
            source = opened.enter_context(open_source(path, base, day, options.chunk, needs))
            written = write_edition(
                source,
                folder,
                maker(),
                view,
                lang=options.lang,
                form=options.form,
                everything=options.everything,
                progress=_progress,
            )
        else:
            source = opened.enter_context(open_source(path, base, day, options.chunk, needs))
            written = write(
                source,
                base,
                day,
                folder,
                view=view,
                form=options.form,
                content=options.content,
                candidates=team is not None,
                progress=_progress,
            )
        found = summary(folder, base, view, since=options.since)
        chosen = [row.id for row in found.rows[:wanted]]
        if wanted is None and found.accounts > len(chosen):
            table = read_table(folder, "accounts").select("account").collect()
            chosen = table["account"].to_list()
        if chosen:
            made = _reports(source, folder, maker(), options.lang, chosen)
            found = summary(folder, base, view, since=options.since, reports=made)
        effort = team.choose(folder, options.form) if team else None
        html = render_portfolio(found, base, view, options.lang, effort, options.campaign)
        (folder / "portfolio.html").write_text(html, encoding="utf-8")
        _workbook(folder, found, base, view, options, effort)
    return written


def _workbook(
    folder: Path,
    found: PortfolioSummary,
    base: KnowledgeBase,
    view: PortfolioView,
    options: PortfolioOptions,
    effort: EffortPlan | None,
) -> None:
    """Write the workbook: the content of the page, and the plans of the first accounts."""
    names = {row.id: row.name for row in found.rows[:_DETAILED]}
    plans = (
        PlanRow(
            account=row["account"],
            account_name=names[row["account"]],
            place=int(row["place"]),
            step=row["step"],
            about=words_listed(row["about"]),
            owner=row["owner"],
            begin=_day(row["begin"]),
            due=_day(row["due"]),
            effort=int(row["effort"]),
            because=words_listed(row["because"]),
        )
        for row in rows_of_accounts(folder, "plan", list(names))
    )
    steps = (
        StepRow(
            account=row["account"],
            account_name=names[row["account"]],
            order=row["order"],
            step=row["step"],
            kind=row["kind"],
            about=row["about"],
            due=_day(row["noted_due"] or row["due"]),
            owner=row["owner"],
            because=words_listed(row["because"]),
            held_back_by=words_listed(row["held_back_by"]),
        )
        for row in rows_of_accounts(folder, "steps", list(names))
    )
    questions = (
        QuestionRow(
            account=row["account"],
            account_name=names[row["account"]],
            fact=row["fact"],
            about=row["about"],
            asked_of=row["asked_of"],
            could_change=words_listed(row["could_change"]),
        )
        for row in rows_of_accounts(folder, "questions", list(names))
    )
    path = folder / "portfolio.xlsx"
    details = (steps, questions) if options.everything else None
    write_workbook(path, found, found.rows, plans, details, base, view, options.lang, effort)


def _day(value: date | str) -> date:
    """Return a date, which CSV and JSON Lines have as text."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        click.echo(f"\r{done} of {total} accounts", err=True, nl=False)
        click.echo(end, err=True, nl=False)


def _reports(
    source: PortfolioSource | Cluster,
    folder: Path,
    maker: EditionMaker,
    lang: str,
    accounts: Iterable[str],
) -> dict[str, str]:
    made = {}
    (folder / "reports").mkdir(exist_ok=True)
    for account in accounts:
        name = report_name(account)
        html = Report.of(source.case(account), maker, lang).text("html")
        (folder / name).write_text(html, encoding="utf-8")
        made[account] = name
    return made
