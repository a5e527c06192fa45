"""`kam session` in a pipe: questions, answers, what they change, and the file after each."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError
from kam_expert.facts.case import Case, Entity
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.changes import Slot, answers_in
from kam_expert.facts.edits import AddEntity, SetAnswer, SetComplete, SetListed
from kam_expert.knowledge.values import Interval
from kam_expert.outputs.wording import Words
from kam_expert.resources import rules_folder
from kam_expert.terminal.list_answers import list_edits
from kam_expert.terminal.screen import Screen
from kam_expert.terminal.session import Session
from kam_expert.terminal.session_file import SessionFile
from kam_expert.terminal.typed_answer import NotUnderstoodError, choices, read_answer
from tests.command import Result, run_kam
from tests.shipped import plainly_judged, shipped_privacy

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

MakeCase = Callable[[str], Case]
DAY = date(2026, 11, 1)
YES_NO = ("yes", "no")
EXAMPLES = rules_folder().parent / "examples"


@pytest.fixture(autouse=True, scope="module")
def _sessions_are_judged_plainly(*, every: bool) -> Iterator[None]:
    """Without --all, judge what a session shows the quicker way."""
    with contextlib.nullcontext() if every else plainly_judged():
        yield


def session(path: Path, lines: str, *options: str) -> Result:
    return run_kam("session", path, *options, "--date", DAY.isoformat(), lines=lines)


def skipped_before(base: KnowledgeBase, fact: str, lang: str, *, with_customer: bool) -> int:
    """Return how many questions of a new account come before that for *fact*."""
    side = "theirs" if with_customer else "ours"
    wanted = base.facts[fact].doc.question_about("", side, lang)
    shown: list[str] = []
    skipped = 0

    def read() -> str | None:
        nonlocal skipped
        if wanted in " ".join(line.strip() for line in shown):
            return None
        skipped += 1
        shown.clear()
        return "not known"

    screen = Screen(base, lang, shown.append)
    case = Case(Entity("account", "a", "A"))
    Session(case, base, DAY, screen, lambda _: None, with_customer=with_customer).run(read)
    return skipped


def test_a_new_account_has_only_a_name(tmp_path: Path, base: KnowledgeBase) -> None:
    path = tmp_path / "acme-2.yaml"

    done = session(path, "Acme & Sons\n", "--lang", "en")

    case = read_case(path, base)
    assert (done.status, done.err) == (0, "")
    assert (case.account.id, case.account.name) == ("acme-2", "Acme & Sons")
    assert "Stage: Undetermined" in done.out
    assert done.out.endswith("Stopped; all answers are saved.\n")


def test_without_a_name_no_file_is_created(tmp_path: Path) -> None:
    done = session(tmp_path / "a.yaml", "")

    assert (done.status, list(tmp_path.iterdir())) == (0, [])


@pytest.mark.parametrize(
    ("lang", "words", "says"),
    [
        (
            "en",
            ["?", "why", "fre", "free", "back", "4", "not known", "stop"],
            ["An answer can settle", "Did you mean “free”?", "no longer known", "One of: 1 –"],
        ),
        (
            "uk",
            ["?", "чому", "вільнй", "вільний", "назад", "4", "невідомо", "стоп"],
            ["Відповідь може з’ясувати", "Можливо, «", "тепер не відомо", "Одне з: 1 –"],
        ),
    ],
)
def test_a_whole_session_in_a_pipe(
    tmp_path: Path, base: KnowledgeBase, lang: str, words: list[str], says: list[str]
) -> None:
    path = tmp_path / "a.yaml"

    before = skipped_before(base, "access_to_others", lang, with_customer=True)

    lines = ["Ромашка", *before * ["невідомо"], *words]
    done = session(path, "\n".join(lines), "--lang", lang, "--with-customer")

    assert (done.status, done.err) == (0, "")
    assert [text for text in says if text not in done.out] == []
    assert max(map(len, done.out.splitlines())) <= 80
    (answer,) = answers_in(
        read_case(path, base), Slot("account", "a", "access_to_others", "theirs")
    )
    assert (answer.value, answer.as_of, answer.source) == ("free_with_notice", DAY, "said")


def test_the_file_has_each_answer_before_the_next_question(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "a.yaml"
    command = [sys.executable, "-m", "kam_expert.cli", "session", str(path), "--lang", "en"]
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
    )
    asks, shows = running.stdin, running.stdout
    assert asks is not None
    assert shows is not None

    def wait_for_a_question() -> None:
        shown = ""
        while not shown.endswith("> ") or "\n[" not in shown:
            more = shows.read(1)
            assert more, f"it ended after {shown}"
            shown += more

    asks.write("A\n")
    answered = []
    for _ in range(3):
        wait_for_a_question()
        answered.append(len(read_case(path, base).people or ()))
        asks.write(f"Person {len(answered)}\n")
    asks.close()
    running.wait()

    assert answered == [0, 1, 2]


def test_an_answer_changes_the_findings(tmp_path: Path, base: KnowledgeBase) -> None:
    before = skipped_before(base, "bad_news_from_us", "en", with_customer=False)

    lines = "A\n" + before * "not known\n" + "hidden\n"
    done = session(tmp_path / "a.yaml", lines, "--lang", "en")

    assert "+ Openness between the two sides is lacking" in " ".join(done.out.split())
    assert "[established]" in done.out


def test_an_answer_of_ours_about_the_customer_is_not_stored_as_the_customers(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "a.yaml"
    before = skipped_before(base, "bad_news_from_us", "en", with_customer=False)

    session(path, "A\n" + before * "not known\n" + "late\n", "--lang", "en")

    account = read_case(path, base).account
    assert (account.ours["bad_news_from_us"][0].value, dict(account.theirs)) == ("late", {})


def test_our_own_answer_can_be_recorded_instead_of_the_customers(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "a.yaml"

    before = skipped_before(base, "bad_news_from_us", "en", with_customer=True)

    lines = "A\n" + before * "not known\n" + "we: late\n"
    session(path, lines, "--lang", "en", "--with-customer")

    account = read_case(path, base).account
    assert (account.ours["bad_news_from_us"][0].value, dict(account.theirs)) == ("late", {})


def test_what_is_not_known_comes_again_once_at_the_end(tmp_path: Path, base: KnowledgeBase) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("account: {id: a, name: A}\n", encoding="utf-8")

    done = session(path, "not known\n" * 400, "--lang", "en", "--with-customer")

    asked = [line for line in done.out.splitlines() if line.startswith("[Ask")]
    again = [line for line in asked if "asked before" in line]
    assert done.out.endswith("There is nothing more to ask.\n")
    assert asked[len(asked) // 2 :] == again
    assert read_case(path, base).account.theirs == {}


def test_without_the_customer_its_questions_are_listed_at_the_end_and_not_asked(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("account: {id: a, name: A}\n", encoding="utf-8")

    done = session(path, "not known\n" * 400, "--lang", "en")

    asked = [line for line in done.out.splitlines() if line.startswith("[Ask")]
    again = [line for line in asked if "asked before" in line]
    assert asked[len(asked) // 2 :] == again
    assert not [line for line in asked if "customer" in line]
    end = done.out.partition("Enough for today. Only the customer can answer what is left:\n")[2]
    listed = set(" ".join(end.split()).split("; "))
    words = Words(base, read_case(path, base), "en")
    asked_of = {words.fact(name): fact.doc.asked_of for name, fact in base.facts.items()}
    assert "There is nothing more to ask." not in done.out
    assert {asked_of[name] for name in listed} == {"customer", "both"}
    assert words.fact("satisfaction_rating") in listed
    assert read_case(path, base).account.theirs == {}


def test_the_questions_of_an_example_can_all_be_answered(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "a.yaml"
    example = (EXAMPLES / "diamond_with_conductor.yaml").read_text(encoding="utf-8")
    # Of all questions left only the one for a day has no first choice.
    path.write_text(example.replace("facts:\n", "facts:\n  contract_end: none\n", 1), "utf-8")

    done = session(path, "1\n" * 60, "--lang", "en", "--with-customer")

    assert done.status == 0
    assert "not understood" not in done.out
    assert done.out.endswith("There is nothing more to ask.\n")
    assert read_case(path, base).account.theirs


def play(
    case: Case,
    base: KnowledgeBase,
    reply: Callable[[str], str | None],
    *,
    with_customer: bool = False,
) -> tuple[list[str], list[Case]]:
    """Answer questions by *reply*; return the output and the saved cases."""
    shown: list[str] = []
    saved: list[Case] = []
    screen = Screen(base, "en", shown.append)
    session = Session(case, base, DAY, screen, saved.append, with_customer=with_customer)

    def read() -> str | None:
        asked = "\n".join(shown).rpartition("\n[Ask")[2]
        return reply(asked)

    session.run(read)
    return shown, saved


def test_people_team_and_ties_are_named_when_they_matter(base: KnowledgeBase) -> None:
    answers = {
        "Whom do you know": ["Olena"],
        "Is anyone missing": ["director", "all", "Ivan", "all"],
        "Who of our team": ["Petro"],
        "Who of ours": ["1-1, 1-2"],
        "Who else is": ["1-3", "1-2", "2-2", "all"],
    }

    def reply(asked: str) -> str:
        for question, left in answers.items():
            if question in asked and left:
                return left.pop(0)
        return "not known"

    shown, saved = play(Case(Entity("account", "a", "A")), base, reply)

    case = saved[-1]
    assert answers == {question: [] for question in answers}
    assert [person.name for person in case.people or ()] == ["Olena", "director"]
    assert [member.name for member in case.team or ()] == ["Petro", "Ivan"]
    assert [link.ends for link in case.links or ()] == [("m1", "p1"), ("m1", "p2"), ("m2", "p2")]
    assert case.complete == {"people": True, "team": True, "links": True}
    assert [line for line in shown if "1-3" in line] == ["  “1-3” is not understood."]
    assert "  “1-2” is there already." in shown
    assert "In contact, as entered: 1-1, 1-2." in shown


def test_back_undoes_one_answer_after_the_other(base: KnowledgeBase) -> None:
    case = Case(Entity("account", "a", "A"))
    skipped = skipped_before(base, "access_to_others", "en", with_customer=False)
    unknown = skipped * ["not known"]
    replies = iter([*unknown, "2", *3 * ["not known"], "1", *(6 + skipped) * ["back"], None])

    shown, saved = play(case, base, lambda _: next(replies))

    answers = [len(after.account.ours) + len(after.account.theirs) for after in saved]
    assert answers == [1, 2, 1, 0]
    assert saved[-1] == case
    assert "There is no answer to undo." in shown
    questions = [line for line in shown if line.startswith("[Ask")]
    asked = [shown[shown.index(line, n) + 1] for n, line in enumerate(shown) if line in questions]
    assert asked[-1] == asked[0]
    assert asked[1] == asked[-2]


def test_a_band_is_an_answer_though_it_leaves_the_question_open(base: KnowledgeBase) -> None:
    seen: list[str] = []

    def reply(asked: str) -> str:
        seen.append(asked)
        return "0..9" if "How often in two years" in asked else "not known"

    play(Case(Entity("account", "a", "A")), base, reply)

    assert sum("How often in two years were prices changed" in asked for asked in seen) == 1


def test_the_end_is_said_where_nothing_would_change(base: KnowledgeBase) -> None:
    case = read_case(EXAMPLES / "diamond_with_conductor.yaml", base)

    def reply(asked: str) -> str:
        return "a" if "no end date" in asked else "1"

    shown, _ = play(case, base, reply, with_customer=True)
    among_us, _ = play(case, base, reply)

    assert shown[-1] == "There is nothing more to ask."
    assert "Enough for today. Only the customer can answer what is left:" in among_us
    assert "There is nothing more to ask." not in among_us


@pytest.mark.parametrize(
    ("fact", "typed", "value"),
    [
        ("bad_news_shared", "late", "late"),
        ("bad_news_shared", "LATE.", "late"),
        ("bad_news_shared", "2", "late"),
        ("bad_news_shared", "ear", "early"),
        ("bad_news_shared", "вчасно", "on_time"),
        ("main_contact_changed_12m", "так", "yes"),
        ("main_contact_changed_12m", "N", "no"),
        ("main_contact_changed_12m", "2", "no"),
        ("complaints_open", "3", 3),
        ("complaints_open", "2-4", Interval(2, 4)),
        ("complaints_open", "2 .. 4", Interval(2, 4)),
        ("revenue_12m", "26 900 000", 26_900_000),
        ("revenue_12m", "26900000.5", 26_900_000.5),
        ("revenue_rank_pct", "79%", 79),
        ("revenue_rank_pct", "a", Interval(0, 19)),
        ("revenue_rank_pct", "largest fifth", Interval(80, 100)),
        ("partnership_start", "2023-02-01", date(2023, 2, 1)),
        ("partnership_start", "1.2.2023", date(2023, 2, 1)),
        ("partnership_start", "none", "none"),
        ("contract_end", "31.12.2027", date(2027, 12, 31)),
        ("contract_end", "no contract or no end date", "none"),
        ("announced_change", "відхід на пенсію; 3", frozenset({"retirement", "scale_up"})),
        ("measure_results", "досягнуто частково", "mixed"),
        ("overdue_amount", "5 200 000", 5_200_000),
        ("payment_late_days", "two months or longer", Interval(60, 365)),
        ("need_in_words", "Bread soft for five days.", "Bread soft for five days."),
        ("strategy_sources", "1, 3", frozenset({"procurement", "technical"})),
        ("strategy_sources", "users finance", frozenset({"users", "finance"})),
        ("strategy_sources", "none", frozenset()),
        ("backup_owner", "Olena", "Olena"),
        ("backup_owner", "no", "no"),
        ("backup_owner", "none", "none"),
    ],
)
def test_an_answer_is_understood(base: KnowledgeBase, fact: str, typed: str, value: object) -> None:
    asked = base.facts[fact]

    assert read_answer(typed, asked, choices(asked, "en", YES_NO), "en") == value


@pytest.mark.parametrize(
    ("lang", "typed", "value"), [("uk", "12,5", 12.5), ("en", "12,500", 12_500), ("en", "1,5", 1.5)]
)
def test_a_comma_is_read_by_the_rules_of_the_language(
    base: KnowledgeBase, lang: str, typed: str, value: float
) -> None:
    assert read_answer(typed, base.facts["revenue_12m"], (), lang) == value


@pytest.mark.parametrize(
    ("fact", "typed", "near"),
    [
        ("bad_news_shared", "hiden", "hidden"),
        ("bad_news_shared", "7", None),
        ("main_contact_changed_12m", "maybe", None),
        ("complaints_open", "many", None),
        ("complaints_open", "-1", None),
        ("complaints_open", "1.5", None),
        ("complaints_open", "4..2", None),
        ("complaints_open", "9" * 5000, None),
        ("partnership_start", "2023-02-31", None),
        ("partnership_start", "31.2.2023", None),
        ("strategy_sources", "users, finanse", "finance"),
        ("strategy_sources", ",", None),
    ],
)
def test_an_invalid_answer_is_rejected_with_the_nearest_choice(
    base: KnowledgeBase, fact: str, typed: str, near: str | None
) -> None:
    asked = base.facts[fact]

    with pytest.raises(NotUnderstoodError) as error:
        read_answer(typed, asked, choices(asked, "en", YES_NO), "en")

    assert error.value.near == near


def test_every_choice_is_accepted_by_key_word_and_label(base: KnowledgeBase) -> None:
    for lang in ("uk", "en"):
        for fact in base.facts.values():
            offered = choices(fact, lang, YES_NO)
            for choice in offered:
                wanted = fact.read([choice.value] if fact.doc.type == "set" else choice.value)
                for typed in (choice.key, str(choice.value), choice.label):
                    assert read_answer(typed, fact, offered, lang) == wanted, (fact.name, typed)


@pytest.mark.parametrize("typed", ["", "7", "Olena", "x" * 300])
def test_a_name_has_letters_and_is_new(build: MakeCase, typed: str) -> None:
    case = build("people: [{id: p1, name: Olena}]")

    with pytest.raises(NotUnderstoodError):
        list_edits(typed, "people", case)


def test_a_list_can_be_called_empty_complete_or_incomplete(build: MakeCase) -> None:
    nobody, one = build(""), build("people: [{id: p1, name: Olena}]")

    assert list_edits("none", "people", nobody) == [
        SetListed("people", listed=True),
        SetComplete("people", complete=True),
    ]
    assert list_edits("all", "people", one) == [SetComplete("people", complete=True)]
    assert list_edits("ще", "people", one) == [SetComplete("people", complete=False)]
    assert list_edits("фінансова директорка", "people", one) == [
        AddEntity("person", "p2", "фінансова директорка")
    ]


def test_invalid_utf_8_is_not_understood(tmp_path: Path, base: KnowledgeBase) -> None:
    before = skipped_before(base, "access_to_others", "uk", with_customer=False)
    command = [sys.executable, "-m", "kam_expert.cli", "session", str(tmp_path / "a.yaml")]

    done = subprocess.run(
        command,
        input=b"A\n" + before * b"not known\n" + b"\xff\xfe\n\x1b[2J\nfree\n",
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert "Незрозуміло".encode() in done.stdout
    assert "access_to_others: {value: free," in (tmp_path / "a.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("facts: {", "not YAML"),
        ("account: {id: a}\nfacts: {trust_slef: 3}", 'Did you mean "trust_self"?'),
    ],
)
def test_an_invalid_file_is_rejected_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")

    done = session(tmp_path / "a.yaml", "1\n")

    assert done.status == 2
    assert says in done.err
    assert "Traceback" not in done.err
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", ["a.json", "a.xlsx", "a.CSV", "a.txt"])
@pytest.mark.parametrize("there", [True, False])
def test_a_file_of_another_form_is_not_turned_into_yaml(
    tmp_path: Path, name: str, *, there: bool
) -> None:
    path = tmp_path / name
    if there:
        path.write_text('{"account": {"id": "a"}}', encoding="utf-8")

    done = session(path, "A\n1\n")

    assert (done.status, done.out, done.err) == (
        2, "", f"{path}: a session writes YAML; name a file that ends in .yaml\n",
    )  # fmt: skip
    assert path.exists() is there


def test_a_missing_folder_is_reported_before_the_name_is_asked(tmp_path: Path) -> None:
    done = session(tmp_path / "nowhere" / "a.yaml", "A\n")

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{tmp_path / 'nowhere'}: no such folder")


@pytest.mark.parametrize(("lang", "says"), [("en", "Stopped;"), ("uk", "Зупинено;")])
def test_ctrl_c_ends_a_session_like_stop(
    tmp_path: Path, base: KnowledgeBase, lang: str, says: str
) -> None:
    path = tmp_path / "a.yaml"
    command = [sys.executable, "-m", "kam_expert.cli", "session", str(path), "--lang", lang]
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
    )
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write("A\nOlena\n")
    shown = ""
    while shown.count("\n[") < 2 or not shown.endswith("> "):
        shown += running.stdout.read(1)
    running.send_signal(signal.SIGINT)

    said, _ = running.communicate(timeout=60)

    assert (running.returncode, says in said) == (0, True)
    assert [person.name for person in read_case(path, base).people or ()] == ["Olena"]


def test_a_file_that_cannot_be_created_is_reported() -> None:
    done = session(Path("/proc/kam.yaml"), "A\n1\n")

    assert done.status == 2
    assert done.err.startswith("/proc/kam.yaml: cannot be written")


def test_a_file_that_somebody_else_changed_is_left_alone(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("account: {id: a, name: A}\n", encoding="utf-8")
    file = SessionFile(path)
    case = file.read(base)
    path.write_text("account: {id: a, name: B}\n", encoding="utf-8")

    with pytest.raises(KamError, match="somebody else has changed the file"):
        file.save(case)

    assert read_case(path, base).account.name == "B"


def test_a_removed_folder_loses_only_the_last_answer(tmp_path: Path, base: KnowledgeBase) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    file = SessionFile(folder / "a.yaml")
    case = file.create("A", base)
    folder.rename(tmp_path / "there")

    with pytest.raises(KamError, match="the last answer was not saved"):
        file.save(case)

    assert read_case(tmp_path / "there" / "a.yaml", base) == case


def test_a_denied_word_in_a_note_is_saved_and_named(base: KnowledgeBase) -> None:
    privacy = shipped_privacy()
    case = Case(Entity("account", "a", "A"))
    slot = Slot("account", "a", "backup_owner")
    shown: list[str] = []
    screen = Screen(base, "uk", shown.append, privacy)

    screen.warn([SetAnswer(slot, "Олена, коли шеф хворий")], case)
    screen.warn([AddEntity("person", "p1", "Хворостенко")], case)

    assert " ".join(shown).startswith("  «хворий» (здоров’я): чутливе слово в нотатці;")
    assert max(map(len, shown)) <= 80


def test_an_answer_with_a_denied_word_is_saved_with_a_warning(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "account: {id: a, name: A}\n"
        "people: [{id: p1, name: P}]\n"
        "team: [{id: m1, name: M}]\n"
        "links: [{member: m1, person: p1, link_last_two_way_days: 10}]\n"
        "complete: {people: yes, team: yes, links: yes}\n",
        encoding="utf-8",
    )
    asks = base.facts["backup_owner"].doc.question_about("P", "ours", "en")
    first = session(path, "not known\n" * 400, "--lang", "en").out.split("[Ask ")[1:]
    before = next(n for n, asked in enumerate(first) if asks in " ".join(asked.split()))

    done = session(path, "not known\n" * before + "the lazy one\nstop\n", "--lang", "en")

    assert "“lazy” (insults) is a sensitive word in a note" in " ".join(done.out.split())
    assert 'backup_owner: {value: "the lazy one"' in path.read_text(encoding="utf-8")
