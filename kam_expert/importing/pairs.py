"""Read relations between two entities: memberships, roles, meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import shortened
from kam_expert.importing.collected import CellOrigin, CellValue, EventRow
from kam_expert.importing.entity_tables import NOBODY
from kam_expert.importing.table import USED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kam_expert.importing.batch import Batch
    from kam_expert.importing.mapped_facts import MappedFacts
    from kam_expert.importing.mapping_documents import ActivitiesDoc, EventRowsDoc, RelationsDoc
    from kam_expert.importing.reading import Reading

_MOST_FLAGS = 10_000


class PairReader:
    """Reads rows that refer to people, accounts and members of the team."""

    def __init__(self, reading: Reading, facts: MappedFacts) -> None:
        self.reading, self.store, self._facts = reading, reading.store, facts
        self._others: dict[int, list[int]] = {}
        self._seen = 0
        self._events: set[tuple[int, str]] = set()
        self._known: set[tuple[str, tuple[int, int, int]]] = set()

    def accounts_of(self, person: int) -> list[int]:
        """Return the accounts of a person, their own first."""
        if len(self.store.belongs) != self._seen:
            self._seen = len(self.store.belongs)
            self._others = {}
            for account, one in self.store.belongs:
                self._others.setdefault(one, []).append(account)
        own = self.store.people.more["account"][person]
        return [a for a in dict.fromkeys([own, *self._others.get(person, ())]) if a != NOBODY]

    def relations(self, doc: RelationsDoc) -> None:
        """Read the other accounts of people."""
        for number, batch in self.reading.batches(doc):
            for i, person, account, told in self._pairs(batch, number, doc):
                pairs = self.store.said_of_pairs
                if self.store.people.more["account"][person] != account:
                    pairs = self.store.belongs
                pairs.setdefault((account, person), []).extend(told)
                batch.table.mark(batch.start + i, USED)

    def roles(self, doc: RelationsDoc) -> None:
        """Read the roles of people in their accounts.

        A role on another account is ambiguous: it is flagged and left out.
        """
        elsewhere = self.reading.row_counts.code("role_on_another_account")
        for number, batch in self.reading.batches(doc):
            for i, person, account, told in self._pairs(batch, number, doc):
                if account in self.accounts_of(person):
                    self.store.said_of_pairs.setdefault((account, person), []).extend(told)
                    batch.table.mark(batch.start + i, USED)
                elif own := self.accounts_of(person):
                    batch.leave_out(i, elsewhere)
                    self._flag(batch, i, doc, person, account, own)
                else:
                    batch.leave_out(i, self.store.lone[person])

    def _flag(  # noqa: PLR0913 -- a row, and all that it is read for
        self, batch: Batch, i: int, doc: RelationsDoc, person: int, account: int, own: list[int]
    ) -> None:
        if len(self.store.flags) < _MOST_FLAGS:
            accounts, people = self.store.accounts, self.store.people
            self.store.flags.append(
                {
                    "kind": "role_on_another_account",
                    "person": people.ids[person],
                    "name": people.names[person],
                    "accounts": [accounts.ids[a] for a in own],
                    "role_on": accounts.ids[account],
                    "where": [str(batch.table.place(batch.start + i, doc.person.column))],
                }
            )

    def _pairs(
        self, batch: Batch, number: int, doc: RelationsDoc
    ) -> Sequence[tuple[int, int, int, list[CellValue]]]:
        reading = self.reading
        people = reading.places(batch, doc.person, "people", "nobody_named")
        accounts = reading.places(batch, doc.account, "accounts", "no_account")
        return [
            (i, person, account, told)
            for i, told in self._told(batch, number, doc)
            for person in people[i]
            for account in accounts[i]
        ]

    def _told(
        self, batch: Batch, number: int, doc: RelationsDoc | EventRowsDoc
    ) -> Iterator[tuple[int, list[CellValue]]]:
        """Yield the values of each row that is not left out."""
        as_of = self.reading.day_column(batch, doc.as_of)
        facts = self._facts.values(batch, number, doc.facts)
        for i, live in enumerate(batch.live):
            if live:
                yield (
                    i,
                    [
                        CellValue(
                            fact,
                            said.values[i],
                            as_of[i],
                            CellOrigin(number, batch.start + i, header),
                        )
                        for fact, said in facts.items()
                        for header in [said.headers[said.which[i] if said.which else 0]]
                        if said.values[i] is not None
                    ],
                )

    def events(self, doc: EventRowsDoc) -> None:
        """Read the events of accounts; one about somebody of another account is left out."""
        reading = self.reading
        elsewhere = reading.row_counts.code("event_of_another_account")
        for number, batch in reading.batches(doc):
            accounts = reading.places(batch, doc.account, "accounts", "no_account")
            ends: list[list[list[int]]] = [
                [[] for _ in accounts]
                if ref is None
                else reading.places(batch, ref, kind, None, belongs=False)
                for ref, kind in ((doc.member, "team"), (doc.person, "people"))
            ]
            ids = None if doc.id is None else reading.looked_up(batch, doc.id, needed=True)
            stem = batch.table.names[-1]
            for i, told in self._told(batch, number, doc):
                member, person = (places[i][0] if places[i] else NOBODY for places in ends)
                name = (ids[i] if ids else None) or f"{stem}-{batch.start + i + 1}"
                for account in accounts[i]:
                    if person != NOBODY and account not in self.accounts_of(person):
                        batch.leave_out(i, elsewhere)
                        continue
                    if (account, name) in self._events:
                        column = doc.account.column if doc.id is None else doc.id.column
                        batch.fail(i, column, name, f'duplicate id "{shortened(name)}"')
                        continue
                    self._events.add((account, name))
                    row = EventRow(name, member, person, told)
                    self.store.events.setdefault(account, []).append(row)
                    batch.table.mark(batch.start + i, USED)

    def activities(self, doc: ActivitiesDoc) -> None:
        """Read meetings and messages; which of them count is decided when all are read."""
        reading, met = self.reading, self.store.meetings
        no_date, unclear, again = (
            reading.row_counts.code(reason)
            for reason in ("no_date", "which_account_unclear", "same_meeting")
        )
        for number, batch in reading.batches(doc):
            people = reading.places(batch, doc.person, "people", "nobody_named")
            members = None
            if doc.member is not None:
                if not reading.has_team():
                    reading.make_members(batch, doc.member)
                members = reading.places(batch, doc.member, "team", None, belongs=False)
            about = None
            if doc.account is not None:
                about = reading.places(batch, doc.account, "accounts", None, belongs=False)
            days: Sequence[date | None] = reading.day_column(batch, doc.date)
            meetings = None if doc.meeting is None else reading.looked_up(batch, doc.meeting)
            met.columns[number] = batch.table.shown_column(doc.date.column)
            for i, live in enumerate(batch.live):
                if not live:
                    continue
                day = days[i]
                if day is None:
                    batch.leave_out(i, no_date)
                    continue
                met_with = [
                    (account, person)
                    for person in people[i]
                    if (account := self._of(person, about[i] if about else [])) != NOBODY
                ]
                if not met_with:
                    code = next((self.store.lone[p] for p in people[i]
                                 if not self.accounts_of(p)), unclear)  # fmt: skip
                    batch.leave_out(i, code)
                    continue
                name = meetings[i] if meetings else None
                pairs = [
                    (account, member, person)
                    for account, person in met_with
                    for member in (members[i] if members else None) or [NOBODY]
                ]
                new = [pair for pair in pairs if name is None or (name, pair) not in self._known]
                if name is not None:
                    self._known.update((name, pair) for pair in new)
                if not new:
                    batch.leave_out(i, again)
                for account, member, person in new:
                    met.accounts.append(account)
                    met.people.append(person)
                    met.members.append(member)
                    met.days.append(day.toordinal())
                    met.tables.append(number)
                    met.rows.append(batch.start + i)

    def _of(self, person: int, about: list[int]) -> int:
        """Return the account of a meeting with a person."""
        accounts = self.accounts_of(person)
        named = [account for account in about if account in accounts]
        if named or len(accounts) == 1:
            return (named or accounts)[0]
        own: int = self.store.people.more["account"][person]
        return own
