"""The stages of a rule base from their file, and the check of the findings that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kam_expert.errors import Place, Problem, did_you_mean, unknown_name
from kam_expert.knowledge.documents import Chosen
from kam_expert.knowledge.stage import Stage, StageModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.finding_documents import FindingsDoc
    from kam_expert.knowledge.stage_documents import StageDoc, StagesDoc

#: Returns the value of a number that the rule base chose, by its owner and name.
ThresholdOf = Callable[[str, str, Chosen], float]


def stage_model_of(
    document: StagesDoc, findings: FindingsDoc, threshold: ThresholdOf
) -> StageModel:
    """Return the stages with their features.

    Args:
        document: ``stages.yaml``.
        findings: The findings; those in the group of a stage are its features.
        threshold: Returns the value of a chosen number.
    """
    between, nothing = document.between, document.undetermined
    return StageModel(
        stages=tuple(
            _stage(name, doc, findings, threshold) for name, doc in document.stages.items()
        ),
        between=between.word,
        between_title=between.name,
        between_says=between.says,
        undetermined_title=nothing.name,
        undetermined_says=nothing.says,
        contact_facts=tuple(nothing.contact_facts),
        settled_share=threshold("stages", "settled_share", nothing.settled_share),
        leaning_from=int(threshold("stages", "leaning_from", nothing.leaning_from)),
        between_opening=between.opening,
        undetermined_opening=nothing.opening,
    )


def _stage(name: str, doc: StageDoc, findings: FindingsDoc, threshold: ThresholdOf) -> Stage:
    share = threshold(f"stages.{name}", "above_share", doc.above_share)
    core: tuple[str, ...] = ()
    needed = 0
    if doc.core is not None:
        core = tuple(doc.core.features)
        needed = int(threshold(f"stages.{name}.core", "at_least", doc.core.at_least))
    return Stage(
        name=name,
        group=doc.group,
        features=tuple(n for n, f in findings.findings.items() if f.group == doc.group),
        share=share,
        vetoes=tuple(doc.vetoes),
        title=doc.name,
        says=doc.says,
        core=core,
        core_needed=needed,
        opening=doc.opening,
    )


def stage_problems(model: StageModel, findings: FindingsDoc, place: Place) -> Iterator[Problem]:
    """Yield the stages without features, and the names in ``stages.yaml`` that are unknown."""
    for stage in model.stages:
        if not stage.features:
            yield Problem(place, f'{stage.name}: no finding is in the group "{stage.group}"')
        for feature in stage.core:
            if feature not in stage.features:
                near = did_you_mean(feature, stage.features)
                yield Problem(place, f'{stage.name}: no feature "{feature}" for the core.{near}')
        for veto in stage.vetoes:
            if veto not in findings.findings:
                yield Problem(
                    place, f"{stage.name}: {unknown_name('finding', veto, findings.findings)}"
                )
