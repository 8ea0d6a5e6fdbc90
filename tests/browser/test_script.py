"""What the script adds in a real browser: the same links and forms, without a reload; and
that nothing is missing where it does not run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, Route, expect

from sandbox.records import Note, Poll
from scripts.stage import Look, Stage, press, sign_in

pytestmark = pytest.mark.browser

DESK = Look(width=1280, height=900, javascript=True)
TIMEOUT_OF_A_NOTICE = 11_000
FOCUSED = "document.activeElement"


@pytest.fixture
def page(stage: Stage) -> Iterator[Page]:
    """Alice's home, with a clock that stands at the disposal of the test."""
    with stage.context(DESK) as context:
        context.add_cookies(stage.page(DESK, "one").context.cookies(stage.url))
        page = context.new_page()
        page.clock.install()
        page.goto(stage.url)
        stage.sandbox.clear_calls()
        # People do not undo their reactions every second; tests do.
        stage.sandbox.world.limiter.forget()
        yield page


@pytest.fixture
def note(stage: Stage) -> Note:
    """A note of bob's nobody has seen before; it is there before the page is."""
    return post(stage, "bob", "Fresh from the roof")


def post(stage: Stage, username: str, text: str, **fields: object) -> Note:
    """Let somebody write a note."""
    world = stage.sandbox.world
    return world.create_note(world.person(username), text=text, **fields)  # type: ignore[arg-type]


def article(page: Page, note: Note) -> Locator:
    """The note's element."""
    return page.locator(f"#note-{note.id}")


def open_menu(page: Page, note: Note, name: str) -> Locator:
    """Open the menu of that name under the note."""
    menu = article(page, note).locator(".menu", has_text=name).first
    menu.locator("summary").click()
    return menu


def react(page: Page, note: Note, reaction: str) -> None:
    """React with one of the palette, through the menu."""
    open_menu(page, note, "React").locator(f'button[value="{reaction}"]').click()


def said(page: Page) -> Locator:
    """Where the script says what happened."""
    return page.locator("body > .said")


def creations(stage: Stage) -> int:
    """How often the sandbox was asked to react."""
    return len(stage.sandbox.calls_of("notes/reactions/create"))


# Actions ----------------------------------------------------------------------


def test_a_reaction_shows_without_a_reload_and_the_focus_stays(
    stage: Stage, note: Note, page: Page
) -> None:
    page.evaluate("window.isTheSamePage = true")
    react(page, note, "❤")
    expect(said(page)).to_contain_text("You reacted.")
    expect(said(page)).to_have_attribute("role", "status")
    mine = article(page, note).locator(".pill.mine")
    expect(mine).to_contain_text("1")
    expect(article(page, note).locator(".menu[open]")).to_have_count(0)
    expect(article(page, note).locator(".menu > summary").last).to_be_focused()
    assert page.evaluate("window.isTheSamePage")
    assert page.url == f"{stage.url}/"

    mine.click()
    expect(said(page)).to_contain_text("Your reaction is taken back.")
    # The pill is gone with its only reaction.
    expect(article(page, note).locator(".menu > summary").last).to_be_focused()
    assert note.reactions == {}


def test_the_focus_stays_on_the_pill(stage: Stage, note: Note, page: Page) -> None:
    stage.sandbox.world.react(note, stage.sandbox.person("carol"), "🎉")
    page.reload()
    pill = article(page, note).locator(".reactions > ul .pill")
    pill.click()
    expect(pill).to_have_class("pill mine")
    expect(pill).to_be_focused()
    pill.click()
    expect(pill).to_have_class("pill")
    expect(pill).to_be_focused()


def test_what_was_open_stays_open_and_nothing_moves(stage: Stage, page: Page) -> None:
    warned = post(stage, "bob", "Behind it", cw="A warning")
    page.reload()
    page.mouse.wheel(0, 150)
    article(page, warned).locator(".cw > summary").click()
    react(page, warned, "👍")
    expect(article(page, warned).locator(".pill.mine")).to_be_visible()
    expect(article(page, warned).locator(".text")).to_be_visible()
    before = page.evaluate("scrollY")
    article(page, warned).locator(".pill.mine").click()
    expect(article(page, warned).locator(".pill.mine")).to_have_count(0)
    assert page.evaluate("scrollY") == before


def test_every_action_of_a_note_goes_this_way(stage: Stage, note: Note, page: Page) -> None:
    poll = Poll(choices=["Tea", "Coffee"])
    asked = post(stage, "bob", "Which?", poll=poll)
    page.reload()
    page.evaluate("window.isTheSamePage = true")
    article(page, asked).locator('button[name="choice"]').first.click()
    expect(said(page)).to_contain_text("Your vote is in.")
    expect(article(page, asked).locator(".results .mine")).to_contain_text("Tea")
    open_menu(page, note, "Renote").locator("button").click()
    expect(said(page)).to_contain_text("Renoted.")
    assert page.evaluate("window.isTheSamePage")

    page.reload()
    page.evaluate("window.isTheSamePage = true")
    renote = page.locator("article.note", has=page.locator('form[action$="/unrenote"]')).first
    gone = renote.get_attribute("id")
    renote.locator('form[action$="/unrenote"] button').click()
    expect(said(page)).to_contain_text("Your renote is taken back.")
    expect(page.locator(f"#{gone}")).to_have_count(0)
    # The next note has the focus.
    assert page.evaluate(f"{FOCUSED}.matches('.note')")
    assert page.evaluate("window.isTheSamePage")


def test_two_actions_after_one_another_from_the_same_note(
    stage: Stage, note: Note, page: Page
) -> None:
    react(page, note, "❤")
    expect(article(page, note).locator(".pill.mine")).to_be_visible()
    article(page, note).locator(".pill.mine").click()
    expect(article(page, note).locator(".reactions > ul")).to_have_count(0)
    assert note.reactions == {}


def test_a_second_press_does_nothing(stage: Stage, note: Note, page: Page) -> None:
    stage.sandbox.misbehave("notes/reactions/create", "slow", seconds=0.7, times=1)
    menu = open_menu(page, note, "React")
    button = menu.locator('button[value="❤"]')
    button.click()
    expect(article(page, note)).to_have_attribute("aria-busy", "true")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    menu.locator('button[value="👍"]').click()
    expect(said(page)).to_contain_text("You reacted.")
    expect(article(page, note)).not_to_have_attribute("aria-busy", "true")
    assert creations(stage) == 1


def test_a_network_that_fails_is_said_and_nothing_is_sent_again(
    stage: Stage, note: Note, page: Page
) -> None:
    tries: list[str] = []

    def fail(route: Route) -> None:
        tries.append(route.request.url)
        route.abort()

    page.route("**/react", fail)
    react(page, note, "❤")
    expect(said(page)).to_contain_text("No answer came.")
    expect(said(page)).to_have_attribute("role", "alert")
    page.clock.run_for(TIMEOUT_OF_A_NOTICE)
    expect(said(page)).to_contain_text("No answer came.")
    button = article(page, note).locator('.menu[open] button[value="❤"]')
    expect(button).to_be_focused()
    expect(button).not_to_have_attribute("aria-disabled", "true")
    assert len(tries) == 1
    stage.troubles.clear()

    page.unroute("**/react")
    button.click()
    expect(said(page)).to_contain_text("You reacted.")
    assert creations(stage) == 1


@pytest.mark.parametrize("body", ["<html><main>A page of its own</main></html>", "", "{}"])
def test_an_answer_that_is_none_is_said(stage: Stage, note: Note, page: Page, body: str) -> None:
    page.route("**/react", lambda route: route.fulfill(body=body, content_type="text/html"))
    react(page, note, "❤")
    expect(said(page)).to_contain_text("The answer could not be used.")
    expect(article(page, note).locator(".menu[open]")).to_be_visible()


def test_a_refusal_is_said_and_the_note_is_as_it_is_now(
    stage: Stage, note: Note, page: Page
) -> None:
    stage.sandbox.world.react(note, stage.sandbox.person("alice"), "❤")
    react(page, note, "❤")
    expect(said(page)).to_contain_text("You reacted with this before.")
    expect(said(page)).to_have_attribute("role", "alert")
    expect(article(page, note).locator(".pill.mine")).to_be_visible()
    stage.troubles.clear()  # Browsers log an answer of 409.


def test_a_server_in_trouble_leaves_the_note_alone(stage: Stage, note: Note, page: Page) -> None:
    stage.sandbox.misbehave("notes/reactions/create", "html", status=503, times=1)
    react(page, note, "❤")
    expect(said(page)).to_contain_text(stage.sandbox.host)
    expect(article(page, note).locator('.menu[open] button[value="❤"]')).to_be_focused()
    stage.troubles.clear()


def test_signed_out_in_the_meantime(stage: Stage, note: Note, page: Page) -> None:
    page.context.clear_cookies()
    react(page, note, "❤")
    expect(said(page)).to_have_attribute("role", "alert")
    assert creations(stage) == 0
    stage.troubles.clear()


def test_a_message_goes_by_itself_or_when_it_is_closed(
    stage: Stage, note: Note, page: Page
) -> None:
    react(page, note, "❤")
    expect(said(page)).to_contain_text("You reacted.")
    page.clock.run_for(TIMEOUT_OF_A_NOTICE)
    expect(said(page)).to_be_empty()
    article(page, note).locator(".pill.mine").click()
    said(page).get_by_role("button", name="Close").click()
    expect(said(page)).to_be_empty()


def test_other_scripts_may_say_something(stage: Stage, page: Page) -> None:
    for text, is_problem, role in (("Kept.", "false", "status"), ("Lost!", "true", "alert")):
        page.evaluate(
            f"""document.dispatchEvent(new CustomEvent("engawa:say",
                {{detail: {{text: "{text}", isProblem: {is_problem}}}}}))"""
        )
        expect(said(page)).to_contain_text(text)
        expect(said(page)).to_have_attribute("role", role)


# More notes -------------------------------------------------------------------


def ids(page: Page) -> list[str]:
    """The elements of the notes, from top to bottom."""
    return [str(one.get_attribute("id")) for one in page.locator("article.note").all()]


def test_older_notes_come_below_and_a_reload_comes_back_to_them(stage: Stage, page: Page) -> None:
    newest = ids(page)
    page.locator(".turn a[rel=next]").click()
    expect(page.locator("article.note")).to_have_count(40)
    both = ids(page)
    assert both[:20] == newest
    assert len(set(both)) == 40
    expect(page.locator(f"#{both[20]}")).to_be_focused()
    assert page.url.endswith(f"#{both[20]}")
    page.reload()
    assert ids(page) == both[20:]
    expect(page.locator(f"#{both[20]}")).to_be_in_viewport()


def test_back_from_a_note_comes_to_that_note(stage: Stage, page: Page) -> None:
    page.locator(".turn a[rel=next]").click()
    expect(page.locator("article.note")).to_have_count(40)
    read = ids(page)[33]
    with page.expect_navigation():
        page.locator(f"#{read} .facts a.when").click()
    page.go_back()
    expect(page.locator(f"#{read}")).to_be_in_viewport()


def test_to_the_very_end(stage: Stage, page: Page) -> None:
    turn = page.locator(".turn a[rel=next]")
    for _ in range(30):
        if not turn.count():
            break
        count = page.locator("article.note").count()
        address = turn.get_attribute("href")
        turn.click()
        page.wait_for_function(
            """([count, address]) => document.querySelectorAll("article.note").length > count
                || document.querySelector(".turn a[rel=next]")?.getAttribute("href") !== address""",
            arg=[count, address],
        )
    expect(turn).to_have_count(0)
    assert len(ids(page)) == len(set(ids(page)))


def test_an_older_page_that_fails_can_be_asked_for_again(stage: Stage, page: Page) -> None:
    page.route("**/?until=*", lambda route: route.abort())
    page.locator(".turn a[rel=next]").click()
    expect(said(page)).to_contain_text("This could not be loaded.")
    said(page).get_by_role("button", name="Close").click()
    page.unroute("**/?until=*")
    stage.sandbox.misbehave("notes/timeline", "html", status=503, times=1)
    page.locator(".turn a[rel=next]").click()
    expect(said(page)).to_contain_text(stage.sandbox.host)
    said(page).get_by_role("button", name="Close").click()
    page.locator(".turn a[rel=next]").click()
    expect(page.locator("article.note")).to_have_count(40)
    stage.troubles.clear()


def test_a_link_with_a_modifier_key_keeps_its_meaning(stage: Stage, page: Page) -> None:
    with page.context.expect_page() as opened:
        page.locator(".turn a[rel=next]").click(modifiers=["ControlOrMeta"])
    assert "until=" in opened.value.url
    expect(page.locator("article.note")).to_have_count(20)


# Newer notes ------------------------------------------------------------------


def newer(page: Page) -> Locator:
    """The link to newer notes."""
    return page.locator(".turn a[rel=prev]")


def icon(page: Page) -> str:
    """Which icon the tab has."""
    return str(page.locator("link[rel=icon]").get_attribute("href"))


@pytest.fixture
def page_that_asks(stage: Stage, page: Page) -> Page:
    """Alice's home where nobody tells it of what happens (`test_live.py` has what if)."""
    page.route("**/live?*", lambda route: route.fulfill(status=204))
    with page.expect_response("**/live?*"):
        page.reload()
    page.wait_for_timeout(200)
    stage.sandbox.clear_calls()
    return page


def test_newer_notes_are_announced_and_shown_when_asked_for(
    stage: Stage, page_that_asks: Page
) -> None:
    page = page_that_asks
    first = ids(page)[0]
    title = page.title()
    with page.expect_response("**/?since=*"):
        page.clock.fast_forward(61_000)
    page.wait_for_timeout(100)
    expect(newer(page)).to_have_text("Newer notes")
    place = page.locator("article.note").first.bounding_box()
    notes = [post(stage, "bob", f"Just now {number}") for number in range(3)]
    page.clock.fast_forward(61_000)
    expect(newer(page)).to_have_text("3 new notes")
    # What others did to alice in other tests may be unread, and its number stands there.
    assert page.title() == re.sub(r"^(\(\d+\) )?", "(3) ", title)
    assert "favicon-new.svg" in icon(page)
    assert ids(page)[0] == first
    assert page.locator("article.note").first.bounding_box() == place
    top = page.evaluate("scrollY")
    newer(page).click()
    expect(article(page, notes[-1])).to_be_focused()
    assert ids(page)[:4] == [*(f"note-{note.id}" for note in reversed(notes)), first]
    assert page.evaluate("scrollY") == top
    assert page.title() == title
    assert "favicon.svg" in icon(page)
    expect(newer(page)).to_have_text("Newer notes")
    last = post(stage, "bob", "And one more")
    page.clock.fast_forward(61_000)
    expect(newer(page)).to_have_text("1 new note")
    newer(page).click()
    expect(article(page, last)).to_be_focused()


def test_the_title_has_one_number(stage: Stage) -> None:
    with stage.context(DESK) as context:
        page = context.new_page()
        page.clock.install()
        page.route("**/live?*", lambda route: route.fulfill(status=204))
        post(stage, "bob", "Is anybody there, @dave?")
        sign_in(page, stage, "dave")
        # Home asks for notes alone; the menu asks how much is unread as well.
        page.goto(f"{stage.url}/menu")
        with page.expect_response("**/live?*"):
            page.goto(stage.url)
        page.wait_for_timeout(200)
        before = page.title()
        assert re.fullmatch(r"\(\d+\) Home · Engawa", before)
        post(stage, "dave", "I am")
        page.clock.fast_forward(61_000)
        expect(newer(page)).to_have_text("1 new note")
        assert page.title() == "(1) Home · Engawa"
        post(stage, "dave", "Twice")
        page.clock.fast_forward(61_000)
        expect(newer(page)).to_have_text("2 new notes")
        assert page.title() == "(2) Home · Engawa"
        newer(page).click()
        expect(page.locator("article.note").first).to_be_focused()
        assert page.title() == before


def test_more_than_a_page_of_newer_notes(stage: Stage, page_that_asks: Page) -> None:
    page = page_that_asks
    for number in range(25):
        post(stage, "bob", f"So much {number}")
    page.clock.fast_forward(61_000)
    expect(newer(page)).to_have_text("20+ new notes")
    newer(page).click()
    expect(page.locator("article.note")).to_have_count(40)
    page.clock.fast_forward(2_000)
    expect(newer(page)).to_have_text("5 new notes")
    newer(page).click()
    expect(page.locator("article.note")).to_have_count(45)
    assert len(set(ids(page))) == 45


def test_the_link_to_newer_notes_can_be_pressed_at_any_time(
    stage: Stage, page_that_asks: Page
) -> None:
    page = page_that_asks
    newer(page).click()
    expect(said(page)).to_contain_text("Nothing newer yet.")
    fresh = post(stage, "bob", "Here it is")
    newer(page).click()
    expect(article(page, fresh)).to_be_focused()


def lookups(stage: Stage) -> int:
    """How often the sandbox was asked for notes."""
    return len(stage.sandbox.calls_of("notes/timeline"))


def test_it_asks_less_often_while_the_server_is_in_trouble(
    stage: Stage, page_that_asks: Page
) -> None:
    page = page_that_asks
    stage.sandbox.misbehave("notes/timeline", "html", status=503)
    with page.expect_response("**/?since=*"):
        page.clock.fast_forward(61_000)
    page.wait_for_timeout(100)
    page.clock.fast_forward(61_000)
    page.wait_for_timeout(300)
    assert lookups(stage) == 1
    with page.expect_response("**/?since=*"):
        page.clock.fast_forward(61_000)
    assert lookups(stage) == 2
    expect(said(page)).to_be_empty()
    stage.troubles.clear()


def test_nobody_asks_while_nobody_looks(stage: Stage, page_that_asks: Page) -> None:
    page = page_that_asks
    hide = """isHidden => {
        Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.clock.fast_forward(600_000)
    page.wait_for_timeout(300)
    assert lookups(stage) == 0
    with page.expect_response("**/?since=*"):
        page.evaluate(hide, False)
        page.clock.run_for(10)
    assert lookups(stage) == 1


def test_the_data_saver_asks_for_nothing(stage: Stage, page: Page) -> None:
    page.context.add_cookies([{"name": "engawa-data-saver", "value": "1", "url": stage.url}])
    page.reload()
    stage.sandbox.clear_calls()
    page.clock.fast_forward(600_000)
    page.wait_for_timeout(300)
    assert stage.sandbox.calls == []


# Keys -------------------------------------------------------------------------


def test_keys_walk_through_the_notes(stage: Stage, page: Page) -> None:
    notes = ids(page)
    for key, index in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("t", 0), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(f"{FOCUSED}.id") == notes[index], key
    page.locator(f"#{notes[-1]}").focus()
    page.keyboard.press("j")
    expect(page.locator("article.note")).to_have_count(40)
    assert page.evaluate(f"{FOCUSED}.id") == ids(page)[20]
    page.keyboard.press("Escape")
    assert page.evaluate(f"{FOCUSED} === document.body")


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("n", r"/compose$"),
        ("p", r"/compose$"),
        ("h", r"/about/keys$"),
        ("?", r"/about/keys$"),
        ("r", r"/compose\?reply_id=ID&"),
        ("m", r"/notes/ID/more\?"),
        ("o", r"/notes/ID/more\?"),
    ],
)
def test_keys_lead_somewhere(stage: Stage, note: Note, page: Page, key: str, address: str) -> None:
    article(page, note).focus()
    with page.expect_navigation():
        page.keyboard.press(key)
    assert re.search(address.replace("ID", note.id), page.url)


@pytest.mark.parametrize("key", ["e", "a", "+"])
def test_keys_react(stage: Stage, note: Note, page: Page, key: str) -> None:
    page.keyboard.press("j")
    page.keyboard.press(key)
    expect(article(page, note).locator(".menu[open] button.pill").first).to_be_focused()
    # What was used last comes first the next time.
    second = article(page, note).locator(".menu[open] button.pill").nth(1).get_attribute("value")
    page.keyboard.press("2")
    expect(article(page, note).locator(".pill.mine")).to_be_visible()
    alice = stage.sandbox.person("alice")
    assert note.reactions == {alice.id: second}
    # Closed, the digits mean nothing.
    page.keyboard.press("3")
    page.wait_for_timeout(300)
    assert creations(stage) == 1


def test_keys_open_and_close(stage: Stage, page: Page) -> None:
    warned = post(stage, "bob", "Behind it", cw="A warning")
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(article(page, warned).locator(".text")).to_be_visible()
    page.keyboard.press("s")
    expect(article(page, warned).locator(".text")).to_be_hidden()
    page.keyboard.press("q")
    menu = article(page, warned).locator(".menu[open]")
    expect(menu.locator("button")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(article(page, warned).locator(".menu > summary").first).to_be_focused()


def test_keys_mean_letters_to_those_who_type(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/compose")
    page.locator("textarea").press_sequentially("hj nq?")
    expect(page.locator("textarea")).to_have_value("hj nq?")
    assert page.url == f"{stage.url}/compose"


@pytest.mark.parametrize("key", ["Control+j", "Alt+j", "Meta+j", "Shift+J"])
def test_keys_with_a_modifier_are_the_browser_s(stage: Stage, page: Page, key: str) -> None:
    page.keyboard.press(key)
    assert page.evaluate(f"{FOCUSED} === document.body")


def test_keys_can_be_switched_off(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/settings")
    page.locator('input[name="uses_keys"]').uncheck()
    press(page, 'form[action="/settings"] button')
    page.goto(stage.url)
    for key in ("j", "n", "?"):
        page.keyboard.press(key)
    assert page.evaluate(f"{FOCUSED} === document.body")
    assert page.url == f"{stage.url}/"
    # Escape is everybody's.
    page.locator(".menu > summary").first.click()
    page.keyboard.press("Escape")
    expect(page.locator(".menu[open]")).to_have_count(0)


# The palette ------------------------------------------------------------------


def open_palette(page: Page, note: Note) -> Locator:
    """Open all emoji for the note; the dialog."""
    open_menu(page, note, "React").locator("a").click()
    dialog = page.locator("dialog.palette")
    expect(dialog).to_be_visible()
    return dialog


def test_all_emoji_over_the_page(stage: Stage, note: Note, page: Page) -> None:
    dialog = open_palette(page, note)
    search = dialog.locator("input[type=search]")
    expect(search).to_be_focused()
    search.press_sequentially("tea")
    page.clock.run_for(300)
    found = dialog.locator(".found button")
    expect(found.first).to_be_visible()
    expect(search).to_be_focused()
    expect(dialog.locator(".said")).to_have_text(f"{found.count()} emoji found")
    expect(dialog.locator(".said")).to_have_attribute("role", "status")
    dialog.locator('.found button[value=":tea:"]').click()
    expect(dialog).to_have_count(0)
    expect(said(page)).to_contain_text("You reacted.")
    expect(article(page, note).locator(".pill.mine")).to_be_visible()
    expect(article(page, note).locator(".menu > summary").last).to_be_focused()
    assert page.url == f"{stage.url}/"


def test_escape_closes_the_palette_and_the_focus_returns(
    stage: Stage, note: Note, page: Page
) -> None:
    dialog = open_palette(page, note)
    dialog.locator("input[type=search]").press_sequentially("te")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(article(page, note).locator(".menu[open] a")).to_be_focused()
    for close in ("button.close", 'a:has-text("Back")'):
        article(page, note).locator(".menu[open] a").click()
        dialog.locator(close).click()
        expect(dialog).to_have_count(0)
    assert page.url == f"{stage.url}/"


def test_categories_in_the_palette(stage: Stage, note: Note, page: Page) -> None:
    dialog = open_palette(page, note)
    category = dialog.locator(".categories a").first
    category.click()
    expect(dialog.locator(".found button").first).to_be_visible()
    dialog.locator("#reaction").fill("🍡")
    dialog.locator("#reaction").press("Enter")
    expect(article(page, note).locator(".pill.mine")).to_contain_text("🍡")


def test_a_palette_that_fails_says_so_inside(stage: Stage, note: Note, page: Page) -> None:
    dialog = open_palette(page, note)
    page.route("**/react", lambda route: route.abort())
    dialog.locator("button.pill").first.click()
    expect(dialog.locator(".said")).to_contain_text("No answer came.")
    expect(dialog).to_be_visible()
    page.unroute("**/react")
    dialog.locator("button.pill").first.click()
    expect(dialog).to_have_count(0)
    assert creations(stage) == 1
    stage.troubles.clear()


def test_what_the_script_adds_can_be_heard_and_read(stage: Stage, note: Note, page: Page) -> None:
    react(page, note, "❤")
    expect(said(page)).to_contain_text("You reacted.")
    open_palette(page, note)
    page.evaluate(AXE_SCRIPT)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found = page.evaluate("async () => (await axe.run()).violations")
        assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found] == []


def test_a_problem_that_stays_lies_over_nothing_at_the_end(stage: Stage, page: Page) -> None:
    page.route("**/?until=*", lambda route: route.abort())
    older = page.locator(".turn a[rel=next]")
    for width, height in ((1280, 900), (800, 700), (360, 780)):
        page.set_viewport_size({"width": width, "height": height})
        older.click()
        notice = said(page).locator(".notice.is-problem")
        expect(notice).to_be_visible()
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        top = notice.bounding_box()
        assert top is not None
        ends = [one.bounding_box() for one in (older, page.locator(".foot li").last)]
        for end in ends[: 1 if width == 1280 else 2]:
            assert end is not None
            assert end["y"] + end["height"] <= top["y"], width
        said(page).get_by_role("button", name="Close").click()
    stage.troubles.clear()


# Times, copying, menus --------------------------------------------------------


def test_times_stay_true(stage: Stage, note: Note, page: Page) -> None:
    page.reload()
    time = article(page, note).locator(".facts time")
    page.clock.fast_forward(61_000)
    expect(time).to_have_text(re.compile("^1 minute ago$"))
    page.clock.fast_forward(2 * 3600 * 1000)
    expect(time).to_have_text("2 hours ago")


def test_a_poll_ends_while_somebody_looks(stage: Stage, page: Page) -> None:
    now = page.evaluate("Date.now()") / 1000
    poll = Poll(choices=["Tea", "Coffee"], expires=now + 90)
    asked = post(stage, "bob", "Which?", poll=poll)
    page.reload()
    page.clock.fast_forward(61_000)
    poll_part = article(page, asked).locator(".poll")
    expect(poll_part.locator("button")).to_have_count(2)
    expect(poll_part).to_contain_text("ends")
    page.clock.fast_forward(61_000)
    expect(poll_part.locator("button, details")).to_have_count(0)
    expect(poll_part.locator(".results")).to_contain_text("Tea")
    expect(poll_part).to_contain_text("ended")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_times_are_worded_as_the_server_does(stage: Stage, language: str) -> None:
    """A minute later none of the old ones reads otherwise."""
    look = Look(language, width=1280, height=900, javascript=True)
    with stage.context(look) as context:
        context.add_cookies(stage.page(DESK, "one").context.cookies(stage.url))
        page = context.new_page()
        page.clock.install()
        page.goto(stage.url)
        read = "[...document.querySelectorAll('.note time')].map(time => time.textContent)"
        before = page.evaluate(read)
        # As if nothing had been there, so that each is written anew.
        page.evaluate("document.querySelectorAll('.note time').forEach(t => t.textContent = '')")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        assert page.evaluate(read) == before
        assert len(set(before)) > 5


def test_addresses_can_be_copied(stage: Stage, note: Note, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stage.url)
    page.goto(f"{stage.url}/notes/{note.id}/more")
    page.get_by_role("button", name="Copy: Its address").click()
    expect(said(page)).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{stage.sandbox.url}/notes/{note.id}"


def test_the_address_for_another_device_can_be_copied(stage: Stage) -> None:
    with stage.context(DESK) as context:
        page = context.new_page()
        page.goto(f"{stage.url}/sign-in")
        page.locator('input[name="server"]').fill(stage.sandbox.host)
        press(page, 'button[formaction="/sign-in/device"]')
        address = page.locator("a.address").inner_text()
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stage.url)
        page.get_by_role("button", name="Copy").click()
        expect(said(page)).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == address


def test_one_menu_is_open_at_a_time_and_closes_outside(
    stage: Stage, note: Note, page: Page
) -> None:
    first = open_menu(page, note, "Renote")
    second = open_menu(page, note, "React")
    expect(first).not_to_have_attribute("open", "")
    expect(second).to_have_attribute("open", "")
    page.locator("header.top").click(position={"x": 5, "y": 5})
    expect(page.locator(".menu[open]")).to_have_count(0)


# Without the script -----------------------------------------------------------


def test_without_the_script_the_same_can_be_done(stage: Stage, note: Note, page: Page) -> None:
    page.route("**/engawa.js*", lambda route: route.abort())
    page.goto(stage.url)
    with page.expect_navigation():
        react(page, note, "❤")
    assert page.url == f"{stage.url}/#note-{note.id}"
    expect(page.locator(".notice")).to_contain_text("You reacted.")
    # The keyboard goes on from the note, with and without the script.
    expect(article(page, note)).to_be_focused()
    press(page, ".turn a[rel=next]")
    expect(page.locator("article.note")).to_have_count(20)
    stage.troubles.clear()


def test_without_javascript_the_focus_is_on_the_note(stage: Stage, note: Note) -> None:
    page = stage.page(Look(width=1280, height=900), "one")
    page.goto(stage.url)
    with page.expect_navigation():
        react(page, note, "❤")
    # No script asks, so the keyboard does: the next stop lies within the note.
    page.keyboard.press("Tab")
    expect(article(page, note).locator(":focus")).to_have_count(1)
