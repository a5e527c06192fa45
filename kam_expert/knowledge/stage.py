"""The stage of a relationship: the count of features, and the stages that are still possible.

The limits are data (``stages.yaml``). Nothing here names a stage or a feature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.knowledge.documents import Text
    from kam_expert.knowledge.values import Truth

UNDETERMINED = "undetermined"


def truth_of_stage(possible: frozenset[str], names: frozenset[str]) -> Truth:
    """Return whether the stage is one of *names* when it is one of the *possible* ones."""
    if possible <= names:
        return True
    return None if possible & names else False


def truth_of_verdict(
    verdict: str, possible: frozenset[str], names: frozenset[str], *, strict: bool
) -> Truth:
    """Return whether *verdict* is one of *names*.

    In the strict reading it is unknown while it could become so, or cease to be.
    """
    named = verdict in names
    sure = possible <= names if named else not possible & names
    return named if sure or not strict else None


@dataclass(frozen=True)
class Stage:
    """One stage: its features, the number that reaches it, and its vetoes.

    Attributes:
        name: Its name in the rule base.
        group: The group of findings that are its features.
        features: Those findings, in order.
        share: The stage is reached when more than this share of the features is likely.
        vetoes: Findings that exclude the verdict although the stage is reached.
    """

    name: str
    group: str
    features: tuple[str, ...]
    share: float
    vetoes: tuple[str, ...]
    title: Text
    says: Text

    @property
    def needed(self) -> int:
        """Return the number of features that makes the stage reached."""
        return math.floor(self.share * len(self.features)) + 1


@dataclass(frozen=True)
class StageModel:
    """The stages, the verdict for several or none of them, and when there is no verdict.

    Attributes:
        stages: In order from loose to close.
        between: The verdict when both or neither is reached, or a veto is true.
        contact_facts: If none of these is known, there is no verdict.
        settled_share: Below this share of settled features there is no verdict, unless reached.
        leaning_from: The minimum of settled features for a leaning.
    """

    stages: tuple[Stage, ...]
    between: str
    between_title: Text
    between_says: Text
    undetermined_title: Text
    undetermined_says: Text
    contact_facts: tuple[str, ...]
    settled_share: float
    leaning_from: int

    @property
    def names(self) -> tuple[str, ...]:
        """Return the stages that a condition can ask for, in order."""
        return (self.stages[0].name, self.between, *(stage.name for stage in self.stages[1:]))

    @property
    def features(self) -> tuple[str, ...]:
        """Return all features of all stages."""
        return tuple(name for stage in self.stages for name in stage.features)

    @property
    def vetoes(self) -> tuple[str, ...]:
        """Return the distinct vetoes."""
        return tuple(dict.fromkeys(name for stage in self.stages for name in stage.vetoes))

    @property
    def findings_read(self) -> tuple[str, ...]:
        """Return the findings that must be settled before the stage is."""
        return tuple(dict.fromkeys((*self.features, *self.vetoes)))

    def title(self, name: str) -> Text:
        """Return the name of a verdict for readers."""
        return self._words(name)[0]

    def says(self, name: str) -> Text:
        """Return what a verdict means."""
        return self._words(name)[1]

    def _words(self, name: str) -> tuple[Text, Text]:
        if name == self.between:
            return self.between_title, self.between_says
        for stage in self.stages:
            if stage.name == name:
                return stage.title, stage.says
        return self.undetermined_title, self.undetermined_says

    def verdict(self, truths: Mapping[str, Truth], *, contact_known: bool) -> str:
        """Return the verdict; an open feature counts as absent."""
        if not contact_known:
            return UNDETERMINED
        reached = [s for s in self.stages if self._count(s, truths, True) >= s.needed]
        if len(reached) == 1:
            barred = any(truths.get(veto) is True for veto in reached[0].vetoes)
            return self.between if barred else reached[0].name
        if not reached and not self._enough_settled(truths):
            return UNDETERMINED
        return self.between

    @staticmethod
    def _count(stage: Stage, truths: Mapping[str, Truth], wanted: Truth) -> int:
        return sum(truths.get(name) is wanted for name in stage.features)

    def _enough_settled(self, truths: Mapping[str, Truth]) -> bool:
        settled = sum(truths.get(name) is not None for name in self.features)
        return settled >= self.settled_share * len(self.features)

    def possible(self, truths: Mapping[str, Truth], *, contact_known: bool) -> frozenset[str]:
        """Return every verdict that answers to the open features and vetoes can lead to.

        An open feature may turn out true, turn out false or stay open. Features that are also
        vetoes are tried one by one; the others are equivalent, so their number is enough.
        """
        if not contact_known:
            return frozenset((UNDETERMINED, *self.names))
        open_vetoes = [name for name in self.vetoes if truths.get(name) is None]
        others = [
            [truths.get(name) for name in stage.features if name not in open_vetoes]
            for stage in self.stages
        ]
        counts = [(found.count(True), found.count(None)) for found in others]
        settled = sum(len(found) - found.count(None) for found in others)
        found: set[str] = set()
        for answers in product((True, False, None), repeat=len(open_vetoes)):
            tried = dict(zip(open_vetoes, answers, strict=True))
            found |= self._possible_counts(counts, settled, {**truths, **tried}, tried)
        return frozenset(found)

    def _possible_counts(
        self,
        counts: Sequence[tuple[int, int]],
        settled: int,
        truths: Mapping[str, Truth],
        tried: Mapping[str, Truth],
    ) -> set[str]:
        """Return the verdicts for one answer to the open vetoes.

        Args:
            counts: For each stage, how many of its other features are true and how many open.
            settled: How many of the other features are settled.
            truths: All findings, with the answers that are tried.
            tried: The answers that are tried.
        """
        spans = []
        for stage, (true, free) in zip(self.stages, counts, strict=True):
            answers = [tried[name] for name in stage.features if name in tried]
            low = true + answers.count(True)
            settled += len(answers) - answers.count(None)
            choices = set()
            if low + free >= stage.needed:
                choices.add(True)
            if low < stage.needed:
                choices.add(False)
            spans.append(choices)
        found = set()
        for reached in product(*spans):
            which = [stage for stage, yes in zip(self.stages, reached, strict=True) if yes]
            if len(which) == 1:
                barred = any(truths.get(veto) is True for veto in which[0].vetoes)
                found.add(self.between if barred else which[0].name)
            elif which:
                found.add(self.between)
            else:
                # Open features may stay open, or all be settled as false.
                found.add(self.between)
                if settled < self.settled_share * len(self.features):
                    found.add(UNDETERMINED)
        return found

    def leaning(self, truths: Mapping[str, Truth]) -> str | None:
        """Return the stage with the larger share among its settled features, if there is one."""
        settled = [name for name in self.features if truths.get(name) is not None]
        if len(settled) < self.leaning_from:
            return None
        shares = []
        for stage in self.stages:
            known = sum(name in settled for name in stage.features)
            shares.append(self._count(stage, truths, True) / known if known else 0.0)
        best = max(shares)
        leaders = [s.name for s, share in zip(self.stages, shares, strict=True) if share == best]
        return leaders[0] if len(leaders) == 1 and best > 0 else None
