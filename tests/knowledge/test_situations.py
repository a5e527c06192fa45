"""Situations: what is given, what must follow, and errors that name the place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kam_expert.engines.situation_runs import run_situation
from kam_expert.knowledge.situations import FILE, read_situations
from kam_expert.resources import methods_folder
from tests.command import run_kam
from tests.shipped import shipped_method

QUALITY = methods_folder() / "relationship_quality"
BASE = shipped_method("relationship_quality")


def told(folder: Path, *situations: str) -> list[str]:
    """Return what is said of a file of situations, without its name."""
    text = "situations:\n" + "".join(f"- {each}\n" for each in situations)
    (folder / FILE).write_text(text, encoding="utf-8")
    read, problems = read_situations(folder, BASE)
    listed = read.listed if read else ()
    problems = (*problems, *(p for each in listed for p in run_situation(each, BASE)))
    return [str(problem).removeprefix(f"{folder.name}/{FILE}:") for problem in problems]


def test_findings_given_and_all_others_absent(tmp_path: Path) -> None:
    assert (
        told(
            tmp_path,
            "{name: a, given: {findings: [trust_low, exit_near]}, expect: {stage: fragile,"
            " strategy: mend, steps: {trust_low: [keep_a_list_of_promises]}}}",
            "{name: b, given: {findings: {dispute_unsettled: likely, polite_distance: yes}},"
            " expect: {waits: {dispute_unsettled: [plan_one_thing_together]}, begins: 1,"
            " moves: [settle_the_dispute], later: {}}}",
            "{name: c, given: {stage: solid}, expect: {strategy: keep_up, leaning: none}}",
            "{name: d, given: {findings: [x]}, each: {findings: [[exit_near], [trust_low]]},"
            " expect: {never: [plan_one_thing_together]}}",
        )
        == []
    )


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ("stage: solid", "the stage is developing, not solid"),
        ("leaning: solid", "the leaning is none, not solid"),
        ("strategy: build", "the strategy is mend, not build"),
        ("begins: 9", "the begins is 1, not 9"),
        ("half_days: 9", "the half_days is 4, not 9"),
        ("keeps: [settle_the_dispute]", "settle_the_dispute is not kept up"),
        ("moves: [hear_the_customer]", "the moves are settle_the_dispute, not hear_the_customer"),
        ("never: [settle_the_dispute]", "settle_the_dispute is proposed"),
        ("steps: {trust_low: [hear_the_customer]}", "hear_the_customer is not proposed"),
        (
            "steps: {trust_low: [settle_the_dispute]}",
            "settle_the_dispute is not proposed because of trust_low",
        ),
        (
            "steps: {polite_distance: [plan_one_thing_together]}",
            "plan_one_thing_together waits for dispute_unsettled",
        ),
        (
            "waits: {trust_low: [plan_one_thing_together]}",
            "plan_one_thing_together does not wait for trust_low",
        ),
        (
            "instead: {settle_the_dispute: hear_the_customer}",
            "settle_the_dispute does not take the place of hear_the_customer",
        ),
        (
            "together: {hear_the_customer: settle_the_dispute}",
            "hear_the_customer is no one move with settle_the_dispute",
        ),
        ("later: {hear_the_customer: moves}", "later are none, not hear_the_customer (moves)"),
    ],
)
def test_what_does_not_follow_is_told(expect: str, difference: str, tmp_path: Path) -> None:
    given = "{findings: [dispute_unsettled, polite_distance]}"

    assert told(tmp_path, f"{{name: a, given: {given}, expect: {{{expect}}}}}") == [
        f"2:3: “a”: {difference}"
    ]


@pytest.mark.parametrize(
    ("situation", "error"),
    [
        (
            "{name: a, given: {findings: [trust_lo]}, expect: {}}",
            '2:3: no finding "trust_lo: yes" can be given',
        ),
        (
            "{name: a, given: {findings: {trust_low: [p9]}}, expect: {}}",
            '2:3: no finding "trust_low: [p9]" can be given',
        ),
        (
            "{name: a, given: {}, expect: {stage: solidd}}",
            '2:24: unknown stage "solidd". Did you mean "solid"?',
        ),
        (
            "{name: a, given: {}, expect: {never: [hear_customer]}}",
            '2:24: unknown step "hear_customer". Did you mean "hear_the_customer"?',
        ),
        (
            "{name: a, given: {}, expect: {later: {hear_the_customer: mildd}}}",
            '2:24: unknown reason "mildd". Did you mean "mild"?',
        ),
        (
            "{name: a, given: {}, each: {findings.0: [trust_low]}, expect: {}}",
            '2:24: "findings.0" is not a place in what is given',
        ),
        (
            "{name: a, given: {}, expects: {}}",
            '2:24: unknown key "expects". Did you mean "expect"?',
        ),
    ],
)
def test_an_error_names_the_place(situation: str, error: str, tmp_path: Path) -> None:
    assert error in told(tmp_path, situation)


def test_commands_tell_what_does_not_follow(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(QUALITY, tmp_path / "quality"))
    file = folder / FILE
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("expect: {stage: fragile}", "expect: {stage: solid}"), "utf-8")
    line = "“two weak points at once make a relationship fragile”: the stage is fragile, not solid"

    for command in ("check", "test"):
        done = run_kam("rules", command, "--rules", folder)
        assert done.status == 1
        assert done.out.count(line) == 1
    file.write_text("situations: 3\n", encoding="utf-8")
    assert run_kam("rules", "mutate", "--whole", "--rules", folder).status == 2
    situations, _ = read_situations(QUALITY, BASE)
    assert situations is not None
    count = len(situations.listed)
    out = run_kam("rules", "test", "--rules", QUALITY).out
    assert f"{count} situations, 0 problems" in out
