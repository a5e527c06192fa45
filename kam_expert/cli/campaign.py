"""``kam campaign``: asks many people about many accounts, and takes back what returns."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import (
    EXIT_FOUND,
    date_option,
    day_of,
    lang_option,
    load_base,
    rules_option,
)
from kam_expert.errors import KamError, shortened
from kam_expert.extras import needs
from kam_expert.resources import made_data_folder, rules_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.app.campaign_folder import CampaignFolder
    from kam_expert.engines.campaign.progress import CampaignRules
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import AskedAccount


def _rules(rules_dir: Path | None, base: KnowledgeBase | None = None) -> CampaignRules:
    from kam_expert.engines.campaign.progress import CampaignRules
    from kam_expert.knowledge.campaign_settings import load_campaign_settings

    base = base or load_base(rules_dir)
    return CampaignRules(base, load_campaign_settings(rules_dir or rules_folder(), base))


def campaign_folder(
    path: Path, rules_dir: Path | None, base: KnowledgeBase | None = None
) -> CampaignFolder:
    """Return the campaign in the folder at *path*. Raises KamError."""
    from kam_expert.app.campaign_folder import CampaignFolder

    return CampaignFolder(path, _rules(rules_dir, base))


@click.group("campaign")
def campaign_group() -> None:
    """Ask owners and customers about many accounts."""


@campaign_group.command()
@click.argument("accounts")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="New folder of the campaign.",
)
@click.option(
    "--owner-questions", type=click.IntRange(0, 40), help="The maximum for an owner and account."
)
@click.option(
    "--customer-questions", type=click.IntRange(0, 40), help="The maximum for a customer."
)
@click.option("--purpose", metavar="TEXT", help="What the letters say the answers are for.")
@click.option(
    "--url",
    metavar="https://…",
    help="Public address of `kam serve` on the same store: letters then have a link.",
)
@lang_option
@date_option
@rules_option
def new(
    accounts: str,
    output: Path,
    owner_questions: int | None,
    customer_questions: int | None,
    purpose: str | None,
    url: str | None,
    lang: str,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Choose questions and write workbooks, questionnaires and letters.

    ACCOUNTS is a folder of case files or a store. Nothing is sent.
    """
    from kam_expert.app.campaign_folder import CampaignOptions, new_campaign
    from kam_expert.web.questionnaire import questionnaire_text

    rules, when = _rules(rules_dir), day_of(day)
    given = {"us": owner_questions, "customer": customer_questions}

    def questionnaire(account: AskedAccount, campaign: str) -> str:
        of = (account.id, account.name)
        return questionnaire_text(of, rules.base, lang, when, (campaign, account.customer))

    options = CampaignOptions(
        lang=lang,
        most={side: most for side, most in given.items() if most is not None},
        purpose=" ".join((purpose or "").split()),
        links=None if url is None else _links(accounts, url, rules, when),
    )
    made = new_campaign(accounts, output, rules, when, options, questionnaire)
    asked = made.accounts.values()
    owners, customers = {a.owner for a in asked if a.us}, [a for a in asked if a.customer]
    click.echo(
        f"{len(asked)} accounts: {sum(len(a.us) for a in asked)} questions to {len(owners)} "
        f"owners, {sum(len(a.customer) for a in customers)} to {len(customers)} customers",
        err=True,
    )
    click.echo(f"{output}: send what is in owners/ and customers/", err=True)


def _links(
    store: str, url: str, rules: CampaignRules, when: date
) -> Callable[[list[str]], dict[str, str]]:
    """Return what gives the customer a link to each account of a store."""
    if Path(store).is_dir():
        raise KamError("--url belongs to a store of accounts; a folder has no pages")
    if not url.startswith(("https://", "http://")):
        raise KamError(f"--url takes https://…, not {shortened(url)}")
    with needs("live", "--url"):
        from kam_expert.web.customer_links import link_path
        from kam_expert.web.settings import load_secret
    from kam_expert.store.store import Store

    last = datetime.combine(when + timedelta(rules.settings.stop + 1), time.min).astimezone()

    def links(keys: list[str]) -> dict[str, str]:
        secret, opened = load_secret(made_data_folder()), Store.open(store, rules.base)
        try:
            given = {key: opened.give_link(key, last) for key in keys}
        finally:
            opened.close()
        return {key: url.rstrip("/") + link_path(secret, key, one) for key, one in given.items()}

    return links


@campaign_group.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@date_option
@rules_option
def take(folder: Path, files: tuple[Path, ...], day: str | None, rules_dir: Path | None) -> None:
    """Take back what returned: FILES, folders and zips of them."""
    taken, refused = campaign_folder(folder, rules_dir).take(files, day_of(day))
    answers = sum(len(file.answers) for file in taken)
    click.echo(f"{len(taken)} files taken with {answers} answers", err=True)
    problems = [problem for file in taken for problem in file.problems]
    for line in (*refused, *problems):
        click.echo(line, err=True)
    if refused or problems:
        raise SystemExit(EXIT_FOUND)


@campaign_group.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@lang_option
@date_option
@rules_option
def status(folder: Path, form: str, lang: str, day: str | None, rules_dir: Path | None) -> None:
    """Show who answered, what it settled, whom to remind and whom to stop asking."""
    from kam_expert.outputs.campaign_text import campaign_text

    base = load_base(rules_dir)
    found = campaign_folder(folder, rules_dir, base).status(day_of(day))
    if form == "json":
        from kam_expert.outputs.campaign_json import campaign_json

        click.echo(campaign_json(found), nl=False)
    else:
        click.echo(campaign_text(found, base, lang), nl=False)


@campaign_group.command()
@click.argument("folders", metavar="DIR…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@date_option
@rules_option
def expire(folders: tuple[Path, ...], yes: bool, day: str | None, rules_dir: Path | None) -> None:
    """Erase campaigns whose letters said that answers are kept until a day that is over.

    The folder goes, and in a store every answer that the campaign brought, in all versions.
    """
    when, base = day_of(day), load_base(rules_dir)
    for path in folders:
        folder = campaign_folder(path, rules_dir, base)
        until = folder.campaign.keep_until
        if not folder.is_expired(when):
            click.echo(f"{path}: kept until {until}", err=True)
            continue
        answers = sum(len(file.answers) for file in folder.returned)
        text = f"{path}: was to be kept until {until}, answers: {answers}"
        if not yes and not click.confirm(f"{text}. Erase?", err=True):
            continue
        changed, left = folder.erase()
        where = f", in {changed} accounts of {folder.campaign.store} too" if changed else ""
        click.echo(f"{path}: erased{where}", err=True)
        if left:
            click.echo(f"{path}: not of the campaign, left: {', '.join(left)}", err=True)
