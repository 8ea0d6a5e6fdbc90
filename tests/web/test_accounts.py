"""Several accounts in one browser: adding, switching, signing out, forgetting."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app import sign_in
from app.extensions import db
from app.models import Account
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.house import emptied, let_in
from tests.web.cast import acting_as, sign_in_at

POSTS = ["switch", "forget"]


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    sign_in_at(browser, sandbox, "alice")
    sandbox.clear_calls()
    return browser


@pytest.fixture
def both(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice and, now acting as him, bob; at one server."""
    let_in(browser, "alice")
    let_in(browser, "bob")
    browser.get("/accounts")  # Takes the notice away.
    sandbox.clear_calls()
    return browser


def id_of(app: Flask, username: str) -> str:
    """The account's id, as addresses of our pages have it."""
    [row] = stored.execute(app, "SELECT id FROM accounts WHERE username = ?", username)
    return str(row["id"])


def key_of(app: Flask, username: str) -> bytes | None:
    """The sealed credential, as it lies in the table."""
    [row] = stored.execute(app, "SELECT credential FROM accounts WHERE username = ?", username)
    key: bytes | None = row["credential"]
    return key


def csrf_of(browser: Browser) -> str:
    """A token this browser's forms carry now."""
    return browser.get("/language").form("/language").fields["csrf_token"]


def sign_out(browser: Browser, account_id: str | None = None) -> None:
    """Sign out of one account, or of all."""
    form = browser.get("/sign-out").form("/sign-out")
    fields = {"csrf_token": form.fields["csrf_token"]}
    browser.post("/sign-out", fields if account_id is None else {**fields, "account": account_id})


# Adding and switching -----------------------------------------------------


def test_the_page_lists_who_is_signed_in(both: Browser, sandbox: Sandbox) -> None:
    page = both.get("/accounts")
    assert page.text.index("@alice@") < page.text.index("You act as this account now.")
    assert "/sign-in" in page.links()
    assert "/sign-out" in page.links()
    assert sandbox.calls == []


def test_the_account_added_last_acts(both: Browser, sandbox: Sandbox) -> None:
    both.get("/")
    assert sandbox.calls[-1].account == "bob"


def test_switching_changes_who_acts_and_nothing_else(
    both: Browser, app: Flask, sandbox: Sandbox
) -> None:
    before = {table: stored.rows(app, table) for table in ("accounts", "browser_sign_ins")}
    both.get("/accounts")
    page = both.submit(f"/accounts/{id_of(app, 'alice')}/switch")
    assert "You are now @alice@" in page.text
    assert [(call.endpoint, call.account) for call in sandbox.calls] == [
        ("notes/timeline", "alice")
    ]
    assert {table: stored.rows(app, table) for table in before} == before


def test_switching_goes_back_to_where_the_person_was(both: Browser, app: Flask) -> None:
    both.get("/accounts?next=/compose")
    assert both.submit(f"/accounts/{id_of(app, 'alice')}/switch").path == "/compose"


def test_accounts_of_two_servers(
    browser: Browser, sandbox: Sandbox, other_sandbox: Sandbox
) -> None:
    first = sign_in_at(browser, sandbox, "alice")
    second = sign_in_at(browser, other_sandbox, "alice")
    assert first != second
    sandbox.clear_calls()
    other_sandbox.clear_calls()
    browser.get("/")
    assert [call.account for call in other_sandbox.calls] == ["alice"]
    browser.get("/accounts")
    browser.submit(f"/accounts/{first}/switch")
    assert [call.account for call in sandbox.calls] == ["alice"]
    assert len(other_sandbox.calls) == 1
    credentials = {sandbox.calls[0].body["i"], other_sandbox.calls[0].body["i"]}
    assert len(credentials) == 2


def test_the_same_account_twice_is_one(both: Browser, sandbox: Sandbox) -> None:
    sign_in_at(both, sandbox, "alice")
    page = both.get("/accounts")
    assert len(page.one("ul", class_="accounts").findall("*")) == 2


def test_switching_to_whom_one_is_already(both: Browser, app: Flask, sandbox: Sandbox) -> None:
    page = both.post(
        f"/accounts/{id_of(app, 'bob')}/switch", {"csrf_token": csrf_of(both)}, follow=False
    )
    assert page.status == 303
    assert acting_as(both) == f"@bob@{sandbox.host}"


# Signing out --------------------------------------------------------------


def test_the_page_says_what_signing_out_does(both: Browser, app: Flask, sandbox: Sandbox) -> None:
    before = stored.everything(app)
    page = both.get("/sign-out")
    assert "Nothing is left here that could act for you" in page.text
    assert len([form for form in page.forms() if form.action == "/sign-out"]) == 3
    assert stored.everything(app) == before
    assert sandbox.calls == []


def test_signing_out_of_one(both: Browser, app: Flask, sandbox: Sandbox) -> None:
    sign_out(both, id_of(app, "alice"))
    assert both.page is not None
    assert "@alice@" in both.page.text  # The notice.
    assert acting_as(both) == f"@bob@{sandbox.host}"
    assert "@alice@" not in both.get("/accounts").text
    assert key_of(app, "alice") is None
    assert key_of(app, "bob") is not None
    assert sandbox.calls == []


def test_signing_out_of_who_acts_lets_the_person_choose(
    both: Browser, app: Flask, sandbox: Sandbox
) -> None:
    sign_out(both, id_of(app, "bob"))
    page = both.get("/")
    assert page.path == "/accounts"
    assert "Choose the account" in page.text
    assert acting_as(both) is None
    assert sandbox.calls == []
    both.get("/accounts")
    both.submit(f"/accounts/{id_of(app, 'alice')}/switch")
    assert acting_as(both) == f"@alice@{sandbox.host}"


def test_a_guarded_page_leads_to_the_choice_and_back(both: Browser, app: Flask) -> None:
    sign_out(both, id_of(app, "bob"))
    page = both.get("/notes/abc", follow=False)
    assert page.response.headers["Location"] == "/accounts?next=%2Fnotes%2Fabc"
    both.get("/accounts?next=/notes/abc")
    page = both.submit(f"/accounts/{id_of(app, 'alice')}/switch", follow=False)
    assert page.response.headers["Location"] == "/notes/abc"


def test_signing_out_of_all(both: Browser, app: Flask, sandbox: Sandbox) -> None:
    sign_out(both)
    assert both.page is not None
    assert both.page.path == "/"
    assert "All accounts are signed out" in both.page.text
    assert acting_as(both) is None
    assert key_of(app, "alice") is key_of(app, "bob") is None
    assert stored.rows(app, "browser_sign_ins") == []
    assert sandbox.calls == []


def test_after_signing_out_nothing_of_the_person_is_left_in_the_session(
    alice: Browser, app: Flask
) -> None:
    account_id = id_of(app, "alice")
    sign_out(alice)
    alice.get("/")  # Shows the notice, which has the name in it.
    assert "sessions" not in stored.tables_with(app, account_id)
    assert "sessions" not in stored.tables_with(app, "alice")


def test_signing_out_tells_the_browser_to_drop_its_copies(alice: Browser) -> None:
    alice.get("/sign-out")
    page = alice.submit("/sign-out", follow=False)
    assert page.status == 303
    assert page.response.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_signing_out_of_one_leaves_what_the_script_kept_for_the_others(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    sign_in_at(alice, sandbox, "bob")
    fields = {"csrf_token": csrf_of(alice), "account": id_of(app, "bob")}
    page = alice.post("/sign-out", fields, follow=False)
    assert page.response.headers["Clear-Site-Data"] == '"cache"'


def test_the_key_is_deleted_with_the_last_browser(
    alice: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    second = new_browser()
    second.sign_in("alice")
    sign_out(alice)
    assert key_of(app, "alice") is not None
    assert acting_as(alice) is None
    assert acting_as(second) == f"@alice@{sandbox.host}"
    sign_out(second)
    assert key_of(app, "alice") is None


def test_somebody_who_signed_out_can_sign_in_again(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    before = id_of(app, "alice")
    sign_out(alice)
    sign_in_at(alice, sandbox, "alice")
    assert id_of(app, "alice") == before
    assert key_of(app, "alice") is not None


def test_signing_out_twice_is_no_harm(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    sign_out(alice)
    alice.get("/language")
    page = alice.post("/sign-out", {"csrf_token": csrf_of(alice)}, follow=False)
    assert page.status == 303
    assert acting_as(alice) is None
    assert sandbox.calls == []


def test_a_stolen_copy_of_the_cookie_is_worth_nothing_after_signing_out(
    alice: Browser, new_browser: Callable[[], Browser]
) -> None:
    thief = new_browser()
    copy = alice.cookie()
    assert copy
    thief.client.set_cookie("engawa", copy)
    assert acting_as(thief) is not None
    sign_out(alice)
    assert acting_as(thief) is None


# Forgetting ---------------------------------------------------------------


def test_forgetting_is_asked_about_first(both: Browser, app: Flask, sandbox: Sandbox) -> None:
    before = stored.everything(app)
    page = both.get(f"/accounts/{id_of(app, 'alice')}/forget")
    assert "Everything Engawa holds of this account is deleted, in every browser" in page.text
    assert f"{sandbox.url}/settings/connect" in page.links()
    assert stored.everything(app) == before
    assert sandbox.calls == []


def test_forgetting_deletes_everything_we_hold(
    alice: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    second = new_browser()
    sign_in_at(second, sandbox, "alice")
    account_id = id_of(app, "alice")
    with app.test_request_context():
        account = db.session.get_one(Account, account_id)
        user_id = account.user_id
        sign_in.link_for(account)
    alice.get("/compose")
    alice.submit("/compose", text="Something to remember")
    assert {"accounts", "browser_sign_ins", "one_time_links", "submissions"} <= stored.tables_with(
        app, account_id
    )
    alice.get(f"/accounts/{account_id}/forget")
    page = alice.submit(f"/accounts/{account_id}/forget")
    assert "is deleted" in page.text

    # What is left is a random number that leads nowhere, in the other browser's session.
    assert stored.tables_with(app, account_id) <= {"sessions"}
    assert stored.tables_with(app, user_id) == set()
    assert stored.tables_with(app, "alice") == set()
    assert acting_as(alice) is None
    assert acting_as(second) is None
    assert second.get("/").status == 200


def test_forgetting_leaves_the_others_alone(both: Browser, app: Flask, sandbox: Sandbox) -> None:
    bob = [row for row in stored.rows(app, "accounts") if row["username"] == "bob"]
    account_id = id_of(app, "alice")
    both.get(f"/accounts/{account_id}/forget")
    page = both.submit(f"/accounts/{account_id}/forget")
    assert page.path == "/accounts"
    assert stored.rows(app, "accounts") == bob
    assert acting_as(both) == f"@bob@{sandbox.host}"


def test_forgetting_the_last_account_leaves_nothing_for_the_next_person(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    """A text kept from before a sign-in must not be shown to whoever signs in next."""
    sign_out(alice)
    alice.post("/compose", {"text": "A private thought"})
    sign_in_at(alice, sandbox, "alice")
    assert "A private thought" in alice.get("/compose").text
    account_id = id_of(app, "alice")
    alice.get(f"/accounts/{account_id}/forget")
    page = alice.submit(f"/accounts/{account_id}/forget", follow=False)
    assert page.response.headers["Clear-Site-Data"] == '"cache", "storage"'
    sign_in_at(alice, sandbox, "bob")
    assert "A private thought" not in alice.get("/compose").text


def test_forgetting_says_where_the_permission_is_taken_back(alice: Browser, app: Flask) -> None:
    account_id = id_of(app, "alice")
    alice.get(f"/accounts/{account_id}/forget")
    page = alice.submit(f"/accounts/{account_id}/forget")
    assert any(link.endswith("/settings/connect") for link in page.links())


def test_a_forgotten_account_can_come_back_as_a_new_one(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    before = id_of(app, "alice")
    alice.get(f"/accounts/{before}/forget")
    alice.submit(f"/accounts/{before}/forget")
    assert sign_in_at(alice, sandbox, "alice") != before


def test_the_page_of_connected_apps_goes_by_the_servers_version(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    for version, path in (
        ("2025.11.0", "/settings/connect"),
        ("2026.1.0-alpha.2", "/settings/connect"),
        ("2024.11.0", "/settings/apps"),
        ("13.14.2", "/settings/apps"),
        ("12.108.1", "/settings/apps"),
        ("11.37.1", "/settings/apps"),
        ("", "/settings/apps"),
        ("²⁰²⁵.1", "/settings/apps"),
        ("v2025.1.0", "/settings/apps"),
    ):
        stored.execute(app, "UPDATE servers SET version = ?", version)
        page = alice.get(f"/accounts/{id_of(app, 'alice')}/forget")
        assert f"{sandbox.url}{path}" in page.links(), version


# What is somebody else's --------------------------------------------------


@pytest.mark.parametrize("deed", POSTS)
def test_another_browsers_account_is_not_there(
    alice: Browser,
    app: Flask,
    sandbox: Sandbox,
    new_browser: Callable[[], Browser],
    deed: str,
) -> None:
    stranger = new_browser()
    sign_in_at(stranger, sandbox, "bob")
    alices = id_of(app, "alice")
    token = csrf_of(stranger)
    sandbox.clear_calls()
    before = stored.everything(app)
    page = stranger.post(f"/accounts/{alices}/{deed}", {"csrf_token": token}, follow=False)
    assert page.status == 404
    assert stored.everything(app) == before
    assert sandbox.calls == []
    # The same answer as for an account nobody has.
    nobodys = "0" * len(alices)
    other = stranger.post(f"/accounts/{nobodys}/{deed}", {"csrf_token": token}, follow=False)
    # The pages carry the time for the script.
    assert re.sub(r' data-now="[^"]*"', "", other.html) == re.sub(
        r' data-now="[^"]*"', "", page.html
    )


def test_another_browsers_account_is_not_signed_out(
    alice: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    stranger = new_browser()
    sign_in_at(stranger, sandbox, "bob")
    token = csrf_of(stranger)
    sandbox.clear_calls()
    before = stored.everything(app)
    page = stranger.post("/sign-out", {"csrf_token": token, "account": id_of(app, "alice")})
    assert page.status == 404
    assert stored.everything(app) == before
    assert sandbox.calls == []
    assert acting_as(alice) == f"@alice@{sandbox.host}"


def test_another_browsers_account_is_not_shown(
    alice: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    account_id = id_of(app, "alice")
    for stranger in (new_browser(), new_browser()):
        page = stranger.get(f"/accounts/{account_id}/forget")
        assert page.status == 404
        assert "alice" not in page.html
        stranger.sign_in("bob")
        sandbox.clear_calls()
    assert sandbox.calls == []


def test_another_browsers_account_cannot_act(
    alice: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    """Forms name the account they were shown to; naming somebody else's lends nothing."""
    alices = id_of(app, "alice")
    note = sandbox.world.create_note(sandbox.person("alice"), text="Hers")
    stranger = new_browser()
    fields = {"csrf_token": csrf_of(stranger), "account": alices, "text": "In her name"}
    for signed_in in (False, True):
        if signed_in:
            sign_in_at(stranger, sandbox, "bob")
            fields["csrf_token"] = csrf_of(stranger)
        sandbox.clear_calls()
        stranger.post("/compose", fields, follow=False)
        stranger.post(f"/notes/{note.id}/delete", fields, follow=False)
        assert not [call for call in sandbox.calls if call.account == "alice"]
        assert sandbox.calls_of("notes/create") == []
        assert note.id in sandbox.world.notes


def test_an_id_in_the_session_is_not_enough(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    """Signed out by another way (forgotten elsewhere, refused by the server), a session
    that still names the account acts as nobody."""
    stored.execute(app, "DELETE FROM browser_sign_ins")
    sandbox.clear_calls()
    assert alice.get("/").all("nav", class_="places") == []
    assert acting_as(alice) is None
    assert sandbox.calls == []


BAD_IDS = [
    "0",
    "x" * 32,
    "a" * 3000,
    "' OR 1=1 --",
    "あ",
    "%00",
    "..%2f..",
    "null",
    "{}",
    "<b>",
]


@pytest.mark.parametrize("deed", POSTS)
def test_bad_ids(alice: Browser, app: Flask, sandbox: Sandbox, deed: str) -> None:
    token = csrf_of(alice)
    before = stored.everything(app)
    for bad in BAD_IDS:
        assert alice.post(f"/accounts/{bad}/{deed}", {"csrf_token": token}).status == 404, bad
        assert alice.get(f"/accounts/{bad}/forget").status == 404, bad
        page = alice.post("/sign-out", {"csrf_token": token, "account": bad})
        assert page.status == 404, bad
    assert stored.everything(app) == before
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/sign-out", "/accounts/{id}/switch", "/accounts/{id}/forget"])
def test_without_a_csrf_token_nothing_is_done(
    both: Browser, app: Flask, sandbox: Sandbox, path: str
) -> None:
    alices = id_of(app, "alice")
    before = stored.everything(app)
    page = both.post(path.format(id=alices), {"account": alices}, follow=False)
    assert page.status == 400
    assert stored.everything(app) == before
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/accounts", "POST"),
        ("/accounts/{id}/switch", "GET"),
        ("/accounts/{id}/forget", "DELETE"),
        ("/sign-out", "PUT"),
    ],
)
def test_the_wrong_method_does_nothing(
    both: Browser, app: Flask, sandbox: Sandbox, path: str, method: str
) -> None:
    place = path.format(id=id_of(app, "alice"))
    token = csrf_of(both)
    before = stored.everything(app)
    response = both.client.open(
        place, method=method, data={"csrf_token": token}, headers={"Accept-Language": "en"}
    )
    assert response.status_code == 405
    assert stored.everything(app) == before
    assert sandbox.calls == []


# Signed out ---------------------------------------------------------------


def test_what_a_signed_out_browser_gets(browser: Browser, sandbox: Sandbox) -> None:
    for path, status, place in (
        ("/", 200, None),
        ("/accounts", 303, "/sign-in"),
        ("/sign-out", 303, "/"),
        ("/accounts/abc/forget", 404, None),
        ("/compose", 200, None),
        ("/notes/abc", 303, "/sign-in?next=%2Fnotes%2Fabc"),
        ("/notes/abc/delete", 303, "/sign-in?next=%2Fnotes%2Fabc%2Fdelete"),
        ("/sign-in", 200, None),
        ("/sign-in/allow", 303, "/sign-in"),
        ("/sign-in/device", 303, "/sign-in"),
        ("/sign-in/callback", 400, None),
        ("/sign-in/link/abc", 400, None),
        ("/language", 200, None),
        ("/healthz", 200, None),
        ("/nothing-here", 404, None),
    ):
        page = browser.get(path, follow=False)
        assert (page.status, page.response.headers.get("Location")) == (status, place), path
    assert sandbox.calls == []


def test_a_signed_out_browser_sees_what_engawa_is(browser: Browser) -> None:
    page = browser.get("/")
    assert "/sign-in" in page.links()
    assert page.all("article") == []


def test_switching_and_forgetting_while_signed_out(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = csrf_of(browser)
    fields: dict[str, Any] = {"csrf_token": token}
    assert browser.post("/accounts/abc/switch", fields).status == 404
    assert browser.post("/accounts/abc/forget", fields).status == 404
    assert browser.post("/sign-out", {**fields, "account": "abc"}).status == 404
    assert sandbox.calls == []
