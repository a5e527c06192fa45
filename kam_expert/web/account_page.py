"""The content that every page about one account shows: the diagnosis and the tab."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from kam_expert.app.agenda import AgendaMaker
from kam_expert.engines.questions import STAGE
from kam_expert.facts.case import LISTS
from kam_expert.facts.edits import AddEntity, SetAnswer, SetComplete, SetListed
from kam_expert.knowledge.about import About
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely
from kam_expert.outputs.interface import translator
from kam_expert.outputs.page import ReportPage
from kam_expert.web.denied_words import denied_words_in
from kam_expert.web.edit_words import entry_words, made_by
from kam_expert.web.meeting_state import MeetingState
from kam_expert.web.question_list import QuestionBook

if TYPE_CHECKING:
    from kam_expert.app.agenda import Agenda
    from kam_expert.facts.case import Entity
    from kam_expert.facts.edits import Edit
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.web.page_state import PageState
    from kam_expert.web.service import AccountService, AccountView, History

#: Effects of the last change that a page lists; the diagnosis has the rest.
_EFFECTS_SHOWN = 6
#: Features seen, and things that would decide, that the panel names while there is no stage.
_SEEN_SHOWN, _DECIDING_SHOWN = 5, 3


class AccountPage:
    """One account in one language.

    Args:
        service: Has the earlier versions.
        account: The version to show.
        lang: ``uk`` or ``en``.
        meeting: Who is here.
    """

    def __init__(
        self,
        service: AccountService,
        account: AccountView,
        lang: str,
        meeting: MeetingState | None = None,
    ) -> None:
        self.service = service
        self.meeting = meeting or MeetingState()
        self.account = account
        self.lang = lang
        self.report = ReportPage(account.diagnosis, account.case, service.base, lang)
        self.words = self.report.words

    @functools.cached_property
    def history(self) -> History:
        """Return the history of the account."""
        return self.service.history(self.account)

    @functools.cached_property
    def book(self) -> QuestionBook:
        """Return the questions about the account."""
        base, readers = self.service.base, self.service.readers
        return QuestionBook(self.account.case, base, self.words, readers, self.history.not_known)

    @functools.cached_property
    def proposals(self) -> tuple[ProposedAnswer, ...]:
        """Return what was ever proposed for the account, the oldest first."""
        inbox = self.service.inbox(self.account.key)
        return inbox.proposals() if inbox else ()

    def chapter_of(self, name: str) -> str:
        """Return the chapter of a fact or list; empty without chapters."""
        return self.service.base.chapters.of.get(name, "")

    def agenda(self, chosen: str = "") -> Agenda:
        """Return what the meeting asks; *chosen* is a chapter that somebody asked for."""
        maker = AgendaMaker(
            self.service.base,
            self.account.case,
            with_customer=self.meeting.customer,
            closed=self.book.closed,
        )
        questions = self.account.diagnosis.open_questions
        if chosen in self.service.base.chapters.docs:
            return maker.agenda(questions, chosen, chosen=True)
        return maker.agenda(questions, self._last_chapter())

    def _last_chapter(self) -> str:
        """Return the chapter of the last answer of this meeting; empty before the first."""
        for entry in reversed(self.history.effective):
            if entry.version <= self.meeting.since:
                break
            for edit in reversed(entry.edits):
                if chapter := self.chapter_of(_subject(edit)):
                    return chapter
        return ""

    def open_stage(self) -> dict[str, list[str]] | None:
        """Return what is seen and what would decide, in words, while no stage can be named."""
        diagnosis, words = self.account.diagnosis, self.words
        if diagnosis.stage.verdict != UNDETERMINED:
            return None
        seen = [f.finding for f in diagnosis.stage.features if at_least_likely(f.status)]
        waiting = [q for q in diagnosis.open_questions if STAGE in q.could_change]
        deciding = [words.fact(q.fact) if q.fact else words.list_name(q.of or "") for q in waiting]
        return {
            "seen": [words.finding(name) for name in dict.fromkeys(seen)][:_SEEN_SHOWN],
            "would_decide": list(dict.fromkeys(deciding))[:_DECIDING_SHOWN],
        }

    def last_effects(self) -> list[str]:
        """Return the effects of the last change on the diagnosis, one line each."""
        if self.account.version <= 1:
            return []
        state = self.service.store.state(self.account.key, self.account.version - 1)
        before = self.service.view(state).diagnosis
        return self.effects(before)[:_EFFECTS_SHOWN]

    def effects(self, before: Diagnosis) -> list[str]:
        """Return how the diagnosis differs from an earlier one, one line each."""
        _ = translator(self.lang).gettext
        after, words = self.account.diagnosis, self.words
        lines = []
        if before.stage.verdict != after.stage.verdict:
            names = {
                "before": words.stage(before.stage.verdict),
                "after": words.stage(after.stage.verdict),
            }
            lines.append(_("Stage: %(before)s → %(after)s") % names)
        elif before.stage.firm != after.stage.firm:
            lines.append(
                _("The stage is firm now")
                if after.stage.firm
                else _("The stage is provisional now")
            )
        old, new = _statuses(before), _statuses(after)
        for key in dict.fromkeys((*new, *old)):
            was, now = old.get(key, "absent"), new.get(key, "absent")
            if was == now or not (at_least_likely(was) or at_least_likely(now)):
                continue
            finding, about = key
            change = {
                "name": words.finding(finding) + words.in_brackets(about),
                "before": words.status(was),
                "after": words.status(now),
            }
            lines.append(_("%(name)s: %(before)s → %(after)s") % change)
        return lines

    def other_changes(self, page_state: PageState) -> list[str]:
        """Return what others changed since the visitor saw the account, one line each."""
        if page_state.since is None:
            return []
        lines = []
        for entry in self.history.entries:
            if page_state.since < entry.version != page_state.own_version:
                by = made_by(entry, self.lang)
                who = f" – {by}" if by else ""
                lines += [f"{line}{who}" for line in entry_words(entry, self.words)]
        return lines

    def denied_words(self, page_state: PageState) -> list[str]:
        """Return the denied words that were just saved in a note, each with its topic."""
        if page_state.noted is None or self.service.privacy is None:
            return []
        text = translator(self.lang).gettext("“%(word)s” (%(topic)s)")
        topics = {
            name: title.get(self.lang) for name, (title, _) in self.service.privacy.denylist.items()
        }
        found = denied_words_in(self.service, self.account, page_state.noted)
        return [text % {"word": word, "topic": topics[topic]} for word, topic in found]

    def values(self, page_state: PageState) -> dict[str, Any]:
        """Return the values that the template of every tab needs."""
        tabs = self.tabs()
        return {
            "account": self.account,
            "case": self.account.case,
            "d": self.account.diagnosis,
            "r": self.report,
            "w": self.words,
            "base": self.service.base,
            "book": self.book,
            "name_of": self.name_of,
            "tab": page_state.tab,
            "tab_name": dict(tabs).get(page_state.tab, ""),
            "tabs": tabs,
            "back": page_state.back,
            "pin": "",
            "meeting_state": self.meeting,
            "open_stage": self.open_stage(),
            "today": self.account.diagnosis.day.isoformat(),
            "last_effects": self.last_effects(),
            "current_page": f"/a/{self.account.key}/{page_state.back}",
            "other_changes": self.other_changes(page_state),
            "denied_words": self.denied_words(page_state),
        }

    def name_of(self, entity: Entity) -> str:
        """Return the name of an entity."""
        return self.words.about(About(entity.kind, entity.id))

    def lists(self) -> list[tuple[str, str, bool | None, bool]]:
        """Return each list: id, name, whether it is complete, whether it is known to be empty."""
        case = self.account.case
        return [
            (name, self.words.list_name(name), case.complete.get(name), getattr(case, name) == ())
            for name in ("people", "team", "links")
        ]

    def tabs(self) -> list[tuple[str, str]]:
        """Return the name and the title of each tab."""
        _ = translator(self.lang).gettext
        return [
            ("", _("Meeting")),
            ("plan", _("Plan")),
            ("questions", _("All questions")),
            ("map", _("Map of people")),
            ("people", _("People and ties")),
            ("profiles", _("Profiles")),
            ("decisions", _("Decisions")),
            ("events", _("Events")),
            ("diagnosis", _("Diagnosis and steps")),
            ("what-if", _("What if")),
            ("history", _("History")),
            ("notes", _("Notes")),
            ("customer", _("For the customer")),
            *self._inbox_tab(),
        ]

    def _inbox_tab(self) -> list[tuple[str, str]]:
        """Return the tab of the inbox if something was ever proposed."""
        if not self.proposals:
            return []
        number = sum(one.status == "open" for one in self.proposals)
        label = translator(self.lang).gettext("Inbox")
        return [("inbox", f"{label} ({number})" if number else label)]


def _subject(edit: Edit) -> str:
    """Return the fact or the list that an edit is about; empty for another edit."""
    match edit:
        case SetAnswer():
            return edit.slot.fact
        case SetComplete() | SetListed():
            return edit.list
        case AddEntity():
            return next((name for name, kind in LISTS.items() if kind == edit.kind), "")
    return ""


def _statuses(diagnosis: Diagnosis) -> dict[tuple[str, About], str]:
    return {(f.id, f.about): f.status for f in diagnosis.findings}
