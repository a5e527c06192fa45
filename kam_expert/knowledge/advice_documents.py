"""The format of ``steps.yaml`` and ``strategies.yaml``, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kam_expert.knowledge.audience import Audience
from kam_expert.knowledge.documents import Chosen, Doc, Severity, Text, Yes
from kam_expert.knowledge.rule_documents import CaseDoc


class StepKindDoc(Doc):
    """What all steps of a kind share."""

    name: Text
    held_back_by: list[str] = Field(default_factory=list)
    held_back_while_open: list[str] = Field(default_factory=list)
    dropped_by: list[str] = Field(default_factory=list)


class StepDoc(Doc):
    """A next step."""

    kind: str
    purpose: str
    about: Literal["account", "person", "member", "decision"]
    answers: list[str]
    dropped_by: list[str] = Field(default_factory=list)
    held_back_by: list[str] = Field(default_factory=list)
    replaced_by: dict[str, str] = Field(default_factory=dict)
    one_move_with: str | None = None
    needs: list[str] = Field(default_factory=list)
    under: dict[str, Literal["yes", "no"]] = Field(default_factory=dict)
    done_when: dict[str, Any] | None = None
    who: Text
    #: A fact about whom the step is about that names who of ours takes it, instead of *who*.
    owner: str | None = None
    within_days: Annotated[int, Field(ge=0)]
    #: Half days of our people; for a step about people or decisions, for each of them.
    effort: Annotated[int, Field(ge=1)]
    #: Whether it cannot be done without the customer.
    with_customer: Yes | None = None
    #: Who may read it; inferred from what it answers if it does not say.
    audience: Audience | None = None
    #: Why it may be read by more than those who may read every finding that it answers.
    audience_reason: str | None = None
    #: How often it is repeated, in days, for what goes on once it has succeeded.
    every: Annotated[int, Field(ge=1)] | None = None
    #: Dates that the step comes before and that give it its place: facts of whom it is about, or
    #: of the account. A step about the account may name a date of others; it only limits its day.
    before: str | list[str] | None = None
    when: Text | None = None
    do: Text
    success: Text
    cautions: list[str] = Field(default_factory=list)
    name: Text

    @property
    def days_before(self) -> tuple[str, ...]:
        """Return the dates that the step comes before."""
        return (self.before,) if isinstance(self.before, str) else tuple(self.before or ())


class UnderDoc(Doc):
    """A state of the account in which not every step may be taken; *finding* says that it is so."""

    finding: str
    from_days: Chosen | None = None

    def concerns(self, step: StepDoc) -> bool:
        """Return whether *step* has to say if it may be taken."""
        return self.from_days is None or step.within_days >= self.from_days.value


class HurtsDoc(Doc):
    """Steps that come first whatever the strategy: of these purposes, for a finding so severe.

    One of them does so, under the strategies in *all_under* every one.
    """

    purposes: list[str]
    severity: Severity
    not_under: list[str] = Field(default_factory=list)
    all_under: list[str] = Field(default_factory=list)


class StepOrderDoc(Doc):
    """What the order of steps depends on, apart from the strategy.

    *accompanies* names the purposes of steps that come after all others, because they go with
    another step.
    """

    hurts: HurtsDoc
    late_days: Chosen
    accompanies: list[str]
    about: list[Literal["account", "person", "member", "decision"]]


class StepsDoc(Doc):
    """``steps.yaml``."""

    #: Cautions that go with every step, and the statements of the source that they fulfil.
    always: list[str] = Field(default_factory=list)
    cites: list[str] = Field(default_factory=list)
    kinds: dict[str, StepKindDoc]
    purposes: dict[str, Text]
    order: StepOrderDoc
    #: What a step may need, and the findings about any entity that hold back a step in need of it.
    needs: dict[str, list[str]] = Field(default_factory=dict)
    under: dict[str, UnderDoc] = Field(default_factory=dict)
    #: By kind of what a step is about, the date until which the step makes sense.
    ends: dict[Literal["person", "member", "decision"], str] = Field(default_factory=dict)
    cautions: dict[str, Text]
    steps: dict[str, StepDoc]

    def dates(self) -> set[str]:
        """Return the facts that set a day by which a step is done."""
        return set(self.ends.values()).union(*(doc.days_before for doc in self.steps.values()))

    def dropping(self, step: StepDoc) -> tuple[str, ...]:
        """Return the findings under which *step* is not proposed."""
        barred = (self.under[word].finding for word, said in step.under.items() if said == "no")
        return (*self.kinds[step.kind].dropped_by, *step.dropped_by, *barred)

    def holding(self, step: StepDoc) -> dict[str, bool]:
        """Return the findings that hold *step* back, with whether they do so about any entity."""
        here = dict.fromkeys((*self.kinds[step.kind].held_back_by, *step.held_back_by), False)
        return here | {name: True for need in step.needs for name in self.needs[need]}


class StrategyDoc(Doc):
    """What to do with an account at all: the first strategy whose condition holds.

    *first* and *then* are purposes of steps: those before and those after the severity of what a
    step answers. Steps of a purpose that is not allowed are not proposed; *allowed* names all
    others at once.
    """

    name: Text
    says: Text
    opening: Text | None = None
    because: Text | None = None
    when: dict[str, Any] | None = None
    unless: dict[str, Any] | None = None
    thresholds: dict[str, Chosen] = Field(default_factory=dict)
    first: list[str] = Field(default_factory=list)
    first_without_obstacle: Yes | None = None
    then: list[str] = Field(default_factory=list)
    allowed: list[str] | None = None
    audience: Audience = "supplier"
    audience_reason: str | None = None
    not_allowed: list[str] = Field(default_factory=list)
    note: Text | str | None = None
    cases: list[CaseDoc] = Field(default_factory=list)


class StrategiesDoc(Doc):
    """``strategies.yaml``: the strategies in their order, and what they are called together."""

    name: Text
    strategies: dict[str, StrategyDoc]
