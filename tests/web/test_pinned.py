"""An installation for one server only, whose app the operator registered there by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask

from app.misskey import Secret, parse_server
from sandbox import ALL_PERMISSIONS, Sandbox
from tests import stored
from tests.browsing import Browser, Page
from tests.house import emptied
from tests.web.cast import acting_as, callback

CALLBACK = "http://localhost/sign-in/callback"
SECRET = "the-secret-of-the-app-by-hand"
Pin = Callable[..., Browser]


@pytest.fixture
def pin(
    house: Flask,
    street: Callable[..., Flask],
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Pin:
    """Pins the installation to the sandbox, with an app that calls back to `callback_url`;
    gives a browser of it."""
    emptied(house)

    def pinned(callback_url: str | None, *, secret: str = SECRET) -> Browser:
        with monkeypatch.context() as patched:
            # The same at every start, so that one installation serves all tests here.
            patched.setattr("sandbox.apps._random_secret", lambda: SECRET)
            sandbox.world.apps.register("Engawa", "By hand", ALL_PERMISSIONS, callback_url)
        app = street(
            pinned_server=parse_server(sandbox.host, allow_loopback=True),
            pinned_app_secret=Secret(secret),
        )
        return Browser(app, sandbox)

    return pinned


def press(browser: Browser, **fields: str) -> Page:
    """Press the one button of the sign-in page, and stay where it leads."""
    browser.get("/sign-in")
    return browser.submit("/sign-in", follow=False, **fields)


def wait(browser: Browser, sandbox: Sandbox) -> str:
    """Press the button where the app has no callback; the token of the consent page."""
    assert press(browser).response.headers["Location"] == "/sign-in/allow"
    page = browser.get("/sign-in/allow")
    address = next(link for link in page.links() if link.startswith(f"{sandbox.url}/auth/"))
    sandbox.clear_calls()
    return address.rpartition("/")[2]


# The page -----------------------------------------------------------------


def test_there_is_no_field_and_one_button(pin: Pin, sandbox: Sandbox) -> None:
    page = pin(CALLBACK).get("/sign-in?server=elsewhere.example")
    assert sandbox.host in page.text
    assert "elsewhere.example" not in page.html
    assert [field.get("type") for field in page.all("input")] == ["hidden", "hidden"]
    form = page.form("/sign-in")
    assert len(form.buttons) == 1
    assert set(form.fields) == {"csrf_token", "next"}
    assert sandbox.calls == []


def test_the_way_by_another_device_is_not_there(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(CALLBACK)
    form = browser.get("/sign-in").form("/sign-in")
    page = browser.post("/sign-in/device", {**form.fields, "server": sandbox.host})
    assert page.status == 404
    assert sandbox.calls == []
    assert browser.get("/sign-in/device").path == "/sign-in"


# With our callback --------------------------------------------------------


def test_signing_in_with_the_app_of_the_operator(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(CALLBACK)
    place = press(browser, next="/compose").response.headers["Location"]
    assert place.startswith(f"{sandbox.url}/auth/")
    token = place.rpartition("/")[2]
    sandbox.consent(token, "alice")
    assert browser.get(callback(token)).path == "/compose"
    assert acting_as(browser) == f"@alice@{sandbox.host}"
    assert sandbox.calls_of("app/create") == []


def test_a_typed_server_is_ignored(pin: Pin, sandbox: Sandbox, other_sandbox: Sandbox) -> None:
    browser = pin(CALLBACK)
    place = press(browser, server=other_sandbox.host).response.headers["Location"]
    assert place.startswith(f"{sandbox.url}/auth/")
    assert other_sandbox.calls == []


def test_the_operators_secret_is_not_written_down(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(CALLBACK)
    press(browser)
    secret = sandbox.calls_of("auth/session/generate")[0].body["appSecret"]
    assert secret.encode() not in stored.file_bytes(browser.app)
    assert stored.rows(browser.app, "server_apps") == []


def test_another_browser_cannot_finish_it(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(CALLBACK)
    token = press(browser).response.headers["Location"].rpartition("/")[2]
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    other = Browser(browser.app, sandbox)
    assert other.get(callback(token)).status == 400
    assert browser.get(callback(token)).status == 400
    assert sandbox.calls == []


def test_the_app_calls_back_to_somewhere_else(
    pin: Pin, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    browser = pin("http://elsewhere.example/sign-in/callback")
    page = press(browser)
    assert page.status == 502
    assert "Only the operator can mend this" in page.text
    assert f"register one whose callback is {CALLBACK}" in caplog.text
    assert stored.rows(browser.app, "pending_sign_ins") == []
    # Nothing to go on with, and the button to try again.
    assert len(page.form("/sign-in").buttons) == 1


def test_the_server_does_not_know_the_app(
    pin: Pin, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    browser = pin(CALLBACK, secret="s3cret-of-an-app-that-is-gone")
    page = press(browser)
    assert page.status == 400
    assert "does not know Engawa's app" in page.text
    assert "PINNED_APP_SECRET" in caplog.text
    assert "s3cret-of-an-app-that-is-gone" not in caplog.text + page.html
    assert sandbox.calls_of("app/create") == []
    assert stored.rows(browser.app, "pending_sign_ins") == []


def test_the_server_is_down(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(CALLBACK)
    sandbox.misbehave("*", "down")
    page = press(browser)
    assert page.status == 504
    assert sandbox.host in page.text
    assert len(page.form("/sign-in").buttons) == 1


def test_the_consent_page_is_not_the_servers_own(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(CALLBACK)
    sandbox.misbehave("auth/session/generate", "wrong-origin")
    page = press(browser)
    assert page.status == 502
    assert "Location" not in page.response.headers
    assert stored.rows(browser.app, "pending_sign_ins") == []


# Without a callback -------------------------------------------------------


def test_the_button_after_consent_signs_in(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    before = browser.cookie()
    sandbox.consent(token, "alice")
    page = browser.submit("/sign-in/allow")
    assert "You are signed in as @alice@" in page.html
    assert [call.endpoint for call in sandbox.calls] == ["auth/session/userkey", "notes/timeline"]
    assert browser.cookie() != before
    assert stored.rows(browser.app, "pending_sign_ins") == []
    assert sandbox.calls_of("app/create") == []


def test_the_way_without_a_callback_goes_where_the_person_wanted(
    pin: Pin, sandbox: Sandbox
) -> None:
    browser = pin(None)
    press(browser, next="/compose")
    token = browser.get("/sign-in/allow").one("a", class_="address").get("href", "")
    sandbox.consent(token.rpartition("/")[2], "alice")
    assert browser.submit("/sign-in/allow").path == "/compose"


def test_the_operator_is_told_to_register_the_callback(
    pin: Pin, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    wait(pin(None), sandbox)
    assert f"register one whose callback is {CALLBACK}" in caplog.text


def test_not_yet_allowed_and_then_allowed(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    for _ in range(4):
        page = browser.submit("/sign-in/allow")
        assert page.status == 409
        assert "not allowed Engawa yet" in page.text
        assert f"{sandbox.url}/auth/{token}" in page.links()
    sandbox.consent(token, "alice")
    browser.submit("/sign-in/allow")
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_after_five_tries_it_is_over(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    form = browser.page.form("/sign-in/allow")
    statuses = [browser.post("/sign-in/allow", form.fields).status for _ in range(5)]
    assert statuses == [409, 409, 409, 409, 400]
    assert len(sandbox.calls) == 5
    sandbox.consent(token, "alice")
    assert browser.post("/sign-in/allow", form.fields).status == 400
    assert len(sandbox.calls) == 5
    assert acting_as(browser) is None
    assert stored.rows(browser.app, "pending_sign_ins") == []
    assert browser.get("/sign-in/allow").path == "/sign-in"


def test_the_button_works_for_ten_minutes(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    sandbox.consent(token, "alice")
    stored.let_pass(browser.app, minutes=9.9)
    browser.submit("/sign-in/allow")
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_the_button_is_dead_after_ten_minutes(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    sandbox.consent(token, "alice")
    stored.let_pass(browser.app, minutes=10.01)
    page = browser.submit("/sign-in/allow")
    assert page.status == 400
    assert "ten minutes" in page.text
    assert sandbox.calls == []
    assert acting_as(browser) is None
    assert stored.rows(browser.app, "pending_sign_ins") == []


def test_a_server_that_fails_in_between_does_not_end_it(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    sandbox.consent(token, "alice")
    sandbox.misbehave("auth/session/userkey", "html", status=502, times=1)
    page = browser.submit("/sign-in/allow")
    assert page.status == 502
    assert f"{sandbox.url}/auth/{token}" in page.links()
    browser.submit("/sign-in/allow")
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_failing_uses_up_tries_too(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    wait(browser, sandbox)
    form = browser.page.form("/sign-in/allow")
    sandbox.misbehave("auth/session/userkey", "internal-error")
    statuses = [browser.post("/sign-in/allow", form.fields).status for _ in range(6)]
    assert statuses == [502] * 5 + [400]
    assert len(sandbox.calls) == 5
    assert stored.rows(browser.app, "pending_sign_ins") == []


def test_cancelling_ends_it(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    allow = browser.page.form("/sign-in/allow")
    assert browser.submit("/sign-in/cancel").path == "/sign-in"
    assert stored.rows(browser.app, "pending_sign_ins") == []
    sandbox.consent(token, "alice")
    assert browser.post("/sign-in/allow", allow.fields).status == 400
    assert sandbox.calls == []
    assert acting_as(browser) is None


def test_the_button_of_another_browser(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    sandbox.consent(token, "alice")
    other = Browser(browser.app, sandbox)
    form = other.get("/sign-in").form("/sign-in")
    assert other.get("/sign-in/allow").path == "/sign-in"
    assert other.post("/sign-in/allow", {**form.fields, "token": token}).status == 400
    assert sandbox.calls == []
    browser.submit("/sign-in/allow")
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_the_button_signs_in_once(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    token = wait(browser, sandbox)
    form = browser.page.form("/sign-in/allow")
    sandbox.consent(token, "alice")
    browser.post("/sign-in/allow", form.fields)
    sandbox.clear_calls()
    fresh = browser.get("/language").form("/language").fields["csrf_token"]
    assert browser.post("/sign-in/allow", {"csrf_token": fresh}).status == 400
    assert sandbox.calls == []
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_opening_the_page_again_asks_nobody_and_uses_up_nothing(pin: Pin, sandbox: Sandbox) -> None:
    browser = pin(None)
    wait(browser, sandbox)
    before = stored.everything(browser.app)
    for _ in range(10):
        assert browser.get("/sign-in/allow").status == 200
    assert sandbox.calls == []
    assert stored.everything(browser.app) == before
