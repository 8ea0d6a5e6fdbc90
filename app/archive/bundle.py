"""The ZIP while it is written: never more of it in memory than one piece."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, BinaryIO
from zoneinfo import ZoneInfo

from flask import render_template

from app.archive.collected import Source, WantedFile, files_of
from app.models import Account, Export, now
from app.zones import usual_zone

_PIECE = 1024 * 1024
_NOT_IN_A_NAME = re.compile(r"[^\w.\-]+")
_LONGEST_NAME = 80
# Control characters and halves of surrogate pairs have no place in a page.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Bundle:
    """One export's ZIP, and what all that goes into it needs to know."""

    def __init__(
        self, out: BinaryIO, row: Export, account: Account, alive: Callable[[], None]
    ) -> None:
        self.row = row
        self.account = account
        self.alive = alive
        self.source = Source(row.id)
        self.zone = account.zone or usual_zone()
        self.made_at = now()
        self.files = self._named_files()
        """Where the files that are there lie in the ZIP, by their ids."""
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)

    def _named_files(self) -> dict[str, str]:
        if not self.source.has("files"):
            return {}
        there = files_of(self.row.id)
        wanted = self.source.all("files", WantedFile)
        return {one.id: file_name(one) for one in wanted if (there / one.id).is_file()}

    def close(self) -> None:
        """Write its end: before that it is no ZIP."""
        self._zip.close()

    @contextmanager
    def entry(self, name: str, *, is_packed: bool = True) -> Iterator[IO[bytes]]:
        """A file of the ZIP, to be written to."""
        self.alive()
        entry = zipfile.ZipInfo(name, self.made_at.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
        entry.external_attr = 0o644 << 16
        with self._zip.open(entry, "w", force_zip64=True) as file:
            yield file

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """A file of the ZIP, piece by piece."""
        with self.entry(name) as file:
            for piece in pieces:
                self.alive()
                file.write(piece)

    def add_files(self) -> None:
        """All files of the drive that are there."""
        for file_id, name in self.files.items():
            # Pictures and films are packed already.
            with (
                (files_of(self.row.id) / file_id).open("rb") as source,
                self.entry(name, is_packed=False) as file,
            ):
                while piece := source.read(_PIECE):
                    self.alive()
                    file.write(piece)

    def render(self, template: str, **values: object) -> bytes:
        """A template of `exports/copy`, as it goes into the ZIP."""
        text = render_template(
            f"exports/copy/{template}",
            account=self.account,
            export=self.row,
            zone=self.zone,
            **values,
        )
        return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text).encode()

    def time(self, moment: datetime) -> str:
        """`2026-11-23 10:17`, by the clock that every page names."""
        try:
            local = moment.astimezone(ZoneInfo(self.zone))
        except OverflowError:  # In the first hours of the calendar, or the last.
            local = moment
        return local.isoformat(" ", "minutes")[:16]


def file_name(file: WantedFile) -> str:
    """Where a file lies in the ZIP: its id keeps it apart from all others, and of its name
    is kept what every system takes for a name."""
    name = _NOT_IN_A_NAME.sub("_", file.name).strip("._")
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 10:
        name = f"{stem[: _LONGEST_NAME - len(ending)]}.{ending}"
    return f"files/{file.id}-{name[:_LONGEST_NAME] or 'file'}"
