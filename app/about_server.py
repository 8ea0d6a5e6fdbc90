"""What a person's server says of itself, in words, and what can be done there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from flask_babel import LazyString, lazy_gettext

from app.misskey.entities.servers import Joined
from app.models import Server

FEATURES: tuple[tuple[LazyString, tuple[str, ...]], ...] = (
    (lazy_gettext("Local, social and global timelines"), ("notes/local-timeline",)),
    (lazy_gettext("Lists"), ("users/lists/list",)),
    (lazy_gettext("Antennas"), ("antennas/list",)),
    (lazy_gettext("Clips"), ("clips/list",)),
    (lazy_gettext("Channels"), ("channels/followed",)),
    (lazy_gettext("Search in notes"), ("notes/search",)),
    (lazy_gettext("Translating notes"), ("notes/translate",)),
    (lazy_gettext("Muting threads"), ("notes/thread-muting/create",)),
    (lazy_gettext("Hiding somebody's renotes"), ("renote-mute/create",)),
    (lazy_gettext("Notes of your own on people"), ("users/update-memo",)),
    (lazy_gettext("Grouped notifications"), ("i/notifications-grouped",)),
    (lazy_gettext("Suggestions of names while you type"), ("users/search-by-username-and-host",)),
    (lazy_gettext("Charts of your activity"), ("charts/user/notes",)),
    (lazy_gettext("Chats"), ("chat/history",)),
    (lazy_gettext("Galleries"), ("gallery/posts",)),
    (lazy_gettext("Pages"), ("pages/show",)),
)
"""What not every server has: in words, and the endpoints it takes."""

DAYS_AFTER = (1, 3, 7, 14)
"""The days after joining of which it is told how many came back."""

_BLOCKS = {"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "tr", "hr", "blockquote"}
_UNSEEN = {"script", "style", "template"}
_LONGEST = 10_000


def features(server: Server | None) -> list[tuple[LazyString, bool]]:
    """Each feature, and whether the server has it."""
    names = frozenset(server.endpoints) if server else None
    return [(label, names is None or names.issuperset(needed)) for label, needed in FEATURES]


def came_back(joined: Joined) -> list[float | None]:
    """Of those who joined on a day, the share who came on each of `DAYS_AFTER`; None for days
    that are not counted yet. A server counts once a day, and calls each count by its date,
    which may be written without noughts."""
    counts = [joined.data[date] for date in sorted(joined.data, key=_date)]
    return [
        min(max(counts[day - 1] / joined.users, 0), 1)
        if joined.users > 0 and day <= len(counts)
        else None
        for day in DAYS_AFTER
    ]


def _date(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]{1,4}", text)]


def plain_lines(text: str | None) -> list[str]:
    """The lines of a text that those who run a server wrote, often as HTML: its words alone,
    for their markup is not ours to trust."""
    words = _Words()
    words.feed((text or "")[:_LONGEST])
    words.close()
    return [line for line in map(_folded, words.text.splitlines()) if line]


def plain_texts(texts: Iterable[str]) -> list[str]:
    """The same for several short texts, each in a line."""
    return [line for line in (" ".join(plain_lines(text)) for text in texts) if line]


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.text += data


def _folded(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()
