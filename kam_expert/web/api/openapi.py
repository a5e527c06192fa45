"""The description of the interface by OpenAPI, from its operations and the published schemas."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from kam_expert import __version__
from kam_expert.schemas import case_schema
from kam_expert.store.users import UserRole
from kam_expert.web.api.operation import CASE
from kam_expert.web.api.problems import MEDIA_TYPE
from kam_expert.web.api.shapes import AnswersBody, GivenAnswer, ProblemDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.web.api.operation import Operation

_COMPONENTS = "#/components/schemas/"
_ABOUT = """\
What a diagnosis, a plan and the other answers hold is described on the page \
"Results for other programs", a case on the page "The case file"."""
_INQUIRY = {
    "type": "object",
    "description": "The answer to a question, under the key that names the question.",
    "required": ["kam", "account", "date", "rule_base", "facts_digest"],
    "properties": {
        "kam": {"const": 1},
        "account": {"type": "object"},
        "date": {"type": "string", "format": "date"},
        "rule_base": {"type": "object"},
        "facts_digest": {"type": "string"},
    },
}
_OTHERS: dict[str, dict[str, Any]] = {
    "Inquiry": _INQUIRY,
    "Page": {"type": "string"},
    "Rule": {
        "type": "object",
        "required": ["rule", "file", "finding", "strength", "explains", "cites", "we_chose"],
    },
}
#: The failures that every operation can have.
_ALWAYS = {
    401: "The token is missing, unknown or was removed.",
    422: "Something in the request is invalid; the places are given.",
    429: "Too many requests; Retry-After says when to try again.",
    503: "The accounts cannot be read or written now.",
}
_SOMETIMES = {
    403: "The program may not write.",
    404: "There is no such account, finding or rule.",
    409: "Something else is there already; nothing was recorded.",
    413: "The request is too large.",
}


def openapi_document(
    base: KnowledgeBase, operations: Iterable[Operation], prefix: str
) -> dict[str, Any]:
    """Return the OpenAPI document.

    Args:
        base: The rule base; its facts are in the schema of a case.
        operations: What the interface can do.
        prefix: The path before the path of each operation.
    """
    components = _Components()
    components.add(CASE, case_schema(base))
    for name, schema in _OTHERS.items():
        components.add(name, schema)
    components.of(AnswersBody)
    # The facts that somebody can answer; others are computed.
    facts = [name for name, fact in base.facts.items() if fact.doc.computed is None]
    components.schemas[GivenAnswer.__name__]["properties"]["fact"]["enum"] = facts
    problem = components.of(ProblemDocument)
    paths: dict[str, Any] = {}
    for operation in operations:
        described = _operation(operation, components, problem)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "kam-expert", "version": __version__, "description": _ABOUT},
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    operation: Operation, components: _Components, problem: dict[str, Any]
) -> dict[str, Any]:
    problems = dict(_ALWAYS)
    statuses = [*operation.problems]
    if operation.role is not UserRole.READER:
        statuses.append(403)
    if "{" in operation.path:
        statuses.append(404)
    if operation.body is not None:
        statuses.append(413)
    problems |= {status: _SOMETIMES[status] for status in statuses}
    answer = components.of(operation.answer)
    responses: dict[str, Any] = {
        str(operation.status): {
            "description": operation.says,
            "content": {operation.media: {"schema": answer}},
        }
    }
    for status, says in sorted(problems.items()):
        failure: dict[str, Any] = {
            "description": says,
            "content": {MEDIA_TYPE: {"schema": problem}},
        }
        if status == 429:  # noqa: PLR2004 -- as above
            failure["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
        responses[str(status)] = failure
    names = re.findall(r"\{(\w+)\}", operation.path)
    inside = [{"name": n, "in": "path", "required": True, "schema": _PATH[n]} for n in names]
    asked = [
        {"name": p.name, "in": "query", "description": p.says, "schema": p.schema()}
        for p in operation.parameters
    ]
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.says,
        "parameters": [*inside, *asked],
        "responses": responses,
    }
    if operation.body is not None:
        content = {"application/json": {"schema": components.of(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


#: The schemas of the parameters in a path.
_PATH = {
    "key": {"type": "string", "pattern": "^[0-9A-Za-z]+$", "maxLength": 64},
    "name": {"type": "string", "pattern": "^[0-9A-Za-z_]+$", "maxLength": 200},
}


class _Components:
    """The schemas of the document by name."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def of(self, wanted: type[BaseModel] | str) -> dict[str, Any]:
        """Return a reference to a component, which is added if it is a document."""
        if isinstance(wanted, str):
            return {"$ref": f"{_COMPONENTS}{wanted}"}
        name = wanted.__name__
        if name not in self.schemas:
            template = f"{_COMPONENTS}{{model}}"
            schema = wanted.model_json_schema(by_alias=True, ref_template=template)
            self.schemas |= schema.pop("$defs", {})
            self.schemas[name] = schema
        return {"$ref": f"{_COMPONENTS}{name}"}

    def add(self, name: str, schema: dict[str, Any]) -> None:
        """Add a schema; its own definitions become components too."""
        text = json.dumps(schema).replace('"#/$defs/', f'"{_COMPONENTS}{name}.')
        read = json.loads(text)
        read.pop("$schema", None)
        for part, definition in read.pop("$defs", {}).items():
            self.schemas[f"{name}.{part}"] = definition
        self.schemas[name] = read
