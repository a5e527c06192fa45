"""A question with its answer as a page shows it, and the answer that a form sends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.facts.answer_text import AnswerText, Style
from kam_expert.facts.case import plain_value
from kam_expert.facts.named_people import named_by, reference_text
from kam_expert.knowledge.values import UNKNOWN, Interval
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.facts.case import Answer
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.outputs.wording import Words

#: A whole number with fewer possible values is chosen and not typed.
_SCALE = 11
_NONE = "none"


@dataclass(frozen=True)
class Choice:
    """An answer to choose.

    Attributes:
        value: As the form sends it.
        hint: The meaning of the number on a scale.
        chosen: Whether it is the current answer, or part of it.
    """

    value: str
    label: str
    hint: str
    chosen: bool


@dataclass(frozen=True)
class AnswerInWords:
    """An answer in words.

    Attributes:
        value: The answer.
        origin: Who gave it, when and how it is known; may be empty.
    """

    value: str
    origin: str


@dataclass(frozen=True)
class Question:
    """A question with its current answer.

    Attributes:
        id: The id of its HTML element.
        text: In the words for the side that is asked.
        entity_name: The person, link or decision it is about; empty for the account.
        names_entity: Whether the text names it.
        form: ``choice``, ``set``, ``number``, ``date`` or ``text``.
        typed: The value of its input field.
        cell: The value of its table cell, which may be a range.
        low, high: The limits of a number; empty for none.
        answer: The current answer.
        earlier: The answers before it, the latest first.
        not_known: Whether the last answer is "not known".
        computed: The value in words if it is computed from the lists.
    """

    id: str
    slot: Slot
    text: str
    help: str
    short: str
    entity_name: str
    names_entity: bool
    form: str
    choices: tuple[Choice, ...]
    typed: str
    cell: str
    low: str
    high: str
    whole: bool
    unit: str
    answer: AnswerInWords | None
    earlier: tuple[AnswerInWords, ...]
    not_known: bool
    computed: str = ""

    @property
    def open(self) -> bool:
        """Return whether there is no answer."""
        return self.answer is None and not self.computed

    @property
    def theirs(self) -> bool:
        """Return whether the customer is asked."""
        return self.slot.side == "theirs"


def question_id(slot: Slot) -> str:
    """Return the HTML id of a question. A hash, as ids of people may hold any character."""
    key = f"{slot.kind}\n{slot.id}\n{slot.fact}\n{slot.side}"
    return f"q{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def form_of(fact: Fact) -> str:
    """Return the form of the questions about a fact."""
    doc = fact.doc
    if doc.type == "set" or doc.names is not None:
        return "set"
    if doc.type in ("choice", "ordered", "yes_no") or _is_scale(fact):
        return "choice"
    return "number" if fact.is_number else doc.type


def _is_scale(fact: Fact) -> bool:
    limits = fact.doc.range
    if fact.doc.type != "integer" or limits is None or limits.min is None or limits.max is None:
        return False
    return limits.max - limits.min < _SCALE


def asked_sides(fact: Fact) -> tuple[str, ...]:
    """Return the sides that a fact is asked of."""
    sides = {"us": ("ours",), "customer": ("theirs",)}
    return sides.get(fact.doc.asked_of, ("ours", "theirs"))


def choices_of(fact: Fact, value: Any, words: Words, side: str = "ours") -> tuple[Choice, ...]:
    """Return the answers that can be chosen.

    Args:
        fact: The fact.
        value: The current answer; UNKNOWN if there is none.
        words: Of the page.
        side: Who is asked; the customer reads labels in the second person.
    """
    doc, lang = fact.doc, words.lang
    if doc.names is not None:
        return _people(fact, value, words)
    own = doc.labels_customer if side == "theirs" else {}

    def label(word: str) -> str:
        return own[word].get(lang) if word in own else words.value(fact.name, word)

    if doc.type == "set":
        chosen = value if isinstance(value, frozenset) else frozenset()
        found = [Choice(w, label(w), "", w in chosen) for w in doc.values]
        if _NONE not in doc.values:
            nothing = words.value(fact.name, ())
            found.append(Choice(_NONE, nothing, "", value == frozenset()))
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
    found = [Choice(w, label(w), "", value == w) for w in fact.words()]
    return (*found, *_bands(fact, value, words))


def _people(fact: Fact, value: Any, words: Words) -> tuple[Choice, ...]:
    """Return the people whom an answer can name, and those whom it names besides."""
    named = named_by(fact, value, words.case)
    listed = getattr(words.case, fact.doc.names or "") or ()
    return (
        *(Choice(e.id, words.called(e), "", e in named.entities) for e in listed),
        *(Choice(other, other, "", chosen=True) for other in named.others),
        *(Choice(w, words.value(fact.name, w), "", value == w) for w in fact.doc.also),
    )


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
    """Return the value of the input field of a fact."""
    words = fact.words() if not fact.is_number else []
    if value is UNKNOWN or value in words or isinstance(value, Interval | frozenset):
        return ""
    plain = plain_value(value)
    if isinstance(plain, float):
        return repr(int(plain) if plain.is_integer() else plain)
    return str(plain)


def cell_of(value: Any) -> str:
    """Return the value of a table cell."""
    return "" if value is UNKNOWN else str(plain_value(value))


def answer_in_words(answer: Answer, fact: Fact, words: Words) -> AnswerInWords:
    """Return an answer in words."""
    as_of = answer.as_of.isoformat() if answer.as_of else ""
    origin = {"source": answer.source, "by": answer.by, "as_of": as_of}
    return AnswerInWords(
        words.value(fact.name, plain_value(answer.value)),
        words.source({key: text for key, text in origin.items() if text}),
    )


def read_value(fact: Fact, sent: Sequence[str], lang: str, currency: str = "") -> Any:
    """Return the value that a form sends; UNKNOWN if all fields are empty.

    Args:
        fact: The fact.
        sent: The values of the field; several for a set.
        lang: Of the message.
        currency: The only currency that an amount may be in; empty for any.

    Raises:
        KamError: It is not a value of this fact.
    """
    given = [text.strip() for text in sent if text.strip()]
    if not given:
        return UNKNOWN
    try:
        if fact.doc.type == "set":
            return fact.read(given, given[0])
        if fact.doc.names is not None:
            people = [text for text in given if text not in fact.doc.also]
            return fact.read(reference_text(people or given))
        return AnswerText(fact).read(given[0], Style(currency=currency)).value
    except ValueError:
        _ = translator(lang).gettext
        message = _("“%(value)s” does not answer the question “%(question)s”.")
        values = {"value": shortened(", ".join(given)), "question": fact.doc.ask.get(lang)}
        raise KamError(f"{message % values}\n{fact.doc.help.get(lang)}") from None
