"""`/invites`: the codes by which others may make an account at the server."""

from __future__ import annotations

import pytest
from flask import Flask

from app.extensions import db
from app.misskey.permissions import PERMISSIONS
from app.models import Account, Server
from sandbox import Sandbox
from sandbox.records import Invite
from tests.browsing import Browser
from tests.house import emptied, let_in

DAY = 24 * 3600


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, whose server lets her invite three people a week."""
    sandbox.world.settings.can_invite = True
    sandbox.world.settings.invite_limit = 3
    return let_in(browser, "alice")


def invite(sandbox: Sandbox, who: str = "alice", used_by: str | None = None) -> Invite:
    """A code somebody made, and perhaps somebody used."""
    world = sandbox.world
    now = world.clock.now()
    made = Invite(world.ids.at(now), now, world.person(who).id, f"CODE{len(world.invites)}")
    if used_by is not None:
        made.used_by, made.used = world.person(used_by).id, now
    world.invites[made.id] = made
    return made


def given(app: Flask, *permissions: str) -> None:
    """Let the account have given no other permissions."""
    with app.app_context():
        db.session.query(Account).one().permissions = list(permissions)
        db.session.commit()


def lacking(app: Flask, sandbox: Sandbox, endpoint: str) -> None:
    """Let the server have no such endpoint."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name != endpoint]
        db.session.commit()


def test_a_code_is_made_shown_and_deleted(alice: Browser, sandbox: Sandbox) -> None:
    assert "/invites" in alice.get("/menu").links()
    assert "You can make 3 more at the moment." in alice.get("/invites").text
    after = alice.submit("/invites/new")
    assert after.path == "/invites"
    (made,) = sandbox.world.invites.values()
    assert f"Made: {made.code}" in after.text
    assert [code.text for code in after.all("code")] == [made.code]
    assert "You can make 2 more at the moment." in after.text
    path = f"/invites/{made.id}/delete"
    assert path in after.links()
    assert made.code in alice.get(path).text
    assert made.id in sandbox.world.invites, "asked first"
    gone = alice.submit(path)
    assert "Deleted." in gone.text
    assert sandbox.world.invites == {}


def test_the_page_is_two_calls(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/invites")
    assert [call.endpoint for call in sandbox.calls] == ["invite/list", "invite/limit"]


def test_one_is_made_however_often_the_form_is_sent(alice: Browser, sandbox: Sandbox) -> None:
    fields = alice.get("/invites").form("/invites/new").fields
    alice.post("/invites/new", fields)
    assert "That was sent before." in alice.post("/invites/new", fields).text
    assert len(sandbox.world.invites) == 1


def test_no_more_than_the_server_allows(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.invite_limit = 1
    alice.get("/invites")
    invite(sandbox)
    words = "You have made as many codes as your server allows for now."
    assert words in alice.submit("/invites/new").text
    page = alice.get("/invites")
    assert words in page.text
    assert [form.action for form in page.forms() if form.action == "/invites/new"] == []


def test_where_there_is_no_limit_none_is_told(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.invite_limit = 0
    page = alice.get("/invites")
    assert page.form("/invites/new")
    assert "more at the moment" not in page.text


def test_a_used_code_tells_by_whom_and_stays(alice: Browser, sandbox: Sandbox) -> None:
    used = invite(sandbox, used_by="carol")
    page = alice.get("/invites")
    assert "/@carol" in page.links()
    assert f"/invites/{used.id}/delete" not in page.links()
    alice.get(f"/invites/{used.id}/delete")
    assert "This code was used, so it stays." in alice.submit(f"/invites/{used.id}/delete").text
    assert used.id in sandbox.world.invites


def test_a_code_that_is_over_says_so(alice: Browser, sandbox: Sandbox) -> None:
    made = invite(sandbox)
    made.expires = sandbox.world.clock.now() + DAY
    assert "holds until" in alice.get("/invites").text
    made.expires = sandbox.world.clock.now() - DAY
    assert "it holds no longer" in alice.get("/invites").text


def test_more_codes_are_on_the_next_page(alice: Browser, sandbox: Sandbox) -> None:
    codes = [invite(sandbox) for _ in range(31)]
    oldest, last_shown = codes[0], codes[1]
    page = alice.get("/invites")
    older = f"/invites?until={last_shown.id}"
    assert older in page.links()
    assert oldest.code not in [code.text for code in page.all("code")]
    assert [code.text for code in alice.get(older).all("code")] == [oldest.code]
    for one in (oldest, last_shown, codes[-1]):
        assert one.code in alice.get(f"/invites/{one.id}/delete").text
    assert alice.get(f"/invites/{oldest.id}x/delete").status == 404


def test_another_persons_code_is_not_deleted(alice: Browser, sandbox: Sandbox) -> None:
    theirs = invite(sandbox, "bob")
    assert alice.get(f"/invites/{theirs.id}/delete").status == 404
    fields = alice.get("/invites").form("/invites/new").fields
    after = alice.post(f"/invites/{theirs.id}/delete", fields)
    assert "Only the person who made it can do this." in after.text
    assert theirs.id in sandbox.world.invites


def test_one_that_is_gone_is_a_sentence(alice: Browser, sandbox: Sandbox) -> None:
    made = invite(sandbox)
    alice.get(f"/invites/{made.id}/delete")
    sandbox.world.invites.clear()
    assert "This code is not there any more." in alice.submit(f"/invites/{made.id}/delete").text


# Whom it is not for --------------------------------------------------------


def test_whoever_may_not_invite_is_told_so(browser: Browser, sandbox: Sandbox) -> None:
    let_in(browser, "alice")
    assert "/invites" not in browser.get("/menu").links()
    page = browser.get("/invites")
    assert page.status == 403
    assert "does not let this account invite" in page.text


def test_a_sign_in_of_before_is_told_how_to_get_there(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    """Those signed in when Engawa did not ask for it yet read on, and sign in again for it."""
    given(app, *(name for name in PERMISSIONS if "invite" not in name))
    assert alice.get("/").status == 200
    assert "/invites" in alice.get("/menu").links()
    sandbox.clear_calls()
    page = alice.get("/invites")
    assert page.status == 403
    assert "Sign in again: Engawa then asks for every permission it needs." in page.text
    assert f"/sign-in?server={sandbox.host.replace(':', '%3A')}" in page.links()
    fields = alice.get("/language").forms()[0].fields
    assert alice.post("/invites/new", fields).status == 403
    assert [call.endpoint for call in sandbox.calls if "invite" in call.endpoint] == []


def test_what_the_server_lacks_is_not_offered(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    lacking(app, sandbox, "invite/list")
    assert "/invites" not in alice.get("/menu").links()
    sandbox.clear_calls()
    assert alice.get("/invites").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/invites/a.b/delete", "/invites/%00/delete"])
def test_what_can_be_no_id_makes_no_call(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


def test_the_forms_want_our_token_and_the_account(alice: Browser, sandbox: Sandbox) -> None:
    fields = alice.get("/invites").form("/invites/new").fields
    sandbox.clear_calls()
    for path in ("/invites/new", "/invites/abc/delete"):
        assert alice.post(path, {**fields, "csrf_token": ""}).status == 400
        other = {**fields, "account": "0" * 32}
        assert alice.post(path, other, follow=False).status == 303
    assert alice.get("/invites/new").status == 405
    assert sandbox.calls == []
    assert sandbox.world.invites == {}


def test_signed_out_it_leads_to_the_sign_in(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.get("/invites", follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "down"])
@pytest.mark.parametrize("endpoint", ["invite/list", "invite/limit", "invite/create"])
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, endpoint: str, answer: str
) -> None:
    alice.get("/invites")
    sandbox.misbehave(endpoint, answer)
    page = alice.submit("/invites/new") if "create" in endpoint else alice.get("/invites")
    assert page.status in (502, 504)
