"""Try the property tests with many more examples, at random.

The suite tries few examples of each property, the same ones in every run: so it is quick, and only
a change of the code can change its result. This runs the same tests with *times* as many examples
and a new choice in each run. What fails is printed with the example, smallest first; add it to the
test with ``@example``.

    python benchmarks/property_search.py 20
    python benchmarks/property_search.py 100 tests/inquiry -k blamed

The first argument is the factor, the others go to pytest. Twenty times as many examples take about
half an hour of one core.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: How many times as many examples as the suite tries; 1 in the suite itself.
TIMES_VARIABLE = "KAM_TIMES_EXAMPLES"


def times() -> int:
    """Return the factor of this run."""
    return int(os.environ.get(TIMES_VARIABLE, "1"))


def examples(few: int) -> int:
    """Return how many examples a test tries whose suite run needs *few*."""
    return few * times()


def main(factor: str, *arguments: str) -> int:
    """Run the property tests with *factor* times as many examples; return pytest's status."""
    import pytest  # noqa: PLC0415 -- the tests import this module, and need only its numbers

    os.environ[TIMES_VARIABLE] = str(int(factor))
    tests = Path(__file__).parents[1] / "tests"
    files = [str(path) for path in sorted(tests.rglob("test_*.py")) if _has_properties(path)]
    chosen = any(Path(argument.split("::")[0]).exists() for argument in arguments)
    return pytest.main([*arguments, *([] if chosen else files), "-m", "hypothesis"])


def _has_properties(path: Path) -> bool:
    return "@given(" in path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
