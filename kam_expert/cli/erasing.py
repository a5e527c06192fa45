"""``kam person erase``: erases a person and says what was searched, found and left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import date_option, day_of, lang_option, rules_option
from kam_expert.cli.people import (
    case_argument,
    id_argument,
    print_changes,
    privacy_of,
    read_with_privacy,
    yes_option,
)
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from kam_expert.app.name_search import NameSearch
    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.name_forms import NameForms
    from kam_expert.facts.person_data import PersonData
    from kam_expert.results.certificate import Certificate, SearchedPlace
    from kam_expert.store.store import Store


@dataclass(frozen=True)
class _Request:
    """What was asked of an erasure."""

    identity: str
    also: tuple[str, ...]
    searched: tuple[Path, ...]
    certificate: Path | None
    reference: str
    yes: bool
    lang: str
    day: date


@click.command()
@case_argument
@id_argument
@click.option(
    "--store",
    metavar="URL",
    help="Erase from a database of accounts, including history; CASE is then an account's key.",
)
@click.option("--also", multiple=True, metavar="WORD", help="Another word that names the person.")
@click.option(
    "--search",
    "searched",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="File or folder of earlier reports, runs or exports to search for the name; not changed.",
)
@click.option(
    "--certificate",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the certificate to a file too.",
)
@click.option("--reference", default="", metavar="TEXT", help="Number of the request.")
@yes_option
@lang_option
@date_option
@rules_option
def erase(
    path: Path,
    identity: str,
    store: str | None,
    also: tuple[str, ...],
    searched: tuple[Path, ...],
    certificate: Path | None,
    reference: str,
    yes: bool,
    lang: str,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Erase a person from a case: entry, ties, name, and texts with the name.

    Words that may be the name, such as a short form or another script, are shown and asked about.
    """
    request = _Request(
        identity, also, searched, certificate, reference, yes, lang, day_of(day)
    )  # fmt: skip
    for file in searched:
        if not file.exists():
            raise KamError(f"{file}: no such file or folder; nothing was erased")
    if store is not None:
        _erase_from_store(store, str(path), request, rules_dir)
    else:
        _erase_from_file(path, request, rules_dir)


def _erase_from_file(path: Path, request: _Request, rules_dir: Path | None) -> None:
    from kam_expert.app.inbox import FileLog
    from kam_expert.app.name_search import NameSearch
    from kam_expert.facts.denylist import free_texts, texts_of
    from kam_expert.facts.inbox_entries import erased_entries, proposed_edits
    from kam_expert.facts.names import names_file
    from kam_expert.facts.person_data import PersonData, find_person
    from kam_expert.knowledge.yaml_reader import read_file
    from kam_expert.outputs.saved_case import check_can_be_saved, save_case
    from kam_expert.results.certificate import Certificate
    from kam_expert.store.erasure import Erasure

    check_can_be_saved(path)
    case, privacy = read_with_privacy(path, rules_dir)
    person = find_person(case, request.identity)
    data = PersonData(case, person, privacy, request.also)
    count = len(data.held())
    click.echo(f"{path}: {person.id}: {count} answers will be erased", err=True)
    _print_mentions(path, data)
    inbox = FileLog.next_to(path)
    entries = inbox.entries()
    proposed = proposed_edits(entries, privacy.base)
    texts = [(f"{path}: {where}", text) for where, text in free_texts(case) if text]
    texts += [(str(inbox.path), text) for text in texts_of(proposed) if text]
    also = _decided(data.forms, texts, request)
    data = PersonData(case, person, privacy, also)
    erasure = Erasure(person.kind, person.id, privacy.base, also)
    erasure.learn(case, proposed)
    erasure.ready()
    left = erased_entries(entries, erasure, privacy.base)
    if not request.yes:
        click.confirm("Erase?", abort=True, err=True)
    names = names_file(path, read_file(path))
    before = len(data.mentions())
    save_case(path, data.erased())
    inbox.replace(left)
    click.echo(str(path), err=True)
    search = NameSearch(data.forms)
    places = [replace(place, found=before) for place in search.path("case", path)]
    if entries:
        gone = len(entries) - len(left)
        places += [replace(place, found=gone) for place in search.path("inbox", inbox.path)]
    places += search.path("names", names) if names.is_file() else ()
    places += _common_places(search, request.searched)
    account = search.masked(case.account.id)
    done = Certificate(
        request.reference, request.day, account, person.kind, count, 1, tuple(places)
    )  # fmt: skip
    after, _ = read_with_privacy(path, rules_dir)
    _print_left(path, after, search)
    _hand_over(done, request, search)
    print_changes(case, after, privacy, request.day, request.lang, gone=person)


def _erase_from_store(url: str, key: str, request: _Request, rules_dir: Path | None) -> None:
    from kam_expert.app.name_search import NameSearch
    from kam_expert.facts.person_data import PersonData
    from kam_expert.results.certificate import Certificate
    from kam_expert.store.store import Store

    privacy = privacy_of(rules_dir)
    store = Store.open(url, privacy.base)
    before = store.state(key)
    person = _find_in_history(store, key, request.identity)
    erasure = store.erasure(key, person.kind, person.id, request.also)
    texts = [(key, text) for text in erasure.texts]
    also = _decided(erasure.forms, texts, request)
    if not request.yes:
        click.confirm(f"Erase {person.id} from every version of {key}?", abort=True, err=True)
    forms = store.erasure(key, person.kind, person.id, also).forms
    search = NameSearch(forms)
    named = sum(map(forms.are_in, erasure.texts))
    held = len(PersonData(before.case, person, privacy).held())
    after = store.erase_person(key, person.kind, person.id, also=also)
    places = [*_stored_places(search, store, key, named), *_common_places(search, request.searched)]
    done = Certificate(
        request.reference, request.day, search.masked(before.case.account.id), person.kind,
        held, before.version, tuple(places), postgresql=not store.files,
    )  # fmt: skip
    store.close()
    _hand_over(done, request, search)
    print_changes(before.case, after.case, privacy, request.day, request.lang, gone=person)


def _decided(
    forms: NameForms, texts: Iterable[tuple[str, str]], request: _Request
) -> tuple[str, ...]:
    """Show the words that may be the name, and return those that are to be erased too."""
    from kam_expert.facts.near_names import NearNames

    near_names = NearNames(forms)
    found: dict[tuple[str, str], dict[str, None]] = {}
    for where, text in texts:
        for like in near_names.in_text(text):
            found.setdefault((like.word, like.how), {})[where] = None
    chosen = list(request.also)
    for (word, how), wheres in found.items():
        shown = f'{", ".join(wheres)}: "{word}" may be the name ({_HOW[how]})'
        if request.yes:
            click.echo(f'{shown}; it is left. Add --also "{word}" to erase it', err=True)
        elif click.confirm(f"{shown}. Erase it too?", err=True):
            chosen.append(word)
    return tuple(chosen)


_HOW = {
    "lowercase": "written small",
    "stem": "begins like it",
    "script": "in another script",
    "initials": "initials",
    "diminutive": "a short form",
    "spelling": "spelt otherwise",
    "spaced": "with a space in it",
}


def _stored_places(
    search: NameSearch, store: Store, key: str, found: int
) -> Iterator[SearchedPlace]:
    from kam_expert.results.certificate import SearchedPlace

    texts = store.texts()
    yield search.place("history", key, texts.pop(key, ()), found)
    others = [key for key, stored in texts.items() if any(map(search.forms.are_in, stored))]
    yield SearchedPlace("other_accounts", ", ".join(others), 0, len(others), 0)
    for file in store.files:
        yield from search.path("database", file)


def _common_places(search: NameSearch, outputs: Iterable[Path]) -> Iterator[SearchedPlace]:
    from kam_expert.resources import cache_folder

    cache = cache_folder()
    if cache is not None:
        yield from search.path("cache", cache)
    for path in outputs:
        yield from search.path("output", path)


def _hand_over(certificate: Certificate, request: _Request, search: NameSearch) -> None:
    from kam_expert.outputs.erasure_certificate import certificate_text
    from kam_expert.outputs.files import write_whole

    text = search.forms.without(certificate_text(certificate, request.lang))
    click.echo(text, err=True, nl=False)
    if request.certificate is not None:
        write_whole(request.certificate, text)
        click.echo(str(request.certificate), err=True)


def _print_mentions(path: Path, data: PersonData) -> None:
    mentions = data.mentions()
    # Mentions in answers have an id in front; they are counted.
    answers = [mention for mention in mentions if ": " in mention.where]
    for mention in mentions:
        if mention not in answers:
            click.echo(f"{path}: {mention.where}: names the person and will be erased", err=True)
    if answers:
        click.echo(f"{path}: the name will be erased from {len(answers)} answers", err=True)


def _print_left(path: Path, case: Case, search: NameSearch) -> None:
    """Print where the name, or a word like it, is left; the name of an account is not changed."""
    from kam_expert.facts.denylist import free_texts

    account = (("account.id", case.account.id), ("account.name", case.account.name))
    for where, text in (*account, *free_texts(case)):
        if any(search.count([text])):
            click.echo(
                f"{path}: {where}: has a word like the name; check whether it is the name", err=True
            )


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
