"""Who may read each finding and step: declared, or inferred from what its rules read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.knowledge.audience import Audience, narrowest
from kam_expert.knowledge.conditions.leaf import refs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.finding_documents import FindingDoc
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.vocabulary import Fact

_PEOPLE = ("person", "member")


#: The place of the stage in the order of evaluation.
STAGE = "stage"


class Readers:
    """The audience of every fact, finding and step of a rule base.

    A finding is for those who may read every fact and finding that its rules read, unless it
    declares an audience.

    Attributes:
        facts, findings, steps: The audience by name.
        stage: The audience of the verdict on the stage.
        sources: What each finding rests on, with the audience of each, by finding.

    Args:
        facts, findings, steps: By name.
        rules: Returns the rules that may conclude a finding.
        order: The findings and `STAGE` in the order of evaluation.
        stage_findings: The findings on which the stage rests.
    """

    def __init__(  # noqa: PLR0913 -- the parts of a rule base
        self,
        *,
        facts: Mapping[str, Fact],
        findings: Mapping[str, FindingDoc],
        steps: Mapping[str, StepDoc],
        rules: Callable[[str], Iterable[Rule]],
        order: Iterable[str],
        stage_findings: Iterable[str],
    ) -> None:
        self.facts: Mapping[str, Audience] = {n: fact.doc.readers for n, fact in facts.items()}
        self.findings: dict[str, Audience] = {}
        self.sources: dict[str, dict[str, Audience]] = {}
        self.stage: Audience = "consultant"
        for name in order:
            if name == STAGE:
                self.stage = narrowest(self.findings[feature] for feature in stage_findings)
                continue
            self.sources[name] = {n: a for rule in rules(name) for n, a in self.read_by(rule)}
            self.findings[name] = self._reader(name, findings[name])
        self.steps: dict[str, Audience] = {
            name: step.audience or self._inferred_of_step(step) for name, step in steps.items()
        }

    def _reader(self, name: str, doc: FindingDoc) -> Audience:
        if doc.audience is not None:
            return doc.audience
        return "consultant" if doc.about in _PEOPLE else narrowest(self.sources[name].values())

    def _inferred_of_step(self, step: StepDoc) -> Audience:
        """Return who may read a step that does not say: what we do by ourselves is ours."""
        if step.about in _PEOPLE:
            return "consultant"
        answered = narrowest(self.findings[name] for name in step.answers)
        return answered if step.with_customer else narrowest((answered, "supplier"))

    def read_by(self, rule: Rule) -> Iterator[tuple[str, Audience]]:
        """Yield the facts and findings that a rule reads, each with its audience."""
        for part in rule.conditions():
            for ref in refs(part):
                if ref.name in self.facts:
                    yield ref.name, self.facts[ref.name]
        for name in sorted(rule.findings_read()):
            yield name, self.findings[name]
        if rule.reads_stage():
            yield STAGE, self.stage
