"""What is installed: the program, its extras, and the folders that it reads and writes."""

from __future__ import annotations

import importlib
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from kam_expert import __version__
from kam_expert.extras import EXTRAS
from kam_expert.resources import (
    cache_folder,
    data_folder,
    examples_folder,
    mappings_folder,
    rules_folder,
    schemas_folder,
    templates_folder,
)

if TYPE_CHECKING:
    from pathlib import Path

#: A requirement in the metadata of a package: its name, and the extra that it belongs to.
_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+).*?(?:extra == ['\"]([^'\"]+)['\"])?$")


@dataclass(frozen=True)
class ExtraState:
    """Whether an extra can be used.

    Attributes:
        installed: Version of each of its packages that is installed, by name.
        missing: Names of its packages that are not installed.
        broken: Why a system library of it cannot be used, or "".
    """

    name: str
    gives: str
    installed: dict[str, str]
    missing: tuple[str, ...]
    broken: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether all of it is there."""
        return not self.missing and not self.broken

    @property
    def remedy(self) -> str:
        """What to do to make it ready, or ""."""
        if self.missing:
            return f"pip install kam-expert[{self.name}]"
        return f"install {EXTRAS[self.name].system}" if self.broken else ""


@dataclass(frozen=True)
class Installation:
    """What is installed, and where.

    Attributes:
        versions: Versions of the program, Python and the packages that it always needs, by name.
        folders: Paths by use; None where the program has none.
        extras: The extras in alphabetical order.
    """

    versions: dict[str, str]
    folders: dict[str, Path | None]
    extras: tuple[ExtraState, ...]


def installation() -> Installation:
    """Return what is installed on this machine; creates the cache folder like every command."""
    needed = _requirements()
    base = {"kam-expert": __version__, "Python": f"{platform.python_version()} ({sys.executable})"}
    base |= {name: _version(name) or "missing" for name in needed.get("", ())}
    folders = {
        "rules": rules_folder(),
        "templates": templates_folder(),
        "mappings": mappings_folder(),
        "schemas": schemas_folder(),
        "examples": examples_folder(),
        "accounts": data_folder(),
        "cache": cache_folder(),
    }
    return Installation(base, folders, tuple(_state(name, needed) for name in sorted(EXTRAS)))


def _requirements() -> dict[str, tuple[str, ...]]:
    """Return the packages that each extra needs; those always needed are under ""."""
    found: dict[str, list[str]] = {}
    try:
        lines = requires("kam-expert") or []
    except PackageNotFoundError:  # run from a folder without being installed
        lines = []
    for line in lines:
        if match := _REQUIREMENT.match(line):
            found.setdefault(match[2] or "", []).append(match[1])
    return {extra: tuple(sorted(names)) for extra, names in found.items()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _state(name: str, needed: dict[str, tuple[str, ...]]) -> ExtraState:
    versions = {package: _version(package) for package in needed.get(name, ())}
    missing = tuple(package for package, found in versions.items() if found is None)
    return ExtraState(
        name,
        EXTRAS[name].gives,
        {package: found for package, found in versions.items() if found is not None},
        missing,
        "" if missing else _broken(name),
    )


def _broken(extra: str) -> str:
    """Return why what an extra needs of the system cannot be used, or ""."""
    if extra == "spark":
        return "" if shutil.which("java") else "java is not on the PATH"
    if extra in {"pdf", "postgres"}:
        try:
            importlib.import_module("weasyprint" if extra == "pdf" else "psycopg")
        except (ImportError, OSError) as error:
            return str(error).splitlines()[0]
    return ""
