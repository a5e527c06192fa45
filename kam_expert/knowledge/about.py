"""What a fact, a finding or a step is about."""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """What something is said of: an entity, and for a gap the fact."""

    kind: str
    id: str
    fact: str | None = None
