"""The format of ``plan.yaml``, as pydantic models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from kam_expert.knowledge.documents import Chosen, Doc, Severity, Text
from kam_expert.knowledge.effort_documents import EffortDoc


class MoreDoc(Doc):
    """After this number of moves, only a step that answers something as severe is added.

    *wanted* is the severity for a step that fills a purpose of the strategy; None for the same.
    """

    after: Chosen
    severity: Severity
    wanted: Severity | None = None


def _listed(more: object) -> object:
    """Return a list where a method of an earlier version states a single limit."""
    return more if isinstance(more, list) else [more]


class WhyDoc(Doc):
    """What a move says of its place, by what decided it: the criteria in order, then two cases.

    Attributes:
        strategy: Said where the move answers no finding but the strategy, and neither an event nor
            a purpose decided.
    """

    event: Text
    hurts: Text
    purpose: Text
    severity: Text
    established: Text
    weight: Text
    new_cause: Text
    soon: Text
    about: Text
    next: Text
    file: Text
    only: Text
    agreed: Text
    strategy: Text | None = None


class LeftDoc(Doc):
    """What a step that is left for later says of the reason."""

    capacity: Text
    moves: Text
    answered: Text
    mild: Text
    support: Text
    people: Text
    dropped: Text


class PlanDoc(Doc):
    """``plan.yaml``: how many of the proposed steps are moves, and how their places are explained.

    *moves* is the most moves of a plan, *capacity* the half days of a quarter, *horizon_days* how
    far the plan looks ahead, *people* the most entities that one move is about, *begin_days* the
    days within which the first move begins.
    """

    moves: Chosen
    capacity: Chosen
    horizon_days: Chosen
    people: Chosen
    begin_days: Chosen
    more: Annotated[list[MoreDoc], BeforeValidator(_listed)]
    why: WhyDoc
    left: LeftDoc
    #: None: effort over a portfolio is not distributed by this method.
    effort: EffortDoc | None = None

    def numbers(self) -> dict[str, Chosen]:
        """Return the numbers by name; a file of thresholds may replace them."""
        names = ("moves", "capacity", "horizon_days", "people", "begin_days")
        return {name: getattr(self, name) for name in names}

    def with_numbers(self, values: dict[str, float]) -> PlanDoc:
        """Return the document with other numbers."""
        changed = {
            name: chosen.model_copy(update={"value": int(values[name])})
            for name, chosen in self.numbers().items()
        }
        return self.model_copy(update=changed)
