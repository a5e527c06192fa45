"""Check a rule base as a whole, beyond the validity of its files."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from kam_expert.errors import Place, Problem, did_you_mean, unknown_name
from kam_expert.knowledge.audience import is_wider
from kam_expert.knowledge.conditions.leaf import nodes, refs
from kam_expert.knowledge.direction import direction_problems
from kam_expert.knowledge.placeholders import named_in
from kam_expert.knowledge.rule import DERIVED
from kam_expert.knowledge.satisfiable import never_true
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.knowledge.audience import Audience
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.vocabulary import Fact


def sweep(base: KnowledgeBase) -> list[Problem]:
    """Return the problems of the rule base as a whole.

    It checks that citations exist and every content statement is cited; no rule establishes
    anything by a fact with ``fresh_days``; explanations name facts and thresholds; every theme
    has rules or facts; every fact is used (unless it is context); a rule concludes every finding;
    every step answers a finding; all names in steps and findings exist; the requirements of
    headings are met; no rule takes one side's view or doing for the other's; no finding, strategy
    or step has a wider audience than what it rests on; no condition asks one fact for two things
    at once.
    """
    return [
        *_citations(base),
        *_strengths(base),
        *(p for rule in base.rules if rule.status != DERIVED for p in text_problems(rule, base)),
        *_themes(base),
        *_facts(base),
        *_findings(base),
        *_steps(base),
        *_headings(base),
        *direction_problems(base),
        *_audiences(base),
        *never_true(base),
    ]


def _citations(base: KnowledgeBase) -> Iterator[Problem]:
    known = base.statements.statements
    cited: set[str] = set()
    for rule in base.rules:
        for name in rule.cites:
            if name not in known:
                near = did_you_mean(name, known)
                yield Problem(Place(rule.file), f'cites the unknown statement "{name}".{near}')
        if rule.status == "reviewed":
            cited.update(rule.cites)
        if not rule.cites and rule.origin != "practice":
            yield Problem(Place(rule.file), "cites nothing; say `origin: practice` if so it is")
    if base.step_book.always:
        # Advice that is a check on every step is followed by the cautions that all steps carry.
        cited.update(base.step_book.cites)
    for name, statement in known.items():
        if statement.kind == "content" and name not in cited:
            yield Problem(Place(f"{base.folder}/statements.yaml"), f"no reviewed rule cites {name}")


def _strengths(base: KnowledgeBase) -> Iterator[Problem]:
    for rule in base.rules:
        for name in stale_grounds(rule, base):
            message = f"establishes, yet {name} grows stale (fresh_days); write suggests"
            yield Problem(Place(rule.file), message)


def text_problems(rule: Rule, base: KnowledgeBase) -> Iterator[Problem]:
    """Yield what the placeholders of an explanation name and nothing can fill in."""
    known = {"about", "count", *base.facts, *(threshold.name for threshold in rule.thresholds)}
    for lang in ("uk", "en"):
        for name in named_in(rule.explains.get(lang)):
            if name not in known:
                near = did_you_mean(name, known)
                message = f'explains.{lang}: nothing fills in "{{{name}}}".{near}'
                yield Problem(Place(rule.file), message)


def stale_grounds(rule: Rule, base: KnowledgeBase) -> Iterator[str]:
    """Yield the facts that grow stale and on which an establishing rule rests."""
    if rule.strength == "establishes":
        for name, fact in base.facts.items():
            if fact.doc.fresh_days and rule.rests_on(name):
                yield name


def facts_used(base: KnowledgeBase) -> set[str]:
    """Return the facts that rules, computations, gaps or declared impossibilities read."""
    conditions = [part for rule in base.rules for part in rule.conditions()]
    conditions += base.impossible.values()
    conditions += base.done_when.values()
    conditions += base.computed_where.values()
    used = {ref.name for condition in conditions for ref in refs(condition)}
    used |= base.step_book.dates()
    for gap in base.gaps.values():
        used |= {gap.ours, gap.theirs}
    todo = list(used)
    while todo:
        fact = base.facts.get(todo.pop())
        for name in _inputs(fact.doc.computed if fact else None, base):
            if name not in used:
                used.add(name)
                todo.append(name)
    return used - set(ENGINE_FACTS)


def _inputs(declared: object, base: KnowledgeBase) -> set[str]:
    if isinstance(declared, dict):
        return {
            name
            for key, item in declared.items()
            for name in ({key} & set(base.facts)) | _inputs(item, base)
        }
    if isinstance(declared, list):
        return {name for item in declared for name in _inputs(item, base)}
    if isinstance(declared, str):
        return {declared.rpartition(".")[2]} & set(base.facts)
    return set()


def _facts(base: KnowledgeBase) -> Iterator[Problem]:
    used = facts_used(base)
    place = Place(f"{base.folder}/facts.yaml")
    for name, fact in base.facts.items():
        if name not in used and not fact.doc.context:
            yield Problem(place, f"no rule uses {name}; mark it `context: yes` if it is context")
        if name in used and fact.doc.context:
            yield Problem(place, f"{name} is marked as context, yet rules use it")
        yield from _order_problems(fact, place)
    conditions = [part for rule in base.rules for part in rule.conditions()]
    conditions += base.computed_where.values()
    read_by_rules = {id(node) for part in conditions for node in nodes(part)}
    with_cases = {rule.name for rule in base.definition_rules}
    conditions += base.done_when.values()
    # A definition is the same object wherever it is used; it does not count as a use of itself.
    used_definitions = {id(node) for part in conditions for node in nodes(part)}
    for _, definition in base.definitions.values():
        used_definitions |= {id(node) for node in nodes(definition) if node is not definition}
    for name, (_, definition) in base.definitions.items():
        if id(definition) not in used_definitions:
            yield Problem(place, f"no rule uses the definition {name}")
        elif id(definition) not in read_by_rules and f"definition {name}" not in with_cases:
            yield Problem(place, f"no rule reads the definition {name}, so it needs cases")


def _order_problems(fact: Fact, place: Place) -> Iterator[Problem]:
    """Yield what is wrong with the direction in which the answers of a fact are better."""
    better = fact.doc.better
    if isinstance(better, list):
        known = fact.words()
        for word in better:
            if word not in known:
                near = did_you_mean(word, known)
                yield Problem(place, f'{fact.name}: better: unknown value "{word}".{near}')
    elif better in ("up", "down") and fact.doc.type in ("choice", "text", "date"):
        yield Problem(place, f"{fact.name}: better: list its values from worse to better")


def _themes(base: KnowledgeBase) -> Iterator[Problem]:
    used = {rule.theme for rule in base.rules} | {fact.doc.theme for fact in base.facts.values()}
    for name in base.themes:
        if name not in used:
            yield Problem(
                Place(f"{base.folder}/themes.yaml"), f"no rule and no fact has the theme {name}"
            )


def _findings(base: KnowledgeBase) -> Iterator[Problem]:
    place = Place(f"{base.folder}/findings.yaml")
    for name, doc in base.findings.items():
        if not any(rule.status in ("reviewed", DERIVED) for rule in base.rules_for(name)):
            yield Problem(place, f"no reviewed rule concludes {name}")
        if doc.group not in base.groups:
            yield Problem(place, f"{name}: {unknown_name('group', doc.group, base.groups)}")
        if doc.mirror is not None:
            mirror = base.findings.get(doc.mirror)
            if mirror is None:
                yield Problem(place, f"{name}: {unknown_name('mirror', doc.mirror, base.findings)}")
            elif mirror.mirror != name:
                yield Problem(
                    place, f"{name} names {doc.mirror} as its mirror, but not the reverse"
                )
        for fact in doc.raised_by_better:
            if fact != "any" and fact not in base.facts:
                yield Problem(place, f"{name}: {unknown_name('fact', fact, base.facts)}")
        for variant in doc.variants:
            if variant.when not in base.findings:
                yield Problem(
                    place, f"{name}: {unknown_name('finding', variant.when, base.findings)}"
                )
        for cited in doc.cites:
            if cited not in base.statements.statements:
                yield Problem(place, f'{name}: unknown statement "{cited}"')


def _steps(base: KnowledgeBase) -> Iterator[Problem]:
    place = Place(f"{base.folder}/steps.yaml")
    book = base.step_book
    for finding in (*(u.finding for u in book.under.values()), *chain(*book.needs.values())):
        if finding not in base.findings:
            yield Problem(place, unknown_name("finding", finding, base.findings))
    replacing = {other for doc in base.steps.values() for other in doc.replaced_by.values()}
    for name, doc in base.steps.items():
        if not doc.answers and name not in replacing:
            yield Problem(place, f"no finding leads to the step {name}")
        for finding in doc.answers:
            if finding in base.findings and base.findings[finding].about != doc.about:
                yield Problem(place, f"{name} is about the {doc.about}, {finding} is not")
        kind = base.step_book.kinds[doc.kind]
        for finding in (
            *doc.answers, *doc.dropped_by, *doc.held_back_by, *doc.replaced_by, *kind.dropped_by,
            *kind.held_back_by, *kind.held_back_while_open,
        ):  # fmt: skip
            if finding not in base.findings:
                yield Problem(place, f"{name}: {unknown_name('finding', finding, base.findings)}")
        for word, under in book.under.items():
            if word not in doc.under and under.concerns(doc):
                yield Problem(place, f"{name} does not say whether it may be taken under {word}")
        joined = [doc.one_move_with] if doc.one_move_with else []
        for other in (*doc.replaced_by.values(), *joined):
            if other not in base.steps:
                yield Problem(place, f"{name}: {unknown_name('step', other, base.steps)}")
        for caution in (*doc.cautions, *base.step_book.always):
            if caution not in base.step_book.cautions:
                yield Problem(
                    place, f"{name}: {unknown_name('caution', caution, base.step_book.cautions)}"
                )


def _headings(base: KnowledgeBase) -> Iterator[Problem]:
    place = Place(f"{base.folder}/statements.yaml")
    concluded = {name for name in base.findings if base.rules_for(name)}
    cited = {name for rule in base.rules for name in rule.cites}
    for name, statement in base.statements.statements.items():
        if statement.kind == "heading" and statement.requires is None:
            yield Problem(place, f"the heading {name} requires nothing")
            continue
        demands = statement.requires
        if demands is None:
            continue
        for needed in demands.cited:
            if needed not in cited:
                yield Problem(place, f"{name} requires a rule that cites {needed}")
        for group, size in demands.groups.items():
            found = [f for f in concluded if base.findings[f].group == group]
            if len(found) < size:
                message = f"{name} requires {size} findings in {group}, there are {len(found)}"
                yield Problem(place, message)


def _audiences(base: KnowledgeBase) -> Iterator[Problem]:
    """Yield the findings, strategies and steps that more people may read than what they rest on.

    One that says why is none.
    """
    readers = base.readers
    strategies = base.strategy_findings
    for name, doc in base.findings.items():
        file = "strategies" if name in strategies else "findings"
        if doc.audience and not doc.audience_reason:
            yield from _wider(
                name, doc.audience, readers.sources[name], f"{base.folder}/{file}.yaml"
            )
    for name, step in base.steps.items():
        if step.audience and not step.audience_reason:
            sources: dict[str, Audience] = {f: readers.findings[f] for f in step.answers}
            if step.about in ("person", "member"):
                sources[f"its {step.about}"] = "consultant"
            yield from _wider(name, step.audience, sources, f"{base.folder}/steps.yaml")


def _wider(
    name: str, audience: Audience, sources: Mapping[str, Audience], file: str
) -> Iterator[Problem]:
    for source, narrow in sources.items():
        if is_wider(audience, narrow):
            message = (
                f"{name} has the audience {audience}, but rests on {source}, which has "
                f"{narrow}; narrow it or say why (audience_reason)"
            )
            yield Problem(Place(file), message)
            return
