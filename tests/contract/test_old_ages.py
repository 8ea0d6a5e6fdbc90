"""v11 and v12: what was recorded of them, asked of a sandbox of that age."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.ages import AGES
from sandbox.endpoints import TABLE
from sandbox.endpoints.table import table_of

from .old_replays import BLOCKED, SITUATIONS, UPLOADS, again
from .replays import REPLAYS
from .server import Server, sandbox_of
from .truth import FOLDERS, Recording, Reply, held_to, recordings

OLD = ("v12", "v11")
RECORDED = {
    age: {
        r.name: r
        for r in recordings(age)
        if r.endpoint in TABLE.keys() | table_of(AGES[age]).keys()
    }
    for age in OLD
}
WALKED = "sign-in-"
"""Recordings of this name are walked in their order, below."""
NOT_HELD: dict[str, str] = {
    "drive-files-upload-from-url": "what v11 says of an address that is none; v12 is as today",
    "i-page-likes": "v11 was asked by an app that may not; v12 has it as today",
    "pages-like": "v11 was asked by an app that may not; v12 has it as today",
    "pages-unlike": "v11 was asked by an app that may not; v12 has it as today",
    "antennas-update": "a fault inside a fork's v12, with the database's own words",
}
"""Recordings of endpoints the sandbox has, with the reason for not holding it to them."""

CASES = [
    (age, name)
    for age in OLD
    for name in RECORDED[age]
    if name not in NOT_HELD and not name.startswith(WALKED)
]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    """One sandbox of each age."""
    if os.environ.get("CONTRACT_SERVER"):
        pytest.skip("the server under test is of its own age")
    with sandbox_of("v12") as v12, sandbox_of("v11") as v11:
        yield {"v12": v12, "v11": v11}


def ask(server: Server, recording: Recording) -> Reply:
    """The recorded call again."""
    if recording.endpoint in AGES[recording.age].missing:
        return server.call(recording.endpoint, **recording.request)
    if recording.name in SITUATIONS.keys() | UPLOADS.keys() | BLOCKED:
        return again(server, recording)
    return REPLAYS[recording.name](server)


@pytest.mark.parametrize(("age", "name"), CASES)
def test_answer_is_as_recorded(servers: dict[str, Server], age: str, name: str) -> None:
    server = servers[age]
    assert server.sandbox is not None
    server.sandbox.world.limiter.forget()
    held_to(RECORDED[age][name], ask(server, RECORDED[age][name]))


@pytest.mark.parametrize("age", OLD)
def test_every_recording_of_an_endpoint_we_have_is_covered(age: str) -> None:
    known = REPLAYS.keys() | SITUATIONS.keys() | UPLOADS.keys() | NOT_HELD.keys() | BLOCKED
    gone = {r.name for r in RECORDED[age].values() if r.endpoint in AGES[age].missing}
    walked = {name for name in RECORDED[age] if name.startswith(WALKED)}
    assert RECORDED[age].keys() - known - gone - walked == set()


@pytest.mark.parametrize("age", OLD)
def test_endpoints_are_those_of_the_age(age: str) -> None:
    recorded = set(json.loads((FOLDERS[age] / "endpoints.json").read_text())["response"])
    known = table_of(AGES[age]).keys()
    assert known <= recorded
    assert known & TABLE.keys() == TABLE.keys() & recorded


# The sign-in, in its order ------------------------------------------------


@pytest.mark.parametrize("age", OLD)
def test_sign_in(servers: dict[str, Server], age: str) -> None:
    """As recorded, with our secrets and tokens for those of the recording."""
    server = servers[age]
    sandbox = server.only_sandbox("a person's consent")
    ours = Ours(server)
    held = 0
    for recording in (r for name, r in RECORDED[age].items() if name.startswith(WALKED)):
        if "revoked" in recording.note:
            sandbox.revoke("dave")
        if recording.note.startswith("accepted") or "accessToken the same" in recording.note:
            sandbox.consent(ours.known[ours.last_token], "carol")
        headers = {}
        if recording.note.startswith("Authorization: Bearer"):
            headers["authorization"] = f"Bearer {ours.credential}"
        reply = server.post(
            f"/api/{recording.endpoint}", json=ours.request(recording), headers=headers
        )
        held_to(recording, reply)
        ours.learn(recording, reply)
        held += 1
    assert held > 35


class Ours:
    """Which of our secrets stands for which of the recording's."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.known: dict[str, str] = {}
        self.last_token = ""
        self.credential = ""
        self._secrets: list[tuple[str, str]] = []

    def request(self, recording: Recording) -> dict[str, Any]:
        """The recorded request with ours in it."""
        params = {key: self._ours(value) for key, value in recording.request.items()}
        i = params.get("i")
        if isinstance(i, str) and len(i.strip("0")) == 64 and i not in self.known.values():
            # The credential of an app that asked for nothing.
            sandbox = self.server.only_sandbox("an app without permissions")
            params["i"] = self.known[i] = sandbox.credential("dave", permission=[])
        return params

    def _ours(self, value: Any) -> Any:
        return self.known.get(value, value) if isinstance(value, str) else value

    def learn(self, recording: Recording, reply: Reply) -> None:
        """What the answer gave."""
        if not isinstance(recording.response, dict) or reply.status != 200:
            return
        for key in ("secret", "token", "accessToken"):
            if key in recording.response:
                self.known[recording.response[key]] = reply.body[key]
        if "secret" in recording.response:
            self._secrets.append((recording.response["secret"], reply.body["secret"]))
        if "url" in recording.response:
            self.last_token = recording.response["token"]
        if "accessToken" in recording.response:
            theirs, mine = self._secrets[0]
            was = _hash(recording.response["accessToken"] + theirs)
            self.credential = _hash(reply.body["accessToken"] + mine)
            self.known |= {was: self.credential, was.upper(): self.credential.upper()}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# The transport ------------------------------------------------------------

TRANSPORT = {
    age: json.loads((FOLDERS[age] / "transport.json").read_text())
    if (FOLDERS[age] / "transport.json").is_file()
    else []
    for age in OLD
}
NO_SUCH_PAGE = {
    9: "notes/local-timeline is no endpoint of ours yet; the alias is held below",
    22: "nodeinfo is no page of ours",
    23: "nodeinfo is no page of ours",
    24: "nodeinfo is no page of ours",
    25: "the manifest is no page of ours",
    26: "the description of the API is no page of ours",
    27: "robots.txt is no page of ours",
    28: "webfinger is no page of ours",
    29: "the consent page is plain HTML here and says when a session is unknown",
    32: "streaming is no door of ours yet",
    36: "pictures by a person's name are not served",
    37: "pictures by a person's name are not served",
    38: "the media proxy of old servers is not there",
    39: "pictures of Unicode emoji are not served",
    41: "the key of a recorded file",
    42: "the key of a recorded file",
}
"""Entries of transport.json that are not held, with the reason."""


@pytest.mark.parametrize(
    ("age", "number"),
    [(age, n) for age in OLD for n in range(len(TRANSPORT[age])) if n not in NO_SUCH_PAGE],
)
def test_transport(servers: dict[str, Server], age: str, number: int) -> None:
    entry, server = TRANSPORT[age][number], servers[age]
    i = server.key("alice")
    body = entry["requestBody"]
    if body and body.startswith("("):
        body = json.dumps({"i": i, "text": "x" * (1_100_000 if "1.1 MB" in body else 90_000)})
    body = (body or "").replace("<i>", i).encode()
    if "favorites/delete" in entry["path"]:
        body = json.dumps({"i": i, "noteId": server.note()["id"]}).encode()
    reply = server.raw(
        entry["method"], entry["path"].replace("<i>", i), data=body, headers=entry["requestHeaders"]
    )
    assert reply.status == entry["status"]
    told = {name.lower(): text for name, text in entry["headers"].items()}
    is_page = "text/html" in told.get("content-type", "")
    for name in ("content-type", *(() if is_page else ("cache-control",))):
        if entry["method"] not in {"HEAD", "OPTIONS"}:
            assert reply.headers.get(name) == told.get(name)
    for name in ("www-authenticate", "retry-after"):
        assert name not in reply.headers
    if isinstance(entry["response"], str) and told.get("content-type", "").startswith("text/plain"):
        assert reply.body == entry["response"]


# What no single recording shows -------------------------------------------


def test_underscores_will_do(servers: dict[str, Server]) -> None:
    for server in servers.values():
        reply = server.post("/api/username/avail_able", json={})
        assert (reply.status, reply.body) == (404, "Not Found")
    i = servers["v12"].key("alice")
    assert servers["v12"].post("/api/clips/add_note", json={"i": i}).code == "INVALID_PARAM"
    assert servers["v11"].post("/api/clips/add_note", json={}).status == 404


def test_v11_counts_to_nought(servers: dict[str, Server]) -> None:
    server = servers["v11"]
    note = server.note()["id"]
    for reaction in ("🎉", "like"):
        server.call("notes/reactions/create", noteId=note, reaction=reaction)
    shown = server.call("notes/show", noteId=note).body
    assert (shown["reactions"], shown["myReaction"]) == ({"congrats": 0, "like": 1}, "like")


@pytest.mark.parametrize(
    ("age", "sent", "kept"),
    [
        ("v11", "👍", "like"),
        ("v11", "❤️", "love"),
        ("v11", "pudding", "pudding"),
        ("v11", "🍮", "🍮"),
        ("v11", "star", "like"),
        ("v11", "garbage", "like"),
        ("v11", ":tea:", ":tea@.:"),
        ("v11", ":no_such_emoji:", "like"),
        ("v12", "like", "👍"),
        ("v12", "pudding", "🍮"),
        ("v12", "star", "⭐"),
        ("v12", "garbage", "👍"),
        ("v12", ":tea@.:", ":tea@.:"),
        ("v12", ":no_such_emoji:", "👍"),
    ],
)
def test_what_becomes_of_a_reaction(
    servers: dict[str, Server], age: str, sent: str, kept: str
) -> None:
    server = servers[age]
    note = server.note()["id"]
    assert server.call("notes/reactions/create", noteId=note, reaction=sent).status == 204
    shown = server.call("notes/show", noteId=note).body
    assert (shown["reactions"], shown["myReaction"]) == ({kept: 1}, kept)


def test_reactions_by_kind_and_offset(servers: dict[str, Server]) -> None:
    for age, custom, thumb in (("v11", ":tea:", "like"), ("v12", ":tea@.:", "👍")):
        server = servers[age]
        note = server.note()["id"]
        server.call("notes/reactions/create", noteId=note, reaction=":tea:")
        server.call("notes/reactions/create", "bob", noteId=note, reaction="👍")

        def listed(server: Server = server, note: str = note, **params: Any) -> list[str]:
            shown = server.call("notes/reactions", noteId=note, **params).body
            return [reaction["type"] for reaction in shown]

        assert listed() == [thumb, custom]
        assert listed(limit=1, offset=1) == [custom]
        assert listed(type=":tea:") == listed(type=":tea@.:") == [custom]
        assert listed(type=thumb) == [thumb]
        assert listed(type="👍") == ([] if age == "v11" else ["👍"])


def test_emoji_of_texts_and_reactions(servers: dict[str, Server]) -> None:
    for server in servers.values():
        note = server.note(text="a cup :tea: of :nothing:")["id"]
        server.call("notes/reactions/create", noteId=note, reaction=":purr:")
        shown = server.call("notes/show", noteId=note).body
        assert [emoji["name"] for emoji in shown["emojis"]] == ["tea", "purr@."]
        assert [emoji["name"] for emoji in shown["user"]["emojis"]] == ["tea"]
        path = shown["emojis"][0]["url"].split("/", 3)[3]
        assert server.get(f"/{path}").headers["content-type"] == "image/png"
        page = server.get("/emoji/tea.webp")
        assert (page.status, page.headers["content-type"][:9]) == (200, "text/html")


def test_emoji_of_people_far_away(servers: dict[str, Server]) -> None:
    for server in servers.values():
        world = server.only_sandbox("people of other servers").world
        far = next(n for n in world.notes.values() if n.emojis and len(n.emojis) == 3)
        shown = server.call("notes/show", noteId=far.id).body
        names = [emoji["name"] for emoji in shown["emojis"]]
        assert names[:3] == ["yoru", "hoshi_kirari", "neko_madoromi"]
        assert "hidamari@far.example" in names
        for emoji in shown["emojis"]:
            path = emoji["url"].split("/", 3)[3]
            assert server.get(f"/{path}").headers["content-type"] == "image/png"


def test_cats_speak_as_cats(servers: dict[str, Server]) -> None:
    for server in servers.values():
        told = server.note("bob", text="Good morning everyone. なな 1 nap NA")
        assert told["text"] == "Good mornyan everynyan. にゃにゃ 1 nyap NYA"
        assert server.note(text="なな")["text"] == "なな"


def test_what_answered_goes_with_what_it_answered(servers: dict[str, Server]) -> None:
    for server in servers.values():
        first = server.note()["id"]
        answer = server.note("bob", text="an answer", replyId=first)["id"]
        share = server.note("bob", text=None, renoteId=answer)["id"]
        server.pass_time(1.1)
        assert server.call("notes/delete", noteId=first).status == 204
        for gone in (answer, share):
            assert server.call("notes/show", noteId=gone).code == "NO_SUCH_NOTE"


def test_v11_hears_of_no_channel_and_keeps_no_words(servers: dict[str, Server]) -> None:
    server = servers["v11"]
    world = server.only_sandbox("its channels").world
    note = server.note(channelId=next(iter(world.channels)))
    assert "channelId" not in note
    file = server.upload(b"GIF89a\1\0\1\0", "a.gif", comment="words").body
    assert "comment" not in file
    path = file["url"].split("/", 3)[3]
    assert path.endswith(".gif")
    assert server.get(f"/{path}").headers["content-type"] == "image/gif"
    blocked = server.note("bob")["id"]
    with server.blocked_by_bob():
        answer = server.call("notes/create", text="all the same", replyId=blocked)
    assert answer.status == 200


def test_translation_where_v12_has_one(servers: dict[str, Server]) -> None:
    server = servers["v12"]
    settings = server.only_sandbox("a translator").world.settings
    settings.translator = True
    try:
        note = server.note(text="おはよう")["id"]
        told = server.call("notes/translate", None, noteId=note, targetLang="en").body
        assert told["text"].endswith("おはよう")
        secret = server.note("bob", visibility="specified")["id"]
        assert server.call("notes/translate", noteId=secret, targetLang="en").body == 204
    finally:
        settings.translator = False
    assert server.call("notes/reactions", noteId="zzzz").body == []


def test_limits_of_the_age(servers: dict[str, Server]) -> None:
    assert servers["v11"].call("meta").body["maxNoteTextLength"] == 500
    assert servers["v12"].call("meta").body["maxNoteTextLength"] == 3000
    for server in servers.values():
        assert server.call("drive").body["capacity"] == 1024**3


def test_everything_in_alices_home_has_a_recorded_shape(servers: dict[str, Server]) -> None:
    """Every kind of note that the story holds, against all recorded notes together."""
    for age, server in servers.items():
        recording = RECORDED[age]["notes-timeline"]
        notes = server.call("notes/timeline", limit=100).body
        assert len(notes) == 100
        local = [note for note in notes if _is_of_here(note)]
        assert len(local) > 60
        reply = Reply(200, {k: recording.headers[k] for k in recording.headers}, local)
        held_to(recording, reply)


def _is_of_here(note: dict[str, Any]) -> bool:
    inside = [note.get(key) for key in ("reply", "renote")]
    return note["user"]["host"] is None and all(_is_of_here(n) for n in inside if n)
