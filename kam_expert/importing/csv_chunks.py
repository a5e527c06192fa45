"""Chunks of a CSV file; a second process reads a long file ahead."""

from __future__ import annotations

import gc
import os
from itertools import islice
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.importing.chunk import Chunk
from kam_expert.importing.csv_rows import CsvFormat, row_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

#: From this size in bytes a second process saves more time than its start takes.
WORKER_FROM = 8_000_000


def csv_chunks(layout: CsvFormat, wanted: Sequence[int]) -> Iterator[Chunk]:
    """Yield the rows of a CSV file.

    Args:
        layout: How the file is written.
        wanted: The indexes of the columns that are read; a chunk may lack the others.

    Raises:
        KamError: The file is not valid CSV, or not in its encoding.
    """
    done = 0
    if layout.path.stat().st_size >= WORKER_FROM and (os.cpu_count() or 1) > 1:
        try:
            for chunk in _from_worker(layout, wanted):
                yield chunk
                done += 1
        except (EOFError, OSError):
            pass  # this process reads the rest
        else:
            return
    for batch in islice(row_batches(layout), done, None):
        yield Chunk(batch.rows, layout.width, batch.closing)


def _from_worker(layout: CsvFormat, wanted: Sequence[int]) -> Iterator[Chunk]:
    import multiprocessing  # noqa: PLC0415 -- a browser has no processes

    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe()
    worker = context.Process(target=_send, args=(layout, wanted, sender), daemon=True)
    worker.start()
    sender.close()
    try:
        while (received := receiver.recv()) is not None:
            if isinstance(received, KamError):
                raise received
            yield received
    finally:
        receiver.close()
        worker.terminate()
        worker.join()


def _send(layout: CsvFormat, wanted: Sequence[int], sender: Connection) -> None:
    gc.disable()  # chunks have no reference cycles
    try:
        for batch in row_batches(layout):
            chunk = Chunk(batch.rows, layout.width, batch.closing)
            chunk.pack(wanted)
            sender.send(chunk)
        sender.send(None)
    except KamError as error:
        sender.send(error)
