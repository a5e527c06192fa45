"""Links, anchors and paths in documents exist, and every page is in an index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import kam_expert
from kam_expert.outputs.json_document import DiagnosisDocument
from tests.shipped import shipped_base

ROOT = Path(__file__).resolve().parent.parent
LONGEST_ARCHITECTURE = 2500
TEXT = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
}
TOP = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
ORDER = ["Choice", "Reasons", "Runner-up"]
DECISIONS = sorted(name for name in TEXT if Path(name).parent == Path("docs/decisions"))


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def prose(text: str) -> str:
    """Return *text* without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)}


def dead_links(name: str, text: str) -> list[str]:
    """Return the links of a document that lead to no file or no heading of this repository."""
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        there = target.exists() and target.resolve().is_relative_to(ROOT)
        if not there or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            dead.append(link)
    return dead


def dead_paths(text: str) -> list[str]:
    """Return the paths in backticks that are not in this repository.

    A path begins with a place of the repository or ends as code does. The files that readers are
    asked to save, and names in capitals, need not exist.
    """
    dead = []
    to_come = set(re.findall(r"[Ss]ave [^`\n]*`([^`]+)`", text))
    for path in re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", prose(text)):
        parts = path.rstrip("/").split("/")
        ours = (len(parts) > 1 or path.endswith("/")) and parts[0] in TOP
        if not ours and not re.search(r"\.(py|j2|css|js|toml|lock|md)$", path):
            continue
        placeholder = any(re.fullmatch(r"[A-Z_]{3,}(\.\w+)?", part) for part in parts[1:])
        if path not in to_come and not placeholder and not (ROOT / path).exists():
            dead.append(path)
    return dead


def test_links_between_documents_lead_somewhere() -> None:
    assert {name: dead for name, text in TEXT.items() if (dead := dead_links(name, text))} == {}


def test_dead_links_are_found() -> None:
    text = "[a](nowhere.md) [b](README.md#nothing) [c](#none) [d](../../x.md) [e](README.md)"

    assert dead_links("README.md", text) == [
        "nowhere.md",
        "README.md#nothing",
        "#none",
        "../../x.md",
    ]


def test_paths_named_in_documents_exist() -> None:
    assert {name: dead for name, text in TEXT.items() if (dead := dead_paths(text))} == {}


def test_dead_paths_are_found() -> None:
    text = "`rules/none.yaml` `session.py` `run.py` `docs/` `kam_expert/x/` `acme.yaml` `a/b`"

    assert dead_paths(text) == ["rules/none.yaml", "session.py", "kam_expert/x/"]


def test_no_document_names_a_path_of_one_machine() -> None:
    pattern = r"(?<![\w.>/])/(?:home|root|tmp|work|mnt|opt|usr|var|srv|Users)\b|\b[A-Z]:\\|~/"

    assert {name: said for name, text in TEXT.items() if (said := re.findall(pattern, text))} == {}


def test_the_architecture_stays_short() -> None:
    assert len(TEXT["ARCHITECTURE.md"].split()) <= LONGEST_ARCHITECTURE


def test_every_page_is_in_an_index() -> None:
    for index, pattern in (
        ("docs/README.md", "docs/*.md"),
        ("docs/README.md", "docs/how-to/*.md"),
        ("docs/decisions/README.md", "docs/decisions/*.md"),
    ):
        pages = {path for path in ROOT.glob(pattern) if path.name != "README.md"}
        linked = re.findall(r"\]\(([^)\s#]+)", TEXT[index])

        assert pages
        assert pages <= {((ROOT / index).parent / link).resolve() for link in linked}


def test_what_is_in_ukrainian_is_in_english_too() -> None:
    ukrainian = [name for name in TEXT if name.endswith(".uk.md")]

    assert ukrainian
    assert [name for name in ukrainian if name.replace(".uk.md", ".md") not in TEXT] == []


def test_a_decision_has_a_choice_reasons_and_a_runner_up() -> None:
    names = [name for name in DECISIONS if not name.endswith("README.md")]
    parts = {n: re.findall(r"^\*\*([\w -]+)\.\*\* \S", TEXT[n], re.MULTILINE) for n in names}

    assert parts
    assert {n: found for n, found in parts.items() if found != ORDER} == {}


def test_every_library_has_a_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(n for e in set(extras) - {"dev"} for n in extras[e])]
    names = {found[0] for found in (re.match(r"[\w-]+", text) for text in asked) if found}
    said = " ".join(TEXT[name] for name in DECISIONS).lower()

    missing = [name for name in sorted(names - {"kam-expert"}) if name not in said]

    assert missing == []


def test_the_versions_shown_are_those_of_now() -> None:
    rows = re.findall(r"^\| ([\w ]+?) \|.*\| ([\d.]+) \|$", TEXT["docs/versions.md"], re.MULTILINE)
    shown = dict(rows)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert shown["program"] == kam_expert.__version__ == project["version"]
    assert f"\nversion: {project['version']}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert shown["rule base"] == shipped_base().version
    formats = {shown["case format"], shown["JSON of a diagnosis"]}
    assert formats == {str(DiagnosisDocument.model_json_schema()["properties"]["kam"]["const"])}
