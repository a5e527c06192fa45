"""The published JSON Schemas of rule files, case files and diagnoses, made from the code and rules.

``python -m kam_expert.schemas`` writes them to ``schemas/``; a test sees that they are current.
Editors that know them complete fact names and values.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case_reader import ACCOUNT_KEYS, SOURCES
from kam_expert.importing.mapping_documents import MappingDoc
from kam_expert.knowledge.conditions.parser import FACT_OPS, NUMBER_OPS
from kam_expert.knowledge.documents import RuleDoc
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.outputs.json_document import DiagnosisDocument
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\$[a-z_0-9]+$"}]}


def schemas(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """Return the schemas by file name."""
    return {
        "rule.schema.json": rule_schema(base),
        "case.schema.json": case_schema(base),
        "names.schema.json": names_schema(),
        "mapping.schema.json": {"$schema": DRAFT, **MappingDoc.model_json_schema()},
        "diagnosis.schema.json": {
            "$schema": DRAFT,
            **DiagnosisDocument.model_json_schema(),
        },
    }


def _values(fact: Fact) -> dict[str, Any]:
    """Return the schema of one value of a fact in a case file."""
    doc = fact.doc
    if doc.type == "set":
        words = [*doc.values, "none", "unknown"]
        return {"type": "array", "uniqueItems": True, "items": {"enum": words}}
    if fact.is_number:
        number: dict[str, Any] = {"type": "integer" if doc.type == "integer" else "number"}
        if doc.range and doc.range.min is not None:
            number["minimum"] = doc.range.min
        if doc.range and doc.range.max is not None:
            number["maximum"] = doc.range.max
        return {"anyOf": [number, {"type": "string", "pattern": r"^-?[0-9.]+\.\.-?[0-9.]+$"}]}
    if doc.type == "date":
        return {"anyOf": [{"type": "string", "format": "date"}, {"enum": list(doc.also)}]}
    if doc.type == "text":
        return {"type": ["string", "number"]}
    return {"enum": [*fact.words(), *([True, False] if doc.type == "yes_no" else [])]}


def _answer(fact: Fact) -> dict[str, Any]:
    value = {"anyOf": [_values(fact), {"enum": ["unknown", None]}]}
    long_form = {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": value,
            "source": {"enum": [*SOURCES, None]},
            "by": {"type": ["string", "null"]},
            "as_of": {"type": ["string", "null"], "format": "date"},
        },
    }
    return {
        "description": f"{fact.doc.ask.en} / {fact.doc.ask.uk}",
        "anyOf": [*value["anyOf"], long_form, {"type": "array", "items": long_form}],
    }


def _block(facts: list[Fact], own: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "required": required,
        "properties": {**own, **{fact.name: _answer(fact) for fact in facts}},
    }


def case_schema(base: KnowledgeBase) -> dict[str, Any]:
    """Return the schema of a case file."""
    kinds: dict[str, list[Fact]] = {}
    for fact in base.facts.values():
        kinds.setdefault(fact.kind, []).append(fact)
    word = {"type": ["string", "number"]}
    ours = [fact for fact in kinds["account"] if fact.doc.asked_of != "customer"]
    theirs = [fact for fact in kinds["account"] if fact.doc.asked_of != "us"]
    decision = _block(kinds["decision"], {"id": word, "name": word}, [])
    named = {"id": word, "name": word}
    person = {**named, "decisions": {"type": "array", "items": word}}
    step = {
        "owner": word,
        "due": {"type": "string", "format": "date"},
        "hide": {"enum": ["yes", "no"]},
    }
    return {
        "$schema": DRAFT,
        "title": "A case: the facts about one account",
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
            "facts": _block(ours, {}, []),
            "customer": _block(theirs, {}, []),
            "decision": decision,
            "decisions": {"type": ["array", "null"], "items": decision},
            "people": _list(_block(kinds["person"], person, ["id"])),
            "team": _list(_block(kinds["member"], named, ["id"])),
            "links": _list(
                _block(kinds["link"], {"member": word, "person": word}, ["member", "person"])
            ),
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
    defs["ConclusionDoc"]["properties"]["finding"] = {"enum": list(base.findings)}
    schema["properties"]["cites"] = {
        "type": "array",
        "items": {"enum": list(base.statements.statements)},
    }
    return {"$schema": DRAFT, **schema, "title": "A rule"}


def _condition(base: KnowledgeBase) -> dict[str, Any]:
    nested = {"$ref": "#/$defs/condition"}
    several = {"type": "array", "minItems": 1, "items": nested}
    finding = {"enum": list(base.findings)}
    stage = {"enum": list(base.stage_model.names)}
    numbers = dict.fromkeys(NUMBER_OPS, _NUMBER)
    lists = {"enum": ["people", "team", "links", "decisions"]}
    keys: dict[str, Any] = {
        "all": several,
        "any": several,
        "none": several,
        "finding": {"anyOf": [finding, {"type": "array", "items": finding}]},
        "findings": {"properties": {"group": {"enum": list(base.groups)}, **numbers}},
        "stage": {"anyOf": [stage, {"type": "array", "items": stage}]},
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
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": keys,
    }


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
        value: dict[str, Any] = _NUMBER
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


def main() -> None:
    """Write all schemas to the checkout's ``schemas`` folder."""
    folder = Path(__file__).resolve().parent.parent / "schemas"
    folder.mkdir(exist_ok=True)
    for name, schema in schemas(load_knowledge_base(rules_folder())).items():
        (folder / name).write_text(text_of(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
