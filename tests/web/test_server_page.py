"""`/server` and `/server/emoji`: what the account's server says of itself."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask

from app import emojis, servers
from app.about_server import plain_lines
from app.extensions import db
from app.models import Server, now
from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test, which remembers no
    list of emoji."""
    emojis.init_app(house)
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def test_it_says_who_it_is(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/server")
    assert page.status == 200
    called = [call.endpoint for call in sandbox.calls]
    assert called == ["meta", "stats", "get-online-users-count"]
    for words in ("Engawa's sandbox", "A pretend server", "Misskey 2025.11.0", "The sandbox"):
        assert words in page.text
    assert f"People here{len(list(sandbox.world.locals()))}" in page.text
    assert len(gzip.compress(page.html.encode())) < 20_000


def test_markup_of_its_keepers_is_only_read(alice: Browser, sandbox: Sandbox) -> None:
    values = {
        "description": "<h1>Hello</h1><script>alert(1)</script><p onclick=x>a &amp; b<br>c",
        "serverRules": ["<b>Be kind</b>", "", "<img src=x onerror=alert(1)>No shouting"],
        "tosUrl": "javascript:alert(1)",
        "privacyPolicyUrl": "https://rules.example/privacy",
    }
    sandbox.misbehave("meta", "patch", values=values)
    page = alice.get("/server")
    assert page.status == 200
    assert page.foreign_scripts() == []
    assert "alert(1)" not in " ".join(filter(None, page.links()))
    assert [p.text for p in page.all("p", dir="auto")] == ["Hello", "a & b", "c"]
    assert [li.text for li in page.all("li", dir="auto")] == ["Be kind", "No shouting"]
    assert "https://rules.example/privacy" in page.links()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (None, []),
        ("", []),
        ("one\n\n two  three ", ["one", "two three"]),
        ("<style>p{}</style>x<br/>y", ["x", "y"]),
        ("</script>still here", ["still here"]),
        ("<p>cut <a href='", ["cut <a href='"]),
        ("&lt;b&gt;", ["<b>"]),
    ],
)
def test_words_without_markup(text: str | None, lines: list[str]) -> None:
    assert plain_lines(text) == lines


def test_without_counts_it_stands_all_the_same(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("stats", "error")
    page = alice.get("/server")
    assert page.status == 200
    assert "People here" not in page.text


@pytest.mark.parametrize("how", ["error", "html", "garbage", "lost", "empty", "rate-limited"])
@pytest.mark.parametrize(("path", "endpoint"), [("/server", "meta"), ("/server/emoji", "emojis")])
def test_a_server_that_fails_is_explained(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str, how: str
) -> None:
    sandbox.misbehave(endpoint, how)
    assert alice.get(path).status in (429, 502, 504)


@pytest.mark.parametrize("path", ["/server", "/server/emoji"])
def test_signed_out_one_is_asked_to_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    location = browser.get(path, follow=False).response.headers["Location"]
    assert location.startswith("/sign-in?next=")
    assert sandbox.calls == []


def test_nothing_is_sent_there(alice: Browser, sandbox: Sandbox) -> None:
    token = alice.get("/language").form("/language").fields["csrf_token"]
    assert alice.post("/server", {"csrf_token": token}).status == 405
    assert sandbox.calls == []


def test_all_emoji_page_by_page(app: Flask) -> None:
    with Sandbox(emoji=130) as many:
        browser = Browser(app, many)
        let_in(browser, "alice")
        seen: list[str] = []
        path: str | None = "/server/emoji"
        while path:
            page = browser.get(path)
            assert len(gzip.compress(page.html.encode())) < 20_000
            seen += [str(code.text) for code in page.all("code")]
            path = next((a.get("href") for a in page.all("a", rel="next")), None)
        assert sorted(seen) == sorted(f":{name}:" for name in many.world.emojis)
        assert len(many.calls_of("emojis")) == 1


def test_emoji_are_found_by_their_names(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/server/emoji?q=tea")
    codes = [str(code.text) for code in page.all("code")]
    assert ":tea:" in codes
    assert len(codes) < len(sandbox.world.emojis)
    assert "There is nothing here." in alice.get("/server/emoji?q=zzzzz").text


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999", "9" * 50, "１", "1.5"])
def test_pages_that_are_none(alice: Browser, number: str) -> None:
    page = alice.get(f"/server/emoji?page={number}")
    assert page.status == 200
    assert page.all("code")


@pytest.mark.parametrize("age", ["v11", "v12"])
def test_older_servers(app: Flask, age: str) -> None:
    with Sandbox(age=age) as old:
        browser = Browser(app, old)
        browser.sign_in("alice")
        page = browser.get("/server")
        assert page.status == 200
        lacking = {
            "".join(row[0].itertext())
            for row in page.all("div")
            if len(row) == 2 and "".join(row[1].itertext()) == "no"
        }
        assert ("Antennas" in lacking) == (age == "v11")
        assert "Grouped notifications" in lacking
        assert browser.get("/server/emoji").all("code")


def test_a_list_that_is_odd(alice: Browser, sandbox: Sandbox) -> None:
    body: Any = {"emojis": [{"name": "a"}, {"name": "b", "url": "javascript:x", "category": "c"}]}
    sandbox.misbehave("emojis", "answer", body=body)
    page = alice.get("/server/emoji")
    assert [code.text for code in page.all("code")] == [":a:", ":b:"]
    assert not [i for i in page.all("img") if "javascript" in i.get("src", "")]


def test_how_it_is_doing_is_three_calls(alice: Browser, sandbox: Sandbox) -> None:
    assert "/server/doing" in alice.get("/server").links()
    sandbox.clear_calls()
    page = alice.get("/server/doing")
    assert page.status == 200
    assert [call.endpoint for call in sandbox.calls] == ["ping", "server-info", "retention"]
    assert "It answered in" in page.text
    assert "The server does not tell." in page.text
    assert len(gzip.compress(page.html.encode())) < 20_000


def test_what_it_runs_on_is_told_where_it_may_be(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.tells_machine = True
    page = alice.get("/server/doing")
    sandbox.world.settings.tells_machine = False
    assert "Sandbox 8 MHz" in page.text
    assert "The server does not tell." not in page.text


def test_who_came_back_is_counted_by_the_day(alice: Browser, sandbox: Sandbox) -> None:
    data = {"2025-11-9": 5, "2025-11-10": 4, "2025-11-11": 1}
    row = {"createdAt": "2025-11-08T00:00:00.000Z", "users": 10, "data": data}
    sandbox.misbehave("retention", "answer", body=[row])
    cells = [cell.text for cell in alice.get("/server/doing").all("td")]
    assert cells == ["10", "50\xa0%", "10\xa0%", "not yet", "not yet"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [{"createdAt": "2025-11-08T00:00:00.000Z", "users": 0, "data": {"x": 3, "": -1}}],
        [{"createdAt": "soon", "users": None}],
    ],
)
def test_odd_answers_leave_the_rest(alice: Browser, sandbox: Sandbox, body: Any) -> None:
    sandbox.misbehave("retention", "answer", body=body)
    sandbox.misbehave("server-info", "error")
    assert "It answered in" in alice.get("/server/doing").text


def test_one_emoji_has_a_page(alice: Browser, sandbox: Sandbox) -> None:
    name = next(iter(sandbox.world.emojis.values())).name
    assert f"/server/emoji/{name}" in alice.get("/server/emoji").links()
    sandbox.clear_calls()
    page = alice.get(f"/server/emoji/{name}")
    assert page.status == 200
    (call,) = sandbox.calls_of("emoji")
    assert call.body["name"] == name
    assert f":{name}:" in page.text
    assert "Licence" in page.text


def test_of_an_unknown_emoji_nothing_is_asked(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/server/emoji")
    sandbox.clear_calls()
    assert alice.get("/server/emoji/unheard_of").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("endpoint", ["stats", "get-online-users-count"])
@pytest.mark.parametrize("how", ["error", "html", "garbage", "lost", "empty"])
def test_a_count_that_is_not_told_is_left_out(
    alice: Browser, sandbox: Sandbox, endpoint: str, how: str
) -> None:
    sandbox.misbehave(endpoint, how)
    page = alice.get("/server")
    assert page.status == 200
    assert "Engawa's sandbox" in page.text


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/server", "stats"),
        ("/server", "get-online-users-count"),
        ("/server/doing", "ping"),
        ("/server/doing", "server-info"),
        ("/server/doing", "retention"),
    ],
)
def test_a_credential_that_is_refused_signs_out(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str
) -> None:
    sandbox.misbehave(endpoint, "authentication-failed")
    assert alice.get(path).status == 401
    assert not alice.is_signed_in


@pytest.mark.parametrize("path", ["/server/doing", "/server/emoji/tea"])
def test_what_the_server_lacks_is_not_there(
    alice: Browser, app: Flask, sandbox: Sandbox, path: str
) -> None:
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        lacking = {"ping", "server-info", "retention", "emoji"}
        server.endpoints = [name for name in server.endpoints if name not in lacking]
        db.session.commit()
    sandbox.clear_calls()
    assert alice.get(path).status == 404
    assert sandbox.calls == []


# How old what we know of it is ---------------------------------------------


def grow_old(app: Flask, host: str) -> None:
    """Let what is known of the server be older than a day."""
    with app.app_context():
        server = db.session.get_one(Server, host)
        server.asked_at = now() - servers.FACTS_HOLD_FOR
        server.name = "what it was called"
        db.session.commit()


def test_what_is_known_of_it_is_asked_again_after_a_day(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    grow_old(app, sandbox.host)
    alice.get("/server/emoji")
    assert {"meta", "endpoints"} <= {call.endpoint for call in sandbox.calls}
    with app.app_context():
        assert db.session.get_one(Server, sandbox.host).name == "Engawa's sandbox"
    sandbox.clear_calls()
    alice.get("/server/emoji")
    assert sandbox.calls == []


@pytest.mark.parametrize("how", ["internal-error", "lost", "html", "garbage", "empty"])
def test_what_it_said_last_holds_while_it_can_not_be_asked(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    grow_old(app, sandbox.host)
    sandbox.misbehave("meta", how)
    assert alice.get("/server/emoji").status == 200
    asked = len(sandbox.calls_of("meta"))
    assert asked
    with app.app_context():
        assert db.session.get_one(Server, sandbox.host).name == "what it was called"
    # Asked again in a day, not at every page while it fails.
    assert alice.get("/server/emoji").status == 200
    assert len(sandbox.calls_of("meta")) == asked
