"""Call every operation of the HTTP interface with random requests, and print the answers by status.

    python benchmarks/fuzz_api.py --examples 200

schemathesis makes requests that follow the OpenAPI document and requests that break it. Paths
name a real account in half of them. An answer of 500, or one that the document does not describe,
ends the script with an error.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import examples_folder, rules_folder
from kam_expert.store.store import Store
from kam_expert.store.users import UserRole
from kam_expert.web.api.api_app import VERSION
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp

HOST, PORT = "127.0.0.1", 8765
DAY = date(2026, 11, 23)
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def api_settings(**changes: Any) -> Settings:
    """Return the settings of a server with the interface and without a limit that would matter."""
    values: dict[str, Any] = {
        "host": HOST, "port": PORT, "lang": "en", "today": lambda: DAY, "secret": "s" * 40,
        "api_rate": 10**9,
    }  # fmt: skip
    return Settings(**values | changes)


def answers(  # noqa: PLR0913 -- what a run of schemathesis takes
    app: ASGIApp,
    token: str,
    names: dict[str, str],
    examples: int,
    start: int = 0,
    parts: Collection[str] = (),
) -> dict[str, Counter[int]]:
    """Call every operation and return how many answers of each status it gave.

    Args:
        app: The server.
        token: Of a program that may write.
        names: What half of the paths have in place of a random parameter, by its name.
        examples: Requests of each of the two kinds for each operation.
        start: Of the random numbers.
        parts: The parts that cases have; all by default, which takes long.

    Raises:
        AssertionError: An answer is 500, or is not as the OpenAPI document says.
    """
    headers = {"authorization": f"Bearer {token}", "host": f"{HOST}:{PORT}"}
    url = f"http://{HOST}:{PORT}"
    document = TestClient(app, base_url=url).get(f"{VERSION}/openapi.json", headers=headers).json()
    case = document["components"]["schemas"]["Case"]["properties"]
    for part in set(case) - set(parts or case):
        del case[part]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    operations: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return {one.label: _answers(one, headers, names, examples, start) for one in operations}


def _answers(
    operation: Any, headers: dict[str, str], names: dict[str, str], examples: int, start: int
) -> Counter[int]:
    found: Counter[int] = Counter()

    def call(case: Any) -> None:
        if sum(found.values()) % 2:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = names.get(name, case.path_parameters[name])
        answer = case.call(headers=headers)
        found[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    for mode in GenerationMode:
        limits = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        seed(start)(limits(given(case=operation.as_strategy(generation_mode=mode))(call)))()
    return found


def main() -> None:
    """Run everything on the shipped rule base."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--examples", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    base = load_compiled(rules_folder())
    began, everything = time.perf_counter(), Counter[int]()
    with tempfile.TemporaryDirectory(prefix="kam-api-") as folder:
        store = Store.open(str(Path(folder) / "accounts.db"), base)
        key = store.add(read_case(examples_folder() / "barricaded_butterfly.yaml", base))
        token = store.programs.add("fuzz", UserRole.COLLEAGUE)
        app = make_app(store, base, api_settings(), load_privacy(rules_folder(), base))
        names = {"key": key, "name": "partnership"}
        for label, found in answers(app, token, names, asked.examples, asked.seed).items():
            everything += found
            told = ", ".join(f"{status}: {count}" for status, count in sorted(found.items()))
            print(f"{label:36} {told}")
        store.close()
    failed = sum(count for status, count in everything.items() if status >= 500)
    seconds = time.perf_counter() - began
    print(
        f"{sum(everything.values())} requests in {seconds:.0f} s, {failed} answers of 500 or more"
    )


if __name__ == "__main__":
    main()
