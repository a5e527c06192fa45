"""What a plan tells of promises where nobody answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case import Case
from kam_expert.facts.promises import promised
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.html import render_report
from tests.shipped import shipped_base, shipped_engine

if TYPE_CHECKING:
    from kam_expert.engines.settling import Engine
    from kam_expert.knowledge.base import KnowledgeBase

MakeCase = Callable[[str], Case]
DAY = date(2026, 11, 1)
LATE = "side: theirs, due: 2026-10-30"
KEPT = f"{LATE}, status: done, done_on: 2026-10-02"


@pytest.fixture(scope="module")
def counts(base: KnowledgeBase) -> dict[tuple[str, str], str]:
    """Return the fact for each side and what it counts."""
    return {(doc.side, doc.counts): name for name, doc in base.from_plan.items()}


Counts = dict[tuple[str, str], str]


def value(case: Case, base: KnowledgeBase, name: str, *, strict: bool = False) -> Any:
    return Readings(case, base, DAY).view(case.account, strict=strict).read(Ref(name))


@pytest.mark.parametrize(
    ("entries", "made", "open_", "kept"),
    [
        # Of a side without promises nothing is known.
        ("", UNKNOWN, UNKNOWN, UNKNOWN),
        ("{id: a, text: x, due: 2026-12-01}", UNKNOWN, UNKNOWN, UNKNOWN),
        # An intention without a day is not a promise.
        ("{id: a, text: x, side: theirs}", UNKNOWN, UNKNOWN, UNKNOWN),
        ("{id: a, text: x, side: theirs, due: 2026-12-01}", 1, 1, UNKNOWN),
        # Due today, it is not late yet.
        ("{id: a, text: x, side: theirs, due: 2026-11-01}", 1, 1, UNKNOWN),
        ("{id: a, text: x, side: theirs, due: 2026-10-31}", 1, 1, 0),
        ("{id: a, text: x, side: theirs, due: 2026-10-31, status: done, done_on: 2026-10-31}",
         1, 0, 100),
        ("{id: a, text: x, side: theirs, due: 2026-10-30, status: done, done_on: 2026-10-31}",
         1, 0, 0),
        # Done before its day has come.
        ("{id: a, text: x, side: theirs, due: 2026-12-30, status: done, done_on: 2026-10-31}",
         1, 0, 100),
        # Agreed or done after the day of the diagnosis, it is not seen.
        ("{id: a, text: x, side: theirs, due: 2026-12-30, agreed_on: 2026-11-02}",
         UNKNOWN, UNKNOWN, UNKNOWN),
        ("{id: a, text: x, side: theirs, due: 2026-12-30, status: done, done_on: 2026-11-02}",
         1, 1, UNKNOWN),
        # Dropped, it was made, and is neither open nor broken.
        ("{id: a, text: x, side: theirs, due: 2026-10-30, status: dropped, reason: r}",
         1, 0, UNKNOWN),
        # A year and a day ago.
        ("{id: a, text: x, side: theirs, due: 2025-11-01, agreed_on: 2025-10-31}", UNKNOWN, 1, 0),
        ("{id: a, text: x, side: theirs, due: 2025-10-31}", UNKNOWN, 1, UNKNOWN),
        # Two of three, rounded.
        (f"{{id: a, text: x, {LATE}}}, {{id: b, text: x, {KEPT}}}, {{id: c, text: x, {KEPT}}}",
         3, 1, 67),
    ],
)  # fmt: skip
def test_promises_of_the_customer_are_counted(  # noqa: PLR0913 -- the three counts
    build: MakeCase,
    base: KnowledgeBase,
    counts: Counts,
    entries: str,
    made: Any,
    open_: Any,
    kept: Any,
) -> None:
    case = build(f"plan: [{entries}]")

    told = {what: value(case, base, counts["theirs", what]) for what in ("made", "open", "kept")}

    assert told == {"made": made, "open": open_, "kept": kept}


def test_our_promises_are_counted_apart(
    build: MakeCase, base: KnowledgeBase, counts: Counts
) -> None:
    case = build("plan: [{id: a, text: x, due: 2026-12-01}, {id: b, text: y, due: 2026-12-02}]")

    assert value(case, base, counts["ours", "made"]) == 2


def test_an_answer_wins_over_the_plan(build: MakeCase, base: KnowledgeBase, counts: Counts) -> None:
    name, plan = counts["theirs", "made"], "plan: [{id: a, text: x, side: theirs, due: 2026-12-01}]"

    assert value(build(f"facts: {{{name}: 7}}\n{plan}"), base, name) == 7
    assert value(build(f"customer: {{{name}: 7}}\n{plan}"), base, name) == 7


def test_an_answer_of_a_later_day_does_not(
    build: MakeCase, base: KnowledgeBase, counts: Counts
) -> None:
    name = counts["theirs", "kept"]
    plan = "plan: [{id: a, text: x, side: theirs, due: 2026-10-01}]"
    later = f"facts: {{{name}: {{value: 50, as_of: 2026-12-01}}}}"

    assert value(build(f"{later}\n{plan}"), base, name) == 0


def test_the_strict_reading_does_not_rely_on_the_plan(
    build: MakeCase, base: KnowledgeBase, counts: Counts
) -> None:
    case = build("plan: [{id: a, text: x, side: theirs, due: 2026-10-01}]")

    assert value(case, base, counts["theirs", "kept"]) == 0
    assert value(case, base, counts["theirs", "kept"], strict=True) is UNKNOWN


def test_without_a_plan_nothing_is_promised(build: MakeCase, base: KnowledgeBase) -> None:
    assert promised(build("").plan, base, DAY) == {}


BROKEN = "side: theirs, agreed_on: 2026-03-01, due: 2026-06-01"


@pytest.mark.parametrize("engine", [PlainEngine(), shipped_engine()])
def test_a_finding_says_that_it_rests_on_the_plan(build: MakeCase, engine: Engine) -> None:
    base = shipped_base()
    name = "customer_keeps_few_commitments"
    plan = ", ".join(f"{{id: e{n}, text: x, {BROKEN}}}" for n in range(4))
    case = build(f"plan: [{plan}]")

    found = diagnose(case, base, DAY, engine)

    (finding,) = [
        f for f in found.findings if any(reason.rule.endswith(name) for reason in f.reasons)
    ]
    kinds = {assumption.kind for assumption in finding.assumes}
    origins = {tuple(p.origin or ()) for reason in finding.reasons for p in reason.premises}
    assert finding.status == "likely"
    assert kinds == {"plan_complete"}
    assert ("planned",) in origins
    page = {lang: render_report(found, case, base, lang) for lang in ("uk", "en")}
    assert "що в узгодженому плані є всі обіцянки: " in page["uk"]
    assert "that the agreed plan names every promise: " in page["en"]
    assert "узгоджений план" in page["uk"]
