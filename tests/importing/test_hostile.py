"""Broken and hostile files are imported or refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fuzz_import import KINDS, feed, fuzz_mapping, fuzzed
from property_search import examples

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.importing.import_result import Imported
    from kam_expert.importing.mapping import SystemMapping
    from kam_expert.knowledge.base import KnowledgeBase

    Bring = Callable[..., Imported]

MAPPING = "system: s\naccounts: [{from: firms, id: id, name: name}]\n"


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory, base: KnowledgeBase) -> SystemMapping:
    return fuzz_mapping(tmp_path_factory.mktemp("fuzz"), base)


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_file_is_imported_or_refused(
    kind: str, tmp_path: Path, mapping: SystemMapping, base: KnowledgeBase
) -> None:
    # These seeds once found faults, besides the first ones.
    for seed in (*range(examples(4)), 217, 275, 406):
        outcome = feed(fuzzed(kind, seed), tmp_path / str(seed), mapping, base, seed)

        assert outcome in ("imported", "imported, rows rejected", "refused"), seed


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("firms.csv", b"", "firms.csv (empty)"),
        ("firms.csv", b"\n\n\n", "is empty"),
        ("firms.csv", b"id,name\n" + b"x" * 3_500_000, "has a line of more than 3 MB"),
        ("firms.csv", b"id,name\na,\0\n" * 10, "not a text file"),
        ("firms.csv", b"id,name\na," + b"x" * 140_000 + b"\n", "field larger than"),
        ("firms.csv", b"id,name," + b"c," * 6000 + b"\n", "more than 5000 columns"),
        ("firms.csv", "id,name\na,Жовтень\n".encode() + b"b,\xff\n", "give its encoding"),
        ("firms.csv", "id,name\na,Ю\n".encode("cp1251"), "too few characters"),
        ("firms.json", b"[" * 100_000, "nested deeper than"),
        ("firms.json", b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper than"),
        ("firms.json", b"[" + b"[],{}," * 600_000 + b"1]", "more than 1,000,000 lists"),
        ("firms.json", b'{"id": NaN}', "NaN is not a number"),
        ("firms.json", b'[{"id": 1, "id": 2}]', 'duplicate key "id"'),
        ("firms.json", b'[{"id": 1}, 2]', "row 2: a record is a mapping"),
        ("firms.json", b"3", "neither a list of records nor a mapping"),
        ("firms.xlsx", b"PK\x03\x04 and nothing more", "is not a workbook"),
        ("firms.doc", b"id,name", "no CSV, TSV, JSON or Excel file"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(
    name: str, content: bytes, told: str, tmp_path: Path, bring: Bring
) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / name).write_bytes(content)

    with pytest.raises(KamError) as error:
        bring(tmp_path)

    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_digits_without_end_stay_text(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "firms.json").write_text('[{"id": %s, "name": 1.50}]' % ("7" * 150))

    (case,) = bring(tmp_path).made.cases()

    assert (case.account.id, case.account.name) == ("7" * 150, "1.50")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")

    with pytest.raises(KamError, match="no such folder or file"):
        bring(tmp_path / "nowhere", "csv", tmp_path / "mapping.yaml")


def test_a_source_without_accounts_says_what_is_there(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "firm.csv").write_text("id,name\n")

    with pytest.raises(KamError, match=r"no table of accounts \(firms\); there is firm"):
        bring(tmp_path)
