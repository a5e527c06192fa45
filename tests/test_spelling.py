"""Words are spelled as dictionaries have them: English by codespell, Ukrainian by pymorphy3."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pymorphy3
import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "kam_expert").rglob("*.py")),
    *sorted((ROOT / "rules").rglob("*.yaml")),
]
UKRAINIAN = [*sorted(ROOT.glob("*.uk.md")), *sorted((ROOT / "docs").rglob("*.uk.md"))]
#: Words that codespell takes for mistakes of others.
RIGHT = ("fulfilment", "preforms", "tread")
#: Words that the dictionary lacks.
KNOWN = {"вже", "немає", "теж"}
DICTIONARY = pymorphy3.MorphAnalyzer(lang="uk")


def unknown_words(text: str) -> list[str]:
    """Return the Ukrainian words of a document that the dictionary lacks; code is left out."""
    prose = re.sub(r"^ *```.*?^ *```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    words = re.findall(r"[А-ЩЬЮЯЄІЇҐа-щьюяєіїґ]+(?:’[а-щьюяєіїґ]+)*", prose)
    return [
        word
        for word in words
        if len(word) > 2
        and word.lower() not in KNOWN
        and not DICTIONARY.word_is_known(word.replace("’", "'"))
    ]


def test_english_words_are_spelled_right() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "codespell_lib", f"-L{','.join(RIGHT)}", *map(str, ENGLISH)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == ""
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("file", UKRAINIAN, ids=lambda file: file.name)
def test_ukrainian_words_are_in_the_dictionary(file: Path) -> None:
    assert unknown_words(file.read_text(encoding="utf-8")) == []


def test_misspelled_words_are_found(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_text("They recieve it.", encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "codespell_lib", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "receive" in found.stdout
    assert unknown_words("Зустріч із клієнтом, `kam` і здогадкии про п’ять знайомих.") == [
        "здогадкии"
    ]
