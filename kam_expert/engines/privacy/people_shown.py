"""What a reader sees of people: roles in place of names, merged until nobody can be identified."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from kam_expert.engines.privacy.anonymity import TieGraph
from kam_expert.facts.case import Entity, link_id
from kam_expert.facts.ordering import in_order
from kam_expert.facts.redacted import plain
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.results.edition import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.engines.privacy.anonymity import Node
    from kam_expert.facts.case import Case
    from kam_expert.facts.readings import Readings
    from kam_expert.facts.redacted import Redaction
    from kam_expert.knowledge.base import KnowledgeBase

_KINDS = ("person", "member")
_PREFIXES = {"person": "contact_", "member": "member_"}


def neutral_order(case: Case, redaction: Redaction, named: frozenset[Node]) -> dict[str, list[str]]:
    """Return the ids of people of each side in an order that depends only on what is shown.

    Args:
        case: The facts.
        redaction: What is shown of them.
        named: The people who may be named.
    """
    labels = {
        (kind, e.id): (e.name or e.id if (kind, e.id) in named else "") + plain(redaction.ours(e))
        for kind in _KINDS
        for e in case.entities(kind)
    }
    ties = []
    for link in case.links or ():
        assert link.ends is not None  # noqa: S101 -- links have ends by construction
        member, person = link.ends
        ties.append((("member", member), ("person", person), plain(redaction.ours(link))))
    ordered = TieGraph(labels, ties).in_order()
    return {kind: [i for k, i in ordered if k == kind] for kind in _KINDS}


class PeopleMap:
    """The people of a redacted case, merged until nobody can be identified.

    People are drawn one by one if everybody who may not be named looks like enough others by
    function and ties. Else those of one function are one, if there are enough of them; the others
    of a side are one.

    Args:
        case: The redacted case.
        readings: Its readings.
        base: The rule base.
        small: The size below which a group is small.
        names: The names of the people who may be named, by kind and new id.
    """

    def __init__(
        self,
        case: Case,
        readings: Readings,
        base: KnowledgeBase,
        small: int,
        names: Mapping[Node, str],
    ) -> None:
        self._case = case
        self._readings = readings
        self._base = base
        self._small = small
        self._names = names

    @cached_property
    def is_grouped(self) -> bool:
        """Return whether people are merged."""
        hidden = self._labels.keys() - self._names.keys()
        smallest = TieGraph(
            self._labels,
            ((("member", one), ("person", other), str(active))
             for (one, other), active in self._active.items()),
        ).smallest_anonymity_set(hidden)  # fmt: skip
        return bool(hidden) and smallest < self._small

    @cached_property
    def _node(self) -> dict[Node, tuple[str, Role]]:
        """Return the id and role by which each person is shown."""
        if not self.is_grouped:
            return {
                node: (node[1], Role(int(node[1].rpartition("_")[2]), self._does[node],
                                     self._names.get(node, "")))
                for node in self._labels
            }  # fmt: skip
        found: dict[Node, tuple[str, Role]] = {}
        for kind in _KINDS:
            nodes = [node for node in self._labels if node[0] == kind]
            ids = {
                group: f"{_PREFIXES[kind]}{number}"
                for number, group in enumerate(sorted(set(self._groups(nodes).values())), 1)
            }
            for node, group in self._groups(nodes).items():
                does, name = group
                found[node] = ids[group], Role(0, does or None, name)
        return found

    def _groups(self, nodes: list[Node]) -> dict[Node, tuple[str, str]]:
        """Return the group of each person of one side: function and name, either may be empty."""
        groups = {node: (self._does[node] or "", self._names.get(node, "")) for node in nodes}
        rest = [node for node, group in groups.items() if group == ("", "")]
        if 0 < len(rest) < self._small:
            # So few others could be identified: the smallest function joins them.
            sizes = Counter(does for does, name in groups.values() if does and not name)
            if sizes:
                joined = min(sizes, key=lambda does: (sizes[does], does))
                groups = {
                    node: ("", "") if group == (joined, "") else group
                    for node, group in groups.items()
                }
        return groups

    def people(self, kind: str) -> tuple[Entity, ...] | None:
        """Return the people of one side as the map shows them, without facts."""
        listed = self._case.people if kind == "person" else self._case.team
        if listed is None:
            return None
        ids = {self._node[kind, e.id][0] for e in listed}
        return in_order([Entity(kind, identity) for identity in ids])

    def roles(self) -> dict[Node, Role]:
        """Return how each of them is named, by kind and id."""
        return {(node[0], shown): role for node, (shown, role) in self._node.items()}

    def ties(self) -> tuple[tuple[str, str, bool | None], ...]:
        """Return member, person and whether the tie is active.

        A tie of several people is active if any of theirs is.
        """
        states: dict[tuple[str, str], set[bool | None]] = {}
        for (one, other), active in self._active.items():
            ends = self._node["member", one][0], self._node["person", other][0]
            states.setdefault(ends, set()).add(active)
        return tuple(
            (*ends, next(s for s in (True, None, False) if s in found))
            for ends, found in sorted(states.items())
        )

    def links(self) -> tuple[Entity, ...] | None:
        """Return the ties as links without facts."""
        if self._case.links is None:
            return None
        return in_order(
            [
                Entity("link", link_id(one, other), ends=(one, other))
                for one, other, _ in self.ties()
            ]
        )

    @cached_property
    def _does(self) -> dict[Node, str | None]:
        """Return the function of each person; None if too few of their side have the same."""
        roles: Mapping[str, str] = dict(self._base.shown.roles.items())
        functions: dict[Node, str | None] = {}
        for kind in _KINDS:
            for entity in self._case.entities(kind):
                view = self._readings.view(entity, strict=False)
                value = view.read(Ref(roles[kind])) if kind in roles else UNKNOWN
                functions[kind, entity.id] = value if isinstance(value, str) else None
        counts = Counter((kind, does) for (kind, _), does in functions.items())
        return {
            node: does if counts[node[0], does] >= self._small else None
            for node, does in functions.items()
        }

    @cached_property
    def _labels(self) -> dict[Node, str]:
        """Return what the reader sees of each person, except numbers."""
        return {
            (kind, e.id): f"1 {self._names[kind, e.id]}"
            if (kind, e.id) in self._names
            else f"0 {self._does[kind, e.id] or ''}"
            for kind in _KINDS
            for e in self._case.entities(kind)
        }

    @cached_property
    def _active(self) -> dict[tuple[str, str], bool | None]:
        """Return whether each tie is active, by the definition of the rule base."""
        of_links = (c for kind, c in self._base.definitions.values() if kind == "link")
        is_active = next(of_links, None)
        found: dict[tuple[str, str], bool | None] = {}
        for link in self._case.links or ():
            assert link.ends is not None  # noqa: S101 -- links have ends by construction
            view = self._readings.view(link, strict=False)
            found[link.ends] = None if is_active is None else is_active.evaluate(view)
        return found
