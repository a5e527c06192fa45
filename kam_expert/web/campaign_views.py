"""The page on a campaign: who answered, whom to remind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from kam_expert.outputs.campaign_page import CampaignPage

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext


def campaign_page(context: RequestContext) -> Response:
    """Return the page on the campaign. Raises HTTPException if the server has none."""
    status_on = context.app_state.settings.campaign
    if status_on is None:
        raise HTTPException(404)
    service = context.service
    page = CampaignPage(status_on(service.today()), service.base, context.lang)
    return context.page("campaign.html.j2", campaign=page, current_page="/campaign/")
