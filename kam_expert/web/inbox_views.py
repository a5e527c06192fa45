"""The inbox of an account: what was proposed from notes, next to the words that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.outputs.proposal_words import ProposalWords
from kam_expert.web.answer_form import choices_of, form_of, typed_of

if TYPE_CHECKING:
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.answer_form import Choice
    from kam_expert.web.page_state import PageState
    from kam_expert.web.request import RequestContext


@dataclass(frozen=True)
class ProposalShown:
    """A proposal as the page shows it.

    Attributes:
        answer: What was proposed, in words.
        known: The known answer that it contradicts, in words; empty for none.
        decision: What was decided and by whom; empty while it is open.
        form: As of a question.
        choices: The values to choose from; empty where one is typed.
        typed: The proposed value in an input field.
    """

    found: ProposedAnswer
    answer: str
    known: str
    decision: str
    form: str
    choices: tuple[Choice, ...]
    typed: str


def inbox_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return the proposals, the open ones first."""
    del context, page_state
    shown = [_shown(found, page) for found in page.proposals]
    return {
        "proposed": [one for one in shown if not one.decision],
        "decided": [one for one in shown if one.decision],
    }


def _shown(found: ProposedAnswer, page: AccountPage) -> ProposalShown:
    base, day = page.service.base, page.account.diagnosis.day
    words = ProposalWords(base, page.account.case, page.lang, day)
    fact, value = base.facts[found.edit.slot.fact], found.edit.value
    form = form_of(fact)
    choices = choices_of(fact, value, page.words) if form in ("choice", "set") else ()
    return ProposalShown(
        found,
        words.answer(found),
        words.contradiction(found),
        words.decision(found),
        form,
        choices,
        typed_of(fact, value),
    )
