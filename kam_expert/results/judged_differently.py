"""How accounts are judged by two rule bases: frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JudgedMove:
    """One part of a diagnosis that differs.

    Attributes:
        part: ``stage``, ``strategy`` or a finding about the account.
        was: By the first rule base.
        now: By the second one.
        firm: Whether it is firm by both.
    """

    part: str
    was: str
    now: str
    firm: bool


@dataclass(frozen=True)
class JudgedAccount:
    """An account that is judged differently."""

    account: str
    name: str
    moves: tuple[JudgedMove, ...]


@dataclass(frozen=True)
class JudgedPart:
    """In how many accounts one part differs, and in how many of them firmly."""

    name: str
    accounts: int
    firm: int


@dataclass(frozen=True)
class JudgedDifferently:
    """The difference that a change of the rule base makes for a portfolio.

    Attributes:
        accounts: The number of accounts judged by both.
        changed: The number of those that are judged differently.
        parts: What differs, the most frequent first.
        rows: The first accounts that differ.
    """

    accounts: int
    changed: int
    parts: tuple[JudgedPart, ...]
    rows: tuple[JudgedAccount, ...]

    def as_document(self) -> dict[str, Any]:
        """Return it as plain data, fit for JSON."""
        return {
            "accounts": self.accounts,
            "changed": self.changed,
            "parts": [vars(part) for part in self.parts],
            "rows": [
                {
                    "account": row.account,
                    "name": row.name,
                    "moves": [vars(move) for move in row.moves],
                }
                for row in self.rows
            ],
        }
