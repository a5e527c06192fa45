"""The text of a new rule: a draft that loads, with cases that pass, to be edited by its author."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

_PLACE = re.compile(r"([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)\Z")
#: What a skeleton can test: dates and free texts have no typical value.
_TESTABLE = ("choice", "ordered", "set", "yes_no", "integer", "number")
_TEMPLATE = """\
rule: {name}
status: draft  # reviewed when the texts, cases and thresholds are yours
origin: practice  # or cites: [P3a], the statement of the source that says so
for: {kind}
when:
  {condition}
concludes: {{finding: {finding}, strength: {strength}}}
{thresholds}explains:
  uk: {uk}
  en: {en}
cases:
{cases}"""
_THRESHOLDS = """\
thresholds:
  limit:
    value: {limit:g}
    we_chose:
      uk: поясніть, чому саме стільки
      en: say why this number
"""


@dataclass(frozen=True)
class Skeleton:
    """A new rule.

    Attributes:
        file: Its place below the rule base, ``theme/name.yaml``.
        text: Its content.
        fact: The fact that it reads.
    """

    file: str
    text: str
    fact: str


def skeleton(
    base: KnowledgeBase, place: str, finding: str, strength: str, fact: str | None = None
) -> Skeleton:
    """Return a new rule with its cases.

    Args:
        base: The rule base that it is for.
        place: ``theme/name``.
        finding: What it concludes; the rule is about the same as the finding.
        strength: ``hints``, ``suggests`` or ``establishes``.
        fact: What it reads; by default the first fact that fits, of the same theme if there is one.

    Raises:
        KamError: A name is unknown, in use or does not fit, with the nearest right name.
    """
    matched = _PLACE.match(place)
    if matched is None:
        raise KamError(f'"{place}": write theme/name in lower-case letters, digits and _')
    theme, name = matched.groups()
    _known("theme", theme, base.themes)
    findings = {n: doc for n, doc in base.findings.items() if n not in base.strategy_findings}
    _known("finding", finding, findings)
    for rule in base.rules:
        if rule.name == name:
            raise KamError(f"{rule.file}: a rule of this name exists; choose another name")
    doc = base.findings[finding]
    read = _default_fact(base, doc.about, theme) if fact is None else _chosen(base, doc.about, fact)
    unknown = doc.about_knowledge is not None
    numeric = read.is_number and not unknown
    text = _TEMPLATE.format(
        name=name,
        kind=doc.about,
        condition=f"{_read_as(read)}: {'{unknown: yes}' if unknown else _test(read)}",
        finding=finding,
        strength=strength,
        thresholds=_THRESHOLDS.format(limit=_limit(read)) if numeric else "",
        uk=_quoted(f"{read.doc.short.uk}: {{{read.name}}}. Напишіть, що це означає."),
        en=_quoted(f"{read.doc.short.en}: {{{read.name}}}. Say what this means."),
        cases="".join(_knowledge_cases(read) if unknown else _cases(read)),
    )
    return Skeleton(f"{theme}/{name}.yaml", text, read.name)


def _known(what: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise KamError(unknown_name(what, name, known))


def _default_fact(base: KnowledgeBase, kind: str, theme: str) -> Fact:
    fitting = [
        fact for fact in base.facts.values() if fact.kind == kind and fact.doc.type in _TESTABLE
    ]
    if not fitting:
        raise KamError(f"no fact about the {kind} can be tested; add one to facts.yaml")
    # Whose view or doing an answer shows decides which findings may rest on it.
    return min(
        fitting, key=lambda f: (f.doc.theme != theme, f.doc.direction is not None, _is_assumed(f))
    )


def _chosen(base: KnowledgeBase, kind: str, name: str) -> Fact:
    _known("fact", name, base.facts)
    fact = base.facts[name]
    if fact.kind != kind:
        raise KamError(f"{name} is about the {fact.kind}, not the {kind} as the finding is")
    if fact.doc.type not in _TESTABLE:
        raise KamError(f"{name} is a {fact.doc.type}; start from another fact and edit the rule")
    return fact


def _is_assumed(fact: Fact) -> bool:
    """Return whether an undated answer counts in the working reading only."""
    # A place among other accounts is as good when it is stated.
    return fact.doc.from_lists or fact.doc.fresh_days is not None


def _read_as(fact: Fact) -> str:
    return fact.name if fact.bare else f"ours.{fact.name}"


def _limit(fact: Fact) -> float:
    """Return the middle of the range, or the second number of a range without an end."""
    bounds = fact.doc.range
    low = 0 if bounds is None or bounds.min is None else bounds.min
    high = low + 2 if bounds is None or bounds.max is None else bounds.max
    return (low + high) // 2


def _test(fact: Fact) -> str:
    if fact.is_number:
        return "{at_least: $limit}"
    first = fact.words()[0]
    return f"{{contains: {first}}}" if fact.doc.type == "set" else first


def _cases(fact: Fact) -> tuple[str, ...]:
    if fact.is_number:
        limit = _limit(fact)
        yes, no = f"{limit:g}", f"{limit - 1:g}"
    elif fact.doc.type == "set":
        yes, no = f"[{fact.words()[0]}]", "[none]"
    else:
        yes, no = fact.words()[:2]
    holds = "assumed" if _is_assumed(fact) else "holds"
    return (
        _case(f"the answer is {yes.strip('[]')}", _given(fact, yes), holds),
        _case(f"the answer is {no.strip('[]')}", _given(fact, no), "silent"),
        _case("nobody answered", "{}", "open"),
    )


def _knowledge_cases(fact: Fact) -> tuple[str, ...]:
    value = f"{_limit(fact):g}" if fact.is_number else fact.words()[0]
    known = f"[{value}]" if fact.doc.type == "set" else value
    return (
        _case("nobody answered", "{}", "holds"),
        _case("the answer is known", _given(fact, known), "silent"),
    )


def _given(fact: Fact, value: str) -> str:
    told = f"{{{fact.name}: {value}}}"
    # Where one side's answer may replace the other's, only the customer's own answer is certain.
    return f"{{customer: {told}}}" if fact.doc.asked_of == "both" and fact.bare else told


def _case(name: str, given: str, expect: str) -> str:
    return f"  - name: {name}\n    given: {given}\n    expect: {expect}\n"


def _quoted(text: str) -> str:
    return json.dumps(text[:1].upper() + text[1:], ensure_ascii=False)
