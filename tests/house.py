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

from flask import Flask
from sqlalchemy import delete

from app import create_app, servers
from app.extensions import db, limiter
from app.settings import Settings


@contextmanager
def open_house(settings: Settings) -> Iterator[Flask]:
    """An app on the migrated database of `settings`, closed with care."""
    app = create_app(settings)
    try:
        yield app
    finally:
        with app.app_context():
            app.extensions["engawa.transport"].close()
            db.session.remove()
            db.engine.dispose()


def trusting(app: Flask) -> Flask:
    """`app` without a memory of servers that did not answer."""
    app.extensions["engawa.transport"].close()
    servers.init_app(app, app.extensions["engawa.settings"])
    return app


def emptied(app: Flask) -> Flask:
    """`app` as if it were new: no rows, no limits used up, no server remembered."""
    with trusting(app).app_context():
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(delete(table))
        db.session.commit()
        limiter.reset()
    return app
