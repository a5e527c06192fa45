"""``kam learn``."""

from __future__ import annotations

from pathlib import Path

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    lang_option,
    load_base,
    rules_option,
    thresholds_option,
)
from kam_expert.extras import needs


@click.command()
@click.argument("source")
@click.option(
    "--outcomes",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="CSV with account,day,outcome: renewed, lost or grew.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@lang_option
@date_option
@thresholds_option
@rules_option
def learn(
    source: str,
    outcomes: Path | None,
    as_json: bool,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Count what steps were followed by, over many accounts.

    SOURCE is a database of accounts, or a folder of folders named YYYY-MM-DD with case files or
    runs of kam portfolio. It shows what came after, never what caused it.
    """
    with needs("learn", "kam learn"):
        from kam_expert.app.learning_source import read_outcomes, snapshots
        from kam_expert.engines.learning import learn as learned
    from kam_expert.outputs.learned_text import learned_json, learned_text

    base = load_base(rules_dir, thresholds)
    ended = read_outcomes(outcomes) if outcomes is not None else None
    found = learned(snapshots(source, base, day_of(day)), ended)
    click.echo(learned_json(found) if as_json else learned_text(found, base, lang), nl=False)
