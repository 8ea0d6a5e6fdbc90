"""The pages that help doing something to a note."""

from __future__ import annotations

import pytest

from app.emojis import MOST_SHOWN
from app.views import acting
from sandbox import Sandbox
from tests.browsing import Browser
from tests.web.test_actions import note_of, post

PAGES = ["more", "react", "reactions", "renotes", "renote", "clip", "report"]


@pytest.mark.parametrize("name", [*PAGES, "translate"])
def test_a_note_that_is_not_there_is_not_there(alice: Browser, sandbox: Sandbox, name: str) -> None:
    assert alice.get(f"/notes/abc123/{name}").status == 404
    assert {call.endpoint for call in sandbox.calls} == {"notes/show"}


@pytest.mark.parametrize("name", [*PAGES, "translate"])
def test_what_can_be_no_id_makes_no_call(alice: Browser, sandbox: Sandbox, name: str) -> None:
    assert alice.get(f"/notes/a-b/{name}").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("name", PAGES)
def test_signed_out_they_lead_to_the_sign_in(browser: Browser, sandbox: Sandbox, name: str) -> None:
    page = browser.get(f"/notes/abc/{name}", follow=False)
    assert page.status == 303
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


def test_more_offers_what_can_be_done(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "mine")
    page = alice.get(f"/notes/{note_id}/more")
    actions = {form.action.rpartition("/")[2] for form in page.forms()}
    assert {"favourite", "pin", "unpin", "mute-thread"} <= actions
    assert f"/notes/{note_id}/delete?next=/notes/{note_id}" in page.links()
    assert page.one("input", id="address").get("value") == f"{sandbox.url}/notes/{note_id}"
    assert not [link for link in page.links() if "report" in link]


def test_more_tells_what_was_done(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "mine")
    alice.get(f"/notes/{note_id}/more")
    alice.submit(f"/notes/{note_id}/favourite")
    page = alice.get(f"/notes/{note_id}/more")
    actions = {form.action.rpartition("/")[2] for form in page.forms()}
    assert "unfavourite" in actions
    assert "favourite" not in actions


def test_another_person_s_note_can_be_reported(alice: Browser, sandbox: Sandbox) -> None:
    note_id = note_of(sandbox, "Watching. Same roof")
    page = alice.get(f"/notes/{note_id}/more")
    assert [link for link in page.links() if link.startswith(f"/notes/{note_id}/report")]
    alice.get(f"/notes/{note_id}/report")
    sandbox.clear_calls()
    page = alice.submit(f"/notes/{note_id}/report", comment="Too cosy.", next="/")
    (call,) = sandbox.calls_of("users/report-abuse")
    assert call.body["comment"] == f"Note: {sandbox.url}/notes/{note_id}\nToo cosy."
    assert "Thank you." in page.text


@pytest.mark.parametrize("comment", ["", "   ", "x" * 1801])
def test_a_report_without_words_comes_back(alice: Browser, sandbox: Sandbox, comment: str) -> None:
    note_id = note_of(sandbox, "Watching. Same roof")
    alice.get(f"/notes/{note_id}/report")
    page = alice.submit(f"/notes/{note_id}/report", comment=comment)
    assert page.status == 400
    assert "Say in a few words" in page.text
    assert sandbox.calls_of("users/report-abuse") == []


def test_a_report_that_fails_loses_no_word(alice: Browser, sandbox: Sandbox) -> None:
    note_id = note_of(sandbox, "Watching. Same roof")
    sandbox.misbehave("users/report-abuse", "internal-error")
    alice.get(f"/notes/{note_id}/report")
    page = alice.submit(f"/notes/{note_id}/report", comment="Too cosy.")
    assert page.status == 502
    assert page.form(f"/notes/{note_id}/report").fields["comment"] == "Too cosy."


def test_a_report_is_sent_once(alice: Browser, sandbox: Sandbox) -> None:
    note_id = note_of(sandbox, "Watching. Same roof")
    fields = alice.get(f"/notes/{note_id}/report").form(f"/notes/{note_id}/report").fields
    for _ in range(2):
        alice.post(f"/notes/{note_id}/report", {**fields, "comment": "Too cosy."})
    assert len(sandbox.calls_of("users/report-abuse")) == 1


def test_who_reacted(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "react to me")
    world = sandbox.world
    world.react(world.notes[note_id], sandbox.person("bob"), "🍡")
    world.react(world.notes[note_id], sandbox.person("haru"), "🍵")
    page = alice.get(f"/notes/{note_id}/reactions")
    assert "@bob" in page.text
    assert "@haru" in page.text
    only = alice.get(f"/notes/{note_id}/reactions?type=🍡")
    assert "@bob" in only.text
    assert "@haru" not in only.text
    assert sandbox.calls_of("notes/reactions")[-1].body["type"] == "🍡"


def test_nobody_reacted(alice: Browser) -> None:
    note_id = post(alice)
    assert "Nobody yet." in alice.get(f"/notes/{note_id}/reactions").text
    assert "Nobody yet." in alice.get(f"/notes/{note_id}/renotes").text


def test_who_renoted(alice: Browser, new_browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "pass me on")
    bob = new_browser()
    bob.sign_in("bob")
    bob.get(f"/notes/{note_id}")
    bob.submit(f"/notes/{note_id}/renote")
    assert "@bob" in alice.get(f"/notes/{note_id}/renotes").text


def test_a_renote_to_a_circle_of_ones_choice(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "pass me on")
    alice.get(f"/notes/{note_id}/renote")
    sandbox.clear_calls()
    alice.submit(f"/notes/{note_id}/renote", visibility="followers")
    body = sandbox.calls_of("notes/create")[0].body
    assert body["renoteId"] == note_id
    assert body["visibility"] == "followers"


def test_a_renote_into_a_channel(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "pass me on")
    page = alice.get(f"/notes/{note_id}/renote")
    options = [option.get("value") for option in page.one("select", name="channel_id")]
    assert options[0] == ""
    assert len(options) > 1
    sandbox.clear_calls()
    alice.submit(f"/notes/{note_id}/renote", channel_id=options[1])
    assert sandbox.calls_of("notes/create")[0].body["channelId"] == options[1]


def test_direct_notes_are_not_for_passing_on(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "@bob psst", visibility="specified")
    assert alice.get(f"/notes/{note_id}/renote").status == 404
    page = alice.get(f"/notes/{note_id}")
    assert not [form for form in page.forms() if form.action.endswith("/renote")]


def test_into_a_clip_and_out_of_it(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "keep me")
    page = alice.get(f"/notes/{note_id}/clip")
    assert [form for form in page.forms() if form.action.endswith("/clip")]
    page = alice.submit(f"/notes/{note_id}/clip")
    assert "The note is in your clip." in page.text
    alice.get(f"/notes/{note_id}/clip")
    page = alice.submit(f"/notes/{note_id}/unclip")
    assert "The note is out of your clip." in page.text


def test_a_translation_stands_above_what_was_written(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "縁側は涼しい")
    sandbox.misbehave(
        "notes/translate",
        "answer",
        status=200,
        body={"sourceLang": "ja", "text": "The <veranda> is cool"},
    )
    page = alice.get(f"/notes/{note_id}/translate")
    assert "The <veranda> is cool" in page.text
    assert "縁側は涼しい" in page.text
    assert sandbox.calls_of("notes/translate")[0].body["targetLang"] == "en"


@pytest.mark.parametrize(("how", "options"), [("no-content", {}), ("answer", {"body": 204})])
def test_no_translation_is_said(
    alice: Browser, sandbox: Sandbox, how: str, options: dict[str, object]
) -> None:
    note_id = post(alice, "縁側は涼しい")
    sandbox.misbehave("notes/translate", how, **options)
    page = alice.get(f"/notes/{note_id}/translate")
    assert page.status == 200
    assert "gave no translation" in page.text


def test_translation_switched_off_is_a_sentence(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice, "縁側は涼しい")
    sandbox.misbehave("notes/translate", "error", code="UNAVAILABLE", status=400)
    assert "has this switched off" in alice.get(f"/notes/{note_id}/translate").text


def test_emoji_by_category_and_by_name(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}/react")
    assert len(sandbox.calls_of("emojis")) == 1
    categories = [link for link in page.links() if "category=" in link]
    assert categories
    chosen = alice.get(categories[-1])
    buttons = [b["value"] for f in chosen.forms() for b in f.buttons if "value" in b]
    assert any(value.startswith(":") for value in buttons)
    found = alice.get(f"/notes/{note_id}/react?q=tea")
    assert [b for f in found.forms() for b in f.buttons if b.get("value") == ":tea:"]
    # The list was asked for once and is kept.
    assert len(sandbox.calls_of("emojis")) == 1


def test_the_page_of_emoji_stays_light(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    many = [
        {"name": f"emoji_{n}", "category": f"category {n % 40}", "aliases": [f"alias{n}"]}
        for n in range(10_000)
    ]
    sandbox.misbehave("emojis", "answer", body={"emojis": many})
    page = alice.get(f"/notes/{note_id}/react")
    assert len(page.html) < 60_000
    assert len([link for link in page.links() if "category=" in link]) == 40
    page = alice.get(f"/notes/{note_id}/react?category=category 3")
    shown = [b for f in page.forms() for b in f.buttons if b.get("value", "").startswith(":emoji")]
    assert len(shown) == MOST_SHOWN
    page = alice.get(f"/notes/{note_id}/react?q=alias9999")
    shown = [b for f in page.forms() for b in f.buttons if b.get("value") == ":emoji_9999:"]
    assert len(shown) == 1


def test_a_typed_emoji_reacts(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    forms = alice.get(f"/notes/{note_id}/react").forms()
    fields = next(form.fields for form in forms if form.method == "post")
    alice.post(f"/notes/{note_id}/react", {**fields, "reaction": " :tea: "})
    assert sandbox.calls_of("notes/reactions/create")[0].body["reaction"] == ":tea:"


def test_reactions_page_by_their_own_ids(
    alice: Browser, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "PEOPLE", 2)
    note_id = post(alice, "react to me")
    world = sandbox.world
    for name in ("bob", "carol", "haru"):
        world.react(world.notes[note_id], sandbox.person(name), "🍡")
    page = alice.get(f"/notes/{note_id}/reactions")
    (older,) = [link for link in page.links() if "until=" in link]
    assert note_id not in older.partition("?")[2]
    # The newest two are there, the third follows, and nobody stands twice.
    assert ["@haru" in page.text, "@carol" in page.text, "@bob" in page.text] == [True, True, False]
    rest = alice.get(older)
    assert ["@haru" in rest.text, "@carol" in rest.text, "@bob" in rest.text] == [
        False,
        False,
        True,
    ]
