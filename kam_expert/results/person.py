"""What is held about one person, and what comes of it: frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.person_data import Held, Mention
    from kam_expert.knowledge.about import About
    from kam_expert.results.diagnosis import Finding


@dataclass(frozen=True)
class ConclusionChange:
    """A finding, or the stage (``id`` is ``stage``), that is other than before."""

    id: str
    about: About
    before: str
    after: str


@dataclass(frozen=True)
class PersonSheet:
    """Everything held about a person, with the conclusions that use it.

    Attributes:
        case: The facts of the account, which have the names.
        conclusions: About the person.
        using: Others that name something held about the person as a ground.
        without: What would be other if nothing about the person were held.
    """

    person: Entity
    case: Case
    day: date
    held: tuple[Held, ...]
    mentions: tuple[Mention, ...]
    conclusions: tuple[Finding, ...]
    using: tuple[Finding, ...]
    without: tuple[ConclusionChange, ...]
