"""Pages, galleries and Plays."""

from __future__ import annotations

import msgspec

from app.misskey.entities.base import Count, Entity, Moment
from app.misskey.entities.drive import DriveFile
from app.misskey.entities.users import User


class Work(Entity):
    """What somebody made beside notes and shows to everybody."""

    id: str
    user: User
    title: str = ""
    created_at: Moment | None = None
    liked_count: Count = 0
    is_liked: bool | None = None

    @property
    def label(self) -> str:
        """What it is called."""
        return self.title or self.id

    @property
    def excerpt(self) -> str | None:
        """What it says of itself."""
        return None

    @property
    def picture(self) -> DriveFile | None:
        """The picture that stands for it."""
        return None


class Block(Entity):
    """A block of a page: a `text`, a `section` with blocks of its own, an `image`, a `note`.
    Old servers have more kinds, which are programs."""

    type: str = ""
    text: str | None = None
    title: str | None = None
    # Decoded one by one, so that a malformed block does not take the page away.
    children: list[msgspec.Raw] | None = None
    file_id: str | None = None
    note: str | None = None


class WrittenPage(Work):
    """A page somebody wrote (`pages/show`)."""

    name: str = ""
    summary: str | None = None
    content: list[msgspec.Raw] | None = None
    attached_files: list[DriveFile] | None = None
    eye_catching_image: DriveFile | None = None

    @property
    def excerpt(self) -> str | None:
        """Its summary."""
        return self.summary

    @property
    def picture(self) -> DriveFile | None:
        """The one at its top."""
        return self.eye_catching_image


class GalleryPost(Work):
    """Pictures somebody shows (`gallery/posts/show`)."""

    description: str | None = None
    files: list[DriveFile] | None = None
    is_sensitive: bool | None = None

    @property
    def excerpt(self) -> str | None:
        """What is said of the pictures."""
        return self.description

    @property
    def picture(self) -> DriveFile | None:
        """The first one that may be shown to everybody."""
        return next(
            (f for f in self.files or [] if not (f.is_sensitive or self.is_sensitive)), None
        )


class Play(Work):
    """A small program (`flash/show`), of which only what it is about concerns us."""

    summary: str | None = None

    @property
    def excerpt(self) -> str | None:
        """What it is about."""
        return self.summary


class LikedPage(Entity):
    """A page the account likes (`i/page-likes`): the like has an id of its own."""

    id: str
    page: WrittenPage | None = None

    @property
    def work(self) -> Work | None:
        """The page."""
        return self.page


class LikedPost(Entity):
    """A post of a gallery the account likes (`i/gallery/likes`)."""

    id: str
    post: GalleryPost | None = None

    @property
    def work(self) -> Work | None:
        """The post."""
        return self.post


class LikedPlay(Entity):
    """A Play the account likes (`flash/my-likes`)."""

    id: str
    flash: Play | None = None

    @property
    def work(self) -> Work | None:
        """The Play."""
        return self.flash
