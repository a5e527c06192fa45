"""What is installed from a wheel: the program, its types, and the data it needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as file:
        return set(file.namelist())


def test_a_wheel_says_that_it_has_types(wheel: set[str]) -> None:
    assert "kam_expert/py.typed" in wheel


def test_a_wheel_has_every_module(wheel: set[str]) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "kam_expert").rglob("*.py")}

    assert modules - wheel == set()


@pytest.mark.parametrize(
    ("folder", "inside"),
    [
        ("rules", "kam_expert/_data/rules"),
        ("mappings", "kam_expert/_data/mappings"),
        ("examples", "kam_expert/_data/examples"),
        ("schemas", "kam_expert/_data/schemas"),
        ("reports/templates", "kam_expert/_data/templates"),
    ],
)
def test_a_wheel_has_the_data_beside_the_program(folder: str, inside: str, wheel: set[str]) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" for path in files}

    assert wanted
    assert wanted - wheel == set()


def test_a_wheel_has_the_translations(wheel: set[str]) -> None:
    assert "kam_expert/locale/uk/LC_MESSAGES/kam.mo" in wheel
