"""The operations of the interface, and what each does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.method_data import rule_data, rules_data, vocabulary_data
from kam_expert.app.plan_output import PlanOutput
from kam_expert.app.report import Report
from kam_expert.engines.planning import PlanLimits
from kam_expert.errors import KamError, shortened
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.given_answers import given_edits
from kam_expert.facts.proposals import Note
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.json_reader import ROOT
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.json_document import DiagnosisDocument, render_json
from kam_expert.outputs.json_plan import PlanDocument
from kam_expert.store.records import NotThere
from kam_expert.store.users import UserRole
from kam_expert.web.api.operation import CASE, Call, Operation, Parameter
from kam_expert.web.api.problems import problem_response
from kam_expert.web.api.shapes import (
    AccountDocument,
    AccountsDocument,
    AnswersBody,
    EntitiesDocument,
    InboxDocument,
    ProposalsBody,
    RecordedDocument,
    ResultsDocument,
    RulesDocument,
    VocabularyDocument,
    WhatIfBody,
)
from kam_expert.web.downloads import REPORT_POLICY

if TYPE_CHECKING:
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.store.records import StoredAccount

_EDITION = Parameter("edition", "For whom it is.", tuple(map(str, Edition)), default="consultant")
_LANG = Parameter("lang", "Its language.", tuple(LANGUAGES), default="en")
_ABOUT = Parameter("about", "The id of what it is about; all by default.")


def _accounts(call: Call) -> dict[str, Any]:
    first, most, wanted = (call.query[name] for name in ("offset", "limit", "id"))
    found = call.service.store.accounts(identity=wanted)
    shown = found[first : first + most]
    return {"total": len(found), "accounts": [_account_data(one) for one in shown]}


def _account(call: Call) -> dict[str, Any]:
    found = call.service.store.accounts(key=call.key)
    if not found:
        raise NotThere(f'unknown account "{shortened(call.key)}"')
    return _account_data(found[0])


def _account_data(found: StoredAccount) -> dict[str, Any]:
    summary = found.summary
    return {
        "key": found.key,
        "id": found.id,
        "name": found.name,
        "version": found.version,
        "changed": found.changed.isoformat(),
        "summary": None
        if summary is None
        else {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in vars(summary).items()
        },
    }


def _add_account(call: Call) -> dict[str, Any] | Response:
    case = build_case(call.node, call.service.base, ROOT)
    there = call.service.store.accounts(identity=case.account.id)
    if there:
        said = f'there is an account "{shortened(case.account.id)}" already; record answers there'
        return problem_response(409, said, key=there[0].key)
    return {"key": call.service.store.add(case, call.program.name), "version": 1}


def _case(call: Call) -> dict[str, Any]:
    data: dict[str, Any] = read_text(case_text(call.account().case), "case")
    return data


def _record(call: Call) -> dict[str, Any] | Response:
    service, account = call.service, call.account()
    seen = account.version if call.body.seen is None else call.body.seen
    case = account.case if seen == account.version else service.store.state(call.key, seen).case
    edits = given_edits(call.node["answers"], case, service.base, service.today())
    recorded = service.record(call.key, edits, call.program.name, seen)
    return {"key": recorded.key, "version": recorded.version}


def _diagnosis(call: Call) -> str:
    account, service = call.account(), call.service
    if call.query["edition"] == Edition.CONSULTANT:
        return render_json(account.diagnosis, account.case, service.base)
    with service.engine() as engine:
        return str(Report.of(account.case, _maker(call, engine), "en").text("json"))


def _plan(call: Call) -> str:
    case = call.account().case
    with call.service.engine() as engine:
        return str(PlanOutput.of(case, _maker(call, engine), PlanLimits(), "en").written("json"))


def _report(call: Call) -> Response:
    case = call.account().case
    with call.service.engine() as engine:
        page = Report.of(case, _maker(call, engine), call.query["lang"]).text("html")
    headers = {"content-security-policy": REPORT_POLICY}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _maker(call: Call, engine: Any) -> EditionMaker:
    service = call.service
    reader = Edition(call.query["edition"])
    return EditionMaker(service.base, service.today(), engine, call.privacy, reader)


def _propose(call: Call) -> dict[str, Any]:
    notes: dict[str, Note] = {}
    for one in call.body.notes:
        if not one.name.isprintable() or one.name in notes:
            said = "the name of a note is one line, and no other note has it"
            raise KamError(f'{said}, not "{shortened(one.name)}"')
        notes[one.name] = Note(one.name, one.text)
    facts = [fact.model_dump() for fact in call.body.facts]
    return {"results": call.tools(notes).propose(facts)}


def _proposals(call: Call) -> dict[str, Any]:
    call.account()
    return {"proposals": [_proposal_data(found) for found in call.inbox().proposals()]}


def _proposal_data(found: ProposedAnswer) -> dict[str, Any]:
    slot = found.edit.slot
    return {
        "id": found.id,
        "fact": slot.fact,
        "kind": slot.kind,
        "about": slot.id,
        "side": slot.side,
        "value": value_data(found.edit.value),
        "note": found.note,
        "line": found.line,
        "quote": found.quote,
        "status": found.status,
        "decided_by": found.decided_by,
    }


def _rules(call: Call) -> dict[str, Any]:
    base = call.service.base
    return {"version": base.version, "digest": base.digest, "rules": rules_data(base)}


def _rule(call: Call) -> dict[str, Any]:
    try:
        return rule_data(call.service.base, call.path["name"])
    except KamError as error:
        raise NotThere(str(error)) from None


def _vocabulary(call: Call) -> dict[str, Any]:
    return {"facts": vocabulary_data(call.service.base, call.query["theme"])}


#: All operations, in the order of the documents.
OPERATIONS = (
    Operation(
        "GET", "/accounts", "accounts", "List accounts by name.", _accounts, AccountsDocument,
        parameters=(
            Parameter("id", "Only the account whose case has this id."),
            Parameter("limit", "How many at most.", most=500, least=1, default=100),
            Parameter("offset", "How many to leave out first.", most=10_000_000, default=0),
        ),
    ),
    Operation(
        "POST", "/accounts", "add_account", "Add an account from a case.", _add_account,
        RecordedDocument, UserRole.COLLEAGUE, body=CASE, status=201, problems=(409,),
    ),
    Operation("GET", "/accounts/{key}", "account", "Show an account.", _account, AccountDocument),
    Operation("GET", "/accounts/{key}/case", "case", "Return the case.", _case, CASE),
    Operation(
        "POST", "/accounts/{key}/answers", "record_answers", "Record answers, all or none.",
        _record, RecordedDocument, UserRole.COLLEAGUE, body=AnswersBody, problems=(409,),
    ),
    Operation(
        "GET", "/accounts/{key}/diagnosis", "diagnosis", "Return the diagnosis.", _diagnosis,
        DiagnosisDocument, parameters=(_EDITION,),
    ),
    Operation(
        "GET", "/accounts/{key}/plan", "plan", "Return the plan.", _plan, PlanDocument,
        parameters=(_EDITION,),
    ),
    Operation(
        "GET", "/accounts/{key}/report", "report", "Return the report as a page.", _report, "Page",
        parameters=(_EDITION, _LANG), media="text/html",
    ),
    Operation(
        "GET", "/accounts/{key}/questions", "questions", "Return the questions to ask next.",
        lambda call: call.tools().questions(call.query["top"]), "Inquiry",
        parameters=(Parameter("top", "How many at most.", most=50, least=1, default=10),),
    ),
    Operation(
        "GET", "/accounts/{key}/why/{name}", "why",
        "Explain why a finding, stage or strategy is concluded.",
        lambda call: call.tools().why(call.path["name"], call.query["about"]), "Inquiry",
        parameters=(_ABOUT,),
    ),
    Operation(
        "GET", "/accounts/{key}/why-not/{name}", "why_not",
        "Explain why a finding, stage or strategy is not concluded.",
        lambda call: call.tools().why_not(call.path["name"], call.query["about"]), "Inquiry",
        parameters=(_ABOUT,),
    ),
    Operation(
        "POST", "/accounts/{key}/what-if", "what_if",
        "Show what changes of facts would do; nothing is saved.",
        lambda call: call.tools().what_if(call.body.changes), "Inquiry", body=WhatIfBody,
    ),
    Operation(
        "GET", "/accounts/{key}/review", "review", "Return what was promised, done and changed.",
        lambda call: call.tools().review(call.query["since"]), "Inquiry",
        parameters=(Parameter("since", "A day, YYYY-MM-DD, or last.", default="last"),),
    ),
    Operation(
        "GET", "/accounts/{key}/entities", "entities",
        "List the people, members, ties, decisions and events of an account.",
        lambda call: call.tools().entities(), EntitiesDocument,
    ),
    Operation(
        "GET", "/accounts/{key}/proposals", "proposals", "List the proposals in the inbox.",
        _proposals, InboxDocument,
    ),
    Operation(
        "POST", "/accounts/{key}/proposals", "propose_facts",
        "Put facts with quotations into the inbox; no rule reads them before a person accepts.",
        _propose, ResultsDocument, UserRole.COLLEAGUE, body=ProposalsBody,
    ),
    Operation(
        "GET", "/vocabulary", "vocabulary", "List the facts that can be answered.", _vocabulary,
        VocabularyDocument, parameters=(Parameter("theme", "Only the facts of this theme."),),
    ),
    Operation("GET", "/rules", "rules", "List the rules.", _rules, RulesDocument),
    Operation(
        "GET", "/rules/{name}", "rule", "Show a rule with its texts, citations and thresholds.",
        _rule, "Rule",
    ),
)  # fmt: skip
