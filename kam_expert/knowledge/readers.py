"""Who may read each finding and step: declared, or inferred from what its rules read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import Place, Problem
from kam_expert.knowledge.audience import Audience, is_wider, narrowest
from kam_expert.knowledge.conditions.leaf import refs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule


class Readers:
    """The audience of every fact, finding and step of a rule base.

    A finding is for those who may read every fact and finding that its rules read, unless it
    declares an audience.

    Attributes:
        facts, findings, steps: The audience by name.
        stage: The audience of the verdict on the stage.
        sources: What each finding rests on, with the audience of each, by finding.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self.facts: Mapping[str, Audience] = {
            name: fact.doc.readers for name, fact in base.facts.items()
        }
        self.findings: dict[str, Audience] = {}
        self.sources: dict[str, dict[str, Audience]] = {}
        self.stage: Audience = "joint"
        for place, stratum in enumerate(base.strata):
            if place == base.stage_stratum:
                self._settle_stage()
            for name in stratum:
                self.sources[name] = dict(self._sources(name))
                inferred = narrowest(self.sources[name].values())
                if base.findings[name].about in ("person", "member"):
                    inferred = "consultant"
                self.findings[name] = base.findings[name].audience or inferred
        self.steps: dict[str, Audience] = {}
        for name, step in base.steps.items():
            self.steps[name] = step.audience or self._inferred_of_step(step)

    def _inferred_of_step(self, step: StepDoc) -> Audience:
        """Return who may read a step that does not say: what we do by ourselves is ours."""
        if step.about in ("person", "member"):
            return "consultant"
        answered = narrowest(self.findings[name] for name in step.answers)
        return answered if step.with_customer else narrowest((answered, "supplier"))

    def _settle_stage(self) -> None:
        read = self._base.stage_model.findings_read
        self.stage = narrowest(self.findings[name] for name in read)

    def _sources(self, finding: str) -> Iterator[tuple[str, Audience]]:
        for rule in self._base.rules_for(finding):
            yield from self.read_by(rule)

    def read_by(self, rule: Rule) -> Iterator[tuple[str, Audience]]:
        """Yield the facts and findings that a rule reads, each with its audience."""
        for part in rule.conditions():
            for ref in refs(part):
                if ref.name in self.facts:
                    yield ref.name, self.facts[ref.name]
        for name in sorted(rule.findings_read()):
            yield name, self.findings[name]
        if rule.reads_stage():
            yield "stage", self.stage


def audience_problems(base: KnowledgeBase) -> Iterator[Problem]:
    """Yield the findings, strategies and steps that more people may read than what they rest on.

    One that says why is none.
    """
    readers = base.readers
    strategies = {name for strategy in base.strategies for name, _ in strategy.findings()}
    for name, doc in base.findings.items():
        file = "strategies" if name in strategies else "findings"
        if doc.audience and not doc.audience_reason:
            yield from _wider(name, doc.audience, readers.sources[name], file)
    for name, step in base.steps.items():
        if step.audience and not step.audience_reason:
            sources: dict[str, Audience] = {f: readers.findings[f] for f in step.answers}
            if step.about in ("person", "member"):
                sources[f"its {step.about}"] = "consultant"
            yield from _wider(name, step.audience, sources, "steps")


def _wider(
    name: str, audience: Audience, sources: Mapping[str, Audience], file: str
) -> Iterator[Problem]:
    for source, narrow in sources.items():
        if is_wider(audience, narrow):
            message = (
                f"{name} has the audience {audience}, but rests on {source}, which has "
                f"{narrow}; narrow it or say why (audience_reason)"
            )
            yield Problem(Place(f"rules/{file}.yaml"), message)
            return
