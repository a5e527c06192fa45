"""Editions of a diagnosis: what one reader may see, made from nothing else.

The case is redacted to the facts that are for the reader, and diagnosed. Of this diagnosis the
reader gets what is for them. So nothing in an edition can depend on a fact that its reader may not
see, whichever rule read it. A reason is shown completely or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.causes import main_causes
from kam_expert.engines.planning import PlanLimits, Weights, in_order, plan_of
from kam_expert.engines.privacy.disclosure import check_disclosure
from kam_expert.engines.privacy.people_shown import PeopleMap, neutral_order
from kam_expert.errors import KamError
from kam_expert.facts.person_data import find_person
from kam_expert.facts.readings import Readings
from kam_expert.facts.redacted import SHOWN_KINDS, Redaction, plain
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.results.diagnosis import Diagnosis, StageResult
from kam_expert.results.edition import ReaderEdition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from kam_expert.engines.privacy.anonymity import Node
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.audience import Audience, Edition
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.results.diagnosis import (
        Assumption,
        ContradictionFound,
        Finding,
        NextStep,
        OpenQuestion,
        Premise,
        Reason,
        StrategyResult,
    )
    from kam_expert.results.plan import KeptStep

#: Lists whose members are counted in conditions.
_COUNTED = "count:"


def edition_of(  # noqa: PLR0913 -- parameters of a diagnosis, and options
    case: Case,
    base: KnowledgeBase,
    day: date,
    engine: Engine,
    privacy: Privacy,
    edition: Edition,
    *,
    names: Iterable[str] = (),
    reviewed_by: str = "",
) -> ReaderEdition:
    """Return the diagnosis of one account for a reader who may not see everything.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis.
        engine: See `diagnose`.
        privacy: The privacy settings.
        edition: For whom it is.
        names: The ids of people who may be named, as for `find_person`; all others appear as
            roles.
        reviewed_by: The second reader and the date.

    Raises:
        KamError: One of the *names* is unknown, or ambiguous between the two sides; or the edition
            would depend on something that its reader may not see.
    """
    named = frozenset(_who(case, name) for name in names)
    redaction = Redaction(base, edition)

    def seen(case: Case) -> tuple[Case, dict[Node, str]]:
        return _seen(case, redaction, named)

    check_disclosure(case, redaction, seen)
    left, shown_names = seen(case)
    return _Maker(left, base, day, engine, privacy, redaction).made(shown_names, reviewed_by)


def _seen(case: Case, redaction: Redaction, named: frozenset[Node]) -> tuple[Case, dict[Node, str]]:
    """Return all that an edition is made from: the redacted case, and who may be named."""

    def shown(decision: Entity) -> str:
        return plain(redaction.ours(decision))

    order = {
        **neutral_order(case, redaction, named),
        "decision": [d.id for d in sorted(case.decisions or (), key=shown)],
    }
    left = redaction.redacted(case, order)
    names = {
        (kind, left.ids[kind, e.id]): e.name or e.id
        for kind in ("person", "member")
        for e in case.entities(kind)
        if (kind, e.id) in named
    }
    return left.case, names


def without_our_work(diagnosis: Diagnosis) -> Diagnosis:
    """Return a diagnosis for the customer without how much work the plan is for us."""
    if diagnosis.edition.may_see("supplier"):
        return diagnosis
    plan = diagnosis.plan
    moves = tuple(replace(move, effort=0) for move in plan.moves)
    return replace(diagnosis, plan=replace(plan, capacity=0, moves=moves))


def _who(case: Case, identity: str) -> Node:
    try:
        person = find_person(case, identity)
    except KamError as error:
        raise KamError(f"--names: {error}") from None
    return person.kind, person.id


class _Maker:
    """Makes an edition from a redacted case; it never sees the whole one."""

    def __init__(  # noqa: PLR0913 -- parameters of a diagnosis
        self,
        case: Case,
        base: KnowledgeBase,
        day: date,
        engine: Engine,
        privacy: Privacy,
        redaction: Redaction,
    ) -> None:
        self.case = case
        self.base = base
        self.privacy = privacy
        self.redaction = redaction
        self.readings = Readings(case, base, day)
        self.readers = base.readers
        # A strategy that the reader may not read of decides on no step.
        with_strategy = all(
            self._sees(self.readers.findings[name]) for name in base.strategy_findings
        )
        self.all = diagnose(case, base, day, engine, with_strategy=with_strategy)

    def _sees(self, audience: Audience) -> bool:
        return self.redaction.edition.may_see(audience)

    def made(self, names: Mapping[Node, str], reviewed_by: str) -> ReaderEdition:
        every = self.all
        people = PeopleMap(self.case, self.readings, self.base, self.privacy.small_group, names)
        told = tuple(self._finding(found) for found in every.findings if self._is_shown(found))
        findings = tuple(found for found in told if found.status != "open")
        causes = main_causes(findings, self.base)
        strategy = self._strategy()
        steps = self._steps({f.id for f in findings} | {strategy.effective if strategy else ""})
        # The plan comes from what is shown, so that its order reveals nothing.
        weighed = Weights(findings, causes, strategy, self.base)
        limits = PlanLimits(agreed=every.plan.agreed)
        plan = replace(
            plan_of(steps, weighed, self.base, every.day, limits),
            keep_doing=tuple(filter(self._is_kept, every.plan.keep_doing)),
        )
        seen = self._seen(people)
        diagnosis = without_our_work(
            Diagnosis(
                account_id=every.account_id,
                account_name=every.account_name,
                day=every.day,
                rule_base_version=every.rule_base_version,
                rule_base_digest=every.rule_base_digest,
                facts_digest=seen.digest(),
                stage=self._stage(),
                findings=told,
                next_steps=in_order(steps, plan),
                open_questions=tuple(self._questions()),
                contradictions=tuple(filter(self._is_shown_contradiction, every.contradictions)),
                strategy=strategy,
                hidden_steps=tuple(n for n in every.hidden_steps if self._is_shown_step(n)),
                causes=causes,
                plan=plan,
                edition=self.redaction.edition,
            )
        )
        return ReaderEdition(
            diagnosis,
            seen,
            roles=people.roles(),
            ties=people.ties(),
            grouped=people.is_grouped,
            reviewed_by=reviewed_by,
        )

    # Conclusions

    def _is_read(self, finding: str) -> bool:
        return self._sees(self.readers.findings[finding])

    def _is_shown(self, found: Finding) -> bool:
        return found.about.kind in SHOWN_KINDS and self._is_read(found.id)

    def _finding(self, found: Finding) -> Finding:
        return replace(
            found,
            assumes=tuple(filter(self._is_shown_assumption, found.assumes)),
            reasons=tuple(filter(self._is_shown_reason, found.reasons)),
            reversed_by=tuple(r for r in found.reversed_by if self._is_shown_fact(r.fact, r.about)),
        )

    def _is_shown_fact(self, fact: str, about: About) -> bool:
        return (
            about.kind in SHOWN_KINDS
            and (fact not in self.base.facts or self.redaction.is_shown(fact))
            and not self.privacy.counts_people(fact)
        )

    def _is_shown_assumption(self, assumed: Assumption) -> bool:
        if assumed.about.kind not in SHOWN_KINDS:
            return False
        if assumed.name in self.base.facts:
            return self._is_shown_fact(assumed.name, assumed.about)
        if assumed.name in self.base.findings:
            return self._is_read(assumed.name)
        if assumed.is_of_rule:
            read = self.readers.read_by(self.base.rule(assumed.name))
            return all(self._sees(audience) for _, audience in read)
        return True

    def _is_shown_reason(self, reason: Reason) -> bool:
        return (
            reason.outcome != "open"
            and all(map(self._is_shown_premise, reason.premises))
            and self._hides_small_counts(reason)
        )

    def _hides_small_counts(self, reason: Reason) -> bool:
        """Return whether an explanation has no small number of people and no hidden fact."""
        view = self.readings.view(self.case.account, strict=False)
        facts = self.base.facts
        named = [n for n in self.privacy.named_in(self.base.rule(reason.rule)) if n in facts]
        return all(self.redaction.is_shown(name) for name in named) and not any(
            self.privacy.counts_out(name, view.read(Ref(name)))
            for name in named
            if facts[name].kind == "account"
        )

    def _is_shown_premise(self, premise: Premise) -> bool:
        if premise.about.kind not in SHOWN_KINDS:
            return False
        if premise.finding is not None:
            return self._is_read(premise.finding)
        name = premise.fact or ""
        if name == "stage":
            return self._sees(self.readers.stage)
        group = name.removeprefix(_COUNTED)
        if name.startswith(_COUNTED) and group in self.base.groups:
            of_group = (n for n, doc in self.base.findings.items() if doc.group == group)
            return all(map(self._is_read, of_group))
        if name in self.base.facts and not self.redaction.is_shown(name):
            return False
        return not self.privacy.counts_out(name, premise.actual)

    def _stage(self) -> StageResult:
        """Return the verdict on the stage, which names nothing if it is not for the reader."""
        stage = self.all.stage
        if not self._sees(self.readers.stage):
            return StageResult(UNDETERMINED, False, None, (), ())
        return replace(
            stage,
            features=tuple(f for f in stage.features if self._is_read(f.finding)),
            vetoes=tuple(f for f in stage.vetoes if self._is_read(f.finding)),
            hangs_on=tuple(h for h in stage.hangs_on if self._is_read(h.finding)),
        )

    def _strategy(self) -> StrategyResult | None:
        strategy = self.all.strategy
        return strategy and replace(strategy, found=self._finding(strategy.found))

    def _is_shown_contradiction(self, found: ContradictionFound) -> bool:
        if found.about.kind not in SHOWN_KINDS:
            return False
        if found.kind == "mirror":
            return self._is_read(found.name) and self._is_read(found.other)
        return found.kind == "impossible" or self._is_shown_fact(found.name, found.about)

    # Steps and questions

    def _is_shown_step(self, step: str) -> bool:
        return self.base.steps[step].about in SHOWN_KINDS and self._sees(self.readers.steps[step])

    def _is_kept(self, kept: KeptStep) -> bool:
        return self._is_shown_step(kept.step)

    def _steps(self, shown: set[str]) -> list[NextStep]:
        steps = []
        for step in self.all.next_steps:
            because = tuple(name for name in step.because if name in shown)
            if (
                step.about.kind not in SHOWN_KINDS
                or not because
                or not self._is_shown_step(step.id)
            ):
                continue
            held = tuple(filter(self._is_read, step.held_back_by))
            if step.held_back_by and not held:
                continue
            instead = step.instead_of
            steps.append(
                replace(
                    step,
                    because=because,
                    held_back_by=held,
                    instead_of=instead if instead and self._is_shown_step(instead) else None,
                    # Cautions are advice to our own people.
                    cautions=step.cautions if self._sees("supplier") else (),
                )
            )
        # In the order of the rule base, which tells nothing.
        place = {name: index for index, name in enumerate(self.base.steps)}
        return sorted(steps, key=lambda step: (place[step.id], step.about.kind, step.about.id))

    def _questions(self) -> Iterator[OpenQuestion]:
        """Yield the open questions for the reader, and what their answers could change."""
        for asked in self.all.open_questions:
            # Who else there is, our side knows.
            if asked.fact is None or not self._is_shown_fact(asked.fact, asked.about):
                continue
            if asked.asked_of == "us" and not self._sees("supplier"):
                continue
            could = tuple(filter(self._may_change, asked.could_change))
            if could:
                yield replace(asked, could_change=could)

    def _may_change(self, name: str) -> bool:
        return self._sees(self.readers.stage) if name == "stage" else self._is_read(name)

    # Facts

    def _seen(self, people: PeopleMap) -> Case:
        """Return the facts that the reader may see, with the people of the map."""
        case = self.case
        return replace(
            case,
            account=self._without_small(case.account),
            decisions=case.decisions and tuple(map(self._without_small, case.decisions)),
            people=people.people("person"),
            team=people.people("member"),
            links=people.links(),
        )

    def _without_small(self, entity: Entity) -> Entity:
        def kept(answers: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
            return {
                name: given for name, given in answers.items()
                if not any(self.privacy.counts_out(name, answer.value) for answer in given)
            }  # fmt: skip

        return replace(entity, ours=kept(entity.ours), theirs=kept(entity.theirs))
