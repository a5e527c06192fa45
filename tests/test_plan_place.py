"""Why a step has its place in the plan, or what would have to be for it to come first.

With --all on further examples, and for each move.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.plan_place import PlanPlaces, place_of
from kam_expert.engines.planning import PlanLimits, replanned
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.case import StepNote, StrategyNote
from kam_expert.facts.plan_entries import PlanEntry
from kam_expert.outputs.place_words import place_sentences
from kam_expert.outputs.wording import Words
from tests.sampling import few_of, some_of
from tests.shipped import EXAMPLES, NAMES, example, shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.place import StepPlace

BASE = shipped_base()
DAY = date(2026, 11, 23)
NAME = "barricaded_butterfly"


@cache
def judged(name: str) -> Diagnosis:
    return diagnose(example(name), BASE, DAY, PlainEngine())


@cache
def places(name: str) -> PlanPlaces:
    return PlanPlaces(settle_case(example(name), BASE, DAY, PlainEngine()), BASE)


def place(name: str, step: str) -> StepPlace:
    return places(name).place(step)


def sentences(case: Case, step: str, lang: str = "en") -> str:
    diagnosis, found = place_of(case, BASE, DAY, PlainEngine(), step)
    return " ".join(place_sentences(found, diagnosis, Words(BASE, case, lang, DAY)))


@pytest.mark.parametrize("name", few_of(NAMES))
def test_every_step_of_the_rule_base_has_an_answer_in_both_languages(name: str) -> None:
    case, diagnosis = example(name), judged(name)
    plan = diagnosis.plan
    words = {lang: Words(BASE, case, lang, DAY) for lang in ("uk", "en")}
    for step in list(BASE.steps)[::3]:
        found = place(name, step)
        in_moves = [move.place for move in plan.moves if step in move.steps]
        assert [found.place] == in_moves if in_moves else found.place is None
        assert (found.state == "move") == bool(in_moves)
        for lang in ("uk", "en"):
            said = place_sentences(found, diagnosis, words[lang])
            assert said
            assert not any(re.search(r"[{}]|%\(|“”|«»|: \.", text) for text in said), said


def test_a_move_is_compared_with_its_neighbours_and_the_first() -> None:
    moves = [move.step for move in judged(NAME).plan.moves]

    third, last, first = (place(NAME, moves[at]).ahead for at in (2, -1, 0))

    assert [(a.step, a.other) for a in third] == [
        (moves[0], moves[2]),
        (moves[1], moves[2]),
        (moves[2], moves[3]),
    ]
    assert [(a.step, a.other) for a in first] == [(moves[0], moves[1])]
    later = [left.step for left in judged(NAME).plan.later]
    assert last[-1].step == moves[-1]
    assert last[-1].other in later


@pytest.mark.parametrize("name", few_of(NAMES))
def test_under_a_strategy_that_puts_a_step_first_it_comes_first(name: str) -> None:
    case, diagnosis = example(name), judged(name)
    assert diagnosis.strategy
    firsts: dict[str, str] = {}
    for strategy in BASE.strategies:
        notes = replace(case.notes, strategy=StrategyNote(strategy.id, "спроба"))
        found = diagnose(replace(case, notes=notes), BASE, DAY, PlainEngine())
        if found.plan.moves and strategy.id != diagnosis.strategy.effective:
            firsts[strategy.id] = found.plan.moves[0].step

    assert firsts
    for step in set(firsts.values()):
        under = {strategy for strategy, first in firsts.items() if first == step}
        assert set(place(name, step).first_under) == under


@pytest.mark.parametrize("name", few_of(NAMES, 4))
def test_with_the_room_that_is_named_a_step_is_in_the_plan_and_with_less_not(name: str) -> None:
    diagnosis = judged(name)
    asked = [left.step for left in diagnosis.plan.later if left.reason in ("moves", "capacity")]
    for step in asked[:4]:
        room = place(name, step).room
        assert room is not None
        moves, capacity = room
        enough = replanned(diagnosis, BASE, PlanLimits(moves, capacity)).plan
        assert step in [s for move in enough.moves for s in move.steps]
        for limits in (PlanLimits(moves - 1, capacity), PlanLimits(moves, capacity - 1)):
            less = replanned(diagnosis, BASE, limits).plan
            assert step not in [s for move in less.moves for s in move.steps]


def test_a_step_that_waits_names_what_holds_it_back_and_what_frees_it() -> None:
    plan = judged(NAME).plan
    answered = {finding for move in plan.moves for finding in move.because}
    left = next(left for left in plan.waits if answered.issuperset(left.waits_for))

    found = place(NAME, left.step)
    said = sentences(example(NAME), left.step)

    assert found.state == "waits"
    assert tuple(hold.finding for hold in found.holds) == left.waits_for
    [hold] = found.holds
    works = [move for move in plan.moves if hold.finding in move.because]
    assert [(f.step, f.place) for f in hold.freed_by if f.place] == [
        (move.step, move.place) for move in works
    ]
    assert works
    assert f"This holds it back: {BASE.findings[hold.finding].name.en}." in said
    assert f"Move {works[0].place}, “{BASE.steps[works[0].step].name.en}”, works on that." in said
    assert hold.reversed_by
    assert "It no longer holds if one of these changes: " in said


def test_a_step_whose_findings_are_answered_names_the_moves_that_do_it() -> None:
    plan = judged(NAME).plan
    left = next(left for left in plan.later if left.reason == "answered")

    found = place(NAME, left.step)

    answered = {name for _, same in found.answered_by for name in same}
    assert answered == set(left.because)
    for answering, same in found.answered_by:
        [move] = [m for m in plan.moves if m.place == answering.place]
        assert set(same) <= set(move.because)


def test_what_was_agreed_keeps_its_places_in_the_comparison(*, every: bool) -> None:
    last = judged(NAME).plan.moves[-1].step
    own = [PlanEntry(f"own{n}", text=f"own {n}", due=date(2026, 12, n)) for n in (1, 2)]
    case = replace(example(NAME), plan=(*own, PlanEntry(last, last, due=date(2026, 12, 9))))

    plan = diagnose(case, BASE, DAY, PlainEngine()).plan

    assert plan.moves[0].step == last
    assert [move.place for move in plan.moves] == [*range(3, len(plan.moves) + 3)]
    for before, move in some_of([*pairwise(plan.moves)], 2, every=every):
        found = place_of(case, BASE, DAY, PlainEngine(), move.step)[1]
        ahead = {one.step: one.by for one in found.ahead if one.other == move.step}
        assert (found.place, before.step in ahead) == (move.place, True)
        # What was agreed is first because it was agreed, whatever else the others have.
        assert (ahead.get(last) == "agreed") == (last in ahead)
    for left in some_of(plan.later, 2, every=every):
        place_of(case, BASE, DAY, PlainEngine(), left.step)


def test_a_step_that_is_not_proposed_says_why() -> None:
    case = example(NAME)
    strategy = StrategyNote("leave", "вирішено")
    parting = replace(case, notes=replace(case.notes, strategy=strategy))
    hidden = replace(case, notes=replace(case.notes, steps={"pass_trial": StepNote(hide=True)}))

    assert "is not proposed. It would be if one of these were likely: no ally." in sentences(
        case, "find_ally"
    )
    assert "is not proposed under the strategy “New terms or part”." in sentences(
        parting, "pass_trial"
    )
    assert "is hidden by a note in the case." in sentences(hidden, "pass_trial")
    kept = judged("diamond_with_conductor").plan.keep_doing[0]
    assert f"Repeat it every {kept.every} days." in sentences(
        example("diamond_with_conductor"), kept.step
    )


def test_the_command_answers_in_text_and_json() -> None:
    path = str(EXAMPLES / f"{NAME}.yaml")
    step = judged(NAME).plan.moves[1].step
    options = ["--date", DAY.isoformat()]

    text = CliRunner().invoke(kam, ["plan", path, step, *options])
    data = CliRunner().invoke(kam, ["plan", path, step, "--json", *options])

    found = json.loads(data.stdout)
    assert found["step"] == step
    assert (found["state"], found["place"]) == ("move", 2)
    assert " ".join(text.stdout.split()) == " ".join(" ".join(found["texts"]["uk"]).split())
    assert all(len(line) <= 80 for line in text.stdout.splitlines())
    assert set(found["texts"]) == {"uk", "en"}
