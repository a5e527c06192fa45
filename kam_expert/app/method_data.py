"""The facts and rules of a rule base as data for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, unknown_word
from kam_expert.outputs.json_parts import text_data

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

#: The kinds of entities by the scope that the vocabulary gives.
_ABOUT = {"account": "account", "portfolio": "account", "meeting": "account", "team": "member"}


def vocabulary_data(base: KnowledgeBase, theme: str | None) -> list[dict[str, Any]]:
    """Return the facts that can be answered, with question, values and unit.

    Args:
        base: The rule base.
        theme: The theme of the facts; all by default.

    Raises:
        KamError: The theme is unknown.
    """
    themes = tuple(sorted({fact.doc.theme for fact in base.facts.values()}))
    if theme is not None and theme not in themes:
        raise KamError(unknown_word("theme", theme, themes))
    return [
        {
            "fact": fact.name,
            "about": _ABOUT.get(fact.doc.scope, fact.doc.scope),
            "theme": fact.doc.theme,
            "type": fact.doc.type,
            "unit": fact.doc.unit,
            "values": {word: text.en for word, text in fact.doc.values.items()},
            "asked_of": fact.doc.asked_of,
            "judgement_of_a_person": fact.doc.privacy == "assessment",
            "question": text_data(fact.doc.ask),
        }
        for fact in base.facts.values()
        if fact.doc.computed is None and theme in (None, fact.doc.theme)
    ]


def rules_data(base: KnowledgeBase) -> list[dict[str, Any]]:
    """Return every rule with its finding and the statements that it cites."""
    return [{"rule": r.name, "finding": r.finding, "cites": list(r.cites)} for r in base.rules]


def rule_data(base: KnowledgeBase, name: str) -> dict[str, Any]:
    """Return a rule with its texts, citations and thresholds. Raises KamError."""
    rule = base.rule(name)
    says = {cited: base.statements.statements[cited].says for cited in rule.cites}
    return {
        "rule": rule.name,
        "file": rule.file,
        "finding": rule.finding,
        "strength": rule.strength,
        "explains": text_data(rule.explains),
        "cites": {cited: text_data(text) for cited, text in says.items()},
        "we_chose": {t.name: {"value": t.value, "reason": t.reason} for t in rule.thresholds},
    }
