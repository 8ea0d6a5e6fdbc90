"""What FACTS.md and DIFFERENCES.md say of 2025.11 and no single recording shows."""

from __future__ import annotations

from typing import Any

import pytest

from .server import Server


def code(reply: Any) -> tuple[int, str | None]:
    return reply.status, reply.code


# The transport ------------------------------------------------------------


def test_broken_json_has_fastifys_shape(server: Server) -> None:
    reply = server.post(
        "/api/meta", data=b'{"detail": ', headers={"content-type": "application/json"}
    )
    assert reply.status == 400
    assert reply.body["code"] == "FST_ERR_CTP_INVALID_JSON_BODY"
    assert reply.body.keys() == {"statusCode", "code", "error", "message"}


def test_form_body_is_refused(server: Server) -> None:
    assert server.post("/api/meta", data={"detail": "true"}).status == 415


def test_bearer_header_is_a_credential(server: Server) -> None:
    key = server.key("alice")
    reply = server.post("/api/i", json={}, headers={"authorization": f"Bearer {key}"})
    assert reply.body["id"] == server.account()["id"]


def test_wrong_credential_is_refused_where_none_is_needed(server: Server) -> None:
    assert code(server.call("meta", None, i="nobody")) == (401, "AUTHENTICATION_FAILED")


def test_meta_is_not_to_be_had_with_get(server: Server) -> None:
    assert server.get("/api/meta").status != 200


def test_emojis_are_to_be_had_with_get(server: Server) -> None:
    assert server.get("/api/emojis").body.keys() == {"emojis"}


# Paging -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "rule"), [(0, "minimum"), (101, "maximum"), ("5", "type"), (1.5, "type")]
)
def test_limit_is_a_number_from_1_to_100(server: Server, limit: Any, rule: str) -> None:
    reply = server.call("notes/timeline", limit=limit)
    assert code(reply) == (400, "INVALID_PARAM")
    assert reply.body["error"]["info"]["param"] == f"#/properties/limit/{rule}"


def test_pages_run_as_the_facts_say(server: Server) -> None:
    """`untilId`: newest first. `sinceId` alone: OLDEST first. Both: newest first."""
    first, second, third, fourth = (server.note(text=f"page {n}")["id"] for n in range(4))

    def ids(**page: Any) -> list[str]:
        return [note["id"] for note in server.call("notes/timeline", **page).body]

    assert ids(limit=2) == [fourth, third]
    assert ids(limit=2, untilId=third)[:2] == [second, first]
    assert ids(limit=2, sinceId=first) == [second, third]
    assert ids(limit=2, sinceId=first, untilId=fourth) == [third, second]
    assert ids(limit=5, sinceId=fourth) == []


def test_an_id_has_letters_and_digits_only(server: Server) -> None:
    reply = server.call("notes/show", noteId="../etc")
    assert code(reply) == (400, "INVALID_PARAM")
    assert reply.body["error"]["info"] == {
        "param": "#/properties/noteId/format",
        "reason": 'must match format "misskey:id"',
    }


def test_null_is_no_id(server: Server) -> None:
    assert code(server.call("notes/timeline", untilId=None)) == (400, "INVALID_PARAM")


# Writing ------------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [
        {"text": "x", "cw": ""},
        {"text": "x", "cw": "c" * 101},
        {"text": " \n\t"},
        {"text": ""},
        {"text": "x", "visibility": "everybody"},
        {"text": "x", "fileIds": []},
        {"text": "x", "poll": {"choices": ["only one"]}},
        {"text": "x", "poll": {"choices": ["twice", "twice"]}},
        {"text": None},
    ],
)
def test_note_is_refused(server: Server, params: dict[str, Any]) -> None:
    assert code(server.call("notes/create", **params)) == (400, "INVALID_PARAM")


def test_other_refusals_of_a_note(server: Server) -> None:
    note = server.note()
    renote = server.note(text=None, renoteId=note["id"])
    for params, expected in [
        ({"renoteId": "zzzz"}, "NO_SUCH_RENOTE_TARGET"),
        ({"renoteId": renote["id"]}, "CANNOT_RENOTE_TO_A_PURE_RENOTE"),
        ({"text": "x", "replyId": renote["id"]}, "CANNOT_REPLY_TO_A_PURE_RENOTE"),
        ({"text": "x", "fileIds": ["zzzz"]}, "NO_SUCH_FILE"),
        ({"text": "x", "channelId": "zzzz"}, "NO_SUCH_CHANNEL"),
        (
            {"text": "x", "poll": {"choices": ["a", "b"], "expiresAt": 1}},
            "CANNOT_CREATE_ALREADY_EXPIRED_POLL",
        ),
    ]:
        assert code(server.call("notes/create", **params)) == (400, expected)


def test_text_is_trimmed(server: Server) -> None:
    assert server.note(text="  spaces around  ")["text"] == "spaces around"


def test_note_is_not_wider_than_what_it_answers(server: Server) -> None:
    home = server.note(visibility="home")
    assert server.note(text="x", replyId=home["id"])["visibility"] == "home"


# Who may read -------------------------------------------------------------


def test_naming_somebody_does_not_make_them_a_reader(server: Server) -> None:
    """A trap: `visibleUserIds` alone says who reads a specified note.

    The server adds readers to `mentions`, never those who are named to the
    readers (read in the public source; the client has to add them). The note
    that follows is hidden from the one it names.
    """
    bob = server.other()
    note = server.note(text=f"@{bob['username']} psst", visibility="specified")
    assert note["visibleUserIds"] == []
    assert note["mentions"] == [bob["id"]]
    seen = server.call("notes/show", "bob", noteId=note["id"])
    assert seen.status == 200
    assert seen.body["isHidden"] is True
    assert (seen.body["text"], seen.body["cw"], seen.body["files"]) == (None, None, [])


def test_whom_one_answers_becomes_a_reader(server: Server) -> None:
    alice, bob = server.account(), server.other()
    note = server.note("bob", visibility="specified", visibleUserIds=[alice["id"]])
    wide = server.call("notes/create", text="x", replyId=note["id"])
    assert code(wide) == (
        400,
        "CANNOT_REPLY_TO_SPECIFIED_VISIBILITY_NOTE_WITH_EXTENDED_VISIBILITY",
    )
    answer = server.note(text="x", replyId=note["id"], visibility="specified")
    assert answer["visibleUserIds"] == [bob["id"]]


def test_one_cannot_answer_or_share_what_one_cannot_read(server: Server) -> None:
    note = server.note("bob", visibility="specified")
    reply = server.call("notes/create", text="x", replyId=note["id"], visibility="specified")
    assert code(reply) == (400, "CANNOT_REPLY_TO_AN_INVISIBLE_NOTE")
    renote = server.call("notes/create", renoteId=note["id"])
    assert code(renote) == (400, "CANNOT_RENOTE_DUE_TO_VISIBILITY")


def test_what_answered_a_deleted_note_keeps_its_reply_id(server: Server) -> None:
    note = server.note()
    answer = server.note(text="still here", replyId=note["id"])
    server.pass_time(1.1)
    assert server.call("notes/delete", noteId=note["id"]).status == 204
    seen = server.call("notes/show", noteId=answer["id"]).body
    assert seen["replyId"] == note["id"]
    assert seen["reply"] is None


# Threads ------------------------------------------------------------------


def test_conversation_runs_upwards(server: Server) -> None:
    thread = [server.note()["id"]]
    for _ in range(3):
        thread.append(server.note(text="deeper", replyId=thread[-1])["id"])
    last = thread.pop()

    def above(**params: Any) -> list[str]:
        notes = server.call("notes/conversation", noteId=last, **params).body
        return [note["id"] for note in notes]

    assert above() == thread[::-1]
    assert above(limit=1) == [thread[2]]
    assert above(limit=1, offset=1) == [thread[1]]


# Reactions and limits -----------------------------------------------------


def test_another_reaction_replaces_the_first(server: Server) -> None:
    note = server.note()["id"]
    for reaction in ("👍", "🎉"):
        sent = server.call("notes/reactions/create", noteId=note, reaction=reaction)
        assert sent.status == 204
    seen = server.call("notes/show", noteId=note).body
    assert seen["reactions"] == {"🎉": 1}
    assert seen["myReaction"] == "🎉"


def test_reaction_nobody_knows_becomes_a_heart(server: Server) -> None:
    note = server.note()["id"]
    server.call("notes/reactions/create", noteId=note, reaction=":no_such_emoji:")
    assert server.call("notes/show", noteId=note).body["reactions"] == {"❤": 1}


def test_errors_of_notes_that_are_not_there(server: Server) -> None:
    server.pass_time(3.1)
    for endpoint, params in [
        ("notes/delete", {}),
        ("notes/conversation", {}),
        ("notes/reactions/create", {"reaction": "👍"}),
        ("notes/reactions/delete", {}),
    ]:
        assert code(server.call(endpoint, noteId="zzzz", **params)) == (400, "NO_SUCH_NOTE")
    assert server.call("notes/children", noteId="zzzz").body == []


def test_deletes_of_an_hour_are_counted(server: Server) -> None:
    sandbox = server.only_sandbox("an hour that passes at once")
    sandbox.world.limiter.forget()
    for _ in range(300):
        assert server.call("notes/delete", noteId="zzzz").status == 400
        server.pass_time(1.5)
    refused = server.call("notes/delete", noteId="zzzz")
    assert code(refused) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.body["error"]["info"]["total"] == 300
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    # Reading goes on, and after the hour so does deleting.
    assert server.call("notes/timeline").status == 200
    server.pass_time(3600)
    assert server.call("notes/delete", noteId="zzzz").status == 400
