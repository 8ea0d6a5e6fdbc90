"""Where a person is sent after a form: never off this site, whatever `next` says."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.extensions import limiter
from app.security import safe_next
from sandbox import Sandbox
from tests import stored
from tests.browsing import ORIGIN, Browser
from tests.house import emptied
from tests.web.cast import callback, sign_in_at

HOSTILE = [
    "https://evil.example",
    "http://evil.example/",
    "HTTPS://EVIL.EXAMPLE",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "//evil.example",
    "//evil.example/%2f..",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "\x1f//evil.example",
    "/\x0b/evil.example",
    "\u2028//evil.example",
    "/\u3000/evil.example",
    "／／evil.example",
    "/。/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/%2e//evil.example",
    "/%2E%2e//evil.example",
    "/./\\evil.example",
    "./evil.example",
    "evil.example",
    "@evil.example",
    ":80",
    "?next=https://evil.example",
    "#https://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://evil.example",
    "blob:https://evil.example/x",
    "http://localhost@evil.example",
    "http://localhost.evil.example",
    "http://localhost:80@evil.example",
    "//localhost@evil.example",
    "https://localhost/",
    "/compose\r\nLocation: https://evil.example",
    "/compose\r\nSet-Cookie: a=b",
    "/compose evil",
    "/" + "a" * 5000,
    "",
    " ",
]
GOOD = [
    "/",
    "/compose",
    "/compose?reply_id=9abc&next=/",
    "/notes/9abc#note-9abc",
    "/?until=9abc",
    "/accounts?next=%2Fnotes%2F9abc",
    "/notes/9abc/delete?next=%2F%3Funtil%3Dx",
    "/compose?text=%E3%81%82%20b",
    "/a//b",
    "/notes/a..b",
    "/~a/(b)/c;d,e:f@g",
]


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation, empty."""
    return emptied(house)


def leads_away(place: str) -> bool:
    """Whether a browser at our site would leave it, by the URL Standard's rules for http:
    tabs and line ends are dropped, leading controls and spaces too, and \\ is a slash."""
    seen = re.sub(r"[\t\r\n]", "", place.lstrip("".join(map(chr, range(33))))).replace("\\", "/")
    if re.match(r"[a-z][a-z0-9+.\-]*:", seen, re.IGNORECASE):
        return not seen.startswith(f"{ORIGIN}/")
    return seen.startswith("//") or not urljoin(f"{ORIGIN}/x", seen).startswith(f"{ORIGIN}/")


def test_the_test_knows_who_leads_away() -> None:
    for place in ("https:evil.example", "/\\evil.example", "/\t/evil.example", "//evil.example"):
        assert leads_away(place)
    for place in ("/", "/compose?a=b#c", f"{ORIGIN}/compose"):
        assert not leads_away(place)


# The rule itself ----------------------------------------------------------


def test_hostile_values_become_the_default() -> None:
    assert len(HOSTILE) >= 30
    assert [value for value in HOSTILE if safe_next(value) != "/"] == []
    assert [value for value in HOSTILE if safe_next(value, "/accounts") != "/accounts"] == []
    assert safe_next(None) == "/"


def test_our_own_addresses_are_kept() -> None:
    assert [value for value in GOOD if safe_next(value) != value] == []


PIECES = [
    "/", "\\", "//", ":", "@", ".", "..", "%2e", "%2E", "%5c", "%2f", "%09", "\t", "\n", "\r",
    "\0", " ", "?", "#", ";", "a", "evil.example", "http", "https:", "javascript:", "localhost",
    "あ", "。", "／", "\u2028", "\x7f", "[", "]", "&", "=",
]  # fmt: skip


@hypothesis_settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
def test_whatever_comes_the_result_is_a_path_of_ours(value: str) -> None:
    result = safe_next(value)
    assert re.fullmatch(r"/[!-~]*", result)
    assert not result.startswith(("//", "/\\"))
    assert not leads_away(result)
    parts = urlsplit(urljoin(f"{ORIGIN}/some/page", result))
    assert f"{parts.scheme}://{parts.netloc}" == ORIGIN
    assert not parts.path.startswith("//")
    assert result in (value, "/")
    assert safe_next(result) == result


# Through the app ----------------------------------------------------------


def test_after_signing_in(browser: Browser, app: Flask, sandbox: Sandbox) -> None:
    """Both what a link of somebody else brings to the form, and what is in the form."""
    form = browser.get("/sign-in").form("/sign-in")
    for value in HOSTILE:
        with app.app_context():
            limiter.reset()
        page = browser.get(f"/sign-in?next={quote(value, safe='')}")
        assert 'name="next" value="/"' in page.html, value
        fields = {**form.fields, "server": sandbox.host, "next": value}
        assert browser.post("/sign-in", fields, follow=False).status == 303
        [pending] = stored.rows(app, "pending_sign_ins")
        assert pending["next_path"] == "/", value
        stored.execute(app, "DELETE FROM pending_sign_ins")


def test_at_the_end_of_the_sign_in_even_what_was_stored_is_looked_at(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    for value in HOSTILE[:10]:
        token = browser.begin_sign_in()
        stored.execute(app, "UPDATE pending_sign_ins SET next_path = ?", value)
        sandbox.consent(token, "alice")
        page = browser.get(callback(token), follow=False)
        assert page.response.headers["Location"] == "/", value


def test_after_choosing_a_language(browser: Browser) -> None:
    form = browser.get("/language").form("/language")
    for value in HOSTILE:
        page = browser.get(f"/language?next={quote(value, safe='')}")
        assert 'name="next" value="/"' in page.html, value
        fields = {**form.fields, "language": "en", "next": value}
        page = browser.post("/language", fields, follow=False)
        assert page.response.headers["Location"] == "/", value
        assert "a=b" not in str(page.response.headers), value


def test_after_posting_a_note(alice: Browser) -> None:
    form = alice.get("/compose").form("/compose")
    for number, value in enumerate(HOSTILE):
        page = alice.get(f"/compose?next={quote(value, safe='')}")
        assert 'name="next" value="/"' in page.html, value
        fields = {**form.fields, "text": "Hello", "next": value, "form_id": f"{number:020}"}
        page = alice.post("/compose", fields, follow=False)
        place = page.response.headers["Location"]
        assert re.fullmatch(r"/#note-[a-z0-9]+", place), value


def test_after_switching_accounts(browser: Browser, sandbox: Sandbox) -> None:
    account_id = sign_in_at(browser, sandbox, "alice")
    sign_in_at(browser, sandbox, "bob")
    switch = f"/accounts/{account_id}/switch"
    form = browser.get("/accounts").form(switch)
    for value in HOSTILE:
        page = browser.post(switch, {**form.fields, "next": value}, follow=False)
        assert page.response.headers["Location"] == "/", value


def test_after_deleting_a_note(alice: Browser, sandbox: Sandbox) -> None:
    for value in HOSTILE[:20]:
        note = sandbox.world.create_note(sandbox.person("alice"), text="Not for long")
        sandbox.world.clock.advance(5)  # As the server asks between two deletions.
        alice.get(f"/notes/{note.id}/delete?next={quote(value, safe='')}")
        page = alice.submit(f"/notes/{note.id}/delete", follow=False, next=value)
        assert page.response.headers["Location"] == "/", value


def test_good_ones_are_kept_through_the_app(browser: Browser, sandbox: Sandbox) -> None:
    for value in GOOD:
        page = browser.get(f"/language?next={quote(value, safe='')}")
        assert page.form("/language").fields["next"] == value
        page = browser.submit("/language", follow=False, language="en")
        assert page.response.headers["Location"] == value
    for value in GOOD[:3]:
        token = browser.begin_sign_in(next=value)
        sandbox.consent(token, "alice")
        page = browser.get(callback(token), follow=False)
        assert page.response.headers["Location"] == value
