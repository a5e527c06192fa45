"""Attention categories of a portfolio: ``rules/portfolio.yaml``, read and checked.

A category is a list of patterns over the diagnosis of an account and never changes a diagnosis.
Engines sort and select accounts by category, outputs show its texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kam_expert.errors import Place, Problem, RuleBaseError, did_you_mean
from kam_expert.knowledge.documents import Doc, Text, parse
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import all_of, any_of
from kam_expert.knowledge.yaml_reader import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.values import Truth

UNANSWERED = "unknown"
_FILE = "portfolio.yaml"


class PatternDoc(Doc):
    """One pattern. All its conditions must hold; an empty pattern always holds."""

    attractiveness: list[str] | None = None
    stage: list[str] | None = None
    finding: list[str] | None = None
    severity: Literal["high", "medium"] | None = None


class CategoryDoc(Doc):
    """Patterns, one of which must hold, or the name of another category."""

    when: list[PatternDoc] | Literal["over_invested", "under_invested"]
    name: Text
    says: Text


class FactsDoc(Doc):
    """The facts that place an account among the others."""

    attractiveness: str
    competitor: str
    size: str


class PortfolioDoc(Doc):
    """``portfolio.yaml``."""

    facts: FactsDoc
    attention: dict[str, CategoryDoc]
    outside: CategoryDoc
    over_invested: CategoryDoc
    under_invested: CategoryDoc


@dataclass(frozen=True)
class AttentionCategory:
    """A category of accounts.

    Attributes:
        patterns: One of them must hold.
    """

    id: str
    patterns: tuple[PatternDoc, ...]
    name: Text
    says: Text

    def holds(
        self,
        attractiveness: str | None,
        stage: str,
        statuses: Mapping[str, str],
        obstacles: Mapping[str, int],
    ) -> Truth:
        """Return whether an account belongs to the category.

        Args:
            attractiveness: The value; None if unknown.
            stage: The verdict.
            statuses: Status by finding about the account; a missing finding is absent.
            obstacles: Number of obstacles by severity.

        Returns:
            None if it depends on something unknown: an unanswered question, an undetermined stage,
            or a finding that is open or only possible.
        """
        truths = []
        for pattern in self.patterns:
            asked: list[Truth] = []
            if pattern.attractiveness is not None:
                asked.append(_word(attractiveness, pattern.attractiveness))
            if pattern.stage is not None:
                if UNDETERMINED in pattern.stage:
                    asked.append(stage in pattern.stage)
                else:
                    asked.append(None if stage == UNDETERMINED else stage in pattern.stage)
            if pattern.finding is not None:
                asked.append(
                    any_of(_is_likely(statuses.get(name, "absent")) for name in pattern.finding)
                )
            if pattern.severity is not None:
                asked.append(obstacles.get(pattern.severity, 0) > 0)
            truths.append(all_of(asked))
        return any_of(truths)


@dataclass(frozen=True)
class PortfolioView:
    """The content of ``portfolio.yaml``.

    Attributes:
        facts: Fact by role: attractiveness, competitor, size.
        attention: In order of priority; an account belongs to the first that holds.
        outside: Is tested before all of ``attention`` and shown after them.
    """

    facts: Mapping[str, str]
    attention: tuple[AttentionCategory, ...]
    outside: AttentionCategory
    over_invested: AttentionCategory
    under_invested: AttentionCategory

    def categories(self) -> tuple[AttentionCategory, ...]:
        """Return the categories of accounts, in the order in which they are shown."""
        return (*self.attention, self.outside)


def load_portfolio_view(folder: Path, base: KnowledgeBase) -> PortfolioView:
    """Read ``portfolio.yaml`` of a rule base.

    Args:
        folder: The folder of the rule base.
        base: The rule base, to check the names in the file.

    Raises:
        RuleBaseError: All problems with their places.
    """
    shown = f"{folder.name}/{_FILE}"
    node = read_file(folder / _FILE, shown)
    doc, problems = parse(PortfolioDoc, node, Place(shown, 1, 1))
    if doc is None:
        raise RuleBaseError(problems)
    problems = list(_unknown_names(doc, base, Place(shown)))
    if problems:
        raise RuleBaseError(problems)

    def category(name: str, found: CategoryDoc) -> AttentionCategory:
        when = found.when
        patterns = getattr(doc, when).when if isinstance(when, str) else when
        return AttentionCategory(name, tuple(patterns), found.name, found.says)

    return PortfolioView(
        facts=doc.facts.model_dump(),
        attention=tuple(category(name, found) for name, found in doc.attention.items()),
        outside=category("outside", doc.outside),
        over_invested=category("over_invested", doc.over_invested),
        under_invested=category("under_invested", doc.under_invested),
    )


def _unknown_names(doc: PortfolioDoc, base: KnowledgeBase, place: Place) -> Iterable[Problem]:
    categories = [*doc.attention.values(), doc.outside, doc.over_invested, doc.under_invested]
    patterns = [p for found in categories if not isinstance(found.when, str) for p in found.when]
    fact = base.facts.get(doc.facts.attractiveness)
    verdicts = [*base.stage_model.names, UNDETERMINED]
    used = [
        ("fact", doc.facts.model_dump().values(), base.facts),
        ("finding", [n for p in patterns for n in p.finding or ()], base.findings),
        ("stage", [n for p in patterns for n in p.stage or ()], verdicts),
        (
            "attractiveness",
            [n for p in patterns for n in p.attractiveness or ()],
            [*(fact.words() if fact else ()), UNANSWERED],
        ),
    ]
    for kind, names, known in used:
        for name in dict.fromkeys(names):
            if name not in known:
                near = did_you_mean(name, known)
                yield Problem(place, f'unknown {kind} "{name}".{near}')


def _word(value: str | None, wanted: list[str]) -> Truth:
    if UNANSWERED in wanted:
        return value is None or value in wanted
    return None if value is None else value in wanted


def _is_likely(status: str) -> Truth:
    if at_least_likely(status):
        return True
    return False if status == "absent" else None
