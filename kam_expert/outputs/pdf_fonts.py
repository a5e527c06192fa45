"""The fonts of PDF documents: FiraGO and two fonts of symbols, from a package.

So a document looks the same on every machine, whatever fonts are installed there.
"""

from __future__ import annotations

import base64
import functools

import pymupdf_fonts

#: The family, weight and name in the package of each font.
_FONTS = (
    ("FiraGO", "normal", "figo"),
    ("FiraGO", "bold", "figbo"),
    ("Noto Sans Math", "normal", "math"),
    ("Noto Sans Symbols2", "normal", "symbol2"),
)
FAMILIES = tuple(dict.fromkeys(family for family, _, _ in _FONTS))


@functools.cache
def font_faces() -> str:
    """Return the style rules that declare the fonts; the fonts are part of them."""
    return "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
        f"src: url(data:font/ttf;base64,{base64.b64encode(pymupdf_fonts.myfont(name)).decode()}) }}"
        for family, weight, name in _FONTS
    )
