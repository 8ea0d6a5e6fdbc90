"""`flask rotate-keys`: every stored secret under the newest key, while people use Engawa."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from click.testing import Result
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask

from app.misskey import Secret
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.conftest import CREDENTIAL_KEY
from tests.house import emptied
from tests.web.cast import acting_as, callback, meanwhile

OLD = CREDENTIAL_KEY
NEW = Secret(Fernet.generate_key().decode())
SEALED = [
    ("accounts", "credential"),
    ("server_apps", "secret"),
    ("pending_sign_ins", "app_secret"),
    ("pending_sign_ins", "verifier"),
]


def rotate(app: Flask) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["rotate-keys"])


def opens(sealed: bytes | None, key: Secret) -> bool:
    """Whether the key opens what lies in a sealed column."""
    assert sealed is not None
    try:
        Fernet(key.reveal()).decrypt(sealed)
    except InvalidToken:
        return False
    return True


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation as it was, with the old key; empty."""
    return emptied(house)


@pytest.fixture
def make_app(street: Callable[..., Flask], app: Flask) -> Callable[..., Flask]:
    """The installation as it was started anew, with other keys."""
    return street


@pytest.fixture
def furnished(app: Flask, sandbox: Sandbox, new_browser: Callable[[], Browser]) -> Browser:
    """A browser signed in as alice, another one in the middle of a sign-in, all of it sealed
    with the old key."""
    browser = new_browser()
    browser.sign_in("alice")
    new_browser().begin_sign_in()
    # As it would lie there for a sign-in by OAuth, which takes https.
    stored.execute(app, "UPDATE pending_sign_ins SET verifier = app_secret")
    return browser


def move_to(browser: Browser, app: Flask) -> Browser:
    """The same browser, after the installation was started anew."""
    moved = Browser(app, browser.sandbox)
    cookie = browser.cookie()
    assert cookie
    moved.client.set_cookie("engawa", cookie)
    return moved


def test_a_new_key_in_front_reads_what_the_old_one_sealed(
    furnished: Browser, make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    browser = move_to(furnished, make_app(credential_keys=(NEW, OLD)))
    browser.get("/")
    assert sandbox.calls[-1].status == 200


def test_after_rotating_the_old_key_can_be_taken_away(
    furnished: Browser, make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    app = make_app(credential_keys=(NEW, OLD))
    result = rotate(app)
    assert result.exit_code == 0
    assert result.output.startswith("4 secrets")
    for table, column in SEALED:
        [row] = stored.rows(app, table)
        assert opens(row[column], NEW), table
        assert not opens(row[column], OLD), table

    later = make_app(credential_keys=(NEW,))
    browser = move_to(furnished, later)
    browser.get("/")
    assert sandbox.calls[-1].status == 200
    token = browser.begin_sign_in()
    assert len(sandbox.calls_of("app/create")) == 1
    sandbox.consent(token, "bob")
    browser.get(callback(token))
    assert acting_as(browser) == f"@bob@{sandbox.host}"


def test_a_sign_in_begun_before_rotating_is_finished_after_it(
    browser: Browser, make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    token = browser.begin_sign_in()
    rotate(make_app(credential_keys=(NEW, OLD)))
    sandbox.consent(token, "alice")
    moved = move_to(browser, make_app(credential_keys=(NEW,)))
    moved.get(callback(token))
    assert acting_as(moved) == f"@alice@{sandbox.host}"


def test_rotating_twice_is_no_harm(
    furnished: Browser, make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    app = make_app(credential_keys=(NEW, OLD))
    assert rotate(app).exit_code == rotate(app).exit_code == 0
    browser = move_to(furnished, make_app(credential_keys=(NEW,)))
    browser.get("/")
    assert sandbox.calls[-1].status == 200


def test_rotating_shows_no_secret(
    furnished: Browser,
    make_app: Callable[..., Flask],
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    said = rotate(make_app(credential_keys=(NEW, OLD))).output + caplog.text
    credential = sandbox.calls_of("notes/timeline")[-1].body["i"]
    for secret in (credential, OLD.reveal(), NEW.reveal()):
        assert secret not in said


def test_what_no_key_opens_is_counted_and_left(
    furnished: Browser, make_app: Callable[..., Flask]
) -> None:
    app = make_app(credential_keys=(NEW, OLD))
    lost = Fernet(Fernet.generate_key()).encrypt(b"sealed with a lost key")
    stored.execute(app, "UPDATE accounts SET credential = ?", lost)
    result = rotate(app)
    assert result.exit_code == 1
    assert "3 secrets encrypted" in result.output
    assert "1 secrets can't be opened" in result.output
    assert [row["credential"] for row in stored.rows(app, "accounts")] == [lost]
    assert all(opens(row["secret"], NEW) for row in stored.rows(app, "server_apps"))


def test_accounts_without_a_key_are_passed_over(
    alice: Browser, app: Flask, make_app: Callable[..., Flask]
) -> None:
    alice.get("/sign-out")
    alice.submit("/sign-out")
    app = make_app(credential_keys=(NEW, OLD))
    assert rotate(app).output.startswith("1 secrets")  # The app's.
    assert [row["credential"] for row in stored.rows(app, "accounts")] == [None]


def test_a_sign_in_at_the_same_moment_is_not_overwritten(
    furnished: Browser, make_app: Callable[..., Flask]
) -> None:
    app = make_app(credential_keys=(NEW, OLD))
    fresh = Fernet(NEW.reveal()).encrypt(b"a newer credential")

    def sign_in_again() -> None:
        stored.execute(app, "UPDATE accounts SET credential = ?", fresh)

    with meanwhile(app, "UPDATE accounts ", sign_in_again) as done:
        assert rotate(app).exit_code == 0
    assert done
    assert [row["credential"] for row in stored.rows(app, "accounts")] == [fresh]


def test_an_account_forgotten_at_the_same_moment_does_not_come_back(
    furnished: Browser, make_app: Callable[..., Flask]
) -> None:
    app = make_app(credential_keys=(NEW, OLD))

    def forget() -> None:
        stored.execute(app, "DELETE FROM accounts")

    with meanwhile(app, "UPDATE accounts ", forget) as done:
        assert rotate(app).exit_code == 0
    assert done
    assert stored.rows(app, "accounts") == []
