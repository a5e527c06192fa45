"""Answers that name people, by id or by name."""

from __future__ import annotations

import pytest

from kam_expert.facts.case import Entity
from kam_expert.facts.named_people import people_in, without_person

PEOPLE = (
    Entity("person", "p1", "Галина Терещук"),
    Entity("person", "p2", "Юрій Наконечний"),
    Entity("person", "a, b", "Ім’я, по батькові"),
    Entity("person", "p4", "Двійник"),
    Entity("person", "p5", "Двійник"),
)


@pytest.mark.parametrize(
    ("text", "ids", "others"),
    [
        ("p1", ["p1"], []),
        ("p2, p1; p2", ["p2", "p1"], []),
        ("юрій  наконечний", ["p2"], []),
        ("a, b", ["a, b"], []),
        ("Ім’я, по батькові", ["a, b"], []),
        ("p1, директор заводу", ["p1"], ["директор заводу"]),
        ("Двійник", [], ["Двійник"]),
        (" ", [], []),
    ],
)
def test_people_are_named_by_id_or_by_a_name_that_one_bears(
    text: str, ids: list[str], others: list[str]
) -> None:
    named = people_in(text, PEOPLE)

    assert [entity.id for entity in named.entities] == ids
    assert list(named.others) == others


def test_a_person_is_taken_out_of_an_answer_that_names_several() -> None:
    assert without_person("p1, p2", lambda part: part == "p1") == "p2"
    assert without_person("p1", lambda part: part == "p1") == ""
