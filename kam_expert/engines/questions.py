"""The open questions that matter, in the order to ask them: one list for every output.

A question asks for a fact of one entity, or whether a list is complete. It matters while a finding
that is not firm has a rule that waits for it: a rule that is unknown in the strict reading, as is
every condition down to the one that reads the fact. Answers that are
not firm are asked for too: ours for the customer's, a stale one, a list not declared complete.

The order uses integers, so that the columns of the portfolio give the same order. A rule shares
its weight among all missing answers: an answer that alone settles a rule gets all of it. First are
the questions with the most weight from findings that decide the stage, while it is not firm; then
those with the most weight from all findings, by severity; then the order of ``first_questions`` and
of the vocabulary.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from kam_expert.engines.truths import Truths
from kam_expert.engines.unknowns import Unknowns
from kam_expert.facts.case import LISTS
from kam_expert.facts.changes import Slot
from kam_expert.facts.columns import COMPLETE
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.results.diagnosis import OpenQuestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kam_expert.engines.settling import Settlement
    from kam_expert.engines.unknowns import Group, Unknown
    from kam_expert.facts.case import Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.status import Settled
    from kam_expert.knowledge.vocabulary import Fact

#: The weight that a rule shares among its answers; it has many divisors, so little is lost.
SHARED = 5040
#: Factors of the weight where the finding is open, or not certainly likely or better.
OPEN, UNSURE, SURE = 4, 2, 1
SEVERITIES = {"high": 4, "medium": 2, "low": 1, "info": 1}
#: The stage, among the findings that a question could change.
STAGE = "stage"


class WaitingRule(NamedTuple):
    """An uncertain rule and the answers that it waits for.

    Attributes:
        finding: What the rule concludes, or ``stage``.
        urgency: See `urgency`.
        groups: The answers by the fact that the rule reads.
        times: The number of people who are alike, for each of whom the rule waits.
    """

    finding: str
    urgency: int
    groups: tuple[Group, ...]
    times: int = 1

    @property
    def share(self) -> int:
        """Return the share of each answer in the weight of the rule."""
        return share_of(self.urgency, sum(sum(group.values()) for group in self.groups))

    @property
    def answers(self) -> Iterator[Unknown]:
        """Return all answers."""
        return itertools.chain.from_iterable(self.groups)


def open_questions(
    settlement: Settlement,
    base: KnowledgeBase,
    truths: Truths | None = None,
    most: int | None = None,
    earlier: Sequence[OpenQuestion] = (),
) -> tuple[OpenQuestion, ...]:
    """Return every question that matters, the most useful first.

    Args:
        settlement: The settled case.
        base: The rule base.
        truths: Those known already of its conditions.
        most: The number of findings that are not firm after which the rules of others count no
            more, and what nobody answered of the things that they are about follows in the plain
            order: by fact, then by what it is about. None for no limit.
        earlier: The questions before the last change. Beyond the limit, those that are still open
            keep their order.
    """
    return _Account(settlement, base, truths or Truths()).questions(most, earlier)


def waiting_rules(settlement: Settlement, base: KnowledgeBase) -> tuple[WaitingRule, ...]:
    """Return the uncertain rules of findings that are not firm, with what they wait for.

    The conditions of strategies are among them.
    """
    account = _Account(settlement, base, Truths(), together=False)
    return tuple(account.waiting(strategies=True))


class QuestionOrder:
    """The part of the order that depends on the rule base alone; the portfolio uses it too.

    Attributes:
        of_stage: The findings that decide the stage, with those that their rules read.
        places: The facts and lists in the order of questions with equal weights.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self.of_stage = frozenset(_read_by(base.stage_model.findings_read, base)) | {STAGE}
        self._findings = {name: index for index, name in enumerate(self.findings_in_order())}
        named = (*(f"complete.{of}" for of in COMPLETE), *base.first_questions, *base.facts)
        self.places = {name: index for index, name in enumerate(dict.fromkeys(named))}

    def findings_in_order(self) -> tuple[str, ...]:
        """Return the findings that a question could change, in display order."""
        staged = self._base.stage_model.findings_read
        return (STAGE, *sorted(self._base.findings, key=lambda name: name not in staged))

    def severity(self, finding: str) -> int:
        """Return the factor for the weight of a finding's rules, by its severity."""
        return SEVERITIES[self._base.findings[finding].severity] if finding != STAGE else 0

    def weights(self, shares: Mapping[str, int], *, stage_firm: bool) -> tuple[int, int]:
        """Return the weights of a question: for the stage, and for all findings."""
        of_stage = sum(share for name, share in shares.items() if name in self.of_stage)
        of_all = sum(share * self.severity(name) for name, share in shares.items())
        return 0 if stage_firm else of_stage, of_all

    def could_change(self, shares: Mapping[str, int], *, stage: bool) -> tuple[str, ...]:
        """Return the findings that wait for a question, after the stage where it does."""
        names = sorted(shares.keys() - {STAGE}, key=self._findings.__getitem__)
        return (STAGE, *names) if stage else tuple(names)

    def place(self, question: OpenQuestion) -> tuple[int, str, str, str]:
        """Return the sort key of questions with equal weights."""
        return self.places[question.name], question.about.kind, question.about.id, question.side


def _read_by(names: Sequence[str], base: KnowledgeBase) -> Iterator[str]:
    """Yield distinct findings: *names*, those that their rules read, and so on."""
    seen = dict.fromkeys(names)
    todo = list(seen)
    while todo:
        name = todo.pop()
        yield name
        read = {found for rule in base.rules_for(name) for found in rule.findings_read()}
        todo += read - seen.keys()
        seen |= dict.fromkeys(read)


def urgency(settled: Settled) -> int:
    """Return the weight of a rule for a finding that is not firm."""
    if settled.working is None:
        return OPEN
    return UNSURE if settled.strict is None else SURE


def share_of(urgent: int, waits: int) -> int:
    """Return the share of each of *waits* answers that a rule waits for; never 0."""
    return urgent * SHARED // waits + 1


def speaks_for_both(fact: Fact, side: str) -> bool:
    """Return whether our answer replaces a missing answer of the customer."""
    return side == "theirs" and fact.doc.asked_of == "both" and fact.bare


def _addressee(side: str, *, both: bool) -> str:
    """Return who is asked for an answer of a side, or both where ours replaces a missing one."""
    if both:
        return "both"
    return "us" if side == "ours" else "customer"


class _Account:
    """The questions about one settled account.

    People who are alike are asked about as one: with *together*, what waits for answers about the
    first of them waits for the same about the others.
    """

    def __init__(
        self,
        settlement: Settlement,
        base: KnowledgeBase,
        truths: Truths,
        *,
        together: bool = True,
    ) -> None:
        self._settlement = settlement
        self._base = base
        #: What the findings beyond the limit are about, by kind and id.
        self._late: dict[tuple[str, str], None] = {}
        self._readings = readings = settlement.readings
        kinds = ("gap", "account", *LISTS.values())
        self._entities = {(kind, e.id): e for kind in kinds for e in readings.entities(kind)}
        #: Those who are alike, under the kind and id of the first; no others are here.
        self._alike: dict[tuple[str, str], list[Entity]] = {}
        #: How many are like an entity, by identity; 0 for all but the first.
        counts: dict[int, int] = {}
        for entity in self._entities.values() if together else ():
            if first := readings.first_alike(entity):
                self._alike.setdefault((first.kind, first.id), [first]).append(entity)
                counts[id(entity)] = 0
                counts[id(first)] = counts.get(id(first), 1) + 1
        self._counts = counts
        self._unknowns = Unknowns(truths, counts)
        self._shares: dict[Unknown, dict[str, int]] = {}
        self._voided = {(v.kind, v.id, v.fact, v.side) for v in readings.voided}

    def questions(
        self, most: int | None, earlier: Sequence[OpenQuestion]
    ) -> tuple[OpenQuestion, ...]:
        """Return them in order."""
        # A group may have an answer about each person, and each person's rules wait for it.
        of_groups: dict[int, tuple[Group, dict[str, int]]] = {}
        for rule in self.waiting(most):
            share = rule.share * rule.times
            for group in rule.groups:
                shares = of_groups.setdefault(id(group), (group, {}))[1]
                shares[rule.finding] = shares.get(rule.finding, 0) + share
        for group, shares in of_groups.values():
            for unknown, count in group.items():
                for finding, share in shares.items():
                    self._add(unknown, finding, share * count)
        self._merge_sides()
        settlement, order = self._settlement, QuestionOrder(self._base)
        stage_firm = settlement.possible_stages[1] == {settlement.verdict}
        # Most questions about people have the same shares as those about others.
        weighed: dict[Any, tuple[int, int, tuple[str, ...]]] = {}
        ranked = []
        for unknown, shares in self._shares.items():
            several = self._several(unknown)
            if several is not None:
                # Each of them gets an equal part of what was counted for all.
                shares = {name: share // len(several) for name, share in shares.items()}  # noqa: PLW2901 -- of one
            key = frozenset(shares.items())
            if key not in weighed:
                of_stage, of_all = order.weights(shares, stage_firm=stage_firm)
                could_change = order.could_change(shares, stage=of_stage > 0)
                weighed[key] = -of_stage, -of_all, could_change
            of_stage, of_all, could_change = weighed[key]
            one = self._question(unknown, could_change)
            each = [one] if several is None else _of_each(one, several)
            ranked += [((of_stage, of_all, *order.place(q)), q) for q in each]
        found = [question for _, question in sorted(ranked, key=itemgetter(0))]
        if self._late:
            found += self._still_open(earlier, found)
            found += sorted(self._not_checked(found), key=order.place)
            places = {(q.name, q.about): place for place, q in reversed([*enumerate(earlier)])}
            found.sort(key=lambda q: places.get((q.name, q.about), len(earlier)))
        return tuple(found)

    def _several(self, unknown: Unknown) -> list[Entity] | None:
        """Return those who are alike, if an answer about the first of them is missing."""
        return None if isinstance(unknown, str) else self._alike.get((unknown.kind, unknown.id))

    def _still_open(
        self, earlier: Sequence[OpenQuestion], found: Sequence[OpenQuestion]
    ) -> list[OpenQuestion]:
        """Return earlier questions about the things of findings beyond the limit."""
        known = {(q.name, q.about) for q in found}
        kept = []
        for question in earlier:
            about = question.about
            if (question.name, about) in known or (about.kind, about.id) not in self._late:
                continue
            if question.fact is None:
                if question.of not in self._readings.case.complete:
                    kept.append(question)
                continue
            view = self._readings.view(self._entities[about.kind, about.id], strict=True)
            if view.stated(Ref(question.fact, question.side)) is UNKNOWN:
                slot = Slot(about.kind, about.id, question.fact, question.side)
                asked_of, why = self._asked_of(slot), self._why(slot)
                kept.append(replace(question, asked_of=asked_of, why=why))
        return kept

    def _not_checked(self, found: Sequence[OpenQuestion]) -> Iterator[OpenQuestion]:
        """Yield what nobody answered of the things of findings beyond the limit."""
        known = {(q.fact, q.about) for q in found}
        askable = {kind: [*self._askable(kind)] for kind in {kind for kind, _ in self._late}}
        for kind, identity in self._late:
            entity, about = self._entities[kind, identity], About(kind, identity)
            for fact, side, who in askable[kind]:
                told = fact in entity.ours or fact in entity.theirs
                if not told and (fact, about) not in known:
                    yield OpenQuestion(fact, about, who, (), side=side)

    def _askable(self, kind: str) -> Iterator[tuple[str, str, str]]:
        """Yield the facts to ask about a kind of thing, with the side and who is asked for them."""
        for fact in self._base.facts.values():
            if fact.kind == kind and fact.doc.computed is None and not fact.doc.parts:
                side = "theirs" if fact.doc.asked_of in ("customer", "both") else "ours"
                yield fact.name, side, _addressee(side, both=speaks_for_both(fact, side))

    def waiting(
        self, most: int | None = None, *, strategies: bool = False
    ) -> Iterator[WaitingRule]:
        """Yield every uncertain rule that waits for answers."""
        settlement, readings, base = self._settlement, self._readings, self._base
        # Those about the account settle most, if there is a limit.
        about_account_first = sorted(
            settlement.outcomes.items(), key=lambda item: item[0][1] not in ("account", "gap")
        )
        checked = 0
        for key, outcomes in about_account_first:
            settled = settlement.findings[key]
            if settled.firm or base.findings[key[0]].about_knowledge:
                continue
            # The strategy of the condition waits for the same answers, and it is shown.
            if key[0] in base.strategy_conditions and not strategies:
                continue
            entity = self._entities[key[1:]]
            times = self._counts.get(id(entity), 1)
            if not times:
                continue
            checked += 1
            if most is not None and checked > most:
                for late in self._alike.get(key[1:], [entity]):
                    self._late[late.kind, late.id] = None
                continue
            view = readings.view(entity, strict=True)
            for rule, outcome in outcomes:
                if outcome.strict is None:
                    waits = (g for part in rule.conditions() for g in self._unknowns.of(part, view))
                    if groups := tuple(group for group in waits if group):
                        yield WaitingRule(key[0], urgency(settled), groups, times)
        account = readings.view(readings.case.account, strict=False)
        contacts = [Ref(name) for name in base.stage_model.contact_facts]
        if all(account.read(ref) is UNKNOWN for ref in contacts):
            # Without a contact fact there is no stage, whatever the findings are.
            view = readings.view(readings.case.account, strict=True)
            waits = (self._unknowns.of_fact(ref, view) for ref in contacts)
            if groups := tuple(group for group in waits if group):
                yield WaitingRule(STAGE, OPEN, groups)

    def _add(self, unknown: Unknown, finding: str, share: int) -> None:
        shares = self._shares.setdefault(unknown, {})
        shares[finding] = shares.get(finding, 0) + share

    def _merge_sides(self) -> None:
        """Merge questions to both sides where neither has an answer."""
        for unknown in list(self._shares):
            if not isinstance(unknown, str) and self._asked_of(unknown) == "both":
                for finding, share in self._shares.pop(unknown._replace(side="ours"), {}).items():
                    self._add(unknown, finding, share)

    def _is_answered(self, slot: Slot) -> bool:
        """Return whether there is an answer, even an old, vague or substituted one."""
        entity = self._entities[slot.kind, slot.id]
        told = slot.fact in entity.ours or slot.fact in entity.theirs
        if not told and slot.fact not in self._readings.promised:
            return False
        view = self._readings.view(entity, strict=False)
        both = speaks_for_both(self._base.facts[slot.fact], slot.side)
        return view.stated(Ref(slot.fact, "bare" if both else slot.side)) is not UNKNOWN

    def _why(self, slot: Slot) -> str:
        if self._is_answered(slot):
            return "not_firm"
        asked = self._asked_of(slot)
        sides = ("ours", "theirs") if asked == "both" else (slot.side,)
        gone = any((slot.kind, slot.id, slot.fact, side) in self._voided for side in sides)
        return "voided" if gone else "open"

    def _asked_of(self, slot: Slot) -> str:
        fact = self._base.facts[slot.fact]
        both = speaks_for_both(fact, slot.side) and not self._is_answered(slot)
        return _addressee(slot.side, both=both)

    def _question(self, unknown: Unknown, could_change: tuple[str, ...]) -> OpenQuestion:
        if isinstance(unknown, str):
            case = self._readings.case
            about = About("account", case.account.id)
            why = "open" if getattr(case, unknown) is None else "not_firm"
            return OpenQuestion(None, about, "us", could_change, of=unknown, why=why)
        return OpenQuestion(
            unknown.fact,
            About(unknown.kind, unknown.id),
            self._asked_of(unknown),
            could_change,
            side=unknown.side,
            why=self._why(unknown),
        )


def _of_each(question: OpenQuestion, alike: Sequence[Entity]) -> Iterator[OpenQuestion]:
    """Yield a question about the first of several people for each of them."""
    for entity in alike:
        about = About(entity.kind, entity.id)
        yield OpenQuestion(
            question.fact, about, question.asked_of, question.could_change,
            side=question.side, why=question.why,
        )  # fmt: skip
