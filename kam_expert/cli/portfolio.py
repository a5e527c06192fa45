"""``kam portfolio``: diagnoses every account of a portfolio."""

from __future__ import annotations

from pathlib import Path

import click

from kam_expert.cli.campaign import campaign_folder
from kam_expert.cli.options import (
    EXIT_FOUND,
    date_option,
    day_of,
    edition_option,
    lang_option,
    load_base,
    rules_option,
    thresholds_option,
)
from kam_expert.extras import needs
from kam_expert.knowledge.audience import Edition
from kam_expert.resources import rules_folder


@click.command()
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the results."
)
@lang_option
@date_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv", "jsonl"]),
    default="parquet",
    show_default=True,
    help="Format of the tables.",
)
@click.option(
    "--reports",
    metavar="top:N|all|none",
    default="top:50",
    show_default=True,
    help="Accounts with a full report: the first N by attention, all, or none.",
)
@click.option(
    "--since", metavar="OLDRUN", type=click.Path(path_type=Path), help="Compare with this run."
)
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["polars", "spark"]),
    default="polars",
    show_default=True,
    help="Run on this machine, or on the cluster in Spark's settings.",
)
@click.option(
    "--chunk",
    type=click.IntRange(1),
    default=75_000,
    show_default=True,
    metavar="ACCOUNTS",
    help="Maximum number of accounts in memory at a time.",
)
@click.option(
    "--everything",
    is_flag=True,
    help="Write every step and question of every account, not only the plan.",
)
@click.option(
    "--capacity",
    metavar="FILE|HALF_DAYS",
    help="Choose the moves of the quarter: half days by owner in a file, or a number for all.",
)
@click.option(
    "--campaign",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Show the responses to this campaign, and what they changed.",
)
@edition_option
@click.option("--schema", is_flag=True, help="Print the tables, columns and types, and exit.")
@thresholds_option
@rules_option
def portfolio(
    source: Path | None,
    output: Path | None,
    lang: str,
    day: str | None,
    form: str,
    reports: str,
    since: Path | None,
    engine_name: str,
    chunk: int,
    everything: bool,
    capacity: str | None,
    campaign: Path | None,
    edition: str,
    schema: bool,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Diagnose every account of a portfolio.

    SOURCE is a folder of case files, or of tables (accounts, people, team, links, decisions,
    history, notes) as Parquet, Arrow or CSV. Accounts with faults are left out and listed in
    rejected.jsonl, and the exit status is 1.
    """
    base = load_base(rules_dir, thresholds)
    if schema:
        from kam_expert.facts.columns import columns

        for table, kinds in columns(base).items():
            click.echo(table)
            for column, kind in kinds.items():
                click.echo(f"  {column}  {kind}")
        return
    if source is None or output is None:
        raise click.UsageError("a SOURCE and a folder for the results (-o DIR) are needed")
    with needs("portfolio", "kam portfolio"):
        from kam_expert.app.portfolio import PortfolioOptions, run_portfolio

    when = day_of(day)
    status = None if campaign is None else campaign_folder(campaign, rules_dir, base).status(when)
    options = PortfolioOptions(
        lang, form, reports, since, chunk, engine_name, everything, capacity, status,
        Edition(edition),
    )  # fmt: skip
    written = run_portfolio(source, output, base, rules_dir or rules_folder(), when, options)
    click.echo(
        f"{written.accounts} accounts judged, {written.rejected} rejected: {output}", err=True
    )
    if written.rejected and options.edition is not Edition.CONSULTANT:
        raise SystemExit(EXIT_FOUND)
    if written.rejected:
        click.echo(f"{output / 'rejected.jsonl'}: why, with file, row and column", err=True)
        raise SystemExit(EXIT_FOUND)
