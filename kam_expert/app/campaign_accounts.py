"""The accounts that a campaign asks about: case files of a folder, or a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.engines.campaign.answers import with_answers
from kam_expert.errors import KamError
from kam_expert.facts.case_file import ENDINGS, read_any_case

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import SetAnswer
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import Campaign

_BY = "campaign"


def accounts_of(source: str, base: KnowledgeBase) -> list[tuple[str, Case]]:
    """Return the accounts of a folder of cases or of a store, each with its file or key.

    Raises:
        KamError: The folder or store is missing, or cases cannot be read; all of these together.
    """
    path = Path(source)
    if not path.is_dir():
        return _of_store(source, base)
    cases, problems = [], []
    for file in sorted(path.iterdir()):
        if (
            file.suffix.lower() in ENDINGS
            and file.is_file()
            and not file.name.startswith((".", "~$"))
        ):
            try:
                cases.append((file.name, read_any_case(file, base)))
            except KamError as error:
                problems.append(str(error))
    if problems:
        raise KamError("\n".join(problems))
    return cases


def _of_store(url: str, base: KnowledgeBase) -> list[tuple[str, Case]]:
    if "://" not in url and not Path(url).is_file():
        raise KamError(f"{url}: no such folder of cases or store")
    from kam_expert.store.store import Store

    store = Store.open(url, base)
    try:
        return [(account.key, store.state(account.key).case) for account in store.accounts()]
    finally:
        store.close()


def record_in_store(
    campaign: Campaign, base: KnowledgeBase, edits_of: Callable[[Case], Sequence[SetAnswer]]
) -> None:
    """Record the answers of a campaign that the accounts of its store do not have yet.

    Raises:
        KamError: The store cannot be written.
    """
    from kam_expert.store.records import NotThere
    from kam_expert.store.store import Store

    store = Store.open(campaign.store, base)
    try:
        for account in campaign.accounts.values():
            try:
                state = store.state(account.source)
            except NotThere:
                continue  # it was removed meanwhile
            new = [
                edit
                for edit in edits_of(state.case)
                if with_answers(state.case, [edit], base) != state.case
            ]
            store.record(account.source, new, by=_BY, seen=state.version)
    finally:
        store.close()
