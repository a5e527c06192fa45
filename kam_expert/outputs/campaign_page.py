"""The status of a campaign as pages show it: in the portfolio and in the live session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.outputs.campaign_words import change, next_of, next_words, sentences
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import CampaignStatus

#: The maximum number of findings that are shown.
_FINDINGS = 10


@dataclass(frozen=True)
class AskedRow:
    """An owner or a customer who was asked: the answers, the questions, what to do next."""

    name: str
    answered: int
    asked: int
    next: str


class CampaignPage:
    """What pages show of a campaign.

    Attributes:
        sentences: The figures in words.
        owners, customers: Who was asked, those to remind first.
        findings: Findings that became likely, each with the number of accounts.
    """

    def __init__(self, status: CampaignStatus, base: KnowledgeBase, lang: str) -> None:
        self.status = status
        self.sentences = sentences(status, lang)
        words, _ = next_words(lang), translator(lang).gettext
        rows = []
        for owner, progress in status.owners.items():
            done = sum(len(set(row.asked) & set(row.answered)) for row in progress)
            word = next_of(progress)
            asked = sum(len(row.asked) for row in progress)
            rows.append((word, AskedRow(owner or _("no owner"), done, asked, words[word])))
        self.owners = _in_order(rows)
        rows = []
        for account, row in status.progress("customer"):
            done = len(set(row.asked) & set(row.answered))
            why = f" ({words[row.why]})" if row.why else ""
            text = f"{words[row.next]}{why}"
            rows.append((row.next, AskedRow(account.name, done, len(row.asked), text)))
        self.customers = _in_order(rows)
        names = list(change(status).findings.items())[:_FINDINGS]
        self.findings = [(base.findings[name].name.get(lang), count) for name, count in names]


def _in_order(rows: list[tuple[str, AskedRow]]) -> list[AskedRow]:
    first = {"remind": 0, "wait": 1}
    return [row for word, row in sorted(rows, key=lambda one: (first.get(one[0], 2), one[1].name))]
