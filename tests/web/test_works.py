"""Pages, galleries and Play: read, liked, deleted where they are one's own."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from app.works import DEEPEST, WORKS
from sandbox import Sandbox
from sandbox.records import GalleryPost, Play, WrittenPage
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


def page_of(sandbox: Sandbox, who: str) -> WrittenPage:
    """Somebody's page."""
    owner = sandbox.person(who).id
    return next(page for page in sandbox.world.pages.values() if page.user_id == owner)


def post_of(sandbox: Sandbox, who: str) -> GalleryPost:
    """Somebody's post."""
    owner = sandbox.person(who).id
    return next(post for post in sandbox.world.gallery.values() if post.user_id == owner)


def play_of(sandbox: Sandbox, who: str) -> Play:
    """The only Play, made by somebody of our choice."""
    (play,) = sandbox.world.plays.values()
    play.user_id = sandbox.person(who).id
    return play


def work_of(sandbox: Sandbox, kind: str, who: str) -> GalleryPost | Play | WrittenPage:
    """Somebody's work of that kind."""
    return {"pages": page_of, "gallery": post_of, "play": play_of}[kind](sandbox, who)


def lacking(app: Flask, sandbox: Sandbox, endpoint: str) -> None:
    """Let the server have no such endpoint."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name != endpoint]
        db.session.commit()


SHELVES = [(kind.name, shelf.name) for kind in WORKS.values() for shelf in kind.shelves]


@pytest.mark.parametrize(("kind", "shelf"), SHELVES)
def test_each_shelf_is_one_call(alice: Browser, sandbox: Sandbox, kind: str, shelf: str) -> None:
    row = WORKS[kind].shelf(shelf)
    assert row is not None
    page = alice.get(f"/{kind}?show={shelf}")
    assert page.status == 200
    assert [call.endpoint for call in sandbox.calls] == [row.endpoint]
    here = [tab.get("href") for tab in page.all("a", aria_current="page")]
    # A kind with a single shelf has no row of them.
    assert here == ([f"/{kind}?show={shelf}"] if len(WORKS[kind].shelves) > 1 else [])
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000


@pytest.mark.parametrize(("kind", "shelf"), SHELVES)
def test_a_shelf_the_server_lacks_is_not_offered(
    alice: Browser, app: Flask, sandbox: Sandbox, kind: str, shelf: str
) -> None:
    row = WORKS[kind].shelf(shelf)
    assert row is not None
    lacking(app, sandbox, row.endpoint)
    page = alice.get(f"/{kind}?show={shelf}")
    assert row.endpoint not in [call.endpoint for call in sandbox.calls]
    assert f"/{kind}?show={shelf}" not in page.links()


@pytest.mark.parametrize("kind", sorted(WORKS))
def test_what_the_server_lacks_is_not_there(
    alice: Browser, app: Flask, sandbox: Sandbox, kind: str
) -> None:
    assert f"/{kind}" in alice.get("/menu").links()
    lacking(app, sandbox, WORKS[kind].shown_by)
    assert f"/{kind}" not in alice.get("/menu").links()
    sandbox.clear_calls()
    assert alice.get(f"/{kind}").status == 404
    assert alice.get(f"/{kind}/abc").status == 404
    assert sandbox.calls == []


def test_what_our_app_may_not_read_is_not_offered(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    with app.app_context():
        db.session.scalars(db.select(Account)).one().permissions = ["read:account"]
        db.session.commit()
    links = alice.get("/pages").links()
    assert "/pages?show=mine" not in links
    assert "/pages?show=liked" not in links
    page = page_of(sandbox, "haru")
    assert alice.get(f"/pages/{page.id}").forms() == []


def test_a_page_is_shown_whole(alice: Browser, sandbox: Sandbox) -> None:
    written = page_of(sandbox, "alice")
    page = alice.get(f"/pages/{written.id}")
    assert [call.endpoint for call in sandbox.calls] == ["pages/show", "notes/show"]
    assert page.one("h1").itertext()
    assert "Tea on the veranda" in page.text
    assert page.one("b").text == "tea", "markup is written out"
    (part,) = [h for h in page.all("h2") if h.text == "Water"]
    assert part.get("dir") == "auto"
    (picture,) = [img for img in page.all("img") if "The veranda" in img.get("alt", "")]
    assert picture.get("src", "").startswith(sandbox.url)
    assert page.all("blockquote"), "a note of the page is shown"
    assert f"{sandbox.url}/@alice/pages/tea" in page.links()


def test_a_page_has_the_address_it_has_at_the_server(alice: Browser, sandbox: Sandbox) -> None:
    assert "ねこの日なた" in alice.get("/@haru/pages/neko").text
    assert sandbox.calls[0].body["username"] == "haru"
    assert alice.get("/@haru/pages/nothing").status == 404


@pytest.mark.parametrize("path", ["/@a b/pages/x", "/@juno@far.example/pages/x"])
def test_what_can_be_no_page_of_this_server_makes_no_call(
    alice: Browser, sandbox: Sandbox, path: str
) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


def test_more_notes_than_two_are_links(alice: Browser, sandbox: Sandbox) -> None:
    ids = [note.id for note in sandbox.world.notes.values() if note.visibility == "public"][:5]
    written = page_of(sandbox, "haru")
    written.content = [{"id": id, "type": "note", "detailed": False, "note": id} for id in ids]
    links = alice.get(f"/pages/{written.id}").links()
    assert len(sandbox.calls) == 3
    assert all(f"/notes/{id}" in links for id in ids[2:])


def test_a_note_that_is_gone_is_a_link(alice: Browser, sandbox: Sandbox) -> None:
    written = page_of(sandbox, "haru")
    written.content = [{"id": "n", "type": "note", "detailed": True, "note": "gone"}]
    assert "/notes/gone" in alice.get(f"/pages/{written.id}").links()


def _deep(depth: int) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": "the bottom"}
    for _ in range(depth):
        block = {"type": "section", "title": "down", "children": [block]}
    return block


ODD_BLOCKS: list[list[Any]] = [
    [7, None, "x", [], {}],
    [{"type": "text", "text": 7}, {"type": "text", "text": "still here"}],
    [{"type": "section", "children": "x"}, {"type": "section"}],
    [{"type": "image", "fileId": None}, {"type": "image", "fileId": "nope"}],
    [{"type": "note"}, {"type": "note", "note": "a/../b?c"}],
    [{"type": "canvas", "script": "<script>"}, {"type": "button", "text": "Press"}],
    [_deep(60)],
    [{"type": "text", "text": "x"}] * 1000,
]


@pytest.mark.parametrize("content", ODD_BLOCKS)
def test_odd_blocks_are_shown_as_far_as_can_be(
    alice: Browser, sandbox: Sandbox, content: list[Any]
) -> None:
    written = page_of(sandbox, "haru")
    answer = {
        "id": written.id,
        "title": "T",
        "user": {"id": "u", "username": "haru"},
        "content": content,
    }
    sandbox.misbehave("pages/show", "answer", body=answer)
    page = alice.get(f"/pages/{written.id}")
    assert page.status == 200
    assert page.root is not None
    if content == ODD_BLOCKS[1]:
        assert "still here" in page.text
    if content == ODD_BLOCKS[5]:
        assert "A part that only the official client can show" in page.text


def test_parts_within_parts_end_somewhere(alice: Browser, sandbox: Sandbox) -> None:
    written = page_of(sandbox, "haru")
    written.content = [_deep(DEEPEST + 3)]
    page = alice.get(f"/pages/{written.id}")
    assert len([h for h in page.all("h6") if h.text == "down"]) == 3
    assert "the bottom" in page.text


def test_a_post_shows_its_pictures(alice: Browser, sandbox: Sandbox) -> None:
    post = post_of(sandbox, "alice")
    page = alice.get(f"/gallery/{post.id}")
    assert [call.endpoint for call in sandbox.calls] == ["gallery/posts/show"]
    alts = [img.get("alt") for img in page.all("img")]
    assert all(file.comment in alts for file in post.files)
    assert page.one("b").text == "veranda"


def test_a_sensitive_post_stands_for_itself_without_a_picture(
    alice: Browser, sandbox: Sandbox
) -> None:
    for post in sandbox.world.gallery.values():
        post.sensitive = True
    assert alice.get("/gallery?show=new").all("img", width="72") == []


def test_a_play_is_told_of_and_not_run(alice: Browser, sandbox: Sandbox) -> None:
    (play,) = sandbox.world.plays.values()
    assert f"/play/{play.id}" in alice.get("/play").links()
    page = alice.get(f"/play/{play.id}")
    assert "It runs in the official client" in page.text
    assert play.script not in page.html
    assert f"{sandbox.url}/play/{play.id}" in page.links()


def test_plays_are_found_by_words(alice: Browser, sandbox: Sandbox) -> None:
    assert "Tea leaves" in alice.get("/play?q=fortune").text
    assert [call.endpoint for call in sandbox.calls] == ["flash/search"]
    assert "Nothing was found." in alice.get("/play?q=zebra").text


# Liking -------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "who"), [("pages", "haru"), ("gallery", "bob"), ("play", "bob")])
def test_one_likes_and_takes_it_back(alice: Browser, sandbox: Sandbox, kind: str, who: str) -> None:
    work = work_of(sandbox, kind, who)
    path = f"/{kind}/{work.id}"
    alice.get(path)
    after = alice.submit(f"{path}/like")
    assert after.path == path
    assert "You like it." in after.text
    assert (sandbox.person("alice").id, work.id) in sandbox.world.likes
    assert path in alice.get(f"/{kind}?show=liked").links()
    alice.get(path)
    assert "Your like is taken back." in alice.submit(f"{path}/unlike").text
    assert (sandbox.person("alice").id, work.id) not in sandbox.world.likes


def test_what_was_so_already_is_a_sentence(alice: Browser, sandbox: Sandbox) -> None:
    work = page_of(sandbox, "haru")
    alice.get(f"/pages/{work.id}")
    sandbox.world.likes[sandbox.person("alice").id, work.id] = "before"
    assert "You liked it before." in alice.submit(f"/pages/{work.id}/like").text


def test_one_does_not_like_ones_own(alice: Browser, sandbox: Sandbox) -> None:
    work = page_of(sandbox, "alice")
    assert alice.get(f"/pages/{work.id}").forms() == []


# Deleting -----------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(WORKS))
def test_ones_own_is_deleted_after_a_question(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    work = work_of(sandbox, kind, "alice")
    path = f"/{kind}/{work.id}/delete"
    assert path in alice.get(f"/{kind}/{work.id}").links()
    alice.get(path)
    world = sandbox.world
    assert work.id in [*world.pages, *world.gallery, *world.plays]
    after = alice.submit(path)
    assert after.path == f"/{kind}?show=mine"
    assert "Deleted." in after.text
    assert work.id not in [*world.pages, *world.gallery, *world.plays]


@pytest.mark.parametrize(("kind", "who"), [("pages", "haru"), ("gallery", "bob"), ("play", "bob")])
def test_somebody_elses_is_not_deleted(
    alice: Browser, sandbox: Sandbox, kind: str, who: str
) -> None:
    work = work_of(sandbox, kind, who)
    path = f"/{kind}/{work.id}/delete"
    assert path not in alice.get(f"/{kind}/{work.id}").links()
    assert alice.get(path).status == 404


# What is turned away ------------------------------------------------------


@pytest.mark.parametrize("path", ["/pages/a%20b", "/gallery/%00", "/play/a.b", "/pages/a-b/delete"])
def test_what_can_be_no_id_makes_no_call(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


def test_actions_want_our_token_and_the_account(alice: Browser, sandbox: Sandbox) -> None:
    path = f"/pages/{page_of(sandbox, 'haru').id}/like"
    assert alice.post(path, {}).status == 400
    token = alice.get("/pages").forms() or alice.get("/language").forms()
    fields = {"csrf_token": token[0].fields["csrf_token"], "account": "0" * 32}
    sandbox.clear_calls()
    assert alice.post(path, fields, follow=False).status == 303
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/pages", "/gallery/abc", "/play"])
def test_signed_out_they_lead_to_the_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    page = browser.get(path, follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "lost"])
@pytest.mark.parametrize(
    ("path", "endpoint"), [("/pages", "pages/featured"), ("/gallery/abc", "gallery/posts/show")]
)
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str, answer: str
) -> None:
    sandbox.misbehave(endpoint, answer)
    assert alice.get(path).status in (502, 504)
