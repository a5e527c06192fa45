"""Forward chaining on experta: one run, asserted conclusions, findings that later rules match.

With --all more random accounts, and more examples after an exception.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import logging.config
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from property_search import times
from random_cases import built, random_case
from random_rules import random_base

from kam_expert import cli
from kam_expert.engines import forward_chaining, rete
from kam_expert.engines.assemble import assemble, diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.inquiry.trace import leading_to
from kam_expert.engines.settling import PlainEngine, Settlement, settle_case
from kam_expert.facts.case_file import read_any_case
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.about import About
from kam_expert.knowledge.strata import strata_of
from kam_expert.store.store import Store
from kam_expert.terminal.session import Session
from kam_expert.web.service import AccountService
from tests.sampling import few_of, some_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.rule import Rule

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
BASE = shipped_base()
DAY = date(2026, 11, 23)

Parse = Callable[..., "Condition"]
Kam = Callable[..., str]


@pytest.fixture(scope="module")
def engine() -> ForwardChainingEngine:
    return ForwardChainingEngine(BASE)


def same(one: Settlement, other: Settlement) -> bool:
    names = ("findings", "outcomes", "possible_stages", "verdict", "leaning")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of facts in the working memory at the start of each run."""
    seen: list[int] = []
    run = rete.ChainingEngine.run

    def counted(self: Any, *args: Any) -> None:
        seen.append(len(self.facts))
        run(self, *args)

    monkeypatch.setattr(rete.ChainingEngine, "run", counted)
    return seen


@pytest.fixture
def kam(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kam:
    """Run a command in the folder of the examples and return its output."""
    monkeypatch.chdir(ROOT)

    def run(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["kam", *words, "--date", "2026-11-23"])
        cli.main()
        return capsys.readouterr().out

    return run


# One run, and what is asserted in it


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_diagnosis_takes_one_run_and_is_that_of_plain_evaluation(
    path: Path, engine: ForwardChainingEngine, runs: list[int]
) -> None:
    case = read_any_case(path, BASE)

    found = diagnose(case, BASE, DAY, engine)

    assert len(runs) == 1
    assert found == diagnose(case, BASE, DAY, PlainEngine())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_conclusions_findings_and_the_stage_are_asserted_by_rules(
    path: Path, engine: ForwardChainingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asserted: list[tuple[str, bool]] = []
    declare = rete.ChainingEngine.declare

    def watched(self: Any, *facts: Any) -> Any:
        asserted.extend((type(fact).__mro__[1].__name__, self.running) for fact in facts)
        asserted.extend((type(fact).__name__, self.running) for fact in facts)
        return declare(self, *facts)

    monkeypatch.setattr(rete.ChainingEngine, "declare", watched)
    settle_case(read_any_case(path, BASE), BASE, DAY, engine)

    for name in ("ConclusionFact", "FindingFact", "StageFact"):
        assert {running for fact, running in asserted if fact == name} == {True}, name
    assert {running for fact, running in asserted if fact == "AnswersFact"} == {False}


def patterns_of(engine: ForwardChainingEngine, rule: Rule) -> set[Any]:
    compiled = vars(engine._class)[f"rule {rule.name}"]  # noqa: SLF001 -- what experta was given
    return {type(part) for part in compiled if isinstance(part, rete.WorkingFact)}


@pytest.mark.parametrize("seed", [None, *range(6)])
def test_a_rule_that_reads_a_finding_or_the_stage_matches_an_asserted_fact(
    seed: int | None,
) -> None:
    base = BASE if seed is None else random_base(BASE, Random(seed), rules=40)
    engine = ForwardChainingEngine(base)
    read = 0
    for rule in (rule for name in base.findings for rule in base.rules_for(name)):
        patterns = patterns_of(engine, rule)
        kinds = {"account", rule.kind}
        names = {n for n in rule.findings_read() if base.findings[n].about in kinds}
        read += bool(names) + rule.reads_stage()
        if rule.findings_read() or rule.reads_stage():
            # Of what members of lists are asked, the open stratum says that it is asserted.
            assert rete.OpenStratum in patterns, rule
        if seed is None:
            found = {pattern.name for pattern in patterns if hasattr(pattern, "name")}
            assert found == names, rule
            assert (rete.StageFact in patterns) == rule.reads_stage()
    assert read > 3


# A chain of five findings


CHAIN = ("large_unprofitable", "high_demand", "catalogue_offer", "volume_lens", "over_served")
BESIDE, NESTED, ABSENT = "retention_first", "allies", "not_rated"


@pytest.fixture(scope="module")
def chain(condition: Parse) -> KnowledgeBase:
    """Five findings, each of which follows from the one before, and some that depend on the third.

    The first and one more follow from a fact.
    """
    fact = "access_to_others: free"
    whens = [
        (CHAIN[0], fact),
        *((name, f"finding: {before}") for before, name in pairwise(CHAIN)),
        (BESIDE, fact),
        (NESTED, f"any: [{{finding: {CHAIN[2]}}}, {{access_to_others: blocked}}]"),
        (ABSENT, f"none: [{{finding: {CHAIN[4]}}}]"),
    ]
    rules = tuple(
        dataclasses.replace(
            BASE.rules[0],
            name=f"so_{name}",
            file=f"rules/chain/{number}.yaml",
            kind="account",
            when=condition(when),
            unless=None,
            finding=name,
            strength="establishes",
            about_knowledge=False,
            thresholds=(),
            cases=(),
        )
        for number, (name, when) in enumerate(whens)
    )
    strata, stage = strata_of(rules, tuple(BASE.findings), BASE.stage_model, frozenset())
    return dataclasses.replace(BASE, rules=rules, strata=strata, stage_stratum=stage)


@pytest.fixture
def open_doors(build: Callable[[str], Case]) -> Case:
    return build("customer: {access_to_others: free}\n")


def established(settlement: Settlement) -> set[str]:
    return {name for (name, _, _), found in settlement.findings.items() if found.working is True}


def test_a_chain_of_five_findings_is_derived_in_one_run(
    chain: KnowledgeBase, open_doors: Case, runs: list[int]
) -> None:
    found = settle_case(open_doors, chain, DAY, ForwardChainingEngine(chain))

    assert len(runs) == 1
    assert established(found) == {*CHAIN, BESIDE, NESTED}
    assert same(found, settle_case(open_doors, chain, DAY, PlainEngine()))


def test_without_the_fact_at_its_beginning_nothing_of_the_chain_is_derived(
    chain: KnowledgeBase, build: Callable[[str], Case]
) -> None:
    case = build("facts: {access_to_others: only_through_buyer}\n")

    found = settle_case(case, chain, DAY, ForwardChainingEngine(chain))

    assert established(found) == {ABSENT}


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("how", ["never asserted", "retracted before the next stratum opens"])
def test_without_an_asserted_finding_all_that_follows_from_it_is_gone_and_nothing_else(
    chain: KnowledgeBase, open_doors: Case, number: int, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ForwardChainingEngine(chain)
    taken = engine._compiler.findings[CHAIN[number]]  # noqa: SLF001 -- the class of the asserted fact
    declare = rete.ChainingEngine.declare

    def without(self: Any, *facts: Any) -> Any:
        if how == "never asserted":
            facts = tuple(fact for fact in facts if type(fact) is not taken)
        elif isinstance(facts[0], rete.OpenStratum):
            for fact in [fact for fact in self.facts.values() if type(fact) is taken]:
                self.retract(fact)
        return declare(self, *facts)

    monkeypatch.setattr(rete.ChainingEngine, "declare", without)
    firings = engine.trace(Readings(open_doors, chain, DAY))[1]

    fired = {firing.rule.removeprefix("so_") for firing in firings if firing.rule}
    follows = {*CHAIN[number + 1 :], *([NESTED] if number <= 2 else [])}
    # What is no longer derived is asserted as absent, and a rule asks for just that.
    then = {ABSENT} if number < 4 else set()
    assert fired == {*CHAIN, BESIDE, NESTED} - follows | then


# The same as plain evaluation


@pytest.mark.parametrize("block", few_of(range(2 * times()), times()))
def test_random_accounts_are_settled_as_by_plain_evaluation(
    block: int, engine: ForwardChainingEngine
) -> None:
    for seed in range(20 * block, 20 * block + 20):
        case = built(random_case(BASE, Random(seed), rich=seed % 2 == 0), BASE)

        found = settle_case(case, BASE, DAY, engine)

        assert same(found, settle_case(case, BASE, DAY, PlainEngine())), seed


@pytest.mark.every_method
@pytest.mark.parametrize("seed", range(3 * times()))
def test_random_rules_are_applied_as_by_plain_evaluation(base: KnowledgeBase, seed: int) -> None:
    rules = random_base(base, Random(seed), rules=40)
    engine = ForwardChainingEngine(rules)
    for number in range(8):
        case = built(random_case(base, Random(100 * seed + number)), rules)

        found = settle_case(case, rules, DAY, engine)

        expected = settle_case(case, rules, DAY, PlainEngine())
        assert same(found, expected), number
        assert assemble(found, rules) == assemble(expected, rules), number


# Nothing is left of another account


def test_two_engines_in_turn_do_not_see_each_other(
    engine: ForwardChainingEngine, chain: KnowledgeBase, open_doors: Case
) -> None:
    other = ForwardChainingEngine(chain)
    cases = [read_any_case(path, BASE) for path in EXAMPLES]
    for case in cases:
        found = settle_case(case, BASE, DAY, engine)
        beside = settle_case(open_doors, chain, DAY, other)

        assert same(found, settle_case(case, BASE, DAY, PlainEngine()))
        assert established(beside) == {*CHAIN, BESIDE, NESTED}


@pytest.mark.parametrize("broken", ["settle_stratum", "settle_stage"])
def test_after_an_exception_in_a_rule_the_engine_is_as_new(
    broken: str, engine: ForwardChainingEngine, monkeypatch: pytest.MonkeyPatch, *, every: bool
) -> None:
    cases = [read_any_case(path, BASE) for path in EXAMPLES]
    for before, after in some_of([*pairwise(cases)], 2, every=every):
        with monkeypatch.context() as patch:
            patch.setattr(forward_chaining, broken, lambda *_: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                settle_case(before, BASE, DAY, engine)

        found = settle_case(after, BASE, DAY, engine)

        assert same(found, settle_case(after, BASE, DAY, PlainEngine()))


def test_threads_that_share_an_engine_take_turns(engine: ForwardChainingEngine) -> None:
    cases = [read_any_case(path, BASE) for path in EXAMPLES]
    found: dict[int, Settlement] = {}

    def work(first: int) -> None:
        for index in range(first, len(cases), 2):
            found[index] = settle_case(cases[index], BASE, DAY, engine)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for index, case in enumerate(cases):
        assert same(found[index], settle_case(case, BASE, DAY, PlainEngine()))


# Who sees it


@pytest.mark.parametrize(
    "words",
    [
        ("diagnose", "examples/large_and_unprofitable.yaml", "--format", "text"),
        ("why", "examples/large_and_unprofitable.yaml", "over_served"),
        ("why", "examples/large_and_unprofitable.yaml", "butterfly", "--trace"),
    ],
    ids=lambda words: " ".join((words[0], *words[2:])),
)
def test_the_commands_show_what_experta_derived(
    words: tuple[str, ...], runs: list[int], kam: Kam
) -> None:
    assert kam(*words)
    assert len(runs) == 1


def test_the_session_in_a_terminal_shows_what_experta_derived(runs: list[int]) -> None:
    case = read_any_case(EXAMPLES[0], BASE)

    class Silent:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_, **__: None

    Session(case, BASE, DAY, Silent(), lambda _: None)  # type: ignore[arg-type]

    assert len(runs) == 1


def test_the_live_session_shows_what_experta_derived(tmp_path: Path, runs: list[int]) -> None:
    case = read_any_case(EXAMPLES[0], BASE)
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}", BASE)
    key = store.add(case)
    service = AccountService(store, BASE, lambda: DAY)

    shown = service.account(key).diagnosis

    assert len(runs) == 1
    assert shown.stage == diagnose(case, BASE, DAY, PlainEngine()).stage


def test_two_requests_at_a_time_get_engines_of_their_own(tmp_path: Path) -> None:
    service = AccountService(Store.open(str(tmp_path / "store.db"), BASE), BASE, lambda: DAY)

    with service.engine() as one, service.engine() as other:
        assert one is not other
    with service.engine() as again:
        assert again in (one, other)


def test_the_engine_writes_nothing_about_an_account_to_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = ForwardChainingEngine(BASE)
    # As a server does, which enables each logger that is there.
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    with caplog.at_level(logging.DEBUG):
        diagnose(read_any_case(EXAMPLES[0], BASE), BASE, DAY, engine)

    assert caplog.records == []


# The trace


def test_a_trace_shows_the_chain_to_a_finding_in_the_order_of_firing(
    chain: KnowledgeBase, open_doors: Case
) -> None:
    settlement, fired = ForwardChainingEngine(chain).trace(Readings(open_doors, chain, DAY))
    about = About("account", open_doors.account.id)
    diagnosis = assemble(settlement, chain)

    chosen = leading_to([(CHAIN[4], about)], fired, diagnosis, chain)

    assert [f.rule for f in chosen if f.rule] == [f"so_{name}" for name in CHAIN]
    assert [f.number for f in fired] == list(range(1, len(fired) + 1))
    assert [f.number for f in chosen] == sorted(f.number for f in chosen)
    settled = [a.name for f in chosen for a in f.asserts if a.what == "finding"]
    assert settled == list(CHAIN)
    assert {a.status for f in chosen for a in f.asserts if a.what == "finding"} == {"established"}
    opened = [a.name for f in chosen for a in f.asserts if a.what == "stratum"]
    assert opened == ["2", "3", "4", "5"]


def test_a_trace_to_the_stage_holds_the_features_that_are_seen() -> None:
    case = read_any_case(ROOT / "examples/barricaded_butterfly.yaml", BASE)
    settlement, fired = ForwardChainingEngine(BASE).trace(Readings(case, BASE, DAY))
    diagnosis = assemble(settlement, BASE)

    chosen = leading_to([], fired, diagnosis, BASE, stage=True)

    last = chosen[-1].asserts
    assert [(a.what, a.name) for a in last] == [("stage", "butterfly")]
    features = {(f.finding, f.status) for f in diagnosis.stage.features if f.status != "absent"}
    settled = {(a.name, a.status) for f in chosen for a in f.asserts if a.what == "finding"}
    assert features <= settled
    assert len(chosen) < len(fired)


def test_a_trace_is_the_same_in_every_process() -> None:
    words = "why examples/two_sides_disagree.yaml butterfly --trace-all --date 2026-11-23"
    command = [sys.executable, "-m", "kam_expert.cli", *words.split()]

    first, second = (
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )

    assert first == second
    assert len(first.splitlines()) > 100


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_a_trace_fits_a_terminal_in_both_languages(lang: str, kam: Kam) -> None:
    words = ("why", "examples/two_sides_disagree.yaml", "contradiction", "--lang", lang)

    said = kam(*words, "--trace")

    assert "facts_that_cannot_both_hold" in said
    assert max(map(len, said.splitlines())) <= 80
    assert len(kam(*words).splitlines()) < len(said.splitlines())


def test_a_trace_as_json_names_each_rule_with_what_it_asserted(kam: Kam) -> None:
    words = ("why", "examples/large_and_unprofitable.yaml", "over_served", "--format", "json")

    data = json.loads(kam(*words, "--trace"))

    assert [f["rule"] for f in data["trace"] if f["rule"]] == [
        "large_yet_low_in_profit",
        "large_and_asking_most",
        "service_ahead_of_profit",
    ]
    asserted = data["trace"][-1]["asserts"][0]
    assert (asserted["what"], asserted["name"]) == ("finding", "over_served")
    assert set(asserted["texts"]) == {"uk", "en"}
    assert data["why"] == json.loads(kam(*words))["why"]
