"""``kam person``: shows and corrects the data about a person; the texts about such data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kam_expert.cli.erasing import erase
from kam_expert.cli.expiry import expire
from kam_expert.cli.options import date_option, day_of, lang_option, rules_option
from kam_expert.cli.people import (
    case_argument,
    id_argument,
    print_changes,
    privacy_of,
    read_with_privacy,
)
from kam_expert.errors import KamError, shortened

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.facts.person_data import PersonData
    from kam_expert.knowledge.privacy import Privacy


@click.group(name="person")
def person_group() -> None:
    """Show, correct and erase the data about a person; ID is the id in the case."""


person_group.add_command(erase)
person_group.add_command(expire)


@person_group.command()
@case_argument
@id_argument
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@lang_option
@date_option
@rules_option
def show(
    path: Path, identity: str, form: str, lang: str, day: str | None, rules_dir: Path | None
) -> None:
    """Show all data about a person, in words for this person."""
    from kam_expert.app.inbox import FileLog, Inbox
    from kam_expert.engines.forward_chaining import engine_of
    from kam_expert.engines.privacy.person_conclusions import person_sheet
    from kam_expert.outputs.person_sheet import PersonText, sheet_json

    when = day_of(day)
    case, privacy = read_with_privacy(path, rules_dir)
    data = _person(case, identity, privacy)
    base = privacy.base
    proposals = Inbox(FileLog.next_to(path), privacy).proposals()
    sheet = person_sheet(case, data.person, privacy, when, engine_of(base), proposals)
    if form == "json":
        click.echo(sheet_json(sheet, base, when), nl=False)
    else:
        click.echo(PersonText(base, case, lang, when).sheet(sheet, privacy), nl=False)


@person_group.command()
@case_argument
@id_argument
@click.argument("facts", metavar="FACT=VALUE…", nargs=-1, required=True)
@lang_option
@date_option
@rules_option
def correct(
    path: Path,
    identity: str,
    facts: tuple[str, ...],
    lang: str,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Correct facts about a person: FACT=VALUE, name=…, or OTHER.FACT=VALUE for a tie."""
    from kam_expert.outputs.saved_case import check_can_be_saved, save_case

    when = day_of(day)
    check_can_be_saved(path)
    case, privacy = read_with_privacy(path, rules_dir)
    after = case
    for given in facts:
        fact, equals, value = given.partition("=")
        if not equals:
            raise KamError(f'a correction is FACT=VALUE, not "{shortened(given)}"')
        after = _person(after, identity, privacy).corrected(fact.strip(), value, when)
    save_case(path, after)
    click.echo(str(path), err=True)
    print_changes(case, after, privacy, when, lang)


@person_group.command()
@click.argument("kind", type=click.Choice(["lia", "notice"]))
@lang_option
@rules_option
def template(kind: str, lang: str, rules_dir: Path | None) -> None:
    """Print a template: lia, a legitimate interests assessment, or notice, a privacy notice."""
    from kam_expert.outputs.privacy_texts import privacy_text

    click.echo(privacy_text(kind, privacy_of(rules_dir), lang), nl=False)


def _person(case: Case, identity: str, privacy: Privacy) -> PersonData:
    from kam_expert.facts.person_data import PersonData, find_person

    return PersonData(case, find_person(case, identity), privacy)
