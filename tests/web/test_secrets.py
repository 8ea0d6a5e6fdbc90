"""Secrets stay where they belong: in no answer, no log line, no traceback, no row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.misskey import Secret
from app.models import Account, PendingSignIn, ServerApp, StoredSession
from app.settings import Settings
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.conftest import CREDENTIAL_KEY, SECRET_KEY
from tests.web.cast import callback


class Eavesdropper:
    """Hears everything that is answered to a browser."""

    def __init__(self, browser: Browser) -> None:
        self.headers: list[str] = []
        self.bodies: list[str] = []
        self._open = browser.client.open
        browser.client.open = self.open

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """As the client's own, with an open ear."""
        response = self._open(*args, **kwargs)
        self.headers.append(str(response.headers))
        self.bodies.append(response.get_data(as_text=True))
        return response


def journey(browser: Browser, sandbox: Sandbox) -> set[str]:
    """Every page, every action, every failure there is; the secrets that took part in it."""
    browser.sign_in("alice")
    browser.get("/compose")
    browser.submit("/compose", text="A note of the journey")
    note_id = browser.page.note_ids()[0]
    browser.get(f"/notes/{note_id}/delete")
    browser.submit(f"/notes/{note_id}/delete")
    browser.begin_sign_in()
    browser.get("/sign-in/callback?token=unknown")
    browser.get("/sign-in")
    browser.submit("/sign-in/device", server=sandbox.host)
    browser.get("/sign-in/device?look=1")
    for how in ("html", "down", "internal-error", "garbage", "error", "authentication-failed-old"):
        sandbox.misbehave("auth/session/userkey", how, times=1)
        token = browser.begin_sign_in()
        sandbox.consent(token, "bob")
        browser.get(callback(token))
    browser.sign_in("bob")
    browser.get("/accounts")
    sandbox.misbehave("notes/timeline", "shape", shape="odd", times=1)
    browser.get("/")
    sandbox.revoke("bob")
    browser.get("/")
    browser.get("/sign-out")
    browser.submit("/sign-out")

    used = {str(call.body["i"]) for call in sandbox.calls if "i" in call.body}
    given = [sandbox.world.apps.holder(credential) for credential in used]
    apps = {str(call.body["appSecret"]) for call in sandbox.calls if "appSecret" in call.body}
    return (
        used
        | apps
        | {access.token for access in given if access is not None}
        | {CREDENTIAL_KEY.reveal(), SECRET_KEY.reveal()}
    )


def test_no_secret_is_answered_or_logged(
    app: Flask,
    browser: Browser,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    heard = Eavesdropper(browser)
    secrets = journey(browser, sandbox)
    assert len(secrets) >= 7
    answers, logs, rows = "".join(heard.headers + heard.bodies), caplog.text, b""
    rows = stored.file_bytes(app)
    # What is searched is what happened.
    assert "A note of the journey" in answers
    assert "auth/session/userkey" in logs
    for number, secret in enumerate(sorted(secrets)):
        assert secret not in answers, number
        assert secret not in logs, number
        assert secret.encode() not in rows, number


def test_the_id_of_a_session_is_in_its_cookie_only(
    app: Flask, browser: Browser, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard = Eavesdropper(browser)
    browser.begin_sign_in()
    before = browser.cookie()
    browser.sign_in("alice")
    for session_id in (before, browser.cookie()):
        assert session_id
        assert session_id not in "".join(heard.bodies) + caplog.text
        assert session_id.encode() not in stored.file_bytes(app)


@pytest.mark.small
def test_the_browsers_name_is_told_to_nobody(
    app: Flask, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """What a browser is signed in by is not even in its own cookie."""
    caplog.set_level(logging.DEBUG)
    heard = Eavesdropper(browser)
    browser.sign_in("alice")
    with app.app_context():
        [kept] = db.session.scalars(db.select(StoredSession)).all()
        name = app.session_interface.serializer.decode(kept.data)["browser"]
    assert len(name) >= 43  # 32 random bytes.
    assert name not in "".join(heard.headers + heard.bodies) + caplog.text


def test_the_databases_own_log_shows_no_secret(
    make_app: Callable[..., Flask], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator may turn it on; it shows statements, and not what is in them."""
    caplog.set_level(logging.INFO, "sqlalchemy.engine")
    browser = Browser(make_app(), sandbox)
    browser.sign_in("alice")
    assert "INSERT INTO accounts" in caplog.text
    [row] = stored.rows(browser.app, "accounts")
    assert row["user_id"] not in caplog.text
    assert sandbox.calls[-1].body["i"] not in caplog.text


def test_an_error_of_the_database_shows_no_values(
    make_app: Callable[..., Flask], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    browser = Browser(app, sandbox)
    browser.get("/sign-in")
    stored.execute(app, "ALTER TABLE pending_sign_ins RENAME COLUMN way TO gone")
    # SQLite calls it an error of its operation, PostgreSQL one of ours.
    assert browser.submit("/sign-in", server=sandbox.host).status in (500, 503)
    column_is_gone = ("no column named way", 'column "way" of relation')
    assert any(words in caplog.text for words in column_is_gone)
    [session] = sandbox.world.apps._sessions.values()
    assert session.token not in caplog.text
    # Every value of the statement is a hash, sealed, or one of these.
    assert f"'{sandbox.host}'" not in caplog.text
    assert "hide_parameters" in caplog.text


def test_settings_do_not_show_their_secrets(settings: Settings) -> None:
    secret = replace(
        settings,
        secret_key=Secret("s3cret-of-forms"),
        credential_keys=(Secret("s3cret-of-credentials"),),
        database_url="postgresql+psycopg://engawa:s3cret-of-the-database@db/engawa",
        redis_url=Secret("redis://:s3cret-of-redis@cache/0"),
        pinned_app_secret=Secret("s3cret-of-the-app"),
    )
    shown = f"{secret!r} {secret}"
    assert "s3cret" not in shown
    assert "public_url='http://localhost'" in shown


def test_rows_do_not_show_their_secrets(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    alice.begin_sign_in()
    credential = sandbox.credential("alice", sandbox.calls[-1].body["appSecret"])
    with app.app_context():
        kept = [
            row
            for model in (Account, ServerApp, PendingSignIn, StoredSession)
            for row in db.session.scalars(db.select(model))
        ]
        assert {type(row) for row in kept} >= {Account, ServerApp, PendingSignIn}
        shown = " ".join(f"{row!r} {row.__dict__}" for row in kept if not hasattr(row, "data"))
        shown += repr(app.extensions["vault"]) + repr(app.extensions["engawa.settings"])
        account = kept[0]
        assert account.credential.reveal() == credential
    assert credential not in shown
    assert sandbox.calls_of("auth/session/generate")[0].body["appSecret"] not in shown
    assert "Secret(…)" in shown
