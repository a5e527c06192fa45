"""The open questions of every account, as columns: facts nobody told that a rule waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.columns import EvaluationPlace
from kam_expert.facts.case import LISTS
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from kam_expert.engines.portfolio.judging.expressions import (
        Expr,
    )
    from kam_expert.engines.portfolio.judging.findings import PortfolioRules
    from kam_expert.knowledge.conditions.base import Condition, Ref


@dataclass(frozen=True)
class QuestionColumns:
    """The columns that tell of one question.

    Attributes:
        frame: The kind of thing the fact is about.
        asked_of: us, customer or both.
        changes: For each finding that an answer could change, where it could.
    """

    fact: str
    frame: str
    asked_of: str
    changes: tuple[tuple[str, str], ...]


class QuestionPlan:
    """Compiles what the rules that stay open wait for."""

    def __init__(self, rules: PortfolioRules) -> None:
        self.rules = rules
        self.base = rules.base
        self._flags: dict[tuple[str, str, str], dict[str, list[str]]] = {}
        self._number = 0

    def columns(self) -> tuple[QuestionColumns, ...]:
        """Return the columns of every question that may come up, in the order of the facts."""
        rules = self.rules
        for subject in rules.subjects:
            if self.base.findings[subject.finding].about_knowledge is not None:
                continue
            for rule in rules.rules_of(subject):
                column = rules.rule(rule, subject.place, "w")
                open_ = rules.make(
                    subject.frame, f"open {column}", lambda c=column: rules.col(c).is_null()
                )
                self._unknown(rule.when, subject.place, open_, subject.finding)
        order = {name: index for index, name in enumerate(self.base.facts)}
        found = sorted(self._flags, key=lambda key: (order[key[0]], key[1], key[2]))
        return tuple(self._question(*key) for key in found)

    def _question(self, fact: str, frame: str, asked_of: str) -> QuestionColumns:
        staged = set(self.base.stage_model.findings_read)
        order = {name: index for index, name in enumerate(self.base.findings)}
        flags = self._flags[fact, frame, asked_of]
        names = sorted(flags, key=lambda name: (name not in staged, order[name]))
        rules = self.rules
        return QuestionColumns(
            fact,
            frame,
            asked_of,
            tuple(
                (
                    name,
                    rules.make(
                        frame,
                        f"ask {asked_of} {fact} for {name}",
                        lambda found=tuple(flags[name]): self.rules.x.any_of(
                            rules.col(flag) for flag in found
                        ),
                    ),
                )
                for name in names
            ),
        )

    def _flag(self, frame: str, build: object) -> str:
        self._number += 1
        return self.rules.make(frame, f"q{self._number}", build)

    def _unknown(
        self, condition: Condition, place: EvaluationPlace, asked: str, finding: str
    ) -> None:
        """Note the facts that keep *condition* from being decided, where *asked* is set."""
        rules, frame = self.rules, place.frame
        leaf = condition if isinstance(condition, Leaf) else None
        if leaf and leaf.term.by_value and leaf.term.refs[0].name in ENGINE_FACTS:
            return
        truth = rules.column(condition, place, "w")
        here = self._flag(frame, lambda: rules.col(asked) & rules.col(truth).is_null())
        if leaf is None:
            for child in condition.children():
                self._unknown(child, place, here, finding)
            return
        answers = leaf.term.answers
        for ref in answers:
            # Of several facts only those are asked that are not known exactly.
            self._ask(ref, place, self._blank(ref, place, here) if answers[1:] else here, finding)
        if leaf.term.members is not None:
            member = EvaluationPlace(LISTS[leaf.term.members.of])
            down = self._to_members(frame, member.frame, here)
            for inner in leaf.term.members.conditions:
                self._unknown(inner, member, down, finding)
            for ref in leaf.term.members.refs:
                self._ask(ref, member, self._blank(ref, member, down), finding)

    def _blank(self, ref: Ref, place: EvaluationPlace, asked: str) -> str:
        rules = self.rules

        def build() -> Expr:
            return rules.col(asked) & ~rules.read(ref, place, "w").exactly_known()

        return self._flag(place.frame, build)

    def _to_members(self, frame: str, member: str, column: str) -> str:
        """Return the column on *member* that tells where one of its lists' owners is asked."""
        plan = self.rules.plan
        if frame == "account":
            return plan.lift(member, "account", column)
        through = self.rules.between(frame, member)
        if through == member:
            return plan.lift(member, frame, column)
        return plan.gather(member, through, plan.lift(through, frame, column), "any")

    def _ask(self, ref: Ref, place: EvaluationPlace, asked: str, finding: str) -> None:
        """Note a question about the thing that holds the fact."""
        if ref.name in ENGINE_FACTS:
            return
        fact = self.base.facts[ref.name]
        side = {"ours": "us", "theirs": "customer"}.get(ref.side, fact.doc.asked_of)
        if fact.kind != place.frame:
            asked = self.rules.plan.gather(fact.kind, place.frame, asked, "any")
        flags = self._flags.setdefault((ref.name, fact.kind, side), {})
        flags.setdefault(finding, []).append(asked)
