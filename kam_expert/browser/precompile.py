"""The part of the build that runs in the Python of the browser edition.

It reads and checks the rule base, and compiles templates and modules, so that a start in the
browser need not.
"""

from __future__ import annotations

import compileall
import py_compile
from pathlib import Path

from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.knowledge.rule_cache import write_compiled
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.templating import environment
from kam_expert.resources import rules_folder, templates_folder

STAGE = Path("/stage")


def run() -> None:
    """Write the compiled rule base and templates, and replace each module by its bytecode."""
    base = load_knowledge_base(rules_folder())
    load_privacy(rules_folder(), base)
    write_compiled(STAGE / "rules.pickle", base)
    for lang in LANGUAGES:
        pages = environment(templates_folder(), lang)
        for name in pages.list_templates(extensions=["j2"]):
            pages.get_template(name)
    packages = STAGE / "packages"
    compiled = compileall.compile_dir(
        packages,
        quiet=1,
        legacy=True,
        stripdir=str(packages),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise SystemExit("a module could not be compiled")
    for source in packages.rglob("*.py"):
        source.unlink()
