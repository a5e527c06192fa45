"""Convert the rows of one account to the mapping that a case file has.

Rows are plain data from CSV, Parquet or a database. The case reader reads the mapping, so tables
accept the same values as case files and have the same error messages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, shortened, unknown_name, unknown_word
from kam_expert.facts.case import LISTS, link_id
from kam_expert.facts.columns import (
    NOTES,
    OWN,
    SIDES,
    TABLE_OF,
    TABLES,
    THEIRS,
    columns,
    unknown_column,
)
from kam_expert.knowledge.yaml_reader import Map, Seq, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kam_expert.knowledge.base import KnowledgeBase

Row = dict[str, Any]
#: Not a column: the number of the row in its table.
ROW = "_row"


@dataclass(frozen=True, order=True)
class TableCell(Place):
    """A place in a table: *line* is the row from 1 (0: the whole table), *header* the column.

    *seen* is the line of the file, as an editor counts it; 0 if it is not known.
    """

    header: str = ""
    seen: int = 0

    def __str__(self) -> str:
        """Return the place as text."""
        seen = f"line {self.seen}" if self.seen else ""
        row = f", row {self.line}" if self.line else f", {seen}" if seen else ""
        row += f" ({seen})" if self.line and seen else ""
        return f"{self.file}{row}{f', column {self.header}' if self.header else ''}"


def _typed(value: Any, word: str) -> Any:
    """Return a cell as a value of a case file, None for a blank cell.

    Args:
        value: The cell.
        word: The type of its column, from `columns`.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    kind = word.partition(":")[0]
    if kind == "set":
        if isinstance(value, list | tuple):
            return list(value)
        return [part.strip() for part in str(value).split(";") if part.strip()]
    if isinstance(value, str) and kind in ("number", "integer", "yes_no"):
        return scalar(value)
    return value.isoformat() if isinstance(value, date) else value


class RowReader:
    """Converts the rows of one account to the mapping that a case file has."""

    def __init__(
        self, rows: Mapping[str, Sequence[Row]], base: KnowledgeBase, files: Mapping[str, str]
    ) -> None:
        self.rows = rows
        self.files = {table: files.get(table, table) for table in TABLES}
        self.columns = columns(base)
        self.problems: list[Problem] = []
        self.account = ""
        #: The mappings that hold answers, by kind, id and side.
        self.holders: dict[tuple[str, str, str], Map] = {}

    def _fail(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place, message))

    def _lines(self, table: str) -> Iterator[Map]:
        """Yield the rows of a table as mappings; ``raw`` has blank texts as well."""
        known = self.columns[table]
        for position, row in enumerate(self.rows.get(table, ()), 1):
            place = TableCell(self.files[table], row.get(ROW) or position)
            line = Map(place)
            for column in row:
                if column in known:
                    cell, value = replace(place, header=column), row[column]
                    line.raw[column] = "" if value is None else str(value)
                    if (value := _typed(value, known[column])) is not None:
                        line.put(column, value, cell, line.raw[column])
                elif column != ROW:
                    message = unknown_column(table, column, self.columns)
                    self._fail(TableCell(self.files[table], header=column), message)
            account = self._text(line, "account")
            if table != "accounts" and account != self.account:
                self._fail(line.at("account"), f'this row is about another account, "{account}"')
            yield line

    @staticmethod
    def _text(line: Map, column: str) -> str:
        return line.raw.get(column, "").strip()

    def _copy(self, line: Map, column: str, item: Map, key: str) -> None:
        item.put(key, line[column], line.at(column), line.raw[column])

    def case(self) -> Map:
        """Return the mapping of a case file; mistakes in the rows are added to ``problems``."""
        lines = list(self._lines("accounts"))
        if not lines:
            self._fail(TableCell(self.files["accounts"]), "the account has no row")
        node = Map(lines[0].place if lines else TableCell(self.files["accounts"]))
        for line in lines[1:]:
            self._fail(line.at("account"), f'duplicate id "{self._text(line, "account")}"')
        blocks = ("account", "facts", "customer", "complete", "listed")
        account, facts, customer, complete, listed = (Map(node.place) for _ in blocks)
        for line in lines[:1]:
            self.account = self._text(line, "account")
            for column in line:
                of, _, what = column.rpartition("_")
                if column in OWN["accounts"]:
                    self._copy(line, column, account, "id" if column == "account" else column)
                elif of in LISTS and what in ("complete", "listed"):
                    self._copy(line, column, complete if what == "complete" else listed, of)
                elif column.endswith(THEIRS):
                    self._copy(line, column, customer, column.removesuffix(THEIRS))
                else:
                    self._copy(line, column, facts, column)
            node.put("account", account, line.at("account"))
        for key, block in (("facts", facts), ("customer", customer), ("complete", complete)):
            node.put(key, block, node.place)
        for identity in ("", self.account):
            self.holders["account", identity, "ours"] = facts
            self.holders["account", identity, "theirs"] = customer
        for table in ("decisions", "people", "team", "links", "events"):
            self._list(node, table, listed)
        for line in self._lines("history"):
            self._history(line)
        self._notes(node)
        self._plan(node)
        return node

    def _list(self, node: Map, table: str, listed: Map) -> None:
        said = listed.get(table)
        if said not in (None, "unknown", "yes", "no", True, False):
            self._fail(listed.at(table), f'"{table}_listed" is yes or no')
        items, kind = Seq(TableCell(self.files[table])), LISTS[table]
        for line in self._lines(table):
            item = Map(line.place)
            for column in line:
                if column not in ("account", "decisions"):
                    self._copy(line, column, item, "id" if column == kind else column)
            if "decisions" in line and table == "people":
                item.put("decisions", self._belongs(line), line.at("decisions"))
            identity = self._text(line, kind)
            if kind == "link":
                identity = link_id(self._text(line, "member"), self._text(line, "person"))
            if kind == "event" and not identity:
                self._fail(line.at("event"), "this event has no id")
            self.holders.setdefault((kind, identity, "ours"), item)
            items.put(item, line.place)
        if items or said in ("yes", True):
            node.put(table, items, items.place)

    def _belongs(self, line: Map) -> Seq:
        names, place = line["decisions"], line.at("decisions")
        items = Seq(place)
        if names != ["none"] or ("decision", "none", "ours") in self.holders:
            for name in names:
                items.put(name, place, str(name))
        return items

    def _one_of(self, line: Map, column: str, known: Iterable[str]) -> str:
        word = self._text(line, column)
        if word not in known:
            self._fail(line.at(column), unknown_word(column, word, tuple(known)))
            return ""
        return word

    def _history(self, line: Map) -> None:
        kind = self._one_of(line, "kind", TABLE_OF)
        side = self._one_of(line, "side", SIDES)
        if not kind or not side:
            return
        table, fact, identity = TABLE_OF[kind], self._text(line, "fact"), self._text(line, "id")
        column = fact + (THEIRS if side == "theirs" else "")
        if column not in self.columns[table] or column in OWN[table]:
            known = {of: names.keys() - OWN[of] for of, names in self.columns.items()}
            self._fail(line.at("fact"), unknown_column(table, column, known))
            return
        holder = self.holders.get((kind, identity, side))
        if holder is None:
            self._fail(
                line.at("id"),
                unknown_name(kind, identity, [name for of, name, _ in self.holders if of == kind]),
            )
            return
        long_form = Map(line.place)
        value = _typed(line.get("value"), self.columns[table][column])
        long_form.put("value", value, line.at("value"), line.raw.get("value", ""))
        for key in ("source", "by", "as_of"):
            if key in line:
                self._copy(line, key, long_form, key)
        answers = holder.get(fact)
        if not isinstance(answers, Seq):
            answers = Seq(line.place)
            if fact in holder:
                undated, place = Map(holder.at(fact)), holder.at(fact)
                undated.put("value", holder[fact], place, holder.raw[fact])
                answers.put(undated, place)
        answers.put(long_form, line.place)
        holder.put(fact, answers, line.at("fact"))

    def _notes(self, node: Map) -> None:
        comments, steps = Seq(node.place), Map(node.place)
        for line in self._lines("notes"):
            kind = self._one_of(line, "kind", NOTES)
            for column in line:
                if kind and column not in ("account", "kind", *NOTES[kind]):
                    self._fail(line.at(column), f"a {kind} has no {column}")
            if kind == "comment":
                comments.put(line.raw.get("value", ""), line.place, line.raw.get("value", ""))
            elif kind == "step":
                name, note = self._text(line, "key"), Map(line.place)
                if name in steps:
                    self._fail(line.at("key"), f'duplicate step "{shortened(name)}"')
                    continue
                for column in ("owner", "due", "hide"):
                    if column in line:
                        self._copy(line, column, note, column)
                steps.put(name, note, line.at("key"))
            elif kind == "target_stage":
                if kind in node:
                    self._fail(line.at("kind"), f'duplicate "{kind}"')
                elif "value" in line:
                    self._copy(line, "value", node, kind)
            elif kind == "strategy":
                if kind in node:
                    self._fail(line.at("kind"), f'duplicate "{kind}"')
                    continue
                strategy = Map(line.place)
                for column, key in (("key", "id"), ("value", "reason")):
                    if column in line:
                        self._copy(line, column, strategy, key)
                node.put(kind, strategy, line.at("kind"))
        node.put("comments", comments, comments.place)
        node.put("steps", steps, steps.place)

    def _plan(self, node: Map) -> None:
        entries = Seq(node.place)
        for line in self._lines("plan"):
            entry = Map(line.place)
            for column in line:
                if column == "about":
                    names = Seq(line.at(column))
                    for name in line[column]:
                        names.put(name, line.at(column), str(name))
                    entry.put(column, names, line.at(column))
                elif column != "account":
                    self._copy(line, column, entry, "id" if column == "entry" else column)
            entries.put(entry, line.place)
        node.put("plan", entries, entries.place)
