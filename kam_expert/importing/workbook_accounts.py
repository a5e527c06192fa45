"""The accounts that filled-in workbooks describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kam_expert.facts.case import each_entity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.errors import Place
    from kam_expert.facts.case import Case


class WorkbookValue(NamedTuple):
    """A value of a fact with its place."""

    fact: str
    value: Any
    where: Place | None


class Workbooks:
    """The accounts of workbooks.

    Attributes:
        files: The names of the workbooks, one per account.
    """

    def __init__(self, cases: dict[str, Case]) -> None:
        #: Workbooks name none.
        self.currency = ""
        self.files, self._cases = list(cases), list(cases.values())

    @property
    def accounts(self) -> int:
        """Return the number of accounts."""
        return len(self._cases)

    def cases(self) -> Iterator[Case]:
        """Yield the accounts as cases, in the order of their files."""
        yield from self._cases

    def totals(self) -> dict[str, int]:
        """Return the numbers of accounts, people, members and links."""
        return {"accounts": self.accounts} | {
            name: sum(len(getattr(case, name) or ()) for case in self._cases)
            for name in ("people", "team", "links")
        }

    def each_value(self) -> Iterator[tuple[str, str, str, WorkbookValue]]:
        """Yield every value with its account and the kind and id of its entity."""
        for case in self._cases:
            for entity in each_entity(case):
                for answers in (entity.ours, entity.theirs):
                    for fact, said in answers.items():
                        for one in said:
                            value = WorkbookValue(fact, one.value, one.place)
                            yield case.account.id, entity.kind, entity.id, value

    def by(self, value: WorkbookValue) -> str:
        """Return the place of a value as text."""
        return str(value.where or "")

    def questions(self, asked: dict[str, Any]) -> dict[str, list[str]]:
        """Return the facts of each subject that have no value in any workbook."""
        said = {value.fact for _, _, _, value in self.each_value()}
        return {
            subject: [fact for fact in doc.facts if fact not in said]
            for subject, doc in asked.items()
        }
