"""The plan of an account: its moves, and why the other steps are none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kam_expert.engines.plan_agreed import Agreed
from kam_expert.engines.plan_choice import (
    LAST,
    Answered,
    Candidate,
    Enough,
    Policy,
    Progress,
    choose,
    key,
)
from kam_expert.engines.plan_groups import StepGroup, free_groups, may_be_move, movable, to_plan
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.plan import LeftStep, Move, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.plan_documents import MoreDoc
    from kam_expert.results.diagnosis import Cause, Diagnosis, Finding, NextStep, StrategyResult

WEEK = 7
_SATURDAY = 5
#: The mildest severity of what a purpose of the strategy may answer: more than a remark.
_IN_THE_WAY = SEVERITIES.index("low")


@dataclass(frozen=True)
class PlanLimits:
    """How much a plan may hold; None for what the rule base says.

    Attributes:
        moves: The most moves.
        capacity: Half days in the time of the plan.
        agreed: What was agreed before, as it was known on the day.
    """

    moves: int | None = None
    capacity: int | None = None
    agreed: tuple[PlanEntry, ...] = ()


NO_LIMITS = PlanLimits()


def plan_of(
    steps: Sequence[NextStep],
    weighed: Weights,
    base: KnowledgeBase,
    day: date,
    limits: PlanLimits = NO_LIMITS,
) -> Plan:
    """Return the plan of an account.

    Args:
        steps: What is proposed.
        weighed: The findings that they answer.
        base: The rule base.
        day: The date of the diagnosis.
        limits: Other limits than those of the rule base.
    """
    book = base.plan
    agreed = Agreed(limits.agreed, base, day)
    steps = to_plan(steps, base, agreed)
    free = free_groups(steps, base)
    groups = movable(free, base, agreed)
    own = agreed.others({name for group in groups.values() for name in group.names()})
    policy = replace(policy_of(base, weighed.strategy, limits), others=len(own))
    candidates = [_candidate(g, weighed, base, day, agreed) for g in groups.values()]
    chosen, others = choose(candidates, policy)
    entries = [agreed.entry(groups[c.move.step].names()) for c in chosen]
    dues = [
        entry.due if entry and entry.due else min(step.due for step in groups[c.move.step].steps)
        for c, entry in zip(chosen, entries, strict=True)
    ]
    weeks = begin_weeks([(due - day).days for due in dues], int(book.begin_days.value))
    made = []
    later = []
    moves = zip(chosen, dues, weeks, entries, strict=True)
    for place, (found, due, week, entry) in enumerate(moves, len(own) + 1):
        group = groups[found.move.step]
        abouts = group.abouts()
        most = int(book.people.value)
        made.append(
            Move(
                place=place,
                steps=group.names(),
                about=abouts[:most],
                because=tuple(sorted(group.because(), key=weighed.order)),
                begin=entry.begin
                if entry and entry.begin
                else min(working_day(day + timedelta(days=WEEK * week)), due),
                due=due,
                effort=found.move.effort,
                by=found.by,
                finding=found.finding,
                cause=found.cause,
                entry=entry,
                day=group.event_day(base, day),
            )
        )
        if abouts[most:]:
            later.append(LeftStep(group.names(), abouts[most:], group.because(), "people"))
    later += [groups[move.step].left(reason) for move, reason in others]
    for group in free:
        if group.head not in groups:
            later.append(group.left("dropped" if may_be_move(group, base) else "support"))
    return Plan(
        capacity=policy.capacity,
        moves=tuple(made),
        own=own,
        done=agreed.done,
        dropped=agreed.dropped,
        later=tuple(later),
        waits=_waits(steps, weighed, base, day, policy),
        agreed=limits.agreed,
    )


def candidates_of(
    diagnosis: Diagnosis, weighed: Weights, base: KnowledgeBase
) -> dict[str, Candidate]:
    """Return the steps of a diagnosis that may be moves, by the step that names each."""
    agreed = Agreed(diagnosis.plan.agreed, base, diagnosis.day)
    free = free_groups(to_plan(diagnosis.next_steps, base, agreed), base)
    return {
        head: _candidate(group, weighed, base, diagnosis.day, agreed)
        for head, group in movable(free, base, agreed).items()
    }


def weights_of(diagnosis: Diagnosis, base: KnowledgeBase) -> Weights:
    """Return how the findings of a diagnosis weigh."""
    return Weights(diagnosis.findings, diagnosis.causes, diagnosis.strategy, base)


def replanned(diagnosis: Diagnosis, base: KnowledgeBase, limits: PlanLimits) -> Diagnosis:
    """Return a diagnosis with the plan that it has under other limits."""
    weighed = weights_of(diagnosis, base)
    limits = replace(limits, agreed=diagnosis.plan.agreed)
    plan = plan_of(diagnosis.next_steps, weighed, base, diagnosis.day, limits)
    plan = replace(plan, keep_doing=diagnosis.plan.keep_doing)
    return replace(diagnosis, plan=plan, next_steps=in_order(diagnosis.next_steps, plan))


def policy_of(base: KnowledgeBase, strategy: str | None, limits: PlanLimits = NO_LIMITS) -> Policy:
    """Return the limits and the order of a plan under a strategy."""
    book, order = base.plan, base.step_book.order
    moves, capacity = limits.moves, limits.capacity
    model = base.strategy(strategy) if strategy else None
    return Policy(
        moves=int(book.moves.value) if moves is None else moves,
        capacity=int(book.capacity.value) if capacity is None else capacity,
        more=tuple(_enough(more) for more in book.more),
        late_days=int(order.late_days.value),
        hurts=() if strategy in order.hurts.not_under else order.hurts.purposes,
        hurting=SEVERITIES.index(order.hurts.severity),
        all_that_hurts=strategy in order.hurts.all_under,
        first=model.first if model else (),
        always=bool(model and model.first_without_obstacle),
        then=model.then if model else (),
        mildest=_IN_THE_WAY,
    )


def _enough(more: MoreDoc) -> Enough:
    wanted = more.severity if more.wanted is None else more.wanted
    return Enough(int(more.after.value), SEVERITIES.index(more.severity), SEVERITIES.index(wanted))


class Weights:
    """How severe and how certain the findings of an account are, and what they rest on.

    A finding about several entities counts once, with the worst of its severities.

    Attributes:
        strategy: The id of the strategy that counts, if any.

    Args:
        findings: The findings of the account.
        causes: Its main causes.
        strategy: It is answered like a finding that is a remark; None for no strategy.
        base: The rule base.
    """

    def __init__(
        self,
        findings: Iterable[Finding],
        causes: Iterable[Cause],
        strategy: StrategyResult | None,
        base: KnowledgeBase,
    ) -> None:
        self.strategy = strategy.effective if strategy else None
        self.severity: dict[str, int] = {}
        self.established: set[str] = set()
        for found in findings:
            if at_least_likely(found.status):
                severity = SEVERITIES.index(found.severity)
                self.severity[found.id] = min(self.severity.get(found.id, LAST), severity)
                if found.status == "established":
                    self.established.add(found.id)
        if strategy:
            name = strategy.effective
            self.severity[name] = SEVERITIES.index(base.findings[name].severity)
            if strategy.chosen or strategy.found.status == "established":
                self.established.add(name)
        self._places = {name: place for place, name in enumerate(base.findings)}
        self.causes = causes_by_name(self.severity, [cause.first.id for cause in causes], base)

    def order(self, finding: str) -> int:
        """Return the place of a finding in the rule base."""
        return self._places[finding]

    def answered(self, finding: str) -> Answered:
        """Return what a move that answers *finding* adds."""
        cause = self.causes.get(finding, finding)
        rests = sum(other == cause for other in self.causes.values())
        severity = self.severity.get(finding, len(SEVERITIES))
        return Answered(severity, finding in self.established, cause, max(rests - 1, 0))


def causes_by_name(
    standing: Mapping[str, int], main: Sequence[str], base: KnowledgeBase
) -> dict[str, str]:
    """Return the first main cause from which each obstacle follows, by finding.

    Args:
        standing: The findings that are likely or established, with their severities.
        main: The main causes in order.
        base: The rule base.
    """
    found: dict[str, str] = {name: name for name in main}
    obstacles = [
        name
        for name, severity in standing.items()
        if severity < len(SEVERITIES) and SEVERITIES[severity] in base.obstacle_severities(name)
    ]
    for cause in main:
        reached = {cause}
        changed = True
        while changed:
            more = {
                name
                for name in obstacles
                if name not in reached
                and name not in main
                and not reached.isdisjoint(base.findings[name].follows_from)
            }
            changed = bool(more)
            reached |= more
        for name in reached:
            found.setdefault(name, cause)
    return found


def begin_weeks(within: Sequence[int], first: int) -> list[int]:
    """Return the weeks, from 0, in which moves begin: one a week where that is possible.

    Args:
        within: For each move in order, the days left until it is due.
        first: The maximum number of days until the first move begins.
    """
    last_week = max(len(within) - 1, 0)
    latest = [min(max(days - 1, 0) // WEEK, last_week) for days in within]
    if latest:
        latest[0] = min(latest[0], max(first - 1, 0) // WEEK)
    weeks = [0] * len(within)
    week = 0
    for move in sorted(range(len(within)), key=lambda m: (latest[m], m)):
        weeks[move] = min(week, latest[move])
        week += week <= latest[move]
    return weeks


def working_day(day: date) -> date:
    """Return *day*, or the Monday after it on a weekend."""
    return day if day.weekday() < _SATURDAY else day + timedelta(days=WEEK - day.weekday())


def _candidate(
    group: StepGroup, weighed: Weights, base: KnowledgeBase, day: date, agreed: Agreed | None = None
) -> Candidate:
    """Return a group as the choice reads it; without *agreed*, as if nothing was agreed."""
    doc = base.steps[group.head]
    order = base.step_book.order
    abouts = min(len(group.abouts()), int(base.plan.people.value))
    because = sorted(group.because(), key=weighed.order)
    return Candidate(
        step=group.head,
        purpose=doc.purpose,
        place=list(base.steps).index(group.head),
        effort=max(base.steps[name].effort for name in group.names()) * abouts,
        within_days=min((step.due - day).days for step in group.steps),
        by_event=group.event_day(base, day) is not None,
        about=min(order.about.index(step.about.kind) for step in group.steps),  # type: ignore[arg-type]
        answers={name: weighed.answered(name) for name in because},
        agreed=agreed.rank(group.names()) if agreed else LAST,
    )


def _waits(
    steps: Iterable[NextStep], weighed: Weights, base: KnowledgeBase, day: date, policy: Policy
) -> tuple[LeftStep, ...]:
    """Return what is held back, in the order in which it would be chosen if it were not."""
    groups: dict[str, list[NextStep]] = {}
    for step in steps:
        if step.held_back_by:
            groups.setdefault(step.id, []).append(step)
    state = Progress(list(policy.first))
    waiting = []
    for name, listed in groups.items():
        group = StepGroup(tuple(listed), name)
        held = tuple(dict.fromkeys(other for step in listed for other in step.held_back_by))
        waiting.append(
            (key(_candidate(group, weighed, base, day), state, policy), group.left(None, held))
        )
    return tuple(left for _, left in sorted(waiting, key=lambda found: found[0]))


def in_order(steps: Iterable[NextStep], plan: Plan) -> tuple[NextStep, ...]:
    """Return steps in the order of the plan, numbered, with their places in it."""
    ranks: dict[tuple[str, About], int] = {}
    listed: list[Move | LeftStep] = [*plan.moves, *plan.later, *plan.waits]
    for rank, found in enumerate(listed, 1):
        for about in found.about:
            ranks.update(((name, about), rank) for name in found.steps)
    # What was done and rests comes last.
    last = len(listed) + 1

    def rank_of(step: NextStep) -> int:
        return ranks.get((step.id, step.about), last)

    ordered = sorted(steps, key=lambda s: (rank_of(s), s.about.kind, s.about.id))
    places = {rank: move.place for rank, move in enumerate(plan.moves, 1)}
    return tuple(
        replace(step, order=number, place=places.get(rank_of(step)))
        for number, step in enumerate(ordered, 1)
    )
