"""The words of the field: a term that has a standard name is called by it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: What must not come back, as a pattern, and what the field says. `wording` patterns are looked
#: for in everything; `names` only in code.
WORDING = {
    r"\bparted\b": "split, separated",
    r"\bpart them with\b": "separate them with",
    r"stands? (here |there )?twice": "duplicate",
    r"\bis no (kind|side)\b": "unknown kind, unknown side",
    r"\bin circles\b|search for circles|round in a circle": "cyclic; reference cycle; garbage collection",
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
    r"\b(Door|Desk|_Kept|Story|AskerHere|AskerBeside)\b": "Authenticator, AccountService, LRUCache, History, …",
    r"\b(taken_along|uncollected|unfit_notes|likeness|edits_sent)\b": "downloads, gc_paused, denylist, …",
    r"\bclass (Look|Visit|Site|Room)\b": "AttentionCategory, RequestContext, AppState, detail level",
    r"\bdef .*\bunfit\b|\.unfit\b": "denylist",
}
SUFFIXES = {".py", ".md", ".j2", ".po", ".js", ".toml", ".yaml"}


def written() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    files = [ROOT / name for name in listed if name and name != "tests/test_words.py"]
    return [file for file in files if file.suffix in SUFFIXES and file.is_file()]


def lines_with(pattern: str, files: list[Path]) -> list[str]:
    wanted = re.compile(pattern, re.IGNORECASE if pattern.islower() else 0)
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
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


def test_docstrings_say_what_is_returned() -> None:
    found = []
    for file in written():
        if file.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                said = ast.get_docstring(node) or ""
                if re.match(r"(Give|Gives|Tell|Tells|Have done)\b", said):
                    found.append(f"{file.relative_to(ROOT)}:{node.lineno}: {said[:60]}")

    assert not found, "Return, Yield, Print, …\n" + "\n".join(found)


def test_the_patterns_match_what_they_are_meant_for(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("cells are parted by tabs\nclass Door:\n", encoding="utf-8")

    assert any(re.search(pattern, file.read_text(encoding="utf-8")) for pattern in WORDING)
    assert any(re.search(pattern, file.read_text(encoding="utf-8")) for pattern in NAMES)


#: A name of a module or class in more than one package, where it is the same subject in another
#: layer. Commands (`cli`) and tests are named after their subject and do not count.
SAME_SUBJECT: dict[str, str] = {
    "portfolio": "many accounts: what came out (results), what is run for it (app)",
    "report": "the report on one account, in several layers",
}


def test_one_name_is_one_idea() -> None:
    classes: dict[str, list[str]] = {}
    modules: dict[str, list[str]] = {}
    for file in sorted((ROOT / "kam_expert").rglob("*.py")):
        name = str(file.relative_to(ROOT))
        if not file.stem.startswith("__") and file.parent.name != "cli":
            modules.setdefault(file.stem, []).append(name)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, []).append(name)

    twice = {
        name: where
        for found in (classes, modules)
        for name, where in found.items()
        if len(where) > 1 and name not in SAME_SUBJECT
    }
    assert not twice
