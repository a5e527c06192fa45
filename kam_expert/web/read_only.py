"""A page for somebody who may read but not change anything.

The server refuses what a reader sends. Here the forms are taken out of the page: their fields stay
as text that can be read, disabled, and their buttons go by the style sheet.
"""

from __future__ import annotations

import re

#: Forms that every visitor may send.
_OWN = ("/visitor", "/leave", "/enter", "/own-password")
_FORM = re.compile(r"<form method=post([^>]*)>(.*?)</form>", re.DOTALL)
_ACTION = re.compile(r"""\saction=("[^"]*"|[^\s>]*)""")
_KEPT = re.compile(r"""\s(?:class|id|hidden|aria-labelledby|aria-label)(?:=(?:"[^"]*"|[^\s>]*))?""")
_ELSEWHERE = re.compile(
    r"""(<(?:button|input|select|textarea)\b[^>]*?)\sform=(?:"[^"]*"|[^\s>]*)"""
)


def without_forms(page: str) -> str:
    """Return a page in which only the visitor’s own forms can be sent."""
    return _ELSEWHERE.sub(r"\1 disabled data-reading", _FORM.sub(_disabled, page))


def _disabled(found: re.Match[str]) -> str:
    action = _ACTION.search(found[1])
    if action is not None and action[1].strip('"').startswith(_OWN):
        return found[0]
    return (
        f"<fieldset disabled data-reading{''.join(_KEPT.findall(found[1]))}>{found[2]}</fieldset>"
    )
