"""The format of ``stages.yaml``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kam_expert.knowledge.documents import Chosen, Doc, Text


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
