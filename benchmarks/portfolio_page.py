"""Measure the portfolio page: time to write it, its size, and the time to sort it in a browser.

``python benchmarks/portfolio_page.py [ACCOUNTS]``. The random accounts depend only on their number.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from plain_summary import summary_of

from kam_expert.engines.causes import MOST
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.portfolio_view import PortfolioView, load_portfolio_view
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.outputs.portfolio_html import render_portfolio
from kam_expert.resources import rules_folder
from kam_expert.results.portfolio import (
    AccountMove,
    AccountRow,
    FactChange,
    PortfolioSummary,
    QuestionCount,
    Since,
    Standing,
)

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 23)
BEFORE = date(2026, 8, 24)
FIRMS = (
    "Калиновий Брід", "Дніпровська фабрика", "Sorting Systems", "Агросвіт", "Nordic Pumps",
    "Полісся-Папір", "Завод «Електромотор»", "Brightwater Dairy", "Карпати Меблі",
)  # fmt: skip
PEOPLE = ("Олена Гнатюк", "Марко Стельмах", "Ірина Бойко", "Petra Novak", "Тарас Кравець")
SEGMENTS = ("харчова", "машинобудування", "логістика", "retail", None)
TRIES = 15


def random_row(
    number: int, base: KnowledgeBase, view: PortfolioView, rng: random.Random
) -> AccountRow:
    """Return an account with random findings and many unknown facts."""
    stages = base.stage_model
    about_account = [
        name
        for name, doc in base.findings.items()
        if doc.about == "account" and name not in base.strategy_findings
    ]
    findings = []
    for name in about_account:
        chance = rng.random()
        if chance < 0.6:
            continue
        status = "open" if chance < 0.85 else rng.choice(("possible", "likely", "established"))
        severity = base.findings[name].severity
        findings.append(Standing(name, status, rng.random() < 0.3, severity))
    seen = rng.randint(0, len(stages.stages[-1].features))
    still_open = rng.randint(0, len(stages.stages[-1].features) - seen)
    verdicts = (*stages.names, UNDETERMINED)
    stage = verdicts[min(seen // 4, 2)] if rng.random() < 0.75 else UNDETERMINED
    obstacles = {
        weight: sum(
            f.severity == weight and base.is_obstacle(f.finding, f.severity, f.status)
            for f in findings
        )
        for weight in ("high", "medium", "low")
    }
    levels = [*base.facts[view.facts["attractiveness"]].words(), None]
    competitors = [*base.facts[view.facts["competitor"]].words(), None, None]
    standing = [f.finding for f in findings if base.is_obstacle(f.finding, f.severity, f.status)]
    return AccountRow(
        id=f"acc-{number:05}",
        name=f"{rng.choice(FIRMS)} {number}",
        owner=rng.choice(PEOPLE),
        segment=rng.choice(SEGMENTS),
        stage=stage,
        firm=stage != UNDETERMINED and rng.random() < 0.2,
        leaning=stages.names[0] if stage == UNDETERMINED and rng.random() < 0.5 else None,
        seen=seen,
        open=still_open,
        attractiveness=rng.choice(levels),
        competitor=rng.choice(competitors),
        size=round(rng.lognormvariate(13, 1.5)) if rng.random() < 0.8 else None,
        findings=tuple(findings),
        obstacles=obstacles,
        strategy=rng.choice(base.strategies).id,
        strategy_firm=rng.random() < 0.5,
        chosen=rng.random() < 0.05,
        causes=tuple(standing[:MOST]),
        report=f"reports/acc-{number:05}.html" if rng.random() < 0.05 else None,
    )


def random_summary(accounts: int, base: KnowledgeBase, view: PortfolioView) -> PortfolioSummary:
    """Return the summary of a random portfolio, with changes since an earlier run."""
    rng = random.Random(accounts)
    rows = [random_row(number, base, view, rng) for number in range(accounts)]
    facts = [name for name, fact in base.facts.items() if fact.doc.scope == "account"]
    moves = [
        AccountMove(
            row.id,
            row.name,
            (rng.choice((*base.stage_model.names, UNDETERMINED)), row.stage),
            (False, row.firm),
            (rng.choice((None, *(s.id for s in base.strategies))), row.strategy),
            tuple((f.finding, "open", f.status) for f in row.findings if f.status == "likely")[:4],
            (FactChange(rng.choice(facts), None, rng.randint(1, 9)),),
        )
        for row in rows[: min(accounts, 40)]
    ]
    stages = {
        (old, new): rng.randint(1, accounts)
        for old in base.stage_model.names
        for new in base.stage_model.names
    }
    questions = [
        QuestionCount(name, base.facts[name].doc.asked_of, accounts // 2 - index * accounts // 9)
        for index, name in enumerate(base.stage_model.contact_facts[:3])
    ]
    return summary_of(
        rows,
        base,
        view,
        day=DAY,
        rejected=accounts // 400,
        questions=questions,
        since=Since(BEFORE, False, stages, len(moves), tuple(moves), added=3, gone=1),
        files=("accounts.parquet", "steps.parquet", "questions.parquet", "portfolio.xlsx"),
    )


def sort_times(page_file: Path) -> dict[str, list[list[float]]]:
    """Return the milliseconds that Chromium takes to sort by each column.

    Each try has two times: until the rows are moved, and until they are painted.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- of the developers

    from run import BROWSER  # noqa: PLC0415 -- likewise

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER.find(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(page_file.as_uri())
        found: dict[str, list[list[float]]] = page.evaluate(
            """async tries => {
                const frame = () => new Promise(done =>
                    requestAnimationFrame(() => setTimeout(done)));
                const times = {};
                document.querySelector('#accounts').scrollIntoView();
                for (const button of document.querySelectorAll('#accounts thead button')) {
                    const name = button.textContent.trim();
                    times[name] = [];
                    for (let i = 0; i < tries; i++) {
                        await frame();
                        const start = performance.now();
                        button.click();
                        document.querySelector('#accounts table').getBoundingClientRect();
                        const placed = performance.now() - start;
                        await frame();
                        times[name].push([placed, performance.now() - start]);
                    }
                }
                return times;
            }""",
            TRIES,
        )
        browser.close()
    return found


def main() -> None:
    """Print the table."""
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    base = load_knowledge_base(rules_folder())
    view = load_portfolio_view(rules_folder(), base)
    summary = random_summary(accounts, base, view)
    with tempfile.TemporaryDirectory() as folder:
        for lang in ("uk", "en"):
            start = time.perf_counter()
            html = render_portfolio(summary, base, view, lang)
            took = time.perf_counter() - start
            page = Path(folder) / f"portfolio.{lang}.html"
            page.write_text(html, encoding="utf-8")
            print(f"{lang}: {accounts} accounts, {page.stat().st_size / 1000:.1f} kB, {took:.2f} s")
            for name, times in sort_times(page).items():
                placed, painted = zip(*times, strict=True)
                print(
                    f"  sort by {name[:24]:24} median and worst:"
                    f" in place {median(placed):4.0f} {max(placed):4.0f} ms,"
                    f" painted {median(painted):4.0f} {max(painted):4.0f} ms"
                )


if __name__ == "__main__":
    main()
