"""What a page asks for: the parts of a diagnosis in the order and grouping of the report."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.condition import Ref
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.picture import Picture, Tie, draw, ties_of
from kam_expert.outputs.shown import Coverage, Evidence, Fired, QuestionShown, Shared, StepShown
from kam_expert.outputs.topics import Topic, sorted_topics
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.diagnosis import Diagnosis, Finding, NextStep, Premise, Reason
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Threshold

#: The facts that say what somebody does, by kind of person.
_ROLES = {"person": "function", "member": "member_function"}
_MAIN_CONTACT = "is_main_contact"
#: So many questions stand in full for each side; the rest is listed by name.
_QUESTIONS_IN_FULL = 6
#: So many conclusions stand beside the verdict.
_IN_BRIEF = 3


class Report:
    """What the template asks for: the parts of a diagnosis in the order of the page."""

    def __init__(self, diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> None:
        self.diagnosis = diagnosis
        self.case = case
        self.base = base
        self.words = Words(base, case, lang, diagnosis.day)
        self._readings = Readings(case, base, diagnosis.day)
        self.topics = sorted_topics(diagnosis, base)

    # Conclusions

    def worst(self) -> list[Topic]:
        """Give the conclusions that a reader in a hurry should see."""
        ordered = [topic for topics in self.topics.hindering.values() for topic in topics]
        return ordered[:_IN_BRIEF]

    def reasons(self, finding: Finding) -> list[Reason]:
        """Give the reasons that a conclusion stands on."""
        return [reason for reason in finding.reasons if reason.outcome != "open"]

    def evidence(self, reason: Reason, finding: Finding) -> list[Evidence]:
        """Give what a reason stands on; alternatives that came to nothing are left out."""
        words = self.words
        found: dict[tuple[str, str, str], list[str]] = {}
        others: dict[tuple[str, str], list[str]] = {}
        for premise in reason.premises:
            if premise.exception or not _carries(premise):
                continue
            asked, value, origin = words.asks(premise), words.found(premise), words.origin(premise)
            # "Blocked (condition: blocked)" says the same twice.
            asked = "" if asked == value else asked
            subject = words.subject_of(premise)
            if premise.about == finding.about or premise.about.kind == "account":
                tests = found.setdefault((subject, value, origin), [])
                if asked and asked not in tests:
                    tests.append(asked)
            else:
                whose = f"{words.about(premise.about)} – {value}"
                whose = f"{whose} ({origin})" if origin else whose
                others.setdefault((subject, asked), []).append(whose)
        return [
            *(Evidence(*key, asked="; ".join(tests)) for key, tests in found.items()),
            *(Evidence(key[0], "", "", key[1], tuple(told)) for key, told in others.items()),
        ]

    def exceptions(self, reason: Reason) -> list[str]:
        """Give what could have been an exception to a reason and is known not to be one."""
        return list(
            dict.fromkeys(
                self.words.subject(premise)
                for premise in reason.premises
                if premise.exception and premise.holds is False
            )
        )

    def by_rule(self, topic: Topic) -> list[Shared]:
        """Give the reasons of the findings of a topic by the rule behind them."""
        rules: dict[str, list[tuple[Finding, Reason]]] = {}
        for finding in topic.findings:
            for reason in self.reasons(finding):
                rules.setdefault(reason.rule, []).append((finding, reason))
        shown = []
        for pairs in rules.values():
            each = [(f.about, self.evidence(x, f)) for f, x in pairs]
            asked = {tuple((e.subject, e.asked) for e in found) for _, found in each}
            same = next(iter(asked))[0] if len(asked) == 1 and len(each[0][1]) == 1 else None
            shown.append(Shared(pairs[0][1], tuple(each), same))
        return shown

    def assumptions(self, topic: Topic) -> list[str]:
        """Give what the findings of a topic take as given."""
        said = (self.words.assumption(a) for f in topic.findings for a in f.assumes)
        return list(dict.fromkeys(said))

    def answers(self, finding: Finding) -> dict[str, Premise]:
        """Give the two answers that a gap lies between, by side."""
        found: dict[str, Premise] = {}
        for reason in finding.reasons:
            for premise in reason.premises:
                if premise.side:
                    found.setdefault(premise.side, premise)
        return found

    def features(self, group: str) -> dict[str, list[str]]:
        """Give the features of a stage by what is known of each: seen, open, not seen."""
        by_state: dict[str, list[str]] = {"seen": [], "open": [], "not_seen": []}
        for feature in self.diagnosis.stage.features:
            if feature.group == group:
                likely = at_least_likely(feature.status)
                state = "seen" if likely else "not_seen" if feature.status == "absent" else "open"
                by_state[state].append(feature.finding)
        return by_state

    def standing_vetoes(self) -> list[str]:
        """Give the findings that bar a stage."""
        return [v.finding for v in self.diagnosis.stage.vetoes if at_least_likely(v.status)]

    # People and ties

    @functools.cached_property
    def ties(self) -> tuple[Tie, ...]:
        """Give the pairs of people."""
        return ties_of(self.case, self.base, self.diagnosis.day)

    @functools.cached_property
    def picture(self) -> Picture:
        """Give the picture of the ties."""
        roles = {}
        for kind, name in _ROLES.items():
            for entity in self.case.entities(kind):
                role = self.read(entity, name)
                if role is not None:
                    roles[kind, entity.id] = self.words.value(name, role)
        main = {p.id for p in self.case.entities("person") if self.read(p, _MAIN_CONTACT) == "yes"}
        return draw(self.case, self.ties, roles, frozenset(main))

    def read(self, entity: Entity, name: str) -> Any:
        """Give what is known of a person, as plain data; None if nothing is."""
        if name not in self.base.facts:
            return None
        value = self._readings.view(entity, strict=False).read(Ref(name))
        return None if value is UNKNOWN else plain_value(value)

    def said(self, entity: Entity, name: str) -> str:
        """Give what is known of a person in words; nothing if nothing is."""
        value = self.read(entity, name)
        return "" if value is None or value == () else self.words.value(name, value)

    def bar(self, entity: Entity, name: str) -> tuple[int, str] | None:
        """Give a score from 0 to 4 and its meaning in words; None if it is not known exactly."""
        fact = self.base.facts.get(name)
        value = self.read(entity, name)
        if fact is None or value is None:
            return None
        rank = fact.rank(value)
        if rank is not None:
            return rank, self.words.value(name, value)
        if not isinstance(value, int):
            return None
        anchor = fact.doc.anchors.get(str(value))
        return value, anchor.get(self.words.lang) if anchor else ""

    def untied(self) -> list[Entity]:
        """Give the people of both sides who are in no pair."""
        tied = {(e.kind, e.id) for tie in self.ties for e in (tie.member, tie.person)}
        everyone = (*self.case.entities("member"), *self.case.entities("person"))
        return [entity for entity in everyone if (entity.kind, entity.id) not in tied]

    def coverage(self) -> Coverage | None:
        """Give how many active ties join which functions; None without people or ties."""
        theirs, ours = _ROLES["person"], _ROLES["member"]
        if not self.case.people or self.case.links is None or theirs not in self.base.facts:
            return None
        counted: Counter[tuple[str | None, str | None]] = Counter()
        unsure = set()
        for tie in self.ties:
            cell = self.read(tie.person, theirs), self.read(tie.member, ours)
            counted[cell] += tie.active is True
            if tie.active is None:
                unsure.add(cell)
        known = {self.read(person, theirs) for person in self.case.people}
        functions = self.base.facts[theirs].words()
        return Coverage(
            ours=self._in_order(ours, (self.read(m, ours) for m in self.case.team or ())),
            theirs=self._in_order(theirs, known),
            ties=counted,
            unsure=frozenset(unsure),
            missing=tuple(word for word in functions if word not in known),
        )

    def _in_order(self, name: str, values: Iterable[Any]) -> tuple[str | None, ...]:
        had = set(values)
        words = self.base.facts[name].words() if name in self.base.facts else []
        return (*(word for word in words if word in had), *([None] if None in had else []))

    # Steps and questions

    @functools.cached_property
    def steps(self) -> tuple[list[StepShown], list[StepShown]]:
        """Give the steps to take, and those that are held back."""
        groups: dict[tuple[Any, ...], list[NextStep]] = {}
        for step in self.diagnosis.next_steps:
            groups.setdefault((step.id, step.held_back_by, step.instead_of), []).append(step)
        shown = [
            StepShown(
                0,
                tuple(group),
                tuple(dict.fromkeys(name for step in group for name in step.because)),
            )
            for group in groups.values()
        ]
        now = [step for step in shown if not step.first.held_back_by]
        held = [step for step in shown if step.first.held_back_by]
        return (
            [StepShown(n, s.steps, s.because) for n, s in enumerate(now, 1)],
            [StepShown(n, s.steps, s.because) for n, s in enumerate(held, len(now) + 1)],
        )

    @functools.cached_property
    def cautions(self) -> dict[str, str]:
        """Give a letter for each caution of the steps; those for every step have none."""
        always = self.base.step_book.always
        used = dict.fromkeys(
            name for shown in self.steps[0] for name in shown.first.cautions if name not in always
        )
        return {name: chr(ord("a") + index) for index, name in enumerate(used)}

    def questions(self) -> dict[str, tuple[list[QuestionShown], list[QuestionShown]]]:
        """Give what to ask by whom to ask: the most useful questions, and the others."""
        groups: dict[tuple[str, str, str], list[Any]] = {}
        for question in self.diagnosis.open_questions:
            key = (question.asked_of, question.fact, question.about.kind)
            groups.setdefault(key, []).append(question)
        by_side: dict[str, list[QuestionShown]] = {}
        for (side, fact, kind), group in groups.items():
            changes = dict.fromkeys(name for q in group for name in q.could_change)
            abouts = () if kind == "account" else tuple(q.about for q in group)
            by_side.setdefault(side, []).append(QuestionShown(fact, abouts, tuple(changes)))
        return {
            side: (by_side[side][:_QUESTIONS_IN_FULL], by_side[side][_QUESTIONS_IN_FULL:])
            for side in ("us", "customer", "both")
            if side in by_side
        }

    def question(self, name: str, side: str) -> str:
        """Give the wording of a question for those who are asked."""
        doc = self.base.facts[name].doc
        asked = doc.ask_customer if side == "customer" and doc.ask_customer else doc.ask
        return asked.get(self.words.lang)

    # Appendix

    def fired(self) -> dict[str, list[Fired]]:
        """Give the rules that held or were assumed, by the statement that they cite first."""
        found: dict[str, dict[str, Fired]] = {}
        for finding in self.diagnosis.concluded():
            for reason in self.reasons(finding):
                cite = reason.cites[0] if reason.cites else ""
                rules = found.setdefault(cite, {})
                had = rules[reason.rule].outcomes if reason.rule in rules else ()
                rules[reason.rule] = Fired(
                    reason.rule,
                    reason.cites,
                    reason.strength,
                    tuple(dict.fromkeys((*had, reason.outcome))),
                    finding.id,
                )
        cited = {c for rules in found.values() for rule in rules.values() for c in rule.cites}
        ordered = [name for name in self.base.statements.statements if name in cited]
        return {
            name: list(found.get(name, {}).values())
            for name in (*ordered, *([""] if "" in found else []))
        }

    def thresholds(self) -> list[Threshold]:
        """Give our own numbers: of rules that fired, gaps found, stages and definitions."""
        fired = {r.rule for f in self.diagnosis.concluded() for r in self.reasons(f)}
        gaps = {f"gaps.{f.about.fact}" for f in self.topics.gaps}
        owners = fired | gaps | set(self.base.vocabulary.definitions)
        return [
            threshold
            for threshold in self.base.thresholds
            if threshold.owner in owners or threshold.owner.partition(".")[0] == "stages"
        ]

    def statement(self, name: str) -> str:
        """Give a statement of the source in our words."""
        return self.base.statements.statements[name].says.get(self.words.lang)

    def section(self, name: str) -> str:
        """Give the section of the source where a statement stands."""
        wanted = self.base.statements.statements[name].section
        sections = {s.id: s.name.get(self.words.lang) for s in self.base.statements.sections}
        return sections[wanted]


def _carries(premise: Premise) -> bool:
    known = premise.actual is not None or premise.finding or premise.fact == "stage"
    return bool(known or "unknown" in premise.asks) and (
        premise.holds is True or not premise.alternative
    )
