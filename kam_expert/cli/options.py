"""Options, exit statuses and loaders that commands share."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kam_expert.errors import KamError, shortened
from kam_expert.knowledge.audience import Edition
from kam_expert.resources import methods_folder, rules_folder

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy

EXIT_FOUND, EXIT_BAD_INPUT = 1, 2


class RulesPath(click.Path):
    """A folder of rules, the name of a method that travels with the program, or a pack.

    A pack is unpacked into a temporary folder, which is deleted when the command ends.
    """

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the folder of the rules. Raises KamError if the pack is damaged or altered."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        named = methods_folder() / path.name
        if not path.exists() and path.parent == Path() and named.is_dir():
            return named
        if ctx is None or not path.is_file():
            return path
        from kam_expert.knowledge.method_pack import read_pack

        pack = read_pack(path)
        temporary = ctx.with_resource(tempfile.TemporaryDirectory(prefix="kam_method_"))
        return pack.unpack(Path(temporary))


rules_option = click.option(
    "--rules",
    "rules_dir",
    type=RulesPath(),
    help="Folder or pack of the rule base, or the name of a method; the built-in one by default.",
)
thresholds_option = click.option(
    "--thresholds",
    type=click.Path(path_type=Path),
    help="File with thresholds that replace those of the rule base.",
)
lang_option = click.option(
    "--lang", type=click.Choice(["uk", "en"]), default="uk", show_default=True
)
date_option = click.option(
    "--date", "day", metavar="YYYY-MM-DD", help="Date of the diagnosis; today by default."
)

edition_option = click.option(
    "--edition",
    type=click.Choice([str(edition) for edition in Edition]),
    default=str(Edition.CONSULTANT),
    show_default=True,
    help="For the consultant; for the client, who ordered it: nothing about individual people; for "
    "the customer: what both sides know.",
)


def load_base(rules: Path | None, thresholds: Path | None = None) -> KnowledgeBase:
    """Return the rule base of a folder, by default the built-in one."""
    from kam_expert.knowledge.rule_cache import load_compiled

    return load_compiled(rules or rules_folder(), thresholds)


def load_privacy_of(rules: Path | None, base: KnowledgeBase) -> Privacy:
    """Return the privacy settings of the rule base in a folder. Raises KamError."""
    from kam_expert.knowledge.privacy import load_privacy

    return load_privacy(rules or rules_folder(), base)


def print_warnings(case: Case, base: KnowledgeBase) -> None:
    """Print what is doubtful in a case without being a mistake."""
    from kam_expert.facts.plan_subjects import warnings

    for problem in warnings(case, base):
        click.echo(f"warning: {problem}", err=True)


#: Deadlines and periods are computed from the date, and a calendar has an end.
_FIRST, _LAST = date(1900, 1, 1), date(2999, 12, 31)


def day_of(text: str | None) -> date:
    """Return the given day, by default today. Raises KamError."""
    from kam_expert.knowledge.documents import parse_date

    if text is None:
        return date.today()  # noqa: DTZ011 -- the consultant's local date
    day = parse_date(text)
    if day is None:
        raise KamError(f'--date takes YYYY-MM-DD, not "{shortened(text)}"')
    if not _FIRST <= day <= _LAST:
        raise KamError(f"--date {day} is not between {_FIRST} and {_LAST}")
    return day
