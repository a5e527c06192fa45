"""``kam person expire``: erases judgements of people some time after the last contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import date_option, day_of, lang_option, rules_option
from kam_expert.cli.people import print_changes, privacy_of, yes_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.privacy import Privacy


@click.command()
@click.argument("paths", metavar="CASE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--days",
    type=click.IntRange(min=1),
    help="Days without contact; by default that of the rule base.",
)
@click.option(
    "--store",
    metavar="URL",
    help="Erase from a database of accounts, including history; CASE is then an account's key.",
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
    """Erase judgements of people without contact for half a year."""
    when = day_of(day)
    privacy = privacy_of(rules_dir)
    expiry = _Expiry(privacy, when, days or privacy.keep_days, yes)
    for path in paths:
        if store is None:
            before, after = _expire_in_file(path, expiry)
        else:
            before, after = _expire_in_store(store, str(path), expiry)
        if after is not before:
            click.echo(str(path), err=True)
            print_changes(before, after, privacy, when, lang)


@dataclass(frozen=True)
class _Expiry:
    """Selects people whose last contact is more than *days* ago."""

    privacy: Privacy
    when: date
    days: int
    yes: bool

    def due(self, place: str, case: Case, changed: date) -> Iterator[Entity]:
        """Yield the people whose judgements are to be erased, after asking about each."""
        from kam_expert.facts.person_data import PersonData, newest_day

        # An answer without a date held when the case was last changed.
        newest = newest_day(case) or changed
        for person in case.entities("person"):
            data = PersonData(case, person, self.privacy)
            silent = (self.when - data.last_contact(newest)).days
            judged = data.judgements()
            if not judged or silent <= self.days:
                continue
            text = f"{place}: {person.id}: {silent} days without contact, {len(judged)} judgements"
            if self.yes:
                click.echo(f"{text} erased", err=True)
            elif not click.confirm(f"{text}. Erase?", err=True):
                continue
            yield person


def _expire_in_file(path: Path, expiry: _Expiry) -> tuple[Case, Case]:
    from kam_expert.app.inbox import FileLog
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.facts.inbox_entries import erased_entries, proposed_edits
    from kam_expert.facts.person_data import PersonData
    from kam_expert.outputs.saved_case import check_can_be_saved, save_case
    from kam_expert.store.expiry import Expiry

    check_can_be_saved(path)
    base, inbox = expiry.privacy.base, FileLog.next_to(path)
    entries = inbox.entries()
    before = after = read_any_case(path, base)
    changed = date.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ012 -- as today
    for person in expiry.due(str(path), before, changed):
        after = PersonData(after, person, expiry.privacy).without_judgements()
        erasure = Expiry(person.kind, person.id, base)
        erasure.learn(before, proposed_edits(entries, base))
        entries = erased_entries(entries, erasure, base)
    if after is not before:
        save_case(path, after)
        inbox.replace(entries)
    return before, after


def _expire_in_store(url: str, key: str, expiry: _Expiry) -> tuple[Case, Case]:
    from kam_expert.store.store import Store

    store = Store.open(url, expiry.privacy.base)
    state = store.state(key)
    before = after = state.case
    for person in expiry.due(key, before, state.changed.date()):
        after = store.erase_judgements(key, person.kind, person.id).case
    store.close()
    return before, after
