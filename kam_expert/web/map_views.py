"""The tab with the map of people: what it shows, and what is being done on it.

The address says what is being done, so every act works without a script: choosing one card, then
another or a place, leads to a form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from babel.dates import format_datetime
from starlette.exceptions import HTTPException

from kam_expert.outputs.interface import translator
from kam_expert.outputs.report_people import ReportPeople
from kam_expert.web.map_changes import changes_between
from kam_expert.web.map_findings import FindingsOnMap
from kam_expert.web.map_layout import laid_out
from kam_expert.web.map_matrix import matrix_of
from kam_expert.web.map_model import SIDES, MapModel, key_in, key_text
from kam_expert.web.map_network import MapNetwork
from kam_expert.web.map_words import MapWords
from kam_expert.web.page_state import number_in

if TYPE_CHECKING:
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.map_findings import OnMap
    from kam_expert.web.map_model import Card
    from kam_expert.web.page_state import PageState
    from kam_expert.web.request import RequestContext

#: Versions to compare with that are listed.
_VERSIONS = 100
#: Acts that the address names with ``do``: add somebody, move a card, draw a tie.
ACTS = ("add", "move", "tie")
VIEWS = ("", "matrix", "changes")


@dataclass(frozen=True)
class Act:
    """What is being done on the map.

    Attributes:
        do: One of `ACTS`; empty to look.
        side: The side to which somebody is added.
        one: The card that was chosen first.
        other: The card that was chosen second.
        column, row: The place that was chosen.
        placed: Whether a place was chosen.
    """

    do: str = ""
    side: str = ""
    one: Card | None = None
    other: Card | None = None
    column: str = ""
    row: str = ""
    placed: bool = False

    @property
    def everything(self) -> str:
        """Return the side of which empty places are shown too."""
        if self.do == "add" and not self.placed:
            return self.side
        return self.one.kind if self.do == "move" and self.one else ""


def _act(model: MapModel, page_state: PageState) -> Act:
    do, side = page_state.param("do"), page_state.param("side")
    if do not in ACTS:
        return Act()
    cards = [model.cards.get(key) if (key := key_in(page_state.param(name))) else None
             for name in ("from", "to")]  # fmt: skip
    if do == "add" and side not in SIDES:
        raise HTTPException(404)
    return Act(
        do,
        side,
        cards[0],
        cards[1] if cards[1] != cards[0] else None,
        page_state.param("column"),
        page_state.param("row"),
        placed="column" in page_state.params or "row" in page_state.params
        or page_state.param("placed") == "yes",
    )  # fmt: skip


def map_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return the map of people, the matrix, or what changed on the map."""
    view = page_state.param("view")
    if view not in VIEWS:
        raise HTTPException(404)
    model = MapModel(page.report)
    network = MapNetwork(model)
    act = _act(model, page_state)
    findings = FindingsOnMap(model).all()
    chosen = next((f for f in findings if f.id == page_state.param("finding")), None)
    card = model.cards.get((page_state.param("kind"), page_state.param("id")))
    said = MapWords(model, network)
    values: dict[str, Any] = {
        "view": view,
        "act": act,
        "model": model,
        "network": network,
        "said": said,
        "findings": findings,
        "finding": chosen,
        "card": card,
        "card_questions": _card_questions(page, model, card),
        "key_text": key_text,
        "opened": list(page_state.params.get("open", ())),
        "titles": map_titles(page.lang),
    }
    if view == "matrix":
        return values | {"matrix": matrix_of(model)}
    layout = laid_out(
        model,
        said.marks,
        opened=frozenset(page_state.params.get("open", ())),
        first=[c.key for c in (*network.first(), *([card] if card else []))]
        + sorted(chosen.cards if chosen else ()),
        everything=act.everything,
    )
    values |= {"layout": layout, "shown": _shown(model, chosen, card)}
    return values | _changes(context, page, page_state, model) if view == "changes" else values


def _changes(
    context: RequestContext, page: AccountPage, page_state: PageState, model: MapModel
) -> dict[str, Any]:
    """Return what changed since an earlier version, by default the last of an earlier day."""
    account, today = page.account, context.service.today()
    earlier = [e for e in page.history.entries if e.version < account.version]
    days = {e.version: e.at.astimezone() for e in earlier}
    before = [version for version, at in days.items() if at.date() < today]
    wanted = number_in(page_state.param("since"))
    newest = max(before or days, default=None)
    since = wanted if wanted in days else newest
    values: dict[str, Any] = {
        "since_version": since,
        "since_versions": [
            (version, format_datetime(at, "d MMMM y, HH:mm", locale=page.lang))
            for version, at in sorted(days.items(), reverse=True)[:_VERSIONS]
        ],
        "changes": [],
    }
    if since is None:
        return values
    then = context.service.view(context.service.store.state(account.key, since))
    report = ReportPeople(then.diagnosis, then.case, context.service.base, page.lang)
    changes = changes_between(MapModel(report), model)
    shown = {
        "cards": {key for change in changes for key in change.cards},
        "lines": [change.line for change in changes if change.line is not None],
    }
    return values | {"changes": changes, "shown": shown if changes else None}


def _shown(model: MapModel, finding: OnMap | None, card: Card | None) -> dict[str, Any] | None:
    """Return the cards and lines that are emphasised; None if all are alike."""
    if finding is not None:
        return {"cards": finding.cards, "lines": [x for x in model.lines if x.id in finding.links]}
    if card is not None:
        lines = model.lines_of(card.key)
        return {"cards": {end for line in lines for end in (line.one, line.other)} | {card.key},
                "lines": lines}  # fmt: skip
    return None


def _card_questions(page: AccountPage, model: MapModel, card: Card | None) -> list[Any]:
    """Return the questions about a card whose answers the map shows."""
    if card is None:
        return []
    drawn, shown = model.drawn, model.base.shown
    names = [model.column_fact(card.kind), model.row_fact(card.kind)]
    if card.kind == "person":
        goal = [shown.goal.what, shown.goal.by] if shown.goal else []
        names += [drawn.voice, drawn.openness, shown.main_contact, *goal, drawn.above, drawn.heard]
        names += drawn.wanted
    entity = next(e for e in model.case.entities(card.kind) if e.id == card.key[1])
    return [a.questions[0] for a in page.book.about(entity, [name for name in names if name])]


def map_titles(lang: str) -> list[tuple[str, str]]:
    """Return the views with their titles."""
    _ = translator(lang).gettext
    return [("", _("Map")), ("matrix", _("Table of ties")),
            ("changes", _("Then and now"))]  # fmt: skip
