"""How a campaign asks: ``rules/campaign.yaml``, read and checked. No rule reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Place, Problem, RuleBaseError, did_you_mean
from kam_expert.knowledge.documents import Chosen, Doc, Text, parse
from kam_expert.knowledge.yaml_reader import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

_FILE = "campaign.yaml"


class SidesDoc(Doc):
    """A number for each side that is asked."""

    us: Chosen
    customer: Chosen


class DaysDoc(Doc):
    """Days from the first day of a campaign: to remind, to stop asking, to keep the answers."""

    remind: Chosen
    stop: Chosen
    keep: Chosen


class ApartDoc(Doc):
    """The distances from which two answers to one question are far apart.

    Attributes:
        steps: Of an ordered fact, of scores and counts.
        percent: Points of a percentage.
        times: The ratio of other numbers.
    """

    steps: Chosen
    percent: Chosen
    times: Chosen


class CampaignDoc(Doc):
    """``campaign.yaml``."""

    purpose: Text
    most: SidesDoc
    least: SidesDoc
    days: DaysDoc
    apart: ApartDoc
    voices: str | None = None


@dataclass(frozen=True)
class Apart:
    """From which distance two answers are far apart; see `ApartDoc`."""

    steps: float
    percent: float
    times: float


@dataclass(frozen=True)
class CampaignSettings:
    """The content of ``campaign.yaml``.

    Attributes:
        purpose: What the letters say the answers are for.
        most: The maximum number of questions, by ``us`` and ``customer``.
        least: What a question must settle to be asked, likewise.
        remind, stop, keep: Days from the first day of a campaign.
        voices: The fact that counts the questions on which people of the customer disagree; None
            if the rule base has none.
    """

    purpose: Text
    most: dict[str, int]
    least: dict[str, float]
    remind: int
    stop: int
    keep: int
    apart: Apart
    voices: str | None


def load_campaign_settings(folder: Path, base: KnowledgeBase) -> CampaignSettings:
    """Read ``campaign.yaml`` of a rule base.

    Args:
        folder: The folder of the rule base.
        base: The rule base, to check the name of the fact in the file.

    Raises:
        KamError: The file is missing.
        RuleBaseError: All problems with their places.
    """
    shown = f"{folder.name}/{_FILE}"
    if not (folder / _FILE).is_file():
        raise KamError(f"{folder}: this rule base has no {_FILE}, so it has no campaigns")
    node = read_file(folder / _FILE, shown)
    doc, problems = parse(CampaignDoc, node, Place(shown, 1, 1))
    if doc is None:
        raise RuleBaseError(problems)
    fact = base.facts.get(doc.voices or "")
    if doc.voices is not None and (fact is None or fact.kind != "account" or not fact.is_number):
        near = did_you_mean(doc.voices, base.facts)
        what = f'"{doc.voices}" is no fact of the account that counts.{near}'
        raise RuleBaseError([Problem(node.at("voices"), what)])
    return CampaignSettings(
        purpose=doc.purpose,
        most={"us": int(doc.most.us.value), "customer": int(doc.most.customer.value)},
        least={"us": doc.least.us.value, "customer": doc.least.customer.value},
        remind=int(doc.days.remind.value),
        stop=int(doc.days.stop.value),
        keep=int(doc.days.keep.value),
        apart=Apart(doc.apart.steps.value, doc.apart.percent.value, doc.apart.times.value),
        voices=doc.voices,
    )
