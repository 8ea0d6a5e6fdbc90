"""Files from the device: sent through us to the drive piece by piece, described, ordered,
and never lost with what else was typed."""

from __future__ import annotations

import io
import json
import threading
import time

import pytest
from flask import Flask

from app.extensions import db
from app.misskey import (
    AnswerLost,
    Client,
    DriveFile,
    Secret,
    ServerBusy,
    ServerUnreachable,
    Transport,
    User,
    parse_server,
)
from app.misskey.multipart import FormWithFile
from app.misskey.transport import Limits
from app.models import Server
from sandbox import Sandbox
from sandbox.pictures import draw, picture
from sandbox.records import Folder
from tests.browsing import Browser, Page

MEGABYTE = 1024 * 1024


def png(shade: int = 10) -> bytes:
    """A small picture, another one for each shade."""
    return draw(picture(8, 6, (shade, 20, 30), (200, shade, 90)))


def large_png(size: int) -> bytes:
    """A picture with so many bytes: readers of PNG pass over what follows its end."""
    start = png()
    return start + bytes(size - len(start))


def attached(page: Page) -> list[str]:
    """The names of the files in the form, in their order."""
    fields = page.form("/compose").pairs
    return [json.loads(value)["name"] for name, value in fields if name == "file"]


def file_ids(page: Page) -> list[str]:
    """Their ids."""
    fields = page.form("/compose").pairs
    return [json.loads(value)["id"] for name, value in fields if name == "file"]


def attach(browser: Browser, *files: tuple[str, bytes], **changes: str) -> Page:
    """Choose files in an empty form and press Attach."""
    browser.get("/compose")
    return browser.press("/compose", "attach", files=files, **changes)


def created(sandbox: Sandbox) -> dict:
    """What the one notes/create got."""
    (call,) = sandbox.calls_of("notes/create")
    return call.body


def knows(app: Flask, sandbox: Sandbox, *, without: str = "", only: tuple[str, ...] = ()) -> None:
    """Let the server's list of endpoints be another: without those that begin so."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = list(only) or [
            name for name in server.endpoints if not without or not name.startswith(without)
        ]
        db.session.commit()


def test_a_file_is_attached_and_what_was_typed_stays(alice: Browser, sandbox: Sandbox) -> None:
    page = attach(alice, ("leaf.png", png()), text="look", cw="green", visibility="home")
    assert page.status == 200
    assert attached(page) == ["leaf.png"]
    fields = page.form("/compose").fields
    assert (fields["text"], fields["cw"], fields["visibility"]) == ("look", "green", "home")
    assert page.all("img", width="64")
    assert sandbox.calls_of("notes/create") == []
    (sent,) = sandbox.calls_of("drive/files/create")
    assert sent.upload is not None
    assert sent.upload.name == "leaf.png"
    assert sent.upload.size == len(png())


def test_text_fields_stand_before_the_file(alice: Browser, sandbox: Sandbox) -> None:
    attach(alice, ("leaf.png", png()))
    (sent,) = sandbox.calls_of("drive/files/create")
    # The sandbox, as the server, knows only the fields that came before the file.
    assert sent.body["name"] == "leaf.png"
    assert sent.body["force"] == "false"
    assert sent.body["isSensitive"] == "false"
    assert sent.account == "alice"
    assert int(sent.headers["content-length"]) > len(png())
    assert "transfer-encoding" not in sent.headers


def test_posting_uploads_what_is_chosen(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    page = alice.press(
        "/compose", "post", files=[("a.png", png(1)), ("b.png", png(2))], text="two pictures"
    )
    assert "Posted." in page.text
    assert len(created(sandbox)["fileIds"]) == 2
    (note,) = [n for n in sandbox.world.notes.values() if n.text == "two pictures"]
    assert [sandbox.world.files[id].name for id in note.file_ids] == ["a.png", "b.png"]


def test_a_picture_alone_is_a_note(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    page = alice.press("/compose", "post", files=[("a.png", png())])
    assert "Posted." in page.text
    assert "text" not in created(sandbox)


def test_without_a_button_it_is_posted(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    assert "Posted." in alice.press("/compose", files=[("a.png", png())], text="entered").text
    assert alice.get("/compose").form("/compose").buttons[0]["value"] == "post"


def test_descriptions_and_warnings_are_saved_before_posting(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = attach(alice, ("leaf.png", png()))
    (file_id,) = file_ids(page)
    alice.press(
        "/compose",
        "post",
        text="look",
        **{f"alt-{file_id}": "a red\r\nleaf", f"sensitive-{file_id}": "1"},
    )
    (update,) = sandbox.calls_of("drive/files/update")
    assert update.body["comment"] == "a red\nleaf"
    assert update.body["isSensitive"] is True
    endpoints = [call.endpoint for call in sandbox.calls]
    assert endpoints.index("drive/files/update") < endpoints.index("notes/create")


def test_what_did_not_change_is_not_saved(alice: Browser, sandbox: Sandbox) -> None:
    attach(alice, ("leaf.png", png()))
    alice.press("/compose", "post", text="look")
    assert sandbox.calls_of("drive/files/update") == []
    assert created(sandbox)["fileIds"]


def test_a_description_that_fails_posts_nothing(alice: Browser, sandbox: Sandbox) -> None:
    page = attach(alice, ("leaf.png", png()))
    (file_id,) = file_ids(page)
    sandbox.misbehave("drive/files/update", "internal-error")
    page = alice.press("/compose", "post", text="look", **{f"alt-{file_id}": "a leaf"})
    assert page.status == 502
    assert "could not be saved" in page.text
    assert page.form("/compose").fields[f"alt-{file_id}"] == "a leaf"
    assert sandbox.calls_of("notes/create") == []
    sandbox.behave()
    assert "Posted." in alice.press("/compose", "post").text


def test_a_description_too_long_is_told_before_anything_is_sent(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = attach(alice, ("leaf.png", png()))
    (file_id,) = file_ids(page)
    page = alice.press("/compose", "post", text="look", **{f"alt-{file_id}": "x" * 513})
    assert page.status == 400
    assert "up to 512 characters" in page.text
    assert page.form("/compose").fields[f"alt-{file_id}"] == "x" * 513
    assert sandbox.calls_of("drive/files/update") == []


def test_files_are_moved_and_taken_off(alice: Browser, sandbox: Sandbox) -> None:
    page = attach(alice, ("a.png", png(1)), ("b.png", png(2)), ("c.png", png(3)))
    a, b, c = file_ids(page)
    page = alice.press("/compose", f"up {c}", text="still here")
    assert file_ids(page) == [a, c, b]
    page = alice.press("/compose", f"down {a}")
    assert file_ids(page) == [c, a, b]
    page = alice.press("/compose", f"off {a}")
    assert file_ids(page) == [c, b]
    assert page.form("/compose").fields["text"] == "still here"
    alice.press("/compose", "post")
    assert created(sandbox)["fileIds"] == [c, b]


def test_the_same_file_twice_is_one(alice: Browser, sandbox: Sandbox) -> None:
    page = attach(alice, ("a.png", png()), ("again.png", png()))
    assert attached(page) == ["a.png"]


def test_a_name_that_servers_refuse_is_mended(alice: Browser, sandbox: Sandbox) -> None:
    page = attach(alice, ("pictures/..leaf.png", png(1)), ("x" * 300 + ".png", png(2)))
    first, second = attached(page)
    assert first == ".leaf.png"
    assert len(second) <= 200
    assert second.endswith(".png")


def test_a_japanese_name_arrives(alice: Browser, sandbox: Sandbox) -> None:
    assert attached(attach(alice, ("縁側の夏.png", png()))) == ["縁側の夏.png"]


# What a server does not take ------------------------------------------------------------


def test_an_empty_file_is_told_and_not_sent(alice: Browser, sandbox: Sandbox) -> None:
    page = attach(alice, ("nothing.png", b""), text="typed")
    assert page.status == 400
    assert "nothing.png is empty." in page.text
    assert page.form("/compose").fields["text"] == "typed"
    assert sandbox.calls_of("drive/files/create") == []


def test_a_file_larger_than_the_role_allows_is_not_sent(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.max_file_size_mb = 1
    page = attach(alice, ("big.png", large_png(MEGABYTE + 1)), text="typed")
    assert page.status == 413
    assert "takes files up to 1 MB" in page.text
    assert page.form("/compose").fields["text"] == "typed"
    assert sandbox.calls_of("drive/files/create") == []


def test_a_file_larger_than_the_operator_allows_is_dropped(make_app, sandbox: Sandbox) -> None:
    alice = Browser(make_app(upload_megabytes=1), sandbox)
    alice.sign_in("alice")
    page = attach(alice, ("small.png", png()), ("big.png", large_png(2 * MEGABYTE)), text="typed")
    assert page.status == 413
    assert "Engawa takes files up to 1 MB at once" in page.text
    assert attached(page) == ["small.png"]
    assert page.form("/compose").fields["text"] == "typed"


def test_far_more_than_that_is_cut_off(make_app, sandbox: Sandbox) -> None:
    alice = Browser(make_app(upload_megabytes=1), sandbox)
    alice.sign_in("alice")
    page = attach(alice, ("huge.png", bytes(8 * MEGABYTE)))
    assert page.status == 413
    assert "larger than Engawa takes" in page.text


def test_large_bodies_go_to_compose_alone(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    for path in ("/compose/drive", "/compose/discard", "/sign-in"):
        big = {"files": (io.BytesIO(bytes(3 * MEGABYTE)), "big.png")}
        assert alice.post(path, big).status == 413
    long_text = {"text": "x" * 3 * MEGABYTE}
    assert alice.post("/compose", long_text).status == 413
    assert alice.post("/compose", {**long_text, "files": (io.BytesIO(b"x"), "x")}).status == 413


REFUSALS = {
    "UNALLOWED_FILE_TYPE": "does not take files of this kind: a.png",
    "MAX_FILE_SIZE_EXCEEDED": "a.png is larger than",
    "NO_FREE_SPACE": "no room left in your drive",
    "INVALID_FILE_NAME": "does not take this file's name",
    "INAPPROPRIATE": "something that may not be shown",
}


@pytest.mark.parametrize("code", REFUSALS)
def test_refusals_are_sentences(alice: Browser, sandbox: Sandbox, code: str) -> None:
    sandbox.misbehave("drive/files/create", "error", code=code)
    page = attach(alice, ("a.png", png(1)), ("b.png", png(2)), text="typed")
    assert REFUSALS[code] in page.text
    assert "Choose these again: b.png." in page.text
    assert page.status in (400, 413)
    assert page.form("/compose").fields["text"] == "typed"


def test_a_refused_type_and_a_full_drive(alice: Browser, sandbox: Sandbox) -> None:
    page = attach(alice, ("a.zip", b"PK\x03\x04" + bytes(100)))
    assert "does not take files of this kind" in page.text
    sandbox.world.settings.drive_capacity_mb = 0
    assert "no room left in your drive" in attach(alice, ("a.png", png())).text


@pytest.mark.parametrize(
    ("how", "status"),
    [("rate-limited", 429), ("internal-error", 502), ("down", 504), ("lost", 504), ("html", 502)],
)
def test_failures_keep_everything(alice: Browser, sandbox: Sandbox, how: str, status: int) -> None:
    page = attach(alice, ("first.png", png(1)))
    sandbox.misbehave("drive/files/create", how)
    page = alice.press("/compose", "post", files=[("second.png", png(2))], text="typed")
    assert page.status == status, page.text
    assert "second.png could not be sent." in page.text
    assert attached(page) == ["first.png"]
    assert page.form("/compose").fields["text"] == "typed"
    assert sandbox.calls_of("notes/create") == []
    sandbox.behave()


def test_a_413_of_what_stands_before_the_server(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("drive/files/create", "html", status=413)
    page = attach(alice, ("a.png", png()))
    assert "a.png is larger than" in page.text


def test_an_upload_is_sent_once(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("drive/files/create", "lost")
    attach(alice, ("a.png", png()))
    assert len(sandbox.calls_of("drive/files/create")) == 1


def test_more_files_than_a_note_may_have(app: Flask, alice: Browser, sandbox: Sandbox) -> None:
    knows(app, sandbox, without="channels/")
    page = attach(alice, *[(f"{n}.png", png(n)) for n in range(5)])
    assert page.status == 400
    assert "can have up to 4 files" in page.text
    assert len(attached(page)) == 4
    assert len(sandbox.calls_of("drive/files/create")) == 4


def test_old_servers_are_offered_no_description(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    knows(app, sandbox, without="channels/")
    page = attach(alice, ("a.png", png()))
    assert "Description for those" not in page.text
    alice.press("/compose", "post", text="x", **{f"alt-{file_ids(page)[0]}": "not sent"})
    assert sandbox.calls_of("drive/files/update") == []
    assert created(sandbox)["fileIds"]


def test_without_the_endpoint_the_part_is_absent(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    knows(app, sandbox, without="drive/")
    page = alice.get("/compose")
    assert not page.all("input", type="file")
    page = alice.post(
        "/compose", {**page.form("/compose").fields, "files": (io.BytesIO(b"x"), "x")}
    )
    assert "Engawa may not send files" in page.text
    assert sandbox.calls_of("drive/files/create") == []


# Signed out meanwhile -------------------------------------------------------------------


def test_signed_out_the_text_stays_and_the_files_are_told(
    alice: Browser, new_browser, sandbox: Sandbox
) -> None:
    page = alice.get("/compose")
    alice.client.delete_cookie("engawa")
    page = alice.press("/compose", "post", files=[("a.png", png())], text="typed")
    assert page.status == 401
    assert "typed" in page.html
    assert "Choose them again" in page.text
    assert sandbox.calls_of("drive/files/create") == []


def test_a_refused_token_keeps_the_text(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    page = alice.press(
        "/compose", "attach", files=[("a.png", png())], text="typed", csrf_token="another"
    )
    assert "Choose your files again" in page.text
    assert page.form("/compose").fields["text"] == "typed"
    assert sandbox.calls_of("drive/files/create") == []


def test_a_revoked_app_keeps_the_text(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.revoke("alice")
    page = alice.press("/compose", "attach", files=[("a.png", png())], text="typed")
    assert page.status == 401
    assert "typed" in page.html


# From the drive -------------------------------------------------------------------------


def to_the_drive(browser: Browser, **changes: str) -> Page:
    """Type something, and go to the drive."""
    browser.get("/compose")
    return browser.press("/compose", "drive", **changes)


def choices(page: Page) -> list[str]:
    """The files on offer, as their checkboxes send them."""
    return [box.get("value", "") for box in page.all("input", name="file")]


def test_files_from_the_drive(alice: Browser, sandbox: Sandbox) -> None:
    page = to_the_drive(alice, text="typed", cw="green", poll_choice=["tea", "coffee"])
    assert page.title.startswith("Files from your drive")
    offered = choices(page)
    page = alice.press("/compose/drive", file=offered[:2])
    assert file_ids(page) == [json.loads(value)["id"] for value in offered[:2]]
    fields = page.form("/compose")
    assert fields.fields["text"] == "typed"
    assert fields.fields["cw"] == "green"
    assert ("poll_choice", "tea") in fields.pairs
    assert "Posted." in alice.press("/compose", "post").text
    assert created(sandbox)["fileIds"] == file_ids(page)
    assert "Kept" not in alice.get("/drafts").text


def test_the_drive_has_older_pages_and_keeps_the_choice(alice: Browser, sandbox: Sandbox) -> None:
    attach(alice, *[(f"{n:02}.png", png(n)) for n in range(16)])
    attach(alice, *[(f"{n:02}.png", png(n)) for n in range(16, 32)])
    page = to_the_drive(alice, text="typed")
    first = choices(page)
    assert len(first) == 30
    until = json.loads(first[-1])["id"]
    page = alice.press("/compose/drive", file=first[:1], until=until)
    older = choices(page)
    assert older
    assert not set(older) & set(first)
    page = alice.press("/compose/drive", file=older[:1])
    assert len(file_ids(page)) == 2
    assert page.form("/compose").fields["text"] == "typed"


def test_folders_of_the_drive_are_walked_with_the_choice_kept(
    alice: Browser, sandbox: Sandbox
) -> None:
    world, me = sandbox.world, sandbox.person("alice").id
    world.folders = {
        "outer": Folder("outer", 0, me, "Garden"),
        "inner": Folder("inner", 0, me, "Beans", "outer"),
    }
    mine = [file for file in world.files.values() if file.user_id == me]
    mine[0].folder_id = "inner"
    first = choices(to_the_drive(alice, text="typed"))[0]
    sandbox.clear_calls()
    alice.press("/compose/drive", file=[first], folder="outer")
    assert [call.endpoint for call in sandbox.calls] == [
        *("drive/folders/show", "drive/files", "drive/folders"),
    ]
    assert "There is nothing here." in (alice.page.text if alice.page else "")
    page = alice.press("/compose/drive", folder="inner")
    assert [json.loads(value)["id"] for value in choices(page)] == [mine[0].id]
    page = alice.press("/compose/drive", file=choices(page), folder="")
    assert "attached" in page.text
    page = alice.press("/compose/drive")
    assert file_ids(page) == [json.loads(first)["id"], mine[0].id]
    assert page.form("/compose").fields["text"] == "typed"


def test_no_more_files_than_allowed_come_from_the_drive(alice: Browser, sandbox: Sandbox) -> None:
    attach(alice, *[(f"{n:02}.png", png(n)) for n in range(16)])
    attach(alice, ("more.png", png(99)))
    page = to_the_drive(alice, text="typed")
    page = alice.press("/compose/drive", file=choices(page)[:17])
    assert len(file_ids(page)) == 16
    assert "up to 16 files" in page.text


def test_another_accounts_way_to_the_drive_is_not_there(
    alice: Browser, new_browser, sandbox: Sandbox
) -> None:
    page = to_the_drive(alice, text="private words")
    bob = new_browser()
    bob.sign_in("bob")
    assert bob.get(page.path).status == 404
    assert bob.get(page.path.replace("/compose/drive", "/compose")).status == 404
    assert bob.get("/compose/drive").status == 404


def test_junk_for_a_file_is_passed_over(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    page = alice.press(
        "/compose", "preview", text="x", file=["{", "[]", '{"id": "../etc"}', '{"id": 5}']
    )
    assert page.status == 200
    assert file_ids(page) == []


# The one door out -------------------------------------------------------------------------


def test_uploads_are_counted_apart_from_other_calls(sandbox: Sandbox) -> None:
    door = Transport(Limits(uploads_per_host=1, calls_per_host=1))
    client = Client(
        door,
        parse_server(sandbox.host, allow_loopback=True),
        Secret(sandbox.credential("alice")),
    )
    sandbox.misbehave("drive/files/create", "slow", seconds=1.5)
    first = threading.Thread(target=send, args=(client, png(1)))
    first.start()
    until = time.monotonic() + 5
    while not sandbox.calls_of("drive/files/create") and time.monotonic() < until:
        time.sleep(0.01)
    # Somebody reads meanwhile, and a second upload is told to wait.
    assert client.call("i", into=User).username == "alice"
    with pytest.raises(ServerBusy):
        send(client, png(2))
    first.join()
    assert send(client, png(2)).name == "a.png"
    door.close()


def test_an_upload_has_an_end(sandbox: Sandbox) -> None:
    door = Transport(Limits(total=0.2, upload_patience=0.3))
    client = Client(
        door,
        parse_server(sandbox.host, allow_loopback=True),
        Secret(sandbox.credential("alice")),
    )
    sandbox.misbehave("drive/files/create", "silent")
    began = time.monotonic()
    with pytest.raises(AnswerLost):
        send(client, png())
    assert time.monotonic() - began < 3
    assert len(sandbox.calls_of("drive/files/create")) == 1
    door.close()


def test_an_upload_to_nobody_was_not_sent() -> None:
    client = Client(Transport(), parse_server("127.0.0.1:9", allow_loopback=True))
    with pytest.raises(ServerUnreachable) as caught:
        send(client, png())
    assert not caught.value.may_have_happened


def test_larger_uploads_have_more_time() -> None:
    limits = Limits()
    small = FormWithFile({}, io.BytesIO(b"x"), 1, "a")
    large = FormWithFile({}, io.BytesIO(b""), 100 * MEGABYTE, "a")
    assert limits.seconds_for(b"x") == limits.total
    assert limits.seconds_for(small) < limits.seconds_for(large)
    assert limits.seconds_for(large) < 1000


def send(client: Client, data: bytes) -> DriveFile:
    """Upload a file through the client alone."""
    return client.upload(
        "drive/files/create",
        into=DriveFile,
        file=io.BytesIO(data),
        size=len(data),
        name="a.png",
    )


def test_a_file_that_was_there_before_brings_what_was_said_of_it(
    alice: Browser, sandbox: Sandbox
) -> None:
    """A server answers the same bytes with the old file, whatever it is called now."""
    (file_id,) = file_ids(attach(alice, ("cat.png", png())))
    said = {f"alt-{file_id}": "A cat on a roof", f"sensitive-{file_id}": "1"}
    alice.press("/compose", "post", text="first", **said)
    sandbox.clear_calls()
    page = attach(alice, ("IMG_0001.png", png()))
    assert attached(page) == ["cat.png"]
    fields = page.form("/compose").fields
    assert {name: fields.get(name) for name in said} == said
    # Posted as it stands, the description is the new note's too, and is not sent again.
    alice.press("/compose", "post", text="second")
    assert sandbox.calls_of("drive/files/update") == []
    # Changed in the form, it changes at the server.
    attach(alice, ("IMG_0001.png", png()))
    alice.press("/compose", "post", text="third", **{f"alt-{file_id}": "A cat under a roof"})
    (call,) = sandbox.calls_of("drive/files/update")
    assert call.body["comment"] == "A cat under a roof"


# What the script asks for --------------------------------------------------------------------


def attach_by_script(browser: Browser, *files: tuple[str, bytes], **changes: str) -> Page:
    """As the script does: for the part with the files alone."""
    assert browser.page is not None
    form = browser.page.form("/compose")
    sent = {**form.fields, "do": "attach", **changes}
    chosen = [(io.BytesIO(data), name) for name, data in files]
    return browser.post("/compose", {**sent, "files": chosen}, X_Engawa_Fragment="files")


def test_the_script_gets_the_files_part_alone(alice: Browser, sandbox: Sandbox) -> None:
    note = next(iter(sandbox.world.notes.values())).id
    form = alice.get(f"/compose?reply_id={note}").form("/compose")
    sandbox.clear_calls()
    part = attach_by_script(alice, ("one.png", png()), text="Typed")
    assert part.status == 200
    assert part.html.count('<details id="files"') == 1
    for absent in ("<html", "<main", "Typed", 'name="text"'):
        assert absent not in part.html
    assert 'name="form_id" value="' + form.fields["form_id"] in part.html
    # What stands around the form is not asked for again.
    assert [call.endpoint for call in sandbox.calls] == ["i", "drive/files/create"]


def test_the_script_gets_the_sentence_with_what_went_well(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    part = attach_by_script(alice, ("one.png", png(1)), ("none.png", b""), ("two.png", png(2)))
    assert part.status == 400
    assert "none.png is empty." in part.html
    assert "two.png" in part.html.partition('<details id="files"')[0]
    assert part.html.count('name="file"') == 1


def test_the_part_for_the_script_takes_no_notice_away(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/compose")
    alice.press("/compose", "keep", follow=False, text="Kept")
    alice.page = page
    attach_by_script(alice, ("one.png", png()))
    assert "Kept as a draft." in alice.get("/drafts").text


def test_the_script_is_told_of_a_session_that_ended(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.clear_calls()
    alice.client.delete_cookie("engawa", domain="localhost")
    page = attach_by_script(alice, ("one.png", png()), text="Typed")
    assert page.status == 401
    assert page.all("div", class_="problem")
    assert sandbox.calls == []


def test_after_a_lost_token_the_script_gets_a_new_one(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.clear_calls()
    part = attach_by_script(alice, ("one.png", png()), csrf_token="lost")
    assert part.status == 400
    assert 'name="csrf_token"' in part.html
    assert sandbox.calls_of("drive/files/create") == []
