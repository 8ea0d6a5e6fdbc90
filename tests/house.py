"""One installation for all tests of a module, emptied between them.

Making an app costs little; compiling its templates and statements anew costs more than
most tests do. A module that says so shares one:

    @pytest.fixture(scope="module")
    def house(house_settings: Settings) -> Iterator[Flask]:
        with open_house(house_settings) as app:
            yield app

    @pytest.fixture
    def app(house: Flask) -> Flask:
        return emptied(house)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import delete

from app import create_app, servers, sign_in
from app.extensions import db, limiter
from app.misskey import Secret
from app.models import Account, Server, now
from app.sessions import RedisSessions
from app.settings import Settings
from sandbox.endpoints.table import TABLE
from tests.browsing import Browser


@contextmanager
def open_house(settings: Settings) -> Iterator[Flask]:
    """An app on the migrated database of `settings`, closed with care."""
    app = create_app(settings)
    try:
        yield app
    finally:
        close(app)


def close(app: Flask) -> None:
    """Let go of every connection `app` has open."""
    with app.app_context():
        app.extensions["engawa.transport"].close()
        db.session.remove()
        db.engine.dispose()
    if isinstance(app.session_interface, RedisSessions):
        app.session_interface.client.close()


def trusting(app: Flask) -> Flask:
    """`app` without a memory of servers that did not answer."""
    app.extensions["engawa.transport"].close()
    servers.init_app(app, app.extensions["engawa.settings"])
    return app


def hurried(app: Flask) -> Flask:
    """`app` waiting for servers no longer than a test wants to: for those that keep silent.
    All others wait as long as a busy machine needs."""
    app.extensions["engawa.transport"].close()
    servers.init_app(app, replace(app.extensions["engawa.settings"], upstream_seconds=1))
    return app


def emptied(app: Flask) -> Flask:
    """`app` as if it were new: no rows, no limits used up, no server remembered."""
    with trusting(app).app_context():
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(delete(table))
        db.session.commit()
        limiter.reset()
        app.extensions.pop("engawa.house_rules", None)
        if isinstance(app.session_interface, RedisSessions):
            app.session_interface.client.flushdb()
    return app


def let_in(browser: Browser, username: str) -> Browser:
    """Sign `browser` in to its sandbox by a one-time link: the quickest way in, for tests
    of what comes after. No call is made."""
    sandbox = browser.sandbox
    assert sandbox is not None
    with browser.app.app_context():
        db.session.merge(
            Server(
                host=sandbox.host,
                version="2025.11.0",
                max_note_length=3000,
                endpoints=sorted(TABLE),
                asked_at=now(),
            )
        )
        person = {"host": sandbox.host, "user_id": sandbox.person(username).id}
        known = db.session.query(Account).filter_by(**person).one_or_none()
        account = known or Account(username=username, **person)
        account.credential = account.credential or Secret(sandbox.credential(username))
        db.session.add(account)
        db.session.commit()
        path = f"/sign-in/link/{sign_in.link_for(account)}"
    browser.get(path)
    assert browser.submit(path, follow=False).status == 303
    return browser
