"""The published schemas are those that the code and the rules give now, and they fit.

With --all for more random accounts.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pytest
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.outputs.json_document import DiagnosisDocument, as_data
from kam_expert.schemas import schemas, text_of
from tests.sampling import few_of
from tests.shipped import shipped_base

FOLDER = Path(__file__).parent.parent / "schemas"
BASE = shipped_base()


@pytest.mark.parametrize("name", list(schemas(BASE)))
def test_the_published_schema_is_current(name: str) -> None:
    published = (FOLDER / name).read_text(encoding="utf-8")

    assert published == text_of(schemas(BASE)[name]), "run: kam rules schemas"


@pytest.mark.parametrize("seed", few_of(range(10), 4))
def test_a_diagnosis_has_the_published_shape(seed: int) -> None:
    case = built(random_case(BASE, Random(seed)), BASE)
    data = as_data(diagnose(case, BASE, date(2026, 11, 1), PlainEngine()), case, BASE)

    assert DiagnosisDocument.model_validate(data).account.id == "a"


def test_a_condition_completes_fact_names_and_values() -> None:
    condition = schemas(BASE)["rule.schema.json"]["$defs"]["condition"]

    assert condition["properties"]["access_to_others"]["anyOf"][0]["enum"][0] == "blocked"
    assert "theirs.trust_other" in condition["properties"]
    assert "trust_other" not in condition["properties"]
