"""Mutants of what rules add up to: stage sums, order of strategies, numbers of the plan, steps.

No case of a rule can notice them. Whole accounts with the expected diagnosis can.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

from kam_expert.engines.assemble import assemble
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.engines.whole_accounts import compare, readable, result_of
from kam_expert.knowledge.accounts import read_accounts
from kam_expert.knowledge.conditions.conclusion_terms import FindingTruth
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import AnyOf
from kam_expert.knowledge.strata import strata_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.engines.settling import Settlement
    from kam_expert.engines.whole_accounts import AccountResult
    from kam_expert.knowledge.accounts import WholeAccount
    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.stage import Stage

WholeKind = Literal["stage sum", "strategy order", "plan number", "step"]
#: In the order of the table.
WHOLE_KINDS: tuple[WholeKind, ...] = get_args(WholeKind)
#: Lists of a step of which each entry is left out.
_STEP_LISTS = ("answers", "held_back_by", "dropped_by", "needs")
_ENGINE = PlainEngine()


@dataclass(frozen=True)
class WholeMutant:
    """A rule base with one small change beyond its rules.

    Attributes:
        kind: What was changed.
        name: The stage, strategy, number or step.
        change: The change in words.
        base: The rule base with it.
        settles: Whether findings or the stage may change; else only steps and the plan do.
    """

    kind: WholeKind
    name: str
    change: str
    base: KnowledgeBase = field(repr=False)
    settles: bool

    def __str__(self) -> str:
        """Return the change in words."""
        return f"{self.kind}: {self.name}: {self.change}"


@dataclass
class WholeScore:
    """How many mutants of each kind the whole accounts notice.

    Attributes:
        changes: Those that no account notices although some account is diagnosed differently.
        same: Those by which no whole account is diagnosed differently.
    """

    tried: Counter[WholeKind] = field(default_factory=Counter)
    noticed: Counter[WholeKind] = field(default_factory=Counter)
    changes: list[WholeMutant] = field(default_factory=list)
    same: list[WholeMutant] = field(default_factory=list)

    def lines(self, *, with_survivors: bool) -> Iterator[str]:
        """Yield the survivors and the table."""
        for mutants, why in (
            (self.changes, "changes an account, and no expectation notices"),
            (self.same, "no whole account is diagnosed differently"),
        ):
            yield from (f"{mutant}: {why}" for mutant in mutants if with_survivors)
        yield f"{'kind':22}{'mutants':>9}{'noticed':>9}"
        for kind in WHOLE_KINDS:
            if self.tried[kind]:
                yield f"{kind:22}{self.tried[kind]:>9}{self.noticed[kind]:>9}"

    def as_document(self) -> dict[str, object]:
        """Return it as plain data, fit for JSON."""
        return {
            "score": {
                kind: {"mutants": self.tried[kind], "noticed": self.noticed[kind]}
                for kind in WHOLE_KINDS
            },
            "survivors": [
                {"kind": m.kind, "name": m.name, "change": m.change, "differs": differs}
                for mutants, differs in ((self.changes, True), (self.same, False))
                for m in mutants
            ],
        }


def whole_mutants(base: KnowledgeBase) -> Iterator[WholeMutant]:
    """Yield every mutant of the stages, the strategies, the plan and the steps."""
    yield from _stages(base)
    yield from _strategies(base)
    yield from _plan(base)
    yield from _steps(base)


def whole_score(folder: Path, base: KnowledgeBase) -> WholeScore:
    """Return which of the mutants the whole accounts of the rule base in *folder* notice."""
    trial = _WholeTrial(folder, base)
    score = WholeScore()
    for mutant in whole_mutants(base):
        score.tried[mutant.kind] += 1
        noticed, differs = trial.run(mutant)
        if noticed:
            score.noticed[mutant.kind] += 1
        else:
            (score.changes if differs else score.same).append(mutant)
    return score


class _WholeTrial:
    def __init__(self, folder: Path, base: KnowledgeBase) -> None:
        accounts, _ = read_accounts(folder, base)
        self.accounts: list[tuple[WholeAccount, Settlement, AccountResult]] = []
        for account, case in readable(accounts, base)[0]:
            settled = settle_case(case, base, account.day, _ENGINE)
            self.accounts.append((account, settled, _result(settled, base)))

    def run(self, mutant: WholeMutant) -> tuple[bool, bool]:
        """Return whether an account notices a mutant, and whether one is diagnosed differently."""
        differs = False
        for account, settled, before in self.accounts:
            changed = settled
            if mutant.settles:
                case = settled.readings.case
                changed = settle_case(case, mutant.base, account.day, _ENGINE)
            after = _result(changed, mutant.base)
            if after != before:
                differs = True
                if compare(account, after, ()).failures:
                    return True, True
        return False, differs


def _result(settled: Settlement, base: KnowledgeBase) -> AccountResult:
    return result_of(assemble(settled, base, order_seconds=0))


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


def _plan(base: KnowledgeBase) -> Iterator[WholeMutant]:
    numbers = {name: chosen.value for name, chosen in base.plan.numbers().items()}
    for name, value in numbers.items():
        for moved in (value - 1, value + 1):
            if moved > 0:
                plan = base.plan.with_numbers({**numbers, name: moved})
                change = f"{value:g} -> {moved:g}"
                changed = replace(base, plan=plan)
                yield WholeMutant("plan number", name, change, changed, settles=False)


def _steps(base: KnowledgeBase) -> Iterator[WholeMutant]:
    def made(name: str, doc: StepDoc, change: str) -> WholeMutant:
        steps = {**base.steps, name: doc}
        book = base.step_book.model_copy(update={"steps": steps})
        return WholeMutant("step", name, change, replace(base, step_book=book), settles=False)

    for name, doc in base.steps.items():
        for key in _STEP_LISTS:
            entries: list[str] = getattr(doc, key)
            for entry in entries:
                kept = [other for other in entries if other != entry]
                if kept or key != "answers":
                    yield made(name, doc.model_copy(update={key: kept}), f"{key} without {entry}")
        if doc.one_move_with is not None:
            alone = doc.model_copy(update={"one_move_with": None})
            yield made(name, alone, "without one_move_with")
        for finding in doc.replaced_by:
            others = {f: step for f, step in doc.replaced_by.items() if f != finding}
            changed = doc.model_copy(update={"replaced_by": others})
            yield made(name, changed, f"replaced_by without {finding}")
