"""Rendering of templates: escaping, interface texts, forbidden characters."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from markupsafe import Markup

from kam_expert.errors import KamError
from kam_expert.outputs.interface import translator
from kam_expert.resources import cache_folder, templates_folder

# Characters that are invalid in HTML, even escaped.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def rendered(template: str, lang: str, folder: Path | None = None, **values: Any) -> str:
    """Return a rendered page.

    Args:
        template: File name in the folder of templates.
        lang: ``uk`` or ``en``, for the interface texts.
        folder: A folder of templates that replace those of the same name.
        values: The variables of the template; texts are escaped.

    Raises:
        KamError: The folder is missing, or a template in it is invalid.
    """
    if folder is None:
        return (
            environment(templates_folder(), lang).get_template(template).render(lang=lang, **values)
        )
    return _with_own(folder, template, lang, values)


def _with_own(folder: Path, template: str, lang: str, values: dict[str, Any]) -> str:
    if not folder.is_dir():
        raise KamError(f"{folder}: no such folder of templates")
    own = environment(templates_folder(), lang).overlay(
        loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(templates_folder())]),
        bytecode_cache=None,
    )
    try:
        return own.get_template(template).render(lang=lang, **values)
    except TemplateSyntaxError as error:
        raise KamError(f"{error.filename}:{error.lineno}: {error.message}") from None
    except TemplateError as error:
        raise KamError(f"{folder}: a template of {template} failed: {error}") from None
    except Exception as error:  # noqa: BLE001 -- a template can fail in any way
        kind = type(error).__name__
        raise KamError(f"{folder}: a template of {template} failed: {kind}: {error}") from None


@functools.cache
def environment(folder: Path, lang: str) -> Environment:
    """Return the Jinja environment of a folder with the interface texts of a language."""
    cache = cache_folder()
    # Only our own templates are trusted; all values are escaped.
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        finalize=printable,
        auto_reload=False,
        bytecode_cache=None if cache is None else _bytecode(cache),
    )
    made.install_gettext_translations(translator(lang), newstyle=True)  # type: ignore[attr-defined]
    made.filters["capital"] = capital
    made.filters["style"] = style
    return made


def _bytecode(folder: Path) -> FileSystemBytecodeCache:
    # Jinja's cache key includes the text of the template, but not these settings.
    settings = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    return FileSystemBytecodeCache(str(folder), f"template-{settings}-%s.cache")


def printable(value: Any) -> Any:
    """Replace characters that are invalid in HTML by U+FFFD."""
    if isinstance(value, str) and _FORBIDDEN.search(value):
        clean = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
        return Markup(clean) if isinstance(value, Markup) else clean  # noqa: S704 -- was safe before
    return value


def style(text: str) -> Markup:
    """Return style rules from `kam_expert.outputs.theme` as safe markup."""
    return Markup(text)  # noqa: S704 -- colours and names of fonts, each by its pattern


def capital(text: str) -> str:
    """Return *text* with its first character in upper case."""
    return text[:1].upper() + text[1:]
