"""The stage of a relationship: the count of features, and the stages that are still possible.

The limits are data (``stages.yaml``). Nothing here names a stage or a feature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    """One stage: its features, the number that reaches it, its core and its vetoes.

    Attributes:
        name: Its name in the rule base.
        group: The group of findings that are its features.
        features: Those findings, in order.
        share: The stage is reached when more than this share of the features is likely.
        vetoes: Findings that exclude the verdict although the stage is reached.
        core: Features without which the verdict is excluded although the stage is reached.
        core_needed: The number of these that must be likely.
        opening: The first half of the first sentence of a report, if the rule base has one.
    """

    name: str
    group: str
    features: tuple[str, ...]
    share: float
    vetoes: tuple[str, ...]
    title: Text
    says: Text
    core: tuple[str, ...] = ()
    core_needed: int = 0
    opening: Text | None = None

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
        contact_facts: If none of these is known, there is no verdict; empty if none is needed.
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
    between_opening: Text | None = None
    undetermined_opening: Text | None = None

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

    def opening(self, name: str) -> Text | None:
        """Return the first half of the first sentence of a report on a verdict, if any."""
        return self._words(name)[2]

    def _words(self, name: str) -> tuple[Text, Text, Text | None]:
        if name == self.between:
            return self.between_title, self.between_says, self.between_opening
        for stage in self.stages:
            if stage.name == name:
                return stage.title, stage.says, stage.opening
        return self.undetermined_title, self.undetermined_says, self.undetermined_opening

    def verdict(self, truths: Mapping[str, Truth], *, contact_known: bool) -> str:
        """Return the verdict; an open feature counts as absent."""
        if not contact_known:
            return UNDETERMINED
        reached = [s for s in self.stages if _count(s.features, truths) >= s.needed]
        if len(reached) == 1:
            return self.between if self.is_barred(reached[0], truths) else reached[0].name
        if not reached and not self._enough_settled(truths):
            return UNDETERMINED
        return self.between

    def is_barred(self, stage: Stage, truths: Mapping[str, Truth]) -> bool:
        """Return whether a veto or the lack of its core excludes the verdict *stage*."""
        vetoed = any(truths.get(veto) is True for veto in stage.vetoes)
        return vetoed or _count(stage.core, truths) < stage.core_needed

    def margin(self, verdict: str, truths: Mapping[str, Truth]) -> int | None:
        """Return how many features can fall away before *verdict* does; None if it has none."""
        stage = next((stage for stage in self.stages if stage.name == verdict), None)
        if stage is None:
            return None
        spare = _count(stage.features, truths) - stage.needed
        if stage.core_needed > 0:
            spare = min(spare, _count(stage.core, truths) - stage.core_needed)
        return spare

    def lacks_core(self, truths: Mapping[str, Truth]) -> tuple[str, ...]:
        """Return the core of the one reached stage, while too few of it are seen."""
        reached = [s for s in self.stages if _count(s.features, truths) >= s.needed]
        if len(reached) != 1 or _count(reached[0].core, truths) >= reached[0].core_needed:
            return ()
        return reached[0].core

    def hinges(self, verdict: str, truths: Mapping[str, Truth]) -> Mapping[str, str]:
        """Return each likely feature or veto without which *verdict* changes, with the new one."""
        if verdict == UNDETERMINED:
            return {}
        without = {
            name: self.verdict({**truths, name: False}, contact_known=True)
            for name in self.findings_read
            if truths.get(name) is True
        }
        return {name: other for name, other in without.items() if other != verdict}

    def _enough_settled(self, truths: Mapping[str, Truth]) -> bool:
        settled = sum(truths.get(name) is not None for name in self.features)
        return settled >= self.settled_share * len(self.features)

    def possible(self, truths: Mapping[str, Truth], *, contact_known: bool) -> frozenset[str]:
        """Return every verdict that answers to the open features and vetoes can lead to.

        An open feature may turn out true, turn out false or stay open, and an unknown contact may
        become known. Features of different stages have nothing in common, so each verdict has one
        best answer to try.
        """
        found: set[str] = set()
        surely = [s for s in self.stages if _count(s.features, truths) >= s.needed]
        perhaps = [s for s in self.stages if _most(s.features, truths) >= s.needed]
        if not contact_known or (not surely and not self._enough_settled(truths)):
            found.add(UNDETERMINED)
        barred = any(self._may_be_barred(stage, truths) for stage in perhaps)
        if not surely or len(perhaps) > 1 or barred:
            found.add(self.between)
        found.update(s.name for s in perhaps if surely in ([], [s]) and self._may_be(s, truths))
        return frozenset(found)

    @staticmethod
    def _may_be_barred(stage: Stage, truths: Mapping[str, Truth]) -> bool:
        """Return whether answers can reach a reachable stage and bar it."""
        if any(truths.get(veto) is not False for veto in stage.vetoes):
            return True
        # As many features as possible, and one of the core too few.
        others = [name for name in stage.features if name not in stage.core]
        core = min(_most(stage.core, truths), stage.core_needed - 1)
        lacking = _count(stage.core, truths) < stage.core_needed
        return lacking and _most(others, truths) + core >= stage.needed

    @staticmethod
    def _may_be(stage: Stage, truths: Mapping[str, Truth]) -> bool:
        """Return whether answers can reach a stage without barring it."""
        if any(truths.get(veto) is True for veto in stage.vetoes):
            return False
        # An open feature that is a veto too must turn out false.
        features, core = (
            [name for name in names if name not in stage.vetoes]
            for names in (stage.features, stage.core)
        )
        return _most(features, truths) >= stage.needed and _most(core, truths) >= stage.core_needed

    def leaning(self, truths: Mapping[str, Truth]) -> str | None:
        """Return the stage with the larger share among its settled features, if there is one.

        None for a stage that a veto excludes.
        """
        settled = [name for name in self.features if truths.get(name) is not None]
        if len(settled) < self.leaning_from:
            return None
        shares = []
        for stage in self.stages:
            known = sum(name in settled for name in stage.features)
            shares.append(_count(stage.features, truths) / known if known else 0.0)
        best = max(shares)
        leaders = [s for s, share in zip(self.stages, shares, strict=True) if share == best]
        if len(leaders) > 1 or best == 0 or any(truths.get(v) is True for v in leaders[0].vetoes):
            return None
        return leaders[0].name


def _count(names: Iterable[str], truths: Mapping[str, Truth]) -> int:
    """Return how many of these findings are likely."""
    return sum(truths.get(name) is True for name in names)


def _most(names: Iterable[str], truths: Mapping[str, Truth]) -> int:
    """Return how many of these findings are likely or open."""
    return sum(truths.get(name) is not False for name in names)
