"""Accounts for another program: questions and answers as data, notes, the inbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.inbox import Inbox
from kam_expert.app.inquiries import Inquiries
from kam_expert.app.plan_output import PlanOutput
from kam_expert.app.reviews import review_since
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.planning import PlanLimits
from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.proposals import Note, proposal
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.documents import Doc
from kam_expert.outputs.json_document import render_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.store.store import Store

#: The endings of notes, and their greatest size.
NOTE_ENDINGS = (".txt", ".md")
_MOST_BYTES = 1_000_000


class ProposedFact(Doc):
    """A fact that a note supports."""

    fact: str = Field(description="Its name in the vocabulary.")
    value: Any = Field(description="As in the vocabulary: a word, number, date, or list of words.")
    note: str = Field(description="The name of the note.")
    line: int = Field(description="The line of the note on which the quotation begins, from 1.")
    quote: str = Field(description="The words of the note, verbatim: the sentence that says it.")
    side: str | None = Field(None, description="Whose answer it is: ours or theirs.")
    about: str | None = Field(
        None, description="The id of the person, member, decision or event; MEMBER-PERSON of a tie."
    )
    as_of: str | None = Field(None, description="The day of which it is true: YYYY-MM-DD.")
    basis: str | None = Field(
        None,
        description="What a judgement of a person or an answer of the customer rests on: words "
        "(what they said) or deeds (what they did).",
    )


@dataclass(frozen=True)
class AccountTools:
    """One account for another program; every call reads it again.

    Attributes:
        read: Returns the account as it is now.
        today: Returns the date of diagnoses.
    """

    read: Callable[[], Case]
    privacy: Privacy
    today: Callable[[], date]
    inbox: Inbox
    notes: Mapping[str, Note]

    def inquiries(self) -> Inquiries:
        """Return what can be asked about the account as it is now."""
        return Inquiries(self.read(), self.privacy.base, self.today())

    def diagnose(self) -> dict[str, Any]:
        """Return the diagnosis as `kam diagnose --format json` writes it."""
        asked = self.inquiries()
        return _data(render_json(asked.diagnosis, asked.case, asked.base))

    def questions(self, top: int) -> dict[str, Any]:
        """Return the *top* questions to ask next, with the effect of an answer."""
        asked = self.inquiries()
        data = _data(asked.json(asked.ask(top)))
        data["ask"]["questions"] = data["ask"]["questions"][:top]
        return data

    def why(self, name: str, about: str | None) -> dict[str, Any]:
        """Return why a finding, stage or strategy is concluded. Raises KamError."""
        asked = self.inquiries()
        return _data(asked.json(asked.why(name, about)))

    def why_not(self, name: str, about: str | None) -> dict[str, Any]:
        """Return why a finding, stage or strategy is not concluded. Raises KamError."""
        asked = self.inquiries()
        return _data(asked.json(asked.why_not(name, about)))

    def what_if(self, changes: Sequence[str]) -> dict[str, Any]:
        """Return what changes of facts would do; nothing is saved. Raises KamError."""
        asked = self.inquiries()
        return _data(asked.json(asked.what_if(changes)))

    def plan(self) -> dict[str, Any]:
        """Return the plan as `kam plan --json` writes it."""
        base = self.privacy.base
        engine = engine_of(base)
        maker = EditionMaker(base, self.today(), engine, self.privacy, Edition.CONSULTANT)
        made = PlanOutput.of(self.read(), maker, PlanLimits(), "en")
        return _data(made.written("json"))

    def review(self, since: str) -> dict[str, Any]:
        """Return what was promised and what changed since a day. Raises KamError."""
        return _data(review_since(self.read(), since, self.privacy.base, self.today()))

    def entities(self) -> dict[str, list[dict[str, str]]]:
        """Return the ids and names of what facts can be about."""
        case = self.read()
        kinds = ("account", "person", "member", "link", "decision", "event")
        return {
            kind: [{"id": entity.id, "name": entity.name} for entity in case.entities(kind)]
            for kind in kinds
        }

    def propose(self, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Put proposals into the inbox and return the result of each.

        Returns:
            For each: ``id`` and ``status`` (proposed or refused), with the ``reason`` of a refusal,
            or what a known answer says that it ``contradicts``.
        """
        case, day = self.read(), self.today()
        results: list[dict[str, Any]] = []
        for one in told:
            try:
                found = proposal(one, case, self.notes, self.privacy, day)
            except KamError as error:
                results.append({"status": "refused", "reason": str(error)})
                continue
            new = self.inbox.add([found])
            result = {"status": "proposed" if new else "proposed before", "id": found.id}
            results.append(result | _contradiction(found, case))
        return results


@dataclass(frozen=True)
class StoreTools:
    """The accounts of a store for another program.

    Attributes:
        today: Returns the date of diagnoses.
    """

    store: Store
    privacy: Privacy
    today: Callable[[], date]
    notes: Mapping[str, Note]

    def accounts(self) -> list[dict[str, str]]:
        """Return the accounts by name: the key that other tools take, id and name."""
        found = self.store.accounts()
        return [{"key": one.key, "id": one.id, "name": one.name} for one in found]

    def account(self, key: str) -> AccountTools:
        """Return the account with this key. Raises KamError."""
        if not self.store.accounts(key=key):
            near = did_you_mean(key, [one["key"] for one in self.accounts()])
            raise KamError(f'no account has the key "{shortened(key)}".{near}')
        inbox = Inbox(self.store.inbox(key), self.privacy)
        return AccountTools(
            lambda: self.store.state(key).case, self.privacy, self.today, inbox, self.notes
        )


def _contradiction(found: ProposedAnswer, case: Case) -> dict[str, Any]:
    known = found.contradicts(case)
    if known is None:
        return {}
    said = {"value": value_data(known.value), "by": known.by}
    return {"contradicts": said | {"as_of": known.as_of.isoformat() if known.as_of else None}}


def _data(text: str | bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text)
    return data


def read_notes(paths: Sequence[Path]) -> dict[str, Note]:
    """Return the notes in files and folders, by file name.

    Raises:
        KamError: A file cannot be read or is too large, or two have one name.
    """
    files = [
        file
        for path in paths
        for file in (sorted(path.iterdir()) if path.is_dir() else [path])
        if not path.is_dir() or file.suffix.lower() in NOTE_ENDINGS
    ]
    notes: dict[str, Note] = {}
    for file in files:
        if file.name in notes:
            raise KamError(f"two notes are called {file.name}; rename one")
        try:
            if file.stat().st_size > _MOST_BYTES:
                raise KamError(f"{file}: a note has at most {_MOST_BYTES // 10**6} MB")
            notes[file.name] = Note(file.name, file.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError:
            raise KamError(f"{file}: is not UTF-8; save it again as UTF-8") from None
        except OSError as error:
            raise KamError(f"{file}: cannot be read ({error.strerror})") from None
    return notes
