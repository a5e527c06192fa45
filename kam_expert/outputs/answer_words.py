"""What one can answer to a question: the scale, the values, or the unit of a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.outputs.value_words import ValueWords

_NONE = "none"


def answers_said(name: str, words: ValueWords) -> str:
    """Return what can be answered to a question, in one line.

    A value has its id in brackets where the id is not the word of the language.

    Args:
        name: A fact, or ``complete.`` and a list: `OpenQuestion.name`.
        words: The words.
    """
    fact = words.base.facts.get(name)
    if fact is None or fact.doc.type == "yes_no":
        return _listed({word: words.value(name, word) for word in ("yes", "no")})
    doc = fact.doc
    named = {**doc.anchors, **doc.values, **doc.also}
    labels = {word: text.get(words.lang) for word, text in named.items()}
    if doc.type == "set":
        if doc.names is not None:
            return words._("names, separated by commas")
        labels.setdefault(_NONE, words.value(name, ()))
        return words._("any of: %(values)s", values=_listed(labels))
    form, values = form_said(fact, words), _listed(labels)
    if form and values:
        return words._("%(form)s; or: %(values)s", form=form, values=values)
    return form or values


def _listed(labels: dict[str, str]) -> str:
    """Return the labels, each with the word of a case file if that is another one.

    The numbers of a scale come before what they mean.
    """
    return "; ".join(
        f"{word} – {label}"
        if word.isdecimal()
        else label
        if label.casefold() == word
        else f"{label} [{word}]"
        for word, label in labels.items()
    )


def form_said(fact: Fact, words: ValueWords) -> str:
    """Return the form of a number, date or text; empty if a list of answers says it."""
    doc = fact.doc
    if doc.anchors:
        return ""
    if doc.type == "date":
        return words._("a date such as 2026-10-31")
    if doc.type == "text":
        return words._("any text")
    if not fact.is_number:
        return ""
    parts = [words._("a whole number") if doc.type == "integer" else words._("a number")]
    for limit, text in (
        (doc.range.min if doc.range else None, words._("from %(number)s")),
        (doc.range.max if doc.range else None, words._("to %(number)s")),
    ):
        if limit is not None:
            parts.append(text % {"number": words.number(limit)})
    said = " ".join(parts)
    unit = {
        "percent": words._("in percent"),
        "days": words._("in days"),
        "months": words._("in months"),
        "money": words.currency and words._("in %(currency)s", currency=words.currency),
    }.get(doc.unit or "", "")
    return f"{said}, {unit}" if unit else said
