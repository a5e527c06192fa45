"""How many questions it takes until the stage is firm, and what an answer about a diagnosis costs.

    python benchmarks/questions.py [--accounts 200] [--information 0]

An account with everything known is generated; at first all answers are removed. Questions are asked
one by one, each answered by one side as the account has it (one that is put to both, by the
customer), until the stage is firm: in the counted order that every output has, in the order of an
empty case file (`kam new`), and by chance. Accounts whose stage is not firm when all is known are
skipped. For some of the accounts the yardstick is measured too: the order of information,
which settles the account with every answer to every question and takes a hundred times as long.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import platform
import random
import statistics
import time
from bisect import bisect_left
from dataclasses import replace
from datetime import date
from functools import cache, partial, reduce
from typing import TYPE_CHECKING, Any

from random_cases import a_value, built, random_case

from kam_expert.engines.assemble import assemble
from kam_expert.engines.inquiry.ask import ask, effect_of
from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.compare import compare, what_if
from kam_expert.engines.inquiry.counterfactual import fragile, path
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.inquiry.why import why
from kam_expert.engines.inquiry.why_not import stage_not, why_not
from kam_expert.engines.questions import open_questions
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.case import LISTS, Answer, Case, Entity, link_id
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kam_expert.engines.settling import Key
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Finding, OpenQuestion

DAY = date(2026, 11, 1)
EXAMPLES = rules_folder().parent / "examples"
WAYS = ("counted order", "order of the case file", "by chance")
CONTACTS = (10, 50, 100, 200)


def whole_account(base: KnowledgeBase, chance: random.Random) -> Case:
    """Return an account of which everything is known, by both sides, with its lists complete."""

    def told(kind: str, side: str) -> dict[str, tuple[Answer, ...]]:
        asked = ("us", "both") if side == "ours" else ("customer", "both")
        return {
            fact.name: (Answer(value, as_of=DAY),)
            for fact in base.facts.values()
            if fact.kind == kind and fact.doc.asked_of in asked
            if not _is_counted(base, fact.name)
            if (value := fact.read(a_value(fact, chance))) is not None
        }

    people = tuple(Entity("person", f"p{i}", ours=told("person", "ours")) for i in range(2))
    team = tuple(Entity("member", f"m{i}", ours=told("member", "ours")) for i in range(2))
    links = tuple(
        Entity("link", link_id(m.id, p.id), ours=told("link", "ours"), ends=(m.id, p.id))
        for m in team
        for p in people
    )
    account = Entity("account", "a", "A", told("account", "ours"), told("account", "theirs"))
    decision = (Entity("decision", "d", ours=told("decision", "ours")),)
    complete = dict.fromkeys(("people", "team", "links"), True)
    return Case(account, people, team, links, decision, complete=complete)


def _is_counted(base: KnowledgeBase, name: str) -> bool:
    form = base.facts[name].doc.computed
    return form is not None and {"rank", "next"}.isdisjoint(form)


def emptied(whole: Case) -> Case:
    """Return the account without answers, only with its lists."""

    def bare(entity: Entity) -> Entity:
        return replace(entity, ours={}, theirs={})

    lists: dict[str, Any] = {
        name: tuple(bare(e) for e in getattr(whole, name) or ()) for name in LISTS
    }
    return replace(whole, account=bare(whole.account), **lists, complete={})


Question = tuple[str, ...]


def questions(whole: Case, base: KnowledgeBase) -> list[Question]:
    """Return everything that can be asked of the account, in the order of an empty case file.

    That is what our side says of the account, the first questions first; what the customer says;
    the decision, the people, the team and the ties; and whether the lists are complete.
    """
    first = {name: index for index, name in enumerate(base.first_questions)}
    asked: list[Question] = []
    for kind in ("account", "decision", "person", "member", "link"):
        for entity in whole.entities(kind):
            for side in ("ours", "theirs"):
                told = getattr(entity, side)
                facts = sorted(told, key=lambda fact: first.get(fact, len(first)))
                asked += [(kind, entity.id, fact, side) for fact in facts]
    return [*asked, *(("complete", name) for name in ("people", "team", "links"))]


def answered(case: Case, whole: Case, question: Question) -> Case:
    """Return *case* with the answer to a question, as *whole* has it."""
    if question[0] == "complete":
        return replace(case, complete={**case.complete, question[1]: True})
    kind, identity, fact, side = question
    source = next(e for e in whole.entities(kind) if e.id == identity)

    def told(entity: Entity) -> Entity:
        if entity.id != identity:
            return entity
        answers: dict[str, Any] = {side: dict(getattr(entity, side))}
        answers[side][fact] = getattr(source, side)[fact]
        return replace(entity, **answers)

    if kind == "account":
        return replace(case, account=told(case.account))
    name = next(name for name, member in LISTS.items() if member == kind)
    lists: dict[str, Any] = {name: tuple(map(told, getattr(case, name) or ()))}
    return replace(case, **lists)


def is_firm(case: Case, base: KnowledgeBase) -> bool:
    """Return whether no further answer changes the stage."""
    found = settle_case(case, base, DAY, PlainEngine())
    return found.possible_stages[1] == {found.verdict}


def asked_until_firm(
    whole: Case, base: KnowledgeBase, order: Callable[[Case], Iterator[Question]]
) -> int:
    """Return how many questions it takes, asked in an order that may depend on the answers."""
    case = emptied(whole)
    for number, question in enumerate(order(case), 1):
        case = answered(case, whole, question)
        if is_firm(case, base):
            return number
    raise AssertionError("the stage is firm when everything is told")


def by_best(
    whole: Case, base: KnowledgeBase, best: Callable[[Case, set[Question]], OpenQuestion]
) -> Callable[[Case], Iterator[Question]]:
    """Return the order that takes the best question, and after its answer the best again."""

    def order(case: Case) -> Iterator[Question]:
        left = set(questions(whole, base))
        while left:
            question = _named(best(case, left))
            left.remove(question)
            yield question
            case = answered(case, whole, question)

    return order


def first_counted(base: KnowledgeBase, case: Case, left: set[Question]) -> OpenQuestion:
    """Return the question that every output puts first."""
    settled = settle_case(case, base, DAY, PlainEngine())
    return next(q for q in open_questions(settled, base) if _named(q) in left)


def most_informative(base: KnowledgeBase, case: Case, left: set[Question]) -> OpenQuestion:
    """Return the question of which the most telling answer settles most."""
    variants = Variants(case, base, DAY)
    borders = Borders(base)

    def size(question: OpenQuestion) -> tuple[int, ...]:
        effect = effect_of(question, variants, borders)
        parts = (effect.features, effect.confirms, effect.helps, effect.findings)
        return tuple(map(len, parts))

    asked = [q for q in open_questions(variants.now, base) if _named(q) in left]
    return max(asked, key=size)


def _named(question: OpenQuestion) -> Question:
    if question.of is not None:
        return ("complete", question.of)
    return (question.about.kind, question.about.id, question.fact or "", question.side)


@cache
def rules() -> KnowledgeBase:
    """Return the rule base, read once a process."""
    base = load_compiled(rules_folder())
    gc.freeze()
    gc.set_threshold(100_000)  # what an answer leaves behind is little and comes often
    return base


def count_account(seed: int) -> tuple[int, list[int]] | None:
    """Count for one generated account how much can be asked, and how many questions each way takes.

    None where the stage is not firm when everything is known.
    """
    base = rules()
    chance = random.Random(seed)
    whole = whole_account(base, chance)
    if not is_firm(whole, base):
        return None
    in_file = questions(whole, base)
    shuffled = chance.sample(in_file, len(in_file))
    best = partial(first_counted, base)
    asked = asked_until_firm(whole, base, by_best(whole, base, best))
    return len(in_file), [asked, *(asked_in_order(whole, base, o) for o in (in_file, shuffled))]


def count_questions(accounts: int) -> None:
    """Print the mean number of questions for each order."""
    counts: dict[str, list[int]] = {way: [] for way in WAYS}
    passed = size = 0
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        while missing := accounts - len(counts[WAYS[0]]):
            seed = accounts - missing + passed
            for found in pool.imap(count_account, range(seed, seed + missing)):
                if found is None:
                    passed += 1
                    continue
                size, numbers = found
                for way, number in zip(WAYS, numbers, strict=True):
                    counts[way].append(number)
    print(f"{accounts} accounts of {size} questions, {passed} passed over")
    print(f"{'questions until the stage is firm':36}{'mean':>8}{'median':>8}{'of file order':>15}")
    file_order = statistics.mean(counts[WAYS[1]])
    for way, asked in counts.items():
        mean, median = statistics.mean(asked), statistics.median(asked)
        print(f"{way:36}{mean:>8.1f}{median:>8.0f}{mean / file_order:>15.2f}", flush=True)


def asked_in_order(whole: Case, base: KnowledgeBase, order: list[Question]) -> int:
    """Return the number of questions in a fixed order, by bisection: what is firm stays firm."""

    def told(case: Case, question: Question) -> Case:
        return answered(case, whole, question)

    return 1 + bisect_left(
        range(1, len(order)),
        True,
        key=lambda number: is_firm(reduce(told, order[:number], emptied(whole)), base),
    )


def compare_with_information(accounts: int) -> None:
    """Print the mean number of questions in the counted order and in the order of information."""
    base = rules()
    found: list[list[int]] = [[], []]
    seed = 0
    while len(found[0]) < accounts:
        whole = whole_account(base, random.Random(seed))
        seed += 1
        if not is_firm(whole, base):
            continue
        for numbers, best in zip(found, (first_counted, most_informative), strict=True):
            order = by_best(whole, base, partial(best, base))
            numbers.append(asked_until_firm(whole, base, order))
    counted, informed = (statistics.mean(numbers) for numbers in found)
    print(f"{accounts} accounts: {counted:.1f} questions in the counted order, {informed:.1f} in")
    print(f"the order of information: {counted / informed:.2f} times as many")


def measure_contacts(base: KnowledgeBase) -> None:
    """Print the CPU time of the order of questions and of `ask`: the median and worst of five."""
    heads = ("contacts", "settling", "order", "ask", "worst")
    print("\n" + "".join(f"{head:>10}" for head in heads) + "  CPU ms; ask shows ten effects")
    for number in CONTACTS:
        rows = list(zip(*(_of_contacts(base, number, seed) for seed in range(5)), strict=True))
        shown = (number, *(statistics.median(row) for row in rows), max(rows[-1]))
        print("".join(f"{figure:>10.0f}" for figure in shown), flush=True)


def _of_contacts(base: KnowledgeBase, number: int, seed: int) -> tuple[float, float, float]:
    case = built(random_case(base, random.Random(seed), contacts=number), base)
    settled = settle_case(case, base, DAY, PlainEngine())
    order = _cpu(lambda: open_questions(settled, base), 3)
    settling = _cpu(lambda: settle_case(case, base, DAY, PlainEngine()), 3)
    return settling, order, _cpu(lambda: ask(Variants(case, base, DAY), 10), 3)


def _cpu(work: Callable[[], Any], times: int = 1) -> float:
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return 1000 * statistics.median(spent)


def measure(base: KnowledgeBase) -> None:
    """Print the CPU time of each kind of answer, about the largest example and at worst.

    Whatever can be asked is asked once: about every finding, every other stage. The slowest of a
    kind is measured again, and the median of five counts.
    """
    cases = {file.stem: read_case(file, base) for file in sorted(EXAMPLES.glob("*.yaml"))}
    largest = max(cases, key=lambda name: len((EXAMPLES / f"{name}.yaml").read_bytes()))
    slowest: dict[str, dict[str, tuple[float, Callable[[], Any]]]] = {}
    for name, case in cases.items():
        for kind, work in _answers(case, base):
            spent = _cpu(work)
            of_kind = slowest.setdefault(kind, {})
            if spent > of_kind.get(name, (0.0,))[0]:
                of_kind[name] = spent, work
    print(f"\n{'CPU ms with the settling':28}{largest:>26}{'at worst':>10}  example")
    for kind, found in slowest.items():
        worst = max(found, key=lambda name: found[name][0])
        here, there = (_cpu(found[name][1], 5) for name in (largest, worst))
        print(f"{kind:28}{here:>26.0f}{there:>10.0f}  {worst}", flush=True)


def _answers(case: Case, base: KnowledgeBase) -> Iterator[tuple[str, Callable[[], Any]]]:
    def variants() -> Variants:
        return Variants(case, base, DAY)

    def why_one(key: Key) -> None:
        diagnosis = assemble(settle_case(case, base, DAY, PlainEngine()), base)
        why(
            next(f for f in diagnosis.findings if key == (f.id, f.about.kind, f.about.id)),
            diagnosis,
        )

    now = variants().now
    for finding in assemble(now, base).findings:
        key = _key(finding)
        if now.findings.get(key) and now.findings[key].working is True:
            yield "why", partial(why_one, key)
    for key, settled in now.findings.items():
        if settled.working is not True:
            yield "why-not, a finding", partial(_why_not, variants, key)
    for stage in base.stage_model.names:
        if stage != now.verdict:
            yield "why-not, a stage", partial(_of_variants, stage_not, variants, stage)
            yield "path", partial(_of_variants, path, variants, stage)
    slot = Slot("account", case.account.id, "agreed_measures")
    yield "what-if", lambda: what_if(variants(), {slot: 2})
    yield "compare", lambda: compare(case, case, base, (date(2026, 5, 1), DAY))
    yield "open questions", lambda: open_questions(now, base)
    yield "ask, ten questions", lambda: ask(variants(), 10)
    yield "path, what is fragile", lambda: fragile(variants())


def _key(finding: Finding) -> Key:
    return finding.id, finding.about.kind, finding.about.id


def _why_not(variants: Callable[[], Variants], key: Key) -> None:
    why_not(variants(), key)


def _of_variants(
    answer: Callable[[Variants, str], Any], variants: Callable[[], Variants], stage: str
) -> None:
    answer(variants(), stage)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--information", type=int, default=0, help="accounts for the yardstick")
    asked = parser.parse_args()
    base = rules()
    print(f"{platform.machine()}, Python {platform.python_version()}, {date.today().isoformat()}")  # noqa: DTZ011
    measure(base)
    measure_contacts(base)
    print()
    count_questions(asked.accounts)
    if asked.information:
        compare_with_information(asked.information)


if __name__ == "__main__":
    main()
