"""WebSockets as a server needs them: the handshake and frames (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct

from .wire import Answer, Request

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_MOST = 1024 * 1024


def switching(request: Request) -> Answer | None:
    """The answer that makes the connection a WebSocket; None if the request is for none."""
    key = request.headers.get("sec-websocket-key")
    if key is None or request.headers.get("upgrade", "").lower() != "websocket":
        return None
    accept = base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
    return Answer(101, headers)


def frame(kind: int, payload: bytes) -> bytes:
    """A frame as servers send it: whole, and not masked."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", 0x80 | kind, length)
    elif length < 65536:
        head = struct.pack("!BBH", 0x80 | kind, 126, length)
    else:
        head = struct.pack("!BBQ", 0x80 | kind, 127, length)
    return head + payload


def read_frame(connection: socket.socket) -> tuple[int, bytes]:
    """The next frame of the other side: its kind and what is in it.

    Raises ConnectionError at the end, and for a frame no client of ours sends.
    """
    first, second = _read(connection, 2)
    length = second & 0x7F
    if length > 125:
        kind, size = ("!H", 2) if length == 126 else ("!Q", 8)
        (length,) = struct.unpack(kind, _read(connection, size))
    if not second & 0x80 or not first & 0x80 or length > _MOST:
        raise ConnectionError("a frame that is not masked, not whole, or too long")
    mask = _read(connection, 4)
    masked = _read(connection, length)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError("the other side has gone")
        data += piece
    return data
