"""Standard terms and plain English: a list of words that must not come back."""

import ast
import io
import re
import shutil
import subprocess
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Patterns of words that must not come back, and the standard terms. `WORDING` is searched for in
#: all files, `NAMES` in Python files, `DIALECT` in docstrings and comments.
WORDING = {
    r"\bparted\b": "split, separated",
    r"\bpart them with\b": "separate them with",
    r"stands? (here |there )?twice": "duplicate",
    r"\bis no (kind|side)\b": "unknown kind, unknown side",
    r"\bin circles\b|search for circles|round in a circle": "cyclic; garbage collection",
    r"\bno such day as\b": "invalid date",
    r"\basked_in_vain|asked in vain": "unanswered",
    r"\bhopeful\b": "upper bound",
    r"\bleave off\b": "close",
    r"\bhave done with\b": "mark as answered; finish",
    r"\broomiest\b": "most detailed",
    r"\blook[- ]alikes?\b": "possible duplicates",
    r"\btold by the place\b|told by their place": "identified",
}
NAMES = {
    r"\b(Door|Desk|_Kept|Story|AskerHere|AskerBeside)\b": "Authenticator, AccountService, …",
    r"\b(taken_along|uncollected|unfit_notes|likeness|edits_sent)\b": "downloads, gc_paused, …",
    r"\bclass (Look|Visit|Site|Room)\b": "AttentionCategory, RequestContext, AppState, …",
    r"\bclass (Parted|Looking|\w*Wishes)\b": "SplitTable, CategoryColumns, Options",
    r"\.looks\(\)|\bLookDoc\b|\blooked_at\b": "categories, CategoryDoc, in_category",
    r"\b_?MOST_LETTERS\b|\bfewest_alike\b": "MAX_CHARACTERS, smallest_anonymity_set",
    r"\bdef .*\bunfit\b|\.unfit\b": "denylist",
}
DIALECT = {
    r"\bso many\b": "number of; maximum",
    r"(so many|most|\d) letters\b|\bletters? of a\b": "characters",
    r"\bstands?\b(?! (for|in for)\b)": "is, is in, is next to",
    r"\b(told|untold)\b": "given, answered, reported",
    r"\bbeside\b": "next to, with",
    r"\bworked out\b": "computed",
    r"\bput aside\b": "temporary, cached",
    r"\bheld against\b": "compared with",
    r"\btaken? as given\b": "assumed",
    r"\banew\b": "again",
    r"\b(whoever|whomever)\b": "name the person or program",
    r"\bwhat (becomes|became|came) of\b": "result, outcome",
    r"\beach once\b": "distinct",
    r"\btell apart\b|\btold apart\b": "distinguish, split",
    r"(?<!there )\bis no (?!longer\b|other\b)\w": "is not a",
    r"\blook(s|ed)? alike\b": "equal, indistinguishable, possible duplicates",
    r"\bknows no\b": "has no",
    r"\b(be|is|are) looked at\b": "is checked, is in a category",
    r"^Have (?=\w+ing\b|a |an |the |what )": "Set, Run, Mark, …",
}
SUFFIXES = {".py", ".md", ".j2", ".po", ".js", ".toml", ".yaml"}


@cache
def written() -> list[Path]:
    git = shutil.which("git")
    assert git is not None
    listed = subprocess.run(
        [git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    files = [ROOT / name for name in listed if name and name != "tests/test_words.py"]
    return [file for file in files if file.suffix in SUFFIXES and file.is_file()]


@cache
def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


Definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def defined_in(file: Path) -> list[Definition]:
    """Return a module with its classes and functions, also those within others."""
    found: list[Definition] = []
    waiting: list[ast.AST] = [ast.parse(text_of(file))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Definition):
            found.append(node)
        if not isinstance(node, ast.expr):
            waiting += ast.iter_child_nodes(node)
    return found


def lines_with(pattern: str, files: list[Path]) -> list[str]:
    wanted = re.compile(pattern, re.IGNORECASE if pattern.islower() else 0)
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in files
        if wanted.search(text_of(file))
        for number, line in enumerate(text_of(file).splitlines(), 1)
        if wanted.search(line)
    ]


@pytest.mark.parametrize("pattern", WORDING)
def test_texts_use_the_words_of_the_field(pattern: str) -> None:
    found = lines_with(pattern, written())

    assert not found, f"say: {WORDING[pattern]}\n" + "\n".join(found)


@pytest.mark.parametrize("pattern", NAMES)
def test_names_are_those_of_the_field(pattern: str) -> None:
    found = lines_with(pattern, [file for file in written() if file.suffix == ".py"])

    assert not found, f"say: {NAMES[pattern]}\n" + "\n".join(found)


@cache
def prose(file: Path) -> list[tuple[int, str]]:
    """Return the lines of docstrings and comments with their line numbers."""
    lines = []
    for node in defined_in(file):
        text = ast.get_docstring(node) or ""
        first = node.body[0].lineno if node.body else 1
        lines += list(enumerate(text.splitlines(), first))
    if "#" in text_of(file):
        for token in tokenize.generate_tokens(io.StringIO(text_of(file)).readline):
            if token.type == tokenize.COMMENT:
                lines.append((token.start[0], token.string.lstrip("#: ")))
    return lines


@pytest.mark.parametrize("pattern", DIALECT)
def test_docstrings_and_comments_are_plain_english(pattern: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line}"
        for file in written()
        if file.suffix == ".py"
        for number, line in prose(file)
        if re.search(pattern, line)
    ]

    assert not found, f"say: {DIALECT[pattern]}\n" + "\n".join(found)


def test_docstrings_say_what_is_returned() -> None:
    found = []
    for file in written():
        if file.suffix != ".py":
            continue
        for node in defined_in(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                text = ast.get_docstring(node) or ""
                if re.match(r"(Give|Gives|Tell|Tells|Have done)\b", text):
                    found.append(f"{file.relative_to(ROOT)}:{node.lineno}: {text[:60]}")

    assert not found, "Return, Yield, Print, …\n" + "\n".join(found)


def test_the_patterns_match_what_they_are_meant_for(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(
        '"""Cells are parted by tabs."""\nclass Door:\n    x = 1  # so many letters\n',
        encoding="utf-8",
    )

    assert any(re.search(pattern, file.read_text(encoding="utf-8")) for pattern in WORDING)
    assert any(re.search(pattern, file.read_text(encoding="utf-8")) for pattern in NAMES)
    assert any(re.search(pattern, line) for pattern in DIALECT for _, line in prose(file))


#: A name of a module or class in more than one package, where it is the same subject in another
#: layer. Commands (`cli`) and tests are named after their subject and do not count.
SAME_SUBJECT: dict[str, str] = {
    "portfolio": "many accounts: what came out (results), what is run for it (app)",
    "report": "the report on one account, in several layers",
    "operators": "the operators of conditions: their meaning (knowledge), their columns (engines)",
}


def test_one_name_is_one_idea() -> None:
    classes: dict[str, list[str]] = {}
    modules: dict[str, list[str]] = {}
    for file in sorted((ROOT / "kam_expert").rglob("*.py")):
        name = str(file.relative_to(ROOT))
        if not file.stem.startswith("__") and file.parent.name != "cli":
            modules.setdefault(file.stem, []).append(name)
        for node in defined_in(file):
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, []).append(name)

    twice = {
        name: where
        for found in (classes, modules)
        for name, where in found.items()
        if len(where) > 1 and name not in SAME_SUBJECT
    }
    assert not twice
