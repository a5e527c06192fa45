"""What every page about one account shows: its diagnosis beside what is being worked on."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.about import About
from kam_expert.knowledge.status import at_least_likely
from kam_expert.outputs.interface import translator
from kam_expert.outputs.page import ReportPage
from kam_expert.web.denied_words import words_noted
from kam_expert.web.edit_words import entry_words, made_by
from kam_expert.web.question_list import QuestionBook

if TYPE_CHECKING:
    from kam_expert.facts.case import Entity
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.web.page_state import Shown
    from kam_expert.web.service import AccountService, AccountView, History

#: So many moves of the last change stand beside the question; the rest is in the diagnosis.
_MOVES = 6


class AccountPage:
    """One account in one language.

    Args:
        desk: Where earlier versions are.
        look: The account as it is.
        lang: ``uk`` or ``en``.
    """

    def __init__(self, desk: AccountService, look: AccountView, lang: str) -> None:
        self.desk = desk
        self.look = look
        self.lang = lang
        self.report = ReportPage(look.diagnosis, look.case, desk.base, lang)
        self.words = self.report.words

    @functools.cached_property
    def story(self) -> History:
        """Return what was done to the account."""
        return self.desk.story(self.look)

    @functools.cached_property
    def book(self) -> QuestionBook:
        """Return the questions."""
        desk = self.desk
        return QuestionBook(self.look.case, desk.base, self.words, desk.readers, self.story.in_vain)

    def moved(self) -> list[str]:
        """Return what the last change moved in the diagnosis, a line each."""
        if self.look.version <= 1:
            return []
        state = self.desk.store.state(self.look.key, self.look.version - 1)
        before = self.desk.judged(state).diagnosis
        return self.moves(before)[:_MOVES]

    def moves(self, before: Diagnosis) -> list[str]:
        """Return how the diagnosis differs from an earlier one, a line each."""
        _ = translator(self.lang).gettext
        after, words = self.look.diagnosis, self.words
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
        was, now = _statuses(before), _statuses(after)
        for key in dict.fromkeys((*now, *was)):
            one, two = was.get(key, "absent"), now.get(key, "absent")
            if one == two or not (at_least_likely(one) or at_least_likely(two)):
                continue
            about: About = key[1]
            whose = "" if about.kind == "account" else f" ({words.about(about)})"
            change = {
                "name": words.finding(key[0]) + whose,
                "before": words.status(one),
                "after": words.status(two),
            }
            lines.append(_("%(name)s: %(before)s → %(after)s") % change)
        return lines

    def others(self, shown: Shown) -> list[str]:
        """Return what others changed since the visitor saw the account, a line each."""
        if shown.since is None:
            return []
        lines = []
        for entry in self.story.entries:
            if shown.since < entry.version != shown.mine:
                by = made_by(entry, self.lang)
                who = f" – {by}" if by else ""
                lines += [f"{line}{who}" for line in entry_words(entry, self.words)]
        return lines

    def unfit(self, shown: Shown) -> list[str]:
        """Return the words just noted that have no place in a note, each with its topic."""
        if shown.noted is None or self.desk.privacy is None:
            return []
        said = translator(self.lang).gettext("“%(word)s” (%(topic)s)")
        topics = {
            name: title.get(self.lang) for name, (title, _) in self.desk.privacy.unfit.items()
        }
        found = words_noted(self.desk, self.look, shown.noted)
        return [said % {"word": word, "topic": topics[topic]} for word, topic in found]

    def values(self, shown: Shown) -> dict[str, Any]:
        """Return what the template of every part asks for."""
        tabs = self.tabs()
        return {
            "look": self.look,
            "case": self.look.case,
            "d": self.look.diagnosis,
            "r": self.report,
            "w": self.words,
            "base": self.desk.base,
            "book": self.book,
            "page_name": self.name_of,
            "tab": shown.tab,
            "tab_name": dict(tabs).get(shown.tab, ""),
            "tabs": tabs,
            "back": shown.back,
            "home": "/",
            "brand": "kam-expert",
            "settings_at": "/visitor",
            "today": self.look.diagnosis.day.isoformat(),
            "moved": self.moved(),
            "self_address": f"/a/{self.look.key}/{shown.back}",
            "others": self.others(shown),
            "unfit": self.unfit(shown),
        }

    def name_of(self, entity: Entity) -> str:
        """Return what an entity is called."""
        return self.words.about(About(entity.kind, entity.id))

    def lists(self) -> list[tuple[str, str, bool | None, bool]]:
        """Return each list with its name, what was said of its end, and whether it is known empty."""
        case = self.look.case
        return [
            (name, self.words.list_name(name), case.complete.get(name), getattr(case, name) == ())
            for name in ("people", "team", "links")
        ]

    def tabs(self) -> list[tuple[str, str]]:
        """Return the parts of the session."""
        _ = translator(self.lang).gettext
        return [
            ("", _("Meeting")),
            ("questions", _("All questions")),
            ("people", _("People and ties")),
            ("profiles", _("Profiles")),
            ("decisions", _("Decisions")),
            ("diagnosis", _("Diagnosis and steps")),
            ("what-if", _("What if")),
            ("history", _("History")),
            ("notes", _("Notes")),
            ("customer", _("For the customer")),
        ]


def _statuses(diagnosis: Diagnosis) -> dict[tuple[str, About], str]:
    return {(f.id, f.about): f.status for f in diagnosis.findings}
