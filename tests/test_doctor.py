"""`kam doctor`, and the one message where an extra is missing."""

from __future__ import annotations

import json
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam
from kam_expert.errors import KamError
from kam_expert.extras import EXTRAS, needs

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: The extras for those who work on the program, and the one that holds the others.
NOT_FOR_USERS = {"all", "dev", "rules"}


def test_every_extra_for_users_says_what_it_gives() -> None:
    assert set(PROJECT["optional-dependencies"]) - NOT_FOR_USERS == set(EXTRAS)


def test_all_holds_every_extra_but_spark() -> None:
    (everything,) = PROJECT["optional-dependencies"]["all"]
    held = set(everything.removeprefix("kam-expert[").removesuffix("]").split(","))

    assert held | {"spark", "live"} == set(EXTRAS)
    assert any(
        need.startswith("kam-expert[live]") for need in PROJECT["optional-dependencies"]["postgres"]
    )


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    with (
        pytest.raises(
            KamError, match=r"^a calendar needs nowhere, .*: pip install kam-expert\[crm\]$"
        ),
        needs("crm", "a calendar"),
    ):
        raise ModuleNotFoundError("No module named 'nowhere.inside'", name="nowhere.inside")


def test_a_missing_system_library_is_named() -> None:
    with (
        pytest.raises(KamError, match=r"a PDF needs a system library \(.*pango"),
        needs("pdf", "a PDF"),
    ):
        raise OSError("cannot load library 'pango'")


def test_a_fault_of_the_program_is_not_taken_for_a_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError), needs("crm", "a calendar"):
        import kam_expert.nothing  # type: ignore[import-not-found] # noqa: F401, PLC0415


def test_a_file_that_cannot_be_read_is_not_taken_for_a_missing_library() -> None:
    with pytest.raises(PermissionError), needs("excel", "a workbook"):
        raise PermissionError("no")


def _doctor() -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(kam, ["doctor", "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_the_versions_are_those_that_are_installed() -> None:
    status, found = _doctor()

    assert status == 0
    assert found["versions"]["click"] == metadata.version("click")
    assert str(found["versions"]["Python"]).startswith(".".join(map(str, sys.version_info[:3])))


def test_an_extra_without_a_package_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    there = metadata.version

    def version(name: str) -> str:
        if name == "highspy":
            raise metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr("kam_expert.app.installation.version", version)
    _, found = _doctor()
    states = {extra["name"]: extra for extra in found["extras"]}

    assert states["effort"]["missing"] == ["highspy"]
    assert states["effort"]["remedy"] == "pip install kam-expert[effort]"
    assert not states["effort"]["ready"]
    assert states["calendar"]["ready"]


def test_the_text_names_extras_folders_and_what_is_wanting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/nonexistent/data")
    monkeypatch.setattr("kam_expert.app.installation.shutil.which", lambda _: None)

    text = CliRunner().invoke(kam, ["doctor"]).stdout

    assert "/nonexistent/data/kam-expert  (not created yet)" in text
    assert all(f"  {name} " in text for name in EXTRAS)
    assert "kam-expert[spark]" in text or "install Java 17" in text
