"""Read YAML 1.2 with the line and column of every node.

PyYAML's C parser returns events, from which this module builds the nodes. It differs from PyYAML's
loaders: ``no`` is a word and not False, duplicate keys and aliases are errors (aliases can expand
without limit), and each value has its place. The same code reads JSON, which YAML 1.2 contains.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from kam_expert.errors import KamError, Place, Problem, ProblemsError, shortened

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 8_000_000
MAX_DEPTH = 40

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
#: What a number begins with.
_NUMERIC = frozenset("-+.0123456789")
_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class Map(dict[str, Any]):
    """A mapping with its place, and the place and raw text of each entry."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}
        self.raw: dict[str, str] = {}

    def at(self, key: str) -> Place:
        """Return the place of *key*, or of the mapping if it has no such key."""
        return self.places.get(key, self.place)

    def put(self, key: str, value: Any, place: Place, raw: str = "") -> None:
        """Set an entry with its place and raw text."""
        self[key], self.places[key], self.raw[key] = value, place, raw


class Seq(list[Any]):
    """A list with its place, and the place and raw text of each item."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []
        self.raw: list[str] = []

    def at(self, index: int) -> Place:
        """Return the place of the item at *index*."""
        return self.places[index]

    def put(self, value: Any, place: Place, raw: str = "") -> None:
        """Add an item with its place and raw text."""
        self.append(value)
        self.places.append(place)
        self.raw.append(raw)


def place_of(node: Any, fallback: Place) -> Place:
    """Return the place of *node* if it is a mapping or a list, else *fallback*."""
    return node.place if isinstance(node, Map | Seq) else fallback


def read_file(path: Path, shown: str | None = None) -> Any:
    """Read one YAML or JSON file.

    Args:
        path: The file.
        shown: The name in messages; the path by default.

    Returns:
        ``Map``, ``Seq`` or a scalar; None for a file without content.

    Raises:
        KamError: The file is missing, unreadable, too large or not text.
        ProblemsError: It is not valid YAML, or has aliases or duplicate keys; with the place.
    """
    name = shown or str(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise KamError(f"{name}: is a folder, a file is needed")
        if size > MAX_BYTES:
            raise KamError(
                f"{name}: {size / 1e6:.0f} MB is too large, "
                f"at most {MAX_BYTES / 1e6:.0f} MB are read"
            )
        with path.open("rb") as file:
            # The size of a pipe or device is not known in advance.
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise KamError(f"{name}: no such file") from None
    except OSError as error:
        raise KamError(f"{name}: cannot be read ({error.strerror or error})") from None
    if len(data) > MAX_BYTES:
        raise KamError(f"{name}: is too large, at most {MAX_BYTES / 1e6:.0f} MB are read")
    return read_text(decode(data, name), name)


def decode(data: bytes, name: str) -> str:
    """Return the text of *data*, which must be UTF-8 (a byte order mark is allowed)."""
    if b"\0" in data:
        raise KamError(f"{name}: not a text file (it has zero bytes)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise KamError(f"{name}:{line}: not UTF-8 text; save the file as UTF-8") from None


def read_text(text: str, name: str) -> Any:
    """Read YAML from *text*; *name* is for messages. Raises as `read_file`."""
    # libyaml rejects surrogate pairs of JSON, which encode one character.
    text = _SURROGATES.sub(
        lambda m: chr(0x10000 + ((int(m[1], 16) - 0xD800) << 10) + int(m[2], 16) - 0xDC00), text
    )
    try:
        return _Builder(name).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        what = " ".join(str(error.problem or error.context or "cannot be read").split())
        raise ProblemsError([Problem(place, f"not YAML: {shortened(what, 120)}")]) from None
    except yaml.reader.ReaderError as error:
        # The position in the error is in bytes or characters, depending on the parser.
        before = text.partition(chr(error.character))[0]
        place = Place(name, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
        what = f"not YAML: the control character U+{error.character:04X}"
        raise ProblemsError([Problem(place, what)]) from None
    except yaml.YAMLError as error:
        what = " ".join(str(error).split())
        raise ProblemsError([Problem(Place(name), f"not YAML: {shortened(what, 120)}")]) from None


def scalar(text: str) -> Any:
    """Return the value of a plain scalar by YAML 1.2's core schema (hexadecimal left as text)."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _INT.match(text):
        # Python does not convert thousands of digits, and no fact needs eighteen.
        return int(text) if len(text) <= 18 else text  # noqa: PLR2004 -- explained above
    return float(text) if _FLOAT.match(text) else text


_Scalar = yaml.ScalarEvent
_STARTS: dict[Any, type[Map | Seq]] = {yaml.MappingStartEvent: Map, yaml.SequenceStartEvent: Seq}
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.name, mark.line + 1, mark.column + 1)

    def _fail(self, event: Any, message: str) -> ProblemsError:
        return ProblemsError([Problem(self._place(event), message)])

    def build(self, text: str) -> Any:
        root: Any = None
        documents = 0
        stack: list[Map | Seq] = []
        keys: list[tuple[str, Place] | None] = []
        event: Any
        value: Any
        for event in yaml.parse(text, Loader=_Loader):
            kind = type(event)
            top = stack[-1] if stack else None
            if kind in _ENDS:
                stack.pop()
                keys.pop()
                continue
            if kind is yaml.AliasEvent:
                raise self._fail(event, "aliases (*name) are not allowed; write the value out")
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise self._fail(event, "a second document (---) in the file; only one is read")
                continue
            if kind is not _Scalar and kind not in _STARTS:
                continue
            if event.tag not in (None, "!"):
                raise self._fail(event, f"tags ({shortened(event.tag)}) are not allowed")
            raw = event.value if kind is _Scalar else ""
            if type(top) is Map and keys[-1] is None:
                if kind is not _Scalar:
                    raise self._fail(event, "a key must be a word, not a list or a mapping")
                if raw in top:
                    raise self._fail(event, f'duplicate key "{shortened(raw)}"')
                keys[-1] = (raw, self._place(event))
                continue
            if kind is not _Scalar:
                value = _STARTS[kind](self._place(event))
            else:
                value = scalar(raw) if event.implicit[0] and not event.style else raw
            if top is None:
                root = value
            elif isinstance(top, Seq):
                top.put(value, self._place(event), raw)
            elif key := keys[-1]:
                top.put(key[0], value, key[1], raw)
                keys[-1] = None
            if kind is not _Scalar:
                stack.append(value)
                keys.append(None)
                if len(stack) > MAX_DEPTH:
                    raise self._fail(event, f"nested deeper than {MAX_DEPTH} levels")
        return root
