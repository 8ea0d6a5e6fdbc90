"""How the situations of the recordings of v11 and v12 are brought about again.

The call is the recorded one; what an id in it stood for is made anew. Where a
recording of 2025.11 has the same name, `replays.py` knows already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.records import WrittenPage

from .replays import PNG
from .truth import Recording, Reply

if TYPE_CHECKING:
    from .server import Server

Params = dict[str, Any]
Situation = Callable[["Server"], Params]


def nothing(server: Server) -> Params:
    """The recorded call, word for word."""
    return {}


def note(who: str = "alice", **params: Any) -> Situation:
    """A note there is."""
    return lambda server: {"noteId": server.note(who, **params)["id"]}


def of(who: str) -> Situation:
    """One of the people."""
    return lambda server: {"userId": server.account(who)["id"]}


def file(who: str = "alice") -> Situation:
    """Somebody's file."""

    def situation(server: Server) -> Params:
        sandbox = server.only_sandbox("somebody's file")
        owner = sandbox.person(who).id
        files = sandbox.world.files.values()
        return {"fileId": next(f.id for f in files if f.user_id == owner)}

    return situation


def page_of(who: str) -> Situation:
    """A new page of somebody's."""

    def situation(server: Server) -> Params:
        world = server.only_sandbox("somebody's page").world
        id = world.ids.at(world.clock.now())
        world.pages[id] = WrittenPage(id, 0, world.person(who).id, id, "A page", [])
        return {"pageId": id}

    return situation


def named_once(server: Server) -> Params:
    """No page of that name there is."""
    pages = server.only_sandbox("its pages").world.pages
    for page in [page for page in pages.values() if page.name == "my-page"]:
        del pages[page.id]
    return {}


def named_twice(server: Server) -> Params:
    """A page of that name there is."""
    world = server.only_sandbox("a page of that name").world
    world.pages["first"] = WrittenPage("first", 0, world.person("alice").id, "my-page", "", [])
    return {}


def after(situation: Situation, *calls: tuple[str, Params], who: str = "alice") -> Situation:
    """The same after these calls were made with it."""

    def later(server: Server) -> Params:
        params = situation(server)
        for endpoint, more in calls:
            server.pass_time(3.1)
            server.call(endpoint, who, **params, **more)
        server.pass_time(3.1)
        return params

    return later


def reacted(*reactions: str, by: str = "alice", **params: Any) -> Situation:
    """A note that was reacted to, with one after the other."""
    calls = [("notes/reactions/create", {"reaction": reaction}) for reaction in reactions]
    return after(note(**params), *calls, who=by)


def with_files(count: int) -> Situation:
    """So many files of one's own."""

    def situation(server: Server) -> Params:
        uploads = [server.upload(PNG, f"{n}.png", force="true") for n in range(count)]
        return {"fileIds": [upload.body["id"] for upload in uploads]}

    return situation


def of_five_one_twice(server: Server) -> Params:
    """Five files, the last of them the first."""
    ids = with_files(4)(server)["fileIds"]
    return {"fileIds": [*ids, ids[0]]}


def three_notes(*names: str) -> Situation:
    """Notes to page by: the older and the newer of them."""

    def situation(server: Server) -> Params:
        notes = [server.note(text=f"page {n}")["id"] for n in range(5)]
        ends = {"sinceId": notes[0], "untilId": notes[-1]}
        return {name: ends[name] for name in names}

    return situation


def renoted(who: str = "alice", **params: Any) -> Situation:
    """Something to share."""
    return lambda server: {"renoteId": server.note(who, **params)["id"]}


def answered(**params: Any) -> Situation:
    """Something to answer."""
    return lambda server: {"replyId": server.note(**params)["id"]}


def share(server: Server) -> str:
    """The id of a share of a note."""
    return str(server.note(text=None, renoteId=server.note()["id"])["id"])


def favorites(count: int) -> Situation:
    """So many favourites."""

    def situation(server: Server) -> Params:
        for _ in range(count):
            server.call("notes/favorites/create", noteId=server.note()["id"])
        return {}

    return situation


def channel(server: Server) -> Params:
    """A channel one follows."""
    return {"channelId": server.channel()}


def a_note_in_a_channel(server: Server) -> Params:
    return {"noteId": server.note(channelId=server.channel())["id"]}


def asked_to_follow(server: Server) -> Params:
    """Somebody whom one has asked."""
    world = server.only_sandbox("a request to follow").world
    pair = (world.person("alice").id, world.person("dave").id)
    world.following.discard(pair)
    world.follow_requests.add(pair)
    return {"userId": pair[1]}


def muted(server: Server) -> Params:
    """Somebody whom one does not hear."""
    world = server.only_sandbox("somebody muted").world
    pair = (world.person("alice").id, world.person("tenki").id)
    world.muting.add(pair)
    return {"userId": pair[1]}


def somebody_silent(server: Server) -> Params:
    """Somebody who never wrote."""
    sandbox = server.only_sandbox("somebody who never wrote")
    return {"userId": sandbox.person("olmo", "far.example").id}


def two_people(server: Server) -> Params:
    """Two who are not oneself."""
    world = server.only_sandbox("two others").world
    return {"userIds": [world.person(name).id for name in ("bob", "carol")]}


def folder(server: Server) -> Params:
    """A file that is to be moved nowhere."""
    return {**file()(server), "folderId": None}


ANSWER = {"text": "an answer"}
POLL = {"choices": ["tea", "coffee", "water"]}
MANY = {**POLL, "multiple": True}
OVER = {**POLL, "expiredAfter": 1000}
VOTE = "notes/polls/vote"
REACTION = "notes/reactions/create"

SITUATIONS: dict[str, Situation] = {
    # About the server
    "endpoint-missing": nothing,
    "endpoint-notes-create": nothing,
    "meta": nothing,
    "meta-empty": nothing,
    "meta-no-detail": nothing,
    "ping": nothing,
    "rate-limit-other-endpoint": nothing,
    "username-available": nothing,
    # What people make
    "gallery-featured": nothing,
    "i-gallery-posts": nothing,
    "i-pages": nothing,
    "i-read-announcement": nothing,
    "notes-polls-recommendation": nothing,
    "pages-create": named_once,
    "pages-create-same-name": named_twice,
    "pages-delete": page_of("alice"),
    "users-pages": of("alice"),
    # One's own settings
    "i-update-muted-words": nothing,
    "i-update-muted-words-back": nothing,
    "i-update-name-null": nothing,
    "i-update-unknown": nothing,
    "i-update-visibility": nothing,
    # People, and what one listens for
    "antennas-create-notify": nothing,
    "users-followers-limit": of("alice"),
    # Files
    "drive-files-delete": after(lambda s: {"fileId": s.upload(PNG, "x.png").body["id"]}),
    "drive-files-delete-again": nothing,
    "drive-files-show-not-mine": file("bob"),
    "drive-files-type": nothing,
    "drive-files-update": folder,
    "drive-files-update-bad-name": file(),
    # Writing
    "notes-create-501": nothing,
    "notifications-create": nothing,
    "notifications-create-no-icon": nothing,
    "notes-create-all-nulls": nothing,
    "notes-create-bad-visibility": nothing,
    "notes-create-blank-text": nothing,
    "notes-create-channel": channel,
    "notes-create-channel-missing": nothing,
    "notes-create-cw-empty": nothing,
    "notes-create-file-ids-empty": nothing,
    "notes-create-file-missing": nothing,
    "notes-create-files-5": of_five_one_twice,
    "notes-create-files-many": with_files(4),
    "notes-create-in-channel": channel,
    "notes-create-null-text": nothing,
    "notes-create-poll-empty-choice": nothing,
    "notes-create-poll-expires-at": lambda s: {"poll": {**POLL, "expiresAt": 4_000_000_000_000}},
    "notes-create-poll-null": nothing,
    "notes-create-poll-one-choice": nothing,
    "notes-create-poll-past": nothing,
    "notes-create-renote-again": after(renoted(), ("notes/create", {})),
    "notes-create-renote-followers": renoted("bob", visibility="followers"),
    "notes-create-renote-missing": nothing,
    "notes-create-renote-of-renote": lambda s: {"renoteId": share(s)},
    "notes-create-reply": answered(),
    "notes-create-reply-null": nothing,
    "notes-delete-again": after(note(), ("notes/delete", {})),
    "notes-favorites-delete": after(note(), ("notes/favorites/create", {})),
    "notes-favorites-delete-again": note(),
    "notes-unrenote-again": note(),
    # Voting
    "notes-polls-vote": note("bob", text="which?", poll=POLL),
    "notes-polls-vote-expired": after(note(text="which?", poll=OVER)),
    "notes-polls-vote-invalid": note(text="which?", poll=POLL),
    "notes-polls-vote-multi": note(text="which?", poll=MANY),
    "notes-polls-vote-multi-2": after(note(text="which?", poll=MANY), (VOTE, {"choice": 0})),
    "notes-polls-vote-multi-again": after(note(text="which?", poll=MANY), (VOTE, {"choice": 1})),
    "notes-polls-vote-not-poll": note(),
    # Reacting
    "notes-reactions-delete-again": after(note()),
    "notes-reactions-create-custom-dot": note(),
    "notes-reactions-create-garbage": note(),
    "notes-reactions-create-heart": note(),
    "notes-reactions-create-like": note(),
    "notes-reactions-create-missing-note": nothing,
    "notes-reactions-create-no-reaction": note(),
    "notes-reactions-create-other-again": reacted("👍"),
    "notes-reactions-create-own-custom": note(),
    "notes-reactions-create-pudding": note(),
    "notes-reactions-create-renote": lambda s: {"noteId": share(s)},
    "notes-reactions-limit": reacted("👍"),
    "notes-reactions-mfm": reacted("❤"),
    "notes-reactions-offset": reacted("👍"),
    "notes-reactions-reacted-3": reacted("❤", "pudding"),
    "notes-reactions-reacted-mixed": reacted("👍", "🎉"),
    "notes-reactions-reacted-unicode": reacted("👍"),
    "notes-reactions-type": reacted("👍"),
    "notes-reactions-type-custom": reacted(":tea:"),
    "notes-reactions-type-custom-dot": reacted(":tea:"),
    "notes-reactions-type-like": reacted("👍"),
    "rate-limit-min-interval": lambda s: _twice_at_once(s),
    # Keeping
    "i-favorites-limit": favorites(2),
    "i-favorites-two": favorites(2),
    "i-pin-not-mine": note("bob"),
    "i-unpin-again": note(),
    # Reading
    "notes-conversation-reply": lambda s: {"noteId": _thread(s)},
    "notes-show-bad-id": nothing,
    "notes-show-channel": a_note_in_a_channel,
    "notes-show-cw": note(cw="food"),
    "notes-show-deleted": after(note(), ("notes/delete", {})),
    "notes-show-emoji": reacted(":tea:", text=":tea: :onigiri: 👍🏽"),
    "notes-show-files": lambda s: {"noteId": s.note(**with_files(3)(s))["id"]},
    "notes-show-first-signed-out": reacted(":tea:", text="#misskey"),
    "notes-show-followers": note("bob", visibility="followers"),
    "notes-show-followers-signed-out": note("bob", visibility="followers"),
    "notes-show-home": note(visibility="home"),
    "notes-show-html": note(text="<script>alert(1)</script> & \"quotes\" 'single' <b>html</b>"),
    "notes-show-local-only": note(localOnly=True),
    "notes-show-long": note(text="long " * 99),
    "notes-show-poll-expired": after(note(text="which?", poll=OVER)),
    "notes-show-poll-multi": note(text="which?", poll=MANY),
    "notes-show-poll-voted": after(note(text="which?", poll=POLL), (VOTE, {"choice": 0})),
    "notes-show-reacted-2": reacted("👍", ":tea:"),
    "notes-show-reacted-3": reacted("❤", "pudding"),
    "notes-show-reacted-mixed": reacted("👍", "🎉", ":tea:"),
    "notes-show-reacted-unicode": reacted("👍"),
    "notes-show-renote": lambda s: {"noteId": share(s)},
    "notes-show-reply": lambda s: {"noteId": _thread(s)},
    "notes-show-specified": lambda s: {"noteId": _to(s, "alice")},
    "notes-show-specified-not-for-me": lambda s: {"noteId": _to(s, "bob")},
    "notes-show-specified-signed-out": lambda s: {"noteId": _to(s, "alice")},
    "notes-show-no-id": nothing,
    "notes-show-textfile": lambda s: {"noteId": _with_text(s)},
    "notes-state-favorited": after(note(), ("notes/favorites/create", {})),
    "notes-timeline-include-renotes-false": nothing,
    "notes-timeline-limit-0": nothing,
    "notes-timeline-limit-101": nothing,
    "notes-timeline-limit-string": nothing,
    "notes-timeline-no-renotes": nothing,
    "notes-timeline-null-ids": nothing,
    "notes-timeline-since": three_notes("sinceId"),
    "notes-timeline-since-until": three_notes("sinceId", "untilId"),
    "notes-timeline-unknown-param": nothing,
    "notes-timeline-until": three_notes("untilId"),
    "notes-timeline-until-date": lambda s: {"untilDate": 4_000_000_000_000},
    "notes-timeline-with-files": nothing,
    # People
    "users-notes-both-false": of("alice"),
    "users-notes-both-true": of("alice"),
    "users-notes-file-type": of("alice"),
    "users-notes-include-my-renotes-false": of("bob"),
    "users-notes-include-replies-false": of("alice"),
    "users-notes-include-replies-true": of("alice"),
    "users-notes-mixed": of("alice"),
    "users-notes-none": lambda s: {
        "userId": s.only_sandbox("Olmo").person("olmo", "far.example").id
    },
    "users-notes-plain": of("alice"),
    "users-notes-with-renotes-false": of("bob"),
    "users-notes-with-replies-false": of("alice"),
    "blocking-delete-again": of("carol"),
    "following-create-missing": nothing,
    "following-requests-cancel-again": of("carol"),
    "mute-create-self": of("alice"),
    "rate-limit": lambda s: _hundred_follows(s),
    # What one was told
    "i-notifications-app": lambda s: _told(s, "follow", "app"),
    "i-notifications-custom-reaction": lambda s: _reacted_to(s) and {},
    "i-notifications-exclude-types-new": nothing,
    "i-notifications-following": nothing,
    "i-notifications-include-types": nothing,
    "i-notifications-include-types-app": lambda s: _told(s, "app"),
    "i-notifications-include-types-new": nothing,
    "i-notifications-limit-101": nothing,
    "i-notifications-poll-vote": nothing,
    "i-notifications-request-accepted": lambda s: {
        **_reacted_to(s),
        **_told(s, "followRequestAccepted"),
    },
    "i-notifications-since": lambda s: {"sinceId": _reacted_to(s)["first"]},
    "i-notifications-unread-only": lambda s: _reacted_to(s) and {},
    "i-notifications-until": lambda s: {"untilId": _reacted_to(s)["last"]},
    # Timelines and searching
    "notes-featured-limit": nothing,
    "notes-featured-offset": nothing,
    "notes-global-timeline-signed-out": nothing,
    "notes-search": nothing,
    "notes-search-by-tag-none": nothing,
    "users-report-abuse": of("bob"),
    "users-report-abuse-self": of("alice"),
    "users-show-blocked": of("bob"),
    "users-show-bob-by-id": of("bob"),
    "users-show-bob-signed-out": nothing,
    "users-show-ids": two_people,
    "users-show-me": of("alice"),
    "users-show-missing-id": nothing,
    "users-show-muted": muted,
    "users-show-no-avatar": nothing,
    "users-show-requested": asked_to_follow,
}
"""By the recording's name."""

UPLOADS: dict[str, tuple[bytes | None, str]] = {
    "drive-files-create": (PNG, "leaf.png"),
    "drive-files-create-bad-boolean": (b"something to say", "n2.txt"),
    "drive-files-create-bad-folder": (b"something to say", "n2.txt"),
    "drive-files-create-empty": (b"", "e"),
    "drive-files-create-folder-null-string": (b"something to say", "n.txt"),
    "drive-files-create-force-sensitive": (PNG, "leaf3.png"),
    "drive-files-create-japanese-name": (PNG, "x.png"),
    "drive-files-create-no-file": (None, ""),
    "drive-files-create-no-name": (PNG, "from-filename.png"),
    "drive-files-create-same-again": (PNG, "leaf2.png"),
    "drive-files-create-signed-out": (PNG, "x.png"),
}
"""What was sent with a file: its bytes and name; no bytes is no file part."""


BLOCKED = {"notes-reactions-create-blocked"}
"""Asked for by somebody whom the note's author has blocked."""


def again(server: Server, recording: Recording) -> Reply:
    """The recorded call in its situation."""
    if recording.name in BLOCKED:
        params = {**recording.request, **note("bob")(server)}
        with server.blocked_by_bob():
            return server.call(recording.endpoint, **params)
    if recording.endpoint == "i/update":
        was = server.account()["name"]
        reply = server.call(recording.endpoint, **recording.request)
        server.call("i/update", name=was)
        return reply
    who = "alice" if recording.signed_in else None
    if recording.name in UPLOADS:
        data, name = UPLOADS[recording.name]
        return server.upload(data, name, who, **recording.request)
    params = {**recording.request, **SITUATIONS[recording.name](server)}
    return server.call(recording.endpoint, who, **params)


def _thread(server: Server) -> str:
    return str(server.note("bob", **ANSWER, replyId=server.note()["id"])["id"])


def _to(server: Server, reader: str) -> str:
    ids = [server.account(reader)["id"]]
    return str(server.note("bob", visibility="specified", visibleUserIds=ids)["id"])


def _with_text(server: Server) -> str:
    sent = server.upload(b"a text attachment", "memo.txt").body["id"]
    return str(server.note(fileIds=[sent])["id"])


def _told(server: Server, *types: str) -> Params:
    """These are the newest that alice was told."""
    sandbox = server.only_sandbox("what alice was told")
    alice, bob = sandbox.person("alice"), sandbox.person("bob")
    for type in types:
        words = {"header": "Engawa", "body": "words", "icon": None} if type == "app" else {}
        sandbox.world.tell(alice, type, None if words else bob, **words)
    return {"limit": len(types)}


def _reacted_to(server: Server) -> dict[str, str]:
    """Bob's reactions are the newest that alice was told; the first and last of them."""
    for _ in range(5):
        server.pass_time(0.1)
        note = server.note()["id"]
        server.call("notes/reactions/create", "bob", noteId=note, reaction=":tea:")
    told = server.call("i/notifications", limit=5, markAsRead=False).body
    return {"first": told[-1]["id"], "last": told[0]["id"]}


def _hundred_follows(server: Server) -> Params:
    bob = of("bob")(server)
    for _ in range(100):
        server.call("following/create", **bob)
    return bob


def _twice_at_once(server: Server) -> Params:
    params = reacted("👍")(server)
    server.call("notes/reactions/delete", **params)
    return params
