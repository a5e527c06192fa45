"""The currency of the amounts of an account; amounts in another one are refused, never compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


def currency_of(case: Case, base: KnowledgeBase) -> str:
    """Return the code of the currency of the amounts; empty if nobody named it."""
    answers = case.account.ours.get(base.currency, ()) if base.currency else ()
    return str(answers[-1].value) if answers else ""
