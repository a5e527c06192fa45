"""Moves and steps as an iCalendar file: all-day events, a move from its first day to its last.

They are events because few calendars show to-dos. The id of an event depends on the account and
the step, and for a single step on the person, so that a later export moves the event instead of
adding another.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kam_expert import __version__
from kam_expert.extras import needs
from kam_expert.outputs.crm_tasks import description, subject

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]


def step_calendar(steps: Iterable[tuple[str, Row]], day: date, lang: str) -> bytes:
    """Return moves or steps as a calendar.

    Args:
        steps: Account name and a row of `crm_tasks.to_do`. A row without a day to begin is an event
            on the day by which it is due; one without a day by which it is due is left out.
        day: The day of the diagnosis; a later day replaces an earlier event.
        lang: The language of the texts.

    Raises:
        KamError: icalendar is not installed.
    """
    with needs("calendar", "a calendar"):
        import icalendar  # noqa: PLC0415 -- optional dependency
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//kam-expert//kam-expert {__version__}//{lang.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for account, step in steps:
        if step["due"] is None:
            continue
        event = icalendar.Event()
        event.add("uid", _identity(step))
        event.add("dtstamp", datetime(day.year, day.month, day.day, tzinfo=UTC))
        event.add("sequence", max(day.toordinal() - date(2020, 1, 1).toordinal(), 0))
        event.add("dtstart", step.get("begin") or step["due"])
        event.add("dtend", step["due"] + timedelta(1))
        event.add("summary", _clean(subject(step, account)), {"language": lang})
        text = "\n\n".join(filter(None, (description(step), step["who"])))
        event.add("description", _clean(text), {"language": lang})
        if step["kind_name"]:
            event.add("categories", [step["kind_name"]])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _identity(step: Row) -> str:
    about = (step["about_kind"], step["about"])
    if isinstance(step["about"], list):  # a move is in a plan once
        about = ("account", step["account"])
    key = "\0".join((step["account"], step["step"] or f"plan {step['entry']}", *about))
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@kam-expert"


def _clean(text: str) -> str:
    # iCalendar cannot represent control characters.
    return "\n".join("".join(filter(str.isprintable, line)) for line in text.splitlines())
