"""What every test may use: a sandbox server over real HTTP, an app on a real database,
and browsers that walk through it by its own links and forms.

`pytest --grown` runs the same tests on PostgreSQL and Redis instead of SQLite."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from redis import Redis

from app import create_app
from app.extensions import db, limiter
from app.misskey import Secret
from app.settings import Settings
from sandbox import Sandbox
from tests.browsing import Browser
from tests.faults.databases import Cluster, postgresql, redis_server
from tests.house import close

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests run the other way, too."""
    parser.addoption(
        "--grown", action="store_true", help="run on PostgreSQL and Redis instead of SQLite"
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of tests stay to the end: the collector need not look through them each
    time, while everything waits."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about SQLite itself has nothing to say about the other way."""
    if config.getoption("grown"):
        small = [item for item in items if item.get_closest_marker("small")]
        config.hook.pytest_deselected(items=small)
        items[:] = [item for item in items if item not in small]


@dataclass
class Grounds:
    """Where installations of the tests stand: SQLite files, or one PostgreSQL and one Redis."""

    template: Path | str
    cluster: Cluster | None = None
    redis_url: str = ""

    def new_installation(self, folder: Path, redis_number: int = 0) -> Settings:
        """Settings of an installation whose database is migrated and empty."""
        if self.cluster is None:
            path = folder / "engawa.sqlite"
            shutil.copy(self.template, path)
            return _settings(f"sqlite:///{path}", folder)
        redis_url = f"{self.redis_url}?db={redis_number}"
        with closing(Redis.from_url(redis_url)) as client:
            client.flushdb()
        name = self.cluster.new_database(str(self.template))
        settings = _settings(self.cluster.url(name), folder)
        return replace(settings, redis_url=Secret(redis_url))

    def give_back(self, settings: Settings) -> None:
        """The installation is over."""
        if self.cluster is not None:
            self.cluster.drop(settings.database_url)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows, to be copied."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def grounds(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Iterator[Grounds]:
    """The databases of the whole run."""
    if not pytestconfig.getoption("grown"):
        yield Grounds(request.getfixturevalue("empty_database"))
        return
    with postgresql() as cluster, redis_server() as redis:
        name = cluster.new_database()
        _migrate(cluster.url(name))
        yield Grounds(name, cluster, redis.url)


def _migrate(url: str) -> None:
    app = create_app(_settings(url))
    with app.app_context():
        upgrade()
        if db.engine.dialect.name == "sqlite":
            # Everything into the one file, so that copying it copies all.
            db.session.execute(db.text("PRAGMA wal_checkpoint(TRUNCATE)"))
            db.session.commit()
        db.engine.dispose()


def _settings(database_url: str, folder: Path | None = None) -> Settings:
    return Settings(
        public_url=PUBLIC_URL,
        secret_key=SECRET_KEY,
        credential_keys=(CREDENTIAL_KEY,),
        database_url=database_url,
        allow_loopback_servers=True,
        upstream_seconds=10,
        exports_folder=str(folder / "exports") if folder else "",
    )


@pytest.fixture
def settings(tmp_path: Path, grounds: Grounds) -> Iterator[Settings]:
    """Settings of an installation of its own; change them with `make_app(…)`."""
    made = grounds.new_installation(tmp_path)
    yield made
    grounds.give_back(made)


@pytest.fixture(scope="module")
def house_settings(
    tmp_path_factory: pytest.TempPathFactory, grounds: Grounds
) -> Iterator[Settings]:
    """The same for a whole module that shares one app: see `tests/house.py`."""
    made = grounds.new_installation(tmp_path_factory.mktemp("house"), redis_number=1)
    yield made
    grounds.give_back(made)


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
        close(app)


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
            "ALLOWED_SERVERS",
            "BLOCKED_SERVERS",
            "SIGN_UPS_CLOSED",
            "METRICS_FROM",
            "METRICS_TOKEN",
            "LOG_FORMAT",
            "EXPORT_MAX_MB",
            "EXPORTS_FOLDER",
        ):
            monkeypatch.delenv(name)
