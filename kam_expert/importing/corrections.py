"""Read what a person corrected: a file that an import wrote, filled in and given back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Problem, ProblemsError, unknown_name
from kam_expert.facts.answer_text import AnswerText
from kam_expert.facts.csv_cells import unguarded
from kam_expert.facts.number_text import NotAValueError
from kam_expert.facts.plain_text import folded
from kam_expert.importing.source_tables import tables_in
from kam_expert.importing.table import SourceTable, plain_name
from kam_expert.importing.text_rows import TextOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.knowledge.base import KnowledgeBase

#: The columns of the file of cells that were not understood; a person fills in the last one.
COLUMNS = ("file", "column", "where", "fact", "value", "times", "reason", "read_as")
#: The first columns of the file of titles; a column for each fact follows.
TITLE_COLUMNS = ("title", "times", "relation")
#: By fact (empty: references and dates) and folded text, what to read in its place.
Corrected = dict[str, dict[str, str]]


def read_corrections(
    paths: Iterable[Path], base: KnowledgeBase, encoding: str | None = None
) -> Corrected:
    """Read files of corrections: cells that were not understood, and titles.

    Args:
        paths: The files.
        base: The rule base that declares the facts.
        encoding: The encoding of text files, if it cannot be detected.

    Raises:
        KamError: A file cannot be read or is neither.
        ProblemsError: A correction names an unknown fact or is not a value of its fact.
    """
    corrected: Corrected = {}
    problems: list[Problem] = []
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="kam_") as temporary:
            known = frozenset(map(plain_name, (*COLUMNS, *TITLE_COLUMNS, *base.facts)))
            tables, _ = tables_in(path, {}, TextOptions(known, encoding), Path(temporary))
            for table in tables:
                for row, fact, value, put in _corrections(table, base):
                    problem = _problem(base, fact, put)
                    column = "read_as" if table.column("read_as") is not None else fact
                    if problem is not None:
                        problems.append(Problem(table.place(row, column, exact=True), problem))
                    corrected.setdefault(fact, {})[folded(value)] = put
    if problems:
        raise ProblemsError(problems)
    return corrected


def _corrections(table: SourceTable, base: KnowledgeBase) -> Iterator[tuple[int, str, str, str]]:
    """Yield each correction: row, fact, text, what to read in its place."""
    by_title = table.column("title") is not None and table.column("read_as") is None
    facts = [name for name in table.header if name in base.facts] if by_title else ["read_as"]
    needed = ("title",) if by_title else ("fact", "value", "read_as")
    if not all(table.column(name) is not None for name in needed) or not facts:
        raise KamError(
            f"{table.shown}: is not a file of corrections; it has the columns "
            f"{', '.join(COLUMNS)}, or {', '.join(TITLE_COLUMNS)} and facts"
        )
    for start, rows in table.batches():

        def cells(name: str, rows=rows) -> list[str]:  # type: ignore[no-untyped-def] # noqa: ANN001
            index = table.column(name)
            assert index is not None  # noqa: S101 -- checked above
            return [unguarded(cell or "") for cell in rows.cells(index, frozenset())]

        if by_title:
            for fact in facts:
                for i, (title, put) in enumerate(zip(cells("title"), cells(fact), strict=True)):
                    if title:
                        yield start + i, fact, title, put
        else:
            given = zip(cells("fact"), cells("value"), cells("read_as"), strict=True)
            for i, (fact, value, put) in enumerate(given):
                if put and value:
                    yield start + i, fact, value, put


def _problem(base: KnowledgeBase, name: str, put: str) -> str | None:
    if not name:
        return None
    fact = base.facts.get(name)
    if fact is None:
        return unknown_name("fact", name, base.facts)
    try:
        AnswerText(fact).read(put)
    except NotAValueError as error:
        return str(error)
    return None
