"""A person's page, and what one can do about them: each a row of the table of relations."""

from __future__ import annotations

import gzip
import time

import pytest
from flask import Flask

from app.extensions import db
from app.models import Server
from app.relations import MUTE_FOR, RELATIONS
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in
from tests.sent import a_note


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def profile(**changes: object) -> dict[str, object]:
    """A person as `users/show` answers, who is nobody of the sandbox."""
    return {
        "id": "momo1",
        "username": "momo",
        "name": "Momo",
        "host": None,
        "notesCount": 3,
        "followersCount": 1,
        "followingCount": 2,
        **changes,
    }


def page_of(alice: Browser, sandbox: Sandbox, **changes: object) -> Page:
    """The page of a person who is so."""
    sandbox.misbehave("users/show", "answer", body=profile(**changes))
    sandbox.misbehave("users/notes", "answer", body=[])
    page = alice.get("/@momo")
    assert page.status == 200
    assert page.root is not None
    return page


def offered(page: Page) -> set[str]:
    """What the page offers to do to the person."""
    actions = [form.action for form in page.forms() if form.action.startswith("/people/")]
    links = [link for link in page.links() if link.startswith("/people/")]
    return {path.partition("?")[0].rpartition("/")[2] for path in [*actions, *links]}


# The page -----------------------------------------------------------------


def test_a_whole_profile(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/@alice")
    for words in (
        "Lives in a small house",
        "the veranda",
        "May 4, 1991",
        "Garden",
        "verified",
        "縁側もり",
        "Pinned",
        "followers",
        "follows 7",
    ):
        assert words in page.text
    assert page.one("img", class_="banner").get("src")
    assert offered(page) == set(), "nothing can be done to oneself"


def test_data_saver_loads_no_banner(alice: Browser) -> None:
    alice.client.set_cookie("engawa-data-saver", "1")
    assert alice.get("/@alice").all("img", class_="banner") == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"isLocked": True}, "Approves followers"),
        ({"isBot": True}, "Bot"),
        ({"isCat": True}, "Cat"),
        ({"movedTo": "https://far.example/@momo"}, "This person has moved:"),
        ({"isSuspended": True}, "This account is suspended."),
        ({"isFollowed": True}, "Follows you"),
        ({"isFollowing": True}, "You follow them"),
        ({"hasPendingFollowRequestFromYou": True}, "You asked to follow them"),
        ({"hasPendingFollowRequestToYou": True}, "Asks to follow you"),
        ({"isMuted": True}, "Muted"),
        ({"isRenoteMuted": True}, "Renotes muted"),
        ({"isBlocking": True}, "Blocked"),
        ({"isBlocked": True}, "Has blocked you"),
    ],
)
def test_what_a_person_is_stands_there(
    alice: Browser, sandbox: Sandbox, changes: dict[str, object], words: str
) -> None:
    assert words not in page_of(alice, sandbox).text
    assert words in page_of(alice, sandbox, **changes).text


EVERYONE = {"mute", "mute-renotes", "block", "memo", "lists"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, EVERYONE | {"follow"}),
        ({"isLocked": True}, EVERYONE | {"ask-to-follow"}),
        ({"isFollowing": True}, EVERYONE | {"unfollow", "tell-of-notes", "show-replies"}),
        (
            {"isFollowing": True, "notify": "normal", "withReplies": True},
            EVERYONE | {"unfollow", "tell-no-more", "hide-replies"},
        ),
        ({"isFollowed": True}, EVERYONE | {"follow", "remove-follower"}),
        ({"hasPendingFollowRequestFromYou": True}, EVERYONE | {"cancel-request"}),
        (
            {"hasPendingFollowRequestToYou": True},
            EVERYONE | {"follow", "accept-request", "reject-request"},
        ),
        ({"isMuted": True}, EVERYONE - {"mute"} | {"unmute", "follow"}),
        ({"isRenoteMuted": True}, EVERYONE - {"mute-renotes"} | {"unmute-renotes", "follow"}),
        ({"isBlocking": True}, EVERYONE - {"block"} | {"unblock"}),
        ({"isBlocked": True}, EVERYONE),
    ],
)
def test_what_can_be_done_depends_on_how_one_stands(
    alice: Browser, sandbox: Sandbox, changes: dict[str, object], expected: set[str]
) -> None:
    assert offered(page_of(alice, sandbox, **changes)) == expected


def test_what_the_server_lacks_is_not_offered(alice: Browser, sandbox: Sandbox, app: Flask) -> None:
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = ["following/create", "mute/create"]
        db.session.commit()
    assert offered(page_of(alice, sandbox)) == {"follow", "mute"}


def test_who_blocks_one_shows_no_notes_and_is_not_asked(alice: Browser, sandbox: Sandbox) -> None:
    page_of(alice, sandbox, isBlocked=True)
    assert sandbox.calls_of("users/notes") == []


@pytest.mark.parametrize(
    "odd",
    [
        {"pinnedNotes": [{"id": "x"}, a_note(text="Pinned all the same"), 7, None]},
        {"fields": [{"name": "<b>", "value": "javascript:alert(1)"}, {}]},
        {"birthday": "someday", "location": "\u202e<script>"},
        {"birthday": "2001-02-31"},
        {"bannerUrl": "javascript:alert(1)", "movedTo": "javascript:alert(1)"},
        {"url": "data:text/html,x", "host": "far.example"},
        {"followersCount": None, "followingCount": "nan", "notesCount": "-5"},
        {"roles": [{"id": "1"}], "verifiedLinks": None, "description": "%(name)s %"},
    ],
)
def test_odd_profiles_are_shown(alice: Browser, sandbox: Sandbox, odd: dict[str, object]) -> None:
    sandbox.misbehave("users/show", "answer", body=profile(**odd))
    sandbox.misbehave("users/notes", "answer", body=[])
    page = alice.get("/@momo")
    if "nan" in str(odd):
        assert page.status == 502
        return
    assert page.status == 200
    assert not [link for link in page.links() if link.startswith(("javascript:", "data:"))]
    assert "<script>" not in page.html
    if "pinnedNotes" in odd:
        assert "Pinned all the same" in page.text


TABS = {
    "": {"withReplies": False, "includeReplies": False, "withRenotes": True},
    "/replies": {"withReplies": True, "includeReplies": True, "withRenotes": True},
    "/media": {"withFiles": True, "withReplies": False, "withRenotes": False},
}


@pytest.mark.parametrize("tab", sorted(TABS))
def test_each_tab_is_two_calls(alice: Browser, sandbox: Sandbox, tab: str) -> None:
    page = alice.get(f"/@bob{tab}")
    assert page.note_ids()
    assert [call.endpoint for call in sandbox.calls] == ["users/show", "users/notes"]
    assert TABS[tab].items() <= sandbox.calls[1].body.items()
    here = [a.get("href") for a in page.all("a", aria_current="page")]
    assert f"/@bob{tab}" in here
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000


def test_what_somebody_reacted_to(alice: Browser, sandbox: Sandbox) -> None:
    bob = sandbox.person("bob")
    page = alice.get("/@bob/reactions")
    assert page.note_ids()
    assert all(bob.id in sandbox.world.notes[n].reactions for n in page.note_ids())


def test_reactions_kept_to_oneself_are_no_tab(alice: Browser, sandbox: Sandbox) -> None:
    assert "/@carol/reactions" not in alice.get("/@carol").links()
    sandbox.clear_calls()
    assert alice.get("/@carol/reactions").status == 404
    assert sandbox.calls_of("users/reactions") == []


# Doing --------------------------------------------------------------------


def press(alice: Browser, sandbox: Sandbox, name: str, **fields: str) -> Page:
    """Carry out a row upon Bob from his page, without following the way back."""
    bob = sandbox.person("bob")
    shown = alice.get("/@bob")
    sandbox.clear_calls()
    hidden = next(form for form in shown.forms() if form.action.startswith("/people/")).fields
    path = f"/people/{bob.id}/{name}"
    kept = {key: hidden[key] for key in ("csrf_token", "account", "next")}
    return alice.post(path, {**kept, **fields}, follow=False)


SENT: dict[str, dict[str, object]] = {
    "memo": {"memo": "Feeds the cat\non Sundays"},
    "tell-of-notes": {"notify": "normal"},
    "tell-no-more": {"notify": "none"},
    "show-replies": {"withReplies": True},
    "hide-replies": {"withReplies": False},
}
FIELDS = {"mute": {"until": "always"}, "memo": {"memo": "  Feeds the cat\r\non Sundays  "}}


@pytest.mark.parametrize("name", sorted(RELATIONS))
def test_each_makes_one_call_and_comes_back(alice: Browser, sandbox: Sandbox, name: str) -> None:
    sandbox.misbehave(RELATIONS[name].endpoint, "no-content")
    page = press(alice, sandbox, name, **FIELDS.get(name, {}))
    assert page.status == 303
    assert page.response.headers["Location"] == "/@bob"
    (call,) = sandbox.calls
    assert call.endpoint == RELATIONS[name].endpoint
    more = SENT.get(name, {})
    sent = {key: value for key, value in call.body.items() if key != "i"}
    assert sent == {"userId": sandbox.person("bob").id, **more}
    assert str(RELATIONS[name].done) in alice.get("/search").text


@pytest.mark.parametrize("until", sorted(MUTE_FOR))
def test_muting_ends_when_it_was_said_to(alice: Browser, sandbox: Sandbox, until: str) -> None:
    press(alice, sandbox, "mute", until=until)
    length = MUTE_FOR[until][1]
    ends = sandbox.calls[0].body.get("expiresAt")
    if length is None:
        assert ends is None
    else:
        assert abs(ends - (time.time() + length.total_seconds()) * 1000) < 60_000


def test_following_and_leaving_again(alice: Browser, sandbox: Sandbox) -> None:
    me, bob = sandbox.person("alice"), sandbox.person("bob")
    alice.get("/@bob")
    assert "You no longer follow them." in alice.submit(f"/people/{bob.id}/unfollow").text
    assert (me.id, bob.id) not in sandbox.world.following
    assert "You follow them now." in alice.submit(f"/people/{bob.id}/follow").text
    assert (me.id, bob.id) in sandbox.world.following


def test_a_memo_comes_back_into_its_field(alice: Browser, sandbox: Sandbox) -> None:
    bob = sandbox.person("bob")
    alice.get("/@bob")
    page = alice.submit(f"/people/{bob.id}/memo", memo="\nOwes me a cup </textarea>")
    assert page.one("textarea", id="memo").text == "Owes me a cup </textarea>"


def test_blocking_is_asked_about_first(alice: Browser, sandbox: Sandbox) -> None:
    me, bob = sandbox.person("alice"), sandbox.person("bob")
    page = alice.get("/@bob")
    ask = alice.get(next(link for link in page.links() if "/block?next=" in link))
    assert "Block this person?" in ask.text
    assert sandbox.calls_of("blocking/create") == []
    after = alice.submit(f"/people/{bob.id}/block")
    assert (me.id, bob.id) in sandbox.world.blocking
    assert after.path == "/@bob"
    assert offered(after) >= {"unblock"}


def test_oneself_is_not_asked_about(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get(f"/people/{sandbox.person('alice').id}/block").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("name", "fields"),
    [("mute", {}), ("mute", {"until": "for ever"}), ("memo", {"memo": "x" * 2001})],
)
def test_junk_is_refused_without_a_call(
    alice: Browser, sandbox: Sandbox, name: str, fields: dict[str, str]
) -> None:
    assert press(alice, sandbox, name, **fields).status == 400
    assert sandbox.calls == []


@pytest.mark.parametrize("user_id", ["a-b", "x" * 65, "a b"])
def test_an_id_that_is_none_is_refused_without_a_call(
    alice: Browser, sandbox: Sandbox, user_id: str
) -> None:
    token = alice.get("/settings").forms()[0].fields["csrf_token"]
    assert alice.post(f"/people/{user_id}/follow", {"csrf_token": token}).status == 400
    assert alice.get(f"/people/{user_id}/block").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ALREADY_FOLLOWING", "You followed them before."),
        ("BLOCKED", "This person has blocked you."),
        ("FOLLOWEE_IS_YOURSELF", "That is you."),
    ],
)
def test_a_plain_refusal_is_a_sentence_where_one_was(
    alice: Browser, sandbox: Sandbox, code: str, words: str
) -> None:
    error = {"error": {"code": code, "message": "", "id": "x"}}
    sandbox.misbehave("following/create", "answer", body=error, status=400)
    page = press(alice, sandbox, "follow")
    assert page.response.headers["Location"] == "/@bob"
    assert words in alice.get("/search").text


def test_too_many_is_said_where_one_was(alice: Browser, sandbox: Sandbox) -> None:
    error = {"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "", "id": "x"}}
    sandbox.misbehave("following/create", "answer", body=error, status=429)
    assert press(alice, sandbox, "follow").status == 303


def test_a_server_that_fails_gets_its_page(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("following/create", "html", status=503)
    page = press(alice, sandbox, "follow")
    assert page.status == 502
    assert sandbox.host in page.text


def test_without_the_token_nothing_is_done(alice: Browser, sandbox: Sandbox) -> None:
    path = f"/people/{sandbox.person('bob').id}/follow"
    assert alice.post(path, {}, follow=False).status == 400
    assert sandbox.calls == []


def test_a_get_does_nothing(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get(f"/people/{sandbox.person('bob').id}/follow").status == 405
    assert sandbox.calls == []


def test_no_other_account_answers_for_one_signed_out_elsewhere(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = press(alice, sandbox, "follow", account="0" * 32)
    assert page.response.headers["Location"] == "/accounts"
    assert sandbox.calls == []


def test_the_way_back_stays_on_this_site(alice: Browser, sandbox: Sandbox) -> None:
    page = press(alice, sandbox, "unfollow", next="https://evil.example/")
    assert page.response.headers["Location"] == "/"


def test_signed_out_nothing_is_asked(browser: Browser, sandbox: Sandbox) -> None:
    path = f"/people/{sandbox.person('bob').id}/follow"
    token = browser.get("/sign-in").forms()[0].fields["csrf_token"]
    assert browser.post(path, {"csrf_token": token}, follow=False).status == 303
    assert browser.get("/@bob", follow=False).status == 303
    assert sandbox.calls == []


def test_a_profile_of_afar_is_fetched_anew(alice: Browser, sandbox: Sandbox) -> None:
    juno = sandbox.world.person("juno", "far.example")
    juno.updated = None
    path = f"/people/{juno.id}/fetch-anew"
    alice.get("/@juno@far.example")
    after = alice.submit(path)
    assert after.path == "/@juno@far.example"
    assert "fetched anew" in after.text
    assert juno.updated is not None
    here = [form.action for form in alice.get("/@bob").forms()]
    assert not [action for action in here if action.endswith("fetch-anew")]
