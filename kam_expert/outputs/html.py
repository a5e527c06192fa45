"""The report on one account: a single HTML file, the same for the same diagnosis."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kam_expert import __version__
from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.condition import Ref
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.interface import translator
from kam_expert.outputs.picture import Picture, Tie, draw, ties_of
from kam_expert.outputs.wording import Words
from kam_expert.resources import templates_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kam_expert.diagnosis import About, Diagnosis, Finding, NextStep, Premise, Reason
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
_SEVERITIES = ("high", "medium", "low", "info")
# Characters that no HTML file may hold, even escaped.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_INDENT = re.compile(r"\n\s+")


@dataclass(frozen=True)
class Topic:
    """A finding as the report shows it: once, whomever it is about.

    Attributes:
        findings: The same finding of the same status about different people or decisions.
        anchor: Where links to it lead.
    """

    findings: tuple[Finding, ...]
    anchor: str

    @property
    def first(self) -> Finding:
        """Give the finding, the first of several."""
        return self.findings[0]


@dataclass
class Topics:
    """All conclusions, each in the section where a reader looks for it."""

    hindering: dict[str, list[Topic]] = field(default_factory=dict)
    possible: list[Topic] = field(default_factory=list)
    strengths: list[Topic] = field(default_factory=list)
    circumstances: list[Topic] = field(default_factory=list)
    people: list[Topic] = field(default_factory=list)
    unknown: list[Topic] = field(default_factory=list)
    quality: list[Topic] = field(default_factory=list)
    gaps: list[Finding] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)
    of_person: dict[str, list[Finding]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """A premise in words: what was asked about, what was found, where that came from.

    Attributes:
        each: What was found of each of several people instead.
    """

    subject: str
    found: str
    origin: str
    asked: str
    each: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shared:
    """What one rule says of several people or decisions.

    Attributes:
        reason: The reason about the first of them.
        each: What each is about, with its evidence.
        same: The only fact asked of all of them and the test, when they share both.
    """

    reason: Reason
    each: tuple[tuple[About, list[Evidence]], ...]
    same: tuple[str, str] | None


@dataclass(frozen=True)
class StepShown:
    """A step as the report shows it: once, with all that it is about."""

    number: int
    steps: tuple[NextStep, ...]
    because: tuple[str, ...]

    @property
    def first(self) -> NextStep:
        """Give the step, the first of several."""
        return self.steps[0]

    @property
    def abouts(self) -> tuple[About, ...]:
        """Give what the step is about, where that is not the account."""
        return tuple(step.about for step in self.steps if step.about.kind != "account")


@dataclass(frozen=True)
class QuestionShown:
    """A question as the report shows it: once, with all it is asked about."""

    fact: str
    abouts: tuple[About, ...]
    could_change: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Their functions by our functions, with the number of active ties in each cell."""

    ours: tuple[str | None, ...]
    theirs: tuple[str | None, ...]
    ties: Counter[tuple[str | None, str | None]]
    unsure: frozenset[tuple[str | None, str | None]]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Fired:
    """A rule that held or was assumed, for the appendix."""

    rule: str
    cites: tuple[str, ...]
    strength: str
    outcomes: tuple[str, ...]
    finding: str


class Report:
    """What the template asks for: the parts of a diagnosis in the order of the page."""

    def __init__(self, diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> None:
        self.diagnosis = diagnosis
        self.case = case
        self.base = base
        self.words = Words(base, case, lang, diagnosis.day)
        self._readings = Readings(case, base, diagnosis.day)
        self.topics = self._sorted_topics()

    # Conclusions

    def _sorted_topics(self) -> Topics:
        topics = Topics({severity: [] for severity in _SEVERITIES[:-1]})
        for index, (key, group) in enumerate(self._alike()):
            first = group[0]
            anchor = f"f-{key[0]}"
            if key[0] in topics.anchors:
                anchor = f"{anchor}-{index}"
            topics.anchors.setdefault(key[0], anchor)
            if first.about.fact is not None:
                topics.anchors[key[0]] = "gaps"
                topics.gaps += group
                continue
            self._place(Topic(tuple(group), anchor), topics)
            for finding in group:
                if finding.about.kind == "person":
                    topics.of_person.setdefault(finding.about.id, []).append(finding)
        return topics

    def _alike(self) -> Iterator[tuple[tuple[Any, ...], list[Finding]]]:
        groups: dict[tuple[Any, ...], list[Finding]] = {}
        for finding in self.diagnosis.concluded():
            key = (finding.id, finding.status, finding.about.fact is None)
            groups.setdefault(key, []).append(finding)
        return iter(groups.items())

    def _place(self, topic: Topic, topics: Topics) -> None:
        finding = topic.first
        doc = self.base.findings[finding.id]
        likely = at_least_likely(finding.status)
        if doc.group == "quality":
            topics.quality.append(topic)
        elif finding.severity == "info" and finding.about.kind == "person":
            topics.people.append(topic)
        elif finding.severity == "info":
            good = likely and self._is_strength(finding.id)
            (topics.strengths if good else topics.circumstances).append(topic)
        elif not likely:
            topics.possible.append(topic)
        elif finding.severity == "low" and doc.about_knowledge:
            topics.unknown.append(topic)
        elif finding.severity == "low" and finding.about.kind == "person":
            topics.people.append(topic)
        else:
            topics.hindering[finding.severity].append(topic)

    def worst(self) -> list[Topic]:
        """Give the conclusions that a reader in a hurry should see."""
        ordered = [topic for topics in self.topics.hindering.values() for topic in topics]
        return ordered[:_IN_BRIEF]

    def _is_strength(self, name: str) -> bool:
        """Tell whether a finding is good news: a feature of the closest stage, or against a fault."""
        doc = self.base.findings[name]
        if doc.group == self.base.stage_model.stages[-1].group:
            return True
        return doc.mirror is not None and self.base.findings[doc.mirror].severity != "info"

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
        found = {}
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
            name
            for shown in self.steps[0]
            for name in shown.first.cautions
            if name not in always
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
        """Give our own numbers: those of rules that fired, of gaps found, stages and definitions."""
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


def render_report(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> str:
    """Give the report on one account as an HTML document.

    Args:
        diagnosis: What came out.
        case: The facts it came from, which have the names of people and the comments.
        base: The rule base, which has the words.
        lang: ``uk`` or ``en``.

    Returns:
        One self-contained page: no script, and nothing in it is fetched from anywhere. The same
        arguments give the same text.
    """
    report = Report(diagnosis, case, base, lang)
    page = _environment(templates_folder(), lang).get_template("report.html.j2")
    html = page.render(
        r=report,
        d=diagnosis,
        w=report.words,
        base=base,
        case=case,
        lang=lang,
        program=__version__,
    )
    return _INDENT.sub("\n", html)


@functools.cache
def _environment(folder: Path, lang: str) -> Environment:
    # The page comes from our templates alone; everything put into it is escaped.
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        finalize=_printable,
        auto_reload=False,
    )
    environment.install_gettext_translations(translator(lang), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["css"] = _compact_css
    environment.filters["capital"] = _capital
    return environment


def _printable(value: Any) -> Any:
    """Put a replacement mark for characters that no page may hold."""
    if isinstance(value, str) and _FORBIDDEN.search(value):
        clean = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
        return Markup(clean) if isinstance(value, Markup) else clean  # noqa: S704 -- was safe before
    return value


def _carries(premise: Premise) -> bool:
    known = premise.actual is not None or premise.finding or premise.fact == "stage"
    return bool(known or "unknown" in premise.asks) and (
        premise.holds is True or not premise.alternative
    )


def _compact_css(text: str) -> Markup:
    """Give our own style sheet without comments and blanks that mean nothing."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return Markup(re.sub(r" ?([{};,]) ?", r"\1", text).replace(": ", ":").strip())  # noqa: S704 -- from our file


def _capital(text: str) -> str:
    """Give *text* with a capital at its beginning."""
    return text[:1].upper() + text[1:]
