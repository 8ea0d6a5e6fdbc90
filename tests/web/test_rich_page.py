"""A page of thirty notes that hold everything at once stays light."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import Sandbox
from tests.browsing import Browser
from tests.sent import Json, a_file, a_note, a_renote, a_user

NOTES = 30
MOST_HTML = 18_000  # Bytes, gzipped: what a home of twenty may have, for thirty.
NEIGHBOURS = ("haru", "bob", "juno", "momo", "dave", "kiku", "sora", "tanuki")
REACTIONS = ("👍", "❤", "🎉", ":tea@.:", ":blobcat@.:", ":igyo@far.example:", "🍮", "🙏")
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def texts(sandbox: Sandbox) -> list[str]:
    """What the neighbours wrote: no two alike, so that nothing is light by repetition."""
    written = [note.text for note in sandbox.world.notes.values() if note.text]
    return [text for text in dict.fromkeys(written) if len(text) > 30]


def rich_notes(words: list[str]) -> Iterator[Json]:
    """Notes with markup, custom emoji and reactions; by turns also a content warning,
    pictures, a poll and a quote, as servers send them."""
    dice = random.Random(30)

    def somebody() -> Json:
        name = dice.choice(NEIGHBOURS)
        return a_user(
            id=f"{name}0000000000",
            username=name,
            name=f"{name.title()} :tea:",
            host=dice.choice([None, "far.example"]),
            avatarUrl=f"https://media.example/avatars/{name}.webp",
        )

    def picture() -> Json:
        key = f"{dice.getrandbits(128):032x}"
        return a_file(
            id=key[:16],
            name=f"{key[:8]}.jpg",
            url=f"https://media.example/files/{key}.jpg",
            thumbnailUrl=f"https://media.example/files/thumbnail-{key}.webp",
            comment=dice.choice(words)[:40],
            isSensitive=dice.random() < 0.2,
            blurhash="".join(dice.choices(DIGITS, k=54)),
            properties={"width": dice.randint(400, 4000), "height": dice.randint(400, 4000)},
        )

    for number in range(NOTES):
        id = f"a{number:02}{dice.getrandbits(52):013x}"
        text = words[number % len(words)]
        kinds = dice.sample(REACTIONS, 5)
        note = a_note(
            id=id,
            user=somebody(),
            text=f"**{text[:12]}**{text[12:]} :blobcat: $[tada ✨] @alice #縁側 https://a.example/{id}",
            cw=dice.choice(words)[:20] if number % 5 == 0 else None,
            visibility=("public", "home", "followers")[number % 3],
            reactions={kind: dice.randint(1, 40) for kind in kinds},
            reactionEmojis={"igyo@far.example": "https://media.example/emoji/igyo.webp"},
            myReaction=kinds[0] if number % 4 == 0 else None,
            renoteCount=dice.randint(0, 30),
            repliesCount=dice.randint(0, 9),
        )
        if number % 3 == 0:
            note["files"] = [picture() for _ in range(dice.randint(1, 3))]
        if number % 3 == 1:
            answers = [
                {"text": w[:14], "votes": dice.randint(0, 99)} for w in dice.sample(words, 4)
            ]
            note["poll"] = {"multiple": False, "expiresAt": None, "choices": answers}
        if number % 3 == 2:
            quoted = a_note(id=f"b{id[1:]}", user=somebody(), text=dice.choice(words))
            note |= {"renoteId": quoted["id"], "renote": quoted}
        if number % 6 == 5:
            note = a_renote(note, id=f"c{id[1:]}", user=somebody())
        yield note


@pytest.mark.parametrize("language", ["en", "ja"])
def test_thirty_rich_notes_are_light(alice: Browser, sandbox: Sandbox, language: str) -> None:
    notes = list(rich_notes(texts(sandbox)))
    assert len(notes) == NOTES
    sandbox.misbehave("notes/timeline", "answer", body=notes)
    alice.headers["Accept-Language"] = language
    page = alice.get("/")
    assert page.note_ids() == [note["id"] for note in notes]
    kinds: dict[str, Any] = {
        "tada": page.all("span", class_="mfm-tada"),
        "pictures": page.all("figure"),
        "polls": page.all("div", class_="poll"),
        "quotes": page.all("blockquote", class_="quote"),
        "warnings": page.all("details", class_="cw"),
        "pills": page.all("button", class_="pill"),
    }
    assert {kind for kind, found in kinds.items() if len(found) < 5} == set()
    sent = {"Accept-Encoding": "gzip", "Accept-Language": language}
    with alice.client.get("/", headers=sent) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert len(packed.data) <= MOST_HTML
