"""The strategy of an account in words, for every output that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kam_expert.outputs.wording import Words
    from kam_expert.results.diagnosis import StrategyResult


@dataclass(frozen=True)
class StrategyShown:
    """A strategy in words.

    Attributes:
        name: Of the strategy that counts; ``says``: what it means.
        by_rules: The strategy that the rules give, if another one was chosen; else empty.
        reason: Why another one was chosen.
        firm: Whether no missing answer can change the strategy of the rules.
        certainty: How certain the strategy that counts is, in a word; ``certainty_by_rules``: the
            strategy of the rules.
        because: What the strategy of the rules rests on; empty where its reader may not know that.
        could_be: Strategies that missing answers could lead to.
        changed_by: Single changes that would take it back.
        passed_over: Strategies whose condition holds too, and which come later.
    """

    name: str
    says: str
    by_rules: str
    reason: str
    firm: bool
    certainty: str
    certainty_by_rules: str
    because: tuple[str, ...]
    could_be: tuple[str, ...]
    changed_by: tuple[str, ...]
    passed_over: tuple[str, ...]


def shown_strategy(strategy: StrategyResult | None, words: Words) -> StrategyShown | None:
    """Return a strategy in words; None if there is none."""
    if strategy is None:
        return None
    found, chosen = strategy.found, strategy.chosen
    doc = words.base.findings[strategy.effective]
    because = dict.fromkeys(
        words.subject(p) if p.finding else f"{words.subject(p)}: {words.found(p)}"
        for reason in found.reasons
        for p in reason.premises
        if p.holds and not p.exception
    )
    by_rules = words.base.strategy(found.id)
    if by_rules is not None and by_rules.applies is None:
        because = {words._("no other strategy holds"): None}
    return StrategyShown(
        name=doc.name.get(words.lang),
        says=doc.means.get(words.lang),
        by_rules=words.finding(found.id) if chosen else "",
        reason=chosen.reason if chosen else "",
        firm=found.firm,
        certainty=words.certainty(firm=found.firm, chosen=chosen is not None),
        certainty_by_rules=words.certainty(firm=found.firm),
        because=tuple(because),
        could_be=tuple(words.finding(name) for name in strategy.could_be if name != found.id),
        changed_by=tuple(words.reversal(reversal) for reversal in found.reversed_by),
        passed_over=tuple(words.finding(name) for name in strategy.passed_over),
    )
