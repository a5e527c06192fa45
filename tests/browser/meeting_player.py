"""Somebody who plays a meeting on the page and writes down what was said, for tests.

The player knows a question by its words alone: it reads the heading, the name and whose answer is
taken, and finds in the rule base which fact this is. What it writes down does not come from the
hidden fields of the page, so it can be compared with the store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Locator, Page, expect

from kam_expert.facts.case import link_id
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from kam_expert.knowledge.about import About
from kam_expert.knowledge.values import Interval
from kam_expert.outputs.interface import translator
from kam_expert.outputs.wording import Words
from kam_expert.web.answer_form import asked_sides, choices_of
from tests.browser.live_server import Live, key_in, version, wait_for_version_after

if TYPE_CHECKING:
    from kam_expert.knowledge.vocabulary import Fact

TEAM = ("Олена", "Борис", "Віра")
PEOPLE = ("Галина Кордон", "Дмитро Брама")
#: Who speaks for each side.
SPEAKERS = {"ours": "Олена", "theirs": "Галина Кордон"}
DAY_TOLD = date(2026, 12, 1)
_MOST_TABS = 250


@dataclass(frozen=True)
class Said:
    """An answer as it was given in the meeting."""

    slot: Slot
    value: Any


@dataclass
class MeetingPlayer:
    """Plays a meeting with both sides.

    Attributes:
        by_keys: Whether only the keyboard is used.
        said: The answers, in the order of the meeting.
    """

    page: Page
    live: Live
    lang: str
    by_keys: bool = False
    seed: int = 1
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.tr = translator(self.lang).gettext
        self.address = ""

    @property
    def case(self) -> Any:
        """Return the case in the store."""
        return self.live.store.state(key_in(self.address)).case

    # Ways to act

    def press(self, target: Locator) -> None:
        """Press a button, box or link."""
        if not self.by_keys:
            target.click()
            return
        self.go_to(target)
        kind = target.evaluate("e => e.type || e.tagName")
        self.page.keyboard.press("Space" if kind == "checkbox" else "Enter")

    def type(self, target: Locator, text: str) -> None:
        """Type into a field."""
        if not self.by_keys:
            target.fill(text)
            return
        self.go_to(target)
        if target.get_attribute("type") == "date":
            # The parts of a date are typed in the order of the browser's language.
            year, month, day = text.split("-")
            english = self.lang == "en"
            self.page.keyboard.type(f"{month}{day}{year}" if english else f"{day}{month}{year}")
            expect(target).to_have_value(text)
            return
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def go_to(self, target: Locator) -> None:
        """Move the focus with the Tab key."""
        element = target.element_handle()
        assert element is not None
        for _ in range(_MOST_TABS):
            where = element.evaluate(
                "e => e === document.activeElement ? '' : document.activeElement "
                "&& document.activeElement !== document.body && "
                "(e.compareDocumentPosition(document.activeElement) & 4) ? 'Shift+Tab' : 'Tab'"
            )
            if not where:
                return
            self.page.keyboard.press(where)
        raise AssertionError(f"the Tab key does not reach {target}")

    def saved(self, before: int) -> None:
        """Wait until an answer is in the store and on the page."""
        wait_for_version_after(self.page, before)

    # The meeting

    def begin(self, name: str) -> None:
        """Begin an account, and say who is here."""
        page = self.page
        page.goto(self.live.address)
        self.type(page.locator("form[action='/accounts'] input[name=name]"), name)
        self.press(page.locator("form[action='/accounts'] button"))
        expect(page.locator("h1")).to_have_text(name)
        self.address = f"{self.live.address}/a/{key_in(page.url)}/"
        before = version(page)
        self.type(page.locator("#here-name"), SPEAKERS["ours"])
        self.type(page.locator("#here-until"), "23:30") if not self.by_keys else None
        self.type(page.locator("#here-team"), "\n".join(TEAM))
        self.type(page.locator("#here-people"), "\n".join(PEOPLE))
        self.press(page.locator("#here button[value=yes]"))
        self.saved(before)

    def answer(self, count: int) -> None:
        """Answer questions until *count* answers are given."""
        while len(self.said) < count:
            question = self.page.locator("#next")
            if question.locator("form[action$='/ties']").count():
                self._ties()
            elif question.locator("form[action$='/complete']").count():
                self._complete()
            elif question.locator("form.answer").count():
                self._answer()
            else:
                self.press(question.locator("a.main").first)

    def _ties(self) -> None:
        before = version(self.page)
        self.press(self.page.locator("#next input[name=pair]").first)
        self.press(self.page.locator("#next form[action$='/ties'] button[name=all]"))
        self.saved(before)
        pair = self.case.team[0].id, self.case.people[0].id
        assert [link.id for link in self.case.links] == [link_id(*pair)]

    def _complete(self) -> None:
        before = version(self.page)
        self.press(self.page.locator("#next button[name=complete][value=yes]"))
        self.saved(before)

    def _answer(self) -> None:
        """Answer the question that is shown, for each side that it asks."""
        slots = self.slots()
        shown = self.page.locator("#next-t").inner_text()
        for slot in slots:
            if slot != slots[0] and self._is_answered(slot):
                break  # somebody else has answered for this side
            expect(self.page.locator("#next-t")).to_have_text(shown)
            number = [s.side for s in slots].index(slot.side)
            self._say(slot, self.page.locator("#next form.answer").nth(number))
        if self.page.locator("#next-t").inner_text() == shown:
            more = self.page.locator("#next a.main")
            if more.count():
                self.press(more)
                expect(self.page.locator("#next-t")).not_to_have_text(shown)

    def _is_answered(self, slot: Slot) -> bool:
        """Return whether somebody has answered, be it that it is not known."""
        return any(
            isinstance(edit, SetAnswer) and edit.slot == slot
            for entry in self.live.store.history(key_in(self.address))
            for edit in entry.edits
        )

    def slots(self) -> list[Slot]:
        """Return what the page asks, by its words."""
        question = self.page.locator("#next")
        heading = question.locator("#next-t").inner_text().strip()
        named = question.locator("p.entity")
        name = named.inner_text().strip() if named.count() else ""
        heads = [text.strip() for text in question.locator(".sides h3").all_inner_texts()]
        if not heads:
            voice = question.locator(".voice [aria-current], .voice b").inner_text().strip()
            ours, theirs = self.tr("We answer"), self.tr("The customer answers")
            heads = [{self.tr("ours"): ours, self.tr("the customer’s"): theirs}[voice]]
        sides = [{self.tr("We answer"): "ours", self.tr("The customer answers"): "theirs"}[head]
                 for head in heads]  # fmt: skip
        found = {
            (fact.kind, entity.id, fact.name)
            for fact in self.live.base.facts.values()
            for entity in self.case.entities(fact.kind)
            if self._asks(fact, entity, sides[0], heading, name)
        }
        assert len(found) == 1, (heading, name, found)
        [(kind, identity, fact)] = found
        return [Slot(kind, identity, fact, side) for side in sides]

    def _asks(self, fact: Fact, entity: Any, side: str, heading: str, name: str) -> bool:
        """Return whether a heading is the question about a fact of an entity."""
        if side not in asked_sides(fact):
            return False
        words = Words(self.live.base, self.case, self.lang)
        called = (
            "" if fact.kind == "account" else _plain(words.about(About(entity.kind, entity.id)))
        )
        doc = fact.doc
        named = doc.ask_named.get(self.lang) if doc.ask_named is not None and called else ""
        if named and heading == named.replace("{name}", called):
            return True
        asked_of = {"ours": "us", "theirs": "customer"}[side]
        return heading == doc.question_for(asked_of).get(self.lang) and name == called

    def _say(self, slot: Slot, form: Locator) -> None:
        """Answer for one side."""
        fact = self.live.base.facts[slot.fact]
        words = Words(self.live.base, self.case, self.lang)
        if slot.side == "theirs":
            self.press(form.locator("details.more > summary"))
            self.type(form.locator("[name=by]"), SPEAKERS["theirs"])
        before = version(self.page)
        boxes, buttons = form.locator(".choices label"), form.locator(".choices button")
        if boxes.count() or buttons.count():
            choices = choices_of(fact, None, words, slot.side)
            place = self.chance.randrange(len(choices))
            labels = (boxes if boxes.count() else buttons).all_inner_texts()
            assert _plain(choices[place].label) in _plain(labels[place])
            value: Any = choices[place].value
            if boxes.count():
                self.press(form.locator(".choices input").nth(place))
                self.press(form.locator("button.main"))
            else:
                self.press(buttons.nth(place))
            value = value_of(fact, value)
        else:
            value = typed_value(fact)
            self.type(form.locator("[name=typed]"), str(value))
            self.press(form.locator("button.main"))
        self.saved(before)
        self.said.append(Said(slot, value))


def typed_value(fact: Fact) -> Any:
    """Return an answer to be typed."""
    if fact.doc.type == "date":
        return DAY_TOLD
    return 3 if fact.is_number else "Скло без пилу"


def value_of(fact: Fact, text: str) -> Any:
    """Return the value that the store has for a choice."""
    if ".." in text:
        low, high = text.split("..")
        return Interval(float(low), float(high))
    if fact.doc.type == "set" or fact.doc.names is not None:
        return frozenset() if text == "none" and "none" not in fact.words() else frozenset({text})
    return float(text) if re.fullmatch(r"-?\d+", text) and fact.is_number else text


def _plain(text: str) -> str:
    """Return a text without marks of direction, with single blanks."""
    return " ".join(re.sub("[\u2066-\u2069]", "", text).split())
