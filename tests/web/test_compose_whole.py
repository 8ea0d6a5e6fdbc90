"""Everything the form to write a note can do, without JavaScript."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from app.rendering import static_url
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import hurried
from tests.web.test_uploads import file_ids, knows, png

POLL = ["tea", "coffee"]


def write(browser: Browser, do: str = "post", **changes: str | list[str]) -> Page:
    """Fill an empty form in and press a button."""
    browser.get("/compose")
    return browser.press("/compose", do, **changes)


def created(sandbox: Sandbox) -> dict:
    """What the last notes/create got."""
    return sandbox.calls_of("notes/create")[-1].body


def note_by(sandbox: Sandbox, username: str, **what: object) -> str:
    """The id of a note of that person with these attributes."""
    person = sandbox.person(username)
    for note in sandbox.world.notes.values():
        if note.user_id == person.id and all(getattr(note, k) == v for k, v in what.items()):
            return note.id
    raise LookupError(username)


def open_parts(page: Page) -> list[str | None]:
    """The ids of the parts that stand open."""
    return [one.get("id") for one in page.all("details") if one.get("open") is not None]


# The form ---------------------------------------------------------------------------------


def test_the_empty_form_is_light_and_folded(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/compose")
    assert open_parts(page) == []
    assert len(page.html.encode()) < 16_000
    assert sandbox.calls == []
    assert [part.get("id") for part in page.all("details")] == [
        "warning",
        "audience",
        "files",
        "poll",
        "more",
        "later",
    ]


def test_only_what_was_there_before_is_enough(alice: Browser, sandbox: Sandbox) -> None:
    token = alice.get("/compose").form("/compose").fields["csrf_token"]
    page = alice.post("/compose", {"csrf_token": token, "text": "bare"})
    assert "Posted." in page.text
    body = created(sandbox)
    body.pop("i")
    assert body == {"text": "bare", "visibility": "public"}


def test_an_unknown_button_posts(alice: Browser, sandbox: Sandbox) -> None:
    form = alice.get("/compose").form("/compose")
    alice.post("/compose", {**form.fields, "text": "x", "do": "dance"})
    assert created(sandbox)["text"] == "x"


# Polls ------------------------------------------------------------------------------------


def test_a_poll(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, text="what?", poll_choice=[" tea ", "", "coffee"], poll_multiple="1")
    assert "Posted." in page.text
    assert created(sandbox)["poll"] == {"choices": POLL, "multiple": True}


def test_a_poll_alone_is_a_note(alice: Browser, sandbox: Sandbox) -> None:
    assert "Posted." in write(alice, poll_choice=POLL).text


@pytest.mark.parametrize(
    ("after", "unit", "milliseconds"),
    [("90", "minutes", 5_400_000), ("2", "hours", 7_200_000), ("7", "days", 604_800_000)],
)
def test_a_poll_ends_after_a_while(
    alice: Browser, sandbox: Sandbox, after: str, unit: str, milliseconds: int
) -> None:
    write(alice, poll_choice=POLL, poll_ends="after", poll_after=after, poll_unit=unit)
    assert created(sandbox)["poll"]["expiredAfter"] == milliseconds


def test_a_poll_ends_at_a_time_of_ones_clock(alice: Browser, sandbox: Sandbox) -> None:
    write(
        alice,
        poll_choice=POLL,
        poll_ends="at",
        poll_at="2099-01-02T03:04",
        poll_offset="540",
    )
    moment = datetime(2099, 1, 1, 18, 4, tzinfo=UTC)
    assert created(sandbox)["poll"]["expiresAt"] == int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"poll_choice": ["tea", ""]}, "at least two different choices"),
        ({"poll_choice": ["tea", "tea"]}, "at least two different choices"),
        ({"poll_choice": ["tea", "coffee", "tea"]}, "are the same"),
        ({"poll_choice": ["tea", "x" * 51]}, "up to 50 characters"),
        ({"poll_ends": "after", "poll_after": "soon"}, "a number, and a year at most"),
        ({"poll_ends": "after", "poll_after": "0"}, "a number, and a year at most"),
        ({"poll_ends": "after", "poll_after": "900"}, "a number, and a year at most"),
        ({"poll_ends": "after", "poll_unit": "moons"}, "a number, and a year at most"),
        ({"poll_ends": "at"}, "on which day and at what time"),
        ({"poll_ends": "at", "poll_at": "tomorrow"}, "on which day and at what time"),
        ({"poll_ends": "at", "poll_at": "2001-01-01T00:00"}, "would have ended already"),
    ],
)
def test_polls_that_cannot_be(alice: Browser, sandbox: Sandbox, fields: dict, words: str) -> None:
    page = write(alice, text="what?", **{"poll_choice": POLL, **fields})
    assert page.status == 400
    assert words in page.text
    assert "poll" in open_parts(page)
    assert page.form("/compose").fields["text"] == "what?"
    for name, value in fields.items():
        sent = [one for key, one in page.form("/compose").pairs if key == name]
        assert sent == (value if isinstance(value, list) else [value]) or name == "poll_unit"
    assert sandbox.calls_of("notes/create") == []


def test_the_editor_grows_to_ten(alice: Browser) -> None:
    page = write(alice, "choices", text="what?", poll_choice=["tea", "coffee"])
    while "choices" in [b.get("value") for b in page.form("/compose").buttons]:
        page = alice.press("/compose", "choices")
    inputs = page.all("input", name="poll_choice")
    assert [one.get("value") for one in inputs] == ["tea", "coffee"] + [""] * 8
    assert page.form("/compose").fields["text"] == "what?"


# Direct notes -----------------------------------------------------------------------------


def direct_note(new_browser, sandbox: Sandbox) -> str:
    """Bob writes to alice and carol; the note's id."""
    bob = new_browser()
    bob.sign_in("bob")
    write(bob, text="@alice @carol a secret", visibility="specified")
    sandbox.clear_calls()
    return note_by(sandbox, "bob", text="@alice @carol a secret")


def test_an_answer_keeps_the_circle(alice: Browser, new_browser, sandbox: Sandbox) -> None:
    note_id = direct_note(new_browser, sandbox)
    page = alice.get(f"/compose?reply_id={note_id}")
    boxes = page.all("input", name="recipient")
    names = [box.get("value", "").partition(" ")[2] for box in boxes]
    assert names == ["@bob", "@carol"]
    assert "@carol" in page.text
    alice.press("/compose", "post", text="indeed")
    people = [sandbox.person("bob").id, sandbox.person("carol").id]
    assert created(sandbox)["visibleUserIds"] == people
    assert created(sandbox)["visibility"] == "specified"


def test_somebody_can_be_left_out(alice: Browser, new_browser, sandbox: Sandbox) -> None:
    note_id = direct_note(new_browser, sandbox)
    page = alice.get(f"/compose?reply_id={note_id}")
    (bob,) = [v for n, v in page.form("/compose").pairs if n == "recipient" and "bob" in v]
    alice.press("/compose", "post", text="between us", recipient=[bob])
    assert created(sandbox)["visibleUserIds"] == [sandbox.person("bob").id]


def test_recipients_are_typed_beside_the_text(alice: Browser, sandbox: Sandbox) -> None:
    write(
        alice,
        text="hello @bob",
        recipients="carol, @juno@far.example",
        visibility="specified",
    )
    people = [sandbox.person("bob"), sandbox.person("carol"), sandbox.person("juno", "far.example")]
    assert created(sandbox)["visibleUserIds"] == [person.id for person in people]


def test_what_is_no_handle_posts_nothing(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, text="hello", recipients="@bob ???", visibility="specified")
    assert page.status == 400
    assert "“???” is no handle." in page.text
    assert page.form("/compose").fields["recipients"] == "@bob ???"
    assert sandbox.calls_of("notes/create") == []


def test_a_circle_that_cannot_be_loaded_is_no_smaller_one(
    alice: Browser, new_browser, sandbox: Sandbox
) -> None:
    note_id = direct_note(new_browser, sandbox)
    sandbox.misbehave("users/show", "internal-error")
    assert alice.get(f"/compose?reply_id={note_id}").status == 502


# Channels ---------------------------------------------------------------------------------


def followed_channel(sandbox: Sandbox) -> str:
    """The id of a channel that alice follows."""
    world = sandbox.world
    channel = next(iter(world.channels.values()))
    world.follow_channel(sandbox.person("alice"), channel)
    return channel.id


def test_a_note_in_a_channel(alice: Browser, sandbox: Sandbox) -> None:
    channel_id = followed_channel(sandbox)
    page = write(alice, "channels", text="typed")
    assert page.form("/compose").fields["text"] == "typed"
    options = [one.get("value", "") for one in page.one("select", id="channel").iter("option")]
    (wanted,) = [value for value in options if value.startswith(f"{channel_id} ")]
    page = alice.press("/compose", "preview", channel_id=wanted)
    assert page.all("input", name="channel_id")
    alice.press("/compose", "post")
    body = created(sandbox)
    assert (body["channelId"], body["localOnly"]) == (channel_id, True)
    assert body["visibility"] == "public"


def test_a_channel_is_for_everybody(alice: Browser, sandbox: Sandbox) -> None:
    channel_id = followed_channel(sandbox)
    page = write(alice, text="a secret", channel_id=f"{channel_id} tea", visibility="specified")
    assert page.status == 400
    assert "Everybody can see a note in a channel." in page.text
    assert sandbox.calls_of("notes/create") == []


def test_a_channel_by_link(alice: Browser, sandbox: Sandbox) -> None:
    channel_id = followed_channel(sandbox)
    page = alice.get(f"/compose?channel_id={channel_id}")
    assert page.form("/compose").fields["channel_id"].startswith(channel_id)


def test_a_channel_that_is_gone(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, text="hello", channel_id="a1b2c3 old tea")
    assert page.status == 404
    assert "The channel is not there any more." in page.text


def test_where_there_are_no_channels_none_is_offered(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    channel_id = followed_channel(sandbox)
    knows(app, sandbox, without="channels/timeline")
    page = alice.get(f"/compose?channel_id={channel_id}")
    assert "channel" not in page.text.lower()
    page = alice.press("/compose", "post", text="x", channel_id=f"{channel_id} tea")
    assert page.status == 400
    assert "has no channels" in page.text
    assert sandbox.calls_of("notes/create") == []


def test_channels_that_cannot_be_loaded_lose_nothing(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("channels/followed", "internal-error")
    page = write(alice, "channels", text="typed")
    assert page.status == 502
    assert page.form("/compose").fields["text"] == "typed"


# Quotes and answers -----------------------------------------------------------------------


def test_a_quote(alice: Browser, sandbox: Sandbox) -> None:
    note_id = note_by(sandbox, "bob", visibility="public", renote_id=None)
    page = alice.get(f"/compose?renote_id={note_id}")
    assert page.all("blockquote", class_="quote")
    alice.press("/compose", "post", text="well said")
    assert created(sandbox)["renoteId"] == note_id
    assert created(sandbox)["text"] == "well said"


def test_a_quote_of_what_is_gone_can_be_posted_alone(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, text="well said", renote_id="a1b2c3")
    assert page.status == 404
    assert "The note you quote is not there any more." in page.text
    assert "renote_id" not in page.form("/compose").fields
    alice.press("/compose", "post")
    assert "renoteId" not in created(sandbox)


def test_an_answer_shows_what_it_answers_also_after_a_problem(
    alice: Browser, sandbox: Sandbox
) -> None:
    note_id = note_by(sandbox, "bob", visibility="public", renote_id=None)
    assert alice.get(f"/compose?reply_id={note_id}").all("blockquote")
    page = alice.press("/compose", "post", text=" ")
    assert page.status == 400
    assert page.all("blockquote")


def test_a_link_to_a_note_that_is_not_there(alice: Browser) -> None:
    assert alice.get("/compose?reply_id=a1b2c3").status in (400, 404)
    assert alice.get("/compose?renote_id=../x").status == 200


# Preview ----------------------------------------------------------------------------------


def test_a_preview_posts_nothing_and_loses_nothing(alice: Browser, sandbox: Sandbox) -> None:
    page = write(
        alice,
        "preview",
        text="**bold** @bob",
        cw="careful",
        poll_choice=POLL,
        visibility="home",
    )
    assert page.status == 200
    preview = page.one("section", id="preview")
    assert "bold" in [element.text for element in preview.iter("b")]
    words = " ".join("".join(preview.itertext()).split())
    assert "careful" in words
    assert "tea" in words
    assert not list(preview.iter("form"))
    form = page.form("/compose")
    assert form.fields["text"] == "**bold** @bob"
    assert [v for n, v in form.pairs if n == "poll_choice"] == POLL
    assert sandbox.calls_of("notes/create") == []


def test_a_preview_with_a_picture_and_a_quote(alice: Browser, sandbox: Sandbox) -> None:
    note_id = note_by(sandbox, "bob", visibility="public", renote_id=None)
    alice.get(f"/compose?renote_id={note_id}")
    page = alice.press("/compose", "preview", files=[("a.png", png())], text="look")
    preview = page.one("section", id="preview")
    assert list(preview.iter("figure"))
    assert list(preview.iter("blockquote"))
    assert len(file_ids(page)) == 1


def test_a_preview_of_nothing_says_so(alice: Browser) -> None:
    page = write(alice, "preview", text="  ")
    assert page.status == 400
    assert not page.all("section", id="preview")


# Reactions, warnings, length --------------------------------------------------------------


def test_the_reactions_it_takes(alice: Browser, sandbox: Sandbox) -> None:
    write(alice, text="x", reaction_acceptance="likeOnly")
    assert created(sandbox)["reactionAcceptance"] == "likeOnly"
    write(alice, text="x", reaction_acceptance="everything")
    assert "reactionAcceptance" not in created(sandbox)


def test_old_servers_are_offered_no_choice_of_reactions(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    knows(app, sandbox, without="emojis")
    assert not alice.get("/compose").all("select", name="reaction_acceptance")


def test_a_warning_without_words(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, text="x", cw="", cw_without_words="1")
    assert created(sandbox)["cw"] == ""
    assert page.status >= 400
    assert "wants a content warning to have words" in page.text
    assert "warning" in open_parts(page)


def test_nothing_at_all_is_told(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, text=" \n ", cw="only a warning")
    assert page.status == 400
    assert "Write something first." in page.text


def test_the_servers_own_length_counts(app: Flask, alice: Browser, sandbox: Sandbox) -> None:
    with app.app_context():
        db.session.get_one(Server, sandbox.host).max_note_length = 10
        db.session.commit()
    page = write(alice, text="eleven char")
    assert page.status == 400
    assert "takes up to 10" in page.text
    assert page.form("/compose").fields["text"] == "eleven char"


def test_a_permission_that_is_missing_hides_its_part(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    with app.app_context():
        account = db.session.query(Account).one()
        account.permissions = ["read:account", "write:notes"]
        db.session.commit()
    page = alice.get("/compose")
    assert "files" not in [part.get("id") for part in page.all("details")]
    assert "Choose a channel" not in page.text


# Everything survives ----------------------------------------------------------------------


WHOLE = {
    "text": "typed\ntext",
    "cw": "careful",
    "visibility": "home",
    "local_only": "1",
    "reaction_acceptance": "likeOnly",
    "poll_choice": ["tea", "coffee", "water"],
    "poll_ends": "after",
    "poll_after": "3",
    "poll_unit": "hours",
    "recipients": "@bob",
}


def is_all_there(page: Page) -> bool:
    """Whether the form holds everything of `WHOLE`."""
    pairs = page.form("/compose").pairs
    return all(
        [v for n, v in pairs if n == name] == (value if isinstance(value, list) else [value])
        for name, value in WHOLE.items()
    )


@pytest.mark.parametrize(
    "how", ["internal-error", "lost", "down", "rate-limited", "html", "silent"]
)
def test_everything_survives_the_server(alice: Browser, sandbox: Sandbox, how: str) -> None:
    hurried(alice.app)
    sandbox.misbehave("notes/create", how)
    page = write(alice, **WHOLE)
    assert page.status >= 429
    assert is_all_there(page)
    assert len(sandbox.calls_of("notes/create")) == 1


def test_everything_survives_a_refused_token(alice: Browser) -> None:
    assert is_all_there(write(alice, **WHOLE, csrf_token="another"))


def test_everything_survives_being_signed_out(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.revoke("alice")
    assert alice.press("/compose", "post", **WHOLE).status == 401
    alice.sign_in("alice")
    page = alice.get("/compose")
    assert is_all_there(page)
    assert "Posted." in alice.press("/compose", "post").text
    assert not is_all_there(alice.get("/compose"))


def test_a_second_click_posts_once(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/compose")
    alice.press("/compose", "post", text="once")
    alice.page = page
    assert "Posted." in alice.press("/compose", "post", text="once").text
    assert len(sandbox.calls_of("notes/create")) == 1


# Delete and edit --------------------------------------------------------------------------


def own_note(browser: Browser, sandbox: Sandbox) -> str:
    """Alice posts a note with everything; its id."""
    browser.get("/compose")
    page = browser.press(
        "/compose",
        "post",
        files=[("a.png", png(1))],
        follow=False,
        **WHOLE,
    )
    return page.response.headers["Location"].rpartition("#note-")[2]


def delete_and_edit(browser: Browser, note_id: str) -> Page:
    """Through the page that asks."""
    page = browser.get(f"/notes/{note_id}/delete?edit=1")
    assert "comes back into the form" in page.text
    return browser.submit(f"/notes/{note_id}/delete")


def test_delete_and_edit_brings_everything_back(alice: Browser, sandbox: Sandbox) -> None:
    note_id = own_note(alice, sandbox)
    first = created(sandbox)
    page = delete_and_edit(alice, note_id)
    assert note_id not in sandbox.world.notes
    fields = page.form("/compose").fields
    assert (fields["text"], fields["cw"]) == ("typed\ntext", "careful")
    assert fields["poll_ends"] == "at"
    assert fields["poll_at"] > "2000"
    assert len(file_ids(page)) == 1
    assert "Posted." in alice.press("/compose", "post", text="typed better").text
    again = created(sandbox)
    for name in ("cw", "visibility", "localOnly", "fileIds", "reactionAcceptance"):
        assert again[name] == first[name]
    assert again["poll"]["choices"] == first["poll"]["choices"]
    assert "You have no drafts" in alice.get("/drafts").text


def test_a_deletion_with_an_unknown_end_keeps_the_text(alice: Browser, sandbox: Sandbox) -> None:
    note_id = own_note(alice, sandbox)
    sandbox.misbehave("notes/delete", "lost")
    page = delete_and_edit(alice, note_id)
    assert page.status == 504
    assert "among your drafts" in page.text
    assert "/drafts" in page.links()
    assert "careful" in alice.get("/drafts").text


def test_a_deletion_that_did_not_happen_keeps_no_draft(alice: Browser, sandbox: Sandbox) -> None:
    note_id = own_note(alice, sandbox)
    sandbox.misbehave("notes/delete", "rate-limited")
    assert delete_and_edit(alice, note_id).status == 429
    assert "You have no drafts" in alice.get("/drafts").text
    assert note_id in sandbox.world.notes


def test_a_second_click_on_delete_and_edit(alice: Browser, sandbox: Sandbox) -> None:
    note_id = own_note(alice, sandbox)
    asked = alice.get(f"/notes/{note_id}/delete?edit=1")
    alice.submit(f"/notes/{note_id}/delete")
    alice.page = asked
    page = alice.submit(f"/notes/{note_id}/delete")
    assert page.form("/compose").fields["text"] == "typed\ntext"
    assert len(sandbox.calls_of("notes/delete")) == 1


def test_a_note_that_cannot_be_read_is_not_deleted(alice: Browser, sandbox: Sandbox) -> None:
    note_id = own_note(alice, sandbox)
    alice.get(f"/notes/{note_id}/delete?edit=1")
    sandbox.misbehave("notes/show", "internal-error")
    assert alice.submit(f"/notes/{note_id}/delete").status == 502
    assert sandbox.calls_of("notes/delete") == []


def test_deleting_alone_keeps_nothing(alice: Browser, sandbox: Sandbox) -> None:
    note_id = own_note(alice, sandbox)
    page = alice.get(f"/notes/{note_id}/delete")
    assert not re.search("comes back into the form", page.text)
    assert "The note is deleted." in alice.submit(f"/notes/{note_id}/delete").text
    assert "You have no drafts" in alice.get("/drafts").text


# What the script is told ---------------------------------------------------------------------

UNSENT = "1234567890-abc"


def sent_texts(page: Page) -> list[str]:
    """The texts that are no unsent ones any more."""
    (form,) = [one for one in page.all("form") if one.get("data-words")]
    return form.get("data-sent", "").split()


def test_the_next_form_says_which_texts_were_posted_or_kept(
    alice: Browser, sandbox: Sandbox
) -> None:
    write(alice, text="Posted", unsent=UNSENT)
    assert sent_texts(alice.get("/compose")) == [UNSENT]
    write(alice, "keep", text="Kept", unsent="kept-as-a-draft")
    assert sent_texts(alice.get("/compose")) == ["kept-as-a-draft", UNSENT]
    for number in range(30):
        write(alice, "keep", text="Kept", unsent=f"another-{number}")
    assert len(sent_texts(alice.get("/compose"))) == 20


def test_a_text_that_was_not_posted_keeps_its_name(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("notes/create", "error", code="INTERNAL", status=500, times=1)
    page = write(alice, text="Not yet", unsent=UNSENT)
    assert page.form("/compose").fields["unsent"] == UNSENT
    assert sent_texts(page) == []
    alice.press("/compose", "post")
    assert sent_texts(alice.get("/compose")) == [UNSENT]


def test_a_text_keeps_its_name_on_the_way_to_the_drive(alice: Browser, sandbox: Sandbox) -> None:
    page = write(alice, "drive", text="Not yet", unsent=UNSENT)
    back = next(link for link in page.links() if link.startswith("/compose?draft="))
    assert alice.get(back).form("/compose").fields["unsent"] == UNSENT
    alice.press("/compose", "post")
    assert sent_texts(alice.get("/compose")) == [UNSENT]


@pytest.mark.parametrize("junk", ["", "a b", '"><script>', "x" * 41, "short", "あ" * 10])
def test_junk_for_the_name_of_a_text_is_none(alice: Browser, sandbox: Sandbox, junk: str) -> None:
    sandbox.misbehave("notes/create", "error", code="INTERNAL", status=500, times=1)
    page = write(alice, text="Posted", unsent=junk)
    assert page.form("/compose").fields["unsent"] == ""
    alice.press("/compose", "post", unsent=junk)
    assert sent_texts(alice.get("/compose")) == []


def test_the_script_knows_who_is_signed_in_here(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    page = alice.get("/compose")
    (form,) = [one for one in page.all("form") if one.get("data-words")]
    assert form.get("data-accounts") == page.form("/compose").fields["account"]
    assert form.get("data-longest") == "3000"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_scripts_sentences_are_the_pages(alice: Browser, language: str) -> None:
    page = alice.get("/compose", Accept_Language=language)
    (form,) = [one for one in page.all("form") if one.get("data-words")]
    words = json.loads(form.get("data-words", ""))
    source = (Path(__file__).parents[2] / "static" / "compose.js").read_text()
    for name, words_of_it in words.items():
        assert re.search(rf'"{name}"', source), name
        assert words_of_it
    assert words["stop"] == {"en": "Stop", "ja": "やめる"}[language]


def test_the_script_is_small_and_kept_for_good(alice: Browser) -> None:
    page = alice.get("/compose")
    script = page.one("script", src=static_url("compose.js"))
    assert script.get("type") == "module"
    path, gzip = script.get("src", ""), {"Accept-Encoding": "gzip"}
    with alice.client.get(path, headers=gzip) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.cache_control.max_age == 365 * 24 * 3600
        assert len(response.data) <= 8 * 1024
