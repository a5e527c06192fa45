"""Redact a case: remove everything about people, so that it can be given to the customer.

Words, numbers and dates about the account and its decisions stay. Names, free texts, notes,
origins and places are removed. People, team and links stay without facts, under neutral ids.
Events that concern somebody are removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kam_expert.facts.case import Case, Entity, Notes, StepNote, link_id
from kam_expert.facts.name_forms import MARK
from kam_expert.facts.ordering import in_order, plan_in_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.facts.case import Answer
    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.privacy import Privacy


@dataclass(frozen=True)
class Redacted:
    """A case without data about people.

    Attributes:
        case: The redacted case.
        ids: The new id of each person, member and decision, by kind and old id.
    """

    case: Case
    ids: Mapping[tuple[str, str], str]


def redacted(case: Case, privacy: Privacy, order: Mapping[str, Sequence[str]]) -> Redacted:
    """Return *case* without data about people.

    Args:
        case: The facts.
        privacy: Decides which facts are about people.
        order: The ids by kind (``person``, ``member``, ``decision``) in the order of the new
            ones. It must not depend on the old ones, which may be names: a reader who can
            guess the names could otherwise infer who has which number.
    """
    ids = {
        (kind, old): f"{prefix}{number}"
        for kind, prefix in (("person", "contact_"), ("member", "member_"), ("decision", ""))
        for number, old in enumerate(order[kind], 1)
    }
    account = case.account
    left = Case(
        account=Entity(
            "account",
            account.id,
            account.name,
            _shown(account.ours, privacy),
            _shown(account.theirs, privacy),
        ),
        people=_bare(case, "person", ids) if case.people is not None else None,
        team=_bare(case, "member", ids) if case.team is not None else None,
        links=None if case.links is None else _links(case, ids),
        decisions=None
        if case.decisions is None
        else in_order(
            [
                Entity("decision", ids["decision", d.id], "", _shown(d.ours, privacy))
                for d in case.decisions
            ]
        ),
        events=None if case.events is None else _events(case, privacy),
        complete=case.complete,
        plan=_plan(case, privacy, ids),
        notes=Notes(
            steps={
                step: StepNote(due=note.due, hide=note.hide)
                for step, note in case.notes.steps.items()
            },
            target_stage=case.notes.target_stage,
        ),
    )
    return Redacted(left, ids)


def _shown(
    answers: Mapping[str, tuple[Answer, ...]], privacy: Privacy
) -> dict[str, tuple[Answer, ...]]:
    return {
        name: tuple(replace(answer, by=None, place=None) for answer in given)
        for name, given in answers.items()
        if privacy.is_shown(privacy.base.facts[name])
    }


def _bare(case: Case, kind: str, ids: Mapping[tuple[str, str], str]) -> tuple[Entity, ...]:
    return in_order([Entity(kind, ids[kind, entity.id]) for entity in case.entities(kind)])


def _events(case: Case, privacy: Privacy) -> tuple[Entity, ...]:
    """Return the events that concern nobody; their ids follow from what is shown of them."""
    shown = [_shown(e.ours, privacy) for e in case.events or () if not any(e.ends or ())]
    shown.sort(key=lambda answers: repr(sorted((n, plain(a)) for n, a in answers.items())))
    return in_order(
        [
            Entity("event", str(number), ours=answers, ends=("", ""))
            for number, answers in enumerate(shown, 1)
        ]
    )


def _plan(
    case: Case, privacy: Privacy, ids: Mapping[tuple[str, str], str]
) -> tuple[PlanEntry, ...]:
    """Return the plan without people and without words of ours.

    A promise stays with its side, days and status, whatever it is about: how many were made and
    kept is a fact about the account.
    """
    shown = []
    for entry in case.plan:
        step = privacy.base.steps.get(entry.step)
        decisions = [name for name in entry.about if ("decision", name) in ids]
        is_shown = step is not None and step.about in ("account", "decision")
        if not (is_shown and len(decisions) == len(entry.about)) and entry.due is None:
            continue
        left = replace(
            entry, owner="", evidence="", note="", reason=entry.reason and MARK, place=None
        )
        if is_shown and len(decisions) == len(entry.about):
            about = tuple(ids["decision", name] for name in decisions)
            shown.append(replace(left, about=about))
        else:
            shown.append(replace(left, step="", text=MARK, about=(), result=""))
    # The old ids may be names.
    nameless = sorted((replace(entry, id="") for entry in shown), key=repr)
    return plan_in_order(replace(e, id=str(number)) for number, e in enumerate(nameless, 1))


def plain(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    """Return answers as texts to sort by."""
    return [(str(answer.value), str(answer.as_of)) for answer in answers]


def _links(case: Case, ids: Mapping[tuple[str, str], str]) -> tuple[Entity, ...]:
    links = []
    for link in case.links or ():
        assert link.ends is not None  # noqa: S101 -- links have ends by construction
        ends = ids["member", link.ends[0]], ids["person", link.ends[1]]
        links.append(Entity("link", link_id(*ends), ends=ends))
    return in_order(links)
