"""The health page and static files: what costs nothing must stay so."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.models import StoredSession
from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice, by the quickest way."""
    return let_in(browser, "alice")


def assets(browser: Browser) -> list[str]:
    """The static files that a page asks for."""
    page = browser.get("/sign-in")
    found = [str(link.get("href")) for link in page.all("link")]
    found = [path for path in found if path.startswith("/static/")]
    for element in page.root.iter():
        if str(element.tag).endswith("}use"):
            found.append(str(element.get("href")).partition("#")[0])
    return sorted(set(found))


def test_it_says_that_it_is_well_and_leaves_no_trace(
    browser: Browser, sandbox: Sandbox, app: Flask
) -> None:
    page = browser.get("/healthz")
    assert page.status == 200
    assert page.html == "ok\n"
    assert page.response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.response.headers
    assert sandbox.calls == []
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(StoredSession)) == 0


def test_it_is_well_while_every_server_is_not(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("*", "down")
    assert alice.get("/healthz").status == 200
    assert sandbox.calls == []


def test_it_answers_only_to_reading(browser: Browser, sandbox: Sandbox) -> None:
    assert browser.client.head("/healthz").status_code == 200
    assert browser.post("/healthz", {}).status in (400, 405)
    assert sandbox.calls == []


def test_static_files_have_fingerprints_and_are_kept_for_a_year(browser: Browser) -> None:
    paths = assets(browser)
    assert [urlsplit(path).path.rpartition("/")[2] for path in paths] == [
        "engawa.css",
        "favicon.svg",
        "icon-whole-180.png",
        "icons.svg",
    ]
    for path in paths:
        fingerprint = urlsplit(path).query
        assert fingerprint.startswith("v="), path
        assert len(fingerprint) >= 10, path
        with browser.client.get(path) as response:
            assert response.status_code == 200, path
            assert response.cache_control.max_age == 365 * 24 * 3600, path
            assert response.cache_control.public, path
            assert "Set-Cookie" not in response.headers, path
            assert response.headers["X-Content-Type-Options"] == "nosniff", path


def test_a_fingerprint_is_of_the_files_content(browser: Browser) -> None:
    for path in assets(browser):
        with browser.client.get(path) as response:
            digest = hashlib.sha256(response.data).hexdigest()
        assert digest.startswith(urlsplit(path).query.removeprefix("v="))


@pytest.mark.parametrize("query", ["", "?v=000000000000", "?v=", "?v", "{}&more", "{}?"])
def test_by_another_address_a_file_is_asked_for_each_time(browser: Browser, query: str) -> None:
    # A node that is still of the version before is asked for the files of the new one. What
    # it has must not be taken for them for a year.
    path, _, fingerprint = next(path for path in assets(browser) if ".css" in path).partition("?")
    other = path + query.format(f"?{fingerprint}")
    with browser.client.get(other) as response:
        assert response.status_code == 200
        assert str(response.cache_control) == "no-cache"
        etag = response.headers["ETag"]
    with browser.client.get(other, headers={"If-None-Match": etag}) as again:
        assert again.status_code == 304
        assert str(again.cache_control) == "no-cache"


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, deflate, br, zstd"])
def test_static_files_are_compressed_whole(browser: Browser, encoding: str) -> None:
    sheet = next(path for path in assets(browser) if ".css" in path)
    with browser.client.get(sheet) as plain:
        size = len(plain.data)
        assert plain.content_length == size
    with browser.client.get(sheet, headers={"Accept-Encoding": encoding}) as packed:
        assert packed.headers["Content-Encoding"] in encoding
        assert packed.content_length == len(packed.data) < size / 2
        assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_file_that_has_not_changed_is_not_sent_again(browser: Browser) -> None:
    sheet = next(path for path in assets(browser) if ".css" in path)
    sent = {"Accept-Encoding": "gzip"}
    with browser.client.get(sheet, headers=sent) as first:
        etag = first.headers["ETag"]
    with browser.client.get(sheet, headers={**sent, "If-None-Match": etag}) as again:
        assert again.status_code == 304
        assert again.data == b""


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/nothing.css", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py"],
)
def test_what_is_no_static_file_is_not_found(browser: Browser, path: str) -> None:
    with browser.client.get(path) as response:
        assert response.status_code == 404
        assert "Set-Cookie" not in response.headers
