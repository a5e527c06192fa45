"""The main causes of the obstacles of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import rank
from kam_expert.results.diagnosis import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Finding

#: The maximum number of main causes of an account.
MOST = 5


def explains(cause: str, kind: str) -> str | None:
    """Return whether a finding about an entity of one kind explains one about another kind.

    Args:
        cause: The kind of entity of the cause.
        kind: The kind of entity of what it explains.

    Returns:
        ``same`` if only about the same entity, ``any`` about any entity, None if never.
    """
    if cause == kind:
        return "same"
    return "any" if cause in ("account", "decision") or kind == "account" else None


def main_causes(findings: Iterable[Finding], base: KnowledgeBase) -> tuple[Cause, ...]:
    """Return the main causes among the findings of an account.

    A main cause is an obstacle that follows from no other one. The same finding about several
    people is one cause. Causes are in the order of severity, then of certainty, then of the rule
    base. Each other obstacle is under the first main cause that it follows from, if any.
    """
    order = {name: place for place, name in enumerate(base.findings)}

    def weight(found: Finding) -> tuple[int, int, int]:
        return SEVERITIES.index(found.severity), -rank(found.status), order[found.id]

    obstacles = sorted(
        (f for f in findings if base.is_obstacle(f.id, f.severity, f.status)), key=weight
    )
    rests_on = {
        (found.id, found.about): [
            other
            for other in obstacles
            if other.id in base.findings[found.id].follows_from
            and _explains(other.about, found.about)
        ]
        for found in obstacles
    }
    roots: dict[str, list[Finding]] = {}
    for found in obstacles:
        if not rests_on[found.id, found.about]:
            roots.setdefault(found.id, []).append(found)
    main = list(roots)[:MOST]
    rests: dict[str, list[Finding]] = {name: [] for name in main}

    def roots_of(found: Finding) -> set[str]:
        """Return the causes from which a finding follows, over others or not."""
        causes = rests_on[found.id, found.about]
        return set().union(*map(roots_of, causes)) if causes else {found.id}

    for found in obstacles:
        if rests_on[found.id, found.about]:
            under = roots_of(found)
            for name in main:
                if name in under:
                    rests[name].append(found)
                    break
    return tuple(Cause(tuple(roots[name]), tuple(rests[name])) for name in main)


def _explains(cause: About, about: About) -> bool:
    how = explains(cause.kind, about.kind)
    return how == "any" or (how == "same" and cause.id == about.id)
