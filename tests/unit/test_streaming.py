"""The streaming API over real sockets: what the sandbox says, and what hostile machines do."""

from __future__ import annotations

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.misskey import (
    AddressForbidden,
    MisskeyError,
    Secret,
    ServerAddress,
    ServerUnreachable,
    Transport,
    parse_server,
    streaming,
)
from app.misskey.streaming import (
    AllRead,
    ChatChange,
    Event,
    NewNote,
    NoteChange,
    Stream,
    StreamEnded,
    StreamRefused,
    Told,
    open_stream,
)
from sandbox import Sandbox, chats, notices
from sandbox.records import Poll
from sandbox.websocket import TEXT, frame
from tests.unit.certificates import Certificates
from tests.unit.conftest import NewMachine, NewTransport
from tests.unit.machines import PUBLIC, Connection, Machine, Network

I = "0123456789abcdef" * 4  # noqa: E741
MISSKEY = ServerAddress("misskey.example")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_PATIENCE", 0.5)
    monkeypatch.setattr(streaming, "QUIET", 0.2)


@pytest.fixture(params=["2025.11", "v12", "v11"])
def server(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of each age."""
    with Sandbox(age=request.param) as sandbox:
        yield sandbox


@pytest.fixture
def alice(server: Sandbox, transport: Transport) -> Iterator[Stream]:
    """Alice's stream."""
    with open_as(server, transport, server.credential("alice")) as stream:
        yield stream


def open_as(server: Sandbox, transport: Transport, credential: str) -> Stream:
    address = parse_server(server.host, allow_loopback=True)
    return open_stream(transport, address, Secret(credential))


def following(stream: Stream, seconds: float = 5) -> Event:
    """The next event."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        event = stream.receive()
        if event is not None:
            return event
    raise AssertionError("nothing came")


def until(condition: Callable[[], object]) -> None:
    """Wait until the sandbox has heard what was said to it."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_notes_of_a_channel(server: Sandbox, alice: Stream) -> None:
    alice.listen("7", "homeTimeline", {})
    (socket,) = server.streams
    until(lambda: "7" in socket.channels)
    note = server.world.create_note(server.person("bob"), text="hello :blobcat:")
    event = following(alice)
    assert isinstance(event, NewNote)
    assert (event.channel, event.note.id, event.note.text) == ("7", note.id, note.text)
    alice.leave("7")
    until(lambda: "7" not in socket.channels)
    server.world.create_note(server.person("bob"), text="not heard")
    assert alice.receive() is None


def test_a_list_an_antenna_a_channel_and_a_tag() -> None:
    with Sandbox() as server:
        world, me = server.world, server.person("alice")
        transport = Transport()
        made = next(one for one in world.lists.values() if one.user_id == me.id)
        antenna = next(
            one for one in world.antennas.values() if one.keywords == [["tea"], ["お茶"]]
        )
        place = next(iter(world.channels.values()))
        with open_as(server, transport, server.credential("alice")) as stream:
            stream.listen("list", "userList", {"listId": made.id})
            stream.listen("antenna", "antenna", {"antennaId": antenna.id})
            stream.listen("channel", "channel", {"channelId": place.id})
            stream.listen("tag", "hashtag", {"q": [["engawa"]]})
            until(lambda: "tag" in server.streams[0].channels)
            world.create_note(server.person("bob"), text="Some tea #engawa")
            events = [following(stream) for _ in range(3)]
            names = {event.channel for event in events if isinstance(event, NewNote)}
            assert names == {"list", "antenna", "tag"}
            world.create_note(server.person("carol"), text="Here", channel=place)
            last = following(stream)
            assert isinstance(last, NewNote)
            assert last.channel in ("channel", "list")
        transport.close()


def test_what_happens_in_a_chat(sandbox: Sandbox, transport: Transport) -> None:
    with open_as(sandbox, transport, sandbox.credential("alice")) as alice:
        world, me, bob = sandbox.world, sandbox.person("alice"), sandbox.person("bob")
        room = next(room for room in world.chat_rooms.values() if room.owner_id == me.id)
        alice.listen("7", "chatUser", {"otherId": bob.id})
        alice.listen("8", "chatRoom", {"roomId": room.id})
        (socket,) = sandbox.streams
        until(lambda: "8" in socket.channels)
        message = chats.write_to_person(world, bob, me, "are you there?")
        assert following(alice) == ChatChange("7")
        chats.react(world, message, me, "👍")
        assert following(alice) == ChatChange("7")
        chats.unreact(world, message, me, "👍")
        assert following(alice) == ChatChange("7")
        chats.delete(world, message)
        assert following(alice) == ChatChange("7")
        chats.write_to_room(world, bob, room, "in here")
        assert following(alice) == ChatChange("8")
        chats.write_to_person(world, sandbox.person("haru"), me, "elsewhere")
        assert alice.receive() is None


def test_what_happens_to_a_note(server: Sandbox, alice: Stream) -> None:
    world, bob, carol = server.world, server.person("bob"), server.person("carol")
    note = world.create_note(bob, text="Tea or coffee?", poll=Poll(["tea", "coffee"]))
    alice.watch(note.id)
    until(lambda: server.streams[0].notes[note.id])
    custom = next(iter(world.emojis))
    world.react(note, carol, f":{custom}:")
    world.unreact(note, carol)
    world.react(note, carol, "👍")
    requests_vote(server, note.id)
    world.delete_note(note)
    events = [following(alice) for _ in range(5)]
    assert all(isinstance(event, NoteChange) and event.note_id == note.id for event in events)
    changes = [event for event in events if isinstance(event, NoteChange)]
    kinds = [change.kind for change in changes]
    assert kinds == ["reacted", "unreacted", "reacted", "pollVoted", "deleted"]
    assert changes[0].reaction == f":{custom}@.:"
    assert changes[0].emoji_name == f"{custom}@."
    assert changes[0].emoji_url.startswith("http")
    assert changes[2].reaction == ("like" if server.world.age.v11 else "👍")
    assert changes[2].user_id == carol.id
    assert changes[3].choice == 1
    alice.unwatch(note.id)


def requests_vote(server: Sandbox, note_id: str) -> None:
    """Carol votes for the second choice, over the wire."""
    transport = Transport()
    body = {"i": server.credential("carol"), "noteId": note_id, "choice": 1}
    address = parse_server(server.host, allow_loopback=True)
    answer = transport.post(
        address, "notes/polls/vote", json.dumps(body).encode(), "application/json"
    )
    assert answer.status == 204
    transport.close()


def test_notifications(server: Sandbox, alice: Stream) -> None:
    note = server.world.create_note(server.person("bob"), text="@alice, tea?")
    assert following(alice) == Told(note.id)
    notices.mark_read(server.world, server.person("alice"))
    assert following(alice) == AllRead()


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "[]", "null", "{}", '{"type":"channel"}', '{"type":"channel","body":null}'),
        *('{"type":"channel","body":{"id":"1","type":"note","body":{}}}', "\x00", "[" * 10_000),
        '{"type":"channel","body":{"id":"1","type":"note","body":{"id":1}}}',
        '{"type":"noteUpdated","body":{"id":"n","type":"reacted","body":7}}',
        '{"type":"noteUpdated","body":{"id":"n","type":"pollVoted","body":{"choice":"x"}}}',
        '{"type":"channel","body":{"id":"main","type":"notification","body":{"id":{}}}}',
        '{"type":"emojiAdded","body":{"emoji":{}}}',
    ],
)
def test_what_cannot_be_read_is_passed_over(text: str) -> None:
    with Sandbox() as server:
        transport = Transport()
        with open_as(server, transport, server.credential("alice")) as stream:
            (socket,) = server.streams
            socket.outgoing.put(frame(TEXT, text.encode()))
            socket.say("noteUpdated", {"id": "n", "type": "deleted", "body": {"deletedAt": ""}})
            assert following(stream) == NoteChange("n", "deleted")
        transport.close()


def test_a_wrong_credential_is_refused_and_no_word_of_it(
    server: Sandbox, transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StreamRefused) as caught:
        open_as(server, transport, I)
    assert str(caught.value) == f"{server.host}: streaming"
    assert caught.value.__cause__ is None
    assert I not in caplog.text
    with open_as(server, transport, server.credential("alice")) as stream:
        stream.listen("1", "homeTimeline", {})
    assert "i=" not in caplog.text


def test_without_the_permission() -> None:
    with Sandbox() as server:
        transport = Transport()
        with pytest.raises(StreamRefused):
            open_as(server, transport, server.credential("alice", permission=["write:notes"]))
        transport.close()


@pytest.mark.parametrize(
    ("how", "options"),
    [
        ("down", {}),
        ("silent", {}),
        ("html", {"status": 502}),
        ("html", {}),
        ("garbage", {}),
        ("redirect", {"location": "/elsewhere"}),
        ("redirect", {"location": ""}),
        ("redirect", {"location": "http://127.0.0.1:1/"}),
        ("endless", {}),
        ("deaf", {}),
    ],
)
def test_what_is_no_stream(
    sandbox: Sandbox, transport: Transport, how: str, options: dict[str, str | int]
) -> None:
    sandbox.misbehave("/streaming", how, **options)
    began = time.monotonic()
    with pytest.raises(StreamRefused) as caught:
        open_as(sandbox, transport, sandbox.credential("alice"))
    assert caught.value.__cause__ is None
    assert time.monotonic() - began < 4


def test_a_stream_that_ends(sandbox: Sandbox, transport: Transport) -> None:
    sandbox.misbehave("/streaming", "drop", seconds=0.2)
    with open_as(sandbox, transport, sandbox.credential("alice")) as stream:
        with pytest.raises(StreamEnded):
            following(stream)
        with pytest.raises(StreamEnded):
            stream.watch("abc")


class Nowhere:
    """Where what the sandbox says does not come from again."""

    def __init__(self) -> None:
        self.is_over = threading.Event()

    def put(self, data: bytes | None) -> None:
        """Say it to nobody."""

    def get(self) -> None:
        """Nothing, in the end."""
        self.is_over.wait(10)


def test_a_stream_that_falls_silent(
    sandbox: Sandbox, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pong has that long to come, also on a busy machine.
    monkeypatch.setattr(streaming, "QUIET", 0.6)
    with open_as(sandbox, transport, sandbox.credential("alice")) as stream:
        # Its pings are answered as long as somebody is there.
        assert [stream.receive() for _ in range(3)] == [None] * 3
        (socket,) = sandbox.streams
        nowhere = socket.outgoing = Nowhere()  # type: ignore[assignment]
        with pytest.raises(StreamEnded):
            following(stream)
        nowhere.is_over.set()


def test_a_message_that_is_too_large_ends_it(sandbox: Sandbox, transport: Transport) -> None:
    with open_as(sandbox, transport, sandbox.credential("alice")) as stream:
        sandbox.streams[0].say("channel", {"id": "1", "body": "x" * 2_000_000})
        with pytest.raises(StreamEnded):
            following(stream)


def test_a_flood_is_read_at_a_pace(sandbox: Sandbox, transport: Transport) -> None:
    sandbox.misbehave("/streaming", "flood", notes=500)
    with open_as(sandbox, transport, sandbox.credential("alice")) as stream:
        stream.listen("1", "homeTimeline", {})
        began = time.monotonic()
        for _ in range(450):
            assert isinstance(following(stream), NewNote)
        assert time.monotonic() - began > 0.9


def test_large_messages_are_read_at_a_slower_pace(sandbox: Sandbox, transport: Transport) -> None:
    with open_as(sandbox, transport, sandbox.credential("alice")) as stream:
        (socket,) = sandbox.streams
        for number in range(5):
            body = {"deletedAt": "", "more": "x" * 1_000_000}
            socket.say("noteUpdated", {"id": str(number), "type": "deleted", "body": body})
        began = time.monotonic()
        for number in range(5):
            assert following(stream) == NoteChange(str(number), "deleted")
        assert time.monotonic() - began > 0.9


# Where it leads -------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["10.0.0.8", "127.0.0.1", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_inside_is_not_connected_to(
    network: Network, new_machine: NewMachine, transport: Transport, to: str
) -> None:
    network.names["misskey.example"] = [to]
    network.machines[to] = machine = new_machine(Connection.read_request)
    with pytest.raises(AddressForbidden):
        open_stream(transport, MISSKEY, Secret(I))
    assert machine.connections == 0


def test_a_name_that_leads_elsewhere_the_next_time(
    network: Network, new_machine: NewMachine, transport: Transport
) -> None:
    network.names["misskey.example"] = [PUBLIC]
    network.machines[PUBLIC] = outside = new_machine(Connection.read_request)
    with pytest.raises(StreamRefused):
        open_stream(transport, MISSKEY, Secret(I))
    assert outside.connections == 1
    network.names["misskey.example"] = ["10.0.0.8"]
    network.machines["10.0.0.8"] = inside = new_machine(Connection.read_request)
    with pytest.raises(AddressForbidden):
        open_stream(transport, MISSKEY, Secret(I))
    assert inside.connections == 0


def test_nobody_there(new_transport: NewTransport) -> None:
    with pytest.raises(ServerUnreachable):
        open_stream(new_transport(), ServerAddress("127.0.0.1:1", is_loopback=True), Secret(I))


def test_the_credential_travels_under_tls_only_and_to_whom_we_trust(
    at_misskey: Callable[..., Machine], certificates: Certificates, transport: Transport
) -> None:
    tls = certificates.server("misskey.example")
    machine = at_misskey(Connection.read_request, tls)
    with pytest.raises(MisskeyError):
        open_stream(transport, MISSKEY, Secret(I))
    assert machine.requests == []


def test_tls_with_an_authority_we_trust(
    at_misskey: Callable[..., Machine], trusted: Certificates, transport: Transport
) -> None:
    machine = at_misskey(Connection.read_request, trusted.server("misskey.example"))
    with pytest.raises(StreamRefused):
        open_stream(transport, MISSKEY, Secret(I))
    (request,) = machine.requests
    assert request.line == f"GET /streaming?i={I} HTTP/1.1"
    assert request.headers["host"] == "misskey.example"
    assert request.headers["user-agent"] == "Engawa"
    assert "sec-websocket-extensions" not in request.headers


def test_tls_types() -> None:
    context = streaming._authorities(streaming._bundle())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
