"""Whole accounts: how they are read and checked, and how a diagnosis compares with them.

With --all every account is judged by forward chaining too, else each twentieth one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.engines.portfolio.judging.column_accounts import results_on_columns
from kam_expert.engines.settling import PlainEngine
from kam_expert.engines.whole_accounts import (
    AccountResult,
    account_problems,
    compare,
    compared,
    readable,
    table,
    worded,
)
from kam_expert.errors import Place
from kam_expert.knowledge.accounts import BLIND, ExpectsDoc, WholeAccount, read_accounts
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.yaml_reader import Map
from kam_expert.resources import rules_folder
from tests.command import run_kam
from tests.shipped import shipped_base, shipped_engine

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

BASE = shipped_base()
TEXT = """\
account: small
about: {uk: Невеликий клієнт, en: A small customer}
date: 2026-11-01
case:
  account: {id: a}
  facts: {account_status: established, main_contact_changed_12m: yes}
expects:
  stage: [undetermined]
  strategy: [defend]
  causes: []
  first_moves: [[start_afresh]]
  never_findings: [trust_growing]
  never_steps: []
because: {uk: Мало відомо, en: Little is known}
"""


@pytest.fixture(scope="module")
def accounts() -> tuple[WholeAccount, ...]:
    """The shipped accounts."""
    found, problems = read_accounts(rules_folder(), BASE)
    assert problems == ()
    return found


def test_there_are_at_least_forty_accounts_and_ten_blind_ones(
    accounts: tuple[WholeAccount, ...],
) -> None:
    assert sum(account.blind for account in accounts) >= 10
    assert sum(not account.blind for account in accounts) >= 40


def test_the_shipped_accounts_owe_nothing() -> None:
    assert [str(problem) for problem in account_problems(rules_folder(), BASE)] == []


def test_every_account_is_read_and_comes_out_as_expected_on_every_engine(
    accounts: tuple[WholeAccount, ...], *, every: bool
) -> None:
    read, unread = readable(accounts, BASE)
    others = {"polars": results_on_columns(read, BASE)}
    found = compared(read, BASE, {"plain": PlainEngine()}, others)
    chained = read if every else read[::20]  # many of them take long
    engines = {"plain": PlainEngine(), "experta": shipped_engine()}
    found += compared(chained, BASE, engines, {})  # type: ignore[arg-type]

    assert unread == {}
    assert len(found) > len(read)
    assert {c.account.name: c.failures for c in found if c.failures} == {}


def test_where_a_rule_names_a_day_accounts_of_other_days_are_not_moved_to_it(
    rules_copy: Path,
) -> None:
    strategies = rules_copy / "strategies.yaml"
    text = strategies.read_text(encoding="utf-8")
    when = "account_status: [prospect, dormant, lost]"
    assert when in text
    strategies.write_text(text.replace(when, "next_tender: 2026-12-01"), encoding="utf-8")
    base = load_knowledge_base(rules_copy)
    fact = "account_status: established"
    # Moved by the 31 days between the two days, the last one would be on the day of the rule.
    tenders = {"2026-11-01": ["2026-12-01"], "2026-10-01": ["2026-12-01", "2026-10-31"]}
    accounts = [
        account
        for day, names in tenders.items()
        for tender in names
        for account in _written(
            rules_copy,
            TEXT.replace("2026-11-01", day).replace(fact, f"next_tender: {tender}"),
            base=base,
        )
    ]
    read, _ = readable(accounts, base)

    found = [result.strategy == "out_of_scope" for result in results_on_columns(read, base)]

    assert [account.day.isoformat() for account, _ in read] == ["2026-11-01", *["2026-10-01"] * 2]
    assert found == [True, True, False]


# Reading and checking


def _written(
    folder: Path, text: str, name: str = "small", base: KnowledgeBase = BASE
) -> tuple[WholeAccount, ...]:
    """Write one account in place of the shipped ones, and read it with the rules of the folder."""
    for path in (folder / "accounts").rglob("*.yaml"):
        path.unlink()
    (folder / "accounts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    accounts, problems = read_accounts(folder, base)
    assert problems == ()
    return accounts


def test_an_account_is_read(rules_copy: Path) -> None:
    [account] = _written(rules_copy, TEXT)

    assert (account.name, account.file) == ("small", "rules/accounts/small.yaml")
    assert account.day == date(2026, 11, 1)
    assert account.problems == ()
    assert not account.blind


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("[trust_growing]", "[trust_growin]", 'unknown finding "trust_growin". Did you mean "'),
        ("[[start_afresh]]", "[[start_afres]]", 'unknown step "start_afres". Did you mean "'),
        ("[undetermined]", "[undetermind]", 'unknown stage "undetermind". Did you mean "'),
        ("causes: []", "causes: [unequel]", 'unknown finding "unequel". Did you mean "unequal"?'),
        ("account: small", "account: large", 'the account is named "large" and its file "small"'),
    ],
)
def test_a_wrong_name_is_told_with_its_place_and_the_nearest_name(
    rules_copy: Path, right: str, wrong: str, said: str
) -> None:
    [account] = _written(rules_copy, TEXT.replace(right, wrong))
    [problem] = account.problems
    name = wrong.strip("[]").split("[")[-1].split(" ")[-1]
    lines = TEXT.replace(right, wrong).splitlines()
    line = next(number for number, text in enumerate(lines, 1) if wrong in text)

    assert said in problem.message
    assert problem.place == Place(account.file, line, problem.place.column)
    assert name in str(problem)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("because", "becaus", 'unknown key "becaus". Did you mean "because"?'),
        ("2026-11-01", "2026-11-31", '"2026-11-31" is no date'),
        ("[[start_afresh]]", "[[a], [b], [c], [d]]", '"first_moves": list should have at most 3'),
    ],
)
def test_an_invalid_form_is_told_with_its_place(
    rules_copy: Path, right: str, wrong: str, said: str
) -> None:
    path = rules_copy / "accounts" / "small.yaml"
    path.write_text(TEXT.replace(right, wrong), encoding="utf-8")
    _, problems = read_accounts(rules_copy, BASE)

    [problem] = [problem for problem in problems if said in problem.message]

    assert problem.place.file == "rules/accounts/small.yaml"
    assert problem.place.line > 1


def test_a_case_that_cannot_be_read_is_told(rules_copy: Path) -> None:
    accounts = _written(rules_copy, TEXT.replace("established", "established_long_ago"))
    read, unread = readable(accounts, BASE)

    assert read == []
    assert "account_status" in str(unread["small"][0])
    assert unread["small"][0].place.file == "rules/accounts/small.yaml"


def test_a_blind_account_may_use_other_words(rules_copy: Path) -> None:
    text = TEXT.replace("[undetermined]", "[between, unknown]")
    text = text.replace("[[start_afresh]]", "[[their_own_step]]")
    (rules_copy / "accounts" / "blind" / "small.yaml").write_text(text, encoding="utf-8")
    accounts, problems = read_accounts(rules_copy, BASE)
    account = next(a for a in accounts if a.name == "small")

    assert problems == ()
    assert account.blind
    assert account.problems == ()
    assert account.unknown == ("step their_own_step",)
    assert account.expects.stage == [BASE.stage_model.between, "undetermined"]


def test_two_accounts_of_one_name_are_refused(rules_copy: Path) -> None:
    for place in ("accounts", "accounts/blind"):
        (rules_copy / place / "small.yaml").write_text(TEXT, encoding="utf-8")
    _, [problem] = read_accounts(rules_copy, BASE)

    assert str(problem) == (
        "rules/accounts/blind/small.yaml: "
        'duplicate account "small", also in rules/accounts/small.yaml'
    )


def test_a_kind_of_steps_that_no_account_expects_is_missing(rules_copy: Path) -> None:
    _written(rules_copy, TEXT)
    here = BASE.steps["start_afresh"].kind
    missing = [p.message for p in account_problems(rules_copy, BASE) if "of the kind" in p.message]

    assert missing == [
        f'no account expects a step of the kind "{kind}" first'
        for kind in BASE.step_book.kinds
        if kind != here
    ]


# Comparing


def frozen_moves(steps: list[str]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset((step,)) for step in list(dict.fromkeys(steps))[:3])


SMALL = WholeAccount(
    name="small",
    file="small.yaml",
    group="",
    day=date(2026, 11, 1),
    case=Map(Place("small.yaml")),
    expects=ExpectsDoc(
        stage=["one"],
        strategy=["hold"],
        causes=["c1"],
        first_moves=[["s1", "s2"], ["s1"], ["s3"]],
        never_findings=["f9"],
        never_steps=["s9"],
    ),
    differs=frozenset(),
    unknown=(),
    problems=(),
)
AGREED = AccountResult(
    stage="one",
    strategy="hold",
    causes=("c2", "c1"),
    moves=frozen_moves(["s1", "s1", "s3", "s2", "s4"]),
    findings=frozenset(("f1",)),
    steps=frozenset(("s1", "s2", "s3", "s4")),
)


def test_moves_are_met_in_any_order_and_a_step_about_two_people_is_one_move() -> None:
    comparison = compare(SMALL, AGREED, ())

    assert AGREED.moves == (frozenset(("s1",)), frozenset(("s3",)), frozenset(("s2",)))
    assert comparison.failures == ()
    assert list(comparison.lines()) == []
    assert comparison.parts["first_moves"].agreed == 3


def test_a_move_of_two_steps_meets_one_expectation() -> None:
    merged = replace(AGREED, moves=(frozenset(("s1", "s3")),))
    result = compare(SMALL, merged, ()).parts["first_moves"]

    assert (result.agreed, result.expected) == (1, 3)


@pytest.mark.parametrize(
    ("part", "result", "said"),
    [
        ("stage", replace(AGREED, stage="two"), "the stage is two, not one"),
        ("strategy", replace(AGREED, strategy="go"), "the strategy is go, not hold"),
        ("causes", replace(AGREED, causes=("c2",)), "not among the causes: c1 (they are c2)"),
        (
            "never_findings",
            replace(AGREED, findings=frozenset(("f9",))),
            "findings that must not be there: f9",
        ),
        (
            "never_steps",
            replace(AGREED, steps=frozenset(("s9",))),
            "steps that must not be there: s9",
        ),
    ],
)
def test_a_difference_fails_until_it_is_decided(
    part: str, result: AccountResult, said: str
) -> None:
    decided = replace(SMALL, differs=frozenset((part,)))

    assert compare(SMALL, result, ()).failures == (said,)
    assert compare(decided, result, ()).failures == ()
    assert list(compare(decided, result, ()).lines()) == [f"{said} (decided)"]
    assert compare(replace(SMALL, group=BLIND), result, ()).failures == ()


def test_a_decided_difference_that_is_gone_fails() -> None:
    comparison = compare(replace(SMALL, differs=frozenset(("stage",))), AGREED, ())

    assert comparison.failures == ("stage is in differs and no longer differs; remove it",)


def test_a_cause_counts_under_the_name_in_whose_words_it_is_stated() -> None:
    stated = worded(["unequal", "team_skill_gap"], {"dictated_by_us"}, BASE)
    other = replace(AGREED, causes=("unequal",), worded=frozenset(("c1",)))

    assert stated == {"dictated_by_us"}
    assert worded(["unequal"], set(), BASE) == frozenset()
    # Another severity is no other wording.
    assert worded(["no_meeting_in_person"], {"rival_inside"}, BASE) == frozenset()
    assert compare(SMALL, other, ()).failures == ()


def test_other_first_moves_are_counted_and_do_not_fail() -> None:
    comparison = compare(SMALL, replace(AGREED, moves=frozen_moves(["s1", "s4"])), ())

    assert comparison.failures == ()
    assert list(comparison.lines()) == ["not among the first moves: s1; s3 (they are s1, s4)"]


def test_what_has_no_strategies_is_not_compared_by_strategy() -> None:
    assert "strategy" not in compare(SMALL, replace(AGREED, strategy=None), ()).parts


def test_an_engine_with_another_result_fails() -> None:
    comparison = compare(replace(SMALL, group=BLIND), AGREED, ["polars"])

    assert comparison.failures == ("polars gives another result",)


def test_the_table_counts_blind_accounts_apart() -> None:
    blind = replace(SMALL, group=BLIND)
    found = [compare(SMALL, AGREED, ()), compare(blind, replace(AGREED, stage="two"), ())]
    rows = {
        line[:18].strip(): line[18:].split("  ") for line in table([SMALL, SMALL, blind], found)
    }
    cells = {name: [cell.strip() for cell in row if cell.strip()] for name, row in rows.items()}

    assert cells["accounts compared"] == ["1 of 2", "1 of 1"]
    assert cells["stage"] == ["1 of 1", "0 of 1"]
    assert cells["first moves"] == ["3 of 3", "3 of 3"]


def test_each_folder_of_blind_accounts_has_a_column_of_its_own() -> None:
    later = replace(SMALL, group=f"{BLIND}/later")
    title, *rows = table([SMALL, later], [compare(later, AGREED, ())])

    assert title.split() == ["accounts", "blind", "later"]
    assert "stage – – 1 of 1" in [" ".join(row.split()) for row in rows]


# The command


def test_the_command_compares_the_named_account(rules_copy: Path) -> None:
    _written(rules_copy, TEXT.replace("never_findings: [trust_growing]", "never_findings: []"))
    result = run_kam("rules", "test", "--accounts", "small", "--rules", rules_copy)

    assert "\nstage                   1 of 1           –\n" in result.out
    assert result.out.endswith("1 whole accounts compared, 0 problems\n")
    assert result.status == 0


def test_the_command_fails_where_an_account_comes_out_otherwise(rules_copy: Path) -> None:
    _written(rules_copy, TEXT.replace("stage: [undetermined]", "stage: [partnership]"))
    result = run_kam("rules", "test", "--accounts", "--rules", rules_copy)

    said = "rules/accounts/small.yaml: the stage is undetermined, not partnership\n"
    assert said in result.out
    assert result.status == 1


def test_an_unknown_account_is_told_with_the_nearest_name(rules_copy: Path) -> None:
    _written(rules_copy, TEXT)
    result = run_kam("rules", "test", "--accounts", "smal", "--rules", rules_copy)

    assert 'unknown account "smal". Did you mean "small"?' in result.err
    assert result.status == 2
