"""Paths of data files: inside the package when installed, above it in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from kam_expert.errors import KamError

_PACKAGE = Path(__file__).resolve().parent


def _folder(installed: str, checkout: str) -> Path:
    inside = _PACKAGE / "_data" / installed
    return inside if inside.is_dir() else _PACKAGE.parent / checkout


def rules_folder() -> Path:
    """Return the folder of the built-in rule base."""
    return _folder("rules", "rules")


def methods_folder() -> Path:
    """Return the folder of the other methods that travel with the program."""
    return _folder("methods", "methods")


def templates_folder() -> Path:
    """Return the folder of the report templates."""
    return _folder("templates", "reports/templates")


def examples_folder() -> Path:
    """Return the folder of the example cases."""
    return _folder("examples", "examples")


def schemas_folder() -> Path:
    """Return the folder of the JSON Schemas."""
    return _folder("schemas", "schemas")


def mappings_folder() -> Path:
    """Return the folder of the built-in import mappings."""
    return _folder("mappings", "mappings")


def locale_folder() -> Path:
    """Return the folder of the translated interface texts."""
    return _PACKAGE / "locale"


def cache_folder() -> Path | None:
    """Return the cache folder, creating it if it is missing.

    None if ``KAM_NO_CACHE`` is set, if it cannot be created, or if other users can write to it.
    """
    if os.environ.get("KAM_NO_CACHE"):
        return None
    folder = platformdirs.user_cache_path("kam-expert", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        return None
    return folder


def data_folder() -> Path:
    """Return the default folder for accounts and the secret; it may be missing."""
    return platformdirs.user_data_path("kam-expert", appauthor=False)


def made_data_folder() -> Path:
    """Return the folder for accounts and the secret; create it if it is missing.

    Raises:
        KamError: It cannot be created.
    """
    folder = data_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KamError(f"{folder}: cannot be created ({error.strerror or error})") from None
    return folder
