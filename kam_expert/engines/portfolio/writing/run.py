"""Diagnosis of a whole portfolio, chunk by chunk, with its tables written to a folder."""

from __future__ import annotations

import json
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Self, TypeVar

from kam_expert.engines.portfolio.judging.engine import Content, PortfolioEngine
from kam_expert.engines.portfolio.judging.frames import PolarsFrames
from kam_expert.engines.portfolio.writing.answers_read import ANSWERS, answers
from kam_expert.engines.portfolio.writing.results import Results
from kam_expert.engines.portfolio.writing.run_files import (
    MANIFEST,
    REJECTED,
    form_of,
    line_of,
    write_part,
)
from kam_expert.engines.portfolio.writing.step_rows import Noted
from kam_expert.knowledge.audience import Edition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from datetime import date
    from pathlib import Path

    import polars as pl

    from kam_expert.engines.portfolio.judging.engine import Program
    from kam_expert.engines.portfolio.reading.chunk_layout import ChunkFrames as Chunk
    from kam_expert.engines.portfolio.reading.portfolio_source import PortfolioSource
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def judge(  # noqa: PLR0913 -- three have a default
    source: PortfolioSource,
    base: KnowledgeBase,
    day: date,
    *,
    view: PortfolioView | None = None,
    content: Content = Content.EVERYTHING,
    candidates: bool = False,
) -> Iterator[tuple[Program, dict[str, pl.DataFrame]]]:
    """Judge a portfolio chunk by chunk.

    Args:
        source: The accounts.
        base: The rule base.
        day: The date of the diagnosis.
        view: What to include in the table of accounts.
        content: How much to compute. With plans, the answers behind them are repeated.
        candidates: Whether to list what may become a move.

    Returns:
        The compiled rules and the tables of the result (see `results.TABLES`) for each chunk.
    """
    engine = _engine_of(base, day, content)
    kept = threading.local()  # what it finds out of one chunk serves others

    def judged(chunk: Chunk) -> tuple[Program, dict[str, pl.DataFrame]]:
        if not hasattr(kept, "results"):
            kept.results = Results(base, day, view, candidates=candidates)
        ids = by_kind(chunk)
        program, frames = engine.apply(ids)
        noted = Noted(chunk.noted, chunk.agreed)
        tables = dict(kept.results.tables(program, frames, ids, noted))
        return program, tables if content < Content.PLANS else {**answers(ids, base), **tables}

    chunks = _ahead(source.chunks(), partial(engine.prepare, source.layout))
    yield from _in_threads(judged, chunks)


@lru_cache(maxsize=4)
def _engine_of(base: KnowledgeBase, day: date, content: Content) -> PortfolioEngine:
    """Return the engine of a rule base. It keeps what it compiled, and runs share it."""
    return PortfolioEngine(base, day, PolarsFrames(), content=content)


def _ahead(
    items: Iterator[_Item], meanwhile: Callable[[], object] | None = None
) -> Iterator[_Item]:
    """Yield the same items, and produce the next one in a thread meanwhile.

    Args:
        items: The items.
        meanwhile: Called while the first item is produced.
    """
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, items, None)
        if meanwhile is not None:
            meanwhile()
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item


def _in_threads(
    work: Callable[[_Item], _Made], items: Iterable[_Item], threads: int = 2
) -> Iterator[_Made]:
    """Yield the result of *work* on each item in order; as many are made at once as *threads*."""
    coming: deque[Future[_Made]] = deque()
    with ThreadPoolExecutor(threads) as makers:
        for item in items:
            coming.append(makers.submit(work, item))
            if len(coming) > threads:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def by_kind(chunk: Chunk) -> dict[str, pl.DataFrame]:
    """Return the frames of a chunk by kind of entity."""
    return {
        "account": chunk.accounts,
        "person": chunk.people,
        "member": chunk.team,
        "link": chunk.links,
        "decision": chunk.decisions,
        "event": chunk.events,
        "belongs": chunk.belongs,
    }


@dataclass
class RunOutput:
    """The output of a run.

    Attributes:
        accounts: Number of judged accounts.
        rejected: Number of rejected accounts.
        rows: Number of rows by table.
    """

    folder: Path
    accounts: int = 0
    rejected: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)

    def count(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Count the rows of a chunk's tables."""
        for name, table in tables.items():
            self.rows[name] = self.rows.get(name, 0) + table.height
        accounts = tables.get("accounts")
        if accounts is None:
            return
        self.accounts += accounts.height
        for stage, count in accounts["stage"].value_counts().iter_rows():
            self.stages[stage] = self.stages.get(stage, 0) + count


def write(  # noqa: PLR0913 -- five have a default
    source: PortfolioSource,
    base: KnowledgeBase,
    day: date,
    folder: Path,
    *,
    view: PortfolioView | None = None,
    form: str = "parquet",
    content: Content = Content.PLANS,
    candidates: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> RunOutput:
    """Judge a portfolio and write its tables into *folder*.

    Args:
        source: The accounts.
        base: The rule base.
        day: The date of the diagnosis.
        folder: The output folder, which must exist.
        view: See `judge`.
        form: parquet, csv or jsonl. A table of several chunks is a folder of parts.
        content: How much to write.
        candidates: Whether to list what may become a move.
        progress: Called after each chunk with the number of accounts done and the total.
    """
    written = RunOutput(folder)
    rejected: set[str] = set()
    (folder / ANSWERS).mkdir()
    chunks = judge(source, base, day, view=view, content=content, candidates=candidates)
    with (
        (folder / REJECTED).open("w", encoding="utf-8", newline="") as faults,
        _Writer(written, form) as writer,
    ):
        for number, (_, tables) in enumerate(chunks):
            writer.put(number, tables)
            writer.wait(before=number)
            for fault in _taken(source.rejected):
                rejected.add(str(fault["account"] or fault["file"]))
                faults.write(line_of(fault))
            if progress is not None:
                progress(written.accounts + len(rejected), source.total)
    written.rejected = source.total - written.accounts
    write_manifest(written, base, day, source.counts, form)
    return written


def _taken(items: list[_Item]) -> list[_Item]:
    """Remove and return the items of a list to which another thread may append."""
    found = items[:]
    del items[: len(found)]
    return found


def write_manifest(  # noqa: PLR0913 -- one has a default
    written: RunOutput,
    base: KnowledgeBase,
    day: date,
    source_rows: Mapping[str, Mapping[str, int]] | None,
    form: str,
    edition: Edition = Edition.CONSULTANT,
) -> None:
    """Write the manifest, which marks the folder of a run; without *source_rows* it has none."""
    manifest = {
        "kam": 1,
        "edition": edition,
        "rule_base": {"version": base.version, "digest": base.digest},
        "date": day.isoformat(),
        "accounts": written.accounts,
        "rejected": written.rejected,
        "stages": {word: written.stages.get(word, 0) for word in _verdicts(base)},
        "rows": written.rows,
        **({} if source_rows is None else {"source_rows": source_rows}),
        "format": form,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (written.folder / MANIFEST).write_text(text, encoding="utf-8")


def _verdicts(base: KnowledgeBase) -> tuple[str, ...]:
    return (*base.stage_model.names, "undetermined")


class _Writer:
    """Writes tables in a thread while the next ones are computed."""

    def __init__(self, written: RunOutput, form: str) -> None:
        self._written = written
        self._form = form
        self._thread = ThreadPoolExecutor(1)
        self._writing: list[tuple[int, Future[None]]] = []

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Finish writing unless there was an error. Raises errors of the thread."""
        self._thread.shutdown(cancel_futures=kind is not None)
        if kind is None:
            for _number, future in self._writing:
                future.result()

    def put(self, number: int, tables: Mapping[str, pl.DataFrame]) -> None:
        """Queue the tables of a chunk for writing; tables of one name are written in order."""
        for name, table in tables.items():
            form = form_of(name, self._form)
            path = self._written.folder / f"{name}.{form}"
            future = self._thread.submit(write_part, table, path, number, form)
            self._writing.append((number, future))
        self._written.count(tables)

    def wait(self, *, before: int) -> None:
        """Wait for earlier chunks, because a long queue takes memory."""
        for number, future in tuple(self._writing):
            if number < before:
                future.result()
