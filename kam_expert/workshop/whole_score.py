"""Which mutants of a whole method its situations and its whole accounts notice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import assemble
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.engines.situation_runs import follows, run_situation, settle_situation
from kam_expert.engines.whole_accounts import compare, readable, result_of
from kam_expert.errors import Place, Problem
from kam_expert.knowledge.accounts import read_accounts
from kam_expert.knowledge.situations import FILE, read_situations
from kam_expert.workshop.whole_mutants import WHOLE_KINDS, whole_mutants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kam_expert.engines.settling import Settlement
    from kam_expert.knowledge.accounts import WholeAccount
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.situations import Situation, Situations
    from kam_expert.workshop.whole_mutants import WholeKind, WholeMutant

_ENGINE = PlainEngine()


@dataclass
class WholeScore:
    """How many mutants of each kind the situations and the whole accounts notice.

    Attributes:
        excused: Those that nothing notices and that the rule base names, with the reason.
        survivors: All others that nothing notices.
        stale: What the rule base names although it is noticed or not a mutant, with its place.
    """

    tried: Counter[WholeKind] = field(default_factory=Counter)
    by_situations: Counter[WholeKind] = field(default_factory=Counter)
    by_accounts: Counter[WholeKind] = field(default_factory=Counter)
    excused: Counter[WholeKind] = field(default_factory=Counter)
    survivors: list[WholeMutant] = field(default_factory=list)
    stale: list[tuple[str, Place]] = field(default_factory=list)

    def lines(self, *, with_survivors: bool) -> Iterator[str]:
        """Yield the survivors and the table."""
        if with_survivors:
            yield from (f"{mutant}: nothing notices" for mutant in self.survivors)
        yield f"{'kind':18}{'mutants':>9}{'situations':>12}{'accounts':>10}{'excused':>9}"
        for kind in WHOLE_KINDS:
            if self.tried[kind]:
                yield (
                    f"{kind:18}{self.tried[kind]:>9}{self.by_situations[kind]:>12}"
                    f"{self.by_accounts[kind]:>10}{self.excused[kind]:>9}"
                )

    def as_document(self) -> dict[str, object]:
        """Return it as plain data, fit for JSON."""
        return {
            "score": {
                kind: {
                    "mutants": self.tried[kind],
                    "situations": self.by_situations[kind],
                    "accounts": self.by_accounts[kind],
                    "excused": self.excused[kind],
                }
                for kind in WHOLE_KINDS
            },
            "survivors": [
                {"kind": m.kind, "name": m.name, "change": m.change} for m in self.survivors
            ],
        }


def whole_score(
    folder: Path, base: KnowledgeBase, situations: Situations, *, accounts: bool = True
) -> WholeScore:
    """Return which of the mutants the situations and the whole accounts notice.

    Args:
        folder: The folder of the rule base.
        base: The rule base.
        situations: Its situations.
        accounts: Whether the whole accounts are asked where no situation notices.
    """
    trial, score = _SituationTrial(situations.listed, base), WholeScore()
    whole: _WholeTrial | None = None
    reasons, needed = dict(situations.unnoticed), set()
    for mutant in whole_mutants(folder, base):
        score.tried[mutant.kind] += 1
        if trial.notices(mutant):
            score.by_situations[mutant.kind] += 1
            continue
        if str(mutant) in reasons:
            needed.add(str(mutant))
            score.excused[mutant.kind] += 1
            continue
        if accounts:
            whole = whole or _WholeTrial(folder, base)
            if whole.notices(mutant):
                score.by_accounts[mutant.kind] += 1
                continue
        score.survivors.append(mutant)
    score.stale = [(change, at) for change, at in situations.unnoticed if change not in needed]
    return score


def situation_problems(folder: Path, base: KnowledgeBase) -> list[Problem]:
    """Return what is wrong with the situations of the rule base in *folder*, if it has any.

    Each must follow, and each change beyond the rules must be noticed by one or have a reason.
    """
    situations, problems = read_situations(folder, base)
    if situations is None or problems:
        return list(problems)
    found = [problem for each in situations.listed for problem in run_situation(each, base)]
    if found:
        return found
    score = whole_score(folder, base, situations, accounts=False)
    file = Place(f"{base.folder}/{FILE}")
    return [
        *(Problem(file, f"no situation notices: {mutant}") for mutant in score.survivors),
        *(Problem(at, f"needs no reason: {change}") for change, at in score.stale),
    ]


class _SituationTrial:
    def __init__(self, situations: Iterable[Situation], base: KnowledgeBase) -> None:
        self.situations: list[tuple[Situation, Settlement, frozenset[str]]] = []
        for situation in situations:
            settled = settle_situation(situation, base)
            likely = {k[0] for k, found in settled.findings.items() if found.working is True}
            if chosen := settled.readings.case.notes.strategy:
                likely.add(chosen.id)
            self.situations.append((situation, settled, frozenset(likely)))

    def notices(self, mutant: WholeMutant) -> bool:
        """Return whether something that must follow from a situation does not with a mutant."""
        for situation, settled, likely in self.situations:
            expect = situation.expect
            if not mutant.concerns(expect, likely):
                continue
            changed = settle_situation(situation, mutant.base) if mutant.settles else settled
            if any(follows(changed, mutant.base).differences(expect)):
                return True
        return False


class _WholeTrial:
    def __init__(self, folder: Path, base: KnowledgeBase) -> None:
        accounts, _ = read_accounts(folder, base)
        self.accounts: list[tuple[WholeAccount, Settlement]] = [
            (account, settle_case(case, base, account.day, _ENGINE))
            for account, case in readable(accounts, base)[0]
            if not account.blind  # those are counted and never fail
        ]

    def notices(self, mutant: WholeMutant) -> bool:
        """Return whether the expectation of an account fails with a mutant."""
        for account, settled in self.accounts:
            changed = settled
            if mutant.settles:
                case = settled.readings.case
                changed = settle_case(case, mutant.base, account.day, _ENGINE)
            diagnosis = assemble(changed, mutant.base, most_ordered=0)
            result = result_of(diagnosis, mutant.base)
            if compare(account, result, ()).failures:
                return True
        return False
