"""Why a finding is concluded, with the findings that its reasons depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.results.inquiry import Why

if TYPE_CHECKING:
    from kam_expert.results.diagnosis import Diagnosis, Finding


def why(found: Finding, diagnosis: Diagnosis) -> Why:
    """Return the reasons of *found*, a finding of *diagnosis*, and of those it depends on."""
    by_place = {(f.id, f.about.kind, f.about.id): f for f in diagnosis.findings}

    def expanded(finding: Finding, above: tuple[str, ...]) -> Why:
        below: dict[str, Finding] = {}
        for reason in finding.reasons:
            for premise in reason.premises:
                name = premise.finding
                if name is None or name in above or not premise.holds:
                    continue
                other = by_place.get((name, premise.about.kind, premise.about.id))
                if other is not None:
                    below.setdefault(name, other)
        path = (*above, finding.id)
        return Why(finding, tuple(expanded(other, path) for other in below.values()))

    return expanded(found, (found.id,))
