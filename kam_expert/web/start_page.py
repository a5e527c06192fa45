"""The start page: the accounts, searched, sorted and filtered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from kam_expert.errors import KamError
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.outputs.date_words import dated
from kam_expert.outputs.interface import translator
from kam_expert.store.records import Unavailable
from kam_expert.web.page_state import number_in
from kam_expert.web.service import summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from starlette.responses import Response

    from kam_expert.store.records import StoredAccount, Summary
    from kam_expert.web.request import RequestContext

_PER_PAGE = 50
#: Summaries that are missing are computed within this many seconds of a page.
_BUDGET = 0.1


@dataclass(frozen=True)
class ListedAccount:
    """An account as a row of the start page.

    Attributes:
        stage, strategy, step: In words; empty if they were not computed yet.
        firm: Whether no missing answer can change the stage.
        late: Whether the next move was due before today.
        due, met, changed: Days in words; empty for none.
    """

    key: str
    name: str
    stage: str
    firm: bool
    strategy: str
    owner: str
    step: str
    due: str
    late: bool
    met: str
    changed: str


class AccountList:
    """The accounts in the words of one visitor.

    Args:
        context: The request; its query says what to search, how to filter and to sort.
    """

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._base = context.service.base
        self._lang = context.lang
        self._today = context.service.today()
        model = self._base.stage_model
        self._verdicts = {*model.names, model.between, UNDETERMINED}
        self._until = time.monotonic() + _BUDGET
        self.search = " ".join(context.query("q").split())
        self.owner = context.query("owner")
        self.strategy = context.query("strategy")
        self.sort = context.query("sort") if context.query("sort") in _SORTS else "name"
        self.accounts = context.service.store.accounts()

    def owners(self) -> list[str]:
        """Return the owners of accounts."""
        found = {a.summary.owner for a in self.accounts if a.summary and a.summary.owner}
        return sorted(found, key=str.casefold)

    def strategies(self) -> list[tuple[str, str]]:
        """Return the strategies of accounts: id and name, in the order of the rule base."""
        found = {a.summary.strategy for a in self.accounts if a.summary}
        return [(s.id, self._strategy(s.id)) for s in self._base.strategies if s.id in found]

    def chosen(self) -> list[StoredAccount]:
        """Return the accounts that match, in order."""
        words = self.search.casefold().split()
        found = [a for a in self.accounts if self._matches(a, words)]
        return sorted(found, key=_SORTS[self.sort])

    def rows(self, accounts: Iterable[StoredAccount]) -> list[ListedAccount]:
        """Return accounts in words."""
        return [self._row(account) for account in accounts]

    def query(self, **changes: str | int) -> str:
        """Return the query of this page with changes; without what is empty."""
        now = {"q": self.search, "owner": self.owner, "strategy": self.strategy, "sort": self.sort}
        values = {**now, **changes}
        return urlencode({k: v for k, v in values.items() if v and (k, v) != ("sort", "name")})

    def _matches(self, account: StoredAccount, words: list[str]) -> bool:
        summary = account.summary
        if self.owner and (summary is None or summary.owner != self.owner):
            return False
        if self.strategy and (summary is None or summary.strategy != self.strategy):
            return False
        text = f"{account.name} {account.id}"
        if summary is not None and words:
            stage, strategy = self._stage(summary.stage), self._strategy(summary.strategy)
            text = f"{text} {summary.owner} {stage} {strategy}"
        return all(word in text.casefold() for word in words)

    def _row(self, account: StoredAccount) -> ListedAccount:
        _ = translator(self._lang).gettext
        summary, stage = self._summary(account)
        if summary is not None:
            stage = self._stage(summary.stage)
        step = "" if summary is None else self._step(summary)
        return ListedAccount(
            account.key,
            account.name or account.id,
            stage,
            summary is None or summary.firm,
            "" if summary is None else self._strategy(summary.strategy),
            "" if summary is None else summary.owner,
            step,
            "" if summary is None else self._day(summary.due),
            bool(summary and summary.due and summary.due < self._today),
            "" if summary is None else self._day(summary.met),
            self._day(account.changed.astimezone().date()),
        )

    def _summary(self, account: StoredAccount) -> tuple[Summary | None, str]:
        """Return a summary of the version, computed if there is time; or why there is none."""
        summary = account.summary
        if summary is not None and summary.rules == self._base.digest:
            return summary, ""
        _ = translator(self._lang).gettext
        if time.monotonic() > self._until:
            return summary, _("not worked out yet")
        try:
            view = self._context.service.account(account.key)
        except Unavailable:
            raise
        except KamError:
            # The account was made with another rule base. It must not hide the other accounts.
            return None, _("does not fit the rule base")
        return summary_of(view.case, view.diagnosis), ""

    def _stage(self, name: str) -> str:
        model = self._base.stage_model
        return model.title(name).get(self._lang) if name in self._verdicts else name

    def _strategy(self, name: str) -> str:
        strategy = self._base.strategy(name)
        return name if strategy is None else strategy.name.get(self._lang)

    def _step(self, summary: Summary) -> str:
        _ = translator(self._lang).gettext
        step = self._base.steps.get(summary.step)
        if step is not None:
            return step.name.get(self._lang)
        return _("an agreed move") if summary.due else ""

    def _day(self, day: date | None) -> str:
        return "" if day is None else dated(day, self._lang)


def _by(read: Callable[[Summary], str]) -> Callable[[StoredAccount], str]:
    """Return a key to sort by a part of the summary, with missing ones last."""

    def key(account: StoredAccount) -> str:
        return (read(account.summary) if account.summary else "") or "\uffff"

    return key


_SORTS: dict[str, Callable[[StoredAccount], str]] = {
    "name": lambda account: account.name.casefold(),
    "stage": _by(lambda summary: summary.stage),
    "strategy": _by(lambda summary: summary.strategy),
    "owner": _by(lambda summary: summary.owner.casefold()),
    "due": _by(lambda summary: summary.due.isoformat() if summary.due else ""),
    "met": _by(lambda summary: summary.met.isoformat() if summary.met else ""),
    "changed": lambda account: f"{-account.changed.timestamp():+020.3f}",
}


def accounts_page(context: RequestContext) -> Response:
    """Return one page of the list of accounts."""
    _ = translator(context.lang).gettext
    listed = AccountList(context)
    chosen = listed.chosen()
    pages = max(1, -(-len(chosen) // _PER_PAGE))
    page = min(pages, max(1, number_in(context.query("page")) or 1))
    start = (page - 1) * _PER_PAGE
    heads = [
        ("name", _("Account")), ("stage", _("Stage of the relationship")),
        ("strategy", _("Strategy")), ("owner", _("Owner")), ("due", _("Next move due")),
        ("met", _("Last meeting")), ("changed", _("Last change")),
    ]  # fmt: skip
    return context.page(
        "accounts.html.j2",
        listed=listed,
        heads=heads,
        rows=listed.rows(chosen[start : start + _PER_PAGE]),
        found=len(chosen),
        page=page,
        pages=pages,
    )
