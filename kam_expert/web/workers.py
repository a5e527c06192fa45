"""Who works out what to ask next, while pages with the diagnosis are being made.

It takes ten times as long as a diagnosis. `kam serve` has it done in a process of its own, so that
an answer need not wait for the order of the questions after another answer.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Protocol

from kam_expert.engines.inquiry.ask import ask

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.inquiry import Questioning

#: Pages go first where there is not enough to go round.
_NICE = 5


class QuestionWorker(Protocol):
    """Works out what to ask next, one account after the other."""

    def begin(self, case: Case, day: date) -> Future[Questioning]:
        """Begin to work out what to ask about *case*; the order comes when it is ready."""

    def close(self) -> None:
        """Leave off."""


class ThreadWorker:
    """Works in a thread of this process."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._threads = ThreadPoolExecutor(1, "ask")

    def begin(self, case: Case, day: date) -> Future[Questioning]:
        """Begin to work out what to ask about *case*."""
        return self._threads.submit(ask, case, self._base, day)

    def close(self) -> None:
        """Leave off."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class ProcessWorker:
    """Works in a process beside this one, which ends when this one does, however it ends."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._processes = self._started()

    def _started(self) -> ProcessPoolExecutor:
        # Not forked: this process has threads, and they may hold locks.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, context, initializer=_settle_in, initargs=(self._base,))

    def begin(self, case: Case, day: date) -> Future[Questioning]:
        """Begin to work out what to ask about *case*."""
        with self._lock:
            try:
                return self._processes.submit(_ask, case, day)
            except BrokenProcessPool:
                self._processes = self._started()
                return self._processes.submit(_ask, case, day)

    def close(self) -> None:
        """Leave off."""
        self._processes.shutdown(wait=False, cancel_futures=True)


_known: list[KnowledgeBase] = []


def _settle_in(base: KnowledgeBase) -> None:
    _known[:] = [base]
    if hasattr(os, "nice"):
        os.nice(_NICE)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    # A pool's process waits for work for ever, also when nobody is left to send any.
    wait([sentinel])
    os._exit(0)


def _ask(case: Case, day: date) -> Questioning:
    return ask(case, _known[0], day)
