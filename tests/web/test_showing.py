"""What a note shows: markup, pictures, polls, emoji; and nothing of it in data-saver mode."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Server
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.web.test_actions import post

USER = {"id": "u1", "username": "haru", "name": "はる", "host": None}


def note(**fields: Any) -> dict[str, Any]:
    """A note as a server sends it."""
    return {
        "id": "n1",
        "createdAt": "2026-11-23T01:17:51.382Z",
        "userId": "u1",
        "user": USER,
        "text": None,
        "visibility": "public",
        **fields,
    }


def show(alice: Browser, sandbox: Sandbox, **fields: Any) -> Page:
    """Home with only this note."""
    sandbox.misbehave("notes/timeline", "answer", body=[note(**fields)])
    return alice.get("/")


def file(**fields: Any) -> dict[str, Any]:
    """A picture as a server sends it."""
    return {
        "id": "f1",
        "name": "photo.png",
        "type": "image/png",
        "size": 7429,
        "url": "https://misskey.example/files/full",
        "thumbnailUrl": "https://misskey.example/files/small",
        "comment": "a cat on a roof",
        "isSensitive": False,
        "blurhash": "e1G7Mh~C4n#SM{}[NGRjjZbHxuE1Rjxut7^QR*IUWBxu4nWV?HM{IU",
        "properties": {"width": 640, "height": 480},
        **fields,
    }


def rects(page: Page) -> list[Any]:
    """The coloured rectangles behind pictures. SVG keeps its namespace in the tree."""
    return [element for element in page.root.iter() if str(element.tag).endswith("}rect")]


def test_markup_is_markup(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, text="**bold** $[tada yes] `code` :tea:")
    assert [b.text for b in page.all("b")] == ["bold"] or page.all("strong")
    assert page.all("span", class_="mfm-tada")
    assert page.all("code")
    assert page.all("img", class_="emoji", alt=":tea:")


def test_values_of_markup_have_a_sheet_of_their_own(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, text="$[fg.color=ff8800 warm] $[rotate.deg=30 askew]")
    (sheet,) = [
        link.get("href", "")
        for link in page.all("link", rel="stylesheet")
        if "/mfm.css?" in link.get("href", "") and "static" not in link.get("href", "")
    ]
    rules = alice.get(sheet)
    assert rules.response.mimetype == "text/css"
    assert "color:#ff8800" in rules.html
    assert "rotate(30deg)" in rules.html
    assert "immutable" in rules.response.headers["Cache-Control"]


@pytest.mark.parametrize("values", ["", "c-ff8800;}body{x", "~" * 3000, "c-" + "f" * 5000, "é"])
def test_a_sheet_of_junk_is_empty(alice: Browser, values: str) -> None:
    sheet = alice.get("/mfm.css?v=" + values)
    assert sheet.status == 200
    assert sheet.html == ""


def test_a_page_without_values_links_no_sheet(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, text="plain")
    assert not [link for link in page.all("link") if "/mfm.css?v=c" in link.get("href", "")]


def test_a_picture_keeps_its_size_and_has_its_colour_behind(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = show(alice, sandbox, files=[file()])
    (picture,) = [img for img in page.all("img") if "small" in img.get("src", "")]
    assert (picture.get("width"), picture.get("height")) == ("640", "480")
    assert picture.get("alt") == "a cat on a roof"
    assert picture.get("loading") == "lazy"
    (behind,) = rects(page)
    assert behind.get("fill", "").startswith("#")
    caption = page.one("p", class_="caption")
    assert "a cat on a roof" in "".join(caption.itertext())
    assert caption.get("aria-hidden") == "true"


def test_an_average_colour_of_old_servers(alice: Browser, sandbox: Sandbox) -> None:
    properties = {"width": 64, "height": 48, "avgColor": "rgb(40,65,300)"}
    page = show(alice, sandbox, files=[file(blurhash=None, properties=properties)])
    assert rects(page)[0].get("fill") == "#2841ff"


@pytest.mark.parametrize("blurhash", ["", "abc", "é" * 30, 'e1"7Mh~C4n', None])
def test_a_blurhash_that_is_none_gives_no_colour(
    alice: Browser, sandbox: Sandbox, blurhash: str | None
) -> None:
    page = show(alice, sandbox, files=[file(blurhash=blurhash)])
    assert rects(page) == []
    assert [img for img in page.all("img") if "small" in img.get("src", "")]


def test_a_picture_without_words_says_so(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, files=[file(comment=None)])
    (picture,) = [img for img in page.all("img") if "small" in img.get("src", "")]
    assert picture.get("alt") == "Picture without a description"


def test_what_is_sensitive_is_veiled(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, files=[file(isSensitive=True)])
    veil = page.one("details", class_="veiled")
    assert veil.get("open") is None
    assert list(veil.iter("img"))


@pytest.mark.parametrize(("kind", "tag"), [("video/mp4", "video"), ("audio/mpeg", "audio")])
@pytest.mark.parametrize("words", ["The moon goes up.", None])
def test_a_players_description_is_heard_once(
    alice: Browser, sandbox: Sandbox, kind: str, tag: str, words: str | None
) -> None:
    page = show(alice, sandbox, files=[file(type=kind, name="moon", comment=words)])
    (figure,) = [one for one in page.all("figure") if list(one.iter(tag))]
    without = {"video": "Video without a description", "audio": "Sound without a description"}
    assert page.one(tag).get("aria-label") == (words or without[tag])
    lines = [("".join(line.itertext()), line.get("aria-hidden")) for line in figure.iter("p")]
    assert [line for line, is_hidden in lines if is_hidden] == ([words] if words else [])
    (heard,) = [line.strip() for line, is_hidden in lines if not is_hidden]
    assert heard.startswith("moon")
    assert not list(figure.iter("figcaption"))


@pytest.mark.parametrize(("kind", "tag"), [("video/mp4", "video"), ("audio/mpeg", "audio")])
def test_players_load_nothing_by_themselves(
    alice: Browser, sandbox: Sandbox, kind: str, tag: str
) -> None:
    page = show(alice, sandbox, files=[file(type=kind)])
    player = page.one(tag)
    assert player.get("preload") == "none"
    assert player.get("controls") is not None
    assert player.get("autoplay") is None


@pytest.mark.parametrize("kind", ["text/plain", "application/pdf", "image/svg+xml", "", "x"])
def test_other_files_are_links(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    page = show(alice, sandbox, files=[file(type=kind, comment=None)])
    assert page.all("video") == rects(page) == []
    assert "https://misskey.example/files/full" in page.links()
    assert "photo.png" in page.text
    assert "7.4 kB" in page.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", None, "//x"])
def test_an_address_that_is_none_is_not_used(
    alice: Browser, sandbox: Sandbox, url: str | None
) -> None:
    page = show(alice, sandbox, files=[file(url=url, thumbnailUrl=url)])
    addresses = [e.get("src") or e.get("href") or "" for e in page.root.iter()]
    assert not [a for a in addresses if "alert" in a or a.startswith(("data:", "//"))]
    assert "a cat on a roof" in page.text


def test_data_saver_loads_nothing(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/settings")
    assert "Saved for @alice@" in alice.submit("/settings", saves_data="1").text
    page = show(
        alice,
        sandbox,
        text=":tea:",
        files=[file(), file(id="f2", type="video/mp4")],
        reactions={":tea@.:": 2},
        user={**USER, "avatarUrl": "https://misskey.example/avatar"},
    )
    assert page.all("img") == page.all("video") == []
    assert ":tea:" in page.text
    assert "a cat on a roof" in page.text
    alice.get("/settings")
    alice.submit("/settings", saves_data=None)
    assert alice.get("/").all("img")


EMOJI_SHAPES = [
    ({"emojis": [{"name": "blobcat", "url": "https://e.example/list.png"}]}, "list.png"),
    ({"emojis": {"blobcat": "https://e.example/map.png"}}, "map.png"),
    ({}, "/emoji/blobcat.webp"),
    ({"emojis": None}, "/emoji/blobcat.webp"),
]


@pytest.mark.parametrize(("fields", "address"), EMOJI_SHAPES)
def test_emoji_in_every_shape(
    alice: Browser, sandbox: Sandbox, fields: dict[str, Any], address: str
) -> None:
    page = show(alice, sandbox, text=":blobcat:", **fields)
    (picture,) = page.all("img", alt=":blobcat:")
    assert picture.get("src", "").endswith(address)


REACTIONS = [
    (":blobcat@.:", {}, ":blobcat:", "/emoji/blobcat.webp"),
    (":blobcat:", {}, ":blobcat:", "/emoji/blobcat.webp"),
    (
        ":igyo@far.example:",
        {"reactionEmojis": {"igyo@far.example": "https://far.example/igyo.png"}},
        ":igyo@far.example:",
        "igyo.png",
    ),
    (":igyo@far.example:", {}, ":igyo@far.example:", "/emoji/igyo%40far.example.webp"),
    (
        ":blobcat@.:",
        {"emojis": [{"name": "blobcat@.", "url": "https://e.example/old.png"}]},
        ":blobcat:",
        "old.png",
    ),
]


@pytest.mark.parametrize(("reaction", "fields", "code", "address"), REACTIONS)
def test_reactions_in_every_shape(
    alice: Browser,
    sandbox: Sandbox,
    reaction: str,
    fields: dict[str, Any],
    code: str,
    address: str,
) -> None:
    page = show(alice, sandbox, reactions={reaction: 2}, **fields)
    (picture,) = page.all("img", alt=code)
    assert picture.get("src", "").endswith(address)


def test_an_old_server_s_reactions_are_emoji_and_its_zeros_hidden(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = show(alice, sandbox, reactions={"like": 0, "congrats": 1, "pudding": 2})
    assert "🎉" in page.text
    assert "🍮" in page.text
    assert not [b for f in page.forms() for b in f.buttons if b.get("value") == "like"]


def test_ones_own_reaction_is_marked_and_can_be_taken_back(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = show(alice, sandbox, reactions={"🍵": 2, "🍡": 1}, myReaction="🍵")
    (mine,) = page.all("button", class_="mine")
    assert mine.get("aria-pressed") == "true"
    # Each goes where it goes by a form of its own: text browsers know no formaction.
    pressed = {"🍵": "/notes/n1/unreact", "🍡": "/notes/n1/react"}
    for item in page.one("ul", aria_label="Reactions"):
        (form,) = item.iter("form")
        assert form.get("action") == pressed["".join(item.itertext()).split()[0]]
        assert next(form.iter("button")).get("formaction") is None


def test_a_note_that_wants_only_likes_offers_only_that(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, text="x", reactionAcceptance="likeOnly")
    offered = [
        b["value"]
        for f in page.forms()
        if f.action.endswith("/react")
        for b in f.buttons
        if "value" in b
    ]
    assert offered == ["❤"]
    assert "Likes only" in page.text


def poll(**fields: Any) -> dict[str, Any]:
    choices = [
        {"text": "梅", "votes": 1, "isVoted": False},
        {"text": "おかか", "votes": 2, "isVoted": False},
    ]
    return {"multiple": False, "expiresAt": None, "choices": choices, **fields}


def voting(page: Page) -> list[str]:
    """The answers that can still be given."""
    forms = [form for form in page.forms() if form.action.endswith("/vote")]
    return [button["value"] for form in forms for button in form.buttons]


def test_a_poll_can_be_voted_on(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, text="which?", poll=poll())
    assert voting(page) == ["0", "1"]
    assert "3 votes" in page.text


def test_a_poll_one_voted_on_shows_its_results(alice: Browser, sandbox: Sandbox) -> None:
    choices = [
        {"text": "梅", "votes": 2, "isVoted": True},
        {"text": "おかか", "votes": 2, "isVoted": False},
    ]
    page = show(alice, sandbox, text="which?", poll=poll(choices=choices))
    assert voting(page) == []
    assert [meter.get("value") for meter in page.all("meter")] == ["2", "2"]
    assert "(your vote)" in page.text
    several = show(alice, sandbox, text="which?", poll=poll(choices=choices, multiple=True))
    assert voting(several) == ["1"]


def test_a_poll_that_is_over_takes_no_votes(alice: Browser, sandbox: Sandbox) -> None:
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    page = show(alice, sandbox, text="which?", poll=poll(expiresAt=past))
    assert voting(page) == []
    assert "ended" in page.text
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert voting(show(alice, sandbox, text="which?", poll=poll(expiresAt=future)))


def test_voting(alice: Browser, sandbox: Sandbox) -> None:
    page = show(alice, sandbox, text="which?", poll=poll())
    form = page.form("/notes/n1/vote")
    sandbox.misbehave("notes/polls/vote", "no-content")
    page = alice.post("/notes/n1/vote", {**form.fields, "choice": "1"})
    assert "Your vote is in." in page.text
    assert sandbox.calls_of("notes/polls/vote")[0].body["choice"] == 1


def test_channel_recipients_edits_and_bots_are_told(alice: Browser, sandbox: Sandbox) -> None:
    page = show(
        alice,
        sandbox,
        text="x",
        channel={"id": "c1", "name": "縁側部"},
        visibility="specified",
        visibleUserIds=["a", "b"],
        updatedAt="2026-11-23T02:00:00.000Z",
        user={**USER, "isBot": True},
    )
    for words in ("In the channel 縁側部", "Direct · 2 people", "edited", "Bot"):
        assert words in page.text


def test_ones_own_renote_can_be_taken_back_where_it_stands(
    alice: Browser, sandbox: Sandbox
) -> None:
    note_id = post(alice, "pass me on")
    alice.get(f"/notes/{note_id}")
    alice.submit(f"/notes/{note_id}/renote", next="/")
    page = alice.get("/")
    renote_id = page.note_ids()[0]
    assert renote_id != note_id
    alice.submit(f"/notes/{renote_id}/unrenote")
    # notes/unrenote would delete one's quotes of the note too.
    assert sandbox.calls_of("notes/delete")[0].body["noteId"] == renote_id
    assert sandbox.calls_of("notes/unrenote") == []
    assert note_id in sandbox.world.notes
    assert renote_id not in sandbox.world.notes


def test_cats_talk_like_cats_but_their_names_do_not(alice: Browser, sandbox: Sandbox) -> None:
    cat = {**USER, "name": "ななし", "isCat": True}
    page = show(alice, sandbox, text="なにか", user=cat)
    assert "にゃにか" in page.text
    assert "ななし" in page.text


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "$[fg.color=red;background:url(x) y]",
    "$[border.color=f00;}*{display:none} y]",
    "`</code><script>`",
    "```html\n</code></pre><iframe>\n```",
    '<b onmouseover="x">b</b>',
    ":<svg/onload=1>:",
    'https://evil.example/"onmouseover="x',
    "#<script>",
    "@<script>@evil",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_out(alice: Browser, sandbox: Sandbox, text: str) -> None:
    page = show(
        alice,
        sandbox,
        text=text,
        cw=text,
        user={**USER, "name": text, "username": text},
        reactions={text: 3},
        files=[file(name=text, comment=text, type=text)],
        poll=poll(choices=[{"text": text, "votes": 1}]),
        channel={"id": text, "name": text},
    )
    allowed_svg = {"svg", "use", "rect"}
    assert page.foreign_scripts() == []
    for element in page.root.iter():
        assert element.tag not in ("object", "embed", "style", "base")
        # One of our own counts newer notes where there is no script.
        assert element.tag != "iframe" or element.get("src", "").startswith("/live/newer?")
        assert element.tag not in ("path", "foreignObject") or element.tag in allowed_svg
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), (element.tag, name)
            assert name != "style"
            if name in ("href", "src", "action", "formaction"):
                assert not value.lower().lstrip().startswith(("javascript:", "data:"))


def test_an_old_server_s_pictures_are_not_guessed(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    """Old ones answer `/emoji/NAME.webp` with 200 and their start page."""
    with app.app_context():
        server = db.session.get(Server, sandbox.host)
        assert server is not None
        server.endpoints = [name for name in server.endpoints if name != "emojis"]
        db.session.commit()
    page = show(
        alice,
        sandbox,
        text=":blobcat: :sent:",
        emojis=[{"name": "sent", "url": "https://e.example/sent.png"}],
        reactions={":blobcat@.:": 2, ":igyo@far.example:": 1},
    )
    pictures = [img.get("src", "") for img in page.all("img", class_="emoji")]
    assert set(pictures) == {"https://e.example/sent.png"}
    assert ":blobcat:" in page.text
    assert ":igyo@far.example:" in page.text
