"""The command line: ``kam``."""

from __future__ import annotations

import os
import sys
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert import __version__
from kam_expert.errors import KamError, shortened
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.diagnosis import Diagnosis
    from kam_expert.engines.rule_cases import CaseRun
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

EXIT_FOUND, EXIT_BAD_INPUT = 1, 2


def _load(rules: Path | None, thresholds: Path | None = None) -> KnowledgeBase:
    from kam_expert.knowledge.compiled import load_compiled

    return load_compiled(rules or rules_folder(), thresholds)


_rules_option = click.option(
    "--rules",
    "rules_dir",
    type=click.Path(path_type=Path),
    help="Folder of the rule base; the one that comes with the program by default.",
)


@click.group()
@click.version_option(__version__, prog_name="kam")
def kam() -> None:
    """Diagnose the relationship with a key customer, with the reason for every sentence."""


@kam.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File; a folder for several cases."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "json", "text"]),
    help="By the output's ending; else text.",
)
@click.option("--lang", type=click.Choice(["uk", "en"]), default="uk", show_default=True)
@click.option(
    "--date", "day", metavar="YYYY-MM-DD", help="Date of the diagnosis; today by default."
)
@click.option(
    "--thresholds",
    type=click.Path(path_type=Path),
    help="File of our choices that replace those of the rule base.",
)
@_rules_option
def diagnose(
    cases: tuple[Path, ...],
    output: Path | None,
    form: str | None,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Diagnose accounts: one CASE file each, YAML or JSON; one report each."""
    from kam_expert.engines.assemble import diagnose as judge
    from kam_expert.engines.session import SessionEngine
    from kam_expert.facts.case_reader import read_case
    from kam_expert.outputs.files import write_whole

    when = _day(day)
    form = form or _form_of(output)
    targets = _targets(cases, output, form)
    base = _load(rules_dir, thresholds)
    read = []
    problems = []
    for path in cases:
        try:
            read.append(read_case(path, base))
        except KamError as error:
            problems.append(str(error))
    if problems:
        # A batch with a bad case writes no report that could be taken for the whole.
        raise KamError("\n".join(problems))
    engine = SessionEngine(base)
    for case, target in zip(read, targets, strict=True):
        text = _render(judge(case, base, when, engine), case, base, form=form, lang=lang)
        if target is None:
            click.echo(text, nl=False)
        else:
            write_whole(target, text)
            click.echo(str(target), err=True)


def _render(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, *, form: str, lang: str) -> str:
    if form == "json":
        from kam_expert.outputs.json_document import render_json

        return render_json(diagnosis, case, base)
    if form == "text":
        from kam_expert.outputs.text import render_text

        return render_text(diagnosis, case, base, lang)
    from kam_expert.outputs.html import render_report

    return render_report(diagnosis, case, base, lang)


def _day(text: str | None) -> date:
    from kam_expert.knowledge.documents import parse_date

    if text is None:
        return date.today()  # noqa: DTZ011 -- the day where the consultant is
    day = parse_date(text)
    if day is None:
        raise KamError(f'--date takes YYYY-MM-DD, not "{shortened(text)}"')
    return day


def _form_of(output: Path | None) -> str:
    endings = {".html": "html", ".htm": "html", ".json": "json", ".txt": "text"}
    if output is None:
        return "text"
    return endings.get(output.suffix.lower(), "html")


def _targets(cases: tuple[Path, ...], output: Path | None, form: str) -> list[Path | None]:
    if output is None:
        if len(cases) > 1 and form != "text":
            raise KamError(f"several cases as {form} need -o FOLDER")
        return [None] * len(cases)
    if len(cases) == 1 and not output.is_dir():
        return _not_over_a_case([output], cases)
    if not output.is_dir():
        raise KamError(f"{output}: no such folder; several cases need a folder that is there")
    ending = {"html": ".html", "json": ".json", "text": ".txt"}[form]
    targets: list[Path | None] = [output / f"{path.stem}{ending}" for path in cases]
    if len(set(targets)) < len(targets):
        raise KamError("two cases have the same file name and would overwrite each other's report")
    return _not_over_a_case(targets, cases)


def _not_over_a_case(targets: list[Path | None], cases: tuple[Path, ...]) -> list[Path | None]:
    sources = {path.resolve() for path in cases}
    for target in targets:
        if target is not None and target.resolve() in sources:
            raise KamError(f"{target}: is a case itself; the report would overwrite it")
    return targets


@kam.command()
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the results."
)
@click.option("--lang", type=click.Choice(["uk", "en"]), default="uk", show_default=True)
@click.option(
    "--date", "day", metavar="YYYY-MM-DD", help="Date of the diagnosis; today by default."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv", "jsonl"]),
    default="parquet",
    show_default=True,
    help="Of the tables.",
)
@click.option(
    "--reports",
    metavar="top:N|all|none",
    default="top:50",
    show_default=True,
    help="Accounts that get a full report: the first that need attention, all, or none.",
)
@click.option(
    "--since", metavar="OLDRUN", type=click.Path(path_type=Path), help="Compare with this run."
)
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["polars", "spark"]),
    default="polars",
    show_default=True,
    help="Where to count: here, or on the cluster that Spark's settings name.",
)
@click.option(
    "--chunk",
    type=click.IntRange(1),
    default=50_000,
    show_default=True,
    metavar="ACCOUNTS",
    help="So many accounts are in memory at a time.",
)
@click.option("--schema", is_flag=True, help="Print the tables, columns and types, and stop.")
@click.option(
    "--thresholds",
    type=click.Path(path_type=Path),
    help="File of our choices that replace those of the rule base.",
)
@_rules_option
def portfolio(
    source: Path | None,
    output: Path | None,
    lang: str,
    day: str | None,
    form: str,
    reports: str,
    since: Path | None,
    engine_name: str,
    chunk: int,
    schema: bool,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Diagnose every account of a portfolio.

    SOURCE is a folder of case files, or of tables (accounts, people, team, links, decisions,
    history, notes) as Parquet, Arrow or CSV. Accounts with faults are left out and listed in
    rejected.jsonl; then the exit status is 1.
    """
    base = _load(rules_dir, thresholds)
    if schema:
        from kam_expert.facts.columns import columns

        for table, there in columns(base).items():
            click.echo(table)
            for column, kind in there.items():
                click.echo(f"  {column}  {kind}")
        return
    if source is None or output is None:
        raise click.UsageError("a SOURCE and a folder for the results (-o DIR) are needed")
    try:
        from kam_expert.portfolio_command import Wishes, run_portfolio
    except ModuleNotFoundError as missing:
        raise KamError(
            f"{missing.name} is not installed: pip install kam-expert[portfolio]"
        ) from None

    wishes = Wishes(lang, form, reports, since, chunk, engine_name)
    when = _day(day)
    written = run_portfolio(source, output, base, rules_dir or rules_folder(), when, wishes)
    click.echo(
        f"{written.accounts} accounts judged, {written.rejected} rejected: {output}", err=True
    )
    if written.rejected:
        click.echo(f"{output / 'rejected.jsonl'}: why, with file, row and column", err=True)
        raise SystemExit(EXIT_FOUND)


@kam.command()
@click.argument("path", metavar="CASE", type=click.Path(path_type=Path))
@click.option("--lang", type=click.Choice(["uk", "en"]), default="uk", show_default=True)
@_rules_option
def new(path: Path, lang: str, rules_dir: Path | None) -> None:
    """Write an empty case file; its comments are the questions."""
    from kam_expert.outputs.files import write_whole
    from kam_expert.outputs.new_case import new_case

    identity = "".join(c if c.isalnum() or c in "-_" else "-" for c in path.stem) or "account"
    write_whole(path, new_case(_load(rules_dir), identity, lang), new=True)
    click.echo(str(path), err=True)


@kam.group("rules")
def rules_group() -> None:
    """Check, test and read the rule base."""


@rules_group.command("check")
@_rules_option
def rules_check(rules_dir: Path | None) -> None:
    """Check the rule base as a whole: citations, coverage, texts, cases owed."""
    from kam_expert.engines.rule_cases import owed
    from kam_expert.knowledge.integrity import sweep

    base = _load(rules_dir)
    problems = [*sweep(base), *(p for rule in base.rules for p in owed(rule, base))]
    for problem in problems:
        click.echo(str(problem))
    reviewed = sum(rule.status == "reviewed" for rule in base.rules)
    click.echo(
        f"{len(base.rules)} rules ({reviewed} reviewed), {len(base.findings)} findings, "
        f"{len(base.facts)} facts, {len(base.steps)} steps: {len(problems)} problems"
    )
    if problems:
        raise SystemExit(EXIT_FOUND)


@rules_group.command("show")
@click.argument("name", metavar="RULE")
@_rules_option
def rules_show(name: str, rules_dir: Path | None) -> None:
    """Show a rule: what it finds, why, its citation and its file."""
    folder = rules_dir or rules_folder()
    base = _load(folder)
    rule = base.rule(name)
    finding = base.findings[rule.finding]
    click.echo(f"{rule.name}  ({rule.file}, {rule.status})")
    click.echo(f"{rule.strength}: {rule.finding} – {finding.name.en} / {finding.name.uk}")
    for cited in rule.cites:
        says = base.statements.statements[cited].says
        click.echo(f"cites {cited}: {says.en}\n  {says.uk}")
    for threshold in rule.thresholds:
        click.echo(f"we chose {threshold.name} = {threshold.value:g}: {threshold.reason['en']}")
    click.echo("")
    path = folder / rule.theme / f"{rule.name}.yaml"
    click.echo(path.read_text(encoding="utf-8"), nl=False)


@rules_group.command("test")
@click.argument("names", nargs=-1, metavar="[RULE]...")
@_rules_option
def rules_test(names: tuple[str, ...], rules_dir: Path | None) -> None:
    """Run the cases of all rules, or of those named, on every engine."""
    from kam_expert.engines.rule_cases import owed, run_cases
    from kam_expert.engines.session import SessionEngine
    from kam_expert.engines.settling import PlainEngine
    from kam_expert.errors import Problem

    base = _load(rules_dir)
    wanted = frozenset(base.rule(name).name for name in names)
    engines = {"plain": PlainEngine(), "experta": SessionEngine(base)}
    runs = failed = 0
    told = set()
    single = run_cases(base, engines, wanted)  # type: ignore[arg-type]
    for run in chain(single, _cases_on_columns(base, wanted)):
        runs += 1
        if isinstance(run, Problem):
            failed += 1
            told.add(run)
            click.echo(str(run))
        elif not run.passed:
            failed += 1
            click.echo(
                f"{run.case.place}: {run.rule.name}, {run.engine}: “{run.case.name}” "
                f"is {run.outcome}, not {run.case.expect}"
            )
    for rule in base.rules:
        for problem in owed(rule, base) if not wanted or rule.name in wanted else ():
            if problem not in told:
                failed += 1
                click.echo(str(problem))
    click.echo(f"{runs} runs of cases, {failed} problems")
    if failed:
        raise SystemExit(EXIT_FOUND)


def _cases_on_columns(base: KnowledgeBase, names: frozenset[str]) -> Iterable[CaseRun]:
    try:
        from kam_expert.engines.portfolio.rule_cases import run_cases
    except ModuleNotFoundError as missing:
        click.echo(f"not run on the portfolio engine: {missing.name} is not installed", err=True)
        return ()
    return run_cases(base, names=names)


def main() -> None:
    """Run the command line; errors of the user's become one or two lines and status 2."""
    try:
        kam(prog_name="kam", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(EXIT_BAD_INPUT)
    except click.ClickException as error:
        click.echo(error.format_message(), err=True)
        if isinstance(error, click.UsageError) and error.ctx is not None:
            click.echo(f'Try "{error.ctx.command_path} --help".', err=True)
        sys.exit(EXIT_BAD_INPUT)
    except KamError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_BAD_INPUT)
    except OSError as error:
        # Modules that read and write files word their own errors; this is the pipe of the terminal.
        click.echo(f"standard output cannot be written ({error.strerror or error})", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python tries again when it ends
        sys.exit(EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
