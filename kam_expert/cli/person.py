"""``kam person``: shows, corrects and erases the data about a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.expiry import expire
from kam_expert.cli.options import date_option, day_of, lang_option, rules_option
from kam_expert.cli.people import print_changes, privacy_of, yes_option
from kam_expert.errors import KamError, shortened

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.person_data import PersonData
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.store.store import Store

case_argument = click.argument("path", metavar="CASE", type=click.Path(path_type=Path))
id_argument = click.argument("identity", metavar="ID")


@click.group(name="person")
def person_group() -> None:
    """Show, correct and erase the data about a person; ID is the id in the case."""


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
    from kam_expert.engines.forward_chaining import ForwardChainingEngine
    from kam_expert.engines.privacy.person_conclusions import person_sheet
    from kam_expert.outputs.person_sheet import PersonText, sheet_json

    when = day_of(day)
    case, privacy = _read(path, rules_dir)
    data = _person(case, identity, privacy)
    base = privacy.base
    sheet = person_sheet(case, data.person, privacy, when, ForwardChainingEngine(base))
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
    case, privacy = _read(path, rules_dir)
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
@case_argument
@id_argument
@click.option(
    "--store",
    metavar="URL",
    help="Erase from a database of accounts, including history; CASE is then an account's key.",
)
@yes_option
@lang_option
@date_option
@rules_option
def erase(
    path: Path,
    identity: str,
    store: str | None,
    yes: bool,
    lang: str,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Erase a person from a case: entry, ties, name, and texts with the name."""
    from kam_expert.outputs.saved_case import check_can_be_saved, save_case

    when = day_of(day)
    if store is not None:
        _erase_from_store(store, str(path), identity, when, rules_dir, yes=yes, lang=lang)
        return
    check_can_be_saved(path)
    case, privacy = _read(path, rules_dir)
    data = _person(case, identity, privacy)
    count = len(data.held())
    click.echo(f"{path}: {data.person.id}: {count} answers will be erased", err=True)
    _print_mentions(path, data)
    if not yes:
        click.confirm("Erase?", abort=True, err=True)
    after = data.erased()
    save_case(path, after)
    click.echo(str(path), err=True)
    for where in data.perhaps_in(after):
        click.echo(
            f"{path}: {where}: has a word like the name; check whether it is the name", err=True
        )
    print_changes(case, after, privacy, when, lang, gone=data.person)


@person_group.command()
@click.argument("kind", type=click.Choice(["lia", "notice"]))
@lang_option
@rules_option
def template(kind: str, lang: str, rules_dir: Path | None) -> None:
    """Print a template: lia, a legitimate interests assessment, or notice, a privacy notice."""
    from kam_expert.outputs.privacy_texts import privacy_text

    click.echo(privacy_text(kind, privacy_of(rules_dir), lang), nl=False)


def _print_mentions(path: Path, data: PersonData) -> None:
    mentions = data.mentions()
    # Mentions in answers have an id in front; they are counted.
    answers = [mention for mention in mentions if ": " in mention.where]
    for mention in mentions:
        if mention not in answers:
            click.echo(f"{path}: {mention.where}: names the person and will be erased", err=True)
    if answers:
        click.echo(f"{path}: the name will be erased from {len(answers)} answers", err=True)


def _erase_from_store(
    url: str,
    key: str,
    identity: str,
    day: date,
    rules_dir: Path | None,
    *,
    yes: bool,
    lang: str,
) -> None:
    from kam_expert.store.store import Store

    privacy = privacy_of(rules_dir)
    store = Store.open(url, privacy.base)
    before = store.state(key).case
    person = _find_in_history(store, key, identity)
    if not yes:
        click.confirm(f"Erase {person.id} from every version of {key}?", abort=True, err=True)
    after = store.erase_person(key, person.kind, person.id).case
    print_changes(before, after, privacy, day, lang, gone=person)


def _find_in_history(store: Store, key: str, identity: str) -> Entity:
    """Return a person of any version, because a removed person may be in the history."""
    from kam_expert.facts.case import Entity
    from kam_expert.facts.edits import AddEntity
    from kam_expert.facts.person_data import find_person

    newest = store.state(key).case
    try:
        return find_person(newest, identity)
    except KamError:
        added = [e for entry in store.history(key) for e in entry.edits if isinstance(e, AddEntity)]
    first = store.state(key, 1).case
    known = {(e.kind, e.id.strip()) for e in added}
    known |= {(e.kind, e.id) for kind in ("person", "member") for e in first.entities(kind)}
    people, team = (
        tuple(Entity(k, i) for k, i in sorted(known) if k == kind) for kind in ("person", "member")
    )
    try:
        return find_person(replace(newest, people=people, team=team), identity)
    except KamError:
        # An earlier call may have erased the person and failed to clear the files.
        store.pack()
        raise


def _read(path: Path, rules_dir: Path | None) -> tuple[Case, Privacy]:
    from kam_expert.facts.case_file import read_any_case

    privacy = privacy_of(rules_dir)
    return read_any_case(path, privacy.base), privacy


def _person(case: Case, identity: str, privacy: Privacy) -> PersonData:
    from kam_expert.facts.person_data import PersonData, find_person

    return PersonData(case, find_person(case, identity), privacy)
