"""The certificate of an erasure as text. It names nobody."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from kam_expert.outputs.date_words import dated
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kam_expert.results.certificate import Certificate, SearchedPlace

_WIDTH = 78


def certificate_text(certificate: Certificate, lang: str) -> str:
    """Return a certificate as plain text with lines of at most 78 characters."""
    _ = translator(lang).gettext
    lines = [_("CERTIFICATE OF ERASURE"), ""]
    facts = [
        (_("Request"), certificate.reference),
        (_("Date"), dated(certificate.day, lang)),
        (_("Account"), certificate.account),
        (_("Whose data"), _("a colleague") if certificate.kind == "member" else _("a contact")),
        (_("Answers erased"), str(certificate.answers)),
        (_("Versions rewritten"), str(certificate.versions)),
    ]
    lines += [f"{label}: {value}" for label, value in facts if value]
    lines += ["", _("Searched for every form of the name, in this order:")]
    for place in certificate.places:
        lines += _bullet(_place(place, _))
    lines += ["", _("Not searched, because the program cannot know of it:")]
    for text in _elsewhere(certificate, _):
        lines += _bullet(text)
    lines += ["", *textwrap.wrap(_conclusion(certificate, _), _WIDTH)]
    return "\n".join(lines) + "\n"


def _bullet(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False
    )


def _place(place: SearchedPlace, _: Callable[[str], str]) -> str:
    what = {
        "case": _("the case file {place}"),
        "inbox": _("the inbox {place}"),
        "names": _("the file of names {place}"),
        "history": _("all versions of the account {place}"),
        "other_accounts": _("the other accounts of the database"),
        "database": _("the bytes of the database file {place}"),
        "cache": _("the cache of the program {place}, except compiled rules and templates"),
        "output": _("earlier output {place}"),
    }[place.what].format(place=place.place)
    return f"{what}: {'; '.join(_results(place, _))}"


def _results(place: SearchedPlace, _: Callable[[str], str]) -> Iterator[str]:
    if place.unsearched:
        yield {
            "unreadable": _("not searched: it cannot be read"),
            "too_large": _("not searched: it is larger than 256 MB"),
            "format": _("not searched: a library for this format is not installed"),
            "missing": _("not searched: it is not a file"),
        }[place.unsearched]
        return
    if place.found:
        yield _("texts that named the person: {count}, erased").format(count=place.found)
    if place.left and place.what == "other_accounts":
        yield _("somebody has the same name in {place}; it may be another person").format(
            place=place.place
        )
    elif place.left and place.what == "output":
        yield _("names the person; delete it, or make it again")
    elif place.left:
        yield _("still names the person")
    if place.like:
        yield _("words that may be the name are left: {count}").format(count=place.like)
    if not place.left and not place.like:
        yield _("nothing left")


def _elsewhere(certificate: Certificate, _: Callable[[str], str]) -> Iterator[str]:
    yield _("backups, editors’ copies, version control, free blocks of the disk;")
    yield _("reports, tables and mails that were handed out, unless named above;")
    yield _("the memory of a server that is running: restart it;")
    if certificate.postgresql:
        yield _("the write-ahead log, archives and replicas of PostgreSQL.")


def _conclusion(certificate: Certificate, _: Callable[[str], str]) -> str:
    if certificate.is_clean:
        return _("In everything that was searched, nothing names the person any more.")
    return _("Not everything is erased: see the lines above that say what is left.")
