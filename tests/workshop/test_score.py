"""The cases of the shipped rules notice every change of a rule that some account could tell."""

from __future__ import annotations

import pytest

from kam_expert.resources import rules_folder
from kam_expert.workshop.sources import RuleSources
from kam_expert.workshop.trial import Score, Trial
from tests.shipped import shipped_base

#: Changes that no case notices and no proof covers, with the reason why no account can tell them.
NO_ACCOUNT_CAN_TELL = {
    "customer_ratings_of_trust_fall: “establishes” in place of “suggests”": (
        "it holds only for a known rating of two or less, and customer_rates_trust_low establishes"
        " the finding for every such rating"
    ),
    "share_of_spend_fell: “share_of_wallet_pct: {trend: flat}” in place of"
    " “theirs.share_of_wallet_pct: {trend: flat}”": (
        "where the customer gave no figure, the figures are ours, and ours fell"
    ),
    "share_of_spend_fell: “share_of_wallet_pct: {trend: rising}” in place of"
    " “theirs.share_of_wallet_pct: {trend: rising}”": (
        "where the customer gave no figure, the figures are ours, and ours fell"
    ),
    "loss_survivable_yet_no_other_tie: “main_contact_loss_survivable: yes” in place of"
    " “theirs.main_contact_loss_survivable: yes”": (
        "where the customer did not answer, the answer is ours, which the other part asks for"
    ),
    "trust_just_measured: “at_least: 0” in place of “at_least: 1”": (
        "the scale begins with one; the test asks whether there are two ratings"
    ),
}


@pytest.mark.parametrize(
    "everything", [False, pytest.param(True, marks=pytest.mark.long)], ids=["rules", "all"]
)
def test_the_cases_notice_every_change_that_an_account_can_tell(*, everything: bool) -> None:
    trial, score = Trial(RuleSources(rules_folder(), shipped_base())), Score()
    tried = list(trial.written()) if everything else trial.sources.rules
    names = {written.name for written in tried}

    survivors = {f"{m.written.name}: {m}" for m, _ in trial.run(tried, score)}

    assert score.tried.total() > 2000
    assert survivors == {s for s in NO_ACCOUNT_CAN_TELL if s.partition(":")[0] in names}
