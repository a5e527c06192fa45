"""How many accounts are looked at together: ``rules/portfolio.yaml``, read and checked.

A look is a list of patterns over what a diagnosis says of an account; it never changes a
diagnosis. Engines sort and pick accounts by it, outputs word it.
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
    """What one pattern asks; all of it must hold. An empty one always does."""

    attractiveness: list[str] | None = None
    stage: list[str] | None = None
    finding: list[str] | None = None
    severity: Literal["high", "medium"] | None = None


class LookDoc(Doc):
    """Patterns, one of which must hold, or the name of another look."""

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
    not_obstacles: list[str]
    attention: dict[str, LookDoc]
    outside: LookDoc
    over_invested: LookDoc
    under_invested: LookDoc


@dataclass(frozen=True)
class AttentionCategory:
    """A way to look at accounts.

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
        """Return whether an account is to be looked at so.

        Args:
            attractiveness: The value; None when nobody answered.
            stage: The verdict.
            statuses: Of the findings about the account; one that is missing is absent.
            obstacles: How many obstacles stand, by severity.

        Returns:
            None when what is not known decides: a question that nobody answered, a stage that is
            undetermined, a finding that is open or only possible.
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
                    any_of(_stands(statuses.get(name, "absent")) for name in pattern.finding)
                )
            if pattern.severity is not None:
                asked.append(obstacles.get(pattern.severity, 0) > 0)
            truths.append(all_of(asked))
        return any_of(truths)


@dataclass(frozen=True)
class PortfolioView:
    """What ``portfolio.yaml`` says.

    Attributes:
        facts: By their part: attractiveness, competitor, size.
        not_obstacles: Groups of findings that are no obstacles.
        attention: In the order of their weight; the first that holds is the account's.
        outside: Comes before all of ``attention`` in finding and after them in order.
    """

    facts: Mapping[str, str]
    not_obstacles: frozenset[str]
    attention: tuple[AttentionCategory, ...]
    outside: AttentionCategory
    over_invested: AttentionCategory
    under_invested: AttentionCategory

    def looks(self) -> tuple[AttentionCategory, ...]:
        """Return what an account may be filed under, in the order in which readers see it."""
        return (*self.attention, self.outside)

    def is_obstacle(self, name: str, severity: str, status: str, base: KnowledgeBase) -> bool:
        """Return whether a finding of that status and severity stands in an account's way."""
        group = base.findings[name].group
        return severity != "info" and at_least_likely(status) and group not in self.not_obstacles


def load_portfolio_view(folder: Path, base: KnowledgeBase) -> PortfolioView:
    """Read ``portfolio.yaml`` of a rule base.

    Args:
        folder: Of the rule base.
        base: The rule base itself, whose names the file uses.

    Raises:
        RuleBaseError: All problems found, each with its place.
    """
    shown = f"{folder.name}/{_FILE}"
    node = read_file(folder / _FILE, shown)
    doc, problems = parse(PortfolioDoc, node, Place(shown, 1, 1))
    if doc is None:
        raise RuleBaseError(problems)
    problems = list(_unknown_names(doc, base, Place(shown)))
    if problems:
        raise RuleBaseError(problems)

    def look(name: str, found: LookDoc) -> AttentionCategory:
        when = found.when
        patterns = getattr(doc, when).when if isinstance(when, str) else when
        return AttentionCategory(name, tuple(patterns), found.name, found.says)

    return PortfolioView(
        facts=doc.facts.model_dump(),
        not_obstacles=frozenset(doc.not_obstacles),
        attention=tuple(look(name, found) for name, found in doc.attention.items()),
        outside=look("outside", doc.outside),
        over_invested=look("over_invested", doc.over_invested),
        under_invested=look("under_invested", doc.under_invested),
    )


def _unknown_names(doc: PortfolioDoc, base: KnowledgeBase, place: Place) -> Iterable[Problem]:
    looks = [*doc.attention.values(), doc.outside, doc.over_invested, doc.under_invested]
    patterns = [p for look in looks if not isinstance(look.when, str) for p in look.when]
    fact = base.facts.get(doc.facts.attractiveness)
    verdicts = [*base.stage_model.names, UNDETERMINED]
    used = [
        ("fact", doc.facts.model_dump().values(), base.facts),
        ("group", doc.not_obstacles, base.groups),
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


def _stands(status: str) -> Truth:
    if at_least_likely(status):
        return True
    return False if status == "absent" else None
