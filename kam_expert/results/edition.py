"""A diagnosis for a reader who may not see everything. Frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.audience import Edition
    from kam_expert.results.diagnosis import Diagnosis


@dataclass(frozen=True)
class Role:
    """How a person, or several people in one, are named for a reader who may not see names.

    Attributes:
        number: Their number among the people of their side; 0 for several people in one.
        does: Their function, if enough others have the same; the value of a fact.
        name: Their name, if the consultant chose to name people.
    """

    number: int
    does: str | None = None
    name: str = ""


@dataclass(frozen=True)
class ReaderEdition:
    """A diagnosis made from the facts that its reader may see, and from nothing else.

    Two cases that differ only in other facts have equal editions.

    Attributes:
        diagnosis: The conclusions that are for the reader, from these facts.
        case: These facts. Its people are those of the map: they have neither names nor facts, and
            one may stand for several.
        roles: How the people of the map are named, by kind and id.
        ties: Member, person and whether the tie is active.
        grouped: Whether people are merged in the map because somebody could be identified.
        reviewed_by: The second reader and the date; empty if nobody read it.
    """

    diagnosis: Diagnosis
    case: Case
    roles: Mapping[tuple[str, str], Role]
    ties: tuple[tuple[str, str, bool | None], ...]
    grouped: bool = False
    reviewed_by: str = ""

    @property
    def edition(self) -> Edition:
        """Return which edition it is."""
        return self.diagnosis.edition
