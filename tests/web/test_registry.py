"""`/developers/registry`: what the server keeps for Engawa's app."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Server
from sandbox import Sandbox
from sandbox.records import Kept
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

REGISTRY = "/developers/registry"
VALUE = f"{REGISTRY}/value?scope=engawa/tea&key=tabs"
NEW = f"{REGISTRY}/new"
ENDPOINTS = [
    f"i/registry/{name}"
    for name in ("keys", "keys-with-type", "get-all", "get", "get-detail", "set", "remove")
]


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


def make(browser: Browser, value: str, key: str = "tabs", scope: str = "engawa/tea") -> Page:
    """Fill in the form for a new key, and send it."""
    browser.get(NEW)
    return browser.submit(NEW, scope=scope, key=key, value=value)


def kept(sandbox: Sandbox, scope: str = "engawa/tea") -> dict[str, Any]:
    """What is kept in the scope, whatever the app."""
    scopes = sandbox.world.registry.items()
    path = tuple(scope.split("/"))
    return {k: v.value for (*_, at), held in scopes if at == path for k, v in held.items()}


def endpoints(sandbox: Sandbox) -> list[str]:
    """What was called, in its order."""
    return [call.endpoint for call in sandbox.calls]


def lacking(app: Flask, sandbox: Sandbox, *missing: str) -> None:
    """Let the server have no such endpoints."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name not in missing]
        db.session.commit()


def test_a_key_is_made_changed_and_removed(alice: Browser, sandbox: Sandbox) -> None:
    assert REGISTRY in alice.get("/developers").links()
    page = make(alice, '{"row": ["home", "ねこ"], "n": 1.10}')
    assert page.path == f"{REGISTRY}?scope=engawa/tea"
    assert "Saved." in page.text
    assert VALUE in page.links()
    assert "object" in page.text
    assert kept(sandbox) == {"tabs": {"row": ["home", "ねこ"], "n": 1.1}}
    form = alice.get(VALUE).form(VALUE)
    assert '"ねこ"' in form.fields["value"]
    alice.submit(VALUE, value="null")
    assert kept(sandbox) == {"tabs": None}
    asked = f"{REGISTRY}/remove?scope=engawa/tea&key=tabs"
    assert asked in alice.get(VALUE).links()
    alice.get(asked)
    assert kept(sandbox) == {"tabs": None}
    after = alice.submit(asked)
    assert "Removed." in after.text
    assert after.path == f"{REGISTRY}?scope=engawa/tea"
    assert kept(sandbox) == {}


def test_a_scope_is_one_call_and_a_value_another(alice: Browser, sandbox: Sandbox) -> None:
    make(alice, "1")
    sandbox.clear_calls()
    alice.get(f"{REGISTRY}?scope=engawa/tea")
    alice.get(VALUE)
    assert endpoints(sandbox) == ["i/registry/keys-with-type", "i/registry/get-detail"]
    assert [call.body["scope"] for call in sandbox.calls] == [["engawa", "tea"]] * 2


def test_all_of_a_scope_stands_as_json(alice: Browser, sandbox: Sandbox) -> None:
    make(alice, "[1, 2]")
    page = alice.get(f"{REGISTRY}?scope=engawa/tea")
    assert f"{REGISTRY}/all?scope=engawa/tea" in page.links()
    text = "".join(alice.get(f"{REGISTRY}/all?scope=engawa/tea").one("pre").itertext())
    assert text == '{\n  "tabs": [\n    1,\n    2\n  ]\n}'


def test_a_value_is_sent_as_it_was_typed(alice: Browser, sandbox: Sandbox) -> None:
    make(alice, '{"n": 12345678901234567890123, "a": "\\ud83d\\ude00"}')
    assert kept(sandbox)["tabs"] == {"n": 12345678901234567890123, "a": "😀"}
    assert "12345678901234567890123" in alice.get(VALUE).form(VALUE).fields["value"]


def test_nothing_is_written_over_unseen(alice: Browser, sandbox: Sandbox) -> None:
    make(alice, "1")
    page = make(alice, "2")
    assert page.status == 400
    assert "There is such a key already." in page.text
    assert page.form(NEW).fields["value"] == "2"
    assert kept(sandbox) == {"tabs": 1}


BAD = [
    ({"value": "{"}, "This is no JSON."),
    ({"value": ""}, "This is no JSON."),
    ({"value": "NaN"}, "This is no JSON."),
    ({"value": "[" * 5000}, "This is no JSON."),
    ({"value": '"' + "x" * 70_000 + '"'}, "This is too long"),
    ({"value": "1", "key": ""}, "Give it a key."),
    ({"value": "1", "key": "k" * 1025}, "This is too long"),
    ({"value": "1", "scope": "a b"}, "A scope is made of names"),
    ({"value": "1", "scope": "a//b"}, "A scope is made of names"),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD)
def test_what_cannot_be_kept_comes_back_without_a_call(
    alice: Browser, sandbox: Sandbox, fields: dict[str, str], sentence: str
) -> None:
    page = make(alice, **fields)
    assert page.status == 400
    assert sentence in page.text
    assert page.form(NEW).fields["value"] == fields["value"]
    assert sandbox.calls == []


@pytest.mark.parametrize(
    "path",
    [
        f"{REGISTRY}/value?scope=a",
        f"{REGISTRY}/value?scope=a%20b&key=k",
        f"{REGISTRY}/remove?scope=a",
        f"{REGISTRY}/all?scope=..",
        f"{REGISTRY}/new?scope=-",
        f"{REGISTRY}/value?key={'k' * 1025}",
    ],
)
def test_what_can_be_no_key_makes_no_call(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


def test_a_scope_that_is_none_is_said_beside_its_field(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get(f"{REGISTRY}?scope=a b")
    assert page.status == 400
    assert page.one("input", id="scope").get("aria-invalid") == "true"
    assert sandbox.calls == []


def test_what_is_not_there_says_so(alice: Browser) -> None:
    assert alice.get(VALUE).status == 404


def test_a_very_long_value_is_shown_in_part(alice: Browser, sandbox: Sandbox) -> None:
    make(alice, "1")
    for held in sandbox.world.registry.values():
        held["tabs"] = Kept("x" * 70_000, sandbox.world.clock.now())
    page = alice.get(VALUE)
    assert "Only the beginning is shown." in page.text
    assert not [form for form in page.forms() if form.action == VALUE]


def test_servers_that_know_less_are_asked_for_less(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    make(alice, "7")
    lacking(app, sandbox, "i/registry/keys-with-type", "i/registry/get-detail")
    sandbox.clear_calls()
    assert VALUE in alice.get(f"{REGISTRY}?scope=engawa/tea").links()
    assert alice.get(VALUE).form(VALUE).fields["value"] == "7"
    assert endpoints(sandbox) == ["i/registry/keys", "i/registry/get"]


def test_a_server_without_it_offers_nothing(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    lacking(app, sandbox, *ENDPOINTS)
    assert REGISTRY not in alice.get("/developers").links()
    sandbox.clear_calls()
    for path in (REGISTRY, f"{REGISTRY}/all", NEW, VALUE, f"{REGISTRY}/remove?key=k"):
        assert alice.get(path).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("path", [NEW, VALUE, f"{REGISTRY}/remove?scope=engawa/tea&key=tabs"])
def test_actions_want_our_token_and_the_account(
    alice: Browser, sandbox: Sandbox, path: str
) -> None:
    assert alice.post(path, {"value": "1", "key": "k"}).status == 400
    token = alice.get("/language").form("/language").fields["csrf_token"]
    sandbox.clear_calls()
    fields = {"csrf_token": token, "account": "0" * 32, "value": "1", "key": "k"}
    assert alice.post(path, fields, follow=False).status == 303
    assert sandbox.calls == []


@pytest.mark.parametrize("answer", ["internal-error", "lost"])
def test_a_server_that_fails_loses_nothing_typed(
    alice: Browser, sandbox: Sandbox, answer: str
) -> None:
    sandbox.misbehave("i/registry/set", answer)
    page = make(alice, '"tea"')
    assert page.status in (502, 504)
    assert page.form(NEW).fields["value"] == '"tea"'


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "lost"])
@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (REGISTRY, "i/registry/keys-with-type"),
        (VALUE, "i/registry/get-detail"),
        (f"{REGISTRY}/all", "i/registry/get-all"),
    ],
)
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str, answer: str
) -> None:
    sandbox.misbehave(endpoint, answer)
    assert alice.get(path).status in (502, 504)
