"""The workshop page: a rule is changed, its cases answer, and a draft is saved."""

from __future__ import annotations

import difflib
import re
import shutil
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam
from kam_expert.errors import KamError
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder
from kam_expert.workshop.rule_draft import Workbench
from kam_expert.workshop.workshop import Workshop
from tests.shipped import folder_of
from tests.web.conftest import Visitor, served, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.store import Store

RULE = "volume_falls"
#: Rules of each method whose forms are sent as they are.
UNCHANGED = {
    "rules": (RULE, "proof_of_competence_requested", "two_sides_judge_differently"),
    "relationship_quality": ("word_not_kept", "sides_see_it_differently"),
}
FILE = rules_folder() / "profitability" / f"{RULE}.yaml"


class Author(Visitor):
    """Somebody who changes one rule with the forms of its page."""

    rule = RULE

    def page(self) -> str:
        return self.get(f"/workshop/{self.rule}/").text

    def act(self, act: str = "", **fields: Any) -> Any:
        """Send the form as the page has it, with other values of some fields."""
        page = self.page()
        form = fields_of(page) | {name.replace("__", "/"): v for name, v in fields.items()}
        return self.post(f"/workshop/{self.rule}/", form | {"act": act})

    def does(self, act: str = "", **fields: Any) -> str:
        """Do the same, and return the text of the page that follows."""
        answer = self.act(act, **fields)
        assert answer.status_code == 303, text_of(answer)
        return text_of(self.get(f"/workshop/{self.rule}/"))


def fields_of(page: str) -> dict[str, Any]:
    """Return the fields of a form as a browser would send them."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name = re.search(r'name="?([^"\s>]+)', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if not name or ("type=checkbox" in tag and " checked" not in tag):
            continue
        found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, body in re.findall(
        r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = [unescape(chosen[1])] if chosen else [""]
    for name, body in re.findall(
        r'<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL
    ):
        found[name] = [unescape(body)]
    return found


@pytest.fixture
def author(base: KnowledgeBase, store: Store, tmp_path: Path) -> Author:
    workshop = Workshop(Workbench(folder_of(base), base, tmp_path / "drafts"))
    return Author(served(base, store, workshop=workshop), base, store)


def lines_changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.every_method
def test_the_form_as_it_is_changes_nothing(author: Author, base: KnowledgeBase) -> None:
    for rule in UNCHANGED[base.folder]:
        author.rule = rule
        text = author.does()
        assert "It does not differ from the rule base." in text, rule
        assert "as expected" in text


def test_the_page_says_which_answers_are_better_and_why_one_may_raise_the_finding(
    author: Author, base: KnowledgeBase
) -> None:
    assert "from worse to better: falling; flat; rising" in text_of(
        author.get(f"/workshop/{RULE}/")
    )

    text = text_of(author.get("/workshop/our_sponsor_not_active/"))
    assert "from worse to better: none; named; active" in text
    assert base.findings["sponsors_unconfirmed"].raised_by_better["any"].en in text


def test_a_threshold_makes_a_case_fail_and_the_mended_case_passes(
    author: Author, tmp_path: Path
) -> None:
    text = author.does(thresholds__satisfied__value="5")
    assert "Not as expected: 1 of 9" in text
    assert "is now: is assumed; expected: is silent" in text

    text = author.does(cases__4__given__customer__satisfaction_rating="5")
    assert "All 9 as expected" in text

    text = author.does("save")
    saved = (tmp_path / "drafts" / "profitability" / f"{RULE}.yaml").read_text(encoding="utf-8")
    assert lines_changed(FILE.read_text(encoding="utf-8"), saved) == [
        "-    value: 4",
        "+    value: 5",
        "-    given: {volume_trend: falling, customer: {satisfaction_rating: 4}}",
        "+    given: {volume_trend: falling, customer: {satisfaction_rating: 5}}",
    ]
    assert "Saved:" in text


def test_an_exception_is_added_and_taken_back(author: Author) -> None:
    author.does("choose:unless", **{"fact:unless": "account_status"})
    text = author.does("add", add__value=["", "prospect"])
    assert "account status" in text
    assert "+ - account_status: prospect" in text

    assert "It does not differ" in author.does("remove:unless/any/3")
    assert "account_status: prospect" in author.does("undo")


def test_a_new_number_needs_a_reason_in_both_languages(author: Author) -> None:
    author.does("choose:when", **{"fact:when": "complaints_open"})

    answer = author.act("add", add__value="2", add__en="two are a lot")
    assert answer.status_code == 422
    assert "Say in both languages" in text_of(answer)

    text = author.does("add", add__value="2", add__en="two are a lot", add__uk="дві – це багато")
    assert "complaints_open: {at_least: $complaints_open}" in text
    assert "+ complaints_open: + value: 2" in text
    assert "It does not differ" in author.does("remove:when/complaints_open")


def test_what_cannot_be_read_is_said_and_changes_nothing(author: Author) -> None:
    text = author.does(thresholds__satisfied__value="many")
    assert "Number: “many”" in text
    assert "It does not differ" in text

    text = author.does(explains__en="It falls by {volume_trand}.")
    assert 'explains.en: nothing fills in "{volume_trand}"' in text

    author.does("revert")
    text = author.does("open:0", status="draft")
    text = author.does(**{"cases/0/given/customer/volume_trend": "{value: [}"})
    assert "not YAML" in text


@pytest.mark.parametrize(
    ("written", "unknown"),
    [
        ("{volume_trand|month|months}", "volume_trand"),
        ("{volume_trend-volume_trand}", "volume_trand"),
        ("{theirs.volume_trand}", "volume_trand"),
    ],
)
def test_every_form_of_a_placeholder_is_checked(author: Author, written: str, unknown: str) -> None:
    text = author.does(explains__en=f"It falls by {written}.")

    assert f'explains.en: nothing fills in "{{{unknown}}}"' in text


@pytest.mark.parametrize("act", ["open:²", "copy:²", "give:²", "take:²", "give:-1", "copy:99"])
def test_a_button_that_no_page_has_is_refused(author: Author, act: str) -> None:
    name = act.partition(":")[2]

    assert author.act(act, **{f"give:{name}": "complaints_open"}).status_code in (303, 422)


def test_a_change_that_no_case_would_notice_is_mended_with_one_press(author: Author) -> None:
    author.does("remove:cases/4")
    text = author.does("look")
    assert "If this were:" in text

    text = author.does("take:0")
    assert "All 9 as expected" in text
    assert "None: every small change" in author.does("look")


def test_a_form_of_an_older_page_changes_nothing(author: Author) -> None:
    old = fields_of(author.page())
    author.does("remove:unless/any/0")

    answer = author.post(f"/workshop/{RULE}/", old | {"act": "remove:unless/any/0"})

    assert answer.status_code == 409
    assert "scale_down" not in text_of(author.get(f"/workshop/{RULE}/")).partition("Cases")[0]


def test_fields_of_other_places_are_ignored(author: Author) -> None:
    text = author.does(rule="stolen", **{"when/volume_trend/operator": "eval", "for": "person"})

    assert "It does not differ" in text
    assert author.act("remove:rule").status_code == 422
    assert author.act("explode").status_code == 400


def test_a_form_without_the_token_is_refused(author: Author) -> None:
    answer = author.client.post(
        f"/workshop/{RULE}/",
        data={"seen": "0", "act": "save"},
        headers={"origin": "http://127.0.0.1:8765"},
    )

    assert answer.status_code == 403


def test_a_draft_is_there_again_after_a_restart(
    author: Author, base: KnowledgeBase, store: Store, tmp_path: Path
) -> None:
    author.does("save", thresholds__satisfied__value="3")

    again = Workbench(rules_folder(), base, tmp_path / "drafts")
    other = Author(served(base, store, workshop=Workshop(again)), base, store)

    assert fields_of(other.page())["thresholds/satisfied/value"] == ["3"]
    assert "draft saved" in text_of(other.get("/workshop/"))


@pytest.mark.every_method
def test_the_saved_draft_is_a_rule_of_the_rule_base(
    author: Author, base: KnowledgeBase, tmp_path: Path
) -> None:
    rule = next(r for r in base.rules if r.thresholds and r.finding not in base.strategy_findings)
    threshold = rule.thresholds[0]
    author.rule = rule.name
    author.does("save", **{f"thresholds/{threshold.name}/value": f"{threshold.value + 1:g}"})

    folder = tmp_path / base.folder
    shutil.copytree(folder_of(base), folder)
    shutil.copy(tmp_path / "drafts" / rule.theme / f"{rule.name}.yaml", folder / rule.theme)

    assert load_knowledge_base(folder).rule(rule.name).thresholds[0].value == threshold.value + 1


def test_a_server_without_the_workshop_has_no_such_pages(visitor: Visitor) -> None:
    assert visitor.get("/workshop/").status_code == 404
    assert "/workshop/" not in visitor.get("/").text


def test_the_workshop_is_for_this_machine_only(tmp_path: Path) -> None:
    options = ["serve", "--workshop", str(tmp_path / "d"), "--store", str(tmp_path / "a.db")]

    for more in (["--public-url", "https://kam.example/"], ["--host", "0.0.0.0"]):  # noqa: S104 -- refused
        result = CliRunner().invoke(
            kam, [*options, *more], env={"KAM_PASSWORD": "ten letters, or more"}
        )
        assert isinstance(result.exception, KamError)


def test_drafts_are_never_saved_in_the_rule_base(base: KnowledgeBase) -> None:
    with pytest.raises(KamError, match="is in the rule base"):
        Workbench(rules_folder(), base, rules_folder() / "drafts")
