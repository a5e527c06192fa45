"""A live session on each method: answers are stored and shown, whatever the method asks."""

from __future__ import annotations

import json
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from random_cases import a_value

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.facts.case import plain_value
from kam_expert.facts.workbook_reader import read_workbook
from kam_expert.knowledge.audience import Edition
from tests.web.conftest import DAY, text_of
from tests.web.test_customers import answer, link_of

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from kam_expert.facts.case import Answer, Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from tests.web.conftest import Visitor

pytestmark = pytest.mark.every_method


def send(visitor: Visitor, key: str, action: str, /, **fields: Any) -> httpx2.Response:
    seen = {"seen": visitor.store.state(key).version}
    sent = visitor.post(f"/a/{key}/{action}", seen | fields)
    assert sent.status_code == 303, text_of(sent)
    return sent


def case_of(visitor: Visitor, key: str) -> Case:
    return visitor.store.state(key).case


def last(visitor: Visitor, key: str, fact: Fact, side: str) -> Answer:
    answers: dict[str, tuple[Answer, ...]] = getattr(case_of(visitor, key).account, side)
    return answers[fact.name][-1]


def sides_of(fact: Fact) -> tuple[str, ...]:
    return {"us": ("ours",), "customer": ("theirs",)}.get(fact.doc.asked_of, ("ours", "theirs"))


def kinds_of_facts(base: KnowledgeBase) -> list[Fact]:
    """Return one fact of the account of each type, asked of each side or of both."""
    asked = (f for f in base.facts.values() if f.kind == "account" and not f.doc.parts)
    asked = (f for f in asked if f.doc.computed is None)
    kinds = {(fact.doc.type, fact.doc.asked_of): fact for fact in asked}
    return list(kinds.values())


def two_values(fact: Fact) -> tuple[Any, Any]:
    """Return two answers to a fact, as they are typed."""
    random = Random(1)
    first = a_value(fact, random)
    return first, next(v for v in iter(lambda: a_value(fact, random), None) if v != first)


def test_an_answer_to_each_kind_of_fact_is_of_its_side_person_and_day(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.begin()
    facts = kinds_of_facts(base)
    assert {side for fact in facts for side in sides_of(fact)} == {"ours", "theirs"}

    for fact in facts:
        for side in sides_of(fact):
            value, _ = two_values(fact)
            more = {"side": side, "by": f"Олена {side}", "as_of": "2026-10-01"}
            sent = visitor.answer(key, fact.name, value, **more)

            assert sent.status_code == 303, (fact.name, text_of(sent))
            told = last(visitor, key, fact, side)
            assert (told.by, told.as_of) == (f"Олена {side}", date(2026, 10, 1))
            assert written(told.value) == written(value), fact.name
        shown = {"theme": fact.doc.theme, "all": "1"}
        page = text_of(visitor.get(f"/a/{key}/questions", params=shown))
        assert fact.doc.ask.en in page or (fact.doc.ask_customer or fact.doc.ask).en in page
        assert "Олена" in page


def written(value: Any) -> str:
    plain = plain_value(value)
    if isinstance(plain, list | tuple | set | frozenset):
        return ",".join(sorted(map(str, plain)))
    return {"True": "yes", "False": "no"}.get(str(plain), str(plain))


def test_an_answer_is_corrected_undone_and_redone(visitor: Visitor, base: KnowledgeBase) -> None:
    key = visitor.begin()
    fact = next(f for f in kinds_of_facts(base) if f.doc.asked_of == "both")
    first, second = two_values(fact)
    for value in (first, second):
        visitor.answer(key, fact.name, value, side="theirs")

    told = [written(last(visitor, key, fact, "theirs").value)]
    for action in ("undo", "redo"):
        send(visitor, key, action)
        told.append(written(last(visitor, key, fact, "theirs").value))

    assert told == [written(second), written(first), written(second)]


def test_people_and_their_ties_are_on_the_map_and_in_the_matrix(visitor: Visitor) -> None:
    key = visitor.begin()
    names = {"person": "Ганна Тиха", "member": "Назар Прокопів"}
    for kind, name in names.items():
        send(visitor, key, "add", kind=kind, name=name)
    send(visitor, key, "add", kind="person", name="Юрій Наконечний")
    send(visitor, key, "add", kind="link", member="m1", person="p1")
    send(visitor, key, "complete", list="people", complete="yes")

    drawn, matrix = (visitor.get(f"/a/{key}/map{view}").text for view in ("", "?view=matrix"))

    assert case_of(visitor, key).complete == {"people": True}
    assert [link.ends for link in case_of(visitor, key).links or ()] == [("m1", "p1")]
    for name in (*names.values(), "Юрій Наконечний"):
        assert name.split()[-1] in drawn
        assert name in matrix
    assert matrix.count("<td") == 2


def test_the_customer_answers_its_questions_by_a_link(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.begin()
    link = link_of(visitor, key)
    facts = [fact for fact in kinds_of_facts(base) if fact.doc.asked_of != "us"]

    for fact in facts:
        value, _ = two_values(fact)
        sent = answer(visitor, link, fact.name, value, by="Леся")
        assert sent.status_code == 303, (fact.name, text_of(sent))
        told = last(visitor, key, fact, "theirs")
        assert (told.by, written(told.value)) == ("Леся", written(value))

    every = text_of(visitor.get(f"{link}?step=all"))
    for fact in facts:
        assert (fact.doc.ask_customer or fact.doc.ask).en in every
    ours = next(fact for fact in kinds_of_facts(base) if fact.doc.asked_of == "us")
    assert answer(visitor, link, ours.name, "1").status_code == 404


def test_what_is_agreed_is_reviewed_and_another_answer_is_only_tried(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.example()
    case = case_of(visitor, key)
    diagnosis = diagnose(case, base, DAY, engine_of(base))
    step = diagnosis.plan.moves[0].steps[0]
    send(visitor, key, "agree", step=step, owner="Назар", due="2026-12-10")
    version = visitor.store.state(key).version

    reviewed = text_of(visitor.get(f"/a/{key}/review"))
    name = next(n for n in case.account.theirs if base.facts[n].doc.anchors)
    slot = json.dumps(["account", case.account.id, name, "theirs"])
    best = str(max(base.facts[name].doc.anchors))
    tried = visitor.get(f"/a/{key}/what-if", params={"pick": slot, "value": best})

    assert base.steps[step].name.en.split("{")[0] in reviewed
    assert "because of:" in text_of(tried)
    assert visitor.store.state(key).version == version


@pytest.mark.parametrize("edition", Edition)
def test_the_report_names_the_stage_for_whoever_may_know_it(
    visitor: Visitor, base: KnowledgeBase, edition: Edition
) -> None:
    key = visitor.example()
    stage = diagnose(case_of(visitor, key), base, DAY, engine_of(base)).stage.verdict

    page = text_of(visitor.get(f"/a/{key}/report/{edition}.html?lang=en"))

    title = base.stage_model.title(stage).en
    assert (f"{title} (" in page) == (edition is not Edition.CUSTOMER)


def test_the_workbook_of_an_account_is_the_account(
    visitor: Visitor, base: KnowledgeBase, tmp_path: Path
) -> None:
    key = visitor.example()
    book = tmp_path / "case.xlsx"

    book.write_bytes(visitor.get(f"/a/{key}/answers/consultant.xlsx").content)

    assert read_workbook(book, base).digest() == case_of(visitor, key).digest()
