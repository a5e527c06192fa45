"""The published schema of a case file accepts exactly the answers that the reader accepts.

With --all more random answers to each fact.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kam_expert.errors import CaseError, Place
from kam_expert.facts.case_reader import build_case
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.schemas import schemas
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from kam_expert.knowledge.vocabulary import Fact

BASE = shipped_base()
SCHEMA = schemas(BASE)["case.schema.json"]
#: One fact for each combination of type, limits and special words.
FACTS = {
    (
        fact.doc.type,
        repr(fact.doc.range),
        bool(fact.doc.also),
        "none" in fact.doc.values,
        "yes" in fact.doc.values,
    ): fact
    for fact in BASE.facts.values()
}
#: What the schema does not check of a band: see its description.
UNCHECKED = re.compile(r"-|\b0[0-9]|[0-9]\.[0-9]|[0-9]{3}")


def validator(fact: Fact) -> Draft202012Validator:
    return _validator(fact.name)


@cache
def _validator(name: str) -> Draft202012Validator:
    fact = BASE.facts[name]
    block = "facts" if fact.doc.asked_of != "customer" else "customer"
    schemas_of = {
        "account": SCHEMA["properties"][block]["properties"],
        "person": SCHEMA["properties"]["people"]["items"]["properties"],
        "member": SCHEMA["properties"]["team"]["items"]["properties"],
        "link": SCHEMA["properties"]["links"]["items"]["properties"],
        "decision": SCHEMA["properties"]["decision"]["properties"],
        "event": SCHEMA["properties"]["events"]["items"]["properties"],
    }
    schema = {"$defs": SCHEMA["$defs"], **schemas_of[fact.kind][fact.name]}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def reader_accepts(fact: Fact, answer: Any) -> bool:
    said = {fact.name: answer}
    case: dict[str, Any] = {"account": {"id": "a"}}
    match fact.kind:
        case "account":
            case["facts" if fact.doc.asked_of != "customer" else "customer"] = said
        case "decision":
            case["decision"] = said
        case "link":
            case |= {"team": [{"id": "m"}], "people": [{"id": "p"}]}
            case["links"] = [{"member": "m", "person": "p", **said}]
        case "event":
            case["events"] = [{"id": "e", **said}]
        case kind:
            case[{"person": "people", "member": "team"}[kind]] = [{"id": "p", **said}]
    try:
        build_case(read_text(json.dumps(case), "case"), BASE, Place("case"))
    except CaseError:
        return False
    return True


def values(fact: Fact) -> st.SearchStrategy[Any]:
    """Return values near the border of what a fact takes."""
    words = st.sampled_from(
        [*fact.words(), "none", "unknown", "", " ", "yes", "no", "never", "2026-02-28", "2026-2-1",
         "2026-02-30", "2026-13-01", "0000-01-01", "9..2", "2..9"]
    )  # fmt: skip
    limits = fact.doc.range
    edges = [0, 1, 4, 5, 99, 100, 101]
    edges += [int(e) for e in (limits and (limits.min, limits.max)) or () if e is not None]
    near = st.sampled_from(edges).flatmap(lambda edge: st.integers(edge - 2, edge + 2))
    numbers = near | near.map(lambda n: n + 0.5) | near.map(float)
    ends = near.map(str) | numbers.map(str) | near.map(lambda n: f"0{n}")
    bands = st.tuples(ends, ends).map("..".join)
    one = words | numbers | bands | st.booleans() | st.none()
    return one | st.lists(one, max_size=2) | st.just({})


def answers(fact: Fact) -> st.SearchStrategy[Any]:
    """Return answers near the border of the forms: plain, with origin, dated."""
    days = st.sampled_from(["2026-01-01", "2026-01-02", "2026-02-30", "soon", None, 2026])
    origin: dict[str, st.SearchStrategy[Any]] = {
        "source": st.sampled_from(["said", "heard", None, True]),
        "by": st.sampled_from(["Ann", 7, None, True, [], {}]),
        "as_of": days,
        "at": st.just("here"),
    }
    long_form = st.fixed_dictionaries({"value": values(fact)}, optional=origin)
    return (
        values(fact)
        | long_form
        | st.just({"source": "said"})
        | st.lists(long_form | values(fact), max_size=2)
    )


def unchecked(answer: Any) -> bool:
    """Return whether an answer has a part that the schema does not check."""
    if isinstance(answer, list):
        days = [part.get("as_of") for part in answer if isinstance(part, dict)]
        return len(days) != len(set(map(str, days))) or any(map(unchecked, answer))
    if isinstance(answer, dict):
        return unchecked(answer.get("value"))
    return isinstance(answer, str) and ".." in answer and bool(UNCHECKED.search(answer))


@pytest.mark.parametrize("fact", FACTS.values(), ids=lambda fact: fact.name)
def test_the_schema_accepts_what_the_reader_accepts(fact: Fact, *, every: bool) -> None:
    @settings(max_examples=60 if every else 20)
    @given(answer=answers(fact))
    def agree(answer: Any) -> None:
        accepted = validator(fact).is_valid(answer)

        if reader_accepts(fact, answer):
            assert accepted
        elif not unchecked(answer):
            assert not accepted

    agree()


@pytest.mark.parametrize("low", [0, 1, 5, 9, 10, 31, 50, 99, 100])
def test_the_schema_compares_whole_ends_of_a_band(low: int) -> None:
    for fact in FACTS.values():
        if fact.is_number:
            for high in {0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 50, 99, 100, low - 1, low, low + 1} - {-1}:
                band = f"{low}..{high}"
                if low < 100 or high < 100:
                    assert validator(fact).is_valid(band) == reader_accepts(fact, band), band


def test_words_and_bands_that_disagreed_before() -> None:
    functions, tenure = BASE.facts["functions_reached"], BASE.facts["tenure_months"]

    assert validator(functions).is_valid("none")
    assert not validator(tenure).is_valid("9..2")
