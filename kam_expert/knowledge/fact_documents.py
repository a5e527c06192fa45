"""The format of ``facts.yaml``: facts, definitions, gaps and impossible answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kam_expert.knowledge.audience import Audience
from kam_expert.knowledge.documents import _NOT_FROM_LISTS, Chosen, Doc, Kind, Side, Text, Yes
from kam_expert.knowledge.rule_documents import CaseDoc


class Range(Doc):
    """The numbers that a fact can take; an open end is left out."""

    min: float | None = None
    max: float | None = None


class Band(Doc):
    """A range of numbers, an answer for those who do not know the exact number."""

    from_: Annotated[float, Field(alias="from")]
    to: float
    label: Text


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
