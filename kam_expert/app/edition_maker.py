"""The diagnosis of an account for one reader, with the case that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.planning import replanned
from kam_expert.engines.privacy.editions import edition_of, without_our_work
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.roles import with_roles

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.engines.planning import PlanLimits
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.edition import ReaderEdition


@dataclass(frozen=True)
class MadeEdition:
    """A diagnosis as one reader may see it.

    Only data for this reader is in it, so that nothing else can get into an output.

    Attributes:
        case: The facts, with roles in place of names for other readers than the consultant.
        edition: The edition with its roles and ties; None for the consultant.
    """

    diagnosis: Diagnosis
    case: Case
    edition: ReaderEdition | None = None


@dataclass(frozen=True)
class EditionMaker:
    """Diagnoses accounts for one reader.

    Attributes:
        base: The rule base.
        day: The date of the diagnoses.
        engine: See `diagnose`.
        privacy: The privacy settings; None will do for the consultant.
        reader: For whom the diagnoses are.
        names: The ids of people whom an edition for other readers names.
        reviewed_by: Who reviewed such an edition, and when.
    """

    base: KnowledgeBase
    day: date
    engine: Engine
    privacy: Privacy | None
    reader: Edition
    names: tuple[str, ...] = ()
    reviewed_by: str = ""

    def made(self, case: Case, lang: str, limits: PlanLimits | None = None) -> MadeEdition:
        """Return the diagnosis of a case and the case, as the reader may see them.

        Args:
            case: The facts.
            lang: Of the roles in place of names.
            limits: Of the plan; None for those of the rule base.

        Raises:
            KamError: See `edition_of`.
        """
        edition = None
        if self.reader is Edition.CONSULTANT:
            diagnosis = diagnose(case, self.base, self.day, self.engine)
        else:
            assert self.privacy is not None  # noqa: S101 -- every method with other readers has it
            edition = edition_of(
                case,
                self.base,
                self.day,
                self.engine,
                self.privacy,
                self.reader,
                names=self.names,
                reviewed_by=self.reviewed_by,
            )
            diagnosis, case = edition.diagnosis, with_roles(edition, self.base, lang)
        if limits is not None:
            diagnosis = without_our_work(replanned(diagnosis, self.base, limits))
        return MadeEdition(diagnosis, case, edition)
