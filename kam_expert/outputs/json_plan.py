"""The plan of an account as JSON. Texts are in both languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from kam_expert.facts.plan_entries import KEYS, plain
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.json_parts import (
    AboutPart,
    AccountPart,
    DocumentPart,
    ReasonPart,
    RestPart,
    Status,
    Texts,
    about_data,
    account_data,
    followers_data,
    reasons_data,
    text_data,
)
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.audience import Edition
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.plan_shown import LeftShown, PlanShown
    from kam_expert.results.diagnosis import Diagnosis, StrategyResult


class EntryPart(DocumentPart):
    """An entry of the agreed plan; *late* is whether it is open after the day it was due."""

    id: str
    step: str | None
    text: str | None
    about: list[str]
    side: Literal["ours", "theirs", "internal"]
    owner: str | None
    begin: str | None
    due: str | None
    status: Literal["agreed", "begun", "done", "dropped"]
    late: bool
    reason: str | None
    agreed_on: str | None
    done_on: str | None
    result: Literal["worked", "partly", "not"] | None
    evidence: str | None
    note: str | None
    texts: Texts


class MovePart(DocumentPart):
    """A move; *with* lists the steps that are one move with it, *effort* is in half days.

    *entry* is what was agreed about it, null if nothing was.
    """

    place: int
    step: str
    with_: list[str] = Field(alias="with")
    about: list[AboutPart]
    because: list[str]
    who: Texts
    begin: str
    due: str
    effort: int
    why: Texts
    entry: EntryPart | None


class LaterPart(DocumentPart):
    """A step that is left for later, with the reason."""

    step: str
    with_: list[str] = Field(alias="with")
    about: list[AboutPart]
    because: list[str]
    reason: Literal["capacity", "moves", "answered", "mild", "support", "people", "dropped"]
    why: Texts


class WaitPart(DocumentPart):
    """A step that waits; *for* lists the findings that hold it back."""

    step: str
    with_: list[str] = Field(alias="with")
    about: list[AboutPart]
    because: list[str]
    for_: list[str] = Field(alias="for")


class KeptPart(DocumentPart):
    """A step that has succeeded and goes on; *every* is in days."""

    step: str
    about: list[AboutPart]
    every: int


class PlanPart(DocumentPart):
    """The moves of a plan, every other step that is proposed, and what was agreed before.

    *own* is what was agreed and the rules do not propose now, *theirs* what the customer promised,
    *tasks* what we have to do and promised to nobody.
    """

    moves: list[MovePart]
    own: list[EntryPart]
    later: list[LaterPart]
    waits: list[WaitPart]
    keep_doing: list[KeptPart]
    done: list[EntryPart]
    dropped: list[EntryPart]
    theirs: list[EntryPart]
    tasks: list[EntryPart]


class PlanStrategyPart(DocumentPart):
    """The strategy that the plan follows; one that somebody chose has no reasons."""

    id: str
    status: Status | Literal["chosen"]
    firm: bool
    reasons: list[ReasonPart]


class PlanCausePart(DocumentPart):
    """A main cause with the obstacles that follow from it."""

    finding: str
    about: list[AboutPart]
    follows: list[RestPart]


class PlanDocument(PlanPart):
    """The plan of one account on one day."""

    account: AccountPart
    date: str
    strategy: PlanStrategyPart | None
    causes: list[PlanCausePart]


def render_plan_json(diagnosis: Diagnosis, case: Case, base: KnowledgeBase) -> str:
    """Return the plan in the shape of `PlanDocument` as text with a final line break."""
    words = {lang: Words(base, case, lang, diagnosis.day) for lang in LANGUAGES}
    data = {
        "account": account_data(diagnosis, case),
        "date": diagnosis.day.isoformat(),
        "strategy": _strategy(diagnosis.strategy, words, diagnosis.edition),
        "causes": [
            {
                "finding": cause.first.id,
                "about": [about_data(found.about) for found in cause.findings],
                "follows": followers_data(cause),
            }
            for cause in diagnosis.causes
        ],
        **plan_data(diagnosis, words),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def plan_data(diagnosis: Diagnosis, words: dict[str, Words]) -> dict[str, Any]:
    """Return the plan as plain data in the shape of `PlanPart`."""
    shown = {lang: shown_plan(diagnosis, words[lang]) for lang in LANGUAGES}
    plan, base = shown[LANGUAGES[0]], words[LANGUAGES[0]].base
    titles = {lang: PlanWords(words[lang]) for lang in LANGUAGES}

    def entries(found: Iterable[PlanEntry]) -> list[dict[str, Any]]:
        return [_entry(entry, titles, diagnosis.day) for entry in found]

    return {
        "moves": [
            {
                **_move(place, shown),
                "entry": next(iter(entries([m.entry] if m.entry else [])), None),
            }
            for place, m in enumerate(diagnosis.plan.moves)
        ],
        "own": entries(diagnosis.plan.own),
        "later": [
            {
                **_left(found),
                "reason": found.left.reason,
                "why": text_data(getattr(base.plan.left, found.left.reason or "")),
            }
            for found in plan.later
        ],
        "waits": [{**_left(found), "for": list(found.left.waits_for)} for found in plan.waits],
        "keep_doing": [
            {
                "step": kept.step,
                "about": [about_data(about) for about in kept.about],
                "every": kept.every,
            }
            for kept in diagnosis.plan.keep_doing
        ],
        "done": entries(diagnosis.plan.done),
        "dropped": entries(diagnosis.plan.dropped),
        "theirs": entries(e for e in diagnosis.plan.agreed if e.side == "theirs"),
        "tasks": entries(e for e in diagnosis.plan.agreed if e.side == "internal"),
    }


def _entry(entry: PlanEntry, titles: dict[str, PlanWords], day: date) -> dict[str, Any]:
    data = {key: plain(getattr(entry, key)) or None for key in KEYS}
    return {
        **data,
        "about": list(entry.about),
        "late": entry.is_late(day),
        "texts": {lang: words.title(entry) for lang, words in titles.items()},
    }


def _move(place: int, shown: dict[str, PlanShown]) -> dict[str, Any]:
    told = {lang: shown[lang].moves[place] for lang in LANGUAGES}
    found = told[LANGUAGES[0]]
    move = found.move
    return {
        "place": move.place,
        "step": move.step,
        "with": list(move.steps[1:]),
        "about": [about_data(about) for about in move.about],
        "because": list(move.because),
        "who": {lang: told[lang].who for lang in LANGUAGES},
        "begin": found.begin.isoformat(),
        "due": found.due.isoformat(),
        "effort": move.effort,
        "why": {lang: told[lang].why for lang in LANGUAGES},
    }


def _left(found: LeftShown) -> dict[str, Any]:
    return {
        "step": found.left.step,
        "with": list(found.left.steps[1:]),
        "about": [about_data(about) for about in found.left.about],
        "because": list(found.left.because),
    }


def _strategy(
    strategy: StrategyResult | None, words: dict[str, Words], edition: Edition
) -> dict[str, Any] | None:
    if strategy is None:
        return None
    if strategy.chosen:
        return {"id": strategy.chosen.id, "status": "chosen", "firm": True, "reasons": []}
    found = strategy.found
    return {
        "id": found.id,
        "status": found.status,
        "firm": found.firm,
        "reasons": reasons_data(found, words, edition),
    }
