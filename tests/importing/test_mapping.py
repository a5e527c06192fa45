"""Mapping files are checked: every mistake is reported with its place and the nearest name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError, ProblemsError
from kam_expert.importing.mapping import load_mapping, load_shared, systems

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

HEAD = "system: s\naccounts:\n  - from: firms\n    id: id\n    name: name\n"


@pytest.mark.parametrize("system", systems())
def test_a_mapping_that_travels_with_the_program_is_sound(system: str, base: KnowledgeBase) -> None:
    assert load_mapping(system, None, base).doc.system == system


def test_the_systems_that_were_promised_are_there() -> None:
    assert {"salesforce", "hubspot", "npsp"} <= set(systems())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "    facts: {revenue_12: t}",
            '6:13: unknown fact "revenue_12". Did you mean "revenue_12m"',
        ),
        ("    facts: {seniority: t}", "is a fact about the person, not about the account"),
        ("    fact: {}", '6:5: unknown key "fact". Did you mean "facts"?'),
        (
            "    facts: {account_status: {column: t, values: {prospekt: P}}}",
            'Did you mean "prospect"?',
        ),
        ("    facts: {account_status: {column: t, named: function}}", 'mean "functions"?'),
        (
            "    facts: {account_status: {column: t, is: prospect}}",
            "needs one of a column, `days_since`",
        ),
        ("    segment: {column: t, lookup: post}", '6:26: unknown lookup "post".'),
        ("contact: {days: link_last_days}", 'Did you mean "link_last_two_way_days"?'),
        ("people: [{from: p, name: n}]", 'the key "account" is missing'),
        ("dates: ymd", '"ymd" is not dmy, mdy or a pattern such as %d-%m-%y'),
        ("files: {firms: {delimiter: ab}}", '"delimiter"'),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_name(
    text: str, told: str, tmp_path: Path, base: KnowledgeBase
) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(f"{HEAD}{text}\n", encoding="utf-8")

    with pytest.raises(ProblemsError) as error:
        load_mapping("csv", file, base)

    assert str(file) in str(error.value)
    assert told in str(error.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path, base: KnowledgeBase) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(HEAD + "    facts: {a_fact: t, b_fact: t}\ncontact: {days: c_fact}\n")

    with pytest.raises(ProblemsError) as error:
        load_mapping("csv", file, base)

    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("system", "told"),
    [
        ("csv", "needs --mapping FILE"),
        ("salesforse", 'Did you mean "salesforce"?'),
        ("", "unknown system"),
    ],
)
def test_a_system_without_a_mapping_is_told(system: str, told: str, base: KnowledgeBase) -> None:
    with pytest.raises(KamError) as error:
        load_mapping(system, None, base)

    assert told in str(error.value)


def test_a_system_keeps_its_own_mapping(tmp_path: Path, base: KnowledgeBase) -> None:
    with pytest.raises(KamError, match="has its own"):
        load_mapping("salesforce", tmp_path / "mapping.yaml", base)


def test_what_must_be_asked_names_facts_that_are_there(base: KnowledgeBase) -> None:
    asked = load_shared().asked

    assert load_mapping("salesforce", None, base).shared.asked == asked
    assert set(asked) == {"trust", "price", "access", "stance"}
    assert all(fact in base.facts for doc in asked.values() for fact in doc.facts)
