"""The difference between two diagnoses, and the facts that caused it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.engines.assemble import assemble
from kam_expert.engines.inquiry.variants import Touched, Variants
from kam_expert.engines.reasons import plain_found
from kam_expert.engines.settling import PlainEngine, Settlement, settle_case
from kam_expert.facts.differences import CaseDifference, differences, merged
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.results.inquiry import (
    ChangedPart,
    Comparison,
    FindingChange,
    StageChange,
    StrategyChange,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from kam_expert.engines.settling import Key
    from kam_expert.facts.case import Answer, Case
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis, Finding, NextStep

_ENTITIES = ("added", "removed", "listed", "belongs", "plan")


def what_if(variants: Variants, changes: Mapping[Slot, Any]) -> Comparison:
    """Return the difference that changed facts would make; nothing is saved.

    Args:
        variants: The account as it is.
        changes: The new value for each slot; UNKNOWN removes an answer.
    """
    parts = {slot: _changed(slot, value, variants) for slot, value in changes.items()}

    def settled(chosen: Iterable[Slot]) -> Settlement:
        return variants.settled({slot: changes[slot] for slot in chosen})

    days = (variants.day, variants.day)
    return _Comparer(variants.base, variants.now, parts, settled).comparison(days)


def compare(old: Case, new: Case, base: KnowledgeBase, days: tuple[date, date]) -> Comparison:
    """Return what changed between two versions of a case, and the facts that caused it.

    Args:
        old: The account as it was.
        new: The same account later.
        base: The rule base for both.
        days: The days of the two diagnoses.
    """
    versions = _Versions(old, new, base, days)
    parts = {part: _part(part, new) for part in versions.parts}
    if days[0] != days[1]:
        account = About("account", new.account.id)
        passed = (days[0].isoformat(), days[1].isoformat())
        parts[_DAY] = ChangedPart("day", account, None, None, *passed)
    now = versions.variants.now
    return _Comparer(base, now, parts, versions.settled).comparison(days)


_DAY = CaseDifference("day", None, "account", "", None, None)


class _Versions:
    """Two versions of a case, and mixtures: the older with some parts of the newer."""

    def __init__(self, old: Case, new: Case, base: KnowledgeBase, days: tuple[date, date]) -> None:
        # The name of an account may have changed; the rules do not read it.
        self.new = replace(new, account=replace(new.account, id=old.account.id))
        self.old = old
        self.base = base
        self.days = days
        self.parts = differences(old, self.new)
        self.variants = Variants(old, base, days[0])

    def settled(self, chosen: Iterable[CaseDifference]) -> Settlement:
        """Return the older version with *chosen* parts of the newer, settled."""
        chosen = list(chosen)
        case = merged(self.old, self.new, chosen)
        if _DAY in chosen or any(part.what in _ENTITIES for part in chosen):
            day = self.days[_DAY in chosen]
            return settle_case(case, self.base, day, PlainEngine())
        slots = [part.slot for part in chosen if part.slot is not None]
        lists = [part.kind for part in chosen if part.what == "complete"]
        return self.variants.resettled_case(case, Touched.by(slots, lists))


class _Comparer:
    """Compares an account before and after the changes of *parts*.

    Args:
        base: The rule base.
        before: The account as it was, settled.
        parts: The differences, by their names in *settled*.
        settled: Settles the account with some of the parts.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        before: Settlement,
        parts: Mapping[Any, ChangedPart],
        settled: Callable[[Iterable[Any]], Settlement],
    ) -> None:
        self.base = base
        self.before = before
        self.parts = parts
        self._settle = settled
        self._known: dict[frozenset[Any], Settlement] = {frozenset(): before}
        self.after = self._settled(parts)

    def _settled(self, chosen: Iterable[Any]) -> Settlement:
        key = frozenset(chosen)
        if key not in self._known:
            # In the order of the parts, so that the result is deterministic.
            self._known[key] = self._settle([part for part in self.parts if part in key])
        return self._known[key]

    def comparison(self, days: tuple[date, date]) -> Comparison:
        """Return the whole difference."""
        was, now = assemble(self.before, self.base), assemble(self.after, self.base)
        return Comparison(
            days=days,
            parts=tuple(self.parts.values()),
            stage=self._stage(was, now),
            strategy=self._strategy(was, now),
            findings=self._findings(was, now),
            steps_new=_steps(now, was),
            steps_gone=_steps(was, now),
            steps_held=_moved(was, now, held=True),
            steps_freed=_moved(was, now, held=False),
        )

    def _stage(self, was: Diagnosis, now: Diagnosis) -> StageChange:
        order = self.base.stage_model.names
        before, after = was.stage, now.stage
        moved = before.verdict != after.verdict
        better = None
        if moved and before.verdict in order and after.verdict in order:
            better = order.index(after.verdict) > order.index(before.verdict)
        because: tuple[ChangedPart, ...] = ()
        if moved:
            because = self._cause(lambda found: found.verdict == after.verdict)
        return StageChange(before.verdict, after.verdict, before.firm, after.firm, better, because)

    def _strategy(self, was: Diagnosis, now: Diagnosis) -> StrategyChange | None:
        before, after = was.strategy, now.strategy
        if before is None or after is None:
            return None
        because: tuple[ChangedPart, ...] = ()
        one, two = before.found, after.found
        if one.id != two.id:
            # The two versions of a case have the same id.
            key = (two.id, "account", self.before.readings.case.account.id)
            because = self._cause(_same_status(key, two.status))
        return StrategyChange(before.effective, after.effective, one.firm, two.firm, because)

    def _findings(self, was: Diagnosis, now: Diagnosis) -> tuple[FindingChange, ...]:
        before = {(f.id, f.about): f for f in was.findings}
        after = {(f.id, f.about): f for f in now.findings}
        keys = self._keys()
        changes = []
        for place in dict.fromkeys((*after, *before)):
            one, two = before.get(place), after.get(place)
            statuses = (
                "absent" if one is None else one.status,
                "absent" if two is None else two.status,
            )
            firm = (self._firm(self.before, keys[place]), self._firm(self.after, keys[place]))
            if statuses[0] == statuses[1] and firm[0] == firm[1]:
                continue
            found = two or one
            assert found is not None  # noqa: S101 -- it came from one of the two
            because: tuple[ChangedPart, ...] = ()
            if statuses[0] != statuses[1]:
                because = self._cause(_same_status(keys[place], statuses[1]))
            changes.append(
                FindingChange(
                    place[0], place[1], *statuses, *firm, found.severity,
                    self._better(place[0], found.severity, *statuses), because,
                    _missing(found) if statuses[1] == "open" else (),
                )
            )  # fmt: skip
        return tuple(changes)

    def _keys(self) -> dict[tuple[str, About], Key]:
        """Return the key of each finding that either diagnosis could have, by id and about."""
        keys: dict[tuple[str, About], Key] = {}
        for settlement in (self.after, self.before):
            readings = settlement.readings
            for key in settlement.findings:
                entity = next(e for e in readings.entities(key[1]) if e.id == key[2])
                keys.setdefault((key[0], readings.view(entity, strict=False).about), key)
        return keys

    @staticmethod
    def _firm(settlement: Settlement, key: Key) -> bool:
        settled = settlement.findings.get(key)
        return True if settled is None else settled.firm

    def _better(self, name: str, severity: str, before: str, after: str) -> bool | None:
        ranks = ("absent", "open", "possible", "likely", "established")
        if before == after or "open" in (before, after):
            return None
        rises = ranks.index(after) > ranks.index(before)
        last = self.base.stage_model.stages[-1]
        if name in last.features:
            return rises
        return None if severity == "info" else not rises

    def _cause(self, holds: Callable[[Settlement], bool]) -> tuple[ChangedPart, ...]:
        """Return a minimal set of parts that makes *holds* true.

        Parts are removed one by one while the rest is enough.
        """
        needed = list(self.parts)
        if len(needed) > 1:
            needed = self._fewer(needed, holds)
        return tuple(self.parts[part] for part in needed)

    def _fewer(self, needed: list[Any], holds: Callable[[Settlement], bool]) -> list[Any]:
        # Halves first: usually only one or two of many parts matter.
        size = len(needed)
        while True:
            size = max(1, size // 2)
            start, before = 0, len(needed)
            while start < len(needed) and len(needed) > 1:
                rest = needed[:start] + needed[start + size :]
                if rest and holds(self._settled(rest)):
                    needed = rest
                else:
                    start += size
            if size == 1 and len(needed) == before:
                return needed


def _missing(found: Finding) -> tuple[str, ...]:
    """Return the facts of an open finding whose answers would decide it."""
    return tuple(
        dict.fromkeys(
            premise.fact
            for reason in found.reasons
            if reason.outcome == "open"
            for premise in reason.premises
            if premise.fact is not None and premise.holds is None and premise.actual is None
        )
    )


def _same_status(key: Key, status: str) -> Callable[[Settlement], bool]:
    def holds(found: Settlement) -> bool:
        settled = found.findings.get(key)
        return (settled.status if settled else "absent") == status

    return holds


def _steps(now: Diagnosis, other: Diagnosis) -> tuple[NextStep, ...]:
    known = {(step.id, step.about) for step in other.next_steps}
    return tuple(step for step in now.next_steps if (step.id, step.about) not in known)


def _moved(was: Diagnosis, now: Diagnosis, *, held: bool) -> tuple[NextStep, ...]:
    before = {(step.id, step.about): bool(step.held_back_by) for step in was.next_steps}
    return tuple(
        step
        for step in now.next_steps
        if before.get((step.id, step.about)) is (not held) and bool(step.held_back_by) is held
    )


def _changed(slot: Slot, value: Any, variants: Variants) -> ChangedPart:
    what = "total" if value is not UNKNOWN and variants.is_counted(slot) else "answer"
    before = None
    for entity in variants.case.entities(slot.kind):
        if entity.id == slot.id:
            view = variants.now.readings.view(entity, strict=False)
            values = (
                view.computed(slot.fact)
                if what == "total"
                else view.stated(Ref(slot.fact, slot.side))
            )
            before = plain_found(values)
    about = About(slot.kind, slot.id)
    return ChangedPart(what, about, slot.fact, slot.side, before, plain_found(value))


def _part(difference: CaseDifference, new: Case) -> ChangedPart:
    slot = difference.slot
    if slot is not None:
        identity = new.account.id if slot.kind == "account" else slot.id
        about = About(slot.kind, identity)
        values = _plain(difference.before), _plain(difference.after)
        return ChangedPart("answer", about, slot.fact, slot.side, *values)
    if difference.what in ("listed", "complete"):
        about = About("account", new.account.id)
        return ChangedPart(
            difference.what, about, difference.kind, None, difference.before, difference.after
        )
    about = About(difference.kind, difference.id)
    if difference.what == "plan":
        statuses = (entry and entry.status for entry in (difference.before, difference.after))
        return ChangedPart("plan", about, None, None, *statuses)
    if difference.what == "belongs":
        before, after = (
            None if d is None else tuple(sorted(d)) for d in (difference.before, difference.after)
        )
        return ChangedPart("belongs", about, None, None, before, after)
    return ChangedPart(difference.what, about, None, None, None, None)


def _plain(answers: Sequence[Answer]) -> Any:
    """Return the present values of answers as plain data."""
    return plain_found(answers[-1].value) if answers else None
