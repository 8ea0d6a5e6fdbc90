"""One note: reading it, its thread, its translation."""

from __future__ import annotations

import re
from typing import Any

from ..errors import ApiError, internal_error
from ..limits import Limit
from ..params import ID, LIMIT, STRING, obj
from ..records import Note
from .table import HOUR, Call, endpoint

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
MARKED = {
    "ja": "（訳したつもりの文です）",
    "en": "(These words stand where a translation would.)",
}


@endpoint("notes/show", obj({"noteId": ID}, ["noteId"]))
def show(call: Call) -> Any:
    """A note; one that `me` may not read comes as a shell with `isHidden` (FACTS.md C.4)."""
    return call.show.note(call.note("24fcbfc6-2e37-42b6-8388-c29b3861a08d"))


@endpoint(
    "notes/conversation",
    obj({"noteId": ID, "limit": LIMIT, "offset": {"type": "integer", "default": 0}}, ["noteId"]),
)
def conversation(call: Call) -> Any:
    """What the note answers, and what that answers: the nearest first."""
    note = call.note("e1035875-9551-45ec-afa8-1ded1fcb53c8")
    above: list[Note] = []
    while note.reply_id in call.world.notes:
        note = call.world.notes[note.reply_id]
        above.append(note)
    first = max(0, int(call.params["offset"]))
    return call.show.notes(above[first : first + int(call.params["limit"])])


@endpoint("notes/state", obj({"noteId": ID}, ["noteId"]), kind="read:account")
def state(call: Call) -> Any:
    """Whether it is among `me`'s favourites, and its thread muted."""
    note = call.world.notes[call.params["noteId"]]
    key = (call.me.id, note.id)
    return {
        "isFavorited": key in call.world.favorites,
        "isMutedThread": (call.me.id, note.thread_id or note.id) in call.world.muted_threads,
    }


@endpoint(
    "notes/thread-muting/create",
    obj({"noteId": ID}, ["noteId"]),
    kind="write:account",
    limit=Limit(10, HOUR),
)
def mute_thread(call: Call) -> Any:
    """Hear no more of a thread. Twice is a fault inside: the real server's table refuses it."""
    note = call.note("5ff67ada-ed3b-2e71-8e87-a1a421e177d2")
    key = (call.me.id, note.thread_id or note.id)
    if key in call.world.muted_threads:
        raise internal_error()
    call.world.muted_threads.add(key)


@endpoint("notes/thread-muting/delete", obj({"noteId": ID}, ["noteId"]), kind="write:account")
def unmute_thread(call: Call) -> Any:
    """Hear of it again; not having muted it is no error."""
    note = call.note("bddd57ac-ceb3-b29d-4334-86ea5fae481a")
    call.world.muted_threads.discard((call.me.id, note.thread_id or note.id))


@endpoint(
    "notes/translate",
    obj({"noteId": ID, "targetLang": STRING}, ["noteId", "targetLang"]),
    kind="read:account",
)
def translate(call: Call) -> Any:
    """A toy: the text again, behind a sentence that says so. Nothing for a note without text."""
    if not call.world.settings.translator:
        raise ApiError(
            "UNAVAILABLE",
            "Translate of notes unavailable.",
            "50a70314-2d8a-431b-b433-efa5cc56444c",
        )
    note = call.note("bea9b03f-36e0-49c5-a4db-627a029f8971")
    if not call.world.is_visible(note, call.me):
        raise ApiError(
            "CANNOT_TRANSLATE_INVISIBLE_NOTE",
            "Cannot translate invisible note.",
            "ea29f2ca-c368-43b3-aaf1-5ac3e74bbe5d",
        )
    if note.text is None:
        return None
    wanted = call.params["targetLang"].split("-")[0].lower()
    marked = MARKED.get(wanted, f"[{wanted}]")
    source = "JA" if JAPANESE.search(note.text) else "EN"
    return {"sourceLang": source, "text": f"{marked}\n{note.text}"}
