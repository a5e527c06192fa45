"""Contrast of two colours by the formula of WCAG 2.2."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Minimum contrast of text at WCAG level AA.
MIN_CONTRAST = 4.5
_STEPS = 100


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(min(1.0, max(0.0, c)) * 255):02x}" for c in channels)


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        # Constants of the standard.
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004

    red, green, blue = map(linear, _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (``#rrggbb``), from 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, background: str, share: float) -> str:
    """Return *background* with a share (0 to 1) of *colour* mixed in."""
    pairs = zip(_channels(colour), _channels(background), strict=True)
    return _hex(share * one + (1 - share) * other for one, other in pairs)


def readable(colour: str, backgrounds: Iterable[str]) -> str:
    """Return the colour of the same hue nearest to *colour* that is readable on all backgrounds.

    The colour becomes darker on light backgrounds and lighter on dark ones.
    """
    backgrounds = tuple(backgrounds)
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    end = float(contrast("#000000", backgrounds[0]) <= contrast("#ffffff", backgrounds[0]))
    for step in range(_STEPS + 1):
        level = light + (end - light) * step / _STEPS
        candidate = _hex(colorsys.hls_to_rgb(hue, level, saturation))
        if all(contrast(candidate, background) >= MIN_CONTRAST for background in backgrounds):
            return candidate
    return _hex((end, end, end))
