"""Write a case as the text of a case file, from which `read_case` reads an equal case."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import LISTS
from kam_expert.facts.plan_entries import CHOICES, DATES, entry_data
from kam_expert.knowledge.values import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.facts.case import Answer, Case, Entity, StepNote
    from kam_expert.facts.plan_entries import PlanEntry

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
#: Words that have another meaning without quotes.
_NOT_PLAIN = frozenset(("null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"))
#: Characters that JSON allows and YAML treats as a line break or rejects.
_TO_ESCAPE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

#: Whole numbers with more digits are read only in the form with an exponent.
_DIGITS = 18


def case_text(case: Case, names: str = "") -> str:
    """Return the YAML text of *case*, entities and facts in their order, with a final line break.

    Args:
        case: The facts.
        names: The file of people’s names that the case refers to, if any.

    A single answer without origin has the short form, others have the long form. Places of answers
    are not written.
    """
    named = [f"names: {quoted(names)}"] if names else []
    return "\n".join([*_lines(case), *named]) + "\n"


def _lines(case: Case) -> Iterator[str]:
    yield "kam: 1"
    account = {"id": case.account.id, "name": case.account.name}
    account |= {"owner": case.owner, "segment": case.segment}
    yield f"account: {_mapping({key: quoted(text) for key, text in account.items() if text})}"
    for block, answers in (("facts", case.account.ours), ("customer", case.account.theirs)):
        if any(answers.values()):
            yield f"{block}:"
            yield from _answers(answers, "  ")
    for block in LISTS:
        entities = getattr(case, block)
        if entities is not None:
            yield f"{block}:" if entities else f"{block}: []"
            for entity in entities:
                yield from _entity(entity)
    if case.plan:
        yield "plan:"
        for entry in case.plan:
            yield from _plan_entry(entry)
    if case.complete:
        said = {name: "yes" if all_ else "no" for name, all_ in case.complete.items()}
        yield f"complete: {_mapping(said)}"
    if case.notes.comments:
        yield "comments:"
        yield from (f"  - {quoted(text)}" for text in case.notes.comments)
    if case.notes.steps:
        yield "steps:"
        yield from (f"  {step}: {_note(note)}" for step, note in case.notes.steps.items())
    if case.notes.target_stage:
        yield f"target_stage: {case.notes.target_stage}"
    if (strategy := case.notes.strategy) is not None:
        yield f"strategy: {{id: {strategy.id}, reason: {quoted(strategy.reason)}}}"


def _entity(entity: Entity) -> Iterator[str]:
    if entity.kind == "event":
        ends = dict(zip(("member", "person"), entity.ends or (), strict=True))
        told = {"id": entity.id, **ends}
        own = {key: quoted(text) for key, text in told.items() if text}
    elif entity.ends:
        own = dict(zip(("member", "person"), map(quoted, entity.ends), strict=True))
    else:
        own = {"id": quoted(entity.id)}
        if entity.name:
            own["name"] = quoted(entity.name)
        if entity.decisions is not None:
            own["decisions"] = f"[{', '.join(map(quoted, sorted(entity.decisions)))}]"
    mark = "  - "
    for key, text in own.items():
        yield f"{mark}{key}: {text}"
        mark = "    "
    yield from _answers(entity.ours, "    ")


def _plan_entry(entry: PlanEntry) -> Iterator[str]:
    mark = "  - "
    for key, value in entry_data(entry).items():
        plain = key in DATES or key in CHOICES
        text = f"[{', '.join(map(quoted, value))}]" if isinstance(value, list) else quoted(value)
        yield f"{mark}{key}: {value if plain else text}"
        mark = "    "


def _answers(answers: Mapping[str, tuple[Answer, ...]], indent: str) -> Iterator[str]:
    for fact, given in answers.items():
        if len(given) == 1:
            yield f"{indent}{fact}: {_answer(given[0])}"
        elif given:
            yield f"{indent}{fact}:"
            yield from (f"{indent}  - {_answer(answer, long=True)}" for answer in given)


def _answer(answer: Answer, *, long: bool = False) -> str:
    value = value_text(answer.value)
    origin = {
        "source": answer.source,
        "by": quoted(answer.by) if answer.by else None,
        "as_of": answer.as_of.isoformat() if answer.as_of else None,
    }
    told = {key: text for key, text in origin.items() if text}
    return _mapping({"value": value, **told}) if told or long else value


def value_text(value: Any) -> str:
    """Return the value of an answer as text of a case file."""
    if isinstance(value, frozenset):
        return f"[{', '.join(map(_plain, sorted(value)))}]"
    if isinstance(value, Interval):
        assert value.high is not None  # noqa: S101 -- a band of an answer has two ends
        return f"{_decimal(value.low)}..{_decimal(value.high)}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and len(str(value)) > _DIGITS:
        return repr(float(value))
    return _plain(value) if isinstance(value, str) else repr(value)


def _decimal(number: float) -> str:
    # A band cannot have exponents.
    return format(Decimal(repr(number)), "f")


def _plain(text: str) -> str:
    return text if _WORD.match(text) and text not in _NOT_PLAIN else quoted(text)


def quoted(text: str) -> str:
    """Return a text in quotes, as in a case file."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _mapping(items: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {text}' for key, text in items.items())}}}"


def _note(note: StepNote) -> str:
    said = {"owner": quoted(note.owner) if note.owner else ""}
    said["due"] = note.due.isoformat() if note.due else ""
    said["hide"] = "yes" if note.hide else ""
    return _mapping({key: text for key, text in said.items() if text})
