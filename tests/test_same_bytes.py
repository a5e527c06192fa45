"""The same facts, rules, date and language give the same bytes, in every process.

With --all in more formats; a run in another process takes seconds.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case_reader import read_case
from kam_expert.outputs.wording import Words
from tests.sampling import few_of
from tests.shipped import shipped_base

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "two_sides_disagree.yaml"


@pytest.mark.parametrize("ending", few_of(["html", "json", "txt"], 1))
def test_two_processes_with_other_hash_seeds_write_the_same_bytes(
    ending: str, tmp_path: Path
) -> None:
    written = []
    for seed in ("1", "2"):
        report = tmp_path / f"report{seed}.{ending}"
        command = [sys.executable, "-m", "kam_expert.cli", "diagnose", str(EXAMPLE)]
        subprocess.run(
            [*command, "-o", str(report), "--date", "2026-11-23"],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        )
        written.append(report.read_bytes())

    assert written[0] == written[1]


def test_sets_of_words_have_one_order_in_every_process() -> None:
    program = """
from kam_expert.engines.inquiry.memo_table import in_order
from kam_expert.facts.case import Answer
from kam_expert.facts.redacted import plain
words = ["audit", "certificates", "references", "central purchasing", "reorganisation"]
print(in_order(frozenset({("slot", frozenset(words[:size])) for size in range(6)})))
print(plain({"proofs_asked": [Answer(frozenset(words))]}))
"""
    orders = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(orders) == 1


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize(
    "example", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.stem
)
def test_the_headline_shown_is_the_one_of_the_status(example: Path, lang: str) -> None:
    base = shipped_base()
    case = read_case(example, base)
    words = Words(base, case, lang)
    diagnosis = diagnose(case, base, date(2026, 11, 23), PlainEngine())

    for finding in diagnosis.concluded():
        doc = base.findings[finding.id]
        headlines = doc.headline
        for variant in doc.variants:
            if variant.when == finding.variant and variant.headline:
                headlines = variant.headline
        wanted = getattr(headlines, finding.status).get(lang)
        # A name replaces {about} or {in_decision}.
        start, *rest = re.split(r"\{\w+\}", wanted)
        end = rest[-1] if rest else ""
        shown = words.headline(finding)
        assert shown.startswith(start)
        assert shown.endswith(end or start)
