"""``kam doctor``: what is installed, what each extra gives, where data lies, what is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kam_expert.app.installation import ExtraState, Installation


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def doctor(as_json: bool) -> None:
    """Say what is installed, what each extra gives, and where data lies.

    The exit status is 1 if something that the program always needs is missing.
    """
    from kam_expert.app.installation import installation

    found = installation()
    click.echo(_json(found) if as_json else _text(found))
    if "missing" in found.versions.values():
        raise SystemExit(1)


def _text(found: Installation) -> str:
    width = max(map(len, found.versions))
    lines = [f"{name:{width}}  {version}" for name, version in found.versions.items()]
    lines += ["", "Folders"]
    for use, path in found.folders.items():
        state = "" if path is None or path.exists() else "  (not created yet)"
        lines.append(
            f"  {use:10}{path or 'none: it cannot be created or others can write to it'}{state}"
        )
    lines += ["", "Extras"]
    for extra in found.extras:
        lines.append(f"  {extra.name:10}{'ready' if extra.is_ready else 'missing':9}{extra.gives}")
        lines += [f"{'':21}{line}" for line in _wanting(extra)]
    return "\n".join(lines)


def _wanting(extra: ExtraState) -> list[str]:
    if extra.is_ready:
        return []
    wanting = ", ".join(extra.missing) or extra.broken
    return [f"wanting: {wanting}", extra.remedy]


def _json(found: Installation) -> str:
    return json.dumps(
        {
            "versions": found.versions,
            "folders": {use: str(path) if path else None for use, path in found.folders.items()},
            "extras": [
                {
                    "name": extra.name,
                    "gives": extra.gives,
                    "ready": extra.is_ready,
                    "installed": extra.installed,
                    "missing": list(extra.missing),
                    "broken": extra.broken or None,
                    "remedy": extra.remedy or None,
                }
                for extra in found.extras
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
