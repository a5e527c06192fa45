"""Reports on a case in both editions, and case files as plain data, for tests of privacy."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.yaml_reader import Map, Seq
from tests.shipped import shipped_base, shipped_engine, shipped_privacy

if TYPE_CHECKING:
    from kam_expert.facts.case import Case

DAY = date(2026, 11, 23)


def report(
    case: Case, lang: str = "uk", *, edition: Edition = Edition.CLIENT, **wishes: Any
) -> Report:
    """Return the report on a case, by default for the client."""
    of_maker = {key: wishes.pop(key) for key in ("names", "reviewed_by") if key in wishes}
    return Report.of(case, maker_for(edition, **of_maker), lang, **wishes)


def maker_for(edition: Edition, **wishes: Any) -> EditionMaker:
    """Return what makes an edition with the shipped rules."""
    parts = shipped_base(), DAY, shipped_engine(), shipped_privacy()
    return EditionMaker(*parts, edition, **wishes)


def plain(node: Any) -> Any:
    """Return what was read from a YAML file, without the places in it."""
    if isinstance(node, Map):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, Seq) else node
