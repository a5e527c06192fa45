"""Mail and calendars: who wrote to whom and met whom, and nothing of what was said."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.errors import KamError
from kam_expert.outputs.imported import write_imported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.importing.import_result import Imported

    Bring = Callable[..., Imported]
    Told = Callable[[Imported], dict[tuple[str, str, str], Any]]

DAY = date(2026, 11, 20)
CANARY = "CANARY-7f3a"
MAPPING = """\
system: firms
team: [{from: team, id: mid, name: member, email: address}]
accounts: [{from: firms, id: id, name: name}]
people: [{from: people, id: pid, name: person, email: mail, account: firm}]
contact:
  {days: link_last_two_way_days, count: link_exchanges_90d, within_days: 90,
    person_days: last_two_way_days}
"""
TEAM = "mid,member,address\nm1,Marko,marko@ours.ua\nm2,Olena,olena@mail.ours.ua\n"
PEOPLE = (
    "pid,person,mail,firm\np1,Petra,petra@oak.com,a\np2,Quentin,q@oak.com,a\np3,R,r@elm.com,b\n"
)


@pytest.fixture
def take(tmp_path: Path, bring: Bring) -> Callable[..., Imported]:
    def run(**wishes: Any) -> Imported:
        (tmp_path / "mapping.yaml").write_text(MAPPING)
        for name, text in {
            "team": TEAM,
            "firms": "id,name\na,Oak\nb,Elm\n",
            "people": PEOPLE,
        }.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return bring(tmp_path, **{"day": DAY, "our_domains": ("ours.ua",), **wishes})

    return run


def message(  # noqa: PLR0913 -- the headers of a message
    key: str, sender: str, to: str, days_ago: int, answers: str = "", more: str = ""
) -> str:
    moment = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC) - timedelta(days=days_ago)
    reply = f"In-Reply-To: <{answers}@x>\n" if answers else ""
    return (
        f"From {sender} Mon Nov 02 10:00:00 2026\nMessage-ID: <{key}@x>\nFrom: Name <{sender}>\n"
        f"To: {to}\nDate: {format_datetime(moment)}\n{reply}{more}Subject: {CANARY}\n\n"
        f"{CANARY}\n>From here\nFrom: not a header\n\n"
    )


MAIL = [
    message("1", "marko@ours.ua", "Petra <PETRA@oak.com>", 40),
    message("2", "petra@oak.com", "marko@ours.ua, olena@mail.ours.ua", 39, "1"),
    message("3", "marko@ours.ua", "petra@oak.com, q@oak.com", 38, "2"),
    message("3", "marko@ours.ua", "petra@oak.com, q@oak.com", 38, "2"),
    message("4", "r@elm.com", "marko@ours.ua", 5),
    message("5", "r@elm.com", "marko@ours.ua", 4, "4"),
    message("6", "r@elm.com", "marko@ours.ua", 3, "x", "List-Unsubscribe: <mailto:x@y.z>\n"),
    message("7", "no-reply@elm.com", "marko@ours.ua", 3, "1"),
    message("8", "marko@ours.ua", "olena@mail.ours.ua", 3, "1"),
    message("9", "stranger@fir.com", "marko@ours.ua", 3, "1"),
    message("10", "q@oak.com", "marko@ours.ua", 2, "3", "Auto-Submitted: auto-replied\n"),
    message("11", "q@oak.com", "marko@ours.ua", 1, "3", "Sensitivity: Private\n"),
]


def test_replies_are_contact_and_nothing_else(
    take: Callable[..., Imported], told: Told, tmp_path: Path
) -> None:
    (tmp_path / "box.mbox").write_text("".join(MAIL))
    (tmp_path / "more.eml").write_text(MAIL[2].partition("\n")[2])
    imported = take()
    (counts,) = [counts for counts in imported.counts if counts.table == "mail"]

    assert {key: value for key, value in told(imported).items() if "link" in key[2]} == {
        ("a", "m1→p1", "link_last_two_way_days"): 38,
        ("a", "m1→p1", "link_exchanges_90d"): 2,
        ("a", "m2→p1", "link_last_two_way_days"): 39,
        ("a", "m2→p1", "link_exchanges_90d"): 1,
    }
    assert (counts.read, counts.used, counts.rejected) == (13, 2, 0)
    assert counts.left_out == {
        "one_way": 3, "same_message": 2, "list_or_robot": 3, "internal": 1, "nobody_known": 1,
        "private": 1,
    }  # fmt: skip


def test_an_inbox_without_what_we_sent(
    take: Callable[..., Imported], told: Told, tmp_path: Path
) -> None:
    (tmp_path / "box.mbox").write_text(MAIL[1])

    assert told(take())["a", "m1→p1", "link_last_two_way_days"] == 39


def test_people_who_opted_out_are_left_out(
    take: Callable[..., Imported], told: Told, tmp_path: Path
) -> None:
    (tmp_path / "box.mbox").write_text("".join(MAIL[:3]))
    imported = take(opted_out=frozenset({"petra@oak.com"}))

    assert told(imported) == {}
    (counts,) = [counts for counts in imported.counts if counts.table == "mail"]
    assert counts.left_out == {"one_way": 1, "opted_out": 2}


def test_our_domain_must_be_named(take: Callable[..., Imported], tmp_path: Path) -> None:
    (tmp_path / "box.mbox").write_text(MAIL[0])

    with pytest.raises(KamError, match=r"box\.mbox: whose addresses are ours\?.*--our-domain"):
        take(our_domains=())


def event(key: str, day: str, attendees: str, more: str = "") -> str:
    lines = "".join(
        f"ATTENDEE;PARTSTAT={state}:mailto:{address}\n"
        for state, _, address in (part.partition(" ") for part in attendees.split(", "))
    )
    return (
        f"BEGIN:VEVENT\nUID:{key}\nDTSTAMP:20261101T000000Z\nDTSTART:{day}T100000Z\n"
        f"SUMMARY:{CANARY}\nDESCRIPTION:{CANARY}\n{lines}{more}END:VEVENT\n"
    )


def calendar(*events: str) -> str:
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//t//EN\n{''.join(events)}END:VCALENDAR\n"
    return text.replace("\n", "\r\n")


BOTH = "ACCEPTED marko@ours.ua, ACCEPTED petra@oak.com"


def test_meetings_that_both_sides_accepted(
    take: Callable[..., Imported], told: Told, tmp_path: Path
) -> None:
    (tmp_path / "ours.ics").write_text(
        calendar(
            event("1", "20261110", BOTH),
            event("2", "20261112", BOTH, "CLASS:PRIVATE\n"),
            event("3", "20261113", BOTH, "STATUS:CANCELLED\n"),
            event("4", "20261114", "ACCEPTED marko@ours.ua, DECLINED petra@oak.com"),
            event("5", "20261115", "DECLINED marko@ours.ua, ACCEPTED q@oak.com"),
            event("6", "20261116", "NEEDS-ACTION q@oak.com", "ORGANIZER:mailto:q@oak.com\n"),
            event("7", "20261201", BOTH),
            event("8", "20261102", BOTH, "RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20261109T100000Z\n"),
            event("9", "20261117", "ACCEPTED marko@ours.ua"),
        ),
        newline="",
    )
    (tmp_path / "copy.ics").write_text(calendar(event("1", "20261110", BOTH)), newline="")
    imported = take()
    (counts,) = [counts for counts in imported.counts if counts.table == "calendar"]

    assert told(imported) == {
        ("a", "m1→p1", "link_last_two_way_days"): 4,
        ("a", "m1→p1", "link_exchanges_90d"): 3,
        ("a", "p2", "last_two_way_days"): 4,
    }
    assert counts.left_out == {
        "private": 1, "cancelled": 1, "not_accepted": 2, "planned": 1, "internal": 1,
        "same_meeting": 1,
    }  # fmt: skip
    assert counts.read == counts.used + sum(counts.left_out.values())


@pytest.mark.parametrize(
    ("begin", "rule", "left_out"),
    [
        ("20261101", "FREQ=SECONDLY", {"not_readable": 1}),
        ("20261101", "FREQ=DAILY;BYHOUR=1,2,3", {"not_readable": 1}),
        # Whose first day would be looked for until the year 9999.
        ("20261101", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", {"not_readable": 1}),
        ("00010101", "FREQ=DAILY", {"not_readable": 1}),
        ("20261101", "FREQ=DAILY;COUNT=99999999999", {"not_readable": 1}),
        ("20261101", "FREQ=DAILY;BYHOUR=10;COUNT=3", {}),
    ],
)
def test_series_that_no_meeting_has_are_not_expanded(
    begin: str, rule: str, left_out: dict[str, int], take: Callable[..., Imported], tmp_path: Path
) -> None:
    series = event("1", begin, BOTH, f"RRULE:{rule}\n")
    (tmp_path / "ours.ics").write_text(calendar(series), newline="")
    (counts,) = [counts for counts in take().counts if counts.table == "calendar"]

    assert counts.left_out == left_out


def test_texts_of_events_are_not_parsed(take: Callable[..., Imported], tmp_path: Path) -> None:
    # Bytes that icalendar would refuse, in a folded line.
    text = "DESCRIPTION;X=\x01:END:VCALENDAR\n " + "x" * 200_000 + "\n"
    (tmp_path / "ours.ics").write_text(calendar(event("1", "20261110", BOTH, text)), newline="")
    (counts,) = [counts for counts in take().counts if counts.table == "calendar"]

    assert counts.used == 1


def test_nothing_that_was_said_is_kept(take: Callable[..., Imported], tmp_path: Path) -> None:
    (tmp_path / "box.mbox").write_text("".join(MAIL))
    (tmp_path / "ours.ics").write_text(calendar(event("1", "20261110", BOTH)), newline="")
    write_imported(take(), tmp_path / "out")

    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert b"Petra" in written
    assert CANARY.encode() not in written
    assert b"stranger" not in written


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.mbox", "Dear all,\n", "is not a mailbox"),
        ("a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "is not a calendar"),
        ("a.ics", "hello", "is not a calendar"),
    ],
)
def test_other_files_are_refused(
    name: str, content: str, said: str, take: Callable[..., Imported], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(KamError, match=said):
        take()


def test_broken_messages_are_counted(take: Callable[..., Imported], tmp_path: Path) -> None:
    undated = (
        "From x\nDate: Mon, 99 Foo 2026 10:00\nFrom: petra@oak.com\nTo: marko@ours.ua\n"
        "In-Reply-To: <q@x>\n\n\n"
    )
    broken = [
        "From x\nFrom: =?utf-8?b?broken\nDate: yesterday\n\n\n",
        undated,
        "From x\n\n\n",
        "From x\nFrom: a@b@c, <>, \x00\nTo: ;;;\n\n",
    ]
    (tmp_path / "box.mbox").write_text("".join(broken))
    (counts,) = [counts for counts in take().counts if counts.table == "mail"]

    assert counts.read == 4
    assert counts.left_out["no_date"] == 1


def test_a_mailbox_with_known_truth(
    take: Callable[..., Imported], told: Told, tmp_path: Path
) -> None:
    rng = random.Random(7)
    people = {"petra@oak.com": ("a", "p1"), "q@oak.com": ("a", "p2"), "r@elm.com": ("b", "p3")}
    ours = {"marko@ours.ua": "m1", "olena@mail.ours.ua": "m2"}
    letters: list[str] = []
    last: dict[tuple[str, str], int] = {}
    count: dict[tuple[str, str], int] = {}
    sent: list[tuple[str, str, str]] = []
    for number in range(600):
        them, us, days = rng.choice(list(people)), rng.choice(list(ours)), rng.randrange(365)
        before = [s for s in sent if {s[1], s[2]} == {them, us}]
        sender, to = rng.sample((them, us), 2)
        answered = rng.choice(before) if before and rng.random() < 0.6 else None
        letters.append(message(str(number), sender, to, days, answered[0] if answered else ""))
        if answered is not None and answered[1] != sender:
            account, person = people[them]
            link = (account, f"{ours[us]}→{person}")
            last[link] = min(days, last.get(link, days))
            count[link] = count.get(link, 0) + (days < 90)
        sent.append((str(number), sender, to))
    rng.shuffle(letters)
    (tmp_path / "box.mbox").write_text("".join(letters))
    said = told(take())

    assert {key[:2]: v for key, v in said.items() if key[2].endswith("days")} == last
    assert {key[:2]: v for key, v in said.items() if key[2].endswith("90d")} == count
