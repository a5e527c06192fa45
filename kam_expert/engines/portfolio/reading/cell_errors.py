"""Why a cell is no value of its fact, in the words of `Fact.read`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import shortened
from kam_expert.knowledge.yaml_reader import scalar

if TYPE_CHECKING:
    import polars as pl

    from kam_expert.knowledge.vocabulary import Fact

_REASONS_A_COLUMN = 1000


def reasons(fact: Fact, values: pl.Series) -> list[str]:
    """Say of each value why it is none of *fact*."""
    said: dict[str, str] = {}
    return [_reason(fact, value, said) for value in values.to_list()]


def _reason(fact: Fact, value: Any, said: dict[str, str]) -> str:
    key = repr(value)
    if key not in said:
        plain = f'"{shortened(value)}" is not a value of {fact.name}'
        if len(said) >= _REASONS_A_COLUMN:  # the nearest word takes time to find
            return plain
        said[key] = plain
        try:
            fact.read(_plain(fact, value))
        except ValueError as error:
            said[key] = str(error)
    return said[key]


def _plain(fact: Fact, value: Any) -> Any:
    """Return a cell the way a case file would have it."""
    if fact.doc.type == "set":
        items = value.split(";") if isinstance(value, str) else value
        return [item.strip() if isinstance(item, str) else item for item in items]
    if isinstance(value, str):
        return scalar(value) if fact.is_number or fact.doc.type == "yes_no" else value
    return value.isoformat() if hasattr(value, "isoformat") else value
