"""Each reader gets what is for them, made from nothing else."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.privacy.editions import edition_of as made
from kam_expert.errors import KamError
from kam_expert.facts.case import Case, each_entity
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.audience import Edition
from tests.privacy.editions import DAY, report
from tests.shipped import example, privacy_of, shipped_base, shipped_engine

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.edition import ReaderEdition

FORMS = ("html", "json", "text")
OTHERS = (Edition.CLIENT, Edition.CUSTOMER)


def judged(case: Case) -> Diagnosis:
    return diagnose(case, shipped_base(), DAY, shipped_engine())


def edition_of(
    case: Case,
    edition: Edition = Edition.CLIENT,
    *,
    base: KnowledgeBase | None = None,
    **wishes: Any,
) -> ReaderEdition:
    method = base or shipped_base()
    return made(case, method, DAY, engine_of(method), privacy_of(method), edition, **wishes)


# What the client reads follows from conclusions and from facts about the account alone.


def scored_otherwise(data: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the case with other judgements of some people."""
    facts = [f for f in shipped_base().facts.values() if f.doc.privacy == "assessment"]
    changed: dict[str, Any] = json.loads(json.dumps(data))
    for block, kind in (("people", "person"), ("team", "member")):
        for entity in changed.get(block) or []:
            for fact in facts:
                if fact.kind == kind and fact.name in entity and chance.random() < 0.5:
                    values: list[Any] = list(fact.words()) or list(range(5))
                    value = chance.choice(values)
                    entity[fact.name] = [value] if fact.doc.type == "set" else value
    return changed


@pytest.mark.parametrize("edition", OTHERS)
@given(seed=st.integers(0, 100_000))
@settings(max_examples=examples(5))
def test_other_judgements_of_people_give_the_same_edition(edition: Edition, seed: int) -> None:
    """Every output is made from the edition alone, so an equal one gives the same bytes."""
    chance = random.Random(seed)
    one = random_case(shipped_base(), chance, contacts=4, rich=True)
    cases = [built(data, shipped_base()) for data in (one, scored_otherwise(one, chance))]

    first, second = (edition_of(case, edition) for case in cases)

    assert first == second


@pytest.mark.every_example
def test_nothing_in_the_edition_is_about_a_person(base: KnowledgeBase, path: Path) -> None:
    edition = edition_of(read_case(path, base), base=base)
    abouts = [
        *(f.about for f in edition.diagnosis.findings),
        *(p.about for f in edition.diagnosis.findings for r in f.reasons for p in r.premises),
        *(a.about for f in edition.diagnosis.findings for a in f.assumes),
        *(r.about for f in edition.diagnosis.findings for r in f.reversed_by),
        *(s.about for s in edition.diagnosis.next_steps),
        *(q.about for q in edition.diagnosis.open_questions),
        *(c.about for c in edition.diagnosis.contradictions),
    ]
    premises = [p for f in edition.diagnosis.findings for r in f.reasons for p in r.premises]
    facts = [base.facts[p.fact] for p in premises if p.fact and p.fact in base.facts]
    entities = list(each_entity(edition.case))

    assert {about.kind for about in abouts} <= {"account", "decision"}
    assert all(Edition.CLIENT.may_see(fact.doc.readers) for fact in facts)
    assert not any(e.ours or e.name for e in entities if e.kind in ("person", "member", "link"))


def small_case(**blocks: Any) -> Case:
    return built({"account": {"id": "a", "name": "A"}, **blocks}, shipped_base())


def test_people_appear_as_roles_and_by_name_only_where_asked() -> None:
    case = example("diamond_with_conductor")
    roles, named = report(case, "en").text("html"), report(case, "en", names=("p1",)).text("html")

    assert "their people" in roles
    assert "Терещук" not in roles
    assert "Галина Терещук" in named
    assert "Чумак" not in named


def test_a_function_is_told_where_three_share_it() -> None:
    people = [{"id": f"p{n}", "function": "quality"} for n in range(3)]
    three, two = (edition_of(small_case(people=people[:size])) for size in (3, 2))

    assert [role.does for role in three.roles.values()] == ["quality"] * 3
    assert [role.does for role in two.roles.values()] == [None]


def tied(*pairs: str, people: int = 4, team: int = 4) -> Case:
    """Return a case with active ties; a pair is the numbers of member and person: "00"."""
    return small_case(
        people=[{"id": f"p{n}"} for n in range(people)],
        team=[{"id": f"m{n}"} for n in range(team)],
        links=[
            {"member": f"m{pair[0]}", "person": f"p{pair[1]}", "link_last_two_way_days": 3}
            for pair in pairs
        ],
    )


def test_ties_are_drawn_one_by_one_where_everybody_looks_like_two_others() -> None:
    edition = edition_of(tied("00", "11", "22", people=3, team=3))

    assert not edition.grouped
    assert [active for _, _, active in edition.ties] == [True, True, True]
    assert len({one for one, _, _ in edition.ties}) == 3
    assert len({other for _, other, _ in edition.ties}) == 3


@pytest.mark.parametrize(
    ("pairs", "people"),
    [
        (("00", "11"), 2),  # so few that each can be identified
        (("00", "11", "22"), 4),  # one without ties
        (("00", "11", "22", "33", "30"), 4),  # one with ties to two of ours
        (("00", "10", "20", "30"), 1),  # all through one
    ],
)
@pytest.mark.parametrize("edition", OTHERS)
def test_people_are_one_in_the_map_where_somebody_stands_out(
    pairs: tuple[str, ...], people: int, edition: Edition
) -> None:
    case = tied(*pairs, people=people)
    shown = edition_of(case, edition)
    page = report(case, "en", edition=edition).text("html")

    assert shown.ties == (("member_1", "contact_1", True),)
    assert {(r.number, r.does, r.name) for r in shown.roles.values()} == {(0, None, "")}
    assert len(shown.case.people or ()) == len(shown.case.team or ()) == 1
    assert page.count("<g class=active>") == 1
    assert "their people" in page


def test_ties_of_people_who_may_be_named_are_drawn() -> None:
    case = tied("00", "11", "12", "23")
    everybody = tuple(f"{side}{number}" for side in "pm" for number in range(4))

    assert not edition_of(case, names=everybody).grouped
    some = edition_of(case, names=everybody[:4])
    assert some.grouped
    assert {r.name for r in some.roles.values()} == {"p0", "p1", "p2", "p3", ""}


def test_a_function_of_three_is_one_and_so_are_the_others() -> None:
    functions = ("quality", "quality", "quality", "finance", "logistics", "it")
    case = small_case(
        people=[{"id": f"p{n}", "function": does} for n, does in enumerate(functions)],
        team=[{"id": "m0"}],
        links=[{"member": "m0", "person": "p0", "link_last_two_way_days": 3}],
    )
    shown = edition_of(case)
    kinds = sorted(str(r.does) for (kind, _), r in shown.roles.items() if kind == "person")

    assert kinds == ["None", "quality"]
    assert len(shown.ties) == 1


def test_two_others_join_the_smallest_function() -> None:
    functions = ("quality", "quality", "quality", "finance", "it")
    case = small_case(
        people=[{"id": f"p{n}", "function": does} for n, does in enumerate(functions)],
        team=[{"id": "m0"}],
        links=[{"member": "m0", "person": "p0", "link_last_two_way_days": 3}],
    )

    assert [r.does for (kind, _), r in edition_of(case).roles.items() if kind == "person"] == [None]


def test_facts_that_count_few_people_or_measure_one_pair_are_left_out() -> None:
    told = {"active_contacts_customer": 2, "cross_links": 5, "top_pair_share_pct": 90}
    case = built({"account": {"id": "a", "name": "A"}, "facts": told}, shipped_base())
    edition = edition_of(case)
    read = {p.fact for f in edition.diagnosis.findings for r in f.reasons for p in r.premises}

    assert set(edition.case.account.ours) == {"cross_links"}
    assert not read & {"active_contacts_customer", "top_pair_share_pct"}


def test_owner_and_segment_are_not_for_the_client() -> None:
    case = built(
        {"account": {"id": "a", "name": "A", "owner": "Ада Ловлас", "segment": "C-клієнти"}},
        shipped_base(),
    )

    inside, outside = report(case, edition=Edition.CONSULTANT), report(case)
    for form in FORMS:
        assert "Ада Ловлас" in inside.text(form)
        assert not {"Ада", "C-клієнти"} & set(re.findall(r"[\w-]+", outside.text(form)))


def test_an_id_of_both_sides_names_one_of_them_only() -> None:
    case = small_case(people=[{"id": "x", "name": "Theirs"}], team=[{"id": "x", "name": "Ours"}])
    named = {kind: role.name for (kind, _), role in
             edition_of(case, names=("person:x",)).roles.items()}  # fmt: skip

    assert named == {"person": "Theirs", "member": ""}
    with pytest.raises(KamError, match=r"--names: .* is on each side; say person:x or member:x"):
        edition_of(case, names=("x",))


def test_a_name_for_nobody_is_told_with_the_nearest() -> None:
    with pytest.raises(KamError, match=r'nobody in the case has the id "p11"\. Did you mean "p1"'):
        edition_of(example("diamond_with_conductor"), names=("p11",))


def test_the_second_reader_is_named() -> None:
    page = report(example("doubled_channel"), "en", reviewed_by="O. Reader, 2026-11-20")

    assert "Read by a second reader: O. Reader, 2026-11-20." in page.text("html")
    assert json.loads(page.text("json"))["edition"]["reviewed_by"] == "O. Reader, 2026-11-20"


def test_the_digest_is_over_what_the_client_may_see() -> None:
    case = example("doubled_channel")
    edition = edition_of(case)

    assert edition.diagnosis.facts_digest == edition.case.digest() != case.digest()
    assert not any(link.ours for link in edition.case.links or ())
    assert not re.search(r"\bp[0-9]\b", report(case).text("json"))
