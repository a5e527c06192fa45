"""The bodies of requests, and the shapes of answers that no other document has."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kam_expert.app.account_tools import ProposedFact
from kam_expert.knowledge.documents import Doc

#: The most of a list in one request, and the characters of a name and of a note.
_MOST, _NAME, _NOTE = 200, 200, 1_000_000


class GivenAnswer(Doc):
    """An answer to record; the keys from ``value`` on are those of a case file."""

    fact: str = Field(description="Its name in the vocabulary.")
    side: Literal["ours", "theirs"] | None = Field(None, description="Whose answer it is.")
    about: str | None = Field(
        None, description="The id of the person, member, decision or event; MEMBER-PERSON of a tie."
    )
    value: Any = Field(description="As in the vocabulary; null: it is not known.")
    source: Literal["observed", "said", "reported", "assumed"] | None = None
    by: str | None = Field(None, description="Who said it, or where it comes from.")
    as_of: str | None = Field(None, description="The day of which it is true: YYYY-MM-DD.")


class AnswersBody(Doc):
    """Answers to record, all or none."""

    seen: int | None = Field(
        None,
        description="The version that the answers rest on. If somebody has changed the same answer "
        "since, nothing is recorded. By default the newest.",
    )
    answers: Annotated[list[GivenAnswer], Field(min_length=1, max_length=_MOST)]


class WhatIfBody(Doc):
    """Changes to try."""

    changes: Annotated[list[str], Field(min_length=1, max_length=_MOST)] = Field(
        description="Each fact=value or ID.fact=value, as kam what-if takes them."
    )


class NoteBody(Doc):
    """A note that a person handed over."""

    name: Annotated[str, Field(min_length=1, max_length=_NAME)]
    text: Annotated[str, Field(min_length=1, max_length=_NOTE)]


class ProposalsBody(Doc):
    """Facts to propose, with the notes that they quote."""

    notes: Annotated[list[NoteBody], Field(min_length=1, max_length=_MOST)]
    facts: Annotated[list[ProposedFact], Field(min_length=1, max_length=_MOST)]


class AccountSummary(Doc):
    """What a diagnosis of the version said; the day and the rule base may be older than today's."""

    rules: str
    day: str
    stage: str
    firm: bool
    strategy: str
    owner: str
    step: str
    due: str | None
    met: str | None


class AccountDocument(Doc):
    """An account of the store; *key* names it in addresses, *id* is that of its case."""

    key: str
    id: str
    name: str
    version: int
    changed: str
    summary: AccountSummary | None


class AccountsDocument(Doc):
    """Some of the accounts; *total* are those that the filter lets through."""

    total: int
    accounts: list[AccountDocument]


class RecordedDocument(Doc):
    """The account after a change."""

    key: str
    version: int


class EntityPart(Doc):
    """Something that a fact can be about."""

    id: str
    name: str


class EntitiesDocument(Doc):
    """What facts of this account can be about, by kind."""

    account: list[EntityPart]
    person: list[EntityPart]
    member: list[EntityPart]
    link: list[EntityPart]
    decision: list[EntityPart]
    event: list[EntityPart]


class TextPart(Doc):
    """A text in both languages."""

    uk: str
    en: str


class FactPart(Doc):
    """A fact of the vocabulary."""

    fact: str
    about: str
    theme: str
    type: str
    unit: str | None
    values: dict[str, str]
    asked_of: str
    judgement_of_a_person: bool
    question: TextPart


class VocabularyDocument(Doc):
    """The facts that can be answered."""

    facts: list[FactPart]


class RulePart(Doc):
    """A rule with its finding and the statements that it cites."""

    rule: str
    finding: str
    cites: list[str]


class RulesDocument(Doc):
    """All rules."""

    version: str
    digest: str
    rules: list[RulePart]


class ProposalResult(Doc):
    """The result for one proposal."""

    status: str = Field(description="proposed, proposed before, or refused.")
    id: str | None = None
    reason: str | None = Field(None, description="Why it was refused.")
    contradicts: dict[str, Any] | None = Field(None, description="The known answer.")


class ResultsDocument(Doc):
    """The results in the order of the proposals."""

    results: list[ProposalResult]


class ProposalPart(Doc):
    """A proposal in the inbox."""

    id: str
    fact: str
    kind: str
    about: str
    side: str
    value: Any
    note: str
    line: int
    quote: str
    status: str
    decided_by: str


class InboxDocument(Doc):
    """The inbox of an account, the oldest first."""

    proposals: list[ProposalPart]


class ProblemPart(Doc):
    """A mistake; *place* is a JSON Pointer into what was sent."""

    place: str
    message: str


class ProblemDocument(Doc):
    """A failure (RFC 9457)."""

    title: str
    status: int
    detail: str
    problems: list[ProblemPart]
    key: str | None = Field(None, description="Of the account that has this id already.")
    version: int | None = Field(None, description="The newest version, after a conflict.")
