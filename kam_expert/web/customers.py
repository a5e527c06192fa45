"""What the customer's team sees and sends: its own questions and answers, and nothing of ours.

Its pages are made from a case that holds nothing else, so nothing else can get onto them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError, KamError, Place, Problem, ProblemsError
from kam_expert.facts.case import Answer, Case, Entity
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.changes import Slot, told
from kam_expert.facts.edits import SetAnswer
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.yaml_reader import Map, read_text
from kam_expert.outputs.interface import translator
from kam_expert.outputs.wording import Words
from kam_expert.store.records import Conflict
from kam_expert.web.account_list import own_address, visitor
from kam_expert.web.answer_form import question_id, read_value
from kam_expert.web.customer_links import link_values, opened_by_link
from kam_expert.web.downloads import file_response
from kam_expert.web.edit_words import CUSTOMER
from kam_expert.web.failures import Missing
from kam_expert.web.page_state import look_of, theme_names
from kam_expert.web.question_list import QuestionBook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import Shown
    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView, History

_KEYS = ("kam", "account", "customer")


def customer_facts(base: KnowledgeBase) -> list[Fact]:
    """Return the facts that the customer is asked."""
    return [f for f in base.facts.values() if f.kind == "account" and f.doc.asked_of != "us"]


def own_case(look: AccountView, story: History) -> Case:
    """Return a case with nothing in it but what the customer's team answered with its own hand.

    What somebody of the customer told us in confidence is not for the colleagues' eyes either.
    """
    written: dict[str, SetAnswer] = {}
    for entry in story.standing:
        for edit in entry.edits:
            if isinstance(edit, SetAnswer) and edit.slot.side == "theirs":
                written.pop(edit.slot.fact, None)
                if (entry.by or "").startswith(CUSTOMER) and edit.value is not UNKNOWN:
                    written[edit.slot.fact] = edit
    account = look.case.account
    theirs = {
        fact: (Answer(edit.value, edit.as_of, edit.source, edit.by),)
        for fact, edit in written.items()
        if any(a.value == edit.value for a in told(look.case, edit.slot))
    }
    return Case(Entity("account", account.id, account.name, theirs=theirs))


class CustomerPage:
    """One account as the customer's team sees it."""

    def __init__(self, visit: RequestContext, look: AccountView) -> None:
        desk = visit.desk
        self.look = look
        self.case = own_case(look, desk.story(look))
        self.words = Words(desk.base, self.case, visit.lang, desk.today())
        self.book = QuestionBook(self.case, desk.base, self.words, {})

    def themes(self, lang: str, base: KnowledgeBase) -> list[tuple[str, list[Any]]]:
        """Return the questions by theme."""
        labels = theme_names(lang)
        by_theme: dict[str, list[Any]] = {}
        for fact in customer_facts(base):
            slot = Slot("account", self.case.account.id, fact.name, "theirs")
            label = labels.get(fact.doc.theme, fact.doc.theme)
            by_theme.setdefault(label, []).append(self.book.question(slot))
        return list(by_theme.items())


def customer_page(visit: RequestContext) -> Response:
    """Return the page of the customer's team."""
    return _shown(visit, *opened_by_link(visit))


def _shown(
    visit: RequestContext, look: AccountView, address: str, status: int = 200, message: str = ""
) -> Response:
    page = CustomerPage(visit, look)
    themes = page.themes(visit.lang, visit.desk.base)
    questions = [question for _, each in themes for question in each]
    return visit.page(
        "customer_page.html.j2",
        status,
        look=page,
        name=page.case.account.name,
        version=look.version,
        themes=themes,
        answered_count=sum(not q.open for q in questions),
        total=len(questions),
        message=message,
        today=visit.desk.today().isoformat(),
        at=address,
        home=address,
        brand=page.case.account.name,
        settings_at=f"{address}visitor",
        self_address=address,
    )


def customer_answer(visit: RequestContext) -> Response:
    """Take an answer of the customer's team."""
    look, address = opened_by_link(visit)
    visit.home = address
    form = visit.form
    fact = visit.desk.base.facts.get(form.text("fact"))
    if fact is None or fact not in customer_facts(visit.desk.base):
        raise Missing
    slot = Slot("account", look.case.account.id, fact.name, "theirs")
    sent = [] if "unknown" in form else form.texts("value") or [form.text("typed")]
    value = read_value(fact, sent, visit.lang)
    name = form.text("by") or visit.session.name
    visit.session = visit.session.named(name)
    if value is UNKNOWN and "unknown" not in form:
        raise KamError(
            translator(visit.lang).gettext("Choose or type an answer, or press “Not known”.")
        )
    edit = SetAnswer(slot, value)
    if value is not UNKNOWN:
        edit = SetAnswer(slot, value, "said", name or None, visit.desk.today())
    try:
        look = visit.desk.record(look.key, [edit], CUSTOMER + name, form.number("seen"))
    except Conflict as conflict:
        _ = translator(visit.lang).gettext
        text = _(
            "Somebody has just answered this question. Look at it again; your answer was not saved."
        )
        return _shown(visit, visit.desk.judged(conflict.state), address, 409, text)
    if visit.live:
        return _shown(visit, look, address)
    return visit.go(f"{address}#{question_id(slot)}")


def customer_visitor(visit: RequestContext) -> Response:
    """Note the language, the size of type or the name of a customer's visitor."""
    _, address = opened_by_link(visit)
    visitor(visit)
    back = own_address(visit.form.text("back"))
    return visit.go(back if back.startswith(address) else address)


# Our own page about it


def customer_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return our page with the link for the customer and both answers side by side."""
    del shown
    base, case = visit.desk.base, page.look.case
    both = [
        page.book.asking(Slot("account", case.account.id, fact.name, "theirs"))
        for fact in customer_facts(base)
    ]
    return {
        **link_values(visit, page.look.key),
        "both": [asking for asking in both if asking is not None],
    }


def questionnaire(visit: RequestContext) -> Response:
    """Return the questionnaire for the customer as a file of its own, which works without us."""
    look = look_of(visit)
    base = visit.desk.base
    # Nothing of the account but its name: the file leaves the house.
    case = Case(Entity("account", look.case.account.id, look.case.account.name))
    words = Words(base, case, visit.lang, visit.desk.today())
    book = QuestionBook(case, base, words, {})
    labels = theme_names(visit.lang)
    by_theme: dict[str, list[Any]] = {}
    for fact in customer_facts(base):
        question = book.question(Slot("account", case.account.id, fact.name, "theirs"))
        by_theme.setdefault(labels.get(fact.doc.theme, fact.doc.theme), []).append(question)
    text = visit.text("questionnaire.html.j2", account=case.account, themes=list(by_theme.items()))
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox"
    name = f"{case.account.id}-questions.{visit.lang}.html"
    return file_response(text, "text/html", name, policy)


def read_answers(data: bytes, case: Case, base: KnowledgeBase, name: str) -> list[Edit]:
    """Return the answers of the customer that a questionnaire brings back.

    Args:
        data: The file.
        case: The account that was asked.
        base: The rule base.
        name: Of the file, for messages.

    Raises:
        KamError: The file is for another account, holds anything but the customer's answers, or
            holds something that is no answer; each mistake with its place.
    """
    try:
        node = read_text(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise KamError(f"{name}: is not a text in UTF-8") from None
    except ProblemsError as error:
        raise CaseError(error.problems) from None
    if isinstance(node, Map):
        strange = [
            Problem(node.at(key), f'"{key}" is no answer of the customer')
            for key in node
            if key not in _KEYS
        ]
        if strange:
            raise CaseError(strange)
    told_case = build_case(node, base, Place(name))
    if told_case.account.id != case.account.id:
        raise KamError(f'{name}: is for the account "{told_case.account.id}", not for this one')
    return [
        SetAnswer(
            Slot("account", case.account.id, fact, "theirs"), a.value, a.source, a.by, a.as_of
        )
        for fact, answers in told_case.account.theirs.items()
        for a in answers
    ]


def take_in(visit: RequestContext, case: Case) -> Sequence[Edit]:
    """Return the edits of an uploaded questionnaire."""
    name = translator(visit.lang).gettext("your file")
    return read_answers(visit.form.file("answers"), case, visit.desk.base, name)
