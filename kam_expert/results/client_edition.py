"""A diagnosis for the client: what may be read by those who are in it. Frozen data, no wording."""

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
    """What somebody is called.

    Attributes:
        number: Among those of the same side.
        does: What they do, where enough others do the same; the value of a fact.
        name: The name, where the consultant wants people to be named.
    """

    number: int
    does: str | None = None
    name: str = ""


@dataclass(frozen=True)
class ClientEdition:
    """A diagnosis without anything from which a person's profile could be told.

    It follows from the facts about the account and from the conclusions about it, and from
    nothing else: two cases that agree in these give the same edition.

    Attributes:
        diagnosis: The conclusions about the account and its decisions. What they stand on is what
            they stand on without any facts about people.
        case: The facts that are left; people have neither names nor facts.
        confidential: The conclusions that are other, or have no ground, without facts about people.
        would_change: How many conclusions would be other without facts about people.
        concluded: How many conclusions there are.
        roles: What people are called, by kind and id.
        ties: Member, person and whether the tie is active; None where somebody could be told by
            their place among the ties.
        listed: How many of ours and of theirs are listed, and how many ties are active; None
            where one of these is known to be, or may be, that of a small group.
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
        """Return whether a conclusion rests on facts that are not shown."""
        return (finding, about) in self.confidential
