"""Every place opens on servers of every age, and none is offered that they lack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from sandbox import Sandbox
from tests.browsing import Browser

LACKS = {"v11": {"/antennas", "/clips", "/channels"}, "v12": set(), "2025.11": set()}
MORE = [
    "/@bob",
    "/@bob/replies",
    "/@bob/media",
    "/@alice",
    "/notifications?only=reactions",
    "/notifications?only=follows",
    "/search?q=tea",
    "/search?q=al&in=people",
    "/search?q=en&in=tags",
    "/tags/engawa",
    "/drive/all",
    "/drive/all?q=png",
    "/drive?kind=pictures",
]


@pytest.fixture(params=sorted(LACKS))
def old(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A server of each age."""
    with Sandbox(age=request.param) as sandbox:
        yield sandbox


def test_every_place_opens(app: Flask, old: Sandbox) -> None:
    browser = Browser(app, old)
    browser.sign_in("alice")
    menu = browser.get("/menu")
    places = [path for path in menu.links() if path.startswith("/")]
    assert {"/timelines/local", "/timelines/favourites", "/lists", "/drive"} <= set(places)
    assert not LACKS[old.world.age.name] & set(places)
    for path in dict.fromkeys([*places, *MORE]):
        old.clear_calls()
        page = browser.get(path)
        assert page.status == 200, path
        assert page.root is not None, path
        assert len(old.calls) <= 3, path
        assert not [call for call in old.calls if call.status != 200 and "search" not in path]


def test_following_muting_blocking(app: Flask, old: Sandbox) -> None:
    browser = Browser(app, old)
    browser.sign_in("alice")
    me, bob = old.person("alice"), old.person("bob")
    browser.get("/@bob")
    browser.submit(f"/people/{bob.id}/unfollow")
    browser.submit(f"/people/{bob.id}/follow")
    assert (me.id, bob.id) in old.world.following
    browser.submit(f"/people/{bob.id}/mute", until="day")
    assert (me.id, bob.id) in old.world.muting
    browser.submit(f"/people/{bob.id}/unmute")
    browser.get(f"/people/{bob.id}/block")
    browser.submit(f"/people/{bob.id}/block")
    assert (me.id, bob.id) in old.world.blocking
    browser.submit(f"/people/{bob.id}/unblock")
    assert (me.id, bob.id) not in old.world.blocking


def test_the_drive(app: Flask, old: Sandbox) -> None:
    browser = Browser(app, old)
    browser.sign_in("alice")
    me, world = old.person("alice"), old.world
    browser.get("/drive")
    browser.submit("/drive/folders", name="Garden")
    (folder,) = world.folders.values()
    file = next(file for file in world.files.values() if file.user_id == me.id)
    browser.get(f"/drive/move?file={file.id}&into={folder.id}")
    page = browser.submit("/drive/move")
    assert file.folder_id == folder.id
    assert file.name in page.text
    page = browser.get(f"/drive/files/{file.id}")
    path = f"/drive/files/{file.id}"
    has_words = bool(page.all("textarea", name="alt"))
    assert has_words == (world.age.name != "v11")
    browser.submit(path, name="renamed.png", sensitive="1")
    assert (file.name, file.sensitive) == ("renamed.png", True)
    assert browser.get(f"{path}/notes").status == 200
    browser.get(f"{path}/delete")
    browser.submit(f"{path}/delete")
    assert file.id not in world.files
    browser.get(f"/drive/folders/{folder.id}/delete")
    browser.submit(f"/drive/folders/{folder.id}/delete")
    assert world.folders == {}
    assert not [call for call in old.calls if call.status >= 400]
