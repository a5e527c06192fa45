"""The half days of a team: a YAML or CSV file by owner, or one number for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, ProblemsError, did_you_mean, shortened, unknown_name
from kam_expert.importing.small_csv import small_csv
from kam_expert.knowledge.yaml_reader import Map, read_file, scalar
from kam_expert.results.effort import Capacity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

#: The heads of a CSV file. In YAML: ``half_days`` for all, or ``owners`` with half days by name.
_HEADS = ["owner", "half_days"]
#: More than any team has in a quarter.
_MOST = 10_000_000


def read_capacity(given: str, path: Path) -> tuple[Capacity, Mapping[str, Place]]:
    """Return the half days, and the place of each owner in the file.

    Args:
        given: What the user wrote: a whole number of half days, or the name of a file.
        path: The same as a path.

    Raises:
        KamError: The file cannot be read or is invalid.
    """
    if isinstance(scalar(given), int):
        return Capacity({}, _half_days(scalar(given), Place("--capacity"))), {}
    if path.suffix.casefold() == ".csv":
        return _by_owner(_csv_rows(path), Place(str(path)))
    node = read_file(path)
    start = Place(str(path), 1, 1)
    if isinstance(node, int):
        return Capacity({}, _half_days(node, start)), {}
    if (
        not isinstance(node, Map)
        or len(node) != 1
        or next(iter(node)) not in {"half_days", "owners"}
    ):
        unknown = (
            [key for key in node if key not in {"half_days", "owners"}]
            if isinstance(node, Map)
            else []
        )
        if unknown:
            problem = Problem(
                node.at(unknown[0]), unknown_name("key", unknown[0], ["half_days", "owners"])
            )
            raise ProblemsError([problem])
        what = 'either "half_days: 120" in all, or "owners:" with half days by owner is needed'
        raise ProblemsError([Problem(start, what)])
    key = next(iter(node))
    if key == "half_days":
        return Capacity({}, _half_days(node[key], node.at(key))), {}
    owners = node[key]
    if not isinstance(owners, Map):
        raise ProblemsError([Problem(node.at(key), "owners with their half days are needed")])
    return _by_owner(((name, owners[name], owners.at(name)) for name in owners), node.at(key))


def check_owners(capacity: Capacity, places: Mapping[str, Place], owners: Collection[str]) -> None:
    """Raise ProblemsError if an owner in the file has no move in the portfolio.

    Args:
        capacity: The half days.
        places: Of each owner in the file.
        owners: Everybody who has an account or a move.
    """
    problems = [
        Problem(
            places[name],
            f'no account has the owner "{shortened(name)}".{did_you_mean(name, owners)}',
        )
        for name in capacity.owners
        if name not in owners
    ]
    if problems:
        raise ProblemsError(problems)


def _by_owner(
    rows: Iterable[tuple[str, Any, Place]], start: Place
) -> tuple[Capacity, Mapping[str, Place]]:
    owners: dict[str, int] = {}
    places: dict[str, Place] = {}
    problems = []
    for name, value, place in rows:
        if name in owners:
            problems.append(Problem(place, f'the owner "{shortened(name)}" is listed twice'))
            continue
        places[name] = place
        try:
            owners[name] = _half_days(value, place)
        except ProblemsError as error:
            problems += error.problems
    if not owners and not problems:
        problems.append(Problem(start, "there is no owner in it"))
    if problems:
        raise ProblemsError(problems)
    return Capacity(owners), places


def _half_days(value: Any, place: Place) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        shown = "nothing" if value is None else f'"{shortened(value)}"'
        raise ProblemsError([Problem(place, f"a whole number of half days is needed, not {shown}")])
    return value


def _csv_rows(path: Path) -> Iterable[tuple[str, Any, Place]]:
    problems: list[Problem] = []
    for (owner, half_days), place in small_csv(path, _HEADS, problems):
        yield owner, scalar(half_days), place
    if problems:
        raise ProblemsError(problems)
