"""Timelines of the whole server, and what it finds most liked."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..params import ID, LIMIT, NULLABLE_ID, PAGING, Schema, flag, obj
from ..records import Note, Person
from .table import Call, endpoint
from .timelines import ALLOW_PARTIAL, page

WITH: dict[str, Schema] = {"withFiles": flag(False), "withRenotes": flag(True)}
WITH_REPLIES: dict[str, Schema] = {**WITH, "withReplies": flag(False)}
INCLUDE: dict[str, Schema] = {
    "includeMyRenotes": flag(True),
    "includeRenotedMyNotes": flag(True),
    "includeLocalRenotes": flag(True),
}


def _passes(call: Call, note: Note) -> bool:
    """What the person, and the filters of the call, let through."""
    params, world, me = call.params, call.world, call.person
    if me is not None and world.is_hidden_by_mutes(note, me):
        return False
    if note.channel_id is not None or (params["withFiles"] and not note.file_ids):
        return False
    if note.is_pure_renote:
        return bool(params["withRenotes"])
    to_others = note.reply_user_id not in {None, note.user_id, me.id if me else None}
    return not to_others or bool(params.get("withReplies", True))


def _is_local(call: Call, note: Note) -> bool:
    return call.world.people[note.user_id].host is None and note.visibility == "public"


@endpoint("notes/local-timeline", obj({**WITH_REPLIES, **PAGING, **ALLOW_PARTIAL}))
def local_timeline(call: Call) -> Any:
    """What people of this server say to everybody."""
    if not call.world.settings.local_timeline:
        raise ApiError(
            "LTL_DISABLED",
            "Local timeline has been disabled.",
            "45a6eb02-7695-4393-b023-dd3be9aaaefd",
        )
    return page(call, lambda note: _is_local(call, note) and _passes(call, note))


@endpoint(
    "notes/hybrid-timeline",
    obj({**PAGING, **ALLOW_PARTIAL, **INCLUDE, **WITH_REPLIES}),
    kind="read:account",
)
def hybrid_timeline(call: Call) -> Any:
    """Home and local together."""
    if not call.world.settings.local_timeline:
        raise ApiError(
            "STL_DISABLED",
            "Hybrid timeline has been disabled.",
            "620763f4-f621-4533-ab33-0577a1a3c342",
        )

    def belongs(note: Note) -> bool:
        near = _is_local(call, note) or call.world.in_home_of(note, call.me)
        return near and _passes(call, note)

    return page(call, belongs)


@endpoint("notes/global-timeline", obj({**WITH, **PAGING}))
def global_timeline(call: Call) -> Any:
    """Everything public that this server knows."""
    if not call.world.settings.global_timeline:
        raise ApiError(
            "GTL_DISABLED",
            "Global timeline has been disabled.",
            "0332fc13-6ab2-4427-ae80-a9fadffd1a6b",
        )
    return page(call, lambda note: note.visibility == "public" and _passes(call, note))


@endpoint(
    "notes/featured",
    obj({"limit": LIMIT, "untilId": ID, "channelId": NULLABLE_ID}),
    get=True,
)
def featured(call: Call) -> Any:
    """What people liked most (notes-featured.json): here, what at least two reacted to."""
    until = call.params.get("untilId")
    found = [
        note
        for note in call.world.notes.values()
        if note.visibility == "public"
        and len(note.reactions) > 1
        and (until is None or note.id < until)
        and note.channel_id == (call.params.get("channelId") or note.channel_id)
    ]
    found.sort(key=lambda note: note.id, reverse=True)
    return call.show.notes(found[: int(call.params["limit"])])


OFFSET = {"limit": LIMIT, "offset": {"type": "integer", "default": 0}}


@endpoint("notes/featured", obj(OFFSET), ages=("v12", "v11"))
def featured_once(call: Call) -> Any:
    """The same by number."""
    first, limit = max(0, int(call.params["offset"])), int(call.params["limit"])
    call.params |= {"limit": first + limit}
    return featured(call)[first:]


# Lists and antennas -------------------------------------------------------


@endpoint(
    "notes/user-list-timeline",
    obj({"listId": ID, **PAGING, **ALLOW_PARTIAL, **INCLUDE, **WITH}, ["listId"]),
    kind="read:account",
)
def list_timeline(call: Call) -> Any:
    """What the people of one's list say."""
    made = call.world.lists.get(call.params["listId"])
    if made is None or made.user_id != call.me.id:
        raise ApiError("NO_SUCH_LIST", "No such list.", "8fb1fbd5-e476-4c37-9fb0-43d55b63a2ff")

    def belongs(note: Note) -> bool:
        of_list = note.user_id in made.members and call.world.is_visible(note, call.me)
        return of_list and _passes(call, note)

    return page(call, belongs)


@endpoint("users/lists/list", obj({"userId": ID}), kind="read:account", signed_out=True)
def lists(call: Call) -> Any:
    """One's lists, or the public ones of somebody (users-lists-list.json)."""
    who = call.params.get("userId")
    mine = call.person.id if call.person else None
    return [
        call.show.user_list(made)
        for made in call.world.lists.values()
        if (made.user_id == who and made.public if who else made.user_id == mine)
    ]


@endpoint(
    "users/lists/show",
    obj({"listId": ID, "forPublic": flag(False)}, ["listId"]),
    kind="read:account",
    signed_out=True,
)
def show_list(call: Call) -> Any:
    """One's own list (users-lists-show.json); a public one only where it is asked for as
    such, and then with whether one keeps it in mind."""
    made = call.world.lists.get(call.params["listId"])
    is_own = made is not None and call.person is not None and made.user_id == call.person.id
    wants_public = call.params["forPublic"] or call.person is None
    if made is None or not (made.public if wants_public else is_own):
        raise ApiError("NO_SUCH_LIST", "No such list.", "7bc05c21-1d7a-41ae-88f1-66820f4dc686")
    shown = call.show.user_list(made)
    if not call.params["forPublic"]:
        return shown
    liked = [who for who, kept in call.world.list_favorites if kept == made.id]
    mine = call.person is not None and call.person.id in liked
    return {**shown, "likedCount": len(liked), "isLiked": mine}


ANTENNA = obj({"antennaId": ID}, ["antennaId"])


@endpoint("antennas/list", kind="read:account")
def antennas(call: Call) -> Any:
    """One's antennas (antennas-list.json)."""
    mine = [a for a in call.world.antennas.values() if a.user_id == call.me.id]
    return [call.show.antenna(antenna) for antenna in mine]


@endpoint("antennas/show", ANTENNA, kind="read:account")
def show_antenna(call: Call) -> Any:
    """One of one's antennas (antennas-show.json)."""
    antenna = call.world.antennas.get(call.params["antennaId"])
    if antenna is None or antenna.user_id != call.me.id:
        raise ApiError(
            "NO_SUCH_ANTENNA", "No such antenna.", "c06569fb-b025-4f23-b22d-1fcd20d2816b"
        )
    return call.show.antenna(antenna)


@endpoint("antennas/notes", obj({"antennaId": ID, **PAGING}, ["antennaId"]), kind="read:account")
def antenna_notes(call: Call) -> Any:
    """What an antenna heard: here, every note that has its words."""
    antenna = call.world.antennas.get(call.params["antennaId"])
    if antenna is None or antenna.user_id != call.me.id:
        raise ApiError(
            "NO_SUCH_ANTENNA", "No such antenna.", "850926e0-fd3b-49b6-b69a-b28a5dbd82fe"
        )

    def belongs(note: Note) -> bool:
        said = f"{note.text or ''} {note.cw or ''}".lower()
        heard = any(all(word.lower() in said for word in words) for words in antenna.keywords)
        return heard and note.visibility == "public" and _is_for(call, note, call.me)

    return page(call, belongs)


def _is_for(call: Call, note: Note, me: Person) -> bool:
    return note.user_id != me.id and not call.world.is_hidden_by_mutes(note, me)
