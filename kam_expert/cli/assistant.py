"""``kam mcp`` and ``kam inbox``: facts that an assistant proposes from notes."""

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
)
from kam_expert.cli.people import privacy_of
from kam_expert.cli.store_database import check_exists
from kam_expert.errors import KamError
from kam_expert.extras import needs

if TYPE_CHECKING:
    from kam_expert.app.inbox import Inbox
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.knowledge.privacy import Privacy

#: How every SQLite file begins.
_SQLITE = b"SQLite format 3\0"
_case = click.argument("path", metavar="CASE", type=click.Path(path_type=Path))


@click.command("mcp")
@click.argument("served", metavar="CASE|STORE")
@click.option(
    "--notes",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Note (.txt, .md), or folder of notes, that the assistant may read; repeatable.",
)
@date_option
@rules_option
def mcp_(served: str, notes: tuple[Path, ...], day: str | None, rules_dir: Path | None) -> None:
    """Serve a case, or the accounts of a store, to an assistant over standard input and output.

    The protocol is the Model Context Protocol. STORE is an SQLite file or a URL. What the assistant
    proposes waits in the inbox of the case (see kam inbox) or of the account (see kam serve).
    """
    with needs("mcp", "kam mcp"):
        from kam_expert.assistant.protocol import make_server
    from kam_expert.app.account_tools import AccountTools, StoreTools, read_notes
    from kam_expert.app.inbox import FileLog, Inbox
    from kam_expert.facts.case_file import read_any_case

    fixed = day_of(day) if day else None

    def today() -> date:
        return fixed or date.today()  # noqa: DTZ011 -- the consultant's local date

    base = load_base(rules_dir)
    privacy = load_privacy_of(rules_dir, base)
    handed = read_notes(notes)
    if _is_store(served):
        check_exists(served)
        with needs("live", "kam mcp of a store"):
            from kam_expert.store.store import Store

        with closing(Store.open(served, base)) as store:
            make_server(StoreTools(store, privacy, today, handed)).run("stdio")
        return
    path = Path(served)
    read_any_case(path, base)
    inbox = Inbox(FileLog.next_to(path), privacy)
    tools = AccountTools(lambda: read_any_case(path, base), privacy, today, inbox, handed)
    make_server(tools).run("stdio")


def _is_store(served: str) -> bool:
    """Return whether the argument names a database; otherwise it names a case."""
    if "://" in served:
        return True
    path = Path(served)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


@click.group("inbox")
def inbox_group() -> None:
    """Show and decide what an assistant proposed about a case. No rule reads it before that."""


@inbox_group.command("list")
@_case
@click.option("--all", "everything", is_flag=True, help="Show what was decided, too.")
@lang_option
@date_option
@rules_option
def list_(path: Path, everything: bool, lang: str, day: str | None, rules_dir: Path | None) -> None:
    """List the open proposals, each with its quotation and what it contradicts."""
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.outputs.proposal_words import ProposalWords

    privacy = privacy_of(rules_dir)
    words = ProposalWords(privacy.base, read_any_case(path, privacy.base), lang, day_of(day))
    found = _inbox(path, privacy).proposals()
    shown = tuple(one for one in found if everything or one.status == "open")
    click.echo(words.listed(shown), nl=False)


@inbox_group.command()
@_case
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--value", help="Another value than the proposed one; for one ID.")
@click.option("--by", default="", help="Who accepts it.")
@date_option
@rules_option
def accept(
    path: Path,
    ids: tuple[str, ...],
    value: str | None,
    by: str,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Write proposals into the case, with note and quotation as their origin."""
    from kam_expert.facts.edit_apply import apply_edit
    from kam_expert.terminal.session_file import SessionFile

    if value is not None and len(ids) > 1:
        raise KamError("--value is for one proposal")
    today, privacy = day_of(day), privacy_of(rules_dir)
    file, inbox = SessionFile(path), _inbox(path, privacy)
    case = file.read(privacy.base)
    accepted: list[ProposedAnswer] = []
    for identity in dict.fromkeys(ids):
        found = inbox.open(identity)
        if value is not None:
            found = inbox.changed(identity, value, case, today)
        case = apply_edit(case, found.edit, privacy.base)
        accepted.append(found)
    file.save(case)
    for found in accepted:
        inbox.decide(found, "accepted", by)
    click.echo(f"{len(accepted)} accepted: {path}", err=True)


@inbox_group.command()
@_case
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--by", default="", help="Who refuses it.")
@rules_option
def refuse(path: Path, ids: tuple[str, ...], by: str, rules_dir: Path | None) -> None:
    """Refuse proposals; they stay in the inbox as refused."""
    inbox = _inbox(path, privacy_of(rules_dir))
    refused = [inbox.open(identity) for identity in dict.fromkeys(ids)]
    for found in refused:
        inbox.decide(found, "refused", by)
    click.echo(f"{len(refused)} refused", err=True)


def _inbox(path: Path, privacy: Privacy) -> Inbox:
    from kam_expert.app.inbox import FileLog, Inbox

    return Inbox(FileLog.next_to(path), privacy)
