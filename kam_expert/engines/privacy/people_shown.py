"""What the client sees of people: roles in place of names, and ties."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from kam_expert.engines.privacy.anonymity import TieGraph
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.results.client_edition import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.engines.privacy.anonymity import Node
    from kam_expert.facts.case import Case
    from kam_expert.facts.readings import Readings
    from kam_expert.knowledge.privacy import Privacy

_KINDS = ("person", "member")


class PeopleShown:
    """The people of a case as the client sees them.

    Args:
        case: The facts.
        readings: The readings of these facts.
        privacy: The privacy settings.
        named: The people who may be named.
    """

    def __init__(
        self, case: Case, readings: Readings, privacy: Privacy, named: frozenset[Node]
    ) -> None:
        self._case = case
        self._readings = readings
        self._small = privacy.small_group
        self._base = privacy.base
        self._named = named

    def order(self) -> dict[str, list[str]]:
        """Return the ids of each kind in an order that depends only on what is shown."""
        if self.is_drawn:
            ordered = self._graph.in_order()
        else:
            ordered = sorted(self._labels, key=lambda node: (self._labels[node], node))
        return {kind: [i for k, i in ordered if k == kind] for kind in _KINDS}

    def roles(self, ids: Mapping[Node, str]) -> dict[Node, Role]:
        """Return the role of each person by kind and new id.

        Args:
            ids: The new ids, each with a number at the end.
        """
        return {
            (kind, ids[kind, e.id]): Role(
                int(ids[kind, e.id].rpartition("_")[2]),
                self._does[kind, e.id],
                (e.name or e.id) if (kind, e.id) in self._named else "",
            )
            for kind in _KINDS
            for e in self._case.entities(kind)
        }

    def ties(self, ids: Mapping[Node, str]) -> tuple[tuple[str, str, bool | None], ...] | None:
        """Return member, person (new ids) and whether the tie is active; None if hidden."""
        if self._case.links and not self.is_drawn:
            return None
        ties = [
            (ids["member", one], ids["person", other], active)
            for (one, other), active in self._active.items()
        ]
        return tuple(sorted(ties, key=lambda tie: tie[:2]))

    @cached_property
    def is_drawn(self) -> bool:
        """Return whether the ties identify nobody who may not be named."""
        hidden = self._labels.keys() - self._named
        smallest = self._graph.smallest_anonymity_set(hidden)
        return not hidden or smallest >= self._small

    def listed(self) -> tuple[int, int, int] | None:
        """Return the numbers of our people, of theirs, and of active ties.

        None if any of these, or the people with an active tie, are a small group.
        """
        active = [ends for ends, state in self._active.items() if state]
        tied = [len({ends[side] for ends in active}) for side in (0, 1)]
        found = len(self._case.team or ()), len(self._case.people or ()), len(active)
        return found if min(*tied, *found) >= self._small else None

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
        """Return what the client sees of each person, except numbers."""
        return {
            (kind, e.id): f"1 {e.name or e.id}"
            if (kind, e.id) in self._named
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

    @cached_property
    def _graph(self) -> TieGraph:
        ties = self._active.items()
        return TieGraph(
            self._labels,
            ((("member", one), ("person", other), str(active)) for (one, other), active in ties),
        )
