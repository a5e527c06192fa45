"""The map of people: what it shows, and every act on it without a script."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from kam_expert.engines.assemble import diagnose
from kam_expert.facts.case import Answer, Case, Entity, link_id
from kam_expert.outputs.report_people import ReportPeople
from kam_expert.outputs.text_lines import wrapped
from kam_expert.web.map_cards import CARD, FOLD_ABOVE
from kam_expert.web.map_findings import FindingsOnMap
from kam_expert.web.map_layout import laid_out
from kam_expert.web.map_model import MapModel
from kam_expert.web.map_network import MapNetwork
from kam_expert.web.map_words import MapWords
from tests.shipped import example, shipped_base, shipped_engine
from tests.web.conftest import DAY, text_of

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

EXPECTED = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "map_expectations.yaml").read_text(encoding="utf-8")
)


def model_of(case: Case, lang: str = "en") -> MapModel:
    base = shipped_base()
    diagnosis = diagnose(case, base, DAY, shipped_engine())
    return MapModel(ReportPeople(diagnosis, case, base, lang))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_map_shows_what_a_consultant_looks_for(name: str) -> None:
    expected = EXPECTED[name]
    network = MapNetwork(model_of(example(name)))

    assert {card.key[1] for card in network.first()} >= set(expected["first"])
    assert network.key_tie is not None
    assert [network.key_tie.one[1], network.key_tie.other[1]] == expected["tie"]
    assert {card.key[1] for card in network.cuts} == set(expected["cut"])
    assert len(network.bridges) == expected["bridges"]
    assert network.main is not None
    leaving = network.leaving(network.main)
    gone = "all" if not leaving.left else [card.key[1] for card in leaving.lost]
    assert gone == expected["gone"]
    assert {card.key[1] for card in network.to_meet} == set(expected["meet"])
    asked = {
        way.to.key[1]: {"ours" if way.ask.kind == "member" else "theirs": way.ask.key[1]}
        for way in network.introductions()
        if way.ask is not None and not way.to.active
    }
    assert asked == expected["ask"]


def test_a_way_to_somebody_never_goes_around_the_main_contact() -> None:
    for name in EXPECTED:
        network = MapNetwork(model_of(example(name)))
        for way in network.introductions():
            people = {way.ask, way.tell, way.to}
            assert network.main in people, (name, way.to.name)


def test_whoever_the_person_reports_to_is_asked_before_the_main_contact(visitor: Visitor) -> None:
    key = visitor.example("diamond_without_conductor")
    add(visitor, key, "person", "Нова людина")
    person = newest(visitor, key)
    send(visitor, key, "row", kind="person", id=person, **{"f-reports_to": "p2"})
    network = MapNetwork(model_of(visitor.store.state(key).case))
    way = next(way for way in network.introductions() if way.to.key[1] == person)

    assert way.ask is not None
    assert (way.ask.key[1], way.line) == ("p2", "above")
    assert way.tell is not None
    assert way.tell.main


def test_findings_mark_the_cards_and_ties_they_are_about() -> None:
    found = {f.id: f for f in FindingsOnMap(model_of(example("friendly_single_thread"))).all()}

    assert found["dependence_risk"].cards == {("member", "m1"), ("person", "p1")}
    assert len(found["dependence_risk"].links) == 1
    assert found["dependence_risk"].obstacle


def send(visitor: Visitor, key: str, action: str, **fields: Any) -> Any:
    seen = visitor.store.state(key).version
    answer = visitor.post(f"/a/{key}/{action}", {"seen": seen, "back": "map", **fields})
    assert answer.status_code == 303, answer.text
    return answer


def add(visitor: Visitor, key: str, kind: str, name: str, **fields: str) -> None:
    send(visitor, key, "add", kind=kind, name=name, **fields)


def newest(visitor: Visitor, key: str) -> str:
    return (visitor.store.state(key).case.people or ())[-1].id


def test_every_act_on_the_map_is_a_form_and_can_be_undone(visitor: Visitor) -> None:
    key = visitor.begin()
    # Add somebody where they belong.
    page = visitor.get(f"/a/{key}/map?do=add&side=person")
    assert "do=add&amp;side=person&amp;placed=yes&amp;column=quality&amp;row=manager" in page.text
    page = visitor.get(f"/a/{key}/map?do=add&side=person&placed=yes&column=quality&row=manager")
    assert re.search(r'<option value="quality" selected>', page.text)
    add(
        visitor, key, "person", "Ольга Чумак", **{"f-function": "quality", "f-seniority": "manager"}
    )
    add(visitor, key, "person", "Юрій Наконечний", **{"f-function": "finance"})
    add(visitor, key, "member", "Назар Прокопів", **{"f-member_function": "technical"})
    case = visitor.store.state(key).case
    first, second = (person.id for person in case.people or ())
    member = (case.team or ())[0].id
    # Move a card.
    page = visitor.get(f"/a/{key}/map?do=move&from=person:{first}")
    assert 'name=place value="logistics|director"' in page.text
    send(visitor, key, "place", kind="person", id=first, place="logistics|director")
    cards = model_of(visitor.store.state(key).case).cards
    assert (cards["person", first].column, cards["person", first].row) == ("logistics", "director")
    # Draw a tie: from a card, to a card, then its form.
    page = visitor.get(f"/a/{key}/map?do=tie&from=member:{member}")
    assert f"do=tie&amp;from=member%3A{member}&amp;to=person%3A{first}" in page.text
    page = visitor.get(f"/a/{key}/map?do=tie&from=member:{member}&to=person:{first}")
    assert 'name="f-link_last_two_way_days"' in page.text
    send(visitor, key, "add", kind="link", member=member, person=first,
         **{"f-link_last_two_way_days": "12"})  # fmt: skip
    # A tie that is wanted, and lines within the customer.
    send(visitor, key, "row", kind="person", id=second, **{"f-should_meet": member})
    send(visitor, key, "row", kind="person", id=second, **{"f-reports_to": first})
    send(visitor, key, "row", kind="person", id=first, **{"f-listens_to": second})
    lines = {(line.kind, line.one[1], line.other[1])
             for line in model_of(visitor.store.state(key).case).lines}  # fmt: skip
    assert lines == {
        ("active", member, first), ("wanted", member, second), ("above", second, first),
        ("heard", first, second),
    }  # fmt: skip
    page = visitor.get(f"/a/{key}/map?kind=person&id={second}")
    assert "Reports to Ольга Чумак" in text_of(page)
    # All of it is history.
    version = visitor.store.state(key).version
    send(visitor, key, "undo")
    assert ("heard", first, second) not in {
        (line.kind, line.one[1], line.other[1])
        for line in model_of(visitor.store.state(key).case).lines
    }
    assert visitor.store.state(key).version == version + 1


def test_a_line_between_two_of_the_customer_is_told_either_way_round(visitor: Visitor) -> None:
    key = visitor.example("diamond_with_conductor")
    page = text_of(visitor.get(f"/a/{key}/map?do=tie&from=person:p1&to=person:p7"))

    assert "Галина Терещук reports to Ярослава Климець" in page
    assert "Галина Терещук listens to Ярослава Климець" in page
    assert "The other way round" in page
    ours = text_of(visitor.get(f"/a/{key}/map?do=tie&from=member:m1&to=member:m2"))
    assert "Both are colleagues of ours" in ours


@pytest.mark.parametrize(
    "query",
    ["do=add&side=nobody", "view=nothing"],
)
def test_an_address_that_the_map_never_makes_is_not_found(visitor: Visitor, query: str) -> None:
    key = visitor.example("doubled_channel")

    assert visitor.get(f"/a/{key}/map?{query}").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["do=tie&from=person:gone&to=member:m1", "do=move&from=x", "do=unknown", "finding=nothing",
     "kind=person&id=gone", "do=tie&from=person:p1&to=person:p1"],
)  # fmt: skip
def test_an_address_of_what_was_removed_meanwhile_shows_the_map(
    visitor: Visitor, query: str
) -> None:
    key = visitor.example("doubled_channel")
    page = visitor.get(f"/a/{key}/map?{query}")

    assert page.status_code == 200
    assert "Наталя Ремез" in page.text


def test_the_empty_map_says_how_to_begin(visitor: Visitor) -> None:
    key = visitor.begin()

    assert "The map is empty." in text_of(visitor.get(f"/a/{key}/map"))


@pytest.mark.parametrize(
    ("days", "lang", "said"),
    [(0, "en", "talked today"), (1, "en", "talked 1 day ago"), (0, "uk", "розмова сьогодні")],
)
def test_a_card_says_when_somebody_last_talked(days: int, lang: str, said: str) -> None:
    told = {"last_two_way_days": (Answer(days),)}
    case = Case(Entity("account", "a"), people=(Entity("person", "p1", "Olha", told),))

    assert model_of(case, lang).cards["person", "p1"].contact == said


def test_what_is_told_of_a_loss_is_held_against_the_ties(visitor: Visitor) -> None:
    key = visitor.example("friendly_single_thread")
    visitor.answer(key, "main_contact_loss_survivable", "yes")
    page = text_of(visitor.get(f"/a/{key}/map"))

    assert "nobody is left in contact" in page
    assert "every active tie leads to that one person" in page


def test_the_table_of_ties_has_a_cell_for_each_pair(visitor: Visitor) -> None:
    key = visitor.example("diamond_with_conductor")
    page = visitor.get(f"/a/{key}/map?view=matrix")

    assert page.text.count("<td") == 7 * 6
    assert "60 days" in text_of(page)
    assert "to be made" in text_of(page)


def crowd(count: int) -> Case:
    """Return an account with *count* people on each side and ties among them."""
    base = shipped_base()
    functions = base.facts["function"].words()
    levels = base.facts["seniority"].words()
    ours = base.facts["member_function"].words()

    def told(**facts: Any) -> dict[str, tuple[Answer, ...]]:
        return {name: (Answer(value),) for name, value in facts.items()}

    name = "Олександра-Станіслава Підгородецька-Криворученко {}"
    people = tuple(
        Entity("person", f"p{n}", name.format(n), told(
            function=functions[n % len(functions)], seniority=levels[n * 7 % len(levels)],
            authority="co_decides", open_to_us=n % 5,
        ))
        for n in range(count)
    )  # fmt: skip
    team = tuple(
        Entity("member", f"m{n}", name.format(n), told(member_function=ours[n % len(ours)]))
        for n in range(count)
    )
    links = tuple(
        Entity("link", link_id(f"m{n * 3 % count}", f"p{n}"), ends=(f"m{n * 3 % count}", f"p{n}"),
               ours=told(link_last_two_way_days=n))
        for n in range(count)
    )  # fmt: skip
    return Case(Entity("account", "a", "Велика фірма"), people=people, team=team, links=links)


@pytest.mark.parametrize("count", [1, 9, 60])
def test_cards_never_overlap_and_lines_run_between_them(count: int) -> None:
    model = model_of(crowd(count), "uk")
    network = MapNetwork(model)
    said = MapWords(model, network)
    for opened in (frozenset[str](), frozenset({"person:quality", "member:sales"})):
        layout = laid_out(model, said.marks, opened=opened)
        boxes = [(c.x, c.y, c.x + CARD, c.bottom) for c in layout.cards]
        assert len({c.card.key for c in layout.cards}) == len(layout.cards)
        for index, (left, top, right, bottom) in enumerate(boxes):
            assert left >= 0
            assert right <= layout.width
            assert bottom <= layout.height
            for other in boxes[index + 1 :]:
                assert right <= other[0] or other[2] <= left or bottom <= other[1] or (
                    other[3] <= top
                )  # fmt: skip
        for line in layout.lines:
            corners = corners_of(line.path)
            for start, end in pairwise(corners):
                for box in boxes:
                    assert not crosses(start, end, box), (line.line, box)


def corners_of(path: str) -> list[tuple[int, int]]:
    """Return the corners of a path of M, L, H and V."""
    corners: list[tuple[int, int]] = []
    for letter, numbers in re.findall(r"([MLHV])([\d -]+)", path):
        given = [int(number) for number in numbers.split()]
        x, y = corners[-1] if corners else (0, 0)
        corners.append(
            {"M": tuple(given), "L": tuple(given), "H": (given[0], y), "V": (x, given[0])}[letter]  # type: ignore[arg-type]
        )
    return corners


def crosses(one: tuple[int, int], other: tuple[int, int], box: tuple[int, int, int, int]) -> bool:
    """Return whether points between two corners are inside a box."""
    left, top, right, bottom = box
    for step in range(1, 40):
        x = one[0] + (other[0] - one[0]) * step / 40
        y = one[1] + (other[1] - one[1]) * step / 40
        if left < x < right and top < y < bottom:
            return True
    return False


def test_a_crowded_side_is_folded_by_function_and_unfolds() -> None:
    model = model_of(crowd(60))
    layout = laid_out(model, lambda _card: ())
    folded = [column for column in layout.columns if column.folded]
    opened = laid_out(model, lambda _card: (), opened=frozenset({"person:quality"}))

    assert len(model.cards) > 2 * FOLD_ABOVE
    assert len(folded) == len(layout.columns)
    assert sum(c.drawn for c in layout.columns) == len(layout.cards) < len(model.cards)
    assert next(c for c in opened.columns if c.word == "quality").folded == 0
    # A card that matters is never folded away.
    kept = ("person", "p54")
    assert kept in {c.card.key for c in laid_out(model, lambda _card: (), first=[kept]).cards}


def test_a_long_name_is_whole_on_the_card() -> None:
    name = "Олександра-Станіслава Підгородецька-Криворученко-Задунайська"
    lines = wrapped(name, CARD, 14)

    assert "".join(lines).replace("-", "").replace(" ", "") == name.replace("-", "").replace(
        " ", ""
    )
    assert len(lines) > 2


def test_an_erased_person_leaves_the_answers_that_name_them(visitor: Visitor) -> None:
    key = visitor.example("diamond_with_conductor")
    send(visitor, key, "row", kind="person", id="p3", **{"f-listens_to": ["p1", "p2"]})
    send(visitor, key, "row", kind="person", id="p3", **{"f-reports_to": "p1"})
    send(visitor, key, "row", kind="person", id="p2", **{"f-should_meet": "m2"})
    visitor.store.erase_person(key, "person", "p1")
    visitor.store.erase_person(key, "member", "m2")
    case = visitor.store.state(key).case
    told = {p.id: p.ours for p in case.people or ()}

    assert [answer.value for answer in told["p3"]["listens_to"]] == ["p2"]
    # What named nobody else is no longer an answer that names somebody.
    lines = {(x.kind, x.one[1], x.other[1]) for x in model_of(case).lines}
    assert ("heard", "p3", "p2") in lines
    assert not any("p1" in line or "m2" in line for line in lines)


def test_then_and_now_shows_what_changed_on_the_map(visitor: Visitor) -> None:
    key = visitor.example("doubled_channel")
    assert "There is no earlier version" in text_of(visitor.get(f"/a/{key}/map?view=changes"))
    add(visitor, key, "person", "Нова людина")
    send(visitor, key, "place", kind="person", id="p3", place="finance|director")
    send(visitor, key, "row", kind="link", id="m3→p4", **{"f-link_last_two_way_days": "3"})
    send(visitor, key, "take-away", kind="link", id="m1→p2")
    page = visitor.get(f"/a/{key}/map?view=changes&since=1")
    text = text_of(page)

    assert "New: Нова людина" in text
    assert "Тетяна Вовк, place: sales and marketing, director → finance, director" in text
    assert "The tie is active now: Вікторія Сич – Олег Ярошенко" in text
    assert "Gone, tie: Юлія Ткаченко – Ігор Стасюк" in text
    # The backup of a contact who has no tie to them any more is to be in contact.
    assert "New tie to be made: Юлія Ткаченко – Ігор Стасюк" in text
    lit = re.findall(r'class="card [^"]*\blit\b.*?data-key="([^"]*)"', page.text)
    assert set(lit) == {
        "person:p2", "person:p3", "person:p4", "person:p5", "member:m1", "member:m3",
    }  # fmt: skip
    newest = text_of(visitor.get(f"/a/{key}/map?view=changes&since=4"))
    assert "Gone, tie: Юлія Ткаченко – Ігор Стасюк" in newest
    assert "New: Нова людина" not in newest
