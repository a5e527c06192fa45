"""Conclusions that use data about a person, and changes without this data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.facts.person_data import PersonData
from kam_expert.knowledge.about import About
from kam_expert.results.person import ConclusionChange, PersonSheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.results.diagnosis import Diagnosis


def person_sheet(  # noqa: PLR0913 -- what is held, and what judges it
    case: Case,
    person: Entity,
    privacy: Privacy,
    day: date,
    engine: Engine,
    proposals: Iterable[ProposedAnswer] = (),
) -> PersonSheet:
    """Return all data about a person, with the conclusions that use it.

    *proposals* are those of the inbox of the account.
    """
    data = PersonData(case, person, privacy)
    held = data.held()
    stored = {(h.about.kind, h.about.id, h.fact) for h in held}
    diagnosis = diagnose(case, privacy.base, day, engine)
    whose = (person.kind, person.id)
    about = [f for f in diagnosis.concluded() if (f.about.kind, f.about.id) == whose]
    using = [
        found
        for found in diagnosis.concluded()
        if found not in about
        and any(
            (premise.about.kind, premise.about.id) == whose
            or (premise.about.kind, premise.about.id, premise.fact) in stored
            for reason in found.reasons
            for premise in reason.premises
        )
    ]
    without = diagnose(data.erased(), privacy.base, day, engine)
    return PersonSheet(
        person,
        case,
        day,
        held,
        data.mentions(),
        data.proposed(proposals),
        tuple(about),
        tuple(using),
        tuple(c for c in changes(diagnosis, without) if (c.about.kind, c.about.id) != whose),
    )


def changes(before: Diagnosis, after: Diagnosis) -> Iterator[ConclusionChange]:
    """Yield the stage, if it changed, and the findings with a changed status."""
    account = About("account", after.account_id)
    if before.stage.verdict != after.stage.verdict:
        yield ConclusionChange("stage", account, before.stage.verdict, after.stage.verdict)
    old, new = (
        {(found.id, found.about): found.status for found in diagnosis.findings}
        for diagnosis in (before, after)
    )
    for key in dict.fromkeys((*old, *new)):
        one, other = old.get(key, "absent"), new.get(key, "absent")
        if one != other:
            yield ConclusionChange(*key, one, other)
