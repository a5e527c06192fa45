"""``kam rules``: write, check, test and read the rule base."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import EXIT_FOUND, load_base, rules_option
from kam_expert.errors import KamError
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.engines.rule_cases import CaseRun
    from kam_expert.knowledge.base import KnowledgeBase


@click.group("rules")
def rules_group() -> None:
    """Write, check, test and read the rule base."""


@rules_group.command("check")
@rules_option
def rules_check(rules_dir: Path | None) -> None:
    """Check the rule base as a whole: citations, coverage, texts, missing cases."""
    from kam_expert.engines.rule_cases import missing_cases
    from kam_expert.knowledge.integrity import sweep

    base = load_base(rules_dir)
    problems = [*sweep(base), *(p for rule in base.rules for p in missing_cases(rule, base))]
    for problem in problems:
        click.echo(str(problem))
    rules = [rule for rule in base.rules if rule.finding not in base.strategy_findings]
    reviewed = sum(rule.status == "reviewed" for rule in rules)
    findings = len(base.findings) - len(base.strategy_findings)
    click.echo(
        f"{len(rules)} rules ({reviewed} reviewed), {findings} findings, "
        f"{len(base.facts)} facts, {len(base.steps)} steps: {_problems(len(problems))}"
    )
    if problems:
        raise SystemExit(EXIT_FOUND)


@rules_group.command("new")
@click.argument("place", metavar="THEME/NAME")
@click.option("--finding", required=True, metavar="ID", help="What the rule concludes.")
@click.option(
    "--strength",
    type=click.Choice(["hints", "suggests", "establishes"]),
    default="hints",
    show_default=True,
    help="How strongly it concludes it.",
)
@click.option("--fact", metavar="ID", help="The fact to start from; one of the theme by default.")
@rules_option
def rules_new(
    place: str, finding: str, strength: str, fact: str | None, rules_dir: Path | None
) -> None:
    """Write the skeleton of a rule with its cases, as a draft."""
    from kam_expert.knowledge.skeleton import skeleton

    folder = rules_dir or rules_folder()
    made = skeleton(load_base(folder), place, finding, strength, fact)
    path = folder / made.file
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(made.text)
    except OSError as error:
        raise KamError(f"{path}: cannot be written: {error.strerror}") from None
    name = path.stem
    click.echo(f"{path} reads {made.fact} and already takes part in every diagnosis.")
    click.echo("Next: put in your conditions, texts and cases; then")
    click.echo(f"  kam rules test {name}")
    click.echo("and, when the cases pass, write `status: reviewed` and run")
    click.echo("  kam rules check")


@rules_group.command("schemas")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to write to; `schemas` beside the rule base by default.",
)
@rules_option
def rules_schemas(output: Path | None, rules_dir: Path | None) -> None:
    """Write the JSON Schemas of the rule base again."""
    from kam_expert.schemas import schemas, text_of

    rules = rules_dir or rules_folder()
    folder = output or rules.absolute().parent / "schemas"
    if not folder.is_dir():
        raise KamError(f"{folder}: no such folder; make it, or name one with --output")
    for name, schema in schemas(load_base(rules)).items():
        (folder / name).write_text(text_of(schema), encoding="utf-8")
        click.echo(folder / name)


@rules_group.command("show")
@click.argument("name", metavar="RULE")
@rules_option
def rules_show(name: str, rules_dir: Path | None) -> None:
    """Show a rule: its finding, strength, citations and file."""
    folder = rules_dir or rules_folder()
    base = load_base(folder)
    rule = base.rule(name)
    finding = base.findings[rule.finding]
    theme = base.themes.get(rule.theme) or base.groups[rule.theme]
    click.echo(f"{rule.name}  ({rule.file}, {rule.status})")
    click.echo(f"theme: {theme.en} / {theme.uk}")
    click.echo(f"{rule.strength}: {rule.finding} – {finding.name.en} / {finding.name.uk}")
    for cited in rule.cites:
        says = base.statements.statements[cited].says
        click.echo(f"cites {cited}: {says.en}\n  {says.uk}")
    for threshold in rule.thresholds:
        click.echo(f"we chose {threshold.name} = {threshold.value:g}: {threshold.reason['en']}")
    click.echo("")
    path = folder / rule.file.partition("/")[2]
    click.echo(path.read_text(encoding="utf-8"), nl=False)


@rules_group.command("test")
@click.argument("names", nargs=-1, metavar="[RULE]...")
@rules_option
def rules_test(names: tuple[str, ...], rules_dir: Path | None) -> None:
    """Run the cases of all rules, or of the named rules, on every engine."""
    from kam_expert.engines.forward_chaining import SessionEngine
    from kam_expert.engines.rule_cases import missing_cases, run_cases
    from kam_expert.engines.settling import PlainEngine
    from kam_expert.errors import Problem

    base = load_base(rules_dir)
    wanted = frozenset(base.rule(name).name for name in names)
    engines = {"plain": PlainEngine(), "experta": SessionEngine(base)}
    runs = failed = 0
    reported = set()
    single = run_cases(base, engines, wanted)  # type: ignore[arg-type]
    for run in chain(single, _cases_on_columns(base, wanted)):
        runs += 1
        if isinstance(run, Problem):
            failed += 1
            reported.add(run)
            click.echo(str(run))
        elif not run.passed:
            failed += 1
            click.echo(
                f"{run.case.place}: {run.rule.name}, {run.engine}: “{run.case.name}” "
                f"is {run.outcome}, not {run.case.expect}"
            )
    for rule in base.rules:
        for problem in missing_cases(rule, base) if not wanted or rule.name in wanted else ():
            if problem not in reported:
                failed += 1
                click.echo(str(problem))
    click.echo(f"{runs} runs of cases, {_problems(failed)}")
    if failed:
        raise SystemExit(EXIT_FOUND)


def _problems(count: int) -> str:
    return f"{count} problem" if count == 1 else f"{count} problems"


def _cases_on_columns(base: KnowledgeBase, names: frozenset[str]) -> Iterable[CaseRun]:
    try:
        from kam_expert.engines.portfolio.judging.column_cases import run_cases
    except ModuleNotFoundError as missing:
        click.echo(f"not run on the portfolio engine: {missing.name} is not installed", err=True)
        return ()
    return run_cases(base, names=names)
