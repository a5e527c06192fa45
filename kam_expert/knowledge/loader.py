"""Read a rule base: its conditions, thresholds and rules, in order, checked as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, Place, Problem, RuleBaseError, unknown_name
from kam_expert.knowledge.advice_documents import StrategiesDoc, StrategyDoc
from kam_expert.knowledge.base import KnowledgeBase
from kam_expert.knowledge.chapters import Chapters, chapters_of
from kam_expert.knowledge.conditions.logic import EVERYTHING
from kam_expert.knowledge.conditions.parser import ConditionParser
from kam_expert.knowledge.conditions.scope import GROUPS, Scope
from kam_expert.knowledge.documents import Chosen, Text, parse
from kam_expert.knowledge.finding_documents import FindingsDoc, GroupDoc
from kam_expert.knowledge.rule_base_files import RuleBaseFiles
from kam_expert.knowledge.rule_documents import RuleDoc, ThresholdsDoc
from kam_expert.knowledge.rule_reader import RuleReader, cases_of, chosen_threshold, definition_rule
from kam_expert.knowledge.stage_reader import stage_model_of, stage_problems
from kam_expert.knowledge.strata import strata_of
from kam_expert.knowledge.strategy import GROUP, Strategy, strategies_of
from kam_expert.knowledge.vocabulary import Fact, facts_of
from kam_expert.knowledge.yaml_reader import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.fact_documents import DefinitionDoc, VocabularyDoc
    from kam_expert.knowledge.rule import Rule, Threshold

#: What strategies are called together in a method that has none.
_NO_STRATEGIES = Text(uk="стратегія", en="strategy")


def load_knowledge_base(
    folder: Path, overrides: Path | None = None, texts: Mapping[Path, str] | None = None
) -> KnowledgeBase:
    """Read every file of the rule base below *folder* and check it as a whole.

    Args:
        folder: Contains ``facts.yaml``, ``findings.yaml`` and so on, and one sub-folder per theme.
        overrides: A file of thresholds that replace those chosen in the rule base.
        texts: Files below *folder* that are read from these texts instead.

    Returns:
        The checked rule base, its rules in path order, so two runs give the same result.

    Raises:
        RuleBaseError: All problems found, each with file, line, column and the nearest name.
        KamError: *folder* does not contain a rule base.
    """
    if not (folder / "facts.yaml").is_file():
        raise KamError(f"{folder}: no rule base here (facts.yaml is missing)")
    return _Loader(folder, overrides, texts or {}).load()


class _Loader(RuleBaseFiles):
    def __init__(self, folder: Path, overrides: Path | None, texts: Mapping[Path, str]) -> None:
        super().__init__(folder, texts)
        self.overrides = self._read_overrides(overrides)
        self.used_overrides: set[str] = set()
        self.thresholds: list[Threshold] = []
        #: The features and vetoes of the stages.
        self.of_stage: frozenset[str] = frozenset()

    def _read_overrides(self, path: Path | None) -> dict[str, float]:
        if path is None:
            return {}
        document, problems = parse(ThresholdsDoc, read_file(path), Place(str(path)))
        if document is None:
            raise RuleBaseError(problems)
        self.overrides_file = str(path)
        return dict(document.thresholds)

    def load(self) -> KnowledgeBase:
        self.read_files()
        plan = self.plan()
        self.stop_on_problems()
        assert plan is not None  # noqa: S101 -- a problem was found otherwise
        docs, nodes = self.docs, self.nodes
        vocabulary, findings, steps = docs["facts"], docs["findings"], docs["steps"]
        stage_model = stage_model_of(docs["stages"], findings, self._threshold)
        place = Place(f"{self.folder.name}/stages.yaml")
        self.problems += stage_problems(stage_model, findings, place)
        facts = facts_of(vocabulary.facts)
        names = Scope(
            facts,
            {name: doc.about for name, doc in findings.findings.items()},
            {
                group: tuple(n for n, doc in findings.findings.items() if doc.group == group)
                for group in findings.groups
            },
            stage_model.names,
        )
        names.definitions = self._definitions(vocabulary, nodes["facts"], names)
        impossible = {
            key: self._condition(names, node["when"], "account", node.at("when"))
            for key, node in (nodes["facts"].get("impossible") or {}).items()
        }
        computed = self._computed(nodes["facts"], facts, names)
        done_when = {
            step: self._condition(names, node["done_when"], node["about"], node.at("done_when"))
            for step, node in nodes["steps"]["steps"].items()
            if "done_when" in node
        }
        self.check_names(facts)
        strategies_doc = docs["strategies"] or StrategiesDoc(name=_NO_STRATEGIES, strategies={})
        vocabulary = self._with_chosen_gaps(vocabulary)
        self.of_stage = frozenset(stage_model.findings_read)
        late = self._chosen("steps.order", "late_days", steps.order.late_days)
        order = steps.order.model_copy(update={"late_days": late})
        steps = steps.model_copy(update={"order": order})
        plan = plan.with_numbers(
            {n: self._threshold("plan", n, chosen) for n, chosen in plan.numbers().items()}
        )
        strategies = strategies_of(strategies_doc.strategies, steps.purposes)
        rules = (
            *self._rules(names, findings),
            *self._strategy_rules(strategies, strategies_doc, nodes["strategies"], names),
        )
        self.stop_on_problems()
        every = dict(findings.findings)
        for strategy in strategies:
            every |= strategy.findings()
        mirrors = frozenset(name for name, doc in findings.findings.items() if doc.mirror)
        strata, stage_stratum = strata_of(rules, tuple(every), stage_model, mirrors)
        self._check_overrides()
        self.stop_on_problems()
        rulebase, chapters = docs["rulebase"], docs["chapters"]
        for key, value in sorted(self.overrides.items()):
            self.hash.update(f"{key}={value}".encode())
        return KnowledgeBase(
            name=rulebase.name,
            version=rulebase.version,
            digest=self.hash.hexdigest(),
            facts=facts,
            vocabulary=vocabulary,
            themes=docs["themes"].themes,
            definitions=names.definitions,
            computed_where=computed,
            impossible=impossible,
            done_when=done_when,
            statements=docs["statements"],
            findings=every,
            groups={**findings.groups, GROUP: _group_of(strategies_doc)},
            step_book=steps,
            plan=plan,
            stage_model=stage_model,
            rules=rules,
            strata=strata,
            stage_stratum=stage_stratum,
            thresholds=tuple(self.thresholds),
            shown=rulebase.shown,
            first_questions=tuple(rulebase.first_questions),
            strategies=strategies,
            events=docs["events"],
            chapters=Chapters() if chapters is None else chapters_of(chapters, facts),
            definition_rules=tuple(
                definition_rule(
                    name, doc, names.definitions[name][1], nodes["facts"]["definitions"][name]
                )
                for name, doc in vocabulary.definitions.items()
                if doc.cases
            ),
        )

    def _threshold(self, owner: str, name: str, chosen: Chosen) -> float:
        threshold = chosen_threshold(owner, name, chosen, self.overrides)
        self.used_overrides.add(f"{owner}.{name}")
        self.thresholds.append(threshold)
        return threshold.value

    def _check_overrides(self) -> None:
        for key in self.overrides:
            if key not in self.used_overrides:
                place = Place(self.overrides_file)
                self.problems.append(
                    Problem(place, unknown_name("threshold", key, self.used_overrides))
                )

    def _chosen(self, owner: str, name: str, chosen: Chosen) -> Chosen:
        """Return a number that the rule base chose with the value that counts."""
        return chosen.model_copy(update={"value": self._threshold(owner, name, chosen)})

    def _with_chosen_gaps(self, vocabulary: VocabularyDoc) -> VocabularyDoc:
        gaps = {
            name: gap.model_copy(
                update={"threshold": self._chosen(f"gaps.{name}", "threshold", gap.threshold)}
            )
            for name, gap in vocabulary.gaps.items()
        }
        return vocabulary.model_copy(update={"gaps": gaps})

    def _condition(
        self,
        names: Scope,
        node: Any,
        kind: str,
        place: Place,
        thresholds: Mapping[str, float] | None = None,
    ) -> Condition:
        parser = ConditionParser(names, thresholds)
        condition = parser.parse(node, kind, place)
        self.problems.extend(parser.problems)
        return condition

    def _definitions(
        self, vocabulary: VocabularyDoc, node: Any, names: Scope
    ) -> dict[str, tuple[str, Condition]]:
        definitions: dict[str, tuple[str, Condition]] = {}
        for name, doc in vocabulary.definitions.items():
            chosen = self._thresholds(name, doc)
            names.definitions = definitions
            entry = node["definitions"][name]
            place = entry.at("when")
            definitions[name] = (
                doc.for_,
                self._condition(names, entry["when"], doc.for_, place, chosen),
            )
        return definitions

    def _thresholds(
        self, owner: str, doc: DefinitionDoc | RuleDoc | StrategyDoc
    ) -> dict[str, float]:
        return {
            name: self._threshold(owner, name, chosen) for name, chosen in doc.thresholds.items()
        }

    def _computed(self, node: Any, facts: Mapping[str, Fact], names: Scope) -> dict[str, Condition]:
        lists = GROUPS["account"]
        conditions = {}
        for name in facts:
            entry = node["facts"][name]
            form = entry.get("computed")
            if form and "where" in form:
                of = next((v for v in form.values() if isinstance(v, str) and v in lists), None)
                if of is None:
                    place = node["facts"][name].at("computed")
                    known = ", ".join(lists)
                    self.problems.append(Problem(place, f"{name} is computed from none of {known}"))
                    continue
                conditions[name] = self._condition(
                    names, form["where"], lists[of], form.at("where")
                )
        return conditions

    def _strategy_rules(
        self, strategies: Iterable[Strategy], document: StrategiesDoc, node: Any, names: Scope
    ) -> Iterator[Rule]:
        earlier: tuple[str, ...] = ()
        file = f"{self.folder.name}/strategies.yaml"
        for strategy in strategies:
            doc, entry = document.strategies[strategy.id], node["strategies"][strategy.id]
            chosen = self._thresholds(strategy.id, doc)
            parser = ConditionParser(names, chosen)
            when, unless = (
                parser.parse(entry[key], "account", entry.at(key)) if key in entry else None
                for key in ("when", "unless")
            )
            self.problems.extend(parser.problems)
            for name in set(chosen) - parser.used:
                message = f'{strategy.id}: the threshold "{name}" is not used'
                self.problems.append(Problem(entry.at("thresholds"), message))
            thresholds = tuple(t for t in self.thresholds if t.owner == strategy.id)
            yield from strategy.rules(
                file, when or EVERYTHING, unless, earlier, (thresholds, tuple(cases_of(doc, entry)))
            )
            if strategy.applies is not None:
                earlier = (*earlier, strategy.applies)

    def _rules(self, names: Scope, findings: FindingsDoc) -> tuple[Rule, ...]:
        reader = RuleReader(names, findings.findings, self.of_stage, self.overrides)
        rules: list[Rule] = []
        seen: dict[str, str] = {}
        for path in self.rule_paths():
            node, place = self.read(path)
            if node is None:
                if not any(problem.place.file == place.file for problem in self.problems):
                    self.problems.append(Problem(place, "the file is empty"))
                continue
            rule, problems = reader.read(node, place, path.stem, path.parent.name)
            self.problems.extend(problems)
            if rule is None:
                continue
            self.thresholds.extend(rule.thresholds)
            self.used_overrides.update(f"{t.owner}.{t.name}" for t in rule.thresholds)
            if rule.name in seen:
                self.problems.append(
                    Problem(
                        Place(rule.file), f'duplicate rule "{rule.name}", also in {seen[rule.name]}'
                    )
                )
            seen[rule.name] = rule.file
            rules.append(rule)
        return tuple(rules)


def _group_of(strategies: StrategiesDoc) -> GroupDoc:
    """Return the group of the findings that strategies are."""
    return GroupDoc(uk=strategies.name.uk, en=strategies.name.en, obstacle="no")
