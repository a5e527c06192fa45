"""The output of the session: lines of at most 80 columns, in its language."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING

from kam_expert.facts.denylist import sensitive_terms_added
from kam_expert.outputs.answer_words import form_said
from kam_expert.outputs.interface import translator
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.stage_words import nearness, other_stages
from kam_expert.outputs.wording import Words
from kam_expert.terminal.list_answers import pairs_listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.outputs.review_words import ReviewSection
    from kam_expert.results.diagnosis import Diagnosis, Finding, OpenQuestion
    from kam_expert.results.inquiry import AnswerEffect
    from kam_expert.terminal.typed_answer import OfferedAnswer

WIDTH = 80


class Screen:
    """Formats the output of a session.

    Args:
        base: The rule base.
        lang: ``uk`` or ``en``.
        out: Prints a line.
        privacy: Has the denylist of words in notes; None for no denylist.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        lang: str,
        out: Callable[[str], None],
        privacy: Privacy | None = None,
    ) -> None:
        self.base = base
        self.lang = lang
        self.tr: Callable[[str], str] = translator(lang).gettext
        self._out = out
        self._privacy = privacy

    def say(self, text: str, indent: int = 0, first: str = "") -> None:
        """Show wrapped text; *first* is printed at the end of the indent."""
        clean = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf"))
        lead = " " * (indent - len(first)) + first
        lines = textwrap.wrap(clean, WIDTH, initial_indent=lead, subsequent_indent=" " * indent)
        for line in lines or [""]:
            self._out(line)

    def header(self, case: Case, diagnosis: Diagnosis) -> None:
        """Show the account, the date, the stage and the commands."""
        words = Words(self.base, case, self.lang, diagnosis.day)
        self.say(f"{case.account.name} – {words.dated(diagnosis.day)}")
        self._out("─" * WIDTH)
        self.say(f"{self.tr('Stage')}: {self.stage(diagnosis, words)}")
        if strategy := self.strategy(diagnosis, words):
            self.say(f"{self.tr('Strategy')}: {strategy}")
        self._beside_the_stage(words, diagnosis, 0)
        self._causes(diagnosis, words)
        self._plan(diagnosis, words)
        self.commands()

    def _beside_the_stage(self, words: Words, diagnosis: Diagnosis, indent: int) -> None:
        stage = diagnosis.stage
        for said in (other_stages(stage, words), *nearness(stage, words)):
            if said:
                self.say(said, indent)

    def meeting(self, section: ReviewSection, since: str) -> None:
        """Show what was promised by the last meeting."""
        self.say(f"{self.tr('Since the last meeting')}, {since}: {' '.join(section.sentences)}")
        for line in section.lines:
            self.say(line.text, 4, f"{line.mark} ")
        if section.more:
            self.say(section.more, 4)

    def bridge(self, text: str) -> None:
        """Show what is said when the meeting comes to another chapter."""
        self._out("")
        self.say(text)

    def facts(self, names: tuple[str, ...], case: Case) -> None:
        """Show the names of facts."""
        words = Words(self.base, case, self.lang)
        self.say("; ".join(words.fact(name) for name in names), 2)

    def commands(self, indent: int = 0) -> None:
        """Show the commands."""
        self.say(
            self.tr("Commands: ?, why, back, not known, plan, agree, done, customer:, stop."),
            indent,
        )

    def stage(self, diagnosis: Diagnosis, words: Words) -> str:
        """Return the stage in words."""
        stage = diagnosis.stage
        text = words.stage_and_certainty(stage.verdict, firm=stage.firm)
        if stage.leaning:
            text += f"; {self.tr('Leaning').lower()}: {words.stage(stage.leaning)}"
        return text

    def strategy(self, diagnosis: Diagnosis, words: Words) -> str:
        """Return the strategy in words; empty without one."""
        found = diagnosis.strategy
        if found is None:
            return ""
        name = self.base.findings[found.effective].name.get(self.lang)
        how = words.certainty(firm=found.found.firm, chosen=found.chosen is not None)
        return f"{name} ({how})"

    def _causes(self, diagnosis: Diagnosis, words: Words, indent: int = 0) -> None:
        """Show the main causes in their order, with what follows from each."""
        if not diagnosis.causes:
            return
        self.say(f"{self.tr('Main causes')}:", indent)
        for number, cause in enumerate(diagnosis.causes, 1):
            self.say(words.alike(cause.findings), indent + 4, f"{number}. ")
            if cause.rests:
                rests = "; ".join(words.alike(found) for found in cause.followers)
                self.say(f"{self.tr('Usually follows from it')}: {rests}", indent + 4)

    def _plan(self, diagnosis: Diagnosis, words: Words, indent: int = 0) -> None:
        """Show the moves of the plan, and how many other steps there are."""
        plan = shown_plan(diagnosis, words)
        if not plan.moves and not plan.own:
            return
        self.say(f"{self.tr('Plan')}:", indent)
        for place, own in enumerate(plan.own, 1):
            self.say(own.line, indent + 4, f"{place}. ")
        for move in plan.moves:
            self.say(move.name, indent + 4, f"{move.move.place}. ")
            self.say(f"{move.who}: {', '.join(move.facts)}", indent + 4)
            self.say(move.why, indent + 4)
        others = words._(
            "Later: %(later)s; waits: %(waits)s; keep doing: %(kept)s.",
            later=len(plan.later),
            waits=len(plan.waits),
            kept=len(plan.keep_doing),
        )
        self.say(others, indent)

    def changes(self, was: Diagnosis, now: Diagnosis, case: Case) -> None:
        """Show the stage, and the findings that appeared, disappeared or changed their status."""
        words = Words(self.base, case, self.lang, now.day)
        earlier, stage = self.stage(was, words), self.stage(now, words)
        self.say(f"{self.tr('Stage')}: {stage}", 2)
        if earlier != stage:
            self.say(f"{self.tr('It was')}: {earlier}", 4)
        strategies = [self.strategy(diagnosis, words) for diagnosis in (was, now)]
        if strategies[0] != strategies[1]:
            self.say(f"{self.tr('Strategy')}: {' → '.join(strategies)}", 2)
        if was.stage != now.stage:
            self._beside_the_stage(words, now, 4)
        if _names(was) != _names(now):
            self._causes(now, words, 2)
        if _moves(was) != _moves(now):
            self._plan(now, words, 2)
        before, after = _by_about(was), _by_about(now)
        for key, found in after.items():
            old = before.get(key)
            if old is None:
                self.say(f"{words.headline(found)} [{self.tr(found.status)}]", 6, "+ ")
            elif old.status != found.status:
                to = f"{self.tr(old.status)} → {self.tr(found.status)}"
                self.say(f"{words.headline(found)} [{to}]", 6, "~ ")
        unknown = {(found.id, found.about) for found in now.findings if found.status == "open"}
        for key, gone in before.items():
            if key not in after:
                what = self.tr("no longer known") if key in unknown else self.tr("no longer seen")
                self.say(f"{words.finding(gone.id)} [{what}]", 6, "− ")

    def warn(self, edits: Iterable[Edit], before: Case) -> None:
        """Warn of denied words that *edits* add; they are saved in any case."""
        if self._privacy is None:
            return
        for word, topic in sensitive_terms_added(edits, before, self._privacy):
            about = self._privacy.denylist[topic][0].get(self.lang)
            text = self.tr(
                "“{word}” ({topic}) is a sensitive word in a note; write what was done or said."
            )
            self.say(text.format(word=word, topic=about), 2)

    def question(
        self, question: OpenQuestion, case: Case, offered: Iterable[OfferedAnswer], *, again: bool
    ) -> None:
        """Show a question with its choices."""
        words = Words(self.base, case, self.lang)
        self._out("")
        side = "customer" if question.side == "theirs" else "us"
        tag = words.whom_to_ask(side) + (f"; {self.tr('asked before')}" if again else "")
        self.say(f"[{tag}]")
        if question.fact is None:
            self._list_question(question.of or "", case, words)
            return
        fact = self.base.facts[question.fact]
        name = "" if question.about.kind == "account" else words.about(question.about)
        asked = fact.doc.question_about(name, question.side, self.lang)
        named = question.side == "ours" and fact.doc.ask_named is not None
        self.say(f"{name}: {asked}" if name and not named else asked)
        for choice in offered:
            self.say(choice.label, 6, f"{choice.key}  ")
        for value, text in fact.doc.anchors.items():
            self.say(text.get(self.lang), 6, f"{value}  ")
        if form := form_said(fact, words):
            self.say(f"({form})")
        if question.asked_of == "both" and fact.kind == "account":
            self.say(self.tr("Start with “we:” to record our own answer instead."))

    def help(self, question: OpenQuestion, offered: Iterable[OfferedAnswer]) -> None:
        """Show the meaning of a question, the form of an answer and the commands."""
        if question.fact is None:
            self.say(self._list_help(question.of or ""), 2)
            return
        fact = self.base.facts[question.fact]
        self.say(fact.doc.help.get(self.lang), 2)
        self.say(self.expected(fact, tuple(offered)), 2)
        self.commands(2)

    def why(self, effect: AnswerEffect, case: Case) -> None:
        """Show what an answer can settle or change."""
        words = Words(self.base, case, self.lang)
        settled = (*effect.features, *effect.findings)
        parts = (
            (self.tr("An answer can settle"), settled),
            (self.tr("An answer can confirm"), effect.confirms),
            (self.tr("With other answers it settles"), effect.helps),
            (self.tr("An answer can also change"), effect.changes),
        )
        shown: set[str] = set()
        for title, names in parts:
            new = [name for name in dict.fromkeys(names) if name not in shown]
            shown.update(new)
            if new:
                self.say(f"{title}: {'; '.join(map(words.changed, new))}.", 2)
        if effect.could_be:
            stages = "; ".join(map(words.stage, effect.could_be))
            self.say(f"{self.tr('The stage could become')}: {stages}.", 2)
        if not shown and not effect.could_be:
            self.say(self.tr("It matters only together with answers to other questions."), 2)

    def expected(self, fact: Fact, offered: tuple[OfferedAnswer, ...]) -> str:
        """Return the form of an answer to *fact* in words."""
        doc = fact.doc
        if doc.type == "set":
            return self.tr("Several numbers or words, such as 1, 3; or “none”.")
        if doc.type == "text":
            return self.tr("Any text.")
        if not fact.is_number and doc.type != "date":
            labels = "; ".join(f"{choice.key} – {choice.label}" for choice in offered)
            return f"{self.tr('One of')}: {labels}."
        if doc.type == "date":
            text = self.tr("A date such as 2026-10-31 or 31.10.2026.")
        else:
            limits = doc.range
            low = None if limits is None else limits.min
            high = None if limits is None else limits.max
            whole = self.tr("A whole number") if doc.type == "integer" else self.tr("A number")
            start = "" if low is None else f" {self.tr('from')} {low:g}"
            end = "" if high is None else f" {self.tr('to')} {high:g}"
            text = f"{whole}{start}{end}; {self.tr('or a band such as 2..4')}."
        if offered:
            labels = "; ".join(f"{choice.key} – {choice.label}" for choice in offered)
            text += f" {self.tr('Or')}: {labels}."
        return text

    def _list_question(self, of: str, case: Case, words: Words) -> None:
        if of == "links":
            for title, name in (("Our team", "team"), ("People at the customer", "people")):
                self.say(f"{self.tr(title)}:")
                for number, entity in enumerate(getattr(case, name) or (), 1):
                    self.say(words.called(entity), 6, f"{number}  ")
            if pairs := pairs_listed(case):
                self.say(f"{self.tr('In contact, as entered')}: {pairs}.")
                self.say(self.tr("Who else is? Type pairs, such as 1-2, or “all” if that is all."))
                return
            self.say(self.tr("Who of ours is in contact with whom? Type pairs, such as 1-2."))
            return
        listed = getattr(case, of) or ()
        if listed:
            named = ", ".join(words.called(entity) for entity in listed)
            self.say(f"{words.list_name(of)}: {named}.")
            self.say(self.tr("Is anyone missing? Type a name or a role, or “all” if that is all."))
        elif of == "people":
            self.say(self.tr("Whom do you know at the customer? Type a name or a role."))
        else:
            self.say(self.tr("Who of our team works with this customer? Type a name or a role."))

    def _list_help(self, of: str) -> str:
        if of == "links":
            return self.tr(
                "First the number of our colleague, then the number of the person at the customer; "
                "several pairs with commas. “all” – no other ties; “more” – there are others."
            )
        return self.tr(
            "Type one at a time; each is saved. “all” – the list is complete; “more” – there are "
            "others whom you cannot name; “none” – there is nobody."
        )


def _moves(diagnosis: Diagnosis) -> list[tuple[str, tuple[About, ...]]]:
    """Return the steps of the moves and whom they are about."""
    return [(move.step, move.about) for move in diagnosis.plan.moves]


def _names(diagnosis: Diagnosis) -> list[list[tuple[str, About]]]:
    return [[(found.id, found.about) for found in cause.findings] for cause in diagnosis.causes]


def _by_about(diagnosis: Diagnosis) -> dict[tuple[str, About], Finding]:
    return {(found.id, found.about): found for found in diagnosis.concluded()}
