"""``kam session``: a session in the terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    lang_option,
    load_base,
    load_privacy_of,
    rules_option,
    thresholds_option,
)


@click.command()
@click.argument("path", metavar="CASE", type=click.Path(path_type=Path))
@click.option(
    "--with-customer",
    is_flag=True,
    help="Somebody of the customer is here and answers what the customer is asked.",
)
@lang_option
@date_option
@thresholds_option
@rules_option
def session(
    path: Path,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
    *,
    with_customer: bool,
) -> None:
    """Ask the most useful questions about CASE; each answer is saved immediately.

    A missing file is created. In a pipe, answers are read from standard input.
    """
    from kam_expert.outputs.interface import translator
    from kam_expert.terminal.screen import Screen
    from kam_expert.terminal.session import Session
    from kam_expert.terminal.session_file import SessionFile

    when = day_of(day)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # invalid bytes are an invalid answer
    base = load_base(rules_dir, thresholds)
    privacy = load_privacy_of(rules_dir, base)
    file = SessionFile(path)
    file.check()
    if file.is_new:
        name = _read(translator(lang).gettext("Name of the customer:") + " ")
        if name is None:
            return
        case = file.create(name, base)
    else:
        case = file.read(base)
        if file.has_comments:
            click.echo(
                translator(lang).gettext(
                    "The file is written anew after each answer: answers stay, comments do not."
                )
            )
    screen = Screen(base, lang, click.echo, privacy)
    Session(case, base, when, screen, file.save, with_customer=with_customer).run(_read)


def _read(prompt: str = "> ") -> str | None:
    """Return the next line, None at the end. Input from a pipe is echoed."""
    try:
        click.echo(prompt, nl=False)
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        click.echo()
        return None
    if not line or not sys.stdin.isatty():
        click.echo(line.rstrip("\r\n"))
    return line.rstrip("\r\n") if line else None
