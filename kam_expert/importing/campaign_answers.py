"""The answers of one returned file, collected while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.facts.answer_text import answer_texts
from kam_expert.facts.number_text import NotAValueError
from kam_expert.facts.workbook_sheets import as_text
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.answer_text import AnswerText
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import Campaign, ReturnedAnswer

_MOST_PROBLEMS = 100
#: The longest answer in words, in characters.
_LONGEST = 4_000


class CampaignFacts:
    """The facts that a campaign can ask for, with the readers of their answers."""

    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base
        facts = {name: fact for name, fact in base.facts.items() if fact.kind == "account"}
        self.texts: dict[str, AnswerText] = answer_texts(facts)


class ReturnReading:
    """What is read of one returned file.

    Args:
        name: The file's name in messages.
        campaign: The campaign that it must belong to.
        facts: What can be answered.
        taken: The day on which it is taken.
        day: The day of an answer that has none of its own.
    """

    def __init__(
        self, name: str, campaign: Campaign, facts: CampaignFacts, taken: date, day: date
    ) -> None:
        self.name = name
        self.campaign = campaign
        self.texts = facts.texts
        self.taken, self.day = taken, day
        self.answers: dict[tuple[str, str, str, str], ReturnedAnswer] = {}
        self.declined: set[str] = set()
        self._problems: list[str] = []
        self._left_out = 0

    def problem(self, place: str, message: str) -> None:
        """Add what could not be read, with its place."""
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(f"{place}: {message}")
        else:
            self._left_out += 1

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what could not be read."""
        more = [f"{self.name}: {self._left_out} more problems"] if self._left_out else []
        return (*self._problems, *more)

    def value(self, fact: str, side: str, cell: Any) -> Any:
        """Return the value of a cell. Raises ValueError."""
        reader = self.texts[fact]
        asked = reader.fact.doc.asked_of
        if asked == ("customer" if side == "ours" else "us"):
            who = "the customer" if side == "ours" else "our side"
            raise NotAValueError(f'"{fact}" is asked of {who}')
        if isinstance(cell, float) and reader.fact.is_number:
            return reader.fact.read(int(cell) if cell.is_integer() else cell)
        text = as_text(cell)
        if len(text) > _LONGEST:
            raise NotAValueError(f"this answer has {len(text):,} characters, at most {_LONGEST:,}")
        told = reader.read(text)
        return told.value if told.value is not None else UNKNOWN

    def add(self, answer: ReturnedAnswer) -> None:
        """Add an answer; it replaces one to the same question in the same file, and says so."""
        key = (answer.account, answer.fact, answer.side, answer.by)
        known = self.answers.get(key)
        if known is not None and known.value != answer.value:
            what = f"{answer.fact} of {answer.account} is answered twice; {answer.at} counts"
            self.problem(f"{self.name}: {known.at}", what)
        self.answers[key] = answer
