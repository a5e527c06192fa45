"""Reading of case files, and every kind of mistake in them."""

# ruff: noqa: E501, ISC004 -- a table row or a message is on one line

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import CaseError
from kam_expert.facts.case import Case
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.values import Interval

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

MakeCase = Callable[[str], Case]


@pytest.fixture
def mistakes(base: KnowledgeBase, tmp_path: Path) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        path = tmp_path / "case.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CaseError) as caught:
            read_case(path, base, "case.yaml")
        return [str(problem) for problem in caught.value.problems]

    return read


A = "account: {id: a}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "case.yaml: the file is empty; `kam new` writes a case to start from"),
        ("# nothing\n", "case.yaml: the file is empty; `kam new` writes a case to start from"),
        ("[a]", "case.yaml: a case is a mapping with account:, facts: and so on"),
        ("word", "case.yaml: a case is a mapping with account:, facts: and so on"),
        ("kam: 1\n", "case.yaml:1:1: account: {id: …, name: …} is missing"),
        ("account: acme\n", "case.yaml:1:1: account: {id: …, name: …} is missing"),
        ("account: {name: Acme}\n", "case.yaml:1:10: the account has no id"),
        ("account: {id: }\n", "case.yaml:1:11: the account has no id"),
        ("account: {id: a, nmae: A}\n", 'case.yaml:1:18: unknown fact "nmae". Did you mean "name"?'),
        ("account: {id: a, tenure_months: 3}\n",
         'case.yaml:1:18: "tenure_months" is a fact about the account; put it under "facts:"'),
        ("kam: 2\n" + A, "case.yaml:1:1: this version reads kam: 1, not 2"),
        (A + "fcats: {}\n", 'case.yaml:2:1: unknown key "fcats". Did you mean "facts"?'),
        (A + "tenure_months: 3\n", 'case.yaml:2:1: "tenure_months" is a fact; put it under "facts:"'),
        (A + "authority: none\n", 'case.yaml:2:1: "authority" is a fact; put it under a person in "people:"'),
        (A + "facts: [a]\n", 'case.yaml:2:1: "facts:" is a mapping of facts to values'),
        (A + "facts: {tenure_month: 3}\n",
         'case.yaml:2:9: unknown fact "tenure_month". Did you mean "tenure_months"?'),
        (A + "facts:\n  authority: none\n",
         'case.yaml:3:3: "authority" is a fact about the person; put it under a person in "people:"'),
        (A + "facts:\n  dmu_style: consensus\n",
         'case.yaml:3:3: "dmu_style" is a fact about the decision; put it under "decision:"'),
        (A + "facts: {price_weight_pct: 3}\n",
         'case.yaml:2:9: "price_weight_pct" is asked of the customer; put it under "customer:"'),
        (A + "customer: {tenure_months: 3}\n",
         'case.yaml:2:12: "tenure_months" is asked of our side; put it under "facts:"'),
    ],
)  # fmt: skip
def test_a_mistake_in_the_frame_of_a_case(
    mistakes: Callable[[str], list[str]], text: str, message: str
) -> None:
    assert mistakes(text) == [message]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("account_status: losst",
         '3:3: "losst" is not a value of account_status; it is one of prospect, new_under_12m, established, '
         'dormant, lost. Did you mean "lost"?'),
        ("account_status: yes", '3:3: "yes" is not a value of account_status; it is one of prospect, '
         'new_under_12m, established, dormant, lost.'),
        ("account_status: 5", '3:3: "5" is not a value of account_status; it is one of prospect, '
         'new_under_12m, established, dormant, lost.'),
        ("account_status: [lost]", "3:3: account_status takes one value, not a list"),
        ("account_status: {value: {a: b}}", "3:20: account_status takes one value, not a mapping"),
        ("tenure_months: many", '3:3: tenure_months takes a number, not "many"'),
        ("tenure_months: yes", '3:3: tenure_months takes a number, not "yes"'),
        ("tenure_months: true", "3:3: tenure_months takes a number, not true"),
        ("tenure_months: 1.5", "3:3: tenure_months takes a whole number, not 1.5"),
        ("tenure_months: -1", "3:3: tenure_months takes a number from 0, not -1"),
        ("tenure_months: 1e999", "3:3: tenure_months takes a number, not inf"),
        ("tenure_months: 5..2", "3:3: tenure_months: in the band 5..2 the first end is larger"),
        ("tenure_months: 2..", '3:3: tenure_months takes a number, not "2.."'),
        ("tenure_months: 1.5..2", "3:3: tenure_months takes a whole number, not 1.5"),
        ("pct_about_customer: 101", "3:3: pct_about_customer takes a number from 0 to 100, not 101"),
        ("pct_about_customer: 90..110", "3:3: pct_about_customer takes a number from 0 to 100, not 110"),
        ("partnership_start: 01.10.2026",
         '3:3: partnership_start takes a date as YYYY-MM-DD or none, not "01.10.2026"; '
         "write 2026-10-01"),
        ("partnership_start: 2026-02-30",
         '3:3: partnership_start takes a date as YYYY-MM-DD or none, not "2026-02-30"'),
        ("partnership_start: 2026-W05-1",
         '3:3: partnership_start takes a date as YYYY-MM-DD or none, not "2026-W05-1"'),
        ("partnership_start: 20261001",
         '3:3: partnership_start takes a date as YYYY-MM-DD or none, not "20261001"'),
        ("strategy_sources: [none, users]", '3:3: "none" cannot be combined with other values of strategy_sources'),
        ("strategy_sources: [users, unknown]", '3:3: "unknown" cannot be combined with other values of strategy_sources'),
        ("strategy_sources: [user]",
         '3:3: "user" is not a value of strategy_sources; it is one of procurement, users, technical, finance, it, '
         'general_management, owner_board, published_report. Did you mean "users"?'),
        ("on_key_list: maybe", '3:3: "maybe" is not a value of on_key_list; it is one of yes, no.'),
        ("tenure_months: {vlaue: 3, value: 3}", '3:19: unknown key "vlaue". Did you mean "value"?'),
        ("tenure_months: {source: said}", "3:3: tenure_months: the long form needs a value"),
        ("tenure_months: {value: 3, source: sade}",
         '3:29: unknown source "sade"; it is one of observed, said, reported, assumed. Did you mean "said"?'),
        ("tenure_months: {value: 3, as_of: yesterday}",
         '3:29: "as_of" is a date as YYYY-MM-DD, not "yesterday"'),
        ("tenure_months: {value: 3, by: [a]}", '3:29: "by" is a text'),
        ("tenure_months: [{value: 3, as_of: 2026-01-01}, {value: 4, as_of: 2026-01-01}]",
         "3:3: tenure_months: two values with the same date"),
        ("tenure_months: [{value: 3}, {value: 4}]", "3:3: tenure_months: two values with the same date"),
        ("tenure_months: [{value: 3}, 4]", "3:3: tenure_months takes one value, not a list"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_value(
    mistakes: Callable[[str], list[str]], written: str, message: str
) -> None:
    assert mistakes(f"{A}facts:\n  {written}\n") == [f"case.yaml:{message}"]


@pytest.mark.parametrize(
    "written",
    [
        "[{value: users}, technical]",
        "[[users]]",
        "{value: {users: yes}}",
        "[{value: [[users]]}]",
        "[5]",
    ],
)
def test_a_set_of_anything_but_words_is_a_mistake_and_no_crash(
    mistakes: Callable[[str], list[str]], written: str
) -> None:
    (said,) = mistakes(f"{A}facts: {{strategy_sources: {written}}}\n")

    assert "is not a value of strategy_sources" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("people: {id: p}", '2:1: "people:" is a list; start each item with "- "'),
        ("people: [p]", "2:10: a person is a mapping with an id and facts"),
        ("people: [{name: P}]", "2:10: this person has no id"),
        ("people: [{id: p}, {id: p}]", '2:20: duplicate id "p" in "people:"'),
        ("team: [{id: 1}, {id: '1'}]", '2:18: duplicate id "1" in "team:"'),
        ("decisions: [{id: d}, {id: d}]", '2:23: duplicate id "d" in "decisions:"'),
        ("people: [{id: p, autority: none}]", '2:18: unknown fact "autority". Did you mean "authority"?'),
        ("people: [{id: p, authority: boss}]",
         '2:18: "boss" is not a value of authority; it is one of none, advises, can_veto, co_decides, decides_alone.'),
        ("people: [{id: p, tenure_months: 3}]",
         '2:18: "tenure_months" is a fact about the account; put it under "facts:"'),
        ("people: [{id: p, relationship_skill: basic}]",
         '2:18: "relationship_skill" is a fact about the member; put it under a member in "team:"'),
        ("people: [{id: p, decisions: d}]", '2:18: "decisions:" of a person is a list of decision ids'),
        ("decisions: [{id: press}]\npeople: [{id: p, decisions: [pres]}]",
         '3:30: unknown decision "pres". Did you mean "press"?'),
        ("decision: {id: d}\ndecisions: [{id: e}]", '2:1: give either "decision:" or "decisions:", not both'),
        ("decision: d", "2:1: a decision is a mapping with an id and facts"),
        ("links: [a]", "2:9: a link is a mapping with a member and a person"),
        ("team: [{id: m}]\nlinks: [{member: m}]", "3:9: this link has no person"),
        ("people: [{id: anna}]\nteam: [{id: m}]\nlinks: [{member: m, person: ana}]",
         '4:21: unknown person "ana"; it is not an id in "people:". Did you mean "anna"?'),
        ("people: [{id: p}]\nlinks: [{member: m, person: p}]",
         '3:10: unknown member "m"; it is not an id in "team:".'),
        ("people: [{id: p}]\nteam: [{id: m}]\nlinks: [{member: m, person: p}, {member: m, person: p}]",
         "4:33: duplicate link of m and p"),
        ("events: [a]", "2:10: an event is a mapping such as {kind: …, day: …}"),
        ("events: [{kind: incident}]", "2:10: this event has no day"),
        ("events: [{day: 2026-10-03}]", "2:10: this event has no kind"),
        ("events: [{kind: incident, day: 2026-10-03, dya: 1}]",
         '2:44: unknown fact "dya". Did you mean "day"?'),
        ("events: [{kind: incidnet, day: 2026-10-03}]",
         '2:11: "incidnet" is not a value of event_kind; it is one of person_left, person_came, contract_ends, '
         'tender_opens, reorganised, new_owner, price_round, incident. Did you mean "incident"?'),
        ("events: [{kind: person_left, day: 2026-10-03}]",
         '2:10: an event "person_left" names a person: or a member:'),
        ("people: [{id: anna}]\nevents: [{kind: person_left, day: 2026-10-03, person: ana}]",
         '3:47: unknown person "ana"; it is not an id in "people:". Did you mean "anna"?'),
        ("events: [{kind: incident, day: 2026-10-03}, {kind: incident, day: 2026-10-03}]",
         '2:45: duplicate event "incident 2026-10-03"; give it another id'),
        ("events: [{kind: incident, event_kind: incident, day: 2026-10-03}]",
         '2:27: "event_kind" is given twice'),
        ("complete: yes", '2:1: "complete:" is a mapping such as {people: no}'),
        ("complete: {peple: yes}", '2:12: unknown list "peple". Did you mean "people"?'),
        ("complete: {people: maybe}", '2:12: "people" is complete: yes or no'),
        ("target_stage: partnersip",
         '2:1: unknown stage "partnersip"; it is one of butterfly, transition, partnership. '
         'Did you mean "partnership"?'),
        ("target_stage: [partnership]", '2:1: unknown stage "[\'partnership\']"; it is one of butterfly, transition, '
         'partnership. Did you mean "partnership"?'),
        ("comments: {a: b}", '2:1: "comments:" is a text or a list of texts'),
        ("comments: [[a]]", '2:1: "comments:" is a text or a list of texts'),
        ("steps: [a]", '2:1: "steps:" is a mapping of steps to {owner, due, hide}'),
        ("steps: {no_such_step_at_all: {}}", '2:9: unknown step "no_such_step_at_all".'),
    ],
)  # fmt: skip
def test_a_mistake_in_a_list_or_a_note(
    mistakes: Callable[[str], list[str]], text: str, message: str
) -> None:
    assert mistakes(f"{A}{text}\n") == [f"case.yaml:{message}"]


def test_a_mistake_in_a_note_on_a_step(
    base: KnowledgeBase, mistakes: Callable[[str], list[str]]
) -> None:
    step = next(iter(base.steps))

    assert mistakes(f"{A}steps:\n  {step}: Olena\n") == [
        "case.yaml:3:3: a note on a step is a mapping with owner, due or hide"
    ]
    assert mistakes(
        f"{A}steps:\n  {step}:\n    onwer: Olena\n    due: soon\n    hide: perhaps\n"
    ) == [
        'case.yaml:4:5: unknown key "onwer". Did you mean "owner"?',
        'case.yaml:5:5: "due" is a date as YYYY-MM-DD, not "soon"',
        'case.yaml:6:5: "hide" is yes or no',
    ]


def test_an_id_is_a_word(mistakes: Callable[[str], list[str]]) -> None:
    assert mistakes("account: {id: [a]}\n")[0] == 'case.yaml:1:11: "id" is a text'


def test_all_mistakes_are_told_at_once_in_order(mistakes: Callable[[str], list[str]]) -> None:
    said = mistakes(f"{A}facts:\n  tenure_months: x\n  nonsense: 1\npeople: [{{name: P}}]\n")

    assert [line.split(": ")[0] for line in said] == [
        "case.yaml:3:3",
        "case.yaml:4:3",
        "case.yaml:5:10",
    ]


def test_a_case_of_a_thousand_mistakes_shows_the_first_twenty(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(A + "facts:\n" + "".join(f"  x{i}: 1\n" for i in range(1000)), encoding="utf-8")

    with pytest.raises(CaseError) as caught:
        read_case(path, base)

    assert len(str(caught.value).splitlines()) == 21
    assert str(caught.value).endswith("... and 980 more")


def test_what_is_unknown_is_as_if_it_were_not_told(build: MakeCase) -> None:
    told = "facts: {tenure_months: unknown, account_status: , strategy_sources: [unknown]}\npeople: [{id: p, authority: ~}]"

    case = build(told)

    assert not case.account.ours
    assert case.people is not None
    assert not case.people[0].ours
    assert case.digest() == build("people: [{id: p}]").digest()


def test_an_empty_set_is_known_to_be_none(build: MakeCase) -> None:
    for written in ("[]", "none", "[none]"):
        (answer,) = build(f"facts: {{strategy_sources: {written}}}").account.ours[
            "strategy_sources"
        ]
        assert answer.value == frozenset()


def test_a_band_is_an_interval(build: MakeCase) -> None:
    account = build(
        "facts: {tenure_months: 6..12, pct_about_customer: 20..20, gross_margin_pct: -5.5..2}"
    ).account

    assert account.ours["tenure_months"][0].value == Interval(6, 12)
    assert account.ours["pct_about_customer"][0].value == 20
    assert account.ours["gross_margin_pct"][0].value == Interval(-5.5, 2)


def test_words_of_yaml_1_1_are_words(build: MakeCase) -> None:
    account = build(
        "facts: {on_key_list: no, main_contact_changed_12m: true, cost_to_serve_known: no}"
    ).account

    assert account.ours["on_key_list"][0].value == "no"
    assert account.ours["main_contact_changed_12m"][0].value == "yes"
    assert account.ours["cost_to_serve_known"][0].value == "no"


def test_an_account_has_an_owner_and_a_segment_beside_its_facts(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("account: {id: a, owner: О. К., segment: 7}\n", encoding="utf-8")
    case = read_case(path, base)
    path.write_text(A, encoding="utf-8")

    assert (case.owner, case.segment) == ("О. К.", "7")
    assert case.digest() == read_case(path, base).digest()


def test_a_blank_text_says_nothing(build: MakeCase) -> None:
    case = build('people: [{id: p, contact_owner: " ", backup_owner: ""}]\n')

    assert case.people is not None
    assert not case.people[0].ours


def test_a_long_form_keeps_its_origin(build: MakeCase) -> None:
    account = build(
        "facts: {competitor_presence: {value: quoting, source: said, by: Олена, as_of: 2026-10-01}}"
    ).account
    (answer,) = account.ours["competitor_presence"]

    assert (answer.value, answer.source, answer.by) == ("quoting", "said", "Олена")
    assert answer.as_of == date(2026, 10, 1)
    assert str(answer.place) == "case:2:31"


def test_dated_values_stand_oldest_first_and_undated_ones_last(build: MakeCase) -> None:
    account = build(
        """
        facts:
          complaints_open:
            - {value: 3}
            - {value: 2, as_of: 2026-10-01}
            - {value: 1, as_of: 2026-09-01}
        """
    ).account

    assert [answer.value for answer in account.ours["complaints_open"]] == [1, 2, 3]


def test_the_sides_are_kept_apart(build: MakeCase) -> None:
    account = build("facts: {trust_self: 4}\ncustomer: {trust_self: 2}").account

    assert account.ours["trust_self"][0].value == 4
    assert account.theirs["trust_self"][0].value == 2


def test_a_missing_list_is_not_an_empty_one(build: MakeCase) -> None:
    assert build("").links is None
    assert build("links: []").links == ()
    assert build("links: ~").links is None


def test_one_decision_needs_no_id(build: MakeCase) -> None:
    decisions = build("decision: {dmu_style: consensus}").decisions

    assert decisions is not None
    assert [decision.id for decision in decisions] == ["decision"]


def test_notes_are_carried(base: KnowledgeBase, build: MakeCase) -> None:
    step = next(iter(base.steps))
    notes = build(
        f"""
        comments: [перший, 2]
        target_stage: partnership
        steps:
          {step}: {{owner: Олена, due: 2026-12-01, hide: yes}}
        """
    ).notes

    assert notes.comments == ("перший", "2")
    assert notes.target_stage == "partnership"
    assert (notes.steps[step].owner, notes.steps[step].due, notes.steps[step].hide) == (
        "Олена", date(2026, 12, 1), True,
    )  # fmt: skip


def test_the_digest_is_of_the_facts_and_not_of_their_order(build: MakeCase) -> None:
    one = build(
        "facts: {tenure_months: 3, strategy_sources: [users, finance]}\npeople: [{id: p}, {id: q}]"
    )
    two = build(
        "people: [{id: q}, {id: p}]\nfacts: {strategy_sources: [finance, users], tenure_months: 3}"
    )
    other = build(
        "facts: {tenure_months: 4, strategy_sources: [users, finance]}\npeople: [{id: p}, {id: q}]"
    )

    assert one.digest() == two.digest()
    assert one.digest() != other.digest()


def test_json_is_read_as_yaml_is(base: KnowledgeBase, build: MakeCase, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(
        json.dumps({"account": {"id": "a", "name": "A"}, "facts": {"tenure_months": 3}}),
        encoding="utf-8",
    )

    assert read_case(path, base).digest() == build("facts: {tenure_months: 3}").digest()


@pytest.mark.parametrize("identity", ["²", "p²", "٣", "1²3", "9" * 30])
def test_an_id_of_strange_digits_is_put_in_order(build: MakeCase, identity: str) -> None:
    case = build(f'people: [{{id: b}}, {{id: "{identity}"}}, {{id: "2"}}]\n')

    assert {person.id for person in case.people or ()} == {"b", identity, "2"}
