"""All data about one person, and its effect on conclusions: frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.person_data import Held, Mention
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.knowledge.about import About
    from kam_expert.results.diagnosis import Finding


@dataclass(frozen=True)
class ConclusionChange:
    """A changed finding, or the changed stage (``id`` is ``stage``)."""

    id: str
    about: About
    before: str
    after: str


@dataclass(frozen=True)
class PersonSheet:
    """Everything held about a person, with the conclusions that use it.

    Attributes:
        case: The facts of the account, with names.
        proposed: What the inbox holds about the person; no rule reads it.
        conclusions: The conclusions about the person.
        using: Other conclusions with data about the person among their reasons.
        without: What would change without any data about the person.
    """

    person: Entity
    case: Case
    day: date
    held: tuple[Held, ...]
    mentions: tuple[Mention, ...]
    proposed: tuple[ProposedAnswer, ...]
    conclusions: tuple[Finding, ...]
    using: tuple[Finding, ...]
    without: tuple[ConclusionChange, ...]
