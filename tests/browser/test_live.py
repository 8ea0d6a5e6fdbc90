"""What an open page shows as it happens, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox import chats
from sandbox.records import Note, Poll
from sandbox.streaming import Socket
from sandbox.world import Event
from scripts.stage import Look, Stage
from scripts.tour import look_again

pytestmark = pytest.mark.browser

DESK = Look(width=1280, height=900, javascript=True)
HIDE = """isHidden => {
    Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def page(stage: Stage) -> Iterator[Page]:
    """Alice's home, which is told of what happens."""
    with stage.context(DESK) as context:
        context.add_cookies(stage.page(DESK, "one").context.cookies(stage.url))
        page = context.new_page()
        page.goto(stage.url)
        wait(page, lambda: streams_home(stage))
        yield page


def streams_home(stage: Stage) -> list[Socket]:
    """The sandbox's connections to us on which somebody listens to a home timeline."""
    return [
        socket
        for socket in stage.sandbox.streams
        if any(name == "homeTimeline" for name, _ in list(socket.channels.values()))
    ]


def wait(page: Page, condition: Callable[[], object]) -> None:
    """Wait until that is so, at most five seconds."""
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to that")


def post(stage: Stage, username: str, text: str, **fields: object) -> Note:
    """Let somebody write a note."""
    world = stage.sandbox.world
    return world.create_note(world.person(username), text=text, **fields)  # type: ignore[arg-type]


def article(page: Page, note: Note) -> Locator:
    """The note on the page."""
    return page.locator(f"#note-{note.id}")


def newer(page: Page) -> Locator:
    """The link to newer notes."""
    return page.locator(".turn a[rel=prev]")


def watched(page: Page, stage: Stage, note: Note) -> None:
    """Wait until the sandbox knows that we want to hear of the note."""
    wait(page, lambda: any(socket.notes[note.id] for socket in stage.sandbox.streams))


def test_at_the_top_a_note_just_appears(stage: Stage, page: Page) -> None:
    note = post(stage, "bob", "Out of nowhere")
    expect(article(page, note)).to_contain_text("Out of nowhere")
    assert page.locator("article.note").first.get_attribute("id") == f"note-{note.id}"
    expect(newer(page)).to_have_text("Newer notes")
    # It is a note as any other.
    article(page, note).locator("summary", has_text="React").click()
    article(page, note).locator(".menu form.reactions button").first.click()
    expect(article(page, note).locator(".pill.mine")).to_contain_text("1")


def test_further_down_notes_wait_behind_a_button(stage: Stage, page: Page) -> None:
    title = page.title()
    page.evaluate("scrollTo(0, 900)")
    page.wait_for_timeout(500)  # For the pictures there.
    place = page.locator("article.note").nth(8).bounding_box()
    assert place is not None
    notes = [post(stage, "bob", f"One after another {number}") for number in range(3)]
    expect(newer(page)).to_have_text("3 new notes")
    assert page.title().startswith("(3) Home")
    expect(article(page, notes[0])).to_have_count(0)
    now = page.locator("article.note").nth(8).bounding_box()
    assert now is not None
    assert abs(now["y"] - place["y"]) < 2  # The browser holds it to the pixel, not below.
    newer(page).click()
    expect(article(page, notes[2])).to_be_focused()
    shown = page.locator("article.note").all()[:3]
    assert [one.get_attribute("id") for one in shown] == [
        f"note-{note.id}" for note in reversed(notes)
    ]
    assert page.title() == title


def test_who_reads_a_note_is_not_disturbed(stage: Stage, page: Page) -> None:
    page.keyboard.press("j")
    page.evaluate("scrollTo(0, 0)")
    note = post(stage, "bob", "Not now")
    expect(newer(page)).to_have_text("1 new note")
    expect(article(page, note)).to_have_count(0)


def test_reactions_count_where_they_stand(stage: Stage, page: Page) -> None:
    world = stage.sandbox.world
    note = post(stage, "bob", "React!")
    expect(article(page, note)).to_be_visible()
    watched(page, stage, note)
    pills = article(page, note).locator(":scope > .reactions .pill")
    world.react(note, world.person("carol"), "🎉")
    expect(pills).to_have_text(["🎉 1"])
    pills.first.focus()
    world.react(note, world.person("haru"), "🎉")
    expect(pills).to_have_text(["🎉 2"])
    expect(pills.first).to_be_focused()
    custom = next(iter(world.emojis))
    world.react(note, world.person("dave"), f":{custom}:")
    expect(pills).to_have_count(2)
    expect(pills.nth(1).locator("img")).to_have_attribute("alt", f":{custom}:")
    world.unreact(note, world.person("dave"))
    expect(pills).to_have_count(1)
    pills.first.click()
    expect(pills.first).to_have_class("pill mine")
    expect(pills.first).to_contain_text("3")
    world.unreact(note, world.person("carol"))
    expect(pills.first).to_contain_text("2")
    expect(pills.first).to_be_focused()
    # Beside one's own each has a form of its own, which works as the others do.
    world.react(note, world.person("carol"), "👀")
    expect(pills).to_have_count(2)
    stage.sandbox.world.limiter.forget()
    pills.nth(1).click()
    expect(article(page, note).locator(".pill.mine")).to_contain_text("👀 2")


def test_votes_count_where_they_stand(stage: Stage, page: Page) -> None:
    note = post(stage, "bob", "Tea?", poll=Poll(["green", "black"]))
    expect(article(page, note)).to_be_visible()
    watched(page, stage, note)
    world, carol = stage.sandbox.world, stage.sandbox.person("carol")
    for count in (1, 2):
        world.happened(Event("pollVoted", note, carol, 1))
        expect(article(page, note).locator(".results .count")).to_have_text(["0", str(count)])
    expect(article(page, note).locator(".votes")).to_have_text("2 votes")
    meter = article(page, note).locator("meter").nth(1)
    assert meter.evaluate("one => [one.value, one.max]") == [2, 2]


def test_a_deleted_note_folds_away(stage: Stage, page: Page) -> None:
    note = post(stage, "bob", "Soon gone")
    expect(article(page, note)).to_be_visible()
    watched(page, stage, note)
    article(page, note).locator("summary").first.focus()
    stage.sandbox.world.delete_note(note)
    expect(article(page, note)).to_have_text("This note was deleted.")
    expect(article(page, note)).to_be_focused()


def test_unread_notifications(stage: Stage, page: Page) -> None:
    bell = page.locator('.places a[href="/notifications"]')
    before = bell.locator(".badge").text_content() if bell.locator(".badge").count() else "0"
    page.evaluate("scrollTo(0, 900)")
    post(stage, "bob", "@alice, look")
    expect(bell.locator(".badge")).to_have_text(str(int(before or 0) + 1))
    expect(newer(page)).to_have_text("1 new note")
    assert page.title().startswith("(1) Home")
    page.goto(f"{stage.url}/notifications")
    expect(bell.locator(".badge")).to_have_count(0)


def test_a_gap_is_filled_and_nothing_shows_twice(stage: Stage, page: Page) -> None:
    first = post(stage, "bob", "Before the gap")
    expect(article(page, first)).to_be_visible()
    stage.sandbox.misbehave("/streaming", "silent", seconds=0.2, times=1)
    stage.sandbox.drop_streams()
    wait(page, lambda: not stage.sandbox.streams)
    missed = post(stage, "bob", "In the gap")
    expect(article(page, missed)).to_be_visible(timeout=20_000)
    last = post(stage, "bob", "After the gap")
    expect(article(page, last)).to_be_visible()
    ids = [one.get_attribute("id") for one in page.locator("article.note").all()]
    assert len(ids) == len(set(ids))
    assert ids[:3] == [f"note-{note.id}" for note in (last, missed, first)]


def test_nobody_is_told_who_does_not_look(stage: Stage, page: Page) -> None:
    page.evaluate(HIDE, True)
    missed = post(stage, "bob", "While away")
    page.wait_for_timeout(300)
    expect(article(page, missed)).to_have_count(0)
    page.evaluate(HIDE, False)
    expect(article(page, missed)).to_be_visible()


def test_notes_that_were_loaded_later_are_told_of_too(stage: Stage, page: Page) -> None:
    page.locator(".turn a[rel=next]").click()
    expect(page.locator("article.note")).to_have_count(40)
    world = stage.sandbox.world
    ids = [one.get_attribute("id") or "" for one in page.locator("article.note").all()]
    note = next(
        found
        for id in ids[21:]
        if (found := world.notes[id.removeprefix("note-")]).text and not found.reactions
    )
    watched(page, stage, note)
    world.react(note, world.person("carol"), "🎉")
    expect(article(page, note).locator(":scope > .reactions .pill")).to_have_text(["🎉 1"])
    world.unreact(note, world.person("carol"))


def test_too_many_to_show(stage: Stage, page: Page) -> None:
    page.evaluate("scrollTo(0, 900)")
    for number in range(110):
        post(stage, "bob", f"So much {number}")
    expect(newer(page)).to_have_text("Many new notes: reload")
    with page.expect_navigation():
        newer(page).click()
    expect(page.locator("article.note")).to_have_count(20)


def test_where_the_server_does_not_stream_it_is_asked_now_and_then(stage: Stage) -> None:
    stage.sandbox.misbehave("/streaming", "html", status=404)
    with stage.context(DESK) as context:
        # Haru: of alice our server would remember it for the other tests.
        context.add_cookies(stage.page(DESK, "several").context.cookies(stage.url))
        page = context.new_page()
        page.clock.install()
        with page.expect_response("**/live?*") as answered:
            page.goto(stage.url)
        assert answered.value.status in (200, 204)
        page.wait_for_timeout(1000)
        note = stage.sandbox.world.create_note(stage.sandbox.person("haru"), text="Asked for")
        page.clock.fast_forward(61_000)
        expect(newer(page)).to_have_text("1 new note")
        newer(page).click()
        expect(article(page, note)).to_be_visible()


def test_the_data_saver_is_told_nothing(stage: Stage, page: Page) -> None:
    page.context.add_cookies([{"name": "engawa-data-saver", "value": "1", "url": stage.url}])
    page.reload()
    assert newer(page).get_attribute("data-stream") is None
    note = post(stage, "bob", "Not asked for")
    page.wait_for_timeout(500)
    expect(article(page, note)).to_have_count(0)


# Pages that show no timeline ------------------------------------------------------------


def opened(stage: Stage, page: Page, path: str) -> None:
    """Go there, and wait until we are told of what happens to it."""
    with page.expect_response("**/live?*"):
        page.goto(stage.url + path)


def test_a_conversation_is_told_of_what_happens_to_it(stage: Stage, page: Page) -> None:
    note = post(stage, "bob", "A question")
    answer = post(stage, "carol", "An answer", reply=note)
    opened(stage, page, f"/notes/{note.id}")
    watched(page, stage, answer)
    world = stage.sandbox.world
    for one in (note, answer):
        world.react(one, world.person("haru"), "🎉")
        pills = article(page, one).locator(":scope > .reactions .pill")
        expect(pills).to_have_text(["🎉 1"])
    world.limiter.forget()
    pills.first.click()
    expect(pills).to_have_text(re.compile("🎉 2"))
    assert page.url == f"{stage.url}/notes/{note.id}"
    world.delete_note(answer)
    expect(article(page, answer)).to_have_text("This note was deleted.")


def test_a_chat_goes_on_by_itself(stage: Stage, page: Page) -> None:
    world = stage.sandbox.world
    me, bob = stage.sandbox.person("alice"), stage.sandbox.person("bob")
    mine = chats.write_to_person(world, me, bob, "Are you there?")
    opened(stage, page, f"/chat/people/{bob.id}#newest")
    wait(page, lambda: any(len(socket.channels) > 1 for socket in stage.sandbox.streams))
    page.locator("#text").fill("I was just")
    theirs = chats.write_to_person(world, bob, me, "I **am**")
    expect(page.locator(f"#message-{theirs.id} .text b")).to_have_text("am")
    wait(page, lambda: (me.id, f"user:{bob.id}") not in world.chat_marks)
    expect(page.locator("#text")).to_have_value("I was just")
    chats.react(world, mine, bob, "🐾")
    expect(page.locator(f"#message-{mine.id} .pill")).to_have_text("🐾")
    chats.delete(world, theirs)
    expect(page.locator(f"#message-{theirs.id}")).to_have_count(0)
    expect(page.locator(f"#message-{mine.id}")).to_have_count(1)
    page.evaluate(HIDE, True)
    unseen = chats.write_to_person(world, bob, me, "while you look away")
    page.wait_for_timeout(300)
    assert (me.id, f"user:{bob.id}") in world.chat_marks
    page.evaluate(HIDE, False)
    expect(page.locator(f"#message-{unseen.id}")).to_have_count(1)


def test_new_notifications_are_a_press_away(stage: Stage, page: Page) -> None:
    opened(stage, page, "/notifications")
    told = page.locator("main [role=status] a")
    expect(told).to_have_count(0)
    for number in range(2):
        note = post(stage, "bob", f"@alice, once more {number}")
        expect(page.locator('.places a[href="/notifications"] .badge')).to_have_text(
            str(number + 1)
        )
        expect(told).to_have_text("New notifications")
    assert page.title().startswith("(2) Notifications")
    with page.expect_navigation():
        told.click()
    expect(article(page, note)).to_be_visible()
    expect(page.locator('.places a[href="/notifications"] .badge')).to_have_count(0)


def test_how_much_is_unread_on_every_page(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/notifications")
    opened(stage, page, "/compose")
    wait(page, lambda: stage.sandbox.streams)
    page.locator("textarea[name=text]").fill("Half a thought")
    post(stage, "bob", "@alice, are you there?")
    expect(page.locator('.places a[href="/notifications"] .badge')).to_have_text("1")
    assert page.title().startswith("(1) ")
    expect(page.locator("textarea[name=text]")).to_have_value("Half a thought")


# Without the script ---------------------------------------------------------------------


def test_without_the_script_a_frame_counts(stage: Stage) -> None:
    with stage.context(Look(), "one") as context:
        page = context.new_page()
        page.goto(stage.url)
        frame = page.frame_locator("iframe.newer")
        expect(frame.locator("main")).to_have_text("Nothing newer yet.")
        notes = [post(stage, "bob", f"Without a script {number}") for number in range(3)]
        look_again(page)
        with page.expect_navigation():
            frame.get_by_role("link", name="3 new notes").click()
        assert "/?since=" in page.url
        for note in notes:
            expect(article(page, note)).to_be_visible()


def test_with_the_script_there_is_no_frame(page: Page) -> None:
    assert len(page.frames) == 1
