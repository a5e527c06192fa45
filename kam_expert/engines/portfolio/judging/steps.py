"""The next steps of every account, as columns: one of flags for each step and kind of entity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import (
    Expr,
    Number,
    is_true,
)
from kam_expert.engines.portfolio.judging.finding_columns import Subject
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kam_expert.engines.portfolio.judging.expressions import Expr
    from kam_expert.engines.portfolio.judging.finding_columns import Subject
    from kam_expert.engines.portfolio.judging.portfolio_rules import PortfolioRules
    from kam_expert.knowledge.advice_documents import StepDoc

_LIKELY = STATUSES.index("likely")


@dataclass(frozen=True)
class StepColumns:
    """The columns of one step about one kind of entity.

    Attributes:
        proposed: Where the step is a next step.
        because: Where each finding that it may answer is a reason.
        held_back: Where each finding that may hold it back does so.
        instead_of: Where it replaces each of these steps; the first true one counts.
        left: The days left until the first date that it comes before; None without such a date.
        end: The same for dates that only limit the day on which it is done.
    """

    step: str
    frame: str
    proposed: str
    because: tuple[tuple[str, str], ...]
    held_back: tuple[tuple[str, str], ...]
    instead_of: tuple[tuple[str, str], ...]
    left: str | None = None
    end: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return all columns."""
        pairs = (*self.because, *self.held_back, *self.instead_of)
        days = (column for column in (self.left, self.end) if column is not None)
        return (self.proposed, *days, *(column for _, column in pairs))


class StepPlan:
    """Compiles the steps of a rule base."""

    def __init__(self, rules: PortfolioRules) -> None:
        self.rules = rules
        self.base = rules.base
        self._causes: dict[tuple[str, str], list[tuple[str, str, str]]] = {}

    def columns(self) -> tuple[StepColumns, ...]:
        """Return the columns of every step, in the order of the rule base."""
        for step, doc in self.base.steps.items():
            for name in doc.answers:
                self._propose(step, doc, name)
        order = {name: index for index, name in enumerate(self.base.steps)}
        return tuple(
            self._step(step, frame)
            for step, frame in sorted(self._causes, key=lambda key: (order[key[0]], key[1]))
        )

    # Likely findings -----------------------------------------------------------------------------

    def _subjects(self, name: str, frame: str) -> list[Subject]:
        return [s for s in self.rules.subjects if s.finding == name and s.frame == frame]

    def _own(self, name: str, frame: str, *, undecided: bool) -> Expr:
        """Return where a finding about the rows of *frame* themselves is likely (or open)."""
        if self.base.strategy(name) is not None:
            return self.rules.col(self.rules.strategy_is(name))
        found = []
        for subject in self._subjects(name, frame):
            status = self.rules.col(self.rules.status(subject))
            found.append(status == STATUSES.index("open") if undecided else status >= _LIKELY)
        return self.rules.x.any_of(found)

    def _is_likely(
        self, name: str, frame: str, *, undecided: bool = False, anywhere: bool = False
    ) -> str:
        """Return the column of where a finding is likely for the rows of *frame*.

        Args:
            name: The finding.
            frame: The kind of entity.
            undecided: Where the finding is open instead.
            anywhere: A finding about any entity of the account counts.
        """
        word = "open" if undecided else "stands"

        def own(at: str) -> Expr:
            return self._own(name, at, undecided=undecided)

        def build() -> Expr:
            about = self.base.findings[name].about
            if about != "account" and (anywhere or (about == "decision" and frame != "decision")):
                flag = self.rules.make(about, f"{word} own {name}", lambda: own(about))
                column = self.rules.plan.gather("account", about, flag, "any")
                found = self._from_account(frame, column)
                # Without a list of decisions, nothing about any decision is known.
                unnamed = ~self._from_account(frame, "decisions_listed")
                return found | unnamed if undecided else found
            here = own(frame)
            if frame != "account" and self._subjects(name, "account"):
                flag = self.rules.make("account", f"{word} own {name}", lambda: own("account"))
                here = here | self._from_account(frame, flag)
            return here

        where = " anywhere" if anywhere else ""
        return self.rules.make(frame, f"{word} {name}{where}", build)

    def _from_account(self, frame: str, column: str) -> Expr:
        if frame == "account":
            return self.rules.col(column)
        return self.rules.lifted(frame, "account", column)

    def _any_likely(self, names: Sequence[str], frame: str) -> Expr:
        return self.rules.x.any_of(self.rules.col(self._is_likely(name, frame)) for name in names)

    # Proposed steps ---------------------------------------------------------------------------

    def _propose(self, step: str, doc: StepDoc, name: str) -> None:
        """Note that *step*, or what replaces it, answers the finding *name*."""
        for frame in dict.fromkeys(s.frame for s in self.rules.subjects if s.finding == name):
            answered = self.rules.make(
                frame,
                f"answer {name}",
                lambda frame=frame: self._own(name, frame, undecided=False),
            )
            free: list[str] = []
            for cause, other in doc.replaced_by.items():
                before = tuple(free)
                target = frame if self.base.steps[other].about != "account" else "account"
                flag = self.rules.make(
                    frame,
                    f"{other} for {step}: {name}, {cause}",
                    lambda frame=frame, before=before, cause=cause, answered=answered: (
                        self.rules.x.all_of(
                            [
                                self.rules.col(answered),
                                self.rules.col(self._is_likely(cause, frame)),
                                *(~self.rules.col(self._is_likely(b, frame)) for b in before),
                            ]
                        )
                    ),
                )
                if target != frame:
                    flag = self.rules.plan.gather("account", frame, flag, "any")
                self._causes.setdefault((other, target), []).append((name, flag, step))
                free.append(cause)
            flag = answered
            if free:
                flag = self.rules.make(
                    frame,
                    f"{step}: {name}",
                    lambda frame=frame, free=tuple(free), answered=answered: self.rules.x.all_of(
                        [
                            self.rules.col(answered),
                            *(~self.rules.col(self._is_likely(b, frame)) for b in free),
                        ]
                    ),
                )
            self._causes.setdefault((step, frame), []).append((name, flag, step))

    def _step(self, step: str, frame: str) -> StepColumns:
        doc = self.base.steps[step]
        causes = self._causes[step, frame]
        rules = self.rules
        flags: dict[str, list[str]] = {}
        for name, flag, _ in causes:
            flags.setdefault(name, []).append(flag)
        because = tuple(
            (
                name,
                rules.make(
                    frame,
                    f"{step} because {name}",
                    lambda found=tuple(found): self.rules.x.any_of(
                        rules.col(flag) for flag in found
                    ),
                ),
            )
            for name, found in flags.items()
        )
        proposed = rules.make(
            frame,
            f"step {step}",
            lambda: (
                self.rules.x.any_of(rules.col(column) for _, column in because)
                & ~self._any_likely(self.base.step_book.dropping(doc), frame)
                & ~self._done(step, frame)
                & ~self._is_forbidden(doc, frame)
            ),
        )
        reasons = dict(because)
        held_back = tuple(
            (
                name,
                rules.make(
                    frame,
                    f"{step} held by {name}{' open' if undecided else ''}",
                    lambda found=found, name=name: self._holds(found(), reasons.get(name)),
                ),
            )
            for name, undecided, found in self._holding(doc, frame)
        )
        return StepColumns(
            step, frame, proposed, because, held_back,
            self._instead(step, frame, causes),
            *(self._left(facts, frame) for facts in self.base.days_before(step, frame)),
        )  # fmt: skip

    def _holding(self, doc: StepDoc, frame: str) -> Iterator[tuple[str, bool, Callable[[], str]]]:
        """Yield what may hold a step back: likely findings, and open ones; with their columns."""
        for name, anywhere in self.base.step_book.holding(doc).items():
            yield name, False, partial(self._is_likely, name, frame, anywhere=anywhere)
        for name in self.base.step_book.kinds[doc.kind].held_back_while_open:
            yield name, True, partial(self._is_likely, name, frame, undecided=True)

    def _left(self, facts: Sequence[str], frame: str) -> str | None:
        """Return the column of the days left until the first day to come that *facts* tell of."""
        if not facts:
            return None
        columns = [self._left_until(fact, frame) for fact in facts]

        def build() -> Expr:
            return self.rules.x.least([self.rules.col(column) for column in columns])

        return self.rules.make(frame, f"left until {', '.join(facts)}", build)

    def _left_until(self, fact: str, frame: str) -> str:
        kind = self.base.facts[fact].kind
        own = frame if kind == "account" else kind

        def build() -> Expr:
            value = self.rules.read(Ref(fact), EvaluationPlace(own), "w")
            assert isinstance(value, Number)  # noqa: S101 -- a date; the loader saw to it
            return self.rules.x.when(-value.low >= 0).then(-value.low)

        column = self.rules.make(own, f"left until day of {fact}", build)
        return column if own == frame else self.rules.plan.gather(frame, own, column, "min")

    def _is_forbidden(self, doc: StepDoc, frame: str) -> Expr:
        """Return where the strategy of the account does not allow a step."""
        return self.rules.x.any_of(
            self._from_account(frame, self.rules.strategy_is(strategy.id))
            for strategy in self.base.strategies
            if doc.purpose not in strategy.allowed
        )

    def _done(self, step: str, frame: str) -> Expr:
        """Return where the success of a step has come about already, without nulls."""
        if step not in self.base.done_when:
            return self.rules.x.false
        condition = self.base.done_when[step]
        return is_true(self.rules.truth(condition, EvaluationPlace(frame), "w"))

    def _holds(self, column: str, reason: str | None) -> Expr:
        found = self.rules.col(column)
        return found if reason is None else found & ~self.rules.col(reason)

    def _instead(
        self, step: str, frame: str, causes: Sequence[tuple[str, str, str]]
    ) -> tuple[tuple[str, str], ...]:
        """Return the steps that this one replaces, first cause first, with itself."""
        if all(source == step for _, _, source in causes):
            return ()
        order = {name: index for index, name in enumerate(self.base.steps)}
        flags: dict[str, list[str]] = {}
        for _, flag, source in causes:
            flags.setdefault(source, []).append(flag)
        return tuple(
            (
                source,
                self.rules.make(
                    frame,
                    f"{step} from {source}",
                    lambda found=tuple(flags[source]): self.rules.x.any_of(
                        self.rules.col(flag) for flag in found
                    ),
                ),
            )
            for source in sorted(flags, key=order.__getitem__)
        )
