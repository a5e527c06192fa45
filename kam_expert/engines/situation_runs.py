"""What follows from the situations of a rule base, compared with what must."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import advise
from kam_expert.engines.rule_cases import TRUTHS, readings_given
from kam_expert.engines.settling import Settlement, settle_findings, settle_stage, truths_of
from kam_expert.engines.whole_accounts import listed
from kam_expert.errors import CaseError, Problem
from kam_expert.knowledge.situations import NO_LEANING
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import Settled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.engines.assemble import Advice
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.situations import FollowsDoc, Situation


def settle_situation(situation: Situation, base: KnowledgeBase) -> Settlement:
    """Return a situation with the findings as given, all others absent, on the plain engine.

    Whom a finding is about is created, if nobody of the kind is given. The stage is settled from
    the findings unless it is given; the strategies are settled.

    Raises:
        CaseError: What is given is neither a fact nor a finding of the rule base.
    """
    given, place = situation.given, situation.place
    known = [name for name in given.get("findings", ()) if name in base.findings]
    kinds = dict.fromkeys(base.findings[name].about for name in known)
    readings, statuses = readings_given(kinds, given, place, base)
    settlement = Settlement(readings)
    for key, status in statuses.items():
        settlement.findings[key] = Settled(status, True, *TRUTHS[status])
        settlement.outcomes[key] = []
    if "stage" in given:
        settled = readings.settled
        assert settled.stages is not None  # noqa: S101 -- it is given
        settlement.verdict, settlement.possible_stages = settled.verdict, settled.stages
    else:
        settle_stage(settlement, base)
    stated = {name for name, _, _ in statuses}
    for names in base.strata:
        found = settle_findings(
            settlement,
            [name for name in names if name in base.strategy_findings and name not in stated],
            partial(truths_of, readings=readings),
        )
        readings.settled.findings.update((k, (s.working, s.strict)) for k, s in found.items())
    return settlement


def run_situation(situation: Situation, base: KnowledgeBase) -> Iterator[Problem]:
    """Yield what does not follow from a situation although it must, or what it cannot give."""
    try:
        found = follows(settle_situation(situation, base), base)
    except CaseError as error:
        yield from error.problems
    else:
        for difference in found.differences(situation.expect):
            yield Problem(situation.place, f"“{situation.name}”: {difference}")


def follows(settlement: Settlement, base: KnowledgeBase) -> Follows:
    """Return what follows from a settled situation."""
    return Follows.of(settlement, advise(settlement, base))


@dataclass(frozen=True)
class _Proposed:
    """A step: the findings that it answers, what holds it back, what it takes the place of."""

    because: frozenset[str]
    held_back_by: frozenset[str]
    instead_of: str | None


@dataclass(frozen=True)
class Follows:
    """What follows from a situation, in the terms of the expectations."""

    stage: str
    leaning: str
    strategy: str | None
    steps: Mapping[str, _Proposed]
    keeps: frozenset[str]
    moves: tuple[tuple[str, ...], ...]
    later: Mapping[str, str | None]
    begins: int | None
    half_days: int

    @classmethod
    def of(cls, settlement: Settlement, advice: Advice) -> Follows:
        """Return what a settled situation and the advice on it say."""
        steps: dict[str, _Proposed] = {}
        for step in advice.steps:
            because, held = frozenset(step.because), frozenset(step.held_back_by)
            if step.id in steps:
                because |= steps[step.id].because
                held |= steps[step.id].held_back_by
            steps[step.id] = _Proposed(because, held, step.instead_of)
        plan, leaning = advice.plan, settlement.leaning
        undetermined = settlement.verdict == UNDETERMINED
        return cls(
            settlement.verdict,
            leaning if undetermined and leaning is not None else NO_LEANING,
            advice.strategy.effective if advice.strategy else None,
            steps,
            frozenset(kept.step for kept in plan.keep_doing),
            tuple(move.steps for move in plan.moves),
            {left.steps[0]: left.reason for left in plan.later},
            (plan.moves[0].begin - settlement.readings.day).days if plan.moves else None,
            plan.effort,
        )

    def differences(self, expect: FollowsDoc) -> Iterator[str]:
        """Yield what does not follow although it must."""
        for what in ("stage", "leaning", "strategy", "begins", "half_days"):
            wanted, found = getattr(expect, what), getattr(self, what)
            if wanted is not None and wanted != found:
                yield f"the {what} is {found}, not {wanted}"
        yield from self._of_steps(expect)
        heads = [move[0] for move in self.moves]
        if expect.moves is not None and expect.moves != heads:
            yield f"the moves are {listed(heads)}, not {listed(expect.moves)}"
        if expect.later is not None and expect.later != self.later:
            yield f"later are {_reasons(self.later)}, not {_reasons(expect.later)}"
        for step, head in expect.together.items():
            if not any(move[0] == head and step in move for move in self.moves):
                yield f"{step} is no one move with {head}"

    def _of_steps(self, expect: FollowsDoc) -> Iterator[str]:
        for wanted, waits in ((expect.steps, False), (expect.waits, True)):
            for finding, step in ((f, step) for f, steps in wanted.items() for step in steps):
                proposed = self.steps.get(step)
                if proposed is None:
                    yield f"{step} is not proposed"
                elif waits and finding not in proposed.held_back_by:
                    yield f"{step} does not wait for {finding}"
                elif not waits and finding not in proposed.because:
                    yield f"{step} is not proposed because of {finding}"
                elif not waits and proposed.held_back_by:
                    yield f"{step} waits for {listed(sorted(proposed.held_back_by))}"
        yield from (f"{step} is proposed" for step in expect.never if step in self.steps)
        yield from (f"{step} is not kept up" for step in expect.keeps if step not in self.keeps)
        for step, other in expect.instead.items():
            if step not in self.steps or self.steps[step].instead_of != other:
                yield f"{step} does not take the place of {other}"


def _reasons(later: Mapping[str, str | None]) -> str:
    return listed([f"{step} ({reason})" for step, reason in later.items()])
