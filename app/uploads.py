"""Files on their way from a browser to the person's server.

A form's files come in piece by piece and lie on disk; from there they go out piece by
piece (`app.misskey.multipart`), so that none is ever whole in memory. Only the forms of
TAKES_FILES take them, only from somebody who is signed in, and only so many bytes of them:
what is beyond is read and dropped, because a browser that is cut off in the middle shows
its own error page, and what was typed would be gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, TypeVar, cast

from flask import Flask, Request, request
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from app.drafts import Attached, Draft, too_many_files
from app.errors import explain
from app.misskey import ApiError, Client, CredentialRefused, DriveFile, MisskeyError, NotThere
from app.misskey.client import TOO_LARGE
from app.misskey.entities.drive import OwnFile
from app.misskey.entities.people import Me
from app.offers import Offer
from app.problems import Problem
from app.rendering import file_size
from app.security import current_account, settings_of_app
from app.settings import Settings

File = TypeVar("File", bound=DriveFile)

MEGABYTE = 1024 * 1024
TAKES_FILES = frozenset(
    {
        "compose.post",
        "account_settings.set_picture",
        "drive.upload",
        "chat.send",
        "work_forms.create",
        "work_forms.update",
    }
)
_IN_MEMORY = 256 * 1024
_LONGEST_NAME = 200
# How much more than allowed is read and dropped before the browser is cut off.
_DROPPED = 4


@dataclass
class Room:
    """How many bytes of files one request may still bring, and the files it brought."""

    left: int = 0
    brought: list[Incoming] = field(default_factory=list)

    def take(self, size: int) -> bool:
        """Whether so many fit, and they are taken then."""
        if size > self.left:
            return False
        self.left -= size
        return True


class Incoming:
    """One file of a form while it comes in, and then to be read.

    `size` is that of the whole file; with `is_cut` its bytes were not kept.
    """

    def __init__(self, room: Room) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._room = room
        room.brought.append(self)
        self.size = 0
        self.is_cut = False

    def write(self, data: bytes) -> int:
        """Take the next bytes, or drop them."""
        self.size += len(data)
        if not self.is_cut and not self._room.take(len(data)):
            self.is_cut = True
            self._room.left += self.size - len(data)
            self._file.seek(0)
            self._file.truncate()
        return len(data) if self.is_cut else self._file.write(data)

    def read(self, size: int = -1) -> bytes:
        """The next bytes of what was kept."""
        return self._file.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place in it."""
        return self._file.seek(place, whence)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()


class FormRequest(Request):
    """A request whose files are kept only as far as there is room for them."""

    room: Room | None = None

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        self.room = self.room or Room()
        return cast("IO[bytes]", Incoming(self.room))

    def close(self) -> None:
        """Give the disk back, also where the form was not read to its end."""
        super().close()
        for incoming in self.room.brought if self.room else ():
            incoming.close()


def init_app(app: Flask, settings: Settings) -> None:
    """Let the forms that take files, and no others, bring more than forms usually do."""
    app.request_class = FormRequest
    most = settings.upload_megabytes * MEGABYTE

    @app.before_request
    def room_for_files() -> None:
        # Before anything reads the form, which is when the files come in.
        if request.endpoint not in TAKES_FILES or request.mimetype != "multipart/form-data":
            return
        usual = app.config["MAX_CONTENT_LENGTH"]
        request.max_content_length = usual + _DROPPED * most
        assert isinstance(request, FormRequest)
        request.room = Room(most if current_account() is not None else 0)


@dataclass
class Chosen:
    """A file that came with the form."""

    name: str
    size: int
    is_cut: bool
    file: BinaryIO


def chosen_files() -> list[Chosen]:
    """The files the form brought; a field left empty brings one without a name."""
    return [_chosen(storage) for storage in request.files.getlist("files") if storage.filename]


def _chosen(storage: FileStorage) -> Chosen:
    incoming = cast("Incoming", storage.stream)
    name = (storage.filename or "").replace("\\", "/").rpartition("/")[2].replace("..", ".")
    return Chosen(_shortened(name), incoming.size, incoming.is_cut, cast("BinaryIO", incoming))


def _shortened(name: str) -> str:
    """A name servers take, with its ending."""
    stem, dot, ending = name.strip().rpartition(".")
    if len(name) <= _LONGEST_NAME:
        return name.strip() or "file"
    return f"{(stem or ending)[: _LONGEST_NAME - 20]}{dot}{ending[:10]}"


def attach_chosen(draft: Draft, client: Client, offer: Offer) -> Problem | None:
    """Send the files that came with the form and add them to the draft.

    What went well stays attached, also when a later one fails: the problem names the
    first that did not, and those after it. Raises CredentialRefused.
    """
    waiting = chosen_files()
    if not waiting:
        return None
    if not offer.uploads:
        return _no_uploads(offer)
    largest = _largest(client)
    while waiting:
        if len(draft.files) >= offer.most_files:
            return _with_the_rest(too_many_files(offer), waiting)
        problem = _unfit(waiting[0], largest, offer) or _send(waiting[0], draft, client, offer)
        if problem is not None:
            return _with_the_rest(problem, waiting)
        del waiting[0]
    return None


def _no_uploads(offer: Offer) -> Problem:
    return Problem(
        gettext("Engawa may not send files to %(server)s.", server=offer.server), "", "files"
    )


def _largest(client: Client) -> int | None:
    """How large a file this person may send, in bytes; None where it is not known."""
    try:
        policies = client.call("i", into=Me).policies
    except CredentialRefused:
        raise
    except MisskeyError:
        return None  # The server will say so itself.
    megabytes = policies.max_file_size_mb if policies else None
    return int(megabytes * MEGABYTE) if megabytes else None


def _unfit(file: Chosen, largest: int | None, offer: Offer) -> Problem | None:
    if file.size == 0:
        return _problem(gettext("%(name)s is empty.", name=file.name))
    if largest is not None and file.size > largest:
        return _too_large(file, offer, largest)
    if file.is_cut:
        most = settings_of_app().upload_megabytes * MEGABYTE
        return _problem(
            gettext(
                "%(name)s has %(size)s, and Engawa takes files up to %(largest)s at once.",
                name=file.name,
                size=file_size(file.size),
                largest=file_size(most),
            ),
            413,
        )
    return None


def _too_large(file: Chosen, offer: Offer, largest: int | None) -> Problem:
    if largest is None:
        words = gettext(
            "%(name)s is larger than %(server)s takes.", name=file.name, server=offer.server
        )
        return _problem(words, 413)
    return _problem(
        gettext(
            "%(name)s has %(size)s, and %(server)s takes files up to %(largest)s.",
            name=file.name,
            size=file_size(file.size),
            server=offer.server,
            largest=file_size(largest),
        ),
        413,
    )


def send_one(client: Client, offer: Offer) -> DriveFile | Problem:
    """Send the one file that came with a form to the person's drive. Raises
    CredentialRefused."""
    file = chosen_files()[0]
    if not offer.uploads:
        return _no_uploads(offer)
    return _unfit(file, _largest(client), offer) or _sent(file, client, offer, DriveFile)


def keep_chosen(
    client: Client, offer: Offer, folder_id: str | None
) -> tuple[list[OwnFile], Problem | None]:
    """Send the files that came with the form into a folder of the drive, or to its top.

    Gives those that went well, and why the first that did not, did not: it names those after
    it, too. Raises CredentialRefused.
    """
    waiting = chosen_files()
    kept: list[OwnFile] = []
    if not waiting:
        return kept, _problem(gettext("Choose a file first."))
    largest = _largest(client)
    place = {} if folder_id is None else {"folderId": folder_id}
    for number, file in enumerate(waiting, start=1):
        sent = _unfit(file, largest, offer) or _sent(file, client, offer, OwnFile, **place)
        if isinstance(sent, Problem):
            rest = ", ".join(later.name for later in waiting[number:])
            if rest:
                again = gettext("Choose these again: %(names)s.", names=rest)
                sent.advice = f"{sent.advice} {again}".strip()
            return kept, sent
        kept.append(sent)
    return kept, None


def _send(file: Chosen, draft: Draft, client: Client, offer: Offer) -> Problem | None:
    sent = _sent(file, client, offer, DriveFile)
    if isinstance(sent, Problem):
        return sent
    draft.attach(sent)
    return None


def _sent(
    file: Chosen, client: Client, offer: Offer, of: type[File], **place: str
) -> File | Problem:
    try:
        return client.upload(
            "drive/files/create",
            into=of,
            file=file.file,
            size=file.size,
            name=file.name,
            isSensitive="false",
            # The same file again is the one that is there already.
            force="false",
            **place,
        )
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _refused(error, file, offer)


def _refused(error: MisskeyError, file: Chosen, offer: Offer) -> Problem:
    """Why the server did not take a file, in words."""
    code = error.code if isinstance(error, ApiError) else ""
    if code in (TOO_LARGE, "MAX_FILE_SIZE_EXCEEDED"):
        return _too_large(file, offer, None)
    plain = {
        "NO_FREE_SPACE": gettext(
            "There is no room left in your drive at %(server)s for %(name)s.",
            server=offer.server,
            name=file.name,
        ),
        "UNALLOWED_FILE_TYPE": gettext(
            "%(server)s does not take files of this kind: %(name)s.",
            server=offer.server,
            name=file.name,
        ),
        "INVALID_FILE_NAME": gettext(
            "%(server)s does not take this file's name: %(name)s.",
            server=offer.server,
            name=file.name,
        ),
        "INAPPROPRIATE": gettext(
            "%(server)s takes %(name)s for something that may not be shown.",
            server=offer.server,
            name=file.name,
        ),
    }
    if code in plain:
        return _problem(plain[code])
    words = explain(error)
    happened = gettext(
        "%(name)s could not be sent. %(happened)s", name=file.name, happened=words.happened
    )
    return Problem(happened, words.advice, "files", words.status, words.retry_after)


def _problem(message: str, status: int = 400) -> Problem:
    return Problem(message, field="files", status=status)


def _with_the_rest(problem: Problem, waiting: list[Chosen]) -> Problem:
    """A browser does not choose files again by itself, so the person has to know which."""
    rest = [file.name for file in waiting[1:]]
    kept = gettext("Everything else is still here.")
    if rest:
        kept = gettext(
            "Choose these again: %(names)s. Everything else is still here.", names=", ".join(rest)
        )
    problem.advice = f"{problem.advice} {kept}".strip()
    return problem


def describe(draft: Draft, client: Client, offer: Offer) -> Problem | None:
    """Tell the server the descriptions and warnings that changed. Raises CredentialRefused."""
    for held in draft.files:
        problem = _describe(held, client, offer)
        if problem is not None:
            return problem
    return None


def _describe(held: Attached, client: Client, offer: Offer) -> Problem | None:
    changes = held.changes
    if not offer.alt_texts:
        changes.pop("comment", None)
    if not changes:
        return None
    try:
        held.file = client.call(
            "drive/files/update", into=DriveFile, fileId=held.file.id, **changes
        )
    except CredentialRefused:
        raise
    except NotThere:
        words = gettext("%(name)s is not in your drive any more.", name=held.file.name)
        return Problem(words, gettext("Take it off."), "files", 404)
    except MisskeyError as error:
        said = explain(error)
        words = gettext(
            "The description of %(name)s could not be saved. %(happened)s",
            name=held.file.name,
            happened=said.happened,
        )
        return Problem(words, said.advice, "files", said.status, said.retry_after)
    return None
