"""``kam why``, ``why-not``, ``what-if``, ``compare``, ``ask`` and ``path``."""

from __future__ import annotations

from dataclasses import dataclass
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
from kam_expert.errors import KamError, did_you_mean, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from kam_expert.engines.inquiry.variants import Variants
    from kam_expert.engines.settling import Key
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.inquiry_text import InquiryText
    from kam_expert.results.inquiry import Firing

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


@dataclass
class _Inquiry:
    """The account of an inquiry, and the format of the answer."""

    base: KnowledgeBase
    case: Case
    day: date
    form: str
    lang: str

    @classmethod
    def of(cls, path: Path, options: dict[str, Any]) -> _Inquiry:
        from kam_expert.facts.case_file import read_any_case

        day = day_of(options["day"])
        base = load_base(options["rules_dir"], options["thresholds"])
        return cls(base, read_any_case(path, base), day, options["form"], options["lang"])

    def variants(self) -> Variants:
        from kam_expert.engines.inquiry.variants import Variants

        return Variants(self.case, self.base, self.day)

    def answer(
        self,
        kind: str,
        data: Any,
        text: Callable[[InquiryText], str],
        trace: Sequence[Firing] | None = None,
    ) -> None:
        from kam_expert.outputs.inquiry_json import render_inquiry
        from kam_expert.outputs.inquiry_text import InquiryText

        if self.form == "json":
            answers = {kind: data} if trace is None else {kind: data, "trace": trace}
            click.echo(render_inquiry(answers, self.case, self.base, self.day), nl=False)
        else:
            words = InquiryText(self.base, self.case, self.lang, self.day)
            said = text(words)
            click.echo(said if trace is None else words.trace(trace), nl=False)

    def goal(self, name: str) -> str:
        """Check the name of a stage or strategy."""
        stages = self.base.stage_model.names
        known = (*stages, *(strategy.id for strategy in self.base.strategies))
        if name not in known:
            near = did_you_mean(name, known)
            raise KamError(
                f'"{shortened(name)}" is neither a stage nor a strategy; it is one of '
                f"{', '.join(known)}.{near}"
            )
        return name

    def finding(self, name: str) -> str:
        """Check the name of a finding."""
        if name not in self.base.findings:
            known = (*self.base.findings, *self.base.stage_model.names)
            raise KamError(
                f'unknown finding or stage "{shortened(name)}".{did_you_mean(name, known)}'
            )
        return name

    def chosen(self, keys: list[Key], name: str, about: str | None) -> list[Key]:
        """Return the *keys* about the entity *about*; all if it is None."""
        if about is None:
            return keys
        found = [key for key in keys if key[2] == about]
        if not found:
            ids = [key[2] for key in keys]
            raise KamError(
                f"{name} is about {', '.join(ids[:8]) or 'nothing in this case'}, "
                f'not "{shortened(about)}".{did_you_mean(about, ids)}'
            )
        return found


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
def why(path: Path, finding: str, about: str | None, trace: str | None, **options: Any) -> None:
    """Explain why a FINDING is concluded: every premise with its value and origin.

    With --trace: which rules fired on the way to it, in which order, and what each asserted: its
    conclusion, then the findings that were settled, the stage, and the strata that opened.
    """
    from kam_expert.engines.assemble import assemble
    from kam_expert.engines.forward_chaining import ForwardChainingEngine
    from kam_expert.engines.inquiry.trace import leading_to
    from kam_expert.engines.inquiry.why import why as explain
    from kam_expert.facts.readings import Readings

    asked = _Inquiry.of(path, options)
    base = asked.base
    settled, fired = ForwardChainingEngine(base).trace(Readings(asked.case, base, asked.day))
    diagnosis = assemble(settled, base)
    if finding in base.stage_model.names:
        if finding != diagnosis.stage.verdict:
            raise KamError(
                f"the stage is {diagnosis.stage.verdict}, not {finding}; "
                f"ask kam why-not {path} {finding}"
            )
        if trace == "chain":
            fired = leading_to([], fired, diagnosis, base, stage=True)
        asked.answer(
            "why", diagnosis.stage, lambda words: words.why_stage(diagnosis),
            fired if trace else None,
        )  # fmt: skip
        return
    asked.finding(finding)
    strategy = () if diagnosis.strategy is None else (diagnosis.strategy.found,)
    found = [f for f in (*diagnosis.findings, *strategy) if f.id == finding]
    if not found:
        raise KamError(f"{finding} is not concluded here; ask kam why-not {path} {finding}")
    if about is not None:
        ids = [f.about.fact or f.about.id for f in found]
        found = [f for f in found if about in (f.about.id, f.about.fact)]
        if not found:
            raise KamError(
                f"{finding} is concluded about {', '.join(ids)}, "
                f'not "{shortened(about)}".{did_you_mean(about, ids)}'
            )
    answers = [explain(one, diagnosis) for one in found]
    if trace == "chain":
        fired = leading_to([(f.id, f.about) for f in found], fired, diagnosis, base)
    asked.answer(
        "why", answers, lambda words: words.why_each(answers, diagnosis), fired if trace else None
    )


@click.command("why-not")
@_case_argument
@click.argument("finding", metavar="FINDING|STAGE|STRATEGY")
@_about_option
@_options
def why_not(path: Path, finding: str, about: str | None, **options: Any) -> None:
    """Explain why a FINDING or STAGE is not concluded: what failed, what is unknown."""
    from kam_expert.engines.inquiry.why_not import stage_not
    from kam_expert.engines.inquiry.why_not import why_not as explain

    asked = _Inquiry.of(path, options)
    day = asked.day.isoformat()
    if finding in asked.base.stage_model.names:
        stage = stage_not(asked.variants(), finding)
        asked.answer("why_not", stage, lambda words: words.stage_not(stage, day))
        return
    asked.finding(finding)
    variants = asked.variants()
    keys = [key for key in variants.now.findings if key[0] == finding]
    keys = asked.chosen(keys, finding, about)
    open_ = [key for key in keys if variants.now.findings[key].working is not True]
    if not open_:
        state = "is concluded" if keys else "is about nothing in this case"
        hint = f"; ask kam why {path} {finding}" if keys else ""
        raise KamError(f"{finding} {state}{hint}")
    answers = [explain(variants, key) for key in open_]
    asked.answer("why_not", answers, lambda words: words.why_not(answers, day))


@click.command("what-if")
@_case_argument
@click.argument("changes", metavar="FACT=VALUE...", nargs=-1, required=True)
@_options
def what_if(path: Path, changes: tuple[str, ...], **options: Any) -> None:
    """Show the effect of changed facts; nothing is saved.

    Write theirs.FACT for the customer's answer, and ID.FACT for a person, member or decision.
    """
    from kam_expert.engines.inquiry.compare import what_if as compared
    from kam_expert.facts.change_text import read_change

    asked = _Inquiry.of(path, options)
    read = {}
    for text in changes:
        slot, value = read_change(text, asked.case, asked.base, asked.day)
        if slot in read:
            raise KamError(f'"{shortened(text)}": {slot.fact} is changed twice')
        read[slot] = value
    answer = compared(asked.variants(), read)
    asked.answer("what_if", answer, lambda words: words.comparison(answer))


@click.command()
@click.argument("old", metavar="OLD", type=click.Path(path_type=Path))
@click.argument("path", metavar="NEW", type=click.Path(path_type=Path))
@click.option("--old-date", metavar="YYYY-MM-DD", help="Date of the older diagnosis.")
@_options
def compare(old: Path, path: Path, old_date: str | None, **options: Any) -> None:
    """Show what changed between two versions of a case, and which facts caused it."""
    from kam_expert.engines.inquiry.compare import compare as compared
    from kam_expert.facts.case_file import read_any_case

    asked = _Inquiry.of(path, options)
    before = day_of(old_date) if old_date else asked.day
    earlier = read_any_case(old, asked.base)
    ids = earlier.account.id, asked.case.account.id
    if ids[0] != ids[1]:
        click.echo(f'{old}, {path}: two accounts, "{ids[0]}" and "{ids[1]}"', err=True)
    answer = compared(earlier, asked.case, asked.base, (before, asked.day))
    asked.answer("compare", answer, lambda words: words.comparison(answer))


@click.command()
@_case_argument
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, help="Questions shown."
)
@_options
def ask(path: Path, top: int, **options: Any) -> None:
    """List the questions to ask next, the most useful first."""
    from kam_expert.engines.inquiry.ask import ask as ranked

    asked = _Inquiry.of(path, options)
    answer = ranked(asked.variants(), top)
    day = asked.day.isoformat()
    asked.answer("ask", answer, lambda words: words.questioning(answer, day))


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
    from kam_expert.engines.inquiry.counterfactual import fragile, strategy_path
    from kam_expert.engines.inquiry.counterfactual import path as found

    asked = _Inquiry.of(path, options)
    stages = asked.base.stage_model.names
    goal = asked.goal(target or asked.case.notes.target_stage or stages[-1])
    variants = asked.variants()
    if asked.base.strategy(goal) is None:
        answer, weak = found(variants, goal), fragile(variants)
    else:
        answer, weak = strategy_path(variants, goal), ()
    day = asked.day.isoformat()
    data = {"to": answer, "fragile": weak}
    asked.answer("path", data, lambda words: words.paths(answer, weak, day))
