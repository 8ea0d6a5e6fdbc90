"""What `/about/design` shows: the colours, and notes in every state a note can have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from app.misskey import Note
from app.models import Account, now

TOKENS = (
    "paper",
    "card",
    "line",
    "ink",
    "soft",
    "accent",
    "on-accent",
    "link",
    "good",
    "warn",
    "bad",
    "mark",
)
"""The names of the colours in `static/engawa.css`, in its order."""

_HARU = {"id": "haru", "username": "haru", "name": "はる 🌱"}
_FAR = {"id": "far", "username": "juno", "name": "Juno of the far server", "host": "far.example"}
_RIGHT_TO_LEFT = {"id": "rtl", "username": "layla", "name": "ليلى", "host": "far.example"}
_LONG = {
    "id": "long",
    "username": "a_name_as_long_as_servers_let_people_have_one_and_then_some_more",
    "name": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2,
    "host": "a-server-with-quite-a-long-name.example",
    "isBot": True,
}


def notes(account: Account) -> list[tuple[str, Note]]:
    """A name for each state, and a note in it; one is the account's own."""
    mine = {"id": account.user_id, "username": account.username, "name": account.name}
    return [
        (name, msgspec.convert(_note(number, **fields), Note))
        for number, (name, fields) in enumerate(_states(mine).items())
    ]


def _note(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"sample{number}",
        "createdAt": (now() - timedelta(minutes=7 * number)).isoformat(),
        "user": _HARU,
        **fields,
    }


def _states(mine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    tomorrow = (now() + timedelta(days=1)).isoformat()
    choices = [{"text": "煎茶", "votes": 12}, {"text": "Hojicha", "votes": 3}]
    voted = [{**choices[0], "isVoted": True}, choices[1]]
    picture = {"id": "p", "name": "garden.svg", "type": "image/svg+xml", "size": 48_213}
    return {
        "plain": {"text": "縁側でお茶をいただきました。\nA quiet afternoon on the veranda."},
        "markup": {
            "text": "**bold**, *italic*, ~~gone~~, `code`, #tea, @haru, https://example.com/\n"
            "> quoted\n```\nblock of code\n```\n$[x2 large] $[ruby 縁側 えんがわ]"
        },
        "reactions, one of them mine": {
            "user": _FAR,
            "text": "Counts of every size",
            "reactions": {"❤": 1_234_567, "🍵": 3, "👍": 1},
            "myReaction": "🍵",
            "repliesCount": 12_345,
            "renoteCount": 67_890,
        },
        "content warning": {"cw": "The end of a film", "text": "The cat was the gardener."},
        "followers only, local only, edited": {
            "user": mine,
            "text": "My own",
            "visibility": "followers",
            "localOnly": True,
            "updatedAt": now().isoformat(),
        },
        "direct, to two people": {
            "text": "Only for you",
            "visibility": "specified",
            "visibleUserIds": ["a", "b"],
        },
        "renote": {"user": _FAR, "renoteId": "r", "renote": _note(90, text="Passed on")},
        "quote": {"text": "Yes!", "renoteId": "q", "renote": _note(91, user=_FAR, text="Quoted")},
        "answer to a note that is gone": {"text": "Why?", "replyId": "gone", "reply": None},
        "poll to vote in": {
            "text": "Which?",
            "poll": {"choices": choices, "multiple": False, "expiresAt": tomorrow},
        },
        "poll voted in": {"text": "Which?", "poll": {"choices": voted, "multiple": False}},
        "files": {
            "text": "A document, and something to be asked for",
            "files": [
                {**picture, "url": "https://far.example/garden.svg", "comment": "A garden"},
                {**picture, "type": "application/zip", "name": "all.zip", "isSensitive": True},
            ],
        },
        "long names, long words": {"user": _LONG, "text": "あ" * 90 + " " + "W" * 120},
        "right to left": {"user": _RIGHT_TO_LEFT, "text": "الشاي على الشرفة في المساء"},
    }
