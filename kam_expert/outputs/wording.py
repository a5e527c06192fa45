"""A diagnosis in words: findings, assumptions, contradictions, questions and terms.

The sentences come from the rule base, the words between them from the interface texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import leaves, refs
from kam_expert.knowledge.placeholders import PLACEHOLDER
from kam_expert.outputs.question_words import list_names
from kam_expert.outputs.reason_words import ReasonWords

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.results.diagnosis import (
        Assumption,
        ContradictionFound,
        Finding,
        OpenQuestion,
        Reversal,
        VoidedAnswer,
    )
    from kam_expert.results.inquiry import FindingChange


class Words(ReasonWords):
    """The words for one diagnosis in one language."""

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

    @staticmethod
    def _filled(text: str, values: Mapping[str, str]) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)

    def step_text(self, text: str, abouts: Sequence[About]) -> str:
        """Return a text of a step with ``{about}`` replaced."""
        return self._filled(text, {"about": ", ".join(self.about(about) for about in abouts)})

    def assumption(self, assumption: Assumption) -> str:
        """Return an assumption as a clause."""
        name = assumption.name
        whose = self.in_brackets(assumption.about)
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
        label = self.answer_label(reversal.fact, reversal.about, reversal.side)
        return f"{label}: {self.test(reversal.fact, reversal.to)}"

    def contradiction(self, found: ContradictionFound) -> str:
        """Return a contradiction as a sentence without a full stop."""
        if found.kind == "impossible":
            said = self.base.impossible_texts[found.name].says.get(self.lang)
            return said[:1].upper() + said[1:]
        if found.kind == "mirror":
            one, other = self.finding(found.name), self.finding(found.other)
            said = self._("The facts point both ways: %(one)s, and %(other)s", one=one, other=other)
            return said + self.in_brackets(found.about)
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

    def asked(self, question: OpenQuestion, edition: Edition = Edition.CONSULTANT) -> str:
        """Return a question, after the name of whom it is about unless it is the account."""
        name = "" if question.about.kind == "account" else f"{self.about(question.about)}: "
        return name + self.question(question.name, question.asked_of, edition)

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
