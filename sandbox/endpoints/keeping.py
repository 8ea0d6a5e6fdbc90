"""Keeping notes: favourites, clips, pins."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, PAGING, flag, obj
from ..records import Clip, Note
from ..shapes import POLICIES
from .paging import page
from .table import HOUR, Call, endpoint
from .timelines import page as page_of_notes

NOTE = obj({"noteId": ID}, ["noteId"])
CLIP = obj({"clipId": ID}, ["clipId"])
CLIP_AND_NOTE = obj({"clipId": ID, "noteId": ID}, ["clipId", "noteId"])
NAME = {"type": "string", "minLength": 1, "maxLength": 100}
DESCRIPTION = {"type": "string", "nullable": True, "maxLength": 2048}


# Favourites ---------------------------------------------------------------


@endpoint("notes/favorites/create", NOTE, kind="write:favorites", limit=Limit(20, HOUR))
def favorite(call: Call) -> Any:
    """Put a note among one's favourites."""
    note = call.note("6dd26674-e060-4816-909a-45ba3f4da458")
    if (call.me.id, note.id) in call.world.favorites:
        raise ApiError(
            "ALREADY_FAVORITED",
            "The note has already been marked as a favorite.",
            "a402c12b-34dd-41d2-97d8-4d2ffd96a1a6",
        )
    call.world.add_favorite(call.me, note)


@endpoint("notes/favorites/delete", NOTE, kind="write:favorites")
def unfavorite(call: Call) -> Any:
    """Take it out again."""
    note = call.note("80848a2c-398f-4343-baa9-df1d57696c56")
    if call.world.favorites.pop((call.me.id, note.id), None) is None:
        raise ApiError(
            "NOT_FAVORITED",
            "You have not marked that note a favorite.",
            "b625fc69-635e-45e9-86f4-dbefbef35af5",
        )


@endpoint("i/favorites", obj(PAGING), kind="read:favorites")
def favorites(call: Call) -> Any:
    """One's favourites (i-favorites.json). They are paged by their own ids, not the notes'."""
    mine = [(id, note) for (who, note), id in call.world.favorites.items() if who == call.me.id]
    return [
        call.show.favorite(id, call.world.notes[note])
        for id, note in page(call.params, mine, lambda pair: pair[0])
    ]


# Clips --------------------------------------------------------------------


@endpoint("clips/list", obj(PAGING), kind="read:account")
def clips(call: Call) -> Any:
    """One's clips (clips-list.json)."""
    mine = [clip for clip in call.world.clips.values() if clip.user_id == call.me.id]
    return [call.show.clip(clip) for clip in page(call.params, mine, lambda clip: clip.id)]


@endpoint(
    "clips/create",
    obj({"name": NAME, "isPublic": flag(False), "description": DESCRIPTION}, ["name"]),
    kind="write:account",
)
def create_clip(call: Call) -> Any:
    """A new clip (clips-create.json)."""
    mine = [clip for clip in call.world.clips.values() if clip.user_id == call.me.id]
    if len(mine) >= POLICIES["clipLimit"]:
        raise ApiError(
            "TOO_MANY_CLIPS",
            "You cannot create clip any more.",
            "920f7c2d-6208-4b76-8082-e632020f5883",
        )
    params = call.params
    description = params.get("description") or None
    return call.show.clip(
        call.world.create_clip(call.me, params["name"], description, params["isPublic"])
    )


@endpoint(
    "clips/update",
    obj(
        {
            "clipId": ID,
            "name": NAME,
            "isPublic": {"type": "boolean"},
            "description": DESCRIPTION,
        },
        ["clipId"],
    ),
    kind="write:account",
)
def update_clip(call: Call) -> Any:
    """Change what a clip is called and who may see it (clips-update.json)."""
    clip, params = call.own_clip("b4d92d70-b216-46fa-9a3f-a8c811699257"), call.params
    clip.name = params.get("name", clip.name)
    clip.public = params.get("isPublic", clip.public)
    if "description" in params:
        clip.description = params["description"] or None
    return call.show.clip(clip)


@endpoint("clips/delete", CLIP, kind="write:account")
def delete_clip(call: Call) -> Any:
    """Delete a clip; the notes stay."""
    clip = call.own_clip("70ca08ba-6865-4630-b6fb-8494759aa754")
    del call.world.clips[clip.id]


@endpoint("clips/show", CLIP, kind="read:account", signed_out=True)
def show_clip(call: Call) -> Any:
    """One's own clip, or a public one (clips-show.json)."""
    return call.show.clip(_readable(call, "c3c5fe33-d62c-44d2-9ea5-d997703f5c20"))


@endpoint(
    "clips/notes",
    obj(
        {
            "clipId": ID,
            **PAGING,
            "search": {"type": "string", "nullable": True, "minLength": 1, "maxLength": 100},
        },
        ["clipId"],
    ),
    kind="read:account",
    signed_out=True,
)
def clip_notes(call: Call) -> Any:
    """What is in a clip, by the notes' own age (clips-notes.json)."""
    clip = _readable(call, "1d7645e6-2b6d-4635-b0fe-fe22b0e72e00")
    words = (call.params.get("search") or "").lower().split()

    def belongs(note: Note) -> bool:
        said = f"{note.text or ''} {note.cw or ''}".lower()
        return (
            note.id in clip.notes
            and call.world.is_visible(note, call.person)
            and all(word in said for word in words)
        )

    return page_of_notes(call, belongs)


@endpoint("clips/add-note", CLIP_AND_NOTE, kind="write:account", limit=Limit(20, HOUR))
def clip_note(call: Call) -> Any:
    """Put a note into a clip."""
    clip = call.own_clip("d6e76cc0-a1b5-4c7c-a287-73fa9c716dcf")
    if len(clip.notes) >= POLICIES["noteEachClipsLimit"]:
        raise ApiError(
            "TOO_MANY_CLIP_NOTES",
            "You cannot add notes to the clip any more.",
            "f0dba960-ff73-4615-8df4-d6ac5d9dc118",
        )
    note = call.note("fc8c0b49-c7a3-4664-a0a6-b418d386bb8b")
    if note.id in clip.notes:
        raise ApiError(
            "ALREADY_CLIPPED",
            "The note has already been clipped.",
            "734806c4-542c-463a-9311-15c512803965",
        )
    call.world.clip_note(clip, note)


@endpoint("clips/remove-note", CLIP_AND_NOTE, kind="write:account")
def unclip_note(call: Call) -> Any:
    """Take a note out of a clip; one that is not in it is no error."""
    clip = call.own_clip("b80525c6-97f7-49d7-a42d-ebccd49cfd52")
    note = call.note("aff017de-190e-434b-893e-33a9ff5049d8")
    if note.id in clip.notes:
        clip.notes.remove(note.id)
        note.clipped_count -= 1


def _readable(call: Call, error_id: str) -> Clip:
    clip = call.world.clips.get(call.params["clipId"])
    mine = clip is not None and call.person is not None and clip.user_id == call.person.id
    if clip is None or not (clip.public or mine):
        raise ApiError("NO_SUCH_CLIP", "No such clip.", error_id)
    return clip


@endpoint("notes/clips", NOTE)
def clips_of_note(call: Call) -> Any:
    """The public clips that hold a note (notes-clips.json)."""
    note = call.note("47db1a1c-b0af-458d-8fb4-986e4efafe1e")
    holding = [clip for clip in call.world.clips.values() if clip.public and note.id in clip.notes]
    return [call.show.clip(clip) for clip in holding]


# Others' clips ------------------------------------------------------------


@endpoint("clips/favorite", CLIP, kind="write:clip-favorite")
def favorite_clip(call: Call) -> Any:
    """Keep a public clip in mind, or one of one's own."""
    clip = _readable(call, "4c2aaeae-80d8-4250-9606-26cb1fdb77a5")
    if (call.me.id, clip.id) in call.world.clip_favorites:
        raise ApiError(
            "ALREADY_FAVORITED",
            "The clip has already been favorited.",
            "92658936-c625-4273-8326-2d790129256e",
        )
    call.world.clip_favorites[call.me.id, clip.id] = None


@endpoint("clips/unfavorite", CLIP, kind="write:clip-favorite")
def unfavorite_clip(call: Call) -> Any:
    """Forget it again."""
    clip = _readable(call, "2603966e-b865-426c-94a7-af4a01241dc1")
    if (call.me.id, clip.id) not in call.world.clip_favorites:
        raise ApiError(
            "NOT_FAVORITED",
            "You have not favorited the clip.",
            "90c3a9e8-b321-4dae-bf57-2bf79bbcc187",
        )
    del call.world.clip_favorites[call.me.id, clip.id]


@endpoint("clips/my-favorites", kind="read:clip-favorite")
def favorite_clips(call: Call) -> Any:
    """The clips one keeps in mind (clips-my-favorites.json)."""
    mine = [kept for who, kept in call.world.clip_favorites if who == call.me.id]
    return [call.show.clip(call.world.clips[id]) for id in mine if id in call.world.clips]


@endpoint("users/clips", obj({"userId": ID, **PAGING}, ["userId"]))
def clips_of(call: Call) -> Any:
    """Somebody's public clips (users-clips.json)."""
    theirs = [
        clip
        for clip in call.world.clips.values()
        if clip.user_id == call.params["userId"] and clip.public
    ]
    return [call.show.clip(clip) for clip in page(call.params, theirs, lambda clip: clip.id)]


# Pins ---------------------------------------------------------------------


@endpoint("i/pin", NOTE, kind="write:account")
def pin(call: Call) -> Any:
    """Pin one's own note to one's profile, before the others (i-pin.json)."""
    note = call.note("56734f8b-3928-431e-bf80-6ff87df40cb3")
    if note.user_id != call.me.id:
        raise ApiError("NO_SUCH_NOTE", "No such note.", "56734f8b-3928-431e-bf80-6ff87df40cb3")
    if len(call.me.pinned) >= POLICIES["pinLimit"]:
        raise ApiError(
            "PIN_LIMIT_EXCEEDED",
            "You can not pin notes any more.",
            "72dab508-c64d-498f-8740-a8eec1ba385a",
        )
    if note.id in call.me.pinned:
        raise ApiError(
            "ALREADY_PINNED",
            "That note has already been pinned.",
            "8b18c2b7-68fe-4edb-9892-c0cbaeb6c913",
        )
    call.me.pinned.insert(0, note.id)
    return call.show.me_detailed(call.me)


@endpoint("i/unpin", NOTE, kind="write:account")
def unpin(call: Call) -> Any:
    """Take the pin out; a note that has none is no error (i-unpin.json)."""
    note = call.note("454170ce-9d63-4a43-9da1-ea10afe81e21")
    if note.id in call.me.pinned:
        call.me.pinned.remove(note.id)
    return call.show.me_detailed(call.me)
