"""`/settings/…`: what the account's server keeps of its settings."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.account_settings import GROUPS
from app.extensions import db
from app.models import Account
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


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


def sent(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What was sent to be saved, without the credential."""
    return [
        {key: value for key, value in call.body.items() if key != "i"}
        for call in sandbox.calls_of("i/update")
    ]


def save(browser: Browser, group: str, /, **changes: Any) -> Page:
    """Open a page, change some of its fields, and save."""
    browser.get(f"/settings/{group}")
    return browser.press(f"/settings/{group}", **changes)


# The pages ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(GROUPS))
def test_each_page_shows_how_things_stand(alice: Browser, sandbox: Sandbox, name: str) -> None:
    page = alice.get(f"/settings/{name}")
    assert page.status == 200
    assert page.form(f"/settings/{name}").pairs
    assert [call.endpoint for call in sandbox.calls] == ["i", "endpoint"]
    assert len(gzip.compress(page.html.encode())) < 20_000


def test_the_profile_is_filled_in(alice: Browser, sandbox: Sandbox) -> None:
    me = sandbox.person("alice")
    fields = alice.get("/settings/profile").form("/settings/profile").fields
    assert (fields["name"], fields["birthday"]) == (me.name, me.birthday)
    assert fields["description"] == me.description
    assert ("fields.name", me.fields[0][0]) in alice.page.form("/settings/profile").pairs  # type: ignore[union-attr]


@pytest.mark.parametrize("name", list(GROUPS))
def test_what_is_left_alone_is_not_saved(alice: Browser, sandbox: Sandbox, name: str) -> None:
    page = save(alice, name)
    assert "Nothing was changed." in page.text
    assert sent(sandbox) == []


@pytest.mark.parametrize(
    ("name", "typed", "saved"),
    [
        ("profile", {"name": "Alice of the veranda"}, {"name": "Alice of the veranda"}),
        ("profile", {"name": ""}, {"name": None}),
        ("profile", {"description": "One\r\ntwo\r\n"}, {"description": "One\ntwo"}),
        ("profile", {"birthday": "2001-03-20"}, {"birthday": "2001-03-20"}),
        ("profile", {"birthday": " "}, {"birthday": None}),
        ("profile", {"lang": "ja"}, {"lang": "ja"}),
        ("profile", {"isCat": "1"}, {"isCat": True}),
        ("profile", {"alsoKnownAs": "@juno@far.example"}, {"alsoKnownAs": ["@juno@far.example"]}),
        (
            "profile",
            {"fields.name": ["a", "", "b"], "fields.value": ["1", "", "2"]},
            {"fields": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]},
        ),
        ("privacy", {"isLocked": "1"}, {"isLocked": True}),
        ("privacy", {"isExplorable": None}, {"isExplorable": False}),
        ("privacy", {"followersVisibility": "private"}, {"followersVisibility": "private"}),
        ("privacy", {"chatScope": "none"}, {"chatScope": "none"}),
        (
            "privacy",
            {"makeNotesHiddenBefore": "-31536000"},
            {"makeNotesHiddenBefore": -31536000},
        ),
        ("privacy", {"requireSigninToViewContents": "1"}, {"requireSigninToViewContents": True}),
        (
            "notifications",
            {"notificationRecieveConfig.follow": "never"},
            {"notificationRecieveConfig": {"follow": {"type": "never"}}},
        ),
        (
            "notifications",
            {"emailNotificationTypes": ["reply"]},
            {"emailNotificationTypes": ["reply"]},
        ),
        (
            "content",
            {"mutedWords": "spoiler\r\na  b\r\n\r\n/regex/i"},
            {"mutedWords": [["spoiler"], ["a", "b"], "/regex/i"]},
        ),
        ("content", {"mutedInstances": "Far.example\n"}, {"mutedInstances": ["Far.example"]}),
    ],
)
def test_only_what_was_changed_is_saved(
    alice: Browser, sandbox: Sandbox, name: str, typed: dict[str, Any], saved: dict[str, Any]
) -> None:
    page = save(alice, name, **typed)
    assert "Saved at" in page.text
    assert sent(sandbox) == [saved]
    # It stands there now, and is not saved a second time.
    assert "Nothing was changed." in alice.press(f"/settings/{name}").text
    assert len(sent(sandbox)) == 1


def test_what_was_changed_elsewhere_meanwhile_stays(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/settings/profile")
    sandbox.person("alice").location = "Moved by another app"
    alice.press("/settings/profile", name="Only the name")
    assert sent(sandbox) == [{"name": "Only the name"}]
    assert sandbox.person("alice").location == "Moved by another app"


def test_other_kinds_of_notifications_stay_as_they_are(alice: Browser, sandbox: Sandbox) -> None:
    """The server replaces them all, so all that were there are sent again."""
    me = sandbox.person("alice")
    of_a_list = {"type": "list", "userListId": "list1"}
    me.chosen["notificationRecieveConfig"] = {
        "reaction": of_a_list,
        "someday": {"type": "never"},
    }
    page = alice.get("/settings/notifications")
    assert page.one("select", id="from-reaction")[0].get("value") == "list"
    alice.press("/settings/notifications", **{"notificationRecieveConfig.renote": "following"})
    assert sent(sandbox) == [
        {
            "notificationRecieveConfig": {
                "reaction": of_a_list,
                "someday": {"type": "never"},
                "renote": {"type": "following"},
            }
        }
    ]


def test_a_day_that_is_none_is_not_lost(alice: Browser, sandbox: Sandbox) -> None:
    """Servers take it, and a field for days would drop it."""
    sandbox.person("alice").birthday = "1999-99-99"
    page = alice.get("/settings/profile")
    assert page.one("input", id="birthday").get("type") == "text"
    alice.press("/settings/profile", name="New")
    assert sent(sandbox) == [{"name": "New"}]


def test_our_own_page_follows_the_name(alice: Browser, app: Flask) -> None:
    save(alice, "profile", name="Alice of the veranda")
    with app.app_context():
        assert db.session.query(Account).one().name == "Alice of the veranda"


# What is wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("profile", {"birthday": "yesterday"}, "A day looks like 2001-03-20."),
        ("profile", {"birthday": "2001-02-30"}, "A day looks like 2001-03-20."),
        ("profile", {"fields.name": ["a"], "fields.value": [""]}, "Each line needs both"),
        ("profile", {"lang": "xx"}, "Choose one of these."),
        ("privacy", {"chatScope": "<script>"}, "Choose one of these."),
        ("privacy", {"makeNotesHiddenBefore": "1e9"}, "Choose one of these."),
        ("notifications", {"notificationRecieveConfig.note": "x"}, "Choose one of these."),
        ("content", {"mutedWords": "x\n" * 2001}, "more than any server takes"),
    ],
)
def test_what_can_not_be_meant_is_said_beside_the_field(
    alice: Browser, sandbox: Sandbox, name: str, typed: dict[str, Any], words: str
) -> None:
    page = save(alice, name, **typed)
    assert page.status == 400
    assert words in page.text
    assert [e for e in page.root.iter() if e.get("aria-invalid")]
    assert sent(sandbox) == []


@pytest.mark.parametrize(
    ("name", "typed", "field", "words"),
    [
        ("profile", {"name": "x" * 51, "location": "here"}, "name", "does not take this"),
        ("content", {"mutedWords": "/(/"}, "mutedWords", "regular expressions"),
        ("content", {"hardMutedWords": "long" * 60}, "hardMutedWords", "more words than"),
        ("profile", {"alsoKnownAs": "@nobody@far.example"}, "alsoKnownAs", "was not found"),
    ],
)
def test_what_the_server_refuses_is_said_beside_the_field(
    alice: Browser, sandbox: Sandbox, name: str, typed: dict[str, Any], field: str, words: str
) -> None:
    page = save(alice, name, **typed)
    assert page.status == 400
    control = next(e for e in page.root.iter() if e.get("name") == field)
    assert control.get("aria-invalid") == "true"
    assert words in page.text
    for key, value in typed.items():
        assert page.form(f"/settings/{name}").fields[key] == value
    # Put right, everything that was typed is saved.
    alice.press(f"/settings/{name}", **{field: "short" if field == "name" else ""})
    assert sent(sandbox)[-1].keys() >= typed.keys() - {field}


TROUBLES: list[tuple[str, dict[str, Any], int]] = [
    ("error", {}, 502),
    ("html", {}, 502),
    ("garbage", {}, 502),
    ("empty", {}, 502),
    ("lost", {}, 504),
    ("shape", {}, 502),
    ("rate-limited", {}, 429),
]


@pytest.mark.parametrize("endpoint", ["i", "i/update"])
@pytest.mark.parametrize(("how", "options", "status"), TROUBLES)
def test_nothing_typed_is_lost(
    alice: Browser, sandbox: Sandbox, endpoint: str, how: str, options: dict[str, Any], status: int
) -> None:
    alice.get("/settings/profile")
    sandbox.misbehave(endpoint, how, **options)
    typed = {"name": "Typed with care", "description": "Every <word> of it"}
    page = alice.press("/settings/profile", **typed)
    if (endpoint, how) == ("i", "shape"):
        return  # It is still an object, and says nothing of the settings.
    assert page.status == status
    assert "What you typed is still here." in page.text
    fields = page.form("/settings/profile").fields
    assert {key: fields[key] for key in typed} == typed
    sandbox.behave()
    sandbox.clear_calls()
    assert "Saved at" in alice.press("/settings/profile").text
    assert sent(sandbox) == [typed]


def test_a_refused_credential_shows_what_was_typed(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/settings/profile")
    sandbox.revoke("alice")
    page = alice.press("/settings/profile", description="Typed with care")
    assert page.status == 401
    assert "Typed with care" in [e.text for e in page.all("textarea")]
    assert not alice.is_signed_in


def test_signed_out_meanwhile_shows_what_was_typed(alice: Browser, sandbox: Sandbox) -> None:
    form = alice.get("/settings/profile").form("/settings/profile")
    alice.get("/sign-out")
    alice.submit("/sign-out")
    sandbox.clear_calls()
    page = alice.post("/settings/profile", {**form.fields, "description": "Typed with care"})
    assert page.status == 401
    assert "Typed with care" in page.html
    assert sandbox.calls == []


def test_without_a_token_the_form_comes_back(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/settings/profile")
    sandbox.clear_calls()
    page = alice.press("/settings/profile", csrf_token=None, description="Typed with care")
    assert page.status == 400
    assert page.form("/settings/profile").fields["description"] == "Typed with care"
    assert sandbox.calls == []
    assert "Saved at" in alice.press("/settings/profile").text


@pytest.mark.parametrize("shown", ["", "x", "e30.x", None])
def test_a_page_that_is_not_ours_saves_nothing(
    alice: Browser, sandbox: Sandbox, shown: str | None
) -> None:
    alice.get("/settings/profile")
    sandbox.clear_calls()
    assert alice.press("/settings/profile", shown=shown, name="X").status == 400
    assert sandbox.calls == []


def test_one_page_can_not_stand_for_another(alice: Browser, sandbox: Sandbox) -> None:
    seal = alice.get("/settings/privacy").form("/settings/privacy").fields["shown"]
    alice.get("/settings/profile")
    sandbox.clear_calls()
    assert alice.press("/settings/profile", shown=seal, name="X").status == 400
    assert sandbox.calls == []


def test_the_account_of_the_page_is_the_one_that_is_changed(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/settings/profile")
    form = alice.page.form("/settings/profile")  # type: ignore[union-attr]
    let_in(alice, "bob")
    token = alice.get("/settings").form("/settings").fields["csrf_token"]
    alice.post("/settings/profile", {**form.fields, "csrf_token": token, "name": "Alice still"})
    assert {call.account for call in sandbox.calls_of("i/update")} == {"alice"}
    assert sandbox.person("bob").name != "Alice still"


def test_somebody_elses_account_is_not_changed(
    alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    form = alice.get("/settings/profile").form("/settings/profile")
    bob = let_in(new_browser(), "bob")
    token = bob.get("/settings/profile").form("/settings/profile").fields["csrf_token"]
    sandbox.clear_calls()
    page = bob.post("/settings/profile", {**form.fields, "csrf_token": token, "name": "Taken"})
    assert page.status == 401
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/settings/profile", "/settings/pictures/avatar"])
def test_signed_out_one_is_asked_to_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    page = browser.get(path, follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/settings/none", "/settings/pictures/none", "/settings/i"])
def test_there_are_no_other_pages(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


def test_where_engawa_may_not_there_are_no_settings(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    with app.app_context():
        db.session.query(Account).one().permissions = ["read:account"]
        db.session.commit()
    assert alice.get("/settings/profile").status == 404
    assert alice.get("/settings/pictures/banner").status == 404
    assert sandbox.calls == []


def test_a_server_that_does_not_say_what_it_takes(alice: Browser, sandbox: Sandbox) -> None:
    """Then what it shows of oneself is what can be set."""
    sandbox.misbehave("endpoint", "error")
    page = alice.get("/settings/profile")
    assert page.status == 200
    assert page.all("input", name="name")


@pytest.mark.parametrize(
    "odd",
    [
        {"name": 5, "description": ["x"], "fields": {"a": 1}, "birthday": 7, "alsoKnownAs": "x"},
        {"fields": ["x", 5, {"name": None}], "lang": {}, "isCat": "yes"},
    ],
)
def test_odd_answers_are_shown_as_far_as_they_go(
    alice: Browser, sandbox: Sandbox, odd: dict[str, Any]
) -> None:
    sandbox.misbehave("i", "patch", values=odd)
    page = alice.get("/settings/profile")
    assert page.status == 200
    assert page.root is not None


# Older servers --------------------------------------------------------------------------


@pytest.fixture(params=["v11", "v12"])
def old(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An older server."""
    with Sandbox(age=request.param) as sandbox:
        yield sandbox


def test_an_older_server_is_offered_what_it_takes(app: Flask, old: Sandbox) -> None:
    browser = Browser(app, old)
    browser.sign_in("alice")
    privacy = browser.get("/settings/privacy")
    is_v12 = old.world.age.name == "v12"
    assert bool(privacy.all("select", name="ffVisibility")) == is_v12
    assert not privacy.all("select", name="followersVisibility")
    content = browser.get("/settings/content")
    assert bool(content.all("textarea", name="mutedWords")) == is_v12
    assert not content.all("textarea", name="hardMutedWords")
    assert bool(browser.get("/settings/notifications").all("form", method="post")) == is_v12
    assert "Saved at" in save(browser, "profile", name="Old", birthday="").text
    assert old.person("alice").name == "Old"
    assert old.person("alice").birthday is None


def test_muted_words_of_v12(app: Flask) -> None:
    with Sandbox(age="v12") as old:
        browser = Browser(app, old)
        browser.sign_in("alice")
        save(browser, "content", mutedWords="a b")
        assert old.person("alice").chosen["mutedWords"] == [["a", "b"]]


# Pictures -------------------------------------------------------------------------------


def test_a_picture_from_this_device(alice: Browser, sandbox: Sandbox, app: Flask) -> None:
    alice.get("/settings/pictures/avatar")
    page = alice.press("/settings/pictures/avatar", files=[("face.png", PNG)])
    assert "It is changed." in page.text
    me = sandbox.person("alice")
    assert me.avatar is not None
    assert me.avatar.name == "face.png"
    with app.app_context():
        assert me.avatar.key in (db.session.query(Account).one().avatar_url or "")


@pytest.mark.parametrize("which", ["avatar", "banner"])
def test_a_picture_from_the_drive(alice: Browser, sandbox: Sandbox, which: str) -> None:
    page = alice.get(f"/settings/pictures/{which}")
    assert [call.endpoint for call in sandbox.calls] == ["i", "drive/files"]
    wanted = page.all("input", name="file")[0].get("value")
    form = page.forms()[-1]
    alice.post(f"/settings/pictures/{which}", {**form.fields, "file": wanted})
    assert sent(sandbox) == [{f"{which}Id": wanted}]


def test_a_picture_is_taken_away(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/settings/pictures/banner")
    form = next(f for f in page.forms() if f.buttons and f.buttons[0].get("value") == "remove")
    page = alice.post(form.action, {**form.fields, "do": "remove"})
    assert "It is taken away." in page.text
    assert sent(sandbox) == [{"bannerId": None}]
    page = alice.get("/settings/pictures/banner")
    assert not [f for f in page.forms() if f.buttons and f.buttons[0].get("value") == "remove"]


@pytest.mark.parametrize(
    ("fields", "files", "words"),
    [
        ({}, [], "Choose a picture first."),
        ({"file": "../x"}, [], "Choose a picture first."),
        ({"file": "nobodys1"}, [], "not in your drive any more"),
        ({}, [("empty.png", b"")], "is empty"),
        ({}, [("words.txt", b"some words")], "does not take files of this kind"),
    ],
)
def test_what_is_no_picture(
    alice: Browser,
    sandbox: Sandbox,
    fields: dict[str, str],
    files: list[tuple[str, bytes]],
    words: str,
) -> None:
    alice.get("/settings/pictures/avatar")
    was = sandbox.person("alice").avatar
    page = alice.press("/settings/pictures/avatar", files=files, **fields)
    assert page.status == 400
    assert words in page.one("div", role="alert")[0].text, page.text
    assert sandbox.person("alice").avatar is was


@pytest.mark.parametrize(("how", "options", "status"), TROUBLES)
def test_a_picture_while_the_server_fails(
    alice: Browser, sandbox: Sandbox, how: str, options: dict[str, Any], status: int
) -> None:
    alice.get("/settings/pictures/avatar")
    sandbox.misbehave("i/update", how, **options)
    page = alice.press("/settings/pictures/avatar", file=page_file(alice))
    assert page.status == status
    assert page.root is not None


def page_file(browser: Browser) -> str:
    """The first of the drive's files on the page."""
    assert browser.page is not None
    return browser.page.all("input", name="file")[0].get("value") or ""


def test_a_picture_wants_our_own_form(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.post("/settings/pictures/avatar", {"do": "remove"}, follow=False).status in (
        303,
        400,
    )
    assert sandbox.calls == []
