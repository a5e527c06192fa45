"""``kam method``: start a method of one's own, and put one into a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from kam_expert.cli.options import load_base
from kam_expert.errors import KamError
from kam_expert.resources import methods_folder

#: The method from which `kam method new` starts.
_STARTER = "starter"


@click.group("method")
def method_group() -> None:
    """Start a method of your own, and put one into a file that --rules takes."""


@method_group.command("new")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def method_new(folder: Path) -> None:
    """Write a small method into DIR, with comments that explain each file."""
    if folder.exists():
        raise KamError(f"{folder}: exists already; name a folder that does not")
    try:
        shutil.copytree(methods_folder() / _STARTER, folder)
    except OSError as error:
        raise KamError(f"{folder}: cannot be written ({error.strerror or error})") from None
    click.echo(f"{folder} holds a method of three rules; README.md there says what to change.")
    click.echo(f"  kam rules check --rules {folder}")
    click.echo(f"  kam rules test --rules {folder}")


@method_group.command("pack")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write."
)
def method_pack(folder: Path, output: Path) -> None:
    """Put the method in DIR into one file, with its version and a digest; --rules takes it.

    Only a method that passes the checks of the rule base is packed.
    """
    from kam_expert.cli.rules import problems_of
    from kam_expert.knowledge.method_pack import packed
    from kam_expert.outputs.files import write_whole

    if output.suffix.lower() != ".zip":
        raise KamError(f"{output}: a packed method ends in .zip")
    base = load_base(folder)
    problems = problems_of(folder, base)
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise KamError(f"{folder}: not packed, {count}; see: kam rules check --rules {folder}")
    pack = packed(folder, base.version)
    write_whole(output, pack.data())
    manifest = pack.manifest
    click.echo(f"{output}: {manifest.name} {manifest.version}, {len(pack.files)} files")
    click.echo(f"digest {manifest.digest}")
