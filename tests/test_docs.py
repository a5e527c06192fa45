"""What the documentation says is so: commands run, tables hold.

With --all commands run that take seconds and have tests of their own, and more how-to pages.
"""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam
from kam_expert.engines.rule_cases import readings_of
from kam_expert.errors import Place
from kam_expert.facts.answer_schema import LONG_FORM, SOURCES
from kam_expert.facts.case_reader import TOP_KEYS, read_case
from kam_expert.facts.computed import FORMS
from kam_expert.knowledge.conditions.fact_parser import FACT_OPS
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.parser import ConditionParser
from kam_expert.knowledge.conditions.scope import GROUPS, PATHS, TREE_KEYS, Scope
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule import RuleCase
from kam_expert.knowledge.rule_documents import RuleDoc
from kam_expert.knowledge.values import UNKNOWN, SetBounds, all_of, any_of, negated
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.knowledge.yaml_reader import Map, read_text
from kam_expert.outputs.json_document import DiagnosisDocument
from kam_expert.resources import rules_folder
from tests.sampling import few_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.values import Truth

ROOT = Path(__file__).resolve().parent.parent
LONGEST_README = 900
LANGUAGE, CASE_FILE, JSON = "docs/rule-language.md", "docs/case-file.md", "docs/json.md"
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
TEXT = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "README.uk.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *PAGES)
}
BASE = shipped_base()
HERE = Place(LANGUAGE)
TRUTHS: dict[str, Truth] = {"true": True, "false": False, "unknown": None}


# Commands and options


def test_every_option_is_on_the_page_of_commands() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "site" / "commands.py"))

    assert TEXT["docs/commands.md"] == script["page"](), "run: python3 run.py docs"


def test_every_option_of_a_command_says_what_it_does() -> None:
    rows = re.findall(r"^\| (`-.*) \| (.*) \|$", TEXT["docs/commands.md"], re.MULTILINE)

    assert len(rows) > 100
    assert [option for option, does in rows if not does] == []


def test_every_command_is_shown_in_use() -> None:
    shown = "".join(text for name, text in TEXT.items() if name != "docs/commands.md")
    commands = re.findall(r"^## (kam .+)$", TEXT["docs/commands.md"], re.MULTILINE)

    assert [command for command in commands if not re.search(rf"{command}\b", shown)] == []


# Words of rule files, case files and diagnoses


def documented(word: str, page: str) -> bool:
    # As code, alone or as a part such as `{count: list}`.
    return bool(re.search(rf"`[^`\n]*(?<!\w){re.escape(word)}(?!\w)[^`\n]*`", TEXT[page]))


WORDS_OF_RULES = {
    *FACT_OPS,
    *TREE_KEYS,
    *ENGINE_FACTS,
    *FORMS,
    *(name for lists in GROUPS.values() for name in lists),
    *(word for paths in PATHS.values() for word in paths),
    *("ours", "theirs", "where", "distinct", "satisfies", "by", "group", "unless"),
    *(field.alias or name for name, field in RuleDoc.model_fields.items()),
}


def test_every_operator_and_key_is_documented() -> None:
    assert [word for word in sorted(WORDS_OF_RULES) if not documented(word, LANGUAGE)] == []


def test_every_key_and_source_of_a_case_is_documented() -> None:
    words = sorted({*TOP_KEYS, *LONG_FORM, *SOURCES})

    assert [word for word in words if not documented(word, CASE_FILE)] == []


def keys_of(schema: object) -> set[str]:
    found: set[str] = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", ()))
        for part in schema.values():
            found |= keys_of(part)
    return found


def test_every_key_of_a_diagnosis_is_documented() -> None:
    keys = sorted(keys_of(DiagnosisDocument.model_json_schema()))

    assert keys
    assert [key for key in keys if not documented(key, JSON)] == []


def test_every_layer_of_the_import_contract_is_named() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]

    modules = [name for layer in layers for name in re.findall(r"\w+", layer)]

    assert [name for name in modules if not documented(name, "ARCHITECTURE.md")] == []


# The tables of the rule language


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading."""
    section = TEXT[LANGUAGE].split(f"# {heading}\n", 1)[1]
    lines: list[str] = []
    for line in section.splitlines():
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            break
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def condition_of(text: str) -> Condition:
    groups = {
        group: tuple(name for name, doc in BASE.findings.items() if doc.group == group)
        for group in BASE.groups
    }
    names = Scope(
        BASE.facts,
        {name: doc.about for name, doc in BASE.findings.items()},
        groups,
        BASE.stage_model.names,
        BASE.definitions,
    )
    parser = ConditionParser(names, about_knowledge=True)
    condition = parser.parse(read_text(text, LANGUAGE), "account", HERE)
    assert parser.problems == []
    return condition


def examples(heading: str) -> list[tuple[str, str, bool, str]]:
    return [
        (condition.strip("`"), value, bool(strictly), word)
        for condition, *cells in rows(heading)
        for cell, word in zip(cells, TRUTHS, strict=True)
        for strictly, value in re.findall(r"(strictly )?`([^`]+)`", cell)
    ]


def value_of(name: str, text: str) -> object:
    """Read a value of the table; ``[a, ...]`` is a set that may hold more than a."""
    if text.endswith("...]"):
        return SetBounds(frozenset(re.findall(r"\w+", text)))
    node = read_text(f"value: {text}", LANGUAGE)
    return BASE.facts[name].read(node["value"], node.raw["value"])


@pytest.mark.parametrize(("first", "second", "both", "either", "neither"), rows("Three values"))
def test_truth_tables_hold(first: str, second: str, both: str, either: str, neither: str) -> None:
    for pair in ((TRUTHS[first], TRUTHS[second]), (TRUTHS[second], TRUTHS[first])):
        assert all_of(pair) is TRUTHS[both]
        assert any_of(pair) is TRUTHS[either]
        assert negated(any_of(pair)) is TRUTHS[neither]


def test_tests_of_one_value_are_as_the_table_says() -> None:
    listed = examples("Tests of one value")

    assert listed
    for text, value, strictly, word in listed:
        condition = condition_of(text)
        assert isinstance(condition, Leaf)
        assert condition.term.by_value, text
        [ref] = condition.term.refs
        assert not strictly, text
        assert condition.check(value_of(ref.name, value)) is TRUTHS[word], (text, value)
        assert condition.check(UNKNOWN) is None, text


def test_conditions_are_as_the_table_says() -> None:
    rule = next(rule for rule in BASE.rules if rule.kind == "account")
    listed = examples("Tests of lists, dates, findings and the stage")

    assert listed
    for text, given, strictly, word in listed:
        node = read_text(given, LANGUAGE)
        assert isinstance(node, Map)
        readings = readings_of(rule, RuleCase(text, node, "", HERE), BASE)
        truth = condition_of(text).evaluate(readings.view(readings.case.account, strict=strictly))
        assert truth is TRUTHS[word], (text, given)


def test_every_operator_stands_in_a_table() -> None:
    tables = " ".join(
        row[0]
        for heading in ("Tests of one value", "Tests of lists, dates, findings and the stage")
        for row in rows(heading)
    )
    tree = {"all", "any", "none", "gap"}  # the table of truths; gaps have no account's view

    asked = {*FACT_OPS, *TREE_KEYS, *ENGINE_FACTS} - tree

    assert [word for word in sorted(asked) if not re.search(rf"\b{word}\b", tables)] == []


def test_every_place_that_is_listed_is_there() -> None:
    layout = TEXT["docs/README.md"].split("## Where things are", 1)[1].split("##", 1)[0]

    places = re.findall(r"`([\w/]+/)`", layout)

    assert places
    assert [place for place in places if not (ROOT / place).is_dir()] == []


# What the documents show runs

#: A block of code, with the paragraph above it if there is one.
BLOCK = re.compile(r"(?:^([^\n]+)\n\n)?^( *)```(\w+)\n(.*?)^\2```$", re.MULTILINE | re.DOTALL)
SAVE = re.compile(r"(?:[Ss]ave this as|[Зз]бережіть як) `([^`]+)`")
APPEND = re.compile(r"(?:[Aa]ppend it to|[Дд]опишіть до) `([^`]+)`")


def typed(block: str) -> Iterator[tuple[list[str], str]]:
    """Yield the commands of a console with what is typed into each: the lines after ``> ``."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *answers = part.splitlines()
        assert all(answer.startswith("> ") for answer in answers), answers
        yield shlex.split(command, comments=True), "".join(f"{line[2:]}\n" for line in answers)


#: Commands that take seconds on the built-in rule base and have tests of their own. Nothing on a
#: page depends on them.
TAKES_LONG = (
    "portfolio examples", "rules check", "rules docs", "rules prove", "rules sensitivity",
)  # fmt: skip


def run(program: str, *arguments: str, answers: str = "", every: bool = True) -> str:
    """Run a command that a document shows in the current folder; return its output.

    Where not *every* command runs, one that takes long only checks its words.
    """
    built_in = "--rules" not in arguments
    is_long = " ".join(arguments[:2]) in TAKES_LONG or arguments[-1].endswith(".pdf")
    if not every and built_in and is_long:
        arguments = (*arguments, "--help")
    if program == "mkdir":
        Path(arguments[0]).mkdir()
        return ""
    if program == "python3":
        assert arguments[0] == "run.py"  # tests/test_contributing.py tests its words
        return ""
    if program == "alias":
        assert arguments == ("kam=.venv/bin/kam",)  # where the set-up puts it
        return ""
    assert program == "kam"
    result = CliRunner().invoke(kam, arguments, input=answers)
    assert result.exit_code == 0, f"{shlex.join(arguments)}: {result.output}{result.exception}"
    return result.output


#: The end of an output, as a line that no command prints.
END = "\N{END OF TRANSMISSION}"


def not_printed(shown: str, output: str) -> list[str]:
    """Return the lines of *shown* that *output* does not have next, from its first to its last.

    Empty lines do not count. A line with "…" is for lines that are left out.
    """
    printed = [line for line in output.splitlines() if line.strip()]
    wrong, at, gap = [], 0, False
    for line in filter(str.strip, [*shown.splitlines(), END]):
        if line == "…":
            gap = True
            continue
        places = [at] if not gap else range(at, len(printed) + 1)
        found = next((n for n in places if [*printed, END][n : n + 1] == [line]), None)
        if found is None:
            wrong.append(line)
        else:
            at = found + 1
        gap = False
    return wrong


def follow(text: str, *, every: bool = True) -> None:
    """Do in the current folder what a document shows: save files, run commands, compare output.

    Where not *every* command runs, one that takes long only checks its words.
    """
    outputs: list[str] = []
    for above, indent, language, code in BLOCK.findall(text):
        block = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
        if language == "console":
            outputs = [run(*words, answers=answers, every=every) for words, answers in typed(block)]
        elif language == "output":
            # What is shown is of one of several commands, or of all.
            told = [*outputs, "".join(outputs)]
            assert any(not_printed(block, output) == [] for output in told), told[-1]
        elif file := SAVE.search(above):
            Path(file[1]).write_text(block, encoding="utf-8")
        elif file := APPEND.search(above):
            with Path(file[1]).open("a", encoding="utf-8") as stream:
                stream.write(block)


FOLLOWED = [name for name in TEXT if "```console" in TEXT[name] and name != "CONTRIBUTING.md"]


def ordinary_first(names: list[str]) -> list[Any]:
    """Return the documents to follow; how-to pages of one subject give the same commands."""
    first = [name for name in names if not (name.endswith(".uk.md") and "how-to" in name)]
    return few_of([*first, *(name for name in names if name not in first)], len(first))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("examples", "methods"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("name", ordinary_first(FOLLOWED))
def test_commands_of_the_documents_can_be_followed(name: str, *, every: bool) -> None:
    follow(TEXT[name], every=every)


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    "text",
    [
        "Run\n\n```console\n$ kam nothing\n```",
        "Run\n\n```console\n$ kam --help\n```\n\n```output\nCommands:\nUsage:\n```",
        "Save this as `a.yaml`:\n\n```yaml\nx: 1\n```\n\n```console\n$ kam diagnose a.yaml\n```",
    ],
    ids=["unknown command", "order of lines", "faulty file"],
)
def test_a_document_that_says_something_else_is_found(text: str) -> None:
    with pytest.raises(AssertionError):
        follow(text)


def test_the_case_file_that_is_shown_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(blocks(CASE_FILE, "yaml")[0], encoding="utf-8")

    case = read_case(file, BASE)

    assert case.account.name == "ТОВ «Приклад»"


@pytest.mark.parametrize("name", ["README.md", "README.uk.md"])
def test_a_readme_is_one_screen(name: str) -> None:
    assert len(TEXT[name].split()) <= LONGEST_README


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT[name], re.MULTILINE | re.DOTALL)


# The thresholds of the rule language


def test_thresholds_shown_can_be_used(tmp_path: Path) -> None:
    section = TEXT[LANGUAGE].split("## Thresholds of your own", 1)[1]
    shown = re.search(r"^```yaml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert shown
    file = tmp_path / "thresholds.yaml"
    file.write_text(textwrap.dedent(shown[1]), encoding="utf-8")

    base = load_knowledge_base(rules_folder(), file)

    lines = [line for line in shown[1].splitlines() if line.startswith("  ")]
    assert sum(threshold.overridden for threshold in base.thresholds) == len(lines) > 3
    assert base.digest != BASE.digest


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        ("a\nb\nc", []),
        ("a\n…\nc", []),
        ("…\nb\n…", []),
        ("a\nc", ["c", END]),
        ("b\n…", ["b"]),
        ("a\nb", [END]),
        ("a\n…\nd\n…", ["d"]),
    ],
)
def test_lines_that_are_left_out_of_an_output_are_marked(shown: str, missing: list[str]) -> None:
    assert not_printed(shown, "a\n\nb\nc\n") == missing
