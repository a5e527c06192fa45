"""The part of the build that runs in the Python of the browser edition.

It compiles templates and modules, those of Python's own library too, so that a start in the browser
need not, and reads the compiled rule base as the browser will.
"""

from __future__ import annotations

import compileall
import py_compile
from pathlib import Path

from kam_expert.knowledge.rule_cache import read_compiled
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.templating import environment
from kam_expert.resources import templates_folder

STAGE = Path("/stage")


def run() -> None:
    """Write compiled templates, and replace each module by its bytecode. Raises KamError."""
    read_compiled(STAGE / "rules.pickle")
    for lang in LANGUAGES:
        pages = environment(templates_folder(), lang)
        for name in pages.list_templates(extensions=["j2"]):
            pages.get_template(name)
    program = STAGE / "packages" / "kam_expert"
    _compile(program, STAGE / "packages", -1)
    for folder in (STAGE / "packages", STAGE / "library"):
        # Without docstrings: the files of others are smaller, and read faster.
        _compile(folder, folder, 2)


def _compile(folder: Path, root: Path, level: int) -> None:
    compiled = compileall.compile_dir(
        folder,
        quiet=1,
        legacy=True,
        stripdir=str(root),
        optimize=level,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise SystemExit("a module could not be compiled")
    for source in folder.rglob("*.py"):
        source.unlink()
