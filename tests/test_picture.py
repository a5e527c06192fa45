"""The caption of the picture of ties agrees with the finding about one pair of people."""

from __future__ import annotations

import re

import pytest
from random_cases import built

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.status import at_least_likely
from kam_expert.outputs.picture import NARROW
from kam_expert.outputs.report_people import ReportPeople
from kam_expert.outputs.text_lines import fits, wrapped
from tests.shipped import NAMES, example, shipped_base
from tests.test_properties import DAY

BASE = shipped_base()


def pairs(*exchanges: int | None, complete: str = "yes", silent: int = 0) -> ReportPeople:
    """Return the report of an account with separate pairs in contact, and some people without."""
    ends = range(len(exchanges) + silent)
    links = [
        {"member": f"m{n}", "person": f"p{n}", "link_last_two_way_days": 5}
        | ({} if count is None else {"link_exchanges_90d": count})
        for n, count in enumerate(exchanges)
    ]
    data = {
        "kam": 1, "account": {"id": "a", "name": "А"}, "links": links,
        "people": [{"id": f"p{n}"} for n in ends], "team": [{"id": f"m{n}"} for n in ends],
        "complete": {"links": complete},
    }  # fmt: skip
    case = built(data, BASE)
    return ReportPeople(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, "en")


def test_two_pairs_of_which_one_carries_nearly_all_are_no_diamond() -> None:
    report = pairs(19, 1)

    assert report.diagnosis.finding("single_thread")
    assert report.picture.shape == "bow_tie"


def test_two_pairs_that_talk_alike_are_a_diamond() -> None:
    report = pairs(10, 10)

    assert report.diagnosis.finding("single_thread") is None
    assert report.picture.shape == "diamond"


def test_one_pair_of_a_list_that_may_go_on_is_one_known_pair() -> None:
    assert pairs(10).picture.shape == "bow_tie"
    assert pairs(10, complete="no").picture.shape == "pair"


def test_the_busiest_pair_is_in_the_middle() -> None:
    picture = pairs(60, 1, silent=1).picture

    for nodes in (picture.members, picture.people):
        assert [node.label[0][1:] for node in nodes] == ["1", "0", "2"]


NAMES_OF_PEOPLE = (
    "Олександра-Вікторія Володимирівна Перехрестенко-Загоруйко",
    "Станіслав-Казимир Всеволодович Криворученко-Підгородецький",
    "Владислав Красношапка",
)


def test_long_names_are_whole_in_both_pictures() -> None:
    people = [
        {"id": f"p{n}", "name": name, "function": "procurement"}
        for n, name in enumerate(NAMES_OF_PEOPLE)
    ]
    team = [{"id": f"m{n}", "name": name} for n, name in enumerate(NAMES_OF_PEOPLE)]
    links = [{"member": "m0", "person": f"p{n}", "link_last_two_way_days": 5} for n in range(3)]
    data = {"kam": 1, "account": {"id": "a", "name": "А"}, "people": people, "team": team,
            "links": links}  # fmt: skip
    case = built(data, BASE)
    report = ReportPeople(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, "uk")

    for picture in (report.picture, report.narrow_picture):
        for nodes in (picture.members, picture.people):
            assert {_letters("".join(node.label)) for node in nodes} == {
                _letters(name) for name in NAMES_OF_PEOPLE
            }
        for node in (*picture.members, *picture.people):
            assert all(fits(line, picture.layout.label, picture.layout.font) for line in node.label)


def _letters(name: str) -> str:
    return re.sub(r"[ -]", "", name)


@pytest.mark.parametrize(
    ("word", "lines"),
    [
        ("Володимирович", ("Володимирович",)),
        ("Перехрестенко-Загоруйко", ("Перехрестенко-", "Загоруйко")),
        ("Перехрестенковський", ("Перехрест-", "енковський")),
        ("Іван Перехрестенко", ("Іван", "Перехрестенко")),
    ],
)
def test_a_word_is_broken_only_if_it_is_wider_than_a_line(
    word: str, lines: tuple[str, ...]
) -> None:
    assert wrapped(word, NARROW.label, NARROW.font) == lines


def test_a_name_without_end_is_cut_and_told_in_full() -> None:
    people, links = [{"id": "p", "name": "а" * 300}], [{"member": "m", "person": "p"}]
    account = {"id": "a", "name": "А"}
    data = {"kam": 1, "account": account, "people": people, "team": [{"id": "m"}], "links": links}
    case = built(data, BASE)
    [node] = ReportPeople(
        diagnose(case, BASE, DAY, PlainEngine()), case, BASE, "uk"
    ).narrow_picture.people

    assert node.label[-1].endswith("…")
    assert node.full == "а" * 300


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_of_an_example_agrees_with_the_finding(name: str) -> None:
    case = example(name)
    diagnosis = diagnose(case, BASE, DAY, PlainEngine())
    found = diagnosis.finding("single_thread")
    one_pair = found is not None and at_least_likely(found.status)

    shape = ReportPeople(diagnosis, case, BASE, "en").picture.shape
    assert (shape in ("bow_tie", "none")) if one_pair else (shape != "bow_tie")
