"""Consent on another device: the code to compare, the QR code, and the page that waits."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
import segno
from flask import Flask

from app.extensions import limiter
from app.misskey.permissions import PERMISSIONS
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser, Page
from tests.house import emptied
from tests.web.cast import acting_as

SVG = "{http://www.w3.org/2000/svg}svg"
PATH = "{http://www.w3.org/2000/svg}path"


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


@pytest.fixture
def waiting(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser whose page waits for consent on another device."""
    begin(browser, sandbox)
    return browser


def begin(browser: Browser, sandbox: Sandbox, **fields: str) -> Page:
    """Press "use another device"."""
    browser.get("/sign-in")
    return browser.submit("/sign-in/device", server=sandbox.host, **fields)


def test_a_browser_that_knows_no_formaction_gets_there_too(
    browser: Browser, sandbox: Sandbox
) -> None:
    browser.get("/sign-in")
    page = browser.submit("/sign-in", server=sandbox.host, device="1")
    assert page.path == "/sign-in/device"
    assert code(page)


def token_of(browser: Browser) -> str:
    """The token in the address the page shows."""
    return address(browser.page).rpartition("/")[2]


def address(page: Page | None) -> str:
    """The address to open on the other device."""
    assert page is not None
    return page.one("a", class_="address").get("href", "")


def code(page: Page) -> str:
    """The code to compare."""
    return "".join(page.one("p", class_="code").itertext()).removeprefix("Engawa ")


def look(browser: Browser) -> Page:
    """What the page does by itself every few seconds."""
    refresh = browser.page.response.headers["Refresh"]
    seconds, _, url = refresh.partition("; url=")
    assert int(seconds) == 5
    return browser.get(url)


def drawn(svg: Element) -> list[list[int]]:
    """The modules of a QR code drawn as one path of horizontal lines, without its border."""
    size = int(svg.get("viewBox", "").split()[2]) // 4
    picture = [[0] * size for _ in range(size)]
    [path] = [element for element in svg.iter(PATH) if element.get("stroke")]
    x = y = 0.0
    for kind, numbers in re.findall(r"([Mmh])([-\d. ]+)", path.get("d", "")):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if kind == "h":
            for column in range(int(x), int(x + values[0])):
                picture[int(y)][column] = 1
            x += values[0]
        else:
            x, y = (values[0], values[1]) if kind == "M" else (x + values[0], y + values[1])
    return [row[2:-2] for row in picture[2:-2]]


# The page -----------------------------------------------------------------


def test_each_attempt_has_an_app_of_its_own_that_never_calls_back(
    browser: Browser, sandbox: Sandbox
) -> None:
    codes = []
    for number in (1, 2):
        codes.append(code(begin(browser, sandbox)))
        registered = sandbox.calls_of("app/create")
        assert len(registered) == number
        body = registered[-1].body
        assert body.get("callbackUrl") is None
        assert body["permission"] == list(PERMISSIONS)
        assert body["name"] == f"Engawa {codes[-1]}"
        assert codes[-1] in body["description"]
    assert codes[0] != codes[1]
    assert stored.rows(browser.app, "server_apps") == []


def test_the_code_is_easy_to_compare(waiting: Browser) -> None:
    """Two short groups, without what is easily taken for something else (0 and O, 1 and I)."""
    assert re.fullmatch(r"[A-FHJKMNPRT-Y34789]{3}-[A-FHJKMNPRT-Y34789]{3}", code(waiting.page))


def test_the_qr_code_leads_to_the_consent_page(waiting: Browser, sandbox: Sandbox) -> None:
    url = address(waiting.page)
    assert url == f"{sandbox.url}/auth/{token_of(waiting)}"
    assert waiting.page is not None
    svg = waiting.page.one(SVG, class_="qr")
    expected = [[int(module) for module in row] for row in segno.make(url, error="m").matrix]
    assert drawn(svg) == expected
    assert drawn(svg) != [
        [int(module) for module in row] for row in segno.make(url[:-1] + "x", error="m").matrix
    ]


def test_the_page_reloads_itself_without_a_script(waiting: Browser) -> None:
    assert waiting.page is not None
    assert waiting.page.response.headers["Refresh"] == "5; url=/sign-in/device?look=1"
    assert waiting.page.foreign_scripts() == []
    assert "/sign-in/device?look=1" in waiting.page.links()


def test_opening_the_page_asks_nobody(waiting: Browser, sandbox: Sandbox) -> None:
    sandbox.clear_calls()
    assert waiting.get("/sign-in/device").status == 200
    assert sandbox.calls == []


def test_a_failed_beginning_comes_back_filled_in(browser: Browser, sandbox: Sandbox) -> None:
    browser.get("/sign-in?next=/compose")
    page = browser.submit("/sign-in/device", server="misskey.example/path")
    assert page.status == 400
    assert page.one("input", id="server").get("value") == "misskey.example/path"
    assert page.form("/sign-in").fields["next"] == "/compose"
    assert sandbox.calls == []


@pytest.mark.parametrize("endpoint", ["meta", "app/create", "auth/session/generate"])
def test_a_server_that_fails_at_the_beginning(
    browser: Browser, sandbox: Sandbox, endpoint: str
) -> None:
    sandbox.misbehave(endpoint, "html", status=503)
    page = begin(browser, sandbox)
    assert page.status == 502
    assert sandbox.host in page.text
    assert stored.rows(browser.app, "pending_sign_ins") == []
    assert browser.get("/sign-in/device").path == "/sign-in"


def test_a_consent_page_elsewhere_gets_no_qr_code(browser: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("auth/session/generate", "wrong-origin")
    page = begin(browser, sandbox)
    assert page.status == 502
    assert page.all(SVG, class_="qr") == []
    assert "elsewhere.example" not in page.html


# Waiting ------------------------------------------------------------------


def test_looking_before_consent_goes_on_waiting(waiting: Browser, sandbox: Sandbox) -> None:
    shown = address(waiting.page)
    before = waiting.cookie()
    for _ in range(3):
        page = look(waiting)
        assert page.status == 200
        assert address(page) == shown
    assert len(sandbox.calls_of("auth/session/userkey")) == 3
    assert waiting.cookie() == before
    assert len(stored.rows(waiting.app, "pending_sign_ins")) == 1


def test_looking_after_consent_signs_in(waiting: Browser, sandbox: Sandbox) -> None:
    look(waiting)
    before = waiting.cookie()
    sandbox.consent(token_of(waiting), "alice")
    page = look(waiting)
    assert page.path == "/"
    assert "You are signed in as @alice@" in page.html
    assert "Refresh" not in page.response.headers
    assert waiting.cookie() != before
    assert stored.rows(waiting.app, "pending_sign_ins") == []
    assert waiting.get("/sign-in/device").path == "/sign-in"


def test_the_person_lands_where_they_wanted_to_go(browser: Browser, sandbox: Sandbox) -> None:
    begin(browser, sandbox, next="/compose")
    sandbox.consent(token_of(browser), "alice")
    assert look(browser).path == "/compose"


def test_a_second_account_by_another_device(alice: Browser, sandbox: Sandbox) -> None:
    begin(alice, sandbox)
    sandbox.consent(token_of(alice), "bob")
    look(alice)
    assert acting_as(alice) == f"@bob@{sandbox.host}"
    assert f"@alice@{sandbox.host}" in alice.get("/accounts").text


@pytest.mark.parametrize(
    ("how", "options"),
    [
        ("down", {}),
        ("html", {"status": 502}),
        ("internal-error", {}),
        ("rate-limited", {}),
        ("shape", {"shape": "list"}),
    ],
)
def test_a_server_that_fails_in_between_keeps_the_page_waiting(
    waiting: Browser, sandbox: Sandbox, how: str, options: dict[str, object]
) -> None:
    token = token_of(waiting)
    sandbox.misbehave("auth/session/userkey", how, times=1, **options)
    page = look(waiting)
    assert page.status == 200
    assert page.one("div", role="alert") is not None
    assert token_of(waiting) == token
    sandbox.consent(token, "alice")
    look(waiting)
    assert acting_as(waiting) == f"@alice@{sandbox.host}"


@pytest.mark.parametrize("code", ["NO_SUCH_SESSION", "NO_SUCH_APP"])
def test_a_server_that_lost_the_sign_in_ends_it(
    waiting: Browser, sandbox: Sandbox, code: str
) -> None:
    sandbox.misbehave("auth/session/userkey", "error", code=code, status=400)
    page = look(waiting)
    assert page.status == 400
    assert "Refresh" not in page.response.headers
    assert stored.rows(waiting.app, "pending_sign_ins") == []
    assert waiting.get("/sign-in/device").path == "/sign-in"


def test_consent_just_before_ten_minutes_is_in_time(waiting: Browser, sandbox: Sandbox) -> None:
    stored.let_pass(waiting.app, minutes=9.9)
    sandbox.consent(token_of(waiting), "alice")
    look(waiting)
    assert acting_as(waiting) == f"@alice@{sandbox.host}"


def test_after_ten_minutes_the_page_stops(waiting: Browser, sandbox: Sandbox) -> None:
    sandbox.consent(token_of(waiting), "alice")
    sandbox.clear_calls()
    stored.let_pass(waiting.app, minutes=10.01)
    page = look(waiting)
    assert page.status == 400
    assert "ten minutes" in page.text
    assert "Refresh" not in page.response.headers
    assert sandbox.calls == []
    assert acting_as(waiting) is None
    assert stored.rows(waiting.app, "pending_sign_ins") == []


def test_looking_has_an_end(waiting: Browser, sandbox: Sandbox) -> None:
    """A page that reloads faster than ours does not ask for ever."""
    stored.execute(waiting.app, "UPDATE pending_sign_ins SET tries_left = 2")
    sandbox.clear_calls()
    assert look(waiting).status == 200
    assert look(waiting).status == 400
    assert waiting.get("/sign-in/device?look=1").path == "/sign-in"
    assert len(sandbox.calls) == 2


def test_cancelling_ends_it(waiting: Browser, sandbox: Sandbox) -> None:
    token = token_of(waiting)
    sandbox.clear_calls()
    assert waiting.submit("/sign-in/cancel").path == "/sign-in"
    assert stored.rows(waiting.app, "pending_sign_ins") == []
    sandbox.consent(token, "alice")
    assert waiting.get("/sign-in/device?look=1").path == "/sign-in"
    assert sandbox.calls == []
    assert acting_as(waiting) is None


def test_cancelling_twice_is_no_harm(waiting: Browser, sandbox: Sandbox) -> None:
    form = waiting.page.form("/sign-in/cancel")
    sandbox.clear_calls()
    assert waiting.post("/sign-in/cancel", form.fields).path == "/sign-in"
    assert waiting.post("/sign-in/cancel", form.fields).path == "/sign-in"
    assert sandbox.calls == []


def test_a_token_in_the_address_is_not_listened_to(
    waiting: Browser, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    token = token_of(waiting)
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    other = new_browser()
    assert other.get(f"/sign-in/device?look=1&token={token}").path == "/sign-in"
    assert sandbox.calls == []


def test_beginnings_are_limited_per_address(browser: Browser, sandbox: Sandbox) -> None:
    for _ in range(6):
        assert begin(browser, sandbox).status == 200
    sandbox.clear_calls()
    pending = stored.rows(browser.app, "pending_sign_ins")
    page = begin(browser, sandbox)
    assert page.status == 429
    assert "Too many" in page.title
    assert int(page.response.headers["Retry-After"]) >= 60
    assert sandbox.calls == []
    assert stored.rows(browser.app, "pending_sign_ins") == pending
    # Neither the waiting page nor the other way stands still by it.
    assert browser.get("/sign-in/device?look=1").status == 200
    assert browser.begin_sign_in()


def test_the_limit_ends(browser: Browser, app: Flask, sandbox: Sandbox) -> None:
    for _ in range(7):
        begin(browser, sandbox)
    with app.app_context():
        limiter.reset()  # As ten minutes do.
    assert begin(browser, sandbox).status == 200
