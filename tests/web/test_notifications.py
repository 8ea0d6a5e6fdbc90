"""What the account was told: every kind, what marks it read, requests answered in place."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from app.notifications import FILTERS, KINDS
from sandbox import Sandbox
from sandbox.notices import V11_TYPES
from tests.browsing import Browser, Page
from tests.house import emptied, let_in
from tests.sent import a_note, a_renote, a_user

GROUPED = "i/notifications-grouped"


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def told(type: str, **more: object) -> dict[str, object]:
    """One notification as a server sends it."""
    return {"id": "told1", "createdAt": "2026-01-02T03:04:05.678Z", "type": type, **more}


def page_of(alice: Browser, sandbox: Sandbox, *items: object) -> Page:
    """The page of notifications, with exactly these."""
    sandbox.misbehave(GROUPED, "answer", body=list(items))
    page = alice.get("/notifications")
    assert page.status == 200
    assert page.root is not None
    return page


def sent(sandbox: Sandbox) -> list[dict[str, object]]:
    """What was asked, without the credential."""
    return [{k: v for k, v in call.body.items() if k != "i"} for call in sandbox.calls]


def test_the_newest_are_one_call_and_seeing_them_marks_them_read(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    from sandbox.notices import unread

    me = sandbox.person("alice")
    assert unread(sandbox.world, me) > 0
    page = alice.get("/notifications")
    assert page.status == 200
    assert [call.endpoint for call in sandbox.calls] == [GROUPED]
    assert sent(sandbox) == [{"limit": 30, "markAsRead": True}]
    assert unread(sandbox.world, me) == 0
    for words in ("はる", "asks to follow you", "These people reacted", "mentioned you"):
        assert words in page.text


@pytest.mark.parametrize("query", ["?until=abc", "?only=mentions", "?only=follows&until=abc"])
def test_nothing_else_marks_anything_read(alice: Browser, sandbox: Sandbox, query: str) -> None:
    alice.get(f"/notifications{query}")
    assert [body["markAsRead"] for body in sent(sandbox)] == [False]


@pytest.mark.parametrize("header", ["Sec_Purpose", "Purpose"])
def test_fetched_ahead_is_not_seen(alice: Browser, sandbox: Sandbox, header: str) -> None:
    alice.get("/notifications", **{header: "prefetch"})
    assert [body["markAsRead"] for body in sent(sandbox)] == [False]


def test_an_old_server_is_asked_for_them_one_by_one(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name != GROUPED]
        db.session.commit()
    assert alice.get("/notifications").status == 200
    assert [call.endpoint for call in sandbox.calls] == ["i/notifications"]


def test_filters_ask_only_for_names_that_every_age_knows() -> None:
    for _, names in FILTERS.values():
        assert set(names) <= set(V11_TYPES)


@pytest.mark.parametrize("only", sorted(FILTERS))
def test_a_filter_is_a_link(alice: Browser, sandbox: Sandbox, only: str) -> None:
    assert f"/notifications?only={only}" in alice.get("/notifications").links()
    sandbox.clear_calls()
    page = alice.get(f"/notifications?only={only}")
    assert sent(sandbox)[0]["includeTypes"] == list(FILTERS[only][1])
    older = next(path for path in page.links() if "until=" in path)
    assert f"only={only}" in older


@pytest.mark.parametrize("query", ["only=nonsense", "until=a-b", "only=&until=", "page=3"])
def test_junk_is_as_if_it_were_not_there(alice: Browser, sandbox: Sandbox, query: str) -> None:
    assert alice.get(f"/notifications?{query}").status == 200
    assert sent(sandbox) == [{"limit": 30, "markAsRead": True}]


def test_walking_older_ends(alice: Browser, sandbox: Sandbox) -> None:
    seen: list[str] = []
    path: str | None = "/notifications"
    while path is not None:
        page = alice.get(path)
        path = next((link for link in page.links() if "until=" in link), None)
        seen.append(str(path))
        assert len(seen) == len(set(seen)) < 30
    assert "There is nothing here." in page.text


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_shown(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    more = {
        "user": a_user(),
        "note": a_note(text="What it is about"),
        "reaction": "🍵",
        "reactions": [{"user": a_user(), "reaction": "🍵"}] if ":" in kind else None,
        "users": [a_user()] if kind == "renote:grouped" else None,
        "role": {"id": "r1", "name": "Gardener"},
        "header": "A header",
        "body": "A body",
    }
    page = page_of(alice, sandbox, told(kind, **more))
    name = "Momo" if "%(name)s" in str(KINDS[kind].sentence) else ""
    assert str(KINDS[kind].sentence) % {"name": name} in page.text
    if KINDS[kind].note != "none":
        assert "What it is about" in page.text
    assert (len(page.note_ids()) == 1) == (KINDS[kind].note == "whole")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_with_nothing_in_it_is_shown_too(
    alice: Browser, sandbox: Sandbox, kind: str
) -> None:
    page = page_of(alice, sandbox, told(kind), told(kind, user=None, note=None, reactions=[]))
    assert len(page.all("li", class_="tiding")) == 2


@pytest.mark.parametrize("kind", ["moonPhase", "100%(name)s", "%s%d%", "<b>bold</b>", "", "の"])
def test_an_unknown_kind_is_shown_with_its_name(
    alice: Browser, sandbox: Sandbox, kind: str
) -> None:
    page = page_of(alice, sandbox, told(kind, user=a_user(), note=a_note(text="Of a new kind")))
    assert kind in page.text
    assert "Of a new kind" in page.text


def test_one_that_can_not_be_read_is_counted(alice: Browser, sandbox: Sandbox) -> None:
    page = page_of(alice, sandbox, told("follow", user=a_user()), {"id": 7}, "nonsense")
    assert "2 notifications here could not be read." in page.text


def test_a_group_names_twelve_and_counts_the_rest(alice: Browser, sandbox: Sandbox) -> None:
    crowd = [{"user": a_user(name=f"Guest {n}"), "reaction": "🍵"} for n in range(20)]
    page = page_of(alice, sandbox, told("reaction:grouped", note=a_note(), reactions=crowd))
    assert "Guest 11" in page.text
    assert "Guest 12" not in page.text
    assert "and 8 more people" in page.text


def test_a_renote_leads_to_ones_own_note(alice: Browser, sandbox: Sandbox) -> None:
    mine = a_note(text="My own words")
    page = page_of(alice, sandbox, told("renote", user=a_user(), note=a_renote(mine)))
    assert f"/notes/{mine['id']}" in page.links()
    assert "My own words" in page.text


def test_one_note_is_whole_once(alice: Browser, sandbox: Sandbox) -> None:
    note = a_note(text="Twice told")
    twice = [told("mention", user=a_user(), note=note), told("reply", user=a_user(), note=note)]
    assert page_of(alice, sandbox, *twice).note_ids() == [note["id"]]


def test_names_and_words_are_escaped(alice: Browser, sandbox: Sandbox) -> None:
    name = "<script>alert(1)</script> %(name)s %"
    page = page_of(
        alice,
        sandbox,
        told("follow", user=a_user(name=name)),
        told("app", header="<b>", body="<script>"),
    )
    assert "<script>" not in page.html
    assert name in page.text


def test_nothing_yet_is_said_so(alice: Browser, sandbox: Sandbox) -> None:
    assert "Nothing has happened yet." in page_of(alice, sandbox).text


# Requests -----------------------------------------------------------------


@pytest.mark.parametrize("answer", ["accept-request", "reject-request"])
def test_a_request_is_answered_in_place(alice: Browser, sandbox: Sandbox, answer: str) -> None:
    me, olmo = sandbox.person("alice"), sandbox.person("olmo", "far.example")
    alice.get("/notifications")
    page = alice.submit(f"/people/{olmo.id}/{answer}", follow=False)
    assert page.status == 303
    assert page.response.headers["Location"] == "/notifications"
    assert (olmo.id, me.id) not in sandbox.world.follow_requests
    assert ((olmo.id, me.id) in sandbox.world.following) == (answer == "accept-request")


def test_a_request_that_is_gone_is_said_so(alice: Browser, sandbox: Sandbox) -> None:
    me, olmo = sandbox.person("alice"), sandbox.person("olmo", "far.example")
    alice.get("/notifications")
    sandbox.world.follow_requests.discard((olmo.id, me.id))
    page = alice.submit(f"/people/{olmo.id}/accept-request")
    assert "There is no such request any more." in page.text


# The count ----------------------------------------------------------------


def standing(app: Flask, **values: object) -> None:
    """Let this be what is known of the only account."""
    with app.app_context():
        account = db.session.scalars(db.select(Account)).one()
        for name, value in values.items():
            setattr(account, name, value)
        db.session.commit()


def test_the_count_stands_in_title_and_navigation_until_it_is_looked_at(
    alice: Browser, sandbox: Sandbox
) -> None:
    home = alice.get("/")
    assert not home.title.startswith("("), "home asks nobody"
    menu = alice.get("/menu")
    assert [call.endpoint for call in sandbox.calls] == ["notes/timeline", "i"]
    count = menu.one("span", class_="badge").text
    assert menu.title == f"({count}) Menu · Engawa"
    assert alice.get("/").title == f"({count}) Home · Engawa"
    alice.get("/notifications")
    after = alice.get("/")
    assert after.title == "Home · Engawa"
    assert after.all("span", class_="badge") == []


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"unreadNotificationsCount": 3}, "3"),
        ({"unreadNotificationsCount": 100}, "99+"),
        ({"unreadNotificationsCount": 1e15}, "99+"),
        ({"unreadNotificationsCount": -4}, None),
        ({"unreadNotificationsCount": None, "hasUnreadNotification": True}, "new"),
        ({"hasUnreadNotification": False}, None),
        ({}, None),
    ],
)
def test_what_servers_say_is_unread(
    alice: Browser, sandbox: Sandbox, answer: dict[str, object], shown: str | None
) -> None:
    sandbox.misbehave("i", "answer", body={"id": "1", "username": "alice", **answer})
    badges = [badge.text for badge in alice.get("/menu").all("span", class_="badge")]
    assert badges == ([shown] if shown else [])


def test_a_server_that_does_not_say_is_not_asked_at_once_again(
    alice: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("i", "html", status=503)
    assert alice.get("/menu").status == 200
    assert alice.get("/menu").status == 200
    assert len(sandbox.calls_of("i")) == 1


def test_a_refused_credential_signs_out(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.revoke("alice")
    assert alice.get("/menu").status == 401
    assert alice.get("/").all("nav", class_="places") == []


# Guards -------------------------------------------------------------------


def test_signed_out_nothing_is_asked(browser: Browser, sandbox: Sandbox) -> None:
    assert browser.get("/notifications", follow=False).status == 303
    assert sandbox.calls == []


@pytest.mark.parametrize("how", ["html", "answer"])
def test_a_server_that_fails(alice: Browser, sandbox: Sandbox, how: str) -> None:
    sandbox.misbehave(GROUPED, how, **({"body": {"a": 1}} if how == "answer" else {}))
    page = alice.get("/notifications")
    assert page.status == 502
    assert sandbox.host in page.text


def test_the_page_is_light(alice: Browser) -> None:
    page = alice.get("/notifications")
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000


def test_one_can_be_sent_to_try(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/settings/notifications")
    sandbox.clear_calls()
    page = alice.submit("/notifications/test")
    assert "A test notification is on its way." in page.text
    assert len(sandbox.calls_of("notifications/test-notification")) == 1
    assert "A test notification" in alice.get("/notifications").text


def test_none_is_sent_without_its_token(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.clear_calls()
    assert alice.post("/notifications/test", {}).status == 400
    assert alice.get("/notifications/test").status in (404, 405)
    assert sandbox.calls == []


def test_what_is_sent_too_often_is_said_so(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/settings/notifications")
    sandbox.misbehave("notifications/test-notification", "rate-limited")
    assert "is on its way" not in alice.submit("/notifications/test").text
