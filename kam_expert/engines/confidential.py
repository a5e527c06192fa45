"""The client edition: a diagnosis made again without facts about people, and the two compared.

Which conclusions there are says the whole diagnosis. What is shown of their grounds comes from the
diagnosis of the case without people, never from the whole one: so nothing about a person can come
through a reason, however it was worded. Reasons are shown whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from kam_expert.diagnosis import About, Diagnosis
from kam_expert.edition import ClientEdition, Role
from kam_expert.engines.assemble import diagnose
from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.readings import Readings
from kam_expert.facts.redacted import redacted
from kam_expert.knowledge.condition import Ref
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN, bounds_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from kam_expert.diagnosis import (
        ContradictionFound,
        Finding,
        NextStep,
        OpenQuestion,
        Premise,
        Reason,
    )
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy

#: Of what the client reads; all else is about people.
_SHOWN_KINDS = ("account", "decision")


def client_edition(  # noqa: PLR0913 -- what a diagnosis takes, and the consultant's wishes
    case: Case,
    base: KnowledgeBase,
    day: date,
    engine: Engine,
    privacy: Privacy,
    *,
    names: Iterable[str] = (),
    reviewed_by: str = "",
) -> ClientEdition:
    """Diagnose one account for those who are in it.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis.
        engine: As for `diagnose`.
        privacy: What counts as being about people.
        names: The ids of people who may be named; the others appear as roles.
        reviewed_by: The second reader and the date.

    Raises:
        KamError: Nobody has one of the *names*.
    """
    _known(case, names)
    return _Edition(case, base, day, engine, privacy).edition(frozenset(names), reviewed_by)


def _known(case: Case, names: Iterable[str]) -> None:
    known = [e.id for kind in ("person", "member") for e in case.entities(kind)]
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            raise KamError(f'--names: nobody in the case has the id "{shortened(name)}".{near}')


class _Edition:
    def __init__(
        self, case: Case, base: KnowledgeBase, day: date, engine: Engine, privacy: Privacy
    ) -> None:
        self.case = case
        self.base = base
        self.privacy = privacy
        self.readings = Readings(case, base, day)
        self.left = redacted(case, privacy)
        self.whole = diagnose(case, base, day, engine)
        self.without = diagnose(self.left.case, base, day, engine)
        self._of_people = {
            rule.name for rule in base.rules if privacy.speaks_of_people(rule)
        }  # fmt: skip
        self._few_people = len(case.people or ()) < privacy.small_group

    def edition(self, names: frozenset[str], reviewed_by: str) -> ClientEdition:
        findings = tuple(self._findings())
        return ClientEdition(
            Diagnosis(
                account_id=self.whole.account_id,
                account_name=self.whole.account_name,
                day=self.whole.day,
                rule_base_version=self.whole.rule_base_version,
                rule_base_digest=self.whole.rule_base_digest,
                facts_digest=self.left.case.digest(),
                stage=self.whole.stage,
                findings=findings,
                next_steps=tuple(self._steps()),
                open_questions=tuple(self._questions()),
                contradictions=tuple(self._contradictions()),
            ),
            self.left.case,
            confidential=frozenset(
                (f.id, f.about) for f in findings if f.about in self._changed.get(f.id, ())
                or not f.reasons
            ),
            would_change=sum(map(len, self._changed.values()))
            + (self.whole.stage.verdict != self.without.stage.verdict),
            concluded=len(findings),
            roles=dict(self._roles(names)),
            ties=self._ties(),
            reviewed_by=reviewed_by,
        )  # fmt: skip

    # Conclusions

    def _about(self, about: About) -> About:
        """Give what something is about under its new id."""
        if about.kind == "decision":
            return About(about.kind, self.left.ids[about.kind, about.id])
        return about

    def _is_shown(self, finding: str, about: About) -> bool:
        """Tell whether a finding is one that the client may read."""
        if about.kind not in _SHOWN_KINDS:
            return False
        if about.fact is not None:
            gap = self.base.gaps.get(about.fact)
            facts = (gap.ours, gap.theirs) if gap else (about.fact,)
            return all(self.privacy.is_shown(self.base.facts[name]) for name in facts)
        # Of one or two people a judgement of all is a judgement of each.
        rules = self.base.rules_for(finding)
        return not (self._few_people and all(map(self.privacy.judges, rules)))

    @cached_property
    def _concluded(self) -> dict[tuple[str, About], Finding]:
        return {
            (found.id, self._about(found.about)): found
            for found in self.whole.concluded()
            if self._is_shown(found.id, found.about)
        }

    @cached_property
    def _grounds(self) -> dict[tuple[str, About], Finding]:
        return {
            (found.id, found.about): found
            for found in self.without.concluded()
            if self._is_shown(found.id, found.about)
        }

    @cached_property
    def _changed(self) -> dict[str, list[About]]:
        """Give the conclusions that are other without facts about people."""
        changed: dict[str, list[About]] = {}
        for key in dict.fromkeys((*self._concluded, *self._grounds)):
            one, other = self._concluded.get(key), self._grounds.get(key)
            if one is None or other is None or (one.status, one.firm) != (other.status, other.firm):
                changed.setdefault(key[0], []).append(key[1])
        return changed

    def _findings(self) -> Iterator[Finding]:
        for (name, about), found in self._concluded.items():
            ground = self._grounds.get((name, about))
            mixed = any(rule.name in self._of_people for rule in self.base.rules_for(name))
            alike = about not in self._changed.get(name, ())
            yield replace(
                found,
                about=about,
                assumes=ground.assumes if ground and alike and not mixed else (),
                reasons=tuple(filter(self._is_shown_reason, ground.reasons)) if ground else (),
                reversed_by=ground.reversed_by if ground and alike and not mixed else (),
            )

    def _is_shown_reason(self, reason: Reason) -> bool:
        return (
            reason.outcome != "open"
            and reason.rule not in self._of_people
            and all(map(self._is_shown_premise, reason.premises))
        )

    def _is_shown_premise(self, premise: Premise) -> bool:
        if premise.about.kind not in _SHOWN_KINDS:
            return False
        if premise.finding is not None:
            return premise.holds is self._stands(premise.finding, premise.about)
        name = premise.fact or ""
        if name == "stage":
            one, other = self.whole.stage, self.without.stage
            return (one.verdict, one.could_be) == (other.verdict, other.could_be)
        if name.startswith("count:") and not self.privacy.counts_people(name):
            return not self._changed  # it counts findings
        return not (self.privacy.counts_people(name) and self._is_few(premise.actual))

    def _stands(self, finding: str, about: About) -> bool:
        """Tell whether a finding is likely or better; of a decision's, about any decision."""
        return any(
            name == finding and at_least_likely(found.status)
            for (name, whose), found in self._concluded.items()
            if about in (whose, About("account", self.case.account.id)) or whose.kind == "account"
        )

    def _is_few(self, value: object) -> bool:
        bounds = bounds_of(value)
        return bounds is None or bounds[0] < self.privacy.small_group

    # Contradictions, steps and questions

    def _contradictions(self) -> Iterator[ContradictionFound]:
        """Give those between answers about the account, and those between conclusions shown."""
        for found in self.without.contradictions:
            if found.kind == "impossible":
                yield found
        for found in self.whole.contradictions:
            about = self._about(found.about) if found.about.kind in _SHOWN_KINDS else found.about
            keys = ((found.name, about), (found.other, about))
            if found.kind == "mirror" and all(key in self._concluded for key in keys):
                yield replace(found, about=about)

    def _steps(self) -> Iterator[NextStep]:
        order = 0
        shown = {name for name, _ in self._concluded}
        for step in self.whole.next_steps:
            because = tuple(name for name in step.because if name in shown)
            if step.about.kind not in _SHOWN_KINDS or not because:
                continue
            held = tuple(
                name for name in step.held_back_by
                if self.base.findings[name].about in _SHOWN_KINDS
            )  # fmt: skip
            if step.held_back_by and not held:
                continue
            order += 1
            yield replace(
                step,
                about=self._about(step.about),
                order=order,
                because=because,
                held_back_by=held,
                owner=None,
            )

    def _questions(self) -> Iterator[OpenQuestion]:
        """Give what is still to be asked about the account, and what an answer could change."""
        account = self.readings.view(self.case.account, strict=False)
        loose = {
            (found.id, self._about(found.about).id)
            for found in self.whole.findings
            if found.about.kind in _SHOWN_KINDS
            and (found.status in ("open", "possible") or not found.firm)
        }
        loose_names = {name for name, _ in loose}
        for asked in self.without.open_questions:
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

    # People

    def _roles(self, names: frozenset[str]) -> Iterator[tuple[tuple[str, str], Role]]:
        for kind in ("person", "member"):
            told = {e.id: self._does(kind, e.id) for e in self.case.entities(kind)}
            common = Counter(told.values())
            for entity in self.case.entities(kind):
                does = told[entity.id]
                identity = self.left.ids[kind, entity.id]
                yield (
                    (kind, identity),
                    Role(
                        int(identity.rpartition("_")[2]),
                        does if common[does] >= self.privacy.small_group else None,
                        (entity.name or entity.id) if entity.id in names else "",
                    ),
                )

    def _does(self, kind: str, identity: str) -> str | None:
        roles: Mapping[str, str] = dict(self.base.shown.roles.items())
        name = roles.get(kind)
        entity = next(e for e in self.case.entities(kind) if e.id == identity)
        value = UNKNOWN
        if name is not None:
            value = self.readings.view(entity, strict=False).read(Ref(name))
        return value if isinstance(value, str) else None

    def _ties(self) -> tuple[tuple[str, str, bool | None], ...] | None:
        """Give who is tied to whom; whether a tie is active says the definition of the base."""
        sides = (self.case.people or (), self.case.team or ())
        if self.case.links is None or min(map(len, sides)) < self.privacy.small_group:
            return None
        living = next((c for kind, c in self.base.definitions.values() if kind == "link"), None)
        ties = []
        for link in self.case.links:
            assert link.ends is not None  # noqa: S101 -- links have ends by construction
            view = self.readings.view(link, strict=False)
            ends = self.left.ids["member", link.ends[0]], self.left.ids["person", link.ends[1]]
            ties.append((*ends, None if living is None else living.evaluate(view)))
        return tuple(sorted(ties, key=lambda tie: tie[:2]))
