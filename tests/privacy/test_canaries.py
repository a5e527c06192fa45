"""Nothing that an edition must not hold is in any file that is made of it.

With --all in the other language, and in the other format of tables.
"""

from __future__ import annotations

import base64
import html
import json
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam
from kam_expert.knowledge.audience import Edition
from tests.privacy.canaries import Planted, figures_in, files, found, readable
from tests.privacy.editions import report
from tests.sampling import few_of, some_of
from tests.shipped import examples_of, folder_of

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

OTHERS = (Edition.CLIENT, Edition.CUSTOMER)
#: An example of each method with people of both sides.
PEOPLED = ("diamond_with_conductor", "brewery_and_glassworks")


@pytest.fixture(scope="module")
def planted(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A case of the method that names people of both sides."""
    [path] = [path for path in examples_of(base) if path.stem in PEOPLED]
    return Planted(tmp_path_factory.mktemp("planted"), path, base)


@pytest.mark.every_method
@pytest.mark.parametrize("edition", OTHERS)
@pytest.mark.parametrize("lang", few_of(["uk", "en"], 1))
def test_no_file_of_an_edition_has_a_canary(
    planted: Planted, lang: str, edition: Edition, tmp_path: Path
) -> None:
    for name, content in files(planted.case, edition, lang, planted.base):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        assert planted.found_in(readable(path), edition) == [], name


@pytest.mark.every_method
@pytest.mark.parametrize("edition", OTHERS)
def test_no_file_of_a_portfolio_has_a_canary(
    planted: Planted, tmp_path: Path, edition: Edition, *, every: bool
) -> None:
    run, method = tmp_path / "run", ["--rules", str(folder_of(planted.base))]
    for form in some_of(("csv", "parquet"), 1, every=every):
        words = ["portfolio", str(planted.path.parent), "-o", str(run), "--edition", str(edition)]
        result = CliRunner().invoke(kam, [*words, *method, "--everything", "--format", form])
        if edition is Edition.CUSTOMER:
            assert "none of them may read of the others" in str(result.exception)
            assert not run.exists()
            continue
        assert result.exit_code == 0, result.output
        assert planted.found_in(result.output.encode(), edition) == []
        for path in run.rglob("*"):
            assert found(planted.canaries, path.name.encode()) == []
            if path.is_file():
                assert planted.found_in(readable(path), edition) == [], path.name


@pytest.mark.every_method
def test_the_consultant_reads_the_canaries(planted: Planted) -> None:
    made = report(planted.case, base=planted.base, edition=Edition.CONSULTANT)
    page = html.unescape(made.text("html"))
    seen = {what for canary, what in planted.canaries.items() if canary in page}
    figures = {figure: what for figure, (what, _) in planted.figures.items()}

    told = {"name of a person", "name of a member", "by", "comment", "file"}
    if planted.case.decisions:
        told.add("decision name")
    assert seen >= told
    assert figures_in(figures, page.encode())


@pytest.mark.every_method
def test_the_client_reads_figures_of_the_account(planted: Planted) -> None:
    ours = {figure: what for figure, (what, readers) in planted.figures.items()
            if readers == "supplier"}  # fmt: skip
    told = report(planted.case, base=planted.base).text("json").encode()

    assert figures_in(ours, told)


def test_a_canary_is_found_in_whatever_form(planted: Planted) -> None:
    canary, what = next(iter(planted.canaries.items()))
    forms = (
        canary.encode("utf-16-le"),
        html.escape(canary).encode(),
        quote(canary).encode(),
        json.dumps(canary).encode(),
        base64.b64encode(f"xx{canary}xx".encode()),
        canary.encode().hex().upper().encode(),
    )

    for form in forms:
        assert what in found({canary: what}, b"before " + form + b" after"), form


@pytest.mark.parametrize(
    "text",
    ["71000000", "71 000 000", "71,000,000", "71\u00a0000\u00a0000", "71&nbsp;000&nbsp;000",
     "1951-03-04", "19510304", "4 березня 1951", "March 4, 1951", "<v>18691</v>"],
)  # fmt: skip
def test_a_number_or_day_is_found_in_whatever_form(text: str) -> None:
    assert figures_in({71_000_000: "it", date(1951, 3, 4): "it"}, text.encode()) == ["it"]


def test_a_case_file_named_after_a_person_names_no_report(planted: Planted, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    words = ["diagnose", str(planted.path), "--edition", "client", "-o", str(folder)]
    result = CliRunner().invoke(kam, [*words, "--format", "html"])

    assert result.exit_code == 0, result.output
    assert [path.name for path in folder.iterdir()] == ["soniachnyi-mlyn.client.html"]
