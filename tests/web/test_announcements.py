"""What those who run the server tell everybody, and what is left of the rest: channels muted,
everybody's replies, all notifications, a note's clips, webhooks."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def lacking(app: Flask, sandbox: Sandbox, *endpoints: str) -> None:
    """Let the server have no such endpoints."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name not in endpoints]
        db.session.commit()


def test_they_are_told_and_read(alice: Browser, sandbox: Sandbox) -> None:
    older = sandbox.world.announcements[-1].id
    sandbox.world.announcements_read = {(sandbox.person("alice").id, older)}
    menu = alice.get("/menu")
    assert [badge.text for badge in menu.all("span", class_="badge")][-1] == "1"
    sandbox.clear_calls()
    page = alice.get("/announcements")
    assert [call.endpoint for call in sandbox.calls] == ["announcements"]
    assert "The well is closed on Thursday." in page.text
    assert page.one("b").text == "お茶", "markup is written out"
    (form,) = [form for form in page.forms() if form.action.endswith("/read")]
    after = alice.submit(form.action)
    assert after.path == "/announcements"
    assert "Marked as read." in after.text
    assert len(sandbox.world.announcements_read) == 2
    assert [form for form in after.forms() if form.action.endswith("/read")] == []
    menu = alice.get("/menu")
    places = menu.one("nav", aria_label="Places")
    assert [b for b in places.iter("span") if b.get("class") == "badge"][1:] == []


def test_one_has_a_page(alice: Browser, sandbox: Sandbox) -> None:
    told = sandbox.world.announcements[0]
    assert f"/announcements/{told.id}" in alice.get("/announcements").links()
    page = alice.get(f"/announcements/{told.id}")
    assert page.title.startswith(told.title)
    assert alice.get("/announcements/nothing").status == 404


def test_past_ones_are_asked_for(alice: Browser, sandbox: Sandbox) -> None:
    assert "Your server announces nothing." in alice.get("/announcements?past=1").text
    assert sandbox.calls[-1].body["isActive"] is False


def test_servers_without_them_offer_none(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    lacking(app, sandbox, "announcements", "announcements/show", "i/read-announcement")
    assert "/announcements" not in alice.get("/menu").links()
    token = alice.get("/language").form("/language").fields["csrf_token"]
    sandbox.clear_calls()
    assert alice.get("/announcements").status == 404
    assert alice.get("/announcements/abc").status == 404
    fields = {"csrf_token": token, "account": id_of(app)}
    assert alice.post("/announcements/abc/read", fields).status == 404
    assert sandbox.calls == []


def id_of(app: Flask) -> str:
    """The id of the only account."""
    with app.app_context():
        return db.session.scalars(db.select(Account)).one().id


@pytest.mark.parametrize(
    "odd",
    [
        [{"id": "a", "title": None}, {"id": "b", "text": "fine"}],
        [{"id": "a", "imageUrl": "javascript:alert(1)", "text": "<script>x</script>"}],
        [{"id": "a/b", "createdAt": "soon"}, {"id": "c"}],
    ],
)
def test_odd_ones_break_nothing(alice: Browser, sandbox: Sandbox, odd: Any) -> None:
    sandbox.misbehave("announcements", "answer", body=odd)
    page = alice.get("/announcements")
    assert page.status == 200
    assert page.foreign_scripts() == []
    assert "javascript:" not in page.html


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "lost"])
@pytest.mark.parametrize(
    ("path", "endpoint"), [("/announcements", "announcements"), ("/webhooks", "i/webhooks/list")]
)
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str, answer: str
) -> None:
    sandbox.misbehave(endpoint, answer)
    assert alice.get(path).status in (502, 504)


# Channels -----------------------------------------------------------------


def test_a_channel_is_muted_and_heard_again(alice: Browser, sandbox: Sandbox) -> None:
    channel = next(iter(sandbox.world.channels))
    path = f"/channels/{channel}"
    alice.get(path)
    assert "stay out of your timelines" in alice.submit(f"{path}/mute").text
    assert path in alice.get("/channels?show=muted").links()
    alice.get(path)
    assert "in your timelines again" in alice.submit(f"{path}/unmute").text
    assert sandbox.world.channel_muting == {}


def test_a_channel_shows_its_banner_and_its_pins(alice: Browser, sandbox: Sandbox) -> None:
    channel = next(iter(sandbox.world.channels.values()))
    note = next(n for n in sandbox.world.notes.values() if n.channel_id == channel.id)
    channel.pinned = [note.id]
    channel.banner = next(f for f in sandbox.world.files.values() if f.content.is_picture)
    page = alice.get(f"/channels/{channel.id}")
    assert page.one("img", class_="banner").get("src", "").startswith(sandbox.url)
    assert len(page.all("blockquote")) >= 1
    assert "Pinned" in page.text


# Everybody one follows ----------------------------------------------------


def test_replies_of_everybody(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/@alice/following")
    after = alice.submit("/people/everybody/show-replies")
    assert after.path == "/@alice/following"
    mine = {pair for pair in sandbox.world.following if pair[0] == sandbox.person("alice").id}
    assert sandbox.world.following_replies >= mine
    alice.page = page
    alice.submit("/people/everybody/hide-replies")
    assert not sandbox.world.following_replies & mine
    assert "/people/everybody/show-replies" not in [
        form.action for form in alice.get("/@bob/following").forms()
    ]


# Notifications ------------------------------------------------------------


def test_all_notifications_are_deleted_after_a_question(alice: Browser, sandbox: Sandbox) -> None:
    assert "/notifications/delete" in alice.get("/notifications").links()
    alice.get("/notifications/delete")
    assert sandbox.calls_of("notifications/flush") == []
    after = alice.submit("/notifications/delete")
    assert after.path == "/notifications"
    assert len(sandbox.calls_of("notifications/flush")) == 1


def test_everything_is_read_without_being_seen(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/menu")
    page = alice.get("/notifications?only=follows")
    assert page.form("/notifications/read")
    after = alice.submit("/notifications/read")
    assert "Everything is marked as read." in after.text
    assert len(sandbox.calls_of("notifications/mark-all-as-read")) == 1


# Clips of a note ----------------------------------------------------------


def test_the_public_clips_of_a_note(alice: Browser, sandbox: Sandbox) -> None:
    world = sandbox.world
    note = next(n for n in world.newest_first() if n.visibility == "public" and n.text)
    clip = world.create_clip(sandbox.person("bob"), "Naps", public=True)
    world.clip_note(clip, note)
    assert f"/notes/{note.id}/clips" in alice.get(f"/notes/{note.id}/more").links()
    assert f"/clips/{clip.id}" in alice.get(f"/notes/{note.id}/clips").links()


# Lists --------------------------------------------------------------------


def test_replies_of_somebody_in_a_list(alice: Browser, sandbox: Sandbox) -> None:
    made = next(iter(sandbox.world.lists.values()))
    path = f"/lists/{made.id}/members"
    alice.get(path)
    assert "in the list" in alice.submit(f"/lists/{made.id}/replies").text
    assert len(sandbox.world.list_replies) == 1
    assert "stay out of the list" in alice.submit(f"/lists/{made.id}/replies").text
    assert sandbox.world.list_replies == set()


def test_a_public_list_becomes_one_of_ones_own(alice: Browser, sandbox: Sandbox) -> None:
    theirs = next(iter(sandbox.world.lists.values()))
    theirs.user_id, theirs.public = sandbox.person("bob").id, True
    alice.get(f"/lists/{theirs.id}/members")
    after = alice.submit(f"/lists/{theirs.id}/copy", name="Mine")
    made = next(made for made in sandbox.world.lists.values() if made.name == "Mine")
    assert after.path == f"/lists/{made.id}"
    assert made.members == theirs.members
    alice.get(f"/lists/{theirs.id}/members")
    sandbox.clear_calls()
    assert "Give it a name" in alice.submit(f"/lists/{theirs.id}/copy", name=" ").text
    assert sandbox.calls_of("users/lists/create-from-public") == []


# Webhooks -----------------------------------------------------------------

GOOD = {"name": "Mine", "url": "https://hooks.example/x", "secret": "s", "on": "reply"}


def make_webhook(alice: Browser, **fields: str) -> Any:
    """Send the form for a new one."""
    form = alice.get("/webhooks/new").form("/webhooks/new")
    kept = {name: form.fields[name] for name in ("csrf_token", "account", "form_id")}
    return alice.post("/webhooks/new", {**kept, **GOOD, **fields})


def test_a_webhook_is_made_changed_and_deleted(alice: Browser, sandbox: Sandbox) -> None:
    assert "/webhooks" in alice.get("/menu").links()
    page = make_webhook(alice)
    (hook,) = sandbox.world.webhooks.values()
    assert (hook.url, hook.on, hook.secret) == (GOOD["url"], ["reply"], "s")
    path = f"/webhooks/{hook.id}"
    assert path in page.links()
    form = alice.get(path).form(path)
    assert form.fields["url"] == GOOD["url"]
    kept = {name: form.fields[name] for name in ("csrf_token", "account")}
    assert "Saved." in alice.post(path, {**kept, **GOOD, "name": "Other"}).text
    assert (hook.name, hook.active) == ("Other", False)
    alice.get(f"{path}/delete")
    assert "Deleted." in alice.submit(f"{path}/delete").text
    assert sandbox.world.webhooks == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("url", "hooks.example"),
        ("url", "javascript:alert(1)"),
        ("secret", "s" * 1025),
        ("on", "nothing"),
    ],
)
def test_what_cannot_be_is_said_and_kept(
    alice: Browser, sandbox: Sandbox, field: str, value: str
) -> None:
    page = make_webhook(alice, **{field: value})
    assert page.status == 400
    assert page.one("div", id="problem").itertext()
    if field != "on":
        assert page.form("/webhooks/new").fields[field] == value
    assert sandbox.calls == []


def test_the_same_form_twice_makes_one(alice: Browser, sandbox: Sandbox) -> None:
    form = alice.get("/webhooks/new").form("/webhooks/new")
    kept = {name: form.fields[name] for name in ("csrf_token", "account", "form_id")}
    alice.post("/webhooks/new", {**kept, **GOOD})
    assert "That was sent before." in alice.post("/webhooks/new", {**kept, **GOOD}).text
    assert len(sandbox.world.webhooks) == 1


def test_too_many_are_refused_in_words(alice: Browser, sandbox: Sandbox) -> None:
    for number in range(3):
        make_webhook(alice, name=f"n{number}")
    page = make_webhook(alice)
    assert "as many webhooks as your server allows" in page.text
    assert page.form("/webhooks/new").fields["url"] == GOOD["url"]


def test_somebody_elses_is_not_there(alice: Browser, sandbox: Sandbox) -> None:
    make_webhook(alice)
    (hook,) = sandbox.world.webhooks.values()
    hook.user_id = sandbox.person("bob").id
    assert alice.get(f"/webhooks/{hook.id}").status == 404
    assert alice.get("/webhooks/a-b").status == 404
