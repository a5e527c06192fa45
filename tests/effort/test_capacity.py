from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError, Place
from kam_expert.importing.capacity import check_owners, read_capacity
from kam_expert.results.effort import Capacity

if TYPE_CHECKING:
    from pathlib import Path


def _read(folder: Path, text: str, name: str = "team.yaml") -> Capacity:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_capacity(str(path), path)[0]


def test_half_days_are_given_in_all_or_by_owner(tmp_path: Path) -> None:
    by_owner = Capacity({"Ірина": 40, "Oleh Kit": 0})

    assert _read(tmp_path, "owners:\n  Ірина: 40\n  Oleh Kit: 0\n") == by_owner
    assert _read(tmp_path, "owner,half_days\nІрина,40\nOleh Kit,0\n", "team.csv") == by_owner
    assert _read(tmp_path, "half_days: 120\n") == Capacity({}, 120)
    assert read_capacity("120", tmp_path / "120")[0] == Capacity({}, 120)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "t.yaml",
            "owners:\n  Ірина: many\n",
            ':2:3: a whole number of half days is needed, not "many"',
        ),
        (
            "t.yaml",
            "owners:\n  Ірина: -1\n",
            ':2:3: a whole number of half days is needed, not "-1"',
        ),
        (
            "t.yaml",
            "owners:\n  Ірина:\n",
            ":2:3: a whole number of half days is needed, not nothing",
        ),
        ("t.yaml", "owner:\n  Ірина: 1\n", ':1:1: unknown key "owner". Did you mean "owners"?'),
        ("t.yaml", "owners: 4\n", ":1:1: owners with their half days are needed"),
        ("t.yaml", "owners: {}\n", ":1:1: there is no owner in it"),
        ("t.yaml", "", ":1:1: either "),
        ("t.csv", "owner,days\nІрина,1\n", ":1:1: the heads owner,half_days are needed"),
        ("t.csv", "owner,half_days\nІрина,1\nІрина,2\n", ':3:1: the owner "Ірина" is listed twice'),
        ("t.csv", "owner,half_days\nІрина\n", ":2:1: 2 cells are needed, not 1"),
    ],
)
def test_an_error_names_its_place(tmp_path: Path, name: str, text: str, problem: str) -> None:
    with pytest.raises(KamError) as error:
        _read(tmp_path, text, name)

    assert f"{name}{problem}" in str(error.value)


def test_an_owner_without_account_is_named_with_the_nearest() -> None:
    with pytest.raises(KamError, match=r'no account has the owner "Irina"\. Did you mean "Iryna"'):
        check_owners(Capacity({"Irina": 4}), {"Irina": Place("t.yaml", 2, 3)}, {"Iryna", "Oleh"})


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(KamError, match="no such file"):
        read_capacity("team.yaml", tmp_path / "team.yaml")
