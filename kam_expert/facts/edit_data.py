"""Convert edits to plain data for JSON, and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

from kam_expert.errors import KamError, did_you_mean, shortened, unknown_name
from kam_expert.facts.case_writer import value_text
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import Edit, SetAnswer
from kam_expert.facts.plan_entries import PlanEntry, entry_data, value_of
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN, Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.knowledge.base import KnowledgeBase

_EDITS: dict[str, Any] = {edit.__name__: edit for edit in get_args(Edit)}
_KEY = "edit"


def value_data(value: Any) -> Any:
    """Return the value of an answer as JSON data that `Fact.read` accepts."""
    if value is UNKNOWN:
        return None
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Interval):
        return value_text(value)
    return value.isoformat() if isinstance(value, date) else value


def edit_to_data(edit: Edit) -> dict[str, Any]:
    """Return *edit* as plain data for JSON, without default values."""
    told = {field: getattr(edit, field.name) for field in fields(edit)}
    data = {field.name: _plain(value) for field, value in told.items() if value != field.default}
    return {_KEY: type(edit).__name__, **data}


def _plain(value: Any) -> Any:
    if isinstance(value, PlanEntry):
        return entry_data(value)
    if isinstance(value, Slot):
        return [value.kind, value.id, value.fact, value.side]
    return list(map(_plain, value)) if isinstance(value, tuple) else value_data(value)


def edit_from_data(data: Any, base: KnowledgeBase) -> Edit:
    """Return the edit from which `edit_to_data` made *data*.

    Raises:
        KamError: *data* is not an edit, or names an unknown fact or value.
    """
    if not isinstance(data, dict) or data.get(_KEY) not in _EDITS:
        name = data.get(_KEY) if isinstance(data, dict) else data
        raise KamError(unknown_name("edit", name, _EDITS))
    kind = _EDITS[data[_KEY]]
    known = [field.name for field in fields(kind)]
    told = {name: value for name, value in data.items() if name != _KEY}
    for name in told:
        if name not in known:
            near = did_you_mean(name, known)
            raise KamError(f'{kind.__name__} has no "{shortened(name)}".{near}')
    try:
        read = {name: _read(name, value) for name, value in told.items()}
        if kind is SetAnswer:
            read["value"] = _value(read["slot"], told["value"], base)
        edit: Edit = kind(**read)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise KamError(f"{kind.__name__} cannot be read ({error})") from None
    return edit


def _read(name: str, value: Any) -> Any:
    return value if value is None or name not in _READERS else _READERS[name](value)


def _slot(value: Any) -> Slot:
    kind, identity, fact, side = map(str, value)
    return Slot(kind, identity, fact, side)


def _date(value: Any) -> date:
    day = parse_date(value)
    if day is None:
        raise ValueError(f"invalid date {shortened(value)}")
    return day


def _entry(value: Any) -> PlanEntry:
    return PlanEntry(**{key: value_of(key, data) for key, data in value.items()})


def _values(value: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((str(key), value_of(key, data)) for key, data in value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "slot": _slot,
    "as_of": _date,
    "due": _date,
    "ends": tuple,
    "comments": tuple,
    "decisions": frozenset,
    "entry": _entry,
    "values": _values,
}


def _value(slot: Slot, value: Any, base: KnowledgeBase) -> Any:
    fact = base.facts.get(slot.fact)
    if fact is None:
        raise KamError(unknown_name("fact", slot.fact, base.facts))
    return fact.read(value, value if isinstance(value, str) else "")
