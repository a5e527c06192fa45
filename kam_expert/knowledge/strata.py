"""The order of settling: a finding is settled before any rule reads it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from kam_expert.errors import Place, Problem, RuleBaseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.stage import StageModel

STAGE = "(the stage)"


def strata_of(
    rules: Iterable[Rule], findings: tuple[str, ...], stage: StageModel, mirrored: frozenset[str]
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Return the findings in strata.

    Args:
        rules: All rules; retired ones are skipped.
        findings: All findings, in the order of their file.
        stage: Read by rules that ask for the stage.
        mirrored: Findings with a mirror: read by rules that count contradictions.

    Returns:
        The strata, and the number of the first stratum that may read the stage.

    Raises:
        RuleBaseError: A finding depends on itself; names the files on the cycle.
    """
    needs: dict[str, set[str]] = {name: set() for name in findings}
    files: dict[tuple[str, str], str] = {}
    needs[STAGE] = set(stage.findings_read)
    for rule in rules:
        if rule.status == "retired":
            continue
        read = set(rule.findings_read())
        if rule.reads_stage():
            read.add(STAGE)
        if rule.reads("contradictions"):
            read |= mirrored
        needs[rule.finding] |= read
        for name in read:
            files.setdefault((rule.finding, name), rule.file)
    level: dict[str, int] = {}
    for name in needs:
        _settle(name, needs, level, [], files)
    strata: list[list[str]] = [[] for _ in range(max(level.values()) + 1)]
    for name in findings:
        strata[level[name]].append(name)
    return tuple(tuple(stratum) for stratum in strata), level[STAGE] + 1


def _settle(
    name: str,
    needs: dict[str, set[str]],
    level: dict[str, int],
    path: list[str],
    files: dict[tuple[str, str], str],
) -> int:
    if name in level:
        return level[name]
    if name in path:
        cycle = [*path[path.index(name) :], name]
        on_it = [files[step] for step in pairwise(cycle) if step in files]
        raise RuleBaseError(
            [
                Problem(
                    Place(on_it[0] if on_it else "rules"),
                    f"rules form a cycle: {' <- '.join(cycle)}; "
                    f"files: {', '.join(dict.fromkeys(on_it))}",
                )
            ]
        )
    below = [_settle(needed, needs, level, [*path, name], files) for needed in sorted(needs[name])]
    # The stage has no stratum: rules that read it are above all its features.
    level[name] = max((value + 1 for value in below), default=0) if name != STAGE else max(below)
    return level[name]
