"""What may go wrong with webhooks; what goes right is in `test_announcements`."""

from __future__ import annotations

import pytest
from flask import Flask

from app.extensions import db
from app.models import Server
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

GOOD = {"name": "My bot", "url": "https://hooks.example/x", "on": "note"}
FAILURES = [("internal-error", 502), ("lost", 504), ("html", 502), ("garbage", 502)]
CHANGES = ["/webhooks/new", "/webhooks/{id}", "/webhooks/{id}/delete"]


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


@pytest.fixture
def hook(alice: Browser, sandbox: Sandbox) -> str:
    """The id of a webhook of alice's, and no call remembered."""
    alice.get("/webhooks/new")
    alice.press("/webhooks/new", **GOOD)
    (made,) = sandbox.world.webhooks.values()
    sandbox.clear_calls()
    return made.id


def problem(page: Page) -> str:
    """What the page says is wrong."""
    return "".join(page.one("div", id="problem").itertext())


@pytest.mark.parametrize(("how", "status"), FAILURES)
def test_one_that_could_not_be_made_is_still_typed(
    alice: Browser, sandbox: Sandbox, how: str, status: int
) -> None:
    alice.get("/webhooks/new")
    sandbox.misbehave("i/webhooks/create", how)
    page = alice.press("/webhooks/new", **GOOD)
    assert page.status == status
    assert sandbox.host in problem(page)
    fields = page.form("/webhooks/new").fields
    assert (fields["name"], fields["url"], fields["on"]) == tuple(GOOD.values())
    assert len(sandbox.calls_of("i/webhooks/create")) == 1, "it is never sent twice"


@pytest.mark.parametrize(("how", "status"), FAILURES)
def test_a_change_that_failed_is_still_typed(
    alice: Browser, sandbox: Sandbox, hook: str, how: str, status: int
) -> None:
    alice.get(f"/webhooks/{hook}")
    sandbox.misbehave("i/webhooks/update", how)
    page = alice.press(f"/webhooks/{hook}", name="Another name")
    assert page.status == status
    assert sandbox.host in problem(page)
    assert page.form(f"/webhooks/{hook}").fields["name"] == "Another name"
    assert len(sandbox.calls_of("i/webhooks/update")) == 1


def test_a_change_that_cannot_be_is_said_without_a_call(
    alice: Browser, sandbox: Sandbox, hook: str
) -> None:
    alice.get(f"/webhooks/{hook}")
    sandbox.clear_calls()
    page = alice.press(f"/webhooks/{hook}", url="hooks.example")
    assert page.status == 400
    assert "Type the whole address." in problem(page)
    assert page.form(f"/webhooks/{hook}").fields["url"] == "hooks.example"
    assert sandbox.calls == []


@pytest.mark.parametrize("path", CHANGES)
def test_a_credential_that_is_refused_signs_out(
    alice: Browser, sandbox: Sandbox, hook: str, path: str
) -> None:
    path = path.format(id=hook)
    form = alice.get(path).form(path)
    sandbox.misbehave("*", "authentication-failed")
    assert alice.post(path, {**form.fields, **GOOD}).status == 401
    assert not alice.is_signed_in


@pytest.mark.parametrize("path", CHANGES)
def test_signed_out_meanwhile_nothing_is_done(
    alice: Browser, sandbox: Sandbox, hook: str, path: str
) -> None:
    path = path.format(id=hook)
    form = alice.get(path).form(path)
    alice.get("/sign-out")
    alice.press("/sign-out")
    let_in(alice, "bob")
    token = alice.get("/language").form("/language").fields["csrf_token"]
    sandbox.clear_calls()
    page = alice.post(path, {**form.fields, **GOOD, "csrf_token": token})
    assert "This browser is signed out of the account, so nothing was done." in page.text
    assert sandbox.calls == []
    assert list(sandbox.world.webhooks) == [hook]


@pytest.mark.parametrize("path", ["/webhooks", *CHANGES])
def test_what_the_server_lacks_is_not_there(
    alice: Browser, app: Flask, sandbox: Sandbox, hook: str, path: str
) -> None:
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if "webhooks" not in name]
        db.session.commit()
    assert "/webhooks" not in alice.get("/menu").links()
    token = alice.get("/language").form("/language").fields["csrf_token"]
    sandbox.clear_calls()
    path = path.format(id=hook)
    assert alice.get(path).status == 404
    if path != "/webhooks":
        assert alice.post(path, {**GOOD, "csrf_token": token}).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("below", ["", "/delete"])
def test_what_can_be_no_id_makes_no_call(alice: Browser, sandbox: Sandbox, below: str) -> None:
    token = alice.get("/language").form("/language").fields["csrf_token"]
    sandbox.clear_calls()
    assert alice.get(f"/webhooks/a-b{below}").status == 404
    assert alice.post(f"/webhooks/a-b{below}", {**GOOD, "csrf_token": token}).status == 404
    assert sandbox.calls == []


def test_one_is_deleted_after_a_question(alice: Browser, sandbox: Sandbox, hook: str) -> None:
    page = alice.get(f"/webhooks/{hook}/delete")
    assert "Delete this webhook?" in page.text
    assert list(sandbox.world.webhooks) == [hook], "looking deletes nothing"
    page = alice.submit(f"/webhooks/{hook}/delete")
    assert (page.path, sandbox.world.webhooks) == ("/webhooks", {})
    assert "Deleted." in page.text
