"""Duplicate detection: accounts and people that may be the same one; they are never merged."""

from __future__ import annotations

import os
from concurrent.futures import BrokenExecutor, Future
from typing import TYPE_CHECKING, Any, NamedTuple

from kam_expert.importing.equal_texts import (
    Groups,
    equal_companies,
    equal_domains,
    equal_texts,
    equal_texts_within,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.importing.collected import Collected, EntityColumns
    from kam_expert.importing.mapping import SystemMapping

_MAX_GROUPS = 10_000
_MAX_SHOWN = 20
#: From this number of accounts and people a second process saves more time than its start takes.
WORKER_FROM = 50_000


class _Fields(NamedTuple):
    """What is compared, one item for each account or person."""

    companies: list[str]
    domains: list[str | None]
    people: list[str]
    accounts: list[int]
    emails: list[str | None]
    legal_forms: list[str]
    free_mail: list[str]


class _Equal(NamedTuple):
    companies: Groups
    domains: Groups
    emails: Groups
    people: Groups


def _compare(fields: _Fields) -> _Equal:
    return _Equal(
        equal_companies(fields.companies, fields.legal_forms),
        equal_domains(fields.domains, fields.free_mail),
        equal_texts(fields.emails),
        equal_texts_within(fields.people, fields.accounts),
    )


class DuplicateDetection:
    """Groups of accounts, and of people, that share a field that few share.

    Accounts share a name (without the legal form, in any order of words) or a domain; people an
    e-mail address, or a name within an account. Each group names the fields that are equal. A
    second process compares long lists while this one goes on.
    """

    def __init__(self, store: Collected, mapping: SystemMapping) -> None:
        self.store = store
        accounts, people = store.accounts, store.people
        self._fields = _Fields(
            accounts.names,
            accounts.more.get("domain", []),
            people.names,
            people.more.get("account", []),
            people.more.get("email", []),
            mapping.shared.legal_forms,
            mapping.shared.free_mail,
        )
        self._equal: Future[_Equal] | None = None
        if len(accounts.ids) + len(people.ids) >= WORKER_FROM and (os.cpu_count() or 1) > 1:
            import multiprocessing  # noqa: PLC0415 -- a browser has no processes
            from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 -- as above

            worker = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
            self._equal = worker.submit(_compare, self._fields)
            worker.shutdown(wait=False)

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups as data, at most 10,000."""
        equal, people = self._compared(), self.store.people
        groups = (
            *self._named(
                self.store.accounts, "company", {"name": equal.companies, "domain": equal.domains}
            ),
            *self._named(people, "person", {"email": equal.emails}),
            *self._named(people, "person", {"name": equal.people}),
        )
        return list(groups[:_MAX_GROUPS])

    def _compared(self) -> _Equal:
        if self._equal is not None:
            try:
                return self._equal.result()
            except BrokenExecutor:
                pass  # the process was stopped
        return _compare(self._fields)

    def _named(
        self, listed: EntityColumns, kind: str, by: dict[str, Groups]
    ) -> Iterator[dict[str, Any]]:
        fields: dict[tuple[int, ...], list[str]] = {}
        for field, groups in by.items():
            for places in groups:
                fields.setdefault(tuple(places), []).append(field)
        for equal, shared in fields.items():
            shown = equal[:_MAX_SHOWN]
            yield {
                "kind": f"same_{kind}?",
                "ids": [listed.ids[at] for at in shown],
                "names": [listed.names[at] for at in shown],
                "many": len(equal),
                "alike_in": sorted(shared),
                "where": [
                    str(self.store.tables[listed.tables[at]].place(listed.rows[at])) for at in shown
                ],
            }
