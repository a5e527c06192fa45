"""The published JSON Schemas of rule files, case files and diagnoses, made from the code and rules.

``kam rules schemas`` writes them to ``schemas/``; a test sees that they are current.
Editors that know them complete fact names and values.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kam_expert.facts.answer_schema import answer_schema
from kam_expert.facts.case_reader import ACCOUNT_KEYS, short_keys
from kam_expert.facts.plan_reader import plan_schema
from kam_expert.importing.mapping_documents import MappingDoc
from kam_expert.knowledge.conditions.fact_parser import FACT_OPS
from kam_expert.knowledge.conditions.operators import NUMBER, OPERATORS, operators_of
from kam_expert.knowledge.conditions.scope import GROUPS
from kam_expert.knowledge.rule_documents import RuleDoc
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.outputs.json_document import DiagnosisDocument
from kam_expert.outputs.json_plan import PlanDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NOT_CHECKED = (
    "This schema does not check that ids are unique and references lead somewhere, that the "
    "answers in a list have different dates, that a date exists (without the format date), and "
    "the order and limits of a band with ends from 100, with decimals, leading zeros or a minus."
)


def schemas(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """Return the schemas by file name."""
    return {
        "rule.schema.json": rule_schema(base),
        "case.schema.json": case_schema(base),
        "names.schema.json": names_schema(),
        "mapping.schema.json": {"$schema": DRAFT, **MappingDoc.model_json_schema()},
        "diagnosis.schema.json": {"$schema": DRAFT, **DiagnosisDocument.model_json_schema()},
        "plan.schema.json": {"$schema": DRAFT, **PlanDocument.model_json_schema()},
    }


def _block(
    answers: Mapping[str, Any], own: Mapping[str, Any], required: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "required": list(required),
        "properties": {**own, **answers},
    }


def _events(
    base: KnowledgeBase, answers: dict[str, dict[str, Any]], word: dict[str, Any]
) -> dict[str, Any]:
    """Return the schema of the events; none if the rule base has no events."""
    if base.events is None:
        return {}
    facts = answers["event"]
    short = {key: facts[fact] for key, fact in short_keys(base).items()}
    own = {"id": word, "member": word, "person": word}
    return {"events": _list(_block(facts, {**own, **short}))}


def case_schema(base: KnowledgeBase) -> dict[str, Any]:
    """Return the schema of a case file."""
    # Facts with the same form share one definition, named after the first of them.
    forms: dict[str, str] = {}
    # A method need not know facts of every kind.
    kinds = ("account", "decision", "person", "member", "link")
    answers: dict[str, dict[str, Any]] = {kind: {} for kind in kinds}
    for fact in base.facts.values():
        form = forms.setdefault(json.dumps(fact.form.schema()), fact.name)
        answers.setdefault(fact.kind, {})[fact.name] = answer_schema(
            fact, {"$ref": f"#/$defs/{form}"}
        )
    word = {"type": ["string", "number"]}
    ours, theirs = (
        {n: a for n, a in answers["account"].items() if base.facts[n].doc.asked_of != other}
        for other in ("customer", "us")
    )
    decision = _block(answers["decision"], {"id": word, "name": word})
    named = {"id": word, "name": word}
    person = {**named, "decisions": {"type": "array", "items": word}}
    step = {
        "owner": word,
        "due": {"type": "string", "format": "date"},
        "hide": {"enum": ["yes", "no"]},
    }
    return {
        "$schema": DRAFT,
        "$defs": {name: json.loads(form) for form, name in forms.items()},
        "title": "A case: the facts about one account",
        "description": _NOT_CHECKED,
        "type": "object",
        "additionalProperties": False,
        "required": ["account"],
        "properties": {
            "kam": {"const": 1},
            "account": {
                "type": "object",
                "required": ["id"],
                "additionalProperties": False,
                "properties": dict.fromkeys(ACCOUNT_KEYS, word),
            },
            "facts": _block(ours, {}),
            "customer": _block(theirs, {}),
            "decision": decision,
            "decisions": {"type": ["array", "null"], "items": decision},
            "people": _list(_block(answers["person"], person, ["id"])),
            "team": _list(_block(answers["member"], named, ["id"])),
            "links": _list(
                _block(answers["link"], {"member": word, "person": word}, ["member", "person"])
            ),
            **_events(base, answers, word),
            "plan": plan_schema(),
            "complete": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {
                    name: {"enum": ["yes", "no", "unknown", True, False, None]}
                    for name in ("people", "team", "links")
                },
            },
            "comments": {"type": ["array", "string", "null"], "items": word},
            "steps": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {
                    name: {"type": "object", "additionalProperties": False, "properties": step}
                    for name in base.steps
                },
            },
            "target_stage": {"enum": [*base.stage_model.names, None]},
            "strategy": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "required": ["id", "reason"],
                "properties": {
                    "id": {"enum": [strategy.id for strategy in base.strategies]},
                    "reason": {**word, "minLength": 1},
                },
            },
            "names": {"type": ["string", "null"], "pattern": r"^[^/\\]+$"},
        },
    }


def names_schema() -> dict[str, Any]:
    """Return the schema of a file of names."""
    names = {"type": ["object", "null"], "additionalProperties": {"type": ["string", "number"]}}
    return {
        "$schema": DRAFT,
        "title": "The names of the people in a case",
        "type": "object",
        "additionalProperties": False,
        "properties": {"kam": {"const": 1}, "people": names, "team": names},
    }


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": item}


def rule_schema(base: KnowledgeBase) -> dict[str, Any]:
    """Return the schema of a rule file, with the facts and values of the rule base."""
    schema = RuleDoc.model_json_schema(by_alias=True)
    defs = schema.setdefault("$defs", {})
    defs["condition"] = _condition(base)
    for part in ("when", "unless"):
        schema["properties"][part] = {"$ref": "#/$defs/condition"}
    findings = [name for name in base.findings if name not in base.strategy_findings]
    defs["ConclusionDoc"]["properties"]["finding"] = {"enum": findings}
    schema["properties"]["cites"] = {
        "type": "array",
        "items": {"enum": list(base.statements.statements)},
    }
    return {"$schema": DRAFT, **schema, "title": "A rule"}


def _condition(base: KnowledgeBase) -> dict[str, Any]:
    nested = {"$ref": "#/$defs/condition"}
    several = {"type": "array", "minItems": 1, "items": nested}
    # A rule cannot read a strategy.
    names = [name for name in base.findings if name not in base.strategy_findings]
    finding = {"enum": names}
    stage = {"enum": list(base.stage_model.names)}
    verdict = {"enum": [*base.stage_model.names, UNDETERMINED]}
    numbers = {op: OPERATORS[op].schema for op in operators_of("number", values=False)}
    lists = {"enum": list(GROUPS["account"])}
    keys: dict[str, Any] = {
        "all": several,
        "any": several,
        "none": several,
        "finding": {"anyOf": [finding, {"type": "array", "items": finding}]},
        "findings": {"properties": {"group": {"enum": list(base.groups)}, **numbers}},
        "stage": {"anyOf": [stage, {"type": "array", "items": stage}]},
        "verdict": {"anyOf": [verdict, {"type": "array", "items": verdict}]},
        "is": {"enum": list(base.definitions)},
        "count": {"properties": {"of": lists, "where": nested, "distinct": {}, **numbers}},
        "every": {"properties": {"of": lists, "where": nested, "satisfies": nested}},
        "gap": {"const": "yes"},
        "contradictions": {"type": "object"},
        "customer_answers": {"type": ["integer", "object"]},
    }
    for fact in base.facts.values():
        asked = _asked(fact)
        names = [fact.name] if fact.bare else []
        if fact.doc.asked_of == "both":
            names += [f"ours.{fact.name}", f"theirs.{fact.name}"]
        for name in names:
            keys[name] = asked
            if fact.kind in ("person", "member"):
                keys[f"{fact.kind}.{name}"] = asked
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": keys}


def _asked(fact: Fact) -> dict[str, Any]:
    operators = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {op: {} for op in FACT_OPS},
    }
    if fact.doc.type == "set":
        return {
            "anyOf": [{"type": "array", "maxItems": 0}, operators],
            "description": fact.doc.short.en,
        }
    words = fact.words()
    if fact.is_number:
        value: dict[str, Any] = NUMBER
    elif words and fact.doc.type != "date":
        value = {"enum": words}
    else:
        value = {}
    return {
        "description": fact.doc.short.en,
        "anyOf": [value, {"type": "array", "items": value}, operators],
    }


def text_of(schema: dict[str, Any]) -> str:
    """Return the text of a schema file."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
