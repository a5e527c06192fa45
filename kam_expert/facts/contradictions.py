"""Contradictions in a case: of declared facts, of findings, of a stated and a counted total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.facts.computed import is_share
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN, Truth, bounds_of, equals

if TYPE_CHECKING:
    from kam_expert.facts.readings import Readings


@dataclass(frozen=True)
class Contradiction:
    """A contradiction.

    Attributes:
        kind: impossible (declared pair of facts), mirror (two findings), computed (a stated
            total against the counted one).
        name: The declared pair, the finding, or the fact.
        about: The kind and id of the entity.
        strict: Whether it holds in the strict reading too.
    """

    kind: str
    name: str
    about: tuple[str, str]
    other: str = ""
    strict: Truth = None


def contradictions_of(readings: Readings) -> tuple[Contradiction, ...]:
    """Return the contradictions in the working reading, in a fixed order.

    Those of findings need the findings that are settled so far.
    """
    return (*_impossible(readings), *_mirrored(readings), *_miscounted(readings))


def _impossible(readings: Readings) -> list[Contradiction]:
    account = readings.case.account
    found = []
    for name, condition in readings.base.impossible.items():
        if condition.evaluate(readings.view(account, strict=False)) is True:
            strict = condition.evaluate(readings.view(account, strict=True))
            about = ("account", account.id)
            found.append(Contradiction("impossible", name, about, strict=strict))
    return found


def _mirrored(readings: Readings) -> list[Contradiction]:
    found = []
    settled, mirrors = readings.settled.findings, readings.base.mirrors
    both = sorted(key for key, pair in settled.items() if pair[0] is True and key[0] in mirrors)
    for name, kind, identity in both:
        strict, mirror = settled[name, kind, identity][1], mirrors[name]
        other = settled.get((mirror, kind, identity), (False, False))
        if other[0] is True:
            certain = True if strict is True and other[1] is True else None
            found.append(Contradiction("mirror", name, (kind, identity), mirror, certain))
    return found


def _miscounted(readings: Readings) -> list[Contradiction]:
    found = []
    for fact in readings.base.totals:
        for entity in readings.entities(fact.kind):
            if fact.name not in entity.ours and fact.name not in entity.theirs:
                continue
            view = readings.view(entity, strict=False)
            stated = view.stated(Ref(fact.name))
            counted = view.computed(fact.name)
            share = is_share(fact.doc.computed or {})
            if stated is UNKNOWN or counted is UNKNOWN or _agree(stated, counted, share=share):
                continue
            strictly = readings.view(entity, strict=True).computed(fact.name)
            certain = strictly is not UNKNOWN and not _agree(stated, strictly, share=share)
            about = (entity.kind, entity.id)
            found.append(Contradiction("computed", fact.name, about, strict=certain or None))
    return found


def _agree(stated: Any, counted: Any, *, share: bool) -> bool:
    one, two = bounds_of(stated), bounds_of(counted)
    if one is not None and two is not None:
        # People round a share; they do not round a count.
        slack = 1 if share else 0
        above = two[1] is not None and one[0] > two[1] + slack
        return not above and not (one[1] is not None and one[1] < two[0] - slack)
    return equals(counted, stated) is not False
