"""Read a case file (YAML or JSON) and report every mistake in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError, Place, ProblemsError, did_you_mean, shortened, unknown_name
from kam_expert.facts.answer_schema import AnswerReader
from kam_expert.facts.case import (
    LISTS,
    Answer,
    Case,
    Entity,
    link_id,
)
from kam_expert.facts.currency import currency_of
from kam_expert.facts.names import is_plain_name, names_file, with_names
from kam_expert.facts.notes_reader import read_notes
from kam_expert.facts.ordering import in_order, plan_in_order
from kam_expert.facts.plan_reader import read_plan
from kam_expert.knowledge.yaml_reader import Map, Seq, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.base import KnowledgeBase

TOP_KEYS = (
    "kam", "account", "facts", "customer", "decision", "decisions", "people", "team", "links",
    "events", "plan", "complete", "comments", "steps", "target_stage", "strategy", "names",
)  # fmt: skip
ACCOUNT_KEYS = ("id", "name", "owner", "segment")
_OWN_KEYS = {
    "person": ("id", "name", "decisions"),
    "member": ("id", "name"),
    "decision": ("id", "name"),
    "link": ("member", "person"),
    "event": ("id", "member", "person"),
}
_WHERE = {
    "account": '"facts:"', "person": 'a person in "people:"', "member": 'a member in "team:"',
    "link": 'a link in "links:"', "decision": '"decision:"', "event": 'an event in "events:"',
}  # fmt: skip


def short_keys(base: KnowledgeBase) -> Mapping[str, str]:
    """Return the facts of an event by the keys that a case file has for them."""
    return {} if base.events is None else dict(base.events.keys)


def event_id(
    facts: Mapping[str, tuple[Answer, ...]], ends: tuple[str, ...], base: KnowledgeBase
) -> str:
    """Return the id of an event that has none of its own, such as ``person_left 2026-10-03 p2``."""
    keys = () if base.events is None else (base.events.keys.kind, base.events.keys.day)
    told = [str(facts[key][-1].value) for key in keys if facts.get(key)]
    return " ".join([*told, *filter(None, ends)]) or "event"


def read_case(path: Path, base: KnowledgeBase, shown: str | None = None) -> Case:
    """Read the case file at *path*.

    Args:
        path: A YAML or JSON file.
        base: The rule base that declares the facts.
        shown: The file's name in messages and origins; the path by default.

    Returns:
        The case.

    Raises:
        KamError: The file cannot be read.
        CaseError: Every mistake found, with line, column and the nearest known name.
    """
    name = shown or str(path)
    try:
        node = read_file(path, name)
        return with_names(build_case(node, base, Place(name)), names_file(path, node))
    except CaseError:
        raise
    except ProblemsError as error:
        raise CaseError(error.problems) from None


def build_case(node: Any, base: KnowledgeBase, place: Place, *, exact: bool = True) -> Case:
    """Build a case from the content of a file.

    Args:
        node: The content.
        base: The rule base that declares the facts.
        place: The file, for messages.
        exact: As in `AnswerReader`.

    Raises:
        CaseError: Every mistake found.
    """
    reader = _CaseReader(base, place, exact=exact)
    case = reader.case(node)
    if reader.problems:
        raise CaseError(reader.problems)
    return case


class _CaseReader(AnswerReader):
    def __init__(self, base: KnowledgeBase, place: Place, *, exact: bool) -> None:
        super().__init__(exact=exact)
        self.base = base
        self.place = place

    def case(self, node: Any) -> Case:
        if node is None:
            self.fail(self.place, "the file is empty; `kam new` writes a case to start from")
            return Case(Entity("account", ""))
        if not isinstance(node, Map):
            self.fail(self.place, "a case is a mapping with account:, facts: and so on")
            return Case(Entity("account", ""))
        for key in node:
            if key not in TOP_KEYS:
                self.fail(node.at(key), self._unknown_top(key))
        if node.get("kam", 1) != 1:
            self.fail(node.at("kam"), f"this version reads kam: 1, not {shortened(node['kam'])}")
        if node.get("names") is not None and not is_plain_name(node["names"]):
            self.fail(node.at("names"), '"names:" is the name of a file beside this one')
        decisions = self._decisions(node)
        known = frozenset(d.id for d in decisions or ())
        people = self._list(node, "people", known)
        team = self._list(node, "team", known)
        account = node.get("account")
        named = account if isinstance(account, Map) else Map(self.place)
        case = Case(
            account=self._account(node),
            people=people,
            team=team,
            links=self._links(node, people, team),
            decisions=decisions,
            events=self._events(node, people, team),
            complete=self._complete(node),
            notes=read_notes(self, node, self.base),
            plan=self._plan(node, [*(people or ()), *(team or ()), *(decisions or ())]),
            owner=self.text(named, "owner"),
            segment=self.text(named, "segment"),
        )
        self._check_currency(case)
        return case

    def _check_currency(self, case: Case) -> None:
        """Report amounts in another currency than the account says."""
        told, own = self._currency, currency_of(case, self.base)
        if told is not None and own and told[0] != own:
            message = f"an amount in {told[0]}, and the amounts of this account are in {own}"
            self.fail(told[1], message)

    def _unknown_top(self, key: str) -> str:
        fact = self.base.facts.get(key)
        if fact:
            return f'"{key}" is a fact; put it under {_WHERE[fact.kind]}'
        return unknown_name("key", key, [*TOP_KEYS, *self.base.facts])

    def _account(self, node: Map) -> Entity:
        account = node.get("account")
        if not isinstance(account, Map):
            self.fail(node.at("account"), "account: {id: …, name: …} is missing")
            return Entity("account", "")
        for key in account:
            if key not in ACCOUNT_KEYS:
                self.fail(account.at(key), self._misplaced(key, ACCOUNT_KEYS))
        identity = self.text(account, "id")
        if not identity:
            self.fail(account.at("id"), "the account has no id")
        return Entity(
            "account",
            identity,
            self.text(account, "name") or identity,
            self._answers(node, "facts", "ours"),
            self._answers(node, "customer", "theirs"),
            place=account.place,
        )

    def _misplaced(self, key: str, own: tuple[str, ...] = ()) -> str:
        fact = self.base.facts.get(key)
        if fact is not None:
            return f'"{key}" is a fact about the {fact.kind}; put it under {_WHERE[fact.kind]}'
        known = [*self.base.facts, *own]
        return unknown_name("fact", key, known)

    def _answers(self, node: Map, block: str, side: str) -> dict[str, tuple[Answer, ...]]:
        given = node.get(block)
        if given is None:
            return {}
        if not isinstance(given, Map):
            self.fail(node.at(block), f'"{block}:" is a mapping of facts to values')
            return {}
        answers = {}
        for key in given:
            fact = self.base.facts.get(key)
            if fact is None or fact.kind != "account":
                self.fail(given.at(key), self._misplaced(key))
            elif side == "ours" and fact.doc.asked_of == "customer":
                self.fail(
                    given.at(key), f'"{key}" is asked of the customer; put it under "customer:"'
                )
            elif side == "theirs" and fact.doc.asked_of == "us":
                self.fail(given.at(key), f'"{key}" is asked of our side; put it under "facts:"')
            else:
                answers[key] = self.answers(fact, given, key)
        return {key: values for key, values in answers.items() if values}

    def _items(self, node: Map, block: str) -> Seq | None:
        given = node.get(block)
        if given is None:
            return None
        if not isinstance(given, Seq):
            self.fail(node.at(block), f'"{block}:" is a list; start each item with "- "')
            return None
        return given

    def _list(self, node: Map, block: str, decisions: frozenset[str]) -> tuple[Entity, ...] | None:
        given = self._items(node, block)
        if given is None:
            return None
        entities: list[Entity] = []
        ids: set[str] = set()
        for index, item in enumerate(given):
            entity = self._entity(item, LISTS[block], given.at(index), decisions)
            if entity is None:
                continue
            if entity.id in ids:
                self.fail(item.at("id"), f'duplicate id "{shortened(entity.id)}" in "{block}:"')
            if entity.id:
                ids.add(entity.id)
            entities.append(entity)
        return in_order(entities)

    def _entity(
        self, item: Any, kind: str, place: Place, decisions: frozenset[str], fallback: str = ""
    ) -> Entity | None:
        if not isinstance(item, Map):
            self.fail(place, f"a {kind} is a mapping with an id and facts")
            return None
        identity = self.text(item, "id") or fallback
        if not identity:
            self.fail(place, f"this {kind} has no id")
        return Entity(
            kind,
            identity,
            self.text(item, "name"),
            self._own_facts(item, kind),
            decisions=self._belongs(item, decisions) if kind == "person" else None,
            place=place,
        )

    def _own_facts(self, item: Map, kind: str) -> dict[str, tuple[Answer, ...]]:
        answers = {}
        short = short_keys(self.base) if kind == "event" else {}
        for key in item:
            if key in _OWN_KEYS[kind]:
                continue
            fact = self.base.facts.get(short.get(key, key))
            if fact is None or fact.kind != kind:
                self.fail(item.at(key), self._misplaced(key, (*_OWN_KEYS[kind], *short)))
            elif fact.name in answers:
                self.fail(item.at(key), f'"{key}" is given twice')
            else:
                answers[fact.name] = self.answers(fact, item, key)
        return {key: values for key, values in answers.items() if values}

    def _belongs(self, item: Map, decisions: frozenset[str]) -> frozenset[str] | None:
        given = item.get("decisions")
        if given is None:
            return None
        if not isinstance(given, Seq):
            self.fail(item.at("decisions"), '"decisions:" of a person is a list of decision ids')
            return None
        for index, name in enumerate(given.raw):
            if name not in decisions:
                self.fail(
                    given.at(index),
                    unknown_name("decision", name, decisions),
                )
        return frozenset(given.raw)

    def _decisions(self, node: Map) -> tuple[Entity, ...] | None:
        one = node.get("decision")
        if one is not None and node.get("decisions") is not None:
            self.fail(node.at("decision"), 'give either "decision:" or "decisions:", not both')
        if one is not None:
            entity = self._entity(one, "decision", node.at("decision"), frozenset(), "decision")
            return None if entity is None else (entity,)
        return self._list(node, "decisions", frozenset())

    def _links(
        self,
        node: Map,
        people: tuple[Entity, ...] | None,
        team: tuple[Entity, ...] | None,
    ) -> tuple[Entity, ...] | None:
        given = self._items(node, "links")
        if given is None:
            return None
        known = {"person": [e.id for e in people or ()], "member": [e.id for e in team or ()]}
        links: list[Entity] = []
        linked: set[tuple[str, str]] = set()
        for index, item in enumerate(given):
            place = given.at(index)
            if not isinstance(item, Map):
                self.fail(place, "a link is a mapping with a member and a person")
                continue
            ends = (
                self._end(item, "member", known, place),
                self._end(item, "person", known, place),
            )
            if ends in linked and all(ends):
                self.fail(place, f"duplicate link of {ends[0]} and {ends[1]}")
            linked.add(ends)
            links.append(
                Entity(
                    "link",
                    link_id(*ends),
                    ours=self._own_facts(item, "link"),
                    ends=ends,
                    place=place,
                )
            )
        return in_order(links)

    def _events(
        self,
        node: Map,
        people: tuple[Entity, ...] | None,
        team: tuple[Entity, ...] | None,
    ) -> tuple[Entity, ...] | None:
        given = self._items(node, "events")
        if given is None:
            return None
        known = {"person": [e.id for e in people or ()], "member": [e.id for e in team or ()]}
        events: list[Entity] = []
        for index, item in enumerate(given):
            place = given.at(index)
            if not isinstance(item, Map):
                self.fail(place, "an event is a mapping such as {kind: …, day: …}")
                continue
            ends = tuple(
                self._end(item, end, known, place) if item.get(end) is not None else ""
                for end in ("member", "person")
            )
            facts = self._own_facts(item, "event")
            self._check_event(item, facts, ends, place)
            event = Entity(
                "event",
                self.text(item, "id") or event_id(facts, ends, self.base),
                ours=facts,
                ends=(ends[0], ends[1]),
                place=place,
            )
            if any(event.id == other.id for other in events):
                self.fail(place, f'duplicate event "{shortened(event.id)}"; give it another id')
            events.append(event)
        return in_order(events)

    def _plan(self, node: Map, subjects: list[Entity]) -> tuple[PlanEntry, ...]:
        given = self._items(node, "plan")
        if given is None:
            return ()
        items = ((item, given.at(index)) for index, item in enumerate(given))
        return plan_in_order(read_plan(self, items, {entity.id for entity in subjects}))

    def _check_event(
        self,
        item: Map,
        facts: Mapping[str, tuple[Answer, ...]],
        ends: tuple[str, ...],
        place: Place,
    ) -> None:
        book = self.base.events
        if book is None or item.get("id") is not None:
            return  # what programs write has an id, and may be reported piece by piece
        for key, fact in (("kind", book.keys.kind), ("day", book.keys.day)):
            if key not in item and fact not in item:
                self.fail(place, f"this event has no {key}")
        for answer in facts.get(book.keys.kind, ()):
            if book.kinds[answer.value].whom == "needed" and not any(ends):
                self.fail(place, f'an event "{answer.value}" names a person: or a member:')

    def _end(self, item: Map, end: str, known: Mapping[str, list[str]], place: Place) -> str:
        name = self.text(item, end)
        block = "people" if end == "person" else "team"
        if not name:
            self.fail(place, f"this link has no {end}")
        elif name not in known[end]:
            self.fail(
                item.at(end),
                f'unknown {end} "{shortened(name)}"; it is not an id in "{block}:".'
                f"{did_you_mean(name, known[end])}",
            )
        return name

    def _complete(self, node: Map) -> dict[str, bool]:
        given = node.get("complete")
        if given is None:
            return {}
        if not isinstance(given, Map):
            self.fail(node.at("complete"), '"complete:" is a mapping such as {people: no}')
            return {}
        lists = ("people", "team", "links")
        complete = {}
        for key in given:
            if key not in lists:
                self.fail(given.at(key), unknown_name("list", key, lists))
            elif given[key] in ("yes", True, "no", False):
                complete[key] = given[key] in ("yes", True)
            elif given[key] not in (None, "unknown"):
                self.fail(given.at(key), f'"{key}" is complete: yes or no')
        return complete
