"""Terms about conclusions of other rules: findings, the count of a group, stage and verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kam_expert.knowledge.conditions.terms import Shown, Term
from kam_expert.knowledge.values import Interval, any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.conditions.condition import View
    from kam_expert.knowledge.values import Truth


@dataclass(frozen=True)
class FindingTruth(Term):
    """Whether one of the findings, about the same entity or its account, is likely or better."""

    names: tuple[str, ...]

    says: ClassVar = {"at_least": "likely"}

    @property
    def findings(self) -> tuple[str, ...]:
        """Return the findings."""
        return self.names

    def value(self, view: View) -> Truth:
        """Ask for each finding."""
        return any_of(view.finding(name) for name in self.names)

    def shown(self, view: View) -> Iterator[Shown]:
        """Yield each finding."""
        del view
        for name in self.names:
            yield Shown(None, finding=name)


@dataclass(frozen=True)
class FindingCount(Term):
    """How many of the findings of a group are likely or better."""

    group: str
    names: tuple[str, ...]

    counted = True

    @property
    def findings(self) -> tuple[str, ...]:
        """Return the findings."""
        return self.names

    @property
    def label(self) -> str:
        """Return the group."""
        return self.group

    def value(self, view: View) -> Any:
        """Return the count as a number or an interval."""
        truths = [view.finding(name) for name in self.names]
        low = sum(truth is True for truth in truths)
        return Interval(low, low + sum(truth is None for truth in truths)).settled()

    def shown(self, view: View) -> Iterator[Shown]:
        """Yield the count."""
        yield Shown(f"count:{self.group}", self.value(view))


@dataclass(frozen=True)
class _OfStage(Term):
    """A term about the stage of the relationship."""

    names: frozenset[str]

    reads_stage = True

    @property
    def says(self) -> dict[str, Any]:  # type: ignore[override]  # the stages are in it
        """Return the stages."""
        return {"is": sorted(self.names)}

    def shown(self, view: View) -> Iterator[Shown]:
        """Yield the stage."""
        del view
        yield Shown("stage")


@dataclass(frozen=True)
class StageTruth(_OfStage):
    """Whether the relationship is in one of the stages."""

    def value(self, view: View) -> Truth:
        """Ask for the stage."""
        return view.stage(self.names)


@dataclass(frozen=True)
class VerdictTruth(_OfStage):
    """Whether the diagnosis names one of the stages, though it may be provisional."""

    def value(self, view: View) -> Truth:
        """Ask for the verdict."""
        return view.verdict(self.names)
