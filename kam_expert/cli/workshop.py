"""The commands under ``kam rules`` that measure, compare and prove a method."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from kam_expert.cli.options import EXIT_FOUND, date_option, day_of, load_base, rules_option
from kam_expert.errors import KamError, ProblemsError
from kam_expert.resources import rules_folder

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@click.command("mutate")
@click.argument("names", nargs=-1, metavar="[RULE]...")
@click.option("--score", is_flag=True, help="Print the table only.")
@click.option(
    "--whole",
    is_flag=True,
    help="Change stages, strategies, plan and steps instead; ask situations and whole accounts.",
)
@json_option
@rules_option
def rules_mutate(
    names: tuple[str, ...], score: bool, whole: bool, as_json: bool, rules_dir: Path | None
) -> None:
    """Change the rule base a little in every way, and print the changes that no case notices.

    RULE is a rule, strategy, definition, impossible combination or gap; all without it.
    """
    from kam_expert.workshop.mutation_report import as_document, lines, report

    folder = rules_dir or rules_folder()
    if whole:
        from kam_expert.knowledge.situations import Situations, read_situations
        from kam_expert.workshop.whole_score import whole_score

        if names:
            raise KamError("--whole takes no RULE")
        base = load_base(folder)
        situations, problems = read_situations(folder, base)
        if problems:
            raise ProblemsError(problems)
        counted = whole_score(folder, base, situations or Situations())
        if as_json:
            _print_json(counted.as_document())
        else:
            click.echo("\n".join(counted.lines(with_survivors=not score)))
        return
    found = report(folder, load_base(folder), names, search=not score)
    if as_json:
        _print_json(as_document(found))
    else:
        for line in lines(found, with_survivors=not score):
            click.echo(line)


@click.command("coverage")
@click.argument("places", nargs=-1, metavar="[CASE]...", type=click.Path(path_type=Path))
@click.option("--table", "table_only", is_flag=True, help="Print the table only.")
@json_option
@date_option
@rules_option
def rules_coverage(
    places: tuple[Path, ...],
    table_only: bool,
    as_json: bool,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Print what some accounts exercise of the rule base, and what none does.

    CASE is a case file or a folder of case files; the whole accounts of the rule base without it.
    """
    from kam_expert.workshop.coverage import coverage
    from kam_expert.workshop.tried_accounts import tried_accounts

    folder = rules_dir or rules_folder()
    base = load_base(folder)
    found = coverage(tried_accounts(places, folder, base, day_of(day)), base)
    if as_json:
        _print_json(found.as_document())
        return
    for line in found.lines(with_names=not table_only):
        click.echo(line)


@click.command("sensitivity")
@click.argument("places", nargs=-1, metavar="[CASE]...", type=click.Path(path_type=Path))
@click.option(
    "--top", type=click.IntRange(1), default=30, show_default=True, help="Thresholds to print."
)
@json_option
@date_option
@rules_option
def rules_sensitivity(
    places: tuple[Path, ...], top: int, as_json: bool, day: str | None, rules_dir: Path | None
) -> None:
    """Move each threshold one step down and up, and print which matter most for some accounts.

    CASE is a case file or a folder of case files; the whole accounts of the rule base without it.
    """
    from kam_expert.workshop.sensitivity import sensitivity, table
    from kam_expert.workshop.sources import RuleSources
    from kam_expert.workshop.trial import Trial
    from kam_expert.workshop.tried_accounts import tried_accounts

    folder = rules_dir or rules_folder()
    base = load_base(folder)
    accounts = list(tried_accounts(places, folder, base, day_of(day)))
    found = sensitivity(Trial(RuleSources(folder, base)), accounts)
    if as_json:
        _print_json([moved.as_document() for moved in found])
        return
    for line in table(found, top):
        click.echo(line)


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", required=False, type=click.Path(path_type=Path))
@click.option(
    "--on", "portfolio", type=click.Path(path_type=Path), help="Accounts to judge with both."
)
@click.option(
    "--top", type=click.IntRange(1), default=50, show_default=True, help="Accounts to print."
)
@json_option
@date_option
def rules_diff(
    old: Path, new: Path | None, portfolio: Path | None, top: int, as_json: bool, day: str | None
) -> None:
    """Print what changed between two rule bases, and which accounts are judged differently.

    OLD and NEW are folders of rule bases; NEW is the built-in one without it. The accounts are a
    portfolio as for `kam portfolio`.
    """
    from kam_expert.workshop.method_diff import changes_of, lines

    folder = new or rules_folder()
    found = changes_of(old, folder)
    judged = None
    if portfolio is not None:
        bases = load_base(old), load_base(folder)
        try:
            from kam_expert.engines.portfolio.summing.rule_changes import judged_differently
        except ModuleNotFoundError as missing:
            raise KamError(
                f"{missing.name} is not installed: pip install kam-expert[portfolio]"
            ) from None
        judged = judged_differently(portfolio, *bases, day_of(day), top)
    if as_json:
        _print_json(
            {
                "changes": [change.as_document() for change in found],
                "accounts": None if judged is None else judged.as_document(),
            }
        )
        return
    for line in lines(found, judged, load_base(folder) if judged else None):
        click.echo(line)


@click.command("prove")
@click.option("--all", "everything", is_flag=True, help="Print statuses never reached, too.")
@json_option
@rules_option
def rules_prove(*, everything: bool, as_json: bool, rules_dir: Path | None) -> None:
    """Print what the rule base can never do, and what it does twice, with a witness or a proof.

    The exit status is 1 if there is a fault: what never holds, a rule that is implied by another
    one, a threshold without effect, a stage, strategy or step that no account gets, a better
    answer that makes a whole account look worse and is not explained.
    """
    from kam_expert.workshop.prove import prove
    from kam_expert.workshop.sources import RuleSources
    from kam_expert.workshop.tried_accounts import tried_accounts

    folder = rules_dir or rules_folder()
    base = load_base(folder)
    accounts = list(tried_accounts((), folder, base, day_of(None)))
    found = list(prove(RuleSources(folder, base), accounts))
    faults = [verdict for verdict in found if verdict.is_fault]
    if as_json:
        _print_json([verdict.as_document() for verdict in found])
    else:
        silent = sum(verdict.kind == "status never reached" for verdict in found)
        for verdict in found:
            if everything or verdict.kind != "status never reached":
                click.echo(str(verdict))
        click.echo(f"{len(faults)} faults; {silent} statuses that no answers give a finding")
    if faults:
        raise SystemExit(EXIT_FOUND)


@click.command("docs")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the pages.",
)
@rules_option
def rules_docs(output: Path, rules_dir: Path | None) -> None:
    """Write pages about the rule base: rules, findings, steps, statements, strategies."""
    from kam_expert.workshop.method_site import write_site
    from kam_expert.workshop.sources import RuleSources
    from kam_expert.workshop.tried_accounts import tried_accounts

    folder = rules_dir or rules_folder()
    base = load_base(folder)
    accounts = list(tried_accounts((), folder, base, day_of(None)))
    count = write_site(RuleSources(folder, base), accounts, output)
    click.echo(f"{count} pages: {output / 'index.html'}")


#: The commands of this module, for the group of ``kam rules``.
WORKSHOP = (rules_mutate, rules_coverage, rules_sensitivity, rules_diff, rules_prove, rules_docs)
