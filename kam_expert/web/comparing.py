"""The two pages that compare: what if a fact were another, and what changed since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from babel.dates import format_date, format_datetime

from kam_expert.errors import KamError
from kam_expert.facts.case import plain_value
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.interface import translator
from kam_expert.web.answer_form import read_value
from kam_expert.web.comparison_words import comparison_shown
from kam_expert.web.edit_words import entry_words, made_by
from kam_expert.web.page_state import number_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kam_expert.store.records import Entry
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import Shown
    from kam_expert.web.request import RequestContext

#: So many facts may be set to other values at once, and so many versions are listed.
_MOST, _LISTED = 12, 200
_PARTS = 4


def what_if_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return the page on which facts are set to other values without saving anything."""
    chosen = _chosen(page, shown.query.get("w", []))
    picked = _slot(page, shown.one("pick"))
    message = ""
    if picked is not None and ("value" in shown.query or "unknown" in shown.query):
        sent = [] if "unknown" in shown.query else shown.query.get("value", [])
        try:
            chosen[picked] = read_value(visit.desk.base.facts[picked.fact], sent, visit.lang)
            picked = None
        except KamError as error:
            message = str(error)
    changes = dict(list(chosen.items())[:_MOST])
    words = page.words
    listed = [
        (
            f"{_named(page, slot)}: {words.value(slot.fact, plain_value(value))}",
            urlencode([("w", _written(s, v)) for s, v in changes.items() if s != slot]),
        )
        for slot, value in changes.items()
    ]
    found = visit.desk.what_if(page.look, changes) if changes else None
    return {
        "written": [_written(slot, value) for slot, value in changes.items()],
        "changes": listed,
        "picked": None if picked is None else page.book.question(picked),
        "pick": shown.one("pick") if picked is not None else "",
        "message": message,
        "facts": _facts(page, visit.lang),
        "found": None if found is None else comparison_shown(found, words),
    }


def _named(page: AccountPage, slot: Slot) -> str:
    whose = page.book.question(slot).whose
    name = page.words.fact(slot.fact)
    return f"{name} ({whose})" if whose else name


def _facts(page: AccountPage, lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return everything that can be set, by theme, as the form names it and in words."""
    base = page.desk.base
    _ = translator(lang).gettext
    by_theme: dict[str, list[tuple[str, str]]] = {theme: [] for theme in base.themes}
    for asking in page.book.everything():
        theme = base.facts[asking.fact].doc.theme
        for question in asking.questions:
            slot = question.slot
            said = page.words.fact(slot.fact)
            if question.whose:
                said += f" – {question.whose}"
            if len(asking.questions) > 1:
                said += f" ({_('customer') if question.theirs else _('we')})"
            named = json.dumps([slot.kind, slot.id, slot.fact, slot.side], ensure_ascii=False)
            by_theme[theme].append((named, said))
    return [(base.themes[theme].get(lang), found) for theme, found in by_theme.items() if found]


def _slot(page: AccountPage, text: str) -> Slot | None:
    parts = _read(text)
    if len(parts) != _PARTS or not all(isinstance(part, str) for part in parts):
        return None
    slot = Slot(*parts)
    try:
        page.book.question(slot)
    except KeyError:
        return None
    return slot


def _read(text: str) -> list[Any]:
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return parts if isinstance(parts, list) else []


def _written(slot: Slot, value: Any) -> str:
    plain = None if value is UNKNOWN else plain_value(value)
    return json.dumps([slot.kind, slot.id, slot.fact, slot.side, plain], ensure_ascii=False)


def _chosen(page: AccountPage, written: Sequence[str]) -> dict[Slot, Any]:
    chosen: dict[Slot, Any] = {}
    for text in written:
        parts = _read(text)
        slot = _slot(page, json.dumps(parts[:_PARTS])) if len(parts) == _PARTS + 1 else None
        if slot is None:
            continue
        try:
            chosen[slot] = page.desk.base.facts[slot.fact].read(parts[_PARTS])
        except ValueError:
            continue
    return chosen


def history_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return the versions of an account, and what changed since one of them."""
    entries = page.story.entries
    since = number_in(shown.one("since"))
    day = parse_date(shown.one("day"))
    if day is not None:
        # As it stood when that day began.
        before = [e.version for e in entries if e.at.astimezone().date() < day]
        since = before[-1] if before else entries[0].version
    known = {entry.version for entry in entries}
    found = None
    if since in known and since is not None:
        found = comparison_shown(visit.desk.since(page.look, since), page.words)
    rows = [
        {
            "version": entry.version,
            "at": when(entry.at, visit.lang),
            "by": made_by(entry, visit.lang),
            "lines": entry_words(entry, page.words),
        }
        for entry in reversed(entries)
    ]
    return {
        "rows": rows[:_LISTED],
        "more": max(0, len(rows) - _LISTED),
        "since": since if found else None,
        "since_day": shown.one("day"),
        "last_time": _last_time(entries, visit.lang),
        "found": found,
    }


def _last_time(entries: Sequence[Entry], lang: str) -> tuple[int, str] | None:
    """Return the version as it stood before the newest day of work, and that earlier day in words."""
    newest = entries[-1].at.astimezone().date()
    before = [e for e in entries if e.at.astimezone().date() < newest]
    if not before:
        return None
    day = format_date(before[-1].at.astimezone().date(), "d MMMM y", locale=lang)
    return before[-1].version, day


def when(at: datetime, lang: str) -> str:
    """Return a moment in the time of this machine."""
    return format_datetime(at.astimezone(), "d MMM y, HH:mm:ss", locale=lang)
