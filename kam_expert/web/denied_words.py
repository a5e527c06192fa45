"""Words that have no place in a note about people, in what a version brought: a page says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.denylist import sensitive_terms, sensitive_terms_added
from kam_expert.store.records import NotThere

if TYPE_CHECKING:
    from kam_expert.web.service import AccountService, AccountView


def words_noted(
    desk: AccountService, look: AccountView, version: int
) -> tuple[tuple[str, str], ...]:
    """Return the words that a version brought, each with its topic; none for a version of nobody's.

    The words are found anew from the version, so that no address and no cookie has them in it.
    """
    if desk.privacy is None:
        return ()
    try:
        if version == 1:
            found = sensitive_terms(desk.store.state(look.key, 1).case, desk.privacy)
            return tuple(dict.fromkeys((word.word, word.topic) for word in found))
        before = desk.store.state(look.key, version - 1).case
    except NotThere:
        return ()
    edits = [
        e for entry in desk.story(look).entries if entry.version == version for e in entry.edits
    ]
    return sensitive_terms_added(edits, before, desk.privacy)
