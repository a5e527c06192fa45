"""Read the JSON that another program sent, into the nodes of `kam_expert.knowledge.yaml_reader`.

The place of a node is a JSON Pointer, such as ``#/facts/trust``: a program has no lines.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, ProblemsError, shortened
from kam_expert.knowledge.yaml_reader import MAX_DEPTH, Map, Seq, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Place("#")
#: Control characters but for tab and line break, halves of a surrogate pair, and no characters.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Pairs(list[tuple[str, Any]]):
    """The entries of an object, as some may have the same key."""


def read_json(data: bytes) -> Any:
    """Read JSON.

    Returns:
        ``Map``, ``Seq`` or a scalar.

    Raises:
        ProblemsError: It is not JSON in UTF-8, is nested too deeply, or has duplicate keys, a
            control character or a number without an end; with the place.
    """
    try:
        read = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_Pairs,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
        )
    except UnicodeDecodeError as error:
        raise _fault(ROOT, f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        said = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise _fault(ROOT, f"not JSON: {said} ({where})") from None
    except RecursionError:
        raise _fault(ROOT, f"nested deeper than {MAX_DEPTH} levels") from None
    return _node(read, ROOT, 1)[0]


def _node(read: Any, place: Place, depth: int) -> tuple[Any, str]:
    """Return the node of what was read, and its raw text."""
    if depth > MAX_DEPTH:
        raise _fault(place, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(read, _Pairs):
        return _map(read, place, depth), ""
    if isinstance(read, list):
        items = Seq(place)
        for number, one in enumerate(read):
            at = _inside(place, str(number))
            value, raw = _node(one, at, depth + 1)
            items.put(value, at, raw)
        return items, ""
    if isinstance(read, _Number):
        return _number(read, place), str(read)
    if isinstance(read, str):
        return _text(read, place), read
    return read, json.dumps(read)


def _map(pairs: Iterable[tuple[str, Any]], place: Place, depth: int) -> Map:
    entries = Map(place)
    for key, one in pairs:
        at = _inside(place, _text(key, place))
        if key in entries:
            raise _fault(at, f'duplicate key "{shortened(key)}"')
        value, raw = _node(one, at, depth + 1)
        entries.put(key, value, at, raw)
    return entries


def _number(written: _Number, place: Place) -> Any:
    value = scalar(str(written))
    if str(written) in ("NaN", "Infinity", "-Infinity") or value in (float("inf"), -float("inf")):
        raise _fault(place, f"{shortened(written)} is not a number that can be kept")
    return value


def _text(text: str, place: Place) -> str:
    if found := _REFUSED.search(text):
        raise _fault(place, f"the control character U+{ord(found[0]):04X}")
    return text


def _inside(place: Place, key: str) -> Place:
    return Place(f"{place.file}/{shortened(key).replace('~', '~0').replace('/', '~1')}")


def _fault(place: Place, message: str) -> ProblemsError:
    return ProblemsError([Problem(place, message)])
