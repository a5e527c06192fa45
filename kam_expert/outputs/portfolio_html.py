"""The portfolio page: a single HTML file that is complete without its script."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from markupsafe import Markup

from kam_expert import __version__
from kam_expert.outputs.campaign_page import CampaignPage
from kam_expert.outputs.effort_page import EffortPage
from kam_expert.outputs.portfolio_page import PortfolioPage
from kam_expert.outputs.roles import edition_name, edition_note
from kam_expert.outputs.templating import rendered
from kam_expert.resources import templates_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.results.campaign import CampaignStatus
    from kam_expert.results.effort import EffortPlan
    from kam_expert.results.portfolio import PortfolioSummary


def render_portfolio(  # noqa: PLR0913 -- the parts of the page
    summary: PortfolioSummary,
    base: KnowledgeBase,
    view: PortfolioView,
    lang: str,
    effort: EffortPlan | None = None,
    campaign: CampaignStatus | None = None,
) -> str:
    """Return the portfolio page as an HTML document.

    Args:
        summary: The results.
        base: The rule base with the texts.
        view: How a portfolio is sorted and shown.
        lang: ``uk`` or ``en``.
        effort: The moves chosen within a capacity, if they were.
        campaign: The status of a campaign about these accounts, if there is one.

    Returns:
        A self-contained page. Its content security policy allows only its own style and script.
        The same arguments give the same text.
    """
    style = _text("report.css") + _text("portfolio.css")
    script = _text("portfolio.js")
    page = PortfolioPage(summary, base, view, lang)
    return rendered(
        "portfolio.html.j2",
        lang,
        p=page,
        s=summary,
        w=page.words,
        edition=edition_name(summary.edition, lang),
        note=edition_note(summary.edition, lang),
        base=base,
        view=view,
        effort=EffortPage(effort, summary.rows, page) if effort else None,
        campaign=CampaignPage(campaign, base, lang) if campaign else None,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        program=__version__,
    )


def _text(name: str) -> Markup:
    return Markup((templates_folder() / name).read_text(encoding="utf-8"))  # noqa: S704 -- our file


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
