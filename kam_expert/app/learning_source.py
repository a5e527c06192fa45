"""The accounts of a store, or of dated folders, as snapshots to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import assemble
from kam_expert.engines.plan_signs import sign
from kam_expert.engines.portfolio.summing.learning_runs import is_run, run_snapshots
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.errors import KamError, Problem, ProblemsError, did_you_mean, shortened
from kam_expert.facts.case_file import read_any_case
from kam_expert.facts.plan_entries import PlanEntry
from kam_expert.importing.small_csv import small_csv
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.learned import OUTCOMES, AccountOutcome, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

_HEADS = ["account", "day", "outcome"]
_CASES = {".yaml", ".yml", ".json", ".xlsx"}


def snapshots(source: str, base: KnowledgeBase, today: date) -> Iterator[Snapshot]:
    """Yield the accounts of a source, one at a time, as they were on each day.

    Args:
        source: The database of a store; or a folder of folders that are named by a day and hold
            case files, or the tables of a run.
        base: The rule base that judges all cases; a run was judged on its day.
        today: The last version of an account in a store is judged once more on this day.

    Raises:
        KamError: The source does not exist, or a case in it is invalid.
    """
    path = Path(source)
    if path.is_dir():
        yield from _of_folders(path, base)
        return
    for day, case in _of_store(source, base, today):
        yield snapshot(case, base, day)


def snapshot(case: Case, base: KnowledgeBase, day: date) -> Snapshot:
    """Return what is judged of a case on a day."""
    settlement = settle_case(case, base, day, PlainEngine())
    found = assemble(settlement, base)
    proposed: dict[str, dict[str, None]] = {}
    about: dict[str, list[str]] = {}
    for proposal in found.next_steps:
        proposed.setdefault(proposal.id, {}).update(dict.fromkeys(proposal.because))
        about.setdefault(proposal.id, []).append(proposal.about.id)
    signs = {}
    for name in base.done_when:
        entries = [e for e in case.plan if e.step == name]
        entry = entries[-1] if entries else PlanEntry("", name, about=tuple(about.get(name, ())))
        seen = sign(entry, settlement.readings)
        if seen is not None:
            signs[name] = seen
    ours = [entry for entry in case.plan if entry.step and entry.side == "ours"]
    return Snapshot(
        account=case.account.id,
        day=day,
        stage=found.stage.verdict,
        strategy=found.strategy.effective if found.strategy else None,
        proposed={step: tuple(because) for step, because in proposed.items()},
        standing=frozenset(f.id for f in found.findings if at_least_likely(f.status)),
        signs=signs,
        agreed=frozenset(entry.step for entry in ours if entry.status != "dropped"),
        done={e.step: e.done_on for e in ours if e.status == "done" and e.done_on is not None},
    )


def _of_folders(path: Path, base: KnowledgeBase) -> Iterator[Snapshot]:
    found = False
    for folder in sorted(path.iterdir()):
        day = parse_date(folder.name)
        if day is None or not folder.is_dir():
            continue
        if is_run(folder):
            found = True
            yield from run_snapshots(folder, base, day)
            continue
        for file in sorted(folder.iterdir()):
            if file.suffix.casefold() in _CASES:
                found = True
                yield snapshot(read_any_case(file, base), base, day)
    if not found:
        raise KamError(
            f"{path}: no folder named by a day (YYYY-MM-DD) with case files or a run is in it"
        )


def _of_store(url: str, base: KnowledgeBase, today: date) -> Iterator[tuple[date, Case]]:
    # A database that does not exist would be created.
    if "://" not in url and not Path(url).is_file():
        raise KamError(f"{url}: no such database or folder")
    from kam_expert.store.store import Store

    store = Store.open(url, base)
    try:
        for account in store.accounts():
            history = store.history(account.key)
            last = {entry.at.astimezone().date(): entry.version for entry in history}
            last = {day: version for day, version in last.items() if day <= today}
            if last:
                last.setdefault(today, max(last.values()))
            for day, version in sorted(last.items()):
                yield day, store.state(account.key, version).case
    finally:
        store.close()


def read_outcomes(path: Path) -> tuple[AccountOutcome, ...]:
    """Read a CSV file with the heads ``account,day,outcome``.

    Raises:
        KamError: The file cannot be read, or a row is invalid; with its place.
    """
    found: list[AccountOutcome] = []
    problems: list[Problem] = []
    for cells, place in small_csv(path, _HEADS, problems):
        account, day_text, outcome = cells
        day = parse_date(day_text)
        if day is None:
            problems.append(Problem(place, f'"{shortened(day_text)}" is not a date YYYY-MM-DD'))
        elif outcome not in OUTCOMES:
            near = did_you_mean(outcome, OUTCOMES)
            said = f'unknown outcome "{shortened(outcome)}"; it takes {", ".join(OUTCOMES)}.{near}'
            problems.append(Problem(place, said))
        else:
            found.append(AccountOutcome(account, day, outcome))
    if problems:
        raise ProblemsError(problems)
    return tuple(found)
