"""Options and functions that the commands about people share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import load_base, load_privacy_of

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.privacy import Privacy

case_argument = click.argument("path", metavar="CASE", type=click.Path(path_type=Path))
id_argument = click.argument("identity", metavar="ID")
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


def privacy_of(rules_dir: Path | None) -> Privacy:
    """Return the privacy settings of a rule base. Raises KamError."""
    return load_privacy_of(rules_dir, load_base(rules_dir))


def read_with_privacy(path: Path, rules_dir: Path | None) -> tuple[Case, Privacy]:
    """Return a case and the privacy settings of a rule base. Raises KamError."""
    from kam_expert.facts.case_file import read_any_case

    privacy = privacy_of(rules_dir)
    return read_any_case(path, privacy.base), privacy


def print_changes(
    before: Case, after: Case, privacy: Privacy, day: date, lang: str, gone: Entity | None = None
) -> None:
    """Print the differences between the diagnoses of two cases, without erased data."""
    from kam_expert.engines.assemble import diagnose
    from kam_expert.engines.forward_chaining import engine_of
    from kam_expert.engines.privacy.person_conclusions import changes
    from kam_expert.outputs.person_sheet import PersonText

    base = privacy.base
    engine = engine_of(base)
    old, new = (diagnose(case, base, day, engine) for case in (before, after))
    words = PersonText(base, after, lang, day)
    erased = gone and (gone.kind, gone.id)
    words.changes([c for c in changes(old, new) if (c.about.kind, c.about.id) != erased])
    click.echo(words.lines.text(), nl=False)
