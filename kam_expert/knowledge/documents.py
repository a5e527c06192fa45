"""What the formats of all files of the rule base share, and the check of a file against one.

A format is a pydantic model. The models check keys and types and are the source of the published
JSON Schemas. The condition parser, which knows the vocabulary, checks conditions.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kam_expert.errors import Place, Problem, did_you_mean, shortened
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
Yes = Literal["yes"]
Kind = Literal["account", "person", "member", "link", "decision", "event", "gap"]
YesNo = Literal["yes", "no"]
Status = Literal["established", "likely", "possible"]
Side = Literal["us", "customer"]
Severity = Literal["info", "low", "medium", "high"]
#: From the worst down.
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low", "info")
Word = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int | float) else v)]


class Doc(BaseModel):
    """The base of all documents; undeclared keys are errors."""

    # A cached rule base needs no validators, which take longer to build than to read the cache.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Text(Doc):
    """A text in both languages."""

    uk: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def get(self, lang: str) -> str:
        """Return the text in *lang* (``uk`` or ``en``)."""
        return self.uk if lang == "uk" else self.en


#: The forms of computed facts that need other accounts, or other facts of the same entity.
_NOT_FROM_LISTS = frozenset({"rank", "share", "lowest"})


class Chosen(Doc):
    """A number that the source does not give: ours, named, with its reason."""

    value: int | float
    we_chose: Annotated[str, Field(min_length=8)] | Text


DocType = TypeVar("DocType", bound=Doc)


def parse(model: type[DocType], node: Any, place: Place) -> tuple[DocType | None, list[Problem]]:
    """Check *node* against *model*.

    Returns:
        The document, or None with every problem found, each at the place of the faulty key.
    """
    if not isinstance(node, Map):
        return None, [Problem(place, "a mapping (key: value) is needed here")]
    try:
        return model.model_validate(node), []
    except ValidationError as error:
        return None, [_problem(detail, node, place, model) for detail in error.errors()]


def _problem(detail: ErrorDetails, root: Any, place: Place, model: type[Doc]) -> Problem:
    node = root
    for part in detail["loc"]:
        if isinstance(node, Map) and str(part) in node:
            place, node = node.at(str(part)), node[str(part)]
        elif isinstance(node, Seq) and isinstance(part, int) and part < len(node):
            place, node = node.at(part), node[part]
        else:
            break
    last = detail["loc"][-1] if detail["loc"] else ""
    kind = detail["type"]
    if kind == "extra_forbidden":
        near = did_you_mean(last, _keys_of(model))
        if " " in str(last):
            near = " A text with a comma between braces needs quotes around it."
        return Problem(place, f'unknown key "{last}".{near}')
    if kind == "missing":
        return Problem(place, f'the key "{last}" is missing')
    if kind == "literal_error":
        expected = detail.get("ctx", {}).get("expected", "")
        words = [w.strip(" '") for w in expected.replace(" or ", ",").split(",")]
        return Problem(
            place,
            f'"{last}" cannot be "{shortened(detail["input"])}"; it is one of '
            f"{', '.join(words)}.{did_you_mean(detail['input'], words)}",
        )
    return Problem(place, f'"{last}": {detail["msg"][0].lower()}{detail["msg"][1:]}')


def _keys_of(model: type[Doc]) -> set[str]:
    keys: set[str] = set()
    todo: list[Any] = [model]
    seen: set[Any] = set()
    while todo:
        item = todo.pop()
        if item in seen:
            continue
        seen.add(item)
        for name, field in getattr(item, "model_fields", {}).items():
            keys.add(field.alias or name)
            todo.extend(_models_in(field.annotation))
    return keys


def _models_in(annotation: Any) -> list[Any]:
    found = [annotation] if hasattr(annotation, "model_fields") else []
    for argument in getattr(annotation, "__args__", ()):
        found.extend(_models_in(argument))
    return found


def parse_date(text: object) -> date | None:
    """Return the date written as YYYY-MM-DD, or None if *text* is none."""
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
