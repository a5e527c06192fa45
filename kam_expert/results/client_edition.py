"""The client edition of a diagnosis: what the people in it may read. Frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.about import About
    from kam_expert.results.diagnosis import Diagnosis


@dataclass(frozen=True)
class Role:
    """How a person is named in the client edition.

    Attributes:
        number: Their number among the people of their side.
        does: Their function, if enough others have the same; the value of a fact.
        name: Their name, if the consultant chose to name people.
    """

    number: int
    does: str | None = None
    name: str = ""


@dataclass(frozen=True)
class ClientEdition:
    """A diagnosis from which no one can infer the profile of a person.

    It depends only on the facts and conclusions about the account: two cases that agree in these
    have the same edition.

    Attributes:
        diagnosis: The conclusions about the account and its decisions. Their reasons are those of
            a diagnosis without facts about people.
        case: The remaining facts; people have neither names nor facts.
        confidential: The conclusions that differ, or have no reason, without facts about people.
        would_change: The number of conclusions that differ without facts about people.
        concluded: The number of conclusions.
        roles: How people are named, by kind and id.
        ties: Member, person and whether the tie is active; None if somebody could be identified
            by their ties.
        listed: The numbers of our people, of theirs, and of active ties; None if one of these is
            or may be that of a small group.
        reviewed_by: The second reader and the date; empty if nobody read it.
    """

    diagnosis: Diagnosis
    case: Case
    confidential: frozenset[tuple[str, About]]
    would_change: int
    concluded: int
    roles: Mapping[tuple[str, str], Role]
    ties: tuple[tuple[str, str, bool | None], ...] | None
    listed: tuple[int, int, int] | None
    reviewed_by: str = ""

    def is_confidential(self, finding: str, about: About) -> bool:
        """Return whether a conclusion depends on facts that are not shown."""
        return (finding, about) in self.confidential
