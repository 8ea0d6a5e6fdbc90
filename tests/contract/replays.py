"""Which recordings are covered, and how each is asked for again.

The ids of a recording mean nothing on another server, so each recording has a
small function that brings about the same situation and makes the same call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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


@replay("i-update-name")
def i_update_name(server: Server) -> Reply:
    was = server.account()
    reply = server.call(
        "i/update",
        name="Alice of the veranda",
        description="I sit here",
        fields=[{"name": "home", "value": "https://example.com"}],
        mutedWords=[["spoiler"], ["a", "b"], "/regex/i"],
    )
    kept = ("name", "description", "fields", "mutedWords")
    server.call("i/update", **{key: was[key] for key in kept if key in was})
    return reply


@replay("i-update-lock")
def i_update_lock(server: Server) -> Reply:
    was = server.account()["isLocked"]
    reply = server.call("i/update", isLocked=True)
    server.call("i/update", isLocked=was)
    return reply


@replay("i-update-unlock")
def i_update_unlock(server: Server) -> Reply:
    was = server.account()["isLocked"]
    reply = server.call("i/update", isLocked=False)
    server.call("i/update", isLocked=was)
    return reply


@replay("i-update-bad-birthday")
def i_update_bad_birthday(server: Server) -> Reply:
    was = server.account()["birthday"]
    reply = server.call("i/update", birthday="1999-99-99")
    server.call("i/update", birthday=was)
    return reply


def _chart(server: Server, name: str) -> Reply:
    params = {"span": "day", "limit": 30, "userId": server.account()["id"]}
    return server.call(f"charts/user/{name}", **params)


@replay("charts-user-notes")
def chart_of_notes(server: Server) -> Reply:
    return _chart(server, "notes")


@replay("charts-user-following")
def chart_of_follows(server: Server) -> Reply:
    return _chart(server, "following")


@replay("charts-user-reactions")
def chart_of_reactions(server: Server) -> Reply:
    return _chart(server, "reactions")


@replay("charts-user-pv")
def chart_of_views(server: Server) -> Reply:
    return _chart(server, "pv")


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


@replay("get-online-users-count")
def online(server: Server) -> Reply:
    return server.call("get-online-users-count")


# Who and what there is ----------------------------------------------------


@replay("users")
def everybody(server: Server) -> Reply:
    return server.call("users")


@replay("pinned-users")
def pinned_users(server: Server) -> Reply:
    return server.call("pinned-users")


@replay("users-achievements")
def achievements(server: Server) -> Reply:
    return server.call("users/achievements", userId=server.account()["id"])


@replay("users-get-frequently-replied")
def frequently_replied(server: Server) -> Reply:
    return server.call("users/get-frequently-replied-users", userId=server.account()["id"])


@replay("users-featured-notes")
def featured_notes(server: Server) -> Reply:
    return server.call("users/featured-notes", userId=server.account()["id"])


@replay("hashtags-list")
def hashtags(server: Server) -> Reply:
    return server.call("hashtags/list", sort="+mentionedUsers")


@replay("hashtags-show")
def hashtag(server: Server) -> Reply:
    tag = server.call("hashtags/list", sort="+mentionedUsers", limit=1).body[0]["tag"]
    return server.call("hashtags/show", tag=tag)


@replay("hashtags-trend")
def trend(server: Server) -> Reply:
    return server.call("hashtags/trend")


@replay("hashtags-users")
def hashtag_users(server: Server) -> Reply:
    tag = server.call("hashtags/list", sort="+attachedUsers", limit=1).body[0]["tag"]
    # Asked by somebody who is not among them, as it was.
    return server.call("hashtags/users", "bob", tag=tag, sort="+follower")


@replay("roles-list")
def roles(server: Server) -> Reply:
    return server.call("roles/list")


@replay("federation-instances")
def instances(server: Server) -> Reply:
    return server.call("federation/instances")


# What people make ---------------------------------------------------------


@replay("pages-show")
def page(server: Server) -> Reply:
    sandbox = server.only_sandbox("a page")
    return server.call("pages/show", pageId=next(iter(sandbox.world.pages)))


@replay("pages-create")
def create_page(server: Server) -> Reply:
    reply = server.call(
        "pages/create",
        title="My page",
        name="my-page",
        summary="s",
        content=[
            {"id": "a1", "type": "text", "text": "Hello **page**"},
            {
                "id": "s1",
                "type": "section",
                "title": "Part",
                "children": [{"id": "a2", "type": "text", "text": "inner"}],
            },
        ],
        variables=[],
        script="",
    )
    server.call("pages/delete", pageId=reply.body["id"])
    return reply


@replay("pages-featured")
def featured_pages(server: Server) -> Reply:
    return server.call("pages/featured")


@replay("pages-like")
def like_page(server: Server) -> Reply:
    world = server.only_sandbox("somebody's page").world
    alice = world.person("alice").id
    pages = [page.id for page in world.pages.values() if page.user_id != alice]
    world.likes.pop((alice, pages[0]), None)
    return server.call("pages/like", pageId=pages[0])


@replay("gallery-posts")
def gallery(server: Server) -> Reply:
    return server.call("gallery/posts")


@replay("gallery-popular")
def popular_posts(server: Server) -> Reply:
    return server.call("gallery/popular")


@replay("users-gallery-posts")
def posts_of(server: Server) -> Reply:
    return server.call("users/gallery/posts", userId=server.account()["id"])


@replay("gallery-posts-show")
def post(server: Server) -> Reply:
    return server.call("gallery/posts/show", postId=_posts_of_others(server)[0])


@replay("gallery-posts-like")
def like_post(server: Server) -> Reply:
    world = server.only_sandbox("somebody's post").world
    post = _posts_of_others(server)[0]
    world.likes.pop((world.person("alice").id, post), None)
    return server.call("gallery/posts/like", postId=post)


@replay("gallery-posts-unlike")
def unlike_post(server: Server) -> Reply:
    world = server.only_sandbox("somebody's post").world
    post = _posts_of_others(server)[0]
    world.likes[world.person("alice").id, post] = "liked"
    return server.call("gallery/posts/unlike", postId=post)


def _posts_of_others(server: Server) -> list[str]:
    world = server.only_sandbox("somebody's gallery").world
    alice = world.person("alice").id
    return [post.id for post in world.gallery.values() if post.user_id != alice]


@replay("get-avatar-decorations")
def decorations(server: Server) -> Reply:
    return server.call("get-avatar-decorations")


@replay("invite-limit")
def invite_limit(server: Server) -> Reply:
    return server.call("invite/limit")


@replay("flash-create")
def create_play(server: Server) -> Reply:
    reply = server.call(
        "flash/create",
        title="Play",
        summary="s",
        script='/// @ 0.19.0\nMk:dialog("hi","there")',
        permissions=[],
        visibility="public",
    )
    server.call("flash/delete", flashId=reply.body["id"])
    return reply


@replay("flash-featured")
def featured_plays(server: Server) -> Reply:
    return server.call("flash/featured")


@replay("flash-show")
def play(server: Server) -> Reply:
    sandbox = server.only_sandbox("a Play")
    return server.call("flash/show", flashId=next(iter(sandbox.world.plays)))


@replay("i-webhooks-list")
def webhooks(server: Server) -> Reply:
    return server.call("i/webhooks/list")


@replay("i-registry-keys")
def registry_keys(server: Server) -> Reply:
    return server.call("i/registry/keys")


@replay("i-registry-set")
def registry_set(server: Server) -> Reply:
    return server.call("i/registry/set", scope=["engawa"], key="tabs", value=["home", "local"])


@replay("i-registry-get")
def registry_get(server: Server) -> Reply:
    server.call("i/registry/set", scope=["engawa"], key="tabs", value=["home", "local"])
    return server.call("i/registry/get", scope=["engawa"], key="tabs")


@replay("i-registry-get-missing")
def registry_get_missing(server: Server) -> Reply:
    return server.call("i/registry/get", scope=["engawa"], key="nope")


# Timelines of the server, lists and antennas ------------------------------


@replay("notes-local-timeline")
def local_timeline(server: Server) -> Reply:
    server.note()
    return server.call("notes/local-timeline", limit=30)


@replay("notes-local-timeline-signed-out")
def local_timeline_signed_out(server: Server) -> Reply:
    server.note()
    return server.call("notes/local-timeline", None, limit=3)


@replay("notes-hybrid-timeline")
def hybrid_timeline(server: Server) -> Reply:
    server.note()
    return server.call("notes/hybrid-timeline", limit=30)


@replay("notes-global-timeline")
def global_timeline(server: Server) -> Reply:
    server.note()
    return server.call("notes/global-timeline", limit=30)


@replay("notes-featured")
def featured(server: Server) -> Reply:
    note = server.note()["id"]
    for who in ("alice", "bob"):
        server.call("notes/reactions/create", who, noteId=note, reaction="👍")
    return server.call("notes/featured")


@replay("users-lists-list")
def lists(server: Server) -> Reply:
    return server.call("users/lists/list")


@replay("users-lists-show")
def list_of_people(server: Server) -> Reply:
    return server.call("users/lists/show", listId=_first(server, "users/lists/list"))


@replay("users-lists-show-missing")
def list_missing(server: Server) -> Reply:
    return server.call("users/lists/show", listId="zzzz")


@replay("notes-user-list-timeline")
def list_timeline(server: Server) -> Reply:
    made = _first(server, "users/lists/list")
    return server.call("notes/user-list-timeline", listId=made, limit=10)


@replay("antennas-list")
def antennas(server: Server) -> Reply:
    return server.call("antennas/list")


@replay("antennas-show")
def antenna(server: Server) -> Reply:
    return server.call("antennas/show", antennaId=_first(server, "antennas/list"))


@replay("antennas-notes")
def antenna_notes(server: Server) -> Reply:
    server.note("bob", text="a cup of tea")
    return server.call("antennas/notes", antennaId=_first(server, "antennas/list"), limit=10)


@replay("channels-owned")
def channels_owned(server: Server) -> Reply:
    return server.call("channels/owned")


def _first(server: Server, endpoint: str) -> str:
    """The id of the first of alice's lists, or antennas."""
    found = server.call(endpoint).body
    if not found:
        pytest.skip(f"alice has none here ({endpoint})")
    return str(found[0]["id"])


# Searching ----------------------------------------------------------------


@replay("notes-search-unavailable")
def search_unavailable(server: Server) -> Reply:
    return server.call("notes/search", query="hello")


@replay("notes-search-by-tag")
def search_by_tag(server: Server) -> Reply:
    server.note(text="Hello #misskey")
    return server.call("notes/search-by-tag", tag="misskey")


@replay("ap-show")
def ap_show(server: Server) -> Reply:
    note = server.note()["id"]
    return server.call("ap/show", uri=f"{server.url}/notes/{note}")


# What one was told --------------------------------------------------------


@replay("i-notifications")
def notifications(server: Server) -> Reply:
    _no_invitations(server)
    server.note("alice", text=f"@{server.other()['username']} hello")
    return server.call("i/notifications", "bob", limit=30, markAsRead=False)


@replay("i-notifications-grouped")
def notifications_grouped(server: Server) -> Reply:
    _no_invitations(server)
    server.note("alice", text=f"@{server.other()['username']} hello")
    return server.call("i/notifications-grouped", "bob", limit=30, markAsRead=False)


def _no_invitations(server: Server) -> None:
    """Bob was asked into no room, when that was recorded."""
    if server.sandbox is not None:
        told = server.sandbox.world.told.get(server.sandbox.person("bob").id, [])
        told[:] = [one for one in told if one.type != "chatRoomInvitationReceived"]


@replay("i-notifications-app")
def notifications_of_app(server: Server) -> Reply:
    sandbox = server.only_sandbox("an app's words")
    alice, bob = sandbox.person("alice"), sandbox.person("bob")
    sandbox.world.tell(alice, "follow", bob)
    words = {"body": "Three notes", "header": "Engawa", "icon": None}
    sandbox.world.tell(alice, "app", **words)
    return server.call("i/notifications", limit=2, markAsRead=False)


@replay("i-notifications-follow-request")
def notifications_of_request(server: Server) -> Reply:
    sandbox = server.only_sandbox("a locked account")
    sandbox.world.tell(sandbox.person("alice"), "receiveFollowRequest", sandbox.person("bob"))
    return server.call("i/notifications", limit=1, markAsRead=False)


@replay("notifications-mark-all-as-read")
def mark_all_as_read(server: Server) -> Reply:
    return server.call("notifications/mark-all-as-read")


@replay("server-info")
def machine(server: Server) -> Reply:
    return server.call("server-info")


@replay("notifications-test")
def test_notification(server: Server) -> Reply:
    return server.call("notifications/test-notification")


@replay("notifications-create")
def tell_oneself(server: Server) -> Reply:
    words = "Three notes were posted while you were away."
    return server.call("notifications/create", body=words, header="Engawa", icon=None)


@replay("users-reactions")
def users_reactions(server: Server) -> Reply:
    note = server.note()["id"]
    server.call("notes/reactions/create", "bob", noteId=note, reaction="🎉")
    bob = server.other()["id"]
    return server.call("users/reactions", userId=bob, limit=1)


# People and people --------------------------------------------------------


def _pair(server: Server, *, following: bool = False, asked: bool = False) -> str:
    """Alice and Carol as they should stand to each other; Carol's id."""
    sandbox = server.only_sandbox("people who can be followed and left")
    world = sandbox.world
    alice, carol = sandbox.person("alice"), sandbox.person("carol")
    world.limiter.forget()
    for known in (world.following, world.blocking, world.muting, world.renote_muting):
        known.discard((alice.id, carol.id))
        known.discard((carol.id, alice.id))
    carol.is_locked = asked
    world.follow_requests.discard((alice.id, carol.id))
    if following:
        world.following.add((alice.id, carol.id))
    return carol.id


@replay("following-create")
def follow(server: Server) -> Reply:
    return server.call("following/create", userId=_pair(server))


@replay("following-create-already")
def follow_already(server: Server) -> Reply:
    return server.call("following/create", userId=_pair(server, following=True))


@replay("following-create-blocked")
def follow_blocked(server: Server) -> Reply:
    bob = server.other()["id"]
    with server.blocked_by_bob():
        return server.call("following/create", userId=bob)


@replay("following-create-request")
def follow_request(server: Server) -> Reply:
    return server.call("following/create", userId=_pair(server, asked=True))


@replay("following-create-self")
def follow_self(server: Server) -> Reply:
    return server.call("following/create", userId=server.account()["id"])


@replay("sign-in-12")
def follow_without_permission(server: Server) -> Reply:
    return _without(server, "following/create", userId="zzzz")


@replay("sign-in-13")
def notifications_without_permission(server: Server) -> Reply:
    return _without(server, "i/notifications")


def _without(server: Server, endpoint: str, **params: str) -> Reply:
    sandbox = server.only_sandbox("an app with fewer permissions")
    key = sandbox.credential("carol", permission=["read:account"])
    return server.call(endpoint, None, i=key, **params)


@replay("following-delete")
def unfollow(server: Server) -> Reply:
    return server.call("following/delete", userId=_pair(server, following=True))


@replay("following-delete-again")
def unfollow_again(server: Server) -> Reply:
    return server.call("following/delete", userId=_pair(server))


@replay("following-requests-accept")
def accept(server: Server) -> Reply:
    sandbox, carol = server.only_sandbox("a request"), _pair(server)
    sandbox.world.follow_requests.add((carol, sandbox.person("alice").id))
    return server.call("following/requests/accept", userId=carol)


@replay("following-requests-accept-again")
def accept_again(server: Server) -> Reply:
    return server.call("following/requests/accept", userId=_pair(server))


@replay("following-requests-reject-none")
def reject_none(server: Server) -> Reply:
    return server.call("following/requests/reject", userId=_pair(server))


@replay("following-requests-cancel")
def cancel(server: Server) -> Reply:
    carol = _pair(server, asked=True)
    server.call("following/create", userId=carol)
    return server.call("following/requests/cancel", userId=carol)


def _twice(server: Server, endpoint: str, who: str) -> Reply:
    server.call(endpoint, userId=who)
    return server.call(endpoint, userId=who)


@replay("mute-create")
def mute(server: Server) -> Reply:
    return server.call("mute/create", userId=_pair(server), expiresAt=4_000_000_000_000)


@replay("mute-create-again")
def mute_again(server: Server) -> Reply:
    return _twice(server, "mute/create", _pair(server))


@replay("mute-delete")
def unmute(server: Server) -> Reply:
    carol = _pair(server)
    server.call("mute/create", userId=carol)
    return server.call("mute/delete", userId=carol)


@replay("mute-delete-again")
def unmute_again(server: Server) -> Reply:
    return server.call("mute/delete", userId=_pair(server))


@replay("renote-mute-create")
def mute_renotes(server: Server) -> Reply:
    return server.call("renote-mute/create", userId=_pair(server))


@replay("renote-mute-delete")
def unmute_renotes(server: Server) -> Reply:
    carol = _pair(server)
    server.call("renote-mute/create", userId=carol)
    return server.call("renote-mute/delete", userId=carol)


@replay("blocking-create")
def block(server: Server) -> Reply:
    return server.call("blocking/create", userId=_pair(server))


@replay("blocking-create-again")
def block_again(server: Server) -> Reply:
    return _twice(server, "blocking/create", _pair(server))


@replay("blocking-delete")
def unblock(server: Server) -> Reply:
    carol = _pair(server)
    server.call("blocking/create", userId=carol)
    return server.call("blocking/delete", userId=carol)


@replay("users-update-memo")
def memo(server: Server) -> Reply:
    return server.call("users/update-memo", userId=_pair(server), memo="met at the tea house")


@replay("users-update-memo-clear")
def memo_cleared(server: Server) -> Reply:
    return server.call("users/update-memo", userId=_pair(server), memo=None)


@replay("following-invalidate")
def invalidate(server: Server) -> Reply:
    carol = _followed_by_carol(server)
    return server.call("following/invalidate", userId=carol)


def _followed_by_carol(server: Server) -> str:
    carol = _pair(server)
    sandbox = server.only_sandbox("somebody who follows")
    sandbox.world.following.add((carol, sandbox.person("alice").id))
    return carol


@replay("following-update")
def update_following(server: Server) -> Reply:
    carol = _pair(server, following=True)
    return server.call("following/update", userId=carol, notify="normal", withReplies=True)


@replay("following-update-back")
def update_following_back(server: Server) -> Reply:
    carol = _pair(server, following=True)
    return server.call("following/update", userId=carol, notify="none", withReplies=False)


@replay("users-following")
def users_following(server: Server) -> Reply:
    return server.call("users/following", userId=server.account()["id"], limit=3)


@replay("users-followers")
def users_followers(server: Server) -> Reply:
    return server.call("users/followers", userId=server.account()["id"], limit=3)


@replay("following-requests-list")
def requests(server: Server) -> Reply:
    return server.call("following/requests/list", "bob")


@replay("following-requests-list-one")
def requests_of_one(server: Server) -> Reply:
    sandbox, carol = server.only_sandbox("a request"), _pair(server)
    pair = (carol, sandbox.person("bob").id)
    sandbox.world.follow_requests.add(pair)
    reply = server.call("following/requests/list", "bob")
    sandbox.world.follow_requests.discard(pair)
    return reply


@replay("following-requests-sent")
def requests_sent(server: Server) -> Reply:
    carol = _pair(server, asked=True)
    server.call("following/create", userId=carol)
    reply = server.call("following/requests/sent")
    _pair(server)
    return reply


@replay("mute-list")
def mutes(server: Server) -> Reply:
    return server.call("mute/list", "bob")


@replay("mute-list-one")
def mutes_of_one(server: Server) -> Reply:
    carol = _pair(server)
    server.call("mute/create", userId=carol, expiresAt=4_000_000_000_000)
    return server.call("mute/list")


@replay("renote-mute-list")
def renote_mutes(server: Server) -> Reply:
    return server.call("renote-mute/list", "bob")


@replay("renote-mute-list-one")
def renote_mutes_of_one(server: Server) -> Reply:
    server.call("renote-mute/create", userId=_pair(server))
    return server.call("renote-mute/list")


@replay("blocking-list")
def blocks(server: Server) -> Reply:
    return server.call("blocking/list", "bob")


@replay("blocking-list-one")
def blocks_of_one(server: Server) -> Reply:
    server.call("blocking/create", userId=_pair(server))
    return server.call("blocking/list")


# Lists of people ----------------------------------------------------------


def _new_list(server: Server) -> str:
    """The id of a new list of alice's, the only one made so."""
    for made in server.call("users/lists/list").body:
        if made["name"] == "friends":
            server.call("users/lists/delete", listId=made["id"])
    return str(server.call("users/lists/create", name="friends").body["id"])


def _list_with_bob(server: Server) -> dict[str, str]:
    pair = {"listId": _new_list(server), "userId": server.other()["id"]}
    server.call("users/lists/push", **pair)
    return pair


@replay("users-lists-create")
def create_list(server: Server) -> Reply:
    reply = server.call("users/lists/create", name="friends")
    server.call("users/lists/delete", listId=reply.body["id"])
    return reply


@replay("users-lists-update")
def update_list(server: Server) -> Reply:
    made = _list_with_bob(server)["listId"]
    return server.call("users/lists/update", listId=made, name="friends", isPublic=True)


@replay("users-lists-delete")
def delete_list(server: Server) -> Reply:
    return server.call("users/lists/delete", listId=_new_list(server))


@replay("users-lists-push")
def push(server: Server) -> Reply:
    made = _new_list(server)
    return server.call("users/lists/push", listId=made, userId=server.other()["id"])


@replay("users-lists-push-again")
def push_again(server: Server) -> Reply:
    return server.call("users/lists/push", **_list_with_bob(server))


@replay("users-lists-pull")
def pull(server: Server) -> Reply:
    return server.call("users/lists/pull", **_list_with_bob(server))


@replay("users-lists-get-memberships")
def memberships(server: Server) -> Reply:
    made = _list_with_bob(server)["listId"]
    return server.call("users/lists/get-memberships", listId=made)


# Antennas -----------------------------------------------------------------

CATS = {
    "name": "cats",
    "src": "all",
    "userListId": None,
    "keywords": [["cat"], ["ねこ", "かわいい"]],
    "excludeKeywords": [["dog"]],
    "users": [],
    "caseSensitive": False,
    "withReplies": False,
    "withFile": False,
    "localOnly": False,
    "excludeBots": True,
}


def _new_antenna(server: Server) -> str:
    """The id of a new antenna of alice's, the only one made so."""
    for made in server.call("antennas/list").body:
        if made["name"].startswith("cats"):
            server.call("antennas/delete", antennaId=made["id"])
    return str(server.call("antennas/create", **CATS, notify=False).body["id"])


@replay("antennas-create")
def create_antenna(server: Server) -> Reply:
    """Without `notify`, which v12 wants."""
    reply = server.call("antennas/create", **CATS)
    if reply.status == 200:
        server.call("antennas/delete", antennaId=reply.body["id"])
    return reply


@replay("antennas-update")
def update_antenna(server: Server) -> Reply:
    changes = {"name": "cats!", "keywords": [["cat"]], "excludeKeywords": [], "withReplies": True}
    made = _new_antenna(server)
    return server.call("antennas/update", antennaId=made, **{**CATS, **changes}, notify=False)


@replay("antennas-delete")
def delete_antenna(server: Server) -> Reply:
    return server.call("antennas/delete", antennaId=_new_antenna(server))


# Others' clips, and more of channels --------------------------------------


@replay("clips-favorite")
def favorite_clip(server: Server) -> Reply:
    return server.call("clips/favorite", clipId=server.clip())


@replay("clips-unfavorite")
def unfavorite_clip(server: Server) -> Reply:
    clip = server.clip()
    server.call("clips/favorite", clipId=clip)
    return server.call("clips/unfavorite", clipId=clip)


@replay("clips-my-favorites")
def favorite_clips(server: Server) -> Reply:
    return server.call("clips/my-favorites", "bob")


@replay("users-clips")
def users_clips(server: Server) -> Reply:
    server.clip()
    return server.call("users/clips", userId=server.account()["id"])


def _own_channel(server: Server) -> str:
    """The id of a channel of alice's; one may make only ten in an hour."""
    owned = server.call("channels/owned").body
    return str((owned or [channels_create(server).body])[0]["id"])


@replay("channels-update")
def channels_update(server: Server) -> Reply:
    channel = _own_channel(server)
    return server.call("channels/update", channelId=channel, name="tea room", isArchived=False)


@replay("channels-update-not-mine")
def channels_update_not_mine(server: Server) -> Reply:
    channel = _own_channel(server)
    return server.call("channels/update", "bob", channelId=channel, name="x")


@replay("channels-favorite")
def channels_favorite(server: Server) -> Reply:
    channel = _own_channel(server)
    return server.call("channels/favorite", channelId=channel)


@replay("channels-unfavorite")
def channels_unfavorite(server: Server) -> Reply:
    channel = _own_channel(server)
    server.call("channels/favorite", channelId=channel)
    return server.call("channels/unfavorite", channelId=channel)


@replay("channels-my-favorites")
def channels_my_favorites(server: Server) -> Reply:
    server.call("channels/favorite", channelId=_own_channel(server))
    return server.call("channels/my-favorites")


@replay("channels-featured")
def channels_featured(server: Server) -> Reply:
    server.note(channelId=server.channel())
    return server.call("channels/featured")


@replay("channels-search")
def channels_search(server: Server) -> Reply:
    _own_channel(server)
    return server.call("channels/search", query="tea")


# Folders, and where files are used -----------------------------------------


def _folder(server: Server, name: str = "pictures") -> str:
    """The id of alice's folder of that name; one may make only ten in an hour."""
    there = {folder["name"]: folder["id"] for folder in server.call("drive/folders").body}
    if name not in there:
        there[name] = server.call("drive/folders/create", name=name).body["id"]
    return str(there[name])


@replay("drive-files-find")
def find_file(server: Server) -> Reply:
    folder, file = _folder(server), server.file()
    server.call("drive/files/update", fileId=file, folderId=folder, name="renamed.png")
    reply = server.call("drive/files/find", name="renamed.png", folderId=folder)
    server.call("drive/files/update", fileId=file, folderId=None)
    return reply


@replay("drive-stream")
def drive_stream(server: Server) -> Reply:
    server.file()
    return server.call("drive/stream")


@replay("drive-folders-create")
def create_folder(server: Server) -> Reply:
    return server.call("drive/folders/create", name="pictures", parentId=None)


@replay("drive-folders")
def folders(server: Server) -> Reply:
    _folder(server)
    return server.call("drive/folders")


@replay("drive-folders-show")
def show_folder(server: Server) -> Reply:
    return server.call("drive/folders/show", folderId=_folder(server))


@replay("drive-folders-update")
def update_folder(server: Server) -> Reply:
    return server.call("drive/folders/update", folderId=_folder(server), name="pictures")


@replay("drive-folders-delete-not-empty")
def delete_full_folder(server: Server) -> Reply:
    folder, file = _folder(server, "full"), server.file()
    server.call("drive/files/update", fileId=file, folderId=folder)
    reply = server.call("drive/folders/delete", folderId=folder)
    server.call("drive/files/update", fileId=file, folderId=None)
    return reply


@replay("drive-files-attached-notes")
def attached_notes(server: Server) -> Reply:
    file = server.file()
    server.note(fileIds=[file])
    return server.call("drive/files/attached-notes", fileId=file)


@replay("drive-files-upload-from-url")
def upload_from_url(server: Server) -> Reply:
    server.only_sandbox("nothing is to be fetched")
    return server.call("drive/files/upload-from-url", url="https://far.example/a.png", marker="m1")


# Chat -----------------------------------------------------------------------


def _chat_message(server: Server, who: str = "alice") -> str:
    """The id of a new message of that person to the other."""
    other = server.other() if who == "alice" else server.account()
    reply = server.call("chat/messages/create-to-user", who, toUserId=other["id"], text="hi (chat)")
    return str(reply.body["id"])


def _chat_room(server: Server) -> str:
    """The id of a room of alice's; one may make only ten in a day."""
    owned = server.call("chat/rooms/owned").body
    return str((owned or [chat_rooms_create(server).body])[0]["id"])


@replay("chat-history")
def chat_history(server: Server) -> Reply:
    _chat_message(server, "bob")
    return server.call("chat/history")


@replay("chat-history-room")
def chat_history_of_rooms(server: Server) -> Reply:
    return server.call("chat/history", room=True)


@replay("chat-messages-create-to-user")
def chat_messages_create(server: Server) -> Reply:
    return server.call(
        "chat/messages/create-to-user", toUserId=server.other()["id"], text="hello in chat"
    )


@replay("chat-messages-user")
def chat_messages_of_person(server: Server) -> Reply:
    return server.call("chat/messages/user-timeline", userId=server.other()["id"])


@replay("chat-messages-show")
def chat_messages_show(server: Server) -> Reply:
    message = _chat_message(server)
    server.call("chat/messages/react", "bob", messageId=message, reaction="👍")
    return server.call("chat/messages/show", messageId=message)


@replay("chat-messages-react")
def chat_messages_react(server: Server) -> Reply:
    message = _chat_message(server, "bob")
    return server.call("chat/messages/react", messageId=message, reaction="👍")


@replay("chat-messages-delete")
def chat_messages_delete(server: Server) -> Reply:
    return server.call("chat/messages/delete", messageId=_chat_message(server))


@replay("chat-rooms-create")
def chat_rooms_create(server: Server) -> Reply:
    return server.call("chat/rooms/create", name="room", description="d")


@replay("chat-rooms-owned")
def chat_rooms_owned(server: Server) -> Reply:
    _chat_room(server)
    return server.call("chat/rooms/owned")


@replay("chat-rooms-joining")
def chat_rooms_joining(server: Server) -> Reply:
    return server.call("chat/rooms/joining")


# Drafts at the server -----------------------------------------------------


@replay("notes-drafts-create")
def begin_draft(server: Server) -> Reply:
    server.only_sandbox("no drafts").world.note_drafts.clear()
    return server.call("notes/drafts/create", **_draft("half a thought", "home"))


@replay("notes-drafts-create-scheduled")
def begin_scheduled_draft(server: Server) -> Reply:
    server.only_sandbox("no drafts").world.note_drafts.clear()
    return server.call("notes/drafts/create", **_scheduled(server))


@replay("notes-drafts-create-scheduled-too-many")
def begin_another_scheduled_draft(server: Server) -> Reply:
    begin_scheduled_draft(server)
    return server.call("notes/drafts/create", **_scheduled(server))


@replay("notes-drafts-count")
def count_drafts(server: Server) -> Reply:
    begin_draft(server)
    return server.call("notes/drafts/count")


@replay("notes-drafts-list")
def no_drafts(server: Server) -> Reply:
    server.only_sandbox("no drafts").world.note_drafts.clear()
    return server.call("notes/drafts/list")


@replay("notes-drafts-list-one")
def one_draft(server: Server) -> Reply:
    begin_draft(server)
    return server.call("notes/drafts/list")


@replay("notes-drafts-delete")
def throw_draft_away(server: Server) -> Reply:
    draft = begin_draft(server).body["createdDraft"]
    return server.call("notes/drafts/delete", draftId=draft["id"])


def _scheduled(server: Server) -> dict[str, Any]:
    now = server.only_sandbox("the time").world.clock.now()
    tomorrow = {"scheduledAt": int(1000 * (now + 86_400)), "isActuallyScheduled": True}
    return _draft("tomorrow", "public") | tomorrow


def _draft(text: str, visibility: str) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("cw", "hashtag", "reactionAcceptance", "replyId", "renoteId", "channelId", "poll")
    )
    return {
        **nothing,
        "text": text,
        "visibility": visibility,
        "visibleUserIds": [],
        "fileIds": [],
        "localOnly": False,
        "scheduledAt": None,
        "isActuallyScheduled": False,
    }
