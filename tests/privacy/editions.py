"""Reports on a case in both editions, and case files as plain data, for tests of privacy."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.yaml_reader import Map, Seq
from tests.shipped import privacy_of, shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 23)


def report(
    case: Case, lang: str = "uk", *, edition: Edition = Edition.CLIENT, **wishes: Any
) -> Report:
    """Return the report on a case, by default for the client."""
    of_maker = {key: wishes.pop(key) for key in ("base", "names", "reviewed_by") if key in wishes}
    return Report.of(case, maker_for(edition, **of_maker), lang, **wishes)


def maker_for(
    edition: Edition, *, base: KnowledgeBase | None = None, **wishes: Any
) -> EditionMaker:
    """Return what makes an edition, by default with the built-in rules."""
    method = base or shipped_base()
    return EditionMaker(method, DAY, engine_of(method), privacy_of(method), edition, **wishes)


def plain(node: Any) -> Any:
    """Return what was read from a YAML file, without the places in it."""
    if isinstance(node, Map):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, Seq) else node
