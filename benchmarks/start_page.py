"""Time the start page of a store with many accounts, on a day after the summaries were made.

    python benchmarks/start_page.py [--accounts 5000]

The accounts have one version each, with a summary of the day before. The page is requested in the
process, without a browser: the first page, a search, a filter, each order, the last page.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from starlette.testclient import TestClient

from kam_expert.facts.case import Case, Entity
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder
from kam_expert.store.records import Summary
from kam_expert.store.store import Store
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings

DAY = date(2026, 11, 23)
ADDRESS = "http://127.0.0.1:8765"
PAGES = (
    "/", "/?q=4321", "/?owner=owner+3", "/?sort=due", "/?sort=met", "/?sort=strategy",
    "/?sort=changed", "/?page=100",
)  # fmt: skip


def main() -> None:
    """Print the time of each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=5000)
    count = parser.parse_args().accounts
    base = load_knowledge_base(rules_folder())
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(str(Path(folder) / "accounts.db"), base)
        stages = base.stage_model.names
        for number in range(count):
            key = store.add(Case(Entity("account", f"a{number}", f"Customer {number}")))
            strategy = base.strategies[number % len(base.strategies)].id
            due = DAY + timedelta(days=number % 90 - 10)
            summary = Summary(
                base.digest, DAY - timedelta(days=1), stages[number % len(stages)],
                firm=number % 2 == 0, strategy=strategy, owner=f"owner {number % 7}",
                step=next(iter(base.steps)), due=due, met=DAY - timedelta(days=number % 200),
            )  # fmt: skip
            store.summarise(key, 1, summary)
        settings = Settings("127.0.0.1", 8765, "en", lambda: DAY, "a secret of forty letters or so")
        client = TestClient(make_app(store, base, settings), base_url=ADDRESS)
        print(f"{count} accounts, Python {sys.version.split()[0]}\n")
        print(f"{'page':<20}{'median ms':>10}{'worst ms':>10}")
        for page in PAGES:
            taken = []
            for _ in range(7):
                begin = time.process_time()
                answer = client.get(page)
                taken.append(1000 * (time.process_time() - begin))
                assert answer.status_code == 200  # noqa: S101 -- a failed page measures nothing
            print(f"{page:<20}{statistics.median(taken):>10.0f}{max(taken):>10.0f}")
        store.close()


if __name__ == "__main__":
    main()
