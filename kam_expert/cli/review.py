"""``kam review``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    lang_option,
    load_base,
    print_warnings,
    rules_option,
    thresholds_option,
)
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


#: The endings of the files that a review is written to.
_ENDINGS = (".html", ".htm", ".txt", ".json")


@click.command()
@click.argument("path", metavar="CASE", type=click.Path(path_type=Path))
@click.option(
    "--since",
    metavar="DATE|last",
    default="last",
    show_default=True,
    help="Day of the last meeting; last: the last day before today on which something was entered.",
)
@click.option(
    "--store", metavar="URL", help="A database of accounts; CASE is then an account's key."
)
@click.option("--json", "as_json", is_flag=True, help="JSON, with the whole comparison.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File: a page of one sheet (.html), .txt or .json.",
)
@lang_option
@date_option
@thresholds_option
@rules_option
def review(
    path: Path,
    since: str,
    store: str | None,
    as_json: bool,
    output: Path | None,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Show what was promised, what changed, and what the plan now changes.

    The earlier state of a case file is what was known on that day, by the dates in it.
    """
    from kam_expert.app.reviews import last_meeting
    from kam_expert.engines.inquiry.review import review as reviewed
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.outputs.files import write_whole
    from kam_expert.outputs.inquiry_json import render_inquiry
    from kam_expert.outputs.review_page import review_page, review_text
    from kam_expert.outputs.review_words import ReviewWords

    ending = "" if output is None else output.suffix.lower()
    if as_json and output is not None and ending != ".json":
        raise KamError("--json writes to a file that ends in .json, or to standard output")
    if output is not None and ending not in _ENDINGS:
        raise KamError(f"{output}: a review is written as {', '.join(_ENDINGS)}")
    today = day_of(day)
    base = load_base(rules_dir, thresholds)
    if store is None:
        old = new = read_any_case(path, base)
        last = last_meeting(new, since, base, today, str(path))
    else:
        old, new, last = _of_store(store, str(path), since, base, today)
    print_warnings(new, base)
    found = reviewed(old, new, base, (last, today))
    if as_json or ending == ".json":
        text = render_inquiry({"review": found}, new, base, today)
    else:
        words = ReviewWords(found, new, old, base, lang)
        text = review_page(words) if ending in (".html", ".htm") else review_text(words)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_whole(output, text)
        click.echo(str(output), err=True)


def _of_store(
    url: str, key: str, since: str, base: KnowledgeBase, today: date
) -> tuple[Case, Case, date]:
    """Return the account as it was and as it is, and the day of the last meeting."""
    from kam_expert.app.reviews import LAST, day_since
    from kam_expert.store.store import Store

    opened = Store.open(url, base)
    try:
        days = [(entry.at.astimezone().date(), entry.version) for entry in opened.history(key)]
        until = day_since(since, today) or today - timedelta(days=1)
        before = [(day, version) for day, version in days if day <= until]
        if not before:
            raise KamError(f"{key}: there is no version before {days[0][0]}, when it was added")
        last, version = before[-1]
        now = [number for day, number in days if day <= today][-1]
        old, new = opened.state(key, version).case, opened.state(key, now).case
    finally:
        opened.close()
    return old, new, last if since == LAST else until
