"""Which values of a large product the ordinary run tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def few_of(values: Iterable[Any], ordinary: int = 2) -> list[Any]:
    """Return parameters of which the ordinary run tries the first few.

    Args:
        values: The values of one parameter, or tuples of several.
        ordinary: How many are tried in every run; the others are marked long (``--all``).
    """
    marked = []
    for number, value in enumerate(values):
        parts = value if isinstance(value, tuple) else (value,)
        marks = [pytest.mark.long] if number >= ordinary else []
        marked.append(pytest.param(*parts, marks=marks))
    return marked


def some_of(values: Sequence[Any], ordinary: int, *, every: bool) -> Sequence[Any]:
    """Return the values that a loop within a test tries: the first few, or all.

    Args:
        values: The values.
        ordinary: How many are tried in every run.
        every: Whether all are tried, as the fixture of that name says.
    """
    return values if every else values[:ordinary]
