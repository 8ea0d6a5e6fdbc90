"""Which language a page is in."""

from __future__ import annotations

import pytest
from flask import Flask

from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied

YEAR = 365 * 24 * 3600


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


def language_of(page: Page) -> str | None:
    """The language the page says it is in."""
    return page.root.get("lang")


def choose(browser: Browser, language: str | None, **fields: str) -> Page:
    """Press the button of a language; the answer to it."""
    form = browser.get("/language").form("/language")
    sent = {**form.fields, **fields}
    return browser.post(
        "/language", sent if language is None else {**sent, "language": language}, follow=False
    )


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [
        ("ja", "ja"),
        ("en", "en"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
        ("fr,ja;q=0.5", "ja"),
        ("fr-CH, fr;q=0.9", "en"),
        ("", "en"),
        ("ja;q=0,en", "en"),
        ("あ;;;q=x,,,", "en"),
        ("x" * 3000, "en"),
    ],
)
def test_the_browsers_preference_decides(browser: Browser, preferred: str, expected: str) -> None:
    browser.headers = {"Accept-Language": preferred}
    assert language_of(browser.get("/")) == expected


def test_without_a_preference_pages_are_english(browser: Browser) -> None:
    browser.headers = {}
    assert language_of(browser.get("/")) == "en"


def test_the_choice_outweighs_the_browser(browser: Browser, sandbox: Sandbox) -> None:
    answer = choose(browser, "ja")
    assert answer.status == 303
    assert language_of(browser.get("/")) == "ja"
    choose(browser, "en")
    browser.headers = {"Accept-Language": "ja"}
    assert language_of(browser.get("/")) == "en"
    assert sandbox.calls == []


def test_the_choice_is_kept_for_a_year_in_a_cookie_of_its_own(browser: Browser) -> None:
    cookies = choose(browser, "ja").response.headers.getlist("Set-Cookie")
    [cookie] = [cookie for cookie in cookies if cookie.startswith("engawa-language=")]
    parts = cookie.split("; ")
    assert parts[0] == "engawa-language=ja"
    assert {f"Max-Age={YEAR}", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts)


def test_the_choice_outlives_signing_out(alice: Browser) -> None:
    choose(alice, "ja")
    alice.get("/sign-out")
    alice.submit("/sign-out")
    assert language_of(alice.get("/")) == "ja"


def test_the_page_names_each_language_in_itself(browser: Browser) -> None:
    for language, name in (("ja", "日本語"), ("en", "English")):
        browser.headers = {"Accept-Language": language}
        page = browser.get("/language")
        buttons = {
            button.get("value"): button for button in page.all("button") if button.get("value")
        }
        assert set(buttons) == {"ja", "en"}
        assert "".join(buttons[language].itertext()) == name
        assert buttons[language].get("lang") == language
        assert [code for code in buttons if buttons[code].get("aria-current")] == [language]


def test_every_page_leads_to_the_choice(alice: Browser) -> None:
    for path in ("/", "/compose", "/accounts", "/nothing-here"):
        assert "/language" in alice.get(path).links()


@pytest.mark.parametrize("wrong", ["fr", "", "JA", "ja-JP", "../ja", "ja\r\nSet-Cookie: x=y", None])
def test_a_wrong_choice_changes_nothing(browser: Browser, wrong: str | None) -> None:
    answer = choose(browser, wrong)
    assert answer.status == 303
    assert browser.cookie("engawa-language") is None
    assert "x=y" not in str(answer.response.headers)
    assert language_of(browser.get("/")) == "en"


@pytest.mark.parametrize("junk", ["fr", "", "xx" * 500, "../../etc/passwd", "ja;en"])
def test_a_junk_cookie_is_as_good_as_none(browser: Browser, junk: str) -> None:
    browser.client.set_cookie("engawa-language", junk)
    assert language_of(browser.get("/")) == "en"


def test_choosing_goes_back_to_where_the_person_was(browser: Browser) -> None:
    browser.get("/language?next=/sign-in")
    page = browser.submit("/language", language="ja", follow=False)
    assert page.response.headers["Location"] == "/sign-in"


def test_choosing_wants_our_own_form(browser: Browser) -> None:
    assert browser.post("/language", {"language": "ja"}).status == 400
    assert browser.cookie("engawa-language") is None


def test_errors_speak_the_chosen_language_too(browser: Browser) -> None:
    choose(browser, "ja")
    assert language_of(browser.get("/nothing-here")) == "ja"


def test_looking_at_the_choice_changes_nothing(browser: Browser) -> None:
    page = browser.get("/language?language=ja")
    assert "engawa-language" not in str(page.response.headers)
    assert language_of(browser.get("/")) == "en"
