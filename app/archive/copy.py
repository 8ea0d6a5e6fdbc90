"""A copy to read: pages that open from a folder, without a network, and in which nothing
runs. What people wrote goes through `app.mfm`, all else through the templates' escaping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import current_app
from flask_babel import gettext
from markupsafe import Markup

from app import exports
from app.archive.bundle import Bundle
from app.archive.collected import Antenna, Clip, Folder, KeptFile, Tie, UserList
from app.mfm import Context, Styles, parse, render
from app.misskey import DriveFile, Note, User
from app.misskey.entities.notes import Favourite
from app.misskey.entities.people import Profile
from app.rendering import long_time

_ON_A_PAGE = 200
_PIECE = 1024 * 1024
# What a browser would run if it were opened from a link: such files are named only.
_RUNS = frozenset(
    (".html", ".htm", ".shtml", ".xhtml", ".xht", ".xml", ".xsl", ".svg", ".mhtml", ".mht", ".js")
)


class Copy:
    """Writes it into a ZIP."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._source = bundle.source
        self._styles = Styles()

    def write(self) -> None:
        """All of it."""
        profile = next(self._source.all("account", Profile), None)
        months = self._months()
        favourites = self._pages(
            "favourites", gettext("Favourites"), (f.note for f in self._favourites())
        )
        clips = [
            (clip, self._pages(f"clips/{clip.id}", clip.name, self._clip_notes(clip)))
            for clip in self._source.all("clips", Clip)
        ]
        people = [
            (name, title)
            for kind, name, title in (
                ("following", "following.html", gettext("Whom you follow")),
                ("followers", "followers.html", gettext("Who follows you")),
                ("mutes", "mutes.html", gettext("Mutes")),
                ("renote_mutes", "renote-mutes.html", gettext("Renote mutes")),
                ("blocks", "blocks.html", gettext("Blocks")),
            )
            if self._people(kind, name, title)
        ]
        self._page_of_lists()
        self._page_of_antennas()
        self._page_of_drive()
        self._bundle.add(
            "index.html",
            [
                self._bundle.render(
                    "index.html",
                    root="",
                    title=self._bundle.account.handle,
                    profile=profile,
                    bio=self._words(profile.description, profile) if profile else "",
                    months=months,
                    favourites=favourites,
                    clips=clips,
                    people=people,
                    has_lists=self._source.has("lists"),
                    has_antennas=self._source.has("antennas"),
                    has_drive=self._source.has("drive"),
                    made_at=long_time(self._bundle.made_at, self._bundle.zone),
                )
            ],
        )
        static = Path(current_app.static_folder or "")
        sheets = [(static / name).read_bytes() for name in ("mfm.css", "copy.css")]
        self._bundle.add("copy.css", [*sheets, self._styles.rules().encode()])

    def _months(self) -> list[tuple[str, int]]:
        """A page for each month of one's own notes; the months, and how many notes each has."""
        with TemporaryDirectory(dir=exports.folder_of(self._bundle.row.id)) as drafts:
            return self._months_by(Path(drafts))

    def _months_by(self, drafts: Path) -> list[tuple[str, int]]:
        counts: dict[str, int] = {}
        for note in self._source.all("notes", Note):
            self._bundle.alive()
            month = self._bundle.time(note.created_at)[:7]
            counts[month] = counts.get(month, 0) + 1
            with (drafts / month).open("ab") as file:
                file.write(self._note(note, root="../"))
        months = sorted(counts, reverse=True)
        for place, month in enumerate(months):
            newer = f"{months[place - 1]}.html" if place else None
            older = f"{months[place + 1]}.html" if place + 1 < len(months) else None
            with (drafts / month).open("rb") as notes:
                pieces = iter(partial(notes.read, _PIECE), b"")
                self._page(f"notes/{month}.html", month, pieces, newer=newer, older=older)
        return [(month, counts[month]) for month in months]

    def _pages(self, folder: str, title: str, notes: Iterator[Note | None]) -> int:
        """Pages of others' notes, so many on each; how many pages there are."""
        there = (note for note in notes if note is not None)
        upcoming, number = list(islice(there, _ON_A_PAGE)), 0
        while upcoming:
            number += 1
            shown, upcoming = upcoming, list(islice(there, _ON_A_PAGE))
            name = f"{folder}/{number}.html"
            newer = f"{number - 1}.html" if number > 1 else None
            older = f"{number + 1}.html" if upcoming else None
            pieces = (self._note(note, _root_of(name)) for note in shown)
            self._page(name, title, pieces, newer=newer, older=older)
        return number

    def _page(
        self,
        name: str,
        title: str,
        pieces: Iterable[bytes],
        *,
        is_list: bool = False,
        newer: str | None = None,
        older: str | None = None,
    ) -> None:
        """One page, of pieces of HTML that are written as they are made."""
        frame = {"root": _root_of(name), "title": title, "is_list": is_list}
        frame |= {"newer": newer, "older": older}
        begin = self._bundle.render("begin.html", **frame)
        end = self._bundle.render("end.html", **frame)
        self._bundle.add(name, chain([begin], pieces, [end]))

    def _favourites(self) -> Iterator[Favourite]:
        return self._source.all("favourites", Favourite)

    def _clip_notes(self, clip: Clip) -> Iterator[Note]:
        return self._source.all(f"clip_notes-{clip.id}", Note)

    def _note(self, note: Note, root: str) -> bytes:
        return self._bundle.render(
            "note.html",
            note=note,
            root=root,
            words=self._words,
            time=self._bundle.time,
            link_to=self._link_to,
        )

    def _words(self, text: str | None, author: User) -> Markup:
        """What somebody wrote, as HTML that is safe."""
        origin = self._bundle.account.address.origin
        context = Context(
            host=author.host,
            is_cat=bool(author.is_cat),
            mention_url=f"{origin}/@{{acct}}",
            tag_url=f"{origin}/tags/{{tag}}",
            time=self._bundle.time,
            advanced=False,
            animated=False,
            styles=self._styles,
        )
        # The renderer escapes all that anybody wrote.
        return Markup(render(parse(text or ""), context))  # noqa: S704

    def _link_to(self, file: DriveFile) -> tuple[str, bool] | None:
        """Where a file lies in the ZIP, and whether it may be opened from a page; None if it
        is not there."""
        name = self._bundle.files.get(file.id)
        return None if name is None else (name, Path(name).suffix.lower() not in _RUNS)

    def _people(self, kind: str, name: str, title: str) -> bool:
        """A page of people, if that was asked for; whether it was."""
        if not self._source.has(kind):
            return False
        ties = (tie for tie in self._source.all(kind, Tie) if tie.person is not None)
        rows = (self._bundle.render("person.html", tie=tie, person=tie.person) for tie in ties)
        self._page(name, title, rows, is_list=True)
        return True

    def _page_of_lists(self) -> None:
        if self._source.has("lists"):
            people = {person.id: person for person in self._source.all("people", User)}
            lists = list(self._source.all("lists", UserList))
            page = self._bundle.render("lists.html", root="", lists=lists, people=people)
            self._bundle.add("lists.html", [page])

    def _page_of_antennas(self) -> None:
        if self._source.has("antennas"):
            antennas = list(self._source.all("antennas", Antenna))
            page = self._bundle.render("antennas.html", root="", antennas=antennas)
            self._bundle.add("antennas.html", [page])

    def _page_of_drive(self) -> None:
        if self._source.has("drive"):
            folders = {folder.id: folder for folder in self._source.all("folders", Folder)}
            rows = (self._kept(file, folders) for file in self._source.all("drive", KeptFile))
            self._page("drive.html", gettext("Drive"), rows, is_list=True)

    def _kept(self, file: KeptFile, folders: dict[str, Folder]) -> bytes:
        return self._bundle.render(
            "file.html",
            file=file,
            link=self._link_to(file),
            folder=_path_of(folders, file.folder_id),
            time=file.created_at and self._bundle.time(file.created_at),
        )


def _root_of(name: str) -> str:
    """The way from a page of that name to the top."""
    return "../" * name.count("/")


def _path_of(folders: dict[str, Folder], folder_id: str | None) -> str:
    """The names of a folder and of those it is in."""
    names: list[str] = []
    folder = folders.get(folder_id or "")
    while folder is not None and len(names) < 20:
        names.insert(0, folder.name)
        folder = folders.get(folder.parent_id or "")
    return " / ".join(names)
