"""Parts of a rule base that no answers can bring to life: proofs over the answers at the borders.

Nothing is said of a condition for which there are no such answers; see `exhaustive`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kam_expert.workshop.exhaustive import assignments, truth
from kam_expert.workshop.mutants import moved_by_a_step
from kam_expert.workshop.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.fact_documents import GapDoc
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.stage import Stage
    from kam_expert.knowledge.values import Truth
    from kam_expert.workshop.exhaustive import AssignedView
    from kam_expert.workshop.sources import RuleSources

_NO_ANSWERS = "no combination of answers at its borders meets it"


def dead_rule(rule: Rule, base: KnowledgeBase) -> str | None:
    """Return the proof that a rule holds for no answers, or for contradictory ones alone."""
    views = assignments(rule.conditions(), base)
    if views is None:
        return None
    if not any(truth(rule, view) for view in views):
        return _NO_ANSWERS
    for name, condition in base.impossible.items():
        if _always(rule, (condition,), condition.evaluate, base):
            return f"wherever it holds, the impossible combination {name} does"
    return None


def implies(rule: Rule, other: Rule, base: KnowledgeBase) -> bool:
    """Return whether another rule is proved to hold wherever a rule does."""
    return _always(rule, other.conditions(), partial(truth, other), base)


def _always(
    rule: Rule,
    parts: Iterable[Condition],
    found: Callable[[AssignedView], Truth],
    base: KnowledgeBase,
) -> bool:
    """Return whether something that rests on *parts* is true wherever a rule holds."""
    held = False
    for view in assignments((*rule.conditions(), *parts), base) or ():
        if truth(rule, view) is True:
            held = True
            if found(view) is not True:
                return False
    return held


def dead_conditions(base: KnowledgeBase) -> Iterator[Verdict]:
    """Yield the definitions and impossible combinations that are never true, and dead gaps."""
    named = [
        *((f"definition {name}", condition) for name, (_, condition) in base.definitions.items()),
        *((f"impossible {name}", condition) for name, condition in base.impossible.items()),
    ]
    for subject, condition in named:
        views = assignments((condition,), base)
        if views is not None and not any(condition.evaluate(view) for view in views):
            yield Verdict("never holds", subject, _NO_ANSWERS)
    for name, gap in base.gaps.items():
        farthest = _farthest(gap, base)
        if farthest is not None and gap.threshold.value > farthest:
            because = f"no two answers are more than {farthest:g} apart"
            yield Verdict("never holds", f"gap {name}", because)


def _farthest(gap: GapDoc, base: KnowledgeBase) -> float | None:
    """Return the largest distance of two answers; None where there is no limit."""
    doc = base.facts[gap.ours].doc
    if doc.type in ("ordered", "choice", "yes_no", "set"):
        words = len(doc.values) or 2
        return {"ordered": words - 1, "set": words}.get(doc.type, 1)
    limits = doc.range
    if limits is None or limits.min is None or limits.max is None:
        return None
    return limits.max - limits.min


def thresholds_without_effect(sources: RuleSources) -> Iterator[Verdict]:
    """Yield the thresholds of rules that may be a step higher or lower and change nothing."""
    base = sources.base
    for written in sources.rules:
        rule = base.rule(written.name)
        for name, value in written.thresholds.items():
            moved = [
                sources.parsed(
                    written, written.node, sources.scope(), {**written.thresholds, name: other}
                )
                for other in moved_by_a_step(value)
            ]
            if all(parts is not None and _same(rule, parts, base) for parts in moved):
                because = f"a step above or below {value:g} every account gets the same"
                yield Verdict("threshold without effect", f"{rule.name}.{name}", because)


def _same(
    rule: Rule, parts: tuple[Condition | None, Condition | None], base: KnowledgeBase
) -> bool:
    """Return whether no answers tell other conditions from those of a rule."""
    pairs = zip((rule.when, rule.unless), parts, strict=True)
    return all(one == two or _equal(one, two, base) for one, two in pairs)


def _equal(one: Condition | None, two: Condition | None, base: KnowledgeBase) -> bool:
    if one is None or two is None:
        return False
    views = assignments((one, two), base)
    return views is not None and all(one.evaluate(v) is two.evaluate(v) for v in views)


def stages_never_reached(base: KnowledgeBase, reached: Iterable[str]) -> Iterator[Verdict]:
    """Yield the stages that are no verdict even with all their features and no veto.

    Args:
        base: The rule base.
        reached: The stages of some accounts.
    """
    for stage in base.stage_model.stages:
        if stage.name not in reached and not _reachable(stage, base):
            because = "even with all its features and no others the verdict is another"
            yield Verdict("stage never reached", stage.name, because)


def _reachable(stage: Stage, base: KnowledgeBase) -> bool:
    model = base.stage_model
    truths = {name: name in stage.features for name in model.findings_read}
    return model.verdict(truths, contact_known=True) == stage.name
