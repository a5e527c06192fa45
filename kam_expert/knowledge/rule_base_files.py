"""The files of a rule base as documents, and the names that do not fit between them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, Place, Problem, ProblemsError, RuleBaseError, did_you_mean
from kam_expert.knowledge.advice_documents import StepsDoc, StrategiesDoc
from kam_expert.knowledge.chapters import ChaptersDoc, chapter_problems
from kam_expert.knowledge.documents import parse
from kam_expert.knowledge.event_documents import EventsDoc
from kam_expert.knowledge.fact_documents import VocabularyDoc
from kam_expert.knowledge.fact_problems import fact_problems
from kam_expert.knowledge.finding_documents import FindingsDoc, StatementsDoc
from kam_expert.knowledge.naming import (
    cause_problems,
    event_problems,
    naming_problems,
    strategy_problems,
)
from kam_expert.knowledge.plan_documents import PlanDoc
from kam_expert.knowledge.shown_documents import RuleBaseDoc, ThemesDoc
from kam_expert.knowledge.stage_documents import StagesDoc
from kam_expert.knowledge.step_problems import step_problems
from kam_expert.knowledge.yaml_reader import read_file, read_text
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kam_expert.knowledge.documents import Text
    from kam_expert.knowledge.vocabulary import Fact

#: The folder of whole accounts with the expected diagnosis; it has no rules.
ACCOUNTS = "accounts"
#: Folders of a rule base that have no rules: whole accounts, and example cases.
NO_RULES = (ACCOUNTS, "examples")
PLAN = "plan.yaml"
#: The files that every method has, and those that it may do without, as they are read in order.
_NEEDED = {
    "rulebase": RuleBaseDoc,
    "themes": ThemesDoc,
    "facts": VocabularyDoc,
    "statements": StatementsDoc,
    "findings": FindingsDoc,
    "steps": StepsDoc,
    "stages": StagesDoc,
}
_OPTIONAL = {"events": EventsDoc, "chapters": ChaptersDoc, "strategies": StrategiesDoc}


def rule_files(folder: Path) -> list[Path]:
    """Return the files of the rules below the folder of a rule base, in order."""
    files = sorted(folder.glob("*/*.yaml"))
    return [path for path in files if path.parent.name not in NO_RULES]


class RuleBaseFiles:
    """The files below the folder of a rule base.

    Attributes:
        problems: All problems found so far.
        docs, nodes: The files by name: as documents, and as they were written.
        hash: Of the names and contents of all files that were read.

    Args:
        folder: The folder.
        texts: Files below it that are read from these texts instead.
    """

    def __init__(self, folder: Path, texts: Mapping[Path, str]) -> None:
        self.folder = folder
        self.texts = texts
        self.problems: list[Problem] = []
        self.docs: dict[str, Any] = {}
        self.nodes: dict[str, Any] = {}
        self.hash = hashlib.sha256()

    def read(self, path: Path, folder: Path | None = None) -> tuple[Any, Place]:
        """Return the content of a file, None if it cannot be read, and its place."""
        folder = folder or self.folder
        shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        self.hash.update(shown.split("/", 1)[1].encode() + b"\0")
        try:
            text = self.texts.get(path)
            data = path.read_bytes() if text is None else text.encode()
            self.hash.update(hashlib.sha256(data).digest())
            node = read_file(path, shown) if text is None else read_text(text, shown)
            return node, Place(shown, 1, 1)
        except ProblemsError as error:
            self.problems.extend(error.problems)
        except FileNotFoundError:
            message = "the file is missing; every rule base needs one"
            self.problems.append(Problem(Place(shown, 1, 1), message))
        except (OSError, KamError) as error:
            self.problems.append(Problem(Place(shown), str(error).removeprefix(f"{shown}: ")))
        return None, Place(shown, 1, 1)

    def _document(self, model: type[Any], name: str, folder: Path | None = None) -> tuple[Any, Any]:
        folder = folder or self.folder
        before = len(self.problems)
        node, place = self.read(folder / name, folder)
        document, problems = parse(model, node, place)
        if len(self.problems) == before:
            # A file that cannot be read has no other problems.
            self.problems.extend(problems)
        return document, node

    def _optional(self, model: type[Any], name: str) -> tuple[Any, Any]:
        """Return the document of a file that a method may do without, or None."""
        return self._document(model, name) if (self.folder / name).is_file() else (None, None)

    def plan(self) -> PlanDoc | None:
        """Return the plan of the method, else that of the built-in one without its effort."""
        document, _ = self._optional(PlanDoc, PLAN)
        if document is None and not self.problems:
            document, _ = self._document(PlanDoc, PLAN, rules_folder())
            document = document and document.model_copy(update={"effort": None})
        plan: PlanDoc | None = document
        return plan

    def read_files(self) -> None:
        """Read the files that have a name of their own. Raises RuleBaseError."""
        for name, model in _NEEDED.items():
            self.docs[name], self.nodes[name] = self._document(model, f"{name}.yaml")
        self.stop_on_problems()
        for name, model in _OPTIONAL.items():
            self.docs[name], self.nodes[name] = self._optional(model, f"{name}.yaml")

    def check_names(self, facts: Mapping[str, Fact]) -> None:
        """Check what one file names and another declares."""
        docs, nodes = self.docs, self.nodes
        themes, findings = docs["themes"].themes, docs["findings"].findings
        self.problems += naming_problems(nodes["rulebase"], facts, findings)
        self.problems += fact_problems(nodes["facts"], facts, themes)
        self.problems += step_problems(nodes["steps"], docs["steps"], facts)
        self.problems += cause_problems(nodes["findings"]["findings"])
        if docs["strategies"] is not None:
            purposes = docs["steps"].purposes
            self.problems += strategy_problems(
                nodes["strategies"], findings, purposes, nodes["steps"]
            )
        if docs["events"] is not None:
            self.problems += event_problems(nodes["events"], facts, themes)
        if docs["chapters"] is not None:
            self.problems += chapter_problems(nodes["chapters"], facts, themes)
        self._check_folders(themes)

    def _check_folders(self, themes: Mapping[str, Text]) -> None:
        for folder in sorted({path.parent.name for path in rule_files(self.folder)}):
            if folder not in themes:
                near = did_you_mean(folder, themes)
                place = Place(f"{self.folder.name}/{folder}")
                message = f'unknown theme "{folder}"; give it a title in themes.yaml.{near}'
                self.problems.append(Problem(place, message))

    def rule_paths(self) -> list[Path]:
        """Return the files of rules, with those that are given as texts and may not exist yet."""
        new = (path for path in self.texts if path.parent.parent == self.folder)
        return sorted({*rule_files(self.folder), *new})

    def stop_on_problems(self) -> None:
        """Raise RuleBaseError if there are problems."""
        if self.problems:
            raise RuleBaseError(self.problems)
