"""Who may read a finding, strategy or step follows from what it rests on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kam_expert.knowledge.audience import AUDIENCES, Edition, is_wider, narrowest
from kam_expert.knowledge.integrity import sweep
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from pathlib import Path


def changed(folder: Path, file: str, entry: str, line: str) -> list[str]:
    """Return the problems of a rule base in which an entry of a file has one more line."""
    rules = folder / "rules"
    shutil.copytree(rules_folder(), rules)
    text = (rules / file).read_text(encoding="utf-8")
    head = f"\n  {entry}:\n"
    assert text.count(head) == 1
    (rules / file).write_text(text.replace(head, f"{head}    {line}\n"), encoding="utf-8")
    return [str(problem) for problem in sweep(load_knowledge_base(rules))]


@pytest.mark.parametrize(
    ("file", "entry", "line", "said"),
    [
        ("findings.yaml", "no_ally", "audience: supplier",
         "no_ally has the audience supplier, but rests on open_to_us, which has consultant"),
        ("findings.yaml", "late_payer", "audience: joint",
         "late_payer has the audience joint, but rests on payment_late_days, which has supplier"),
        ("strategies.yaml", "leave", "audience: joint",
         "leave_applies has the audience joint, but rests on account_attractiveness"),
        ("steps.yaml", "find_ally", "audience: supplier",
         "find_ally has the audience supplier, but rests on no_ally, which has consultant"),
        ("steps.yaml", "hear_objection", "audience: joint",
         "hear_objection has the audience joint, but rests on active_objector"),
    ],
)  # fmt: skip
def test_a_wider_audience_than_what_it_rests_on_is_refused(
    file: str, entry: str, line: str, said: str, tmp_path: Path
) -> None:
    problems = changed(tmp_path, file, entry, line)

    assert any(said in problem for problem in problems), problems


def test_one_that_says_why_is_accepted(tmp_path: Path) -> None:
    line = "audience: supplier\n    audience_reason: Nobody can be identified by it."

    assert changed(tmp_path, "findings.yaml", "no_ally", line) == []


def test_facts_about_people_are_for_the_consultant_unless_they_say_otherwise() -> None:
    base = shipped_base()
    said = {name for name, fact in base.facts.items() if fact.doc.audience}
    people = [n for n, f in base.facts.items() if f.kind in ("person", "member") and n not in said]

    assert people
    assert {base.readers.facts[name] for name in people} == {"consultant"}
    assert not any(f.doc.privacy == "assessment" and base.readers.facts[n] != "consultant"
                   for n, f in base.facts.items())  # fmt: skip


def test_no_finding_or_step_about_a_person_is_for_others() -> None:
    base = shipped_base()
    readers = base.readers

    assert {readers.findings[n] for n, f in base.findings.items()
            if f.about in ("person", "member")} == {"consultant"}  # fmt: skip
    assert {readers.steps[n] for n, s in base.steps.items()
            if s.about in ("person", "member")} == {"consultant"}  # fmt: skip


def test_economics_rivals_and_strategies_are_not_for_the_customer() -> None:
    base = shipped_base()
    ours = ("retention_cost_12m", "acquisition_cost_ref", "account_attractiveness", "we_want_more",
            "competitor_presence", "share_of_wallet_pct", "rival_quotes_last_award",
            "gross_margin_pct", "on_key_list", "closeness_push")  # fmt: skip

    assert not any(Edition.CUSTOMER.may_see(base.readers.facts[name]) for name in ours)
    assert all(Edition.CLIENT.may_see(base.readers.facts[name]) for name in ours)
    assert {base.readers.findings[s.id] for s in base.strategies} == {"supplier"}


def test_an_edition_sees_its_audience_and_wider_ones() -> None:
    seen = {edition: [edition.may_see(a) for a in AUDIENCES] for edition in Edition}

    assert seen == {
        Edition.CONSULTANT: [True, True, True],
        Edition.CLIENT: [True, True, False],
        Edition.CUSTOMER: [True, False, False],
    }
    assert narrowest(("joint", "consultant", "supplier")) == "consultant"
    assert narrowest(()) == "joint"
    assert is_wider("joint", "supplier")
    assert not is_wider("supplier", "supplier")
