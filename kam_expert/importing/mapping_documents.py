"""The shape of a mapping file: which table of a system is what, which columns are which facts.

A column is named as in the file's header; ``A|B`` is whichever of the two the file has.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from kam_expert.knowledge.documents import Doc, Text, Word, Yes


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _column(value: Any) -> Any:
    return value if isinstance(value, dict) else {"column": value}


def _test(value: Any) -> Any:
    return value if isinstance(value, dict) else {"is": value}


#: One word or several, as they stand in a file; numbers are words too.
_AsWritten = str | int | float | bool
Words = Annotated[
    list[Word],
    BeforeValidator(_listed, json_schema_input_type=_AsWritten | list[_AsWritten]),
]


class ColumnDoc(Doc):
    """A column, or what another table says under the key that stands in it."""

    column: Word
    lookup: str | None = None


class RefDoc(ColumnDoc):
    """A column that names a row of another table; *split* parts several names in one cell.

    *by* ``any`` is by id, else by e-mail, else by name.
    """

    by: Literal["id", "name", "email", "domain", "any"] = "id"
    split: Annotated[str, Field(min_length=1)] | None = None


class ValueDoc(Doc):
    """Where the value of a fact comes from.

    A column (of several the first that tells something) as it is, or through *values* (whole
    cells), *words* (beginnings of words in a cell) or *named* (such a list of words from another
    file); or *is*, the same for every row.
    """

    column: Words | None = None
    lookup: str | None = None
    values: dict[str, Words] = Field(default_factory=dict)
    words: dict[str, Words] = Field(default_factory=dict)
    named: str | None = None
    split: Annotated[str, Field(min_length=1)] | None = None
    is_: Annotated[Word | None, Field(alias="is")] = None


class TestDoc(Doc):
    """What is asked of a cell; letters’ case does not matter."""

    is_: Annotated[Words | None, Field(alias="is")] = None
    not_: Annotated[Words | None, Field(alias="not")] = None
    begins: Words | None = None
    ends: Words | None = None
    contains: Words | None = None
    same_as: Word | None = None
    empty: Literal["yes", "no"] | None = None


Column = Annotated[
    ColumnDoc, BeforeValidator(_column, json_schema_input_type=str | int | ColumnDoc)
]
Ref = Annotated[RefDoc, BeforeValidator(_column, json_schema_input_type=str | int | RefDoc)]
Value = Annotated[
    ValueDoc,
    BeforeValidator(_column, json_schema_input_type=str | int | list[str | int] | ValueDoc),
]
Test = Annotated[
    TestDoc,
    BeforeValidator(_test, json_schema_input_type=_AsWritten | list[_AsWritten] | TestDoc),
]
#: All tests of one mapping, or those of one of several.
Row = Annotated[
    list[dict[str, Test]],
    BeforeValidator(_listed, json_schema_input_type=dict[str, Test] | list[dict[str, Test]]),
]


class TableDoc(Doc):
    """Rows of one table. *leave_out* names reasons; *ask* those that a person must decide."""

    from_: Annotated[Words, Field(alias="from")]
    leave_out: dict[str, Row] = Field(default_factory=dict)
    ask: dict[str, Row] = Field(default_factory=dict)


class ListDoc(TableDoc):
    """Rows that are accounts, people or members of the team."""

    id: Column | None = None
    #: Several columns are joined, such as a first and a last name.
    name: Words
    as_of: Column | None = None
    facts: dict[str, Value] = Field(default_factory=dict)


class AccountsDoc(ListDoc):
    """Rows that are accounts; *repeated*: one account stands in many rows, alike in each."""

    owner: Ref | None = None
    segment: Column | None = None
    domain: Column | None = None
    repeated: Yes | None = None


class PeopleDoc(ListDoc):
    """Rows that are people of the customers."""

    account: Ref
    email: Column | None = None


class TeamDoc(ListDoc):
    """Rows that are people of ours."""

    email: Column | None = None


class RelationsDoc(TableDoc):
    """Rows that say: this person belongs to this account, too."""

    person: Ref
    account: Ref
    as_of: Column | None = None
    facts: dict[str, Value] = Field(default_factory=dict)


class ActivitiesDoc(TableDoc):
    """Rows that are meetings and messages in both directions.

    *meeting* is what they are known by, where several rows may be about one.
    """

    person: Ref
    member: Ref | None = None
    account: Ref | None = None
    date: Column
    meeting: Column | None = None


class ContactDoc(Doc):
    """The facts that come of meetings and messages.

    Attributes:
        days, count: Of a link: days since the last one, how many in *within_days*.
        person_days: Of a person, where nobody wrote down who of ours was there.
    """

    days: str | None = None
    count: str | None = None
    within_days: Annotated[int, Field(gt=0)] = 90
    person_days: str | None = None


class LookupDoc(Doc):
    """A table to look things up in; *optional*: not every key has to be there."""

    from_: Annotated[Words, Field(alias="from")]
    key: Word
    value: Word
    optional: Yes | None = None


class ElsewhereDoc(Doc):
    """What a reference may lead to that is none of ours: a named reason to leave the row out."""

    from_: Annotated[Words, Field(alias="from")] = Field(default_factory=list)
    id: Word = "Id|id"
    begins: Words | None = None


class FileDoc(Doc):
    """How a file is written, where it does not show; *columns* where it has no header."""

    columns: list[Word] | None = None
    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None


class IdsDoc(Doc):
    """Ids that come in two lengths: those *of* so many characters are known by the *first*."""

    of: Annotated[int, Field(gt=1)]
    first: Annotated[int, Field(gt=0)]


class AskedDoc(Doc):
    """Facts that no such system knows, and what they are about."""

    name: Text
    facts: list[str]


class MappingDoc(Doc):
    """``mappings/<system>.yaml``, or a file of a user’s."""

    system: Word
    says: Text | None = None
    missing_columns: Literal["allowed", "error"] = "error"
    unknown: Words = Field(default_factory=list)
    dates: Literal["dmy", "mdy"] | None = None
    decimal: Literal["point", "comma"] | None = None
    ids: IdsDoc | None = None
    reference_mark: str = ""
    recorded: Words = Field(default_factory=list)
    files: dict[str, FileDoc] = Field(default_factory=dict)
    lookups: dict[str, LookupDoc] = Field(default_factory=dict)
    elsewhere: dict[str, ElsewhereDoc] = Field(default_factory=dict)
    accounts: Annotated[list[AccountsDoc], Field(min_length=1)]
    people: list[PeopleDoc] = Field(default_factory=list)
    team: list[TeamDoc] = Field(default_factory=list)
    relations: list[RelationsDoc] = Field(default_factory=list)
    roles: list[RelationsDoc] = Field(default_factory=list)
    activities: list[ActivitiesDoc] = Field(default_factory=list)
    contact: ContactDoc = ContactDoc()
    left_out: dict[str, Words] = Field(default_factory=dict)
    words: dict[str, dict[str, Words]] = Field(default_factory=dict)


class SharedDoc(Doc):
    """``mappings/shared.yaml``: what does not depend on the system."""

    unknown: Words
    words: dict[str, dict[str, Words]]
    legal_forms: Words
    free_mail: Words
    asked: dict[str, AskedDoc]
