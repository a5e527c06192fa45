"""The imported accounts: as cases, and value by value with origins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.facts.case import Answer, Case, Entity, link_id
from kam_expert.facts.ordering import in_order, plan_in_order
from kam_expert.importing import plan_rows
from kam_expert.importing.cell_values import Bad, CountedFrom
from kam_expert.importing.collected import CellOrigin, CellValue
from kam_expert.importing.entity_tables import NOBODY
from kam_expert.importing.table import REJECTED, USED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.facts.row_reader import TableCell
    from kam_expert.facts.workbook_form import SheetCell
    from kam_expert.importing.collected import Collected, EntityColumns, EventRow
    from kam_expert.importing.mapping import SystemMapping
    from kam_expert.importing.row_counts import RowCounts
    from kam_expert.knowledge.base import KnowledgeBase

SOURCE, ASSUMED = "reported", "assumed"


_NO_DAY = (
    "the day of the export is unknown, and days since the last contact are counted from it; "
    "give --date YYYY-MM-DD"
)


@dataclass
class _Met:
    """The meetings of a pair: the last one, and the number within the period that counts."""

    last: int
    at: int
    within: int = 0
    rows: int = 0


class ImportedAccounts:
    """The accounts of an import.

    Attributes:
        links: By account, the values of each pair of member and person.
        of_person: Values by account and person, from meetings without a member of ours.
    """

    def __init__(
        self, store: Collected, mapping: SystemMapping, base: KnowledgeBase, day: date | None
    ) -> None:
        self.store, self.base, self.day = store, base, day
        self.contact = mapping.doc.contact
        self.links: dict[int, dict[tuple[int, int], list[CellValue]]] = {}
        self.of_person: dict[tuple[int, int], list[CellValue]] = {}
        self._team: dict[int, list[int]] = {}
        self._people: list[list[int]] | None = None

    # Settling

    def settle(self, row_counts: RowCounts) -> None:
        """Compute the values that follow from meetings, and the outcome of pending rows.

        Raises:
            KamError: There are meetings, and the day of the export is unknown.
        """
        self._settle_days(row_counts)
        self._settle_meetings(row_counts)
        store = self.store
        belongs = {person for _, person in store.belongs}
        for person, code in store.lone.items():
            table = store.tables[store.people.tables[person]]
            row = store.people.rows[person]
            if person in belongs:
                table.mark(row, USED)
            elif table.outcomes[row] not in (USED, REJECTED):
                table.outcomes[row] = code
        self._settle_team(row_counts)
        plan_rows.settle(store, self.day, row_counts)

    def _settle_days(self, row_counts: RowCounts) -> None:
        """Replace the days that facts count from by the number of days until the export."""
        store = self.store
        for listed in (store.accounts, store.people, store.team):
            for fact, values in listed.facts.items():
                if CountedFrom not in set(map(type, values)):
                    continue
                for at, value in enumerate(values):
                    if isinstance(value, CountedFrom):
                        origin = CellOrigin(
                            listed.tables[at], listed.rows[at], listed.header(fact, at)
                        )
                        values[at] = self._days_since(fact, value, origin, row_counts)
        lists = [*store.belongs.values(), *store.said_of_pairs.values()]
        lists += [event.told for events in store.events.values() for event in events]
        for told in lists:
            for at, one in reversed(list(enumerate(told))):
                if isinstance(one.value, CountedFrom):
                    days = self._days_since(one.fact, one.value, one.origin, row_counts)
                    told[at : at + 1] = [] if days is None else [one._replace(value=days)]

    def _days_since(
        self, fact: str, value: CountedFrom, origin: CellOrigin, row_counts: RowCounts
    ) -> int | None:
        if self.day is None:
            raise KamError(_NO_DAY)
        days = (self.day - value.day).days
        if days < 0:
            bad = Bad(f'"{value.day}" is after the day of the export, {self.day}')
            table = self.store.tables[origin.table]
            row_counts.cells.add(table, origin.row, origin.column, fact, str(value.day), bad)
            return None
        return days

    def _settle_meetings(self, row_counts: RowCounts) -> None:
        met, store = self.store.meetings, self.store
        if not met.days:
            return
        if self.day is None:
            raise KamError(_NO_DAY)
        today, planned = self.day.toordinal(), row_counts.code("planned")
        pairs: dict[tuple[int, int, int], _Met] = {}
        for at, day in enumerate(met.days):
            table = store.tables[met.tables[at]]
            if day > today:
                table.mark(met.rows[at], planned)
                continue
            table.mark(met.rows[at], USED)
            key = met.accounts[at], met.members[at], met.people[at]
            pair = pairs.get(key)
            if pair is None:
                pair = pairs[key] = _Met(day, at)
            elif day > pair.last:
                pair.last, pair.at = day, at
            pair.rows += 1
            pair.within += today - day < self.contact.within_days
        for (account, member, person), pair in pairs.items():
            origin = self._met_at(pair.at)
            if member == NOBODY:
                told = self._value(self.contact.person_days, today - pair.last, origin, pair.rows)
                self.of_person[account, person] = told
            else:
                told = [
                    *self._value(self.contact.days, today - pair.last, origin, pair.rows),
                    *self._value(self.contact.count, pair.within, origin, pair.rows),
                ]
                self.links.setdefault(account, {})[member, person] = told

    def _met_at(self, at: int) -> CellOrigin:
        met = self.store.meetings
        return CellOrigin(met.tables[at], met.rows[at], met.columns[met.tables[at]])

    def _value(
        self, fact: str | None, value: int, origin: CellOrigin, rows: int
    ) -> list[CellValue]:
        return [] if fact is None else [CellValue(fact, value, self.day, origin, rows)]

    def _settle_team(self, row_counts: RowCounts) -> None:
        store = self.store
        for account, owner in enumerate(store.accounts.more.get("owner", ())):
            members = [] if owner in (None, NOBODY) else [owner]
            members += [member for member, _ in self.links.get(account, ())]
            members += [e.member for e in store.events.get(account, ()) if e.member != NOBODY]
            if members:
                self._team[account] = list(dict.fromkeys(members))
        known = {member for members in self._team.values() for member in members}
        code = row_counts.code("member_in_no_account")
        for member, made in enumerate(store.team.more.get("made") or [None] * len(store.team.ids)):
            if not made:
                table = store.tables[store.team.tables[member]]
                table.mark(store.team.rows[member], USED if member in known else code)

    # What is there

    @property
    def accounts(self) -> int:
        """Return the number of accounts."""
        return len(self.store.accounts.ids)

    @property
    def currency(self) -> str:
        """Return the code of the currency of amounts; empty if no cell names one."""
        return self.store.currency

    def totals(self) -> dict[str, int]:
        """Return the numbers of accounts, people (once per account), members and links."""
        own = sum(account != NOBODY for account in self.store.people.more.get("account", ()))
        return {
            "accounts": self.accounts,
            "people": own + sum(1 for _ in self.further()),
            "team": sum(map(len, self._team.values())),
            "links": sum(map(len, self.links.values())),
            "events": sum(map(len, self.store.events.values())),
            "plan": sum(map(len, self.store.plan.values())),
        }

    def further(self) -> Iterator[tuple[int, int]]:
        """Yield the (account, person) pairs of accounts besides a person’s own."""
        own = self.store.people.more.get("account", ())
        yield from (pair for pair in self.store.belongs if own[pair[1]] != pair[0])

    def people_of(self, account: int) -> list[int]:
        """Return the people of an account."""
        if self._people is None:
            self._people = [[] for _ in self.store.accounts.ids]
            for person, own in enumerate(self.store.people.more.get("account", ())):
                if own != NOBODY:
                    self._people[own].append(person)
            for other, person in self.further():
                self._people[other].append(person)
        return self._people[account]

    def team_of(self, account: int) -> list[int]:
        """Return the members of our team who work with an account."""
        return self._team.get(account, [])

    def owner_of(self, account: int) -> str:
        """Return the name of the account’s owner."""
        owners: list[int | None] = self.store.accounts.more.get("owner") or [None] * self.accounts
        owner = owners[account]
        if owner is None or owner == NOBODY:
            return ""
        return self.store.team.names[owner] or self.store.team.ids[owner]

    def segment_of(self, account: int) -> str:
        """Return the account’s segment."""
        segments = self.store.accounts.more.get("segment")
        return str(segments[account] or "") if segments else ""

    def said_of(self, account: int, person: int) -> list[CellValue]:
        """Return the values of a person in one account."""
        pair = account, person
        told = list(self.store.people.values_at(person)) if self.store.people.facts else []
        for more in (self.store.said_of_pairs, self.store.belongs, self.of_person):
            if pair in more:
                told += more[pair]
        return told if len({t.fact for t in told}) == len(told) else self._merged(told)

    def _merged(self, told: list[CellValue]) -> list[CellValue]:
        """Return one value per fact: the union of sets, else the last value."""
        by_fact: dict[str, CellValue] = {}
        for one in told:
            before = by_fact.get(one.fact)
            if before is None:
                by_fact[one.fact] = one
            elif isinstance(one.value, frozenset):
                rows = before.rows + (one.value > before.value or one.origin != before.origin)
                both = before.value | one.value
                by_fact[one.fact] = before._replace(value=both, rows=rows)
            else:
                by_fact[one.fact] = one
        return list(by_fact.values())

    def place(self, told: CellValue) -> TableCell | SheetCell:
        """Return the place of a value."""
        origin = told.origin
        return self.store.tables[origin.table].place(origin.row, origin.column)

    def by(self, told: CellValue) -> str:
        """Return the place of a value as the text that a case keeps."""
        more = f" and {told.rows - 1} more" if told.rows > 1 else ""
        return f"{self.place(told)}{more}"

    def source(self, told: CellValue) -> str:
        """Return how a value is known: assumed if it rests on words found in a cell."""
        return ASSUMED if (told.origin.table, told.fact) in self.store.assumed else SOURCE

    def each_value(self) -> Iterator[tuple[str, str, str, CellValue]]:
        """Yield every value with its account and the kind and id of its entity."""
        store = self.store
        for account, identity in enumerate(store.accounts.ids):
            for told in store.accounts.values_at(account):
                yield identity, "account", identity, told
            for person in self.people_of(account):
                for told in self.said_of(account, person):
                    yield identity, "person", store.people.ids[person], told
            for member in self.team_of(account):
                for told in store.team.values_at(member):
                    yield identity, "member", store.team.ids[member], told
            for (member, person), link in self.links.get(account, {}).items():
                of = link_id(store.team.ids[member], store.people.ids[person])
                for told in link:
                    yield identity, "link", of, told
            for event in store.events.get(account, ()):
                for told in event.told:
                    yield identity, "event", event.id, told

    # As cases

    def cases(self) -> Iterator[Case]:
        """Yield the accounts as cases, in the order of their table.

        An empty list is left out: it is unknown, not empty.
        """
        store = self.store
        for account, identity in enumerate(store.accounts.ids):
            name = store.accounts.names[account] or identity
            told = list(store.accounts.values_at(account))
            people = [
                self._entity("person", store.people, p, self.said_of(account, p))
                for p in self.people_of(account)
            ]
            team = [
                self._entity("member", store.team, m, list(store.team.values_at(m)))
                for m in self.team_of(account)
            ]
            links = [
                Entity("link", link_id(*ends), ours=self._answers(link), ends=ends)
                for (m, p), link in self.links.get(account, {}).items()
                for ends in [(store.team.ids[m], store.people.ids[p])]
            ]
            events = [
                Entity("event", e.id, ours=self._answers(e.told), ends=self.ends_of(e))
                for e in store.events.get(account, ())
            ]
            yield Case(
                Entity("account", identity, name, self._answers(told)),
                in_order(people) if people else None,
                in_order(team) if team else None,
                in_order(links) if links else None,
                events=in_order(events) if events else None,
                owner=self.owner_of(account),
                segment=self.segment_of(account),
                plan=self.plan_of(account),
            )

    def plan_of(self, account: int) -> tuple[PlanEntry, ...]:
        """Return the plan of an account."""
        if account not in self.store.plan:
            return ()
        ends = self.people_of(account), self.team_of(account)
        return plan_in_order(plan_rows.entries(self.store, account, *ends))

    def ends_of(self, event: EventRow) -> tuple[str, str]:
        """Return the ids of the member and the person whom an event concerns, empty for nobody."""
        lists = ((self.store.team, event.member), (self.store.people, event.person))
        member, person = ("" if at == NOBODY else listed.ids[at] for listed, at in lists)
        return member, person

    def _entity(
        self, kind: str, listed: EntityColumns, at: int, told: Sequence[CellValue]
    ) -> Entity:
        return Entity(kind, listed.ids[at], listed.names[at], self._answers(told))

    def _answers(self, told: Sequence[CellValue]) -> dict[str, tuple[Answer, ...]]:
        return {
            one.fact: (
                Answer(one.value, self.as_of(one), self.source(one), self.by(one), self.place(one)),
            )
            for one in told
        }

    def as_of(self, told: CellValue) -> date | None:
        """Return the date of a value: the record’s, else the export’s."""
        return told.as_of or self.day

    def questions(self, asked: dict[str, Any]) -> dict[str, list[str]]:
        """Return the facts of each subject that have no value in the import."""
        store = self.store
        said = {*store.accounts.facts, *store.people.facts, *store.team.facts}
        return {
            subject: [fact for fact in doc.facts if fact not in said]
            for subject, doc in asked.items()
        }
