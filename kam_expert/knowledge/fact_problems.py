"""Check the facts of a rule base against each other and against its themes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Problem, unknown_name
from kam_expert.knowledge.naming import reference_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.knowledge.vocabulary import Fact

_CURRENCY = re.compile("[A-Z]{3}")


def fact_problems(node: Any, facts: Mapping[str, Fact], themes: Iterable[str]) -> Iterator[Problem]:
    """Yield the problems of a valid ``facts.yaml``.

    Args:
        node: The file as it was read.
        facts: The vocabulary.
        themes: The names of all themes.
    """
    entries = node["facts"]
    yield from reference_problems(entries, "theme", themes)
    yield from reference_problems(entries, "asked_after", facts)
    yield from _currency_problems(node, facts)
    for name, fact in facts.items():
        yield from _part_problems(fact, facts, entries[name])
        yield from _plan_problems(fact, entries[name])


def _currency_problems(node: Any, facts: Mapping[str, Fact]) -> Iterator[Problem]:
    """Yield what is wrong with the fact that says in which currency the amounts are."""
    if (name := node.get("currency")) is None:
        return
    fact = facts.get(name)
    if fact is None:
        yield Problem(node.at("currency"), unknown_name("fact", name, facts))
    elif fact.kind != "account" or fact.doc.type != "choice":
        yield Problem(node.at("currency"), f"{name} is not a choice about the account")
    else:
        for code in fact.doc.values:
            if not _CURRENCY.fullmatch(code):
                message = f'{name}: "{code}" is not a code of ISO 4217, such as EUR'
                yield Problem(node.at("currency"), message)


def _part_problems(whole: Fact, facts: Mapping[str, Fact], entry: Any) -> Iterator[Problem]:
    """Yield the parts of a fact that cannot be compared with it."""
    for name in whole.doc.parts:
        part = facts.get(name)
        if part is None:
            wrong = f"{whole.name}: {unknown_name('fact', name, facts)}"
        elif (part.kind, part.words(), part.doc.asked_of) != (
            whole.kind, whole.words(), whole.doc.asked_of,
        ) or whole.doc.type != "ordered":  # fmt: skip
            wrong = f"{whole.name}: {name} has other values or is asked of others"
        else:
            continue
        yield Problem(entry.at("computed"), wrong)


def _plan_problems(fact: Fact, entry: Any) -> Iterator[Problem]:
    """Yield that a fact cannot come from the plan."""
    doc = fact.doc
    if doc.from_plan is None:
        return
    counts = fact.kind == "account" and fact.is_number and doc.computed is None
    if not counts or doc.asked_of == "customer":
        wrong = f"{fact.name}: only a number about the account that we are asked for"
        yield Problem(entry.at("from_plan"), f"{wrong} can come from the plan")
