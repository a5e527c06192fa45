"""How a portfolio is sorted and shown: ``rules/portfolio.yaml``, read and checked.

Nothing here changes a diagnosis. Engines sort accounts by it, outputs group them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Place, Problem, RuleBaseError, unknown_name
from kam_expert.knowledge.documents import Doc, parse
from kam_expert.knowledge.yaml_reader import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.strategy import Strategy

_FILE = "portfolio.yaml"


class FactsDoc(Doc):
    """The facts that place an account among the others."""

    attractiveness: str
    competitor: str
    size: str


class PortfolioDoc(Doc):
    """``portfolio.yaml``."""

    facts: FactsDoc
    order: list[str]


@dataclass(frozen=True)
class PortfolioView:
    """The content of ``portfolio.yaml``.

    Attributes:
        facts: Fact by role: attractiveness, competitor, size; currency if the rule base has one.
        strategies: The strategies in the order in which accounts need attention.
    """

    facts: Mapping[str, str]
    strategies: tuple[Strategy, ...]


def load_portfolio_view(folder: Path, base: KnowledgeBase) -> PortfolioView:
    """Read ``portfolio.yaml`` of a rule base.

    Args:
        folder: The folder of the rule base.
        base: The rule base, to check the names in the file.

    Raises:
        RuleBaseError: All problems with their places.
        KamError: The file is missing.
    """
    shown = f"{folder.name}/{_FILE}"
    if not (folder / _FILE).is_file():
        raise KamError(f"{folder}: this rule base has no {_FILE}, so it has no portfolio")
    node = read_file(folder / _FILE, shown)
    doc, problems = parse(PortfolioDoc, node, Place(shown, 1, 1))
    if doc is None:
        raise RuleBaseError(problems)
    problems = list(_problems(doc, base, Place(shown)))
    if problems:
        raise RuleBaseError(problems)
    strategies = {strategy.id: strategy for strategy in base.strategies}
    return PortfolioView(
        facts=doc.facts.model_dump() | ({"currency": base.currency} if base.currency else {}),
        strategies=tuple(strategies[name] for name in doc.order),
    )


def _problems(doc: PortfolioDoc, base: KnowledgeBase, place: Place) -> Iterable[Problem]:
    strategies = [strategy.id for strategy in base.strategies]
    used = [
        ("fact", doc.facts.model_dump().values(), base.facts),
        ("strategy", doc.order, strategies),
    ]
    for kind, names, known in used:
        for name in dict.fromkeys(names):
            if name not in known:
                yield Problem(place, unknown_name(kind, name, known))
    for name in strategies:
        if doc.order.count(name) != 1:
            yield Problem(place, f'"order" must name the strategy {name} once')
