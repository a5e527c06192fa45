"""The accounts that a campaign asks about: case files of a folder, or a store."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.engines.campaign.answers import with_answers
from kam_expert.errors import KamError
from kam_expert.facts.case_file import ENDINGS, read_any_case
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.edits import SetAnswer
from kam_expert.results.campaign import Returned, ReturnedAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import Campaign
    from kam_expert.store.answer_erasure import StoredAnswer

_BY = "campaign"
#: Between the key of an account and the version in the digest of what a page gave.
PAGE = "@"


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

    with closing(Store.open(url, base)) as store:
        return [(account.key, store.state(account.key).case) for account in store.accounts()]


def answers_on_pages(
    campaign: Campaign, base: KnowledgeBase, seen: Mapping[str, int], taken: date, number: int
) -> list[Returned]:
    """Return what customers answered on their pages since the versions that were *seen*.

    Args:
        campaign: Its accounts are in a store.
        base: The rule base.
        seen: The last version of an account that was taken, by key.
        taken: The day of the taking.
        number: Of the taking.

    Raises:
        KamError: The store cannot be read.
    """
    from kam_expert.store.records import CUSTOMER, NotThere
    from kam_expert.store.store import Store

    found: list[Returned] = []
    with closing(Store.open(campaign.store, base)) as store:
        for account in campaign.accounts.values():
            try:
                history = store.history(account.source)
            except NotThere:
                continue  # it was removed meanwhile
            answers: list[ReturnedAnswer] = []
            last = seen.get(account.source, 0)
            for entry in history:
                day = entry.at.astimezone().date()
                author = entry.by or ""
                if entry.version <= last or not author.startswith(CUSTOMER) or day < campaign.begun:
                    continue
                by, at = author.removeprefix(CUSTOMER), f"version {entry.version}"
                for edit in entry.edits:
                    if isinstance(edit, SetAnswer) and edit.slot.side == "theirs":
                        fact, value = edit.slot.fact, value_data(edit.value)
                        when = min(edit.as_of or day, taken)
                        answers.append(
                            ReturnedAnswer(account.id, fact, "theirs", value, by, when, at)
                        )
            if answers:
                version = history[-1].version
                name = f"{account.name}: the customer’s page"
                digest = f"{account.source}{PAGE}{version}"
                saved = history[-1].at.astimezone(UTC).isoformat(timespec="seconds")
                found.append(Returned(digest, name, "link", saved, taken, number, tuple(answers)))
    return found


def erase_in_store(campaign: Campaign, base: KnowledgeBase, returned: Sequence[Returned]) -> int:
    """Erase the answers of a campaign from every version of the accounts of its store.

    An answer is one of the campaign if a returned file has its fact, its side and its day, or if
    the campaign itself made it.

    Returns:
        How many accounts were changed.

    Raises:
        KamError: The store is missing or cannot be written.
    """
    from kam_expert.store.records import NotThere
    from kam_expert.store.store import Store

    if "://" not in campaign.store and not Path(campaign.store).is_file():
        raise KamError(f"{campaign.store}: no such store; the answers in it cannot be erased")
    given: dict[str, set[tuple[str, str, date | None]]] = {}
    for file in returned:
        for answer in file.answers:
            one = (answer.fact, answer.side, answer.day)
            given.setdefault(answer.account, set()).add(one)
    changed = 0
    with closing(Store.open(campaign.store, base)) as store:
        for identity, told in given.items():
            try:
                source = campaign.accounts[identity].source
                store.erase_answers(source, partial(_is_of, told))
            except NotThere:
                continue  # it was removed meanwhile
            changed += 1
        store.pack()
    return changed


def _is_of(told: set[tuple[str, str, date | None]], answer: StoredAnswer) -> bool:
    """Return whether an answer came with a campaign that brought these answers."""
    return answer.by == _BY or (answer.fact, answer.side, answer.as_of) in told


def record_in_store(
    campaign: Campaign, base: KnowledgeBase, edits_of: Callable[[Case], Sequence[SetAnswer]]
) -> None:
    """Record the answers of a campaign that the accounts of its store do not have yet.

    Raises:
        KamError: The store cannot be written.
    """
    from kam_expert.store.records import NotThere
    from kam_expert.store.store import Store

    with closing(Store.open(campaign.store, base)) as store:
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
