"""A logo embedded in a page: a PNG without metadata, or a plain SVG."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.parsers import expat

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 200_000
#: Maximum pixels per side; larger images use too much memory in the reader's browser.
_MAX_SIDE = 4000
#: Maximum nesting of elements.
_MAX_DEPTH = 60
_PNG = b"\x89PNG\r\n\x1a\n"
#: Chunks with image data; all others are metadata.
_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA")
_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset((
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs",
    "linearGradient", "radialGradient", "stop", "clipPath", "title", "use", "symbol", "text",
    "tspan",
))  # fmt: skip


def logo_uri(path: Path) -> str:
    """Return the logo at *path* as a data URI.

    Raises:
        KamError: It is not a PNG or SVG, is too large, or is an invalid SVG.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES and path.is_file() else b""
    except OSError as error:
        raise KamError(f"{path}: cannot be read ({error.strerror or error})") from None
    if size > MAX_BYTES:
        raise KamError(f"{path}: {size // 1000} kB; a logo has at most {MAX_BYTES // 1000} kB")
    if data.startswith(_PNG):
        return _uri("image/png", _plain_png(data, path))
    if path.suffix.lower() == ".svg":
        return _uri("image/svg+xml", _plain_svg(data, path))
    raise KamError(f"{path}: a logo is a PNG or an SVG file")


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _plain_png(data: bytes, path: Path) -> bytes:
    kept = [_PNG]
    at = len(_PNG)
    name = b""
    while at + 12 <= len(data) and name != b"IEND":
        (length,) = struct.unpack(">I", data[at : at + 4])
        name = data[at + 4 : at + 8]
        end = at + 12 + length
        if name == b"IHDR" and max(struct.unpack(">II", data[at + 8 : at + 16])) > _MAX_SIDE:
            raise KamError(f"{path}: a logo has at most {_MAX_SIDE} pixels a side")
        if name in _PNG_CHUNKS:
            kept.append(data[at:end])
        at = end
    if name != b"IEND" or at > len(data):
        raise KamError(f"{path}: the PNG is incomplete")
    return b"".join(kept)


def _plain_svg(data: bytes, path: Path) -> bytes:
    try:
        _check_svg(data, path)
        root = ET.fromstring(data)  # noqa: S314 -- without a DTD there are no entities to grow
    except (ET.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise KamError(f"{path}: not SVG ({error})") from None
    if root.tag != f"{_SVG}svg":
        raise KamError(f"{path}: not SVG (its root is {root.tag})")
    _clean(root)
    ET.register_namespace("", _SVG.strip("{}"))
    plain: bytes = ET.tostring(root, encoding="utf-8")
    return plain


def _check_svg(data: bytes, path: Path) -> None:
    """Reject a DTD in any encoding, and excessive nesting."""
    depth = 0

    def refuse(*_: object) -> None:
        raise KamError(f"{path}: an SVG with a DOCTYPE is not accepted; save it as plain SVG")

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise KamError(f"{path}: the drawing is nested more than {_MAX_DEPTH} deep")

    def end(_: object) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.Parse(data, True)


def _clean(element: ET.Element) -> None:
    """Remove everything except shapes: scripts, links, and metadata of editors."""
    for name, value in list(element.attrib.items()):
        local = name.rpartition("}")[2]
        foreign = name.startswith("{") and local != "href"
        if (
            foreign
            or local.startswith("on")
            or (local == "href" and not value.startswith("#"))
            or "//" in value
            or ("url(" in value and "url(#" not in value.replace(" ", ""))
            or "javascript:" in value.casefold()
        ):
            del element.attrib[name]
    for child in list(element):
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag.startswith(_SVG) and tag.removeprefix(_SVG) in _SHAPES:
            _clean(child)
        else:
            element.remove(child)
