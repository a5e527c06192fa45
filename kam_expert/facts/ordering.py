"""The order of the members of a list; their order in a file has no meaning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Entity
    from kam_expert.facts.plan_entries import PlanEntry


def in_order(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Return entities sorted by id, p2 before p10."""
    return tuple(
        sorted(
            entities,
            key=lambda e: [_parts(end) for end in (e.kind == "link" and e.ends) or (e.id,)],
        )
    )


def plan_in_order(entries: Iterable[PlanEntry]) -> tuple[PlanEntry, ...]:
    """Return the entries of a plan sorted by id, likewise."""
    return tuple(sorted(entries, key=lambda entry: _parts(entry.id)))


def _parts(text: str) -> list[tuple[int, int, str]]:
    found = re.findall(r"([0-9]{1,18})|([^0-9]+)", text)
    return [(0, int(number), number) if number else (1, 0, other) for number, other in found]
