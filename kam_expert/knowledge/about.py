"""What a fact, a finding or a step is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class About:
    """What something is said of: an entity, and for a gap the fact."""

    kind: str
    id: str
    fact: str | None = None
