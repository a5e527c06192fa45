"""What tests of the import start from: small exports in the shapes of systems, and the import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.facts.case import Answer, Case, Entity
from kam_expert.facts.tables import plain_cell
from kam_expert.importing.import_result import Imported
from kam_expert.importing.importer import import_source
from kam_expert.importing.mapping import load_mapping
from kam_expert.importing.reading import ImportOptions

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

SHAPES = Path(__file__).parent / "shapes"
DAY = date(2019, 12, 20)

#: Every shape with the system that reads it and what a person has to say of it.
EVERY: dict[str, tuple[str, dict[str, Any]]] = {
    "salesforce": ("salesforce", {}),
    "salesforce_tree": ("salesforce", {"leave_out": ("household",)}),
    "affiliations": ("npsp", {"day": DAY}),
    "hubspot_lists": ("hubspot", {}),
    "hubspot_api": ("hubspot", {}),
    "headerless": ("csv", {}),
    "orders": ("csv", {}),
    "one_json": ("csv", {}),
    "procurement": ("csv", {}),
}

Bring = Callable[..., Imported]
Write = Callable[..., Path]


@pytest.fixture(scope="session")
def bring(base: KnowledgeBase) -> Bring:
    """Import a source; *mapping* is its file for the system csv."""

    def run(
        source: Path,
        system: str = "csv",
        mapping: Path | None = None,
        *,
        skip_bad: bool = False,
        **wishes: Any,
    ) -> Imported:
        if system == "csv" and mapping is None:
            mapping = source / "mapping.yaml"
        chosen = load_mapping(system, mapping, base)
        return import_source(source, chosen, base, ImportOptions(**wishes), skip_bad=skip_bad)

    return run


@pytest.fixture(scope="session")
def shape(bring: Bring) -> Callable[[str], Imported]:
    """Import one of the shapes."""

    def run(name: str) -> Imported:
        system, wishes = EVERY[name]
        return bring(SHAPES / name, system, **wishes)

    return run


@pytest.fixture
def files(tmp_path: Path) -> Write:
    """Write files, each given by its name without the ending, and give their folder."""

    def write(ending: str = ".csv", **texts: str) -> Path:
        for name, text in texts.items():
            (tmp_path / f"{name}{ending}").write_text(text, encoding="utf-8", newline="")
        return tmp_path

    return write


@pytest.fixture(scope="session")
def facts_of() -> Callable[[Imported], list[Case]]:
    """Return the cases without where they come from: what copies of a source have in common."""

    def bare(entity: Entity) -> Entity:
        ours = {
            fact: tuple(Answer(answer.value, answer.as_of) for answer in given)
            for fact, given in entity.ours.items()
        }
        return replace(entity, ours=ours)

    def strip(imported: Imported) -> list[Case]:
        return [
            replace(
                case,
                account=bare(case.account),
                people=case.people and tuple(map(bare, case.people)),
                team=case.team and tuple(map(bare, case.team)),
                links=case.links and tuple(map(bare, case.links)),
            )
            for case in imported.made.cases()
        ]

    return strip


@pytest.fixture(scope="session")
def told() -> Callable[[Imported], dict[tuple[str, str, str], Any]]:
    """Return every fact by account, id and name, as plain data."""

    def of(imported: Imported) -> dict[tuple[str, str, str], Any]:
        return {
            (account, identity, one.fact): plain_cell(one.value)
            for account, _, identity, one in imported.made.each_value()
        }

    return of
