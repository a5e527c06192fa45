"""The tabs that compare two diagnoses: what if, and what changed since a version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from babel.dates import format_datetime

from kam_expert.errors import KamError
from kam_expert.facts.case import plain_value
from kam_expert.facts.changes import Slot
from kam_expert.facts.currency import currency_of
from kam_expert.knowledge.about import About
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.date_words import dated
from kam_expert.outputs.interface import translator
from kam_expert.web.answer_form import read_value
from kam_expert.web.comparison_words import comparison_in_words
from kam_expert.web.edit_words import entry_words, made_by
from kam_expert.web.page_state import number_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.store.records import Entry
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import PageState
    from kam_expert.web.request import RequestContext

#: Facts that can be changed at once, and versions that are listed.
_CHANGES, _VERSIONS = 12, 200
#: Parts of a slot in an address.
_PARTS = 4
_MOMENT = "d MMMM y, HH:mm:ss"


def what_if_tab(
    context: RequestContext, page: AccountPage, page_state: PageState
) -> dict[str, Any]:
    """Return the tab on which facts are set to other values; nothing is saved."""
    params = page_state.params
    values = _values(page, params.get("w", []))
    picked = _slot(page, _parse(page_state.param("pick")))
    message = ""
    if picked is not None and ("value" in params or "unknown" in params):
        sent = [] if "unknown" in params else params.get("value", [])
        try:
            base = context.service.base
            values[picked] = read_value(
                base.facts[picked.fact], sent, context.lang, currency_of(page.account.case, base)
            )
            picked = None
        except KamError as error:
            message = str(error)
    changes = dict(list(values.items())[:_CHANGES])
    words = page.words
    listed = [
        (
            f"{_label(page, slot)}: {words.value(slot.fact, plain_value(value))}",
            urlencode([("w", _encoded(s, v)) for s, v in changes.items() if s != slot]),
        )
        for slot, value in changes.items()
    ]
    comparison = context.service.what_if(page.account, changes) if changes else None
    wanted = page_state.param("for")
    read = _read_for(page, wanted)
    return {
        "encoded": [_encoded(slot, value) for slot, value in changes.items()],
        "changed": listed,
        "picked": None if picked is None else page.book.question(picked),
        "pick": page_state.param("pick") if picked is not None else "",
        "message": message,
        "facts": _facts(page, context.lang),
        "begin_with": _conclusions(page),
        "conclusion": words.finding(wanted) if read else "",
        "read": read,
        "comparison": None if comparison is None else comparison_in_words(comparison, words),
    }


def _label(page: AccountPage, slot: Slot) -> str:
    return page.words.fact(slot.fact) + page.words.in_brackets(About(slot.kind, slot.id))


def _conclusions(page: AccountPage) -> list[tuple[str, str]]:
    """Return the obstacles and what moves answer, to begin with: the id and the name of each."""
    diagnosis = page.account.diagnosis
    causes = [found.id for cause in diagnosis.causes for found in (cause.first, *cause.rests)]
    answered = [name for move in diagnosis.plan.moves for name in move.because]
    found = dict.fromkeys(name for name in (*causes, *answered) if _read_for(page, name))
    return [(name, page.words.finding(name)) for name in list(found)[:_CHANGES]]


def _read_for(page: AccountPage, name: str) -> list[tuple[str, str]]:
    """Return the facts that a conclusion rests on: each as the form encodes it and in words."""
    facts = page.service.base.facts
    slots: dict[Slot, None] = {}
    for finding in page.account.diagnosis.findings:
        if finding.id != name:
            continue
        for premise in [p for reason in finding.reasons for p in reason.premises]:
            fact, about = facts.get(premise.fact or ""), premise.about
            if fact is not None and fact.doc.computed is None:
                slot = Slot(about.kind, about.id, fact.name, premise.side or "ours")
                if _slot(page, [slot.kind, slot.id, slot.fact, slot.side]):
                    slots[slot] = None
    return [
        (
            urlencode({"pick": json.dumps([s.kind, s.id, s.fact, s.side], ensure_ascii=False)}),
            _label(page, s),
        )
        for s in slots
    ]


def _facts(page: AccountPage, lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the facts that can be set, by theme: each as the form encodes it and in words."""
    base = page.service.base
    _ = translator(lang).gettext
    by_theme: dict[str, list[tuple[str, str]]] = {theme: [] for theme in base.themes}
    for asked in page.book.all_questions():
        theme = base.facts[asked.fact].doc.theme
        for question in asked.questions:
            slot = question.slot
            label = page.words.fact(slot.fact)
            if question.entity_name:
                label += f" – {question.entity_name}"
            if len(asked.questions) > 1:
                label += f" ({_('customer') if question.theirs else _('we')})"
            encoded = json.dumps([slot.kind, slot.id, slot.fact, slot.side], ensure_ascii=False)
            by_theme[theme].append((encoded, label))
    return [(base.themes[theme].get(lang), facts) for theme, facts in by_theme.items() if facts]


def _slot(page: AccountPage, parts: list[Any]) -> Slot | None:
    if len(parts) != _PARTS or not all(isinstance(part, str) for part in parts):
        return None
    slot = Slot(*parts)
    try:
        page.book.question(slot)
    except KeyError:
        return None
    return slot


def _parse(text: str) -> list[Any]:
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return parts if isinstance(parts, list) else []


def _encoded(slot: Slot, value: Any) -> str:
    plain = None if value is UNKNOWN else plain_value(value)
    return json.dumps([slot.kind, slot.id, slot.fact, slot.side, plain], ensure_ascii=False)


def _values(page: AccountPage, encoded: Sequence[str]) -> dict[Slot, Any]:
    values: dict[Slot, Any] = {}
    for text in encoded:
        parts = _parse(text)
        slot = _slot(page, parts[:_PARTS]) if len(parts) == _PARTS + 1 else None
        if slot is None:
            continue
        try:
            values[slot] = page.service.base.facts[slot.fact].read(parts[_PARTS])
        except ValueError:
            continue
    return values


def history_tab(
    context: RequestContext, page: AccountPage, page_state: PageState
) -> dict[str, Any]:
    """Return the versions of an account, and what changed since one of them."""
    entries = page.history.entries
    since = number_in(page_state.param("since"))
    day = parse_date(page_state.param("day"))
    if day is not None:
        # The last version before that day.
        before = [e.version for e in entries if e.at.astimezone().date() < day]
        since = before[-1] if before else entries[0].version
    comparison = None
    if since is not None and any(entry.version == since for entry in entries):
        changes = context.service.changes_since(page.account, since)
        comparison = comparison_in_words(changes, page.words)
    rows = [
        {
            "version": entry.version,
            "at": format_datetime(entry.at.astimezone(), _MOMENT, locale=context.lang),
            "by": made_by(entry, context.lang),
            "lines": entry_words(entry, page.words),
        }
        for entry in reversed(entries)
    ]
    return {
        "rows": rows[:_VERSIONS],
        "more": max(0, len(rows) - _VERSIONS),
        "since": since if comparison else None,
        "since_day": page_state.param("day"),
        "last_time": _last_time(entries, context.lang),
        "comparison": comparison,
    }


def _last_time(entries: Sequence[Entry], lang: str) -> tuple[int, str] | None:
    """Return the last version before the newest day of work, and its day in words."""
    newest = entries[-1].at.astimezone().date()
    before = [e for e in entries if e.at.astimezone().date() < newest]
    if not before:
        return None
    day = dated(before[-1].at.astimezone().date(), lang)
    return before[-1].version, day
