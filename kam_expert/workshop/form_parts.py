"""The parts of a form of a rule: fields, lines, blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.workshop.rule_text import NodePath

ControlKind = Literal["choice", "words", "number", "text", "long", "operator", "yaml"]


@dataclass(frozen=True)
class Control:
    """A field of the form.

    Attributes:
        path: The place in the file.
        kind: What it takes.
        label: Its name for readers.
        value: What is there now; several words for ``words``.
        options: Values with labels, for ``choice``, ``words`` and ``operator``.
    """

    path: NodePath
    kind: ControlKind
    label: str
    value: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the field."""
        return "/".join(str(key) for key in (*self.path, *self._mark))

    @property
    def _mark(self) -> tuple[str, ...]:
        # An operator is at the place of its operand.
        return ("operator",) if self.kind == "operator" else ()

    @property
    def only(self) -> str:
        """Return the value where there is one."""
        return self.value[0] if self.value else ""


@dataclass(frozen=True)
class FormLine:
    """One test in a condition.

    Attributes:
        path: What is removed with the line.
        title: What is tested, in words.
        key: The same as written.
        controls: In reading order.
        note: What has no field, as written.
    """

    path: NodePath
    title: str
    key: str
    controls: tuple[Control, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class FormBlock:
    """Conditions together.

    Attributes:
        path: What is removed with the block; empty for a whole part of the rule.
        title: How they belong together.
    """

    path: NodePath
    title: str
    parts: tuple[FormLine | FormBlock, ...]
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True)
class NumberField:
    """A threshold: its number and the reasons."""

    name: str
    number: Control
    reasons: tuple[Control, ...]


@dataclass(frozen=True)
class CaseFields:
    """A case: its name, what it expects, and what is given."""

    controls: tuple[Control, ...]
    given: FormBlock
    several: str = ""


def controls_in(block: FormBlock) -> Iterator[Control]:
    """Yield every field of a block."""
    yield from block.controls
    for part in block.parts:
        yield from part.controls if isinstance(part, FormLine) else controls_in(part)


def removable_in(block: FormBlock) -> Iterator[NodePath]:
    """Yield the places that can be removed; an empty one for what cannot."""
    for part in block.parts:
        yield part.path
        if isinstance(part, FormBlock):
            yield from removable_in(part)
