"""The format of a rule and of the file that replaces our own choices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kam_expert.knowledge.documents import Chosen, Doc, Kind, Text


class GivenDoc(Doc):
    """What a case gives.

    *each* names one place in *given* and the values that are tried there, one after another.
    """

    name: str
    given: dict[str, Any]
    each: Annotated[dict[str, list[Any]], Field(min_length=1, max_length=1)] | None = None


class CaseDoc(GivenDoc):
    """A case of a rule: facts given, and what the rule must make of them.

    *finding* is the status that all rules together must give what this rule concludes.
    """

    expect: Literal["holds", "assumed", "silent", "open"]
    finding: Literal["established", "likely", "possible", "open", "absent"] | None = None


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
