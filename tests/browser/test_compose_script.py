"""The script of the form to write a note, in a real browser: it saves round trips, keeps
what was typed, and never does by itself what only a person should do twice."""

from __future__ import annotations

import itertools
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from sandbox.pictures import draw, picture
from scripts.stage import POST, Look, Stage, press, sign_in, unfold, write
from tests.browser.every_page import AXE_TAGS, RUN_AXE, TARGETS
from tests.browser.test_journey import notes_saying

pytestmark = pytest.mark.browser

LOOK = Look(width=1280, height=900, javascript=True)
TEXT = 'textarea[name="text"]'
ATTACH = 'button[name="do"][value="attach"]'

_DROP = """([selector, type, files]) => {
    const data = new DataTransfer();
    for (const [name, kind, content] of files) {
        const bytes = Uint8Array.from(atob(content), one => one.charCodeAt(0));
        data.items.add(new File([bytes], name, {type: kind}));
    }
    const target = document.querySelector(selector);
    const event = type === "paste"
        ? new ClipboardEvent(type, {clipboardData: data, bubbles: true, cancelable: true})
        : new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true});
    return !target.dispatchEvent(event);
}"""


_numbers = itertools.count(1)


def png() -> bytes:
    """A small picture that nobody has sent before: the same one again would be, to the
    server, the one that is there already."""
    number = next(_numbers)
    return draw(picture(8, 6, (number % 256, 20, 30), (200, number // 256, 90)))


@pytest.fixture
def context(stage: Stage) -> Iterator[BrowserContext]:
    """A browser of its own, signed in as alice, whose storage nobody else has used."""
    with stage.context(LOOK, "one") as context:
        yield context


@pytest.fixture
def page(stage: Stage, context: BrowserContext) -> Page:
    """The empty form."""
    return opened(stage, context)


def opened(stage: Stage, context: BrowserContext, path: str = "/compose") -> Page:
    """The form in a new tab."""
    page = context.new_page()
    page.goto(f"{stage.url}{path}")
    expect(page.locator("#suggestions")).to_have_count(1)
    return page


def drop(page: Page, selector: str, *names: str, how: str = "drop") -> bool:
    """Let files fall onto what `selector` names; whether the page took them."""
    files = [[name, "image/png", b64encode(png()).decode()] for name in names]
    taken: bool = page.evaluate(_DROP, [selector, how, files])
    return taken


def choose(page: Page, *names: str) -> None:
    """Choose files in the field for them."""
    unfold(page, "#files")
    page.locator("#choose-files").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": png()} for name in names]
    )


def attached(page: Page) -> list[str]:
    """The names of the files in the form."""
    fields = page.locator('input[name="file"]').all()
    return [json.loads(field.get_attribute("value") or "{}")["name"] for field in fields]


def kept(page: Page) -> dict[str, Any]:
    """What lies in the browser's storage."""
    found: dict[str, Any] = page.evaluate("({...localStorage})")
    return found


def until_kept(page: Page, text: str) -> None:
    """Wait until the script has put the text away."""
    page.wait_for_function("text => JSON.stringify({...localStorage}).includes(text)", arg=text)


# Files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("selector", [TEXT, "#files", "body"])
def test_dropped_files_are_attached_at_once(stage: Stage, page: Page, selector: str) -> None:
    write(page, "Typed before")
    assert drop(page, selector, "one.png", "two.png")
    expect(page.locator(".attached li")).to_have_count(2)
    assert attached(page) == ["one.png", "two.png"]
    expect(page.locator(TEXT)).to_have_value("Typed before")
    expect(page.locator('p[role="status"].hint')).to_contain_text("one.png, two.png")
    press(page, POST)
    (posted,) = notes_saying(stage, "Typed before")
    assert len(posted.file_ids) == 2


def test_a_pasted_picture_is_attached_and_a_pasted_text_is_not(page: Page) -> None:
    assert drop(page, TEXT, "screen.png", how="paste")
    expect(page.locator(".attached li")).to_have_count(1)
    assert not page.evaluate(
        """selector => { const data = new DataTransfer();
        data.setData("text/plain", "words"); data.items.add(new File(["x"], "words.png"));
        return !document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste",
            {clipboardData: data, bubbles: true, cancelable: true})); }""",
        TEXT,
    )
    assert attached(page) == ["screen.png"]


def test_chosen_files_are_sent_while_one_goes_on_typing(stage: Stage, page: Page) -> None:
    choose(page, "first.png")
    expect(page.locator(".attached li")).to_have_count(1)
    stage.sandbox.misbehave("drive/files/create", "slow", seconds=1, times=1)
    choose(page, "second.png", "third.png")
    expect(page.locator(".upload progress")).to_be_visible()
    alt = page.locator('textarea[name^="alt-"]').first
    alt.press_sequentially("A garden")
    alt.press("ArrowLeft")
    page.locator('input[name^="sensitive-"]').first.check()
    page.locator(TEXT).evaluate("text => { text.value = 'Typed meanwhile' }")
    alt.focus()
    expect(page.locator(".attached li")).to_have_count(3)
    expect(page.locator(".upload")).to_have_count(0)
    expect(page.locator('textarea[name^="alt-"]').first).to_have_value("A garden")
    expect(page.locator('textarea[name^="alt-"]').first).to_be_focused()
    assert page.evaluate("document.activeElement.selectionStart") == len("A garde")
    expect(page.locator('input[name^="sensitive-"]').first).to_be_checked()
    expect(page.locator(TEXT)).to_have_value("Typed meanwhile")


def test_sending_can_be_stopped(stage: Stage, page: Page) -> None:
    stage.sandbox.misbehave("drive/files/create", "slow", seconds=1.5, times=1)
    choose(page, "slow.png")
    page.locator(".upload button").click()
    expect(page.locator(".upload")).to_have_count(0)
    expect(page.locator('p[role="status"].hint')).to_contain_text("Not attached: slow.png")
    choose(page, "next.png")
    expect(page.locator(".attached li")).to_have_count(1, timeout=10_000)
    assert attached(page) == ["next.png"]
    stage.troubles.clear()


def test_post_waits_for_the_files(stage: Stage, page: Page) -> None:
    stage.sandbox.misbehave("drive/files/create", "slow", seconds=1, times=1)
    write(page, "With its picture")
    choose(page, "slow.png")
    press(page, POST)
    (posted,) = notes_saying(stage, "With its picture")
    assert len(posted.file_ids) == 1


def test_a_file_that_failed_is_not_left_out_of_the_note_silently(stage: Stage, page: Page) -> None:
    write(page, "Not without its picture")
    page.route("**/compose", cut)
    # In one go: the line breaks at once.
    page.evaluate(
        f"args => {{ ({_DROP})(args); document.querySelector('{POST}').click() }}",
        [TEXT, "drop", [["slow.png", "image/png", b64encode(png()).decode()]]],
    )
    expect(page.locator("#files-problem")).to_contain_text("slow.png")
    page.unroute("**/compose")
    page.wait_for_timeout(300)
    assert notes_saying(stage, "Not without its picture") == []
    expect(page.locator(POST)).not_to_have_attribute("aria-disabled", "true")
    stage.troubles.clear()


def cut(route: Route) -> None:
    """The line breaks."""
    route.abort("connectionreset")


def test_a_broken_line_loses_nothing_and_sends_nothing_by_itself(stage: Stage, page: Page) -> None:
    stage.sandbox.clear_calls()
    page.route("**/compose", cut)
    write(page, "Still here")
    choose(page, "one.png")
    problem = page.locator("#files-problem")
    expect(problem).to_contain_text("The connection broke")
    expect(problem).to_have_attribute("role", "alert")
    assert stage.sandbox.calls_of("drive/files/create") == []
    page.unroute("**/compose")
    # The file is in its field again, for the person to decide.
    assert page.evaluate("document.querySelector('#choose-files').files[0].name") == "one.png"
    page.locator(ATTACH).click()
    expect(page.locator(".attached li")).to_have_count(1)
    expect(problem).to_have_count(0)
    expect(page.locator(TEXT)).to_have_value("Still here")
    stage.troubles.clear()


@pytest.mark.parametrize(
    ("how", "options", "words"),
    [
        ("error", {"code": "NO_FREE_SPACE", "status": 400}, "There is no room left"),
        ("down", {}, "one.png could not be sent"),
        ("html", {"status": 503}, "one.png could not be sent"),
    ],
)
def test_the_servers_own_sentence_stands_beside_the_field(
    stage: Stage, page: Page, how: str, options: dict[str, Any], words: str
) -> None:
    stage.sandbox.clear_calls()
    stage.sandbox.misbehave("drive/files/create", how, **options)
    write(page, "Still here")
    choose(page, "one.png", "two.png")
    expect(page.locator("#files-problem")).to_contain_text(words)
    expect(page.locator("#files-problem")).to_contain_text("two.png")
    expect(page.locator(TEXT)).to_have_value("Still here")
    assert len(stage.sandbox.calls_of("drive/files/create")) <= 1
    stage.troubles.clear()


def test_a_session_that_ended_says_so_and_keeps_the_page(
    stage: Stage, context: BrowserContext, page: Page
) -> None:
    write(page, "Written long ago")
    cookies = context.cookies(stage.url)
    context.clear_cookies()
    choose(page, "one.png")
    problem = page.locator("#files-problem")
    expect(problem).to_contain_text("not signed in")
    expect(problem.locator('a[href^="/sign-in"]')).to_have_attribute("target", "_blank")
    expect(page.locator(TEXT)).to_have_value("Written long ago")
    # Signed in again beside it, the same form goes on.
    context.add_cookies(cookies)  # type: ignore[arg-type]
    choose(page, "one.png")
    expect(page.locator(".attached li")).to_have_count(1)
    press(page, POST)
    assert len(notes_saying(stage, "Written long ago")) == 1
    stage.troubles.clear()


# What was typed -----------------------------------------------------------------------------


def test_a_closed_tab_gives_its_text_back(stage: Stage, context: BrowserContext) -> None:
    page = opened(stage, context)
    write(page, "\nHalf a thought", cw="A warning")
    unfold(page, "#audience")
    page.locator('input[value="followers"]').check()
    unfold(page, "#poll")
    page.locator('button[value="choices"]').click()
    for number, choice in enumerate(("tea", "coffee", "a third way"), 1):
        page.locator(f"#choice-{number}").fill(choice)
    page.close()

    page = opened(stage, context)
    box = page.locator(".unsent")
    expect(box).to_contain_text("Your unsent text from")
    expect(box).to_contain_text("Half a thought")
    expect(page.locator(TEXT)).to_have_value("")
    box.locator("button").first.click()
    expect(page.locator(TEXT)).to_have_value("\nHalf a thought")
    expect(page.locator(TEXT)).to_be_focused()
    expect(page.locator("#cw")).to_have_value("A warning")
    expect(page.locator("#cw")).to_be_visible()
    expect(page.locator('input[value="followers"]')).to_be_checked()
    expect(page.locator("#choice-3")).to_have_value("a third way")
    expect(box).to_have_count(0)
    press(page, POST)
    page.close()

    page = opened(stage, context)
    expect(page.locator(".unsent")).to_have_count(0)
    assert kept(page) == {}


def test_files_come_back_with_the_text(stage: Stage, context: BrowserContext) -> None:
    page = opened(stage, context)
    write(page, "With a file")
    choose(page, "one.png")
    page.locator('textarea[name^="alt-"]').fill("A garden")
    page.close()

    page = opened(stage, context)
    press(page, ".unsent button.plain")
    assert attached(page) == ["one.png"]
    expect(page.locator('textarea[name^="alt-"]')).to_have_value("A garden")
    expect(page.locator(TEXT)).to_have_value("With a file")
    expect(page.locator(".unsent")).to_have_count(0)


def test_a_text_thrown_away_is_gone_and_an_older_one_is_offered(
    stage: Stage, context: BrowserContext
) -> None:
    for text in ("The older one", "The newer one"):
        page = opened(stage, context)
        write(page, text)
        page.close()
    page = opened(stage, context)
    expect(page.locator(".unsent")).to_contain_text("The newer one")
    page.locator(".unsent button.link").click()
    expect(page.locator(".unsent")).to_contain_text("The older one")
    page.locator(".unsent button.link").click()
    expect(page.locator(".unsent")).to_have_count(0)
    page.reload()
    expect(page.locator(".unsent")).to_have_count(0)
    assert kept(page) == {}


def test_an_answer_is_offered_where_that_note_is_answered(
    stage: Stage, context: BrowserContext
) -> None:
    path = f"/compose?reply_id={stage.note_of('haru').id}"
    page = opened(stage, context, path)
    page.locator(TEXT).press_sequentially("Half an answer")
    page.close()
    page = opened(stage, context)
    expect(page.locator(".unsent")).to_have_count(0)
    page.close()
    page = opened(stage, context, f"/compose?reply_id={stage.note_of('bob').id}")
    expect(page.locator(".unsent")).to_have_count(0)
    page.close()
    page = opened(stage, context, path)
    expect(page.locator(".unsent")).to_contain_text("Half an answer")


def test_a_text_kept_as_a_draft_is_not_offered(stage: Stage, context: BrowserContext) -> None:
    page = opened(stage, context)
    write(page, "Kept on the server")
    until_kept(page, "Kept on the server")
    press(page, 'button[name="do"][value="keep"]')
    page.goto(f"{stage.url}/compose")
    expect(page.locator(".unsent")).to_have_count(0)
    assert kept(page) == {}


def test_a_text_that_failed_stays_unsent_until_it_is_posted(
    stage: Stage, context: BrowserContext
) -> None:
    stage.sandbox.misbehave("notes/create", "error", code="INTERNAL", status=500, times=1)
    page = opened(stage, context)
    write(page, "Second try")
    press(page, POST)
    page.close()
    page = opened(stage, context)
    expect(page.locator(".unsent")).to_contain_text("Second try")
    page.locator(".unsent button.plain").click()
    press(page, POST)
    page.goto(f"{stage.url}/compose")
    expect(page.locator(".unsent")).to_have_count(0)
    assert len(notes_saying(stage, "Second try")) == 1
    stage.troubles.clear()


def test_the_storage_holds_no_credential_and_no_token(stage: Stage, page: Page) -> None:
    write(page, "Words")
    until_kept(page, "Words")
    stored = json.dumps(kept(page))
    token = page.locator('form[data-words] input[name="csrf_token"]').get_attribute("value")
    assert token
    assert token not in stored
    cookies = [cookie["value"] for cookie in page.context.cookies()]
    assert not any(value in stored for value in cookies)
    (texts,) = (json.loads(value) for value in kept(page).values())
    names = {name for text in texts for name, _ in text["typed"]}
    assert names <= {"text", "visibility", "poll_ends", "poll_unit", "poll_after", "poll_offset"}


def test_an_old_text_is_forgotten(stage: Stage, context: BrowserContext) -> None:
    page = opened(stage, context)
    write(page, "From last week")
    until_kept(page, "From last week")
    page.close()
    page = context.new_page()
    page.goto(f"{stage.url}/language")
    page.evaluate(
        """() => { for (const [key, value] of Object.entries({...localStorage})) {
            const texts = JSON.parse(value);
            for (const text of texts) text.at -= 7 * 24 * 3600 * 1000 + 1000;
            localStorage.setItem(key, JSON.stringify(texts)); } }"""
    )
    page.close()
    page = opened(stage, context)
    expect(page.locator(".unsent")).to_have_count(0)
    assert kept(page) == {}


def test_signing_out_takes_the_texts_along(stage: Stage) -> None:
    with stage.context(LOOK, "several") as context:
        page = opened(stage, context)
        write(page, "Haru's own words")
        until_kept(page, "own words")
        page.goto(f"{stage.url}/accounts")
        press(page, 'li:has-text("@haru") form[action="/sign-out"] button')
        # Another account's form is no place for it.
        if page.locator('form[action$="/switch"] button').count():
            press(page, 'form[action$="/switch"] button')
        page.goto(f"{stage.url}/compose")
        expect(page.locator("#suggestions")).to_have_count(1)
        expect(page.locator(".unsent")).to_have_count(0)
        assert kept(page) == {}
        write(page, "Alice's own words")
        until_kept(page, "own words")
        page.goto(f"{stage.url}/sign-out")
        press(page, 'form[action="/sign-out"] button')
        assert kept(page) == {}


def test_without_storage_leaving_asks_first(stage: Stage, context: BrowserContext) -> None:
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('off') }})"
    )
    page = opened(stage, context)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{stage.url}/compose")
    page.locator(TEXT).press_sequentially("Nowhere else")
    page.goto(f"{stage.url}/language")
    assert asked == ["beforeunload"]
    page.goto(f"{stage.url}/compose")
    page.locator(TEXT).press_sequentially("Sent on its way")
    press(page, POST)
    assert asked == ["beforeunload"]


def test_with_storage_leaving_asks_nothing(stage: Stage, page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator(TEXT).press_sequentially("Kept anyway")
    page.goto(f"{stage.url}/language")
    assert asked == []


# Names ----------------------------------------------------------------------------------------


def test_a_name_is_chosen_by_keyboard_and_said_aloud(stage: Stage, page: Page) -> None:
    text = page.locator(TEXT)
    text.press_sequentially("こんにちは@b")
    options = page.locator("#suggestions [role=option]")
    expect(options.first).to_be_visible()
    expect(page.locator('p.unseen[role="status"]')).to_contain_text("Suggestions:")
    assert text.get_attribute("aria-controls") == "suggestions"
    assert text.get_attribute("aria-activedescendant") == "suggestion-0"
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(RUN_AXE, AXE_TAGS) == []
    handles = options.evaluate_all("all => all.map(one => one.dataset.text)")
    text.press("ArrowDown")
    assert text.get_attribute("aria-activedescendant") == f"suggestion-{1 % len(handles)}"
    text.press("ArrowUp")
    text.press("Enter")
    expect(text).to_have_value(f"こんにちは{handles[0]} ")
    expect(options).to_have_count(0)
    assert text.get_attribute("aria-activedescendant") is None
    # As if it had been typed: it can be undone.
    text.press("Control+z")
    expect(text).to_have_value("こんにちは@b")


def test_emoji_by_mouse_and_escape_closes(stage: Stage, page: Page) -> None:
    name = next(name for name in stage.sandbox.world.emojis if len(name) > 3)
    text = page.locator(TEXT)
    text.press_sequentially(f"Tea :{name[:3]}")
    option = page.locator(f'#suggestions [data-text=":{name}:"]')
    expect(option.locator("img")).to_be_visible()
    text.press("Escape")
    expect(option).to_have_count(0)
    expect(text).to_have_value(f"Tea :{name[:3]}")
    text.press_sequentially(name[3])
    option.click()
    expect(text).to_have_value(f"Tea :{name}:")
    expect(text).to_be_focused()


def note_down_calls(request: Request, calls: list[str]) -> None:
    """All but the icon, which the browser fetches when it likes."""
    if "/favicon" not in request.url:
        calls.append(request.url)


@pytest.mark.parametrize("typed", ["mail@bo", "12:30", "https://bo", "bo", "@", ":b"])
def test_what_is_no_name_asks_nobody(stage: Stage, page: Page, typed: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: note_down_calls(request, asked))
    page.locator(TEXT).press_sequentially(typed)
    page.wait_for_timeout(400)
    assert asked == []


def test_only_the_last_of_many_keys_asks(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: note_down_calls(request, asked))
    page.locator(TEXT).press_sequentially("@bob", delay=20)
    expect(page.locator("#suggestions [role=option]").first).to_be_visible()
    assert [url.rpartition("q=")[2] for url in asked] == ["bob"]


def test_enter_breaks_the_line_where_nothing_is_offered(page: Page) -> None:
    text = page.locator(TEXT)
    text.press_sequentially("@zzzz")
    page.wait_for_timeout(600)
    text.press("Enter")
    expect(text).to_have_value("@zzzz\n")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("theme", "width"), [("light", 320), ("dark", 1280)])
def test_what_the_script_adds_is_for_everybody(
    stage: Stage, language: str, theme: Literal["light", "dark"], width: int
) -> None:
    look = Look(language, theme, width=width, javascript=True, still=True)
    with stage.context(look, "one") as context:
        page = opened(stage, context)
        write(page, "Not sent yet, and\n" * 20)
        page.close()
        page = opened(stage, context)
        expect(page.locator(".unsent")).to_be_visible()
        page.route("**/compose", cut)
        choose(page, "a-long-name-without-a-space-anywhere-in-it-at-all.png")
        expect(page.locator("#files-problem")).to_be_visible()
        page.unroute("**/compose")
        stage.sandbox.misbehave("drive/files/create", "slow", seconds=2, times=1)
        choose(page, "one.png")
        page.locator(TEXT).fill("x" * 3001)
        page.locator(POST).click()
        expect(page.locator(".upload")).to_be_visible()
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(RUN_AXE, AXE_TAGS) == []
        assert page.evaluate(TARGETS) == []
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        page.locator(".upload button").click()
        expect(page.locator(".upload")).to_have_count(0)
    stage.troubles.clear()


# Length, buttons, poll ------------------------------------------------------------------------


def test_the_counter_is_quiet_until_the_end_is_near(page: Page) -> None:
    hint = page.locator("#length")
    usual = hint.inner_text()
    # One emoji is one character for the server, and two for a browser.
    page.locator(TEXT).fill("🍵" * 2799)
    expect(hint).to_have_text(usual)
    page.locator(TEXT).fill("🍵" * 2990)
    expect(hint).to_have_text("Characters left: 10")
    expect(page.locator('p.unseen[role="status"]')).to_have_text("Characters left: 10")
    page.locator(TEXT).fill("🍵" * 3005)
    expect(hint).to_have_text("Characters too many: 5")
    expect(page.locator(POST)).to_be_enabled()
    page.locator(TEXT).fill("")
    expect(hint).to_have_text(usual)


@pytest.mark.parametrize("key", ["Control+Enter", "Meta+Enter"])
def test_a_note_is_posted_from_the_keyboard(stage: Stage, page: Page, key: str) -> None:
    page.locator(TEXT).fill(f"By {key}")
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator(TEXT).press(key)
    assert len(notes_saying(stage, f"By {key}")) == 1


def test_a_second_press_does_nothing(stage: Stage, page: Page) -> None:
    stage.sandbox.misbehave("notes/create", "slow", seconds=0.7, times=1)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    write(page, "Pressed thrice")
    box = page.locator(POST).bounding_box()
    assert box is not None
    # By the mouse and unasked: Playwright waits for a page that is on its way.
    for _ in range(3):
        page.mouse.click(box["x"] + 20, box["y"] + 10)
        page.wait_for_timeout(100)
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("#note-"))
    assert sent.count(f"POST {stage.url}/compose") == 1
    assert len(notes_saying(stage, "Pressed thrice")) == 1


def test_the_poll_grows_without_a_round_trip(stage: Stage, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: note_down_calls(request, asked))
    unfold(page, "#poll")
    more = page.locator('button[value="choices"]')
    page.locator("#choice-2").fill("coffee")
    more.click()
    expect(page.locator("#choice-3")).to_be_focused()
    expect(page.locator('label[for="choice-4"]')).to_have_text("Choice 4")
    expect(page.locator("#choice-3")).to_have_value("")
    for _ in range(3):
        more.click()
    expect(page.locator('[name="poll_choice"]')).to_have_count(10)
    expect(more).to_have_count(0)
    assert asked == []
    page.locator("#choice-1").fill("tea")
    write(page, "Which?")
    press(page, POST)
    (posted,) = notes_saying(stage, "Which?")
    assert posted.poll is not None
    assert posted.poll.choices == ["tea", "coffee"]


def test_without_the_script_the_same_can_be_done(stage: Stage) -> None:
    with stage.context(LOOK, "one") as context:
        context.route("**/compose.js*", lambda route: route.abort())
        page = context.new_page()
        page.goto(f"{stage.url}/compose")
        write(page, "By hand @bob", cw="A warning")
        unfold(page, "#poll")
        press(page, 'button[value="choices"]')
        unfold(page, "#files")
        page.locator("#choose-files").set_input_files(
            [{"name": "one.png", "mimeType": "image/png", "buffer": png()}]
        )
        press(page, ATTACH)
        assert attached(page) == ["one.png"]
        press(page, POST)
        assert len(notes_saying(stage, "By hand @bob")) == 1
    stage.troubles.clear()


def test_after_a_sign_in_the_text_is_there_once(stage: Stage, context: BrowserContext) -> None:
    """Kept by the server while somebody was signed out, and by the browser as well."""
    page = opened(stage, context)
    write(page, "Kept twice")
    until_kept(page, "Kept twice")
    context.clear_cookies(name="engawa")
    press(page, POST)
    sign_in(page, stage, "alice")
    page.goto(f"{stage.url}/compose")
    expect(page.locator(TEXT)).to_have_value("Kept twice")
    expect(page.locator(".unsent")).to_have_count(0)
    press(page, 'form[action="/compose/discard"] button')
    expect(page.locator(TEXT)).to_have_value("")
    expect(page.locator(".unsent")).to_have_count(0)
    stage.troubles.clear()
