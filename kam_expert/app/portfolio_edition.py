"""A portfolio for the firm that ordered the diagnosis: its tables, made account by account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kam_expert.engines.portfolio.writing.diagnosis_rows import DiagnosisRows
from kam_expert.engines.portfolio.writing.run import RunOutput, write_manifest
from kam_expert.engines.portfolio.writing.run_files import write_table
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.app.edition_maker import EditionMaker
    from kam_expert.engines.portfolio.reading.portfolio_source import PortfolioSource
    from kam_expert.knowledge.portfolio_view import PortfolioView

#: Tables that only a run with everything has.
_EVERYTHING = ("steps", "questions", "asked")


def write_edition(
    source: PortfolioSource,
    folder: Path,
    maker: EditionMaker,
    view: PortfolioView,
    *,
    lang: str,
    form: str,
    everything: bool,
    progress: Callable[[int, int], None],
) -> RunOutput:
    """Write the tables of a portfolio for the reader of *maker* into *folder*.

    Accounts with faults are printed as errors and not written: they quote what the reader may not
    see.

    Raises:
        KamError: An account depends on what the reader may not see.
    """
    rows = DiagnosisRows(maker.base, view)
    written = RunOutput(folder)
    faults = []
    done = 0
    for chunk in source.chunks():
        for account in chunk.accounts["account_id"]:
            try:
                made = maker.made(source.case(account), lang)
            except KamError as error:
                raise KamError(f"{account}: {error}") from None
            rows.add(made.diagnosis, made.edition.case if made.edition else made.case)
            done += 1
            progress(done, source.total)
        faults += source.rejected
        source.rejected.clear()
    for fault in faults:
        place = ":".join(str(fault[key]) for key in ("file", "row") if fault[key] is not None)
        click.echo(f"{place}: {fault['reason']}", err=True)
    if not done:
        raise KamError("no account could be read, so nothing was written")
    tables = rows.tables()
    if not everything:
        for name in _EVERYTHING:
            del tables[name]
    for name, table in tables.items():
        write_table(table, folder / f"{name}.{form}", form)
    written.count(tables)
    written.rejected = source.total - written.accounts
    write_manifest(written, maker.base, maker.day, None, form, maker.reader)
    return written
