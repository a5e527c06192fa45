"""Write the pages about a method as a static site: both languages, a graph, a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.outputs.templating import rendered
from kam_expert.resources import templates_folder
from kam_expert.workshop.coverage import coverage
from kam_expert.workshop.method_pages import FOLDERS, MethodPages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kam_expert.workshop.sources import RuleSources
    from kam_expert.workshop.tried_accounts import TriedAccount

LANGUAGES = ("en", "uk")
_STATIC = ("method.css", "method.js")


def write_site(sources: RuleSources, accounts: Sequence[TriedAccount], folder: Path) -> int:
    """Write the pages about a rule base.

    Args:
        sources: The rule base as written.
        accounts: Whole accounts, which show how often a rule fires.
        folder: The folder of the site; made if it is missing.

    Returns:
        The number of pages.

    Raises:
        KamError: The folder cannot be written to.
    """
    base = sources.base
    seen = coverage(accounts, base)
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _STATIC:
            text = (templates_folder() / "method" / name).read_text(encoding="utf-8")
            (folder / name).write_text(text, encoding="utf-8")
        for lang in LANGUAGES:
            made = MethodPages(sources, lang, seen.counts["rule"], seen.accounts)
            pages = list(made.pages())
            place = folder / lang
            for part in FOLDERS:
                (place / part).mkdir(parents=True, exist_ok=True)
            shared: dict[str, Any] = {"method": base.name.get(lang), "version": base.version}
            for page in pages:
                html = rendered("method/page.html.j2", lang, page=page, root="../", **shared)
                (place / page.path).write_text(html, encoding="utf-8")
            start: dict[str, Any] = {
                "statements": list(made.statements()),
                "groups": [(f, [p for p in pages if p.path.startswith(f"{f}/")]) for f in FOLDERS],
                "graph": made.graph(),
            }
            html = rendered("method/start.html.j2", lang, root="", page=None, **start, **shared)
            (place / "index.html").write_text(html, encoding="utf-8")
            count += len(pages) + 1
        first = rendered("method/languages.html.j2", "en", root="", page=None, **shared)
        (folder / "index.html").write_text(first, encoding="utf-8")
    except OSError as error:
        raise KamError(f"{folder}: cannot be written: {error.strerror}") from None
    return count + 1
