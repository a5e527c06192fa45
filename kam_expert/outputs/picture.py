"""The picture of an account: who of ours is tied to whom of theirs, drawn from the actual links.

Two columns of people, ours left and theirs right, one row each, so that no two labels can meet.
Behind them stands the shape that the active ties make: two triangles that touch in one pair, or
a diamond that is broad where the two sides meet.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.condition import Ref
from kam_expert.knowledge.values import UNKNOWN, bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase

WIDTH = 770
_ROW = 38
_TOP = 34
_NODE_LEFT, _NODE_RIGHT = 257, 513
_LABEL_GAP = 14
_LABEL_WIDTH = 238
_FONT = 15
#: More people than this are in the table only.
_DRAWN = 30
_THIN, _THICK = 1.5, 5.0
_MANY_EXCHANGES = 24
_WIDEST = frozenset("WMШЩЖЮФЫ@%—")
_WIDE = frozenset("mwМшщжюфмы…")
_NARROW = frozenset("iljtfr.,:;'’`|!()[] -іїґ")


@dataclass(frozen=True)
class Tie:
    """A pair of people with what is known of their contact.

    Attributes:
        link: What the case says of the pair.
        active: By the definition of the rule base; None when nobody said.
        facts: What was said of the pair, by fact; None where nobody said.
        exchanges: The fact that counts something, for the thickness of the line.
    """

    link: Entity
    member: Entity
    person: Entity
    active: bool | None
    facts: dict[str, Any]
    exchanges: float | None

    @property
    def state(self) -> str:
        """Return active, inactive or unknown."""
        return {True: "active", False: "inactive", None: "unknown"}[self.active]


@dataclass(frozen=True)
class Node:
    """A person in the picture.

    Attributes:
        label: The name, cut where it is too long.
        full: The whole name, if it was cut.
        role: A second line below the name.
        tied: Whether an active tie ends here.
        main: Whether this is the main contact.
    """

    x: int
    y: int
    label: str
    full: str
    role: str
    tied: bool
    main: bool


@dataclass(frozen=True)
class TieLine:
    """A tie in the picture."""

    y1: int
    y2: int
    width: float


@dataclass(frozen=True)
class Picture:
    """All that the template draws.

    Attributes:
        left, right: Where the two columns of nodes stand.
        gap: From a node to its label.
        shape: ``bow_tie``, ``diamond``, ``fan_out`` (one of ours, several of theirs), ``fan_in``
            (several of ours, one of theirs) or ``none`` (no active tie).
        backdrop: The points of the polygons behind the ties.
        lines: Ties by state.
        undrawn: How many people of either side had no room.
    """

    width: int
    height: int
    left: int
    right: int
    gap: int
    shape: str
    backdrop: tuple[str, ...]
    members: tuple[Node, ...]
    people: tuple[Node, ...]
    lines: dict[str, tuple[TieLine, ...]]
    undrawn: int


def ties_of(case: Case, base: KnowledgeBase, day: date) -> tuple[Tie, ...]:
    """Return the links of *case* with what is known of each, active ones first."""
    readings = Readings(case, base, day)
    members = {entity.id: entity for entity in case.team or ()}
    people = {entity.id: entity for entity in case.people or ()}
    facts = [fact for fact in base.facts.values() if fact.kind == "link"]
    # What makes a link active is the first definition about links in the rule base.
    living = next((c for kind, c in base.definitions.values() if kind == "link"), None)
    ties = []
    for link in case.links or ():
        assert link.ends is not None  # noqa: S101 -- links have ends by construction
        view = readings.view(link, strict=False)
        read = {fact.name: view.read(Ref(fact.name)) for fact in facts}
        counted = [bounds_of(read[fact.name]) for fact in facts if fact.doc.unit == "count"]
        ties.append(
            Tie(
                link,
                members[link.ends[0]],
                people[link.ends[1]],
                None if living is None else living.evaluate(view),
                {n: None if v is UNKNOWN else plain_value(v) for n, v in read.items()},
                next((bounds[0] for bounds in counted if bounds is not None), None),
            )
        )
    ties.sort(key=lambda tie: ("active", "unknown", "inactive").index(tie.state))
    return tuple(ties)


def ties_told(case: Case, told: Sequence[tuple[str, str, bool | None]]) -> tuple[Tie, ...]:
    """Return the links of *case* of which nothing is known but whether they are active.

    Args:
        case: Has the people.
        told: Member, person and whether the tie is active.
    """
    ends = {entity.id: entity for entity in (*(case.team or ()), *(case.people or ()))}
    links = {link.ends: link for link in case.links or ()}
    ties = [
        Tie(links[member, person], ends[member], ends[person], active, {}, None)
        for member, person, active in told
    ]
    ties.sort(key=lambda tie: ("active", "unknown", "inactive").index(tie.state))
    return tuple(ties)


def shape_of(ties: Sequence[Tie]) -> str:
    """Return the shape that the active ties make."""
    active = [tie for tie in ties if tie.active is True]
    members = {tie.member.id for tie in active}
    people = {tie.person.id for tie in active}
    if not active:
        return "none"
    if len(members) > 1 and len(people) > 1:
        return "diamond"
    if len(members) == len(people):
        return "bow_tie"
    return "fan_out" if len(members) == 1 else "fan_in"


def draw(
    case: Case,
    ties: Sequence[Tie] | None,
    roles: dict[tuple[str, str], str],
    main: frozenset[str],
) -> Picture:
    """Lay the picture out.

    Args:
        case: The facts.
        ties: As `ties_of` gives them; None for the shape of several with several, without lines.
        roles: A short text for the second line of a label, by kind and id.
        main: The ids of the main contacts.
    """
    shape = "diamond" if ties is None else shape_of(ties)
    untold, ties = ties is None, ties or ()
    left, left_out = _chosen(case.team or (), [tie.member.id for tie in ties if tie.active])
    right, right_out = _chosen(case.people or (), [tie.person.id for tie in ties if tie.active])
    # The narrow point of the shape stands in the middle of its column.
    left, left_middle = _centred(left, ties, "member", narrow=shape in ("bow_tie", "fan_out"))
    right, right_middle = _centred(right, ties, "person", narrow=shape in ("bow_tie", "fan_in"))
    above = max(left_middle, right_middle)
    below = max(len(left) - 1 - left_middle, len(right) - 1 - right_middle, 0)
    middle = _TOP + round(above * _ROW)
    height = middle + round(below * _ROW) + _TOP
    tied = {(e.kind, e.id) for tie in ties if tie.active for e in (tie.member, tie.person)}
    if untold:  # nobody is to stand out
        tied = {(e.kind, e.id) for e in (*left, *right)}

    def nodes(entities: Sequence[Entity], x: int, centre: float) -> tuple[Node, ...]:
        return tuple(
            _node(
                entity,
                (x, middle + round((index - centre) * _ROW)),
                roles.get((entity.kind, entity.id), ""),
                tied=(entity.kind, entity.id) in tied,
                main=entity.kind == "person" and entity.id in main,
            )
            for index, entity in enumerate(entities)
        )

    members = nodes(left, _NODE_LEFT, left_middle)
    people = nodes(right, _NODE_RIGHT, right_middle)
    return Picture(
        WIDTH,
        height,
        _NODE_LEFT,
        _NODE_RIGHT,
        _LABEL_GAP,
        shape,
        _backdrop(shape, middle, (members, people)),
        members,
        people,
        _lines(ties, dict(zip((e.id for e in left), members, strict=True)),
               dict(zip((e.id for e in right), people, strict=True))),
        left_out + right_out,
    )  # fmt: skip


def _chosen(entities: Sequence[Entity], tied: Sequence[str]) -> tuple[list[Entity], int]:
    """Return the entities that are drawn, the tied before others, and how many are not."""
    if len(entities) <= _DRAWN:
        return list(entities), 0
    first = sorted(entities, key=lambda entity: entity.id not in tied)[:_DRAWN]
    kept = {entity.id for entity in first}
    return [entity for entity in entities if entity.id in kept], len(entities) - _DRAWN


def _centred(
    entities: list[Entity], ties: Sequence[Tie], end: str, *, narrow: bool
) -> tuple[list[Entity], float]:
    """Return the entities in drawing order, and the index that lies on the middle line."""
    if not narrow:
        return entities, max(0.0, (len(entities) - 1) / 2)
    hub = next(getattr(tie, end).id for tie in ties if tie.active)
    others = [entity for entity in entities if entity.id != hub]
    half = len(others) // 2
    ordered = [*others[:half], *(e for e in entities if e.id == hub), *others[half:]]
    return ordered, float(half)


def _node(entity: Entity, place: tuple[int, int], role: str, *, tied: bool, main: bool) -> Node:
    name = " ".join((entity.name or entity.id).split())
    label = fitted(name, _LABEL_WIDTH, _FONT)
    short = fitted(role, _LABEL_WIDTH, _FONT - 3)
    return Node(*place, label, name if label != name else "", short, tied=tied, main=main)


def fitted(text: str, width: float, size: float) -> str:
    """Return *text*, cut with … where it may not fit in *width* at a type size."""
    if _width(text) * size <= width:
        return text
    kept = ""
    for letter in text:
        if (_width(kept + letter) + _width("…")) * size > width:
            break
        kept += letter
    return kept.rstrip() + "…"


def _width(text: str) -> float:
    """Return the width of *text* in ems, rather too much than too little."""
    return sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(letter) in ("W", "F") or ord(letter) > 0x2FFF:  # noqa: PLR2004 -- first of the wide scripts
        return 1.15
    if letter in _WIDEST:
        return 1.2
    if letter in _WIDE:
        return 1.0
    if letter in _NARROW:
        return 0.42
    return 0.8 if letter.isupper() else 0.64


def _lines(
    ties: Sequence[Tie], members: dict[str, Node], people: dict[str, Node]
) -> dict[str, tuple[TieLine, ...]]:
    lines: dict[str, list[TieLine]] = {"inactive": [], "unknown": [], "active": []}
    for tie in ties:
        one, other = members.get(tie.member.id), people.get(tie.person.id)
        if one is not None and other is not None:
            lines[tie.state].append(TieLine(one.y, other.y, _thickness(tie)))
    return {state: tuple(found) for state, found in lines.items() if found}


def _thickness(tie: Tie) -> float:
    if tie.active is not True or tie.exchanges is None:
        return _THIN
    share = min(1.0, tie.exchanges / _MANY_EXCHANGES)
    return round(_THIN + share * (_THICK - _THIN), 1)


def _backdrop(
    shape: str, middle: int, columns: tuple[tuple[Node, ...], tuple[Node, ...]]
) -> tuple[str, ...]:
    if shape == "none":
        return ()
    ys = [node.y for column in columns for node in column]
    top, bottom = min(ys) - 14, max(ys) + 14
    centre = WIDTH // 2
    if shape == "diamond":
        # It is as high as the people it joins, not as those who stand by.
        ys = [node.y for column in columns for node in column if node.tied]
        top, bottom = min(ys) - 14, max(ys) + 14
        middle = (top + bottom) // 2
        return (f"{_NODE_LEFT},{middle} {centre},{top} {_NODE_RIGHT},{middle} {centre},{bottom}",)
    left = f"{_NODE_LEFT},{top} {_NODE_LEFT},{bottom} "
    right = f"{_NODE_RIGHT},{top} {_NODE_RIGHT},{bottom} "
    match shape:
        case "bow_tie":
            return f"{left}{centre},{middle}", f"{right}{centre},{middle}"
        case "fan_out":
            return (f"{right}{_NODE_LEFT},{middle}",)
    return (f"{left}{_NODE_RIGHT},{middle}",)
