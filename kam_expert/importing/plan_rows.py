"""Read tasks and agreed moves: entries of the plans of accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from kam_expert.errors import shortened
from kam_expert.facts.plan_entries import DATES, PlanEntry
from kam_expert.importing.cell_values import Bad
from kam_expert.importing.collected import ImportedTask
from kam_expert.importing.entity_tables import NOBODY
from kam_expert.importing.table import USED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kam_expert.importing.batch import Batch, Cells
    from kam_expert.importing.collected import Collected
    from kam_expert.importing.mapping_documents import ColumnDoc, PlanRowsDoc, RefDoc, StatusDoc
    from kam_expert.importing.reading import Reading
    from kam_expert.importing.row_counts import RowCounts


class PlanReader:
    """Reads rows that are entries of plans."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.store = reading, reading.store
        self._ids: set[tuple[int, str]] = set()

    def rows(self, doc: PlanRowsDoc) -> None:
        """Read the tasks of accounts; one without an account and a person is left out."""
        reading, code = self.reading, self.reading.row_counts.code
        for number, batch in reading.batches(doc):
            accounts = self._places(batch, doc.account, "accounts")
            people = self._places(batch, doc.person, "people")
            owners = self._places(batch, doc.owner if reading.has_team() else None, "team")
            texts, steps, ids, names = (
                self._texts(batch, column) for column in (doc.text, doc.step, doc.id, doc.owner)
            )
            statuses = self._statuses(batch, doc.status)
            days = [reading.day_column(batch, getattr(doc, key)) for key in DATES]
            for i, live in enumerate(batch.live):
                if not live:
                    continue
                of = self._accounts(accounts[i], people[i])
                if not texts[i] and not steps[i]:
                    batch.leave_out(i, code("no_text"))
                elif not of:
                    lone = [self.store.lone[p] for p in people[i] if p in self.store.lone]
                    batch.leave_out(i, lone[0] if lone else code("no_account"))
                elif statuses[i] == "done" and days[-1][i] is None:
                    batch.leave_out(i, code("done_without_a_day"))
                else:
                    name = ids[i] or f"{reading.own_name(batch.table)}-{batch.start + i + 1}"
                    entry = PlanEntry(
                        name,
                        step=steps[i] or "",
                        text="" if steps[i] else texts[i] or "",
                        side=doc.side,
                        owner=names[i] or "",
                        status=statuses[i],
                    )
                    entry = _dated(entry, [column[i] for column in days])
                    owner = owners[i][0] if owners[i] else NOBODY
                    row = batch.start + i
                    made = ImportedTask(
                        entry, owner, tuple(people[i]), number, row, doc.within_days
                    )
                    self._add(batch, i, of, made)

    def _places(self, batch: Batch, ref: RefDoc | None, kind: str) -> list[list[int]]:
        if ref is None:
            return [[] for _ in range(batch.many)]
        return self.reading.places(batch, ref, kind, None, belongs=False)

    def _add(self, batch: Batch, i: int, accounts: list[int], made: ImportedTask) -> None:
        for account in accounts:
            if (account, made.entry.id) in self._ids:
                batch.fail(i, "", made.entry.id, f'duplicate id "{shortened(made.entry.id)}"')
                return
            self._ids.add((account, made.entry.id))
            self.store.plan.setdefault(account, []).append(made)

    def _accounts(self, accounts: list[int], people: list[int]) -> list[int]:
        """Return the accounts of a task: those that it names, else those of its people."""
        if accounts:
            return accounts
        own = (self.store.people.more["account"][person] for person in people)
        return [account for account in dict.fromkeys(own) if account != NOBODY]

    def _texts(self, batch: Batch, doc: ColumnDoc | None) -> Cells:
        cells = None if doc is None else self.reading.looked_up(batch, doc)
        if doc is None or cells is None:
            return [None] * batch.many
        return batch.texts(doc.column, cells)

    def _statuses(self, batch: Batch, doc: StatusDoc | None) -> Sequence[str]:
        cells = None if doc is None else self.reading.looked_up(batch, doc)
        if doc is None or cells is None:
            return ["agreed"] * batch.many
        words = {word.casefold(): status for status, said in doc.values.items() for word in said}
        found = []
        for i, cell in enumerate(cells):
            status = words.get((cell or "").casefold())
            if status is None and cell is not None and batch.live[i]:
                what = f'no list of the mapping has "{shortened(cell)}"'
                batch.miss(i, doc.column, cell, Bad(what))
            found.append(status or "agreed")
        return found


def _dated(entry: PlanEntry, days: Sequence[date | None]) -> PlanEntry:
    """Return an entry with its days, without those that do not fit each other or its status."""
    begin, due, agreed_on, done_on = days
    if begin is not None and due is not None and due < begin:
        begin = None
    if entry.status != "done":
        done_on = None
    return replace(entry, begin=begin, due=due, agreed_on=agreed_on, done_on=done_on)


def settle(store: Collected, day: date | None, row_counts: RowCounts) -> None:
    """Leave out what was done long before the export, and mark the other rows as used."""
    long_ago = row_counts.code("done_long_ago")
    for account, listed in store.plan.items():
        kept = []
        for made in listed:
            done, table = made.entry.done_on, store.tables[made.table]
            since = None if day is None else day - timedelta(days=made.within_days)
            if done is not None and since is not None and done < since:
                table.mark(made.row, long_ago)
            else:
                table.mark(made.row, USED)
                kept.append(made)
        store.plan[account] = kept


def entries(
    store: Collected, account: int, people: list[int], team: list[int]
) -> Iterator[PlanEntry]:
    """Yield the entries of an account: about its people, owned by an id of its team or a name."""
    for made in store.plan.get(account, ()):
        owner = made.entry.owner
        if made.owner in team:
            owner = store.team.ids[made.owner]
        elif made.owner != NOBODY:
            owner = store.team.names[made.owner] or store.team.ids[made.owner]
        about = tuple(store.people.ids[person] for person in made.people if person in people)
        yield replace(made.entry, owner=owner, about=about)
