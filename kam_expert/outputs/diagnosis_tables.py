"""A diagnosis as tables: plain rows for other programs, with names and sentences."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.wording import Words
from kam_expert.results.plan import KeptStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.plan_shown import EntryShown
    from kam_expert.results.diagnosis import Diagnosis, NextStep
    from kam_expert.results.plan import LeftStep, Move

Row = dict[str, Any]
_ABOUT = {"account": str, "about_kind": str, "about": str, "about_name": str}
#: Columns of each table and their types.
TABLES: dict[str, dict[str, type]] = {
    "accounts": {
        "account": str, "name": str, "owner": str, "segment": str, "date": date, "stage": str,
        "stage_name": str, "firm": bool, "leaning": str, "could_be": list, "margin": int,
        "rule_base": str, "rule_base_digest": str, "facts_digest": str,
    },
    "findings": {
        **_ABOUT, "finding": str, "status": str, "firm": bool, "severity": str, "text": str,
        "rules": list, "assumes": list,
    },
    "plan": {
        "account": str, "part": str, "place": int, "step": str, "with": list, "kind": str,
        "kind_name": str, "about_kind": str, "about": list, "about_name": str, "name": str,
        "who": str, "begin": date, "due": date, "effort": int, "with_customer": bool, "why": str,
        "do": str, "success": str, "because": list, "waits_for": list, "every": int,
        "entry": str, "status": str, "done_on": date, "result": str, "reason": str, "evidence": str,
    },
    "steps": {
        **_ABOUT, "order": int, "place": int, "step": str, "kind": str, "kind_name": str,
        "name": str, "who": str, "due": date, "within_days": int, "do": str,
        "success": str, "because": list, "held_back_by": list, "instead_of": str,
    },
    "questions": {
        **_ABOUT, "fact": str, "asked_of": str, "question": str, "could_change": list,
        "why": str,
    },
}  # fmt: skip


def diagnosis_tables(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str
) -> dict[str, list[Row]]:
    """Return the rows of every table of `TABLES` for one account; None is an empty cell."""
    return _DiagnosisTables(diagnosis, case, base, lang).all()


class _DiagnosisTables:
    def __init__(self, diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> None:
        self.diagnosis = diagnosis
        self.case = case
        self.base = base
        self.lang = lang
        self.words = Words(base, case, lang, diagnosis.day)

    def all(self) -> dict[str, list[Row]]:
        return {
            "accounts": [self._account()],
            "findings": list(self._findings()),
            "plan": list(self._plan()),
            "steps": [self._step(step) for step in self.diagnosis.next_steps],
            "questions": list(self._questions()),
        }

    def _account(self) -> Row:
        found, stage = self.diagnosis, self.diagnosis.stage
        return {
            "account": found.account_id,
            "name": found.account_name,
            "owner": self.case.owner or None,
            "segment": self.case.segment or None,
            "date": found.day,
            "stage": stage.verdict,
            "stage_name": self.words.stage(stage.verdict),
            "firm": stage.firm,
            "leaning": stage.leaning,
            "could_be": list(stage.could_be),
            "margin": stage.margin,
            "rule_base": found.rule_base_version,
            "rule_base_digest": found.rule_base_digest,
            "facts_digest": found.facts_digest,
        }

    def _about(self, about: About) -> Row:
        kind = about.kind if about.fact is None else "gap"
        return {
            "account": self.diagnosis.account_id,
            "about_kind": kind,
            "about": about.id if about.fact is None else about.fact,
            "about_name": self.words.about(about)
            if about.fact is None
            else self.words.fact(about.fact),
        }

    def _findings(self) -> Iterator[Row]:
        for found in self.diagnosis.findings:
            yield {
                **self._about(found.about),
                "finding": found.id,
                "status": found.status,
                "firm": found.firm,
                "severity": found.severity,
                "text": self.words.headline(found),
                "rules": list(dict.fromkeys(reason.rule for reason in found.reasons))
                if self.diagnosis.edition.names_rules
                else [],
                "assumes": list(dict.fromkeys(taken.kind for taken in found.assumes)),
            }

    def _plan(self) -> Iterator[Row]:
        plan = shown_plan(self.diagnosis, self.words)
        for found in plan.moves:
            move = found.move
            yield {
                **self._entry("move", move, found.title),
                "place": move.place,
                "who": found.who,
                "begin": found.begin,
                "due": found.due,
                "effort": move.effort,
                "with_customer": found.with_customer,
                "why": found.why,
                "do": "\n".join(found.do),
                "success": "\n".join(found.success),
                "entry": move.entry.id if move.entry else None,
                "status": move.entry.status if move.entry else None,
            }
        parts = {
            "own": plan.own,
            "theirs": (*plan.theirs, *plan.kept),
            "tasks": plan.tasks,
            "done": plan.done,
            "dropped": plan.dropped,
        }
        for part, entries in parts.items():
            yield from (self._agreed(part, found) for found in entries)
        for left in plan.later:
            yield {**self._entry("later", left.left, left.title), "why": left.reason}
        for left in plan.waits:
            entry = self._entry("waits", left.left, left.title)
            yield {**entry, "waits_for": list(left.left.waits_for)}
        for kept, (title, _) in zip(self.diagnosis.plan.keep_doing, plan.keep_doing, strict=True):
            yield {**self._entry("keep_doing", kept, title), "every": kept.every}

    def _agreed(self, part: str, found: EntryShown) -> Row:
        """Return a row of the plan with an entry that was agreed."""
        entry, doc = found.entry, self.base.steps.get(found.entry.step)
        texts = {} if doc is None else {"do": doc.do, "success": doc.success}
        said = {key: self.words.step_text(text.get(self.lang), []) for key, text in texts.items()}
        return {
            **dict.fromkeys(TABLES["plan"]),
            "account": self.diagnosis.account_id,
            "part": part,
            "step": entry.step or None,
            "with": [],
            "kind": doc.kind if doc else None,
            "kind_name": self.base.step_book.kinds[doc.kind].name.get(self.lang) if doc else None,
            "about_kind": doc.about if doc else "account",
            "about": list(entry.about),
            "name": found.name,
            "who": found.who or None,
            "begin": entry.begin,
            "due": entry.due,
            "because": [],
            "waits_for": [],
            "entry": entry.id,
            "status": entry.status,
            "done_on": entry.done_on,
            "result": entry.result or None,
            "reason": entry.reason or None,
            "evidence": entry.evidence or None,
            **said,
        }

    def _entry(self, part: str, entry: Move | LeftStep | KeptStep, title: str) -> Row:
        """Return a row of the plan with what all parts have."""
        steps = (entry.step,) if isinstance(entry, KeptStep) else entry.steps
        abouts, doc = entry.about, self.base.steps[steps[0]]
        return {
            **dict.fromkeys(TABLES["plan"]),
            "account": self.diagnosis.account_id,
            "part": part,
            "step": steps[0],
            "with": list(steps[1:]),
            "kind": doc.kind,
            "kind_name": self.base.step_book.kinds[doc.kind].name.get(self.lang),
            "about_kind": abouts[0].kind,
            "about": [about.id for about in abouts],
            "about_name": ", ".join(self.words.about(about) for about in abouts),
            "name": title,
            "because": [] if isinstance(entry, KeptStep) else list(entry.because),
            "waits_for": [],
        }

    def _step(self, step: NextStep) -> Row:
        doc = self.base.steps[step.id]
        abouts = [] if step.about.kind == "account" else [step.about]
        texts = {"name": doc.name, "who": doc.who, "do": doc.do, "success": doc.success}
        said = {
            key: self.words.step_text(text.get(self.lang), abouts) for key, text in texts.items()
        }
        return {
            **self._about(step.about),
            "order": step.order,
            "place": step.place,
            "step": step.id,
            "kind": step.kind,
            "kind_name": self.base.step_book.kinds[doc.kind].name.get(self.lang),
            "name": said["name"],
            "who": step.owner or said["who"],
            "due": step.noted_due or step.due,
            "within_days": step.within_days,
            "do": said["do"],
            "success": said["success"],
            "because": list(step.because),
            "held_back_by": list(step.held_back_by),
            "instead_of": step.instead_of,
        }

    def _questions(self) -> Iterator[Row]:
        for asked in self.diagnosis.open_questions:
            yield {
                **self._about(asked.about),
                "fact": asked.name,
                "asked_of": asked.asked_of,
                "question": self.words.question(asked.name, asked.asked_of, self.diagnosis.edition),
                "could_change": list(asked.could_change),
                "why": asked.why,
            }
