"""Storage that fails while people are there: a database that somebody else has locked, a disk
that takes no more, a PostgreSQL or a Redis that goes and comes back, or hangs. What only reads
goes on; what has to write says that it could not, asks no server, and loses nothing."""

from __future__ import annotations

import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from app.extensions import db
from app.misskey import Secret
from app.models import Account, Server, now
from app.settings import Settings
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.faults.databases import RedisServer, postgresql, redis_server
from tests.house import open_house

# Each fault is made with SQLite, or with servers of the test's own.
pytestmark = pytest.mark.small

Fault = Callable[[Flask], AbstractContextManager[None]]
SAID = "Engawa's storage does not work"


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Another program is in the middle of writing to the database, and stays there."""
    with closing(sqlite3.connect(stored.path_of(app), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(app: Flask) -> Iterator[None]:
    """The kernel lets no file grow beyond what the database has written so far."""
    path = stored.path_of(app)
    most = path.with_name(f"{path.name}-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


either = pytest.mark.parametrize("fault", [locked, full])


def let_all_grow_old(app: Flask) -> None:
    """Pages want to write something down: it is another day, and what is known is old."""
    with app.app_context():
        for account in db.session.scalars(select(Account)):
            account.standing_at, account.unread_notifications = None, 3
        for server in db.session.scalars(select(Server)):
            server.asked_at = now() - timedelta(days=3)
        db.session.commit()


@either
@pytest.mark.parametrize("path", ["/", "/notifications", "/@bob", "/compose", "/scheduled"])
def test_who_reads_notices_nothing(
    alice: Browser,
    app: Flask,
    fault: Fault,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_all_grow_old(app)
    monkeypatch.setattr("app.security.now", lambda: now() + timedelta(days=1))
    with fault(app):
        page = alice.get(path)
    assert page.status == 200
    assert SAID not in page.text
    assert alice.get(path).status == 200


@either
def test_a_note_that_can_not_be_claimed_is_not_posted_and_not_lost(
    alice: Browser, app: Flask, sandbox: Sandbox, fault: Fault
) -> None:
    alice.get("/compose")
    sandbox.clear_calls()
    with fault(app):
        page = alice.submit("/compose", text="not lost")
        assert page.status == 503
        assert page.response.headers["Retry-After"] == "60"
        assert SAID in page.text
        assert page.form("/compose").fields["text"] == "not lost"
        assert sandbox.calls_of("notes/create") == []
    assert "Posted." in alice.submit("/compose").text
    assert len(sandbox.calls_of("notes/create")) == 1


@either
@pytest.mark.parametrize("button", ["keep", "later"])
def test_what_should_be_kept_for_later_is_still_in_the_form(
    alice: Browser, app: Flask, fault: Fault, button: str
) -> None:
    alice.get("/compose")
    typed = {"text": "not lost", "later_at": "2030-05-06T07:08", "later_zone": "UTC"}
    with fault(app):
        page = alice.press("/compose", button, **typed)
        assert page.status == 503
        assert SAID in page.text
        assert page.form("/compose").fields["text"] == "not lost"
    assert stored.rows(app, "drafts") == stored.rows(app, "scheduled_notes") == []
    assert alice.press("/compose", button).status == 200
    kept = stored.rows(app, "drafts") + stored.rows(app, "scheduled_notes")
    assert len(kept) == 1


@either
def test_a_setting_and_a_new_sign_in_say_so(
    alice: Browser, app: Flask, sandbox: Sandbox, fault: Fault
) -> None:
    token = alice.get("/compose").form("/compose").fields["csrf_token"]
    stranger = Browser(app, sandbox)
    form = stranger.get("/sign-in").form("/sign-in").fields
    sandbox.clear_calls()
    with fault(app):
        page = alice.post("/language", {"csrf_token": token, "language": "ja"})
        assert page.status == 503
        assert "Retry-After" in page.response.headers
        page = stranger.post("/sign-in", {**form, "server": sandbox.host}, follow=False)
        assert page.status == 503
        assert SAID in page.text
    assert stored.rows(app, "pending_sign_ins") == []
    assert alice.get("/").status == 200


def assert_plain_words(browser: Browser, probe: Browser, sandbox: Sandbox, gone: str) -> None:
    """Without the store of sessions there is no page, but it is said; `probe` hears which."""
    page = browser.get("/")
    assert (page.status, page.response.mimetype) == (503, "text/plain")
    assert SAID in page.html
    assert probe.get("/healthz").status == 200
    assert gone in probe.get("/readyz").html
    assert sandbox.calls == []


# Redis --------------------------------------------------------------------------------------


def on(settings: Settings, redis: RedisServer) -> AbstractContextManager[Flask]:
    """An installation that keeps sessions and limits there."""
    return open_house(replace(settings, redis_url=Secret(redis.url)))


def test_redis_goes_and_comes_back(settings: Settings, sandbox: Sandbox) -> None:
    with redis_server() as redis, on(settings, redis) as app:
        browser = Browser(app, sandbox)
        browser.sign_in("alice")
        sandbox.clear_calls()
        redis.stop()
        assert_plain_words(browser, Browser(app, sandbox), sandbox, "redis")
        redis.start()
        # It kept nothing, so people sign in again, in the processes there are.
        assert not browser.is_signed_in
        assert "You are signed in" in browser.sign_in("alice").text
        assert browser.get("/").status == 200


def test_a_redis_that_hangs_holds_nobody_for_long(settings: Settings, sandbox: Sandbox) -> None:
    with redis_server() as redis, on(settings, redis) as app:
        browser = Browser(app, sandbox)
        browser.sign_in("alice")
        sandbox.clear_calls()
        redis.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            assert browser.get("/").status == 503
            assert time.monotonic() - began < 15
            assert "redis" in Browser(app, sandbox).get("/readyz").html
        finally:
            redis.process.send_signal(signal.SIGCONT)
        assert sandbox.calls == []
        assert browser.is_signed_in
        assert browser.get("/").status == 200


def test_a_redis_that_takes_nothing_lets_people_read(
    settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_server() as redis, on(settings, redis) as app:
        browser = Browser(app, sandbox)
        browser.sign_in("alice")
        redis.client.config_set("maxmemory", "1")
        monkeypatch.setattr("app.security.now", lambda: now() + timedelta(days=1))
        assert browser.get("/").status == 200
        stranger = Browser(app, sandbox)
        page = stranger.get("/sign-in")
        assert page.status == 503
        assert SAID in page.text
        redis.client.config_set("maxmemory", "0")
        assert stranger.get("/sign-in").status == 200


# PostgreSQL ---------------------------------------------------------------------------------


def test_postgresql_goes_and_comes_back(settings: Settings, sandbox: Sandbox) -> None:
    with postgresql() as cluster:
        there = replace(settings, database_url=cluster.url(cluster.new_database()))
        with open_house(there) as app:
            with app.app_context():
                upgrade()
            browser = Browser(app, sandbox)
            browser.sign_in("alice")
            sandbox.clear_calls()
            cluster.stop()
            assert_plain_words(browser, Browser(app, sandbox), sandbox, "database")
            cluster.start()
            assert browser.is_signed_in
            assert browser.get("/").status == 200
