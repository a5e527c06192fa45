"""The second method in the commands for many accounts: import, campaign, learn, mutants."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from kam_expert.resources import methods_folder
from tests.command import run_kam

if TYPE_CHECKING:
    from pathlib import Path

QUALITY = methods_folder() / "relationship_quality"
DAY = "2026-11-23"
OWN = ("--rules", str(QUALITY))
MAPPING = """\
system: mill
accounts:
  - from: customers
    id: no
    name: firm
    owner: manager
    facts:
      keeps_word: {column: word, values: {5: [always], 1: [never]}}
      open_dispute_days: dispute
"""


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    (source / "customers.csv").write_text(
        "no,firm,manager,word,dispute\n1,Броварня,Олена,always,0\n2,Пекарня,Ілля,never,200\n",
        encoding="utf-8",
    )
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    folder = tmp_path / "cases"
    done = run_kam(
        "import", "csv", source, "--mapping", tmp_path / "mapping.yaml", "-o", folder, *OWN
    )
    assert done.status == 0, done.err
    return folder


def test_an_import_fills_the_facts_of_the_method_and_they_are_judged(imported: Path) -> None:
    cases = sorted(imported.glob("*.yaml"))
    found = {}
    for case in cases:
        done = run_kam("diagnose", case, *OWN, "--date", DAY, "--format", "json")
        assert done.status == 0, done.err
        document = json.loads(done.out)
        found[document["account"]["name"]] = {f["id"] for f in document["findings"]}

    assert "dispute_unsettled" in found["Пекарня"]
    assert "dispute_unsettled" not in found["Броварня"]


def test_a_campaign_asks_both_sides_what_the_method_wants_to_know(
    imported: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "campaign"

    new = run_kam("campaign", "new", imported, "-o", folder, *OWN, "--date", DAY)
    status = run_kam("campaign", "status", folder, *OWN, "--date", DAY)

    assert new.status == 0, new.err
    assert status.status == 0, status.err
    asked = "".join(
        path.read_text(encoding="utf-8") for path in folder.rglob("*.html") if path.is_file()
    )
    assert "де ми одне одного підводимо" in "".join(
        path.read_text(encoding="utf-8", errors="ignore")
        for path in folder.rglob("*")
        if path.suffix in (".txt", ".html", ".md", ".eml")
    )
    assert asked


def test_what_steps_were_followed_by_is_counted(tmp_path: Path) -> None:
    for day in ("2026-05-01", DAY):
        shutil.copytree(QUALITY / "examples", tmp_path / "all" / day)

    done = run_kam("learn", tmp_path / "all", *OWN, "--date", DAY, "--json")

    assert done.status == 0, done.err
    assert "steps" in json.loads(done.out)


def test_the_mutants_of_the_method_are_noticed_by_its_cases() -> None:
    done = run_kam("rules", "mutate", *OWN, "--json")
    score = json.loads(done.out)["score"].values()

    assert done.status == 0, done.err
    noticed = sum(kind["noticed"] for kind in score)
    assert noticed == sum(kind["mutants"] - kind["equivalent"] for kind in score)
