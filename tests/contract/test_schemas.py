"""The sandbox's answers and parameters against the server's own OpenAPI description."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.endpoints import TABLE

from .replays import REPLAYS
from .server import Server
from .truth import RECORDINGS, openapi, recordings, request_schema, response_schema

MORE_CALLS: dict[str, dict[str, Any]] = {
    "ping": {},
    **{
        f"charts/{name}": {"span": "day", "limit": 5}
        for name in ("active-users", "ap-request", "drive", "federation", "notes", "users")
    },
    "charts/instance": {"span": "hour", "host": "far.example"},
    "charts/user/drive": {"span": "day", "userId": "1"},
    "federation/followers": {"host": "far.example"},
    "federation/following": {"host": "far.example"},
    "federation/stats": {},
    "retention": {},
    "username/available": {"username": "somebody_new"},
    "app/create": {"name": "Contract", "description": "d", "permission": ["read:account"]},
    "meta": {"detail": False},
    "endpoint": {"endpoint": "no/such"},
}
"""Calls that no recording holds: `{endpoint: parameters}`."""

NOT_AS_DESCRIBED = {"i-registry-get"}
"""Recordings of what the description has otherwise: it says that a kept value is an object,
and servers answer with whatever was kept, here a list."""
COVERED = sorted(
    ({r.name for r in recordings() if r.status == 200} & REPLAYS.keys()) - NOT_AS_DESCRIBED
)
ENDPOINT_OF = {r.name: r.endpoint for r in recordings()}


def held_to_schema(endpoint: str, body: Any) -> None:
    """Asserts that the body is what the endpoint says it answers."""
    schema = response_schema(endpoint)
    assert schema is not None
    errors = Draft202012Validator(schema).iter_errors(body)
    assert [f"{error.json_path}: {error.message[:200]}" for error in errors] == []


@pytest.mark.parametrize("name", COVERED)
def test_answer_fits_the_schema(server: Server, name: str) -> None:
    reply = server.replayed(name)
    assert reply.status == 200
    held_to_schema(ENDPOINT_OF[name], reply.body)


@pytest.mark.parametrize("endpoint", sorted(MORE_CALLS))
def test_answer_without_a_recording_fits_the_schema(server: Server, endpoint: str) -> None:
    reply = server.call(endpoint, None, **MORE_CALLS[endpoint])
    if reply.status != 204:
        held_to_schema(endpoint, reply.body)


def test_invitation_codes_fit_the_schema(server: Server) -> None:
    """Made, listed and deleted by somebody who may, for the default role may not."""
    server.only_sandbox("a role that may invite").world.settings.can_invite = True
    made = server.call("invite/create")
    held_to_schema("invite/create", made.body)
    held_to_schema("invite/list", server.call("invite/list").body)
    held_to_schema("invite/limit", server.call("invite/limit").body)
    assert server.call("invite/delete", inviteId=made.body["id"]).status == 204
    server.only_sandbox("a role that may invite").world.settings.can_invite = False


def test_posts_of_galleries_fit_the_schema(server: Server) -> None:
    """Made and changed; taken away again."""
    params = {"title": "Rain", "fileIds": [server.file()]}
    made = server.call("gallery/posts/create", **params)
    held_to_schema("gallery/posts/create", made.body)
    changed = server.call("gallery/posts/update", postId=made.body["id"], isSensitive=True)
    held_to_schema("gallery/posts/update", changed.body)
    assert changed.body["title"] == "Rain"
    assert server.call("gallery/posts/delete", postId=made.body["id"]).status == 204


def test_drafts_fit_the_schema(server: Server) -> None:
    """Made, changed, listed and counted; taken away again."""
    made = server.call(
        "notes/drafts/create", text="Begun", poll={"choices": ["tea"], "expiredAfter": 60_000}
    )
    held_to_schema("notes/drafts/create", made.body)
    draft_id = made.body["createdDraft"]["id"]
    changed = server.call("notes/drafts/update", draftId=draft_id, text="Begun again")
    held_to_schema("notes/drafts/update", changed.body)
    listed = server.call("notes/drafts/list")
    held_to_schema("notes/drafts/list", listed.body)
    assert [one["text"] for one in listed.body if one["id"] == draft_id] == ["Begun again"]
    held_to_schema("notes/drafts/count", server.call("notes/drafts/count").body)
    assert server.call("notes/drafts/delete", draftId=draft_id).status == 204
    assert server.call("notes/drafts/delete", draftId=draft_id).status == 400


@pytest.mark.parametrize("limit", [100])
def test_everything_in_alices_home_fits_the_schema(server: Server, limit: int) -> None:
    """In the sandbox: every kind of note that the story holds."""
    reply = server.call("notes/timeline", limit=limit)
    assert reply.status == 200
    held_to_schema("notes/timeline", reply.body)


def test_everybody_in_the_sandbox_fits_the_schema(server: Server) -> None:
    people = server.only_sandbox("its people").world.people
    reply = server.call("users/show", userIds=[id for id in people if id != server.account()["id"]])
    assert len(reply.body) == len(people) - 1
    for person in reply.body:
        held_to_schema("users/show", person)


@pytest.mark.parametrize("endpoint", sorted(TABLE))
def test_row_of_the_table_says_what_the_server_says(endpoint: str) -> None:
    """Exists, asks for the same permission, refuses too many where the server does."""
    described = openapi()["paths"][f"/{endpoint}"]
    row = TABLE[endpoint]
    text = described["post"]["description"]
    assert ("**Credential required**: *Yes*" in text) == row.credential
    assert (f"**Permission**: *{row.kind}*" in text) == (row.kind is not None)
    assert ("429" in described["post"]["responses"]) == (row.limit is not None)
    assert ("get" in described) == row.get


@pytest.mark.parametrize("endpoint", sorted(TABLE))
def test_parameters_are_those_of_the_server(endpoint: str) -> None:
    described = _plain(request_schema(endpoint))
    if TABLE[endpoint].file:
        # The file is no parameter: it has a part of its own in the form.
        del described["properties"]["file"], described["required"]
    assert _plain(TABLE[endpoint].params) == described


def test_recordings_themselves_fit_the_schema() -> None:
    """The two truths agree, for the endpoints the sandbox has."""
    for recording in recordings():
        if recording.name in NOT_AS_DESCRIBED:
            continue
        if recording.endpoint in TABLE and recording.status == 200:
            held_to_schema(recording.endpoint, recording.response)


def test_endpoint_names_are_among_the_recorded_ones() -> None:
    recorded = json.loads((RECORDINGS / "endpoints.json").read_text())["response"]
    assert TABLE.keys() <= set(recorded)


def _plain(schema: Any) -> Any:
    """A schema without its descriptions, `nullable` written as a second type."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: _plain(value)
        for key, value in schema.items()
        if key not in {"description", "nullable"} and not (key == "required" and value == [])
    }
    if schema.get("nullable"):
        kept["type"] = [schema["type"], "null"]
    return kept
