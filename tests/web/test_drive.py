"""`/drive`: files and folders at the account's server."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from sandbox import Sandbox, chats
from sandbox.pictures import draw, picture
from sandbox.records import File, Folder
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

TROUBLES: list[tuple[str, dict[str, Any], int]] = [
    ("error", {}, 502),
    ("html", {"status": 503}, 502),
    ("lost", {}, 504),
    ("rate-limited", {}, 429),
]


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def png(shade: int = 10) -> bytes:
    """A small picture, another one for each shade."""
    return draw(picture(8, 6, (shade, 20, 30), (200, shade, 90)))


def mine(sandbox: Sandbox, who: str = "alice") -> list[File]:
    """Somebody's files, the newest first."""
    me = sandbox.person(who).id
    files = [file for file in sandbox.world.files.values() if file.user_id == me]
    return sorted(files, key=lambda file: file.id, reverse=True)


def fold(sandbox: Sandbox, name: str, parent: str | None = None, who: str = "alice") -> str:
    """A folder of somebody's; its id."""
    world = sandbox.world
    id = world.ids.at(world.clock.now())
    world.folders[id] = Folder(id, world.clock.now(), sandbox.person(who).id, name, parent)
    return id


def fill(sandbox: Sandbox, number: int) -> None:
    """Put so many files more into alice's drive."""
    world, like = sandbox.world, mine(sandbox)[0]
    for count in range(number):
        id = world.ids.at(world.clock.now())
        world.files[id] = replace(like, id=id, name=f"more-{count:03}.png", key=f"key-{id}")


def endpoints(sandbox: Sandbox) -> list[str]:
    """What was called."""
    return [call.endpoint for call in sandbox.calls]


def last(sandbox: Sandbox, endpoint: str) -> dict[str, Any]:
    """What the last call of `endpoint` brought, without the credential."""
    return {key: value for key, value in sandbox.calls_of(endpoint)[-1].body.items() if key != "i"}


def shown(page: Page) -> list[str]:
    """The ids of the files a page lists."""
    links = [link for link in page.links() if link.startswith("/drive/files/")]
    return [link.rpartition("/")[2] for link in links]


def lacks(app: Flask, *names: str) -> None:
    """Let the server not have these endpoints."""
    with app.app_context():
        server = db.session.query(Server).one()
        server.endpoints = [name for name in server.endpoints if name not in names]
        db.session.commit()


def permitted(app: Flask, *permissions: str) -> None:
    """Let the account have given no other permissions."""
    with app.app_context():
        db.session.query(Account).one().permissions = list(permissions)
        db.session.commit()


# Looking ------------------------------------------------------------------------------------


def test_the_top_of_the_drive(alice: Browser, sandbox: Sandbox) -> None:
    folder = fold(sandbox, "Garden")
    inside = mine(sandbox)[0]
    inside.folder_id = folder
    page = alice.get("/drive")
    assert sorted(endpoints(sandbox)) == ["drive", "drive/files", "drive/folders"]
    assert shown(page) == [file.id for file in mine(sandbox)[1:31]]
    assert f"/drive/folders/{folder}" in page.links()
    assert "are taken." in page.text
    meter = page.one("meter")
    assert meter.get("max") == str(100 * 1024 * 1024)
    assert meter.get("value") == str(sandbox.world.drive_usage(sandbox.person("alice")))
    assert "no room for more files" not in page.text
    assert len(gzip.compress(page.html.encode())) < 20_000


def test_the_menu_leads_there(alice: Browser) -> None:
    assert "/drive" in alice.get("/menu").links()


def test_who_has_no_room_left_is_told(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.drive_capacity_mb = 0
    page = alice.get("/drive")
    assert "no room for more files" in page.text
    assert page.all("meter") == []


def test_a_folder_in_a_folder(alice: Browser, sandbox: Sandbox) -> None:
    outer = fold(sandbox, "Garden")
    inner = fold(sandbox, "Beans & <peas>", outer)
    mine(sandbox)[0].folder_id = inner
    page = alice.get(f"/drive/folders/{inner}")
    assert sorted(endpoints(sandbox)) == ["drive/files", "drive/folders", "drive/folders/show"]
    assert page.title.startswith("Beans & <peas>")
    assert shown(page) == [mine(sandbox)[0].id]
    assert f"/drive/folders/{outer}" in page.links()
    assert "drive" not in endpoints(sandbox)
    page = alice.get(f"/drive/folders/{outer}")
    assert "There are no files in this folder." in page.text
    assert f"/drive/folders/{inner}" in page.links()


def test_older_files_are_further_on(alice: Browser, sandbox: Sandbox) -> None:
    fill(sandbox, 40)
    first = alice.get("/drive")
    assert len(shown(first)) == 30
    sandbox.clear_calls()
    further = alice.get(next(link for link in first.links() if "until=" in link))
    assert endpoints(sandbox) == ["drive/files"]
    assert not set(shown(further)) & set(shown(first))
    assert len(shown(first)) + len(shown(further)) <= len(mine(sandbox))


@pytest.mark.parametrize(
    ("order", "sort"), [("oldest", "-createdAt"), ("name", "-name"), ("largest", "+size")]
)
def test_files_in_another_order(alice: Browser, sandbox: Sandbox, order: str, sort: str) -> None:
    page = alice.get(f"/drive?order={order}")
    assert last(sandbox, "drive/files")["sort"] == sort
    by = {"oldest": lambda f: f.id, "name": lambda f: f.name, "largest": lambda f: -f.content.size}
    wanted = [file.id for file in sorted(mine(sandbox), key=by[order])]
    assert shown(page) == wanted[: len(shown(page))]
    assert f"/drive?kind=pictures&order={order}" in page.links()


def test_the_oldest_first_go_on_upwards(alice: Browser, sandbox: Sandbox) -> None:
    fill(sandbox, 33)
    everything = [file.id for file in reversed(mine(sandbox))]
    page = alice.get("/drive?order=oldest")
    assert shown(page) == everything[:30]
    page = alice.get(next(link for link in page.links() if "until=" in link))
    assert shown(page) == everything[30:60]


def test_other_orders_end_where_the_server_ends(alice: Browser, sandbox: Sandbox) -> None:
    fill(sandbox, 100 - len(mine(sandbox)))
    page = alice.get("/drive?order=name")
    assert len(shown(page)) == 100
    assert "tells only of the first 100 files" in page.text
    assert not [link for link in page.links() if "until=" in link]


def test_orders_are_not_offered_where_they_are_not_known(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    lacks(app, "drive/files/move-bulk")
    page = alice.get("/drive?order=name")
    assert "sort" not in last(sandbox, "drive/files")
    assert not [link for link in page.links() if "order=" in link]
    assert page.all("input", type="checkbox") == []


def test_files_of_one_kind(alice: Browser, sandbox: Sandbox) -> None:
    folder = fold(sandbox, "Garden")
    texts = [file.id for file in mine(sandbox) if file.content.type.startswith("text/")]
    page = alice.get("/drive?kind=texts")
    assert last(sandbox, "drive/files")["type"] == "text/*"
    assert endpoints(sandbox) == ["drive/files"]
    assert shown(page) == texts != []
    assert f"/drive/folders/{folder}" not in page.links()
    assert "There are no such files here." in alice.get("/drive?kind=films").text


@pytest.mark.parametrize("query", ["kind=junk&order=junk", "until=../x", "kind=&order=", "page=7"])
def test_junk_in_the_query_is_the_usual_page(alice: Browser, sandbox: Sandbox, query: str) -> None:
    page = alice.get(f"/drive?{query}")
    assert page.status == 200
    assert last(sandbox, "drive/files") == {"limit": 30}


def test_nothing_is_loaded_for_who_saves_data(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    file = mine(sandbox)[0]
    assert alice.get("/drive").all("img")
    alice.get("/settings")
    alice.submit("/settings", saves_data="1")
    assert alice.get("/drive").all("img") == []
    assert alice.get(f"/drive/files/{file.id}").all("img") == []


def test_sensitive_pictures_wait_to_be_asked_for(alice: Browser, sandbox: Sandbox) -> None:
    for file in mine(sandbox):
        file.sensitive = True
    page = alice.get("/drive")
    assert page.all("img") == []
    assert "sensitive" in page.text
    a_picture = next(file for file in mine(sandbox) if file.content.is_picture)
    page = alice.get(f"/drive/files/{a_picture.id}")
    assert page.all("details", class_="veiled")


# Finding ------------------------------------------------------------------------------------


def test_all_files_in_whichever_folder(alice: Browser, sandbox: Sandbox) -> None:
    mine(sandbox)[0].folder_id = fold(sandbox, "Garden")
    page = alice.get("/drive/all")
    assert endpoints(sandbox) == ["drive/stream"]
    assert shown(page) == [file.id for file in mine(sandbox)[:30]]
    assert "/drive" in page.links()


def test_a_part_of_a_name_is_found(alice: Browser, sandbox: Sandbox) -> None:
    file, other, *rest = mine(sandbox)
    file.name, file.folder_id = "A Veranda at Dusk.png", fold(sandbox, "x")
    other.comment = "the old veranda"
    for one in rest:
        one.name, one.comment = "beans.png", None
    page = alice.get("/drive/all?q=VERANDA")
    assert shown(page) == [file.id, other.id]
    assert len(sandbox.calls) == 3
    assert last(sandbox, "drive/stream")["limit"] == 100


def test_a_whole_name_is_found_however_old(alice: Browser, sandbox: Sandbox) -> None:
    oldest = mine(sandbox)[-1]
    oldest.name = "the-very-first.png"
    fill(sandbox, 101)
    folder = fold(sandbox, "the-very-first.png")
    page = alice.get("/drive/all?q=the-very-first.png")
    assert shown(page) == [oldest.id]
    assert f"/drive/folders/{folder}" in page.links()
    assert "100 files were looked at." in page.text
    further = next(link for link in page.links() if "until=" in link)
    assert "q=the-very-first.png" in further
    sandbox.clear_calls()
    assert shown(alice.get(further)) == [oldest.id]
    assert endpoints(sandbox) == ["drive/stream"]


def test_nothing_found_says_so(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/drive/all?q=nowhere-to-be-found")
    assert "None of these files is called so." in page.text
    assert page.form("/drive/all").fields["q"] == "nowhere-to-be-found"


def test_a_kind_of_all_files(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/drive/all?kind=sounds&q=x")
    assert last(sandbox, "drive/stream")["type"] == "audio/*"
    assert endpoints(sandbox) == ["drive/stream"]
    assert page.form("/drive/all").fields["kind"] == "sounds"


# Folders ------------------------------------------------------------------------------------


def test_a_folder_is_made_where_one_is(alice: Browser, sandbox: Sandbox) -> None:
    outer = fold(sandbox, "Garden")
    alice.get(f"/drive/folders/{outer}")
    page = alice.submit("/drive/folders", name=" Beans ")
    assert last(sandbox, "drive/folders/create") == {"name": "Beans", "parentId": outer}
    assert page.path == f"/drive/folders/{outer}"
    assert "The folder is made." in page.text
    assert "Beans" in page.text


def test_a_folder_is_made_once(alice: Browser, sandbox: Sandbox) -> None:
    form = alice.get("/drive").form("/drive/folders").fields
    for _ in range(2):
        page = alice.post("/drive/folders", {**form, "name": "Garden"})
    assert len(sandbox.calls_of("drive/folders/create")) == 1
    assert "That was sent before." in page.text


@pytest.mark.parametrize(("name", "words"), [(" ", "Give it a name."), ("x" * 201, "too long")])
def test_a_name_no_folder_has(alice: Browser, sandbox: Sandbox, name: str, words: str) -> None:
    folder = fold(sandbox, "Garden")
    alice.get("/drive")
    page = alice.submit("/drive/folders", name=name)
    assert page.status == 400
    assert words in page.one("div", role="alert")[0].text
    assert page.one("input", id="folder-name").get("value") == name
    assert page.one("input", id="folder-name").get("aria-invalid") == "true"
    alice.get(f"/drive/folders/{folder}/rename")
    page = alice.submit(f"/drive/folders/{folder}/rename", name=name)
    assert page.status == 400
    assert words in page.one("div", role="alert")[0].text
    assert not [name for name in endpoints(sandbox) if name.endswith(("create", "update"))]


def test_another_name_for_a_folder(alice: Browser, sandbox: Sandbox) -> None:
    folder = fold(sandbox, "Garden")
    page = alice.get(f"/drive/folders/{folder}/rename")
    assert page.one("input", id="name").get("value") == "Garden"
    page = alice.submit(f"/drive/folders/{folder}/rename", name="Orchard")
    assert page.path == f"/drive/folders/{folder}"
    assert sandbox.world.folders[folder].name == "Orchard"


def test_an_empty_folder_is_deleted(alice: Browser, sandbox: Sandbox) -> None:
    outer = fold(sandbox, "Garden")
    inner = fold(sandbox, "Beans", outer)
    page = alice.get(f"/drive/folders/{inner}/delete")
    assert "Beans" in page.text
    assert inner in sandbox.world.folders
    page = alice.submit(f"/drive/folders/{inner}/delete")
    assert inner not in sandbox.world.folders
    assert page.path == f"/drive/folders/{outer}"
    assert "The folder is deleted." in page.text


def test_a_folder_with_something_in_it_is_not(alice: Browser, sandbox: Sandbox) -> None:
    folder = fold(sandbox, "Garden")
    alice.get(f"/drive/folders/{folder}/delete")
    form = alice.page.form(f"/drive/folders/{folder}/delete") if alice.page else None
    mine(sandbox)[0].folder_id = folder
    page = alice.get(f"/drive/folders/{folder}/delete")
    assert page.path == f"/drive/folders/{folder}"
    assert "isn't empty" in page.text
    assert form is not None
    page = alice.post(form.action, form.fields)
    assert "isn't empty" in page.text
    assert folder in sandbox.world.folders


# Putting files in ---------------------------------------------------------------------------


def upload(browser: Browser, *files: tuple[str, bytes], into: str = "") -> Page:
    """Choose files on the page of a folder, and press Upload."""
    browser.get(f"/drive/folders/{into}" if into else "/drive")
    return browser.press("/drive/upload", files=files)


def test_several_files_at_once_into_a_folder(alice: Browser, sandbox: Sandbox) -> None:
    folder = fold(sandbox, "Garden")
    page = upload(alice, ("a.png", png(1)), ("b.png", png(2)), into=folder)
    assert "2 files are in your drive now." in page.text
    assert page.path == f"/drive/folders/{folder}"
    assert [(f.name, f.folder_id) for f in mine(sandbox)[:2]] == [
        ("b.png", folder),
        ("a.png", folder),
    ]


def test_a_file_that_is_there_already_stays_where_it_is(alice: Browser, sandbox: Sandbox) -> None:
    upload(alice, ("a.png", png(1)))
    folder = fold(sandbox, "Garden")
    page = upload(alice, ("again.png", png(1)), into=folder)
    assert "In another folder, where they were before: a.png." in page.text
    assert len([file for file in mine(sandbox) if file.name == "a.png"]) == 1


def test_what_went_well_stays_and_the_rest_is_named(alice: Browser, sandbox: Sandbox) -> None:
    files = [("a.png", png(1)), ("empty.png", b""), ("c.png", png(3)), ("d.png", png(4))]
    page = upload(alice, *files)
    assert page.status == 400
    said = page.one("div", role="alert")
    words = " ".join("".join(said.itertext()).split())
    assert "1 file is in your drive now. empty.png is empty." in words
    assert "Choose these again: c.png, d.png." in words
    assert page.one("input", id="choose-files").get("aria-invalid") == "true"
    assert mine(sandbox)[0].name == "a.png"
    assert "a.png" in page.text


def test_no_file_chosen(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/drive")
    page = alice.press("/drive/upload")
    assert page.status == 400
    assert "Choose a file first." in page.text
    assert sandbox.calls_of("drive/files/create") == []


def test_a_full_drive_says_so(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.drive_capacity_mb = 0
    page = upload(alice, ("a.png", png(1)))
    assert "There is no room left in your drive" in page.text


def test_a_file_from_an_address(alice: Browser, sandbox: Sandbox) -> None:
    folder = fold(sandbox, "Garden")
    alice.get(f"/drive/folders/{folder}")
    page = alice.submit("/drive/fetch", url=" https://far.example/a.png ")
    assert last(sandbox, "drive/files/upload-from-url") == {
        "url": "https://far.example/a.png",
        "folderId": folder,
    }
    assert "fetches the file now" in page.text
    assert page.path == f"/drive/folders/{folder}"


@pytest.mark.parametrize("url", ["", "a.png", "ftp://far.example/a", "javascript:alert(1)", "//x"])
def test_what_is_no_address(alice: Browser, sandbox: Sandbox, url: str) -> None:
    alice.get("/drive")
    page = alice.submit("/drive/fetch", url=url)
    assert page.status == 400
    assert "Paste a whole address" in page.text
    assert page.one("input", id="url").get("value") == url
    assert sandbox.calls_of("drive/files/upload-from-url") == []


# Moving -------------------------------------------------------------------------------------


def test_several_files_are_moved_at_once(alice: Browser, sandbox: Sandbox) -> None:
    outer = fold(sandbox, "Garden")
    inner = fold(sandbox, "Beans", outer)
    first, second = (file.id for file in mine(sandbox)[:2])
    page = alice.get("/drive")
    assert page.form("/drive/move").method == "get"
    page = alice.get(f"/drive/move?file={first}&file={second}")
    assert "Move 2 files" in page.text
    further = next(link for link in page.links() if f"into={outer}" in link)
    page = alice.get(further)
    page = alice.get(next(link for link in page.links() if f"into={inner}" in link))
    assert "Move into “Beans”" in page.text
    form = page.form("/drive/move")
    page = alice.post("/drive/move", sent(form.pairs))
    assert last(sandbox, "drive/files/move-bulk") == {
        "fileIds": [first, second],
        "folderId": inner,
    }
    assert page.path == f"/drive/folders/{inner}"
    assert set(shown(page)) == {first, second}


def sent(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """What a form sends, names that stand several times and all."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def test_one_file_is_moved_on_servers_of_any_age(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    lacks(app, "drive/files/move-bulk")
    folder, file = fold(sandbox, "Garden"), mine(sandbox)[0]
    page = alice.get(f"/drive/files/{file.id}")
    page = alice.get(next(link for link in page.links() if link.startswith("/drive/move")))
    page = alice.get(next(link for link in page.links() if f"into={folder}" in link))
    assert file.name in page.text
    alice.submit("/drive/move")
    assert file.folder_id == folder
    page = alice.get(f"/drive/move?file={file.id}&into={folder}")
    alice.get(next(link for link in page.links() if link == f"/drive/move?file={file.id}"))
    alice.submit("/drive/move")
    assert last(sandbox, "drive/files/update") == {"fileId": file.id, "folderId": None}
    assert file.folder_id is None
    sandbox.clear_calls()
    assert alice.get("/drive/move?file=abc&file=def").status == 404
    assert sandbox.calls == []


def test_a_folder_is_moved_but_not_into_itself(alice: Browser, sandbox: Sandbox) -> None:
    folder, other = fold(sandbox, "Garden"), fold(sandbox, "Old things")
    inner = fold(sandbox, "Beans", folder)
    page = alice.get(f"/drive/move?folder={folder}")
    assert f"/drive/move?into={folder}&folder={folder}" not in page.links()
    assert not [link for link in page.links() if f"into={folder}" in link]
    page = alice.get(f"/drive/move?folder={folder}&into={inner}")
    assert "can't be put into itself" in page.text
    form = page.form("/drive/move")
    assert form.buttons == []
    page = alice.post("/drive/move", form.fields)
    assert "can't be put into itself" in page.text
    alice.get(f"/drive/move?folder={folder}&into={other}")
    alice.submit("/drive/move")
    assert sandbox.world.folders[folder].parent_id == other
    alice.get(f"/drive/move?folder={folder}")
    alice.submit("/drive/move")
    assert sandbox.world.folders[folder].parent_id is None


def test_nothing_to_move(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/drive/move")
    assert "Choose files first." in page.text
    assert page.path == "/drive"
    token = page.form("/drive/folders").fields["csrf_token"]
    sandbox.clear_calls()
    assert alice.post("/drive/move", {"csrf_token": token, "file": "../x"}).status == 400
    assert sandbox.calls == []


# One file -----------------------------------------------------------------------------------


def test_what_a_file_is(alice: Browser, sandbox: Sandbox) -> None:
    file = mine(sandbox)[0]
    file.folder_id = fold(sandbox, "Garden")
    file.comment = "A veranda"
    page = alice.get(f"/drive/files/{file.id}")
    assert endpoints(sandbox) == ["drive/files/show"]
    assert file.name in page.title
    assert file.content.type in page.text
    assert f"/drive/folders/{file.folder_id}" in page.links()
    form = page.form(f"/drive/files/{file.id}").fields
    assert (form["name"], form["alt"]) == (file.name, "A veranda")


def test_a_file_is_changed(alice: Browser, sandbox: Sandbox) -> None:
    file = mine(sandbox)[0]
    alice.get(f"/drive/files/{file.id}")
    path = f"/drive/files/{file.id}"
    page = alice.submit(path, name="new.png", alt="Two\r\nlines ", sensitive="1")
    assert last(sandbox, "drive/files/update") == {
        "fileId": file.id,
        "name": "new.png",
        "comment": "Two\nlines",
        "isSensitive": True,
    }
    assert "Saved." in page.text
    assert (file.name, file.comment, file.sensitive) == ("new.png", "Two\nlines", True)
    alice.submit(path, alt="", sensitive=None)
    assert last(sandbox, "drive/files/update")["comment"] is None
    assert file.sensitive is False


@pytest.mark.parametrize(
    ("typed", "words", "field"),
    [
        ({"name": " "}, "Give it a name.", "name"),
        ({"name": "a/b.png"}, "has no slash", "name"),
        ({"name": "x" * 201}, "too long", "name"),
        ({"alt": "x" * 513}, "too long", "alt"),
    ],
)
def test_what_no_file_is_called(
    alice: Browser, sandbox: Sandbox, typed: dict[str, str], words: str, field: str
) -> None:
    path = f"/drive/files/{mine(sandbox)[0].id}"
    alice.get(path)
    page = alice.submit(path, **{"name": "kept.png", "alt": "kept words", **typed})
    assert page.status == 400
    assert words in page.one("div", role="alert")[0].text
    control = page.one("textarea" if field == "alt" else "input", id=field)
    assert control.get("aria-invalid") == "true"
    kept = {"name": "kept.png", "alt": "kept words", **typed}
    fields = page.form(path).fields
    assert {name: fields[name].strip() for name in kept} == {
        name: value.strip() for name, value in kept.items()
    }
    assert sandbox.calls_of("drive/files/update") == []


def test_a_warning_that_may_not_be_taken_off(alice: Browser, sandbox: Sandbox) -> None:
    path = f"/drive/files/{mine(sandbox)[0].id}"
    alice.get(path)
    sandbox.misbehave("drive/files/update", "error", code="RESTRICTED_BY_ROLE")
    page = alice.submit(path, name="typed.png")
    assert "does not let you take the warning off" in page.text
    assert page.form(path).fields["name"] == "typed.png"
    assert page.one("input", name="sensitive").get("aria-invalid") == "true"


def test_a_file_is_deleted_after_a_question(alice: Browser, sandbox: Sandbox) -> None:
    file = mine(sandbox)[0]
    folder = file.folder_id = fold(sandbox, "Garden")
    page = alice.get(f"/drive/files/{file.id}/delete")
    assert "can't be brought back" in page.text
    assert file.id in sandbox.world.files
    page = alice.submit(f"/drive/files/{file.id}/delete")
    assert file.id not in sandbox.world.files
    assert page.path == f"/drive/folders/{folder}"
    page = alice.post(f"/drive/files/{file.id}/delete", {"csrf_token": token(page)})
    assert "The file is not there any more." in page.text


def token(page: Page) -> str:
    """The CSRF token of a page's forms."""
    return next(form.fields["csrf_token"] for form in page.forms() if "csrf_token" in form.fields)


def test_the_notes_that_show_a_file(alice: Browser, sandbox: Sandbox) -> None:
    note = next(
        note
        for note in sandbox.world.notes.values()
        if note.file_ids and note.user_id == sandbox.person("alice").id
    )
    page = alice.get(f"/drive/files/{note.file_ids[0]}")
    link = f"/drive/files/{note.file_ids[0]}/notes"
    assert link in page.links()
    sandbox.clear_calls()
    page = alice.get(link)
    assert endpoints(sandbox) == ["drive/files/attached-notes"]
    assert note.id in page.note_ids()


def test_the_messages_that_carry_a_file(alice: Browser, sandbox: Sandbox) -> None:
    file, bob = mine(sandbox)[0], sandbox.person("bob")
    link = f"/drive/files/{file.id}/messages"
    assert link in alice.get(f"/drive/files/{file.id}").links()
    assert "No message has this file." in alice.get(link).text
    chats.write_to_person(sandbox.world, sandbox.person("alice"), bob, "Look, the veranda", file)
    chats.write_to_person(sandbox.world, sandbox.person("alice"), bob, "And nothing else")
    sandbox.clear_calls()
    page = alice.get(link)
    assert endpoints(sandbox) == ["drive/files/attached-chat-messages"]
    assert "Look, the veranda" in page.text
    assert "And nothing else" not in page.text
    assert any(link.startswith(f"/chat/people/{bob.id}?at=") for link in page.links())


def test_a_note_is_begun_with_a_file(alice: Browser, sandbox: Sandbox) -> None:
    file = mine(sandbox)[0]
    file.comment, file.sensitive = "A veranda", True
    alice.get(f"/drive/files/{file.id}")
    page = alice.press("/compose", "attach")
    fields = page.form("/compose").fields
    assert fields[f"alt-{file.id}"] == "A veranda"
    assert fields[f"sensitive-{file.id}"] == "1"
    alice.press("/compose", "post")
    assert sandbox.calls_of("notes/create")[0].body["fileIds"] == [file.id]
    assert sandbox.calls_of("drive/files/update") == []


# Guards -------------------------------------------------------------------------------------

GETS = ["", "/rename", "/delete"]


def test_another_persons_things_are_not_there(alice: Browser, sandbox: Sandbox) -> None:
    theirs, folder = mine(sandbox, "bob")[0], fold(sandbox, "His", who="bob")
    for path in GETS:
        assert alice.get(f"/drive/folders/{folder}{path}").status == 404
    assert alice.get(f"/drive/files/{theirs.id}").status == 403
    assert alice.get(f"/drive/files/{theirs.id}/delete").status == 403
    assert alice.get(f"/drive/files/{theirs.id}/notes").status == 404
    csrf = token(alice.get("/drive"))
    for path in (f"/drive/files/{theirs.id}", f"/drive/files/{theirs.id}/delete"):
        alice.post(path, {"csrf_token": csrf, "name": "mine.png"})
    alice.post(f"/drive/folders/{folder}/delete", {"csrf_token": csrf})
    alice.post("/drive/move", {"csrf_token": csrf, "file": theirs.id})
    alice.post("/drive/move", {"csrf_token": csrf, "folder": folder})
    assert theirs.id in sandbox.world.files
    assert theirs.name != "mine.png"
    assert sandbox.world.folders[folder].name == "His"


@pytest.mark.parametrize("id", ["..%2Fx", "a-b", "%00", "x" * 65, "あ"])
def test_bad_ids_are_not_asked_for(alice: Browser, sandbox: Sandbox, id: str) -> None:
    csrf = token(alice.get("/drive"))
    sandbox.clear_calls()
    for path in ("files", "folders"):
        for more in ("", "/delete"):
            assert alice.get(f"/drive/{path}/{id}{more}").status == 404
    posts = ("files/{}", "files/{}/delete", "folders/{}/delete", "folders/{}/rename")
    for path in posts:
        sent = {"csrf_token": csrf, "name": "x"}
        assert alice.post(f"/drive/{path.format(id)}", sent).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        ("drive/files", "/drive"),
        ("drive/stream", "/drive/all"),
        ("drive/files/show", "/drive/files/abc"),
        ("drive/files/attached-chat-messages", "/drive/files/abc/messages"),
        ("drive/files/attached-notes", "/drive/files/abc/notes"),
        ("drive/files/delete", "/drive/files/abc/delete"),
        ("drive/folders/update", "/drive/folders/abc/rename"),
        ("drive/folders/delete", "/drive/folders/abc/delete"),
        ("drive/files/update", "/drive/move?file=abc"),
    ],
)
def test_what_the_server_lacks_is_not_there(
    alice: Browser, app: Flask, sandbox: Sandbox, endpoint: str, path: str
) -> None:
    lacks(app, endpoint)
    assert alice.get(path).status == 404
    assert sandbox.calls == []


POSTS = [
    "/drive/folders",
    "/drive/folders/abc/rename",
    "/drive/folders/abc/delete",
    "/drive/upload",
    "/drive/fetch",
    "/drive/move",
    "/drive/files/abc",
    "/drive/files/abc/delete",
]


@pytest.mark.parametrize("path", POSTS)
def test_who_may_only_look_changes_nothing(
    alice: Browser, app: Flask, sandbox: Sandbox, path: str
) -> None:
    csrf = token(alice.get("/language"))
    permitted(app, "read:drive")
    page = alice.get("/drive")
    assert page.status == 200
    assert [form.action for form in page.forms()] == []
    page = alice.get(f"/drive/files/{mine(sandbox)[0].id}")
    assert [form.action for form in page.forms()] == ["/compose"]
    sandbox.clear_calls()
    fields = {"csrf_token": csrf, "name": "x", "url": "https://far.example/", "file": "abc"}
    assert alice.post(path, fields).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("path", POSTS)
def test_no_other_account_answers_for_one_that_is_signed_out(
    alice: Browser, sandbox: Sandbox, path: str
) -> None:
    csrf = token(alice.get("/language"))
    sandbox.clear_calls()
    page = alice.post(path, {"csrf_token": csrf, "account": "f" * 32, "name": "x"})
    assert "signed out of the account" in page.text
    assert sandbox.calls == []


def test_only_so_much_is_taken(alice: Browser, sandbox: Sandbox) -> None:
    csrf = token(alice.get("/drive"))
    sandbox.clear_calls()
    big = {"csrf_token": csrf, "files": (io.BytesIO(bytes(3 * 1024 * 1024)), "big.png")}
    assert alice.post("/drive/fetch", big).status == 413
    assert sandbox.calls == []


# Trouble ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "options", "status"), TROUBLES)
@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        ("drive", "/drive"),
        ("drive/files", "/drive"),
        ("drive/folders", "/drive"),
        ("drive/stream", "/drive/all?q=x"),
        ("drive/files/find", "/drive/all?q=x"),
        ("drive/folders", "/drive/move?file=abc&file=def"),
    ],
)
def test_pages_while_the_server_fails(
    alice: Browser,
    sandbox: Sandbox,
    endpoint: str,
    path: str,
    how: str,
    options: dict[str, Any],
    status: int,
) -> None:
    sandbox.misbehave(endpoint, how, **options)
    page = alice.get(path)
    assert page.status == status
    assert page.root is not None


@pytest.mark.parametrize(("how", "options", "status"), TROUBLES)
@pytest.mark.parametrize(
    ("endpoint", "action", "typed"),
    [
        ("drive/folders/create", "/drive/folders", {"name": "Typed with care"}),
        ("drive/files/upload-from-url", "/drive/fetch", {"url": "https://far.example/a"}),
    ],
)
def test_nothing_typed_is_lost(
    alice: Browser,
    sandbox: Sandbox,
    endpoint: str,
    action: str,
    typed: dict[str, str],
    how: str,
    options: dict[str, Any],
    status: int,
) -> None:
    alice.get("/drive")
    sandbox.misbehave(endpoint, how, **options)
    sandbox.clear_calls()
    page = alice.submit(action, **typed)
    assert page.status == status
    assert endpoints(sandbox) == [endpoint]
    fields = page.form(action).fields
    assert {name: fields[name] for name in typed} == typed
    sandbox.behave()
    assert alice.submit(action, **typed).status == 200


@pytest.mark.parametrize(("how", "options", "status"), TROUBLES)
def test_nothing_typed_of_a_file_is_lost(
    alice: Browser, sandbox: Sandbox, how: str, options: dict[str, Any], status: int
) -> None:
    path = f"/drive/files/{mine(sandbox)[0].id}"
    alice.get(path)
    sandbox.misbehave("drive/files/update", how, **options)
    page = alice.submit(path, name="typed.png", alt="Typed with care")
    assert page.status == status
    fields = page.form(path).fields
    assert (fields["name"], fields["alt"]) == ("typed.png", "Typed with care")


def test_files_that_cannot_be_read_are_counted(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("drive/files", "patch", values={"size": "large"})
    page = alice.get("/drive")
    assert page.root is not None
    assert page.status in (200, 502)


def test_a_refused_credential_signs_out(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/drive")
    sandbox.misbehave("drive/folders/create", "error", code="AUTHENTICATION_FAILED", status=401)
    page = alice.submit("/drive/folders", name="Garden")
    assert page.status == 401
    assert not alice.is_signed_in
