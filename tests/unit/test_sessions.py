"""Server-side sessions, in the database and in a real Redis."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask, current_app, jsonify, request, session
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import ConnectionError as NotUpYet

from app.extensions import db
from app.misskey import Secret
from app.models import StoredSession, now
from app.sessions import LIFETIME

PREFIX = "engawa:session:"
_PAUSES: dict[str, threading.Event] = {}


def hash_of(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis server of the tests' own."""
    if shutil.which("redis-server") is None:
        reason = "redis-server is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    server = subprocess.Popen(
        [
            *("redis-server", "--port", str(port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ],
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with Redis(port=port) as client:
            _wait_for(client)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(client: Redis) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            client.ping()
            return
        except NotUpYet:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


class Database:
    """The sessions as they lie in the table."""

    prefix = ""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def all(self) -> dict[str, bytes]:
        with self.app.app_context():
            return {row.id_hash: row.data for row in db.session.query(StoredSession)}

    def put(self, key: str, data: bytes) -> None:
        with self.app.app_context():
            db.session.merge(StoredSession(id_hash=key, data=data, expires_at=now() + LIFETIME))
            db.session.commit()

    def time_left(self, key: str) -> timedelta:
        with self.app.app_context():
            return db.session.get_one(StoredSession, key).expires_at - now()

    def expire(self, key: str) -> None:
        with self.app.app_context():
            db.session.get_one(StoredSession, key).expires_at = now() - timedelta(seconds=1)
            db.session.commit()


class InRedis:
    """The sessions as they lie in Redis."""

    prefix = PREFIX

    def __init__(self, client: Redis) -> None:
        self.client = client

    def all(self) -> dict[str, bytes]:
        keys = [key.decode() for key in self.client.keys(f"{PREFIX}*")]  # type: ignore[union-attr]
        return {key: self.client.get(key) for key in keys}  # type: ignore[misc]

    def put(self, key: str, data: bytes) -> None:
        self.client.set(key, data, ex=LIFETIME)

    def time_left(self, key: str) -> timedelta:
        return timedelta(milliseconds=self.client.pttl(key))  # type: ignore[arg-type]

    def expire(self, key: str) -> None:
        self.client.pexpire(key, 1)
        time.sleep(0.01)


def _add_views(app: Flask) -> None:
    """Views that do to the session what the request says."""

    def put() -> Any:
        session.update(request.args)
        return jsonify(dict(session))

    def show() -> Any:
        return jsonify(dict(session))

    def take() -> Any:
        session.pop(request.args["name"], None)
        return jsonify(dict(session))

    def begin_anew() -> Any:
        current_app.session_interface.regenerate(session)  # type: ignore[attr-defined]
        return jsonify(dict(session))

    def empty() -> Any:
        session.clear()
        return jsonify(dict(session))

    def put_slowly() -> Any:
        before = dict(session)
        _PAUSES["reached"].set()
        _PAUSES["go on"].wait(10)
        session["late"] = "yes"
        return jsonify(before)

    for view in (put, show, take, begin_anew, empty, put_slowly):
        view.is_public = True  # type: ignore[attr-defined]
        app.add_url_rule(f"/test/{view.__name__}", view.__name__, view)


@pytest.fixture(params=["database", "redis"])
def site(
    request: pytest.FixtureRequest, make_app: Callable[..., Flask]
) -> Iterator[tuple[Flask, Any]]:
    """An installation with these views, and its store of sessions."""
    if request.param == "database":
        app = make_app()
        _add_views(app)
        yield app, Database(app)
        return
    port = request.getfixturevalue("redis_port")
    with Redis(port=port) as client:
        client.flushall()
        app = make_app(redis_url=Secret(f"redis://127.0.0.1:{port}/0"))
        _add_views(app)
        yield app, InRedis(client)
        app.session_interface.client.close()  # type: ignore[attr-defined]


@pytest.fixture
def app(site: tuple[Flask, Any]) -> Flask:
    return site[0]


@pytest.fixture
def store(site: tuple[Flask, Any]) -> Any:
    return site[1]


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def cookie(browser: FlaskClient) -> str:
    """The session's id, as the browser has it."""
    found = browser.get_cookie("engawa")
    assert found is not None
    return found.value


def visit(browser: FlaskClient, path: str) -> dict[str, Any]:
    """What the session held after this request."""
    answer = browser.get(f"/test/{path}")
    assert answer.status_code == 200
    return {name: value for name, value in answer.json.items() if name != "_permanent"}


def with_cookie(app: Flask, session_id: str) -> FlaskClient:
    """A browser that sends this id."""
    browser = app.test_client()
    browser.set_cookie("engawa", session_id)
    return browser


# What is kept ---------------------------------------------------------------------


def test_session_lasts_from_request_to_request(browser: FlaskClient, app: Flask) -> None:
    visit(browser, "put?colour=green")
    visit(browser, "put?size=縁側")
    assert visit(browser, "show") == {"colour": "green", "size": "縁側"}
    assert visit(app.test_client(), "show") == {}


def test_store_knows_the_session_by_the_hash_of_its_id_only(
    browser: FlaskClient, store: Any
) -> None:
    visit(browser, "put?colour=green")
    [(key, data)] = store.all().items()
    assert key == store.prefix + hash_of(cookie(browser))
    assert len(cookie(browser)) >= 43
    assert cookie(browser).encode() not in data


def test_value_is_msgpack(browser: FlaskClient, store: Any) -> None:
    visit(browser, "put?colour=green")
    [data] = store.all().values()
    assert msgspec.msgpack.decode(data)["colour"] == "green"


def test_request_that_keeps_nothing_leaves_no_session(browser: FlaskClient, store: Any) -> None:
    answer = browser.get("/test/show")
    assert "Set-Cookie" not in answer.headers
    assert store.all() == {}


def test_reading_a_session_writes_nothing(browser: FlaskClient, store: Any) -> None:
    visit(browser, "put?colour=green")
    [key] = store.all()
    before = store.time_left(key)
    time.sleep(0.02)
    answer = browser.get("/test/show")
    assert "Set-Cookie" not in answer.headers
    assert store.time_left(key) < before


def test_session_lives_for_so_long_after_its_last_change(browser: FlaskClient, store: Any) -> None:
    visit(browser, "put?colour=green")
    [key] = store.all()
    assert LIFETIME - timedelta(seconds=20) < store.time_left(key) <= LIFETIME
    before = store.time_left(key)
    time.sleep(0.02)
    visit(browser, "put?colour=red")
    assert store.time_left(key) >= before - timedelta(milliseconds=10)
    assert list(store.all()) == [key]


def test_expired_session_is_none(browser: FlaskClient, store: Any) -> None:
    visit(browser, "put?colour=green")
    [key] = store.all()
    old = cookie(browser)
    store.expire(key)
    assert visit(browser, "show") == {}
    visit(browser, "put?size=small")
    assert visit(browser, "show") == {"size": "small"}
    assert cookie(browser) != old


def test_emptied_session_is_deleted_with_its_cookie(browser: FlaskClient, store: Any) -> None:
    visit(browser, "put?colour=green")
    visit(browser, "empty")
    assert store.all() == {}
    assert browser.get_cookie("engawa") is None


# What is not believed ---------------------------------------------------------------


class _Trap:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_value_is_no_session_and_is_not_carried_out(
    browser: FlaskClient, app: Flask, store: Any, tmp_path: Path, protocol: int
) -> None:
    visit(browser, "put?colour=green")
    [key] = store.all()
    trap = tmp_path / "sprung"
    pickled = pickle.dumps({"current": _Trap(trap)}, protocol)
    store.put(key, pickled)
    assert visit(browser, "show") == {}
    assert not trap.exists()
    # The trap works, where somebody is careless.
    pickle.loads(pickled)  # noqa: S301
    assert trap.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b'{"current":"x"}',
        msgspec.msgpack.encode(["current"]),
        msgspec.msgpack.encode(None),
        msgspec.msgpack.encode({1: "current"}),
        msgspec.msgpack.encode({"current": "x"})[:-1],
        b"\x81\xa1\xff\x01",
        b"\x81\xa1a" + b"\x91" * 100_000,
        b"\x81\xa1a\xd7\xff" + b"\xff" * 8,
    ],
)
def test_value_we_did_not_write_is_no_session(
    browser: FlaskClient, store: Any, data: bytes
) -> None:
    visit(browser, "put?colour=green")
    [key] = store.all()
    store.put(key, data)
    assert visit(browser, "show") == {}


@pytest.mark.parametrize(
    "planted",
    ["planted-by-somebody-else", "x" * 4000, "縁側", "../../etc/passwd", "' OR 1=1 --", "%00", "*"],
)
def test_id_that_we_did_not_give_is_not_taken_up(app: Flask, store: Any, planted: str) -> None:
    browser = with_cookie(app, planted)
    assert visit(browser, "put?colour=green") == {"colour": "green"}
    assert cookie(browser) != planted
    assert list(store.all()) == [store.prefix + hash_of(cookie(browser))]
    assert visit(with_cookie(app, planted), "show") == {}


def test_hash_from_the_store_does_not_open_the_session(
    browser: FlaskClient, app: Flask, store: Any
) -> None:
    visit(browser, "put?colour=green")
    for key in (*store.all(), hash_of(cookie(browser))):
        assert visit(with_cookie(app, key), "show") == {}


# Another id ---------------------------------------------------------------------------


def test_new_id_deletes_the_old_session_and_keeps_what_was_in_it(
    browser: FlaskClient, app: Flask, store: Any
) -> None:
    visit(browser, "put?colour=green")
    old = cookie(browser)
    visit(browser, "begin_anew")
    assert cookie(browser) != old
    assert list(store.all()) == [store.prefix + hash_of(cookie(browser))]
    assert visit(browser, "show") == {"colour": "green"}
    assert visit(with_cookie(app, old), "show") == {}


def beside_a_slow_request(browser: FlaskClient, app: Flask, *paths: str) -> Any:
    """The answer to a request of the same session that was under way all the while; it
    keeps `late=yes`."""
    _PAUSES.update({"reached": threading.Event(), "go on": threading.Event()})
    slow = with_cookie(app, cookie(browser))
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(slow.get("/test/put_slowly")))
    thread.start()
    assert _PAUSES["reached"].wait(10)
    for path in paths:
        visit(browser, path)
    _PAUSES["go on"].set()
    thread.join(10)
    [answer] = answers
    return answer


@pytest.mark.parametrize(
    ("meanwhile", "kept"),
    [
        ([], {"colour": "green", "size": "small", "late": "yes"}),
        (["put?form=round"], {"colour": "green", "size": "small", "form": "round", "late": "yes"}),
        (["put?colour=red"], {"colour": "red", "size": "small", "late": "yes"}),
        (["take?name=colour"], {"size": "small", "late": "yes"}),
        (["take?name=colour", "put?size=large"], {"size": "large", "late": "yes"}),
        # Its own change stands.
        (["put?late=no"], {"colour": "green", "size": "small", "late": "yes"}),
    ],
)
def test_requests_at_once_keep_each_others_changes(
    browser: FlaskClient, app: Flask, meanwhile: list[str], kept: dict[str, str]
) -> None:
    visit(browser, "put?colour=green&size=small")
    beside_a_slow_request(browser, app, *meanwhile)
    assert visit(browser, "show") == kept


@pytest.mark.parametrize("ending", ["begin_anew", "empty"])
def test_session_that_ended_meanwhile_does_not_come_back_with_a_slow_request(
    browser: FlaskClient, app: Flask, store: Any, ending: str
) -> None:
    visit(browser, "put?colour=green")
    old = cookie(browser)
    answer = beside_a_slow_request(browser, app, ending)
    assert answer.json["colour"] == "green"
    # No cookie either: it would take the place of the session that goes on.
    assert "Set-Cookie" not in answer.headers
    assert store.prefix + hash_of(old) not in store.all()
    assert visit(with_cookie(app, old), "show") == {}


# Several at once ------------------------------------------------------------------------


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What they give, all begun at the same moment."""
    together = threading.Barrier(len(calls))
    results: list[Any] = []

    def run(call: Callable[[], Any]) -> None:
        together.wait(10)
        results.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def test_two_first_requests_at_once_both_work(app: Flask, store: Any) -> None:
    browsers = [app.test_client() for _ in range(2)]
    calls = [lambda browser=browser: visit(browser, "put?colour=green") for browser in browsers]
    assert at_once(calls) == [{"colour": "green"}] * 2
    ids = {cookie(browser) for browser in browsers}
    assert set(store.all()) == {store.prefix + hash_of(id) for id in ids}
    assert len(ids) == 2


def test_many_requests_of_one_session_at_once_all_work(
    browser: FlaskClient, app: Flask, store: Any
) -> None:
    visit(browser, "put?colour=green")
    id = cookie(browser)
    calls = [
        lambda number=number: visit(with_cookie(app, id), f"put?number={number}")
        for number in range(6)
    ]
    assert [result["colour"] for result in at_once(calls)] == ["green"] * 6
    assert visit(browser, "show")["number"] in "012345"
    assert len(store.all()) == 1


# The cookie -----------------------------------------------------------------------------


def _attributes(app: Flask, url: str) -> tuple[str, set[str]]:
    answer = app.test_client().get("/test/put?colour=green", base_url=url)
    [line] = answer.headers.getlist("Set-Cookie")
    first, *more = line.split("; ")
    return first.partition("=")[0], {part for part in more if not part.startswith("Expires=")}


def test_cookie_over_http_is_for_loopback(app: Flask) -> None:
    assert _attributes(app, "http://localhost") == (
        "engawa",
        {"HttpOnly", "Path=/", "SameSite=Lax"},
    )


def test_cookie_over_https_is_bound_to_this_very_host(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="https://engawa.example")
    _add_views(app)
    name, attributes = _attributes(app, "https://engawa.example")
    assert name == "__Host-engawa"
    # __Host- asks for Secure, the whole path, and no Domain.
    assert attributes == {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}


def test_secret_does_not_get_into_a_session(app: Flask) -> None:
    with (
        pytest.raises(TypeError, match="Secret"),
        app.test_client().session_transaction() as session,
    ):
        session["credential"] = Secret("hunter2")
