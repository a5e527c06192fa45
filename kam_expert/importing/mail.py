"""Who wrote to whom and when, from the headers of messages: mbox and EML files.

A reply is contact in both directions. A message that answers nothing is none, and neither is what
lists and robots send. Only headers are parsed; bodies are skipped while a file is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.importing.correspondence import Contact, Sides, contact_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from email.message import Message
    from pathlib import Path

    from kam_expert.importing.table import SourceTable

ENDINGS = (".mbox", ".eml")
#: The longest header of a message, in bytes; the rest is cut off.
_LONGEST = 256_000
_ROBOT = re.compile(
    r"(?:no|not|do-?not|dont)[-_.]?reply|mailer-daemon|postmaster|bounces?[-+_.@]|notifications?@"
    r"|newsletter|news@|robot@|daemon@|automat|alerts?@",
    re.IGNORECASE,
)
_ID = re.compile(r"<[^<>\s]+>")
_PARSER = BytesHeaderParser(policy=policy.compat32)


@dataclass(frozen=True)
class _Head:
    """What is read of a message."""

    id: str
    sender: str
    receivers: tuple[str, ...]
    day: str
    answers: tuple[str, ...]
    left_out: str


def mail_table(paths: list[Path], sides: Sides) -> SourceTable:
    """Return the messages in files as a table of contacts; one in several files counts once.

    Raises:
        KamError: A file cannot be read.
    """
    heads: list[_Head] = []
    seen: dict[str, _Head] = {}
    again = 0
    for path in paths:
        for message in _messages(path):
            head = _head(message)
            if head.id and head.id in seen:
                again += 1
                continue
            if head.id:
                seen[head.id] = head
            heads.append(head)
    contacts = [_contact(head, seen, sides) for head in heads]
    contacts += [Contact("", left_out="same_message")] * again
    return contact_table("mail", len(paths), contacts, "mail")


def _messages(path: Path) -> Iterator[Message]:
    """Yield the headers of each message of a file."""
    try:
        with path.open("rb") as file:
            if path.suffix.lower() == ".eml":
                yield _parsed(_header(file))
                return
            for lines in _mbox(file, path):
                yield _parsed(lines)
    except OSError as error:
        raise KamError(f"{path.name}: cannot be read ({error.strerror or error})") from None


def _parsed(lines: list[bytes]) -> Message:
    try:
        return _PARSER.parsebytes(b"".join(lines))
    except (MessageError, ValueError, LookupError):
        return _PARSER.parsebytes(b"")


def _header(file: Iterable[bytes]) -> list[bytes]:
    """Return the lines of a file up to the first empty one."""
    lines: list[bytes] = []
    size = 0
    for line in file:
        if not line.strip():
            break
        size += len(line)
        if size <= _LONGEST:
            lines.append(line)
    return lines


def _mbox(file: Iterable[bytes], path: Path) -> Iterator[list[bytes]]:
    """Yield the header of each message of an mbox file; bodies are passed over."""
    lines: list[bytes] | None = None
    in_header, after_empty, size = False, True, 0
    for line in file:
        if after_empty and line.startswith(b"From "):
            if lines is not None:
                yield lines
            lines, in_header, size = [], True, 0
        elif lines is None and line.strip():
            raise KamError(f"{path.name}: is not a mailbox (.mbox), which begins with From")
        elif in_header and lines is not None:
            size += len(line)
            in_header = bool(line.strip())
            if in_header and size <= _LONGEST:
                lines.append(line)
        after_empty = not line.strip()
    if lines is not None:
        yield lines


def _head(message: Message) -> _Head:
    sender = next(iter(_addresses(message, "from")), "")
    receivers = tuple(_addresses(message, "to", "cc"))
    answers = _ID.findall(f"{message.get('in-reply-to', '')} {message.get('references', '')}")
    return _Head(
        (_ID.findall(str(message.get("message-id", ""))) or [""])[0],
        sender,
        receivers,
        _day(message),
        tuple(dict.fromkeys([*answers[:1], *answers[-1:]])),
        _why_none(message, sender),
    )


def _addresses(message: Message, *names: str) -> Iterator[str]:
    given = [str(value) for name in names for value in message.get_all(name, ())]
    for _, address in getaddresses(given):
        plain = address.strip().strip("<>").lower()
        if "@" in plain and ";" not in plain:
            yield plain


def _day(message: Message) -> str:
    try:
        return parsedate_to_datetime(str(message.get("date", ""))).date().isoformat()
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""


def _why_none(message: Message, sender: str) -> str:
    """Return why the headers show that a message is not a contact; empty if it may be one."""
    if not sender:
        return "no_sender"
    if str(message.get("sensitivity", "")).strip().lower() in ("private", "personal"):
        return "private"
    listed = any(name in message for name in ("list-id", "list-unsubscribe", "list-post"))
    bulk = str(message.get("precedence", "")).strip().lower() in ("bulk", "list", "junk")
    automatic = str(message.get("auto-submitted", "no")).strip().lower() not in ("", "no")
    automatic |= any(name in message for name in ("x-autoreply", "x-autorespond", "x-auto-reply"))
    report = message.get_content_type() in ("multipart/report", "text/calendar")
    if listed or bulk or automatic or report or _ROBOT.search(sender):
        return "list_or_robot"
    return ""


def _contact(head: _Head, seen: dict[str, _Head], sides: Sides) -> Contact:
    from_us = sides.is_ours(head.sender)
    others = head.receivers if from_us else (head.sender,)
    theirs, ours, opted_out = sides.split(
        (*others, *((head.sender,) if from_us else head.receivers))
    )
    if from_us:
        ours = (head.sender,)
    else:
        theirs = tuple(address for address in theirs if address == head.sender)
    why = head.left_out
    if not why and not theirs:
        why = "opted_out" if opted_out else "internal"
    if not why and not ours:
        why = "not_to_us"
    answered: tuple[str, ...] = ()
    if not why:
        if not head.answers:
            why = "one_way"
        else:
            known = [seen[answer] for answer in head.answers if answer in seen]
            if from_us:
                # Of its receivers, those who wrote before are in contact with us.
                answered = tuple(
                    a for a in theirs if not known or any(k.sender == a for k in known)
                )
            elif not known or any(sides.is_ours(k.sender) for k in known):
                answered = theirs
            why = "" if answered else "one_way"
    if why:
        return Contact(head.id, left_out=why)
    return Contact(head.id, answered, ours, head.day)
