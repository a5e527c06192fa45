"""The questions of `kam_expert.engines.questions`, as columns with the same weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import is_true
from kam_expert.engines.portfolio.judging.question_waits import Waits
from kam_expert.engines.questions import (
    OPEN,
    SHARED,
    STAGE,
    SURE,
    UNSURE,
    QuestionOrder,
    speaks_for_both,
)
from kam_expert.facts.case import ENDED
from kam_expert.knowledge.conditions.condition import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kam_expert.engines.portfolio.judging.expressions import Expr
    from kam_expert.engines.portfolio.judging.finding_columns import Subject
    from kam_expert.engines.portfolio.judging.portfolio_rules import PortfolioRules
    from kam_expert.engines.portfolio.judging.question_waits import Wait
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.vocabulary import Fact

_ASKED_OF = {"ours": "us", "theirs": "customer"}
_ACCOUNT = EvaluationPlace("account")


#: The column of a weight, and where it counts.
Part = tuple[str, str]


@dataclass(frozen=True)
class QuestionColumns:
    """The columns of one question.

    Attributes:
        name: The name of the question, as in `OpenQuestion.name`.
        frame: The kind of entity that the fact is about.
        asked_of: us, customer or both.
        here: Where the question is open.
        answered: Where there is an answer that is not firm.
        gone: Where an answer no longer holds after an event; None if nowhere.
        stage_firm: Where no answer changes the stage.
        changes: For each finding that an answer could change, the parts of its weight.
    """

    name: str
    frame: str
    asked_of: str
    here: str
    answered: str
    stage_firm: str
    changes: tuple[tuple[str, tuple[Part, ...]], ...]
    gone: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return all columns of the question."""
        parts = (name for _, parts in self.changes for part in parts for name in part)
        gone = () if self.gone is None else (self.gone,)
        return tuple(dict.fromkeys((self.here, self.answered, self.stage_firm, *gone, *parts)))


class QuestionPlan:
    """Compiles the missing answers of the rules that are not certain."""

    def __init__(self, rules: PortfolioRules) -> None:
        self.rules = rules
        self.base = rules.base
        self.x = rules.x
        self._order = QuestionOrder(rules.base)
        self._waits = Waits(rules)
        self._counts: dict[tuple[str, tuple[Wait, ...]], str] = {}
        #: By fact and side, by finding: the parts of the weight.
        self._shares: dict[tuple[str, str], dict[str, list[Part]]] = {}

    def columns(self) -> tuple[QuestionColumns, ...]:
        """Return the columns of every possible question, in the order for equal weights."""
        for subject in self.rules.subjects:
            name = subject.finding
            if name in self.base.strategy_conditions:
                continue
            if self.base.findings[name].about_knowledge is None:
                for rule in self.rules.rules_of(subject):
                    self._rule(rule, subject)
        self._contacts()
        places = self._order.places
        asked = sorted(self._shares, key=lambda key: (places[key[0]], key[1]))
        return tuple(question for key in asked for question in self._questions(*key))

    # Weights ------------------------------------------------------------------------------------

    def _rule(self, rule: Rule, subject: Subject) -> None:
        rules, place = self.rules, subject.place
        waits = tuple(
            w for part in rule.conditions() for w in self._waits.of_condition(part, place)
        )
        if not waits:
            return
        truth = rules.rule(rule, place, "s")
        urgency = self._urgency(subject)

        def weight() -> Expr:
            uncertain = self.x.when(rules.col(truth).is_null())
            return uncertain.then(rules.col(urgency)).otherwise(self.x.lit(0))

        self._share_out(waits, subject.frame, subject.finding, weight)

    def _urgency(self, subject: Subject) -> str:
        """Return the column of the weight of a finding's uncertain rules; 0 where it is firm."""
        rules, x = self.rules, self.x
        firm = rules.firm(subject)
        likely = {reading: rules.likely_of(subject, reading) for reading in ("w", "s")}

        def build() -> Expr:
            weight = x.lit(SHARED * SURE)
            for reading, urgent in (("s", UNSURE), ("w", OPEN)):
                unknown = x.when(rules.col(likely[reading]).is_null())
                weight = unknown.then(x.lit(SHARED * urgent)).otherwise(weight)
            return x.when(rules.col(firm)).then(x.lit(0)).otherwise(weight)

        return rules.make(subject.frame, f"urgency {subject.key}", build)

    def _contacts(self) -> None:
        """Note that the stage waits for the contact facts while none is known."""
        refs = [Ref(name) for name in self.base.stage_model.contact_facts]
        if not refs:
            return
        waits = tuple(
            w
            for ref in refs
            for w in self._waits.of_fact(ref, _ACCOUNT, self._waits.always("account"))
        )

        def weight() -> Expr:
            answered = self.x.any_of(self.rules.read(ref, _ACCOUNT, "w").known() for ref in refs)
            return self.x.when(answered).then(self.x.lit(0)).otherwise(self.x.lit(SHARED * OPEN))

        self._share_out(waits, "account", STAGE, weight)

    def _share_out(
        self, waits: tuple[Wait, ...], frame: str, finding: str, weight: Callable[[], Expr]
    ) -> None:
        count = self._count(waits, frame)

        def share() -> Expr:
            number, whole = self.rules.col(count), weight()
            some = self.x.when(number > 0).then(number).otherwise(self.x.lit(1))
            none = (number == 0) | (whole == 0)
            return self.x.when(none).then(self.x.lit(0)).otherwise(whole // some + 1)

        self._pass_on(waits, frame, self._waits.column(frame, share), finding)

    def _count(self, waits: tuple[Wait, ...], frame: str) -> str:
        """Return the column of the number of missing answers."""
        key = (frame, waits)
        if key not in self._counts:
            counts = [
                self._reached(frame, wait.frame, self._count(wait.inner, wait.frame))
                if wait.fact is None
                else None
                for wait in waits
            ]

            def total() -> Expr:
                return reduce(
                    add,
                    [
                        self.x.when(self.rules.col(wait.flag))
                        .then(self.x.lit(1) if count is None else self.rules.col(count))
                        .otherwise(self.x.lit(0))
                        for wait, count in zip(waits, counts, strict=True)
                    ],
                    self.x.lit(0),
                )

            self._counts[key] = self._waits.column(frame, total)
        return self._counts[key]

    def _pass_on(self, waits: Iterable[Wait], frame: str, share: str, finding: str) -> None:
        """Note the share of each missing answer."""
        for wait in waits:
            if wait.fact is not None:
                of = self._shares.setdefault(wait.fact, {})
                of.setdefault(finding, []).append((wait.flag, share))
                continue
            here = self._waits.column(frame, partial(self._part, (wait.flag, share)))
            inner = self._reached(wait.frame, frame, here)
            self._pass_on(wait.inner, wait.frame, inner, finding)

    def _part(self, part: Part) -> Expr:
        flag, share = map(self.rules.col, part)
        return self.x.when(flag).then(share).otherwise(self.x.lit(0))

    def _reached(self, frame: str, inner: str, column: str) -> str:
        """Return on *frame* a column of the row's owner, or its sum over the owned rows."""
        plan = self.rules.plan
        if inner == frame:
            return column
        if _holds(inner, frame):
            return plan.lift(frame, inner, column)
        through = self.rules.between(frame, inner)
        if through != inner:
            column = plan.lift(through, inner, column)
        return plan.gather(frame, through, column, "total")

    # Questions ----------------------------------------------------------------------------------

    def _questions(self, name: str, side: str) -> Iterator[QuestionColumns]:
        """Yield a question; a second one to both sides where neither has an answer."""
        fact = self.base.facts.get(name)
        shares, asked = self._shares[name, side], self._asked(name, side)
        if fact is None:
            listed = f"{name.partition('.')[2]}_listed"
            yield self._question(name, "us", asked, listed, shares)
            return
        answered = self._answered(fact, side)
        if not speaks_for_both(fact, "theirs"):
            yield self._question(name, _ASKED_OF[side], asked, answered, shares)
        elif side == "theirs":
            alone = self._where(asked, answered)
            yield self._question(name, "customer", alone, answered, shares)
            both = {finding: list(parts) for finding, parts in shares.items()}
            for finding, parts in self._shares.get((name, "ours"), {}).items():
                both.setdefault(finding, []).extend(parts)
            yield self._question(
                name, "both", self._where(asked, answered, unanswered=True), answered, both
            )
        elif (name, "theirs") in self._shares:
            theirs = self._asked(name, "theirs"), self._answered(fact, "theirs")
            both_asked = self._where(*theirs, unanswered=True)
            alone = self._where(asked, both_asked, unanswered=True)
            yield self._question(name, "us", alone, answered, shares)
        else:
            yield self._question(name, "us", asked, answered, shares)

    def _asked(self, name: str, side: str) -> str:
        """Return the column of where a side's answer is missing."""
        found = [part for parts in self._shares[name, side].values() for part in parts]

        def build() -> Expr:
            flags = ((self.rules.col(flag), self.rules.col(share)) for flag, share in found)
            return self.x.any_of(flag & (share > 0) for flag, share in flags)

        stem = name.replace(".", " ")
        return self.rules.make(self._home(name), f"ask {side} {stem}", build)

    def _home(self, name: str) -> str:
        fact = self.base.facts.get(name)
        return "account" if fact is None else fact.kind

    def _where(self, asked: str, answered: str, *, unanswered: bool = False) -> str:
        def build() -> Expr:
            there = self.rules.col(answered)
            return self.rules.col(asked) & (~there if unanswered else there)

        return self._waits.column("account", build)

    def _answered(self, fact: Fact, side: str) -> str:
        """Return the column of where there is an answer, with ours for the customer's."""
        ref = Ref(fact.name, "bare" if speaks_for_both(fact, side) else side)
        return self.rules.make(
            fact.kind,
            f"answered {side} {fact.name}",
            lambda: self.rules.stated(ref, "w").known(),
        )

    def _question(
        self, name: str, asked_of: str, here: str, answered: str, shares: Mapping[str, list[Part]]
    ) -> QuestionColumns:
        frame, firm = self._home(name), self.rules.stage_firm()
        if frame != "account":
            firm = self.rules.plan.lift(frame, "account", firm)
        changes = tuple(
            (finding, tuple(shares[finding]))
            for finding in self._order.findings_in_order()
            if finding in shares
        )
        gone = self._gone(name, asked_of)
        return QuestionColumns(name, frame, asked_of, here, answered, firm, changes, gone)

    def _gone(self, name: str, asked_of: str) -> str | None:
        """Return the column of where an answer of those asked no longer holds."""
        suffixes = {"us": ("",), "customer": ("__theirs",), "both": ("", "__theirs")}[asked_of]
        columns = [f"{name}{suffix}__gone" for suffix in suffixes]
        there = [c for c in columns if c in self.rules.plan.given[self._home(name)]]
        if not there:
            return None

        def build() -> Expr:
            return self.x.any_of(is_true(self.rules.col(column)) for column in there)

        return self.rules.make(self._home(name), f"gone {asked_of} {name}", build)


def _holds(holder: str, frame: str) -> bool:
    """Return whether a row of *frame* belongs to one entity of the kind *holder*."""
    return holder == "account" or (frame in ENDED and holder in ("person", "member"))
