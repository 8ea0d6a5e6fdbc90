"""Writing pages, posts of galleries and Plays, and changing one's own."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from app.work_forms import FORMS, MOST_PICTURES
from app.works import WORKS
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
KINDS = sorted(FORMS)
TYPED = {
    "pages": {"title": "Rain", "name": "rain", "part-new": "It **rains**."},
    "gallery": {"title": "Rain", "description": "Three drops."},
    "play": {"title": "Rain", "summary": "Drips.", "script": '/// @ 0.19.0\nMk:dialog("a", "b")\n'},
}


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def works_of(sandbox: Sandbox, kind: str) -> dict[str, Any]:
    """All works of that kind, by their ids."""
    world = sandbox.world
    made: dict[str, dict[str, Any]] = {
        "pages": world.pages,
        "gallery": world.gallery,
        "play": world.plays,
    }
    return made[kind]


def work_of(sandbox: Sandbox, kind: str, who: str) -> Any:
    """Somebody's work of that kind; of the only Play they are made the author."""
    owner = sandbox.person(who).id
    for work in works_of(sandbox, kind).values():
        if kind == "play":
            work.user_id = owner
        if work.user_id == owner:
            return work
    raise AssertionError(kind)


def lacking(app: Flask, sandbox: Sandbox, endpoint: str) -> None:
    """Let the server have no such endpoint."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name != endpoint]
        db.session.commit()


def write(browser: Browser, kind: str, **changes: str) -> Page:
    """Fill in the form for a new one, with a picture for a gallery, and send it."""
    browser.get(f"/{kind}/new")
    files = [("drop.png", PNG)] if kind == "gallery" else []
    return browser.press(f"/{kind}/new", files=files, **{**TYPED[kind], **changes})


def endpoints(sandbox: Sandbox) -> list[str]:
    """What was called, in its order."""
    return [call.endpoint for call in sandbox.calls]


# Writing ------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_written_and_shown(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    before = set(works_of(sandbox, kind))
    assert f"/{kind}/new" in alice.get(f"/{kind}").links()
    page = write(alice, kind)
    (made,) = set(works_of(sandbox, kind)) - before
    assert page.path == f"/{kind}/{made}"
    assert "Made." in page.text
    assert "Rain" in page.one("h1").itertext() or "Rain" in page.text


def test_a_page_is_sent_as_the_server_wants_it(alice: Browser, sandbox: Sandbox) -> None:
    write(alice, "pages", summary=" Drops ", font="serif", alignCenter="1")
    (call,) = [call for call in sandbox.calls if call.endpoint == "pages/create"]
    (block,) = call.body.pop("content")
    assert block.pop("id")
    assert block == {"type": "text", "text": "It **rains**."}
    sent = {key: value for key, value in call.body.items() if key != "i"}
    assert sent == {
        "title": "Rain",
        "name": "rain",
        "summary": "Drops",
        "font": "serif",
        "alignCenter": True,
        "hideTitleWhenPinned": False,
        "variables": [],
        "script": "",
    }


def test_a_program_is_sent_to_its_last_line_end(alice: Browser, sandbox: Sandbox) -> None:
    write(alice, "play", visibility="private")
    made = next(play for play in sandbox.world.plays.values() if play.title == "Rain")
    assert made.script == TYPED["play"]["script"]
    assert not made.public
    assert made.user_id == sandbox.person("alice").id


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_made_however_often_the_form_is_sent(
    alice: Browser, sandbox: Sandbox, kind: str
) -> None:
    fields: dict[str, Any] = dict(alice.get(f"/{kind}/new").form(f"/{kind}/new").fields)
    fields |= TYPED[kind]
    if kind == "gallery":
        alice.press("/gallery/new", "drive")
        assert alice.page is not None
        picture = alice.page.all("input", name="file")[0].get("value")
        fields["file"] = [picture]
    before = len(works_of(sandbox, kind))
    alice.post(f"/{kind}/new", fields)
    assert "That was sent before." in alice.post(f"/{kind}/new", fields).text
    assert len(works_of(sandbox, kind)) == before + 1


@pytest.mark.parametrize("kind", KINDS)
def test_enter_makes_it(alice: Browser, kind: str) -> None:
    first = alice.get(f"/{kind}/new").form(f"/{kind}/new").buttons[0]
    assert "value" not in first, "another button than the one that makes it"


# Pictures of a gallery ----------------------------------------------------


def test_a_picture_from_the_device_stays_while_one_types(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/gallery/new")
    page = alice.press("/gallery/new", "attach", title="Begun", files=[("drop.png", PNG)])
    assert page.form("/gallery/new").fields["title"] == "Begun"
    (chosen,) = page.all("input", name="file")
    assert chosen.get("checked") is not None
    assert "gallery/posts/create" not in endpoints(sandbox)
    alice.press("/gallery/new", title="Done", isSensitive="1")
    made = next(post for post in sandbox.world.gallery.values() if post.title == "Done")
    assert [file.name for file in made.files] == ["drop.png"]
    assert made.sensitive


def test_pictures_are_picked_from_the_drive(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/gallery/new")
    page = alice.press("/gallery/new", "drive", title="Picked")
    assert endpoints(sandbox) == ["drive/files"]
    assert sandbox.calls[0].body["type"] == "image/*"
    offered = [box.get("value") for box in page.all("input", name="file")]
    assert len(offered) > 1
    alice.press("/gallery/new", "attach", file=offered[:2])
    made = alice.press("/gallery/new")
    assert "Made." in made.text
    post = next(post for post in sandbox.world.gallery.values() if post.title == "Picked")
    assert len(post.files) == 2


def test_what_is_picked_stays_on_the_way_to_older_files(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/gallery/new")
    files = [(f"{n}.png", PNG + bytes([n])) for n in range(30)]
    alice.press("/gallery/new", "attach", files=files)
    page = alice.press("/gallery/new", "drive")
    kept = [box for box in page.all("input", name="file") if box.get("checked") is not None]
    assert len(kept) == 30
    buttons = page.form("/gallery/new").buttons
    (older,) = [one["value"] for one in buttons if one.get("value", "").startswith("drive ")]
    page = alice.press("/gallery/new", older)
    kept = [box for box in page.all("input", name="file") if box.get("checked") is not None]
    assert len(kept) == 30
    assert sandbox.calls[-1].body["untilId"] == older.partition(" ")[2]
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000


def test_a_post_without_a_picture_is_not_sent(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/gallery/new")
    page = alice.press("/gallery/new", title="Nothing", description="x")
    assert page.status == 400
    assert "Choose a picture first." in page.text
    assert page.form("/gallery/new").fields["description"] == "x"
    assert sandbox.calls == []


def test_more_pictures_than_fit_are_not_sent(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/gallery/new")
    files = [(f"{n}.png", PNG) for n in range(MOST_PICTURES + 1)]
    page = alice.press("/gallery/new", "attach", files=files, title="Many")
    assert "up to 32 pictures" in page.text
    assert sandbox.calls == []


def test_a_picture_that_is_no_file_of_ours_is_left_out(alice: Browser, sandbox: Sandbox) -> None:
    fields = alice.get("/gallery/new").form("/gallery/new").fields
    for junk in ("x", "[]", '{"id": "a.b"}', '{"id": 7}', "{" * 5000):
        page = alice.post("/gallery/new", {**fields, "title": "T", "file": junk})
        assert "Choose a picture first." in page.text
    assert sandbox.calls == []


# Changing -----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_ones_own_is_changed(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    work = work_of(sandbox, kind, "alice")
    path = f"/{kind}/{work.id}/edit"
    assert path in alice.get(f"/{kind}/{work.id}").links()
    page = alice.get(path)
    assert page.form(path).fields["title"] == work.title
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000
    sandbox.clear_calls()
    after = alice.press(path, title="Another title")
    assert after.path == f"/{kind}/{work.id}"
    assert "Saved." in after.text
    assert work.title == "Another title"
    assert endpoints(sandbox)[: 2 if kind == "pages" else 1][-1] == WORKS[kind].update


def test_what_is_not_touched_stays(alice: Browser, sandbox: Sandbox) -> None:
    page, post = work_of(sandbox, "pages", "alice"), work_of(sandbox, "gallery", "alice")
    page.variables, page.script, page.font = [{"name": "x"}], "old", "serif"
    page.hide_title = post.sensitive = True
    # The server knows the pictures of a page by its blocks.
    page.files = page.files[:1]
    before = [*vars(page).items(), *vars(post).items()]
    for path in (f"/pages/{page.id}/edit", f"/gallery/{post.id}/edit"):
        alice.get(path)
        assert "Saved." in alice.press(path).text
    assert [*vars(page).items(), *vars(post).items()] == before


def test_a_picture_without_a_tick_is_taken_off(alice: Browser, sandbox: Sandbox) -> None:
    post = work_of(sandbox, "gallery", "alice")
    first = post.files[0].id
    path = f"/gallery/{post.id}/edit"
    values = [box.get("value") for box in alice.get(path).all("input", name="file")]
    assert len(values) == 2
    alice.press(path, file=values[:1])
    assert [file.id for file in post.files] == [first]


def test_texts_and_titles_change_where_they_stand(alice: Browser, sandbox: Sandbox) -> None:
    page = work_of(sandbox, "pages", "alice")
    path = f"/pages/{page.id}/edit"
    fields = alice.get(path).form(path).fields
    assert fields["part-0"].startswith("How I make **tea**")
    assert fields["part-1"] == "Water"
    assert "part-3" not in fields, "a picture is not typed"
    note, picture = page.content[2], page.content[1]["children"][1]
    alice.press(
        path, **{"part-0": "New\nlines", "part-1": "Fire", "part-2": " ", "part-new": "End"}
    )
    first, section, kept, added = page.content
    assert first["text"] == "New\nlines"
    assert section["title"] == "Fire"
    assert section["children"] == [picture], "the text was emptied, the picture stays"
    assert kept == note
    assert (added["type"], added["text"]) == ("text", "End")


def test_line_ends_that_browsers_make_change_nothing(alice: Browser, sandbox: Sandbox) -> None:
    page = work_of(sandbox, "pages", "alice")
    page.content = [{"id": "a", "type": "text", "text": "one\r\ntwo\rthree", "more": [1.5, None]}]
    before = [dict(page.content[0])]
    path = f"/pages/{page.id}/edit"
    fields = alice.get(path).form(path).fields
    alice.post(path, {**fields, "part-0": "one\r\ntwo\r\nthree"})
    assert page.content == before


NOT_KEPT: list[Any] = [
    [{"id": "x", "type": "button", "text": "Press"}],
    [{"id": "x", "type": "text", "text": None}],
    [{"id": "x", "type": "section", "title": "T"}],
    [{"id": "x", "type": "section", "title": "T", "children": [{"type": "if"}]}],
    [{}],
    [7],
    [{"type": []}],
    "text",
    [{"id": "x", "type": "text", "text": "x"}] * 301,
]


@pytest.mark.parametrize("content", NOT_KEPT, ids=range(len(NOT_KEPT)))
def test_a_page_this_form_would_break_is_left_alone(
    alice: Browser, sandbox: Sandbox, content: Any
) -> None:
    page = work_of(sandbox, "pages", "alice")
    page.content = []
    path = f"/pages/{page.id}/edit"
    fields = alice.get(path).form(path).fields
    answer = {"id": page.id, "user": {"id": page.user_id, "username": "alice"}, "name": "tea"}
    sandbox.misbehave("pages/show", "answer", body={**answer, "content": content})
    shown = alice.get(path)
    assert shown.status == 409
    assert "This page can't be changed here" in shown.text
    assert f"{sandbox.url}/@alice/pages/tea" in shown.links()
    # Whoever had the form open before is told, and nothing is written over.
    assert "changed elsewhere" in alice.post(path, {**fields, "title": "T"}).text
    assert "pages/update" not in endpoints(sandbox)


def test_blocks_of_a_later_version_are_not_written_over_unseen(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = work_of(sandbox, "pages", "alice")
    path = f"/pages/{page.id}/edit"
    alice.get(path)
    page.content = [*page.content, {"id": "l", "type": "text", "text": "Later."}]
    told = alice.press(path, **{"part-0": "Mine"})
    assert told.status == 409
    assert "This page was changed elsewhere" in told.text
    assert told.form(path).fields["part-0"] == "Mine"
    assert page.content[-1]["text"] == "Later."
    assert "Saved." in alice.press(path).text
    assert page.content[0]["text"] == "Mine"


@pytest.mark.parametrize("junk", ["x", "{}", "[7]", '[{"type":"if"}]', "[" * 5000])
def test_blocks_our_form_did_not_send_are_refused(
    alice: Browser, sandbox: Sandbox, junk: str
) -> None:
    fields = alice.get("/pages/new").form("/pages/new").fields
    page = alice.post("/pages/new", {**fields, **TYPED["pages"], "content": junk})
    assert page.status == 400
    assert sandbox.calls == []


# What is not right --------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "field", "typed", "words"),
    [
        ("pages", "title", " ", "Write something here first."),
        ("pages", "name", "", "Write something here first."),
        ("pages", "name", "two words", "No spaces, and none of these"),
        ("pages", "name", "a/b", "No spaces, and none of these"),
        ("pages", "title", "x" * 257, "up to 256 characters"),
        ("pages", "font", "wingdings", "Choose one of these."),
        ("gallery", "title", "", "Write something here first."),
        ("gallery", "description", "x" * 2049, "up to 2048 characters"),
        ("play", "script", "\n", "Write something here first."),
        ("play", "visibility", "x", "Choose one of these."),
    ],
)
def test_what_cannot_be_sent_comes_back_with_everything(
    alice: Browser, sandbox: Sandbox, kind: str, field: str, typed: str, words: str
) -> None:
    alice.get(f"/{kind}/new")
    page = alice.press(f"/{kind}/new", **{**TYPED[kind], field: typed})
    assert page.status == 400
    assert words in page.text
    fields = page.form(f"/{kind}/new").fields
    assert fields[field] == typed
    kept = {name: text for name, text in TYPED[kind].items() if name != field}
    assert kept.items() <= fields.items()
    marked = [c for c in page.root.iter() if c.get("aria-invalid") == "true"]
    assert [control.get("name") for control in marked] == [field]
    assert sandbox.calls == []


def test_a_name_that_is_taken_is_said_beside_it(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, "pages", name="tea")
    assert "Another page of yours has this name." in page.text
    assert page.one("input", name="name").get("aria-invalid") == "true"
    assert page.form("/pages/new").fields["part-new"] == "It **rains**."


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", ["internal-error", "rate-limited", "lost", "down"])
def test_what_was_typed_outlives_a_server_that_fails(
    alice: Browser, sandbox: Sandbox, kind: str, answer: str
) -> None:
    work = work_of(sandbox, kind, "alice")
    path = f"/{kind}/{work.id}/edit"
    alice.get(path)
    sandbox.misbehave(WORKS[kind].update, answer)
    page = alice.press(path, title="Kept")
    assert page.status in (429, 502, 504)
    assert page.form(path).fields["title"] == "Kept"
    sandbox.behave()
    sandbox.misbehave(WORKS[kind].create, answer)
    page = write(alice, kind, title="Kept, too")
    assert page.form(f"/{kind}/new").fields["title"] == "Kept, too"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "lost"])
def test_the_form_of_a_work_that_cannot_be_read_is_a_page(
    alice: Browser, sandbox: Sandbox, kind: str, answer: str
) -> None:
    work = work_of(sandbox, kind, "alice")
    sandbox.misbehave(WORKS[kind].shown_by, answer)
    assert alice.get(f"/{kind}/{work.id}/edit").status in (502, 504)


# Whom it is not for -------------------------------------------------------


@pytest.mark.parametrize(("kind", "who"), [("pages", "haru"), ("gallery", "bob"), ("play", "bob")])
def test_somebody_elses_is_not_changed(
    alice: Browser, sandbox: Sandbox, kind: str, who: str
) -> None:
    work = work_of(sandbox, kind, who)
    title, path = work.title, f"/{kind}/{work.id}/edit"
    assert path not in alice.get(f"/{kind}/{work.id}").links()
    assert alice.get(path).status == 404
    fields = alice.get(f"/{kind}/new").form(f"/{kind}/new").fields
    sent = {**fields, **TYPED[kind], "file": '{"id": "abc"}'}
    assert alice.post(path, sent).status >= 400 or kind == "play"
    assert work.title == title


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("doing", ["create", "update"])
def test_what_the_server_lacks_is_not_offered(
    alice: Browser, app: Flask, sandbox: Sandbox, kind: str, doing: str
) -> None:
    work = work_of(sandbox, kind, "alice")
    path = f"/{kind}/new" if doing == "create" else f"/{kind}/{work.id}/edit"
    fields = alice.get(path).form(path).fields
    lacking(app, sandbox, getattr(WORKS[kind], doing))
    assert path not in alice.get(f"/{kind}").links()
    assert path not in alice.get(f"/{kind}/{work.id}").links()
    sandbox.clear_calls()
    assert alice.get(path).status == 404
    assert alice.post(path, {**fields, **TYPED[kind]}).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_our_app_may_not_write_is_not_offered(
    alice: Browser, app: Flask, sandbox: Sandbox, kind: str
) -> None:
    with app.app_context():
        db.session.scalars(db.select(Account)).one().permissions = ["read:account"]
        db.session.commit()
    assert f"/{kind}/new" not in alice.get(f"/{kind}").links()
    sandbox.clear_calls()
    assert alice.get(f"/{kind}/new").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_forms_want_our_token_and_the_account(
    alice: Browser, sandbox: Sandbox, kind: str
) -> None:
    fields = alice.get(f"/{kind}/new").form(f"/{kind}/new").fields | TYPED[kind]
    for path in (f"/{kind}/new", f"/{kind}/abc/edit"):
        assert alice.post(path, {**fields, "csrf_token": ""}).status == 400
        other = alice.post(path, {**fields, "account": "0" * 32}, follow=False)
        assert other.response.headers["Location"] == "/accounts"
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/pages/a.b/edit", "/gallery/%00/edit", "/play/a-b/edit"])
def test_what_can_be_no_id_makes_no_call(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/pages/new", "/gallery/abc/edit", "/play/new"])
def test_signed_out_they_lead_to_the_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    page = browser.get(path, follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []
