"""How features add up to a stage, and which stages are still possible."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kam_expert.knowledge.documents import Text
from kam_expert.knowledge.stage import Stage, StageModel

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.values import Truth

WORD = Text(uk="слово", en="word")


def model(  # noqa: PLR0913 -- one for each part of a model
    loose: tuple[str, ...] = ("a", "b", "c", "d"),
    close: tuple[str, ...] = ("e", "f", "g", "h"),
    vetoes: tuple[str, ...] = ("v", "a"),
    *,
    core: tuple[str, ...] = (),
    core_needed: int = 0,
    share: float = 0.5,
    settled_share: float = 0.5,
) -> StageModel:
    return StageModel(
        stages=(
            Stage("apart", "loose", loose, share, (), WORD, WORD),
            Stage("together", "close", close, share, vetoes, WORD, WORD, core, core_needed),
        ),
        between="between",
        between_title=WORD,
        between_says=WORD,
        undetermined_title=WORD,
        undetermined_says=WORD,
        contact_facts=("contact",),
        settled_share=settled_share,
        leaning_from=3,
    )


def truths(yes: str = "", no: str = "") -> dict[str, Truth]:
    return {**dict.fromkeys(yes, True), **dict.fromkeys(no, False)}


@pytest.mark.parametrize(
    ("yes", "no", "verdict"),
    [
        ("abc", "defgh", "apart"),
        ("abc", "", "apart"),
        ("ab", "cdefgh", "between"),
        ("efg", "abcd", "together"),
        ("efg", "", "together"),
        ("efgv", "abcd", "between"),
        ("efga", "bcd", "between"),
        ("abcefg", "", "between"),
        ("abcv", "efgh", "apart"),
        ("", "abcdefgh", "between"),
        ("", "abcd", "between"),
        ("", "abc", "undetermined"),
        ("ae", "b", "undetermined"),
        ("v", "", "undetermined"),
        ("", "", "undetermined"),
    ],
)
def test_the_verdict_follows_from_the_features(yes: str, no: str, verdict: str) -> None:
    assert model().verdict(truths(yes, no), contact_known=True) == verdict


def test_half_of_the_features_is_not_more_than_half() -> None:
    assert model().stages[0].needed == 3
    assert model(loose=("a", "b", "c")).stages[0].needed == 2
    assert model(share=0).stages[0].needed == 1


def test_without_contact_facts_nothing_is_determined() -> None:
    everything = truths("abcd", "efghv")

    assert model().verdict(everything, contact_known=False) == "undetermined"
    assert model().possible(everything, contact_known=False) == {"apart", "undetermined"}


def test_an_unknown_contact_leaves_the_stages_that_the_other_answers_allow() -> None:
    known = truths("ab", "cefgh")

    assert model().possible(known, contact_known=False) == {"apart", "between", "undetermined"}


@pytest.mark.parametrize(
    ("yes", "no", "verdict", "possible"),
    [
        ("efg", "abcdv", "together", {"together"}),
        ("fgh", "abcdev", "between", {"between"}),
        ("fgh", "abcdv", "between", {"between", "together"}),
        ("ef", "abcdv", "undetermined", {"together", "between"}),
        ("ef", "abcdghv", "between", {"between"}),
        ("abcfgh", "dev", "between", {"between"}),
    ],
)
def test_a_stage_is_barred_while_its_core_is_not_seen(
    yes: str, no: str, verdict: str, possible: set[str]
) -> None:
    cored = model(core=("e",), core_needed=1, settled_share=0.8)

    assert cored.verdict(truths(yes, no), contact_known=True) == verdict
    assert cored.possible(truths(yes, no), contact_known=True) == possible | (
        {verdict} if verdict == "undetermined" else set()
    )


def test_a_core_that_needs_nothing_bars_nothing() -> None:
    assert model(core=("e",)).verdict(truths("fgh", "abcdev"), contact_known=True) == "together"


@pytest.mark.parametrize(
    ("yes", "no", "possible"),
    [
        ("abc", "efghv", {"apart"}),
        ("abcd", "ef", {"apart"}),
        ("abcd", "e", {"apart", "between"}),
        ("efg", "abcdv", {"together"}),
        ("efg", "abcd", {"together", "between"}),
        ("efgv", "abcd", {"between"}),
        ("ab", "cdefgh", {"between"}),
        ("ab", "ceghf", {"apart", "between"}),
        ("", "abefv", {"between"}),
        ("", "abef", {"between"}),
        ("", "ab", {"between", "together", "undetermined"}),
    ],
)
def test_the_verdicts_that_answers_may_still_lead_to(yes: str, no: str, possible: set[str]) -> None:
    assert model().possible(truths(yes, no), contact_known=True) == possible


@pytest.mark.parametrize(
    ("yes", "no", "leaning"),
    [
        ("ab", "e", "apart"), ("e", "ab", "together"), ("ae", "bf", None), ("ab", "", None),
        ("abe", "", None), ("", "abe", None), ("abv", "", None), ("ab", "c", "apart"),
        ("ev", "ab", None), ("e", "abv", "together"),
    ],
)  # fmt: skip
def test_a_leaning_needs_three_settled_features_and_a_lead(
    yes: str, no: str, leaning: str | None
) -> None:
    assert model().leaning(truths(yes, no)) == leaning


def test_undetermined_cannot_be_asked_for() -> None:
    assert model().names == ("apart", "between", "together")


def test_vetoes_are_settled_before_the_stage_and_named_once() -> None:
    assert model().findings_read == ("a", "b", "c", "d", "e", "f", "g", "h", "v")


@st.composite
def models(draw: st.DrawFn) -> tuple[StageModel, dict[str, Truth]]:
    loose = tuple("abc"[: draw(st.integers(1, 3))])
    close = tuple("efg"[: draw(st.integers(1, 3))])
    vetoes = tuple(draw(st.sets(st.sampled_from([*loose, *close, "v", "w"]), max_size=2)))
    core = tuple(draw(st.sets(st.sampled_from(close))))
    drawn = model(
        loose,
        close,
        vetoes,
        core=core,
        core_needed=draw(st.integers(0, len(core))),
        share=draw(st.sampled_from([0.3, 0.5, 0.7])),
        settled_share=draw(st.sampled_from([0.3, 0.5, 0.8])),
    )
    known = {name: draw(st.sampled_from([True, False, None])) for name in drawn.findings_read}
    return drawn, known


def brute_force(drawn: StageModel, known: dict[str, Truth], *, contact: bool) -> set[str]:
    unsettled = [name for name, truth in known.items() if truth is None]
    return {
        drawn.verdict({**known, **dict(zip(unsettled, answers, strict=True))}, contact_known=later)
        for answers in product((True, False, None), repeat=len(unsettled))
        for later in {contact, True}
    }


@settings(max_examples=400)
@given(models(), st.booleans())
def test_possible_verdicts_are_those_of_all_answers(
    drawn: tuple[StageModel, dict[str, Truth]],
    contact: bool,  # noqa: FBT001 -- drawn as well
) -> None:
    reached = brute_force(*drawn, contact=contact)

    assert drawn[0].possible(drawn[1], contact_known=contact) == reached


@given(models(), st.booleans())
def test_the_verdict_is_among_the_possible_ones(
    drawn: tuple[StageModel, dict[str, Truth]],
    contact: bool,  # noqa: FBT001 -- drawn as well
) -> None:
    stages, known = drawn

    assert stages.verdict(known, contact_known=contact) in stages.possible(
        known, contact_known=contact
    )


def test_the_shipped_stages_are_those_of_the_method(base: KnowledgeBase) -> None:
    butterfly, partnership = base.stage_model.stages

    assert base.stage_model.names == ("butterfly", "transition", "partnership")
    assert (len(butterfly.features), butterfly.needed, butterfly.vetoes) == (11, 5, ())
    assert (len(partnership.features), partnership.needed) == (13, 7)
    assert set(partnership.vetoes) == {
        "one_sided", "unequal", "single_thread", "trust_barricade", "no_live_contact",
        "not_buying", "no_common_goal", "goal_only_talked_about",
    }  # fmt: skip
    assert set(partnership.core) == {"common_pie", "process_sharing", "supplier_development"}
    assert (partnership.core_needed, butterfly.core_needed) == (1, 0)


@pytest.mark.parametrize(
    ("yes", "verdict", "margin", "hinges"),
    [
        ("abc", "apart", 0, {"a": "between", "b": "between", "c": "between"}),
        ("abcd", "apart", 1, {}),
        ("efg", "together", 0, {"e": "between", "f": "between", "g": "between"}),
        ("efgh", "together", 0, {"e": "between"}),
        ("efghv", "between", None, {"v": "together"}),
        # A is a feature of the one stage and a veto of the other.
        ("abcefg", "between", None, {"a": "together", "e": "apart", "f": "apart", "g": "apart"}),
        ("bcdefgh", "between", None, {"b": "together", "c": "together", "d": "together"}),
        ("", "between", None, {}),
    ],
)
def test_the_margin_and_the_findings_on_which_the_verdict_hangs(
    yes: str, verdict: str, margin: int | None, hinges: dict[str, str]
) -> None:
    cored = model(core=("e",), core_needed=1)
    known = truths(yes, "".join(set("abcdefghv") - set(yes)))

    assert cored.verdict(known, contact_known=True) == verdict
    assert cored.margin(verdict, known) == margin
    assert cored.hinges(verdict, known) == hinges


@given(models())
def test_a_stage_hangs_on_a_feature_just_when_it_has_no_margin(
    drawn: tuple[StageModel, dict[str, Truth]],
) -> None:
    stages, known = drawn
    verdict = stages.verdict(known, contact_known=True)
    margin = stages.margin(verdict, known)

    assert margin is None or margin >= 0
    assert (margin == 0) is (margin is not None and bool(stages.hinges(verdict, known)))
