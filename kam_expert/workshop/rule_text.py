"""The text of a rule file, changed as a person would: comments, order and other lines are kept."""

from __future__ import annotations

import io
import re
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import FoldedScalarString

#: The keys that lead to a place in the file; a number is a place in a list.
NodePath = tuple["str | int", ...]

#: A line that begins a key of the file, or an item of a list under one.
_BLOCK = re.compile(r"(?=^(?:  - |[^\s#]))", re.MULTILINE)


class RuleText:
    """A rule file that can be changed.

    Args:
        text: The file, which is valid YAML without aliases and tags.
    """

    def __init__(self, text: str) -> None:
        self._written = text
        self._as_read = _dumped(_loaded(text))
        self.root = _loaded(text)

    def __str__(self) -> str:
        """Return the text of the file; what was not changed is as it was written."""
        written, as_read = _blocks(self._written), _blocks(self._as_read)
        now = _blocks(_dumped(self.root))
        if len(written) != len(as_read):
            return "".join(now)
        kept: list[str] = []
        for what, i, j, k, m in SequenceMatcher(None, as_read, now, autojunk=False).get_opcodes():
            kept += written[i:j] if what == "equal" else now[k:m]
        return "".join(kept)

    def at(self, path: NodePath) -> Any:
        """Return what is at a place. Raises KeyError or IndexError."""
        node: Any = self.root
        for key in path:
            node = node[key]
        return node

    def set(self, path: NodePath, value: Any) -> None:
        """Put a value at a place; a new key comes last in its mapping.

        A text keeps the way in which the one before it was quoted or folded.
        """
        holder: Any = self.at(path[:-1])
        key: Any = path[-1]
        before = holder[key] if isinstance(holder, list) else holder.get(key)
        if isinstance(before, FoldedScalarString) and isinstance(value, str):
            holder[key] = FoldedScalarString(value)
        elif isinstance(before, list) and isinstance(value, list):
            _refill(before, value)
        else:
            holder[key] = _node(value, like=before)

    def rename(self, path: NodePath, new: str) -> None:
        """Rename a key, in its place."""
        holder, old = self.at(path[:-1]), path[-1]
        place = list(holder).index(old)
        value = holder.pop(old)
        holder.insert(place, new, value)

    def remove(self, path: NodePath) -> None:
        """Remove an entry, and what is empty without it: a list, a mapping, the exception."""
        del self.at(path[:-1])[path[-1]]
        if len(path) > 1 and not self.at(path[:-1]):
            self.remove(path[:-1])

    def add_condition(self, key: str, value: Any) -> None:
        """Add a condition that must hold too."""
        if "when" not in self.root:
            self._insert("for", "when", CommentedMap())
        when = self.root["when"]
        if key not in when:
            when[key] = _node(value)
        elif "all" in when:
            when["all"].append(_node({key: value}))
        else:
            when["all"] = _node([{key: value}])

    def add_exception(self, key: str, value: Any) -> None:
        """Add an exception: another reason for which the rule is silent."""
        before = self.root.get("unless")
        if before is None:
            node = CommentedMap()
            node[key] = _node(value)
            self._insert("when", "unless", node)
        elif list(before) == ["any"]:
            before["any"].append(_node({key: value}, flow=False))
        else:
            both = CommentedSeq([before, _node({key: value}, flow=False)])
            node = CommentedMap()
            node["any"] = both
            self.root["unless"] = node

    def add_threshold(self, name: str, value: float, reason: dict[str, str]) -> None:
        """Add a number with its reason."""
        if "thresholds" not in self.root:
            self._insert("concludes", "thresholds", CommentedMap())
        chosen = _node({"value": value}, flow=False)
        chosen["we_chose"] = _node(reason, flow=False)
        self.root["thresholds"][name] = chosen

    def _insert(self, after: str, key: str, node: Any) -> None:
        self.root.insert(list(self.root).index(after) + 1, key, node)

    def add_case(self, name: str, given: Any, expect: str, finding: str | None = None) -> None:
        """Add a case at the end."""
        case = CommentedMap()
        case["name"] = _node(name)
        case["given"] = _node(given)
        case["expect"] = expect
        if finding:
            case["finding"] = finding
        self.root.setdefault("cases", CommentedSeq()).append(case)


def as_data(node: Any) -> Any:
    """Return nodes as plain data."""
    if isinstance(node, dict):
        return {str(key): as_data(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_data(item) for item in node]
    return node


def flow_map() -> CommentedMap:
    """Return an empty mapping that is written in one line."""
    node: CommentedMap = _node({})
    return node


def flow_text(value: Any) -> str:
    """Return plain data as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    stream = io.StringIO()
    _yaml().dump([value], stream)
    return stream.getvalue().strip().removeprefix("- ")


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    return yaml


def _loaded(text: str) -> Any:
    return _yaml().load(text)


def _dumped(root: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(root, stream)
    return stream.getvalue()


def _blocks(text: str) -> list[str]:
    """Return the pieces of a file: each key at the margin, each item of its list."""
    return [part for part in _BLOCK.split(text) if part]


def _refill(before: Any, value: list[Any]) -> None:
    before[:] = []
    before.extend(value)


def _node(value: Any, *, flow: bool = True, like: Any = None) -> Any:
    """Return plain data as nodes, mappings and lists in one line unless *flow* says otherwise."""
    node: Any
    if isinstance(value, dict):
        node = CommentedMap((key, _node(item)) for key, item in value.items())
    elif isinstance(value, list):
        node = CommentedSeq([_node(item) for item in value])
    elif isinstance(value, str):
        if type(like) is not str and isinstance(like, str):
            return type(like)(value)
        return value
    else:
        return value
    if flow:
        node.fa.set_flow_style()
    return node
