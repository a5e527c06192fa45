"""What is said with the stage: which other one is possible, and how near it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.outputs.value_words import ValueWords
    from kam_expert.results.diagnosis import StageResult


def other_stages(stage: StageResult, words: ValueWords) -> str:
    """Return the sentence on the other stages that answers can lead to; empty if there is none."""
    names = [words.stage(name) for name in stage.could_be if name != stage.verdict]
    if not names:
        return ""
    return words._("Further answers could also lead to: %(stages)s.", stages=", ".join(names))


def nearness(stage: StageResult, words: ValueWords) -> list[str]:
    """Return sentences on what is missing at the core, and on what the verdict hangs."""
    said = []
    for cored in words.base.stage_model.stages:
        if stage.lacks_core and cored.core == stage.lacks_core:
            text = words._(
                "Enough features of %(stage)s are seen, but not those on which it rests: "
                "%(features)s.",
                stage=words.stage(cored.name),
                features=_names(cored.core, words),
            )
            said.append(text)
    by_verdict: dict[str, list[str]] = {}
    for hinge in stage.hangs_on:
        by_verdict.setdefault(hinge.verdict, []).append(hinge.finding)
    for verdict, findings in by_verdict.items():
        said.append(_hangs(stage, verdict, findings, words))
    return [*said, *_limits(stage, words)]


def _limits(stage: StageResult, words: ValueWords) -> Iterator[str]:
    chosen = {f"{found.owner}.{found.name}": found for found in words.base.thresholds}
    for hinge in stage.hangs_on:
        for threshold in map(chosen.__getitem__, hinge.thresholds):
            yield words._(
                "Close to a limit that we chose: %(feature)s – %(value)s (%(reason)s).",
                feature=words.finding(hinge.finding),
                value=words.number(threshold.value),
                reason=threshold.reason[words.lang],
            )


def _hangs(stage: StageResult, verdict: str, findings: list[str], words: ValueWords) -> str:
    other = words.stage(verdict)
    if stage.verdict in stage.reached:
        seen, needed = stage.reached[stage.verdict]
        if seen == needed:
            return words._(
                "Features seen: %(seen)s, needed: %(needed)s. Without any one of them it would be: "
                "%(stage)s.",
                seen=seen,
                needed=needed,
                stage=other,
            )
    if len(findings) == 1:
        return words._(
            "The stage hangs on one thing: %(feature)s. Without it, it would be: %(stage)s.",
            feature=words.finding(findings[0]),
            stage=other,
        )
    return words._(
        "The stage hangs on each of these: %(features)s. Without any one of them it would be: "
        "%(stage)s.",
        features=_names(findings, words),
        stage=other,
    )


def _names(findings: list[str] | tuple[str, ...], words: ValueWords) -> str:
    return "; ".join(words.finding(name) for name in findings)
