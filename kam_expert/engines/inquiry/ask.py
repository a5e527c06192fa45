"""What to ask next: every open question with every answer worth trying, the most telling first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.unknowns import Grows, of_fact, unknowns
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.facts.changes import Slot, told
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.base import Ref
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.results.inquiry import NextQuestion, Questioning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from kam_expert.engines.settling import Key, Settlement
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


def ask(case: Case, base: KnowledgeBase, day: date) -> Questioning:
    """Return what to ask next about *case*.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis.

    Returns:
        The questions in the order of how many features of the stage one answer can settle, then
        how many it makes certain, then other findings; numbers are tried at the borders of rules.
    """
    return Asker(Variants(case, base, day)).questioning()


@dataclass
class _Effect:
    """What the answers to one question do; the best of them counts."""

    features: tuple[str, ...] = ()
    confirms: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    mean: float = 0
    settled: int = 0
    certain: int = 0
    changes: set[str] = field(default_factory=set)
    stages: set[str] = field(default_factory=set)
    moves: bool = False

    @property
    def size(self) -> tuple[float, ...]:
        """Return what questions are ordered by, the more the earlier."""
        stage = len(self.features), len(self.confirms), len(self.helps)
        return *stage, self.mean, self.settled, self.certain


class Asker:
    """Weighs the open questions of one account.

    Args:
        variants: The account, settled as it is.
    """

    def __init__(self, variants: Variants) -> None:
        self.variants = variants
        self.base = variants.base
        self.borders = Borders(variants.base)
        self._staged = frozenset(variants.base.stage_model.findings_read)
        names = dict.fromkeys((*variants.base.first_questions, *variants.base.facts))
        self._order = {name: index for index, name in enumerate(names)}

    def questioning(self) -> Questioning:
        """Return the questions in order, and whether to stop."""
        asked: dict[Slot | Grows, _Effect] = {}
        parts = self._parts()
        open_ = list(parts)
        # Who else there may be on a list that is called incomplete, nobody can answer; nor does a
        # stated total get more certain by being stated again.
        stuck = [unknown for unknown in open_ if self._is_answered(unknown)]
        open_ = [unknown for unknown in open_ if unknown not in stuck]
        for unknown in open_:
            if isinstance(unknown, Grows):
                slots: list[Slot | Grows] = [unknown]
            elif (theirs := self._for_both(unknown)) == unknown or theirs not in open_:
                slots = [s for s in open_ if s == unknown or self._is_ours_of(s, unknown)]
            else:
                continue
            asked[unknown] = self._effect(slots)
            asked[unknown].helps = self._helps(asked[unknown], [parts[slot] for slot in slots])
        ordered = sorted(asked, key=lambda u: (*(-n for n in asked[u].size), *self._place(u)))
        questions = [
            (self._question(u, asked[u]), asked[u].moves or bool(asked[u].helps)) for u in ordered
        ]
        stop = None
        if not questions and not stuck:
            stop = "all"
        elif self._stage_is_firm():
            stop = "stage"
        return Questioning(
            questions=tuple(question for question, moves in questions if moves),
            waiting=tuple(question for question, moves in questions if not moves),
            stop=stop,
        )

    def _stage_is_firm(self) -> bool:
        now = self.variants.now
        return now.possible_stages[1] == {now.verdict}

    def unknown(self) -> list[Slot | Grows]:
        """Return everything unknown that keeps a rule from being certain, in the order of rules."""
        return list(self._parts())

    def _parts(self) -> dict[Slot | Grows, set[str]]:
        """Return everything unknown, each with the findings whose rules it keeps open."""
        parts: dict[Slot | Grows, set[str]] = {}
        for unknown, finding in self._unknown():
            parts.setdefault(unknown, set()).add(finding)
        return parts

    def _unknown(self) -> Iterator[tuple[Slot | Grows, str]]:
        now = self.variants.now
        account = now.readings.view(self.variants.case.account, strict=True)
        for name in self.base.stage_model.contact_facts:
            # While none of these is known no stage can be told, whatever the features say.
            if UNDETERMINED in now.possible_stages[0] and account.read(Ref(name)) is UNKNOWN:
                yield from ((unknown, "") for unknown in of_fact(Ref(name), account))
        for (finding, kind, identity), outcomes in now.outcomes.items():
            if self.base.findings[finding].about_knowledge:
                continue
            for rule, outcome in outcomes:
                if outcome.strict is not None:
                    continue
                entity = next(e for e in now.readings.entities(kind) if e.id == identity)
                view = now.readings.view(entity, strict=True)
                if kind == "gap":
                    gap = self.base.gaps[identity]
                    yield from ((slot, finding) for slot in self._gap(gap.ours, gap.theirs))
                    continue
                for part in rule.conditions():
                    yield from ((unknown, finding) for unknown in unknowns(part, view))

    def _helps(self, effect: _Effect, parts: Iterable[set[str]]) -> tuple[str, ...]:
        """Return the open features that rest on a question and that no answer to it settles."""
        helps = {feature for part in parts for name in part for feature in self._feeds[name]}
        helps -= {*effect.features, *effect.confirms}
        return tuple(name for name in self.base.stage_model.findings_read if name in helps)

    @cached_property
    def _feeds(self) -> Mapping[str, set[str]]:
        """Return the open features that rest on each open finding, itself among them."""
        feeds: defaultdict[str, set[str]] = defaultdict(set)
        now = self.variants.now
        still_open = {key[0] for key, found in now.findings.items() if found.strict is None}
        for name in reversed([name for stratum in self.base.strata for name in stratum]):
            if name not in still_open:
                continue
            if name in self._staged:
                feeds[name].add(name)
            for rule in self.base.rules_for(name):
                for read in rule.findings_read() & still_open:
                    feeds[read] |= feeds[name]
        return feeds

    def _gap(self, ours: str, theirs: str) -> Iterator[Slot]:
        account = self.variants.case.account.id
        for slot in (Slot("account", account, ours), Slot("account", account, theirs, "theirs")):
            if not told(self.variants.case, slot):
                yield slot

    def _is_answered(self, unknown: Slot | Grows) -> bool:
        if isinstance(unknown, Grows):
            return unknown.said
        declared = self.base.facts[unknown.fact].doc.computed
        counted = declared is not None and "rank" not in declared
        return counted and bool(told(self.variants.case, unknown))

    def _for_both(self, slot: Slot | Grows) -> Slot | Grows:
        """Return the slot under which a fact is asked that both sides speak of with one voice."""
        if isinstance(slot, Grows):
            return slot
        fact = self.base.facts[slot.fact]
        return replace(slot, side="theirs") if fact.doc.asked_of == "both" and fact.bare else slot

    def _is_ours_of(self, slot: Slot | Grows, asked: Slot) -> bool:
        return asked.side == "theirs" and self._for_both(slot) == asked

    def _effect(self, asked: Sequence[Slot | Grows]) -> _Effect:
        """Return what an answer does at best; a question to both sides has a slot for each."""
        best = _Effect()
        answers = [answer for slot in asked for answer in self._answers(slot)]
        of_the_stage = 0
        for changes, complete in answers:
            found = self.variants.settled(changes, complete)
            effect = self._compare(found)
            best.changes |= effect.changes
            best.stages |= effect.stages
            best.moves |= effect.moves
            of_the_stage += len(effect.features) + len(effect.confirms)
            if effect.size > best.size:
                best.features, best.confirms = effect.features, effect.confirms
                best.findings = effect.findings
                best.settled, best.certain = effect.settled, effect.certain
        best.mean = of_the_stage / max(1, len(answers))
        return best

    def _answers(self, unknown: Slot | Grows) -> Iterator[tuple[dict[Slot, Any], dict[str, bool]]]:
        if isinstance(unknown, Grows):
            yield {}, {unknown.of: True}
            return
        for value in self.borders.values(unknown, self.variants):
            yield {unknown: value}, {}

    def _compare(self, found: Settlement) -> _Effect:
        now = self.variants.now
        effect = _Effect()
        settled: dict[str, None] = {}
        confirmed: dict[str, None] = {}
        others: dict[str, None] = {}
        for key, after in found.findings.items():
            before = now.findings[key]
            if after is before or self.base.findings[key[0]].about_knowledge:
                continue
            effect.moves = True
            if after.status != before.status:
                effect.changes.add(key[0])
            settles = before.working is None and after.working is not None
            certain = before.strict is None and after.strict is not None
            if self._features(key):
                if settles:
                    settled[key[0]] = None
                elif certain:
                    confirmed[key[0]] = None
            elif settles or certain:
                others[key[0]] = None
                effect.settled += settles
                effect.certain += certain and not settles
        effect.features, effect.confirms = tuple(settled), tuple(confirmed)
        effect.findings = tuple(others)
        if found.verdict != now.verdict:
            effect.stages.add(found.verdict)
            effect.moves = True
        return effect

    def _features(self, key: Key) -> bool:
        return key[0] in self._staged and key[1] == "account"

    def _place(self, unknown: Slot | Grows) -> tuple[Any, ...]:
        """Return the order of questions that tell equally much."""
        if isinstance(unknown, Grows):
            return -1, unknown.of, "", ""
        return self._order[unknown.fact], unknown.kind, unknown.id, unknown.side

    def _question(self, unknown: Slot | Grows, effect: _Effect) -> NextQuestion:
        names = [*self.base.findings]
        account = self.variants.case.account
        if isinstance(unknown, Grows):
            fact, of, side, asked_of = None, unknown.of, "ours", "us"
            about = About("account", account.id)
        else:
            fact, of, side = unknown.fact, None, unknown.side
            about = About(unknown.kind, unknown.id)
            asked_of = self._asked_of(unknown)
        model = self.base.stage_model
        return NextQuestion(
            fact=fact,
            of=of,
            about=about,
            asked_of=asked_of,
            side=side,
            features=effect.features,
            confirms=effect.confirms,
            helps=effect.helps,
            findings=effect.findings,
            could_change=tuple(sorted(effect.changes, key=names.index)),
            could_be=tuple(name for name in model.names if name in effect.stages),
        )

    def _asked_of(self, slot: Slot) -> str:
        doc = self.base.facts[slot.fact].doc
        if doc.asked_of != "both":
            return doc.asked_of
        if slot.side == "ours":
            return "us"
        ours = told(self.variants.case, Slot(slot.kind, slot.id, slot.fact))
        return "customer" if ours or doc.sides == "about_each_other" else "both"
