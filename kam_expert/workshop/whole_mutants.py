"""Mutants of what rules add up to: stage sums, strategies, the plan, steps and their order.

No case of a rule can notice them. Whole accounts with the expected diagnosis can.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args

from kam_expert.knowledge.conditions.conclusion_terms import FindingTruth
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import AnyOf
from kam_expert.knowledge.documents import SEVERITIES, Severity
from kam_expert.knowledge.rule_base_files import PLAN
from kam_expert.knowledge.strata import strata_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.plan_documents import MoreDoc
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.situations import FollowsDoc
    from kam_expert.knowledge.stage import Stage
    from kam_expert.knowledge.strategy import Strategy

WholeKind = Literal[
    "stage sum", "strategy order", "strategy first", "strategy allowed", "plan number", "plan more",
    "step", "step effort", "step days", "step success", "step order", "step kind",
]  # fmt: skip
#: In the order of the table.
WHOLE_KINDS: tuple[WholeKind, ...] = get_args(WholeKind)
#: Lists of a step of which each entry is left out.
_STEP_LISTS = ("answers", "held_back_by", "dropped_by", "needs")
#: Lists of a kind of steps of which each entry is left out.
_KIND_LISTS = ("held_back_by", "held_back_while_open", "dropped_by")


@dataclass(frozen=True)
class WholeMutant:
    """A rule base with one small change beyond its rules.

    Attributes:
        kind: What was changed.
        name: The stage, strategy, number or step.
        change: The change in words.
        base: The rule base with it.
        settles: Whether findings or the stage may change; else only steps and the plan do.
        where: It changes something only if one of these findings is likely, or is the strategy.
        steps: The steps that it may change, if it changes steps only.
    """

    kind: WholeKind
    name: str
    change: str
    base: KnowledgeBase = field(repr=False)
    settles: bool
    where: frozenset[str] | None = None
    steps: frozenset[str] = frozenset()

    def concerns(self, expect: FollowsDoc, likely: frozenset[str]) -> bool:
        """Return whether it may change what a situation states, where some findings are likely."""
        if self.where is not None and likely.isdisjoint(self.where):
            return False
        if self.kind == "stage sum":
            return expect.stage is not None or expect.leaning is not None
        if self.kind == "strategy order":
            return expect.strategy is not None
        if self.kind in ("strategy first", "plan number", "plan more", "step order", "step days"):
            return expect.on_plan()
        if self.kind == "step success":  # a step that is proposed has not succeeded
            return not self.steps.isdisjoint((*expect.never, *expect.keeps))
        if self.kind == "step effort":
            return expect.half_days is not None
        if self.kind == "strategy allowed":
            return expect.on_plan() or bool(expect.step_names())
        return not self.steps.isdisjoint(expect.step_names())

    def __str__(self) -> str:
        """Return the change in words."""
        return f"{self.kind}: {self.name}: {self.change}"


def whole_mutants(folder: Path, base: KnowledgeBase) -> Iterator[WholeMutant]:
    """Yield every mutant of the stages, the strategies, the plan, the steps and their kinds.

    A rule base without a plan of its own has no mutants of it.
    """
    yield from _stages(base)
    yield from _strategies(base)
    yield from _purposes(base)
    if (folder / PLAN).is_file():
        yield from _plan(base)
    yield from _steps(base)
    yield from _efforts(base)
    yield from _successes(base)
    yield from _step_order(base)
    yield from _step_kinds(base)


def _stages(base: KnowledgeBase) -> Iterator[WholeMutant]:
    model = base.stage_model

    def made(name: str, change: str, **values: object) -> WholeMutant:
        changed = replace(base, stage_model=replace(model, **values))  # type: ignore[arg-type]
        return WholeMutant("stage sum", name, change, changed, settles=True)

    def stage(index: int, changed: Stage, change: str) -> WholeMutant:
        stages = (*model.stages[:index], changed, *model.stages[index + 1 :])
        return made(changed.name, change, stages=stages)

    for index, each in enumerate(model.stages):
        one = 1 / len(each.features)
        for share in (each.share - one, each.share + one):
            change = f"above_share {each.share:g} -> {share:.2f}"
            yield stage(index, replace(each, share=share), change)
        if each.core:
            for least in (each.core_needed - 1, each.core_needed + 1):
                change = f"core.at_least {each.core_needed} -> {least}"
                yield stage(index, replace(each, core_needed=least), change)
        for name in each.core:
            yield stage(index, replace(each, core=_less(each.core, name)), f"core without {name}")
        for name in each.vetoes:
            changed = replace(each, vetoes=_less(each.vetoes, name))
            yield stage(index, changed, f"vetoes without {name}")
    for share in (model.settled_share - 0.1, model.settled_share + 0.1):
        change = f"settled_share {model.settled_share:g} -> {share:.2f}"
        yield made("undetermined", change, settled_share=share)
    for least in (model.leaning_from - 1, model.leaning_from + 1):
        change = f"leaning_from {model.leaning_from} -> {least}"
        yield made("undetermined", change, leaning_from=least)
    for name in model.contact_facts:
        kept = _less(model.contact_facts, name)
        yield made("undetermined", f"contact_facts without {name}", contact_facts=kept)


def _less(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)


def _strategies(base: KnowledgeBase) -> Iterator[WholeMutant]:
    """Yield the rule base with each two neighbours in the order of strategies exchanged."""
    order = base.strategies
    mirrors = frozenset(name for name, doc in base.findings.items() if doc.mirror)
    for index in range(len(order) - 2):  # the last one applies where no other does
        exchanged = (*order[:index], order[index + 1], order[index], *order[index + 2 :])
        rules = {rule.name: rule for rule in base.rules}
        earlier: tuple[str, ...] = ()
        for strategy in exchanged:
            own = None if strategy.applies is None else rules[strategy.applies].unless
            rules[strategy.id] = _barred(rules[strategy.id], own, earlier)
            if strategy.applies is not None:
                earlier = (*earlier, strategy.applies)
        # A strategy may now be read before rules that it was read after.
        strata, stage_stratum = strata_of(
            tuple(rules.values()), tuple(base.findings), base.stage_model, mirrors
        )
        changed = replace(
            base,
            strategies=exchanged,
            rules=tuple(rules.values()),
            strata=strata,
            stage_stratum=stage_stratum,
        )
        change = f"before {order[index].id}"
        yield WholeMutant("strategy order", order[index + 1].id, change, changed, settles=True)


def _barred(rule: Rule, own: Condition | None, earlier: tuple[str, ...]) -> Rule:
    """Return the rule of a strategy that earlier ones bar."""
    barred: list[Condition] = [] if own is None else [own]
    if earlier:
        barred.append(Leaf(FindingTruth(earlier)))
    unless = AnyOf(tuple(barred)) if len(barred) > 1 else barred[0] if barred else None
    return replace(rule, unless=unless)


def _purposes(base: KnowledgeBase) -> Iterator[WholeMutant]:
    """Yield the rule base with other purposes of each strategy."""

    def made(
        kind: WholeKind, strategy: Strategy, change: str, where: str, **values: object
    ) -> WholeMutant:
        changed = replace(strategy, **values)  # type: ignore[arg-type]
        strategies = tuple(changed if s is strategy else s for s in base.strategies)
        return WholeMutant(
            kind,
            strategy.id,
            change,
            replace(base, strategies=strategies),
            settles=False,
            where=frozenset([where]),
        )

    for strategy in base.strategies:
        for key in ("first", "then"):
            for names in _fewer_or_exchanged(getattr(strategy, key)):
                change = f"{key} {', '.join(names) or 'nothing'}"
                yield made("strategy first", strategy, change, strategy.id, **{key: names})
        if strategy.first_without_obstacle:
            change = "without first_without_obstacle"
            values = {"first_without_obstacle": False}
            yield made("strategy first", strategy, change, strategy.id, **values)
        # The file names those that are allowed or those that are not, whichever are fewer.
        others = frozenset(base.step_book.purposes) - strategy.allowed
        fewer = others if len(others) < len(strategy.allowed) else strategy.allowed
        for purpose in sorted(fewer):
            changed = strategy.allowed ^ {purpose}
            change = f"{purpose} {'allowed' if purpose in changed else 'not allowed'}"
            yield made("strategy allowed", strategy, change, strategy.id, allowed=changed)


def _fewer_or_exchanged(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the names without each one, and with each two neighbours exchanged."""
    places = range(len(names))
    fewer = [(*names[:at], *names[at + 1 :]) for at in places]
    exchanged = [(*names[:at], names[at + 1], names[at], *names[at + 2 :]) for at in places[:-1]]
    yield from (found for found in dict.fromkeys([*fewer, *exchanged]) if found != tuple(names))


def _next_to(severity: Severity) -> Iterator[Severity]:
    """Yield the severities one worse and one milder."""
    at = SEVERITIES.index(severity)
    yield from SEVERITIES[max(at - 1, 0) : at]
    yield from SEVERITIES[at + 1 : at + 2]


def _plan(base: KnowledgeBase) -> Iterator[WholeMutant]:
    numbers = {name: chosen.value for name, chosen in base.plan.numbers().items()}
    for name, value in numbers.items():
        for moved in (value - 1, value + 1):
            if moved > 0:
                plan = base.plan.with_numbers({**numbers, name: moved})
                change = f"{value:g} -> {moved:g}"
                changed = replace(base, plan=plan)
                yield WholeMutant("plan number", name, change, changed, settles=False)

    rows = base.plan.more

    def more(row: MoreDoc, change: str, *instead: MoreDoc) -> WholeMutant:
        changed = [each for r in rows for each in (instead if r is row else (r,))]
        plan = base.plan.model_copy(update={"more": changed})
        name = f"after {row.after.value:g}"
        return WholeMutant("plan more", name, change, replace(base, plan=plan), settles=False)

    for row in rows:
        yield more(row, "left out")
        for key in ("severity", "wanted"):
            severity: Severity | None = getattr(row, key)
            for other in () if severity is None else _next_to(severity):
                changed_row = row.model_copy(update={key: other})
                yield more(row, f"{key} {severity} -> {other}", changed_row)


def _with_step(base: KnowledgeBase, name: str, **values: object) -> KnowledgeBase:
    """Return the rule base with other values of one step."""
    steps = {**base.steps, name: base.steps[name].model_copy(update=values)}
    return replace(base, step_book=base.step_book.model_copy(update={"steps": steps}))


def _efforts(base: KnowledgeBase) -> Iterator[WholeMutant]:
    """Yield the rule base with more and less work, or time, for each step that may be a move.

    The days of a step decide its place only where an event to come sets a day for it.
    """
    book = base.step_book

    def made(kind: WholeKind, name: str, key: str, value: int) -> WholeMutant:
        doc = base.steps[name]
        changed = _with_step(base, name, **{key: value})
        change = f"{getattr(doc, key)} -> {value}"
        where = frozenset(doc.answers)
        return WholeMutant(kind, name, change, changed, settles=False, where=where)

    for name, doc in base.steps.items():
        if doc.purpose in book.order.accompanies:
            continue
        for step in (-1, 1):
            if doc.effort + step > 0:
                yield made("step effort", name, "effort", doc.effort + step)
            if base.days_before(name, doc.about)[0]:
                yield made("step days", name, "within_days", doc.within_days + step)


def _successes(base: KnowledgeBase) -> Iterator[WholeMutant]:
    """Yield the rule base with a step of which nobody sees the success, or which then ends."""
    for name in base.done_when:
        found = {step: condition for step, condition in base.done_when.items() if step != name}
        changed = replace(base, done_when=found)
        steps = frozenset([name])
        yield WholeMutant(
            "step success", name, "without done_when", changed, settles=False, steps=steps
        )
        if base.steps[name].every is not None:
            changed = _with_step(base, name, every=None)
            yield WholeMutant(
                "step success", name, "without every", changed, settles=False, steps=steps
            )


def _step_order(base: KnowledgeBase) -> Iterator[WholeMutant]:
    """Yield the rule base with another order of steps."""
    book, order = base.step_book, base.step_book.order

    def made(name: str, change: str, **values: object) -> WholeMutant:
        changed = book.model_copy(update={"order": order.model_copy(update=values)})
        step_book = replace(base, step_book=changed)
        return WholeMutant("step order", name, change, step_book, settles=False)

    def hurts(change: str, **values: object) -> WholeMutant:
        return made("hurts", change, hurts=order.hurts.model_copy(update=values))

    for key in ("purposes", "not_under", "all_under"):
        entries: list[str] = getattr(order.hurts, key)
        for entry in entries:
            kept = [other for other in entries if other != entry]
            yield hurts(f"{key} without {entry}", **{key: kept})
    for severity in _next_to(order.hurts.severity):
        change = f"severity {order.hurts.severity} -> {severity}"
        yield hurts(change, severity=severity)
    for purpose in order.accompanies:
        kept = [other for other in order.accompanies if other != purpose]
        yield made("accompanies", f"without {purpose}", accompanies=kept)
    late = order.late_days.value
    days = {doc.within_days for doc in base.steps.values()}
    sooner, later = {d for d in days if d < late}, {d for d in days if d >= late}
    # A day more or less changes nothing unless a step is due on just that day.
    for moved in (*sorted(sooner)[-1:], *(day + 1 for day in sorted(later)[:1])):
        other = order.late_days.model_copy(update={"value": moved})
        yield made("late_days", f"{late:g} -> {moved:g}", late_days=other)
    of_steps = {doc.about for doc in base.steps.values()}
    for at, (kind, after) in enumerate(pairwise(order.about)):
        if {kind, after} <= of_steps:
            exchanged = [*order.about[:at], after, kind, *order.about[at + 2 :]]
            yield made("about", f"{after} before {kind}", about=exchanged)


def _steps(base: KnowledgeBase) -> Iterator[WholeMutant]:
    book = base.step_book

    def made(name: str, change: str, *where: str, **values: object) -> WholeMutant:
        changed = _with_step(base, name, **values)
        found = frozenset(where) or None
        concerned = frozenset([name])
        return WholeMutant(
            "step", name, change, changed, settles=False, where=found, steps=concerned
        )

    for name, doc in base.steps.items():
        for key in _STEP_LISTS:
            entries: list[str] = getattr(doc, key)
            for entry in entries:
                kept = [other for other in entries if other != entry]
                findings = book.needs[entry] if key == "needs" else [entry]
                if kept or key != "answers":
                    yield made(name, f"{key} without {entry}", *findings, **{key: kept})
        if doc.one_move_with is not None:
            yield made(name, "without one_move_with", one_move_with=None)
        for finding in doc.replaced_by:
            others = {f: step for f, step in doc.replaced_by.items() if f != finding}
            yield made(name, f"replaced_by without {finding}", finding, replaced_by=others)
        for word, may in doc.under.items():
            if may == "no":
                allowed = {**doc.under, word: "yes"}
                yield made(name, f"{word}: no -> yes", book.under[word].finding, under=allowed)


def _step_kinds(base: KnowledgeBase) -> Iterator[WholeMutant]:
    book = base.step_book
    for name, doc in book.kinds.items():
        steps = frozenset(step for step, d in base.steps.items() if d.kind == name)
        for key in _KIND_LISTS:
            entries: list[str] = getattr(doc, key)
            for entry in entries:
                kept = [other for other in entries if other != entry]
                kinds = {**book.kinds, name: doc.model_copy(update={key: kept})}
                changed = replace(base, step_book=book.model_copy(update={"kinds": kinds}))
                # What holds back while it is open need not be likely.
                where = None if key == "held_back_while_open" else frozenset([entry])
                yield WholeMutant(
                    "step kind",
                    name,
                    f"{key} without {entry}",
                    changed,
                    settles=False,
                    where=where,
                    steps=steps,
                )
