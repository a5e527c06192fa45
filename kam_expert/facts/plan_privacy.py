"""Erase a person from the plan of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.facts.name_forms import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kam_expert.facts.plan_entries import PlanEntry

#: What an entry may need, so it is never empty where it was not.
_NEEDED = ("text", "reason")
#: A remark about a person is still about them without the name.
_REMARKS = ("evidence", "note")


class PlanErasure:
    """Erases one person from entries of plans and from the edits of them.

    Args:
        identity: The id of the person.
        ids: The ids of all entries in all versions.
        are_in: Returns whether a text names the person.
        without: Returns a text without their names.
    """

    def __init__(
        self,
        identity: str,
        ids: Iterable[str],
        are_in: Callable[[str], bool],
        without: Callable[[str], str],
    ) -> None:
        self._identity = identity
        self._are_in = are_in
        self._without = without
        named = sorted({name for name in ids if are_in(name)})
        self._ids = {name: f"{MARK} {number}" for number, name in enumerate(named, 1)}

    def id(self, identity: str) -> str:
        """Return the id of an entry: another one if it names the person."""
        return self._ids.get(identity.strip(), identity)

    def entry(self, entry: PlanEntry) -> PlanEntry:
        """Return an entry without the person; what it asks of others stays."""
        told = {key: getattr(entry, key) for key in ("owner", "about", *_NEEDED, *_REMARKS)}
        return replace(entry, id=self.id(entry.id), **dict(self.values(told.items())))

    def values(self, values: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
        """Return the values of keys without the person."""
        return tuple((key, self._value(key, value)) for key, value in values)

    def _value(self, key: str, value: Any) -> Any:
        if key == "about":
            return tuple(name for name in value if name != self._identity)
        if key in _REMARKS:
            return "" if self._are_in(value) else value
        if key in _NEEDED:
            return (self._without(value) or MARK) if value else value
        return self._without(value) if key == "owner" else value
