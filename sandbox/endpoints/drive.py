"""Files of one's drive."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, NULLABLE_ID, PAGING, STRING, flag, obj
from ..records import File
from ..shapes import POLICIES
from ..uploads import content_of
from .paging import page, window
from .table import HOUR, Call, endpoint

MEGABYTE = 1024 * 1024
COMMENT = {"type": "string", "nullable": True, "maxLength": 512}
ENDINGS = {
    "image/png": ".png",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "application/pdf": ".pdf",
}
SORTS: dict[str, Callable[[File], Any]] = {
    "createdAt": lambda file: file.id,
    "name": lambda file: file.name,
    "size": lambda file: file.content.size,
}


@endpoint("drive", kind="read:drive")
def drive(call: Call) -> Any:
    """How much room there is, and how much is taken (drive.json)."""
    capacity = call.world.settings.drive_capacity_mb * MEGABYTE
    return {"capacity": capacity, "usage": call.world.drive_usage(call.me)}


@endpoint(
    "drive/files",
    obj(
        {
            **PAGING,
            "folderId": {**NULLABLE_ID, "default": None},
            "type": {"type": "string", "nullable": True, "pattern": r"^[a-zA-Z\/\-*]+$"},
            "sort": {
                "type": "string",
                "nullable": True,
                "enum": ["+createdAt", "-createdAt", "+name", "-name", "+size", "-size", None],
            },
        }
    ),
    kind="read:drive",
)
def files(call: Call) -> Any:
    """One folder of the drive (drive-files.json); `type` may be `image/*`."""
    params = call.params
    mine = [
        file
        for file in call.world.files.values()
        if file.user_id == call.me.id
        and file.folder_id == params["folderId"]
        and fnmatchcase(file.content.type, params.get("type") or "*")
    ]
    by = params.get("sort")
    if by is None:
        found = page(params, mine, lambda file: file.id)
    else:
        between = filter(lambda file: window(params).holds(file.id), mine)
        found = sorted(between, key=SORTS[by[1:]], reverse=by[0] == "+")[: int(params["limit"])]
    return [call.show.file(file) for file in found]


@endpoint(
    "drive/stream",
    obj({**PAGING, "type": {"type": "string", "pattern": r"^[a-zA-Z\/\-*]+$"}}),
    kind="read:drive",
)
def stream(call: Call) -> Any:
    """All files, in whichever folder (drive-stream.json)."""
    kind = call.params.get("type") or "*"
    mine = [
        file
        for file in call.world.files.values()
        if file.user_id == call.me.id and fnmatchcase(file.content.type, kind)
    ]
    return [call.show.file(file) for file in page(call.params, mine, lambda file: file.id)]


@endpoint(
    "drive/files/show",
    {"anyOf": [obj({"fileId": ID}, ["fileId"]), obj({"url": STRING}, ["url"])]},
    kind="read:drive",
)
def show(call: Call) -> Any:
    """One's own file by id or address (drive-files-show.json)."""
    files, params = call.world.files, call.params
    if isinstance(params.get("fileId"), str):
        file = files.get(params["fileId"])
    else:
        urls = (f for f in files.values() if call.show.file_url(f) == params["url"])
        file = next(urls, None)
    if file is None:
        raise ApiError("NO_SUCH_FILE", "No such file.", "067bc436-2718-4795-b0fb-ecbe43949e31")
    if file.user_id != call.me.id:
        raise ApiError("ACCESS_DENIED", "Access denied.", "25b73c73-68b1-41d0-bad1-381cfdf6579f")
    return call.show.file(file, detail=True)


@endpoint(
    "drive/files/find",
    obj({"name": STRING, "folderId": {**NULLABLE_ID, "default": None}}, ["name"]),
    kind="read:drive",
)
def find(call: Call) -> Any:
    """The files of just that name in a folder, or at the top (drive-files-find.json)."""
    return [
        call.show.file(file)
        for file in call.world.files.values()
        if file.user_id == call.me.id
        and file.folder_id == call.params["folderId"]
        and file.name == call.params["name"]
    ]


@endpoint(
    "drive/files/create",
    obj(
        {
            "folderId": {**NULLABLE_ID, "default": None},
            "name": {"type": "string", "nullable": True, "default": None},
            "comment": {**COMMENT, "default": None},
            "isSensitive": flag(False),
            "force": flag(False),
        }
    ),
    kind="write:drive",
    limit=Limit(120, HOUR),
    file=True,
)
def create(call: Call) -> Any:
    """Keep a file (drive-files-create.json).

    A file one has already is not kept twice unless `force` says so: the old one
    is the answer, with its old name and words (a trap for alternative text).
    """
    params, world, upload = call.params, call.world, call.upload
    assert upload is not None
    name = (params["name"] if params["name"] is not None else upload.name).strip()
    if name == "blob":
        name = ""
    if name and not is_file_name(name):
        raise ApiError(
            "INVALID_FILE_NAME", "Invalid file name.", "f449b209-0c60-4e51-84d5-29486263bfd4"
        )
    content = content_of(upload)
    mine = [file for file in world.files.values() if file.user_id == call.me.id]
    if not params["force"]:
        for file in mine:
            if file.content.md5 == upload.md5:
                file.sensitive = file.sensitive or params["isSensitive"]
                return call.show.file(file, own=True)
    _refuse_unwelcome(call, content.type, upload.size)
    if params["folderId"] is not None:
        folder = world.folders[params["folderId"]]
        if folder.user_id != call.me.id:
            raise LookupError("somebody else's folder")
    now = world.clock.now()
    file = File(
        world.ids.at(now),
        now,
        call.me.id,
        _ending_in_its_type(name or "untitled", content.type),
        str(uuid.uuid4()),
        content,
        params["comment"],
        params["isSensitive"],
        folder_id=params["folderId"],
    )
    world.files[file.id] = file
    return call.show.file(file, own=True)


def _refuse_unwelcome(call: Call, kind: str, size: int) -> None:
    settings = call.world.settings
    if not any(fnmatchcase(kind, pattern) for pattern in POLICIES["uploadableFileTypes"]):
        raise ApiError(
            "UNALLOWED_FILE_TYPE",
            "Cannot upload the file because it is an unallowed file type.",
            "4becd248-7f2c-48c4-a9f0-75edc4f9a1ea",
        )
    if size > settings.max_file_size_mb * MEGABYTE:
        raise ApiError(
            "MAX_FILE_SIZE_EXCEEDED",
            "Cannot upload the file because it exceeds the maximum file size.",
            "b9d8c348-33f0-4673-b9a9-5d4da058977a",
        )
    if call.world.drive_usage(call.me) + size > settings.drive_capacity_mb * MEGABYTE:
        raise ApiError(
            "NO_FREE_SPACE",
            "Cannot upload the file because you have no free space of drive.",
            "d08dbc37-a6a9-463a-8c47-96c32ab5f064",
        )


def is_file_name(name: str) -> bool:
    """Whether a file may be called so."""
    return bool(name.strip()) and len(name) <= 200 and not any(n in name for n in ("\\", "/", ".."))


def _ending_in_its_type(name: str, kind: str) -> str:
    ending = ENDINGS.get(kind)
    same = {".jpeg": ".jpg"}
    has = PurePosixPath(name).suffix.lower()
    return name if ending is None or same.get(has, has) == ending else name + ending


@endpoint(
    "drive/files/update",
    obj(
        {
            "fileId": ID,
            "folderId": NULLABLE_ID,
            "name": STRING,
            "isSensitive": {"type": "boolean"},
            "comment": COMMENT,
        },
        ["fileId"],
    ),
    kind="write:drive",
)
def update(call: Call) -> Any:
    """Change a file's name, words, warning or folder (drive-files-update.json)."""
    file = _own_file(
        call, "e7778c7e-3af9-49cd-9690-6dbc3e6c972d", "01a53b27-82fc-445b-a0c1-b558465a8ed2"
    )
    params = call.params
    if "name" in params and not is_file_name(params["name"]):
        raise ApiError(
            "INVALID_FILE_NAME", "Invalid file name.", "395e7156-f9f0-475e-af89-53c3c23080c2"
        )
    if params.get("folderId") is not None:
        folder = call.world.folders.get(params["folderId"])
        if folder is None or folder.user_id != call.me.id:
            raise ApiError(
                "NO_SUCH_FOLDER", "No such folder.", "ea8fb7a5-af77-4a08-b608-c0218176cd73"
            )
    file.name = params.get("name", file.name)
    file.sensitive = params.get("isSensitive", file.sensitive)
    file.comment = params.get("comment", file.comment)
    file.folder_id = params.get("folderId", file.folder_id)
    return call.show.file(file, own=True)


@endpoint("drive/files/delete", obj({"fileId": ID}, ["fileId"]), kind="write:drive")
def delete(call: Call) -> Any:
    """Throw a file away; notes that showed it keep its id only."""
    file = _own_file(
        call, "908939ec-e52b-4458-b395-1025195cea58", "5eb8d909-2540-4970-90b8-dd6f86088121"
    )
    del call.world.files[file.id]


def _own_file(call: Call, missing: str, denied: str) -> File:
    file = call.world.files.get(call.params["fileId"])
    if file is None:
        raise ApiError("NO_SUCH_FILE", "No such file.", missing)
    if file.user_id != call.me.id:
        raise ApiError("ACCESS_DENIED", "Access denied.", denied)
    return file
