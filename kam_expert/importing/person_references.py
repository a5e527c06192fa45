"""Facts of people whose value names another person, such as to whom somebody reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.importing.cell_values import Bad
from kam_expert.importing.entity_tables import NOBODY
from kam_expert.importing.row_references import is_opaque

if TYPE_CHECKING:
    from kam_expert.importing.reading import Reading


def name_people(reading: Reading) -> None:
    """Replace what refers to a person by the person's id, once all people are read.

    A person is named by id, e-mail address or name. Somebody of another account, and an id that
    is nobody's, are not understood; any other text stays as the name or role of somebody who is
    not in the list.
    """
    people = reading.store.people
    accounts = people.more.get("account", [])
    for fact, values in people.facts.items():
        doc = reading.base.facts[fact].doc
        if doc.names != "people":
            continue
        for place, text in enumerate(values):
            if text is None or text in doc.also:
                continue
            other, why = _person(reading, str(text), place), ""
            if other >= 0 and accounts[other] != accounts[place]:
                why = "is somebody of another account"
            elif other < 0 and is_opaque(str(text)):
                why = "is the id of nobody in the import"
            elif other == place:
                why = "is the same person"
            if why:
                values[place] = None
                reading.row_counts.cells.known -= 1
                table = reading.tables[people.tables[place]]
                header = people.header(fact, place)
                bad = Bad(f'"{text}" {why}')
                reading.row_counts.cells.add(table, people.rows[place], header, fact, text, bad)
            elif other >= 0:
                values[place] = people.ids[other]


def _person(reading: Reading, text: str, place: int) -> int:
    """Return the position of the person that *text* names, negative for nobody."""
    names = reading.names["people"]
    found = names.by("id").get(reading.keys([text])[0])
    for how in ("email", "name"):
        if found is None and (plain := names.plain(how, text)) is not None:
            found = names.by(how).get(plain)
            if found is not None and found < 0:
                accounts = reading.store.people.more["account"]
                same = [p for p in names.every(how, plain) if accounts[p] == accounts[place]]
                found = same[0] if len(same) == 1 else found
    return NOBODY if found is None else found
