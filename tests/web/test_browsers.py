"""What browsers and search engines ask for, and what they hand over."""

from __future__ import annotations

import json
import struct
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from flask import Flask

from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def manifest(browser: Browser) -> dict[str, Any]:
    """The manifest that pages name."""
    href = browser.get("/about").one("link", rel="manifest").get("href", "")
    response = browser.client.get(href, headers=browser.headers)
    assert response.content_type.startswith("application/manifest+json")
    answer: dict[str, Any] = json.loads(response.data)
    return answer


# Installing -----------------------------------------------------------------------------


def test_the_manifest_speaks_the_readers_language(browser: Browser) -> None:
    assert manifest(browser)["lang"] == "en"
    english = manifest(browser)["description"]
    browser.headers = {"Accept-Language": "ja"}
    assert manifest(browser)["lang"] == "ja"
    assert manifest(browser)["description"] != english
    browser.get("/language")
    browser.submit("/language", language="en")
    assert manifest(browser)["lang"] == "en"


def test_every_address_in_the_manifest_is_a_page(alice: Browser) -> None:
    told = manifest(alice)
    pages = [told["start_url"], told["share_target"]["action"]]
    pages += [shortcut["url"] for shortcut in told["shortcuts"]]
    for path in pages:
        assert alice.get(path).status == 200, path


def test_its_icons_are_as_large_as_it_says(browser: Browser) -> None:
    icons = manifest(browser)["icons"]
    assert {"any", "maskable"} == {icon["purpose"] for icon in icons}
    sizes = set()
    for icon in icons:
        response = browser.client.get(icon["src"], buffered=True)
        assert response.content_type.startswith(icon["type"])
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", response.data[16:24])
            assert icon["sizes"] == f"{width}x{height}"
            sizes.add(width)
    assert {192, 512} <= sizes


def test_a_page_has_an_icon_for_every_home_screen(browser: Browser) -> None:
    href = browser.get("/").one("link", rel="apple-touch-icon").get("href", "")
    assert browser.client.get(href, buffered=True).data.startswith(b"\x89PNG")


def test_the_policy_lets_the_manifest_in(browser: Browser) -> None:
    policy = browser.get("/").response.headers["Content-Security-Policy"]
    assert "manifest-src 'self'" in policy


def test_pages_colour_what_is_around_them(browser: Browser) -> None:
    colours = browser.get("/").all("meta", name="theme-color")
    assert [colour.get("media") for colour in colours] == [
        "(prefers-color-scheme: light)",
        "(prefers-color-scheme: dark)",
    ]


# Searching, opening ---------------------------------------------------------------------


def test_browsers_learn_how_to_search(browser: Browser) -> None:
    href = browser.get("/about").one("link", rel="search").get("href", "")
    response = browser.client.get(href)
    assert response.content_type.startswith("application/opensearchdescription+xml")
    root = ElementTree.fromstring(response.data)  # noqa: S314  (our own)
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    url = root.find(f"{space}Url")
    assert url is not None
    assert url.get("template") == "http://localhost/search?q={searchTerms}"
    assert len(root.findtext(f"{space}ShortName", "")) <= 16


@pytest.mark.parametrize(
    ("address", "sought"),
    [
        ("web+misskey:@haru@misskey.example", "@haru@misskey.example"),
        ("web+misskey://https://misskey.example/notes/1", "https://misskey.example/notes/1"),
        ("WEB+MISSKEY:@haru", "@haru"),
        ("@haru", "@haru"),
        ("縁側 & tea", "縁側 & tea"),
        ("//evil.example", "//evil.example"),
        ("", ""),
        ("x\r\nLocation: y", "x\r\nLocation: y"),
    ],
)
def test_a_link_of_the_protocol_leads_to_the_search(
    browser: Browser, sandbox: Sandbox, address: str, sought: str
) -> None:
    page = browser.get("/look-up?" + urlencode({"address": address}), follow=False)
    assert page.status == 303
    assert page.response.headers["Location"] == "/search?" + urlencode({"q": sought})
    assert sandbox.calls == []


def test_robots_are_told_what_they_may_look_at(browser: Browser) -> None:
    lines = browser.client.get("/robots.txt").get_data(as_text=True).splitlines()
    assert lines[0] == "User-agent: *"
    assert lines[-1] == "Disallow: /"
    assert "Allow: /about$" in lines


# Sharing --------------------------------------------------------------------------------


def shared(browser: Browser, **fields: str) -> str:
    """What stands in the form after an app shared this."""
    page = browser.get("/share?" + urlencode(fields))
    assert page.status == 200
    return page.one("textarea", name="text").text or ""


def test_what_is_shared_stands_in_the_form_and_is_not_posted(
    alice: Browser, sandbox: Sandbox
) -> None:
    text = shared(alice, title="縁側", text="Some words", url="https://far.example/?a=1&b=2#c")
    assert text.strip() == "縁側\nSome words\nhttps://far.example/?a=1&b=2#c"
    assert alice.page is not None
    assert alice.page.form("/compose")
    assert sandbox.calls_of("notes/create") == []


def test_nothing_is_said_twice(alice: Browser) -> None:
    link = "https://far.example/"
    assert shared(alice, title=link, text=link).strip() == link
    assert shared(alice, title="A title", text="A title", url=link).strip() == f"A title\n{link}"


def test_sharing_nothing_is_an_empty_form(alice: Browser) -> None:
    assert shared(alice).strip() == ""


def test_sharing_while_signed_out_keeps_it_through_the_sign_in(
    browser: Browser, sandbox: Sandbox
) -> None:
    long = "縁側でお茶をいただきました。" * 60
    assert shared(browser, text=long, url="https://far.example/").strip().startswith(long)
    page = browser.submit("/share", follow=False)
    assert page.response.headers["Location"] == "/sign-in?next=" + quote("/compose")
    sandbox.clear_calls()
    browser.sign_in("alice")
    kept = browser.get("/compose").one("textarea", name="text").text or ""
    assert kept.strip() == f"{long}\nhttps://far.example/"
    assert sandbox.calls_of("notes/create") == []


def test_opening_an_address_keeps_nothing(browser: Browser) -> None:
    browser.get("/share?text=Planted")
    browser.sign_in("alice")
    assert "Planted" not in browser.get("/compose").html


def test_what_is_kept_comes_from_our_own_form(browser: Browser) -> None:
    answer = browser.post("/share", {"text": "Planted"}, follow=False)
    assert answer.response.headers["Location"] == "/compose"
    browser.sign_in("alice")
    assert "Planted" not in browser.get("/compose").html
