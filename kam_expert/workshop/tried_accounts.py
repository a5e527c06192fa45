"""The accounts that a method is tried on: case files, examples, whole accounts of a rule base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.whole_accounts import readable
from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.accounts import read_accounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


@dataclass(frozen=True)
class TriedAccount:
    """An account with the day on which it is judged."""

    name: str
    case: Case
    day: date


def tried_accounts(
    places: Iterable[Path], folder: Path, base: KnowledgeBase, day: date
) -> Iterator[TriedAccount]:
    """Yield the accounts in some places, or the whole accounts of the rule base.

    Args:
        places: Case files, and folders of case files; the whole accounts if empty.
        folder: The folder of the rule base.
        base: The rule base.
        day: The date of the diagnosis; whole accounts have their own.

    Raises:
        KamError: A place has no case, or a case cannot be read.
    """
    places = tuple(places)
    if not places:
        accounts, _ = read_accounts(folder, base)
        for account, case in readable(accounts, base)[0]:
            yield TriedAccount(account.name, case, account.day)
    for place in places:
        files = sorted(place.glob("*.yaml")) if place.is_dir() else [place]
        if not files:
            raise KamError(f"{place}: no case file (*.yaml) in this folder")
        for file in files:
            yield TriedAccount(file.stem, read_case(file, base), day)
