"""The command line: ``kam``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert import __version__
from kam_expert.errors import KamError
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

EXIT_FOUND, EXIT_BAD_INPUT = 1, 2


def _load(rules: Path | None, thresholds: Path | None = None) -> KnowledgeBase:
    from kam_expert.knowledge.base import load_knowledge_base  # noqa: PLC0415 -- quick --help

    return load_knowledge_base(rules or rules_folder(), thresholds)


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


@kam.group("rules")
def rules_group() -> None:
    """Check, test and read the rule base."""


@rules_group.command("test")
@click.argument("names", nargs=-1, metavar="[RULE]...")
@_rules_option
def rules_test(names: tuple[str, ...], rules_dir: Path | None) -> None:
    """Run the cases of all rules, or of those named, on every engine."""
    from kam_expert.engines.rule_cases import owed, run_cases  # noqa: PLC0415 -- quick --help
    from kam_expert.engines.session import SessionEngine  # noqa: PLC0415 -- as above
    from kam_expert.engines.settling import PlainEngine  # noqa: PLC0415 -- as above
    from kam_expert.errors import Problem  # noqa: PLC0415 -- as above

    base = _load(rules_dir)
    wanted = frozenset(base.rule(name).name for name in names)
    engines = {"plain": PlainEngine(), "experta": SessionEngine(base)}
    runs = failed = 0
    for run in run_cases(base, engines, wanted):  # type: ignore[arg-type]
        runs += 1
        if isinstance(run, Problem):
            failed += 1
            click.echo(str(run))
        elif not run.passed:
            failed += 1
            click.echo(
                f"{run.case.place}: {run.rule.name}, {run.engine}: “{run.case.name}” "
                f"is {run.outcome}, not {run.case.expect}"
            )
    for rule in base.rules:
        for problem in owed(rule, base) if not wanted or rule.name in wanted else ():
            failed += 1
            click.echo(str(problem))
    click.echo(f"{runs} runs of cases, {failed} problems")
    if failed:
        raise SystemExit(EXIT_FOUND)


def main() -> None:
    """Run the command line; errors of the user's become one or two lines and status 2."""
    try:
        kam(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_BAD_INPUT)
    except KamError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
