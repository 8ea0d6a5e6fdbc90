"""Making exports, one small step after another, so that any process may take the next.

What is left to do stands in the row as a list of tasks (`app.exports.Progress`). A step takes
the first: one call, whose answer becomes one file of lines (`pages/000012-notes.jsonl`); or
one file of the drive; or, at the end, the ZIP. Then the list is written back without the
task, and with those that follow from it: the next page, the notes of each clip.

    take the row for a while (its `turn` decides who) → call → write the file → write the row

Every file is written under another name and then renamed, so it is there whole or not at
all. A process that dies between file and row leaves a file that the same step, done again,
replaces; one that sleeps for so long that another took its row finds so when it writes the
row, and what it put on disk answers the same question. Nothing is lost by either, and what
came twice is told by the ids in it (`app.archive`).

A row is taken for `patience`, and anew for as long as something goes on, so a process that
died is missed soon. At most one call a second is made for an export.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
from flask_babel import force_locale, gettext
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from app import archive, exports, servers
from app.archive import LeftOut, Reason, WantedFile
from app.errors import in_a_line
from app.exports import Progress, Task, move
from app.extensions import db
from app.misskey import (
    AddressForbidden,
    AnswerUnusable,
    ApiError,
    CredentialRefused,
    EndpointMissing,
    MisskeyError,
    PermissionMissing,
    RateLimited,
    ServerBusy,
    ServerFault,
)
from app.misskey.entities.people import Profile
from app.misskey.files import NoAddress, fetch
from app.models import Account, Export, now
from app.posting import OWN_NOTES, patience
from app.rendering import file_size
from app.security import settings_of_app, sign_out_everywhere
from app.servers import client_for
from app.telling import in_all_languages, notify
from app.timelines import misskey_id

log = logging.getLogger(__name__)

PACE = timedelta(seconds=1)
GIVES_UP_AFTER = timedelta(days=1)
"""How long a server may give nothing before an export is given up."""
_LONGEST_WAIT = timedelta(hours=1)
# A server may ask for a day at most. A row that is taken for longer was taken before the
# clock was set back.
_LONGEST_TAKEN = timedelta(hours=25)
_SLICE_SECONDS = 3.0
_PAGE = 100
_AT_ONCE = 50
_TRIES_OF_A_FILE = 3
_LONGER_TO_WRITE = 10
# What no honest account comes near; a hostile server's lists may have no end.
_MOST_PAGES = 100_000
_MOST_TASKS = 1000
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Notes that are due wait for the same threads: exports never have all of them.
_places = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of call, whose answer is a list. `about` is the parameter that says of what it
    asks, which is one's own account with `is_own`; without `has_pages` it is one call."""

    endpoint: str
    about: str | None = None
    is_own: bool = False
    has_pages: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "notes": Kind("users/notes", "userId", is_own=True, more=OWN_NOTES),
    "favourites": Kind("i/favorites"),
    "clips": Kind("clips/list"),
    "clip_notes": Kind("clips/notes", "clipId"),
    "following": Kind("users/following", "userId", is_own=True),
    "followers": Kind("users/followers", "userId", is_own=True),
    "mutes": Kind("mute/list"),
    "renote_mutes": Kind("renote-mute/list"),
    "blocks": Kind("blocking/list"),
    "lists": Kind("users/lists/list", has_pages=False),
    "people": Kind("users/show", "userIds", has_pages=False),
    "antennas": Kind("antennas/list", has_pages=False),
    "drive": Kind("drive/stream"),
    "folders": Kind("drive/folders", "folderId"),
}


class _Listed(msgspec.Struct, rename="camel"):
    """Anything of a list; a list of people has their ids."""

    id: str
    user_ids: list[str] | None = None


class TakenAway(Exception):
    """Somebody else has the row by now, or it was deleted."""


# Who does what ----------------------------------------------------------------------------


def due() -> list[str]:
    """The ids of exports that something is to be done for now; those that wait longest
    come first."""
    moment = now()
    is_due = or_(Export.try_at <= moment, Export.try_at > moment + _LONGEST_TAKEN)
    wanted = select(Export.id).where(Export.state == "running", is_due)
    return list(db.session.scalars(wanted.order_by(Export.try_at).limit(_AT_ONCE)))


def work_off(export_id: str) -> None:
    """Do some steps for the export, as long as that keeps nobody waiting. Harmless when
    others do the same at the same time, and when nothing is due."""
    if not _places.acquire(blocking=False):
        return
    try:
        until = time.monotonic() + _SLICE_SECONDS
        while attempt(export_id) and time.monotonic() < until:
            time.sleep(PACE.total_seconds())
    finally:
        _places.release()


def attempt(export_id: str) -> bool:
    """Do the export's next step, if one is due; whether another may follow."""
    row = _take(export_id)
    if row is None:
        return False
    work = _Work(row, db.session.get_one(Account, row.account_id), exports.progress_of(row))
    # The copy, and the notification, are in the language it was asked for in.
    with force_locale(row.language):
        try:
            return _step(work)
        except TakenAway:
            return False
        except OSError as error:
            return _cannot_write(work, error)
        except SQLAlchemyError:
            raise  # The row can't be written, either; it is due again in a while.
        except Exception:
            return _stumble(work)


def _take(export_id: str) -> Export | None:
    """The row, for nobody else for a while; None if it is not due, or somebody's already."""
    db.session.commit()  # See what others wrote meanwhile.
    row = db.session.get(Export, export_id, populate_existing=True)
    if row is None or not _is_due(row.try_at):
        return None
    return row if move(row, "running", try_at=now() + patience()) else None


def _is_due(try_at: datetime) -> bool:
    moment = now()
    return try_at <= moment or try_at > moment + _LONGEST_TAKEN


@dataclass
class _Work:
    """The row while it is ours, and what was read from it."""

    row: Export
    account: Account
    progress: Progress
    _kept_at: float = field(default_factory=time.monotonic)

    @property
    def task(self) -> Task:
        """What is to be done."""
        return self.progress.tasks[0]

    @property
    def room(self) -> int:
        """How many bytes it may still collect."""
        return exports.most_bytes() - self.progress.bytes

    def keep(self) -> None:
        """Stay who has the row, where something takes long. Raises TakenAway."""
        if time.monotonic() - self._kept_at > settings_of_app().upstream_seconds / 2:
            self.must_be_ours()

    def must_be_ours(self, longer: float = 1) -> None:
        """Take it anew, for so many times as long as usual. Raises TakenAway."""
        if not move(self.row, "running", try_at=now() + longer * patience()):
            raise TakenAway
        self._kept_at = time.monotonic()

    def write(self, name: str, lines: list[bytes]) -> None:
        """Put `lines` into the next file of answers."""
        path = archive.pages_of(self.row.id) / f"{self.progress.pages:06}-{name}.jsonl"
        with written_whole(path) as file:
            file.writelines(line + b"\n" for line in lines)
        self.progress.pages += 1
        self.progress.bytes += sum(map(len, lines)) + len(lines)

    def leave_out(self, what: str, why: Reason, name: str = "") -> None:
        """Say in the copy that something is not in it."""
        self.write("left_out", [msgspec.json.encode(LeftOut(what, why, name))])

    def count(self, what: str, by: int) -> None:
        """So many more of them are there."""
        self.progress.counts[what] = self.progress.counts.get(what, 0) + by

    def over(self, *following: Task) -> bool:
        """The task is done, and these come in its place; whether another may follow."""
        self.progress.tasks[:1] = following
        moment = now()
        return move(
            self.row,
            "running",
            progress=exports.written(self.progress),
            try_at=moment + PACE,
            moved_at=moment,
            tries=0,
        )


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that is at `path` once it is whole, and not before."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield cast("BinaryIO", file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


# Steps ------------------------------------------------------------------------------------


def _step(work: _Work) -> bool:
    kind = work.task.kind
    if kind == "pack":
        return _pack(work)
    if kind == "gather":
        return _gather(work)
    if work.account.credential is None:
        return _without_credential(work)
    try:
        if kind == "account":
            return _ask_account(work)
        if kind == "file":
            return _fetch_next(work)
        return _ask(work, KINDS[kind])
    except CredentialRefused:
        sign_out_everywhere(work.account)
        return _without_credential(work)
    except MisskeyError as error:
        if not isinstance(error, ApiError) or isinstance(error, RateLimited | ServerFault):
            return _postpone(work, error)
        work.leave_out(kind, _reason(error))
        return work.over()


def _reason(error: ApiError) -> Reason:
    if isinstance(error, EndpointMissing):
        return "lacking"
    return "permission" if isinstance(error, PermissionMissing) else "refused"


def _ask_account(work: _Work) -> bool:
    """One's own account, which also says how much there is of some things."""
    answer = client_for(work.account).call("i", into=msgspec.Raw)
    work.write("account", [_in_a_line(answer)])
    try:
        profile = msgspec.json.decode(answer, type=Profile, strict=False)
    except (ValueError, OverflowError, RecursionError):
        return work.over()
    for what, count in (
        ("notes", profile.notes_count),
        ("following", profile.following_count),
        ("followers", profile.followers_count),
    ):
        if count is not None:
            work.progress.expected[what] = int(count)
    return work.over()


def _ask(work: _Work, kind: Kind) -> bool:
    """One page of a list."""
    task, server = work.task, servers.stored(work.account.host)
    if server is not None and kind.endpoint not in server.endpoints:
        work.leave_out(task.kind, "lacking")
        return work.over()
    if work.room <= 0 or work.progress.pages >= _MOST_PAGES:
        work.leave_out(task.kind, "limit")
        return work.over()
    page = client_for(work.account).page(kind.endpoint, of=msgspec.Raw, **_parameters(work, kind))
    lines, listed = _readable(page.items)
    # What is empty has a file all the same, unlike what was left out.
    if listed or task.until is None:
        about = f"-{task.of}" if task.kind == "clip_notes" else ""
        work.write(task.kind + about, lines)
        work.count(task.kind, len(lines))
    following = [*_next_page(task, kind, listed), *_led_to(task.kind, listed)]
    if len(work.progress.tasks) + len(following) > _MOST_TASKS:
        work.leave_out(task.kind, "limit")
        following = following[:1]
    return work.over(*following)


def _parameters(work: _Work, kind: Kind) -> dict[str, Any]:
    task, parameters = work.task, dict(kind.more)
    if kind.about == "userIds":
        return {"userIds": (task.of or "").split(",")}
    if kind.about is not None:
        parameters[kind.about] = work.account.user_id if kind.is_own else task.of
    if kind.has_pages:
        parameters |= {"limit": _PAGE, "untilId": task.until}
    return parameters


def _readable(items: list[msgspec.Raw]) -> tuple[list[bytes], list[_Listed]]:
    """The items that have an id, each in a line and as far as we need it."""
    lines, listed = [], []
    for raw in items:
        try:
            one = msgspec.json.decode(raw, type=_Listed)
            line = _in_a_line(raw)
        except (ValueError, RecursionError):
            continue
        if misskey_id(one.id):
            lines.append(line)
            listed.append(one)
    return lines, listed


def _in_a_line(raw: msgspec.Raw) -> bytes:
    """As the server gave it, without line ends between its parts."""
    return msgspec.json.format(bytes(raw), indent=-1)


def _next_page(task: Task, kind: Kind, listed: list[_Listed]) -> list[Task]:
    # A page may be short and not the last (FACTS C.1, 2023.10), so the last is the empty
    # one; old servers give some lists whole, however often they are asked.
    if not kind.has_pages or not listed or listed[-1].id == task.until:
        return []
    return [Task(task.kind, of=task.of, until=listed[-1].id)]


def _led_to(kind: str, listed: list[_Listed]) -> list[Task]:
    """What is to be asked because of what was found."""
    if kind == "clips":
        return [Task("clip_notes", of=clip.id) for clip in listed]
    if kind == "folders":
        return [Task("folders", of=folder.id) for folder in listed]
    if kind == "lists":
        people = {id for made in listed for id in made.user_ids or [] if misskey_id(id)}
        ids = sorted(people)
        starts = range(0, len(ids), _PAGE)
        return [Task("people", of=",".join(ids[start : start + _PAGE])) for start in starts]
    return []


# Files ------------------------------------------------------------------------------------


def _gather(work: _Work) -> bool:
    """Write down which files there are to fetch: those of one's own notes, and the drive's."""
    wanted: dict[str, bytes] = {}
    for file in archive.Source(work.row.id).own_files():
        work.keep()
        if misskey_id(file.id) and file.url and file.id not in wanted:
            wanted[file.id] = msgspec.json.encode(
                WantedFile(file.id, file.name, max(0, int(file.size)), file.url)
            )
    work.write("files", list(wanted.values()))
    work.progress.expected["files"] = len(wanted)
    return work.over(Task("file", until="0"))


def _fetch_next(work: _Work) -> bool:
    """The file whose line begins at that place of the list."""
    with archive.Source(work.row.id).open("files") as listing:
        listing.seek(int(work.task.until or 0))
        line = listing.readline()
        after = Task("file", until=str(listing.tell()))
    if not line:
        return work.over()
    wanted = msgspec.json.decode(line, type=WantedFile)
    why = _fetch(work, wanted)
    if why is not None:
        work.leave_out("file", why, wanted.name)
    work.count("files", 1)
    return work.over(after)


def _fetch(work: _Work, wanted: WantedFile) -> Reason | None:
    """Why the file is left out; None if it is there."""
    if wanted.size > work.room:
        return "limit"
    client = client_for(work.account)
    path = archive.files_of(work.row.id) / wanted.id
    try:
        with written_whole(path) as file:
            fetch(
                client.transport,
                wanted.url,
                file,
                size=wanted.size,
                most=work.room,
                heard=work.keep,
                allow_loopback=work.account.address.is_loopback,
            )
    except RateLimited:
        raise
    except (NoAddress, AddressForbidden):
        return "address"
    except AnswerUnusable as error:
        return "limit" if error.reason == "too-large" else "gone"
    except EndpointMissing:
        return "gone"
    except MisskeyError:
        # Once more a little later, but one file is not worth the others.
        if work.row.tries < _TRIES_OF_A_FILE:
            raise
        return "gone"
    work.progress.bytes += path.stat().st_size
    return None


# The end ----------------------------------------------------------------------------------


def _pack(work: _Work) -> bool:
    row, account = work.row, work.account
    path = exports.archive_of(row)
    # What was left by a process that died over it.
    archive.tidy(row.id, but=("pages", "files"))
    with written_whole(path) as file:
        archive.pack(file, row, account, work.keep)
        # Slow disks need a while for what is large.
        work.must_be_ours(_LONGER_TO_WRITE)
    work.progress.tasks = []
    size = path.stat().st_size
    if not exports.end(row, "done", size=size, progress=exports.written(work.progress)):
        return False
    archive.tidy(row.id, but=(path.name,))
    log.info("an export of %s is ready", account.host)
    if account.credential is not None:
        words = gettext(
            "%(size)s, to be downloaded within three days: %(address)s",
            size=file_size(size),
            address=f"{settings_of_app().public_url}/exports",
        )
        notify(account, gettext("Your export is ready"), words)
    return False


def _postpone(work: _Work, error: MisskeyError) -> bool:
    """Try again later; give up where the server has given nothing for a day."""
    asked = error.retry_after if isinstance(error, RateLimited | ServerBusy) else None
    server = work.account.address.display
    if not isinstance(error, RateLimited) and _is_hopeless(work.row):
        _give_up(
            work, lambda: gettext("%(server)s gave no usable answer for a day.", server=server)
        )
        return False
    return _later(work.row, timedelta(seconds=asked) if asked is not None else None)


def _stumble(work: _Work) -> bool:
    """A mistake of ours. The same step may do better with another version of Engawa."""
    log.exception("an export at %s stumbled", work.task.kind)
    db.session.rollback()
    if _is_hopeless(work.row):
        _give_up(work, lambda: gettext("Engawa made a mistake, again and again."))
        return False
    return _later(work.row)


def _is_hopeless(row: Export) -> bool:
    return now() - row.moved_at > GIVES_UP_AFTER


def _later(row: Export, wait: timedelta | None = None) -> bool:
    wait = _wait(row.tries) if wait is None else wait
    move(row, "running", try_at=now() + wait, tries=row.tries + 1)
    return False


def _wait(tries: int) -> timedelta:
    """Twice as long each time."""
    return min(patience() * float(2 ** min(tries, 20)), _LONGEST_WAIT)


def _without_credential(work: _Work) -> bool:
    _give_up(work, lambda: gettext("Engawa may not act for you any more. Sign in again."))
    return False


def _cannot_write(work: _Work, error: OSError) -> bool:
    """The disk took no more. What was collected is deleted: others need the room."""
    log.error("an export can't be written: %s", error.strerror)
    row, is_full = work.row, error.errno in _DISK_FULL

    def words() -> str:
        if is_full:
            happened = gettext("The disk of this Engawa is full.")
        else:
            happened = gettext("Engawa could not write the files of your export.")
        return in_a_line(happened, gettext("Please tell its operator, and try again later."))

    afresh = exports.first(row.parts, with_files=row.with_files)
    if _give_up(work, words, progress=exports.written(afresh)):
        # Only now: somebody who took the row meanwhile may have finished it.
        shutil.rmtree(exports.folder_of(row.id), ignore_errors=True)
    return False


def _give_up(work: _Work, words: Callable[[], str], **values: object) -> bool:
    """Leave it to its person, and tell them: here, and at their server. Whether it was
    ours to give up."""
    if not exports.end(work.row, "failed", problem=in_all_languages(words), **values):
        return False
    log.info("an export of %s failed", work.account.host)
    if work.account.credential is not None:
        notify(work.account, gettext("Your export could not be made"), words())
    return True
