"""What steps and conclusions were followed by, as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from kam_expert.facts.case import Case, Entity
from kam_expert.outputs.wording import Words
from kam_expert.results.learned import FEWEST, FOLLOWED_DAYS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.learned import BeforeOutcome, FollowedStep, Learned, Share


def learned_json(found: Learned) -> str:
    """Return the result as a JSON document; a share of too few accounts is null."""
    document = {"fewest": FEWEST, "days": FOLLOWED_DAYS, "shows_cause": False} | asdict(found)
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def learned_text(found: Learned, base: KnowledgeBase, lang: str) -> str:
    """Return the result as text in a language."""
    return "\n".join(_Text(found, base, lang).lines()) + "\n"


class _Text:
    def __init__(self, found: Learned, base: KnowledgeBase, lang: str) -> None:
        self.found, self.base, self.lang = found, base, lang
        self.words = Words(base, Case(Entity("account", "")), lang, date.min)

    def lines(self) -> Iterator[str]:
        _ = self.words._
        yield _("Accounts: %(number)s.", number=self.found.accounts)
        yield _(
            "These are counts, not causes: accounts where a step was done may differ from the "
            "others in what nobody recorded. Of fewer than %(number)s accounts nothing is said. "
            "In brackets: the exact interval of 95%%.",
            number=FEWEST,
        )
        if self.found.compared == "agreed":
            yield _(
                "The tables of a run do not tell which steps were done, nor whether their signs "
                "were seen. So accounts where a step was agreed are set beside the others. A step "
                "counts as proposed where it was in the plan, or in the table of steps."
            )
        for step in self.found.steps:
            yield ""
            yield self._step_name(step.step)
            yield from self._step(step)
        if self.found.few_steps:
            yield ""
            yield _(
                "Steps that were proposed in fewer than %(number)s accounts, and are not shown: "
                "%(steps)s.",
                number=FEWEST,
                steps=self.found.few_steps,
            )
        if self.found.outcomes is not None:
            yield from self._outcomes(self.found.outcomes)

    def _step(self, step: FollowedStep) -> Iterator[str]:
        _ = self.words._
        gone = _("causes gone within %(days)s days", days=FOLLOWED_DAYS)
        if step.done is None:
            yield "  " + _(
                "proposed %(proposed)s, agreed %(agreed)s",
                proposed=step.proposed,
                agreed=step.agreed,
            )
            yield "  " + _(
                "%(label)s: where agreed %(agreed)s; where not agreed %(without)s",
                label=gone,
                agreed=self._share(step.gone),
                without=self._share(step.gone_without),
            )
            return
        yield "  " + _(
            "proposed %(proposed)s, agreed %(agreed)s, done %(done)s",
            proposed=step.proposed,
            agreed=step.agreed,
            done=step.done,
        )
        sign = _("sign seen within %(days)s days", days=FOLLOWED_DAYS)
        for label, done, without in (
            (sign, step.sign, step.sign_without),
            (gone, step.gone, step.gone_without),
        ):
            yield "  " + _(
                "%(label)s: where done %(done)s; where not done %(without)s",
                label=label,
                done=self._share(done),
                without=self._share(without),
            )

    def _outcomes(self, number: int) -> Iterator[str]:
        _ = self.words._
        yield ""
        yield _("Accounts with an outcome and a diagnosis before it: %(number)s.", number=number)
        if self.found.unknown:
            yield _("Accounts that are not here: %(names)s.", names=", ".join(self.found.unknown))
        yield _("No threshold is changed by this; the author of the rules decides.")
        for row in self.found.before:
            yield ""
            yield self._named(row)
            yield "  " + _("with it: %(shares)s", shares=self._each(row.having))
            yield "  " + _("without it: %(shares)s", shares=self._each(row.others))

    def _named(self, row: BeforeOutcome) -> str:
        if row.kind == "stage":
            return self.words._("Stage: %(name)s", name=self.words.stage(row.name))
        if row.kind == "strategy":
            strategy = self.base.strategy(row.name)
            name = strategy.name.get(self.lang) if strategy else row.name
            return self.words._("Strategy: %(name)s", name=name)
        doc = self.base.findings.get(row.name)
        return doc.name.get(self.lang) if doc else row.name

    def _each(self, shares: Mapping[str, Share] | None) -> str:
        _ = self.words._
        if shares is None:
            return self._share(None)
        names = {"renewed": _("renewed"), "lost": _("lost"), "grew": _("grew")}
        told = ((names[name], shares[name]) for name in OUTCOMES)
        return "; ".join(f"{name} {self._share(one)}" for name, one in told)

    def _share(self, share: Share | None) -> str:
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

    def _step_name(self, step: str) -> str:
        doc = self.base.steps.get(step)
        return doc.name.get(self.lang).replace("{about}", "…") if doc else step
