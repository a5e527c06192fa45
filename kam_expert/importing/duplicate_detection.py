"""Accounts and people that look like the same one: proposed, never made one here."""

from __future__ import annotations

import marshal
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from kam_expert.importing import equal_texts
from kam_expert.importing.subprocess_worker import apart, cores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from kam_expert.importing.collected import Collected, EntityColumns
    from kam_expert.importing.mapping import SystemMapping

_MOST = 10_000
_MOST_ALIKE = 20
#: So many things are compared faster than a process starts.
APART_FROM = 50_000


class LookAlikes:
    """Groups of accounts, and of people, that share a field that few should share.

    Accounts are alike by name (without the legal form, whatever the order of its words) or by
    domain; people by e-mail, or by name within an account. Which fields agree is said; that they
    are one is for a person to say. Many are compared on another core, meanwhile.
    """

    def __init__(self, store: Collected, mapping: SystemMapping) -> None:
        self.store = store
        accounts, people = store.accounts, store.people
        shared = mapping.shared
        # Nobody is alike by having no account or no name.
        self._jobs: list[tuple[Any, ...]] = [
            ("companies", equal_texts.joined(accounts.names),
             [form.casefold() for form in shared.legal_forms]),
            ("domains", equal_texts.joined(accounts.more.get("domain") or ()), list(shared.free_mail)),
            ("texts", equal_texts.joined(people.more.get("email") or ())),
            ("texts_of", equal_texts.joined(people.names), people.more.get("account") or []),
        ]  # fmt: skip
        if not people.ids:
            self._jobs[3:] = []
        self._process = ExitStack()
        weakref.finalize(self, self._process.close)
        self._answer: IO[bytes] | None = None
        if len(accounts.ids) + len(people.ids) >= APART_FROM and cores() > 1:
            try:
                told = marshal.dumps(self._jobs)
                self._answer = self._process.enter_context(apart(equal_texts.__file__, told))
            except OSError:
                self._process.close()

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups, the first thousands of them; to be asked once."""
        found: list[dict[str, Any]] = []
        companies, domains, mails, *names = self._found()
        people = self.store.people
        for group in (
            *self._named(self.store.accounts, "company", {"name": companies, "domain": domains}),
            *self._named(people, "person", {"email": mails}),
            *self._named(people, "person", {"name": names[0] if names else []}),
        ):
            if len(found) == _MOST:
                break
            found.append(group)
        return found

    def _found(self) -> list[list[list[int]]]:
        with self._process:
            if self._answer is not None:
                try:
                    found: list[list[list[int]]] = marshal.load(self._answer)  # noqa: S302 -- from our own process
                except (EOFError, ValueError, OSError):
                    pass  # it was stopped: what it was asked is answered here
                else:
                    return found
        return equal_texts.answers(self._jobs)

    def _named(
        self, listed: EntityColumns, kind: str, by: dict[str, list[list[int]]]
    ) -> Iterator[dict[str, Any]]:
        store = self.store
        fields: dict[tuple[int, ...], list[str]] = {}
        for field, groups in by.items():
            for places in groups:
                fields.setdefault(tuple(places), []).append(field)
        for alike, shared in fields.items():
            shown = alike[:_MOST_ALIKE]
            yield {
                "kind": f"same_{kind}?",
                "ids": [listed.ids[at] for at in shown],
                "names": [listed.names[at] for at in shown],
                "many": len(alike),
                "alike_in": sorted(shared),
                "where": [
                    str(store.tables[listed.tables[at]].place(listed.rows[at])) for at in shown
                ],
            }
