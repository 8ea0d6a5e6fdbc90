"""/streaming: what happens, told at once over a WebSocket.

Channels and messages are those of FACTS.md D.4 and D.5 and of streaming.json; a
channel holds what the endpoint of its timeline lists, so both have one rule. Like
the real server it lets only a credential with `read:account` in (an old one any),
says nothing to what it does not understand, and knows at most 32 channels.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from . import api, cafy, chats, notices
from .chats import ChatTold
from .clock import iso
from .endpoints import Call
from .endpoints.table import shapes, table_of
from .errors import ApiError
from .params import validated
from .records import Note, Notification, Person
from .websocket import CLOSE, PING, PONG, TEXT, frame, read_frame, switching
from .wire import Answer, Request, Wire
from .world import Event, World

MOST_CHANNELS = 32
CHANNELS = {
    "homeTimeline": "notes/timeline",
    "localTimeline": "notes/local-timeline",
    "hybridTimeline": "notes/hybrid-timeline",
    "globalTimeline": "notes/global-timeline",
    "userList": "notes/user-list-timeline",
    "antenna": "antennas/notes",
    "channel": "channels/timeline",
    "hashtag": "notes/search-by-tag",
}
"""Each with the endpoint that lists the same notes."""
CHATS = {
    "chatUser": ("otherId", "chat/messages/user-timeline"),
    "chatRoom": ("roomId", "chat/messages/room-timeline"),
}
"""Each with the parameter that says with whom or where, and the endpoint that shows it."""
_FOR_NOBODY = ("localTimeline", "globalTimeline", "hashtag", "channel")


@dataclass
class Socket:
    """One open connection of somebody, and what it listens to."""

    person: Person | None
    channels: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    """The name and parameters of each, by the id the other side gave it."""
    notes: Counter[str] = field(default_factory=Counter)
    """Notes whose changes it wants to hear of; counted, as the real server does."""
    outgoing: queue.SimpleQueue[bytes | None] = field(default_factory=queue.SimpleQueue)

    def say(self, type: str, body: Any) -> None:
        """Send a message, once those before it are sent."""
        text = json.dumps({"type": type, "body": body}, ensure_ascii=False)
        self.outgoing.put(frame(TEXT, text.encode()))

    def end(self) -> None:
        """Close it after what was said so far."""
        self.outgoing.put(None)


class Streams:
    """Everybody's open connections."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: list[Socket] = []
        world.listeners.append(self._hear)

    def drop(self) -> None:
        """Close all of them, as a server does that starts anew."""
        for socket in list(self.open):
            socket.end()

    def serve(
        self,
        request: Request,
        wire: Wire,
        *,
        lasts: float | None = None,
        is_deaf: bool = False,
        flood: int = 0,
    ) -> None:
        """Talk on this connection until it ends. It may be made to last only so many
        seconds, to be deaf, and to say `flood` notes at once in each timeline."""
        wire.close()
        i = request.query.get("i")
        token = api.holder_of(self.world, i) if i else None
        if i is not None and token is None and self.world.age.old:
            # A wrong credential gets no answer at all (DIFFERENCES.md, Streaming).
            wire.wait(3600)
            return
        allowed = token is None or self.world.age.old or "read:account" in token.app.permission
        hello = switching(request)
        if (i is not None and token is None) or not allowed:
            wire.send(Answer(401))
            return
        if hello is None:
            wire.send(Answer(426))
            return
        wire.write(hello.head(length=0))
        if is_deaf:
            wire.wait(3600)
            return
        socket = Socket(self.world.people[token.user_id] if token else None)
        self.open.append(socket)
        if lasts is not None:
            clock = threading.Timer(lasts, socket.end)
            clock.daemon = True
            clock.start()
        writer = threading.Thread(target=_write, args=(socket, wire), daemon=True)
        writer.start()
        try:
            while True:
                kind, payload = read_frame(wire.connection)
                if kind == CLOSE:
                    socket.outgoing.put(frame(CLOSE, payload[:2]))
                    break
                if kind == PING:
                    socket.outgoing.put(frame(PONG, payload))
                elif kind == TEXT:
                    with self.world.lock:
                        self._read(socket, payload, flood)
        except OSError:
            pass  # It went without a word.
        finally:
            self.open.remove(socket)
            socket.end()
            writer.join(timeout=5)

    # What the other side says ---------------------------------------------

    def _read(self, socket: Socket, payload: bytes, flood: int) -> None:
        if payload == b"ping" and self.world.age.old:
            socket.outgoing.put(frame(TEXT, b"pong"))
            return
        try:
            said = json.loads(payload)
            type, body = said["type"], said["body"]
            if type == "connect":
                self._connect(socket, str(body["id"]), body, flood)
            elif type == "disconnect":
                socket.channels.pop(str(body["id"]), None)
            elif type in {"subNote", "s", "sr"}:
                socket.notes[str(body["id"])] += 1
            elif type in {"unsubNote", "un"}:
                socket.notes -= Counter([str(body["id"])])
        except (ValueError, KeyError, TypeError):
            return  # What is not understood is passed over, and the socket lives.

    def _connect(self, socket: Socket, id: str, body: dict[str, Any], flood: int) -> None:
        name, params = body["channel"], body.get("params") or {}
        shown_by = CHATS[name][1] if name in CHATS else CHANNELS.get(name)
        if name != "main" and shown_by not in table_of(self.world.age):
            return
        if socket.person is None and name not in _FOR_NOBODY:
            return
        if len(socket.channels) >= MOST_CHANNELS:
            return
        socket.channels[id] = (name, params)
        if body.get("pong"):
            socket.say("connected", {"id": id})
        if flood and name in CHANNELS:
            newest = shapes(self.world, socket.person).note(next(self.world.newest_first()))
            for number in range(flood):
                note = {**newest, "id": f"{newest['id'][:8]}flood{number:05d}"}
                socket.say("channel", {"id": id, "type": "note", "body": note})

    # What happens ---------------------------------------------------------

    def _hear(self, event: Event) -> None:
        for socket in list(self.open):
            if event.type == "chat":
                self._tell_of_chat(socket, event.more)
            elif event.type == "note" and event.note is not None:
                self._tell_of_note(socket, event.note)
            elif event.note is not None:
                self._tell_of_change(socket, event, event.note)
            elif event.type == "told" and event.person is socket.person:
                self._tell_main(socket, event.more)
            elif event.type == "read" and event.person is socket.person:
                for id in _mains(socket):
                    body = {"id": id, "type": "readAllNotifications", "body": None}
                    socket.say("channel", body)

    def _tell_of_note(self, socket: Socket, note: Note) -> None:
        for id, (name, params) in list(socket.channels.items()):
            shown = self._listed(socket, name, params, note) if name in CHANNELS else None
            if shown is not None:
                socket.say("channel", {"id": id, "type": "note", "body": shown})
        if socket.person is not None:
            told = notices.told_by(self.world, note, socket.person)
            if told is not None:
                self._tell_main(socket, told)

    def _listed(
        self, socket: Socket, name: str, params: dict[str, Any], note: Note
    ) -> dict[str, Any] | None:
        """The note as the channel's endpoint shows it at its top, if it does."""
        row = table_of(self.world.age)[CHANNELS[name]]
        asked = {key: value for key, value in params.items() if key != "q"} | {"limit": 1}
        if name == "hashtag":
            asked["tag"] = params["q"][0][0]
        check = cafy.validated if self.world.age.v11 else validated
        try:
            checked = check(row.schema(self.world), asked)
            found = row.function(Call(self.world, row.name, checked, socket.person, None))
        except (ApiError, LookupError):
            return None
        return found[0] if found and found[0]["id"] == note.id else None

    def _tell_of_chat(self, socket: Socket, told: ChatTold) -> None:
        if socket.person is None:
            return
        me, message, show = socket.person, told.message, shapes(self.world, socket.person)
        others = {message.from_id, message.to_id} - {me.id}
        room = self.world.chat_rooms.get(message.room_id or "")
        body: Any = message.id
        if told.kind == "message":
            body = show.chat_message_lite(message)
        elif told.by is not None:
            body = {"messageId": message.id, "reaction": told.reaction}
            # Between two people it is not said who it was.
            body |= {"user": show.user(told.by)} if room else {}
        for id, (name, params) in list(socket.channels.items()):
            about = params.get(CHATS[name][0]) if name in CHATS else None
            is_here = room is not None and about == room.id and chats.is_in(room, me.id)
            is_ours = message.room_id is None and me.id in (message.from_id, message.to_id)
            if is_here if name == "chatRoom" else is_ours and about in others:
                socket.say("channel", {"id": id, "type": told.kind, "body": body})

    def _tell_main(self, socket: Socket, told: Notification) -> None:
        shown = shapes(self.world, socket.person).notification(told)
        for id in _mains(socket):
            socket.say("channel", {"id": id, "type": "notification", "body": shown})

    def _tell_of_change(self, socket: Socket, event: Event, note: Note) -> None:
        if event.type == "reacted" and socket.person and note.user_id == socket.person.id:
            assert event.person is not None
            if event.person.id != socket.person.id:
                self._tell_main(socket, notices.reacted(self.world, note, event.person.id))
        if socket.notes[note.id] > 0:
            body = {"id": note.id, "type": event.type, "body": self._change(event)}
            socket.say("noteUpdated", body)

    def _change(self, event: Event) -> dict[str, Any]:
        if event.type == "deleted" or event.person is None:
            return {"deletedAt": iso(self.world.clock.now())}
        who = {"userId": event.person.id}
        if event.type == "pollVoted":
            return {"choice": event.more, **who}
        if event.type == "unreacted":
            return {"reaction": event.more, **who}
        name = event.more.strip(":")
        emoji = self.world.emojis.get(name.removesuffix("@."))
        url = shapes(self.world, None).file_url(emoji.file) if emoji else None
        return {"reaction": event.more, "emoji": url and {"name": name, "url": url}, **who}


def _mains(socket: Socket) -> list[str]:
    return [id for id, (name, _) in socket.channels.items() if name == "main"]


def _write(socket: Socket, wire: Wire) -> None:
    """Send what is to be said, in order, until it is over."""
    with contextlib.suppress(OSError):
        while (data := socket.outgoing.get()) is not None:
            wire.write(data)
    with contextlib.suppress(OSError):
        wire.connection.shutdown(2)
