"""What to do with an account at all: the first strategy whose condition holds.

A strategy is a finding about the account. Its rule concludes it where its condition holds and that
of no earlier one does. So that later strategies can ask for that, the condition alone is a finding
too, which is not shown. The names and conditions are data (``strategies.yaml``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.knowledge.conditions.conclusion_terms import FindingTruth
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import AnyOf
from kam_expert.knowledge.finding_documents import FindingDoc, Headlines
from kam_expert.knowledge.rule import DERIVED, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.knowledge.advice_documents import StrategyDoc
    from kam_expert.knowledge.audience import Audience
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.documents import Text
    from kam_expert.knowledge.rule import RuleCase, Threshold

#: The group of the findings that strategies are.
GROUP = "strategy"


@dataclass(frozen=True)
class Strategy:
    """A strategy.

    Attributes:
        id: The id of the finding, too.
        applies: The finding that its condition holds; None for the last one, which has none.
        first: Purposes of the steps that come first, in order.
        first_without_obstacle: Whether they do so even if nothing that they answer is in the way.
        then: Purposes of the steps that come first among equally severe ones.
        allowed: The purposes of the steps that are proposed.
        opening: The second half of the first sentence of a report, if the rule base has one.
        because: Why a step that answers the strategy is taken, as a clause after “because”.
        audience: Who may read of it.
        audience_reason: Why more may than may read everything that its condition reads.
    """

    id: str
    applies: str | None
    name: Text
    says: Text
    first: tuple[str, ...]
    first_without_obstacle: bool
    then: tuple[str, ...]
    allowed: frozenset[str]
    audience: Audience
    audience_reason: str | None = None
    opening: Text | None = None
    because: Text | None = None

    @classmethod
    def of(cls, name: str, doc: StrategyDoc, purposes: Iterable[str]) -> Strategy:
        """Return the strategy of a document.

        Args:
            name: Its id.
            doc: The document.
            purposes: All purposes of steps.
        """
        allowed = purposes if doc.allowed is None else doc.allowed
        return cls(
            name,
            None if doc.when is None else f"{name}_applies",
            doc.name,
            doc.says,
            tuple(doc.first),
            doc.first_without_obstacle is not None,
            tuple(doc.then),
            frozenset(allowed) - frozenset(doc.not_allowed),
            doc.audience,
            doc.audience_reason,
            doc.opening,
            doc.because,
        )

    @property
    def finding_names(self) -> tuple[str, ...]:
        """Return the findings that the strategy is: that its condition holds, and it itself."""
        return (self.id,) if self.applies is None else (self.applies, self.id)

    def findings(self) -> dict[str, FindingDoc]:
        """Return these findings by id."""
        doc = FindingDoc(
            about="account",
            group=GROUP,
            cites=[],
            severity="info",
            audience=self.audience,
            audience_reason=self.audience_reason,
            name=self.name,
            because=self.because,
            headline=Headlines(established=self.name, likely=self.name, possible=self.name),
            means=self.says,
        )
        return dict.fromkeys(self.finding_names, doc)

    def rules(
        self,
        file: str,
        condition: Condition,
        unless: Condition | None,
        earlier: tuple[str, ...],
        besides: tuple[tuple[Threshold, ...], tuple[RuleCase, ...]],
    ) -> Iterator[Rule]:
        """Yield the rules that conclude its findings.

        Args:
            file: Where it is declared.
            condition: When it applies.
            unless: The exceptions.
            earlier: The findings that earlier strategies apply.
            besides: The thresholds of its condition, and its cases.
        """
        barred = [] if unless is None else [unless]
        if earlier:
            barred.append(Leaf(FindingTruth(earlier)))
        exception = AnyOf(tuple(barred)) if len(barred) > 1 else barred[0] if barred else None
        thresholds, cases = besides

        def rule(
            name: str, unless: Condition | None, status: str, cases: tuple[RuleCase, ...]
        ) -> Rule:
            return Rule(
                name=name, theme=GROUP, file=file, kind="account", when=condition, unless=unless,
                finding=name, strength="establishes", cites=(), status=status, origin="practice",
                about_knowledge=False, thresholds=thresholds, cases=cases, explains=self.says,
            )  # fmt: skip

        if self.applies is not None:
            yield rule(self.applies, unless, DERIVED, ())
        yield rule(self.id, exception, "reviewed", cases)


def strategies_of(docs: Mapping[str, StrategyDoc], purposes: Iterable[str]) -> tuple[Strategy, ...]:
    """Return the strategies of a file, in order."""
    known = tuple(purposes)
    return tuple(Strategy.of(name, doc, known) for name, doc in docs.items())
