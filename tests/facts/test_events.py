"""Which answers no longer hold after an event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import Place
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.changes import Slot
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edits import AddEntity, RemoveEntity, SetAnswer
from kam_expert.facts.person_data import PersonData
from kam_expert.facts.readings import EntityView, Readings
from kam_expert.facts.redacted import Redaction
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.resources import rules_folder
from kam_expert.store.erasure import Erasure
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

MakeView = Callable[..., EntityView]
MakeCase = Callable[[str], "Case"]
DAY = date(2026, 11, 1)
NOTHING = (UNKNOWN, UNKNOWN)


@pytest.fixture
def read(view: MakeView) -> Callable[..., tuple[Any, Any]]:
    """Return the value of a fact in the working and in the strict reading."""

    def values(text: str, name: str, kind: str = "account") -> tuple[Any, Any]:
        ref = Ref(name)
        return view(text, kind).read(ref), view(text, kind, strict=True).read(ref)

    return values


Read = Callable[..., tuple[Any, Any]]


def left(answer: str, *, mark: str = "yes", day: str = "2026-10-03") -> str:
    """Return a case where p1 left, and an answer about access of the customer."""
    return (
        f"customer: {{access_to_others: {answer}}}\n"
        f"people: [{{id: p1, name: Ольга, is_main_contact: {mark}}}]\n"
        f"events: [{{kind: person_left, day: {day}, person: p1}}]"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("{value: free, as_of: 2026-10-02}", NOTHING),
        ("{value: free, as_of: 2026-10-03}", ("free", "free")),
        ("free", ("free", UNKNOWN)),
        # The later of two answers counts as long as it holds.
        ("[{value: blocked, as_of: 2026-09-01}, {value: free, as_of: 2026-10-20}]",
         ("free", "free")),
        ("[{value: blocked, as_of: 2026-09-01}, {value: free}]", ("free", UNKNOWN)),
    ],
)  # fmt: skip
def test_what_was_said_of_access_leaves_with_the_main_contact(
    read: Read, answer: str, expected: tuple[Any, Any]
) -> None:
    assert read(left(answer), "access_to_others") == expected


def test_an_answer_before_the_day_of_the_event_comes_back_if_it_is_still_to_come(
    read: Read,
) -> None:
    case = left("{value: free, as_of: 2026-10-02}", day="2026-11-02")

    assert read(case, "access_to_others") == ("free", "free")


@pytest.mark.parametrize(
    ("mark", "expected"),
    [("no", ("free", "free")), ("unknown", ("free", UNKNOWN)),
     ("[{value: yes, as_of: 2025-01-01}, {value: no, as_of: 2026-10-04}]", NOTHING)],
)  # fmt: skip
def test_themes_are_void_only_if_it_was_the_main_contact(
    read: Read, mark: str, expected: tuple[Any, Any]
) -> None:
    case = left("{value: free, as_of: 2026-10-02}", mark=mark)

    assert read(case, "access_to_others") == expected


def test_what_is_known_of_who_left_no_longer_holds(read: Read) -> None:
    case = """
people: [{id: p1, is_main_contact: no, open_to_us: {value: 3, as_of: 2026-01-01}, dynamism: 2}]
team: [{id: m1}]
links: [{member: m1, person: p1, link_last_two_way_days: {value: 3, as_of: 2026-09-30}}]
events: [{kind: person_left, day: 2026-10-03, person: p1}]"""

    assert read(case, "open_to_us", "person") == NOTHING
    assert read(case, "dynamism", "person") == (2, UNKNOWN)
    assert read(case, "link_last_two_way_days", "link") == NOTHING
    assert read(case, "is_main_contact", "person") == ("no", "no")


@pytest.mark.parametrize(
    ("by", "expected"),
    [("p1", NOTHING), ("Ольга", NOTHING), ("Петро", (4, 4))],
)
def test_what_somebody_said_who_left_no_longer_holds(
    read: Read, by: str, expected: tuple[Any, Any]
) -> None:
    case = f"""
customer: {{satisfaction_rating: {{value: 4, as_of: 2026-10-01, by: {by}}}}}
people: [{{id: p1, name: Ольга, is_main_contact: no}}]
events: [{{kind: person_left, day: 2026-10-03, person: p1}}]"""

    assert read(case, "satisfaction_rating") == expected


def test_a_colleague_of_ours_who_left_said_what_is_still_so(read: Read) -> None:
    case = """
facts: {access_to_others: {value: free, as_of: 2026-09-01, by: m1}}
team: [{id: m1, relationship_skill: {value: strong, as_of: 2026-09-01}}]
events: [{kind: person_left, day: 2026-10-03, member: m1}]"""

    assert read(case, "access_to_others")[0] == "free"
    assert read(case, "relationship_skill", "member") == NOTHING


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [("2025-10-31", NOTHING), ("2025-11-01", ("free", UNKNOWN)), ("2026-10-31", ("free", UNKNOWN)),
     ("2026-11-01", ("free", "free"))],
)  # fmt: skip
def test_a_change_without_a_day_happened_within_the_year(
    read: Read, as_of: str, expected: tuple[Any, Any]
) -> None:
    case = f"""
facts: {{main_contact_changed_12m: yes}}
customer: {{access_to_others: {{value: free, as_of: {as_of}}}}}"""

    assert read(case, "access_to_others") == expected


def test_the_year_ends_with_the_day_of_the_answer_that_tells_of_the_change(read: Read) -> None:
    changed = "facts: {main_contact_changed_12m: {value: yes, as_of: 2026-03-01}}\n"

    def of(day: str) -> tuple[Any, Any]:
        told = f"customer: {{access_to_others: {{value: free, as_of: {day}}}}}"
        return read(changed + told, "access_to_others")

    assert of("2025-02-28") == NOTHING
    assert of("2026-02-28") == ("free", UNKNOWN)
    assert of("2026-03-01") == ("free", "free")


def test_an_event_about_the_main_contact_takes_the_place_of_the_answer(read: Read) -> None:
    case = left("{value: free, as_of: 2026-10-20}") + "\nfacts: {main_contact_changed_12m: yes}"

    assert read(case, "access_to_others") == ("free", "free")


def test_a_change_is_about_who_was_marked_before(read: Read) -> None:
    case = """
facts: {main_contact_changed_12m: yes}
people: [{id: p1, is_main_contact: %s, seniority: {value: manager, as_of: 2025-01-01}}]"""

    assert read(case % "{value: yes, as_of: 2025-01-01}", "seniority", "person") == NOTHING
    assert read(case % "yes", "seniority", "person") == ("manager", "manager")
    assert read(case % "unknown", "seniority", "person") == ("manager", UNKNOWN)


def test_a_void_answer_of_the_customer_leaves_ours_in_the_working_reading(read: Read) -> None:
    case = left("{value: free, as_of: 2026-10-02}") + "\n"
    case += "facts: {access_to_others: {value: blocked, as_of: 2026-10-05}}"

    assert read(case, "access_to_others") == ("blocked", UNKNOWN)


def test_the_trend_is_read_from_the_event_on(view: MakeView) -> None:
    told = "[{value: 4, as_of: 2025-05-01}, {value: 5, as_of: 2026-10-10}]"
    case = left("free").replace("access_to_others: free", f"trust_other: {told}")

    assert list(view(case).dated(Ref("trust_other", "theirs"))) == [(date(2026, 10, 10), 5)]


def test_what_we_do_ourselves_does_not_leave_with_anybody(read: Read) -> None:
    case = left("free") + "\nfacts: {closeness_push: {value: strong, as_of: 2026-10-02}}"

    assert read(case, "closeness_push") == ("strong", "strong")


def test_a_day_to_come_is_the_first_one(read: Read) -> None:
    ends = "facts: {contract_end: 2028-01-01}\nevents: ["
    ends += "{kind: contract_ends, day: 2026-10-31}, {kind: contract_ends, day: 2027-06-30},"
    ends += "{kind: contract_ends, day: 2027-03-31}, {kind: tender_opens, day: 2026-12-01}]"

    assert read(ends, "contract_end") == (date(2027, 3, 31), date(2027, 3, 31))
    assert read(ends, "next_tender") == (date(2026, 12, 1), date(2026, 12, 1))
    past = "facts: {contract_end: 2028-01-01}\nevents: [{kind: contract_ends, day: 2026-10-31}]"
    assert read(past, "contract_end") == (date(2028, 1, 1), date(2028, 1, 1))
    assert read("events: []", "contract_end") == NOTHING


# In a diagnosis


def test_a_void_answer_is_told_with_its_event_and_asked_again(
    build: MakeCase, base: KnowledgeBase
) -> None:
    found = diagnose(build(left("{value: free, as_of: 2026-10-02}")), base, DAY, PlainEngine())

    [voided] = found.voided
    assert (voided.fact, voided.side, voided.value) == ("access_to_others", "theirs", "free")
    assert (voided.event, voided.by) == ("person_left", "person_left 2026-10-03 p1")
    assert (voided.from_day, voided.until) == (date(2026, 10, 3), date(2026, 10, 3))
    [asked] = [q for q in found.open_questions if q.fact == "access_to_others"]
    assert (asked.why, asked.asked_of) == ("voided", "both")


@pytest.mark.parametrize(
    ("ends", "due"),
    [
        ("2027-02-01", date(2026, 12, 1)),  # 30 days from the day of the diagnosis
        ("2026-12-02", date(2026, 12, 1)),
        ("2026-12-01", date(2026, 11, 30)),
        ("2026-11-02", DAY),
        ("2026-11-01", DAY),
    ],
)
def test_a_step_is_due_before_what_it_prepares(
    build: MakeCase, base: KnowledgeBase, ends: str, due: date
) -> None:
    told = build(f"events: [{{kind: contract_ends, day: {ends}}}]")

    steps = diagnose(told, base, DAY, PlainEngine()).next_steps

    assert [step.due for step in steps if step.id == "prepare_renewal"] == [due]


def test_who_leaves_soon_is_to_introduce_the_successor_before_the_last_day(
    build: MakeCase, base: KnowledgeBase
) -> None:
    told = build("people: [{id: p1}]\nevents: [{kind: person_left, day: 2026-11-10, person: p1}]")

    steps = diagnose(told, base, DAY, PlainEngine()).next_steps

    assert [(s.id, s.about.id, s.due) for s in steps if s.id == "hand_over_before_leaving"] == [
        ("hand_over_before_leaving", "p1", date(2026, 11, 9))
    ]


_ENDING = """
people:
  - {id: p1, is_main_contact: yes, contact_owner: m1}
team:
  - {id: m1, customer_facing: yes, briefed_on_account: no}
  - {id: m2, customer_facing: yes, briefed_on_account: no}
decisions: [{id: d1, decision_path: nobody_knows, decision_due: 2026-11-09}]
events:
  - {kind: person_left, day: 2026-11-12, person: p1}
  - {kind: person_left, day: 2026-11-08, member: m1}
"""


def test_nothing_about_somebody_or_a_decision_is_due_after_its_end(
    build: MakeCase, base: KnowledgeBase
) -> None:
    last = {"p1": date(2026, 11, 11), "m1": date(2026, 11, 7), "d1": date(2026, 11, 8)}

    found = diagnose(build(_ENDING), base, DAY, PlainEngine())

    dues = {(step.id, step.about.id): step.due for step in found.next_steps}
    assert {about for _, about in dues if about in last} == {*last}
    assert [key for key, due in dues.items() if due > last.get(key[1], due)] == []
    assert any(due > date(2026, 11, 12) for (_, about), due in dues.items() if about == "m2")
    moves = [move for move in found.plan.moves if {a.id for a in move.about} & {*last}]
    assert moves
    for move in moves:
        assert move.due <= min(last[about.id] for about in move.about if about.id in last)


def test_succession_is_arranged_before_the_first_who_leaves(
    build: MakeCase, base: KnowledgeBase
) -> None:
    events = """
strategy: {id: keep, reason: it is good}
people: [{id: p1}, {id: p2}]
team: [{id: m1}]
events:
  - {kind: person_left, day: 2026-12-12, person: p1}
  - {kind: person_left, day: 2026-12-08, person: p2}
"""

    def due(text: str) -> date:
        steps = diagnose(build(text), base, DAY, PlainEngine()).next_steps
        [step] = [step for step in steps if step.id == "arrange_succession"]
        assert step.event_day is None  # the day of others limits it and gives it no place
        return step.due

    assert due(events) == date(2026, 12, 7)
    assert due(f"{events}  - {{kind: person_left, day: 2026-12-05, member: m1}}") == date(
        2026, 12, 4
    )
    assert due(events.partition("events")[0]) == DAY + timedelta(days=90)


def test_what_answers_a_day_to_come_is_due_before_it(base: KnowledgeBase) -> None:
    """Each step that answers a finding of a rule that reads how many days are left."""
    late, read = [], set()
    for rule in base.rules:
        dates = {
            ref.name
            for leaf in leaves(rule.when)
            if "days_until" in leaf.asks
            for ref in leaf.term.refs
        }
        read |= dates
        for step, doc in base.steps.items():
            if rule.finding in doc.answers and dates:
                own, others = base.days_before(step, doc.about)
                late += [(step, day) for day in dates if day not in (*own, *others)]

    assert {"contract_end", "decision_due", "leaving_day"} <= read
    assert late == []


# As a person writes them


def test_events_are_written_and_read_again(build: MakeCase, base: KnowledgeBase) -> None:
    told = build(left("free"))

    [event] = told.events or ()

    assert (event.id, event.ends) == ("person_left 2026-10-03 p1", ("", "p1"))
    assert build_case(read_text(case_text(told), "case"), base, Place("case")) == told


def test_the_order_of_events_does_not_change_the_digest(build: MakeCase) -> None:
    one, other = "{kind: incident, day: 2026-10-03}", "{kind: price_round, day: 2026-10-01}"

    digests = {build(f"events: [{a}, {b}]").digest() for a, b in ((one, other), (other, one))}

    assert len(digests) == 1


# About people


TWO = """
people: [{id: p1, name: Ольга}]
team: [{id: m1}]
events:
  - {kind: person_left, day: 2026-10-03, person: p1}
  - {kind: incident, day: 2026-10-01, note: Ольга написала}"""


def test_who_is_removed_takes_along_what_happened_to_them(
    build: MakeCase, base: KnowledgeBase
) -> None:
    left = apply_edit(build(TWO), RemoveEntity("person", "p1"), base)

    assert [event.id for event in left.events or ()] == ["incident 2026-10-01"]


def test_an_event_of_somebody_who_is_erased_goes_and_others_lose_the_name(
    build: MakeCase, base: KnowledgeBase
) -> None:
    case = build(TWO)
    privacy = load_privacy(rules_folder(), base)
    [person] = case.people or ()
    erasure = Erasure("person", "p1", base)
    erasure.learn(case, ())
    erasure.ready()

    for left in (PersonData(case, person, privacy).erased(), erasure.case(case)):
        assert [event.id for event in left.events or ()] == ["incident 2026-10-01"]
        assert "Ольга" not in case_text(left)


def test_erased_edits_do_not_bring_an_event_back(build: MakeCase, base: KnowledgeBase) -> None:
    about = Slot("event", "e1", "event_kind")
    edits = (
        AddEntity("event", "e1", ends=("", "p1")),
        SetAnswer(about, "person_left"),
        AddEntity("event", "e2"),
    )
    erasure = Erasure("person", "p1", base)
    erasure.learn(build(TWO), edits)
    erasure.ready()

    assert erasure.edits(edits) == edits[2:]


def test_only_what_happened_to_nobody_in_particular_is_shown_to_the_client(
    build: MakeCase, base: KnowledgeBase
) -> None:
    order = {"person": ["p1"], "member": ["m1"], "decision": []}

    left = Redaction(base, Edition.CLIENT).redacted(build(TWO), order).case

    [event] = left.events or ()
    assert event.id == "1"
    assert set(event.ours) == {"event_kind", "event_day"}


def test_what_is_held_about_a_person_has_their_events(build: MakeCase, base: KnowledgeBase) -> None:
    case = build(TWO)
    [person] = case.people or ()

    held = PersonData(case, person, load_privacy(rules_folder(), base)).held()

    assert {(h.about.kind, h.fact) for h in held} == {
        ("event", "event_kind"),
        ("event", "event_day"),
    }


def test_a_gap_is_open_where_each_answer_to_its_parts_may_be_void(build: MakeCase) -> None:
    def gap(case: Case, base: KnowledgeBase) -> tuple[Any, Any]:
        readings = Readings(case, base, DAY)
        [entity] = [e for e in readings.entities("gap") if e.id == lowest]
        views = [readings.view(entity, strict=strict) for strict in (False, True)]
        return views[0].read(Ref("gap")), views[1].read(Ref("gap"))

    base = shipped_base()
    lowest = next(g.ours for g in base.gaps.values() if base.facts[g.ours].doc.parts)
    part = base.facts[lowest].doc.parts[0]
    told = f"facts: {{{part}: {{value: late, as_of: 2026-09-01}}}}\npeople: [{{id: p1}}]\n"
    left_too = f"{told}events: [{{kind: person_left, day: 2026-10-03, person: p1}}]"

    assert gap(build(told), base) == ("no", "no")
    # Nobody said whether p1 was the main contact, so the answer may hold no longer.
    assert gap(build(left_too), base) == ("no", UNKNOWN)
