"""A change written on the command line: ``fact=value``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, ProblemsError, did_you_mean, shortened, unknown_name
from kam_expert.facts.answer_text import AnswerText, Style
from kam_expert.facts.case import LISTS, each_entity
from kam_expert.facts.changes import Slot, slot_of
from kam_expert.facts.currency import currency_of
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.yaml_reader import Map, read_text

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

_SIDES = {"ours": "ours", "facts": "ours", "theirs": "theirs", "customer": "theirs"}


def read_change(text: str, case: Case, base: KnowledgeBase, day: date) -> tuple[Slot, Any]:
    """Read one change of a fact of *case*.

    Args:
        text: ``fact=value``; ``theirs.fact=value`` or ``ours.fact=value`` for one side;
            ``ID.fact=value`` for a person, member or decision, ``MEMBER-PERSON.fact=value`` for
            a tie. The value is written as in a case file; ``unknown`` removes the answer.
        case: The account.
        base: The rule base.
        day: The date of the diagnosis. If *text* names no side, the side whose answer counts
            on this day.

    Returns:
        The slot of the answer, and its value.

    Raises:
        KamError: With the nearest right name.
    """
    name, mark, value = text.partition("=")
    path, _, fact_name = name.strip().rpartition(".")
    fact = base.facts.get(fact_name)
    if not mark or not fact_name:
        raise KamError(f'a change is written fact=value, not "{shortened(text)}"')
    if fact is None:
        raise KamError(f'"{shortened(text)}": {unknown_name("fact", fact_name, base.facts)}')
    slot = slot_at(path, fact, case, base, day)
    style = Style(currency=currency_of(case, base))
    return slot, _value(text, value.strip(), fact, style)


def slot_at(path: str, fact: Fact, case: Case, base: KnowledgeBase, day: date) -> Slot:
    """Return the slot of an answer to a fact.

    Args:
        path: As before the name of the fact in `read_change`; empty for no path.
        fact: The fact.
        case: The account.
        base: The rule base.
        day: As in `read_change`.

    Raises:
        KamError: With the nearest right name.
    """
    if fact.kind == "account":
        return _of_account(path, fact, case, base, day)
    entities = case.entities(fact.kind)
    if not path and len(entities) == 1:
        return Slot(fact.kind, entities[0].id, fact.name)
    names = {_named(entity.ends) or entity.id: entity.id for entity in entities}
    if path in names:
        return Slot(fact.kind, names[path], fact.name)
    block = next(name for name, kind in LISTS.items() if kind == fact.kind)
    if not names:
        raise KamError(f'{fact.name} is about a {fact.kind}, and the case has no "{block}:"')
    known = ", ".join([*names][:8])
    raise KamError(
        f'{fact.name} is about a {fact.kind}: write ID.{fact.name}=…, not "{shortened(path)}". '
        f"The ids are {known}.{did_you_mean(path, names)}"
    )


def _of_account(path: str, fact: Fact, case: Case, base: KnowledgeBase, day: date) -> Slot:
    side = _SIDES.get(path)
    if path and side is None and path != case.account.id:
        known = [*_SIDES, *(entity.id for entity in each_entity(case))]
        raise KamError(
            f'{fact.name} is about the account: write {fact.name}=…, not "{shortened(path)}.'
            f'{fact.name}=…".{did_you_mean(path, known)}'
        )
    asked_of = fact.doc.asked_of
    if side == "theirs" and asked_of == "us":
        raise KamError(f"{fact.name} is asked of our side only: write {fact.name}=…")
    if side == "ours" and asked_of == "customer":
        raise KamError(f"{fact.name} is asked of the customer only: write {fact.name}=…")
    if side is not None:
        return Slot("account", case.account.id, fact.name, side)
    if asked_of == "both" and not fact.bare:
        raise KamError(f"each side speaks of the other: write ours.{fact.name}=… or theirs.…")
    return slot_of(Ref(fact.name), Readings(case, base, day).view(case.account, strict=False))


def _named(ends: tuple[str, str] | None) -> str | None:
    return None if ends is None else "-".join(ends)


def _value(text: str, value: str, fact: Fact, style: Style) -> Any:
    try:
        node = read_text(f"v: {value}", "value")
    except ProblemsError:
        node = None
    whole = isinstance(node, Map) and len(node) == 1
    if isinstance(node, Map) and whole:
        try:
            return fact.read(node["v"], node.raw["v"])
        except ValueError as error:
            if isinstance(node["v"], list | dict):
                raise KamError(str(error)) from None
    try:
        return AnswerText(fact).read(value, style).value
    except ValueError as error:
        wrong = f'"{shortened(text)}": the value is not written as in a case file'
        raise KamError(str(error) if whole else wrong) from None
