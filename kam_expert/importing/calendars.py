"""Who met whom and when, from the attendees of calendars (ICS).

A meeting counts if it was not cancelled and both sides accepted. Private events are left out by
their class alone; their other data are not read. Texts, places and attachments are not even parsed.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.extras import needs
from kam_expert.importing.correspondence import Contact, Sides, contact_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.importing.table import SourceTable

ENDINGS = (".ics",)
_MOST_BYTES = 64_000_000
#: Properties that are read; icalendar takes its time for every character of the others.
_READ = frozenset(
    b"BEGIN END VERSION CALSCALE METHOD UID SEQUENCE CLASS STATUS ATTENDEE ORGANIZER DTSTART DTEND "
    b"DURATION RECURRENCE-ID RRULE RDATE EXRULE EXDATE TZID TZOFFSETFROM TZOFFSETTO".split()
)
_PROPERTY = re.compile(rb"[A-Za-z0-9-]+(?=[:;])")
_LONGEST_PROPERTY = 100_000
#: Occurrences of a series are counted from this many days before the day of the export.
_SERIES_DAYS = 800
_MOST_OCCURRENCES = 20_000
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FIRST_YEAR = 1970
#: What the libraries raise about a property that they cannot read.
_BROKEN = (ValueError, KeyError, AttributeError, TypeError, IndexError, OverflowError)
UNREADABLE = Contact("", left_out="not_readable")
_CAME = ("ACCEPTED", "COMPLETED", "IN-PROCESS")


def calendar_table(paths: list[Path], sides: Sides, day: date | None) -> SourceTable:
    """Return the events of calendars as a table of contacts; one in several files counts once.

    Args:
        paths: The files.
        sides: Whose an address is.
        day: The day of the export, up to which a series is counted.

    Raises:
        KamError: A file cannot be read, or a library is missing.
    """
    contacts: list[Contact] = []
    seen: set[tuple[str, str]] = set()
    for path in paths:
        for contact in _contacts(path, sides, day):
            key = (contact.id, contact.day)
            if contact.id and key in seen:
                contacts.append(Contact(contact.id, left_out="same_meeting"))
                continue
            seen.add(key)
            contacts.append(contact)
    return contact_table("calendar", len(paths), contacts, "calendar")


def _contacts(path: Path, sides: Sides, day: date | None) -> Iterator[Contact]:
    with needs("crm", f"{path.name}: reading a calendar"):
        import recurring_ical_events  # noqa: PLC0415 -- only calendars need it
        from icalendar import Calendar  # noqa: PLC0415 -- as above
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise KamError(f"{path.name}: more than {_MOST_BYTES // 10**6} MB; export a part")
        data = _read_lines(path)
        calendars = Calendar.from_ical(data, multiple=True)
        whole = data.upper().count(b"END:VCALENDAR") == len(calendars) > 0
    except OSError as error:
        raise KamError(f"{path.name}: cannot be read ({error.strerror or error})") from None
    except (ValueError, KeyError, IndexError, TypeError) as error:
        what = shortened(" ".join(str(error).split()), 60)
        raise KamError(f"{path.name}: is not a calendar (.ics), or is damaged ({what})") from None
    if not whole:
        raise KamError(f"{path.name}: is not a calendar (.ics), or is damaged (it has no end)")
    last = day or date.today()  # noqa: DTZ011 -- the consultant's local date
    begin = last - timedelta(days=_SERIES_DAYS)
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            if "RRULE" not in event and "RDATE" not in event:
                yield _safely(event, sides)
        for event in _occurrences(recurring_ical_events, calendar, begin, last, path):
            yield UNREADABLE if event is None else _safely(event, sides)


def _read_lines(path: Path) -> bytes:
    """Return the lines of a calendar without the properties that are not read."""
    lines: list[bytes] = []
    wanted, size = True, 0
    for line in path.read_bytes().splitlines(keepends=True):
        if line[:1] not in (b" ", b"\t"):
            found = _PROPERTY.match(line)
            wanted, size = found is None or found[0].upper() in _READ, 0
        size += len(line)
        if wanted and size > _LONGEST_PROPERTY:
            what = f"a property of more than {_LONGEST_PROPERTY // 1000} kB"
            raise KamError(f"{path.name}: is not a calendar (.ics), or is damaged ({what})")
        if wanted:
            lines.append(line)
    return b"".join(lines)


def _occurrences(library: Any, calendar: Any, begin: date, last: date, path: Path) -> Iterator[Any]:
    """Yield the meetings of all series in a period, None for a series that cannot be expanded."""
    repeated = [e for e in calendar.walk("VEVENT") if "RRULE" in e or "RDATE" in e]
    events = [event for event in repeated if _is_expandable(event)]
    yield from (None for _ in range(len(repeated) - len(events)))
    if not events:
        return
    series = _with_exceptions(calendar, events)
    try:
        found = library.of(series, skip_bad_series=True).between(begin, last + timedelta(days=1))
    except _BROKEN:
        yield from (None for _ in events)
        return
    if len(found) > _MOST_OCCURRENCES:
        raise KamError(f"{path.name}: series of more than {_MOST_OCCURRENCES:,} meetings")
    yield from found


def _is_expandable(event: Any) -> bool:
    """Return whether a series can be one of meetings, and its days are found without a long search.

    A series of every second has no end, and dateutil looks for the first day of one that never
    comes up to the year 9999.
    """
    try:
        rules = event.get("RRULE", [])
        if not all(map(_has_days, rules if isinstance(rules, list) else [rules])):
            return False
        return bool(event["DTSTART"].dt.year >= _FIRST_YEAR)
    except _BROKEN:
        return False


def _has_days(rule: Any) -> bool:
    freq = str(next(iter(rule.get("FREQ", [])), "")).upper()
    many = any(len(rule.get(part, [])) > 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    rare = any(part in rule for part in ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"))
    return freq in _FREQUENCIES and not many and not (rare and freq in ("DAILY", "WEEKLY"))


def _with_exceptions(calendar: Any, events: list[Any]) -> Any:
    """Return a calendar with these events only, and the exceptions of them."""
    uids = {str(event.get("UID", "")) for event in events}
    kept = {id(event) for event in events}
    copy = calendar.copy()
    copy.subcomponents = [
        part
        for part in calendar.subcomponents
        if part.name != "VEVENT"
        or id(part) in kept
        or ("RECURRENCE-ID" in part and str(part.get("UID", "")) in uids)
    ]
    return copy


def _safely(event: Any, sides: Sides) -> Contact:
    """Return an event as a contact; one with a broken property says nothing."""
    try:
        return _contact(event, sides)
    except _BROKEN:
        return UNREADABLE


def _contact(event: Any, sides: Sides) -> Contact:
    identity = shortened(str(event.get("UID", "")), 200)
    if str(event.get("CLASS", "PUBLIC")).upper() != "PUBLIC":
        return Contact("", left_out="private")
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return Contact(identity, left_out="cancelled")
    came = dict(_people(event))
    theirs, ours, opted_out = sides.split(came)
    if not theirs:
        return Contact(identity, left_out="opted_out" if opted_out else "internal")
    accepted = tuple(address for address in theirs if came[address])
    if not accepted:
        return Contact(identity, left_out="not_accepted")
    if ours and not any(came[address] for address in ours):
        return Contact(identity, left_out="not_accepted")
    return Contact(identity, accepted, tuple(a for a in ours if came[a]), _day(event))


def _people(event: Any) -> Iterator[tuple[str, bool]]:
    """Yield the address of each person of an event, and whether the person came."""
    attendees = event.get("ATTENDEE", [])
    for one in attendees if isinstance(attendees, list) else [attendees]:
        params = getattr(one, "params", {})
        if str(params.get("CUTYPE", "INDIVIDUAL")).upper() in ("ROOM", "RESOURCE", "GROUP"):
            continue
        if address := _address(one):
            yield address, str(params.get("PARTSTAT", "NEEDS-ACTION")).upper() in _CAME
    # The organizer is not asked; the last entry replaces one among the attendees.
    if (organizer := event.get("ORGANIZER")) is not None and (address := _address(organizer)):
        yield address, True


def _address(value: Any) -> str:
    address = str(value).strip().lower().removeprefix("mailto:")
    return address if "@" in address and ";" not in address else ""


def _day(event: Any) -> str:
    begin = getattr(event.get("DTSTART"), "dt", None)
    if isinstance(begin, datetime):
        begin = begin.date()
    return begin.isoformat() if isinstance(begin, date) else ""
