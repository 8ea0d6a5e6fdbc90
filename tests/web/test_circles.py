"""Who follows whom, who asks to, whom one has muted or blocked; what people made."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask

from app.circles import CIRCLES, MADE_BY, OF_PERSON
from app.extensions import db
from app.models import Account, Server
from app.relations import QUESTIONS, RELATIONS
from sandbox import Sandbox
from sandbox.records import UserList
from tests.browsing import Browser, Page
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice, at a server that has everything there is to show."""
    let_in(browser, "alice")
    assert browser.sandbox is not None
    with browser.app.app_context():
        server = db.session.get_one(Server, browser.sandbox.host)
        # Only older servers tell of somebody's pages.
        server.endpoints = [*server.endpoints, "users/pages"]
        db.session.commit()
    return browser


def tie_to_bob(sandbox: Sandbox, circle: str) -> None:
    """Let bob be the one in that circle of alice's."""
    world, me, bob = sandbox.world, sandbox.person("alice").id, sandbox.person("bob").id
    known: dict[str, set[tuple[str, str]]] = {
        "requests": world.follow_requests,
        "requests-sent": world.follow_requests,
        "muted": world.muting,
        "renotes-muted": world.renote_muting,
        "blocked": world.blocking,
    }
    pair = (bob, me) if circle == "requests" else (me, bob)
    known[circle].clear()
    known[circle].add(pair)


def forms_of(page: Page) -> dict[str, str]:
    """What can be done to people on the page: the name of it, and where it goes."""
    actions = [form.action for form in page.forms() if form.action.startswith("/people/")]
    return {action.rpartition("/")[2]: action for action in actions}


@pytest.mark.parametrize("circle", sorted(CIRCLES))
def test_each_is_one_call_and_can_be_undone_there(
    alice: Browser, sandbox: Sandbox, circle: str
) -> None:
    tie_to_bob(sandbox, circle)
    page = alice.get(f"/people/{circle}")
    (call,) = sandbox.calls
    assert call.endpoint == CIRCLES[circle].endpoint
    assert "/@bob" in page.links()
    assert set(forms_of(page)) == set(CIRCLES[circle].undo)
    name = CIRCLES[circle].undo[-1]
    after = alice.submit(forms_of(page)[name])
    assert str(RELATIONS[name].done) in after.text
    assert after.path == f"/people/{circle}"
    assert str(CIRCLES[circle].none) in after.text
    assert "/@bob" not in after.links()


def test_a_request_is_accepted(alice: Browser, sandbox: Sandbox) -> None:
    tie_to_bob(sandbox, "requests")
    sandbox.world.following.clear()
    page = alice.get("/people/requests")
    alice.submit(forms_of(page)["accept-request"])
    assert (sandbox.person("bob").id, sandbox.person("alice").id) in sandbox.world.following


def test_when_a_mute_ends_stands_there(alice: Browser, sandbox: Sandbox) -> None:
    tie_to_bob(sandbox, "muted")
    assert alice.get("/people/muted").all("time") == []
    pair = (sandbox.person("alice").id, sandbox.person("bob").id)
    sandbox.world.muted_until[pair] = 4_000_000_000
    assert "2096" in alice.get("/people/muted").text


@pytest.mark.parametrize("circle", sorted(CIRCLES))
def test_what_the_server_lacks_is_not_offered(
    alice: Browser, sandbox: Sandbox, app: Flask, circle: str
) -> None:
    assert f"/people/{circle}" in alice.get("/menu").links()
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [n for n in server.endpoints if n != CIRCLES[circle].endpoint]
        db.session.commit()
    assert f"/people/{circle}" not in alice.get("/menu").links()
    sandbox.clear_calls()
    assert alice.get(f"/people/{circle}").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("circle", sorted(CIRCLES))
def test_what_our_app_may_not_read_is_not_offered(
    alice: Browser, sandbox: Sandbox, app: Flask, circle: str
) -> None:
    with app.app_context():
        db.session.scalars(db.select(Account)).one().permissions = ["read:account"]
        db.session.commit()
    assert alice.get(f"/people/{circle}").status == 404
    assert sandbox.calls == []


# Who follows whom ---------------------------------------------------------


@pytest.mark.parametrize("ties", sorted(OF_PERSON))
def test_who_follows_whom(alice: Browser, sandbox: Sandbox, ties: str) -> None:
    assert f"/@bob/{ties}" in alice.get("/@bob").links()
    sandbox.clear_calls()
    page = alice.get(f"/@bob/{ties}")
    assert [call.endpoint for call in sandbox.calls] == ["users/show", OF_PERSON[ties].endpoint]
    assert "/@alice" in page.links()
    assert forms_of(page) == {}, "only one's own can be undone"
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000


def test_one_unfollows_from_ones_own_list(alice: Browser, sandbox: Sandbox) -> None:
    bob = sandbox.person("bob").id
    page = alice.get("/@alice/following")
    assert f"/people/{bob}/unfollow" in [form.action for form in page.forms()]
    after = alice.submit(f"/people/{bob}/unfollow")
    assert after.path == "/@alice/following"
    assert (sandbox.person("alice").id, bob) not in sandbox.world.following


def test_a_follower_is_sent_away_after_a_question(alice: Browser, sandbox: Sandbox) -> None:
    me, bob = sandbox.person("alice").id, sandbox.person("bob").id
    sandbox.world.following.add((bob, me))
    page = alice.get("/@alice/followers")
    path = f"/people/{bob}/remove-follower"
    ask = alice.get(next(link for link in page.links() if link.startswith(f"{path}?")))
    assert str(QUESTIONS["remove-follower"][0]) in ask.text
    assert sandbox.calls_of("following/invalidate") == []
    after = alice.submit(path)
    assert after.path == "/@alice/followers"
    assert "They no longer follow you." in after.text
    assert (bob, me) not in sandbox.world.following
    assert (
        "They did not follow you."
        in alice.post(path, {"csrf_token": ask.form(path).fields["csrf_token"]}).text
    )


def test_a_long_list_goes_on(alice: Browser, sandbox: Sandbox) -> None:
    many = [
        {"id": f"tie{n:03}", "follower": {"id": f"u{n}", "username": f"person{n}"}}
        for n in range(30, 0, -1)
    ]
    sandbox.misbehave("users/followers", "answer", body=many)
    page = alice.get("/@bob/followers")
    assert "?until=tie001" in page.links()
    alice.get("/@bob/followers?until=tie001")
    assert sandbox.calls_of("users/followers")[-1].body["untilId"] == "tie001"


@pytest.mark.parametrize("ties", ["followers", "following"])
def test_what_somebody_keeps_to_themselves_is_a_sentence(
    alice: Browser, sandbox: Sandbox, ties: str
) -> None:
    dave = sandbox.person("dave")
    dave.following_visibility = dave.followers_visibility = "private"
    page = alice.get(f"/@dave/{ties}")
    assert page.status == 403
    assert "@dave shows this to nobody, or to followers only." in page.text


@pytest.mark.parametrize(
    "odd",
    [
        [{"id": "t1"}, {"id": "t2", "follower": None}],
        [{"id": "t1", "follower": {"id": "u", "username": "momo", "name": "<b>"}}, 7, None],
        [{"id": "t1", "follower": {"id": "u", "username": "m o/m?o", "host": "a/b"}}],
    ],
)
def test_odd_answers_are_shown(alice: Browser, sandbox: Sandbox, odd: list[Any]) -> None:
    sandbox.misbehave("users/followers", "answer", body=odd)
    page = alice.get("/@bob/followers")
    assert page.status == 200
    assert page.root is not None


# What people made ---------------------------------------------------------


def test_what_somebody_made(alice: Browser, sandbox: Sandbox) -> None:
    world, bob = sandbox.world, sandbox.person("bob")
    clip = world.create_clip(bob, "Naps", "The best ones", public=True)
    hidden = world.create_clip(bob, "Secrets")
    world.lists["abc"] = UserList("abc", 0, bob.id, "Rooftops", [], public=True)
    for theirs in MADE_BY:
        assert f"/@bob/{theirs}" in alice.get("/@bob").links()
    page = alice.get("/@bob/clips")
    assert f"/clips/{clip.id}" in page.links()
    assert f"/clips/{hidden.id}" not in page.links()
    assert "The best ones" in page.text
    assert "/lists/abc/members" in alice.get("/@bob/lists").links()


@pytest.mark.parametrize("theirs", sorted(MADE_BY))
def test_each_is_two_calls_and_says_that_there_is_nothing(
    alice: Browser, sandbox: Sandbox, theirs: str
) -> None:
    sandbox.misbehave(MADE_BY[theirs].endpoint, "answer", body=[])
    page = alice.get(f"/@bob/{theirs}")
    assert "There is nothing here." in page.text
    assert [call.endpoint for call in sandbox.calls] == ["users/show", MADE_BY[theirs].endpoint]


@pytest.mark.parametrize("theirs", sorted(MADE_BY))
def test_people_of_other_servers_made_nothing_here(
    alice: Browser, sandbox: Sandbox, theirs: str
) -> None:
    links = alice.get("/@juno@far.example").links()
    assert f"/@juno@far.example/{theirs}" not in links
    assert f"/@juno/{theirs}" not in links
    sandbox.clear_calls()
    assert alice.get(f"/@juno@far.example/{theirs}").status == 404
    assert [call.endpoint for call in sandbox.calls] == ["users/show"]


# What is turned away ------------------------------------------------------

BELOW = [*OF_PERSON, *MADE_BY]


@pytest.mark.parametrize("below", BELOW)
@pytest.mark.parametrize("acct", ["a b", "b@x y", "x" * 200])
def test_what_can_be_nobodys_name_makes_no_call(
    alice: Browser, sandbox: Sandbox, below: str, acct: str
) -> None:
    assert alice.get(f"/@{acct}/{below}").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("below", BELOW)
def test_nobody_is_not_there(alice: Browser, below: str) -> None:
    assert alice.get(f"/@nobody_here/{below}").status == 404


@pytest.mark.parametrize("path", [*(f"/people/{c}" for c in CIRCLES), "/@bob/followers"])
def test_signed_out_they_lead_to_the_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    page = browser.get(path, follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "lost"])
@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/people/muted", "mute/list"),
        ("/@bob/following", "users/following"),
        ("/@bob/clips", "users/clips"),
    ],
)
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str, answer: str
) -> None:
    sandbox.misbehave(endpoint, answer)
    assert alice.get(path).status in (502, 504)


@pytest.mark.parametrize("how", ["show-replies", "hide-replies"])
def test_everybodys_replies_are_guarded(alice: Browser, sandbox: Sandbox, how: str) -> None:
    path = f"/people/everybody/{how}"
    fields = alice.get("/@alice/following").form(path).fields
    alice.get("/sign-out")
    alice.press("/sign-out")
    let_in(alice, "bob")
    fields["csrf_token"] = alice.get("/language").form("/language").fields["csrf_token"]
    sandbox.clear_calls()
    page = alice.post(path, fields)
    assert "This browser is signed out of the account, so nothing was done." in page.text
    assert alice.get(path).status == 405
    assert sandbox.calls == []


def test_everybodys_replies_where_the_server_lacks_it(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    path = "/people/everybody/hide-replies"
    fields = alice.get("/@alice/following").form(path).fields
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name != "following/update-all"]
        db.session.commit()
    assert path not in [form.action for form in alice.get("/@alice/following").forms()]
    sandbox.clear_calls()
    assert alice.post(path, fields).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("below", BELOW)
def test_what_the_server_lacks_of_others_is_not_there(
    alice: Browser, sandbox: Sandbox, app: Flask, below: str
) -> None:
    row = OF_PERSON.get(below) or MADE_BY[below]
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name != row.endpoint]
        db.session.commit()
    sandbox.clear_calls()
    assert alice.get(f"/@bob/{below}").status == 404
    assert sandbox.calls == []


def test_other_refusals_of_who_follows_whom_get_their_page(
    alice: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("users/followers", "error", code="SOMETHING_NEW")
    page = alice.get("/@bob/followers")
    assert page.status == 502
    assert "said no" in page.title
