"""Comparison of whole accounts with what is expected of their diagnosis, on every engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.errors import CaseError, Place, Problem
from kam_expert.facts.case_reader import build_case
from kam_expert.knowledge.accounts import BLIND, MOVES, PARTS, read_accounts, uncovered
from kam_expert.knowledge.rule_base_files import ACCOUNTS
from kam_expert.knowledge.status import STATUSES, at_least_likely

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.accounts import Part, WholeAccount
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis

#: The statuses of a finding that is a conclusion.
CONCLUDED = frozenset(STATUSES[STATUSES.index("possible") :])
_STALE = "{} is in differs and no longer differs; remove it"
#: A difference in one of these is a matter of judgement, so it is counted and does not fail.
_COUNTED: frozenset[Part] = frozenset(("first_moves",))


@dataclass(frozen=True)
class AccountResult:
    """What an engine says about an account, in the terms of the expectations.

    Attributes:
        strategy: None without strategies.
        causes: The main causes in their order.
        moves: The first moves, each a set of steps.
        findings: Those that are possible or better.
        steps: All that are proposed, for now or for later.
        worded: The findings in whose words main causes are stated; see `worded`.
    """

    stage: str
    strategy: str | None
    causes: tuple[str, ...]
    moves: tuple[frozenset[str], ...]
    findings: frozenset[str]
    steps: frozenset[str]
    worded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PartResult:
    """How much of one part of the expectations came out.

    Attributes:
        agreed: The number of expectations that came out.
        expected: The number of all of them.
        difference: What did not come out, for the author; empty where all did.
    """

    agreed: int
    expected: int
    difference: str = ""


@dataclass(frozen=True)
class AccountComparison:
    """An account compared with its expectations.

    Attributes:
        parts: By part; a part that cannot be compared is left out.
        engines: The engines with another result than the first one.
    """

    account: WholeAccount
    parts: Mapping[Part, PartResult]
    engines: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """Return what makes a test of the rule base fail."""
        found = [f"{engine} gives another result" for engine in self.engines]
        if not self.account.blind:
            for part, result in self.parts.items():
                decided = part in self.account.differs
                if result.difference and not decided and part not in _COUNTED:
                    found.append(result.difference)
                elif decided and not result.difference:
                    found.append(_STALE.format(part))
        return tuple(found)

    def lines(self) -> Iterator[str]:
        """Yield what differs, and what to do about it."""
        for engine in self.engines:
            yield f"{engine} gives another result"
        for part, result in self.parts.items():
            decided = part in self.account.differs
            if result.difference:
                yield f"{result.difference}{' (decided)' if decided else ''}"
            elif decided:
                yield _STALE.format(part)
        if self.account.unknown:
            yield f"expected, but no such thing: {', '.join(self.account.unknown)}"


@dataclass
class Agreement:
    """The sums over several accounts, for the table."""

    total: int = 0
    compared: int = 0
    parts: dict[Part, list[int]] = field(default_factory=dict)

    def add(self, comparison: AccountComparison) -> None:
        """Add one account."""
        self.compared += 1
        for part, result in comparison.parts.items():
            sums = self.parts.setdefault(part, [0, 0])
            sums[0] += result.agreed
            sums[1] += result.expected

    def cell(self, part: Part) -> str:
        """Return ``agreed of expected``, or a dash for a part that was not compared."""
        return "{} of {}".format(*self.parts[part]) if part in self.parts else "–"


def readable(
    accounts: Iterable[WholeAccount], base: KnowledgeBase
) -> tuple[list[tuple[WholeAccount, Case]], dict[str, tuple[Problem, ...]]]:
    """Return the accounts whose cases can be read, and the problems of all others by name."""
    read: list[tuple[WholeAccount, Case]] = []
    unread: dict[str, tuple[Problem, ...]] = {}
    for account in accounts:
        try:
            case = build_case(account.case, base, Place(account.file))
        except CaseError as error:
            unread[account.name] = (*error.problems, *account.problems)
        else:
            read.append((account, case))
    return read, unread


def worded(causes: Iterable[str], likely: Container[str], base: KnowledgeBase) -> frozenset[str]:
    """Return the findings in whose words *causes* are stated.

    Args:
        causes: Main causes.
        likely: The findings about the account that are likely or established.
        base: The rule base. A finding may have other headlines while another one holds: that one
            side sets the terms is stated as that the customer does.
    """
    stated = (base.findings[name].variant(likely.__contains__) for name in causes)
    return frozenset(v.when for v in stated if v is not None and v.headline is not None)


def result_of(diagnosis: Diagnosis, base: KnowledgeBase) -> AccountResult:
    """Return what a diagnosis says, in the terms of the expectations."""
    causes = tuple(cause.first.id for cause in diagnosis.causes)
    about_account = (f for f in diagnosis.findings if f.about.kind == "account")
    likely = {f.id for f in about_account if at_least_likely(f.status)}
    return AccountResult(
        stage=diagnosis.stage.verdict,
        strategy=diagnosis.strategy.effective if diagnosis.strategy else None,
        causes=causes,
        moves=tuple(frozenset(move.steps) for move in diagnosis.plan.moves[:MOVES]),
        findings=frozenset(f.id for f in diagnosis.findings if f.status in CONCLUDED),
        steps=frozenset(step.id for step in diagnosis.next_steps),
        worded=worded(causes, likely, base),
    )


def results(
    read: Sequence[tuple[WholeAccount, Case]], base: KnowledgeBase, engine: Engine
) -> Iterator[AccountResult]:
    """Yield the result of each account on an engine that judges single accounts."""
    for account, case in read:
        yield result_of(diagnose(case, base, account.day, engine), base)


def account_problems(folder: Path, base: KnowledgeBase) -> list[Problem]:
    """Return what is invalid or missing in the whole accounts of the rule base in *folder*.

    A rule base without the folder of accounts owes none. Accounts that were written for a rule base
    with strategies are not checked before it has some.
    """
    if not (folder / ACCOUNTS).is_dir():
        return []
    accounts, problems = read_accounts(folder, base)
    _, unread = readable(accounts, base)
    faults = [
        problem for account in accounts for problem in unread.get(account.name, account.problems)
    ]
    return [*problems, *faults, *uncovered(base, accounts)]


def compared(
    read: Sequence[tuple[WholeAccount, Case]],
    base: KnowledgeBase,
    engines: Mapping[str, Engine],
    others: Mapping[str, Sequence[AccountResult]],
) -> list[AccountComparison]:
    """Compare accounts with their expectations.

    Args:
        read: The accounts with their cases.
        base: The rule base.
        engines: They judge single accounts; the result of the first one is compared.
        others: Results of further engines.
    """
    found = {name: list(results(read, base, engine)) for name, engine in engines.items()}
    found.update((name, list(listed)) for name, listed in others.items())
    first = next(iter(found))
    return [
        compare(
            account,
            found[first][index],
            [name for name, listed in found.items() if listed[index] != found[first][index]],
        )
        for index, (account, _) in enumerate(read)
    ]


def table(accounts: Iterable[WholeAccount], comparisons: Iterable[AccountComparison]) -> list[str]:
    """Return the lines of the table of agreement, with a column for each folder of accounts."""
    sums: dict[str, Agreement] = {"": Agreement(), BLIND: Agreement()}
    for account in accounts:
        sums.setdefault(account.group, Agreement()).total += 1
    for comparison in comparisons:
        sums[comparison.account.group].add(comparison)
    columns = [group.removeprefix(f"{BLIND}/") or "accounts" for group in sums]
    rows = [("", *columns)]
    rows += [("accounts compared", *(f"{s.compared} of {s.total}" for s in sums.values()))]
    rows += [(part.replace("_", " "), *(s.cell(part) for s in sums.values())) for part in PARTS]
    return [f"{row[0]:18}{''.join(f'{cell:>12}' for cell in row[1:])}" for row in rows]


def compare(
    account: WholeAccount, result: AccountResult, others: Iterable[str]
) -> AccountComparison:
    """Compare a result with the expectations.

    Args:
        account: The account.
        result: The result of the first engine.
        others: The engines with another result.
    """
    expects = account.expects
    parts: dict[Part, PartResult] = {"stage": _one("stage", result.stage, expects.stage)}
    if result.strategy is not None and expects.strategy:
        parts["strategy"] = _one("strategy", result.strategy, expects.strategy)
    missing = [n for n in expects.causes if n not in result.causes and n not in result.worded]
    said = f"not among the causes: {', '.join(missing)} (they are {listed(result.causes)})"
    parts["causes"] = _all(expects.causes, missing, said)
    unmet = _unmet(expects.first_moves, result.moves)
    said = "; ".join(" or ".join(expects.first_moves[index]) for index in unmet)
    moves = listed("+".join(sorted(move)) for move in result.moves)
    parts["first_moves"] = _all(
        expects.first_moves, unmet, f"not among the first moves: {said} (they are {moves})"
    )
    for part, what, never, found in (
        ("never_findings", "findings", expects.never_findings, result.findings),
        ("never_steps", "steps", expects.never_steps, result.steps),
    ):
        wrong = [name for name in never if name in found]
        parts[part] = _all(never, wrong, f"{what} that must not be there: {', '.join(wrong)}")  # type: ignore[index]
    return AccountComparison(
        account, {part: parts[part] for part in PARTS if part in parts}, (*others,)
    )


def _one(what: str, found: str, accepted: Sequence[str]) -> PartResult:
    if found in accepted:
        return PartResult(1, 1)
    return PartResult(0, 1, f"the {what} is {found}, not {' or '.join(accepted)}")


def _all(expected: Sequence[object], failed: Sequence[object], difference: str) -> PartResult:
    count = len(expected)
    return PartResult(count - len(failed), count, difference if failed else "")


def listed(names: Iterable[str]) -> str:
    """Return names in one text, and that there are none."""
    return ", ".join(names) or "none"


def _unmet(expected: Sequence[Sequence[str]], moves: Sequence[frozenset[str]]) -> list[int]:
    """Return the indexes of the expected moves that no move meets; each move meets one.

    As many as possible are met, whatever the order on either side.
    """
    meets: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        for number, move in enumerate(moves):
            if number not in tried and not move.isdisjoint(expected[index]):
                tried.add(number)
                if number not in meets or place(meets[number], tried):
                    meets[number] = index
                    return True
        return False

    return [index for index in range(len(expected)) if not place(index, set())]
