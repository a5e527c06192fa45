"""Print the rows per second of `kam import`, for a million contacts in CSV.

The contacts look like a data export: ten columns, of which names, e-mail, account, title,
department, owner and date of change are read. The same seed gives the same files.

    python benchmarks/import_speed.py --contacts 1000000
"""

from __future__ import annotations

import argparse
import csv
import platform
import random
import resource
import tempfile
import time
from functools import partial
from pathlib import Path

from kam_expert.engines.portfolio.writing.imported_tables import write_tables
from kam_expert.importing.importer import import_source
from kam_expert.importing.mapping import load_mapping
from kam_expert.importing.reading import ImportOptions
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.outputs.imported import write_imported
from kam_expert.resources import rules_folder

FORMS = ("parquet", "csv")
_SYLLABLES = ("an", "bo", "да", "mi", "ро", "sel", "та", "vi", "юр", "ko", "lia", "na")
_TITLES = (
    "Purchasing Manager", "Buyer", "Quality Engineer", "CEO", "Finance Director", "Закупівельник",
    "Sales, EMEA", "Production Planner", "Head of Logistics", "Assistant", "", "NULL",
)  # fmt: skip


def write_source(folder: Path, contacts: int, seed: int) -> int:
    """Write accounts, users and contacts, and return the number of rows."""
    random_ = random.Random(seed)
    accounts = max(1, contacts // 10)
    with (folder / "User.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Id", "Name", "Email", "Title"])
        writer.writerows([f"005{n:012}", f"Seller {n}", f"s{n}@us.example", "Account Manager"]
                         for n in range(100))  # fmt: skip
    with (folder / "Account.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Id", "Name", "OwnerId", "Industry", "Website", "SystemModstamp"])
        writer.writerows(
            [f"001{n:012}AAA", f"Firm {n}, Ltd", f"005{n % 100:012}", "Machinery",
             f"https://www.firm{n}.example", "2026-10-31T10:00:00.000Z"]
            for n in range(accounts)
        )  # fmt: skip
    with (folder / "Contact.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["Id", "AccountId", "FirstName", "LastName", "Email", "Phone", "Title", "Department",
             "OwnerId", "SystemModstamp"]
        )  # fmt: skip
        for n in range(contacts):
            account = random_.randrange(accounts)
            writer.writerow(
                [f"003{n:012}AAA", f"001{account:012}AAA", _name(random_, 2),
                 _name(random_, 3), f"p{n}@firm{account}.example", f"+38044{n:07}",
                 random_.choice(_TITLES), random_.choice(("", "Procurement", "Plant")),
                 f"005{account % 100:012}",
                 f"2026-{n % 10 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:00.000Z"]
            )  # fmt: skip
    return contacts + accounts + 100


def _name(random_: random.Random, syllables: int) -> str:
    return "".join(random_.choices(_SYLLABLES, k=syllables)).capitalize()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    base = load_compiled(rules_folder())
    mapping = load_mapping("salesforce", None, base)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "export"
        source.mkdir()
        rows = write_source(source, asked.contacts, asked.seed)
        size = sum(path.stat().st_size for path in source.iterdir())
        print(f"{platform.machine()}, Python {platform.python_version()}; "
              f"{rows:,} rows, {size / 1e6:.0f} MB of CSV")  # fmt: skip
        print(f"{'':24}{'s':>8}{'CPU s':>8}{'rows/s':>12}{'rows/CPU s':>12}")
        for form in FORMS:
            start, cpu = time.perf_counter(), _cpu()
            imported = import_source(source, mapping, base, ImportOptions())
            _line("read, checked, linked", rows, start, cpu)
            write_imported(imported, folder / form, partial(write_tables, form=form))
            _line(f"and written as {form}", rows, start, cpu)
            totals = imported.made.totals()
            del imported
        facts = sum(1 for _ in (folder / "csv" / "history.csv").open(encoding="utf-8")) - 1
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{totals['accounts']:,} accounts, {totals['people']:,} people, {facts:,} facts; "
              f"at most {peak:.2f} GB")  # fmt: skip


def _cpu() -> float:
    """Return the CPU seconds of this process and of its finished children."""
    own, theirs = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime


def _line(what: str, rows: int, start: float, cpu: float) -> None:
    wall, used = time.perf_counter() - start, _cpu() - cpu
    print(f"{what:24}{wall:8.2f}{used:8.2f}{rows / wall:12,.0f}{rows / used:12,.0f}")


if __name__ == "__main__":
    main()
