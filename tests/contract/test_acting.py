"""Sharing, voting, keeping, muting: what FACTS.md says and no single recording shows."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.records import Announcement

from .server import Server
from .test_behaviour import code
from .test_schemas import held_to_schema


def ids(notes: Any) -> list[str]:
    return [note["id"] for note in notes]


# Sharing ------------------------------------------------------------------


def test_unrenoting_takes_quotes_back_too(server: Server) -> None:
    """A trap: it deletes whatever of mine points at the note."""
    note = server.note("bob")
    mine = [
        server.note(text=None, renoteId=note["id"]),
        server.note(text="a quote", renoteId=note["id"]),
    ]
    other = server.note("bob", text=None, renoteId=note["id"])
    before = server.call("notes/show", noteId=note["id"]).body["renoteCount"]
    server.pass_time(1.1)
    assert server.call("notes/unrenote", noteId=note["id"]).status == 204
    for gone in mine:
        assert code(server.call("notes/show", noteId=gone["id"])) == (400, "NO_SUCH_NOTE")
    assert ids(server.call("notes/renotes", noteId=note["id"]).body) == [other["id"]]
    after = server.call("notes/show", noteId=note["id"]).body["renoteCount"]
    assert before - after == 2
    server.pass_time(1.1)
    assert server.call("notes/unrenote", noteId=note["id"]).status == 204, "again is no error"


def test_renotes_are_paged_and_hide_what_is_not_for_all(server: Server) -> None:
    note = server.note()["id"]
    shares = [server.note("bob", text=f"quote {n}", renoteId=note)["id"] for n in range(3)]
    secret = server.note("bob", text="psst", renoteId=note, visibility="specified")["id"]
    newest = shares[::-1]
    assert ids(server.call("notes/renotes", noteId=note).body) == newest
    assert ids(server.call("notes/renotes", noteId=note, limit=1).body) == newest[:1]
    later = server.call("notes/renotes", noteId=note, untilId=newest[0]).body
    assert ids(later) == newest[1:]
    assert secret in ids(server.call("notes/renotes", "bob", noteId=note).body)


# Reactions ----------------------------------------------------------------


def test_reactions_are_listed_by_kind(server: Server) -> None:
    known = server.call("emojis").body["emojis"]
    if not known:
        pytest.skip("this server has no emoji of its own")
    name = known[0]["name"]
    note = server.note()["id"]
    server.call("notes/reactions/create", noteId=note, reaction=f":{name}:")
    server.call("notes/reactions/create", "bob", noteId=note, reaction="👍")

    def listed(**params: Any) -> list[str]:
        shown = server.call("notes/reactions", noteId=note, **params).body
        return [reaction["type"] for reaction in shown]

    assert listed() == ["👍", f":{name}@.:"], "the latest first"
    assert listed(type=f":{name}:") == listed(type=f":{name}@.:") == [f":{name}@.:"]
    assert listed(type="👍") == ["👍"]
    assert listed(type="🎉") == []
    assert listed(type=None) == listed(type="") == listed()
    assert server.get(f"/api/notes/reactions?noteId={note}&limit=1").body[0]["type"] == "👍"


def test_reactions_are_paged_by_their_own_ids(server: Server) -> None:
    note = server.note()["id"]
    for who, reaction in (("alice", "👍"), ("bob", "🎉")):
        server.call("notes/reactions/create", who, noteId=note, reaction=reaction)
    first, second = server.call("notes/reactions", noteId=note).body
    assert second["id"] < first["id"]
    older = server.call("notes/reactions", noteId=note, untilId=first["id"]).body
    assert [reaction["id"] for reaction in older] == [second["id"]]
    assert server.call("notes/reactions", noteId=note, untilId=second["id"]).body == []
    # Another reaction of the same person is a new one.
    server.call("notes/reactions/create", noteId=note, reaction="🎉")
    newest = server.call("notes/reactions", noteId=note, limit=1).body[0]
    assert newest["id"] > first["id"]
    assert newest["user"]["username"] == server.account()["username"]


def test_refused_reactions(server: Server) -> None:
    note = server.note("bob")["id"]
    share = server.note("bob", text=None, renoteId=note)["id"]
    secret = server.note("bob", visibility="specified")["id"]
    react = "notes/reactions/create"
    to_share = server.call(react, noteId=share, reaction="👍")
    assert code(to_share) == (400, "CANNOT_REACT_TO_RENOTE")
    # What one may not read is a fault inside, not an error of its own.
    assert server.call(react, noteId=secret, reaction="👍").status == 500
    with server.blocked_by_bob():
        refused = server.call(react, noteId=note, reaction="👍")
    assert code(refused) == (400, "YOU_HAVE_BEEN_BLOCKED")
    assert server.call("notes/reactions", noteId="zzzz").body == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("like", "👍"),
        ("pudding", "🍮"),
        ("star", "⭐"),
        ("☀\ufe0f", "☀"),
        ("👨\u200d🌾", "👨\u200d🌾"),
        ("ほげ", "❤"),
        ("", "❤"),
    ],
)
def test_what_becomes_of_a_reaction(server: Server, sent: str, kept: str) -> None:
    note = server.note()["id"]
    assert server.call("notes/reactions/create", noteId=note, reaction=sent).status == 204
    assert server.call("notes/show", noteId=note).body["reactions"] == {kept: 1}


def test_a_note_may_take_hearts_only(server: Server) -> None:
    note = server.note(reactionAcceptance="likeOnly")
    assert note["reactionAcceptance"] == "likeOnly"
    sent = server.call("notes/reactions/create", "bob", noteId=note["id"], reaction="🎉")
    assert sent.status == 204
    assert server.call("notes/show", noteId=note["id"]).body["reactions"] == {"❤": 1}


@pytest.mark.parametrize(
    ("acceptance", "kept"),
    [
        ("nonSensitiveOnly", "❤"),
        ("nonSensitiveOnlyForLocalLikeOnlyForRemote", "❤"),
        ("likeOnlyForRemote", ":yoi@.:"),
        (None, ":yoi@.:"),
    ],
)
def test_a_note_may_refuse_sensitive_emoji(
    server: Server, acceptance: str | None, kept: str
) -> None:
    server.only_sandbox("an emoji that is marked sensitive")
    note = server.note(reactionAcceptance=acceptance)["id"]
    for reaction, expected in ((":tea:", ":tea@.:"), (":yoi:", kept)):
        server.call("notes/reactions/create", "bob", noteId=note, reaction=reaction)
        assert server.call("notes/show", noteId=note).body["reactions"] == {expected: 1}


# Voting -------------------------------------------------------------------


def votes(server: Server, note: str, who: str = "alice") -> list[tuple[int, bool]]:
    poll = server.call("notes/show", who, noteId=note).body["poll"]
    return [(choice["votes"], choice["isVoted"]) for choice in poll["choices"]]


def test_one_choice_of_a_poll(server: Server) -> None:
    note = server.note("bob", text="which?", poll={"choices": ["tea", "coffee"]})["id"]
    assert server.call("notes/polls/vote", noteId=note, choice=1).status == 204
    assert votes(server, note) == [(0, False), (1, True)]
    assert votes(server, note, "bob") == [(0, False), (1, False)]
    for choice in (0, 1):
        again = server.call("notes/polls/vote", noteId=note, choice=choice)
        assert code(again) == (400, "ALREADY_VOTED")


def test_several_choices_of_a_poll(server: Server) -> None:
    poll = {"choices": ["tea", "coffee", "water"], "multiple": True}
    note = server.note("bob", text="which?", poll=poll)["id"]
    for choice in (0, 2):
        assert server.call("notes/polls/vote", noteId=note, choice=choice).status == 204
    assert votes(server, note) == [(1, True), (0, False), (1, True)]
    again = server.call("notes/polls/vote", noteId=note, choice=2)
    assert code(again) == (400, "ALREADY_VOTED")


def test_votes_that_cannot_be(server: Server) -> None:
    poll = {"choices": ["tea", "coffee"], "expiredAfter": 1000}
    note, plain = server.note(text="which?", poll=poll)["id"], server.note()["id"]
    for choice in (-1, 2, 1000):
        wrong = server.call("notes/polls/vote", noteId=note, choice=choice)
        assert code(wrong) == (400, "INVALID_CHOICE")
    assert code(server.call("notes/polls/vote", noteId=plain, choice=0)) == (400, "NO_POLL")
    assert code(server.call("notes/polls/vote", noteId="zzzz", choice=0)) == (400, "NO_SUCH_NOTE")
    assert code(server.call("notes/polls/vote", noteId=note)) == (400, "INVALID_PARAM")
    server.pass_time(1.1)
    late = server.call("notes/polls/vote", noteId=note, choice=0)
    assert code(late) == (400, "ALREADY_EXPIRED")


def test_the_blocked_cannot_vote(server: Server) -> None:
    note = server.note("bob", text="which?", poll={"choices": ["tea", "coffee"]})["id"]
    with server.blocked_by_bob():
        refused = server.call("notes/polls/vote", noteId=note, choice=0)
    assert code(refused) == (400, "YOU_HAVE_BEEN_BLOCKED")


# Keeping ------------------------------------------------------------------


def test_favourites(server: Server) -> None:
    older, newer = server.note()["id"], server.note()["id"]
    for note in (newer, older):
        assert server.call("notes/favorites/create", noteId=note).status == 204
    assert server.call("notes/state", noteId=newer).body["isFavorited"] is True
    listed = server.call("i/favorites", limit=2).body
    assert [item["noteId"] for item in listed] == [older, newer], "by when they were kept"
    after = server.call("i/favorites", limit=1, untilId=listed[0]["id"]).body
    assert [item["noteId"] for item in after] == [newer]
    assert server.call("notes/favorites/delete", noteId=newer).status == 204
    again = server.call("notes/favorites/delete", noteId=newer)
    assert code(again) == (400, "NOT_FAVORITED")
    assert server.call("notes/state", noteId=newer).body["isFavorited"] is False
    server.pass_time(1.1)
    server.call("notes/delete", noteId=older)
    assert older not in [item["noteId"] for item in server.call("i/favorites").body]


def test_clips(server: Server) -> None:
    clip, note = server.clip(), server.note()["id"]
    server.call("clips/add-note", clipId=clip, noteId=note)
    assert server.call("clips/show", clipId=clip).body["notesCount"] == 1
    assert server.call("notes/show", noteId=note).body["clippedCount"] == 1
    assert server.call("clips/remove-note", clipId=clip, noteId=note).status == 204
    assert server.call("clips/remove-note", clipId=clip, noteId=note).status == 204
    assert server.call("notes/show", noteId=note).body["clippedCount"] == 0
    assert server.call("clips/notes", clipId=clip).body == []
    for endpoint in ("clips/add-note", "clips/remove-note"):
        missing = server.call(endpoint, clipId=clip, noteId="zzzz")
        assert code(missing) == (400, "NO_SUCH_NOTE")
        missing = server.call(endpoint, clipId="zzzz", noteId=note)
        assert code(missing) == (400, "NO_SUCH_CLIP")


def test_a_clip_of_ones_own(server: Server) -> None:
    clip = server.clip()
    server.call("clips/update", clipId=clip, isPublic=False)
    assert code(server.call("clips/show", "bob", clipId=clip)) == (400, "NO_SUCH_CLIP")
    assert code(server.call("clips/notes", None, clipId=clip)) == (400, "NO_SUCH_CLIP")
    assert code(server.call("clips/delete", "bob", clipId=clip)) == (400, "NO_SUCH_CLIP")
    server.call("clips/update", clipId=clip, isPublic=True, name="For all")
    seen = server.call("clips/show", None, clipId=clip).body
    assert seen["name"] == "For all"
    assert not seen.keys() & {"notesCount", "isFavorited"}


def test_clips_are_searched_by_words(server: Server) -> None:
    clip = server.clip()
    for text in ("green tea", "black tea"):
        server.call("clips/add-note", clipId=clip, noteId=server.note(text=text)["id"])
    found = server.call("clips/notes", clipId=clip, search="TEA green").body
    assert [note["text"] for note in found] == ["green tea"]


def test_too_many_clips_and_pins(server: Server) -> None:
    world = server.only_sandbox("ten clips, five pins").world
    alice = world.person("alice")
    clips, pinned = dict(world.clips), list(alice.pinned)
    try:
        answers = [code(server.call("clips/create", name=f"clip {n}")) for n in range(11)]
        assert answers[-1] == (400, "TOO_MANY_CLIPS")
        assert answers[0] == (200, None)
        notes = [server.note()["id"] for _ in range(6)]
        answers = [code(server.call("i/pin", noteId=note)) for note in notes]
        assert answers[-1] == (400, "PIN_LIMIT_EXCEEDED")
        assert server.account()["pinnedNoteIds"][0] == notes[3], "the last one first"
    finally:
        world.clips, alice.pinned = clips, pinned


def test_a_full_clip(server: Server) -> None:
    world = server.only_sandbox("two hundred notes in a clip").world
    clip, note = server.clip(), server.note()["id"]
    world.clips[clip].notes = [f"n{number}" for number in range(200)]
    world.limiter.forget()
    refused = server.call("clips/add-note", clipId=clip, noteId=note)
    assert code(refused) == (400, "TOO_MANY_CLIP_NOTES")


def test_only_ones_own_notes_are_pinned(server: Server) -> None:
    note = server.note("bob")["id"]
    for endpoint in ("i/pin", "i/unpin"):
        missing = server.call(endpoint, noteId="zzzz")
        assert code(missing) == (400, "NO_SUCH_NOTE")
    assert code(server.call("i/pin", noteId=note)) == (400, "NO_SUCH_NOTE")


# Threads, translation, reports ---------------------------------------------


def test_a_muted_thread_is_muted_everywhere_in_it(server: Server) -> None:
    first = server.note()["id"]
    second = server.note("bob", text="an answer", replyId=first)["id"]
    third = server.note(text="and another", replyId=second)["id"]
    elsewhere = server.note()["id"]
    assert server.call("notes/thread-muting/create", noteId=second).status == 204

    def muted() -> list[bool]:
        states = [server.call("notes/state", noteId=n).body for n in (first, third, elsewhere)]
        return [state["isMutedThread"] for state in states]

    assert muted() == [True, True, False]
    assert server.call("notes/thread-muting/delete", noteId=third).status == 204
    assert muted() == [False, False, False]
    for endpoint in ("create", "delete"):
        missing = server.call(f"notes/thread-muting/{endpoint}", noteId="zzzz")
        assert code(missing) == (400, "NO_SUCH_NOTE")


def test_a_muted_thread_does_not_mention(server: Server) -> None:
    name = server.account()["username"]
    note = server.note("bob", text=f"@{name} hello")["id"]
    assert server.call("notes/mentions", limit=1).body[0]["id"] == note
    server.call("notes/thread-muting/create", noteId=note)
    assert note not in ids(server.call("notes/mentions", limit=10).body)
    server.call("notes/thread-muting/delete", noteId=note)


def test_translation_where_there_is_one(server: Server) -> None:
    settings = server.only_sandbox("a translator").world.settings
    assert server.call("meta").body["translatorAvailable"] is False
    settings.translator = True
    try:
        assert server.call("meta").body["translatorAvailable"] is True
        note = server.note(text="おはよう")["id"]
        told = server.call("notes/translate", noteId=note, targetLang="en-US").body
        assert told["sourceLang"] == "JA"
        assert told["text"].endswith("おはよう")
        assert told["text"] != "おはよう"
        picture = server.note(text=None, fileIds=[server.file()])["id"]
        wordless = server.call("notes/translate", noteId=picture, targetLang="en")
        assert (wordless.status, wordless.body) == (204, None)
        secret = server.note("bob", visibility="specified")["id"]
        refused = server.call("notes/translate", noteId=secret, targetLang="en")
        assert code(refused) == (400, "CANNOT_TRANSLATE_INVISIBLE_NOTE")
        missing = server.call("notes/translate", noteId="zzzz", targetLang="en")
        assert code(missing) == (400, "NO_SUCH_NOTE")
    finally:
        settings.translator = False


def test_reports_reach_the_moderators(server: Server) -> None:
    world = server.only_sandbox("moderators nobody disturbs").world
    bob = server.other()["id"]
    reported = server.call("users/report-abuse", userId=bob, comment="He sat on my box.")
    assert (reported.status, reported.body) == (204, None)
    assert [(report.user_id, report.comment) for report in world.reports] == [
        (bob, "He sat on my box.")
    ]
    missing = server.call("users/report-abuse", userId="zzzz", comment="x")
    assert code(missing) == (400, "NO_SUCH_USER")
    empty = server.call("users/report-abuse", userId=bob, comment="")
    assert code(empty) == (400, "INVALID_PARAM")


# Channels -----------------------------------------------------------------


def test_a_channel_of_ones_own(server: Server) -> None:
    server.only_sandbox("channels cannot be deleted")
    channel = server.call("channels/create", name="quiet corner").body["id"]
    assert channel not in [c["id"] for c in server.call("channels/followed", limit=100).body]
    note = server.note(channelId=channel)
    assert (note["visibility"], note["localOnly"], note["channelId"]) == ("public", True, channel)
    server.call("channels/follow", "bob", channelId=channel)
    assert note["id"] in ids(server.call("notes/timeline", "bob", limit=3).body)
    assert ids(server.call("channels/timeline", None, channelId=channel).body) == [note["id"]]
    seen = server.call("channels/show", None, channelId=channel).body
    assert (seen["notesCount"], seen["usersCount"]) == (1, 1)
    assert "isFollowing" not in seen
    server.call("channels/unfollow", "bob", channelId=channel)
    assert note["id"] not in ids(server.call("notes/timeline", "bob", limit=3).body)
    for endpoint in ("show", "timeline", "follow", "unfollow"):
        missing = server.call(f"channels/{endpoint}", channelId="zzzz")
        assert code(missing) == (400, "NO_SUCH_CHANNEL")


def test_a_channel_that_keeps_to_itself(server: Server) -> None:
    server.only_sandbox("channels cannot be deleted")
    closed = server.call(
        "channels/create", name="kept in", allowRenoteToExternal=False, bannerId=server.file()
    ).body
    assert closed["bannerUrl"]
    note = server.note(channelId=closed["id"])["id"]
    outside = server.call("notes/create", renoteId=note)
    assert code(outside) == (400, "CANNOT_RENOTE_OUTSIDE_OF_CHANNEL")
    inside = server.note(text=None, renoteId=note, channelId=closed["id"])
    assert inside["channelId"] == closed["id"]
    answer = server.note(text="an answer", replyId=note)
    assert answer["channelId"] == closed["id"], "an answer stays in the room"
    missing = server.call("channels/create", name="x", bannerId="zzzz")
    assert code(missing) == (400, "NO_SUCH_FILE")
    server.call("channels/follow", channelId=closed["id"])
    again = server.call("channels/follow", channelId=closed["id"])
    assert code(again) == (500, "INTERNAL_ERROR")
    server.call("channels/unfollow", channelId=closed["id"])


def test_what_the_keepers_say(server: Server) -> None:
    world = server.only_sandbox("something to say").world
    before = world.announcements[:]
    world.announcements[:] = [Announcement("a1", 0, "Water", "The well is open again.")]
    try:
        for who in ("alice", None):
            (told,) = server.call("announcements", who).body
            assert told["title"] == "Water"
            assert ("isRead" in told) == (who is not None)
            held_to_schema("announcements", [told])
        assert server.call("announcements", isActive=False).body == []
    finally:
        world.announcements[:] = before


# Looking for people and words ---------------------------------------------


def test_people_are_found_by_the_beginning_of_their_names(server: Server) -> None:
    server.only_sandbox("its people")

    def found(**params: Any) -> list[str]:
        reply = server.call("users/search-by-username-and-host", detail=False, **params)
        return [person["username"] for person in reply.body]

    assert found(username="J") == ["juno"]
    assert found(username="", host="far.") == ["juno", "tsukimi", "olmo"]
    assert found(username="ju", host="elsewhere") == []
    assert found(username="nobody") == []
    assert code(server.call("users/search-by-username-and-host")) == (400, "INVALID_PARAM")


def test_people_are_found_by_words(server: Server) -> None:
    server.only_sandbox("its people")

    def found(query: str, **params: Any) -> list[str]:
        reply = server.call("users/search", query=query, **params)
        return [person["username"] for person in reply.body]

    assert found("of the hills") == ["juno"]
    assert found("@al") == ["alice"]
    assert set(found("o", origin="remote", limit=2)) <= {"juno", "olmo", "tsukimi"}
    assert found("alice", origin="remote") == []
    lite = server.call("users/search", None, query="@bob", detail=False).body
    assert "description" not in lite[0]


def test_hashtags_by_how_they_begin(server: Server) -> None:
    server.note(text="#contractual #contract")
    found = server.call("hashtags/search", query="Contract").body
    assert {"contract", "contractual"} <= set(found)
    assert server.call("hashtags/search", query="contract", limit=1, offset=1).body != []
