"""What pages carry for the script: small, only where it is of use, and nothing without which
something could not be done."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask

from app.rendering import static_url
from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, let_in

STATIC = Path(__file__).parent.parent.parent / "static"
MOST_OF_ONE = 10_000  # Bytes, gzipped.
MOST_OF_ALL = 20_000


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def test_the_scripts_are_small() -> None:
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in STATIC.glob("*.js")}
    assert sizes["engawa.js"] <= MOST_OF_ONE
    assert sum(sizes.values()) <= MOST_OF_ALL


def test_the_script_comes_packed_and_to_stay(alice: Browser) -> None:
    script = alice.get("/").one("script").get("src")
    assert script is not None
    sent = {"Accept-Encoding": "gzip"}
    with alice.client.get(script, headers=sent, buffered=True) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.mimetype in ("text/javascript", "application/javascript")
        assert "immutable" in answer.headers["Cache-Control"] or (
            "max-age=31536000" in answer.headers["Cache-Control"]
        )
    with alice.app.test_request_context():
        assert script == static_url("engawa.js")


def test_it_is_a_module_and_old_browsers_leave_it_alone(alice: Browser) -> None:
    assert alice.get("/").one("script").get("type") == "module"


def test_it_is_not_loaded_for_somebody_who_is_signed_out(browser: Browser) -> None:
    for path in ("/", "/sign-in", "/settings", "/language", "/about/keys"):
        page = browser.get(path)
        assert page.status == 200
        assert page.all("script") == []
        assert page.all("template") == []


def test_its_words_are_in_the_reader_s_language(alice: Browser) -> None:
    assert alice.get("/").one("template", id="words").get("data-close") == "Close"
    alice.headers = {"Accept-Language": "ja"}
    assert alice.get("/").one("template", id="words").get("data-close") == "閉じる"


# Newer notes ------------------------------------------------------------------


def is_live(browser: Browser, path: str) -> bool:
    """Whether the page at `path` asks the script to look for newer notes."""
    (link,) = browser.get(path).all("a", rel="prev")
    return link.get("data-live") is not None


def test_only_the_newest_page_is_kept_up_to_date(alice: Browser) -> None:
    oldest = alice.get("/").note_ids()[-1]
    assert is_live(alice, "/")
    assert not is_live(alice, f"/?until={oldest}")
    assert not is_live(alice, f"/?since={oldest}")


def test_the_data_saver_keeps_nothing_up_to_date(alice: Browser) -> None:
    alice.get("/settings")
    alice.submit("/settings", saves_data="1")
    assert not is_live(alice, "/")


# Keys -------------------------------------------------------------------------


def has_keys(browser: Browser) -> bool:
    """Whether pages tell the script to listen to keys."""
    return browser.get("/").one("template", id="words").get("data-keys") is not None


def test_keys_are_there_until_they_are_switched_off(alice: Browser, sandbox: Sandbox) -> None:
    assert has_keys(alice)
    page = alice.get("/settings")
    assert page.one("input", name="uses_keys").get("checked") is not None
    answer = alice.submit("/settings", uses_keys=None, follow=False)
    assert answer.status == 303
    cookies = answer.response.headers.getlist("Set-Cookie")
    (cookie,) = [one for one in cookies if one.startswith("engawa-keys=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert not has_keys(alice)
    page = alice.get("/settings")
    assert page.one("input", name="uses_keys").get("checked") is None
    assert "switched off" in alice.get("/about/keys").text
    alice.get("/settings")
    alice.submit("/settings", uses_keys="1")
    assert has_keys(alice)
    assert "switched off" not in alice.get("/about/keys").text


def test_one_setting_does_not_change_the_other(alice: Browser) -> None:
    alice.get("/settings")
    alice.submit("/settings", saves_data="1", uses_keys=None)
    page = alice.get("/settings")
    assert page.one("input", name="saves_data").get("checked") is not None
    assert page.one("input", name="uses_keys").get("checked") is None


@pytest.mark.parametrize("value", ["", "1", "yes", "\x7f", "0 0"])
def test_a_cookie_of_somebody_s_own_making_changes_nothing(alice: Browser, value: str) -> None:
    alice.client.set_cookie("engawa-keys", value)
    assert has_keys(alice)


def test_the_keys_are_listed_in_both_languages(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.get("/about/keys")
    assert page.status == 200
    listed = {"".join(key.itertext()) for key in page.all("kbd")}
    assert {"n", "p", "t", "j", "k", "h", "?", "Esc", "r", "q", "e", "a", "+", "s", "m"} <= listed
    assert "Write a note" in page.text
    browser.headers = {"Accept-Language": "ja"}
    assert "ノートを書く" in browser.get("/about/keys").text
    assert sandbox.calls == []


def test_the_list_and_the_script_know_the_same_keys(browser: Browser) -> None:
    listed = {"".join(key.itertext()) for key in browser.get("/about/keys").all("kbd")}
    script = (STATIC / "engawa.js").read_text()
    table = script.partition("const KEYS = {")[2].partition("});")[0]
    for key in listed - {"1", "…", "9", "Esc"}:
        assert f"{key}:" in table or f'"{key}":' in table, key


def test_the_list_takes_no_form(browser: Browser) -> None:
    assert browser.post("/about/keys", {}).status in (400, 405)


def test_home_leads_to_the_list(alice: Browser) -> None:
    assert "/about/keys" in alice.get("/").links()
    assert "/about/keys" in alice.get("/settings").links()


# Addresses to copy ------------------------------------------------------------


def test_addresses_are_marked_for_the_script(alice: Browser) -> None:
    note = alice.get("/").note_ids()[0]
    page = alice.get(f"/notes/{note}/more")
    assert page.one("input", id="address").get("class") == "copyable"


def test_the_pages_of_the_sign_in_with_an_address_have_the_script(
    browser: Browser, sandbox: Sandbox
) -> None:
    browser.get("/sign-in")
    page = browser.submit("/sign-in/device", server=sandbox.host)
    assert page.one("a", class_="address").get("class") == "address copyable"
    assert len(page.all("script")) == 1
