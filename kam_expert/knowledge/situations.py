"""Situations with what follows from them: ``situations.yaml``.

The cases of a rule show what one rule concludes. A situation gives findings, and facts where they
matter, and states what stages, strategies, steps and the plan must make of them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from kam_expert.errors import KamError, Place, Problem, ProblemsError, unknown_name
from kam_expert.knowledge.documents import Doc, Text, parse
from kam_expert.knowledge.rule_documents import GivenDoc
from kam_expert.knowledge.rule_reader import given_of
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.yaml_reader import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

FILE = "situations.yaml"
#: The leaning where there is none.
NO_LEANING = "none"


class FollowsDoc(Doc):
    """What must follow from a situation; what is left out may be anything.

    *leaning* is a stage or ``none``. *steps* are, by finding or strategy, those that are proposed
    because of it and wait for nothing; *waits* those that are proposed and that it holds back.
    *never* are not proposed. *instead* names what a step takes the place of, *together* the step
    with which another is one move. *keeps* are steps that have succeeded and are done again.
    *moves* are all moves in order, each by the step that names it; *later* is every step that is
    left for later, with the reason. *begins* is the number of days until the first move, and
    *half_days* the work of our people on all moves.
    """

    stage: str | None = None
    leaning: str | None = None
    strategy: str | None = None
    steps: dict[str, list[str]] = Field(default_factory=dict)
    waits: dict[str, list[str]] = Field(default_factory=dict)
    never: list[str] = Field(default_factory=list)
    instead: dict[str, str] = Field(default_factory=dict)
    together: dict[str, str] = Field(default_factory=dict)
    keeps: list[str] = Field(default_factory=list)
    moves: list[str] | None = None
    later: dict[str, str] | None = None
    begins: int | None = None
    half_days: int | None = None

    def step_names(self) -> frozenset[str]:
        """Return the steps of which something is stated."""
        listed = (*self.steps.values(), *self.waits.values(), self.never, self.keeps)
        pairs = {**self.together, **self.instead}
        return frozenset(name for names in (*listed, pairs, pairs.values()) for name in names)

    def on_plan(self) -> bool:
        """Return whether something is stated of the plan."""
        stated = (self.moves, self.later, self.begins, self.half_days)
        return any(each is not None for each in stated)


class SituationDoc(GivenDoc):
    """Findings and facts given, and what must follow from them."""

    expect: FollowsDoc


class UnnoticedDoc(Doc):
    """A change of the method that no situation has to notice, and why."""

    change: str
    why: Text | str


class SituationsDoc(Doc):
    """``situations.yaml``."""

    situations: list[SituationDoc]
    unnoticed: list[UnnoticedDoc] = Field(default_factory=list)


@dataclass(frozen=True)
class Situation:
    """A situation, with one value where it is stated for each of several."""

    name: str
    given: Any
    expect: FollowsDoc
    place: Place


@dataclass(frozen=True)
class Situations:
    """The situations of a rule base.

    Attributes:
        unnoticed: Changes of the rule base that none of them has to notice, with their places.
    """

    listed: tuple[Situation, ...] = ()
    unnoticed: tuple[tuple[str, Place], ...] = ()


def read_situations(
    folder: Path, base: KnowledgeBase
) -> tuple[Situations | None, tuple[Problem, ...]]:
    """Return the situations of the rule base in *folder*, and the problems of the file.

    None if it has no such file, or one without a valid form.
    """
    path = folder / FILE
    if not path.is_file():
        return None, ()
    shown = f"{folder.name}/{FILE}"
    try:
        node = read_file(path, shown)
        doc, found = parse(SituationsDoc, node, Place(shown, 1, 1))
        problems = list(found)
        if doc is None:
            return None, tuple(problems)
        listed = []
        for number, each in enumerate(doc.situations):
            written, place = node["situations"][number], node["situations"].at(number)
            problems += _unknown_names(each.expect, base, written.at("expect"))
            listed += [
                Situation(name, given, each.expect, place)
                for name, given in given_of(each, written)
            ]
    except ProblemsError as error:
        return None, tuple(error.problems)
    except KamError as error:
        return None, (Problem(Place(shown), str(error).removeprefix(f"{shown}: ")),)
    unnoticed = [(u.change, node["unnoticed"].at(n)) for n, u in enumerate(doc.unnoticed)]
    return Situations(tuple(listed), tuple(unnoticed)), tuple(problems)


def _unknown_names(expect: FollowsDoc, base: KnowledgeBase, place: Place) -> Iterator[Problem]:
    """Yield what an expectation names and the rule base does not have."""
    stages = (*base.stage_model.names, UNDETERMINED)
    used: tuple[tuple[str, Iterable[str | None], Iterable[str]], ...] = (
        ("stage", [expect.stage], stages),
        ("leaning", [expect.leaning], (*stages, NO_LEANING)),
        ("strategy", [expect.strategy], [strategy.id for strategy in base.strategies]),
        ("step", sorted(expect.step_names()), base.steps),
        ("step", [*(expect.moves or ()), *(expect.later or ())], base.steps),
        ("finding", [*expect.steps, *expect.waits], base.findings),
        ("reason", (expect.later or {}).values(), list(type(base.plan.left).model_fields)),
    )
    for kind, names, known in used:
        for name in names:
            if name is not None and name not in known:
                yield Problem(place, unknown_name(kind, name, known))
