"""What a person decides about a proposal in the inbox."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from kam_expert.knowledge.values import UNKNOWN
from kam_expert.web.account_actions import record_edits
from kam_expert.web.answer_form import read_value

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext


def decide(context: RequestContext) -> Response:
    """Accept a proposal, with its value or another one, or refuse it."""
    context.home = f"/a/{context.key}/inbox"
    form, service = context.form, context.service
    inbox, decision = service.inbox(context.key), form.text("decision")
    if inbox is None or decision not in ("accept", "refuse"):
        raise HTTPException(400)
    open_ = {one.id: one for one in inbox.proposals() if one.status == "open"}
    found = open_.get(form.text("proposal"))
    if found is None:  # somebody decided it meanwhile: the page says who
        return record_edits(context, [], context.author, form.number("seen"))
    if decision == "refuse":
        inbox.decide(found, "refused", context.author)
        return record_edits(context, [], context.author, form.number("seen"))
    value = read_value(service.base.facts[found.edit.slot.fact], form.texts("value"), context.lang)
    if value is not UNKNOWN:
        found = replace(found, edit=replace(found.edit, value=value))
    return record_edits(
        context,
        [found.edit],
        context.author,
        form.number("seen"),
        decided=[inbox.decision(found, "accepted", context.author)],
    )
