"""The columns of the tables of a portfolio: one table for each list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import did_you_mean, shortened
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.case import LISTS
from kam_expert.facts.plan_entries import CHOICES, DATES, KEYS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

#: The tables with facts, and the kind of entity of a row.
KINDS = {"accounts": "account", **LISTS}
TABLE_OF = {kind: table for table, kind in KINDS.items()}
SIDES = ("ours", "theirs")
#: The suffix of the columns of customers' answers in the table of accounts.
THEIRS = "__theirs"
#: The kinds of notes, with the columns that each can fill.
NOTES = {
    "comment": ("value",),
    "step": ("key", "owner", "due", "hide"),
    "target_stage": ("value",),
    "strategy": ("key", "value"),
}
#: The column of the accounts with the strategy that a note sets, while they are judged.
CHOSEN = "strategy_chosen"
COMPLETE = ("people", "team", "links")
OWN = {
    "accounts": ("account", "name", "owner", "segment"),
    "people": ("account", "person", "name", "decisions"),
    "team": ("account", "member", "name"),
    "links": ("account", "member", "person"),
    "decisions": ("account", "decision", "name"),
    "events": ("account", "event", "member", "person"),
    "history": ("account", "kind", "id", "fact", "side", "value", "source", "by", "as_of"),
    "notes": ("account", "kind", "key", "value", "owner", "due", "hide"),
    "plan": ("account", "entry", *KEYS[1:]),
}
TABLES = tuple(OWN)


def columns(base: KnowledgeBase) -> dict[str, dict[str, str]]:
    """Return the types of the columns of each table.

    Returns:
        By table and column, the type (text, number, integer, yes_no, date, set or choice) and the
        words that the column takes: ``integer``, ``set: a | b``, ``date: YYYY-MM-DD | never``.
    """
    tables = {table: dict.fromkeys(own, "text") for table, own in OWN.items()}
    tables["people"]["decisions"] = "set"
    tables["history"] |= {
        "kind": _choice(KINDS.values()), "side": _choice(SIDES), "source": _choice(SOURCES),
        "as_of": "date",
    }  # fmt: skip
    tables["notes"] |= {"kind": _choice(NOTES), "due": "date", "hide": "yes_no"}
    tables["plan"] |= {key: _choice(words) for key, words in CHOICES.items()}
    tables["plan"] |= {**dict.fromkeys(DATES, "date"), "about": "set"}
    for fact in base.facts.values():
        facts = tables[TABLE_OF[fact.kind]]
        if fact.kind != "account" or fact.doc.asked_of != "customer":
            facts[fact.name] = _type_word(fact)
        if fact.kind == "account" and fact.doc.asked_of != "us":
            facts[fact.name + THEIRS] = _type_word(fact)
    tables["accounts"] |= {f"{name}_complete": "yes_no" for name in COMPLETE}
    tables["accounts"] |= {f"{name}_listed": "yes_no" for name in LISTS}
    return tables


def _choice(words: Iterable[str]) -> str:
    return f"choice: {' | '.join(words)}"


def _type_word(fact: Fact) -> str:
    kind, words = fact.doc.type, fact.words()
    if kind in ("choice", "ordered"):
        return _choice(words)
    if kind == "yes_no" or not words:
        return kind
    first = {"set": (), "date": ("YYYY-MM-DD",)}.get(kind, (kind,))
    return f"{kind}: {' | '.join([*first, *words])}"


def unknown_column(table: str, column: str, known: Mapping[str, Collection[str]]) -> str:
    """Return the message for an unknown column of *table*; *known* are the columns by table."""
    for other in KINDS:
        if column in known[other]:
            return f'"{column}" is not a column of {table} but of {other}'
    near = did_you_mean(column, known[table])
    return f'unknown column "{shortened(column)}" in {table}.{near}'
