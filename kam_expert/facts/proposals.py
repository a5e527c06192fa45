"""Facts that another program proposes from a note, with the words of the note as evidence.

No rule reads a proposal. A person sees it with its quotation and accepts, changes or refuses it;
an accepted one becomes an answer whose origin is the note.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from kam_expert.errors import KamError, did_you_mean, shortened, unknown_name
from kam_expert.facts.change_text import read_change
from kam_expert.facts.changes import answers_in
from kam_expert.facts.denylist import sensitive_terms_added
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edit_data import edit_from_data, edit_to_data
from kam_expert.facts.edits import SetAnswer
from kam_expert.facts.given_answers import day_of, path_of
from kam_expert.facts.plain_text import folded, visible
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.facts.case import Answer, Case
    from kam_expert.knowledge.privacy import Privacy

Status = Literal["open", "accepted", "refused"]
#: What a judgement of a person rests on, with the source of the answer.
BASES = {"words": "said", "deeds": "observed"}
#: The least words of a quotation, and of one that a judgement of a person rests on.
_FEWEST, _FEWEST_FOR_JUDGEMENT = 3, 5
_LONGEST = 400
#: Words that speak to a program instead of telling what happened.
_TO_A_PROGRAM = (
    "as an ai", "you are an ai", "dear assistant", "ignore all", "ignore the", "ignore any",
    "ignore previous", "previous instructions", "system prompt", "set the fact", "set the value",
    "ігноруй", "проігноруй", "попередні інструкції", "попередніх інструкцій", "шановний асистент",
    "ти штучний інтелект", "встанови факт", "встанови значення", "запиши значення",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """A text that a person handed over.

    Attributes:
        name: Its file name.
    """

    name: str
    text: str


@dataclass(frozen=True)
class ProposedAnswer:
    """A proposed answer with its evidence.

    Attributes:
        id: Follows from what was proposed and its evidence.
        edit: The answer. Its ``by`` holds the note and the quotation.
        note: The name of the note.
        line: The line of the note on which the quotation begins, from 1.
        decided_by: Who accepted or refused it.
    """

    id: str
    edit: SetAnswer
    note: str
    line: int
    quote: str
    status: Status = "open"
    decided_by: str = ""

    def contradicts(self, case: Case) -> Answer | None:
        """Return the last answer in the same place if it has another value."""
        answers = answers_in(case, self.edit.slot)
        return answers[-1] if answers and answers[-1].value != self.edit.value else None


def proposal(
    given: Mapping[str, Any], case: Case, notes: Mapping[str, Note], privacy: Privacy, day: date
) -> ProposedAnswer:
    """Check what a program proposes.

    Args:
        given: ``fact``, ``value`` (as in a case file or as text), ``note``, ``line``, ``quote``;
            ``side`` (ours or theirs) of an answer about the account, ``about`` (an id) of another;
            ``as_of``, ``basis`` (words or deeds) if known.
        case: The account.
        notes: The notes that were handed over, by name.
        privacy: The privacy settings, with the rule base.
        day: Today.

    Raises:
        KamError: It is refused; says why.
    """
    base = privacy.base
    fact = base.facts.get(str(given["fact"]))
    if fact is None:
        raise KamError(unknown_name("fact", given["fact"], base.facts))
    note = notes.get(str(given["note"]))
    if note is None:
        near = did_you_mean(given["note"], notes)
        raise KamError(f'no note "{shortened(given["note"])}" was handed over.{near}')
    quote = visible(str(given["quote"]))
    _check_quote(quote, note, int(given["line"]))
    basis = given.get("basis")
    if fact.doc.privacy == "assessment":
        _check_judgement(quote, basis)
    elif basis is not None and basis not in BASES:
        raise KamError(f'"basis" is words or deeds, not "{shortened(basis)}"')
    path = path_of(given, fact)
    if path == "theirs" and basis != "words":
        raise KamError("an answer of the customer rests on the customer's words: basis words")
    change = f"{path}.{fact.name}" if path else fact.name
    slot, value = read_change(f"{change}={_text(given['value'])}", case, base, day)
    if value is UNKNOWN:
        raise KamError(f"{fact.name}: a proposal needs a value; leave out what is unknown")
    edit = SetAnswer(
        slot=slot,
        value=value,
        source=BASES.get(basis or "", "reported"),
        by=f"{note.name}:{given['line']} «{quote}»",
        as_of=day_of(given.get("as_of"), day),
    )
    apply_edit(case, edit, base)
    for word, topic in sensitive_terms_added([edit], case, privacy):
        raise KamError(f'the quotation contains "{word}" ({topic}), which is not kept')
    identity = json.dumps(edit_to_data(edit), ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(identity.encode()).hexdigest()[:10]
    return ProposedAnswer(digest, edit, note.name, int(given["line"]), quote)


def with_value(
    found: ProposedAnswer, value: str, case: Case, privacy: Privacy, day: date
) -> ProposedAnswer:
    """Return a proposal with another value, as a person corrects it. Raises KamError."""
    slot = found.edit.slot
    side = slot.side if slot.kind == "account" else _about(case, slot.kind, slot.id)
    _, read = read_change(f"{side}.{slot.fact}={value}", case, privacy.base, day)
    if read is UNKNOWN:
        raise KamError("a value is needed; refuse the proposal if it is unknown")
    return replace(found, edit=replace(found.edit, value=read))


def _about(case: Case, kind: str, identity: str) -> str:
    entity = next(entity for entity in case.entities(kind) if entity.id == identity)
    return "-".join(entity.ends) if kind == "link" and entity.ends else identity


def _check_quote(quote: str, note: Note, line: int) -> None:
    if len(quote.split()) < _FEWEST:
        raise KamError(f"a quotation has at least {_FEWEST} words")
    if len(quote) > _LONGEST:
        raise KamError(f"a quotation has at most {_LONGEST} characters; quote the sentence only")
    begins = _lines_of(quote, note.text)
    if not begins:
        raise KamError(f'"{shortened(quote)}" does not occur in {note.name}; quote it verbatim')
    if line not in begins:
        raise KamError(f"the quotation begins on line {begins[0]} of {note.name}, not {line}")
    plain = f" {folded(quote)}"
    if word := next((word for word in _TO_A_PROGRAM if f" {word}" in plain), None):
        raise KamError(f'the quotation speaks to a program ("{word}"); quote what was said or done')
    if re.search(r"\b[a-z]+_[a-z0-9_]+\b", quote):
        raise KamError("the quotation contains the name of a fact; quote what was said or done")


def _check_judgement(quote: str, basis: Any) -> None:
    if basis not in BASES:
        raise KamError('a judgement of a person rests on their words or deeds: give "basis"')
    if len(quote.split()) < _FEWEST_FOR_JUDGEMENT:
        raise KamError(
            f"a judgement of a person needs a quotation of at least {_FEWEST_FOR_JUDGEMENT} words, "
            "with what the person said or did"
        )


def _lines_of(quote: str, text: str) -> list[int]:
    """Return the lines, from 1, on which *quote* begins; kinds of white space do not matter."""
    numbered = [(visible(line), number) for number, line in enumerate(text.splitlines(), 1)]
    kept = [(line, number) for line, number in numbered if line]
    starts, whole = [], ""
    for line, number in kept:
        starts.append((len(whole), number))
        whole += f"{line} "
    found, at = [], whole.find(quote)
    while at >= 0:
        found.append(max((start, number) for start, number in starts if start <= at)[1])
        at = whole.find(quote, at + 1)
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def proposal_data(found: ProposedAnswer) -> dict[str, Any]:
    """Return a proposal as plain data for JSON."""
    return {
        "id": found.id,
        "edit": edit_to_data(found.edit),
        "note": found.note,
        "line": found.line,
        "quote": found.quote,
        "status": found.status,
        "decided_by": found.decided_by,
    }


def proposal_from_data(data: Mapping[str, Any], privacy: Privacy) -> ProposedAnswer:
    """Return the proposal of plain data. Raises KamError if the rule base lacks its fact."""
    edit = edit_from_data(data["edit"], privacy.base)
    if not isinstance(edit, SetAnswer):
        raise KamError("a proposal is an answer")
    return ProposedAnswer(
        data["id"],
        edit,
        data["note"],
        data["line"],
        data["quote"],
        data["status"],
        data["decided_by"],
    )
