"""Custom emoji: where their pictures are, and a list to choose from.

Rendering a page never asks a server for its list: newer servers answer
`/emoji/NAME.webp` for any of their own and of remote ones (FACTS C.4), older ones send
the pictures' addresses along with each note. Where the list is known, a name that is not
in it stays text. The list itself is asked for only by the page to choose from, and kept
for a day.
"""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from flask import Flask, current_app

from app.extensions import db
from app.misskey import Client, MisskeyError, Note, User
from app.misskey.entities.base import Emojis, emoji_urls
from app.misskey.entities.servers import CustomEmoji, EmojiAnswer
from app.models import Account, Server, ServerEmojis, now
from app.storage import aside

LIST_HOLDS_FOR = timedelta(days=1)
_MOST_LISTS_IN_MEMORY = 32
_MOST_MISSING = 1000
_LOOK_AGAIN_AFTER = timedelta(minutes=1)
_MOST_EMOJI = 50_000
MOST_SHOWN = 200
_LONGEST_QUERY = 100
RECENT = 24
USUAL = ("👍", "❤", "😆", "🤔", "😮", "🎉", "💢", "😥", "😇", "🍮")
"""The ten reactions Misskey began with: a palette for who has none yet."""


@dataclass(frozen=True, slots=True)
class EmojiList:
    """A server's own custom emoji, in its order."""

    emojis: tuple[CustomEmoji, ...]
    names: frozenset[str]
    asked_at: datetime

    def categories(self) -> list[str]:
        """The categories' names in the server's order; "" for those without one."""
        return list(dict.fromkeys(emoji.category or "" for emoji in self.emojis))

    def in_category(self, category: str) -> list[CustomEmoji]:
        """The emoji of one category."""
        return [emoji for emoji in self.emojis if (emoji.category or "") == category]

    def chosen(self, query: str, category: str | None, most: int) -> list[CustomEmoji]:
        """What a page to choose from shows: what is looked for, or else one category."""
        if query:
            return self.search(query, most)
        return [] if category is None else self.in_category(category)[:most]

    def search(self, query: str, most: int) -> list[CustomEmoji]:
        """Emoji whose name or alias holds `query`, those that begin with it first."""
        wanted = query.strip().strip(":").lower()
        if not wanted:
            return []
        found = [
            emoji
            for emoji in self.emojis
            if wanted in emoji.name.lower() or any(wanted in a.lower() for a in emoji.aliases)
        ]
        found.sort(key=lambda emoji: not emoji.name.lower().startswith(wanted))
        return found[:most]


class _Memory:
    """The lists used last, by host, so that a page does not unpack 10,000 emoji; and the
    servers whose list nobody asked for yet, so that not every page looks for one."""

    def __init__(self) -> None:
        self._lists: OrderedDict[str, EmojiList] = OrderedDict()
        self._missing: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def get(self, host: str) -> EmojiList | None:
        with self._lock:
            if host in self._lists:
                self._lists.move_to_end(host)
            return self._lists.get(host)

    def misses(self, host: str) -> bool:
        """Whether the database had no list of `host` either, less than a minute ago."""
        with self._lock:
            looked_at = self._missing.get(host)
        return looked_at is not None and now() - looked_at < _LOOK_AGAIN_AFTER

    def put_missing(self, host: str) -> None:
        with self._lock:
            if len(self._missing) >= _MOST_MISSING:
                self._missing.clear()
            self._missing[host] = now()

    def put(self, host: str, found: EmojiList) -> None:
        with self._lock:
            self._missing.pop(host, None)
            self._lists[host] = found
            self._lists.move_to_end(host)
            while len(self._lists) > _MOST_LISTS_IN_MEMORY:
                self._lists.popitem(last=False)


def init_app(app: Flask) -> None:
    """Give `app` a memory for lists."""
    app.extensions["engawa.emoji_lists"] = _Memory()


def _memory() -> _Memory:
    lists: _Memory = current_app.extensions["engawa.emoji_lists"]
    return lists


_packer = msgspec.msgpack.Decoder(list[CustomEmoji])


def fresh(server: Server, client: Client) -> EmojiList:
    """The emoji of `server`, asked for if what we have is older than a day.

    Raises MisskeyErrors only where there is no list at all.
    """
    stored = _kept(server.host)
    if stored is not None and now() - stored.asked_at < LIST_HOLDS_FOR:
        return stored
    is_listed = "emojis" in server.endpoints
    try:
        answer = client.call("emojis" if is_listed else "meta", into=EmojiAnswer)
    except MisskeyError:
        if stored is None:
            raise
        return stored
    return _store(server.host, answer.emojis[:_MOST_EMOJI])


def _store(host: str, emojis: list[CustomEmoji]) -> EmojiList:
    packed = zlib.compress(msgspec.msgpack.encode(emojis), 6)
    asked_at = now()
    with aside():
        row = db.session.get(ServerEmojis, host) or ServerEmojis(host=host)
        row.data, row.asked_at = packed, asked_at
        db.session.add(row)
    found = _list_of(emojis, asked_at)
    _memory().put(host, found)
    return found


def _kept(host: str) -> EmojiList | None:
    """The list we have, from memory or else from the database."""
    if _memory().misses(host):
        return None
    return _memory().get(host) or _load(host)


def _load(host: str) -> EmojiList | None:
    row = db.session.get(ServerEmojis, host)
    if row is None:
        _memory().put_missing(host)
        return None
    found = _list_of(_packer.decode(zlib.decompress(row.data)), row.asked_at)
    _memory().put(host, found)
    return found


def _list_of(emojis: list[CustomEmoji], asked_at: datetime) -> EmojiList:
    return EmojiList(tuple(emojis), frozenset(emoji.name for emoji in emojis), asked_at)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Finds the pictures of custom emoji for one page, as one server knows them.

    `has_addresses` is whether the server answers `/emoji/NAME.webp` (since 13.0).
    """

    origin: str
    has_addresses: bool
    known: EmojiList | None

    def of_text(self, name: str, host: str | None, sent: dict[str, str]) -> str | None:
        """The picture of `:name:` in a text by somebody of `host` (None: our server),
        whose emoji the server `sent` along; None if there is none."""
        if name in sent:
            return sent[name]
        if host is None and self.known is not None and name not in self.known.names:
            return None
        return self._address(name, host)

    def of_reaction(self, reaction: str, sent: dict[str, str]) -> str | None:
        """The picture of a reaction `:name@.:`, `:name@host:` or `:name:`; None for
        Unicode emoji."""
        if not (reaction.startswith(":") and reaction.endswith(":") and len(reaction) > 2):
            return None
        name, _, host = reaction[1:-1].partition("@")
        host = "" if host == "." else host
        for key in (f"{name}@{host or '.'}", name):
            if key in sent:
                return sent[key]
        return self._address(name, host or None)

    def _address(self, name: str, host: str | None) -> str | None:
        if not self.has_addresses:
            return None
        return f"{self.origin}/emoji/{quote(f'{name}@{host}' if host else name)}.webp"


def pictures_for(account: Account, server: Server | None) -> Pictures:
    """The finder for pages of `account`. Asks the database at most once, and nobody else."""
    return Pictures(
        origin=account.address.origin,
        has_addresses=server is None or "emojis" in server.endpoints,
        known=_kept(account.host),
    )


def sent_with(note: Note) -> dict[str, str]:
    """The emoji a server sent along with a note, for its text and its reactions."""
    return emoji_urls(note.emojis, note.reaction_emojis)


def sent_with_user(user: User) -> dict[str, str]:
    """The emoji a server sent along with a person, for their name."""
    sources: Emojis = user.emojis
    return emoji_urls(sources)


def palette(account: Account, chosen: Iterable[str] = ()) -> list[str]:
    """The reactions to offer first: those the person chose to have there, then those used
    last, then the usual ones."""
    return list(dict.fromkeys([*chosen, *(account.recent_reactions or []), *USUAL]))[:RECENT]


def offered(
    account: Account,
    server: Server | None,
    client: Client,
    asked: Mapping[str, str],
    chosen: Iterable[str],
) -> dict[str, Any]:
    """What `_choose_emoji.html` shows: the palette, and the emoji that `q` and `category` in
    `asked` mean; not all of them, so that it stays light where a server has 10,000."""
    found = fresh(server, client) if server else None
    query, category = asked.get("q", "")[:_LONGEST_QUERY], asked.get("category")
    return {
        "palette": palette(account, chosen),
        "found": found,
        "shown": found.chosen(query, category, MOST_SHOWN) if found else [],
        "query": query,
        "category": category,
    }


def remember(account: Account, reaction: str) -> None:
    """Put `reaction` in front of the account's palette."""
    recent = [reaction, *(account.recent_reactions or [])]
    account.recent_reactions = list(dict.fromkeys(recent))[:RECENT]
    db.session.commit()
