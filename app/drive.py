"""The drive of an account: its files and folders, as its server lets them be seen, found,
put in order and changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from flask_babel import LazyString, gettext, lazy_gettext

from app.doing import Refusals
from app.misskey import Client
from app.misskey.entities.drive import Folder, OwnFile
from app.models import Account, Server
from app.problems import Problem
from app.rendering import web_url

FILES = 30
"""Files of one page."""
MOST = 100
"""Servers give no more at once."""
LONGEST_NAME = 200
LONGEST_ALT = 512

_READ = (
    "drive",
    "drive/files",
    "drive/files/attached-chat-messages",
    "drive/files/attached-notes",
    "drive/files/find",
    "drive/files/show",
    "drive/folders",
    "drive/folders/find",
    "drive/folders/show",
    "drive/stream",
)
_WRITE = (
    "drive/files/create",
    "drive/files/delete",
    "drive/files/move-bulk",
    "drive/files/update",
    "drive/files/upload-from-url",
    "drive/folders/create",
    "drive/folders/delete",
    "drive/folders/update",
)


def offered(account: Account, server: Server | None) -> frozenset[str]:
    """The endpoints of the drive that the account can use at its server. What is not known
    is taken to be there."""
    endpoints = frozenset(server.endpoints) if server else None
    permissions = account.permissions
    return frozenset(
        endpoint
        for permission, names in (("read:drive", _READ), ("write:drive", _WRITE))
        for endpoint in names
        if (endpoints is None or endpoint in endpoints)
        and (permissions is None or permission in permissions)
    )


# What is asked for --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one kind: `pattern` is how the API says it."""

    name: str
    pattern: str | None
    label: LazyString


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the files of a folder: `sort` is how the API says it, `mark` the parameter
    that goes on from an id. Without one nothing goes on: servers find what follows an id by
    its age, whatever the order is (misskey-dev/misskey#15270)."""

    name: str
    sort: str | None
    mark: Literal["untilId", "sinceId"] | None
    label: LazyString


KINDS = {
    kind.name: kind
    for kind in (
        Kind("all", None, lazy_gettext("All")),
        Kind("pictures", "image/*", lazy_gettext("Pictures")),
        Kind("films", "video/*", lazy_gettext("Videos")),
        Kind("sounds", "audio/*", lazy_gettext("Sounds")),
        Kind("texts", "text/*", lazy_gettext("Texts")),
        Kind("others", "application/*", lazy_gettext("Other files")),
    )
}
ORDERS = {
    order.name: order
    for order in (
        Order("newest", None, "untilId", lazy_gettext("Newest first")),
        Order("oldest", "-createdAt", "sinceId", lazy_gettext("Oldest first")),
        Order("name", "-name", None, lazy_gettext("By name")),
        Order("largest", "+size", None, lazy_gettext("Largest first")),
    )
}


def orders_of(server: Server | None) -> list[Order]:
    """The orders a server of that age knows: older ones pass over `sort`."""
    # It came late in 2024; of what endpoints tell, this is the first that came after it.
    knows = server is not None and "drive/files/move-bulk" in server.endpoints
    return list(ORDERS.values()) if knows else [ORDERS["newest"]]


# Reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a folder, or at the top of the drive: `next` is the id its next page goes
    on from, `is_cut` says that there is more, and no way to it."""

    folder: Folder | None = None
    folders: list[Folder] = field(default_factory=list)
    files: list[OwnFile] = field(default_factory=list)
    unreadable: int = 0
    next: str | None = None
    is_cut: bool = False


def contents(
    client: Client, folder_id: str | None, *, kind: Kind, order: Order, mark: str | None
) -> Contents:
    """A page of one folder, in at most three calls: its folders stand on the first page of
    all its files. Raises MisskeyErrors."""
    folder = None
    if folder_id is not None:
        folder = client.call("drive/folders/show", into=Folder, folderId=folder_id)
    limit = FILES if order.mark else MOST
    found = client.page(
        "drive/files",
        of=OwnFile,
        folderId=folder_id,
        limit=limit,
        type=kind.pattern,
        sort=order.sort,
        **({order.mark: mark} if order.mark else {}),
    )
    folders: list[Folder] = []
    if kind.pattern is None and mark is None:
        folders = folders_in(client, folder_id)
    is_full = len(found.items) + found.unreadable >= limit
    return Contents(
        folder,
        folders,
        found.items,
        found.unreadable,
        next=found.items[-1].id if is_full and order.mark and found.items else None,
        is_cut=is_full and order.mark is None,
    )


def folders_in(client: Client, folder_id: str | None) -> list[Folder]:
    """The folders in a folder, or at the top, by their names. Raises MisskeyErrors."""
    found = client.page("drive/folders", of=Folder, folderId=folder_id, limit=MOST)
    return sorted(found.items, key=lambda folder: folder.name.casefold())


def everywhere(client: Client, *, kind: Kind, until: str | None) -> Contents:
    """A page of all files, in whichever folder, the newest first. Raises MisskeyErrors."""
    found = client.page("drive/stream", of=OwnFile, limit=FILES, untilId=until, type=kind.pattern)
    is_full = len(found.items) + found.unreadable >= FILES
    after = found.items[-1].id if is_full and found.items else None
    return Contents(files=found.items, unreadable=found.unreadable, next=after)


def search(
    client: Client, can: frozenset[str], words: str, *, kind: Kind, until: str | None
) -> Contents:
    """What is called so: among the newest files, or those before `until`, in whichever
    folder, by a part of the name or of the description. Servers find by themselves only
    whole names in one folder; those at the top come first. Raises MisskeyErrors."""
    folders: list[Folder] = []
    exact: list[OwnFile] = []
    if until is None and kind.pattern is None:
        if "drive/folders/find" in can:
            folders = client.page("drive/folders/find", of=Folder, name=words).items
        if "drive/files/find" in can:
            exact = client.page("drive/files/find", of=OwnFile, name=words).items
    looked = client.page("drive/stream", of=OwnFile, limit=MOST, untilId=until, type=kind.pattern)
    wanted = words.casefold()
    near = [
        file
        for file in looked.items
        if wanted in file.name.casefold() or wanted in (file.comment or "").casefold()
    ]
    is_full = len(looked.items) + looked.unreadable >= MOST
    return Contents(
        folders=folders,
        files=list({file.id: file for file in [*exact, *near]}.values()),
        unreadable=looked.unreadable,
        next=looked.items[-1].id if is_full and looked.items else None,
    )


# What is typed ------------------------------------------------------------------------------


def problem_with_name(name: str, field: str) -> Problem | None:
    """Why a folder cannot be called so."""
    if not name:
        return Problem(gettext("Give it a name."), field=field)
    if len(name) > LONGEST_NAME:
        return Problem(_too_long(LONGEST_NAME), field=field)
    return None


def problem_with_file(name: str, alt: str) -> Problem | None:
    """Why a file can't be called and described so."""
    problem = problem_with_name(name, "name")
    if problem is None and any(part in name for part in ("/", "\\", "..")):
        return Problem(gettext("The name of a file has no slash and no two dots."), field="name")
    if problem is None and len(alt) > LONGEST_ALT:
        return Problem(_too_long(LONGEST_ALT), field="alt")
    return problem


def problem_with_url(url: str) -> Problem | None:
    """Why a server can't fetch that."""
    if web_url(url) is None:
        words = gettext("Paste a whole address, such as https://far.example/picture.png.")
        return Problem(words, field="url")
    return None


def _too_long(longest: int) -> str:
    return gettext("This is too long: up to %(longest)s characters.", longest=longest)


REFUSALS: Refusals = {
    "HAS_CHILD_FILES_OR_FOLDERS": lazy_gettext(
        "The folder isn't empty. Move or delete what is in it first."
    ),
    "RECURSIVE_NESTING": lazy_gettext("A folder can't be put into itself."),
    "NO_SUCH_PARENT_FOLDER": lazy_gettext("The folder is not there any more."),
    "NO_SUCH_FOLDER": lazy_gettext("The folder is not there any more."),
    "NO_SUCH_FILE": lazy_gettext("The file is not there any more."),
    "INVALID_FILE_NAME": lazy_gettext("Your server does not take this name."),
    "RESTRICTED_BY_ROLE": lazy_gettext(
        "Your server does not let you take the warning off this file."
    ),
    "ACCESS_DENIED": lazy_gettext("This is somebody else's."),
}
"""What a server's error codes mean in words."""

FIELDS: Mapping[str, str] = {"INVALID_FILE_NAME": "name", "RESTRICTED_BY_ROLE": "sensitive"}
"""Beside which field of a file's form a refusal stands."""
