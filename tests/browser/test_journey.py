"""What a person does here, from the first visit to the last sign-out, in a real browser:
without JavaScript and with it, in both languages, on a phone and on a desk, by day and by
night. And what others try to do to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from sandbox import Sandbox
from sandbox.records import Note
from scripts.stage import (
    POST,
    Look,
    Stage,
    begin_sign_in,
    consent,
    launch,
    press,
    sign_in,
    unfold,
    write,
)

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 780}
DESK = {"width": 1280, "height": 900}
# Four browsers in which every two of script, language and size meet in every way.
LOOKS = [
    Look("ja", "light", **PHONE, javascript=False),
    Look("en", "dark", **DESK, javascript=False),
    Look("en", "light", **PHONE, javascript=True),
    Look("ja", "dark", **DESK, javascript=True),
]

PLAIN = Look()


def note_ids(page: Page) -> list[str]:
    """The ids of the notes on the page, from top to bottom."""
    found = [article.get_attribute("id") or "" for article in page.locator("article").all()]
    return [name.removeprefix("note-") for name in found]


def notes_saying(stage: Stage, text: str) -> list[Note]:
    """The notes of the sandbox with this text."""
    return [note for note in stage.sandbox.world.newest_first() if note.text == text]


def go(page: Page, path: str) -> None:
    """Follow the link of the frame, one of the places or the one's own name, there."""
    press(page, f'nav.places a[href="{path}"], header.top a.me[href="{path}"]', within="body")


def is_signed_in(page: Page, stage: Stage) -> bool:
    """Whether home is a timeline in this browser."""
    page.goto(stage.url)
    return page.locator("nav.places").count() == 1


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_from_the_first_visit_to_the_last_sign_out(stage: Stage, look: Look) -> None:
    whole_visit(stage, look)


@pytest.mark.parametrize("age", ["v11", "v12"])
@pytest.mark.parametrize("look", LOOKS[1:3], ids=str)
def test_the_same_at_an_old_server(stage: Stage, age: str, look: Look) -> None:
    with Sandbox(age=age) as old, stage.at(old):
        whole_visit(stage, look)
        assert not [call for call in old.calls if call.status >= 500]
    # They name pictures of other servers as those do, and there is no far.example.
    stage.troubles[:] = [line for line in stage.troubles if "https://far.example/" not in line]


def whole_visit(stage: Stage, look: Look) -> None:
    with stage.context(look) as context:
        page = context.new_page()
        page.goto(stage.url)
        assert page.locator("html").get_attribute("lang") == look.language
        press(page, 'a[href="/sign-in"]')
        sign_in_by_typing(page, stage, "alice")

        read_older_and_newer(page, look)
        answer_a_note(page, stage, f"An answer, {look}")
        for visibility in ("public", "home", "followers", "specified"):
            post_with_a_warning(page, stage, f"@bob Said {visibility}ly, {look}", visibility)
        delete_a_note(page, stage, f"@bob Said homely, {look}")

        go(page, "/accounts")
        press(page, 'a[href="/sign-in"]')
        context.clear_cookies(name="sandbox_person")
        sign_in_by_typing(page, stage, "bob")
        switch_to(page, "@alice")
        sign_out_of(page, "@bob")
        # Allowed before, so the consent page lets bob pass without a word.
        sign_in(page, stage, "bob")
        sign_out_of_all(page)
        assert not is_signed_in(page, stage)


def sign_in_by_typing(page: Page, stage: Stage, username: str) -> None:
    page.locator('input[name="server"]').press_sequentially(f" {stage.sandbox.host} ")
    press(page, 'form[action="/sign-in"] button:not([formaction])')
    assert page.url.startswith(f"{stage.sandbox.url}/auth/")
    consent(page, username)
    assert page.url == f"{stage.url}/"
    expect(page.locator(".notice")).to_contain_text(f"@{username}@{stage.sandbox.host}")
    expect(page.locator(".me")).to_contain_text(f"@{username}@{stage.sandbox.host}")


def read_older_and_newer(page: Page, look: Look) -> None:
    newest = note_ids(page)
    assert len(newest) == 20
    if look.javascript:
        page.locator('nav a[href*="until="]').click()
        expect(page.locator("article")).to_have_count(40)
        older = note_ids(page)[20:]
    else:
        press(page, 'nav a[href*="until="]')
        older = note_ids(page)
    assert older
    # Ids of one server sort by time.
    assert max(older) < min(newest)
    if not look.javascript:
        press(page, 'nav a[href*="since="]')
        assert note_ids(page) == newest


def answer_a_note(page: Page, stage: Stage, text: str) -> None:
    asked = stage.note_of("haru")
    go(page, "/")
    press(page, f"#note-{asked.id} .facts a.when")
    assert urlsplit(page.url).path == f"/notes/{asked.id}"
    press(page, f'#note-{asked.id} a[href*="/compose?reply_id="]')
    expect(page.locator("blockquote")).to_contain_text("@haru")
    write(page, text)
    press(page, POST)
    (answer,) = notes_saying(stage, text)
    assert answer.reply_id == asked.id
    assert page.url == f"{stage.url}/notes/{asked.id}#note-{answer.id}"
    expect(page.locator(f"#note-{answer.id}")).to_contain_text(text)


def post_with_a_warning(page: Page, stage: Stage, text: str, visibility: str) -> None:
    go(page, "/compose")
    write(page, text, cw="A warning")
    unfold(page, "#audience")
    page.locator(f'input[name="visibility"][value="{visibility}"]').check()
    press(page, POST)
    (posted,) = notes_saying(stage, text)
    assert (posted.cw, posted.visibility) == ("A warning", visibility)
    assert page.url == f"{stage.url}/#note-{posted.id}"
    note = page.locator(f"#note-{posted.id}")
    expect(note.locator(".cw > summary")).to_have_text("A warning")
    expect(note.locator(".text")).to_be_hidden()
    note.locator(".cw > summary").click()
    expect(note.locator(".text")).to_have_text(text)
    expect(note.locator(".text")).to_be_visible()


def delete_a_note(page: Page, stage: Stage, text: str) -> None:
    (doomed,) = notes_saying(stage, text)
    go(page, "/")
    press(page, f'#note-{doomed.id} a[href*="/more"]')
    press(page, 'a[href*="/delete"]:not([href*="edit"])')
    # Nothing happens before the button is pressed.
    assert notes_saying(stage, text) == [doomed]
    press(page, 'form[action$="/delete"] button')
    assert page.url == f"{stage.url}/"
    assert notes_saying(stage, text) == []
    assert doomed.id not in note_ids(page)


def switch_to(page: Page, username: str) -> None:
    go(page, "/accounts")
    press(page, f'li:has-text("{username}") form[action$="/switch"] button')
    expect(page.locator(".me")).to_contain_text(username)


def sign_out_of(page: Page, username: str) -> None:
    go(page, "/accounts")
    press(page, f'li:has-text("{username}") form[action="/sign-out"] button')
    assert urlsplit(page.url).path == "/accounts"
    expect(page.locator("main li")).to_have_count(1)
    expect(page.locator("main li")).not_to_contain_text(username)


def sign_out_of_all(page: Page) -> None:
    go(page, "/accounts")
    press(page, 'a[href="/sign-out"]')
    press(page, 'form[action="/sign-out"]:not(:has(input[name="account"])) button')
    expect(page.locator(".me")).to_have_count(0)
    # Nothing of the person comes back with the Back button.
    page.go_back()
    expect(page.locator(".me, article")).to_have_count(0)


def test_another_device_allows_it_and_the_page_goes_on_by_itself(stage: Stage) -> None:
    with stage.context(Look()) as old, stage.context(Look(javascript=True)) as phone:
        here = old.new_page()
        here.goto(f"{stage.url}/sign-in")
        here.locator('input[name="server"]').fill(stage.sandbox.host)
        press(here, 'button[formaction="/sign-in/device"]')
        code = here.locator(".code").inner_text()
        expect(here.locator("svg.qr")).to_be_visible()
        there = phone.new_page()
        there.goto(here.locator("a.address").inner_text())
        press(there, 'button[name="username"][value="carol"]', within="body")
        expect(there.locator("h1")).to_contain_text(code)
        press(there, 'button[name="answer"][value="accept"]', within="body")
        # Nobody touches it.
        here.wait_for_url(f"{stage.url}/", timeout=15_000)
        expect(here.locator(".me")).to_contain_text("@carol@")
        assert not is_signed_in(there, stage)


@pytest.mark.parametrize("javascript", [False, True], ids=["nojs", "js"])
def test_a_double_click_posts_once(stage: Stage, javascript: bool) -> None:
    text = f"Said once, {javascript}"
    stage.sandbox.misbehave("notes/create", "slow", seconds=0.7, times=1)
    page = stage.page(Look(**DESK, javascript=javascript), "one")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.goto(f"{stage.url}/compose")
    write(page, text)
    button = page.locator(POST).bounding_box()
    assert button is not None
    # As far apart as a person's clicks: the first is under way when the second comes.
    page.mouse.click(button["x"] + 20, button["y"] + 10)
    page.wait_for_timeout(150)
    page.mouse.click(button["x"] + 20, button["y"] + 10)
    expect(page).to_have_url(re.compile("#note-"))
    (posted,) = notes_saying(stage, text)
    assert page.url.endswith(f"#note-{posted.id}")
    # With the script, the second press does not even leave the browser.
    assert sent.count(f"POST {stage.url}/compose") == (1 if javascript else 2)


def test_going_back_and_reloading_posts_nothing_and_loses_nothing(stage: Stage) -> None:
    page = stage.page(PLAIN, "one")
    page.goto(f"{stage.url}/compose")
    write(page, "Said once")
    press(page, POST)
    page.reload()
    page.go_back()
    expect(page.locator('textarea[name="text"]')).to_have_value("Said once")
    page.go_forward()
    assert len(notes_saying(stage, "Said once")) == 1


@pytest.fixture
def keeping_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser whose Back brings pages back as they were left."""
    with launch(playwright, keeps_pages=True) as browser:
        yield browser


def test_a_browser_that_keeps_pages_posts_once_and_forgets_with_the_sign_out(
    stage: Stage, keeping_browser: Browser
) -> None:
    with stage.context(Look(javascript=True), browser=keeping_browser) as context:
        page = context.new_page()
        sign_in(page, stage, "alice")
        page.goto(f"{stage.url}/compose")
        write(page, "Said once, and again")
        press(page, POST)
        (posted,) = notes_saying(stage, "Said once, and again")
        page.evaluate("setTimeout(() => history.back())")
        expect(page.locator('textarea[name="text"]')).to_have_value("Said once, and again")
        press(page, POST)
        assert page.url.endswith(f"#note-{posted.id}")
        assert notes_saying(stage, "Said once, and again") == [posted]

        go(page, "/")
        page.goto(f"{stage.url}/sign-out")
        press(page, 'form[action="/sign-out"] button')
        for _ in range(2):
            page.evaluate("setTimeout(() => history.back())")
            page.wait_for_timeout(300)
        expect(page.locator("main")).to_be_visible()
        expect(page.locator(".me, article")).to_have_count(0)


def test_what_was_typed_waits_behind_the_sign_in(stage: Stage) -> None:
    page = stage.page(PLAIN, "one")
    page.goto(f"{stage.url}/compose")
    write(page, "\nTyped with care\n\n  and spaces", cw="A warning")
    unfold(page, "#audience")
    page.locator('input[name="visibility"][value="followers"]').check()
    page.context.clear_cookies()
    press(page, POST)
    expect(page.locator("textarea")).to_have_value("\nTyped with care\n\n  and spaces")
    press(page, 'a[href^="/sign-in"]')
    sign_in_there_as_alice(page, stage)
    assert page.url == f"{stage.url}/compose"
    text = page.locator('textarea[name="text"]')
    expect(text).to_have_value("\nTyped with care\n\n  and spaces")
    expect(page.locator('input[name="cw"]')).to_have_value("A warning")
    expect(page.locator('input[value="followers"]')).to_be_checked()


def sign_in_there_as_alice(page: Page, stage: Stage) -> None:
    page.locator('input[name="server"]').fill(stage.sandbox.host)
    press(page, 'form[action="/sign-in"] button:not([formaction])')
    consent(page, "alice")


def test_session_fixation_signs_nobody_in(stage: Stage) -> None:
    """Mallory sends Alice the consent page of a sign-in that Mallory began. Alice allowed
    Engawa before, so the page accepts without a word."""
    with stage.context(Look()) as alices, stage.context(Look()) as mallorys:
        alice, mallory = alices.new_page(), mallorys.new_page()
        sign_in(alice, stage, "alice")
        alices.clear_cookies(name="engawa")
        begin_sign_in(mallory, stage)
        trap = mallory.url
        token = trap.rpartition("/")[2]
        stage.sandbox.clear_calls()

        alice.goto(trap)
        assert alice.url == f"{stage.url}/sign-in/callback?token={token}"
        assert not is_signed_in(alice, stage)
        mallory.goto(f"{stage.url}/sign-in/callback?token={token}")
        assert not is_signed_in(mallory, stage)
        assert stage.sandbox.calls_of("auth/session/userkey") == []


def test_login_csrf_signs_nobody_in(stage: Stage) -> None:
    """Mallory consents herself, keeps the way back, and makes Alice's browser take it."""
    with stage.context(Look()) as alices, stage.context(Look()) as mallorys:
        alice, mallory = alices.new_page(), mallorys.new_page()
        begin_sign_in(mallory, stage)
        press(mallory, 'button[name="username"][value="dave"]', within="body")
        accepted = mallorys.request.post(mallory.url, form={"answer": "accept"}, max_redirects=0)
        trap = accepted.headers["location"]
        assert trap.startswith(f"{stage.url}/sign-in/callback?token=")
        stage.sandbox.clear_calls()

        alice.goto(trap)
        assert not is_signed_in(alice, stage)
        mallory.goto(trap)
        assert not is_signed_in(mallory, stage)
        assert stage.sandbox.calls_of("auth/session/userkey") == []


def test_an_icon_is_painted(stage: Stage) -> None:
    """The sprite lies in a file of its own, which the page's policy has to let in."""
    nothing = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    page = stage.page(PLAIN, "one")
    page.goto(stage.url)
    painted = page.locator("nav.places svg.icon").first.screenshot()
    page.route("**/icons.svg*", lambda route: route.fulfill(body=nothing))
    page.reload()
    unpainted = page.locator("nav.places svg.icon").first.screenshot()
    page.unroute_all()
    assert painted != unpainted


def test_what_a_policy_refuses_is_heard(stage: Stage) -> None:
    """The other tests rely on it."""
    page = stage.page(Look(**DESK, javascript=True))
    page.goto(stage.url)
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=/static/no.png>')")
    page.wait_for_load_state("networkidle")
    heard = " ".join(stage.troubles)
    stage.troubles.clear()
    assert "Content Security Policy" in heard
    assert "no.png" in heard
