"""Convert cases to rows of tables and back; a portfolio has one table for each list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError
from kam_expert.facts.case import LISTS, each_entity
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.columns import SIDES, TABLE_OF, TABLES, THEIRS, columns
from kam_expert.facts.plan_entries import entry_data
from kam_expert.facts.row_reader import Row, RowReader, TableCell
from kam_expert.knowledge.values import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.base import KnowledgeBase

__all__ = ["Row", "TableCell", "as_text", "case_of", "columns", "plan_rows_of", "rows_of"]


def rows_of(case: Case) -> dict[str, list[Row]]:
    """Return a case as rows of tables, without columns of unknown values.

    Returns:
        The rows of every table, from which `case_of` makes the same case.
    """
    rows: dict[str, list[Row]] = {table: [] for table in TABLES}
    key = {"account": case.account.id}
    for entity in each_entity(case):
        row: Row = {**key, entity.kind: entity.id, "name": entity.name}
        if entity.kind == "event":
            ends = dict(zip(("member", "person"), entity.ends or (), strict=True))
            row = {**key, "event": entity.id, **{end: name or None for end, name in ends.items()}}
        elif entity.ends:
            row = {**key, **dict(zip(("member", "person"), entity.ends, strict=True))}
        if entity.decisions is not None:
            row["decisions"] = sorted(entity.decisions)
        of = "" if entity.kind == "account" else entity.id
        for side, fact, answer in _each_answer(entity):
            value = plain_cell(answer.value)
            origin = {"source": answer.source, "by": answer.by, "as_of": plain_cell(answer.as_of)}
            if any(origin.values()):
                about = {**key, "kind": entity.kind, "id": of, "fact": fact, "side": side}
                rows["history"].append({**about, "value": as_text(value), **origin})
            else:
                row[fact + (THEIRS if side == "theirs" else "")] = value
        rows[TABLE_OF[entity.kind]].append(row)
    account = rows["accounts"][0]
    account |= {"owner": case.owner, "segment": case.segment}
    account |= {f"{name}_complete": "yes" if all_ else "no" for name, all_ in case.complete.items()}
    account |= {f"{name}_listed": "yes" for name in LISTS if getattr(case, name) is not None}
    rows["notes"] = [{**key, **note} for note in _note_rows(case)]
    rows["plan"] = plan_rows_of(case.account.id, case.plan)
    return rows


def plan_rows_of(account: str, plan: Iterable[PlanEntry]) -> list[Row]:
    """Return the plan of an account as rows."""
    return [
        {"account": account,
         **{"entry" if name == "id" else name: value for name, value in told.items()}}
        for told in map(entry_data, plan)
    ]  # fmt: skip


def _each_answer(entity: Entity) -> Iterator[tuple[str, str, Answer]]:
    for side, answers in zip(SIDES, (entity.ours, entity.theirs), strict=True):
        yield from ((side, fact, answer) for fact in answers for answer in answers[fact])


def _note_rows(case: Case) -> Iterator[Row]:
    for comment in case.notes.comments:
        yield {"kind": "comment", "value": comment}
    for step, note in case.notes.steps.items():
        due = plain_cell(note.due)
        hide = "yes" if note.hide else None
        yield {"kind": "step", "key": step, "owner": note.owner, "due": due, "hide": hide}
    if case.notes.target_stage is not None:
        yield {"kind": "target_stage", "value": case.notes.target_stage}
    if (strategy := case.notes.strategy) is not None:
        yield {"kind": "strategy", "key": strategy.id, "value": strategy.reason}


def plain_cell(value: Any) -> Any:
    """Return a value as plain data for a cell: sets as sorted lists, bands and dates as text."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Interval):
        # A band cannot have exponents.
        return "..".join(f"{Decimal(repr(end)):f}" for end in (value.low, value.high))
    return value.isoformat() if isinstance(value, date) else value


def as_text(value: Any) -> str:
    """Return plain data as the text of a CSV cell, which `case_of` reads like the data itself.

    Items of a list are separated by semicolons; an empty list is ``none``. An id that contains a
    semicolon or is ``none`` needs a format with lists.
    """
    if isinstance(value, list | tuple):
        return ";".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and len(str(value)) > 18:  # noqa: PLR2004 -- the limit of `scalar`
        value = float(value)
    return "" if value is None else str(plain_cell(value))


def case_of(
    rows: Mapping[str, Sequence[Row]], base: KnowledgeBase, files: Mapping[str, str] | None = None
) -> Case:
    """Read one account from its rows.

    Args:
        rows: The rows of this account by table; tables can be missing. A row can have its number
            in the table under ``_row``; by default it is the position in *rows*.
        base: The rule base that declares the facts.
        files: The names of the tables in messages and origins.

    Returns:
        The case. The order of rows has no meaning, except for comments.

    Raises:
        CaseError: Every mistake found, each `Problem` with a `TableCell` as its place.
    """
    reader = RowReader(rows, base, files or {})
    node = reader.case()
    if "account" not in node:
        raise CaseError(reader.problems)
    try:
        case = build_case(node, base, node.place, exact=False)
    except CaseError as error:
        raise CaseError([*reader.problems, *error.problems]) from None
    if reader.problems:
        raise CaseError(reader.problems)
    return case
