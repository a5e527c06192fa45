"""``kam serve``: the live session in a browser."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    lang_option,
    load_base,
    load_privacy_of,
    rules_option,
    thresholds_option,
)
from kam_expert.errors import KamError
from kam_expert.extras import needs
from kam_expert.resources import made_data_folder, rules_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import CampaignStatus
    from kam_expert.workshop.workshop import Workshop


@click.command()
@click.argument("cases", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--store",
    "url",
    metavar="FILE|URL",
    help="Database of accounts: an SQLite file or a PostgreSQL URL; "
    "by default a file in your data folder.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on.",
)
@click.option(
    "--name", "names", multiple=True, help="Host name by which others reach this machine."
)
@click.option("--password", is_flag=True, help="Require a password: KAM_PASSWORD, or asked for.")
@click.option(
    "--certificate", type=click.Path(path_type=Path), help="PEM file of the certificate, for HTTPS."
)
@click.option("--private-key", type=click.Path(path_type=Path), help="PEM file of its private key.")
@click.option("--supplier", default="", help="Name of your firm, for the customer’s page.")
@click.option(
    "--public-url",
    metavar="URL",
    help="Address at which a reverse proxy serves it, such as https://kam.example/sales.",
)
@click.option(
    "--trusted-proxy",
    "proxies",
    multiple=True,
    metavar="NETWORK",
    help="Address or network of the proxy; by default this machine.",
)
@click.option(
    "--campaign",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Show the status of this campaign on a page.",
)
@click.option(
    "--workshop",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Show pages on which rules are changed; drafts are saved in this folder.",
)
@click.option(
    "--on",
    "portfolio",
    type=click.Path(path_type=Path),
    help="Portfolio that drafts of the workshop are tried on.",
)
@click.option("--api", is_flag=True, help="Serve the HTTP interface for programs with a token too.")
@click.option(
    "--api-rate",
    type=click.IntRange(1, 100_000),
    default=600,
    show_default=True,
    help="Requests of one program within a minute.",
)
@lang_option
@date_option
@thresholds_option
@rules_option
def serve(
    cases: tuple[Path, ...],
    url: str | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    password: bool,
    certificate: Path | None,
    private_key: Path | None,
    supplier: str,
    public_url: str | None,
    proxies: tuple[str, ...],
    campaign: Path | None,
    workshop: Path | None,
    portfolio: Path | None,
    api: bool,
    api_rate: int,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Serve the live session on this machine; CASES are first added to the database."""
    with needs("live", "kam serve"):
        from kam_expert.web.server import ServerAddress, run
    from kam_expert.facts.case_reader import read_case
    from kam_expert.store.store import Store
    from kam_expert.web.app import make_app
    from kam_expert.web.auth import new_passphrase
    from kam_expert.web.proxy import PublicAddress
    from kam_expert.web.settings import Settings, is_loopback, load_secret

    fixed = day_of(day) if day else None
    base = load_base(rules_dir, thresholds)
    privacy = load_privacy_of(rules_dir, base)
    read = [read_case(path, base) for path in cases]
    if proxies and not public_url:
        raise KamError("--trusted-proxy belongs to --public-url")
    public = PublicAddress.of(public_url, proxies) if public_url else None
    if (certificate is None) != (private_key is None):
        raise KamError("--certificate and --private-key belong together")
    folder = made_data_folder()
    with closing(Store.open(url or str(folder / "accounts.db"), base)) as store:
        has_users = bool(store.users.all())
        _check_login(host, public_url, password=password, has_users=has_users)
        if workshop and (public_url or not is_loopback(host)):
            raise KamError("--workshop is for this machine only; leave out --host and --public-url")
        settings = Settings(
            host=host,
            port=port,
            lang=lang,
            today=lambda: fixed or date.today(),  # noqa: DTZ011 -- the consultant's local date
            secret=load_secret(folder),
            names=frozenset(name.lower() for name in names),
            password=_password() if password else None,
            has_users=has_users,
            supplier=" ".join(supplier.split()),
            passphrase=new_passphrase(),
            public=public,
            api_rate=api_rate if api else None,
            campaign=None if campaign is None else _status(campaign, rules_dir, base),
            workshop=_workshop(workshop, portfolio, rules_dir, base, fixed or day_of(None)),
        )
        if api and not store.programs.all():
            click.echo("No program has a token yet; kam store token add makes one.", err=True)
        if password or has_users:
            click.echo(
                f"If too many wrong passwords lock you out, use {settings.passphrase} as the "
                "password; it works until the server stops.",
                err=True,
            )
        for case in read:
            store.add(case)
        address = ServerAddress(host, port, certificate, private_key)
        run(make_app(store, base, settings, privacy), address, public)


def _check_login(host: str, public_url: str | None, *, password: bool, has_users: bool) -> None:
    """Raise KamError if others could come in without a password, or there would be two kinds."""
    from kam_expert.web.settings import is_loopback

    if has_users and password:
        raise KamError("the store has users with passwords of their own; leave out --password")
    if has_users or password:
        return
    instead = "add --password, or users by kam store user add"
    if not is_loopback(host):
        raise KamError(f"{host} can be reached from other machines; {instead}")
    if public_url:
        raise KamError(f"--public-url lets other machines in; {instead}")


def _status(
    path: Path, rules_dir: Path | None, base: KnowledgeBase
) -> Callable[[date], CampaignStatus]:
    """Return what gives the status of a campaign on a day, computed again if something returned."""
    from kam_expert.cli.campaign import campaign_folder

    campaign_folder(path, rules_dir, base)
    kept: dict[tuple[date, tuple[str, ...]], CampaignStatus] = {}

    def status(day: date) -> CampaignStatus:
        folder = campaign_folder(path, rules_dir, base)
        key = (day, tuple(file.digest for file in folder.returned))
        if key not in kept:
            kept.clear()
            kept[key] = folder.status(day)
        return kept[key]

    return status


def _workshop(
    drafts: Path | None,
    portfolio: Path | None,
    rules_dir: Path | None,
    base: KnowledgeBase,
    day: date,
) -> Workshop | None:
    """Return the workshop; None if nobody asked for it. Raises KamError."""
    if drafts is None:
        if portfolio is not None:
            raise KamError("--on belongs to --workshop")
        return None
    with needs("workshop", "kam serve --workshop"):
        from kam_expert.workshop.impact import Impact
        from kam_expert.workshop.rule_draft import Workbench
        from kam_expert.workshop.workshop import Workshop
    if portfolio is not None and not portfolio.exists():
        raise KamError(f"{portfolio}: no such file or folder")
    impact = None if portfolio is None else Impact(portfolio, base, day)
    return Workshop(Workbench(rules_dir or rules_folder(), base, drafts), impact)


def _password() -> str:
    from kam_expert.cli.store_users import asked_password
    from kam_expert.web.auth import check_length

    given = asked_password("Password for visitors")
    check_length(given)
    return given
