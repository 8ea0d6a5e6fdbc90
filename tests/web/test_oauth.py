"""Signing in by OAuth 2.0 with PKCE: the whole way over real https, when it is taken and
when not, and what a person reads when it comes to nothing. The attacks are next door."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from app.misskey import Secret, parse_server
from app.misskey.permissions import PERMISSIONS
from sandbox import Sandbox
from tests import stored
from tests.browsing import Page
from tests.house import emptied, hurried
from tests.https import (
    CALLBACK,
    CLIENT,
    ENGAWA,
    METADATA,
    SERVER,
    TOKEN,
    Doorstep,
    Traveller,
    lay_out,
    parameters,
    secure_sandbox,
)
from tests.unit.certificates import Certificates
from tests.unit.machines import Network
from tests.web.cast import acting_as


@pytest.fixture
def app(engawa_example: Doorstep) -> Flask:
    """The installation at https://engawa.example."""
    return engawa_example.app


META = METADATA.lstrip("/")
BEGINNING = ["meta", "endpoints", META]
ALICE = "@alice@misskey.example"


def names_of(sandbox: Sandbox) -> list[str]:
    """The calls that came to the server, in order."""
    return [call.endpoint for call in sandbox.calls]


def heading(page: Page) -> str:
    """What the page says it is."""
    return "".join(page.one("h1").itertext())


# The whole way ------------------------------------------------------------


def test_the_whole_way(traveller: Traveller, secure: Sandbox, app: Flask) -> None:
    url = traveller.begin()
    assert names_of(secure) == BEGINNING
    assert url.startswith(f"{SERVER}/oauth/authorize?")
    asked = parameters(url)
    (pending,) = stored.rows(app, "pending_sign_ins")
    assert asked["client_id"] == CLIENT
    assert asked["redirect_uri"] == CALLBACK
    assert asked["response_type"] == "code"
    assert asked["scope"].split() == list(PERMISSIONS)
    assert asked["code_challenge_method"] == "S256"
    assert pending["token_hash"] == hashlib.sha256(asked["state"].encode()).hexdigest()
    back = traveller.decide(url)
    secure.clear_calls()
    before = traveller.cookie()
    page = traveller.get(back, follow=False)
    assert page.status == 303
    assert page.response.headers["Location"] == "/"
    assert names_of(secure) == ["oauth/token", "i"]
    sent = secure.calls[0].body
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert len(sent["code_verifier"]) >= 43
    assert sent.keys() == {"grant_type", "client_id", "redirect_uri", "code", "code_verifier"}
    assert traveller.cookie() != before
    assert acting_as(traveller) == ALICE
    assert stored.rows(app, "pending_sign_ins") == []


def test_the_person_sees_our_name_and_comes_back_to_where_they_were(
    traveller: Traveller, secure: Sandbox
) -> None:
    url = traveller.begin(next="/search")
    assert "authorize “Engawa” to access" in traveller.visit(url).text
    page = traveller.get(traveller.decide(url), follow=False)
    assert page.response.headers["Location"] == "/search"


def test_the_token_is_used_as_it_is_and_lies_sealed(
    traveller: Traveller, secure: Sandbox, app: Flask
) -> None:
    traveller.sign_in("alice")
    (given,) = secure.world.apps.allowed_by(secure.person("alice"))
    assert secure.calls_of("notes/timeline")[-1].body["i"] == given.token
    assert len(given.token) == 128
    (account,) = stored.rows(app, "accounts")
    assert account["way"] == "oauth"
    for secret in (given.token, secure.calls_of("oauth/token")[0].body["code_verifier"]):
        assert stored.tables_with(app, secret) == set()
        assert secret.encode() not in stored.file_bytes(app)


def test_permissions_are_those_the_server_says_it_gave(
    traveller: Traveller, secure: Sandbox, app: Flask
) -> None:
    url = traveller.begin()
    fewer = url.replace("write%3Avotes", "write%3Anonsense")
    traveller.get(traveller.decide(fewer))
    (account,) = stored.rows(app, "accounts")
    assert '"write:votes"' not in account["permissions"]
    assert '"write:notes"' in account["permissions"]


def test_a_server_that_gives_all_need_not_say_so(
    traveller: Traveller, secure: Sandbox, app: Flask
) -> None:
    secure.misbehave(TOKEN, "patch", values={"scope": None})
    traveller.sign_in("alice")
    assert '"write:votes"' in stored.rows(app, "accounts")[0]["permissions"]


def test_with_sign_ups_closed_only_who_was_here_comes_in(
    traveller: Traveller,
    new_traveller: Callable[[], Traveller],
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    traveller.sign_in("alice")
    closed = replace(app.extensions["engawa.settings"], sign_ups_closed=True)
    monkeypatch.setitem(app.extensions, "engawa.settings", closed)
    stranger = new_traveller()
    assert "takes in nobody new" in stranger.sign_in("bob").text
    assert acting_as(stranger) is None
    assert [row["username"] for row in stored.rows(app, "accounts")] == ["alice"]
    assert stored.rows(app, "pending_sign_ins") == []
    known = new_traveller()
    known.sign_in("alice")
    assert acting_as(known) == ALICE


def test_several_accounts(traveller: Traveller) -> None:
    traveller.sign_in("alice")
    traveller.sign_in("bob")
    assert acting_as(traveller) == "@bob@misskey.example"
    assert ALICE in traveller.get("/accounts").text


def test_the_servers_other_name_is_followed_first(
    traveller: Traveller, secure: Sandbox, network: Network
) -> None:
    """People type the old name; the metadata is asked for at the server's own address."""
    traveller.get("/sign-in")
    page = traveller.submit("/sign-in", server="@alice@MISSKEY.example", follow=False)
    assert page.response.headers["Location"].startswith(f"{SERVER}/oauth/authorize?")
    assert set(network.looked_up) == {"misskey.example"}


# Our client page ----------------------------------------------------------


def test_the_client_page_is_for_everybody_and_may_be_kept(traveller: Traveller) -> None:
    page = traveller.get("/sign-in/oauth/client")
    assert page.status == 200
    assert page.one("link", rel="redirect_uri").get("href") == CALLBACK
    (app,) = page.all("section", class_="h-app")
    (name,) = [link for link in app.iter("a") if "p-name" in link.get("class", "")]
    assert (name.text, name.get("href")) == ("Engawa", CLIENT)
    assert page.all("p", lang="ja")
    headers = page.response.headers
    assert headers["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in headers.get("Vary", "")
    assert "Set-Cookie" not in headers


def test_the_client_page_is_the_same_for_those_who_are_signed_in(
    traveller: Traveller, new_traveller: Callable[[], Traveller]
) -> None:
    before = new_traveller().get("/sign-in/oauth/client").html
    traveller.sign_in("alice")
    page = traveller.get("/sign-in/oauth/client", Accept_Language="ja")
    assert page.html == before
    assert "Cookie" not in page.response.headers.get("Vary", "")


@pytest.mark.parametrize("path", ["/sign-in/oauth/client", "/sign-in/oauth/callback"])
def test_nothing_can_be_sent_there(traveller: Traveller, path: str) -> None:
    traveller.get("/language")
    token = traveller.page.form("/language").fields["csrf_token"]
    assert traveller.post(path, {"csrf_token": token}).status == 405


# When it is taken ---------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"sign_in_way": "app"},
        {"public_url": "http://localhost"},
        {"public_url": "https://192.168.1.5"},
        {"public_url": "https://engawa"},
    ],
    ids=["by setting", "http", "an address for a name", "a name of one's own network"],
)
def test_where_it_may_not_be_nobody_even_asks(
    changes: dict[str, Any], secure: Sandbox, certificates: Certificates, street: Any
) -> None:
    app = emptied(street(**({"public_url": ENGAWA} | changes)))
    traveller = Traveller(app, secure, certificates)
    traveller.origin = app.extensions["engawa.settings"].public_url
    traveller.headers["Referer"] = f"{traveller.origin}/sign-in"
    assert traveller.begin().startswith(f"{SERVER}/auth/")
    assert META not in names_of(secure)


def test_a_pinned_server_keeps_the_app_its_operator_registered(
    secure: Sandbox, certificates: Certificates, street: Any
) -> None:
    callback = f"{ENGAWA}/sign-in/callback"
    registered = secure.world.apps.register("Ours", "By hand", list(PERMISSIONS), callback)
    app = emptied(
        street(
            public_url=ENGAWA,
            pinned_server=parse_server("misskey.example"),
            pinned_app_secret=Secret(registered.secret),
        )
    )
    traveller = Traveller(app, secure, certificates)
    assert traveller.begin().startswith(f"{SERVER}/auth/")
    assert META not in names_of(secure)


NOT_OFFERED: dict[str, tuple[str, dict[str, Any]]] = {
    "not there": ("missing", {}),
    "a page for everything": ("html", {}),
    "a challenge": ("html", {"status": 403}),
    "not JSON": ("garbage", {}),
    "nothing": ("empty", {}),
    "no content": ("no-content", {}),
    "a number": ("shape", {"shape": "number"}),
    "a list": ("shape", {"shape": "list"}),
    "nulls": ("shape", {"shape": "nulls"}),
    "other types": ("shape", {"shape": "odd"}),
    "far too large": ("huge", {"megabytes": 20}),
    "a bomb": ("gzip-bomb", {}),
    "sent on": ("redirect", {"location": "https://elsewhere.example/"}),
    "another issuer": ("patch", {"values": {"issuer": "https://evil.example"}}),
    "an issuer with a slash": ("patch", {"values": {"issuer": f"{SERVER}/"}}),
    "a consent page elsewhere": (
        "patch",
        {"values": {"authorization_endpoint": "https://evil.example/oauth/authorize"}},
    ),
    "a consent page that only looks like its own": (
        "patch",
        {"values": {"authorization_endpoint": f"{SERVER}@evil.example/oauth/authorize"}},
    ),
    "a script for a consent page": (
        "patch",
        {"values": {"authorization_endpoint": "javascript:alert(1)"}},
    ),
    "a consent page over http": (
        "patch",
        {"values": {"authorization_endpoint": "http://misskey.example/oauth/authorize"}},
    ),
    "a consent page with a query": (
        "patch",
        {"values": {"authorization_endpoint": f"{SERVER}/oauth/authorize?client_id=other"}},
    ),
    "a consent page with a fragment": (
        "patch",
        {"values": {"authorization_endpoint": f"{SERVER}/oauth/authorize#"}},
    ),
    "tokens elsewhere": (
        "patch",
        {"values": {"token_endpoint": "https://evil.example/oauth/token"}},
    ),
    "tokens over http": (
        "patch",
        {"values": {"token_endpoint": "http://misskey.example/oauth/token"}},
    ),
    "tokens at another port": (
        "patch",
        {"values": {"token_endpoint": f"{SERVER}:8443/oauth/token"}},
    ),
    "no PKCE": ("patch", {"values": {"code_challenge_methods_supported": []}}),
    "PKCE in the clear": ("patch", {"values": {"code_challenge_methods_supported": ["plain"]}}),
    "no issuer in the answer": (
        "patch",
        {"values": {"authorization_response_iss_parameter_supported": False}},
    ),
    "tokens only": ("patch", {"values": {"response_types_supported": ["token"]}}),
    "no codes": ("patch", {"values": {"grant_types_supported": ["implicit"]}}),
}


@pytest.mark.parametrize("name", NOT_OFFERED)
def test_what_is_not_offered_well_is_not_taken(
    traveller: Traveller, secure: Sandbox, network: Network, name: str
) -> None:
    """The app's session stays the way, and nobody but the server is called."""
    how, options = NOT_OFFERED[name]
    secure.misbehave(METADATA, how, **options)
    assert traveller.begin().startswith(f"{SERVER}/auth/")
    assert names_of(secure) == [*BEGINNING, "app/create", "auth/session/generate"]
    assert set(network.looked_up) == {"misskey.example"}


NO_ANSWER: dict[str, tuple[str, dict[str, Any], str]] = {
    "down": ("down", {}, "misskey.example did not answer in time"),
    "silent": ("silent", {}, "misskey.example did not answer in time"),
    "half an answer": ("hang", {}, "misskey.example did not answer in time"),
    "a fault": ("answer", {"status": 503}, "misskey.example has a problem"),
    "too many": ("answer", {"status": 429}, "misskey.example asks you to wait"),
}


@pytest.mark.parametrize("name", NO_ANSWER)
def test_silence_is_no_no(traveller: Traveller, secure: Sandbox, app: Flask, name: str) -> None:
    """Else whoever can keep the server busy could choose the weaker way for somebody."""
    how, options, says = NO_ANSWER[name]
    hurried(app)
    secure.misbehave(METADATA, how, **options)
    traveller.get("/sign-in")
    page = traveller.submit("/sign-in", server="misskey.example", follow=False)
    assert page.status in (429, 502, 504)
    assert says in page.text
    assert page.one("input", id="server").get("value") == "misskey.example"
    assert names_of(secure) == BEGINNING
    assert stored.rows(app, "pending_sign_ins") == []
    secure.behave()
    traveller.sign_in("alice")
    assert acting_as(traveller) == ALICE


def test_an_older_server_has_its_old_way(
    certificates: Certificates, network: Network, traveller: Traveller
) -> None:
    with secure_sandbox(certificates, age="v12") as old:
        lay_out(network, old)
        assert traveller.begin().startswith(f"{SERVER}/auth/")


# What comes to nothing ----------------------------------------------------


def test_a_person_who_says_no(traveller: Traveller, secure: Sandbox, app: Flask) -> None:
    back = traveller.decide(traveller.begin(), button="cancel")
    secure.clear_calls()
    page = traveller.get(back)
    assert page.status == 400
    assert "You did not allow Engawa at misskey.example." in page.text
    assert "/sign-in?server=misskey.example" in page.links()
    assert secure.calls == []
    assert stored.rows(app, "pending_sign_ins") == []
    assert acting_as(traveller) is None


@pytest.mark.parametrize(
    "change",
    [
        ("code_challenge=", "unknown="),
        ("code_challenge_method=S256", "code_challenge_method=plain"),
        ("scope=", "scope=read%3Anonsense&unknown="),
        ("response_type=code", "response_type=token"),
    ],
    ids=["no PKCE", "PKCE in the clear", "no known scope", "another response"],
)
def test_what_the_server_refuses_to_us(
    traveller: Traveller, secure: Sandbox, change: tuple[str, str]
) -> None:
    url = traveller.begin()
    back = traveller.visit(url.replace(*change, 1)).headers["Location"]
    assert "error=" in back
    secure.clear_calls()
    page = traveller.get(back.removeprefix(ENGAWA))
    assert page.status == 400
    assert "misskey.example did not go through with the sign-in." in page.text
    assert secure.calls == []


def test_error_of_somebodys_own_making_is_not_shown(traveller: Traveller) -> None:
    state = parameters(traveller.begin())["state"]
    query = urlencode({"state": state, "iss": SERVER, "error": "call +1 555", "code": "c"})
    page = traveller.get(f"/sign-in/oauth/callback?{query}")
    assert page.status == 400
    assert "555" not in page.html


@pytest.mark.parametrize(
    "issuer", [None, "", "https://evil.example", f"{SERVER}/", "null", SERVER.upper()]
)
def test_the_issuer_must_be_the_server_it_was_begun_at(
    traveller: Traveller, secure: Sandbox, app: Flask, issuer: str | None
) -> None:
    """RFC 9207: compared as text, and wanted, because the server said it gives it."""
    back = parameters(traveller.decide(traveller.begin()))
    secure.clear_calls()
    given = {"state": back["state"], "code": back["code"]}
    if issuer is not None:
        given["iss"] = issuer
    page = traveller.get(f"/sign-in/oauth/callback?{urlencode(given)}")
    assert page.status == 400
    assert "as if from another server" in page.text
    assert secure.calls == []
    assert stored.rows(app, "pending_sign_ins") == []
    assert traveller.get(f"/sign-in/oauth/callback?{urlencode(back)}").status == 400
    assert secure.calls == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=",
        "code=abc",
        "state=unknown&code=abc&iss=https://misskey.example",
        "state=%00&code=%00",
        "state=%ff%fe",
        "state=" + "a" * 5000,
        "state=a&state=b",
        "token=abc",
        "error=access_denied",
    ],
)
def test_junk_at_the_callback(traveller: Traveller, secure: Sandbox, query: str) -> None:
    page = traveller.get(f"/sign-in/oauth/callback?{query}")
    assert page.status == 400
    assert "This sign-in is not known here" in page.text
    assert secure.calls == []


@pytest.mark.parametrize("code", [None, "", "\0", "%", "a" * 5000, "あ", "a b&grant_type=x"])
def test_a_code_that_is_none(
    traveller: Traveller, secure: Sandbox, app: Flask, code: str | None
) -> None:
    state = parameters(traveller.begin())["state"]
    given = {"state": state, "iss": SERVER} | ({} if code is None else {"code": code})
    page = traveller.get(f"/sign-in/oauth/callback?{urlencode(given)}")
    assert page.status == 400
    assert heading(page) == "The sign-in did not work"
    assert stored.rows(app, "accounts") == []


def test_ten_minutes(traveller: Traveller, secure: Sandbox, app: Flask) -> None:
    back = traveller.decide(traveller.begin())
    secure.clear_calls()
    stored.let_pass(app, minutes=10.1)
    page = traveller.get(back)
    assert page.status == 400
    assert "More than ten minutes" in page.text
    assert secure.calls == []


def test_a_code_that_grew_old_at_the_server(traveller: Traveller, secure: Sandbox) -> None:
    back = traveller.decide(traveller.begin())
    secure.world.clock.advance(301)
    page = traveller.get(back)
    assert page.status == 400
    assert "misskey.example did not accept this sign-in" in page.text


BAD_TOKENS: dict[str, tuple[str, dict[str, Any], int]] = {
    "down": ("down", {}, 504),
    "lost": ("lost", {}, 504),
    "silent": ("silent", {}, 504),
    "a fault": ("answer", {"status": 500, "body": {"error": "server_error"}}, 502),
    "a page": ("html", {}, 502),
    "a challenge": ("html", {"status": 403}, 502),
    "not JSON": ("garbage", {}, 502),
    "nothing": ("empty", {}, 502),
    "no content": ("no-content", {}, 502),
    "a list": ("shape", {"shape": "list"}, 502),
    "nulls": ("shape", {"shape": "nulls"}, 502),
    "other types": ("shape", {"shape": "odd"}, 502),
    "another kind of token": ("patch", {"values": {"token_type": "mac"}}, 502),
    "an empty token": ("patch", {"values": {"access_token": ""}}, 502),
    "a token with a line end": ("patch", {"values": {"access_token": "a\r\nb"}}, 502),
    "an endless token": ("patch", {"values": {"access_token": "a" * 5000}}, 502),
    "a refusal": ("answer", {"status": 400, "body": {"error": "invalid_client"}}, 400),
    "too many": ("answer", {"status": 429, "body": {"error": "slow_down"}}, 429),
    "sent on": ("redirect", {"location": "https://evil.example/"}, 502),
    "far too large": ("huge", {"megabytes": 20}, 502),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_no_token_is_no_sign_in(
    traveller: Traveller, secure: Sandbox, network: Network, app: Flask, name: str
) -> None:
    """And it is asked for once: at the second time a server takes back what it gave."""
    how, options, status = BAD_TOKENS[name]
    back = traveller.decide(traveller.begin())
    hurried(app)
    secure.misbehave(TOKEN, how, **options)
    secure.clear_calls()
    cookie = traveller.cookie()
    page = traveller.get(back)
    assert page.status == status, page.text
    assert names_of(secure) == ["oauth/token"]
    assert traveller.cookie() == cookie
    for table in ("accounts", "browser_sign_ins", "pending_sign_ins"):
        assert stored.rows(app, table) == []
    secure.behave()
    assert traveller.get(back).status == 400
    assert names_of(secure) == ["oauth/token"]
    assert set(network.looked_up) == {"misskey.example", "engawa.example"}


@pytest.mark.parametrize(
    ("how", "options", "status"),
    [
        ("down", {}, 504),
        ("html", {}, 502),
        ("internal-error", {}, 502),
        ("patch", {"values": {"id": "../x"}}, 502),
        ("authentication-failed", {}, 401),
    ],
)
def test_a_token_that_nobody_answers_to(
    traveller: Traveller,
    secure: Sandbox,
    app: Flask,
    how: str,
    options: dict[str, Any],
    status: int,
) -> None:
    back = traveller.decide(traveller.begin())
    secure.misbehave("i", how, **options)
    assert traveller.get(back).status == status
    assert stored.rows(app, "accounts") == []
    assert acting_as(traveller) is None


def test_a_server_that_is_not_known_any_more(traveller: Traveller, app: Flask) -> None:
    """Its key was taken from CREDENTIAL_KEYS while the person was away."""
    back = traveller.decide(traveller.begin())
    stored.execute(app, "UPDATE pending_sign_ins SET verifier = ?", b"sealed with another key")
    page = traveller.get(back)
    assert page.status == 400
    assert "not known here" in page.text


# Leaving ------------------------------------------------------------------


def test_signing_out_says_where_the_entries_are(traveller: Traveller, secure: Sandbox) -> None:
    traveller.sign_in("alice")
    traveller.get("/sign-out")
    page = traveller.submit("/sign-out")
    assert "Your server lists every sign-in as an “Engawa” of its own" in page.text
    assert f"{SERVER}/settings/connect" in page.links()
    assert acting_as(traveller) is None


def test_forgetting_says_it_too(traveller: Traveller, secure: Sandbox, app: Flask) -> None:
    traveller.sign_in("alice")
    (account,) = stored.rows(app, "accounts")
    path = f"/accounts/{account['id']}/forget"
    assert "every sign-in as an “Engawa” of its own" in traveller.get(path).text
    page = traveller.submit(path)
    assert "every sign-in as an “Engawa” of its own" in page.text
    assert stored.rows(app, "accounts") == []


def test_a_sign_in_taken_back_at_the_server(traveller: Traveller, secure: Sandbox) -> None:
    traveller.sign_in("alice")
    secure.revoke("alice")
    page = traveller.get("/")
    assert page.status == 401
    assert "misskey.example no longer accepts this sign-in" in page.text
    assert acting_as(traveller) is None


def test_the_other_way_says_what_it_always_said(
    secure: Sandbox, certificates: Certificates, street: Any
) -> None:
    app = emptied(street(public_url=ENGAWA, sign_in_way="app"))
    traveller = Traveller(app, secure, certificates)
    token = traveller.begin().rpartition("/")[2]
    secure.consent(token, "alice")
    traveller.get(f"/sign-in/callback?token={token}")
    (account,) = stored.rows(app, "accounts")
    assert account["way"] == "callback"
    traveller.get("/sign-out")
    assert "of its own" not in traveller.submit("/sign-out").text
