"""The picture of an account: ties between our people and theirs, laid out from the links.

Our people are on the left, theirs on the right, one per row, so that labels cannot overlap. The
narrow picture of the first page breaks names over more lines and is readable on a telephone. The
backdrop is the shape of the active ties: two triangles that touch in one pair, or a diamond. Where
a finding says that one pair carries the contact, the picture says so too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN, bounds_of
from kam_expert.outputs.text_lines import fitted, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase


@dataclass(frozen=True)
class PictureLayout:
    """The measures of a picture, in its own units; a unit is a pixel at its natural width.

    Attributes:
        label: The width of a label.
        gap: Distance between a node and its label.
        font, small: Size of a name and of what is below it.
        lines: The most lines of a name, and of what is below it.
        drawn: The most people per side; tables list the others.
        tallest: The height that their rows may take; None for any height.
    """

    width: int
    label: int
    gap: int
    font: int
    small: int
    lines: int
    drawn: int
    tallest: int | None = None

    @property
    def left(self) -> int:
        """Return the x of our people."""
        return self.label + self.gap + 4

    @property
    def right(self) -> int:
        """Return the x of the customer’s people."""
        return self.width - self.left


WIDE = PictureLayout(width=770, label=238, gap=14, font=15, small=12, lines=4, drawn=30)
NARROW = PictureLayout(
    width=360, label=126, gap=14, font=14, small=12, lines=5, drawn=6, tallest=480
)
_TOP = 34
_SPACE = 8
_THIN, _THICK = 1.5, 5.0
_MANY_EXCHANGES = 24


@dataclass(frozen=True)
class Tie:
    """A pair of people with the facts about their contact.

    Attributes:
        link: The pair in the case.
        active: By the definition of the rule base; None if unknown.
        facts: Value by fact; None if unknown.
        exchanges: The fact that is a count, for the line width.
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
        label: The lines of the name, truncated if it is too long.
        full: The full name, if it was truncated.
        role: The lines below the name.
        tied: Whether this person has an active tie.
        main: Whether this is the main contact.
    """

    x: int
    y: int
    label: tuple[str, ...]
    full: str
    role: tuple[str, ...]
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
    """The data that the template draws.

    Attributes:
        layout: Its measures.
        shape: ``bow_tie`` (a finding says that one pair carries the contact), ``pair`` (one active
            tie, without that finding), ``diamond``, ``fan_out`` (one of ours, several of theirs),
            ``fan_in`` (several of ours, one of theirs), ``none`` (no active tie) or ``groups``
            (people are merged).
        backdrop: Points of the polygons behind the ties.
        lines: Ties by state.
        undrawn: Number of people of both sides that are not drawn.
    """

    layout: PictureLayout
    height: int
    shape: str
    backdrop: tuple[str, ...]
    members: tuple[Node, ...]
    people: tuple[Node, ...]
    lines: dict[str, tuple[TieLine, ...]]
    undrawn: int


def ties_of(case: Case, base: KnowledgeBase, day: date) -> tuple[Tie, ...]:
    """Return the links of *case* with their facts, active ones first."""
    readings = Readings(case, base, day)
    members = {entity.id: entity for entity in case.team or ()}
    people = {entity.id: entity for entity in case.people or ()}
    facts = [fact for fact in base.facts.values() if fact.kind == "link"]
    # The first definition about links in the rule base says which link is active.
    is_active = next((c for kind, c in base.definitions.values() if kind == "link"), None)
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
                None if is_active is None else is_active.evaluate(view),
                {n: None if v is UNKNOWN else plain_value(v) for n, v in read.items()},
                next((bounds[0] for bounds in counted if bounds is not None), None),
            )
        )
    return _by_state(ties)


def _by_state(ties: list[Tie]) -> tuple[Tie, ...]:
    return tuple(sorted(ties, key=lambda t: ("active", "unknown", "inactive").index(t.state)))


def ties_with_state(case: Case, states: Sequence[tuple[str, str, bool | None]]) -> tuple[Tie, ...]:
    """Return the links of *case* without facts: only whether each is active.

    Args:
        case: The case with the people.
        states: Member, person and whether the tie is active.
    """
    ends = {entity.id: entity for entity in (*(case.team or ()), *(case.people or ()))}
    links = {link.ends: link for link in case.links or ()}
    ties = [
        Tie(links[member, person], ends[member], ends[person], active, {}, None)
        for member, person, active in states
    ]
    return _by_state(ties)


def shape_of(ties: Sequence[Tie], *, one_pair: bool = False) -> str:
    """Return the shape of the active ties; *one_pair*: whether one pair carries the contact."""
    active = [tie for tie in ties if tie.active is True]
    members = {tie.member.id for tie in active}
    people = {tie.person.id for tie in active}
    if not active:
        return "none"
    if one_pair:
        return "bow_tie"
    if len(members) > 1 and len(people) > 1:
        return "diamond"
    if len(members) == len(people):
        return "pair"
    return "fan_out" if len(members) == 1 else "fan_in"


def draw(  # noqa: PLR0913 -- what the picture shows, and how
    case: Case,
    ties: Sequence[Tie],
    names: dict[tuple[str, str], str],
    roles: dict[tuple[str, str], str],
    main: frozenset[str],
    *,
    shape: str,
    layout: PictureLayout = WIDE,
) -> Picture:
    """Return the layout of the picture.

    Args:
        case: The facts.
        ties: The result of `ties_of`.
        names: What people are called, by kind and id.
        roles: What is below a name, by kind and id.
        main: The ids of the main contacts.
        shape: The result of `shape_of`, or ``groups``.
        layout: The measures.
    """
    labels = {
        (e.kind, e.id): (
            _labelled(names[e.kind, e.id], layout.font, layout),
            _labelled(roles.get((e.kind, e.id), ""), layout.small, layout),
        )
        for e in (*(case.team or ()), *(case.people or ()))
    }
    tall = max((len(name) + len(role) for name, role in labels.values()), default=1)
    row = max(tall, 2) * layout.font + _SPACE
    most = layout.drawn if layout.tallest is None else min(layout.drawn, layout.tallest // row)
    left, left_out = _chosen(case.team or (), [t.member.id for t in ties if t.active], most)
    right, right_out = _chosen(case.people or (), [t.person.id for t in ties if t.active], most)
    # The narrow end of the shape is in the middle of its column.
    left, left_middle = _centred(
        left, ties, "member", narrow=shape in ("bow_tie", "pair", "fan_out")
    )
    right, right_middle = _centred(
        right, ties, "person", narrow=shape in ("bow_tie", "pair", "fan_in")
    )
    above = max(left_middle, right_middle)
    below = max(len(left) - 1 - left_middle, len(right) - 1 - right_middle, 0)
    margin = max(_TOP, row // 2 + _TOP - layout.small)
    middle = margin + round(above * row)
    height = middle + round(below * row) + row // 2 + _SPACE
    tied = {(e.kind, e.id) for tie in ties if tie.active for e in (tie.member, tie.person)}

    def nodes(entities: Sequence[Entity], x: int, centre: float) -> tuple[Node, ...]:
        found = []
        for index, entity in enumerate(entities):
            key = (entity.kind, entity.id)
            full, (name, role) = " ".join(names[key].split()), labels[key]
            found.append(
                Node(
                    x,
                    middle + round((index - centre) * row),
                    name,
                    full if " ".join(name) != full else "",
                    role,
                    tied=key in tied,
                    main=entity.kind == "person" and entity.id in main,
                )
            )
        return tuple(found)

    members = nodes(left, layout.left, left_middle)
    people = nodes(right, layout.right, right_middle)
    return Picture(
        layout,
        height,
        shape,
        _backdrop(shape, middle, (members, people), layout),
        members,
        people,
        _lines(ties, dict(zip((e.id for e in left), members, strict=True)),
               dict(zip((e.id for e in right), people, strict=True))),
        left_out + right_out,
    )  # fmt: skip


def _chosen(entities: Sequence[Entity], tied: Sequence[str], most: int) -> tuple[list[Entity], int]:
    """Return the entities to draw, preferring tied ones, and the number of the others."""
    if len(entities) <= most:
        return list(entities), 0
    first = sorted(entities, key=lambda entity: entity.id not in tied)[:most]
    kept = {entity.id for entity in first}
    return [entity for entity in entities if entity.id in kept], len(entities) - most


def _centred(
    entities: list[Entity], ties: Sequence[Tie], end: str, *, narrow: bool
) -> tuple[list[Entity], float]:
    """Return the entities in drawing order, and the index of the middle line."""
    if not narrow:
        return entities, max(0.0, (len(entities) - 1) / 2)
    active = [tie for tie in ties if tie.active]
    if not active:
        return entities, max(0.0, (len(entities) - 1) / 2)
    hub = getattr(max(active, key=lambda tie: tie.exchanges or 0), end).id
    others = [entity for entity in entities if entity.id != hub]
    half = len(others) // 2
    ordered = [*others[:half], *(e for e in entities if e.id == hub), *others[half:]]
    return ordered, float(half)


def _labelled(text: str, size: int, layout: PictureLayout) -> tuple[str, ...]:
    """Return *text* in lines; the last is truncated if there are more than a name ever has."""
    lines = wrapped(text, layout.label, size)
    if len(lines) <= layout.lines:
        return lines
    last = " ".join(lines[layout.lines - 1 :])
    return (*lines[: layout.lines - 1], fitted(last, layout.label, size))


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
    shape: str,
    middle: int,
    columns: tuple[tuple[Node, ...], tuple[Node, ...]],
    layout: PictureLayout,
) -> tuple[str, ...]:
    if shape in ("none", "groups"):
        return ()
    ys = [node.y for column in columns for node in column]
    top, bottom = min(ys) - 14, max(ys) + 14
    centre, left_x, right_x = layout.width // 2, layout.left, layout.right
    if shape == "diamond":
        # The diamond is as high as the tied people, not as the whole column.
        ys = [node.y for column in columns for node in column if node.tied]
        top, bottom = min(ys) - 14, max(ys) + 14
        middle = (top + bottom) // 2
        return (f"{left_x},{middle} {centre},{top} {right_x},{middle} {centre},{bottom}",)
    left = f"{left_x},{top} {left_x},{bottom} "
    right = f"{right_x},{top} {right_x},{bottom} "
    match shape:
        case "bow_tie" | "pair":
            return f"{left}{centre},{middle}", f"{right}{centre},{middle}"
        case "fan_out":
            return (f"{right}{left_x},{middle}",)
    return (f"{left}{right_x},{middle}",)
