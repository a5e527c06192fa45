"""A diagnosis in words: findings, reasons, origins and assumptions.

The sentences come from the rule base, the words between them from the interface texts.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from babel import Locale

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import leaves, refs
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.placeholders import PLACEHOLDER
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.question_words import list_names
from kam_expert.outputs.value_words import ValueWords, isolated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.results.diagnosis import (
        Assumption,
        ContradictionFound,
        Finding,
        Premise,
        Reason,
        Reversal,
        VoidedAnswer,
    )
    from kam_expert.results.inquiry import FindingChange

# If the text of a rule has the unit, only the number is inserted.
_UNIT_FOLLOWS = re.compile(r"\s*(%|дн|міс|days?\b|months?\b|зі? \d|(out )?of \d)")
_SIDES = ("ours", "theirs")
#: What a placeholder for whose answer it is begins with.
_BY = "by."


class Words(ValueWords):
    """The words for one diagnosis in one language."""

    # Premises

    def subject(self, premise: Premise) -> str:
        """Return the fact or finding of a premise, with the entity unless it is the account."""
        name = self.subject_of(premise)
        if premise.about.kind == "account":
            return name
        return f"{name} ({self.about(premise.about)})"

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
        side = self._("the customer’s answer") if premise.side == "theirs" else self._("our answer")
        fact = self.base.facts.get(premise.fact or "")
        # Only our side is asked about people and ties, so the side is not named.
        ours_only = fact is not None and fact.doc.asked_of == "us" and fact.kind != "account"
        return ", ".join([*([] if ours_only else [side]), *self._source(origin)])

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
        return place.file.rsplit("/", 1)[-1].rsplit("\\", 1)[-1] if place else ""

    # Findings

    def status_change(self, change: FindingChange) -> str:
        """Return how the status of a finding changed.

        That it is now open is a sentence: it may still hold, and what decides it is not known.
        """
        before, after = self.status(change.before), self.status(change.after)
        if change.after != "open":
            return f"{before} → {after}"
        if not change.missing:
            return self._(
                "it was %(status)s; whether it still holds is no longer known", status=before
            )
        return self._(
            "it was %(status)s; whether it still holds depends on what is not known: %(facts)s",
            status=before,
            facts="; ".join(map(self.fact, change.missing)),
        )

    def headline(self, finding: Finding) -> str:
        """Return the headline of a finding for its status; the short name of an open finding."""
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
        about = {"about": self.about(finding.about), "in_decision": self.in_decision(finding.about)}
        filled = self._filled(text.get(self.lang), about)
        return filled[:1].upper() + filled[1:]

    def alike(self, findings: Sequence[Finding]) -> str:
        """Return the name of the same finding about some entities, with those entities."""
        name = self.finding(findings[0].id)
        about = [whom for f in findings if (whom := self.whom(f.about))]
        return f"{name} ({', '.join(about)})" if about else name

    def gap(self, finding: Finding) -> str:
        """Return what the two sides answered differently."""
        return self.compared_fact(finding.about.fact or "")

    def compared_fact(self, name: str) -> str:
        """Return what a declared pair of answers of the two sides is about."""
        pair = self.base.gaps.get(name)
        if pair is None:
            return self.fact(name)
        if pair.name is not None:
            return pair.name.get(self.lang)
        names = dict.fromkeys((self.fact(pair.ours), self.fact(pair.theirs)))
        return " / ".join(names)

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

    @staticmethod
    def _filled(text: str, values: Mapping[str, str]) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)

    def step_text(self, text: str, abouts: Sequence[About]) -> str:
        """Return a text of a step with ``{about}`` replaced."""
        return self._filled(text, {"about": ", ".join(self.about(about) for about in abouts)})

    def assumption(self, assumption: Assumption) -> str:
        """Return an assumption as a clause."""
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
            case "plan_complete":
                return self._(
                    "that the agreed plan names every promise: %(fact)s", fact=self.fact(name)
                )
            case "stated_total":
                return self._(
                    "that the stated total is right: %(fact)s", fact=self.fact(name) + whose
                )
        return self._(
            "that another conclusion is right: %(finding)s", finding=self.finding(name) + whose
        )

    def voided(self, voided: VoidedAnswer) -> str:
        """Return until when an answer held, and what happened then."""
        book = self.base.events
        event = "" if book is None else self.value(book.keys.kind, voided.event)
        told = {"value": self.value(voided.fact, voided.value), "event": event}
        told["since"] = self.dated(voided.as_of)
        if voided.from_day == voided.until:
            told["day"] = self.dated(voided.until)
            return self._("“%(value)s” (%(since)s) held until %(day)s: %(event)s", **told)
        told |= {"day": self.dated(voided.from_day), "fact": self.fact(voided.by)}
        return self._("“%(value)s” (%(since)s) held until a day after %(day)s: %(fact)s", **told)

    def _exception(self, rule: str) -> str:
        unless = self.base.rule(rule).unless
        return "" if unless is None else ", ".join(self._subjects(unless))

    def _subjects(self, condition: Condition) -> list[str]:
        said = [self.fact(ref.name) for ref in refs(condition)]
        for leaf in leaves(condition):
            if not leaf.term.counted:
                said += [self.finding(name) for name in leaf.term.findings]
        return list(dict.fromkeys(said)) or [self._("stage of the relationship")]

    def list_name(self, name: str) -> str:
        """Return the name of a list of a case, or of a fact that is computed from lists."""
        return list_names(self.lang).get(name) or self.fact(name)

    def reversal(self, reversal: Reversal) -> str:
        """Return a reversal as a fact and the required value."""
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
        """Return a contradiction as a sentence without a full stop."""
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

    # Terms of a diagnosis

    def status(self, status: str) -> str:
        """Return a status in words."""
        return {
            "established": self._("established"),
            "likely": self._("likely"),
            "possible": self._("possible"),
            "open": self._("open"),
        }.get(status, self._("not seen"))

    def status_and_certainty(self, status: str, *, firm: bool) -> str:
        """Return a status in words, and that it is provisional if it is."""
        said = self.status(status)
        return said if firm else f"{said}, {self.certainty(firm=False)}"

    def severity(self, severity: str) -> str:
        """Return a severity in words."""
        return {
            "high": self._("serious"),
            "medium": self._("deserves attention"),
            "low": self._("minor"),
        }.get(severity, self._("for information"))

    def strength(self, strength: str) -> str:
        """Return the strength of a rule in words."""
        return {
            "establishes": self._("establishes"),
            "suggests": self._("suggests"),
        }.get(strength, self._("hints"))

    def outcome(self, outcome: str) -> str:
        """Return the outcome of a rule in words."""
        return {
            "holds": self._("holds"),
            "assumed": self._("assumed"),
        }.get(outcome, self._("open"))

    def nothing_to_ask(self, edition: Edition) -> str:
        """Return that no question is left."""
        if edition is Edition.CUSTOMER:
            return self._("There is no question to you whose answer could change the result.")
        return self._("Every question that could change the result has been answered.")

    def whom_to_ask(self, side: str, edition: Edition = Edition.CONSULTANT) -> str:
        """Return whom to ask, as a heading."""
        if edition is Edition.CUSTOMER:
            if side == "customer":
                return self._("For you to answer")
            return self._("For you and us to answer, each for itself")
        return {
            "us": self._("Ask our own team"),
            "customer": self._("Ask the customer"),
        }.get(side, self._("Ask both sides, each for itself"))
