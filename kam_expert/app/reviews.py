"""The review of a case file: the day that it looks back to, and its result as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.engines.inquiry.review import review
from kam_expert.errors import KamError, shortened
from kam_expert.facts.known_on import last_entered
from kam_expert.knowledge.documents import parse_date
from kam_expert.outputs.inquiry_json import render_inquiry

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

#: The day of the last meeting.
LAST = "last"


def day_since(since: str, today: date) -> date | None:
    """Return the day that *since* names; None for the last one. Raises KamError."""
    if since == LAST:
        return None
    day = parse_date(since)
    if day is None:
        raise KamError(f'--since takes YYYY-MM-DD or last, not "{shortened(since)}"')
    if day >= today:
        raise KamError(f"--since {day} is not before {today}")
    return day


def last_meeting(case: Case, since: str, base: KnowledgeBase, today: date, shown: str) -> date:
    """Return the day to which a review of a case looks back.

    Args:
        case: The account; its last meeting is the last day before *today* with an entry.
        since: A day, or ``last``.
        base: The rule base.
        today: The day of the review.
        shown: How the account is named in an error.

    Raises:
        KamError: *since* is invalid, or the case has no earlier entry.
    """
    day = day_since(since, today) or last_entered(case, base, today)
    if day is None:
        raise KamError(f"{shown}: nothing in it has a date before {today}; give --since DATE")
    return day


def review_since(case: Case, since: str, base: KnowledgeBase, today: date) -> str:
    """Return the review of a case as JSON. Raises as `last_meeting`."""
    last = last_meeting(case, since, base, today, case.account.id)
    return render_inquiry({"review": review(case, case, base, (last, today))}, case, base, today)
