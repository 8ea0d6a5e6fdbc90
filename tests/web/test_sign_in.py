"""Signing in at one's own server: the whole way, what is kept of it, and every failure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from flask import Flask

from app.extensions import db
from app.misskey.permissions import OLDEST_PERMISSIONS, PERMISSIONS
from app.models import Server
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.conftest import CREDENTIAL_KEY
from tests.house import emptied
from tests.tabs import another_tab, at_once
from tests.web.cast import acting_as, callback, meanwhile

BEGINNING = ["meta", "endpoints", "app/create", "auth/session/generate"]


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


def endpoints(sandbox: Sandbox) -> list[str]:
    """What was called, in order."""
    return [call.endpoint for call in sandbox.calls]


def type_server(browser: Browser, server: str, **fields: str) -> None:
    """Send the sign-in form, and stay where it leads."""
    browser.get("/sign-in")
    browser.submit("/sign-in", follow=False, server=server, **fields)


def status_and_words(browser: Browser) -> tuple[int, str]:
    """The last page's status, and its text."""
    assert browser.page is not None
    return browser.page.status, browser.page.text


# The whole way ------------------------------------------------------------


def test_from_the_typed_name_to_home(browser: Browser, sandbox: Sandbox) -> None:
    token = browser.begin_sign_in()
    assert endpoints(sandbox) == BEGINNING
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    page = browser.get(callback(token))
    assert endpoints(sandbox) == ["auth/session/userkey", "notes/timeline"]
    assert page.status == 200
    assert f"You are signed in as @alice@{sandbox.host}" in page.html
    assert len(page.note_ids()) == 20


def test_the_servers_own_consent_page_leads_back(browser: Browser, sandbox: Sandbox) -> None:
    token = browser.begin_sign_in()
    with requests.Session() as person:
        consent = f"{sandbox.url}/auth/{token}"
        person.post(
            f"{sandbox.url}/sandbox-sign-in", data={"username": "alice", "next": f"/auth/{token}"}
        )
        accepted = person.post(consent, data={"answer": "accept"}, allow_redirects=False)
        back = accepted.headers["Location"]
        assert back == f"http://localhost/sign-in/callback?token={token}"
        browser.get(back.removeprefix("http://localhost"))
        assert acting_as(browser) == f"@alice@{sandbox.host}"

        # Allowed once, the page accepts from then on without a click.
        other = Browser(browser.app, sandbox)
        silent = person.get(f"{sandbox.url}/auth/{other.begin_sign_in()}", allow_redirects=False)
    other.get(silent.headers["Location"].removeprefix("http://localhost"))
    assert acting_as(other) == f"@alice@{sandbox.host}"


def test_sign_in_asks_the_server_as_nobody(browser: Browser, sandbox: Sandbox) -> None:
    browser.sign_in("alice")
    before_home = sandbox.calls[:-1]
    assert [call.endpoint for call in before_home] == [*BEGINNING, "auth/session/userkey"]
    assert all("i" not in call.body for call in before_home)
    assert all("authorization" not in call.headers for call in sandbox.calls)


def test_two_first_sign_ins_at_one_server_write_it_down_once(
    new_browser: Callable[[], Browser], app: Flask, sandbox: Sandbox
) -> None:
    browsers = [new_browser(), new_browser()]
    for one in browsers:
        one.get("/sign-in")
    sandbox.misbehave("endpoints", "slow", seconds=0.3)
    begin = [partial(one.submit, "/sign-in", server=sandbox.host, follow=False) for one in browsers]
    assert [page.status for page in at_once(*begin)] == [303, 303]
    with app.app_context():
        assert [server.host for server in db.session.query(Server)] == [sandbox.host]


def test_the_app_asks_for_everything_at_once(browser: Browser, sandbox: Sandbox) -> None:
    browser.begin_sign_in()
    registered = sandbox.calls_of("app/create")[0].body
    assert registered["name"] == "Engawa"
    assert registered["description"]
    assert registered["callbackUrl"] == "http://localhost/sign-in/callback"
    assert registered["permission"] == list(PERMISSIONS)
    assert len(set(PERMISSIONS)) == len(PERMISSIONS)
    assert not [name for name in PERMISSIONS if "admin" in name]


@pytest.mark.parametrize(
    "typed",
    [
        "{host}",
        "http://{host}",
        "http://{host}/",
        "  {host}  ",
        "@alice@{host}",
        "alice@{host}",
        "LOCALHOST:{port}",
    ],
)
def test_what_people_type_is_understood(browser: Browser, sandbox: Sandbox, typed: str) -> None:
    type_server(browser, typed.format(host=sandbox.host, port=sandbox.host.rpartition(":")[2]))
    assert browser.page is not None
    assert browser.page.status == 303
    assert browser.page.response.headers["Location"].startswith(f"{sandbox.url}/auth/")


def test_the_person_lands_where_they_wanted_to_go(browser: Browser, sandbox: Sandbox) -> None:
    note = next(iter(sandbox.world.newest_first()))
    token = browser.begin_sign_in(next=f"/notes/{note.id}")
    sandbox.consent(token, "alice")
    assert browser.get(callback(token)).path == f"/notes/{note.id}"


def test_a_guarded_page_asks_to_sign_in_and_comes_back(browser: Browser, sandbox: Sandbox) -> None:
    note = next(iter(sandbox.world.newest_first()))
    browser.get(f"/notes/{note.id}?until=abc")
    page = browser.submit("/sign-in", server=sandbox.host, follow=False)
    token = page.response.headers["Location"].rpartition("/")[2]
    sandbox.consent(token, "alice")
    assert browser.get(callback(token)).path == f"/notes/{note.id}?until=abc"


# What is kept -------------------------------------------------------------


def test_the_credential_is_sealed(browser: Browser, app: Flask, sandbox: Sandbox) -> None:
    browser.sign_in("alice")
    used = sandbox.calls_of("notes/timeline")[-1].body["i"]
    app_secret = sandbox.calls_of("auth/session/userkey")[-1].body["appSecret"]
    given = sandbox.world.apps.holder(used)
    assert given is not None
    assert used == hashlib.sha256((given.token + app_secret).encode()).hexdigest()

    [row] = stored.rows(app, "accounts")
    assert used.encode() not in row["credential"]
    opened = Fernet(CREDENTIAL_KEY.reveal()).decrypt(row["credential"])
    assert opened.decode() == used
    [registered] = stored.rows(app, "server_apps")
    assert Fernet(CREDENTIAL_KEY.reveal()).decrypt(registered["secret"]).decode() == app_secret


def test_no_secret_lies_open_in_the_database(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    browser.sign_in("alice")
    credential = sandbox.calls_of("notes/timeline")[-1].body["i"]
    app_secret = sandbox.calls_of("auth/session/userkey")[-1].body["appSecret"]
    given = sandbox.world.apps.holder(credential)
    assert given is not None
    kept = stored.file_bytes(app)
    assert b"alice" in kept  # The right file, with the sign-in in it.
    for secret in (given.token, app_secret, credential, browser.cookie()):
        assert secret
        assert secret.encode() not in kept


def test_a_pending_sign_in_is_known_by_its_hash_only(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = browser.begin_sign_in()
    [pending] = stored.rows(app, "pending_sign_ins")
    assert pending["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert token.encode() not in stored.file_bytes(app)
    app_secret = sandbox.calls_of("auth/session/generate")[-1].body["appSecret"]
    assert app_secret.encode() not in pending["app_secret"]


def test_nothing_pending_is_left_after_the_sign_in(browser: Browser, app: Flask) -> None:
    browser.sign_in("alice")
    assert stored.rows(app, "pending_sign_ins") == []


def test_signing_in_again_keeps_one_row_for_the_account(
    browser: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    browser.sign_in("alice")
    sandbox.person("alice").name = "Alice the Second"
    new_browser().sign_in("alice")
    [account] = stored.rows(app, "accounts")
    assert account["name"] == "Alice the Second"
    assert len(stored.rows(app, "browser_sign_ins")) == 2


# The session --------------------------------------------------------------


def test_the_session_gets_a_new_id_and_the_old_one_is_dead(
    browser: Browser, new_browser: Callable[[], Browser]
) -> None:
    browser.begin_sign_in()
    before = browser.cookie()
    assert before
    browser.sign_in("alice")
    assert browser.cookie() != before

    thief = new_browser()
    thief.client.set_cookie("engawa", before)
    assert acting_as(thief) is None
    assert thief.cookie() != before


def test_the_old_id_stays_dead_when_a_request_with_it_is_over_later(
    browser: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    """A request that began before the sign-in would save its session after it."""
    token = browser.begin_sign_in()
    sandbox.consent(token, "alice")
    before = browser.cookie()
    assert before
    late = another_tab(browser)
    late.get("/sign-in")
    with meanwhile(
        app, "INSERT INTO pending_sign_ins", lambda: browser.get(callback(token))
    ) as done:
        answer = late.submit("/sign-in/device", follow=False, server=sandbox.host)
    assert done
    assert answer.status == 303  # It did what it came for …
    assert "Set-Cookie" not in answer.response.headers

    thief = new_browser()
    thief.client.set_cookie("engawa", before)
    assert thief.get("/accounts").path == "/sign-in"  # … and brought no session back.
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_a_form_from_before_the_sign_in_is_refused_after_it(
    browser: Browser, sandbox: Sandbox
) -> None:
    page = browser.get("/language")
    known = page.form("/language").fields["csrf_token"]
    browser.sign_in("alice")
    refused = browser.post("/language", {"csrf_token": known, "language": "ja"})
    assert refused.status == 400
    assert browser.cookie("engawa-language") is None


# Our app at the server ----------------------------------------------------


def test_the_app_is_registered_once_per_server(
    browser: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    browser.sign_in("alice")
    new_browser().sign_in("bob")
    assert len(sandbox.calls_of("app/create")) == 1
    assert len(sandbox.calls_of("auth/session/generate")) == 2
    assert len(stored.rows(app, "server_apps")) == 1


def test_each_server_gets_an_app_of_its_own(
    browser: Browser, sandbox: Sandbox, other_sandbox: Sandbox
) -> None:
    browser.sign_in("alice")
    browser.sandbox = other_sandbox
    browser.sign_in("alice")
    assert len(sandbox.calls_of("app/create")) == 1
    assert len(other_sandbox.calls_of("app/create")) == 1


def test_an_app_the_server_forgot_is_registered_again_within_the_click(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    browser.begin_sign_in()
    forgotten = sandbox.calls_of("auth/session/generate")[-1].body["appSecret"]
    sandbox.forget_app(forgotten)
    sandbox.clear_calls()
    token = browser.begin_sign_in()
    assert endpoints(sandbox)[2:] == ["auth/session/generate", *BEGINNING[2:]]
    sandbox.consent(token, "alice")
    browser.get(callback(token))
    assert acting_as(browser) == f"@alice@{sandbox.host}"
    assert len(stored.rows(app, "server_apps")) == 1


def test_a_server_that_forgets_the_app_at_once_is_not_asked_for_ever(
    browser: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("auth/session/generate", "error", code="NO_SUCH_APP", status=400)
    type_server(browser, sandbox.host)
    assert len(sandbox.calls_of("app/create")) == 2
    status, words = status_and_words(browser)
    assert status >= 400
    assert sandbox.host in words


def test_changed_permissions_make_a_new_app(
    browser: Browser, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.begin_sign_in()
    monkeypatch.setattr("app.sign_in.PERMISSIONS", ("read:account", "write:notes"))
    browser.begin_sign_in()
    browser.begin_sign_in()
    first, second = sandbox.calls_of("app/create")
    assert first.body["permission"] == list(PERMISSIONS)
    assert second.body["permission"] == ["read:account", "write:notes"]


def test_a_changed_address_of_ours_makes_a_new_app(
    sandbox: Sandbox, make_app: Callable[..., Flask]
) -> None:
    for address in ("http://localhost", "http://localhost:8080", "http://localhost:8080"):
        client = make_app(public_url=address).test_client()
        page = client.get("/sign-in", base_url=address).get_data(as_text=True)
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields = {"csrf_token": token, "server": sandbox.host}
        assert client.post("/sign-in", base_url=address, data=fields).status_code == 303
    callbacks = [call.body["callbackUrl"] for call in sandbox.calls_of("app/create")]
    assert callbacks == [
        "http://localhost/sign-in/callback",
        "http://localhost:8080/sign-in/callback",
    ]


def test_a_strict_server_gets_the_shorter_list(browser: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("app/create", "strict-permissions")
    token = browser.begin_sign_in()
    refused, taken = sandbox.calls_of("app/create")
    assert (refused.status, taken.status) == (400, 200)
    assert set(taken.body["permission"]) == set(OLDEST_PERMISSIONS)
    sandbox.consent(token, "alice")
    browser.get(callback(token))
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_a_server_that_refuses_every_list_is_asked_twice_at_most(
    browser: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("app/create", "error", code="INVALID_PARAM", status=400)
    type_server(browser, sandbox.host)
    assert len(sandbox.calls_of("app/create")) == 2
    assert sandbox.calls_of("auth/session/generate") == []
    assert status_and_words(browser)[0] == 502


# Two at the same moment ---------------------------------------------------


@pytest.mark.parametrize("table", ["servers", "server_apps"])
def test_two_first_sign_ins_at_a_server_both_succeed(
    browser: Browser,
    app: Flask,
    sandbox: Sandbox,
    new_browser: Callable[[], Browser],
    table: str,
) -> None:
    rival = new_browser()
    browser.get("/sign-in")
    with meanwhile(app, f"INSERT INTO {table} ", rival.begin_sign_in) as done:
        token = browser.begin_sign_in()
    assert done
    assert len(stored.rows(app, table)) == 1
    for person, began, name in ((rival, done[0], "alice"), (browser, token, "bob")):
        sandbox.consent(began, name)
        person.get(callback(began))
        assert acting_as(person) == f"@{name}@{sandbox.host}"


def test_two_sign_ins_after_the_server_forgot_the_app_both_succeed(
    browser: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    rival = new_browser()
    browser.begin_sign_in()
    sandbox.forget_app(sandbox.calls_of("auth/session/generate")[-1].body["appSecret"])
    with meanwhile(app, "DELETE FROM server_apps", rival.begin_sign_in) as done:
        token = browser.begin_sign_in()
    for person, began, name in ((rival, done[0], "alice"), (browser, token, "bob")):
        sandbox.consent(began, name)
        person.get(callback(began))
        assert acting_as(person) == f"@{name}@{sandbox.host}"


def test_two_first_sign_ins_of_one_person_both_succeed(
    browser: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    rival = new_browser()
    tokens = [browser.begin_sign_in(), rival.begin_sign_in()]
    for token in tokens:
        sandbox.consent(token, "alice")
    with meanwhile(app, "INSERT INTO accounts ", lambda: rival.get(callback(tokens[1]))) as done:
        page = browser.get(callback(tokens[0]))
    assert done
    assert page.status == 200
    assert len(stored.rows(app, "accounts")) == 1
    assert acting_as(browser) == acting_as(rival) == f"@alice@{sandbox.host}"


# Servers that are not what they should be ---------------------------------


ELSEWHERE = [
    "https://elsewhere.example/auth/x",
    "http://elsewhere.example/auth/x",
    "https://{host}/auth/x",  # Another scheme is another origin.
    "http://{host}.elsewhere.example/auth/x",
    "http://{host}@elsewhere.example/auth/x",
    "http://{host}:pw@elsewhere.example/",
    "http://{host}\\@elsewhere.example/",
    "http://{host}",
    "//{host}/auth/x",
    "/auth/x",
    "javascript:alert(1)//http://{host}/",
    "data:text/html,x",
    " http://{host}/auth/x",
    "http://{host}/auth/x y",
    "http://{host}/auth/\r\nSet-Cookie: a=b",
    "http://{host}/auth/\u202e",
    "HTTP://elsewhere.example/{host}/",
    "http://127.0.0.1:1/auth/x",
    "http://{host}/" + "a" * 3000,
    "",
]


def test_a_consent_page_elsewhere_stops_the_sign_in(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    for pattern in ELSEWHERE:
        url = pattern.format(host=sandbox.host)
        sandbox.misbehave("auth/session/generate", "patch", values={"url": url})
        type_server(browser, sandbox.host)
        status, words = status_and_words(browser)
        assert status == 502, url
        assert "Location" not in browser.page.response.headers, url
        assert "consent page that is not its own" in words, url
        assert stored.rows(app, "pending_sign_ins") == [], url


def test_a_token_handed_out_twice_does_not_replace_the_first_sign_in(
    browser: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    token = browser.begin_sign_in()
    before = stored.rows(app, "pending_sign_ins")
    second = new_browser()
    sandbox.misbehave(
        "auth/session/generate",
        "answer",
        body={"token": token, "url": f"{sandbox.url}/auth/{token}"},
    )
    type_server(second, sandbox.host)
    assert status_and_words(second)[0] == 502
    assert stored.rows(app, "pending_sign_ins") == before
    sandbox.consent(token, "alice")
    browser.get(callback(token))
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_an_apex_that_names_another_host_is_followed(
    browser: Browser, app: Flask, sandbox: Sandbox, other_sandbox: Sandbox
) -> None:
    sandbox.misbehave("meta", "wrong-uri", uri=other_sandbox.url)
    type_server(browser, sandbox.host)
    assert browser.page is not None
    place = browser.page.response.headers["Location"]
    assert place.startswith(f"{other_sandbox.url}/auth/")
    assert endpoints(sandbox) == ["meta"]  # Nothing else is sent to where it moved from.
    assert endpoints(other_sandbox) == BEGINNING
    token = place.rpartition("/")[2]
    other_sandbox.consent(token, "alice")
    browser.get(callback(token))
    assert acting_as(browser) == f"@alice@{other_sandbox.host}"
    assert [row["host"] for row in stored.rows(app, "accounts")] == [other_sandbox.host]


def test_two_hosts_that_name_each_other_are_not_followed_in_a_circle(
    browser: Browser, sandbox: Sandbox, other_sandbox: Sandbox
) -> None:
    sandbox.misbehave("meta", "wrong-uri", uri=other_sandbox.url)
    other_sandbox.misbehave("meta", "wrong-uri", uri=sandbox.url)
    type_server(browser, sandbox.host)
    status, words = status_and_words(browser)
    assert status == 502
    assert "(uri)" in words
    assert endpoints(sandbox) == endpoints(other_sandbox) == ["meta"]


def test_an_own_address_that_is_none_is_not_followed(browser: Browser, sandbox: Sandbox) -> None:
    for uri in (
        "",
        "elsewhere",
        "ftp://elsewhere.example",
        "http://elsewhere.example",
        "https://10.0.0.1",
        "https://me:pw@elsewhere.example",
        "https://elsewhere.example/path",
        "https://elsewhere.example:0",
    ):
        sandbox.clear_calls()
        sandbox.misbehave("meta", "wrong-uri", uri=uri)
        type_server(browser, sandbox.host)
        status, words = status_and_words(browser)
        assert status == 502, uri
        assert "(uri)" in words, uri
        assert endpoints(sandbox) == ["meta"], uri


@pytest.mark.parametrize(
    ("endpoint", "how", "options", "status", "words"),
    [
        ("meta", "missing", {}, 502, "(meta)"),
        ("meta", "html", {}, 502, "(meta)"),
        ("meta", "html", {"status": 404}, 502, "(meta)"),
        ("meta", "garbage", {}, 502, "(meta)"),
        ("meta", "shape", {"shape": "list"}, 502, "(meta)"),
        ("meta", "empty", {}, 502, "(meta)"),
        ("meta", "redirect", {"location": "https://moved.example/api/meta"}, 502, "moved.example"),
        ("meta", "internal-error", {}, 502, "error of its own"),
        ("meta", "down", {}, 504, "no whole answer"),
        ("endpoints", "missing", {}, 502, "(endpoints)"),
        ("endpoints", "html", {}, 502, "(endpoints)"),
        ("endpoints", "answer", {"body": ["meta", "notes/show"]}, 502, "(endpoints)"),
        ("app/create", "rate-limited", {"retry_after": 90}, 429, "90 seconds"),
        ("app/create", "html", {"status": 403}, 502, "(app/create)"),
        ("auth/session/generate", "shape", {"shape": "odd"}, 502, "(auth/session/generate)"),
        ("auth/session/generate", "missing", {}, 502, "(auth/session/generate)"),
    ],
)
def test_each_failing_step_has_its_sentence(
    browser: Browser,
    app: Flask,
    sandbox: Sandbox,
    endpoint: str,
    how: str,
    options: dict[str, Any],
    status: int,
    words: str,
) -> None:
    sandbox.misbehave(endpoint, how, **options)
    type_server(browser, sandbox.host)
    got, text = status_and_words(browser)
    assert got == status
    assert words in text
    assert sandbox.host in text
    assert endpoints(sandbox)[-1] == endpoint  # Nothing was asked after the failure.
    assert stored.rows(app, "pending_sign_ins") == []


def test_a_server_that_is_not_there(browser: Browser, app: Flask) -> None:
    type_server(browser, "127.0.0.1:1")
    status, words = status_and_words(browser)
    assert status == 502
    assert "127.0.0.1:1 can't be reached" in words
    assert stored.rows(app, "servers") == []


def test_a_server_that_asks_to_wait_says_so_to_programs_too(
    browser: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("auth/session/generate", "rate-limited", retry_after=120)
    type_server(browser, sandbox.host)
    assert browser.page is not None
    assert browser.page.status == 429
    assert browser.page.response.headers["Retry-After"] == "120"


# The form -----------------------------------------------------------------


def test_the_form_has_one_field(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.get("/sign-in")
    assert [field.get("name") for field in page.all("input", required="")] == ["server"]
    assert page.one("label", **{"for": "server"}) is not None
    assert sandbox.calls == []


def test_a_link_may_fill_in_the_server(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.get("/sign-in?server=misskey.example")
    assert page.one("input", id="server").get("value") == "misskey.example"
    assert sandbox.calls == []


def test_what_a_link_fills_in_is_text_only(browser: Browser) -> None:
    page = browser.get('/sign-in?server="><script>alert(1)</script>&next="><b>')
    assert page.one("input", id="server").get("value") == '"><script>alert(1)</script>'
    assert page.all("script") == []
    assert page.form("/sign-in").fields["next"] == "/"


def test_a_failed_form_comes_back_filled_in_with_its_message(
    browser: Browser, sandbox: Sandbox
) -> None:
    browser.get("/sign-in?next=/compose")
    page = browser.submit("/sign-in", server="https://Misskey.example/@me")
    assert page.status == 400
    field = page.one("input", id="server")
    assert field.get("value") == "https://Misskey.example/@me"
    assert field.get("aria-invalid") == "true"
    assert field.get("autofocus") is not None
    described = (field.get("aria-describedby") or "").split()
    assert page.one("div", role="alert").get("id") in described
    assert page.form("/sign-in").fields["next"] == "/compose"
    assert sandbox.calls == []


def test_a_form_that_failed_can_be_sent_again(browser: Browser, sandbox: Sandbox) -> None:
    type_server(browser, "nothing", next="/compose")
    page = browser.submit("/sign-in", server=sandbox.host, follow=False)
    token = page.response.headers["Location"].rpartition("/")[2]
    sandbox.consent(token, "alice")
    assert browser.get(callback(token)).path == "/compose"


@pytest.mark.parametrize("typed", ["", "   ", None])
def test_no_server_at_all(browser: Browser, sandbox: Sandbox, typed: str | None) -> None:
    browser.get("/sign-in")
    page = browser.submit("/sign-in", server=typed)
    assert page.status == 400
    assert "Type the name of your server" in page.text
    assert sandbox.calls == []


# The callback -------------------------------------------------------------


def test_a_callback_with_junk_signs_nobody_in(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    before = stored.everything(app)
    for query in (
        "",
        "?token=",
        "?token=unknown",
        "?token=%00",
        "?token=%ff%fe",
        "?token=あ",
        "?token=" + "a" * 201,
        "?token=" + "a" * 5000,
        "?token[]=a",
        "?token=a&token=b",
        "?Token=a",
        "?code=a&state=b",
        "?token=' OR 1=1 --",
        "?token=../../etc/passwd",
    ):
        page = browser.get(f"/sign-in/callback{query}", follow=False)
        assert page.status == 400, query
        assert "Nobody was signed in" in page.text, query
    assert sandbox.calls == []
    assert stored.everything(app) == before


def test_junk_leaves_a_true_sign_in_alone(browser: Browser, sandbox: Sandbox) -> None:
    token = browser.begin_sign_in()
    for junk in ("", token[:-1], token + "x", token.upper(), "a" * 500):
        assert browser.get(callback(junk)).status == 400
    sandbox.consent(token, "alice")
    browser.get(callback(token))
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_a_token_is_good_once(browser: Browser, app: Flask, sandbox: Sandbox) -> None:
    token = browser.begin_sign_in()
    sandbox.consent(token, "alice")
    browser.get(callback(token))
    sandbox.clear_calls()
    before = stored.rows(app, "accounts")
    page = browser.get(callback(token))
    assert page.status == 400
    assert sandbox.calls == []
    assert stored.rows(app, "accounts") == before
    # A reload of the callback does not sign out whoever got in by it.
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_ten_minutes_are_enough(browser: Browser, app: Flask, sandbox: Sandbox) -> None:
    token = browser.begin_sign_in()
    stored.let_pass(app, minutes=9.9)
    sandbox.consent(token, "alice")
    browser.get(callback(token))
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_after_ten_minutes_it_is_over(browser: Browser, app: Flask, sandbox: Sandbox) -> None:
    token = browser.begin_sign_in()
    stored.let_pass(app, minutes=10.01)
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    page = browser.get(callback(token))
    assert page.status == 400
    assert "ten minutes" in page.text
    assert sandbox.calls == []
    assert acting_as(browser) is None
    assert stored.rows(app, "pending_sign_ins") == []


def test_what_expired_is_deleted_at_the_next_sign_in(
    browser: Browser, app: Flask, new_browser: Callable[[], Browser]
) -> None:
    browser.begin_sign_in()
    stored.let_pass(app, minutes=10.01)
    new_browser().begin_sign_in()
    assert len(stored.rows(app, "pending_sign_ins")) == 1


def test_a_callback_before_consent_ends_the_sign_in(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = browser.begin_sign_in()
    page = browser.get(callback(token))
    assert page.status == 400
    assert "not allowed Engawa yet" in page.text
    assert stored.rows(app, "pending_sign_ins") == []
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    assert browser.get(callback(token)).status == 400
    assert sandbox.calls == []
    assert acting_as(browser) is None


def test_a_server_that_is_down_at_the_callback_ends_the_sign_in(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = browser.begin_sign_in()
    sandbox.consent(token, "alice")
    sandbox.misbehave("auth/session/userkey", "down")
    page = browser.get(callback(token))
    assert page.status == 504
    assert sandbox.host in page.text
    assert stored.rows(app, "pending_sign_ins") == []
    sandbox.behave()
    sandbox.clear_calls()
    assert browser.get(callback(token)).status == 400
    assert sandbox.calls == []
    assert acting_as(browser) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [("NO_SUCH_SESSION", "used before"), ("NO_SUCH_APP", "does not know Engawa's app")],
)
def test_what_the_server_says_no_to_ends_the_sign_in(
    browser: Browser, app: Flask, sandbox: Sandbox, code: str, words: str
) -> None:
    token = browser.begin_sign_in()
    sandbox.consent(token, "alice")
    sandbox.misbehave("auth/session/userkey", "error", code=code, status=400)
    page = browser.get(callback(token))
    assert page.status == 400
    assert words in page.text
    assert f"/sign-in?server={sandbox.host.replace(':', '%3A')}" in page.links()
    assert stored.rows(app, "pending_sign_ins") == []
    assert acting_as(browser) is None


@pytest.mark.parametrize(
    ("how", "options", "status"),
    [
        ("shape", {"shape": "missing"}, 502),
        ("shape", {"shape": "null"}, 502),
        ("html", {}, 502),
        ("internal-error", {}, 502),
        ("rate-limited", {}, 429),
        ("error", {"code": "SOMETHING_ELSE", "status": 400}, 502),
        ("authentication-failed", {}, 401),
    ],
)
def test_a_confused_answer_to_the_exchange_signs_nobody_in(
    browser: Browser,
    app: Flask,
    sandbox: Sandbox,
    how: str,
    options: dict[str, Any],
    status: int,
) -> None:
    token = browser.begin_sign_in()
    sandbox.consent(token, "alice")
    sandbox.misbehave("auth/session/userkey", how, **options)
    assert browser.get(callback(token)).status == status
    assert stored.rows(app, "pending_sign_ins") == []
    assert stored.rows(app, "accounts") == []
    assert acting_as(browser) is None


def test_a_failed_sign_in_to_a_second_account_leaves_the_first_signed_in(
    alice: Browser, sandbox: Sandbox
) -> None:
    token = alice.begin_sign_in()
    sandbox.misbehave("auth/session/userkey", "authentication-failed")
    assert alice.get(callback(token)).status == 401
    assert acting_as(alice) == f"@alice@{sandbox.host}"


def test_a_sealed_app_that_cannot_be_opened_any_more_is_registered_anew(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    browser.begin_sign_in()
    stored.execute(app, "UPDATE server_apps SET secret = ?", b"sealed with a lost key")
    token = browser.begin_sign_in()
    assert len(sandbox.calls_of("app/create")) == 2
    sandbox.consent(token, "alice")
    browser.get(callback(token))
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_a_pending_sign_in_that_cannot_be_opened_any_more_is_over(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = browser.begin_sign_in()
    stored.execute(app, "UPDATE pending_sign_ins SET app_secret = ?", b"sealed with a lost key")
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    page = browser.get(callback(token))
    assert page.status == 400
    assert sandbox.calls == []
    assert stored.rows(app, "pending_sign_ins") == []


# Forgetting those who stayed away -----------------------------------------


def test_a_browser_that_stayed_away_for_two_months_is_signed_out_and_its_key_deleted(
    alice: Browser, app: Flask, new_browser: Callable[[], Browser]
) -> None:
    stored.execute(app, "UPDATE browser_sign_ins SET seen_at = '2020-01-01 00:00:00.000000'")
    new_browser().sign_in("bob")
    keys = {row["username"]: row["credential"] for row in stored.rows(app, "accounts")}
    assert keys["alice"] is None
    assert keys["bob"] is not None
    assert acting_as(alice) is None


def test_the_key_stays_while_another_browser_is_in_use(
    alice: Browser, app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    stored.execute(app, "UPDATE browser_sign_ins SET seen_at = '2020-01-01 00:00:00.000000'")
    second = new_browser()
    second.sign_in("alice")
    new_browser().begin_sign_in()
    assert len(stored.rows(app, "browser_sign_ins")) == 1
    assert acting_as(alice) is None
    assert acting_as(second) == f"@alice@{sandbox.host}"


@pytest.mark.small
def test_a_visit_counts_as_being_there(alice: Browser, app: Flask) -> None:
    stored.execute(app, "UPDATE browser_sign_ins SET seen_at = '2020-01-01 00:00:00.000000'")
    [session] = stored.rows(app, "sessions")
    yesterday = session["data"].replace(b"seen\xaa20", b"seen\xaa19")
    assert yesterday != session["data"]
    stored.execute(app, "UPDATE sessions SET data = ?", yesterday)
    alice.get("/accounts")
    [signed_in] = stored.rows(app, "browser_sign_ins")
    assert signed_in["seen_at"] > "2020-01-02"


def test_the_database_takes_no_two_rows_for_one_account(alice: Browser, app: Flask) -> None:
    with pytest.raises(stored.IntegrityError):
        stored.execute(
            app,
            "INSERT INTO accounts (id, host, user_id, username, created_at) "
            "SELECT 'x', host, user_id, username, created_at FROM accounts",
        )
