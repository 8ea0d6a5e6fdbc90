"""What happens on a server, told at once: its streaming API over one WebSocket.

    with open_stream(transport, address, credential) as stream:
        stream.listen("1", "homeTimeline", {})
        while True:
            event = stream.receive()

The channels are those of FACTS D.4, the messages those of D.5 and DIFFERENCES
("Streaming"). The connection goes through the transport's door, with the same check of
the address; TLS trusts the same authorities as calls do.

The credential is a part of the address here (`?i=`): no error of ours holds it, nor says
where it came from, and the library's own log, which shows requests, is switched off.
"""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Event as Flag
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import requests.adapters
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from app.misskey.address import ServerAddress
from app.misskey.entities.base import Entity
from app.misskey.entities.notes import Note
from app.misskey.errors import MisskeyError
from app.misskey.secret import Secret
from app.misskey.transport import Transport

QUIET = 15.0
"""Seconds without a word, after which we ask whether anybody is there."""
_PATIENCE = 8.0  # Seconds. Old servers never answer a wrong credential at all.
_SEND_PATIENCE = 5
_LARGEST_MESSAGE = 1024 * 1024
_MOST_UNREAD = 4  # Messages that came and wait for us; the rest waits on the line.
_MOST_A_SECOND = 200
_PIECE = 16 * 1024  # Bytes; each that a message has counts as a message of its own.
_MAIN = "main"
_CHATTED = ("message", "deleted", "react", "unreact")

# Its messages show the request, and with it the credential.
_SILENT = logging.getLogger("app.misskey.streaming.wire")
_SILENT.disabled = True


class StreamRefused(MisskeyError):
    """The server answers, but does not stream to us."""

    def __init__(self, host: str) -> None:
        super().__init__(host, "streaming")


class StreamEnded(MisskeyError):
    """The stream was there, and ended or fell silent."""

    def __init__(self, host: str) -> None:
        super().__init__(host, "streaming")


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note in the channel that was given this id."""

    channel: str
    note: Note


@dataclass(frozen=True, slots=True)
class ChatChange:
    """Something happened in the chat whose channel was given this id: a message came or
    went, or somebody reacted to one. What it is, the conversation shows."""

    channel: str


@dataclass(frozen=True, slots=True)
class NoteChange:
    """A note that is watched was `reacted` or `unreacted` to, `pollVoted` on, or `deleted`."""

    note_id: str
    kind: str
    user_id: str | None = None
    reaction: str = ""
    emoji_name: str = ""
    emoji_url: str = ""
    choice: int = -1


@dataclass(frozen=True, slots=True)
class Told:
    """The account has a new notification, of that id. Some come many times."""

    notification_id: str


@dataclass(frozen=True, slots=True)
class AllRead:
    """No notification of the account is unread any more."""


Event = NewNote | ChatChange | NoteChange | Told | AllRead


class Stream:
    """One connection, as one account. Read from one thread; say things from any."""

    def __init__(self, host: str, connection: ClientConnection) -> None:
        self.host = host
        self._connection = connection
        self._pong: Flag | None = None
        self._second, self._received = 0.0, 0

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def listen(self, id: str, channel: str, params: Mapping[str, Any]) -> None:
        """Have what comes in `channel`, under an id of our choosing. A channel that the
        server or the permission has not simply stays silent."""
        body = {"channel": channel, "id": id, "params": dict(params), "pong": True}
        self._say("connect", body)

    def leave(self, id: str) -> None:
        """Hear no more of the channel with that id."""
        self._say("disconnect", {"id": id})

    def watch(self, note_id: str) -> None:
        """Hear of what happens to a note. The server counts how often that was said."""
        # Its short names differ between ages; this one is known to all (FACTS D.5).
        self._say("subNote", {"id": note_id})

    def unwatch(self, note_id: str) -> None:
        """Once less."""
        self._say("unsubNote", {"id": note_id})

    def receive(self) -> Event | None:
        """The next event; None where it is none that is of use, and after QUIET seconds in
        which nothing came. Raises StreamEnded."""
        self._wait_for_turn()
        try:
            text = self._connection.recv(QUIET, decode=False)
        except TimeoutError:
            self._ask_for_a_sign()
            return None
        except (WebSocketException, OSError):
            raise StreamEnded(self.host) from None
        self._pong = None
        self._received += 1 + len(text) // _PIECE
        return _event(text)

    def close(self) -> None:
        """Say goodbye, and wait a second for the answer."""
        self._connection.close()

    def _say(self, kind: str, body: Mapping[str, Any]) -> None:
        message = msgspec.json.encode({"type": kind, "body": body}).decode()
        try:
            self._connection.send(message)
        except (WebSocketException, OSError):
            raise StreamEnded(self.host) from None

    def _ask_for_a_sign(self) -> None:
        if self._pong is not None and not self._pong.is_set():
            raise StreamEnded(self.host)
        try:
            self._pong = self._connection.ping()
        except (WebSocketException, OSError):
            raise StreamEnded(self.host) from None

    def _wait_for_turn(self) -> None:
        """Let a server that floods us wait, and not everybody else here."""
        if self._received >= _MOST_A_SECOND:
            time.sleep(max(0.0, self._second + 1 - time.monotonic()))
        if time.monotonic() - self._second >= 1:
            self._second, self._received = time.monotonic(), 0

    def wait_for(self, id: str) -> None:
        """Wait until the server says that the channel of that id is connected. Raises
        StreamRefused if it says nothing of the kind: then it will not say anything else."""
        until = time.monotonic() + _PATIENCE
        while (left := until - time.monotonic()) > 0:
            try:
                text = self._connection.recv(left, decode=False)
            except (WebSocketException, OSError):
                break  # A timeout is an OSError, too.
            if _connected(text) == id:
                return
        raise StreamRefused(self.host)


def open_stream(transport: Transport, address: ServerAddress, credential: Secret) -> Stream:
    """A stream as the credential's account, with its `main` channel.

    Raises ServerUnreachable where there is no connection, and StreamRefused where the
    server does not want it (also for a wrong credential, or one without `read:account`).
    """
    sock = transport.connect(address)
    # A server that does not read what we say to it ends the stream.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_PATIENCE, 0))
    scheme = "ws" if address.is_loopback else "wss"
    query = urlencode({"i": credential.reveal()})
    try:
        connection = connect(
            f"{scheme}://{address.host}/streaming?{query}",
            sock=sock,
            ssl=None if address.is_loopback else _authorities(_bundle()),
            server_hostname=None if address.is_loopback else urlsplit(address.origin).hostname,
            compression=None,
            proxy=None,
            open_timeout=_PATIENCE,
            # A thread of its own for pings is more than a quiet stream is worth.
            ping_interval=None,
            close_timeout=1,
            max_size=_LARGEST_MESSAGE,
            max_queue=_MOST_UNREAD,
            user_agent_header=transport.user_agent,
            logger=_SILENT,
            # With a socket of ours it follows no redirect.
            legacy=True,
        )
    except Exception:
        # Whatever it is: its text may hold the address, and with it the credential.
        sock.close()
        raise StreamRefused(address.host) from None
    stream = Stream(address.host, connection)
    try:
        stream.listen(_MAIN, "main", {})
        stream.wait_for(_MAIN)
    except MisskeyError:
        stream.close()
        raise StreamRefused(address.host) from None
    return stream


def _bundle() -> str:
    # Read anew each time, as requests does.
    return str(requests.adapters.DEFAULT_CA_BUNDLE_PATH)


@lru_cache(maxsize=2)
def _authorities(bundle: str) -> ssl.SSLContext:
    """Whom we trust; reading them takes long, and half a megabyte."""
    return ssl.create_default_context(cafile=bundle)


# What the server says -------------------------------------------------------------------


class _Message(msgspec.Struct):
    type: str
    body: msgspec.Raw = msgspec.Raw(b"null")


class _OfChannel(msgspec.Struct):
    id: str
    type: str
    body: msgspec.Raw = msgspec.Raw(b"null")


class _WithId(msgspec.Struct):
    id: str


class _Emoji(Entity):
    name: str = ""
    url: str | None = None


class _Change(Entity):
    reaction: str | None = None
    # An object, though Misskey's own types say it is a string (FACTS D.5).
    emoji: _Emoji | str | None = None
    user_id: str | None = None
    choice: int = -1


class _Update(Entity):
    id: str
    type: str
    body: _Change = msgspec.field(default_factory=_Change)


_message = msgspec.json.Decoder(_Message)
_of_channel = msgspec.json.Decoder(_OfChannel)
_with_id = msgspec.json.Decoder(_WithId)
_update = msgspec.json.Decoder(_Update, strict=False)
_note = msgspec.json.Decoder(Note, strict=False)
# As in `client`: what decoding raises, whatever a server sends.
_UNREADABLE = (ValueError, OverflowError, RecursionError)


def _event(text: bytes) -> Event | None:
    """What a message says; None for what we have no use for, or cannot read."""
    try:
        message = _message.decode(text)
        if message.type == "channel":
            return _channel_event(_of_channel.decode(message.body))
        if message.type == "noteUpdated":
            return _change(_update.decode(message.body))
    except _UNREADABLE:
        return None
    return None


def _channel_event(said: _OfChannel) -> Event | None:
    if said.id != _MAIN:
        if said.type in _CHATTED:
            return ChatChange(said.id)
        return NewNote(said.id, _note.decode(said.body)) if said.type == "note" else None
    if said.type == "notification":
        return Told(_with_id.decode(said.body).id)
    return AllRead() if said.type == "readAllNotifications" else None


def _change(update: _Update) -> NoteChange:
    said = update.body
    emoji = said.emoji if isinstance(said.emoji, _Emoji) else _Emoji()
    return NoteChange(
        update.id,
        update.type,
        said.user_id,
        said.reaction or "",
        emoji.name,
        emoji.url or "",
        said.choice,
    )


def _connected(text: bytes) -> str | None:
    """The id of the channel that this message says is connected."""
    try:
        message = _message.decode(text)
        return _with_id.decode(message.body).id if message.type == "connected" else None
    except _UNREADABLE:
        return None
