"""How a meeting goes: changes of subject, people, and questions until the stage is firm.

    python benchmarks/meetings.py [--accounts 20] [--information]

Accounts with everything known are generated as in ``questions.py``; at first all answers are
removed. The questions are asked in the order of the agenda, which the page and ``kam session``
share, and in the counted order that every other output has. Then the five meetings of
``tests/data/meetings.yaml``, which were written down before, are compared with the agenda.
"""

from __future__ import annotations

import argparse
import random
import statistics
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from questions import (
    DAY,
    EXAMPLES,
    _named,
    answered,
    emptied,
    is_firm,
    most_informative,
    questions,
    rules,
    whole_account,
)

from kam_expert.app.agenda import AgendaMaker
from kam_expert.engines.questions import open_questions
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.case import Case, Entity
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.yaml_reader import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from questions import Question

    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import OpenQuestion

ASKED = 45
MEETINGS = EXAMPLES.parent / "tests" / "data" / "meetings.yaml"


def agenda_of(
    case: Case, base: KnowledgeBase, asked: Sequence[OpenQuestion], left: set[Question]
) -> list[OpenQuestion]:
    """Return the questions of a meeting of both sides, the next one first.

    What was asked is not asked again, as in a meeting, though a better answer may be wanted. The
    questions that wait until one side is alone come in a break, when the agenda proposes one; it
    lasts while one of them is among the first. What is left when the meeting ends, after an hour,
    follows in the counted order.

    Args:
        case: What was answered so far.
        base: The rule base.
        asked: The questions so far.
        left: What was not asked yet.
    """

    def closed(place: Slot | str) -> bool:
        if isinstance(place, str):
            return ("complete", place) not in left
        return (place.kind, place.id, place.fact, place.side) not in left

    settled = settle_case(case, base, DAY, PlainEngine())
    maker = AgendaMaker(base, case, with_customer=True, closed=closed)
    found = open_questions(settled, base)
    agenda = maker.agenda(found, chapter_of(asked[-1], base) if asked else "")
    here = [item.question for item in agenda.items]
    if len(asked) >= ASKED:
        return list(found)
    in_break = asked and maker.is_discreet(asked[-1]) and agenda.among_us_first
    apart = agenda.break_tells or in_break
    return [*agenda.among_us, *here] if apart else [*here, *agenda.among_us]


def chapter_of(question: OpenQuestion, base: KnowledgeBase) -> str:
    """Return the subject of a question."""
    return base.chapters.of[question.of or question.fact or ""]


class Meeting(NamedTuple):
    """What one meeting came to: numbers of questions.

    Attributes:
        changes: Changes of subject among the first 45.
        finding: Until a first finding is likely or better.
        right: Until the stage is named that is named when everything is known, and stays so.
        firm: Until no missing answer can change the stage.
        people: Those about people among the first five.
    """

    changes: int
    finding: int
    right: int
    firm: int
    people: int


def first_asked(case: Case, base: KnowledgeBase, *_: Any) -> list[OpenQuestion]:
    """Return the questions in the counted order."""
    return list(open_questions(settle_case(case, base, DAY, PlainEngine()), base))


def most_told(
    case: Case, base: KnowledgeBase, _asked: Sequence[OpenQuestion], left: set[Question]
) -> list[OpenQuestion]:
    """Return the question of which the most telling answer settles most."""
    return [most_informative(base, case, left)]


ORDERS: dict[str, Callable[..., list[OpenQuestion]]] = {
    "counted order": first_asked,
    "chapters": agenda_of,
    "information": most_told,
}


def played(whole: Case, base: KnowledgeBase, order: str) -> Meeting:
    """Return what a meeting comes to that asks in one of the orders."""
    case, left = emptied(whole), set(questions(whole, base))
    last = settle_case(whole, base, DAY, PlainEngine()).verdict
    asked: list[OpenQuestion] = []
    finding = right = firm = 0
    while left and (len(asked) < ASKED or not firm):
        found = ORDERS[order](case, base, asked, left)
        question = next((q for q in found if _named(q) in left), None)
        if question is None:
            break
        left.discard(_named(question))
        case = answered(case, whole, _named(question))
        asked.append(question)
        if firm:
            continue
        settled = settle_case(case, base, DAY, PlainEngine())
        if settled.verdict != last:
            right = len(asked) + 1
        if not finding and any(
            _tells(key[0], f.status, base) for key, f in settled.findings.items()
        ):
            finding = len(asked)
        if settled.possible_stages[1] == {settled.verdict}:
            firm = len(asked)
        if firm and order == "information":
            break
    subjects = [chapter_of(question, base) for question in asked]
    changes = sum(a != b for a, b in pairwise(subjects[:ASKED]))
    first = next(iter(base.chapters.docs))
    return Meeting(changes, finding, right, firm or len(asked), subjects[:5].count(first))


def _tells(name: str, status: str, base: KnowledgeBase) -> bool:
    """Return whether a finding says something of the relationship."""
    about_knowledge = base.findings[name].about_knowledge is not None
    strategic = name in base.strategy_findings or name in base.strategy_conditions
    return at_least_likely(status) and not about_knowledge and not strategic


def count_meetings(accounts: int, base: KnowledgeBase, *, information: bool) -> None:
    """Print the means over generated accounts for each order."""
    wholes: list[Case] = []
    seed = 0
    while len(wholes) < accounts:
        whole = whole_account(base, random.Random(seed))
        seed += 1
        if is_firm(whole, base):
            wholes.append(whole)
    heads = f"changes in {ASKED}", "first finding", "stage right", "firm", "people in first 5"
    print(f"{accounts:3} accounts       " + "".join(f"{head:>19}" for head in heads))
    means: dict[str, list[float]] = {}
    for order in ORDERS if information else list(ORDERS)[:2]:
        rows = [played(whole, base, order) for whole in wholes]
        means[order] = [statistics.mean(row[i] for row in rows) for i in range(len(heads))]
        print(f"{order:19}" + "".join(f"{mean:19.1f}" for mean in means[order]), flush=True)
    firm = Meeting._fields.index("firm")
    for order in list(means)[::2]:
        times = means["chapters"][firm] / means[order][firm]
        print(f"chapters: {times:.2f} times the questions of the {order} until firm")


def compare_meetings(base: KnowledgeBase) -> None:
    """Print how the agenda begins the meetings that a consultant wrote down."""
    print(f"\n{'meeting':30}{'in first ten':>13}{'asked early':>12}  first chapters")
    for name, meeting in read_file(MEETINGS)["meetings"].items():
        start = meeting["starts_from"]
        case = (
            Case(Entity("account", "a", "A"))
            if start == "empty"
            else read_case(EXAMPLES / f"{start}.yaml", base)
        )
        asked: list[str] = []
        chapters: list[str] = []
        closed: set[Any] = set()
        while len(asked) < 10:
            last = chapters[-1] if chapters else ""
            settled = settle_case(case, base, DAY, PlainEngine())
            maker = AgendaMaker(
                base, case, with_customer="customer" in meeting["here"], closed=closed.__contains__
            )
            agenda = maker.agenda(open_questions(settled, base), last)
            if agenda.next is None:
                break
            item = agenda.next
            asked.append(item.question.of or item.question.fact or "")
            chapters.append(item.chapter)
            closed.update(item.slots or [item.place])
        wanted, never = set(meeting["first"]), set(meeting["never_early"])
        shared, early = len(wanted & set(asked)), len(never & set(asked))
        print(f"{name:30}{shared:>13}{early:>12}  {', '.join(dict.fromkeys(chapters))}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--information", action="store_true", help="that order too; slow")
    base = rules()
    asked = parser.parse_args()
    count_meetings(asked.accounts, base, information=asked.information)
    compare_meetings(base)


if __name__ == "__main__":
    main()
