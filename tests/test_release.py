"""The scripts of a release: licences, the file of the container, archives with the same bytes."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
RELEASE: dict[str, Any] = runpy.run_path(str(ROOT / "release" / "release.py"))
MATRIX: dict[str, Any] = runpy.run_path(str(ROOT / "release" / "matrix.py"))
CONTAINER = (ROOT / "release" / "Containerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("MIT", True), ("Apache-2.0 OR GPL-3.0-only", True), ("MIT AND BSD-3-Clause", True),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", False), ("AGPL-3.0-only", False), ("", False),
        ("License :: OSI Approved :: BSD License", True), ("Proprietary", False),
        ("MIT AND GPL-2.0-only", False),
    ],
)  # fmt: skip
def test_a_licence_is_allowed_or_not(words: str, *, allowed: bool) -> None:
    assert RELEASE["is_allowed"](words) is allowed


def test_a_package_without_a_licence_is_found() -> None:
    parts = [
        {"name": "a", "version": "1", "licenses": [{"license": {"id": "MIT"}}]},
        {"name": "b", "version": "2"},
        {"name": "c", "version": "3", "licenses": [{"expression": "GPL-3.0-only"}]},
    ]

    found = list(RELEASE["licences"]({"components": parts}))

    assert found == [("a", "1", ["MIT"]), ("b", "2", []), ("c", "3", ["GPL-3.0-only"])]


def test_an_archive_has_the_same_bytes_for_the_same_files(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("b.txt", "a.txt"):
        (folder / name).write_text(name, encoding="utf-8")

    said = [RELEASE["archived"](folder, tmp_path / name) for name in ("1.zip", "2.zip")]

    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert said[0].startswith("1.zip: 2 files")


def test_the_container_runs_without_root_and_writes_to_its_volume_only() -> None:
    last = CONTAINER.split("\nFROM ")[-1]
    instructions = dict(re.findall(r"^([A-Z]+) (.*)$", last, re.MULTILINE))

    assert instructions["USER"] == "10001"
    assert instructions["VOLUME"] == "/data"
    assert "XDG_DATA_HOME=/data" in last
    assert "XDG_CACHE_HOME=/tmp" in last
    assert instructions["ENTRYPOINT"] == '["kam"]'
    assert '"--password"' in instructions["CMD"]
    assert "/enter" in last.split("HEALTHCHECK", 1)[1].split("ENTRYPOINT")[0]
    assert "pip install" not in last  # only the first stage has tools that build


def test_the_container_installs_locked_packages() -> None:
    installs = re.findall(r"pip install (.*?)(?: \\)?$", CONTAINER, re.MULTILINE)

    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1]


def test_the_matrix_has_every_version_that_is_promised() -> None:
    least = PROJECT["requires-python"].removeprefix(">=")

    assert MATRIX["VERSIONS"][0] == least
    page = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    assert f"Python {least} to {MATRIX['VERSIONS'][-1]}" in page


def test_a_version_that_cannot_be_had_says_why() -> None:
    found = MATRIX["found"]("3.99")

    assert isinstance(found, str)
    assert found.startswith("cannot be had")
