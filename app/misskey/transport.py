"""The one door out to other people's machines.

Every call leaves through `Transport.send`, which promises, whatever the server does:

- only public addresses are connected to. The name is resolved once per connection,
  every address it gives is checked, and the very address that passed is connected to,
  so a name cannot be re-pointed between the check and the connection. This machine's
  loopback is reached only through addresses that say so (`ServerAddress.is_loopback`);
- it ends: a connect time, a time between two pieces, and a total time that holds for a
  name server that keeps silent, a server that never reads, and one that sends a byte a
  second, in the headers as in the body. An upload has more time, by its size;
- it is bounded: a cap on the decoded body, so that neither an endless answer nor a
  compressed bomb fills the memory, or the disk;
- no redirect is followed, no cookie kept, nothing taken from the environment
  (`trust_env=False`: requests would otherwise swap headers for .netrc entries);
- one server never holds up another's people: so many calls at once per host and no
  more, uploads counted apart, so that a few long ones don't keep everybody else from
  reading; and a host that did not answer several times running is not asked for a moment;
- nothing is sent twice. A connection idle for long is not reused, because a server that
  closes it at that moment would leave us not knowing whether a note was posted.

requests has none of the address checks and neither total time nor cap, hence the few
small classes below the surface of urllib3.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import math
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, BinaryIO, Literal
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from app.misskey.address import ServerAddress
from app.misskey.errors import (
    AddressForbidden,
    AnswerLost,
    AnswerUnusable,
    MisskeyError,
    ServerBusy,
    ServerUnreachable,
)
from app.misskey.multipart import FormWithFile

_PIECE = 64 * 1024
_FILE = "file"
# A TLS record: the socket's timeout holds for each of them.
_SENT_PIECE = 16 * 1024
# Seconds. Node closes idle connections after 5 and fastify after 72; most servers stand
# behind an nginx that keeps them for 75.
_LONGEST_IDLE = 4.0
_MOST_ADDRESSES_TRIED = 3
_MOST_HOSTS_REMEMBERED = 1000

# All of IPv6 that is out on the network so far (RFC 4291, 2.5.4). What lies outside only
# leads into a network of one's own: local, translated from IPv4 (NAT64), site-local.
_IPV6_PUBLIC = ipaddress.ip_network("2000::/3")
# Not public, though Python 3.11 calls them global: 6to4 leads to an IPv4 address of the
# sender's choosing (RFC 3056), 192.88.99.0/24 was its relay (RFC 7526), 192.0.0.0/24 is
# for protocols (RFC 6890; a cloud keeps its metadata there), 3fff::/20 for documents.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in ("2002::/16", "192.88.99.0/24", "192.0.0.0/24", "3fff::/20")
)


Body = bytes | FormWithFile


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call may cost. Times are in seconds, sizes in bytes."""

    connect: float = 4.0
    between_pieces: float = 8.0
    total: float = 12.0
    body: int = 16 * 1024 * 1024
    calls_per_host: int = 8
    line: float = 0.5
    """How long to wait for a place among these while no answer comes."""
    failures_before_pause: int = 3
    pause: float = 10.0
    uploads_per_host: int = 4
    upload_patience: float = 30.0
    """How long a server may take over a file it has, and how long for one piece of it."""
    upload_pace: int = 128 * 1024
    """The slowest line an upload waits for, in bytes a second."""

    def seconds_for(self, body: Body) -> float:
        """The total time of a call with that body."""
        if isinstance(body, bytes):
            return self.total
        return self.total + self.upload_patience + len(body) / self.upload_pace

    def seconds_for_download(self, size: float) -> float:
        """The total time of fetching a file that should have so many bytes."""
        return self.total + self.upload_patience + size / self.upload_pace

    def patience_for(self, body: Body) -> float:
        """The longest time between two pieces of its answer."""
        return self.between_pieces if isinstance(body, bytes) else self.upload_patience


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: `path` begins with a slash, `name` is what errors call it."""

    method: Literal["GET", "POST"]
    path: str
    name: str
    body: Body = b""
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer: status, headers with lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Calls servers. One for the whole process; safe to use from many threads."""

    def __init__(self, limits: Limits | None = None, *, user_agent: str = "Engawa") -> None:
        self.limits = limits or Limits()
        self.user_agent = user_agent
        self._gate = _Gate(self.limits)
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._session.headers.clear()
        self._session.headers.update(
            {"User-Agent": user_agent, "Accept-Encoding": "gzip", "Accept": "*/*"}
        )
        adapter = _Adapter(pool_connections=64, pool_maxsize=self.limits.calls_per_host)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def post(self, address: ServerAddress, endpoint: str, body: Body, content_type: str) -> Answer:
        """POST `body` to `/api/endpoint`; see `send`."""
        outgoing = Outgoing("POST", f"/api/{endpoint}", endpoint, body, content_type)
        return self.send(address, outgoing)

    def get(self, address: ServerAddress, path: str) -> Answer:
        """GET a path of the server, outside of its API; see `send`."""
        return self.send(address, Outgoing("GET", path, path.lstrip("/")))

    def post_form(self, address: ServerAddress, path: str, fields: Mapping[str, str]) -> Answer:
        """POST `fields` as a form to a path outside of the API; see `send`."""
        outgoing = Outgoing(
            "POST",
            path,
            path.lstrip("/"),
            urlencode(fields).encode(),
            "application/x-www-form-urlencoded",
        )
        return self.send(address, outgoing)

    def send(self, address: ServerAddress, outgoing: Outgoing) -> Answer:
        """Send it, and give the whole answer, whatever its status.

        A form with a file is read while it is sent. Raises ServerUnreachable (nothing was
        sent), AnswerLost (sent, no whole answer) or AnswerUnusable (a redirect, too large,
        or badly compressed).
        """
        is_upload = not isinstance(outgoing.body, bytes)
        seconds = self.limits.seconds_for(outgoing.body)
        with self._calling(address, outgoing.name, seconds, is_long=is_upload):
            return self._exchange(address, outgoing)

    def download(
        self,
        address: ServerAddress,
        path: str,
        sink: BinaryIO,
        *,
        size: float,
        most: int,
        heard: Callable[[], None],
    ) -> Answer:
        """GET a file of about `size` bytes, and write at most `most` bytes of it to `sink`
        while they come; the answer without its body.

        A redirect is given back and not followed, and nothing is written unless all is
        well. `heard` is called after every piece and may raise to end it. Raises as `send`
        does, AnswerUnusable also for a file larger than `most`; what `sink` raises stays an
        OSError.
        """
        seconds = self.limits.seconds_for_download(min(size, most))
        try:
            with self._calling(address, _FILE, seconds, is_long=True):
                return self._download(address, path, sink, most, heard)
        except _NotWritten as error:
            raise error.reason from None

    @contextmanager
    def _calling(
        self, address: ServerAddress, name: str, seconds: float, *, is_long: bool
    ) -> Iterator[None]:
        """A call within all its limits, whose failures become ours."""
        with self._gate.enter(address.host, name, is_upload=is_long):
            call = _Call(
                time.monotonic() + seconds,
                address.is_loopback,
                self.limits.upload_patience if is_long else math.inf,
            )
            token = _current_call.set(call)
            try:
                yield
            except _FORBIDDEN as error:
                raise AddressForbidden(address.host, name) from error
            except _FAILURES as error:
                # The library's error goes no further than its kind: its text may hold
                # more of the request than a log should.
                failed = AnswerLost if call.sent else ServerUnreachable
                raise failed(address.host, name) from error
            finally:
                _current_call.reset(token)

    def connect(self, address: ServerAddress) -> socket.socket:
        """A bare connection to the server, for a stream: its address checked as that of
        every call, in the time a call has for it. Raises ServerUnreachable."""
        parts = urlsplit(address.origin)
        port = parts.port or (80 if address.is_loopback else 443)
        with self._gate.enter(address.host, "streaming"):
            call = _Call(time.monotonic() + self.limits.connect, address.is_loopback)
            token = _current_call.set(call)
            try:
                return _connect(parts.hostname or "", port, self.limits.connect)
            except _FORBIDDEN as error:
                raise AddressForbidden(address.host, "streaming") from error
            except _FAILURES as error:
                raise ServerUnreachable(address.host, "streaming") from error
            finally:
                _current_call.reset(token)

    def _download(
        self,
        address: ServerAddress,
        path: str,
        sink: BinaryIO,
        most: int,
        heard: Callable[[], None],
    ) -> Answer:
        response = self._session.request(
            "GET",
            f"{address.origin}{path}",
            timeout=(self.limits.connect, self.limits.upload_patience),
            allow_redirects=False,
            stream=True,
        )
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if response.status_code != 200:
                response.close()
                return Answer(response.status_code, headers, b"")
            for piece in self._pieces(response, address.host, _FILE, most):
                try:
                    sink.write(piece)
                except OSError as error:
                    raise _NotWritten(error) from error
                heard()
        except BaseException:
            response.close()
            raise
        return Answer(response.status_code, headers, b"")

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _exchange(self, address: ServerAddress, outgoing: Outgoing) -> Answer:
        response = self._session.request(
            outgoing.method,
            f"{address.origin}{outgoing.path}",
            data=outgoing.body,
            headers={"Content-Type": outgoing.content_type} if outgoing.content_type else None,
            timeout=(self.limits.connect, self.limits.patience_for(outgoing.body)),
            allow_redirects=False,
            stream=True,
        )
        try:
            if response.is_redirect or 300 <= response.status_code < 400:
                location = _host_of(response.headers.get("location", ""))
                raise AnswerUnusable(address.host, outgoing.name, "redirect", location)
            content = b"".join(
                self._pieces(response, address.host, outgoing.name, self.limits.body)
            )
        except BaseException:
            # What is left of the body is not worth reading; the connection goes.
            response.close()
            raise
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, content)

    def _pieces(
        self, response: requests.Response, host: str, name: str, most: int
    ) -> Iterator[bytes]:
        size = 0
        try:
            while piece := response.raw.read1(_PIECE, decode_content=True):
                size += len(piece)
                if size > most:
                    raise AnswerUnusable(host, name, "too-large")
                yield piece
        except urllib3.exceptions.DecodeError as error:
            raise AnswerUnusable(host, name, "compressed") from error


def is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is out on the public network (and not this machine, a private
    network, a link, carrier NAT, multicast, or a disguise of one of these)."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(ip.ipv4_mapped)
        if ip not in _IPV6_PUBLIC:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _NOT_PUBLIC)


class _NotWritten(Exception):
    """What we keep a file in took no more: no failure of the server's."""

    def __init__(self, reason: OSError) -> None:
        super().__init__()
        self.reason = reason


class _ForbiddenAddress(Exception):
    """A name leads only to addresses we do not call."""


@dataclass(slots=True)
class _Call:
    """The call under way in this thread: when it must be over, and how far it got."""

    deadline: float
    may_use_loopback: bool
    # Seconds that sending one piece may take.
    patience: float = math.inf
    sent: bool = False

    def remaining(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total time of the call is over")
        return left


_current_call: ContextVar[_Call] = ContextVar("current_call")

_FORBIDDEN = (_ForbiddenAddress,)
_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


def _connect(host: str, port: int, connect_time: float) -> socket.socket:
    """A TCP connection to the first reachable address of `host` that we may call."""
    call = _current_call.get()
    found = _look_up(host, port, min(connect_time, call.remaining()))
    allowed = [entry for entry in found if _may_call(str(entry[4][0]), call)]
    if not allowed:
        raise _ForbiddenAddress(host)
    error: OSError | None = None
    for family, kind, protocol, _, sockaddr in allowed[:_MOST_ADDRESSES_TRIED]:
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as failure:  # A machine without IPv6, for one.
            error = failure
            continue
        try:
            sock.settimeout(min(connect_time, call.remaining()))
            sock.connect(sockaddr)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # What is left of the time is what a TLS handshake has.
            sock.settimeout(min(connect_time, call.remaining()))
            return sock
        except OSError as failure:
            sock.close()
            error = failure
    # Without an error number: urllib3 takes a reset for one that came while it sent, and
    # would read the answer from a connection that does not exist.
    raise OSError("no address can be connected to") from error


def _look_up(host: str, port: int, seconds: float) -> list[Any]:
    """Every address of `host`, or TimeoutError after so many seconds.

    The C library gives name servers half a minute, and whoever owns a name owns its name
    server; so a thread of its own does the waiting.
    """
    answer: Future[list[Any]] = Future()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    return answer.result(seconds)


def _may_call(ip_text: str, call: _Call) -> bool:
    ip = ipaddress.ip_address(ip_text.partition("%")[0])
    return ip.is_loopback if call.may_use_loopback else is_public(ip)


class _TimedReader(io.RawIOBase):
    """Reads a socket, and never beyond the total time of the call under way."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._between_pieces = sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _current_call.get().remaining()
        self._sock.settimeout(min(left, self._between_pieces or left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose headers and body are read through `_TimedReader`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _CheckedMixin:
    """What both kinds of connection do differently from urllib3's own."""

    host: str
    port: int
    timeout: Any
    sock: socket.socket | None
    response_class = _TimedResponse
    _last_used = 0.0

    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port, float(self.timeout))

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        assert self.sock is not None
        call = _current_call.get()
        for start in range(0, len(data), _SENT_PIECE):
            self.sock.settimeout(min(call.remaining(), call.patience))
            call.sent = True
            super().send(data[start : start + _SENT_PIECE])  # type: ignore[misc]

    def getresponse(self) -> Any:
        response = super().getresponse()  # type: ignore[misc]
        self._last_used = time.monotonic()
        return response

    @property
    def is_connected(self) -> bool:
        fresh = time.monotonic() - self._last_used < _LONGEST_IDLE
        return fresh and bool(super().is_connected)  # type: ignore[misc]


class _CheckedHTTPConnection(_CheckedMixin, HTTPConnection):  # type: ignore[misc]
    pass


class _CheckedHTTPSConnection(_CheckedMixin, HTTPSConnection):  # type: ignore[misc]
    pass


class _CheckedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _CheckedHTTPConnection


class _CheckedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPSConnection


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # Even where it does not follow a redirect, requests would look where it leads, and
        # read its whole body for that: at any size, and unpacked.
        return None


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _CheckedHTTPPool,
            "https": _CheckedHTTPSPool,
        }


@dataclass(slots=True)
class _HostState:
    under_way: int = 0
    uploads: int = 0
    line: deque[threading.Event] = field(default_factory=deque)
    moved_at: float = 0.0
    """When the last answer came, or the last place was taken."""
    failures: int = 0
    paused_until: float = 0.0


@dataclass(slots=True)
class _Gate:
    """Keeps one slow or dead server from holding every thread of ours.

    Where all places are taken, as many again may wait in line, as long as answers come:
    many people of a server that is well are no reason to turn one away. Behind calls that
    hang nobody waits for long.
    """

    limits: Limits
    clock: Callable[[], float] = time.monotonic
    _hosts: dict[str, _HostState] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def enter(self, host: str, endpoint: str, *, is_upload: bool = False) -> Iterator[None]:
        state, turn = self._take(host, endpoint, is_upload)
        if turn is not None:
            self._wait_for(turn, state, host, endpoint)
        answered = True
        try:
            yield
        except (AddressForbidden, AnswerUnusable):
            raise  # Quick answers, both of them; they hold nobody up.
        except MisskeyError:
            answered = False
            raise
        finally:
            self._give_back(host, state, answered, is_upload)

    def _take(
        self, host: str, endpoint: str, is_upload: bool
    ) -> tuple[_HostState, threading.Event | None]:
        """Take a place, or one in line: then the event is set when there is a place."""
        with self._lock:
            if len(self._hosts) > _MOST_HOSTS_REMEMBERED:
                self._forget_idle()
            state = self._hosts.setdefault(host, _HostState())
            wait = state.paused_until - self.clock()
            if wait > 0:
                raise ServerBusy(host, endpoint, retry_after=int(wait) + 1)
            if is_upload and state.uploads >= self.limits.uploads_per_host:
                raise ServerBusy(host, endpoint, retry_after=int(self.limits.upload_patience) + 1)
            if not is_upload and state.under_way >= self.limits.calls_per_host:
                if len(state.line) >= self.limits.calls_per_host:
                    raise self._full(host, endpoint)
                turn = threading.Event()
                state.line.append(turn)
                return state, turn
            self._count(state, is_upload, 1)
            if state.under_way >= self.limits.calls_per_host:
                state.moved_at = self.clock()
            return state, None

    def _wait_for(self, turn: threading.Event, state: _HostState, host: str, endpoint: str) -> None:
        """Wait in line while it moves, and no longer than a call may take."""
        ends = self.clock() + self.limits.total
        left = 0.0
        while not turn.wait(left):
            with self._lock:
                left = min(state.moved_at + self.limits.line, ends) - self.clock()
                if left <= 0 and not turn.is_set():
                    state.line.remove(turn)
                    raise self._full(host, endpoint)

    def _full(self, host: str, endpoint: str) -> ServerBusy:
        return ServerBusy(host, endpoint, retry_after=int(self.limits.total) + 1)

    def _count(self, state: _HostState, is_upload: bool, by: int) -> None:
        if is_upload:
            state.uploads += by
        else:
            state.under_way += by

    def _forget_idle(self) -> None:
        now = self.clock()
        for host, state in list(self._hosts.items()):
            if not (state.under_way or state.uploads) and state.paused_until <= now:
                del self._hosts[host]

    def _give_back(self, host: str, state: _HostState, answered: bool, is_upload: bool) -> None:
        with self._lock:
            if answered:
                state.failures = 0
                state.moved_at = self.clock()
            else:
                state.failures += 1
                if state.failures >= self.limits.failures_before_pause:
                    state.paused_until = self.clock() + self.limits.pause
            self._hand_over(state, is_upload)
            if answered and not (state.under_way or state.uploads):
                # Only hosts with something to remember are remembered.
                self._hosts.pop(host, None)

    def _hand_over(self, state: _HostState, is_upload: bool) -> None:
        """Give the place to the first in line; nobody's it is while the server has a rest."""
        if state.line and not is_upload and state.paused_until <= self.clock():
            state.line.popleft().set()
        else:
            self._count(state, is_upload, -1)


def _host_of(location: str) -> str | None:
    """The host a redirect points to, if it is a plain one; only for telling the person."""
    try:
        return urlsplit(location).hostname
    except ValueError:
        return None
