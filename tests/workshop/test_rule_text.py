"""The text of a rule that is changed: everything else stays as it was written."""

from __future__ import annotations

import difflib

import pytest

from kam_expert.knowledge.rule_base_files import rule_files
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.resources import rules_folder
from kam_expert.workshop.rule_text import RuleText, flow_text

#: Some files, and those written in ways of their own.
FILES = [
    *rule_files(rules_folder())[::12],
    rules_folder() / "quality" / "two_sides_judge_differently.yaml",
    rules_folder() / "contacts" / "consensus_member_missing.yaml",
]
TEXT = """\
# Why there is such a rule.
rule: few_visits
status: draft   # not looked at by a second person
for: account
when:
  visits: {at_most: $few}   # in a year
  # The law may forbid visits.
  award_rules: {not: [public_law,   own_rules]}
concludes: {finding: distance, strength: hints}
thresholds:
  few:
    value: 3
    we_chose: {uk: "так", en: 'so'}
explains:
  uk: >-
    Візитів
    було {visits}.
  en: "Visits: {visits}."
cases:
  # The first one.
  - name: three visits
    given: {visits: 3, people: [{id: p1}],  award_rules: free}
    expect: holds
  - {name: four visits, given: {visits: 4}, expect: silent}
"""


def changed(text: RuleText, before: str = TEXT) -> list[str]:
    """Return the lines that came and went."""
    lines = difflib.unified_diff(before.splitlines(), str(text).splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_that_nobody_changed_is_the_same_bytes(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]

    assert str(RuleText(text)) == text


def test_a_number_changes_its_line_only() -> None:
    text = RuleText(TEXT)

    text.set(("thresholds", "few", "value"), 2)

    assert changed(text) == ["-    value: 3", "+    value: 2"]


def test_an_operator_keeps_its_place_and_its_comment() -> None:
    text = RuleText(TEXT)

    text.rename(("when", "visits", "at_most"), "below")

    was, now = [line.split() for line in changed(text) if "visits" in line]
    assert was == ["-", "visits:", "{at_most:", "$few}", "#", "in", "a", "year"]
    assert now == ["+", "visits:", "{below:", "$few}", "#", "in", "a", "year"]


def test_exceptions_come_after_the_condition_and_are_alternatives() -> None:
    text = RuleText(TEXT)

    text.add_exception("account_status", "prospect")
    assert changed(text) == ["+unless:", "+  account_status: prospect"]

    text.add_exception("products", {"contains_any": ["a", "b"]})
    node = read_text(str(text), "draft")
    assert node["unless"] == {
        "any": [{"account_status": "prospect"}, {"products": {"contains_any": ["a", "b"]}}]
    }
    assert "    - products: {contains_any: [a, b]}\n" in str(text)

    text.remove(("unless", "any", 1))
    text.remove(("unless", "any", 0))
    assert str(text) == TEXT


def test_a_new_case_is_written_as_a_person_would() -> None:
    text = RuleText(TEXT)

    text.add_case("nobody counted: no visits", {"people": [{"id": "p1"}]}, "open")

    assert changed(text) == [
        "+  - name: 'nobody counted: no visits'",
        "+    given: {people: [{id: p1}]}",
        "+    expect: open",
    ]


def test_a_text_keeps_its_quotes_and_folds() -> None:
    text = RuleText(TEXT)

    text.set(("explains", "en"), "So many visits: {visits}.")
    text.set(("explains", "uk"), "Було {visits} візитів.")

    assert '  en: "So many visits: {visits}."\n' in str(text)
    assert "  uk: >-\n    Було {visits} візитів.\n" in str(text)


def test_a_word_that_looks_like_something_else_is_quoted() -> None:
    text = RuleText(TEXT)

    for value in ("null", "12", "a: b", "yes", "# no", "- x", "{a}", ""):
        text.set(("cases", 0, "name"), value)
        assert read_text(str(text), "draft")["cases"][0]["name"] == value
        assert read_text(flow_text({"a": [value]}), "line")["a"] == [value]
