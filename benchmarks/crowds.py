"""What the load trials share: servers that answer at a pace, Engawa with people who are
signed in, and their browsers, all over real sockets.

The servers are plain: each gives the answer of the sandbox's timeline, recorded at the
start, after so many milliseconds. So many can be kept waiting at once by one process, and
what is measured is Engawa's.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from sandbox import Sandbox
from scripts.installation import Installation

NOTES = 20
_TICKS = os.sysconf("SC_CLK_TCK")


# Servers ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Servers:
    """Servers in a process of their own, by their host names."""

    hosts: list[str]
    timeline: bytes
    _pipe: Connection

    def pace(self, host: str, milliseconds: float | None) -> None:
        """From now on `host` answers after so long; None: never."""
        self._pipe.send((host, milliseconds))
        self._pipe.recv()


@contextmanager
def servers(count: int, milliseconds: float) -> Iterator[Servers]:
    """So many servers, each answering after so long."""
    with Sandbox() as sandbox:
        timeline = _timeline_of(sandbox)
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    arguments = (theirs, count, milliseconds, timeline)
    process = context.Process(target=_serve, args=arguments, daemon=True)
    process.start()
    try:
        yield Servers(pipe.recv(), timeline, pipe)
    finally:
        process.terminate()
        process.join()


def _timeline_of(sandbox: Sandbox) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    body = json.dumps({"i": sandbox.credential("alice"), "limit": NOTES})
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/notes/timeline", body, headers)
    answer = connection.getresponse().read()
    connection.close()
    if len(json.loads(answer)) != NOTES:
        raise RuntimeError("the sandbox's timeline is shorter than a page")
    return answer


def _serve(pipe: Connection, count: int, milliseconds: float, timeline: bytes) -> None:
    asyncio.run(_serve_all(pipe, count, milliseconds, timeline))


async def _serve_all(pipe: Connection, count: int, milliseconds: float, timeline: bytes) -> None:
    paces: dict[str, float | None] = {}
    for _ in range(count):
        host = f"127.0.0.1:{await _serve_one(paces, timeline)}"
        paces[host] = milliseconds
    pipe.send(list(paces))

    def hear() -> None:
        host, pace = pipe.recv()
        paces[host] = pace
        pipe.send(None)

    asyncio.get_running_loop().add_reader(pipe.fileno(), hear)
    await asyncio.Event().wait()


async def _serve_one(paces: dict[str, float | None], timeline: bytes) -> int:
    port = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(_length_of(head))
                pace = paces[f"127.0.0.1:{port}"]
                if pace is None:
                    await reader.read()  # Until the other side gives up.
                    return
                await asyncio.sleep(pace / 1000)
                is_known = b"/api/notes/timeline " in head.partition(b"\r\n")[0]
                writer.write(_answer(200, timeline) if is_known else _answer(404, b"{}"))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
    port = int(server.sockets[0].getsockname()[1])
    return port


def _length_of(head: bytes) -> int:
    found = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return int(found or 0)


def _answer(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


# People -----------------------------------------------------------------------------------


def sign_in(engawa: Installation, hosts: list[str], people: int) -> list[str]:
    """The cookies of so many people, spread over the servers, each of an own account.

    They are signed in by one-time links, in this process, on the database of `engawa`.
    """
    os.environ.update(engawa.environment)
    from app import create_app, sign_in
    from app.extensions import db, limiter
    from app.misskey import Secret
    from app.models import Account, Server, now
    from sandbox.endpoints.table import TABLE

    app = create_app()
    limiter.enabled = False  # They all come from one address.
    with app.app_context():
        facts = {"version": "2025.11.0", "max_note_length": 3000, "endpoints": sorted(TABLE)}
        for host in hosts:
            db.session.merge(Server(host=host, asked_at=now(), **facts))
        accounts = [
            Account(
                host=hosts[number % len(hosts)],
                user_id=f"reader{number}",
                username=f"reader{number}",
                credential=Secret(f"{number:064}"),
                standing_at=now(),
                unread_notifications=0,
                forbidden=[],
            )
            for number in range(people)
        ]
        db.session.add_all(accounts)
        db.session.commit()
        links = [sign_in.link_for(account) for account in accounts]
    cookies = []
    for link in links:
        browser = app.test_client()
        path, where = f"/sign-in/link/{link}", {"base_url": engawa.url}
        page = browser.get(path, **where).get_data(as_text=True)
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        headers = {"Origin": engawa.url}
        browser.post(path, data={"csrf_token": token}, headers=headers, **where)
        cookie = browser.get_cookie("engawa", domain="localhost")
        if cookie is None:
            raise RuntimeError("a sign-in failed")
        cookies.append(cookie.value)
    with app.app_context():
        app.extensions["engawa.transport"].close()
        db.engine.dispose()
    return cookies


# Browsers ---------------------------------------------------------------------------------


@dataclass
class Taken:
    """What a crowd saw: how long each page took (milliseconds), and what was no page."""

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def p50(self) -> float:
        """Half of them took at most this."""
        return quantiles(self.milliseconds, n=20)[9]

    @property
    def p95(self) -> float:
        """95 of 100 took at most this."""
        return quantiles(self.milliseconds, n=20)[18]

    @property
    def rate(self) -> float:
        """Pages a second."""
        return len(self.milliseconds) / self.seconds


class Browser:
    """One kept connection, and whose cookie it sends."""

    def __init__(self, url: str, cookie: str, taken: Taken) -> None:
        parts = urlsplit(url)
        self._port = parts.port
        self._rest = (
            f" HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: engawa={cookie}\r\n"
            "Accept-Encoding: gzip\r\nAccept-Language: en\r\n\r\n"
        )
        self._taken = taken
        self._wire: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self, path: str = "/", expected: int = 200) -> None:
        """Open a page, and note down what came of it."""
        began = time.perf_counter()
        try:
            status = await asyncio.wait_for(self._ask(f"GET {path}{self._rest}".encode()), 60)
        except (OSError, EOFError, TimeoutError) as error:
            self._taken.errors.append(type(error).__name__)
            self.close()
            return
        if status == expected:
            self._taken.milliseconds.append((time.perf_counter() - began) * 1000)
        else:
            self._taken.errors.append(str(status))

    async def _ask(self, request: bytes) -> int:
        if self._wire is None:
            self._wire = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._wire
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length_of(head))
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12])

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire[1].close()
            self._wire = None


def keep_open(
    url: str, cookies: list[str], seconds: float, *, path: str = "/", warm_up: float = 2.0
) -> Taken:
    """As many browsers as cookies, each opening the next page as soon as it has the last;
    the first moments are not counted."""

    async def read(browser: Browser, until: float) -> None:
        while time.monotonic() < until:
            await browser.open(path)

    async def all_of_them() -> Taken:
        taken = Taken()
        browsers = [Browser(url, cookie, taken) for cookie in cookies]
        until = time.monotonic() + warm_up + seconds
        reading = asyncio.gather(*(read(browser, until) for browser in browsers))
        await asyncio.sleep(warm_up)
        taken.milliseconds.clear()
        taken.errors.clear()
        began = time.monotonic()
        await reading
        taken.seconds = time.monotonic() - began
        for browser in browsers:
            browser.close()
        return taken

    return asyncio.run(all_of_them())


def open_at_a_pace(
    url: str, crowds: list[tuple[list[str], Taken]], per_second: float, seconds: float
) -> None:
    """Each crowd opens so many pages a second, whether or not the last ones have come, and
    is told what its own took."""

    async def crowd(cookies: list[str], taken: Taken) -> None:
        idle = [Browser(url, cookie, taken) for cookie in cookies]
        under_way: set[asyncio.Task[None]] = set()

        async def one(browser: Browser) -> None:
            await browser.open()
            idle.append(browser)

        began = time.monotonic()
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(began + number / per_second - time.monotonic())
            if idle:
                task = asyncio.create_task(one(idle.pop(0)))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            else:
                taken.errors.append("nobody was idle")
        await asyncio.gather(*under_way)
        taken.seconds += time.monotonic() - began
        for browser in idle:
            browser.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(crowd(cookies, taken) for cookies, taken in crowds))

    asyncio.run(all_of_them())


def open_so_many(
    url: str, cookies: list[str], paths: Callable[[int], tuple[str, int]], count: int
) -> Taken:
    """`count` pages, by as many browsers as cookies; `paths` says which is the next, and
    the status it should have."""

    async def read(browser: Browser, numbers: Iterator[int]) -> None:
        for number in numbers:
            await browser.open(*paths(number))

    async def all_of_them() -> Taken:
        taken, numbers = Taken(), iter(range(count))
        browsers = [Browser(url, cookie, taken) for cookie in cookies]
        began = time.monotonic()
        reading: list[Awaitable[None]] = [read(browser, numbers) for browser in browsers]
        await asyncio.gather(*reading)
        taken.seconds = time.monotonic() - began
        for browser in browsers:
            browser.close()
        return taken

    return asyncio.run(all_of_them())


# The processes of Engawa ------------------------------------------------------------------


def processes_of(engawa: Installation) -> list[int]:
    """gunicorn's workers, which do the work."""
    assert engawa._server is not None
    parent = engawa._server.pid
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in text.split()]


def cpu_seconds(engawa: Installation) -> float:
    """The time their cores have spent so far."""
    spent = 0
    for pid in processes_of(engawa):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += int(fields[11]) + int(fields[12])
    return spent / _TICKS


def megabytes(engawa: Installation) -> float:
    """What they hold in memory."""
    held = 0
    for pid in processes_of(engawa):
        status = Path(f"/proc/{pid}/status").read_text()
        held += int(status.partition("VmRSS:")[2].split()[0])
    return held / 1000
