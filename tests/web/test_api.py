"""The HTTP interface for programs: tokens, rights, limits, answers, failures, its description."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fuzz_api import answers, api_settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from kam_expert.errors import KamError, ProblemsError
from kam_expert.facts.case_reader import build_case, read_case
from kam_expert.knowledge.json_reader import ROOT, read_json
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.resources import methods_folder, schemas_folder
from kam_expert.store.store import Store
from kam_expert.store.users import UserRole
from kam_expert.web.api import api_app
from kam_expert.web.api.openapi import openapi_document
from kam_expert.web.api.operations import OPERATIONS
from kam_expert.web.app import make_app
from kam_expert.web.rate_limit import RateLimit
from tests.command import run_kam
from tests.shipped import shipped_base, shipped_privacy
from tests.web.conftest import ADDRESS, DAY, EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from kam_expert.knowledge.base import KnowledgeBase

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
CASE = EXAMPLES / "friendly_single_thread.yaml"
WRITING = [one for one in OPERATIONS if one.role is UserRole.COLLEAGUE]


class Program:
    """A program with a token."""

    def __init__(self, store: Store, role: UserRole = UserRole.COLLEAGUE, **changes: Any) -> None:
        self.store = store
        self.token = store.programs.add(f"CRM {role.value}", role)
        app = make_app(store, shipped_base(), api_settings(**changes), shipped_privacy())
        self.client = TestClient(app, base_url=ADDRESS)
        self.client.headers["authorization"] = f"Bearer {self.token}"

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.client.get(f"/api/v1{path}", **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        return self.client.post(f"/api/v1{path}", json=body, **options)


@pytest.fixture
def program(store: Store) -> Program:
    return Program(store)


@pytest.fixture
def key(store: Store, base: KnowledgeBase) -> str:
    return store.add(read_case(CASE, base))


def places(answer: httpx2.Response) -> list[str]:
    return [one["place"] for one in answer.json()["problems"]]


# Tokens, rights and limits


def test_without_a_token_nothing_is_answered(program: Program, key: str) -> None:
    for operation in OPERATIONS:
        path = operation.path.replace("{key}", key).replace("{name}", "partnership")
        answer = program.client.request(
            operation.method, f"/api/v1{path}", headers={"authorization": ""}, json={}
        )

        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_ends_when_its_program_is_removed(program: Program) -> None:
    assert program.get("/accounts").status_code == 200

    program.store.programs.remove("crm  COLLEAGUE")

    assert program.get("/accounts").status_code == 401


def test_only_the_digest_of_a_token_is_stored(program: Program, tmp_path: Path) -> None:
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())

    assert program.token.encode() not in kept
    assert b"CRM colleague" in kept


def test_wrong_tokens_of_an_address_are_limited(program: Program) -> None:
    wrong = {"authorization": "Bearer kam_wrong"}

    statuses = [program.get("/accounts", headers=wrong).status_code for _ in range(22)]

    assert statuses == [401] * 20 + [429] * 2
    assert program.get("/accounts").status_code == 200  # another program goes on


def test_requests_of_a_program_are_limited(store: Store) -> None:
    one = Program(store, api_rate=3)

    found = [one.get("/rules") for _ in range(4)]

    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    assert int(found[-1].headers["retry-after"]) == api_app.MINUTE


def test_the_limit_ends_with_the_minute() -> None:
    now = [0.0]
    limit = RateLimit(1, api_app.MINUTE, lambda: now[0])

    found = [limit.exceeds("a"), limit.exceeds("a"), limit.exceeds("b")]
    now[0] = api_app.MINUTE + 1.0

    assert [*found, limit.exceeds("a")] == [False, True, False, False]


@pytest.mark.parametrize("operation", WRITING, ids=lambda one: one.name)
def test_a_reader_cannot_write(operation: Any, store: Store, key: str) -> None:
    reader = Program(store, UserRole.READER)
    before = store.state(key), store.accounts(), store.inbox(key).entries()

    answer = reader.post(operation.path.replace("{key}", key), {})

    assert answer.status_code == 403
    assert (store.state(key), store.accounts(), store.inbox(key).entries()) == before


def test_no_program_is_an_owner(store: Store) -> None:
    with pytest.raises(KamError, match="an owner is a person"):
        store.programs.add("CRM", UserRole.OWNER)


def test_the_commands_manage_programs(tmp_path: Path) -> None:
    url = str(tmp_path / "a.db")

    token = run_kam("store", "token", "add", url, "CRM", "--role", "colleague").out.strip()
    again = run_kam("store", "token", "add", url, "crm")
    listed = run_kam("store", "token", "list", url).out
    wrong = run_kam("store", "token", "remove", url, "CMR")
    run_kam("store", "token", "remove", url, "CRM")

    assert re.fullmatch(r"kam_[\w-]{43}", token)
    assert "already" in again.err
    assert listed.split() == ["colleague", "CRM"]
    assert 'Did you mean "CRM"' in wrong.err
    assert run_kam("store", "token", "list", url).out == ""


def test_without_api_there_is_no_interface(store: Store) -> None:
    assert Program(store, api_rate=None).get("/accounts").status_code == 404


# Answers


@pytest.mark.parametrize("edition", ["consultant", "client", "customer"])
def test_a_diagnosis_and_a_plan_are_those_of_the_command(
    edition: str, program: Program, key: str
) -> None:
    asked = ["--edition", edition, "--date", DAY.isoformat()]

    diagnosis = program.get(f"/accounts/{key}/diagnosis", params={"edition": edition})
    plan = program.get(f"/accounts/{key}/plan", params={"edition": edition})

    said = run_kam("diagnose", CASE, "--format", "json", *asked).out
    # The origin of an answer is a line of the case file, which an account of the store has not.
    assert without_lines(diagnosis.json()) == without_lines(json.loads(said))
    told = run_kam("plan", CASE, "--json", *asked).out
    assert without_lines(plan.json()) == without_lines(json.loads(told))


def without_lines(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: without_lines(value) for key, value in data.items() if key != "origin"}
    return [without_lines(one) for one in data] if isinstance(data, list) else data


def test_a_case_comes_back_as_it_was_sent(program: Program, key: str, base: KnowledgeBase) -> None:
    sent = program.get(f"/accounts/{key}/case").json()
    sent["account"]["id"] = "another"
    schema = json.loads((schemas_folder() / "case.schema.json").read_text(encoding="utf-8"))

    added = program.post("/accounts", sent)

    Draft202012Validator(schema).validate(sent)
    assert added.status_code == 201
    assert program.get(f"/accounts/{added.json()['key']}/case").json() == sent
    case = build_case(read_json(json.dumps(sent).encode()), base, ROOT)
    assert program.store.state(added.json()["key"]).case.digest() == case.digest()
    assert program.store.history(added.json()["key"])[0].by == "CRM colleague"


def test_an_account_is_found_by_the_id_of_its_case(program: Program, key: str) -> None:
    identity = program.store.state(key).case.account.id

    found = program.get("/accounts", params={"id": identity}).json()

    assert [one["key"] for one in found["accounts"]] == [key]
    assert program.get("/accounts", params={"id": "x"}).json() == {"total": 0, "accounts": []}
    assert program.get("/accounts", params={"offset": 1}).json() == {"total": 1, "accounts": []}


def test_a_second_account_of_one_id_is_refused_with_the_key(program: Program, key: str) -> None:
    identity = program.store.state(key).case.account.id

    answer = program.post("/accounts", {"account": {"id": identity}})

    assert (answer.status_code, answer.json()["key"]) == (409, key)


def test_answers_are_recorded_by_the_program(program: Program, key: str) -> None:
    body = {
        "answers": [
            {"fact": "complaints_open", "value": 2, "as_of": "2026-11-20", "by": "CRM"},
            {"fact": "open_to_us", "about": "p1", "value": "4", "source": "observed"},
            {"fact": "top_selection_criterion", "side": "theirs", "value": "price"},
            {"fact": "gross_margin_pct", "value": None},
        ]
    }

    answer = program.post(f"/accounts/{key}/answers", body)

    case = program.store.state(key).case
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert program.store.history(key)[-1].by == "CRM colleague"
    assert case.account.ours["complaints_open"][-1].value == 2
    assert case.account.theirs["top_selection_criterion"][-1].value == "price"
    assert next(p for p in case.people or () if p.id == "p1").ours["open_to_us"][-1].value == 4
    assert "gross_margin_pct" not in case.account.ours


def test_an_answer_that_somebody_else_changed_is_a_conflict(program: Program, key: str) -> None:
    one = {"fact": "complaints_open", "value": 2}
    program.post(f"/accounts/{key}/answers", {"answers": [one]})

    late = program.post(f"/accounts/{key}/answers", {"seen": 1, "answers": [one | {"value": 3}]})

    assert (late.status_code, late.json()["version"]) == (409, 2)
    assert program.store.state(key).version == 2


def test_questions_are_answered(program: Program, key: str) -> None:
    diagnosis = program.get(f"/accounts/{key}/diagnosis").json()
    finding = diagnosis["findings"][0]["id"]
    asked: dict[str, httpx2.Response] = {
        "ask": program.get(f"/accounts/{key}/questions", params={"top": 3}),
        "why": program.get(f"/accounts/{key}/why/{finding}"),
        "why_not": program.get(f"/accounts/{key}/why-not/partnership"),
        "what_if": program.post(f"/accounts/{key}/what-if", {"changes": ["complaints_open=9"]}),
        "review": program.get(f"/accounts/{key}/review", params={"since": "2026-11-01"}),
    }

    assert {name: answer.status_code for name, answer in asked.items()} == dict.fromkeys(asked, 200)
    assert all(answer.json()[name] for name, answer in asked.items())
    assert len(asked["ask"].json()["ask"]["questions"]) == 3
    assert program.store.state(key).version == 1


def test_a_report_runs_nothing_in_a_browser(program: Program, key: str) -> None:
    answer = program.get(f"/accounts/{key}/report", params={"lang": "uk"})

    assert '<html lang="uk">' in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_proposal_waits_in_the_inbox(program: Program, key: str) -> None:
    before = program.get(f"/accounts/{key}/diagnosis").text
    fact = {"fact": "gross_margin_pct", "value": 27, "note": "n.txt", "line": 1,
            "quote": "Gross margin fell to 27 percent."}  # fmt: skip
    notes = [{"name": "n.txt", "text": fact["quote"]}]

    told = program.post(
        f"/accounts/{key}/proposals",
        {"notes": notes, "facts": [fact, fact | {"quote": "Gross margin rose to 27 percent."}]},
    ).json()["results"]

    assert [one["status"] for one in told] == ["proposed", "refused"]
    (found,) = program.get(f"/accounts/{key}/proposals").json()["proposals"]
    assert (found["value"], found["quote"], found["status"]) == (27, fact["quote"], "open")
    assert program.get(f"/accounts/{key}/diagnosis").text == before


# Failures


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"account": {"id": "a"}, "facts": {"complaints_opn": 1}},
         ("#/facts/complaints_opn", "complaints_open")),
        ({"account": {"id": "a"}, "facts": {"complaints_open": "many"}},
         ("#/facts/complaints_open", "many")),
        ({"account": {"id": "a"}, "people": [{"id": "p/1"}, {"id": "b", "rle": 1}]},
         ("#/people/1/rle", "rle")),
        ({"acount": {"id": "a"}}, ("#/acount", "account")),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place_and_the_nearest_name(
    body: dict[str, Any], expected: tuple[str, str], program: Program
) -> None:
    answer = program.post("/accounts", body)

    found = {one["place"]: one["message"] for one in answer.json()["problems"]}
    assert answer.status_code == 422
    assert expected[1] in found[expected[0]]


def test_every_mistake_in_answers_is_named_and_none_is_recorded(program: Program, key: str) -> None:
    body = [
        {"fact": "complaints_open", "value": 2},
        {"fact": "complaints_opn", "value": 2},
        {"fact": "open_to_us", "about": "p9", "value": 4},
        {"fact": "complaints_open", "value": 2, "as_of": "2027-01-01"},
        {"fact": "complaints_open", "value": -1},
    ]

    answer = program.post(f"/accounts/{key}/answers", {"answers": body})

    assert places(answer) == ["#/answers/1/fact", "#/answers/2", "#/answers/3", "#/answers/4/value"]
    assert program.store.state(key).version == 1


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", "not JSON"), (b"{", "not JSON"), (b"\xff", "not UTF-8"), (b"[1e999]", "1e999"),
        (b'{"a": 1, "a": 2}', "duplicate"), (b'["\\u0000"]', "U+0000"), (b"NaN", "NaN"),
        (b'["\\ud800"]', "U+D800"), (b"[" * 50 + b"]" * 50, "deeper"), (b"[" * 99_999, "deeper"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_not_read(sent: bytes, expected: str) -> None:
    with pytest.raises(ProblemsError, match=re.escape(expected)):
        read_json(sent)


def test_json_is_read_as_yaml_reads_it() -> None:
    text = (
        '{"a": [1, 2.50, "3", true, null, "\\ud83d\\ude00"], "b/~": {"c": 123456789012345678901}}'
    )

    node = read_json(text.encode())

    assert node == {
        "a": [1, 2.5, "3", True, None, "😀"], "b/~": {"c": "123456789012345678901"},
    }  # fmt: skip
    assert node["a"].raw == ["1", "2.50", "3", "true", "null", "😀"]
    assert str(node["b/~"].at("c")) == "#/b~1~0/c"


def test_failures_outside_of_an_operation_are_problems_too(program: Program) -> None:
    found = {
        404: program.get("/nothing"),
        405: program.client.delete("/api/v1/accounts"),
        413: program.client.post("/api/v1/accounts", content=b"x" * 4_000_001),
        421: program.get("/accounts", headers={"host": "evil.example"}),
        403: program.post("/accounts", headers={"origin": "https://evil.example"}),
        422: program.get("/accounts", params={"limt": 3}),
    }

    assert {status: answer.status_code for status, answer in found.items()} == {
        status: status for status in found
    }
    for status, answer in found.items():
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
    assert set(found[405].headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert 'Did you mean "limit"' in found[422].json()["detail"]


@pytest.mark.parametrize("key", ["nothing", "a b", "Ї", "a'--", "a%0A"])
def test_an_unknown_account_is_not_found(key: str, program: Program) -> None:
    answer = program.get(f"/accounts/{key}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_fault_of_ours_tells_nothing(
    program: Program, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "kam_expert.web.service.AccountService.account", lambda *_: 1 / 0, raising=True
    )

    answer = program.get(f"/accounts/{key}/diagnosis")

    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text


# The description


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, str]]:
    """A program and an account by a method with few facts, whose requests are made fast."""
    folder = methods_folder() / "relationship_quality"
    base = load_knowledge_base(folder)
    store = Store.open(str(tmp_path_factory.mktemp("api") / "a.db"), base)
    key = store.add(build_case(read_json(b'{"account": {"id": "a", "name": "A"}}'), base, ROOT))
    one = Program(store)
    one.client.app = make_app(store, base, api_settings(), load_privacy(folder, base))
    yield one, key
    store.close()


def test_the_description_is_valid_and_has_every_operation(small: tuple[Program, str]) -> None:
    program, _ = small
    document = served_by(program).get("/api/v1/openapi.json").json()

    validate(document)
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert described == {(one.method, one.path) for one in OPERATIONS}


def served_by(program: Program) -> TestClient:
    headers = {"authorization": f"Bearer {program.token}"}
    return TestClient(program.client.app, base_url=ADDRESS, headers=headers)


@pytest.mark.long
def test_the_description_with_all_facts_is_valid() -> None:
    validate(openapi_document(shipped_base(), OPERATIONS, "/api/v1"))


def test_random_requests_get_the_answers_that_are_described(small: tuple[Program, str]) -> None:
    program, key = small

    names, parts = {"key": key, "name": "partnership"}, ("kam", "account", "comments")
    found = answers(program.client.app, program.token, names, 2, parts=parts)

    assert len(found) == len(OPERATIONS)
    assert {status for counts in found.values() for status in counts} <= {
        200, 201, 401, 404, 409, 413, 422,
    }  # fmt: skip
    assert all(sum(counts.values()) >= 2 for counts in found.values())


# What the page shows


def test_the_page_names_every_operation() -> None:
    page = PAGE.read_text(encoding="utf-8")

    rows = set(re.findall(r"^\| `(GET|POST) ([^`]+)` ", page, re.MULTILINE))

    assert rows == {(one.method, one.path) for one in OPERATIONS}


@contextmanager
def serving(tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """Serve an account; yield the address, a token and the key of the account."""
    base = shipped_base()
    store = Store.open(str(tmp_path / "team.db"), base)
    key = store.add(read_case(CASE, base))
    token = store.programs.add("CRM", UserRole.COLLEAGUE)
    store.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kam_expert.cli", "serve", "--api", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--store", "team.db"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(PAGE.parents[1])},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address, token, key
    finally:
        server.terminate()
        server.wait(30)


def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    shell = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    script = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(shell) >= 3
    assert len(script) == 1
    with serving(tmp_path) as (address, token, key):
        env = {"PATH": "/usr/bin:/bin", "KAM_TOKEN": token, "KEY": key}
        for block in shell:
            text = block.replace("http://127.0.0.1:8765", address)
            done = subprocess.run(
                ["/bin/sh", "-euc", text], env=env, cwd=tmp_path, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{shlex.quote(block)}: {done.stderr}"
        ran = subprocess.run(
            [sys.executable, "-c", script[0].replace("http://127.0.0.1:8765", address)],
            env=env, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    stage, problem = ran.stdout.splitlines()
    assert re.fullmatch(r"Меблева фабрика «Горіхова Гілка»: \w+", stage)
    assert problem.startswith('#/facts/complaints_opn unknown fact "complaints_opn". Did you mean')
