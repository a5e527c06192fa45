"""``kam site``: the browser edition as a folder of static files."""

from __future__ import annotations

from pathlib import Path

import click

from kam_expert.errors import KamError
from kam_expert.extras import needs
from kam_expert.resources import cache_folder


@click.command()
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="New folder for the files.",
)
@click.option(
    "--single",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one HTML file that opens by a double click: report and plan of a case file.",
)
@click.option(
    "--parts",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the downloaded parts; what is missing is downloaded. By default in your cache.",
)
def site(output: Path | None, single: Path | None, parts: Path | None) -> None:
    """Build the browser edition: the live session as static files for any web server.

    Without -o and --single only the parts are downloaded.
    """
    with needs("site", "kam site"):
        from kam_expert.browser.build import build_one_file, build_site
        from kam_expert.browser.parts import provide_parts

    if output is None and single is None and parts is None:
        raise KamError("name the folder with -o DIR, or a file with --single FILE")
    if parts is None:
        cache = cache_folder()
        if cache is None:
            raise KamError("there is no cache folder for the downloaded parts; add --parts DIR")
        parts = cache / "site"
    if single is not None:
        size = build_one_file(single, parts) / 1_000_000
        click.echo(f"{single}: {size:.1f} MB. Open it in a browser; it needs no server.")
    elif output is None:
        provide_parts(parts)
        click.echo(f"The parts are in {parts}.")
    if output is None:
        return
    files = build_site(output, parts)
    total = sum(size for _, size in files) / 1_000_000
    click.echo(f"{output}: {len(files)} files, {total:.1f} MB. Serve them with any web server.")
