"""The privacy settings: ``rules/privacy.yaml``, read and checked.

They never change a diagnosis. Which facts are about people is declared in ``facts.yaml``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from kam_expert.errors import Place, Problem, RuleBaseError, did_you_mean, unknown_name
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.documents import Chosen, Doc, Text, parse
from kam_expert.knowledge.placeholders import named_in
from kam_expert.knowledge.values import bounds_of
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.vocabulary import Fact

_FILE = "privacy.yaml"
_LISTS = frozenset(("people", "team", "links"))
_WORD = re.compile(r"\w+(?:[-’]\w+)*")
#: An apostrophe is written in several ways.
_APOSTROPHES = str.maketrans("'ʼ`‘", "’’’’")


class DenylistDoc(Doc):
    """The sensitive terms of one topic."""

    name: Text
    uk: list[str]
    en: list[str]


class PrivacyDoc(Doc):
    """``privacy.yaml``."""

    small_group: Chosen
    keep_days: Chosen
    counts_people: list[str] = Field(default_factory=list)
    last_contact: dict[Literal["person", "link"], list[str]] = Field(default_factory=dict)
    denylist: dict[str, DenylistDoc] = Field(default_factory=dict)


@dataclass(frozen=True)
class Privacy:
    """The content of ``privacy.yaml``, and its consequences for the facts and rules of a base.

    Attributes:
        small_group: Numbers of people below this are not shown.
        keep_days: The number of days without contact for which an assessment of a person is kept.
        counts: Facts that count people but are not computed from the lists.
        last_contact: The facts that say how many days ago there was contact, by kind.
        denylist: By topic, its name and its words and phrases.
    """

    base: KnowledgeBase = field(repr=False)
    small_group: int
    keep_days: int
    counts: frozenset[str]
    last_contact: Mapping[str, tuple[str, ...]]
    denylist: Mapping[str, tuple[Text, tuple[str, ...]]] = field(repr=False)

    def is_shown(self, fact: Fact) -> bool:
        """Return whether a fact is about business only. A free text may name people."""
        return (
            fact.kind in ("account", "decision", "event")
            and fact.doc.privacy == "account"
            and fact.doc.type != "text"
        )

    def is_judgement(self, name: str) -> bool:
        """Return whether a fact is an assessment of a person."""
        fact = self.base.facts.get(name)
        return fact is not None and fact.doc.privacy == "assessment"

    def counts_people(self, name: str) -> bool:
        """Return whether a number counts people or links, or is measured on some of them."""
        if name.startswith("count:"):
            return name.removeprefix("count:") in _LISTS
        fact = self.base.facts.get(name)
        form = fact.doc.computed if fact else None
        return name in self.counts or (
            form is not None and any(of in _LISTS for of in form.values() if isinstance(of, str))
        )

    def counts_out(self, name: str, value: object) -> bool:
        """Return whether the value of a fact is about fewer people than a small group.

        A share of the busiest pair and the like are, however large the value.
        """
        if not self.counts_people(name):
            return False
        fact = self.base.facts.get(name)
        form = fact.doc.computed if fact else None
        bounds = bounds_of(value)
        counted = form is None or not {"count", "distinct"}.isdisjoint(form)
        return not counted or bounds is None or bounds[0] < self.small_group

    def named_in(self, rule: Rule) -> frozenset[str]:
        """Return the facts that the explanation of a rule names, read by the rule or not."""
        return frozenset(
            name for lang in ("uk", "en") for name in named_in(rule.explains.get(lang))
        )

    def judges(self, rule: Rule) -> bool:
        """Return whether a rule reads an assessment of a person or a member."""
        facts = self.base.facts
        return any(
            self.is_judgement(ref.name) and facts[ref.name].kind in ("person", "member")
            for part in rule.conditions()
            for ref in refs(part)
        )

    def sensitive_terms(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the sensitive terms in *text*, each with its topic."""
        words = _WORD.findall(text.translate(_APOSTROPHES).casefold())
        found = sorted(
            (number, start)
            for start, word in enumerate(words)
            for number in self._stems_by_letter.get(word[0], ())
            if all(map(_is_meant, words[start:], self._stems[number][1]))
            and start + len(self._stems[number][1]) <= len(words)
        )
        for number, start in found:
            topic, asked = self._stems[number]
            yield " ".join(words[start : start + len(asked)]), topic

    @cached_property
    def _stems(self) -> list[tuple[str, list[str]]]:
        return [
            (topic, stem.translate(_APOSTROPHES).casefold().split())
            for topic, (_, stems) in self.denylist.items()
            for stem in stems
        ]

    @cached_property
    def _stems_by_letter(self) -> Mapping[str, list[int]]:
        # Few stems share a first letter, and every word of a case is checked.
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, (_, asked) in enumerate(self._stems):
            found[asked[0][0] if asked else ""].append(number)
        return found


def _is_meant(word: str, stem: str) -> bool:
    return word.startswith(stem[:-1]) if stem.endswith("*") else word == stem


def load_privacy(folder: Path, base: KnowledgeBase) -> Privacy:
    """Read ``privacy.yaml`` of a rule base; without it that of the built-in one counts.

    The facts that the built-in file names are its own, and left out then.

    Args:
        folder: The folder of the rule base.
        base: The rule base, to check the facts that the file names.

    Raises:
        RuleBaseError: All problems with their places.
    """
    own = (folder / _FILE).is_file()
    folder = folder if own else rules_folder()
    shown = f"{folder.name}/{_FILE}"
    doc, problems = parse(PrivacyDoc, read_file(folder / _FILE, shown), Place(shown, 1, 1))
    if doc is None:
        raise RuleBaseError(problems)
    if not own:
        doc = doc.model_copy(update={"counts_people": [], "last_contact": {}})
    problems = list(_unknown_facts(doc, base, Place(shown)))
    if problems:
        raise RuleBaseError(problems)
    return Privacy(
        base,
        small_group=int(doc.small_group.value),
        keep_days=int(doc.keep_days.value),
        counts=frozenset(doc.counts_people),
        last_contact={kind: tuple(names) for kind, names in doc.last_contact.items()},
        denylist={
            topic: (entry.name, (*entry.uk, *entry.en)) for topic, entry in doc.denylist.items()
        },
    )


def _unknown_facts(doc: PrivacyDoc, base: KnowledgeBase, place: Place) -> Iterable[Problem]:
    named = [(kind, name) for kind, names in doc.last_contact.items() for name in names]
    for kind, name in named:
        fact = base.facts.get(name)
        if fact is None or fact.kind != kind:
            near = did_you_mean(name, [n for n, f in base.facts.items() if f.kind == kind])
            yield Problem(place, f'unknown fact "{name}" about a {kind}.{near}')
    for name in doc.counts_people:
        if name not in base.facts:
            yield Problem(place, unknown_name("fact", name, base.facts))
