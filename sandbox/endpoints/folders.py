"""Folders of one's drive, where a file is used, and files fetched from elsewhere."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError, internal_error
from ..limits import Limit
from ..params import ID, NULLABLE_ID, PAGING, STRING, flag, obj
from ..records import Folder
from .drive import COMMENT
from .paging import page
from .table import HOUR, Call, endpoint
from .timelines import page as page_of_notes

FOLDER = obj({"folderId": ID}, ["folderId"])
NAME = {"type": "string", "maxLength": 200}


def _own(call: Call, id: str | None, code: str, message: str, error_id: str) -> Folder:
    folder = call.world.folders.get(id or "")
    if folder is None or folder.user_id != call.me.id:
        raise ApiError(code, message, error_id)
    return folder


def _own_folder(call: Call, error_id: str) -> Folder:
    return _own(call, call.params["folderId"], "NO_SUCH_FOLDER", "No such folder.", error_id)


@endpoint(
    "drive/folders",
    obj({**PAGING, "folderId": {**NULLABLE_ID, "default": None}}),
    kind="read:drive",
)
def folders(call: Call) -> Any:
    """The folders in a folder, or at the top (drive-folders.json)."""
    mine = [
        folder
        for folder in call.world.folders.values()
        if folder.user_id == call.me.id and folder.parent_id == call.params["folderId"]
    ]
    return [call.show.folder(folder) for folder in page(call.params, mine, lambda f: f.id)]


@endpoint(
    "drive/folders/find",
    obj({"name": STRING, "parentId": {**NULLABLE_ID, "default": None}}, ["name"]),
    kind="read:drive",
)
def find(call: Call) -> Any:
    """The folders of just that name in a folder, or at the top."""
    return [
        call.show.folder(folder)
        for folder in call.world.folders.values()
        if folder.user_id == call.me.id
        and folder.parent_id == call.params["parentId"]
        and folder.name == call.params["name"]
    ]


@endpoint("drive/folders/show", FOLDER, kind="read:drive")
def show(call: Call) -> Any:
    """A folder with its counts, and what it is in (drive-folders-show.json)."""
    folder = _own_folder(call, "d74ab9eb-bb09-4bba-bf24-fb58f761e1e9")
    return call.show.folder(folder, detail=True)


@endpoint(
    "drive/folders/create",
    obj({"name": {**NAME, "default": "Untitled"}, "parentId": NULLABLE_ID}),
    kind="write:drive",
    limit=Limit(10, HOUR),
)
@endpoint(
    "drive/folders/create",
    obj({"name": {**NAME, "default": "Untitled"}, "parentId": NULLABLE_ID}),
    kind="write:drive",
    ages=("v12", "v11"),
)
def create(call: Call) -> Any:
    """A new folder (drive-folders-create.json)."""
    parent = call.params.get("parentId")
    if parent is not None:
        error_id = "53326628-a00d-40a6-a3cd-8975105c0f95"
        _own(call, parent, "NO_SUCH_FOLDER", "No such folder.", error_id)
    now = call.world.clock.now()
    folder = Folder(call.world.ids.at(now), now, call.me.id, call.params["name"], parent)
    call.world.folders[folder.id] = folder
    return call.show.folder(folder)


@endpoint(
    "drive/folders/update",
    obj({"folderId": ID, "name": NAME, "parentId": NULLABLE_ID}, ["folderId"]),
    kind="write:drive",
)
def update(call: Call) -> Any:
    """Rename a folder, or put it into another (drive-folders-update.json)."""
    folder = _own_folder(call, "f7974dac-2c0d-4a27-926e-23583b28e98e")
    params = call.params
    parent = params.get("parentId")
    if parent is not None:
        _own(
            call,
            parent,
            "NO_SUCH_PARENT_FOLDER",
            "No such parent folder.",
            "ce104e3a-faaf-49d5-b459-10ff0cbbcaa1",
        )
        above: str | None = parent
        while above is not None:
            if above == folder.id:
                raise ApiError(
                    "RECURSIVE_NESTING",
                    "It can not be structured like nesting folders recursively.",
                    "dbeb024837894013aed44279f9199740",
                )
            above = call.world.folders[above].parent_id
    folder.name = params.get("name", folder.name)
    if "parentId" in params:
        folder.parent_id = parent
    return call.show.folder(folder)


@endpoint("drive/folders/delete", FOLDER, kind="write:drive")
def delete(call: Call) -> Any:
    """Only an empty one (drive-folders-delete-not-empty.json)."""
    folder = _own_folder(call, "1069098f-c281-440f-b085-f9932edbe091")
    world = call.world
    inside = [f for f in world.files.values() if f.folder_id == folder.id]
    if inside or any(other.parent_id == folder.id for other in world.folders.values()):
        raise ApiError(
            "HAS_CHILD_FILES_OR_FOLDERS",
            "This folder has child files or folders.",
            "b0fc8a17-963c-405d-bfbc-859a487295e1",
        )
    del world.folders[folder.id]


@endpoint(
    "drive/files/move-bulk",
    obj(
        {
            "fileIds": {
                "type": "array",
                "uniqueItems": True,
                "minItems": 1,
                "maxItems": 100,
                "items": ID,
            },
            "folderId": NULLABLE_ID,
        },
        ["fileIds"],
    ),
    kind="write:drive",
)
def move_bulk(call: Call) -> Any:
    """Put one's own of these files into a folder, or at the top. There is no recording: it
    declares no error of its own, so that a folder which is not there is taken for a fault of
    the server."""
    folder_id = call.params.get("folderId")
    if folder_id is not None:
        folder = call.world.folders.get(folder_id)
        if folder is None or folder.user_id != call.me.id:
            raise internal_error()
    for file_id in call.params["fileIds"]:
        file = call.world.files.get(file_id)
        if file is not None and file.user_id == call.me.id:
            file.folder_id = folder_id


@endpoint(
    "drive/files/attached-notes", obj({**PAGING, "fileId": ID}, ["fileId"]), kind="read:drive"
)
def attached_notes(call: Call) -> Any:
    """The notes that show a file of one's own (drive-files-attached-notes.json)."""
    file = call.world.files.get(call.params["fileId"])
    if file is None or file.user_id != call.me.id:
        raise ApiError("NO_SUCH_FILE", "No such file.", "c118ece3-2e4b-4296-99d1-51756e32d232")
    return page_of_notes(call, lambda note: file.id in note.file_ids)


@endpoint(
    "drive/files/upload-from-url",
    obj(
        {
            "url": STRING,
            "folderId": {**NULLABLE_ID, "default": None},
            "isSensitive": flag(False),
            "comment": {**COMMENT, "default": None},
            "marker": {"type": "string", "nullable": True, "default": None},
            "force": flag(False),
        },
        ["url"],
    ),
    kind="write:drive",
    limit=Limit(60, HOUR),
)
def upload_from_url(call: Call) -> Any:
    """The server says yes at once and fetches later. This one fetches nothing: it keeps in
    mind what it was asked for (`world.fetched`)."""
    if call.world.age.v11:
        # v11 fetches first, and what it was asked for when it was recorded was not there.
        raise internal_error()
    call.world.fetched.append(call.params["url"])
