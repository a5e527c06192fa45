"""A command of the program, run in the process of the test."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

from kam_expert import cli

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Result:
    """What a command said, and the status that its program ends with."""

    status: int
    out: str
    err: str


Kam = Callable[..., Result]


def run_kam(*words: str | Path, lines: str = "") -> Result:
    """Run a command as its program does, from the check of its words to its errors.

    Args:
        words: The arguments after ``kam``.
        lines: What is typed.
    """
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with (
        patch.object(sys, "argv", ["kam", *map(str, words)]),
        patch.object(sys, "stdin", io.StringIO(lines)),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
    return Result(status, out.getvalue(), err.getvalue())
