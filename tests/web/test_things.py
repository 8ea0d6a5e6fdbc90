"""Making, changing and deleting lists, antennas, clips and channels; who is on a list."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from app.things import MAKINGS
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

DELETABLE = sorted(kind for kind, making in MAKINGS.items() if making.delete)
DEEDS = sorted((kind, deed.name) for kind, making in MAKINGS.items() for deed in making.deeds)
TYPED: dict[str, dict[str, str]] = {
    "lists": {"name": "Gardeners"},
    "antennas": {"name": "Beans", "keywords": "bean\nrunner  bean", "withReplies": "1"},
    "clips": {"name": "Recipes", "description": "To cook\nsome day", "isPublic": "1"},
    "channels": {"name": "Rain", "description": "From above", "color": "#123abc"},
}
SENT: dict[str, dict[str, Any]] = {
    "lists": {"name": "Gardeners"},
    "antennas": {
        "name": "Beans",
        "src": "all",
        "userListId": None,
        "users": [],
        "keywords": [["bean"], ["runner", "bean"]],
        "excludeKeywords": [],
        "caseSensitive": False,
        "withReplies": True,
        "withFile": False,
        "localOnly": False,
        "excludeBots": False,
        "excludeNotesInSensitiveChannel": False,
    },
    "clips": {"name": "Recipes", "description": "To cook\nsome day", "isPublic": True},
    "channels": {
        "name": "Rain",
        "description": "From above",
        "color": "#123abc",
        "isSensitive": False,
        "allowRenoteToExternal": True,
    },
}


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def own(sandbox: Sandbox, kind: str) -> str:
    """The id of one of alice's things of that kind."""
    world, me = sandbox.world, sandbox.person("alice").id
    if kind == "channels":
        channel = next(iter(world.channels.values()))
        channel.user_id = me
        return channel.id
    table: dict[str, dict[str, Any]] = {
        "lists": dict(world.lists),
        "antennas": dict(world.antennas),
        "clips": dict(world.clips),
    }
    return next(thing.id for thing in table[kind].values() if thing.user_id == me)


def of_another(sandbox: Sandbox, kind: str) -> str:
    """The same, given to bob, who keeps it to himself where one can."""
    world, bob = sandbox.world, sandbox.person("bob").id
    thing_id = own(sandbox, kind)
    things: dict[str, Any] = {**world.lists, **world.antennas, **world.clips, **world.channels}
    things[thing_id].user_id = bob
    things[thing_id].public = False
    return thing_id


def sent(sandbox: Sandbox, endpoint: str) -> list[dict[str, Any]]:
    """What was sent to that endpoint, without the credential."""
    return [
        {name: value for name, value in call.body.items() if name != "i"}
        for call in sandbox.calls_of(endpoint)
    ]


def set_endpoints(app: Flask, sandbox: Sandbox, *, without: str) -> None:
    """Let the server lack endpoints that begin so."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if not name.startswith(without)]
        db.session.commit()


def token(browser: Browser) -> str:
    """A CSRF token of this browser, from a page that calls no server."""
    return browser.get("/settings").forms()[0].fields["csrf_token"]


# Making -------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(MAKINGS))
def test_one_is_made_and_shown(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    making = MAKINGS[kind]
    index = alice.get(f"/{kind}")
    assert f"/{kind}/new" in index.links()
    alice.get(f"/{kind}/new")
    sandbox.clear_calls()
    page = alice.submit(f"/{kind}/new", **TYPED[kind])
    (call,) = sent(sandbox, making.create)
    kept = {key: value for key, value in SENT[kind].items() if value is not None}
    assert kept.items() <= call.items()
    assert page.path.startswith(f"/{kind}/")
    assert page.path != f"/{kind}/new"
    assert page.status == 200
    assert "Made." in page.text
    assert TYPED[kind]["name"] in page.text


def test_old_servers_get_what_they_want_of_an_antenna(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/antennas/new")
    alice.submit("/antennas/new", **TYPED["antennas"], localOnly="1")
    (call,) = sent(sandbox, "antennas/create")
    assert (call["notify"], call["local"]) == (False, True)


@pytest.mark.parametrize("kind", sorted(MAKINGS))
def test_a_form_sent_twice_makes_one(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    form = alice.get(f"/{kind}/new").form(f"/{kind}/new").fields | TYPED[kind]
    alice.post(f"/{kind}/new", form, follow=False)
    page = alice.post(f"/{kind}/new", form, follow=False)
    assert page.response.headers["Location"] == f"/{kind}"
    assert len(sent(sandbox, MAKINGS[kind].create)) == 1
    assert "That was sent before." in alice.get("/settings").text


BAD: list[tuple[str, dict[str, str], str, str]] = [
    *((kind, {"name": "  "}, "Give it a name.", "name") for kind in sorted(MAKINGS)),
    ("lists", {"name": "x" * 101}, "up to 100 characters", "name"),
    ("channels", {"name": "x" * 129}, "up to 128 characters", "name"),
    ("clips", {"description": "x" * 2049}, "up to 2048 characters", "description"),
    ("channels", {"color": "red"}, "#86b300", "color"),
    ("channels", {"color": "#12345g"}, "#86b300", "color"),
    ("antennas", {"keywords": " \n "}, "at least one word", "keywords"),
    ("antennas", {"src": "nobody"}, "Choose one of these.", "src"),
    ("antennas", {"src": "list"}, "Choose the list", "userListId"),
    ("antennas", {"userListId": "a-b"}, "Choose one of these.", "userListId"),
    ("antennas", {"src": "users"}, "Say which people.", "users"),
    ("antennas", {"src": "users_blacklist", "users": "\n"}, "Say which people.", "users"),
]


@pytest.mark.parametrize(("kind", "changes", "words", "field"), BAD)
def test_what_can_not_be_made_comes_back_filled_in(
    alice: Browser, sandbox: Sandbox, kind: str, changes: dict[str, str], words: str, field: str
) -> None:
    alice.get(f"/{kind}/new")
    sandbox.clear_calls()
    page = alice.submit(f"/{kind}/new", **(TYPED[kind] | changes))
    assert page.status == 400
    assert words in page.text
    assert sent(sandbox, MAKINGS[kind].create) == []
    fields = page.form(f"/{kind}/new").fields
    for name, typed in (TYPED[kind] | changes).items():
        assert fields[name].strip() == typed.strip()
    wrong = [e for e in page.root.iter() if e.get("aria-invalid")]
    assert [element.get("name") for element in wrong] == [field]


@pytest.mark.parametrize(
    ("body", "status", "words", "expected"),
    [
        ({"error": {"code": "TOO_MANY_CLIPS", "message": "", "id": "x"}}, 400, "as many", 400),
        ({"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "", "id": "x"}}, 429, "", 429),
        ({"error": {"code": "INTERNAL_ERROR", "message": "", "id": "x"}}, 500, "error of its", 502),
        ("nonsense", 200, "", 502),
    ],
)
def test_what_the_server_refuses_comes_back_filled_in(
    alice: Browser, sandbox: Sandbox, body: Any, status: int, words: str, expected: int
) -> None:
    sandbox.misbehave("clips/create", "answer", body=body, status=status)
    alice.get("/clips/new")
    page = alice.submit("/clips/new", **TYPED["clips"])
    assert page.status == expected
    assert words in page.text
    assert page.form("/clips/new").fields["name"] == "Recipes"


def test_what_was_typed_stays_when_the_lists_can_not_be_read_any_more(
    alice: Browser, sandbox: Sandbox
) -> None:
    made = own(sandbox, "lists")
    alice.get("/antennas/new")
    sandbox.misbehave("users/lists/list", "internal-error")
    typed = {"name": "", "src": "list", "userListId": made, "keywords": "tea"}
    page = alice.submit("/antennas/new", **typed)
    assert page.status == 400
    fields = page.form("/antennas/new").fields
    assert (fields["src"], fields["userListId"], fields["keywords"].strip()) == (
        "list",
        made,
        "tea",
    )


# Changing -----------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(MAKINGS))
def test_the_form_holds_what_there_is_and_sends_it_all(
    alice: Browser, sandbox: Sandbox, kind: str
) -> None:
    thing_id = own(sandbox, kind)
    making = MAKINGS[kind]
    path = f"/{kind}/{thing_id}/edit"
    assert path in alice.get(f"/{kind}/{thing_id}").links()
    sandbox.clear_calls()
    assert alice.get(path).status == 200
    assert len(sandbox.calls) <= 2
    page = alice.submit(path, name="Renamed")
    (call,) = sent(sandbox, making.update)
    assert call[making.kind.key] == thing_id
    assert {field.key for field in making.fields} <= call.keys()
    assert "Saved." in page.text
    assert "Renamed" in page.text


def test_an_antenna_keeps_its_words(alice: Browser, sandbox: Sandbox) -> None:
    antenna = sandbox.world.antennas[own(sandbox, "antennas")]
    before = [list(together) for together in antenna.keywords]
    path = f"/antennas/{antenna.id}/edit"
    alice.get(path)
    alice.submit(path)
    assert antenna.keywords == before


def test_a_description_can_be_taken_away(alice: Browser, sandbox: Sandbox) -> None:
    clip = sandbox.world.clips[own(sandbox, "clips")]
    clip.description = "About tea"
    path = f"/clips/{clip.id}/edit"
    alice.get(path)
    alice.submit(path, description=" ")
    assert sent(sandbox, "clips/update")[0]["description"] is None
    assert clip.description is None


def test_a_new_one_without_a_description_says_nothing_of_it(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/clips/new")
    alice.submit("/clips/new", name="Plain")
    assert sent(sandbox, "clips/create") == [{"name": "Plain", "isPublic": False}]


def test_a_list_can_be_shown_to_others(alice: Browser, sandbox: Sandbox) -> None:
    made = sandbox.world.lists[own(sandbox, "lists")]
    path = f"/lists/{made.id}/edit"
    alice.get(path)
    alice.submit(path, isPublic="1")
    assert made.public


def test_what_can_not_be_changed_comes_back_filled_in(alice: Browser, sandbox: Sandbox) -> None:
    path = f"/clips/{own(sandbox, 'clips')}/edit"
    alice.get(path)
    page = alice.submit(path, name="", description="Typed anew")
    assert page.status == 400
    assert sent(sandbox, "clips/update") == []
    assert page.form(path).fields["description"].strip() == "Typed anew"


def test_a_refused_change_comes_back_filled_in(alice: Browser, sandbox: Sandbox) -> None:
    path = f"/clips/{own(sandbox, 'clips')}/edit"
    alice.get(path)
    sandbox.misbehave("clips/update", "html", status=503)
    page = alice.submit(path, name="Typed anew")
    assert page.status == 502
    assert page.form(path).fields["name"] == "Typed anew"


# Deleting -----------------------------------------------------------------


@pytest.mark.parametrize("kind", DELETABLE)
def test_deleting_is_asked_about_first(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    thing_id = own(sandbox, kind)
    path = f"/{kind}/{thing_id}/delete"
    assert path in alice.get(f"/{kind}/{thing_id}").links()
    page = alice.get(path)
    assert str(MAKINGS[kind].ask) in page.text
    assert sent(sandbox, str(MAKINGS[kind].delete)) == []
    after = alice.submit(path)
    assert sent(sandbox, str(MAKINGS[kind].delete)) == [{MAKINGS[kind].kind.key: thing_id}]
    assert after.path == f"/{kind}"
    assert f"/{kind}/{thing_id}" not in after.links()


def test_channels_stay(alice: Browser, sandbox: Sandbox) -> None:
    path = f"/channels/{own(sandbox, 'channels')}"
    assert f"{path}/delete" not in alice.get(path).links()
    sandbox.clear_calls()
    assert alice.get(f"{path}/delete").status == 404
    assert sandbox.calls == []


# Another person's ---------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(MAKINGS))
def test_another_persons_is_not_offered_to_be_changed(
    alice: Browser, sandbox: Sandbox, kind: str
) -> None:
    path = f"/{kind}/{of_another(sandbox, kind)}"
    page = alice.get(path)
    assert page.status == (200 if kind == "channels" else 404)
    assert f"{path}/edit" not in page.links()
    assert alice.get(f"{path}/edit").status == 404
    csrf = token(alice)
    page = alice.post(f"{path}/edit", {"csrf_token": csrf, **TYPED[kind], "src": "all"})
    assert page.status in (400, 404)
    assert page.form(f"{path}/edit").fields["name"] == TYPED[kind]["name"]


@pytest.mark.parametrize("kind", DELETABLE)
def test_another_persons_is_not_deleted(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    path = f"/{kind}/{of_another(sandbox, kind)}/delete"
    assert alice.get(path).status == 404
    assert alice.post(path, {"csrf_token": token(alice)}).status == 404


def test_a_public_clip_of_another_can_be_kept_in_mind(alice: Browser, sandbox: Sandbox) -> None:
    clip = sandbox.world.clips[of_another(sandbox, "clips")]
    clip.public = True
    page = alice.get(f"/clips/{clip.id}")
    assert f"/clips/{clip.id}/edit" not in page.links()
    page = alice.submit(f"/clips/{clip.id}/favourite")
    assert "It is among your favourites now." in page.text
    shelf = alice.get("/clips?show=favourites")
    assert f"/clips/{clip.id}" in shelf.links()
    alice.get(f"/clips/{clip.id}")
    alice.submit(f"/clips/{clip.id}/unfavourite")
    assert f"/clips/{clip.id}" not in alice.get("/clips?show=favourites").links()


# Deeds --------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), DEEDS)
def test_each_deed_makes_one_call_and_comes_back(
    alice: Browser, sandbox: Sandbox, kind: str, name: str
) -> None:
    deed = MAKINGS[kind].deed(name)
    assert deed is not None
    csrf = token(alice)
    sandbox.clear_calls()
    sandbox.misbehave(deed.endpoint, "no-content")
    page = alice.post(f"/{kind}/abc/{name}", {"csrf_token": csrf}, follow=False)
    assert page.response.headers["Location"] == f"/{kind}/abc"
    (call,) = sandbox.calls
    assert {key: value for key, value in call.body.items() if key != "i"} == {
        MAKINGS[kind].kind.key: "abc"
    }
    assert str(deed.done) in alice.get("/settings").text


def test_following_a_channel_and_leaving_it(alice: Browser, sandbox: Sandbox) -> None:
    channel = next(iter(sandbox.world.channels))
    path = f"/channels/{channel}"
    alice.get(path)
    page = alice.submit(f"{path}/unfollow")
    assert "You no longer follow the channel." in page.text
    assert page.form(f"{path}/follow")
    assert path not in alice.get("/channels").links()
    alice.get(path)
    assert "You follow the channel now." in alice.submit(f"{path}/follow").text


def test_a_plain_refusal_is_a_sentence_where_one_was(alice: Browser, sandbox: Sandbox) -> None:
    clip = own(sandbox, "clips")
    alice.get(f"/clips/{clip}")
    error = {"error": {"code": "ALREADY_FAVORITED", "message": "", "id": "x"}}
    sandbox.misbehave("clips/favorite", "answer", body=error, status=400)
    page = alice.submit(f"/clips/{clip}/favourite")
    assert page.path == f"/clips/{clip}"
    assert "It was among your favourites before." in page.text


@pytest.mark.parametrize(("kind", "name"), [("lists", "follow"), ("antennas", "favourite")])
def test_a_deed_that_is_none_of_the_kind(
    alice: Browser, sandbox: Sandbox, kind: str, name: str
) -> None:
    csrf = token(alice)
    assert alice.post(f"/{kind}/abc/{name}", {"csrf_token": csrf}).status == 404
    assert sandbox.calls == []


# Shelves ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/clips?show=favourites", "clips/my-favorites"),
        ("/channels?show=owned", "channels/owned"),
        ("/channels?show=favourites", "channels/my-favorites"),
        ("/channels?show=featured", "channels/featured"),
        ("/channels?q=tea", "channels/search"),
        ("/channels?show=nonsense", "channels/followed"),
        ("/lists?show=owned&q=tea", "users/lists/list"),
    ],
)
def test_each_shelf_is_one_call(alice: Browser, sandbox: Sandbox, path: str, endpoint: str) -> None:
    page = alice.get(path)
    assert page.status == 200
    assert [call.endpoint for call in sandbox.calls] == [endpoint]
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000


def test_channels_are_found_by_their_words(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/channels")
    page = alice.submit("/channels", q="allot")
    assert "Allotments" in page.text
    assert "お茶の間" not in page.text
    assert "Nothing was found." in alice.submit("/channels", q="no such thing").text


def test_a_closed_channel_is_on_the_shelf_of_its_maker_alone(
    alice: Browser, sandbox: Sandbox
) -> None:
    channel = sandbox.world.channels[own(sandbox, "channels")]
    channel.archived = True
    assert f"/channels/{channel.id}" not in alice.get("/channels").links()
    assert f"/channels/{channel.id}" in alice.get("/channels?show=owned").links()
    page = alice.get(f"/channels/{channel.id}")
    assert not [link for link in page.links() if link.startswith("/compose?channel_id")]


# Who is on a list ---------------------------------------------------------


def test_who_is_on_a_list(alice: Browser, sandbox: Sandbox) -> None:
    made = sandbox.world.lists[own(sandbox, "lists")]
    assert f"/lists/{made.id}/members" in alice.get(f"/lists/{made.id}").links()
    sandbox.clear_calls()
    page = alice.get(f"/lists/{made.id}/members")
    assert [call.endpoint for call in sandbox.calls] == [
        "users/lists/show",
        "users/lists/get-memberships",
    ]
    assert {"/@bob", "/@carol", "/@haru"} <= set(page.links())


def test_an_old_server_tells_who_is_on_it_too(alice: Browser, sandbox: Sandbox, app: Flask) -> None:
    set_endpoints(app, sandbox, without="users/lists/get-memberships")
    page = alice.get(f"/lists/{own(sandbox, 'lists')}/members")
    assert {"/@bob", "/@carol", "/@haru"} <= set(page.links())
    assert len(sandbox.calls) == 2


def test_nobody_is_on_an_empty_list(alice: Browser, sandbox: Sandbox, app: Flask) -> None:
    made = sandbox.world.lists[own(sandbox, "lists")]
    made.members = []
    assert "There is nobody on it yet." in alice.get(f"/lists/{made.id}/members").text
    set_endpoints(app, sandbox, without="users/lists/get-memberships")
    assert "There is nobody on it yet." in alice.get(f"/lists/{made.id}/members").text


@pytest.mark.parametrize("who", ["@dave", "dave", " @juno@far.example "])
def test_somebody_is_put_on_a_list_by_their_handle(
    alice: Browser, sandbox: Sandbox, who: str
) -> None:
    made = sandbox.world.lists[own(sandbox, "lists")]
    alice.get(f"/lists/{made.id}/members")
    page = alice.submit(f"/lists/{made.id}/add", who=who)
    assert page.path == f"/lists/{made.id}/members"
    assert "They are on the list." in page.text
    assert len(made.members) == 4


def test_somebody_is_taken_off_a_list(alice: Browser, sandbox: Sandbox) -> None:
    made = sandbox.world.lists[own(sandbox, "lists")]
    bob = sandbox.person("bob").id
    page = alice.get(f"/lists/{made.id}/members")
    forms = [form for form in page.forms() if form.fields.get("user_id") == bob]
    page = alice.post(f"/lists/{made.id}/remove", forms[0].fields)
    assert "They are off the list." in page.text
    assert bob not in made.members


@pytest.mark.parametrize("who", ["", "@", "not a name", "a@b@c d", "x" * 200])
def test_a_handle_that_is_none_comes_back(alice: Browser, sandbox: Sandbox, who: str) -> None:
    made = own(sandbox, "lists")
    alice.get(f"/lists/{made}/members")
    page = alice.submit(f"/lists/{made}/add", who=who)
    assert page.status == 400
    assert page.one("input", id="who").get("value") == who
    assert sandbox.calls_of("users/show") == []
    assert sandbox.calls_of("users/lists/push") == []


def test_a_handle_that_is_nobodys_comes_back(alice: Browser, sandbox: Sandbox) -> None:
    made = own(sandbox, "lists")
    alice.get(f"/lists/{made}/members")
    page = alice.submit(f"/lists/{made}/add", who="@nobody_here")
    assert page.status == 400
    assert "There is nobody of that name." in page.text
    assert sandbox.calls_of("users/lists/push") == []


def test_who_was_on_it_before_is_said_so(alice: Browser, sandbox: Sandbox) -> None:
    made = own(sandbox, "lists")
    alice.get(f"/lists/{made}/members")
    assert "They were on this list before." in alice.submit(f"/lists/{made}/add", who="bob").text


def test_a_public_list_of_another_can_be_looked_at(alice: Browser, sandbox: Sandbox) -> None:
    made = sandbox.world.lists[of_another(sandbox, "lists")]
    assert alice.get(f"/lists/{made.id}/members").status == 404
    made.public = True
    page = alice.get(f"/lists/{made.id}/members")
    assert page.status == 200
    assert len(sandbox.calls_of("users/lists/get-memberships")) == 1
    assert "/@haru" in page.links()
    actions = {form.action for form in page.forms()}
    assert actions == {f"/lists/{made.id}/favourite", f"/lists/{made.id}/copy"}
    assert "It is among your favourites now." in alice.submit(f"/lists/{made.id}/favourite").text


def test_on_which_lists_somebody_is(alice: Browser, sandbox: Sandbox) -> None:
    made = sandbox.world.lists[own(sandbox, "lists")]
    dave = sandbox.person("dave").id
    shown = alice.get("/@dave")
    path = next(link for link in shown.links() if link.startswith(f"/people/{dave}/lists"))
    sandbox.clear_calls()
    page = alice.get(path)
    assert len(sandbox.calls) == 2
    forms = [f for f in page.forms() if f.action == f"/lists/{made.id}/add"]
    alice.post(f"/lists/{made.id}/add", forms[0].fields)
    assert dave in made.members
    page = alice.get(path)
    assert [f.action for f in page.forms() if made.id in f.action] == [f"/lists/{made.id}/remove"]


# What is turned away ------------------------------------------------------

GETS = [
    *(f"/{kind}/new" for kind in sorted(MAKINGS)),
    *(f"/{kind}/abc/edit" for kind in sorted(MAKINGS)),
    *(f"/{kind}/abc/delete" for kind in DELETABLE),
    "/lists/abc/members",
    "/people/abc/lists",
]
POSTS = [
    *(f"/{kind}/new" for kind in sorted(MAKINGS)),
    *(f"/{kind}/abc/edit" for kind in sorted(MAKINGS)),
    *(f"/{kind}/abc/delete" for kind in DELETABLE),
    *(f"/{kind}/abc/{name}" for kind, name in DEEDS),
    "/lists/abc/add",
    "/lists/abc/remove",
]


@pytest.mark.parametrize("path", [path for path in GETS if "abc" in path])
@pytest.mark.parametrize("thing_id", ["a-b", "x" * 65])
def test_what_can_be_no_id_makes_no_call(
    alice: Browser, sandbox: Sandbox, path: str, thing_id: str
) -> None:
    assert alice.get(path.replace("abc", thing_id)).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("path", [path for path in POSTS if "abc" in path])
def test_nothing_is_done_to_what_can_be_no_id(alice: Browser, sandbox: Sandbox, path: str) -> None:
    csrf = token(alice)
    fields = {"csrf_token": csrf, "user_id": "abc", "name": "x", "keywords": "x", "src": "all"}
    assert alice.post(path.replace("abc", "a-b"), fields).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("path", [path for path in GETS if "abc" in path])
def test_what_is_not_there_is_not_there(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404


@pytest.mark.parametrize("path", POSTS)
def test_without_the_token_nothing_is_done(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.post(path, {"name": "x"}, follow=False).status == 400
    assert sandbox.calls == []


@pytest.mark.parametrize("path", POSTS)
def test_no_other_account_answers_for_one_signed_out_elsewhere(
    alice: Browser, sandbox: Sandbox, path: str
) -> None:
    fields = {"csrf_token": token(alice), "account": "0" * 32, "name": "x"}
    page = alice.post(path, fields, follow=False)
    assert page.response.headers["Location"] == "/accounts"
    assert sandbox.calls == []


@pytest.mark.parametrize("path", POSTS)
def test_signed_out_nothing_is_done(browser: Browser, sandbox: Sandbox, path: str) -> None:
    csrf = browser.get("/sign-in").forms()[0].fields["csrf_token"]
    assert browser.post(path, {"csrf_token": csrf}, follow=False).status == 303
    assert sandbox.calls == []


@pytest.mark.parametrize("path", GETS)
def test_signed_out_they_lead_to_the_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    page = browser.get(path, follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


@pytest.mark.parametrize("path", [path for path in POSTS if path not in GETS])
def test_a_get_does_nothing(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 405
    assert sandbox.calls == []


@pytest.mark.parametrize("kind", sorted(MAKINGS))
def test_what_the_server_lacks_is_not_offered(
    alice: Browser, sandbox: Sandbox, app: Flask, kind: str
) -> None:
    thing_id = own(sandbox, kind)
    making = MAKINGS[kind]
    for endpoint in (making.create, making.update, making.delete, "users/lists/pu"):
        set_endpoints(app, sandbox, without=endpoint or "none")
    for deed in making.deeds:
        set_endpoints(app, sandbox, without=deed.endpoint)
    assert f"/{kind}/new" not in alice.get(f"/{kind}").links()
    page = alice.get(f"/{kind}/{thing_id}")
    assert not [link for link in page.links() if link.endswith(("/edit", "/delete"))]
    assert [form.action for form in page.forms() if form.action.startswith(f"/{kind}/")] == []
    sandbox.clear_calls()
    csrf = token(alice)
    assert alice.get(f"/{kind}/new").status == 404
    assert alice.post(f"/{kind}/new", {"csrf_token": csrf, **TYPED[kind]}).status == 404
    assert sandbox.calls == []


def test_what_our_app_may_not_do_is_not_offered(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    with app.app_context():
        db.session.scalars(db.select(Account)).one().permissions = ["read:account"]
        db.session.commit()
    assert "/lists/new" not in alice.get("/lists").links()
    sandbox.clear_calls()
    assert alice.get("/lists/new").status == 404
    assert sandbox.calls == []


def answered(alice: Browser, sandbox: Sandbox, path: str, endpoint: str, answer: str) -> Page:
    """The page while that endpoint answers so."""
    sandbox.misbehave(endpoint, answer)
    return alice.get(path)


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "lost"])
@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/lists/abc/members", "users/lists/show"),
        ("/clips/abc/edit", "clips/show"),
        ("/antennas/new", "users/lists/list"),
        ("/people/abc/lists", "users/show"),
        ("/channels?show=featured", "channels/featured"),
    ],
)
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str, answer: str
) -> None:
    assert answered(alice, sandbox, path, endpoint, answer).status in (502, 504)
