"""The format of ``rulebase.yaml`` and ``themes.yaml``: what reports show, and their titles."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kam_expert.knowledge.documents import Doc, Text


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
