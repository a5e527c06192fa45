"""The look of a firm: read, checked so that it can be read, and part of the page."""

from __future__ import annotations

import base64
import json
import struct
import sys
import zlib
from pathlib import Path

import pytest

from kam_expert import cli
from kam_expert.errors import KamError
from kam_expert.outputs.contrast import MIN_CONTRAST, contrast, readable
from kam_expert.outputs.theme import read_theme
from kam_expert.resources import rules_folder

EXAMPLE = rules_folder().parent / "examples" / "doubled_channel.yaml"
FIRM = Path(__file__).parent / "data" / "firm_theme.yaml"
THEME = FIRM.read_text(encoding="utf-8")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'onload="alert(1)" viewBox="0 0 9 9">{inside}<path d="M0 0h9v9z"/></svg>'
)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + chunk(b"tEXt", b"Author\0somebody at desk-7")
    + chunk(b"IDAT", zlib.compress(b"\0\x7a\x1f\x3d"))
    + chunk(b"IEND", b"")
)


def theme(folder: Path, text: str = THEME, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    path = folder / "theme.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def logo(uri: str) -> bytes:
    return base64.b64decode(uri.partition("base64,")[2])


def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> str:
    report = tmp_path / "report.html"
    command = ["kam", "diagnose", EXAMPLE, "-o", report, "--date", "2026-11-23", *words]
    monkeypatch.setattr(sys, "argv", list(map(str, command)))
    cli.main()
    return report.read_text(encoding="utf-8")


def test_a_theme_is_in_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = theme(tmp_path, THEME + "logo: logo.png\n", logo_png=PNG)
    made = page(tmp_path, monkeypatch, "--theme", path)

    assert '<img src="data:image/png;base64,' in made
    assert 'alt="Порада і Ко"' in made
    assert "Довірено клієнтові" in made
    assert "office@example.org" in made
    assert "--accent:#7a1f3d" in made
    assert '--serif:"Georgia",serif' in made


@pytest.mark.parametrize("main", ["#ffcc00", "#88ddee", "#999999"])
def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(
    main: str, tmp_path: Path
) -> None:
    path = theme(tmp_path, f'name: A\ncolours: {{main: "{main}", ground: "#c46f2a"}}\n')

    with pytest.raises(
        KamError, match=rf"theme\.yaml:2:11: {main} has a contrast of [1-4]\."
    ) as no:
        read_theme(path)
    instead = str(no.value).split("4.5. ")[1].split()[0]
    read_theme(theme(tmp_path, f'name: A\ncolours: {{main: "{instead}", ground: "#c46f2a"}}\n'))


@pytest.mark.parametrize("main", ["#000000", "#7a1f3d", "#0b5560", "#003300", "#5a3fc0"])
def test_in_the_dark_a_colour_is_made_light_enough(main: str, tmp_path: Path) -> None:
    style = read_theme(
        theme(tmp_path, f'name: A\ncolours: {{main: "{main}", ground: "{main}"}}\n')
    ).style
    dark = style.split("dark)")[1]
    colours = [dark.split(f"--{name}:")[1][:7] for name in ("accent", "tint", "wash")]

    assert all(contrast(colours[0], ground) >= MIN_CONTRAST for ground in ("#191f22", *colours[1:]))


def test_a_dark_colour_of_ones_own_is_checked_too(tmp_path: Path) -> None:
    text = THEME + 'dark: {main: "#7a1f3d", ground: "#c46f2a"}\n'

    with pytest.raises(KamError, match=r"theme\.yaml:6:8: #7a1f3d .* in the dark scheme"):
        read_theme(theme(tmp_path, text))


def test_the_nearest_colour_that_can_be_read_has_the_same_hue() -> None:
    assert readable("#ffcc00", ["#ffffff"]).endswith("00")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: A\ncolors: {}\n",
            r'theme\.yaml:2:1: unknown key "colors"\. Did you mean "colours"',
        ),
        ('name: A\ncolours: {main: red, ground: "#fff000"}\n', r"theme\.yaml:2:11"),
        ("footer: x\n", r'the key "name" is missing'),
        ("name: A\ntypeface: 'x;} body{display:none'\n", r"2:1: typeface is a list of names"),
        ("name: A\nlogo: none.png\n", r"none\.png: cannot be read"),
        ("name: A\nlogo: theme.yaml\n", r"theme\.yaml: a logo is a PNG or an SVG file"),
    ],
)
def test_a_wrong_theme_is_told(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(KamError, match=message):
        read_theme(theme(tmp_path, text))


def test_a_png_leaves_out_who_made_it(tmp_path: Path) -> None:
    data = logo(read_theme(theme(tmp_path, "name: A\nlogo: a.png\n", a_png=PNG)).logo)

    assert b"desk-7" not in data
    assert data.startswith(b"\x89PNG")
    assert data.endswith(b"IEND\xaeB`\x82")


def test_a_png_cut_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KamError, match="the PNG is incomplete"):
        read_theme(theme(tmp_path, "name: A\nlogo: a.png\n", a_png=PNG[:-9]))


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<foreignObject><p/></foreignObject>",
        '<image href="https://example.org/x.png"/>',
        '<g style="fill:url(https://example.org/x)"/>',
        '<use xlink:href="https://example.org/x#y"/>',
        '<path onclick="alert(1)" d="M0 0"/>',
        "<style>@import 'https://example.org/x'</style>",
        "<!-- made by somebody at desk-7 -->",
        '<path style="fill:image-set(\'https://example.org/x\')" d="M0 0"/>',
        '<use href="data:image/svg+xml,alert"/>',
        '<set attributeName="href" to="https://example.org/x"/>',
        '<a xlink:href="javascript:alert(1)"><path d="M0 0"/></a>',
    ],
)
def test_a_drawing_only_draws(inside: str, tmp_path: Path) -> None:
    svg = SVG.format(inside=inside).encode()
    data = logo(read_theme(theme(tmp_path, "name: A\nlogo: a.svg\n", a_svg=svg)).logo).decode()

    assert "M0 0h9v9z" in data
    for bad in ("alert", "example.org", "script", "onload", "onclick", "desk-7", "foreignObject"):
        assert bad not in data


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_drawing_with_entities_is_refused(encoding: str, tmp_path: Path) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE svg [<!ENTITY a "b">]>'
    svg = (head + SVG.format(inside="")).encode(encoding)

    with pytest.raises(KamError, match="with a DOCTYPE is not accepted"):
        read_theme(theme(tmp_path, "name: A\nlogo: a.svg\n", a_svg=svg))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a_svg", SVG.format(inside="<g>" * 9000 + "</g>" * 9000).encode(), "nested more than"),
        ("a_svg", b"<svg", r"not SVG \(no element|not SVG \(unclosed"),
        ("a_svg", b'<?xml version="1.0" encoding="nonsense"?><svg/>', r"not SVG \("),
        ("a_svg", b"<html/>", r"not SVG \(its root is html\)"),
        ("a_svg", b" " * 200_001, "200 kB; a logo has at most 200 kB"),
        (
            "a_png",
            PNG.replace(struct.pack(">II", 1, 1), struct.pack(">II", 60_000, 60_000)),
            "at most 4000 pixels a side",
        ),
    ],
)
def test_a_logo_that_harms_its_readers_is_refused(
    name: str, data: bytes, message: str, tmp_path: Path
) -> None:
    text = f"name: A\nlogo: {name.replace('_', '.')}\n"

    with pytest.raises(KamError, match=message):
        read_theme(theme(tmp_path, text, **{name: data}))


def test_texts_of_a_theme_are_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = """name: "<b>A</b>\\" onload=\\"x"\nfooter: "<script>f()</script> {{ 7*7 }}"\n"""
    path = theme(tmp_path, odd + "contact: '<img src=x>'\nlogo: a.png\n", a_png=PNG)
    made = page(tmp_path, monkeypatch, "--theme", path)

    assert "&lt;script&gt;f()&lt;/script&gt; {{ 7*7 }}" in made
    assert 'alt="&lt;b&gt;A&lt;/b&gt;&#34; onload=&#34;x"' in made
    assert not [bad for bad in ("<script", "<img src=x", "<b>A</b>") if bad in made]


@pytest.mark.parametrize(
    "typeface",
    ["x\\27", "a;b", "a:b", 'a"b', "url(x)", "a/*b", "a\\nb}", "", "Georgia\n@import x"],
)
def test_a_typeface_is_names_of_fonts(typeface: str, tmp_path: Path) -> None:
    with pytest.raises(KamError, match=r"typeface"):
        read_theme(theme(tmp_path, f"name: A\ntypeface: {json.dumps(typeface)}\n"))


def test_a_firm_that_wants_a_second_reader_gets_no_edition_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = theme(tmp_path, THEME + "second_reader: required\n")
    with pytest.raises(SystemExit):
        page(tmp_path, monkeypatch, "--theme", path, "--edition", "client")

    assert "requires a second reader" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()
    made = page(
        tmp_path, monkeypatch, "--theme", path, "--edition", "client",
        "--reviewed-by", "O. K., 2026-11-20",
    )  # fmt: skip
    assert "O. K., 2026-11-20" in made


def test_own_templates_go_before_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.html.j2").write_text("<p>{{ d.account_name }} & Co", encoding="utf-8")

    assert page(tmp_path, monkeypatch, "--templates", tmp_path).startswith("<p>")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% if %}", "report.html.j2:1: Expected an expression"),
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ 1 / 0 }}", "a template of report.html.j2 failed: ZeroDivisionError"),
        ('{% include "none.j2" %}', "a template of report.html.j2 failed: none.j2"),
    ],
)
def test_a_wrong_template_is_told(
    text: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "report.html.j2").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        page(tmp_path, monkeypatch, "--templates", tmp_path)

    assert message in capsys.readouterr().err
