"""A diagnosis in words: what every output says of facts, findings, origins and assumptions.

The words come from the rule base; the little words between them from the interface texts.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from babel.numbers import format_decimal

from kam_expert.facts.case import LISTS, plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.condition import Condition, FindingTest, Ref, nodes, refs
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN, SetBounds
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kam_expert.diagnosis import (
        About,
        Assumption,
        ContradictionFound,
        Finding,
        Premise,
        Reason,
        Reversal,
    )
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

_INTERVAL = re.compile(r"(-?[\d.e+]+)\.\.(-?[\d.e+]*)\Z")
_PLACEHOLDER = re.compile(r"\{([a-z_0-9.]+)\}")
# A rule that writes the unit itself wants the number alone.
_UNIT_FOLLOWS = re.compile(r"\s*(%|дн|міс|days?\b|months?\b|зі? \d|(out )?of \d)")
# Marks that change the direction of what follows; in a sentence they would turn our words round.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff]")
_FIRST_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_SIDES = ("ours", "theirs")


class Words:
    """The words for one diagnosis in one language.

    Args:
        base: The rule base, which has the texts.
        case: The facts, which have the names of people.
        lang: ``uk`` or ``en``.
        day: The day of the diagnosis; later answers are not read. Without it all are.
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
        self._file = self._short_file(case.account.place.file) if case.account.place else ""

    # The interface texts

    def _(self, text: str, **values: object) -> str:
        said = self._said.gettext(text)
        return said % values if values else said

    def _n(self, one: str, many: str, count: float, **values: object) -> str:
        # Ukrainian says a fraction with the form of few; English with the plural.
        whole = int(count) if count == int(count) else 2
        return self._said.ngettext(one, many, abs(whole)) % values

    # Names

    def about(self, about: About) -> str:
        """Give the name of what something is about, the id where it has no name."""
        entity = self._entities.get((about.kind, about.id))
        if entity is not None and entity.ends is not None:
            return (
                f"{self._name('member', entity.ends[0])} – {self._name('person', entity.ends[1])}"
            )
        if about.kind == "decision" and (entity is None or not entity.name):
            several = len(self.case.decisions or ()) > 1
            return (
                self._("the decision “%(id)s”", id=isolated(about.id))
                if several
                else self._("the decision")
            )
        return self._name(about.kind, about.id)

    def _name(self, kind: str, identity: str) -> str:
        entity = self._entities.get((kind, identity))
        return isolated(entity.name if entity is not None and entity.name else identity)

    def fact(self, name: str) -> str:
        """Give the short name of a fact."""
        fact = self.base.facts.get(name)
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
        }
        if name in known:
            return known[name]
        group = name.removeprefix("count:")
        if group in self.base.groups:
            return self._("how many: %(group)s", group=self.base.groups[group].get(self.lang))
        return self._("how many findings")

    def finding(self, name: str) -> str:
        """Give the short name of a finding; for ``stage``, of the stage."""
        doc = self.base.findings.get(name)
        return doc.name.get(self.lang) if doc else self._("stage of the relationship")

    def stage(self, name: str) -> str:
        """Give the name of a verdict."""
        return self.base.stage_model.title(name).get(self.lang)

    # Values

    def value(self, name: str, value: Any) -> str:
        """Give a value of a fact in words.

        Args:
            name: The fact.
            value: Plain data, as in a diagnosis; None is "not known".
        """
        if value is None or value is UNKNOWN:
            return self._("not known")
        if isinstance(value, SetBounds):
            return self._bounded(name, value)
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

    def _bounded(self, name: str, value: SetBounds) -> str:
        sure = self.value(name, value.sure) if value.sure else ""
        return self._("%(known)s, perhaps more", known=sure) if sure else self._("not known")

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
            return self.date(day)
        return isolated(value) if fact.doc.type == "text" else value

    def _interval(self, fact: Fact | None, low: str, high: str) -> str:
        if not high:
            return self._("%(number)s or more", number=self._number(fact, float(low)))
        return self._(
            "%(low)s to %(high)s", low=self.number(float(low)), high=self._number(fact, float(high))
        )

    def number(self, number: float) -> str:
        """Give a number as it is written in the language, with one decimal place at most."""
        return format_decimal(round(number, 1), format="#,##0.#", locale=self.lang)

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
        return written

    def days(self, number: float) -> str:
        """Give a number of days."""
        return self._n("%(number)s day", "%(number)s days", number, number=self.number(number))

    def _ago(self, days: float) -> str:
        if days < 0:
            return self._("in %(days)s", days=self.days(-days))
        return self._("%(days)s ago", days=self.days(days))

    def date(self, day: date) -> str:
        """Give a date, the month abbreviated."""
        return format_date(day, "d MMM y", locale=self.lang)

    def long_date(self, day: date) -> str:
        """Give a date with the month in full."""
        return format_date(day, "d MMMM y", locale=self.lang)

    def date_of(self, text: str) -> str:
        """Give a date written as YYYY-MM-DD."""
        day = parse_date(text)
        return text if day is None else self.date(day)

    # Premises

    def subject(self, premise: Premise) -> str:
        """Give what a premise asked about: a fact or finding, and whose if not the account's."""
        name = self.subject_of(premise)
        if premise.about.kind == "account":
            return name
        return f"{name} ({self.about(premise.about)})"

    def subject_of(self, premise: Premise) -> str:
        """Give what a premise asked about, without whose it is."""
        if premise.finding is not None:
            return self.finding(premise.finding)
        return self.fact(premise.fact or "")

    def found(self, premise: Premise) -> str:
        """Give what a premise found."""
        if premise.finding is not None or premise.fact == "stage":
            if premise.holds is True:
                return self.asks(premise)
            return self._("open") if premise.holds is None else self._("not so")
        if "days_ago" in premise.asks and isinstance(premise.actual, int | float):
            return self._ago(premise.actual)
        return self.value(premise.fact or "", premise.actual)

    def asks(self, premise: Premise) -> str:
        """Give what a premise asked, such as "at least 2"; nothing if it only took a value."""
        if premise.finding is not None:
            return self._("likely or established")
        return self.test(premise.fact or "", premise.asks)

    def test(self, name: str, asks: Mapping[str, Any]) -> str:
        """Give a test of a fact in words; several tests are joined."""
        return ", ".join(self._test(name, op, operand) for op, operand in asks.items())

    def _test(self, name: str, op: str, operand: Any) -> str:  # noqa: PLR0911 -- one line an operator
        if op in ("is", "not", "contains", "contains_any", "contains_all", "only"):
            return self._words_test(name, op, operand)
        if op in ("at_least", "at_most", "above", "below"):
            return self._limit(op, self.value(name, operand))
        if op == "size":
            return self._size(operand)
        if op in ("more_than", "less_than"):
            return self._comparison(op, operand)
        if op == "days_ago":
            return self._("days since then: %(test)s", test=self.test("", operand))
        if op == "last_two":
            return self._("both of the last two: %(test)s", test=self.test(name, operand))
        if op == "trend":
            trends = {"rising": self._("rising"), "falling": self._("falling")}
            return trends.get(operand, self._("level"))
        if op == "apart":
            return self._("at least %(number)s apart", number=self.number(operand))
        return self._("nobody has answered") if op == "unknown" else self._("every one of them")

    def _words_test(self, name: str, op: str, operand: Any) -> str:
        items = list(operand) if isinstance(operand, tuple | list | frozenset) else [operand]
        said = self._list(self.value(name, item) for item in items)
        one = len(items) == 1
        match op:
            case "is":
                return said if one else self._("one of: %(values)s", values=said)
            case "not":
                if one and isinstance(items[0], int | float):
                    return self._("not %(number)s", number=said)
                return self._("other than: %(values)s", values=said)
            case "contains_all":
                return self._("all of these: %(values)s", values=said)
            case "only":
                return self._("nothing but: %(values)s", values=said)
        if one:
            return self._("among them: %(values)s", values=said)
        return self._("at least one of: %(values)s", values=said)

    @staticmethod
    def _list(items: Iterable[str]) -> str:
        listed = list(items)
        # A value that has a comma in it would run into the next one.
        return ("; " if any(", " in item for item in listed) else ", ").join(listed)

    def _limit(self, op: str, number: str) -> str:
        match op:
            case "at_least":
                return self._("at least %(number)s", number=number)
            case "at_most":
                return self._("at most %(number)s", number=number)
            case "above":
                return self._("more than %(number)s", number=number)
        return self._("less than %(number)s", number=number)

    def _size(self, operand: Any) -> str:
        if not isinstance(operand, dict):
            operand = {"is": [operand]}
        if operand == {"is": [0]}:
            return self._("none named")
        return self._("number named: %(test)s", test=self.test("", operand))

    def _comparison(self, op: str, operand: Any) -> str:
        other = operand["fact"] if isinstance(operand, dict) else operand
        *_, name = str(other).split(".")
        by = operand.get("by") if isinstance(operand, dict) else None
        said = (
            self._("more than “%(fact)s”", fact=self.fact(name))
            if op == "more_than"
            else self._("less than “%(fact)s”", fact=self.fact(name))
        )
        return (
            self._("%(test)s, by at least %(number)s", test=said, number=self.number(by))
            if by
            else said
        )

    def origin(self, premise: Premise) -> str:
        """Give where the value of a premise came from; nothing if there is no value."""
        origin = premise.origin
        if origin is None:
            return ""
        if origin.get("computed"):
            return self._("worked out from the lists")
        side = self._("the customer’s answer") if premise.side == "theirs" else self._("our answer")
        fact = self.base.facts.get(premise.fact or "")
        # Of people and ties only our side is asked: whose answer it is goes without saying.
        ours_only = fact is not None and fact.doc.asked_of == "us" and fact.kind != "account"
        return ", ".join([*([] if ours_only else [side]), *self._source(origin)])

    def source(self, premise: Premise) -> str:
        """Give who said it, when, and where it stands, without whose answer it is."""
        return ", ".join(self._source(premise.origin or {}))

    def _source(self, origin: Mapping[str, Any]) -> list[str]:
        sources = {
            "observed": self._("observed"),
            "said": self._("said"),
            "reported": self._("reported"),
            "assumed": self._("supposed"),
        }
        told = [sources[origin["source"]]] if origin.get("source") in sources else []
        if origin.get("by"):
            told.append(isolated(str(origin["by"])))
        day = parse_date(origin.get("as_of"))
        parts = [": ".join(told)] if told else []
        if day is not None:
            parts.append(self.date(day))
        if origin.get("line"):
            parts.append(self._place(str(origin.get("file", "")), origin["line"]))
        return parts

    def _place(self, file: str, line: int) -> str:
        # All facts of most cases stand in one file, which the report names once.
        if file == self._file:
            return self._("line %(line)s", line=line)
        return self._("%(file)s, line %(line)s", file=isolated(file), line=line)

    @staticmethod
    def _short_file(file: str) -> str:
        return file.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]

    @property
    def case_file(self) -> str:
        """Give the name of the file that the case was read from."""
        return self._file

    # Findings

    def headline(self, finding: Finding) -> str:
        """Give the sentence of a finding that fits its status; the short name while it is open."""
        doc = self.base.findings[finding.id]
        if finding.status == "open":
            return doc.name.get(self.lang)
        headlines = doc.headline
        for variant in doc.variants:
            if variant.when == finding.variant and variant.headline is not None:
                headlines = variant.headline
        text = {
            "established": headlines.established,
            "likely": headlines.likely,
            "possible": headlines.possible,
        }[finding.status]
        return self._filled(text.get(self.lang), {"about": self.about(finding.about)})

    def gap(self, finding: Finding) -> str:
        """Give what the two sides answered differently, for a finding about a gap."""
        name = finding.about.fact or ""
        pair = self.base.gaps.get(name)
        if pair is not None and pair.ours != pair.theirs:
            return f"{self.fact(pair.ours)} / {self.fact(pair.theirs)}"
        return self.fact(name)

    def explain(self, reason: Reason, finding: Finding) -> str:
        """Give the explanation of the rule behind a reason, filled with what it found."""
        rule = self.base.rule(reason.rule)
        text = rule.doc.explains.get(self.lang)

        def filling(found: re.Match[str]) -> str:
            bare = _UNIT_FOLLOWS.match(text, found.end()) is not None
            return self._filling(found[1], reason, finding, bare=bare)

        return _PLACEHOLDER.sub(filling, text)

    def _filling(self, name: str, reason: Reason, finding: Finding, *, bare: bool) -> str:
        if name == "about":
            return self.about(finding.about)
        if name == "count":
            counts = [p for p in reason.premises if (p.fact or "").startswith("count:")]
            return self.value("", counts[0].actual) if counts else self._("not known")
        *where, fact = name.split(".")
        side = where[0] if where and where[0] in _SIDES else None
        found = [p for p in reason.premises if p.fact == fact and side in (None, p.side)]
        values = [p.actual for p in found] or [self._told(fact, side, finding)]
        if bare and all(isinstance(value, int | float) for value in values):
            return self._list(dict.fromkeys(self.number(value) for value in values))
        said = (self.found(p) for p in found) if found else (self.value(fact, values[0]),)
        return self._list(dict.fromkeys(said))

    def _told(self, fact: str, side: str | None, finding: Finding) -> Any:
        """Give the value of a fact that an explanation names although its rule did not ask it."""
        known = self.base.facts.get(fact)
        entity = self._entities.get((finding.about.kind, finding.about.id), self.case.account)
        if known is None or known.kind not in (entity.kind, "account"):
            return None
        view = Readings(self.case, self.base, self.day).view(entity, strict=False)
        value = view.read(Ref(fact, side or "bare"))
        return None if value is UNKNOWN else plain_value(value)

    @staticmethod
    def _filled(text: str, values: Mapping[str, str]) -> str:
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)

    def step_text(self, text: str, abouts: Sequence[About]) -> str:
        """Give a text of a step, ``{about}`` filled with what the step is about."""
        return self._filled(text, {"about": ", ".join(self.about(about) for about in abouts)})

    def assumption(self, assumption: Assumption) -> str:
        """Give what was taken as given, as a clause."""
        name = assumption.name
        whose = "" if assumption.about.kind == "account" else f" ({self.about(assumption.about)})"
        match assumption.kind:
            case "exception_absent":
                return self._(
                    "that no exception applies, since nobody reported one: %(facts)s",
                    facts=self._exception(name),
                )
            case "list_complete":
                return self._("that the list is complete: %(list)s", list=self.list_name(name))
            case "our_answer":
                return self._(
                    "that our answer stands for the customer’s: %(fact)s",
                    fact=self.fact(name) + whose,
                )
            case "still_fresh":
                return self._("that the answer still holds: %(fact)s", fact=self.fact(name) + whose)
            case "stated_total":
                return self._(
                    "that the stated total is right: %(fact)s", fact=self.fact(name) + whose
                )
        return self._(
            "that another conclusion is right: %(finding)s", finding=self.finding(name) + whose
        )

    def _exception(self, rule: str) -> str:
        unless = self.base.rule(rule).unless
        return "" if unless is None else ", ".join(self._subjects(unless))

    def _subjects(self, condition: Condition) -> list[str]:
        said = [self.fact(ref.name) for ref in refs(condition)]
        for node in nodes(condition):
            if isinstance(node, FindingTest):
                said += [self.finding(name) for name in node.names]
        return list(dict.fromkeys(said)) or [self._("stage of the relationship")]

    def list_name(self, name: str) -> str:
        """Give the name of one of the lists of a case; for a fact worked out of lists, the fact."""
        names = {
            "people": self._("people at the customer"),
            "team": self._("our team"),
            "links": self._("ties between people"),
            "decisions": self._("decisions"),
        }
        return names.get(name) or self.fact(name)

    def reversal(self, reversal: Reversal) -> str:
        """Give a change that would take a conclusion back: a fact and what it would have to be."""
        whose = "" if reversal.about.kind == "account" else f" ({self.about(reversal.about)})"
        asked = (
            self.base.facts[reversal.fact].doc.asked_of
            if reversal.fact in self.base.facts
            else "us"
        )
        side = ""
        if asked == "both":
            side = ", " + (
                self._("the customer’s answer")
                if reversal.side == "theirs"
                else self._("our answer")
            )
        return f"{self.fact(reversal.fact)}{whose}{side}: {self.test(reversal.fact, reversal.to)}"

    def contradiction(self, found: ContradictionFound) -> str:
        """Give what cannot both hold, as a sentence without its full stop."""
        if found.kind == "impossible":
            said = self.base.impossible_texts[found.name].says.get(self.lang)
            return said[:1].upper() + said[1:]
        if found.kind == "mirror":
            one, other = self.finding(found.name), self.finding(found.other)
            whose = "" if found.about.kind == "account" else f" ({self.about(found.about)})"
            return (
                self._("The facts point both ways: %(one)s, and %(other)s", one=one, other=other)
                + whose
            )
        return self._miscounted(found)

    def _miscounted(self, found: ContradictionFound) -> str:
        entity = self._entities.get((found.about.kind, found.about.id), self.case.account)
        view = Readings(self.case, self.base, self.day).view(entity, strict=False)
        return self._(
            "%(fact)s: stated %(stated)s, worked out from the lists %(counted)s",
            fact=self.fact(found.name)[:1].upper() + self.fact(found.name)[1:],
            stated=self.value(found.name, plain_value(view.stated(Ref(found.name)))),
            counted=self.value(found.name, plain_value(view.computed(found.name))),
        )

    # Words for the words of a diagnosis

    def status(self, status: str) -> str:
        """Give the status of a finding."""
        return {
            "established": self._("established"),
            "likely": self._("likely"),
            "possible": self._("possible"),
            "open": self._("open"),
        }.get(status, self._("not seen"))

    def severity(self, severity: str) -> str:
        """Give how much a finding weighs."""
        return {
            "high": self._("serious"),
            "medium": self._("deserves attention"),
            "low": self._("minor"),
        }.get(severity, self._("for information"))

    def strength(self, strength: str) -> str:
        """Give what a rule may do by the hedge of its statement."""
        return {
            "establishes": self._("establishes"),
            "suggests": self._("suggests"),
        }.get(strength, self._("hints"))

    def outcome(self, outcome: str) -> str:
        """Give what a rule made of the facts."""
        return {
            "holds": self._("holds"),
            "assumed": self._("assumed"),
        }.get(outcome, self._("open"))

    def whom_to_ask(self, side: str) -> str:
        """Give whom to ask, as a heading."""
        return {
            "us": self._("Ask our own team"),
            "customer": self._("Ask the customer"),
        }.get(side, self._("Ask both sides, each for itself"))

    def threshold_owner(self, owner: str) -> str:
        """Give what a threshold of ours belongs to."""
        if owner.startswith("gaps."):
            return self._("distance of answers")
        if owner.startswith("stages"):
            stage = owner.removeprefix("stages").removeprefix(".")
            return self.stage(stage) if stage else self._("stages")
        doc = self.base.vocabulary.definitions.get(owner)
        return doc.says.get(self.lang) if doc else owner


def isolated(name: str) -> str:
    """Give *name* so that letters written from right to left do not turn the sentence round it."""
    clean = _TURNING.sub("", name)
    if clean == name and not _RIGHT_TO_LEFT.search(name):
        return name
    return f"{_FIRST_ISOLATE}{clean}{_END_ISOLATE}"
