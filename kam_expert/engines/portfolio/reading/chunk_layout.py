"""The columns of the frames of a portfolio, determined before any row is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading.cell_columns import Cells, DTypes, dtypes_of
from kam_expert.facts.case import LISTS
from kam_expert.facts.columns import CHOSEN, COMPLETE, KINDS, THEIRS
from kam_expert.knowledge.documents import Text
from kam_expert.knowledge.fact_documents import FactDoc
from kam_expert.knowledge.vocabulary import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from kam_expert.engines.portfolio.reading.needs import Needs
    from kam_expert.engines.portfolio.reading.tables_in import InputTable
    from kam_expert.knowledge.base import KnowledgeBase

KEYS: dict[str, tuple[str, ...]] = {
    "accounts": ("account",),
    "people": ("account", "person"),
    "team": ("account", "member"),
    "links": ("account", "member", "person", "link"),
    "decisions": ("account", "decision"),
    "events": ("account", "member", "person", "event"),
}
_TEXTS: dict[str, tuple[str, ...]] = {
    "accounts": ("account_id", "name", "owner", "segment"),
    "people": ("person_id", "name"),
    "team": ("member_id", "name"),
    "links": (),
    "decisions": ("decision_id", "name"),
    "events": ("event_id",),
}


@dataclass(frozen=True)
class ChunkFrames:
    """A chunk of accounts with their rows in all tables.

    Row n has the number n in the column named after its entity; other frames refer to that number.
    `ReadRequest.columns` returns the columns. ``belongs`` has the people of each decision,
    ``noted`` the notes on steps, ``agreed`` what we agreed to do.
    """

    accounts: pl.DataFrame
    people: pl.DataFrame
    team: pl.DataFrame
    links: pl.DataFrame
    decisions: pl.DataFrame
    events: pl.DataFrame
    belongs: pl.DataFrame
    noted: pl.DataFrame
    agreed: pl.DataFrame


@dataclass(frozen=True)
class ReadRequest:
    """What to read from a source.

    Attributes:
        banded: The facts with a band in place of a number anywhere in the source.
        files: File name by table, for messages.
        cells: Columns with answers by table.
        doubted: The facts to which an answer may no longer hold after an event, or which a plan
            may tell of.
    """

    base: KnowledgeBase
    day: date
    needs: Needs
    banded: frozenset[str]
    files: Mapping[str, str]
    cells: Mapping[str, list[Cells]]
    doubted: frozenset[str] = frozenset()

    def sides(self, fact: Fact) -> list[str]:
        """Return the prefixes of a fact's columns: the name, with ``__theirs``, or both."""
        if fact.kind != "account":
            return [fact.name]
        asked = fact.doc.asked_of
        ours = [] if asked == "customer" else [fact.name]
        return ours if asked == "us" else [*ours, fact.name + THEIRS]

    def answers(self, fact: Fact, prefix: str) -> DTypes:
        """Return the columns of one side's answers to a fact."""
        banded = fact.name in self.banded
        made = dtypes_of(fact, prefix, banded=banded)
        if fact.name in self.needs.age:
            made[f"{prefix}__age"] = pl.Int32()
        if fact.name in self.needs.trend:
            made |= dtypes_of(fact, f"{prefix}__before", banded=banded)
            made[f"{prefix}__dated"] = pl.Boolean()
        if fact.name in self.doubted:
            made |= {f"{prefix}__doubt": pl.Boolean(), f"{prefix}__gone": pl.Boolean()}
        return made

    def wanted(self, table: str) -> DTypes:
        """Return the columns with answers in the frame of a table."""
        made: DTypes = {}
        for fact in self.base.facts.values():
            if fact.name in self.needs.values[KINDS[table]]:
                for prefix in self.sides(fact):
                    made |= self.answers(fact, prefix)
        return made

    def columns(self, table: str) -> DTypes:
        """Return all columns of a frame."""
        made: DTypes = {key: pl.UInt32() for key in KEYS[table]}
        made |= dict.fromkeys(_TEXTS[table], pl.String())
        if table == "accounts":
            made |= {f"{name}_listed": pl.Boolean() for name in LISTS}
            made |= {f"{name}_complete": pl.Boolean() for name in COMPLETE}
            made["customer_answers"] = pl.Int32()
            made[CHOSEN] = pl.String()
        return made | self.wanted(table)


def cells_of(
    table: InputTable, base: KnowledgeBase, banded: frozenset[str] = frozenset()
) -> list[Cells]:
    """Return the columns of *table* with answers."""
    return list(_cells_of(table, base, banded))


def _cells_of(table: InputTable, base: KnowledgeBase, banded: frozenset[str]) -> Iterator[Cells]:
    for column in table.schema.names():
        fact = base.facts.get(column.removesuffix(THEIRS))
        if fact is not None and fact.kind == KINDS.get(table.name):
            yield Cells(fact, column, column, banded=fact.name in banded)
        elif table.name == "accounts" and column.endswith(("_complete", "_listed")):
            yield Cells(yes_no(column), column, column)


def yes_no(name: str) -> Fact:
    """Return a yes-or-no fact about the data itself."""
    text = Text(uk=name, en=name)
    doc = FactDoc.model_construct(
        scope="account",
        type="yes_no",
        asked_of="us",
        lever="none",
        privacy="account",
        theme="stage",
        short=text,
        ask=text,
        help=text,
    )
    return Fact(name, "account", doc)
