"""Facts and their values in words: names, numbers, dates and sets."""

from __future__ import annotations

import functools
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from babel import Locale
from babel.numbers import format_decimal, get_currency_symbol

from kam_expert.facts.case import LISTS
from kam_expert.facts.currency import currency_of
from kam_expert.facts.named_people import named_by
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.callings import callings
from kam_expert.outputs.date_words import dated, day_and_month
from kam_expert.outputs.interface import translator
from kam_expert.outputs.question_words import question_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

_INTERVAL = re.compile(r"(-?[\d.e+]+)\.\.(-?[\d.e+]*)\Z")
# Characters that change the text direction and would reorder our sentence.
_DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff]")
_FIRST_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


class ValueWords:
    """The words for facts and values of one case in one language.

    Args:
        base: The rule base with the texts.
        case: The facts, with the names of people.
        lang: ``uk`` or ``en``.
        day: The day of the diagnosis; later answers are ignored. By default all are read.
    """

    def __init__(self, base: KnowledgeBase, case: Case, lang: str, day: date = date.max) -> None:
        self.base = base
        self.case = case
        self.lang = lang
        self.day = day
        self._said = translator(lang)
        self._entities: dict[tuple[str, str], Entity] = {
            (entity.kind, entity.id): entity
            for kind in ("account", *LISTS.values())
            for entity in case.entities(kind)
        }

    # The interface texts

    def _(self, text: str, **values: object) -> str:
        said = self._said.gettext(text)
        return said % values if values else said

    def _n(self, one: str, many: str, count: float, **values: object) -> str:
        written = round(count, 1)
        if written == int(written):
            return self._said.ngettext(one, many, abs(int(written))) % values
        # A fraction takes the plural in English, and in Ukrainian a form that no whole number has.
        return self._said.pgettext("fraction", many) % values

    # Names

    def about(self, about: About) -> str:
        """Return the name of an entity, or its id if it has no name."""
        entity = self._entities.get((about.kind, about.id))
        if about.kind == "event":
            return self._event(about.id)
        if entity is not None and entity.ends is not None:
            return (
                f"{self._name('member', entity.ends[0])} – {self._name('person', entity.ends[1])}"
            )
        if about.kind == "decision" and (entity is None or not entity.name):
            return (
                self._("the decision")
                if self._is_only_decision(about)
                else self._("the decision “%(id)s”", id=isolated(about.id))
            )
        return self._name(about.kind, about.id)

    def whom(self, about: About) -> str:
        """Return the name of an entity after a title; that of a decision in quotation marks.

        It is empty for the account and for the only decision, if that has no name.
        """
        entity = self._entities.get((about.kind, about.id))
        named = entity is not None and bool(entity.name)
        if about.kind == "account" or (not named and self._is_only_decision(about)):
            return ""
        if about.kind == "decision" and named:
            return self._("the decision “%(id)s”", id=self._name("decision", about.id))
        return self.about(about)

    def _is_only_decision(self, about: About) -> bool:
        return about.kind == "decision" and len(self.case.decisions or ()) <= 1

    def in_brackets(self, about: About) -> str:
        """Return the name of an entity in brackets, with a space before; empty for the account."""
        return "" if about.kind == "account" else f" ({self.about(about)})"

    def side(self, side: str | None) -> str:
        """Return whose answer it is, by its side."""
        return self._("the customer’s answer") if side == "theirs" else self._("our answer")

    def answer_label(self, name: str, about: About, side: str | None) -> str:
        """Return a fact with its entity, and whose answer it is if both sides are asked."""
        fact = self.base.facts.get(name)
        label = self.fact(name) + self.in_brackets(about)
        asks_both = fact is not None and fact.doc.asked_of == "both"
        return f"{label}, {self.side(side)}" if asks_both else label

    def answer(self, name: str, about: About) -> str:
        """Return our latest answer to a fact about an entity; empty without one."""
        entity = self._entities.get((about.kind, about.id))
        answers = entity.ours.get(name) if entity is not None else None
        return self.value(name, answers[-1].value) if answers else ""

    def _event(self, identity: str) -> str:
        """Return what happened, whom it concerns and when, as far as it is known."""
        entity = self._entities.get(("event", identity))
        book = self.base.events
        if entity is None or book is None:
            return isolated(identity)
        told = [
            entity.ours[key][-1].value
            for key in (book.keys.kind, book.keys.day)
            if entity.ours.get(key)
        ]
        parts = [
            self.value(book.keys.kind, value) if isinstance(value, str) else self.dated(value)
            for value in told
        ]
        whom = zip(("member", "person"), entity.ends or (), strict=False)
        parts[1:1] = [self._name(kind, end) for kind, end in whom if end]
        return ", ".join(parts) or isolated(identity)

    def in_decision(self, about: About) -> str:
        """Return “in this decision”, or in the one of that name if there are several."""
        entity = self._entities.get((about.kind, about.id))
        if entity is None or not entity.name:
            if len(self.case.decisions or ()) <= 1:
                return self._("in this decision")
            return self._("in the decision “%(name)s”", name=isolated(about.id))
        return self._("in the decision “%(name)s”", name=isolated(entity.name))

    def _name(self, kind: str, identity: str) -> str:
        entity = self._entities.get((kind, identity))
        return isolated(identity) if entity is None else self.called(entity)

    def called(self, entity: Entity) -> str:
        """Return the name of an entity; without one the role of a person, or the id."""
        if entity.name:
            return isolated(entity.name)
        return isolated(self._callings.get((entity.kind, entity.id), entity.id))

    @functools.cached_property
    def _callings(self) -> dict[tuple[str, str], str]:
        return callings(self.case, self.base, self.lang)

    def fact(self, name: str) -> str:
        """Return the short name of a fact."""
        fact = self.base.facts.get(name)
        if fact is None and name.startswith("complete."):
            return question_text(name, "us", self.base, self.lang)
        return fact.doc.short.get(self.lang) if fact else self._other_subject(name)

    def _other_subject(self, name: str) -> str:
        known = {
            "gap": self._("distance of the two sides’ answers"),
            "contradictions": self._("contradictions found"),
            "customer_answers": self._("questions the customer has answered"),
            "stage": self._("stage of the relationship"),
            "count:people": self._("how many people"),
            "count:team": self._("how many of our team"),
            "count:links": self._("how many pairs"),
            "count:decisions": self._("how many decisions"),
            "count:events": self._("how many events"),
        }
        if name in known:
            return known[name]
        group = name.removeprefix("count:")
        if group in self.base.groups:
            return self._("how many: %(group)s", group=self.base.groups[group].get(self.lang))
        return self._("how many findings")

    def finding(self, name: str) -> str:
        """Return the short name of a finding; ``stage`` stands for the stage."""
        doc = self.base.findings.get(name)
        return doc.name.get(self.lang) if doc else self._("stage of the relationship")

    def changed(self, name: str) -> str:
        """Return the name of what an answer changes, in a list; a strategy is called one."""
        said = self.finding(name)
        is_strategy = self.base.strategy(name) is not None
        return self._("strategy “%(name)s”", name=said) if is_strategy else said

    def stage(self, name: str) -> str:
        """Return the name of a verdict."""
        return self.base.stage_model.title(name).get(self.lang)

    def stage_and_certainty(self, name: str, *, firm: bool) -> str:
        """Return the name of a verdict and whether it is firm; that nothing is known is neither."""
        stage = self.stage(name)
        return stage if name == UNDETERMINED else f"{stage} ({self.certainty(firm=firm)})"

    def certainty(self, *, firm: bool, chosen: bool = False) -> str:
        """Return in a word whether a missing answer can change something, or that we chose it."""
        if chosen:
            return self._("chosen")
        return self._("firm") if firm else self._("provisional")

    def question(self, name: str, asked_of: str, edition: Edition = Edition.CONSULTANT) -> str:
        """Return a question as it is put to ``us``, ``customer`` or ``both``."""
        return question_text(name, asked_of, self.base, self.lang, edition)

    # Values

    def value(self, name: str, value: Any) -> str:
        """Return a value of a fact in words.

        Args:
            name: The fact.
            value: Plain data, as in a diagnosis; None for an unknown value.
        """
        if value is None or value is UNKNOWN:
            return self._("not known")
        if isinstance(value, dict):
            return self._bounded(name, value["sure"])
        fact = self.base.facts.get(name)
        if isinstance(value, tuple | list | frozenset):
            return self._several(fact, name, value)
        if isinstance(value, bool):
            return self._("yes") if value else self._("no")
        if isinstance(value, int | float):
            return self._number(fact, value)
        return self._word(fact, name, str(value))

    def _several(self, fact: Fact | None, name: str, value: Iterable[Any]) -> str:
        items = list(value)
        if fact is not None and fact.doc.type != "set":
            return " → ".join(self.value(name, item) for item in items)
        if any(isinstance(item, list | tuple) for item in items):
            return " → ".join(self.value(name, item) for item in items)
        if fact is not None:
            order = list(fact.doc.values)
            items.sort(key=lambda item: order.index(item) if item in order else len(order))
        return ", ".join(self.value(name, item) for item in items) or self._("none")

    def _bounded(self, name: str, sure: list[str]) -> str:
        if not sure:
            return self._("not known")
        return self._("%(known)s, perhaps more", known=self.value(name, sure))

    def _word(self, fact: Fact | None, name: str, value: str) -> str:
        band = _INTERVAL.match(value)
        if band and (fact is None or fact.is_number):
            return self._interval(fact, *band.groups())
        if fact is None:
            return (
                self.stage(value)
                if name == "stage"
                else {"yes": self._("yes"), "no": self._("no")}.get(value, value)
            )
        label = fact.doc.values.get(value) or fact.doc.also.get(value)
        if label is not None:
            return label.get(self.lang)
        if fact.doc.type == "yes_no":
            return self._("yes") if value == "yes" else self._("no")
        day = parse_date(value) if fact.doc.type == "date" else None
        if day is not None:
            return self.dated(day)
        if fact.doc.names is not None:
            named = named_by(fact, value, self.case)
            return ", ".join([*(self.called(e) for e in named.entities),
                              *map(isolated, named.others)])  # fmt: skip
        return isolated(value) if fact.doc.type == "text" else value

    def _interval(self, fact: Fact | None, low: str, high: str) -> str:
        if not high:
            return self._("%(number)s or more", number=self._number(fact, float(low)))
        # In some languages the currency is in front of the number.
        is_money = fact is not None and fact.doc.unit == "money"
        first = self._number(fact, float(low)) if is_money else self.number(float(low))
        return self._("%(low)s to %(high)s", low=first, high=self._number(fact, float(high)))

    def number(self, number: float) -> str:
        """Return a number in the format of the language, with at most one decimal place."""
        return _written(number, self.lang)

    def _number(self, fact: Fact | None, number: float) -> str:
        unit = fact.doc.unit if fact else None
        written = self.number(number)
        if fact is not None and not fact.is_number:
            return self._ago(number)
        if unit == "percent":
            return self._("%(number)s%%", number=written)
        if unit == "days":
            return self.days(number)
        if unit == "months":
            return self._n("%(number)s month", "%(number)s months", number, number=written)
        if unit == "score" and fact is not None and fact.doc.range and fact.doc.range.max:
            return self._(
                "%(number)s of %(best)s", number=written, best=self.number(fact.doc.range.max)
            )
        return written if fact is None else self.amount(fact.name, written, self.currency)

    def amount(self, name: str, written: str, currency: str | None) -> str:
        """Return a written number with its currency, if the fact is about money."""
        fact = self.base.facts.get(name)
        if fact is None or fact.doc.unit != "money" or not currency:
            return written
        return _with_currency(currency, self.lang).format(written)

    @functools.cached_property
    def currency(self) -> str:
        """Return the code of the currency of the amounts; empty if nobody named it."""
        return currency_of(self.case, self.base)

    def days(self, number: float) -> str:
        """Return a number of days in words."""
        return self._n("%(number)s day", "%(number)s days", number, number=self.number(number))

    def _ago(self, days: float) -> str:
        if days < 0:
            return self._("in %(days)s", days=self.days(-days))
        return self._("%(days)s ago", days=self.days(days))

    def dated(self, day: date) -> str:
        """Return a date in words, the only form in which people read it."""
        return dated(day, self.lang)

    def day_and_month(self, day: date) -> str:
        """Return a date with the month in full and without its year."""
        return day_and_month(day, self.lang)

    def date_of(self, text: str) -> str:
        """Return an ISO date in words."""
        day = parse_date(text)
        return text if day is None else self.dated(day)


# A page repeats the same few numbers, and Babel parses its pattern each time.
@functools.lru_cache(maxsize=4096)
def _written(number: float, lang: str) -> str:
    return format_decimal(round(number, 1), format="#,##0.#", locale=lang)


@functools.lru_cache(maxsize=256)
def _with_currency(code: str, lang: str) -> str:
    """Return the pattern of an amount, with the currency on the side usual in the language."""
    symbol = get_currency_symbol(code, lang)
    if not Locale(lang).currency_formats["standard"].pattern.startswith("¤"):
        return f"{{}}\u00a0{symbol}"
    return f"{symbol}\u00a0{{}}" if symbol[-1].isalpha() else f"{symbol}{{}}"


def isolated(name: str) -> str:
    """Return *name* with isolate marks if its text direction could reorder the sentence."""
    clean = _DIRECTION_MARKS.sub("", name)
    if clean == name and not _RIGHT_TO_LEFT.search(name):
        return name
    return f"{_FIRST_ISOLATE}{clean}{_END_ISOLATE}"
