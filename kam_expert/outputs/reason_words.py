"""The reasons of a finding in words: premises with their origins, and the explanation of a rule."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from babel import Locale

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.placeholders import PLACEHOLDER
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.condition_words import ConditionWords
from kam_expert.outputs.value_words import isolated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.results.diagnosis import Finding, Premise, Reason


# If the text of a rule has the unit, only the number is inserted.
_UNIT_FOLLOWS = re.compile(r"\s*(%|дн|міс|days?\b|months?\b|зі? \d|(out )?of \d)")
_SIDES = ("ours", "theirs")
#: What a placeholder for whose answer it is begins with.
_BY = "by."


class ReasonWords(ConditionWords):
    """The words for the reasons of findings."""

    def subject(self, premise: Premise) -> str:
        """Return the fact or finding of a premise, with the entity unless it is the account."""
        return self.subject_of(premise) + self.in_brackets(premise.about)

    def subject_of(self, premise: Premise) -> str:
        """Return the fact or finding of a premise, without the entity."""
        if premise.finding is not None:
            return self.finding(premise.finding)
        return self.fact(premise.fact or "")

    def found(self, premise: Premise) -> str:
        """Return the value that a premise found."""
        if premise.finding is not None or premise.fact == "stage":
            if premise.holds is True:
                return self.asks(premise)
            return self._("open") if premise.holds is None else self._("not so")
        if "days_ago" in premise.asks and isinstance(premise.actual, int | float):
            return self._ago(premise.actual)
        if "days_until" in premise.asks and isinstance(premise.actual, int | float):
            if self.day == date.max:
                return self._ago(-premise.actual)
            return self.dated(self.day + timedelta(days=int(premise.actual)))
        return self.value(premise.fact or "", premise.actual)

    def asks(self, premise: Premise) -> str:
        """Return the test of a premise, such as "at least 2"; empty without a test."""
        if premise.finding is not None:
            return self._("likely or established")
        return self.test(premise.fact or "", premise.asks)

    def origin(self, premise: Premise) -> str:
        """Return the origin of a premise's value; empty without a value."""
        origin = premise.origin
        if origin is None:
            return ""
        if origin.get("computed"):
            return self._("worked out from the lists")
        if origin.get("planned"):
            return self._("worked out from the agreed plan")
        fact = self.base.facts.get(premise.fact or "")
        # Only our side is asked about people and ties, so the side is not named.
        ours_only = fact is not None and fact.doc.asked_of == "us" and fact.kind != "account"
        return ", ".join([*([] if ours_only else [self.side(premise.side)]), *self._source(origin)])

    def source(self, origin: Mapping[str, Any]) -> str:
        """Return how something is known, who said it, when and where, without the side."""
        return ", ".join(self._source(origin))

    def _source(self, origin: Mapping[str, Any]) -> list[str]:
        sources = {
            "observed": self._("observed"),
            "said": self._("said"),
            "reported": self._("reported"),
            "assumed": self._("supposed"),
        }
        if origin.get("planned"):
            return [self._("the agreed plan")]
        who = [sources[origin["source"]]] if origin.get("source") in sources else []
        if origin.get("by"):
            who.append(isolated(str(origin["by"])))
        day = parse_date(origin.get("as_of"))
        parts = [": ".join(who)] if who else []
        if day is not None:
            parts.append(self.dated(day))
        if origin.get("line"):
            parts.append(self._place(str(origin.get("file", "")), origin["line"]))
        return parts

    def _place(self, file: str, line: int) -> str:
        # Most cases are one file, which the report names once.
        if file == self.case_file:
            return self._("line %(line)s", line=line)
        return self._("%(file)s, line %(line)s", file=isolated(file), line=line)

    @property
    def case_file(self) -> str:
        """Return the name of the file that the case was read from."""
        place = self.case.account.place
        return place.name if place else ""

    def explain(self, reason: Reason, finding: Finding) -> str:
        """Return the explanation of a reason's rule with the values it found."""
        rule = self.base.rule(reason.rule)
        text = rule.explains.get(self.lang)

        def filling(found: re.Match[str]) -> str:
            name, less, forms = found.groups()
            if less:
                return self._difference(name, less, reason, finding)
            if forms:
                return self._counted(self._values(name, reason, finding), forms.split("|"))
            bare = _UNIT_FOLLOWS.match(text, found.end()) is not None
            return self._filling(name, reason, finding, bare=bare)

        return PLACEHOLDER.sub(filling, text)

    def _difference(self, name: str, less: str, reason: Reason, finding: Finding) -> str:
        [one], [other] = (self._values(fact, reason, finding)[:1] for fact in (name, less))
        if isinstance(one, int | float) and isinstance(other, int | float):
            return self.value(name.rpartition(".")[2], one - other)
        return self._("not known")

    def _counted(self, values: list[Any], forms: list[str]) -> str:
        """Return a number with the form of the noun that it takes; the last form is for many."""
        value = values[0]
        if not isinstance(value, int | float):
            if value is None:
                return self._("an unknown number of %(things)s", things=forms[-1])
            return f"{self.value('', value)} {forms[-1]}"
        order = ("one", "other") if len(forms) == 2 else ("one", "few", "many")  # noqa: PLR2004
        form = Locale(self.lang).plural_form(value)
        place = order.index(form) if form in order else len(forms) - 1
        return f"{self.number(value)} {forms[place]}"

    def _values(self, name: str, reason: Reason, finding: Finding) -> list[Any]:
        """Return the values that a reason found for a fact that its explanation names."""
        if name == "count":
            counts = [p for p in reason.premises if (p.fact or "").startswith("count:")]
            return [counts[0].actual if counts else None]
        fact, side, found = self._tested(name, reason)
        return [p.actual for p in found] or [self._untested(fact, side, finding)]

    @staticmethod
    def _tested(name: str, reason: Reason) -> tuple[str, str | None, list[Premise]]:
        """Return the fact and side that a placeholder names, and the tests of it."""
        *where, fact = name.split(".")
        side = where[0] if where and where[0] in _SIDES else None
        return fact, side, [p for p in reason.premises if p.fact == fact and side in (None, p.side)]

    def _filling(self, name: str, reason: Reason, finding: Finding, *, bare: bool) -> str:
        if name == "about":
            return self.about(finding.about)
        if name == "count":
            [value] = self._values(name, reason, finding)
            return self._("not known") if value is None else self.value("", value)
        own = {limit.name: limit.value for limit in self.base.rule(reason.rule).thresholds}
        if name in own:
            return self.number(own[name])
        fact, side, found = self._tested(name, reason)
        if name.startswith(_BY):
            return self._whose({p.side for p in found})
        values = [p.actual for p in found] or [self._untested(fact, side, finding)]
        if bare and all(isinstance(value, int | float) for value in values):
            return self._list(dict.fromkeys(self.number(value) for value in values))
        said = (self.found(p) for p in found) if found else (self.value(fact, values[0]),)
        return self._list(dict.fromkeys(said))

    def _whose(self, sides: set[str | None]) -> str:
        """Return whose answers were found."""
        if sides == {"theirs"}:
            return self._("the customer’s answer")
        return self._("our answer") if "theirs" not in sides else self._("both sides’ answers")

    def _untested(self, fact: str, side: str | None, finding: Finding) -> Any:
        """Return the value of a fact that an explanation names but its rule does not test."""
        known = self.base.facts.get(fact)
        entity = self._entities.get((finding.about.kind, finding.about.id), self.case.account)
        if known is None or known.kind not in (entity.kind, "account"):
            return None
        view = Readings(self.case, self.base, self.day).view(entity, strict=False)
        value = view.read(Ref(fact, side or "bare"))
        return None if value is UNKNOWN else plain_value(value)
