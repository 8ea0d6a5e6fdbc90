"""The ZIP that is made of what was collected.

    README.txt            what is in it, what is not, and why
    index.html, …         a copy to read: opens by itself, with nothing from the network
    json/…                as the server gave it, one thing a line
    csv/misskey/…         people, as the importers of Misskey take them
    csv/mastodon/…        as those of Mastodon take them
    files/ID-NAME         the files themselves

Everything here came from a server, and is as hostile as all that does: texts are escaped,
names of files keep only what no system reads anything into, and nothing that may be large
is ever whole in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from flask_babel import gettext

from app import exports
from app.archive.bundle import Bundle
from app.archive.collected import (
    Clip,
    LeftOut,
    Reason,
    Source,
    WantedFile,
    files_of,
    pages_of,
    tidy,
)
from app.archive.copy import Copy
from app.archive.tables import Tables
from app.models import Account, Export
from app.rendering import long_time

__all__ = ["LeftOut", "Reason", "Source", "WantedFile", "files_of", "pack", "pages_of", "tidy"]

_TABLES_OF = {"following", "mutes", "blocks", "lists"}
# What the answers of each kind of call are called in json/.
_JSON = {
    "account": "account",
    "notes": "notes",
    "favourites": "favourites",
    "clips": "clips",
    "following": "following",
    "followers": "followers",
    "mutes": "mutes",
    "renote_mutes": "renote-mutes",
    "blocks": "blocks",
    "lists": "lists",
    "people": "list-members",
    "antennas": "antennas",
    "drive": "drive",
    "folders": "drive-folders",
}


def pack(out: BinaryIO, row: Export, account: Account, alive: Callable[[], None]) -> None:
    """Write the ZIP of what was collected for `row` to `out`. `alive` is called all the
    while, and may raise to end it. Raises OSError."""
    bundle = Bundle(out, row, account, alive)
    _read_me(bundle)
    Copy(bundle).write()
    _json(bundle)
    Tables(bundle).write()
    bundle.add_files()
    bundle.close()


def _read_me(bundle: Bundle) -> None:
    row, left_out = bundle.row, list(bundle.source.all("left_out", LeftOut))
    words = bundle.render(
        "README.txt",
        made_at=long_time(bundle.made_at, bundle.zone),
        parts=[exports.PARTS[name].label() for name in row.parts],
        left_out=[(_label(one), _words(one.why)) for one in left_out],
        has_tables=not _TABLES_OF.isdisjoint(row.parts),
    )
    # With a mark of its encoding, and line ends that every editor knows.
    bundle.add("README.txt", [b"\xef\xbb\xbf", words.replace(b"\n", b"\r\n")])


def _json(bundle: Bundle) -> None:
    source = bundle.source
    for kind, name in _JSON.items():
        if source.has(kind):
            bundle.add(f"json/{name}.jsonl", source.lines(kind))
    for clip in source.all("clips", Clip):
        if source.has(f"clip_notes-{clip.id}"):
            bundle.add(f"json/clips/{clip.id}.jsonl", source.lines(f"clip_notes-{clip.id}"))


def _label(left_out: LeftOut) -> str:
    """What it is that was left out."""
    if left_out.what == "file":
        return " ".join(left_out.name.split()) or gettext("A file")
    return {
        "account": gettext("Your account"),
        "notes": gettext("Your notes"),
        "favourites": gettext("Favourites"),
        "clips": gettext("Clips"),
        "clip_notes": gettext("The notes of a clip"),
        "following": gettext("Whom you follow"),
        "followers": gettext("Who follows you"),
        "mutes": gettext("Mutes"),
        "renote_mutes": gettext("Renote mutes"),
        "blocks": gettext("Blocks"),
        "lists": gettext("Lists"),
        "people": gettext("Who is on your lists"),
        "antennas": gettext("Antennas"),
        "drive": gettext("The list of your drive"),
        "folders": gettext("Folders of your drive"),
    }.get(left_out.what, left_out.what)


def _words(why: Reason) -> str:
    """Why it was left out."""
    return {
        "lacking": gettext("Your server does not have it."),
        "permission": gettext("Engawa was not given the permission."),
        "refused": gettext("Your server refused it."),
        "limit": gettext("It would have made the export larger than it may be here."),
        "gone": gettext("It could not be fetched."),
        "address": gettext("It lies at an address that Engawa does not call."),
    }[why]
