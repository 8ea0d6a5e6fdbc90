"""Exports: copies of all an account has at its server, asked for, found, given out, deleted.
`app.exporting` makes them, `app.archive` puts them together.

    running   being made; something is to be done about it at `try_at`
    done      ready to be downloaded
    failed    not made, and will not be before its person does something

An account has one at most. What has ended is deleted after `KEPT_FOR`, files and all.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec
from flask import current_app
from flask_babel import get_locale, gettext
from sqlalchemy import Select, delete, select, update
from sqlalchemy.exc import IntegrityError

from app import turns
from app.extensions import db
from app.models import Account, Export, Server, new_id, now
from app.security import settings_of_app, signed_in_account

State = Literal["running", "done", "failed"]
KEPT_FOR = timedelta(days=3)
MEGABYTE = 1_000_000
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Part:
    """Something that can be taken along: what the server must have for it, and the first
    calls that are made (`app.exporting.KINDS`)."""

    name: str
    label: Callable[[], str]
    endpoint: str
    permission: str | None
    begins: tuple[str, ...]


PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part("notes", lambda: gettext("Your notes"), "users/notes", None, ("notes",)),
        Part(
            "favourites",
            lambda: gettext("Favourites"),
            "i/favorites",
            "read:favorites",
            ("favourites",),
        ),
        Part(
            "clips",
            lambda: gettext("Clips, and the notes in them"),
            "clips/list",
            "read:account",
            ("clips",),
        ),
        Part(
            "following",
            lambda: gettext("Whom you follow"),
            "users/following",
            None,
            ("following",),
        ),
        Part(
            "followers", lambda: gettext("Who follows you"), "users/followers", None, ("followers",)
        ),
        Part(
            "mutes",
            lambda: gettext("Mutes and renote mutes"),
            "mute/list",
            "read:mutes",
            ("mutes", "renote_mutes"),
        ),
        Part("blocks", lambda: gettext("Blocks"), "blocking/list", "read:blocks", ("blocks",)),
        Part(
            "lists",
            lambda: gettext("Lists, and who is on them"),
            "users/lists/list",
            "read:account",
            ("lists",),
        ),
        Part(
            "antennas", lambda: gettext("Antennas"), "antennas/list", "read:account", ("antennas",)
        ),
        Part(
            "drive",
            lambda: gettext("The list of your drive"),
            "drive/stream",
            "read:drive",
            ("drive", "folders"),
        ),
    )
}
"""In the order in which they are asked for."""


class Task(msgspec.Struct, omit_defaults=True):
    """One thing to do: a kind of call, about what, and from where on."""

    kind: str
    of: str | None = None
    until: str | None = None


class Progress(msgspec.Struct):
    """What is left to do, the first first, and what is there already."""

    tasks: list[Task]
    pages: int = 0
    """How many files of answers there are (`app.exporting`)."""
    bytes: int = 0
    counts: dict[str, int] = {}
    """How many things of a kind."""
    expected: dict[str, int] = {}
    """How many there should be, as far as the server says so."""


# What may be taken along ------------------------------------------------------------------


def offered(account: Account, server: Server | None) -> list[Part]:
    """The parts its server has and our app may read. What is not known is taken to be
    there."""
    return [part for part in PARTS.values() if is_offered(part, account, server)]


def is_offered(part: Part, account: Account, server: Server | None) -> bool:
    """Whether the server has that part, and our app the permission."""
    if server is not None and part.endpoint not in server.endpoints:
        return False
    permission = part.permission
    return permission is None or account.permissions is None or permission in account.permissions


def are_offered() -> bool:
    """Whether the operator lets exports be made here."""
    return settings_of_app().export_max_mb > 0


def most_bytes() -> int:
    """How much one export may collect."""
    return settings_of_app().export_max_mb * MEGABYTE


# Rows -------------------------------------------------------------------------------------


def begin(account: Account, parts: Iterable[str], *, with_files: bool) -> Export:
    """Ask for an export of these parts, in place of one that has ended. Where one is being
    made already, it is that one. The caller sees to it that there is at least one part."""
    found = of_account(account)
    if found is not None and found.state == "running":
        return found
    if found is not None:
        remove(found)
    wanted = [name for name in PARTS if name in set(parts)]
    locale = get_locale()
    row = Export(
        id=new_id(),
        account_id=account.id,
        parts=wanted,
        with_files=with_files,
        language=locale.language if locale is not None else "en",
        progress=written(first(wanted, with_files=with_files)),
    )
    db.session.add(row)
    try:
        db.session.commit()
    except IntegrityError:
        # The form was sent twice at once: the other one's stands.
        db.session.rollback()
        return db.session.scalars(_of(account)).one()
    return row


def first(parts: Iterable[str], *, with_files: bool) -> Progress:
    """All that is to be done for an export of these parts."""
    asked = [Task(kind) for name in parts for kind in PARTS[name].begins]
    files = [Task("gather")] if with_files else []
    return Progress([Task("account"), *asked, *files, Task("pack")])


def of_account(account: Account) -> Export | None:
    """The account's export, if it has one."""
    return db.session.scalar(_of(account))


def _of(account: Account) -> Select[Export]:
    return select(Export).where(Export.account_id == account.id)


def of_this_browser(export_id: str) -> Export | None:
    """The export of that id, if this browser is signed in to its account; another's is not
    there."""
    row = db.session.get(Export, export_id) if _ID.fullmatch(export_id) else None
    if row is None or signed_in_account(row.account_id) is None:
        return None
    return row


def progress_of(row: Export) -> Progress:
    """What is left to do, and what is there."""
    return msgspec.json.decode(row.progress, type=Progress)


def written(progress: Progress) -> str:
    """The same as a row holds it."""
    return msgspec.json.encode(progress).decode()


def move(row: Export, *states: State, **values: object) -> bool:
    """Change `row` as it was read, if it is in one of `states` (`app.turns`). Commits."""
    is_mine = turns.move(row, Export.id == row.id, Export.state.in_(states), **values)
    db.session.commit()
    return is_mine


def go_on(row: Export) -> bool:
    """Take up one that failed where it ended; False if it did not fail."""
    moment = now()
    values = {"try_at": moment, "moved_at": moment, "tries": 0, "kept_until": None}
    is_mine = move(row, "failed", state="running", problem=None, **values)
    if is_mine:
        _no_news(row)
    return is_mine


def hasten(row: Export) -> bool:
    """Let one whose server did not answer be tried again now; False if there is no such."""
    return row.tries > 0 and move(row, "running", try_at=now())


def end(row: Export, state: State, **values: object) -> bool:
    """It is ready, or given up: its person is told on every page. False if it was taken
    away meanwhile."""
    if not move(row, "running", state=state, kept_until=now() + KEPT_FOR, **values):
        return False
    _tell(row.account_id, row.id)
    return True


def _no_news(row: Export) -> None:
    _tell(row.account_id, None)


def _tell(account_id: str, news: str | None) -> None:
    db.session.execute(update(Account).where(Account.id == account_id).values(export_news=news))
    db.session.commit()


def remove(row: Export) -> None:
    """Delete it and all its files, whatever state it is in. Whoever works on it notices."""
    db.session.execute(delete(Export).where(Export.id == row.id))
    _no_news(row)
    shutil.rmtree(folder_of(row.id), ignore_errors=True)


# On disk ----------------------------------------------------------------------------------


def folder() -> Path:
    """Where all exports lie."""
    named = settings_of_app().exports_folder
    return Path(named) if named else Path(current_app.instance_path) / "exports"


def folder_of(export_id: str) -> Path:
    """Where one export lies."""
    return folder() / export_id


def archive_of(row: Export) -> Path:
    """Where its ZIP is once it is done."""
    return folder_of(row.id) / "export.zip"


def download_name(row: Export) -> str:
    """What the ZIP is called on the person's own disk."""
    account = db.session.get_one(Account, row.account_id)
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{account.username}-{account.host}").strip("-.")
    return f"engawa-{name[:100]}-{row.created_at:%Y-%m-%d}.zip"


def sweep() -> None:
    """Delete what has had its time, and what belongs to no export any more: of accounts
    that were forgotten, of exports that were cancelled while something was written."""
    expired = select(Export).where(Export.kept_until < now())
    for row in db.session.scalars(expired).all():
        remove(row)
    lying = list(_lying())
    known = set(db.session.scalars(select(Export.id).where(Export.id.in_(lying))))
    for export_id in lying:
        if export_id not in known:
            shutil.rmtree(folder_of(export_id), ignore_errors=True)


def _lying() -> Iterator[str]:
    """The folders that look like ours: whatever else lies there is not touched."""
    try:
        found = list(folder().iterdir())
    except OSError:  # Nobody has made one yet.
        return
    for path in found:
        if _ID.fullmatch(path.name):
            yield path.name
