"""Why a step has its place in the plan, in sentences and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.json_parts import about_data, account_data, plain_data
from kam_expert.outputs.plan_shown import shown_plan, why_there
from kam_expert.outputs.terminal import Lines
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.place import Ahead, Answering, Hold, StepPlace


def place_sentences(place: StepPlace, diagnosis: Diagnosis, words: Words) -> list[str]:
    """Return what there is to say about the place of a step, in whole sentences."""
    return list(_Place(place, diagnosis, words).sentences())


def render_place(
    place: StepPlace, diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str
) -> str:
    """Return the sentences as lines of at most 80 columns, with a final line break."""
    lines = Lines()
    words = Words(base, case, lang, diagnosis.day)
    for sentence in place_sentences(place, diagnosis, words):
        lines.add(sentence)
    return lines.text()


def render_place_json(
    place: StepPlace, diagnosis: Diagnosis, case: Case, base: KnowledgeBase
) -> str:
    """Return the place of a step as JSON text, with the sentences in both languages."""
    texts = {lang: Words(base, case, lang, diagnosis.day) for lang in LANGUAGES}
    data = {
        "account": account_data(diagnosis, case),
        "date": diagnosis.day.isoformat(),
        **_place_data(place),
        "texts": {lang: place_sentences(place, diagnosis, texts[lang]) for lang in LANGUAGES},
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _place_data(place: StepPlace) -> dict[str, Any]:
    return {
        "step": place.step,
        "state": place.state,
        "strategy": place.strategy,
        "place": place.place,
        "moves": place.moves,
        "by": place.move.by if place.move else None,
        "reason": place.reason,
        "ahead": [
            {"step": a.step, "other": a.other, "by": a.by, "finding": a.finding}
            for a in place.ahead
        ],
        "answered_by": [
            {"step": move.step, "place": move.place, "because": list(same)}
            for move, same in place.answered_by
        ],
        "room": None if place.room is None else {"moves": place.room[0], "capacity": place.room[1]},
        "waits_for": [
            {
                "finding": hold.finding,
                "status": hold.status,
                "about": [about_data(about) for about in hold.about],
                "freed_by": [{"step": f.step, "place": f.place} for f in hold.freed_by],
                "reversed_by": [
                    {
                        "about": about_data(r.about),
                        "fact": r.fact,
                        "side": r.side,
                        "to": plain_data(r.to),
                    }
                    for r in hold.reversed_by
                ],
            }
            for hold in place.holds
        ],
        "first_under": list(place.first_under),
        "needs": list(place.needs),
        "every": place.every,
    }


class _Place:
    def __init__(self, place: StepPlace, diagnosis: Diagnosis, words: Words) -> None:
        self.place = place
        self.words = words
        self._ = words._
        self.plan = shown_plan(diagnosis, words)

    def sentences(self) -> Iterator[str]:
        say = {
            "move": self._move,
            "later": self._later,
            "waits": self._waits,
        }.get(self.place.state, self._other)
        yield from say()
        yield from self._strategies()

    def _move(self) -> Iterator[str]:
        place = self.place
        assert place.place is not None  # noqa: S101 -- a move has a place
        yield self._(
            "“%(step)s” is move %(place)s of %(moves)s.",
            step=self._step(place.step),
            place=place.place,
            moves=place.moves,
        )
        yield next(found.why for found in self.plan.moves if found.move.place == place.place)
        yield from self._ahead(place.ahead)

    def _later(self) -> Iterator[str]:
        place = self.place
        reason = getattr(self.words.base.plan.left, place.reason or "").get(self.words.lang)
        yield self._(
            "“%(step)s” is left for later: %(reason)s.", step=self._step(place.step), reason=reason
        )
        for answering, same in place.answered_by:
            yield self._(
                "Move %(place)s, “%(move)s”, answers the same: %(findings)s.",
                place=answering.place,
                move=self._step(answering.step),
                findings=self._findings(same),
            )
        yield from self._ahead(place.ahead)
        if place.room is not None and place.reason in ("moves", "capacity"):
            moves, effort = place.room
            yield self._(
                "It would be in a plan with room for %(moves)s moves and %(effort)s of our work.",
                moves=moves,
                effort=self.words.days(effort / 2),
            )

    def _waits(self) -> Iterator[str]:
        yield self._("“%(step)s” waits.", step=self._step(self.place.step))
        for hold in self.place.holds:
            yield from self._hold(hold)

    def _hold(self, hold: Hold) -> Iterator[str]:
        finding = self._finding(hold)
        if hold.status == "open":
            yield self._(
                "It is not known yet whether this holds it back: %(finding)s.", finding=finding
            )
        else:
            yield self._("This holds it back: %(finding)s.", finding=finding)
        moves = [f for f in hold.freed_by if f.place is not None]
        others = [f for f in hold.freed_by if f.place is None]
        for answering in moves:
            yield self._(
                "Move %(place)s, “%(move)s”, works on that.",
                place=answering.place,
                move=self._step(answering.step),
            )
        if others and not moves:
            yield self._(
                "These steps, which are left for later, work on that: %(steps)s.",
                steps=self._steps(others),
            )
        if hold.reversed_by:
            yield self._(
                "It no longer holds if one of these changes: %(changes)s.",
                changes="; ".join(self.words.reversal(change) for change in hold.reversed_by),
            )

    def _other(self) -> Iterator[str]:
        place, doc = self.place, self.words.base.steps[self.place.step]
        told = {"step": self._step(place.step), "findings": self._findings(place.needs)}
        strategy = self.words.finding(place.strategy) if place.strategy else ""
        match place.state:
            case "keep_doing":
                days = self.words.days(place.every or 0)
                yield self._(
                    "“%(step)s” has succeeded. Repeat it every %(days)s.", **told, days=days
                )
                yield self._success(doc.success.get(self.words.lang))
            case "done":
                yield self._("“%(step)s” has succeeded and is not proposed again.", **told)
                yield self._success(doc.success.get(self.words.lang))
            case "hidden":
                yield self._("“%(step)s” is hidden by a note in the case.", **told)
            case "not_allowed":
                yield self._(
                    "“%(step)s” is not proposed under the strategy “%(strategy)s”.",
                    **told,
                    strategy=strategy,
                )
            case "dropped":
                yield self._("“%(step)s” is not proposed while this holds: %(findings)s.", **told)
            case _:
                yield self._(
                    "“%(step)s” is not proposed. It would be if one of these were likely: "
                    "%(findings)s.",
                    **told,
                )

    def _success(self, text: str) -> str:
        return self._("The sign of success: %(sign)s", sign=text)

    def _ahead(self, ahead: Iterable[Ahead]) -> Iterator[str]:
        for found in ahead:
            why = why_there(
                found.by,
                found.step,
                self.place.strategy,
                self.words,
                finding=found.finding,
                cause=found.cause,
                day=found.day,
            )
            if found.step == self.place.step:
                said = self._("It comes before “%(step)s”.", step=self._step(found.other))
            else:
                said = self._("“%(step)s” comes before it.", step=self._step(found.step))
            yield f"{said} {why}"

    def _strategies(self) -> Iterator[str]:
        place = self.place
        if place.strategy is None or place.place == 1:
            return
        proposed = place.state in ("move", "later", "waits")
        if place.first_under:
            yield self._(
                "It would come first under another strategy: %(strategies)s.",
                strategies=self._findings(place.first_under),
            )
        elif proposed:
            yield self._("It would not come first under any other strategy.")

    def _step(self, name: str) -> str:
        text = self.words.base.steps[name].name.get(self.words.lang)
        return self.words.step_text(text, ())

    def _steps(self, found: Iterable[Answering]) -> str:
        names = (self._step(answering.step) for answering in found)
        return ", ".join(self._("“%(step)s”", step=name) for name in names)

    def _findings(self, names: Iterable[str]) -> str:
        return "; ".join(self.words.finding(name) for name in names)

    def _finding(self, hold: Hold) -> str:
        whom = [self.words.about(a) for a in hold.about if a.kind != "account"]
        name = self.words.finding(hold.finding)
        return f"{name} ({', '.join(whom)})" if whom else name
