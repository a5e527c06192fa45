"""Reasons why cells are invalid, with the messages of `Fact.read`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import shortened
from kam_expert.facts.answer_text import AnswerText
from kam_expert.knowledge.yaml_reader import scalar

if TYPE_CHECKING:
    import polars as pl

    from kam_expert.knowledge.vocabulary import Fact

_MAX_REASONS = 1000


def reasons(fact: Fact, values: pl.Series) -> list[str]:
    """Return the reason why each value is invalid for *fact*."""
    known: dict[str, str] = {}
    return [_reason(fact, value, known) for value in values.to_list()]


def _reason(fact: Fact, value: Any, known: dict[str, str]) -> str:
    key = repr(value)
    if key not in known:
        plain = f'"{shortened(value)}" is not a value of {fact.name}'
        if len(known) >= _MAX_REASONS:  # finding the nearest word is slow
            return plain
        known[key] = plain
        try:
            fact.read(_plain(fact, value))
        except ValueError as error:
            known[key] = str(error)
            if isinstance(value, str) and value.strip():
                try:
                    AnswerText(fact).read(value)
                except ValueError as told:
                    known[key] = str(told)
    return known[key]


def _plain(fact: Fact, value: Any) -> Any:
    """Return a cell as a case file would contain it."""
    if fact.doc.type == "set":
        items = value.split(";") if isinstance(value, str) else value
        return [item.strip() if isinstance(item, str) else item for item in items]
    if isinstance(value, str):
        return scalar(value) if fact.is_number or fact.doc.type == "yes_no" else value
    return value.isoformat() if hasattr(value, "isoformat") else value
