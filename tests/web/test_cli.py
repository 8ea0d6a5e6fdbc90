"""`flask account add`: the operator's own account by its API key, and the link to it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from click.testing import Result
from cryptography.fernet import Fernet
from flask import Flask

from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.conftest import CREDENTIAL_KEY, PUBLIC_URL
from tests.house import emptied
from tests.web.cast import acting_as, meanwhile


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


def run(app: Flask, *words: str, typed: str | None = None) -> Result:
    """Run a command of `flask`; what is asked for is answered with `typed`."""
    return app.test_cli_runner().invoke(args=words, input=typed)


def add(app: Flask, server: str, key: str) -> Result:
    """`flask account add SERVER`, and type the key."""
    return run(app, "account", "add", server, typed=f"{key}\n")


def link_in(result: Result) -> str:
    """The path of the link a command printed."""
    assert result.exit_code == 0, result.output
    [url] = [word for word in result.output.split() if "/sign-in/link/" in word]
    assert url.startswith(f"{PUBLIC_URL}/sign-in/link/")
    return url.removeprefix(PUBLIC_URL)


# flask account add --------------------------------------------------------


def test_an_account_by_its_key(app: Flask, sandbox: Sandbox, browser: Browser) -> None:
    key = sandbox.credential("alice")
    result = add(app, sandbox.host, key)
    assert f"@alice@{sandbox.host}" in result.output
    assert [call.endpoint for call in sandbox.calls] == ["meta", "endpoints", "i"]
    assert sandbox.calls[-1].body["i"] == key
    [account] = stored.rows(app, "accounts")
    assert Fernet(CREDENTIAL_KEY.reveal()).decrypt(account["credential"]).decode() == key
    assert key.encode() not in stored.file_bytes(app)

    link = link_in(result)
    page = browser.get(link)
    assert f"Sign in as @alice@{sandbox.host}?" in page.text
    page = browser.submit(link)
    assert page.path == "/"
    assert "You are signed in as @alice@" in page.html
    assert sandbox.calls[-1].body["i"] == key


def test_the_key_is_not_shown(
    app: Flask, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = sandbox.credential("alice")
    result = add(app, sandbox.host, f"  {key}  ")
    assert "API key:" in result.output
    assert key not in result.output
    assert key not in caplog.text
    assert sandbox.calls[-1].body["i"] == key
    wrong = add(app, sandbox.host, "a-key-that-is-wrong")
    assert "a-key-that-is-wrong" not in wrong.output + caplog.text


@pytest.mark.parametrize("key", ["wrong", "a" * 64, "あいう", "x" * 10_000])
def test_a_wrong_key_is_not_kept(app: Flask, sandbox: Sandbox, key: str) -> None:
    result = add(app, sandbox.host, key)
    assert result.exit_code == 1
    assert f"{sandbox.host} does not accept this API key" in result.output
    assert "Traceback" not in result.output
    assert stored.rows(app, "accounts") == []
    assert stored.rows(app, "one_time_links") == []


def test_a_wrong_key_leaves_the_account_as_it_was(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    before = stored.rows(app, "accounts")
    assert add(app, sandbox.host, "wrong").exit_code == 1
    assert stored.rows(app, "accounts") == before
    assert acting_as(alice) == f"@alice@{sandbox.host}"


def test_a_key_that_may_do_too_little(app: Flask, sandbox: Sandbox) -> None:
    result = add(app, sandbox.host, sandbox.credential("alice", permission=["write:notes"]))
    assert result.exit_code == 1
    assert "permission" in result.output
    assert stored.rows(app, "accounts") == []


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("10.0.0.1", "not its number"),
        ("https://me:secret@misskey.example", "user name or password"),
        ("", "Type the name"),
        ("ftp://misskey.example", "https only"),
    ],
)
def test_no_server_asks_for_no_key(app: Flask, sandbox: Sandbox, server: str, words: str) -> None:
    result = add(app, server, "a-key")
    assert result.exit_code == 1
    assert words in result.output
    assert "API key" not in result.output.partition("Error")[0]
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("endpoint", "how", "words"),
    [
        ("meta", "html", "(meta)"),
        ("meta", "missing", "(meta)"),
        ("endpoints", "missing", "(endpoints)"),
        ("i", "down", "no whole answer"),
        ("i", "internal-error", "error of its own"),
        ("i", "rate-limited", "60 seconds"),
    ],
)
def test_a_server_that_fails_is_one_sentence(
    app: Flask, sandbox: Sandbox, endpoint: str, how: str, words: str
) -> None:
    key = sandbox.credential("alice")
    sandbox.misbehave(endpoint, how)
    result = add(app, sandbox.host, key)
    assert result.exit_code == 1
    assert words in result.output
    assert sandbox.host in result.output
    assert "Traceback" not in result.output
    assert stored.rows(app, "accounts") == []


def test_a_server_that_is_not_there(app: Flask) -> None:
    result = add(app, "127.0.0.1:1", "a-key")
    assert result.exit_code == 1
    assert "127.0.0.1:1" in result.output


def test_loopback_only_where_it_is_allowed(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    result = add(make_app(allow_loopback_servers=False), sandbox.host, "a-key")
    assert result.exit_code == 1
    assert sandbox.calls == []


def test_adding_again_changes_the_key(app: Flask, sandbox: Sandbox) -> None:
    first, second = sandbox.credential("alice"), sandbox.credential("alice")
    add(app, sandbox.host, first)
    add(app, sandbox.host, second)
    [account] = stored.rows(app, "accounts")
    assert Fernet(CREDENTIAL_KEY.reveal()).decrypt(account["credential"]).decode() == second


# The link -----------------------------------------------------------------


def test_opening_the_link_changes_nothing(app: Flask, sandbox: Sandbox, browser: Browser) -> None:
    """A preview or a mistaken click does not use it up."""
    link = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    sandbox.clear_calls()
    before = {table: stored.rows(app, table) for table in ("one_time_links", "browser_sign_ins")}
    for _ in range(3):
        assert browser.get(link).status == 200
    assert {table: stored.rows(app, table) for table in before} == before
    assert acting_as(browser) is None
    assert sandbox.calls == []


def test_the_link_works_once(
    app: Flask, sandbox: Sandbox, browser: Browser, new_browser: Callable[[], Browser]
) -> None:
    link = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    late = new_browser()
    late.get(link)
    browser.get(link)
    before = browser.cookie()
    browser.submit(link)
    assert browser.cookie() != before
    sandbox.clear_calls()
    assert late.submit(link).status == 400
    assert late.get(link).status == 400
    assert acting_as(late) is None
    assert acting_as(browser) == f"@alice@{sandbox.host}"
    assert sandbox.calls == []
    assert stored.rows(app, "one_time_links") == []


def test_of_two_browsers_at_once_the_link_lets_one_in(
    app: Flask, sandbox: Sandbox, browser: Browser, new_browser: Callable[[], Browser]
) -> None:
    link = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    rival = new_browser()
    rival.get(link)
    browser.get(link)
    with meanwhile(app, "DELETE FROM one_time_links", lambda: rival.submit(link)) as done:
        page = browser.submit(link)
    assert [answer.status for answer in done] == [200]
    assert page.status == 400
    assert acting_as(rival) == f"@alice@{sandbox.host}"
    assert acting_as(browser) is None


def test_the_link_is_kept_by_its_hash_only(app: Flask, sandbox: Sandbox) -> None:
    link = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    token = link.rpartition("/")[2]
    assert len(token) >= 43  # 32 random bytes.
    assert token.encode() not in stored.file_bytes(app)


def test_the_link_works_for_ten_minutes(app: Flask, sandbox: Sandbox, browser: Browser) -> None:
    link = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    browser.get(link)
    stored.let_pass(app, minutes=9.9)
    browser.submit(link)
    assert acting_as(browser) == f"@alice@{sandbox.host}"


def test_the_link_is_dead_after_ten_minutes(app: Flask, sandbox: Sandbox, browser: Browser) -> None:
    link = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    browser.get(link)
    sandbox.clear_calls()
    stored.let_pass(app, minutes=10.01)
    assert browser.submit(link).status == 400
    assert browser.get(link).status == 400
    assert acting_as(browser) is None
    assert sandbox.calls == []


def test_the_link_wants_the_button(app: Flask, sandbox: Sandbox, browser: Browser) -> None:
    """A form of another site, without our token, signs nobody in."""
    link = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    before = stored.everything(app)
    assert browser.post(link, {}).status == 400
    assert browser.post(link, {}, Origin="https://evil.example").status == 403
    assert stored.everything(app) == before
    assert acting_as(browser) is None


@pytest.mark.parametrize("token", ["x", "a" * 3000, "あ", "%00", "' OR 1=1 --"])
def test_an_unknown_link(browser: Browser, sandbox: Sandbox, token: str) -> None:
    known = browser.get("/language").form("/language").fields["csrf_token"]
    assert browser.get(f"/sign-in/link/{token}").status == 400
    assert browser.post(f"/sign-in/link/{token}", {"csrf_token": known}).status == 400
    assert acting_as(browser) is None
    assert sandbox.calls == []


def sign_out(browser: Browser) -> None:
    """Sign out of the one account there is."""
    browser.get("/sign-out")
    browser.submit("/sign-out")


def forget(browser: Browser) -> None:
    """Forget the one account there is."""
    [row] = stored.rows(browser.app, "accounts")
    browser.get(f"/accounts/{row['id']}/forget")
    browser.submit(f"/accounts/{row['id']}/forget")


@pytest.mark.parametrize("leave", [sign_out, forget])
def test_a_link_is_dead_once_the_person_has_left(
    app: Flask,
    sandbox: Sandbox,
    browser: Browser,
    new_browser: Callable[[], Browser],
    leave: Callable[[Browser], None],
) -> None:
    """The key is gone with the last browser; an older link can't bring it back."""
    unused = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    used = link_in(add(app, sandbox.host, sandbox.credential("alice")))
    browser.get(used)
    browser.submit(used)
    late = new_browser()
    late.get(unused)
    leave(browser)
    assert late.submit(unused).status == 400
    assert late.get(unused).status == 400
    assert acting_as(late) is None
