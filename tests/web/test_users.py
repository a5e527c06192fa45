"""Users with roles: who may send what, to every address; logging in, and ends of sessions."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import Route

from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.store.store import Store
from kam_expert.store.users import User, UserRole
from kam_expert.web.app import _routes
from kam_expert.web.auth import TRIES, password_hash
from tests.command import run_kam
from tests.web.conftest import ADDRESS, EXAMPLES, Visitor, served, text_of, use_cookie

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

PASSWORD = "a long password"  # noqa: S105 -- of a server that lives as long as a test
NAMES = {UserRole.OWNER: "Олена Гай", UserRole.COLLEAGUE: "Ілля", UserRole.READER: "Марко"}
#: Forms that are for everybody who is logged in, and those before a login or with a customer link.
FOR_READERS = {"/leave", "/own-password"}
FOR_ANYBODY = {"/visitor", "/enter", "/c/{token}/answer", "/c/{token}/visitor"}
FOR_OWNERS = {
    "/users/add", "/users/change", "/users/remove", "/a/{key}/remove", "/a/{key}/erase",
    "/a/{key}/link", "/a/{key}/revoke",
}  # fmt: skip
FORMS = [
    r.path for r in _routes(links=True) if isinstance(r, Route) and "POST" in (r.methods or ())
]
PAGES = [r.path for r in _routes(links=True) if isinstance(r, Route) and "GET" in (r.methods or ())]


@functools.cache
def hashed() -> str:
    return password_hash(PASSWORD)


def add_users(store: Store) -> None:
    for role, name in NAMES.items():
        store.users.add(User(name, role, hashed()))


def entered(base: KnowledgeBase, store: Store, role: UserRole) -> Visitor:
    """Return a visitor who has logged in as the user of a role."""
    visitor = Visitor(
        served(base, store, has_users=True, passphrase="passphrase of the console"),  # noqa: S106 -- of a test
        base,
        store,
    )
    answer = log_in(visitor, NAMES[role])
    assert answer.status_code == 303, text_of(answer)
    return visitor


def log_in(visitor: Visitor, name: str, password: str = PASSWORD) -> Any:
    return visitor.client.post(
        "/enter",
        data={"csrf": visitor.token("/enter"), "name": name, "password": password},
        headers={"origin": ADDRESS},
        follow_redirects=False,
    )


@pytest.fixture
def key(base: KnowledgeBase, store: Store) -> str:
    """An account with a customer link, in a store with a user of each role."""
    add_users(store)
    return store.add(read_case(EXAMPLES / "barricaded_butterfly.yaml", base))


def everything(store: Store, key: str) -> Any:
    """Return all that a form could change."""
    versions = [(account.key, account.version) for account in store.accounts()]
    return versions, store.history(key), store.link(key), store.users.all()


def test_a_reader_cannot_change_anything_by_any_form(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor = entered(base, store, UserRole.READER)
    before = everything(store, key)
    fields = {
        "seen": "1", "kind": "person", "id": "p1", "name": "Чужий", "comment": "Чужий", "days": "7",
        "fact": "access_to_others", "value": "free", "side": "ours", "status": "agreed",
        "user": NAMES[UserRole.OWNER], "role": "owner", "password": "another long password",
    }  # fmt: skip

    for path in sorted(set(FORMS) - FOR_READERS - FOR_ANYBODY):
        answer = visitor.post(path.replace("{key}", key), fields)
        assert answer.status_code == 403, path
    assert everything(store, key) == before
    assert len(FORMS) > 30


def test_a_colleague_cannot_do_what_is_for_owners(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor = entered(base, store, UserRole.COLLEAGUE)
    before = everything(store, key)

    refused = {
        path
        for path in set(FORMS) - FOR_ANYBODY - FOR_READERS
        if visitor.post(path.replace("{key}", key), {"kind": "person", "id": "p1"}).status_code
        == 403
    }

    assert refused == FOR_OWNERS
    assert everything(store, key) == before
    assert visitor.get("/users").status_code == 403
    assert visitor.get(f"/a/{key}/remove").status_code == 403
    assert visitor.answer(key, "access_to_others", "free").status_code == 303


def test_nothing_can_be_asked_for_without_a_login(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    client = served(base, store, has_users=True)
    files = {"/live.css", "/live.js", "/map.css", "/map.js"}

    for path in set(PAGES) - files - {"/enter", "/c/{token}/"}:
        full = re.sub(r"\{key\}", key, path).replace("{edition}.{form}", "client.html")
        answer = client.get(full.replace("{tab}", "people"), follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/enter"), path
    for path in set(FORMS) - FOR_ANYBODY:
        answer = client.post(
            path.replace("{key}", key), headers={"origin": ADDRESS}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers.get("location")) == (303, "/enter"), path


def test_a_reader_sees_every_page_without_a_form_that_changes_anything(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    from kam_expert.web.account_views import TABS  # noqa: PLC0415 -- next to its only use

    visitor = entered(base, store, UserRole.READER)

    for tab in ["", *(f"a/{key}/{tab}" for tab in TABS)]:
        page = visitor.get(f"/{tab}")
        if tab.endswith("/question"):
            assert page.status_code in (200, 404)
            continue
        assert page.status_code == 200, tab
        assert "You may read here" in text_of(page)
        actions = re.findall(r'<form method=post[^>]*action="([^"]*)"', page.text)
        assert set(actions) <= {"/visitor", "/leave", "/own-password"}, tab
        assert page.text.count("<fieldset") == page.text.count("</fieldset>")
        assert page.text.count("<form") == page.text.count("</form>")
        assert not re.search(r"<(button|input|select)\b[^>]* form=", page.text)


def test_only_an_owner_sees_the_customer_link(base: KnowledgeBase, store: Store, key: str) -> None:
    entered(base, store, UserRole.OWNER).post(f"/a/{key}/link", {"days": "7"})
    assert store.link(key) is not None

    seen = {
        role: "/c/" in entered(base, store, role).get(f"/a/{key}/customer").text
        for role in UserRole
    }

    assert seen == {UserRole.OWNER: True, UserRole.COLLEAGUE: False, UserRole.READER: False}


def test_a_change_is_recorded_as_by_the_user_whatever_name_is_typed(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor = entered(base, store, UserRole.COLLEAGUE)
    assert 'name=name maxlength=100 autocomplete=name value="Ілля"' in visitor.get("/").text

    visitor.answer(key, "access_to_others", "free")
    visitor.post("/visitor", {"name": "Олена Гай"})
    visitor.answer(key, "access_to_others", "blocked")
    visitor.post("/visitor", {"name": "customer/Замовниця"})
    visitor.answer(key, "access_to_others", "free")

    assert [entry.by for entry in store.history(key)][1:] == [
        "Ілля",
        "Олена Гай (Ілля)",
        "Замовниця (Ілля)",
    ]


# Ends of sessions


def test_a_session_ends_with_another_password_and_with_removal(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor, reader = (
        entered(base, store, UserRole.COLLEAGUE),
        entered(base, store, UserRole.READER),
    )

    store.users.change(NAMES[UserRole.COLLEAGUE], hash_=password_hash("another long password"))
    store.users.remove(NAMES[UserRole.READER])

    for one in (visitor, reader):
        assert one.get(f"/a/{key}/", follow_redirects=False).headers["location"] == "/enter"
    assert log_in(visitor, NAMES[UserRole.COLLEAGUE]).status_code == 403
    assert log_in(visitor, NAMES[UserRole.COLLEAGUE], "another long password").status_code == 303


def test_a_changed_role_counts_at_once(base: KnowledgeBase, store: Store, key: str) -> None:
    visitor = entered(base, store, UserRole.COLLEAGUE)

    store.users.change(NAMES[UserRole.COLLEAGUE], role=UserRole.READER)

    assert visitor.answer(key, "access_to_others", "free").status_code == 403


def test_a_copied_cookie_of_a_user_is_worth_nothing_after_leaving(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor = entered(base, store, UserRole.OWNER)
    copied = visitor.client.cookies["kam-consultant"]
    visitor.post("/leave")
    use_cookie(visitor, copied)

    answer = visitor.get(f"/a/{key}/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")


def test_a_user_changes_the_own_password_and_stays_logged_in_here_only(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor = entered(base, store, UserRole.READER)
    copied = visitor.client.cookies["kam-consultant"]
    new = {"password": "another long password"}

    assert visitor.post("/own-password", {"current": "wrong", **new}).status_code == 422
    assert visitor.post("/own-password", {"current": PASSWORD, "password": "x"}).status_code == 422
    assert visitor.post("/own-password", {"current": PASSWORD, **new}).status_code == 303
    assert visitor.get(f"/a/{key}/").status_code == 200
    use_cookie(visitor, copied)
    assert visitor.get(f"/a/{key}/", follow_redirects=False).status_code == 303
    assert log_in(visitor, NAMES[UserRole.READER]).status_code == 403


# Logging in


@pytest.mark.parametrize("name", ["олена гай", " Олена  Гай "])
def test_a_name_is_found_without_regard_to_case_and_spaces(
    base: KnowledgeBase, store: Store, key: str, name: str
) -> None:
    visitor = Visitor(served(base, store, has_users=True), base, store)

    assert key
    assert log_in(visitor, name).status_code == 303
    assert "You are logged in as Олена Гай" in text_of(visitor.get("/"))


@pytest.mark.parametrize("name", ["", "Олена", "' OR 1=1 --", "Олена Гай\x00", "ж" * 3900])
def test_an_unknown_name_does_not_log_in(
    base: KnowledgeBase, store: Store, key: str, name: str
) -> None:
    visitor = Visitor(served(base, store, has_users=True), base, store)

    answer = log_in(visitor, name)

    assert key
    # A control character is a space, so the name with one is the name.
    assert answer.status_code == (303 if "\x00" in name else 403)


def test_the_shared_password_is_none_of_a_user(base: KnowledgeBase, store: Store, key: str) -> None:
    visitor = Visitor(served(base, store, has_users=True, password=PASSWORD + "2"), base, store)

    assert key
    assert log_in(visitor, NAMES[UserRole.OWNER], PASSWORD + "2").status_code == 403
    assert log_in(visitor, "", PASSWORD + "2").status_code == 403


def test_the_passphrase_of_the_console_logs_in_an_owner_while_strangers_are_locked_out(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor = Visitor(
        served(base, store, has_users=True, passphrase="passphrase of the console"),  # noqa: S106 -- of a test
        base,
        store,
    )
    assert "passphrase is accepted" in text_of(visitor.get("/enter"))
    for _ in range(TRIES):
        log_in(visitor, NAMES[UserRole.OWNER], "wrong")

    locked = log_in(visitor, NAMES[UserRole.OWNER])
    assert locked.status_code == 429
    assert "passphrase" in text_of(locked)
    assert log_in(visitor, "Адмін", "passphrase of the console").status_code == 303
    assert visitor.get("/users").status_code == 200
    visitor.answer(key, "access_to_others", "free")
    assert store.history(key)[-1].by == "Адмін"


# The page of users


def test_an_owner_adds_changes_and_removes_users(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    visitor = entered(base, store, UserRole.OWNER)
    new = {"name": "Нова", "role": "reader", "password": PASSWORD}

    assert key
    assert visitor.post("/users/add", new).status_code == 303
    assert visitor.post("/users/add", new).status_code == 422
    assert visitor.post("/users/add", {**new, "name": "Інша", "role": "god"}).status_code == 400
    assert visitor.post("/users/add", {**new, "name": "Інша", "password": "x"}).status_code == 422
    assert visitor.post("/users/change", {"user": "нова", "role": "colleague"}).status_code == 303
    page = text_of(visitor.get("/users"))
    assert "Нова" in page
    assert hashed() not in visitor.get("/users").text
    changed = store.users.get("Нова")
    assert changed is not None
    assert changed.role is UserRole.COLLEAGUE
    assert visitor.post("/users/remove", {"user": "Нова"}).status_code == 303
    assert store.users.get("Нова") is None


def test_the_last_owner_stays(base: KnowledgeBase, store: Store, key: str) -> None:
    visitor = entered(base, store, UserRole.OWNER)
    only = {"user": NAMES[UserRole.OWNER]}

    assert key
    for path, more in (("/users/remove", {}), ("/users/change", {"role": "reader"})):
        answer = visitor.post(path, {**only, **more})
        assert answer.status_code == 422
        assert "must be an owner" in text_of(answer)
    assert {user.role for user in store.users.all()} == set(UserRole)


def test_a_server_without_users_has_no_page_of_users(visitor: Visitor) -> None:
    assert visitor.get("/users").status_code == 404
    fields = {"name": "Нова", "role": "owner", "password": PASSWORD}
    assert visitor.post("/users/add", fields).status_code == 404
    assert visitor.store.users.all() == ()


# The commands


def test_users_are_managed_by_commands(
    tmp_path: Path, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "my?team.db")
    monkeypatch.setenv("KAM_PASSWORD", PASSWORD)

    def user(*arguments: str) -> Any:
        return run_kam("store", "user", arguments[0], url, *arguments[1:])

    assert "first user must be an owner" in user("add", "Ілля").err
    assert user("add", "Олена Гай", "--role", "owner").status == 0
    assert user("add", "Ілля").status == 0
    assert "already" in user("add", "ілля").err
    assert "must be an owner" in user("remove", "Олена Гай").err
    assert user("role", "Ілля", "owner").status == 0
    assert user("remove", "Олена Гай").status == 0
    assert 'no user "Іля". Did you mean "Ілля"?' in user("role", "Іля", "reader").err
    monkeypatch.setenv("KAM_PASSWORD", "short")
    assert "fewer than 10" in user("password", "Ілля").err
    assert user("list").out == "owner      Ілля\n"
    store = Store.open(url, base)
    kept = store.users.get("Ілля")
    store.close()
    assert kept is not None
    assert kept.hash.startswith("$argon2id$")
    served_ = run_kam("serve", "--store", url, "--password")
    assert "leave out --password" in served_.err
    assert run_kam("store", "backup", url, str(tmp_path / "b.db")).status == 0
    assert run_kam("store", "restore", str(tmp_path / "b.db"), str(tmp_path / "c.db")).status == 0
    restored = Store.open(str(tmp_path / "c.db"), base)
    assert restored.users.all() == (kept,)
    with pytest.raises(KamError, match="must be an owner"):
        restored.users.change("Ілля", role=UserRole.READER)
    restored.close()
