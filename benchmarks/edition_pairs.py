"""Compare editions of random pairs of cases that differ only in what the reader may not see.

    python benchmarks/edition_pairs.py [PAIRS] [--seed 1]

Each pair must give the same bytes as JSON and as text, and every tenth pair as HTML. The second
case has the hidden facts, names, notes, events and entries of the plan of another random case.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

from random_cases import built, random_case

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case import LISTS
from kam_expert.facts.redacted import Redaction
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 1)
OTHERS = (Edition.CLIENT, Edition.CUSTOMER)
_PEOPLE = ("person", "member")


def random_pair(base: KnowledgeBase, edition: Edition, random: Random) -> tuple[Case, Case]:
    """Return two cases that differ only in what the reader of an edition may not see."""
    contacts = random.randrange(1, 5)
    one, other = (
        built(random_case(base, random, contacts=contacts, rich=True), base) for _ in range(2)
    )
    return one, hidden_otherwise(one, other, Redaction(base, edition))


def hidden_otherwise(case: Case, other: Case, redaction: Redaction) -> Case:
    """Return *case* with what is hidden in it as it is in *other*."""
    changed: dict[str, Any] = {
        name: _listed(case, other, kind, redaction)
        for name, kind in LISTS.items()
        if name != "events"
    }
    if case.events is not None:
        ids = {(e.kind, e.id) for kind in _PEOPLE for e in case.entities(kind)}
        taken = {e.id for e in case.events if redaction.is_shown_event(e)}
        changed["events"] = (
            *(e for e in case.events if redaction.is_shown_event(e)),
            *(
                e
                for e in other.events or ()
                if not redaction.is_shown_event(e)
                and e.id not in taken
                and all(not i or (kind, i) in ids
                        for kind, i in zip(("member", "person"), e.ends or (), strict=True))
            ),
        )  # fmt: skip
    if not redaction.has_kind("decision"):
        changed["decisions"] = other.decisions
        if "decisions" in other.complete:
            changed["complete"] = {**case.complete, "decisions": other.complete["decisions"]}
    return replace(
        case,
        account=_entity(case.account, other.account, redaction),
        plan=_plan(case, redaction),
        notes=replace(case.notes, comments=other.notes.comments),
        owner="Інша власниця",
        segment="Інший сегмент",
        **changed,
    )


def _listed(case: Case, other: Case, kind: str, redaction: Redaction) -> tuple[Entity, ...] | None:
    name = next(n for n, k in LISTS.items() if k == kind)
    listed = getattr(case, name)
    others = other.entities(kind)
    return listed and tuple(
        _entity(entity, others[place % len(others)] if others else entity, redaction)
        for place, entity in enumerate(listed)
    )


def _entity(one: Entity, other: Entity, redaction: Redaction) -> Entity:
    visible = redaction.ours(one)
    facts = redaction.base.facts
    inside = redaction.edition.may_see("supplier")

    def is_hidden(name: str) -> bool:
        if name in visible:
            return False
        if not redaction.is_shown(name):
            return True
        return not inside and facts[name].doc.is_view_of_customer and name not in one.theirs

    hidden = {name: given for name, given in other.ours.items() if is_hidden(name)}
    return replace(
        one,
        name=f"Інше ім’я {one.id}" if one.kind in (*_PEOPLE, "decision") else one.name,
        ours={**_said(one.ours, visible), **hidden},
        theirs={
            **_said(one.theirs, redaction.theirs(one)),
            **{n: a for n, a in other.theirs.items() if not redaction.is_shown(n)},
        },
    )


def _said(
    answers: Mapping[str, tuple[Answer, ...]], visible: Mapping[str, Any]
) -> dict[str, tuple[Answer, ...]]:
    return {
        name: tuple(replace(answer, by="хтось інший") for answer in given)
        for name, given in answers.items()
        if name in visible
    }


def _plan(case: Case, redaction: Redaction) -> tuple[PlanEntry, ...]:
    def is_shown(entry: PlanEntry) -> bool:
        order = {kind: [e.id for e in case.entities(kind)] for kind in (*_PEOPLE, "decision")}
        return bool(redaction.redacted(replace(case, plan=(entry,)), order).case.plan)

    return tuple(
        replace(entry, owner="Хтось", note="Інше", evidence="Інший протокол")
        for entry in case.plan
        if is_shown(entry)
    )


def main() -> None:
    """Compare the pairs and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", nargs="?", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    base = load_knowledge_base(rules_folder())
    privacy = load_privacy(rules_folder(), base)
    print("edition    pairs  differ in facts  same bytes  seconds for one edition")
    for edition in OTHERS:
        random = Random(wanted.seed)
        same = differ = 0
        spent = 0.0
        for number in range(wanted.pairs):
            pair = random_pair(base, edition, random)
            differ += pair[0].digest() != pair[1].digest()
            forms = ("json", "text", "html") if number % 10 == 0 else ("json", "text")
            maker = EditionMaker(base, DAY, PlainEngine(), privacy, edition)
            texts = []
            for case in pair:
                begin = time.process_time()
                report = Report.of(case, maker, "uk")
                spent += time.process_time() - begin
                texts.append([report.text(form) for form in forms])
            if texts[0] == texts[1]:
                same += 1
            else:
                print(f"{edition} edition, pair {number} of seed {wanted.seed}: the bytes differ")
        each = spent / max(1, 2 * wanted.pairs)
        print(f"{edition:<9} {wanted.pairs:>6} {differ:>16} {same:>11} {each:>24.2f}")


if __name__ == "__main__":
    main()
