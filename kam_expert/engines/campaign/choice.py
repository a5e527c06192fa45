"""Choose the few questions of a campaign that settle most about one account.

The order of `kam_expert.engines.questions` serves a conversation: it asks for the stage first, and
each question is ranked alone. A campaign asks several at once and cannot ask back. So each further
question is chosen by what the rules still wait for once the earlier ones are answered: a rule that
waits for one more answer gives that question its whole weight. Findings weigh by severity, and
what the strategy waits for weighs as a severe finding. A second question of a theme counts half, a
third one a third, because answers within a theme tell much of each other. What a side has said and
still holds is not asked again, nor what is computed from the portfolio.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kam_expert.engines.questions import (
    OPEN,
    SEVERITIES,
    SHARED,
    QuestionOrder,
    share_of,
    waiting_rules,
)
from kam_expert.facts.changes import Slot

if TYPE_CHECKING:
    from kam_expert.engines.settling import Settlement
    from kam_expert.engines.unknowns import Unknown
    from kam_expert.knowledge.base import KnowledgeBase

SIDES = {"us": "ours", "customer": "theirs"}


def chosen_questions(
    settlement: Settlement, base: KnowledgeBase, asked_of: str, most: int, least: float
) -> tuple[str, ...]:
    """Return the facts of the account to ask one side for, the most useful first.

    Args:
        settlement: The account as it is known.
        base: The rule base.
        asked_of: ``us`` or ``customer``.
        most: The maximum number of questions.
        least: What a question must settle: 1 is the whole of an open rule of a severe finding.

    Returns:
        Names of facts. Lists, and facts of people, decisions and ties, are never among them.
    """
    choice = _Choice(settlement, base, asked_of, least)
    chosen: list[str] = []
    while len(chosen) < most and (best := choice.best()) is not None:
        chosen.append(best)
        choice.answer(best)
    return tuple(chosen)


def still_open(settlement: Settlement, base: KnowledgeBase, asked_of: str) -> frozenset[str]:
    """Return the facts whose answer by one side could still settle something."""
    return _Choice(settlement, base, asked_of, 0).open


class _Choice:
    def __init__(
        self, settlement: Settlement, base: KnowledgeBase, asked_of: str, least: float
    ) -> None:
        self._least = max(1.0, least * SHARED * OPEN * SEVERITIES["high"])
        self._base = base
        self._asked_of = asked_of
        self._order = QuestionOrder(base)
        self._readings = settlement.readings
        self._account = settlement.readings.case.account
        self._rules = [
            (self._severity(rule.finding) * rule.urgency, set(rule.answers))
            for rule in waiting_rules(settlement, base)
        ]
        slots = {u for _, waits in self._rules for u in waits if self._is_askable(u)}
        self._themes: Counter[str] = Counter()
        #: The slots that this side fills, by fact.
        self._slots: dict[str, set[Unknown]] = {}
        for slot in slots:
            if isinstance(slot, Slot):
                self._slots.setdefault(slot.fact, set()).add(slot)

    @property
    def open(self) -> frozenset[str]:
        """Return the facts that this side can be asked for."""
        return frozenset(self._slots)

    def _severity(self, finding: str) -> int:
        if finding in self._base.strategy_conditions:
            return SEVERITIES["high"]
        return self._order.severity(finding)

    def _is_askable(self, unknown: Unknown) -> bool:
        if not isinstance(unknown, Slot) or unknown.kind != "account":
            return False
        fact = self._base.facts[unknown.fact]
        if fact.doc.computed is not None and not fact.doc.from_lists:
            return False
        asked, mine = fact.doc.asked_of, SIDES[self._asked_of]
        if asked not in (self._asked_of, "both") or self._knows(unknown.fact, mine):
            return False
        # Until the customer has answered, our answer counts for it.
        speaks = mine == "ours" and fact.bare and not self._knows(unknown.fact, "theirs")
        return unknown.side == mine or speaks

    def _knows(self, fact: str, side: str) -> bool:
        """Return whether a side answered a fact and the answer still holds."""
        account = self._account
        answers = account.ours if side == "ours" else account.theirs
        holding, _ = self._readings.standing(account, fact, answers.get(fact, ()))
        if not holding:
            return False
        days, as_of = self._base.facts[fact].doc.fresh_days, holding[-1].as_of
        return days is None or as_of is None or (self._readings.day - as_of).days <= days

    def best(self) -> str | None:
        """Return the fact whose answer weighs most; None if this side can settle nothing more."""
        weights = dict.fromkeys(self._slots, 0)
        for urgent, waits in self._rules:
            for name, slots in self._slots.items():
                weights[name] += len(slots & waits) and share_of(urgent, len(waits))
        for name in weights:
            weights[name] //= 1 + self._themes[self._base.facts[name].doc.theme]
        found = [name for name, weight in weights.items() if weight >= self._least]
        return min(found, key=lambda name: (-weights[name], self._order.places[name]), default=None)

    def answer(self, name: str) -> None:
        """Count a fact as answered by this side."""
        slots = self._slots.pop(name)
        self._themes[self._base.facts[name].doc.theme] += 1
        for _, waits in self._rules:
            waits.difference_update(slots)
