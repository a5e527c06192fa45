"""The extras of the package: what each gives, and the message where one is missing."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Extra:
    """An extra of the package.

    Attributes:
        gives: What one can do with it.
        system: What must be installed besides Python packages.
    """

    gives: str
    system: str = ""


#: The extras for users, by name as in ``pyproject.toml``.
EXTRAS = {
    "portfolio": Extra("judge a portfolio (kam portfolio), write tables as Parquet"),
    "effort": Extra("choose the moves of a quarter (kam portfolio --capacity)"),
    "learn": Extra("count what steps were followed by (kam learn)"),
    "pdf": Extra("write reports and plans as PDF", "Pango (Debian: libpangoft2-1.0-0)"),
    "excel": Extra("read and write workbooks (kam template, kam export)"),
    "crm": Extra("import old encodings, workbooks and calendars (kam import)"),
    "calendar": Extra("write next steps as a calendar (kam export)"),
    "live": Extra("accounts in a database and the page to work on them (kam serve)"),
    "workshop": Extra("change rules on a page and keep drafts (kam serve --workshop)"),
    "site": Extra("build the live session for a browser (kam site)", "npm"),
    "mcp": Extra("let an assistant ask and propose (kam mcp)"),
    "postgres": Extra("accounts in PostgreSQL (kam serve --store)"),
    "spark": Extra("judge a portfolio on a cluster (kam portfolio --engine spark)", "Java 17"),
}


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """Import inside what *extra* installs.

    Args:
        extra: A key of ``EXTRAS``.
        what: What the user wants, as the subject of the message, such as "a calendar".

    Raises:
        KamError: A package or a system library is missing; names what installs it.
    """
    try:
        yield
    except ImportError as missing:
        package = (missing.name or "").partition(".")[0]
        if package == "kam_expert":
            raise
        lacking = f"{package}, which is not installed" if package else str(missing)
        raise KamError(_message(extra, what, lacking)) from None
    except OSError as broken:  # a system library that a package loads when it is imported
        if not EXTRAS[extra].system:
            raise
        raise KamError(_message(extra, what, f"a system library ({broken})")) from None


def _message(extra: str, what: str, lacking: str) -> str:
    system = EXTRAS[extra].system
    also = f", and {system}" if system else ""
    return f"{what} needs {lacking}: pip install kam-expert[{extra}]{also}"
