"""What the home page of 20 notes costs: bytes, calls, queries, CPU, and time.

    make bench                              prints the measures, and fails if one is missed
    python benchmarks/home.py --no-judge    only prints them

Starts a sandbox that answers in 50 ms and Engawa under gunicorn, signs in as a person
would, and reads home. Bytes, calls and queries are counts and come out the same each
time. Times are medians, taken in turns with what they are compared to, so that a busy
moment of the machine falls on both. benchmarks/README.md says what each line means.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.installation import ROOT, Installation, end, free_port, wait_for

LATENCY = 50
"""Milliseconds the sandbox takes for an answer."""

NOTES = 20
ROUNDS = 120
WARM_UP = 20
PERSON = "alice"

# What browsers say over https; what they say over http, which the byte target is set by.
BROWSERS_ACCEPT = "gzip, deflate, br, zstd"
GZIP = "gzip"


@dataclass(frozen=True, slots=True)
class Measure:
    """One line: what was measured, and the most it may be (None: only shown)."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def is_missed(self) -> bool:
        """Whether it is more than it may be."""
        return self.target is not None and self.value > self.target

    def __str__(self) -> str:
        number = f"{self.value:,.0f}" if self.value == int(self.value) else f"{self.value:,.2f}"
        shown = f"{number} {self.unit}".strip()
        if self.target is None:
            return f"  {self.name:<52} {shown:>14}"
        most = f"{self.target:,.0f}" if self.target == int(self.target) else f"{self.target:,.2f}"
        verdict = "MISSED" if self.is_missed else "ok"
        return f"  {self.name:<52} {shown:>14}   target {most:>7} {self.unit:<6} {verdict}"


class Visitor:
    """A browser's network side: one kept connection, its cookies, no cache."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self.origin = origin
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=30)
        self.host = parts.netloc

    def request(
        self, path: str, form: dict[str, str] | None = None, *, accept: str = GZIP
    ) -> tuple[http.client.HTTPResponse, bytes, float]:
        """The answer, its body as it came, and the seconds until its first byte."""
        headers = {"Host": self.host, "Accept-Encoding": accept, "Accept-Language": "en"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        body = None
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
            body = urlencode(form).encode()
        began = time.perf_counter()
        self.connection.request("GET" if form is None else "POST", path, body, headers)
        response = self.connection.getresponse()
        first_byte = time.perf_counter() - began
        content = response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return response, content, first_byte

    def go(self, path: str, form: dict[str, str] | None = None) -> str:
        """The text of a page, or where it sends us. Raises RuntimeError on a failure."""
        response, content, _ = self.request(path, form)
        if response.status >= 400:
            raise RuntimeError(f"{path}: {response.status}")
        location = response.headers.get("Location")
        if location is not None:
            return urljoin(f"{self.origin}{path}", str(location))
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return content.decode()


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description="What the home page of 20 notes costs.")
    parser.add_argument("--no-judge", action="store_true", help="print, and never fail")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="measured requests of a kind")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox() as sandbox_url,
        Installation(Path(folder), settings={"LOG_LEVEL": "warning"}) as engawa,
    ):
        sandbox = Visitor(sandbox_url)
        person = Visitor(engawa.url)
        sign_in(person, sandbox)
        measures: list[Measure] = []
        for title, taken in (
            ("Bytes", bytes_by_kind(person)),
            ("Work", [*calls_upstream(person, sandbox), *own_work(engawa, person, options.rounds)]),
            ("Time", times(person, sandbox, options.rounds)),
        ):
            print(title)
            for measure in taken:
                print(measure)
            measures += taken
    missed = [measure.name for measure in measures if measure.is_missed]
    if missed:
        print(f"Missed: {', '.join(missed)}.")
    return 1 if missed and not options.no_judge else 0


@contextmanager
def running_sandbox() -> Iterator[str]:
    """The sandbox in a process of its own, so that its work is not counted as ours."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--latency", str(LATENCY)]
    program = subprocess.Popen([*command, "--quiet", "--no-lively"], cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}/", program)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(program)


def sign_in(person: Visitor, sandbox: Visitor) -> None:
    """Type the server, consent there, come back, and take the notice off home."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', person.go("/sign-in"))
    if token is None:
        raise RuntimeError("the sign-in page has no form")
    typed = urlsplit(sandbox.origin).netloc
    consent = person.go("/sign-in", {"csrf_token": token[1], "server": typed})
    path = urlsplit(consent).path
    sandbox.go("/sandbox-sign-in", {"username": PERSON, "next": path})
    callback = urlsplit(sandbox.go(path, {"answer": "accept"}))
    person.go(f"{callback.path}?{callback.query}")
    shown = person.go("/").count("<article ")
    if shown != NOTES:
        raise RuntimeError(f"home shows {shown} notes, not {NOTES}")


_SCRIPT = "the script"


def bytes_by_kind(person: Visitor) -> list[Measure]:
    """The page, and what it makes a browser fetch that is no picture, in bytes."""
    html, _ = _whole(person, "/")
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
    icons = re.findall(r'<use href="([^"#]+)', html)
    kinds = {
        "HTML": ["/"],
        "CSS": sheets,
        "icons": icons,
        "the tab's icon": re.findall(r'<link rel="icon" href="([^"]+)"', html),
        _SCRIPT: re.findall(r'<script[^>]* src="([^"]+)"', html),
    }
    lines: list[Measure] = []
    totals = [0, 0]
    for kind, paths in kinds.items():
        raw, packed = 0, 0
        # Each address once, as a browser fetches it.
        for path in dict.fromkeys(paths):
            text, size = _whole(person, path)
            raw, packed = raw + len(text.encode()), packed + size
        if kind != _SCRIPT:
            totals = [totals[0] + raw, totals[1] + packed]
        lines.append(Measure(f"{kind}, as it is", raw, "bytes"))
        target = 12_000 if kind == "HTML" else None
        lines.append(Measure(f"{kind}, gzipped", packed, "bytes", target))
    cold = "everything of a cold visit without JavaScript"
    lines.append(Measure(f"{cold}, as it is", totals[0], "bytes"))
    lines.append(Measure(f"{cold}, gzipped", totals[1], "bytes", 25_000))
    brotli = len(person.request("/", accept=BROWSERS_ACCEPT)[1])
    lines.append(Measure("HTML, as browsers get it over https", brotli, "bytes"))
    return lines


def _whole(person: Visitor, path: str) -> tuple[str, int]:
    """A file's text, and its size on the wire without headers."""
    response, content, _ = person.request(path.replace("&amp;", "&"))
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status}")
    packed = response.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(content) if packed else content).decode(), len(content)


def calls_upstream(person: Visitor, sandbox: Visitor) -> list[Measure]:
    """How many calls one page makes to the person's server."""
    _calls(sandbox)
    person.go("/")
    return [Measure("calls to the person's server", len(_calls(sandbox)), "", 1)]


def own_work(engawa: Installation, person: Visitor, rounds: int) -> list[Measure]:
    """SQL queries and CPU time of one page, in this process and on the same database.

    CPU time leaves out all waiting, be it for the sandbox or for a busy machine.
    """
    os.environ.update(engawa.environment)
    from sqlalchemy import event
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    from app.extensions import db
    from wsgi import app

    statements: list[str] = []
    with app.app_context():

        @event.listens_for(db.engine, "before_cursor_execute")
        def note_down(*arguments: Any) -> None:
            statements.append(str(arguments[2]))

    def load(accept: str) -> float:
        headers = [
            ("Cookie", "; ".join(f"{k}={v}" for k, v in person.cookies.items())),
            ("Accept-Encoding", accept),
            ("Accept-Language", "en"),
        ]
        environ = EnvironBuilder("/", base_url=engawa.url, headers=headers).get_environ()
        began = time.process_time()
        pieces, status, _ = run_wsgi_app(app.wsgi_app, environ)
        size = len(b"".join(pieces))
        spent = time.process_time() - began
        if not status.startswith("200") or size < 1000:
            raise RuntimeError(f"home answered {status}")
        return spent * 1000

    for _ in range(WARM_UP):
        load(BROWSERS_ACCEPT)
    statements.clear()
    load(BROWSERS_ACCEPT)
    queries = [text for text in statements if not text.startswith("PRAGMA")]
    spent = {GZIP: list[float](), BROWSERS_ACCEPT: list[float]()}
    for _ in range(rounds):
        for accept, taken in spent.items():
            taken.append(load(accept))
    with app.app_context():
        app.extensions["engawa.transport"].close()
        db.engine.dispose()
    most = sorted(spent[BROWSERS_ACCEPT])[int(rounds * 0.95)]
    return [
        Measure("SQL queries", len(queries), ""),
        Measure("our CPU, median", median(spent[BROWSERS_ACCEPT]), "ms", 10),
        Measure("our CPU, 95 of 100 pages take at most", most, "ms"),
        Measure("our CPU for a browser that knows only gzip, median", median(spent[GZIP]), "ms"),
    ]


def times(person: Visitor, sandbox: Visitor, rounds: int) -> list[Measure]:
    """Time to the first byte of home, beside that of the very call it makes."""
    for visitor in (person, sandbox):
        # They were idle for longer than servers keep a connection; the next request
        # opens another, which the warm-up has behind it.
        visitor.connection.close()
    _calls(sandbox)
    person.go("/")
    (call,) = _calls(sandbox)
    home: list[float] = []
    bare: list[float] = []
    for turn in range(WARM_UP + rounds):
        ours = person.request("/")[2]
        theirs = _call_again(sandbox, call)
        if turn >= WARM_UP:
            home.append(ours * 1000)
            bare.append(theirs * 1000)
    ratio = median(home) / median(bare)
    return [
        Measure("first byte of home, median", median(home), "ms"),
        Measure("first byte of the bare call, median", median(bare), "ms"),
        Measure("home as a multiple of the bare call", ratio, "x", 1.3),
    ]


def _call_again(sandbox: Visitor, call: dict[str, Any]) -> float:
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
    began = time.perf_counter()
    sandbox.connection.request("POST", call["path"], call["raw"].encode(), headers)
    response = sandbox.connection.getresponse()
    first_byte = time.perf_counter() - began
    response.read()
    if response.status != 200:
        raise RuntimeError(f"the bare call: {response.status}")
    return first_byte


def _calls(sandbox: Visitor) -> list[dict[str, Any]]:
    """The calls of the API since this was last asked."""
    calls: list[dict[str, Any]] = json.loads(sandbox.go("/sandbox/calls?clear=1"))
    return calls


if __name__ == "__main__":
    sys.exit(main())
