"""The theme of the consultant's firm: name, logo, two colours, typeface, footer, contact.

The contrast of every colour is checked when a theme is read. In the dark scheme colours are made
lighter until they are readable, unless the file defines its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from kam_expert.errors import KamError, Place, Problem, RuleBaseError
from kam_expert.knowledge.documents import Doc, parse
from kam_expert.knowledge.yaml_reader import Map, read_file
from kam_expert.outputs.contrast import MIN_CONTRAST, contrast, mixed, readable
from kam_expert.outputs.logo import logo_uri

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.results.edition import ReaderEdition

#: Background, text and secondary text of each scheme, as in ``report.css``.
_PAPER = {"light": ("#fffefb", "#1c2427", "#545f63"), "dark": ("#191f22", "#e9e6de", "#a9b4b8")}
#: Share of the ground colour in the background of the verdict and in the backdrop of the ties.
_TINT, _WASH = 0.10, 0.22
_FONTS = re.compile(r"[\w ,.'-]+\Z")

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Line = Annotated[str, Field(max_length=200)]


class ColoursDoc(Doc):
    """Two colours: for headings, links and marks, and for backgrounds."""

    main: Colour
    ground: Colour


class ThemeDoc(Doc):
    """A theme file."""

    name: Line
    logo: str | None = None
    colours: ColoursDoc | None = None
    dark: ColoursDoc | None = None
    typeface: Annotated[str, Field(max_length=200)] | None = None
    footer: Line | None = None
    contact: Line | None = None
    second_reader: Literal["required", "optional"] = "optional"


@dataclass(frozen=True)
class Theme:
    """A checked theme.

    Attributes:
        logo: A data URI; empty without a logo.
        style: CSS rules; empty for the default style.
        main, wash: Colours of the picture on paper; the default is that of ``report.css``.
        second_reader: Whether an edition for other readers requires a second reader.
    """

    name: str = ""
    logo: str = ""
    style: str = ""
    main: str = "#0b5560"
    wash: str = "#cfe2e4"
    footer: str = ""
    contact: str = ""
    second_reader: bool = False


PLAIN = Theme()


@dataclass(frozen=True)
class Appearance:
    """The edition and appearance of a report.

    Attributes:
        edition: The edition for another reader; None for the consultant's.
        templates: A folder of templates that replace those of the same name.
        paper: Whether it is laid out in pages, with a table of contents and page numbers.
    """

    edition: ReaderEdition | None = None
    theme: Theme = PLAIN
    templates: Path | None = None
    paper: bool = False


PLAIN_LOOK = Appearance()


def read_theme(path: Path) -> Theme:
    """Read and check a theme file.

    Raises:
        KamError: The file is invalid, a colour lacks contrast (the message suggests the nearest
            readable one), or the logo is invalid.
    """
    node = read_file(path)
    doc, problems = parse(ThemeDoc, node, Place(str(path)))
    if doc is None:
        raise RuleBaseError(problems)
    if doc.typeface is not None and not _FONTS.match(doc.typeface):
        place = node.at("typeface")
        raise KamError(f"{place}: typeface is a list of names of fonts, such as Georgia, serif")
    return Theme(
        name=doc.name.strip(),
        logo=logo_uri(path.parent / doc.logo) if doc.logo else "",
        style=_style(doc, node),
        **_picture(doc),
        footer=(doc.footer or "").strip(),
        contact=(doc.contact or "").strip(),
        second_reader=doc.second_reader == "required",
    )


def _picture(doc: ThemeDoc) -> dict[str, str]:
    if doc.colours is None:
        return {}
    paper = _PAPER["light"][0]
    return {"main": doc.colours.main, "wash": mixed(doc.colours.ground, paper, _WASH)}


def _style(doc: ThemeDoc, node: Map) -> str:
    rules = []
    if doc.colours is not None:
        light = {"main": doc.colours.main, "ground": doc.colours.ground}
        _check(light, "light", node, "colours")
        rules.append(f":root{{{_variables(light, 'light')}}}")
        dark = light
        if doc.dark is not None:
            dark = {"main": doc.dark.main, "ground": doc.dark.ground}
            _check(dark, "dark", node, "dark")
        else:
            dark = {**dark, "main": readable(dark["main"], _backgrounds(dark, "dark"))}
        # Paper always uses the light colours.
        only = "@media screen and (prefers-color-scheme:dark)"
        rules.append(f"{only}{{:root{{{_variables(dark, 'dark')}}}}}")
    if doc.typeface is not None:
        fonts = ",".join(_font(name.strip(" '")) for name in doc.typeface.split(","))
        rules.append(f":root{{--serif:{fonts};--sans:{fonts}}}")
    return "".join(rules)


def _font(name: str) -> str:
    # Generic families are not quoted in CSS.
    generic = ("serif", "sans-serif", "monospace", "system-ui", "cursive", "ui-serif")
    return name if name in generic else f'"{name}"'


def _backgrounds(colours: dict[str, str], scheme: str) -> list[str]:
    """Return the backgrounds of text in the main colour."""
    paper = _PAPER[scheme][0]
    return [paper, mixed(colours["ground"], paper, _TINT), mixed(colours["ground"], paper, _WASH)]


def _variables(colours: dict[str, str], scheme: str) -> str:
    _, tint, wash = _backgrounds(colours, scheme)
    return f"--accent:{colours['main']};--tint:{tint};--wash:{wash}"


def _check(colours: dict[str, str], scheme: str, node: Map, block: str) -> None:
    backgrounds = _backgrounds(colours, scheme)
    problems = []
    worst = min(backgrounds, key=lambda background: contrast(colours["main"], background))
    if contrast(colours["main"], worst) < MIN_CONTRAST:
        problems.append(
            Problem(
                node[block].at("main"),
                f"{colours['main']} has a contrast of {contrast(colours['main'], worst):.1f} to "
                f"its background in the {scheme} scheme, text needs {MIN_CONTRAST}. "
                f"{readable(colours['main'], backgrounds)} would do",
            )
        )
    for ink in _PAPER[scheme][1:]:
        low = min(contrast(ink, background) for background in backgrounds[:2])
        if low < MIN_CONTRAST:
            problems.append(
                Problem(
                    node[block].at("ground"),
                    f"text on {colours['ground']} has a contrast of {low:.1f} in the "
                    f"{scheme} scheme, and needs {MIN_CONTRAST}; use a "
                    f"{'lighter' if scheme == 'light' else 'darker'} one",
                )
            )
            break
    if problems:
        raise RuleBaseError(problems)
