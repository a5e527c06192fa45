"""The words of the form of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Iterable


class FormWords:
    """Labels, operators and fixed values in one language."""

    def __init__(self, lang: str) -> None:
        _ = translator(lang).gettext
        self._operators = {
            "is": _("is"), "not": _("is not"), "at_least": _("is at least"),
            "at_most": _("is at most"), "above": _("is more than"), "below": _("is less than"),
            "contains": _("contains"), "contains_any": _("contains one of"),
            "contains_all": _("contains all of"), "only": _("contains nothing but"),
        }  # fmt: skip
        self._values = {
            "hints": _("hints"), "suggests": _("suggests"), "establishes": _("establishes"),
            "draft": _("draft"), "reviewed": _("reviewed"), "retired": _("retired: not applied"),
            "holds": _("holds"), "assumed": _("is assumed"), "silent": _("is silent"),
            "open": _("is open"), "established": _("established"), "likely": _("likely"),
            "possible": _("possible"), "absent": _("absent"),
            "rising": _("rising"), "falling": _("falling"), "flat": _("level"),
        }  # fmt: skip
        self._labels = {
            "finding": _("Finding"), "strength": _("How strongly"), "status": _("State"),
            "number": _("Number"), "reason": _("Why this number"), "value": _("Value"),
            "operator": _("Test"), "uk": _("Ukrainian"), "en": _("English"),
            "explains": _("Explanation"), "note": _("Note for authors"),
            "case": _("What the case shows"), "expect": _("The rule"),
            "status_of": _("The finding is"), "trend": _("Direction"),
            "findings": _("Findings"), "all": _("all of these"), "any": _("at least one of these"),
            "none": _("none of these"), "count": _("number of"), "every": _("every one of"),
            "where": _("among those for which"), "satisfies": _("it is true that"),
            "distinct": _("counted by different"), "people": _("people"), "team": _("our team"),
            "links": _("pairs"), "decisions": _("decisions"), "events": _("events"),
            "finding_holds": _("likely or established"), "findings_of": _("findings of a group"),
            "stage": _("stage, in every possible verdict"), "verdict": _("stage that is named"),
            "definition": _("definition"), "days_ago": _("days since then"),
            "days_until": _("days until then"), "size": _("number named"),
            "customer": _("the customer says"), "facts": _("we say"),
            "ours": _("our answer"), "theirs": _("the customer’s answer"),
            "person": _("the person"), "member": _("the team member"),
            "empty": _("nothing was entered"), "unknown": _("this is not on the list"),
            "say_why": _("Say in both languages why this number."),
            "threshold": _("Number that we chose"),
            "the_stage": _("stage"), "the_strategy": _("strategy"), "changed": _("(changed)"),
            "given": _("this is given already"),
        }  # fmt: skip

    def label(self, key: str) -> str:
        """Return the name of a field or a part."""
        return self._labels[key]

    def value(self, word: str) -> str:
        """Return a fixed value, such as the outcome of a case."""
        return self._values.get(word, word)

    def options(self, words: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return fixed values with their labels."""
        return tuple((word, self._values[word]) for word in words)

    def operators(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return operators with their labels."""
        return tuple((name, self._operators[name]) for name in names)
