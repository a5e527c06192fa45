"""The facts about an account that the rule base declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.value_forms import form_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.fact_documents import FactDoc
    from kam_expert.knowledge.value_forms import WordForm

#: Scopes of the facts under ``facts:`` in a case, which are about the account as a whole.
ACCOUNT_SCOPES = ("account", "portfolio", "meeting", "team")
#: Facts that the engine computes from a case; nobody is asked for them.
ENGINE_FACTS = ("gap", "contradictions", "customer_answers")


@dataclass(frozen=True)
class Fact:
    """One fact of the vocabulary.

    Attributes:
        name: As in ``facts.yaml``.
        kind: What it is about: account, person, member, link or decision.
        doc: The entry of ``facts.yaml``.
    """

    name: str
    kind: str
    doc: FactDoc = field(repr=False)

    @property
    def is_number(self) -> bool:
        """Return whether values are numbers."""
        return self.doc.type in ("integer", "number")

    @property
    def bare(self) -> bool:
        """Return whether one side's answer may replace the other's."""
        return self.doc.sides == "one_voice"

    def words(self) -> list[str]:
        """Return the words that the fact takes as values, in order."""
        return self.form.words

    @property
    def from_worse(self) -> list[str]:
        """Return the words that the fact takes as values from worse to better, if it says so."""
        better = self.doc.better
        if isinstance(better, list):
            return better
        words = list(self.doc.values) or ["no", "yes"]
        return words[::-1] if better == "down" else words

    def rank(self, value: object) -> int | None:
        """Return the position of *value* among the values of an ordered fact."""
        if self.doc.type != "ordered" or not isinstance(value, str):
            return None
        order = list(self.doc.values)
        return order.index(value) if value in order else None

    @cached_property
    def form(self) -> WordForm:
        """Return the form of the values."""
        return form_of(self.name, self.doc)

    def read(self, value: Any, raw: str = "") -> Any:
        """Return the value of *value*, as `WordForm.read`. Raises ValueError."""
        return self.form.read(value, raw)


def facts_of(documents: Mapping[str, FactDoc]) -> dict[str, Fact]:
    """Return the facts by name, in the order of the file."""
    facts = {}
    for name, doc in documents.items():
        kind = "member" if doc.per_member else doc.scope
        facts[name] = Fact(name, "account" if kind in ACCOUNT_SCOPES else kind, doc)
    return facts
