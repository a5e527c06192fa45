"""Conversion of one chunk of input tables to the frames that rules read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading import history
from kam_expert.engines.portfolio.reading.agreed_plans import (
    agreed,
    check_plan,
    entries,
    with_promises,
)
from kam_expert.engines.portfolio.reading.belongs import belongings
from kam_expert.engines.portfolio.reading.cell_columns import converted, known, null_columns
from kam_expert.engines.portfolio.reading.cell_errors import reasons
from kam_expert.engines.portfolio.reading.chunk_layout import KEYS, ChunkFrames
from kam_expert.engines.portfolio.reading.faults import Faults
from kam_expert.engines.portfolio.reading.ids import Ids
from kam_expert.engines.portfolio.reading.notes import check_notes, step_notes, with_strategies
from kam_expert.engines.portfolio.reading.ranks import shares
from kam_expert.engines.portfolio.reading.voids import Voids
from kam_expert.facts.case import LISTS
from kam_expert.facts.columns import COMPLETE, KINDS, TABLE_OF, TABLES, THEIRS
from kam_expert.facts.events import CONCERNED
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest

_LINKED = ("account", "member", "person")


@dataclass(frozen=True)
class Normal:
    """A converted chunk.

    Attributes:
        used: Number of accepted rows by table; all others are rejected.
    """

    frames: ChunkFrames
    faults: Faults
    used: dict[str, int]


def normal(
    tables: Mapping[str, pl.DataFrame],
    layout: ReadRequest,
    duplicates: pl.Series,
    ranks: pl.DataFrame,
) -> Normal:
    """Return the frames of a chunk, without the accounts that have faults.

    Args:
        tables: The rows of each existing table, numbered in ``_row``.
        layout: The columns to make.
        duplicates: Ids that several accounts of the portfolio have.
        ranks: A column for each computed rank, in the row order of the table of accounts.
    """
    return _Chunk(tables, layout).normal(duplicates, ranks)


class _Chunk:
    def __init__(self, tables: Mapping[str, pl.DataFrame], layout: ReadRequest) -> None:
        self.layout = layout
        self.faults = Faults()
        self.rows: dict[str, pl.DataFrame] = {}
        self.answers: dict[str, pl.DataFrame] = {}
        self.ids: dict[str, Ids] = {}
        accounts = tables["accounts"].with_columns(pl.col("account").cast(pl.String))
        accounts = accounts.rename({"account": "account_id"}).with_row_index("account")
        self.rows["accounts"] = accounts
        self.numbers = accounts.select("account", "account_id").unique(
            "account_id", keep="first", maintain_order=True
        )
        for name in TABLES[1:]:
            if name in tables:
                self.rows[name] = self._of_accounts(name, tables[name])

    def _of_accounts(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with the number of their account; rows of unknown accounts are faults."""
        rows = rows.with_columns(pl.col("account").cast(pl.String)).rename(
            {"account": "account_id"}
        )
        # One look-up for each run of rows of the same account. The first row begins one even
        # without an account, though it does not differ from the nothing before it.
        changes = pl.col("account_id").ne_missing(pl.col("account_id").shift())
        heads = rows.select(head=changes | (pl.int_range(pl.len()) == 0))
        runs = rows.select("account_id").filter(heads["head"])
        runs = runs.join(self.numbers, on="account_id", how="left", maintain_order="left")
        places = heads.select(pl.col("head").cum_sum() - 1)["head"]
        rows = rows.with_columns(runs["account"].gather(places))
        if rows["account"].null_count():
            strays = rows.filter(pl.col("account").is_null())
            ids = strays["account_id"]
            self.faults.add(name, strays, "account", "no account has this id", ids)
            rows = rows.filter(pl.col("account").is_not_null())
        return rows

    def normal(self, duplicates: pl.Series, ranks: pl.DataFrame) -> Normal:
        self._check_accounts(duplicates)
        for name in ("people", "team", "decisions", "events"):
            self._number(name)
        self._number_links()
        self._find_concerned()
        for name in KINDS:
            self._convert(name)
        told = self._told()
        book = self.layout.base.events
        first = frozenset() if book is None else book.told_by
        seen = history.merge(told, self.answers, self.layout, self.faults, first)
        voids = None if book is None or not self.layout.doubted else self._voids(seen)
        if voids is not None:
            history.doubt(voids, self.answers, self.layout)
        others = frozenset(self.layout.base.facts) - first
        history.merge(told, self.answers, self.layout, self.faults, others, voids)
        if "plan" in self.rows and self.rows["plan"].height:
            self.rows["plan"] = entries(self.rows["plan"])
            check_plan(self.rows["plan"], self.ids, self.faults)
            accounts = self.answers["account"]
            self.answers["account"] = with_promises(accounts, self.rows["plan"], self.layout)
        if "notes" in self.rows:
            check_notes(self.rows["notes"], self.layout, self.faults)
        belongs = belongings(self.rows["people"], self.ids["decisions"], self.faults)
        made = {name: self._finished(name) for name in KINDS}
        accounts = self._with_ranks(made["accounts"], ranks)
        made["accounts"] = with_strategies(accounts, self.rows.get("notes"))
        made["belongs"] = belongs
        made["noted"] = step_notes(self.rows.get("notes"))
        made["agreed"] = agreed(self.rows.get("plan"), self.layout)
        bad = self.faults.accounts()
        used = {name: rows.height for name, rows in self.rows.items()}
        if not bad.is_empty():
            made = _without(made, bad)
            valid = ~pl.col("account").is_in(bad.implode())
            used = {n: rows.select(valid.sum()).item() for n, rows in self.rows.items()}
        return Normal(ChunkFrames(**made), self.faults, used)

    # Ids and links ------------------------------------------------------------------------------

    def _check_accounts(self, duplicates: pl.Series) -> None:
        rows = self.rows["accounts"]
        blank = rows.filter(pl.col("account_id").fill_null("") == "")
        self.faults.add("accounts", blank, "account", "the account has no id")
        if not duplicates.is_empty():
            again = rows.filter(pl.col("account_id").is_in(duplicates.implode()))
            ids = again["account_id"]
            self.faults.add("accounts", again, "account", "duplicate account id", ids)

    def _number(self, name: str) -> None:
        """Number the people, members or decisions, and report blank and duplicate ids."""
        key = KEYS[name][-1]
        if name not in self.rows:
            schema = {"account": pl.UInt32, "account_id": pl.String, f"{key}_id": pl.String}
            self.rows[name] = pl.DataFrame(schema={key: pl.UInt32, **schema, ROW: pl.UInt32})
            self.ids[name] = Ids.of(self.rows[name], f"{key}_id")
            return
        rows = self.rows[name].with_columns(pl.col(key).cast(pl.String)).rename({key: f"{key}_id"})
        rows = rows.with_row_index(key)
        ids = rows[f"{key}_id"]
        # "!" is the first character that is not blank.
        if ids.null_count() or str(ids.min() or "") < "!":
            rows = rows.with_columns(pl.col(f"{key}_id").str.strip_chars())
            ids = rows[f"{key}_id"]
            blank = rows.filter(pl.col(f"{key}_id").fill_null("") == "")
            self.faults.add(name, blank, key, f"this {key} has no id", blank[f"{key}_id"])
        self.rows[name] = rows
        self.ids[name] = Ids.of(rows, f"{key}_id")
        duplicate = self.ids[name].duplicates()
        if duplicate.any():
            again = rows.filter(duplicate & ids.is_not_null())
            self.faults.add(name, again, key, f'duplicate id in "{name}"', again[f"{key}_id"])

    def _number_links(self) -> None:
        if "links" not in self.rows:
            schema = {"link": pl.UInt32, **dict.fromkeys(_LINKED, pl.UInt32), ROW: pl.UInt32}
            ids = dict.fromkeys(("account_id", "member_id", "person_id"), pl.String)
            self.rows["links"] = pl.DataFrame(schema={**schema, **ids})
            return
        rows = self.rows["links"].rename({"member": "member_id", "person": "person_id"})
        rows = rows.with_columns(pl.col("member_id", "person_id").cast(pl.String))
        for name, end in (("team", "member"), ("people", "person")):
            rows = rows.with_columns(self.ids[name].find(rows, f"{end}_id").alias(end))
            if rows[end].null_count():
                unknown = rows.filter(pl.col(end).is_null())
                blank = pl.col(f"{end}_id").fill_null("") == ""
                messages = unknown.select(
                    pl.when(blank)
                    .then(pl.lit(f"this link has no {end}"))
                    .otherwise(pl.lit(f"unknown {end}: it is not an id in {name}"))
                ).to_series()
                self.faults.add("links", unknown, end, messages.to_list(), unknown[f"{end}_id"])
        ends = pl.col("member").cast(pl.UInt64) * (1 << 32) + pl.col("person")
        pairs = rows.select(pair=ends)["pair"].drop_nulls()
        if pairs.n_unique() < pairs.len():
            duplicate = rows.select("member", "person").is_duplicated()
            again = rows.filter(
                duplicate & pl.col("member").is_not_null() & pl.col("person").is_not_null()
            )
            self.faults.add("links", again, None, "duplicate link")
        self.rows["links"] = rows.with_row_index("link")

    def _find_concerned(self) -> None:
        """Find the person and the member whom each event concerns."""
        rows = self.rows["events"]
        absent = [end for end in CONCERNED if end not in rows.columns]
        rows = rows.with_columns(pl.lit(None, pl.String).alias(end) for end in absent)
        ids = {end: f"{end}_id" for end in CONCERNED}
        text = (pl.col(end).cast(pl.String).str.strip_chars() for end in ids)
        rows = rows.with_columns(*text).rename(ids)
        for name, end in (("team", "member"), ("people", "person")):
            rows = rows.with_columns(self.ids[name].find(rows, ids[end]).alias(end))
            named = pl.col(ids[end]).fill_null("") != ""
            unknown = rows.filter(pl.col(end).is_null() & named)
            message = f"unknown {end}: it is not an id in {name}"
            self.faults.add("events", unknown, end, message, unknown[ids[end]])
        self.rows["events"] = rows

    # Answers ------------------------------------------------------------------------------------

    def _convert(self, name: str) -> None:
        """Convert the answers in the columns of a table."""
        rows, cells = self.rows[name], self.layout.cells.get(name, [])
        made = converted(rows, cells, self.layout.day)
        facts = {c.column: c.fact for c in cells}
        for column, (places, values) in made.faults.items():
            bad = rows[places.to_list()]
            self.faults.add(name, bad, column, reasons(facts[column], values), values)
        self.answers[KINDS[name]] = made.frame

    def _told(self) -> pl.DataFrame | None:
        """Return the valid rows of the history."""
        if "history" not in self.rows:
            return None
        entities = {}
        for kind, name in TABLE_OF.items():
            rows = self.rows[name]
            if kind == "account":
                entity = [pl.lit("").alias("id"), pl.col("account").alias("entity")]
            elif kind == "link":
                ends = (pl.col(f"{e}_id").str.replace_all("→", "→→") for e in ("member", "person"))
                entity = [
                    pl.concat_str(*ends, separator="→").alias("id"),
                    pl.col("link").alias("entity"),
                ]
            else:
                key = KEYS[name][-1]
                entity = [pl.col(f"{key}_id").alias("id"), pl.col(key).alias("entity")]
            entities[kind] = rows.select("account", *entity)
        self.rows["history"] = history.prepared(self.rows["history"])
        return history.valid(self.rows["history"], entities, self.layout, self.faults)

    def _voids(self, seen: Mapping[str, pl.DataFrame]) -> Voids | None:
        """Return what the events of the chunk void; None if nothing.

        Args:
            seen: By fact, the answers that the history has to it, from `history.merge`.
        """
        base, day = self.layout.base, self.layout.day
        book = base.events
        assert book is not None  # noqa: S101 -- without events nothing is doubted
        marks = self.answers["person"]
        value = pl.col(book.mark).cast(pl.String) if book.mark in marks.columns else pl.lit(None)
        plain = marks.with_row_index("entity").select("entity", value=value.cast(pl.String))
        plain = plain.filter(pl.col("value").is_not_null())
        every = [plain.with_columns(age=pl.lit(None, pl.Int32))]
        if book.mark in seen:
            aged = history.aged(seen[book.mark].lazy(), day).collect()
            every.append(
                aged.select("entity", pl.col(book.mark).cast(pl.String).alias("value"), "age")
            )
        accounts = self.rows["accounts"]
        ages = {}
        for fact in book.same_as:
            ages[fact] = pl.repeat(None, accounts.height, dtype=pl.Int32, eager=True)
            if fact in seen:
                past = history.aged(seen[fact].lazy(), day)
                last = past.group_by("entity").agg(pl.col("age").last()).collect()
                ages[fact] = accounts.select(entity="account").join(
                    last, on="entity", how="left", maintain_order="left"
                )["age"]
        found = Voids(base, self.rows, self.answers, pl.concat(every), ages)
        return found if found.any else None

    # Frames -------------------------------------------------------------------------------------

    def _finished(self, name: str) -> pl.DataFrame:
        """Return the frame of a table with exactly the columns of the layout."""
        layout, rows, answers = self.layout, self.rows[name], self.answers[KINDS[name]]
        wanted = layout.columns(name)
        frame = pl.concat([rows.drop(answers.columns, strict=False), answers], how="horizontal")
        frame = frame.with_columns(self._own(name, frame))
        dated = [
            (fact, prefix)
            for fact in layout.base.facts.values()
            if fact.kind == KINDS[name] and fact.name in layout.needs.trend
            for prefix in layout.sides(fact)
        ]
        absent = {n: t for n, t in wanted.items() if n not in frame.columns}
        frame = frame.with_columns(null_columns(absent))
        # Without a history, an answer has no date.
        return frame.with_columns(
            pl.col(f"{prefix}__dated").fill_null(~known(fact, prefix)) for fact, prefix in dated
        ).select(*wanted)

    def _own(self, name: str, frame: pl.DataFrame) -> list[pl.Expr]:
        """Return the columns that are not facts."""
        texts = [n for n in ("name", "owner", "segment") if n in frame.columns]
        own = [pl.col(n).cast(pl.String) for n in texts]
        if name != "accounts":
            return own
        named = pl.col("name").cast(pl.String) if "name" in texts else pl.lit(None, pl.String)
        blank = named.str.strip_chars().fill_null("") == ""
        own = [e for e, n in zip(own, texts, strict=True) if n != "name"]
        own.append(pl.when(~blank).then(named).otherwise(pl.col("account_id")).alias("name"))
        for list_name in LISTS:
            flag = f"{list_name}_listed"
            listed = pl.col("account").is_in(self.rows[list_name]["account"].unique().implode())
            if flag in frame.columns:
                listed |= (pl.col(flag) == "yes").fill_null(False)
            own.append(listed.alias(flag))
        flags = [f"{n}_complete" for n in COMPLETE if f"{n}_complete" in frame.columns]
        own += [(pl.col(flag) == "yes").alias(flag) for flag in flags]
        facts = self.layout.base.facts
        answered = [
            known(facts[n.removesuffix(THEIRS)], n)
            for n in (f"{fact.name}{THEIRS}" for fact in facts.values() if fact.kind == "account")
            if n in frame.columns or any(c.startswith(f"{n}__is__") for c in frame.columns)
        ]
        total = pl.sum_horizontal(answered) if answered else pl.lit(0)
        return [*own, total.cast(pl.Int32).alias("customer_answers")]

    def _with_ranks(self, accounts: pl.DataFrame, ranks: pl.DataFrame) -> pl.DataFrame:
        """Replace stated ranks by computed ones, and missing shares."""
        stated_first = shares(self.layout.base)
        names = [name for name in ranks.columns if name in accounts.columns]
        if not names:
            return accounts
        both = pl.concat([accounts, ranks.select(pl.col(names).name.prefix("_"))], how="horizontal")
        made = []
        for name in names:
            computed = pl.col(f"_{name}")
            if name in stated_first:
                computed = pl.when(pl.col(name).is_null()).then(computed)
            made.append(pl.coalesce(computed, name).alias(name))
            high = f"{name}__hi"
            if high in accounts.columns:
                made.append(pl.coalesce(computed, high).alias(high))
            # The age of the stated answer, the one before it and what voids it go with it.
            made += [
                pl.when(computed.is_null()).then(column).alias(column)
                for column in accounts.columns
                if column.startswith(f"{name}__")
                and column != high
                and not column.startswith(f"{name}{THEIRS}")
            ]
        return both.with_columns(made).select(accounts.columns)


def _without(frames: Mapping[str, pl.DataFrame], accounts: pl.Series) -> dict[str, pl.DataFrame]:
    """Remove accounts and renumber all frames, so that row *n* has the number *n*."""
    valid = ~pl.col("account").is_in(accounts.implode())
    left = {name: frame.filter(valid) for name, frame in frames.items()}
    for name, keys in KEYS.items():
        key, count = keys[-1], frames[name].height
        places = left[name].select(key).with_row_index("new")
        every = pl.DataFrame({key: pl.int_range(count, dtype=pl.UInt32, eager=True)})
        new = every.join(places, on=key, how="left", maintain_order="left")["new"]
        left = {
            n: f.with_columns(new.gather(f[key]).alias(key)) if key in f.columns else f
            for n, f in left.items()
        }
    return left
