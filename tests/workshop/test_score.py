"""The cases of the shipped rules notice nearly every change of a rule, and go on to do so."""

from __future__ import annotations

from kam_expert.resources import rules_folder
from kam_expert.workshop.sources import RuleSources
from kam_expert.workshop.trial import Score, Trial
from tests.shipped import shipped_base

#: The share that must not fall, in per cent; a new rule needs cases at its borders.
LEAST = 98


def test_the_cases_notice_nearly_every_change_of_a_rule() -> None:
    trial, score = Trial(RuleSources(rules_folder(), shipped_base())), Score()

    survivors = [str(mutant) for mutant, _ in trial.run(trial.sources.rules, score)]

    noticed = 100 * score.noticed.total() / (score.tried.total() - score.equivalent.total())
    assert noticed >= LEAST, "\n".join(survivors)
