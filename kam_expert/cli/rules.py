"""``kam rules``: write, check, test and read the rule base."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import EXIT_FOUND, load_base, rules_option
from kam_expert.errors import KamError, unknown_name
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.engines.rule_cases import CaseRun
    from kam_expert.engines.settling import Engine
    from kam_expert.engines.whole_accounts import AccountResult
    from kam_expert.errors import Problem
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.accounts import WholeAccount
    from kam_expert.knowledge.base import KnowledgeBase


@click.group("rules")
def rules_group() -> None:
    """Write, check, test and read the rule base."""


def problems_of(folder: Path, base: KnowledgeBase) -> list[Problem]:
    """Return what is wrong with the rule base in *folder* as a whole."""
    from kam_expert.engines.rule_cases import missing_cases
    from kam_expert.engines.whole_accounts import account_problems
    from kam_expert.knowledge.integrity import sweep
    from kam_expert.workshop.whole_score import situation_problems

    return [
        *sweep(base),
        *(
            problem
            for rule in (*base.rules, *base.definition_rules)
            for problem in missing_cases(rule, base)
        ),
        *account_problems(folder, base),
        *situation_problems(folder, base),
    ]


@rules_group.command("check")
@rules_option
def rules_check(rules_dir: Path | None) -> None:
    """Check the rule base as a whole: citations, coverage, texts, missing cases, accounts."""
    folder = rules_dir or rules_folder()
    base = load_base(folder)
    problems = problems_of(folder, base)
    for problem in problems:
        click.echo(str(problem))
    rules = [rule for rule in base.rules if rule.finding not in base.strategy_findings]
    reviewed = sum(rule.status == "reviewed" for rule in rules)
    findings = len(base.findings) - len(base.strategy_findings)
    click.echo(
        f"{len(rules)} rules ({reviewed} reviewed), {findings} findings, "
        f"{len(base.facts)} facts, {len(base.strategies)} strategies, "
        f"{len(base.steps)} steps: {_problems(len(problems))}"
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
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--accounts", "accounts_only", is_flag=True, help="Compare whole accounts only.")
@rules_option
def rules_test(names: tuple[str, ...], accounts_only: bool, rules_dir: Path | None) -> None:
    """Run the cases of rules, situations and whole accounts, the first and last on every engine.

    NAME is a rule, or with --accounts an account; without it everything is tested.
    """
    from kam_expert.engines.forward_chaining import engine_of
    from kam_expert.engines.settling import PlainEngine

    folder = rules_dir or rules_folder()
    base = load_base(folder)
    engines: dict[str, Engine] = {"plain": PlainEngine(), "experta": engine_of(base)}
    failed = 0
    if not accounts_only:
        failed += _test_rules(base, engines, names)
    if not accounts_only and not names:
        failed += _test_situations(folder, base)
    if accounts_only or not names:
        failed += _test_accounts(folder, base, engines, frozenset(names))
    if failed:
        raise SystemExit(EXIT_FOUND)


def _test_rules(base: KnowledgeBase, engines: dict[str, Engine], names: Iterable[str]) -> int:
    from kam_expert.engines.rule_cases import missing_cases, run_cases
    from kam_expert.errors import Problem

    wanted = frozenset(base.rule(name).name for name in names)
    runs = failed = 0
    reported = set()
    single = run_cases(base, engines, wanted)
    for run in chain(single, _cases_on_columns(base, wanted)):
        runs += 1
        if isinstance(run, Problem):
            failed += 1
            reported.add(run)
            click.echo(str(run))
        elif not run.passed:
            failed += 1
            click.echo(f"{run.case.place}: {run.rule.name}, {run.engine}: “{run.case.name}” {run}")
    for rule in base.rules:
        for problem in missing_cases(rule, base) if not wanted or rule.name in wanted else ():
            if problem not in reported:
                failed += 1
                click.echo(str(problem))
    click.echo(f"{runs} runs of cases, {_problems(failed)}")
    return failed


def _test_situations(folder: Path, base: KnowledgeBase) -> int:
    """Print what does not follow from the situations; return the number of problems."""
    from kam_expert.engines.situation_runs import run_situation
    from kam_expert.knowledge.situations import read_situations

    situations, invalid = read_situations(folder, base)
    if situations is None and not invalid:
        return 0
    listed = situations.listed if situations else ()
    problems = [*invalid, *(p for each in listed for p in run_situation(each, base))]
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(listed)} situations, {_problems(len(problems))}")
    return len(problems)


def _test_accounts(
    folder: Path, base: KnowledgeBase, engines: dict[str, Engine], names: frozenset[str]
) -> int:
    """Print how whole accounts compare with what is expected; return the number of failures."""
    from kam_expert.engines.whole_accounts import compared, readable, table
    from kam_expert.knowledge.accounts import read_accounts

    accounts, problems = read_accounts(folder, base)
    if not accounts and not problems and not names:
        return 0
    known = [account.name for account in accounts]
    for name in sorted(names - set(known)):
        raise KamError(unknown_name("account", name, known))
    chosen = [account for account in accounts if not names or account.name in names]
    read, unread = readable(chosen, base)
    columns = _accounts_on_columns(base, read)
    comparisons = compared(read, base, engines, columns)
    failed = 0
    for problem in () if names else problems:
        failed += 1
        click.echo(str(problem))
    for account in chosen:
        faults = unread.get(account.name, account.problems)
        failed += len(faults)
        for problem in faults:
            click.echo(str(problem))
    for comparison in comparisons:
        failed += len(comparison.failures)
        for line in comparison.lines():
            click.echo(f"{comparison.account.file}: {line}")
    click.echo("\n".join(table(chosen, comparisons)))
    click.echo(f"{len(comparisons)} whole accounts compared, {_problems(failed)}")
    return failed


def _problems(count: int) -> str:
    return f"{count} problem" if count == 1 else f"{count} problems"


def _cases_on_columns(base: KnowledgeBase, names: frozenset[str]) -> Iterable[CaseRun]:
    try:
        from kam_expert.engines.portfolio.judging.column_cases import run_cases
    except ModuleNotFoundError as missing:
        click.echo(f"not run on the portfolio engine: {missing.name} is not installed", err=True)
        return ()
    return run_cases(base, names=names)


def _accounts_on_columns(
    base: KnowledgeBase, read: Sequence[tuple[WholeAccount, Case]]
) -> dict[str, Sequence[AccountResult]]:
    try:
        from kam_expert.engines.portfolio.judging.column_accounts import results_on_columns
    except ModuleNotFoundError:
        return {}  # it was said for the cases of rules
    return {"polars": results_on_columns(read, base)}
