"""How much of a diagnosis a report tells in full, so that the file stays small.

What was found, why, what to do, who, by when and how success shows is in every report. What gives
way where much was found is said elsewhere too, or is for later: how to do the later steps, what a
lesser conclusion means, the wording of the less useful questions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kam_expert.knowledge.documents import SEVERITIES

#: What a report may have: so many bytes for an account, and for each contact after the first.
_ACCOUNT, _CONTACT = 60_000, 1_000


@dataclass(frozen=True)
class Room:
    """What is told in full.

    Attributes:
        steps: So many steps with how to do them and what to mind; of the others who, by when and
            how success shows.
        successes: So many steps with how success shows.
        questions: So many questions to each side in full; the others by name.
        changes: So much of what the answer to a question could change.
        meanings: How much conclusions weigh that tell what they mean.
        sentences: Whether a rule's own sentence stands beside its conditions.
        choices: Whether the reason of each of our thresholds stands beside it.
        reasons: How much conclusions weigh that tell each of several reasons, not only the first.
        headlines: Whether also a strength or a minor matter is said in a sentence with its steps,
            not only named.
        statements: How much conclusions weigh whose statements of the method are told; of the
            others the appendix has the letter and the rule.
    """

    steps: int = 40
    successes: int = 60
    questions: int = 6
    changes: int = 5
    meanings: tuple[str, ...] = SEVERITIES
    reasons: tuple[str, ...] = SEVERITIES
    sentences: bool = True
    choices: bool = True
    headlines: bool = True
    statements: tuple[str, ...] = SEVERITIES


_WEIGHTY = ("high", "medium")
_SHORTER: tuple[dict[str, Any], ...] = (
    {"steps": 12, "questions": 5, "changes": 4},
    {"sentences": False, "steps": 10},
    {"meanings": ("high",), "steps": 8},
    {"choices": False, "questions": 4, "changes": 3},
    {"headlines": False, "steps": 6},
    {"steps": 5, "questions": 3, "changes": 2, "reasons": _WEIGHTY},
    {"statements": _WEIGHTY},
    {"meanings": (), "questions": 2, "changes": 1},
    {"statements": ("high",)},
    {"successes": 20},
    {"statements": ()},
    {"steps": 3, "successes": 12},
    {"reasons": (), "successes": 6},
)


def _rooms() -> tuple[Room, ...]:
    rooms = [Room()]
    for change in _SHORTER:
        rooms.append(replace(rooms[-1], **change))
    return tuple(rooms)


#: From the roomiest to the tightest; each leaves out what the one before it leaves out.
ROOMS = _rooms()
#: About the part of the budget that a room saves against the one before it.
SAVING = 0.045


def budget(contacts: int) -> int:
    """Return how many bytes a report on an account with so many contacts may have."""
    return _ACCOUNT + _CONTACT * max(0, contacts - 1)
