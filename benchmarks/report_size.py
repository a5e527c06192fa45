"""Measure how large reports are: prints a table of bytes against the budget.

Run it with the project's Python: ``.venv/bin/python benchmarks/report_size.py``.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.outputs.html import fitted_report
from kam_expert.outputs.room import ROOMS, budget
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 23)
EXAMPLES = Path(__file__).parent.parent / "examples"
LANGUAGES = ("uk", "en")
SEEDS, CONTACTS = 40, range(1, 11)


def sizes(case: Case, base: KnowledgeBase) -> Iterator[tuple[str, int, int]]:
    """Yield language, bytes of the report, and how many things in a row it had to shorten."""
    diagnosis = diagnose(case, base, DAY, PlainEngine())
    for lang in LANGUAGES:
        page, room = fitted_report(diagnosis, case, base, lang)
        yield lang, len(page.encode()), ROOMS.index(room)


def main() -> None:
    """Measure and print."""
    base = load_knowledge_base(rules_folder())
    print(f"kB of a report and how often it was shortened, of {len(ROOMS) - 1} times\n")
    print(f"{'example':28}{'contacts':>9}{'budget':>8}{'uk':>12}{'en':>12}")
    for path in sorted(EXAMPLES.glob("*.yaml")):
        case = read_case(path, base, path.name)
        contacts = len(case.people or ())
        row = "".join(f"{size / 1000:7.1f} ({cut:2})" for _, size, cut in sizes(case, base))
        print(f"{path.stem:28}{contacts:9}{budget(contacts) / 1000:8.1f} {row}")
    print(f"\n{SEEDS} random cases of each number of contacts: the largest, and how many too large")
    print(f"{'contacts':>9}{'budget':>8}{'uk':>12}{'en':>12}{'too large':>11}")
    for contacts in CONTACTS:
        largest = dict.fromkeys(LANGUAGES, (0, 0))
        over = 0
        for seed in range(SEEDS):
            case = built(random_case(base, Random(seed), contacts=contacts), base)
            for lang, size, cut in sizes(case, base):
                largest[lang] = max(largest[lang], (size, cut))
                over += size > budget(contacts)
        row = "".join(f"{size / 1000:7.1f} ({cut:2})" for size, cut in largest.values())
        print(f"{contacts:9}{budget(contacts) / 1000:8.1f} {row}{over:11}")


if __name__ == "__main__":
    main()
