"""Print how much of whole accounts the few questions of a campaign find out.

    python benchmarks/campaign_choice.py --us 8 --customer 6

Each example and whole account is reduced to what a CRM has: revenue, status, people with titles,
who met whom. The campaign asks; the answers are those of the full account, as far as it has any.
The same number of questions in the order of `kam ask` is the comparison.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import assemble
from kam_expert.engines.campaign.choice import chosen_questions
from kam_expert.engines.questions import open_questions
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.errors import Place
from kam_expert.facts.case_reader import build_case, read_case
from kam_expert.knowledge.campaign_settings import load_campaign_settings
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.engines.settling import Settlement
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis

_FULL = 20
_OF_ACCOUNT = {"revenue_12m", "account_status", "tenure_months"}
_OF_PEOPLE = {"function", "seniority", "is_main_contact", "member_function"}


def whole_accounts(base: KnowledgeBase) -> Iterator[tuple[Case, date]]:
    """Yield the examples and whole accounts of which enough is known, with their days."""
    for path in sorted((rules_folder().parent / "examples").glob("*.yaml")):
        yield read_case(path, base), date(2026, 11, 23)
    for path in sorted((rules_folder() / "accounts").glob("*.yaml")):
        node = read_file(path)
        yield build_case(node["case"], base, Place(path.name)), date.fromisoformat(node["date"])


def reduced(case: Case) -> Case:
    """Return what a CRM has of *case*."""

    def kept(entity: Entity, names: set[str]) -> Entity:
        ours = {name: said for name, said in entity.ours.items() if name in names}
        return replace(entity, ours=ours, theirs={})

    return replace(
        case,
        account=kept(case.account, _OF_ACCOUNT),
        people=case.people and tuple(kept(person, _OF_PEOPLE) for person in case.people),
        team=case.team and tuple(kept(member, _OF_PEOPLE) for member in case.team),
        decisions=None,
        complete={},
    )


def in_order(
    settlement: Settlement, base: KnowledgeBase, asked_of: str, most: int
) -> tuple[str, ...]:
    """Return the first questions of `kam ask` to one side about the account."""
    found: dict[str, None] = {}
    for question in open_questions(settlement, base):
        if question.fact is None or question.about.kind != "account":
            continue
        doc = base.facts[question.fact].doc
        theirs = question.side == "theirs"
        mine = theirs if asked_of == "customer" else question.asked_of != "customer"
        if mine and (doc.computed is None or doc.from_lists):
            found[question.fact] = None
    return tuple(found)[:most]


def answered(case: Case, full: Case, us: tuple[str, ...], customer: tuple[str, ...]) -> Case:
    """Return *case* with the answers of *full* to these questions."""
    ours = {name: full.account.ours[name] for name in us if name in full.account.ours}
    theirs = {name: full.account.theirs[name] for name in customer if name in full.account.theirs}
    account = case.account
    return replace(case, account=replace(account, ours={**account.ours, **ours}, theirs={**theirs}))


def causes(diagnosis: Diagnosis) -> set[str]:
    """Return the findings that are main causes."""
    return {finding.id for cause in diagnosis.causes for finding in cause.findings}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    base = load_compiled(rules_folder())
    settings = load_campaign_settings(rules_folder(), base)
    for side in ("us", "customer"):
        parser.add_argument(f"--{side}", type=int, default=settings.most[side])
    most = vars(parser.parse_args())
    counts: dict[str, Counter[str]] = {"campaign": Counter(), "kam ask": Counter()}
    for full, day in whole_accounts(base):
        if len(full.account.ours) < _FULL:
            continue

        def settled(case: Case, on: date = day) -> Settlement:
            return settle_case(case, base, on, PlainEngine())

        truth, known = assemble(settled(full), base), reduced(full)
        start = settled(known)
        for how, count in counts.items():
            us, customer = (
                chosen_questions(start, base, side, most[side], settings.least[side])
                if how == "campaign"
                else in_order(start, base, side, most[side])
                for side in ("us", "customer")
            )
            found = assemble(settled(answered(known, full, us, customer)), base)
            assert found.strategy is not None and truth.strategy is not None  # noqa: S101, PT018 -- the rules have strategies
            count["accounts"] += 1
            count["questions"] += len(us) + len(customer)
            count["stages"] += found.stage.verdict == truth.stage.verdict
            count["strategies"] += found.strategy.effective == truth.strategy.effective
            count["causes"] += len(causes(found) & causes(truth))
            count["all causes"] += len(causes(truth))
    for how, count in counts.items():
        print(
            f"{how:10} {count['accounts']} accounts, {count['questions']} questions: stage as in "
            f"full {count['stages']}, strategy {count['strategies']}, main causes "
            f"{count['causes']} of {count['all causes']}"
        )


if __name__ == "__main__":
    main()
