"""The denied words that a version of an account brought into its notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.denylist import sensitive_terms, sensitive_terms_added
from kam_expert.store.records import NotThere

if TYPE_CHECKING:
    from kam_expert.web.service import AccountService, AccountView


def denied_words_in(
    service: AccountService, account: AccountView, version: int
) -> tuple[tuple[str, str], ...]:
    """Return the denied words that *version* added, each with its topic.

    They are found from the stored version each time, so no address and no cookie holds them. An
    unknown version has none.
    """
    if service.privacy is None:
        return ()
    try:
        if version == 1:
            found = sensitive_terms(service.store.state(account.key, 1).case, service.privacy)
            return tuple(dict.fromkeys((word.word, word.topic) for word in found))
        before = service.store.state(account.key, version - 1).case
    except NotThere:
        return ()
    entries = service.history(account).entries
    edits = [edit for entry in entries if entry.version == version for edit in entry.edits]
    return sensitive_terms_added(edits, before, service.privacy)
