"""What the cells of a row refer to: accounts, people and members of the team."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from itertools import islice
from typing import TYPE_CHECKING, Any

from kam_expert.errors import did_you_mean, shortened
from kam_expert.facts.plain_text import folded, mixed_word
from kam_expert.importing.cell_values import Bad
from kam_expert.importing.references import AMBIGUOUS, Keys, NameIndex
from kam_expert.importing.table import named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.importing.batch import Batch, Cells
    from kam_expert.importing.collected import Collected
    from kam_expert.importing.mapping_documents import ColumnDoc, MappingDoc, RefDoc
    from kam_expert.importing.row_counts import RowCounts
    from kam_expert.importing.table import SourceTable

_NEAREST_FOR, _NEAREST_AMONG = 20, 2000
NOWHERE = -1
#: An id that a spreadsheet took for a number and shortened.
SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{2,3}\Z")
SHORTENED_ID = "is an id that a spreadsheet shortened; export again, with the column as text"


class RowReferences(ABC):
    """Resolves references; the state is that of the import.

    Attributes:
        gone: By list and key of a left-out or rejected row, the code of the reason.
        corrected: By folded cell, the reference that a person put in its place.
        elsewhere: By reason, the keys and prefixes of keys outside of the import.
    """

    tables: list[SourceTable]
    doc: MappingDoc
    corrected: Mapping[str, str]
    row_counts: RowCounts
    store: Collected
    keys: Keys
    names: dict[str, NameIndex]
    gone: dict[str, dict[str, int]]
    elsewhere: dict[str, tuple[set[str], tuple[str, ...]]]

    @abstractmethod
    def looked_up(
        self, batch: Batch, doc: ColumnDoc, *, needed: bool = False, belongs: bool = False
    ) -> Cells | None:
        """Return a column, or the values of its lookup."""

    def places(
        self, batch: Batch, doc: RefDoc, kind: str, missing: str | None, *, belongs: bool = True
    ) -> list[list[int]]:
        """Return the positions that each row refers to; none for a row that is left out.

        Args:
            batch: The rows.
            doc: The column with the references.
            kind: accounts, people or team.
            missing: The reason to leave out a row without a reference; None keeps it.
            belongs: Whether an unknown reference rejects its row.
        """
        cells = self.looked_up(batch, doc, belongs=belongs) or [None] * batch.many
        found: list[list[int]] = []
        known: dict[str | None, int] = {}
        for i, cell in enumerate(cells):
            parts = [cell] if cell is None or doc.split is None else cell.split(doc.split)
            places: list[int] = []
            reasons: list[int] = []
            for part in parts:
                place = known.get(part, NOWHERE) if batch.live[i] else NOWHERE
                if place == NOWHERE:
                    place = self.place(batch, i, doc, kind, part and part.strip(), belongs=belongs)
                if place >= 0:
                    known[part] = place
                (places if place >= 0 else reasons).append(place)
            found.append(places)
            if not places and batch.live[i]:
                code = next((-r for r in reasons if r < AMBIGUOUS), None)
                if code is not None:
                    batch.leave_out(i, code)
                elif missing is not None:
                    batch.leave_out(i, self.row_counts.code(missing))
        return found

    def place(  # noqa: PLR0913 -- a cell and what it refers to
        self,
        batch: Batch,
        i: int,
        doc: RefDoc,
        kind: str,
        cell: str | None,
        *,
        belongs: bool = True,
    ) -> int:
        """Return the position that a cell refers to, -1 for none, or minus the code of a reason."""
        if not cell or not batch.live[i]:
            return NOWHERE
        cell = self.corrected.get(folded(cell), cell)
        names = self.names[kind]
        place = key = tried = None
        used = doc.by
        for how in ("id", "email", "name") if doc.by == "any" else (doc.by,):
            tried = self.keys([cell])[0] if how == "id" else names.plain(how, cell)
            key, used = key or tried, how
            if tried is not None and (place := names.by(how).get(tried)) is not None:
                break
        if place is None and doc.by == "any":
            place = self._by_id_and_name(names, cell)
        if key is None:
            return NOWHERE
        if place is not None and place >= 0:
            return place
        code = None if place == AMBIGUOUS else self.gone[kind].get(key) or self._gone_to(cell)
        if code is not None:
            return -code
        if place == AMBIGUOUS:
            what = self._ambiguous(names, kind, used, tried or "", cell)
        elif SHORTENED.match(cell):
            what = f'"{shortened(cell)}" {SHORTENED_ID}'
        else:
            what = f'unknown reference "{shortened(cell)}" to {kind}.{self._near(names, doc, cell)}'
        if doc.unknown == "leave_out" and place is None:
            return -self.row_counts.code("nobody_known")
        if belongs:
            batch.fail(i, doc.column, cell, what)
        else:
            batch.miss(i, doc.column, cell, Bad(what))
        return NOWHERE

    def _by_id_and_name(self, names: NameIndex, cell: str) -> int | None:
        """Return the position of a row that a cell shows with its id before its name."""
        identity, _, name = cell.partition(" ")
        place = names.by("id").get(self.keys([identity])[0]) if name else None
        if place is None or place < 0:
            return None
        same = names.plain("name", name.lstrip(" :–-")) == names.plain(
            "name", names.listed.names[place]
        )
        return place if same else None

    def _ambiguous(self, names: NameIndex, kind: str, how: str, key: str, cell: str) -> str:
        listed, at = names.listed, names.every(how, key)
        rows = " and ".join(
            str(self.tables[listed.tables[place]].place(listed.rows[place])) for place in at[:2]
        )
        what = "e-mail address" if how == "email" else how
        many = "two" if len(at) == 2 else len(at)  # noqa: PLR2004 -- two
        return f'"{shortened(cell)}" is the {what} of {many} {kind} ({rows}); refer by id'

    def _near(self, names: NameIndex, doc: RefDoc, cell: str) -> str:
        """Return the nearest name; numbers are alike by chance, so they have none."""
        if mixed := mixed_word(cell):
            return f" Letters of two alphabets: {mixed}."
        # The search for the nearest name is slow, and nobody reads thousands of messages.
        if len(self.row_counts.rejected) >= _NEAREST_FOR or is_opaque(cell):
            return ""
        known = names.by("id" if doc.by == "any" else doc.by)
        return did_you_mean(cell, [k for k in islice(known, _NEAREST_AMONG) if not is_opaque(k)])

    def _gone_to(self, cell: str) -> int | None:
        """Return the code of the reason if a reference leads outside of the import, else None."""
        key = self.keys([cell])[0]
        for reason, (keys, begins) in self.elsewhere.items():
            if key in keys or cell.startswith(begins):
                return self.row_counts.code(reason)
        return None

    def has_team(self) -> bool:
        """Return whether the source has a table of the team."""
        return any(named(self.tables, doc.from_) for doc in self.doc.team)

    def make_members(self, batch: Batch, doc: RefDoc) -> None:
        """Create members of the team from the names in *doc*, if no table lists them."""
        cells = self.looked_up(batch, doc) or []
        if doc.split is not None:
            parts = [(i, part.strip()) for i, cell in enumerate(cells)
                     for part in (cell or "").split(doc.split)]  # fmt: skip
        else:
            parts = [(i, cell or "") for i, cell in enumerate(batch.texts(doc.column, cells))]
        for i, cell in parts:
            if cell and batch.live[i]:
                key = self.keys([cell])[0]
                if key not in self.store.team.index:
                    row = [batch.start + i]
                    number = self.tables.index(batch.table)
                    more: dict[str, Sequence[Any]] = {
                        "email": [cell if doc.by == "email" else None],
                        "made": [True],
                    }
                    shown = self.keys.shown([cell])
                    self.store.team.enter([key])
                    self.store.team.add(shown, shown, number, row, [None], {}, more)


def is_opaque(key: str) -> bool:
    """Return whether a key has no words, so that a similar one says nothing."""
    digits = sum(c.isdigit() for c in key)
    return 3 * digits > len(key)
