"""Where the data of the program lies: beside it when installed, above it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(installed: str, checkout: str) -> Path:
    inside = _PACKAGE / "_data" / installed
    return inside if inside.is_dir() else _PACKAGE.parent / checkout


def rules_folder() -> Path:
    """Give the folder of the rule base that travels with the program."""
    return _folder("rules", "rules")


def templates_folder() -> Path:
    """Give the folder of the report templates."""
    return _folder("templates", "reports/templates")


def locale_folder() -> Path:
    """Give the folder of the translated interface texts."""
    return _PACKAGE / "locale"
