"""Which answers no longer hold after an event, as columns: the counterpart of `facts.events`.

Days are counted back from the day of the diagnosis, so a larger number is earlier. An answer with
an age above ``void`` no longer holds. One with an age above ``doubt``, or of unknown age, may not:
it counts in the working reading alone.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.facts.events import CONCERNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.event_documents import EventsDoc

VOID, DOUBT = "void", "doubt"
_LIMITS = (VOID, DOUBT)
#: The tables with the people and members whom an event can concern.
_TABLES = {"person": "people", "member": "team"}


class Voids:
    """The events of a chunk up to the day.

    Args:
        base: The rule base, which has events.
        rows: The numbered rows of each table.
        answers: By kind, the converted answers to the facts of `told_by`; row *n* for entity *n*.
        marks: Every answer to the mark up to the day: ``entity``, ``value`` and ``age``.
        ages: By fact of ``same_as``, the age of the current answer of each account; null if
            unknown.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        rows: Mapping[str, pl.DataFrame],
        answers: Mapping[str, pl.DataFrame],
        marks: pl.DataFrame,
        ages: Mapping[str, pl.Series],
    ) -> None:
        assert base.events is not None  # noqa: S101 -- asked of such rule bases only
        self.base = base
        self._book: EventsDoc = base.events
        self._rows = rows
        self._people = self._marked_people(marks)
        told = self._told(answers["event"])
        self._spans = pl.concat([told, *self._untold(answers["account"], told, ages)])
        #: The limits of facts by kind of thing and what voids them; many facts share them.
        self._shared: dict[tuple[str, tuple[str, ...]], pl.DataFrame | None] = {}

    def _marked_people(self, marks: pl.DataFrame) -> pl.DataFrame:
        """Return for each person: whether ever marked (null if nobody said), and since when."""
        yes = pl.col("value") == "yes"
        found = marks.group_by("entity").agg(
            marked=yes.any(), oldest=pl.col("age").filter(yes).max()
        )
        people = self._rows["people"]
        if "name" not in people.columns:
            people = people.with_columns(name=pl.lit(None, pl.String))
        people = people.select("account", "person", "person_id", pl.col("name").cast(pl.String))
        return people.join(
            found, left_on="person", right_on="entity", how="left", maintain_order="left"
        )

    def _told(self, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the events that have happened."""
        keys = self._book.keys
        events = self._rows["events"].select("account", *CONCERNED)
        absent = {keys.kind: pl.String, keys.day: pl.Int32}
        answers = answers.with_columns(
            pl.lit(None, dtype).alias(name)
            for name, dtype in absent.items()
            if name not in answers.columns
        )
        events = events.with_columns(
            answers.select(kind=pl.col(keys.kind).cast(pl.String), first=keys.day)
        )
        events = events.filter(
            pl.col("kind").is_in(list(self._book.kinds)) & (pl.col("first") >= 0)
        )
        marked = self._people.select("person", "marked")
        return events.join(marked, on="person", how="left", maintain_order="left").select(
            "account",
            "kind",
            "first",
            last="first",
            # Without a person nobody had the mark.
            marked=pl.when(pl.col("person").is_null()).then(False).otherwise("marked"),
            sure=pl.lit(True),
            person="person",
            member="member",
        )

    def _untold(
        self, answers: pl.DataFrame, told: pl.DataFrame, ages: Mapping[str, pl.Series]
    ) -> Iterable[pl.DataFrame]:
        """Yield the changes of which only an answer tells: a row for each person concerned."""
        for fact, same in self._book.same_as.items():
            if fact not in answers.columns:
                continue
            last = ages[fact].fill_null(0)
            here = answers.select(pl.col(fact).cast(pl.String) == same.value).to_series()
            changed = self._rows["accounts"].select("account").with_columns(last=last)
            changed = changed.filter(here.fill_null(False)).with_columns(
                first=pl.col("last") + same.days
            )
            known = told.filter(
                pl.col("marked") & pl.col("kind").is_in([same.kind, *same.or_kinds])
            )
            within = known.select("account", day="first").join(changed, on="account")
            within = within.filter(pl.col("day").is_between("last", "first"))
            changed = changed.join(within.select("account"), on="account", how="anti")
            former = self._people.filter(
                pl.col("marked").is_null() | pl.col("oldest").is_not_null()
            ).join(changed, on="account")
            former = former.filter(pl.col("marked").is_null() | (pl.col("oldest") > pl.col("last")))
            whole = changed.with_columns(sure=True, person=pl.lit(None, pl.UInt32))
            single = former.select(
                "account", "last", "first", "person", sure=~pl.col("marked").is_null()
            )
            every = pl.concat([whole, single.select(whole.columns)])
            yield every.select(
                "account",
                pl.lit(same.kind).alias("kind"),
                pl.col("first").cast(pl.Int32),
                pl.col("last").cast(pl.Int32),
                # The themes are void once, by the row without a person.
                marked=pl.col("person").is_null(),
                sure="sure",
                person="person",
                member=pl.lit(None, pl.UInt32),
            )

    @property
    def any(self) -> bool:
        """Return whether anything happened."""
        return not self._spans.is_empty()

    # Limits

    @cached_property
    def _by_kind(self) -> dict[str, pl.DataFrame]:
        """Return for each kind of event the limits of every account."""
        found = {}
        for kind, doc in self._book.kinds.items():
            spans = self._spans.filter(pl.col("kind") == kind)
            if doc.voids.marked:
                spans = spans.filter(pl.col("marked").fill_null(True))
                spans = spans.with_columns(sure=pl.col("marked").fill_null(False))
            else:
                spans = spans.with_columns(sure=True)
            found[kind] = _limits(spans, ["account"], self._rows["accounts"].select("account"))
        return found

    @cached_property
    def _concerned(self) -> dict[str, pl.DataFrame]:
        """Return the limits of answers about each person and member."""
        kinds = [kind for kind, doc in self._book.kinds.items() if doc.voids.about]
        spans = self._spans.filter(pl.col("kind").is_in(kinds))
        return {
            end: _limits(
                spans.filter(pl.col(end).is_not_null()), [end], self._rows[table].select(end)
            )
            for end, table in _TABLES.items()
        }

    @cached_property
    def _speakers(self) -> pl.DataFrame:
        """Return the limits of answers by account and the name of who gave them."""
        kinds = [kind for kind, doc in self._book.kinds.items() if doc.voids.by]
        spans = self._spans.filter(pl.col("kind").is_in(kinds) & pl.col("person").is_not_null())
        people = self._people.select("person", "person_id", "name")
        named = spans.join(people, on="person")
        every = pl.concat(
            [
                named.drop("person_id", "name").with_columns(by=named[n])
                for n in ("person_id", "name")
            ]
        )
        every = every.filter(pl.col("by").fill_null("") != "")
        keys = every.select("account", "by").unique(maintain_order=True)
        return _limits(every, ["account", "by"], keys)

    def limits(self, fact: str) -> pl.DataFrame | None:
        """Return ``void`` and ``doubt`` of each entity that *fact* is about; None if nothing."""
        key = self.base.facts[fact].kind, tuple(sorted(self.base.voided_by.get(fact, ())))
        if key not in self._shared:
            self._shared[key] = self._limits_of(*key)
        return self._shared[key]

    def _limits_of(self, kind: str, events: tuple[str, ...]) -> pl.DataFrame | None:
        table = {"account": "accounts", "decision": "decisions", "link": "links", **_TABLES}[kind]
        rows = self._rows[table]
        parts = [self._by_kind[event].select(_LIMITS)[rows["account"]] for event in events]
        ends = CONCERNED if kind == "link" else (kind,)
        parts += [self._concerned[end].select(_LIMITS)[rows[end]] for end in ends if end in _TABLES]
        return _least(parts) if parts else None

    def given(self, fact: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Return ``void`` and ``doubt`` of rows with ``account``, ``entity`` and ``by``."""
        told = rows.select("account", "by").join(
            self._speakers, on=["account", "by"], how="left", maintain_order="left"
        )
        parts = [told.select(_LIMITS)]
        own = self.limits(fact)
        if own is not None:
            parts.append(own[rows["entity"]])
        return _least(parts)


def _limits(spans: pl.DataFrame, by: list[str], every: pl.DataFrame) -> pl.DataFrame:
    """Return the limits of each of *every*, null where nothing happened."""
    found = spans.group_by(by).agg(
        pl.col("first").filter(pl.col("sure")).min().alias(VOID), pl.col("last").min().alias(DOUBT)
    )
    return every.join(found, on=by, how="left", maintain_order="left")


def _least(parts: list[pl.DataFrame]) -> pl.DataFrame:
    if len(parts) == 1:
        return parts[0]
    named = [part[name].alias(f"{name}{i}") for i, part in enumerate(parts) for name in _LIMITS]
    return pl.DataFrame(named).select(
        pl.min_horizontal(f"{name}{i}" for i in range(len(parts))).alias(name) for name in _LIMITS
    )
