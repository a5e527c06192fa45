"""Read one rule into a rule base whose facts, findings and stages are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, ProblemsError, RuleBaseError, unknown_name
from kam_expert.knowledge.conditions.leaf import findings_read
from kam_expert.knowledge.conditions.parser import ConditionParser
from kam_expert.knowledge.documents import Text, parse
from kam_expert.knowledge.node_edits import as_written, replaced
from kam_expert.knowledge.rule import MovedThreshold, Rule, RuleCase, Threshold, moved_a_little
from kam_expert.knowledge.rule_documents import RuleDoc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.knowledge.advice_documents import StrategyDoc
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.scope import Scope
    from kam_expert.knowledge.documents import Chosen
    from kam_expert.knowledge.fact_documents import DefinitionDoc
    from kam_expert.knowledge.finding_documents import FindingDoc
    from kam_expert.knowledge.rule_documents import GivenDoc


def chosen_threshold(
    owner: str, name: str, chosen: Chosen, overrides: Mapping[str, float]
) -> Threshold:
    """Return a number that the rule base chose, or the one that replaces it."""
    key, reason = f"{owner}.{name}", chosen.we_chose
    texts = (
        {"uk": reason.uk, "en": reason.en}
        if isinstance(reason, Text)
        else {"uk": reason, "en": reason}
    )
    value = overrides.get(key, chosen.value)
    return Threshold(owner, name, value, texts, key in overrides)


class RuleReader:
    """Reads rules.

    Args:
        names: What a condition may name.
        findings: The findings by id, without strategies.
        of_stage: The findings that decide the stage.
        overrides: Numbers that replace chosen ones, by ``rule.name``.
    """

    def __init__(
        self,
        names: Scope,
        findings: Mapping[str, FindingDoc],
        of_stage: frozenset[str],
        overrides: Mapping[str, float],
    ) -> None:
        self.names = names
        self.findings = findings
        self.of_stage = of_stage
        self.overrides = overrides

    def read(
        self, node: Any, place: Place, name: str, theme: str
    ) -> tuple[Rule | None, list[Problem]]:
        """Return the rule of a file, and its problems; None if they leave no rule.

        Args:
            node: What the file holds.
            place: Of the file.
            name: Of the file, without its ending.
            theme: The folder of the file.
        """
        doc, problems = parse(RuleDoc, node, place)
        if doc is None:
            return None, problems

        def fail(key: str, message: str) -> None:
            problems.append(Problem(node.at(key), message))

        if doc.rule != name:
            fail("rule", f'the rule is named "{doc.rule}" and its file "{name}"')
        concluded = self.findings.get(doc.concludes.finding)
        if concluded is None:
            fail("concludes", unknown_name("finding", doc.concludes.finding, self.findings))
            return None, problems
        if concluded.about != doc.for_ and not (doc.for_ == "gap" and concluded.about == "account"):
            fail("for", f"{doc.concludes.finding} is about the {concluded.about}, not {doc.for_}")
        thresholds = tuple(
            chosen_threshold(doc.rule, key, chosen, self.overrides)
            for key, chosen in doc.thresholds.items()
        )
        numbers = {threshold.name: threshold.value for threshold in thresholds}
        parser = ConditionParser(
            self.names, numbers, about_knowledge=concluded.about_knowledge is not None
        )
        when = parser.parse(node["when"], doc.for_, node.at("when"))
        unless = None
        if doc.unless is not None:
            unless = parser.parse(node["unless"], doc.for_, node.at("unless"))
        problems.extend(parser.problems)
        for unused in set(numbers) - parser.used:
            fail("thresholds", f'the threshold "{unused}" is not used')
        for condition in (when, unless):
            for read in () if condition is None else findings_read(condition):
                if read in self.findings and self.findings[read].about_knowledge:
                    fail("when", f'"{read}" is about what nobody knows; no rule may read it')
        try:
            cases = tuple(cases_of(doc, node))
        except ProblemsError as error:
            return None, [*problems, *error.problems]
        rule = Rule(
            name=doc.rule,
            theme=theme,
            file=place.file,
            kind=doc.for_,
            when=when,
            unless=unless,
            finding=doc.concludes.finding,
            strength=doc.concludes.strength,
            cites=tuple(doc.cites),
            status=doc.status,
            origin=doc.origin,
            about_knowledge=concluded.about_knowledge is not None,
            thresholds=thresholds,
            cases=cases,
            explains=doc.explains,
            moved=self._moved(node, doc, numbers),
        )
        return rule, problems

    def _moved(
        self, node: Any, doc: RuleDoc, thresholds: Mapping[str, float]
    ) -> tuple[MovedThreshold, ...]:
        if doc.concludes.finding not in self.of_stage:
            return ()
        found = []
        for name, value in thresholds.items():
            for moved in moved_a_little(value):
                parser = ConditionParser(self.names, {**thresholds, name: moved})
                when, unless = (
                    parser.parse(node[part], doc.for_, node.at(part)) if part in node else None
                    for part in ("when", "unless")
                )
                assert when is not None  # noqa: S101 -- every rule has a condition
                found.append(MovedThreshold(name, when, unless))
        return tuple(found)


def definition_rule(name: str, doc: DefinitionDoc, condition: Condition, node: Any) -> Rule:
    """Return a definition with cases as a rule that concludes nothing.

    Raises:
        RuleBaseError: A case is not valid.
    """
    return Rule(
        name=f"definition {name}", theme="definitions", file=node.place.file, kind=doc.for_,
        when=condition, unless=None, finding=f"definition {name}", strength="establishes",
        cites=(), status="reviewed", origin="practice", about_knowledge=False, thresholds=(),
        cases=tuple(cases_of(doc, node)), explains=doc.says,
    )  # fmt: skip


def cases_of(doc: DefinitionDoc | RuleDoc | StrategyDoc, node: Any) -> Iterator[RuleCase]:
    """Yield the cases of a rule; one with ``each`` is as many cases as it has values.

    Raises:
        RuleBaseError: The place of ``each`` is not in what is given.
    """
    for index, case in enumerate(doc.cases):
        written, place = node["cases"][index], node["cases"].at(index)
        for name, given in given_of(case, written):
            yield RuleCase(name, given, case.expect, place, case.finding)


def given_of(case: GivenDoc, node: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name of a case and what it gives, for each value of its ``each``.

    Raises:
        RuleBaseError: The place of ``each`` is not in what is given.
    """
    given = node["given"]
    if case.each is None:
        yield case.name, given
        return
    [(at, values)] = node["each"].items()
    path = tuple(int(key) if key.isascii() and key.isdigit() else key for key in at.split("."))
    for number, value in enumerate(values):
        try:
            changed = replaced(given, path, value, values.raw[number])
        except (KeyError, IndexError, TypeError, AttributeError):
            message = f'"{at}" is not a place in what is given'
            raise RuleBaseError([Problem(node.at("each"), message)]) from None
        yield f"{case.name}: {as_written(value)}", changed
