"""The plan on the live page: what was agreed and what is proposed, and the forms for both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from kam_expert.engines.inquiry.review import promises
from kam_expert.engines.plan_signs import sign, sign_questions
from kam_expert.errors import KamError
from kam_expert.facts.changes import Slot, answers_in
from kam_expert.facts.edits import ChangePlanEntry, RemovePlanEntry
from kam_expert.facts.known_on import known_on
from kam_expert.facts.plan_edits import agreed, begun, done, dropped, entry_of
from kam_expert.facts.plan_entries import RESULTS, SIDES, PlanEntry
from kam_expert.facts.plan_subjects import subjects_of
from kam_expert.facts.readings import Readings
from kam_expert.facts.workbook_form import said
from kam_expert.knowledge.about import About
from kam_expert.outputs.callings import callings, owner_called
from kam_expert.outputs.interface import translator
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.review_words import PromiseWords, ReviewWords
from kam_expert.web.form_edits import form_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.values import Truth
    from kam_expert.outputs.plan_shown import EntryShown
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import PageState
    from kam_expert.web.question_list import FactQuestions
    from kam_expert.web.request import RequestContext


@dataclass(frozen=True)
class Closed:
    """An entry that is done, with the questions about the sign of its success.

    Attributes:
        seen: Whether the sign is seen; None if unknown or if there is none.
        ask: Whether a question was not answered since it was done.
    """

    shown: EntryShown
    questions: tuple[FactQuestions, ...]
    seen: Truth
    ask: bool


def plan_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return what was agreed, what is proposed, and what is done with its questions."""
    del page_state
    case, plan = page.account.case, page.report.plan
    return {
        "closed": _closed(page),
        "results": [(result, said(result, context.lang)) for result in RESULTS],
        "subjects": [
            (identity, page.words.about(About(kinds[0], identity)))
            for identity, kinds in subjects_of(case).items()
        ],
        "owners": list(callings(case, page.service.base, page.lang).values()),
        "owner_of": PlanWords(page.words).owner,
        "stranger": PlanWords(page.words).near_owner,
        "proposed": [move for move in plan.moves if move.move.entry is None],
        "taken_on": [move for move in plan.moves if move.move.entry is not None],
    }


def _closed(page: AccountPage) -> list[Closed]:
    case, base = page.account.case, page.service.base
    readings = Readings(case, base, page.account.diagnosis.day)
    listed: set[str] = set()
    found = []
    for shown in page.report.plan.done:
        entry, questions, ask = shown.entry, [], False
        for asked in sign_questions(entry, readings):
            slot = Slot(asked.about.kind, asked.about.id, asked.fact or "", asked.side)
            days = [answer.as_of for answer in answers_in(case, slot)]
            ask = ask or not any(d and entry.done_on and d >= entry.done_on for d in days)
            both = page.book.fact_questions(slot)
            if both is not None and both.questions[0].id not in listed:
                listed.add(both.questions[0].id)
                questions.append(both)
        found.append(Closed(shown, tuple(questions), sign(entry, readings), ask))
    return found


def last_meeting(page: AccountPage) -> dict[str, Any] | None:
    """Return what was promised by the last meeting; None if nothing had been agreed by then."""
    earlier = page.service.last_meeting(page.account)
    if earlier is None:
        return None
    old, since = earlier
    case, base, day = page.account.case, page.service.base, page.account.diagnosis.day
    found = promises(known_on(old, base, since, day), known_on(case, base, day, day), base, day)
    section = PromiseWords(case, old, base, page.lang, (since, day)).section(found)
    return {"since": page.words.dated(since), "section": section}


def review_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return the whole review of the account since the last meeting."""
    del context, page_state
    found, earlier = page.service.review(page.account), page.service.last_meeting(page.account)
    if found is None or earlier is None:
        return {"review": None}
    words = ReviewWords(found, page.account.case, earlier[0], page.service.base, page.lang)
    return {"review": words, "sections": words.sections()}


# Forms


def _agree(context: RequestContext, case: Case) -> list[Edit]:
    step = context.form.text("step")
    if step not in context.service.base.steps:
        raise HTTPException(404)
    if any(other.step == step and other.is_open for other in case.plan):
        raise KamError(translator(context.lang).gettext("This step is agreed already."))
    return [agreed(case, _entry(context, case, PlanEntry("", step=step)))]


def _promise(context: RequestContext, case: Case) -> list[Edit]:
    side, text = context.form.text("side"), context.form.text("text")
    if side not in SIDES:
        raise HTTPException(404)
    if not text:
        raise KamError(translator(context.lang).gettext("Write what is to be done."))
    return [agreed(case, _entry(context, case, PlanEntry("", text=text, side=side)))]


def _entry(context: RequestContext, case: Case, entry: PlanEntry) -> PlanEntry:
    """Return *entry* with what a form says of whom, who and when."""
    known = subjects_of(case)
    return replace(
        entry,
        about=tuple(name for name in context.form.texts("about") if name in known),
        owner=_owner(context, case),
        begin=form_day(context, "begin"),
        due=form_day(context, "due"),
        agreed_on=context.service.today(),
    )


def _owner(context: RequestContext, case: Case) -> str:
    return owner_called(case, context.service.base, context.lang, context.form.text("owner"))


def _mark(context: RequestContext, case: Case) -> list[Edit]:
    form = context.form
    name = entry_of(case, form.text("id")).id
    day = form_day(context, "done_on") or context.service.today()
    match form.text("status"):
        case "begun":
            return [begun(name)]
        case "done" if form.text("result") in ("", *RESULTS):
            return [done(name, day, form.text("result"), form.text("evidence"))]
        case "dropped":
            if not form.text("reason"):
                raise KamError(translator(context.lang).gettext("Write why it is dropped."))
            return [dropped(name, form.text("reason"), day)]
        case "agreed":
            return [ChangePlanEntry(name, (("status", "agreed"),))]
    raise HTTPException(404)


def _change(context: RequestContext, case: Case) -> list[Edit]:
    form = context.form
    entry = entry_of(case, form.text("id"))
    if "remove" in form:
        return [RemovePlanEntry(entry.id)]
    values: dict[str, Any] = {
        "owner": _owner(context, case),
        "begin": form_day(context, "begin"),
        "due": form_day(context, "due"),
        "note": form.text("note"),
    }
    new = tuple((key, value) for key, value in values.items() if value != getattr(entry, key))
    return [ChangePlanEntry(entry.id, new)] if new else []


#: By the address of a form within an account, the function that returns its edits.
PLAN_ACTIONS: dict[str, Callable[[RequestContext, Case], list[Edit]]] = {
    "agree": _agree,
    "promise": _promise,
    "mark": _mark,
    "entry": _change,
}
