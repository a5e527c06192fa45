"""Which rules fired on the way to a finding or the stage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kam_expert.knowledge.about import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.inquiry import Asserted, Firing


def leading_to(
    goals: Iterable[tuple[str, About]],
    firings: Sequence[Firing],
    diagnosis: Diagnosis,
    base: KnowledgeBase,
    *,
    stage: bool = False,
) -> tuple[Firing, ...]:
    """Return the firings that lead to *goals*.

    Args:
        goals: Findings with the kind and id of their entities.
        firings: All firings, in order.
        diagnosis: The result.
        base: The rules.
        stage: Whether the stage is a goal.

    Returns:
        These firings in order, with only the assertions that lead to the goals.
    """
    needs = _Needs(goals, diagnosis, base, stage=stage)
    kept: list[Firing] = []
    for firing in reversed(firings):
        asserts = tuple(
            asserted
            for asserted in firing.asserts
            if needs.includes(asserted) or (kept and asserted.what == "stratum")
        )
        if asserts:
            kept.append(replace(firing, asserts=asserts))
        if firing.rule is not None:
            for asserted in asserts:
                needs.add_rule(base.rule(firing.rule), asserted.about)
    return tuple(reversed(kept))


class _Needs:
    """The assertions that earlier firings must have made."""

    def __init__(
        self,
        goals: Iterable[tuple[str, About]],
        diagnosis: Diagnosis,
        base: KnowledgeBase,
        *,
        stage: bool,
    ) -> None:
        self._account = About("account", diagnosis.account_id)
        self._contradictions = diagnosis.contradictions
        self._base = base
        self._findings: set[tuple[str, About | None]] = set(goals)
        self._features: set[str] = set()
        self._stage = stage

    def includes(self, asserted: Asserted) -> bool:
        name, about = asserted.name, asserted.about
        if asserted.what == "stage":
            if self._stage:
                self._features.update(self._base.stage_model.findings_read)
            return self._stage
        is_feature = name in self._features and about == self._account
        if asserted.what == "finding" and is_feature and asserted.status != "absent":
            self._findings.add((name, about))
        return (name, about) in self._findings or (name, None) in self._findings

    def add_rule(self, rule: Rule, about: About | None) -> None:
        for name in rule.findings_read():
            of = self._base.findings[name].about
            # Of any member of a list.
            about_what = {"account": self._account, rule.kind: about}.get(of)
            self._findings.add((name, about_what))
        if rule.reads_stage():
            self._stage = True
        if rule.reads("contradictions"):
            for found in self._contradictions:
                if found.kind == "mirror":
                    self._findings |= {(found.name, found.about), (found.other, found.about)}
