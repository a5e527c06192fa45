"""A comparison of two diagnoses in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.outputs.interface import translator
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.web.edit_words import answer_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.outputs.wording import Words
    from kam_expert.results.diagnosis import NextStep
    from kam_expert.results.inquiry import ChangedPart, Comparison


@dataclass(frozen=True)
class ChangeInWords:
    """A difference between two diagnoses, in words.

    Attributes:
        better: Whether it is an improvement; None if it is neither better nor worse.
        because: The changed facts that suffice for it.
    """

    text: str
    better: bool | None
    because: tuple[str, ...]


@dataclass(frozen=True)
class ComparisonInWords:
    """A comparison in words."""

    same: bool
    stage: ChangeInWords
    parts: tuple[str, ...]
    findings: tuple[ChangeInWords, ...]
    steps: tuple[tuple[str, tuple[str, ...]], ...]


def comparison_in_words(found: Comparison, words: Words) -> ComparisonInWords:
    """Return a comparison in words."""
    _ = translator(words.lang).gettext
    stage = found.stage
    stage_text = words.stage_and_certainty(stage.before, firm=stage.firm_before)
    if (stage.before, stage.firm_before) != (stage.after, stage.firm_after):
        after = words.stage_and_certainty(stage.after, firm=stage.firm_after)
        stage_text += f" → {after}"
    findings = [
        ChangeInWords(
            f"{words.finding(f.id)}{words.in_brackets(f.about)}: "
            + (
                words.status_change(f)
                if f.after == "open"
                else f"{words.status(f.before)} ({words.certainty(firm=f.firm_before)}) → "
                f"{words.status(f.after)} ({words.certainty(firm=f.firm_after)})"
            ),
            f.better,
            _parts(f.because, words),
        )
        for f in found.findings
    ]
    steps = (
        (_("New steps"), found.steps_new),
        (_("Steps no longer needed"), found.steps_gone),
        (_("Steps that now have to wait"), found.steps_held),
        (_("Steps that no longer have to wait"), found.steps_freed),
    )
    return ComparisonInWords(
        same=found.same,
        stage=ChangeInWords(stage_text, stage.better, _parts(stage.because, words)),
        parts=_parts(found.parts, words),
        findings=tuple(findings),
        steps=tuple((label, _steps(each, words)) for label, each in steps if each),
    )


def _steps(steps: Iterable[NextStep], words: Words) -> tuple[str, ...]:
    return tuple(
        words.step_text(words.base.steps[step.id].name.get(words.lang), (step.about,))
        + words.in_brackets(step.about)
        for step in steps
    )


def _parts(parts: Iterable[ChangedPart], words: Words) -> tuple[str, ...]:
    return tuple(_part(part, words) for part in parts)


def _part(part: ChangedPart, words: Words) -> str:
    _ = translator(words.lang).gettext
    name = part.fact or ""
    if part.what in ("answer", "total"):
        before, after = (words.value(name, value) for value in (part.before, part.after))
        return f"{answer_label(name, part.about, part.side, words)}: {before} → {after}"
    if part.what == "plan":
        return PlanWords(words).part(part)
    if part.what == "added":
        return _("added: %(name)s") % {"name": words.about(part.about)}
    if part.what == "removed":
        return _("removed: %(name)s") % {"name": words.about(part.about)}
    if part.what == "complete":
        answers = {True: _("complete"), False: _("not complete"), None: _("not known")}
        return f"{words.list_name(name)}: {answers[part.after]}"
    if part.what == "listed":
        answer = _("nobody") if part.after else _("nothing said")
        return f"{words.list_name(name)}: {answer}"
    if part.what == "belongs":
        return _("decisions of %(name)s") % {"name": words.about(part.about)}
    return f"{words.date_of(str(part.before))} → {words.date_of(str(part.after))}"
