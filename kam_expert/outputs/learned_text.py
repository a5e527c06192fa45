"""What steps and conclusions were followed by, as text, as JSON and as a page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from kam_expert.facts.case import Case, Entity
from kam_expert.outputs.templating import rendered
from kam_expert.outputs.wording import Words
from kam_expert.results.learned import FEWEST, FOLLOWED_DAYS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.learned import BeforeOutcome, Learned, Share


def learned_json(found: Learned) -> str:
    """Return the result as a JSON document; a share of too few accounts is null."""
    document = {"fewest": FEWEST, "days": FOLLOWED_DAYS, "shows_cause": False} | asdict(found)
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def learned_text(found: Learned, base: KnowledgeBase, lang: str) -> str:
    """Return the result as text in a language."""
    return "\n".join(_lines(LearnedWords(found, base, lang))) + "\n"


def learned_page(found: Learned, base: KnowledgeBase, lang: str) -> str:
    """Return the result as an HTML document in a language.

    The page is complete in itself, has no script and loads nothing.
    """
    return rendered("learned.html.j2", lang, w=LearnedWords(found, base, lang))


@dataclass(frozen=True)
class ShownStep:
    """What a step was followed by, in words.

    Attributes:
        counts: How often it was proposed, agreed and done.
        rows: What was counted, among those where the step was taken and among the others.
    """

    name: str
    counts: str
    rows: tuple[tuple[str, str, str], ...]


class LearnedWords:
    """The result in the words of a language.

    Args:
        found: The result.
        base: The rule base.
        lang: ``uk`` or ``en``.
    """

    def __init__(self, found: Learned, base: KnowledgeBase, lang: str) -> None:
        self.found, self.base, self.lang = found, base, lang
        self.words = Words(base, Case(Entity("account", "")), lang, date.min)

    @property
    def agreed_only(self) -> bool:
        """Whether the source does not know what was done."""
        return self.found.compared == "agreed"

    def notes(self) -> Iterator[str]:
        """Yield what one has to know to read the counts."""
        _ = self.words._
        yield _("Accounts: %(number)s.", number=self.found.accounts)
        yield _(
            "These are counts, not causes: accounts where a step was done may differ from the "
            "others in what nobody recorded. Of fewer than %(number)s accounts nothing is said. "
            "In brackets: the exact interval of 95%%.",
            number=FEWEST,
        )
        if self.agreed_only:
            yield _(
                "The tables of a run do not tell which steps were done, nor whether their signs "
                "were seen. So accounts where a step was agreed are set beside the others. A step "
                "counts as proposed where it was in the plan, or in the table of steps."
            )

    def steps(self) -> Iterator[ShownStep]:
        """Yield what followed each step."""
        _ = self.words._
        gone = _("causes gone within %(days)s days", days=FOLLOWED_DAYS)
        sign = _("sign seen within %(days)s days", days=FOLLOWED_DAYS)
        for step in self.found.steps:
            rows = [(gone, self.share(step.gone), self.share(step.gone_without))]
            if step.done is None:
                counts = _(
                    "proposed %(proposed)s, agreed %(agreed)s",
                    proposed=step.proposed,
                    agreed=step.agreed,
                )
            else:
                counts = _(
                    "proposed %(proposed)s, agreed %(agreed)s, done %(done)s",
                    proposed=step.proposed,
                    agreed=step.agreed,
                    done=step.done,
                )
                rows.insert(0, (sign, self.share(step.sign), self.share(step.sign_without)))
            yield ShownStep(self._step_name(step.step), counts, tuple(rows))

    def few(self) -> str | None:
        """Return what is said of steps of too few accounts, if there are any."""
        if not self.found.few_steps:
            return None
        return self.words._(
            "Steps that were proposed in fewer than %(number)s accounts, and are not shown: "
            "%(steps)s.",
            number=FEWEST,
            steps=self.found.few_steps,
        )

    def outcome_notes(self) -> Iterator[str]:
        """Yield what one has to know to read the outcomes; nothing without outcomes."""
        _ = self.words._
        if self.found.outcomes is None:
            return
        yield _(
            "Accounts with an outcome and a diagnosis before it: %(number)s.",
            number=self.found.outcomes,
        )
        if self.found.unknown:
            yield _("Accounts that are not here: %(names)s.", names=", ".join(self.found.unknown))
        yield _("No threshold is changed by this; the author of the rules decides.")

    def outcome_names(self) -> dict[str, str]:
        """Return the names of the outcomes."""
        _ = self.words._
        names = {"renewed": _("renewed"), "lost": _("lost"), "grew": _("grew")}
        return {name: names[name] for name in OUTCOMES}

    def named(self, row: BeforeOutcome) -> str:
        """Return the name of a finding, a stage or a strategy."""
        if row.kind == "stage":
            return self.words._("Stage: %(name)s", name=self.words.stage(row.name))
        if row.kind == "strategy":
            strategy = self.base.strategy(row.name)
            name = strategy.name.get(self.lang) if strategy else row.name
            return self.words._("Strategy: %(name)s", name=name)
        doc = self.base.findings.get(row.name)
        return doc.name.get(self.lang) if doc else row.name

    def share(self, share: Share | None) -> str:
        """Return a share with its interval."""
        _ = self.words._
        if share is None:
            return _("fewer than %(number)s accounts", number=FEWEST)
        return _(
            "%(count)s of %(of)s (%(low)s–%(high)s%%)",
            count=share.count,
            of=share.of,
            low=round(100 * share.low),
            high=round(100 * share.high),
        )

    def shares(self, shares: Mapping[str, Share] | None) -> str:
        """Return the share of each outcome, in a line."""
        if shares is None:
            return self.share(None)
        names = self.outcome_names().items()
        return "; ".join(f"{name} {self.share(shares[key])}" for key, name in names)

    def _step_name(self, step: str) -> str:
        doc = self.base.steps.get(step)
        return doc.name.get(self.lang).replace("{about}", "…") if doc else step


def _lines(words: LearnedWords) -> Iterator[str]:
    _ = words.words._
    yield from words.notes()
    for step in words.steps():
        yield ""
        yield step.name
        yield "  " + step.counts
        for label, taken, without in step.rows:
            if words.agreed_only:
                yield "  " + _(
                    "%(label)s: where agreed %(agreed)s; where not agreed %(without)s",
                    label=label,
                    agreed=taken,
                    without=without,
                )
            else:
                yield "  " + _(
                    "%(label)s: where done %(done)s; where not done %(without)s",
                    label=label,
                    done=taken,
                    without=without,
                )
    few = words.few()
    if few:
        yield ""
        yield few
    notes = list(words.outcome_notes())
    if notes:
        yield ""
        yield from notes
        for row in words.found.before:
            yield ""
            yield words.named(row)
            yield "  " + _("with it: %(shares)s", shares=words.shares(row.having))
            yield "  " + _("without it: %(shares)s", shares=words.shares(row.others))
