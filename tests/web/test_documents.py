"""Report, plan and workbook of every reader open from the live page, and hold what is for them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from kam_expert.app.plan_output import PlanOutput
from kam_expert.app.report import Report
from kam_expert.engines.planning import PlanLimits
from kam_expert.knowledge.audience import Edition
from tests.privacy.editions import maker_for

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

OTHERS = (Edition.CLIENT, Edition.CUSTOMER)
FIRST = {
    "html": b"<!DOCTYPE html>", "pdf": b"%PDF-", "xlsx": b"PK", "ics": b"BEGIN:VCALENDAR",
    "json": b"{", "csv": "\ufeff".encode(),
}  # fmt: skip


def test_the_end_of_a_meeting_leads_to_every_document_of_every_reader(visitor: Visitor) -> None:
    key = visitor.example()
    page = html.unescape(visitor.get(f"/a/{key}/finish").text)
    links = re.findall(rf'href="(/a/{key}/(\w+)/(\w+)\.(\w+)\?[^"]*)"([^>]*)>', page)

    wanted = {
        ("report", "html"), ("report", "pdf"), ("plan", "html"), ("plan", "pdf"), ("plan", "xlsx"),
        ("plan", "ics"), ("plan", "json"), ("plan", "csv"), ("answers", "xlsx"),
    }  # fmt: skip
    for edition in Edition:
        assert {(what, suffix) for _, what, reader, suffix, _ in links
                if reader == edition} == wanted  # fmt: skip
    assert not any("download" in attributes for *_, attributes in links)
    # One reader is enough to see that each address gives its document, in place.
    for address, _, reader, suffix, _ in links:
        if reader == "customer":
            told = visitor.get(address)
            assert told.status_code == 200
            assert told.headers["content-disposition"].startswith("inline; "), address
            assert told.content.startswith(FIRST[suffix]), address


@pytest.mark.every_method
@pytest.mark.parametrize("edition", OTHERS)
def test_a_document_is_that_of_the_command(visitor: Visitor, edition: Edition) -> None:
    key = visitor.example()
    case, maker = visitor.store.state(key).case, maker_for(edition, base=visitor.base)
    report = visitor.get(f"/a/{key}/report/{edition}.json").text
    plan = visitor.get(f"/a/{key}/plan/{edition}.json").text

    assert report == Report.of(case, maker, "uk").text("json")
    assert plan == PlanOutput.of(case, maker, PlanLimits(), "uk").written("json")


@pytest.mark.parametrize(
    "path",
    ["report/nobody.html", "report/client.exe", "answers/client.html", "secret/client.html",
     "report/client.html?tasks=hubspot", "plan/client.csv?tasks=excel"],
)  # fmt: skip
def test_an_unknown_document_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.get(f"/a/{visitor.example()}/{path}").status_code == 404
