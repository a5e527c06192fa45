"""The conditions of a rule base as written, so that a changed one can be parsed again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from kam_expert.knowledge.conditions.parser import ConditionParser
from kam_expert.knowledge.conditions.scope import Scope
from kam_expert.knowledge.rule import DERIVED
from kam_expert.knowledge.rule_base_files import rule_files
from kam_expert.knowledge.rule_reader import RuleReader
from kam_expert.knowledge.yaml_reader import Map, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kam_expert.errors import Place
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition

#: What a written condition belongs to.
Owner = Literal["rule", "strategy", "definition", "impossible", "gap"]


@dataclass(frozen=True)
class WrittenCondition:
    """A rule, strategy, definition or impossible combination as its file has it.

    Attributes:
        owner: What it is.
        name: Its id.
        kind: The kind of entity of its condition.
        node: The mapping in the file, with ``when`` and so on.
        thresholds: Its numbers by name.
    """

    owner: Owner
    name: str
    kind: str
    node: Map
    thresholds: Mapping[str, float]

    def place(self, key: str) -> Place:
        """Return the place of a key."""
        return self.node.at(key)


class RuleSources:
    """The written conditions of the rule base in a folder.

    Args:
        folder: The folder that *base* was read from.
        base: The rule base.
    """

    def __init__(self, folder: Path, base: KnowledgeBase) -> None:
        self.folder = folder
        self.base = base
        self.thresholds: dict[str, dict[str, float]] = {}
        for threshold in base.thresholds:
            self.thresholds.setdefault(threshold.owner, {})[threshold.name] = threshold.value

    def _read(self, path: Path) -> Any:
        return read_file(path, f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}")

    def _written(self, owner: Owner, name: str, kind: str, node: Map) -> WrittenCondition:
        return WrittenCondition(owner, name, kind, node, self.thresholds.get(name, {}))

    @cached_property
    def rules(self) -> tuple[WrittenCondition, ...]:
        """Return the rules that are applied, in path order."""
        applied = {r.name for r in self.base.rules if r.status not in ("retired", DERIVED)}
        nodes = (self._read(path) for path in rule_files(self.folder))
        return tuple(
            self._written("rule", node["rule"], node["for"], node)
            for node in nodes
            if node["rule"] in applied
        )

    @cached_property
    def facts_file(self) -> Map:
        """Return the mapping in ``facts.yaml``."""
        node: Map = self._read(self.folder / "facts.yaml")
        return node

    @cached_property
    def strategies(self) -> tuple[WrittenCondition, ...]:
        """Return the strategies that have a condition, in order."""
        node = self._read(self.folder / "strategies.yaml")["strategies"]
        return tuple(
            self._written("strategy", name, "account", node[name])
            for name in node
            if "when" in node[name]
        )

    @cached_property
    def definitions(self) -> tuple[WrittenCondition, ...]:
        """Return the definitions in the order of the file."""
        node = self.facts_file.get("definitions") or {}
        return tuple(self._written("definition", n, node[n]["for"], node[n]) for n in node)

    @cached_property
    def impossible(self) -> tuple[WrittenCondition, ...]:
        """Return the combinations of facts that cannot all hold."""
        node = self.facts_file.get("impossible") or {}
        return tuple(self._written("impossible", n, "account", node[n]) for n in node)

    @cached_property
    def gaps(self) -> tuple[WrittenCondition, ...]:
        """Return the pairs of answers."""
        node = self.facts_file.get("gaps") or {}
        gaps = self.base.gaps
        return tuple(
            WrittenCondition("gap", n, "gap", node[n], {"threshold": gaps[n].threshold.value})
            for n in node
        )

    def scope(self, definitions: Mapping[str, tuple[str, Condition]] | None = None) -> Scope:
        """Return what a condition may name, with other definitions if given."""
        base = self.base
        known = {n: d for n, d in base.findings.items() if n not in base.strategy_findings}
        return Scope(
            base.facts,
            {name: doc.about for name, doc in base.findings.items()},
            {
                group: tuple(name for name, doc in known.items() if doc.group == group)
                for group in base.groups
            },
            base.stage_model.names,
            base.definitions if definitions is None else definitions,
        )

    def reader(self) -> RuleReader:
        """Return what reads one rule into this rule base."""
        base = self.base
        findings = {n: d for n, d in base.findings.items() if n not in base.strategy_findings}
        of_stage = frozenset(base.stage_model.findings_read)
        return RuleReader(self.scope(), findings, of_stage, {})

    def parsed(
        self,
        written: WrittenCondition,
        node: Map,
        scope: Scope,
        thresholds: Mapping[str, float] | None = None,
    ) -> tuple[Condition | None, Condition | None] | None:
        """Return the condition and the exception of a node in place of the written one.

        Returns:
            None where the node is not valid.
        """
        about_knowledge = False
        if written.owner == "rule":
            about_knowledge = self.base.rule(written.name).about_knowledge
        chosen = written.thresholds if thresholds is None else thresholds
        parser = ConditionParser(scope, chosen, about_knowledge=about_knowledge)
        when, unless = (
            parser.parse(node[key], written.kind, node.at(key)) if key in node else None
            for key in ("when", "unless")
        )
        return None if parser.problems else (when, unless)
