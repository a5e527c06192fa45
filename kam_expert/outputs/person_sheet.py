"""The stored data about a person, in words for this person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import plain_value
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.proposal_words import ProposalWords
from kam_expert.outputs.terminal import Lines
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.person_data import Held
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.results.diagnosis import Finding, Reason
    from kam_expert.results.person import ConclusionChange, PersonSheet


class PersonText:
    """Formats the stored data about a person in one language."""

    def __init__(self, base: KnowledgeBase, case: Case, lang: str, day: date) -> None:
        self.base = base
        self.lang = lang
        self.words = Words(base, case, lang, day)
        self._ = self.words._  # the interface texts of this language
        self._n = self.words._n  # noqa: SLF001 -- likewise, with numbers
        self.lines = Lines()

    def sheet(self, sheet: PersonSheet, privacy: Privacy) -> str:
        """Return all stored data about the person as text for a terminal."""
        person = sheet.person
        self.lines.add(self._("What is held about %(name)s", name=self.words.called(person)))
        self.lines.rule()
        for text in self._about_this(sheet, privacy):
            self.lines.add(text)
        self.lines.title(self._("Facts"))
        if not sheet.held:
            self.lines.add(self._("None."))
        for held in sheet.held:
            self.lines.add(self._held(held), 4, "• ")
        if sheet.mentions:
            self.lines.title(self._("Texts that name you"))
            for text, wheres in self._mentions(sheet).items():
                self.lines.add(f"{', '.join(wheres)}: {text}", 4, "• ")
        if sheet.proposed:
            self.lines.title(self._("Proposed from notes; no conclusion uses it"))
            self._proposed(sheet)
        self.lines.title(self._("Conclusions about you"))
        if not sheet.conclusions:
            self.lines.add(self._("None."))
        self._findings(sheet.conclusions, lambda _: True)
        self._using(sheet)
        self.lines.title(self._("What would be different if nothing were held about you"))
        self.changes([c for c in sheet.without if not _of_others(c.about)])
        return self.lines.text()

    def _proposed(self, sheet: PersonSheet) -> None:
        """Add the proposals of the inbox, each with its evidence and what was decided."""
        words = ProposalWords(self.base, sheet.case, self.lang, sheet.day)
        for found in sheet.proposed:
            judged = self._("judgement") if _is_judgement(found.edit.slot.fact, self.base) else ""
            decided = words.decision(found) or self._("no decision yet")
            details = "; ".join(part for part in (judged, decided) if part)
            self.lines.add(f"{words.answer(found)} [{details}]", 4, "• ")
            self.lines.add(f"{found.note}:{found.line} «{found.quote}»", 8)

    def _using(self, sheet: PersonSheet) -> None:
        """Add the conclusions that use the facts; conclusions about others are only counted."""
        self.lines.title(self._("Other conclusions that use these facts"))
        if not sheet.using:
            self.lines.add(self._("None."))
        shared = [found for found in sheet.using if not _of_others(found.about)]
        self._findings(shared, lambda reason: _uses(reason, sheet))
        if others := len(sheet.using) - len(shared):
            self.lines.add(
                self._n(
                    "%(num)d conclusion about somebody else; what it says is for them to read.",
                    "%(num)d conclusions about other people; what they say is for them to read.",
                    others,
                    num=others,
                ),
                4,
                "• ",
            )

    def _about_this(self, sheet: PersonSheet, privacy: Privacy) -> list[str]:
        account = sheet.case.account.name
        return [
            self._(
                "These data are kept to look after the business relationship between the supplier "
                "and %(account)s, as of %(day)s.",
                account=account,
                day=self.words.dated(sheet.day),
            ),
            self._(
                "You may see them, have them corrected, object to them and have them erased. "
                "Judgements are erased %(days)s after the last contact.",
                days=self.words.days(privacy.keep_days),
            ),
        ]

    def _held(self, held: Held) -> str:
        words = self.words
        name = words.fact(held.fact)
        if held.about.kind == "link":
            name = f"{name} ({words.about(held.about)})"
        value = words.value(held.fact, plain_value(held.answer.value))
        fact = self.base.facts[held.fact]
        anchor = fact.doc.anchors.get(str(held.answer.value))
        if anchor is not None:
            value = f"{value} – {anchor.get(self.lang)}"
        origin: dict[str, Any] = {"source": held.answer.source, "by": held.answer.by}
        if held.answer.as_of:
            origin["as_of"] = held.answer.as_of.isoformat()
        source = words.source({key: item for key, item in origin.items() if item})
        judged = self._("judgement") if _is_judgement(held.fact, self.base) else ""
        details = "; ".join(part for part in (judged, source) if part)
        return f"{name}: {value}" + (f" [{details}]" if details else "")

    def _mentions(self, sheet: PersonSheet) -> dict[str, list[str]]:
        """Return the distinct texts that name the person, each with its places in words."""
        found: dict[str, list[str]] = {}
        for mention in sheet.mentions:
            wheres = found.setdefault(mention.text, [])
            where = self._where(mention.where)
            if where not in wheres:
                wheres.append(where)
        return found

    def _where(self, where: str) -> str:
        """Return the place of a free text, as named by `free_texts`, in words."""
        fact = where.rpartition(": ")[2]
        if fact in self.base.facts:
            return self.words.fact(fact)
        step = where.removeprefix("steps.").removesuffix(".owner")
        if step in self.base.steps:
            return self.base.steps[step].name.get(self.lang)
        known = {"account.owner": self._("Owner"), "account.segment": self._("Segment")}
        return known.get(where, self._("note"))

    def _findings(self, findings: Sequence[Finding], is_shown: Callable[[Reason], bool]) -> None:
        for found in findings:
            said = self.words.headline(found)
            self.lines.add(f"{said} [{self.words.status(found.status)}; {found.id}]", 4, "• ")
            for reason in found.reasons:
                if reason.outcome != "open" and is_shown(reason):
                    self.lines.add(self.words.explain(reason, found), 8, "– ")

    def changes(self, changes: Sequence[ConclusionChange]) -> None:
        """Add the changed conclusions."""
        if not changes:
            self.lines.add(self._("No conclusion changes."))
        alike: dict[tuple[str, str, str], list[ConclusionChange]] = {}
        for change in changes:
            alike.setdefault((change.id, change.before, change.after), []).append(change)
        opened = 0
        for (name, before, after), group in alike.items():
            if name == "stage":
                stages = (self.words.stage(stage) for stage in (before, after))
                self.lines.add(f"{self._('Stage')}: {' → '.join(stages)}", 4, "• ")
            elif {before, after} == {"absent", "open"}:
                opened += len(group)
            else:
                abouts = [self.words.about(c.about) for c in group if c.about.kind != "account"]
                said = self.words.finding(name) + (f" ({', '.join(abouts)})" if abouts else "")
                statuses = (self.words.status(status) for status in (before, after))
                self.lines.add(f"{said}: {' → '.join(statuses)}", 4, "• ")
        if opened:
            self.lines.add(
                self._n(
                    "%(num)d more becomes an open question, or no longer is one.",
                    "%(num)d more become open questions, or no longer are.",
                    opened,
                    num=opened,
                ),
                4,
                "• ",
            )


def _is_judgement(fact: str, base: KnowledgeBase) -> bool:
    return base.facts[fact].doc.privacy == "assessment"


def _of_others(about: About) -> bool:
    """Return whether a conclusion not about this person is about somebody else."""
    return about.kind in ("person", "member")


def _uses(reason: Reason, sheet: PersonSheet) -> bool:
    """Return whether a reason uses data about this person."""
    whose = (sheet.person.kind, sheet.person.id)
    stored = {(held.about, held.fact) for held in sheet.held}
    return any(
        (premise.about.kind, premise.about.id) == whose or (premise.about, premise.fact) in stored
        for premise in reason.premises
    )


def sheet_json(sheet: PersonSheet, base: KnowledgeBase, day: date) -> str:
    """Return all stored data about the person as JSON, with texts in both languages."""
    words = {lang: Words(base, sheet.case, lang, day) for lang in LANGUAGES}
    proposals = {lang: ProposalWords(base, sheet.case, lang, day) for lang in LANGUAGES}

    def finding(found: Finding) -> dict[str, Any]:
        return {
            "id": found.id,
            "about": {"kind": found.about.kind, "id": found.about.id},
            "status": found.status,
            "rules": [
                reason.rule
                for reason in found.reasons
                if reason.outcome != "open" and (found in sheet.conclusions or _uses(reason, sheet))
            ],
            "texts": {lang: words[lang].headline(found) for lang in words},
        }

    data = {
        "kam": 1,
        "person": {"kind": sheet.person.kind, "id": sheet.person.id, "name": sheet.person.name},
        "account": {"id": sheet.case.account.id, "name": sheet.case.account.name},
        "date": day.isoformat(),
        "held": [
            {
                "about": {"kind": h.about.kind, "id": h.about.id},
                "fact": h.fact,
                "value": plain_value(h.answer.value),
                "source": h.answer.source,
                "by": h.answer.by,
                "as_of": h.answer.as_of.isoformat() if h.answer.as_of else None,
                "judgement": _is_judgement(h.fact, base),
                "texts": {
                    lang: f"{words[lang].fact(h.fact)}: "
                    f"{words[lang].value(h.fact, plain_value(h.answer.value))}"
                    for lang in words
                },
            }
            for h in sheet.held
        ],
        "mentions": [{"where": m.where, "text": m.text} for m in sheet.mentions],
        "proposed": [
            {
                "id": p.id,
                "about": {"kind": p.edit.slot.kind, "id": p.edit.slot.id},
                "fact": p.edit.slot.fact,
                "value": plain_value(p.edit.value),
                "note": p.note,
                "line": p.line,
                "quote": p.quote,
                "status": p.status,
                "decided_by": p.decided_by,
                "judgement": _is_judgement(p.edit.slot.fact, base),
                "texts": {lang: proposals[lang].answer(p) for lang in proposals},
            }
            for p in sheet.proposed
        ],
        "conclusions": [finding(found) for found in sheet.conclusions],
        "using": [finding(found) for found in sheet.using if not _of_others(found.about)],
        "using_about_others": sum(_of_others(found.about) for found in sheet.using),
        "without": [
            {
                "id": change.id,
                "about": {"kind": change.about.kind, "id": change.about.id},
                "before": change.before,
                "after": change.after,
            }
            for change in sheet.without
            if not _of_others(change.about)
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
