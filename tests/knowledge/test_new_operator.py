"""An operator is added in three places: what it means, its column expression, its words."""

# ruff: noqa: E501 -- a case is on one line

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
#: Of each place: the file, the line before which the new operators go, and what is added.
PLACES = (
    (
        "kam_expert/knowledge/conditions/operators.py",
        '    "contains": _elements(_has_any),\n',
        """\
    "between": Operator(
        of=frozenset({"number"}),
        parse=lambda operand: operand.numbers(2),
        check=lambda value, ends: all_of((at_least(value, ends[0]), at_most(value, ends[1]))),
        edges=lambda ends: ((ends[0], -1), (ends[1], 1)),
        schema={"type": "array", "items": NUMBER},
    ),
    "contains_none": _elements(lambda value, items: negated(_has_any(value, items))),
""",
    ),
    (
        "kam_expert/engines/portfolio/judging/operators.py",
        '    "contains": lambda value, items: value.has_any(items),\n',
        """\
    "between": lambda value, ends: value.x.all_of(
        (value.at_least(ends[0]), value.at_most(ends[1]))
    ),
    "contains_none": lambda value, items: ~value.has_any(items),
""",
    ),
    (
        "kam_expert/outputs/condition_words.py",
        '        if op == "size":\n',
        """\
        if op == "between":
            return " to ".join(self.value(name, end) for end in operand)
        if op == "contains_none":
            return "none of: " + self._list(self.value(name, item) for item in operand)
""",
    ),
)
RULE = """\
rule: bound_for_a_while
status: reviewed
origin: practice
for: account
when:
  tenure_months: {between: [$first, $last]}
  strategy_sources: {contains_none: [users, technical]}
  none:
    - count: {of: people, between: [1, 2]}
concludes: {finding: purchasing_only_view, strength: suggests}
thresholds:
  first: {value: 6, we_chose: {uk: приклад, en: an example}}
  last: {value: 24, we_chose: {uk: приклад, en: an example}}
explains:
  uk: "Досвід: {tenure_months}."
  en: "Tenure: {tenure_months}."
cases:
  - {name: the least, given: {tenure_months: 6, strategy_sources: [finance], people: []}, expect: assumed}
  - {name: the most, given: {tenure_months: 24, strategy_sources: [finance], people: []}, expect: assumed}
  - {name: too early, given: {tenure_months: 5, strategy_sources: [finance], people: []}, expect: silent}
  - {name: too late, given: {tenure_months: 25, strategy_sources: [finance], people: []}, expect: silent}
  - name: three people are none too few
    given: {tenure_months: 7..9, strategy_sources: [finance], people: [{id: a}, {id: b}, {id: c}]}
    expect: holds
  - name: two people are
    given: {tenure_months: 7, strategy_sources: [finance], people: [{id: a}, {id: b}]}
    expect: silent
  - name: one person is
    given: {tenure_months: 7, strategy_sources: [finance], people: [{id: a}]}
    expect: silent
  - {name: a user was asked, given: {tenure_months: 7, strategy_sources: [users], people: []}, expect: silent}
  - {name: a band over the limit, given: {tenure_months: 20..30, strategy_sources: [], people: []}, expect: open}
"""
CASE = """\
account: {id: a, name: A}
facts: {tenure_months: 12, strategy_sources: [finance]}
people: []
complete: {people: yes}
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with two more operators, and a rule that asks them."""
    folder = tmp_path_factory.mktemp("copy")
    leave = shutil.ignore_patterns("__pycache__")
    for part in ("kam_expert", "rules", "mappings", "reports"):
        shutil.copytree(ROOT / part, folder / part, ignore=leave)
    for file, before, added in PLACES:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(before) == 1
        (folder / file).write_text(text.replace(before, added + before), encoding="utf-8")
    (folder / "rules/strategic_needs/bound_for_a_while.yaml").write_text(RULE, encoding="utf-8")
    (folder / "case.yaml").write_text(CASE, encoding="utf-8")
    (folder / "schemas").mkdir()
    return folder


def run(copy: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=copy, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(copy), "KAM_NO_CACHE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rule_is_checked_and_its_cases_pass_on_every_engine(copy: Path, *, every: bool) -> None:
    # The rule base as a whole does not depend on the operator, so it is checked with --all.
    if every:
        assert "0 problems" in run(copy, "kam_expert.cli", "rules", "check")
    assert "27 runs of cases, 0 problems" in run(
        copy, "kam_expert.cli", "rules", "test", "bound_for_a_while"
    )


def test_a_reason_says_what_the_new_operators_ask(copy: Path) -> None:
    words = "why case.yaml purchasing_only_view --lang en --date 2026-11-01"

    said = run(copy, "kam_expert.cli", *words.split())

    assert "length of the business relationship: 6 months to 24 months" in said
    assert "none of: users, technical" in said
    # what would take it back is found from the limits of the operator
    assert "length of the business relationship: less than 6 months" in said


def test_the_schema_of_rule_files_has_the_new_operators(copy: Path) -> None:
    run(copy, "kam_expert.cli", "rules", "schemas")
    schema = json.loads((copy / "schemas/rule.schema.json").read_text(encoding="utf-8"))
    condition = schema["$defs"]["condition"]["properties"]

    assert condition["count"]["properties"]["between"]["type"] == "array"
    operators = condition["tenure_months"]["anyOf"][-1]["properties"]
    assert {"between", "contains_none"} <= operators.keys()
