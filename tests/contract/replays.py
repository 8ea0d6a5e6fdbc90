"""Which recordings are covered, and how each is asked for again.

The ids of a recording mean nothing on another server, so each recording has a
small function that brings about the same situation and makes the same call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from .truth import Reply

if TYPE_CHECKING:
    from .server import Server

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
Replay = Callable[["Server"], Reply]
REPLAYS: dict[str, Replay] = {}

NOT_REPLAYED = {
    "sign-in-00": "test_signin.py walks the sign-in as a whole, in its order",
    "sign-in-01": "test_signin.py",
    "sign-in-02": "test_signin.py",
    "sign-in-03": "test_signin.py",
    "sign-in-04": "test_signin.py",
    "sign-in-05": "test_signin.py",
    "sign-in-06": "test_signin.py",
    "sign-in-07": "test_signin.py",
    "sign-in-08": "test_signin.py",
    "sign-in-09": "test_signin.py",
    "sign-in-10": "test_signin.py",
}
"""Recordings of endpoints which the sandbox has, with the reason for no replay here."""


def replay(name: str) -> Callable[[Replay], Replay]:
    """Enter the function below as the replay of that recording."""

    def enter(function: Replay) -> Replay:
        REPLAYS[name] = function
        return function

    return enter


# About the server ---------------------------------------------------------


@replay("meta")
def meta(server: Server) -> Reply:
    return server.call("meta", None, detail=True)


@replay("endpoints")
def endpoints(server: Server) -> Reply:
    return server.call("endpoints", None)


@replay("endpoint-notes-create")
def endpoint(server: Server) -> Reply:
    return server.call("endpoint", endpoint="notes/create")


@replay("emojis")
def emojis(server: Server) -> Reply:
    return server.call("emojis")


@replay("emoji-one")
def emoji(server: Server) -> Reply:
    known = server.call("emojis").body["emojis"]
    if not known:
        pytest.skip("this server has no emoji of its own")
    return server.call("emoji", name=known[0]["name"])


@replay("stats")
def stats(server: Server) -> Reply:
    return server.call("stats")


@replay("sign-in-15")
def no_such_endpoint(server: Server) -> Reply:
    return server.post("/api/no/such/endpoint", json={})


# Accounts -----------------------------------------------------------------


@replay("i")
def i(server: Server) -> Reply:
    return server.call("i")


@replay("i-without-credential")
def i_without_credential(server: Server) -> Reply:
    return server.call("i", None)


@replay("sign-in-14")
def i_with_wrong_credential(server: Server) -> Reply:
    return server.call("i", None, i="0" * 64)


@replay("users-show-bob")
def users_show(server: Server) -> Reply:
    return server.call("users/show", username=server.other()["username"])


@replay("users-show-missing")
def users_show_missing(server: Server) -> Reply:
    return server.call("users/show", username="nobody-here")


@replay("users-show-blocked")
def users_show_blocked(server: Server) -> Reply:
    bob = server.other()["id"]
    with server.blocked_by_bob():
        return server.call("users/show", userId=bob)


@replay("users-show-requested")
def users_show_requested(server: Server) -> Reply:
    world = server.only_sandbox("a request to follow a locked account").world
    pair = (world.person("alice").id, world.person("dave").id)
    world.following.discard(pair)
    world.follow_requests.add(pair)
    reply = server.call("users/show", userId=pair[1])
    world.follow_requests.discard(pair)
    world.following.add(pair)
    return reply


# Reading notes ------------------------------------------------------------


@replay("notes-timeline")
def timeline(server: Server) -> Reply:
    server.note()
    return server.call("notes/timeline", limit=30)


@replay("sign-in-11")
def timeline_of_one(server: Server) -> Reply:
    # Recorded with a renote of a note that the caller had reacted to.
    note = server.note()
    server.call("notes/reactions/create", noteId=note["id"], reaction="👍")
    server.note(text=None, renoteId=note["id"])
    return server.call("notes/timeline", limit=1)


@replay("notes-show-first")
def show(server: Server) -> Reply:
    return server.call("notes/show", noteId=server.note(text="はじめて #misskey")["id"])


@replay("notes-show-mfm")
def show_markup(server: Server) -> Reply:
    name = server.other()["username"]
    text = f"**bold** $[spin 🍮] <small>small</small> @{name} #タグ $[ruby 漢字 かんじ]"
    return server.call("notes/show", noteId=server.note(text=text)["id"])


@replay("notes-show-poll")
def show_poll(server: Server) -> Reply:
    poll = {"choices": ["りんご", "みかん", "🍇"], "multiple": False}
    return server.call("notes/show", noteId=server.note(text="which?", poll=poll)["id"])


@replay("notes-show-quote")
def show_quote(server: Server) -> Reply:
    quote = server.note(text="引用", renoteId=server.note()["id"])
    server.call("notes/reactions/create", noteId=quote["id"], reaction="👍")
    return server.call("notes/show", noteId=quote["id"])


@replay("notes-show-missing")
def show_missing(server: Server) -> Reply:
    return server.call("notes/show", noteId="abc")


@replay("notes-conversation")
def conversation(server: Server) -> Reply:
    return server.call("notes/conversation", noteId=server.note()["id"])


@replay("notes-children")
def children(server: Server) -> Reply:
    note = server.note()
    server.note(text="an answer", replyId=note["id"])
    server.note(text="a quote", renoteId=note["id"])
    return server.call("notes/children", noteId=note["id"], limit=30)


@replay("notes-state")
def state(server: Server) -> Reply:
    return server.call("notes/state", noteId=server.note()["id"])


@replay("users-notes")
def users_notes(server: Server) -> Reply:
    server.note()
    me = server.account()["id"]
    return server.call("users/notes", userId=me, withReplies=True, limit=20)


@replay("users-notes-files")
def users_notes_files(server: Server) -> Reply:
    server.note(fileIds=[server.file()])
    me = server.account()["id"]
    return server.call("users/notes", userId=me, withFiles=True, limit=5)


# Writing notes ------------------------------------------------------------


@replay("notes-create")
def create(server: Server) -> Reply:
    return server.call("notes/create", text="a plain note from an app")


@replay("notes-create-cw-poll")
def create_cw_poll(server: Server) -> Reply:
    return server.call(
        "notes/create",
        text="which?",
        cw="food",
        visibility="home",
        localOnly=True,
        poll={"choices": ["tea", "coffee"], "multiple": False, "expiredAfter": 3600000},
    )


@replay("notes-create-in-channel")
def create_in_channel(server: Server) -> Reply:
    # Elsewhere a channel would have to be made, and channels cannot be deleted.
    channels = server.only_sandbox("a channel to write in").world.channels
    return server.call("notes/create", text="in the tea house", channelId=next(iter(channels)))


@replay("notes-create-quote")
def create_quote(server: Server) -> Reply:
    return server.call("notes/create", text="look", renoteId=server.note()["id"])


@replay("notes-create-renote")
def create_renote(server: Server) -> Reply:
    return server.call("notes/create", renoteId=server.note()["id"])


@replay("notes-create-specified")
def create_specified(server: Server) -> Reply:
    return server.call(
        "notes/create",
        text="only for bob",
        visibility="specified",
        visibleUserIds=[server.other()["id"]],
    )


@replay("notes-create-empty")
def create_empty(server: Server) -> Reply:
    return server.call("notes/create")


@replay("notes-create-too-long")
def create_too_long(server: Server) -> Reply:
    return server.call("notes/create", text="x" * 3001)


@replay("notes-create-bad-reaction-acceptance")
def create_bad_reaction_acceptance(server: Server) -> Reply:
    return server.call("notes/create", text="x", reactionAcceptance="nope")


@replay("notes-create-reply-missing")
def create_reply_missing(server: Server) -> Reply:
    return server.call("notes/create", text="x", replyId="zzzz")


@replay("notes-create-reply-blocked")
def create_reply_blocked(server: Server) -> Reply:
    note = server.note("bob")
    with server.blocked_by_bob():
        return server.call("notes/create", text="hi", replyId=note["id"])


@replay("notes-delete")
def delete(server: Server) -> Reply:
    note = server.note()
    server.pass_time(1.1)
    return server.call("notes/delete", noteId=note["id"])


@replay("notes-delete-again")
def delete_again(server: Server) -> Reply:
    # As recorded: again at once, so the interval is what refuses.
    note = server.note()
    server.pass_time(1.1)
    server.call("notes/delete", noteId=note["id"])
    return server.call("notes/delete", noteId=note["id"])


@replay("notes-delete-not-mine")
def delete_not_mine(server: Server) -> Reply:
    note = server.note("bob")
    server.pass_time(1.1)
    return server.call("notes/delete", noteId=note["id"])


# Reactions ----------------------------------------------------------------


@replay("notes-reactions-create")
def react(server: Server) -> Reply:
    return server.call("notes/reactions/create", noteId=server.note()["id"], reaction="👍")


@replay("notes-reactions-create-again")
def react_again(server: Server) -> Reply:
    note = server.note()["id"]
    server.call("notes/reactions/create", noteId=note, reaction="👍")
    return server.call("notes/reactions/create", noteId=note, reaction="👍")


@replay("notes-reactions-create-own-custom")
def react_custom(server: Server) -> Reply:
    known = server.call("emojis").body["emojis"]
    if not known:
        pytest.skip("this server has no emoji of its own")
    reaction = f":{known[0]['name']}:"
    return server.call("notes/reactions/create", noteId=server.note()["id"], reaction=reaction)


@replay("notes-reactions-create-unknown-emoji")
def react_unknown(server: Server) -> Reply:
    return server.call(
        "notes/reactions/create", noteId=server.note()["id"], reaction=":no_such_emoji:"
    )


@replay("notes-reactions-delete")
def unreact(server: Server) -> Reply:
    note = server.note()["id"]
    server.call("notes/reactions/create", noteId=note, reaction="👍")
    server.pass_time(3.1)
    return server.call("notes/reactions/delete", noteId=note)


@replay("notes-reactions-delete-again")
def unreact_again(server: Server) -> Reply:
    unreact(server)
    return server.call("notes/reactions/delete", noteId=server.note()["id"])


# Files --------------------------------------------------------------------


@replay("drive-files-show")
def file(server: Server) -> Reply:
    return server.call("drive/files/show", fileId=server.file())


@replay("drive-files-show-missing")
def file_missing(server: Server) -> Reply:
    return server.call("drive/files/show", fileId="zzzz")


@replay("drive")
def drive(server: Server) -> Reply:
    return server.call("drive")


@replay("drive-files")
def drive_files(server: Server) -> Reply:
    server.file()
    return server.call("drive/files")


@replay("drive-files-create")
def drive_files_create(server: Server) -> Reply:
    return server.upload(PNG, "leaf.png", comment="a red leaf", force="true")


@replay("drive-files-create-empty")
def drive_files_create_empty(server: Server) -> Reply:
    return server.upload(b"", "empty")


@replay("drive-files-update")
def drive_files_update(server: Server) -> Reply:
    file = server.upload(PNG, "leaf.png", force="true").body["id"]
    changes = {"name": "renamed.png", "comment": "alt text", "isSensitive": True}
    return server.call("drive/files/update", fileId=file, folderId=None, **changes)


# Sharing and voting --------------------------------------------------------


@replay("notes-unrenote")
def unrenote(server: Server) -> Reply:
    note = server.note()
    server.note(text=None, renoteId=note["id"])
    server.pass_time(1.1)
    return server.call("notes/unrenote", noteId=note["id"])


@replay("notes-renotes")
def renotes(server: Server) -> Reply:
    # Recorded: renotes and a quote, among them of somebody who reacted.
    note = server.note(text="はじめて #misskey")
    server.note("bob", text=None, renoteId=note["id"])
    server.note("bob", text="a quote", renoteId=note["id"])
    return server.call("notes/renotes", noteId=note["id"])


@replay("notes-polls-vote-already")
def vote_already(server: Server) -> Reply:
    note = server.note(text="which?", poll={"choices": ["tea", "coffee"]})["id"]
    server.call("notes/polls/vote", noteId=note, choice=0)
    return server.call("notes/polls/vote", noteId=note, choice=0)


@replay("notes-polls-vote-already-2")
def vote_another(server: Server) -> Reply:
    note = server.note(text="which?", poll={"choices": ["tea", "coffee"]})["id"]
    server.call("notes/polls/vote", noteId=note, choice=1)
    return server.call("notes/polls/vote", noteId=note, choice=0)


# Reactions of others ------------------------------------------------------


@replay("notes-reactions")
def reactions(server: Server) -> Reply:
    note = server.note()["id"]
    server.call("notes/reactions/create", "bob", noteId=note, reaction="👍")
    server.call("notes/reactions/create", noteId=note, reaction="🎉")
    return server.call("notes/reactions", noteId=note)


# Keeping notes ------------------------------------------------------------


@replay("notes-favorites-create")
def favorite(server: Server) -> Reply:
    return server.call("notes/favorites/create", noteId=server.note()["id"])


@replay("notes-favorites-create-again")
def favorite_again(server: Server) -> Reply:
    note = server.note()["id"]
    server.call("notes/favorites/create", noteId=note)
    return server.call("notes/favorites/create", noteId=note)


@replay("i-favorites")
def favorites(server: Server) -> Reply:
    favorite(server)
    return server.call("i/favorites")


@replay("clips-list")
def clips(server: Server) -> Reply:
    server.clip()
    return server.call("clips/list")


@replay("clips-create")
def clips_create(server: Server) -> Reply:
    reply = server.call("clips/create", name="keep", description="things", isPublic=True)
    server.call("clips/delete", clipId=reply.body["id"])
    return reply


@replay("clips-update")
def clips_update(server: Server) -> Reply:
    changes = {"name": "kept", "description": None, "isPublic": False}
    return server.call("clips/update", clipId=server.clip(), **changes)


@replay("clips-show")
def clips_show(server: Server) -> Reply:
    return server.call("clips/show", clipId=server.clip())


@replay("clips-notes")
def clips_notes(server: Server) -> Reply:
    clip = server.clip()
    note = server.note(text="はじめて #misskey")["id"]
    server.call("clips/add-note", clipId=clip, noteId=note)
    return server.call("clips/notes", clipId=clip)


@replay("notes-clips")
def notes_clips(server: Server) -> Reply:
    note = server.note()["id"]
    server.call("clips/add-note", clipId=server.clip(), noteId=note)
    return server.call("notes/clips", noteId=note)


@replay("clips-add-note")
def clips_add(server: Server) -> Reply:
    return server.call("clips/add-note", clipId=server.clip(), noteId=server.note()["id"])


@replay("clips-add-note-again")
def clips_add_again(server: Server) -> Reply:
    clip, note = server.clip(), server.note()["id"]
    server.call("clips/add-note", clipId=clip, noteId=note)
    return server.call("clips/add-note", clipId=clip, noteId=note)


@replay("clips-remove-note")
def clips_remove(server: Server) -> Reply:
    clip, note = server.clip(), server.note()["id"]
    server.call("clips/add-note", clipId=clip, noteId=note)
    return server.call("clips/remove-note", clipId=clip, noteId=note)


@replay("clips-delete")
def clips_delete(server: Server) -> Reply:
    return server.call("clips/delete", clipId=server.clip())


@replay("i-pin")
def pin(server: Server) -> Reply:
    note = server.note()["id"]
    reply = server.call("i/pin", noteId=note)
    server.call("i/unpin", noteId=note)
    return reply


@replay("i-pin-again")
def pin_again(server: Server) -> Reply:
    note = server.note()["id"]
    server.call("i/pin", noteId=note)
    reply = server.call("i/pin", noteId=note)
    server.call("i/unpin", noteId=note)
    return reply


@replay("i-unpin")
def unpin(server: Server) -> Reply:
    return server.call("i/unpin", noteId=server.note()["id"])


# Threads, translation, reports --------------------------------------------


@replay("notes-thread-muting-create")
def mute_thread(server: Server) -> Reply:
    return server.call("notes/thread-muting/create", noteId=server.note()["id"])


@replay("notes-thread-muting-delete")
def unmute_thread(server: Server) -> Reply:
    return server.call("notes/thread-muting/delete", noteId=server.note()["id"])


@replay("notes-translate-unavailable")
def translate(server: Server) -> Reply:
    return server.call("notes/translate", noteId=server.note()["id"], targetLang="en")


@replay("users-report-abuse-self")
def report_self(server: Server) -> Reply:
    return server.call("users/report-abuse", userId=server.account()["id"], comment="x")


@replay("notes-mentions")
def mentions(server: Server) -> Reply:
    server.note("bob", text=f"look, @{server.account()['username']}")
    return server.call("notes/mentions", limit=10)


@replay("notes-mentions-direct")
def mentions_direct(server: Server) -> Reply:
    server.note("bob", visibility="specified", visibleUserIds=[server.account()["id"]])
    return server.call("notes/mentions", limit=10, visibility="specified")


# Channels -----------------------------------------------------------------


@replay("channels-followed")
def channels_followed(server: Server) -> Reply:
    return server.call("channels/followed")


@replay("channels-show")
def channels_show(server: Server) -> Reply:
    return server.call("channels/show", channelId=server.channel())


@replay("channels-timeline")
def channels_timeline(server: Server) -> Reply:
    channel = server.channel()
    server.note(channelId=channel)
    return server.call("channels/timeline", channelId=channel, limit=10)


@replay("channels-create")
def channels_create(server: Server) -> Reply:
    server.only_sandbox("channels cannot be deleted")
    color = {"description": "about tea", "color": "#86b300"}
    return server.call("channels/create", name="tea room", **color)


@replay("channels-follow")
def channels_follow(server: Server) -> Reply:
    channel = channels_create(server).body["id"]
    return server.call("channels/follow", channelId=channel)


@replay("channels-unfollow")
def channels_unfollow(server: Server) -> Reply:
    channel = channels_create(server).body["id"]
    server.call("channels/follow", channelId=channel)
    return server.call("channels/unfollow", channelId=channel)


# Looking for people and words ---------------------------------------------


@replay("users-search")
def users_search(server: Server) -> Reply:
    return server.call("users/search", query=server.other()["username"])


@replay("users-search-by-username-and-host")
def users_search_by_name(server: Server) -> Reply:
    name = server.other()["username"][0]
    return server.call("users/search-by-username-and-host", username=name, detail=False)


@replay("hashtags-search")
def hashtags_search(server: Server) -> Reply:
    return server.call("hashtags/search", query="te")


@replay("announcements")
def announcements(server: Server) -> Reply:
    return server.call("announcements")
