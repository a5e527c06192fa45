"""Read broken workbooks, each in its own process, and print time, memory and messages.

    python benchmarks/fuzz_workbook.py --files 500 --seed 1

A file must result in a case or in a readable error, within 5 s and 1 GB.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import re
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from random_cases import built, random_case

from kam_expert.errors import KamError
from kam_expert.facts.workbook_reader import read_workbook
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.knowledge.base import KnowledgeBase

SECONDS, GIGABYTES = 5, 1
Parts = dict[str, bytes]
_SHEET = "xl/worksheets/sheet{}.xml"
_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"([^>]*?)(/>|>.*?</c>)')
_TEXTS = ("=1+1", "@SUM(A1)", "\t=1", "-5", "1,234", "2..", "31.12.2026", "ні", "🙂", "a" * 30_000)


def sound_workbook(base: KnowledgeBase, random: Random) -> Parts:
    """Return the files inside a workbook with a random case."""
    case = built(random_case(base, random, rich=True), base)
    with zipfile.ZipFile(io.BytesIO(case_workbook(base, random.choice(("uk", "en")), case))) as z:
        return {name: z.read(name) for name in z.namelist()}


def packed(parts: Parts) -> bytes:
    """Return the bytes of a workbook with these files."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return memory.getvalue()


def _sheet(parts: Parts, random: Random) -> str:
    return random.choice([name for name in parts if name.startswith("xl/worksheets/sheet")])


def _cells(parts: Parts, random: Random, change: Callable[[bytes, bytes], bytes]) -> bytes:
    """Replace some cells of a random sheet."""
    name = _sheet(parts, random)

    def other(found: re.Match[bytes]) -> bytes:
        return change(found[1], found[2]) if random.random() < 0.2 else found[0]

    return packed({**parts, name: _CELL.sub(other, parts[name])})


def _append(parts: Parts, rows: bytes, number: int = 3) -> bytes:
    name = _SHEET.format(number)
    return packed({**parts, name: parts[name].replace(b"</sheetData>", rows + b"</sheetData>")})


def _truncated(parts: Parts, random: Random) -> bytes:
    data = packed(parts)
    return data[: random.randrange(len(data))]


def _bits_flipped(parts: Parts, random: Random) -> bytes:
    data = bytearray(packed(parts))
    for _ in range(random.choice((1, 3, 50))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


def _bits_flipped_inside(parts: Parts, random: Random) -> bytes:
    name = random.choice([n for n in parts if parts[n]])
    data = bytearray(parts[name])
    for _ in range(random.choice((1, 3, 50))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return packed({**parts, name: bytes(data)})


def _cut_inside(parts: Parts, random: Random) -> bytes:
    name = random.choice(list(parts))
    return packed({**parts, name: parts[name][: random.randrange(len(parts[name]) + 1)]})


def _part_missing(parts: Parts, random: Random) -> bytes:
    gone = random.choice(list(parts))
    return packed({name: data for name, data in parts.items() if name != gone})


def _zip_bomb(parts: Parts, random: Random) -> bytes:
    name = random.choice(["xl/media/image1.png", _SHEET.format(3), "xl/sharedStrings.xml"])
    return packed({**parts, name: bytes(random.choice((20_000_000, 120_000_000)))})


def _sizes_that_lie(parts: Parts, random: Random) -> bytes:
    name = _SHEET.format(random.randrange(2, 9))
    data = bytearray(packed({**parts, name: parts[name] + b" " * 40_000_000}))
    at = data.rfind(name.encode()) - 46
    struct.pack_into("<I", data, at + 24, random.randrange(1, 5000))
    return bytes(data)


def _texts_that_grow(parts: Parts, random: Random) -> bytes:
    size = random.choice((30_000, 300_000))
    strings = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
    strings += b"A" * size + b"</t></si></sst>"
    rows = b"".join(
        b'<row r="%d">%s</row>' % (row, b'<c t="s"><v>0</v></c>' * 60) for row in range(200, 900)
    )
    return _append({**parts, "xl/sharedStrings.xml": strings}, rows)


def _entities(parts: Parts, random: Random) -> bytes:
    bomb = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    name = _sheet(parts, random)
    head, _, rest = parts[name].partition(b"?>")
    return packed({**parts, name: head + b"?><!DOCTYPE x [" + bomb.encode() + b"]>" + rest})


def _huge_dimensions(parts: Parts, random: Random) -> bytes:
    cell = random.choice(
        ("XFD1048576", "XFE3", "A1048576", "AAA900000", "A99999999", "ZZZZ1", "A0")
    )
    row = re.sub("[A-Z]+", "", cell)
    text = f'<row r="{row}"><c r="{cell}"><v>1</v></c></row>'
    return _append(parts, text.encode(), random.randrange(2, 9))


def _dimension_that_lies(parts: Parts, random: Random) -> bytes:
    name = _sheet(parts, random)
    lie = b'<dimension ref="A1:XFD1048576"/>'
    return packed({**parts, name: re.sub(rb"<dimension[^>]*/>", lie, parts[name])})


def _many_cells(parts: Parts, random: Random) -> bytes:
    width = random.choice((1, 1900, 3000))
    rows = b"".join(b'<row r="%d">%s</row>' % (row, b"<c/>" * width) for row in range(200, 500))
    return _append(parts, rows)


def _deep(parts: Parts, random: Random) -> bytes:
    depth = random.choice((90, 5000, 200_000))
    return _append(parts, b"<a>" * depth + b"</a>" * depth)


def _utf_16(parts: Parts, random: Random) -> bytes:
    name = random.choice(list(parts))
    return packed({**parts, name: parts[name].decode("utf-8", "replace").encode("utf-16")})


def _twice_in_the_zip(parts: Parts, random: Random) -> bytes:
    name = _sheet(parts, random)
    data = packed({**parts, name.replace("sheet", "shEEt"): parts[name]})
    return data.replace(b"shEEt", b"sheet")


def _formulas(parts: Parts, random: Random) -> bytes:
    forms = (
        b'<c r="%s"><f>1+1</f></c>', b'<c r="%s"><f>1+1</f><v>2</v></c>',
        b'<c r="%s" t="e"><f>1/0</f><v>#DIV/0!</v></c>', b'<c r="%s" t="e"><v>#N/A</v></c>',
        b'<c r="%s" t="str"><f>cmd|\' /C calc\'!A0</f><v>x</v></c>',
        b'<c r="%s" t="str"><f>[1]x!A1</f><v></v></c>',
    )  # fmt: skip
    return _cells(parts, random, lambda at, _: random.choice(forms) % at)


def _strange_cells(parts: Parts, random: Random) -> bytes:
    forms = (
        b'<c r="%s"><v>1e999</v></c>', b'<c r="%s"><v>nan</v></c>',
        b'<c r="%s" t="s"><v>99999</v></c>',
        b'<c r="%s" t="b"><v>7</v></c>', b'<c r="%s" t="d"><v>2026-13-45</v></c>',
        b'<c r="%s" t="zz"><v>1</v></c>', b'<c r="%s" s="9999"><v>1</v></c>',
        b'<c r="%s" t="s"><v>-1</v></c>', b'<c r="%s"><v>99999999999</v></c>',
        b'<c r="%s" s="5"><v>-9</v></c>',
    )  # fmt: skip
    return _cells(parts, random, lambda at, _: random.choice(forms) % at)


def _other_texts(parts: Parts, random: Random) -> bytes:
    def text(at: bytes, style: bytes) -> bytes:
        said = random.choice(_TEXTS).replace("&", "&amp;").encode()
        keeps = re.sub(rb' t="\w+"', b"", style)
        return b'<c r="%s"%s t="inlineStr"><is><t>%s</t></is></c>' % (at, keeps, said)

    return _cells(parts, random, text)


def _rows(count: int, *texts: Callable[[int], str]) -> bytes:
    cell = '<c r="{}{}" t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>'
    rows = (
        "".join(cell.format("ABCDEFG"[at], row, text(row)) for at, text in enumerate(texts))
        for row in range(150, 150 + count)
    )
    return "".join(f'<row r="{row}">{cells}</row>' for row, cells in enumerate(rows, 150)).encode()


def _full_of_mistakes(parts: Parts, random: Random) -> bytes:
    """Fill cells with misspelt words that are close to many valid ones, which is slow to check."""
    count = random.choice((90, 2800, 20_000))
    sheet, *texts = random.choice(
        (
            (3, lambda n: f"introductions_askd_{n}", lambda _: "?", lambda n: f"wrong{n}"),
            (6, lambda n: f"person{n}", lambda _: "", lambda n: f"decsion{n}"),
            (8, lambda n: f"membr{n}", lambda n: f"persn{n}"),
            (9, lambda _: "person", lambda n: f"persn{n}", lambda n: f"functoin{n}", str),
            (10, lambda _: "step", lambda n: f"keep_smal_promises_{n}"),
        )
    )
    return _append(parts, _rows(count, *texts), sheet)


def _long_texts(parts: Parts, random: Random) -> bytes:
    text = random.choice(
        ("[" * 30_000, '"' * 30_000, "1" + " " * 30_000 + "1", "1," * 15_000, ";=" * 15_000,
         "9" * 30_000, "1.." * 10_000, "d1;" * 10_000, "'" * 30_000)
    )  # fmt: skip
    name = random.choice(list(load_compiled(rules_folder()).facts))
    rows = _rows(50, lambda _: name, lambda _: "?", lambda _: text.replace('"', "&quot;"))
    return _append(parts, rows, random.choice((3, 4, 6)))


def _hidden_sheets(parts: Parts, random: Random) -> bytes:
    name = "xl/workbook.xml"
    state = random.choice((b"hidden", b"veryHidden"))
    changed = re.sub(
        rb"<sheet ",
        lambda found: b'<sheet state="%s" ' % state if random.random() < 0.4 else found[0],
        parts[name].replace(b' state="hidden"', b""),
    )
    return packed({**parts, name: changed})


def _another_file(_: Parts, random: Random) -> bytes:
    return random.choice(
        (
            b"", b"PK", b"kam: 1\naccount: {id: a}\n", b"%PDF-1.7\n", bytes(1000),
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), packed({}),
            packed({"word/document.xml": b"<w/>"}),
            packed({f"{i}.xml": b"<a/>" for i in range(900)}),
            random.randbytes(5000), b"PK\x03\x04" + random.randbytes(5000),
        )
    )  # fmt: skip


#: The ways to break a workbook.
BREAKS: dict[str, Callable[[Parts, Random], bytes]] = {
    way.__name__.strip("_").replace("_", " "): way
    for way in (
        _truncated,
        _bits_flipped_inside,
        _bits_flipped,
        _cut_inside,
        _part_missing,
        _zip_bomb,
        _sizes_that_lie,
        _texts_that_grow,
        _entities,
        _huge_dimensions,
        _dimension_that_lies,
        _many_cells,
        _deep,
        _utf_16,
        _twice_in_the_zip,
        _formulas,
        _strange_cells,
        _other_texts,
        _full_of_mistakes,
        _long_texts,
        _hidden_sheets,
        _another_file,
    )
}


def _read(path: str, base: KnowledgeBase, answers: Any) -> None:
    began = time.perf_counter()
    try:
        read_workbook(Path(path), base)
        outcome = "case"
    except KamError as error:
        outcome = "error" if str(error).strip() else "no words"
    except BaseException as error:  # noqa: BLE001 -- what is looked for
        outcome = f"{type(error).__name__}: {error}"
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    answers.put((outcome, time.perf_counter() - began, used))


def _tried(data: bytes, base: KnowledgeBase, folder: str) -> tuple[str, float, float]:
    path = Path(folder) / "broken.xlsx"
    path.write_bytes(data)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    process = context.Process(target=_read, args=(str(path), base, answers))
    process.start()
    process.join(2 * SECONDS)
    if process.is_alive():
        process.kill()
        return "hangs", 2.0 * SECONDS, 0.0
    return answers.get() if process.exitcode == 0 else (f"dies: {process.exitcode}", 0.0, 0.0)


def main() -> None:
    """Print the outcomes by kind of damage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    base = load_compiled(rules_folder())
    found: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.files):
            random = Random(options.seed * 1_000_003 + number)
            name = list(BREAKS)[number % len(BREAKS)]
            result = _tried(BREAKS[name](sound_workbook(base, random), random), base, folder)
            found[name].append(result)
            if result[0] not in ("case", "error") or result[1] > SECONDS or result[2] > GIGABYTES:
                bad += 1
                print(f"file {number}, {name}: {result}", file=sys.stderr)
    print(
        f"{'broken how':24} {'files':>6} {'read':>6} {'refused':>8} {'worst s':>8} {'worst GB':>9}"
    )
    for name, results in found.items():
        read = sum(outcome == "case" for outcome, _, _ in results)
        refused = sum(outcome == "error" for outcome, _, _ in results)
        worst = max(seconds for _, seconds, _ in results), max(size for _, _, size in results)
        print(f"{name:24} {len(results):6} {read:6} {refused:8} {worst[0]:8.2f} {worst[1]:9.2f}")
    print(f"{options.files} files, seed {options.seed}: {bad} beyond {SECONDS} s or 1 GB, or wrong")


if __name__ == "__main__":
    main()
