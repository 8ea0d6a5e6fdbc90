"""Addresses that a server puts into its answers (of emoji, pictures, files, pages) and that
lead into the operator's network: nobody there hears a word, for people's browsers load them.

Here they all lead to a machine on this very loopback, which this installation may even call.
Where Engawa does call an address of an answer, other tests try it: `meta.uri` in
`tests/unit/test_signin.py`, a person's own files in `test_files.py` and `test_exports.py`,
streams in `test_streaming.py`, redirects and names that lead elsewhere the next time in
`test_transport.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.misskey import ServerAddress
from app.misskey.transport import Answer, Outgoing, Transport
from sandbox import Sandbox
from tests.browsing import Browser
from tests.faults.fuzzing import Fuzzer
from tests.house import let_in
from tests.unit.machines import Connection, Machine

ADDRESS = re.compile(r'(?:https?|wss?)://[^"\\\s]+')


@pytest.fixture
def inside() -> Iterator[Machine]:
    """A machine of the operator's, which listens."""
    machine = Machine(Connection.read_request)
    yield machine
    machine.switch_off()


class Luring(Transport):
    """The app's own door; what comes in by it is changed."""

    change: Callable[[str], str]

    def send(self, address: ServerAddress, outgoing: Outgoing) -> Answer:
        """A true answer, changed."""
        answer = super().send(address, outgoing)
        return Answer(answer.status, answer.headers, self.change(answer.body.decode()).encode())


def lure(app: Flask, change: Callable[[str], str]) -> None:
    """Put that door into `app`."""
    own = app.extensions["engawa.transport"]
    door = type("LuringDoor", (Luring, type(own)), {})(own.limits, user_agent="Engawa")
    own.close()
    door.change = change
    app.extensions["engawa.transport"] = door


def test_no_page_calls_what_an_answer_names(
    browser: Browser, app: Flask, sandbox: Sandbox, inside: Machine
) -> None:
    fuzzer = Fuzzer(app, sandbox, seed=1)
    pages = [rule for rule in fuzzer.rules if "GET" in (rule.methods or ())]
    let_in(browser, "alice")
    lures = 0

    def change(text: str) -> str:
        nonlocal lures
        changed, count = ADDRESS.subn(f"{inside.address.origin}/x.png", text)
        lures += count
        return changed

    lure(app, change)
    shown = 0
    for rule in pages:
        path = fuzzer._path(rule, junk=0)
        response = browser.client.get(path, headers=browser.headers, buffered=True)
        shown += inside.address.origin.encode() in response.data
    # There was enough to fall for, and browsers were told of it.
    assert lures > 200, lures
    assert shown > 10, shown
    assert inside.connections == 0


def test_emoji_are_loaded_by_browsers_and_only_from_the_web(
    browser: Browser, app: Flask, sandbox: Sandbox, inside: Machine
) -> None:
    let_in(browser, "alice")
    note = next(note for note in sandbox.world.notes.values() if note.visibility == "public")
    urls = [
        *(f"{inside.address.origin}/emoji.png", "javascript:alert(1)", "data:image/svg+xml,x"),
        *("file:///etc/passwd", "ftp://10.0.0.1/x", "//10.0.0.1/x", "gopher://10.0.0.1/x"),
        # Of our own: to open a page of notifications, say, is to have read them.
        *("/notifications", "notifications", "https://[", "https://", " ", "http://10.0.0.1/\nx"),
    ]
    names = [f"lure{number}" for number in range(len(urls))]
    hostile = {
        "text": " ".join(f":{name}:" for name in names),
        "cw": None,
        "emojis": dict(zip(names, urls, strict=True)),
        "reactions": {f":{name}@a.example:": 1 for name in names},
        "reactionEmojis": {f"{name}@a.example": url for name, url in zip(names, urls, strict=True)},
    }

    def change(text: str) -> str:
        answer = json.loads(text)
        is_note = isinstance(answer, dict) and answer.get("id") == note.id
        return json.dumps(answer | hostile) if is_note else text

    lure(app, change)
    page = browser.get(f"/notes/{note.id}")
    sources = [str(image.get("src")) for image in page.all("img")]
    # In the text and as a reaction.
    assert sources.count(urls[0]) == 2
    others = {source for source in sources if source != urls[0]}
    assert all(source.startswith(f"{sandbox.url}/") for source in others), others
    assert inside.connections == 0
