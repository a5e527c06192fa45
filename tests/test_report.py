"""What the report on one account holds, and how large it is."""

import dataclasses
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import pytest
from markupsafe import escape
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case import Case
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.documents import ShownDoc
from kam_expert.outputs.html import in_room, render_report
from kam_expert.outputs.json_document import as_data
from kam_expert.outputs.room import ROOMS, budget
from kam_expert.outputs.text import render_text
from kam_expert.results.diagnosis import Diagnosis
from tests.shipped import shipped_base

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
LANGUAGES = ("uk", "en")
DAY = date(2026, 11, 23)


@cache
def told(name: str) -> tuple[Case, Diagnosis]:
    case = read_case(EXAMPLES / f"{name}.yaml", shipped_base(), f"{name}.yaml")
    return case, diagnose(case, shipped_base(), DAY, PlainEngine())


def size(page: str) -> int:
    return len(page.encode())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_report_on_an_example_is_within_its_budget(name: str, lang: str) -> None:
    case, diagnosis = told(name)

    page = render_report(diagnosis, case, shipped_base(), lang)

    assert size(page) <= budget(len(case.people or ()))


@pytest.mark.parametrize("seed", range(10))
def test_the_report_on_a_random_case_is_within_its_budget(seed: int) -> None:
    random = Random(seed)
    case = built(
        random_case(shipped_base(), random, contacts=random.randrange(1, 9)), shipped_base()
    )
    diagnosis = diagnose(case, shipped_base(), DAY, PlainEngine())

    page = render_report(diagnosis, case, shipped_base(), "uk")

    assert size(page) <= budget(len(case.people or ()))


@pytest.mark.parametrize("name", NAMES)
def test_each_room_is_tighter_than_the_one_before(name: str) -> None:
    case, diagnosis = told(name)

    sizes = [size(in_room(room, diagnosis, case, shipped_base(), "uk")) for room in ROOMS]

    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_tightest_room_still_has_every_conclusion_step_and_rule(name: str, lang: str) -> None:
    case, diagnosis = told(name)

    page = in_room(ROOMS[-1], diagnosis, case, shipped_base(), lang)

    for step in diagnosis.next_steps:
        doc = shipped_base().steps[step.id]
        assert str(escape(doc.name.get(lang).partition("{")[0])) in page
    for finding in diagnosis.concluded():
        rules = [reason.rule for reason in finding.reasons if reason.outcome != "open"]
        assert all(f">{rule}</a>" in page for rule in rules)


def test_a_roomy_report_tells_how_to_do_every_step() -> None:
    case, diagnosis = told("doubled_channel")

    page = render_report(diagnosis, case, shipped_base(), "en")

    steps = [step.id for step in diagnosis.next_steps if step.about.kind == "account"]
    texts = [shipped_base().steps[name].do.en for name in steps]
    assert texts
    assert all(str(escape(text)) in page for text in texts)


def test_a_base_that_shows_no_facts_of_people_still_gives_a_report() -> None:
    case, diagnosis = told("doubled_channel")
    base = dataclasses.replace(shipped_base(), shown=ShownDoc())

    page = render_report(diagnosis, case, base, "en")

    assert "Profiles of people" not in page
    assert str(escape(diagnosis.account_name)) in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_output_names_owner_and_segment_of_the_account(lang: str) -> None:
    data = {"kam": 1, "account": {"id": "a", "name": "A", "owner": "Олена К.", "segment": "A1 & B"}}
    case = built(data, shipped_base())
    diagnosis = diagnose(case, shipped_base(), DAY, PlainEngine())

    page = render_report(diagnosis, case, shipped_base(), lang)
    text = render_text(diagnosis, case, shipped_base(), lang)
    account = as_data(diagnosis, case, shipped_base())["account"]

    assert "Олена К." in page
    assert "A1 &amp; B" in page
    assert "Олена К." in text
    assert "A1 & B" in text
    assert account == {"id": "a", "name": "A", "owner": "Олена К.", "segment": "A1 & B"}


def test_an_account_without_owner_and_segment_has_none_in_json() -> None:
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}}, shipped_base())

    account = as_data(diagnose(case, shipped_base(), DAY, PlainEngine()), case, shipped_base())[
        "account"
    ]

    assert account == {"id": "a", "name": "A", "owner": None, "segment": None}
