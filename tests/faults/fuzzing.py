"""Junk for every address and every reader, from a seed, so that it can be repeated:

    python -m tests.faults.fuzzing --requests 50000 --readings 20000 --seed 1

Requests are junk of a visitor's: paths, queries, forms, headers, cookies, bodies, signed
in and not. Readings are junk of a server's: its true answers, and recorded ones where
they are at hand, changed somewhere. Whatever comes, a person gets a page: never a 500, no
traceback, and never after a long time. `tests/faults/test_fuzz.py` runs a small part.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from werkzeug.test import TestResponse

from app.extensions import limiter
from app.misskey import Secret, ServerAddress
from app.misskey.transport import Answer, Outgoing, Transport
from app.settings import Settings
from sandbox import Sandbox
from tests.browsing import ORIGIN, Browser
from tests.house import let_in, open_house
from tests.unit.recorded import FOLDERS, SHARED, recordings

MOST_SECONDS = 5.0
"""What one answer may take; a call is given up after less."""

MEANT = (502, 503, 504)
"""What a person's server can bring about, each with a page of ours."""

WORDS = [
    *("", " ", "0", "-1", "1", "true", "null", "None", "undefined", "NaN", "Infinity"),
    *(
        "9" * 40,
        "1e999",
        "0x1f",
        "२",
        "あ",
        "🍵",
        "é",
        "\u202e",
        "\ufeff",
        "\x7f",
        "\t",
        "\r\n",
        "\n",
    ),
    *("../../etc/passwd", "..", ".", "//evil.example", "https:evil.example", "/\\evil.example"),
    *("javascript:alert(1)", "<script>alert(1)</script>", '"><img src=x>', "' OR 1=1 --"),
    *("{{7*7}}", "${7*7}", "%s%n", "%00", "%ff", "%", "%25%30", "a" * 3000, "a,b,c", "a b", "[]"),
    *("{}", '{"a":', "@alice", "@alice@nowhere.example", "#tag", ":smile:", "note", "\ud83c"),
    *("2026-11-23", "2026-13-45T99:99", "9999-12-31T23:59:59Z", "-1-01-01", "12:60", "1970-01-01"),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 10**30, -(10**30), 1e308, 0.5, "", " ", "a" * 20_000),
    *([], {}, [[]], [None], {"id": None}, ["a"], "\0", "\u202e", "\ud800", "<b>", "//evil"),
    *("javascript:alert(1)", "https://[", "http://a:99999999/", "data:text/html,x", "9999-99-99"),
    *("2026-11-23T00:00:00.000Z", "+275760-09-13T00:00:00.000Z", "public", ":a@b@c:", "@" * 50),
    *("$[x2 " * 300, "**" * 500, "[" * 2000, "0001-01-01T00:00:00Z"),
]
_HEADERS = [
    *("Accept-Language", "Accept-Encoding", "Accept", "Cookie", "Referer", "X-Forwarded-For"),
    *("X-Forwarded-Host", "Content-Type", "If-None-Match", "If-Modified-Since", "Range"),
    *("X-Request-ID", "X-Engawa", "HX-Request", "Authorization", "Save-Data", "Host", "Origin"),
]
_FIELDS = [
    *("next", "account", "text", "cw", "visibility", "until", "since", "q", "server", "do"),
    *("language", "reaction", "choice", "reply", "renote", "quote", "form", "form_id", "draft"),
    *("files", "poll", "choices", "expires", "recipients", "channel", "token", "tab", "kind"),
    *("page", "offset", "look", "v", "id", "note", "clip", "list", "name", "description", "to"),
]


@dataclass(slots=True)
class Failure:
    """One answer that should not be."""

    what: str
    why: str


@dataclass(slots=True)
class Report:
    """What came of it all."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: float = 0.0


class OddTransport(Transport):
    """The app's own door; what comes in by it is changed somewhere, while `is_odd`."""

    dice: random.Random
    recorded: dict[str, list[Any]]
    is_odd = False

    def send(self, address: ServerAddress, outgoing: Outgoing) -> Answer:
        """A true answer, changed."""
        answer = super().send(address, outgoing)
        if not self.is_odd:
            return answer
        known = self.recorded.get(outgoing.name)
        if known and self.dice.random() < 0.5:
            answer = Answer(200, answer.headers, json.dumps(self.dice.choice(known)).encode())
        return Answer(self._status(answer.status), answer.headers, changed(answer.body, self.dice))

    def _status(self, status: int) -> int:
        if self.dice.random() < 0.05:
            return self.dice.choice([200, 201, 204, 400, 401, 403, 404, 418, 429, 500, 503])
        return status


def changed(body: bytes, dice: random.Random) -> bytes:
    """`body`, changed in one to three places, or as a whole."""
    if dice.random() < 0.15:
        return _changed_bytes(body, dice)
    try:
        value = json.loads(body)
    except ValueError:
        return _changed_bytes(body, dice)
    for _ in range(dice.randint(1, 3)):
        value = _changed_value(value, dice)
    return json.dumps(value).encode()


def _changed_bytes(body: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(body) + 1)
    return dice.choice(
        [
            body[:place],
            body[:place] + bytes([dice.randrange(256)]) + body[place + 1 :],
            body[:place] + body[place // 2 :],
            b"",
            b"null",
            b"<html>",
            b"[" * 5000,
            b"\xff\xfe" + body,
            b'"' + b"a" * 100_000 + b'"',
        ]
    )


def _changed_value(value: Any, dice: random.Random) -> Any:
    """`value` with something in it replaced, taken away, doubled or put elsewhere."""
    places = list(_places(value))
    if not places:
        return copy.deepcopy(dice.choice(VALUES))
    holder, key = dice.choice(places)
    doing = dice.random()
    if doing < 0.6:
        # A copy, or a value could be put into itself the next time.
        holder[key] = copy.deepcopy(dice.choice(VALUES))
    elif doing < 0.8:
        del holder[key]
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    else:
        other, other_key = dice.choice(places)
        # By its text: a thing must not come to hold itself.
        holder[key] = json.loads(json.dumps(other[other_key])) if other_key in _keys(other) else 0
    return value


def _keys(holder: Any) -> Any:
    return holder if isinstance(holder, dict) else range(len(holder))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(value, dict | list):
        return
    found = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(found):
        yield value, key
        yield from _places(inner)


class _Listener(logging.Handler):
    """Keeps the traceback of the last bug that was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.bug = ""
        log = logging.getLogger("app.errors")
        log.handlers = [handler for handler in log.handlers if not isinstance(handler, _Listener)]
        log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if record.exc_info:
            self.bug = "".join(traceback.format_exception(*record.exc_info))


class Fuzzer:
    """Throws junk at one installation."""

    def __init__(self, app: Flask, sandbox: Sandbox, seed: int) -> None:
        self.app, self.sandbox = app, sandbox
        self.dice = random.Random(seed)
        self.report = Report()
        self.rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
        self.note_ids = list(sandbox.world.notes)[:20]
        # What the person would not see and the operator would: the reason.
        self.heard = _Listener()
        self._put_in_the_door()

    def _put_in_the_door(self) -> None:
        own = self.app.extensions["engawa.transport"]
        kind = type("OddDoor", (OddTransport, type(own)), {})
        self.door = kind(own.limits, user_agent="fuzz")
        own.close()
        self.door.dice = self.dice
        self.door.recorded = _recorded_answers()
        self.app.extensions["engawa.transport"] = self.door

    def throw_requests(self, count: int) -> None:
        """Junk of visitors."""
        browsers = [Browser(self.app, self.sandbox) for _ in range(2)]
        for number in range(count):
            if number % 40 == 0:  # It signs out, forgets and spends its session.
                self.sandbox.reset()
                self.note_ids = list(self.sandbox.world.notes)[:20]
                self._let_alice_in(browsers[0])
                token = self._token(browsers[0])
            browser = browsers[self.dice.random() < 0.2]
            rule = self.dice.choice(self.rules)
            method = self.dice.choice(sorted(rule.methods or {"GET"}))
            if self.dice.random() < 0.05:
                method = self.dice.choice(["PUT", "DELETE", "HEAD", "BREW", "POST"])
            path = self._path(rule)
            sent = {"headers": self._headers(), "environ_overrides": {"REMOTE_ADDR": self._ip()}}
            if method in ("POST", "PUT", "BREW"):
                sent |= self._body(token)
            self._try(browser, method, path, f"{method} {path[:300]!r} {str(sent)[:900]}", sent)

    def throw_readings(self, count: int) -> None:
        """Junk of a server, on pages that would be whole without it."""
        browser = Browser(self.app, self.sandbox)
        pages = [rule for rule in self.rules if "GET" in (rule.methods or ())]
        quiet = ("sign_in.", "service.", "about.", "browsers.", "accounts.")
        pages = [rule for rule in pages if not rule.endpoint.startswith(quiet)]
        for number in range(count):
            if number % 40 == 0:
                self.door.is_odd = False
                self._let_alice_in(browser)
            self.door.is_odd = True
            rule = self.dice.choice(pages)
            path = self._path(rule, junk=0.0)
            # A host that failed often is not asked for a while: not what is tried here.
            self.door._gate._hosts.clear()
            state = repr(self.dice.getstate()[1][:3])
            self._try(browser, "GET", path, f"reading {path!r} {state}", {})
        self.door.is_odd = False

    def _try(
        self, browser: Browser, method: str, path: str, what: str, sent: dict[str, Any]
    ) -> None:
        self.heard.bug = ""
        if path.startswith("//"):
            # The test client would take what follows for a host.
            path = f"/%2F{path[2:]}"
        began = time.monotonic()
        try:
            response = browser.client.open(path, method=method, **sent)
        except Exception as error:
            self.report.failures.append(Failure(what, "".join(traceback.format_exception(error))))
            return
        seconds = time.monotonic() - began
        self.report.slowest = max(self.report.slowest, seconds)
        self.report.statuses[response.status_code] += 1
        why = self._wrong(response, seconds, has_body=method != "HEAD")
        response.close()
        if why:
            self.report.failures.append(Failure(what, f"{why}\n{self.heard.bug}"))

    def _wrong(self, response: TestResponse, seconds: float, *, has_body: bool) -> str | None:
        status = response.status_code
        if status >= 500 and status not in MEANT:
            return f"status {status}"
        is_page = any(part in response.data for part in (b"<h1", b"is-problem"))
        if status in MEANT and response.mimetype == "text/html" and has_body and not is_page:
            return f"status {status} without a page"
        if b"Traceback (most recent" in response.data:
            return "a traceback"
        if any("\n" in value or "\r" in value for value in response.headers.values()):
            return "a header of two lines"
        return f"took {seconds:.1f} s" if seconds > MOST_SECONDS else None

    def _let_alice_in(self, browser: Browser) -> None:
        with self.app.app_context():
            limiter.reset()  # All links are used from one address here.
        let_in(browser, "alice")

    def _token(self, browser: Browser) -> str:
        return browser.get("/language").form("/language").fields["csrf_token"]

    def _word(self) -> str:
        if self.dice.random() < 0.3:
            return self.dice.choice(self.note_ids)
        return self.dice.choice(WORDS)

    def _path(self, rule: Any, junk: float = 0.5) -> str:
        good = {
            **{"acct": "bob", "tag": "tea", "row": "local", "kind": "lists", "tab": "media"},
            **{"name": "react", "doing": "follow", "draft_id": "d" * 32, "token": "t"},
            **{"deed": "favourite", "asked": "block", "circle": "muted", "ties": "followers"},
            **{"theirs": "clips"},
        }
        path = rule.rule
        for name in rule.arguments:
            value = good.get(name) or self.dice.choice(self.note_ids)
            if self.dice.random() < junk:
                value = self._word()
            converter = path[path.index("<") : path.index(">") + 1]
            del name
            path = path.replace(converter, quote(value, safe="", errors="replace"), 1)
        if self.dice.random() < junk:
            pairs = [
                f"{quote(self.dice.choice(_FIELDS))}={quote(self._word(), errors='replace')}"
                for _ in range(self.dice.randint(1, 4))
            ]
            path += "?" + "&".join(pairs)
        if self.dice.random() < junk / 20:
            path += self.dice.choice(["/", "//", "?", "?%", "?a[]=1", "%2f..", "\x7f", "?" * 50])
        return path

    def _headers(self) -> dict[str, str]:
        headers = {"Origin": ORIGIN} if self.dice.random() < 0.9 else {}
        for _ in range(self.dice.randint(0, 2)):
            value = self._word().encode("latin-1", "ignore").decode("latin-1")
            # What a server in front lets through: one line.
            value = value.replace("\r", "").replace("\n", "")
            name = self.dice.choice(_HEADERS)
            # A test client keeps its cookies in a jar of its own.
            headers["X-Cookie" if name == "Cookie" else name] = value
        return headers

    def _body(self, token: str) -> dict[str, Any]:
        if self.dice.random() < 0.1:
            kind = self.dice.choice(
                [
                    *("application/json", "multipart/form-data", "text/plain", "x"),
                    *("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"),
                ]
            )
            return {"data": self.dice.randbytes(self.dice.randint(0, 400)), "content_type": kind}
        fields: dict[str, Any] = {
            self.dice.choice(_FIELDS): self._word().encode(errors="replace").decode()
            for _ in range(self.dice.randint(0, 6))
        }
        if self.dice.random() < 0.9:
            fields["csrf_token"] = token
        return {"data": fields}

    def _ip(self) -> str:
        # Limits are for one address; here many people come.
        return f"10.{self.dice.randrange(256)}.{self.dice.randrange(256)}.1"


def _recorded_answers() -> dict[str, list[Any]]:
    """Recorded answers of real servers by endpoint, where they are at hand."""
    found: dict[str, list[Any]] = {}
    for version, folder in FOLDERS.items():
        if (SHARED / folder).is_dir():
            for recording in recordings(version):
                if recording.status == 200 and recording.response is not None:
                    found.setdefault(recording.endpoint, []).append(recording.response)
    return found


@contextmanager
def _installation(folder: Path) -> Iterator[Flask]:
    settings = Settings(
        public_url=ORIGIN,
        secret_key=Secret("a secret key that is long enough for tests"),
        credential_keys=(Secret(Fernet.generate_key().decode()),),
        database_url=f"sqlite:///{folder}/engawa.sqlite",
        allow_loopback_servers=True,
        upstream_seconds=1.5,
    )
    with open_house(settings) as app:
        with app.app_context():
            upgrade()
        yield app


def main() -> int:
    """Throw as much as was asked for; 1 if anything came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--readings", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox() as sandbox,
        _installation(Path(folder)) as app,
    ):
        fuzzer = Fuzzer(app, sandbox, asked.seed)
        fuzzer.throw_requests(asked.requests)
        fuzzer.throw_readings(asked.readings)
    report = fuzzer.report
    for failure in report.failures[:20]:
        print(f"--- {failure.what}\n{failure.why}")
    print(
        f"{report.statuses.total()} answers, slowest {report.slowest:.2f} s, statuses "
        f"{dict(sorted(report.statuses.items()))}, {len(report.failures)} failures"
    )
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
