"""The answers that rules read, stored with the result so that a later run can show changes.

There is one table for each kind of entity, with the columns of the frames that rules read (see
`ReadRequest.answers`), so that nothing has to be computed for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading.cell_columns import dtypes_of
from kam_expert.facts.columns import KINDS, THEIRS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

#: The folder of these tables in the folder of a run.
ANSWERS = "answers"
#: Columns of each table that identify an entity within the account.
ENDS: Mapping[str, tuple[str, ...]] = {
    "accounts": (),
    "people": ("person",),
    "team": ("member",),
    "links": ("member", "person"),
    "decisions": ("decision",),
    "events": ("event",),
}


def answers(frames: Mapping[str, pl.DataFrame], base: KnowledgeBase) -> dict[str, pl.DataFrame]:
    """Return the tables of answers of a chunk, by path in the folder of a run.

    Args:
        frames: Frames of the source by kind.
        base: The rule base.
    """
    made = {}
    account = frames["account"]["account_id"]
    for table, ends in ENDS.items():
        frame = frames[KINDS[table]]
        ids = [account[frame["account"]].alias("account")]
        ids += [frames[end][f"{end}_id"][frame[end]].alias(end) for end in ends]
        columns = [
            column
            for fact in base.facts.values()
            if fact.kind == KINDS[table]
            for prefix in (fact.name, fact.name + THEIRS)
            for column in dtypes_of(fact, prefix, banded=True)
            if column in frame.columns
        ]
        made[f"{ANSWERS}/{table}"] = pl.DataFrame([*ids, *frame.select(columns)])
    return made


def answer_texts(
    columns: Collection[str], base: KnowledgeBase, table: str, day: date
) -> dict[str, pl.Expr]:
    """Return the answers in a table as text, by fact and side (``<fact>`` or ``<fact>__theirs``).

    A set is its words separated by ``;``, or ``none``. A band is ``low..high``.

    Args:
        columns: The columns of the table.
        base: The rule base.
        table: The name of the table.
        day: The day of the run that wrote it.
    """
    texts = {}
    for fact in base.facts.values():
        if fact.kind == KINDS[table]:
            for prefix in (fact.name, fact.name + THEIRS):
                text = _text(fact, prefix, columns, day)
                if text is not None:
                    texts[prefix] = text.alias(prefix)
    return texts


def _text(fact: Fact, prefix: str, columns: Collection[str], day: date) -> pl.Expr | None:
    """Return one side's answer to a fact as text; None without columns for it."""
    if fact.doc.type == "set":
        flags = {word: f"{prefix}__is__{word}" for word in fact.doc.values}
        # Cast to text, because the type of an empty column in a text file may be wrong.
        here = {
            word: pl.col(column).cast(pl.String) == "true"
            for word, column in flags.items()
            if column in columns
        }
        if not here:
            return None
        words = [pl.when(flag).then(pl.lit(word)) for word, flag in here.items()]
        joined = pl.concat_str(words, separator=";", ignore_nulls=True)
        named = pl.when(joined == "").then(pl.lit("none")).otherwise(joined)
        return pl.when(pl.any_horizontal(f.is_not_null() for f in here.values())).then(named)
    if prefix not in columns:
        return None
    value = pl.col(prefix).cast(pl.Float64) if fact.is_number else pl.col(prefix)
    if fact.doc.type == "date":
        value = pl.lit(day) - pl.duration(days=value.cast(pl.Int32))
    text = value.cast(pl.String)
    if f"{prefix}__hi" in columns:
        high = pl.col(f"{prefix}__hi").cast(pl.Float64)
        band = pl.concat_str(text, pl.lit(".."), high.cast(pl.String))
        text = pl.when(high > value).then(band).otherwise(text)
    if f"{prefix}__word" in columns:
        text = pl.coalesce(pl.col(f"{prefix}__word").cast(pl.String), text)
    return text
