"""What every test may use: a sandbox server over real HTTP, an app on a real database,
and browsers that walk through it by its own links and forms."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.extensions import db, limiter
from app.misskey import Secret
from app.settings import Settings
from sandbox import Sandbox
from tests.browsing import Browser

PUBLIC_URL = "http://localhost"
SECRET_KEY = Secret("a secret key that is long enough for tests")
CREDENTIAL_KEY = Secret(Fernet.generate_key().decode())


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for the whole run; tests use `sandbox`."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """A pretend Misskey server, as it is at its start."""
    running_sandbox.reset()
    running_sandbox.latency = 0
    return running_sandbox


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows, to be copied."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite"
    app = create_app(_settings(path))
    with app.app_context():
        upgrade()
        # Everything into the one file, so that copying it copies all.
        db.session.execute(db.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.commit()
        db.engine.dispose()
    return path


def _settings(path: Path) -> Settings:
    return Settings(
        public_url=PUBLIC_URL,
        secret_key=SECRET_KEY,
        credential_keys=(CREDENTIAL_KEY,),
        database_url=f"sqlite:///{path}",
        allow_loopback_servers=True,
        upstream_seconds=1.5,
    )


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path) -> Settings:
    """Settings of an installation of its own; change them with `make_app(…)`."""
    path = tmp_path / "engawa.sqlite"
    shutil.copy(empty_database, path)
    return _settings(path)


@pytest.fixture(scope="module")
def house_settings(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Settings:
    """The same for a whole module that shares one app: see `tests/house.py`."""
    path = tmp_path_factory.mktemp("house") / "engawa.sqlite"
    shutil.copy(empty_database, path)
    return _settings(path)


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes apps on the same database: `make_app(pinned_server=…)`."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        app = create_app(replace(settings, **changes))
        made.append(app)
        with app.app_context():
            limiter.reset()
        return app

    yield make
    for app in made:
        with app.app_context():
            app.extensions["engawa.transport"].close()
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An installation of Engawa."""
    return make_app()


@pytest.fixture
def new_browser(app: Flask, sandbox: Sandbox) -> Callable[[], Browser]:
    """Makes browsers that know nothing of each other."""
    return lambda: Browser(app, sandbox)


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    """A browser nobody has signed in with."""
    return new_browser()


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    browser.sign_in("alice")
    sandbox.clear_calls()
    return browser


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's own reaches a test."""
    for name in list(os.environ):
        if name.endswith("_FILE") or name in (
            "PUBLIC_URL",
            "SECRET_KEY",
            "CREDENTIAL_KEYS",
            "DATABASE_URL",
            "REDIS_URL",
            "PINNED_SERVER",
            "PINNED_APP_SECRET",
            "SIGN_IN_WAY",
            "ALLOW_LOOPBACK_SERVERS",
        ):
            monkeypatch.delenv(name)
