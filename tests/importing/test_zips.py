"""Exports that come as a zip are read like a folder, and put nothing elsewhere."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.errors import KamError
from kam_expert.importing import unpacking

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.importing.import_result import Imported

    Bring = Callable[..., Imported]

SHAPES = Path(__file__).parent / "shapes"


def packed(path: Path, **files: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def told(imported: Imported) -> dict[str, Any]:
    return {
        "cases": list(imported.made.cases()),
        "counts": imported.counts,
        "candidates": imported.candidates,
    }


def test_a_zip_gives_what_its_folder_gives(tmp_path: Path, bring: Bring) -> None:
    folder = SHAPES / "salesforce"
    files = {f"WE_00D/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())}
    archive = packed(tmp_path / "export.zip", **files)

    assert told(bring(archive, "salesforce")) == told(bring(folder, "salesforce"))


def test_a_zip_among_other_files_is_unpacked(tmp_path: Path, bring: Bring) -> None:
    for path in (SHAPES / "salesforce").iterdir():
        if path.stem == "Event":
            packed(tmp_path / "more.zip", **{path.name: path.read_bytes(), "readme.txt": b"x"})
        else:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    imported = bring(tmp_path, "salesforce")

    assert list(imported.made.cases()) == list(
        bring(SHAPES / "salesforce", "salesforce").made.cases()
    )
    assert imported.unread == ["readme.txt"]


def test_a_path_inside_says_nothing_about_where_a_file_goes(tmp_path: Path, bring: Bring) -> None:
    names = ("../../Account.csv", "/tmp/kam_evil/Account.csv", "..\\..\\Account.csv")  # noqa: S108 -- what must not be written
    for name in names:
        archive = packed(tmp_path / "a.zip", **{name: "Id,Name\na,A\n"})

        assert [c.account.name for c in bring(archive, "salesforce").made.cases()] == ["A"]

    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    assert not list(tmp_path.parent.glob("Account.csv"))
    assert not Path("/tmp/kam_evil").exists()  # noqa: S108 -- as above


def test_a_zip_that_would_fill_the_disk_is_refused(tmp_path: Path, bring: Bring) -> None:
    archive = packed(tmp_path / "a.zip", **{"Account.csv": b"Id,Name\n" + b"a,A\n" * 10_000_000})

    with pytest.raises(KamError, match="unpacks to more than 100 times its size"):
        bring(archive, "salesforce")


@pytest.mark.parametrize(
    ("change", "why"),
    [(lambda data: data[:60], "is not a zip, or is damaged"),
     (lambda data: data.replace(b"a,A", b"b,B", 1), "is damaged"),
     (lambda data: data[::-1], "is not a zip")],
)  # fmt: skip
def test_a_damaged_zip_is_told(
    change: Callable[[bytes], bytes], why: str, tmp_path: Path, bring: Bring
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("Account.csv", "Id,Name\na,A\n")
    (tmp_path / "a.zip").write_bytes(change((tmp_path / "a.zip").read_bytes()))

    with pytest.raises(KamError, match=why):
        bring(tmp_path / "a.zip", "salesforce")


def test_too_many_files_and_passwords_are_refused(
    tmp_path: Path, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path / "a.zip", **{"Account.csv": "Id,Name\na,A\n", "b.csv": "x\n"})
    data = bytearray(archive.read_bytes())
    for mark in (b"PK\x01\x02", b"PK\x03\x04"):
        at = data.find(mark)
        data[at + (8 if mark[2] == 1 else 6)] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(data))

    with pytest.raises(KamError, match=r"Account\.csv has a password"):
        bring(tmp_path / "locked.zip", "salesforce")
    monkeypatch.setattr(unpacking, "MAX_FILES", 1)
    with pytest.raises(KamError, match="more than 1 files"):
        bring(archive, "salesforce")


def test_nothing_is_left_aside(
    tmp_path: Path, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    archive = packed(tmp_path / "a.zip", **{"Account.csv": "Id,Name\na,A\na,B\n"})

    with pytest.raises(KamError):
        bring(archive, "salesforce")
    bring(archive, "salesforce", skip_bad=True)

    assert list(aside.iterdir()) == []
