"""What a condition may name: facts by their paths, findings, groups, stages, definitions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.errors import did_you_mean, shortened, with_article
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.vocabulary import Fact

#: The keys of a condition that name no fact.
TREE_KEYS = (
    "all",
    "any",
    "none",
    "count",
    "every",
    "finding",
    "findings",
    "stage",
    "verdict",
    "is",
)
#: The lists that can be counted from an entity, and the kind of their members.
GROUPS: dict[str, dict[str, str]] = {
    "account": {"people": "person", "team": "member", "links": "link", "decisions": "decision"},
    "decision": {"people": "person", "links": "link"},
    "person": {"links": "link", "decisions": "decision"},
    "member": {"links": "link"},
    "link": {},
    "gap": {},
}
#: The entities related to an entity, by the word that leads to them.
PATHS: dict[str, dict[str, str]] = {"link": {"person": "person", "member": "member"}}


@dataclass
class Scope:
    """What a condition may name."""

    facts: Mapping[str, Fact]
    findings: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stages: tuple[str, ...] = ()
    definitions: Mapping[str, tuple[str, Condition]] = field(default_factory=dict)

    def ref(self, key: str, kind: str) -> Ref:
        """Return the fact that *key* names in a condition about an entity of *kind*.

        Args:
            key: As written, such as ``theirs.trust_other`` or ``person.authority``.
            kind: The kind of entity of the condition.

        Raises:
            ValueError: The fact is unknown, or it cannot be read there.
        """
        path, side, name = "", "bare", key
        head, _, rest = key.partition(".")
        if rest and head in PATHS.get(kind, {}):
            path, name = head, rest
            kind = PATHS[kind][head]
        head, _, rest = name.partition(".")
        if rest and head in ("ours", "theirs"):
            side, name = head, rest
        if name in ENGINE_FACTS:
            if name == "gap" and kind != "gap":
                raise ValueError(
                    f'"gap" can be read in rules for a gap only, not for {with_article(kind)}'
                )
            return Ref(name)
        fact = self.facts.get(name)
        if fact is None:
            near = did_you_mean(name, [*self.facts, *TREE_KEYS])
            raise ValueError(f'unknown fact "{shortened(key)}".{near}')
        if fact.kind not in (kind, "account"):
            raise ValueError(
                f'"{name}" is a fact about {with_article(fact.kind)} and cannot be read for '
                f"{with_article(kind)}"
            )
        if side != "bare" and fact.doc.asked_of != "both":
            who = "us" if fact.doc.asked_of == "us" else "the customer"
            raise ValueError(f'"{key}": {name} is asked of {who} only; leave out "{side}."')
        if side == "bare" and not fact.bare:
            raise ValueError(
                f'each side speaks of the other in "{name}"; say ours.{name} or theirs.{name}'
            )
        return Ref(name, side, path)
