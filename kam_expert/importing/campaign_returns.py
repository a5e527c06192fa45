"""Read what returns in a campaign: workbooks of owners, questionnaires of customers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from kam_expert.errors import CaseError, KamError, ProblemsError, did_you_mean, shortened
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.workbook_parts import ONE_ACCOUNT
from kam_expert.importing.campaign_answers import CampaignFacts, ReturnReading
from kam_expert.importing.campaign_sheets import moment, read_owner_workbook, saved_at
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.yaml_reader import Map, read_file
from kam_expert.results.campaign import Returned, ReturnedAnswer

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from kam_expert.results.campaign import Campaign

#: The endings of files that can return.
ENDINGS = (".xlsx", ".json")
_KEYS = ("kam", "campaign", "saved", "declined", "account", "customer")


def digest_of(path: Path, name: str) -> str:
    """Return the digest of a file's content. Raises KamError."""
    try:
        if path.stat().st_size > ONE_ACCOUNT.packed:
            raise KamError(
                f"{name}: {path.stat().st_size / 1e6:.0f} MB is too large, at most "
                f"{ONE_ACCOUNT.packed / 1e6:.0f} MB are read"
            )
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise KamError(f"{name}: cannot be read ({error.strerror or error})") from None


class Taking(NamedTuple):
    """A taking of returned files.

    Attributes:
        facts: What can be answered.
        day: On which the files are taken.
        number: Of the taking, from 1.
    """

    campaign: Campaign
    facts: CampaignFacts
    day: date
    number: int


def read_return(path: Path, name: str, taking: Taking) -> Returned:
    """Read a returned file.

    Args:
        path: The file.
        name: Its name in messages.
        taking: The campaign that it must belong to, and when it is taken.

    Returns:
        The answers, and what could not be read.

    Raises:
        KamError: The file as a whole cannot be read, or belongs to another campaign.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise KamError(f"{name}: {ending or 'a file without an ending'} is no file of a campaign")
    digest = digest_of(path, name)
    saved = saved_at(path) if ending == ".xlsx" else ""
    own_day = parse_date(saved[:10])
    # The clock of another machine may be wrong.
    campaign, facts, taken, number = taking
    day = own_day if own_day and campaign.begun < own_day <= taken else taken
    reading = ReturnReading(name, campaign, facts, taken, day)
    if ending == ".xlsx":
        read_owner_workbook(path, reading)
    else:
        saved = _read_questionnaire(path, reading, facts)
    return Returned(
        digest=digest,
        name=name,
        kind="owner" if ending == ".xlsx" else "customer",
        saved=saved,
        taken=taken,
        number=number,
        answers=tuple(reading.answers.values()),
        declined=tuple(sorted(reading.declined)),
        problems=reading.problems,
    )


def _read_questionnaire(path: Path, reading: ReturnReading, facts: CampaignFacts) -> str:
    """Add the answers of a customer's questionnaire; return when it was saved."""
    name = reading.name
    try:
        node = read_file(path, name)
    except ProblemsError as error:
        raise KamError(str(error.problems[0])) from None
    account = node.get("account") if isinstance(node, Map) else None
    if not isinstance(node, Map) or not isinstance(account, Map):
        raise KamError(f"{name}: is not a questionnaire of a campaign")
    campaign = node.get("campaign")
    if campaign is not None and campaign != reading.campaign.id:
        raise KamError(
            f"{name}: belongs to the campaign {shortened(campaign, 20)}, not to this one"
        )
    identity = str(account.get("id", ""))
    if identity not in reading.campaign.accounts:
        near = did_you_mean(identity, reading.campaign.accounts)
        what = f'no account "{shortened(identity)}" is in this campaign.{near}'
        raise KamError(f"{account.at('id')}: {what}")
    for key in node:
        if key not in _KEYS:
            reading.problem(str(node.at(key)), f'"{shortened(key)}" is no answer of the customer')
    if node.get("declined") in ("yes", True):
        reading.declined.add(identity)
    answers = node.get("customer")
    if answers is not None and not isinstance(answers, Map):
        reading.problem(str(node.at("customer")), '"customer" is a mapping of facts to answers')
        answers = None
    for fact in answers or ():
        assert answers is not None  # noqa: S101 -- else there is nothing to iterate
        _read_answer(answers, fact, account, reading, facts)
    saved = node.get("saved")
    return moment(saved) if isinstance(saved, str) else ""


def _read_answer(
    answers: Map, fact: str, account: Map, reading: ReturnReading, facts: CampaignFacts
) -> None:
    """Add one answer; a mistake in it costs this answer alone."""
    one, of = Map(answers.place), Map(answers.place)
    for node, key, value, place in (
        (of, fact, answers[fact], answers.at(fact)),
        (one, "account", account, answers.place),
        (one, "customer", of, answers.place),
    ):
        node.put(key, value, place, str(value))
    of.raw[fact] = answers.raw.get(fact, "")
    try:
        case = build_case(one, facts.base, answers.place, exact=False)
    except CaseError as error:
        for problem in error.problems:
            reading.problem(str(problem.place), problem.message)
        return
    for given in case.account.theirs.get(fact, ()):
        day = min(given.as_of or reading.day, reading.taken)
        at = str(answers.at(fact)).rpartition(reading.name)[2].lstrip(":")
        reading.add(
            ReturnedAnswer(
                case.account.id,
                fact,
                "theirs",
                value_data(given.value),
                " ".join((given.by or "").split())[:100],
                day,
                at,
            )
        )
