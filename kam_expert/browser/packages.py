"""The Python packages of the browser edition: which files of the installed ones it takes."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert import resources
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Packages in Python alone; compiled parts of them have an equal in Python.
PURE = (
    "alembic",
    "annotated-types",
    "anyio",
    "babel",
    "cachetools",
    "charset-normalizer",
    "dawg2-python",
    "experta",
    "frozendict",
    "idna",
    "itsdangerous",
    "jinja2",
    "mako",
    "markupsafe",
    "platformdirs",
    "pydantic",
    "pymorphy3",
    "python-multipart",
    "pyyaml",
    "schema",
    "sqlalchemy",
    "starlette",
    "typing-extensions",
    "typing-inspection",
    "xlsxwriter",
)
#: The dictionary of name forms: large, and only an erasure reads it.
NAMES = ("pymorphy3-dicts-uk",)
#: Other files that a package reads.
_DATA = (".dat", ".json", ".mo", ".dawg", ".array")
#: Of Babel only the languages that pages can have, of 1,084.
_LOCALES = ("root.dat", "en.dat", "uk.dat", "en_001.dat", "en_US.dat", "uk_UA.dat")
_LEFT_OUT = (
    "babel/messages/",
    "alembic/templates/",
    "charset_normalizer/cli/",
    "alembic/testing/",
    "anyio/_backends/_trio.py",
    "anyio/pytest_plugin.py",
    "mako/testing/",
    "pydantic/mypy.py",
    "pydantic/v1/",
    "sqlalchemy/dialects/mssql/",
    "sqlalchemy/dialects/mysql/",
    "sqlalchemy/dialects/oracle/",
    "sqlalchemy/ext/a",
    "sqlalchemy/ext/d",
    "sqlalchemy/ext/h",
    "sqlalchemy/ext/i",
    "sqlalchemy/ext/m",
    "sqlalchemy/ext/o",
    "sqlalchemy/ext/s",
    "sqlalchemy/orm/",
    "sqlalchemy/testing/",
)
#: Of the standard library, what a session in a browser cannot use: tools of developers, processes,
#: protocols of the network.
_LIBRARY_LEFT_OUT = (
    "_pyrepl/",
    "bdb.py",
    "doctest.py",
    "ftplib.py",
    "imaplib.py",
    "multiprocessing/",
    "optparse.py",
    "pdb.py",
    "pickletools.py",
    "poplib.py",
    "profiling/",
    "pstats.py",
    "pydoc.py",
    "smtplib.py",
    "unittest/",
    "wsgiref/",
    "xmlrpc/",
)
#: Parts of the program that cannot run in a browser.
_PROGRAM_LEFT_OUT = ("engines/portfolio/", "cli/", "assistant/", "workshop/")


def is_in_library(place: str) -> bool:
    """Return whether the edition has this file of the standard library."""
    return not place.startswith(_LIBRARY_LEFT_OUT)


def package_files(names: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Yield the files of installed packages: place in the archive, and path.

    Raises:
        KamError: A package is not installed.
    """
    for name in names:
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise KamError(
                f"the browser edition needs {name}, which is not installed: "
                "pip install kam-expert[site]"
            ) from None
        for file in sorted(found.files or (), key=str):
            place = file.as_posix()
            if _is_taken(place):
                yield place, Path(str(file.locate()))


def _is_taken(place: str) -> bool:
    if place.startswith((*_LEFT_OUT, "..")) or "/tests/" in place or ".dist-info/" in place:
        return False
    if "/locale-data/" in place:
        return place.rpartition("/")[2] in _LOCALES
    return place.endswith((".py", *_DATA))


def program_files() -> Iterator[tuple[str, Path]]:
    """Yield the files of this program: place in the archive, and path."""
    package = Path(resources.__file__).parent
    for file in sorted(package.rglob("*")):
        place = file.relative_to(package).as_posix()
        if file.suffix not in {".py", ".mo"} or place.startswith(("_data/", *_PROGRAM_LEFT_OUT)):
            continue
        yield f"kam_expert/{place}", file
    for name, folder in (
        ("rules", resources.rules_folder()),
        ("templates", resources.templates_folder()),
        ("mappings", resources.mappings_folder()),
    ):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield f"kam_expert/_data/{name}/{file.relative_to(folder).as_posix()}", file
