"""Read broken cases, rules, mappings, themes, workbooks and returns, and print the outcomes.

    python benchmarks/fuzz_inputs.py --inputs 200000

Each input is a valid file that was broken in one to five random ways: characters replaced, removed
or repeated, lines moved, indented or doubled, values replaced by strange ones; in workbooks other
cells and bytes. Every input must be read or rejected with a message, without a traceback, within
two seconds of processor time. Of the cases that are read, every fiftieth is diagnosed too. A tenth
of the rules are files about the whole method, such as facts.yaml, for which everything is read.
"""

from __future__ import annotations

import argparse
import functools
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from campaign_round import BEGUN, campaign_round, rules
from fuzz_returns import broken as broken_file
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.errors import KamError, Place, RuleBaseError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.workbook_reader import read_workbook
from kam_expert.importing import mapping
from kam_expert.importing.campaign_answers import CampaignFacts
from kam_expert.importing.campaign_returns import Taking, read_return
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule_base_files import rule_files
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.outputs.theme import read_theme
from kam_expert.resources import mappings_folder, rules_folder
from kam_expert.workshop.sources import RuleSources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule_reader import RuleReader

STRANGE = (
    "", "~", "null", "yes", "no", "0", "-1", "1e999", "9" * 400, "9999-12-31", "0000-00-00", "[]",
    "{}", "[[[[]]]]", "{a: {b: {c: 1}}}", "&a *a", "!!python/object:os.system x", "'", '"', "\\",
    "2026-02-30", "..", "1..", "nan", ".inf", "\u202e", "\ud7ff", "\x85", "я" * 5000, "|", ">", "?",
    "- -", "#", "%", "@", "`", "${x}", "{{ x }}", "<script>", "a: b: c", "1:2:3", "0x1F", "0o17",
    "²", "٣", "{x", "$", "{at_least: $many}", "{1: 2}", "[1, 2]", "[~]", "{~: ~}", "1_000", "-0.0",
)  # fmt: skip
SLOW_SECONDS, HUNG_SECONDS = 2.0, 60
DIAGNOSED, PROGRESS = 50, 10_000
DAY = date(2026, 11, 1)


@dataclass(frozen=True)
class Kind:
    """One kind of input.

    Attributes:
        share: How often it is drawn, relative to the others.
        whole: Valid files: the name and the content.
        read: Reads a file, or rejects it with a KamError.
    """

    share: int
    whole: Sequence[tuple[str, bytes]]
    read: Callable[[Path], object]


def read_rule(reader: RuleReader, path: Path) -> object:
    """Return the rule in a file. Raises RuleBaseError."""
    place = Place(path.name, 1, 1)
    rule, problems = reader.read(read_file(path), place, path.stem, path.parent.name)
    if problems:
        raise RuleBaseError(problems)
    return rule


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


def broken_bytes(name: str, data: bytes, draw: random.Random) -> bytes:
    """Return a file broken in a few random ways; a text stays a text in most cases."""
    if not name.endswith(".yaml"):
        return broken_file(data, draw)
    text = data.decode()
    for _ in range(draw.randrange(1, 6)):
        text = broken(text, draw)
    return text.encode(errors="replace")


def _files(paths: Sequence[Path]) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in paths]


def kinds_of_input(folder: Path) -> dict[str, Kind]:
    """Return each kind of input; *folder* is for files that are needed to read some of them."""
    base = load_compiled(rules_folder())
    engine = ForwardChainingEngine(base)
    examples = _files(sorted((rules_folder().parent / "examples").glob("*.yaml")))
    some_rules = rule_files(rules_folder())
    one_rule = RuleSources(rules_folder(), base).reader()
    mapping.load_shared = functools.cache(mapping.load_shared)
    theme = (
        'name: Фірма\ncolours: {main: "#7a1f3d", ground: "#c46f2a"}\n'
        "typeface: Georgia, serif\ncontact: office@example.org\nsecond_reader: required\n"
    )
    read_cases = 0

    def case(path: Path) -> object:
        nonlocal read_cases
        found = read_case(path, base)
        read_cases += 1
        return read_cases % DIAGNOSED or diagnose(found, base, DAY, engine)

    method = folder / "rules"
    method.mkdir()
    for path in rules_folder().glob("*.yaml"):
        shutil.copy(path, method)
    theme_folder = method / some_rules[0].parent.name
    theme_folder.mkdir()

    def whole_method(path: Path) -> object:
        file = method / path.name
        before = file.read_bytes()
        file.write_bytes(path.read_bytes())
        try:
            return load_knowledge_base(method)
        finally:
            file.write_bytes(before)

    campaign = folder / "campaign"
    campaign.mkdir()
    round_, returns, _, _ = campaign_round(campaign, 6, 3, 1)
    taking = Taking(round_.campaign, CampaignFacts(rules().base), BEGUN + timedelta(20), 9)
    taken = {file.name for file in round_.returned}
    returned = _files([path for path in sorted(returns.to.iterdir()) if path.name in taken])
    return {
        "case": Kind(60, examples, case),
        "rule": Kind(50, _files(some_rules), functools.partial(read_rule, one_rule)),
        "method": Kind(1, _files(sorted(method.glob("*.yaml"))), whole_method),
        "mapping": Kind(
            30,
            _files([p for p in sorted(mappings_folder().glob("*.yaml")) if p.stem != "shared"]),
            lambda path: mapping.load_mapping("csv", path, base),
        ),
        "theme": Kind(30, [("theme.yaml", theme.encode())], read_theme),
        "workbook": Kind(6, workbooks(base), lambda path: read_workbook(path, base)),
        "return": Kind(23, returned, lambda path: read_return(path, path.name, taking)),
    }


def workbooks(base: KnowledgeBase) -> list[tuple[str, bytes]]:
    """Return workbooks of random cases in both languages."""
    draw = random.Random(1)
    return [
        (f"{number}.xlsx", case_workbook(base, lang, built(random_case(base, draw), base)))
        for number, lang in enumerate(("uk", "en", "uk", "en"))
    ]


def _hung(*_: object) -> None:
    raise TimeoutError


def main() -> int:
    """Print the table; the exit status is 1 after a traceback or a hang."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one kind of input")
    parser.add_argument("--seconds", type=float, default=7200, help="stop after this time")
    parser.add_argument("--keep", type=Path, help="folder for inputs that ended in a traceback")
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    counts: Counter[tuple[str, str]] = Counter()
    faults: Counter[str] = Counter()
    end = time.monotonic() + asked.seconds
    signal.signal(signal.SIGALRM, _hung)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds = kinds_of_input(folder)
        names = [asked.only] if asked.only else list(kinds)
        shares = [kinds[kind].share for kind in names]
        for number in range(1, asked.inputs + 1):
            if time.monotonic() > end:
                break
            [kind] = draw.choices(names, shares)
            file, data = draw.choice(kinds[kind].whole)
            path = folder / "inputs" / kind / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(broken_bytes(file, data, draw))
            began = time.process_time()
            signal.alarm(HUNG_SECONDS)
            try:
                kinds[kind].read(path)
                result = "read"
            except KamError as error:
                str(error).encode()
                result = "rejected"
            except Exception as error:  # noqa: BLE001 -- any of them is a fault to be counted
                result = "traceback"
                last = traceback.extract_tb(error.__traceback__)[-1]
                fault = (
                    f"{kind}: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
                )
                if not faults[fault] and asked.keep is not None:
                    shutil.copy(path, asked.keep / f"{number}-{kind}{path.suffix}")
                    print(f"{number}: {fault}", file=sys.stderr)
                    traceback.print_exc(limit=-5)
                faults[fault] += 1
            signal.alarm(0)
            path.unlink()
            counts[kind, result] += 1
            seconds = time.process_time() - began
            if seconds > SLOW_SECONDS:
                counts[kind, "slow"] += 1
                print(f"{number}: {kind} took {seconds:.1f} s", file=sys.stderr)
            if number % PROGRESS == 0:
                print(f"{number} inputs, {faults.total()} tracebacks", file=sys.stderr, flush=True)
    results = ("read", "rejected", "traceback", "slow")
    print(f"{'kind':10}" + "".join(f"{result:>11}" for result in results))
    for kind in names:
        print(f"{kind:10}" + "".join(f"{counts[kind, result]:11}" for result in results))
    print(f"{'all':10}" + "".join(f"{sum(counts[k, r] for k in names):11}" for r in results))
    for fault, count in faults.most_common():
        print(f"{count:6} {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
