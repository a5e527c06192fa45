"""Changed answers between two runs that may explain why an account moved."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.writing.answers_read import ANSWERS, ENDS, answer_texts
from kam_expert.engines.portfolio.writing.run_files import read_manifest, read_table
from kam_expert.errors import KamError
from kam_expert.facts.case import plain_value
from kam_expert.facts.columns import THEIRS
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.values import Interval
from kam_expert.results.portfolio import FactChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

#: Maximum number of changed answers per account.
MAX_FACTS = 12
_LISTS = {"people": "person", "team": "member", "decisions": "decision"}
#: Column of a table of answers, value before, value after.
_Key = tuple[str, str | None, str | None]


class Changes:
    """The changed answers of some accounts, if both runs have them.

    Args:
        earlier: The folder of the earlier run.
        folder: The folder of the run.
        accounts: Ids of the accounts.
        base: The rule base of the run.
    """

    def __init__(
        self, earlier: Path, folder: Path, accounts: pl.Series, base: KnowledgeBase
    ) -> None:
        self._base = base
        self._explain: dict[str, frozenset[str]] = {}
        #: Names of the entities by account and change.
        self._found: dict[str, dict[_Key, list[str]]] = {}
        places = (earlier, folder)
        names = _names(places, accounts)
        days = [date.fromisoformat(read_manifest(place)["date"]) for place in places]
        for table, ends in ENDS.items():
            answers = [_few(place / ANSWERS, table, accounts) for place in places]
            frames = [
                frame.select(
                    "account", *ends, *answer_texts(frame.columns, base, table, day).values()
                )
                for frame, day in zip(answers, days, strict=True)
                if frame is not None
            ]
            if len(frames) == len(places):
                self._compare(frames[0], frames[1], ends, names)

    def _compare(
        self,
        then: pl.DataFrame,
        now: pl.DataFrame,
        ends: tuple[str, ...],
        names: Mapping[tuple[str, str, str], str],
    ) -> None:
        keys = ["account", *ends]
        columns = [name for name in now.columns if name in then.columns and name not in keys]
        both = then.join(now, on=keys, how="full", coalesce=True, suffix="__now")
        for row in both.sort(keys).iter_rows(named=True):
            for column in columns:
                before, after = row[column], row[f"{column}__now"]
                if before != after:
                    who = [names.get((row["account"], end, row[end]), row[end]) for end in ends]
                    found = self._found.setdefault(row["account"], {})
                    found.setdefault((column, before, after), []).append(" – ".join(who))

    def of(
        self, account: str, findings: Iterable[str], *, restaged: bool
    ) -> tuple[FactChange, ...]:
        """Return the changes of facts behind *findings*; all changes if there are none of these.

        Args:
            account: The id of the account.
            findings: The changed findings.
            restaged: Whether the stage changed.
        """
        found = self._found.get(account, {})
        asked = [*findings, *(self._base.stage_model.findings_read if restaged else ())]
        read = {fact for name in asked for fact in self._read_for(name)}
        facts = self._base.facts
        order = {name: place for place, name in enumerate(facts)}
        chosen = [key for key in found if key[0].removesuffix(THEIRS) in read] or list(found)
        chosen.sort(key=lambda key: (order[key[0].removesuffix(THEIRS)], key[0]))
        made = []
        for column, before, after in chosen[:MAX_FACTS]:
            fact = facts[column.removesuffix(THEIRS)]
            theirs = column.endswith(THEIRS) or fact.doc.asked_of == "customer"
            about = tuple(who for who in found[column, before, after] if who)
            values = _plain(fact, before), _plain(fact, after)
            made.append(FactChange(fact.name, *values, "theirs" if theirs else "ours", about))
        return tuple(made)

    def _read_for(self, finding: str) -> frozenset[str]:
        """Return the facts on which a finding depends, directly or through other findings."""
        if finding not in self._explain:
            self._explain[finding] = _facts_behind(self._base, finding)
        return self._explain[finding]


def _facts_behind(base: KnowledgeBase, finding: str) -> frozenset[str]:
    facts: set[str] = set()
    seen, ahead = {finding}, [finding]
    while ahead:
        for rule in base.rules_for(ahead.pop()):
            facts.update(ref.name for part in rule.conditions() for ref in refs(part))
            others = set(rule.findings_read())
            if rule.reads_stage():
                others.update(base.stage_model.findings_read)
            ahead += others - seen
            seen |= others
    for name in tuple(facts & base.facts.keys()):
        form = base.facts[name].doc.computed or {}
        if "of" in form:
            facts.add(str(form["of"]).rpartition(".")[2])
        if name in base.computed_where:
            facts.update(ref.name for ref in refs(base.computed_where[name]))
    return frozenset(facts)


def _few(folder: Path, table: str, accounts: pl.Series) -> pl.DataFrame | None:
    """Return the rows of a table about some accounts; None without such a table."""
    try:
        found = read_table(folder, table)
    except KamError:
        return None
    return found.filter(pl.col("account").is_in(accounts.implode())).collect()


def _names(folders: Iterable[Path], accounts: pl.Series) -> dict[tuple[str, str, str], str]:
    """Return names by account, kind and id; later folders win."""
    names = {}
    for folder in folders:
        for table, kind in _LISTS.items():
            rows = _few(folder, table, accounts)
            if rows is not None:
                for account, identity, name in rows.select("account", kind, "name").iter_rows():
                    names[account, kind, identity] = str(name or identity)
    return names


def _plain(fact: Fact, text: str | None) -> Any:
    """Return a value as plain data; words that the rule base may not have are unchanged."""
    if text is None:
        return None
    if fact.doc.type == "set":
        return [] if text == "none" and "none" not in fact.doc.values else text.split(";")
    if not fact.is_number or text in fact.doc.also:
        return text
    low, _, high = text.partition("..")
    number = float(low)
    if high:
        return plain_value(Interval(number, float(high)))
    return int(number) if number.is_integer() else number
