"""The conclusions of a diagnosis sorted into the sections of a report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.status import at_least_likely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis, Finding

_SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class Topic:
    """A finding about one or more entities, as the report shows it.

    Attributes:
        findings: The same finding with the same status about different entities.
        number: Its number on the page, the target of links.
    """

    findings: tuple[Finding, ...]
    number: int = 0

    @property
    def first(self) -> Finding:
        """Return the first of the findings."""
        return self.findings[0]


@dataclass
class Topics:
    """All conclusions by section of the report."""

    hindering: dict[str, list[Topic]] = field(default_factory=dict)
    possible: list[Topic] = field(default_factory=list)
    strengths: list[Topic] = field(default_factory=list)
    circumstances: list[Topic] = field(default_factory=list)
    people: list[Topic] = field(default_factory=list)
    unknown: list[Topic] = field(default_factory=list)
    quality: list[Topic] = field(default_factory=list)
    gaps: list[Finding] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)

    @property
    def numbered(self) -> set[str]:
        """Return the findings with a number on the page; gaps have none."""
        return {name for name, anchor in self.anchors.items() if anchor.isdecimal()}

    def sections(self) -> list[list[Topic]]:
        """Return the conclusions in the order of the page, without gaps."""
        return [
            *self.hindering.values(),
            self.possible,
            self.strengths,
            self.circumstances,
            self.people,
            self.quality,
            self.unknown,
        ]


def sorted_topics(diagnosis: Diagnosis, base: KnowledgeBase) -> Topics:
    """Return the conclusions of a diagnosis by section."""
    topics = Topics({severity: [] for severity in _SEVERITIES})
    for group in _alike(diagnosis):
        if group[0].about.fact is not None:
            topics.anchors[group[0].id] = "gaps"
            topics.gaps += group
        else:
            _place(Topic(tuple(group)), topics, base)
    if diagnosis.strategy is not None:
        topics.anchors[diagnosis.strategy.effective] = "strategy"
    # Links to a finding lead to its first topic in the diagnosis.
    first = {finding.id: finding for finding in reversed(diagnosis.concluded())}
    number = 0
    for section in topics.sections():
        for index, topic in enumerate(section):
            number += 1
            section[index] = replace(topic, number=number)
            if first[topic.first.id] is topic.first:
                topics.anchors[topic.first.id] = str(number)
    return topics


def _alike(diagnosis: Diagnosis) -> Iterator[list[Finding]]:
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in diagnosis.concluded():
        key = (finding.id, finding.status, finding.firm, finding.about.fact is None)
        groups.setdefault(key, []).append(finding)
    return iter(groups.values())


def _place(topic: Topic, topics: Topics, base: KnowledgeBase) -> None:
    finding = topic.first
    doc = base.findings[finding.id]
    likely = at_least_likely(finding.status)
    if not base.obstacle_severities(finding.id):
        topics.quality.append(topic)
    elif finding.severity == "info" and finding.about.kind == "person":
        topics.people.append(topic)
    elif finding.severity == "info":
        good = likely and _is_strength(finding.id, base)
        (topics.strengths if good else topics.circumstances).append(topic)
    elif not likely:
        topics.possible.append(topic)
    elif finding.severity == "low" and doc.about_knowledge:
        topics.unknown.append(topic)
    elif finding.severity == "low" and finding.about.kind == "person":
        topics.people.append(topic)
    else:
        topics.hindering[finding.severity].append(topic)


def _is_strength(name: str, base: KnowledgeBase) -> bool:
    """Return whether a finding is a feature of the closest stage or the mirror of a fault."""
    doc = base.findings[name]
    if doc.group == base.stage_model.stages[-1].group:
        return True
    return doc.mirror is not None and base.findings[doc.mirror].severity != "info"
