"""Changed copies of nodes of a YAML file; the nodes themselves stay as they were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from kam_expert.errors import Place


def at(node: Any, path: tuple[Any, ...]) -> Any:
    """Return what is at the place that *path* leads to."""
    for key in path:
        node = node[key]
    return node


def place_at(node: Map | Seq, key: Any) -> Place:
    """Return the place of an entry of a mapping or list."""
    return node.at(key)


def replaced(node: Any, path: tuple[Any, ...], value: Any, raw: str = "") -> Any:
    """Return a copy of a node with another value at the place that *path* leads to.

    The last key of the path may be new in its mapping.
    """
    if not path:
        return value
    copy = copied(node)
    key = path[0]
    if len(path) > 1:
        copy[key] = replaced(node[key], path[1:], value, raw)
        return copy
    copy[key] = value
    copy.raw[key] = raw
    if isinstance(copy, Map):
        copy.places.setdefault(key, copy.place)
    return copy


def renamed(node: Any, path: tuple[Any, ...], old: str, new: str) -> Any:
    """Return a copy of a node where a key of the mapping at *path* has another name, in place."""
    if path:
        copy = copied(node)
        copy[path[0]] = renamed(node[path[0]], path[1:], old, new)
        return copy
    copy = Map(node.place)
    for key in node:
        name = new if key == old else key
        copy[name] = node[key]
        copy.places[name] = node.at(key)
        copy.raw[name] = node.raw[key]
    return copy


def without(node: Any, path: tuple[Any, ...]) -> Any:
    """Return a copy of a node without the entry that *path* leads to."""
    copy = copied(node)
    key = path[0]
    if len(path) > 1:
        copy[key] = without(node[key], path[1:])
    else:
        del copy[key]
        if isinstance(copy, Seq):
            del copy.places[key]
            del copy.raw[key]
    return copy


def copied(node: Any) -> Any:
    """Return a copy of a mapping or list with the same entries, places and raw texts."""
    copy: Any = Seq(node.place) if isinstance(node, Seq) else Map(node.place)
    if isinstance(node, Seq):
        copy.extend(node)
        copy.places.extend(node.places)
        copy.raw.extend(node.raw)
    else:
        copy.update(node)
        copy.places.update(node.places)
        copy.raw.update(node.raw)
    return copy


def as_written(node: Any) -> str:
    """Return a node in one line, as flow YAML."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{key}: {as_written(node[key])}" for key in node) + "}"
    if isinstance(node, Seq | list | tuple):
        return "[" + ", ".join(as_written(item) for item in node) + "]"
    return f"{node:g}" if isinstance(node, float) else str(node)


def node_of(value: Any, place: Place) -> Any:
    """Return plain data as nodes that are all at one place."""
    if isinstance(value, dict):
        node = Map(place)
        for key, item in value.items():
            raw = "" if isinstance(item, dict | list) else str(item)
            node.put(key, node_of(item, place), place, raw)
        return node
    if isinstance(value, list | tuple):
        listed = Seq(place)
        for item in value:
            raw = "" if isinstance(item, dict | list) else str(item)
            listed.put(node_of(item, place), place, raw)
        return listed
    return value
