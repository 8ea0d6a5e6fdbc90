"""What people make beside notes and show to everybody: pages, galleries and Play, each a row.

They are read and liked here, and one's own are written (`app.work_forms`), changed and
deleted. Running a Play is for the official client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from flask_babel import LazyString, lazy_gettext

from app.doing import Refusals
from app.misskey import Client, Page
from app.misskey.entities.drive import DriveFile
from app.misskey.entities.works import (
    Block,
    GalleryPost,
    LikedPage,
    LikedPlay,
    LikedPost,
    Play,
    Work,
    WrittenPage,
)
from app.models import Account, Server

PER_PAGE = 30
DEEPEST = 4
"""How many parts of a page may stand in one another; what is deeper stands at this depth."""
MOST_BLOCKS = 300

_block_decoder = msgspec.json.Decoder(Block, strict=False)


_NOTHING = lazy_gettext("There is nothing here.")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some works of a kind. Where they are `liked`, each stands in a like, whose id pages."""

    name: str
    label: LazyString
    endpoint: str
    permission: str | None = None
    none: LazyString = _NOTHING
    liked: type[LikedPage] | type[LikedPost] | type[LikedPlay] | None = None
    is_paged: bool = True


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do to a work, with nothing but its id."""

    name: str
    endpoint: str
    permission: str
    done: LazyString


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work: its pages are `/<name>` and `/<name>/<id>`, and `key` is the
    parameter that takes an id. `permission` is the one to make and change them. `search`
    finds them by words, where that can be."""

    name: str
    label: LazyString
    of: type[Work]
    key: str
    shown_by: str
    create: str
    update: str
    permission: str
    shelves: tuple[Shelf, ...]
    deeds: tuple[Deed, ...] = ()
    ask: LazyString | None = None
    search: str | None = None

    def shelf(self, name: str | None) -> Shelf | None:
        """The shelf of that name."""
        return next((shelf for shelf in self.shelves if shelf.name == name), None)

    def deed(self, name: str) -> Deed | None:
        """The deed of that name."""
        return next((deed for deed in self.deeds if deed.name == name), None)


def _liking(endpoints: str, permission: str) -> tuple[Deed, Deed]:
    return (
        Deed("like", f"{endpoints}/like", permission, lazy_gettext("You like it.")),
        Deed("unlike", f"{endpoints}/unlike", permission, lazy_gettext("Your like is taken back.")),
    )


_LIKED = lazy_gettext("Liked by you")
_NOTHING_LIKED = lazy_gettext("You have liked none yet.")
_MADE = lazy_gettext("Made by you")
_NOTHING_MADE = lazy_gettext("You have made none yet.")

WORKS = {
    kind.name: kind
    for kind in (
        Kind(
            "pages",
            lazy_gettext("Pages"),
            WrittenPage,
            "pageId",
            "pages/show",
            "pages/create",
            "pages/update",
            "write:pages",
            (
                Shelf("featured", lazy_gettext("Featured"), "pages/featured", None, is_paged=False),
                Shelf("mine", _MADE, "i/pages", "read:pages", _NOTHING_MADE),
                Shelf(
                    "liked", _LIKED, "i/page-likes", "read:page-likes", _NOTHING_LIKED, LikedPage
                ),
            ),
            (
                *_liking("pages", "write:page-likes"),
                Deed("delete", "pages/delete", "write:pages", lazy_gettext("Deleted.")),
            ),
            lazy_gettext("Delete this page?"),
        ),
        Kind(
            "gallery",
            lazy_gettext("Gallery"),
            GalleryPost,
            "postId",
            "gallery/posts/show",
            "gallery/posts/create",
            "gallery/posts/update",
            "write:gallery",
            (
                Shelf("featured", lazy_gettext("Featured"), "gallery/featured", is_paged=False),
                Shelf("popular", lazy_gettext("Popular"), "gallery/popular", is_paged=False),
                Shelf("new", lazy_gettext("Newest"), "gallery/posts"),
                Shelf("mine", _MADE, "i/gallery/posts", "read:gallery", _NOTHING_MADE),
                Shelf(
                    "liked",
                    _LIKED,
                    "i/gallery/likes",
                    "read:gallery-likes",
                    _NOTHING_LIKED,
                    LikedPost,
                ),
            ),
            (
                *_liking("gallery/posts", "write:gallery-likes"),
                Deed("delete", "gallery/posts/delete", "write:gallery", lazy_gettext("Deleted.")),
            ),
            lazy_gettext("Delete this post?"),
        ),
        Kind(
            "play",
            lazy_gettext("Play"),
            Play,
            "flashId",
            "flash/show",
            "flash/create",
            "flash/update",
            "write:flash",
            (
                Shelf("featured", lazy_gettext("Featured"), "flash/featured", is_paged=False),
                Shelf("mine", _MADE, "flash/my", "read:flash", _NOTHING_MADE),
                Shelf(
                    "liked", _LIKED, "flash/my-likes", "read:flash-likes", _NOTHING_LIKED, LikedPlay
                ),
            ),
            (
                *_liking("flash", "write:flash-likes"),
                Deed("delete", "flash/delete", "write:flash", lazy_gettext("Deleted.")),
            ),
            lazy_gettext("Delete this Play?"),
            search="flash/search",
        ),
    )
}

REFUSALS: Refusals = {
    "ALREADY_LIKED": lazy_gettext("You liked it before."),
    "NOT_LIKED": lazy_gettext("You did not like it before."),
    "YOUR_PAGE": lazy_gettext("It is your own."),
    "YOUR_POST": lazy_gettext("It is your own."),
    "YOUR_FLASH": lazy_gettext("It is your own."),
    "ACCESS_DENIED": lazy_gettext("Only the person who made it can do this."),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One block of a page as it is shown: how deep it stands, and its picture if it is one."""

    block: Block
    depth: int
    file: DriveFile | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Some works; `older` is the id to go on from, if there may be more."""

    items: list[Work]
    unreadable: int
    older: str | None


def offered(kind: Kind, account: Account, server: Server | None) -> frozenset[str]:
    """What of this kind there is for the account at its server: `show`, `create`, `update`,
    `search`, and the names of shelves and deeds. What is not known is taken to be there."""
    endpoints = frozenset(server.endpoints) if server else None
    permissions = account.permissions
    rows: list[tuple[str, str, str | None]] = [
        ("show", kind.shown_by, None),
        ("create", kind.create, kind.permission),
        ("update", kind.update, kind.permission),
        *((shelf.name, shelf.endpoint, shelf.permission) for shelf in kind.shelves),
        *((deed.name, deed.endpoint, deed.permission) for deed in kind.deeds),
    ]
    if kind.search is not None:
        rows.append(("search", kind.search, None))
    return frozenset(
        name
        for name, endpoint, permission in rows
        if (endpoints is None or endpoint in endpoints)
        and (permission is None or permissions is None or permission in permissions)
    )


def read(client: Client, kind: Kind, shelf: Shelf, until: str | None) -> Found:
    """What stands on a shelf, from the id `until` on. Raises MisskeyErrors."""
    until = until if shelf.is_paged else None
    if shelf.liked is not None:
        likes: Page[LikedPage | LikedPost | LikedPlay] = client.page(
            shelf.endpoint, of=shelf.liked, limit=PER_PAGE, untilId=until
        )
        works: list[Work] = [like.work for like in likes.items if like.work is not None]
        return Found(works, likes.unreadable, _older(likes))
    # Those that are not paged take no limit either, or pass over it.
    found = client.page(
        shelf.endpoint, of=kind.of, limit=PER_PAGE if shelf.is_paged else None, untilId=until
    )
    return Found(found.items, found.unreadable, _older(found) if shelf.is_paged else None)


def search(client: Client, kind: Kind, words: str) -> Found:
    """Those with the words in them. Raises MisskeyErrors."""
    found = client.page(kind.search or "", of=kind.of, query=words, limit=PER_PAGE)
    return Found(found.items, found.unreadable, None)


def _older(page: Page[Any]) -> str | None:
    is_full = len(page.items) + page.unreadable >= PER_PAGE
    return page.items[-1].id if is_full and page.items else None


def parts(page: WrittenPage) -> list[Part]:
    """The blocks of a page from top to bottom, those of a part after its title; without
    those that cannot be read."""
    files = {file.id: file for file in page.attached_files or []}
    return [
        Part(block, depth, files.get(block.file_id or ""))
        for block, depth in _walked(page.content or [])
    ]


def _walked(content: list[msgspec.Raw]) -> Iterator[tuple[Block, int]]:
    # A list of what is still to come, for a hostile page may be deeper than our stack.
    waiting = [(raw, 0) for raw in reversed(content[:MOST_BLOCKS])]
    for _ in range(MOST_BLOCKS):
        if not waiting:
            return
        raw, depth = waiting.pop()
        try:
            block = _block_decoder.decode(raw)
        except (ValueError, OverflowError, RecursionError):
            continue
        yield block, depth
        deeper = min(depth + 1, DEEPEST)
        waiting.extend((child, deeper) for child in reversed((block.children or [])[:MOST_BLOCKS]))
