"""The server of the Model Context Protocol, driven by the official client over stdio."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from kam_expert.resources import examples_folder
from kam_expert.store.store import Store
from tests.event_loop import finished
from tests.shipped import example
from tests.web.conftest import served

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

DAY = "2026-11-20"
NOTES = Path(__file__).parent / "notes"
ROOT = Path(__file__).resolve().parents[2]
TOOLS = {
    "ask", "diagnose", "entities", "plan", "propose_facts", "questions", "review", "vocabulary",
    "what_if", "why", "why_not",
}  # fmt: skip


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the server answered to one client that used everything."""
    case = tmp_path_factory.mktemp("mcp") / "hilka.yaml"
    shutil.copy(examples_folder() / "friendly_single_thread.yaml", case)
    return finished(_talk(case))


def _server(path: Path) -> StdioServerParameters:
    command = ["-m", "kam_expert.cli", "mcp", str(path), "--notes", str(NOTES), "--date", DAY]
    return StdioServerParameters(
        command=sys.executable, args=command, env=dict(os.environ), cwd=str(ROOT)
    )


async def _talk(case: Path) -> dict[str, Any]:
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "diagnose": ("diagnose", {}),
        "questions": ("questions", {"top": 3}),
        "ask": ("ask", {}),
        "vocabulary": ("vocabulary", {"theme": "price"}),
        "all words": ("vocabulary", {}),
        "entities": ("entities", {}),
        "why": ("why", {"name": "friendly_single_thread"}),
        "unknown": ("why", {"name": "dependence_risks"}),
        "what_if": ("what_if", {"changes": ["complaints_open=9"]}),
        "bad what_if": ("what_if", {"changes": ["complaints_opened=9"]}),
        "plan": ("plan", {}),
        "review": ("review", {"since": "2026-09-01"}),
        "propose": ("propose_facts", {"facts": [
            {"fact": "gross_margin_pct", "value": 27, "note": "2026-10-13-finance.txt", "line": 2,
             "quote": "Gross margin fell to 27 percent."},
            {"fact": "gross_margin_pct", "value": 27, "note": "2026-10-13-finance.txt", "line": 2,
             "quote": "Gross margin rose to 27 percent."},
        ]}),
        "no fact": ("propose_facts", {"facts": [{"value": 27}]}),
        "again": ("diagnose", {}),
    }  # fmt: skip
    told: dict[str, Any] = {}
    async with Client(_server(case)) as client:
        told["tools"] = {tool.name for tool in (await client.list_tools()).tools}
        for name, (tool, arguments) in calls.items():
            told[name] = await client.call_tool(tool, arguments)
        finding = _data(told["diagnose"])["findings"][0]["id"]
        told["why"] = await client.call_tool("why", {"name": finding})
        told["why_not"] = await client.call_tool("why_not", {"name": "partnership"})
        told["resources"] = {str(one.uri) for one in (await client.list_resources()).resources}
        told["rules"] = await client.read_resource("kam://rules")
        rule = json.loads(told["rules"].contents[0].text)[0]["rule"]
        told["rule"] = await client.read_resource(f"kam://rule/{rule}")
        told["report"] = await client.read_resource("kam://report/uk")
        told["note"] = await client.read_resource("note://2026-10-13-finance.txt")
        for uri in ("note://../hilka.yaml", "note://nothing.txt", "kam://report/fr"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)
    return told


def _data(result: Any) -> Any:
    assert not result.is_error, result.content[0].text
    content = result.structured_content
    return content["result"] if set(content) == {"result"} else content


def test_every_tool_is_offered_and_answers(talk: dict[str, Any]) -> None:
    assert talk["tools"] == TOOLS
    for name in TOOLS - {"propose_facts"}:
        assert _data(talk[name])


def test_answers_are_those_of_the_commands(talk: dict[str, Any]) -> None:
    assert _data(talk["diagnose"])["account"]["id"] == "horikhova-hilka"
    assert len(_data(talk["ask"])["ask"]["questions"]) == 1
    assert len(_data(talk["questions"])["ask"]["questions"]) == 3
    assert _data(talk["why_not"])["why_not"]
    assert _data(talk["plan"])["moves"]


def test_the_vocabulary_can_be_narrowed(talk: dict[str, Any]) -> None:
    some, all_ = _data(talk["vocabulary"]), _data(talk["all words"])

    assert {fact["theme"] for fact in some} == {"price"}
    assert len(all_) > len(some) > 0


def test_an_error_is_the_line_that_a_command_prints(talk: dict[str, Any]) -> None:
    assert talk["unknown"].is_error
    assert 'Did you mean "dependence_risk"' in talk["unknown"].content[0].text
    assert 'Did you mean "complaints_open"' in talk["bad what_if"].content[0].text
    assert talk["no fact"].is_error


def test_a_proposal_waits_and_an_invented_quotation_is_refused(talk: dict[str, Any]) -> None:
    taken, refused = _data(talk["propose"])

    assert (taken["status"], refused["status"]) == ("proposed", "refused")
    assert "does not occur" in refused["reason"]
    assert _data(talk["again"]) == _data(talk["diagnose"])


def test_resources_hold_report_rules_with_citations_and_notes(talk: dict[str, Any]) -> None:
    assert {f"note://{path.name}" for path in NOTES.iterdir() if path.name.isascii()} <= talk[
        "resources"
    ]
    assert talk["report"].contents[0].text.startswith("<!DOCTYPE html>")
    assert json.loads(talk["rule"].contents[0].text)["cites"]
    assert "9.9 million" in talk["note"].contents[0].text


MARGIN: dict[str, Any] = {
    "fact": "gross_margin_pct", "value": 27, "note": "2026-10-13-finance.txt", "line": 2,
    "quote": "Gross margin fell to 27 percent.",
}  # fmt: skip


async def _talk_about(store: Path, key: str) -> dict[str, Any]:
    about: dict[str, dict[str, Any]] = {
        name: {"account": key} for name in TOOLS - {"vocabulary", "why", "why_not", "what_if"}
    }
    about["propose_facts"]["facts"] = [MARGIN]
    about["why_not"] = {"account": key, "name": "partnership"}
    about["what_if"] = {"account": key, "changes": ["complaints_open=9"]}
    about |= {"vocabulary": {"theme": "price"}, "accounts": {}}
    told: dict[str, Any] = {}
    async with Client(_server(store)) as client:
        told["tools"] = {tool.name: tool for tool in (await client.list_tools()).tools}
        for name, arguments in about.items():
            told[name] = await client.call_tool(name, arguments)
        finding = _data(told["diagnose"])["findings"][0]["id"]
        told["why"] = await client.call_tool("why", {"account": key, "name": finding})
        told["nobody"] = await client.call_tool("diagnose", {"account": key[:-1]})
        told["none named"] = await client.call_tool("diagnose", {})
        told["report"] = await client.read_resource(f"kam://report/{key}/uk")
        with pytest.raises(MCPError):
            await client.read_resource("kam://report/nobody/uk")
    return told


def test_the_accounts_of_a_store_are_served_and_a_proposal_reaches_the_page(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.db"
    store = Store.open(str(file), base)
    key = store.add(example("friendly_single_thread"))
    other = store.add(example("barricaded_butterfly"))

    told = finished(_talk_about(file, key))

    assert set(told["tools"]) == TOOLS | {"accounts"}
    assert {one["key"] for one in _data(told["accounts"])} == {key, other}
    for name in told["tools"]:
        assert _data(told[name])
        asks = "account" in told["tools"][name].input_schema.get("required", ())
        assert asks == (name not in {"vocabulary", "accounts"})
    assert _data(told["diagnose"])["account"]["id"] == "horikhova-hilka"
    assert f'Did you mean "{key}"' in told["nobody"].content[0].text
    assert told["none named"].is_error
    assert told["report"].contents[0].text.startswith("<!DOCTYPE html>")
    assert [one["status"] for one in _data(told["propose_facts"])] == ["proposed"]
    page = served(base, store)
    assert MARGIN["quote"] in page.get(f"/a/{key}/inbox").text
    assert f"/a/{other}/inbox" not in page.get(f"/a/{other}/").text
    store.close()
