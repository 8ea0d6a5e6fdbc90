"""HTTP/1.1 by the standard library: one thread a connection, kept alive.

Reads requests, records the calls of the API, and hands each to the rooms that
answer: `api`, `consent`, `control`, and the files below. Nagle's algorithm is
off and an answer leaves in one write, so that latency is what the work takes.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from typing import Any
from urllib.parse import unquote, urlsplit

from . import api, old_wire, ways
from .ages import NOW, Age
from .clock import Clock
from .consent import Consent, page
from .control import Control
from .description import described
from .misbehaviour import Misbehaviours, Pending, misbehave
from .oauth import APP_CALLS, OAuth
from .pictures import Content, Ellipse, picture
from .streaming import Streams
from .uploads import Upload, receive
from .wire import TEXT_TYPE, Answer, Request, Wire
from .world import Settings, World

MOST_BODY = 64 * 1024 * 1024
_WAYS = ways  # Importing them enters them into the list.
FOREVER = "max-age=31536000, immutable"


@dataclass
class Recorded:
    """A call of the API as it came in, nothing hidden; `status` when it was answered."""

    endpoint: str
    body: dict[str, Any]
    method: str
    path: str
    headers: dict[str, str]
    time: float
    account: str | None = None
    raw: bytes = field(default=b"", repr=False)
    status: int | None = None
    upload: Upload | None = None
    """The file that came with it; its text fields are the `body`."""

    def as_json(self) -> dict[str, Any]:
        """For GET /sandbox/calls."""
        shown = dict(self.__dict__)
        shown["raw"] = self.raw.decode("utf-8", "replace")
        if self.upload:
            shown["upload"] = {
                name: getattr(self.upload, name) for name in ("name", "type", "size", "md5")
            }
        return shown


class Site:
    """Everything behind the socket: world, pages, switches, records."""

    def __init__(
        self,
        furnish: Callable[[World], None],
        clock: Clock,
        settings: Settings | None = None,
        age: Age = NOW,
        scopes: Sequence[str] = (),
        trusts: ssl.SSLContext | None = None,
    ) -> None:
        self.world = World("", clock, settings or Settings.of(age), age)
        self.furnish = furnish
        furnish(self.world)
        self.streams = Streams(self.world)
        self.misbehaviours = Misbehaviours()
        self.consent = Consent(self.world)
        self.oauth = OAuth(self.world, self.consent, list(scopes), trusts)
        self.control = Control(
            self.misbehaviours,
            lambda: [call.as_json() for call in list(self.calls)],
            self.clear_calls,
            self.reset,
        )
        self.calls: list[Recorded] = []
        self.latency = 0.0
        self.log: Callable[[str], None] | None = None
        self.stopping = threading.Event()

    def clear_calls(self) -> None:
        """Forget the recorded calls."""
        self.calls.clear()

    def reset(self) -> None:
        """The world as at the start, in real time; nobody signed in, no misbehaviour, no calls."""
        self.streams.drop()
        with self.world.lock:
            self.world.clock.reset()
            self.world.begin()
            self.furnish(self.world)
            self.consent.forget_people()
            self.oauth.forget()
        self.misbehaviours.clear()
        self.clear_calls()

    def serve(self, request: Request, wire: Wire) -> None:
        """Answer one request on its wire."""
        if request.path.startswith("/api/"):
            self._serve_api(request, wire)
            return
        if request.path == "/streaming":
            self._serve_stream(request, wire)
            return
        place = "/" + request.path.split("/")[1]
        if request.path in APP_CALLS and not self.world.age.old:
            place = request.path
            self._record_oauth(request)
        rule = self.misbehaviours.take(place, None)
        if rule is None:
            wire.send(self._page(request), head_only=request.method == "HEAD")
            return
        pending = Pending(
            request.path,
            lambda **_: self._page(request),
            lambda: Answer(404),
            wire,
            request.headers.get("host", ""),
        )
        misbehave(rule, pending)

    def _serve_stream(self, request: Request, wire: Wire) -> None:
        token = self.world.apps.holder(request.query.get("i", ""))
        username = self.world.people[token.user_id].username if token else None
        rule = self.misbehaviours.take("/streaming", username)
        if rule is None:
            self.streams.serve(request, wire)
            return

        def carry_out(**options: Any) -> Answer:
            self.streams.serve(request, wire, **options)
            return Answer(101)

        pending = Pending(
            request.path, carry_out, lambda: Answer(404), wire, request.headers.get("host", "")
        )
        misbehave(rule, pending)

    def _record_oauth(self, request: Request) -> None:
        """What an app asks for outside of the API is a call all the same."""
        record = Recorded(
            request.path.lstrip("/"),
            dict(request.form),
            request.method,
            request.target,
            request.headers,
            self.world.clock.now(),
            raw=request.body,
        )
        self.calls.append(record)

    def _serve_api(self, request: Request, wire: Wire) -> None:
        arrived = time.perf_counter()
        name = request.path.removeprefix("/api/").rstrip("/")
        if request.method == "OPTIONS":
            wire.send(Answer(204, {"Access-Control-Allow-Origin": "*"}))
            return
        call = api.read(self.world, request)
        person = api.caller(self.world, request, call.fields)
        record = Recorded(
            name,
            call.fields,
            request.method,
            request.target,
            request.headers,
            self.world.clock.now(),
            person.username if person else None,
            request.body,
            upload=request.form_with_file.upload if request.form_with_file else None,
        )
        self.calls.append(record)

        def carry_out(*, strict_permissions: bool = False) -> Answer:
            answer = api.answer(
                self.world, name, request, call, strict_permissions=strict_permissions
            )
            record.status = answer.status
            return answer

        rule = self.misbehaviours.take(name, record.account)
        if rule is not None:
            pending = Pending(
                name,
                carry_out,
                lambda: api.not_found(self.world, request),
                wire,
                request.headers.get("host", ""),
            )
            misbehave(rule, pending)
            return
        answer = carry_out()
        if self.latency:
            left = self.latency - (time.perf_counter() - arrived)
            if left > 0:
                time.sleep(left)
        wire.send(answer, head_only=request.method == "HEAD")

    def _page(self, request: Request) -> Answer:
        for room in (self.control, self.consent, self.oauth):
            answer = room.answer(request)
            if answer is not None:
                return answer
        if request.method not in {"GET", "HEAD"}:
            return api.not_found(self.world, request)
        path = unquote(request.path)
        if path == "/":
            return _front_page()
        if path == "/api.json":
            return Answer.json(described(self.world))
        content = self._content(path, request)
        if content is not None:
            return _served(content, request)
        if self.world.age.old:
            return _old_page(path)
        return page("Not found", "<p>There is nothing here.</p>", 404)

    def _content(self, path: str, request: Request) -> Content | None:
        first, _, rest = path.lstrip("/").partition("/")
        if self.world.age.old:
            # v11 writes the key twice, the second time with an ending.
            return self._old_content(first, rest.split("/")[0])
        if first == "files":
            return self._file(rest)
        if first == "proxy":
            # Pictures of other servers are drawn here as well: nothing is ever fetched.
            return self._file(urlsplit(request.query.get("url", "")).path.rsplit("/", 1)[-1])
        if first == "emoji":
            return self._emoji(rest.removesuffix(".webp"))
        return _identicon(rest) if first == "identicon" else None

    def _old_content(self, first: str, rest: str) -> Content | None:
        if first == "files":
            return self._file(rest)
        if first in {"avatar", "identicon"}:
            return _identicon(rest)
        return self._emoji(rest.removesuffix(".webp")) if first == "emoji" and "@" in rest else None

    def _file(self, name: str) -> Content | None:
        key = name.removeprefix("thumbnail-")
        with self.world.lock:
            found = next((f.content for f in self.world.files.values() if f.key == key), None)
        if found and found.poster and name != key:
            return found.poster
        return found

    def _emoji(self, name: str) -> Content | None:
        if "@" in name and not name.endswith("@."):
            return _identicon(name)
        emoji = self.world.emojis.get(name.removesuffix("@."))
        return emoji.file.content if emoji else None


def _old_page(path: str) -> Answer:
    """Whatever else is asked of an old server: mostly the official client's page."""
    if path.startswith("/files/"):
        return old_wire.no_such_file()
    return old_wire.not_found() if path.startswith("/.well-known/") else old_wire.shell()


def _served(content: Content, request: Request) -> Answer:
    """The file, or the part of it that was asked for: without that no film can be wound on."""
    headers = {"Content-Type": content.type, "Cache-Control": FOREVER, "Accept-Ranges": "bytes"}
    data = content.bytes
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if asked is None or asked[0] == "bytes=-":
        return Answer(200, headers, data)
    first = int(asked[1]) if asked[1] else max(0, len(data) - int(asked[2]))
    last = min(int(asked[2]), len(data) - 1) if asked[1] and asked[2] else len(data) - 1
    if not first <= last:
        return Answer(416, headers | {"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Answer(206, headers, data[first : last + 1])


def _front_page() -> Answer:
    return page(
        "Engawa’s sandbox",
        """<p>A pretend Misskey server, for trying Engawa and for its tests. Nothing written here
leaves this machine, and all of it is forgotten when the program ends. Who you are here is chosen
on the consent page; the applications you allowed are under <a href="/settings/apps">settings</a>,
and the server's bad moods under <a href="/sandbox">switches</a>.</p>""",
    )


def _identicon(name: str) -> Content:
    """A plain round face in a colour that the name gives."""
    tint = sum(name.encode()) % 96
    face = Ellipse(0.5, 0.5, 0.34, 0.34, (250, 246, 238))
    return picture(128, 128, (110 + tint, 150, 150), (90 + tint, 120, 130), face)


class Handler(BaseHTTPRequestHandler):
    """Reads requests off one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, b"", str(self.client_address[0]))
        kind = headers.get("content-type", "")
        try:
            body = _Body(self.rfile, headers)
            if kind.startswith("multipart/") and api.takes_file(
                self.server.site.world, self.command, self.path
            ):
                request.form_with_file = receive(body.read, kind)
            else:
                request.body = body.read_all(MOST_BODY)
        except ValueError:
            self.close_connection = True
            self.send_error(400)
            return
        wire = Wire(self.connection, self.server.site.stopping)
        self.server.site.serve(request, wire)
        if not wire.open:
            self.close_connection = True
        if self.server.site.log:
            self.server.site.log(f"{self.command} {self.path}")

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `Site.log` says what there is to say."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no HTTP gets a short answer."""
        self.close_connection = True
        answer = Answer(code, {"Content-Type": TEXT_TYPE, "Connection": "close"}, b"Bad Request")
        with contextlib.suppress(OSError):
            self.connection.sendall(answer.head() + answer.body)


class _Body:
    """A request's body as it comes: of a told length, or in chunks."""

    def __init__(self, stream: BufferedIOBase, headers: dict[str, str]) -> None:
        self._stream = stream
        self._chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._left = 0 if self._chunked else int(headers.get("content-length") or 0)
        if self._left < 0:
            raise ValueError("a body of no sensible length")
        self._ended = False

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        if self._chunked and not self._left:
            self._begin_chunk()
        data = self._stream.read(min(size, self._left)) if self._left else b""
        self._left -= len(data)
        if self._chunked and data and not self._left:
            self._stream.readline()
        return data

    def read_all(self, most: int) -> bytes:
        """All of it; raises ValueError if it is longer than `most`."""
        parts: list[bytes] = []
        length = 0
        while data := self.read(1024 * 1024):
            parts.append(data)
            length += len(data)
            if length > most:
                raise ValueError("a body of no sensible length")
        return b"".join(parts)

    def _begin_chunk(self) -> None:
        if self._ended:
            return
        self._left = int(self._stream.readline().split(b";")[0], 16)
        if self._left == 0:
            self._ended = True
            while self._stream.readline() not in {b"\r\n", b"\n", b""}:
                pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """The listening socket. Remembers its connections, so that it can end them all."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, address: tuple[str, int], site: Site, tls: ssl.SSLContext | None = None
    ) -> None:
        self.site = site
        self._tls = tls
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._connections_lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """One thread for the connection."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._connections_lock:
            self._connections[request] = thread
        thread.start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Everything on one connection; the TLS handshake, too, waits for nobody else."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as wrapped:
            # Wrapping has taken the socket over: this is what there is to end now.
            with self._connections_lock:
                self._connections[wrapped] = threading.current_thread()
            try:
                super().finish_request(wrapped, client_address)
            finally:
                with self._connections_lock:
                    self._connections.pop(wrapped, None)

    def shutdown_request(self, request: Any) -> None:
        """The connection's end."""
        with self._connections_lock:
            self._connections.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other side going away is no error; anything else is told on stderr."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        """Close what is open and wait for its threads."""
        with self._connections_lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in open_now:
            thread.join(timeout=5)
