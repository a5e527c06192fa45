"""The format of a mapping file, which maps the tables and columns of a system to facts.

A column has its name in the header of the file; ``A|B`` is the one of the two that the file has.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from kam_expert.knowledge.documents import Doc, Text, Word, Yes


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _column(value: Any) -> Any:
    return value if isinstance(value, dict) else {"column": value}


def _test(value: Any) -> Any:
    return value if isinstance(value, dict) else {"is": value}


def _order(text: str) -> str:
    if text not in ("dmy", "mdy") and "%" not in text:
        raise ValueError(f'"{text}" is not dmy, mdy or a pattern such as %d-%m-%y')
    return text


#: One word or several; numbers are words too.
_AsWritten = str | int | float | bool
Words = Annotated[
    list[Word], BeforeValidator(_listed, json_schema_input_type=_AsWritten | list[_AsWritten])
]


class TestDoc(Doc):
    """A test of a cell; case does not matter. A text that is not a number fails a test of size."""

    is_: Annotated[Words | None, Field(alias="is")] = None
    not_: Annotated[Words | None, Field(alias="not")] = None
    begins: Words | None = None
    ends: Words | None = None
    contains: Words | None = None
    same_as: Word | None = None
    at_least: float | None = None
    at_most: float | None = None
    empty: Literal["yes", "no"] | None = None


Test = Annotated[
    TestDoc, BeforeValidator(_test, json_schema_input_type=_AsWritten | list[_AsWritten] | TestDoc)
]
#: A row passes if it passes all tests of one mapping.
Row = Annotated[
    list[dict[str, Test]],
    BeforeValidator(_listed, json_schema_input_type=dict[str, Test] | list[dict[str, Test]]),
]


class ColumnDoc(Doc):
    """A column, or the values that a lookup has for its keys.

    *take* takes a part of each cell: ``email`` an address, ``json.KEY`` a value of a mapping. In a
    row where the cell is empty, the first of the columns in *otherwise* that is not empty counts.
    """

    column: Word
    otherwise: Words = Field(default_factory=list)
    take: Annotated[str, Field(pattern=r"^(?:email|json\.[^.]+)$")] | None = None
    lookup: str | None = None


class RefDoc(ColumnDoc):
    """A column that refers to rows of another table; *split* separates several names in a cell.

    *by* ``any`` looks by id, then by e-mail, then by name. With *unknown* ``leave_out`` a row that
    refers to nobody known is left out, not rejected. A cell refers to this kind only in rows that
    pass *only*: another column may say what the cell refers to.
    """

    only: Row | None = None
    by: Literal["id", "name", "email", "domain", "any"] = "id"
    split: Annotated[str, Field(min_length=1)] | None = None
    unknown: Literal["error", "leave_out"] = "error"


class ValueDoc(Doc):
    """The source of the values of a fact.

    A column (of several, the first with a value) as it is, or through *values* (whole cells),
    *words* (prefixes of words in a cell) or *named* (a named word list); the days since the date
    in *days_since*; or *is*, one value for every row. *percent* says whether 0.4 is 0.4 or 40 %.
    """

    column: Words | None = None
    days_since: Words | None = None
    percent: Literal["whole", "fraction"] | None = None
    lookup: str | None = None
    values: dict[str, Words] = Field(default_factory=dict)
    words: dict[str, Words] = Field(default_factory=dict)
    named: str | None = None
    split: Annotated[str, Field(min_length=1)] | None = None
    is_: Annotated[Word | None, Field(alias="is")] = None


Column = Annotated[
    ColumnDoc, BeforeValidator(_column, json_schema_input_type=str | int | ColumnDoc)
]
Ref = Annotated[RefDoc, BeforeValidator(_column, json_schema_input_type=str | int | RefDoc)]
Value = Annotated[
    ValueDoc,
    BeforeValidator(_column, json_schema_input_type=str | int | list[str | int] | ValueDoc),
]


class TableDoc(Doc):
    """Rows of one table. *leave_out* and *ask* map reasons to conditions; users decide on *ask*."""

    from_: Annotated[Words, Field(alias="from")]
    leave_out: dict[str, Row] = Field(default_factory=dict)
    ask: dict[str, Row] = Field(default_factory=dict)


class ListDoc(TableDoc):
    """Rows that are accounts, people or members of the team."""

    id: Column | None = None
    #: Several columns are joined, such as first and last name.
    name: Words
    as_of: Column | None = None
    facts: dict[str, Value] = Field(default_factory=dict)


class AccountsDoc(ListDoc):
    """Rows that are accounts; *repeated*: several rows may repeat one account."""

    owner: Ref | None = None
    segment: Column | None = None
    domain: Column | None = None
    repeated: Yes | None = None


class PeopleDoc(ListDoc):
    """Rows that are people of customers."""

    account: Ref
    email: Column | None = None


class TeamDoc(ListDoc):
    """Rows that are members of our team."""

    email: Column | None = None


class RelationsDoc(TableDoc):
    """Rows that assign a person to another account."""

    person: Ref
    account: Ref
    as_of: Column | None = None
    facts: dict[str, Value] = Field(default_factory=dict)


class EventRowsDoc(TableDoc):
    """Rows that are events of accounts; *person* and *member* are whom an event concerns."""

    account: Ref
    id: Column | None = None
    person: Ref | None = None
    member: Ref | None = None
    as_of: Column | None = None
    facts: dict[str, Value] = Field(default_factory=dict)


class ActivitiesDoc(TableDoc):
    """Rows that are meetings, and messages in both directions.

    *meeting* is the column with the id of the meeting, if several rows can be about one meeting.
    """

    person: Ref
    member: Ref | None = None
    account: Ref | None = None
    date: Column
    meeting: Column | None = None


class StatusDoc(ColumnDoc):
    """A column with the status of a task, and the words for each status of an entry."""

    values: dict[Literal["agreed", "begun", "done"], Words]


class PlanRowsDoc(TableDoc):
    """Rows that are tasks or agreed moves: entries of the plan of an account.

    The account is the one in *account*, else that of the person. What was done more than
    *within_days* before the export is left out. *side* is ``internal`` for tasks that were not
    promised to the customer.
    """

    id: Column | None = None
    text: Column | None = None
    step: Column | None = None
    account: Ref | None = None
    person: Ref | None = None
    owner: Ref | None = None
    status: StatusDoc | None = None
    begin: Column | None = None
    due: Column | None = None
    agreed_on: Column | None = None
    done_on: Column | None = None
    side: Literal["ours", "theirs", "internal"] = "internal"
    within_days: Annotated[int, Field(gt=0)] = 365


class ContactDoc(Doc):
    """The facts that are computed from meetings and messages.

    Attributes:
        days, count: Of a link: days since the last one, number in the last *within_days* days.
        person_days: Of a person: days since the last one without a member of ours.
    """

    days: str | None = None
    count: str | None = None
    within_days: Annotated[int, Field(gt=0)] = 90
    person_days: str | None = None


class LookupDoc(TableDoc):
    """A lookup table; *optional*: keys may be missing.

    Of several rows with one key the first counts, or with *take* the one with the latest day.
    """

    key: Word
    value: Word
    take: Literal["latest"] | None = None
    optional: Yes | None = None


class ElsewhereDoc(Doc):
    """Targets of references outside of the import, a reason to leave a row out."""

    from_: Annotated[Words, Field(alias="from")] = Field(default_factory=list)
    id: Word = "Id|id"
    begins: Words | None = None


class FileDoc(Doc):
    """How a file is written, if detection fails; *columns* if it has no header.

    *header* is the number of the line with the names of the columns.
    """

    columns: list[Word] | None = None
    header: Annotated[int, Field(gt=0)] | None = None
    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None


class IdsDoc(Doc):
    """Ids in two lengths: the *first* characters identify an id of length *of*."""

    of: Annotated[int, Field(gt=1)]
    first: Annotated[int, Field(gt=0)]


class AskedDoc(Doc):
    """Facts that no system has, and their subject."""

    name: Text
    facts: list[str]


class MappingDoc(Doc):
    """``mappings/<system>.yaml``, or a file of a user."""

    system: Word
    says: Text | None = None
    missing_columns: Literal["allowed", "error"] = "error"
    unknown: Words = Field(default_factory=list)
    dates: Annotated[str, AfterValidator(_order)] | None = None
    decimal: Literal["point", "comma"] | None = None
    percent: Literal["whole", "fraction"] | None = None
    currency: Word | None = None
    our_domains: Words = Field(default_factory=list)
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
    events: list[EventRowsDoc] = Field(default_factory=list)
    activities: list[ActivitiesDoc] = Field(default_factory=list)
    plan: list[PlanRowsDoc] = Field(default_factory=list)
    contact: ContactDoc = ContactDoc()
    left_out: dict[str, Words] = Field(default_factory=dict)
    words: dict[str, dict[str, Words]] = Field(default_factory=dict)


class RelationDoc(Doc):
    """Words that relate the holder of a title to a post.

    *words* are phrases; *of* are those of them that name the post after them. The rank is that of
    *ranks* for the post’s rank, else *rank*, else none; such a person has none of *not_values*.
    """

    words: Words
    of: Words = Field(default_factory=list)
    ranks: dict[str, str] = Field(default_factory=dict)
    rank: str | None = None
    not_values: Words = Field(default_factory=list)
    nothing: Yes | None = None


class TitlesDoc(Doc):
    """How titles are read: *lists* of words, *ranks* is the list of levels.

    *phrases* decide before the words of the lists; the phrase ``-`` decides that there is no value.
    """

    lists: Words
    ranks: Word
    relations: dict[str, RelationDoc]
    phrases: dict[str, dict[str, Words]] = Field(default_factory=dict)


class ProposalDoc(Doc):
    """Names of columns that a draft of a mapping knows besides those of the shipped mappings.

    *left_out* are names of tables that hold something else, *filler* words of file names that say
    nothing about what is in the file.
    """

    recorded: Words = Field(default_factory=list)
    left_out: dict[str, Words] = Field(default_factory=dict)
    filler: Words = Field(default_factory=list)
    team: list[TeamDoc] = Field(default_factory=list)
    accounts: list[AccountsDoc] = Field(default_factory=list)
    people: list[PeopleDoc] = Field(default_factory=list)
    relations: list[RelationsDoc] = Field(default_factory=list)
    activities: list[ActivitiesDoc] = Field(default_factory=list)


class SharedDoc(Doc):
    """``mappings/shared.yaml``: what all systems share."""

    unknown: Words
    totals: Words
    words: dict[str, dict[str, Words]]
    titles: TitlesDoc
    proposal: ProposalDoc = ProposalDoc()
    #: How mail and calendars are read, whatever the system of the accounts.
    activities: list[ActivitiesDoc] = Field(default_factory=list)
    legal_forms: Words
    free_mail: Words
    asked: dict[str, AskedDoc]
