"""Names of rules and lines of the case file are for the consultant alone.

With --all in further examples.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from kam_expert.app.plan_output import PlanOutput
from kam_expert.engines.planning import PlanLimits
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.diagnosis_tables import diagnosis_tables
from kam_expert.outputs.json_document import DiagnosisDocument
from tests.privacy.editions import maker_for, report
from tests.sampling import few_of
from tests.shipped import example, shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case

BASE = shipped_base()
OTHERS = (Edition.CLIENT, Edition.CUSTOMER)
NAMES = ("two_sides_disagree", "barricaded_butterfly")


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def rules_in(text: str) -> set[str]:
    """Return the names of rules in a text, but for those that something else is called too."""
    others = {*BASE.facts, *BASE.findings, *BASE.steps}
    return ({rule.name for rule in BASE.rules if "_" in rule.name} - others) & words_of(text)


def written(case: Case, edition: Edition) -> dict[str, str]:
    """Return all that is written of a case for a reader, by form."""
    maker = maker_for(edition)
    whole = report(case, "en", edition=edition)
    plan = PlanOutput.of(case, maker, PlanLimits(), "en")
    made = maker.made(case, "en")
    return {
        **{form: whole.text(form) for form in ("html", "json", "text")},
        **{f"plan as {form}": str(plan.written(form)) for form in ("html", "json", "text", "csv")},
        "tables": str(diagnosis_tables(made.diagnosis, made.case, BASE, "en")),
    }


@pytest.mark.parametrize("edition", OTHERS)
@pytest.mark.parametrize("name", few_of(NAMES, 3))
def test_other_readers_read_no_name_of_a_rule_and_no_line(name: str, edition: Edition) -> None:
    for form, text in written(example(name), edition).items():
        assert rules_in(text) == set(), form
        assert not re.search(r"\bl\.\s\d", text), form


def test_the_consultant_reads_names_of_rules_in_appendix_json_and_tables() -> None:
    told = written(example("barricaded_butterfly"), Edition.CONSULTANT)

    for form in ("html", "json", "tables"):
        assert rules_in(told[form]), form


@pytest.mark.parametrize("edition", OTHERS)
def test_a_reason_without_its_rule_is_whole_otherwise(edition: Edition) -> None:
    told = DiagnosisDocument.model_validate(
        json.loads(report(example("two_sides_disagree"), edition=edition).text("json"))
    )
    reasons = [reason for found in told.findings for reason in found.reasons]

    assert reasons
    assert all(reason.rule is None and reason.texts.uk and reason.premises for reason in reasons)
