"""Import a year of one mailbox with a known truth, and print time, counts and what was kept.

    python benchmarks/mailbox.py --messages 100000

Threads of people at customers and of ours, with lists, robots, automatic replies, internal mail,
messages that answer nothing, private ones and duplicates. The number of messages of each kind and
of exchanges of each pair must be exact. Every subject and every body has a mark; it must be in no
string that the result refers to, and in no file that is written.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import tempfile
import time
from collections import Counter, deque
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from kam_expert.importing.importer import import_source
from kam_expert.importing.mapping import load_mapping
from kam_expert.importing.reading import ImportOptions
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.outputs.imported import write_imported
from kam_expert.resources import rules_folder

DAY = date(2026, 11, 20)
MARK = "CANARY"
PEOPLE, OURS = 200, 5
MAPPING = """\
system: firms
team: [{from: team, id: mid, name: member, email: address}]
accounts: [{from: firms, id: id, name: name}]
people: [{from: people, id: pid, name: person, email: mail, account: firm}]
contact: {days: link_last_two_way_days, count: link_exchanges_90d, within_days: 90}
"""
Pair = tuple[int, int]


class Mailbox:
    """A generated mailbox.

    Attributes:
        reasons: The number of messages that are left out, by reason.
        days: Of each pair (ours, theirs), how many days ago each contact was.
    """

    def __init__(self, random_: random.Random) -> None:
        self.random = random_
        self.reasons: Counter[str] = Counter()
        self.days: dict[Pair, list[int]] = {}
        self.number = 0

    def message(self, sender: str, to: str, days: int, answers: int = 0, more: str = "") -> str:
        """Return a message."""
        self.number += 1
        moment = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC) - timedelta(days=days)
        reply = f"In-Reply-To: <m{answers}@x>\n" if answers else ""
        body = "\n".join(f"{MARK}-{self.number} line {n}" for n in range(20))
        return (
            f"From x Mon Nov 02 10:00:00 2026\nMessage-ID: <m{self.number}@x>\n"
            f"From: {MARK} <{sender}>\nTo: {to}\nDate: {format_datetime(moment)}\n{reply}{more}"
            f"Subject: {MARK}-{self.number}\n\n{body}\n>From {MARK}\n\n"
        )

    def thread(self) -> str:
        """Return some messages that belong together."""
        pick, days = self.random.random(), self.random.randrange(365)
        one, ours = self.random.randrange(PEOPLE), self.random.randrange(OURS)
        them, us = f"p{one}@firm{one % 50}.example", f"m{ours}@ours.example"
        if pick < 0.6:  # we write, they answer, we answer
            texts = [self.message(us, them, days)]
            self.reasons["one_way"] += 1
            for sender, to in ((them, us), (us, them)):
                texts.append(self.message(sender, to, days, self.number))
                self.days.setdefault((ours, one), []).append(days)
            return "".join(texts)
        kinds = {
            "list_or_robot": ("news@firm1.example", us, "List-Id: x\n"),
            "one_way": (them, us, ""),
            "internal": (us, f"m{(ours + 1) % OURS}@ours.example", ""),
            "private": (them, us, "Sensitivity: Private\n"),
        }
        kind = self.random.choice([*kinds, "automatic", "again"])
        if kind == "automatic":
            self.reasons["list_or_robot"] += 1
            return self.message(them, us, days, self.number, "Auto-Submitted: auto-replied\n")
        if kind == "again":
            self.reasons["one_way"] += 1
            self.reasons["same_message"] += 1
            return self.message(them, us, days) * 2
        self.reasons[kind] += 1
        return self.message(*kinds[kind][:2], days, more=kinds[kind][2])


def marked(root: Any) -> int:
    """Return how many strings with a mark an object refers to, directly or through others."""
    seen, left, found = set(), deque([root]), 0
    while left:
        one = left.popleft()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes):
            found += (MARK if isinstance(one, str) else MARK.encode()) in one  # type: ignore[operator]
        elif type(one).__name__ not in ("module", "function", "builtin_function_or_method"):
            left.extend(gc.get_referents(one))
    return found


def main() -> None:
    """Print the figures; the exit status is 1 if a count is wrong or a mark was kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    base = load_compiled(rules_folder())
    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary, "in"), Path(temporary, "out")
        folder.mkdir()
        (folder / "mapping.yaml").write_text(MAPPING)
        rows = {
            "team": [
                "mid,member,address",
                *(f"m{n},Ours {n},m{n}@ours.example" for n in range(OURS)),
            ],
            "firms": ["id,name", *(f"f{n},Firm {n}" for n in range(50))],
            "people": [
                "pid,person,mail,firm",
                *(f"p{n},Person {n},p{n}@firm{n % 50}.example,f{n % 50}" for n in range(PEOPLE)),
            ],
        }  # fmt: skip
        for name, lines in rows.items():
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        box = Mailbox(random.Random(asked.seed))
        with (folder / "year.mbox").open("w", encoding="utf-8") as file:
            while box.number < asked.messages:
                file.write(box.thread())
        megabytes = (folder / "year.mbox").stat().st_size / 1e6
        mapping = load_mapping("csv", folder / "mapping.yaml", base)
        options = ImportOptions(day=DAY, our_domains=("ours.example",))
        wall, cpu = time.perf_counter(), time.process_time()
        imported = import_source(folder, mapping, base, options)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        cases = list(imported.made.cases())
        wrong = _wrong(imported, cases, box)
        kept = marked(imported) + marked(cases)
        write_imported(imported, out)
        written = [path for path in out.rglob("*") if path.is_file()]
        on_disk = sum(MARK.encode() in path.read_bytes() for path in written)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    left_out = sum(box.reasons.values())
    print(
        f"{box.number + box.reasons['same_message']:,} messages, {megabytes:.0f} MB: {cpu:.1f} s "
        f"of CPU, {wall:.1f} s, peak {peak:.2f} GB"
    )
    print(f"contacts {sum(map(len, box.days.values())):,}, left out {left_out:,}")
    print(
        f"wrong counts {len(wrong)}, marks in the result {kept}, in {len(written)} files {on_disk}"
    )
    for line in wrong[:10]:
        print("  ", line)
    sys.exit(bool(wrong or kept or on_disk))


def _wrong(imported: Any, cases: list[Any], box: Mailbox) -> list[str]:
    """Return what differs from the truth."""
    (counts,) = (c for c in imported.counts if c.table == "mail")
    wrong = [
        f"{reason}: {counts.left_out.get(reason, 0)}, not {box.reasons.get(reason, 0)}"
        for reason in {*counts.left_out, *box.reasons}
        if counts.left_out.get(reason, 0) != box.reasons.get(reason, 0)
    ]
    found: dict[Pair, tuple[int, int]] = {}
    for case in cases:
        for link in case.links or ():
            member, person = (int(end[1:]) for end in link.ends)
            told = [link.ours[name][-1].value for name in
                    ("link_last_two_way_days", "link_exchanges_90d")]  # fmt: skip
            found[member, person] = (told[0], told[1])
    truth = {pair: (min(days), sum(day < 90 for day in days)) for pair, days in box.days.items()}
    wrong += [
        f"{pair}: {found.get(pair)}, not {truth.get(pair)}"
        for pair in found.keys() | truth.keys()
        if found.get(pair) != truth.get(pair)
    ]
    return wrong


if __name__ == "__main__":
    main()
