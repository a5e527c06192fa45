"""Next steps as an iCalendar file with an all-day event on each due date.

Steps are events because few calendars show to-dos. The id of an event depends on the account, the
step and the person, so that a later export moves the event instead of adding another.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kam_expert import __version__
from kam_expert.errors import KamError
from kam_expert.outputs.crm_tasks import subject

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]


def step_calendar(steps: Iterable[tuple[str, Row]], day: date, lang: str) -> bytes:
    """Return the steps that can be taken now, as a calendar.

    Args:
        steps: Account name and row of the table of steps. Held-back steps are left out.
        day: The day of the diagnosis; a later day replaces an earlier event.
        lang: The language of the texts.

    Raises:
        KamError: icalendar is not installed.
    """
    try:
        import icalendar  # noqa: PLC0415 -- optional dependency
    except ImportError:
        raise KamError(
            "a calendar needs icalendar, which is not installed: pip install kam-expert[calendar]"
        ) from None
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//kam-expert//kam-expert {__version__}//{lang.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for account, step in steps:
        if step["held_back_by"]:
            continue
        event = icalendar.Event()
        event.add("uid", _identity(step))
        event.add("dtstamp", datetime(day.year, day.month, day.day, tzinfo=UTC))
        event.add("sequence", max(day.toordinal() - date(2020, 1, 1).toordinal(), 0))
        event.add("dtstart", step["due"])
        event.add("dtend", step["due"] + timedelta(1))
        event.add("summary", _clean(subject(step, account)), {"language": lang})
        text = f"{step['do']}\n\n✓ {step['success']}\n\n{step['who']}"
        event.add("description", _clean(text), {"language": lang})
        event.add("categories", [step["kind_name"]])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _identity(step: Row) -> str:
    key = "\0".join((step["account"], step["step"], step["about_kind"], step["about"]))
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@kam-expert"


def _clean(text: str) -> str:
    # iCalendar cannot represent control characters.
    return "\n".join("".join(filter(str.isprintable, line)) for line in text.splitlines())
