"""Answers that another program gives: each names its fact, and whose answer it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError, KamError, shortened, unknown_name
from kam_expert.facts.answer_schema import LONG_FORM, AnswerReader
from kam_expert.facts.change_text import slot_at
from kam_expert.facts.currency import currency_of
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edits import SetAnswer
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.yaml_reader import Map

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.knowledge.yaml_reader import Seq


def given_edits(nodes: Seq, case: Case, base: KnowledgeBase, today: date) -> list[SetAnswer]:
    """Return the edits that record answers.

    Args:
        nodes: Of each answer ``fact``; ``side`` of an answer about the account, ``about`` (an id)
            of another; and the keys of the long form of a case file. An unknown value removes.
        case: The account.
        base: The rule base.
        today: No answer has a later date.

    Raises:
        CaseError: Every mistake found, with its place.
    """
    reader = AnswerReader(exact=False, currency=currency_of(case, base))
    edits = []
    for number, node in enumerate(nodes):
        problems = len(reader.problems)
        try:
            edit = _edit(node, reader, case, base, today)
            if edit is not None and len(reader.problems) == problems:
                case = apply_edit(case, edit, base)
                edits.append(edit)
        except KamError as error:
            reader.fail(nodes.at(number), str(error))
    if reader.problems:
        raise CaseError(reader.problems)
    return edits


def _edit(
    node: Map, reader: AnswerReader, case: Case, base: KnowledgeBase, today: date
) -> SetAnswer | None:
    fact = base.facts.get(node["fact"])
    if fact is None:
        reader.fail(node.at("fact"), unknown_name("fact", node["fact"], base.facts))
        return None
    slot = slot_at(path_of(node, fact), fact, case, base, today)
    long_form = Map(node.place)
    for key in (key for key in LONG_FORM if key in node):
        long_form[key] = node[key]
        long_form.places[key], long_form.raw[key] = node.at(key), node.raw[key]
    answer = reader.long_form(fact, long_form, node.place)
    as_of = day_of(node.get("as_of"), today)
    if answer is None:
        return SetAnswer(slot, UNKNOWN, as_of=as_of)
    return SetAnswer(slot, answer.value, answer.source, answer.by, as_of)


def path_of(given: Mapping[str, Any], fact: Fact) -> str:
    """Return the side of an answer about the account, or the id of what another is about.

    Raises:
        KamError: The side is unknown, or is missing where both are asked.
    """
    if fact.kind != "account":
        return str(given.get("about") or "")
    side = given.get("side")
    if side not in (None, "ours", "theirs"):
        raise KamError(f'"side" is ours or theirs, not "{shortened(side)}"')
    if side is None and fact.doc.asked_of == "both":
        raise KamError(f'{fact.name} is asked of both sides: give "side", ours or theirs')
    return str(side or ("theirs" if fact.doc.asked_of == "customer" else "ours"))


def day_of(given: Any, today: date) -> date | None:
    """Return the day of an answer; None for none. Raises KamError if it is invalid or later."""
    if given in (None, ""):
        return None
    day = parse_date(str(given))
    if day is None:
        raise KamError(f'"as_of" is YYYY-MM-DD, not "{shortened(given)}"')
    if day > today:
        raise KamError(f"{day} is after today ({today})")
    return day
