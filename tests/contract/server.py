"""The server under test: our sandbox, or a real one named by the environment."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox import Sandbox

from .replays import PNG, REPLAYS
from .truth import Reply

SECONDS = 20
BETWEEN_DELETES = 1.1


class Server:
    """Calls the server and remembers what has to be cleaned up."""

    def __init__(self, url: str, keys: dict[str, str], sandbox: Sandbox | None) -> None:
        self.url = url.rstrip("/")
        self.sandbox = sandbox
        self._keys = keys
        self._http = requests.Session()
        self._http.trust_env = False
        self._notes: list[tuple[str, str]] = []
        self._files: list[str] = []
        self._clip: str | None = None
        self._replayed: dict[str, Reply] = {}

    # Calling --------------------------------------------------------------

    def key(self, who: str) -> str:
        """That person's credential; skips the test if the environment gave none."""
        if who not in self._keys:
            pytest.skip(f"CONTRACT_KEY_{who.upper()} is not set")
        return self._keys[who]

    def call(self, endpoint: str, /, who: str | None = "alice", **params: Any) -> Reply:
        """Call as that person (None: signed out); notes made are remembered."""
        credential = {} if who is None else {"i": self.key(who)}
        reply = self.post(f"/api/{endpoint}", json={**credential, **params})
        if endpoint == "notes/create" and reply.status == 200 and who is not None:
            self._notes.append((who, reply.body["createdNote"]["id"]))
        return reply

    def post(self, path: str, **how: Any) -> Reply:
        """A POST with requests' own options."""
        return self._request("POST", path, **how)

    def get(self, path: str, **how: Any) -> Reply:
        """A GET."""
        return self._request("GET", path, **how)

    def _request(self, method: str, path: str, **how: Any) -> Reply:
        answer = self._http.request(
            method, self.url + path, timeout=SECONDS, allow_redirects=False, **how
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body: Any = None
        if answer.content:
            body = answer.json() if "json" in headers.get("content-type", "") else answer.text
        return Reply(answer.status_code, headers, body)

    def replayed(self, name: str) -> Reply:
        """The answer to the replay of that recording, made once however many tests look at it."""
        if name not in self._replayed:
            self._replayed[name] = REPLAYS[name](self)
        return self._replayed[name]

    # Making what a test needs ---------------------------------------------

    def note(self, who: str = "alice", **params: Any) -> dict[str, Any]:
        """A new note of that person."""
        reply = self.call("notes/create", who, **({"text": "A note of the contract"} | params))
        assert reply.status == 200, reply
        created: dict[str, Any] = reply.body["createdNote"]
        return created

    def account(self, who: str = "alice") -> dict[str, Any]:
        """That person's account."""
        account: dict[str, Any] = self.call("i", who).body
        return account

    def other(self) -> dict[str, Any]:
        """Somebody who is not alice: bob here, the holder of the second key elsewhere."""
        return self.account("bob")

    def file(self) -> str:
        """The id of a picture in alice's drive."""
        if self.sandbox:
            alice = self.sandbox.person("alice").id
            files = self.sandbox.world.files.values()
            return next(file.id for file in files if file.user_id == alice)
        reply = self.upload(PNG, "contract.png", force="true")
        _made(reply, "drive/files/create")
        return str(reply.body["id"])

    def upload(self, data: bytes, filename: str, who: str | None = "alice", **fields: str) -> Reply:
        """Send a file, the text fields before it; what was kept is deleted in the end."""
        credential = {} if who is None else {"i": self.key(who)}
        reply = self.post(
            "/api/drive/files/create",
            data={**credential, **fields},
            files={"file": (filename, data, "application/octet-stream")},
        )
        if reply.status == 200:
            self._files.append(reply.body["id"])
        return reply

    def clip(self) -> str:
        """The id of a new, public clip of alice's; the one before it is deleted."""
        if self._clip:
            self.call("clips/delete", clipId=self._clip)
        reply = self.call("clips/create", name="A clip of the contract", isPublic=True)
        _made(reply, "clips/create")
        self._clip = str(reply.body["id"])
        return self._clip

    def channel(self) -> str:
        """The id of a channel."""
        if self.sandbox:
            return next(iter(self.sandbox.world.channels))
        followed = self.call("channels/followed").body
        if not followed:
            pytest.skip("alice follows no channel here")
        return str(followed[0]["id"])

    def pass_time(self, seconds: float) -> None:
        """Let that much time go by: at once in the sandbox, really elsewhere."""
        if self.sandbox:
            self.sandbox.world.clock.advance(seconds)
        else:
            time.sleep(seconds)

    @contextlib.contextmanager
    def blocked_by_bob(self) -> Iterator[None]:
        """Within, bob blocks alice."""
        if self.sandbox:
            world = self.sandbox.world
            pair = (world.person("bob").id, world.person("alice").id)
            before = set(world.following)
            world.blocking.add(pair)
            world.following -= {pair, pair[::-1]}
            try:
                yield
            finally:
                world.blocking.discard(pair)
                world.following |= before
            return
        alice = self.account()["id"]
        _made(self.call("blocking/create", "bob", userId=alice), "blocking/create")
        try:
            yield
        finally:
            self.call("blocking/delete", "bob", userId=alice)

    def only_sandbox(self, why: str) -> Sandbox:
        """The sandbox with its inner switches; elsewhere the test is skipped, saying why."""
        if self.sandbox is None:
            pytest.skip(f"needs the sandbox's own switches: {why}")
        return self.sandbox

    def clean_up(self) -> None:
        """Delete what was made, one thing a second, as the server wants it."""
        if self.sandbox is None:
            for who, id in reversed(self._notes):
                self.call("notes/delete", who, noteId=id)
                time.sleep(BETWEEN_DELETES)
            if self._clip:
                self.call("clips/delete", clipId=self._clip)
            for id in self._files:
                self.call("drive/files/delete", fileId=id)
        self._http.close()


def _made(reply: Reply, endpoint: str) -> None:
    if reply.status == 404:
        pytest.skip(f"this server has no {endpoint}")
    assert reply.status == 200, reply


@contextlib.contextmanager
def server_of_environment() -> Iterator[Server]:
    """The server that CONTRACT_SERVER names, else a fresh sandbox."""
    url = os.environ.get("CONTRACT_SERVER")
    if url:
        names = {"alice": "CONTRACT_KEY_ALICE", "bob": "CONTRACT_KEY_BOB"}
        keys = {who: os.environ[name] for who, name in names.items() if os.environ.get(name)}
        server = Server(url, keys, None)
        try:
            yield server
        finally:
            server.clean_up()
        return
    with Sandbox() as sandbox:
        people = {who: sandbox.credential(who) for who in ("alice", "bob")}
        server = Server(sandbox.url, people, sandbox)
        try:
            yield server
        finally:
            server.clean_up()
