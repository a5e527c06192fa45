"""What ``kam rules mutate`` says: the score by kind, and the mutants that no case notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, did_you_mean
from kam_expert.knowledge.node_edits import as_written
from kam_expert.workshop.mutants import KINDS
from kam_expert.workshop.sources import RuleSources
from kam_expert.workshop.trial import Score, Trial
from kam_expert.workshop.witness import Search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.workshop.mutants import Mutant
    from kam_expert.workshop.witness import Witness


@dataclass
class MutationReport:
    """The mutants of a rule base, or of the named things in it.

    Attributes:
        score: How many of each kind the cases notice.
        survivors: Those that no case notices, each with a case that would, if one was looked for
            and found.
    """

    score: Score = field(default_factory=Score)
    survivors: list[tuple[Mutant, Witness | None]] = field(default_factory=list)


def report(
    folder: Path, base: KnowledgeBase, names: Sequence[str] = (), *, search: bool = True
) -> MutationReport:
    """Return the result of all mutants, or of those of the named things.

    Args:
        folder: The folder of the rule base.
        base: The rule base.
        names: Rules, strategies, definitions, impossible combinations and gaps; all if empty.
        search: Whether to look for cases that would notice the survivors.

    Raises:
        KamError: Nothing has one of the names; with the nearest name.
    """
    trial = Trial(RuleSources(folder, base))
    written = list(trial.written())
    known = [each.name for each in written]
    for name in names:
        if name not in known:
            raise KamError(f'nothing with mutants is named "{name}".{did_you_mean(name, known)}')
    found = MutationReport()
    chosen = [each for each in written if not names or each.name in names]
    searching = Search(trial)
    found.survivors = [
        (mutant, searching.witness(changed) if search else None)
        for mutant, changed in trial.run(chosen, found.score)
    ]
    return found


def lines(found: MutationReport, *, with_survivors: bool) -> Iterator[str]:
    """Yield the report as text."""
    if with_survivors:
        for mutant, witness in found.survivors:
            name = mutant.written.name
            yield f"{mutant.place}: {name}: if this were {mutant}, no case would notice"
            if witness is not None:
                yield f"  this one would: {as_written(case_of(witness))}"
                yield f"  (“{witness.source.name}”, changed; the mutant makes it {witness.mutated})"
    yield from found.score.lines()


def case_of(witness: Witness) -> dict[str, Any]:
    """Return the case that notices a mutant, as the file of its rule would have it."""
    return {"given": witness.given, "expect": witness.outcome}


def as_document(found: MutationReport) -> dict[str, Any]:
    """Return the report as plain data, fit for JSON."""
    score = found.score
    return {
        "score": {
            kind: {
                "mutants": score.tried[kind],
                "noticed": score.noticed[kind],
                "equivalent": score.equivalent[kind],
            }
            for kind in KINDS
            if score.tried[kind]
        },
        "survivors": [
            {
                "name": mutant.written.name,
                "owner": mutant.written.owner,
                "kind": mutant.kind,
                "place": str(mutant.place),
                "was": mutant.was,
                "now": mutant.now,
                "case": None if witness is None else case_of(witness),
            }
            for mutant, witness in found.survivors
        ],
    }
