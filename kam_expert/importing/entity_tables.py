"""Read accounts, people and the team from their tables."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

from kam_expert.importing.collected import Values
from kam_expert.importing.mapping_documents import AccountsDoc, PeopleDoc
from kam_expert.importing.references import plain_text
from kam_expert.importing.row_references import SHORTENED, SHORTENED_ID
from kam_expert.importing.table import REJECTED, USED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kam_expert.importing.batch import Batch
    from kam_expert.importing.collected import EntityColumns
    from kam_expert.importing.mapped_facts import MappedFacts
    from kam_expert.importing.mapping_documents import ListDoc, TeamDoc
    from kam_expert.importing.reading import Reading

NOBODY = -1


class ListReader:
    """Reads entities with an id and a name."""

    def __init__(self, reading: Reading, facts: MappedFacts) -> None:
        self.reading, self.store, self._facts = reading, reading.store, facts
        #: The tables in which a line of totals was found.
        self._summed: set[int] = set()

    def team(self, doc: TeamDoc) -> None:
        """Read members of the team."""
        for number, batch in self.reading.batches(doc):
            names = self._names_of_records(batch, doc)
            more = {"email": self._optional(batch, doc.email)}
            self._add(batch, number, doc, "team", self.store.team, names, more)

    def accounts(self, doc: AccountsDoc) -> None:
        """Read accounts with their owners."""
        for number, batch in self.reading.batches(doc):
            names = self._names_of_records(batch, doc)
            more: dict[str, Any] = {
                "segment": self._optional(batch, doc.segment),
                "domain": self._optional(batch, doc.domain),
                "owner": self._owners(batch, doc),
            }
            self._add(batch, number, doc, "accounts", self.store.accounts, names, more)

    def people(self, doc: PeopleDoc) -> None:
        """Read people; someone whose account is left out may still belong to another account."""
        for number, batch in self.reading.batches(doc):
            names = self._names_of_records(batch, doc)
            accounts, lone, further = self._own_accounts(batch, doc)
            more: dict[str, Any] = {"email": self._optional(batch, doc.email), "account": accounts}
            before = len(self.store.people.ids)
            self._add(batch, number, doc, "people", self.store.people, names, more, lone)
            if lone or further:
                rows = {row: before + n for n, row in enumerate(batch.row_numbers())}
                for i, code in lone.items():
                    if (place := rows.get(batch.start + i)) is not None:
                        self.store.lone[place] = code
                for i, others in further.items():
                    if (place := rows.get(batch.start + i)) is not None:
                        for other in others:
                            self.store.belongs.setdefault((other, place), [])

    def _optional(self, batch: Batch, doc: Any) -> Sequence[str | None]:
        cells = None if doc is None else self.reading.looked_up(batch, doc)
        return [None] * batch.many if cells is None else batch.texts(doc.column, cells)

    def _owners(self, batch: Batch, doc: AccountsDoc) -> Sequence[int]:
        if doc.owner is None:
            return [NOBODY] * batch.many
        if not self.reading.has_team():
            self.reading.make_members(batch, doc.owner)
        places = self.reading.places(batch, doc.owner, "team", None, belongs=False)
        return [p[0] if p else NOBODY for p in places]

    def _own_accounts(
        self, batch: Batch, doc: PeopleDoc
    ) -> tuple[list[int], dict[int, int], dict[int, list[int]]]:
        """Return each row's account, the reason if it has none, and its other accounts."""
        reading, ref = self.reading, doc.account
        cells = reading.looked_up(batch, ref, needed=True) or []
        lone: dict[int, int] = {}
        further: dict[int, list[int]] = {}
        if ref.by in ("id", "any") and ref.split is None:
            # Most references are ids; the rest is looked up one by one.
            index = self.store.accounts.index
            keys = reading.keys([cell or "" for cell in cells])
            found = list(map(index.get, keys, repeat(NOBODY)))
            left = (
                [i for i, place in enumerate(found) if place == NOBODY and batch.live[i]]
                if NOBODY in found
                else []
            )
        else:
            found, left = [NOBODY] * len(cells), [i for i, live in enumerate(batch.live) if live]
        for i in left:
            cell = cells[i]
            parts = [cell] if cell is None or ref.split is None else cell.split(ref.split)
            places = [reading.place(batch, i, ref, "accounts", p and p.strip()) for p in parts]
            good = [place for place in places if place >= 0]
            if good:
                found[i] = good[0]
                if good[1:]:
                    further[i] = good[1:]
            else:
                code = next((-p for p in places if p < NOBODY), None)
                lone[i] = code or reading.row_counts.code("no_account")
        return found, lone, further

    def _add(  # noqa: PLR0913 -- a row and everything needed to read it
        self, batch: Batch, number: int, doc: ListDoc, kind: str, listed: EntityColumns,
        names: list[str | None], more: dict[str, Any], lone: Collection[int] | None = None,
    ) -> None:  # fmt: skip
        """Add the live rows; the outcome of the team and of *lone* people is decided later."""
        reading = self.reading
        ids = self._ids(batch, doc)
        as_of = reading.day_column(batch, doc.as_of)
        facts = self._facts.values(batch, number, doc.facts)
        self._enter(batch, doc, kind, listed, ids, names)
        living = batch.living
        listed.add(
            living(reading.keys.shown(ids)),
            [name or "" for name in living(names)],
            number,
            batch.row_numbers(),
            living(as_of),
            {
                fact: Values(
                    living(said.values),
                    said.headers,
                    None if said.which is None else living(said.which),
                )
                for fact, said in facts.items()
            },
            {name: living(values) for name, values in more.items()},
        )
        if kind == "team":
            return
        if 0 not in batch.live and not lone:
            batch.table.mark_all(batch.start, batch.many)
        else:
            for row in batch.row_numbers():
                if not lone or row - batch.start not in lone:
                    batch.table.mark(row, USED)

    def _names(self, batch: Batch, doc: ListDoc) -> list[str | None]:
        columns = [
            batch.texts(names, cells)
            for names in doc.name
            if (cells := self.reading.column(batch, names)) is not None
        ]
        if not columns:
            return [None] * batch.many
        if len(columns) == 1:
            return columns[0]
        if len(columns) == 2:  # noqa: PLR2004 -- first and last name, the most frequent case
            return [f"{a} {b}" if a and b else a or b for a, b in zip(*columns, strict=True)]
        return [" ".join(filter(None, parts)) or None for parts in zip(*columns, strict=True)]

    def _ids(self, batch: Batch, doc: ListDoc) -> list[str]:
        stem = self.reading.own_name(batch.table)
        rows = range(batch.start + 1, batch.start + batch.many + 1)
        if doc.id is None:
            return [f"{stem}-{row}" for row in rows]
        cells = self.reading.looked_up(batch, doc.id, needed=True) or []
        ids = batch.texts(doc.id.column, cells, needed=True)
        self._refuse_shortened(batch, doc.id.column, ids)
        if None in ids:
            for i, cell in enumerate(ids):
                if cell is None and batch.live[i]:
                    batch.fail(i, doc.id.column, None, "the id is missing")
        return [cell or "" for cell in ids]

    @staticmethod
    def _refuse_shortened(batch: Batch, column: str, ids: Sequence[str | None]) -> None:
        if "+" in "".join(filter(None, ids)):
            for i, cell in enumerate(ids):
                if cell and batch.live[i] and SHORTENED.match(cell):
                    batch.fail(i, column, cell, f'"{cell}" {SHORTENED_ID}')

    def _names_of_records(self, batch: Batch, doc: ListDoc) -> list[str | None]:
        """Return the names of the rows; lines that are no records are left out before."""
        names = self._names(batch, doc)
        self._leave_headings_out(batch, doc, names)
        self._leave_totals_out(batch, doc, names)
        return names

    def _leave_headings_out(self, batch: Batch, doc: ListDoc, names: list[str | None]) -> None:
        """Leave out lines that repeat the heading, with the title of a group above each."""
        heading = " ".join(filter(None, map(batch.table.shown_column, doc.name)))
        if heading not in names:
            return
        again, title = map(self.reading.row_counts.code, ("heading_again", "group_title"))
        given = (
            getattr(doc, role, None) for role in ("id", "owner", "account", "email", "segment")
        )
        others = [
            (cells, batch.table.shown_column(column.column))
            for column in given
            if column is not None
            and (cells := self.reading.column(batch, column.column)) is not None
        ]
        for i, name in enumerate(names):
            if name == heading and any(cells[i] == shown for cells, shown in others):
                batch.leave_out(i, again)
                if i and not any(cells[i - 1] for cells, _ in others):
                    batch.leave_out(i - 1, title)

    def _leave_totals_out(self, batch: Batch, doc: ListDoc, names: list[str | None]) -> None:
        """Leave out lines that sum up a table: a word of total, and nothing that a record has."""
        code, closing = map(self.reading.row_counts.code, ("total_line", "closing_line"))
        totals = self.reading.totals
        ids = None if doc.id is None else self.reading.looked_up(batch, doc.id)
        keys = [None] * batch.many if ids is None else ids
        if ids is None and isinstance(doc, PeopleDoc):
            # Of people without ids, the firm can be the first cell.
            firms = self.reading.column(batch, doc.account.column) or keys
            keys = [None if name else firm for firm, name in zip(firms, names, strict=True)]
        for i, (key, name) in enumerate(zip(keys, names, strict=True)):
            if (key and name and key != name) or not batch.live[i]:
                continue
            # A firm can be called Total Energies; an id without a name cannot.
            is_total = totals.fullmatch(key or name or "")
            if is_total or (key and not name and totals.match(key)):
                batch.leave_out(i, code)
                self._summed.add(id(batch.table))
            elif ids is not None and not (key and name) and id(batch.table) in self._summed:
                # A signature or a date below the total.
                batch.leave_out(i, closing)

    def _enter(  # noqa: PLR0913 -- a row and everything needed to read it
        self, batch: Batch, doc: ListDoc, kind: str, listed: EntityColumns, ids: list[str],
        names: list[str | None],
    ) -> None:  # fmt: skip
        """Put the keys of ids into the index; reject rows with a duplicate id, skip repetitions."""
        keys = self.reading.keys(ids)
        if 0 not in batch.live and listed.enter(keys):
            return
        index = listed.index
        repeated = isinstance(doc, AccountsDoc) and doc.repeated is not None
        here: dict[str, int] = {}
        for i, key in enumerate(keys):
            if not batch.live[i]:
                if key and batch.table.outcomes[batch.start + i] == REJECTED:
                    self.reading.gone[kind].setdefault(key, self._rejected(kind))
                continue
            before = here.get(key)
            known = index.get(key)
            if before is None and known is None:
                here[key] = i
                continue
            name = names[before] if before is not None else listed.names[known or 0]
            if repeated and plain_text(name or "") == plain_text(names[i] or ""):
                batch.live[i] = 0
                batch.table.mark(batch.start + i, USED)
                continue
            where = batch.start + before if before is not None else listed.rows[known or 0]
            column = "" if doc.id is None else doc.id.column
            named = " with another name" if repeated else ""
            batch.fail(
                i, column, ids[i], f'duplicate id "{ids[i]}", also in row {where + 1}{named}'
            )
        listed.enter(batch.living(keys))

    def _rejected(self, kind: str) -> int:
        return self.reading.row_counts.code(f"{kind}_rejected")
