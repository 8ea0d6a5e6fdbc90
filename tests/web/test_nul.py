"""HTML cannot hold NUL. Forms and servers can send it; no page gives it back."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.browsing import Browser
from tests.sent import a_file, a_note, a_user


@pytest.mark.parametrize(
    "field", ["text", "cw", "visibility", "channel_id", "reaction_acceptance", "recipients", "next"]
)
def test_what_a_form_sends_comes_back_without(alice: Browser, sandbox: Sandbox, field: str) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", **{"text": "", field: "public\0"})
    assert page.status in (200, 400)
    assert b"\0" not in page.response.data
    assert page.title


def test_what_a_server_sends_is_shown_without(alice: Browser, sandbox: Sandbox) -> None:
    odd = "a\0b"
    body = a_note(
        text=odd,
        cw=odd,
        user=a_user(name=odd, username=odd),
        files=[a_file(name=odd, comment=odd)],
        reactions={odd: 2},
        channel={"id": "c1", "name": odd},
        poll={"choices": [{"text": odd, "votes": 1}]},
    )
    sandbox.misbehave("notes/timeline", "answer", body=[body])
    page = alice.get("/")
    assert page.note_ids() == [body["id"]]
    assert b"\0" not in page.response.data
    assert "a\N{REPLACEMENT CHARACTER}b" in page.text


def test_the_search_for_emoji_comes_back_without(alice: Browser, sandbox: Sandbox) -> None:
    note_id = next(iter(alice.get("/").note_ids()))
    page = alice.get(f"/notes/{note_id}/react?q=a%00b")
    assert page.status == 200
    assert b"\0" not in page.response.data
