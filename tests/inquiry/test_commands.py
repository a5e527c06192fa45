"""Questions on the command line: in both languages, as text and as JSON; and what is wrong."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam, main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CASE = str(EXAMPLES / "doubled_channel.yaml")
OTHER = str(EXAMPLES / "barricaded_butterfly.yaml")
WHEN = ["--date", "2026-11-23"]
QUESTIONS = {
    "why": ["why", OTHER, "trust_barricade"],
    "why of the stage": ["why", CASE, "transition"],
    "why not": ["why-not", OTHER, "access_open"],
    "why not of the stage": ["why-not", CASE, "partnership"],
    "what if": ["what-if", CASE, "agreed_measures=2", "theirs.trust_other=1"],
    "compare": ["compare", CASE, CASE, "--old-date", "2026-01-01"],
    "ask": ["ask", OTHER],
    "path": ["path", OTHER, "--to", "partnership"],
}


@cache
def run(*words: str) -> str:
    """Return what a command says; asked again, what it said."""
    return run_anew(*words)


def run_anew(*words: str) -> str:
    result = CliRunner().invoke(kam, [*words, *WHEN], catch_exceptions=False)

    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_fits_a_terminal_in_either_language(name: str, lang: str) -> None:
    lines = run(*QUESTIONS[name], "--lang", lang).splitlines()

    assert len(lines) > 3
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_in_english_has_no_untranslated_word(name: str) -> None:
    english = run(*QUESTIONS[name], "--lang", "en")
    ukrainian = run(*QUESTIONS[name], "--lang", "uk")

    headings = [line for line in english.splitlines() if line.isupper()]
    assert not set(headings) & set(ukrainian.splitlines())


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_as_json_is_the_same_every_time(name: str) -> None:
    one, two = (run_anew(*QUESTIONS[name], "--format", "json") for _ in range(2))

    assert one == two
    data = json.loads(one)
    assert data["kam"] == 1
    assert {"account", "date", "rule_base", "facts_digest"} < set(data)


def test_a_premise_names_its_value_and_where_it_came_from() -> None:
    said = run(*QUESTIONS["why"], "--lang", "en")

    assert "found: 2 of 5 – the customer’s answer" in " ".join(said.split())
    assert "line 94" in " ".join(said.split())
    assert "B8a:" in said


def test_a_premise_that_is_a_finding_is_expanded() -> None:
    case = str(EXAMPLES / "large_and_unprofitable.yaml")

    said = run("why", case, "over_served", "--lang", "en")

    assert "WHY: MANY EXTRA REQUESTS" in said
    assert "rank by special demands (100 – most): at least 80%" in said


def test_what_if_saves_nothing() -> None:
    before = Path(CASE).read_bytes()

    said = run_anew(*QUESTIONS["what if"], "--lang", "en")

    assert "1 → 2" in said
    assert Path(CASE).read_bytes() == before


def test_what_if_takes_sides_people_and_ties() -> None:
    case = OTHER
    said = run(
        "what-if", case, "p1.open_to_us=1", "m1-p1.link_last_two_way_days=200", "--lang", "en"
    )

    assert "openness to us" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["why", CASE, "trust_baricade"], 'Did you mean "trust_barricade"?'),
        (["why", CASE, "trust_barricade"], "is not concluded here; ask kam why-not"),
        (["why", CASE, "butterfly"], "the stage is transition, not butterfly"),
        (["why", OTHER, "trust_barricade", "--about", "kalynovyi"], "Did you mean"),
        (["why-not", CASE, "partnersip"], 'Did you mean "partnership"?'),
        (["why-not", OTHER, "trust_barricade"], "is concluded; ask kam why"),
        (["what-if", CASE, "agred_measures=2"], 'Did you mean "agreed_measures"?'),
        (["what-if", CASE, "agreed_measures"], "a change is written fact=value"),
        (["what-if", CASE, "agreed_measures=many"], "takes a number"),
        (["what-if", CASE, "ours.trust_trend=risin"], 'Did you mean "rising"?'),
        (["what-if", CASE, "trust_other=2"], "write ours.trust_other=… or theirs.…"),
        (["what-if", CASE, "open_to_us=2"], "is about a person: write ID.open_to_us=…"),
        (["what-if", CASE, "p9.open_to_us=2"], "The ids are"),
        (["what-if", CASE, "theirs.needs_basis=assumed_by_us"], "asked of our side only"),
        (["what-if", CASE, "agreed_measures=1", "agreed_measures=2"], "changed twice"),
        (["what-if", CASE, "functions_reached=[finance"], "not written as in a case file"),
        (["path", CASE, "--to", "partner"], 'Did you mean "partnership"?'),
        (["path", "nowhere.yaml"], "no such file"),
        (["ask", CASE, "--date", "tomorrow"], "--date takes YYYY-MM-DD"),
    ],
)
def test_what_is_wrong_is_named_with_the_nearest_right_name(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["kam", *words])

    with pytest.raises(SystemExit) as stop:
        main()

    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert said in error
    assert "Traceback" not in error
    assert len(error.splitlines()) <= 2


def test_two_accounts_are_compared_and_said_to_be_two() -> None:
    result = CliRunner().invoke(kam, ["compare", CASE, OTHER, *WHEN])

    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert "two accounts" in result.stderr
    assert "two accounts" not in result.stdout
