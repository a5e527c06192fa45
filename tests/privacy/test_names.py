"""Names in a file of their own: read with the case, and missed by no diagnosis."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert import cli
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.errors import CaseError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.names import names_of, names_text, without_names
from tests.shipped import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 23)


def with_separate_names(path: Path, folder: Path, base: KnowledgeBase) -> Path:
    """Write an example with its names in a file of their own."""
    case = read_case(path, base)
    apart = folder / "case.yaml"
    apart.write_text(case_text(without_names(case)), encoding="utf-8")
    (folder / "case.names.yaml").write_text(names_text(names_of(case)), encoding="utf-8")
    return apart


@pytest.mark.every_example
def test_names_come_back_from_their_file(path: Path, tmp_path: Path, base: KnowledgeBase) -> None:
    assert read_case(with_separate_names(path, tmp_path, base), base) == read_case(path, base)


@pytest.mark.every_example
def test_without_the_file_every_conclusion_is_the_same(
    path: Path, tmp_path: Path, base: KnowledgeBase
) -> None:
    apart = with_separate_names(path, tmp_path, base)
    (tmp_path / "case.names.yaml").unlink()
    engine = engine_of(base)

    def said(case: Case) -> object:
        found = diagnose(case, base, DAY, engine)
        return found.stage, [(f.id, f.about, f.status) for f in found.findings], found.next_steps

    assert said(read_case(apart, base)) == said(read_case(path, base))


def write(folder: Path, case: str, **names: str) -> Path:
    path = folder / "acme.yaml"
    path.write_text(f"account: {{id: a}}\npeople: [{{id: p1}}]\n{case}", encoding="utf-8")
    for name, text in names.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return path


def test_a_case_may_name_its_file_of_names(tmp_path: Path, base: KnowledgeBase) -> None:
    path = write(tmp_path, "names: who.yaml\n", who="people: {p1: Ada}\n")

    assert [p.name for p in read_case(path, base).people or ()] == ["Ada"]


def test_a_file_of_names_that_is_missing_is_no_fault(tmp_path: Path, base: KnowledgeBase) -> None:
    assert read_case(write(tmp_path, "names: who.yaml\n"), base).people


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("people: {p2: Ada}\n", r'who\.yaml:1:10: "p2" is not an id in "people:" of the case'),
        ("poeple: {p1: Ada}\n", r'who\.yaml:1:1: unknown key "poeple"\. Did you mean "people"'),
        ("people: [p1]\n", r'who\.yaml:1:1: "people:" is a mapping of ids to names'),
        ("people: {p1: [Ada]}\n", r"who\.yaml:1:10: a name is a text"),
        ("[]\n", r"a file of names has people: and team:"),
    ],
)
def test_a_wrong_file_of_names_is_told(
    names: str, message: str, tmp_path: Path, base: KnowledgeBase
) -> None:
    path = write(tmp_path, "names: who.yaml\n", who=names)

    with pytest.raises(CaseError, match=message):
        read_case(path, base)


@pytest.mark.parametrize("name", ["../who.yaml", "/etc/passwd", "a\\\\b", "..", "[x]"])
def test_names_are_read_from_beside_the_case_only(
    name: str, tmp_path: Path, base: KnowledgeBase
) -> None:
    quoted = name if name == "[x]" else f'"{name}"'

    with pytest.raises(CaseError, match="is the name of a file beside this one"):
        read_case(write(tmp_path, f"names: {quoted}\n"), base)


def test_erasing_takes_the_name_out_of_its_file_and_keeps_the_others(
    tmp_path: Path, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_separate_names(EXAMPLES / "diamond_with_conductor.yaml", tmp_path, base)
    monkeypatch.setattr("sys.argv", ["kam", "person", "erase", str(path), "p1", "--yes"])
    cli.main()
    names = (tmp_path / "case.names.yaml").read_text(encoding="utf-8")

    assert "Терещук" not in names + path.read_text(encoding="utf-8")
    assert "Ольга Чумак" in names
    assert "Ольга Чумак" not in path.read_text(encoding="utf-8")
