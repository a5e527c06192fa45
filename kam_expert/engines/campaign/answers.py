"""What the returned files of a campaign say together.

The latest answer of each person counts; the earlier ones stay in the returned files. For our side
the latest answer of all counts. The customer has several voices: where they give different
numbers, the customer’s answer is the range of them. Different words have no range, so the account
then has no answer of the customer, and the disagreement is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kam_expert.errors import KamError
from kam_expert.facts.changes import Slot
from kam_expert.facts.distance import distance
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edits import SetAnswer
from kam_expert.knowledge.values import UNKNOWN, Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.campaign_settings import Apart, CampaignSettings
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.results.campaign import Returned, ReturnedAnswer

#: Who says how many questions the people of the customer disagree on.
_BY = "campaign"


class Voice(NamedTuple):
    """The latest answer of one person.

    Attributes:
        value: As `Fact.read` returns it; UNKNOWN for "not known".
        number: Of the taking on which it came first.
    """

    value: Any
    answer: ReturnedAnswer
    number: int


class Voices:
    """The answers that count, of all returned files."""

    def __init__(self, returned: Iterable[Returned], base: KnowledgeBase) -> None:
        self._base = base
        #: By account and side, by fact, by person.
        self._voices: dict[tuple[str, str], dict[str, dict[str, Voice]]] = {}
        #: Those that a later one of the same person replaced.
        self._earlier: dict[tuple[str, str, str], list[Voice]] = {}
        answers = [(answer, file) for file in returned for answer in file.answers]
        # The day that an answer has comes first, because clocks and mail change the order of files.
        answers.sort(key=lambda a: (a[0].day, a[1].saved or a[1].taken.isoformat(), a[1].number))
        for answer, file in answers:
            self._add(answer, file.number)

    def _add(self, answer: ReturnedAnswer, number: int) -> None:
        fact = self._base.facts.get(answer.fact)
        if fact is None:
            return
        try:
            value = UNKNOWN if answer.value is None else fact.read(answer.value, str(answer.value))
        except ValueError:
            return  # an answer from before the fact got other values
        key = (answer.account, answer.fact, answer.side)
        who = " ".join(answer.by.split()).casefold() if answer.side == "theirs" else ""
        of_account = self._voices.setdefault((answer.account, answer.side), {})
        voices = of_account.setdefault(answer.fact, {})
        if (known := voices.pop(who, None)) is not None:
            self._earlier.setdefault(key, []).append(known)
            if known.value == value:
                number = known.number
        voices[who] = Voice(value, answer, number)

    def of(self, account: str, fact: str, side: str) -> tuple[Voice, ...]:
        """Return the answers that count to one question, in the order in which they came."""
        return tuple(self._voices.get((account, side), {}).get(fact, {}).values())

    def facts(self, account: str, side: str) -> tuple[str, ...]:
        """Return the facts that somebody answered, "not known" included."""
        return tuple(self._voices.get((account, side), ()))

    def edits(self, case: Case, settings: CampaignSettings) -> list[SetAnswer]:
        """Return what the answers change of a case."""
        account = case.account.id
        edits = []
        for side in ("ours", "theirs"):
            for fact in self.facts(account, side):
                edits += self._edits_of(Slot("account", account, fact, side))
        count = self._disagreements(account, settings)
        if count is not None and settings.voices is not None:
            number, day = count
            slot = Slot("account", account, settings.voices)
            edits.append(SetAnswer(slot, number, "observed", _BY, day))
        return edits

    def _edits_of(self, slot: Slot) -> list[SetAnswer]:
        voices = self.of(slot.id, slot.fact, slot.side)
        day = max(voice.answer.day for voice in voices)
        told = [voice for voice in voices if voice.value is not UNKNOWN]
        value = together([voice.value for voice in told])
        earlier = self._earlier.get((slot.id, slot.fact, slot.side), [])
        days = {v.answer.day for v in earlier if v.value is not UNKNOWN}
        if value is UNKNOWN:
            days |= {v.answer.day for v in told}
            return [SetAnswer(slot, UNKNOWN, as_of=past) for past in sorted(days)]
        by = "; ".join(dict.fromkeys(voice.answer.by for voice in told if voice.answer.by))
        return [SetAnswer(slot, value, "said", by or None, day)]

    def disagree(self, account: str, apart: Apart) -> tuple[str, ...]:
        """Return the facts on which people of the customer are far apart."""
        return tuple(
            fact
            for fact in self.facts(account, "theirs")
            if far_apart(
                self._base.facts[fact],
                [v.value for v in self.of(account, fact, "theirs") if v.value is not UNKNOWN],
                apart,
            )
        )

    def _disagreements(self, account: str, settings: CampaignSettings) -> tuple[int, Any] | None:
        """Return on how many facts people disagree, and the day; None if nobody can."""
        several = [
            voices
            for fact in self.facts(account, "theirs")
            if len(voices := self.of(account, fact, "theirs")) > 1
        ]
        if not several:
            return None
        day = max(voice.answer.day for voices in several for voice in voices)
        return len(self.disagree(account, settings.apart)), day


def together(values: Sequence[Any]) -> Any:
    """Return what several people say together: one value, a range of numbers, or UNKNOWN."""
    different = list(dict.fromkeys(values))
    if len(different) <= 1:
        return different[0] if different else UNKNOWN
    ends = [end for value in different if (end := _ends(value)) is not None]
    if len(ends) < len(different):
        return UNKNOWN
    return Interval(min(low for low, _ in ends), max(high for _, high in ends))


def _ends(value: Any) -> tuple[float, float] | None:
    if isinstance(value, Interval) and value.high is not None:
        return value.low, value.high
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, value
    return None


def far_apart(fact: Fact, values: Sequence[Any], apart: Apart) -> bool:
    """Return whether two of the values are far apart; ranges that overlap are not."""
    ends = [_ends(value) for value in values]
    if fact.is_number and all(ends):
        low, high = (pick(e[at] for e in ends if e) for pick, at in ((max, 0), (min, 1)))
        if low <= high:
            return False
        if fact.doc.unit == "percent":
            return low - high >= apart.percent
        if fact.doc.unit in ("score", None, "count"):
            return low - high >= apart.steps
        return low > high * apart.times if high >= 0 else True
    least = apart.steps if fact.doc.type in ("ordered", "set") else 1
    return any(
        (distance(fact, one, two) or 0) >= least
        for at, one in enumerate(values)
        for two in values[:at]
    )


def with_answers(case: Case, edits: Iterable[SetAnswer], base: KnowledgeBase) -> Case:
    """Return *case* with the answers of a campaign. An answer that no longer fits is left out."""
    for edit in edits:
        try:
            case = apply_edit(case, edit, base)
        except KamError:
            continue
    return case
