"""Work on another core: a program of ours in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_PIPE = 1 << 20


def cores() -> int:
    """Return how many cores there are for us."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def apart(program: str, told: bytes) -> Iterator[IO[bytes]]:
    """Start a program and give what it writes; at the end it is stopped.

    It is run by its path, without the packages that are installed, so that it starts at once; it
    imports nothing but Python’s own. A fork would take the memory along, and is not for Windows.

    Args:
        program: The path of a file of Python.
        told: Goes to its standard input.

    Raises:
        OSError: It cannot be started.
    """
    if getattr(sys, "frozen", False) or not (
        Path(program).is_file() and Path(sys.executable or "").is_file()
    ):
        raise OSError
    process = subprocess.Popen(  # noqa: S603 -- this Python, with a file of ours
        [sys.executable, "-I", "-S", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pipesize=_PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise OSError
    try:
        with process.stdin:
            process.stdin.write(told)
        yield process.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
