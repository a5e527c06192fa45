"""The accounts of an import as input tables of a portfolio, in Parquet or CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading.csv_guard import guarded_texts
from kam_expert.facts.case import link_id
from kam_expert.facts.columns import OWN, TABLES
from kam_expert.facts.csv_cells import guarded
from kam_expert.facts.tables import as_text, plain_cell, plan_rows_of, rows_of
from kam_expert.facts.workbook_form import SheetCell
from kam_expert.importing.entity_tables import NOBODY
from kam_expert.importing.imported_accounts import ASSUMED, SOURCE
from kam_expert.importing.workbook_accounts import Workbooks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.importing.collected import CellValue, EntityColumns
    from kam_expert.importing.imported_accounts import ImportedAccounts

#: A table as parts with the same columns.
Parts = list[pl.LazyFrame]
_HISTORY = {**dict.fromkeys(OWN["history"], pl.String()), "as_of": pl.Date()}
_BEHIND = "\0"


def write_tables(made: ImportedAccounts | Workbooks, folder: Path, form: str) -> None:
    """Write the tables of an import into *folder*.

    Every fact has an origin, so all facts are in the history; the other tables list entities.

    Args:
        made: The result of an import.
        folder: The folder of the tables, which must not exist in it yet.
        form: parquet or csv. CSV guards texts that a spreadsheet would run.
    """
    guard = form == "csv"
    if isinstance(made, Workbooks):
        tables = _tables_of(made.cases(), guard=guard)
    else:
        tables = _ImportedTables(made, guard=guard).each()
    for name, parts in tables:
        table = pl.concat(parts)
        path = folder / f"{name}.{form}"
        if form == "csv":
            # Dates are cast to text first, because the CSV writer formats them at half the speed.
            table.with_columns(pl.col(pl.Date).cast(pl.String)).sink_csv(path)
        else:
            table.sink_parquet(path, compression="zstd", compression_level=1, statistics=False)


def _tables_of(cases: Iterable[Case], *, guard: bool) -> Iterator[tuple[str, Parts]]:
    """Yield cases as tables, with the columns that any case uses."""
    rows: dict[str, list[dict[str, str]]] = {name: [] for name in TABLES}
    for case in cases:
        for name, listed in rows_of(case).items():
            rows[name] += [
                {key: as_text(cell) for key, cell in row.items() if cell is not None}
                for row in listed
            ]
    for name, listed in rows.items():
        used = dict.fromkeys(OWN[name]) | dict.fromkeys(key for row in listed for key in row)
        frame = pl.DataFrame(listed, schema=dict.fromkeys(used, pl.String()))
        yield name, [(guarded_texts(frame) if guard else frame).lazy()]


class _ImportedTables:
    def __init__(self, made: ImportedAccounts, *, guard: bool) -> None:
        self.made, self.store, self.guard = made, made.store, guard
        self.accounts, self.people, self.team = (
            self._texts(listed.ids)
            for listed in (self.store.accounts, self.store.people, self.store.team)
        )

    def _texts(self, texts: Sequence[str | None]) -> pl.Series:
        # Guarded once, before the history repeats them.
        column = pl.Series("text", texts, dtype=pl.String)
        return guarded_texts(column.to_frame())["text"] if self.guard else column

    def each(self) -> Iterator[tuple[str, Parts]]:
        """Yield each table by name."""
        made, store = self.made, self.store
        every = range(made.accounts)
        accounts = pl.DataFrame(
            {
                "account": self.accounts,
                "name": self._texts([n or None for n in store.accounts.names]),
                "owner": self._owners(),
                "segment": self._texts(self._more(store.accounts, "segment", None)),
            }
        )
        yield (
            "accounts",
            [accounts.lazy().with_columns(pl.col("name").fill_null(pl.col("account")))],
        )
        own, names = self._own(), self._texts(store.people.names)
        mine = pl.DataFrame({"account": self._account(own), "person": self.people, "name": names})
        further = list(made.further())
        of = [person for _, person in further]
        others = pl.DataFrame(
            {
                "account": self._account([account for account, _ in further]),
                "person": self.people.gather(of),
                "name": names.gather(of),
            }
        )
        yield "people", [mine.lazy().filter(pl.col("account").is_not_null()), others.lazy()]
        ours = [(at, member) for at in every for member in made.team_of(at)]
        members = [member for _, member in ours]
        team = pl.DataFrame(
            {
                "account": self._account([at for at, _ in ours]),
                "member": self.team.gather(members),
                "name": self._texts(store.team.names).gather(members),
            }
        )
        yield "team", [team.lazy()]
        links = [(at, *ends) for at, of in made.links.items() for ends in of]
        joined = pl.DataFrame(
            {
                "account": self._account([at for at, _, _ in links]),
                "member": self.team.gather([member for _, member, _ in links]),
                "person": self.people.gather([person for _, _, person in links]),
            }
        )
        yield "links", [joined.lazy()]
        if store.events:
            yield "events", [self._events().lazy()]
        if any(store.plan.values()):
            yield "plan", [self._plan().lazy()]
        yield "history", [pl.LazyFrame(schema=_HISTORY), *self._history(ours)]

    def _events(self) -> pl.DataFrame:
        every = [(at, event) for at, events in self.store.events.items() for event in events]
        told = [(event.id, *self.made.ends_of(event)) for _, event in every]
        columns = [self._texts([row[n] or None for row in told]) for n in range(3)]
        account = self._account([at for at, _ in every])
        return pl.DataFrame([account, *columns], schema=list(OWN["events"]), orient="col")

    def _plan(self) -> pl.DataFrame:
        rows = [
            {key: as_text(value) for key, value in row.items()}
            for account in sorted(self.store.plan)
            for row in plan_rows_of(self.store.accounts.ids[account], self.made.plan_of(account))
        ]
        frame = pl.DataFrame(rows, schema=dict.fromkeys(OWN["plan"], pl.String()))
        return guarded_texts(frame) if self.guard else frame

    def _owners(self) -> pl.Series:
        team = self.store.team
        names = self._texts([name or id_ for name, id_ in zip(team.names, team.ids, strict=True)])
        at = pl.Series(self._more(self.store.accounts, "owner", NOBODY), dtype=pl.Int32)
        return names.gather(at.set(at == NOBODY, None))

    def _own(self) -> list[int]:
        own: list[int] = self._more(self.store.people, "account", NOBODY)
        return own

    @staticmethod
    def _more(listed: EntityColumns, name: str, nothing: Any) -> list[Any]:
        return listed.more.get(name) or [nothing] * len(listed.ids)

    def _account(self, places: Sequence[int]) -> pl.Series:
        """Return the ids of accounts; null for no account."""
        at = pl.Series(places, dtype=pl.Int32)
        return self.accounts.gather(at.set(at == NOBODY, None))

    def _history(self, ours: list[tuple[int, int]]) -> Iterator[pl.LazyFrame]:
        made, store = self.made, self.store
        people, team, ids = store.people, store.team, store.accounts.ids
        nothing = pl.Series([""], dtype=pl.String).new_from_index(0, made.accounts)
        yield from self._facts(store.accounts, "account", self.accounts, nothing)
        pairs = dict.fromkeys(
            (*made.further(), *store.belongs, *store.said_of_pairs, *made.of_person)
        )
        special = {person for _, person in pairs}
        own = self._own()
        yield from self._facts(people, "person", self._account(own), self.people, special)
        pairs |= {(own[person], person): None for person in special if own[person] != NOBODY}
        rows = [
            self._row(ids[at], "person", people.ids[person], told)
            for at, person in sorted(pairs)
            for told in made.said_of(at, person)
        ]
        rows += [
            self._row(ids[at], "link", link_id(team.ids[m], people.ids[p]), told)
            for at, links in made.links.items()
            for (m, p), link in links.items()
            for told in link
        ]
        rows += [
            self._row(ids[at], "event", event.id, told)
            for at, events in store.events.items()
            for event in events
            for told in event.told
        ]
        yield self._rows(rows).lazy()
        said = [(m, *self._row("", "member", id_, told))
                for m, id_ in enumerate(team.ids) for told in team.values_at(m)]  # fmt: skip
        # The facts about a member are the same in each account.
        told_of = pl.Series([m for m, *_ in said], dtype=pl.Int64).to_frame("of").hstack(
            self._rows([row for _, *row in said]).drop("account")
        )  # fmt: skip
        of = pl.DataFrame(
            {
                "account": self._account([at for at, _ in ours]),
                "of": pl.Series([member for _, member in ours], dtype=pl.Int64),
            }
        )
        joined = of.lazy().join(told_of.lazy(), on="of", maintain_order="left_right")
        yield joined.select(OWN["history"])

    def _rows(self, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
        frame = pl.DataFrame(rows, schema=_HISTORY, orient="row")
        return guarded_texts(frame) if self.guard else frame

    def _row(self, account: str, kind: str, of: str, told: CellValue) -> tuple[Any, ...]:
        made = self.made
        value = as_text(plain_cell(told.value))
        source, by, as_of = made.source(told), made.by(told), made.as_of(told)
        return account, kind, of, told.fact, "ours", value, source, by, as_of

    def _facts(
        self, listed: EntityColumns, kind: str, accounts: pl.Series, ids: pl.Series,
        but: Collection[int] = (),
    ) -> Iterator[pl.LazyFrame]:  # fmt: skip
        """Yield the facts of a long list column by column, except facts about *but*."""
        if but:
            accounts = accounts.scatter(sorted(but), None)
        days = self._days(listed.as_of)
        every = pl.DataFrame(
            {
                "account": accounts,
                "id": ids,
                "row": pl.Series(listed.rows, dtype=pl.UInt32) + 1,
                "as_of": days.fill_null(self.made.day) if self.made.day else days,
            }
        )
        for fact, values in listed.facts.items():
            said = every.with_columns(self._values(values))
            if (which := listed.which.get(fact)) is not None:
                said = said.with_columns(which=pl.Series(which, dtype=pl.UInt8))
            for table, start, end in listed.runs:
                if headers := listed.headers.get((table, fact)):
                    yield (
                        said[start:end]
                        .lazy()
                        .drop_nulls(("account", "value"))
                        .select(
                            "account",
                            pl.lit(kind).alias("kind"),
                            "id",
                            pl.lit(fact).alias("fact"),
                            pl.lit("ours").alias("side"),
                            "value",
                            pl.lit(
                                ASSUMED if (table, fact) in self.store.assumed else SOURCE
                            ).alias("source"),
                            self._by(table, headers),
                            "as_of",
                        )
                    )

    def _values(self, values: Sequence[Any]) -> pl.Series:
        """Return values as texts; each distinct value is formatted once."""
        code: dict[Any, int | None] = {v: at for at, v in enumerate(set(values) - {None})}
        words = self._texts([as_text(plain_cell(value)) for value in code])
        code[None] = None
        codes = pl.Series(list(map(code.__getitem__, values)), dtype=pl.UInt32)
        return words.gather(codes).alias("value")

    @staticmethod
    def _days(days: Sequence[date | None]) -> pl.Series:
        """Return days as a column; each distinct day is converted once."""
        code = {day: at for at, day in enumerate(set(days))}
        codes = pl.Series(list(map(code.__getitem__, days)), dtype=pl.UInt32)
        return pl.Series(list(code), dtype=pl.Date).gather(codes)

    def _by(self, table: int, headers: tuple[str, ...]) -> pl.Expr:
        """Return the places of cells in the wording of `SourceTable.place`."""
        source, row = self.store.tables[table], pl.col("row")
        if source.sheet is not None:
            lines = pl.Series(
                [source.line(n) for n in range(len(source.outcomes))], dtype=pl.UInt32
            )
            row = row.map_batches(lambda rows: lines.gather(rows - 1), return_dtype=pl.UInt32)
            cells = [SheetCell.of(*source.sheet, 1, (source.column(h) or 0) + 1) for h in headers]
            around = [f"{str(cell)[:-1]}{_BEHIND}" for cell in cells]
        else:
            around = [
                f"{source.shown}, row {_BEHIND}" + (f", column {header}" if header else "")
                for header in headers
            ]
        parts = [
            text.partition(_BEHIND) for text in (map(guarded, around) if self.guard else around)
        ]
        both = {at: (begin, end) for at, (begin, _, end) in enumerate(parts)}
        if len(set(both.values())) == 1:
            begin, end = (pl.lit(text) for text in both[0])
        else:
            begin, end = (
                pl.col("which").replace_strict(
                    {at: texts[n] for at, texts in both.items()}, return_dtype=pl.String
                )
                for n in (0, 1)
            )
        return pl.concat_str(begin, row.cast(pl.String), end).alias("by")
