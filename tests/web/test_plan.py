"""The plan on the live page: agree, begin, do, drop, and the questions about success."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.facts.case_reader import read_case
from tests.web.conftest import DAY, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.plan_entries import PlanEntry
    from tests.web.conftest import Visitor


def send(visitor: Visitor, key: str, action: str, **fields: Any) -> None:
    state = visitor.store.state(key)
    answer = visitor.post(f"/a/{key}/{action}", {"seen": state.version, "back": "plan", **fields})
    assert answer.status_code == 303, text_of(answer)


def plan(visitor: Visitor, key: str) -> dict[str, PlanEntry]:
    return {entry.id: entry for entry in visitor.store.state(key).case.plan}


@pytest.mark.every_method
def test_a_move_is_agreed_begun_and_done_and_its_sign_is_asked(visitor: Visitor) -> None:
    key = visitor.example()
    page = visitor.get(f"/a/{key}/plan").text
    form = page.split(f'action="/a/{key}/agree"')[1].split("</form>")[0]
    step = form.split('name=step value="')[1].split('"')[0]
    due = form.split("name=due type=date value=")[1].split('"')[1]

    send(visitor, key, "agree", step=step, owner="Назар", due=due)
    agreed = plan(visitor, key)[step]
    assert (agreed.status, agreed.owner, agreed.agreed_on) == ("agreed", "Назар", DAY)
    assert agreed.due == date.fromisoformat(due)
    send(visitor, key, "mark", id=step, status="begun")
    send(visitor, key, "mark", id=step, status="done", result="partly", evidence="Protocol")
    done = plan(visitor, key)[step]
    assert (done.status, done.done_on, done.result) == ("done", DAY, "partly")

    after = text_of(visitor.get(f"/a/{key}/plan"))
    assert ("Did it succeed?" in after) == (step in visitor.base.done_when)
    history = text_of(visitor.get(f"/a/{key}/history"))
    for said in ("agreed: ", "begun: ", "done on "):
        assert said in history


@pytest.mark.every_method
def test_moves_in_own_words_promises_of_the_customer_and_reasons(visitor: Visitor) -> None:
    key = visitor.example()

    send(visitor, key, "promise", side="ours", text="Lunch with the engineer", due="2026-12-01")
    send(visitor, key, "promise", side="theirs", text="Data about stoppages", due="2026-12-05")
    send(visitor, key, "entry", id="move", owner="Olena", due="2026-12-02")
    send(visitor, key, "mark", id="move", status="dropped", reason="No time")

    entries = plan(visitor, key)
    assert (entries["move"].status, entries["move"].reason) == ("dropped", "No time")
    assert entries["move"].due == date(2026, 12, 2)
    assert entries["promise"].side == "theirs"
    send(visitor, key, "entry", id="promise", remove="yes")
    assert set(plan(visitor, key)) == {"move"}


def test_a_form_that_does_not_fit_changes_nothing(visitor: Visitor) -> None:
    key = visitor.example()
    send(visitor, key, "promise", side="ours", text="Lunch")
    version = visitor.store.state(key).version

    for action, fields, status in (
        ("mark", {"id": "move", "status": "dropped"}, 422),
        ("mark", {"id": "nothing", "status": "begun"}, 422),
        ("mark", {"id": "move", "status": "eaten"}, 404),
        ("promise", {"side": "ours"}, 422),
        ("promise", {"side": "nobody", "text": "x"}, 404),
        ("agree", {"step": "no_such_step"}, 404),
        ("entry", {"id": "move", "due": "soon"}, 422),
    ):
        answer = visitor.post(f"/a/{key}/{action}", {"seen": version, "back": "plan", **fields})
        assert answer.status_code == status, (action, fields)
    assert visitor.store.state(key).version == version


def test_the_account_opens_with_what_was_promised_before(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        "kam: 1\naccount: {id: acme, name: Acme}\nplan:\n"
        "- {id: lunch, text: Lunch, agreed_on: 2026-10-01, due: 2026-11-01}\n",
        encoding="utf-8",
    )
    key = visitor.store.add(read_case(file, visitor.base))

    meeting = text_of(visitor.get(f"/a/{key}/"))
    review = text_of(visitor.get(f"/a/{key}/review"))

    assert "Since the last meeting, 1 October 2026 Late: 1." in meeting
    assert "How the plan changes" in review
    assert "Since the last meeting" not in text_of(visitor.get(f"/a/{visitor.begin()}/"))
