"""What many open pages cost: the delay from the server's event to the page, and memory.

    python benchmarks/live.py                          1,000 pages of 250 people
    python benchmarks/live.py --worker-class gevent    … under another worker of gunicorn

A sandbox in a process of its own, Engawa under gunicorn with one worker, and this process
as all the browsers. Somebody posts a note that everybody follows (the worst: every page
gets its own rendering of it at once), then notes that only one person may see (the usual);
meanwhile a page without a stream is asked for again and again.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import selectors
import sys
import tempfile
import threading
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parent.parent))

from sandbox import Sandbox
from scripts.installation import Installation

PAGES = 1000
PAGES_OF_PERSON = 4
NOTES_FOR_ALL = 10
NOTES_FOR_ONE = 100
SETTLE = 20.0
"""Seconds for the last events of a kind to arrive."""


def sandbox_process(people: int, pipe: Connection) -> None:
    """A sandbox with so many people who follow bob. It posts on command: `None` for all of
    them, or the number of the one who may see it."""
    with Sandbox() as sandbox:
        world = sandbox.world
        alice, bob = sandbox.person("alice"), sandbox.person("bob")
        readers = []
        for number in range(people):
            id = world.ids.at(world.clock.now())
            person = world.people[id] = replace(alice, id=id, username=f"reader{number}")
            world.following.add((person.id, bob.id))
            readers.append(person)
        credentials = [sandbox.credential(person.username) for person in readers]
        pipe.send((sandbox.host, [person.id for person in readers], credentials))
        while (command := pipe.recv()) != "end":
            began = time.time()
            if command is None:
                note = world.create_note(bob, text="To everybody at once")
            else:
                visible = [readers[command]]
                note = world.create_note(
                    bob, text="For your eyes", visibility="specified", visible=visible
                )
            pipe.send((note.id, began, time.time()))


def signed_in(engawa: Installation, host: str, ids: list[str], keys: list[str]) -> list[str]:
    """The cookie and the page's account of each reader, signed in by a one-time link."""
    os.environ.update(engawa.environment)
    from app import create_app, sign_in
    from app.extensions import db, limiter
    from app.misskey import Secret
    from app.models import Account, Server, now
    from sandbox.endpoints.table import TABLE

    app = create_app()
    limiter.enabled = False  # They all come from one address.
    addresses = []
    with app.app_context():
        facts = {"version": "2025.11.0", "max_note_length": 3000, "endpoints": sorted(TABLE)}
        db.session.merge(Server(host=host, asked_at=now(), **facts))
        accounts = [
            Account(host=host, user_id=id, username=f"reader{number}", credential=Secret(key))
            for number, (id, key) in enumerate(zip(ids, keys, strict=True))
        ]
        db.session.add_all(accounts)
        db.session.commit()
        links = [(account.id, sign_in.link_for(account)) for account in accounts]
    for account_id, link in links:
        browser = app.test_client()
        path = f"/sign-in/link/{link}"
        origin = {"Origin": engawa.url, "Host": engawa.url.removeprefix("http://")}
        page = browser.get(path, headers=origin, base_url=engawa.url).get_data(as_text=True)
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        browser.post(path, data={"csrf_token": token}, headers=origin, base_url=engawa.url)
        cookie = browser.get_cookie("engawa", domain="localhost")
        if cookie is None:
            raise RuntimeError("a sign-in failed")
        addresses.append(f"{account_id} {cookie.value}")
    return addresses


class Pages:
    """All the browsers' open pages, read by one thread."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.came: dict[str, list[float]] = {}
        self.refused = 0
        threading.Thread(target=self._read, daemon=True).start()

    def open(self, port: int, account: str, cookie: str) -> None:
        """Open one more; waits until it is let in."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        query = urlencode({"account": account, "timeline": "home"})
        headers = {"Cookie": f"engawa={cookie}", "Host": f"localhost:{port}"}
        connection.request("GET", f"/live?{query}", headers=headers)
        sock = connection.sock
        first = sock.recv(65536)
        if b" 200 " not in first[:20]:
            self.refused += 1
            return
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ, connection)

    def _read(self) -> None:
        while True:
            for key, _ in self.selector.select(0.5):
                data = key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
                arrived = time.time()
                for line in data.split(b"\n"):
                    if line.startswith(b"id: "):
                        self.came.setdefault(line[4:].decode(), []).append(arrived)
                if not data:
                    self.selector.unregister(key.fileobj)


def memory_of(program: int) -> float:
    """What a process and its children hold, in MB."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(folder.name) == program or int(fields[1]) == program:
                status = (folder / "status").read_text()
                total += int(status.partition("VmRSS:")[2].split()[0])
        except (OSError, IndexError):
            continue
    return total / 1000


def delays(pages: Pages, pipe: Connection, commands: list[int | None], each: int) -> list[float]:
    """Post, wait until every page has it, and give the milliseconds each took."""
    found: list[float] = []
    for command in commands:
        pipe.send(command)
        note_id, began, _ = pipe.recv()
        until = time.monotonic() + SETTLE
        while len(pages.came.get(note_id, [])) < each and time.monotonic() < until:
            time.sleep(0.005)
        found += [(moment - began) * 1000 for moment in pages.came.get(note_id, [])]
    return found


def shown(name: str, taken: list[float], expected: int) -> None:
    """A line with the middle and the 95th of a hundred."""
    p95 = quantiles(taken, n=20)[-1]
    print(f"  {name:<44} p50 {median(taken):8,.0f} ms   p95 {p95:8,.0f} ms", end="")
    print(f"   {len(taken)} of {expected}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What many open pages cost.")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--worker-class", default="gthread")
    options = parser.parse_args()
    people = max(1, options.pages // PAGES_OF_PERSON)
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    server = context.Process(target=sandbox_process, args=(people, theirs), daemon=True)
    server.start()
    host, ids, keys = pipe.recv()
    settings = {"LOG_LEVEL": "warning", "LIVE_PAGES": str(options.pages)}
    if options.worker_class != "gthread":
        settings["GUNICORN_CMD_ARGS"] = f"--worker-class {options.worker_class}"
    with (
        tempfile.TemporaryDirectory() as folder,
        Installation(Path(folder), settings=settings) as engawa,
    ):
        browsers = signed_in(engawa, host, ids, keys)
        assert engawa._server is not None
        pages = Pages()
        account, cookie = browsers[0].split()
        headers = {"Cookie": f"engawa={cookie}", "Host": f"localhost:{engawa.port}"}

        def ask(times: int) -> list[float]:
            taken = []
            for _ in range(times):
                connection = http.client.HTTPConnection("127.0.0.1", engawa.port, timeout=60)
                began = time.perf_counter()
                connection.request("GET", "/settings", headers=headers)
                connection.getresponse().read()
                taken.append((time.perf_counter() - began) * 1000)
                connection.close()
            return taken

        ask(20)
        print(f"{options.pages} pages of {people} people, {options.worker_class}")
        shown("a page without a stream, before", ask(50), 50)
        before = memory_of(engawa._server.pid)
        began = time.monotonic()
        for number in range(options.pages):
            account, cookie = browsers[number % people].split()
            pages.open(engawa.port, account, cookie)
        print(f"  opened in {time.monotonic() - began:.1f} s, {pages.refused} refused")
        time.sleep(5)
        used = memory_of(engawa._server.pid) - before
        print(f"  memory of a page {used * 1000 / options.pages:,.0f} kB ({before:,.0f} MB before)")
        open_now = options.pages - pages.refused
        for_one = [number % people for number in range(NOTES_FOR_ONE)]
        each = open_now // people
        shown(
            "a note for one person's pages",
            delays(pages, pipe, list(for_one), each),
            NOTES_FOR_ONE * each,
        )
        shown(
            "a note for everybody",
            delays(pages, pipe, [None] * NOTES_FOR_ALL, open_now),
            NOTES_FOR_ALL * open_now,
        )
        shown("a page without a stream, while all are open", ask(50), 50)
        ended = time.monotonic()
        engawa.stop()
        print(f"  stopped in {time.monotonic() - ended:.1f} s")
    pipe.send("end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
