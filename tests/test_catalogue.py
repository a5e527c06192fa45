"""Every text that the code asks the catalogue for is in it, in Ukrainian."""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import read_mo

PACKAGE = Path(__file__).parent.parent / "kam_expert"
LOOK_UPS = {"_", "tr", "gettext"}
with (PACKAGE / "locale/uk/LC_MESSAGES/kam.mo").open("rb") as file:
    UKRAINIAN = read_mo(file)


def asked_for() -> Iterator[tuple[str, str]]:
    # Babel's own extraction skips the content of an f-string.
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr=name) | ast.Name(id=name),
                    args=[ast.Constant(value=str() as text), *_],
                ) if name in LOOK_UPS:
                    yield path.relative_to(PACKAGE).as_posix(), text


def test_every_text_that_the_code_asks_for_has_a_translation() -> None:
    asked = sorted(set(asked_for()))
    lacking = []
    for module, text in asked:
        message = UKRAINIAN.get(text)
        if message is None or not message.string:
            lacking.append(f"{module}: {text}")

    assert len(asked) > 500
    assert lacking == []
