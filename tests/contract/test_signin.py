"""The sign-in, walked in the recorded order (sign-in.json, FACTS.md A)."""

from __future__ import annotations

import hashlib
import uuid

import pytest

from sandbox.apps import credential

from .server import Server
from .truth import Recording, held_to, recordings

STEPS = {r.name: r for r in recordings() if r.name.startswith("sign-in-")}
APP = {
    "name": "Engawa",
    "description": "A light client",
    "permission": ["read:account", "write:notes"],
    "callbackUrl": "https://engawa.example/sign-in/callback",
}


@pytest.fixture
def step() -> dict[str, Recording]:
    """The recorded steps by their number."""
    return {name.removeprefix("sign-in-"): recording for name, recording in STEPS.items()}


def test_sign_in_until_the_person_is_asked(server: Server, step: dict[str, Recording]) -> None:
    registered = server.call("app/create", None, **APP)
    held_to(step["00"], registered)
    assert {k: v for k, v in registered.body.items() if k in APP} == {
        k: v for k, v in APP.items() if k != "description"
    }
    secret = registered.body["secret"]
    assert len(secret) == 32
    held_to(step["01"], server.call("auth/session/generate", None, appSecret="wrong"))
    held_to(step["02"], server.call("auth/session/generate", None))
    opened = server.call("auth/session/generate", None, appSecret=secret)
    held_to(step["03"], opened)
    token = opened.body["token"]
    assert str(uuid.UUID(token)) == token
    assert opened.body["url"].endswith(f"/auth/{token}")
    held_to(step["04"], server.call("auth/session/show", None, token=token))
    held_to(step["05"], server.call("auth/session/show", None, token="nope"))
    key = {"appSecret": secret, "token": token}
    held_to(step["06"], server.call("auth/session/userkey", None, **key))
    held_to(step["07"], server.call("auth/session/userkey", None, **key | {"token": "nope"}))
    held_to(step["08"], server.call("auth/session/userkey", None, **key | {"appSecret": "wrong"}))


def test_sign_in_after_consent(server: Server, step: dict[str, Recording]) -> None:
    sandbox = server.only_sandbox("a person's consent")
    secret = server.call("app/create", None, **APP).body["secret"]
    token = server.call("auth/session/generate", None, appSecret=secret).body["token"]
    sandbox.consent(token, "carol")
    key = {"appSecret": secret, "token": token}
    exchanged = server.call("auth/session/userkey", None, **key)
    held_to(step["09"], exchanged)
    held_to(step["10"], server.call("auth/session/userkey", None, **key))
    i = hashlib.sha256((exchanged.body["accessToken"] + secret).encode()).hexdigest()
    assert server.call("i", None, i=i).body["username"] == "carol"
    # What the app did not ask for it may not do: the recorded refusals.
    refused = server.call("notes/reactions/create", None, i=i, noteId="a", reaction="👍")
    held_to(step["12"], refused)


def test_second_sign_in_gives_the_same_access_token(server: Server) -> None:
    sandbox = server.only_sandbox("a person's consent")
    secret = server.call("app/create", None, **APP).body["secret"]
    given = []
    for _ in range(2):
        token = server.call("auth/session/generate", None, appSecret=secret).body["token"]
        sandbox.consent(token, "carol")
        exchanged = server.call("auth/session/userkey", None, appSecret=secret, token=token)
        given.append(exchanged.body["accessToken"])
    assert given[0] == given[1]


def test_hash_of_the_facts() -> None:
    """The worked example of FACTS.md A."""
    given = ("CdM2LqRTLr8swlDzmI8TLAcLz1UR8r0Y", "05g8wH4Iiwh3J97uLItzAYk9ryMMXutQ")
    assert credential(*given) == (
        "a0946bc2b4f5d54ce0e4cbfe6840d5670a4dc18198561911608b3bde832b785f"
    )


def test_permission_names_are_not_checked_but_may_not_repeat(server: Server) -> None:
    odd = server.call("app/create", None, **APP | {"permission": ["no:such", "read:account"]})
    assert odd.status == 200
    twice = server.call("app/create", None, **APP | {"permission": ["read:account"] * 2})
    assert (twice.status, twice.code) == (400, "INVALID_PARAM")


def test_callback_is_optional(server: Server) -> None:
    app = {name: value for name, value in APP.items() if name != "callbackUrl"}
    assert server.call("app/create", None, **app).body["callbackUrl"] is None
