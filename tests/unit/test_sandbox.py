"""The sandbox's own behaviour: consent, moods, switches, command line.

That it answers as a real server does is held in `tests/contract`.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import io
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import wave
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox import Sandbox
from sandbox.consent import COOKIE
from sandbox.misbehaviour import WAYS, described

ROOT = Path(__file__).resolve().parents[2]
CALLBACK = "https://engawa.example/sign-in/callback"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """One sandbox for this file."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The sandbox as at its start."""
    running.reset()
    running.latency = 0.0
    return running


@pytest.fixture
def browser(sandbox: Sandbox) -> Iterator[Browser]:
    """A browser of nobody in particular, without JavaScript."""
    browser = Browser(sandbox)
    yield browser
    browser.session.close()


class Browser:
    """Opens pages and presses buttons; never follows a redirect by itself."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = sandbox.url

    def open(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, allow_redirects=False, timeout=5)

    def press(self, path: str, **fields: str) -> requests.Response:
        return self.session.post(self.url + path, data=fields, allow_redirects=False, timeout=5)

    def sign_in(self, username: str, next: str = "/") -> requests.Response:
        return self.press("/sandbox-sign-in", username=username, next=next)


def call(sandbox: Sandbox, endpoint: str, **params: Any) -> requests.Response:
    """One call of the API."""
    return requests.post(f"{sandbox.url}/api/{endpoint}", json=params, timeout=5)


def begin(sandbox: Sandbox, **app: Any) -> tuple[str, str]:
    """Register an app and open a session: `(secret, token)`."""
    registered = {
        "name": "Engawa",
        "description": "A light client",
        "permission": ["read:account", "write:notes"],
        "callbackUrl": CALLBACK,
    } | app
    secret = call(sandbox, "app/create", **registered).json()["secret"]
    return secret, call(sandbox, "auth/session/generate", appSecret=secret).json()["token"]


def userkey(sandbox: Sandbox, secret: str, token: str) -> requests.Response:
    """Exchange the session."""
    return call(sandbox, "auth/session/userkey", appSecret=secret, token=token)


class TestConsent:
    def test_nobody_signed_in_chooses_a_person(self, sandbox: Sandbox, browser: Browser) -> None:
        _, token = begin(sandbox)
        page = browser.open(f"/auth/{token}")
        assert page.status_code == 200
        assert "Please log in to authorize applications." in page.text
        for name in ("alice", "bob", "carol", "dave", "haru"):
            assert f'value="{name}"' in page.text
        assert "juno" not in page.text, "people of other servers have no account here"

    def test_choosing_leads_back_to_the_consent(self, sandbox: Sandbox, browser: Browser) -> None:
        _, token = begin(sandbox)
        answer = browser.sign_in("alice", f"/auth/{token}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/auth/{token}")
        assert COOKIE in browser.session.cookies
        assert "HttpOnly" in answer.headers["set-cookie"]

    def test_consent_names_app_and_permissions(self, sandbox: Sandbox, browser: Browser) -> None:
        _, token = begin(sandbox, name="<b>Engawa</b>", description="Light & small")
        browser.sign_in("alice")
        page = browser.open(f"/auth/{token}")
        assert "&lt;b&gt;Engawa&lt;/b&gt;" in page.text
        assert "<b>Engawa" not in page.text
        assert "Light &amp; small" in page.text
        assert "<li>read:account</li><li>write:notes</li>" in page.text
        assert "<script" not in page.text

    def test_accepting_calls_back_and_finishes(self, sandbox: Sandbox, browser: Browser) -> None:
        secret, token = begin(sandbox)
        browser.sign_in("carol")
        answer = browser.press(f"/auth/{token}", answer="accept")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{CALLBACK}?token={token}"
        assert userkey(sandbox, secret, token).json()["user"]["username"] == "carol"

    def test_callback_is_concatenated(self, sandbox: Sandbox, browser: Browser) -> None:
        _, token = begin(sandbox, callbackUrl="https://engawa.example/cb?x=1")
        browser.sign_in("carol")
        answer = browser.press(f"/auth/{token}", answer="accept")
        assert answer.headers["location"] == f"https://engawa.example/cb?x=1?token={token}"

    def test_second_time_is_silent(self, sandbox: Sandbox, browser: Browser) -> None:
        secret, token = begin(sandbox)
        browser.sign_in("carol")
        browser.press(f"/auth/{token}", answer="accept")
        first = userkey(sandbox, secret, token).json()["accessToken"]
        again = call(sandbox, "auth/session/generate", appSecret=secret).json()["token"]
        answer = browser.open(f"/auth/{again}")
        assert answer.status_code == 302
        assert answer.headers["location"] == f"{CALLBACK}?token={again}"
        assert userkey(sandbox, secret, again).json()["accessToken"] == first

    def test_somebody_else_is_asked_all_the_same(self, sandbox: Sandbox, browser: Browser) -> None:
        secret, token = begin(sandbox)
        sandbox.consent(token, "carol")
        again = call(sandbox, "auth/session/generate", appSecret=secret).json()["token"]
        browser.sign_in("bob")
        assert browser.open(f"/auth/{again}").status_code == 200

    def test_cancelling_never_calls_back(self, sandbox: Sandbox, browser: Browser) -> None:
        secret, token = begin(sandbox)
        browser.sign_in("carol")
        answer = browser.press(f"/auth/{token}", answer="cancel")
        assert answer.status_code == 200
        assert "Access denied" in answer.text
        assert userkey(sandbox, secret, token).json()["error"]["code"] == "PENDING_SESSION"

    def test_app_without_callback(self, sandbox: Sandbox, browser: Browser) -> None:
        secret, token = begin(sandbox, callbackUrl=None)
        browser.sign_in("carol")
        answer = browser.press(f"/auth/{token}", answer="accept")
        assert "Please go back to the application" in answer.text
        assert userkey(sandbox, secret, token).status_code == 200

    def test_unknown_session(self, browser: Browser) -> None:
        assert "An error has occurred" in browser.open("/auth/nope").text

    def test_callback_that_is_a_script_is_not_followed(
        self, sandbox: Sandbox, browser: Browser
    ) -> None:
        _, token = begin(sandbox, callbackUrl="javascript:alert(1)")
        browser.sign_in("carol")
        answer = browser.press(f"/auth/{token}", answer="accept")
        assert "location" not in answer.headers
        assert "An error has occurred" in answer.text

    def test_pressing_accept_without_signing_in_does_nothing(
        self, sandbox: Sandbox, browser: Browser
    ) -> None:
        secret, token = begin(sandbox)
        browser.press(f"/auth/{token}", answer="accept")
        assert userkey(sandbox, secret, token).json()["error"]["code"] == "PENDING_SESSION"

    def test_revoking_an_app_kills_its_credential(self, sandbox: Sandbox, browser: Browser) -> None:
        i = sandbox.credential("alice")
        other = sandbox.credential("alice")
        browser.sign_in("alice")
        page = browser.open("/settings/apps")
        app = re.findall(r'name="app" value="(\w+)"', page.text)
        assert len(app) == 2
        answer = browser.press("/settings/apps", app=app[1])
        assert answer.status_code == 303
        codes = {call(sandbox, "i", i=key).status_code for key in (i, other)}
        assert codes == {200, 401}

    def test_being_somebody_else(self, browser: Browser) -> None:
        browser.sign_in("alice")
        assert "@alice" in browser.open("/settings/apps").text
        browser.press("/sandbox-sign-out", next="/settings/apps")
        assert "Please log in" in browser.open("/settings/apps").text

    @pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example"])
    def test_signing_in_leads_nowhere_else(self, browser: Browser, next: str) -> None:
        assert browser.sign_in("alice", next).headers["location"] == "/"

    def test_signing_in_as_nobody(self, browser: Browser) -> None:
        assert browser.sign_in("nobody").status_code == 400


class TestMoods:
    """Each way to misbehave, over real sockets."""

    def test_slow_for_one_account_once(self, sandbox: Sandbox) -> None:
        alice, bob = sandbox.credential("alice"), sandbox.credential("bob")
        sandbox.misbehave("notes/timeline", "slow", seconds=0.2, account="alice", times=1)
        took = []
        for i in (bob, alice, alice):
            began = time.perf_counter()
            assert call(sandbox, "notes/timeline", i=i).status_code == 200
            took.append(time.perf_counter() - began >= 0.2)
        assert took == [False, True, False]

    @pytest.mark.parametrize("how", ["down", "lost"])
    def test_no_answer(self, sandbox: Sandbox, how: str) -> None:
        i = sandbox.credential("alice")
        before = len(sandbox.world.notes)
        sandbox.misbehave("notes/create", how)
        with pytest.raises(requests.ConnectionError):
            call(sandbox, "notes/create", i=i, text="did it arrive?")
        # The difference between the two: a lost answer belongs to a note that was written.
        assert len(sandbox.world.notes) - before == (how == "lost")

    @pytest.mark.parametrize("how", ["silent", "hang"])
    def test_never_finished(self, sandbox: Sandbox, how: str) -> None:
        sandbox.misbehave("meta", how)
        with pytest.raises(requests.RequestException):
            requests.post(f"{sandbox.url}/api/meta", json={}, timeout=0.2)

    def test_hang_sends_headers_and_a_part(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "hang", part=0.5, seconds=0.1)
        head, body = raw(sandbox, "/api/ping").split(b"\r\n\r\n", 1)
        assert b"200 OK" in head
        assert body.startswith(b'{"po')
        assert len(body) < length_said(head)

    def test_drip(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "drip", seconds=0.01)
        began = time.perf_counter()
        assert "pong" in call(sandbox, "ping").json()
        assert time.perf_counter() - began > 0.1

    def test_drip_headers(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "drip headers", seconds=0.001)
        began = time.perf_counter()
        assert "pong" in call(sandbox, "ping").json()
        assert time.perf_counter() - began > 0.1

    def test_endless(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "endless")
        with requests.post(f"{sandbox.url}/api/ping", json={}, stream=True, timeout=5) as answer:
            assert answer.headers["transfer-encoding"] == "chunked"
            read = 0
            for part in answer.iter_content(65536):
                read += len(part)
                if read > 200_000:
                    break
        assert read > 200_000

    def test_huge(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "huge", megabytes=2)
        answer = call(sandbox, "ping")
        assert len(answer.content) == int(answer.headers["content-length"]) > 2 * 1024 * 1024 - 100
        assert isinstance(answer.json(), list)

    def test_gzip_bomb(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "gzip-bomb", megabytes=8)
        head, body = raw(sandbox, "/api/ping").split(b"\r\n\r\n", 1)
        assert b"Content-Encoding: gzip" in head
        assert len(body) < 20_000
        unpacked = gzip.decompress(body)
        assert len(unpacked) > 8 * 1024 * 1024
        assert isinstance(json.loads(unpacked), list)

    def test_truncated(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "truncated")
        head, body = raw(sandbox, "/api/ping").split(b"\r\n\r\n", 1)
        assert length_said(head) == len(body) + 10

    def test_empty_and_no_content(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("ping", "empty", times=1)
        answer = call(sandbox, "ping")
        assert (answer.status_code, answer.content) == (200, b"")
        sandbox.misbehave("ping", "no-content")
        assert call(sandbox, "ping").status_code == 204

    @pytest.mark.parametrize("status", [200, 502, 503])
    def test_html(self, sandbox: Sandbox, status: int) -> None:
        sandbox.misbehave("*", "html", status=status)
        answer = call(sandbox, "meta")
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")

    def test_garbage(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("meta", "garbage")
        answer = call(sandbox, "meta")
        assert answer.headers["content-type"].startswith("application/json")
        with pytest.raises(ValueError, match=r".+"):
            json.loads(answer.content)

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_redirect(self, sandbox: Sandbox, status: int) -> None:
        sandbox.misbehave("meta", "redirect", location="http://127.0.0.1:1/", status=status)
        answer = requests.post(f"{sandbox.url}/api/meta", json={}, allow_redirects=False, timeout=5)
        assert (answer.status_code, answer.headers["location"]) == (status, "http://127.0.0.1:1/")

    def test_exactly_this(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("meta", "answer", status=418, body={"a": 1}, headers={"X-A": "b"})
        answer = call(sandbox, "meta")
        assert (answer.status_code, answer.json(), answer.headers["x-a"]) == (418, {"a": 1}, "b")

    @pytest.mark.parametrize(
        ("shape", "kind"),
        [("number", int), ("string", str), ("boolean", bool), ("list", list), ("object", dict)],
    )
    def test_another_type(self, sandbox: Sandbox, shape: str, kind: type) -> None:
        sandbox.misbehave("i", "shape", shape=shape)
        assert type(call(sandbox, "i").json()) is kind

    def test_odd_shapes_of_the_true_answer(self, sandbox: Sandbox) -> None:
        i = sandbox.credential("alice")
        true = call(sandbox, "i", i=i).json()
        sandbox.misbehave("i", "shape", shape="missing", times=1)
        assert 0 < len(call(sandbox, "i", i=i).json()) < len(true)
        sandbox.misbehave("i", "shape", shape="nulls", times=1)
        assert set(call(sandbox, "i", i=i).json().values()) == {None}
        sandbox.misbehave("i", "shape", shape="odd", times=1)
        odd = call(sandbox, "i", i=i).json()
        assert odd.keys() == true.keys()
        assert (odd["id"], odd["isCat"], odd["pinnedNotes"][0]["id"]) == (
            [true["id"]],
            "yes",
            [true["pinnedNotes"][0]["id"]],
        )

    def test_patch_and_wrong_names(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("meta", "patch", values={"name": None}, times=1)
        assert call(sandbox, "meta").json()["name"] is None
        sandbox.misbehave("meta", "wrong-uri", uri="https://evil.example")
        assert call(sandbox, "meta").json()["uri"] == "https://evil.example"
        secret, _ = begin(sandbox)
        sandbox.misbehave("auth/session/generate", "wrong-origin", origin="https://evil.example")
        opened = call(sandbox, "auth/session/generate", appSecret=secret).json()
        assert opened["url"] == f"https://evil.example/auth/{opened['token']}"

    @pytest.mark.parametrize(
        ("how", "status", "code"),
        [
            ("rate-limited", 429, "RATE_LIMIT_EXCEEDED"),
            ("rate-limited-old", 429, "RATE_LIMIT_EXCEEDED"),
            ("authentication-failed", 401, "AUTHENTICATION_FAILED"),
            ("authentication-failed-old", 403, "AUTHENTICATION_FAILED"),
            ("internal-error", 500, "INTERNAL_ERROR"),
            ("error", 400, "SOMETHING_ELSE"),
        ],
    )
    def test_refusals(self, sandbox: Sandbox, how: str, status: int, code: str) -> None:
        sandbox.misbehave("meta", how)
        answer = call(sandbox, "meta")
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (status, code)
        assert answer.headers.get("retry-after") == ("60" if how == "rate-limited" else None)
        assert ("info" in error) == (how == "rate-limited")

    def test_server_without_the_endpoint(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("emojis", "missing")
        assert call(sandbox, "emojis").json()["message"] == "Route POST:/api/emojis not found"

    def test_strict_permissions(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("app/create", "strict-permissions")
        app = {"name": "n", "description": "d"}
        old = call(sandbox, "app/create", **app, permission=["read:account", "write:votes"])
        new = call(sandbox, "app/create", **app, permission=["read:account", "read:channels"])
        assert (old.status_code, new.status_code) == (200, 400)
        assert new.json()["error"]["code"] == "INVALID_PARAM"

    def test_old_errors(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("*", "old-errors")
        weak = sandbox.credential("alice", permission=["read:blocks"])
        bad = call(sandbox, "i", i="nobody")
        assert (bad.status_code, bad.json()["error"]["code"]) == (403, "AUTHENTICATION_FAILED")
        assert "www-authenticate" not in bad.headers
        denied = call(sandbox, "i", i=weak)
        assert (denied.status_code, denied.json()["error"]["code"]) == (400, "PERMISSION_DENIED")
        unknown = call(sandbox, "no/such")
        assert (unknown.status_code, unknown.text) == (404, "Not Found")
        i = sandbox.credential("alice")
        for _ in range(2):
            limited = call(sandbox, "notes/delete", i=i, noteId="zzzz")
        assert limited.status_code == 429
        assert "retry-after" not in limited.headers
        assert "info" not in limited.json()["error"]
        assert call(sandbox, "ping").status_code == 200

    def test_pages_can_fail_too(self, sandbox: Sandbox, browser: Browser) -> None:
        sandbox.misbehave("/proxy", "html", status=503)
        assert browser.open("/proxy/avatar.webp?url=x").status_code == 503
        assert browser.open("/").status_code == 200

    def test_last_rule_wins_and_behaving_ends_it(self, sandbox: Sandbox) -> None:
        sandbox.misbehave("*", "internal-error")
        sandbox.misbehave("ping", "no-content", times=1)
        assert [call(sandbox, "ping").status_code for _ in range(2)] == [204, 500]
        sandbox.behave()
        assert call(sandbox, "ping").status_code == 200

    def test_no_such_mood(self, sandbox: Sandbox) -> None:
        with pytest.raises(ValueError, match="no such way"):
            sandbox.misbehave("meta", "sulk")
        with pytest.raises(ValueError, match="takes"):
            sandbox.misbehave("meta", "slow", minutes=1)

    def test_every_way_says_what_it_does(self) -> None:
        assert {name for name, _ in described()} == WAYS.keys()
        assert all(sentence.endswith(".") for _, sentence in described())


class TestSwitches:
    """The same over HTTP, for programs beside it."""

    def test_misbehave_behave_reset(self, sandbox: Sandbox) -> None:
        asked = {"endpoint": "ping", "how": "answer", "status": 503, "times": 2}
        answer = requests.post(f"{sandbox.url}/sandbox/misbehave", json=asked, timeout=5)
        assert answer.json() == [{**asked, "account": None}]
        assert call(sandbox, "ping").status_code == 503
        requests.post(f"{sandbox.url}/sandbox/behave", timeout=5)
        assert call(sandbox, "ping").status_code == 200
        i = sandbox.credential("alice")
        call(sandbox, "notes/create", i=i, text="soon forgotten")
        requests.post(f"{sandbox.url}/sandbox/reset", timeout=5)
        assert all(note.text != "soon forgotten" for note in sandbox.world.notes.values())
        assert call(sandbox, "i", i=i).status_code == 401

    def test_form_will_do(self, sandbox: Sandbox) -> None:
        form = {"endpoint": "ping", "how": "html", "status": "502"}
        requests.post(f"{sandbox.url}/sandbox/misbehave", data=form, timeout=5)
        assert call(sandbox, "ping").status_code == 502

    @pytest.mark.parametrize("asked", [{}, {"how": "sulk"}, {"how": "slow", "x": 1}, []])
    def test_junk_is_refused(self, sandbox: Sandbox, asked: Any) -> None:
        answer = requests.post(f"{sandbox.url}/sandbox/misbehave", json=asked, timeout=5)
        assert answer.status_code == 400

    def test_calls(self, sandbox: Sandbox) -> None:
        i = sandbox.credential("alice")
        call(sandbox, "i", i=i)
        told = requests.get(f"{sandbox.url}/sandbox/calls?clear=1", timeout=5).json()
        assert [(c["endpoint"], c["body"], c["account"], c["status"]) for c in told] == [
            ("i", {"i": i}, "alice", 200)
        ]
        assert sandbox.calls == []

    def test_page_lists_the_ways(self, browser: Browser) -> None:
        page = browser.open("/sandbox").text
        assert all(f"<code>{name}</code>" in page for name in WAYS)

    def test_only_from_this_machine(self, sandbox: Sandbox) -> None:
        """A page elsewhere may point its own name at this machine: the name counts too."""
        url = f"{sandbox.url}/sandbox/calls"
        for headers, status in [
            ({"host": "evil.example"}, 403),
            ({"origin": "https://evil.example"}, 403),
            ({"origin": "null"}, 403),
            ({"origin": "http://localhost:8000"}, 200),
            ({"host": "[::1]:4000"}, 200),
        ]:
            assert requests.get(url, headers=headers, timeout=5).status_code == status, headers

    def test_no_such_switch(self, browser: Browser) -> None:
        assert browser.open("/sandbox/explode").status_code == 404


class TestWorld:
    def test_alices_home_is_lively(self, sandbox: Sandbox) -> None:
        i = sandbox.credential("alice")
        notes = call(sandbox, "notes/timeline", i=i, limit=100).json()
        assert len(notes) >= 60
        assert all(re.fullmatch(r"[a-z0-9]{16}", note["id"]) for note in notes)
        ids = [note["id"] for note in notes]
        assert ids == sorted(ids, reverse=True)
        whole = list(sandbox.world.notes.values())
        assert {note.visibility for note in whole} == {"public", "home", "followers", "specified"}
        files = [file for note in notes for file in note["files"]]
        assert {file["type"].split("/")[0] for file in files} == {
            "image",
            "audio",
            "video",
            "text",
            "application",
        }
        assert {bool(file["comment"]) for file in files} == {True, False}
        assert {file["isSensitive"] for file in files} == {True, False}
        assert {len(note["files"]) for note in notes} >= {0, 1, 2, 3, 4, 16}
        sizes = [file["properties"] for file in files if file["properties"]]
        assert any(size["width"] > 2 * size["height"] for size in sizes)
        assert any(size["height"] > 2 * size["width"] for size in sizes)
        holding: list[Callable[[Any], object]] = [
            lambda n: n["cw"],
            lambda n: n["localOnly"],
            lambda n: n.get("poll"),
            lambda n: n.get("myReaction"),
            lambda n: n.get("channel"),
            lambda n: n["replyId"] and n["reply"] is None,
            lambda n: n["renoteId"] and n["text"] is None,
            lambda n: n["renoteId"] and n["text"],
            lambda n: n["user"]["host"],
            lambda n: n["user"]["name"] is None,
            lambda n: n["user"]["isCat"],
            lambda n: n["user"]["isBot"],
            lambda n: n["visibility"] == "specified",
            lambda n: n["reactionEmojis"],
            lambda n: "$[" in (n["text"] or ""),
            lambda n: len(n["text"] or "") > 500,
            lambda n: n["reactionAcceptance"] == "likeOnly",
            lambda n: n.get("emojis"),
            lambda n: "な" in (n["text"] or "") and n["user"]["isCat"],
        ]
        for holds in holding:
            assert any(holds(note) for note in notes)

    def test_polls_of_every_kind(self, sandbox: Sandbox) -> None:
        i = sandbox.credential("alice")
        notes = call(sandbox, "notes/timeline", i=i, limit=100).json()
        kinds = set()
        for poll in (note["poll"] for note in notes if "poll" in note):
            over = poll["expiresAt"] is not None and poll["expiresAt"] < notes[0]["createdAt"]
            voted = any(choice["isVoted"] for choice in poll["choices"])
            kinds.add((over, voted, poll["multiple"]))
        assert kinds >= {
            (False, False, False),
            (False, True, False),
            (False, False, True),
            (False, True, True),
            (True, False, False),
            (True, True, True),
        }

    def test_samplers_hold_every_function_of_the_markup(self, sandbox: Sandbox) -> None:
        whole = "".join(n.text or "" for n in sandbox.world.notes.values() if n.text)
        for name in [
            "tada",
            "jelly",
            "twitch",
            "shake",
            "spin",
            "jump",
            "bounce",
            "rainbow",
            "sparkle",
            "flip",
            "x2",
            "x3",
            "x4",
            "scale",
            "position",
            "fg",
            "bg",
            "border",
            "font",
            "blur",
            "rotate",
            "ruby",
            "unixtime",
            "clickable",
        ]:
            assert re.search(rf"\$\[{name}[. ]", whole), name

    def test_first_page_is_of_today(self, sandbox: Sandbox) -> None:
        """What the samplers hold lies further down."""
        i = sandbox.credential("alice")
        first = call(sandbox, "notes/timeline", i=i, limit=20).json()
        assert all("見本" not in (note["text"] or "") for note in first)

    def test_a_large_servers_emoji(self, sandbox: Sandbox, browser: Browser) -> None:
        before = len(sandbox.world.emojis)
        sandbox.world.plant_emoji()
        listed = call(sandbox, "emojis").json()["emojis"]
        assert len(listed) == before + 10_000
        categories = {emoji["category"] for emoji in listed}
        assert None in categories
        assert 40 <= len(categories) <= 45
        for emoji in (listed[0], listed[-1]):
            picture = browser.open(emoji["url"].removeprefix(sandbox.url))
            assert png_size(picture.content) == (72, 72)
            assert browser.open(f"/emoji/{emoji['name']}.webp").content == picture.content
        sandbox.reset()
        assert len(sandbox.world.emojis) == before

    def test_settings_come_back(self, sandbox: Sandbox) -> None:
        sandbox.world.settings.max_note_text_length = 5
        sandbox.reset()
        assert sandbox.world.settings.max_note_text_length == 3000

    def test_conversation_of_several_levels(self, sandbox: Sandbox) -> None:
        deepest = max(
            len(call(sandbox, "notes/conversation", noteId=note.id, limit=100).json())
            for note in list(sandbox.world.notes.values())
            if note.reply_id
        )
        assert deepest >= 5

    def test_others_do_not_see_what_is_not_for_them(self, sandbox: Sandbox) -> None:
        dave = sandbox.credential("dave")
        followers = next(n for n in sandbox.world.notes.values() if n.visibility == "followers")
        shown = call(sandbox, "notes/show", i=dave, noteId=followers.id).json()
        assert (shown["isHidden"], shown["text"]) == (True, None)
        home = call(sandbox, "notes/timeline", i=dave, limit=100).json()
        assert not any(note.get("isHidden") for note in home)
        for_bob = next(
            n
            for n in sandbox.world.notes.values()
            if n.visible_user_ids == [sandbox.person("bob").id]
        )
        alice = sandbox.credential("alice")
        assert call(sandbox, "notes/show", i=alice, noteId=for_bob.id).json()["isHidden"] is True

    def test_same_story_at_every_start(self, sandbox: Sandbox) -> None:
        texts = [note.text for note in sandbox.world.notes.values()]
        sandbox.reset()
        assert [note.text for note in sandbox.world.notes.values()] == texts

    def test_limits_by_the_clock(self, sandbox: Sandbox) -> None:
        sandbox.world.clock.freeze()
        i = sandbox.credential("alice")
        first = call(sandbox, "notes/delete", i=i, noteId="zzzz")
        again = call(sandbox, "notes/delete", i=i, noteId="zzzz")
        assert (first.status_code, again.status_code) == (400, 429)
        assert again.headers["retry-after"] == "1"
        sandbox.world.clock.advance(1.1)
        assert call(sandbox, "notes/delete", i=i, noteId="zzzz").status_code == 400

    def test_pictures(self, sandbox: Sandbox, browser: Browser) -> None:
        i = sandbox.credential("alice")
        account = call(sandbox, "i", i=i).json()
        avatar = account["avatarUrl"].removeprefix(sandbox.url)
        paths = [avatar, "/emoji/tea.webp", "/emoji/hidamari@far.example.webp", "/identicon/dave@x"]
        notes = call(sandbox, "notes/timeline", i=i, limit=100).json()
        for file in (file for note in notes for file in note["files"]):
            answer = browser.open(file["url"].removeprefix(sandbox.url))
            assert answer.headers["content-type"] == file["type"]
            assert len(answer.content) == file["size"]
            if file["type"] == "image/png":
                size = (file["properties"]["width"], file["properties"]["height"])
                assert png_size(answer.content) == size
                assert len(file["blurhash"]) == 6 + 2 * 11
                paths.append(file["thumbnailUrl"].removeprefix(sandbox.url))
        for path in paths:
            answer = browser.open(path)
            assert answer.headers["content-type"] == "image/png", path
            png_size(answer.content)

    def test_proxy_fetches_nothing(self, browser: Browser) -> None:
        for url in ("http://127.0.0.1:1/files/x", "file:///etc/passwd", ""):
            answer = browser.open(f"/proxy/avatar.webp?url={quote(url, safe='')}")
            assert answer.status_code == 404

    def test_front_page(self, browser: Browser) -> None:
        page = browser.open("/")
        assert page.status_code == 200
        assert "pretend Misskey server" in page.text
        assert browser.open("/no/such/page").status_code == 404

    def test_lively(self) -> None:
        with Sandbox(lively=True, pace=0.01) as lively:
            before = len(lively.world.notes)
            until = time.monotonic() + 3
            while len(lively.world.notes) < before + 2 and time.monotonic() < until:
                time.sleep(0.01)
            assert len(lively.world.notes) >= before + 2


class TestFiles:
    """What is sent, and what is fetched."""

    def upload(self, sandbox: Sandbox, data: bytes, **fields: str) -> requests.Response:
        i = sandbox.credential("alice")
        return requests.post(
            f"{sandbox.url}/api/drive/files/create",
            data={"i": i, **fields},
            files={"file": ("a.bin", data, "image/png")},
            timeout=5,
        )

    def test_upload_is_recorded_without_its_bytes(self, sandbox: Sandbox) -> None:
        data = large_png()
        assert self.upload(sandbox, data, name="large.png", comment="語").status_code == 200
        (seen,) = sandbox.calls_of("drive/files/create")
        assert seen.account == "alice"
        assert (seen.body["name"], seen.body["comment"]) == ("large.png", "語")
        assert seen.upload is not None
        assert (seen.upload.name, seen.upload.type) == ("a.bin", "image/png")
        assert seen.upload.read() == data
        assert seen.raw == b""
        told = requests.get(f"{sandbox.url}/sandbox/calls", timeout=5).json()
        assert told[-1]["upload"]["size"] == len(data)

    def test_large_file_lies_on_disk(self, sandbox: Sandbox) -> None:
        data = large_png()
        file = self.upload(sandbox, data).json()
        (seen,) = sandbox.calls_of("drive/files/create")
        assert seen.upload is not None
        assert vars(seen.upload.file)["_rolled"]
        path = file["url"].removeprefix(sandbox.url)
        assert requests.get(sandbox.url + path, timeout=5).content == data
        assert file["md5"] == hashlib.md5(data, usedforsecurity=False).hexdigest()

    def test_boundary_across_pieces(self, sandbox: Sandbox) -> None:
        """The mark between two parts may be cut anywhere on its way."""
        i = sandbox.credential("alice")
        data = b"RIFF" + b"\r\n--edge\r" * 30_000 + b"\r\n--edg"
        body = (
            f'--edge\r\nContent-Disposition: form-data; name="i"\r\n\r\n{i}\r\n--edge\r\n'
            'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        ).encode()
        # Not the real boundary, which is longer than what the file holds.
        data = data.replace(b"--edge\r\n", b"--edgy\r\n")
        data = data.replace(b"--edge", b"--edgy")
        whole = body + data + b"\r\n--edge--\r\n"

        def pieces() -> Iterator[bytes]:
            for start in range(0, len(whole), 997):
                yield whole[start : start + 997]

        answer = requests.post(
            f"{sandbox.url}/api/drive/files/create",
            data=pieces(),
            headers={"content-type": 'multipart/form-data; boundary="edge"'},
            timeout=5,
        )
        assert answer.json()["size"] == len(data)
        assert answer.json()["name"] == "a.wav"

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("multipart/form-data", b""),
            ("multipart/form-data; boundary=x", b""),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp"),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--\r\n"),
            ("multipart/form-data; boundary=x", b"--x\r\n" + b"y" * 50_000),
        ],
    )
    def test_broken_forms(self, sandbox: Sandbox, kind: str, body: bytes) -> None:
        answer = requests.post(
            f"{sandbox.url}/api/drive/files/create",
            data=body,
            headers={"content-type": kind},
            timeout=5,
        )
        assert answer.status_code == 400
        assert call(sandbox, "ping").status_code == 200

    @pytest.mark.parametrize(
        ("data", "kind", "size"),
        [
            (b"GIF89a\x05\0\x07\0", "image/gif", (5, 7)),
            (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08\0\x09\0\x03", "image/jpeg", (3, 9)),
            (b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x03\0\0\x04\0\0", "image/webp", (4, 5)),
            (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0/\x02\x40\0\0", "image/webp", (3, 2)),
            (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + b"\x08\0\x06\0", "image/webp", (8, 6)),
            (b"\0\0\0 ftypavif" + b"ispe" + bytes(4) + b"\0\0\0\4\0\0\0\2", "image/avif", (4, 2)),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", (300, 150)),
            (b"\0\0\0 ftypqt  ", "video/quicktime", None),
            (b"\0\0\0 ftypM4A ", "audio/mp4", None),
            (b"\0\0\0 ftypisom", "video/mp4", None),
            (b"\x1aE\xdf\xa3", "video/webm", None),
            (b"ID3\x04", "audio/mpeg", None),
            (b"OggS\0", "audio/ogg", None),
        ],
    )
    def test_kinds_by_their_bytes(
        self, sandbox: Sandbox, data: bytes, kind: str, size: tuple[int, int] | None
    ) -> None:
        file = self.upload(sandbox, data).json()
        wanted = {} if size is None else {"width": size[0], "height": size[1]}
        assert (file["type"], file["properties"]) == (kind, wanted)
        assert (file["blurhash"] is None) == (size is None)

    def test_part_of_a_file(self, sandbox: Sandbox) -> None:
        film = next(f for f in sandbox.world.files.values() if f.name == "moonrise.mp4")
        url = f"{sandbox.url}/files/{film.key}"
        whole = film.content.bytes
        for asked, status, part in (
            ("bytes=0-", 206, whole),
            ("bytes=10-19", 206, whole[10:20]),
            ("bytes=-5", 206, whole[-5:]),
            (f"bytes={len(whole) - 1}-9999999", 206, whole[-1:]),
            ("bytes=9999999-", 416, b""),
            ("bytes=-", 200, whole),
            ("lines=1-2", 200, whole),
        ):
            answer = requests.get(url, headers={"range": asked}, timeout=5)
            assert (answer.status_code, answer.content) == (status, part), asked

    def test_film_and_sound_and_paper(self, sandbox: Sandbox, browser: Browser) -> None:
        files = {file.name: file for file in sandbox.world.files.values()}
        film = files["moonrise.mp4"].content.bytes
        assert film[4:12] == b"ftypisom"
        assert sorted(boxes(film)) == ["ftyp", "mdat", "moov"]
        with wave.open(io.BytesIO(files["suzu.wav"].content.bytes)) as sound:
            assert sound.getnframes() / sound.getframerate() == 1.5
        paper = files["letter.pdf"].content.bytes
        place = int(re.findall(rb"startxref\n(\d+)", paper)[0])
        assert paper[place:].startswith(b"xref")
        poster = browser.open(f"/files/thumbnail-{files['moonrise.mp4'].key}")
        assert png_size(poster.content) == (192, 128)


class TestInProcess:
    def test_calls_hide_nothing(self, sandbox: Sandbox) -> None:
        i = sandbox.credential("alice")
        call(sandbox, "notes/create", i=i, text="secret")
        (seen,) = sandbox.calls_of("notes/create")
        assert (seen.method, seen.path) == ("POST", "/api/notes/create")
        assert seen.body == {"i": i, "text": "secret"}
        assert seen.headers["content-type"] == "application/json"
        assert abs(seen.time - time.time()) < 5
        sandbox.clear_calls()
        assert sandbox.calls == []

    def test_credential_through_a_given_app(self, sandbox: Sandbox) -> None:
        secret, token = begin(sandbox)
        i = sandbox.credential("alice", secret)
        assert call(sandbox, "i", i=i).json()["username"] == "alice"
        sandbox.forget_app(secret)
        assert call(sandbox, "i", i=i).json()["error"]["code"] == "AUTHENTICATION_FAILED"
        again = call(sandbox, "auth/session/generate", appSecret=secret)
        assert again.json()["error"]["code"] == "NO_SUCH_APP"
        assert userkey(sandbox, secret, token).json()["error"]["code"] == "NO_SUCH_APP"
        with pytest.raises(KeyError):
            sandbox.credential("alice", secret)

    def test_revoke(self, sandbox: Sandbox) -> None:
        i = sandbox.credential("alice")
        sandbox.revoke("alice")
        answer = call(sandbox, "i", i=i)
        assert (answer.status_code, answer.json()["error"]["code"]) == (
            401,
            "AUTHENTICATION_FAILED",
        )

    def test_unknown_names_are_told(self, sandbox: Sandbox) -> None:
        with pytest.raises(KeyError):
            sandbox.credential("nobody")
        with pytest.raises(KeyError):
            sandbox.consent("nope", "alice")

    def test_latency_is_what_was_asked_for(self, sandbox: Sandbox) -> None:
        sandbox.latency = 0.05
        with requests.Session() as session:
            session.post(f"{sandbox.url}/api/ping", json={}, timeout=5)
            began = time.perf_counter()
            session.post(f"{sandbox.url}/api/ping", json={}, timeout=5)
        assert 0.05 <= time.perf_counter() - began < 0.15

    def test_connection_is_kept(self, sandbox: Sandbox) -> None:
        with requests.Session() as session:
            ports = set()
            for _ in range(3):
                with session.post(
                    f"{sandbox.url}/api/ping", json={}, stream=True, timeout=5
                ) as answer:
                    connection: Any = answer.raw.connection
                    ports.add(connection.sock.getsockname()[1])
                    answer.json()
            assert len(ports) == 1

    def test_many_at_once(self, sandbox: Sandbox) -> None:
        i = sandbox.credential("alice")
        statuses: list[int] = []

        def write(number: int) -> None:
            answer = call(sandbox, "notes/create", i=i, text=f"at once {number}")
            statuses.append(answer.status_code)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 20
        written = [n.text for n in sandbox.world.newest_first() if "at once" in (n.text or "")]
        assert len(set(written)) == 20

    def test_chunked_request_is_read(self, sandbox: Sandbox) -> None:
        answer = requests.post(
            f"{sandbox.url}/api/meta",
            data=iter([b'{"det', b'ail": false}']),
            headers={"content-type": "application/json"},
            timeout=5,
        )
        assert "features" not in answer.json()

    def test_what_is_no_http(self, sandbox: Sandbox) -> None:
        with socket.create_connection(address(sandbox), timeout=5) as connection:
            connection.sendall(b"what is this\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")

    def test_two_sandboxes_are_two_servers(self) -> None:
        with Sandbox() as one, Sandbox() as two:
            assert one.url != two.url
            i = one.credential("alice")
            assert call(two, "i", i=i).status_code == 401
            assert call(two, "meta").json()["uri"] == two.url

    def test_stopping_ends_what_hangs(self) -> None:
        sandbox = Sandbox().start()
        sandbox.misbehave("meta", "silent")
        with socket.create_connection(address(sandbox), timeout=5) as connection:
            connection.sendall(request_for("/api/meta"))
            while not sandbox.calls:
                time.sleep(0.005)
            began = time.perf_counter()
            sandbox.stop()
            assert time.perf_counter() - began < 2
            assert connection.recv(100) == b""
        sandbox.stop()


class TestProgram:
    def test_begins_and_ends_cleanly(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            program = start("--port", str(free_port()))
            assert program.stdout is not None
            line = program.stdout.readline()
            url = line.removeprefix("The sandbox is at ").strip()
            answer = requests.post(f"{url}/api/meta", json={}, timeout=5)
            assert answer.json()["uri"] == url
            program.send_signal(number)
            out, err = program.communicate(timeout=10)
            assert (program.returncode, err) == (0, "")
            assert out == "POST /api/meta\n"

    def test_taken_port_is_one_line(self) -> None:
        with Sandbox() as sandbox:
            port = str(address(sandbox)[1])
            program = start("--port", port, "--quiet")
            out, err = program.communicate(timeout=10)
        assert (program.returncode, out) == (1, "")
        assert err == f"sandbox: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_the_sandbox_uses_the_standard_library_only() -> None:
    """It must not share our mistakes, so it imports nothing of ours and nobody else's."""
    for file in sorted((ROOT / "sandbox").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names, f"{file.name}: {name}"


# Below: a socket by hand, and a look into PNG files ------------------------


def address(sandbox: Sandbox) -> tuple[str, int]:
    host, _, port = sandbox.host.rpartition(":")
    return host, int(port)


def request_for(path: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()


def raw(sandbox: Sandbox, path: str) -> bytes:
    """All bytes of an answer until the server closes."""
    with socket.create_connection(address(sandbox), timeout=5) as connection:
        connection.sendall(request_for(path))
        return b"".join(iter(lambda: connection.recv(65536), b""))


def length_said(head: bytes) -> int:
    found = re.search(rb"Content-Length: (\d+)", head)
    assert found
    return int(found[1])


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height; fails on a broken PNG."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed, size = 8, b"", (0, 0)
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        name, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (check,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert zlib.crc32(name + body) == check
        if name == b"IHDR":
            width, height, depth, colours = struct.unpack(">IIBB", body[:10])
            size, pixel = (width, height), {2: 3, 6: 4}[colours] * depth // 8
        packed += body if name == b"IDAT" else b""
        place += 12 + length
    assert len(zlib.decompress(packed)) == size[1] * (1 + size[0] * pixel)
    return size


def large_png() -> bytes:
    """A picture's head and a megabyte of nothing."""
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 9, 9) + bytes(1024 * 1024)


def boxes(data: bytes) -> list[str]:
    """The names of an MP4's outer boxes; fails if their lengths do not fit."""
    names, place = [], 0
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        names.append(data[place + 4 : place + 8].decode())
        place += length
    assert place == len(data)
    return names


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "sandbox", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
