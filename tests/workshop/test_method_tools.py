"""Coverage, sensitivity and the difference of two rule bases."""

from __future__ import annotations

import json
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder
from kam_expert.workshop.coverage import coverage
from kam_expert.workshop.method_diff import changes_of
from kam_expert.workshop.sensitivity import sensitivity, table
from kam_expert.workshop.sources import RuleSources
from kam_expert.workshop.trial import Trial
from kam_expert.workshop.tried_accounts import tried_accounts
from tests.command import run_kam
from tests.shipped import EXAMPLES, shipped_base

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 11, 1)
BASE = shipped_base()


def test_coverage_says_what_one_account_exercises() -> None:
    place = EXAMPLES / "barricaded_butterfly.yaml"

    found = coverage(tried_accounts([place], rules_folder(), BASE, DAY), BASE)

    assert found.accounts == 1
    assert found.counts["stage"]["butterfly"] == 1
    assert set(found.unused("stage")) == {*BASE.stage_model.names} - {"butterfly"}
    assert found.counts["rule"]["one_active_contact_at_customer"] == 1
    assert found.counts["exception"]["volume_falls"] == 0
    assert 0 < len(found.unused("alternative")) < len(found.counts["alternative"])
    assert "headline: single_thread: established" not in list(found.lines(with_names=True))
    assert json.dumps(found.as_document())


def test_without_a_place_the_whole_accounts_are_tried() -> None:
    names = {account.name for account in tried_accounts([], rules_folder(), BASE, DAY)}

    assert "grocery_chain_at_a_loss" in names


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    result = run_kam("rules", "coverage", tmp_path)

    assert result.status == 2
    assert result.err == f"{tmp_path}: no case file (*.yaml) in this folder\n"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a rule base in which one pair in contact is never enough for a finding."""
    rules = tmp_path_factory.mktemp("old") / "rules"
    shutil.copytree(rules_folder(), rules)
    path = rules / "butterfly" / "customer_rates_trust_low.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("    value: 2\n") == 1
    path.write_text(text.replace("    value: 2\n", "    value: 3\n"), encoding="utf-8")
    return rules


def test_sensitivity_finds_the_threshold_on_which_an_account_hangs(changed: Path) -> None:
    base = load_knowledge_base(changed)
    trial = Trial(RuleSources(changed, base))
    accounts = list(tried_accounts([EXAMPLES / "barricaded_butterfly.yaml"], changed, base, DAY))

    found = sensitivity(trial, accounts)

    matters = {moved.name for moved in found if moved.findings}
    assert matters
    assert all(moved.weight == (0, 0, 0, 0) for moved in found if moved.name not in matters)
    assert list(table(found, 5))[-1].endswith("change nothing in these accounts")


def test_a_moved_threshold_is_said_in_words(changed: Path) -> None:
    found = changes_of(changed, rules_folder())

    assert [str(change) for change in found] == [
        "rule customer_rates_trust_low: thresholds.low.value: 3 -> 2"
    ]


def test_accounts_judged_differently_are_listed_with_the_reason(
    changed: Path, tmp_path: Path
) -> None:
    case = tmp_path / "accounts" / "one.yaml"
    case.parent.mkdir()
    case.write_text(
        "kam: 1\naccount: {id: one, name: Один}\nfacts: {account_status: established}\n"
        "customer: {trust_other: {value: 3, as_of: 2026-10-01}}\n",
        encoding="utf-8",
    )

    result = run_kam("rules", "diff", changed, "--on", case.parent, "--date", "2026-11-01")

    assert result.status == 0
    assert "because of customer_rates_trust_low" in result.out
    assert "one Один: " in result.out
    assert result.out.endswith("1 of 1 accounts judged differently\n")


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    result = run_kam("rules", "diff", tmp_path)

    assert (result.status, result.err) == (
        2, f"{tmp_path}: no rule base here (facts.yaml is missing)\n",
    )  # fmt: skip
