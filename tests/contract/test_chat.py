"""Chat: what each answer holds, for the calls no recording shows, and who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .server import Server
from .test_behaviour import code
from .test_schemas import held_to_schema

HTTP_INSIDE = 500


@pytest.fixture
def room(server: Server) -> Iterator[str]:
    """A room of alice's with nobody else in it, gone afterwards."""
    server.only_sandbox("one may make only ten rooms in a day").world.limiter.forget()
    made = server.call("chat/rooms/create", name="Contract", description="For tests")
    held_to_schema("chat/rooms/create", made.body)
    yield made.body["id"]
    server.call("chat/rooms/delete", roomId=made.body["id"])


def said(reply: Any) -> str:
    """What the server says to itself where it has no error of its own."""
    assert code(reply) == (HTTP_INSIDE, "INTERNAL_ERROR")
    return str(reply.body["error"]["info"]["e"]["message"])


def has_come_in(server: Server, room: str) -> None:
    """Bob is asked into the room, and comes."""
    bob = server.other()["id"]
    asked = server.call("chat/rooms/invitations/create", roomId=room, userId=bob)
    held_to_schema("chat/rooms/invitations/create", asked.body)
    assert server.call("chat/rooms/join", "bob", roomId=room).status == 204


# Messages -----------------------------------------------------------------


def test_reading_a_conversation_is_what_marks_it_read(server: Server) -> None:
    alice, bob = server.account()["id"], server.other()["id"]
    server.call("chat/messages/create-to-user", "bob", toUserId=alice, text="new")

    def is_read() -> bool:
        history = server.call("chat/history").body
        held_to_schema("chat/history", history)
        last = next(m for m in history if bob in (m["fromUserId"], m["toUserId"]))
        return bool(last["isRead"])

    assert is_read() is False
    assert server.account()["hasUnreadChatMessages"] is True
    assert server.call("chat/read-all").status == 204
    assert server.account()["hasUnreadChatMessages"] is False
    assert is_read() is False, "each conversation keeps its mark"
    found = server.call("chat/messages/user-timeline", userId=bob, limit=1).body
    held_to_schema("chat/messages/user-timeline", found)
    assert [message["text"] for message in found] == ["new"]
    assert is_read() is True


def test_a_conversation_is_paged_by_ids(server: Server) -> None:
    bob = server.other()["id"]
    made = [
        server.call("chat/messages/create-to-user", toUserId=bob, text=str(n)).body["id"]
        for n in range(3)
    ]

    def listed(**asked: Any) -> list[str]:
        found = server.call("chat/messages/user-timeline", userId=bob, **asked).body
        return [message["id"] for message in found]

    assert listed(limit=3) == made[::-1]
    assert listed(limit=2, untilId=made[2]) == [made[1], made[0]]
    assert listed(sinceId=made[0]) == made[1:]


def test_what_a_message_must_have(server: Server) -> None:
    alice, bob = server.account()["id"], server.other()["id"]
    send = "chat/messages/create-to-user"
    assert code(server.call(send, toUserId=bob)) == (400, "CONTENT_REQUIRED")
    assert code(server.call(send, toUserId=alice, text="x")) == (400, "RECIPIENT_IS_YOURSELF")
    assert code(server.call(send, toUserId="abc", text="x")) == (400, "NO_SUCH_USER")
    assert code(server.call(send, toUserId=bob, fileId="abc")) == (400, "NO_SUCH_FILE")
    assert code(server.call(send, toUserId=bob, text="x" * 2001)) == (400, "INVALID_PARAM")
    with_file = server.call(send, toUserId=bob, fileId=server.file())
    held_to_schema(send, with_file.body)
    assert with_file.body["file"] is not None


def test_who_takes_no_messages_is_said_inside_alone(server: Server) -> None:
    world = server.only_sandbox("who follows whom").world
    alice, dave = world.person("alice"), world.person("dave")
    send = "chat/messages/create-to-user"
    reply = server.call(send, toUserId=dave.id, text="x")
    assert said(reply) == "recipient is cannot chat (mutual)"
    dave.chosen["chatScope"] = "everyone"
    assert server.call(send, toUserId=dave.id, text="x").status == 200
    dave.chosen["chatScope"] = "none"
    assert said(server.call(send, toUserId=dave.id, text="x")) == "recipient is cannot chat (none)"
    world.chat_approvals.add((dave.id, alice.id))
    assert server.call(send, toUserId=dave.id, text="x").status == 200, "he wrote before"
    with server.blocked_by_bob():
        assert said(server.call(send, toUserId=server.other()["id"], text="x")) == "blocked"


def test_one_deletes_ones_own_alone(server: Server) -> None:
    bob = server.other()["id"]
    made = server.call("chat/messages/create-to-user", toUserId=bob, text="mine").body["id"]
    reply = server.call("chat/messages/delete", "bob", messageId=made)
    assert code(reply) == (400, "NO_SUCH_MESSAGE")
    assert server.call("chat/messages/delete", messageId=made).status == 204
    gone = server.call("chat/messages/show", messageId=made)
    assert code(gone) == (400, "NO_SUCH_MESSAGE")


def test_one_reacts_to_what_others_wrote(server: Server) -> None:
    bob = server.other()["id"]
    made = server.call("chat/messages/create-to-user", toUserId=bob, text="x").body["id"]
    react, unreact = "chat/messages/react", "chat/messages/unreact"
    own = server.call(react, messageId=made, reaction="👍")
    assert said(own) == "cannot react to own message"
    unknown = server.call(react, "bob", messageId=made, reaction=":no_such_emoji:")
    assert said(unknown) == "no such emoji"
    assert said(server.call(react, "bob", messageId=made, reaction="x")) == "invalid emoji"
    assert server.call(react, "bob", messageId=made, reaction="❤️").status == 204
    assert server.call(react, "bob", messageId=made, reaction="👍").status == 204

    def given() -> list[str]:
        shown = server.call("chat/messages/show", messageId=made).body
        held_to_schema("chat/messages/show", shown)
        return [one["reaction"] for one in shown["reactions"]]

    assert given() == ["❤", "👍"]
    assert server.call(unreact, "bob", messageId=made, reaction="👍").status == 204
    assert server.call(unreact, "bob", messageId=made, reaction="👍").status == 204, "no error"
    assert given() == ["❤"]


def test_messages_are_found_by_their_words(server: Server, room: str) -> None:
    bob = server.other()["id"]
    for text in ("A needle", "straw"):
        server.call("chat/messages/create-to-user", toUserId=bob, text=text)
    server.call("chat/messages/create-to-room", toRoomId=room, text="Needles in here")

    def found(who: str = "alice", **asked: Any) -> list[str]:
        reply = server.call("chat/messages/search", who, query="NEEDLE", **asked)
        held_to_schema("chat/messages/search", reply.body)
        return [message["text"] for message in reply.body]

    assert found() == ["Needles in here", "A needle"]
    assert found("bob") == ["A needle"]
    assert found(userId=bob) == ["A needle"]
    assert found(roomId=room) == ["Needles in here"]
    refused = server.call("chat/messages/search", "bob", query="x", roomId=room)
    assert code(refused) == (400, "NO_SUCH_ROOM")


# Rooms --------------------------------------------------------------------


def test_only_who_is_in_a_room_reads_and_writes_there(server: Server, room: str) -> None:
    read, write = "chat/messages/room-timeline", "chat/messages/create-to-room"
    assert code(server.call(read, "bob", roomId=room)) == (400, "NO_SUCH_ROOM")
    assert code(server.call("chat/rooms/members", "bob", roomId=room)) == (400, "NO_SUCH_ROOM")
    stranger = server.call(write, "bob", toRoomId=room, text="x")
    assert said(stranger) == "you are not a member of the room"
    assert server.call("chat/rooms/show", "bob", roomId=room).status == 200, "to look at"
    has_come_in(server, room)
    sent = server.call(write, "bob", toRoomId=room, text="hello")
    held_to_schema(write, sent.body)
    server.call("chat/messages/react", messageId=sent.body["id"], reaction="👍")
    found = server.call(read, roomId=room).body
    held_to_schema(read, found)
    assert [message["text"] for message in found] == ["hello"]
    hidden = server.call("chat/messages/show", messageId=sent.body["id"])
    assert code(hidden) == (400, "NO_SUCH_MESSAGE"), "another's, in a room"


def test_invitations_are_taken_ignored_and_seen(server: Server, room: str) -> None:
    bob = server.other()["id"]
    join, asked = "chat/rooms/join", "chat/rooms/invitations/create"
    assert "find any entity" in said(server.call(join, "bob", roomId=room))
    assert server.call(asked, roomId=room, userId=bob).status == 200
    assert said(server.call(asked, roomId=room, userId=bob)) == "already invited"
    not_mine = server.call(asked, "bob", roomId=room, userId=bob)
    assert code(not_mine) == (400, "NO_SUCH_ROOM")
    assert server.call("chat/rooms/show", "bob", roomId=room).body["invitationExists"] is True
    outbox = server.call("chat/rooms/invitations/outbox", roomId=room).body
    held_to_schema("chat/rooms/invitations/outbox", outbox)
    assert [one["userId"] for one in outbox] == [bob]

    def inbox() -> list[str]:
        found = server.call("chat/rooms/invitations/inbox", "bob").body
        held_to_schema("chat/rooms/invitations/inbox", found)
        return [one["roomId"] for one in found]

    assert inbox() == [room]
    assert server.call("chat/rooms/invitations/ignore", "bob", roomId=room).status == 204
    assert inbox() == []
    assert server.call(join, "bob", roomId=room).status == 204, "still open"
    assert said(server.call(asked, roomId=room, userId=bob)) == "already member"


def test_members_mute_and_leave_and_owners_do_not(server: Server, room: str) -> None:
    has_come_in(server, room)
    found = server.call("chat/rooms/members", roomId=room).body
    held_to_schema("chat/rooms/members", found)
    assert [one["userId"] for one in found] == [server.other()["id"]], "not its owner"
    joining = server.call("chat/rooms/joining", "bob").body
    held_to_schema("chat/rooms/joining", joining)
    assert room in [one["room"]["id"] for one in joining]
    assert server.call("chat/rooms/mute", "bob", roomId=room, mute=True).status == 204
    shown = server.call("chat/rooms/show", "bob", roomId=room).body
    held_to_schema("chat/rooms/show", shown)
    assert shown["isMuted"] is True
    server.call("chat/messages/create-to-room", toRoomId=room, text="psst")
    history = server.call("chat/history", "bob", room=True).body
    assert [m["isRead"] for m in history if m["toRoomId"] == room] == [True]
    assert server.call("chat/rooms/leave", "bob", roomId=room).status == 204
    for doing in ("leave", "mute"):
        reply = server.call(f"chat/rooms/{doing}", roomId=room, **{"mute": True})
        assert "find any entity" in said(reply)


def test_a_room_is_its_owners(server: Server, room: str) -> None:
    has_come_in(server, room)
    for endpoint in ("chat/rooms/update", "chat/rooms/delete", "chat/rooms/invitations/outbox"):
        assert code(server.call(endpoint, "bob", roomId=room)) == (400, "NO_SUCH_ROOM")
    changed = server.call("chat/rooms/update", roomId=room, name="New", description="")
    held_to_schema("chat/rooms/update", changed.body)
    assert (changed.body["name"], changed.body["description"]) == ("New", "")
    assert server.call("chat/rooms/delete", roomId=room).status == 204
    assert code(server.call("chat/rooms/show", roomId=room)) == (400, "NO_SUCH_ROOM")
