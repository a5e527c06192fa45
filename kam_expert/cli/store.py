"""``kam store``: backs up, restores and verifies a database of accounts, and has its users."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kam_expert.cli.options import load_base, rules_option
from kam_expert.cli.store_database import check_exists, store_argument
from kam_expert.cli.store_tokens import token_group
from kam_expert.cli.store_users import user_group

EXIT_DAMAGED = 1


@click.group(name="store")
def store_group() -> None:
    """Back up, restore and verify a database of accounts; STORE is an SQLite file or a URL."""


store_group.add_command(user_group)
store_group.add_command(token_group)


@store_group.command()
@store_argument
@click.argument("file", type=click.Path(path_type=Path))
@rules_option
def backup(url: str, file: Path, rules_dir: Path | None) -> None:
    """Write a backup to FILE and verify it; others may work in the store meanwhile."""
    from kam_expert.store.backup import back_up, verify

    check_exists(url)
    count = back_up(url, file)
    accounts, versions, problems = verify(str(file), load_base(rules_dir))
    _report(problems)
    click.echo(f"{file}: {accounts} of {count} accounts, {versions} versions, verified")


@store_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@store_argument
@rules_option
def restore(file: Path, url: str, rules_dir: Path | None) -> None:
    """Copy the backup FILE into a new or empty store, and verify it."""
    from kam_expert.store.backup import restore as restored
    from kam_expert.store.backup import verify

    restored(file, url)
    accounts, versions, problems = verify(url, load_base(rules_dir))
    _report(problems)
    click.echo(f"{url}: {accounts} accounts, {versions} versions, verified")


@store_group.command()
@store_argument
@rules_option
def verify(url: str, rules_dir: Path | None) -> None:
    """Read every version of every account; exit with 1 if any is damaged."""
    from kam_expert.store.backup import verify as verified

    check_exists(url)
    accounts, versions, problems = verified(url, load_base(rules_dir))
    _report(problems)
    click.echo(f"{url}: {accounts} accounts, {versions} versions, nothing damaged")


def _report(problems: list[str]) -> None:
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(EXIT_DAMAGED)
