"""Names of people in a separate file next to the case. No diagnosis needs it.

``acme.names.yaml`` next to ``acme.yaml`` is found by its name; ``names: FILE`` in the case names
another one. Both may be missing: people are then called by their ids.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError, Place, Problem, did_you_mean, shortened, unknown_name
from kam_expert.facts.case_writer import quoted
from kam_expert.knowledge.yaml_reader import Map, Seq, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kam_expert.facts.case import Case, Entity

NAMES_ENDING = ".names.yaml"
_BLOCKS = ("people", "team")


def names_file(path: Path, node: Any) -> Path:
    """Return the path of the names file of the case at *path*, whether or not it exists.

    Args:
        path: The case file.
        node: Its content.
    """
    named = node.get("names") if isinstance(node, Map) else None
    if isinstance(named, str):
        return path.with_name(named)
    return path.with_name(path.stem + NAMES_ENDING)


def is_plain_name(name: object) -> bool:
    """Return whether *name* is a plain file name, without a folder."""
    return isinstance(name, str) and bool(name) and not {"/", "\\", "\0"} & set(name) and (
        name not in (".", "..")
    )  # fmt: skip


def with_names(case: Case, path: Path) -> Case:
    """Return *case* with the names from the file at *path*, if it exists.

    Raises:
        KamError: The file cannot be read.
        CaseError: It is not a names file, or names somebody who is not in the case.
    """
    if not path.is_file():
        return case
    names = _read(read_file(path), case, Place(str(path)))
    return replace(
        case,
        people=None if case.people is None else _named(case.people, names["people"]),
        team=None if case.team is None else _named(case.team, names["team"]),
    )


def names_text(names: Mapping[str, Mapping[str, str]]) -> str:
    """Return the text of a names file."""
    return "".join(f"{line}\n" for line in _lines(names))


def names_of(case: Case) -> dict[str, dict[str, str]]:
    """Return the names of people in *case*, by block (``people``, ``team``) and id."""
    return {
        "people": {p.id: p.name for p in case.people or () if p.name},
        "team": {m.id: m.name for m in case.team or () if m.name},
    }


def without_names(case: Case) -> Case:
    """Return *case* without names."""
    return replace(
        case,
        people=None if case.people is None else _named(case.people, {}, none=True),
        team=None if case.team is None else _named(case.team, {}, none=True),
    )


def _named(
    entities: tuple[Entity, ...], names: Mapping[str, str], *, none: bool = False
) -> tuple[Entity, ...]:
    return tuple(replace(e, name=names.get(e.id, "" if none else e.name)) for e in entities)


def _lines(names: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "kam: 1"
    for block in _BLOCKS:
        if names.get(block):
            yield f"{block}:"
            yield from (f"  {quoted(key)}: {quoted(name)}" for key, name in names[block].items())


def _read(node: Any, case: Case, place: Place) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {block: {} for block in _BLOCKS}
    if not isinstance(node, Map):
        raise CaseError([Problem(place, "a file of names has people: and team:, each id: name")])
    problems = [
        Problem(node.at(key), unknown_name("key", key, _BLOCKS))
        for key in node
        if key not in ("kam", *_BLOCKS)
    ]
    for block in _BLOCKS:
        given = node.get(block)
        if given is None:
            continue
        if not isinstance(given, Map):
            problems.append(Problem(node.at(block), f'"{block}:" is a mapping of ids to names'))
            continue
        known = [entity.id for entity in getattr(case, block) or ()]
        for key, value in given.items():
            if key not in known:
                problems.append(
                    Problem(
                        given.at(key),
                        f'"{shortened(key)}" is not an id in "{block}:" of the case.'
                        f"{did_you_mean(key, known)}",
                    )
                )
            elif isinstance(value, Map | Seq):
                problems.append(Problem(given.at(key), "a name is a text"))
            elif given.raw[key].strip():
                found[block][key] = given.raw[key].strip()
    if problems:
        raise CaseError(problems)
    return found
