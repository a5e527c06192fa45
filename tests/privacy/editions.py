"""Reports on a case in both editions, and case files as plain data, for tests of privacy."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.app.report import Report, ReportOptions
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.yaml_reader import Map, Seq
from kam_expert.outputs.theme import PLAIN
from tests.shipped import shipped_base, shipped_engine, shipped_privacy

if TYPE_CHECKING:
    from kam_expert.facts.case import Case

DAY = date(2026, 11, 23)


def report(
    case: Case, lang: str = "uk", *, edition: Edition = Edition.CLIENT, **wishes: Any
) -> Report:
    """Return the report on a case, by default for the client."""
    wanted = {"names": (), "reviewed_by": "", "theme": PLAIN, "templates": None, **wishes}
    options = ReportOptions(edition=edition, lang=lang, **wanted)
    return Report(case, shipped_base(), DAY, shipped_engine(), shipped_privacy(), options)


def plain(node: Any) -> Any:
    """Return what was read from a YAML file, without the places in it."""
    if isinstance(node, Map):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, Seq) else node
