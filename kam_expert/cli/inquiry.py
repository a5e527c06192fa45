"""``kam why``, ``why-not``, ``what-if``, ``compare``, ``ask`` and ``path``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    lang_option,
    load_base,
    rules_option,
    thresholds_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.app.inquiries import Inquiries, InquiryAnswer, Traced

_form_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
_about_option = click.option(
    "--about", metavar="ID", help="Id of the person, for a finding about people; all by default."
)
_case_argument = click.argument("path", metavar="CASE", type=click.Path(path_type=Path))


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (_form_option, lang_option, date_option, thresholds_option, rules_option):
        command = option(command)
    return command


def _inquiries(path: Path, options: dict[str, Any]) -> Inquiries:
    from kam_expert.app.inquiries import Inquiries
    from kam_expert.facts.case_file import read_any_case

    day = day_of(options["day"])
    base = load_base(options["rules_dir"], options["thresholds"])
    return Inquiries(read_any_case(path, base), base, day, str(path))


def _print(asked: Inquiries, answered: InquiryAnswer, options: dict[str, Any]) -> None:
    as_json = options["form"] == "json"
    text = asked.json(answered) if as_json else asked.text(answered, options["lang"])
    click.echo(text, nl=False)


@click.command()
@_case_argument
@click.argument("finding", metavar="FINDING|STAGE|STRATEGY")
@_about_option
@click.option(
    "--trace",
    "trace",
    flag_value="chain",
    help="Show the rules that led to it, in the order in which they fired.",
)
@click.option("--trace-all", "trace", flag_value="all", help="The same for all rules that fired.")
@_options
def why(path: Path, finding: str, about: str | None, trace: Traced | None, **options: Any) -> None:
    """Explain why a FINDING is concluded: every premise with its value and origin.

    With --trace: which rules fired on the way to it, in which order, and what each asserted: its
    conclusion, then the findings that were settled, the stage, and the strata that opened.
    """
    asked = _inquiries(path, options)
    _print(asked, asked.why(finding, about, trace), options)


@click.command("why-not")
@_case_argument
@click.argument("finding", metavar="FINDING|STAGE|STRATEGY")
@_about_option
@_options
def why_not(path: Path, finding: str, about: str | None, **options: Any) -> None:
    """Explain why a FINDING or STAGE is not concluded: what failed, what is unknown."""
    asked = _inquiries(path, options)
    _print(asked, asked.why_not(finding, about), options)


@click.command("what-if")
@_case_argument
@click.argument("changes", metavar="FACT=VALUE...", nargs=-1, required=True)
@_options
def what_if(path: Path, changes: tuple[str, ...], **options: Any) -> None:
    """Show the effect of changed facts; nothing is saved.

    Write theirs.FACT for the customer's answer, and ID.FACT for a person, member or decision.
    """
    asked = _inquiries(path, options)
    _print(asked, asked.what_if(changes), options)


@click.command()
@click.argument("old", metavar="OLD", type=click.Path(path_type=Path))
@click.argument("path", metavar="NEW", type=click.Path(path_type=Path))
@click.option("--old-date", metavar="YYYY-MM-DD", help="Date of the older diagnosis.")
@_options
def compare(old: Path, path: Path, old_date: str | None, **options: Any) -> None:
    """Show what changed between two versions of a case, and which facts caused it."""
    from kam_expert.app.inquiries import InquiryAnswer
    from kam_expert.engines.inquiry.compare import compare as compared
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.outputs.comparison_text import ComparisonText

    asked = _inquiries(path, options)
    before = day_of(old_date) if old_date else asked.day
    earlier = read_any_case(old, asked.base)
    ids = earlier.account.id, asked.case.account.id
    if ids[0] != ids[1]:
        click.echo(f'{old}, {path}: two accounts, "{ids[0]}" and "{ids[1]}"', err=True)
    answer = compared(earlier, asked.case, asked.base, (before, asked.day))
    _print(
        asked,
        InquiryAnswer("compare", answer, lambda *of: ComparisonText(*of).comparison(answer)),
        options,
    )


@click.command()
@_case_argument
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, help="Questions shown."
)
@_options
def ask(path: Path, top: int, **options: Any) -> None:
    """List the questions to ask next, the most useful first."""
    asked = _inquiries(path, options)
    _print(asked, asked.ask(top), options)


@click.command("path")
@_case_argument
@click.option(
    "--to", "target", metavar="STAGE|STRATEGY", help="The case's target stage by default."
)
@_options
def path_(path: Path, target: str | None, **options: Any) -> None:
    """Find the smallest sets of changed facts that reach a stage, and what would lose it.

    With a strategy: those that make it the strategy of the account.
    """
    asked = _inquiries(path, options)
    _print(asked, asked.path(target), options)
