"""Print the CPU milliseconds of settling each of some random accounts on experta, as JSON.

`engines.py` runs it once for this version and once for another, in turn. It names nothing
that versions differ in but the class of the engine.
"""

from __future__ import annotations

import json
import time
from datetime import date
from importlib import import_module
from random import Random
from typing import Any

from random_cases import built, random_case

from kam_expert.engines.settling import settle_case
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder

DAY = date(2026, 11, 1)
ACCOUNTS, CONTACTS = 60, 5


def engine_class() -> Any:
    """Return the class of the engine on experta."""
    module = import_module("kam_expert.engines.forward_chaining")
    for name in ("ForwardChainingEngine", "ForwardChainingEngine"):
        if hasattr(module, name):
            return getattr(module, name)
    raise SystemExit("this version has no engine on experta")


def main() -> None:
    """Measure and print."""
    base = load_knowledge_base(rules_folder())
    random = Random(1)
    cases = [built(random_case(base, random, contacts=CONTACTS), base) for _ in range(ACCOUNTS)]
    engine = engine_class()(base)
    settle_case(cases[0], base, DAY, engine)
    times = []
    for case in cases:
        start = time.process_time()
        settle_case(case, base, DAY, engine)
        times.append(1000 * (time.process_time() - start))
    print(json.dumps(times))


if __name__ == "__main__":
    main()
