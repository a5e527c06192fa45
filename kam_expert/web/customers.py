"""The customer's page and questionnaire: the customer's own questions and answers, nothing of ours.

The pages are rendered from a case that holds nothing else, so nothing else can appear on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException

from kam_expert.errors import CaseError, KamError, Place, Problem
from kam_expert.facts.case import Answer, Case, Entity
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.changes import Slot, answers_in
from kam_expert.facts.edits import SetAnswer
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.yaml_reader import Map
from kam_expert.outputs.interface import translator
from kam_expert.outputs.wording import Words
from kam_expert.store.records import CUSTOMER, Conflict
from kam_expert.web.account_list import local_address, save_visitor
from kam_expert.web.answer_form import question_id
from kam_expert.web.customer_links import account_of_link, link_values
from kam_expert.web.downloads import file_response
from kam_expert.web.form_edits import submitted_value
from kam_expert.web.forms import read_document
from kam_expert.web.question_list import QuestionBook
from kam_expert.web.questionnaire import customer_facts, questionnaire_text, questions_by_theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from kam_expert.facts.edits import Edit
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.answer_form import Question
    from kam_expert.web.page_state import PageState
    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView, History

#: Steps of the customer's page after its questions: the review, the thanks, and all questions.
_STEPS = ("review", "thanks", "all")
_KEYS = ("kam", "campaign", "saved", "declined", "account", "customer")


def customer_case(account: AccountView, history: History) -> Case:
    """Return a case with the answers that the customer's team itself gave, and nothing else.

    It leaves out what a person at the customer said to us: that may be confidential.
    """
    own: dict[str, SetAnswer] = {}
    for entry in history.effective:
        for edit in entry.edits:
            if isinstance(edit, SetAnswer) and edit.slot.side == "theirs":
                own.pop(edit.slot.fact, None)
                if (entry.by or "").startswith(CUSTOMER) and edit.value is not UNKNOWN:
                    own[edit.slot.fact] = edit
    theirs = {
        fact: (Answer(edit.value, edit.as_of, edit.source, edit.by),)
        for fact, edit in own.items()
        if any(a.value == edit.value for a in answers_in(account.case, edit.slot))
    }
    return Case(Entity("account", account.case.account.id, account.name, theirs=theirs))


def _book(context: RequestContext, case: Case) -> QuestionBook:
    base = context.service.base
    words = Words(base, case, context.lang, context.service.today())
    return QuestionBook(case, base, words, {}, for_customer=True)


# The customer's page


def customer_page(context: RequestContext) -> Response:
    """Return the page of the customer's team."""
    return _page(context, *account_of_link(context))


def _page(  # noqa: PLR0913 -- what is shown, of whom, and why
    context: RequestContext,
    account: AccountView,
    address: str,
    status: int = 200,
    message: str = "",
    step: str | None = None,
) -> Response:
    """Return a page: the start, a chosen question, the review, the thanks or all questions.

    Args:
        context: Its query names the step.
        account: The account.
        address: Of the customer's page.
        status: Of the response.
        message: A notice.
        step: Instead of the step in the query.
    """
    service = context.service
    book = _book(context, customer_case(account, service.history(account)))
    chosen = chosen_questions(book)
    names = [question.slot.fact for question in chosen]
    step = context.query("step") if step is None else step
    place = names.index(step) if step in names else -1
    step = step if step in (*names, *_STEPS) else ""
    here = f"{address}?step={step}" if step else address
    return context.page(
        "customer_page.html.j2",
        status,
        name=account.name,
        supplier=context.app_state.settings.supplier,
        version=account.version,
        step=step,
        chosen=chosen,
        question=chosen[place] if place >= 0 else None,
        number=place + 1,
        before=names[place - 1] if place > 0 else "",
        after=names[place + 1] if 0 <= place < len(names) - 1 else "review",
        themes=questions_by_theme(book, context.lang) if step == "all" else [],
        answered_count=sum(not q.open for q in chosen),
        message=message,
        home=address,
        brand=account.name,
        visitor_form=f"{address}visitor",
        current_page=here,
    )


def chosen_questions(book: QuestionBook) -> list[Question]:
    """Return the questions that the customer is asked one by one; all if none were chosen."""
    facts = customer_facts(book.base)
    known = {fact.name for fact in facts}
    names = [name for name in book.base.chapters.customer_questions if name in known]
    account = book.case.account.id
    return [
        book.question(Slot("account", account, name, "theirs"))
        for name in names or [fact.name for fact in facts]
    ]


def customer_answer(context: RequestContext) -> Response:
    """Record an answer of the customer's team."""
    account, address = account_of_link(context)
    context.home = address
    form, service = context.form, context.service
    fact = service.base.facts.get(form.text("fact"))
    if fact is None or fact not in customer_facts(service.base):
        raise HTTPException(404)
    context.visitor = context.visitor.named(form.text("by") or context.visitor.name)
    name = context.visitor.name
    slot = Slot("account", account.case.account.id, fact.name, "theirs")
    value = submitted_value(context, fact, account.case)
    edit = SetAnswer(slot, value)
    if value is not UNKNOWN:
        edit = SetAnswer(slot, value, "said", name or None, service.today())
    try:
        account = service.record(account.key, [edit], CUSTOMER + name, form.number("seen"))
    except Conflict as conflict:
        _ = translator(context.lang).gettext
        message = _(
            "Somebody has just answered this question. Look at it again; your answer was not saved."
        )
        step = fact.name if form.text("next") else "all"
        return _page(context, service.view(conflict.state), address, 409, message, step)
    following = form.text("next") or "all"
    if context.live:
        return _page(context, account, address, step=following)
    fragment = "" if form.text("next") else f"#{question_id(slot)}"
    return context.redirect(f"{address}?step={quote(following)}{fragment}")


def save_customer_visitor(context: RequestContext) -> Response:
    """Save the language, the size of type or the name of a customer's visitor."""
    _, address = account_of_link(context)
    save_visitor(context)
    back = local_address(context.form.text("back"))
    return context.redirect(back if back.startswith(address) else address)


# The consultants' tab about it


def customer_tab(
    context: RequestContext, page: AccountPage, page_state: PageState
) -> dict[str, Any]:
    """Return the customer link, and the answers of both sides to each question."""
    del page_state
    account_id = page.account.case.account.id
    both = [
        page.book.fact_questions(Slot("account", account_id, fact.name, "theirs"))
        for fact in customer_facts(context.service.base)
    ]
    return {
        **link_values(context, page.account.key),
        "both": [questions for questions in both if questions is not None],
    }


# The questionnaire


def questionnaire(context: RequestContext) -> Response:
    """Return the questionnaire for the customer: an HTML file that works without this server."""
    account = context.account()
    entity = account.case.account
    service = context.service
    text = questionnaire_text(
        (entity.id, account.name), service.base, context.lang, service.today()
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox"
    name = f"{entity.id}-questions.{context.lang}.html"
    return file_response(text, "text/html", name, policy)


def uploaded_answers(context: RequestContext, case: Case) -> Sequence[Edit]:
    """Return the edits for the answers in an uploaded questionnaire.

    Args:
        context: Its form has the file.
        case: The account that was asked.

    Raises:
        KamError: The file is about another account, has anything but answers of the customer, or
            an invalid answer; each problem with its place.
    """
    name = translator(context.lang).gettext("your file")
    document = read_document(context.form.file("answers"), name)
    if isinstance(document, Map):
        unknown = [
            Problem(document.at(key), f'"{key}" is not an answer of the customer')
            for key in document
            if key not in _KEYS
        ]
        if unknown:
            raise CaseError(unknown)
        for key in ("campaign", "saved", "declined"):
            document.pop(key, None)
    account = build_case(document, context.service.base, Place(name)).account
    if account.id != case.account.id:
        raise KamError(f'{name}: is for the account "{account.id}", not for this one')
    return [
        SetAnswer(Slot("account", account.id, fact, "theirs"), a.value, a.source, a.by, a.as_of)
        for fact, answers in account.theirs.items()
        for a in answers
    ]
