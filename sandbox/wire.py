"""What goes over the wire: a request that was read, an answer, and the wire itself."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .uploads import Form

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass
class Request:
    """A request, its body read. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    client: str = ""
    form_with_file: Form | None = None
    """A form that came with a file, read as it came; `body` is empty then."""

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query; of a repeated name the last value."""
        return {k: v[-1] for k, v in parse_qs(urlsplit(self.target).query).items()}

    @property
    def form(self) -> dict[str, str]:
        """A form's fields; of a repeated name the last value."""
        text = self.body.decode("utf-8", "replace")
        return {k: v[-1] for k, v in parse_qs(text, keep_blank_values=True).items()}

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies sent along."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}


@dataclass
class Answer:
    """An answer not yet sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> Answer:
        """A JSON answer; `headers` with underscores for hyphens."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, {"Content-Type": JSON_TYPE, **named}, body)

    @classmethod
    def html(cls, page: str, status: int = 200) -> Answer:
        """A page."""
        headers = {"Content-Type": HTML_TYPE, "Cache-Control": "no-store"}
        return cls(status, headers, page.encode())

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Answer:
        """Go elsewhere."""
        return cls(status, {"Location": location, "Cache-Control": "no-store"})

    def head(self, *, length: int | None = None, chunked: bool = False) -> bytes:
        """Status line and headers; `length` may lie about the body's."""
        reason = HTTPStatus(self.status).phrase if self.status in _KNOWN else "Unknown"
        headers = {"Date": formatdate(usegmt=True), **self.headers}
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif self.status not in {101, 204, 304}:
            headers["Content-Length"] = str(len(self.body) if length is None else length)
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


_KNOWN = {status.value for status in HTTPStatus}


class Wire:
    """One connection: sends whole answers, or bytes at a pace, or nothing."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self.connection = connection
        self.stopping = stopping
        self.open = True
        """False when the connection has to be closed after this request."""

    def send(self, answer: Answer, *, head_only: bool = False) -> None:
        """Send an answer in one go."""
        self.write(answer.head() + (b"" if head_only else answer.body))

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def close(self) -> None:
        """End the connection without another word."""
        self.open = False

    def wait(self, seconds: float) -> bool:
        """Pause; False when the sandbox stops or the other side has gone meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.stopping.wait(min(left, 0.05)) or self.is_gone():
                return False
        return True

    def is_gone(self) -> bool:
        """Whether the other side has closed the connection."""
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            # The plain socket's own recv: over TLS there is no peeking into the text.
            peeked = socket.socket.recv(self.connection, 1, socket.MSG_PEEK) if readable else None
            return peeked == b""
        except (OSError, ValueError):
            return True
