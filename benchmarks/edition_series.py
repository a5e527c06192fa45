"""Compare editions of one account at two days, and print what their difference tells.

    python benchmarks/edition_series.py [ACCOUNTS] [--seed 1]

First the account changes between the two days in nothing that the reader may see: the second
edition must be the same, byte for byte, as if nothing had changed. Then one person leaves, comes or
loses contact with us. A reader who knows whom this concerns can compare the pictures of ties:
counted is how often they differ, and how often in a tie and not only in people.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING

from edition_pairs import OTHERS, hidden_otherwise
from random_cases import built, random_case

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.engines.privacy.editions import edition_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case import Answer, Entity, link_id
from kam_expert.facts.redacted import Redaction
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.results.edition import ReaderEdition

#: The day of the second edition, half a year after that of the first.
LATER = date(2027, 5, 1)
CONTACT = "link_last_two_way_days"


def leaves(case: Case, random: Random) -> Case:
    """Return the case without one person of the customer."""
    gone = random.choice(case.people or ()).id
    return replace(
        case,
        people=tuple(e for e in case.people or () if e.id != gone),
        links=case.links and tuple(e for e in case.links if e.ends and e.ends[1] != gone),
        events=case.events and tuple(e for e in case.events if not e.ends or e.ends[1] != gone),
        plan=(),
    )


def comes(case: Case, random: Random) -> Case:
    """Return the case with one more person, who has the ties of another one."""
    like = random.choice(case.people or ())
    ties = [e for e in case.links or () if e.ends and e.ends[1] == like.id]
    new = tuple(
        Entity("link", link_id(e.ends[0], "newcomer"), ours=e.ours, ends=(e.ends[0], "newcomer"))
        for e in ties
        if e.ends
    )
    person = replace(like, id="newcomer", name="")
    return replace(
        case, people=(*(case.people or ()), person), links=(*(case.links or ()), *new), plan=()
    )


def loses_contact(case: Case, random: Random) -> Case:
    """Return the case in which nobody of ours has met one person for long."""
    lost = random.choice(case.people or ()).id
    long_ago = {CONTACT: (Answer(400.0, as_of=LATER),)}
    return replace(
        case,
        links=case.links
        and tuple(
            replace(e, ours={**e.ours, **long_ago}) if e.ends and e.ends[1] == lost else e
            for e in case.links
        ),
        plan=(),
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("accounts", nargs="?", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    base = load_knowledge_base(rules_folder())
    privacy = load_privacy(rules_folder(), base)
    engine = PlainEngine()
    changes: dict[str, Callable[[Case, Random], Case]] = {
        "leaves": leaves, "comes": comes, "loses contact": loses_contact,
    }  # fmt: skip
    print("edition   what changed     series   pictures differ   in a tie   conclusions differ")
    for edition in OTHERS:
        random = Random(wanted.seed)
        maker = EditionMaker(base, LATER, engine, privacy, edition)
        same = 0
        counts = {name: [0, 0, 0] for name in changes}
        series = 0
        while series < wanted.accounts:
            case, other = (
                built(random_case(base, random, contacts=random.randrange(3, 9), rich=True), base)
                for _ in range(2)
            )
            if not case.people:
                continue
            series += 1
            case = replace(case, plan=())

            def made(case: Case) -> ReaderEdition:
                return edition_of(case, base, LATER, engine, privacy, edition)  # noqa: B023 -- called in this turn

            hidden = hidden_otherwise(case, other, Redaction(base, edition))
            texts = [Report.of(one, maker, "uk").text("json") for one in (case, hidden)]
            same += texts[0] == texts[1]
            before = made(case)
            for name, change in changes.items():
                after = made(change(case, random))
                picture = before.roles != after.roles or before.ties != after.ties
                tie = sorted(t[2] is not None and t[2] for t in before.ties) != sorted(
                    t[2] is not None and t[2] for t in after.ties
                )
                findings = {(f.id, f.status) for f in before.diagnosis.findings} != {
                    (f.id, f.status) for f in after.diagnosis.findings
                }
                for at, differs in enumerate((picture, tie, findings)):
                    counts[name][at] += differs
        print(f"{edition:<9} nothing shown {wanted.accounts:9} {wanted.accounts - same:17}")
        for name, (picture_, tie_, findings_) in counts.items():
            print(
                f"{edition:<9} {name:<14}{wanted.accounts:9} {picture_:17} {tie_:10} {findings_:20}"
            )


if __name__ == "__main__":
    main()
