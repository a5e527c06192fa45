"""How a meeting goes: changes of subject, people, and questions until the stage is firm.

    python benchmarks/meetings.py [--accounts 20]

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
from typing import TYPE_CHECKING, Any

from questions import (
    DAY,
    EXAMPLES,
    _named,
    answered,
    emptied,
    is_firm,
    questions,
    rules,
    whole_account,
)

from kam_expert.app.agenda import AgendaMaker
from kam_expert.engines.questions import open_questions
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.case import Case, Entity
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.yaml_reader import read_file

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import OpenQuestion

ASKED = 45
MEETINGS = EXAMPLES.parent / "tests" / "data" / "meetings.yaml"


def agenda_of(case: Case, base: KnowledgeBase, chapter: str) -> list[OpenQuestion]:
    """Return the questions of a meeting of both sides, the next one first.

    Those that wait until one side is alone follow: the other order has them too.
    """
    settled = settle_case(case, base, DAY, PlainEngine())
    maker = AgendaMaker(base, case, with_customer=True, closed=lambda _: False)
    agenda = maker.agenda(open_questions(settled, base), chapter)
    return [*(item.question for item in agenda.items), *agenda.among_us]


def played(whole: Case, base: KnowledgeBase, *, in_chapters: bool) -> tuple[int, int, int]:
    """Return the changes of subject, the questions until the stage is firm, those about people.

    The changes are among the first 45 questions, and the people among the first five.
    """
    case, left = emptied(whole), set(questions(whole, base))
    subjects: list[str] = []
    firm = 0
    while left and (len(subjects) < ASKED or not firm):
        if in_chapters:
            found = agenda_of(case, base, subjects[-1] if subjects else "")
        else:
            settled = settle_case(case, base, DAY, PlainEngine())
            found = list(open_questions(settled, base))
        question = next((q for q in found if _named(q) in left), None)
        if question is None:
            break
        left.discard(_named(question))
        case = answered(case, whole, _named(question))
        subjects.append(base.chapters.of[question.of or question.fact or ""])
        if not firm and is_firm(case, base):
            firm = len(subjects)
    changes = sum(a != b for a, b in pairwise(subjects[:ASKED]))
    first = next(iter(base.chapters.docs))
    return changes, firm or len(subjects), subjects[:5].count(first)


def count_meetings(accounts: int, base: KnowledgeBase) -> None:
    """Print the means over generated accounts for both orders."""
    wholes: list[Case] = []
    seed = 0
    while len(wholes) < accounts:
        whole = whole_account(base, random.Random(seed))
        seed += 1
        if is_firm(whole, base):
            wholes.append(whole)
    print(f"{accounts} accounts           changes in {ASKED}  until firm  people in first 5")
    for name, in_chapters in (("counted order", False), ("chapters", True)):
        rows = [played(whole, base, in_chapters=in_chapters) for whole in wholes]
        changes, firm, people = (statistics.mean(row[i] for row in rows) for i in range(3))
        print(f"{name:20}{changes:16.1f}{firm:12.1f}{people:19.1f}", flush=True)


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
    base = rules()
    count_meetings(parser.parse_args().accounts, base)
    compare_meetings(base)


if __name__ == "__main__":
    main()
