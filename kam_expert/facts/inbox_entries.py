"""The entries of an inbox after an erasure; an entry is a proposal or a decision about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from kam_expert.facts.edit_data import edit_from_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase


class Erases(Protocol):
    """Erases data from edits and from texts."""

    def edits(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Return edits without the data."""

    def text(self, text: str) -> str:
        """Return a text without the data."""


def proposed_edits(entries: Iterable[dict[str, Any]], base: KnowledgeBase) -> tuple[Edit, ...]:
    """Return what was proposed. Raises KamError if the rule base lacks a fact of it."""
    told = (entry.get("proposed") for entry in entries)
    return tuple(edit_from_data(one["edit"], base) for one in told if one)


def erased_entries(
    entries: Iterable[dict[str, Any]], erasure: Erases, base: KnowledgeBase
) -> list[dict[str, Any]]:
    """Return *entries* without the proposals that an erasure concerns, and without the name."""
    left: list[dict[str, Any]] = []
    gone: set[str] = set()
    for entry in entries:
        if one := entry.get("proposed"):
            edits = (edit_from_data(one["edit"], base),)
            if erasure.edits(edits) != edits:
                gone.add(one["id"])
            else:
                left.append(entry)
        elif entry.get("id") not in gone:
            left.append({**entry, "by": erasure.text(entry.get("by") or "")})
    return left
