"""Whether a colour can be read on another, by the formula of WCAG 2.2."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What WCAG asks of text at level AA.
MIN_CONTRAST = 4.5
_STEPS = 100


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(min(1.0, max(0.0, c)) * 255):02x}" for c in channels)


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        # The numbers are those of the standard.
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004

    red, green, blue = map(linear, _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (``#rrggbb``), from 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """Return *ground* with a share of *colour* in it."""
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return _hex(share * one + (1 - share) * other for one, other in pairs)


def readable(colour: str, grounds: Iterable[str]) -> str:
    """Return the colour of the same hue nearest to *colour* that can be read on all *grounds*.

    On light grounds it is made darker, on dark ones lighter.
    """
    grounds = tuple(grounds)
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    end = 0.0 if contrast("#000000", grounds[0]) > contrast("#ffffff", grounds[0]) else 1.0
    for step in range(_STEPS + 1):
        level = light + (end - light) * step / _STEPS
        made = _hex(colorsys.hls_to_rgb(hue, level, saturation))
        if all(contrast(made, ground) >= MIN_CONTRAST for ground in grounds):
            return made
    return _hex((end, end, end))
