"""The chapters of a meeting (``chapters.yaml``): which questions belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import Field

from kam_expert.errors import Problem, did_you_mean
from kam_expert.knowledge.documents import Doc, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from kam_expert.knowledge.vocabulary import Fact

#: The lists of a case whose completeness can be asked for.
_LISTS = ("people", "team", "links")


class ChapterDoc(Doc):
    """A chapter.

    Attributes:
        bridge: What is said when the meeting comes to it.
        lists: The lists of a case that are filled in it.
        facts: Facts that belong here although their theme belongs to another chapter.
    """

    name: Text
    bridge: Text
    lists: list[str] = Field(default_factory=list)
    themes: list[str] = Field(default_factory=list)
    facts: list[str] = Field(default_factory=list)


class ChaptersDoc(Doc):
    """``chapters.yaml``.

    Attributes:
        after: By fact, another one that is asked before it and gives it its sense.
        among_us: Facts that are not asked in front of the customer; judgements of people never are.
        customer_questions: The facts that the customer is asked first on its own page.
    """

    chapters: dict[str, ChapterDoc]
    after: dict[str, str] = Field(default_factory=dict)
    among_us: list[str] = Field(default_factory=list)
    customer_questions: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Chapters:
    """The chapters of a rule base, in the order of a meeting; none without ``chapters.yaml``.

    Attributes:
        docs: By name.
        of: The chapter of each fact and each list.
        after, among_us: As in the file.
        customer_questions: The facts that the customer is asked first on its own page.
    """

    docs: Mapping[str, ChapterDoc] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    among_us: frozenset[str] = frozenset()
    customer_questions: tuple[str, ...] = ()


def chapters_of(document: ChaptersDoc, facts: Mapping[str, Fact]) -> Chapters:
    """Return the chapters of a checked file."""
    of: dict[str, str] = {}
    for name, doc in document.chapters.items():
        of |= {fact.name: name for fact in facts.values() if fact.doc.theme in doc.themes}
    for name, doc in document.chapters.items():
        of |= dict.fromkeys([*doc.facts, *doc.lists], name)
    return Chapters(
        docs=document.chapters,
        of=of,
        after=document.after,
        among_us=frozenset(document.among_us),
        customer_questions=tuple(document.customer_questions),
    )


def chapter_problems(
    node: Any, facts: Mapping[str, Fact], themes: Collection[str]
) -> Iterator[Problem]:
    """Yield the problems of a valid ``chapters.yaml``."""
    chapters = node["chapters"]
    known = {"facts": facts, "themes": themes, "lists": _LISTS}
    for key, names in known.items():
        seen: dict[str, str] = {}
        for chapter, entry in chapters.items():
            for name in entry.get(key) or ():
                place = entry.at(key)
                if name not in names:
                    near = did_you_mean(name, names)
                    yield Problem(place, f'{chapter}: unknown name "{name}" in {key}.{near}')
                elif name in seen:
                    yield Problem(place, f'{chapter}: "{name}" is in the chapter {seen[name]} too')
                seen.setdefault(name, chapter)
    placed = {name for entry in chapters.values() for name in entry.get("facts") or ()}
    covered = {theme for entry in chapters.values() for theme in entry.get("themes") or ()}
    for fact in facts.values():
        if fact.name not in placed and fact.doc.theme not in covered:
            yield Problem(
                node.at("chapters"),
                f'"{fact.name}" belongs to no chapter; add it or its theme "{fact.doc.theme}"',
            )
    for key in ("after", "among_us", "customer_questions"):
        named = node.get(key) or {}
        values = named.values() if key == "after" else ()
        for name in (*named, *values):
            if name not in facts:
                near = did_you_mean(name, facts)
                yield Problem(node.at(key), f'unknown fact "{name}" in {key}.{near}')
    for name in node.get("customer_questions") or ():
        place = node.at("customer_questions")
        if name not in facts:
            continue
        if facts[name].doc.asked_of == "us" or facts[name].kind != "account":
            yield Problem(place, f'"{name}" is not asked of the customer')
