"""What a browser knows of the meeting that it is used in: who is here, and until when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeetingState:
    """A meeting about one account.

    Attributes:
        day: The day of the meeting, in ISO form; empty before somebody said who is here.
        customer: Whether somebody of the customer is here.
        since: The version of the account at the start.
        until: The hour at which it ends, as ``HH:MM``; empty if nobody said.
    """

    day: str = ""
    customer: bool = False
    since: int = 0
    until: str = ""

    @property
    def begun(self) -> bool:
        """Return whether somebody said who is here."""
        return bool(self.day)
