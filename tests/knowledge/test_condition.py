"""What each operator of a condition says of small cases, in both readings."""

# ruff: noqa: E501, PLR0913 -- a table row or a message is on one line

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from kam_expert.facts.readings import EntityView
from kam_expert.knowledge.conditions.condition import Condition, Ref
from kam_expert.knowledge.conditions.leaf import Leaf, findings_read, reads_stage, refs
from kam_expert.knowledge.values import Interval, Truth

T, F, U = True, False, None
Both = Callable[..., tuple[Truth, Truth]]
MakeView = Callable[..., EntityView]

# Facts asked of our side only, without an age: both readings see the same answer.
NUMBER = "facts: {tenure_months: %s}"
BAND = "facts: {tenure_months: 2..4}"
SET = "facts: {strategy_sources: %s}"


@pytest.mark.parametrize(
    ("asked", "zero", "two", "three", "band"),
    [
        ("2", F, T, F, U), ("[0, 2]", T, T, F, U), ("{not: 2}", T, F, T, U), ("{not: [0, 2]}", F, F, T, U),
        ("{at_least: 2}", F, T, T, T), ("{at_least: 3}", F, F, T, U), ("{at_least: 5}", F, F, F, F),
        ("{at_most: 2}", T, T, F, U), ("{at_most: 1}", T, F, F, F), ("{at_most: 4}", T, T, T, T),
        ("{above: 2}", F, F, T, U), ("{above: 1}", F, T, T, T), ("{above: 4}", F, F, F, F),
        ("{below: 2}", T, F, F, F), ("{below: 3}", T, T, F, U), ("{below: 5}", T, T, T, T),
        ("{at_least: $two}", F, T, T, T), ("{above: 0, below: 3}", F, T, F, U),
    ],
)  # fmt: skip
def test_what_is_asked_of_a_number(
    both: Both, asked: str, zero: Truth, two: Truth, three: Truth, band: Truth
) -> None:
    test = f"tenure_months: {asked}"

    assert both(test, NUMBER % 0) == (zero, zero)
    assert both(test, NUMBER % 2) == (two, two)
    assert both(test, NUMBER % 3) == (three, three)
    assert both(test, BAND) == (band, band)
    assert both(test, "") == (U, U)
    assert both(test, NUMBER % "unknown") == (U, U)


@pytest.mark.parametrize(
    ("asked", "low", "medium"),
    [
        ("low", T, F), ("[low, high]", T, F), ("{not: low}", F, T), ("{not: [low, medium]}", F, F),
    ],
)  # fmt: skip
def test_what_is_asked_of_a_word(both: Both, asked: str, low: Truth, medium: Truth) -> None:
    test = f"account_attractiveness: {asked}"

    assert both(test, "facts: {account_attractiveness: low}") == (low, low)
    assert both(test, "facts: {account_attractiveness: medium}") == (medium, medium)
    assert both(test, "") == (U, U)


@pytest.mark.parametrize(
    ("asked", "none", "users", "users_and_finance"),
    [
        ("{contains: users}", F, T, T), ("{contains_any: [users, technical]}", F, T, T),
        ("{contains_any: [finance, technical]}", F, F, T), ("{contains_all: [users, finance]}", F, F, T),
        ("{only: users}", F, T, F), ("{only: [users, finance]}", F, T, T),
        ("{size: 0}", T, F, F), ("{size: 1}", F, T, F), ("{size: {at_least: 1}}", F, T, T),
        ("{size: {at_most: 1}}", T, T, F), ("{size: {not: 1}}", T, F, T), ("none", T, F, F), ("{not: none}", F, T, T),
    ],
)  # fmt: skip
def test_what_is_asked_of_a_set(
    both: Both, asked: str, none: Truth, users: Truth, users_and_finance: Truth
) -> None:
    test = f"strategy_sources: {asked}"

    assert both(test, SET % "none") == (none, none)
    assert both(test, SET % "[]") == (none, none)
    assert both(test, SET % "[users]") == (users, users)
    assert both(test, SET % "[finance, users]") == (users_and_finance, users_and_finance)
    assert both(test, "") == (U, U)


# Links of two people of known function; a third link of unknown age.
SURE = "{member: m, person: p, link_last_two_way_days: 5}"
OLD = "{member: m, person: q, link_last_two_way_days: 200}"
BLANK = "{member: m, person: q}"
ENDS = """
people: [{id: p, function: quality}, {id: q, function: finance}]
team: [{id: m}]
"""
CLOSED = "complete: {people: yes, team: yes, links: yes}\n"
OPEN = "complete: {people: no, team: no, links: no}\n"


def links(*items: str) -> str:
    return f"{ENDS}links: [{', '.join(items)}]\n"


@pytest.mark.parametrize(
    ("asked", "truth"),
    [
        ("{contains: quality}", T), ("{contains: finance}", U), ("{contains: it}", F),
        ("{only: [quality]}", U), ("{only: [quality, finance]}", T), ("{only: [finance]}", F),
        ("{contains_all: [quality, finance]}", U), ("{size: {at_least: 1}}", T), ("{size: {at_least: 2}}", U),
        ("{size: {at_least: 3}}", F), ("{not: none}", T),
    ],
)  # fmt: skip
def test_a_set_that_may_hold_one_more(both: Both, asked: str, truth: Truth) -> None:
    given = links(SURE, BLANK) + CLOSED

    assert both(f"functions_reached: {asked}", given) == (truth, truth)


def test_an_open_list_leaves_a_set_without_upper_bound(both: Both) -> None:
    given = links(SURE) + OPEN

    assert both("functions_reached: {contains: quality}", given) == (T, U)
    assert both("functions_reached: {contains: finance}", given) == (U, U)
    assert both("functions_reached: {only: quality}", given) == (U, U)


ACTIVE = "count: {of: links, where: {link_last_two_way_days: {at_most: 90}}, %s}"


@pytest.mark.parametrize(
    ("listed", "asked", "assumed", "open_", "closed"),
    [
        ((SURE, OLD), "at_least: 1", (T, T), (T, T), (T, T)),
        ((SURE, OLD), "at_least: 2", (F, U), (U, U), (F, F)),
        ((SURE, OLD), "at_most: 1", (T, U), (U, U), (T, T)),
        ((SURE, OLD), "at_most: 0", (F, F), (F, F), (F, F)),
        ((SURE, OLD), "is: 1", (T, U), (U, U), (T, T)),
        ((SURE, OLD), "is: 0", (F, F), (F, F), (F, F)),
        ((SURE, OLD), "not: 1", (F, U), (U, U), (F, F)),
        ((SURE, OLD), "is: [0, 1]", (T, U), (U, U), (T, T)),
        ((SURE, BLANK), "at_least: 1", (T, T), (T, T), (T, T)),
        ((SURE, BLANK), "at_least: 2", (U, U), (U, U), (U, U)),
        ((SURE, BLANK), "at_most: 1", (U, U), (U, U), (U, U)),
        ((SURE, BLANK), "at_most: 2", (T, U), (U, U), (T, T)),
        ((SURE, BLANK), "above: 1", (U, U), (U, U), (U, U)),
        ((SURE, BLANK), "below: 3", (T, U), (U, U), (T, T)),
        ((SURE, BLANK), "at_least: 3", (F, U), (U, U), (F, F)),
        ((), "at_least: 1", (F, U), (U, U), (F, F)),
        ((), "is: 0", (T, U), (U, U), (T, T)),
    ],
)  # fmt: skip
def test_a_count_is_as_sure_as_its_list(
    both: Both,
    listed: tuple[str, ...],
    asked: str,
    assumed: tuple[Truth, Truth],
    open_: tuple[Truth, Truth],
    closed: tuple[Truth, Truth],
) -> None:
    given = links(*listed)

    assert both(ACTIVE % asked, given) == assumed
    assert both(ACTIVE % asked, given + OPEN) == open_
    assert both(ACTIVE % asked, given + CLOSED) == closed


@pytest.mark.parametrize("asked", ["at_least: 1", "at_most: 5", "is: 0"])
def test_a_missing_list_says_nothing(both: Both, asked: str) -> None:
    assert both(ACTIVE % asked, ENDS) == (U, U)
    assert both(ACTIVE % asked, ENDS + "complete: {links: yes}") == (U, U)


def test_at_least_none_is_true_even_of_a_missing_list(both: Both) -> None:
    assert both(ACTIVE % "at_least: 0", ENDS) == (T, T)


EVERY = "every: {of: links, satisfies: {link_last_two_way_days: {at_most: 90}}}"


@pytest.mark.parametrize(
    ("listed", "assumed", "open_", "closed"),
    [
        ((SURE,), (T, U), (U, U), (T, T)),
        ((SURE, OLD), (F, F), (F, F), (F, F)),
        ((SURE, BLANK), (U, U), (U, U), (U, U)),
        ((OLD, "{member: m, person: p}"), (F, F), (F, F), (F, F)),
        ((), (F, U), (U, U), (F, F)),
    ],
)
def test_every_is_as_sure_as_its_list(
    both: Both,
    listed: tuple[str, ...],
    assumed: tuple[Truth, Truth],
    open_: tuple[Truth, Truth],
    closed: tuple[Truth, Truth],
) -> None:
    given = links(*listed)

    assert both(EVERY, given) == assumed
    assert both(EVERY, given + OPEN) == open_
    assert both(EVERY, given + CLOSED) == closed


def test_every_of_a_missing_list_is_unknown(both: Both) -> None:
    assert both(EVERY, ENDS + "complete: {links: yes}") == (U, U)


@pytest.mark.parametrize(
    ("people", "truth"),
    [
        ("[{id: p, is_main_contact: yes, guards_access: no}, {id: q, is_main_contact: no}]", T),
        ("[{id: p, is_main_contact: yes, guards_access: strongly}]", F),
        ("[{id: p, is_main_contact: yes}]", U),
        ("[{id: p, is_main_contact: no, guards_access: strongly}]", F),
        ("[{id: p, guards_access: strongly}]", U),
        ("[{id: p, guards_access: no}]", U),
        ("[{id: p, is_main_contact: yes, guards_access: no}, {id: q}]", U),
        ("[{id: p, is_main_contact: yes, guards_access: no}, {id: q, guards_access: no}]", T),
    ],
)
def test_every_asks_only_those_who_are_meant(both: Both, people: str, truth: Truth) -> None:
    asked = "every: {of: people, where: {is_main_contact: yes}, satisfies: {guards_access: no}}"

    assert both(asked, f"people: {people}\n{CLOSED}") == (truth, truth)


DISTINCT = "count: {of: people, where: {is_main_contact: yes}, distinct: %s, at_least: 0}"


@pytest.mark.parametrize(
    ("people", "low", "high"),
    [
        ("[]", 0, 0),
        ("[{is_main_contact: yes, open_to_us: 1}, {is_main_contact: yes, open_to_us: 1}]", 1, 1),
        ("[{is_main_contact: yes, open_to_us: 1}, {is_main_contact: yes, open_to_us: 2}]", 2, 2),
        ("[{is_main_contact: yes, open_to_us: 1}, {is_main_contact: no, open_to_us: 2}]", 1, 1),
        ("[{is_main_contact: yes, open_to_us: 1}, {open_to_us: 2}]", 1, 2),
        ("[{is_main_contact: yes, open_to_us: 1}, {open_to_us: 1}]", 1, 1),
        ("[{is_main_contact: yes, open_to_us: 1}, {is_main_contact: yes}]", 1, 2),
        ("[{is_main_contact: yes}]", 1, 1),
        ("[{is_main_contact: yes}, {is_main_contact: yes}]", 1, 2),
        ("[{}]", 0, 1),
        (
            "[{is_main_contact: yes, open_to_us: 1..2}, {is_main_contact: yes, open_to_us: 2..3}]",
            1,
            2,
        ),
    ],
)
def test_distinct_values_are_counted_once(
    condition: Callable[..., Condition], view: MakeView, people: str, low: int, high: int
) -> None:
    count = condition(DISTINCT % "open_to_us")
    assert isinstance(count, Leaf)
    parts = people.split("{")
    numbered = parts[0] + "".join(
        f"{{id: p{i}{', ' if not part.startswith('}') else ''}{part}"
        for i, part in enumerate(parts[1:])
    )
    dated = re.sub(r"(open_to_us: )([\d.]+)", r"\1{value: \2, as_of: 2026-10-01}", numbered)
    listed = f"people: {dated}\n"

    expected = low if low == high else Interval(low, high)
    assert count.term.value(view(listed + CLOSED, strict=True)) == expected
    assert count.term.value(view(listed)) == expected
    assert count.term.value(view(listed, strict=True)) == Interval(low, None)


def test_a_link_reaches_its_person_and_its_member(both: Both) -> None:
    asked = "count: {of: links, where: {person.function: %s, member.member_function: sales}, at_least: 1}"
    given = """
    people: [{id: x, function: quality}, {id: y, function: it}]
    team: [{id: x, member_function: sales}]
    links: [{member: x, person: y}]
    complete: {links: yes}
    """

    assert both(asked % "it", given) == (T, T)
    assert both(asked % "quality", given) == (F, F)


def test_a_person_of_the_same_id_as_a_member_counts_a_link_once(both: Both) -> None:
    given = """
    people: [{id: x}]
    team: [{id: x}]
    links: [{member: x, person: x}]
    complete: {links: yes}
    """

    assert both("count: {of: links, is: 1}", given, "person") == (T, T)


def test_links_whose_ids_run_together_are_two_links(both: Both) -> None:
    given = """
    people: [{id: c, function: it}, {id: b-c, function: quality}]
    team: [{id: a-b}, {id: a}]
    links: [{member: a-b, person: c}, {member: a, person: b-c}]
    complete: {links: yes}
    """

    assert both("count: {of: links, where: {person.function: it}, is: 1}", given) == (T, T)


def test_a_decision_counts_its_own_people(both: Both) -> None:
    given = """
    decisions: [{id: d}, {id: e}]
    people: [{id: p, decisions: [d]}, {id: q, decisions: [e]}, {id: r}]
    complete: {people: yes}
    """

    assert both("count: {of: people, is: 2}", given, "decision") == (T, T)


@pytest.mark.parametrize(
    ("asked", "ours", "theirs", "truth"),
    [
        ("more_than: theirs.share_of_wallet_pct", 5, 4, T),
        ("more_than: theirs.share_of_wallet_pct", 4, 4, F),
        ("more_than: {fact: theirs.share_of_wallet_pct, by: 2}", 6, 4, T),
        ("more_than: {fact: theirs.share_of_wallet_pct, by: 2}", 5, 4, F),
        ("less_than: theirs.share_of_wallet_pct", 4, 5, T),
        ("less_than: theirs.share_of_wallet_pct", 4, 4, F),
        ("less_than: {fact: theirs.share_of_wallet_pct, by: $two}", 4, 6, T),
        ("less_than: {fact: theirs.share_of_wallet_pct, by: $two}", 4, 5, F),
        ("more_than: theirs.share_of_wallet_pct", "5..7", 4, T),
        ("more_than: theirs.share_of_wallet_pct", "4..7", 4, U),
        ("more_than: theirs.share_of_wallet_pct", "2..4", 4, F),
        ("more_than: theirs.share_of_wallet_pct", "2..4", "4..6", F),
        ("more_than: {fact: theirs.share_of_wallet_pct, by: 2}", "6..7", 4, T),
        ("more_than: theirs.share_of_wallet_pct", "unknown", 4, U),
        ("more_than: theirs.share_of_wallet_pct", 4, "unknown", U),
    ],
)
def test_one_number_compared_with_another(
    both: Both, asked: str, ours: object, theirs: object, truth: Truth
) -> None:
    given = f"""
    facts: {{share_of_wallet_pct: {{value: {ours}, as_of: 2026-10-30}}}}
    customer: {{share_of_wallet_pct: {{value: {theirs}, as_of: 2026-10-30}}}}
    """

    assert both(f"ours.share_of_wallet_pct: {{{asked}}}", given) == (truth, truth)


@pytest.mark.parametrize(
    ("asked", "given", "truth"),
    [
        ("more_than: {%s}", "cost_to_serve_12m: 51, revenue_12m: 1000, gross_margin_pct: 5", T),
        ("more_than: {%s}", "cost_to_serve_12m: 50, revenue_12m: 1000, gross_margin_pct: 5", F),
        ("less_than: {%s}", "cost_to_serve_12m: 49, revenue_12m: 1000, gross_margin_pct: 5", T),
        ("more_than: {%s}", "cost_to_serve_12m: 0, revenue_12m: 0..9, gross_margin_pct: -2..-1", U),
        ("more_than: {%s}", "cost_to_serve_12m: 0, revenue_12m: 1..9, gross_margin_pct: -2..-1", T),
        ("more_than: {%s}", "cost_to_serve_12m: 0, revenue_12m: 9, gross_margin_pct: -1..1", U),
        ("more_than: {%s, by: 5}", "cost_to_serve_12m: 55, revenue_12m: 1000, gross_margin_pct: 5", T),
        ("more_than: {%s, by: 5}", "cost_to_serve_12m: 54, revenue_12m: 1000, gross_margin_pct: 5", F),
        ("more_than: {%s}", "cost_to_serve_12m: 51, revenue_12m: 1000", U),
    ],
)  # fmt: skip
def test_a_number_compared_with_a_percentage_of_another(
    both: Both, asked: str, given: str, truth: Truth
) -> None:
    share = asked % "fact: revenue_12m, percent: gross_margin_pct"

    assert both(f"cost_to_serve_12m: {{{share}}}", f"facts: {{{given}}}") == (truth, truth)


@pytest.mark.parametrize(
    ("given", "asked", "truth"),
    [
        ("2026-10-02", "at_least: 30", T), ("2026-10-03", "at_least: 30", F),
        ("2026-10-02", "at_most: 30", T), ("2026-10-01", "at_most: 30", F),
        ("2026-10-02", "is: 30", T), ("none", "at_least: 0", F), ("2026-11-02", "below: 0", T),
        ("unknown", "at_least: 30", U),
    ],
)  # fmt: skip
def test_the_days_since_a_date(both: Both, given: str, asked: str, truth: Truth) -> None:
    told = f"customer: {{partnership_start: {given}}}"

    assert both(f"partnership_start: {{days_ago: {{{asked}}}}}", told) == (truth, truth)


def test_the_days_since_an_answer(both: Both) -> None:
    asked = "account_status: {days_ago: {at_most: 30}}"

    dated = "facts: {account_status: {value: lost, as_of: %s}}"
    assert both(asked, dated % "2026-10-02") == (T, T)
    assert both(asked, dated % "2026-10-01") == (F, F)
    assert both(asked, "facts: {account_status: lost}") == (T, U)
    assert both(asked, "") == (U, U)


def dated(*values: object) -> str:
    """Values of a number, one a month, the last in October; a word stands for no date."""
    month = 11 - len([v for v in values if not isinstance(v, str)])
    items = []
    for value in values:
        if isinstance(value, str):
            items.append(f"{{value: {value}}}")
        else:
            items.append(f"{{value: {value}, as_of: 2026-{month:02}-15}}")
            month += 1
    return f"facts: {{complaints_open: [{', '.join(items)}]}}"


@pytest.mark.parametrize(
    ("values", "truth"),
    [((3, 3), T), ((0, 3, 3), T), ((3, 0, 3), F), ((3, 3, 0), F), ((3, 2), F), ((3,), U)],
)
def test_the_last_two_values_both_pass(both: Both, values: tuple[int, ...], truth: Truth) -> None:
    assert both("complaints_open: {last_two: {at_least: 3}}", dated(*values)) == (truth, truth)


@pytest.mark.parametrize(
    ("values", "rising", "flat", "falling"),
    [
        ((1, 2), T, F, F), ((2, 2), F, T, F), ((2, 1), F, F, T), ((5, 1, 2), T, F, F), ((1,), U, U, U),
    ],
)  # fmt: skip
def test_a_trend_compares_the_last_two_values(
    both: Both, values: tuple[int, ...], rising: Truth, flat: Truth, falling: Truth
) -> None:
    told = dated(*values)

    for word, truth in (("rising", rising), ("flat", flat), ("falling", falling)):
        assert both(f"complaints_open: {{trend: {word}}}", told) == (truth, truth)


@pytest.mark.parametrize(
    ("asked", "values", "truth"),
    [
        ("falling: 2", (5, 3), T),
        ("falling: $two", (5, 4), F),
        ("rising: 2", (3, 5), T),
        ("rising: 2", (3, 4), F),
        ("falling_pct: 20", (5, 4), T),
        ("falling_pct: 20", (6, 5), F),
        ("rising_pct: 20", (5, 6), T),
        ("rising_pct: 20", (6, 7), F),
        ("falling: 2", (5,), U),
    ],
)
def test_a_trend_of_a_certain_size(
    both: Both, asked: str, values: tuple[int, ...], truth: Truth
) -> None:
    assert both(f"complaints_open: {{trend: {{{asked}}}}}", dated(*values)) == (truth, truth)


def test_a_value_without_a_date_is_of_today_and_not_firmly(both: Both) -> None:
    told = dated(1, 2, "0")

    assert both("complaints_open: {trend: falling}", told) == (T, U)
    assert both("complaints_open: {trend: rising}", told) == (F, U)
    assert both("complaints_open: {last_two: {at_least: 1}}", told) == (F, U)
    assert both("complaints_open: 0", told) == (T, T)


def test_values_after_the_day_are_not_seen(both: Both) -> None:
    told = """
    facts:
      complaints_open: [{value: 1, as_of: 2026-11-01}, {value: 5, as_of: 2026-11-02}]
    """

    assert both("complaints_open: 1", told) == (T, T)
    assert both("complaints_open: {trend: rising}", told) == (U, U)


YES, NO, OPEN_FACT = "on_key_list: yes", "on_key_list: no", "main_contact_changed_12m: yes"
KNOWN = "facts: {on_key_list: yes}"


@pytest.mark.parametrize(
    ("asked", "truth"),
    [
        (f"all: [{{{YES}}}, {{{OPEN_FACT}}}]", U), (f"all: [{{{NO}}}, {{{OPEN_FACT}}}]", F),
        (f"any: [{{{YES}}}, {{{OPEN_FACT}}}]", T), (f"any: [{{{NO}}}, {{{OPEN_FACT}}}]", U),
        (f"none: [{{{YES}}}, {{{OPEN_FACT}}}]", F), (f"none: [{{{NO}}}, {{{OPEN_FACT}}}]", U),
        (f"none: [{{{NO}}}]", T), (f"{{{YES}, {OPEN_FACT}}}", U), (f"{{{NO}, {OPEN_FACT}}}", F),
        (f"none: [{{any: [{{{NO}}}, {{all: [{{{YES}}}, {{{NO}}}]}}]}}]", T),
    ],
)  # fmt: skip
def test_branches_combine_what_is_known(both: Both, asked: str, truth: Truth) -> None:
    assert both(asked, KNOWN) == (truth, truth)


def test_unknown_is_two_valued_and_the_same_in_both_readings(
    condition: Callable[..., Condition], view: MakeView
) -> None:
    asked = condition("competitor_presence: {unknown: yes}", about_knowledge=True)
    stale = "customer: {competitor_presence: {value: none, as_of: 2020-01-01}}"

    for strict in (False, True):
        assert asked.evaluate(view("", strict=strict)) is True
        assert asked.evaluate(view(stale, strict=strict)) is False


@pytest.mark.parametrize(("settled", "truth"), [((T, T), T), ((T, U), U), ((F, F), F), ((U, U), U)])
def test_a_finding_is_read_by_the_bounds_of_the_reading(
    condition: Callable[..., Condition], view: MakeView, settled: tuple[Truth, Truth], truth: Truth
) -> None:
    reading = view("", strict=True)
    key = ("barricade", "account", "a")
    reading.readings.settled.findings[key] = settled

    assert condition("finding: barricade").evaluate(reading) is truth
    assert condition("finding: [barricade, overreach]").evaluate(reading) is truth


def test_a_finding_that_no_rule_spoke_of_is_absent(
    condition: Callable[..., Condition], view: MakeView
) -> None:
    assert condition("finding: barricade").evaluate(view("")) is False


def test_a_person_reads_its_own_findings_and_those_of_the_account(
    condition: Callable[..., Condition], view: MakeView
) -> None:
    person = view("people: [{id: p}, {id: q}]", "person")
    person.readings.settled.findings.update(
        {("champion", "person", "q"): (T, T), ("barricade", "account", "a"): (T, T)}
    )

    assert condition("finding: champion", "person").evaluate(person) is False
    assert condition("finding: barricade", "person").evaluate(person) is True


def test_findings_of_a_group_are_counted_as_an_interval(
    condition: Callable[..., Condition], view: MakeView
) -> None:
    reading = view("")
    reading.readings.settled.findings.update(
        {
            ("single_thread", "account", "a"): (T, T),
            ("price_only", "account", "a"): (U, U),
            ("gatekeeper", "account", "a"): (F, F),
        }
    )

    for asked, truth in (("at_least: 1", T), ("at_least: 2", U), ("at_least: 3", F), ("is: 1", U)):
        assert condition(f"findings: {{group: butterfly, {asked}}}").evaluate(reading) is truth


@pytest.mark.parametrize(
    ("possible", "truth"),
    [
        ({"butterfly"}, T), ({"transition"}, F), ({"butterfly", "transition"}, U), ({"undetermined"}, F),
        ({"butterfly", "undetermined"}, U),
    ],
)  # fmt: skip
def test_the_stage_is_read_by_its_bounds(
    condition: Callable[..., Condition], view: MakeView, possible: set[str], truth: Truth
) -> None:
    reading = view("")
    reading.readings.settled.stages = (frozenset(possible), frozenset(possible))

    assert condition("stage: butterfly").evaluate(reading) is truth


def test_a_condition_names_all_that_it_reads(condition: Callable[..., Condition]) -> None:
    asked = condition(
        """
        any:
          - {finding: barricade}
          - {stage: [butterfly, transition]}
          - count: {of: links, where: {person.authority: none}, distinct: person.function, at_least: 1}
          - every: {of: people, where: {is_main_contact: yes}, satisfies: {guards_access: no}}
          - {ours.share_of_wallet_pct: {more_than: theirs.share_of_wallet_pct}}
        """
    )

    assert {str(ref) for ref in refs(asked)} == {
        "person.authority", "person.function", "is_main_contact", "guards_access",
        "ours.share_of_wallet_pct", "theirs.share_of_wallet_pct",
    }  # fmt: skip
    assert set(findings_read(asked)) == {"barricade"}
    assert reads_stage(asked)
    assert str(Ref("trust_other", "theirs")) == "theirs.trust_other"


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ("tenure_month: 2", 'rule:1:1: unknown fact "tenure_month". Did you mean "tenure_months"?'),
        ("coutn: {of: links}", 'rule:1:1: unknown fact "coutn". Did you mean "count"?'),
        ("tenure_months: {atleast: 2}", 'unknown operator "atleast". Did you mean "at_least"?'),
        ("tenure_months: {contains: 2}", '"contains" cannot be asked of tenure_months, which is a number'),
        ("strategy_sources: {at_least: 2}", '"at_least" cannot be asked of strategy_sources, which is a set'),
        ("account_status: {above: 2}", '"above" cannot be asked of account_status, which is a word'),
        ("account_status: losst", "is not a value of account_status; it is one of"),
        ("strategy_sources: {contains: user}", 'is not a value of strategy_sources. Did you mean "users"?'),
        ("strategy_sources: {contains: {a: b}}", "is not a value of strategy_sources."),
        ("strategy_sources: [users]", "strategy_sources is a set: ask contains"),
        ("strategy_sources: [{a: b}]", "is not a value of strategy_sources"),
        ("tenure_months: {at_least: many}", 'a number (or $threshold) is needed, not "many"'),
        ("tenure_months: {at_least: $too}", 'unknown threshold "$too". Did you mean "two"?'),
        ("tenure_months: []", "an empty list can never match"),
        ("tenure_months: 2..4", "a condition asks for known values"),
        ("tenure_months: unknown", "a condition asks for known values"),
        ("tenure_months: {unknown: yes}", "only rules of findings about knowledge may ask"),
        ("tenure_months: {trend: up}", 'a trend is rising, falling or flat, not "up"'),
        ("tenure_months: {last_two: {more_than: complaints_open}}", '"last_two" takes tests of one value'),
        ("tenure_months: {more_than: account_status}", "account_status is not a number and cannot be compared"),
        ("tenure_months: {more_than: contradictions}", "contradictions is not a number"),
        ("trust_self: 2", "say ours.trust_self or theirs.trust_self"),
        ("ours.tenure_months: 2", 'tenure_months is asked of us only; leave out "ours."'),
        ("theirs.price_weight_pct: 2", 'price_weight_pct is asked of the customer only; leave out "theirs."'),
        ("authority: none", '"authority" is a fact about a person and cannot be read for an account'),
        ("gap: yes", '"gap" can be read in rules for a gap only, not for an account'),
        ("customer_answers: {at_least: 2}", "only findings about knowledge may count the customer's answers"),
        ("finding: baricade", 'unknown finding "baricade". Did you mean "barricade"?'),
        ("finding: champion", '"champion" is about a person and cannot be read for an account'),
        ("findings: {group: buterfly, at_least: 1}", 'unknown group "buterfly". Did you mean "butterfly"?'),
        ("findings: {at_least: 1}", '"findings" takes a group and a number'),
        ("stage: buterfly", 'unknown stage "buterfly"'),
        ("stage: undetermined", 'unknown stage "undetermined"'),
        ("is: activ_link", 'unknown definition "activ_link". Did you mean "active_link"?'),
        ("is: [active_link]", "unknown definition"),
        ("is: active_link", '"active_link" defines a link and cannot be asked of an account'),
        ("count: {of: link, at_least: 1}", '"of: link" cannot be counted for account'),
        ("count: {of: [links], at_least: 1}", "cannot be counted for account"),
        ("count: {of: links}", "a number is asked for"),
        ("count: {of: links, wehre: {}, at_least: 1}", 'unknown key "wehre". Did you mean "where"?'),
        ("count: {of: people, distinct: contradictions, at_least: 1}", '"contradictions" is not a fact about a person'),
        ("count: 2", "a mapping with of, where"),
        ("every: {of: links}", '"every" needs "satisfies"'),
        ("all: {}", '"all" takes a list of conditions'),
        ("any: []", '"any" takes a list of conditions'),
        ("{}", "an empty condition would always hold"),
        ("tenure_months: {}", '"tenure_months" asks for nothing'),
        ("[a]", "a condition is a mapping of facts"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_named(
    complaints: Callable[..., list[str]], asked: str, complaint: str
) -> None:
    said = complaints(asked)

    assert any(complaint in line for line in said), said
    assert all(line.startswith("rule:1:") for line in said)


def test_data_about_the_source_of_a_test_is_plain(condition: Callable[..., Condition]) -> None:
    asked: Any = condition("tenure_months: {at_least: $two}")

    assert isinstance(asked, Leaf)
    assert asked.asks == {"at_least": 2}
