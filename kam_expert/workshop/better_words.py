"""Which answers are better, and why a better one may raise a finding, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.case import Case, Entity
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.outputs.interface import translator
from kam_expert.outputs.value_words import ValueWords

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule


class BetterWords:
    """What the facts and findings of a rule base say of better answers, in one language."""

    def __init__(self, base: KnowledgeBase, lang: str) -> None:
        self._base, self._lang = base, lang
        self._translate = translator(lang).gettext
        self._words = ValueWords(base, Case(Entity("account", "case")), lang)

    def answers(self, rule: Rule) -> list[tuple[str, str]]:
        """Return the facts that a rule reads, each with which of its answers are better.

        Facts that do not say so are left out.
        """
        names = sorted({ref.name for part in rule.conditions() for ref in refs(part)})
        known = [name for name in names if name in self._base.facts]
        return [(self._words.fact(name), said) for name in known if (said := self._order(name))]

    def _order(self, name: str) -> str:
        _ = self._translate
        fact = self._base.facts[name]
        better = fact.doc.better
        if better is None:
            return ""
        if better == "none":
            return _("no answer is better than another")
        if not isinstance(better, list) and (fact.is_number or fact.doc.type == "set"):
            return _("more is better") if better == "up" else _("less is better")
        values = [self._words.value(name, word) for word in fact.from_worse]
        return _("from worse to better: %(values)s") % {"values": "; ".join(values)}

    def reasons(self, finding: str) -> list[tuple[str, str]]:
        """Return the facts of which a better answer may raise a finding, each with the reason."""
        return [
            (
                self._translate("any answer") if name == "any" else self._words.fact(name),
                why.get(self._lang),
            )
            for name, why in self._base.findings[finding].raised_by_better.items()
        ]
