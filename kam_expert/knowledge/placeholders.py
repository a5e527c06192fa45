"""The placeholders in the explanation of a rule.

``{fact}`` is the value that was found, ``{side.fact}`` that of one side, ``{by.fact}`` whose answer
it is, ``{fact-other}`` the difference of two, and ``{fact|one|many}`` a number with the form of the
noun that is counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Its groups: what is named, what is subtracted, and the forms of the noun.
PLACEHOLDER = re.compile(r"\{([a-z_0-9.]+)(?:-([a-z_0-9.]+))?(?:\|([^{}]+))?\}")


def named_in(text: str) -> Iterator[str]:
    """Yield what the placeholders of a text name, without the side."""
    for found in PLACEHOLDER.finditer(text):
        yield from (name.rpartition(".")[2] for name in found.groups()[:2] if name)
