"""The status of a campaign, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import Case, Entity
from kam_expert.outputs.campaign_words import far, next_of, next_words, sentences
from kam_expert.outputs.terminal import Lines
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import CampaignStatus

#: The maximum number of lines of a part.
_LINES = 20


def campaign_text(status: CampaignStatus, base: KnowledgeBase, lang: str) -> str:
    """Return the status of a campaign as text for a terminal."""
    return _StatusText(status, base, lang).text()


class _StatusText:
    def __init__(self, status: CampaignStatus, base: KnowledgeBase, lang: str) -> None:
        self.status, self.base, self.lang = status, base, lang
        self.words = Words(base, Case(Entity("account", "")), lang, status.day)
        self.lines = Lines()

    def text(self) -> str:
        """Return the text."""
        _, campaign = self.words._, self.status.campaign
        self.lines.add(
            _(
                "Campaign %(id)s: begun on %(begun)s, reminders from %(remind)s, last day "
                "%(stop)s; answers are kept until %(keep)s.",
                id=campaign.id,
                **{
                    name: self.words.dated(day)
                    for name, day in (
                        ("begun", campaign.begun),
                        ("remind", campaign.remind),
                        ("stop", campaign.stop),
                        ("keep", campaign.keep_until),
                    )
                },
            )
        )
        for sentence in sentences(self.status, self.lang):
            self.lines.add(sentence)
        if self.status.day > campaign.keep_until:
            self.lines.add(_("The answers were to be kept until then: kam campaign expire DIR"))
        self._next()
        self._changed()
        self._apart()
        self._part(_("What could not be read"), list(self.status.problems))
        return self.lines.text()

    def _part(self, title: str, rows: list[str]) -> None:
        if not rows:
            return
        self.lines.title(title)
        for row in rows[:_LINES]:
            self.lines.add(row, 2)
        if len(rows) > _LINES:
            self.lines.add(self.words._("and %(count)s more", count=len(rows) - _LINES), 2)

    def _next(self) -> None:
        _, words = self.words._, next_words(self.lang)
        nobody = _("no owner")
        people: list[tuple[str, str, str]] = []
        for owner, rows in self.status.owners.items():
            left = sum(len(row.open) for row in rows)
            text = _("%(name)s: %(left)s questions left", name=owner or nobody, left=left)
            people.append((next_of(rows), "us", text))
        for account, row in self.status.progress("customer"):
            why = f" ({words[row.why]})" if row.why else ""
            people.append((row.next, "customer", f"{account.name}{why}"))
        titles = {
            ("remind", "us"): _("Owners to remind"),
            ("remind", "customer"): _("Customers to remind"),
            ("stop", "us"): _("Owners to stop asking"),
            ("stop", "customer"): _("Customers to stop asking"),
        }
        for (word, side), title in titles.items():
            self._part(title, [text for n, s, text in people if (n, s) == (word, side)])

    def _changed(self) -> None:
        _, rows = self.words._, []
        stages, strategies = self.base.stage_model, {s.id: s.name for s in self.base.strategies}
        for row in self.status.accounts:
            settled = row.settled
            if settled is None:
                continue
            told = []
            if settled.stage[0] != settled.stage[1]:
                names = [stages.title(name).get(self.lang) for name in settled.stage]
                told.append(f"{names[0]} → {names[1]}")
            if settled.strategy[0] != settled.strategy[1]:
                names = [
                    strategies[s].get(self.lang) if s in strategies else "–"
                    for s in settled.strategy
                ]
                told.append(f"{names[0]} → {names[1]}")
            told += [self.base.findings[f].name.get(self.lang) for f in settled.findings]
            if told:
                rows.append(f"{row.account.name}: {'; '.join(told)}")
        self._part(_("What the answers changed"), rows)

    def _apart(self) -> None:
        _, names = self.words._, {row.account.id: row.account.name for row in self.status.accounts}
        self._part(
            _("People of one customer disagree"),
            [
                f"{row.account.name}: {', '.join(map(self.words.fact, row.disagree))}"
                for row in self.status.accounts
                if row.disagree
            ],
        )
        made = far(one for row in self.status.accounts for one in row.predictions)
        self._part(
            _("We expected another answer"),
            [
                _(
                    "%(name)s, %(fact)s: expected %(predicted)s, answered %(answered)s",
                    name=names[one.account],
                    fact=self.words.fact(one.fact),
                    predicted=self._value(one.fact, one.predicted),
                    answered=self._value(one.fact, one.answered),
                )
                for one in made
            ],
        )

    def _value(self, fact: str, value: Any) -> str:
        return self.words.value(fact, tuple(value) if isinstance(value, list) else value)
