"""Read broken cases, names, mappings, themes and rules, and print the outcomes.

    python benchmarks/fuzz_inputs.py --inputs 20000

Each input is a valid file that was broken in one to five random ways: characters replaced, removed
or repeated, lines moved, indented or doubled, values replaced by strange ones. Every input must be
read or rejected with a message, without a traceback, within two seconds.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import traceback
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.importing.mapping import load_mapping
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.outputs.theme import read_theme
from kam_expert.resources import mappings_folder, rules_folder

if TYPE_CHECKING:
    from collections.abc import Callable

STRANGE = (
    "", "~", "null", "yes", "no", "0", "-1", "1e999", "9" * 400, "9999-12-31", "0000-00-00", "[]",
    "{}", "[[[[]]]]", "{a: {b: {c: 1}}}", "&a *a", "!!python/object:os.system x", "'", '"', "\\",
    "2026-02-30", "..", "1..", "nan", ".inf", "\u202e", "\ud7ff", "\x85", "я" * 5000, "|", ">", "?",
    "- -", "#", "%", "@", "`", "${x}", "{{ x }}", "<script>", "a: b: c", "1:2:3", "0x1F", "0o17",
)  # fmt: skip
SLOW_SECONDS = 2.0
DAY = date(2026, 11, 1)


def broken(text: str, draw: random.Random) -> str:
    """Return *text* broken in a random way."""
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    match draw.randrange(8):
        case 0:
            lines[at] = lines[at].partition(":")[0] + ": " + draw.choice(STRANGE)
        case 1:
            del lines[at]
        case 2:
            lines.insert(at, lines[draw.randrange(len(lines))])
        case 3:
            lines[at] = " " * draw.randrange(9) + lines[at].lstrip()
        case 4:
            lines[at] = lines[at] + draw.choice(STRANGE)
        case 5:
            start = draw.randrange(len(text) + 1)
            return text[:start] + draw.choice(STRANGE) + text[start + draw.randrange(4) :]
        case 6:
            lines = lines[: at + 1]
        case 7:
            lines[at] = lines[at] * draw.randrange(1, 30)
    return "\n".join(lines)


def readers() -> dict[str, tuple[list[str], Callable[[Path], object]]]:
    """Return valid texts and the reader of each kind of input."""
    base = load_compiled(rules_folder())
    engine = ForwardChainingEngine(base)
    examples = sorted((rules_folder().parent / "examples").glob("*.yaml"))
    mappings = sorted(mappings_folder().glob("*.yaml"))
    rules = sorted(rules_folder().glob("*/*.yaml"))[:40]
    theme = (
        'name: Фірма\ncolours: {main: "#7a1f3d", ground: "#c46f2a"}\n'
        "typeface: Georgia, serif\ncontact: office@example.org\nsecond_reader: required\n"
    )

    def case(path: Path) -> object:
        return diagnose(read_case(path, base), base, DAY, engine)

    return {
        "case": ([path.read_text(encoding="utf-8") for path in examples], case),
        "mapping": (
            [path.read_text(encoding="utf-8") for path in mappings],
            lambda path: load_mapping("csv", path, base),
        ),
        "theme": ([theme], read_theme),
        "yaml": ([path.read_text(encoding="utf-8") for path in rules], read_file),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600, help="stop after this time")
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    kinds = readers()
    counts: Counter[tuple[str, str]] = Counter()
    faults: Counter[str] = Counter()
    end = time.monotonic() + asked.seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.yaml"
        for _ in range(asked.inputs):
            if time.monotonic() > end:
                break
            kind = draw.choice(list(kinds))
            texts, read = kinds[kind]
            text = draw.choice(texts)
            for _ in range(draw.randrange(1, 6)):
                text = broken(text, draw)
            path.write_text(text, encoding="utf-8", errors="replace")
            began = time.process_time()
            try:
                read(path)
                result = "read"
            except KamError:
                result = "rejected"
            except Exception as error:  # noqa: BLE001 -- any of them is a fault to be counted
                result = "traceback"
                last = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(last.filename).name}:{last.lineno}"
                faults[f"{kind}: {type(error).__name__} at {place}"] += 1
                Path(tempfile.gettempdir(), f"fuzz-{kind}.yaml").write_text(text, encoding="utf-8")
            counts[kind, result] += 1
            if time.process_time() - began > SLOW_SECONDS:
                counts[kind, "slow"] += 1
    results = ("read", "rejected", "traceback", "slow")
    print(f"{'kind':10}" + "".join(f"{result:>11}" for result in results))
    for kind in kinds:
        print(f"{kind:10}" + "".join(f"{counts[kind, result]:11}" for result in results))
    for fault, count in faults.most_common():
        print(f"{count:6} {fault}")


if __name__ == "__main__":
    main()
