"""`/developers`: the server's API, and a console that calls it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from app import reference
from app.extensions import db
from app.models import Account, Server, ServerReference, now
from app.reference import HOLDS_FOR
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def call(browser: Browser, name: str, body: str, **more: str | None) -> Page:
    """Type parameters into an endpoint's form, and call it."""
    browser.get(f"/developers/api/{name}")
    return browser.submit(f"/developers/api/{name}#console", body=body, **more)


def answer(page: Page) -> Any:
    """What came back, as it is shown."""
    return json.loads("".join(page.one("pre", class_="answer").itertext()))


# The reference --------------------------------------------------------------------------


def test_every_endpoint_is_there(alice: Browser, app: Flask) -> None:
    page = alice.get("/developers")
    assert page.status == 200
    with app.app_context():
        names = db.session.query(Server).one().endpoints
    assert {f"/developers/api/{name}" for name in names} <= set(page.links())
    assert len(gzip.compress(page.html.encode())) < 20_000


def test_a_whole_real_server_is_light_enough(alice: Browser, app: Flask) -> None:
    with app.app_context():
        server = db.session.query(Server).one()
        server.endpoints = [f"some/longer-endpoint/number-{n:04}" for n in range(450)]
        db.session.commit()
    page = alice.get("/developers")
    assert len(gzip.compress(page.html.encode())) < 20_000


def test_it_is_asked_for_once_a_day(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    alice.get("/developers")
    with app.app_context():
        first = db.session.query(ServerReference).one().asked_at
    alice.get("/developers/api/notes/create")
    with app.app_context():
        kept = db.session.query(ServerReference).one()
        assert kept.asked_at == first
        kept.asked_at = now() - HOLDS_FOR - HOLDS_FOR
        db.session.commit()
    alice.get("/developers")
    with app.app_context():
        assert db.session.query(ServerReference).one().asked_at > first
    assert sandbox.calls == []


def test_an_endpoint_says_what_it_takes(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/developers/api/notes/create")
    rows = {str(row[0][0].text): row for row in page.one("tbody").iter("tr")}
    assert {"text", "visibility", "fileIds"} <= set(rows)
    assert "specified" in "".join(rows["visibility"].itertext())
    assert "write:notes" in page.text
    assert "This may write" in page.text
    assert "This may write" not in alice.get("/developers/api/notes/timeline").text
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("timeline", "notes/timeline"),
        ("USER timeline", "notes/user-list-timeline"),
        ("reactionacceptance", "notes/create"),
        ("write:blocks", "blocking/create"),
    ],
)
def test_searching(alice: Browser, words: str, found: str) -> None:
    page = alice.get(f"/developers?q={words}")
    assert f"/developers/api/{found}" in page.links()
    assert "/developers/api/meta" not in page.links()


@pytest.mark.parametrize("words", ["zzzz", "<script>alert(1)</script>", "x" * 500, "\0"])
def test_searching_for_nothing_there(alice: Browser, words: str) -> None:
    page = alice.get(f"/developers?q={quote(words)}")
    assert page.status == 200
    assert "0 endpoints" in page.text
    assert page.foreign_scripts() == []


@pytest.mark.parametrize("how", ["down", "html", "garbage", "redirect", "error"])
def test_without_a_description_names_are_enough(
    alice: Browser, sandbox: Sandbox, how: str, app: Flask
) -> None:
    options = {"location": "https://elsewhere.example"} if how == "redirect" else {}
    sandbox.misbehave("/api.json", how, **options)
    assert "/developers/api/notes/create" in alice.get("/developers").links()
    page = alice.get("/developers/api/notes/create")
    assert "visibility" in page.text
    assert [made.endpoint for made in sandbox.calls] == ["endpoint"]
    assert "This may write" in page.text
    # And when that says nothing either, there is still the form.
    sandbox.misbehave("endpoint", "error")
    assert "does not tell them" in alice.get("/developers/api/notes/create").text


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"paths": 5}', b"[" * 100_000, b'{"paths": {"/a": {"post": []}}}'],
)
def test_what_is_no_description(body: bytes) -> None:
    assert reference.read(body) == []


def test_odd_descriptions_are_read_as_far_as_they_go() -> None:
    deep: Any = {"properties": {"end": {}}}
    for _ in range(50):
        deep = {"allOf": [deep]}
    schema = {
        "properties": {"a": {"type": ["string", "null"], "enum": ["<b>"]}, "b": 5},
        "required": "a",
        "anyOf": [deep, 7, {"properties": {"c": {"type": "array", "items": {"type": "string"}}}}],
    }
    content = {"application/json": {"schema": schema}}
    paths = {
        "/odd": {"post": {"requestBody": {"content": content}}},
        "/none": {"post": {"requestBody": 5}},
        "/../etc": {"post": {}},
        "/GET": {"get": {}},
    }
    found = {one.name: one for one in reference.read(json.dumps({"paths": paths}).encode())}
    assert set(found) == {"odd", "none"}
    assert [(p.name, p.type) for p in found["odd"].parameters] == [
        ("a", "string or null"),
        ("c", "array of string"),
    ]


@pytest.mark.parametrize("age", ["v11", "v12"])
def test_older_servers_describe_themselves_too(app: Flask, age: str) -> None:
    with Sandbox(age=age) as old:
        browser = Browser(app, old)
        browser.sign_in("alice")
        assert "write:notes" in browser.get("/developers/api/notes/create").text
        assert browser.get("/developers/api/emojis").status == 404
        assert answer(call(browser, "i", ""))["username"] == "alice"


# The console ----------------------------------------------------------------------------


def test_calling_as_the_account(alice: Browser, sandbox: Sandbox) -> None:
    page = call(alice, "users/show", '{"username": "bob"}')
    assert page.status == 200
    assert answer(page)["username"] == "bob"
    assert "Status: 200" in page.text
    (made,) = sandbox.calls
    assert (made.account, made.body["username"]) == ("alice", "bob")
    assert page.form("/developers/api/users/show#console").fields["body"] == '{"username": "bob"}'


def test_the_credential_never_reaches_the_browser(alice: Browser, sandbox: Sandbox) -> None:
    page = call(alice, "users/show", '{"username": "bob", "i": "mine"}')
    (made,) = sandbox.calls
    key = made.body["i"]
    assert len(key) == 64
    assert key not in page.html
    # Nor where the server sends it back.
    sandbox.misbehave("i", "answer", body={"said": f"you are {key}"})
    page = call(alice, "i", "")
    assert key not in page.html
    assert "you are ••••••••" in page.text


def test_the_same_in_a_terminal(alice: Browser, sandbox: Sandbox) -> None:
    page = call(alice, "users/search", '{"query": "it\'s <b>; rm -rf"}')
    (command,) = [pre for pre in page.all("pre") if "curl" in "".join(pre.itertext())]
    text = "".join(command.itertext())
    assert text.startswith(f"curl {sandbox.url}/api/users/search ")
    assert '"i": "••••••••"' in text
    assert "'\"'\"'" in text


def test_answers_are_text_and_nothing_else(alice: Browser, sandbox: Sandbox) -> None:
    html = "<script>alert(1)</script></pre><img src=x onerror=alert(1)>"
    sandbox.misbehave("meta", "answer", body={"name": html})
    page = call(alice, "meta", "")
    assert answer(page) == {"name": html}
    assert page.foreign_scripts() == []
    assert page.all("img") == []


def test_long_answers_are_cut(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("meta", "answer", body=["word"] * 50_000)
    page = call(alice, "meta", "")
    assert "Only the beginning is shown." in page.text
    assert len(gzip.compress(page.html.encode())) < 20_000


@pytest.mark.parametrize(
    ("how", "status"),
    [("error", 200), ("html", 200), ("garbage", 200), ("no-content", 200), ("rate-limited", 200)],
)
def test_whatever_the_server_says_is_shown(
    alice: Browser, sandbox: Sandbox, how: str, status: int
) -> None:
    sandbox.misbehave("i", how)
    page = call(alice, "i", "")
    assert page.status == status
    assert re.search(r"Status: \d{3}", page.text)


@pytest.mark.parametrize("how", ["lost", "huge", "redirect"])
def test_no_answer_is_explained_and_nothing_is_lost(
    alice: Browser, sandbox: Sandbox, how: str
) -> None:
    options = {"location": "https://elsewhere.example"} if how == "redirect" else {}
    sandbox.misbehave("users/show", how, **options)
    page = call(alice, "users/show", '{"username": "bob"}')
    assert page.status in (502, 504)
    assert page.form("/developers/api/users/show#console").fields["body"] == '{"username": "bob"}'


def test_a_refused_credential_is_shown_and_signs_nobody_out(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/developers/api/i")
    sandbox.misbehave("i", "authentication-failed")
    page = alice.submit("/developers/api/i#console", body="")
    assert "Status: 401" in page.text
    sandbox.behave()
    assert alice.is_signed_in


@pytest.mark.parametrize(
    "typed",
    ["{", "[]", "5", '"x"', "null", "{'a': 1}", '{"a": 1} x', "[" * 60_000, "x" * 70_000, "{\0}"],
)
def test_what_is_no_object_is_not_sent(alice: Browser, sandbox: Sandbox, typed: str) -> None:
    page = call(alice, "meta", typed)
    assert page.status == 400
    assert page.form("/developers/api/meta#console").fields["body"].strip("\ufffd") in (
        typed,
        typed.replace("\0", "\ufffd"),
    )
    assert sandbox.calls == []


def test_null_is_sent_as_null(alice: Browser, sandbox: Sandbox) -> None:
    call(alice, "users/show", '{"username": "bob", "host": null}')
    assert sandbox.calls[0].body["host"] is None


def test_writing_has_to_be_meant(alice: Browser, sandbox: Sandbox) -> None:
    page = call(alice, "notes/create", '{"text": "From the console"}')
    assert page.status == 400
    assert "nothing was sent" in page.text
    assert sandbox.calls == []
    page = alice.submit("/developers/api/notes/create#console", sure="1")
    assert answer(page)["createdNote"]["text"] == "From the console"


def test_there_is_a_limit(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/developers/api/meta")
    statuses = {alice.submit("/developers/api/meta#console", body="{}").status for _ in range(30)}
    assert statuses == {200}
    sandbox.clear_calls()
    page = alice.submit("/developers/api/meta#console", body='{"detail": false}')
    assert page.status == 429
    assert page.response.headers["Retry-After"]
    assert page.form("/developers/api/meta#console").fields["body"] == '{"detail": false}'
    assert sandbox.calls == []


@pytest.mark.parametrize("name", ["drive/files/create"])
def test_files_are_not_sent_from_here(alice: Browser, sandbox: Sandbox, name: str) -> None:
    page = alice.get(f"/developers/api/{name}")
    assert not page.all("textarea")
    token = alice.get("/language").form("/language").fields["csrf_token"]
    assert alice.post(f"/developers/api/{name}", {"csrf_token": token, "sure": "1"}).status == 400
    assert sandbox.calls == []


@pytest.mark.parametrize("name", ["no/such", "../meta", "meta/../i", "notes//show", "META", "あ"])
def test_only_what_the_server_has_can_be_called(
    alice: Browser, sandbox: Sandbox, name: str
) -> None:
    token = alice.get("/language").form("/language").fields["csrf_token"]
    path = f"/developers/api/{name}"
    assert alice.get(path).status == 404
    assert alice.post(path, {"csrf_token": token, "body": "{}"}).status == 404
    assert sandbox.calls == []


def test_a_permission_that_was_not_given_is_said(alice: Browser, app: Flask) -> None:
    with app.app_context():
        db.session.query(Account).one().permissions = ["read:account"]
        db.session.commit()
    assert "was not given this permission" in alice.get("/developers/api/notes/create").text
    assert "was not given this permission" not in alice.get("/developers/api/i").text


def test_it_wants_our_own_form(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.post("/developers/api/meta", {"body": "{}"}).status == 400
    answered = alice.post("/developers/api/meta", {"body": "{}"}, Origin="https://evil.example")
    assert answered.status == 403
    assert sandbox.calls == []


def test_the_account_of_the_page_is_the_one_that_calls(
    alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    form = alice.get("/developers/api/i").form("/developers/api/i#console")
    bob = let_in(new_browser(), "bob")
    token = bob.get("/language").form("/language").fields["csrf_token"]
    sandbox.clear_calls()
    page = bob.post("/developers/api/i", {**form.fields, "csrf_token": token}, follow=False)
    assert page.response.headers["Location"] == "/accounts"
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/developers", "/developers/api/meta", "/developers/apps"])
def test_signed_out_one_is_asked_to_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    location = browser.get(path, follow=False).response.headers["Location"]
    assert location.startswith("/sign-in?next=")
    assert sandbox.calls == []


# Apps of one's own --------------------------------------------------------


def test_ones_own_apps_are_listed(alice: Browser, sandbox: Sandbox) -> None:
    world = sandbox.world
    permissions, me = ["read:account", "write:notes"], world.person("alice").id
    back = "https://kettle.example/back"
    made = world.apps.register("Kettle", "It sings.", permissions, back, me)
    world.apps.register("Somebody's", "", [], None, world.person("bob").id)
    assert "/developers/apps" in alice.get("/developers").links()
    sandbox.clear_calls()
    page = alice.get("/developers/apps")
    assert [call.endpoint for call in sandbox.calls] == ["my/apps"]
    assert [item.text for item in page.all("code")] == [made.id, *permissions]
    assert "Kettle" in page.text
    assert back in page.text
    assert made.secret not in page.html
    assert "Somebody" not in page.text


def test_more_apps_are_on_the_next_page(alice: Browser, sandbox: Sandbox) -> None:
    world = sandbox.world
    for number in range(31):
        world.apps.register(f"App {number:02}", "", [], None, world.person("alice").id)
    assert "/developers/apps?from=30" in alice.get("/developers/apps").links()
    assert "App 30" in alice.get("/developers/apps?from=30").text
    for junk in ("-1", "x", "9" * 40, "%00"):
        assert "App 00" in alice.get(f"/developers/apps?from={junk}").text


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "down"])
def test_apps_that_cannot_be_read_are_a_page(alice: Browser, sandbox: Sandbox, answer: str) -> None:
    sandbox.misbehave("my/apps", answer)
    assert alice.get("/developers/apps").status in (502, 504)


def test_without_the_permission_there_are_no_apps(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    with app.app_context():
        db.session.query(Account).one().permissions = ["write:notes"]
        db.session.commit()
    assert "/developers/apps" not in alice.get("/developers").links()
    sandbox.clear_calls()
    assert alice.get("/developers/apps").status == 404
    assert sandbox.calls == []
