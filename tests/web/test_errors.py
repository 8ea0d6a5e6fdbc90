"""What a person reads when their server misbehaves, and who is signed out by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.models import Account
from app.settings import Settings
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in, trusting
from tests.web.cast import acting_as, sign_in_at


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice, by the quickest way."""
    return let_in(browser, "alice")


def names(browser: Browser) -> list[str]:
    """The accounts this browser is signed in to, by name."""
    page = browser.get("/accounts")
    handles = ["".join(span.itertext()) for span in page.all("span", class_="handle")]
    return [handle.split("@")[1] for handle in handles]


# Failure by failure --------------------------------------------------------


@dataclass(frozen=True)
class Failure:
    """How a server misbehaves, and what the page then says. `{server}` is its name."""

    how: str
    status: int
    title: str
    happened: str
    options: dict[str, Any] = field(default_factory=dict)
    advice: str = "Try again"
    retry_after: str | None = None
    is_slow: bool = False


LOST = ("{server} did not answer in time", "no whole answer came back")
UNUSABLE = "{server} gave an answer that can't be used"
ODD = (UNUSABLE, "but not in the way Misskey does")
FAULT = "{server} has a problem"

FAILURES = {
    "down": Failure("down", 504, *LOST, advice="Wait a moment, then try again."),
    "silent": Failure("silent", 504, *LOST, is_slow=True, advice="Wait a moment"),
    "hanging mid-body": Failure("hang", 504, *LOST, is_slow=True, advice="Wait a moment"),
    "drip": Failure("drip", 504, *LOST, is_slow=True, advice="Wait a moment"),
    "dripping headers": Failure("drip-headers", 504, *LOST, is_slow=True, advice="Wait a moment"),
    "endless": Failure(
        "endless", 504, *LOST, {"pause": 0.02}, is_slow=True, advice="Wait a moment"
    ),
    "cut off": Failure("truncated", 504, *LOST, advice="Wait a moment"),
    "huge": Failure("huge", 502, UNUSABLE, "was far too large", {"megabytes": 20}),
    "bomb": Failure("gzip-bomb", 502, UNUSABLE, "was far too large", {"megabytes": 20}),
    "page of 200": Failure("html", 502, *ODD),
    "page of 401": Failure("html", 502, *ODD, {"status": 401}),
    "page of 403": Failure("html", 502, *ODD, {"status": 403}),
    "page of 404": Failure(
        "html", 502, "{server} can't do this", "does not offer", {"status": 404}, "Go home"
    ),
    "page of 502": Failure("html", 502, FAULT, "an error of its own (502", {"status": 502}),
    "page of 429": Failure(
        "html", 429, "{server} asks you to wait", "official app counts too", {"status": 429}
    ),
    "refusal without a reason": Failure("answer", 502, *ODD, {"status": 401, "body": {"a": 1}}),
    "garbage": Failure("garbage", 502, *ODD),
    "empty": Failure("empty", 502, *ODD),
    "nothing": Failure("no-content", 502, *ODD),
    "number": Failure("shape", 502, *ODD, {"shape": "number"}),
    "null": Failure("shape", 502, *ODD, {"shape": "null"}),
    "list": Failure("shape", 502, *ODD, {"shape": "list"}),
    "object": Failure("shape", 502, *ODD, {"shape": "object"}),
    "keys missing": Failure("shape", 502, *ODD, {"shape": "missing"}),
    "all null": Failure("shape", 502, *ODD, {"shape": "nulls"}),
    "other types": Failure("shape", 502, *ODD, {"shape": "odd"}),
    "rate limit": Failure(
        "rate-limited",
        429,
        "{server} asks you to wait",
        "more in a short time",
        {"retry_after": 90},
        "Try again in 90 seconds.",
        retry_after="90",
    ),
    "long rate limit": Failure(
        "rate-limited",
        429,
        "{server} asks you to wait",
        "more in a short time",
        {"retry_after": 3599},
        "Try again in 60 minutes.",
        retry_after="3599",
    ),
    "old rate limit": Failure(
        "rate-limited-old",
        429,
        "{server} asks you to wait",
        "more in a short time",
        advice="An hour is always enough.",
    ),
    "permission": Failure(
        "error",
        403,
        "{server} does not let Engawa do this",
        "was not given to Engawa",
        {"code": "PERMISSION_DENIED", "status": 403},
        "Sign in again",
    ),
    "old permission": Failure(
        "error",
        403,
        "{server} does not let Engawa do this",
        "was not given to Engawa",
        {"code": "PERMISSION_DENIED", "status": 400},
        "Sign in again",
    ),
    "endpoint missing": Failure(
        "missing", 502, "{server} can't do this", "does not offer", advice="Go home"
    ),
    "endpoint missing of old": Failure(
        "answer",
        502,
        "{server} can't do this",
        "does not offer",
        {"status": 404, "body": "Not Found", "content_type": "text/plain"},
        "Go home",
    ),
    "its own fault": Failure("internal-error", 502, FAULT, "an error of its own (500"),
    "suspended": Failure(
        "error",
        502,
        "{server} said no",
        "is suspended",
        {"code": "YOUR_ACCOUNT_SUSPENDED", "status": 403},
    ),
    "unheard of": Failure("error", 502, "{server} said no", "SOMETHING_ELSE"),
}


def assert_explained(page: Page, failure: Failure, server: str) -> None:
    """The page says whose failure it is, which, and what to do."""
    assert page.status == failure.status
    said = "".join(page.one("h1").itertext())
    assert said == failure.title.format(server=server)
    assert said in page.title
    assert failure.happened in page.text
    assert failure.advice in page.text
    assert page.one("a", class_="button").get("href")
    assert page.response.headers.get("Retry-After") == failure.retry_after
    assert "Traceback" not in page.html
    assert "stack" not in page.html


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_each_failure_has_a_page_with_the_server_the_reason_and_a_next_step(
    alice: Browser, sandbox: Sandbox, app: Flask, house_settings: Settings, failure: Failure
) -> None:
    note_id = next(sandbox.world.newest_first()).id
    if failure.is_slow:
        app.extensions["engawa.settings"] = replace(house_settings, upstream_seconds=0.25)
    try:
        for path, endpoint in (
            ("/", "notes/timeline"),
            (f"/notes/{note_id}", "notes/show"),
            (f"/compose?reply_id={note_id}", "notes/show"),
        ):
            trusting(app)
            sandbox.behave()
            sandbox.clear_calls()
            sandbox.misbehave(endpoint, failure.how, **failure.options)
            page = alice.get(path)
            assert_explained(page, failure, sandbox.host)
            assert [call.endpoint for call in sandbox.calls] == [endpoint], "and not asked twice"
    finally:
        app.extensions["engawa.settings"] = house_settings
    trusting(app)
    sandbox.behave()
    assert alice.is_signed_in


def test_trying_again_leads_to_the_same_page(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("notes/timeline", "internal-error", times=1)
    page = alice.get("/?until=zzzz")
    again = page.one("a", class_="button")
    assert "".join(again.itertext()) == "Try again"
    assert again.get("href") == "/?until=zzzz"
    assert alice.get(str(again.get("href"))).status == 200


def test_a_server_that_is_gone_is_told_apart_from_a_silent_one(
    alice: Browser, sandbox: Sandbox
) -> None:
    gone = Sandbox().start()
    sign_in_at(alice, gone, "alice")
    gone.stop()
    page = alice.get("/")
    assert page.status == 502
    assert f"{gone.host} can't be reached" in page.text
    assert "was not found, or nothing answers there" in page.text


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(
    alice: Browser, sandbox: Sandbox, other_sandbox: Sandbox, status: int
) -> None:
    place = f"{other_sandbox.url}/api/notes/timeline"
    sandbox.misbehave("notes/timeline", "redirect", location=place, status=status)
    page = alice.get("/")
    assert page.status == 502
    assert f"{sandbox.host} gave an answer that can't be used" in page.text
    assert "sends visitors on to another address (127.0.0.1)" in page.text
    assert other_sandbox.calls == []
    assert len(sandbox.calls) == 1
    assert acting_as(alice)


@pytest.mark.parametrize(
    ("header", "shown", "said"),
    [
        ("1", "1", "Try again in 1 second."),
        ("0", "0", "Try again in 1 second."),
        ("99999999999", "86400", "Try again in 1440 minutes."),
        ("-5", None, "An hour is always enough."),
        ("soon", None, "An hour is always enough."),
        ("1.5", None, "An hour is always enough."),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None, "An hour is always enough."),
        ("١٢", None, "An hour is always enough."),
    ],
)
def test_only_a_number_of_seconds_is_believed_as_the_time_to_wait(
    alice: Browser, sandbox: Sandbox, header: str, shown: str | None, said: str
) -> None:
    sandbox.misbehave(
        "notes/timeline",
        "answer",
        status=429,
        body={"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "", "id": "x"}},
        headers={"Retry-After": header},
    )
    page = alice.get("/")
    assert page.status == 429
    assert page.response.headers.get("Retry-After") == shown
    assert said in page.text


def test_what_a_server_says_in_an_error_is_never_shown(alice: Browser, sandbox: Sandbox) -> None:
    # Old servers put paths of their files into it (DIFFERENCES, "Sign-in and errors").
    secret = "/home/misskey/built/index.js:12"
    for code in ("INTERNAL_ERROR", "BAD_WEATHER", "INVALID_PARAM"):
        info = {"e": {"stack": secret}, "param": secret}
        sandbox.misbehave("notes/timeline", "error", code=code, message=secret, info=info)
        page = alice.get("/")
        assert page.status == 502
        assert "/home/misskey" not in page.html


def test_a_hostile_code_is_only_text(alice: Browser, sandbox: Sandbox) -> None:
    for code in ("<script>alert(1)</script>", "%(server)s %s {0}", "x" * 5000):
        sandbox.misbehave("notes/timeline", "error", code=code)
        page = alice.get("/")
        assert page.status == 502
        assert not page.foreign_scripts()
        assert code[:90] in page.text
        assert len(page.html) < 10_000


# Sign-in -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "options", "status", "words"),
    [
        ("down", {}, 504, "did not answer in time"),
        ("internal-error", {}, 502, "has a problem"),
        ("html", {"status": 502}, 502, "has a problem"),
        ("html", {}, 502, "is no Misskey server"),
        ("garbage", {}, 502, "is no Misskey server"),
        ("huge", {"megabytes": 20}, 502, "is no Misskey server"),
        ("rate-limited", {"retry_after": 30}, 429, "asks you to wait"),
        ("rate-limited-old", {}, 429, "asks you to wait"),
        ("redirect", {"location": "https://other.example/api/meta"}, 502, "other.example"),
        ("missing", {}, 502, "is no Misskey server"),
    ],
)
def test_at_sign_in_the_form_comes_back_with_the_reason(
    browser: Browser, sandbox: Sandbox, how: str, options: dict[str, Any], status: int, words: str
) -> None:
    sandbox.misbehave("meta", how, **options)
    browser.get("/sign-in")
    page = browser.submit("/sign-in", server=sandbox.host)
    assert page.status == status
    assert words in page.text
    assert sandbox.host in "".join(page.one("div", class_="problem").itertext())
    assert page.form("/sign-in").fields["server"] == sandbox.host
    assert [call.endpoint for call in sandbox.calls] == ["meta"]
    assert page.response.headers.get("Retry-After") == (
        str(options["retry_after"]) if "retry_after" in options else None
    )


# Who is signed out ---------------------------------------------------------

REFUSALS = ["authentication-failed", "authentication-failed-old"]


@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/", "notes/timeline"),
        ("/notes/abc", "notes/show"),
        ("/compose?reply_id=abc", "notes/show"),
    ],
)
def test_a_refused_credential_signs_out_and_says_why(
    alice: Browser, sandbox: Sandbox, app: Flask, how: str, path: str, endpoint: str
) -> None:
    sandbox.misbehave(endpoint, how)
    page = alice.get(path)
    assert page.status == 401
    assert f"{sandbox.host} no longer accepts this sign-in" in page.text
    assert "This account is now signed out here." in page.text
    assert not page.all("nav", class_="places"), "nothing of the person is shown any more"
    again = page.one("a", class_="button")
    assert again.get("href") == f"/sign-in?server={quote(sandbox.host, safe='')}"
    assert len(sandbox.calls) == 1
    with app.app_context():
        assert db.session.scalars(select(Account.credential)).all() == [None]
    sandbox.clear_calls()
    assert alice.get("/").status == 200
    assert alice.get("/notes/abc").path.startswith("/sign-in")
    assert sandbox.calls == [], "nothing is asked with a refused credential"


def test_after_the_person_revoked_the_app_they_can_sign_in_again(
    alice: Browser, sandbox: Sandbox
) -> None:
    sandbox.revoke("alice")
    page = alice.get("/")
    assert page.status == 401
    page = alice.get(str(page.one("a", class_="button").get("href")))
    assert page.form("/sign-in").fields["server"] == sandbox.host
    alice.sign_in("alice")
    assert len(alice.get("/").note_ids()) == 20


@pytest.mark.parametrize("how", REFUSALS)
def test_only_that_account_is_signed_out(
    alice: Browser, sandbox: Sandbox, other_sandbox: Sandbox, how: str
) -> None:
    alice.sign_in("bob")
    sign_in_at(alice, other_sandbox, "carol")
    switch(alice, "alice")
    assert sorted(names(alice)) == ["alice", "bob", "carol"]
    sandbox.misbehave("notes/timeline", how, account="alice")
    assert alice.get("/").status == 401
    assert sorted(names(alice)) == ["bob", "carol"]
    assert alice.get("/").path == "/accounts", "nobody else acts without being chosen"
    switch(alice, "bob")
    assert len(alice.get("/").note_ids()) == 20
    switch(alice, "carol")
    assert len(alice.get("/").note_ids()) == 20


def switch(browser: Browser, username: str) -> None:
    """Act as that account from now on, by its button."""
    page = browser.get("/accounts")
    for form in page.forms():
        if str(acting_as(browser)).startswith(f"@{username}@"):
            return
        if form.action.endswith("/switch"):
            browser.post(form.action, form.fields, follow=False)
    assert str(acting_as(browser)).startswith(f"@{username}@")


def test_the_accounts_other_browsers_are_signed_out_too(
    alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    other, bobs = new_browser(), new_browser()
    other.sign_in("alice")
    bobs.sign_in("bob")
    sandbox.misbehave("notes/timeline", "authentication-failed", account="alice", times=1)
    assert alice.get("/").status == 401
    assert not other.is_signed_in
    assert bobs.is_signed_in


@pytest.mark.parametrize(
    ("how", "options"),
    [
        ("html", {"status": 401}),
        ("html", {"status": 403}),
        ("answer", {"status": 401, "body": "Unauthorized", "content_type": "text/plain"}),
        ("answer", {"status": 403, "body": {"error": "forbidden"}}),
        ("answer", {"status": 401, "body": {"error": {"code": 401}}}),
        ("answer", {"status": 401, "body": {"message": "AUTHENTICATION_FAILED"}}),
        ("error", {"code": "ACCESS_DENIED", "status": 401}),
        ("error", {"code": "PERMISSION_DENIED", "status": 401}),
        ("error", {"code": "YOUR_ACCOUNT_SUSPENDED", "status": 403}),
        ("answer", {"status": 200, "body": {"error": {"code": "AUTHENTICATION_FAILED"}}}),
    ],
)
def test_what_only_looks_like_a_refused_credential_signs_nobody_out(
    alice: Browser, sandbox: Sandbox, app: Flask, how: str, options: dict[str, Any]
) -> None:
    sandbox.misbehave("notes/timeline", how, **options)
    page = alice.get("/")
    assert page.status in (403, 502)
    assert "signed out" not in page.text
    sandbox.behave()
    trusting(app)
    assert len(alice.get("/").note_ids()) == 20


def test_a_refusal_at_a_sign_in_does_not_sign_out_who_is_signed_in(
    alice: Browser, sandbox: Sandbox
) -> None:
    for endpoint in ("meta", "endpoints", "auth/session/generate"):
        sandbox.misbehave(endpoint, "authentication-failed", times=1)
        alice.get("/sign-in")
        assert alice.submit("/sign-in", server=sandbox.host, follow=False).status == 401
        assert acting_as(alice) == f"@alice@{sandbox.host}"
    assert len(alice.get("/").note_ids()) == 20


# Our own failures ----------------------------------------------------------


def test_an_address_that_is_no_page_says_so(alice: Browser, sandbox: Sandbox) -> None:
    for path in ("/nothing", "/notes", "/notes/abc/edit", "/%00", "/.env", "/" + "a" * 3000):
        page = alice.get(path)
        assert page.status == 404, path
        assert "There is nothing here" in page.text
    assert sandbox.calls == []


def test_a_wrong_method_says_so(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    token = alice.page.form("/compose").fields["csrf_token"]  # type: ignore[union-attr]
    page = alice.post("/notes/abc", {"csrf_token": token})
    assert page.status == 405
    assert "GET" in page.response.headers["Allow"]
    assert "That can't be done this way" in page.text
    assert sandbox.calls == []


def test_what_is_too_large_to_take_says_so(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", text="x" * 3_000_000)
    assert page.status == 413
    assert "That was too much at once" in page.text
    assert sandbox.calls == []
