"""The status of a campaign: who answered, what it settled, whom to remind, when to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kam_expert.engines.campaign.answers import Voices, together, with_answers
from kam_expert.engines.campaign.choice import still_open
from kam_expert.engines.questions import open_questions
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.distance import distance
from kam_expert.facts.edit_data import value_data
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.results.campaign import (
    AccountEffect,
    AccountStatus,
    CampaignStatus,
    Prediction,
    SideProgress,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from kam_expert.engines.settling import Settlement
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.campaign_settings import CampaignSettings
    from kam_expert.results.campaign import AskedAccount, Campaign, Returned


class CampaignRules(NamedTuple):
    """What a campaign is judged by."""

    base: KnowledgeBase
    settings: CampaignSettings


def campaign_status(
    campaign: Campaign,
    returned: Sequence[Returned],
    before: Callable[[AskedAccount], Case],
    rules: CampaignRules,
    day: date,
) -> CampaignStatus:
    """Return the status of *campaign* on *day*.

    Args:
        campaign: What was asked.
        returned: The returned files.
        before: Returns an account as it was when the campaign began.
        rules: The rule base and the settings of campaigns.
        day: The day.
    """
    status = _Status(campaign, returned, rules, day)
    accounts = tuple(
        status.of(account, before)
        for account in campaign.accounts.values()
        if account.us or account.customer
    )
    return CampaignStatus(campaign, day, accounts, tuple(returned))


class _Status:
    def __init__(
        self, campaign: Campaign, returned: Sequence[Returned], rules: CampaignRules, day: date
    ) -> None:
        self._campaign = campaign
        self._base, self._settings = rules
        self._day = day
        self._voices = Voices(returned, self._base)
        self._declined = {account for file in returned for account in file.declined}

    def of(self, account: AskedAccount, before: Callable[[AskedAccount], Case]) -> AccountStatus:
        """Return the status of one account."""
        voices = self._voices
        answered = [voices.facts(account.id, side) for side in ("ours", "theirs")]
        settled, after = None, None
        if any(answered):
            case = before(account)
            edits = voices.edits(case, self._settings)
            changed = with_answers(case, edits, self._base)
            first, after = (self._settle(one) for one in (case, changed))
            settled = self._settled(first, after)
        return AccountStatus(
            account,
            self._progress(account, "us", after),
            self._progress(account, "customer", after),
            settled,
            voices.disagree(account.id, self._settings.apart),
            tuple(self._predictions(account)),
        )

    def _settle(self, case: Case) -> Settlement:
        return settle_case(case, self._base, self._day, PlainEngine())

    def _settled(self, before: Settlement, after: Settlement) -> AccountEffect:
        likely = [
            {key[0] for key, one in s.findings.items() if at_least_likely(one.status)}
            for s in (before, after)
        ]
        hidden = {*self._base.strategy_conditions, *self._base.strategy_findings}
        shown = [names - hidden for names in likely]
        return AccountEffect(
            stage=(before.verdict, after.verdict),
            strategy=(self._strategy(likely[0]), self._strategy(likely[1])),
            firm=tuple(sum(f.firm for f in s.findings.values()) for s in (before, after)),  # type: ignore[arg-type]
            questions=tuple(len(open_questions(s, self._base)) for s in (before, after)),  # type: ignore[arg-type]
            findings=tuple(sorted(shown[1] - shown[0])),
            gone=tuple(sorted(shown[0] - shown[1])),
        )

    def _strategy(self, likely: set[str]) -> str | None:
        """Return the strategy that the rules give, by the findings that are at least likely."""
        return next((s.id for s in self._base.strategies if s.id in likely), None)

    def _progress(
        self, account: AskedAccount, asked_of: str, after: Settlement | None
    ) -> SideProgress:
        ours = asked_of == "us"
        side = "ours" if ours else "theirs"
        asked = account.us if ours else account.customer
        answered = self._voices.facts(account.id, side)
        left = [fact for fact in asked if fact not in answered]
        useful = frozenset(left) if after is None else still_open(after, self._base, asked_of)
        still = tuple(fact for fact in left if fact in useful)
        people = {
            voice.answer.by
            for fact in answered
            for voice in self._voices.of(account.id, fact, side)
        }
        done, why = "", ""
        if asked and not left:
            done = "done"
        elif not ours and account.id in self._declined:
            done, why = "stop", "declined"
        elif asked and not still:
            done, why = "stop", "settled"
        elif self._day > self._campaign.stop:
            done, why = "stop", "too_late"
        else:
            done = "remind" if self._day >= self._campaign.remind else "wait"
        return SideProgress(asked, answered, still, done, why, tuple(sorted(people - {""})))

    def _predictions(self, account: AskedAccount) -> Iterator[Prediction]:
        for fact in self._voices.facts(account.id, "predicted"):
            (expected,) = self._voices.of(account.id, fact, "predicted")
            if expected.value is UNKNOWN:
                continue
            said = self._voices.of(account.id, fact, "theirs")
            value = together([voice.value for voice in said if voice.value is not UNKNOWN])
            late = any(voice.number < expected.number for voice in said)
            apart = distance(self._base.facts[fact], expected.value, value)
            yield Prediction(
                account.id, fact, value_data(expected.value), value_data(value), apart, late
            )
