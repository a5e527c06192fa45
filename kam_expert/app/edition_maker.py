"""The diagnosis of an account for one reader, with the case that goes with it."""

from __future__ import annotations

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


class EditionMaker:
    """Diagnoses accounts for one reader.

    Args:
        base: The rule base.
        day: The date of the diagnoses.
        engine: See `diagnose`.
        privacy: The privacy settings.
        edition: For whom the diagnoses are.
    """

    def __init__(
        self, base: KnowledgeBase, day: date, engine: Engine, privacy: Privacy, edition: Edition
    ) -> None:
        self.base = base
        self.day = day
        self.engine = engine
        self.privacy = privacy
        self.edition = edition

    def diagnosed(
        self, case: Case, lang: str, limits: PlanLimits | None = None
    ) -> tuple[Diagnosis, Case]:
        """Return the diagnosis of a case and the case as the reader may see it.

        Args:
            case: The facts.
            lang: Of the roles in place of names.
            limits: Of the plan; None for those of the rule base.
        """
        if self.edition is Edition.CONSULTANT:
            diagnosis = diagnose(case, self.base, self.day, self.engine)
        else:
            made = edition_of(case, self.base, self.day, self.engine, self.privacy, self.edition)
            diagnosis, case = made.diagnosis, with_roles(made, self.base, lang)
        if limits is not None:
            diagnosis = without_our_work(replanned(diagnosis, self.base, limits))
        return diagnosis, case
