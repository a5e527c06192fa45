"""A question as a page shows it with its answer, and an answer as a form brings it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.facts.case import plain_value
from kam_expert.knowledge.values import UNKNOWN, Interval
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.facts.case import Answer
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.outputs.wording import Words

#: A whole number from so few is chosen from a row and not typed.
_SCALE = 11
_NONE = "none"


@dataclass(frozen=True)
class Choice:
    """An answer to choose.

    Attributes:
        value: As the form sends it.
        hint: What the number of a score looks like.
        chosen: Whether it is the present answer, or part of it.
    """

    value: str
    label: str
    hint: str
    chosen: bool


@dataclass(frozen=True)
class AnswerInWords:
    """An answer in words.

    Attributes:
        value: What was said.
        origin: Who said it, when and how it is known; may be empty.
        by, as_of, source: The same as the form has them.
    """

    value: str
    origin: str
    by: str
    as_of: str
    source: str


@dataclass(frozen=True)
class Question:
    """A question with the answer that stands.

    Attributes:
        id: Names it on a page.
        text: As it is put to those who are asked.
        whose: Of whom it is asked; empty for the account.
        form: ``choice``, ``set``, ``number``, ``date`` or ``text``.
        typed: What stands in a field to type in.
        cell: What stands in the cell of a table, a range too.
        told: The answer that counts now.
        earlier: Those before it, the latest first.
        in_vain: Whether the last answer was that nobody knows.
        counted: The value in words, where it is worked out from the lists.
    """

    id: str
    slot: Slot
    text: str
    help: str
    short: str
    whose: str
    form: str
    choices: tuple[Choice, ...]
    typed: str
    cell: str
    low: str
    high: str
    whole: bool
    unit: str
    told: AnswerInWords | None
    earlier: tuple[AnswerInWords, ...]
    in_vain: bool
    counted: str = ""

    @property
    def open(self) -> bool:
        """Return whether nobody has answered."""
        return self.told is None and not self.counted

    @property
    def theirs(self) -> bool:
        """Return whether it is the customer who answers."""
        return self.slot.side == "theirs"


def question_id(slot: Slot) -> str:
    """Return the name of a question on a page; ids of people may have any letters in them."""
    key = f"{slot.kind}\n{slot.id}\n{slot.fact}\n{slot.side}"
    return f"q{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def form_of(fact: Fact) -> str:
    """Return how a fact is answered."""
    doc = fact.doc
    if doc.type == "set":
        return "set"
    if doc.type in ("choice", "ordered", "yes_no") or _is_scale(fact):
        return "choice"
    return "number" if fact.is_number else doc.type


def _is_scale(fact: Fact) -> bool:
    limits = fact.doc.range
    if fact.doc.type != "integer" or limits is None or limits.min is None or limits.max is None:
        return False
    return limits.max - limits.min < _SCALE


def choices_of(fact: Fact, value: Any, words: Words) -> tuple[Choice, ...]:
    """Return the answers that can be chosen.

    Args:
        fact: What is asked.
        value: The present answer; UNKNOWN if there is none.
        words: Of the page.
    """
    doc, lang = fact.doc, words.lang
    if doc.type == "set":
        chosen = value if isinstance(value, frozenset) else frozenset()
        found = [Choice(w, words.value(fact.name, w), "", w in chosen) for w in doc.values]
        if _NONE not in doc.values:
            said = words.value(fact.name, ())
            found.append(Choice(_NONE, said, "", value == frozenset()))
        return tuple(found)
    if _is_scale(fact):
        assert doc.range is not None  # noqa: S101 -- a scale has ends
        numbers = range(int(doc.range.min or 0), int(doc.range.max or 0) + 1)
        anchors = {number: doc.anchors.get(str(number)) for number in numbers}
        scale = [
            Choice(str(n), words.number(n), a.get(lang) if a else "", value == n)
            for n, a in anchors.items()
        ]
        return (*scale, *_bands(fact, value, words))
    found = [Choice(w, words.value(fact.name, w), "", value == w) for w in fact.words()]
    return (*found, *_bands(fact, value, words))


def _bands(fact: Fact, value: Any, words: Words) -> list[Choice]:
    return [
        Choice(
            f"{band.from_:g}..{band.to:g}",
            band.label.get(words.lang),
            "",
            value == Interval(band.from_, band.to),
        )
        for band in fact.doc.bands
    ]


def typed_of(fact: Fact, value: Any) -> str:
    """Return what stands in the field of a fact that is typed."""
    words = fact.words() if not fact.is_number else []
    if value is UNKNOWN or value in words or isinstance(value, Interval | frozenset):
        return ""
    plain = plain_value(value)
    if isinstance(plain, float):
        return repr(int(plain) if plain.is_integer() else plain)
    return str(plain)


def cell_of(value: Any) -> str:
    """Return what stands in a cell that is typed."""
    return "" if value is UNKNOWN else str(plain_value(value))


def told_of(answer: Answer, fact: Fact, words: Words) -> AnswerInWords:
    """Return an answer in words."""
    as_of = answer.as_of.isoformat() if answer.as_of else ""
    origin = {"source": answer.source, "by": answer.by, "as_of": as_of}
    return AnswerInWords(
        words.value(fact.name, plain_value(answer.value)),
        words.source({key: said for key, said in origin.items() if said}),
        answer.by or "",
        as_of,
        answer.source or "",
    )


def read_value(fact: Fact, sent: Sequence[str], lang: str) -> Any:
    """Return the value that a form brought.

    Args:
        fact: What was asked.
        sent: The values of the field; several for a set.
        lang: Of the message.

    Raises:
        KamError: It is no value of this fact.
    """
    given = [text.strip() for text in sent if text.strip()]
    if not given:
        return UNKNOWN
    value: Any = given if fact.doc.type == "set" else given[0]
    if fact.is_number and value not in fact.words():
        value = _number(given[0])
    try:
        return fact.read(value, given[0])
    except ValueError:
        _ = translator(lang).gettext
        said = _("“%(value)s” does not answer the question “%(question)s”.")
        values = {"value": ", ".join(given)[:60], "question": fact.doc.ask.get(lang)}
        raise KamError(f"{said % values}\n{fact.doc.help.get(lang)}") from None


def _number(text: str) -> Any:
    """Return a number as people write it; what is none is left for the fact to refuse."""
    digits = "".join(text.split()).replace("\N{MINUS SIGN}", "-").replace(",", ".")
    if ".." in digits:
        return digits
    try:
        number = float(digits)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(digits) if digits.lstrip("-").isdigit() else number
