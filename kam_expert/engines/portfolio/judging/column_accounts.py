"""Judge whole accounts on the portfolio engine.

To compile the rules takes far longer than to judge a few accounts, and a compiled rule base is for
one day. So the dates of a case are moved by the days between its day and the common one: rules read
how long ago something was, not the calendar.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kam_expert.engines.portfolio.judging.column_cases import source_of
from kam_expert.engines.portfolio.writing.run import judge
from kam_expert.engines.whole_accounts import CONCLUDED, AccountResult, worded
from kam_expert.facts.case import LISTS
from kam_expert.facts.plan_entries import DATES
from kam_expert.knowledge.accounts import MOVES
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.status import at_least_likely

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.accounts import WholeAccount
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition


def results_on_columns(
    read: Sequence[tuple[WholeAccount, Case]], base: KnowledgeBase
) -> list[AccountResult]:
    """Return the result of each account, all of them judged together."""
    apart = any(_names_a_day(condition) for condition in _conditions(base))
    by_day: dict[date, list[int]] = defaultdict(list)
    for index, (account, _) in enumerate(read):
        by_day[account.day if apart else read[0][0].day].append(index)
    results: dict[int, AccountResult] = {}
    for day, indexes in by_day.items():
        cases = [_moved(read[index][1], day - read[index][0].day) for index in indexes]
        with source_of(cases, base, day) as source:
            [(_, tables)] = judge(source, base, day)
            if source.rejected:
                raise AssertionError(source.rejected[0])
        for number, index in enumerate(indexes):
            results[index] = _result(str(number), tables, base)
    return [results[index] for index in range(len(read))]


def _conditions(base: KnowledgeBase) -> Iterator[Condition]:
    for rule in base.rules:
        yield from rule.conditions()
    yield from base.computed_where.values()
    yield from base.done_when.values()
    yield from base.impossible.values()


def _names_a_day(condition: Condition) -> bool:
    """Return whether a condition tests for a day of the calendar."""
    tests = (test for leaf in leaves(condition) for test in leaf.tests)
    return any(
        isinstance(item, date)
        for test in tests
        if isinstance(test.operand, tuple)
        for item in test.operand
    )


def _moved(case: Case, by: timedelta) -> Case:
    """Return a case with all dates moved."""
    if not by:
        return case
    lists: dict[str, Any] = {
        name: listed and tuple(_moved_entity(entity, by) for entity in listed)
        for name in LISTS
        for listed in (getattr(case, name),)
    }
    notes = {
        step: replace(note, due=_later(note.due, by)) for step, note in case.notes.steps.items()
    }
    return replace(
        case,
        account=_moved_entity(case.account, by),
        **lists,
        plan=tuple(
            replace(entry, **{key: _later(getattr(entry, key), by) for key in DATES})
            for entry in case.plan
        ),
        notes=replace(case.notes, steps=notes),
    )


def _moved_entity(entity: Entity, by: timedelta) -> Entity:
    def moved(answers: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
        return {
            fact: tuple(
                replace(answer, value=_later(answer.value, by), as_of=_later(answer.as_of, by))
                for answer in given
            )
            for fact, given in answers.items()
        }

    return replace(entity, ours=moved(entity.ours), theirs=moved(entity.theirs))


def _later(value: Any, by: timedelta) -> Any:
    """Return a date moved; anything else, and a date at the end of the calendar, as it is."""
    try:
        return value + by if isinstance(value, date) else value
    except OverflowError:
        return value


def _result(account: str, tables: Mapping[str, pl.DataFrame], base: KnowledgeBase) -> AccountResult:
    rows = {
        name: tables[name].filter(tables[name]["account"] == account).to_dicts()
        for name in ("accounts", "people", "team", "decisions", "gaps", "causes", "steps", "plan")
    }
    [about] = rows["accounts"]
    steps = sorted(rows["steps"], key=lambda row: row["order"])
    moves = sorted(rows["plan"], key=lambda row: row["place"])
    concluded = {
        name
        for table in ("accounts", "people", "team", "decisions")
        for row in rows[table]
        for name in base.findings
        if row.get(name) in CONCLUDED
    }
    concluded |= {row["finding"] for row in rows["gaps"] if row["status"] in CONCLUDED}
    causes = tuple(dict.fromkeys(row["finding"] for row in rows["causes"]))
    likely = {name for name in base.findings if at_least_likely(about.get(name, "absent"))}
    return AccountResult(
        stage=about["stage"],
        strategy=about.get("strategy"),
        causes=causes,
        moves=tuple(frozenset((row["step"], *row["with"])) for row in moves[:MOVES]),
        findings=frozenset(concluded),
        steps=frozenset(row["step"] for row in steps),
        worded=worded(causes, likely, base),
    )
