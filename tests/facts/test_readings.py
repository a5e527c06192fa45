"""What the working reading takes as given and the strict one does not."""

# ruff: noqa: E501 -- a table row or a message is on one line

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kam_expert.facts.readings import EntityView
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN, Interval, SetBounds

MakeView = Callable[..., EntityView]
BARE, OURS, THEIRS = "bare", "ours", "theirs"


@pytest.fixture
def read(view: MakeView) -> Callable[..., tuple[Any, Any]]:
    """Return the value of a fact in the working and in the strict reading."""

    def values(text: str, name: str, side: str = BARE, kind: str = "account") -> tuple[Any, Any]:
        ref = Ref(name, side)
        return view(text, kind).read(ref), view(text, kind, strict=True).read(ref)

    return values


Read = Callable[..., tuple[Any, Any]]


def test_our_answer_stands_for_the_customers_in_the_working_reading_only(read: Read) -> None:
    ours = "facts: {access_to_others: free}"

    assert read(ours, "access_to_others") == ("free", UNKNOWN)
    assert read(ours, "access_to_others", OURS) == ("free", "free")
    assert read(ours, "access_to_others", THEIRS) == (UNKNOWN, UNKNOWN)


def test_the_customers_own_answer_goes_before_ours(read: Read) -> None:
    two = "facts: {access_to_others: free}\ncustomer: {access_to_others: blocked}"

    assert read(two, "access_to_others") == ("blocked", "blocked")
    assert read(two, "access_to_others", OURS) == ("free", "free")
    assert read(two, "access_to_others", THEIRS) == ("blocked", "blocked")


def test_whose_answer_counts_is_told(view: MakeView) -> None:
    ref = Ref("access_to_others")
    two = "facts: {access_to_others: free}\ncustomer: {access_to_others: blocked}"

    assert view(two).side_of(ref) == "theirs"
    assert view("facts: {access_to_others: free}").side_of(ref) == "ours"
    assert view("facts: {access_to_others: free}", strict=True).side_of(ref) == "theirs"


def test_what_one_side_alone_is_asked_needs_no_side(read: Read) -> None:
    assert read("facts: {tenure_months: 3}", "tenure_months") == (3, 3)
    assert read("customer: {price_weight_pct: 70}", "price_weight_pct") == (70, 70)


@pytest.mark.parametrize(
    ("as_of", "strict"),
    [
        ("as_of: 2026-11-01", "quoting"), ("as_of: 2026-05-05", "quoting"), ("as_of: 2026-05-04", UNKNOWN),
        ("source: said", UNKNOWN),
    ],
)  # fmt: skip
def test_an_answer_past_its_freshness_is_unknown_in_the_strict_reading(
    read: Read, as_of: str, strict: Any
) -> None:
    # The fact is fresh for 180 days; without a date it may be older.
    told = f"customer: {{competitor_presence: {{value: quoting, {as_of}}}}}"

    assert read(told, "competitor_presence") == ("quoting", strict)


def test_a_stale_answer_of_the_customer_is_not_replaced_by_ours(read: Read) -> None:
    told = """
    facts: {competitor_presence: {value: quoting, as_of: 2026-10-30}}
    customer: {competitor_presence: {value: none, as_of: 2020-01-01}}
    """

    assert read(told, "competitor_presence") == ("none", UNKNOWN)
    assert read(told, "competitor_presence", OURS) == ("quoting", "quoting")


def test_the_latest_answer_up_to_the_day_counts(read: Read) -> None:
    told = """
    facts:
      complaints_open:
        - {value: 7, as_of: 2026-11-02}
        - {value: 2, as_of: 2026-11-01}
        - {value: 1, as_of: 2026-10-01}
    """

    assert read(told, "complaints_open") == (2, 2)


def test_an_answer_of_tomorrow_is_no_answer(read: Read) -> None:
    told = "customer: {access_to_others: {value: free, as_of: 2026-11-02}}\nfacts: {access_to_others: blocked}"

    assert read(told, "access_to_others") == ("blocked", UNKNOWN)


def test_an_answer_without_a_date_is_the_latest(read: Read) -> None:
    told = "facts: {complaints_open: [{value: 4}, {value: 1, as_of: 2026-10-31}]}"

    assert read(told, "complaints_open") == (4, 4)


LISTED = """
people: [{id: p, function: quality}, {id: q, function: it}, {id: r, function: finance}]
team: [{id: m}, {id: n}]
links:
  - {member: m, person: p, link_last_two_way_days: 5, link_exchanges_90d: 6}
  - {member: m, person: q, link_last_two_way_days: 9, link_exchanges_90d: 3}
  - {member: n, person: q, link_last_two_way_days: 200, link_exchanges_90d: 1}
"""
ALL = LISTED + "complete: {people: yes, team: yes, links: yes}\n"
SOME = LISTED + "complete: {people: no, team: no, links: no}\n"


@pytest.mark.parametrize(
    ("name", "assumed", "all_", "some"),
    [
        ("cross_links", (2, Interval(2, None)), (2, 2), (Interval(2, None),) * 2),
        ("active_contacts_customer", (2, Interval(2, None)), (2, 2), (Interval(2, None),) * 2),
        ("active_contacts_supplier", (1, Interval(1, None)), (1, 1), (Interval(1, None),) * 2),
        ("top_pair_share_pct", (60.0, UNKNOWN), (60.0, 60.0), (UNKNOWN, UNKNOWN)),
        ("functions_reached", (frozenset({"quality", "it"}), UNKNOWN), (frozenset({"quality", "it"}),) * 2,
         (SetBounds(frozenset({"quality", "it"}), None), UNKNOWN)),
    ],
)  # fmt: skip
def test_computed_facts_are_as_sure_as_their_lists(
    read: Read, name: str, assumed: Any, all_: Any, some: Any
) -> None:
    assert read(LISTED, name) == assumed
    assert read(ALL, name) == all_
    assert read(SOME, name) == some


@pytest.mark.parametrize("name", ["cross_links", "active_contacts_customer", "top_pair_share_pct"])
def test_a_stated_total_is_used_only_where_its_list_is_missing(read: Read, name: str) -> None:
    stated = f"facts: {{{name}: 50}}\n"

    assert read(stated, name) == (50, UNKNOWN)
    assert read(stated + ALL, name) == read(ALL, name)
    assert read(stated + "links: []\n", name) == read("links: []\n", name)


def test_without_links_nothing_is_counted_and_with_none_there_are_none(read: Read) -> None:
    assert read("", "cross_links") == (UNKNOWN, UNKNOWN)
    assert read("links: []", "cross_links") == (0, Interval(0, None))
    assert read("links: []\ncomplete: {links: yes}", "cross_links") == (0, 0)
    assert read("links: []\ncomplete: {links: yes}", "top_pair_share_pct") == (UNKNOWN, UNKNOWN)


def test_a_link_of_unknown_age_makes_a_count_an_interval(read: Read) -> None:
    told = """
    people: [{id: p}, {id: q}]
    team: [{id: m}]
    links: [{member: m, person: p, link_last_two_way_days: 5}, {member: m, person: q}]
    complete: {links: yes}
    """

    assert read(told, "cross_links") == (Interval(1, 2), Interval(1, 2))
    assert read(told, "active_contacts_supplier") == (1, 1)


def test_the_last_contact_of_a_person_is_that_of_its_links(read: Read) -> None:
    told = "people: [{id: p, last_two_way_days: 90}]\nteam: [{id: m}, {id: n}]\n"
    two = """
    links: [{member: m, person: p, link_last_two_way_days: 5}, {member: n, person: p, link_last_two_way_days: 3}]
    complete: {links: yes}
    """
    blank = "links: [{member: m, person: p, link_last_two_way_days: 5}, {member: n, person: p}]\n"

    assert read(told, "last_two_way_days", kind="person") == (90, UNKNOWN)
    assert read(
        told + "".join(line.strip() + "\n" for line in two.splitlines()),
        "last_two_way_days",
        kind="person",
    ) == (3, 3)
    assert read(told + blank, "last_two_way_days", kind="person") == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(
    ("size", "complete", "values"),
    [
        (4, "yes", (Interval(25.0, 50.0),) * 2), (4, "no", (Interval(25.0, 100.0), UNKNOWN)),
        (1, "yes", (100.0, 100.0)), ("2..3", "yes", (UNKNOWN, UNKNOWN)), ("unknown", "yes", (UNKNOWN, UNKNOWN)),
    ],
)  # fmt: skip
def test_a_computed_percentage_needs_its_whole(
    read: Read, size: object, complete: str, values: Any
) -> None:
    told = f"""
    decision: {{dmu_size_estimate: {size}}}
    people: [{{id: p, dmu_reason: [involved]}}, {{id: q}}, {{id: r, dmu_reason: none}}]
    complete: {{people: {complete}}}
    """

    assert read(told, "dmu_known_pct", kind="decision") == values


@pytest.mark.parametrize(
    ("stated", "lists", "found"),
    [
        (2, ALL, []), (3, ALL, [("computed", "cross_links", True)]), (3, LISTED, [("computed", "cross_links", None)]),
        (1, LISTED, [("computed", "cross_links", True)]), (3, SOME, []), (3, "", []), ("2..4", ALL, []),
    ],
)  # fmt: skip
def test_a_stated_total_that_differs_from_the_counted_one_contradicts_it(
    view: MakeView, stated: object, lists: str, found: list[tuple[str, str, bool | None]]
) -> None:
    readings = view(f"facts: {{cross_links: {stated}}}\n{lists}").readings

    assert [(c.kind, c.name, c.strict) for c in readings.contradictions()] == found


def test_a_share_is_rounded_by_people(view: MakeView) -> None:
    assert view("facts: {top_pair_share_pct: 61}\n" + ALL).readings.contradictions() == ()
    assert len(view("facts: {top_pair_share_pct: 62}\n" + ALL).readings.contradictions()) == 1


def test_facts_that_cannot_both_hold_are_a_contradiction(view: MakeView) -> None:
    (found,) = view(
        "facts: {introductions_asked_12m: 0, introductions_granted_12m: 2}"
    ).readings.contradictions()

    assert (found.kind, found.name, found.about) == (
        "impossible",
        "more_introductions_than_requests",
        ("account", "a"),
    )


def test_a_finding_and_its_mirror_are_one_contradiction(view: MakeView) -> None:
    readings = view("").readings
    readings.settled.findings.update(
        {
            ("gatekeeper", "account", "a"): (True, True),
            ("access_open", "account", "a"): (True, None),
        }
    )

    (found,) = readings.contradictions()

    assert (found.kind, {found.name, found.other}) == ("mirror", {"gatekeeper", "access_open"})
    assert found.strict is None


def test_the_count_of_contradictions_has_no_upper_bound_in_the_strict_reading(
    view: MakeView,
) -> None:
    told = "facts: {introductions_asked_12m: 0, introductions_granted_12m: 2}"

    assert view(told).read(Ref("contradictions")) == 1
    assert view(told, strict=True).read(Ref("contradictions")) == Interval(1, None)
    assert view("", strict=True).read(Ref("contradictions")) == Interval(0, None)


def test_the_customers_answers_are_counted_up_to_the_day(view: MakeView) -> None:
    told = """
    facts: {trust_self: 4}
    customer:
      trust_other: 2
      satisfaction_rating: unknown
      price_weight_pct: {value: 70, as_of: 2026-11-02}
      trust_self: [{value: 3, as_of: 2026-09-01}, {value: 4, as_of: 2026-10-01}]
    """

    assert view(told).read(Ref("customer_answers")) == 2
    assert view("").read(Ref("customer_answers")) == 0


@pytest.mark.parametrize(
    ("ours", "theirs", "gap"),
    [
        ("effort_balance: only_us", "effort_balance: balanced", "yes"),
        ("effort_balance: only_us", "effort_balance: mostly_us", "no"),
        ("effort_balance: only_us", "effort_balance: unknown", UNKNOWN),
        ("share_of_wallet_pct: 50", "share_of_wallet_pct: 30", "yes"),
        ("share_of_wallet_pct: 50", "share_of_wallet_pct: 31", "no"),
        ("share_of_wallet_pct: 40..50", "share_of_wallet_pct: 30", UNKNOWN),
        ("proof_requested: [audit]", "proof_requested: [trial]", "yes"),
        ("proof_requested: [audit]", "proof_requested: none", "no"),
        ("flow_owner: buyer", "flow_owner: nobody", "yes"),
        ("decision_rules_shared: yes", "decision_rules_shared: yes", "no"),
    ],
)  # fmt: skip
def test_two_answers_lie_apart(view: MakeView, ours: str, theirs: str, gap: Any) -> None:
    readings = view(f"facts: {{{ours}}}\ncustomer: {{{theirs}}}").readings
    entity = next(e for e in readings.entities("gap") if e.id == ours.split(":", maxsplit=1)[0])

    assert readings.view(entity, strict=False).read(Ref("gap")) == gap


def test_each_sides_word_on_the_other_is_compared_crosswise(view: MakeView) -> None:
    readings = view(
        "facts: {trust_self: 5, trust_other: 2}\ncustomer: {trust_other: 3, trust_self: 2}"
    ).readings
    gaps = {e.id: readings.view(e, strict=True).read(Ref("gap")) for e in readings.entities("gap")}

    assert gaps["our_word"] == "yes"
    assert gaps["their_word"] == "no"


def test_a_missing_list_may_always_grow(view: MakeView) -> None:
    readings = view("people: []\nteam: []\ncomplete: {people: yes, team: no, links: yes}").readings

    assert [readings.may_grow("people", strict=strict) for strict in (False, True)] == [
        False,
        False,
    ]
    assert [readings.may_grow("team", strict=strict) for strict in (False, True)] == [True, True]
    assert [readings.may_grow("links", strict=strict) for strict in (False, True)] == [True, True]
    assert [
        view("links: []").readings.may_grow("links", strict=strict) for strict in (False, True)
    ] == [False, True]


# The lowest of several facts


@pytest.mark.parametrize(
    ("case", "value"),
    [
        ("{bad_news_from_us: early, bad_news_from_them: late}", "late"),
        ("{bad_news_from_us: on_time, bad_news_from_them: on_time}", "on_time"),
        # Nothing is lower than the first value, whatever the other answer is.
        ("{bad_news_from_them: hidden}", "hidden"),
        ("{bad_news_from_us: late}", UNKNOWN),
        ("{bad_news_from_us: early}", UNKNOWN),
        ("{bad_news_shared: late, bad_news_from_us: early, bad_news_from_them: early}", "early"),
        ("{bad_news_shared: late, bad_news_from_us: early}", UNKNOWN),
    ],
)
def test_the_worse_of_two_answers_counts_and_an_old_one_only_without_them(
    read: Read, case: str, value: Any
) -> None:
    for block, side in (("facts", OURS), ("customer", THEIRS)):
        assert read(f"{block}: {case}", "bad_news_shared", side) == (value, value)


def test_an_old_answer_counts_without_the_new_ones_in_the_working_reading_only(read: Read) -> None:
    assert read("facts: {bad_news_shared: late}", "bad_news_shared", OURS) == ("late", UNKNOWN)
    assert read("customer: {bad_news_shared: late}", "bad_news_shared") == ("late", UNKNOWN)


def test_the_strict_reading_sees_no_old_answer_that_the_working_one_replaces(read: Read) -> None:
    old_of_theirs = "facts: {bad_news_from_us: early}\ncustomer: {bad_news_shared: late}"

    assert read(old_of_theirs, "bad_news_shared") == (UNKNOWN, UNKNOWN)
    assert read(old_of_theirs, "bad_news_shared", THEIRS) == ("late", UNKNOWN)


def test_a_gap_of_old_answers_is_none_where_the_new_ones_are_given(view: MakeView) -> None:
    def gap(text: str) -> Any:
        readings = view(text).readings
        entities = [e for e in readings.entities("gap") if e.id == "bad_news_shared"]
        return readings.view(entities[0], strict=False).read(Ref("gap"))

    old = "facts: {bad_news_shared: early}\ncustomer: {bad_news_shared: hidden}"
    both = old.replace(
        "{bad_news_shared: early}", "{bad_news_shared: early, bad_news_from_us: early}"
    )

    assert gap(old) == "yes"
    assert gap(both) == "no"
