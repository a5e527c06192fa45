"""The conclusions of a diagnosis sorted into the sections of a report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.status import at_least_likely

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Cause, Diagnosis, Finding

_SEVERITIES = ("high", "medium", "low", "info")


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
class CauseTopics:
    """A main cause with what follows from it.

    Attributes:
        cause: The cause.
        heads: The same finding, one topic for each status; none if it is about a gap, which is in
            the table of gaps.
        follows: What follows from it; the gravest first.
    """

    cause: Cause
    heads: list[Topic] = field(default_factory=list)
    follows: list[Topic] = field(default_factory=list)


@dataclass
class Topics:
    """All conclusions by section of the report.

    Attributes:
        causes: The main causes, the weightiest first.
        others: The other obstacles, the gravest first.
    """

    causes: list[CauseTopics] = field(default_factory=list)
    others: list[Topic] = field(default_factory=list)
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
            *(part for cause in self.causes for part in (cause.heads, cause.follows)),
            self.others,
            self.possible,
            self.strengths,
            self.circumstances,
            self.people,
            self.quality,
            self.unknown,
        ]


def sorted_topics(diagnosis: Diagnosis, base: KnowledgeBase) -> Topics:
    """Return the conclusions of a diagnosis by section."""
    topics = Topics([CauseTopics(cause) for cause in diagnosis.causes])
    places = {
        (found.id, found.about): part
        for cause, shown in zip(diagnosis.causes, topics.causes, strict=True)
        for findings, part in ((cause.findings, shown.heads), (cause.rests, shown.follows))
        for found in findings
    }
    for group in _alike(diagnosis, places):
        head = group[0]
        if head.about.fact is not None:
            topics.anchors[head.id] = "gaps"
            topics.gaps += group
        else:
            part = places.get((head.id, head.about))
            (_section(head, topics, base) if part is None else part).append(Topic(tuple(group)))
    for part in (topics.others, *(cause.follows for cause in topics.causes)):
        part.sort(key=lambda topic: _SEVERITIES.index(topic.first.severity))
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


def _alike(
    diagnosis: Diagnosis, places: Mapping[tuple[str, About], list[Topic]]
) -> Iterator[list[Finding]]:
    """Return the conclusions that are shown together: the same finding in the same place."""
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in diagnosis.concluded():
        place = id(places.get((finding.id, finding.about)))
        key = (finding.id, finding.status, finding.firm, finding.about.fact is None, place)
        groups.setdefault(key, []).append(finding)
    return iter(groups.values())


def _section(finding: Finding, topics: Topics, base: KnowledgeBase) -> list[Topic]:
    """Return the section of a conclusion that no main cause has."""
    doc = base.findings[finding.id]
    likely = at_least_likely(finding.status)
    person = finding.about.kind == "person"
    if not base.obstacle_severities(finding.id):
        return topics.quality
    if finding.severity == "info":
        good = likely and _is_strength(finding.id, base)
        return topics.people if person else topics.strengths if good else topics.circumstances
    if not likely:
        return topics.possible
    if finding.severity == "low" and (doc.about_knowledge or person):
        return topics.unknown if doc.about_knowledge else topics.people
    return topics.others


def _is_strength(name: str, base: KnowledgeBase) -> bool:
    """Return whether a finding is a feature of the closest stage or the mirror of a fault."""
    doc = base.findings[name]
    if doc.group == base.stage_model.stages[-1].group:
        return True
    return doc.mirror is not None and base.findings[doc.mirror].severity != "info"
