"""Read mapping files and check them against the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.errors import (
    KamError,
    Place,
    Problem,
    ProblemsError,
    shortened,
    unknown_name,
    unknown_word,
)
from kam_expert.importing.mapping_documents import MappingDoc, SharedDoc
from kam_expert.knowledge.documents import parse
from kam_expert.knowledge.yaml_reader import Map, Seq, read_file
from kam_expert.resources import mappings_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.documents import DocType

_SHARED = "shared.yaml"
#: The system without a mapping: workbooks written by `kam template`.
WORKBOOK = "workbook"
_KINDS = {
    "accounts": "account", "people": "person", "team": "member", "relations": "person",
    "roles": "person", "events": "event",
}  # fmt: skip
_OF_CONTACT = {"days": "link", "count": "link", "person_days": "person"}


@dataclass(frozen=True)
class SystemMapping:
    """A valid mapping, with what all mappings share."""

    doc: MappingDoc
    shared: SharedDoc

    def words(self, name: str) -> Mapping[str, list[str]]:
        """Return the word list with that name."""
        return self.doc.words.get(name) or self.shared.words[name]

    def unknown(self) -> frozenset[str]:
        """Return the cells that mean "unknown"."""
        return frozenset(("", *self.shared.unknown, *self.doc.unknown))


def systems() -> list[str]:
    """Return the names of the systems with a built-in mapping."""
    return sorted(p.stem for p in mappings_folder().glob("*.yaml") if p.name != _SHARED)


def load_mapping(system: str, file: Path | None, base: KnowledgeBase) -> SystemMapping:
    """Read the mapping of a system, or the one in *file* for the system ``csv``.

    Raises:
        KamError: The mapping does not exist or cannot be read.
        ProblemsError: The mapping is invalid: every mistake with line, column and nearest name.
    """
    if system == "csv":
        if file is None:
            raise KamError("kam import csv needs --mapping FILE, which maps columns to facts")
    elif file is not None:
        raise KamError(
            f'--mapping is for the system "csv"; "{shortened(system)}" has its own mapping'
        )
    else:
        known = (*systems(), "csv", WORKBOOK)
        if system not in known:
            raise KamError(unknown_word("system", system, known))
        file = mappings_folder() / f"{system}.yaml"
    shared = _asked_here(load_shared(), base)
    doc, node = _read(MappingDoc, file)
    mapping = SystemMapping(doc, shared)
    problems = list(_problems(mapping, node, base))
    if problems:
        raise ProblemsError(problems)
    return mapping


def load_shared() -> SharedDoc:
    """Read the part of the mappings that all systems share."""
    shared, _ = _read(SharedDoc, mappings_folder() / _SHARED)
    return shared


def _read(model: type[DocType], file: Path) -> tuple[DocType, Any]:
    node = read_file(file)
    doc, problems = parse(model, node, Place(str(file)))
    if doc is None:
        raise ProblemsError(problems)
    return doc, node


def _asked_here(shared: SharedDoc, base: KnowledgeBase) -> SharedDoc:
    """Return the shared part with the facts of this method only; another one has others."""
    asked = {}
    for name, doc in shared.asked.items():
        if facts := [fact for fact in doc.facts if fact in base.facts]:
            asked[name] = doc.model_copy(update={"facts": facts})
    return shared.model_copy(update={"asked": asked})


def _problems(mapping: SystemMapping, node: Map, base: KnowledgeBase) -> Iterator[Problem]:
    doc = mapping.doc
    for block, kind in _KINDS.items():
        for table, given in zip(getattr(doc, block), node.get(block) or (), strict=True):
            facts = given.get("facts") or Map(given.place)
            for name, value in table.facts.items():
                yield from _fact(facts, name, kind, base)
                yield from _value(mapping, facts, name, value, base)
    if "contact" in node:
        for key, kind in _OF_CONTACT.items():
            name = getattr(doc.contact, key)
            if name is not None:
                yield from _named(node["contact"].at(key), name, kind, base)
    yield from _lookups(doc, node, node.place)


def _fact(facts: Map, name: str, kind: str, base: KnowledgeBase) -> Iterator[Problem]:
    yield from _named(facts.at(name), name, kind, base)


def _named(place: Place, name: str, kind: str, base: KnowledgeBase) -> Iterator[Problem]:
    fact = base.facts.get(name)
    known = [n for n, f in base.facts.items() if f.kind == kind]
    if fact is None:
        yield Problem(place, unknown_name("fact", name, known))
    elif fact.kind != kind:
        yield Problem(place, f'"{name}" is a fact about the {fact.kind}, not about the {kind}')


def _value(
    mapping: SystemMapping, facts: Map, name: str, value: Any, base: KnowledgeBase
) -> Iterator[Problem]:
    place, fact = facts.at(name), base.facts.get(name)
    if sum(source is not None for source in (value.column, value.days_since, value.is_)) != 1:
        what = "needs one of a column, `days_since` with a column, and `is`, a value for every row"
        yield Problem(place, f"{name} {what}")
    if value.days_since is not None and fact is not None and fact.doc.unit != "days":
        yield Problem(place, f"{name} does not count days, so it has no `days_since`")
    lists = dict(value.values) | dict(value.words)
    if value.named is not None:
        known = [*mapping.shared.words, *mapping.doc.words]
        if value.named not in known:
            yield Problem(place, unknown_name("word list", value.named, known))
        else:
            lists |= mapping.words(value.named)
    for word in [*lists, *([] if value.is_ is None else [value.is_])]:
        if fact is not None:
            try:
                fact.read([word] if fact.doc.type == "set" else _plain(word, fact), word)
            except ValueError as error:
                yield Problem(place, str(error))


def _plain(word: str, fact: Any) -> Any:
    try:
        return float(word) if fact.is_number else word
    except ValueError:
        return word


def _lookups(doc: MappingDoc, node: Any, place: Place) -> Iterator[Problem]:
    """Yield a problem for each lookup that is used but not declared."""
    if isinstance(node, Map):
        name = node.get("lookup")
        if isinstance(name, str) and name not in doc.lookups:
            yield Problem(node.at("lookup"), unknown_name("lookup", name, doc.lookups))
        for key, part in node.items():
            yield from _lookups(doc, part, node.at(key))
    elif isinstance(node, Seq):
        for part in node:
            yield from _lookups(doc, part, place)
