"""Import filled-in workbooks, one per account."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError, KamError, Problem
from kam_expert.facts.workbook_form import SheetCell
from kam_expert.facts.workbook_reader import read_workbook
from kam_expert.importing.cell_log import CellLog
from kam_expert.importing.equal_texts import equal_companies
from kam_expert.importing.import_result import Imported
from kam_expert.importing.row_counts import Counts, Rejected, SourceError
from kam_expert.importing.source_tables import files_of
from kam_expert.importing.workbook_accounts import Workbooks

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.importing.mapping_documents import SharedDoc
    from kam_expert.knowledge.base import KnowledgeBase


class _SameNames:
    """Finds workbooks whose accounts have the same name."""

    def __init__(self, made: Workbooks, shared: SharedDoc) -> None:
        self.made, self.shared = made, shared

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of possible duplicates as data."""
        accounts = [case.account for case in self.made.cases()]
        names = [" ".join(account.name.split()) for account in accounts]
        return [
            {
                "kind": "same_company?",
                "ids": [accounts[at].id for at in alike],
                "names": [names[at] for at in alike],
                "many": len(alike),
                "alike_in": ["name"],
                "where": [self.made.files[at] for at in alike],
            }
            for alike in equal_companies(names, self.shared.legal_forms)
        ]


def import_workbooks(
    source: Path, shared: SharedDoc, base: KnowledgeBase, *, skip_bad: bool = False
) -> Imported:
    """Read the workbooks of accounts that `kam template` wrote.

    Args:
        source: A workbook, or a folder or zip of them.
        shared: The legal forms, which do not matter when names are compared.
        base: The rule base that declares the facts.
        skip_bad: Skip faulty workbooks instead of rejecting the source.

    Raises:
        KamError: The source has no workbook or cannot be read.
        SourceError: All faults of all workbooks, unless *skip_bad*.
    """
    with tempfile.TemporaryDirectory(prefix="kam_") as temporary:
        paths, unread = files_of(source, (".xlsx",), Path(temporary))
        if not paths:
            raise KamError(f"{source}: no workbook (.xlsx)")
        cases: dict[str, Case] = {}
        faults: dict[str, list[Problem]] = {}
        for path in paths:
            name = path.name
            if name in cases or name in faults:
                name = f"{path.parent.name}/{name}"
            try:
                case = read_workbook(path, base, name)
                _check_id(case, cases, name)
                cases[name] = case
            except CaseError as error:
                faults[name] = list(error.problems)
            except KamError as error:
                message = str(error).removeprefix(f"{name}: ")
                faults[name] = [Problem(SheetCell(name), message)]
    if faults and not skip_bad:
        raise SourceError(problem for problems in faults.values() for problem in problems)
    made = Workbooks(cases)
    counts = [
        Counts(name, "workbook", 1, int(name in cases), int(name in faults), {})
        for name in sorted((*cases, *faults))
    ]
    rejected = [
        Rejected(problem.place, None, problem.message)
        for problems in faults.values()
        for problem in problems
    ]
    return Imported(
        made, None, counts, rejected, [], _SameNames(made, shared), unread, CellLog(), None, {}
    )


def _check_id(case: Case, cases: dict[str, Case], name: str) -> None:
    for other, known in cases.items():
        if known.account.id == case.account.id:
            what = f'duplicate id "{case.account.id}", also in {other}'
            raise CaseError([Problem(case.account.place or SheetCell(name), what)])
