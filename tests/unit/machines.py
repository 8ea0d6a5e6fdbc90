"""Other people's machines, and the network to them: what the transport's tests put in
place of the wire. Everything is a real socket on this machine's loopback."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from app.misskey import ServerAddress

PUBLIC = "93.184.216.34"
"""An address out on the network."""


@dataclass
class Request:
    """A request as it came in. Header names are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """The machine's end of one connection."""

    def __init__(self, machine: Machine, sock: socket.socket) -> None:
        self.machine = machine
        self.sock = sock
        self._pending = b""

    def read_request(self) -> Request | None:
        """The next request, noted down; None if the other side has closed."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (text.partition(":") for text in lines if text)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        while len(self._pending) < length:
            if not self._receive():
                return None
        body, self._pending = self._pending[:length], self._pending[length:]
        request = Request(line, headers, body)
        self.machine.requests.append(request)
        return request

    def _until(self, end: bytes) -> bytes | None:
        while end not in self._pending:
            if not self._receive():
                return None
        head, _, self._pending = self._pending.partition(end)
        return head

    def _receive(self) -> bool:
        data = self.sock.recv(65536)
        self._pending += data
        return bool(data)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def drip(self, data: bytes, seconds: float, size: int = 1) -> None:
        """Send so many bytes at a time, so many seconds apart."""
        for start in range(0, len(data), size):
            self.send(data[start : start + size])
            if not self.wait(seconds):
                return

    def wait(self, seconds: float) -> bool:
        """Pause; False when the machine is switched off meanwhile."""
        return not self.machine.off.wait(seconds)

    def reset(self) -> None:
        """End it at once, with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


Behaviour = Callable[[Connection], None]


class Machine:
    """A machine on a loopback port that treats every connection as `behave` says."""

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.behave = behave
        self.requests: list[Request] = []
        self.connections = 0
        self.off = threading.Event()
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def address(self) -> ServerAddress:
        """Where it is."""
        return ServerAddress(f"127.0.0.1:{self.port}", is_loopback=True)

    def switch_off(self) -> None:
        """Close everything and wait for the threads."""
        self.off.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join(5)
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        # The other side going away, in the middle of anything, is what is being tested.
        with sock, contextlib.suppress(OSError):
            if self._tls is None:
                self.behave(Connection(self, sock))
                return
            with self._tls.wrap_socket(sock, server_side=True) as wrapped:
                self._open.append(wrapped)
                self.behave(Connection(self, wrapped))


def http(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """An answer as bytes; headers with underscores for hyphens."""
    named = {"Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def answering(data: bytes = http()) -> Behaviour:
    """Answers every request with these bytes and keeps the connection open."""

    def behave(connection: Connection) -> None:
        while connection.read_request() is not None:
            connection.send(data)

    return behave


def answering_once(data: bytes) -> Behaviour:
    """Answers the first request with these bytes and closes the connection."""

    def behave(connection: Connection) -> None:
        if connection.read_request() is not None:
            connection.send(data)

    return behave


class Listening(Protocol):
    """Anything on a loopback port."""

    port: int


Lookup = Callable[[], list[str]]


class Network:
    """What names lead to, and which machine is at an address.

    Replaces the two calls by which a program asks the network: looking a name up and
    connecting. Addresses of this machine's loopback are really connected to.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: dict[str, list[str] | Lookup] = {}
        self.machines: dict[str, Listening] = {}
        self.dead: set[str] = set()
        """Addresses that never answer; others without a machine refuse."""
        self.distance = 0.0
        """Seconds it takes to connect."""
        self.looked_up: list[str] = []
        self.connected: list[str] = []
        self._real_connect = socket.socket.connect
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)
        monkeypatch.setattr(
            socket.socket, "connect", lambda sock, sockaddr: self._connect(sock, sockaddr)
        )

    def _getaddrinfo(self, host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        self.looked_up.append(host)
        answer = self.names.get(host, [host] if _is_ip(host) else None)
        if answer is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = answer() if callable(answer) else answer
        return [self._entry(ip, port) for ip in found]

    def _entry(self, ip: str, port: int) -> tuple[Any, ...]:
        if ":" in ip:
            return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (ip, port, 0, 0)
        return socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)

    def _connect(self, sock: socket.socket, sockaddr: tuple[Any, ...]) -> None:
        ip = str(sockaddr[0])
        self.connected.append(ip)
        if ip in self.machines:
            time.sleep(self.distance)
            self._real_connect(sock, ("127.0.0.1", self.machines[ip].port))
        elif ip in self.dead:
            limit = sock.gettimeout()
            assert limit is not None, "a connection attempt without a time"
            time.sleep(limit)
            raise TimeoutError("timed out")
        elif ip.startswith("127.") or ip == "::1":
            self._real_connect(sock, sockaddr)
        else:
            raise ConnectionRefusedError(f"nobody is at {ip}")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fails if the block takes longer."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds, f"took {took:.2f} s"
