"""The client edition, made by comparing the full diagnosis with one without facts about people.

The conclusions are those of the full diagnosis. Their reasons come only from the diagnosis without
people, so that no reason can reveal anything about a person. A reason is shown completely or not
at all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.causes import main_causes
from kam_expert.engines.planning import Weights, in_order, plan_of
from kam_expert.engines.privacy.people_shown import PeopleShown
from kam_expert.errors import KamError
from kam_expert.facts.case import plain_value
from kam_expert.facts.person_data import find_person
from kam_expert.facts.readings import Readings
from kam_expert.facts.redacted import redacted
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.client_edition import ClientEdition
from kam_expert.results.diagnosis import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from kam_expert.engines.privacy.anonymity import Node
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.results.diagnosis import (
        ContradictionFound,
        Finding,
        NextStep,
        OpenQuestion,
        Premise,
        Reason,
    )

#: Kinds of entities that the client may read about; all others are people.
_SHOWN_KINDS = ("account", "decision")


def client_edition(  # noqa: PLR0913 -- parameters of a diagnosis, and options
    case: Case,
    base: KnowledgeBase,
    day: date,
    engine: Engine,
    privacy: Privacy,
    *,
    names: Iterable[str] = (),
    reviewed_by: str = "",
) -> ClientEdition:
    """Return the diagnosis of one account for readers at the customer.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis.
        engine: See `diagnose`.
        privacy: The privacy settings.
        names: The ids of people who may be named, as for `find_person`; all others appear as
            roles.
        reviewed_by: The second reader and the date.

    Raises:
        KamError: One of the *names* is unknown, or ambiguous between the two sides.
    """
    named = frozenset(_who(case, name) for name in names)
    return _Edition(case, base, day, engine, privacy, named).edition(reviewed_by)


def _place(found: Finding | NextStep) -> tuple[str, str, str]:
    return found.about.kind, found.about.id, found.about.fact or ""


def _who(case: Case, identity: str) -> Node:
    try:
        person = find_person(case, identity)
    except KamError as error:
        raise KamError(f"--names: {error}") from None
    return person.kind, person.id


class _Edition:
    def __init__(  # noqa: PLR0913 -- parameters of a diagnosis, and options
        self,
        case: Case,
        base: KnowledgeBase,
        day: date,
        engine: Engine,
        privacy: Privacy,
        named: frozenset[Node],
    ) -> None:
        self.case = case
        self.base = base
        self.privacy = privacy
        self.readings = Readings(case, base, day)
        # A strategy and what follows from it may rest on people, and is not for the client to read.
        self.whole = diagnose(case, base, day, engine, with_strategy=False)
        self.people = PeopleShown(case, self.readings, privacy, named)
        order = {
            **self.people.order(),
            "decision": [d.id for d in sorted(case.decisions or (), key=self._shown_text)],
        }
        self.left = redacted(case, privacy, order)
        self.without = diagnose(self.left.case, base, day, engine, with_strategy=False)
        self._about_people = {
            rule.name for rule in base.rules if privacy.speaks_of_people(rule)
        }  # fmt: skip
        self._few_people = len(case.people or ()) < privacy.small_group

    def edition(self, reviewed_by: str) -> ClientEdition:
        findings = tuple(self._findings())
        causes = main_causes(findings, self.base)
        seen = self._seen()
        steps = self._steps()
        # The plan comes from what is shown, so that its order reveals nothing.
        weighed = Weights(findings, causes, None, self.base)
        plan = plan_of(steps, weighed, self.base, self.whole.day)
        return ClientEdition(
            Diagnosis(
                account_id=self.whole.account_id,
                account_name=self.whole.account_name,
                day=self.whole.day,
                rule_base_version=self.whole.rule_base_version,
                rule_base_digest=self.whole.rule_base_digest,
                facts_digest=seen.digest(),
                stage=self.whole.stage,
                findings=findings,
                next_steps=in_order(steps, plan),
                open_questions=tuple(self._questions()),
                contradictions=tuple(self._contradictions()),
                causes=causes,
                plan=plan,
            ),
            seen,
            confidential=frozenset(
                (f.id, f.about) for f in findings if f.about in self._changed.get(f.id, ())
                or not f.reasons
            ),
            would_change=sum(map(len, self._changed.values()))
            + (self.whole.stage.verdict != self.without.stage.verdict),
            concluded=len(findings),
            roles=self.people.roles(self.left.ids),
            ties=self.people.ties(self.left.ids),
            listed=self.people.listed(),
            reviewed_by=reviewed_by,
        )  # fmt: skip

    # Conclusions

    def _about(self, about: About) -> About:
        """Return a subject with its new id."""
        if about.kind == "decision":
            return About(about.kind, self.left.ids[about.kind, about.id])
        return about

    def _is_shown(self, finding: str, about: About) -> bool:
        """Return whether the client may read a finding."""
        if about.kind not in _SHOWN_KINDS:
            return False
        if about.fact is not None:
            gap = self.base.gaps.get(about.fact)
            facts = (gap.ours, gap.theirs) if gap else (about.fact,)
            return all(self.privacy.is_shown(self.base.facts[name]) for name in facts)
        # A judgement of one or two people is a judgement of each.
        rules = self.base.rules_for(finding)
        return not (self._few_people and all(map(self.privacy.judges, rules)))

    @cached_property
    def _concluded(self) -> dict[tuple[str, About], Finding]:
        shown = [
            replace(found, about=self._about(found.about))
            for found in self.whole.concluded()
            if self._is_shown(found.id, found.about)
        ]
        # Sorted, so that the order does not reveal the ids of otherwise equal decisions.
        alike = groupby(shown, key=lambda f: (f.status, f.severity, f.id))
        ordered = (found for _, group in alike for found in sorted(group, key=_place))
        return {(found.id, found.about): found for found in ordered}

    @cached_property
    def _grounds(self) -> dict[tuple[str, About], Finding]:
        return {
            (found.id, found.about): found
            for found in self.without.concluded()
            if self._is_shown(found.id, found.about)
        }

    @cached_property
    def _changed(self) -> dict[str, list[About]]:
        """Return the conclusions that differ without facts about people."""
        changed: dict[str, list[About]] = {}
        for key in dict.fromkeys((*self._concluded, *self._grounds)):
            one, other = self._concluded.get(key), self._grounds.get(key)
            if one is None or other is None or (one.status, one.firm) != (other.status, other.firm):
                changed.setdefault(key[0], []).append(key[1])
        return changed

    def _findings(self) -> Iterator[Finding]:
        for (name, about), found in self._concluded.items():
            ground = self._grounds.get((name, about))
            mixed = any(rule.name in self._about_people for rule in self.base.rules_for(name))
            alike = about not in self._changed.get(name, ())
            yield replace(
                found,
                assumes=ground.assumes if ground and alike and not mixed else (),
                reasons=tuple(filter(self._is_shown_reason, ground.reasons)) if ground else (),
                reversed_by=ground.reversed_by if ground and alike and not mixed else (),
            )

    def _is_shown_reason(self, reason: Reason) -> bool:
        return (
            reason.outcome != "open"
            and reason.rule not in self._about_people
            and all(map(self._is_shown_premise, reason.premises))
            and self._hides_small_counts(reason)
        )

    def _hides_small_counts(self, reason: Reason) -> bool:
        """Return whether an explanation has no small number of people beyond its premises."""
        named = self.privacy.named_in(self.base.rule(reason.rule))
        view = self.readings.view(self.case.account, strict=False)
        return not any(
            self.privacy.counts_out(name, view.read(Ref(name)))
            for name in named
            if name in self.base.facts and self.base.facts[name].kind == "account"
        )

    def _is_shown_premise(self, premise: Premise) -> bool:
        if premise.about.kind not in _SHOWN_KINDS:
            return False
        if premise.finding is not None:
            return premise.holds is self._is_likely(premise.finding, premise.about)
        name = premise.fact or ""
        if name == "stage":
            one, other = self.whole.stage, self.without.stage
            return (one.verdict, one.could_be) == (other.verdict, other.could_be)
        if name.startswith("count:") and not self.privacy.counts_people(name):
            return not self._changed  # it counts findings
        return not self.privacy.counts_out(name, premise.actual)

    def _is_likely(self, finding: str, about: About) -> bool:
        """Return whether a finding is likely or better; for decisions, about any of them."""
        return any(
            name == finding and at_least_likely(found.status)
            for (name, whose), found in self._concluded.items()
            if about in (whose, About("account", self.case.account.id)) or whose.kind == "account"
        )

    # Contradictions, steps and questions

    def _contradictions(self) -> Iterator[ContradictionFound]:
        """Yield contradictions between answers about the account, and between shown conclusions."""
        for found in self.without.contradictions:
            if found.kind == "impossible":
                yield found
        for found in self.whole.contradictions:
            about = self._about(found.about) if found.about.kind in _SHOWN_KINDS else found.about
            keys = ((found.name, about), (found.other, about))
            if found.kind == "mirror" and all(key in self._concluded for key in keys):
                yield replace(found, about=about)

    def _steps(self) -> list[NextStep]:
        shown = {name for name, _ in self._concluded}
        steps = []
        for step in self.whole.next_steps:
            because = tuple(name for name in step.because if name in shown)
            if step.about.kind not in _SHOWN_KINDS or not because:
                continue
            # A step that serves a strategy would reveal it.
            if not frozenset(self.base.strategy_findings).isdisjoint(
                self.base.steps[step.id].answers
            ):
                continue
            held = tuple(
                name for name in step.held_back_by
                if self.base.findings[name].about in _SHOWN_KINDS
            )  # fmt: skip
            if not step.held_back_by or held:
                about = self._about(step.about)
                steps.append(
                    replace(step, about=about, because=because, held_back_by=held, owner=None)
                )
        # In the order of the rule base, which tells nothing.
        place = {name: index for index, name in enumerate(self.base.steps)}
        return sorted(steps, key=lambda step: (place[step.id], step.about.kind, step.about.id))

    def _questions(self) -> Iterator[OpenQuestion]:
        """Yield the open questions about the account, and what their answers could change."""
        account = self.readings.view(self.case.account, strict=False)
        loose = {
            (found.id, self._about(found.about).id)
            for found in self.whole.findings
            if found.about.kind in _SHOWN_KINDS
            and (found.status in ("open", "possible") or not found.firm)
        }
        loose_names = {name for name, _ in loose}
        for asked in self.without.open_questions:
            if asked.fact is None:
                continue  # our side knows who else there is
            fact = self.base.facts[asked.fact]
            if asked.about.kind not in _SHOWN_KINDS or not self.privacy.is_shown(fact):
                continue
            if account.is_computed(fact.name) and self.privacy.counts_people(fact.name):
                continue
            could = tuple(
                name for name in asked.could_change
                if name in loose_names or (name == "stage" and not self.whole.stage.firm)
            )  # fmt: skip
            if could and could != ("stage",):
                yield replace(asked, could_change=could)

    # Facts

    def _shown_text(self, decision: Entity) -> str:
        """Return everything that the client can see of a decision, as a sort key."""
        about = About("decision", decision.id)
        findings = [(f.id, f.status, f.firm) for f in self.whole.findings if f.about == about]
        shown = [
            (name, [(plain_value(a.value), str(a.as_of), a.source) for a in given])
            for name, given in sorted(decision.ours.items())
            if self.privacy.is_shown(self.base.facts[name])
        ]
        return repr((shown, findings))

    def _seen(self) -> Case:
        """Return the facts that the client may see, without lists and numbers of small groups."""
        left = self.left.case
        gone = set() if self.people.is_drawn else {"links"}
        gone |= {
            name for name in ("people", "team")
            if len(getattr(left, name) or ()) < self.privacy.small_group
            and "links" in gone
        }  # fmt: skip
        parts: dict[str, Any] = dict.fromkeys(gone)
        return replace(
            left,
            account=self._without_small(left.account),
            decisions=left.decisions and tuple(map(self._without_small, left.decisions)),
            complete={name: known for name, known in left.complete.items() if name not in gone},
            **parts,
        )

    def _without_small(self, entity: Entity) -> Entity:
        def kept(answers: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
            return {
                name: given for name, given in answers.items()
                if not any(self.privacy.counts_out(name, answer.value) for answer in given)
            }  # fmt: skip

        return replace(entity, ours=kept(entity.ours), theirs=kept(entity.theirs))
