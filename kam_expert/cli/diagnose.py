"""``kam diagnose``: one report for each case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    edition_option,
    lang_option,
    load_base,
    load_privacy_of,
    print_warnings,
    rules_option,
    thresholds_option,
)
from kam_expert.errors import KamError, shortened
from kam_expert.knowledge.audience import Edition

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy

_ENDINGS = {"html": ".html", "json": ".json", "text": ".txt", "pdf": ".pdf"}


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File; a folder for several cases."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_ENDINGS)),
    help="Default: by the suffix of the output, else text.",
)
@click.option(
    "--pdf", type=click.Path(path_type=Path), help="Write a PDF as well; needs kam-expert[pdf]."
)
@edition_option
@click.option(
    "--names",
    metavar="ID,ID…",
    help="People who may be named in an edition for others; the rest appear as roles.",
)
@click.option("--reviewed-by", metavar="NAME, DATE", help="Second reader of an edition for others.")
@click.option("--theme", type=click.Path(path_type=Path), help="File with the theme of your firm.")
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    help="Folder of templates that replace those of the same name.",
)
@lang_option
@date_option
@thresholds_option
@rules_option
def diagnose(
    cases: tuple[Path, ...],
    output: Path | None,
    form: str | None,
    pdf: Path | None,
    edition: Edition,
    names: str | None,
    reviewed_by: str | None,
    theme: Path | None,
    templates: Path | None,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Diagnose accounts: one CASE file each, YAML or JSON; one report each."""
    from kam_expert.app.edition_maker import EditionMaker
    from kam_expert.app.report import Report
    from kam_expert.engines.forward_chaining import engine_of
    from kam_expert.outputs.files import write_whole
    from kam_expert.outputs.theme import PLAIN, read_theme

    when = day_of(day)
    edition = Edition(edition)
    inside = edition is Edition.CONSULTANT
    if output is not None and not output.is_dir():
        _not_over_a_case([output], cases)
    form = form or _form_of(output)
    if pdf is not None and pdf.suffix.lower() != ".pdf":
        raise KamError(f"{pdf}: --pdf writes a file that ends in .pdf")
    if pdf is not None and len(cases) > 1:
        raise KamError("--pdf takes one case; for several use --format pdf -o FOLDER")
    if inside and (names or reviewed_by):
        raise KamError("--names and --reviewed-by belong to --edition client or customer")
    if form == "pdf" and output is None:
        raise KamError("a PDF needs -o FILE.pdf")
    chosen = read_theme(theme) if theme else PLAIN
    if not inside and chosen.second_reader and not reviewed_by:
        raise KamError(
            f"{theme}: requires a second reader for the {edition} edition; "
            'give --reviewed-by "NAME, DATE"'
        )
    targets = _targets(cases, output, form)
    base = load_base(rules_dir, thresholds)
    privacy = load_privacy_of(rules_dir, base)
    read = _read(cases, base)
    _warn_of_words(cases, read, privacy, lang)
    if not inside:
        targets = _named_by_account(read, output, targets, edition)
    maker = EditionMaker(
        base,
        when,
        engine_of(base),
        privacy,
        edition,
        names=() if names in (None, "roles") else tuple(_split(names or "")),
        reviewed_by=(reviewed_by or "").strip(),
    )
    for case, target in zip(read, targets, strict=True):
        report = Report.of(case, maker, lang, chosen, templates)
        wanted = [(target, form)] if pdf is None or output else []
        for path, kind in (*wanted, *([(pdf, "pdf")] if pdf else [])):
            if path is None:
                click.echo(report.text(kind), nl=False)
            else:
                write_whole(path, report.pdf() if kind == "pdf" else report.text(kind))
                click.echo(str(path), err=True)


def _read(cases: tuple[Path, ...], base: KnowledgeBase) -> list[Case]:
    from kam_expert.facts.case_file import read_any_case

    read = []
    problems = []
    for path in cases:
        try:
            read.append(read_any_case(path, base))
        except KamError as error:
            problems.append(str(error))
    if problems:
        # One invalid case stops the batch, so that its reports are never incomplete.
        raise KamError("\n".join(problems))
    for case in read:
        print_warnings(case, base)
    return read


def _warn_of_words(cases: tuple[Path, ...], read: list[Case], privacy: Privacy, lang: str) -> None:
    from kam_expert.facts.denylist import sensitive_terms

    for path, case in zip(cases, read, strict=True):
        for found in sensitive_terms(case, privacy):
            topic = privacy.denylist[found.topic][0].get(lang)
            click.echo(
                f'{path}: {found.where}: "{found.word}" ({topic}) has no place in a note; '
                "write what was done or said",
                err=True,
            )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _form_of(output: Path | None) -> str:
    endings = {".html": "html", ".htm": "html", ".json": "json", ".txt": "text", ".pdf": "pdf"}
    if output is None:
        return "text"
    ending = output.suffix.lower()
    if ending and ending not in endings and not output.is_dir():
        raise KamError(
            f"{output}: a report is written as {', '.join(endings)}, not as {shortened(ending)}"
        )
    return endings.get(ending, "html")


def _targets(cases: tuple[Path, ...], output: Path | None, form: str) -> list[Path | None]:
    if output is None:
        if len(cases) > 1 and form != "text":
            raise KamError(f"several cases as {form} need -o FOLDER")
        return [None] * len(cases)
    if len(cases) == 1 and not output.is_dir():
        return _not_over_a_case([output], cases)
    if not output.is_dir():
        raise KamError(f"{output}: no such folder; several cases need an existing folder")
    targets: list[Path | None] = [output / f"{path.stem}{_ENDINGS[form]}" for path in cases]
    if len(set(targets)) < len(targets):
        raise KamError("two cases have the same file name and would overwrite each other's report")
    return _not_over_a_case(targets, cases)


def _named_by_account(
    read: list[Case], output: Path | None, targets: list[Path | None], edition: Edition
) -> list[Path | None]:
    """Return file names by account, because the name of a case file may name a person."""
    if output is None or not output.is_dir():
        return targets
    named: list[Path | None] = []
    for case, target in zip(read, targets, strict=True):
        clean = "".join(c if c.isalnum() or c in "-_" else "-" for c in case.account.id)
        named.append(output / f"{clean}.{edition}{target.suffix if target else ''}")
    if len(set(named)) < len(named):
        raise KamError("two accounts have the same id and would overwrite each other's report")
    return named


def _not_over_a_case(targets: list[Path | None], cases: tuple[Path, ...]) -> list[Path | None]:
    sources = {path.resolve() for path in cases}
    for target in targets:
        if target is not None and target.resolve() in sources:
            raise KamError(f"{target}: is a case itself; the report would overwrite it")
    return targets
