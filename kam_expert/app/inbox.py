"""The inbox of an account: what was proposed, and what a person decided about it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.proposals import proposal_data, proposal_from_data, with_value
from kam_expert.outputs.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.facts.proposals import ProposedAnswer, Status
    from kam_expert.knowledge.privacy import Privacy


class InboxLog(Protocol):
    """Where the entries of an inbox are kept: they are appended, never changed."""

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first. Raises KamError."""

    def append(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add entries, durably. Raises KamError."""


@dataclass(frozen=True)
class Inbox:
    """The proposals about one account; safe for several programs at once."""

    log: InboxLog
    privacy: Privacy

    def proposals(self) -> tuple[ProposedAnswer, ...]:
        """Return all proposals, oldest first. Raises KamError."""
        found: dict[str, ProposedAnswer] = {}
        for entry in self.log.entries():
            if "proposed" in entry:
                read = proposal_from_data(entry["proposed"], self.privacy)
                found.setdefault(read.id, read)
            elif entry.get("id") in found:
                found[entry["id"]] = self._decided(found[entry["id"]], entry)
        return tuple(found.values())

    def _decided(self, before: ProposedAnswer, entry: dict[str, Any]) -> ProposedAnswer:
        edit = before.edit
        if "value" in entry:
            fact = self.privacy.base.facts[edit.slot.fact]
            edit = replace(edit, value=fact.read(entry["value"]))
        return replace(before, edit=edit, status=entry["status"], decided_by=entry["by"])

    def add(self, proposals: Iterable[ProposedAnswer]) -> tuple[ProposedAnswer, ...]:
        """Add proposals and return those that are new. Raises KamError."""
        there = {found.id for found in self.proposals()}
        new = {found.id: found for found in proposals if found.id not in there}
        self.log.append({"proposed": proposal_data(found)} for found in new.values())
        return tuple(new.values())

    def open(self, identity: str) -> ProposedAnswer:
        """Return an open proposal by its id. Raises KamError."""
        found = {one.id: one for one in self.proposals()}
        one = found.get(identity)
        if one is None:
            near = did_you_mean(identity, found)
            raise KamError(f'no proposal "{shortened(identity)}" is in the inbox.{near}')
        if one.status != "open":
            raise KamError(f"{identity} was {one.status} by {one.decided_by or 'somebody'}")
        return one

    def changed(self, identity: str, value: str, case: Case, day: date) -> ProposedAnswer:
        """Return an open proposal with the value that a person gives. Raises KamError."""
        return with_value(self.open(identity), value, case, self.privacy, day)

    @staticmethod
    def decision(found: ProposedAnswer, status: Status, by: str) -> dict[str, Any]:
        """Return the entry that says what a person decided about a proposal."""
        return {"id": found.id, "status": status, "by": by, "value": value_data(found.edit.value)}

    def decide(self, found: ProposedAnswer, status: Status, by: str) -> None:
        """Record what a person decided about a proposal. Raises KamError."""
        self.log.append([self.decision(found, status, by)])


@dataclass(frozen=True)
class FileLog:
    """The entries of an inbox in a file next to the case file, one line of JSON each."""

    path: Path

    @classmethod
    def next_to(cls, case: Path) -> FileLog:
        """Return the log of the inbox of a case file."""
        return cls(case.with_name(f"{case.stem}.inbox.jsonl"))

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first; none if there is no file. Raises KamError."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise KamError(f"{self.path}: cannot be read ({error})") from None
        read = []
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            if not isinstance(entry, dict):
                raise KamError(f"{self.path}:{number}: is not an entry of an inbox")
            read.append(entry)
        return read

    def append(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add entries in one write, so that those of others stay whole. Raises KamError."""
        lines = _lines(entries)
        if not lines:
            return
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "wb", buffering=0) as file:
                file.write(lines.encode())
                os.fsync(file.fileno())
        except OSError as error:
            raise KamError(f"{self.path}: cannot be written ({error.strerror})") from None

    def replace(self, entries: list[dict[str, Any]]) -> None:
        """Write *entries* instead of those that are there. Raises KamError."""
        if entries != self.entries():
            write_whole(self.path, _lines(entries))


def _lines(entries: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
