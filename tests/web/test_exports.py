"""Exports: from the form to the ZIP, and all that may come between."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
import resource
import shutil
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select, update

from app import exporting, exports
from app.extensions import db
from app.models import Account, Export, Server, now
from sandbox import Sandbox
from sandbox.pictures import Content
from tests.browsing import Browser, Page
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for all of these, empty at the start of each."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def start(browser: Browser, *parts: str, files: bool = False) -> Page:
    """Choose these parts, or all of them, and make an export."""
    page = browser.get("/exports")
    chosen = list(parts) or [box.get("value") for box in page.all("input", name="part")]
    return browser.press("/exports", part=chosen, with_files="1" if files else None)


def row_of(app: Flask) -> Export | None:
    """The only export there is."""
    with app.app_context():
        return db.session.scalar(select(Export))


def bring_near(app: Flask, **more: Any) -> None:
    """Let the time of the export have come."""
    with app.app_context():
        past = {"try_at": now() - timedelta(seconds=1)}
        db.session.execute(update(Export).values(**past, **more))
        db.session.commit()


def attempt(app: Flask, export_id: str) -> bool:
    """What one worker does once."""
    with app.test_request_context():
        return exporting.attempt(export_id)


def lose(app: Flask, endpoint: str) -> None:
    """Let the server have said that it has no such endpoint."""
    with app.app_context():
        (server,) = db.session.scalars(select(Server))
        server.endpoints = [name for name in server.endpoints if name != endpoint]
        db.session.commit()


def step(app: Flask, times: int = 1) -> Export | None:
    """What workers do, so many steps of it, without the pauses between."""
    for _ in range(times):
        row = row_of(app)
        if row is None or row.state != "running":
            break
        bring_near(app)
        attempt(app, row.id)
    return row_of(app)


def finish(app: Flask) -> Export:
    """All steps, to the end."""
    row = step(app, 500)
    assert row is not None
    assert row.state != "running"
    return row


def archive(browser: Browser) -> zipfile.ZipFile:
    """The ZIP, downloaded by the page's own link."""
    page = browser.get("/exports")
    (link,) = [link for link in page.links() if link.endswith("/download")]
    with browser.client.get(link, base_url=browser.origin) as response:
        assert response.status_code == 200
        return zipfile.ZipFile(io.BytesIO(response.get_data()))


def lines(zipped: zipfile.ZipFile, name: str) -> list[Any]:
    """The things in one of its files of JSON."""
    return [json.loads(line) for line in zipped.read(f"json/{name}.jsonl").splitlines()]


def table(zipped: zipfile.ZipFile, name: str) -> list[list[str]]:
    """The rows of one of its tables."""
    return list(csv.reader(io.StringIO(zipped.read(f"csv/{name}").decode())))


def folder_of(app: Flask, row: Export) -> Path:
    """Where its files lie."""
    with app.app_context():
        return exports.folder_of(row.id)


def mine(sandbox: Sandbox) -> str:
    """The id of alice, whose export it is."""
    return sandbox.person("alice").id


def html_pages(zipped: zipfile.ZipFile) -> dict[str, Element]:
    """All its pages, parsed; html5lib's strict mode refuses invalid HTML."""
    return {
        name: html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
            zipped.read(name).decode()
        )
        for name in zipped.namelist()
        if name.endswith(".html") and not name.startswith("files/")
    }


# What is in it ----------------------------------------------------------------------------


def test_everything_is_taken_along(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    page = start(alice, files=True)
    assert page.path == "/exports"
    assert "Your export waits for a worker." in page.text
    row = finish(app)
    assert (row.state, row.problem) == ("done", None)
    world, me = sandbox.world, mine(sandbox)
    with archive(alice) as zipped:
        assert zipped.testzip() is None
        notes = [note.id for note in world.newest_first() if note.user_id == me]
        assert [note["id"] for note in lines(zipped, "notes")] == notes
        assert [note["id"] for note in lines(zipped, "account")] == [me]
        kept = {note for who, note in world.favorites if who == me}
        assert {favourite["noteId"] for favourite in lines(zipped, "favourites")} == kept
        clips = [clip for clip in world.clips.values() if clip.user_id == me]
        assert {clip["id"] for clip in lines(zipped, "clips")} == {clip.id for clip in clips}
        for clip in clips:
            found = {note["id"] for note in lines(zipped, f"clips/{clip.id}")}
            assert found == set(clip.notes)
        ties = {
            "following": ("followeeId", {whom for by, whom in world.following if by == me}),
            "followers": ("followerId", {by for by, whom in world.following if whom == me}),
            "mutes": ("muteeId", {whom for by, whom in world.muting if by == me}),
            "renote-mutes": ("muteeId", {whom for by, whom in world.renote_muting if by == me}),
            "blocks": ("blockeeId", {whom for by, whom in world.blocking if by == me}),
        }
        for name, (key, people) in ties.items():
            assert {tie[key] for tie in lines(zipped, name)} == people, name
        lists = [made for made in world.lists.values() if made.user_id == me]
        assert {made["id"] for made in lines(zipped, "lists")} == {made.id for made in lists}
        members = {member for made in lists for member in made.members}
        assert {person["id"] for person in lines(zipped, "list-members")} == members
        assert {a["name"] for a in lines(zipped, "antennas")} == {"Tea", "おにぎり"}
        files = {file.id: file for file in world.files.values() if file.user_id == me}
        assert {file["id"] for file in lines(zipped, "drive")} == files.keys()
        named = {
            name.split("/")[1].split("-")[0]: name
            for name in zipped.namelist()[::-1]
            if name.startswith("files/")
        }
        for file_id, file in files.items():
            assert zipped.read(named[file_id]) == file.content.bytes
        words = zipped.read("README.txt").decode("utf-8-sig")
        assert "Nothing of it was left out." in words
        assert "\r\n- Your notes\r\n" in words
    assert [path.name for path in folder_of(app, row).iterdir()] == ["export.zip"]


def test_things_are_as_the_server_gave_them(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    values = {"somethingNew": [1.50, {"deep": None}], "text": "a\nb"}
    sandbox.misbehave("users/notes", "patch", values=values)
    start(alice, "notes")
    finish(app)
    with archive(alice) as zipped:
        note = lines(zipped, "notes")[0]
        assert (note["somethingNew"], note["text"]) == (values["somethingNew"], "a\nb")


def test_tables_are_those_that_importers_take(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    world, me = sandbox.world, mine(sandbox)
    bob, carol, dave = (sandbox.person(name) for name in ("bob", "carol", "dave"))
    juno = next(person for person in world.people.values() if person.host)
    world.following = {(me, bob.id), (me, juno.id)}
    world.renote_muting = {(me, bob.id)}
    world.muting = {(me, carol.id), (me, dave.id)}
    world.muted_until = {(me, dave.id): world.clock.now() + 3600}
    world.blocking = {(me, dave.id)}
    for made in world.lists.values():
        made.name, made.members = 'Tea, "black"', [carol.id]
    start(alice, "following", "mutes", "blocks", "lists")
    finish(app)
    here = sandbox.host
    far = f"{juno.username}@{juno.host}"
    with archive(alice) as zipped:
        assert sorted(table(zipped, "misskey/following.csv")) == sorted([[f"bob@{here}"], [far]])
        first, *rows = table(zipped, "mastodon/following_accounts.csv")
        assert first == ["Account address", "Show boosts", "Notify on new posts", "Languages"]
        assert sorted(rows) == sorted(
            [[f"bob@{here}", "false", "false", ""], [far, "true", "false", ""]]
        )
        assert table(zipped, "misskey/muting.csv") == [[f"carol@{here}"]]
        assert table(zipped, "mastodon/muted_accounts.csv") == [
            ["Account address", "Hide notifications"],
            [f"carol@{here}", "true"],
        ]
        assert table(zipped, "misskey/blocking.csv") == [[f"dave@{here}"]]
        assert table(zipped, "mastodon/blocked_accounts.csv") == [[f"dave@{here}"]]
        # Misskey splits at every comma.
        raw = zipped.read("csv/misskey/user-lists.csv").decode().splitlines()
        assert all(line.count(",") == 1 for line in raw)
        assert ['Tea, "black"', f"carol@{here}"] in table(zipped, "mastodon/lists.csv")


def test_copy_opens_by_itself(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, files=True)
    finish(app)
    with archive(alice) as zipped:
        names, pages = set(zipped.namelist()), html_pages(zipped)
        assert {"index.html", "drive.html", "lists.html", "favourites/1.html"} <= pages.keys()
        reached = {"index.html"}
        for name, root in pages.items():
            assert not list(root.iter("script"))
            for element in root.iter():
                for attribute in ("href", "src"):
                    target = element.get(attribute, "")
                    if not target or target.startswith("#"):
                        continue
                    if target.startswith(("https://", "http://")):
                        # Only what somebody presses leads to the network.
                        assert (element.tag, attribute) == ("a", "href")
                        continue
                    inside = posixpath.normpath(
                        posixpath.join(posixpath.dirname(name), unquote(target))
                    )
                    assert inside in names, (name, target)
                    reached.add(inside)
        assert pages.keys() <= reached
        assert {name for name in names if name.startswith("files/")} <= reached
        text = "".join(pages["index.html"].itertext())
        assert "縁側もり" not in text
        assert sandbox.person("alice").name in text  # type: ignore[operator]


def test_hostile_texts_and_names_do_nothing(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    world, me = sandbox.world, sandbox.person("alice")
    evil = '"><script>alert(1)</script>\x00\x1b {{ 7*7 }} [x](javascript:alert(1))'
    for file, name in zip(
        [file for file in world.files.values() if file.user_id == me.id],
        ("../../etc/passwd", "CON", "a\\b\x00.html", "..", "x" * 300 + ".png", "same.svg"),
        strict=False,
    ):
        file.name, file.comment = name, evil
    for clip in world.clips.values():
        clip.name = evil
    for made in world.lists.values():
        made.name = evil
    me.name, me.description, me.fields = evil, evil, [(evil, evil)]
    world.create_note(me, text=evil, cw=evil, files=list(world.files.values())[:4])
    start(alice, files=True)
    finish(app)
    with archive(alice) as zipped:
        names = zipped.namelist()
        assert len(names) == len(set(names))
        for name in names:
            assert re.fullmatch(r"[\w.\-]+(/[\w.\-]+){0,2}", name), name
            assert ".." not in name
            assert len(name) < 150
        assert {Path(name).suffix for name in names if name.startswith("files/")} >= {".html"}
        for root in html_pages(zipped).values():
            assert not list(root.iter("script"))
            for link in root.iter("a"):
                href = link.get("href", "")
                assert not href.startswith("javascript:")
                # What a browser would run is named and not linked.
                assert not re.search(r"files/[^/]*\.(html|svg)$", href)


def test_only_what_was_chosen_is_asked_for(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "antennas")
    assert finish(app).state == "done"
    asked = [call.endpoint for call in sandbox.calls]
    assert asked == ["i", "antennas/list", "notifications/create"]
    with archive(alice) as zipped:
        names = [name for name in zipped.namelist() if name.startswith("json/")]
        assert names == ["json/account.jsonl", "json/antennas.jsonl"]


def test_files_of_notes_come_without_the_rest_of_the_drive(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    start(alice, "notes", files=True)
    finish(app)
    world, me = sandbox.world, mine(sandbox)
    shown = {id for note in world.notes.values() if note.user_id == me for id in note.file_ids}
    with archive(alice) as zipped:
        files = [name for name in zipped.namelist() if name.startswith("files/")]
        assert {name.split("/")[1].split("-")[0] for name in files} == shown
        assert shown


def test_copy_is_in_the_language_it_was_asked_for_in(alice: Browser, app: Flask) -> None:
    alice.headers = {"Accept-Language": "ja"}
    start(alice, "notes")
    finish(app)
    with archive(alice) as zipped:
        assert "一行に一つ" in zipped.read("README.txt").decode()
        assert html_pages(zipped)["index.html"].get("lang") == "ja"


# The form ---------------------------------------------------------------------------------


def test_page_asks_no_server(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/exports")
    assert page.status == 200
    assert len(page.all("input", name="part")) == len(exports.PARTS)
    assert sandbox.calls == []
    assert "/exports" in alice.get("/menu").links()


def test_nothing_chosen_is_told_and_what_was_set_stays(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    alice.get("/exports")
    page = alice.press("/exports", part=None, with_files=None)
    assert page.status == 400
    assert "Choose at least one thing to take along." in page.text
    assert page.one("input", name="with_files").get("checked") is None
    assert row_of(app) is None
    assert sandbox.calls == []


@pytest.mark.parametrize("part", ["", "nonsense", "../notes", "Notes"])
def test_junk_is_nothing_chosen(alice: Browser, app: Flask, part: str) -> None:
    alice.get("/exports")
    assert alice.press("/exports", part=part).status == 400
    assert row_of(app) is None


def test_form_sent_twice_makes_one_export(alice: Browser, app: Flask) -> None:
    start(alice, "notes")
    first = row_of(app)
    step(app)
    token = alice.page.one("form", class_="act").find("input").get("value")  # type: ignore[union-attr]
    account = row_of(app).account_id  # type: ignore[union-attr]
    alice.post("/exports", {"csrf_token": token, "account": account, "part": "drive"})
    second = row_of(app)
    assert first is not None
    assert second is not None
    assert (second.id, second.parts, second.turn) == (first.id, ["notes"], 2)


def test_what_the_server_lacks_is_not_offered(alice: Browser, app: Flask) -> None:
    lose(app, "antennas/list")
    page = alice.get("/exports")
    assert "antennas" not in [box.get("value") for box in page.all("input", name="part")]
    assert "Not at your server, or not allowed to Engawa: Antennas" in page.text
    assert alice.press("/exports", part="antennas").status == 400
    assert row_of(app) is None


def test_what_engawa_may_not_read_is_not_offered(alice: Browser, app: Flask) -> None:
    with app.app_context():
        db.session.execute(update(Account).values(permissions=["read:account"]))
        db.session.commit()
    page = alice.get("/exports")
    offered = {box.get("value") for box in page.all("input", name="part")}
    assert not offered & {"drive", "mutes", "blocks", "favourites"}
    assert {"notes", "clips", "lists"} <= offered


def test_operator_may_turn_exports_off(street: Any, sandbox: Sandbox) -> None:
    app = emptied(street(export_max_mb=0))
    browser = let_in(Browser(app, sandbox), "alice")
    page = browser.get("/exports")
    assert "Its operator has turned them off." in page.text
    assert not page.all("input", name="part")
    token = browser.get("/accounts").all("input", name="csrf_token")[0].get("value")
    sandbox.clear_calls()
    assert browser.post("/exports", {"csrf_token": token, "part": "notes"}).status == 404
    assert row_of(app) is None
    assert sandbox.calls == []


# On the way -------------------------------------------------------------------------------


def test_page_says_how_far_it_is(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes", files=True)
    step(app, 2)
    sandbox.clear_calls()
    page = alice.get("/exports")
    world, me = sandbox.world, mine(sandbox)
    count = min(100, sum(note.user_id == me for note in world.notes.values()))
    assert f"{count} notes" in page.text
    assert "kB collected" in page.text
    step(app, 3)
    assert re.search(r"[0-9]+ of [0-9]+ files", alice.get("/exports").text)
    assert not page.all("input", name="part")


def test_step_done_twice_leaves_nothing_twice(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    """A process that dies when its file is written and its row is not."""
    start(alice, files=True)
    steps = 0
    while (row := row_of(app)) is not None and row.state == "running":
        before = row.progress
        step(app)
        after = row_of(app)
        assert after is not None
        if steps % 2 == 0 and after.state == "running":
            bring_near(app, progress=before)
            step(app)
        steps += 1
    with archive(alice) as zipped:
        notes = [note["id"] for note in lines(zipped, "notes")]
        assert len(notes) == len(set(notes))
        me = mine(sandbox)
        assert set(notes) == {n.id for n in sandbox.world.notes.values() if n.user_id == me}
        names = zipped.namelist()
        assert len(names) == len(set(names))


def test_row_that_somebody_has_is_left_alone(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes")
    row = row_of(app)
    assert row is not None
    sandbox.misbehave("i", "slow", seconds=0.5, times=1)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(attempt, app, row.id)
    assert len(sandbox.calls_of("i")) == 1
    after = row_of(app)
    assert after is not None
    assert exports.progress_of(after).tasks[0].kind == "notes"


def test_row_of_a_dead_process_is_taken_over(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes")
    row = row_of(app)
    assert row is not None
    with app.app_context():
        patience = timedelta(seconds=4.5)
        db.session.execute(update(Export).values(turn=1, try_at=now() + patience))
        db.session.commit()
    attempt(app, row.id)
    assert sandbox.calls == []
    # … and of one whose clock went back.
    with app.app_context():
        db.session.execute(update(Export).values(try_at=now() + timedelta(days=40)))
        db.session.commit()
    attempt(app, row.id)
    assert len(sandbox.calls_of("i")) == 1


def test_at_most_one_call_a_second(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes", "antennas", "blocks")
    row = row_of(app)
    assert row is not None
    with app.test_request_context():
        exporting.work_off(row.id)
        exporting.work_off(row.id)
    times = [call.time for call in sandbox.calls]
    assert len(times) >= 3
    assert all(later - earlier >= 0.99 for earlier, later in pairwise(times))


def test_cancelled_while_it_waits(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes")
    row = step(app, 2)
    assert row is not None
    folder = folder_of(app, row)
    assert folder.is_dir()
    sandbox.clear_calls()
    alice.get("/exports")
    page = alice.submit(f"/exports/{row.id}/remove")
    assert "Nothing of it is left here." in page.text
    assert row_of(app) is None
    assert not folder.exists()
    attempt(app, row.id)
    assert sandbox.calls == []


def test_cancelled_while_a_call_is_under_way(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes")
    row = row_of(app)
    assert row is not None
    alice.get("/exports")
    sandbox.misbehave("i", "slow", seconds=0.7, times=1)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(attempt, app, row.id)
        until = time.monotonic() + 5
        while not sandbox.calls and time.monotonic() < until:
            time.sleep(0.01)
        alice.submit(f"/exports/{row.id}/remove")
        assert under_way.result() is False
    assert row_of(app) is None
    with app.app_context():
        exports.sweep()
    assert not folder_of(app, row).exists()


# What goes wrong --------------------------------------------------------------------------


def test_too_many_calls_delay_and_lose_nothing(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    start(alice, "notes")
    step(app)
    sandbox.misbehave("users/notes", "rate-limited", retry_after=77, times=1)
    row = step(app)
    assert row is not None
    assert timedelta(seconds=70) < row.try_at - now() < timedelta(seconds=80)
    assert "Your server did not answer. Tried again" in alice.get("/exports").text
    assert finish(app).state == "done"


@pytest.mark.parametrize("how", ["lost", "internal-error", "garbage", "html", "down", "empty"])
def test_bad_answers_are_asked_for_again(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    start(alice, "notes")
    step(app)
    sandbox.misbehave("users/notes", how, times=2)
    finish(app)
    with archive(alice) as zipped:
        me = mine(sandbox)
        found = {note["id"] for note in lines(zipped, "notes")}
        assert found == {n.id for n in sandbox.world.notes.values() if n.user_id == me}


def test_what_the_server_refuses_is_left_out_and_told(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    sandbox.misbehave(
        "antennas/list",
        "answer",
        status=400,
        body={"error": {"code": "NO", "message": "", "id": ""}},
    )
    sandbox.misbehave("blocking/list", "missing")
    start(alice, "antennas", "blocks", "lists")
    assert finish(app).state == "done"
    with archive(alice) as zipped:
        words = zipped.read("README.txt").decode()
        assert "- Antennas: Your server refused it." in words
        assert "- Blocks: Your server does not have it." in words
        assert "json/antennas.jsonl" not in zipped.namelist()
        assert lines(zipped, "lists")


def test_what_the_server_lacks_is_not_asked_for(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    lose(app, "renote-mute/list")
    start(alice, "mutes")
    finish(app)
    assert sandbox.calls_of("renote-mute/list") == []
    with archive(alice) as zipped:
        assert "- Renote mutes: Your server does not have it." in zipped.read("README.txt").decode()


def test_server_that_gives_nothing_for_a_day(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes", "antennas")
    step(app, 2)
    sandbox.misbehave("*", "internal-error")
    bring_near(app, moved_at=now() - timedelta(hours=23))
    row = step(app)
    assert row is not None
    assert row.state == "running"
    bring_near(app, moved_at=now() - timedelta(hours=25))
    row = step(app)
    assert row is not None
    assert row.state == "failed"
    page = alice.get("/menu")
    assert "There is news of your export." in page.text
    page = alice.get("/exports")
    assert "gave no usable answer for a day." in page.text
    sandbox.behave()
    sandbox.clear_calls()
    page = alice.submit(f"/exports/{row.id}/go-on")
    assert "Your export waits for a worker." in page.text
    assert finish(app).state == "done"
    # What was there is not asked for again.
    assert sandbox.calls_of("i") == []
    with archive(alice) as zipped:
        assert lines(zipped, "notes")


def test_refused_credential_is_told_and_the_export_can_go_on(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    start(alice, "notes")
    step(app)
    sandbox.revoke("alice")
    row = step(app)
    assert row is not None
    assert row.state == "failed"
    assert alice.get("/exports").path.startswith("/sign-in")
    with app.app_context():
        assert db.session.scalar(select(Account)).credential is None  # type: ignore[union-attr]
    let_in(alice, "alice")
    assert "Engawa may not act for you any more." in alice.get("/exports").text
    alice.submit(f"/exports/{row.id}/go-on")
    assert finish(app).state == "done"


def test_signed_out_of_everywhere(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "notes")
    alice.get("/sign-out")
    alice.press("/sign-out")
    sandbox.clear_calls()
    row = step(app)
    assert row is not None
    assert row.state == "failed"
    assert sandbox.calls == []


def test_disk_that_takes_no_more(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    file = next(f for f in sandbox.world.files.values() if f.user_id == mine(sandbox))
    file.content = Content("video/mp4", given=b"\0" * 6_000_000)
    start(alice, "drive", files=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, hard))
    try:
        row = finish(app)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert row.state == "failed"
    assert not folder_of(app, row).exists()
    assert "The disk of this Engawa is full." in alice.get("/exports").text
    alice.submit(f"/exports/{row.id}/go-on")
    assert finish(app).state == "done"
    with archive(alice) as zipped:
        assert zipped.testzip() is None


def test_folder_that_can_not_be_written(
    alice: Browser, app: Flask, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    start(alice, "notes")
    with app.app_context():
        folder = exports.folder()
    if folder.exists():
        shutil.rmtree(folder)
    folder.write_text("somebody else's")
    row = step(app)
    folder.unlink()
    assert row is not None
    assert row.state == "failed"
    assert "could not write the files of your export" in alice.get("/exports").text
    assert "an export can't be written" in caplog.text


def test_stumbling_is_tried_again(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    """Whatever a row holds, it neither loops at once nor stays forever."""
    start(alice, "notes")
    bring_near(app, progress=exports.written(exports.Progress([exports.Task("no such kind")])))
    row = row_of(app)
    assert row is not None
    attempt(app, row.id)
    row = row_of(app)
    assert row is not None
    assert (row.state, row.tries) == ("running", 1)
    assert row.try_at > now() + timedelta(seconds=3)
    bring_near(app, moved_at=now() - timedelta(days=2))
    attempt(app, row.id)
    assert "Engawa made a mistake" in alice.get("/exports").text


# Files ------------------------------------------------------------------------------------


def test_files_that_can_not_be_had_are_left_out_and_told(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    me = mine(sandbox)
    gone, inside, private, *whole = [f for f in sandbox.world.files.values() if f.user_id == me]
    gone.name, gone.origin = "gone.png", f"{sandbox.url}/nowhere"
    inside.name, inside.origin = "inside.png", "http://169.254.169.254"
    private.name, private.origin = "private.png", "https://user:word@10.0.0.1"
    start(alice, "drive", files=True)
    assert finish(app).state == "done"
    with archive(alice) as zipped:
        files = [name for name in zipped.namelist() if name.startswith("files/")]
        assert len(files) == len(whole)
        words = zipped.read("README.txt").decode()
        assert "- gone.png: It could not be fetched." in words
        assert "- inside.png: It lies at an address that Engawa does not call." in words
        assert "- private.png: It lies at an address that Engawa does not call." in words


@pytest.mark.parametrize("how", ["truncated", "down", "hang", "internal-error"])
def test_file_that_came_in_part_is_fetched_again(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    start(alice, "drive", files=True)
    sandbox.misbehave("/files", how, times=2)
    assert finish(app).state == "done"
    with archive(alice) as zipped:
        files = [name for name in zipped.namelist() if name.startswith("files/")]
        mine_ = [f for f in sandbox.world.files.values() if f.user_id == mine(sandbox)]
        assert len(files) == len(mine_)
        assert sorted(map(len, map(zipped.read, files))) == sorted(f.content.size for f in mine_)


def test_one_file_is_not_worth_the_others(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    start(alice, "drive", files=True)
    sandbox.misbehave("/files", "internal-error", times=4)
    assert finish(app).state == "done"
    with archive(alice) as zipped:
        assert zipped.read("README.txt").decode().count("It could not be fetched.") == 1


def test_redirects_are_followed_a_little(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    me = mine(sandbox)
    file, *others = [f for f in sandbox.world.files.values() if f.user_id == me]
    for other in others:
        del sandbox.world.files[other.id]
    for note in sandbox.world.notes.values():
        note.file_ids = []
    sandbox.misbehave("/files", "redirect", location=f"/files/{file.key}", times=2)
    start(alice, "drive", files=True)
    finish(app)
    with archive(alice) as zipped:
        (name,) = [name for name in zipped.namelist() if name.startswith("files/")]
        assert zipped.read(name) == file.content.bytes
    sandbox.misbehave("/files", "redirect", location=f"/files/{file.key}")
    alice.get("/exports")
    start(alice, "drive", files=True)
    finish(app)
    with archive(alice) as zipped:
        assert not [name for name in zipped.namelist() if name.startswith("files/")]
    sandbox.behave()
    sandbox.misbehave("/files", "redirect", location="http://169.254.169.254/meta")
    alice.get("/exports")
    start(alice, "drive", files=True)
    finish(app)
    with archive(alice) as zipped:
        assert "that Engawa does not call" in zipped.read("README.txt").decode()


def test_limit_of_the_operator(street: Any, sandbox: Sandbox) -> None:
    app = emptied(street(export_max_mb=1))
    browser = let_in(Browser(app, sandbox), "alice")
    large, liar, *others = [f for f in sandbox.world.files.values() if f.user_id == mine(sandbox)]
    large.name, large.content = "large.bin", Content("video/mp4", given=b"x" * 2_000_000)
    start(browser, "drive", files=True)
    finish(app)
    with archive(browser) as zipped:
        words = zipped.read("README.txt").decode()
        assert "- large.bin: It would have made the export larger than it may be here." in words
        files = [name for name in zipped.namelist() if name.startswith("files/")]
        assert len(files) == len(others) + 1
    # One that is larger than it says it is.
    liar.name, liar.content = "liar.bin", Content("video/mp4", given=b"x" * 2_000_000)
    sandbox.misbehave("drive/stream", "patch", values={"size": 3})
    start(browser, "drive", files=True)
    row = finish(app)
    assert row.size is not None
    assert row.size < 1_500_000
    with archive(browser) as zipped:
        assert "- liar.bin: It would have" in zipped.read("README.txt").decode()


# The end ----------------------------------------------------------------------------------


def test_person_is_told_here_and_at_their_server(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    start(alice, "antennas")
    assert "There is news of your export." not in alice.get("/menu").text
    row = finish(app)
    (call,) = sandbox.calls_of("notifications/create")
    assert call.body["header"] == "Your export is ready"
    assert "http://localhost/exports" in call.body["body"]
    page = alice.get("/menu")
    assert "There is news of your export." in page.text
    assert "There is news of your export." not in alice.get("/exports").text
    assert "There is news of your export." not in alice.get("/menu").text
    page = alice.get("/exports")
    assert row.kept_until is not None
    assert "It is kept until" in page.text


def test_download_carries_its_name_and_goes_on_where_it_broke_off(
    alice: Browser, app: Flask
) -> None:
    start(alice, "notes")
    row = finish(app)
    path = f"/exports/{row.id}/download"
    with alice.client.get(path, base_url=alice.origin) as whole:
        data = whole.get_data()
    name = rf"engawa-alice-127\.0\.0\.1-[0-9]+-{row.created_at:%Y-%m-%d}\.zip"
    assert re.fullmatch(rf"attachment; filename={name}", whole.headers["Content-Disposition"])
    assert whole.headers["Content-Type"] == "application/zip"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Cache-Control"] == "private, no-cache"
    headers = {"Range": "bytes=100-199", "If-Range": whole.headers["ETag"]}
    with alice.client.get(path, base_url=alice.origin, headers=headers) as part:
        assert part.status_code == 206
        assert part.get_data() == data[100:200]
    with alice.client.head(path, base_url=alice.origin) as head:
        assert head.content_length == len(data)


def test_only_its_own_account_gets_it(
    alice: Browser, app: Flask, new_browser: Any, sandbox: Sandbox
) -> None:
    start(alice, "notes")
    row = finish(app)
    sandbox.clear_calls()
    bob = let_in(new_browser(), "bob")
    paths = [f"/exports/{row.id}/{what}" for what in ("download", "remove", "go-on")]
    assert bob.get(paths[0]).status == 404
    page = bob.get("/exports")
    token = page.form("/exports").fields["csrf_token"]
    for path in paths[1:]:
        assert bob.post(path, {"csrf_token": token}).status == 404
    nobody = new_browser()
    assert nobody.get(paths[0]).path.startswith("/sign-in")
    assert row_of(app).state == "done"  # type: ignore[union-attr]
    assert sandbox.calls == []


def test_addresses_that_are_none(alice: Browser, app: Flask) -> None:
    start(alice, "notes")
    row = row_of(app)
    assert row is not None
    assert alice.get(f"/exports/{row.id}/download").status == 404  # Not yet.
    for wrong in ("0" * 32, "..%2f..", "%00", row.id.upper() + "0", "x" * 5000):
        assert alice.get(f"/exports/{wrong}/download").status in (404, 400), wrong
    for what in ("remove", "go-on"):
        assert alice.get(f"/exports/{row.id}/{what}").status == 405
        assert alice.post(f"/exports/{row.id}/{what}", {}).status == 400
    assert alice.post(f"/exports/{row.id}/download", {}).status in (400, 405)
    assert alice.post("/exports", {"part": "notes"}).status == 400
    # Going on with what did not fail changes nothing.
    before = row_of(app)
    alice.get("/exports")
    token = alice.page.one("form", class_="act").find("input").get("value")  # type: ignore[union-attr]
    alice.post(f"/exports/{row.id}/go-on", {"csrf_token": token})
    after = row_of(app)
    assert (before.state, before.turn) == (after.state, after.turn)  # type: ignore[union-attr]


def test_three_days_later_it_is_gone(alice: Browser, app: Flask) -> None:
    start(alice, "notes")
    row = finish(app)
    folder = folder_of(app, row)
    with app.app_context():
        exports.sweep()
        assert (folder / "export.zip").is_file()
        db.session.execute(update(Export).values(kept_until=now() - timedelta(seconds=1)))
        db.session.commit()
        exports.sweep()
    assert row_of(app) is None
    assert not folder.exists()
    assert alice.get(f"/exports/{row.id}/download").status == 404
    assert "There is news of your export." not in alice.get("/menu").text


def test_sweeping_takes_what_belongs_to_nobody_and_nothing_else(alice: Browser, app: Flask) -> None:
    start(alice, "notes")
    row = step(app, 2)
    assert row is not None
    with app.app_context():
        for name in ("f" * 32, "not ours", "backup.tar"):
            (exports.folder() / name).mkdir()
        exports.sweep()
        left = {path.name for path in exports.folder().iterdir()}
        for name in ("not ours", "backup.tar"):
            (exports.folder() / name).rmdir()
    assert left == {row.id, "not ours", "backup.tar"}


def test_forgetting_the_account_deletes_it(alice: Browser, app: Flask) -> None:
    start(alice, "notes")
    row = finish(app)
    folder = folder_of(app, row)
    path = f"/accounts/{row.account_id}/forget"
    alice.get(path)
    alice.submit(path)
    assert row_of(app) is None
    assert not folder.exists()


def test_new_one_takes_the_place_of_the_old(alice: Browser, app: Flask) -> None:
    start(alice, "notes")
    first = finish(app)
    start(alice, "antennas")
    second = row_of(app)
    assert second is not None
    assert second.id != first.id
    assert not folder_of(app, first).exists()
    assert "There is news of your export." not in alice.get("/menu").text


# The operator's side ----------------------------------------------------------------------


def test_check_looks_at_the_folder(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert "exports can be written to." in runner.invoke(args=["check"]).output
    with app.app_context():
        folder = exports.folder()
    shutil.rmtree(folder)
    folder.write_text("somebody else's")
    output = runner.invoke(args=["check"]).output
    folder.unlink()
    assert f"WRONG  exports: Nothing can be written to {folder}" in output
