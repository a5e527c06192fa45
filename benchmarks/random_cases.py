"""Random cases with missing facts, for tests and benchmarks, as the data of a case file."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.case_reader import build_case
from kam_expert.knowledge.yaml_reader import read_text

if TYPE_CHECKING:
    from random import Random

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

DAYS = ("2026-03-01", "2026-07-15", "2026-10-20")
#: Days of events that lie between those of answers, on the day of the diagnosis, and to come.
OTHER_DAYS = ("2025-06-01", "2026-05-10", "2026-10-25", "2026-11-01", "2026-12-20", "2027-02-10")


def a_value(fact: Fact, random: Random) -> Any:
    """Return a value of *fact*; numbers are mostly small, near the thresholds of rules."""
    doc = fact.doc
    if doc.type == "set":
        return [word for word in doc.values if random.random() < 0.3]
    if doc.type == "date":
        words = [*doc.also, "2024-01-10", "2025-06-01", "2026-08-01", "2027-01-15", "2026-11-30"]
        return random.choice(words)
    if fact.is_number:
        low = doc.range.min if doc.range and doc.range.min is not None else 0
        high = doc.range.max if doc.range and doc.range.max is not None else 100
        number = random.choice(
            [low, low + 1, low + 2, low + 3, low + 4, 20, 29, 30, 50, 60, 70, 80, 90, 91, high]
        )
        return int(min(max(number, low), high))
    if doc.type == "text":
        return random.choice(["Олена", "Петро", "Ivan"])
    return random.choice(fact.words())


def a_long_form(fact: Fact, random: Random) -> Any:
    """Return a plain value, a dated one, or two dated ones."""
    value = a_value(fact, random)
    roll = random.random()
    if roll < 0.7 or fact.doc.type == "text":
        return value
    if roll < 0.85:
        return {"value": value, "as_of": random.choice(DAYS), "source": "said", "by": "О. К."}
    return [
        {"value": a_value(fact, random), "as_of": DAYS[0]},
        {"value": value, "as_of": random.choice(DAYS[1:])},
    ]


def random_case(
    base: KnowledgeBase, random: Random, *, contacts: int | None = None, rich: bool = False
) -> dict[str, Any]:
    """Return a random case as plain data.

    Args:
        base: The rule base with the vocabulary.
        random: The random generator; the same state gives the same case.
        contacts: Number of people; by default 0 to 5 at random.
        rich: Whether to include rare content: notes, bands, empty lists, several decisions, people
            of some decisions, origins of every form, unknown answers.
    """
    known = random.choice([0.1, 0.3, 0.6, 0.9])
    case: dict[str, Any] = {"kam": 1, "account": {"id": "a", "name": "А"}}
    case["facts"] = _facts(base, random, known, "account", "ours")
    case["customer"] = _facts(base, random, known * random.random(), "account", "theirs")
    people = random.randrange(6) if contacts is None else contacts
    team = random.randrange(1, 4)
    if random.random() < 0.7:
        case["decision"] = _facts(base, random, known, "decision", "ours")
    if contacts is not None or random.random() < 0.8:
        case["people"] = [
            {"id": f"p{i}", **_facts(base, random, known, "person", "ours")} for i in range(people)
        ]
    if contacts is not None or random.random() < 0.8:
        case["team"] = [
            {"id": f"m{i}", **_facts(base, random, known, "member", "ours")} for i in range(team)
        ]
    if "people" in case and "team" in case and random.random() < 0.8:
        case["links"] = [
            {"member": f"m{m}", "person": f"p{p}", **_facts(base, random, known, "link", "ours")}
            for p in range(people)
            for m in range(team)
            if random.random() < 0.4
        ]
    case["complete"] = {
        name: random.choice(["yes", "no"])
        for name in ("people", "team", "links")
        if random.random() < 0.5
    }
    if rich:
        _enrich(case, base, random)
    if base.events is not None and random.random() < 0.6:
        case["events"] = _events(case, base, random)
    if random.random() < 0.4:
        case["plan"] = _plan(case, base, random)
    return case


def news(base: KnowledgeBase) -> frozenset[str]:
    """Return the facts that tell of a change.

    Whoever answers one says that something has happened, as an event does; what was firm was so of
    the customer as it was. So does an answer with a day to come that has a word for "nobody spoke
    of one": until then the word is the value.
    """
    told = frozenset(() if base.events is None else base.events.same_as)
    return told | {n for n, fact in base.facts.items() if "else" in (fact.doc.computed or {})}


def extended(case: dict[str, Any], base: KnowledgeBase, random: Random) -> dict[str, Any]:
    """Answer some unknown facts, let the other side answer, lengthen lists not called complete.

    No event is added, and no fact of `news`.
    """
    more = copy.deepcopy(case)
    said = news(base)

    def answer(block: dict[str, Any], kind: str, *asked: str) -> None:
        share = random.choice([0.05, 0.3, 0.8])
        for fact in base.facts.values():
            wanted = fact.kind == kind and fact.doc.asked_of in asked and fact.name not in said
            if wanted and fact.name not in block and random.random() < share:
                block[fact.name] = a_long_form(fact, random)

    answer(more.setdefault("facts", {}), "account", "us", "both")
    answer(more.setdefault("customer", {}), "account", "customer", "both")
    if "decision" in more:
        answer(more["decision"], "decision", "us")
    for block, kind in (("people", "person"), ("team", "member"), ("links", "link")):
        for item in more.get(block, []):
            answer(item, kind, "us")
    for block, letter, kind in (("people", "p", "person"), ("team", "m", "member")):
        if more["complete"].get(block) == "yes" or random.random() < 0.4:
            continue
        listed = more.setdefault(block, [])
        item = {"id": f"{letter}x{len(listed)}"}
        answer(item, kind, "us")
        listed.append(item)
    can_link = more["complete"].get("links") != "yes" and more.get("people") and more.get("team")
    if can_link and random.random() < 0.6:
        links = more.setdefault("links", [])
        taken = {(link["member"], link["person"]) for link in links}
        for member in more["team"]:
            for person in more["people"]:
                if (member["id"], person["id"]) not in taken and random.random() < 0.3:
                    link = {"member": member["id"], "person": person["id"]}
                    answer(link, "link", "us")
                    links.append(link)
    return more


def _plan(case: dict[str, Any], base: KnowledgeBase, random: Random) -> list[dict[str, Any]]:
    """Return entries of a plan of every status, some of them late."""
    blocks = ("people", "team", "decisions")
    ids = list(dict.fromkeys(item["id"] for name in blocks for item in case.get(name) or ()))
    days = ("2025-09-01", *DAYS, *OTHER_DAYS)
    entries: list[dict[str, Any]] = []
    for number in range(random.randrange(5)):
        what = {"text": "Обід; a: b"} if random.random() < 0.3 else {}
        entry = {"id": f"e{number}", **(what or {"step": random.choice([*base.steps, "gone"])})}
        told = {
            "about": random.sample(ids, min(len(ids), random.randrange(3))),
            "side": random.choice(["ours", "theirs"]),
            "owner": random.choice(["Олена", *ids]),
            "due": random.choice(days),
            "agreed_on": random.choice(days),
            "evidence": "протокол",
            "note": "none",
        }
        entry |= {key: value for key, value in told.items() if random.random() < 0.7}
        status = random.choice(["agreed", "begun", "done", "dropped"])
        if status == "dropped":
            entry["reason"] = "Не на часі"
        if status == "done":
            entry["done_on"] = random.choice(days)
            entry |= random.choice([{}, {"result": random.choice(["worked", "partly", "not"])}])
        entries.append({**entry, "status": status})
    return entries


def _events(case: dict[str, Any], base: KnowledgeBase, random: Random) -> list[dict[str, Any]]:
    """Return events before, between and after the days of the answers; people give answers."""
    names = {"person": [item["id"] for item in case.get("people", [])]}
    names["member"] = [item["id"] for item in case.get("team", [])]
    if base.events is None:
        return []
    keys = base.events.keys
    events = []
    for number in range(random.randrange(5)):
        event = {
            "id": f"e{number}",
            keys.kind: random.choice(list(base.events.kinds)),
            keys.day: random.choice([*DAYS, *OTHER_DAYS]),
            keys.note: "Олена",
        }
        for end, known in names.items():
            if known and random.random() < (0.8 if end == "person" else 0.2):
                event[end] = random.choice(known)
        for _, key in keys:
            if random.random() < 0.05:
                event.pop(key)
        events.append(event)
    if names["person"]:
        for block in (case["facts"], case["customer"]):
            for told in block.values():
                if isinstance(told, dict) and "as_of" in told and random.random() < 0.5:
                    told["by"] = random.choice(names["person"])
                    told["as_of"] = random.choice([told["as_of"], "2025-02-01"])
    return events


def _enrich(case: dict[str, Any], base: KnowledgeBase, random: Random) -> None:
    case["account"] |= {"owner": "Олена К.", "segment": "A; 1"} if random.random() < 0.5 else {}
    blocks = [case["facts"], case["customer"], case.get("decision", {})]
    for block in [
        *blocks,
        *(item for name in ("people", "team", "links") for item in case.get(name, [])),
    ]:
        for name in block:
            if name in base.facts and random.random() < 0.3:
                block[name] = _rare_form(base.facts[name], random)
    if random.random() < 0.5:
        _several_decisions(case, base, random)
    if random.random() < 0.2:
        case |= {"links": [], random.choice(["people", "team", "decisions"]): []}
        case.pop("decision" if case.get("decisions") == [] else "", None)
        for person in case.get("people", []):
            person.pop("decisions", None)
    texts = ["", " ", "none", "unknown", "1;2", "Рядок\nі ще «один»", "null"]
    case["comments"] = random.choices(texts, k=random.randrange(4))
    case["steps"] = {
        step: {
            **({"owner": "О. К."} if random.random() < 0.5 else {}),
            **({"due": random.choice(DAYS)} if random.random() < 0.5 else {}),
            **({"hide": random.choice(["yes", "no"])} if random.random() < 0.5 else {}),
        }
        for step in base.steps
        if random.random() < 0.1
    }
    case["target_stage"] = random.choice([None, *base.stage_model.names])
    if base.strategies and random.random() < 0.3:
        chosen = random.choice(base.strategies)
        case["strategy"] = {"id": chosen.id, "reason": "Вирішили ще в січні; so it is"}


def _several_decisions(case: dict[str, Any], base: KnowledgeBase, random: Random) -> None:
    case.pop("decision", None)
    names = ["d1", "d→2", "d 3", "Рішення 10"][: random.randrange(5)]
    case["decisions"] = [
        {"id": name, "name": "", **_facts(base, random, 0.5, "decision", "ours")} for name in names
    ]
    for person in case.get("people", []):
        if random.random() < 0.6:
            person["decisions"] = [name for name in names if random.random() < 0.5]


def _rare_form(fact: Fact, random: Random) -> Any:
    """Return a band, a fraction, an unknown value, or answers with source, person or day."""
    if random.random() < 0.2:
        return random.choice(["unknown", None])
    days = random.sample([*DAYS, None], random.randrange(1, 4))
    forms = [
        {
            "value": _rare_value(fact, random),
            **({"as_of": day} if day else {}),
            **({"source": random.choice(SOURCES)} if random.random() < 0.5 else {}),
            **({"by": random.choice(["Олена", "unknown"])} if random.random() < 0.5 else {}),
        }
        for day in days
    ]
    return random.choice([forms, forms[0], forms[0]["value"]])


def _rare_value(fact: Fact, random: Random) -> Any:
    if fact.doc.type == "text":
        return random.choice(["none", " Олена", "12.50", "null", "так; ні", 'a,"b"'])
    low, high = a_value(fact, random), a_value(fact, random)
    if not isinstance(low, int) or not isinstance(high, int):
        return low
    low, high = sorted((low, high))
    limit = fact.doc.range.max if fact.doc.range else None
    if fact.doc.type == "number" and low != high:
        low += random.choice([0, 0.1, 1e-7, 1 / 3])
        high += 0 if limit is not None else random.choice([0, 0.1, 1e15, 1e22])
    return f"{Decimal(repr(low)):f}..{Decimal(repr(high)):f}" if random.random() < 0.7 else high


def _facts(
    base: KnowledgeBase, random: Random, known: float, kind: str, side: str
) -> dict[str, Any]:
    asked = ("us", "both") if side == "ours" else ("customer", "both")
    return {
        fact.name: a_long_form(fact, random)
        for fact in base.facts.values()
        if fact.kind == kind and fact.doc.asked_of in asked and random.random() < known
    }


def built(case: dict[str, Any], base: KnowledgeBase, name: str = "case.json") -> Case:
    """Return the case of a file with this content."""
    text = json.dumps(case, ensure_ascii=False)
    return build_case(read_text(text, name), base, Place(name))
