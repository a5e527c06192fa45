"""A campaign from the first letter to the last return: every answer is where it belongs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from campaign_round import BEGUN, Returns, campaign_round, counted
from click.testing import CliRunner
from starlette.testclient import TestClient

from kam_expert.cli import kam
from kam_expert.facts.case_file import read_any_case
from kam_expert.facts.changes import Slot
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.edits import SetAnswer
from kam_expert.outputs.campaign_json import campaign_data
from kam_expert.outputs.campaign_page import CampaignPage
from kam_expert.store.store import Store
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings

if TYPE_CHECKING:
    from kam_expert.app.campaign_folder import CampaignFolder
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import CampaignStatus

Round = tuple["CampaignFolder", Returns, list[str]]
DAY = BEGUN + timedelta(12)
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Round:
    folder, returns, _, refused = campaign_round(tmp_path_factory.mktemp("round"), 12, 4, 1)
    return folder, returns, refused


@pytest.fixture(scope="module")
def status(played: Round) -> CampaignStatus:
    return played[0].status(DAY)


def run(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(kam, ["campaign", *map(str, args)])
    return done.exit_code, done.output


def test_every_answer_is_where_it_belongs(played: Round, base: KnowledgeBase) -> None:
    folder, returns, _ = played

    assert len(returns.truth) > 100
    assert counted(folder, base) == returns.truth


def test_the_accounts_have_the_answers_with_person_and_day(
    played: Round, base: KnowledgeBase
) -> None:
    folder, returns, _ = played
    for account in folder.campaign.accounts.values():
        name = account.source
        case = read_any_case(next((folder.folder / "cases").glob(f"{account.id}.yaml")), base)
        for (of, fact, side, by), (value, day) in returns.truth.items():
            if of != account.id or side == "predicted":
                continue
            voices = [key for key in returns.truth if key[:3] == (of, fact, side)]
            if len(voices) > 1:
                continue  # see the test of several people
            (answer,) = (case.account.ours if side == "ours" else case.account.theirs)[fact]
            assert (value_data(answer.value), answer.as_of) == (value, day), name
            assert answer.by == (account.owner if side == "ours" else by)
            assert answer.source == "said"


def test_hostile_files_are_named_and_cost_nothing_else(played: Round) -> None:
    folder, returns, refused = played
    names = " ".join(refused)

    for name in ("other.json", "other campaign.xlsx", "stranger.json", "deep.json", "empty.xlsx",
                 "bomb.xlsx", "letter.docx"):  # fmt: skip
        assert name in names
    problems = " ".join(file.name for file in folder.returned if file.problems)
    assert problems == "hostile.xlsx"
    (hostile,) = (file for file in folder.returned if file.problems)
    assert hostile.answers == ()
    told = "\n".join(hostile.problems)
    assert 'no account "no-such-account" is in this campaign' in told
    assert "this row has answers and no account in its first cell" in told
    assert "#REF!" in told
    assert all(len(line) < 300 for line in hostile.problems)
    assert len(folder.returned) + len(refused) == len(list(returns.to.iterdir()))


def test_copies_are_known_and_every_version_is_kept(played: Round) -> None:
    folder, returns, refused = played
    kept = list((folder.folder / "returned").iterdir())
    copies = [path for path in returns.to.iterdir() if path.name.startswith("copy of ")]

    assert copies
    assert sum("was taken already (the same as " in line for line in refused) == len(copies)
    assert len(kept) == len(folder.returned)
    assert any(file.name.startswith("corrected ") for file in folder.returned)


def test_status_says_who_answered_and_whom_to_remind(played: Round, status: CampaignStatus) -> None:
    _, returns, _ = played
    answered = {account.id for account, row in status.progress("customer") if row.answered}

    assert answered == returns.customers
    assert {o for o, rows in status.owners.items() if any(r.answered for r in rows)} == (
        returns.owners
    )
    assert {
        account.id for account, row in status.progress("customer") if row.why == "declined"
    } == (returns.declined)
    for rows in (status.progress("us"), status.progress("customer")):
        for _, row in rows:
            assert set(row.open) <= set(row.asked) - set(row.answered)
            if row.next == "remind":
                assert row.open
            if row.next == "done":
                assert set(row.asked) <= set(row.answered)


def test_nobody_is_asked_after_the_last_day(played: Round) -> None:
    late = played[0].status(played[0].campaign.stop + timedelta(1))

    assert {row.next for each in (late.progress("us"), late.progress("customer"))
            for _, row in each} <= {"done", "stop"}  # fmt: skip
    early = played[0].status(BEGUN)
    assert "remind" not in {row.next for _, row in early.progress("us")}


def test_several_people_give_a_range_and_disagree(
    played: Round, status: CampaignStatus, base: KnowledgeBase
) -> None:
    folder, returns, _ = played
    ranges = 0
    for account in folder.campaign.accounts.values():
        case = read_any_case(folder.folder / "cases" / f"{account.id}.yaml", base)
        for fact in account.customer:
            said = {
                str(value)
                for (of, name, side, _), (value, _) in returns.truth.items()
                if (of, name, side) == (account.id, fact, "theirs")
            }
            if len(said) < 2:
                continue
            answers = case.account.theirs.get(fact, ())
            if base.facts[fact].is_number:
                ranges += 1
                low, high = (pick(map(float, said)) for pick in (min, max))
                assert value_data(answers[-1].value) == f"{low:g}..{high:g}"
            else:
                assert not answers
    assert ranges
    assert any(row.disagree for row in status.accounts)


def test_a_prediction_is_beside_the_answer(played: Round, status: CampaignStatus) -> None:
    truth = played[1].truth
    made = [one for row in status.accounts for one in row.predictions]

    assert made
    for one in made:
        assert one.predicted == truth[one.account, one.fact, "predicted", ""][0]
        said = [v for (a, f, s, _), (v, _) in truth.items()
                if (a, f, s) == (one.account, one.fact, "theirs")]  # fmt: skip
        assert (one.answered is None) == (not said or len({str(v) for v in said}) > 1) or (
            isinstance(one.answered, str)
        )
    cases = (played[0].folder / "cases").glob("*.yaml")
    assert all("predicted" not in path.read_text(encoding="utf-8") for path in cases)


def test_what_was_settled_is_measured(status: CampaignStatus) -> None:
    data = campaign_data(status)
    changed = data["changed"]

    assert changed["accounts"] == sum(row.settled is not None for row in status.accounts) > 0
    assert changed["firm"][1] > changed["firm"][0]
    json.dumps(data)


def test_what_leaves_the_company_has_nothing_of_the_account_but_its_name(played: Round) -> None:
    folder, _, _ = played
    for account in folder.campaign.accounts.values():
        to = folder.folder / "customers" / account.id
        page = (to / "questions.html").read_text(encoding="utf-8")
        letters = [(to / f"letter.{lang}.txt").read_text(encoding="utf-8") for lang in ("uk", "en")]
        assert set(re.findall(r'data-fact="(\w+)"', page)) == set(account.customer)
        assert folder.campaign.id in page
        for text in (page, *letters):
            assert account.owner not in text
            assert "revenue_12m" not in text
        assert "22 листопада 2026" not in letters[1]
        assert all(text.count(account.name) == 1 for text in letters)


def test_the_commands(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    code, out = run("new", EXAMPLES, "-o", sent, "--lang", "en", "--date", "2026-11-01")
    assert (code, "10 accounts" in out) == (0, True), out
    code, out = run("new", EXAMPLES, "-o", sent)
    assert code == 1
    plan = json.loads((sent / "campaign.json").read_text(encoding="utf-8"))
    answer = {
        "campaign": plan["id"],
        "account": {"id": "sim-kliuchiv"},
        "customer": {"satisfaction_rating": 2, "trust_other": "nonsense"},
    }
    (tmp_path / "answers.json").write_text(json.dumps(answer), encoding="utf-8")
    code, out = run("take", sent, tmp_path / "answers.json", "--date", "2026-11-03")
    assert code == 1
    assert "1 files taken with 1 answers" in out
    assert "trust_other" in out
    code, out = run("status", sent, "--lang", "en", "--date", "2026-11-10", "--format", "json")
    assert code == 0
    data = json.loads(out)
    assert data["response"]["customer"]["answered"] == 1
    code, out = run("status", sent, "--date", "2026-11-10")
    assert (code, "Клієнти: відповіли 1 з" in out) == (0, True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "is no folder of a campaign"),
        (lambda path: (path / "campaign.json").write_text("{", encoding="utf-8"), "is damaged"),
        (lambda path: (path / "campaign.json").write_text("{}", encoding="utf-8"), "is damaged"),
    ],
)
def test_a_folder_that_is_no_campaign_is_named(tmp_path: Path, make: object, message: str) -> None:
    make(tmp_path)  # type: ignore[operator]
    done = CliRunner().invoke(kam, ["campaign", "status", str(tmp_path)])

    assert message in str(done.exception)


def test_dates_of_another_clock_do_not_lie_in_the_future(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    run("new", EXAMPLES, "-o", sent, "--date", "2026-11-01")
    answer = {
        "account": {"id": "sim-kliuchiv"},
        "customer": {"satisfaction_rating": {"value": 2, "as_of": "2031-01-01"}},
    }
    (tmp_path / "a.json").write_text(json.dumps(answer), encoding="utf-8")
    run("take", sent, tmp_path / "a.json", "--date", "2026-11-03")
    told = json.loads((sent / "returned.jsonl").read_text(encoding="utf-8"))

    assert told["answers"][0]["day"] == date(2026, 11, 3).isoformat()


def test_two_people_who_differ_widely_are_a_finding(tmp_path: Path, base: KnowledgeBase) -> None:
    sent = tmp_path / "sent"
    run("new", EXAMPLES, "-o", sent, "--date", "2026-11-01")
    for by, mark in (("buyer", 1), ("engineer", 5)):
        answers = {"satisfaction_rating": mark, "trust_other": mark, "access_to_others": "free"}
        told = {
            "account": {"id": "sim-kliuchiv"},
            "customer": {fact: {"value": value, "by": by} for fact, value in answers.items()},
        }
        (tmp_path / f"{by}.json").write_text(json.dumps(told), encoding="utf-8")
    code, out = run("take", sent, tmp_path / "buyer.json", tmp_path / "engineer.json")
    assert code == 0, out

    case = read_any_case(sent / "cases" / "sim-kliuchiv.yaml", base)
    rating = case.account.theirs["satisfaction_rating"][-1]
    assert (value_data(rating.value), rating.by) == ("1..5", "buyer; engineer")
    assert case.account.theirs["access_to_others"][-1].value == "free"
    assert case.account.ours["customer_voices_apart"][-1].value == 2
    _, out = run("status", sent, "--lang", "en")
    assert "People of one customer disagree in 1 accounts." in out.replace("\n", " ")
    assert "different views among the customer’s people" in out.replace("\n ", "")


def test_a_store_gets_the_answers_once(tmp_path: Path, base: KnowledgeBase) -> None:
    url = str(tmp_path / "accounts.db")
    store = Store.open(url, base)
    key = store.add(read_any_case(EXAMPLES / "public_buyer.yaml", base))
    store.close()
    sent = tmp_path / "sent"
    code, out = run("new", url, "-o", sent, "--date", "2026-11-01", "--url", "https://kam.example")
    assert code == 0, out
    letter = next((sent / "customers").glob("*/letter.en.txt")).read_text(encoding="utf-8")
    assert "https://kam.example/c/" in letter
    identity = json.loads((sent / "campaign.json").read_text(encoding="utf-8"))[
        "accounts"
    ].popitem()
    for mark in (2, 4, 4):
        rating = {"value": mark, "by": "buyer", "as_of": f"2026-11-0{mark}"}
        told = {"account": {"id": identity[0]}, "customer": {"satisfaction_rating": rating}}
        (tmp_path / "a.json").write_text(json.dumps(told), encoding="utf-8")
        run("take", sent, tmp_path / "a.json", "--date", "2026-11-09")
    store = Store.open(url, base)
    try:
        state = store.state(key)
    finally:
        store.close()
    assert state.version == 3
    assert [a.value for a in state.case.account.theirs["satisfaction_rating"]][-2:] == [2, 4]


def test_answers_on_the_customers_page_are_taken_once(tmp_path: Path, base: KnowledgeBase) -> None:
    url = str(tmp_path / "accounts.db")
    store = Store.open(url, base)
    case = read_any_case(EXAMPLES / "public_buyer.yaml", base)
    key = store.add(case)
    sent = tmp_path / "sent"
    run("new", url, "-o", sent, "--date", "2020-01-01")
    slot = Slot("account", case.account.id, "satisfaction_rating", "theirs")
    edit = SetAnswer(slot, 3, "said", "engineer", date(2026, 11, 3))
    store.record(key, [edit], by="customer/engineer", seen=1)
    store.record(key, [SetAnswer(slot, 5, "said", "us", date(2026, 11, 4))], by="us", seen=2)
    store.close()

    assert "1 files taken with 1 answers" in run("take", sent)[1]
    assert "0 files taken" in run("take", sent)[1]
    _, out = run("status", sent, "--format", "json", "--date", "2026-11-20")
    (account,) = json.loads(out)["accounts"]
    assert account["customer"]["people"] == ["engineer"]


def test_a_campaign_is_erased_when_its_retention_is_over(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    run("new", EXAMPLES, "-o", sent, "--date", "2025-11-01")
    until = json.loads((sent / "campaign.json").read_text(encoding="utf-8"))["keep_until"]
    (sent / "my notes.txt").write_text("mine")

    code, out = run("expire", sent, "--yes", "--date", until)
    assert (code, out) == (0, f"{sent}: kept until {until}\n")
    assert (sent / "campaign.json").is_file()
    code, out = run("expire", sent, "--yes", "--date", "2027-01-01")
    assert code == 0
    assert "not of the campaign, left: my notes.txt" in out
    assert [path.name for path in sent.iterdir()] == ["my notes.txt"]


def test_answers_of_an_expired_campaign_leave_every_version_of_a_store(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    url = str(tmp_path / "accounts.db")
    store = Store.open(url, base)
    case = read_any_case(EXAMPLES / "public_buyer.yaml", base)
    key = store.add(case)
    slot = Slot("account", case.account.id, "satisfaction_rating", "theirs")
    # The consultant heard this in a talk, on another day.
    store.record(key, [SetAnswer(slot, 2, "said", "buyer", date(2026, 10, 20))], by="us", seen=1)
    store.close()
    sent = tmp_path / "sent"
    run("new", url, "-o", sent, "--date", "2026-11-01")
    told = {
        "account": {"id": case.account.id},
        "customer": {
            "satisfaction_rating": {"value": 1, "by": "Canary Person", "as_of": "2026-11-03"}
        },
    }
    (tmp_path / "a.json").write_text(json.dumps(told), encoding="utf-8")
    run("take", sent, tmp_path / "a.json", "--date", "2026-11-04")
    assert b"Canary Person" in Path(url).read_bytes()

    code, out = run("expire", sent, "--yes", "--date", "2028-01-01")

    assert (code, out) == (0, f"{sent}: erased, in 1 accounts of {url} too\n")
    assert not sent.exists()
    files = [path.read_bytes() for path in tmp_path.glob("accounts.db*")]
    assert not any(b"Canary Person" in data for data in files)
    store = Store.open(url, base)
    state = store.state(key)
    versions = [store.state(key, number).case for number in range(1, state.version + 1)]
    store.close()
    assert [a.value for a in state.case.account.theirs["satisfaction_rating"]][-1:] == [2]
    assert all(
        1 not in [a.value for a in v.account.theirs.get("satisfaction_rating", ())]
        for v in versions
    )


def test_the_live_session_shows_the_campaign(
    status: CampaignStatus, base: KnowledgeBase, tmp_path: Path
) -> None:
    store = Store.open(str(tmp_path / "accounts.db"), base)
    settings = Settings("127.0.0.1", 8765, "en", lambda: DAY, "s" * 40)
    with_campaign = replace(settings, campaign=lambda _: status)
    shown, missing = (
        TestClient(make_app(store, base, one), base_url="http://127.0.0.1:8765")
        for one in (with_campaign, settings)
    )
    page = CampaignPage(status, base, "en")
    try:
        assert "/campaign/" in shown.get("/").text
        text = shown.get("/campaign/").text
        assert "/campaign/" not in missing.get("/").text
        assert missing.get("/campaign/").status_code == 404
    finally:
        store.close()

    assert page.sentences[0] in text
    for account, _ in status.progress("customer"):
        assert account.name in text
    assert [row.next == "remind" for row in page.customers] == sorted(
        (row.next == "remind" for row in page.customers), reverse=True
    )
