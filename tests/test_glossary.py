"""Every id of the glossary exists, and both languages have the same ids in the same order."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from kam_expert.cli import kam
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from tests.shipped import shipped_base

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, UKRAINIAN = ROOT / "docs" / "glossary.md", ROOT / "docs" / "glossary.uk.md"
KINDS = {
    "стадія": "stage",
    "факт": "fact",
    "значення": "value",
    "висновок": "finding",
    "файл": "file",
    "сторінка": "page",
    "команда": "command",
    "ключ": "key",
    "параметр": "option",
}
BASE = shipped_base()
RULES = "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.yaml"))
)
KEYS = (
    RULES
    + (ROOT / "docs" / "case-file.md").read_text(encoding="utf-8")
    + "".join(
        (ROOT / "docs" / name).read_text(encoding="utf-8")
        for name in ("json.md", "rule-language.md")
    )
)


def entries(page: Path) -> list[tuple[str, str, str, str]]:
    """Return word, sentence, kind and id of each row of a glossary."""
    text = page.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| ([^\W\d_]+) `(.+?)` \|$", text, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| (?!-)", text, re.MULTILINE)) - text.count("|---|---|")
    return rows


def exists(kind: str, name: str) -> bool:
    """Return whether the program has something of this kind and name."""
    match kind:
        case "stage":
            return name in BASE.stage_model.names
        case "fact":
            return name in BASE.facts
        case "finding":
            return name in BASE.findings
        case "value" if name == "unknown":
            return True
        case "value":
            fact, _, value = name.partition(": ")
            return fact in BASE.facts and value in BASE.facts[fact].doc.values
        case "file":
            return (ROOT / "rules" / name).is_file()
        case "page":
            return (ROOT / name).is_file()
        case "command":
            return has_command(name.split()[1:])
        case "option":
            return any(
                name in parameter.opts for c in kam.commands.values() for parameter in c.params
            )
        case "key":
            return bool(re.search(rf"\b{name}:|`{name}`", KEYS)) or name in ENGINE_FACTS
    return False


def has_command(words: list[str]) -> bool:
    """Return whether ``kam`` has this command."""
    command: click.Command | None = kam
    for word in words:
        command = command.commands.get(word) if isinstance(command, click.Group) else None
    return command is not None


def test_every_id_of_the_glossary_exists() -> None:
    listed = entries(ENGLISH)

    assert listed
    assert [word for word, _, kind, name in listed if not exists(kind, name)] == []


def test_an_unknown_id_is_found() -> None:
    for kind in set(KINDS.values()):
        assert not exists(kind, "no_such_name: nothing")
        assert not exists(kind, "kam nothing")


def test_both_languages_explain_the_same() -> None:
    english = [(kind, name) for _, _, kind, name in entries(ENGLISH)]
    ukrainian = [(KINDS[kind], name) for _, _, kind, name in entries(UKRAINIAN)]

    assert ukrainian == english


@pytest.mark.parametrize("page", [ENGLISH, UKRAINIAN], ids=lambda page: page.name)
def test_a_word_is_explained_in_sentences(page: Path) -> None:
    assert [word for word, sentence, *_ in entries(page) if not sentence.endswith(".")] == []
