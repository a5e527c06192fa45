"""Redact a case: keep what the reader of an edition may see, so that it can be given away.

Words, numbers and dates of the facts that are for the reader stay. Names, free texts, notes,
origins and places are removed. Events that concern somebody are removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from kam_expert.facts.case import Answer, Case, Entity, Notes, StepNote, StrategyNote, link_id
from kam_expert.facts.name_forms import MARK, NameForms
from kam_expert.facts.ordering import in_order, plan_in_order
from kam_expert.knowledge.values import ordered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.audience import Edition
    from kam_expert.knowledge.base import KnowledgeBase

_PREFIXES = {"person": "contact_", "member": "member_", "decision": ""}
#: The kinds of entities about which readers other than the consultant read conclusions.
SHOWN_KINDS = ("account", "decision")


@dataclass(frozen=True)
class Redacted:
    """A case as a reader may see it.

    Attributes:
        case: The redacted case.
        ids: The new id of each person, member and decision, by kind and old id.
    """

    case: Case
    ids: Mapping[tuple[str, str], str]


class Redaction:
    """Decides what of a case the reader of an edition may see.

    Args:
        base: Says who may read which fact.
        edition: The edition.
    """

    def __init__(self, base: KnowledgeBase, edition: Edition) -> None:
        self.base = base
        self.edition = edition
        # Many variants of a case are redacted, and they share most of their entities and names.
        self._ours: dict[int, tuple[Entity, dict[str, tuple[Answer, ...]]]] = {}
        self._forms = cache(lambda identity, name: NameForms(identity, [name]))

    def is_shown(self, fact: str) -> bool:
        """Return whether the reader may see a fact."""
        return fact in self._shown

    @cached_property
    def _shown(self) -> frozenset[str]:
        readers = self.base.readers.facts
        return frozenset(name for name in readers if self.edition.may_see(readers[name]))

    def has_kind(self, kind: str) -> bool:
        """Return whether the reader may see any fact about entities of a kind."""
        return any(f.kind == kind and self.is_shown(name) for name, f in self.base.facts.items())

    def ours(self, entity: Entity) -> dict[str, tuple[Answer, ...]]:
        """Return our answers about an entity.

        The customer reads our view of them only with their own answer.
        """
        if id(entity) not in self._ours:
            self._ours[id(entity)] = entity, self._find_ours(entity)
        return self._ours[id(entity)][1]

    def _find_ours(self, entity: Entity) -> dict[str, tuple[Answer, ...]]:
        shown = self._bare(entity.ours)
        if self.edition.may_see("supplier"):
            return shown
        facts = self.base.facts
        return {
            name: given
            for name, given in shown.items()
            if name in entity.theirs or not facts[name].doc.is_view_of_customer
        }

    def theirs(self, entity: Entity) -> dict[str, tuple[Answer, ...]]:
        """Return the customer's answers about an entity."""
        return self._bare(entity.theirs)

    def _bare(self, answers: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
        return {
            name: tuple(Answer(each.value, each.as_of, each.source) for each in given)
            for name, given in answers.items()
            if self.is_shown(name)
        }

    def redacted(self, case: Case, order: Mapping[str, Sequence[str]]) -> Redacted:
        """Return what the reader may see of a case.

        Args:
            case: The facts.
            order: The ids by kind (``person``, ``member``, ``decision``) in the order of the new
                ones. It must not depend on the old ones, which may be names: a reader who can
                guess the names could otherwise infer who has which number.
        """
        has_decisions = self.has_kind("decision")
        ids = {
            (kind, old): f"{prefix}{number}"
            for kind, prefix in _PREFIXES.items()
            for number, old in enumerate(order[kind], 1)
            # A reader who may see no decision reads nothing that is about one.
            if kind != "decision" or has_decisions
        }
        account = case.account
        left = Case(
            account=Entity(
                "account", account.id, account.name, self.ours(account), self.theirs(account)
            ),
            people=None if case.people is None else self._entities(case, "person", ids),
            team=None if case.team is None else self._entities(case, "member", ids),
            links=None if case.links is None else self._links(case, ids),
            decisions=self._entities(case, "decision", ids)
            if has_decisions and case.decisions is not None
            else None,
            events=None if case.events is None else self._events(case),
            complete={
                name: known
                for name, known in case.complete.items()
                if name != "decisions" or has_decisions
            },
            plan=self._plan(case, ids),
            notes=self._notes(case.notes),
        )
        return Redacted(left, ids)

    def _entities(
        self, case: Case, kind: str, ids: Mapping[tuple[str, str], str]
    ) -> tuple[Entity, ...]:
        return in_order(
            [Entity(kind, ids[kind, e.id], ours=self.ours(e)) for e in case.entities(kind)]
        )

    def _links(self, case: Case, ids: Mapping[tuple[str, str], str]) -> tuple[Entity, ...]:
        links = []
        for link in case.links or ():
            assert link.ends is not None  # noqa: S101 -- links have ends by construction
            ends = ids["member", link.ends[0]], ids["person", link.ends[1]]
            links.append(Entity("link", link_id(*ends), ours=self.ours(link), ends=ends))
        return in_order(links)

    def _events(self, case: Case) -> tuple[Entity, ...]:
        """Return the events that concern nobody; their ids follow from what is shown of them."""
        shown = [self.ours(e) for e in case.events or () if self.is_shown_event(e)]
        shown.sort(key=plain)
        return in_order(
            [
                Entity("event", str(number), ours=answers, ends=("", ""))
                for number, answers in enumerate(shown, 1)
            ]
        )

    def is_shown_event(self, event: Entity) -> bool:
        """Return whether the reader may see an event: it concerns nobody, and is of their kind."""
        if any(event.ends or ()):
            return False
        events = self.base.events
        kinds = event.ours.get(events.keys.kind, ()) if events else ()
        return events is not None and all(
            self.edition.may_see(events.kinds[kind.value].readers)
            for kind in kinds
            if kind.value in events.kinds
        )

    def _notes(self, notes: Notes) -> Notes:
        """Return the decisions of the consultant that are for the reader, without words."""
        chosen = notes.strategy
        readers = self.base.readers
        return Notes(
            steps={
                step: StepNote(due=note.due, hide=note.hide)
                for step, note in notes.steps.items()
                if self._is_shown_step(step)
            },
            target_stage=notes.target_stage if self.edition.may_see(readers.stage) else None,
            strategy=StrategyNote(chosen.id, MARK)
            if chosen and self.edition.may_see(readers.findings[chosen.id])
            else None,
        )

    def _is_shown_step(self, step: str) -> bool:
        doc = self.base.steps.get(step)
        return (
            doc is not None
            and doc.about in SHOWN_KINDS
            and self.edition.may_see(self.base.readers.steps[step])
        )

    def _plan(self, case: Case, ids: Mapping[tuple[str, str], str]) -> tuple[PlanEntry, ...]:
        """Return the agreed plan without people and without words of ours.

        A promise of ours stays with its days and status, whatever it is about: how many were made
        and kept is a fact about the account. The customer reads no more of ours than the steps
        that are for both sides.
        """
        names = [self._forms(e.id, e.name) for kind in ("person", "member")
                 for e in case.entities(kind)]  # fmt: skip
        shown = []
        for entry in case.plan:
            is_step = self._is_shown_step(entry.step) and all(
                ("decision", name) in ids for name in entry.about
            )
            theirs = entry.side == "theirs"
            promised = (
                entry.due is not None
                and entry.side != "internal"
                and self.edition.may_see("supplier")
            )
            if not is_step and not theirs and not promised:
                continue
            left = replace(
                entry, owner="", evidence="", note="", reason=entry.reason and MARK, place=None
            )
            if is_step:
                left = replace(left, about=tuple(ids["decision", n] for n in entry.about))
            else:
                text = entry.text if theirs and not entry.about else ""
                for name in names:
                    text = name.without(text)
                left = replace(left, step="", text=text or MARK, about=(), result="")
            shown.append(left)
        # The old ids may be names.
        nameless = sorted((replace(entry, id="") for entry in shown), key=repr)
        return plan_in_order(replace(e, id=str(number)) for number, e in enumerate(nameless, 1))


def plain(answers: Mapping[str, Sequence[Answer]]) -> str:
    """Return answers as a text to sort by."""
    return repr(
        sorted((n, [(str(ordered(a.value)), str(a.as_of), a.source) for a in each])
               for n, each in answers.items())
    )  # fmt: skip
