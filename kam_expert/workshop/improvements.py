"""Better answers that make an account look worse: the stage is lower, or an obstacle is raised.

A fact says which way its answers are better (``better`` in ``facts.yaml``). Each answer of an
account is replaced with the next better one at which some rule may turn. A finding says under
``raised_by_better`` why a better answer may raise it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.facts.case import LISTS
from kam_expert.facts.changes import Slot, answers_in
from kam_expert.knowledge.conditions.condition import Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.engines.settling import Settlement
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.workshop.tried_accounts import TriedAccount

#: In place of a finding, where the stage is lower.
STAGE = "stage"


@dataclass(frozen=True)
class Worsening:
    """An account that a better answer makes look worse.

    Attributes:
        account: Its name.
        slot: The answer.
        was: Its value.
        now: The better value.
        what: The obstacle that is raised, or `STAGE`.
        change: The status or the stage, before and after.
    """

    account: str
    slot: Slot
    was: Any
    now: Any
    what: str
    change: tuple[str, str]

    def __str__(self) -> str:
        """Return it in words."""
        before, after = self.change
        answer = f"{self.slot.side}.{self.slot.fact}: {_said(self.was)} -> {_said(self.now)}"
        return f"{self.account}: {answer} makes {self.what} {after}, not {before}"


def explained_by(worsening: Worsening, base: KnowledgeBase) -> str | None:
    """Return the key under which a finding says why a better answer raises it; None if not.

    ``any`` speaks for answers that raise it by way of other findings or the stage, not for those
    that a rule of the finding reads itself.
    """
    if worsening.what == STAGE:
        return None
    fact, reasons = worsening.slot.fact, base.findings[worsening.what].raised_by_better
    if fact in reasons:
        return fact
    own = any(rule.reads(fact) for rule in base.rules_for(worsening.what))
    return "any" if "any" in reasons and not own else None


@dataclass
class Improvements:
    """Tries better answers.

    Attributes:
        tried: The number of single improvements so far.
    """

    base: KnowledgeBase
    tried: int = 0

    def __post_init__(self) -> None:
        """Read the limits of the rule base."""
        self._borders = Borders(self.base)

    def worsenings(self, accounts: Iterable[TriedAccount]) -> Iterator[Worsening]:
        """Yield what single better answers make worse in some accounts."""
        for account in accounts:
            variants = Variants(account.case, self.base, account.day)
            for slot, was, now in self._better(variants):
                self.tried += 1
                after = variants.settled({slot: now})
                for what, *change in self._worse(variants.now, after):
                    yield Worsening(account.name, slot, was, now, what, (change[0], change[1]))

    def _better(self, variants: Variants) -> Iterator[tuple[Slot, Any, Any]]:
        """Yield each answer with the next better ones."""
        for slot in _slots(variants.case):
            fact = self.base.facts[slot.fact]
            # A stated total is not read where the lists of the case give one.
            if fact.doc.better in (None, "none") or variants.is_counted(slot):
                continue
            was = answers_in(variants.case, slot)[-1].value
            if was != _read(slot, variants):
                continue  # of a later day, or void
            for now in better_values(fact, was, self._borders.values(slot, variants)):
                yield slot, was, now

    def _worse(self, before: Settlement, after: Settlement) -> Iterator[tuple[str, str, str]]:
        names = self.base.stage_model.names
        if {before.verdict, after.verdict} <= {*names} and (
            names.index(after.verdict) < names.index(before.verdict)
        ):
            yield STAGE, before.verdict, after.verdict
        for key, found in after.findings.items():
            name = key[0]
            severity = self.base.findings[name].severity
            if self.base.is_obstacle(name, severity, found.status):
                was = before.findings[key].status
                if not self.base.is_obstacle(name, severity, was):
                    yield name, was, found.status


def better_values(fact: Fact, value: Any, others: Iterable[Any]) -> list[Any]:
    """Return the next better values: of words the next, of numbers the nearest, of sets each.

    Args:
        fact: It says which way is better.
        value: The answer.
        others: Other values worth trying.
    """
    if isinstance(value, frozenset):
        return [other for other in others if isinstance(other, frozenset) and value < other]
    if fact.is_number:
        if not isinstance(value, int | float):
            return []
        sign = 1 if fact.doc.better == "up" else -1
        numbers = [o for o in others if isinstance(o, int | float) and sign * (o - value) > 0]
        return [min(numbers, key=lambda other: sign * other)] if numbers else []
    words = fact.from_worse
    return words[words.index(value) + 1 :][:1] if value in words else []


def _read(slot: Slot, variants: Variants) -> Any:
    """Return what is read of an answer; a link is read by its own facts too."""
    [entity] = [e for e in variants.case.entities(slot.kind) if e.id == slot.id]
    view = variants.now.readings.view(entity, strict=False)
    return view.read(Ref(slot.fact, slot.side))


def _slots(case: Case) -> Iterator[Slot]:
    entities = [case.account]
    for name in LISTS:
        entities += getattr(case, name) or ()
    for entity in entities:
        for side in ("ours", "theirs"):
            for fact in getattr(entity, side):
                yield Slot(entity.kind, entity.id, fact, side)


def _said(value: Any) -> str:
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
