"""Sending files, and what becomes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.records import Folder

from .replays import PNG
from .server import Server
from .test_behaviour import code

BOUNDARY = "----contract"
MARK = f"--{BOUNDARY}\r\n"


def part(name: str, value: str) -> str:
    return f'{MARK}Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def file_part(data: bytes = PNG, filename: str = "a.png") -> bytes:
    said = f'{MARK}Content-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    return said.encode() + b"Content-Type: image/png\r\n\r\n" + data + b"\r\n"


def send(server: Server, body: bytes, **how: Any) -> Any:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    end = f"--{BOUNDARY}--\r\n".encode()
    return server.post("/api/drive/files/create", data=body + end, headers=headers, **how)


def test_a_file_is_what_its_bytes_say(server: Server) -> None:
    reply = server.upload(PNG, "called.txt", force="true", isSensitive="true")
    file = reply.body
    assert file["type"] == "image/png"
    assert file["name"] == "called.txt.png"
    assert file["properties"] == {"width": 1, "height": 1}
    assert file["isSensitive"] is True
    assert (file["size"], file["comment"], file["folderId"]) == (len(PNG), None, None)
    shown = server.call("drive/files/show", fileId=file["id"]).body
    assert shown["userId"] == server.account()["id"]
    path = file["url"].split("/", 3)[3]
    assert server.get(f"/{path}").status == 200


def test_the_same_file_again_is_the_old_one(server: Server) -> None:
    """A trap: the new name and the new alternative text are not taken."""
    first = server.upload(PNG, "one.png", comment="the first words").body
    again = server.upload(PNG, "two.png", comment="other words", isSensitive="true").body
    assert again["id"] == first["id"]
    assert (again["name"], again["comment"]) == (first["name"], first["comment"])
    assert again["isSensitive"] is True
    forced = server.upload(PNG, "two.png", comment="other words", force="true").body
    assert forced["id"] != first["id"]
    assert (forced["name"], forced["comment"]) == ("two.png", "other words")
    for file in {first["id"], forced["id"]}:
        server.call("drive/files/delete", fileId=file)


def test_text_fields_stand_before_the_file(server: Server) -> None:
    key = part("i", server.key("alice")) + part("force", "true")
    early = (key + part("name", "early.png")).encode() + file_part()
    late = key.encode() + file_part() + part("name", "late.png").encode()
    assert send(server, early).body["name"] == "early.png"
    assert send(server, late).body["name"] == "a.png"
    assert code(send(server, file_part() + key.encode())) == (401, "CREDENTIAL_REQUIRED")


def test_bearer_header_goes_with_a_file(server: Server) -> None:
    headers = {"authorization": f"Bearer {server.key('alice')}"}
    reply = server.post(
        "/api/drive/files/create",
        data={"force": "true"},
        files={"file": ("b.png", PNG)},
        headers=headers,
    )
    assert reply.status == 200
    server.call("drive/files/delete", fileId=reply.body["id"])


def test_japanese_file_names(server: Server) -> None:
    for reply in (
        server.upload(PNG, "x", name="写真 その1.png", force="true"),
        server.upload(PNG, "写真 その1.png", force="true"),
    ):
        assert reply.body["name"] == "写真 その1.png"


@pytest.mark.parametrize("name", ["a/b.png", "a\\b.png", "..png", "x" * 201])
def test_names_that_are_refused(server: Server, name: str) -> None:
    reply = server.upload(PNG, "a.png", name=name, force="true")
    assert code(reply) == (400, "INVALID_FILE_NAME")


@pytest.mark.parametrize(("name", "kept"), [("blob", "untitled.png"), ("  ", "untitled.png")])
def test_names_that_say_nothing(server: Server, name: str, kept: str) -> None:
    assert server.upload(PNG, "a.png", name=name, force="true").body["name"] == kept


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"isSensitive": "maybe"}, "isSensitive"),
        ({"force": "1"}, "#/properties/force/type"),
        ({"comment": "x" * 513}, "#/properties/comment/maxLength"),
        ({"folderId": ""}, "#/properties/folderId/format"),
    ],
)
def test_fields_that_are_refused(server: Server, fields: dict[str, str], param: str) -> None:
    reply = server.upload(PNG, "a.png", **fields)
    assert code(reply) == (400, "INVALID_PARAM")
    assert reply.body["error"]["info"]["param"] == param


def test_a_folder_there_is_not(server: Server) -> None:
    """A fault inside on the real server, not an error of its own."""
    reply = server.upload(PNG, "a.png", folderId="null", force="true")
    assert code(reply) == (500, "INTERNAL_ERROR")


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"only words\n", b"PK\x03\x04", b"\0\1\2"])
def test_kinds_that_are_refused(server: Server, data: bytes) -> None:
    assert code(server.upload(data, "a.bin")) == (400, "UNALLOWED_FILE_TYPE")


def test_without_a_file(server: Server) -> None:
    for reply in (
        send(server, part("i", server.key("alice")).encode()),
        server.call("drive/files/create", name="x"),
    ):
        assert (reply.status, reply.body) == (400, None)


def test_signed_out(server: Server) -> None:
    assert code(server.upload(PNG, "a.png", None)) == (401, "CREDENTIAL_REQUIRED")


def test_sizes_and_room(server: Server) -> None:
    settings = server.only_sandbox("other limits").world.settings
    large = PNG + bytes(1024 * 1024)
    settings.max_file_size_mb = 1
    try:
        refused = server.upload(large, "large.png")
        assert code(refused) == (400, "MAX_FILE_SIZE_EXCEEDED")
        assert server.call("meta").body["policies"]["maxFileSizeMb"] == 1
        assert server.account()["policies"]["maxFileSizeMb"] == 1
        settings.max_file_size_mb, settings.drive_capacity_mb = 30, 1
        refused = server.upload(large, "large.png")
        assert code(refused) == (400, "NO_FREE_SPACE")
        assert server.call("drive").body["capacity"] == 1024 * 1024
    finally:
        settings.max_file_size_mb, settings.drive_capacity_mb = 30, 100
    before = server.call("drive").body["usage"]
    kept = server.upload(large, "large.png").body
    assert server.call("drive").body["usage"] - before == len(large)
    server.call("drive/files/delete", fileId=kept["id"])
    assert server.call("drive").body["usage"] == before


def test_notes_with_files(server: Server) -> None:
    files = [server.upload(PNG, f"{n}.png", force="true").body["id"] for n in range(16)]
    note = server.note(text=None, fileIds=files)
    assert note["fileIds"] == files
    assert [file["id"] for file in note["files"]] == files
    too_many = server.call("notes/create", text="x", fileIds=[*files, "zzzz"])
    assert code(too_many) == (400, "INVALID_PARAM")
    assert code(server.call("notes/create", "bob", fileIds=files[:1])) == (400, "NO_SUCH_FILE")
    server.call("drive/files/delete", fileId=files[0])
    left = server.call("notes/show", noteId=note["id"]).body
    assert [file["id"] for file in left["files"]] == files[1:]


def test_the_list_of_files(server: Server) -> None:
    for name in ("zz.png", "aa.png"):
        server.upload(PNG, name, force="true")

    def names(**params: Any) -> list[str]:
        return [file["name"] for file in server.call("drive/files", limit=100, **params).body]

    newest = names()
    assert newest[:2] == ["aa.png", "zz.png"]
    assert names(sort="-name") == sorted(newest)
    assert names(sort="+createdAt") == newest
    assert names(type="image/*")[0] == "aa.png"
    assert names(type="audio/*") == []
    first, second = server.call("drive/files", limit=2).body
    assert server.call("drive/files", limit=1, untilId=first["id"]).body == [second]
    assert code(server.call("drive/files", sort="size")) == (400, "INVALID_PARAM")


def test_folders(server: Server) -> None:
    world = server.only_sandbox("a folder").world
    alice, bob = world.person("alice").id, world.person("bob").id
    world.folders = {"f1": Folder("f1", 0, alice, "pictures"), "f2": Folder("f2", 0, bob, "his")}
    try:
        file = server.upload(PNG, "in.png", folderId="f1", force="true").body
        assert (file["folderId"], file["folder"]) == ("f1", None)
        listed = server.call("drive/files", folderId="f1").body
        assert [item["id"] for item in listed] == [file["id"]]
        shown = server.call("drive/files/show", url=file["url"]).body
        assert (shown["folder"]["name"], shown["folder"]["filesCount"]) == ("pictures", 1)
        moved = server.call("drive/files/update", fileId=file["id"], folderId=None).body
        assert moved["folderId"] is None
        assert server.upload(PNG, "x.png", folderId="f2", force="true").status == 500
        not_mine = server.call("drive/files/update", fileId=file["id"], folderId="f2")
        assert code(not_mine) == (400, "NO_SUCH_FOLDER")
    finally:
        world.folders = {}


def test_several_files_move_at_once(server: Server) -> None:
    world = server.only_sandbox("a folder").world
    alice, bob = world.person("alice").id, world.person("bob").id
    world.folders = {"f1": Folder("f1", 0, alice, "pictures"), "f2": Folder("f2", 0, bob, "his")}
    try:
        files = [server.upload(PNG, f"{n}.png", force="true").body["id"] for n in range(2)]
        moved = server.call("drive/files/move-bulk", fileIds=[*files, "zzzz"], folderId="f1")
        assert moved.status == 204
        listed = server.call("drive/files", folderId="f1").body
        assert {item["id"] for item in listed} == set(files)
        assert (
            server.call("drive/files/move-bulk", "bob", fileIds=files, folderId="f2").status == 204
        )
        assert server.call("drive/files", "bob", folderId="f2").body == []
        assert server.call("drive/files/move-bulk", fileIds=files, folderId="f2").status == 500
        assert code(server.call("drive/files/move-bulk", fileIds=[])) == (400, "INVALID_PARAM")
        assert server.call("drive/files/move-bulk", fileIds=files, folderId=None).status == 204
        assert server.call("drive/files", folderId="f1").body == []
    finally:
        world.folders = {}


def test_whole_names_are_found_in_one_folder(server: Server) -> None:
    world = server.only_sandbox("a folder").world
    alice = world.person("alice").id
    world.folders = {"f1": Folder("f1", 0, alice, "tea"), "f2": Folder("f2", 0, alice, "tea", "f1")}
    try:
        server.upload(PNG, "tea.png", folderId="f1", force="true")
        assert [
            found["name"]
            for found in server.call("drive/files/find", name="tea.png", folderId="f1").body
        ] == ["tea.png"]
        assert server.call("drive/files/find", name="tea", folderId="f1").body == []
        assert server.call("drive/files/find", name="tea.png").body == []
        assert [f["id"] for f in server.call("drive/folders/find", name="tea").body] == ["f1"]
        inner = server.call("drive/folders/find", name="tea", parentId="f1").body
        assert [found["id"] for found in inner] == ["f2"]
        assert server.call("drive/folders/find", name="te").body == []
    finally:
        world.folders = {}


def test_changing_and_deleting(server: Server) -> None:
    file = server.upload(PNG, "mine.png", force="true").body["id"]
    for endpoint in ("update", "delete"):
        other = server.call(f"drive/files/{endpoint}", "bob", fileId=file)
        assert code(other) == (400, "ACCESS_DENIED")
        missing = server.call(f"drive/files/{endpoint}", fileId="zzzz")
        assert code(missing) == (400, "NO_SUCH_FILE")
    for changes, refused in (
        ({"name": "a/b"}, "INVALID_FILE_NAME"),
        ({"folderId": "zzzz"}, "NO_SUCH_FOLDER"),
    ):
        assert code(server.call("drive/files/update", fileId=file, **changes)) == (400, refused)
    changed = server.call("drive/files/update", fileId=file, comment="new words").body
    assert (changed["comment"], changed["name"]) == ("new words", "mine.png")
    assert server.call("drive/files/update", fileId=file, comment=None).body["comment"] is None
    assert server.call("drive/files/delete", fileId=file).status == 204
    assert code(server.call("drive/files/show", fileId=file)) == (400, "NO_SUCH_FILE")


def test_length_of_a_note_is_a_setting(server: Server) -> None:
    settings = server.only_sandbox("another longest note").world.settings
    settings.max_note_text_length = 10
    try:
        assert server.call("meta").body["maxNoteTextLength"] == 10
        assert server.call("notes/create", text="x" * 10).status == 200
        refused = server.call("notes/create", text="x" * 11)
        assert code(refused) == (400, "INVALID_PARAM")
        assert json.dumps(refused.body).count("10 characters") == 1
    finally:
        settings.max_note_text_length = 3000
