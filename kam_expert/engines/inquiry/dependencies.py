"""The dependencies of each rule: a change applies only the affected rules again."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from kam_expert.facts.computed import form_of
from kam_expert.knowledge.conditions.condition import complete_name
from kam_expert.knowledge.conditions.leaf import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.rule import Rule


class Dependencies:
    """Dependencies of the rules, the stage and the computed facts of a rule base.

    Attributes:
        facts: By rule, the names of the facts it reads, with the inputs of computed ones, and the
            lists whose completeness matters to it.
        findings: By rule, the findings it reads.
        by_fact: The names of the rules that read a fact or the completeness of a list.
        by_finding: The names of the rules that read a finding.
        stage: The names of the rules that read the stage.
        contradictions: The names of the rules that count contradictions.
        answers: The names of the rules that count the customer's answers.
        news: The facts that can tell of events: any older answer may no longer hold after one.
        reached: By rule, the facts and lists that it reads beyond plain facts of its own entity or
            of the account, and those computed of them.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._inputs = {name: frozenset(self._inputs_of(name)) for name in base.facts}
        self.facts: dict[str, frozenset[str]] = {}
        self.findings: dict[str, frozenset[str]] = {}
        self.stage: set[str] = set()
        self.contradictions: set[str] = set()
        self.answers: set[str] = set()
        self.reached: dict[str, frozenset[str]] = {}
        self.by_fact: defaultdict[str, set[str]] = defaultdict(set)
        self.by_finding: defaultdict[str, set[str]] = defaultdict(set)
        for rule in base.rules:
            self._note(rule)
        mirrored = (name for name, doc in base.findings.items() if doc.mirror)
        self.mirrored = frozenset(mirrored)
        self.impossible = frozenset(
            name for part in base.impossible.values() for name in self._names(part)
        )
        self.news = frozenset() if base.events is None else base.events.told_by
        self.totals = frozenset(name for name, found in self._inputs.items() if found)

    def _note(self, rule: Rule) -> None:
        found = {name for part in rule.conditions() for name in self._names(part)}
        if rule.kind == "gap":
            gaps = self._base.gaps.values()
            found |= self.inputs_of(name for gap in gaps for name in (gap.ours, gap.theirs))
        self.facts[rule.name] = frozenset(found)
        self.findings[rule.name] = rule.findings_read()
        for name in found:
            self.by_fact[name].add(rule.name)
        for name in self.findings[rule.name]:
            self.by_finding[name].add(rule.name)
        if rule.reads_stage():
            self.stage.add(rule.name)
        if rule.reads("contradictions"):
            self.contradictions.add(rule.name)
        if rule.reads("customer_answers"):
            self.answers.add(rule.name)
        self.reached[rule.name] = frozenset(
            name for part in rule.conditions() for name in self._reached(part)
        )

    def _reached(self, condition: Condition) -> Iterator[str]:
        for leaf in leaves(condition, members=False):
            members = leaf.term.members
            if members is not None:
                yield complete_name(members.of)
                for ref in members.refs:
                    yield from self._with_inputs(ref.name)
                for inner in members.conditions:
                    yield from self._names(inner)
            for ref in leaf.term.refs:
                if ref.path or self._inputs.get(ref.name):
                    yield from self._with_inputs(ref.name)

    def _with_inputs(self, name: str) -> Iterator[str]:
        yield name
        yield from self._inputs.get(name, ())

    def _names(self, condition: Condition) -> Iterator[str]:
        for name in condition.names:
            yield from self._with_inputs(name)

    def _inputs_of(self, name: str) -> Iterator[str]:
        doc = self._base.facts[name].doc
        yield from doc.parts
        if doc.asked_after is not None:
            yield doc.asked_after
        declared = doc.computed
        if declared is None or not doc.from_lists:
            return
        yield complete_name(form_of(declared)[1])
        of = declared.get("of")
        if of is not None:
            inner = of.rpartition(".")[2]
            yield inner
            yield from self._inputs_of(inner)
        where = self._base.computed_where.get(name)
        if where is not None:
            yield from self._names_plain(where)

    def _names_plain(self, condition: Condition) -> Iterator[str]:
        # Before all inputs are known: a condition over members may itself read a computed fact.
        for name in condition.names:
            yield name
            if name in self._base.facts:
                yield from self._inputs_of(name)

    def inputs_of(self, names: Iterable[str]) -> frozenset[str]:
        """Return facts with all inputs of the computed ones among them."""
        names = frozenset(names)
        return names.union(*(self._inputs[name] for name in names))

    def touched(self, changed: Iterable[str], *, news: bool) -> frozenset[str]:
        """Return the facts whose value can depend on *changed*, with *changed*.

        Args:
            changed: Names of facts and completeness of lists.
            news: Whether they tell of other events than before.
        """
        names = frozenset(changed)
        if news:
            return names | self._base.facts.keys()
        return names | {name for name in self.totals if self._inputs[name] & names}


@lru_cache(maxsize=4)
def dependencies_of(base: KnowledgeBase) -> Dependencies:
    """Return the dependencies of a rule base; those of the last few are kept."""
    return Dependencies(base)
