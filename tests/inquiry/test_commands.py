"""Questions on the command line: in both languages, as text and as JSON; and what is wrong."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam, main
from tests.shipped import shipped_base

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BASE = shipped_base()
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


def test_two_accounts_are_compared_and_said_to_be_two(tmp_path: Path) -> None:
    text = Path(CASE).read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("account: {id: ", "account: {id: other-", 1), "utf-8")
    assert other.read_text(encoding="utf-8") != text

    result = CliRunner().invoke(kam, ["compare", CASE, str(other), *WHEN])

    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert "two accounts" in result.stderr
    assert "two accounts" not in result.stdout


@pytest.mark.parametrize(
    "name", ["lack of trust", "Lack of Trust", "брак довіри", "БРАК ДОВІРИ", "«брак  довіри»."]
)
@pytest.mark.parametrize("command", ["why", "plan"])
def test_a_name_in_either_language_will_do_in_place_of_the_id(command: str, name: str) -> None:
    if command == "why":
        assert run("why", OTHER, name) == run("why", OTHER, "trust_barricade")
    else:
        step = BASE.steps["pause_access"].name
        for typed in (step.uk, step.en.upper()):
            assert run("plan", OTHER, typed) == run("plan", OTHER, "pause_access")


def test_a_stage_and_a_strategy_have_names_too() -> None:
    stage = BASE.stage_model.title("partnership")

    for typed in (stage.uk, stage.en.lower()):
        assert run("why-not", OTHER, typed) == run("why-not", OTHER, "partnership")
        assert run("path", OTHER, "--to", typed) == run("path", OTHER, "--to", "partnership")
    strategy = BASE.findings["keep"].name
    assert run("path", OTHER, "--to", strategy.uk) == run("path", OTHER, "--to", "keep")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("lack of trst", 'Did you mean "lack of trust" (trust_barricade)?'),
        ("брак довір", 'Did you mean "брак довіри" (trust_barricade)?'),
        ("trust_baricade", 'Did you mean "trust_barricade"?'),
    ],
)
@pytest.mark.parametrize("command", ["why", "why-not"])
def test_a_misspelt_name_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    typed: str,
    near: str,
) -> None:
    monkeypatch.setattr("sys.argv", ["kam", command, OTHER, typed, *WHEN])

    with pytest.raises(SystemExit):
        main()

    assert near in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_date_has_one_form(name: str, lang: str) -> None:
    said = run(*QUESTIONS[name], "--lang", lang)

    assert ("23 листопада 2026" if lang == "uk" else "23 November 2026") in said
    other = set(re.findall(r"\d{4}-\d\d-\d\d|\d{1,2} \w{3,4}\. \d{4}", said))
    assert other <= {"2026-10-31"}  # how a date is typed


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize("finding", ["trust_barricade", "price_only", "gatekeeper"])
def test_why_says_each_statement_and_each_assumption_once(finding: str, lang: str) -> None:
    text = run("why", OTHER, finding, "--lang", lang)
    lines = [line.strip() for line in text.splitlines()]
    by = "by statement" if lang == "en" else "за твердженням"

    told = [line for line in lines if line.startswith(("» ", "– "))]
    cited = set(re.findall(rf"{by} ([\w, ]+):", " ".join(text.split())))

    assert cited
    assert len(told) == len(set(told))
    for statement in {one for group in cited for one in group.split(", ")}:
        assert sum(line.startswith(f"» {statement}:") for line in lines) == 1


def test_a_value_that_several_rules_read_has_its_source_once() -> None:
    text = " ".join(run("why", OTHER, "trust_barricade", "--lang", "en").split())

    assert text.count("found: 2 of 5 – the customer’s answer") == 1
    assert "found: 2 of 5 – as in 1.1" in text
