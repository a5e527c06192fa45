"""The format of the files of the rule base, as pydantic models.

They check keys and types and are the source of the published JSON Schemas. The condition parser,
which knows the vocabulary, checks conditions.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kam_expert.errors import Place, Problem, did_you_mean, shortened
from kam_expert.knowledge.audience import Audience
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
Yes = Literal["yes"]
Kind = Literal["account", "person", "member", "link", "decision", "event", "gap"]
YesNo = Literal["yes", "no"]
Status = Literal["established", "likely", "possible"]
Side = Literal["us", "customer"]
Severity = Literal["info", "low", "medium", "high"]
#: From the worst down.
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low", "info")
Word = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int | float) else v)]


class Doc(BaseModel):
    """The base of all documents; undeclared keys are errors."""

    # A cached rule base needs no validators, which take longer to build than to read the cache.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Text(Doc):
    """A text in both languages."""

    uk: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def get(self, lang: str) -> str:
        """Return the text in *lang* (``uk`` or ``en``)."""
        return self.uk if lang == "uk" else self.en


class Range(Doc):
    """The numbers that a fact can take; an open end is left out."""

    min: float | None = None
    max: float | None = None


class Band(Doc):
    """A range of numbers, an answer for those who do not know the exact number."""

    from_: Annotated[float, Field(alias="from")]
    to: float
    label: Text


#: The forms of computed facts that need other accounts, or other facts of the same entity.
_NOT_FROM_LISTS = frozenset({"rank", "share", "lowest"})


class DirectionDoc(Doc):
    """Whose view, or whose doing, an answer shows; one of the two keys.

    Attributes:
        view_of: The side that a view is about: the speaker itself, or the other side.
        deeds_of: Whose doing it is: of us or the customer, no matter who answers, of the speaker or
            the other side, of one of the two (which of them is not said), or by value.
    """

    view_of: Literal["speaker", "other"] | None = None
    deeds_of: Literal["us", "customer", "speaker", "other", "either"] | dict[str, Side] | None = (
        None
    )


class FromPlanDoc(Doc):
    """What the agreed plan tells of a fact that nobody answered.

    Attributes:
        side: Whose promises it counts.
        counts: Those made, those still open, or the percentage of those due that were kept.
        days: How far back it looks.
    """

    side: Literal["ours", "theirs"]
    counts: Literal["made", "open", "kept"]
    days: Annotated[int, Field(gt=0)] = 365


class FactDoc(Doc):
    """One fact of the vocabulary.

    Attributes:
        ask_named: The question with ``{name}`` for the person, pair or decision it is about.
        ask_customer, help_customer, labels_customer: What the customer reads: the question, how
            to answer it, and the labels of values that name one of the two sides.
        ask_by_us: The question to the customer in our own words; “we” is our firm. Our lists of
            questions and the edition for the customer have it, forms for the customer do not.
        better: Which way an answer is better: more of it or a later value, less of it or an earlier
            value, neither, or values from worse to better.
    """

    scope: Literal["account", "portfolio", "meeting", "decision", "person", "team", "link", "event"]
    per_member: Yes | None = None
    type: Literal["choice", "ordered", "set", "integer", "number", "date", "text", "yes_no"]
    unit: Literal["money", "percent", "days", "months", "score", "count"] | None = None
    range: Range | None = None
    values: dict[str, Text] = {}
    also: dict[str, Text] = {}
    asked_of: Literal["us", "customer", "both"]
    lever: Literal["ours", "theirs", "joint", "time", "none"]
    privacy: Literal["account", "person", "assessment"]
    theme: str
    short: Text
    ask: Text
    ask_named: Text | None = None
    ask_customer: Text | None = None
    ask_by_us: Text | None = None
    help: Text
    help_customer: Text | None = None
    labels_customer: dict[str, Text] = {}
    anchors: dict[str, Text] = {}
    bands: list[Band] = []
    fresh_days: Annotated[int, Field(gt=0)] | None = None
    sides: Literal["one_voice", "about_each_other"] = "one_voice"
    direction: DirectionDoc | None = None
    better: Literal["up", "down", "none"] | list[str] | None = None
    asked_after: str | None = None
    context: Yes | None = None
    names: Literal["people", "team"] | None = None
    computed: dict[str, Any] | None = None
    from_plan: FromPlanDoc | None = None
    audience: Audience | None = None

    @property
    def readers(self) -> Audience:
        """Return who may read the fact; if it does not say, it follows from whom it is about.

        Facts about people and free texts are for the consultant, what only we are asked for the
        supplier, and what the customer is asked for both sides.
        """
        if self.audience is not None:
            return self.audience
        if self.privacy != "account" or self.type == "text" or self.scope in ("person", "link"):
            return "consultant"
        return "supplier" if self.asked_of == "us" else "joint"

    @property
    def is_view_of_customer(self) -> bool:
        """Return whether an answer of ours is our view of the customer."""
        about_us = self.direction is not None and self.direction.deeds_of == "us"
        return self.lever == "theirs" or (self.direction is not None and not about_us)

    @property
    def from_lists(self) -> bool:
        """Return whether the value is computed from the lists of a case."""
        return self.computed is not None and _NOT_FROM_LISTS.isdisjoint(self.computed)

    @property
    def is_next_day(self) -> bool:
        """Return whether the value is the next day of an event, which a plain answer may state."""
        return "next" in (self.computed or {})

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the facts of which this one is the lowest; nobody is asked for it any more."""
        return tuple((self.computed or {}).get("lowest", ()))

    def question_for(self, asked_of: str) -> Text:
        """Return the question as it is put to ``us``, to the ``customer`` or to ``both``."""
        return self.ask_customer if asked_of == "customer" and self.ask_customer else self.ask

    @property
    def question_by_us(self) -> Text:
        """Return the question to the customer in our own words."""
        return self.ask_by_us or self.question_for("customer")

    def question_about(self, name: str, side: str, lang: str) -> str:
        """Return the question to ``ours`` or ``theirs`` about somebody or something called *name*.

        An empty name is the account.
        """
        if side == "ours" and name and self.ask_named is not None:
            return self.ask_named.get(lang).replace("{name}", name)
        return self.question_for("us" if side == "ours" else "customer").get(lang)


class Chosen(Doc):
    """A number that the source does not give: ours, named, with its reason."""

    value: int | float
    we_chose: Annotated[str, Field(min_length=8)] | Text


class GapDoc(Doc):
    """A pair of answers, one of each side, whose distance is itself a finding.

    Attributes:
        name: What the two answers are about, where they answer different facts.
    """

    ours: str
    theirs: str
    name: Text | None = None
    threshold: Chosen


class ImpossibleDoc(Doc):
    """Facts that cannot all hold; *when* is a condition about the account."""

    when: dict[str, Any]
    says: Text


class DefinitionDoc(Doc):
    """A condition with a name, for use in other conditions (``is: name``).

    Attributes:
        cases: As of a rule; needed where no rule reads it, whose cases would show a change of it.
    """

    for_: Annotated[Kind, Field(alias="for")]
    when: dict[str, Any]
    thresholds: dict[str, Chosen] = {}
    says: Text
    cases: list[CaseDoc] = []


class VocabularyDoc(Doc):
    """``facts.yaml``.

    Attributes:
        currency: The fact that says in which currency the amounts of an account are.
    """

    currency: str | None = None
    facts: dict[str, FactDoc]
    definitions: dict[str, DefinitionDoc] = {}
    gaps: dict[str, GapDoc] = {}
    impossible: dict[str, ImpossibleDoc] = {}


class SourceDoc(Doc):
    """What the statements come from."""

    title: Text
    date: str


class SectionDoc(Doc):
    """A section of the source."""

    id: str
    name: Text


class RequiresDoc(Doc):
    """What a heading requires: statements that rules cite, and numbers of findings in groups."""

    cited: list[str] = []
    groups: dict[str, int] = {}


class StatementDoc(Doc):
    """One statement of the source, in our words."""

    requires: RequiresDoc | None = None

    section: str
    kind: Literal["content", "heading"]
    hedge: Literal[
        "universal", "categorical", "must", "often", "may", "rarely", "not_always",
        "comparative", "imperative", "question", "heading",
    ]  # fmt: skip
    line: int | None = None
    says: Text


class StatementsDoc(Doc):
    """``statements.yaml``."""

    source: SourceDoc
    sections: list[SectionDoc]
    statements: dict[str, StatementDoc]


class Headlines(Doc):
    """One sentence for each status, so that no sentence is stronger than its status."""

    established: Text
    likely: Text
    possible: Text


class VariantDoc(Doc):
    """Another severity or wording while another finding is likely or established."""

    when: str
    severity: Severity | None = None
    headline: Headlines | None = None


class OfDoc(Doc):
    """Whose view of the other side, or whose doing, a finding is about."""

    view: Side | Literal["both"] | None = None
    deeds: Side | Literal["both"] | None = None


class FindingDoc(Doc):
    """Something that rules may conclude."""

    about: Literal["account", "person", "member", "decision"]
    group: str
    cites: list[str]
    severity: Severity
    of: OfDoc | None = None
    obstacle: YesNo | None = None
    audience: Audience | None = None
    audience_reason: str | None = None
    follows_from: list[str] = []
    about_knowledge: Yes | None = None
    mirror: str | None = None
    #: By fact, or `any`: why a better answer may raise it.
    raised_by_better: dict[str, Text] = {}
    name: Text
    #: Why a step is taken, as a clause after “because”.
    because: Text | None = None
    headline: Headlines
    means: Text
    variants: list[VariantDoc] = []


class GroupDoc(Text):
    """The name of a group of findings, and whether its findings can be obstacles."""

    obstacle: YesNo = "yes"


class FindingsDoc(Doc):
    """``findings.yaml``."""

    groups: dict[str, GroupDoc]
    findings: dict[str, FindingDoc]


class CoreDoc(Doc):
    """Features that a stage cannot be without, and how many of them must be likely."""

    features: Annotated[list[str], Field(min_length=1)]
    at_least: Chosen


class StageDoc(Doc):
    """A stage: the group of its features, and the share of them above which it is reached."""

    group: str
    above_share: Chosen
    core: CoreDoc | None = None
    vetoes: list[str] = []
    name: Text
    says: Text
    opening: Text | None = None


class BetweenDoc(Doc):
    """The verdict when several stages or none are reached, or a veto bars the one that is."""

    word: str
    name: Text
    says: Text
    opening: Text | None = None


class UndeterminedDoc(Doc):
    """When no stage can be named honestly."""

    name: Text
    says: Text
    opening: Text | None = None
    contact_facts: list[str] = []
    settled_share: Chosen
    leaning_from: Chosen


class StagesDoc(Doc):
    """``stages.yaml``."""

    stages: dict[str, StageDoc]
    between: BetweenDoc
    undetermined: UndeterminedDoc


class SideDoc(Doc):
    """One side of the profile of a person: scales that a report shows together."""

    name: Text
    facts: Annotated[list[str], Field(min_length=1)]


class GoalDoc(Doc):
    """The facts that say what is to be reached with a person, and by when."""

    what: str
    by: str


class MapDoc(Doc):
    """The facts that the map of people shows, besides roles, main contact and goal.

    Attributes:
        levels: The level of a post, by kind; the rows of the map.
        voice: The ordered fact that says what say a person has.
        openness: The score of openness.
        last_contact: The days since the last contact with a person.
        tie_age: The days since a pair last talked.
        above: Names whom a person reports to.
        heard: Names whom a person listens to.
        wanted: Each names people of ours who are to be in contact with a person.
        loss: Facts of the account that say whether the loss of a person can be borne.
    """

    levels: dict[Literal["person", "member"], str] = {}
    voice: str | None = None
    openness: str | None = None
    last_contact: str | None = None
    tie_age: str | None = None
    above: str | None = None
    heard: str | None = None
    wanted: list[str] = []
    loss: list[str] = []


class ShownDoc(Doc):
    """The facts about people that a report shows with the conclusions about them."""

    roles: dict[Literal["person", "member"], str] = {}
    main_contact: str | None = None
    standing: list[str] = []
    one_pair: list[str] = []
    goal: GoalDoc | None = None
    profile: list[SideDoc] = []
    map: MapDoc = MapDoc()

    def scales(self) -> tuple[str, ...]:
        """Return the facts of the profile in their order."""
        return tuple(name for side in self.profile for name in side.facts)


class ThemesDoc(Doc):
    """``themes.yaml``: the title of each theme, in the order of reports."""

    themes: dict[str, Text]


class RuleBaseDoc(Doc):
    """``rulebase.yaml``."""

    name: Text
    version: str
    shown: ShownDoc = ShownDoc()
    first_questions: list[str] = []


class CaseDoc(Doc):
    """A case of a rule: facts given, and what the rule must make of them.

    *finding* is the status that all rules together must give what this rule concludes. *each* names
    one place in *given* and the values that are tried there, one after another.
    """

    name: str
    given: dict[str, Any]
    expect: Literal["holds", "assumed", "silent", "open"]
    finding: Literal["established", "likely", "possible", "open", "absent"] | None = None
    each: Annotated[dict[str, list[Any]], Field(min_length=1, max_length=1)] | None = None


class ConclusionDoc(Doc):
    """What a rule concludes, and how strongly it may."""

    finding: str
    strength: Literal["establishes", "suggests", "hints"]


class RuleDoc(Doc):
    """``<theme>/<rule>.yaml``."""

    rule: str
    status: Literal["draft", "reviewed", "retired"]
    cites: list[str] = []
    origin: Literal["source", "practice"] = "source"
    for_: Annotated[Kind, Field(alias="for")]
    when: dict[str, Any]
    unless: dict[str, Any] | None = None
    concludes: ConclusionDoc
    thresholds: dict[str, Chosen] = {}
    explains: Text
    note: Text | str | None = None
    cases: list[CaseDoc] = []


class ThresholdsDoc(Doc):
    """A file of our own choices that replace those of the rule base: ``rule.threshold: value``."""

    thresholds: dict[str, int | float]


DocType = TypeVar("DocType", bound=Doc)


def parse(model: type[DocType], node: Any, place: Place) -> tuple[DocType | None, list[Problem]]:
    """Check *node* against *model*.

    Returns:
        The document, or None with every problem found, each at the place of the faulty key.
    """
    if not isinstance(node, Map):
        return None, [Problem(place, "a mapping (key: value) is needed here")]
    try:
        return model.model_validate(node), []
    except ValidationError as error:
        return None, [_problem(detail, node, place, model) for detail in error.errors()]


def _problem(detail: ErrorDetails, root: Any, place: Place, model: type[Doc]) -> Problem:
    node = root
    for part in detail["loc"]:
        if isinstance(node, Map) and str(part) in node:
            place, node = node.at(str(part)), node[str(part)]
        elif isinstance(node, Seq) and isinstance(part, int) and part < len(node):
            place, node = node.at(part), node[part]
        else:
            break
    last = detail["loc"][-1] if detail["loc"] else ""
    kind = detail["type"]
    if kind == "extra_forbidden":
        near = did_you_mean(last, _keys_of(model))
        if " " in str(last):
            near = " A text with a comma between braces needs quotes around it."
        return Problem(place, f'unknown key "{last}".{near}')
    if kind == "missing":
        return Problem(place, f'the key "{last}" is missing')
    if kind == "literal_error":
        expected = detail.get("ctx", {}).get("expected", "")
        words = [w.strip(" '") for w in expected.replace(" or ", ",").split(",")]
        return Problem(
            place,
            f'"{last}" cannot be "{shortened(detail["input"])}"; it is one of '
            f"{', '.join(words)}.{did_you_mean(detail['input'], words)}",
        )
    return Problem(place, f'"{last}": {detail["msg"][0].lower()}{detail["msg"][1:]}')


def _keys_of(model: type[Doc]) -> set[str]:
    keys: set[str] = set()
    todo: list[Any] = [model]
    seen: set[Any] = set()
    while todo:
        item = todo.pop()
        if item in seen:
            continue
        seen.add(item)
        for name, field in getattr(item, "model_fields", {}).items():
            keys.add(field.alias or name)
            todo.extend(_models_in(field.annotation))
    return keys


def _models_in(annotation: Any) -> list[Any]:
    found = [annotation] if hasattr(annotation, "model_fields") else []
    for argument in getattr(annotation, "__args__", ()):
        found.extend(_models_in(argument))
    return found


def parse_date(text: object) -> date | None:
    """Return the date written as YYYY-MM-DD, or None if *text* is none."""
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
