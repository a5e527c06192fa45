"""What is shipped, read once for all tests: rule base, engines, examples."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from kam_expert.engines.forward_chaining import ForwardChainingEngine, engine_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import Privacy, load_privacy
from kam_expert.resources import methods_folder, rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = Path(__file__).parents[1] / "examples"
BUILT_IN = "built-in"
#: The methods that travel with the program; the starter is for copying.
METHODS = (BUILT_IN, "relationship_quality")
#: The names of the examples, in order.
NAMES = tuple(sorted(path.stem for path in EXAMPLES.glob("*.yaml")))


@cache
def shipped_base() -> KnowledgeBase:
    """Return the rule base that travels with the program, read from its files and checked."""
    return load_knowledge_base(rules_folder())


@cache
def shipped_method(name: str) -> KnowledgeBase:
    """Return the built-in rule base, or the method of that name in ``methods/``."""
    return shipped_base() if name == BUILT_IN else load_knowledge_base(method_folder(name))


def method_folder(name: str) -> Path:
    """Return the folder of the built-in rule base, or of the method of that name."""
    return rules_folder() if name == BUILT_IN else methods_folder() / name


def folder_of(base: KnowledgeBase) -> Path:
    """Return the folder of a method that travels with the program."""
    return method_folder(BUILT_IN if base is shipped_base() else base.folder)


def examples_of(base: KnowledgeBase) -> list[Path]:
    """Return the case files that travel with a method, in order."""
    folder = EXAMPLES if base is shipped_base() else folder_of(base) / "examples"
    return sorted(folder.glob("*.yaml"))


@cache
def privacy_of(base: KnowledgeBase) -> Privacy:
    """Return what the outputs of a method that travels with the program hide of people."""
    return load_privacy(folder_of(base), base)


@cache
def shipped_engine() -> ForwardChainingEngine:
    """Return the forward-chaining engine on it."""
    return engine_of(shipped_base())


@contextmanager
def plainly_judged() -> Iterator[None]:
    """Judge by plain evaluation where forward chaining takes longer for the same result.

    That the results are the same is tested in test_forward_chaining.py and test_properties.py.
    """
    with patch.object(ForwardChainingEngine, "settle", lambda _, r: PlainEngine().settle(r)):
        yield


def shipped_privacy() -> Privacy:
    """Return what its outputs hide of people."""
    return privacy_of(shipped_base())


@cache
def example(name: str) -> Case:
    """Return an example; its places name the file alone."""
    return read_case(EXAMPLES / f"{name}.yaml", shipped_base(), f"{name}.yaml")
