"""The entries of the plan that was agreed for an account: what somebody does, and by when.

An entry names a step of the rule base or describes a move in words. It is kept when the rule base
no longer has the step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, did_you_mean, shortened, unknown_word
from kam_expert.knowledge.documents import parse_date

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


#: Who does it: our side or the customer; ``internal`` is a task of ours, promised to nobody.
SIDES = ("ours", "theirs", "internal")
STATUSES = ("agreed", "begun", "done", "dropped")
RESULTS = ("worked", "partly", "not")
DATES = ("begin", "due", "agreed_on", "done_on")
#: The keys with a word of a list.
CHOICES = {"side": SIDES, "status": STATUSES, "result": RESULTS}
#: The keys that only entries of some statuses have.
ONLY_WHEN = {"reason": ("dropped",), "done_on": ("done", "dropped"), "result": ("done",)}


@dataclass(frozen=True)
class PlanEntry:
    """One move of the plan that was agreed.

    Attributes:
        id: Unique in the plan of an account.
        step: A step of the rule base; empty for a move in words.
        text: A move in words, in any language; empty for a step.
        about: The ids of people, members and decisions; none for the account.
        side: ``ours``; ``theirs`` for a commitment of the customer; ``internal`` for a task of ours
            that was not promised to the customer.
        owner: The id of a member or a person, or a name.
        begin, due: The first day and the last.
        status: ``agreed``, ``begun``, ``done`` or ``dropped``.
        reason: Why it was dropped.
        agreed_on: The day on which it was agreed.
        done_on: The day on which it was done, or dropped.
        result: ``worked``, ``partly``, ``not``, or empty if nobody said.
        evidence: What shows that it is done.
        place: Its place in a file.

    A missing text is empty, a missing day None.
    """

    id: str
    step: str = ""
    text: str = ""
    about: tuple[str, ...] = ()
    side: str = "ours"
    owner: str = ""
    begin: date | None = None
    due: date | None = None
    status: str = "agreed"
    reason: str = ""
    agreed_on: date | None = None
    done_on: date | None = None
    result: str = ""
    evidence: str = ""
    note: str = ""
    place: Place | None = field(default=None, compare=False)

    @property
    def is_open(self) -> bool:
        """Return whether it is neither done nor dropped."""
        return self.status in ("agreed", "begun")

    def is_late(self, day: date) -> bool:
        """Return whether it is open after the day on which it was due."""
        return self.is_open and self.due is not None and self.due < day

    def kept(self) -> bool | None:
        """Return whether it was done by the day on which it was due; None without such a day."""
        if self.due is None or self.status == "dropped":
            return None
        return self.done_on is not None and self.done_on <= self.due

    def on(self, day: date) -> PlanEntry | None:
        """Return the entry as it was known on *day*; None if it was agreed later."""
        if self.agreed_on is not None and self.agreed_on > day:
            return None
        if self.done_on is None or self.done_on <= day:
            return self
        status = "begun" if self.begin is not None and self.begin <= day else "agreed"
        return replace(self, status=status, done_on=None, result="", reason="", evidence="")


KEYS = tuple(entry.name for entry in fields(PlanEntry) if entry.name != "place")
#: The keys with any text.
TEXTS = tuple(key for key in KEYS if key not in (*DATES, *CHOICES, "about"))
#: The texts that can name people or say what is not for everybody.
FREE_TEXTS = ("text", "owner", "reason", "evidence", "note")


def entry_id(step: str, taken: Collection[str]) -> str:
    """Return the id of an entry without one of its own; empty for a move in words.

    No id of a person is in it, so it stays when the person is erased.
    """
    names = (step, *(f"{step} {number}" for number in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)


def mistakes(entry: PlanEntry) -> Iterator[tuple[str, str]]:
    """Yield the keys of *entry* that do not fit together, each with a message.

    The words and dates are valid by themselves, and the ids lead somewhere.
    """
    name = f'"{shortened(entry.id)}"'
    if not entry.id:
        yield "id", "this entry of the plan has no id"
    if not entry.step and not entry.text:
        yield "step", f"the entry {name} needs a step: or a text:"
    if entry.step and entry.text:
        yield "text", f"the entry {name} has a step: or a text:, not both; a remark is a note:"
    for key, statuses in ONLY_WHEN.items():
        if getattr(entry, key) and entry.status not in statuses:
            said = " or ".join(f'"{status}"' for status in statuses)
            yield key, f'{key}: belongs to an entry that is {said}, not "{entry.status}"'
    if entry.status == "dropped" and not entry.reason:
        yield "status", f"the entry {name} is dropped and needs a reason:"
    if entry.status == "done" and entry.done_on is None:
        yield "status", f"the entry {name} is done and needs the day: done_on:"
    if entry.begin and entry.due and entry.due < entry.begin:
        yield "due", f"the entry {name} is due before it begins"


def entry_data(entry: PlanEntry) -> dict[str, Any]:
    """Return *entry* as plain data in the order of its keys, without missing values and defaults.

    The id and the status are always there.
    """
    data: dict[str, Any] = {}
    for key in KEYS:
        value = getattr(entry, key)
        if key in ("id", "status") or (value and not (key == "side" and value == SIDES[0])):
            data[key] = plain(value)
    return data


def plain(value: Any) -> Any:
    """Return the value of a key as plain data: a day as text, ids as a list."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def value_of(key: str, data: Any) -> Any:
    """Return the value of a key from plain data.

    Raises:
        ValueError: The key or the value is invalid; the message names the nearest valid word.
    """
    if key not in KEYS:
        raise ValueError(
            f'an entry of the plan has no "{shortened(key)}".{did_you_mean(key, KEYS)}'
        )
    if key == "about":
        if not isinstance(data, list | tuple) or any(not isinstance(name, str) for name in data):
            raise ValueError('"about" of an entry is a list of ids')
        return tuple(dict.fromkeys(data))
    if key in DATES:
        day = None if data in (None, "") else parse_date(data)
        if day is None and data not in (None, ""):
            raise ValueError(f'"{key}" is a date as YYYY-MM-DD, not "{shortened(data)}"')
        return day
    if not isinstance(data, str):
        raise ValueError(f'"{key}" is a text')  # noqa: TRY004 -- one error type for the caller
    if key in CHOICES and data not in (*CHOICES[key], getattr(PlanEntry(""), key)):
        raise ValueError(unknown_word(key, data, CHOICES[key]))
    return data


def changed(entry: PlanEntry, values: Mapping[str, Any]) -> PlanEntry:
    """Return *entry* with other values; what does not belong to its new status is removed."""
    after = replace(entry, **values)
    gone: dict[str, Any] = {
        key: None if key in DATES else ""
        for key, statuses in ONLY_WHEN.items()
        if key not in values and after.status not in statuses
    }
    return replace(after, **gone)
