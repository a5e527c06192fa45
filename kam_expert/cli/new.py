"""``kam new``: an empty case file."""

from __future__ import annotations

from pathlib import Path

import click

from kam_expert.cli.options import lang_option, load_base, rules_option
from kam_expert.errors import KamError


@click.command()
@click.argument("path", metavar="CASE", type=click.Path(path_type=Path))
@lang_option
@rules_option
def new(path: Path, lang: str, rules_dir: Path | None) -> None:
    """Write an empty case file with the questions as comments."""
    if path.suffix.lower() not in ("", ".yaml", ".yml"):
        instead = "; kam template writes a workbook" if path.suffix.lower() == ".xlsx" else ""
        raise KamError(f"{path}: a case file ends in .yaml or .yml{instead}")
    from kam_expert.outputs.files import write_whole
    from kam_expert.outputs.new_case import new_case

    identity = "".join(c if c.isalnum() or c in "-_" else "-" for c in path.stem) or "account"
    write_whole(path, new_case(load_base(rules_dir), identity, lang), new=True)
    click.echo(str(path), err=True)
