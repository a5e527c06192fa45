"""What most tests start from: the shipped rule base, and cases written as YAML."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from property_search import examples, times

from kam_expert.errors import Place
from kam_expert.facts.case import Case
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.readings import EntityView, Readings
from kam_expert.knowledge import rule_cache, yaml_reader
from kam_expert.knowledge.conditions.parser import ConditionParser
from kam_expert.knowledge.conditions.scope import Scope
from kam_expert.knowledge.values import Truth
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.resources import rules_folder
from tests.sampling import few_of
from tests.shipped import BUILT_IN, METHODS, examples_of, method_folder, shipped_method

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition

# No deadline, as the machine may be busy. The suite tries the same few examples each time;
# benchmarks/property_search.py tries many others.
settings.register_profile(
    "kam", deadline=None, max_examples=examples(15), derandomize=times() == 1, database=None
)
settings.load_profile("kam")

DAY = date(2026, 11, 1)
HEAD = "account: {id: a, name: A}\n"

MakeCase = Callable[[str], Case]
MakeView = Callable[..., EntityView]
Both = Callable[..., tuple[Truth, Truth]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that runs long tests too."""
    parser.addoption("--all", action="store_true", help="run the long tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out, unless all are wanted."""
    if config.getoption("--all"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what holds for every method on each method that travels with the program."""
    if metafunc.definition.get_closest_marker("every_method"):
        metafunc.parametrize("base", METHODS, indirect=True, scope="session")
    if of_examples := metafunc.definition.get_closest_marker("every_example"):
        pairs = [[(name, path) for path in examples_of(shipped_method(name))] for name in METHODS]
        metafunc.parametrize(
            ("base", "path"),
            [
                one
                for listed in pairs
                for one in few_of(listed, *(of_examples.args or [len(listed)]))
            ],
            indirect=["base"],
            ids=lambda value: value.stem if isinstance(value, Path) else value,
        )


def pytest_collection_finish() -> None:
    """Collect garbage less often, and never look at the modules, tests and rule bases again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the program may keep in a folder of this run, which its processes share."""
    if hasattr(config, "workerinput"):
        return  # the folder is that of the run
    kept = tempfile.TemporaryDirectory(prefix="kam-tests-")
    config.add_cleanup(kept.cleanup)
    os.environ["XDG_CACHE_HOME"] = kept.name
    if not config.getoption("--all"):
        # The tables of tests are small: what threads do there costs less than the threads.
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # Neither the workers nor the commands that a test starts need to compile everything again.
    os.environ.pop("PYTHONPYCACHEPREFIX", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.pop("KAM_NO_CACHE", None)


@pytest.fixture(scope="session")
def every(pytestconfig: pytest.Config) -> bool:
    """Whether a test tries all values of a product (``--all``), for `some_of`."""
    return bool(pytestconfig.getoption("--all"))


@pytest.fixture(scope="session", autouse=True)
def _shipped_rules_are_read_once() -> Iterator[None]:
    """Let commands that run in this process share the methods that travel with the program."""
    read = rule_cache.load_compiled

    def shared(folder: Path, overrides: Path | None = None) -> KnowledgeBase:
        names = [name for name in METHODS if overrides is None and folder == method_folder(name)]
        return shipped_method(names[0]) if names else read(folder, overrides)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule_cache, "load_compiled", shared)
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_file_of_one_content_is_parsed_once() -> Iterator[None]:
    """Let copies of a rule base share the nodes of their files, which nobody changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_reader, "read_text", lru_cache(maxsize=600)(yaml_reader.read_text))
        yield


@pytest.fixture(scope="session")
def base(request: pytest.FixtureRequest) -> KnowledgeBase:
    """The built-in rule base; where a test holds for every method, each of them in turn."""
    return shipped_method(getattr(request, "param", BUILT_IN))


@pytest.fixture(scope="session")
def build(base: KnowledgeBase) -> MakeCase:
    """Build a case from YAML text; the account is added."""

    def make(text: str) -> Case:
        return build_case(read_text(HEAD + textwrap.dedent(text), "case"), base, Place("case"))

    return make


@pytest.fixture(scope="session")
def view(base: KnowledgeBase, build: MakeCase) -> MakeView:
    """Return what a reading sees of the account, or of the first entity of a kind."""

    def make(text: str, kind: str = "account", *, strict: bool = False) -> EntityView:
        readings = Readings(build(text), base, DAY)
        return readings.view(readings.entities(kind)[0], strict=strict)

    return make


@pytest.fixture(scope="session")
def condition(base: KnowledgeBase) -> Callable[..., Condition]:
    """Parse a condition that is right, written as YAML."""

    def make(text: str, kind: str = "account", **options: bool) -> Condition:
        parser = ConditionParser(names_of(base), {"two": 2}, **options)
        parsed = parser.parse(read_text(textwrap.dedent(text), "rule"), kind, Place("rule"))
        assert not parser.problems
        return parsed

    return make


@pytest.fixture(scope="session")
def complaints(base: KnowledgeBase) -> Callable[..., list[str]]:
    """Parse a condition that is wrong and give what is said about it."""

    def make(text: str, kind: str = "account", **options: bool) -> list[str]:
        parser = ConditionParser(names_of(base), {"two": 2}, **options)
        parser.parse(read_text(textwrap.dedent(text), "rule"), kind, Place("rule", 1, 1))
        return [str(problem) for problem in parser.problems]

    return make


@pytest.fixture(scope="session")
def both(condition: Callable[..., Condition], view: MakeView) -> Both:
    """Return the truth of a condition in the working and in the strict reading of a case."""

    def make(asked: str, given: str, kind: str = "account") -> tuple[Truth, Truth]:
        parsed = condition(asked, kind)
        return (
            parsed.evaluate(view(given, kind)),
            parsed.evaluate(view(given, kind, strict=True)),
        )

    return make


@pytest.fixture
def rules_copy(tmp_path: Path) -> Path:
    """A rule base that a test may break."""
    return Path(shutil.copytree(rules_folder(), tmp_path / "rules"))


def names_of(base: KnowledgeBase) -> Scope:
    """Return what a condition of *base* may name."""
    findings = base.findings.items()
    return Scope(
        base.facts,
        {name: doc.about for name, doc in findings},
        {group: tuple(n for n, doc in findings if doc.group == group) for group in base.groups},
        base.stage_model.names,
        base.definitions,
    )
