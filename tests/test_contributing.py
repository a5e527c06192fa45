"""CONTRIBUTING.md, followed literally in a copy of the project, leaves everything green."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
#: A paragraph and the block of code that follows it.
BLOCK = re.compile(r"^([^\n]+)\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"(Save|save|Append|Add) (?:as|to) `([\w./]+)`(?:, above the line `(.+)`)?:$")
#: What concerns the rules and is quick; ``run.py rules`` runs more.
TESTS = (
    "-knot commands",  # of the README: they take long and do not depend on what is added
    "tests/test_rule_base.py",
    "tests/test_schemas.py",
    "tests/test_examples.py",
    "tests/test_reasons.py",
    "tests/test_docs.py",
)


class Block(NamedTuple):
    """A block of code of CONTRIBUTING.md, with the paragraph above it."""

    above: str
    language: str
    text: str

    def commands(self) -> Iterator[list[str]]:
        """Yield the commands of a console."""
        for line in self.text.splitlines():
            assert line.startswith("$ "), f"no command: {line}"
            yield shlex.split(line.removeprefix("$ "), comments=True)


BLOCKS = [Block(*found) for found in BLOCK.findall(TEXT)]


def edit(project: Path, block: Block) -> None:
    """Make the change of a file that a block shows."""
    place = PLACE.search(block.above)
    assert place, f"no file is named above the block:\n{block.text}"
    how, file, line = place.groups()
    path = project / file
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    if how == "Append":
        new = old + block.text
    elif how == "Add":
        assert old.count(f"\n{line}\n") == 1
        new = old.replace(f"\n{line}\n", f"\n{block.text}{line}\n")
    else:
        new = block.text
    path.write_text(new, encoding="utf-8")


class Copy:
    """A copy of the project in which programs run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 -- the git in PATH
            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)

    def python(self, *arguments: str) -> str:
        """Run Python on the copy and return what it prints; fail if it does."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(arguments)}\n{done.stdout}"
        return done.stdout

    def kam(self, *arguments: str) -> str:
        """Run a command of the program."""
        return self.python("-m", "kam_expert.cli", *arguments)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory, *, every: bool) -> Copy:
    """A copy in which every block of CONTRIBUTING.md was followed, in order.

    The rule base is checked as a whole when all is done, and with --all on the way too.
    """
    copy = Copy(tmp_path_factory.mktemp("copy") / "project")
    for block in BLOCKS:
        if block.language == "yaml":
            edit(copy.folder, block)
        elif block.language == "console":
            for program, *arguments in block.commands():
                if [program, *arguments] == ["kam", "rules", "check"] and not every:
                    continue
                if program == "kam":
                    copy.kam(*arguments)
                else:
                    # It installs packages and runs what the tests below run.
                    assert [program, arguments[0]] == ["python3", "run.py"]
    return copy


def test_each_part_of_the_rule_base_has_an_example() -> None:
    files = {place[2] for block in BLOCKS if (place := PLACE.search(block.above))}
    rules = {file for file in files if file.count("/") > 1}

    assert files - rules == {
        "rules/events.yaml", "rules/facts.yaml", "rules/findings.yaml", "rules/portfolio.yaml",
        "rules/situations.yaml", "rules/steps.yaml", "rules/strategies.yaml", "rules/themes.yaml",
    }  # fmt: skip
    assert len(rules) > 1


def test_the_words_of_run_py_are_there(followed: Copy) -> None:
    words = {
        arguments[1]
        for block in BLOCKS
        if block.language == "console"
        for program, *arguments in ([*command] for command in block.commands())
        if program == "python3"
    }
    said = followed.python("run.py", "--help")

    assert {word for word in words if not re.search(rf"^{word} ", said, re.MULTILINE)} == set()


def test_the_rule_base_has_no_problems(followed: Copy) -> None:
    assert followed.kam("rules", "check").rstrip().endswith(": 0 problems")


@pytest.mark.long
def test_the_cases_of_all_rules_hold(followed: Copy) -> None:
    assert followed.kam("rules", "test").rstrip().endswith(", 0 problems")


def test_what_was_added_takes_part_in_a_diagnosis(followed: Copy) -> None:
    case = followed.folder / "acme.yaml"
    case.write_text(
        "account: {id: acme}\nfacts: {invoices_disputed_12m: 5, complaints_open: 4}\n",
        encoding="utf-8",
    )

    said = followed.kam("diagnose", str(case), "--lang", "en")

    assert "Settle the invoices" in said
    assert "The customer keeps disputing our invoices." in said
    assert "Agree how invoices are checked" in said
    assert "[possible, provisional; fragile_satisfaction]" in said


def test_an_event_of_a_new_kind_voids_older_answers(followed: Copy) -> None:
    case = followed.folder / "moved.yaml"
    case.write_text(
        "account: {id: acme}\n"
        "facts: {invoices_disputed_12m: {value: 5, as_of: 2026-10-01}}\n"
        "events: [{kind: billing_moved, day: 2026-11-01}]\n",
        encoding="utf-8",
    )

    before, after = (
        followed.kam("diagnose", str(case), "--lang", "en", "--date", day)
        for day in ("2026-10-31", "2026-11-20")
    )

    assert "The customer keeps disputing our invoices." in before
    assert "The customer keeps disputing our invoices." not in after


@pytest.mark.long
def test_the_tests_of_the_rule_base_pass(followed: Copy) -> None:
    assert " passed" in followed.python("-m", "pytest", "-n0", *TESTS)


def test_a_wrong_name_is_answered_as_shown(followed: Copy) -> None:
    [shown] = [block.text for block in BLOCKS if block.language == "text"]
    file = followed.folder / shown.split(":")[0]
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace("  complaints_open: {", "  complaint_open: {"), encoding="utf-8")

    with pytest.raises(AssertionError) as failed:
        followed.kam("rules", "check")

    file.write_text(right, encoding="utf-8")
    assert shown in str(failed.value)
