"""One server that hangs never slows another's pages: walked against a real gunicorn,
with as many calls hanging as are let through, and more people waiting behind them."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask

from app.misskey.transport import Limits, Transport
from app.settings import Settings
from sandbox import Sandbox
from tests.browsing import Browser
from tests.conftest import CREDENTIAL_KEY, SECRET_KEY
from tests.house import emptied, let_in, open_house

HANGING = 5.0
"""Seconds that a hanging call takes."""

QUICK = HANGING / 4
"""Far below that, and far above what a page takes, also on a machine with other work."""

CALLS_PER_SERVER = 8  # The default.


@dataclass(frozen=True)
class Seen:
    """An answer of the served Engawa."""

    status: int
    text: str
    headers: dict[str, str]
    seconds: float


@dataclass(frozen=True)
class Visitor:
    """A browser at the served Engawa, already signed in."""

    port: int
    cookie: str

    def get(self, path: str = "/") -> Seen:
        """Open a page."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: dict[str, str]) -> Seen:
        """Send a form of ours."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers["Origin"] = f"http://localhost:{self.port}"
        return self._ask("POST", path, urlencode(fields), headers)

    def _ask(self, method: str, path: str, body: str | None, more: dict[str, str]) -> Seen:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": f"localhost:{self.port}", "Cookie": f"engawa={self.cookie}"}
        try:
            connection.request(method, path, body, {**headers, "Accept-Language": "en", **more})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Seen(answer.status, text, named, time.monotonic() - began)


@pytest.fixture(scope="module")
def house(house_settings: Settings) -> Iterator[Flask]:
    """The installation, as a process of the tests' own: people sign in through it."""
    with open_house(house_settings) as app:
        yield app


@pytest.fixture
def app(house: Flask) -> Flask:
    """… empty at the start of each test."""
    return emptied(house)


@pytest.fixture(scope="module")
def port(house_settings: Settings) -> Iterator[int]:
    """The same installation, served by gunicorn as it is in earnest."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        "PATH": os.environ["PATH"],
        "PUBLIC_URL": f"http://localhost:{port}",
        "SECRET_KEY": SECRET_KEY.reveal(),
        "CREDENTIAL_KEYS": CREDENTIAL_KEY.reveal(),
        "DATABASE_URL": house_settings.database_url,
        "ALLOW_LOOPBACK_SERVERS": "yes",
        "UPSTREAM_SECONDS": str(HANGING),
        "BIND": f"127.0.0.1:{port}",
        "LOG_LEVEL": "warning",
    }
    served = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app"],
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
    )
    try:
        _wait_for(lambda: _is_up(port), "gunicorn did not start")
        yield port
    finally:
        served.terminate()
        served.wait(timeout=30)


def _is_up(port: int) -> bool:
    try:
        return Visitor(port, "").get("/healthz").status == 200
    except OSError:
        return False


def _wait_for(condition: Callable[[], bool], otherwise: str, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, otherwise
        time.sleep(0.02)


@pytest.fixture
def servers() -> Iterator[Callable[[], Sandbox]]:
    """Starts servers that nobody has heard of yet."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Sandbox())


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Many people at once."""
    with ThreadPoolExecutor(64) as pool:
        yield pool


def visitor(app: Flask, port: int, server: Sandbox) -> Visitor:
    """Alice of that server, signed in."""
    browser = let_in(Browser(app, server), "alice")
    return Visitor(port, str(browser.cookie()))


def hang(
    crowd: ThreadPoolExecutor, server: Sandbox, person: Visitor, people: int
) -> list[Future[Seen]]:
    """So many people of `server` ask for home, which never comes."""
    server.misbehave("notes/timeline", "silent")
    waiting = [crowd.submit(person.get) for _ in range(people)]
    expected = min(people, CALLS_PER_SERVER)
    _wait_for(lambda: len(server.calls) >= expected, "the calls did not come", HANGING * 0.75)
    return waiting


def test_a_hanging_server_slows_nobody_else(
    app: Flask, port: int, servers: Callable[[], Sandbox], crowd: ThreadPoolExecutor
) -> None:
    slow, quick = servers(), servers()
    unlucky, lucky = visitor(app, port, slow), visitor(app, port, quick)
    assert lucky.get().status == 200  # Compiles what is compiled once.
    waiting = hang(crowd, slow, unlucky, CALLS_PER_SERVER)
    for _ in range(5):
        seen = lucky.get()
        assert seen.status == 200
        assert seen.seconds < QUICK
        assert seen.text.count("<article") == 20
    # The next of the slow server's people do not wait behind the others …
    for _ in range(3):
        seen = unlucky.get()
        assert seen.status == 503
        assert seen.seconds < QUICK
        assert f"{slow.host} is not keeping up" in seen.text
        assert int(seen.headers["retry-after"]) >= 1
    # … and what needs no answer of theirs works.
    for path in ("/compose", "/accounts"):
        seen = unlucky.get(path)
        assert seen.status == 200
        assert seen.seconds < QUICK
    assert len(slow.calls) == CALLS_PER_SERVER
    # Those who waited are told after the time a call may take, all of them.
    answers = [future.result() for future in waiting]
    assert {seen.status for seen in answers} == {504}
    assert max(seen.seconds for seen in answers) < HANGING + 2
    # After that the server has a rest, and nobody waits for it at all.
    seen = unlucky.get()
    assert (seen.status, seen.seconds < QUICK) == (503, True)
    assert len(slow.calls) == CALLS_PER_SERVER


def test_two_hanging_servers_slow_nobody_else_either(
    app: Flask, port: int, servers: Callable[[], Sandbox], crowd: ThreadPoolExecutor
) -> None:
    # Sixteen calls under way: more than the database's pool has connections, none of
    # which may be held while a server thinks.
    slow, slower, quick = servers(), servers(), servers()
    people = [visitor(app, port, server) for server in (slow, slower)]
    lucky = visitor(app, port, quick)
    waiting = hang(crowd, slow, people[0], 12) + hang(crowd, slower, people[1], 12)
    for _ in range(5):
        seen = lucky.get()
        assert seen.status == 200
        assert seen.seconds < QUICK
    assert {future.result().status for future in waiting} == {503, 504}


def test_pressing_a_button_again_and_again_holds_up_nobody(
    app: Flask, port: int, servers: Callable[[], Sandbox], crowd: ThreadPoolExecutor
) -> None:
    slow, quick = servers(), servers()
    impatient, lucky = visitor(app, port, slow), visitor(app, port, quick)
    form = impatient.get("/compose").text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    fields |= {"text": "Only once", "visibility": "public"}
    slow.misbehave("notes/create", "silent")
    waiting = [crowd.submit(impatient.post, "/compose", fields) for _ in range(40)]
    _wait_for(lambda: len(slow.calls_of("notes/create")) == 1, "the note was not sent")
    # All but the first and the eight that may wait for what becomes of it are answered.
    _wait_for(lambda: sum(future.done() for future in waiting) >= 31, "presses are held up", 4)
    for _ in range(5):
        seen = lucky.get()
        assert seen.status == 200
        assert seen.seconds < QUICK
    statuses = sorted(future.result().status for future in waiting)
    assert statuses == [409] * 39 + [504]
    assert len(slow.calls_of("notes/create")) == 1


# The rest a server is given, and its end -----------------------------------


@pytest.fixture
def patient(app: Flask) -> Iterator[Flask]:
    """The installation with a shorter rest and shorter calls, so that tests see the end."""
    app.extensions["engawa.transport"].close()
    limits = Limits(total=0.3, between_pieces=0.3, calls_per_host=2, line=0, pause=0.6)
    app.extensions["engawa.transport"] = Transport(limits)
    yield app
    app.extensions["engawa.transport"].close()


def at(app: Flask, server: Sandbox) -> Browser:
    """Alice's browser, signed in at that server."""
    return let_in(Browser(app, server), "alice")


def test_after_three_silences_a_server_is_left_alone_for_a_while_and_then_asked_again(
    patient: Flask, servers: Callable[[], Sandbox]
) -> None:
    slow, quick = servers(), servers()
    unlucky, lucky = at(patient, slow), at(patient, quick)
    slow.misbehave("notes/timeline", "silent")
    assert [unlucky.get("/").status for _ in range(3)] == [504] * 3
    slow.behave()
    page = unlucky.get("/")
    assert page.status == 503
    assert f"{slow.host} is not keeping up" in page.text
    assert "gives it a rest" in page.text
    assert page.response.headers["Retry-After"] == "1"
    assert len(slow.calls) == 3, "and it was not asked"
    assert lucky.get("/").status == 200, "the rest is that server's alone"
    time.sleep(0.7)
    assert len(unlucky.get("/").note_ids()) == 20
    assert len(unlucky.get("/").note_ids()) == 20


def test_an_answer_in_between_means_it_is_alive(
    patient: Flask, servers: Callable[[], Sandbox]
) -> None:
    slow = servers()
    browser = at(patient, slow)
    for _ in range(2):
        slow.misbehave("notes/timeline", "down", times=2)
        assert [browser.get("/").status for _ in range(3)] == [504, 504, 200]


def test_a_server_that_fails_quickly_is_not_kept_from_anybody(
    patient: Flask, servers: Callable[[], Sandbox]
) -> None:
    # An error is an answer; it holds nobody up.
    odd = servers()
    browser = at(patient, odd)
    for how, options in (("internal-error", {}), ("html", {"status": 502}), ("garbage", {})):
        odd.misbehave("notes/timeline", how, times=4, **options)
        assert [browser.get("/").status for _ in range(4)] == [502] * 4
    assert browser.get("/").status == 200


def test_places_are_given_back_when_calls_end(
    patient: Flask, servers: Callable[[], Sandbox], crowd: ThreadPoolExecutor
) -> None:
    slow = servers()
    tabs = [at(patient, slow) for _ in range(3)]
    slow.misbehave("notes/timeline", "silent", times=2)
    first = [crowd.submit(tab.get, "/") for tab in tabs[:2]]
    _wait_for(lambda: len(slow.calls) == 2, "the calls did not come")
    assert tabs[2].get("/").status == 503
    assert [future.result().status for future in first] == [504, 504]
    assert tabs[2].get("/").status == 200
