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
from kam_expert.knowledge.documents import SEVERITIES, FindingDoc, Headlines
from kam_expert.knowledge.rule import DERIVED, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.knowledge.advice_documents import StepDoc, StepsDoc, StrategyDoc
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
    """

    id: str
    applies: str | None
    name: Text
    says: Text
    first: tuple[str, ...]
    first_without_obstacle: bool
    then: tuple[str, ...]
    allowed: frozenset[str]

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
        )

    def findings(self) -> Iterator[tuple[str, FindingDoc]]:
        """Yield the findings that the strategy is, by id."""
        for name in (self.applies, self.id):
            if name is not None:
                yield (
                    name,
                    FindingDoc(
                        about="account",
                        group=GROUP,
                        cites=[],
                        severity="info",
                        name=self.name,
                        headline=Headlines(
                            established=self.name, likely=self.name, possible=self.name
                        ),
                        means=self.says,
                    ),
                )

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


@dataclass(frozen=True)
class StepState:
    """What the order of a step depends on, apart from the strategy of its account.

    Attributes:
        kind: What it is about.
        severity: The worst severity among the findings it answers, as its place in `SEVERITIES`;
            more than the last if none of them is about the same thing.
        established: Whether one of these findings is established.
        held: Whether it is held back.
    """

    kind: str
    severity: int
    established: bool
    held: bool


def slot_of(
    step: StepDoc, state: StepState, strategy: Strategy | None, book: StepsDoc
) -> int | None:
    """Return the place among the first purposes of the strategy that a step may fill.

    One step fills a place, whatever entity it is about; None if the step fills none.
    """
    if (
        strategy is None
        or step.purpose not in strategy.first
        or _hurts(step, state, strategy, book)
    ):
        return None
    in_the_way = state.severity < SEVERITIES.index("info")
    if in_the_way or strategy.first_without_obstacle:
        return strategy.first.index(step.purpose)
    return None


def _hurts(step: StepDoc, state: StepState, strategy: Strategy | None, book: StepsDoc) -> bool:
    hurts = book.order.hurts
    return (
        step.purpose in hurts.purposes
        and state.severity <= SEVERITIES.index(hurts.severity)
        and (strategy is None or strategy.id not in hurts.not_under)
    )


def step_key(
    step: StepDoc,
    state: StepState,
    strategy: Strategy | None,
    book: StepsDoc,
    *,
    fills: bool = True,
) -> int:
    """Return the sort key of a step: of two steps that differ in it, the smaller comes first.

    In this order: steps that go with another one last; what hurts now; the purposes of the
    strategy; held-back steps last; severity; late steps last; the kind of entity; the purposes that
    the strategy wants then; established findings first.

    Args:
        step: The step.
        state: What it depends on.
        strategy: Of the account.
        book: All steps.
        fills: Whether the step fills its place among the purposes of the strategy (`slot_of`).
    """
    order = book.order
    then = strategy.then if strategy else ()
    purposes = len(book.purposes) + 2
    slot = slot_of(step, state, strategy, book) if fills else None
    rank = purposes - 1 if slot is None else 1 + slot
    if _hurts(step, state, strategy, book):
        rank = 0
    digits = (
        (step.purpose in order.accompanies, 2),
        (rank, purposes),
        (state.held, 2),
        (min(state.severity, len(SEVERITIES)), len(SEVERITIES) + 1),
        (step.within_days >= order.late_days.value, 2),
        (order.about.index(state.kind), len(order.about)),  # type: ignore[arg-type]
        (_place(step.purpose, then, purposes - 1), purposes),
        (not state.established, 2),
    )
    key = 0
    for digit, radix in digits:
        key = key * radix + int(digit)
    return key


def _place(purpose: str, purposes: tuple[str, ...], otherwise: int) -> int:
    return purposes.index(purpose) if purpose in purposes else otherwise


def strategies_of(docs: Mapping[str, StrategyDoc], purposes: Iterable[str]) -> tuple[Strategy, ...]:
    """Return the strategies of a file, in order."""
    known = tuple(purposes)
    return tuple(Strategy.of(name, doc, known) for name, doc in docs.items())
