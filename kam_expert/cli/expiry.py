"""``kam person expire``: judgements of people go some time after the last contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import date_option, day_of, lang_option, rules_option
from kam_expert.cli.people import privacy_of, tell_changes, yes_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.privacy import Privacy


@click.command()
@click.argument("paths", metavar="CASE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--days", type=click.IntRange(min=1), help="Days without contact; ours by default.")
@click.option(
    "--store",
    metavar="URL",
    help="Erase from a database of accounts, all its history too; CASE is then an account's key.",
)
@yes_option
@lang_option
@date_option
@rules_option
def expire(
    paths: tuple[Path, ...],
    days: int | None,
    store: str | None,
    yes: bool,
    lang: str,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Erase judgements of people with whom there has been no contact for half a year."""
    when = day_of(day)
    privacy = privacy_of(rules_dir)
    wish = _Expiring(privacy, when, days or privacy.keep_days, yes)
    for path in paths:
        if store is None:
            before, after = _expire_in_file(path, wish)
        else:
            before, after = _expire_in_store(store, str(path), wish)
        if after is not before:
            click.echo(str(path), err=True)
            tell_changes(before, after, privacy, when, lang)


@dataclass(frozen=True)
class _Expiring:
    """Which judgements are to go: of people without contact for more than so many days."""

    privacy: Privacy
    when: date
    days: int
    yes: bool

    def due(self, place: str, case: Case, changed: date) -> Iterator[Entity]:
        """Yield those whose judgements are to be erased, and ask for each."""
        from kam_expert.facts.person_data import PersonData, newest_day

        # An answer without a date was true when the case was last worked on.
        told = newest_day(case) or changed
        for person in case.entities("person"):
            data = PersonData(case, person, self.privacy)
            silent = (self.when - data.last_contact(told)).days
            judged = data.judgements()
            if not judged or silent <= self.days:
                continue
            said = f"{place}: {person.id}: {silent} days without contact, {len(judged)} judgements"
            if self.yes:
                click.echo(f"{said} erased", err=True)
            elif not click.confirm(f"{said}. Erase?", err=True):
                continue
            yield person


def _expire_in_file(path: Path, wish: _Expiring) -> tuple[Case, Case]:
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.facts.person_data import PersonData
    from kam_expert.outputs.saved_case import check_can_be_saved, save_case

    check_can_be_saved(path)
    before = after = read_any_case(path, wish.privacy.base)
    changed = date.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ012 -- as today
    for person in wish.due(str(path), before, changed):
        after = PersonData(after, person, wish.privacy).without_judgements()
    if after is not before:
        save_case(path, after)
    return before, after


def _expire_in_store(url: str, key: str, wish: _Expiring) -> tuple[Case, Case]:
    from kam_expert.store.store import Store

    store = Store.open(url, wish.privacy.base)
    state = store.state(key)
    before = after = state.case
    for person in wish.due(key, before, state.changed.date()):
        after = store.erase_judgements(key, person.kind, person.id).case
    store.close()
    return before, after
