"""A comparison of two diagnoses as lines to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.knowledge.about import About
    from kam_expert.outputs.wording import Words
    from kam_expert.results.diagnosis import NextStep
    from kam_expert.results.inquiry import ChangedPart, Comparison


@dataclass(frozen=True)
class ChangeShown:
    """Something in the diagnosis that is other than before.

    Attributes:
        better: True for an improvement, False for a fall, None where it is neither.
        because: The facts that alone make it so.
    """

    text: str
    better: bool | None
    because: tuple[str, ...]


@dataclass(frozen=True)
class ComparisonShown:
    """What changed, in words."""

    same: bool
    stage: ChangeShown
    parts: tuple[str, ...]
    findings: tuple[ChangeShown, ...]
    steps: tuple[tuple[str, tuple[str, ...]], ...]


def comparison_shown(found: Comparison, words: Words) -> ComparisonShown:
    """Return a comparison in words."""
    _ = translator(words.lang).gettext
    firm = {True: _("firm"), False: _("provisional")}
    stage = found.stage
    said = f"{words.stage(stage.before)} ({firm[stage.firm_before]})"
    if (stage.before, stage.firm_before) != (stage.after, stage.firm_after):
        said += f" → {words.stage(stage.after)} ({firm[stage.firm_after]})"
    findings = [
        ChangeShown(
            f"{words.finding(f.id)}{_whose(f.about, words)}: "
            f"{words.status(f.before)} ({firm[f.firm_before]}) → "
            f"{words.status(f.after)} ({firm[f.firm_after]})",
            f.better,
            _parts(f.because, words),
        )
        for f in found.findings
    ]
    steps = (
        (_("New steps"), found.steps_new),
        (_("Steps no longer needed"), found.steps_gone),
        (_("Steps that now have to wait"), found.steps_held),
        (_("Steps that need not wait any more"), found.steps_freed),
    )
    return ComparisonShown(
        same=found.same,
        stage=ChangeShown(said, stage.better, _parts(stage.because, words)),
        parts=_parts(found.parts, words),
        findings=tuple(findings),
        steps=tuple((label, _steps(each, words)) for label, each in steps if each),
    )


def _steps(steps: Iterable[NextStep], words: Words) -> tuple[str, ...]:
    return tuple(
        words.step_text(words.base.steps[step.id].name.get(words.lang), (step.about,))
        + _whose(step.about, words)
        for step in steps
    )


def _whose(about: About, words: Words) -> str:
    return "" if about.kind == "account" else f" ({words.about(about)})"


def _parts(parts: Iterable[ChangedPart], words: Words) -> tuple[str, ...]:
    return tuple(_part(part, words) for part in parts)


def _part(part: ChangedPart, words: Words) -> str:
    _ = translator(words.lang).gettext
    name = part.fact or ""
    if part.what in ("answer", "total"):
        fact = words.base.facts.get(name)
        side = ""
        if fact is not None and fact.doc.asked_of == "both":
            side = f", {_('customer') if part.side == 'theirs' else _('we')}"
        before, after = (words.value(name, value) for value in (part.before, part.after))
        return f"{words.fact(name)}{_whose(part.about, words)}{side}: {before} → {after}"
    if part.what == "added":
        return _("added: %(name)s") % {"name": words.about(part.about)}
    if part.what == "removed":
        return _("removed: %(name)s") % {"name": words.about(part.about)}
    if part.what == "complete":
        said = {True: _("complete"), False: _("not complete"), None: _("not known")}
        return f"{words.list_name(name)}: {said[part.after]}"
    if part.what == "listed":
        said = {True: _("nobody"), False: _("nothing said")}
        return f"{words.list_name(name)}: {said[bool(part.after)]}"
    if part.what == "belongs":
        return _("decisions of %(name)s") % {"name": words.about(part.about)}
    return f"{words.date_of(str(part.before))} → {words.date_of(str(part.after))}"
