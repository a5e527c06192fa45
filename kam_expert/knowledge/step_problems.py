"""Check the steps of a rule base against its facts, and against what their file declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, did_you_mean, unknown_name
from kam_expert.knowledge.naming import reference_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kam_expert.knowledge.advice_documents import StepsDoc
    from kam_expert.knowledge.vocabulary import Fact


def step_problems(node: Any, document: StepsDoc, facts: Mapping[str, Fact]) -> Iterator[Problem]:
    """Yield the problems of a valid ``steps.yaml``.

    Args:
        node: The file as it was read.
        document: What it declares.
        facts: The vocabulary.
    """
    steps = node["steps"]
    yield from reference_problems(steps, "kind", document.kinds)
    yield from reference_problems(steps, "purpose", document.purposes)
    yield from _listed_problems(steps, "needs", document.needs)
    yield from _listed_problems(steps, "under", document.under)
    yield from _before_problems(node, facts)
    yield from _owner_problems(steps, facts)


def _listed_problems(entries: Any, key: str, known: Iterable[str]) -> Iterator[Problem]:
    """Yield the names under *key* of the entries of a checked file that are not declared."""
    for name, entry in entries.items():
        for word in entry.get(key) or ():
            if word not in known:
                near = did_you_mean(word, known)
                yield Problem(entry.at(key), f'{name}: unknown word "{word}" in {key}.{near}')


def _before_problems(book: Any, facts: Mapping[str, Fact]) -> Iterator[Problem]:
    """Yield the steps that are to come before something other than a date that is theirs."""
    for kind, named in (book.get("ends") or {}).items():
        yield from _day_problems(named, (kind,), facts, book["ends"].at(kind), "ends")
    for name, entry in book["steps"].items():
        before = entry.get("before") or ()
        about = entry["about"]
        kinds = None if about == "account" else (about, "account")
        for named in (before,) if isinstance(before, str) else before:
            yield from _day_problems(named, kinds, facts, entry.at("before"), name)


def _day_problems(
    named: str, kinds: Sequence[str] | None, facts: Mapping[str, Fact], place: Place, where: str
) -> Iterator[Problem]:
    fact = facts.get(named)
    if fact is None:
        yield Problem(place, f"{where}: {unknown_name('fact', named, facts)}")
    elif fact.doc.type != "date" or (kinds is not None and fact.kind not in kinds):
        whose = f" about the {' or the '.join(kinds)}" if kinds else ""
        yield Problem(place, f"{where}: {named} is not a date{whose}")


def _owner_problems(steps: Any, facts: Mapping[str, Fact]) -> Iterator[Problem]:
    """Yield the steps whose owner is not a fact of theirs that names our people."""
    for name, entry in steps.items():
        if (owner := entry.get("owner")) is None:
            continue
        fact = facts.get(owner)
        if fact is None:
            yield Problem(entry.at("owner"), f"{name}: {unknown_name('fact', owner, facts)}")
        elif fact.doc.names != "team" or fact.kind != entry["about"]:
            message = f"{name}: {owner} does not name who of our team it is for a {entry['about']}"
            yield Problem(entry.at("owner"), message)
