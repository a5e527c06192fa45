"""A note with a word on the denylist is saved, and the page names the word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import ADDRESS, DAY, Visitor, text_of

if TYPE_CHECKING:
    import httpx2

SAYS = "Sensitive words in a note"
STEP = "put_right_with_person"


def send(visitor: Visitor, key: str, action: str, /, **fields: Any) -> httpx2.Response:
    """Send a form about an account and return the page after it."""
    seen = {"seen": visitor.store.state(key).version}
    answer = visitor.post(f"/a/{key}/{action}", seen | fields)
    assert answer.status_code == 303, text_of(answer)
    return visitor.get(answer.headers["location"])


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("comments", {"comment": ["Усе гаразд", "Директор хворіє, зустріч потім"]}),
        ("account", {"name": "А", "owner": "хворий менеджер", "segment": ""}),
        ("step", {"step": STEP, "owner": "коли хворий вийде"}),
        ("add", {"kind": "decision", "name": "Поки він хворий"}),
        (
            "answer",
            {
                "kind": "account", "id": "kalynovyi-brid", "fact": "access_to_others",
                "side": "ours", "value": "free", "by": "секретарка: шеф хворий",
            },
        ),
    ],
)  # fmt: skip
def test_a_word_about_health_in_any_note_is_saved_and_named(
    visitor: Visitor, action: str, fields: dict[str, Any]
) -> None:
    key = visitor.example()
    account = visitor.store.state(key).case.account.id
    if "id" in fields:
        fields = fields | {"id": account}
    before = visitor.store.state(key).version

    page = send(visitor, key, action, back="notes", **fields)

    said = page.text.split('class="notice denied">')[1].split("</p>")[0]
    assert "“хвор" in said
    assert "(health)" in said
    assert visitor.store.state(key).version == before + 1


def test_the_warning_is_in_the_language_of_the_page(visitor: Visitor) -> None:
    key = visitor.example()
    visitor.post("/visitor", {"lang": "uk"})

    page = send(visitor, key, "comments", comment=["It is the lazy director."], back="notes")

    assert "«lazy» (образи)" in text_of(page)


def test_an_earlier_denied_word_is_not_named_again(visitor: Visitor) -> None:
    key = visitor.example()
    send(visitor, key, "comments", comment=["Директор хворіє"])

    page = send(visitor, key, "comments", comment=["Директор хворіє", "Дзвонили у вівторок"])

    assert SAYS not in text_of(page)


def test_the_name_of_a_person_is_not_a_note(visitor: Visitor) -> None:
    key = visitor.begin()

    page = send(visitor, key, "add", kind="person", name="Хворостенко", back="people")

    assert SAYS not in text_of(page)


def test_the_script_gets_the_warning_with_the_page(visitor: Visitor) -> None:
    key = visitor.example()
    fields = {"seen": 1, "comment": "Директор хворіє", "back": "notes"}

    live = visitor.post(f"/a/{key}/comments", fields, headers={"origin": ADDRESS, "x-kam": "live"})

    assert SAYS in text_of(live)
    # The warning appears once: neither a reload nor a form leads back to it.
    assert SAYS not in text_of(visitor.get(f"/a/{key}/notes"))
    assert "noted" not in visitor.get(f"/a/{key}/notes?noted=2").text


def test_a_denied_word_in_an_uploaded_case_file_is_named(visitor: Visitor) -> None:
    text = "account: {id: a, name: А}\ncomments: [Директор хворіє]\n"

    sent = visitor.post("/upload", files={"case": ("case.yaml", text.encode())})

    assert SAYS in text_of(visitor.get(sent.headers["location"]))


@pytest.mark.parametrize(
    ("noted", "status"),
    [("0", 200), ("1", 200), ("2", 200), ("99", 200), ("-1", 400), ("x", 400), ("9" * 30, 400)],
)
def test_another_version_in_the_address_names_nothing(
    visitor: Visitor, noted: str, status: int
) -> None:
    key = visitor.begin()
    visitor.answer(key, "access_to_others", "free", as_of=DAY.isoformat())

    page = visitor.get(f"/a/{key}/notes?noted={noted}")

    assert page.status_code == status
    assert SAYS not in text_of(page)
