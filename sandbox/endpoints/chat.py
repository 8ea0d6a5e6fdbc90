"""Writing to each other, two by two and in rooms. The rules are in `sandbox/chats.py`."""

from __future__ import annotations

from typing import Any

from .. import chats
from ..errors import ApiError, failed_inside
from ..limits import Limit
from ..params import ID, LIMIT, NULLABLE_ID, PAGING, STRING, Schema, flag, obj
from ..records import ChatMessage, ChatRoom, File, Person
from .lists import PAGING_BY_30
from .paging import page
from .table import HOUR, Call, endpoint

TEXT: Schema = {"type": "string", "nullable": True, "maxLength": 2000}
ROOM_NAME: Schema = {"type": "string", "maxLength": 256}
ROOM_DESCRIPTION: Schema = {"type": "string", "maxLength": 1024}
ROOM = obj({"roomId": ID}, ["roomId"])
MESSAGE = obj({"messageId": ID}, ["messageId"])
REACTION = obj({"messageId": ID, "reaction": STRING}, ["messageId", "reaction"])


def _room(call: Call, error_id: str) -> ChatRoom:
    room = call.world.chat_rooms.get(call.params["roomId"])
    if room is None:
        raise _no_such_room(error_id)
    return room


def _own_room(call: Call, error_id: str) -> ChatRoom:
    room = _room(call, error_id)
    if room.owner_id != call.me.id:
        raise _no_such_room(error_id)
    return room


def _room_one_is_in(call: Call, error_id: str) -> ChatRoom:
    room = _room(call, error_id)
    if not chats.is_in(room, call.me.id):
        raise _no_such_room(error_id)
    return room


def _no_such_room(error_id: str) -> ApiError:
    return ApiError("NO_SUCH_ROOM", "No such room.", error_id)


def _message(call: Call, error_id: str) -> ChatMessage:
    message = call.world.chat_messages.get(call.params["messageId"])
    if message is None:
        raise ApiError("NO_SUCH_MESSAGE", "No such message.", error_id)
    return message


def _person(call: Call, name: str, error_id: str) -> Person:
    person = call.world.people.get(call.params[name])
    if person is None:
        raise ApiError("NO_SUCH_USER", "No such user.", error_id)
    return person


# Messages -----------------------------------------------------------------


@endpoint("chat/history", obj({"limit": LIMIT, "room": flag(False)}), kind="read:chat")
def history(call: Call) -> Any:
    """The last message of each conversation (chat-history.json); people one has muted are
    left out."""
    world, me, last = call.world, call.me, {}
    mine = {room.id for room in chats.rooms_of(world, me)}
    for message in sorted(world.chat_messages.values(), key=lambda message: message.id):
        if call.params["room"]:
            if message.room_id in mine:
                last[f"room:{message.room_id}"] = message
        elif message.to_id is not None and me.id in (message.from_id, message.to_id):
            other = message.to_id if message.from_id == me.id else message.from_id
            if (me.id, other) not in world.muting:
                last[f"user:{other}"] = message
    newest = sorted(last.items(), key=lambda pair: pair[1].id, reverse=True)
    return [
        {
            **call.show.chat_message(message),
            "isRead": (me.id, conversation) not in world.chat_marks,
        }
        for conversation, message in newest[: int(call.params["limit"])]
    ]


@endpoint("chat/read-all", kind="write:chat")
def read_all(call: Call) -> Any:
    """Nothing is new any more."""
    chats.mark_all_read(call.world, call.me)


@endpoint(
    "chat/messages/user-timeline",
    obj({**PAGING, "userId": ID}, ["userId"]),
    kind="read:chat",
)
def user_timeline(call: Call) -> Any:
    """What two wrote to each other (chat-messages-user.json). It is read then, on every
    page of it."""
    other = _person(call, "userId", "11795c64-40ea-4198-b06e-3c873ed9039d")
    found = chats.between(call.world, call.me.id, other.id)
    chats.mark_read(call.world, call.me, f"user:{other.id}")
    shown = page(call.params, found, lambda message: message.id)
    return [call.show.chat_message_lite(message) for message in shown]


@endpoint(
    "chat/messages/room-timeline",
    obj({**PAGING, "roomId": ID}, ["roomId"]),
    kind="read:chat",
)
def room_timeline(call: Call) -> Any:
    """What was written in a room one is in, which is read then."""
    room = _room_one_is_in(call, "c4d9f88c-9270-4632-b032-6ed8cee36f7f")
    chats.mark_read(call.world, call.me, f"room:{room.id}")
    shown = page(call.params, chats.in_room(call.world, room.id), lambda message: message.id)
    return [call.show.chat_message_lite(message) for message in shown]


@endpoint("chat/messages/show", MESSAGE, kind="read:chat")
def show(call: Call) -> Any:
    """One message (chat-messages-show.json): of two people only, or one's own."""
    error_id = "3710865b-1848-4da9-8d61-cfed15510b93"
    message = _message(call, error_id)
    if call.me.id not in (message.from_id, message.to_id):
        raise ApiError("NO_SUCH_MESSAGE", "No such message.", error_id)
    return call.show.chat_message(message)


@endpoint(
    "chat/messages/search",
    obj(
        {
            "query": {"type": "string", "minLength": 1, "maxLength": 256},
            "limit": LIMIT,
            "userId": NULLABLE_ID,
            "roomId": NULLABLE_ID,
        },
        ["query"],
    ),
    kind="read:chat",
)
def search(call: Call) -> Any:
    """Messages with these words: with one person, in one room, or anywhere."""
    world, me, asked = call.world, call.me, call.params
    if asked.get("userId"):
        found = list(chats.between(world, me.id, asked["userId"]))
    elif asked.get("roomId"):
        room = _room_one_is_in(call, "460b3669-81b0-4dc9-a997-44442141bf83")
        found = list(chats.in_room(world, room.id))
    else:
        mine = {room.id for room in chats.rooms_of(world, me)}
        found = [
            message
            for message in world.chat_messages.values()
            if me.id in (message.from_id, message.to_id) or message.room_id in mine
        ]
    words = asked["query"].lower()
    matching = [message for message in found if words in (message.text or "").lower()]
    matching.sort(key=lambda message: message.id, reverse=True)
    return [call.show.chat_message(message) for message in matching[: int(asked["limit"])]]


@endpoint(
    "drive/files/attached-chat-messages",
    obj({**PAGING, "fileId": ID}, ["fileId"]),
    kind="read:drive",
)
def with_file(call: Call) -> Any:
    """The messages that carry a file of one's own."""
    file = call.world.files.get(call.params["fileId"])
    if file is None or file.user_id != call.me.id:
        raise ApiError("NO_SUCH_FILE", "No such file.", "485ce26d-f5d2-4313-9783-e689d131eafb")
    found = [m for m in call.world.chat_messages.values() if m.file_id == file.id]
    return [
        call.show.chat_message(message)
        for message in page(call.params, found, lambda message: message.id)
    ]


def _content(call: Call, no_file: str, no_content: str) -> tuple[str | None, File | None]:
    text, file_id = call.params.get("text"), call.params.get("fileId")
    file = call.world.files.get(file_id or "")
    if file_id is not None and (file is None or file.user_id != call.me.id):
        raise ApiError("NO_SUCH_FILE", "No such file.", no_file)
    if text is None and file is None:
        message = "Content required. You need to set text or fileId."
        raise ApiError("CONTENT_REQUIRED", message, no_content)
    return text, file


@endpoint(
    "chat/messages/create-to-user",
    obj({"text": TEXT, "fileId": ID, "toUserId": ID}, ["toUserId"]),
    kind="write:chat",
    limit=Limit(500, HOUR),
)
def create_to_user(call: Call) -> Any:
    """Write to somebody (chat-messages-create-to-user.json)."""
    text, file = _content(
        call, "4372b8e2-185d-4146-8749-2f68864a3e5f", "25587321-b0e6-449c-9239-f8925092942c"
    )
    if call.params["toUserId"] == call.me.id:
        raise ApiError(
            "RECIPIENT_IS_YOURSELF",
            "You can not send a message to yourself.",
            "17e2ba79-e22a-4cbc-bf91-d327643f4a7e",
        )
    other = _person(call, "toUserId", "11795c64-40ea-4198-b06e-3c873ed9039d")
    return call.show.chat_message_lite(
        chats.write_to_person(call.world, call.me, other, text, file)
    )


@endpoint(
    "chat/messages/create-to-room",
    obj({"text": TEXT, "fileId": ID, "toRoomId": ID}, ["toRoomId"]),
    kind="write:chat",
    limit=Limit(500, HOUR),
)
def create_to_room(call: Call) -> Any:
    """Write in a room."""
    text, file = _content(
        call, "b6accbd3-1d7b-4d9f-bdb7-eb185bac06db", "340517b7-6d04-42c0-bac1-37ee804e3594"
    )
    room = call.world.chat_rooms.get(call.params["toRoomId"])
    if room is None:
        raise _no_such_room("8098520d-2da5-4e8f-8ee1-df78b55a4ec6")
    return call.show.chat_message_lite(chats.write_to_room(call.world, call.me, room, text, file))


@endpoint("chat/messages/delete", MESSAGE, kind="write:chat")
def delete(call: Call) -> Any:
    """Take one's own message away; another's is not there."""
    error_id = "36b67f0e-66a6-414b-83df-992a55294f17"
    message = _message(call, error_id)
    if message.from_id != call.me.id:
        raise ApiError("NO_SUCH_MESSAGE", "No such message.", error_id)
    chats.delete(call.world, message)


@endpoint("chat/messages/react", REACTION, kind="write:chat")
def react(call: Call) -> Any:
    """React to a message of somebody else."""
    message = _message(call, "9b5839b9-0ba0-4351-8c35-37082093d200")
    chats.react(call.world, message, call.me, call.params["reaction"])


@endpoint("chat/messages/unreact", REACTION, kind="write:chat")
def unreact(call: Call) -> Any:
    """Take a reaction back; one that was not there is no error."""
    message = _message(call, "c39ea42f-e3ca-428a-ad57-390e0a711595")
    chats.unreact(call.world, message, call.me, call.params["reaction"])


# Rooms --------------------------------------------------------------------


@endpoint(
    "chat/rooms/create",
    obj({"name": ROOM_NAME, "description": ROOM_DESCRIPTION}, ["name"]),
    kind="write:chat",
    limit=Limit(10, 24 * HOUR),
)
def create_room(call: Call) -> Any:
    """A new room (chat-rooms-create.json)."""
    asked = call.params
    room = chats.make_room(call.world, call.me, asked["name"], asked.get("description", ""))
    return call.show.chat_room(room)


@endpoint(
    "chat/rooms/update",
    obj({"roomId": ID, "name": ROOM_NAME, "description": ROOM_DESCRIPTION}, ["roomId"]),
    kind="write:chat",
)
def update_room(call: Call) -> Any:
    """What one's room is called, and what it is about."""
    room = _own_room(call, "fcdb0f92-bda6-47f9-bd05-343e0e020932")
    room.name = call.params.get("name", room.name)
    room.description = call.params.get("description", room.description)
    return call.show.chat_room(room)


@endpoint("chat/rooms/delete", ROOM, kind="write:chat")
def delete_room(call: Call) -> Any:
    """One's room and all that was written there."""
    chats.delete_room(call.world, _own_room(call, "d4e3753d-97bf-4a19-ab8e-21080fbc0f4b"))


@endpoint("chat/rooms/show", ROOM, kind="read:chat")
def show_room(call: Call) -> Any:
    """Any room, also for those who are not in it."""
    return call.show.chat_room(_room(call, "857ae02f-8759-4d20-9adb-6e95fffe4fd7"))


@endpoint("chat/rooms/owned", obj(PAGING_BY_30), kind="read:chat")
def owned(call: Call) -> Any:
    """The rooms one made (chat-rooms-owned.json)."""
    mine = [room for room in call.world.chat_rooms.values() if room.owner_id == call.me.id]
    return [call.show.chat_room(room) for room in page(call.params, mine, lambda room: room.id)]


@endpoint("chat/rooms/joining", obj(PAGING_BY_30), kind="read:chat")
def joining(call: Call) -> Any:
    """The rooms of others that one is in, each with its room and without the person."""
    world, me = call.world, call.me
    mine = [
        (world.tie("room", room.id, me.id), room)
        for room in world.chat_rooms.values()
        if me.id in room.members
    ]
    return [
        {**call.show.chat_membership(id, room, me), "room": call.show.chat_room(room)}
        for id, room in page(call.params, mine, lambda pair: pair[0])
    ]


@endpoint("chat/rooms/members", obj({"roomId": ID, **PAGING_BY_30}, ["roomId"]), kind="write:chat")
def members(call: Call) -> Any:
    """Who is in a room one is in; its owner has no membership."""
    room, world = _room_one_is_in(call, "7b9fe84c-eafc-4d21-bf89-485458ed2c18"), call.world
    there = [(world.tie("room", room.id, who), world.people[who]) for who in room.members]
    return [
        {**call.show.chat_membership(id, room, person), "user": call.show.user(person)}
        for id, person in page(call.params, there, lambda pair: pair[0])
    ]


@endpoint("chat/rooms/join", ROOM, kind="write:chat")
def join(call: Call) -> Any:
    """Take an invitation; without one the server fails inside."""
    room = _room(call, "84416476-5ce8-4a2c-b568-9569f1b10733")
    if call.me.id not in room.invited:
        raise failed_inside("Could not find any entity of type")
    if len(room.members) >= chats.MOST_MEMBERS:
        raise failed_inside("room is full")
    chats.join(call.world, room, call.me)


@endpoint("chat/rooms/leave", ROOM, kind="write:chat")
def leave(call: Call) -> Any:
    """Be in it no longer; its owner can't go."""
    room = _room(call, "cb7f3179-50e8-4389-8c30-dbe2650a67c9")
    if call.me.id not in room.members:
        raise failed_inside("Could not find any entity of type")
    chats.leave(call.world, room, call.me)


@endpoint(
    "chat/rooms/mute",
    obj({"roomId": ID, "mute": {"type": "boolean"}}, ["roomId", "mute"]),
    kind="write:chat",
)
def mute(call: Call) -> Any:
    """Whether what is written there is new to one; its owner can't."""
    room = _room(call, "c2cde4eb-8d0f-42f1-8f2f-c4d6bfc8e5df")
    if call.me.id not in room.members:
        raise failed_inside("Could not find any entity of type")
    room.members[call.me.id] = call.params["mute"]


@endpoint(
    "chat/rooms/invitations/create",
    obj({"roomId": ID, "userId": ID}, ["roomId", "userId"]),
    kind="write:chat",
    limit=Limit(50, 24 * HOUR),
)
def invite(call: Call) -> Any:
    """Ask somebody into one's room."""
    room = _own_room(call, "916f9507-49ba-4e90-b57f-1fd4deaa47a5")
    person = call.world.people[call.params["userId"]]
    return call.show.chat_invitation(chats.invite(call.world, room, person), room, person)


@endpoint("chat/rooms/invitations/ignore", ROOM, kind="write:chat")
def ignore(call: Call) -> Any:
    """Leave an invitation lying, out of sight."""
    room = _room(call, "5130557e-5a11-4cfb-9cc5-fe60cda5de0d")
    if call.me.id not in room.invited:
        raise failed_inside("Could not find any entity of type")
    room.ignored.add(call.me.id)


@endpoint("chat/rooms/invitations/inbox", obj(PAGING_BY_30), kind="read:chat")
def inbox(call: Call) -> Any:
    """To which rooms one is asked, but for those one ignores."""
    mine = [
        (room.invited[call.me.id], room)
        for room in call.world.chat_rooms.values()
        if call.me.id in room.invited and call.me.id not in room.ignored
    ]
    return [
        call.show.chat_invitation(id, room, call.me)
        for id, room in page(call.params, mine, lambda pair: pair[0])
    ]


@endpoint(
    "chat/rooms/invitations/outbox",
    obj({"roomId": ID, **PAGING_BY_30}, ["roomId"]),
    kind="read:chat",
)
def outbox(call: Call) -> Any:
    """Whom one asked into one's room and who has not answered; also those who ignore it."""
    room = _own_room(call, "a3c6b309-9717-4316-ae94-a69b53437237")
    asked = [(id, call.world.people[who]) for who, id in room.invited.items()]
    return [
        call.show.chat_invitation(id, room, person)
        for id, person in page(call.params, asked, lambda pair: pair[0])
    ]
