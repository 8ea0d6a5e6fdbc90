"""What was collected for an export, as it lies on disk: answers of the server, a thing a
line, in files that are numbered in the order they came (`pages/000012-notes.jsonl`), and
files of the drive by their ids."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import msgspec

from app import exports
from app.misskey import DriveFile, User
from app.misskey.entities.base import Entity, Moment

T = TypeVar("T")
Reason = Literal["lacking", "permission", "refused", "limit", "gone", "address"]
"""Why something was left out."""

_NUMBER = "[0-9]" * 6


class LeftOut(msgspec.Struct):
    """Something that is not in the copy: a kind of call, or a file and its name."""

    what: str
    why: Reason
    name: str = ""


class WantedFile(msgspec.Struct):
    """A file to be fetched."""

    id: str
    name: str
    size: int
    url: str


class _Id(msgspec.Struct):
    id: str = ""


class _WithFiles(msgspec.Struct):
    files: list[DriveFile] | None = None


class Clip(Entity):
    """A clip, as the copy shows it."""

    id: str
    name: str = ""


class UserList(Entity):
    """A list, and the ids of the people on it."""

    id: str
    name: str = ""
    user_ids: list[str] = msgspec.field(default_factory=list)


class Antenna(Entity):
    """An antenna, as the copy shows it."""

    id: str
    name: str = ""
    keywords: list[list[str]] = msgspec.field(default_factory=list)
    exclude_keywords: list[list[str]] = msgspec.field(default_factory=list)


class Folder(Entity):
    """A folder of the drive."""

    id: str
    name: str = ""
    parent_id: str | None = None


class KeptFile(DriveFile):
    """A file of the drive."""

    created_at: Moment | None = None
    folder_id: str | None = None


class Tie(Entity):
    """What stands between the account and somebody, in whichever of the lists."""

    id: str
    followee: User | None = None
    follower: User | None = None
    mutee: User | None = None
    blockee: User | None = None
    expires_at: str | None = None

    @property
    def person(self) -> User | None:
        """Who it is."""
        return self.followee or self.follower or self.mutee or self.blockee


def pages_of(export_id: str) -> Path:
    """Where the answers of the server lie."""
    return exports.folder_of(export_id) / "pages"


def files_of(export_id: str) -> Path:
    """Where the files of the drive lie, by their ids."""
    return exports.folder_of(export_id) / "files"


def tidy(export_id: str, but: tuple[str, ...]) -> None:
    """Delete what lies in the export's folder, but for things of these names."""
    folder = exports.folder_of(export_id)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in but:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


class Source:
    """What was collected for one export."""

    def __init__(self, export_id: str) -> None:
        self._folder = pages_of(export_id)

    def lines(self, what: str) -> Iterator[bytes]:
        """All of a kind in the order they came, each thing once."""
        seen: set[str] = set()
        for path in sorted(self._folder.glob(f"{_NUMBER}-{what}.jsonl")):
            with path.open("rb") as file:
                for line in file:
                    thing = _decoded(line, _Id)
                    if thing is not None and thing.id not in seen:
                        if thing.id:
                            seen.add(thing.id)
                        yield line

    def all(self, what: str, of: type[T]) -> Iterator[T]:
        """The same, as far as it can be read."""
        for line in self.lines(what):
            thing = _decoded(line, of)
            if thing is not None:
                yield thing

    def own_files(self) -> Iterator[DriveFile]:
        """The files of one's own notes, and of the drive, some of them several times."""
        for note in self.all("notes", _WithFiles):
            yield from note.files or []
        yield from self.all("drive", DriveFile)

    def has(self, what: str) -> bool:
        """Whether there is any of it."""
        return any(self._folder.glob(f"{_NUMBER}-{what}.jsonl"))

    @contextmanager
    def open(self, what: str) -> Iterator[BinaryIO]:
        """The one file of that kind. Raises FileNotFoundError."""
        path = next(self._folder.glob(f"{_NUMBER}-{what}.jsonl"), self._folder / what)
        with path.open("rb") as file:
            yield file


def _decoded(line: bytes, of: type[T]) -> T | None:
    try:
        return msgspec.json.decode(line, type=of, strict=False)
    except (ValueError, OverflowError, RecursionError):
        return None
