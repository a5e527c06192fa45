"""Write docs/commands.md: every command and option, as the program itself describes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli import kam

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[1] / "commands.md"
HEAD = """# Commands

Every command with its options. `kam COMMAND --help` prints the same. `python3 run.py docs` makes
this page from the program.

Exit status: 0 done; 1 a check found something; 2 bad input or usage. Files are written whole or
not at all.
"""
#: What options mean that many commands have, and that their own help leaves to the choices.
SAID_ONCE = {
    "--lang": "Language of the output; Ukrainian by default.",
    "--format": "Form of the output.",
}


def commands(group: click.Group, path: str = "kam") -> Iterator[tuple[str, click.Command]]:
    """Yield each command that does something, with its full name."""
    for name in sorted(group.commands):
        command = group.commands[name]
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def section(path: str, command: click.Command) -> str:
    """Return what one command does, and a table of its options."""
    context = click.Context(command, info_name=path)
    lines = [f"## {path}", "", f"`{' '.join([path, *command.collect_usage_pieces(context)])}`", ""]
    lines += [" ".join((command.help or "").replace("\b", "").split()), ""]
    rows = [
        option_row(parameter, context)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    if rows:
        lines += ["| option | does |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def option_row(option: click.Option, context: click.Context) -> str:
    """Return the row of an option: its names, what it takes, what it does."""
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag else f" {option.make_metavar(context)}"
    does = " ".join((option.help or SAID_ONCE.get(option.opts[0], "")).split())
    return f"| {names}{takes.replace('|', ' or ')} | {does.replace('|', chr(92) + '|')} |"


def page() -> str:
    """Return the text of the page."""
    own = section("kam", kam).split("\n", 2)[2]
    sections = [section(path, command) for path, command in commands(kam)]
    return "\n".join([HEAD, own, *sections]).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
