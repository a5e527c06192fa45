"""What the report on one account holds, and how large it is.

With --all on further examples and random accounts.
"""

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
from kam_expert.knowledge.shown_documents import ShownDoc
from kam_expert.outputs.html import render_report
from kam_expert.outputs.json_document import as_data
from kam_expert.outputs.text import render_text
from kam_expert.results.diagnosis import Diagnosis
from tests.sampling import few_of
from tests.shipped import shipped_base

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
LANGUAGES = ("uk", "en")
DAY = date(2026, 11, 23)


@cache
def told(name: str) -> tuple[Case, Diagnosis]:
    case = read_case(EXAMPLES / f"{name}.yaml", shipped_base(), f"{name}.yaml")
    return case, diagnose(case, shipped_base(), DAY, PlainEngine())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", few_of(NAMES, 5))
def test_a_report_tells_every_conclusion_step_and_rule_in_full(name: str, lang: str) -> None:
    case, diagnosis = told(name)

    page = render_report(diagnosis, case, shipped_base(), lang)

    for step in diagnosis.next_steps:
        doc = shipped_base().steps[step.id]
        assert str(escape(doc.name.get(lang).partition("{")[0])) in page
        if not step.held_back_by:
            assert str(escape(doc.do.get(lang).partition("{")[0])) in page
            assert str(escape(doc.success.get(lang).partition("{")[0])) in page
    for finding in diagnosis.concluded():
        rules = [reason.rule for reason in finding.reasons if reason.outcome != "open"]
        assert all(f">{rule}</a>" in page for rule in rules)


@pytest.mark.parametrize("seed", few_of(range(10), 4))
def test_a_report_has_at_most_250_kb(seed: int) -> None:
    random = Random(seed)
    case = built(
        random_case(shipped_base(), random, contacts=random.randrange(1, 9)), shipped_base()
    )
    diagnosis = diagnose(case, shipped_base(), DAY, PlainEngine())

    page = render_report(diagnosis, case, shipped_base(), "uk")

    assert len(page.encode()) <= 250_000


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
