"""The fonts of PDF documents: FiraGO and two fonts of symbols, from a package.

So a document looks the same on every machine, whatever fonts are installed there.
"""

from __future__ import annotations

import pymupdf_fonts

#: The family, weight and name in the package of each font.
_FONTS = (
    ("FiraGO", "normal", "figo"),
    ("FiraGO", "bold", "figbo"),
    ("Noto Sans Math", "normal", "math"),
    ("Noto Sans Symbols2", "normal", "symbol2"),
)
#: Begins the address of a font of the package. Its bytes in the style sheet would take a second to
#: parse for each document.
ADDRESS = "kam-font:"
FAMILIES = tuple(dict.fromkeys(family for family, _, _ in _FONTS))


def font_at(address: str) -> bytes:
    """Return the file of the font at an `ADDRESS`. Raises ValueError if the package has none."""
    name = address.removeprefix(ADDRESS)
    if name not in {known for _, _, known in _FONTS}:
        raise ValueError(f"unknown font: {address}")
    font: bytes = pymupdf_fonts.myfont(name)
    return font


def font_faces() -> str:
    """Return the style rules that declare the fonts, each by its address."""
    return "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
        f"src: url({ADDRESS}{name}) }}"
        for family, weight, name in _FONTS
    )
