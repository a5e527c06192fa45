"""Campaigns on disk: a folder with what is sent, what came back, and the accounts.

The folder holds ``campaign.json`` (what is asked), ``before/`` (the accounts as they were),
``owners/`` and ``customers/`` (a folder for each recipient), and once something returned
``returned/`` (the files as they came), ``returned.jsonl`` (what they say) and ``cases/`` (the
accounts with the answers). Accounts of a store get the answers in the store instead.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kam_expert.app.campaign_accounts import (
    PAGE,
    accounts_of,
    answers_on_pages,
    erase_in_store,
    record_in_store,
)
from kam_expert.engines.campaign.answers import Voices, with_answers
from kam_expert.engines.campaign.choice import chosen_questions
from kam_expert.engines.campaign.progress import CampaignRules, campaign_status
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.errors import KamError, shortened
from kam_expert.facts.case_file import read_any_case
from kam_expert.facts.case_writer import case_text
from kam_expert.importing.campaign_answers import CampaignFacts
from kam_expert.importing.campaign_returns import ENDINGS, Taking, digest_of, read_return
from kam_expert.importing.source_tables import files_of
from kam_expert.outputs.campaign_letters import (
    QUESTIONNAIRE,
    WORKBOOK,
    customer_letter,
    owner_letter,
)
from kam_expert.outputs.campaign_workbook import owner_workbook
from kam_expert.outputs.files import write_whole
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.results.campaign import (
    AskedAccount,
    Campaign,
    Returned,
    campaign_of,
    returned_of,
    to_data,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.results.campaign import CampaignStatus

_PLAN, _RETURNED = "campaign.json", "returned.jsonl"
_BEFORE, _AFTER, _FILES = "before", "cases", "returned"
_ID = 10


@dataclass(frozen=True)
class CampaignOptions:
    """How a new campaign asks.

    Attributes:
        lang: Of workbooks and questionnaires; letters are in both languages.
        most: The maximum number of questions by ``us`` and ``customer``; the settings’ by default.
        purpose: Of the letters in both languages; the settings’ by default.
        links: Returns the addresses of the customers’ pages for keys of accounts in a store.
    """

    lang: str
    most: dict[str, int] = field(default_factory=dict)
    purpose: str = ""
    links: Callable[[list[str]], dict[str, str]] | None = None


def new_campaign(
    source: str,
    folder: Path,
    rules: CampaignRules,
    day: date,
    options: CampaignOptions,
    questionnaire: Callable[[AskedAccount, str], str],
) -> Campaign:
    """Choose the questions of a campaign and write everything that is to be sent.

    Args:
        source: A folder of cases, or a store.
        folder: A new or empty folder.
        rules: The rule base and the settings of campaigns.
        day: The first day.
        options: How it asks.
        questionnaire: Returns the questionnaire for an account in the campaign with an id.

    Raises:
        KamError: There are no accounts, one cannot be read, or the folder has files.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KamError(f"{folder}: is not empty; a campaign needs a new folder")
    base, settings = rules
    found = accounts_of(source, base)
    if not found:
        raise KamError(f"{source}: has no account to ask about")
    most = settings.most | options.most
    asked: dict[str, AskedAccount] = {}
    cases: dict[str, Case] = {}
    for at, case in found:
        one = case.account
        if one.id in asked:
            raise KamError(
                f'{at}: the account "{shortened(one.id)}" is also in {asked[one.id].source}'
            )
        settlement = settle_case(case, base, day, PlainEngine())
        us, customer = (
            chosen_questions(settlement, base, side, most[side], settings.least[side])
            for side in ("us", "customer")
        )
        asked[one.id] = AskedAccount(one.id, one.name, case.owner, at, us, customer)
        cases[one.id] = case
    if options.links is not None:
        links = options.links([a.source for a in asked.values() if a.customer])
        asked = {key: replace(a, link=links.get(a.source, "")) for key, a in asked.items()}
    purpose = {lang: options.purpose or settings.purpose.get(lang) for lang in LANGUAGES}
    campaign = Campaign(
        id=hashlib.sha256("\n".join([str(day), *sorted(asked), str(folder)]).encode()).hexdigest()[
            :_ID
        ],
        begun=day,
        remind=day + timedelta(settings.remind),
        stop=day + timedelta(settings.stop),
        keep_until=day + timedelta(settings.keep),
        purpose=purpose,
        store="" if Path(source).is_dir() else source,
        rules=base.version,
        accounts=asked,
    )
    with _made_whole(folder) as draft:
        _Sending(draft, campaign, rules, options, questionnaire).write(cases)
    return campaign


@contextmanager
def _made_whole(folder: Path) -> Iterator[Path]:
    """Yield a folder to write into, which becomes *folder* if nothing fails."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name[:60]}.", dir=folder.parent))
    except OSError as error:
        raise KamError(f"{folder}: cannot be made ({error.strerror or error})") from None
    try:
        yield draft
        if folder.exists():
            folder.rmdir()
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError as error:
        raise KamError(f"{folder}: cannot be made ({error.strerror or error})") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@dataclass(frozen=True)
class _Sending:
    """Writes the files of a new campaign."""

    folder: Path
    campaign: Campaign
    rules: CampaignRules
    options: CampaignOptions
    questionnaire: Callable[[AskedAccount, str], str]

    def write(self, cases: dict[str, Case]) -> None:
        campaign = self.campaign
        names = _names(campaign.accounts)
        for key, case in cases.items():
            _write(self.folder / _BEFORE / f"{names[key]}.yaml", case_text(case))
        owners = campaign.owners
        owner_names = _names(owners, "no-owner")
        for owner, accounts in owners.items():
            to = self.folder / "owners" / owner_names[owner]
            book = owner_workbook(campaign, accounts, self.rules.base, self.options.lang)
            _write(to / WORKBOOK, book)
            for lang in LANGUAGES:
                _write(to / f"letter.{lang}.txt", owner_letter(campaign, owner, accounts, lang))
        for account in campaign.accounts.values():
            if account.customer:
                to = self.folder / "customers" / names[account.id]
                _write(to / QUESTIONNAIRE, self.questionnaire(account, campaign.id))
                for lang in LANGUAGES:
                    _write(to / f"letter.{lang}.txt", customer_letter(campaign, account, lang))
        _write(self.folder / _PLAN, _json(to_data(campaign), indent=1))


class CampaignFolder:
    """The folder of a campaign.

    Args:
        folder: As `new_campaign` made it.
        rules: The rule base and the settings of campaigns.

    Raises:
        KamError: It is not such a folder, or its files are damaged.
    """

    def __init__(self, folder: Path, rules: CampaignRules) -> None:
        self.folder = folder
        self._rules = rules
        path = folder / _PLAN
        if not path.is_file():
            raise KamError(f"{folder}: is no folder of a campaign ({_PLAN} is missing)")
        self.campaign = _read(path, lambda text: campaign_of(json.loads(text)))
        path = folder / _RETURNED
        self.returned: list[Returned] = []
        if path.is_file():
            self.returned = _read(
                path, lambda text: [returned_of(json.loads(line)) for line in text.splitlines()]
            )
        self._names = _names(self.campaign.accounts)

    def before(self, account: AskedAccount) -> Case:
        """Return an account as it was when the campaign began. Raises KamError."""
        path = self.folder / _BEFORE / f"{self._names[account.id]}.yaml"
        return read_any_case(path, self._rules.base, account.source)

    def status(self, day: date) -> CampaignStatus:
        """Return the status of the campaign on *day*. Raises KamError."""
        return campaign_status(self.campaign, self.returned, self.before, self._rules, day)

    def take(self, sources: Sequence[Path], day: date) -> tuple[list[Returned], list[str]]:
        """Take what returned: read, keep and apply it.

        Args:
            sources: Files, and folders and zips of them. Answers on the pages of a store are taken
                without any.
            day: The day on which they are taken.

        Returns:
            The new files that were read, and one line for each other file.

        Raises:
            KamError: A source does not exist, or nothing can be written.
        """
        number = max((file.number for file in self.returned), default=0) + 1
        taking = Taking(self.campaign, CampaignFacts(self._rules.base), day, number)
        known = {file.digest: file.name for file in self.returned}
        taken: list[Returned] = []
        refused: list[str] = []
        kept: list[tuple[str, bytes]] = []
        with tempfile.TemporaryDirectory(prefix="kam_") as temporary:
            for path in self._paths(sources, Path(temporary), refused):
                try:
                    digest = digest_of(path, path.name)
                    if digest in known:
                        what = f"the same as {known[digest]}"
                        refused.append(f"{path.name}: was taken already ({what})")
                        continue
                    file = read_return(path, path.name, taking)
                except KamError as error:
                    refused.append(str(error))
                    continue
                known[digest] = path.name
                kept.append((f"{digest}{path.suffix.lower()}", path.read_bytes()))
                taken.append(file)
        if self.campaign.store:
            pages = [f.digest.rpartition(PAGE) for f in self.returned if f.kind == "link"]
            seen = {key: int(version) for key, _, version in pages}
            base = self._rules.base
            taken += answers_on_pages(self.campaign, base, seen, day, number)
        if taken:
            for name, data in kept:
                _write(self.folder / _FILES / name, data)
            self._keep([*self.returned, *taken])
        self._apply()
        return taken, refused

    def is_expired(self, day: date) -> bool:
        """Return whether the day until which the letters say that answers are kept is over."""
        until: date = self.campaign.keep_until
        return day > until

    def erase(self) -> tuple[int, list[str]]:
        """Erase everything that the campaign keeps, its answers in a store included.

        Returns:
            The number of accounts of a store that were changed, and the names of files in the
            folder that the campaign did not write; they stay.

        Raises:
            KamError: Something cannot be erased. The command can be repeated.
        """
        changed = 0
        if self.campaign.store and self.returned:
            changed = erase_in_store(self.campaign, self._rules.base, self.returned)
        try:
            for name in (_FILES, _AFTER, _BEFORE, "owners", "customers"):
                if (self.folder / name).is_dir():
                    shutil.rmtree(self.folder / name)
            # The plan goes last: as long as it is there, the command can be repeated.
            for name in (_RETURNED, _PLAN):
                (self.folder / name).unlink(missing_ok=True)
            left = sorted(path.name for path in self.folder.iterdir())
            if not left:
                self.folder.rmdir()
        except OSError as error:
            raise KamError(f"{self.folder}: cannot be erased ({error.strerror or error})") from None
        return changed, left

    def _paths(self, sources: Iterable[Path], temporary: Path, refused: list[str]) -> list[Path]:
        paths: list[Path] = []
        for number, source in enumerate(sources):
            (temporary / str(number)).mkdir()
            found, others = files_of(source, ENDINGS, temporary / str(number))
            paths += found
            refused += [f"{other}: is no file of a campaign" for other in others]
        return paths

    def _keep(self, returned: list[Returned]) -> None:
        lines = [_json(to_data(file)) for file in returned]
        _write(self.folder / _RETURNED, "".join(f"{line}\n" for line in lines))
        self.returned = returned

    def _apply(self) -> None:
        """Put the answers that count into the accounts."""
        voices = Voices(self.returned, self._rules.base)
        base, settings = self._rules
        if self.campaign.store:
            record_in_store(self.campaign, base, lambda case: voices.edits(case, settings))
            return
        for account in self.campaign.accounts.values():
            case = self.before(account)
            case = with_answers(case, voices.edits(case, settings), base)
            path = self.folder / _AFTER / f"{self._names[account.id]}.yaml"
            text = case_text(case)
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                _write(path, text)


def _names(keys: Iterable[str], otherwise: str = "account") -> dict[str, str]:
    """Return a file name for each key; different keys never have the same one."""
    names: dict[str, str] = {}
    used: set[str] = set()
    for key in keys:
        plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in key)[:60] or otherwise
        name, number = plain, 1
        while name.casefold() in used:
            number += 1
            name = f"{plain}-{number}"
        used.add(name.casefold())
        names[key] = name
    return names


def _write(path: Path, text: str | bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KamError(f"{path.parent}: cannot be made ({error.strerror or error})") from None
    write_whole(path, text)


def _read(path: Path, read: Callable[[str], Any]) -> Any:
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KamError(f"{path}: cannot be read; it was changed or is damaged ({error})") from None


def _json(data: Any, indent: int | None = None) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=indent)
