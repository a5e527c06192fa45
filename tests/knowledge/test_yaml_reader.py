"""What is read as YAML, with its place, and what is rejected."""

# ruff: noqa: E501 -- a table row or a message is on one line

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam_expert.errors import KamError, Place
from kam_expert.knowledge.yaml_reader import MAX_BYTES, MAX_DEPTH, place_of, read_file, read_text


def refusal(text: str) -> str:
    with pytest.raises(KamError) as caught:
        read_text(text, "x.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("No", "No"), ("y", "y"),
        ("true", True), ("False", False), ("TRUE", True), ("null", None), ("~", None), ("", None),
        ("12", 12), ("-3", -3), ("+3", 3), ("012", 12), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0),
        ("0x1F", "0x1F"), ("1_000", "1_000"), ("12:30", "12:30"), ("2026-10-01", "2026-10-01"),
        ("1..2", "1..2"), (".inf", ".inf"), (".nan", ".nan"), ("<<", "<<"), ("=", "="),
        ("'12'", "12"), ('"no"', "no"), ("'null'", "null"), ("''", ""), ("1" * 5000, "1" * 5000),
    ],
)  # fmt: skip
def test_words_are_those_of_yaml_1_2(written: str, value: object) -> None:
    read = read_text(f"a: {written}\n", "x.yaml")["a"]

    assert read == value
    assert type(read) is type(value)


def test_every_node_knows_where_it_stands() -> None:
    root = read_text("a: 1\nb:\n  - x\n  - {c: d}\n", "x.yaml")

    assert root.at("b") == Place("x.yaml", 2, 1)
    assert root["b"].at(1) == Place("x.yaml", 4, 5)
    assert root["b"][1].at("c") == Place("x.yaml", 4, 6)
    assert root["b"][1].at("missing") == root["b"][1].place
    assert str(root.at("a")) == "x.yaml:1:1"
    assert place_of("word", Place("x.yaml")) == Place("x.yaml")


def test_columns_count_characters_and_not_bytes() -> None:
    root = read_text("{ключ: 1, інший: 2}", "x.yaml")

    assert root.at("інший") == Place("x.yaml", 1, 11)


def test_the_text_as_written_is_kept() -> None:
    root = read_text("a: 007\nb: [1.50]\n", "x.yaml")

    assert root.raw["a"] == "007"
    assert root["b"].raw == ["1.50"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 'x.yaml:3:1: duplicate key "a"'),
        ("{a: 1, 'a': 2}", 'x.yaml:1:8: duplicate key "a"'),
        ("a: &x 1\nb: *x\n", "x.yaml:2:4: aliases (*name) are not allowed; write the value out"),
        ("a: !!python/object:os.system x", "x.yaml:1:4: tags (tag:yaml.org,2002:python/object:os.system) are not allowed"),
        ("a: !!str 1", "x.yaml:1:4: tags (tag:yaml.org,2002:str) are not allowed"),
        ("!x {a: 1}", "x.yaml:1:1: tags (!x) are not allowed"),
        ("a: !x [1]", "x.yaml:1:4: tags (!x) are not allowed"),
        ("? [a]\n: 1\n", "x.yaml:1:3: a key must be a word, not a list or a mapping"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document (---) in the file; only one is read"),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: [1, 2\n", "x.yaml:2:1: not YAML: "),
        ("a: b: c\n", "x.yaml:1:5: not YAML: "),
        ("a:\n\t- b\n", "x.yaml:2:1: not YAML: "),
        ('{"a": "\\ud83d"}', "x.yaml:1:10: not YAML: "),
        ("a: ж\nб: \x07x\n", "x.yaml:2:4: not YAML: the control character U+0007"),
        ("%PDF-1.4\n1 0 obj\n", "x.yaml:"),
    ],
)
def test_what_is_not_yaml_is_told_in_one_line_with_its_place(text: str, start: str) -> None:
    message = refusal(text)

    assert message.startswith(start)
    assert "\n" not in message


def test_a_bomb_of_aliases_is_refused_at_its_first_alias() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]

    assert refusal("\n".join(lines)).startswith("x.yaml:2:10: aliases")


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_nesting_has_an_end(opening: str) -> None:
    assert f"nested deeper than {MAX_DEPTH} levels" in refusal(opening * 100_000)


def test_as_deep_as_allowed_is_read() -> None:
    assert read_text("[" * MAX_DEPTH + "]" * MAX_DEPTH, "x.yaml")
    assert refusal("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_an_empty_text_is_nothing() -> None:
    assert read_text("", "x.yaml") is None
    assert read_text("# only a comment\n", "x.yaml") is None


def test_json_with_pairs_of_surrogate_escapes_is_read() -> None:
    data = {"name": "ТОВ 😀 «Приклад»", "list": [1, 2.5, True, None, "no"]}

    assert read_text(json.dumps(data), "x.json") == data
    assert read_text(json.dumps(data, indent=2), "x.json") == data


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**16), 10**16) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('abcї\\"', max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(json_values)
def test_what_json_writes_is_read_as_it_was(data: Any) -> None:
    assert read_text(json.dumps({"data": data}), "x.json") == {"data": data}


def refused_file(path: Path) -> str:
    with pytest.raises(KamError) as caught:
        read_file(path, "x.yaml")
    return str(caught.value)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")

    assert read_file(path) == {"a": 1}
    assert read_file(path).at("a") == Place(str(path), 1, 1)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-32"])
def test_utf_16_is_not_read(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("ключ: так\n", encoding=coding)

    assert refused_file(path) == "x.yaml: not a text file (it has zero bytes)"


def test_an_old_code_page_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("a: 1\nb: так\n".encode("cp1251"))

    assert refused_file(path) == "x.yaml:2: not UTF-8 text; save the file as UTF-8"


def test_a_binary_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(bytes(range(256)))

    assert refused_file(path) == "x.yaml: not a text file (it has zero bytes)"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)

    assert refused_file(path) == "x.yaml: 50 MB is too large, at most 8 MB are read"


def test_a_device_without_end_is_not_read() -> None:
    assert "too large" in refused_file(Path("/dev/zero"))


def test_a_file_of_the_greatest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\n#".ljust(MAX_BYTES, b" "))

    assert read_file(path) == {"a": 1}


def test_a_folder_a_missing_file_and_an_unreadable_one_are_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert refused_file(tmp_path) == "x.yaml: is a folder, a file is needed"
    assert refused_file(tmp_path / "none") == "x.yaml: no such file"
    assert refused_file(file / "below") == f"x.yaml: cannot be read ({os.strerror(20)})"
