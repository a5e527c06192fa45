"""Draft a mapping for files that nobody has seen before, with a reason for each line.

The shipped mappings say how systems name their columns, so together they are the list of names that
a column of some role can have. The cells then say how the files write dates, numbers and amounts,
and which columns refer to rows of other tables.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.importing.correspondence import Sides
from kam_expert.importing.draft import Draft, Proposal
from kam_expert.importing.mapping import load_mapping, load_shared, systems
from kam_expert.importing.reading import totals_in
from kam_expert.importing.seen_columns import SeenColumns
from kam_expert.importing.source_tables import tables_in
from kam_expert.importing.table import plain_name
from kam_expert.importing.table_fit import ShippedNames
from kam_expert.importing.text_rows import TextOptions

if TYPE_CHECKING:
    from kam_expert.importing.table import SourceTable
    from kam_expert.importing.table_fit import Fit
    from kam_expert.knowledge.base import KnowledgeBase

#: A cell of a record rather than the name of a column: a number, a date, an id of a program.
_OF_A_RECORD = re.compile(
    r"[-+\d.,: /T]+|\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?"
)


def propose(source: Path, base: KnowledgeBase) -> Proposal:
    """Look at the files of a source and draft a mapping.

    Raises:
        KamError: The source cannot be read, or no table looks like one of accounts or people.
    """
    shared = load_shared()
    mappings = {name: load_mapping(name, None, base).doc for name in systems()}
    shipped = ShippedNames(mappings, shared.proposal)
    labels = {
        plain_name(label)
        for fact in base.facts.values()
        for label in (fact.name, fact.doc.short.uk, fact.doc.short.en)
    }
    with tempfile.TemporaryDirectory(prefix="kam_") as temporary:
        asked = TextOptions(
            frozenset(shipped.columns() | labels), sides=Sides(frozenset({"invalid"})), every=True
        )
        tables, unread = tables_in(source, {}, asked, Path(temporary))
        chosen, left_out = shipped.chosen(tables)
        seen = SeenColumns(frozenset(shared.free_mail), totals_in(shared))
        kinds = {fit.kind for fit in chosen if fit.tells()}
        chosen = [
            fit
            for fit in chosen
            if fit.tells() or (fit.kind not in kinds and _is_referred_to(fit, chosen, seen))
        ]
        known = {id(table) for listed in (*left_out.values(), [f.table for f in chosen])
                 for table in listed}  # fmt: skip
        accounts = [fit for fit in chosen if fit.kind == "accounts"]
        for table in tables:
            if id(table) not in known:
                chosen += [fit for fit in shipped.by_domain(table) if seen.leads(fit, accounts)]
        if not any(fit.kind in ("accounts", "people") for fit in chosen):
            raise KamError(f"{source}: {_nothing(tables)}")
        return Draft(base, shipped, tables, chosen, left_out, unread, seen).proposal()


def _is_referred_to(fit: Fit, chosen: list[Fit], seen: SeenColumns) -> bool:
    """Return whether other tables refer to the rows of a table of accounts or of our people."""
    role = {"accounts": "account", "team": "owner"}[fit.kind]
    others = [other for other in chosen if other.kind != fit.kind and other.table is not fit.table]
    return any(seen.leads(other, [fit], role) for other in others)


def _nothing(tables: list[SourceTable]) -> str:
    """Return why no draft can be made of tables."""
    bare = [t.shown for t in tables if sum(map(bool, map(_OF_A_RECORD.fullmatch, t.header))) > 1]
    if len(bare) > len(tables) / 2:
        return (
            f"{', '.join(bare[:5])}: no line with names of columns; name them in a mapping: "
            f"files: {{{Path(bare[0]).stem}: {{columns: [id, name, …]}}}}"
        )
    there = ", ".join(table.names[0] for table in tables[:20])
    return f"no table looks like accounts or people; there is {there}"
