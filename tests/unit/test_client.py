"""Calls as one account or as nobody: what goes over the wire, and what becomes of every
kind of answer."""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.house_rules import ServerTurnedAway
from app.misskey import Client, DriveFile, Note, Page, Secret, ServerAddress, Transport, User
from app.misskey.client import TOO_LARGE, error_for
from app.misskey.entities.base import Entity, emoji_urls
from app.misskey.entities.notes import CreatedNote
from app.misskey.entities.people import Me
from app.misskey.entities.servers import Meta
from app.misskey.errors import (
    AddressForbidden,
    AnswerLost,
    AnswerUnusable,
    ApiError,
    CredentialRefused,
    EndpointMissing,
    MisskeyError,
    NotThere,
    PermissionMissing,
    RateLimited,
    ServerBusy,
    ServerFault,
    ServerUnreachable,
)
from app.misskey.oauth import GrantRefused
from app.misskey.streaming import StreamEnded, StreamRefused
from app.misskey.transport import Answer
from sandbox import Sandbox
from tests.unit.machines import Connection, Machine, at_most, http
from tests.unit.recorded import FOLDERS, Recording, objects, recordings

CREDENTIAL = "a0946bc2b4f5d54ce0e4cbfe6840d5670a4dc18198561911608b3bde832b785f"
USER = {"id": "u1", "username": "alice"}
NOTE = {"id": "n1", "createdAt": "2026-11-23T01:17:51.382Z", "user": USER, "text": "Hello"}


class Server(Machine):
    """A machine that gives one answer to everything, which the test sets."""

    def __init__(self) -> None:
        self.answer = http()
        super().__init__(self._answer)

    def say(self, body: Any, status: str = "200 OK", **headers: str) -> None:
        """Answer with this body: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = http(data, status, **headers)

    def _answer(self, connection: Connection) -> None:
        while connection.read_request() is not None:
            connection.send(self.answer)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.switch_off()


@pytest.fixture
def client(transport: Transport, server: Server) -> Client:
    return Client(transport, server.address, Secret(CREDENTIAL))


@pytest.fixture
def at_sandbox(transport: Transport, sandbox: Sandbox) -> Client:
    """A client that is alice at the sandbox."""
    address = ServerAddress(sandbox.host, is_loopback=True)
    return Client(transport, address, Secret(sandbox.credential("alice")))


# What is sent ------------------------------------------------------------------


def test_credential_is_in_the_body_and_nowhere_else(client: Client, server: Server) -> None:
    client.act("notes/delete", noteId="n1")
    [request] = server.requests
    assert json.loads(request.body) == {"noteId": "n1", "i": CREDENTIAL}
    assert request.line == "POST /api/notes/delete HTTP/1.1"
    assert "authorization" not in request.headers
    assert CREDENTIAL not in request.line + repr(request.headers)


def test_nobody_sends_no_credential(transport: Transport, server: Server) -> None:
    Client(transport, server.address).act("meta", detail=False)
    assert json.loads(server.requests[0].body) == {"detail": False}


def test_parameters_that_are_none_are_left_out(client: Client, server: Server) -> None:
    server.say([])
    client.page("notes/timeline", of=Note, limit=20, untilId=None, sinceId=None, withFiles=False)
    assert json.loads(server.requests[0].body) == {"limit": 20, "withFiles": False, "i": CREDENTIAL}


def test_parameters_arrive_as_they_are(client: Client, server: Server) -> None:
    params = {
        "text": '縁側 </script> " \\ \u2028 🐈',
        "empty": "",
        "zero": 0,
        "list": ["a", None],
        "poll": {"choices": ["x", "y"], "expiresAt": None},
    }
    client.act("notes/create", **params)
    assert json.loads(server.requests[0].body) == {**params, "i": CREDENTIAL}


def test_parameter_cannot_replace_the_credential(client: Client, server: Server) -> None:
    client.act("i", i="another")
    assert json.loads(server.requests[0].body)["i"] == CREDENTIAL


def test_call_goes_out_once(client: Client, server: Server) -> None:
    server.say(b"", "500 Oops")
    with pytest.raises(ServerFault):
        client.act("notes/create", text="a")
    assert len(server.requests) == 1


# What comes back ------------------------------------------------------------------


def test_account_and_timeline_of_the_sandbox(at_sandbox: Client, sandbox: Sandbox) -> None:
    assert at_sandbox.call("i", into=User).username == "alice"
    page = at_sandbox.page("notes/timeline", of=Note, limit=10)
    assert len(page.items) == 10
    assert page.unreadable == 0
    assert all(call.account == "alice" for call in sandbox.calls)


def test_act_takes_an_answer_without_a_body(at_sandbox: Client, sandbox: Sandbox) -> None:
    note = at_sandbox.call("notes/create", into=CreatedNote, text="縁側").created_note
    at_sandbox.act("notes/delete", noteId=note.id)
    assert [call.status for call in sandbox.calls] == [200, 204]


@pytest.mark.parametrize("body", [b"", b" \r\n", b"204", b"null", b'{"x":1}'])
def test_act_does_not_look_at_what_a_success_says(
    client: Client, server: Server, body: bytes
) -> None:
    server.say(body)
    client.act("notes/delete", noteId="n1")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"<!DOCTYPE html><title>Just a moment</title>", "html"), (b"OK", "not-json"),
     (b"\xff", "not-json"), (b'{"x":', "not-json"), (b"[" * 100_000, "not-json")],
    ids=["a page", "text", "bytes", "half of it", "nested too deep"],
)  # fmt: skip
def test_act_takes_nothing_for_a_success_that_a_server_would_not_say(
    client: Client, server: Server, body: bytes, reason: str
) -> None:
    server.say(body)
    with pytest.raises(AnswerUnusable) as failed:
        client.act("notes/delete", noteId="n1")
    assert failed.value.reason == reason
    assert failed.value.may_have_happened
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "299 Odd"])
def test_every_success_is_one(client: Client, server: Server, status: str) -> None:
    server.say(NOTE, status)
    assert client.call("notes/show", into=Note, noteId="n1").text == "Hello"


BROKEN_NOTES = {
    "null": None,
    "a number": 5,
    "a list": [],
    "empty": {},
    "no id": {key: value for key, value in NOTE.items() if key != "id"},
    "no user": {key: value for key, value in NOTE.items() if key != "user"},
    "id is a number": {**NOTE, "id": 5},
    "text is a list": {**NOTE, "text": ["Hello"]},
    "no such day": {**NOTE, "createdAt": "2026-02-30T00:00:00Z"},
    "time without a zone": {**NOTE, "createdAt": "2026-11-23T01:17:51"},
    "time out of the calendar": {**NOTE, "createdAt": "0001-01-01T00:00:00+23:59"},
    "time after all years": {**NOTE, "createdAt": "9999-12-31T23:59:59-23:59"},
    "time in words": {**NOTE, "createdAt": "yesterday"},
    "far too many reactions": {**NOTE, "reactions": {"👍": 1e300}},
    "not a number of reactions": {**NOTE, "reactions": {"👍": "nan"}},
    "endless replies": {**NOTE, "repliesCount": "inf"},
    "broken renote": {**NOTE, "renoteId": "n2", "renote": {"id": "n2"}},
    "broken file": {**NOTE, "files": [{"name": "a.png"}]},
    "endless picture": {**NOTE, "files": [{"id": "f", "properties": {"width": "inf"}}]},
    "broken poll": {**NOTE, "poll": {"choices": "none"}},
    "poll ends without a zone": {
        **NOTE,
        "poll": {"choices": [], "expiresAt": "2026-11-23T01:17:51"},
    },
}


@pytest.mark.parametrize("broken", BROKEN_NOTES.values(), ids=BROKEN_NOTES)
def test_one_malformed_note_does_not_take_the_others_away(
    client: Client, server: Server, broken: Any
) -> None:
    server.say([NOTE, broken, {**NOTE, "id": "n3"}])
    page = client.page("notes/timeline", of=Note)
    assert [note.id for note in page.items] == ["n1", "n3"]
    assert page.unreadable == 1


def test_broken_utf8_in_one_note_does_not_take_the_others_away(
    client: Client, server: Server
) -> None:
    good = json.dumps(NOTE).encode()
    server.say(b"[" + good + b"," + good.replace(b"Hello", b"\xff\xfe") + b"]")
    assert client.page("notes/timeline", of=Note).unreadable == 1


def test_list_of_nothing_but_malformed_notes_is_unusable(client: Client, server: Server) -> None:
    server.say(list(BROKEN_NOTES.values()))
    with pytest.raises(AnswerUnusable) as failed:
        client.page("notes/timeline", of=Note)
    assert failed.value.reason == "shape"


def test_empty_list_is_a_page(client: Client, server: Server) -> None:
    server.say([])
    assert client.page("notes/timeline", of=Note) == Page([], 0)


UNUSABLE = {
    "nothing": (b"", "not-json"),
    "spaces": (b"  \n", "not-json"),
    "a page": (b"<!DOCTYPE html><title>Just a moment</title>", "html"),
    "a page after line ends": (b"\r\n\t <html>", "html"),
    "text": (b"Not Found", "not-json"),
    "half of it": (b'[{"id":"n1",', "not-json"),
    "two values": (b"[] []", "not-json"),
    "broken UTF-8": (b'"\xff\xfe"', "not-json"),
    "broken UTF-8 in a key": (b'{"\xff": 1}', "not-json"),
    "UTF-16": ('"a"'.encode("utf-16"), "not-json"),
    "NaN": (b"NaN", "not-json"),
    "null": (b"null", "shape"),
    "a number": (b"42", "shape"),
    "a string": (b'"surprise"', "shape"),
    "a boolean": (b"true", "shape"),
    "an object of something else": (b'{"unexpected":{"nested":true}}', "shape"),
    "an error as a success": (b'{"error":{"code":"NO_SUCH_NOTE"}}', "shape"),
    "a number no float holds": (b"9" * 5000, "not-json"),
}


@pytest.mark.parametrize(("body", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_answer_of_another_kind_is_unusable(
    client: Client, server: Server, body: bytes, reason: str
) -> None:
    server.say(body)
    with pytest.raises(AnswerUnusable) as of_page:
        client.page("notes/timeline", of=Note)
    with pytest.raises(AnswerUnusable) as of_call:
        client.call("notes/show", into=Note)
    assert {of_page.value.reason, of_call.value.reason} == {reason}
    assert of_call.value.endpoint == "notes/show"
    # The call may well have been carried out.
    assert of_call.value.may_have_happened


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"reply":', b'{"error":{"info":['])
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Oops"])
def test_answer_nested_too_deep_is_one_of_our_exceptions(
    client: Client, server: Server, opening: bytes, status: str
) -> None:
    server.say(opening * 100_000, status)
    for call in (
        lambda: client.page("notes/timeline", of=Note),
        lambda: client.call("notes/show", into=Note),
        lambda: client.call("endpoints", into=list[str]),
    ):
        with at_most(1), pytest.raises(MisskeyError):
            call()


def test_times_are_in_utc_whatever_their_zone(client: Client, server: Server) -> None:
    poll = {"choices": [], "expiresAt": "2026-11-24T00:00:00+05:30"}
    edited = "2026-11-23T02:00:00+01:00"
    moments = {"createdAt": "2026-11-23T10:17:51.5+09:00", "updatedAt": edited}
    server.say({**NOTE, **moments, "poll": poll})
    note = client.call("notes/show", into=Note)
    assert note.updated_at == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert note.updated_at.tzinfo is UTC
    assert note.created_at == datetime(2026, 11, 23, 1, 17, 51, 500_000, UTC)
    assert note.created_at.tzinfo is UTC
    assert note.poll is not None
    assert note.poll.expires_at == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_shapes_of_other_ages_are_read(client: Client, server: Server) -> None:
    server.say(
        {
            "id": "n1",
            "createdAt": "2026-11-23T01:17:51.382Z",
            "user": {"id": "u1", "username": "bob", "host": "far.example", "name": "null"},
            "renoteId": "n0",
            "renote": None,
            "replyId": "n9",
            "files": None,
            # Misskey 11 keeps zeros.
            "reactions": {"like": 0, "congrats": 1, "👍": "3"},
            "emojis": [{"name": "blobcat", "url": "https://x.example/a.png"}],
            "somethingNew": {"of": ["2030"]},
        }
    )
    note = client.call("notes/show", into=Note)
    assert (note.text, note.cw, note.visibility, note.poll) == (None, None, "public", None)
    assert note.reaction_counts == [("👍", 3), ("congrats", 1)]
    assert note.is_pure_renote
    assert note.renote_is_gone
    # Not sent is not the same as gone.
    assert not note.reply_is_gone
    assert (note.user.display_name, note.user.handle) == ("null", "@bob@far.example")


@pytest.mark.parametrize(
    ("emojis", "urls"),
    [
        (None, {}),
        ([], {}),
        ({}, {}),
        ({"blobcat": "https://x.example/a.png"}, {"blobcat": "https://x.example/a.png"}),
        (
            [{"name": "blobcat", "url": "https://x.example/a.png"}, {"name": "none", "url": None}],
            {"blobcat": "https://x.example/a.png"},
        ),
    ],
)
def test_emoji_of_every_age_are_read(
    client: Client, server: Server, emojis: Any, urls: dict[str, str]
) -> None:
    server.say({**NOTE, "emojis": emojis, "user": {**USER, "emojis": emojis}})
    note = client.call("notes/show", into=Note)
    assert emoji_urls(note.emojis) == emoji_urls(note.user.emojis) == urls
    assert emoji_urls(note.emojis, {"other": "https://x.example/b.png"}) == {
        **urls,
        "other": "https://x.example/b.png",
    }


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("image/png", "image"),
        ("image/webp", "image"),
        ("video/mp4", "video"),
        ("audio/ogg", "audio"),
        # A document, with scripts in it perhaps.
        ("image/svg+xml", "other"),
        ("text/html", "other"),
        ("application/pdf", "other"),
        ("IMAGE/png", "other"),
        ("", "other"),
        ("image", "image"),
    ],
)
def test_file_is_of_a_kind_that_browsers_show(type: str, kind: str) -> None:
    assert DriveFile(id="f1", type=type).kind == kind


def test_poll_counts_its_votes_and_knows_its_end(client: Client, server: Server) -> None:
    choices = [{"text": "a", "votes": 2}, {"text": "b", "votes": "3", "isVoted": True}]
    ends = "2026-11-24T00:00:00Z"
    server.say({**NOTE, "poll": {"choices": choices, "expiresAt": ends}})
    poll = client.call("notes/show", into=Note).poll
    assert poll is not None
    assert (poll.total, poll.has_voted) == (5, True)
    assert poll.is_open_at(datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    assert not poll.is_open_at(datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("more", "is_pure"),
    [
        ({"renoteId": "n0"}, True),
        ({"renoteId": "n0", "text": ""}, True),
        ({"renoteId": "n0", "files": []}, True),
        ({"renoteId": "n0", "text": "Look"}, False),
        ({"renoteId": "n0", "cw": "Look"}, False),
        ({"renoteId": "n0", "files": [{"id": "f1"}]}, False),
        ({"renoteId": "n0", "poll": {"choices": []}}, False),
        ({}, False),
    ],
)
def test_pure_renote_adds_nothing(
    client: Client, server: Server, more: dict[str, Any], is_pure: bool
) -> None:
    server.say({**NOTE, "text": None, **more})
    assert client.call("notes/show", into=Note).is_pure_renote == is_pure


# Refusals --------------------------------------------------------------------------


def api_error(code: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": "No.", "code": code, "id": "0", "kind": "client", **more}}


STACK = {"e": {"message": "x", "stack": "at /srv/misskey/packages/backend/built/boot/entry.js:1"}}
LIMIT = {"remaining": 0, "reset": 1795400026, "resetMs": 1795400026776, "total": 20}
REFUSALS: dict[str, tuple[str, Any, type[MisskeyError], str | None]] = {
    "credential, new": ("401", api_error("AUTHENTICATION_FAILED"), CredentialRefused, None),
    "credential, old": ("403", api_error("AUTHENTICATION_FAILED"), CredentialRefused, None),
    "no credential": ("401", api_error("CREDENTIAL_REQUIRED"), CredentialRefused, None),
    "permission, new": ("403", api_error("PERMISSION_DENIED"), PermissionMissing, None),
    "permission, old": ("400", api_error("PERMISSION_DENIED"), PermissionMissing, None),
    "limit, new": ("429", api_error("RATE_LIMIT_EXCEEDED", info=LIMIT), RateLimited, None),
    "limit, old": ("429", api_error("RATE_LIMIT_EXCEEDED"), RateLimited, None),
    "limit by its code": ("400", api_error("RATE_LIMIT_EXCEEDED"), RateLimited, None),
    "limit of a CDN": ("429", b"<html>Too many requests</html>", RateLimited, "UNKNOWN"),
    "no note": ("400", api_error("NO_SUCH_NOTE"), NotThere, None),
    "no user, new": ("404", api_error("NO_SUCH_USER"), NotThere, None),
    "endpoint, new": (
        "404",
        {"message": "Route POST:/api/x not found", "error": "Not Found", "statusCode": 404},
        EndpointMissing,
        "UNKNOWN",
    ),
    "endpoint, old": ("404", b"Not Found", EndpointMissing, "UNKNOWN"),
    "endpoint, nothing said": ("404", b"", EndpointMissing, "UNKNOWN"),
    "endpoint of another server": ("404", b"<html>404</html>", EndpointMissing, "UNKNOWN"),
    "internal, new": ("500", api_error("INTERNAL_ERROR"), ServerFault, None),
    "internal, old": ("500", api_error("INTERNAL_ERROR", info=STACK), ServerFault, None),
    "internal, in words": ("500", b"Internal Server Error", ServerFault, "UNKNOWN"),
    "CDN 502": ("502", b"<html>Bad gateway</html>", ServerFault, "UNKNOWN"),
    "CDN 503": ("503", b"<!DOCTYPE html>", ServerFault, "UNKNOWN"),
    "CDN 520": ("520", b"error code: 520", ServerFault, "UNKNOWN"),
    "CDN 504, nothing said": ("504", b"", ServerFault, "UNKNOWN"),
    "too large": ("413", b"request entity too large", ApiError, TOO_LARGE),
    "too large for a CDN": ("413", b"<html>413</html>", ApiError, TOO_LARGE),
    "too large, nothing said": ("413", b"", ApiError, TOO_LARGE),
    "official client only": ("400", api_error("ACCESS_DENIED"), ApiError, None),
    "suspended": ("403", api_error("YOUR_ACCOUNT_SUSPENDED"), ApiError, None),
    "moved": ("403", api_error("YOUR_ACCOUNT_MOVED"), ApiError, None),
    "bad parameter": ("400", api_error("INVALID_PARAM", info={"param": "x"}), ApiError, None),
    "code of the future": ("418", api_error("TEAPOT"), ApiError, None),
    "role": ("403", api_error("ROLE_PERMISSION_DENIED"), ApiError, None),
}


@pytest.mark.parametrize(("status", "body", "kind", "code"), REFUSALS.values(), ids=REFUSALS)
def test_refusal_is_typed_by_its_code(
    client: Client,
    server: Server,
    status: str,
    body: Any,
    kind: type[ApiError],
    code: str | None,
) -> None:
    server.say(body, f"{status} No")
    for call in (
        lambda: client.act("notes/create", text="a"),
        lambda: client.call("i", into=Me),
        lambda: client.page("notes/timeline", of=Note),
    ):
        with pytest.raises(MisskeyError) as failed:
            call()
        error = failed.value
        assert type(error) is kind
        assert isinstance(error, ApiError)
        assert (error.code, error.status) == (code or body["error"]["code"], int(status))
        assert error.host == server.address.host


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        ("403 Forbidden", b"<html><title>Just a moment...</title></html>", "html"),
        ("403 Forbidden", b"\n <!DOCTYPE html>", "html"),
        ("401 Unauthorized", b"<html>", "html"),
        ("403 Forbidden", b"error code: 1020", "shape"),
        ("400 Bad Request", b"Bad Request", "shape"),
        ("405 Method Not Allowed", b"", "shape"),
        ("401 Unauthorized", b'{"error":"The access token is invalid"}', "shape"),
        (
            "400 Bad Request",
            b'{"statusCode":400,"code":"FST_ERR_CTP_INVALID_JSON_BODY","error":"Bad Request"}',
            "shape",
        ),
        ("403 Forbidden", b'{"error":{"message":"no code"}}', "shape"),
        ("403 Forbidden", b'{"error":{"code":5}}', "shape"),
        ("403 Forbidden", b'{"error":{"code":"\xff"}}', "shape"),
        ("403 Forbidden", b'[{"error":{"code":"AUTHENTICATION_FAILED"}}]', "shape"),
    ],
)
def test_refusal_that_is_not_misskeys_own_signs_nobody_out(
    client: Client, server: Server, status: str, body: bytes, reason: str
) -> None:
    server.say(body, status)
    with pytest.raises(AnswerUnusable) as failed:
        client.call("i", into=Me)
    assert failed.value.reason == reason


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3599", 3599),
        ("3", 3),
        ("0", 0),
        ("86400", 86400),
        ("86401", 86400),
        ("99999999999999999999999", 86400),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("Mon, 23 Nov 2026 01:53:04 GMT", None),
        ("٣", None),
        ("²", None),
        (None, None),
    ],
)
def test_time_to_wait_is_read_where_it_is_a_number(header: str | None, seconds: int | None) -> None:
    headers = {} if header is None else {"retry-after": header}
    error = error_for("misskey.example", "notes/create", Answer(429, headers, b""))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_very_long_code_is_cut() -> None:
    body = json.dumps(api_error("X" * 100_000)).encode()
    error = error_for("misskey.example", "i", Answer(400, {}, body))
    assert isinstance(error, ApiError)
    assert error.code == "X" * 100


@pytest.mark.parametrize("info", [None, 5, "text", [1], {"reset": 1}])
def test_info_is_a_mapping_whatever_it_was(info: Any) -> None:
    body = json.dumps(api_error("RATE_LIMIT_EXCEEDED", info=info)).encode()
    error = error_for("misskey.example", "i", Answer(429, {}, body))
    assert isinstance(error, RateLimited)
    assert dict(error.info) == (info if isinstance(info, dict) else {})


def test_stack_of_the_server_is_not_in_the_exceptions_text(client: Client, server: Server) -> None:
    server.say(api_error("INTERNAL_ERROR", info=STACK), "500 Oops")
    with pytest.raises(ServerFault) as failed:
        client.act("drive/files/create")
    assert str(failed.value) == f"{server.address.host}: drive/files/create: 500 INTERNAL_ERROR"
    assert "/srv/" not in "".join(traceback.format_exception(failed.value))


@pytest.mark.parametrize("body", [body for body, _ in UNUSABLE.values()], ids=UNUSABLE)
def test_neither_exception_nor_log_holds_credential_or_parameters(
    client: Client, server: Server, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    server.say(body)
    thought = secrets.token_hex(16)
    with pytest.raises(MisskeyError) as failed:
        client.call("notes/create", into=Note, text=thought)
    shown = "".join(traceback.format_exception(failed.value)) + repr(failed.value) + caplog.text
    assert CREDENTIAL[:16] not in shown
    assert thought not in shown


MOODS: list[tuple[str, dict[str, Any], type[MisskeyError]]] = [
    ("authentication-failed", {}, CredentialRefused),
    ("authentication-failed-old", {}, CredentialRefused),
    ("rate-limited", {}, RateLimited),
    ("rate-limited-old", {}, RateLimited),
    ("internal-error", {}, ServerFault),
    ("missing", {}, EndpointMissing),
    ("html", {}, AnswerUnusable),
    ("html", {"status": 403}, AnswerUnusable),
    ("html", {"status": 503}, ServerFault),
    ("garbage", {}, AnswerUnusable),
    ("empty", {}, AnswerUnusable),
    ("no-content", {}, AnswerUnusable),
    ("shape", {"shape": "odd"}, AnswerUnusable),
    ("shape", {"shape": "missing"}, AnswerUnusable),
    ("shape", {"shape": "nulls"}, AnswerUnusable),
    ("shape", {"shape": "list"}, AnswerUnusable),
    ("down", {}, AnswerLost),
    ("truncated", {}, AnswerLost),
]


@pytest.mark.parametrize(
    ("mood", "options", "kind"), MOODS, ids=[f"{row[0]} {row[1]}" for row in MOODS]
)
def test_sandbox_in_a_bad_mood(
    at_sandbox: Client,
    sandbox: Sandbox,
    mood: str,
    options: dict[str, Any],
    kind: type[MisskeyError],
) -> None:
    sandbox.misbehave("notes/timeline", mood, **options)
    with pytest.raises(MisskeyError) as failed:
        at_sandbox.page("notes/timeline", of=Note)
    assert type(failed.value) is kind
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize("old", [False, True])
def test_refusals_of_the_sandbox(at_sandbox: Client, sandbox: Sandbox, old: bool) -> None:
    if old:
        sandbox.misbehave("*", "old-errors")
    reader = Secret(sandbox.credential("alice", permission=["read:account"]))
    narrow = Client(at_sandbox.transport, at_sandbox.address, reader)
    stranger = Client(at_sandbox.transport, at_sandbox.address, Secret("0" * 64))
    with pytest.raises(PermissionMissing):
        narrow.act("notes/create", text="a")
    with pytest.raises(CredentialRefused):
        stranger.call("i", into=User)
    with pytest.raises(NotThere):
        at_sandbox.call("notes/show", into=Note, noteId="abc")
    with pytest.raises(EndpointMissing):
        at_sandbox.act("no/such/endpoint")


# What may have happened ------------------------------------------------------------------

MAY_HAVE_HAPPENED: list[tuple[MisskeyError, bool]] = [
    (ServerUnreachable("h", "e"), False),
    (AddressForbidden("h", "e"), False),
    (ServerBusy("h", "e", 5), False),
    (AnswerLost("h", "e"), True),
    (AnswerUnusable("h", "e", "html"), True),
    (AnswerUnusable("h", "e", "not-json"), True),
    (AnswerUnusable("h", "e", "shape"), True),
    (AnswerUnusable("h", "e", "too-large"), True),
    (AnswerUnusable("h", "e", "compressed"), True),
    (AnswerUnusable("h", "e", "redirect", "x.example"), False),
    (ApiError("h", "e", "INVALID_PARAM", 400), False),
    (CredentialRefused("h", "e", "AUTHENTICATION_FAILED", 401), False),
    (PermissionMissing("h", "e", "PERMISSION_DENIED", 403), False),
    (RateLimited("h", "e", "RATE_LIMIT_EXCEEDED", 429), False),
    (NotThere("h", "e", "NO_SUCH_NOTE", 400), False),
    (EndpointMissing("h", "e", "UNKNOWN", 404), False),
    (ServerFault("h", "e", "INTERNAL_ERROR", 500), True),
    (GrantRefused("h", "e", "invalid_grant", 400), False),
    (ServerTurnedAway("h", "e"), False),
    # Nothing is written on a stream.
    (StreamRefused("h"), False),
    (StreamEnded("h"), False),
]


@pytest.mark.parametrize(
    ("error", "may"), MAY_HAVE_HAPPENED, ids=[str(row[0].args) for row in MAY_HAVE_HAPPENED]
)
def test_failed_write_may_have_happened(error: MisskeyError, may: bool) -> None:
    assert error.may_have_happened == may


def test_every_exception_of_the_tree_is_in_the_table() -> None:
    def below(kind: type[MisskeyError]) -> set[type[MisskeyError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    assert {type(error) for error, _ in MAY_HAVE_HAPPENED} == below(MisskeyError) - {MisskeyError}


@pytest.mark.parametrize(
    "kind", [AddressForbidden, ServerBusy], ids=["forbidden address", "busy server"]
)
def test_nothing_sent_is_one_kind_of_failure(kind: type[MisskeyError]) -> None:
    assert issubclass(kind, ServerUnreachable)


# Anything at all ----------------------------------------------------------------------------


def _all_below(kind: type[Entity]) -> list[type[Entity]]:
    return [child for each in kind.__subclasses__() for child in (each, *_all_below(each))]


TYPES: list[Any] = [*_all_below(Entity), list[str], list[Note]]
_KEYS = st.sampled_from(
    [
        *("id", "createdAt", "user", "username", "text", "cw", "reply", "renote", "renoteId"),
        *("files", "poll", "choices", "votes", "expiresAt", "reactions", "uri", "version"),
        *("error", "code", "info", "name", "size", "token", "url", "app", "accessToken"),
        *("emojis", "properties", "width", "channel", "updatedAt", "policies", "type"),
    ]
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["2026-11-23T01:17:51.382Z", "0001-01-01T00:00:00+23:59", "nan", "1e999"]),
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=12,
)
_BODIES = st.one_of(st.binary(max_size=80), _JSON.map(lambda value: msgspec.json.encode(value)))
_STATUSES = st.sampled_from([200, 200, 200, 204, 400, 401, 403, 404, 429, 500, 502])


def test_whatever_a_server_answers_only_our_own_exceptions_come_of_it(
    transport: Transport, server: Server
) -> None:
    client = Client(transport, server.address, Secret(CREDENTIAL))

    @given(_BODIES, _STATUSES, st.sampled_from(TYPES))
    @settings(max_examples=150)
    def check(body: bytes, status: int, into: Any) -> None:
        server.say(b"" if status == 204 else body, f"{status} X")
        with suppress(MisskeyError):
            client.call("x", into=into)
        with suppress(MisskeyError):
            client.page("x", of=into)

    check()
    assert len(server.requests) >= 2 * 150


# What real servers answered ------------------------------------------------------------------


@pytest.fixture(scope="module", params=FOLDERS)
def recorded(request: pytest.FixtureRequest) -> list[Recording]:
    return recordings(request.param)


def _is_note(value: dict[str, Any]) -> bool:
    return {"id", "createdAt", "userId", "user", "visibility", "text"} <= value.keys()


def _is_user(value: dict[str, Any]) -> bool:
    return {"id", "username", "avatarUrl"} <= value.keys()


def _is_file(value: dict[str, Any]) -> bool:
    return {"id", "md5", "size"} <= value.keys()


def _found(recorded: list[Recording], wanted: Any) -> list[dict[str, Any]]:
    return [value for one in recorded for value in objects(one.response) if wanted(value)]


def _read(client: Client, server: Server, raw: list[dict[str, Any]], of: Any) -> list[Any]:
    server.say(raw)
    page = client.page("recorded", of=of)
    assert page.unreadable == 0
    assert [item.id for item in page.items] == [value["id"] for value in raw]
    return page.items


def test_every_recorded_note_is_read(
    client: Client, server: Server, recorded: list[Recording]
) -> None:
    raw = _found(recorded, _is_note)
    assert len(raw) > 100
    for note, value in zip(_read(client, server, raw, Note), raw, strict=True):
        assert (note.text, note.cw) == (value["text"], value.get("cw"))
        assert note.visibility == value["visibility"]
        assert note.created_at == datetime.fromisoformat(value["createdAt"])
        assert note.user.id == value["userId"]
        assert dict(note.reaction_counts) == {
            name: count for name, count in value.get("reactions", {}).items() if count
        }
        assert [file.id for file in note.files or []] == [f["id"] for f in value.get("files", [])]
        assert (note.poll is None) == (value.get("poll") is None)
        assert note.reply_is_gone == ("reply" in value and not value["reply"] and note.reply_id)


def test_every_recorded_person_is_read(
    client: Client, server: Server, recorded: list[Recording]
) -> None:
    raw = _found(recorded, _is_user)
    assert len(raw) > 100
    for user, value in zip(_read(client, server, raw, User), raw, strict=True):
        assert user.username == value["username"]
        assert user.display_name == (value["name"] or value["username"])
        assert user.host == value.get("host")


def test_every_recorded_file_is_read(
    client: Client, server: Server, recorded: list[Recording]
) -> None:
    raw = _found(recorded, _is_file)
    assert len(raw) > 10
    for file, value in zip(_read(client, server, raw, DriveFile), raw, strict=True):
        assert (file.name, file.type, file.size) == (value["name"], value["type"], value["size"])
        assert file.url == value["url"]
        assert file.comment == value.get("comment")


def test_every_recorded_list_of_notes_is_a_page(
    client: Client, server: Server, recorded: list[Recording]
) -> None:
    lists = [
        one.response
        for one in recorded
        if one.status == 200
        and isinstance(one.response, list)
        and one.response
        and all(isinstance(item, dict) and _is_note(item) for item in one.response)
    ]
    assert len(lists) > 10
    for raw in lists:
        _read(client, server, raw, Note)


def test_every_recorded_meta_and_account_is_read(
    client: Client, server: Server, recorded: list[Recording]
) -> None:
    metas = [one for one in recorded if one.endpoint == "meta" and one.status == 200]
    accounts = [one for one in recorded if one.endpoint == "i" and isinstance(one.response, dict)]
    accounts = [one for one in accounts if one.status == 200]
    assert metas
    assert accounts
    for one in metas:
        server.say(one.response)
        assert client.call("meta", into=Meta).version == one.response["version"]
    for one in accounts:
        server.say(one.response)
        assert client.call("i", into=Me).username == one.response["username"]


KINDS = {
    "AUTHENTICATION_FAILED": CredentialRefused,
    "CREDENTIAL_REQUIRED": CredentialRefused,
    "PERMISSION_DENIED": PermissionMissing,
    "RATE_LIMIT_EXCEEDED": RateLimited,
    "INTERNAL_ERROR": ServerFault,
}


def _expected(one: Recording) -> type[MisskeyError]:
    inside = one.response.get("error") if isinstance(one.response, dict) else None
    if isinstance(inside, dict) and "code" in inside:
        code = inside["code"]
        return KINDS.get(code, NotThere if code.startswith("NO_SUCH") else ApiError)
    if one.status in (404, 413):
        return EndpointMissing if one.status == 404 else ApiError
    return ServerFault if one.status >= 500 else AnswerUnusable


def test_every_recorded_refusal_is_understood(
    client: Client, server: Server, recorded: list[Recording]
) -> None:
    refusals = [one for one in recorded if one.status >= 400]
    assert len(refusals) > 40
    for one in refusals:
        body = one.response.encode() if isinstance(one.response, str) else one.response
        headers = {
            name: value for name, value in one.headers.items() if name.lower() == "retry-after"
        }
        server.say(body, f"{one.status} No", **headers)
        with pytest.raises(MisskeyError) as failed:
            client.call(one.endpoint or "x", into=Note)
        assert type(failed.value) is _expected(one), one.name
