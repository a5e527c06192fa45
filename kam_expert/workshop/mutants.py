"""Mutants: a rule base with one small change in a condition, number, side or strength."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from kam_expert.knowledge.conditions.fact_terms import Change
from kam_expert.knowledge.conditions.operators import operators_of
from kam_expert.knowledge.conditions.scope import GROUPS, PATHS
from kam_expert.knowledge.node_edits import as_written, at, place_at, renamed, replaced, without
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kam_expert.errors import Place
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.workshop.sources import WrittenCondition

Kind = Literal[
    "threshold", "operator", "dropped condition", "dropped exception", "dropped word", "added word",
    "side", "strength",
]  # fmt: skip
#: In the order of the table.
KINDS: tuple[Kind, ...] = get_args(Kind)
STRENGTHS = ("establishes", "suggests", "hints")
_SWAPPED = {
    "at_least": ("above",),
    "at_most": ("below",),
    "above": ("at_least",),
    "below": ("at_most",),
    "more_than": ("less_than",),
    "less_than": ("more_than",),
    "contains_any": ("contains_all",),
    "contains_all": ("contains_any",),
}
_CONNECTIVES = {"any": "all", "all": "any"}
_NUMBERS = frozenset(operators_of("number"))
_ELEMENTS = ("contains", "contains_any", "contains_all", "only")
_SIDES = ("", "ours", "theirs")
#: The distinct steps of the cases of one path.
_Path = tuple[Any, ...]


@dataclass(frozen=True)
class Mutant:
    """One small change of a written condition.

    Attributes:
        kind: What was changed.
        place: Where it is written.
        was: What is written there.
        now: What the mutant has instead; empty where something was dropped.
        node: The mapping with the change.
        thresholds: Its numbers.
        strength: Another strength of a rule; None for the written one.
    """

    written: WrittenCondition = field(repr=False)
    kind: Kind
    place: Place
    was: str
    now: str
    node: Map = field(repr=False)
    thresholds: Mapping[str, float] = field(repr=False)
    strength: str | None = None

    def __str__(self) -> str:
        """Return the change in words."""
        if not self.now:
            return f"without “{self.was}”"
        return f"“{self.now}” in place of “{self.was}”"


def mutants_of(written: WrittenCondition, base: KnowledgeBase) -> Iterator[Mutant]:
    """Yield every mutant of a rule, strategy, definition, impossible combination or gap."""
    for name, value in written.thresholds.items():
        place = _place_of_threshold(written, name)
        for moved in moved_by_a_step(value):
            changed = {**written.thresholds, name: moved}
            yield Mutant(
                written, "threshold", place, f"{name} = {value:g}", f"{name} = {moved:g}",
                written.node, changed,
            )  # fmt: skip
    if written.owner == "gap":
        return
    for part in ("when", "unless"):
        if part in written.node:
            yield from _Walk(written, base, part).condition((part,), written.kind)
    if "unless" in written.node:
        was = f"unless: {as_written(written.node['unless'])}"
        yield Mutant(
            written, "dropped exception", written.place("unless"), was, "",
            without(written.node, ("unless",)), written.thresholds,
        )  # fmt: skip
    if written.owner == "rule":
        said = written.node["concludes"]["strength"]
        for strength in STRENGTHS:
            if strength != said:
                yield Mutant(
                    written, "strength", written.node["concludes"].at("strength"), said, strength,
                    written.node, written.thresholds, strength,
                )  # fmt: skip


def _place_of_threshold(written: WrittenCondition, name: str) -> Place:
    if "thresholds" in written.node:
        return place_at(written.node["thresholds"], name)
    return written.place(name)


def moved_by_a_step(value: float) -> tuple[float, float]:
    """Return the numbers one step below and above a threshold."""
    step = 1 if float(value).is_integer() else abs(value) / 10
    return value - step, value + step


class _Walk:
    """Walks a written condition and yields its mutants."""

    def __init__(self, written: WrittenCondition, base: KnowledgeBase, part: str) -> None:
        self.written = written
        self.base = base
        self.dropped: Kind = "dropped exception" if part == "unless" else "dropped condition"

    def node(self, path: _Path) -> Any:
        """Return what is written at a path."""
        return at(self.written.node, path)

    def place(self, path: _Path) -> Place:
        """Return the place of what is written at a path."""
        return place_at(self.node(path[:-1]), path[-1])

    def said(self, path: _Path, value: Any = None) -> str:
        """Return the entry at a path as written, with another value if given."""
        text = as_written(self.node(path) if value is None else value)
        keys = [key for key in path if isinstance(key, str)]
        return f"{keys[-1]}: {text}"

    def changed(self, kind: Kind, path: _Path, value: Any) -> Mutant:
        """Return the mutant with another value at a path."""
        raw = "" if isinstance(value, Map | Seq) else str(value)
        node = replaced(self.written.node, path, value, raw)
        return Mutant(
            self.written, kind, self.place(path), self.said(path), self.said(path, value), node,
            self.written.thresholds,
        )  # fmt: skip

    def renamed(self, kind: Kind, path: _Path, new: str, shown: str = "") -> Mutant:
        """Return the mutant where the key at the end of a path has another name."""
        node = renamed(self.written.node, path[:-1], path[-1], new)
        text = as_written(self.node(path))
        before = f"{shown or path[-1]}: {text}"
        return Mutant(
            self.written, kind, self.place(path), before, f"{new}: {text}", node,
            self.written.thresholds,
        )  # fmt: skip

    def drop(self, path: _Path) -> Mutant:
        """Return the mutant without the entry at a path."""
        node = without(self.written.node, path)
        key = path[-1]
        text = as_written(self.node(path))
        if isinstance(key, int):
            was = text[1:-1] if isinstance(self.node(path), Map) else text
        else:
            was = f"{key}: {text}"
        return Mutant(
            self.written, self.dropped, self.place(path), was, "", node, self.written.thresholds
        )

    def condition(self, path: _Path, kind: str) -> Iterator[Mutant]:
        """Yield the mutants of the mapping at a path, a condition about an entity of *kind*."""
        node = self.node(path)
        for key in node:
            here = (*path, key)
            if len(node) > 1:
                yield self.drop(here)
            value = node[key]
            if key in ("all", "any", "none"):
                if key in _CONNECTIVES and len(value) > 1:
                    yield self.renamed("operator", here, _CONNECTIVES[key])
                for index in range(len(value)):
                    if len(value) > 1:
                        yield self.drop((*here, index))
                    yield from self.condition((*here, index), kind)
            elif key in ("count", "every"):
                yield from self.members(here, kind)
            elif key == "finding":
                yield from self.dropped_words(here)
            elif key == "findings":
                yield from self.numbers(here, ("group",))
            elif key in ("stage", "verdict"):
                names = self.base.stage_model.names
                known = names if key == "stage" else (*names, UNDETERMINED)
                yield from self.words(here, known)
            elif key != "is":
                yield from self.fact(here)

    def members(self, path: _Path, kind: str) -> Iterator[Mutant]:
        """Yield the mutants of a count, or of what every member is."""
        node = self.node(path)
        for optional in ("where", "distinct"):
            if optional in node:
                yield self.drop((*path, optional))
        member = GROUPS[kind][node["of"]]
        for part in ("where", "satisfies"):
            if part in node:
                yield from self.condition((*path, part), member)
        yield from self.numbers(path, ("of", "where", "satisfies", "distinct"))

    def numbers(self, path: _Path, besides: Sequence[str] = ()) -> Iterator[Mutant]:
        """Yield the mutants of the tests of a number."""
        for op in self.node(path):
            if op not in besides:
                yield from self.operator(path, op)
                yield from self.number((*path, op))

    def operator(self, path: _Path, op: str) -> Iterator[Mutant]:
        """Yield the mutants with another operator."""
        for other in _SWAPPED.get(op, ()):
            if other not in self.node(path):
                yield self.renamed("operator", (*path, op), other)

    def number(self, path: _Path) -> Iterator[Mutant]:
        """Yield the mutants of a number that has no name."""
        value = self.node(path)
        if isinstance(value, int | float):
            for moved in moved_by_a_step(value):
                changed = int(moved) if float(moved).is_integer() else moved
                yield self.changed("threshold", path, changed)

    def dropped_words(self, path: _Path) -> Iterator[Mutant]:
        """Yield the mutants of a list without one of its words."""
        value = self.node(path)
        if isinstance(value, Seq) and len(value) > 1:
            for index in range(len(value)):
                yield self.changed("dropped word", path, without(value, (index,)))

    def words(
        self, path: _Path, known: Sequence[str], *, ordered: bool = False
    ) -> Iterator[Mutant]:
        """Yield the mutants of one or several words: one less, one more."""
        value = self.node(path)
        items = list(value) if isinstance(value, Seq) else [value]
        if not all(item in known for item in items):
            return
        yield from self.dropped_words(path)
        near = {i + by for i, word in enumerate(known) if word in items for by in (-1, 1)}
        for index, word in enumerate(known):
            if word not in items and (not ordered or index in near):
                more = Seq(self.place(path))
                for item in (*items, word):
                    more.put(item, self.place(path), item)
                yield self.changed("added word", path, more)

    def fact(self, path: _Path) -> Iterator[Mutant]:
        """Yield the mutants of the tests of a fact."""
        key, value = path[-1], self.node(path)
        *ends, name = key.split(".")
        side = ends[-1] if ends and ends[-1] in _SIDES else ""
        before = [end for end in ends if end in PATHS["link"]]
        if name in ENGINE_FACTS:
            if isinstance(value, Map):
                yield from self.numbers(path)
            else:
                yield from self.number(path)
            return
        doc = self.base.facts[name].doc
        if doc.asked_of == "both":
            for other in _SIDES:
                if other != side:
                    new = ".".join([*before, *([other] if other else []), name])
                    if new not in self.node(path[:-1]):
                        yield self.renamed("side", path, new)
        if isinstance(value, Map):
            for op in value:
                if len(value) > 1:
                    yield self.drop((*path, op))
                yield from self.tests(path, op, name)
            return
        yield from self.number(path)
        yield from self.values(path, name)
        if doc.type != "set":
            asked = Map(self.place(path))
            asked["not"] = value
            asked.places["not"] = self.place(path)
            asked.raw["not"] = self.node(path[:-1]).raw.get(key, "")
            yield self.changed("operator", path, asked)

    def values(self, path: _Path, name: str) -> Iterator[Mutant]:
        """Yield the mutants of the values of a fact."""
        fact = self.base.facts[name]
        if fact.doc.type in ("choice", "ordered", "yes_no"):
            known = [word for word in fact.words() if word not in fact.doc.also]
            yield from self.words(path, known, ordered=fact.doc.type == "ordered")

    def tests(self, path: _Path, op: str, name: str) -> Iterator[Mutant]:
        """Yield the mutants of one operator with its operand."""
        here = (*path, op)
        value = self.node(here)
        if op in ("is", "not"):
            yield from self.values(here, name)
            yield from self.number(here)
        elif op in _ELEMENTS:
            yield from self.words(here, list(self.base.facts[name].doc.values))
        elif op in ("size", "days_ago", "days_until", "last_two") and isinstance(value, Map):
            yield from self.numbers(here) if op != "last_two" else self.inner(here, name)
        elif op == "last_two":
            yield from self.values(here, name)
        elif op == "trend":
            yield from self.trend(here)
        elif isinstance(value, Map) and "by" in value:
            yield from self.number((*here, "by"))
        elif op in _NUMBERS:
            yield from self.number(here)
        if op == "contains":
            return
        if op not in ("contains_any", "contains_all") or (
            isinstance(value, Seq) and len(value) > 1
        ):
            yield from self.operator(path, op)

    def inner(self, path: _Path, name: str) -> Iterator[Mutant]:
        """Yield the mutants of the tests that both of the last two values pass."""
        for op in self.node(path):
            yield from self.tests(path, op, name)

    def trend(self, path: _Path) -> Iterator[Mutant]:
        """Yield the mutants of a direction, or of the least change."""
        value = self.node(path)
        if isinstance(value, Map):
            for word in value:
                yield from self.number((*path, word))
                opposite = {"rising": "falling", "falling": "rising"}
                way, _, unit = word.partition("_")
                new = "_".join([opposite[way], *([unit] if unit else [])])
                yield self.renamed("operator", (*path, word), new)
            return
        for other in Change.directions.values():
            if other != value:
                yield self.changed("operator", path, other)
