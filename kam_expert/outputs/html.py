"""The report on one account: a single HTML file, the same for the same diagnosis."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kam_expert import __version__
from kam_expert.outputs.interface import translator
from kam_expert.outputs.page import Report
from kam_expert.resources import cache_folder, templates_folder

if TYPE_CHECKING:
    from kam_expert.diagnosis import Diagnosis
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

# Characters that no HTML file may hold, even escaped.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_INDENT = re.compile(r"\n\s+")
# Before these tags a line break means nothing.
_BEFORE_BLOCK = re.compile(
    r"\s+(?=</?(?:p|h[1-4]|[duo]l|li|d[dt]|t[dhr]|thead|tbody|table|div|section|details|summary|"
    r"nav|header|main|svg|g|path|circle|polygon|desc|meta|title|style|head|body)\b)"
)


def render_report(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> str:
    """Give the report on one account as an HTML document.

    Args:
        diagnosis: What came out.
        case: The facts it came from, which have the names of people and the comments.
        base: The rule base, which has the words.
        lang: ``uk`` or ``en``.

    Returns:
        One self-contained page: no script, and nothing in it is fetched from anywhere. The same
        arguments give the same text.
    """
    report = Report(diagnosis, case, base, lang)
    page = _environment(templates_folder(), lang).get_template("report.html.j2")
    html = page.render(
        r=report,
        d=diagnosis,
        w=report.words,
        base=base,
        case=case,
        lang=lang,
        program=__version__,
    )
    return _BEFORE_BLOCK.sub("", _INDENT.sub("\n", html))


@functools.cache
def _environment(folder: Path, lang: str) -> Environment:
    cache = cache_folder()
    # The page comes from our templates alone; everything put into it is escaped.
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        finalize=_printable,
        auto_reload=False,
        bytecode_cache=None if cache is None else _bytecode(cache),
    )
    environment.install_gettext_translations(translator(lang), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["css"] = _compact_css
    environment.filters["capital"] = _capital
    return environment


def _bytecode(folder: Path) -> FileSystemBytecodeCache:
    # Jinja's key has the template's text, but not the settings made here.
    settings = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    return FileSystemBytecodeCache(str(folder), f"template-{settings}-%s.cache")


def _printable(value: Any) -> Any:
    """Put a replacement mark for characters that no page may hold."""
    if isinstance(value, str) and _FORBIDDEN.search(value):
        clean = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
        return Markup(clean) if isinstance(value, Markup) else clean  # noqa: S704 -- was safe before
    return value


def _compact_css(text: str) -> Markup:
    """Give our own style sheet without comments and blanks that mean nothing."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,>]) ?", r"\1", text).replace(";}", "}")
    return Markup(text.replace(": ", ":").strip())  # noqa: S704 -- from our file


def _capital(text: str) -> str:
    """Give *text* with a capital at its beginning."""
    return text[:1].upper() + text[1:]
