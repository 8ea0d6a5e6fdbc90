"""Files and folders of the drive."""

from __future__ import annotations

from app.misskey.entities.base import Count, Entity, Moment


class FileProperties(Entity):
    """What the server measured of a picture: pixels, and an average `rgb(…)`."""

    width: Count | None = None
    height: Count | None = None
    avg_color: str | None = None


class DriveFile(Entity):
    """A file of a note. `size` is in bytes; `comment` is the alt text."""

    id: str
    name: str = ""
    type: str = ""
    size: Count = 0
    url: str | None = None
    thumbnail_url: str | None = None
    comment: str | None = None
    is_sensitive: bool | None = None
    blurhash: str | None = None
    properties: FileProperties | None = None

    @property
    def kind(self) -> str:
        """`image`, `video`, `audio` or `other`: what a browser can show by itself.

        SVG counts as other: it is a document, and not one of ours."""
        kind = self.type.partition("/")[0]
        if self.type == "image/svg+xml" or kind not in ("image", "video", "audio"):
            return "other"
        return kind


class Folder(Entity):
    """A folder of the drive; by itself (`drive/folders/show`) also with what it is in, and
    how much is in it."""

    id: str
    name: str = ""
    parent_id: str | None = None
    parent: Folder | None = None
    folders_count: Count | None = None
    files_count: Count | None = None

    @property
    def path(self) -> list[Folder]:
        """The folders it is in, the outermost first, and itself."""
        path = [self]
        while (parent := path[0].parent) is not None:
            path.insert(0, parent)
        return path


class Space(Entity):
    """How much room a drive has, and how much of it is taken, in bytes (`drive`)."""

    capacity: Count = 0
    usage: Count = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more goes into it."""
        return self.usage >= self.capacity


class OwnFile(DriveFile):
    """A file as its owner finds it in the drive. Where it is comes along only by itself
    (`drive/files/show`)."""

    created_at: Moment | None = None
    folder_id: str | None = None
    folder: Folder | None = None
