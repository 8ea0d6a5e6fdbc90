"""How pages, posts of galleries and Plays are made and changed. Read, liked and deleted they
are in `works`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, NULLABLE_ID, STRING, Schema, flag, obj
from ..records import File, GalleryPost, Play, WrittenPage
from .table import HOUR, Call, endpoint

NULLABLE: Schema = {"type": "string", "nullable": True}
OBJECTS: Schema = {"type": "array", "items": {"type": "object", "additionalProperties": True}}

# Pages --------------------------------------------------------------------

PAGE: dict[str, Schema] = {
    "title": STRING,
    "name": {
        "type": "string",
        "pattern": r"^[^\s:\/?#\[\]@!$&'()*+,;=\\%\x00-\x20]{1,256}$",
        "minLength": 1,
    },
    "summary": NULLABLE,
    "content": OBJECTS,
    "variables": OBJECTS,
    "script": STRING,
    "eyeCatchingImageId": NULLABLE_ID,
    "font": {"type": "string", "enum": ["serif", "sans-serif"]},
    "alignCenter": {"type": "boolean"},
    "hideTitleWhenPinned": {"type": "boolean"},
}


@endpoint(
    "pages/create",
    obj(
        {
            **PAGE,
            "font": {**PAGE["font"], "default": "sans-serif"},
            "alignCenter": flag(False),
            "hideTitleWhenPinned": flag(False),
        },
        ["title", "name", "content", "variables", "script"],
    ),
    kind="write:pages",
    limit=Limit(10, HOUR),
)
def create_page(call: Call) -> Any:
    """A new page (pages-create.json)."""
    params, world = call.params, call.world
    _name_is_free(call, None, "4650348e-301c-499a-83c9-6aa988c66bc1")
    now = world.clock.now()
    id = world.ids.at(now)
    page = WrittenPage(id, now, call.me.id, params["name"], params["title"], params["content"])
    _write(call, page, "b7b97489-0f66-4b12-a5ff-b21bd63f6e1c")
    world.pages[id] = page
    return call.show.written_page(page)


@endpoint(
    "pages/update",
    obj({"pageId": ID, **PAGE}, ["pageId"]),
    kind="write:pages",
    limit=Limit(300, HOUR),
)
def update_page(call: Call) -> Any:
    """Change one's own; what is not sent stays."""
    page = call.world.pages.get(call.params["pageId"])
    if page is None:
        raise ApiError("NO_SUCH_PAGE", "No such page.", "21149b9e-3616-4778-9592-c4ce89f5a864")
    if page.user_id != call.me.id:
        raise ApiError("ACCESS_DENIED", "Access denied.", "3c15cd52-3b4b-4274-967d-6456fc4f792b")
    _name_is_free(call, page, "2298a392-d4a1-44c5-9ebb-ac1aeaa5a9ab")
    _write(call, page, "cfc23c7c-3887-490e-af30-0ed576703c82")


def _name_is_free(call: Call, page: WrittenPage | None, error_id: str) -> None:
    for other in call.world.pages.values():
        is_mine = other is not page and other.user_id == call.me.id
        if is_mine and other.name == call.params.get("name"):
            raise ApiError("NAME_ALREADY_EXISTS", "Specified name already exists.", error_id)


def _write(call: Call, page: WrittenPage, error_id: str) -> None:
    params = call.params
    names = ("title", "name", "summary", "content", "variables", "script", "font")
    for name in names:
        setattr(page, name, params.get(name, getattr(page, name)))
    page.align_center = params.get("alignCenter", page.align_center)
    page.hide_title = params.get("hideTitleWhenPinned", page.hide_title)
    if "eyeCatchingImageId" in params:
        page.eye_catching = _picture(call, params["eyeCatchingImageId"], error_id)
    files = call.world.files
    page.files = [files[id] for id in _files_in(page.content) if id in files]


def _picture(call: Call, file_id: str | None, error_id: str) -> File | None:
    if file_id is None:
        return None
    file = call.world.files.get(file_id)
    if file is None or file.user_id != call.me.id:
        raise ApiError("NO_SUCH_FILE", "No such file.", error_id)
    return file


def _files_in(content: list[dict[str, Any]]) -> Iterator[str]:
    for block in content:
        if block.get("type") == "image" and isinstance(block.get("fileId"), str):
            yield block["fileId"]
        yield from _files_in(block.get("children") or [])


# Galleries ----------------------------------------------------------------

POST: dict[str, Schema] = {
    "title": {"type": "string", "minLength": 1},
    "description": NULLABLE,
    "fileIds": {"type": "array", "uniqueItems": True, "minItems": 1, "maxItems": 32, "items": ID},
    "isSensitive": flag(False),
}


@endpoint(
    "gallery/posts/create",
    obj(POST, ["title", "fileIds"]),
    kind="write:gallery",
    limit=Limit(20, HOUR),
)
def create_post(call: Call) -> Any:
    """A new post."""
    params, world = call.params, call.world
    now = world.clock.now()
    post = GalleryPost(world.ids.at(now), now, call.me.id, params["title"], _own_files(call))
    post.description, post.sensitive = params.get("description"), params["isSensitive"]
    world.gallery[post.id] = post
    return call.show.gallery_post(post)


@endpoint(
    "gallery/posts/update",
    obj({"postId": ID, **POST}, ["postId"]),
    kind="write:gallery",
    limit=Limit(300, HOUR),
)
def update_post(call: Call) -> Any:
    """Change one's own. Somebody else's, or none, is a fault inside the server."""
    params = call.params
    post = call.world.gallery[params["postId"]]
    if post.user_id != call.me.id:
        raise LookupError(post.id)
    post.title = params.get("title", post.title)
    post.description = params.get("description", post.description)
    post.sensitive = params["isSensitive"]
    if "fileIds" in params:
        post.files = _own_files(call)
    return call.show.gallery_post(post)


def _own_files(call: Call) -> list[File]:
    """Those of one's own among them; where none is, that is a fault inside the server."""
    found = [call.world.files.get(id) for id in call.params["fileIds"]]
    own = [file for file in found if file is not None and file.user_id == call.me.id]
    if not own:
        raise LookupError("no file")
    return own


# Play ---------------------------------------------------------------------

PLAY: dict[str, Schema] = {
    "title": STRING,
    "summary": STRING,
    "script": STRING,
    "permissions": {"type": "array", "items": STRING},
    "visibility": {"type": "string", "enum": ["public", "private"]},
}


@endpoint(
    "flash/create",
    obj(
        {**PLAY, "visibility": {**PLAY["visibility"], "default": "public"}},
        ["title", "summary", "script", "permissions"],
    ),
    kind="write:flash",
    limit=Limit(10, HOUR),
)
def create_play(call: Call) -> Any:
    """A new Play (flash-create.json)."""
    params, world = call.params, call.world
    now = world.clock.now()
    id, words = world.ids.at(now), (params["title"], params["summary"], params["script"])
    world.plays[id] = Play(id, now, call.me.id, *words, params["visibility"] == "public")
    return call.show.play(world.plays[id])


@endpoint(
    "flash/update",
    obj({"flashId": ID, **PLAY}, ["flashId"]),
    kind="write:flash",
    limit=Limit(300, HOUR),
)
def update_play(call: Call) -> Any:
    """Change one's own; what is not sent stays."""
    params = call.params
    play = call.world.plays.get(params["flashId"])
    if play is None:
        raise ApiError("NO_SUCH_FLASH", "No such flash.", "611e13d2-309e-419a-a5e4-e0422da39b02")
    if play.user_id != call.me.id:
        raise ApiError("ACCESS_DENIED", "Access denied.", "08e60c88-5948-478e-a132-02ec701d67b2")
    for name in ("title", "summary", "script"):
        setattr(play, name, params.get(name, getattr(play, name)))
    if "visibility" in params:
        play.public = params["visibility"] == "public"
