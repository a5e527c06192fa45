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


class FactDoc(Doc):
    """One fact of the vocabulary."""

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
    ask_customer: Text | None = None
    help: Text
    anchors: dict[str, Text] = {}
    bands: list[Band] = []
    fresh_days: Annotated[int, Field(gt=0)] | None = None
    sides: Literal["one_voice", "about_each_other"] = "one_voice"
    direction: DirectionDoc | None = None
    asked_after: str | None = None
    context: Yes | None = None
    computed: dict[str, Any] | None = None

    @property
    def from_lists(self) -> bool:
        """Return whether the value is computed from the lists of a case."""
        return self.computed is not None and _NOT_FROM_LISTS.isdisjoint(self.computed)

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the facts of which this one is the lowest; nobody is asked for it any more."""
        return tuple((self.computed or {}).get("lowest", ()))

    def question_for(self, asked_of: str) -> Text:
        """Return the question as it is put to ``us``, to the ``customer`` or to ``both``."""
        return self.ask_customer if asked_of == "customer" and self.ask_customer else self.ask


class Chosen(Doc):
    """A number that the source does not give: ours, named, with its reason."""

    value: int | float
    we_chose: Annotated[str, Field(min_length=8)] | Text


class GapDoc(Doc):
    """A pair of answers, one of each side, whose distance is itself a finding."""

    ours: str
    theirs: str
    threshold: Chosen


class ImpossibleDoc(Doc):
    """Facts that cannot all hold; *when* is a condition about the account."""

    when: dict[str, Any]
    says: Text


class DefinitionDoc(Doc):
    """A condition with a name, for use in other conditions (``is: name``)."""

    for_: Annotated[Kind, Field(alias="for")]
    when: dict[str, Any]
    thresholds: dict[str, Chosen] = {}
    says: Text


class VocabularyDoc(Doc):
    """``facts.yaml``."""

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
    line: int
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
    follows_from: list[str] = []
    about_knowledge: Yes | None = None
    mirror: str | None = None
    name: Text
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


class StepKindDoc(Doc):
    """What all steps of a kind share."""

    name: Text
    held_back_by: list[str] = []
    held_back_while_open: list[str] = []
    dropped_by: list[str] = []


class StepDoc(Doc):
    """A next step."""

    kind: str
    purpose: str
    about: Literal["account", "person", "member", "decision"]
    answers: list[str]
    dropped_by: list[str] = []
    held_back_by: list[str] = []
    replaced_by: dict[str, str] = {}
    one_move_with: str | None = None
    needs: list[str] = []
    under: dict[str, Literal["yes", "no"]] = {}
    done_when: dict[str, Any] | None = None
    who: Text
    within_days: Annotated[int, Field(ge=0)]
    #: A date that the step comes before: a fact of whom the step is about, or of the account.
    before: str | None = None
    when: Text | None = None
    do: Text
    success: Text
    cautions: list[str] = []
    name: Text


class UnderDoc(Doc):
    """A state of the account in which not every step may be taken; *finding* says that it is so."""

    finding: str
    from_days: Chosen | None = None

    def concerns(self, step: StepDoc) -> bool:
        """Return whether *step* has to say if it may be taken."""
        return self.from_days is None or step.within_days >= self.from_days.value


class HurtsDoc(Doc):
    """Steps that come first whatever the strategy: of these purposes, for a finding so severe."""

    purposes: list[str]
    severity: Severity
    not_under: list[str] = []


class StepOrderDoc(Doc):
    """What the order of steps depends on, apart from the strategy.

    *accompanies* names the purposes of steps that come after all others, because they go with
    another step.
    """

    hurts: HurtsDoc
    late_days: Chosen
    accompanies: list[str]
    about: list[Literal["account", "person", "member", "decision"]]


class StepsDoc(Doc):
    """``steps.yaml``."""

    #: Cautions that go with every step, and the statements of the source that they fulfil.
    always: list[str] = []
    cites: list[str] = []
    kinds: dict[str, StepKindDoc]
    purposes: dict[str, Text]
    order: StepOrderDoc
    #: What a step may need, and the findings about any entity that hold back a step in need of it.
    needs: dict[str, list[str]] = {}
    under: dict[str, UnderDoc] = {}
    cautions: dict[str, Text]
    steps: dict[str, StepDoc]

    def dropping(self, step: StepDoc) -> tuple[str, ...]:
        """Return the findings under which *step* is not proposed."""
        barred = (self.under[word].finding for word, said in step.under.items() if said == "no")
        return (*self.kinds[step.kind].dropped_by, *step.dropped_by, *barred)

    def holding(self, step: StepDoc) -> dict[str, bool]:
        """Return the findings that hold *step* back, with whether they do so about any entity."""
        here = dict.fromkeys((*self.kinds[step.kind].held_back_by, *step.held_back_by), False)
        return here | {name: True for need in step.needs for name in self.needs[need]}


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


class BetweenDoc(Doc):
    """The verdict when several stages or none are reached, or a veto bars the one that is."""

    word: str
    name: Text
    says: Text


class UndeterminedDoc(Doc):
    """When no stage can be named honestly."""

    name: Text
    says: Text
    contact_facts: list[str]
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


class ShownDoc(Doc):
    """The facts about people that a report shows with the conclusions about them."""

    roles: dict[Literal["person", "member"], str] = {}
    main_contact: str | None = None
    standing: list[str] = []
    one_pair: list[str] = []
    goal: GoalDoc | None = None
    profile: list[SideDoc] = []

    def scales(self) -> tuple[str, ...]:
        """Return the facts of the profile in their order."""
        return tuple(name for side in self.profile for name in side.facts)


class ThemesDoc(Doc):
    """``themes.yaml``: the title of each theme, in the order of reports."""

    themes: dict[str, Text]


class EventKeysDoc(Doc):
    """The facts of an event, by the keys that a case file has for them."""

    kind: str
    day: str
    note: str


class VoidsDoc(Doc):
    """Which older answers no longer hold after an event.

    Attributes:
        about: Whether those about the person or member concerned.
        by: Whether those that the person concerned gave.
        themes: All those to facts of these themes about the account and its decisions.
        facts: All those to these facts.
        besides: Facts of the themes whose answers still hold.
        marked: Whether themes and facts count only where the person concerned has the mark.
    """

    about: Yes | None = None
    by: Yes | None = None
    themes: list[str] = []
    facts: list[str] = []
    besides: list[str] = []
    marked: Yes | None = None


class EventKindDoc(Doc):
    """A kind of event; its name is the value of the fact that says the kind.

    Attributes:
        whom: Whether an event of this kind must say which person or member it concerns.
    """

    whom: Literal["needed", "optional"]
    ask: Text
    voids: VoidsDoc = VoidsDoc()


class SameAsDoc(Doc):
    """An answer that tells of an event without its day.

    Attributes:
        value: The answer.
        kind: The kind of event that it tells of, about the person that has the mark.
        or_kinds: Other kinds that tell of the same change.
        days: The event happened at most this number of days before the answer.
    """

    value: str
    kind: str
    or_kinds: list[str] = []
    days: Annotated[int, Field(gt=0)]


class EventsDoc(Doc):
    """``events.yaml``; *mark* is a yes-or-no fact about a person."""

    keys: EventKeysDoc
    mark: str
    kinds: dict[str, EventKindDoc]
    same_as: dict[str, SameAsDoc] = {}

    @property
    def told_by(self) -> frozenset[str]:
        """Return the facts that tell of events, and whom they concern."""
        return self.lasting | {self.keys.kind, self.keys.day}

    @property
    def lasting(self) -> frozenset[str]:
        """Return the facts whose answers no event voids, because they tell of events."""
        return frozenset((self.mark, *self.same_as))


class RuleBaseDoc(Doc):
    """``rulebase.yaml``."""

    name: Text
    version: str
    shown: ShownDoc = ShownDoc()
    first_questions: list[str] = []


class CaseDoc(Doc):
    """A case of a rule: facts given, and what the rule must make of them."""

    name: str
    given: dict[str, Any]
    expect: Literal["holds", "assumed", "silent", "open"]


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


class StrategyDoc(Doc):
    """What to do with an account at all: the first strategy whose condition holds.

    *first* and *then* are purposes of steps: those before and those after the severity of what a
    step answers. Steps of a purpose that is not allowed are not proposed; *allowed* names all
    others at once.
    """

    name: Text
    says: Text
    when: dict[str, Any] | None = None
    unless: dict[str, Any] | None = None
    thresholds: dict[str, Chosen] = {}
    first: list[str] = []
    first_without_obstacle: Yes | None = None
    then: list[str] = []
    allowed: list[str] | None = None
    not_allowed: list[str] = []
    note: Text | str | None = None
    cases: list[CaseDoc] = []


class StrategiesDoc(Doc):
    """``strategies.yaml``: the strategies in their order, and what they are called together."""

    name: Text
    strategies: dict[str, StrategyDoc]


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
        return Problem(place, f'unknown key "{last}".{did_you_mean(last, _keys_of(model))}')
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
