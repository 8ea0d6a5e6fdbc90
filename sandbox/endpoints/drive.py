"""Files of one's drive."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..params import ID, STRING, obj
from .table import Call, endpoint


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
    return call.show.file(file, with_user=True)
