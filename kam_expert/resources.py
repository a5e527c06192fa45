"""Paths of data files: inside the package when installed, above it in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def _folder(installed: str, checkout: str) -> Path:
    inside = _PACKAGE / "_data" / installed
    return inside if inside.is_dir() else _PACKAGE.parent / checkout


def rules_folder() -> Path:
    """Return the folder of the built-in rule base."""
    return _folder("rules", "rules")


def templates_folder() -> Path:
    """Return the folder of the report templates."""
    return _folder("templates", "reports/templates")


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
