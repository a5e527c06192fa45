"""Drafts of rules: what was changed, what the cases say of it, and the file it becomes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from cachetools import LRUCache

from kam_expert.engines.rule_cases import missing_cases, outcome_of, readings_of, status_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import CaseError, KamError, Place, ProblemsError
from kam_expert.knowledge.integrity import text_problems
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule_base_files import rule_files
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.outputs.files import write_whole
from kam_expert.workshop.mutation_report import case_of
from kam_expert.workshop.rule_text import RuleText
from kam_expert.workshop.sources import RuleSources, WrittenCondition
from kam_expert.workshop.trial import Score, Trial
from kam_expert.workshop.witness import Search

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule, RuleCase
    from kam_expert.knowledge.yaml_reader import Map
    from kam_expert.workshop.mutants import Mutant
    from kam_expert.workshop.witness import Witness

_ENGINE = PlainEngine()
#: How many texts can be undone, and of how many it is kept what was found out.
KEPT = 200


@dataclass(frozen=True)
class CaseResult:
    """What the cases of one entry of a rule file come to.

    Attributes:
        index: The entry under ``cases``.
        expect: The outcome that it expects.
        finding: The status that it expects of the finding; None for any.
        outcome, status: What it is, of the first one that fails; empty where it cannot be read.
        which: That case, where the entry has several.
        fault: Why it cannot be read.
    """

    index: int
    name: str
    expect: str
    finding: str | None
    outcome: str
    status: str | None
    which: str = ""
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the outcome and the status are the expected ones."""
        return self.outcome == self.expect and self.finding in (None, self.status)


@dataclass(frozen=True)
class DraftResult:
    """What is known of one text of a rule.

    Attributes:
        rule: The rule; None if the text gives none.
        problems: What is wrong with the text.
        missing: What `kam rules check` will ask for before the rule is reviewed.
        cases: One for each entry under ``cases``.
        others: Cases of other rules of the same finding that fail, as rule and name.
    """

    rule: Rule | None
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    others: tuple[tuple[str, str], ...] = ()

    @property
    def failing(self) -> tuple[int, ...]:
        """Return the entries whose cases fail."""
        return tuple(case.index for case in self.cases if not case.passed)


@dataclass
class RuleDraft:
    """One rule being changed.

    Attributes:
        name: The rule.
        theme: Its folder.
        original: The text in the rule base.
        saved: The text in the folder of drafts; None before it is saved.
        texts: All texts, the newest last.
        version: Counts the changes of structure, so that a form of an older page is noticed.
        chosen: What an author has begun to add: the part of the rule and the fact.
        opened: The entry under ``cases`` that is open for changes; None for those that fail only.
        said: What to tell the author on the next page.
    """

    name: str
    theme: str
    original: str
    saved: str | None
    texts: list[str] = field(default_factory=list)
    version: int = 0
    chosen: tuple[str, str] | None = None
    opened: int | None = None
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the newest text."""
        return self.texts[-1]

    @property
    def file(self) -> str:
        """Return the place of the file below the rule base."""
        return f"{self.theme}/{self.name}.yaml"

    def put(self, text: str) -> None:
        """Make a text the newest one."""
        if text != self.text:
            self.texts = [*self.texts[-KEPT:], text]

    def undo(self) -> None:
        """Take back the last change."""
        if len(self.texts) > 1:
            self.texts.pop()
        self.version += 1

    def difference(self) -> list[str]:
        """Return what differs from the rule base, line by line."""
        before, now = self.original.splitlines(), self.text.splitlines()
        return list(difflib.unified_diff(before, now, lineterm="", n=2))[2:]


class Workbench:
    """The drafts of rules of one rule base.

    Args:
        folder: The rule base.
        base: The same, read.
        drafts: The folder that drafts are saved in.
    """

    def __init__(self, folder: Path, base: KnowledgeBase, drafts: Path) -> None:
        if drafts.resolve().is_relative_to(folder.resolve()):
            raise KamError(f"{drafts}: is in the rule base; name another folder for drafts")
        self.folder = folder
        self.base = base
        self.place = drafts
        self._reader = RuleSources(folder, base).reader()
        self._files = {path.stem: path for path in rule_files(folder)}
        self._open: dict[str, RuleDraft] = {}
        self._results: LRUCache[tuple[str, str], DraftResult] = LRUCache(KEPT)

    @property
    def rules(self) -> list[Rule]:
        """Return the rules that can be changed, in the order of their files."""
        return [rule for rule in self.base.rules if rule.name in self._files]

    def draft(self, name: str) -> RuleDraft | None:
        """Return the draft of a rule; None if there is no such rule.

        Raises:
            KamError: A file cannot be read.
        """
        if name not in self._open:
            path = self._files.get(name)
            if path is None:
                return None
            theme = path.parent.name
            original = path.read_text(encoding="utf-8")
            saved = self.place / theme / path.name
            kept = saved.read_text(encoding="utf-8") if saved.is_file() else None
            draft = RuleDraft(name, theme, original, kept, [original])
            if kept is not None:
                RuleText(kept)  # raises what a person would have to mend first
                draft.put(kept)
            self._open[name] = draft
        return self._open[name]

    def is_saved(self, rule: Rule) -> bool:
        """Return whether there is a draft of a rule in the folder."""
        return (self.place / rule.theme / f"{rule.name}.yaml").is_file()

    def save(self, draft: RuleDraft) -> Path:
        """Write the file of a draft and return its path.

        Raises:
            KamError: The rule base with the draft cannot be read, or the file cannot be written.
        """
        self.base_with(draft)
        path = self.place / draft.file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KamError(f"{path.parent}: cannot be made: {error.strerror}") from None
        write_whole(path, draft.text)
        draft.saved = draft.text
        return path

    def base_with(self, draft: RuleDraft) -> KnowledgeBase:
        """Return the whole rule base with a draft in place of the rule. Raises RuleBaseError."""
        return load_knowledge_base(self.folder, texts={self._files[draft.name]: draft.text})

    def result(self, draft: RuleDraft) -> DraftResult:
        """Return what is known of the newest text of a draft."""
        key = draft.name, draft.text
        if key not in self._results:
            self._results[key] = self._result(draft)
        return self._results[key]

    def _result(self, draft: RuleDraft) -> DraftResult:
        try:
            node = read_text(draft.text, draft.file)
        except ProblemsError as error:
            return DraftResult(None, tuple(str(problem) for problem in error.problems))
        rule, problems = self._reader.read(node, Place(draft.file, 1, 1), draft.name, draft.theme)
        if rule is None or problems:
            return DraftResult(None, tuple(str(problem) for problem in problems))
        base = self._changed(rule)
        wrong = [problem.message for problem in text_problems(rule, base)]
        others = tuple(
            (other.name, case.name)
            for other in base.rules_for(rule.finding)
            if other.name != rule.name
            for case in other.cases
            if case.finding and not _tried(other, [(0, case)], base).passed
        )
        entries = groupby(_entries(rule, node), key=lambda entry: entry[0])
        cases = tuple(_tried(rule, list(group), base) for _, group in entries)
        missing = [problem.message for problem in missing_cases(rule, base)]
        return DraftResult(rule, tuple(wrong), tuple(missing), cases, others)

    def _changed(self, rule: Rule) -> KnowledgeBase:
        """Return the rule base with another rule of the same name, in the same order."""
        rules = tuple(rule if other.name == rule.name else other for other in self.base.rules)
        return replace(self.base, rules=rules)

    def unnoticed(self, draft: RuleDraft) -> list[tuple[Mutant, Witness | None]]:
        """Return the changes of a rule that no case would notice, with a case that would."""
        rule = self.result(draft).rule
        if rule is None:
            return []
        node = read_text(draft.text, draft.file)
        numbers = {threshold.name: threshold.value for threshold in rule.thresholds}
        written = WrittenCondition("rule", rule.name, rule.kind, node, numbers)
        trial = Trial(RuleSources(self.folder, self._changed(rule)))
        search = Search(trial)
        return [(m, search.witness(changed)) for m, changed in trial.run([written], Score())]


def given_of(witness: Witness) -> dict[str, object]:
    """Return what the case of a witness gives, as plain data."""
    return dict(case_of(witness)["given"])


def _entries(rule: Rule, node: Map) -> Iterator[tuple[int, RuleCase]]:
    """Yield each case with the entry that it comes from."""
    listed = node.get("cases", ())
    places = [listed.at(index) for index in range(len(listed))]
    for case in rule.cases:
        yield places.index(case.place), case


def _tried(rule: Rule, entries: list[tuple[int, RuleCase]], base: KnowledgeBase) -> CaseResult:
    """Return the result of the cases of one entry: that of the first which fails."""
    result = None
    for index, case in entries:
        outcome, status, fault = "", None, ""
        try:
            readings = readings_of(rule, case, base)
            outcome = outcome_of(rule, readings, _ENGINE)
            status = status_of(rule, readings, _ENGINE) if case.finding else None
        except CaseError as error:
            fault = "; ".join(problem.message for problem in error.problems)
        which = case.name if len(entries) > 1 else ""
        result = CaseResult(
            index, case.name, case.expect, case.finding, outcome, status, which, fault
        )
        if not result.passed:
            return result
    assert result is not None  # noqa: S101 -- every entry has a case
    return result
